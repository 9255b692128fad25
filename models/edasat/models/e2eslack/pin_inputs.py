"""What the published kind of model reads of a placed design: features of pins, nets and arcs, and where times start.

The features are those of TimingPredict (Guo et al., "A Timing Engine Inspired Graph Neural Network Model for
Pre-Routing Slack Prediction", DAC 2022, section III), except that arcs name the tables of the library instead of
carrying a copy of 512 numbers each. Times at the beginning of paths come from the constraints, where the published code
takes them from sign-off timing.

A pin has one time for each of early and late, rise and fall, as in the paper. On pins that clocks reach it is the
clock's, elsewhere the data's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from edasat.core.levels import levelize
from edasat.eda.library import Direction, Library
from edasat.eda.timing.analysis import Timer, Timing
from edasat.eda.timing.design import Design
from edasat.eda.timing.estimate import node_positions
from edasat.eda.timing.graph import EARLY, LATE, LAUNCH, NET

Float = npt.NDArray[np.float64]
Int32 = npt.NDArray[np.int32]
Bool = npt.NDArray[np.bool_]

#: Columns of :attr:`PinInputs.node`.
NODE_COLUMNS: Final = (
    "is_port",
    "is_driver",  # of its net; an input port is one
    "to_left",  # um: distance to the edges of the die
    "to_right",
    "to_bottom",
    "to_top",
    "early_rise_capacitance",  # fF: of the pin itself, of a port what hangs on it
    "early_fall_capacitance",
    "late_rise_capacitance",
    "late_fall_capacitance",
)


@dataclass(frozen=True)
class Scales:
    """What the network measures in, so that libraries of different speed and size look alike; our choice.

    Attributes:
        time: ns: median of the middle values of all delay tables.
        capacitance: fF: median of the input pins.
        length: um: root of the median cell area.
    """

    time: float
    capacitance: float
    length: float

    @classmethod
    def of(cls, library: Library) -> Scales:
        """Measure a library."""
        delays = np.unique(library.arc_tables[library.arc_tables[:, 2] >= 0, :2])
        middle = [float(np.median(library.table(number).values)) for number in delays[delays >= 0].tolist()]
        inputs = library.pin_capacitance[library.pin_direction == Direction.INPUT]
        return cls(_median(np.array(middle)), _median(inputs.reshape(-1)), float(np.sqrt(_median(library.cell_area))))


def _median(values: Float) -> float:
    positive = values[values > 0]
    return float(np.median(positive)) if len(positive) else 1.0


@dataclass(frozen=True, eq=False)
class PinInputs:
    """One design; pins are numbered as in its pin graph.

    Attributes:
        library: that ``cell_arc`` refers to.
        scales: of the library.
        node: float32, (num_nodes, len(NODE_COLUMNS)).
        level: int32, (num_nodes,): 0 for pins whose times are given, and for those where nothing arrives.
        occurs: bool, (num_nodes, 2, 2): [EARLY or LATE, RISE or FALL]: something arrives.
        arrival, slew: float64, (num_nodes, 2, 2), ns: where ``level`` is 0 and something arrives; else 0.
        net_source, net_target: int32, (num_net_edges,): every driver with every load of its net.
        net_offset: float32, (num_net_edges, 2), um: x and y from driver to load.
        driver: int32, (num_nodes,): where the times of a load come from; -1 for other pins.
        cell_source, cell_target: int32, (num_cell_edges,): arcs that times go through.
        cell_edge: int32, (num_cell_edges,): their rows in the pin graph.
        cell_arc: int32, (num_cell_edges,): their rows in the library.
        cell_pairs: bool, (num_cell_edges, 2, 2): which edges at the source [RISE or FALL] cause which at the target.
    """

    library: Library
    scales: Scales
    node: npt.NDArray[np.float32]
    level: Int32
    occurs: Bool
    arrival: Float
    slew: Float
    net_source: Int32
    net_target: Int32
    net_offset: npt.NDArray[np.float32]
    driver: Int32
    cell_source: Int32
    cell_target: Int32
    cell_edge: Int32
    cell_arc: Int32
    cell_pairs: Bool

    @property
    def num_nodes(self) -> int:
        """Number of pins."""
        return len(self.node)


def pin_inputs(design: Design, reference: Timing) -> PinInputs:
    """Read a design.

    Args:
        design: placed; its wires do not count.
        reference: its analysis without wires: it says where anything arrives, and when at the beginnings of paths.

    Raises:
        InputError: if the design has no placement.
    """
    timer, graph = design.timer, design.timer.graph
    x, y = node_positions(graph, design.lef)
    arrival = pin_arrival(reference)
    occurs = np.isfinite(arrival)
    ideal = ~np.isnan(timer.clocks.slew)
    given = timer.clocks.blocked | ideal.any(axis=1)
    passing, pairs = _passing_edges(timer, occurs, given)
    source, target = graph.edge_source[passing], graph.edge_target[passing]
    level = levelize(graph.num_nodes, source, target).level

    is_net = graph.edge_kind[passing] == NET
    driver = _latest_drivers(graph.num_nodes, source[is_net], target[is_net], arrival)
    # A pad that the chip also drives itself is timed as a load of its net.
    cells = np.flatnonzero(~is_net & (driver[target] < 0))
    slew = pin_slew(reference)
    slew[ideal] = timer.clocks.slew[ideal][:, None]
    known = (level == 0)[:, None, None] & occurs
    net_edges = np.flatnonzero(graph.edge_kind == NET)
    net_source, net_target = graph.edge_source[net_edges], graph.edge_target[net_edges]
    offset = np.stack([x[net_target] - x[net_source], y[net_target] - y[net_source]], axis=1)
    return PinInputs(
        library=graph.library,
        scales=Scales.of(graph.library),
        node=_node_features(design, x, y),
        level=level,
        occurs=occurs,
        arrival=np.where(known, arrival, 0.0),
        slew=np.where(known, slew, 0.0),
        net_source=net_source,
        net_target=net_target,
        net_offset=np.nan_to_num(offset).astype(np.float32),
        driver=driver,
        cell_source=source[cells],
        cell_target=target[cells],
        cell_edge=passing[cells].astype(np.int32),
        cell_arc=graph.edge_arc[passing[cells]],
        cell_pairs=pairs[cells],
    )


def pin_arrival(timing: Timing) -> Float:
    """Return the one time of each pin: (num_nodes, 2, 2), ns, NaN where nothing arrives."""
    of_clock = timing.clock_row > 0
    data, clock = timing.arrival, timing.clock_arrival[timing.clock_row[of_clock]]
    result = np.stack([data[:, :, EARLY].min(axis=1), data[:, :, LATE].max(axis=1)], axis=1)
    result[of_clock] = np.stack([clock[:, :, EARLY].min(axis=1), clock[:, :, LATE].max(axis=1)], axis=1)
    result[np.isinf(result)] = np.nan
    return result


def pin_slew(timing: Timing) -> Float:
    """Return slews as (num_nodes, 2, 2), ns; one corner stands for both."""
    slew = np.moveaxis(timing.slew, 0, 1)
    return np.array(np.broadcast_to(slew, (len(slew), 2, 2)))


def _passing_edges(timer: Timer, occurs: Bool, given: Bool) -> tuple[npt.NDArray[np.int64], Bool]:
    """Return the edges that times go through, and which transitions pass: (num_passing, 2, 2)."""
    graph = timer.graph
    source, target = graph.edge_source, graph.edge_target
    pairs = (graph.edge_mask[:, None] >> np.arange(4) & 1).astype(np.bool_).reshape(-1, 2, 2)
    heard: Bool = np.logical_or(occurs[source, EARLY], occurs[source, LATE])
    pairs &= heard[:, :, None]
    # Where a clock comes, only clocks count: the enable of a clock gate moves no clock edge.
    of_clock = timer.clocks.reached
    stays_out = of_clock[target] & (~of_clock[source] | (graph.edge_kind == LAUNCH))
    pairs[stays_out | given[target]] = False
    passing = np.flatnonzero(pairs.any(axis=(1, 2)))
    return passing, pairs[passing]


def _latest_drivers(num_nodes: int, source: Int32, target: Int32, arrival: Float) -> Int32:
    """Return the driver of each load, -1 for other pins; of several the one whose signal comes last."""
    latest = np.nan_to_num(arrival[source, LATE], nan=-np.inf).max(axis=1)
    driver = np.full(num_nodes, -1, np.int32)
    order = np.argsort(latest, kind="stable")
    driver[target[order]] = source[order]  # the last one stays
    return driver


def _node_features(design: Design, x: Float, y: Float) -> npt.NDArray[np.float32]:
    timer, graph = design.timer, design.timer.graph
    placement = graph.netlist.placement
    assert placement is not None
    left, bottom, right, top = (edge / placement.dbu_per_um for edge in placement.die)
    pins = np.moveaxis(timer.pin_loads.pins, 0, 1)
    capacitance = np.broadcast_to(pins, (len(pins), 2, 2)).reshape(-1, 4)
    is_port = np.arange(graph.num_nodes) < graph.num_ports
    columns: list[npt.NDArray[Any]] = [is_port, graph.is_driver, x - left, right - x, y - bottom, top - y]
    return np.concatenate([np.nan_to_num(np.stack(columns, axis=1)), capacitance], axis=1).astype(np.float32)
