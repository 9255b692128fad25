"""Operations that a multiplexer chooses between, made one, as Yosys' ``opt_share`` leaves them.

``s ? a + b : a + c`` becomes ``a + (s ? b : c)``: an adder less.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from .operations import OP
from .rewriting import MULTIPLEXERS, Bits, Connections, Rewriting, operands_of
from .words import ZERO, Words

_COMMUTATIVE: Final = frozenset(OP[name] for name in ("add", "mul"))
_SHIFTS: Final = frozenset(OP[name] for name in ("shl", "shr", "sshl", "sshr"))
_SHARED: Final = _COMMUTATIVE | _SHIFTS | {OP[name] for name in ("sub", "div", "mod", "lt", "le", "gt", "ge")}
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
        shared, rows = _round(words)
        if shared is words:
            break
        words, origin = shared, origin[rows]
    return words, origin


def _round(words: Words) -> tuple[Words, npt.NDArray[np.int64]]:
    """Share the operations of every multiplexer that has any to share, once; the same design if none has."""
    finder = Connections(words)
    new = Rewriting(words)
    for mux in np.flatnonzero(np.isin(finder.op, list(MULTIPLEXERS))).tolist():
        found = _group(finder, mux)
        if found is not None:
            _share(finder, new, mux, *found)
    return new.finish()


def _group(finder: Connections, mux: int) -> tuple[str, Bits, list[_Member]] | None:
    """Return the port and the operand that most operations of a multiplexer share, and these operations."""
    operands = operands_of(finder, mux, len(finder.output(mux)))
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


def _share(finder: Connections, new: Rewriting, mux: int, port: str, common: Bits, members: list[_Member]) -> None:
    """Write one operation in place of several, and the multiplexers before and behind it."""
    output = finder.output(mux)
    operands = operands_of(finder, mux, len(output))
    select = finder.bits(mux, "select")
    shifts = port == "a" and int(finder.op[members[0].word]) in _SHIFTS
    signed = bool(finder.words.signed[members[0].word]) and not shifts  # amounts are numbers without a sign
    width = max(len(one.other) for one in members)
    first, *others = members  # the default, if it is one of them, stands first
    chosen = new.nets(width)
    cases = [(select[one.position - 1], _wide(one.other, width, signed)) for one in others]
    new.choose(mux, _wide(first.other, width, signed), cases, chosen)
    positions = {one.position for one in members}
    rest = [(select[place - 1], bits) for place, bits in enumerate(operands) if place and place not in positions]
    result = new.nets(len(output)) if rest or 0 not in positions else output
    a, b = (common, chosen) if port == "a" else (chosen, common)
    pins = [(new.a, False, a), (new.b, False, b), (new.y, True, result)]
    new.add(first.word, int(finder.words.type[first.word]), pins)
    if 0 not in positions:
        any_of = new.nets(1)
        new.any_of(mux, tuple(select[one.position - 1] for one in members), any_of)
        new.choose(mux, operands[0], [*rest, (any_of[0], result)], output)
    elif rest:
        new.choose(mux, result, rest, output)
    new.drop([mux, *(one.word for one in members)])


def _wide(bits: Bits, width: int, signed: bool) -> Bits:
    """Return a number with more bits."""
    return bits + ((bits[-1] if signed and bits else ZERO),) * (width - len(bits))
