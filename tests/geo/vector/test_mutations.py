"""However a file is spoilt: a report or a sentence, in time, and the files stay as they are."""

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

from tests.geo.vector.mutations import mutated

FILES = 150
SEED = 20_261_124

#: Runs in a process of its own, so that a crash of a library is seen and named.
WORKER = """
import json, sys, time
from pathlib import Path
from geo.boundaries import check_file
from geo.errors import KantongError

for name in json.load(sys.stdin):
    started = time.monotonic()
    try:
        report = check_file(Path(name)).report
        said = "loadable" if report.is_loadable else "stopped"
        json.dumps(report.as_dict(), allow_nan=False)
    except KantongError as error:
        said = f"refused {error}"
    print(json.dumps([name, said, time.monotonic() - started]), flush=True)
"""


def test_every_spoilt_file_is_loaded_with_a_report_or_refused_with_a_sentence(tmp_path: Path) -> None:
    files = mutated(tmp_path, FILES, SEED)
    assert len(files) > 150
    before = {
        path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file() and not path.is_symlink()
    }
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", WORKER],
        check=False,
        input=json.dumps([str(path) for path in files]),
        capture_output=True,
        text=True,
        timeout=600,
    )
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    after = files[len(answers)] if len(answers) < len(files) else None
    assert done.returncode == 0, f"{after}: {done.stderr[-2_000:]}"
    assert {name: seconds for name, _, seconds in answers if seconds > 30} == {}
    for name, said, _ in answers:
        assert not said.startswith("refused") or Path(name).name in said, (name, said)
        assert "kantong-" not in said
    outcomes = Counter(said.split()[0] for _, said, _ in answers)
    assert min(outcomes[outcome] for outcome in ("loadable", "stopped", "refused")) > 10, outcomes
    assert {path: path.read_bytes() for path in before} == before
    assert set(before) == {path for path in tmp_path.rglob("*") if path.is_file() and not path.is_symlink()}
