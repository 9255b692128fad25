"""Compiled passes over AIGER data: numbers in lines, gates as differences, and the order of gates."""

from __future__ import annotations

from typing import Final

import numba
import numpy as np
import numpy.typing as npt

from ..aig import Literals

Bytes = npt.NDArray[np.uint8]

# How a pass ended.
OK: Final = 0
NOT_A_NUMBER: Final = 1
END: Final = 2
TOO_MANY: Final = 3
BELOW: Final = 4  # a gate whose fan-ins do not lie below it


@numba.njit(cache=True)
def read_rows(data: Bytes, position: int, low: int, out: npt.NDArray[np.int64]) -> tuple[int, int]:
    """Fill ``out`` with the numbers of one line per row; returns where it stopped and why."""
    size = len(data)
    for row in range(len(out)):
        column = 0
        while True:
            while position < size and data[position] in (32, 9, 13):
                position += 1
            if position == size:
                if column >= low and row == len(out) - 1:
                    break
                return position, END
            byte = data[position]
            if byte == 10:
                if column < low:
                    return position, NOT_A_NUMBER
                position += 1
                break
            if column == out.shape[1]:
                return position, TOO_MANY
            start = position
            value = np.int64(0)
            while position < size and 48 <= data[position] <= 57 and position - start < 18:
                value = 10 * value + np.int64(data[position]) - 48
                position += 1
            if position == start or (position < size and data[position] not in (32, 9, 13, 10)):
                return start, NOT_A_NUMBER
            out[row, column] = value
            column += 1
    return position, OK


@numba.njit(cache=True)
def read_deltas(data: Bytes, position: int, first_and: int, ands: Literals) -> tuple[int, int, int]:
    """Decode the gates of a binary file; returns where it stopped, why, and at which gate."""
    size = len(data)
    for gate in range(len(ands)):
        literal = np.int64(2 * (first_and + gate))
        for column in range(2):
            delta = np.int64(0)
            shift = 0
            start = position
            while True:
                if position == size:
                    return position, END, gate
                byte = np.int64(data[position])
                position += 1
                delta |= (byte & 127) << shift
                shift += 7
                if byte < 128:
                    break
                if shift > 28:  # five groups hold more than any valid difference
                    return start, BELOW, gate
            if delta > literal or (column == 0 and delta == 0):
                return start, BELOW, gate
            literal -= delta
            ands[gate, column] = literal
    return position, OK, 0


@numba.njit(cache=True)
def write_deltas(ands: Literals, first_and: int) -> Bytes:
    """Encode the gates of a binary file, the larger fan-in of each first as the format wants it."""
    data = np.empty(10 * len(ands), np.uint8)
    end = 0
    for gate in range(len(ands)):
        high, low = max(ands[gate, 0], ands[gate, 1]), min(ands[gate, 0], ands[gate, 1])
        for delta in (2 * (first_and + gate) - high, high - low):
            rest = delta
            while rest > 127:
                data[end] = rest & 127 | 128
                rest >>= 7
                end += 1
            data[end] = rest
            end += 1
    return data[:end]


@numba.njit(cache=True)
def sorted_gates(fanins: Literals, first_and: int) -> tuple[npt.NDArray[np.int64], int]:
    """Return a topological order of the gates and -1, or a partial order and a gate on a cycle.

    Depth-first from each gate in file order, so that a sorted file keeps its order.
    """
    count = len(fanins)
    order = np.zeros(count, np.int64)
    state = np.zeros(count, np.int8)  # 0 new, 1 waits for its fan-ins, 2 placed
    stack = np.zeros(count + 1, np.int64)
    placed = 0
    for root in range(count):
        if state[root] == 2:
            continue
        stack[0] = root
        height = 1
        while height:
            gate = stack[height - 1]
            state[gate] = 1
            ready = True
            for column in range(2):
                child = (fanins[gate, column] >> 1) - first_and
                if child >= 0 and state[child] != 2:
                    if state[child] == 1:
                        return order, gate
                    stack[height] = child
                    height += 1
                    ready = False
                    break
            if ready:
                state[gate] = 2
                order[placed] = gate
                placed += 1
                height -= 1
    return order, -1
