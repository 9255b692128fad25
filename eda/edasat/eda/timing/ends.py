"""Path ends: what is required of data where paths stop, and by how much it is met.

An end is one check of one class of paths: data of one tag and one transition at a pin, against the capturing clock
edge of a register, the delay outside of an output port, or a ``set_max_delay``. Slack is required minus arrival for
late checks and arrival minus required for early ones, so that negative is always bad.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from .constraints import Constraints, PathException, PortDelay, edge_distances
from .gating import INFERRED
from .graph import EARLY, FALL, LATCH, LATE, RISE, PinGraph
from .tags import UNCLOCKED, Tag, TagTable

Float = npt.NDArray[np.float64]
Int32 = npt.NDArray[np.int32]
Small = npt.NDArray[np.uint8]
IntArray = npt.NDArray[np.integer[Any]]

#: Kinds of ends.
CHECK: Final = 0
OUTPUT: Final = 1
PATH_DELAY: Final = 2
KIND_NAMES: Final = ("check", "output delay", "path delay")


@dataclass(frozen=True, eq=False)
class Ends:
    """Columns of (num_ends,).

    Attributes:
        node: int32: the pin.
        tag: int32: class of the paths.
        early_late: uint8: EARLY or LATE.
        edge: uint8: RISE or FALL of the data.
        kind: uint8: CHECK, OUTPUT or PATH_DELAY.
        index: int32: row of the check in the graph, of the output delay in the constraints, or -1.
        capture: int32: launch number (``2 * clock + edge``) of the capturing clock edge, -1 without one.
        margin: float64, ns: setup or hold time, or output delay, that was subtracted (late) or added (early).
        uncertainty: float64, ns.
        capture_arrival: float64, ns: when the capturing edge comes, cycles counted.
        required, arrival, slack: float64, ns.
    """

    node: Int32
    tag: Int32
    early_late: Small
    edge: Small
    kind: Small
    index: Int32
    capture: Int32
    margin: Float
    uncertainty: Float
    capture_arrival: Float
    required: Float
    arrival: Float
    slack: Float

    def __len__(self) -> int:
        return len(self.node)

    def worst(self, early_late: int) -> tuple[Int32, Float]:
        """Return the end points that have such ends, rising, and the worst slack of each in ns."""
        rows = np.flatnonzero(self.early_late == early_late)
        nodes, inverse = np.unique(self.node[rows], return_inverse=True)
        slack = np.full(len(nodes), np.inf)
        np.minimum.at(slack, inverse, self.slack[rows])
        return nodes.astype(np.int32), slack

    def worst_rows(self, early_late: int) -> npt.NDArray[np.int64]:
        """Return the row of the worst end of each end point, worst first."""
        rows = np.flatnonzero(self.early_late == early_late)
        rows = rows[np.argsort(self.slack[rows], kind="stable")]
        _, first = np.unique(self.node[rows], return_index=True)
        return rows[np.sort(first)]

    def seed_required(self, required: Float, position: Int32) -> None:
        """Merge the ends' required times into ``required``, (num_nodes, tags, 2, 2).

        Args:
            required: filled.
            position: row of each node in it.
        """
        for early_late, keep in ((LATE, np.minimum), (EARLY, np.maximum)):
            rows = np.flatnonzero(self.early_late == early_late)
            flat = np.ravel_multi_index(
                (position[self.node[rows]], self.tag[rows], self.early_late[rows], self.edge[rows]), required.shape
            )
            keep.at(required.reshape(-1), flat, self.required[rows])


def find_ends(
    graph: PinGraph,
    constraints: Constraints,
    tags: TagTable,
    clock_row: Int32,
    clock_arrival: Float,
    arrival: Float,
    position: Int32,
    margin: Float,
) -> Ends:
    """Compare arrivals with what is required of them at every register, output port and delay constraint.

    Args:
        graph: the pins.
        constraints: clocks, output delays and exceptions.
        tags: classes of path beginnings.
        clock_row: (num_nodes,): row of each pin in ``clock_arrival``, 0 for none.
        clock_arrival: (rows, launches, 2, 2), ns.
        arrival: (num_nodes, tags, 2, 2), ns.
        position: (num_nodes,): row of each pin in ``arrival``.
        margin: (num_checks, 2), ns.
    """
    return _Finder(graph, constraints, tags, clock_row, clock_arrival, arrival, position, margin).find()


class _Finder:
    def __init__(
        self,
        graph: PinGraph,
        constraints: Constraints,
        tags: TagTable,
        clock_row: Int32,
        clock_arrival: Float,
        arrival: Float,
        position: Int32,
        margin: Float,
    ) -> None:
        self.graph = graph
        self.constraints = constraints
        self.tags = tags
        self.clock_row = clock_row
        self.clock_arrival = clock_arrival
        self.arrival = arrival
        self.position = position
        self.margin = margin
        self.parts: list[tuple[npt.NDArray[np.float64], ...]] = []

    def find(self) -> Ends:
        for early_late in (LATE, EARLY):
            matching = [self._applicable(tag, early_late) for tag in self.tags.tags]
            self._registers(early_late, matching)
            self._outputs(early_late, matching)
            self._path_delays(early_late, matching)
        columns = (
            [np.concatenate(column) for column in zip(*self.parts, strict=True)]
            if self.parts
            else [np.empty(0) for _ in range(11)]
        )
        node, tag, early, edge, kind, index, capture, taken, uncertainty, capture_arrival, required = columns
        ints = [column.astype(np.int32) for column in (node, tag, index, capture)]
        smalls = [column.astype(np.uint8) for column in (early, edge, kind)]
        arrival = self.arrival[self.position[ints[0]], ints[1], smalls[0], smalls[1]]
        slack = np.where(smalls[0] == LATE, required - arrival, arrival - required)
        self._open_latches(ints, smalls, capture_arrival, arrival, required, slack)
        return Ends(
            ints[0], ints[1], smalls[0], smalls[1], smalls[2], ints[2], ints[3],
            taken, uncertainty, capture_arrival, required, arrival, slack,
        )  # fmt: skip

    def _open_latches(
        self,
        ints: list[Int32],
        smalls: list[Small],
        capture_arrival: Float,
        arrival: Float,
        required: Float,
        slack: Float,
    ) -> None:
        """Judge data at transparent latches by the opening edge, too.

        Data that comes before a latch opens has slack against that edge. Data that comes while it is open borrows time
        and has none; only what comes too late for the closing edge is late.
        """
        graph = self.graph
        transparent = np.zeros(graph.num_nodes, np.bool_)
        transparent[graph.edge_source[graph.edge_kind == LATCH]] = True
        rows = np.flatnonzero((smalls[2] == CHECK) & (smalls[0] == LATE) & transparent[ints[0]])
        for row in rows:
            check, capture = int(ints[2][row]), int(ints[3][row])
            at_clock = self.clock_arrival[self.clock_row[graph.check_clock[check]], :, EARLY]
            closing = int(graph.check_edge[check])
            period = self.constraints.clocks[capture // 2].period
            open_for = (at_clock[capture, closing] - at_clock[capture ^ 1, 1 - closing]) % period
            if np.isfinite(open_for):
                before = capture_arrival[row] - open_for - arrival[row]
                slack[row] = before if before >= 0 else min(0.0, slack[row])
                required[row] = arrival[row] + slack[row]

    def _applicable(self, tag: Tag, early_late: int) -> list[PathException]:
        """Return the exceptions that paths of a tag may meet at such ends, the weakest first."""
        found = [
            e
            for e in self.tags.matching(tag)
            if (e.late if early_late == LATE else e.early) or (e.kind == "multicycle" and e.late)
        ]
        return sorted(found, key=lambda e: e.priority)

    def _registers(self, early_late: int, matching: list[list[PathException]]) -> None:
        graph = self.graph
        checks = np.flatnonzero(graph.check_late == (early_late == LATE))
        opposite = EARLY if early_late == LATE else LATE
        for capture in range(self.clock_arrival.shape[1]):
            row = self.clock_row[graph.check_clock[checks]]
            at_clock = self.clock_arrival[row, capture, opposite, graph.check_edge[checks]]
            captured = np.flatnonzero(np.isfinite(at_clock))
            rows, at_clock = checks[captured], at_clock[captured]
            places = self.position[graph.check_data[rows]]
            for number, tag in enumerate(self.tags.tags):
                for edge in (RISE, FALL):
                    good = np.isfinite(self.arrival[places, number, early_late, edge])
                    good &= np.isfinite(self.margin[rows, edge])
                    picked = rows[good]
                    if len(picked):
                        self._clocked(
                            early_late, number, tag, edge, CHECK, picked, graph.check_data[picked], capture,
                            at_clock[good], self.margin[picked, edge], matching[number],
                        )  # fmt: skip

    def _outputs(self, early_late: int, matching: list[list[PathException]]) -> None:
        outputs = self.constraints.output_delays
        if not outputs:
            return
        opposite = EARLY if early_late == LATE else LATE
        node = np.array([output.node for output in outputs])
        captures = np.array([2 * o.clock + o.clock_edge if o.clock >= 0 else -1 for o in outputs])
        latency = np.array([self._latency(output, opposite) for output in outputs])
        delays = np.array([output.delay[early_late] for output in outputs])
        for capture in np.unique(captures[captures >= 0]).tolist():
            rows = np.flatnonzero(captures == capture)
            at_clock = self.constraints.clocks[capture // 2].edge(capture % 2) + latency[rows]
            for number, tag in enumerate(self.tags.tags):
                for edge in (RISE, FALL):
                    good = np.isfinite(self.arrival[self.position[node[rows]], number, early_late, edge])
                    good &= ~np.isnan(delays[rows, edge])
                    picked = rows[good]
                    if len(picked):
                        margin = delays[picked, edge] if early_late == LATE else -delays[picked, edge]
                        self._clocked(
                            early_late, number, tag, edge, OUTPUT, picked, node[picked], capture, at_clock[good],
                            margin, matching[number],
                        )  # fmt: skip

    def _latency(self, output: PortDelay, early_late: int) -> float:
        """Return how late the capturing clock edge comes to an output delay."""
        if output.clock < 0:
            return 0.0
        clock = self.constraints.clocks[output.clock]
        latency = 0.0
        if not output.source_latency_included:
            latency += float(clock.source_latency[early_late, output.clock_edge])
        if not output.network_latency_included and not clock.propagated:
            latency += float(clock.latency[early_late, output.clock_edge])
        return latency

    def _clocked(
        self,
        early_late: int,
        number: int,
        tag: Tag,
        edge: int,
        kind: int,
        index: npt.NDArray[np.int64],
        nodes: IntArray,
        capture: int,
        at_clock: Float,
        margin: Float,
        exceptions: list[PathException],
    ) -> None:
        """Add ends that a clock edge captures."""
        if tag.launch == UNCLOCKED or (tag.launch // 2, capture // 2) in self.constraints.exclusive:
            return
        launch_clock, capture_clock = (self.constraints.clocks[n // 2] for n in (tag.launch, capture))
        setup, hold = edge_distances(launch_clock, tag.launch % 2, capture_clock, capture % 2)
        holds = np.full(len(index), hold)
        if kind == CHECK and early_late == EARLY:
            # A gate must keep the clock on until the edge that ends the phase before the one data is meant for.
            opening = capture_clock.edge(1 - capture % 2)
            shown = (opening - capture_clock.edge(capture % 2)) % capture_clock.period
            meant_for = edge_distances(launch_clock, tag.launch % 2, capture_clock, 1 - capture % 2)[0]
            holds[self.graph.check_arc[index] == INFERRED] = meant_for - shown
        kept = np.ones(len(index), np.bool_)
        setup_shift = np.zeros(len(index))
        hold_shift = np.zeros(len(index))
        for exception in exceptions:
            here = _at_end(exception, nodes, capture // 2, edge)
            if exception.kind == "multicycle":
                if exception.late:
                    from_capture = exception.counts_capture_cycles is not False
                    period = (capture_clock if from_capture else launch_clock).period
                    setup_shift[here] = (exception.value - 1) * period
                if exception.early:
                    from_capture = exception.counts_capture_cycles is True
                    period = (capture_clock if from_capture else launch_clock).period
                    hold_shift[here] = exception.value * period
            else:  # a false path, or one with a delay of its own that is judged elsewhere
                kept &= ~here
        distance = setup + setup_shift if early_late == LATE else holds + setup_shift - hold_shift
        uncertainty = self.constraints.uncertainty(tag.launch // 2, capture // 2, early_late == LATE)
        start = launch_clock.edge(tag.launch % 2)
        captured = start + distance + at_clock - capture_clock.edge(capture % 2)
        sign = 1.0 if early_late == LATE else -1.0
        required = captured - sign * (uncertainty + margin)
        self._add(early_late, number, edge, kind, index, nodes, capture, margin, uncertainty, captured, required, kept)

    def _path_delays(self, early_late: int, matching: list[list[PathException]]) -> None:
        """Add the ends of ``set_max_delay`` and ``set_min_delay``, at registers, ports and pins they name."""
        graph = self.graph
        wanted = "max_delay" if early_late == LATE else "min_delay"
        if not any(e.kind == wanted for e in self.constraints.exceptions):
            return
        sign = 1.0 if early_late == LATE else -1.0
        rows = np.flatnonzero(graph.check_late == (early_late == LATE))
        outputs = np.flatnonzero(graph.is_load[: graph.num_ports])
        outside = {delay.node: delay.delay for delay in self.constraints.output_delays}
        named = set().union(*(e.to_nodes or () for e in self.constraints.exceptions if e.kind == wanted))
        others = np.array(sorted(named - set(graph.check_data[rows].tolist()) - set(outputs.tolist())), np.int64)
        for number, tag in enumerate(self.tags.tags):
            exceptions = [e for e in matching[number] if e.kind in (wanted, "false")]
            if not any(e.kind == wanted for e in exceptions):
                continue
            start = 0.0
            if tag.launch != UNCLOCKED:
                clock = self.constraints.clocks[tag.launch // 2]
                start = clock.edge(tag.launch % 2) + float(clock.latency[early_late, tag.launch % 2])
            for edge in (RISE, FALL):
                for kind, index, nodes in ((CHECK, rows, graph.check_data[rows]), (OUTPUT, outputs, outputs),
                                           (PATH_DELAY, others, others)):  # fmt: skip
                    if not len(nodes):
                        continue
                    limit = np.full(len(nodes), np.nan)
                    for exception in exceptions:
                        here = _at_end(exception, nodes, None, edge)
                        limit[here] = exception.value if exception.kind == wanted else np.nan
                    margin, uncertainty = np.zeros(len(nodes)), np.zeros(len(nodes))
                    if kind == CHECK:
                        margin = self.margin[rows, edge]
                        uncertainty = self._uncertainty_at(rows, tag, early_late)
                    elif kind == OUTPUT:
                        delays = [
                            float(np.nan_to_num(outside[n][early_late, edge])) if n in outside else 0.0
                            for n in nodes.tolist()
                        ]
                        margin = sign * np.array(delays)
                    arrives = np.isfinite(self.arrival[self.position[nodes], number, early_late, edge])
                    required = start + limit - sign * (margin + uncertainty)
                    self._add(
                        early_late, number, edge, PATH_DELAY, index if kind == CHECK else np.full(len(nodes), -1),
                        nodes, -1, margin, uncertainty, start + limit, required, arrives & np.isfinite(required),
                    )  # fmt: skip

    def _uncertainty_at(self, rows: IntArray, tag: Tag, early_late: int) -> Float:
        """Return the uncertainty in ns of the clock that captures at each check, the largest of several."""
        result = np.zeros(len(rows))
        launch = -1 if tag.launch == UNCLOCKED else tag.launch // 2
        at_clock = self.clock_row[self.graph.check_clock[rows]]
        for capture in range(self.clock_arrival.shape[1]):
            here = np.isfinite(self.clock_arrival[at_clock, capture, LATE, self.graph.check_edge[rows]])
            value = self.constraints.uncertainty(launch, capture // 2, early_late == LATE)
            result[here] = np.maximum(result[here], value)
        return result

    def _add(
        self,
        early_late: int,
        tag: int,
        edge: int,
        kind: int,
        index: IntArray,
        nodes: IntArray,
        capture: int,
        margin: Float,
        uncertainty: float | Float,
        capture_arrival: Float,
        required: Float,
        kept: npt.NDArray[np.bool_],
    ) -> None:
        count = int(kept.sum())
        if count:
            constant = [np.full(count, float(value)) for value in (tag, early_late, edge, kind)]
            self.parts.append(
                (
                    nodes[kept].astype(float), *constant, index[kept].astype(float), np.full(count, float(capture)),
                    margin[kept], np.broadcast_to(uncertainty, len(kept))[kept], capture_arrival[kept], required[kept],
                )
            )  # fmt: skip


def _at_end(
    exception: PathException,
    nodes: IntArray,
    capture_clock: int | None,
    edge: int,
) -> npt.NDArray[np.bool_]:
    """Return where an exception accepts the end of a path."""
    if edge not in exception.to_edges:
        return np.zeros(len(nodes), np.bool_)
    if exception.to_nodes is None and exception.to_clocks is None:
        return np.ones(len(nodes), np.bool_)
    here = np.zeros(len(nodes), np.bool_)
    if exception.to_nodes is not None:
        here |= np.isin(nodes, list(exception.to_nodes))
    if exception.to_clocks is not None and capture_clock in exception.to_clocks:
        here[:] = True
    return here
