"""The compiled byte loop of the DIMACS reader.

One loop looks at each byte once, over blocks of a megabyte that stay in the cache, and checks everything on the way.
It stops at a token that a block cuts in two; what is left of it begins the next block.
"""

from __future__ import annotations

from typing import Final

import numba
import numpy as np
import numpy.typing as npt

from edasat.core.bytescan import count_digits, digits_value, load_word

from ..cnf import MAX_VARIABLE

_SHORT = 8  # clauses up to this length are checked for repetitions pair by pair, longer ones by sorting

# States of the scanner that stop it (0: the block is used up).
NEED_MORE: Final = 0
GROW: Final = 1
TRAILER: Final = 2
ERRORS: Final = {
    10: "dimacs-header-duplicate",
    11: "dimacs-clauses-more",
    12: "dimacs-variable-above-header",
    13: "dimacs-literal-overflow",
    14: "dimacs-letter",
    15: "dimacs-float",
    16: "dimacs-lone-minus",
    17: "dimacs-nul",
    18: "dimacs-non-ascii",
}

# Slots of the scanner's counters.
LITS, CLAUSES, IN_COMMENT, LINE_START, TOP, TAUTOLOGIES, DUPLICATES, EMPTY = range(8)
NUM_COUNTERS: Final = 8


@numba.njit(cache=True, boundscheck=False)
def _repeats(literals: npt.NDArray[np.int32], start: int, end: int, counters: npt.NDArray[np.int64]) -> None:
    """Count a clause as tautological, as holding a literal twice, or as both."""
    length = end - start
    taut = 0
    twice = 0
    if length <= _SHORT:
        for i in range(start + 1, end):
            x = literals[i]
            for j in range(start, i):
                taut |= literals[j] == -x
                twice |= literals[j] == x
    else:
        key = np.empty(length, np.int64)
        for i in range(length):
            x = np.int64(literals[start + i])
            key[i] = 2 * x if x > 0 else 1 - 2 * x
        key.sort()
        for i in range(1, length):
            twice |= key[i] == key[i - 1]
            taut |= (key[i] ^ 1) == key[i - 1] and key[i] // 2 == key[i - 1] // 2
        if taut == 0 and twice:  # x x -x: the pair is not adjacent to its first copy
            for i in range(1, length):
                if key[i] != key[i - 1] and key[i] // 2 == key[i - 1] // 2:
                    taut = 1
    counters[TAUTOLOGIES] += taut
    counters[DUPLICATES] += twice


@numba.njit(inline="always")
def _note(seen: np.uint64, suspect: np.uint64, literal: int) -> tuple[np.uint64, np.uint64]:
    """Add a literal to the variables seen in its clause; ``suspect`` is not zero if it may have been there before."""
    mark = np.uint64(1) << np.uint64(abs(literal) & 63)
    return seen | mark, suspect | (seen & mark)


@numba.njit(cache=True, boundscheck=False)
def scan(
    block: npt.NDArray[np.uint8],
    size: int,
    last: bool,
    relaxed: bool,
    num_vars: int,
    num_clauses: int,
    literals: npt.NDArray[np.int32],
    offsets: npt.NDArray[np.int64],
    counters: npt.NDArray[np.int64],
) -> tuple[int, int]:
    """Scan ``block[:size]``, behind which 8 more bytes may be read; return (state, position).

    ``position`` is where the next block begins, or where the error stands. ``counters`` carries what outlives a block.
    """
    n_lits = counters[LITS]
    n_clauses = counters[CLAUSES]
    start = offsets[n_clauses]
    top = counters[TOP]
    line_start = counters[LINE_START]
    lit_room = len(literals)
    clause_room = len(offsets) - 1
    state = NEED_MORE
    i = 0
    if counters[IN_COMMENT]:
        while i < size and block[i] != 10:
            i += 1
        if i < size:
            counters[IN_COMMENT] = 0
    seen = np.uint64(0)  # variables of the clause, by their lowest six bits: repetitions are looked for on a match
    suspect = np.uint64(0)
    for position in range(start, n_lits):
        seen, suspect = _note(seen, suspect, literals[position])
    while i < size:
        c = block[i]
        if c == 32 or (9 <= c <= 13):
            line_start = 1 if c == 10 else line_start
            i += 1
            continue
        begin = i
        negative = c == 45
        i += negative
        word = load_word(block, i)
        digits = np.int64(count_digits(word))
        end = i + digits
        if digits and end < size and digits < 8:
            value = np.int64(digits_value(word, np.uint64(digits)))
        elif negative and (end == i if i < size else last):
            state = 16
            i = begin
            break
        elif end >= size or digits:  # longer than a word, or at the end of the block: one by one
            value = np.int64(0)
            end = i
            while end < size and 48 <= block[end] <= 57 and value <= MAX_VARIABLE:
                value = value * 10 + (block[end] - 48)
                end += 1
            if value > MAX_VARIABLE:
                state = 13
                i = begin
                break
            if end == size and not last:
                i = begin
                break
        if end > i:
            if end < size:
                c = block[end]
                if not (c == 32 or (9 <= c <= 13)):
                    state = 15 if c in (46, 69, 101) else 17 if c == 0 else 18 if c > 127 else 14
                    i = begin if state < 17 else end
                    break
            i = end
            line_start = 0
            if value:
                if value > top:
                    if value > num_vars and not relaxed:
                        state = 12
                        i = begin
                        break
                    top = value
                if n_lits == lit_room:
                    state = GROW
                    i = begin
                    break
                literals[n_lits] = -value if negative else value
                n_lits += 1
                seen, suspect = _note(seen, suspect, value)
            else:
                if negative:
                    state = 16
                    i = begin
                    break
                if n_clauses == num_clauses and not relaxed:
                    state = 11
                    i = begin
                    break
                if n_clauses == clause_room:
                    state = GROW
                    i = begin
                    break
                n_clauses += 1
                offsets[n_clauses] = n_lits
                if suspect:
                    _repeats(literals, start, n_lits, counters)
                counters[EMPTY] += n_lits == start
                start = n_lits
                seen = np.uint64(0)
                suspect = np.uint64(0)
            continue
        if c == 99 and (line_start or (i + 1 < size and (block[i + 1] == 32 or block[i + 1] == 9))):  # 'c'
            while i < size and block[i] != 10:
                i += 1
            counters[IN_COMMENT] = i == size
            continue
        if c == 99 and i + 1 == size and not last:
            break
        if c == 37 and line_start:  # '%'
            state = TRAILER
            break
        state = 10 if c == 112 and line_start else 17 if c == 0 else 18 if c > 127 else 15 if c == 46 else 14
        break
    counters[LITS] = n_lits
    counters[CLAUSES] = n_clauses
    counters[TOP] = top
    counters[LINE_START] = line_start
    return state, i
