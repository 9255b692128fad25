"""Operations that a multiplexer chooses between, made one, as Yosys' ``opt_share`` leaves them.

``s ? a + b : a + c`` becomes ``a + (s ? b : c)``: an adder less.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from .operations import OP
from .rewriting import Additions, Bits, Connections, operands_of, with_additions
from .words import ZERO, Words

_COMMUTATIVE: Final = frozenset(OP[name] for name in ("add", "mul"))
_SHIFTS: Final = frozenset(OP[name] for name in ("shl", "shr", "sshl", "sshr"))
_SHARED: Final = _COMMUTATIVE | _SHIFTS | {OP[name] for name in ("sub", "div", "mod", "lt", "le", "gt", "ge")}
_MULTIPLEXERS: Final = (OP["mux"], OP["pmux"])
#: Rounds: each shares the operations of one more multiplexer of a chain.
_ROUNDS: Final = 12


class _Member(NamedTuple):
    """An operation that a multiplexer chooses: the position among its operands, the word, what it does not share."""

    position: int
    word: int
    other: Bits


def with_shared_operations(words: Words) -> tuple[Words, npt.NDArray[np.int64]]:
    """Return a design with operations shared by the choices of multiplexers.

    Returns:
        The design; and, int64, (its num_words,), the row of ``words`` that each of its words stands for.
    """
    origin = np.arange(words.num_words)
    for _ in range(_ROUNDS):
        shared = _round(words)
        if shared is None:
            break
        words, rows = shared
        origin = origin[rows]
    return words, origin


def _round(words: Words) -> tuple[Words, npt.NDArray[np.int64]] | None:
    """Share the operations of every multiplexer that has any to share, once; None if none has."""
    finder = Connections(words)
    writer = _Writer(finder)
    for mux in np.flatnonzero(np.isin(finder.op, _MULTIPLEXERS)).tolist():
        output = finder.output(mux)
        operands = operands_of(finder, mux, len(output))
        found = _group(finder, mux, operands)
        if found is not None:
            writer.share(mux, output, operands, *found)
    if not writer.gone.any():
        return None
    return with_additions(words, writer.new, writer.gone, writer.types, writer.pin_names)


def _group(finder: Connections, mux: int, operands: list[Bits]) -> tuple[str, Bits, list[_Member]] | None:
    """Return the port and the operand that most operations of a multiplexer share, and these operations."""
    groups: dict[tuple[int, int, str, Bits], list[_Member]] = {}
    for position, bits in enumerate(operands):
        if not bits or min(bits) < 0 or operands.count(bits) > 1:
            continue
        word = int(finder.driver[bits[0]])
        if word < 0 or int(finder.op[word]) not in _SHARED or finder.output(word) != bits:
            continue
        if finder.readers(bits) != {mux}:
            continue
        op, signed = int(finder.op[word]), int(finder.words.signed[word])
        a, b = finder.bits(word, "a"), finder.bits(word, "b")
        groups.setdefault((op, signed, "a", a), []).append(_Member(position, word, b))
        port = "a" if op in _COMMUTATIVE else "b"
        if a != b:
            groups.setdefault((op, signed, port, b), []).append(_Member(position, word, a))
    (_, _, port, common), members = max(
        groups.items(), key=lambda item: len(item[1]), default=((0, 0, "", ()), list[_Member]())
    )
    return (port, common, members) if len(members) > 1 else None


class _Writer:
    """Collects the words of a round."""

    def __init__(self, finder: Connections) -> None:
        words = finder.words
        self.finder, self.new, self.next_net = finder, Additions(), words.num_nets
        self.gone = np.zeros(words.num_words, bool)
        self.types = {name: row for row, name in enumerate(words.types)}
        self.any_of, self.pmux = (self.types.setdefault(name, len(self.types)) for name in ("$reduce_or", "$pmux"))
        self.pin_names = {name: row for row, name in enumerate(words.pin_names)}
        names = ("A", "B", "S", "Y")
        self.a, self.b, self.s, self.y = (self.pin_names.setdefault(name, len(self.pin_names)) for name in names)

    def _nets(self, count: int) -> Bits:
        first, self.next_net = self.next_net, self.next_net + count
        return tuple(range(first, self.next_net))

    def share(
        self, mux: int, output: Bits, operands: list[Bits], port: str, common: Bits, members: list[_Member]
    ) -> None:
        """Write one operation in place of several, and the multiplexers before and behind it."""
        finder = self.finder
        select = finder.bits(mux, "select")
        if finder.op[mux] == OP["mux"]:
            select = select[:1]
        shifts = port == "a" and int(finder.op[members[0].word]) in _SHIFTS
        signed = bool(finder.words.signed[members[0].word]) and not shifts  # amounts are numbers without a sign
        width = max(len(one.other) for one in members)
        first, *others = members  # the default, if it is one of them, stands first
        chosen = self._nets(width)
        self._choose(
            mux,
            _wide(first.other, width, signed),
            [(select[one.position - 1], _wide(one.other, width, signed)) for one in others],
            chosen,
        )
        positions = {one.position for one in members}
        rest = [(select[place - 1], bits) for place, bits in enumerate(operands) if place and place not in positions]
        result = self._nets(len(output)) if rest or 0 not in positions else output
        kind = int(finder.words.type[first.word])
        ports = (common, chosen) if port == "a" else (chosen, common)
        self.new.add(first.word, kind, [(self.a, False, ports[0]), (self.b, False, ports[1]), (self.y, True, result)])
        if 0 not in positions:
            any_of = self._nets(1)
            held = tuple(select[one.position - 1] for one in members)
            self.new.add(mux, self.any_of, [(self.a, False, held), (self.y, True, any_of)])
            self._choose(mux, operands[0], [*rest, (any_of[0], result)], output)
        elif rest:
            self._choose(mux, result, rest, output)
        self.gone[[mux, *(one.word for one in members)]] = True

    def _choose(self, mux: int, default: Bits, cases: list[tuple[int, Bits]], output: Bits) -> None:
        """Write a multiplexer."""
        data = tuple(bit for _, bits in cases for bit in bits)
        select = tuple(bit for bit, _ in cases)
        pins = [(self.a, False, default), (self.b, False, data), (self.s, False, select), (self.y, True, output)]
        self.new.add(mux, self.pmux, pins)


def _wide(bits: Bits, width: int, signed: bool) -> Bits:
    """Return a number with more bits."""
    return bits + ((bits[-1] if signed and bits else ZERO),) * (width - len(bits))
