"""Compiled reading of numbers out of the spans that the scanner found."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from edasat.core.bytescan import parse_float


@njit(inline="always")
def _separates(byte: int) -> bool:
    """Blanks, commas, and the backslash of a continued line stand between numbers."""
    return byte <= 32 or byte in (44, 92)


@njit(cache=True, boundscheck=False)
def parse_each(data: Any, spans: Any, which: Any, values: Any) -> int:
    """Read one number from each span ``which[i]`` into ``values[i]``; return the first ``i`` with none, else -1."""
    for i in range(len(which)):
        start, end = spans[which[i], 0], spans[which[i], 1]
        while start < end and data[start] <= 32:
            start += 1
        while start < end and data[end - 1] <= 32:
            end -= 1
        values[i], stop = parse_float(data, start, end)
        if stop == start or stop < end or not np.isfinite(values[i]):
            return i
    return -1


@njit(cache=True, boundscheck=False)
def most_numbers(spans: Any, first: Any, last: Any) -> int:
    """Return an upper bound of the numbers in the spans ``first[i]:last[i]``: each takes two bytes, but the last."""
    bound = 0
    for i in range(len(first)):
        for k in range(first[i], last[i]):
            bound += (spans[k, 1] - spans[k, 0] + 1) // 2
    return bound


@njit(cache=True, boundscheck=False)
def parse_lists(data: Any, spans: Any, first: Any, last: Any, offsets: Any, numbers: Any) -> int:
    """Read all numbers of the spans ``first[i]:last[i]``.

    Args:
        data: uint8: the file, padded.
        spans: int32, (m, 2): first byte and the one behind the last.
        first, last: int32, (n,).
        offsets: int64, (n + 1,), the first 0: filled with where each list ends in ``numbers``.
        numbers: float64, with room for :func:`most_numbers`.

    Returns:
        The position of the first that is no number, else -1.
    """
    used = 0
    for i in range(len(first)):
        for k in range(first[i], last[i]):
            position, end = np.int64(spans[k, 0]), np.int64(spans[k, 1])
            while True:
                while position < end and _separates(data[position]):
                    position += 1
                if position >= end:
                    break
                numbers[used], stop = parse_float(data, position, end)
                ended = stop > position and (stop == end or _separates(data[stop]))
                if not ended or not np.isfinite(numbers[used]):
                    return int(position)
                used += 1
                position = stop
        offsets[i + 1] = used
    return -1
