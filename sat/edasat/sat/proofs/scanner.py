"""The compiled byte loops of the proof reader: text and binary DRAT into flat arrays, and back.

Binary (drat-trim's manual, "Binary DRAT format"): each step is 'a' or 'd', its literals as 2 * variable + sign in
groups of seven bits, lowest first, the high bit of a byte set where another follows; a zero byte ends the step.
"""

from __future__ import annotations

from typing import Final

import numba
import numpy as np
import numpy.typing as npt

from edasat.core.bytescan import count_digits, digits_value, load_word, write_number

from ..cnf import MAX_VARIABLE

# How a scan ends: well, or with an error of the table.
DONE: Final = 0
ERRORS: Final = {
    1: "proof-truncated",
    2: "proof-literal-overflow",
    3: "proof-letter",
    4: "proof-lone-minus",
    5: "proof-nul",
    6: "proof-non-ascii",
    7: "proof-deletion-inside",
    11: "proof-binary-truncated",
    12: "proof-binary-overflow",
    13: "proof-binary-tag",
    14: "proof-binary-literal",
}

_LONGEST_CODE = 2 * MAX_VARIABLE + 1


@numba.njit(cache=True)
def count_text(data: npt.NDArray[np.uint8], size: int) -> tuple[int, int]:
    """Return upper bounds of (literals, steps): words, and words that begin with '0'."""
    words = 0
    zeros = 0
    blank = True
    for i in range(size):
        byte = data[i]
        if blank and byte > 32:
            words += 1
            zeros += byte == 48
        blank = byte <= 32
    return words, zeros


@numba.njit(cache=True)
def scan_text(
    data: npt.NDArray[np.uint8],
    size: int,
    literals: npt.NDArray[np.int32],
    offsets: npt.NDArray[np.int64],
    deletions: npt.NDArray[np.bool_],
    lines: npt.NDArray[np.int64],
) -> tuple[int, int, int, int]:
    """Scan ``data[:size]``, behind which 8 more bytes may be read; return (state, position, literals, steps)."""
    n_lits = 0
    n_steps = 0
    line = 1
    inside = False  # a step has begun
    i = 0
    while i < size:
        byte = data[i]
        if byte == 32 or (9 <= byte <= 13):
            line += byte == 10
            i += 1
            continue
        begin = i
        negative = byte == 45
        i += negative
        word = load_word(data, i)
        digits = np.int64(count_digits(word))
        if digits == 0:
            if negative:
                return 4, begin, n_lits, n_steps
            if byte == 99:  # 'c'
                while i < size and data[i] != 10:
                    i += 1
                continue
            if byte == 100 and data[i + 1] <= 32:  # 'd'
                if inside:
                    return 7, begin, n_lits, n_steps
                deletions[n_steps] = True
                lines[n_steps] = line
                inside = True
                i += 1
                continue
            return (5 if byte == 0 else 6 if byte > 127 else 3), begin, n_lits, n_steps
        if digits < 8:
            value = np.int64(digits_value(word, np.uint64(digits)))
            i += digits
        else:
            value = np.int64(0)
            while i < size and 48 <= data[i] <= 57 and value <= MAX_VARIABLE:
                value = value * 10 + (data[i] - 48)
                i += 1
        if value > MAX_VARIABLE:
            return 2, begin, n_lits, n_steps
        if i < size and data[i] > 32:
            return (6 if data[i] > 127 else 3), (i if data[i] > 127 else begin), n_lits, n_steps
        if not inside:
            deletions[n_steps] = False
            lines[n_steps] = line
            inside = True
        if value:
            literals[n_lits] = -value if negative else value
            n_lits += 1
        elif negative:
            return 4, begin, n_lits, n_steps
        else:
            n_steps += 1
            offsets[n_steps] = n_lits
            inside = False
    return (1 if inside else DONE), i, n_lits, n_steps


@numba.njit(cache=True)
def scan_binary(
    data: npt.NDArray[np.uint8],
    size: int,
    literals: npt.NDArray[np.int32],
    offsets: npt.NDArray[np.int64],
    deletions: npt.NDArray[np.bool_],
    starts: npt.NDArray[np.int64],
) -> tuple[int, int, int, int]:
    """Scan ``data[:size]``; return (state, position, literals, steps)."""
    n_lits = 0
    n_steps = 0
    i = 0
    while i < size:
        begin = i
        if data[i] != 97 and data[i] != 100:
            return 13, i, n_lits, n_steps
        deletion = data[i] == 100
        i += 1
        while True:
            at = i
            code = np.int64(0)
            shift = 0
            while i < size and data[i] & 128 and shift < 35:
                code |= np.int64(data[i] & 127) << shift
                shift += 7
                i += 1
            if i >= size:
                return 11, begin, n_lits, n_steps
            code |= np.int64(data[i] & 127) << shift
            i += 1
            if code > _LONGEST_CODE or shift > 28:
                return 12, at, n_lits, n_steps
            if code == 0:
                break
            if code == 1:
                return 14, at, n_lits, n_steps
            literals[n_lits] = -(code >> 1) if code & 1 else code >> 1
            n_lits += 1
        deletions[n_steps] = deletion
        starts[n_steps] = begin
        n_steps += 1
        offsets[n_steps] = n_lits
    return DONE, i, n_lits, n_steps


@numba.njit(cache=True)
def write_text(
    literals: npt.NDArray[np.int32],
    offsets: npt.NDArray[np.int64],
    deletions: npt.NDArray[np.bool_],
    out: npt.NDArray[np.uint8],
) -> int:
    """Write the steps as text into ``out`` (12 bytes a literal, 4 a step) and return the length."""
    at = 0
    for s in range(len(deletions)):
        if deletions[s]:
            out[at] = 100
            out[at + 1] = 32
            at += 2
        for k in range(offsets[s], offsets[s + 1]):
            at = write_number(out, at, literals[k])
            out[at] = 32
            at += 1
        out[at] = 48
        out[at + 1] = 10
        at += 2
    return at


@numba.njit(cache=True)
def write_binary(
    literals: npt.NDArray[np.int32],
    offsets: npt.NDArray[np.int64],
    deletions: npt.NDArray[np.bool_],
    out: npt.NDArray[np.uint8],
) -> int:
    """Write the steps in binary into ``out`` (5 bytes a literal, 2 a step) and return the length."""
    at = 0
    for s in range(len(deletions)):
        out[at] = 100 if deletions[s] else 97
        at += 1
        for k in range(offsets[s], offsets[s + 1]):
            x = np.int64(literals[k])
            code = 2 * x if x > 0 else 1 - 2 * x
            while code > 127:
                out[at] = 128 | (code & 127)
                code >>= 7
                at += 1
            out[at] = code
            at += 1
        out[at] = 0
        at += 1
    return at
