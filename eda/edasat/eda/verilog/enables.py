"""Enables of registers, taken out of the multiplexers of their next state as Yosys' ``opt_dff`` does.

Where a register keeps its value on some of the paths through these multiplexers, one more multiplexer at its input does
that for all of them, and the others have a choice less.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
import numpy.typing as npt

from .operations import OP, PORT
from .rewriting import Additions, Bits, Connections, is_shallow, operands_of, with_additions
from .words import ONE, UNKNOWN, ZERO, Words

_REGISTERS: Final = tuple(OP[name] for name in ("dff", "adff", "dffe", "adffe", "sdff", "sdffe"))
_MULTIPLEXERS: Final = frozenset((OP["mux"], OP["pmux"]))


def with_enables(words: Words) -> tuple[Words, npt.NDArray[np.int64]]:
    """Return a design whose registers keep their value by the last multiplexer alone.

    Returns:
        The design; and, int64, (its num_words,), the row of ``words`` that each of its words stands for.
    """
    finder = Connections(words)
    writer = _Writer(finder)
    for register in np.flatnonzero(np.isin(finder.op, _REGISTERS)).tolist():
        tree = _tree(finder, register)
        if tree:
            writer.write(register, tree)
    if not writer.gone.any():
        return words, np.arange(words.num_words)
    return with_additions(words, writer.new, writer.gone, writer.types, writer.pin_names)


def _tree(finder: Connections, register: int) -> list[int]:
    """Return the multiplexers of the next state alone, if one below the first of them keeps the value."""
    state = finder.output(register)
    tree: list[int] = []
    waiting = [(finder.bits(register, "d"), register)]
    keeps_below = False
    while waiting:
        bits, reader = waiting.pop()
        if bits == state:
            keeps_below |= reader != register and len(tree) > 1
            continue
        word = int(finder.driver[bits[0]]) if bits and min(bits) >= 0 else -1
        if word < 0 or int(finder.op[word]) not in _MULTIPLEXERS or finder.output(word) != bits:
            continue
        if word not in tree and finder.readers(bits) == {reader}:
            tree.append(word)
            waiting += [(operand, word) for operand in operands_of(finder, word, len(bits))]
    return tree if keeps_below and is_shallow(finder, tree) else []


class _Writer:
    """Collects new words."""

    def __init__(self, finder: Connections) -> None:
        words = finder.words
        self.finder, self.new, self.next_net = finder, Additions(), words.num_nets
        self.gone = np.zeros(words.num_words, bool)
        self.types = {name: row for row, name in enumerate(words.types)}
        self.pmux = self.types.setdefault("$pmux", len(self.types))
        self.pin_names = {name: row for row, name in enumerate(words.pin_names)}
        names = ("A", "B", "S", "Y")
        self.a, self.b, self.s, self.y = (self.pin_names.setdefault(name, len(self.pin_names)) for name in names)

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
        self.gone[[register, *tree]] = True

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
        output = tuple(range(self.next_net, self.next_net + len(default)))
        self.next_net += len(default)
        data = tuple(bit for _, bits in cases for bit in bits)
        select = tuple(bit for bit, _ in cases)
        pins = [(self.a, False, default), (self.b, False, data), (self.s, False, select), (self.y, True, output)]
        self.new.add(word, self.pmux, pins)
        return output
