"""A program that is killed in the middle of a write leaves the last good state, on both engines."""

import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from pickle import dumps

from sqlalchemy import text

from geo.compute import Computed
from geo.publication import State
from geo.store import Store

Reopen = Callable[[], Store]
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)

#: Everything that a step has written is in the transaction, which is open while the program waits.
PROGRAM = """
import pickle, sys, time
from datetime import UTC, datetime
from pathlib import Path
from geo.store import Store, audit, bulk, publications

url, step, given = sys.argv[1:]

def then_wait(write):
    def written(*arguments, **named):
        write(*arguments, **named)
        print("half way", flush=True)
        time.sleep(60)
    return written

def only_after(name, write):
    waiting = then_wait(write)
    def written(connection, table, rows):
        (waiting if table.name == name else write)(connection, table, rows)
    return written

store = Store(url)
if step == "publish":
    publications.append = then_wait(publications.append)
    store.publications.approve(given, by="pimpinan", at=datetime.now(UTC))
else:
    last = {"run": "tally", "boundaries": "boundary_unit"}[step]
    bulk.write = only_after(last, bulk.write)
    save = {"run": store.save_run, "boundaries": store.save_boundaries}[step]
    save(pickle.loads(Path(given).read_bytes()))
"""


def kill_in_the_middle(url: str, step: str, given: str) -> None:
    """Start a program that takes a step, and kill it when all is written and nothing committed."""
    program = [sys.executable, "-c", textwrap.dedent(PROGRAM), url, step, given]
    with subprocess.Popen(program, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "half way\n"
        process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL


def test_killed_while_a_boundary_set_is_loaded(
    store: Store, url: str, computed: Computed, tmp_path: Path, reopened: Reopen
) -> None:
    given = tmp_path / "boundaries"
    given.write_bytes(dumps(computed.boundaries))
    kill_in_the_middle(url, "boundaries", str(given))
    assert reopened().boundary_listing() == []
    assert store.save_boundaries(computed.boundaries)


def test_killed_while_a_run_is_stored_or_published(
    store: Store, url: str, computed: Computed, tmp_path: Path, reopened: Reopen
) -> None:
    given, run = tmp_path / "computed", computed.summary.id
    given.write_bytes(dumps(computed))
    store.save_boundaries(computed.boundaries)
    kill_in_the_middle(url, "run", str(given))
    assert reopened().run_ids() == []
    with store.reading() as connection:
        for table in ("zone", "pocket", "register", "restricted.tally"):
            assert connection.scalar(text(f"SELECT count(*) FROM {table}")) == 0
    assert store.save_run(computed)

    store.publications.propose(run, by="perencana", at=NOON)
    kill_in_the_middle(url, "publish", run)
    again = reopened()
    assert again.publications.of(run).state is State.PROPOSED
    assert again.run_ids(drafts=False) == []
    assert [entry.action for entry in again.audit.newest(9)] == ["run_proposed"]
    again.publications.approve(run, by="pimpinan", at=NOON)
    assert again.resolve("latest", drafts=False) == run
    assert again.audit.verify() is None
