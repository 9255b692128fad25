"""How fast SDF is read: ours beside other readers, in one run, each in a process of its own.

``python -m edasat.tools.benchmarks.sdf [--peers PYTHON] [-o results/sdf.json]`` has OpenSTA write the delays of
placed designs and reads them back with every reader it finds. Time is CPU time of reading alone (compiled code warm,
file in the page cache): the median over several rounds, in which the readers take turns. ``--peers`` is a Python in
which ``sdf-timing`` and ``sdf-toolkit`` are installed; a reader that is not there is left out.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from edasat.core.errors import InputError
from edasat.core.files import read_bytes
from edasat.core.processes import run
from edasat.tools.results import markdown_table, read_result, write_result

from .reader_times import Reader, opensta_reader, python_reader, speed_rows, take_turns

COMMAND: Final = "python -m edasat.tools.benchmarks.sdf --peers PYTHON -o results/sdf.json"
_ROUNDS: Final = 5
_DEFAULT_DATA: Final = Path(__file__).resolve().parents[5] / "shared" / "data"
_OPENSTA: Final = "OpenSTA read_sdf"

_OURS: Final = "from edasat.eda.formats.sdf import read_sdf; read = lambda: read_sdf(path)"
#: Finds names and values, converts nothing: what a script would begin with.
_EXPRESSION: Final = (
    r"import re; e = re.compile(r'\((INTERCONNECT|IOPATH)\s+([^)\s]+|\([^)]*\))\s+(\S+)((?:\s*\([-\d.:]*\))*)\s*\)')"
    "; read = lambda: e.findall(open(path).read())"
)
_PEERS: Final = {
    "sdf-timing": "from sdf_timing import sdfparse; read = lambda: sdfparse.parse(open(path).read())",
    "sdf-toolkit": "from sdf_toolkit.parser import parser; read = lambda: parser.get_parser().parse(open(path).read())",
}


class Case(NamedTuple):
    """A design to write delays of, below the shared data folder."""

    library: str
    netlist: str
    top: str


_CASES: Final = {
    "nangate45 aes": Case(
        "libs/nangate45/nangate45_typ.lib.gz", "timing/circuitops/nangate45_aes/6_final.v.gz", "aes_cipher_top"
    ),
    "sky130hd aes": Case(
        "libs/sky130hd/sky130hd_tt.lib.gz", "timing/circuitops/sky130hd_aes/6_final.v.gz", "aes_cipher_top"
    ),
}
#: Filler and tap cells, which no library has and OpenSTA cannot write.
_PHYSICAL_ONLY: Final = re.compile(
    rb"^ *(?:FILLCELL|TAPCELL|sky130_fd_sc_hd__(?:fill|tap|decap))[^;]*;\n", re.MULTILINE
)


def measure(data: Path, peers: str, rounds: int = _ROUNDS) -> dict[str, Any]:
    """Run all readers over the delays of all designs."""
    rows = []
    for name, case in _CASES.items():
        folder = Path(tempfile.mkdtemp(prefix="edasat-benchmark-"))
        try:
            (folder / "cells.lib").write_bytes(read_bytes(data / case.library))
            (folder / "design.v").write_bytes(_PHYSICAL_ONLY.sub(b"", read_bytes(data / case.netlist)))
            design = f"read_liberty cells.lib\nread_verilog design.v\nlink_design {case.top}\n"
            path = folder / "design.sdf"
            _write_delays(design, path)
            readers = {
                "edasat": python_reader(_OURS, path),
                _OPENSTA: opensta_reader(design, f"read_sdf {path}", folder),
                "one regular expression, text only": python_reader(_EXPRESSION, path),
            }
            refused: dict[str, str] = {}
            for peer, code in _PEERS.items():
                reader = python_reader(code, path, interpreter=peers, warm_up=0)
                readers[peer] = _refusals_noted(reader, peer, refused)
            cpu = take_turns(readers, rounds, once=tuple(_PEERS))
            rows.append({"file": name, "megabytes": path.stat().st_size / 1e6, "cpu_s": cpu, "refused": refused})
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    return {"files": rows, "rounds": rounds}


def _refusals_noted(reader: Reader, name: str, refused: dict[str, str]) -> Reader:
    """Return a reader that counts as absent where it fails, with the last line of its complaint in ``refused``."""

    def once() -> float | None:
        try:
            return reader()
        except RuntimeError as error:
            refused[name] = str(error).strip().splitlines()[-1]
            return None

    return once


def _write_delays(design: str, path: Path) -> None:
    script = path.with_suffix(".tcl")
    script.write_text(f"{design}write_sdf {path}\nexit\n")
    done = run(["sta", "-exit", "-no_splash", script], cwd=path.parent)
    if done.outcome != "ok" or not path.is_file():
        raise RuntimeError((done.stdout[-4000:] + done.stderr[-4000:]).decode())


def table(result: dict[str, Any]) -> str:
    """Return the result as a Markdown table."""
    rows = []
    for row in result["data"]["files"]:
        rows += speed_rows(row["file"], row["megabytes"], row["cpu_s"], _OPENSTA)
        rows += [[f"{row['file']}, {row['megabytes']:.1f} MB", reader, "fails", "", ""] for reader in row["refused"]]
    return markdown_table(["delays of", "reader", "CPU ms", "MB/s", "OpenSTA = 1"], rows)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print the table, and write the result."""
    parser = argparse.ArgumentParser(description="Measure SDF readers.")
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("EDASAT_SHARED_DATA", _DEFAULT_DATA)))
    parser.add_argument("--peers", default=sys.executable, help="Python with sdf-timing and sdf-toolkit")
    parser.add_argument("--rounds", type=int, default=_ROUNDS)
    parser.add_argument("-o", "--out", type=Path, default=Path("results/sdf.json"))
    given = parser.parse_args(arguments)
    if not given.data.is_dir():
        raise InputError("no such folder", path=str(given.data), hint="name it with --data or EDASAT_SHARED_DATA")
    write_result(
        given.out, measure(given.data, given.peers, given.rounds), command=COMMAND, packages=("numpy", "numba")
    )
    print(table(read_result(given.out)))  # noqa: T201


if __name__ == "__main__":
    main()
