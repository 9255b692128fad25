"""Static timing analysis: arrival, slew, required time and slack of every pin, exactly and in one sweep each way.

The method is that of every sign-off tool: slews and delays by table look-up in topological order; clock edges carried
to registers; data carried from registers and ports to end points, earliest and latest, rising and falling; required
times carried back. See :mod:`edasat.eda.timing.kernels` for the loops.

A :class:`Timer` prepares what does not change while wires or delays do, so that label-making and optimisation loops
pay only for the sweeps.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from edasat.core.csr import group_values
from edasat.core.errors import InputError, Message, Notes
from edasat.core.levels import CycleError, levelize

from .annotation import Annotation
from .clock_network import ClockNetwork, nothing
from .constants import find_constants, mask_constants
from .constraints import Constraints
from .delays import DelayCalculator, WireModel
from .ends import Ends, find_ends
from .gating import add_gating_checks
from .graph import (
    EARLY,
    FALL,
    FALL_FALL,
    FALL_RISE,
    LATCH,
    LATE,
    LAUNCH,
    NET,
    RISE,
    RISE_FALL,
    RISE_RISE,
    PinGraph,
)
from .kernels import (
    check_margins,
    propagate_arrivals,
    propagate_required,
)
from .loops import loop_edges
from .sweep import Sweep, make_sweep
from .tags import TagTable
from .wires import Loads, Lumped, RcNetwork, no_wires, pin_loads, reduce_wires

Float = npt.NDArray[np.float64]
Int32 = npt.NDArray[np.int32]

Corners = Literal["single", "early-late"]
Latches = Literal["refuse", "opaque"]

_LATCHES = Message(
    "timing-latch",
    "{count} transparent latches, first '{first}': this analysis does not follow paths through open latches",
    "--latches opaque takes them as registers that send when they open; data may come until they close",
)


@dataclass(frozen=True, eq=False)
class Timing:
    """The result of an analysis.

    Attributes:
        graph: the pins, with the edges masked as they were used.
        constraints: what was asked.
        tags: classes of path beginnings.
        wires: what the nets were taken for.
        loads: what drivers see of wires and pins.
        sweep: the order of the pins that arrays named ``swept_`` have.
        swept_slew: float64, (corners, num_nodes, 2), ns.
        edge_delay: float64, (corners, num_edges, 4), ns, by pair ``2 * input + output``.
        margin: float64, (num_checks, 2), ns.
        clock_row: int32, (num_nodes,): row of each pin in ``clock_arrival``, 0 for pins that no clock reaches.
        clock_times: float64, (rows, launches, 2, 2), ns: [EARLY or LATE, RISE or FALL]; +-inf where no such clock
            edge comes.
        clock_arrival: as ``clock_times``, but with the latency given for ideal networks: what registers see.
        swept_arrival, swept_required: float64, (num_nodes, tags, 2, 2), ns; +-inf where there is none.
        ends: every check of every path class, with its slack.
        notes: counted warnings.
    """

    graph: PinGraph
    constraints: Constraints
    tags: TagTable
    wires: Lumped | RcNetwork
    loads: Loads
    sweep: Sweep
    swept_slew: Float
    edge_delay: Float
    margin: Float
    clock_row: Int32
    clock_times: Float
    clock_arrival: Float
    swept_arrival: Float
    swept_required: Float
    ends: Ends
    notes: Notes

    @cached_property
    def slew(self) -> Float:
        """Slews, float64, (corners, num_nodes, 2), ns."""
        return self.swept_slew[:, self.sweep.position]

    @cached_property
    def arrival(self) -> Float:
        """Arrival times, float64, (num_nodes, tags, 2, 2), ns; +-inf where nothing arrives."""
        return self.swept_arrival[self.sweep.position]

    @cached_property
    def required(self) -> Float:
        """Required times, float64, (num_nodes, tags, 2, 2), ns; +-inf where nothing is required."""
        return self.swept_required[self.sweep.position]

    def node_arrival(self) -> Float:
        """Return arrival times over all tags and clocks: (num_nodes, 2, 2), ns, NaN where nothing arrives."""
        early, late = [], []
        for times in (self.arrival, self.clock_times[self.clock_row]):
            early.append(times[:, :, EARLY].min(axis=1, initial=np.inf))
            late.append(times[:, :, LATE].max(axis=1, initial=-np.inf))
        result = np.stack([np.minimum(*early), np.maximum(*late)], axis=1)
        result[np.isinf(result)] = np.nan
        return result

    def node_slack(self) -> Float:
        """Return the worst slack over all tags: (num_nodes, 2, 2), ns, NaN where a pin lies on no constrained path."""
        early = (self.arrival[:, :, EARLY] - self.required[:, :, EARLY]).min(axis=1, initial=np.inf)
        late = (self.required[:, :, LATE] - self.arrival[:, :, LATE]).min(axis=1, initial=np.inf)
        result = np.stack([early, late], axis=1)
        result[np.isinf(result)] = np.nan
        return result

    def endpoint_slacks(self, early_late: int = LATE) -> tuple[Int32, Float]:
        """Return the end points, rising, and the worst slack of each, ns."""
        return self.ends.worst(early_late)

    def wns(self, early_late: int = LATE) -> float:
        """Worst negative slack, ns: the worst slack of any end point, 0 if it is positive or there is none."""
        return float(min(0.0, self.endpoint_slacks(early_late)[1].min(initial=0.0)))

    def tns(self, early_late: int = LATE) -> float:
        """Total negative slack, ns: the sum over end points of their worst slack where it is negative."""
        return float(np.minimum(0.0, self.endpoint_slacks(early_late)[1]).sum())

    def worst_slack(self, early_late: int = LATE) -> float:
        """Worst slack of any end point, ns; NaN if nothing is constrained."""
        slacks = self.endpoint_slacks(early_late)[1]
        return float(slacks.min()) if len(slacks) else float("nan")


class Timer:
    """Static timing of one design under one set of constraints.

    Args:
        graph: the pins.
        constraints: clocks, port delays and exceptions.
        corners: "early-late" keeps two delays for each edge, one from the smallest slews for the earliest arrivals and
            one from the largest for the latest, as other timing tools do; "single" keeps the latter for both.
        latches: what to do with transparent latches. "opaque": data leaves when they open and may arrive until they
            close; arriving while they are open is no violation, but what it is late by is not carried on.
        wire_model: how RC networks act; lumped wires are the same in both.

    Raises:
        InputError: if the design has transparent latches and ``latches`` is "refuse".
    """

    def __init__(
        self,
        graph: PinGraph,
        constraints: Constraints,
        *,
        corners: Corners = "early-late",
        latches: Latches = "refuse",
        wire_model: WireModel = "effective",
    ) -> None:
        self.notes = Notes()
        self.constraints = constraints
        self.num_corners = 2 if corners == "early-late" or _has_derates(constraints) else 1
        self.graph = self._masked(graph, latches)
        self._sort()
        self.clocks = ClockNetwork(self.graph, constraints.clocks, self.order, self.in_offsets, self.in_edges)
        self.graph = add_gating_checks(self.graph, self.clocks.reached)
        self.sweep = make_sweep(self.order, self.in_offsets, self.in_edges, self.graph.edge_source)
        self.delays = DelayCalculator(
            self.graph, constraints, self.sweep, self.clocks.slew, self.num_corners, wire_model
        )
        self.pin_loads = pin_loads(self.graph, constraints.port_loads, self.num_corners)
        starts = self._start_points()
        self.launches = self._launches()
        self.tags = TagTable(self.graph, constraints, starts, self.launches, self.unclocked_ports)

        self.swept_blocked = self.clocks.blocked[self.sweep.order]
        self.swept_through = self.tags.through[self.sweep.order]
        self.starts = self._port_starts()

    def margins(self, swept_slew: Float) -> Float:
        """Return setup, hold, recovery and removal times, (num_checks, 2), ns, at some slews.

        Args:
            swept_slew: (corners, num_nodes, 2), ns, in the order of the sweep.
        """
        graph = self.graph
        margin = np.full((graph.num_checks, 2), np.nan)
        check_margins(
            self.sweep.position[graph.check_clock],
            self.sweep.position[graph.check_data],
            graph.check_arc,
            graph.check_late,
            graph.check_edge,
            graph.library.arc_tables,
            self.delays.tables,
            self.delays.clock_slew,
            swept_slew,
            margin,
        )
        return margin

    def run(self, wires: Lumped | RcNetwork | None = None, annotation: Annotation | None = None) -> Timing:
        """Analyse the design.

        Args:
            wires: capacitance and delay of the nets; by default none.
            annotation: delays that replace calculated ones.
        """
        graph = self.graph
        wires = no_wires(graph) if wires is None else wires
        loads = reduce_wires(graph, wires, self.pin_loads, self.constraints.net_loads)
        slew, edge_delay, num_failed = self.delays.run(loads)
        notes = Notes(dict(self.notes.counts), dict(self.notes.first))
        notes.add("timing-waveform", "no waveform found at a driver: its net taken as one capacitor", times=num_failed)
        margin = self.margins(slew)
        if annotation is not None:
            corners = (EARLY, LATE) if self.num_corners == 2 else (LATE,)
            for corner, early_late in enumerate(corners):
                given = ~np.isnan(annotation.edge_delay[early_late])
                edge_delay[corner, given] = annotation.edge_delay[early_late, given]
                edge_delay[corner] += annotation.added[early_late]
            given = ~np.isnan(annotation.margin)
            margin[given] = annotation.margin[given]
        self._derate(edge_delay)
        clock_times = self.clocks.times(edge_delay)
        clock_arrival = self.clocks.at_registers(clock_times)
        arrival = self._arrivals(edge_delay, clock_times, clock_arrival)
        position = self.sweep.position
        ends = find_ends(graph, self.constraints, self.tags, self.clocks.row, clock_arrival, arrival, position, margin)
        required = np.empty_like(arrival)
        required[:, :, EARLY] = -np.inf
        required[:, :, LATE] = np.inf
        ends.seed_required(required, position)
        propagate_required(
            self.sweep.steps,
            self.sweep.offsets,
            self.sweep.edges,
            self.sweep.source,
            graph.edge_kind,
            graph.edge_mask,
            edge_delay,
            self.swept_blocked,
            self.swept_through,
            self.tags.next_tag,
            required,
        )
        return Timing(
            graph=graph,
            constraints=self.constraints,
            tags=self.tags,
            wires=wires,
            loads=loads,
            sweep=self.sweep,
            swept_slew=slew,
            edge_delay=edge_delay,
            margin=margin,
            clock_row=self.clocks.row,
            clock_times=clock_times,
            clock_arrival=clock_arrival,
            swept_arrival=arrival,
            swept_required=required,
            ends=ends,
            notes=notes,
        )

    def _masked(self, graph: PinGraph, latches: Latches) -> PinGraph:
        """Switch off what constants, ``set_disable_timing`` and latches rule out."""
        graph = mask_constants(graph, find_constants(graph, self.constraints.case_values))
        mask = graph.edge_mask.copy()
        mask[self.constraints.disabled] = 0
        through_latches = np.flatnonzero((graph.edge_kind == LATCH) & (mask != 0))
        if len(through_latches):
            instances = np.unique(graph.node_instance[graph.edge_target[through_latches]])
            first = graph.netlist.instances[int(instances[0])]
            if latches == "refuse":
                raise InputError.of(_LATCHES, graph.netlist.source, count=f"{len(instances):,}", first=first)
            self.notes.add("timing-latch", f"latches taken as opaque, first '{first}'", times=len(instances))
            mask[through_latches] = 0
        return replace(graph, edge_mask=mask)

    def _sort(self) -> None:
        """Find the topological order and group the active edges by both ends."""
        graph = self.graph
        active = np.flatnonzero(graph.edge_mask)
        try:
            levels = levelize(graph.num_nodes, graph.edge_source[active], graph.edge_target[active])
        except CycleError:
            cut = active[loop_edges(graph.num_nodes, graph.edge_source[active], graph.edge_target[active])]
            mask = graph.edge_mask.copy()
            mask[cut] = 0
            names = " -> ".join(graph.node_names(np.array([graph.edge_source[cut[0]], graph.edge_target[cut[0]]])))
            self.notes.add("timing-loop", f"combinational loops cut, first at {names}", times=len(cut))
            self.graph = graph = replace(graph, edge_mask=mask)
            active = np.flatnonzero(mask)
            levels = levelize(graph.num_nodes, graph.edge_source[active], graph.edge_target[active])
        self.order = levels.order.astype(np.int32, copy=False)
        self.level = levels.level
        active = active.astype(np.int32)
        self.in_offsets, in_edges = group_values(graph.edge_target[active], active, graph.num_nodes)
        self.in_edges = in_edges.astype(np.int32, copy=False)

    def _launches(self) -> frozenset[int]:
        """Return the clock edges that start data at a register or an input port, or are data themselves."""
        graph = self.graph
        instantly = np.zeros((self.num_corners, graph.num_edges, 4))
        arrival = self.clocks.times(instantly)
        found = {2 * d.clock + d.clock_edge for d in self.constraints.input_delays if d.clock >= 0}
        edges = np.flatnonzero((graph.edge_kind == LAUNCH) & (graph.edge_mask != 0))
        rows = self.clocks.row[graph.edge_source[edges]]
        for edge, transitions in ((RISE, RISE_RISE | RISE_FALL), (FALL, FALL_RISE | FALL_FALL)):
            here = rows[(graph.edge_mask[edges] & transitions) != 0]
            found.update(np.flatnonzero(np.isfinite(arrival[here, :, LATE, edge]).any(axis=0)).tolist())
        ends = np.concatenate([graph.check_data, np.flatnonzero(graph.is_load[: graph.num_ports])])
        found.update(np.flatnonzero(np.isfinite(arrival[self.clocks.row[ends], :, LATE]).any(axis=(0, 2))).tolist())
        return frozenset(found)

    def _start_points(self) -> Int32:
        """Return the nodes where data starts without a clock, and all that exceptions may name."""
        graph = self.graph
        launching = np.unique(graph.edge_source[(graph.edge_kind == LAUNCH) & (graph.edge_mask != 0)])
        ports = np.flatnonzero(graph.is_driver[: graph.num_ports])
        clocked = {delay.node for delay in self.constraints.input_delays if delay.clock >= 0}
        unclocked = [int(node) for node in ports if int(node) not in clocked and not self.clocks.blocked[node]]
        wants = not self.constraints.clocks or any(e.kind.endswith("delay") for e in self.constraints.exceptions)
        self.unclocked_ports = unclocked if wants else []
        clocked_ports = [node for node in ports.tolist() if node in clocked]
        return np.array([*self.unclocked_ports, *clocked_ports, *launching.tolist()], np.int32)

    def _derate(self, edge_delay: Float) -> None:
        if _has_derates(self.constraints):
            wire = self.graph.edge_kind == NET
            for early_late in (EARLY, LATE):
                edge_delay[early_late, wire] *= self.constraints.net_derate[early_late]
                edge_delay[early_late, ~wire] *= self.constraints.cell_derate[early_late]

    def _port_starts(self) -> tuple[Int32, Int32, Float]:
        """Return when data starts at input ports: positions, tags and times, (n, 2, 2), ns, NaN for no time."""
        rows: list[tuple[int, int, Float]] = []
        for delay in self.constraints.input_delays:
            if delay.clock < 0:
                continue
            clock = self.constraints.clocks[delay.clock]
            tag = self.tags.starting_at(delay.node, 2 * delay.clock + delay.clock_edge)
            start = np.full((2, 2), float(clock.edge(delay.clock_edge)))
            if not delay.source_latency_included:
                start += clock.source_latency[:, [delay.clock_edge]]
            if not delay.network_latency_included and not clock.propagated:
                start += clock.latency[:, [delay.clock_edge]]
            rows.append((delay.node, tag, start + delay.delay))
        rows += [(node, self.tags.unclocked(node), np.zeros((2, 2))) for node in self.unclocked_ports]
        nodes = np.array([row[0] for row in rows], np.int32)
        tags = np.array([row[1] for row in rows], np.int32)
        times = np.array([row[2] for row in rows]).reshape(-1, 2, 2)
        return self.sweep.position[nodes], tags, times

    def _arrivals(self, edge_delay: Float, clock_times: Float, clock_arrival: Float) -> Float:
        graph = self.graph
        arrival = nothing(graph.num_nodes, len(self.tags))
        places, tags, times = self.starts
        early: Any = (places, tags, EARLY)
        late: Any = (places, tags, LATE)
        np.minimum.at(arrival, early, np.nan_to_num(times[:, EARLY], nan=np.inf))
        np.maximum.at(arrival, late, np.nan_to_num(times[:, LATE], nan=-np.inf))
        propagate_arrivals(
            self.sweep.steps,
            self.sweep.offsets,
            self.sweep.edges,
            self.sweep.source,
            graph.edge_kind,
            graph.edge_mask,
            edge_delay,
            self.swept_blocked,
            self.clocks.row[self.sweep.order],
            clock_arrival,
            self.tags.start_class[self.sweep.order],
            self.tags.start_tag,
            self.swept_through,
            self.tags.next_tag,
            arrival,
        )
        self._clocks_as_data(clock_times, arrival)
        return arrival

    def _clocks_as_data(self, clock_times: Float, arrival: Float) -> None:
        """Let clocks that end at data pins and output ports arrive there as data."""
        graph = self.graph
        outputs = np.flatnonzero(graph.is_load[: graph.num_ports])
        ends = np.unique(np.concatenate([graph.check_data, outputs]))
        ends = ends[(self.clocks.row[ends] > 0) & ~self.clocks.blocked[ends]]
        for node in ends.tolist():
            for launch in self.launches:
                times = clock_times[self.clocks.row[node], launch]
                kept = arrival[self.sweep.position[node], self.tags.starting_at(node, launch)]
                kept[EARLY] = np.minimum(kept[EARLY], times[EARLY])
                kept[LATE] = np.maximum(kept[LATE], times[LATE])


def analyse(
    graph: PinGraph,
    constraints: Constraints,
    wires: Lumped | RcNetwork | None = None,
    annotation: Annotation | None = None,
    *,
    corners: Corners = "early-late",
    latches: Latches = "refuse",
    wire_model: WireModel = "effective",
) -> Timing:
    """Analyse a design once; see :class:`Timer`."""
    timer = Timer(graph, constraints, corners=corners, latches=latches, wire_model=wire_model)
    return timer.run(wires, annotation)


def _has_derates(constraints: Constraints) -> bool:
    return (constraints.cell_derate, constraints.net_derate) != ((1.0, 1.0), (1.0, 1.0))
