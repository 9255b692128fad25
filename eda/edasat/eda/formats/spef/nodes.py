"""Nodes while a SPEF file is scanned: numbers made of their names, and a hash table from these to rows.

A node's key is a symbol (net, instance or port), the kind of its suffix, and the suffix. The nodes of the net at hand
stand in an open-addressing table that is never cleared: a slot counts only if its row belongs to this net.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt
from numba import njit

from .record import NodeKind
from .tables import NET_NODES, NETS, NODES

# Where the parts of a key stand; a suffix takes the lowest 32 bits.
SYMBOL_SHIFT: Final = 34
SUFFIX_SHIFT: Final = 32
SUFFIX_NONE, SUFFIX_NUMBER, SUFFIX_PIN = range(3)


@njit(cache=True)
def find_row(key: int, start: int, nodes: Any, rows_of_keys: Any, used: int) -> tuple[int, int]:
    """Look a key up among the nodes ``start:used``; return its row, -1 for none, and the slot for it."""
    mask = len(rows_of_keys) - 1
    mixed = np.uint64(key) * np.uint64(0x9FB21C651E98DF25)
    slot = np.int64(mixed >> np.uint64(33)) & mask
    while True:
        row = rows_of_keys[slot]
        if row < start or row >= used:  # of another net: free
            return -1, int(slot)
        if nodes[row] == key:
            return row, int(slot)
        slot = (slot + 1) & mask


@njit(cache=True)
def node_row(key: int, start: int, nodes: Any, node_values: Any, rows_of_keys: Any, state: Any) -> int:
    """Return the row of a node of the net at hand, whose first one is ``start``; a new one if it was not there."""
    used = state[NODES]
    row, slot = find_row(key, start, nodes, rows_of_keys, used)
    if row < 0:
        row = used
        rows_of_keys[slot] = row
        nodes[row] = key
        node_values[row] = 0.0
        state[NODES] = row + 1
    return row


@njit(cache=True)
def is_foreign(first: int, second: int, net_symbol: int, start: int, nodes: Any, rows_of_keys: Any, used: int) -> bool:
    """Whether the second of two nodes belongs to the net at hand and the first does not."""
    if first >> SYMBOL_SHIFT == net_symbol or find_row(first, start, nodes, rows_of_keys, used)[0] >= 0:
        return False
    return second >> SYMBOL_SHIFT == net_symbol or find_row(second, start, nodes, rows_of_keys, used)[0] >= 0


@njit(cache=True)
def refill(tables: Any, rows_of_keys: Any, state: Any) -> None:
    """Enter the nodes of the net at hand into an empty hash table."""
    start = tables.nets[state[NETS] - 1, NET_NODES] if state[NETS] > 0 else 0
    for row in range(start, state[NODES]):
        _, slot = find_row(tables.nodes[row], start, tables.nodes, rows_of_keys, row)
        rows_of_keys[slot] = row


@njit(cache=True)
def find_others(nodes: Any, keys: Any, rows_of_keys: Any, found: Any) -> None:
    """Find the node of each key over all nets; the first one if several nets have it.

    Args:
        nodes: int64, (num_nodes,): keys of all nodes.
        keys: int64, (n,): what to look up.
        rows_of_keys: int32, (2^k,), at least twice the nodes; all -1.
        found: int32, (n,): takes rows, -1 for none.
    """
    for row in range(len(nodes)):
        known, slot = find_row(nodes[row], 0, nodes, rows_of_keys, row)
        if known < 0:
            rows_of_keys[slot] = row
    for i in range(len(keys)):
        found[i] = find_row(keys[i], 0, nodes, rows_of_keys, len(nodes))[0]


def split_keys(
    keys: npt.NDArray[np.int64],
) -> tuple[npt.NDArray[np.int8], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return :class:`NodeKind` by the suffix, symbol and suffix of each key."""
    kind_of_suffix = np.array([NodeKind.PORT, NodeKind.INTERNAL, NodeKind.PIN], np.int8)
    kind = kind_of_suffix[(keys >> SUFFIX_SHIFT) & 3]
    return kind, keys >> SYMBOL_SHIFT, keys & ((1 << SUFFIX_SHIFT) - 1)
