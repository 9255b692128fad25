"""What a module declares, compiled: roles, widths, words and values of its names.

Names are declared in the order of the text; a name that is local to a function hides nothing.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numba import njit

from .columns import ModuleText, Scope
from .constants import bits_for, evaluate
from .vocabulary import ID, ROLES, USED, VOCABULARY

_CLOSE, _BRACKET, _COMMA, _SEMICOLON, _COLON, _EQUALS = ID[")"], ID["["], ID[","], ID[";"], ID[":"], ID["="]
_FUNCTION, _TASK, _PARAMETER, _LOCALPARAM, _GENVAR, _INPUT = (
    ID["function"], ID["task"], ID["parameter"], ID["localparam"], ID["genvar"], ID["input"],
)  # fmt: skip
_OUTPUT, _INOUT, _REG, _LOGIC, _BIT, _AUTOMATIC, _SIGNED, _INTEGER = (
    ID["output"], ID["inout"], ID["reg"], ID["logic"], ID["bit"], ID["automatic"], ID["signed"], ID["integer"],
)  # fmt: skip

#: Types that declare, and the bits of those that have a size of their own.
_TYPES: Final = np.zeros(len(VOCABULARY), np.bool_)
for _word in ("input", "output", "inout", "parameter", "localparam", "wire", "reg", "logic", "bit", "tri", "supply0",
              "supply1", "wand", "wor", "integer", "genvar", "int", "byte", "shortint", "longint", "real", "time",
              "signed", "unsigned"):  # fmt: skip
    _TYPES[ID[_word]] = True
_SIZES: Final = np.ones(len(VOCABULARY))
for _word, _bits in {"integer": 32, "int": 32, "genvar": 32, "byte": 8, "shortint": 16, "longint": 64, "real": 64,
                     "time": 64}.items():  # fmt: skip
    _SIZES[ID[_word]] = _bits


_QUESTION = ID["?"]
_R = {role: number for number, role in enumerate(ROLES)}
_R_INPUT, _R_OUTPUT, _R_WIRE, _R_VARIABLE, _R_INTEGER, _R_GENVAR = (
    _R["input"], _R["output"], _R["wire"], _R["variable"], _R["integer"], _R["genvar"],
)  # fmt: skip
_R_CONSTANT, _R_FUNCTION = _R["constant"], _R["function"]
_MOST_BITS: Final = float(1 << 24)


@njit(cache=True)
def declare(text: ModuleText, scope: Scope, end: int, declared: Any) -> None:
    """Fill the scope from the declarations of a module.

    Args:
        text: the module.
        scope: filled.
        end: number of lexemes.
        declared: bool, (n,): set where a name is declared.
    """
    inside = 0  # behind this position no function is open
    i = 0
    while i < end:
        entry = text.entry[i]
        if entry in (_FUNCTION, _TASK):
            inside = text.match[i] if text.match[i] > i else i
            i = _function(text, scope, i + 1, end, declared)
            continue
        if entry < 0 or not _TYPES[entry]:
            i += 1
            continue
        i = _declaration(text, scope, i, end, i < inside, declared)


@njit(cache=True)
def _span(text: ModuleText, scope: Scope, i: int) -> tuple[float, int, float, float]:
    """Return the length of the range that opens at ``i``, the position behind it, and its two bounds."""
    close = text.match[i]
    if close < i:
        return 1.0, i + 1, 0.0, 0.0
    middle, questions = i + 1, 0  # the colon that belongs to no "c ? a : b"
    while middle < close and not (text.entry[middle] == _COLON and questions == 0):
        questions += (1 if text.entry[middle] == _QUESTION else 0) - (1 if text.entry[middle] == _COLON else 0)
        middle += 1
    high = evaluate(text, scope, i + 1, middle)
    if middle == close:  # [n] of SystemVerilog
        length = min(high, _MOST_BITS) if high > 0 else 1.0
        return length, close + 1, 0.0, length - 1
    low = evaluate(text, scope, middle + 1, close)
    length = abs(high - low) + 1
    if not length > 0:
        return 1.0, close + 1, 0.0, 0.0
    return min(length, _MOST_BITS), close + 1, high, low


@njit(cache=True)
def _function(text: ModuleText, scope: Scope, i: int, end: int, declared: Any) -> int:
    """Declare a function or task whose header begins at ``i``; return the position behind its name."""
    width = 1.0
    while i < end and (text.entry[i] == _AUTOMATIC or text.entry[i] == _BRACKET or _TYPES[text.entry[i]]):
        if text.entry[i] == _BRACKET:
            width, i, _, _ = _span(text, scope, i)
        else:
            width = max(width, _SIZES[text.entry[i]])
            i += 1
    if i < end and text.entry[i] == USED:
        name = text.symbol[i]
        scope[name].role, scope[name].width, declared[i] = _R_FUNCTION, width, True
        i += 1
    return i


@njit(cache=True)
def _declaration(text: ModuleText, scope: Scope, i: int, end: int, local: bool, declared: Any) -> int:
    """Declare the names of one declaration; return the position behind it."""
    role, width, packed = _R_WIRE, 1.0, 1.0
    low, rising, signed = 0.0, False, False
    while i < end and (_TYPES[text.entry[i]] or text.entry[i] == _BRACKET):
        entry = text.entry[i]
        if entry == _BRACKET:
            length, i, first, last = _span(text, scope, i)
            if packed == 1.0:
                low, rising = last, first < last
            else:  # several packed ranges: bits are numbered from 0
                low, rising = 0.0, False
            packed *= length
            continue
        width = max(width, _SIZES[entry])
        signed |= entry in (_SIGNED, _INTEGER)
        if entry in (_INPUT, _INOUT):
            role = _R_INPUT
        elif entry == _OUTPUT:
            role = _R_OUTPUT
        elif entry in (_PARAMETER, _LOCALPARAM):
            role = _R_CONSTANT
        elif role == _R_WIRE:
            if entry in (_REG, _LOGIC, _BIT):
                role = _R_VARIABLE
            elif entry == _GENVAR:
                role = _R_GENVAR
            elif _SIZES[entry] > 1:
                role = _R_INTEGER
        i += 1
    if packed > 1:
        width = packed
    while i < end and text.entry[i] == USED:
        at, name = i, text.symbol[i]
        declared[at] = True
        i += 1
        words, first_word = 0.0, 0.0
        while i < end and text.entry[i] == _BRACKET:
            length, i, first, last = _span(text, scope, i)
            first_word = min(first, last) if words == 0.0 else 0.0
            words = max(words, 1.0) * length
        stop = i
        if i < end and text.entry[i] == _EQUALS:
            stop = i + 1
            while stop < end and text.entry[stop] not in (_COMMA, _SEMICOLON, _CLOSE):
                stop = text.match[stop] + 1 if text.match[stop] > stop else stop + 1
        if not (local and scope[name].role != 0):
            if packed > 1:
                scope[name].low, scope[name].rising = low, rising
            if words > 0:
                scope[name].first_word = first_word
            scope[name].signed |= signed
            if role == _R_CONSTANT:
                if not scope[name].fixed:
                    scope[name].value = evaluate(text, scope, i + 1, stop) if stop > i else np.nan
                scope[name].role = role
                scope[name].width = packed if packed > 1 else max(bits_for(abs(scope[name].value)), 1.0)
            else:
                if scope[name].role == 0 or scope[name].role >= _R_WIRE:
                    scope[name].role = role
                scope[name].width = min(max(width, scope[name].width), _MOST_BITS)
                scope[name].words = min(max(words, scope[name].words), _MOST_BITS)
        i = stop
        if i + 1 < end and text.entry[i] == _COMMA and text.entry[i + 1] == USED:
            i += 1
        else:
            break
    return i
