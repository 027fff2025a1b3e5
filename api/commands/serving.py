"""Commands that serve the page: serve, demo."""

import socket
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
import uvicorn

from api import logs, settings
from api.accounts import Accounts
from api.app import create_app
from api.commands.intake import SAMPLE_HOUSEHOLDS
from api.commands.people import COMMAND_LINE
from api.commands.terminal import DATABASE, Database, bars, note, say
from api.settings import DEFAULT_PORT, Settings, embedded
from geo import boundaries as boundary_files
from geo import compute, layers, register, sample, schema, specification
from geo.codes import CodeSystem
from geo.errors import ParameterError
from geo.people import Role
from geo.store import Store

Port = Annotated[int, typer.Option("--port", envvar="KANTONG_PORT", help="Port to listen on.")]

_CITY = "kota_contoh"

#: Who proposes Kota Contoh for publication, and who approves it.
_OFFICIALS = {"perencana.contoh": Role.PERENCANA, "pimpinan.contoh": Role.PIMPINAN}


def serve(port: Port = DEFAULT_PORT, database: Database = DATABASE) -> None:
    """Serve the page and the API of a store, to this machine only."""
    _serve(settings.read(database_url=database, port=port))


def demo(
    port: Port = DEFAULT_PORT,
    folder: Annotated[
        Path, typer.Option("--folder", help="Where Kota Contoh is kept; made when it is not there.")
    ] = Path("demo"),
    households: Annotated[int, typer.Option("--households", help="How many households.")] = SAMPLE_HOUSEHOLDS,
) -> None:
    """Build the synthetic city Kota Contoh, measure it and serve its page."""
    database = embedded(folder / "kantong.gpkg")
    _refuse_taken(settings.read(port=port))
    if not _is_built(folder / "kantong.gpkg"):
        _build(folder, households, database)
    _serve(settings.read(database_url=database, port=port))


def _is_built(file: Path) -> bool:
    """Whether an earlier demo came to its end."""
    if not file.exists():
        return False
    store = Store(embedded(file))
    try:
        return bool(store.run_ids())
    finally:
        store.close()


def _build(folder: Path, households: int, database: str) -> None:
    with bars() as progress:
        sample.write_sample(
            folder, households=households, seed=1, progress=lambda done: progress("sample", done, households)
        )
        boundaries = boundary_files.read(
            folder / "kota_contoh_rw.gpkg",
            name=_CITY,
            level="rw",
            code_system=CodeSystem.KEMENDAGRI,
            source="Kota Contoh, data sintetis",
        )
        bound = register.bind(
            folder / "households.parquet",
            folder / "members.parquet",
            schema.load("dtsen"),
            specification.load("default"),
            "Register contoh (sintetis)",
        )
        computed = compute.compute(bound, boundaries, progress=progress)
    store = Store(database, create=True)
    store.save_boundaries(boundaries)
    for kind in ("river", "road"):
        store.save_backdrop(_CITY, kind, layers.read_lines(folder / f"kota_contoh_{kind}s.gpkg"))
    store.save_run(computed)
    now = datetime.now(UTC)
    for name, role in _OFFICIALS.items():
        say(f"{name}\t{Accounts(store).add(name, role, by=COMMAND_LINE)}")
    planner, leader = _OFFICIALS
    store.publications.propose(computed.summary.id, by=planner, at=now)
    store.publications.approve(computed.summary.id, by=leader, at=now)
    store.close()
    note(
        "Nama dan kata sandi di atas ditampilkan sekali ini saja. "
        f"Yang baru: kantong people password NAMA --database {database}"
    )


def _serve(wanted: Settings) -> None:
    _refuse_taken(wanted)
    app = create_app(wanted)
    say(f"Kantong: http://{wanted.host}:{wanted.port}/")
    note("Tanpa akun: hitungan yang diterbitkan. Dengan akun: /masuk. Hentikan dengan Ctrl+C.")
    logs.configure()
    uvicorn.run(
        app,
        host=wanted.host,
        port=wanted.port,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=bool(wanted.web.trusted_proxies),
        forwarded_allow_ips=list(wanted.web.trusted_proxies),
        timeout_graceful_shutdown=wanted.web.stop_seconds,
    )


def _refuse_taken(wanted: Settings) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((wanted.host, wanted.port))
        except (OSError, OverflowError) as error:
            raise ParameterError(
                f"port {wanted.port} is taken or not allowed; name another with --port."
            ) from error
