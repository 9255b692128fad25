"""Levels and topological order of a directed acyclic graph in one compiled pass (Kahn's algorithm).

Nodes are peeled in breadth-first order, so the order in which they leave the queue is at the same time
topological and grouped by level: one array serves level-wise kernels and topological sweeps.
A. B. Kahn, "Topological sorting of large networks", CACM 5(11), 1962.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from .csr import IntArray, group_values, index_dtype
from .errors import InputError

_CYCLE_SHOWN = 12  # nodes of a cycle named in the message; the exception carries all of them


class CycleError(InputError):
    """The graph is not acyclic; ``cycle`` lists the nodes of one cycle in edge order, each once."""

    def __init__(self, cycle: list[int]) -> None:
        self.cycle = cycle
        shown = [str(node) for node in cycle[:_CYCLE_SHOWN]]
        if len(cycle) > _CYCLE_SHOWN:
            shown.append("...")
        super().__init__(
            f"expected an acyclic graph, got a cycle of {len(cycle)} nodes: {' -> '.join([*shown, str(cycle[0])])}",
            code="graph-cycle",
            hint="cut one edge of the cycle, such as a combinational loop or a register's internal arc",
        )


class Levels(NamedTuple):
    """The ASAP (as soon as possible) levels of a graph.

    Attributes:
        level: int32, (num_nodes,): length in edges of the longest path that ends in the node; sources have 0.
        order: int32 or int64, (num_nodes,): nodes grouped by level, rising; a topological order.
        offsets: int64, (num_levels + 1,): level k is ``order[offsets[k]:offsets[k + 1]]``.
    """

    level: npt.NDArray[np.int32]
    order: IntArray
    offsets: npt.NDArray[np.int64]

    @property
    def num_levels(self) -> int:
        """Number of levels; 0 for a graph without nodes."""
        return len(self.offsets) - 1


def levelize(num_nodes: int, source: IntArray, target: IntArray) -> Levels:
    """Compute the ASAP levels of a graph given by its edge list.

    Args:
        num_nodes: number of nodes.
        source: integer, (num_edges,): tail of each edge, in ``[0, num_nodes)``; parallel edges are fine.
        target: integer, (num_edges,): head of each edge.

    Raises:
        CycleError: if the graph has a cycle; one is listed.

    >>> levels = levelize(4, np.array([0, 1, 0]), np.array([1, 2, 2]))
    >>> levels.level.tolist(), levels.order.tolist()
    ([0, 1, 2, 0], [0, 3, 1, 2])
    """
    offsets, neighbours = group_values(source, target, num_nodes)
    waiting = np.bincount(target, minlength=num_nodes).astype(np.int32)
    level = np.zeros(num_nodes, np.int32)
    order = np.empty(num_nodes, index_dtype(num_nodes))
    done = int(_peel(offsets, neighbours, waiting, level, order))
    if done < num_nodes:
        raise CycleError(_find_cycle(offsets, neighbours, waiting))
    counts = np.bincount(level) if num_nodes else np.zeros(0, np.int64)
    return Levels(level, order, np.concatenate([[0], np.cumsum(counts)]).astype(np.int64))


@njit(cache=True, nogil=True)
def _peel(
    offsets: npt.NDArray[np.int64],
    neighbours: IntArray,
    waiting: npt.NDArray[np.int32],
    level: npt.NDArray[np.int32],
    order: IntArray,
) -> int:
    """Kahn's algorithm with ``order`` as the queue; return how many nodes left it.

    ``waiting`` counts unfinished predecessors. Nodes enter the queue by rising level: the last predecessor
    to be served is one of the highest level.
    """
    tail = 0
    for node in range(len(waiting)):
        if waiting[node] == 0:
            order[tail] = node
            tail += 1
    head = 0
    while head < tail:
        node = order[head]
        head += 1
        for position in range(offsets[node], offsets[node + 1]):
            successor = neighbours[position]
            waiting[successor] -= 1
            if waiting[successor] == 0:
                level[successor] = level[node] + 1
                order[tail] = successor
                tail += 1
    return tail


def _find_cycle(offsets: npt.NDArray[np.int64], neighbours: IntArray, waiting: npt.NDArray[np.int32]) -> list[int]:
    """List one cycle among the nodes that Kahn's algorithm could not finish (``waiting`` > 0).

    Every such node has an unfinished predecessor, so walking backwards must meet a node twice.
    """
    source = np.repeat(np.arange(len(waiting)), np.diff(offsets))
    open_edge = (waiting[source] > 0) & (waiting[neighbours] > 0)
    predecessor = np.full(len(waiting), -1, np.int64)
    predecessor[neighbours[open_edge]] = source[open_edge]
    node = int(np.flatnonzero(waiting > 0)[0])
    seen: dict[int, int] = {}
    path: list[int] = []
    while node not in seen:
        seen[node] = len(path)
        path.append(node)
        node = int(predecessor[node])
    return path[seen[node] :][::-1]
