"""Compiled construction of sums: additions and products that are added up in one go.

Which of them belong together :func:`.gate_flattening.flatten` has marked, as Yosys' ``alumacc`` merges them.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt
from numba import njit

from .gate_design import (
    OUT,
    Flat,
    Progress,
    extended,
    pin_of,
    read,
    width_of,
)
from .gate_kernels import (
    FALSE,
    Gates,
    add,
    add_rows,
    and_gate,
    constant,
)
from .operations import OP, PORT

Array = npt.NDArray[Any]

_MUL, _SUB = (constant(OP[name]) for name in ("mul", "sub"))
_A, _B = (constant(PORT[name]) for name in ("a", "b"))
#: Bits of a constant that fits a machine word.
_LONG: Final = 62


@njit(cache=True, nogil=True)
def fused_source(flat: Flat, item: int, port: int) -> Any:
    """Return the flat word that is fused into an operand, -1 without."""
    word = np.int64(flat.word[item])
    pin = pin_of(flat, word, port)
    if pin < 0 or flat.bit_offsets[pin] == flat.bit_offsets[pin + 1]:
        return -1
    bit = flat.bits[flat.bit_offsets[pin]]
    if bit < 0:
        return -1
    source = np.int64(flat.driver[bit + flat.shift[item]])
    return source if source >= 0 and flat.fused[flat.word[source]] else -1


@njit(cache=True, nogil=True)
def terms_of(flat: Flat, item: int) -> Array:
    """Return flat words whose operands a sum adds up: itself, and the fused ones that it reads.

    Rows of the result: flat word, whether it is subtracted.
    """
    found = np.empty((1, 2), np.int64)
    found[0, 0], found[0, 1] = item, 0
    position = 0
    while position < len(found):
        one, minus = found[position]
        word = np.int64(flat.word[one])
        position += 1
        if flat.op[word] == _MUL:
            continue
        for port in (_A, _B):
            source = fused_source(flat, one, port)
            if source >= 0:
                more = np.empty((len(found) + 1, 2), np.int64)
                more[:-1] = found
                more[-1, 0] = source
                more[-1, 1] = minus ^ (1 if port == _B and flat.op[word] == _SUB else 0)
                found = more
    return found


@njit(cache=True, nogil=True)
def _without_constant(rows: Array, count: int, constant: Any) -> tuple[int, int]:
    """Count the last row, or add it to the constant if it is one."""
    width = rows.shape[1]
    if width > _LONG or (rows[count] > 1).any():
        return count + 1, constant
    for j in range(width):
        constant += np.int64(rows[count, j]) << j
    return count, constant & ((np.int64(1) << width) - 1)


@njit(cache=True, nogil=True)
def sum_of(gates: Gates, flat: Flat, done: Progress, item: int) -> Array:
    """Return the value of a sum with all that is fused into it."""
    width = width_of(flat, flat.word[item], OUT)
    terms = terms_of(flat, item)
    count = 1
    for term in range(len(terms)):
        word = np.int64(flat.word[terms[term, 0]])
        count += width_of(flat, word, _B) + 1 if flat.op[word] == _MUL else 2
    rows = np.zeros((count, width), np.int64)
    count, constant = 0, np.int64(0)
    for term in range(len(terms)):
        source, minus = terms[term]
        word = np.int64(flat.word[source])
        signed = np.int64(flat.signed[word])
        own = width_of(flat, word, OUT)
        if flat.op[word] == _MUL:
            a = extended(extended(read(gates, flat, done, source, _A), own, signed), width, signed)
            b = read(gates, flat, done, source, _B)
            for i in range(min(len(b), width)):
                flip = minus ^ (1 if signed and i == len(b) - 1 else 0)
                for j in range(width):
                    product = and_gate(gates, a[j - i], b[i]) if j >= i else FALSE
                    rows[count, j] = product ^ flip
                constant += flip
                count, constant = _without_constant(rows, count, constant)
            continue
        for port in (_A, _B):
            if fused_source(flat, source, port) >= 0:
                continue
            flip = minus ^ (1 if port == _B and flat.op[word] == _SUB else 0)
            operand = extended(extended(read(gates, flat, done, source, port), own, signed), width, signed)
            for j in range(width):
                rows[count, j] = max(operand[j], 0) ^ flip
            constant += flip
            count, constant = _without_constant(rows, count, constant)
    if width <= _LONG:
        constant &= (np.int64(1) << width) - 1
    if count == 0:
        rows[0] = 0
        count = 1
    if count == 1 and constant == 0:
        return rows[0].copy()
    if count == 2 and constant <= 1:
        return add(gates, rows[0], rows[1], constant)
    if constant:
        rows[count] = 0
        for j in range(min(width, _LONG)):
            rows[count, j] = constant >> j & 1
        count += 1
    return add_rows(gates, rows, count)
