"""A tree of modules into one flat netlist: instances copied, nets joined through ports and assignments.

Module instances are laid out level by level below the top (breadth first), each with its own copy of its module's
bits. Two bits that a port or an assignment connects are one net (union by least number), so a net takes the name that
stands highest in the hierarchy, and there the one of a port.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from edasat.core.names import Names

from .constants import OPEN, ZERO
from .limits import MAX_BYTES, check_size

Int32 = npt.NDArray[np.int32]
Int64 = npt.NDArray[np.int64]

_OPENING, _CLOSING, _SLASH, _DIGIT = b"[]/0"


class Scopes(NamedTuple):
    """The instances of modules, the top first, parents before children.

    Attributes:
        module: int32, (num_scopes,): module of each.
        parent: int32, (num_scopes,): scope that holds it, -1 for the top.
        child: int32, (num_scopes,): row of its instance among those of modules, -1 for the top.
        prefix: Names: its path with a final ``/``, empty for the top.
        bit_base: int64, (num_scopes + 1,): number of its first bit in the flat numbering.
    """

    module: Int32
    parent: Int32
    child: Int32
    prefix: Names
    bit_base: Int64


def gather_ranges(offsets: Int64, rows: npt.NDArray[np.integer[Any]]) -> tuple[Int64, Int64]:
    """Return the numbers in ``offsets[r]:offsets[r + 1]`` for all ``rows``, and for each its position in ``rows``.

    >>> [a.tolist() for a in gather_ranges(np.array([0, 2, 2, 5]), np.array([2, 0]))]
    [[2, 3, 4, 0, 1], [0, 0, 0, 1, 1]]
    """
    counts = offsets[rows + 1] - offsets[rows]
    owner = np.repeat(np.arange(len(rows)), counts)
    ends = np.cumsum(counts)
    return np.arange(len(owner)) - (ends - counts)[owner] + offsets[rows][owner], owner


@njit(cache=True)
def align(expr: Any, width: Any, offsets: Any, bits: Any, out: Any) -> None:
    """Write the bits of expressions at given widths, one behind the other, aligned at the right.

    Args:
        expr: int32, (n,): expressions, -1 for none.
        width: int32, (n,): bits wanted. Missing ones are ZERO if the expression begins with a constant, else OPEN.
        offsets, bits: of all expressions.
        out: int32, (sum of width,).
    """
    at = 0
    for row in range(len(expr)):
        wanted = width[row]
        if expr[row] < 0:
            for place in range(wanted):
                out[at + place] = OPEN
        else:
            start = offsets[expr[row]]
            found = offsets[expr[row] + 1] - start
            missing = wanted - found
            for place in range(wanted):
                if place >= missing:
                    out[at + place] = bits[start + place - missing]
                else:
                    out[at + place] = ZERO if bits[start] <= ZERO else OPEN
        at += wanted


@njit(cache=True)
def find(parent: Any, net: int) -> int:
    """Return the representative of a net, halving the path to it."""
    while parent[net] != net:
        parent[net] = parent[parent[net]]
        net = parent[net]
    return net


@njit(cache=True)
def _union(parent: Any, a: int, b: int) -> None:
    a = find(parent, a)
    b = find(parent, b)
    if a < b:
        parent[b] = a
    else:
        parent[a] = b


@njit(cache=True)
def join_nets(
    parent: Any,
    value: Any,
    base: Any,
    scope_module: Any,
    scope_parent: Any,
    scope_child: Any,
    child_offsets: Any,
    child_inner: Any,
    child_outer: Any,
    assign_offsets: Any,
    assign_left: Any,
    assign_right: Any,
) -> int:
    """Join what ports and assignments connect; return a bit that is tied to 0 and to 1, -1 if there is none.

    Args:
        parent: int32, (num_bits,): the forest of the union-find, every bit its own root at first.
        value: int8, (num_bits,): 0, 1 or -1; at the end right for all roots.
        base, scope_*: see :class:`Scopes`.
        child_offsets, child_inner, child_outer: by instance of a module, bits of its ports inside and outside.
        assign_offsets, assign_left, assign_right: by module, bits that are assigned to one another.
    """
    for constants in (False, True):  # all joins first, so that a tie reaches the whole net
        for s in range(len(scope_module)):
            here = base[s]
            m = scope_module[s]
            for row in range(assign_offsets[m], assign_offsets[m + 1]):
                left = here + assign_left[row]
                right = np.int64(assign_right[row])
                if right >= 0 and not constants:
                    _union(parent, left, here + right)
                elif right <= ZERO and constants and not _tie(parent, value, left, right):
                    return left
            if scope_child[s] < 0:
                continue
            outside = base[scope_parent[s]]
            for row in range(child_offsets[scope_child[s]], child_offsets[scope_child[s] + 1]):
                inner = here + child_inner[row]
                outer = np.int64(child_outer[row])
                if outer >= 0 and not constants:
                    _union(parent, inner, outside + outer)
                elif outer <= ZERO and constants and not _tie(parent, value, inner, outer):
                    return inner
        if not constants:
            for bit in range(len(value)):
                if value[bit] >= 0 and not _tie(parent, value, bit, ZERO - value[bit]):
                    return bit
    return -1


@njit(cache=True)
def _tie(parent: Any, value: Any, bit: int, constant: int) -> bool:
    """Tie the net of a bit to ZERO or ONE; return False if it is tied to the other one."""
    root = find(parent, bit)
    wanted = ZERO - constant
    if value[root] >= 0 and value[root] != wanted:
        return False
    value[root] = wanted
    return True


@njit(cache=True)
def number_nets(parent: Any, net_of: Any) -> int:
    """Number the roots in order and write the net of each bit; return the number of nets."""
    nets = 0
    for bit in range(len(parent)):  # a root comes before all others of its net
        root = find(parent, bit)
        if root == bit:
            net_of[bit] = nets
            nets += 1
        else:
            net_of[bit] = net_of[root]
    return nets


@njit(cache=True)
def copy_rows(
    scope_module: Any, row_offsets: Any, row_bit: Any, base: Any, net_of: Any, constants: Any, out: Any
) -> None:
    """Write the nets of all instance pins: the rows of its module for each scope, in its own bits.

    ``constants`` are the nets for ZERO and ONE.
    """
    at = 0
    for s in range(len(scope_module)):
        for row in range(row_offsets[scope_module[s]], row_offsets[scope_module[s] + 1]):
            bit = row_bit[row]
            out[at] = net_of[base[s] + bit] if bit >= 0 else -1 if bit == OPEN else constants[ZERO - bit]
            at += 1


@njit(cache=True)
def _digits(value: int) -> int:
    count = 1
    while value >= 10:
        value //= 10
        count += 1
    return count


@njit(cache=True)
def _lengths(
    prefix_offsets: Any, scope: Any, text_offsets: Any, symbol: Any, index: Any, slash: int, offsets: Any
) -> None:
    offsets[0] = 0
    for i in range(len(symbol)):
        length = prefix_offsets[scope[i] + 1] - prefix_offsets[scope[i]] + slash
        length += text_offsets[symbol[i] + 1] - text_offsets[symbol[i]]
        if index[i] >= 0:
            length += _digits(index[i]) + 2
        offsets[i + 1] = offsets[i] + length


@njit(cache=True)
def _write(
    prefix: Any,
    prefix_offsets: Any,
    scope: Any,
    text: Any,
    text_offsets: Any,
    symbol: Any,
    index: Any,
    slash: int,
    blob: Any,
) -> None:
    at = 0
    for i in range(len(symbol)):
        for k in range(prefix_offsets[scope[i]], prefix_offsets[scope[i] + 1]):
            blob[at] = prefix[k]
            at += 1
        for k in range(text_offsets[symbol[i]], text_offsets[symbol[i] + 1]):
            blob[at] = text[k]
            at += 1
        number = index[i]
        if number >= 0:
            digits = _digits(number)
            blob[at] = _OPENING
            for k in range(digits):
                blob[at + digits - k] = _DIGIT + number % 10
                number //= 10
            blob[at + digits + 1] = _CLOSING
            at += digits + 2
        if slash:
            blob[at] = _SLASH
            at += 1


def spell(prefix: Names, scope: Int32, symbols: Names, symbol: Int32, index: Int32, *, slash: bool = False) -> Names:
    """Return canonical names: ``prefix[scope]``, then the symbol, then ``[index]`` if that is not negative.

    Args:
        prefix: paths of the scopes.
        scope, symbol, index: int32, (n,).
        slash: end each name in ``/``, which makes it a prefix itself.

    Raises:
        LimitError: for more than 2^31 - 1 bytes of names.

    >>> one, two = np.array([0, 0], np.int32), np.array([0, 1], np.int32)
    >>> spell(Names.of(["u1/"]), one, Names.of(["a", "b"]), two, np.array([-1, 12], np.int32)).to_list()
    ['u1/a', 'u1/b[12]']
    """
    offsets = np.empty(len(symbol) + 1, np.int64)
    _lengths(prefix.offsets, scope, symbols.offsets, symbol, index, int(slash), offsets)
    check_size("", int(offsets[-1]), "bytes of hierarchical names", MAX_BYTES)
    blob = np.empty(int(offsets[-1]), np.uint8)
    _write(prefix.blob, prefix.offsets, scope, symbols.blob, symbols.offsets, symbol, index, int(slash), blob)
    return Names(blob, offsets)
