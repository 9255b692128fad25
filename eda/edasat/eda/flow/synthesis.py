"""Synthesis: register-transfer Verilog to a flat netlist of library cells, by Yosys and ABC."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np

from edasat.core.errors import InputError, Message, ToolError
from edasat.core.files import Source, read_bytes
from edasat.core.processes import Limits

from ..formats.verilog import read_verilog
from ..library import Library
from ..netlist import Netlist
from .programs import DEFAULT_LIMITS, Step
from .roles import Roles, find_roles
from .yosys import run_passes, version

_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_$]*")
_NO_RTL = Message("flow-no-rtl", "no Verilog file is given")
_BAD_NAME = Message("flow-name", "'{name}' is not a Verilog identifier", "plain names of letters, digits and _ only")
_BAD_PERIOD = Message("flow-period", "the clock period must be positive, got {period} ns")
_SYSTEM_VERILOG: Final = (".sv", ".sv.gz", ".sv.xz")
#: Yosys warns of two drivers, and keeps one of them.
_CONFLICT: Final = re.compile(r"^Warning: (multiple conflicting drivers for [^:]*)", re.MULTILINE)
#: ABC sizes gates for outputs that each drive this many buffers.
_OUTPUT_LOADS: Final = 4.0


@dataclass(frozen=True)
class Rtl:
    """A design before synthesis.

    Attributes:
        sources: Verilog files or their content, plain or compressed; names that end in ``.sv`` are SystemVerilog.
        top: name of the top module; None: the one that no other uses.
        parameters: of the top module, whole numbers.
        defines: macros and their texts.
        include_dirs: where ``include`` finds files, besides the folders of the sources.
    """

    sources: Sequence[str | Path | bytes]
    top: str | None = None
    parameters: Mapping[str, int] = field(default_factory=dict)
    defines: Mapping[str, str | int] = field(default_factory=dict)
    include_dirs: Sequence[str | Path] = ()


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
    _check(rtl, period_ns)
    roles = find_roles(library)
    with tempfile.TemporaryDirectory(prefix="edasat-synthesis-") as name:
        folder = Path(name)
        (folder / "cells.lib").write_bytes(read_bytes(liberty))
        (folder / "abc.constr").write_text(
            f"set_driving_cell {roles.buffer}\nset_load {_OUTPUT_LOADS * roles.buffer_load_ff:.4g}\n"
        )
        names, reading = _copy(rtl, folder)
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


def _check(rtl: Rtl, period_ns: float) -> None:
    """Let nothing but identifiers and numbers reach Yosys' command line."""
    if not rtl.sources:
        raise InputError.of(_NO_RTL)
    if not period_ns > 0:
        raise InputError.of(_BAD_PERIOD, period=period_ns)
    for name in [*([rtl.top] if rtl.top else []), *rtl.parameters, *rtl.defines]:
        if not _NAME.fullmatch(name):
            raise InputError.of(_BAD_NAME, name=name)
    for value in rtl.defines.values():
        if not re.fullmatch(r"\w*", str(value)):
            raise InputError.of(_BAD_NAME, name=value)


def _copy(rtl: Rtl, folder: Path) -> tuple[dict[str, str], list[str]]:
    """Copy the sources and link the folders of included files, all under names of ours.

    Returns:
        The user's name of each, and the passes that read the sources.
    """
    names: dict[str, str] = {}
    folders = [Path(one).resolve() for one in rtl.include_dirs]
    files = []
    for number, one in enumerate(rtl.sources):
        source = Source(one)
        (folder / f"rtl{number}.v").write_bytes(read_bytes(one))
        names[f"rtl{number}.v"] = source.name
        if source.path is not None:
            folders.append(Path(source.path).resolve().parent)
        files.append(f"{'-sv ' if source.name.endswith(_SYSTEM_VERILOG) else ''}rtl{number}.v")
    options = ""
    for number, include in enumerate(dict.fromkeys(folders)):
        (folder / f"include{number}").symlink_to(include)
        names[f"include{number}/"] = f"{include}/"
        options += f" -Iinclude{number}"
    for name, value in rtl.defines.items():
        options += f" -D{name}={value}"
    # -nodpi: a DPI import would call C functions while the file is read.
    return names, [f"read_verilog -defer -nodpi{options} {file}" for file in files]


def _passes(rtl: Rtl, roles: Roles, period_ns: float) -> list[str]:
    """Return the passes from elaboration to the netlist."""
    parameters = "".join(f" -chparam {name} {int(value)}" for name, value in rtl.parameters.items())
    top = f"-top {rtl.top}" if rtl.top else "-auto-top"
    ties = ""
    if roles.high and roles.low:
        ties = f"hilomap -hicell {roles.high.cell} {roles.high.output} -locell {roles.low.cell} {roles.low.output}"
    return [
        f"hierarchy -check {top}{parameters}",
        *([f"rename -top {rtl.top}"] if rtl.top else []),  # parameters have given it another name
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
