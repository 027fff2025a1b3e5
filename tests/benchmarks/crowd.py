"""The service under load: what-if at Jakarta's size, and a minute of everything at once on both engines."""

import random
import sys
import tempfile
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from statistics import quantiles

import httpx

from api import passwords
from api.accounts import Accounts
from geo import boundaries, compute, register, sample, schema, specification
from geo.boundaries import BoundarySet
from geo.codes import CodeSystem
from geo.people import Role
from geo.store import Store
from tests import postgres
from tests.benchmarks.load import drive, server

_HOUSEHOLDS = 2_800_000
_CLIENTS, _QUESTIONS = 8, 40
_CROWD_SECONDS = 60
_KELURAHAN = Path(__file__).parents[3] / "shared" / "data" / "boundaries" / "dki_kelurahan_bps2020.gpkg"


def main() -> None:
    """Print what-if times, then the load."""
    _what_if()
    _crowds()


def _what_if() -> None:
    """Print the median and the slowest twentieth, in milliseconds, and of one client alone beside them."""
    if not _KELURAHAN.exists():
        print("what-if over HTTP: skipped, as the project's shared boundaries are not beside the checkout")
        return
    with tempfile.TemporaryDirectory() as folder:
        database = f"sqlite:///{Path(folder) / 'kantong.gpkg'}"
        _build(Path(folder), database)
        report(database)


def report(database: str) -> None:
    """Ask a server of a store, which has a published run with kelurahan."""
    with server(database) as (_, address):
        _asked(address, 1, 3)  # the first question arranges the counts, once for each run
        for clients in (1, _CLIENTS):
            seconds = _asked(address, clients, _QUESTIONS)
            cuts = quantiles(seconds, n=20)
            reach = "reach p50 150 ms" if clients == _CLIENTS else ""
            what = f"what-if over HTTP, {clients} client(s), kelurahan"
            print(
                f"{what:<48}{1000 * cuts[9]:>9.1f} ms p50 {1000 * cuts[18]:>7.1f} ms p95  {reach}", flush=True
            )
        for draws in (1_000, 2_000):
            started = time.perf_counter()
            asked = httpx.get(
                f"{address}/api/v1/runs/latest/robustness/kelurahan", params={"draws": draws}, timeout=60
            )
            asked.raise_for_status()
            took = 1000 * (time.perf_counter() - started)
            print(f"{f'robustness over HTTP, kelurahan, {draws:,} draws':<48}{took:>9.1f} ms", flush=True)


def _crowds() -> None:
    with tempfile.TemporaryDirectory() as folder:
        files = Path(folder)
        sample.write_sample(files, households=20_000, seed=1)
        _crowd(files, f"sqlite:///{files / 'kantong.gpkg'}", 8)
        if postgres.missing() is None:
            with postgres.server() as cluster:
                _crowd(files, cluster.new_database(), 64)


def _crowd(files: Path, database: str, clients: int) -> None:
    units = boundaries.read(
        files / "kota_contoh_kelurahan.gpkg",
        name="contoh",
        level="kelurahan",
        code_system=CodeSystem.KEMENDAGRI,
    )
    store = _published(database, files, units, "default")
    accounts, secrets = Accounts(store), {}
    for name, role in (("perencana", Role.PERENCANA), ("gis", Role.GIS)):
        store.people.add(name, role, passwords.hashed("tidak dipakai"), by="uji", at=datetime.now(UTC))
        secrets[name] = (name, accounts.add_app_password(name, "uji", by=name)[1])
    with server(database, limit_jobs_waiting="64", limit_wait_seconds="60") as (_, address):
        content = (files / "kota_contoh_kelurahan.gpkg").read_bytes()
        outcome = drive(address, secrets, clients, _CROWD_SECONDS, content)
    broken = store.audit.verify()
    store.close()
    engine = "GeoPackage" if database.startswith("sqlite") else "PostGIS"
    answers = sum(outcome.statuses.values())
    print(
        f"{clients} clients, {_CROWD_SECONDS} s, {engine}: {answers} answers, {len(outcome.wrong)} wrong",
        end="",
    )
    print(f", audit {'whole' if broken is None else 'broken'}          reach 0 wrong")
    for action in outcome.seconds:
        codes = {
            status: number for (name, status), number in sorted(outcome.statuses.items()) if name == action
        }
        p50, p95 = (1000 * outcome.quantile(action, share) for share in (0.5, 0.95))
        print(f"  {action:<12}{p50:>9.0f} ms p50 {p95:>9.0f} ms p95  {codes}", flush=True)
    for line in outcome.wrong[:5]:
        print(f"  wrong: {line}")


def _build(folder: Path, database: str) -> None:
    units = boundaries.read(_KELURAHAN, name="dki", level="kelurahan", code_system=CodeSystem.BPS)
    sample.write_sample(
        folder, units=units.units.iloc[units.rows("kelurahan")], households=_HOUSEHOLDS, seed=1
    )
    _published(database, folder, units, "jakarta").close()


def _published(database: str, files: Path, units: BoundarySet, name: str) -> Store:
    """Compute a run of a sample and publish it; return its store."""
    bound = register.bind(
        files / "households.parquet",
        files / "members.parquet",
        schema.load("dtsen"),
        specification.load(name),
    )
    store = Store(database, create=True)
    store.save_boundaries(units)
    store.save_run(compute.compute(bound, units))
    run, now = store.resolve("latest"), datetime.now(UTC)
    store.publications.propose(run, by="perencana", at=now)
    store.publications.approve(run, by="pimpinan", at=now)
    return store


def _asked(address: str, clients: int, questions: int) -> list[float]:
    seconds: list[float] = []

    def ask(seed: int) -> None:
        drawn = random.Random(seed)
        with httpx.Client(base_url=address, timeout=60) as client:
            indicators = list(client.get("/api/v1/runs/latest").json()["weights"])
            for _ in range(questions):
                question = {"level": "kelurahan", "weights": _weights(drawn, indicators), "cutoff": "1/3"}
                started = time.perf_counter()
                client.post("/api/v1/runs/latest/what-if", json=question).raise_for_status()
                seconds.append(time.perf_counter() - started)

    threads = [threading.Thread(target=ask, args=(1000 * clients + number,)) for number in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return seconds


def _weights(drawn: random.Random, indicators: list[str]) -> dict[str, str]:
    """Return weights that nobody asked for before, so that nothing is remembered."""
    parts = [drawn.randint(1, 9) for _ in indicators]
    return {name: f"{part}/{sum(parts)}" for name, part in zip(indicators, parts, strict=True)}


if __name__ == "__main__":
    report(sys.argv[1]) if len(sys.argv) > 1 else main()
