"""What compiled passes read and write: the lexemes of a module, its names, and what was found of each lexeme."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Float32 = npt.NDArray[np.float32]


class ModuleText(NamedTuple):
    """Lexemes of one module, with an end mark behind the last.

    Attributes:
        entry: int16, (n,): vocabulary entry; identifiers are ``USED``.
        symbol: int32, (n,): number of an identifier's spelling.
        value: float64, (n,): of numbers, nan elsewhere.
        width: float64, (n,): of sized numbers, 0 elsewhere.
        match: int32, (n,): position of the bracket, ``end`` etc. that belongs to this one; -1: none.
        place: int8, (n,): number in ``PLACES``.
        copies: float32, (n,): how often this lexeme stands in one instance of the module.
        conditions: float32, (n,): enclosing ``if`` and ``case``.
        trips: float32, (n,): runs of the enclosing procedural loops.
        repeats: float32, (n,): of ``for`` its runs, of ``case`` its arms, 0 elsewhere.
    """

    entry: npt.NDArray[np.int16]
    symbol: npt.NDArray[np.int32]
    value: npt.NDArray[np.float64]
    width: npt.NDArray[np.float64]
    match: npt.NDArray[np.int32]
    place: npt.NDArray[np.int8]
    copies: Float32
    conditions: Float32
    trips: Float32
    repeats: Float32


class Scope(NamedTuple):
    """What is known of each symbol in one variant of a module; (num_symbols,) each.

    Attributes:
        role: int8: number in ``ROLES``, 0 where it is not declared.
        fixed: bool: the value was given from outside.
        loop: bool: a loop variable; its value is one of many.
        module: bool: names a module.
        log2: bool: named like a function that takes a logarithm.
        width: float64: bits, of a memory those of a word.
        words: float64: of a memory, 0 for anything else.
        value: float64: of a constant, nan elsewhere.
        level: float64: of its highest bit, where it was assigned in this pass or the one before.
        early: float64: of its lowest bit, which sums know first.
        assigned: int32: number of the pass that assigned it last.
    """

    role: npt.NDArray[np.int8]
    fixed: npt.NDArray[np.bool_]
    loop: npt.NDArray[np.bool_]
    module: npt.NDArray[np.bool_]
    log2: npt.NDArray[np.bool_]
    width: npt.NDArray[np.float64]
    words: npt.NDArray[np.float64]
    value: npt.NDArray[np.float64]
    level: npt.NDArray[np.float64]
    early: npt.NDArray[np.float64]
    assigned: npt.NDArray[np.int32]

    @classmethod
    def of(cls, num_symbols: int) -> Scope:
        """Return a scope in which nothing is declared."""

        def flags() -> npt.NDArray[np.bool_]:
            return np.zeros(num_symbols, np.bool_)

        def numbers() -> npt.NDArray[np.float64]:
            return np.zeros(num_symbols)

        return cls(
            role=np.zeros(num_symbols, np.int8), fixed=flags(), loop=flags(), module=flags(), log2=flags(),
            width=numbers(), words=numbers(), value=np.full(num_symbols, np.nan), level=numbers(), early=numbers(),
            assigned=np.zeros(num_symbols, np.int32),
        )  # fmt: skip

    def save(self, symbols: npt.NDArray[np.int32]) -> list[npt.NDArray[Any]]:
        """Return what is known of these symbols, for :meth:`restore`."""
        return [column[symbols] for column in self]

    def restore(self, symbols: npt.NDArray[np.int32], saved: Sequence[npt.NDArray[Any]]) -> None:
        """Bring back what was saved."""
        columns: Sequence[npt.NDArray[Any]] = self
        for column, values in zip(columns, saved, strict=True):
            column[symbols] = values

    def clear(self, symbols: npt.NDArray[np.int32]) -> None:
        """Forget what was declared under these symbols."""
        for numbers in (self.width, self.words, self.level, self.early):
            numbers[symbols] = 0
        for flags in (self.fixed, self.loop):
            flags[symbols] = False
        self.role[symbols] = 0
        self.assigned[symbols] = 0
        self.value[symbols] = np.nan


class Ports(NamedTuple):
    """Output ports of the modules that a module uses, P over all its instances.

    Attributes:
        offsets: int32, (n + 1,) for n lexemes: those of the instance whose module is named at ``i`` are
            ``offsets[i]:offsets[i + 1]``.
        symbol: int32, (P,): name of the port.
        level: float64, (P,): from registers inside.
        through: float64, (P,): from inputs; -1 where no input leads there.
    """

    offsets: npt.NDArray[np.int32]
    symbol: npt.NDArray[np.int32]
    level: npt.NDArray[np.float64]
    through: npt.NDArray[np.float64]


class Found(NamedTuple):
    """What the pass writes of each lexeme, (n,) each; 0 where it says nothing.

    Attributes:
        entry: int16: with unary operators and assignments told apart.
        width: float32: bits of an operator's result, of an operand as written.
        left, right: float32: bits of the operands; of a selection the bits chosen from, and of the index.
        context: float32: bits of what the expression is assigned to.
        constant: int8: 1 if the left operand is constant, 2 if the right one is.
        value: float32: log2(1 + value) of constants.
        level: float32: logic levels up to here.
    """

    entry: npt.NDArray[np.int16]
    width: Float32
    left: Float32
    right: Float32
    context: Float32
    constant: npt.NDArray[np.int8]
    value: Float32
    level: Float32

    @classmethod
    def of(cls, entry: npt.NDArray[np.int16]) -> Found:
        """Return empty columns for these lexemes."""

        def floats() -> Float32:
            return np.zeros(len(entry), np.float32)

        return cls(
            entry=entry.copy(), width=floats(), left=floats(), right=floats(), context=floats(),
            constant=np.zeros(len(entry), np.int8), value=floats(), level=floats(),
        )  # fmt: skip
