"""Expressions of a module by operator precedence, compiled: widths of operands, constants, levels and gates.

One pass over the lexemes with a stack of operands and one of operators and open brackets (Dijkstra's shunting yard).
Statements need no grammar: a lexeme that belongs to no expression ends whatever is open. So any text goes through,
right or wrong. Loops are run: their bodies are read again for each value of their variable, as long as the work is
bounded, and branches that constant conditions rule out are passed over.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from .bits import Bits, choose
from .columns import Found, ModuleText, Ports, Scope
from .constants import AS_UNARY, PRECEDENCE, TERNARY, UNARY, bits_for, ceil_log2
from .control import (
    Loops,
    begin_block,
    end_conditions,
    header,
    label,
    loop_begins,
    new_path,
    next_run,
    pass_over,
)  # fmt: skip
from .levels import AREA, NUM_SCRIPTS, OR, SPEED
from .names import assign, carried_name, read, select, target_begin
from .operands import MOST_BITS, ROOM, Operands, describe, extend, kept, last_bit, move, put_value, settle
from .operators import binary as apply_binary
from .operators import reduce
from .operators import unary as apply_unary
from .ports import connect
from .vocabulary import CONTINUOUS, ID, USED

_SIZED, _NUMBER, _REAL, _STRING = (ID[word] for word in ("[sized number]", "[number]", "[real]", "[string]"))
_OPEN, _CLOSE, _BRACKET, _END_BRACKET, _BRACE, _END_BRACE = (ID[sign] for sign in "()[]{}")
_COMMA, _SEMICOLON, _COLON, _DOT, _QUESTION = (ID[sign] for sign in ",;:.?")
_UP, _DOWN = ID["+:"], ID["-:"]
_EQUALS, _LESS_EQUAL, _NONBLOCKING = ID["="], ID["<="], ID["<=assign"]
_FIRST_COMPOUND, _LAST_COMPOUND = ID["+="], ID[">>="]
_CLOG2, _FIRST_SYSTEM, _LAST_SYSTEM, _SIGNED = ID["$clog2"], ID["$signed"], ID["[system]"], ID["$signed"]
_IF, _CASE, _CASEX, _FOR, _REPEAT = (ID[word] for word in ("if", "case", "casex", "for", "repeat"))
_ELSE, _DEFAULT = ID["else"], ID["default"]
_ALWAYS, _ALWAYS_LATCH = ID["always"], ID["always_latch"]
_POWER, _LAST_BINARY = ID["**"], ID["||"]
#: Kinds of open brackets on the stack of operators: a parenthesis, one behind a name, an index, a concatenation, what
#: is repeated in one, and the header of a statement.
_PAREN, _CALL, _INDEX, _CONCAT, _REPEATED, _HEADER = -1, -2, -3, -4, -5, -6
_MOST_STRETCH: Final = 4096.0


class _Operators(NamedTuple):
    """A stack of operators (entries) and open brackets (negative kinds).

    Each has its position, its precedence, and the number of operands below it; ``note`` is a bracket's operands joined
    so far, the entry of the colon that an index has met, or the position of a colon's question mark; ``highest`` a
    call's highest levels.
    """

    kind: npt.NDArray[np.int32]
    where: npt.NDArray[np.int32]
    rank: npt.NDArray[np.int32]
    height: npt.NDArray[np.int32]
    note: npt.NDArray[np.int32]
    highest: npt.NDArray[np.float64]


@njit(cache=True)
def walk(
    text: ModuleText, scope: Scope, ports: Ports, cells: Bits, have: Operands, end: int, number: int, found: Found
) -> bool:
    """Go once through the lexemes of a module.

    Args:
        text: the module.
        scope: its symbols.
        ports: outputs of the modules that it uses.
        cells: bits of its names, see :mod:`.names`; read and written.
        have: room for operands.
        end: number of lexemes.
        number: of the pass, from 1: what is assigned in it replaces what was before.
        found: where to write.

    Returns:
        Whether something was read before its level was known, so that another pass may say more.
    """
    wait = _Operators(
        np.empty(ROOM, np.int32), np.empty(ROOM, np.int32), np.empty(ROOM, np.int32), np.empty(ROOM, np.int32),
        np.empty(ROOM, np.int32), np.empty((ROOM, NUM_SCRIPTS)),
    )  # fmt: skip
    path, loops = new_path(), Loops(np.zeros(1, np.int64), np.empty((16, 6), np.int64), np.empty((16, 2)))
    found.visits[:] = 0.0
    found.gates[:] = 0.0
    late = np.zeros(NUM_SCRIPTS)
    operands, operators = 0, 0
    wants_operand = True
    assigned_at, target, target_width = -1, 0, 0.0  # its assignment, where its target begins, and the target's bits
    carried = -1  # name that the assignment turns into its next value
    instance = -1  # where the module of this instance is named
    weight, skips = 1.0, np.zeros((64, 2), np.int64)  # branches to pass over, see :func:`.control.pass_over`
    resets = 0  # conditions of the block that only reset, without a clock
    work = 0
    i = 0
    while i < end:
        # ---------------------------------------------------------------- loops, branches
        end_conditions(path, i)
        while loops.depth[0] and i >= loops.row[loops.depth[0] - 1, 1]:
            i, weight = next_run(text, scope, loops, i, weight)
            end_conditions(path, i)
        if i >= end:
            break
        if skips[0, 0] and i == skips[skips[0, 0], 0]:
            i = skips[skips[0, 0], 1]
            skips[0, 0] -= 1
            continue
        entry = text.entry[i]
        work += 1
        found.visits[i] += weight
        if entry == _FOR and text.match[i + 1] > i:
            for k in range(i + 1, text.match[i + 1] + 1):
                found.visits[k] += weight
            i, weight = loop_begins(text, scope, loops, i, end, weight, work)
            operands, operators, wants_operand, assigned_at = 0, 0, True, -1
            continue
        if operands > ROOM - 4 or operators > ROOM - 4:
            operands, operators, wants_operand = 0, 0, True
        if entry == USED or _SIZED - 1 <= entry <= _STRING or _FIRST_SYSTEM <= entry <= _LAST_SYSTEM:
            if not wants_operand:  # two in a row: a declaration, an instance
                while operators and wait.kind[operators - 1] >= 0:
                    operators -= 1
                operands = wait.height[operators - 1] if operators else 0
            _operand(text, scope, cells, i, have, operands, number, carried, found)
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
            if i + 1 < end and text.entry[i + 1] == USED:
                found.visits[i + 1] += weight
                i += 1
            i += 1
            continue
        # ---------------------------------------------------------------- what is complete now
        assigns = entry == _EQUALS or _FIRST_COMPOUND <= entry <= _LAST_COMPOUND
        if entry == _LESS_EQUAL:
            assigns = assigned_at < 0 and operators == 0 and operands > 0 and text.place[i] > CONTINUOUS
        is_binary = not assigns and not wants_operand and _POWER <= entry <= _LAST_BINARY
        asks = entry == _QUESTION and not wants_operand
        if is_binary:
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
            operands = _apply(have, operands, wait, operators, found, weight)
        # ---------------------------------------------------------------- what it begins or ends
        inner = wait.kind[operators - 1] if operators else 0
        if assigns:
            if operands > 0 and operators == 0:
                assigned_at, target, target_width = i, target_begin(text, i), have.of[operands - 1].width
                carried = carried_name(text, i, end)
                if entry == _LESS_EQUAL:
                    found.entry[i] = _NONBLOCKING
            operands = wait.height[operators - 1] if operators else 0
            wants_operand = True
        elif is_binary or asks:
            _wait(wait, operators, entry, i, TERNARY if asks else limit, operands)
            operators += 1
            wants_operand = True
        elif (entry in (_COLON, _UP, _DOWN)) and operators:
            if inner == _QUESTION and entry == _COLON:
                question = wait.where[operators - 1]
                wait.kind[operators - 1], wait.where[operators - 1] = _COLON, i
                wait.note[operators - 1] = question
            elif inner == _INDEX:
                wait.note[operators - 1] = entry
            wants_operand = True
        elif entry in (_OPEN, _BRACKET, _BRACE):
            if entry == _BRACKET:
                if wants_operand:  # a range in a declaration
                    put_value(have, operands, 1.0, np.nan)
                    operands += 1
                kind = _INDEX
            elif entry == _BRACE:
                kind = _REPEATED if not wants_operand and inner == _CONCAT else _CONCAT
            else:
                before = text.entry[i - 1] if i else 0
                is_header = before in (_IF, _REPEAT) or _CASE <= before <= _CASEX
                kind = _HEADER if is_header else _PAREN if wants_operand else _CALL
            _wait(wait, operators, kind, i, -1, operands)
            operators += 1
            wants_operand = True
        elif entry == _COMMA and operators:
            operands = _collect(have, operands, wait, operators - 1)
            wants_operand = True
        elif entry in (_CLOSE, _END_BRACKET, _END_BRACE):
            if inner == _HEADER and entry == _CLOSE:
                following = i + 1
                if operands > wait.height[operators - 1]:
                    opened = wait.where[operators - 1]
                    value = have.of[operands - 1].value
                    _note(found, opened - 1, have.of[operands - 1].width, have.of[operands - 1].width, 0.0,
                          0 if math.isnan(value) else 1,
                          last_bit(have, operands - 1, AREA), last_bit(have, operands - 1, SPEED))  # fmt: skip
                    if text.entry[opened - 1] == _IF and not math.isnan(value):
                        following = pass_over(text, skips, opened - 1, end, value)
                    elif text.entry[opened - 1] == _IF and resets > 0:
                        resets = 0
                    elif text.entry[opened - 1] != _REPEAT:
                        if text.entry[opened - 1] == _IF:
                            found.gates[opened - 1] += weight * reduce(have, operands - 1, OR)
                        header(text, path, opened - 1, end, have, operands - 1)
                operands, operators, wants_operand, assigned_at = 0, 0, True, -1
                i = following - 1
            elif _fits(inner, entry):
                operators -= 1
                operands = _close(scope, cells, i, have, operands, wait, operators, found, weight)
                wants_operand = False
            else:
                operands, operators, wants_operand = 0, 0, True
        elif entry == _SEMICOLON and operators:  # brackets were left open
            operands, operators, wants_operand, assigned_at = 0, 0, True, -1
        else:
            if assigned_at >= 0 and operands > 0:
                source = operands - 1
                late[:] = 0.0
                fixed = 2 if not math.isnan(have.of[source].value) else 0
                wide = have.of[source].width
                gates = assign(text, scope, cells, target, assigned_at, have, source, path, number, late)
                _note(found, assigned_at, target_width, target_width, wide, fixed, late[AREA], late[SPEED])
                found.gates[assigned_at] += weight * gates
                found.context[assigned_at:i] = target_width
            elif entry == _SEMICOLON and instance >= 0:
                connect(text, scope, ports, cells, have, instance, i, path, number, found)
                instance = -1
            elif entry == _COLON and operands > 0:
                label(text, path, i, have, operands - 1)
            operands, operators, wants_operand, assigned_at, carried = 0, 0, True, -1, -1
            if (entry == _ELSE and path.depth[0] and text.entry[path.start[path.depth[0]]] == _IF) or (
                entry == _DEFAULT and path.depth[0]
            ):
                path.branch[path.depth[0]] = i
            elif _ALWAYS <= entry <= _ALWAYS_LATCH:
                resets = begin_block(text, i)
        i += 1
    return path.unsettled[0] != 0


@njit(cache=True)
def _wait(wait: _Operators, at: int, kind: int, where: int, rank: int, height: int) -> None:
    """Write an operator or an open bracket."""
    wait.kind[at], wait.where[at], wait.rank[at], wait.height[at] = kind, where, rank, height
    wait.note[at] = 0
    wait.highest[at] = 0.0


@njit(cache=True)
def _note(
    found: Found, at: int, width: float, left: float, right: float, constant: int, area: float, speed: float
) -> None:
    """Write what was found of the lexeme at ``at``; of several visits, the latest level."""
    found.width[at], found.left[at], found.right[at] = width, left, right
    found.constant[at] = constant
    found.level[at], found.fast_level[at] = area, speed


@njit(cache=True)
def _operand(
    text: ModuleText, scope: Scope, cells: Bits, i: int, have: Operands, at: int, number: int, carried: int,
    found: Found,
) -> None:  # fmt: skip
    """Put the name or number at ``i`` on the stack."""
    entry = text.entry[i]
    if entry == USED:
        read(text, scope, cells, i, have, at, number, carried)
        found.width[i] = have.of[at].width
        if text.entry[i + 1] != _BRACKET:
            found.level[i], found.fast_level[i] = last_bit(have, at, AREA), last_bit(have, at, SPEED)
        value = have.of[at].value
    elif entry == _STRING:
        put_value(have, at, 8.0, np.nan)
        return
    elif entry >= _FIRST_SYSTEM:
        put_value(have, at, 32.0, np.nan)
        have.of[at].symbol = -2 - (entry - _FIRST_SYSTEM)
        return
    else:
        value = text.value[i]
        put_value(have, at, text.width[i] if entry == _SIZED else bits_for(value), value)
        found.width[i] = text.width[i]
    if not math.isnan(value):
        found.value[i] = math.log2(1 + abs(value))


@njit(cache=True)
def _apply(have: Operands, operands: int, wait: _Operators, at: int, found: Found, weight: float) -> int:
    """Apply a waiting operator to the topmost operands and return how many are left."""
    operator, where = wait.kind[at], wait.where[at]
    if wait.rank[at] == UNARY:
        a = operands - 1
        if operands <= wait.height[at]:  # its operand is missing
            return operands
        bits, known = have.of[a].width, not math.isnan(have.of[a].value)
        found.gates[where] += weight * apply_unary(operator, have, a)
        _note(found, where, have.of[a].width, bits, 0.0, 1 if known else 0,
              last_bit(have, a, AREA), last_bit(have, a, SPEED))  # fmt: skip
        return operands
    if operator == _COLON:  # c ? a : b
        c, a, b = operands - 3, operands - 2, operands - 1
        if c < wait.height[at] - 1:
            return operands
        fixed = (1 if not math.isnan(have.of[a].value) else 0) + (2 if not math.isnan(have.of[b].value) else 0)
        left, right = have.of[a].width, have.of[b].width
        width = max(left, right)
        gates = 0.0
        if not math.isnan(have.of[c].value):
            move(have, a if have.of[c].value != 0 else b, c)
        else:
            gates = _choose(have, c, a, b, width)
        area, speed = last_bit(have, c, AREA), last_bit(have, c, SPEED)
        question = int(wait.note[at])
        found.gates[question] += weight * gates
        _note(found, where, width, left, right, fixed, area, speed)
        _note(found, question, width, left, right, fixed, area, speed)
        return operands - 2
    a, b = operands - 2, operands - 1
    if a < wait.height[at] - 1 or operator == _QUESTION:  # an operand, or the question's colon, is missing
        return max(operands - 1, wait.height[at])
    left, right = have.of[a].width, have.of[b].width
    fixed = (1 if not math.isnan(have.of[a].value) else 0) + (2 if not math.isnan(have.of[b].value) else 0)
    found.gates[where] += weight * apply_binary(operator, have, a, b)
    _note(found, where, have.of[a].width, left, right, fixed, last_bit(have, a, AREA), last_bit(have, a, SPEED))
    return operands - 1


@njit(cache=True)
def _choose(have: Operands, c: int, a: int, b: int, width: float) -> float:
    """Put ``c ? a : b`` at ``c``; return the gates."""
    gates = reduce(have, c, OR)
    signed = have.of[a].signed and have.of[b].signed
    extend(have, a, width)
    extend(have, b, width)
    for k in range(kept(width)):
        gates += choose(have.bits, c * MOST_BITS, a * MOST_BITS + k, b * MOST_BITS + k, a * MOST_BITS + k)
    for k in range(kept(width)):
        have.bits[c * MOST_BITS + k] = have.bits[a * MOST_BITS + k]
    describe(have, c, width, np.nan)
    have.of[c].signed = signed
    settle(have, c)
    return gates


@njit(cache=True)
def _collect(have: Operands, operands: int, wait: _Operators, at: int) -> int:
    """Join the operands behind an open bracket: bits of a concatenation; of others, their levels.

    Returns:
        How many operands are left.
    """
    base = wait.height[at]
    if wait.kind[at] not in (_CONCAT, _REPEATED):
        while operands > base:
            operands -= 1
            for script in range(NUM_SCRIPTS):
                wait.highest[at, script] = max(wait.highest[at, script], last_bit(have, operands, script))
        return operands
    while operands > base + 1:
        # the one in front is the higher part
        low, high = operands - 1, operands - 2
        size, more = kept(have.of[high].width), kept(have.of[low].width)
        for k in range(min(size, MOST_BITS - more) - 1, -1, -1):
            have.bits[high * MOST_BITS + k + more] = have.bits[high * MOST_BITS + k]
        for k in range(more):
            have.bits[high * MOST_BITS + k] = have.bits[low * MOST_BITS + k]
        describe(have, high, have.of[high].width + have.of[low].width, np.nan)
        operands -= 1
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
def _close(
    scope: Scope, cells: Bits, i: int, have: Operands, operands: int, wait: _Operators, at: int, found: Found,
    weight: float,
) -> int:  # fmt: skip
    """Turn what stands in the bracket that closes at ``i`` into an operand; return how many there are."""
    kind, where, base = wait.kind[at], wait.where[at], wait.height[at]
    if kind == _INDEX:
        width, whole, index, fixed, gates = select(scope, cells, have, operands, base - 1, wait.note[at])
        area, speed = last_bit(have, base - 1, AREA), last_bit(have, base - 1, SPEED)
        found.gates[where] += weight * gates
        _note(found, where, width, whole, index, 2 if fixed else 0, area, speed)
        _note(found, i, width, whole, index, 2 if fixed else 0, area, speed)
        return base
    if kind == _PAREN:
        if operands == base:
            put_value(have, base, 0.0, np.nan)
        have.of[base].words, have.of[base].symbol = 0.0, -1
        operands = base + 1
    elif kind == _CALL:
        if base > 0 and operands > base:
            _call(scope, cells, have, base - 1, operands - 1, wait.highest[at])
        operands = max(base, 1)
        if base == 0:
            put_value(have, 0, 0.0, np.nan)
    else:
        if operands == base:
            put_value(have, base, 0.0, np.nan)
            operands += 1
        operands = _collect(have, operands, wait, at)
        if kind == _REPEATED and base > 0:  # {3{x}}: its count stands before it
            base -= 1
            _repeat(have, base)
            operands = base + 1
        describe(have, base, have.of[base].width, np.nan)
        settle(have, base)
    top = operands - 1
    area, speed = last_bit(have, top, AREA), last_bit(have, top, SPEED)
    _note(found, where, have.of[top].width, 0.0, 0.0, 0, area, speed)
    _note(found, i, have.of[top].width, 0.0, 0.0, 0, area, speed)
    return operands


@njit(cache=True)
def _repeat(have: Operands, at: int) -> None:
    """Replace the count at ``at`` by so many copies of the operand behind it."""
    times = have.of[at].value
    width = have.of[at + 1].width
    times = min(times, _MOST_STRETCH) if times >= 0 else 1.0
    size = max(kept(width), 1)
    for k in range(kept(width * times)):
        have.bits[at * MOST_BITS + k] = have.bits[(at + 1) * MOST_BITS + k % size]
    have.of[at].width = width * times


@njit(cache=True)
def _call(
    scope: Scope, cells: Bits, have: Operands, callee: int, argument: int, highest: npt.NDArray[np.float64]
) -> None:
    """Turn the name of a function into its result."""
    name, value, width = have.of[callee].symbol, have.of[argument].value, have.of[callee].width
    if name <= -2:
        system = -2 - name + _FIRST_SYSTEM
        if system == _CLOG2:
            value = ceil_log2(value)
            put_value(have, callee, bits_for(value), value)
        elif system < _CLOG2:  # $signed, $unsigned
            move(have, argument, callee)
            have.of[callee].signed = system == _SIGNED
            have.of[callee].symbol, have.of[callee].words = -1, 0.0
        else:
            put_value(have, callee, width, np.nan)
    elif name >= 0 and scope[name].log2 and not math.isnan(value):
        value = ceil_log2(value)
        put_value(have, callee, bits_for(value), value)
    elif name >= 0 and scope[name].write >= 0:
        # its body is read once, with arguments that are there at once
        first = scope[name].write
        for k in range(kept(width)):
            have.bits[callee * MOST_BITS + k] = cells[first + k]
        for script in range(NUM_SCRIPTS):
            ready = max(highest[script], last_bit(have, argument, script))
            for k in range(callee * MOST_BITS, callee * MOST_BITS + kept(width)):
                have.bits[k].late[script] += ready
                have.bits[k].root[script] += ready
        describe(have, callee, width, np.nan)
    else:
        put_value(have, callee, width, np.nan)
