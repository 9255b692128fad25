"""CPU time of reading one file: by Python code in a process of its own, or by OpenSTA on a linked design.

A reader is measured by a callable that reads once and returns CPU seconds, None where the reader is not installed, so
that a benchmark can let all readers take turns: on a shared machine the load changes from minute to minute.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np

from edasat.core.errors import MissingToolError
from edasat.core.processes import run

Reader = Callable[[], float | None]

_MISSING_MODULE: Final = 3  # exit status of a reader that is not installed
_SCRIPT: Final = """
import sys, time
path = sys.argv[1]
try:
    {setup}
except ImportError:
    sys.exit({missing})
for _ in range({warm_up}):
    read()
start = time.process_time(); read(); print(time.process_time() - start)
"""


def python_reader(setup: str, path: Path, *, interpreter: str = sys.executable, warm_up: int = 1) -> Reader:
    """Return what measures a reader in Python.

    Args:
        setup: statements on one line that define ``read()``, which reads the file named ``path``.
        path: the file.
        interpreter: a Python in which the reader may be installed.
        warm_up: readings before the one that counts.
    """
    script = _SCRIPT.format(setup=setup, missing=_MISSING_MODULE, warm_up=warm_up)
    environment = {"OMP_NUM_THREADS": "1"}
    if interpreter == sys.executable:
        environment["PYTHONPATH"] = os.pathsep.join(sys.path)

    def once() -> float | None:
        done = run([interpreter, "-c", script, path], env=environment)
        if done.returncode == _MISSING_MODULE:
            return None
        if done.outcome != "ok":
            raise RuntimeError(done.stderr.decode())
        return float(done.stdout)

    return once


def opensta_reader(design: str, command: str, folder: Path) -> Reader:
    """Return what measures a command of OpenSTA: a run with it less one without it.

    Args:
        design: Tcl that reads and links the design.
        command: Tcl to measure.
        folder: where the scripts go, and where they run.
    """
    scripts = folder / "with.tcl", folder / "without.tcl"
    for script, text in zip(scripts, (design + command, design), strict=True):
        script.write_text(f"{text}\nexit\n")

    def once() -> float | None:
        try:
            with_it, without = (run(["sta", "-exit", "-no_splash", script], cwd=folder) for script in scripts)
        except MissingToolError:
            return None
        if with_it.outcome != "ok" or b"Error" in with_it.stdout or b"not found" in with_it.stdout:
            raise RuntimeError((with_it.stdout[-4000:] + with_it.stderr[-4000:]).decode())
        return with_it.cpu_s - without.cpu_s

    return once


def take_turns(readers: Mapping[str, Reader], rounds: int, once: Sequence[str] = ()) -> dict[str, float]:
    """Return the median CPU seconds of each reader that is installed; those in ``once`` are run in one round only."""
    times: dict[str, list[float]] = {name: [] for name in readers}
    for number in range(rounds):
        for name, read in readers.items():
            if (number == 0 or name not in once) and (seconds := read()) is not None:
                times[name].append(seconds)
    return {name: float(np.median(seconds)) for name, seconds in times.items() if seconds}


def speed_rows(file: str, megabytes: float, cpu_s: Mapping[str, float], reference: str) -> list[list[str]]:
    """Return table rows: file, reader, CPU ms, MB/s, and the time as a multiple of the reference's."""
    against = cpu_s.get(reference)
    return [
        [
            f"{file}, {megabytes:.1f} MB",
            reader,
            f"{seconds * 1000:.0f}",
            f"{megabytes / seconds:.1f}",
            f"{seconds / against:.2f}" if against else "",
        ]
        for reader, seconds in cpu_s.items()
    ]
