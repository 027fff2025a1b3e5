"""A PostgreSQL server with PostGIS of its own, for tests and benchmarks."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from sqlalchemy import create_engine, make_url, text

_NUMBER = count()


@dataclass(frozen=True)
class Server:
    """A PostgreSQL cluster that listens on a socket in its own directory."""

    directory: Path

    def url(self, database: str) -> str:
        return f"postgresql+psycopg://tester@/{database}?host={self.directory}"

    def new_database(self, template: str | None = None) -> str:
        """Make a database, empty or as the one at an address that nobody is connected to."""
        name = f"store_{next(_NUMBER)}"
        like = f" TEMPLATE {make_url(template).database}" if template else ""
        engine = create_engine(self.url("postgres"), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name}{like}"))
        engine.dispose()
        return self.url(name)


def missing() -> str | None:
    """Say what has to be installed before a server can be started."""
    if _programs() is None:
        return "PostgreSQL is not installed (Debian: postgresql, postgresql-15-postgis-3)"
    if not list(Path("/usr/share/postgresql").glob("*/extension/postgis.control")):
        return "PostGIS is not installed (Debian: postgresql-15-postgis-3)"
    return None


@contextmanager
def server() -> Iterator[Server]:
    """Start a server and stop it again."""
    programs = _programs()
    assert programs is not None
    # A socket's path is short at most, so not in pytest's directory.
    directory = Path(tempfile.mkdtemp(prefix="kt", dir="/tmp"))
    as_user: dict[str, object] = {"cwd": "/"}
    if os.geteuid() == 0:
        nobody = pwd.getpwnam("nobody")
        os.chown(directory, nobody.pw_uid, nobody.pw_gid)
        as_user |= {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}

    def run(program: str, *arguments: str) -> None:
        subprocess.run(
            [str(programs / program), *arguments],
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            **as_user,  # type: ignore[call-overload]
        )

    data = str(directory / "data")
    try:
        run("initdb", "-D", data, "-U", "tester", "-A", "trust", "-E", "UTF8", "--no-sync")
        options = f"-c listen_addresses='' -c unix_socket_directories={directory} -c fsync=off"
        run("pg_ctl", "-D", data, "-w", "-l", str(directory / "log"), "-o", options, "start")
        try:
            yield Server(directory)
        finally:
            run("pg_ctl", "-D", data, "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def _programs() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return found[-1].parent if found else None
