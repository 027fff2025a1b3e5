"""A job broken off goes on where it stopped, counts again what has changed, and leaves nothing behind."""

import signal
import stat
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from geo import counting
from geo.boundaries import BoundarySet
from geo.counting import count
from geo.errors import ParameterError
from geo.jobs import Counted, Job
from geo.locate import Conflict, Locator
from geo.register import Register
from geo.sample import City
from tests.geo.partitioned import PARTS, Files, bind, write

_BROKEN_OFF = """
import os, pickle, signal, sys
from pathlib import Path
from geo.counting import count
from geo.jobs import Job
from geo.locate import Conflict, Locator
from tests.geo.partitioned import Files

whole, split, folder, boundaries = (Path(argument) for argument in sys.argv[1:])
units = pickle.loads(boundaries.read_bytes())
job = Job(folder, units, 9, Conflict.CODE)

def break_off(stage, done, total):
    if stage == "households" and done > total / 2:
        os.kill(os.getpid(), signal.SIGKILL)

count(Files(whole, split).many(), Locator(units, 9), job=job, progress=break_off)
"""


@pytest.fixture
def files(city: City, tmp_path: Path) -> Files:
    return write(city.kelurahan, tmp_path)


@pytest.fixture
def counted_parts(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The parts that are counted, not found."""
    parts: list[str] = []
    count_part = counting.count_part

    def noted(part: Register, *arguments: object, **options: object) -> Counted:
        parts.append(part.households.stem)
        return count_part(part, *arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(counting, "count_part", noted)
    return parts


def _job(folder: Path, boundaries: BoundarySet) -> Job:
    return Job(folder, boundaries, 9, Conflict.CODE)


def test_a_killed_job_goes_on_where_it_stopped(
    files: Files, city_boundaries: BoundarySet, tmp_path: Path, counted_parts: list[str]
) -> None:
    import pickle

    folder, units = tmp_path / "job", tmp_path / "boundaries.pickle"
    units.write_bytes(pickle.dumps(city_boundaries))
    arguments = [str(path) for path in (files.whole, files.split, folder, units)]
    killed = subprocess.run(
        [sys.executable, "-c", _BROKEN_OFF, *arguments], cwd=Path(__file__).parents[2], check=False
    )
    assert killed.returncode == -signal.SIGKILL
    done = len(list(folder.glob("*.partition")))
    assert 0 < done < PARTS
    locator = Locator(city_boundaries, 9)

    tally, report = count(files.many(), locator, job=_job(folder, city_boundaries))

    assert len(counted_parts) == PARTS - done
    whole = count(files.one(), locator)
    assert (tally.to_bytes(), report) == (whole[0].to_bytes(), whole[1])


def test_a_changed_part_alone_is_counted_again(
    files: Files, city_boundaries: BoundarySet, tmp_path: Path, counted_parts: list[str]
) -> None:
    locator = Locator(city_boundaries, 9)
    count(files.many(), locator, job=_job(tmp_path / "job", city_boundaries))
    part = files.split / "members" / "3273.parquet"
    pl.read_parquet(part).with_columns(umur=pl.lit(40)).write_parquet(part)
    counted_parts.clear()

    again = count(files.many(), locator, job=_job(tmp_path / "job", city_boundaries))

    assert counted_parts == ["3273"]
    assert again[0].to_bytes() == count(files.many(), locator)[0].to_bytes()


def test_the_key_hangs_on_everything_that_the_tally_hangs_on(
    files: Files, city_boundaries: BoundarySet, boundaries: BoundarySet, tmp_path: Path
) -> None:
    part, folder = files.many().parts[0], tmp_path / "job"
    other = bind(files.split / "households", None).parts[0]
    keys = {
        Job(folder, units, resolution, conflict).key(register)
        for units in (city_boundaries, boundaries)
        for resolution in (9, 10)
        for conflict in Conflict
        for register in (part, other)
    }

    assert len(keys) == 16
    assert _job(folder, city_boundaries).key(part) == _job(folder, city_boundaries).key(files.many().parts[0])


def test_the_key_does_not_hang_on_where_the_files_are(
    files: Files, city_boundaries: BoundarySet, tmp_path: Path
) -> None:
    job = _job(tmp_path / "job", city_boundaries)
    key = job.key(files.many().parts[0])
    files.split.rename(tmp_path / "moved")

    assert job.key(Files(files.whole, tmp_path / "moved").many().parts[0]) == key


def test_a_damaged_part_is_counted_again(
    files: Files, city_boundaries: BoundarySet, tmp_path: Path, counted_parts: list[str]
) -> None:
    folder, locator = tmp_path / "job", Locator(city_boundaries, 9)
    before = count(files.many(), locator, job=_job(folder, city_boundaries))
    kept = sorted(folder.glob("*.partition"))
    kept[0].write_bytes(kept[0].read_bytes()[:-1])
    kept[1].write_bytes(b"")
    counted_parts.clear()

    after = count(files.many(), locator, job=_job(folder, city_boundaries))

    assert len(counted_parts) == 2
    assert before[0].to_bytes() == after[0].to_bytes()


def test_what_is_kept_is_for_its_owner_alone_and_can_be_removed(
    files: Files, city_boundaries: BoundarySet, tmp_path: Path
) -> None:
    folder = tmp_path / "job"
    job = _job(folder, city_boundaries)
    count(files.many(), Locator(city_boundaries, 9), job=job)

    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
    job.remove()
    assert not folder.exists()


def test_a_folder_that_holds_something_else_is_left_alone(
    city_boundaries: BoundarySet, tmp_path: Path
) -> None:
    (tmp_path / "surat.txt").write_text("milik orang lain")

    with pytest.raises(ParameterError, match=r"holds something else \('surat\.txt'\)"):
        _job(tmp_path, city_boundaries)


def test_a_folder_under_none_is_refused_in_words(city_boundaries: BoundarySet, tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="cannot keep the partitions done"):
        _job(tmp_path / "tidak" / "ada", city_boundaries)
