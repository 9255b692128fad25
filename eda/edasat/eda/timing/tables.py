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


class Row(NamedTuple):
    """A place on a table's first axis: what is left is a function of the second.

    Attributes:
        axis, points: where the second axis begins, and how many points it has.
        at, below: where the values of the rows before and behind the place begin.
        u: share of the way from one to the other.
    """

    axis: int
    points: int
    at: int
    below: int
    u: float


@njit(cache=True, inline="always", error_model="numpy")
def find_segment(data: Any, start: int, count: int, x: float) -> int:
    """Return the segment of a rising axis that holds ``x``; beyond its ends the outer segment, which extrapolates."""
    segment = 0
    for i in range(1, count - 1):  # no early end: axes are short, and a mispredicted branch costs more
        segment += x >= data[start + i]
    return segment


@njit(cache=True, inline="always", error_model="numpy")
def find_row(table: int, first: float, tables: Tables) -> Row:
    """Find a place on a table's first axis."""
    start, n1, n2 = tables.offsets[table], tables.shape[table, 0], tables.shape[table, 1]
    axis = start + n1
    if n1 == 1:
        return Row(axis, n2, axis + n2, axis + n2, 0.0)
    row = find_segment(tables.data, start, n1, first)
    low = tables.data[start + row]
    at = axis + n2 + row * n2
    return Row(axis, n2, at, at + n2, (first - low) / (tables.data[start + row + 1] - low))


@njit(cache=True, error_model="numpy")
def look_up_in_row(row: Row, second: float, data: Any) -> float:
    """Return a table's value at a place on its first axis."""
    at, below, u = row.at, row.below, row.u
    if row.points == 1:
        return float(data[at] + u * (data[below] - data[at]))
    column = find_segment(data, row.axis, row.points, second)
    low = data[row.axis + column]
    v = (second - low) / (data[row.axis + column + 1] - low)
    at += column
    below += column
    high = data[at] + v * (data[at + 1] - data[at])
    return float(high + u * (data[below] + v * (data[below + 1] - data[below]) - high))


@njit(cache=True, error_model="numpy")
def look_up(table: int, first: float, second: float, tables: Tables) -> float:
    """Return a table's value."""
    return look_up_in_row(find_row(table, first, tables), second, tables.data)


@njit(cache=True, inline="always", error_model="numpy")
def look_up_pair(table: int, other: int, first: float, column: int, v: float, tables: Tables) -> tuple[float, float]:
    """Return the values of two tables with the same axes, of two points or more; the place on the second is known."""
    data = tables.data
    row = find_row(table, first, tables)
    at, below = row.at + column, row.below + column
    high = data[at] + v * (data[at + 1] - data[at])
    value = high + row.u * (data[below] + v * (data[below + 1] - data[below]) - high)
    at += tables.offsets[other] - tables.offsets[table]
    below += tables.offsets[other] - tables.offsets[table]
    high = data[at] + v * (data[at + 1] - data[at])
    return value, high + row.u * (data[below] + v * (data[below + 1] - data[below]) - high)
