"""An exported GeoPackage as QGIS opens it: by the style that is stored in the file."""

from pathlib import Path
from xml.etree import ElementTree

import pyogrio
import pytest

from geo.disclosure import PublishedRun
from maps import export, palette
from maps.palette import GENERAL_MEASURES, INK
from tests import qgis


@pytest.fixture(scope="module")
def package(contoh: PublishedRun, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("qgis") / "kota.gpkg"
    export.write_geopackage(contoh, export.levels_of(contoh, None), path)
    return path


def test_every_layer_has_one_default_style(package: Path, contoh: PublishedRun) -> None:
    styles = pyogrio.read_dataframe(package, layer="layer_styles", read_geometry=False)
    layers = [name for name, kind in pyogrio.list_layers(package) if kind is not None]
    assert styles["f_table_name"].tolist() == layers
    assert styles["useAsDefault"].all()
    for name, written in zip(styles["f_table_name"], styles["styleQML"], strict=True):
        style = ElementTree.fromstring(written)
        columns = {one.attrib["field"] for one in style.iter("alias")}
        assert columns == set(export.level_of(contoh, name).table.columns)


def test_qgis_draws_each_place_in_the_colour_of_its_class(package: Path, contoh: PublishedRun) -> None:
    if reason := qgis.missing():
        pytest.skip(reason)
    opened = qgis.call("geopackage", path=str(package))
    assert "layer_styles" not in opened
    assert all(layer["valid"] for layer in opened.values())
    for name, published in contoh.levels.items():
        table, layer = published.table, opened[name]
        assert layer["epsg"] == "EPSG:4326"
        classes = palette.classify(table["m0"], GENERAL_MEASURES[0])
        for code, status, m0 in table.select("code", "status", "m0").iter_rows():
            fill = (
                classes.colour(m0)
                if status == "shown"
                else {"hidden": INK.hidden, "empty": INK.empty}[status]
            )
            assert layer["colours"][code][0] == fill
    assert opened["kelurahan"]["aliases"]["poor_persons"] == "Jiwa miskin"
    assert opened["kelurahan"]["labels"] == '"name"'
    assert opened["pocket"]["legend"] == ["kantong kemiskinan"]
