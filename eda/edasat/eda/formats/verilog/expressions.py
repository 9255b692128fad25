"""Expressions and ranges of a netlist, compiled: tokens into parts.

An expression of a netlist is a net, some of its bits, a constant, or a concatenation. What nests are only
concatenations, and those are flattened while they are read, because ``{a, {2{b}}}`` says nothing but the order of its
parts.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from .constants import constant_width, decimal
from .messages import (
    E_DEEP,
    E_INDEX,
    E_NUMBER,
    E_REPLICATION,
    E_RTL,
    GROW,
    X_BRACE,
    X_BRACKET,
    X_COLON,
    X_NUMBER,
    X_OPERAND,
    X_OPERATOR,
)
from .scanner import (
    BRACE,
    BRACKET,
    COLON,
    COMMA,
    DOT,
    END_BRACE,
    END_BRACKET,
    IDENTIFIER,
    NUMBER,
    OPENING,
    START,
    STOP,
    SYMBOL,
)
from .statements import fail, unexpected
from .tables import (
    CONSTANT,
    DECL_LEFT,
    DECL_RANGE,
    DECL_RIGHT,
    DECLS,
    EXPR_FIRST,
    EXPR_PART,
    EXPR_STOP,
    EXPRS,
    LEFT,
    MAX_DEPTH,
    PART_LEFT,
    PART_RIGHT,
    PART_SYMBOL,
    PART_TOKEN,
    PARTS,
    PARTS_NEEDED,
    RIGHT,
    STACK,
    WHOLE,
)


@njit(cache=True)
def _bit_number(f: Any, i: int) -> int:
    """Return the number at token ``i``, -1 with a fault if there is none."""
    if f.kind[i] != NUMBER:  # a name there is a parameter
        return fail(f, E_RTL if f.kind[i] == IDENTIFIER else X_NUMBER, i)
    value = decimal(f.data, f.span[START, i], f.span[STOP, i])
    return value if value >= 0 else fail(f, E_INDEX, i)


@njit(cache=True)
def _selection(f: Any, i: int) -> int:
    """Read ``[5]`` or ``[7:4]`` from its bracket on into the state; return the token behind it, -1 with a fault."""
    f.state[LEFT] = _bit_number(f, i + 1)
    f.state[RIGHT] = f.state[LEFT]
    i += 2
    if f.state[LEFT] >= 0 and f.kind[i] == COLON:
        f.state[RIGHT] = _bit_number(f, i + 1)
        i += 2
    if f.state[RIGHT] < 0:
        return -1
    if f.kind[i] != END_BRACKET:
        return unexpected(f, i, X_BRACKET)
    if f.kind[i + 1] == BRACKET:  # an array
        return fail(f, E_RTL, i + 1)
    return i + 1


@njit(cache=True)
def read_ranges(f: Any) -> None:
    """Fill in the bounds of all declarations."""
    for row in range(f.state[DECLS]):
        f.state[LEFT] = WHOLE
        f.state[RIGHT] = WHOLE
        i = np.int64(f.rows[DECL_RANGE, row])
        if i >= 0:
            if f.kind[i + 2] == END_BRACKET:  # a range has two ends
                unexpected(f, i + 2, X_COLON)
                return
            if _selection(f, i) < 0:
                return
        f.rows[DECL_LEFT, row] = f.state[LEFT]
        f.rows[DECL_RIGHT, row] = f.state[RIGHT]


@njit(cache=True)
def _add_part(f: Any, symbol: int, token: int) -> None:
    row = f.state[PARTS]
    f.parts[PART_SYMBOL, row] = symbol
    f.parts[PART_LEFT, row] = f.state[LEFT]
    f.parts[PART_RIGHT, row] = f.state[RIGHT]
    f.parts[PART_TOKEN, row] = token
    f.state[PARTS] = row + 1


@njit(cache=True)
def _repeat_parts(f: Any, first: int, times: int) -> bool:
    """Append ``times - 1`` copies of the parts from row ``first`` on; False if there is no room for them."""
    length = f.state[PARTS] - first
    end = first + length * times
    f.state[PARTS_NEEDED] = end + f.kind.shape[0]  # what comes without repetition has at most a part for each token
    if f.state[PARTS_NEEDED] > f.parts.shape[1]:
        return False
    for row in range(f.state[PARTS], end):
        for column in range(f.parts.shape[0]):
            f.parts[column, row] = f.parts[column, row - length]
    f.state[PARTS] = end
    return True


@njit(cache=True)
def _operand(f: Any, i: int) -> int:
    """Read a net with its selection, or a constant, as one part; return the token behind it, -1 with a fault."""
    if f.kind[i] == NUMBER:
        if constant_width(f.data, f.span[START, i], f.span[STOP, i]) < 0:
            return fail(f, E_NUMBER, i)
        _add_part(f, np.int64(CONSTANT), i)
        return i + 1
    if f.kind[i] != IDENTIFIER:
        return fail(f, E_RTL, i) if f.kind[i] == OPENING else unexpected(f, i, X_OPERAND)
    token = i
    f.state[LEFT] = WHOLE
    f.state[RIGHT] = WHOLE
    i += 1
    if f.kind[i] == BRACKET:
        i = _selection(f, i)
        if i < 0:
            return -1
    if f.kind[i] == DOT:  # a name inside another module
        return fail(f, E_RTL, i)
    _add_part(f, np.int64(f.span[SYMBOL, token]), token)
    return i


@njit(cache=True)
def read_expressions(f: Any) -> None:
    """Read all expressions that the statements have noted."""
    for e in range(f.state[EXPRS]):
        f.rows[EXPR_PART, e] = f.state[PARTS]
        i = np.int64(f.rows[EXPR_FIRST, e])
        depth = 0
        while True:
            if f.kind[i] == BRACE:
                if depth == MAX_DEPTH:
                    fail(f, E_DEEP, i)
                    return
                times = 0  # not a replication
                if f.kind[i + 1] == NUMBER and f.kind[i + 2] == BRACE:
                    times = decimal(f.data, f.span[START, i + 1], f.span[STOP, i + 1])
                    if times < 1:
                        fail(f, E_REPLICATION, i + 1)
                        return
                    i += 2
                f.state[STACK + 2 * depth] = times
                f.state[STACK + 2 * depth + 1] = f.state[PARTS]
                depth += 1
                i += 1
                continue
            i = _operand(f, i)
            if i < 0:
                return
            while depth and f.kind[i] == END_BRACE:
                depth -= 1
                i += 1
                times = f.state[STACK + 2 * depth]
                if times and f.kind[i] != END_BRACE:
                    unexpected(f, i, X_BRACE)
                    return
                i += int(times > 0)
                if times > 1 and not _repeat_parts(f, f.state[STACK + 2 * depth + 1], times):
                    fail(f, GROW, i)
                    return
            if depth == 0:
                break
            if f.kind[i] != COMMA:
                unexpected(f, i, X_BRACE)
                return
            i += 1
        if i != f.rows[EXPR_STOP, e]:
            unexpected(f, i, X_OPERATOR)
            return
    f.rows[EXPR_PART, f.state[EXPRS]] = f.state[PARTS]
