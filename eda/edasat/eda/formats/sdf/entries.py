"""Compiled pieces of the SDF scanner: values, transitions, and the two entries that name a cell."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from ..interning import intern
from ..scanning import CLOSING, COLON, QUOTE, STAR, is_blank, read_number, skip_blanks
from . import faults
from .lexer import name_at, string_end
from .record import ANY
from .tables import CELL_INSTANCE, CELL_TYPE, CELLS, FURTHER, HAS_INSTANCE, MOST_VALUES


@njit(cache=True)
def read_triple(data: Any, at: int, size: int, value: Any) -> tuple[int, int]:
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
        if byte == COLON:
            part += 1
            if part > 2:
                return faults.TRIPLE, at
            at += 1
        elif byte == CLOSING:
            break
        elif is_blank(byte):
            at += 1
        else:
            number, end = read_number(data, at, size)
            if end == at:
                return (faults.VALUE, at) if at < size else (faults.END, size)
            if not np.isnan(value[part]):
                return faults.TRIPLE, at
            value[part] = number
            at = end
    if part == 1:
        return faults.TRIPLE, at
    if part == 0:
        value[1] = value[2] = value[0]
    return 0, at + 1


@njit(cache=True)
def keep_further(scratch: Any, count: int, row: int, further: Any, further_values: Any, state: Any) -> None:
    """Keep the transitions behind rise and fall of a delay with more than two values."""
    number = state[FURTHER]
    further[number] = row
    for transition in range(MOST_VALUES - 2):
        source = transition + 2 if transition + 2 < count else MOST_VALUES
        if count == 3 and transition < 4:  # rise, fall, to Z; from Z as to the same level
            source = 2 if transition & 1 == 0 else transition >> 1
        for corner in range(3):
            further_values[number, transition, corner] = np.nan if source == MOST_VALUES else scratch[source, corner]
    state[FURTHER] = number + 1


@njit(cache=True)
def read_cell_entry(
    data: Any, begin: int, at: int, is_instance: bool, size: int, classes: Any, names: Any, cells: Any, state: Any
) -> tuple[int, int]:
    """Take CELLTYPE or INSTANCE; return an error or 0, and its position or the one behind the entry."""
    row = state[CELLS] - 1
    at = skip_blanks(data, at, size)
    if at < 0:
        return faults.COMMENT, -1 - at
    if is_instance:
        if state[HAS_INSTANCE]:
            return faults.INSTANCE_TWICE, begin
        state[HAS_INSTANCE] = 1
        end, _, canonical = name_at(data, at, size, classes)
        if data[at] == STAR and end == at + 1:
            cells[row, CELL_INSTANCE] = ANY
        elif end > at:
            cells[row, CELL_INSTANCE] = intern(data, at, canonical, names.instances.slots, names.instances.spans)
    else:
        if at < size and data[at] != QUOTE:
            return faults.TEXT, at
        end = string_end(data, at, size)
        if end > size:
            return faults.STRING, at
        cells[row, CELL_TYPE] = intern(data, at + 1, end - 1, names.types.slots, names.types.spans)
    at = skip_blanks(data, end, size)
    if at < 0:
        return faults.COMMENT, -1 - at
    if at >= size:
        return faults.END, size
    if data[at] != CLOSING:
        return (faults.INSTANCE if is_instance else faults.PARENTHESIS), at
    return 0, at + 1
