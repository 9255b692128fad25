"""Cuts of gates, by compiled code: what may become one look-up table.

A cut of a node is a set of nodes, its leaves, that every path from the inputs to the node meets; what lies between
becomes one table. Cuts of a node are unions of cuts of its fan-ins, so that one sweep in topological order makes them
all. Of each node only the few best are kept, which makes the sweep linear in the number of nodes [Mishchenko, Cho,
Chatterjee, Brayton: "Combinational and sequential mapping with priority cuts", ICCAD 2007].
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from .gate_kernels import AND, MUX
from .luts import MAX_INPUTS

Array = npt.NDArray[Any]

#: What a sweep sorts cuts by: the level of their table first, or its area.
DELAY, AREA = (np.int64(goal) for goal in range(2))
#: Areas that differ by less are equal: they are sums of fractions in another order.
_EPSILON: Final = np.float32(1e-3)


class Cuts(NamedTuple):
    """Cuts of all nodes. Node n owns the rows from ``n * stride``: its best cut, the others, and {n} itself.

    Attributes:
        leaves: int32, (rows, MAX_INPUTS): nodes, ascending.
        size: int8: number of leaves.
        sign: uint64: the set of the leaves' numbers modulo 64; it tells most pairs of cuts apart at once.
        level: int32: tables on the longest path through the cut's table; for {n}, through a table that reads n.
        area: float32: area flow, tables that the cut's table needs, those with several readers counted in shares.
        counts: int16, (nodes,): cuts of each node without {n}; 0 for those that are no gates.
        flow: float32, (nodes,): area of each node's best cut, shared by the readers that it is expected to have.
    """

    leaves: Array
    size: Array
    sign: Array
    level: Array
    area: Array
    counts: Array
    flow: Array


def allocate_cuts(nodes: int, stride: int) -> Cuts:
    """Return room for the cuts of all nodes, and of two nodes more for cuts on the way to others."""
    rows = (nodes + 2) * stride
    return Cuts(
        leaves=np.empty((rows, MAX_INPUTS), np.int32),
        size=np.empty(rows, np.int8),
        sign=np.empty(rows, np.uint64),
        level=np.empty(rows, np.int32),
        area=np.empty(rows, np.float32),
        counts=np.zeros(nodes, np.int16),
        flow=np.zeros(nodes, np.float32),
    )


@njit(cache=True, nogil=True)
def find_cuts(
    kind: Array, fanins: Array, size: int, stride: int, goal: int, required: Array, readers: Array, cuts: Cuts
) -> None:
    """Make the cuts of all nodes in one sweep.

    Cuts that are too late for their own node are kept all the same, as some nodes behind it may have time.

    Args:
        kind, fanins: see :class:`.gate_network.GateNetwork`.
        size: leaves of a cut at most.
        stride: rows of a node.
        goal: DELAY or AREA.
        required: int32: level that the best cut of each node may have; where none is in time, it stays the best cut
            of the sweep before.
        readers: float32: expected readers of each node in the cover, 0 for nodes that are not to be mapped.
        cuts: the result.
    """
    spare = len(kind) * stride
    before = spare + 2 * stride - 1
    none, one = np.int64(0), np.int64(1)  # of the type that counts have, see gate_kernels
    for node in range(len(kind)):
        if not readers[node]:
            continue
        base = node * stride
        count = none
        if kind[node] >= AND:
            if cuts.counts[node]:
                _evaluate(cuts, base, stride)
                copy_cut(cuts, base, before)
                count = one
            left, num_left = (fanins[node, 0] >> 1) * stride, cuts.counts[fanins[node, 0] >> 1] + 1
            right, num_right = (fanins[node, 1] >> 1) * stride, cuts.counts[fanins[node, 1] >> 1] + 1
            if kind[node] == MUX:
                # Cuts of two fan-ins are united first. The fan-ins themselves leave room for the third in any case.
                ends = left + num_left - 1, right + num_right - 1
                half = _unite(cuts, left, num_left, right, num_right, spare, none, 2 * stride - 4, size, goal)
                num_left = _unite(cuts, ends[0], one, ends[1], one, spare, half, half + 1, size, goal)
                left = spare
                right, num_right = (fanins[node, 2] >> 1) * stride, cuts.counts[fanins[node, 2] >> 1] + 1
            count = _unite(cuts, left, num_left, right, num_right, base, count, stride - 1, size, goal)
            cuts.counts[node] = count
            _choose(cuts, base, count, required[node], before)
        row = base + count
        cuts.leaves[row, 0] = node
        cuts.size[row] = node > 0  # nothing depends on the constant
        cuts.sign[row] = np.uint64(node > 0) << np.uint64(node & 63)
        cuts.level[row] = 1
        if count:
            cuts.level[row] += cuts.level[base]
            cuts.flow[node] = cuts.area[base] / readers[node]
        cuts.area[row] = 1 + cuts.flow[node]


@njit(cache=True, nogil=True)
def _choose(cuts: Cuts, base: int, count: int, required: int, before: int) -> None:
    """Move the first cut that is in time to the front, or else the one of the sweep before in place of the last."""
    row = base
    while row < base + count and cuts.level[row] > required:
        row += 1
    if row == base + count:
        row -= 1
    elif row == base:
        return
    else:
        copy_cut(cuts, row, before)
    while row > base:
        copy_cut(cuts, row - 1, row)
        row -= 1
    copy_cut(cuts, before, base)


@njit(cache=True, nogil=True, inline="always")
def _evaluate(cuts: Cuts, row: int, stride: int) -> None:
    """Set level and area of a cut by its leaves."""
    level = np.int32(0)
    area = np.float32(1)
    for i in range(cuts.size[row]):
        leaf = cuts.leaves[row, i]
        if cuts.counts[leaf]:
            level = max(level, cuts.level[leaf * stride])
        area += cuts.flow[leaf]
    cuts.level[row] = level + 1
    cuts.area[row] = area


@njit(cache=True, nogil=True)
def _unite(
    cuts: Cuts,
    left: int,
    num_left: int,
    right: int,
    num_right: int,
    base: int,
    count: int,
    most: int,
    size: int,
    goal: int,
) -> int:
    """Add the unions of cuts of two lists to a third one, which is sorted and keeps the best ``most``.

    Args:
        left, num_left, right, num_right: rows of two lists.
        base, count: rows of the third one.

    Returns:
        length of the third list.
    """
    union = len(cuts.leaves) - 2
    leaves = cuts.leaves
    for x in range(left, left + num_left):
        for y in range(right, right + num_right):
            sign = cuts.sign[x] | cuts.sign[y]
            if _ones(sign) > size:
                continue
            # The level of a union is the later of both, its area that of the larger or more.
            level = max(cuts.level[x], cuts.level[y])
            if count == most:
                last = base + count - 1
                if goal == DELAY:
                    if level > cuts.level[last]:
                        continue
                elif max(cuts.area[x], cuts.area[y]) > cuts.area[last] + _EPSILON:
                    continue
            n, m = cuts.size[x], cuts.size[y]
            i = j = total = 0
            while i < n and j < m and total < size:
                p, q = leaves[x, i], leaves[y, j]
                i += p <= q
                j += q <= p
                leaves[union, total] = min(p, q)
                total += 1
            if total + (n - i) + (m - j) > size:
                continue
            while i < n:
                leaves[union, total] = leaves[x, i]
                total += 1
                i += 1
            while j < m:
                leaves[union, total] = leaves[y, j]
                total += 1
                j += 1
            area = np.float32(1)
            for k in range(total):
                area += cuts.flow[leaves[union, k]]
            cuts.size[union], cuts.sign[union], cuts.level[union], cuts.area[union] = total, sign, level, area
            count = _insert(cuts, base, count, most, union, goal)
    return count


@njit(cache=True, nogil=True, inline="always")
def _ones(word: np.uint64) -> int:
    """Count the ones of a word; compilers make one instruction of this loop."""
    count = 0
    while word:
        word &= word - np.uint64(1)
        count += 1
    return count


@njit(cache=True, nogil=True)
def _insert(cuts: Cuts, base: int, count: int, most: int, new: int, goal: int) -> int:
    """Insert the cut of row ``new`` into a sorted list unless it contains one of it; drop those that contain it."""
    sign = cuts.sign[new]
    for row in range(base, base + count):
        if cuts.sign[row] & ~sign == 0 and _contains(cuts.leaves, cuts.size, new, row):
            return count
    kept = base
    for row in range(base, base + count):
        if sign & ~cuts.sign[row] or not _contains(cuts.leaves, cuts.size, row, new):
            if kept != row:
                copy_cut(cuts, row, kept)
            kept += 1
    place = kept
    while place > base and _is_better(cuts.level, cuts.area, cuts.size, new, place - 1, goal):
        place -= 1
    if place == base + most:
        return most
    count = min(kept - base + 1, most)
    for row in range(base + count - 1, place, -1):
        copy_cut(cuts, row - 1, row)
    copy_cut(cuts, new, place)
    return count


@njit(cache=True, nogil=True, inline="always")
def _is_better(level: Array, area: Array, size: Array, a: int, b: int, goal: int) -> bool:
    if goal == DELAY:
        if level[a] != level[b]:
            return level[a] < level[b]
        if size[a] != size[b]:  # room for more gates comes before area
            return size[a] < size[b]
    if abs(area[a] - area[b]) > _EPSILON:
        return area[a] < area[b]
    if size[a] != size[b]:
        return size[a] < size[b]
    return level[a] < level[b]


@njit(cache=True, nogil=True, inline="always")
def _contains(leaves: Array, size: Array, large: int, small: int) -> bool:
    """Say whether a cut has all leaves of another one."""
    n, m = size[small], size[large]
    if n > m:
        return False
    i = 0
    for j in range(m):
        if i < n and leaves[small, i] == leaves[large, j]:
            i += 1
    return i == n


@njit(cache=True, nogil=True, inline="always")
def copy_cut(cuts: Cuts, source: int, target: int) -> None:
    """Copy a cut from one row to another."""
    for i in range(cuts.size[source]):
        cuts.leaves[target, i] = cuts.leaves[source, i]
    cuts.size[target] = cuts.size[source]
    cuts.sign[target] = cuts.sign[source]
    cuts.level[target] = cuts.level[source]
    cuts.area[target] = cuts.area[source]
