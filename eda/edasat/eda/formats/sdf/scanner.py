"""The compiled pass over an SDF file: from bytes to numbered names and rows of delays.

The grammar is that of IEEE 1497-2001 (SDF 3.0 and 4.0), which contains OVI's SDF 2.1. It nests four deep at most
(DELAYFILE, CELL, DELAY, ABSOLUTE), and inside stand flat constructs: ports, then values. So there is no recursive
descent: one loop takes one token a turn, ``section`` and ``construct`` say where it stands, and ports, names and
numbers are read in one place each. Between two constructs the loop can stop for larger tables and go on. What it does
not know it skips by counting parentheses, and remembers.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numba import njit

from ..interning import intern
from ..scanning import CLOSING, OPENING, keyword_at, keyword_key, skip_blanks
from . import faults
from .entries import keep_further, read_cell_entry, read_triple
from .lexer import find_closing, find_path, intern_condition, last_item, name_at, skip_label
from .record import ELSE, NONE, TOP, CheckType, WireKind
from .tables import (
    BEGIN,
    CELL_INSTANCE,
    CELL_TYPE,
    CELLS,
    CONSTRUCTS_AT_ONCE,
    COUNT,
    FIRST_CHECK,
    FIRST_WIRE,
    HAS_INSTANCE,
    INCREMENT,
    LABELS,
    MOST_VALUES,
    OPENED,
    PATH,
    POSITION,
    PULSE_LIMITS,
    RETAIN,
    ROW_CELL,
    ROW_CONDITION,
    ROW_FIRST,
    ROW_INCREMENT,
    ROW_KIND,
    ROW_SECOND,
    ROW_SECOND_CONDITION,
    ROWS,
    SECTION,
    SKIPPED,
    lacks_room,
)

# Sections, from the outside to the inside; TIMINGCHECK stands where DELAY does.
_FILE, _CELL, _DELAY, DELAYS, _CHECKS = range(5)

_OUTSIDE: Final = -1  # no construct is open

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
_VALUES: Final = np.array([MOST_VALUES] * FIRST_CHECK + [2 if kind in _TWO_LIMITS else 1 for kind in CheckType])


@njit(cache=True)
def scan(data: Any, size: int, classes: Any, names: Any, tables: Any, scratch: Any, state: Any) -> int:
    """Scan from ``state[POSITION]``, which then says where it stopped, to the end of DELAYFILE.

    Args:
        data: uint8: the file with padding behind it; names are made canonical in place.
        size: bytes of the file.
        classes: of :func:`edasat.eda.formats.interning.byte_classes`.
        names, tables: of :func:`.tables.allocate`.
        scratch: float64, (MOST_VALUES + 1, 3): the values of one construct, and one that is dropped.
        state: int64, (NUM_SLOTS,).

    Returns:
        How it stopped, as :mod:`.faults` has it.
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
    begins = -1  # of the construct that is open at a fault, where it is none of the above
    fault = 0
    while True:
        at = skip_blanks(data, at, size)
        if at < 0 or at >= size:
            fault = faults.COMMENT if at < 0 else faults.END
            at = -1 - at if at < 0 else size
            break
        byte = data[at]

        if byte not in (OPENING, CLOSING):  # a name
            if construct == _OUTSIDE:
                fault = faults.PARENTHESIS
                break
            if ports == _PORTS[construct] or in_edge == 2 or in_condition == 2:
                fault = faults.VALUE if ports == _PORTS[construct] else faults.PORT
                break
            start = at
            at, cut, end = name_at(data, start, size, classes)
            if at == start or cut + 1 == end:
                at = start
                fault = faults.PORT
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

        if byte == CLOSING:
            at += 1
            if in_edge or in_condition or in_group >= 0:
                if in_edge == 1 or (in_condition == 1 and not in_edge):
                    at -= 1
                    fault = faults.PORT
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
                    fault = faults.PORT
                    break
                if count == 0 or (construct >= FIRST_CHECK and count != _VALUES[construct]):
                    at -= 1
                    fault = faults.VALUE if count == 0 else faults.VALUE_COUNT
                    break
                if count == 1:
                    for corner in range(3):
                        scratch[1, corner] = scratch[0, corner] if construct < FIRST_CHECK else np.nan
                elif count > 2:
                    keep_further(scratch, count, row, tables.further, tables.further_values, state)
                for corner in range(3):
                    tables.values[row, 0, corner] = scratch[0, corner]
                    tables.values[row, 1, corner] = scratch[1, corner]
                row += 1
                construct = _OUTSIDE
            elif wrapped:
                wrapped = False
            elif section == _FILE:
                fault = faults.DONE
                break
            else:
                section = _CELL if section == _CHECKS else section - 1
            continue

        begin = at
        at = skip_blanks(data, at + 1, size)
        if at < 0 or at >= size:
            fault = faults.COMMENT if at < 0 else faults.END
            at = -1 - at if at < 0 else size
            break
        byte = data[at]
        letter = (byte >= 65 and byte <= 90) or (byte >= 97 and byte <= 122)

        ready = construct != _OUTSIDE and (ports == _PORTS[construct] or construct == _DEVICE)
        if ready and not (letter or in_edge or in_condition):  # a value
            ports = _PORTS[construct]
            if byte == OPENING and in_group < 0:  # (delay reject error): the first is what counts
                state[PULSE_LIMITS] += 1
                in_group = 0
                at = begin + 1
                continue
            if count == _VALUES[construct]:
                at = begin
                count += 1
                fault = faults.VALUE_COUNT
                break
            fault, at = read_triple(data, at, size, scratch[count if in_group <= 0 else MOST_VALUES])
            if fault:
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
                    close = find_closing(data, begin, size)
                    if close == size:
                        fault = faults.END
                        at = size
                        break
                    start = skip_label(data, end, size, labels)
                    at = last_item(data, start, close) if start < close else start
                    condition = intern_condition(data, start, at, condition_slots, condition_spans)
                    if condition == NONE:
                        at = begin
                        fault = faults.CONDITION
                        break
                    rows[row, ROW_SECOND_CONDITION if ports else ROW_CONDITION] = condition
                    in_condition = 1
                    continue
                for edge in range(1, len(_EDGES)):
                    if _EDGES[edge] == key:
                        break
                if _EDGES[edge] != key:
                    fault = faults.EDGE
                    break
                in_edge = 1
                at = end
                continue
            close = find_closing(data, begin, size)
            if close == size:
                fault = faults.END
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
                fault = faults.PORT if ports < _PORTS[construct] else faults.VALUE
                break
            at = close + 1
            continue

        # Between two constructs: here the tables may grow.
        if wrapped or not letter:
            at = begin if wrapped else at
            fault = faults.PARENTHESIS if wrapped else faults.KEYWORD
            break
        if constructs_left == 0:
            state[ROWS] = row
            if lacks_room(names, tables, state):
                state[POSITION] = begin
                state[SECTION] = section
                return faults.GROW
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
                    fault = faults.CONDITION
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
                fault = faults.INSTANCE_MISSING
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
            fault, at = read_cell_entry(
                data, begin, end, key == _KEY_INSTANCE, size, classes, names, tables.cells, state
            )
            if fault:
                break
            continue
        close = find_closing(data, begin, size)
        if close == size:
            begins = begin
            fault = faults.END
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
    return fault
