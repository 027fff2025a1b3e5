"""Which share of a shown zone's households lives within polygons, or in units of another version: told by class.

Such counts pass the gate as the smaller figures of a zone do (`geo.coarsening`): no share tells households inside or
outside more closely than by a class.
"""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from geo.coarsening import by_class
from geo.disclosure import Published

#: An area that covers so much of a zone covers all of it, to the rounding of outlines.
_WHOLE = 1 - 1e-6


def publish_share(
    level: Published, households: NDArray[np.float64], covered: NDArray[np.float64]
) -> dict[str, float]:
    """Publish which share of the households of each shown zone lives within an area, such as a slum.

    Told by the classes of all smaller figures (`geo.coarsening`), inside and outside: the share of the middle of the
    class, and none in the lowest. Where the area covers nothing of a zone, or all of it, the map tells that anyway.

    Parameters
    ----------
    households
        Measured households within the area, in the order of the level.
    covered
        The share of the zone that the area covers.

    Returns
    -------
    dict
        Code → share, of the zones where it is told.
    """
    shown = (level.table["status"] == "shown").to_numpy()
    all_there_are = level.table["households"].fill_null(0.0).to_numpy()
    told = by_class(np.minimum(households, all_there_are), all_there_are, level.audience.class_households)
    share = np.divide(told, all_there_are, out=np.full_like(told, np.nan), where=shown & (all_there_are > 0))
    share = np.where(covered <= 0, 0.0, np.where(covered >= _WHOLE, 1.0, share))
    return {
        code: float(value)
        for code, value in zip(level.table["code"], np.where(shown, share, np.nan), strict=True)
        if np.isfinite(value)
    }


def publish_crosswalk(level: Published, by_area: pl.DataFrame, located: pl.DataFrame) -> pl.DataFrame:
    """Publish how the households of each unit spread over the units of another boundary version.

    The households of a shown unit that live in a unit of the other version are told by class; of the lowest class,
    where 0 is one of the counts, its middle is taken. A hidden unit, or one without located households, is spread by
    area.

    Parameters
    ----------
    level
        The level of a run on the older version.
    by_area, located
        From `geo.lineage.crosswalk` and `geo.lineage.located`.

    Returns
    -------
    pl.DataFrame
        ``old``, ``new`` and ``weight``, as `geo.change.bridge` reads it.
    """
    width = level.audience.class_households
    shown = level.table.filter(pl.col("status") == "shown").select("code", "households")
    pairs = (
        by_area.join(
            located.rename({"weight": "there"}), on=["old", "new"], how="left", maintain_order="left"
        )
        .join(shown, left_on="old", right_on="code", how="left", maintain_order="left")
        .with_columns(pl.col("there", "households").fill_null(0.0))
        .with_columns(whole=pl.col("there").sum().over("old"))
    )
    households, whole = pairs["households"].to_numpy(), pairs["whole"].to_numpy()
    known = (households > 0) & (whole > 0)
    counts = np.where(known, pairs["there"].to_numpy() / np.where(known, whole, 1.0) * households, 0.0)
    told = by_class(counts, households, width)
    weight = np.where(known, np.where(told > 0, told, (width - 1) / 2), pairs["weight"].to_numpy())
    return pairs.select("old", "new", weight=pl.Series(weight)).with_columns(
        weight=pl.col("weight") / pl.col("weight").sum().over("old")
    )
