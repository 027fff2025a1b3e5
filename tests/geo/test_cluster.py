"""Two local Dask workers give what threads give, also when one is killed half-way."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from distributed import Client, LocalCluster

from geo.boundaries import BoundarySet
from geo.compute import compute
from geo.errors import KantongError, ParameterError
from geo.jobs import Job
from geo.locate import Conflict
from geo.sample import City
from tests.geo.partitioned import PARTS, Files, write


@pytest.fixture(scope="module")
def files(city: City, tmp_path_factory: pytest.TempPathFactory) -> Files:
    return write(city.kelurahan, tmp_path_factory.mktemp("cluster"))


@pytest.fixture(scope="module")
def cluster() -> Iterator[LocalCluster]:
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address="127.0.0.1:0") as local:
        yield local


def test_workers_give_what_threads_give(
    files: Files, city_boundaries: BoundarySet, cluster: LocalCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(files.split)
    register = Files(files.whole, Path()).many()

    on_workers = compute(register, city_boundaries, resolution=9, scheduler=cluster.scheduler_address)
    on_threads = compute(files.one(), city_boundaries, resolution=9)

    assert on_workers.summary == on_threads.summary
    assert on_workers.tally.to_bytes() == on_threads.tally.to_bytes()


def test_a_worker_killed_half_way_changes_nothing(
    files: Files, city_boundaries: BoundarySet, cluster: LocalCluster
) -> None:
    with Client(cluster, set_as_default=False) as client:
        workers = list(client.run(os.getpid).values())
    passed: list[int] = []

    def kill(stage: str, done: int, total: int) -> None:
        if stage == "households" and not passed:
            passed.append(done)
            os.kill(workers[0], signal.SIGKILL)

    on_workers = compute(
        files.many(), city_boundaries, resolution=9, scheduler=cluster.scheduler_address, progress=kill
    )

    assert passed
    assert on_workers.tally.to_bytes() == compute(files.one(), city_boundaries, resolution=9).tally.to_bytes()


def test_parts_done_on_workers_are_kept_and_found(
    files: Files, city_boundaries: BoundarySet, cluster: LocalCluster, tmp_path: Path
) -> None:
    job = Job(tmp_path / "job", city_boundaries, 9, Conflict.CODE)
    first = compute(files.many(), city_boundaries, resolution=9, scheduler=cluster.scheduler_address, job=job)
    assert len(list((tmp_path / "job").glob("*.partition"))) == PARTS

    # Nothing is left to do, so nobody is asked.
    again = compute(files.many(), city_boundaries, resolution=9, scheduler="tcp://127.0.0.1:1", job=job)

    assert again.summary == first.summary


def test_a_wrong_part_is_said_in_the_words_of_the_engine(
    files: Files, city_boundaries: BoundarySet, cluster: LocalCluster, tmp_path: Path
) -> None:
    register = files.many()
    part = files.split / "households" / "3271.parquet"
    content = part.read_bytes()
    part.write_bytes(
        content[: len(content) // 2] + bytes(len(content) - len(content) // 2 - 8) + content[-8:]
    )
    try:
        with pytest.raises(KantongError, match=r"3271\.parquet"):
            compute(register, city_boundaries, resolution=9, scheduler=cluster.scheduler_address)
    finally:
        part.write_bytes(content)


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:1", "bukan alamat", "ftp://127.0.0.1:8786"])
def test_a_wrong_address_is_one_sentence(
    files: Files, city_boundaries: BoundarySet, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("geo.cluster._CONNECT_SECONDS", 1)
    # A client that cannot connect is closed when it is collected, and then the next one may wait for its lock.
    monkeypatch.setattr("geo.cluster.Client", pytest.fail)

    with pytest.raises(ParameterError, match="no Dask scheduler answers there"):
        compute(files.many(), city_boundaries, resolution=9, scheduler=address)


def test_a_scheduler_without_workers_is_said(files: Files, city_boundaries: BoundarySet) -> None:
    with (
        LocalCluster(n_workers=0, dashboard_address="127.0.0.1:0") as empty,
        pytest.raises(ParameterError, match="has no worker"),
    ):
        compute(files.many(), city_boundaries, resolution=9, scheduler=empty.scheduler_address)
