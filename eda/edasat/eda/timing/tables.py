"""Compiled look-ups in a library's delay, transition and constraint tables: bilinear between points and beyond them."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from ..library import Library


class Tables(NamedTuple):
    """Columns of a :class:`~edasat.eda.library.Library` as compiled code takes them.

    Attributes:
        offsets: ``table_offsets``.
        shape: ``table_shape``.
        data: ``table_data``.
    """

    offsets: npt.NDArray[np.int64]
    shape: npt.NDArray[np.int32]
    data: npt.NDArray[np.float64]


def tables_of(library: Library) -> Tables:
    """Return the tables of a library."""
    return Tables(library.table_offsets, library.table_shape, library.table_data)


@njit(cache=True, inline="always")
def find_segment(data: Any, start: int, count: int, x: float) -> int:
    """Return the segment of a rising axis that holds ``x``; beyond its ends the outer segment, which extrapolates."""
    segment = 0
    for i in range(1, count - 1):  # no early end: axes are short, and a mispredicted branch costs more
        segment += x >= data[start + i]
    return segment


@njit(cache=True, inline="always")
def find_row(table: int, first: float, tables: Tables) -> tuple[int, float]:
    """Return the place on a table's first axis: the row before it and the share of the way to the next."""
    start, count = tables.offsets[table], tables.shape[table, 0]
    if count == 1:
        return 0, 0.0
    row = find_segment(tables.data, start, count, first)
    low = tables.data[start + row]
    return row, (first - low) / (tables.data[start + row + 1] - low)


@njit(cache=True)
def look_up_in_row(table: int, row: int, u: float, second: float, tables: Tables) -> float:
    """Return a table's value at a place on its first axis that :func:`find_row` found."""
    data = tables.data
    n1, n2 = tables.shape[table, 0], tables.shape[table, 1]
    axis = tables.offsets[table] + n1
    at = axis + n2 + row * n2
    below = at + n2 if n1 > 1 else at
    if n2 == 1:
        return float(data[at] + u * (data[below] - data[at]))
    column = find_segment(data, axis, n2, second)
    v = (second - data[axis + column]) / (data[axis + column + 1] - data[axis + column])
    at += column
    below += column
    high = data[at] + v * (data[at + 1] - data[at])
    low = data[below] + v * (data[below + 1] - data[below])
    return float(high + u * (low - high))


@njit(cache=True)
def look_up(table: int, first: float, second: float, tables: Tables) -> float:
    """Return a table's value."""
    row, u = find_row(table, first, tables)
    return look_up_in_row(table, row, u, second, tables)


@njit(cache=True, inline="always")
def look_up_pair(table: int, other: int, first: float, column: int, v: float, tables: Tables) -> tuple[float, float]:
    """Return the values of two tables with the same axes, of two points or more; the place on the second is known."""
    data = tables.data
    n2 = tables.shape[table, 1]
    row, u = find_row(table, first, tables)
    at = tables.offsets[table] + tables.shape[table, 0] + n2 + row * n2 + column
    low = data[at] + v * (data[at + 1] - data[at])
    high = data[at + n2] + v * (data[at + n2 + 1] - data[at + n2])
    value = low + u * (high - low)
    at += tables.offsets[other] - tables.offsets[table]
    low = data[at] + v * (data[at + 1] - data[at])
    high = data[at + n2] + v * (data[at + n2 + 1] - data[at + n2])
    return value, low + u * (high - low)
