"""Baselines that know a parent's size alone: uniform random clauses, and clauses by popularity and similarity."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from numba import njit

from ..cnf import Cnf
from .offspring import CannotGenerate, Offspring, Seed, Status
from .popularity import popularity_similarity

Int64Array = npt.NDArray[np.int64]

#: Popularity-Similarity formulas take a byte for each pair of a variable and a clause.
_MAX_CELLS: Final = 1_000_000_000


@dataclass(frozen=True)
class RandomClauses:
    """Uniform random clauses, as many of each length as the parent has, over as many variables as occur in it."""

    name: str = "random"
    title: str = "random clauses of the parent's lengths"
    makes: frozenset[Status] = frozenset({"unsat", "sat"})

    def generate(
        self, seeds: Sequence[Seed], index: int, rng: np.random.Generator, *, hardness: float = 1.0
    ) -> Offspring:
        """Draw one formula; whether it is satisfiable is a matter of chance."""
        parent = seeds[index].cnf
        return Offspring(random_clauses(_num_occurring(parent), distinct_lengths(parent), rng), "unknown")


@dataclass(frozen=True)
class PopularitySimilarity:
    """Popularity-Similarity clauses of one length, the parent's mean, with the constants of HardCore."""

    name: str = "popularity-similarity"
    title: str = "Popularity-Similarity clauses of the parent's mean length"
    makes: frozenset[Status] = frozenset({"unsat", "sat"})

    def generate(
        self, seeds: Sequence[Seed], index: int, rng: np.random.Generator, *, hardness: float = 1.0
    ) -> Offspring:
        """Draw one formula; whether it is satisfiable is a matter of chance."""
        parent = seeds[index].cnf
        variables = _num_occurring(parent)
        if variables * parent.num_clauses > _MAX_CELLS:
            raise CannotGenerate("the seed is too large for Popularity-Similarity clauses")
        size = round(float(distinct_lengths(parent).mean())) if parent.num_clauses else 0
        return Offspring(popularity_similarity(variables, parent.num_clauses, rng, clause_size=size), "unknown")


RANDOM_CLAUSES: Final = RandomClauses()
POPULARITY_SIMILARITY: Final = PopularitySimilarity()


def random_clauses(num_vars: int, lengths: Int64Array, rng: np.random.Generator) -> Cnf:
    """Draw clauses of distinct variables and fair signs.

    Args:
        num_vars: variables.
        lengths: int64, (num_clauses,): variables of each clause, at most ``num_vars``.
        rng: of the variables and signs.

    >>> f = random_clauses(20, np.array([3, 2, 5]), np.random.default_rng(1))
    >>> f.num_vars, f.clause_lengths.tolist()
    (20, [3, 2, 5])
    """
    if len(lengths) and lengths.max() > num_vars:
        raise ValueError(f"expected clauses of at most {num_vars} variables, got {lengths.max()}")
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    literals = np.empty(int(offsets[-1]), np.int32)
    _draw_clauses(num_vars, offsets, rng, literals)
    return Cnf(num_vars, offsets, literals * rng.choice(np.array([-1, 1], np.int32), len(literals)))


def _num_occurring(cnf: Cnf) -> int:
    return len(np.unique(np.abs(cnf.literals)))


def distinct_lengths(cnf: Cnf) -> Int64Array:
    """Return the number of distinct variables of each clause."""
    clauses = np.repeat(np.arange(cnf.num_clauses, dtype=np.int64), cnf.clause_lengths)
    pairs = np.unique(clauses * (cnf.num_vars + 1) + np.abs(cnf.literals))
    return np.bincount(pairs // (cnf.num_vars + 1), minlength=cnf.num_clauses)


@njit(cache=True)
def _draw_clauses(
    num_vars: int, offsets: Int64Array, rng: np.random.Generator, literals: npt.NDArray[np.int32]
) -> None:
    """Draw the variables of each clause by Floyd's method (Bentley and Floyd, CACM 30, 1987): one draw for each."""
    drawn = np.full(num_vars + 1, -1, np.int64)  # the last clause that drew the variable
    for clause in range(len(offsets) - 1):
        length = offsets[clause + 1] - offsets[clause]
        for place in range(length):
            top = num_vars - length + place + 1
            variable = rng.integers(1, top + 1)
            if drawn[variable] == clause:
                variable = top
            drawn[variable] = clause
            literals[offsets[clause] + place] = variable
