"""Two runs compared over HTTP: from what both published, and only where a difference says something."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import polars as pl
import pytest

from api.answers import Comparison
from api.settings import embedded
from tests.api.conftest import in_process, publish, served
from tests.conftest import ENGINES


@pytest.fixture(scope="module", params=ENGINES)
def runs(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[httpx.Client, list[str]]]:
    """A city at two dates, and at the second under another specification too; the oldest run first."""
    folder = tmp_path_factory.mktemp("two-dates")
    database = embedded(folder / "kantong.gpkg")
    in_process("sample", "--out", folder, "--households", 6_000)
    in_process(
        "boundaries", "load", folder / "kota_contoh_kelurahan.gpkg", "--set", "contoh", "--level", "kelurahan",
        "--codes", "kemendagri", "--source", "Kota Contoh, sintetis", "--database", database,
    )  # fmt: skip
    later = folder / "later.parquet"
    pl.read_parquet(folder / "households.parquet").tail(5_000).write_parquet(later)
    found = [
        _computed(database, folder / "households.parquet", "default"),
        _computed(database, later, "default"),
        _computed(database, later, "bogor"),
    ]
    if request.param == "postgis":
        package, database = database, request.getfixturevalue("postgres").new_database()
        in_process("db", "migrate", package, database)
    with served(database) as client:
        yield client, found


def _computed(database: str, households: Path, specification: str) -> str:
    in_process(
        "compute", "--households", households, "--members", households.with_name("members.parquet"),
        "--specification", specification, "--boundaries", "contoh", "--database", database,
    )  # fmt: skip
    return publish(database)


def compared(client: httpx.Client, new: str, old: str, level: str = "kecamatan") -> httpx.Response:
    return client.get(f"/api/v1/runs/{new}/compare/{level}", params={"old": old})


def test_differences_come_with_their_error_and_whether_they_are_chance(
    runs: tuple[httpx.Client, list[str]],
) -> None:
    client, (old, new, _) = runs
    answer = compared(client, new[:12], old[:12])
    assert answer.status_code == 200, answer.text
    content = answer.json()
    assert Comparison.model_validate(content).model_dump() == content
    assert (content["run"], content["old"], content["audience"]) == (new, old, "public")
    assert "later" in content["findings"][0]["en"]
    table = pl.DataFrame(content["columns"])
    before, after = (zones(client, run) for run in (old, new))
    for row in table.filter(status="compared").iter_rows(named=True):
        one, other = before[row["code"]], after[row["code"]]
        assert row["m0_difference"] == pytest.approx(other["m0"] - one["m0"])
        assert row["m0_se"] == pytest.approx((one["m0_error"] ** 2 + other["m0_error"] ** 2) ** 0.5)
        assert row["m0_moved"] in (True, False)
        assert row["poor_households_se"] > 0
        assert row["h_difference"] == pytest.approx(other["h"] - one["h"])
        assert row["h_se"] is None
    assert table.filter(status="compared").height >= 3


def test_what_one_run_hides_is_not_compared(runs: tuple[httpx.Client, list[str]]) -> None:
    client, (old, new, _) = runs
    table = pl.DataFrame(compared(client, new, old, "kelurahan").json()["columns"], infer_schema_length=None)
    hidden = {
        code
        for run in (old, new)
        for code, zone in zones(client, run, "kelurahan").items()
        if zone["status"] == "hidden"
    }
    assert hidden
    rows = table.filter(pl.col("code").is_in(list(hidden)))
    assert set(rows["status"]) == {"hidden"}
    figures = [name for name in table.columns if name.endswith(("_difference", "_se", "_moved"))]
    assert rows.select(pl.col(figures).null_count() == rows.height).row(0) == (True,) * len(figures)


def test_runs_that_are_not_comparable_are_refused_with_the_reason(
    runs: tuple[httpx.Client, list[str]],
) -> None:
    client, (old, _, other) = runs
    answer = compared(client, other, old)
    assert answer.status_code == 422
    assert "cannot be compared" in answer.json()["detail"]


def test_a_run_or_level_that_is_not_there_is_said(runs: tuple[httpx.Client, list[str]]) -> None:
    client, (old, new, _) = runs
    assert compared(client, new, "ffff").status_code == 404
    assert compared(client, new, old, "pocket").status_code == 404
    assert compared(client, new, old, "h3-9").status_code == 404  # finer than the public sees
    assert client.get(f"/api/v1/runs/{new}/compare/kecamatan").status_code == 422


def test_a_comparison_does_not_change(runs: tuple[httpx.Client, list[str]]) -> None:
    client, (old, new, _) = runs
    etag = compared(client, new, old).headers["etag"]
    again = client.get(
        f"/api/v1/runs/{new}/compare/kecamatan", params={"old": old}, headers={"If-None-Match": etag}
    )
    assert again.status_code == 304


def zones(client: httpx.Client, run: str, level: str = "kecamatan") -> dict[str, dict[str, Any]]:
    features = client.get(f"/api/v1/runs/{run}/zones/{level}").json()["features"]
    return {one["properties"]["code"]: one["properties"] for one in features}
