"""The compiled pass over an SDF file: from bytes to numbered names and rows of delays.

The grammar is that of IEEE 1497-2001 (SDF 3.0 and 4.0), which contains OVI's SDF 2.1. It nests four deep at most
(DELAYFILE, CELL, DELAY, ABSOLUTE), and inside stand flat constructs: ports, then values. So there is no recursive
descent: one loop takes one token a turn, ``section`` and ``construct`` say where it stands, and ports, names and
numbers are read in one place each. Between two constructs the loop can stop for larger tables and go on. What it does
not know it skips by counting parentheses, and remembers.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from ..interning import Interner, intern
from ..scanning import is_blank, keyword_at, keyword_key, read_number, skip_blanks
from .lexer import (
    closing,
    find_path,
    intern_condition,
    last_item,
    name_at,
    skip_label,
    string_end,
)
from .record import ANY, ELSE, NONE, TOP, CheckType, WireKind

# Sections, from the outside to the inside; TIMINGCHECK stands where DELAY does.
_FILE, _CELL, _DELAY, DELAYS, _CHECKS = range(5)

# Constructs inside the two inner sections, as the column ROW_KIND has them.
_OUTSIDE: Final = -1
PATH: Final = 0
FIRST_WIRE: Final = 1
FIRST_CHECK: Final = FIRST_WIRE + len(WireKind)

# How the scanner stops.
DONE: Final = 0
GROW: Final = 1
ERRORS: Final = {
    10: "sdf-end",
    11: "sdf-comment",
    12: "sdf-string",
    13: "sdf-parenthesis",
    14: "sdf-keyword",
    15: "sdf-text",
    16: "sdf-instance",
    17: "sdf-instance-twice",
    18: "sdf-instance-missing",
    19: "sdf-port",
    20: "sdf-edge",
    21: "sdf-condition",
    22: "sdf-value",
    23: "sdf-triple",
    24: "sdf-value-count",
}
_END, _COMMENT, _STRING, _PARENTHESIS, _KEYWORD, _TEXT, _INSTANCE, _INSTANCE_TWICE = range(10, 18)
_INSTANCE_MISSING, _PORT, _EDGE, _CONDITION, _VALUE, _TRIPLE, _VALUE_COUNT = range(18, 25)

# Slots of ``state``: where the scanner is, where the innermost open construct begins, what is counted.
SECTION, POSITION, HAS_INSTANCE, INCREMENT, BEGIN, COUNT = range(6)
CELLS, ROWS, FURTHER, SKIPPED, RETAIN, PULSE_LIMITS, LABELS = range(6, 13)
OPENED: Final = 13
NUM_SLOTS: Final = OPENED + 5

# Columns of the integer tables. A port takes three: edge, instance part of its name, pin.
CELL_TYPE, CELL_INSTANCE = range(2)
ROW_KIND, ROW_CELL, ROW_INCREMENT, ROW_CONDITION, ROW_SECOND_CONDITION, ROW_FIRST, ROW_SECOND = 0, 1, 2, 3, 4, 5, 8
NUM_COLUMNS: Final = 11

_MOST_VALUES: Final = 12  # of a delay: one for each transition between 0, 1, Z and X
#: Constructs between two looks at how much room is left; the tables keep a margin for so many.
CONSTRUCTS_AT_ONCE: Final = 64
_NAMES_PER_CONSTRUCT: Final = 2  # of one kind


class NameTables(NamedTuple):
    """The names of one file by kind."""

    types: Interner
    instances: Interner
    pins: Interner
    conditions: Interner


class Tables(NamedTuple):
    """What the scanner fills; how many rows are used stands in ``state``.

    Attributes:
        cells: int32, (room, 2): type, instance.
        rows: int32, (room, 11): one for each construct with values.
        values: float64, (room, 2, 3): rise and fall, or the limits of a check.
        further: int32, (room,): row of a delay that has more transitions.
        further_values: float64, (room, 10, 3).
        skipped: int64, (room, 2): span of the keyword of each skipped construct.
    """

    cells: npt.NDArray[np.int32]
    rows: npt.NDArray[np.int32]
    values: npt.NDArray[np.float64]
    further: npt.NDArray[np.int32]
    further_values: npt.NDArray[np.float64]
    skipped: npt.NDArray[np.int64]


_KEY_CELL, _KEY_CELLTYPE, _KEY_INSTANCE = map(keyword_key, ("CELL", "CELLTYPE", "INSTANCE"))
_KEY_DELAY, _KEY_ABSOLUTE, _KEY_INCREMENT = map(keyword_key, ("DELAY", "ABSOLUTE", "INCREMENT"))
_KEY_TIMINGCHECK, _KEY_RETAIN, _KEY_IOPATH = map(keyword_key, ("TIMINGCHECK", "RETAIN", "IOPATH"))
_KEY_COND, _KEY_CONDELSE, _KEY_SCOND, _KEY_CCOND = map(keyword_key, ("COND", "CONDELSE", "SCOND", "CCOND"))
_EDGES: Final = np.array(
    [keyword_key(word) for word in ("?", "posedge", "negedge", "01", "10", "0z", "z1", "1z", "z0")]
)
_CONSTRUCTS: Final = np.array([keyword_key(word) for word in ("IOPATH", *WireKind.__members__, *CheckType.__members__)])

_DEVICE: Final = FIRST_WIRE + WireKind.DEVICE
_TWO_LIMITS = {CheckType.SETUPHOLD, CheckType.RECREM, CheckType.BIDIRECTSKEW, CheckType.NOCHANGE}
#: How many ports each construct takes, and how many values at most.
_PORTS: Final = np.array(
    [2] + [2, 1, 1, 1] + [1 if kind in {CheckType.WIDTH, CheckType.PERIOD} else 2 for kind in CheckType]
)
_VALUES: Final = np.array([_MOST_VALUES] * FIRST_CHECK + [2 if kind in _TWO_LIMITS else 1 for kind in CheckType])


@njit(cache=True)
def scan(data: Any, size: int, classes: Any, names: Any, tables: Any, scratch: Any, state: Any) -> int:
    """Scan from ``state[POSITION]`` to the end of DELAYFILE; return DONE, GROW or an error, with the place in there.

    Args:
        data: uint8: the file with padding behind it; names are made canonical in place.
        size: bytes of the file.
        classes: of :func:`edasat.eda.formats.interning.byte_classes`.
        names: :class:`NameTables`.
        tables: :class:`Tables`.
        scratch: float64, (13, 3): the values of one construct, and one that is dropped.
        state: int64, (NUM_SLOTS,).
    """
    instance_slots, instance_spans = names.instances
    pin_slots, pin_spans = names.pins
    condition_slots, condition_spans = names.conditions
    rows = tables.rows
    labels = state[LABELS : LABELS + 1]
    at = state[POSITION]
    section = state[SECTION]
    row = state[ROWS]
    construct = _OUTSIDE
    ports = 0  # of the construct that are read
    edge = 0
    in_edge = 0  # 1: behind (posedge, 2: behind its port
    in_condition = 0  # the same for (COND of a check's port
    wrapped = False  # an IOPATH in COND or CONDELSE
    count = 0  # values of the construct
    constructs_left = 0
    in_group = -1  # number of the value in (delay reject error), -1 outside
    begins = -1  # of the construct that is open at an error, where it is none of the above
    error = 0
    while True:
        at = skip_blanks(data, at, size)
        if at < 0 or at >= size:
            error = _COMMENT if at < 0 else _END
            at = -1 - at if at < 0 else size
            break
        byte = data[at]

        if byte not in (40, 41):  # a name
            if construct == _OUTSIDE:
                error = _PARENTHESIS
                break
            if ports == _PORTS[construct] or in_edge == 2 or in_condition == 2:
                error = _VALUE if ports == _PORTS[construct] else _PORT
                break
            start = at
            at, cut, end = name_at(data, start, size, classes)
            if at == start or cut + 1 == end:
                at = start
                error = _PORT
                break
            column = ROW_SECOND if ports else ROW_FIRST
            rows[row, column] = edge
            rows[row, column + 1] = intern(data, start, cut, instance_slots, instance_spans) if cut > start else TOP
            rows[row, column + 2] = intern(data, max(start, cut + 1), end, pin_slots, pin_spans)
            ports += 1
            edge = 0
            in_edge *= 2
            in_condition *= 2
            continue

        if byte == 41:
            at += 1
            if in_edge or in_condition or in_group >= 0:
                if in_edge == 1 or (in_condition == 1 and not in_edge):
                    at -= 1
                    error = _PORT
                    break
                if in_edge:
                    in_edge = 0
                elif in_condition:
                    in_condition = 0
                else:
                    in_group = -1
                    count += 1
            elif construct != _OUTSIDE:
                if ports < _PORTS[construct] and construct != _DEVICE:
                    at -= 1
                    error = _PORT
                    break
                if count == 0 or (construct >= FIRST_CHECK and count != _VALUES[construct]):
                    at -= 1
                    error = _VALUE if count == 0 else _VALUE_COUNT
                    break
                if count == 1:
                    for corner in range(3):
                        scratch[1, corner] = scratch[0, corner] if construct < FIRST_CHECK else np.nan
                elif count > 2:
                    _spread(scratch, count, row, tables.further, tables.further_values, state)
                for corner in range(3):
                    tables.values[row, 0, corner] = scratch[0, corner]
                    tables.values[row, 1, corner] = scratch[1, corner]
                row += 1
                construct = _OUTSIDE
            elif wrapped:
                wrapped = False
            elif section == _FILE:
                error = DONE
                break
            else:
                section = _CELL if section == _CHECKS else section - 1
            continue

        begin = at
        at = skip_blanks(data, at + 1, size)
        if at < 0 or at >= size:
            error = _COMMENT if at < 0 else _END
            at = -1 - at if at < 0 else size
            break
        byte = data[at]
        letter = (byte >= 65 and byte <= 90) or (byte >= 97 and byte <= 122)

        ready = construct != _OUTSIDE and (ports == _PORTS[construct] or construct == _DEVICE)
        if ready and not (letter or in_edge or in_condition):  # a value
            ports = _PORTS[construct]
            if byte == 40 and in_group < 0:  # (delay reject error): the first is what counts
                state[PULSE_LIMITS] += 1
                in_group = 0
                at = begin + 1
                continue
            if count == _VALUES[construct]:
                at = begin
                count += 1
                error = _VALUE_COUNT
                break
            error, at = _triple(data, at, size, scratch[count if in_group <= 0 else _MOST_VALUES])
            if error:
                break
            if in_group < 0:
                count += 1
            else:
                in_group += 1
            continue

        key, end = keyword_at(data, at)
        if construct != _OUTSIDE:
            if ports < _PORTS[construct] and not in_edge:
                if key == _KEY_COND and construct >= FIRST_CHECK and not in_condition:
                    close = closing(data, begin, size)
                    if close == size:
                        error = _END
                        at = size
                        break
                    start = skip_label(data, end, size, labels)
                    at = last_item(data, start, close) if start < close else start
                    condition = intern_condition(data, start, at, condition_slots, condition_spans)
                    if condition == NONE:
                        at = begin
                        error = _CONDITION
                        break
                    rows[row, ROW_SECOND_CONDITION if ports else ROW_CONDITION] = condition
                    in_condition = 1
                    continue
                for edge in range(1, len(_EDGES)):
                    if _EDGES[edge] == key:
                        break
                if _EDGES[edge] != key:
                    error = _EDGE
                    break
                in_edge = 1
                at = end
                continue
            close = closing(data, begin, size)
            if close == size:
                error = _END
                at = size
                break
            if key == _KEY_RETAIN and construct == PATH:
                state[RETAIN] += 1
            elif key in (_KEY_SCOND, _KEY_CCOND) and construct >= FIRST_CHECK:
                column = ROW_CONDITION if key == _KEY_SCOND else ROW_SECOND_CONDITION
                start = skip_label(data, end, size, labels)
                rows[row, column] = intern_condition(data, start, close, condition_slots, condition_spans)
            else:
                at = begin
                error = _PORT if ports < _PORTS[construct] else _VALUE
                break
            at = close + 1
            continue

        # Between two constructs: here the tables may grow.
        if wrapped or not letter:
            at = begin if wrapped else at
            error = _PARENTHESIS if wrapped else _KEYWORD
            break
        if constructs_left == 0:
            state[ROWS] = row
            if _lacks_room(names, tables, state):
                state[POSITION] = begin
                state[SECTION] = section
                return GROW
            constructs_left = CONSTRUCTS_AT_ONCE
        constructs_left -= 1
        if section >= DELAYS:
            condition = NONE
            if section == DELAYS and key in (_KEY_COND, _KEY_CONDELSE):
                start = skip_label(data, end, size, labels)
                at, end = find_path(data, start, size, _KEY_IOPATH)
                condition = intern_condition(data, start, at, condition_slots, condition_spans) if at >= 0 else NONE
                if at < 0 or (condition == NONE) != (key == _KEY_CONDELSE):
                    at = begin
                    error = _CONDITION
                    break
                if key == _KEY_CONDELSE:
                    condition = ELSE
                wrapped = True
                key = _KEY_IOPATH
            first = 0 if section == DELAYS else FIRST_CHECK
            last = FIRST_CHECK if section == DELAYS else len(_CONSTRUCTS)
            construct = first
            while construct < last and _CONSTRUCTS[construct] != key:
                construct += 1
            if construct < last:
                state[BEGIN] = begin
                rows[row, ROW_KIND] = construct
                rows[row, ROW_CELL] = state[CELLS] - 1
                rows[row, ROW_INCREMENT] = state[INCREMENT]
                rows[row, ROW_CONDITION] = condition
                rows[row, ROW_SECOND_CONDITION] = NONE
                rows[row, ROW_FIRST] = rows[row, ROW_SECOND] = 0
                rows[row, ROW_FIRST + 1] = rows[row, ROW_SECOND + 1] = TOP
                rows[row, ROW_FIRST + 2] = rows[row, ROW_SECOND + 2] = NONE
                ports = count = edge = 0
                at = end
                continue
            construct = _OUTSIDE
        elif section == _DELAY and key in (_KEY_ABSOLUTE, _KEY_INCREMENT):
            section = DELAYS
            state[OPENED + section] = begin
            state[INCREMENT] = key == _KEY_INCREMENT
            at = end
            continue
        elif section == _CELL and key in (_KEY_DELAY, _KEY_TIMINGCHECK):
            if not state[HAS_INSTANCE]:
                at = begin
                error = _INSTANCE_MISSING
                break
            section = _DELAY if key == _KEY_DELAY else _CHECKS
            state[OPENED + section] = begin
            at = end
            continue
        elif section == _FILE and key == _KEY_CELL:
            section = _CELL
            state[OPENED + section] = begin
            state[HAS_INSTANCE] = 0
            cell = state[CELLS]
            tables.cells[cell, CELL_TYPE] = NONE
            tables.cells[cell, CELL_INSTANCE] = TOP
            state[CELLS] = cell + 1
            at = end
            continue
        elif section == _CELL and key in (_KEY_CELLTYPE, _KEY_INSTANCE):
            error, at = _cell_entry(data, begin, end, key == _KEY_INSTANCE, size, classes, names, tables.cells, state)
            if error:
                break
            continue
        close = closing(data, begin, size)
        if close == size:
            begins = begin
            error = _END
            at = size
            break
        skipped = state[SKIPPED]
        tables.skipped[skipped, 0] = at
        tables.skipped[skipped, 1] = end
        state[SKIPPED] = skipped + 1
        at = close + 1

    if begins < 0:
        begins = state[BEGIN] if construct != _OUTSIDE else state[OPENED + section]
    state[BEGIN] = begins
    state[POSITION] = at
    state[SECTION] = section
    state[ROWS] = row
    state[COUNT] = count
    return error


@njit(cache=True)
def _lacks_room(names: Any, tables: Any, state: Any) -> bool:
    """Whether ``CONSTRUCTS_AT_ONCE`` more constructs might not fit."""
    more_names = _NAMES_PER_CONSTRUCT * CONSTRUCTS_AT_ONCE + 1
    return (
        state[ROWS] + CONSTRUCTS_AT_ONCE > len(tables.rows)
        or state[CELLS] + CONSTRUCTS_AT_ONCE > len(tables.cells)
        or state[FURTHER] + CONSTRUCTS_AT_ONCE > len(tables.further)
        or state[SKIPPED] + CONSTRUCTS_AT_ONCE > len(tables.skipped)
        or names.types.spans[0, 0] + more_names > len(names.types.spans)
        or names.instances.spans[0, 0] + more_names > len(names.instances.spans)
        or names.pins.spans[0, 0] + more_names > len(names.pins.spans)
        or names.conditions.spans[0, 0] + more_names > len(names.conditions.spans)
    )


@njit(cache=True)
def _triple(data: Any, at: int, size: int, value: Any) -> tuple[int, int]:
    """Read what stands between ``(`` and ``)``: nothing, one number for all three corners, or three with gaps.

    Args:
        data: uint8: the file.
        at: position behind the ``(``.
        size: bytes of the file.
        value: float64, (3,): takes minimum, typical and maximum, NaN for a gap.

    Returns:
        An error or 0, and its position or the one behind the ``)``.
    """
    value[0] = value[1] = value[2] = np.nan
    part = 0
    while True:
        byte = data[at]
        if byte == 58:
            part += 1
            if part > 2:
                return _TRIPLE, at
            at += 1
        elif byte == 41:
            break
        elif is_blank(byte):
            at += 1
        else:
            number, end = read_number(data, at, size)
            if end == at:
                return (_VALUE, at) if at < size else (_END, size)
            if not np.isnan(value[part]):
                return _TRIPLE, at
            value[part] = number
            at = end
    if part == 1:
        return _TRIPLE, at
    if part == 0:
        value[1] = value[2] = value[0]
    return 0, at + 1


@njit(cache=True)
def _spread(scratch: Any, count: int, row: int, further: Any, further_values: Any, state: Any) -> None:
    """Keep the transitions behind rise and fall of a delay with more than two values."""
    number = state[FURTHER]
    further[number] = row
    for transition in range(_MOST_VALUES - 2):
        source = transition + 2 if transition + 2 < count else _MOST_VALUES
        if count == 3 and transition < 4:  # rise, fall, to Z; from Z as to the same level
            source = 2 if transition & 1 == 0 else transition >> 1
        for corner in range(3):
            further_values[number, transition, corner] = np.nan if source == _MOST_VALUES else scratch[source, corner]
    state[FURTHER] = number + 1


@njit(cache=True)
def _cell_entry(
    data: Any, begin: int, at: int, is_instance: bool, size: int, classes: Any, names: Any, cells: Any, state: Any
) -> tuple[int, int]:
    """Take CELLTYPE or INSTANCE; return an error or 0, and its position or the one behind the entry."""
    row = state[CELLS] - 1
    at = skip_blanks(data, at, size)
    if at < 0:
        return _COMMENT, -1 - at
    if is_instance:
        if state[HAS_INSTANCE]:
            return _INSTANCE_TWICE, begin
        state[HAS_INSTANCE] = 1
        end, _, canonical = name_at(data, at, size, classes)
        if data[at] == 42 and end == at + 1:
            cells[row, CELL_INSTANCE] = ANY
        elif end > at:
            cells[row, CELL_INSTANCE] = intern(data, at, canonical, names.instances.slots, names.instances.spans)
    else:
        if at < size and data[at] != 34:
            return _TEXT, at
        end = string_end(data, at, size)
        if end > size:
            return _STRING, at
        cells[row, CELL_TYPE] = intern(data, at + 1, end - 1, names.types.slots, names.types.spans)
    at = skip_blanks(data, end, size)
    if at < 0:
        return _COMMENT, -1 - at
    if at >= size:
        return _END, size
    if data[at] != 41:
        return (_INSTANCE if is_instance else _PARENTHESIS), at
    return 0, at + 1
