"""Expressions of a module by operator precedence, compiled: widths of operands, constants, and logic levels.

One pass over the lexemes with a stack of operands and one of operators and open brackets (Dijkstra's shunting yard).
Statements need no grammar: a lexeme that belongs to no expression ends whatever is open. So any text goes through,
right or wrong, in time linear in its length.

Three things are known of an operand: its bits, its value where that is constant (parameters, loop variables, and what
is computed from them), and its *levels*, of its highest and its lowest bit: an estimate of the gates on the longest way
from a register or a port. Levels follow from what each operator costs (:mod:`.levels`) and travel through wires and
variables; what is used before it is assigned needs another pass.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from .columns import Found, ModuleText, Ports, Scope
from .constants import AS_UNARY, PRECEDENCE, TERNARY, UNARY, binary_value, bits_for, ceil_log2, unary_value
from .levels import MUX_LEVELS, binary_levels, condition_levels, log2, select_levels, unary_levels
from .vocabulary import CLOCKED, CONTINUOUS, ID, ROLES, USED

_SIZED, _NUMBER, _REAL, _STRING = (ID[word] for word in ("[sized number]", "[number]", "[real]", "[string]"))
_OPEN, _CLOSE, _BRACKET, _END_BRACKET, _BRACE, _END_BRACE = (ID[sign] for sign in "()[]{}")
_COMMA, _SEMICOLON, _COLON, _DOT, _QUESTION = (ID[sign] for sign in ",;:.?")
_UP, _DOWN = ID["+:"], ID["-:"]
_EQUALS, _LESS_EQUAL, _NONBLOCKING = ID["="], ID["<="], ID["<=assign"]
_FIRST_COMPOUND, _LAST_COMPOUND = ID["+="], ID[">>="]
_CLOG2, _FIRST_SYSTEM, _LAST_SYSTEM = ID["$clog2"], ID["$signed"], ID["[system]"]
_IF, _CASE, _CASEX, _FOR, _REPEAT = (ID[word] for word in ("if", "case", "casex", "for", "repeat"))
_ALWAYS, _INITIAL = ID["always"], ID["initial"]
_POWER, _LAST_BINARY = ID["**"], ID["||"]
_TIMES, _DIVIDE, _MODULO, _PLUS, _MINUS = (ID[sign] for sign in "*/%+-")
_SHL, _SHR, _ASHL, _ASHR = ID["<<"], ID[">>"], ID["<<<"], ID[">>>"]
_LESS, _LAST_EQUALITY, _LOGICAL_AND, _LOGICAL_OR = ID["<"], ID["!=?"], ID["&&"], ID["||"]
_AND, _OR, _XOR, _XNOR = ID["&"], ID["|"], ID["^"], ID["~^"]
_INVERT, _UPLUS, _UMINUS = ID["~"], ID["u+"], ID["u-"]
_R_INTEGER, _R_GENVAR, _R_REGISTER, _R_OUTPUT_REGISTER = (
    ROLES.index(role) for role in ("integer", "genvar", "register", "output register")
)

_ROOM: Final = 1024  # operands or operators that wait at a time; more end the expression
#: Kinds of open brackets on the stack of operators: a parenthesis, one behind a name, an index, a concatenation, what
#: is repeated in one, and the header of a statement.
_PAREN, _CALL, _INDEX, _CONCAT, _REPEATED, _HEADER = -1, -2, -3, -4, -5, -6
_RANGE, _PART = 1.0, 2.0  # what an index has met: [a:b], [a+:b]
_MOST_BITS: Final = float(1 << 24)
_LARGEST_SHIFT: Final = 4096.0


class _Operands(NamedTuple):
    """A stack: bits, value (nan: not constant), levels, words if it is a memory, and symbol of each operand.

    What an associative operator has made has that operator as its ``chain``, the number of its ``terms`` and the level
    of the ``deepest`` of them: synthesis makes trees of such chains.
    """

    width: npt.NDArray[np.float64]
    value: npt.NDArray[np.float64]
    level: npt.NDArray[np.float64]
    early: npt.NDArray[np.float64]
    words: npt.NDArray[np.float64]
    symbol: npt.NDArray[np.int32]
    chain: npt.NDArray[np.int32]
    terms: npt.NDArray[np.float64]
    deepest: npt.NDArray[np.float64]


class _Operators(NamedTuple):
    """A stack of operators (entries) and open brackets (negative kinds).

    Each has its position, its precedence, and the number of operands below it; ``note`` is a bracket's bits collected
    so far, what an index has met, or the position of a colon's question mark; ``highest`` a bracket's highest level.
    """

    kind: npt.NDArray[np.int32]
    where: npt.NDArray[np.int32]
    rank: npt.NDArray[np.int32]
    height: npt.NDArray[np.int32]
    note: npt.NDArray[np.float64]
    highest: npt.NDArray[np.float64]


@njit(cache=True)
def walk(text: ModuleText, scope: Scope, ports: Ports, end: int, number: int, found: Found) -> None:
    """Go once through the lexemes of a module.

    Args:
        text: the module.
        scope: its symbols; levels are read and written.
        ports: outputs of the modules that it uses.
        end: number of lexemes.
        number: of the pass, from 1: levels assigned in it replace older ones.
        found: where to write.
    """
    have = _Operands(
        np.empty(_ROOM), np.empty(_ROOM), np.empty(_ROOM), np.empty(_ROOM), np.empty(_ROOM), np.empty(_ROOM, np.int32),
        np.empty(_ROOM, np.int32), np.empty(_ROOM), np.empty(_ROOM),
    )  # fmt: skip
    wait = _Operators(
        np.empty(_ROOM, np.int32), np.empty(_ROOM, np.int32), np.empty(_ROOM, np.int32), np.empty(_ROOM, np.int32),
        np.empty(_ROOM), np.empty(_ROOM),
    )  # fmt: skip
    operands, operators = 0, 0
    wants_operand = True
    statement = 0  # where the statement begins
    assigned_at, target, target_width = -1, 0, 0.0  # its assignment, where its target begins, and the target's bits
    instance = -1  # where the module of this instance is named
    control = 0.0  # highest level of the conditions in this block
    i = 0
    while i < end:
        entry = text.entry[i]
        if operands > _ROOM - 4 or operators > _ROOM - 4:
            operands, operators, wants_operand = 0, 0, True
        if entry == USED or _SIZED - 1 <= entry <= _STRING or _FIRST_SYSTEM <= entry <= _LAST_SYSTEM:
            if not wants_operand:  # two in a row: a declaration, an instance
                while operators and wait.kind[operators - 1] >= 0:
                    operators -= 1
                operands = wait.height[operators - 1] if operators else 0
            _operand(text, scope, i, have, operands, found)
            if ports.offsets[i] < ports.offsets[i + 1]:
                instance = i
            operands += 1
            wants_operand = False
            i += 1
            continue
        if wants_operand and AS_UNARY[entry] >= 0:
            found.entry[i] = AS_UNARY[entry]
            _wait(wait, operators, int(AS_UNARY[entry]), i, UNARY, operands)
            operators += 1
            i += 1
            continue
        if entry == _DOT:  # a port's name, or a name in another scope: neither has a width here
            i += 2 if i + 1 < end and text.entry[i + 1] == USED else 1
            continue
        # ---------------------------------------------------------------- what is complete now
        assigns = entry == _EQUALS or _FIRST_COMPOUND <= entry <= _LAST_COMPOUND
        if entry == _LESS_EQUAL:
            assigns = assigned_at < 0 and operators == 0 and operands > 0 and text.place[i] > CONTINUOUS
        binary = not assigns and not wants_operand and _POWER <= entry <= _LAST_BINARY
        asks = entry == _QUESTION and not wants_operand
        if binary:
            limit = int(PRECEDENCE[entry])
        elif asks or entry in (_COLON, _UP, _DOWN):
            limit = TERNARY + 1  # the conditional operator groups from right to left
        elif entry in (_OPEN, _BRACKET, _BRACE):
            limit = UNARY + 1
        else:
            limit = 0
        while operators and wait.kind[operators - 1] >= 0:
            # a second colon finds "c ? a : b" complete, and then the question that it belongs to
            if wait.rank[operators - 1] < limit and not (entry == _COLON and wait.kind[operators - 1] == _COLON):
                break
            operators -= 1
            operands = _apply(have, operands, wait, operators, found)
        # ---------------------------------------------------------------- what it begins or ends
        inner = wait.kind[operators - 1] if operators else 0
        if assigns:
            if operands > 0 and (operators == 0 or inner == _HEADER):
                assigned_at, target, target_width = i, statement, have.width[operands - 1]
                if entry == _LESS_EQUAL:
                    found.entry[i] = _NONBLOCKING
            operands = wait.height[operators - 1] if operators else 0
            wants_operand = True
        elif binary or asks:
            _wait(wait, operators, entry, i, TERNARY if asks else limit, operands)
            operators += 1
            wants_operand = True
        elif (entry in (_COLON, _UP, _DOWN)) and operators:
            if inner == _QUESTION and entry == _COLON:
                question = wait.where[operators - 1]
                wait.kind[operators - 1], wait.where[operators - 1] = _COLON, i
                wait.note[operators - 1] = question
            elif inner == _INDEX:
                wait.note[operators - 1] = _RANGE if entry == _COLON else _PART
            wants_operand = True
        elif entry in (_OPEN, _BRACKET, _BRACE):
            if entry == _BRACKET:
                if wants_operand:  # a range in a declaration
                    _put(have, operands, 1.0, np.nan, 0.0)
                    operands += 1
                kind = _INDEX
            elif entry == _BRACE:
                kind = _REPEATED if not wants_operand and inner == _CONCAT else _CONCAT
            else:
                before = text.entry[i - 1] if i else 0
                header = before in (_IF, _FOR, _REPEAT) or _CASE <= before <= _CASEX
                kind = _HEADER if header else _PAREN if wants_operand else _CALL
                statement = i + 1 if header else statement
            _wait(wait, operators, kind, i, -1, operands)
            operators += 1
            wants_operand = True
        elif entry == _COMMA and operators:
            operands = _collect(have, operands, wait, operators - 1)
            wants_operand = True
        elif entry in (_CLOSE, _END_BRACKET, _END_BRACE):
            if inner == _HEADER and entry == _CLOSE:
                if operands > wait.height[operators - 1]:
                    before = _header(text, wait.where[operators - 1], have, operands - 1, found)
                    control = max(control, before)
                operands, operators, wants_operand, assigned_at = 0, 0, True, -1
                statement = i + 1
            elif _fits(inner, entry):
                operators -= 1
                operands = _close(scope, i, have, operands, wait, operators, found)
                wants_operand = False
            else:
                operands, operators, wants_operand = 0, 0, True
        elif entry == _SEMICOLON and operators:  # in the header of a loop, or brackets were left open
            operators = operators if inner == _HEADER else 0
            operands = wait.height[operators - 1] if operators else 0
            wants_operand, assigned_at = True, -1
        else:
            if assigned_at >= 0 and operands > 0:
                _assign(text, scope, target, assigned_at, i, target_width, have, operands - 1, control, number, found)
            elif entry == _SEMICOLON and instance >= 0:
                _connect(text, scope, ports, instance, i, number, found)
                instance = -1
            operands, operators, wants_operand, assigned_at = 0, 0, True, -1
            statement = i + 1
            if _ALWAYS <= entry <= _INITIAL:
                control = 0.0
        i += 1


@njit(cache=True)
def _put(have: _Operands, at: int, width: float, value: float, level: float) -> None:
    """Write an operand that is no name."""
    have.width[at], have.value[at] = min(width, _MOST_BITS), value
    have.level[at], have.early[at] = level, level
    have.words[at], have.symbol[at] = 0.0, -1
    have.chain[at], have.terms[at], have.deepest[at] = -1, 1.0, level


@njit(cache=True)
def _wait(wait: _Operators, at: int, kind: int, where: int, rank: int, height: int) -> None:
    """Write an operator or an open bracket."""
    wait.kind[at], wait.where[at], wait.rank[at], wait.height[at] = kind, where, rank, height
    wait.note[at], wait.highest[at] = 0.0, 0.0


@njit(cache=True)
def _note(found: Found, at: int, width: float, left: float, right: float, constant: int, level: float) -> None:
    """Write what was found of the lexeme at ``at``."""
    found.width[at], found.left[at], found.right[at] = width, left, right
    found.constant[at], found.level[at] = constant, level


@njit(cache=True)
def _operand(text: ModuleText, scope: Scope, i: int, have: _Operands, at: int, found: Found) -> None:
    """Put the name or number at ``i`` on the stack."""
    entry = text.entry[i]
    if entry == USED:
        name = text.symbol[i]
        role, width, value = scope.role[name], scope.width[name], scope.value[name]
        if not math.isnan(value) and (role in (_R_INTEGER, _R_GENVAR) or width == 0):
            width = bits_for(abs(value))
        stored = role in (_R_REGISTER, _R_OUTPUT_REGISTER)
        level = 0.0 if stored else scope.level[name]
        _put(have, at, width, value, level)
        have.early[at] = 0.0 if stored else scope.early[name]
        have.words[at], have.symbol[at] = scope.words[name], name
        found.width[i], found.level[i] = width, level
    elif entry == _STRING:
        _put(have, at, 8.0, np.nan, 0.0)
        return
    elif entry >= _FIRST_SYSTEM:
        _put(have, at, 32.0, np.nan, 0.0)
        have.symbol[at] = -2 - (entry - _FIRST_SYSTEM)
        return
    else:
        value = text.value[i]
        _put(have, at, text.width[i] if entry == _SIZED else bits_for(value), value, 0.0)
        found.width[i] = text.width[i]
    if not math.isnan(value):
        found.value[i] = math.log2(1 + abs(value))


@njit(cache=True)
def _apply(have: _Operands, operands: int, wait: _Operators, at: int, found: Found) -> int:
    """Apply a waiting operator to the topmost operands and return how many are left."""
    operator, where = wait.kind[at], wait.where[at]
    if wait.rank[at] == UNARY:
        a = operands - 1
        if operands <= wait.height[at]:  # its operand is missing
            return operands
        bits, value = have.width[a], have.value[a]
        known = not math.isnan(value)
        level, early = 0.0, 0.0
        if not known:
            level, early = unary_levels(operator, bits, have.level[a], have.early[a])
        width = bits if operator in (_INVERT, _UPLUS, _UMINUS) else 1.0
        _note(found, where, width, bits, 0.0, 1 if known else 0, level)
        _put(have, a, width, unary_value(operator, value), level)
        have.early[a] = early
        return operands
    if operator == _COLON:  # c ? a : b
        c, a, b = operands - 3, operands - 2, operands - 1
        if c < wait.height[at] - 1:
            return operands
        fixed = (1 if not math.isnan(have.value[a]) else 0) + (2 if not math.isnan(have.value[b]) else 0)
        width = max(have.width[a], have.width[b])
        level = max(have.level[a], have.level[b], have.level[c]) + MUX_LEVELS
        early = max(have.early[a], have.early[b], have.level[c]) + MUX_LEVELS
        _note(found, where, width, have.width[a], have.width[b], fixed, level)
        _note(found, int(wait.note[at]), width, have.width[a], have.width[b], fixed, level)
        if not math.isnan(have.value[c]):
            chosen = a if have.value[c] != 0 else b
            _put(have, c, have.width[chosen], have.value[chosen], have.level[chosen])
        else:
            _put(have, c, width, np.nan, level)
            have.early[c] = early
        return operands - 2
    a, b = operands - 2, operands - 1
    if a < wait.height[at] - 1 or operator == _QUESTION:  # an operand, or the question's colon, is missing
        return max(operands - 1, wait.height[at])
    left, right, first, second = have.width[a], have.width[b], have.value[a], have.value[b]
    fixed = (1 if not math.isnan(first) else 0) + (2 if not math.isnan(second) else 0)
    level, early, terms, deepest = 0.0, 0.0, 1.0, 0.0
    if fixed != 3:
        latest, first_bit = max(have.level[a], have.level[b]), max(have.early[a], have.early[b])
        level, early = binary_levels(operator, left, right, fixed, latest, first_bit)
        if operator in (_AND, _OR, _XOR, _XNOR, _LOGICAL_AND, _LOGICAL_OR):
            terms = 0.0
            for x in (a, b):
                same = have.chain[x] == operator
                terms += have.terms[x] if same else 1.0
                deepest = max(deepest, have.deepest[x] if same else have.level[x])
            level = min(level, deepest + (level - latest) * math.ceil(log2(terms)))
            early = min(early, level)
    width = _result_width(operator, left, right, second)
    _note(found, where, width, left, right, fixed, level)
    value = binary_value(operator, first, second) if fixed == 3 else np.nan
    _put(have, a, bits_for(abs(value)) if not math.isnan(value) else width, value, level)
    have.early[a] = early
    if terms > 1:
        have.chain[a], have.terms[a], have.deepest[a] = operator, terms, deepest
    return operands - 1


@njit(cache=True)
def _result_width(operator: int, left: float, right: float, right_value: float) -> float:
    """Return the bits that an operator's result can have."""
    if operator in (_PLUS, _MINUS):
        return max(left, right) + 1
    if operator == _TIMES:
        return left + right
    if operator in (_SHL, _ASHL):
        return left + (min(right_value, _LARGEST_SHIFT) if right_value >= 0 else 0.0)
    if operator in (_SHR, _ASHR):
        return max(left - right_value, 1.0) if right_value >= 0 else left
    if operator in (_DIVIDE, _POWER):
        return left
    if operator == _MODULO:
        return min(left, right)
    if _LESS <= operator <= _LAST_EQUALITY or operator in (_LOGICAL_AND, _LOGICAL_OR):
        return 1.0
    return max(left, right)


@njit(cache=True)
def _collect(have: _Operands, operands: int, wait: _Operators, at: int) -> int:
    """Add the operands within an open bracket to its bits; return how many are below it."""
    while operands > wait.height[at]:
        operands -= 1
        wait.note[at] += have.width[operands]
        wait.highest[at] = max(wait.highest[at], have.level[operands])
    return operands


@njit(cache=True)
def _fits(kind: int, closer: int) -> bool:
    """Whether an open bracket is closed by this lexeme."""
    if closer == _CLOSE:
        return kind in (_PAREN, _CALL)
    if closer == _END_BRACKET:
        return kind == _INDEX
    return kind in (_CONCAT, _REPEATED)


@njit(cache=True)
def _header(text: ModuleText, where: int, have: _Operands, at: int, found: Found) -> float:
    """Note the condition of ``if`` or the subject of ``case`` before ``where``; return its level."""
    subject = where - 1
    level = have.level[at] + log2(have.width[at])
    fixed = 1 if not math.isnan(have.value[at]) else 0
    if text.entry[subject] == _FOR or text.entry[subject] == _REPEAT:
        return 0.0
    _note(found, subject, have.width[at], have.width[at], 0.0, fixed, level)
    return level


@njit(cache=True)
def _close(scope: Scope, i: int, have: _Operands, operands: int, wait: _Operators, at: int, found: Found) -> int:
    """Turn what stands in the bracket that closes at ``i`` into an operand; return how many there are."""
    kind, where, base = wait.kind[at], wait.where[at], wait.height[at]
    if kind == _INDEX:
        return _select(i, where, have, operands, base - 1, wait.note[at], found)
    if kind == _PAREN:
        if operands == base:
            _put(have, base, 0.0, np.nan, 0.0)
        have.words[base], have.symbol[base] = 0.0, -1
        operands = base + 1
    elif kind == _CALL:
        if base > 0 and operands > base:
            _call(scope, have, base - 1, operands - 1, wait.highest[at])
        operands = max(base, 1)
        if base == 0:
            _put(have, 0, 0.0, np.nan, 0.0)
    else:
        single = operands == base + 1 and wait.note[at] == 0
        value = have.value[base] if single else np.nan
        _collect(have, operands, wait, at)
        width = wait.note[at]
        if kind == _REPEATED and base > 0:  # {3{x}}: its count stands before it
            base -= 1
            times = have.value[base]
            width *= min(times, _MOST_BITS) if times >= 0 else 1.0
            value = value if value == 0 else np.nan
        _put(have, base, width, value, wait.highest[at])
        operands = base + 1
    top = operands - 1
    _note(found, where, have.width[top], 0.0, 0.0, 0, have.level[top])
    _note(found, i, have.width[top], 0.0, 0.0, 0, have.level[top])
    return operands


@njit(cache=True)
def _call(scope: Scope, have: _Operands, callee: int, argument: int, highest: float) -> None:
    """Turn the name of a function into its result."""
    name, value, width = have.symbol[callee], have.value[argument], have.width[callee]
    level = max(highest, have.level[argument])
    if name <= -2:
        system = -2 - name + _FIRST_SYSTEM
        if system == _CLOG2:
            value = ceil_log2(value)
            width = bits_for(value)
        elif system < _CLOG2:  # $signed, $unsigned
            width = have.width[argument]
        else:
            value = np.nan
    elif name >= 0 and scope.log2[name] and not math.isnan(value):
        value = ceil_log2(value)
        width = bits_for(value)
    else:
        value = np.nan
        if name >= 0:
            level += scope.level[name]
    _put(have, callee, width, value, level)


@njit(cache=True)
def _select(i: int, where: int, have: _Operands, operands: int, base: int, met: float, found: Found) -> int:
    """Turn ``base`` and the index behind it into the bits or the word that are selected."""
    chosen_from = have.width[base] * max(have.words[base], 1.0)
    index = min(base + 1, operands - 1)
    fixed = not math.isnan(have.value[index])
    width = have.width[base] if have.words[base] > 0 else 1.0
    if met != 0.0 and operands - 2 > base:
        high, low = have.value[base + 1], have.value[base + 2]
        width = abs(high - low) + 1 if met == _RANGE else low
        if not width > 0:
            width = have.width[base]
    width = min(width, _MOST_BITS)
    level, early = have.level[base], have.early[base]
    if met != _RANGE or have.value[min(base + 2, operands - 1)] != 0:
        early = level  # without the lowest bit
    if not fixed:
        level = max(level, have.level[index]) + select_levels(chosen_from / max(width, 1.0), have.width[index])
    for_index = have.width[index]
    _note(found, where, width, chosen_from, for_index, 2 if fixed else 0, level)
    _note(found, i, width, chosen_from, for_index, 2 if fixed else 0, level)
    _put(have, base, width, np.nan, level)
    have.early[base] = early if fixed else level
    return base + 1


@njit(cache=True)
def _assign(
    text: ModuleText, scope: Scope, begin: int, at: int, end: int, width: float, have: _Operands, source: int,
    control: float, number: int, found: Found,
) -> None:  # fmt: skip
    """Note the assignment at ``at``, whose target begins at ``begin``; give what the target names its level."""
    level, early = have.level[source], have.early[source]
    if text.conditions[at] > 0:
        cost = condition_levels(text.conditions[at])
        level, early = max(level, control) + cost, max(early, control) + cost
    trips = text.trips[at]
    if trips > 1:  # each run of a loop waits for the one before, if the target is read
        more = (trips - 1) * max(early - _highest_if_read(text, scope, begin, at, end, early), 0.0)
        level, early = level + more, early + more
    fixed = 2 if not math.isnan(have.value[source]) else 0
    _note(found, at, width, width, have.width[source], fixed, level)
    for i in range(at, end):
        found.context[i] = width
    _set_levels(text, scope, begin, at, level, early, number, text.place[at] == CLOCKED)


@njit(cache=True)
def _set_levels(
    text: ModuleText, scope: Scope, begin: int, end: int, level: float, early: float, number: int, clocked: bool
) -> None:
    """Give what ``text[begin:end]`` names, except in its brackets, levels; not to registers, where ways end."""
    i = begin
    while i < end:
        if text.entry[i] == _BRACKET and i < text.match[i] < end:
            i = text.match[i]
        elif text.entry[i] == USED:
            name = text.symbol[i]
            role = scope.role[name]
            if not (clocked and role in (_R_REGISTER, _R_OUTPUT_REGISTER)):
                first = scope.assigned[name] != number
                scope.level[name] = level if first else max(scope.level[name], level)
                scope.early[name] = early if first else max(scope.early[name], early)
                scope.assigned[name] = number
        i += 1


@njit(cache=True)
def _connect(text: ModuleText, scope: Scope, ports: Ports, begin: int, end: int, number: int, found: Found) -> None:
    """Give the nets that the instance ``text[begin:end]`` drives their levels, unless they are connected by order."""
    first, last = ports.offsets[begin], ports.offsets[begin + 1]
    highest = 0.0
    for drives in (False, True):
        for i in range(begin, end - 2):
            if text.entry[i] != _DOT or text.entry[i + 1] != USED or text.match[i + 2] < i:
                continue
            port = first
            while port < last and ports.symbol[port] != text.symbol[i + 1]:
                port += 1
            start, stop = i + 3, text.match[i + 2]
            if port == last:
                highest = max(highest, found.level[i + 2])
            elif drives:
                level, through = ports.level[port], ports.through[port]
                if through >= 0:
                    # in a chain of copies, as of full adders, each one waits for the one before
                    chained = _reads(text, start, stop, begin, end)
                    chain = (text.copies[begin] - 1) * through if chained else 0.0
                    level = max(level, highest + through + chain)
                _set_levels(text, scope, start, stop, level, level, number, False)


@njit(cache=True)
def _reads(text: ModuleText, start: int, stop: int, begin: int, end: int) -> bool:
    """Whether the first name of ``text[start:stop]`` stands in ``text[begin:end]`` a second time."""
    for i in range(start, stop):
        if text.entry[i] == USED:
            for j in range(begin, end):
                named = text.entry[j] == USED and text.symbol[j] == text.symbol[i] and text.entry[j - 1] != _DOT
                if named and not start <= j < stop:
                    return True
            return False
    return False


@njit(cache=True)
def _highest_if_read(text: ModuleText, scope: Scope, begin: int, at: int, end: int, otherwise: float) -> float:
    """Return the highest level of a lowest bit in ``text[at:end]``, if the target ``text[begin:at]`` is read there."""
    if not _reads(text, begin, at, at, end):
        return otherwise
    highest = 0.0
    for i in range(at, end):
        if text.entry[i] == USED:
            highest = max(highest, scope.early[text.symbol[i]])
    return highest
