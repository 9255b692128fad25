"""How fast SPEF is read: ours beside OpenSTA, in one run, each in a process of its own.

``python -m edasat.tools.benchmarks.spef [-o results/spef.json]`` puts many copies of an extracted design side by side,
as a netlist and as a SPEF file with a name map, and reads the latter. Time is CPU time of reading alone (compiled code
warm, file in the page cache): the median over several rounds, in which the readers take turns.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from edasat.core.errors import InputError
from edasat.core.files import read_bytes
from edasat.core.names import Names
from edasat.eda.formats.spef import Spef, read_spef, write_spef
from edasat.tools.results import markdown_table, read_result, write_result

from .reader_times import opensta_reader, python_reader, speed_rows, take_turns

COMMAND: Final = "python -m edasat.tools.benchmarks.spef -o results/spef.json"
_ROUNDS: Final = 5
_COPIES: Final = (15, 75)
_DEFAULT_DATA: Final = Path(__file__).resolve().parents[5] / "shared" / "data"
_LIBRARY: Final = "libs/sky130hd/sky130hd_tt.lib.gz"
_NETLIST: Final = "timing/opensta_examples/gcd_sky130hd.v.xz"
_PARASITICS: Final = "timing/opensta_examples/gcd_sky130hd.spef.xz"
_OPENSTA: Final = "OpenSTA read_spef"

_OURS: Final = "from edasat.eda.formats.spef import read_spef; read = lambda: read_spef(path)"
#: Finds the capacitors and resistors and splits them, converts nothing: what a script would begin with.
_EXPRESSION: Final = (
    r"import re; e = re.compile(r'^\d+ (\S+) (?:(\S+) )?(\S+) *$', re.MULTILINE); "
    "read = lambda: e.findall(open(path).read())"
)

_TOKEN: Final = re.compile(r"\\(\S+) |\.\w+|\d+'\w+|\b[A-Za-z_]\w*")
_KEPT_WORD: Final = re.compile(r"\.|\d|(?:wire|input|output|inout|assign|sky130_fd_sc_hd__\w+)$")


def side_by_side(spef: Spef, copies: int) -> Spef:
    """Return several copies of a file's nets as one file; copy ``i`` has ``b<i>_`` before its names."""

    def names(table: Names) -> Names:
        return Names.of(f"b{i}_{name}" for i in range(copies) for name in table)

    def shifted(column: npt.NDArray[Any], step: int) -> npt.NDArray[Any]:
        return np.concatenate([np.where(column >= 0, column + i * step, column) for i in range(copies)])

    def offsets(column: npt.NDArray[Any]) -> npt.NDArray[Any]:
        return np.append(shifted(column[:-1], int(column[-1])), copies * column[-1])

    per_node = ("kind", "pin", "number", "capacitance", "direction", "load", "cell", "position")
    same = {f"node_{what}": getattr(spef, f"node_{what}") for what in per_node}
    same |= {what: getattr(spef, what) for what in ("port_direction", "net_capacitance", "resistor_ohm", "coupling_ff")}
    step = np.where(spef.node_kind == 0, len(spef.ports), len(spef.instances))
    repeated: dict[str, Any] = {what: np.concatenate([column] * copies) for what, column in same.items()}
    return replace(
        spef,
        **repeated,
        ports=names(spef.ports),
        instances=names(spef.instances),
        nets=names(spef.nets),
        node_name=np.concatenate([np.where(spef.node_name >= 0, spef.node_name + i * step, -1) for i in range(copies)]),
        net_nodes=offsets(spef.net_nodes),
        net_resistors=offsets(spef.net_resistors),
        net_couplings=offsets(spef.net_couplings),
        resistor_ends=shifted(spef.resistor_ends, spef.num_nodes),
        coupling_node=shifted(spef.coupling_node, spef.num_nodes),
        coupling_other=shifted(spef.coupling_other, spef.num_nodes),
        coupling_net=shifted(spef.coupling_net, spef.num_nets),
    )


def netlists_side_by_side(verilog: str, copies: int) -> str:
    """Return several copies of a flat netlist in one module ``top``, named as :func:`side_by_side` names them."""
    ports, body = re.fullmatch(r"\s*module \w+ \(([^)]*)\);(.*)endmodule\s*", verilog, re.DOTALL).groups()  # type: ignore[union-attr]

    def renamed(text: str, prefix: str) -> str:
        def rename(found: re.Match[str]) -> str:
            if found[1]:
                return f"\\{prefix}{found[1]} "
            return found[0] if _KEPT_WORD.match(found[0]) else prefix + found[0]

        return _TOKEN.sub(rename, text)

    header = ",".join(renamed(ports, f"b{i}_") for i in range(copies))
    return f"module top ({header});\n" + "".join(renamed(body, f"b{i}_") for i in range(copies)) + "endmodule\n"


def measure(data: Path, copies: Sequence[int] = _COPIES, rounds: int = _ROUNDS) -> dict[str, Any]:
    """Run all readers over all numbers of copies."""
    spef = read_spef(data / _PARASITICS)
    verilog = read_bytes(data / _NETLIST).decode()
    rows = []
    for count in copies:
        folder = Path(tempfile.mkdtemp(prefix="edasat-benchmark-"))
        try:
            (folder / "cells.lib").write_bytes(read_bytes(data / _LIBRARY))
            (folder / "design.v").write_text(netlists_side_by_side(verilog, count))
            path = folder / "design.spef"
            write_spef(side_by_side(spef, count), path)
            design = "read_liberty cells.lib\nread_verilog design.v\nlink_design top\n"
            readers = {
                "edasat": python_reader(_OURS, path),
                _OPENSTA: opensta_reader(design, f"read_spef {path}", folder),
                "one regular expression, text only": python_reader(_EXPRESSION, path),
            }
            cpu = take_turns(readers, rounds)
            name = f"gcd, {count} copies"
            rows.append({"file": name, "megabytes": path.stat().st_size / 1e6, "cpu_s": cpu})
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    return {"files": rows, "rounds": rounds}


def table(result: dict[str, Any]) -> str:
    """Return the result as a Markdown table."""
    rows = [line for row in result["data"]["files"] for line in speed_rows(**row, reference=_OPENSTA)]
    return markdown_table(["parasitics of", "reader", "CPU ms", "MB/s", "OpenSTA = 1"], rows)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print the table, and write the result."""
    parser = argparse.ArgumentParser(description="Measure SPEF readers.")
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("EDASAT_SHARED_DATA", _DEFAULT_DATA)))
    parser.add_argument("--rounds", type=int, default=_ROUNDS)
    parser.add_argument("-o", "--out", type=Path, default=Path("results/spef.json"))
    given = parser.parse_args(arguments)
    if not given.data.is_dir():
        raise InputError("no such folder", path=str(given.data), hint="name it with --data or EDASAT_SHARED_DATA")
    write_result(given.out, measure(given.data, rounds=given.rounds), command=COMMAND, packages=("numpy", "numba"))
    print(table(read_result(given.out)))  # noqa: T201


if __name__ == "__main__":
    main()
