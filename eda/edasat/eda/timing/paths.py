"""The worst paths of a design, stage by stage.

Paths are grown backwards from their ends, always the one with the least slack first. The arrival time of a pin is
exactly the delay of the worst way to it, so the slack of a half-grown path is known before its beginning is, and the
first path that reaches a start point is the worst one left (best-first search with an exact bound): K paths cost about
K times their length.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterator, Set
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt

from .analysis import Timing
from .constraints import Clock
from .ends import KIND_NAMES
from .graph import EARLY, FALL, LATE, LAUNCH, RISE

EDGE_NAMES: Final = ("rise", "fall")


@dataclass(frozen=True)
class Stage:
    """One pin on a path.

    Attributes:
        pin: its name.
        cell: name of its library cell, "" for a port.
        net: name of its net.
        edge: "rise" or "fall".
        delay: ns since the pin before.
        arrival: ns.
        slew: ns.
        load: fF that the pin drives, NaN for pins that drive nothing.
        node: number in the pin graph.
    """

    pin: str
    cell: str
    net: str
    edge: str
    delay: float
    arrival: float
    slew: float
    load: float
    node: int


@dataclass(frozen=True)
class Path:
    """One timing path.

    Attributes:
        start, end: names of the first and the last pin.
        kind: "check", "output delay" or "path delay".
        late: setup-like, against hold-like.
        launch, capture: clock and edge, such as "clk rise"; "" without a clock.
        stages: from the start to the end.
        arrival, required, slack: ns.
        margin: setup or hold time, or output delay, ns.
        uncertainty: ns.
    """

    start: str
    end: str
    kind: str
    late: bool
    launch: str
    capture: str
    stages: tuple[Stage, ...]
    arrival: float
    required: float
    slack: float
    margin: float
    uncertainty: float


def worst_paths(
    timing: Timing, count: int = 1, *, late: bool = True, per_endpoint: int = 1, to: int | None = None
) -> list[Path]:
    """Return the paths with the least slack, worst first.

    Args:
        timing: an analysis.
        count: number of paths.
        late: setup-like paths, else hold-like ones.
        per_endpoint: at most so many for one end point.
        to: node of the only end point wanted.
    """
    finder = _PathFinder(timing, LATE if late else EARLY)
    ends = timing.ends
    if per_endpoint == 1:
        rows = ends.worst_rows(finder.early_late)
    else:
        rows = np.flatnonzero(ends.early_late == finder.early_late)
    if to is not None:
        rows = rows[ends.node[rows] == to]
    if per_endpoint == 1:
        rows = rows[:count]
    found: list[Path] = []
    of_end: Counter[int] = Counter()
    full: set[int] = set()
    for row, nodes in finder.search(rows, full):
        node = int(ends.node[row])
        of_end[node] += 1
        if of_end[node] == per_endpoint:
            full.add(node)
        found.append(finder.describe(row, nodes))
        if len(found) == count:
            break
    return found


class _PathFinder:
    def __init__(self, timing: Timing, early_late: int) -> None:
        self.timing = timing
        self.early_late = early_late
        self.corner = early_late if len(timing.slew) == 2 else 0
        graph = timing.graph
        active = np.flatnonzero(graph.edge_mask).astype(np.int32)
        order = np.argsort(graph.edge_target[active], kind="stable")
        self.in_edges = active[order]
        self.in_offsets = np.searchsorted(graph.edge_target[self.in_edges], np.arange(graph.num_nodes + 1))

    def search(self, rows: npt.NDArray[np.int64], full: Set[int]) -> Iterator[tuple[int, list[tuple[int, int]]]]:
        """Yield (row of the end, [(node, edge), ...] from start to end) by rising slack.

        Args:
            rows: of the ends.
            full: end points of which no more paths are wanted, which may grow meanwhile: one end point can have more
                paths than there is time for before the next one's worst.
        """
        ends = self.timing.ends
        heap: list[tuple[float, int, int, int, int, float, int, tuple[object, ...] | None]] = []
        ticket = 0
        for row in rows:
            node, tag, edge = int(ends.node[row]), int(ends.tag[row]), int(ends.edge[row])
            heap.append((float(ends.slack[row]), ticket, node, tag, edge, 0.0, int(row), None))
            ticket += 1
        heapq.heapify(heap)
        while heap:
            slack, _, node, tag, edge, behind, row, rest = heapq.heappop(heap)
            if int(ends.node[row]) in full:
                continue
            path = ((node, edge), rest)
            if tag < 0 or self._is_start(node, tag, edge):
                yield row, _unroll(path)
                if tag < 0:
                    continue
            for before, before_tag, before_edge, delay, arrival in self._incoming(node, tag, edge):
                total = arrival + delay + behind
                required = float(ends.required[row])
                grown = required - total if self.early_late == LATE else total - required
                heapq.heappush(
                    heap, (max(grown, slack), ticket, before, before_tag, before_edge, behind + delay, row, path)
                )
                ticket += 1

    def _is_start(self, node: int, tag: int, edge: int) -> bool:
        """Whether data of this tag may begin here: its arrival is not explained by any incoming edge."""
        timing = self.timing
        if node >= timing.graph.num_ports or not np.isfinite(timing.arrival[node, tag, self.early_late, edge]):
            return False
        return bool(timing.graph.is_driver[node])

    def _incoming(self, node: int, tag: int, edge: int) -> Iterator[tuple[int, int, int, float, float]]:
        """Yield (node, tag or -1 for a clock, edge, delay, arrival) of everything that may come before."""
        timing, tags = self.timing, self.timing.tags
        before_through = [t for t in range(len(tags)) if tags.next_tag[tags.through[node], t] == tag]
        for (source, edge_in, launching), delay in self._steps(node, edge).items():
            if launching:
                for launch in range(timing.clock_arrival.shape[1]):
                    time = float(timing.clock_arrival[timing.clock_row[source], launch, self.early_late, edge_in])
                    if np.isfinite(time) and tags.starting_at(source, launch) in before_through:
                        yield source, -1, edge_in, delay, time
                continue
            for t in before_through:
                time = float(timing.arrival[source, t, self.early_late, edge_in])
                if np.isfinite(time):
                    yield source, t, edge_in, delay, time

    def _steps(self, node: int, edge: int) -> dict[tuple[int, int, bool], float]:
        """Return (source, its edge, whether a clock launches there) -> delay of the worst of the edges between."""
        timing, graph = self.timing, self.timing.graph
        worst = max if self.early_late == LATE else min
        steps: dict[tuple[int, int, bool], float] = {}
        for at in range(int(self.in_offsets[node]), int(self.in_offsets[node + 1])):
            e = int(self.in_edges[at])
            for edge_in in (RISE, FALL):
                pair = 2 * edge_in + edge
                if graph.edge_mask[e] >> pair & 1:
                    key = (int(graph.edge_source[e]), edge_in, bool(graph.edge_kind[e] == LAUNCH))
                    delay = float(timing.edge_delay[self.corner, e, pair])
                    steps[key] = worst(steps.get(key, delay), delay)
        return steps

    def describe(self, row: int, nodes: list[tuple[int, int]]) -> Path:
        """Turn a found path into names and numbers."""
        timing, graph, ends = self.timing, self.timing.graph, self.timing.ends
        clocks = timing.constraints.clocks
        tag = timing.tags.tags[int(ends.tag[row])]
        # Arrivals are counted back from the end's slack, which is exact; each delay is that of the edge taken.
        delays = [0.0, *(self._delay(a, b) for a, b in pairwise(nodes))]
        first = nodes[0]
        start = self._start_time(first, int(ends.tag[row]), tag.launch)
        stages, time = [], start
        for (node, edge), delay in zip(nodes, delays, strict=True):
            time += delay
            net = int(graph.node_net[node])
            drives = bool(graph.is_driver[node]) and net >= 0
            instance = int(graph.node_instance[node])
            stages.append(
                Stage(
                    pin=graph.node_name(node),
                    cell=graph.library.cells[int(graph.instance_cell[instance])] if instance >= 0 else "",
                    net=graph.netlist.nets[net] if net >= 0 else "",
                    edge=EDGE_NAMES[edge],
                    delay=delay,
                    arrival=time,
                    slew=float(timing.slew[self.corner, node, edge]),
                    load=float(timing.loads.total[self.corner, net, edge]) if drives else float("nan"),
                    node=node,
                )
            )
        required = float(ends.required[row])
        late = self.early_late == LATE
        return Path(
            start=stages[0].pin,
            end=stages[-1].pin,
            kind=KIND_NAMES[ends.kind[row]],
            late=late,
            launch=edge_name(clocks, tag.launch),
            capture=edge_name(clocks, int(ends.capture[row])),
            stages=tuple(stages),
            arrival=time,
            required=required,
            slack=required - time if late else time - required,
            margin=float(ends.margin[row]),
            uncertainty=float(ends.uncertainty[row]),
        )

    def _start_time(self, first: tuple[int, int], tag: int, launch: int) -> float:
        node, edge = first
        if launch >= 0:
            row = self.timing.clock_row[node]
            time = float(self.timing.clock_arrival[row, launch, self.early_late, edge])
            if np.isfinite(time):
                return time
        return float(self.timing.arrival[node, :, self.early_late, edge][self._start_tag(node, tag, edge)])

    def _start_tag(self, node: int, tag: int, edge: int) -> int:
        """Return the tag, of the same launch, that data at a start port has."""
        launch = self.timing.tags.tags[tag].launch
        for number, candidate in enumerate(self.timing.tags.tags):
            if candidate.launch == launch and np.isfinite(self.timing.arrival[node, number, self.early_late, edge]):
                return number
        return tag

    def _delay(self, before: tuple[int, int], after: tuple[int, int]) -> float:
        """Return the delay of the worst edge between two pins for these transitions."""
        steps = self._steps(*after)
        found = [steps[key] for launch in (False, True) if (key := (*before, launch)) in steps]
        return max(found) if self.early_late == LATE else min(found)


def _unroll(path: tuple[object, ...]) -> list[tuple[int, int]]:
    nodes: list[tuple[int, int]] = []
    rest: tuple[object, ...] | None = path
    while rest is not None:
        nodes.append(rest[0])  # type: ignore[arg-type]
        rest = rest[1]  # type: ignore[assignment]
    return nodes


def edge_name(clocks: tuple[Clock, ...], launch: int) -> str:
    """Return a clock edge by its launch number, such as "clk rise"; "" for a negative one."""
    if launch < 0:
        return ""
    return f"{clocks[launch // 2].name} {EDGE_NAMES[launch % 2]}"
