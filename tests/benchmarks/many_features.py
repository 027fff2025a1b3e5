"""The service with one collection of made-up cells, more than a small city has, in a process of its own."""

import sys
from dataclasses import dataclass

import h3
import numpy as np

from api.app import create_app
from api.ogc.catalogue import Collection
from api.settings import Settings
from geo import cells
from geo.people import Identity
from geo.specification import Label
from maps.columns import described
from maps.features import Features
from tests.api.ogc.serve import listen
from tests.benchmarks.tiles import made_up


@dataclass(frozen=True)
class OneCollection:
    """A catalogue of one collection."""

    one: Collection

    def collections(self, _: Identity) -> list[Collection]:
        """Return the collection."""
        return [self.one]

    def collection(self, _: str, __: Identity) -> Collection:
        """Return the collection."""
        return self.one


def main() -> None:
    """Serve so many cells above an empty store."""
    database, number = sys.argv[1], int(sys.argv[2])
    codes = np.sort(cells.from_text(list(h3.grid_disk(h3.latlng_to_cell(-6.6, 106.8, 9), 60))))[:number]
    table = made_up(codes)
    features = Features(table, cells.polygons(codes), described(table))
    label = Label("Sel", "Cells")
    app = create_app(Settings(database_url=database))
    app.state.catalogue = OneCollection(
        Collection("000000000000_h3-9", label, label, "", None, "h3-9", features)
    )
    listen(app)


if __name__ == "__main__":
    main()
