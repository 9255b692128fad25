"""What compiled passes read and write: the lexemes of a module, its names, and what was found of each lexeme."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

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
    repeats: Float32


#: What is known of a symbol in one variant of a module:
#:
#: - width: bits, of a memory those of a word;
#: - words: of a memory, 0 for anything else;
#: - value: of a constant, nan elsewhere;
#: - low, rising: number of its lowest bit, and whether that is the highest number;
#: - first_word: lowest number of its words;
#: - read, write: its first cell where it is read and where it is assigned, see :mod:`.names`; -1: none;
#: - seen: number of the pass that read it last;
#: - role: number in ``ROLES``, 0 where it is not declared;
#: - fixed: the value was given from outside;
#: - loop: a loop variable; its value is one of many;
#: - signed;
#: - module: names a module;
#: - log2: named like a function that takes a logarithm.
SYMBOL: Final = np.dtype(
    [
        ("width", np.float64),
        ("words", np.float64),
        ("value", np.float64),
        ("low", np.float64),
        ("first_word", np.float64),
        ("read", np.int64),
        ("write", np.int64),
        ("seen", np.int32),
        ("role", np.int8),
        ("rising", np.bool_),
        ("fixed", np.bool_),
        ("loop", np.bool_),
        ("signed", np.bool_),
        ("module", np.bool_),
        ("log2", np.bool_),
    ],
    align=True,
)
#: (num_symbols,) of SYMBOL.
Scope = npt.NDArray[Any]


def new_scope(num_symbols: int) -> Scope:
    """Return a scope in which nothing is declared."""
    scope = np.zeros(num_symbols, SYMBOL)
    forget(scope, np.arange(num_symbols))
    return scope


def forget(scope: Scope, symbols: npt.NDArray[np.integer]) -> None:
    """Forget what was declared under these symbols."""
    for name in SYMBOL.names or ():
        if name not in ("module", "log2"):
            scope[name][symbols] = np.nan if name == "value" else -1 if name in ("read", "write") else 0


class Ports(NamedTuple):
    """Output ports of the modules that a module uses, P over all its instances.

    Attributes:
        offsets: int32, (n + 1,) for n lexemes: those of the instance whose module is named at ``i`` are
            ``offsets[i]:offsets[i + 1]``.
        symbol: int32, (P,): name of the port.
        order: int32, (P,): its place among all ports of its module, from 0.
        first: int32, (P + 1,): its first bit in the two columns that follow.
        level: float32, (bits, NUM_SCRIPTS): from registers inside.
        through: float32, (bits, NUM_SCRIPTS): from inputs; -1 where no input leads there.
    """

    offsets: npt.NDArray[np.int32]
    symbol: npt.NDArray[np.int32]
    order: npt.NDArray[np.int32]
    first: npt.NDArray[np.int32]
    level: Float32
    through: Float32


class Found(NamedTuple):
    """What the pass writes of each lexeme, (n,) each; 0 where it says nothing.

    Attributes:
        entry: int16: with unary operators and assignments told apart.
        width: float32: bits of an operator's result, of an operand as written.
        left, right: float32: bits of the operands; of a selection the bits chosen from, and of the index.
        context: float32: bits of what the expression is assigned to.
        constant: int8: 1 if the left operand is constant, 2 if the right one is.
        value: float32: log2(1 + value) of constants.
        level: float32: logic levels up to here, as synthesis for area has them.
        fast_level: float32: as synthesis for speed has them.
        visits: float32: how often the circuit has it: runs of loops in which no condition rules it out.
        gates: float32: two-input gates that it takes, over all visits.
    """

    entry: npt.NDArray[np.int16]
    width: Float32
    left: Float32
    right: Float32
    context: Float32
    constant: npt.NDArray[np.int8]
    value: Float32
    level: Float32
    fast_level: Float32
    visits: Float32
    gates: Float32

    @classmethod
    def of(cls, entry: npt.NDArray[np.int16]) -> Found:
        """Return empty columns for these lexemes."""

        def floats() -> Float32:
            return np.zeros(len(entry), np.float32)

        return cls(
            entry=entry.copy(), width=floats(), left=floats(), right=floats(), context=floats(),
            constant=np.zeros(len(entry), np.int8), value=floats(), level=floats(),
            fast_level=floats(), visits=floats(), gates=floats(),
        )  # fmt: skip
