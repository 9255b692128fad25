"""Balancing of gates: chains of ANDs, and of XORs, become trees of the least depth.

How deep a chain is tells how the Verilog was written, not how it will be built: synthesis balances, and so must
whoever predicts its result.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

from .gate_kernels import AND, CONSTANT, MUX, XOR, Gates, and_gate, mux_gate, new_gates, new_node, xor_gate
from .gate_network import GateNetwork
from .lut_cover import count_readers

Array = npt.NDArray[Any]


def balance(gates: GateNetwork) -> GateNetwork:
    """Return a network that does the same with balanced trees of ANDs and of XORs.

    A tree is made of gates of one kind that only the next one reads; its leaves are joined anew, the two of lowest
    level first, which no other order undercuts [Golumbic: "Combinatorial merging", IEEE Trans. Computers, 1976]. Gates
    that become equal are one. Nodes that nothing reads any more may stay.
    """
    kind, fanins = gates.kind, gates.fanins
    roots = np.concatenate([gates.outputs, gates.next_state, gates.controls]) >> 1
    readers = np.bincount(roots, minlength=len(kind)).astype(np.int32)
    count_readers(kind, fanins, readers)
    # A multiplexer may need two gates where its fan-ins have become equal or constant.
    made = new_gates(2 * len(kind))
    literal = np.zeros(len(kind), np.int64)
    _balance(kind, fanins, gates.word, readers, made, literal, np.zeros(len(made.kind), np.int32))
    count = int(made.counts[0])

    def moved(literals: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
        return (literal[literals >> 1] ^ (literals & 1)).astype(np.int32)

    return replace(
        gates,
        kind=made.kind[:count],
        fanins=made.fanins[:count],
        word=made.word[:count],
        registers=(literal[gates.registers] >> 1).astype(np.int32),
        next_state=moved(gates.next_state),
        outputs=moved(gates.outputs),
        controls=moved(gates.controls),
    )


@njit(cache=True, nogil=True)
def _balance(
    kind: Array, fanins: Array, word: Array, readers: Array, gates: Gates, literal: Array, level: Array
) -> None:
    """Build all nodes again, in their order; those inside of trees when their root's turn comes.

    Args:
        readers: of each node; gates without any are left out.
        gates: the new network.
        literal: int64, (nodes,): filled with what each node has become.
        level: int32, (nodes of the new network,): filled with their levels in two-input gates without XORs.
    """
    nodes = len(kind)
    inside = np.zeros(nodes, np.bool_)
    for node in range(nodes):
        if readers[node] and (kind[node] == AND or kind[node] == XOR):
            for i in range(2):
                fanin = fanins[node, i] >> 1
                if not fanins[node, i] & 1 and kind[fanin] == kind[node] and readers[fanin] == 1:
                    inside[fanin] = True
    heap = np.empty(nodes + 1, np.int64)
    stack = np.empty(nodes + 1, np.int32)
    for node in range(nodes):
        gates.counts[1] = word[node]
        if kind[node] == CONSTANT or inside[node]:
            continue
        if kind[node] < AND:
            literal[node] = new_node(gates, kind[node])
        elif readers[node] and kind[node] == MUX:
            first = gates.counts[0]
            select, one, zero = fanins[node]
            literal[node] = mux_gate(
                gates,
                literal[select >> 1] ^ (select & 1),
                literal[one >> 1] ^ (one & 1),
                literal[zero >> 1] ^ (zero & 1),
            )
            _set_levels(gates, first, level)
        elif readers[node]:
            leaves = 0
            stack[0] = node
            depth = 1
            while depth:
                depth -= 1
                gate = stack[depth]
                for i in range(2):
                    fanin = fanins[gate, i]
                    if inside[fanin >> 1]:
                        stack[depth] = fanin >> 1
                        depth += 1
                    else:
                        _push(heap, leaves, level, literal[fanin >> 1] ^ (fanin & 1))
                        leaves += 1
            while leaves > 1:
                first = gates.counts[0]
                a, b = _pop(heap, leaves), _pop(heap, leaves - 1)
                made = and_gate(gates, a, b) if kind[node] == AND else xor_gate(gates, a, b)
                _set_levels(gates, first, level)
                leaves -= 2
                _push(heap, leaves, level, made)
                leaves += 1
            literal[node] = _pop(heap, leaves)


@njit(cache=True, nogil=True)
def _set_levels(gates: Gates, first: int, level: Array) -> None:
    """Set the levels of the nodes from ``first`` on."""
    for node in range(first, gates.counts[0]):
        deepest = max(level[gates.fanins[node, 0] >> 1], level[gates.fanins[node, 1] >> 1])
        if gates.kind[node] == MUX:
            deepest = max(deepest, level[gates.fanins[node, 2] >> 1])
        level[node] = deepest + (1 if gates.kind[node] == AND else 2)


@njit(cache=True, nogil=True)
def _push(heap: Array, size: int, level: Array, literal: int) -> None:
    """Add a literal to a heap; those of lowest level come first, and of equal ones the lowest."""
    key = (np.int64(level[literal >> 1]) << 32) | literal
    child = size
    while child and heap[(child - 1) >> 1] > key:
        heap[child] = heap[(child - 1) >> 1]
        child = (child - 1) >> 1
    heap[child] = key


@njit(cache=True, nogil=True)
def _pop(heap: Array, size: int) -> int:
    """Take the first literal from a heap."""
    first = heap[0] & 0xFFFFFFFF
    key = heap[size - 1]
    parent, child = 0, 1
    while child < size - 1:
        child += child + 1 < size - 1 and heap[child + 1] < heap[child]
        if heap[child] >= key:
            break
        heap[parent] = heap[child]
        parent, child = child, 2 * child + 1
    heap[parent] = key
    return first
