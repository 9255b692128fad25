"""Delay, transition and constraint tables of a cell library, ready for many look-ups at once.

Between the points of a table, and beyond them, a value is bilinear: on the piece (i, j) of the grid it is
``a + b x + c y + d x y``. Keeping these four numbers for every piece makes a look-up one gather each and two fused
multiply-adds, and gives both partial derivatives for nothing.

Which piece holds a point is found once for each value, not once for each table: ``x`` is placed among the points of
all axes together, and from there a small table knows the segment on any one axis. This is exact.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from edasat.eda.library import Library

from .buffers import add_buffers, pick

Float = npt.NDArray[np.float64]


class Coefficients(NamedTuple):
    """``a + b x + c y + d x y`` of the pieces that were asked for."""

    a: Tensor
    b: Tensor
    c: Tensor
    d: Tensor

    def value(self, x: Tensor, y: Tensor) -> Tensor:
        """Return the tables' values."""
        return torch.addcmul(torch.addcmul(self.a, self.c, y), self.by_first(y), x)

    def by_first(self, y: Tensor) -> Tensor:
        """Return the derivative by the first coordinate."""
        return torch.addcmul(self.b, self.d, y)

    def by_second(self, x: Tensor) -> Tensor:
        """Return the derivative by the second coordinate."""
        return torch.addcmul(self.c, self.d, x)


class DelayTables(nn.Module):
    """The tables of a library and, behind them, one more that returns its first coordinate (:attr:`identity`)."""

    first_points: Tensor
    second_points: Tensor
    first_segment: Tensor
    second_segment: Tensor
    first_row: Tensor
    second_row: Tensor
    first_piece: Tensor
    width: Tensor
    coefficients: Tensor

    def __init__(self, library: Library) -> None:
        super().__init__()
        self.identity = library.num_tables
        tables = [library.table(number) for number in range(library.num_tables)]
        ramp = np.array([0.0, 1.0])
        axes = [[t.first for t in tables] + [ramp], [t.second for t in tables] + [np.zeros(1)]]
        values = [t.values for t in tables] + [ramp[:, None]]
        pieces = [_pieces(x, y, z) for x, y, z in zip(*axes, values, strict=True)]
        counts = np.array([p.shape[1] for p in pieces])
        columns = {
            "first_piece": np.cumsum(counts) - counts,
            "width": np.array([max(1, len(y) - 1) for y in axes[1]]),
            "coefficients": np.concatenate(pieces, axis=1),
        }
        for name, of_tables in zip(("first", "second"), axes, strict=True):
            parts = zip(("points", "segment", "row"), _segments(of_tables), strict=True)
            columns |= {f"{name}_{part}": column for part, column in parts}
        add_buffers(self, columns)

    def place_first(self, x: Tensor) -> Tensor:
        """Return where first coordinates lie among the points of all first axes; int64, as ``x``."""
        return torch.bucketize(x.contiguous(), self.first_points, right=True)

    def place_second(self, y: Tensor) -> Tensor:
        """Return where second coordinates lie among the points of all second axes."""
        return torch.bucketize(y.contiguous(), self.second_points, right=True)

    def piece_row(self, tables: Tensor, second_place: Tensor) -> Tensor:
        """Return the first piece of each table that holds the second coordinate.

        Args:
            tables: int64, (num_items,).
            second_place: int64, (..., num_items), from :meth:`place_second`.
        """
        segment = pick(self.second_segment, pick(self.second_row, tables) + second_place)
        return pick(self.first_piece, tables) + segment

    def piece(self, row: Tensor, tables: Tensor, first_place: Tensor) -> Tensor:
        """Return the piece that holds a point, from :meth:`piece_row` and :meth:`place_first`."""
        segment = pick(self.first_segment, pick(self.first_row, tables) + first_place)
        return torch.addcmul(row, pick(self.width, tables), segment)

    def at(self, pieces: Tensor) -> Coefficients:
        """Return the coefficients of pieces."""
        return Coefficients(*(pick(column, pieces) for column in self.coefficients))

    def forward(self, tables: Tensor, x: Tensor, y: Tensor) -> Tensor:
        """Look up values.

        Args:
            tables: int64, (num_items,).
            x, y: (..., num_items), first and second coordinates.
        """
        with torch.no_grad():
            row = self.piece_row(tables, self.place_second(y))
            pieces = self.piece(row, tables, self.place_first(x))
        return self.at(pieces).value(x, y)


def _pieces(x: Float, y: Float, z: Float) -> Float:
    """Return the coefficients, (4, num_pieces), of the pieces row by row; an axis of one point has one piece."""
    constant_x, constant_y = len(x) == 1, len(y) == 1
    if constant_x:
        x, z = np.array([0.0, 1.0]), np.repeat(z, 2, axis=0)
    if constant_y:
        y, z = np.array([0.0, 1.0]), np.repeat(z, 2, axis=1)
    dx, dy = np.diff(x)[:, None], np.diff(y)[None, :]
    x0, y0, z00 = x[:-1, None], y[None, :-1], z[:-1, :-1]
    d = (z[1:, 1:] - z[1:, :-1] - z[:-1, 1:] + z00) / (dx * dy)
    b = (z[1:, :-1] - z00) / dx - d * y0
    c = (z[:-1, 1:] - z00) / dy - d * x0
    a = z00 - b * x0 - c * y0 - d * x0 * y0
    return np.stack([part.reshape(-1) for part in (a, b, c, d)])


def _segments(axes: list[Float]) -> tuple[Float, npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return all points of the axes, the segment on each axis behind each of them, and where each axis' row begins.

    The outer segments of an axis reach to infinity, so only its inner points count.
    """
    different: dict[bytes, int] = {}
    number = [different.setdefault(axis[1:-1].tobytes(), len(different)) for axis in axes]
    inner = [np.frombuffer(axis, np.float64) for axis in different]
    points = np.unique(np.concatenate(inner))
    below = np.concatenate([[-np.inf], points])
    segment = np.concatenate([np.searchsorted(axis, below, side="right") for axis in inner])
    return points, segment, np.array(number, np.int64) * len(below)
