"""Run work in a process of its own, and say what it took."""

import json
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Cost:
    """What a piece of work took.

    Attributes
    ----------
    process_s
        Seconds on the clock from start to end of the process, imports included.
    wall_s, cpu_s
        Seconds on the clock and of processor, without imports.
    peak_mib
        The most memory the process held.
    answer
        What the work gave back.
    """

    process_s: float
    wall_s: float
    cpu_s: float
    peak_mib: float
    answer: object


_RUNNER = """
import importlib, json, os, resource, sys, time
module, function, arguments = importlib.import_module(sys.argv[1]), sys.argv[2], json.loads(sys.argv[3])
started, cpu = time.perf_counter(), time.process_time()
answer = getattr(module, function)(**arguments)
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps([time.perf_counter() - started, time.process_time() - cpu, peak, answer]), flush=True)
os._exit(0)  # QGIS falls over its own objects when they are taken down
"""


def run(
    function: str, module: str = "tests.benchmarks.work", *, python: str = sys.executable, **arguments: object
) -> Cost:
    """Run a function of a module in a fresh process."""
    root = Path(__file__).parents[2]
    started = time.perf_counter()
    done = subprocess.run(
        [python, "-c", _RUNNER, module, function, json.dumps(arguments)],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(done.stderr)
    return Cost(time.perf_counter() - started, *json.loads(done.stdout.splitlines()[-1]))
