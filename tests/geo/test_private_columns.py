"""No name, address, telephone number or key of a household leaves the batch that it was read in."""

import logging
import pickle
from pathlib import Path

import polars as pl
import pytest

from geo import schema, specification
from geo.boundaries import BoundarySet
from geo.compute import compute
from geo.disclosure import PLANNER
from geo.errors import KantongError
from geo.register import bind
from geo.store import Store
from maps import export

CANARIES = {
    "nama_kepala_keluarga": "KANARINAMA",
    "alamat": "KANARIJALAN",
    "no_hp": "KANARITELEPON",
    "nomor_kartu_keluarga": "KANARIKUNCI",
    "nik": "KANARINIK",
}


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    rows = range(400)
    households = pl.DataFrame(
        {
            "kode_kelurahan_desa": [f"99020{1 + row % 2}000{1 + row % 3}" for row in rows],
            "jumlah_anggota_keluarga": 4,
            "jenis_lantai_terluas": [1 + row % 9 for row in rows],
            "jenis_dinding_terluas": [1 + row % 7 for row in rows],
            "jenis_atap_terluas": [1 + row % 8 for row in rows],
            "lintang": [None if row % 4 else -5.995 for row in rows],
            "bujur": [None if row % 4 else 107.005 for row in rows],
            **{name: [f"{text} {row}" for row in rows] for name, text in CANARIES.items()},
        }
    )
    members = pl.DataFrame(
        {
            "nomor_kartu_keluarga": [f"{CANARIES['nomor_kartu_keluarga']} {row // 2}" for row in range(800)],
            "nama": CANARIES["nama_kepala_keluarga"],
            "umur": 20,
            "partisipasi_sekolah": 3,
        }
    )
    paths = tmp_path / "h.csv", tmp_path / "m.csv"
    for table, path in zip((households, members), paths, strict=True):
        table.write_csv(path, separator=";")
    return paths


def has_canary(data: bytes | str) -> bool:
    raw = data.encode() if isinstance(data, str) else data
    return any(text.encode() in raw for text in CANARIES.values())


def test_the_search_finds_one() -> None:
    assert has_canary("x KANARINAMA y")


def test_columns_of_persons_are_not_read_and_the_address_only_for_its_rw(files: tuple[Path, Path]) -> None:
    from dataclasses import replace

    register = bind(*files, schema.load("dtsen"), specification.load("bogor"))
    assert {"nama_kepala_keluarga", "no_hp", "nik", "alamat"}.isdisjoint(register.household_sources)
    assert "nama" not in register.member_sources
    reading = replace(register, reads_rw=True)
    assert "alamat" in reading.household_sources
    reduced = reading.reduce_households(next(reading.household_batches()))
    texts = [name for name, dtype in reduced.schema.items() if dtype == pl.String]
    assert texts == ["key", "code"]
    assert not has_canary(reduced.drop("key").write_csv())


def test_nothing_of_a_person_is_in_what_a_run_leaves(
    files: tuple[Path, Path],
    boundaries: BoundarySet,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    aside = tmp_path / "aside"
    aside.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(aside))
    caplog.set_level(logging.DEBUG)
    register = bind(*files, schema.load("dtsen"), specification.load("bogor"))
    computed = compute(register, boundaries, resolution=9)
    assert computed.summary.placement.read == 400
    assert not has_canary(pickle.dumps((computed.summary, computed.tally.counts)))
    store = Store(f"sqlite:///{tmp_path / 'k.gpkg'}", create=True)
    store.save_boundaries(boundaries)
    store.save_run(computed)
    run = store.published("latest", PLANNER)
    store.close()
    export.write_workbook(run, list(run.levels.values()), tmp_path / "out.xlsx")
    export.write_csv(run, list(run.levels.values()), tmp_path / "out.csv")
    left = [path for path in tmp_path.rglob("*") if path.is_file() and path not in files]
    assert len(left) >= 3
    assert [path.name for path in left if has_canary(path.read_bytes())] == []
    said = capfd.readouterr()
    assert not has_canary(caplog.text + said.out + said.err)


@pytest.mark.parametrize(
    "broken",
    [
        lambda text: text.replace("KANARINAMA 7;", "KANARINAMA 7;;;", 1),
        lambda text: text.replace("KANARIKUNCI 9", '"KANARIKUNCI 9', 1),
        lambda text: text.replace("kode_kelurahan_desa", "kode", 1),
        lambda text: text.replace("99020", "KANARINAMA"),
    ],
    ids=["ragged", "quote", "column", "codes"],
)
def test_no_error_repeats_a_person(broken: object, files: tuple[Path, Path], boundaries: BoundarySet) -> None:
    import traceback

    assert callable(broken)
    files[0].write_text(broken(files[0].read_text()))
    said = ""
    try:
        register = bind(*files, schema.load("dtsen"), specification.load("bogor"))
        said = repr(compute(register, boundaries, resolution=9).summary)
    except KantongError as error:
        said = "".join(traceback.format_exception(error))
    assert said
    assert not has_canary(said)
