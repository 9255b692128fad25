"""Enables of registers, taken out of the multiplexers of their next state as Yosys' ``opt_dff`` does.

Where a register keeps its value on some of the paths through these multiplexers, one more multiplexer at its input does
that for all of them, and the others have a choice less.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from .operations import PORT
from .rewriting import MULTIPLEXERS, REGISTERS, Bits, Connections, Rewriting, is_shallow, operands_of
from .words import ONE, UNKNOWN, ZERO, Words


def with_enables(words: Words) -> tuple[Words, npt.NDArray[np.int64]]:
    """Return a design whose registers keep their value by the last multiplexer alone.

    Returns:
        The design; and, int64, (its num_words,), the row of ``words`` that each of its words stands for.
    """
    finder = Connections(words)
    writer = _Writer(finder)
    for register in np.flatnonzero(np.isin(finder.op, list(REGISTERS))).tolist():
        tree = _tree(finder, register)
        if tree:
            writer.write(register, tree)
    return writer.new.finish()


def _tree(finder: Connections, register: int) -> list[int]:
    """Return the multiplexers of the next state alone, if one below the first of them keeps the value."""
    state = finder.output(register)
    tree: dict[int, None] = {}  # in the order in which they are found
    waiting = [(finder.bits(register, "d"), register)]
    keeps_below = False
    while waiting:
        bits, reader = waiting.pop()
        if bits == state:
            keeps_below |= reader != register and len(tree) > 1
            continue
        word = int(finder.driver[bits[0]]) if bits and min(bits) >= 0 else -1
        if word < 0 or int(finder.op[word]) not in MULTIPLEXERS or finder.output(word) != bits:
            continue
        if word not in tree and finder.readers(bits) == {reader}:
            tree[word] = None
            waiting += [(operand, word) for operand in operands_of(finder, word, len(bits))]
    return list(tree) if keeps_below and is_shallow(finder, list(tree)) else []


class _Writer:
    """Writes registers and the multiplexers of their next states."""

    def __init__(self, finder: Connections) -> None:
        self.finder, self.new = finder, Rewriting(finder.words)

    def write(self, register: int, tree: list[int]) -> None:
        """Write the multiplexers of a register's next state twice: what it becomes, and whether it keeps its value."""
        finder, following = self.finder, self.finder.bits(register, "d")
        state, inside = finder.output(register), {finder.output(word): word for word in tree}

        def value(bits: Bits) -> Bits:
            return (UNKNOWN,) * len(bits) if bits == state else bits

        def keeps(bits: Bits) -> Bits:
            return (ONE,) if bits == state else (ZERO,)

        kept = self._copied(following, inside, keeps)
        becomes = self._copied(following, inside, value)
        result = self._choose(register, becomes, [(kept[0], state)])
        pins = [
            (name, drives, result if port == PORT["d"] and not drives else bits)
            for name, port, drives, bits in finder.pins(register)
        ]
        self.new.add(register, int(finder.words.type[register]), pins)
        self.new.drop([register, *tree])

    def _copied(self, bits: Bits, inside: dict[Bits, int], leaf: Callable[[Bits], Bits]) -> Bits:
        """Return the output of a copy of the multiplexers with other leaves, without undecided choices."""
        if bits not in inside:
            return leaf(bits)
        word = inside[bits]
        default, *others = (
            self._copied(operand, inside, leaf) for operand in operands_of(self.finder, word, len(bits))
        )
        cases = [
            (select, data)
            for select, data in zip(self.finder.bits(word, "select"), others, strict=True)
            if set(data) != {UNKNOWN} and data != default
        ]
        if not cases:
            return default
        if len(cases) == 1 and set(default) == {UNKNOWN}:
            return cases[0][1]
        return self._choose(word, default, cases)

    def _choose(self, word: int, default: Bits, cases: list[tuple[int, Bits]]) -> Bits:
        """Write a multiplexer and return its output."""
        output = self.new.nets(len(default))
        self.new.choose(word, default, cases, output)
        return output
