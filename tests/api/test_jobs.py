"""Exports as jobs: in a process of their own, bounded, fetched by their owner, broken off with their server."""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import orjson
import pymupdf
import pyogrio
import pytest
from fastapi import FastAPI

from api import worker
from api.app import create_app
from api.jobs import Job, Jobs
from api.metrics import Metrics
from api.problems import BusyError
from api.settings import Jobs as JobSettings
from api.settings import Limits, Settings
from api.worker import Bounds, CancelledError, Places, Progress
from geo.errors import ConflictError, NotFoundError, ParameterError
from geo.people import ANONYMOUS, Identity, Role
from tests.api.conftest import City, fetched, running, until

AMPLE = Bounds(30, 4 << 30)


def count(progress: Progress, until: int) -> int:
    for number in range(until):
        progress(number / until)
    return until


def sleep(_: Progress, path: Path | None = None) -> None:
    if path:
        path.with_suffix(".new").write_text(str(os.getpid()))
        path.with_suffix(".new").replace(path)
    time.sleep(60)


def fill(_: Progress) -> int:
    return len(b" " * (8 << 30))


def refuse(_: Progress) -> None:
    raise NotFoundError("there is no such thing.")


def fail(_: Progress) -> None:
    raise ValueError("rahasia-warga")


def die(_: Progress) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def test_work_is_done_in_another_process_and_tells_its_progress() -> None:
    told: list[float] = []
    assert worker.run(count, (4,), AMPLE, progress=told.append) == 4
    assert told == [0.0, 0.25, 0.5, 0.75]


@pytest.mark.parametrize(
    ("task", "bounds", "kind", "words"),
    [
        (sleep, Bounds(0.3, 4 << 30), ParameterError, "stopped after 0.3 s"),
        (fill, AMPLE, ParameterError, "4.0 GiB"),
        (die, AMPLE, ParameterError, "GiB"),
        (refuse, AMPLE, NotFoundError, "no such thing"),
        (fail, AMPLE, RuntimeError, "ValueError in fail"),
    ],
)
def test_work_that_cannot_be_done_says_why(
    task: worker.Task, bounds: Bounds, kind: type[Exception], words: str
) -> None:
    with pytest.raises(kind, match=words) as caught:
        worker.run(task, (), bounds)
    assert "rahasia" not in str(caught.value)


def test_cancelled_work_ends_with_its_process(tmp_path: Path) -> None:
    pid, told = tmp_path / "work.pid", threading.Event()
    canceller = threading.Thread(target=lambda: until(pid.exists) and told.set())
    canceller.start()
    with pytest.raises(CancelledError):
        worker.run(sleep, (pid,), AMPLE, cancelled=told)
    canceller.join()
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid.read_text()), 0)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(
        jobs=JobSettings(folder=tmp_path / "jobs"), limits=Limits(jobs=1, jobs_waiting=1, job_seconds=30)
    )


@pytest.fixture
def kept(settings: Settings) -> Iterator[Jobs]:
    jobs = Jobs(settings, Places(settings.limits.jobs, settings.limits.jobs_waiting), Metrics())
    yield jobs
    jobs.close()


def submitted(jobs: Jobs, task: worker.Task, owner: str = "1") -> Job:
    return jobs.submit(owner, "run", "csv", "text/csv", "a.csv", lambda path: (task, (path,)))


def test_places_are_few_and_what_waits_is_bounded(kept: Jobs) -> None:
    first, second = submitted(kept, sleep), submitted(kept, sleep)
    with pytest.raises(BusyError):
        submitted(kept, sleep)
    assert until(lambda: kept.find(first.id, "1").state != "waiting")
    assert kept.find(second.id, "1").state == "waiting"
    kept.cancel(first.id, "1")
    assert until(lambda: kept.find(first.id, "1").state == "cancelled")
    assert until(lambda: kept.find(second.id, "1").state == "working")


def test_a_job_is_its_owners(kept: Jobs) -> None:
    job = submitted(kept, sleep)
    for use in (kept.find, kept.result, kept.cancel):
        with pytest.raises(NotFoundError):
            use(job.id, "2")
    with pytest.raises(ConflictError):
        kept.result(job.id, "1")


def test_a_server_that_stops_breaks_off_its_jobs(kept: Jobs, settings: Settings) -> None:
    first, second = submitted(kept, sleep), submitted(kept, sleep)
    assert until(lambda: kept.find(first.id, "1").state == "working")
    kept.close()
    again = Jobs(settings, Places(1, 1), Metrics())
    assert {again.find(job.id, "1").state for job in (first, second)} == {"broken_off"}
    again.close()


def test_a_server_that_was_killed_left_its_jobs_broken_off(kept: Jobs, settings: Settings) -> None:
    job = submitted(kept, sleep)
    assert until(lambda: kept.find(job.id, "1").state == "working")
    again = Jobs(settings, Places(1, 1), Metrics())  # the first never said that it stopped
    assert again.find(job.id, "1").state == "broken_off"
    again.close()


def test_a_result_expires(kept: Jobs, settings: Settings) -> None:
    job = submitted(kept, sleep)
    kept.cancel(job.id, "1")
    assert until(lambda: kept.find(job.id, "1").state == "cancelled")
    file = settings.jobs.folder / job.id / "job.json"
    file.write_bytes(
        orjson.dumps({**orjson.loads(file.read_bytes()), "expires": "2020-01-01T00:00:00+00:00"})
    )
    again = Jobs(settings, Places(1, 1), Metrics())
    with pytest.raises(NotFoundError):
        again.find(job.id, "1")
    assert not file.parent.exists()
    again.close()


def office_of(database: str, folder: Path) -> FastAPI:
    """Make the application of a store for an office of its own; a header says who asks."""
    people = {"gis": Identity("7", "uji.gis", Role.GIS), "": ANONYMOUS}
    office = folder / "office.toml"
    office.write_text('government = "Pemerintah Kota Contoh"\nagency = "Dinas Uji"\n', "utf-8")
    jobs = JobSettings(folder=folder / "jobs")
    app = create_app(Settings(database_url=database, jobs=jobs, office=office))
    app.state.recognise = lambda headers: people[headers.get("who", "")]
    return app


@pytest.fixture(scope="module")
def server(city: City, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    with running(office_of(city.database, tmp_path_factory.mktemp("jobs"))) as client:
        yield client


def test_a_file_is_asked_for_looked_after_and_fetched(copied: Callable[[], str], tmp_path: Path) -> None:
    with running(office_of(copied(), tmp_path)) as client:
        asked = client.post("/api/v1/jobs", json={"format": "gpkg"}, headers={"who": "gis"})
        assert client.get(asked.headers["location"]).status_code == 404
        answer = fetched(client, asked, who="gis")
    assert "planner" in answer.headers["content-disposition"]
    (tmp_path / "run.gpkg").write_bytes(answer.content)
    layers = [name for name, _ in pyogrio.list_layers(tmp_path / "run.gpkg")]
    assert {"kelurahan", "h3-9", "about"} <= set(layers)


def test_the_sheet_of_a_place_is_printed(server: httpx.Client) -> None:
    features = server.get("/api/v1/runs/latest/zones/kecamatan").json()["features"]
    place = features[1]["properties"]
    sheet = {"what": "sheet", "level": "kecamatan", "code": place["code"], "paper": "A4", "scale": 50_000}
    answer = fetched(server, server.post("/api/v1/jobs", json={"format": "pdf", "print": sheet}))
    assert f"public-kecamatan-{place['code']}.pdf" in answer.headers["content-disposition"]
    document = pymupdf.open(stream=answer.content)
    said = " ".join(document[0].get_text().split())
    assert place["name"].upper() in said.upper()
    assert "1:50.000" in said.replace(" ", "")
    assert "Dinas Uji".upper() in said.upper()


def test_the_sheet_of_a_place_is_printed_by_another_measure(server: httpx.Client) -> None:
    place = server.get("/api/v1/runs/latest/zones/kecamatan").json()["features"][1]["properties"]
    sheet = {"what": "sheet", "level": "kecamatan", "code": place["code"], "measure": "h", "lang": "en"}
    answer = fetched(server, server.post("/api/v1/jobs", json={"format": "pdf", "print": sheet}))
    assert f"public-kecamatan-{place['code']}-h.pdf" in answer.headers["content-disposition"]
    assert "MAP: HEADCOUNT RATIO (H)" in pymupdf.open(stream=answer.content)[0].get_text()


def test_a_measure_that_is_not_there_is_refused_with_those_that_are(server: httpx.Client) -> None:
    place = server.get("/api/v1/runs/latest/zones/kecamatan").json()["features"][1]["properties"]
    sheet = {"what": "sheet", "level": "kecamatan", "code": place["code"], "measure": "banjir"}
    answer = server.post("/api/v1/jobs", json={"format": "pdf", "print": sheet})
    assert answer.status_code == 422
    assert "Name one of: m0, h, a" in answer.json()["detail"]


def test_the_atlas_is_printed_and_tells_how_far_it_is(server: httpx.Client) -> None:
    asked = server.post(
        "/api/v1/jobs", json={"format": "pdf", "print": {"what": "atlas", "top": 2, "lang": "en"}}
    )
    told = set()

    def is_done() -> bool:
        account = server.get(asked.headers["location"]).json()
        told.add(account["progress"])
        return bool(account["state"] == "done")

    assert until(is_done, 60)
    assert len(told) > 3
    document = pymupdf.open(stream=server.get(f"{asked.headers['location']}/result").content)
    assert document.metadata["title"].startswith("Atlas")
    assert len(document) > 8


@pytest.mark.parametrize(
    ("question", "status"),
    [
        ({"format": "docx"}, 422),
        ({"format": "docx", "print": {"what": "atlas"}}, 422),
        ({"format": "gpkg", "print": {"what": "atlas"}}, 422),
        ({"format": "pdf", "print": {"what": "sheet", "level": "kelurahan", "code": "bukan-kode"}}, 422),
        ({"format": "pdf", "print": {"what": "sheet", "level": "desa", "code": "x"}}, 404),
        ({"format": "pdf", "print": {"what": "sheet", "level": "h3-9", "code": "x"}}, 404),
        ({"format": "pdf", "print": {"what": "annex", "shortlist": "0"}}, 404),
        ({"format": "pdf", "print": {"what": "atlas", "paper": "A0"}}, 422),
    ],
)
def test_what_cannot_be_printed_is_refused_at_once(
    server: httpx.Client, question: dict[str, Any], status: int
) -> None:
    answer = server.post("/api/v1/jobs", json=question)
    assert answer.status_code == status
    assert answer.json()["detail"]
