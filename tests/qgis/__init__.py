"""The QGIS of this machine, in the Python that it was built for; modules beside this one run there."""

import json
import os
import subprocess
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

_ROOT = Path(__file__).parents[2]
_PYTHONS = ("/usr/bin/python3", "python3")
_CALL = """
import importlib, json, os, sys
module, function, arguments = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
print(json.dumps(getattr(importlib.import_module(module), function)(**arguments)), flush=True)
os._exit(0)  # objects of Qt are not taken down in the order in which they need each other
"""


@cache
def python() -> str | None:
    """Return a Python that knows QGIS, or None."""
    for found in _PYTHONS:
        try:
            known = subprocess.run([found, "-c", "import qgis.core"], capture_output=True, check=False)
        except OSError:
            continue
        if known.returncode == 0:
            return found
    return None


def missing() -> str | None:
    """Say what has to be installed before QGIS can be driven."""
    return None if python() else "QGIS with its Python is not installed: apt-get install python3-qgis"


def environment(folder: str) -> dict[str, str]:
    """Return the environment of a QGIS without a screen that keeps what it writes in a folder."""
    kept = {"HOME": folder, "XDG_RUNTIME_DIR": folder, "QT_QPA_PLATFORM": "offscreen"}
    return {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")} | kept


def call(function: str, **arguments: Any) -> Any:
    """Call a function of `tests.qgis.reading` in the Python of QGIS."""
    found = python()
    assert found is not None
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [found, "-c", _CALL, "tests.qgis.reading", function, json.dumps(arguments)],
            cwd=_ROOT,
            env=environment(folder),
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])
