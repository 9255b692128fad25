"""Bits of names: read where they are used, selected from by index, and assigned, under conditions or not.

Every name has a cell for each of its bits; of a memory, for the bits of its first words. Registers are read as the
registers that they are and written to cells of their own, which are the ways that end at them.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from .bits import UNKNOWN, Bits, arrival, close, latest, mark, put, put_constant
from .columns import ModuleText, Scope
from .constants import bits_for, evaluate
from .levels import AND, AREA, END, GATES, LEAF, MUX_GATES, NUM_SCRIPTS, OR, SELECT, SPEED, UNIT, log2, together
from .operands import MOST_BITS, Operands, describe, extend, kept, put_value, settle
from .vocabulary import ID, ROLES, USED

_BRACKET, _END_BRACKET, _END_BRACE, _COLON, _UP, _DOWN, _SEMICOLON = (
    ID[sign] for sign in ("[", "]", "}", ":", "+:", "-:", ";")
)
_R_INTEGER, _R_GENVAR, _R_REGISTER, _R_OUTPUT_REGISTER, _R_CONSTANT = (
    ROLES.index(role) for role in ("integer", "genvar", "register", "output register", "constant")
)
_MOST_WORDS: Final = 64  # of a memory that have cells
_SETTLED: Final = 0.01
_NO_CELLS: Final = -1
_FIRST_SIGNAL: Final = 1 << 40  # of cells; those on the stack are lower


class Path(NamedTuple):
    """The conditions around a statement.

    Attributes:
        depth: int64, (1,): how many.
        late: float64, (room, NUM_SCRIPTS): levels of the first, the first two, ... of them together.
        end: int64, (room,): position behind what each governs.
        start: int64, (room,): position of its ``if`` or ``case``.
        branch: int64, (room,): position where the branch begins that is gone through.
        unsettled: int64, (1,): 1 if something was read before it was assigned another level.
    """

    depth: npt.NDArray[np.int64]
    late: npt.NDArray[np.float64]
    end: npt.NDArray[np.int64]
    start: npt.NDArray[np.int64]
    branch: npt.NDArray[np.int64]
    unsettled: npt.NDArray[np.int64]


@njit(cache=True)
def lay_out(scope: Scope, symbols: npt.NDArray[np.int32]) -> int:
    """Give names their cells; return how many there are."""
    number = 0
    for name in symbols:
        role = scope[name].role
        if role == _R_CONSTANT or scope[name].loop or (role == 0 and scope[name].module):
            scope[name].read = scope[name].write = _NO_CELLS
            continue
        size = kept(scope[name].width) * int(min(max(scope[name].words, 1.0), _MOST_WORDS))
        scope[name].read = scope[name].write = number
        number += size
        if role in (_R_REGISTER, _R_OUTPUT_REGISTER):
            scope[name].write = number
            number += size
    return number


@njit(cache=True)
def clear_cells(cells: Bits) -> None:
    """Make all cells bits of registers or ports."""
    cells[len(cells) - 1].signal = _FIRST_SIGNAL
    for i in range(len(cells) - 1):
        put(cells, i, LEAF, 0.0, 0.0)
        cells[i].assigned = 0


@njit(cache=True)
def read(
    text: ModuleText, scope: Scope, cells: Bits, i: int, have: Operands, at: int, number: int, carried: int
) -> None:
    """Put the name at ``i`` on the stack; one with an index behind it waits for that.

    The name ``carried`` is read nowhere else, so that trees of gates go on through it.
    """
    name = text.symbol[i]
    role, width, value = scope[name].role, scope[name].width, scope[name].value
    if not math.isnan(value) and (role in (_R_INTEGER, _R_GENVAR) or width == 0):
        width = bits_for(abs(value))
    if not math.isnan(value) or scope[name].read == _NO_CELLS:
        put_value(have, at, width, value)
    else:
        describe(have, at, width, np.nan)
        scope[name].seen = number
        if text.entry[i + 1] != _BRACKET:
            _load(scope, cells, name, 0, have, at, name == carried)
            settle(have, at)
    have.of[at].words, have.of[at].symbol, have.of[at].signed = scope[name].words, name, scope[name].signed


@njit(cache=True)
def _load(scope: Scope, cells: Bits, name: int, word: int, have: Operands, at: int, carried: bool) -> None:
    """Copy a word of a name to the stack."""
    size = kept(scope[name].width)
    first = scope[name].read + word * size
    for k in range(size):
        have.bits[at * MOST_BITS + k] = cells[first + k]
        if not carried:
            close(have.bits, at * MOST_BITS + k)


@njit(cache=True)
def _position(scope: Scope, name: int, index: float, words: bool) -> float:
    """Return which bit or word of a name an index means, from 0."""
    if words:
        return index - scope[name].first_word
    low = scope[name].low
    return low - index if scope[name].rising else index - low


@njit(cache=True)
def select(
    scope: Scope, cells: Bits, have: Operands, operands: int, base: int, met: int
) -> tuple[float, float, float, float, float]:
    """Turn ``base`` and the index behind it into the bits or the word that are selected.

    Returns:
        bits selected, bits chosen from, bits of the index, whether the index is constant, and gates.
    """
    name, words = have.of[base].symbol, have.of[base].words
    named = name >= 0 and scope[name].read != _NO_CELLS
    wide = have.of[base].width
    index = min(base + 1, operands - 1)
    first = have.of[index].value
    fixed = not math.isnan(first)
    index_width = have.of[index].width
    late_area, late_speed = 0.0, 0.0
    if not fixed:
        late_area = latest(have.bits, index * MOST_BITS, index * MOST_BITS + kept(index_width), AREA)
        late_speed = latest(have.bits, index * MOST_BITS, index * MOST_BITS + kept(index_width), SPEED)
    if named and words > 0:
        total = wide * words
        have_words = int(min(words, _MOST_WORDS))
        size, start = kept(wide), scope[name].read
        if fixed:
            word = _position(scope, name, first, True)
            _load(scope, cells, name, int(min(max(word, 0.0), have_words - 1.0)), have, base, False)
            cost = 0.0
        else:
            rows = min(index_width, log2(words))
            for k in range(size):
                area, speed = late_area, late_speed
                for word in range(have_words):
                    area = max(area, arrival(cells, start + word * size + k, AREA))
                    speed = max(speed, arrival(cells, start + word * size + k, SPEED))
                put(
                    have.bits,
                    base * MOST_BITS + k,
                    LEAF,
                    area + SELECT[AREA] * rows + 0.2,
                    speed + SELECT[SPEED] * rows,
                )
            cost = 2.0 * wide * max(min(words, 2.0**index_width) - 1, 0.0)
        signed = scope[name].signed
        describe(have, base, wide, np.nan)
        have.of[base].signed = signed
        settle(have, base)
        return wide, total, index_width, 1.0 if fixed else 0.0, cost
    width = 1.0
    second = have.of[base + 2].value if met and operands - 2 > base else np.nan
    if met and operands - 2 > base:
        width = abs(first - second) + 1 if met == _COLON else second
        if not width > 0:
            width = wide
    width = min(width, float(1 << 24))
    size, source_size = kept(width), kept(wide)
    if named:
        source, start = cells, scope[name].read
        position = _position(scope, name, first, False)
        lowest = position
        if met == _COLON:
            lowest = min(position, _position(scope, name, second, False))
        elif (met == _DOWN and not scope[name].rising) or (met == _UP and scope[name].rising):
            lowest = position - width + 1
    else:
        source, start = have.bits, base * MOST_BITS
        lowest = first if met in (0, _UP) else second if met == _COLON else first - width + 1
        value = have.of[base].value
        if name >= 0 and not math.isnan(value):
            put_value(have, base, wide, value)
            lowest -= scope[name].low
    cost = 0.0
    target = base * MOST_BITS
    if fixed and not math.isnan(lowest):
        offset = int(min(max(lowest, -1e6), 1e6))
        for k in range(size):
            if 0 <= offset + k < source_size:
                have.bits[target + k] = source[start + offset + k]
                if named:
                    close(have.bits, target + k)
            elif wide > MOST_BITS and offset >= 0:
                have.bits[target + k] = source[start + source_size - 1]
            else:
                put_constant(have.bits, target + k, 0)
    else:
        choices = max(wide / max(width, 1.0), 2.0)
        rows = min(index_width, log2(choices))
        area = max(late_area, latest(source, start, start + source_size, AREA)) + SELECT[AREA] * rows + 0.2
        speed = max(late_speed, latest(source, start, start + source_size, SPEED)) + SELECT[SPEED] * rows
        for k in range(size):
            put(have.bits, target + k, LEAF, area, speed)
        cost = 2.0 * max(min(wide, width * 2.0**index_width) - width, 0.0)
    describe(have, base, width, np.nan)
    settle(have, base)
    return width, wide, index_width, 1.0 if fixed else 0.0, cost


@njit(cache=True)
def target_begin(text: ModuleText, at: int) -> int:
    """Return where the target of the assignment at ``at`` begins: a name with its indices, or a concatenation."""
    i = at - 1
    while i > 0 and text.entry[i] in (_END_BRACKET, _END_BRACE) and 0 <= text.match[i] < i:
        brace = text.entry[i] == _END_BRACE
        i = text.match[i]
        if brace:
            break
        i -= 1
    return i


@njit(cache=True)
def carried_name(text: ModuleText, at: int, end: int) -> int:
    """Return the name before the assignment at ``at`` if it is read once behind it, as in ``x = x ^ y``; else -1."""
    if text.entry[at - 1] != USED:
        return -1
    name, times = text.symbol[at - 1], 0
    for i in range(at + 1, end):
        if text.entry[i] == _SEMICOLON:
            break
        if text.entry[i] == USED and text.symbol[i] == name:
            times += 1
    return name if times == 1 else -1


@njit(cache=True)
def assign(
    text: ModuleText, scope: Scope, cells: Bits, begin: int, end: int, have: Operands, source: int, path: Path,
    number: int, late: npt.NDArray[np.float64],
) -> float:  # fmt: skip
    """Assign an operand to the names in ``text[begin:end]``, several if they are concatenated.

    Args:
        text, scope, cells: of the module.
        begin, end: the target.
        have: the stack.
        source: the operand.
        path: conditions under which it is assigned.
        number: of the pass.
        late: float64, (NUM_SCRIPTS,): raised to when the assigned bits are there.

    Returns:
        Gates that choose between the old value and the new one. ``path.unsettled[0]`` is set if a name was read
        before in this pass that now has another level.
    """
    total = 0.0
    i = begin
    while i < end:
        if text.entry[i] == USED and scope[text.symbol[i]].write != _NO_CELLS:
            after = _behind_indices(text, i, end)
            total += _target(text, scope, i, after)[2]
            i = after
        else:
            i += 1
    if total == 0:
        return 0.0
    extend(have, source, total)
    gates, i = 0.0, begin
    while i < end:
        name = text.symbol[i]
        if text.entry[i] == USED and scope[name].write != _NO_CELLS:
            after = _behind_indices(text, i, end)
            word, low, width, fixed = _target(text, scope, i, after)
            total -= width
            gates += _store(scope, cells, i, name, word, low, width, fixed, have, source, total, path, number, late)
            i = after
        else:
            i += 1
    return gates


@njit(cache=True)
def _behind_indices(text: ModuleText, i: int, end: int) -> int:
    """Return the position behind the name at ``i`` and its indices."""
    i += 1
    while i < end and text.entry[i] == _BRACKET and text.match[i] > i:
        i = text.match[i] + 1
    return i


@njit(cache=True)
def _target(text: ModuleText, scope: Scope, at: int, end: int) -> tuple[float, float, float, bool]:
    """Return word, lowest bit and bits that the indexed name ``text[at:end]`` means, and whether that is sure."""
    name = text.symbol[at]
    words, word, low, width, fixed = scope[name].words, 0.0, 0.0, max(scope[name].width, 1.0), True
    whole = width
    i = at + 1
    while i < end:
        close = text.match[i]
        middle = i + 1
        while middle < close and text.entry[middle] not in (_COLON, _UP, _DOWN):
            middle = text.match[middle] + 1 if text.match[middle] > middle else middle + 1
        first = evaluate(text, scope, i + 1, middle)
        if words > 0:
            word = first - scope[name].first_word
            fixed = fixed and not math.isnan(first)
            words = 0.0
        elif middle < close:
            second = evaluate(text, scope, middle + 1, close)
            if text.entry[middle] == _COLON:
                width = abs(first - second) + 1
                low = min(_position(scope, name, first, False), _position(scope, name, second, False))
            else:
                width = second
                low = _position(scope, name, first, False)
                if (text.entry[middle] == _DOWN) != scope[name].rising:
                    low = low - width + 1
            if not 0 < width <= whole:
                width = whole
            fixed = fixed and not math.isnan(low)
        else:
            low, width = _position(scope, name, first, False), 1.0
            fixed = fixed and not math.isnan(low)
        i = close + 1
    return word, low, width, fixed


@njit(cache=True)
def _store(
    scope: Scope, cells: Bits, at: int, name: int, word: float, low: float, width: float, fixed: bool, have: Operands,
    source: int, offset: float, path: Path, number: int, late: npt.NDArray[np.float64],
) -> float:  # fmt: skip
    """Write bits of an operand from ``offset`` on to cells of the name at ``at``; return the gates of choosing."""
    size = kept(scope[name].width)
    words = int(min(max(scope[name].words, 1.0), _MOST_WORDS))
    start = scope[name].write
    gates = 0.0
    first, count = 0, size
    if fixed:
        start += size * int(min(max(word, 0.0), words - 1.0))
        first = int(min(max(low, 0.0), size - 1.0))
        count = min(kept(width), size - first)
    decoding = log2(log2(max(scope[name].words, scope[name].width)))  # an AND over the bits of the index
    from_bit = int(min(max(offset, 0.0), MOST_BITS - 1.0))
    register = scope[name].write != scope[name].read
    if not fixed and scope[name].words > 0:
        gates += MUX_GATES * scope[name].width * scope[name].words  # each word is kept or replaced
    for k in range(count):
        cell = start + first + k
        bit = source * MOST_BITS + min(from_bit + (k if fixed else 0), MOST_BITS - 1)
        had, old_area, old_speed = cells[cell].known, arrival(cells, cell, AREA), arrival(cells, cell, SPEED)
        fresh = cells[cell].assigned != number
        if path.depth[0] == 0 and fixed:  # nothing to choose
            cells[cell] = have.bits[bit]
        else:
            if fresh and register:
                put(cells, cell, LEAF, 0.0, 0.0)  # what is not assigned stays as it is
            gates += _merge(cells, cell, fresh and not register, have.bits, bit, path, 0.0 if fixed else decoding)
        cells[cell].assigned, cells[cell].where = number, at
        area, speed = arrival(cells, cell, AREA), arrival(cells, cell, SPEED)
        late[AREA], late[SPEED] = max(late[AREA], area), max(late[SPEED], speed)
        if fresh and scope[name].seen == number and not register:
            moved = abs(area - old_area) > _SETTLED or abs(speed - old_speed) > _SETTLED
            if moved or cells[cell].known != had:
                path.unsettled[0] = 1
    return gates


@njit(cache=True)
def _merge(cells: Bits, cell: int, fresh: bool, bits: Bits, bit: int, path: Path, decoding: float) -> float:
    """Choose between what a cell has and a new value, under the conditions around; return the gates.

    An index that is no constant takes so many doublings of AND gates more, ``decoding``.

    Values assigned under several conditions become an OR over terms, each a value AND its conditions.
    """
    known = bits[bit].known
    depth = path.depth[0]
    if fresh and known != UNKNOWN:
        cells[cell] = bits[bit]
        return 0.0
    if known != UNKNOWN and cells[cell].known == known:
        return 0.0
    was, excluded = cells[cell].known, fresh or _excluded(path, cells[cell].where)
    if known == 0 and was == UNKNOWN:
        # where other values are for other branches, this one shows in their conditions
        if excluded:
            return 0.0
        return _keep(cells, cell, path)
    area = path.late[depth, AREA] + UNIT[AND, AREA] * decoding
    speed = path.late[depth, SPEED] + UNIT[AND, SPEED] * decoding
    gates = 0.0
    if known == UNKNOWN:
        area, speed = _joined(bits, bit, area, AREA), _joined(bits, bit, speed, SPEED)
        gates = GATES[AND]
    if fresh or was != UNKNOWN:
        put(cells, cell, OR, area, speed)
        return gates
    if not excluded:
        gates += _keep(cells, cell, path)
    for script in range(NUM_SCRIPTS):
        term = area if script == AREA else speed
        ready = cells[cell].late[script] if cells[cell].kind == OR else arrival(cells, cell, script)
        root = cells[cell].root[script] if cells[cell].kind == OR else ready
        cells[cell].late[script] = together(ready, term, UNIT[OR, script])
        cells[cell].root[script] = max(root, term)
    mark(cells, cell, OR)
    return gates + GATES[OR]


@njit(cache=True)
def _excluded(path: Path, where: int) -> bool:
    """Whether what was assigned at ``where`` stands in another branch of an ``if`` or ``case`` around."""
    for depth in range(1, path.depth[0] + 1):  # noqa: SIM110 - compiled
        if path.start[depth] < where < path.branch[depth]:
            return True
    return False


@njit(cache=True)
def _keep(cells: Bits, cell: int, path: Path) -> float:
    """Keep a value only where the conditions around do not hold; return the gates."""
    depth = path.depth[0]
    for script in range(NUM_SCRIPTS):
        ready = max(arrival(cells, cell, script) + END[AND, script], path.late[depth, script] + END[AND, script])
        cells[cell].late[script] = cells[cell].root[script] = ready
    mark(cells, cell, LEAF)
    return GATES[AND]


@njit(cache=True)
def _joined(bits: Bits, bit: int, late: float, script: int) -> float:
    """Return when a bit AND the conditions around, which are there at ``late``, are there."""
    ready = arrival(bits, bit, script)
    return max(together(ready, late, UNIT[AND, script]), max(ready, late) + 0.4)
