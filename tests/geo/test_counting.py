"""A register gives one tally however it is split over files, threads and buckets, or says which part is wrong."""

import shutil
from pathlib import Path

import polars as pl
import pytest

from geo import counting, families
from geo.boundaries import BoundarySet
from geo.compute import compute
from geo.counting import count
from geo.errors import FileError, RegisterError
from geo.locate import Locator
from geo.report import PlacementReport
from geo.sample import City
from geo.tally import Tally
from tests.geo.partitioned import HOUSEHOLDS, PARTS, Files, bind, write

Counted = tuple[Tally, PlacementReport]


@pytest.fixture(scope="module")
def files(city: City, tmp_path_factory: pytest.TempPathFactory) -> Files:
    return write(city.kelurahan, tmp_path_factory.mktemp("counting"))


@pytest.fixture(scope="module")
def locator(city_boundaries: BoundarySet) -> Locator:
    return Locator(city_boundaries, 9)


@pytest.fixture(scope="module")
def whole(files: Files, locator: Locator) -> Counted:
    return count(files.one(), locator)


def _same(one: Counted, other: Counted) -> bool:
    return one[0].to_bytes() == other[0].to_bytes() and one[1] == other[1]


@pytest.mark.parametrize("threads", [1, 2])
def test_parts_add_up_to_the_whole(files: Files, locator: Locator, whole: Counted, threads: int) -> None:
    assert len(files.many().parts) == PARTS
    assert _same(count(files.many(), locator, threads=threads), whole)
    assert whole[1].read == HOUSEHOLDS


def test_a_run_has_one_id_however_its_register_is_split(files: Files, city_boundaries: BoundarySet) -> None:
    one, many = (compute(register, city_boundaries, resolution=9) for register in (files.one(), files.many()))

    assert one.summary == many.summary
    assert one.tally.to_bytes() == many.tally.to_bytes()


def test_parts_may_be_named_by_a_pattern_or_nested(
    files: Files, locator: Locator, whole: Counted, tmp_path: Path
) -> None:
    for side in ("households", "members"):
        for part in (files.split / side).iterdir():
            (tmp_path / part.stem).mkdir(exist_ok=True)
            shutil.copy(part, tmp_path / part.stem / f"{side}.parquet")

    register = bind(tmp_path / "*" / "households.parquet", tmp_path / "*" / "members.parquet")

    assert len(register.parts) == PARTS
    assert _same(count(register, locator), whole)


def test_a_part_may_be_csv(files: Files, locator: Locator, whole: Counted, tmp_path: Path) -> None:
    shutil.copytree(files.split, tmp_path / "split")
    for side in ("households", "members"):
        part = tmp_path / "split" / side / "3272.parquet"
        pl.read_parquet(part).write_csv(part.with_suffix(".csv"))
        part.unlink()

    assert _same(
        count(bind(tmp_path / "split" / "households", tmp_path / "split" / "members"), locator), whole
    )


def test_every_structure_that_grows_grows_without_a_trace(
    files: Files, locator: Locator, whole: Counted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counting, "_MERGE_EVERY", 2)
    monkeypatch.setattr(counting, "_AHEAD", 1)
    monkeypatch.setattr(families, "_ROWS_PER_BUCKET", 37)
    monkeypatch.setattr("geo.tables.BATCH_ROWS", 101)

    assert _same(count(files.one(), locator), whole)
    assert _same(count(files.many(), locator, threads=3), whole)


def test_the_order_of_rows_does_not_matter(
    files: Files, locator: Locator, whole: Counted, tmp_path: Path
) -> None:
    for side in ("households", "members"):
        rows = pl.read_parquet(files.whole / f"{side}.parquet")
        rows.sample(fraction=1, shuffle=True, seed=5).write_parquet(tmp_path / f"{side}.parquet")

    assert _same(count(bind(tmp_path / "households.parquet", tmp_path / "members.parquet"), locator), whole)


def test_progress_goes_on_over_the_parts_and_ends_at_the_total(files: Files, locator: Locator) -> None:
    seen: dict[str, list[tuple[int, int]]] = {"households": [], "members": []}

    count(files.many(), locator, progress=lambda stage, done, total: seen[stage].append((done, total)))

    for stage in seen.values():
        assert [done for done, _ in stage] == sorted(done for done, _ in stage)
        assert stage[-1][0] == stage[-1][1]


def test_a_part_without_its_members_is_named(files: Files, tmp_path: Path) -> None:
    shutil.copytree(files.split, tmp_path / "split")
    (tmp_path / "split" / "members" / "3273.parquet").rename(tmp_path / "split" / "members" / "9999.parquet")

    with pytest.raises(FileError, match=r"households/3273\.parquet: the part '3273' has no counterpart"):
        bind(tmp_path / "split" / "households", tmp_path / "split" / "members")


def test_a_part_given_twice_is_named(files: Files, tmp_path: Path) -> None:
    shutil.copytree(files.split / "households", tmp_path / "households")
    shutil.copy(tmp_path / "households" / "3271.parquet", tmp_path / "households" / "3271.csv")

    with pytest.raises(FileError, match="the same part '3271'"):
        bind(tmp_path / "households", None)


@pytest.mark.parametrize("number", [3271, 3274])
def test_a_part_that_lacks_a_column_of_the_others_is_named(files: Files, tmp_path: Path, number: int) -> None:
    shutil.copytree(files.split, tmp_path / "split")
    part = tmp_path / "split" / "households" / f"{number}.parquet"
    pl.read_parquet(part).drop("bujur", "jenis_atap_terluas").write_parquet(part)

    with pytest.raises(
        RegisterError, match=rf"{number}\.parquet: lacks the column 'bujur', 'jenis_atap_terluas'"
    ):
        bind(tmp_path / "split" / "households", tmp_path / "split" / "members")


def test_a_column_nobody_reads_may_differ(
    files: Files, locator: Locator, whole: Counted, tmp_path: Path
) -> None:
    shutil.copytree(files.split, tmp_path / "split")
    part = tmp_path / "split" / "households" / "3274.parquet"
    pl.read_parquet(part).drop("alamat").with_columns(catatan=pl.lit("x")).write_parquet(part)

    assert _same(
        count(bind(tmp_path / "split" / "households", tmp_path / "split" / "members"), locator), whole
    )


@pytest.mark.parametrize("path", ["kosong", "kosong/*.parquet"])
def test_no_part_at_all_is_said(tmp_path: Path, path: str) -> None:
    (tmp_path / "kosong").mkdir()

    with pytest.raises(FileError, match="holds no Parquet"):
        bind(tmp_path / path, None)


def test_a_part_without_rows_changes_nothing(
    files: Files, locator: Locator, whole: Counted, tmp_path: Path
) -> None:
    shutil.copytree(files.split, tmp_path / "split")
    for side in ("households", "members"):
        folder = tmp_path / "split" / side
        pl.read_parquet(folder / "3271.parquet").clear().write_parquet(folder / "9999.parquet")

    assert _same(
        count(bind(tmp_path / "split" / "households", tmp_path / "split" / "members"), locator), whole
    )
