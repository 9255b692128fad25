"""Parity constraints as clauses, long ones cut into short ones."""

from __future__ import annotations

from collections.abc import Sequence

from .builder import CnfBuilder

#: Literals in one piece of a cut parity constraint, links included: 4 gives 8 clauses for two inputs. CryptoMiniSat
#: recovers parity constraints of this length from clauses without effort, and longer pieces grow as 2^(length - 1).
CUT = 4


def add_xor(builder: CnfBuilder, literals: Sequence[int], parity: bool, cut: int = CUT) -> None:
    """Let the number of true literals be odd (``parity`` true) or even.

    More than ``cut`` literals are cut into a chain: each piece holds at most ``cut`` of them and is linked to the
    next by a fresh variable, the parity so far.

    Args:
        builder: receives the clauses.
        literals: any number of them; the empty sum is even.
        parity: True for odd.
        cut: longest parity constraint written directly, at least 3.
    """
    if cut < 3:
        raise ValueError(f"cut must be at least 3, got {cut}")
    rest = list(literals)
    while len(rest) > cut:
        head, rest = rest[: cut - 1], rest[cut - 1 :]
        link = builder.var()
        _add_direct(builder, [*head, link], False)
        rest.insert(0, link)
    _add_direct(builder, rest, parity)


def _add_direct(builder: CnfBuilder, literals: Sequence[int], parity: bool) -> None:
    """Forbid each assignment of the wrong parity by one clause: 2^(n - 1) clauses of n literals."""
    for assignment in range(1 << len(literals)):
        if assignment.bit_count() % 2 != parity:
            builder.add(*(-x if assignment >> i & 1 else x for i, x in enumerate(literals)))
