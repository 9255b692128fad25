"""Modules of RTL to and-inverter graphs, by Yosys with its cheap simplifications alone."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from edasat.core.processes import Limits

from ..aig import Aig
from ..flow.programs import DEFAULT_LIMITS
from ..flow.sources import Rtl, check_rtl, copy_sources, hierarchy_passes
from ..flow.yosys import run_passes
from ..formats.aiger import read_aiger
from .module import RtlModule

#: Registers that no reset reaches start at zero, and so do bits that the text leaves open.
_PASSES: Final = (
    *("proc", "flatten", "opt_expr", "opt_clean", "memory -nomap", "memory_map", "opt -full"),
    *("techmap", "opt", "async2sync", "dffunmap", "simplemap", "opt_clean"),
    *("setundef -zero", "setundef -init -zero", "aigmap", "opt_clean"),
)


def elaborate(modules: Sequence[RtlModule], limits: Limits = DEFAULT_LIMITS) -> list[Aig]:
    """Return one sequential graph per module; an asynchronous reset acts as a synchronous one.

    Inputs and outputs are named ``port[bit]``, or ``port`` where it is one bit wide; the clock stays as an input
    without effect. All modules go through one process, since most of a small module's time is Yosys' start.

    Args:
        modules: to elaborate.
        limits: of the process.

    Raises:
        ToolError: if Yosys refuses a module; ToolTimeout at a limit.
    """
    with tempfile.TemporaryDirectory(prefix="edasat-rtl-") as name:
        folder = Path(name)
        passes: list[str] = []
        names: dict[str, str] = {}
        for index, module in enumerate(modules):
            (folder / f"{index}.v").write_text(module.text, encoding="utf-8")
            names[f"{index}.v"] = module.name
            passes += [f"read_verilog {index}.v", f"hierarchy -check -top {module.top}", *_PASSES]
            passes += [f"write_aiger -symbols {index}.aig", "design -reset"]
        run_passes(passes, folder, limits=limits, names=names)
        graphs = [read_aiger(folder / f"{index}.aig") for index in range(len(modules))]
    return [replace(graph, name=module.name) for graph, module in zip(graphs, modules, strict=True)]


def elaborate_rtl(rtl: Rtl, limits: Limits = DEFAULT_LIMITS) -> Aig:
    """Return the graph of a design of any number of files; see :func:`elaborate`.

    Raises:
        InputError: for a file that cannot be read, or a name that is no identifier.
        ToolError: if Yosys refuses the design; ToolTimeout at a limit.
    """
    check_rtl(rtl)
    with tempfile.TemporaryDirectory(prefix="edasat-rtl-") as name:
        folder = Path(name)
        names, reading = copy_sources(rtl, folder)
        passes = [*reading, *hierarchy_passes(rtl), *_PASSES, "write_aiger -symbols design.aig"]
        run_passes(passes, folder, limits=limits, names=names)
        return replace(read_aiger(folder / "design.aig"), name=rtl.top or names["rtl0.v"])
