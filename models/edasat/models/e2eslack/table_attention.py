"""Library tables that a network reads by attention over their axes.

A table is stored once and arcs name it, where the published code copies eight tables of 7 x 7 numbers to every arc. A
query is a place on each axis and a sharpness; the points of an axis are weighted by their distance from that place, and
the weights of both axes pick a value from the table. That serves tables of any size; the published attention is a
perceptron over the seven points of each axis.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from edasat.eda.library import Library

from .pin_inputs import Scales

#: Added to slews and net delays before the logarithm, in units of the library; 1e-4 ns where a stage takes 50 ps, which
#: is what the published transform adds.
TIME_FLOOR = 2e-3
#: Added to loads before the logarithm, in units of the library.
_LOAD_FLOOR = 0.1
#: Distance of points that pad an axis.
_FAR = 1e4


class Tables(NamedTuple):
    """The tables of one or more libraries in units of these; row 0 is a table of zero.

    Attributes:
        values: float32, (num_tables, n1, n2): padded by zeros.
        first: float32, (num_tables, n1): log of the slew at each row; far away where padded.
        second: float32, (num_tables, n2): log of the load at each column.
    """

    values: Tensor
    first: Tensor
    second: Tensor


def library_tables(library: Library, scales: Scales, numbers: npt.NDArray[np.integer[Any]]) -> Tables:
    """Lay out tables of a library: table ``numbers[i]`` is row ``i + 1``."""
    n1, n2 = (int(n) for n in library.table_shape[numbers].max(axis=0, initial=1))
    values = np.zeros((len(numbers) + 1, n1, n2), np.float32)
    first = np.full((len(numbers) + 1, n1), _FAR, np.float32)
    second = np.full((len(numbers) + 1, n2), _FAR, np.float32)
    first[0, 0] = second[0, 0] = 0.0
    for row, number in enumerate(numbers.tolist(), start=1):
        table = library.table(number)
        rows, columns = len(table.first), len(table.second)
        values[row, :rows, :columns] = table.values / scales.time
        first[row, :rows] = log_time(table.first / scales.time)
        second[row, :columns] = np.log(np.maximum(table.second / scales.capacitance, 0.0) + _LOAD_FLOOR)
    return Tables(torch.from_numpy(values), torch.from_numpy(first), torch.from_numpy(second))


def join_tables(parts: list[Tables]) -> Tables:
    """Put tables one behind the other."""
    n1, n2 = (max(part.values.shape[axis] for part in parts) for axis in (1, 2))

    def pad(x: Tensor, by: list[int], value: float) -> Tensor:
        return torch.nn.functional.pad(x, by, value=value)

    rows = [part.values.shape[1:] for part in parts]
    return Tables(
        torch.cat([pad(p.values, [0, n2 - b, 0, n1 - a], 0.0) for p, (a, b) in zip(parts, rows, strict=True)]),
        torch.cat([pad(p.first, [0, n1 - a], _FAR) for p, (a, _) in zip(parts, rows, strict=True)]),
        torch.cat([pad(p.second, [0, n2 - b], _FAR) for p, (_, b) in zip(parts, rows, strict=True)]),
    )


def log_time(times: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the transform of slews and net delays; times in units of the library, negative ones count as 0."""
    return np.log(np.maximum(times, 0.0) + TIME_FLOOR)


def attend(tables: Tables, rows: Tensor, first: Tensor, second: Tensor, sharpness: Tensor) -> Tensor:
    """Read tables.

    Args:
        rows: int64, (...): which tables.
        first, second: float, (..., queries): places on the axes.
        sharpness: float, (..., queries, 2): of both.

    Returns:
        float, (..., queries), in units of the library.
    """
    flat = rows.reshape(-1)
    shape = (*rows.shape, 1, -1)
    weights = []
    for axis, (points, place) in enumerate(((tables.first, first), (tables.second, second))):
        distance = place[..., None] - points.index_select(0, flat).view(shape)
        # Student's kernel, which is several times as fast as a softmax over so few points.
        weight = (1 + (distance * sharpness[..., axis, None]).square()).reciprocal().square()
        weights.append(weight / weight.sum(dim=-1, keepdim=True))
    values = tables.values.index_select(0, flat).view(*rows.shape, *tables.values.shape[1:])
    return ((weights[0] @ values) * weights[1]).sum(dim=-1)
