"""Combinational loops: found by depth-first search and cut, one edge each."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

from edasat.core.csr import group_values

Int32 = npt.NDArray[np.int32]


def loop_edges(num_nodes: int, source: Int32, target: Int32) -> npt.NDArray[np.int64]:
    """Return edges without which the graph is acyclic: those that lead back into the path of a depth-first search.

    The search begins at nodes without incoming edges, so that an edge is cut where a signal that entered a loop comes
    back to where it came in.

    Args:
        num_nodes: number of nodes.
        source, target: int32, (num_edges,).
    """
    offsets, edges = group_values(source, np.arange(len(source), dtype=np.int64), num_nodes)
    has_input = np.zeros(num_nodes, np.bool_)
    has_input[target] = True
    roots = np.concatenate([np.flatnonzero(~has_input), np.flatnonzero(has_input)])
    return np.flatnonzero(_back_edges(roots, offsets, edges, target))


@njit(cache=True)
def _back_edges(roots: Any, offsets: Any, edges: Any, target: Any) -> Any:
    num_nodes = len(offsets) - 1
    state = np.zeros(num_nodes, np.uint8)  # 0 new, 1 on the path, 2 done
    back = np.zeros(len(target), np.bool_)
    stack = np.empty(num_nodes, np.int64)
    cursor = offsets[:-1].copy()
    for root in roots:
        if state[root] != 0:
            continue
        depth = 0
        stack[0] = root
        state[root] = 1
        while depth >= 0:
            node = stack[depth]
            if cursor[node] == offsets[node + 1]:
                state[node] = 2
                depth -= 1
                continue
            edge = edges[cursor[node]]
            cursor[node] += 1
            after = target[edge]
            if state[after] == 1:
                back[edge] = True
            elif state[after] == 0:
                state[after] = 1
                depth += 1
                stack[depth] = after
    return back
