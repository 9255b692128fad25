"""Blocks, conditions, loops and instances of a module, compiled: where its lexemes stand and how often.

A statement ends where its last lexeme matches, so no grammar is needed.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from .brackets import behind, find, statement_end
from .columns import Float32, ModuleText, Scope
from .constants import evaluate
from .vocabulary import (
    CLOCKED,
    COMBINATIONAL,
    CONTINUOUS,
    DECLARATION,
    FUNCTION,
    HEADER,
    ID,
    INITIAL,
    INSTANCE,
    ROLES,
    USED,
)  # fmt: skip

_OPEN, _END_BRACKET, _BRACE, _END_BRACE, _COMMA, _SEMICOLON = ID["("], ID["]"], ID["{"], ID["}"], ID[","], ID[";"]
_COLON, _AT, _HASH, _EQUALS, _LESS_EQUAL, _IF = ID[":"], ID["@"], ID["#"], ID["="], ID["<="], ID["if"]
_FOR, _CASE, _CASEX, _FUNCTION, _TASK, _ALWAYS = (
    ID["for"], ID["case"], ID["casex"], ID["function"], ID["task"], ID["always"],
)  # fmt: skip
_ALWAYS_FF, _ALWAYS_LATCH, _INITIAL, _ASSIGN, _POSEDGE, _NEGEDGE = (
    ID["always_ff"], ID["always_latch"], ID["initial"], ID["assign"], ID["posedge"], ID["negedge"],
)  # fmt: skip
_PLUS_EQUALS, _MINUS_EQUALS, _INCREMENT, _DECREMENT, _LESS, _GREATER_EQUAL = (
    ID["+="], ID["-="], ID["++"], ID["--"], ID["<"], ID[">="],
)  # fmt: skip
_NOT_EQUAL = ID["!="]

_R = {role: number for number, role in enumerate(ROLES)}
_R_OUTPUT, _R_OUTPUT_REGISTER, _R_WIRE, _R_VARIABLE, _R_REGISTER, _R_CONSTANT = (
    _R["output"], _R["output register"], _R["wire"], _R["variable"], _R["register"], _R["constant"],
)  # fmt: skip
_R_CLOCK, _R_FUNCTION = _R["clock"], _R["function"]
_MOST_TRIPS: Final = 1e5


# Loops, because an assignment to a slice takes ten times as long to compile.
@njit(cache=True)
def _fill(column: npt.NDArray[np.int8], begin: int, end: int, value: int) -> None:
    for i in range(begin, end):
        column[i] = value


@njit(cache=True)
def _scale(column: Float32, begin: int, end: int, factor: float) -> None:
    for i in range(begin, end):
        column[i] *= factor


@njit(cache=True)
def _add_one(column: Float32, begin: int, end: int) -> None:
    for i in range(begin, end):
        column[i] += 1


class Instances(NamedTuple):
    """Where a module uses others: int32, (room,) positions of their names, and how many there are in ``number[0]``."""

    position: npt.NDArray[np.int32]
    number: npt.NDArray[np.int32]


@njit(cache=True)
def arrange(text: ModuleText, scope: Scope, end: int, instances: Instances) -> None:
    """Find what is clocked, what is repeated and what is left out; place every lexeme.

    Writes ``text.place``, ``text.copies``, ``text.conditions`` and ``text.repeats``, the roles of registers and clocks,
    the values of loop variables (the middle of their range), and the instances.
    """
    text.copies[:] = 1.0
    text.conditions[:] = 0.0
    text.repeats[:] = 0.0
    text.place[:] = DECLARATION
    header = find(text, 1, _SEMICOLON, end)
    _fill(text.place, 0, header + 1, HEADER)
    i = header
    while i < end:
        entry = text.entry[i]
        if _ALWAYS <= entry <= _ALWAYS_LATCH:
            _block(text, scope, i, end)
        elif entry == _INITIAL:
            _fill(text.place, i, statement_end(text, i + 1, end), INITIAL)
        elif entry == _ASSIGN and text.place[i] == DECLARATION:
            _fill(text.place, i, find(text, i, _SEMICOLON, end), CONTINUOUS)
        elif (entry in (_FUNCTION, _TASK)) and text.match[i] > i:
            _fill(text.place, i, text.match[i], FUNCTION)
        elif entry == _EQUALS and text.place[i] == DECLARATION and text.entry[i - 1] == USED:  # wire w = ...
            name = text.symbol[i - 1]
            if scope[name].role != _R_CONSTANT and not scope[name].loop:
                _fill(text.place, i, find(text, i, _SEMICOLON, end), CONTINUOUS)
        elif entry == _FOR:
            _loop(text, scope, i, end)
        elif entry == _IF:
            _condition(text, scope, i, end)
        elif _CASE <= entry <= _CASEX and text.match[i] > i:
            _add_one(text.conditions, behind(text, i + 1), text.match[i])
            text.repeats[i] = _arms(text, i)
        elif entry == USED and scope[text.symbol[i]].module and text.place[i] == DECLARATION:
            following = text.entry[i + 1]
            if following in (USED, _HASH):
                if instances.number[0] < len(instances.position):
                    instances.position[instances.number[0]] = i
                    instances.number[0] += 1
                _fill(text.place, i, find(text, i, _SEMICOLON, end), INSTANCE)
        elif text.place[i] == CLOCKED and (entry in (_EQUALS, _LESS_EQUAL)):
            _register(text, scope, i)
        i += 1


@njit(cache=True)
def _block(text: ModuleText, scope: Scope, i: int, end: int) -> None:
    """Place the block that ``always`` opens at ``i``; it is clocked if its event control has an edge."""
    entry = text.entry[i]
    stop = statement_end(text, i + 1, end)
    clocked = entry == _ALWAYS_FF
    if text.entry[i + 1] == _AT and text.entry[i + 2] == _OPEN:
        for j in range(i + 3, max(text.match[i + 2], i + 3)):
            if text.entry[j] == _POSEDGE or text.entry[j] == _NEGEDGE:
                clocked = True
                at = j + 2 if text.entry[j + 1] == _OPEN else j + 1
                if text.entry[at] == USED and scope[text.symbol[at]].role != _R_CONSTANT:
                    scope[text.symbol[at]].role = _R_CLOCK
    _fill(text.place, i, stop, CLOCKED if clocked else COMBINATIONAL)


@njit(cache=True)
def _arms(text: ModuleText, i: int) -> float:
    """Return how many labels the ``case`` at ``i`` has."""
    arms, stop = 0.0, text.match[i]
    i = behind(text, i + 1)
    while i < stop:
        colon = find(text, i, _COLON, stop)
        if colon < stop:
            arms += 1
        i = statement_end(text, colon + 1, stop)
    return arms


@njit(cache=True)
def _register(text: ModuleText, scope: Scope, i: int) -> None:
    """Turn the target of a clocked assignment at ``i`` into a register."""
    j = i - 1
    depth = 0
    while j > 0 and i - j < 256:
        entry = text.entry[j]
        if entry == _END_BRACKET and 0 <= text.match[j] < j:
            j = text.match[j] - 1
            continue
        if entry == USED:
            name = text.symbol[j]
            role = scope[name].role
            if role in (_R_VARIABLE, _R_WIRE):
                scope[name].role = _R_REGISTER
            elif role == _R_OUTPUT:
                scope[name].role = _R_OUTPUT_REGISTER
            if depth == 0:
                return
        elif entry == _END_BRACE:
            depth += 1
        elif entry == _BRACE:
            depth -= 1
            if depth == 0:
                return
        elif entry != _COMMA:
            return
        j -= 1


@njit(cache=True)
def _condition(text: ModuleText, scope: Scope, i: int, end: int) -> None:
    """Leave out the branch of ``if`` that a constant condition forbids; count the others' conditions."""
    start = behind(text, i + 1)
    stop = statement_end(text, i, end)
    first = statement_end(text, start, end)
    constant = True
    for j in range(i + 1, start):
        name = text.symbol[j]
        if text.entry[j] == USED and (scope[name].loop or math.isnan(scope[name].value)):
            constant = False
            break
    if constant:
        value = evaluate(text, scope, i + 2, start - 1)
        if not math.isnan(value):
            if value == 0:
                _scale(text.copies, start, first, 0.0)
            else:
                _scale(text.copies, first, stop, 0.0)
            return
    _add_one(text.conditions, start, stop)


@njit(cache=True)
def _loop(text: ModuleText, scope: Scope, i: int, end: int) -> None:
    """Multiply the body of ``for`` by its runs and give its variable the middle of its range."""
    if text.entry[i + 1] != _OPEN or text.match[i + 1] < i:
        return
    close = text.match[i + 1]
    stop = statement_end(text, i, end)
    first = find(text, i + 2, _SEMICOLON, close)
    second = find(text, first + 1, _SEMICOLON, close)
    equals = find(text, i + 2, _EQUALS, first)
    if second >= close or equals >= first or text.entry[equals - 1] != USED:
        return
    name = text.symbol[equals - 1]
    scope[name].value = np.nan
    start = evaluate(text, scope, equals + 1, first)
    compared = first + 1
    while compared < second and not (_LESS <= text.entry[compared] <= _NOT_EQUAL):
        compared += 1
    bound = evaluate(text, scope, compared + 1, second)
    step = _step(text, scope, name, second + 1, close)
    comparison = text.entry[compared]
    trips = np.nan
    if step == 0:  # doubling or halving
        trips = np.ceil(abs(np.log2(max(bound, 1.0)) - np.log2(max(start, 1.0))))
    elif comparison in (_LESS_EQUAL, _GREATER_EQUAL):
        trips = np.floor((bound - start) / step) + 1
    else:
        trips = np.ceil((bound - start) / step)
    if not trips >= 0:
        trips = 1.0
    trips = min(trips, _MOST_TRIPS)
    scope[name].loop = True
    scope[name].value = np.floor(start + step * trips / 2) if not math.isnan(start) else 0.0
    _scale(text.copies, close + 1, stop, trips)
    text.repeats[i] = trips


@njit(cache=True)
def next_value(text: ModuleText, scope: Scope, i: int, begin: int) -> tuple[int, float]:
    """Return the variable of the ``for`` at ``i`` and what its last clause, which begins at ``begin``, makes of it."""
    close = text.match[i + 1]
    name = text.symbol[find(text, i + 2, _EQUALS, close) - 1]
    value = scope[name].value
    for j in range(begin, close):
        entry = text.entry[j]
        if entry == _INCREMENT:
            return name, value + 1.0
        if entry == _DECREMENT:
            return name, value - 1.0
        if entry == _PLUS_EQUALS:
            return name, value + evaluate(text, scope, j + 1, close)
        if entry == _MINUS_EQUALS:
            return name, value - evaluate(text, scope, j + 1, close)
        if entry == _EQUALS:
            return name, evaluate(text, scope, j + 1, close)
    return name, np.nan


@njit(cache=True)
def _step(text: ModuleText, scope: Scope, name: int, begin: int, end: int) -> float:
    """Return what a loop's last clause adds to its variable; 0 if it multiplies, nan if it cannot be told."""
    for j in range(begin, end):
        entry = text.entry[j]
        if entry == _INCREMENT:
            return 1.0
        if entry == _DECREMENT:
            return -1.0
        if entry == _PLUS_EQUALS:
            return evaluate(text, scope, j + 1, end)
        if entry == _MINUS_EQUALS:
            return -evaluate(text, scope, j + 1, end)
        if entry == _EQUALS:
            # the clause as a function of the variable, at two points
            scope[name].value = 2.0
            at_two = evaluate(text, scope, j + 1, end)
            scope[name].value = 3.0
            at_three = evaluate(text, scope, j + 1, end)
            scope[name].value = np.nan
            if at_three - at_two == 1.0:
                return at_two - 2.0
            return 0.0
    return np.nan


@njit(cache=True)
def count_calls(text: ModuleText, scope: Scope, end: int) -> None:
    """Multiply the copies of functions by their calls; what is never called has none."""
    for _ in range(3):  # functions that call functions
        changed = False
        for i in range(end):
            if (text.entry[i] != _FUNCTION and text.entry[i] != _TASK) or text.match[i] < i:
                continue
            name = -1
            for j in range(i + 1, text.match[i]):
                if text.entry[j] == USED and scope[text.symbol[j]].role == _R_FUNCTION:
                    name = text.symbol[j]
                    break
            if name < 0:
                continue
            calls = 0.0
            for j in range(end):
                if text.entry[j] == USED and text.symbol[j] == name and not i <= j < text.match[i]:
                    calls += text.copies[j]
            if text.copies[i] != calls:
                _scale(text.copies, i + 1, text.match[i], calls / max(text.copies[i], 1e-9))
                text.copies[i] = calls
                changed = True
        if not changed:
            break
