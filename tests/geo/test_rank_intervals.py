"""Published ranks say how sure they are, of shown zones only."""

import numpy as np
import polars as pl

from geo import boundaries, compute, register, sample, schema, specification
from geo.codes import CodeSystem


def test_every_shown_rank_lies_within_its_interval_and_hidden_zones_have_none(tmp_path) -> None:
    sample.write_sample(tmp_path, households=8_000, seed=3)
    city = boundaries.read(
        tmp_path / "kota_contoh_kelurahan.gpkg",
        name="contoh",
        level="kelurahan",
        code_system=CodeSystem.KEMENDAGRI,
    )
    families = register.bind(
        tmp_path / "households.parquet",
        tmp_path / "members.parquet",
        schema.load("dtsen"),
        specification.load("default"),
    )
    table = compute.compute(families, city).published["public"].levels["kelurahan"].table
    shown, hidden = (table.filter(pl.col("status") == status) for status in ("shown", "hidden"))
    ranks = shown["m0"].rank("min", descending=True).to_numpy()
    assert shown.height > 10
    assert hidden.height > 0
    assert np.all((shown["rank_low"].to_numpy() <= ranks) & (ranks <= shown["rank_high"].to_numpy()))
    assert shown["rank_high"].max() == shown.height
    assert hidden.select("m0_error", "rank_low", "rank_high").null_count().row(0) == (hidden.height,) * 3
