"""How fast DEF and LEF are read: ours beside other readers, in one run, each in a process of its own.

``python -m edasat.tools.benchmarks.layout [--peers PYTHON] [-o results/layout.json]`` reads routed designs and the
cells of two libraries. Time is CPU time of reading alone (compiled code warm, file in the page cache): the median over
several rounds, in which the readers take turns. ``--peers`` is a Python in which ``klayout`` and ``lefdef`` are
installed; a reader that is not there is left out.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from edasat.core.errors import InputError
from edasat.core.files import read_bytes
from edasat.tools.results import markdown_table, read_result, write_result

from .reader_times import python_reader, speed_rows, take_turns

COMMAND: Final = "python -m edasat.tools.benchmarks.layout --peers PYTHON -o results/layout.json"
_ROUNDS: Final = 5
_DEFAULT_DATA: Final = Path(__file__).resolve().parents[5] / "shared" / "data"
_REFERENCE: Final = "edasat"

_OURS: Final = {
    "edasat": "from edasat.eda.formats.layout import read_def; read = lambda: read_def(path)",
    "edasat, with the netlist": (
        "from edasat.eda.formats.layout import read_def; read = lambda: read_def(path).netlist()"
    ),
    #: Finds components and connections, converts nothing: what a script would begin with.
    "regular expressions, no wires, text only": (
        r"import re; c = re.compile(r'^\s*- (\S+) (\S+) .*?\( (-?\d+) (-?\d+) \) (\w+)', re.M); "
        r"n = re.compile(r'^\s*- (\S+)((?:\s+\( \S+ \S+ \))+)', re.M); p = re.compile(r'\( (\S+) (\S+) \)'); "
        "find = lambda t: (c.findall(t), [(a, p.findall(b)) for a, b in n.findall(t)]); "
        "read = lambda: find(open(path).read())"
    ),
}
#: LEF files and units per um are passed on, for klayout cannot do without.
_PEERS: Final = {
    "lefdef, no wires": "import lefdef; read = lambda: lefdef.C_DefReader().read(path)",
    "klayout, shapes only": (
        "import klayout.db as db; o = db.LoadLayoutOptions(); o.lefdef_config.read_lef_with_def = False; "
        "o.lefdef_config.lef_files = {lefs!r}; o.lefdef_config.dbu = 1 / {units}; "
        "read = lambda: db.Layout().read(path, o)"
    ),
}
_OUR_LEF: Final = "from edasat.eda.formats.lef import read_lef; read = lambda: read_lef(path)"
_LEF_PEERS: Final = {"lefdef": "import lefdef; read = lambda: lefdef.C_LefReader().read(path)"}


class Case(NamedTuple):
    """A routed design below the shared data folder, its LEF files and its database units per um."""

    layout: str
    lefs: tuple[str, ...]
    units: int


_NANGATE45: Final = ("libs/nangate45/Nangate45.lef.xz",)
_SKY130: Final = ("libs/sky130hd/sky130hd.tlef", "libs/sky130hd/sky130_fd_sc_hd_merged.lef.xz")
_CASES: Final = {
    "nangate45 aes": Case("timing/circuitops/nangate45_aes/6_final.def.gz", _NANGATE45, 2000),
    "nangate45 ibex": Case("timing/circuitops/nangate45_ibex/6_final.def.gz", _NANGATE45, 2000),
    "sky130hd aes": Case("timing/circuitops/sky130hd_aes/6_final.def.gz", _SKY130, 1000),
}
_CELLS: Final = {"nangate45 LEF": _NANGATE45[0], "sky130hd LEF": _SKY130[1]}


def measure(data: Path, peers: str, rounds: int = _ROUNDS) -> dict[str, Any]:
    """Run all readers over all designs and libraries."""
    folder = Path(tempfile.mkdtemp(prefix="edasat-benchmark-"))
    try:
        rows = []
        for name, case in _CASES.items():
            path = _unpacked(data / case.layout, folder / f"{name}.def")
            lefs = [str(_unpacked(data / lef, folder / f"{name}.{i}.lef")) for i, lef in enumerate(case.lefs)]
            readers = {reader: python_reader(code, path) for reader, code in _OURS.items()}
            for reader, code in _PEERS.items():
                setup = code.format(lefs=lefs, units=case.units)
                readers[reader] = python_reader(setup, path, interpreter=peers)
            rows.append(_row(name, path, take_turns(readers, rounds)))
        for name, lef in _CELLS.items():
            path = _unpacked(data / lef, folder / f"{name}.lef")
            readers = {"edasat": python_reader(_OUR_LEF, path)}
            readers |= {peer: python_reader(code, path, interpreter=peers) for peer, code in _LEF_PEERS.items()}
            rows.append(_row(name, path, take_turns(readers, rounds)))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return {"files": rows, "rounds": rounds}


def _unpacked(source: Path, target: Path) -> Path:
    target.write_bytes(read_bytes(source))
    return target


def _row(name: str, path: Path, cpu: dict[str, float]) -> dict[str, Any]:
    return {"file": name, "megabytes": path.stat().st_size / 1e6, "cpu_s": cpu}


def table(result: dict[str, Any]) -> str:
    """Return the result as a Markdown table."""
    rows = [line for row in result["data"]["files"] for line in speed_rows(**row, reference=_REFERENCE)]
    return markdown_table(["file", "reader", "CPU ms", "MB/s", "edasat = 1"], rows)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print the table, and write the result."""
    parser = argparse.ArgumentParser(description="Measure DEF and LEF readers.")
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("EDASAT_SHARED_DATA", _DEFAULT_DATA)))
    parser.add_argument("--peers", default=sys.executable, help="Python with klayout and lefdef")
    parser.add_argument("--rounds", type=int, default=_ROUNDS)
    parser.add_argument("-o", "--out", type=Path, default=Path("results/layout.json"))
    given = parser.parse_args(arguments)
    if not given.data.is_dir():
        raise InputError("no such folder", path=str(given.data), hint="name it with --data or EDASAT_SHARED_DATA")
    write_result(
        given.out, measure(given.data, given.peers, given.rounds), command=COMMAND, packages=("numpy", "numba")
    )
    print(table(read_result(given.out)))  # noqa: T201


if __name__ == "__main__":
    main()
