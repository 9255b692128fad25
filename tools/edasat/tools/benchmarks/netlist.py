"""How fast structural Verilog is read: ours beside other readers, in one run, each in a process of its own.

``python -m edasat.tools.benchmarks.netlist [--data FOLDER] [-o results/netlist.json]`` reads public netlists with every
reader it finds. Time is CPU time of reading alone (compiled code warm, file in the page cache): the median over several
rounds, in which the readers take turns. Ours gives the flat, linked record; OpenSTA reads and links against a library;
pyslang and pyverilog give syntax trees, in pyslang's case with a walk over all instances.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from edasat.core.files import read_bytes
from edasat.eda.formats.verilog import read_verilog
from edasat.tools.results import markdown_table, write_result

from .reader_times import opensta_reader, python_reader, speed_rows, take_turns

COMMAND: Final = "python -m edasat.tools.benchmarks.netlist -o results/netlist.json"
_ROUNDS: Final = 5
_DEFAULT_DATA: Final = Path(__file__).resolve().parents[5] / "shared" / "data"
_OPENSTA: Final = "OpenSTA read_verilog and link_design"
_PYVERILOG: Final = "pyverilog, syntax tree"

_READERS: Final = {
    "edasat": "from edasat.eda.formats.verilog import read_verilog; read = lambda: read_verilog(path)",
    "pyslang, syntax tree": "import pyslang.syntax as s; read = lambda: s.SyntaxTree.fromFile(path)",
    "pyslang, syntax tree and walk": (
        "import pyslang.syntax as s; kinds = {s.SyntaxKind.HierarchyInstantiation, s.SyntaxKind.NamedPortConnection}; "
        "read = lambda: s.SyntaxTree.fromFile(path).root.visit(lambda n: n.kind in kinds and str(n))"
    ),
}
_PYVERILOG_CODE: Final = (
    "import os, tempfile; from pyverilog.vparser.parser import VerilogParser; "
    "read = lambda: VerilogParser(outputdir=tempfile.mkdtemp(dir=os.path.dirname(path))).parse(open(path).read())"
)


class _Case(NamedTuple):
    library: str
    netlist: str
    top: str


_CASES: Final = {
    "nangate45 aes, synthesised": _Case(
        "libs/nangate45/nangate45_typ.lib.gz", "timing/openroad_aes/aes_nangate45.v.xz", "aes_cipher_top"
    ),
    "nangate45 ibex, placed": _Case(
        "libs/nangate45/nangate45_typ.lib.gz", "timing/circuitops/nangate45_ibex/6_final.v.gz", "ibex_core"
    ),
    "sky130hd aes, placed": _Case(
        "libs/sky130hd/sky130hd_tt.lib.gz", "timing/circuitops/sky130hd_aes/6_final.v.gz", "aes_cipher_top"
    ),
}
#: Filler and tap cells, which no library has: OpenSTA would make black boxes of them.
_PHYSICAL_ONLY: Final = re.compile(
    rb"^ *(?:FILLCELL|TAPCELL|sky130_fd_sc_hd__(?:fill|tap|decap))[^;]*;\n", re.MULTILINE
)


def measure(data: Path, rounds: int = _ROUNDS) -> dict[str, Any]:
    """Run all readers over all netlists."""
    rows = []
    for name, case in _CASES.items():
        folder = Path(tempfile.mkdtemp(prefix="edasat-benchmark-"))
        try:
            path = folder / "design.v"
            path.write_bytes(_PHYSICAL_ONLY.sub(b"", read_bytes(data / case.netlist)))
            (folder / "cells.lib").write_bytes(read_bytes(data / case.library))
            readers = {reader: python_reader(code, path) for reader, code in _READERS.items()}
            link = f"read_verilog design.v\nlink_design {case.top}"
            readers[_OPENSTA] = opensta_reader("read_liberty cells.lib\n", link, folder)
            readers[_PYVERILOG] = python_reader(_PYVERILOG_CODE, path, warm_up=0)
            cpu = take_turns(readers, rounds, once=(_PYVERILOG,))
            instances = read_verilog(path).num_instances
            size = path.stat().st_size / 1e6
            rows.append({"file": name, "megabytes": size, "instances": instances, "cpu_s": cpu})
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    return {"files": rows, "rounds": rounds}


def table(result: dict[str, Any]) -> str:
    """Return the result as a Markdown table."""
    rows = []
    for row in result["data"]["files"]:
        file = f"{row['file']}, {row['instances']:,} instances"
        rows += speed_rows(file, row["megabytes"], row["cpu_s"], _OPENSTA)
    return markdown_table(["netlist", "reader", "CPU ms", "MB/s", "OpenSTA = 1"], rows)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print the table, and write the result."""
    parser = argparse.ArgumentParser(description="Measure readers of structural Verilog.")
    parser.add_argument("--data", type=Path, default=_DEFAULT_DATA, help="folder of public files (%(default)s)")
    parser.add_argument("-o", "--out", type=Path, default=Path("results/netlist.json"))
    given = parser.parse_args(arguments)
    packages = ("numpy", "numba", "pyslang", "pyverilog")
    write_result(given.out, measure(given.data), command=COMMAND, packages=packages)
    print(table(json.loads(given.out.read_text())))  # noqa: T201


if __name__ == "__main__":
    main()
