"""The way of clocks from their sources through nets and combinational cells to registers."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

from .constraints import Clock
from .graph import CELL, EARLY, FALL, LATE, RISE, PinGraph
from .kernels import propagate_clocks

Float = npt.NDArray[np.float64]
Int32 = npt.NDArray[np.int32]


class ClockNetwork:
    """What clocks reach, prepared once.

    Attributes:
        order: int32: the pins that clocks reach, in topological order.
        row: int32, (num_nodes,): row of each pin in arrays of clock times, 0 for pins that no clock reaches.
        blocked: bool, (num_nodes,): sources of clocks; neither other clocks nor data pass them.
        slew: float64, (num_nodes, 2), ns: of ideal clocks where they come, NaN elsewhere.
        reached: bool, (num_nodes,): a clock comes here.
    """

    def __init__(
        self, graph: PinGraph, clocks: tuple[Clock, ...], order: Int32, in_offsets: npt.NDArray[Any], in_edges: Int32
    ) -> None:
        """Find the pins that clocks reach.

        Args:
            graph: the pins.
            clocks: with their sources.
            order: nodes in topological order.
            in_offsets, in_edges: active incoming edges of each node.
        """
        self.graph = graph
        self.clocks = clocks
        self.in_offsets, self.in_edges = in_offsets, in_edges
        combinational = graph.edge_kind <= CELL
        self.reached = np.zeros(graph.num_nodes, np.bool_)
        self.slew = np.full((graph.num_nodes, 2), np.nan)
        self.blocked = np.zeros(graph.num_nodes, np.bool_)
        for clock in clocks:
            self.blocked[list(clock.sources)] = True
        for clock in clocks:
            if not clock.sources:
                continue
            here = np.zeros(graph.num_nodes, np.bool_)
            here[list(clock.sources)] = True
            _reach(order, in_offsets, in_edges, graph.edge_source, combinational, self.blocked, here)
            self.reached |= here
            if not clock.propagated:
                self.slew[here] = clock.slew
        self.order = order[self.reached[order]]
        self.row = np.zeros(graph.num_nodes, np.int32)
        self.row[self.order] = np.arange(1, len(self.order) + 1)

    def times(self, edge_delay: Float) -> Float:
        """Carry the clocks from their sources; a generated clock with delay starts when its master has come so far.

        Args:
            edge_delay: (corners, num_edges, 4), ns.

        Returns:
            (rows, launches, 2, 2), ns: [EARLY or LATE, RISE or FALL]; +-inf where no such clock edge comes.
        """
        clocks = self.clocks
        arrival = nothing(len(self.order) + 1, 2 * len(clocks))
        waiting = list(range(len(clocks)))
        while waiting:
            ready = [i for i in waiting if not clocks[i].propagated or clocks[i].master not in waiting]
            for index in ready or waiting:  # masters that wait for each other have none
                for node in clocks[index].sources:
                    self._start_clock(index, node, edge_delay, arrival)
            waiting = [i for i in waiting if i not in ready] if ready else []
            self._spread_clocks(edge_delay, arrival)
        return arrival

    def _start_clock(self, index: int, node: int, edge_delay: Float, arrival: Float) -> None:
        clock = self.clocks[index]
        insertion = np.zeros((2, 2))
        if clock.propagated and clock.master >= 0:
            insertion = self._insertion(clock.master, node, edge_delay, arrival)
        for edge in (RISE, FALL):
            row = self.row[node]
            arrival[row, 2 * index + edge, :, edge] = (
                clock.edge(edge) + clock.source_latency[:, edge] + insertion[:, edge]
            )

    def _insertion(self, master: int, node: int, edge_delay: Float, arrival: Float) -> Float:
        """Return how long a master's rising edge takes to a generated clock's source, also through registers."""
        graph, clock = self.graph, self.clocks[master]
        found: dict[tuple[int, int, int], float] = {}

        def time(node: int, early_late: int, edge: int) -> float:
            key = (node, early_late, edge)
            if key not in found:
                found[key] = float(arrival[self.row[node], 2 * master, early_late, edge]) - clock.edge(RISE)
                if not np.isfinite(found[key]):
                    corner = early_late if len(edge_delay) == 2 else 0
                    times = [np.inf if early_late == EARLY else -np.inf]
                    for at in range(int(self.in_offsets[node]), int(self.in_offsets[node + 1])):
                        e = int(self.in_edges[at])
                        for before in (RISE, FALL):
                            pair = 2 * before + edge
                            if graph.edge_mask[e] >> pair & 1:
                                start = time(int(graph.edge_source[e]), early_late, before)
                                times.append(start + float(edge_delay[corner, e, pair]))
                    found[key] = min(times) if early_late == EARLY else max(times)
            return found[key]

        values = np.array([[time(node, early_late, edge) for edge in (RISE, FALL)] for early_late in (EARLY, LATE)])
        return np.where(np.isfinite(values), values, 0.0)

    def _spread_clocks(self, edge_delay: Float, arrival: Float) -> None:
        graph = self.graph
        propagate_clocks(
            self.order,
            self.in_offsets,
            self.in_edges,
            graph.edge_source,
            graph.edge_kind,
            graph.edge_mask,
            edge_delay,
            self.blocked,
            self.row,
            arrival,
        )

    def at_registers(self, clock_times: Float) -> Float:
        """Return when clocks count as coming: as they do, or after the latency given for an ideal network."""
        result = clock_times.copy()
        for index, clock in enumerate(self.clocks):
            if not clock.propagated:
                for edge in (RISE, FALL):
                    latency = clock.source_latency[:, edge] + clock.latency[:, edge]
                    times = result[:, 2 * index + edge]
                    times[...] = np.where(np.isfinite(times), clock.edge(edge) + latency[:, None], times)
        return result


def nothing(num_nodes: int, columns: int) -> Float:
    """Return times at which nothing arrives: (num_nodes, columns, 2, 2)."""
    times = np.empty((num_nodes, columns, 2, 2))
    times[:, :, EARLY] = np.inf
    times[:, :, LATE] = -np.inf
    return times


@njit(cache=True)
def _reach(
    order: Any, in_offsets: Any, in_edges: Any, edge_source: Any, allowed: Any, blocked: Any, reached: Any
) -> None:
    """Mark what follows from the marked nodes over allowed edges; blocked nodes are not entered."""
    for position in range(len(order)):
        node = order[position]
        if reached[node] or blocked[node]:
            continue
        for at in range(in_offsets[node], in_offsets[node + 1]):
            edge = in_edges[at]
            if allowed[edge] and reached[edge_source[edge]]:
                reached[node] = True
                break
