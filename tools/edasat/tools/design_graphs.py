"""Graphs of designs in Verilog: what ``edasat graph design.v`` does."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, TypeGuard

from edasat.core.errors import InputError, ToolError
from edasat.core.graph import Graph
from edasat.core.processes import Limits
from edasat.eda.flow import Rtl
from edasat.eda.verilog.check import check_kind, check_text
from edasat.eda.verilog.graphs import DesignGraph, design_graph

from .qor_prediction import DEFAULT_LIMITS, Sources, as_rtl, refusal

_VERILOG: Final = (".v", ".sv", ".vh", ".svh", ".verilog")
_PACKED: Final = (".gz", ".xz", ".zst", ".bz2")


def is_design(source: Any) -> TypeGuard[Rtl | Sources | Sequence[Sources]]:
    """Return whether something is Verilog: an ``Rtl``, several files, or one whose name says so."""
    if isinstance(source, Rtl | list | tuple):
        return True
    if not isinstance(source, str | Path):
        return False
    name = Path(source).name.lower()
    for suffix in _PACKED:
        name = name.removesuffix(suffix)
    return name.endswith(_VERILOG)


def build_design_graph(
    design: Rtl | Sources | Sequence[Sources], kind: DesignGraph, limits: Limits | None = None
) -> Graph:
    """Return a graph of a design; see :func:`edasat.eda.verilog.graphs.design_graph`.

    Raises:
        InputError: for files that cannot be read or are no Verilog, and where Yosys refuses them, with its place.
        ToolError: if Yosys or ABC crashes.
    """
    rtl = as_rtl(design)
    check_kind(rtl.sources)
    try:
        return design_graph(rtl, kind, limits=limits or DEFAULT_LIMITS)
    except ToolError as error:
        refused = refusal(error)
        if isinstance(refused, InputError) and not refused.line:
            check_text(rtl)  # tells the place of what Yosys names without one, such as a missing module
        raise refused from None
