"""Compiled construction of the gates of words that are no registers."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

from .gate_design import (
    LARGEST_MEMORY,
    LEFT_OUT,
    OUT,
    TAIL,
    Flat,
    Progress,
    extended,
    read,
    width_of,
)
from .gate_kernels import (
    FALSE,
    INPUT,
    REGISTER,
    TRUE,
    UNDECIDED,
    Gates,
    and_gate,
    chosen,
    constant,
    decoded,
    divide,
    inverted,
    less,
    mux_gate,
    negated_if,
    new_node,
    or_gate,
    reduce_and,
    reduce_or,
    reduce_xor,
    shift_either_way,
    shift_left,
    shift_right,
    xor_gate,
)
from .gate_sums import sum_of
from .operations import OP, PORT

Array = npt.NDArray[Any]

_MUL, _MEMRD, _SUB, _DIV, _SHIFTX = (constant(OP[name]) for name in ("mul", "memrd", "sub", "div", "shiftx"))
_SHL, _EQ, _ADD, _MOD, _PMUX = (constant(OP[name]) for name in ("shl", "eq", "add", "mod", "pmux"))
_AND, _OR, _XNOR, _XOR, _LE = (constant(OP[name]) for name in ("and", "or", "xnor", "xor", "le"))
_GE, _MUX, _TRIBUF, _BMUX, _DEMUX = (constant(OP[name]) for name in ("ge", "mux", "tribuf", "bmux", "demux"))
_MEMWR, _REDUCE_XNOR, _NE, _LT, _SSHL = (constant(OP[name]) for name in ("memwr", "reduce_xnor", "ne", "lt", "sshl"))
_SSHR, _SHIFT, _NOT, _BUF, _NEG = (constant(OP[name]) for name in ("sshr", "shift", "not", "buf", "neg"))
_REDUCE_AND, _REDUCE_OR, _REDUCE_BOOL, _REDUCE_XOR, _LOGIC_NOT = (
    constant(OP[name]) for name in ("reduce_and", "reduce_or", "reduce_bool", "reduce_xor", "logic_not")
)
_LOGIC_AND, _LOGIC_OR, _POW = (constant(OP[name]) for name in ("logic_and", "logic_or", "pow"))
_A, _B, _SELECT, _ADDRESS, _DATA = (constant(PORT[name]) for name in ("a", "b", "select", "address", "data"))


@njit(cache=True, nogil=True)
def _bitwise(gates: Gates, op: int, a: Array, b: Array) -> Array:
    result = np.empty(len(a), np.int64)
    for i in range(len(a)):
        if op == _AND:
            result[i] = and_gate(gates, a[i], b[i])
        elif op == _OR:
            result[i] = or_gate(gates, a[i], b[i])
        else:
            result[i] = xor_gate(gates, a[i], b[i]) ^ (1 if op == _XNOR else 0)
    return result


@njit(cache=True, nogil=True)
def _compare(gates: Gates, op: int, a: Array, b: Array, signed: int) -> int:
    width = max(len(a), len(b))
    a, b = extended(a, width, signed), extended(b, width, signed)
    if op in (_EQ, _NE):
        return reduce_or(gates, _bitwise(gates, _XOR, a, b)) ^ (1 if op == _EQ else 0)
    if signed and width:
        a[-1], b[-1] = max(b[-1], 0), max(a[-1], 0)  # offset binary: both signs inverted, or swapped
    if op in (_LT, _LE):
        return less(gates, a, b, TRUE if op == _LE else FALSE)
    return less(gates, b, a, TRUE if op == _GE else FALSE)


@njit(cache=True, nogil=True)
def _shifted(gates: Gates, op: int, a: Array, b: Array, width: int, signed: int, either_way: int) -> Array:
    if op in (_SHL, _SSHL):
        return shift_left(gates, extended(a, width, signed), b)
    wide = extended(a, max(len(a), width), signed)
    fill = FALSE
    if op == _SSHR and signed and len(a):
        fill = max(wide[-1], 0)
    elif op == _SHIFTX:
        fill = UNDECIDED
    if either_way and (op in (_SHIFT, _SHIFTX)):
        return shift_either_way(gates, wide, b, fill)[:width]
    return shift_right(gates, wide, b, fill)[:width]


@njit(cache=True, nogil=True)
def _quotient(gates: Gates, op: int, a: Array, b: Array, width: int, signed: int) -> Array:
    common = max(len(a), len(b), width)
    a, b = extended(a, common, signed), extended(b, common, signed)
    if not signed:
        quotient, rest = divide(gates, a, b)
        return quotient[:width] if op == _DIV else rest[:width]
    minus_a, minus_b = a[-1], b[-1]
    quotient, rest = divide(gates, negated_if(gates, a, minus_a), negated_if(gates, b, minus_b))
    if op == _DIV:
        return negated_if(gates, quotient, xor_gate(gates, minus_a, minus_b))[:width]
    return negated_if(gates, rest, minus_a)[:width]


@njit(cache=True, nogil=True)
def _selected(gates: Gates, op: int, a: Array, b: Array, select: Array) -> Array:
    """Return the output of a multiplexer or its like."""
    width = len(a)
    result = np.empty(width, np.int64)
    if op == _MUX:
        for i in range(width):
            result[i] = mux_gate(gates, select[0], b[i], a[i])
        return result
    if op == _TRIBUF:
        return a
    if op == _BMUX:
        count = np.int64(1) << min(len(select), 20)
        return chosen(gates, a.reshape(count, width // count), select)
    if op == _DEMUX:
        found = decoded(gates, select, np.int64(1) << min(len(select), 20))
        result = np.empty(width * len(found), np.int64)
        for number in range(len(found)):
            for i in range(width):
                result[number * width + i] = and_gate(gates, found[number], a[i])
        return result
    return _parallel(gates, a, b, select)


@njit(cache=True, nogil=True)
def _parallel(gates: Gates, a: Array, b: Array, select: Array) -> Array:
    """Return the output of a multiplexer with a select bit per case, at most one of which is set.

    Cases of equal data are one, and those that give the default are none, as ``opt_reduce`` leaves them; so is it for
    every single bit.
    """
    width, cases = len(a), len(select)
    group = np.empty(cases, np.int64)  # number of the first case of equal data
    merged = np.zeros(cases, np.int64)  # of the first cases: whether any case of the group is selected
    for case in range(cases):
        data = b[case * width : (case + 1) * width]
        group[case] = cases if (data == a).all() or (data < 0).all() else case
        for first in range(case):
            if group[first] == first and (b[first * width : (first + 1) * width] == data).all():
                group[case] = first
                break
        if group[case] < cases:
            merged[group[case]] = or_gate(gates, merged[group[case]], select[case])
    chosen_ones = np.array([merged[case] for case in range(cases) if group[case] == case], np.int64)
    kept = [case for case in range(cases) if group[case] == case]
    none = reduce_or(gates, chosen_ones) ^ 1
    result = np.empty(width, np.int64)
    parts = np.empty(len(kept) + 1, np.int64)
    for i in range(width):
        count = 0
        used = np.zeros(len(kept) + 1, np.bool_)
        for one in range(len(kept) + 1):
            value = a[i] if one == len(kept) else b[kept[one] * width + i]
            if used[one] or value <= 0:
                continue
            any_of = none if one == len(kept) else merged[kept[one]]
            for other in range(one + 1, len(kept) + 1):
                if (a[i] if other == len(kept) else b[kept[other] * width + i]) == value:
                    used[other] = True
                    any_of = or_gate(gates, any_of, none if other == len(kept) else merged[kept[other]])
            parts[count] = and_gate(gates, any_of, value)
            count += 1
        result[i] = reduce_or(gates, parts[:count].copy())
    return result


@njit(cache=True, nogil=True)
def memory_values(gates: Gates, flat: Flat, done: Progress, memory: int) -> Array:
    """Return the literals of a flat memory, (depth, width): registers, or constants where nothing writes it."""
    word = np.int64(flat.word[memory])
    depth, width = np.int64(flat.depth[word]), np.int64(flat.memory_width[word])
    values = np.full((depth, width), UNDECIDED, np.int64)
    written = False
    for port in range(flat.memory_offsets[word], flat.memory_offsets[word + 1]):
        written |= flat.op[flat.memory_ports[port]] == _MEMWR
    if written:
        if done.register_of[memory] < 0:
            # the registers belong to the memory, not to the port that is built
            building, gates.counts[1] = gates.counts[1], word
            done.register_of[memory] = gates.counts[0]
            for _ in range(depth * width):
                new_node(gates, REGISTER)
            gates.counts[1] = building
            done.queue[done.counts[TAIL]] = memory
            done.counts[TAIL] += 1
        first = done.register_of[memory]
        for i in range(depth):
            for j in range(width):
                values[i, j] = 2 * (first + i * width + j)
        return values
    for port in range(flat.memory_offsets[word], flat.memory_offsets[word + 1]):
        item = np.int64(flat.first[memory] + flat.memory_ports[port])
        address, data = read(gates, flat, done, item, _ADDRESS), read(gates, flat, done, item, _DATA)
        start = 0
        for i in range(min(len(address), 31)):
            start |= (1 if address[i] == 1 else 0) << i
        for i in range(len(data)):
            row = start + i // width
            if 0 <= row < depth:
                values[row, i % width] = data[i]
    return values


@njit(cache=True, nogil=True)
def _unknown(gates: Gates, done: Progress, width: int) -> Array:
    """Return fresh inputs for a word whose content is not built."""
    done.counts[LEFT_OUT] += 1
    result = np.empty(width, np.int64)
    for i in range(width):
        result[i] = new_node(gates, INPUT)
    return result


@njit(cache=True, nogil=True)
def value_of(gates: Gates, flat: Flat, done: Progress, item: int) -> Array:
    """Return the output of a flat word that is no register."""
    word = np.int64(flat.word[item])
    op, signed = np.int64(flat.op[word]), np.int64(flat.signed[word])
    width = width_of(flat, word, OUT)
    if op in (_ADD, _SUB, _MUL):
        return sum_of(gates, flat, done, item)
    one = np.zeros(width, np.int64)
    if op == _MEMRD:
        memory = flat.memory[word]
        if memory < 0 or np.int64(flat.depth[memory]) * flat.memory_width[memory] > LARGEST_MEMORY:
            return _unknown(gates, done, width)
        values = memory_values(gates, flat, done, np.int64(flat.first[item] + memory))
        return chosen(gates, values, read(gates, flat, done, item, _ADDRESS))
    a = read(gates, flat, done, item, _A)
    b = read(gates, flat, done, item, _B)
    if op in (_AND, _OR, _XOR, _XNOR):
        return _bitwise(gates, op, extended(a, width, signed), extended(b, width, signed))
    if op == _NOT:
        return inverted(extended(a, width, signed))
    if op == _BUF:
        return extended(a, width, signed)
    if op == _NEG:
        return negated_if(gates, extended(a, width, signed), TRUE)
    if op >= _EQ and op <= _GE:
        one[0] = _compare(gates, op, a, b, signed)
        return one
    if op == _REDUCE_AND:
        one[0] = reduce_and(gates, a)
        return one
    if op in (_REDUCE_OR, _REDUCE_BOOL):
        one[0] = reduce_or(gates, a)
        return one
    if op in (_REDUCE_XOR, _REDUCE_XNOR):
        one[0] = reduce_xor(gates, a) ^ (1 if op == _REDUCE_XNOR else 0)
        return one
    if op == _LOGIC_NOT:
        one[0] = reduce_or(gates, a) ^ 1
        return one
    if op == _LOGIC_AND:
        one[0] = and_gate(gates, reduce_or(gates, a), reduce_or(gates, b))
        return one
    if op == _LOGIC_OR:
        one[0] = or_gate(gates, reduce_or(gates, a), reduce_or(gates, b))
        return one
    if op >= _SHL and op <= _SHIFTX:
        return _shifted(gates, op, a, b, width, signed, np.int64(flat.signed_amount[word]))
    if op in (_DIV, _MOD):
        return _quotient(gates, op, a, b, width, signed)
    if op in (_MUX, _PMUX, _BMUX, _DEMUX, _TRIBUF):
        return _selected(gates, op, a, b, read(gates, flat, done, item, _SELECT))
    if op == _POW and len(a) and a[0] == 0 and len(a) > 1 and a[1] == 1 and (a[2:] == 0).all():  # 2 ** b
        power = np.zeros(width, np.int64)
        power[0] = 1
        return shift_left(gates, power, b)
    return _unknown(gates, done, width)
