"""Modules, declarations, blocks and loops in a list of lexemes, compiled.

Everything here is lexical: brackets and block keywords are matched once, and then a statement ends where its last
lexeme matches. Names are declared in the order of the text; a name that is local to a function hides nothing.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from .columns import ModuleText, Scope
from .constants import bits_for, evaluate
from .vocabulary import (
    CLOCKED,
    COMBINATIONAL,
    CONTINUOUS,
    FUNCTION,
    HEADER,
    ID,
    INITIAL,
    INSTANCE,
    ROLES,
    USED,
    VOCABULARY,
)

_OPENERS: Final = {
    "(": ")", "[": "]", "{": "}", "begin": "end", "case": "endcase", "casez": "endcase", "casex": "endcase",
    "module": "endmodule", "function": "endfunction", "task": "endtask", "generate": "endgenerate", "fork": "join",
    "specify": "endspecify", "primitive": "endprimitive", "table": "endtable", "package": "endpackage",
    "interface": "endinterface",
}  # fmt: skip
#: Entry -> what closes it, 0 for others; and whether it closes something.
_CLOSED_BY: Final = np.zeros(len(VOCABULARY), np.int16)
_CLOSES: Final = np.zeros(len(VOCABULARY), np.bool_)
for _opener, _closer in _OPENERS.items():
    _CLOSED_BY[ID[_opener]] = ID[_closer]
    _CLOSES[ID[_closer]] = True

_OPEN, _CLOSE, _BRACKET, _END_BRACKET = ID["("], ID[")"], ID["["], ID["]"]
_BRACE, _END_BRACE = ID["{"], ID["}"]
_COMMA, _SEMICOLON, _COLON, _AT, _HASH, _EQUALS = ID[","], ID[";"], ID[":"], ID["@"], ID["#"], ID["="]
_LESS_EQUAL, _STAR = ID["<="], ID["*"]
_BEGIN, _END, _IF, _ELSE, _FOR, _WHILE, _REPEAT = (
    ID[word] for word in ("begin", "end", "if", "else", "for", "while", "repeat")
)
_CASE, _CASEX, _ENDCASE, _FOREVER, _FORK = ID["case"], ID["casex"], ID["endcase"], ID["forever"], ID["fork"]
_MODULE, _ENDMODULE, _FUNCTION, _TASK = ID["module"], ID["endmodule"], ID["function"], ID["task"]
_ENDFUNCTION, _ENDTASK = ID["endfunction"], ID["endtask"]
_ALWAYS, _ALWAYS_FF, _ALWAYS_LATCH, _INITIAL = ID["always"], ID["always_ff"], ID["always_latch"], ID["initial"]
_ASSIGN, _POSEDGE, _NEGEDGE = ID["assign"], ID["posedge"], ID["negedge"]
_PARAMETER, _LOCALPARAM, _GENVAR, _INTEGER = ID["parameter"], ID["localparam"], ID["genvar"], ID["integer"]
_INPUT, _OUTPUT, _INOUT, _REAL, _SIGNED, _UNSIGNED = (
    ID[word] for word in ("input", "output", "inout", "real", "signed", "unsigned")
)
_REG, _LOGIC, _BIT = ID["reg"], ID["logic"], ID["bit"]
_AUTOMATIC, _TYPEDEF = ID["automatic"], ID["typedef"]
_LABEL_AFTER = (ID["begin"], ID["end"])
_PLUS_EQUALS, _MINUS_EQUALS, _INCREMENT, _DECREMENT = ID["+="], ID["-="], ID["++"], ID["--"]
_MINUS, _TIMES, _SHL, _SHR, _DIVIDE = ID["-"], ID["*"], ID["<<"], ID[">>"], ID["/"]
_LESS, _GREATER, _GREATER_EQUAL, _NOT_EQUAL = ID["<"], ID[">"], ID[">="], ID["!="]

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

_R = {role: number for number, role in enumerate(ROLES)}
_R_INPUT, _R_OUTPUT, _R_OUTPUT_REGISTER, _R_WIRE, _R_VARIABLE, _R_REGISTER, _R_MEMORY = (
    _R[role] for role in ("input", "output", "output register", "wire", "variable", "register", "memory")
)
_R_INTEGER, _R_GENVAR, _R_CONSTANT, _R_CLOCK, _R_FUNCTION = (
    _R[role] for role in ("integer", "genvar", "constant", "clock", "function")
)

_MOST_TRIPS: Final = 1e5
_MOST_BITS: Final = float(1 << 24)


@njit(cache=True)
def match_brackets(entry: Any, match: Any) -> None:
    """Write the partner of each bracket and block keyword to ``match``; -1 where there is none.

    A closer that does not fit the innermost opener closes an outer one of its kind, but none beyond its module.
    """
    stack = np.empty(len(entry) + 1, np.int32)
    depth = 0
    for i in range(len(entry)):
        match[i] = -1
        kind = entry[i]
        if kind < 0:
            continue
        if kind == _MODULE:  # modules do not nest: whatever is open was never closed
            depth = 0
        if _CLOSED_BY[kind]:
            stack[depth] = i
            depth += 1
        elif _CLOSES[kind]:
            for k in range(depth - 1, max(depth - 64, 0) - 1, -1):
                opener = stack[k]
                if _CLOSED_BY[entry[opener]] == kind:
                    match[i], match[opener] = opener, i
                    depth = k
                    break
                if entry[opener] == _MODULE:
                    break


@njit(cache=True)
def _behind(text: ModuleText, i: int) -> int:
    """Return the position behind the bracket that opens at ``i``; right behind it if it is never closed."""
    return text.match[i] + 1 if text.match[i] > i else i + 1


@njit(cache=True)
def _find(text: ModuleText, i: int, wanted: int, end: int) -> int:
    """Return the position of the next lexeme of a kind, brackets passed over; ``end`` if there is none."""
    while i < end:
        entry = text.entry[i]
        if entry == wanted:
            return i
        i = text.match[i] + 1 if text.match[i] > i and _CLOSED_BY[entry] else i + 1
    return end


@njit(cache=True)
def statement_end(text: ModuleText, i: int, end: int) -> int:
    """Return the position behind the statement that begins at ``i``."""
    pending = 0  # conditions whose "else" may follow
    while i < end:
        entry = text.entry[i]
        if entry == _IF:
            pending += 1
            i = _behind(text, i + 1)
            continue
        if entry == _FOR or entry == _WHILE or entry == _REPEAT:
            i = _behind(text, i + 1)
            continue
        if entry == _FOREVER or entry == _ELSE:
            i += 1
            continue
        if entry == _AT or entry == _HASH:
            i = _behind(text, i + 1) if text.entry[i + 1] == _OPEN else i + 2
            continue
        if entry == _BEGIN or entry == _FORK or _CASE <= entry <= _CASEX:
            i = _behind(text, i)
            if text.entry[i] == _COLON:  # end : label
                i += 2
        elif entry == _END or entry == _ENDCASE or entry == _ENDMODULE:
            return i
        else:
            i = _find(text, i, _SEMICOLON, end) + 1
        if pending and i < end and text.entry[i] == _ELSE:
            pending -= 1
            i += 1
            continue
        break
    return min(i, end)


# ---------------------------------------------------------------------- declarations
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
        if entry == _FUNCTION or entry == _TASK:
            inside = text.match[i] if text.match[i] > i else i
            i = _function(text, scope, i + 1, end, declared)
            continue
        if entry < 0 or not _TYPES[entry]:
            i += 1
            continue
        i = _declaration(text, scope, i, end, i < inside, declared)


@njit(cache=True)
def _span(text: ModuleText, scope: Scope, i: int) -> tuple[float, int]:
    """Return the length of the range that opens at ``i``, and the position behind it."""
    close = text.match[i]
    if close < i:
        return 1.0, i + 1
    middle = _find(text, i + 1, _COLON, close)
    high = evaluate(text, scope, i + 1, middle)
    if middle == close:  # [n] of SystemVerilog
        return (min(high, _MOST_BITS) if high > 0 else 1.0), close + 1
    low = evaluate(text, scope, middle + 1, close)
    length = abs(high - low) + 1
    return (min(length, _MOST_BITS) if length > 0 else 1.0), close + 1


@njit(cache=True)
def _function(text: ModuleText, scope: Scope, i: int, end: int, declared: Any) -> int:
    """Declare a function or task whose header begins at ``i``; return the position behind its name."""
    width = 1.0
    while i < end and (text.entry[i] == _AUTOMATIC or text.entry[i] == _BRACKET or _TYPES[text.entry[i]]):
        if text.entry[i] == _BRACKET:
            width, i = _span(text, scope, i)
        else:
            width = max(width, _SIZES[text.entry[i]])
            i += 1
    if i < end and text.entry[i] == USED:
        name = text.symbol[i]
        scope.role[name], scope.width[name], declared[i] = _R_FUNCTION, width, True
        i += 1
    return i


@njit(cache=True)
def _declaration(
    text: ModuleText, scope: Scope, i: int, end: int, local: bool, declared: Any
) -> int:
    """Declare the names of one declaration; return the position behind it."""
    role, width, packed = _R_WIRE, 1.0, 1.0
    while i < end and (_TYPES[text.entry[i]] or text.entry[i] == _BRACKET):
        entry = text.entry[i]
        if entry == _BRACKET:
            length, i = _span(text, scope, i)
            packed *= length
            continue
        width = max(width, _SIZES[entry])
        if entry == _INPUT or entry == _INOUT:
            role = _R_INPUT
        elif entry == _OUTPUT:
            role = _R_OUTPUT
        elif entry == _PARAMETER or entry == _LOCALPARAM:
            role = _R_CONSTANT
        elif role == _R_WIRE:
            if entry == _REG or entry == _LOGIC or entry == _BIT:
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
        words = 0.0
        while i < end and text.entry[i] == _BRACKET:
            length, i = _span(text, scope, i)
            words = max(words, 1.0) * length
        stop = i
        if i < end and text.entry[i] == _EQUALS:
            stop = i + 1
            while stop < end and text.entry[stop] not in (_COMMA, _SEMICOLON, _CLOSE):
                stop = text.match[stop] + 1 if text.match[stop] > stop else stop + 1
        if not (local and scope.role[name] != 0):
            if role == _R_CONSTANT:
                if not scope.fixed[name]:
                    scope.value[name] = evaluate(text, scope, i + 1, stop) if stop > i else np.nan
                scope.role[name] = role
                scope.width[name] = packed if packed > 1 else max(bits_for(abs(scope.value[name])), 1.0)
            else:
                if scope.role[name] == 0 or scope.role[name] >= _R_WIRE:
                    scope.role[name] = role
                scope.width[name] = min(max(width, scope.width[name]), _MOST_BITS)
                scope.words[name] = min(max(words, scope.words[name]), _MOST_BITS)
        i = stop
        if i + 1 < end and text.entry[i] == _COMMA and text.entry[i + 1] == USED:
            i += 1
        else:
            break
    return i


# ---------------------------------------------------------------------- blocks, loops, instances
class Instances(NamedTuple):
    """Where a module uses others: int32, (room,) positions of their names, and how many there are in ``count[0]``."""

    position: npt.NDArray[np.int32]
    count: npt.NDArray[np.int32]


@njit(cache=True)
def arrange(text: ModuleText, scope: Scope, end: int, instances: Instances) -> None:
    """Find what is clocked, what is repeated and what is left out; place every lexeme.

    Writes ``text.place``, ``text.copies``, ``text.conditions``, ``text.trips``, ``text.repeats``, the roles of registers and clocks, the
    values of loop variables (the middle of their range), and the instances.
    """
    text.copies[:end] = 1.0
    text.trips[:end] = 1.0
    text.conditions[:end] = 0.0
    text.repeats[:end] = 0.0
    text.place[:end] = 0
    header = _find(text, 1, _SEMICOLON, end)
    text.place[: header + 1] = HEADER
    i = header
    while i < end:
        entry = text.entry[i]
        if _ALWAYS <= entry <= _ALWAYS_LATCH:
            _block(text, scope, i, end)
        elif entry == _INITIAL:
            text.place[i : statement_end(text, i + 1, end)] = INITIAL
        elif entry == _ASSIGN and text.place[i] == 0:
            text.place[i : _find(text, i, _SEMICOLON, end)] = CONTINUOUS
        elif (entry == _FUNCTION or entry == _TASK) and text.match[i] > i:
            text.place[i : text.match[i]] = FUNCTION
        elif entry == _EQUALS and text.place[i] == 0:  # wire w = ...
            if text.entry[i - 1] == USED and scope.role[text.symbol[i - 1]] != _R_CONSTANT:
                text.place[i : _find(text, i, _SEMICOLON, end)] = CONTINUOUS
        elif entry == _FOR:
            _loop(text, scope, i, end)
        elif entry == _IF:
            _condition(text, scope, i, end)
        elif _CASE <= entry <= _CASEX and text.match[i] > i:
            text.conditions[_behind(text, i + 1) : text.match[i]] += 1
            text.repeats[i] = _arms(text, i)
        elif entry == USED and scope.module[text.symbol[i]] and text.place[i] == 0:
            following = text.entry[i + 1]
            if following == USED or following == _HASH:
                if instances.count[0] < len(instances.position):
                    instances.position[instances.count[0]] = i
                    instances.count[0] += 1
                text.place[i : _find(text, i, _SEMICOLON, end)] = INSTANCE
        elif text.place[i] == CLOCKED and (entry == _EQUALS or entry == _LESS_EQUAL):
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
                if text.entry[at] == USED and scope.role[text.symbol[at]] != _R_CONSTANT:
                    scope.role[text.symbol[at]] = _R_CLOCK
    text.place[i:stop] = CLOCKED if clocked else COMBINATIONAL


@njit(cache=True)
def _arms(text: ModuleText, i: int) -> float:
    """Return how many labels the ``case`` at ``i`` has."""
    arms, stop = 0.0, text.match[i]
    i = _behind(text, i + 1)
    while i < stop:
        colon = _find(text, i, _COLON, stop)
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
            role = scope.role[name]
            if role == _R_VARIABLE or role == _R_WIRE:
                scope.role[name] = _R_REGISTER
            elif role == _R_OUTPUT:
                scope.role[name] = _R_OUTPUT_REGISTER
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
    behind = _behind(text, i + 1)
    stop = statement_end(text, i, end)
    first = statement_end(text, behind, end)
    constant = True
    for j in range(i + 1, behind):
        if text.entry[j] == USED and (scope.loop[text.symbol[j]] or scope.value[text.symbol[j]] != scope.value[text.symbol[j]]):
            constant = False
            break
    if constant:
        value = evaluate(text, scope, i + 2, behind - 1)
        if value == value:
            if value == 0:
                text.copies[behind:first] = 0.0
            else:
                text.copies[first:stop] = 0.0
            return
    text.conditions[behind:stop] += 1


@njit(cache=True)
def _loop(text: ModuleText, scope: Scope, i: int, end: int) -> None:
    """Multiply the body of ``for`` by its runs and give its variable the middle of its range."""
    if text.entry[i + 1] != _OPEN or text.match[i + 1] < i:
        return
    close = text.match[i + 1]
    stop = statement_end(text, i, end)
    first = _find(text, i + 2, _SEMICOLON, close)
    second = _find(text, first + 1, _SEMICOLON, close)
    equals = _find(text, i + 2, _EQUALS, first)
    if second >= close or equals >= first or text.entry[equals - 1] != USED:
        return
    name = text.symbol[equals - 1]
    scope.value[name] = np.nan
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
    elif comparison == _LESS_EQUAL or comparison == _GREATER_EQUAL:
        trips = np.floor((bound - start) / step) + 1
    else:
        trips = np.ceil((bound - start) / step)
    if not trips >= 0:
        trips = 1.0
    trips = min(trips, _MOST_TRIPS)
    scope.loop[name] = True
    scope.value[name] = np.floor(start + step * trips / 2) if start == start else 0.0
    text.copies[close + 1 : stop] *= trips
    text.repeats[i] = trips
    if text.place[i] > CONTINUOUS:
        text.trips[close + 1 : stop] *= trips


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
            scope.value[name] = 2.0
            at_two = evaluate(text, scope, j + 1, end)
            scope.value[name] = 3.0
            at_three = evaluate(text, scope, j + 1, end)
            scope.value[name] = np.nan
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
                if text.entry[j] == USED and scope.role[text.symbol[j]] == _R_FUNCTION:
                    name = text.symbol[j]
                    break
            if name < 0:
                continue
            calls = 0.0
            for j in range(end):
                if text.entry[j] == USED and text.symbol[j] == name and not i <= j < text.match[i]:
                    calls += text.copies[j]
            if text.copies[i] != calls:
                text.copies[i + 1 : text.match[i]] *= calls / max(text.copies[i], 1e-9)
                text.copies[i] = calls
                changed = True
        if not changed:
            break
