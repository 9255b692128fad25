"""Which times there are in a design and which delays lie between them, from one run of the timer.

The result is the structure that :mod:`.arrivals` sweeps over. It is the same for all delays: whether a clock edge or
data of some class arrives at a pin depends on edges and constraints alone.
"""

from __future__ import annotations

import itertools
from typing import Final

import numpy as np
import numpy.typing as npt

from edasat.eda.timing.analysis import Timer, Timing
from edasat.eda.timing.graph import CELL, EARLY, FALL, LATE, LAUNCH, RISE

Int64 = npt.NDArray[np.int64]
Float = npt.NDArray[np.float64]

#: State that all times are counted from.
ORIGIN: Final = 0
#: Stands for a time that does not occur.
ABSENT: Final = -1


class ArrivalItems:
    """States and the items between them.

    Delays are numbered: those of the slew sweep's items for early times, the same for late times, then constants.
    Early delays, and constants on early times, are negative: all states are maxima.

    Attributes:
        num_states: number of states.
        source, target, delay: int64, (num_items,).
        constants: float64, (num_constants,), ns.
        clock: int64, (rows, launches, 2, 2): state of each time in ``Timing.clock_times``.
        data: int64, (num_nodes, tags, 2, 2): state of each time in ``Timing.arrival``.
    """

    def __init__(self, timer: Timer, timing: Timing, item_edge: Int64, item_pair: Int64) -> None:
        """Collect states and items.

        Args:
            timer: of the design.
            timing: a run of it, with any wires.
            item_edge, item_pair: (num_delays,): edge and transition pair of each delay.
        """
        self._timer, self._timing = timer, timing
        self._edge, self._pair = item_edge, item_pair
        self._parts: list[tuple[Int64, Int64, Int64]] = []
        self._constants: list[float] = []
        self.num_states = 1
        self.clock = self._number(np.isfinite(timing.clock_times))
        self.data = self._number(np.isfinite(timing.arrival))
        self._spread_clocks()
        self._start_clocks()
        self._spread_data()
        self._launch_data()
        self._start_data()
        self._clocks_as_data()
        self.source, self.target, self.delay = (np.concatenate(column) for column in zip(*self._parts, strict=True))
        self.constants = np.array(self._constants)

    def _number(self, occurs: npt.NDArray[np.bool_]) -> Int64:
        """Return new states where times occur."""
        states = np.full(occurs.shape, ABSENT, np.int64)
        count = int(occurs.sum())
        states[occurs] = np.arange(self.num_states, self.num_states + count)
        self.num_states += count
        return states

    def _join(self, source: Int64, target: Int64, early_late: int, item: Int64) -> None:
        """Join states by the delays of items; ``item`` may expand to the shape of the states."""
        delay = np.broadcast_to(early_late * len(self._edge) + item, source.shape)
        occurs = (source != ABSENT) & (target != ABSENT)
        self._parts.append((source[occurs], target[occurs], delay[occurs]))

    def _join_constant(self, source: int, target: int, early_late: int, constant: float) -> None:
        delay = 2 * len(self._edge) + len(self._constants)
        self._constants.append(constant if early_late == LATE else -constant)
        self._parts.append((np.array([source]), np.array([target]), np.array([delay])))

    def _spread_clocks(self) -> None:
        graph, rows = self._timing.graph, self._timing.clock_row
        source, target = graph.edge_source[self._edge], graph.edge_target[self._edge]
        carries = (graph.edge_kind[self._edge] <= CELL) & ~self._timer.clocks.blocked[target]
        items = np.flatnonzero(carries & (rows[source] > 0) & (rows[target] > 0))
        before, after = self._pair[items] >> 1, self._pair[items] & 1
        for early_late in (EARLY, LATE):
            starts = self.clock[rows[source[items]], :, early_late, before]
            ends = self.clock[rows[target[items]], :, early_late, after]
            self._join(starts, ends, early_late, items[:, None])

    def _spread_data(self) -> None:
        graph, tags = self._timing.graph, self._timing.tags
        source, target = graph.edge_source[self._edge], graph.edge_target[self._edge]
        items = np.flatnonzero((graph.edge_kind[self._edge] != LAUNCH) & ~self._timer.clocks.blocked[target])
        source, target = source[items], target[items]
        before, after = self._pair[items] >> 1, self._pair[items] & 1
        tag = tags.next_tag[tags.through[target]]
        for early_late in (EARLY, LATE):
            starts = self.data[source, :, early_late, before]
            ends = self.data[target[:, None], tag, early_late, after[:, None]]
            self._join(starts, ends, early_late, items[:, None])

    def _launch_data(self) -> None:
        graph, tags, rows = self._timing.graph, self._timing.tags, self._timing.clock_row
        source, target = graph.edge_source[self._edge], graph.edge_target[self._edge]
        items = np.flatnonzero((graph.edge_kind[self._edge] == LAUNCH) & ~self._timer.clocks.blocked[target])
        source, target = source[items], target[items]
        before, after = self._pair[items] >> 1, self._pair[items] & 1
        start = tags.start_tag[tags.start_class[source]]
        tag = tags.next_tag[tags.through[target][:, None], start]
        at_register = self._at_registers()
        for early_late in (EARLY, LATE):
            starts = at_register[rows[source], :, early_late, before]
            ends = self.data[target[:, None], tag, early_late, after[:, None]]
            self._join(starts, np.where(start >= 0, ends, ABSENT), early_late, items[:, None])

    def _at_registers(self) -> Int64:
        """Return states of the clocks as registers see them: an ideal clock comes everywhere at one time."""
        states = self.clock.copy()
        for index, clock in enumerate(self._timing.constraints.clocks):
            if not clock.propagated:
                latency = clock.source_latency + clock.latency
                for edge, early_late in itertools.product((RISE, FALL), (EARLY, LATE)):
                    here = states[:, 2 * index + edge, early_late]
                    if (here != ABSENT).any():
                        state = int(self._number(np.ones(1, np.bool_))[0])
                        time = clock.edge(edge) + float(latency[early_late, edge])
                        self._join_constant(ORIGIN, state, early_late, time)
                        here[here != ABSENT] = state
        return states

    def _start_clocks(self) -> None:
        """Start the clocks at their sources; a generated one with delay when its master has come there."""
        clocks = self._timing.constraints.clocks
        for index, clock in enumerate(clocks):
            follows = clock.propagated and clock.master >= 0
            found: dict[tuple[int, int, int], int] = {}
            for node in clock.sources:
                for early_late, edge in itertools.product((EARLY, LATE), (RISE, FALL)):
                    time = clock.edge(edge) + float(clock.source_latency[early_late, edge])
                    source = self._insertion(clock.master, node, early_late, edge, found) if follows else ABSENT
                    if source == ABSENT:
                        source = ORIGIN
                    else:
                        time -= clocks[clock.master].edge(RISE)
                    row = self._timing.clock_row[node]
                    target = int(self.clock[row, 2 * index + edge, early_late, edge])
                    self._join_constant(source, target, early_late, time)

    def _insertion(
        self, master: int, node: int, early_late: int, edge: int, found: dict[tuple[int, int, int], int]
    ) -> int:
        """Return the state of a master's rising edge when it comes to a node, also through registers."""
        state = int(self.clock[self._timing.clock_row[node], 2 * master, early_late, edge])
        if state != ABSENT:
            return state
        key = (node, early_late, edge)
        if key not in found:
            graph, timer = self._timing.graph, self._timer
            edges = timer.in_edges[timer.in_offsets[node] : timer.in_offsets[node + 1]]
            items = np.flatnonzero(np.isin(self._edge, edges) & (self._pair & 1 == edge))
            sources = np.array(
                [
                    self._insertion(master, int(graph.edge_source[e]), early_late, int(pair) >> 1, found)
                    for e, pair in zip(self._edge[items], self._pair[items], strict=True)
                ],
                np.int64,
            )
            comes = sources != ABSENT
            found[key] = int(self._number(np.ones(1, np.bool_))[0]) if comes.any() else ABSENT
            self._join(sources, np.full(len(items), found[key]), early_late, items)
        return found[key]

    def _start_data(self) -> None:
        """Start data at ports: their times are those of the reference run, since no edge leads there."""
        timer, arrival = self._timer, self._timing.arrival
        first = np.flatnonzero((np.diff(timer.in_offsets) == 0) | timer.clocks.blocked)
        for at, tag, early_late, edge in np.argwhere(self.data[first] != ABSENT).tolist():
            place = (int(first[at]), tag, early_late, edge)
            self._join_constant(ORIGIN, int(self.data[place]), early_late, float(arrival[place]))

    def _clocks_as_data(self) -> None:
        """Let clocks that end at data pins and output ports arrive there as data, which then goes no further."""
        timer, graph, tags, row = self._timer, self._timing.graph, self._timing.tags, self._timing.clock_row
        outputs = np.flatnonzero(graph.is_load[: graph.num_ports])
        ends = np.unique(np.concatenate([graph.check_data, outputs]))
        ends = ends[(row[ends] > 0) & ~timer.clocks.blocked[ends]]
        if not len(ends):
            return
        spread = self.data[ends]
        self.data[ends] = self._number(spread != ABSENT)
        self._join_directly(spread, self.data[ends])
        for launch in timer.launches:
            tag = tags.start_tag[tags.start_class[ends], launch]
            self._join_directly(self.clock[row[ends], launch], self.data[ends, tag])

    def _join_directly(self, source: Int64, target: Int64) -> None:
        """Join states without delay."""
        zero = 2 * len(self._edge) + len(self._constants)
        self._constants.append(0.0)
        occurs = (source != ABSENT) & (target != ABSENT)
        self._parts.append((source[occurs], target[occurs], np.full(int(occurs.sum()), zero)))
