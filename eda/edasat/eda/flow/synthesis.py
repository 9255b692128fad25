"""Synthesis: register-transfer Verilog to a flat netlist of library cells, by Yosys and ABC."""

from __future__ import annotations

import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from edasat.core.errors import InputError, Message, ToolError
from edasat.core.files import read_bytes
from edasat.core.processes import Limits

from ..formats.verilog import read_verilog
from ..library import Library
from ..netlist import Netlist
from .programs import DEFAULT_LIMITS, Step
from .roles import Roles, find_roles
from .sources import Rtl, check_rtl, copy_sources, hierarchy_passes
from .yosys import run_passes, version

_BAD_PERIOD = Message("flow-period", "the clock period must be positive, got {period} ns")
#: Yosys warns of two drivers, and keeps one of them.
_CONFLICT: Final = re.compile(r"^Warning: (multiple conflicting drivers for [^:]*)", re.MULTILINE)
#: ABC sizes gates for outputs that each drive this many buffers.
_OUTPUT_LOADS: Final = 4.0


@dataclass(frozen=True, eq=False)
class Mapped:
    """A mapped design.

    Attributes:
        netlist: flat; every instance is a cell of the library, and no net is a constant.
        verilog: the same as structural Verilog, without assignments and without the header that tells Yosys' compiler.
        area_um2: of all cells.
        step: what it cost.
        log: what Yosys printed.
    """

    netlist: Netlist
    verilog: str
    area_um2: float
    step: Step
    log: str


def synthesise(
    rtl: Rtl,
    liberty: str | Path,
    library: Library,
    *,
    period_ns: float,
    limits: Limits = DEFAULT_LIMITS,
) -> Mapped:
    """Map a design on a library.

    The hierarchy is flattened; constants come from tie cells, outputs that are other nets too from buffers. Registers
    are named after the signal that they hold (``count[3]_reg``); ports and nets keep their names.

    Args:
        rtl: the design.
        liberty: file of the library, plain or compressed.
        library: the same file, read.
        period_ns: clock period that ABC sizes gates for.
        limits: of the process.

    Raises:
        InputError: for a file that cannot be read, or a name that is no identifier.
        ToolError: if Yosys refuses the design (the message tells file and line), or part of it cannot be mapped;
            ToolTimeout at a limit.
    """
    check_rtl(rtl)
    if not period_ns > 0:
        raise InputError.of(_BAD_PERIOD, period=period_ns)
    roles = find_roles(library)
    with tempfile.TemporaryDirectory(prefix="edasat-synthesis-") as name:
        folder = Path(name)
        (folder / "cells.lib").write_bytes(read_bytes(liberty))
        (folder / "abc.constr").write_text(
            f"set_driving_cell {roles.buffer}\nset_load {_OUTPUT_LOADS * roles.buffer_load_ff:.4g}\n"
        )
        names, reading = copy_sources(rtl, folder)
        passes = ["read_liberty -lib -ignore_miss_func cells.lib", *reading, *_passes(rtl, roles, period_ns)]
        done, log = run_passes(passes, folder, limits=limits, names=names)
        verilog = (folder / "netlist.v").read_text()
    if found := _CONFLICT.search(log):
        raise ToolError(f"Yosys: {found[1]}", binary="yosys", command=passes, output=log)
    netlist = read_verilog(verilog.encode(), library=library)
    cell = netlist.cells.find_in(library.cells)
    missing = np.flatnonzero(cell < 0)
    if len(missing):
        message = f"no cell of library '{library.name}' does what '{netlist.cells[int(missing[0])]}' does"
        raise ToolError(message, binary="yosys", command=passes, output=log)
    if (netlist.net_constant >= 0).any():
        message = f"the design needs constants, and library '{library.name}' has no cells that give them"
        raise ToolError(message, binary="yosys", command=passes, output=log)
    return Mapped(
        netlist=netlist,
        verilog=re.sub(r"\A/\*.*?\*/\s*", "", verilog, flags=re.DOTALL),
        area_um2=float(library.cell_area[cell][netlist.instance_cell].sum()),
        step=Step.of("synthesis", f"Yosys {version()}", done),
        log=log,
    )


def _passes(rtl: Rtl, roles: Roles, period_ns: float) -> list[str]:
    """Return the passes from elaboration to the netlist."""
    ties = ""
    if roles.high and roles.low:
        ties = f"hilomap -hicell {roles.high.cell} {roles.high.output} -locell {roles.low.cell} {roles.low.output}"
    return [
        *hierarchy_passes(rtl),
        "proc",
        "chformal -remove",
        "delete t:$print",  # of $display
        "flatten",
        # Without it "z" counts as "do not care"; what remains behind it drives outputs, and no cell is found for it.
        "tribuf -logic",
        "check",  # while two drivers of a wire are still two
        "synth",
        "rename -wire -suffix _reg t:$_*DFF*",
        "dfflibmap -liberty cells.lib",
        "opt",
        f"abc -liberty cells.lib -constr abc.constr -D {max(1, round(1000 * period_ns))}",
        "setundef -zero",
        "opt_clean -purge",
        "splitnets",
        *([ties] if ties else []),
        f"insbuf -buf {roles.buffer} {roles.buffer_input} {roles.buffer_output}",
        "opt_clean -purge",
        "rename -unescape",
        "check -mapped -assert",
        "write_verilog -noattr -noexpr -nohex -nodec netlist.v",
    ]
