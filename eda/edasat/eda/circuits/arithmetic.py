"""Word-level arithmetic on an :class:`AigBuilder`: adders, multipliers, shifters and comparators in several forms.

Words are lists of literals, least significant bit first. Two forms of one function have different structure and the
same truth table, which is what equivalence-checking instances are made of; an ``rng`` turns a fixed architecture
into a family of them by permuting choices that leave the function alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np

from edasat.eda.aig import FALSE, TRUE
from edasat.eda.aig_builder import AigBuilder, Word

_LOOKAHEAD_GROUP: Final = 4  # bits per block, the textbook width


def constant(value: int, width: int) -> Word:
    """Return the literals of an unsigned constant."""
    return [TRUE if value >> i & 1 else FALSE for i in range(width)]


def full_adder(b: AigBuilder, x: int, y: int, z: int) -> tuple[int, int]:
    """Return (sum, carry) of three bits; the carry reuses the first half sum."""
    half = b.xor(x, y)
    return b.xor(half, z), b.or_(b.and_(x, y), b.and_(half, z))


def half_adder(b: AigBuilder, x: int, y: int) -> tuple[int, int]:
    """Return (sum, carry) of two bits."""
    return b.xor(x, y), b.and_(x, y)


def ripple_add(b: AigBuilder, x: Sequence[int], y: Sequence[int]) -> Word:
    """Add two words of equal width; the last bit of the result is the carry out."""
    total, carry = [], FALSE
    for p, q in zip(x, y, strict=True):
        bit, carry = full_adder(b, p, q, carry)
        total.append(bit)
    return [*total, carry]


def lookahead_add(b: AigBuilder, x: Sequence[int], y: Sequence[int]) -> Word:
    """Add with carries flattened inside groups of four bits and rippling between groups."""
    generate = [b.and_(p, q) for p, q in zip(x, y, strict=True)]
    propagate = [b.xor(p, q) for p, q in zip(x, y, strict=True)]
    carries = [FALSE]
    for start in range(0, len(x), _LOOKAHEAD_GROUP):
        carry_in = carries[start]
        for end in range(start, min(start + _LOOKAHEAD_GROUP, len(x))):
            terms = [b.and_all([generate[j], *propagate[j + 1 : end + 1]]) for j in range(start, end + 1)]
            carries.append(b.or_all([*terms, b.and_all([carry_in, *propagate[start : end + 1]])]))
    return [b.xor(p, c) for p, c in zip(propagate, carries, strict=False)] + [carries[-1]]


def kogge_stone_add(b: AigBuilder, x: Sequence[int], y: Sequence[int]) -> Word:
    """Add with the parallel prefix network of Kogge and Stone (1973)."""
    propagate = [b.xor(p, q) for p, q in zip(x, y, strict=True)]
    group_generate = [b.and_(p, q) for p, q in zip(x, y, strict=True)]
    group_propagate = list(propagate)
    span = 1
    while span < len(x):
        for i in range(len(x) - 1, span - 1, -1):
            group_generate[i] = b.or_(group_generate[i], b.and_(group_propagate[i], group_generate[i - span]))
            group_propagate[i] = b.and_(group_propagate[i], group_propagate[i - span])
        span *= 2
    carries = [FALSE, *group_generate]
    return [b.xor(p, c) for p, c in zip(propagate, carries, strict=False)] + [carries[-1]]


Adder = Callable[[AigBuilder, Sequence[int], Sequence[int]], Word]
ADDERS: Final[dict[str, Adder]] = {
    "ripple": ripple_add,
    "lookahead": lookahead_add,
    "kogge-stone": kogge_stone_add,
}


def less_than(b: AigBuilder, x: Sequence[int], y: Sequence[int]) -> int:
    """Return the literal of ``x < y``, both unsigned and of equal width."""
    below = FALSE
    for p, q in zip(x, y, strict=True):
        below = b.mux(b.xor(p, q), q, below)
    return below


def equal(b: AigBuilder, x: Sequence[int], y: Sequence[int]) -> int:
    """Return the literal of ``x == y``."""
    return b.and_all([b.xor(p, q) ^ 1 for p, q in zip(x, y, strict=True)])


def popcount(b: AigBuilder, bits: Sequence[int], rng: np.random.Generator | None = None) -> Word:
    """Return the number of true bits as a word of ``len(bits).bit_length()`` bits."""
    width = max(1, len(bits).bit_length())
    columns: list[Word] = [list(bits), *([] for _ in range(width - 1))]
    return _two_rows_sum(b, _wallace(b, columns, rng), ripple_add)[:width]


def array_multiply(
    b: AigBuilder, x: Sequence[int], y: Sequence[int], rng: np.random.Generator | None = None, adder: Adder = ripple_add
) -> Word:
    """Multiply by adding one shifted row per bit of ``y``; ``rng`` draws the order of the rows.

    Returns:
        ``len(x) + len(y)`` bits.
    """
    width = len(x) + len(y)
    order = np.arange(len(y)) if rng is None else rng.permutation(len(y))
    total = constant(0, width)
    for i in map(int, order):
        row = [FALSE] * i + [b.and_(p, y[i]) for p in x]
        total = adder(b, total, row + [FALSE] * (width - len(row)))[:width]
    return total


def wallace_multiply(
    b: AigBuilder, x: Sequence[int], y: Sequence[int], rng: np.random.Generator | None = None, adder: Adder = ripple_add
) -> Word:
    """Multiply with a Wallace (1964) tree: every layer compresses all it can; ``rng`` draws who meets whom."""
    return _two_rows_sum(b, _wallace(b, _partial_products(b, x, y), rng), adder)


def dadda_multiply(
    b: AigBuilder, x: Sequence[int], y: Sequence[int], rng: np.random.Generator | None = None, adder: Adder = ripple_add
) -> Word:
    """Multiply with a Dadda (1965) tree: every layer compresses only down to the next height 2, 3, 4, 6, 9, 13, ..."""
    columns = _partial_products(b, x, y)
    heights = [2]
    while heights[-1] < max(map(len, columns)):
        heights.append(heights[-1] * 3 // 2)
    for height in reversed(heights):
        for i in range(len(columns)):
            column = _shuffled(columns[i], rng)
            while len(column) > height:
                taken = 2 if len(column) == height + 1 else 3
                bits, column = column[:taken], column[taken:]
                total, carry = half_adder(b, *bits) if taken == 2 else full_adder(b, *bits)
                column.append(total)
                if i + 1 < len(columns):
                    columns[i + 1].append(carry)
            columns[i] = column
    return _two_rows_sum(b, columns, adder)


Multiplier = Callable[[AigBuilder, Sequence[int], Sequence[int], np.random.Generator | None, Adder], Word]
MULTIPLIERS: Final[dict[str, Multiplier]] = {
    "array": array_multiply,
    "wallace": wallace_multiply,
    "dadda": dadda_multiply,
}


def _partial_products(b: AigBuilder, x: Sequence[int], y: Sequence[int]) -> list[Word]:
    columns: list[Word] = [[] for _ in range(len(x) + len(y))]
    for i, p in enumerate(x):
        for j, q in enumerate(y):
            columns[i + j].append(b.and_(p, q))
    return columns


def _shuffled(column: Word, rng: np.random.Generator | None) -> Word:
    return list(column) if rng is None else [column[i] for i in rng.permutation(len(column))]


def _wallace(b: AigBuilder, columns: list[Word], rng: np.random.Generator | None) -> list[Word]:
    """Compress columns layer by layer until none holds more than two bits; carries past the last column are lost."""
    while max(map(len, columns)) > 2:
        layer: list[Word] = [[] for _ in range(len(columns) + 1)]
        for i, column in enumerate(columns):
            bits = _shuffled(column, rng)
            while len(bits) >= 3:
                total, carry = full_adder(b, bits.pop(), bits.pop(), bits.pop())
                layer[i].append(total)
                layer[i + 1].append(carry)
            if len(bits) == 2 and len(column) > 2:
                total, carry = half_adder(b, bits.pop(), bits.pop())
                layer[i].append(total)
                layer[i + 1].append(carry)
            layer[i] += bits
        columns = layer[:-1]
    return columns


def _two_rows_sum(b: AigBuilder, columns: list[Word], adder: Adder) -> Word:
    rows = [[column[r] if r < len(column) else FALSE for column in columns] for r in range(2)]
    return adder(b, rows[0], rows[1])[: len(columns)]


def shift_by_stages(b: AigBuilder, word: Sequence[int], amount: Sequence[int], order: Sequence[int]) -> Word:
    """Shift left by ``amount`` with one row of multiplexers per bit of it, the rows in the given order."""
    for stage in order:
        shifted = [FALSE] * min(1 << stage, len(word)) + list(word[: max(0, len(word) - (1 << stage))])
        word = [b.mux(amount[stage], far, near) for far, near in zip(shifted, word, strict=True)]
    return list(word)


def shift_by_decoding(b: AigBuilder, word: Sequence[int], amount: Sequence[int]) -> Word:
    """Shift left by decoding ``amount`` to one-hot and joining one AND per shift and bit."""
    shifts = range(min(len(word), 1 << len(amount)))
    lines = [equal(b, amount, constant(value, len(amount))) for value in shifts]
    return [
        b.or_all([b.and_(line, word[i - value]) for value, line in enumerate(lines) if value <= i])
        for i in range(len(word))
    ]
