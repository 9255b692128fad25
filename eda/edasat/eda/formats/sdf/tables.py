"""The tables that the compiled pass over an SDF file fills, their columns, and how they grow."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from ..interning import Interner
from .record import WireKind

# Constructs inside ABSOLUTE, INCREMENT and TIMINGCHECK, as the column ROW_KIND has them.
PATH: Final = 0
FIRST_WIRE: Final = 1
FIRST_CHECK: Final = FIRST_WIRE + len(WireKind)

# Slots of ``state``: where the scanner is, where the innermost open construct begins, what is counted, and where the
# construct of each section begins.
SECTION, POSITION, HAS_INSTANCE, INCREMENT, BEGIN, COUNT = range(6)
CELLS, ROWS, FURTHER, SKIPPED, RETAIN, PULSE_LIMITS, LABELS = range(6, 13)
OPENED: Final = 13
NUM_SLOTS: Final = OPENED + 5

# Columns of the integer tables. A port takes three: edge, instance part of its name, pin.
CELL_TYPE, CELL_INSTANCE = range(2)
ROW_KIND, ROW_CELL, ROW_INCREMENT, ROW_CONDITION, ROW_SECOND_CONDITION, ROW_FIRST, ROW_SECOND = 0, 1, 2, 3, 4, 5, 8
_ROW_COLUMNS: Final = 11

#: Values of one delay: one for each transition between 0, 1, Z and X.
MOST_VALUES: Final = 12
#: Constructs between two looks at how much room is left.
CONSTRUCTS_AT_ONCE: Final = 64
_MARGIN: Final = 2 * CONSTRUCTS_AT_ONCE + 1  # what must be free in every table: a construct brings two names at most
_BYTES_PER_ROW: Final = 96  # a guess at the size of one construct; wrong guesses cost a copy


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


#: Which slot of ``state`` counts the used rows of each of :class:`Tables`.
_COUNTERS: Final = (CELLS, ROWS, ROWS, FURTHER, FURTHER, SKIPPED)


def allocate(size: int) -> tuple[NameTables, Tables]:
    """Return empty tables for a file of ``size`` bytes."""
    room = size // _BYTES_PER_ROW + 2 * _MARGIN
    few = 2 * _MARGIN
    names = NameTables(*(Interner.of_size(count) for count in (few, few + room // 2, few, few)))
    tables = Tables(
        cells=np.empty((room, 2), np.int32),
        rows=np.empty((room, _ROW_COLUMNS), np.int32),
        values=np.empty((room, 2, 3)),
        further=np.empty(few, np.int32),
        further_values=np.empty((few, MOST_VALUES - 2, 3)),
        skipped=np.empty((few, 2), np.int64),
    )
    return names, tables


def grow(names: NameTables, tables: Tables, state: npt.NDArray[np.int64]) -> NameTables:
    """Double what is nearly full: the tables in place, the names in what is returned."""
    arrays: tuple[npt.NDArray[Any], ...] = tables
    for table, counter in zip(arrays, _COUNTERS, strict=True):
        if state[counter] + _MARGIN > len(table):
            table.resize((2 * len(table), *table.shape[1:]), refcheck=False)
    return NameTables(*(table.grown() if table.is_short_of(_MARGIN) else table for table in names))


def used(tables: Tables, state: npt.NDArray[np.int64]) -> Tables:
    """Return the rows that are used, as views."""
    arrays: tuple[npt.NDArray[Any], ...] = tables
    return Tables(*(table[: state[counter]] for table, counter in zip(arrays, _COUNTERS, strict=True)))


@njit(cache=True)
def lacks_room(names: Any, tables: Any, state: Any) -> bool:
    """Whether ``CONSTRUCTS_AT_ONCE`` more constructs might not fit."""
    return (
        state[ROWS] + _MARGIN > len(tables.rows)
        or state[CELLS] + _MARGIN > len(tables.cells)
        or state[FURTHER] + _MARGIN > len(tables.further)
        or state[SKIPPED] + _MARGIN > len(tables.skipped)
        or names.types.spans[0, 0] + _MARGIN >= len(names.types.spans)
        or names.instances.spans[0, 0] + _MARGIN >= len(names.instances.spans)
        or names.pins.spans[0, 0] + _MARGIN >= len(names.pins.spans)
        or names.conditions.spans[0, 0] + _MARGIN >= len(names.conditions.spans)
    )
