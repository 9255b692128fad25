"""What a family is, and helpers that several families share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

from ..sheet import If, Sheet, Statement

Builder = Callable[[Sheet, Random, float], None]


@dataclass(frozen=True)
class Family:
    """A kind of module.

    Attributes:
        name: of the family.
        build: writes one module into a sheet; the random source decides the function, the size aims at a number of
            mapped gates.
        smallest, largest: sizes ``build`` reaches; larger modules hold several channels, each one of these.
        names: what designers call such modules.
        title: one sentence for the header comment.
    """

    name: str
    build: Builder
    smallest: int
    largest: int
    names: tuple[str, ...]
    title: str


def bits_for(count: int) -> int:
    """Return the bits that tell ``count`` values apart, at least one.

    >>> [bits_for(n) for n in (1, 2, 3, 4, 5, 8, 9)]
    [1, 1, 2, 2, 3, 3, 4]
    """
    return max(1, (count - 1).bit_length())


def between(low: int, value: float, high: int) -> int:
    """Return ``value`` rounded and held within limits."""
    return max(low, min(high, round(value)))


def chance(rng: Random, probability: float = 0.5) -> bool:
    """Return true with a probability."""
    return rng.random() < probability


def guarded(
    conditions: Sequence[tuple[str, Sequence[Statement]]], otherwise: Sequence[Statement] = ()
) -> list[Statement]:
    """Return ``if .. else if .. else`` over (condition, statements) pairs."""
    rest = list(otherwise)
    for condition, body in reversed(conditions):
        rest = [If(condition, body, rest)]
    return rest
