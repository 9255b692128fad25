"""How fast Liberty is read: ours beside other readers, in one run, each in a process of its own.

``python -m edasat.tools.benchmarks.liberty [FILE.lib.gz ...] [--peers PYTHON] [-o results/liberty.json]`` reads each
library with every reader it finds. Time is CPU time of reading alone, start-up and imports taken off (compiled code
warm, file in the page cache): the median over several rounds, in which the readers take turns. ``--peers`` is a Python
in which ``libparse`` and ``liberty-parser`` are installed; a reader that is not there is left out.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from edasat.core.errors import InputError, MissingToolError
from edasat.core.files import read_bytes
from edasat.core.processes import run
from edasat.tools.results import markdown_table, read_result, write_result

COMMAND: Final = "python -m edasat.tools.benchmarks.liberty --peers PYTHON -o results/liberty.json"
_ROUNDS: Final = 5
_DEFAULT_DATA: Final = Path(__file__).resolve().parents[5] / "shared" / "data"
_DEFAULT_FILES: Final = ("libs/nangate45/nangate45_typ.lib.gz", "libs/sky130hd/sky130hd_tt.lib.gz")
_MISSING_MODULE: Final = 3  # exit status of a reader that is not installed

#: Each prints the CPU seconds of one reading after a first one that is not counted; ``read`` and ``path`` are given.
_MEASURE: Final = """
import sys, time
path = sys.argv[1]
def measure(read):
    read()
    start = time.process_time(); read(); print(time.process_time() - start)
try:
    {setup}
except ImportError:
    sys.exit({missing})
measure({read})
"""
#: Reader -> the Python that sets it up and the one that reads.
_OURS: Final = {
    "edasat": ("from edasat.eda.formats.liberty import read_liberty", "lambda: read_liberty(path, cache=False)"),
    "edasat, from the cache": ("from edasat.eda.formats.liberty import read_liberty", "lambda: read_liberty(path)"),
}
_PEERS: Final = {
    "libparse, tables as text": ("import libparse", "lambda: libparse.LibertyParser(open(path)).ast"),
    "liberty-parser": (
        "from liberty.parser import parse_liberty",
        "lambda: parse_liberty(open(path).read())",
    ),
}
_MEASURED_ONCE: Final = {"liberty-parser"}  # so slow that one round tells


def measure(files: Sequence[Path], peers: str, rounds: int = _ROUNDS) -> dict[str, Any]:
    """Run all readers over all files, plain, and ours over the compressed file too."""
    folder = Path(tempfile.mkdtemp(prefix="edasat-benchmark-"))
    try:
        rows = []
        for file in files:
            plain = folder / file.name.removesuffix(".gz").removesuffix(".xz")
            plain.write_bytes(read_bytes(file))
            readers: dict[str, Callable[[], float | None]] = {
                name: _python(sys.executable, code, plain, folder) for name, code in _OURS.items()
            }
            readers |= {
                f"{name}, compressed file": _python(sys.executable, code, file, folder) for name, code in _OURS.items()
            }
            readers["OpenSTA read_liberty"] = _opensta(plain, folder)
            readers |= {name: _python(peers, code, plain, folder) for name, code in _PEERS.items()}
            times: dict[str, list[float]] = {name: [] for name in readers}
            for number in range(rounds):
                for name, read in readers.items():
                    if (number == 0 or name not in _MEASURED_ONCE) and (seconds := read()) is not None:
                        times[name].append(seconds)
            cpu = {name: float(np.median(seconds)) for name, seconds in times.items() if seconds}
            rows.append({"file": plain.name, "megabytes": plain.stat().st_size / 1e6, "cpu_s": cpu})
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return {"files": rows, "rounds": rounds}


def _python(interpreter: str, code: tuple[str, str], path: Path, folder: Path) -> Callable[[], float | None]:
    """Return what measures a reader in Python once; None if it is not installed."""
    setup, read = code
    script = _MEASURE.format(setup=setup, read=read, missing=_MISSING_MODULE)
    ours = interpreter == sys.executable
    environment = {"OMP_NUM_THREADS": "1", "EDASAT_CACHE": str(folder / "cache")}
    if ours:
        environment["PYTHONPATH"] = os.pathsep.join(sys.path)

    def once() -> float | None:
        done = run([interpreter, "-c", script, path], env=environment)
        if done.returncode == _MISSING_MODULE:
            return None
        if done.outcome != "ok":
            raise RuntimeError(done.stderr.decode())
        return float(done.stdout)

    return once


def _opensta(path: Path, folder: Path) -> Callable[[], float | None]:
    """Return what measures OpenSTA once: a run that reads less one that does not; None if it is not installed."""
    scripts = folder / "read.tcl", folder / "nothing.tcl"
    for script, text in zip(scripts, (f"read_liberty {{{path}}}\n", "exit\n"), strict=True):
        script.write_text(text)

    def once() -> float | None:
        try:
            with_it, without = (run(["sta", "-exit", "-no_splash", script]) for script in scripts)
        except MissingToolError:
            return None
        if with_it.outcome != "ok" or b"Error" in with_it.stdout:
            raise RuntimeError((with_it.stdout + with_it.stderr).decode())
        return with_it.cpu_s - without.cpu_s

    return once


def table(result: dict[str, Any]) -> str:
    """Return the result as a Markdown table."""
    rows = []
    for row in result["data"]["files"]:
        reference = row["cpu_s"].get("OpenSTA read_liberty")
        for reader, seconds in row["cpu_s"].items():
            against = f"{seconds / reference:.2f}" if reference else ""
            rows.append([f"{row['file']}, {row['megabytes']:.1f} MB", reader, f"{seconds * 1000:.0f}", against])
    return markdown_table(["library", "reader", "CPU ms", "OpenSTA = 1"], rows)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print the table, and write the result."""
    parser = argparse.ArgumentParser(description="Measure Liberty readers.")
    data = Path(os.environ.get("EDASAT_SHARED_DATA", _DEFAULT_DATA))
    parser.add_argument("files", nargs="*", type=Path, default=[data / name for name in _DEFAULT_FILES])
    parser.add_argument("--peers", default=sys.executable, help="Python with libparse and liberty-parser")
    parser.add_argument("--rounds", type=int, default=_ROUNDS)
    parser.add_argument("-o", "--out", type=Path, default=Path("results/liberty.json"))
    given = parser.parse_args(arguments)
    for file in given.files:
        if not file.is_file():
            raise InputError("no such library", path=str(file), hint="name the .lib files, or set EDASAT_SHARED_DATA")
    found = measure(given.files, given.peers, given.rounds)
    write_result(given.out, found, command=COMMAND, packages=("numpy", "numba", "isal", "safetensors"))
    print(table(read_result(given.out)))  # noqa: T201


if __name__ == "__main__":
    main()
