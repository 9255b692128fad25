"""Constant expressions, compiled: numbers, parameters and loop variables by operator precedence.

Values are doubles: exact up to 2**53, which no width or count exceeds. What is not constant is nan.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numba import njit

from .columns import ModuleText, Scope
from .vocabulary import ID, USED, VOCABULARY

_SIZED, _NUMBER, _REAL = ID["[sized number]"], ID["[number]"], ID["[real]"]
_OPEN, _CLOSE, _QUESTION, _COLON = ID["("], ID[")"], ID["?"], ID[":"]
_SIGNED, _CLOG2 = ID["$signed"], ID["$clog2"]
_POWER, _LAST_BINARY = ID["**"], ID["||"]
_TIMES, _DIVIDE, _MODULO, _PLUS, _MINUS = ID["*"], ID["/"], ID["%"], ID["+"], ID["-"]
_SHL, _SHR, _ASHL, _ASHR = ID["<<"], ID[">>"], ID["<<<"], ID[">>>"]
_LESS, _LESS_EQUAL, _GREATER, _GREATER_EQUAL = ID["<"], ID["<="], ID[">"], ID[">="]
_EQUAL, _LAST_EQUALITY = ID["=="], ID["!=?"]
_AND, _XOR, _OR, _LOGICAL_AND, _LOGICAL_OR = ID["&"], ID["^"], ID["|"], ID["&&"], ID["||"]
_NOT, _UPLUS, _UMINUS = ID["!"], ID["u+"], ID["u-"]

#: Precedence by entry (IEEE Std 1364-2005, table 5-4), 0 for what is no operator.
PRECEDENCE: Final = np.zeros(len(VOCABULARY), np.int8)
for _rank, _row in enumerate(("||", "&&", "|", "^ ~^", "&", "== != === !== ==? !=?", "< <= > >=", "<< >> <<< >>>",
                              "+ -", "* / %", "**", "! ~ u+ u- u& u~& u| u~| u^ u~^")):  # fmt: skip
    for _word in _row.split():
        PRECEDENCE[ID[_word]] = _rank + 3
TERNARY: Final = 2
UNARY: Final = int(PRECEDENCE[_NOT])
#: Unary reading of an operator, -1 where it has none.
AS_UNARY: Final = np.full(len(VOCABULARY), -1, np.int16)
for _word, _unary in {"+": "u+", "-": "u-", "&": "u&", "|": "u|", "^": "u^", "~^": "u~^", "!": "!", "~": "~",
                      "u~&": "u~&", "u~|": "u~|"}.items():  # fmt: skip
    AS_UNARY[ID[_word]] = ID[_unary]

_DEEPEST: Final = 64  # operators that wait at a time


@njit(cache=True)
def bits_for(value: float) -> float:
    """Return the bits that a number needs, at least 1."""
    if not 1 <= value <= 1e300:
        return 1.0
    return math.floor(math.log2(value)) + 1.0


@njit(cache=True)
def ceil_log2(value: float) -> float:
    """Return what ``$clog2`` gives."""
    if not value >= 0:
        return np.nan
    return math.ceil(math.log2(value)) if value > 1 else 0.0


@njit(cache=True)
def binary_value(operator: int, a: float, b: float) -> float:
    """Return what an operator makes of two constants, nan if it cannot be told."""
    if operator == _PLUS:
        return a + b
    if operator == _MINUS:
        return a - b
    if operator == _TIMES:
        return a * b
    if operator == _DIVIDE:
        return math.trunc(a / b) if b != 0 else np.nan
    if operator == _MODULO:
        return a - b * math.trunc(a / b) if b != 0 else np.nan
    if operator == _POWER:
        return a**b if abs(a) <= 64 and 0 <= b <= 128 else np.nan
    if operator in (_SHL, _ASHL):
        return a * 2.0**b if 0 <= b <= 512 else np.nan
    if operator in (_SHR, _ASHR):
        return math.floor(a / 2.0**b) if 0 <= b <= 512 else np.nan
    if operator == _LESS:
        return 1.0 if a < b else 0.0
    if operator == _GREATER:
        return 1.0 if a > b else 0.0
    if operator == _LESS_EQUAL:
        return 1.0 if a <= b else 0.0
    if operator == _GREATER_EQUAL:
        return 1.0 if a >= b else 0.0
    if _EQUAL <= operator <= _LAST_EQUALITY:
        return 1.0 if (a == b) == ((operator - _EQUAL) % 2 == 0) else 0.0
    if operator == _LOGICAL_AND:
        return 1.0 if a != 0 and b != 0 else 0.0
    if operator == _LOGICAL_OR:
        return 1.0 if a != 0 or b != 0 else 0.0
    if abs(a) < 2.0**62 and abs(b) < 2.0**62:
        if operator == _AND:
            return float(int(a) & int(b))
        if operator == _OR:
            return float(int(a) | int(b))
        if operator == _XOR:
            return float(int(a) ^ int(b))
    return np.nan


@njit(cache=True)
def unary_value(operator: int, a: float) -> float:
    """Return what a unary operator makes of a constant; the width that ``~`` would need is not known here."""
    if operator == _UMINUS:
        return -a
    if operator == _UPLUS:
        return a
    if operator == _NOT and not math.isnan(a):
        return 1.0 if a == 0 else 0.0
    return np.nan


@njit(cache=True)
def evaluate(text: ModuleText, scope: Scope, begin: int, end: int) -> float:
    """Return the value of the expression ``text[begin:end]``, nan if it is none or not constant."""
    values = np.empty(_DEEPEST)
    operators, rank, height = np.empty(_DEEPEST, np.int32), np.empty(_DEEPEST, np.int32), np.empty(_DEEPEST, np.int32)
    count, depth = 0, 0
    logarithm = False  # the next bracket belongs to a function that takes a logarithm
    wants_operand = True
    for i in range(begin, end):
        entry = text.entry[i]
        if depth >= _DEEPEST - 1 or count >= _DEEPEST - 1 or entry < 0:
            return np.nan
        if wants_operand:
            if (entry == USED and scope[text.symbol[i]].log2) or entry == _CLOG2:
                logarithm = True
            elif entry in (USED, _NUMBER, _SIZED, _REAL):
                value = scope[text.symbol[i]].value if entry == USED else text.value[i]
                if math.isnan(value):
                    return np.nan
                values[count] = value
                count += 1
                wants_operand = False
            elif entry == _OPEN or AS_UNARY[entry] >= 0:
                operators[depth] = _CLOG2 if logarithm else entry if entry == _OPEN else AS_UNARY[entry]
                rank[depth] = -1 if entry == _OPEN else UNARY
                height[depth] = count
                depth += 1
                logarithm = False
            elif not _SIGNED <= entry < _CLOG2:
                return np.nan
            continue
        precedence = TERNARY if entry == _QUESTION else int(PRECEDENCE[entry])
        if precedence == 0 and entry not in (_COLON, _CLOSE):
            return np.nan
        limit = TERNARY + 1 if entry in (_QUESTION, _COLON) else precedence
        while depth and (rank[depth - 1] >= max(limit, 1) or (entry == _COLON and operators[depth - 1] == _COLON)):
            depth -= 1
            count = _reduce(values, count, operators[depth])
        if entry == _CLOSE:
            if depth == 0 or rank[depth - 1] >= 0 or count != height[depth - 1] + 1:
                return np.nan
            depth -= 1
            if operators[depth] == _CLOG2:
                values[count - 1] = ceil_log2(values[count - 1])
        elif entry == _COLON:
            if depth == 0 or operators[depth - 1] != _QUESTION:
                return np.nan
            operators[depth - 1] = _COLON
            wants_operand = True
        else:
            operators[depth], rank[depth], height[depth] = entry, precedence, count
            depth += 1
            wants_operand = True
    while depth:
        depth -= 1
        if rank[depth] < 0 or operators[depth] == _QUESTION:
            return np.nan
        count = _reduce(values, count, operators[depth])
    return values[0] if count == 1 and not wants_operand else np.nan


@njit(cache=True)
def _reduce(values: np.ndarray, count: int, operator: int) -> int:
    """Apply an operator to the topmost values and return how many are left."""
    if PRECEDENCE[operator] == UNARY:
        values[count - 1] = unary_value(operator, values[count - 1])
        return count
    if operator == _COLON:
        values[count - 3] = values[count - 2] if values[count - 3] != 0 else values[count - 1]
        return count - 2
    values[count - 2] = binary_value(operator, values[count - 2], values[count - 1])
    return count - 1
