"""From files to a design that can be timed: everything read, joined by name and checked."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from edasat.core.errors import InputError, Message

from ..formats.layout import read_def
from ..formats.liberty import read_liberty
from ..formats.sdc import Sdc, read_sdc
from ..formats.sdf import read_sdf
from ..formats.spef import Spef, read_spef
from ..formats.verilog import read_verilog
from ..library import Direction, Library
from ..library_merge import merge_libraries
from ..netlist import Netlist, Placement
from .analysis import Corners, Latches, Timer, Timing
from .annotation import Annotation, annotate
from .binding import bind
from .constraints import Constraints, simple_constraints
from .delays import WireModel
from .estimate import layer_rc, node_positions, placement_wires
from .graph import CELL, LAUNCH, PinGraph, build_graph
from .join import JoinReport
from .parasitics import spef_wires
from .wires import Lumped, RcNetwork, no_wires, wire_load_wires

if TYPE_CHECKING:
    from ..formats.lef import Lef

Paths = str | Path | Sequence[str | Path]
WireSource = Literal["auto", "none", "wire-load", "placement", "spef"]

_NO_DESIGN = Message("timing-no-design", "a netlist or a layout is needed", "give --netlist, --def or both")
_NO_LIBRARY = Message("timing-no-library", "a cell library is needed", "give --lib FILE")
_BOTH = Message("timing-sdc-and-period", "both constraints and a period are given", "give --sdc or --period")
_PERIOD = Message("timing-period", "a period must be positive, got {period:g} ns")
_NO_CLOCK = Message(
    "timing-no-clock", "no port leads to a register's clock pin, so there is nothing to give a period to", "give --sdc"
)
_NO_WIRE_LOAD = Message(
    "timing-wire-load", "wire load '{name}' does not exist in the library; it has {known}", "choose --wires otherwise"
)
_NO_SPEF = Message("timing-no-spef", "wires are to come from SPEF, but no file is given", "give --spef FILE")


@dataclass(frozen=True, eq=False)
class Design:
    """A design ready to be timed.

    Attributes:
        graph: its pins.
        constraints: what is asked of it.
        timer: prepared analysis.
        wires: what nets are taken for.
        annotation: delays from SDF, or None.
        lef: technology and cells, or None.
        join: how the names of all files met.
        seconds: wall time of its making: "read" for the files, "join" for the rest.
    """

    graph: PinGraph
    constraints: Constraints
    timer: Timer
    wires: Lumped | RcNetwork
    annotation: Annotation | None
    lef: Lef | None
    join: JoinReport
    seconds: Mapping[str, float]

    def run(self) -> Timing:
        """Time the design."""
        return self.timer.run(self.wires, self.annotation)


def load_design(
    lib: Paths,
    *,
    netlist: str | Path | None = None,
    layout: str | Path | None = None,
    lef: Paths = (),
    sdc: str | Path | None = None,
    period: float | None = None,
    spef: str | Path | None = None,
    sdf: str | Path | None = None,
    top: str | None = None,
    wires: WireSource = "auto",
    wire_rc: tuple[float, float] | None = None,
    corners: Corners = "early-late",
    latches: Latches = "refuse",
    wire_model: WireModel = "effective",
    black_boxes: bool = False,
    check_join: bool = True,
) -> Design:
    """Read files and join them.

    Args:
        lib: Liberty files; of cells that several have the first counts.
        netlist: structural Verilog.
        layout: DEF; with a netlist it gives the placement, without one also the connections.
        lef: technology and cells, for pin places and wire estimates.
        sdc: constraints, in the first library's units.
        period: ns; instead of constraints: every port that clocks registers has this period, all other inputs arrive
            and all outputs are wanted at its rising edge.
        spef, sdf: wires, delays.
        top: top module of the netlist.
        wires: "auto" takes SPEF if it is given, else the placement if there is one and a LEF or ``wire_rc`` says what
            wires are like, else none; the library's wire load only when asked for.
        wire_rc: ohm and fF per um of a wire, instead of the LEF's.
        corners, latches, wire_model: see :class:`~edasat.eda.timing.analysis.Timer`.
        black_boxes: leave instances of unknown cells out; those without any connection, such as fillers and taps,
            always are.
        check_join: refuse files whose names do not meet.

    Raises:
        InputError: for files that cannot be read or do not belong together.
    """
    if sdc is not None and period is not None:
        raise InputError.of(_BOTH)
    if period is not None and not 0 < period < math.inf:
        raise InputError.of(_PERIOD, period=period)
    if wires == "spef" and spef is None:
        raise InputError.of(_NO_SPEF)
    started = time.perf_counter()
    library = read_libraries(lib)
    logical = read_verilog(netlist, top=top, library=library) if netlist is not None else None
    placed = read_def(layout).netlist() if layout is not None else None
    physical = _read_lef(lef)
    asked = read_sdc(sdc, units=library.units) if sdc is not None else None
    parasitics = read_spef(spef) if spef is not None and wires in ("auto", "spef") else None
    delays = read_sdf(sdf) if sdf is not None else None
    read = time.perf_counter()

    join = JoinReport()
    graph = build_graph(_one_netlist(logical, placed, join), library, black_boxes=black_boxes)
    constraints = _constrain(graph, asked, period, join)
    timer = Timer(graph, constraints, corners=corners, latches=latches, wire_model=wire_model)
    graph = timer.graph
    found = _wires(graph, constraints, physical, parasitics, wires, wire_rc, join)
    annotation = None
    if delays is not None:
        annotation = annotate(graph, delays)
        join.rows.extend(annotation.join.rows)
    if check_join:
        join.check()
    seconds = {"read": read - started, "join": time.perf_counter() - read}
    return Design(graph, constraints, timer, found, annotation, physical, join, seconds)


def read_libraries(lib: Paths) -> Library:
    """Read one or more Liberty files into one library.

    Raises:
        InputError: if there is none, or they do not go together.
    """
    paths = _list(lib)
    if not paths:
        raise InputError.of(_NO_LIBRARY)
    return merge_libraries([read_liberty(path) for path in paths])


def _list(paths: Paths) -> list[str | Path]:
    return [paths] if isinstance(paths, str | Path) else list(paths)


def _read_lef(lef: Paths) -> Lef | None:
    from ..formats.lef import read_lef

    paths = _list(lef)
    return read_lef(*paths) if paths else None


def _one_netlist(logical: Netlist | None, placed: Netlist | None, join: JoinReport) -> Netlist:
    if logical is None:
        if placed is None:
            raise InputError.of(_NO_DESIGN)
        return placed
    if placed is None or placed.placement is None:
        return logical
    return replace(logical, placement=_transfer(logical, placed, placed.placement, join))


def _transfer(logical: Netlist, placed: Netlist, placement: Placement, join: JoinReport) -> Placement:
    """Give the instances and ports of a netlist the places that a layout has for them."""
    row = logical.instances.find_in(placed.instances)
    port = logical.ports.find_in(placed.ports)
    join.add(placed.source, "instances of the netlist", row >= 0, lambda i: logical.instances[i])
    join.add(placed.source, "ports of the netlist", port >= 0, lambda i: logical.ports[i])
    return Placement(
        dbu_per_um=placement.dbu_per_um,
        die=placement.die,
        x=placement.x[row],
        y=placement.y[row],
        orientation=placement.orientation[row],
        placed=placement.placed[row] & (row >= 0),
        port_x=placement.port_x[port],
        port_y=placement.port_y[port],
        port_placed=placement.port_placed[port] & (port >= 0),
    )


def _constrain(graph: PinGraph, sdc: Sdc | None, period: float | None, join: JoinReport) -> Constraints:
    if sdc is not None:
        constraints, names = bind(graph, sdc)
        join.rows.extend(names.rows)
        return constraints
    if period is None:
        return Constraints()
    clocks = clock_ports(graph)
    if not clocks:
        raise InputError.of(_NO_CLOCK, graph.netlist.source)
    ports = range(graph.num_ports)
    inputs = tuple(i for i in ports if graph.netlist.port_direction[i] != Direction.OUTPUT and i not in clocks)
    outputs = tuple(i for i in ports if graph.netlist.port_direction[i] != Direction.INPUT)
    return simple_constraints({graph.netlist.ports[i]: i for i in clocks}, period, inputs, outputs)


def clock_ports(graph: PinGraph) -> list[int]:
    """Return the input ports from which nets and combinational cells lead to a register's clock pin."""
    passing = np.flatnonzero(graph.edge_kind <= CELL)
    order = np.argsort(graph.edge_target[passing], kind="stable")
    target = graph.edge_target[passing][order]
    source = graph.edge_source[passing][order]
    pending = np.unique(graph.edge_source[graph.edge_kind == LAUNCH])
    seen = np.zeros(graph.num_nodes, np.bool_)
    seen[pending] = True
    while len(pending):
        first, last = np.searchsorted(target, pending), np.searchsorted(target, pending, "right")
        before = np.unique(np.concatenate([source[a:b] for a, b in zip(first, last, strict=True)]))
        pending = before[~seen[before]]
        seen[pending] = True
    return [int(i) for i in np.flatnonzero(seen[: graph.num_ports] & graph.is_driver[: graph.num_ports])]


def _wires(
    graph: PinGraph,
    constraints: Constraints,
    lef: Lef | None,
    spef: Spef | None,
    wires: WireSource,
    wire_rc: tuple[float, float] | None,
    join: JoinReport,
) -> Lumped | RcNetwork:
    if wires == "auto":
        known = lef is not None or wire_rc is not None
        placed = graph.netlist.placement is not None and known
        wires = "spef" if spef is not None else "placement" if placed else "none"
    if spef is not None:
        found, names = spef_wires(graph, spef)
        join.rows.extend(names.rows)
        return found
    if wires == "wire-load":
        library = graph.library
        name = constraints.wire_load or library.default_wire_load
        if name not in library.wire_loads:
            raise InputError.of(_NO_WIRE_LOAD, library.source, name=name, known=", ".join(library.wire_loads) or "none")
        return wire_load_wires(graph, library.wire_loads[name], constraints.port_loads)
    if wires == "placement":
        x, y = node_positions(graph, lef)
        ohm, load = wire_rc if wire_rc is not None else layer_rc(_needed(lef, graph))
        return placement_wires(graph, x, y, ohm, load)
    return no_wires(graph)


def _needed(lef: Lef | None, graph: PinGraph) -> Lef:
    if lef is None:
        row = Message("timing-no-wire-rc", "nothing says what a wire's resistance is", "give --lef or --wire-rc")
        raise InputError.of(row, graph.netlist.source)
    return lef
