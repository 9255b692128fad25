"""Compiled passes that choose cuts of gates until they cover a network, and make look-up tables of them."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt
from numba import njit

from .gate_kernels import AND, MUX, XOR
from .lut_cuts import Cuts, copy_cut
from .luts import MAX_INPUTS, VARIABLES

Array = npt.NDArray[Any]

#: Level that a node outside of the cover must arrive by.
NEVER: Final = 2**30


@njit(cache=True, nogil=True)
def count_readers(kind: Array, fanins: Array, readers: Array) -> None:
    """Add to ``readers``, int32: given how often roots read each node, how often gates that the roots need do."""
    for node in range(len(kind) - 1, -1, -1):
        if readers[node] and kind[node] >= AND:
            for i in range(3):
                if fanins[node, i] >= 0:
                    readers[fanins[node, i] >> 1] += 1


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
            copy_cut(cuts, base, spare)
            copy_cut(cuts, best, base)
            copy_cut(cuts, spare, best)
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
    leaves = np.empty(MAX_INPUTS * most, np.int32)
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
                value = VARIABLES[0] if node > 0 else np.uint64(0)
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
        values[leaves[i]] = VARIABLES[i]
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
