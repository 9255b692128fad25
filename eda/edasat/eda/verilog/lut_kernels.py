"""Compiled passes of the mapper on look-up tables: cuts of every node, a choice of them, and their truth tables.

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

from .gate_kernels import AND, MUX, XOR

Array = npt.NDArray[Any]

#: Leaves that a table of 64 bits has.
MAX_LEAVES: Final = 6
#: What a sweep sorts cuts by: the level of their table first, or its area.
DELAY, AREA = (np.int64(goal) for goal in range(2))
#: Level that a node outside of the cover must arrive by.
NEVER: Final = 2**30
#: Areas that differ by less are equal: they are sums of fractions in another order.
_EPSILON: Final = np.float32(1e-3)
#: Truth table of each leaf.
_VARIABLES: Final = np.array(
    [
        0xAAAAAAAAAAAAAAAA,
        0xCCCCCCCCCCCCCCCC,
        0xF0F0F0F0F0F0F0F0,
        0xFF00FF00FF00FF00,
        0xFFFF0000FFFF0000,
        0xFFFFFFFF00000000,
    ],
    np.uint64,
)


class Cuts(NamedTuple):
    """Cuts of all nodes. Node n owns the rows from ``n * stride``: its best cut, the others, and {n} itself.

    Attributes:
        leaves: int32, (rows, MAX_LEAVES): nodes, ascending.
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
        leaves=np.empty((rows, MAX_LEAVES), np.int32),
        size=np.empty(rows, np.int8),
        sign=np.empty(rows, np.uint64),
        level=np.empty(rows, np.int32),
        area=np.empty(rows, np.float32),
        counts=np.zeros(nodes, np.int16),
        flow=np.zeros(nodes, np.float32),
    )


@njit(cache=True, nogil=True)
def count_readers(kind: Array, fanins: Array, readers: Array) -> None:
    """Add to ``readers``, int32: given how often roots read each node, how often gates that the roots need do."""
    for node in range(len(kind) - 1, -1, -1):
        if readers[node] and kind[node] >= AND:
            for i in range(3):
                if fanins[node, i] >= 0:
                    readers[fanins[node, i] >> 1] += 1


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
                _copy(cuts, base, before)
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
        _copy(cuts, row, before)
    while row > base:
        _copy(cuts, row - 1, row)
        row -= 1
    _copy(cuts, before, base)


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
                _copy(cuts, row, kept)
            kept += 1
    place = kept
    while place > base and _is_better(cuts.level, cuts.area, cuts.size, new, place - 1, goal):
        place -= 1
    if place == base + most:
        return most
    count = min(kept - base + 1, most)
    for row in range(base + count - 1, place, -1):
        _copy(cuts, row - 1, row)
    _copy(cuts, new, place)
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
def _copy(cuts: Cuts, source: int, target: int) -> None:
    for i in range(cuts.size[source]):
        cuts.leaves[target, i] = cuts.leaves[source, i]
    cuts.size[target] = cuts.size[source]
    cuts.sign[target] = cuts.sign[source]
    cuts.level[target] = cuts.level[source]
    cuts.area[target] = cuts.area[source]


@njit(cache=True, nogil=True)
def cover(roots: Array, stride: int, cuts: Cuts, required: Array) -> Array:
    """Choose the best cut of every node that the roots, or cuts chosen before, need.

    Args:
        roots: nodes.
        required: int32: filled with the level that each node must have at most for the cover to stay as deep as it
            is, NEVER outside of the cover.

    Returns:
        int32: how often each node is read in the cover.
    """
    nodes = len(required)
    readers = np.zeros(nodes, np.int32)
    required[:] = NEVER
    depth = 0
    for root in roots:
        readers[root] += 1
        if cuts.counts[root]:
            depth = max(depth, cuts.level[root * stride])
    for root in roots:
        required[root] = depth
    for node in range(nodes - 1, -1, -1):
        if readers[node] and cuts.counts[node]:
            row = node * stride
            for i in range(cuts.size[row]):
                leaf = cuts.leaves[row, i]
                readers[leaf] += 1
                required[leaf] = min(required[leaf], required[node] - 1)
    return readers


@njit(cache=True, nogil=True)
def recover_area(stride: int, cuts: Cuts, readers: Array, required: Array) -> None:
    """Give each node of a cover the one of its cuts, of those in time, that needs the fewest tables.

    Args:
        readers: of each node in the cover; changed as the cover changes.
    """
    stack = np.empty(len(required), np.int32)
    for node in range(len(required)):
        if not cuts.counts[node]:
            continue
        base = node * stride
        if not readers[node]:
            _set_level(cuts, base, stride)
            continue
        _count(cuts, base, stride, readers, -1, stack)
        best = base
        fewest = NEVER
        for row in range(base, base + cuts.counts[node]):
            _set_level(cuts, row, stride)
            if cuts.level[row] <= required[node]:
                tables = _count(cuts, row, stride, readers, 1, stack)
                _count(cuts, row, stride, readers, -1, stack)
                if tables < fewest or (tables == fewest and cuts.size[row] < cuts.size[best]):
                    best = row
                    fewest = tables
        if best != base:
            spare = len(required) * stride
            _copy(cuts, base, spare)
            _copy(cuts, best, base)
            _copy(cuts, spare, best)
        _count(cuts, base, stride, readers, 1, stack)


@njit(cache=True, nogil=True)
def _set_level(cuts: Cuts, row: int, stride: int) -> None:
    level = np.int32(0)
    for i in range(cuts.size[row]):
        leaf = cuts.leaves[row, i]
        if cuts.counts[leaf]:
            level = max(level, cuts.level[leaf * stride])
    cuts.level[row] = level + 1


@njit(cache=True, nogil=True)
def _count(cuts: Cuts, row: int, stride: int, readers: Array, step: int, stack: Array) -> int:
    """Add ``step`` (1 or -1) to the readers of a cut's leaves; return the tables that come or go with its own."""
    tables = 1
    depth = 0
    while True:
        for i in range(cuts.size[row]):
            leaf = cuts.leaves[row, i]
            readers[leaf] += step
            if readers[leaf] == (step > 0) and cuts.counts[leaf]:
                stack[depth] = leaf
                depth += 1
                tables += 1
        if not depth:
            return tables
        depth -= 1
        row = stack[depth] * stride


@njit(cache=True, nogil=True)
def write_tables(
    kind: Array, fanins: Array, stride: int, cuts: Cuts, readers: Array, roots: Array, place: Array, first: int
) -> tuple[Array, Array, Array, Array]:
    """Write the tables of a cover in the order of their nodes.

    A table takes complements of its leaves in, so that only complements that roots read need tables of their own.

    Args:
        readers: of each node in the cover, see :func:`cover`.
        roots: literals.
        place: int32, (nodes, 2): numbers in the network of each node and of its complement, -1 where it has none;
            those of inputs and registers are given, the others are filled in.
        first: number of the first table.

    Returns:
        fan-in offsets, fan-ins and truth tables as in :class:`.luts.LutNetwork`, and the node of each table.
    """
    nodes = len(kind)
    wanted = np.zeros((nodes, 2), np.bool_)
    for root in roots:
        wanted[root >> 1, root & 1] = True
    most = 0
    for node in range(nodes):
        if readers[node] and cuts.counts[node]:
            for i in range(cuts.size[node * stride]):
                wanted[cuts.leaves[node * stride, i], 0] = True
    for node in range(nodes):
        most += wanted[node, 0] + np.int64(wanted[node, 1])
    offsets = np.zeros(most + 1, np.int64)
    leaves = np.empty(MAX_LEAVES * most, np.int32)
    truth = np.empty(most, np.uint64)
    node_of = np.empty(most, np.int32)
    values = np.zeros(nodes, np.uint64)
    made_for = np.full(nodes, -1, np.int32)
    stack = np.empty(nodes, np.int32)
    tables = 0
    for node in range(nodes):
        row = node * stride
        for inverted in range(2):
            if not wanted[node, inverted] or place[node, inverted] >= 0:
                continue
            end = offsets[tables]
            if cuts.counts[node]:
                size = np.int64(cuts.size[row])
                for i in range(size):
                    leaves[end + i] = place[cuts.leaves[row, i], 0]
                value = _function(kind, fanins, node, cuts.leaves[row, :size], values, made_for, stack)
            else:
                size = np.int64(node > 0)
                if node > 0:
                    leaves[end] = place[node, 0]
                value = _VARIABLES[0] if node > 0 else np.uint64(0)
            truth[tables] = ~value if inverted else value
            node_of[tables] = node
            place[node, inverted] = first + tables
            tables += 1
            offsets[tables] = end + size
    return (
        offsets[: tables + 1].copy(),
        leaves[: offsets[tables]].copy(),
        truth[:tables].copy(),
        node_of[:tables].copy(),
    )


@njit(cache=True, nogil=True)
def _function(
    kind: Array, fanins: Array, root: int, leaves: Array, values: Array, made_for: Array, stack: Array
) -> np.uint64:
    """Return the truth table of a node in its leaves.

    Args:
        values: uint64, (nodes,): truth tables of nodes,
        made_for: int32, (nodes,): and the root that each was last computed for.
        stack: int32, (nodes,): scratch.
    """
    values[0] = 0
    made_for[0] = root
    for i in range(len(leaves)):
        values[leaves[i]] = _VARIABLES[i]
        made_for[leaves[i]] = root
    stack[0] = root
    depth = 1
    while depth:
        node = stack[depth - 1]
        missing = -1
        for i in range(3 if kind[node] == MUX else 2):
            fanin = fanins[node, i] >> 1
            if made_for[fanin] != root:
                missing = fanin
        if missing >= 0:
            stack[depth] = missing
            depth += 1
            continue
        depth -= 1
        a, b = _value(values, fanins[node, 0]), _value(values, fanins[node, 1])
        if kind[node] == AND:
            values[node] = a & b
        elif kind[node] == XOR:
            values[node] = a ^ b
        else:
            values[node] = (a & b) | (~a & _value(values, fanins[node, 2]))
        made_for[node] = root
    return values[root]


@njit(cache=True, nogil=True)
def _value(values: Array, literal: int) -> np.uint64:
    value = values[literal >> 1]
    return ~value if literal & 1 else value
