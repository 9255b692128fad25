"""Baseline after HardSATGEN: the core stays, the other clauses are split and merged again within communities.

Li et al., "HardSATGEN: Understanding the Difficulty of Hard SAT Formula Generation and A Strong Structure-Hardness-
Aware Baseline", KDD 2023. Clauses outside the core are split into single literals, which are merged into new clauses;
a graph network proposes the merges, restricted to literals of one community. Here chance proposes them, restricted so
that every clause keeps its length and its share of each community, and every literal its number of occurrences.

As in the paper, hardness is then restored in rounds: while a core holds merged clauses, each of them gets one more
literal. The literals are existing ones, so the method needs no fresh variable; every round extracts a core.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from numba import njit

from edasat.core.errors import CheckFailed

from ..cnf import Cnf
from ..structure import communities, variable_graph
from .hardcore import CoreFinder, exact_core
from .offspring import CannotGenerate, Offspring, Seed, Status

Int64Array = npt.NDArray[np.int64]

#: Rounds of restoring hardness at most, as in the published program.
MAX_ROUNDS: Final = 200
_TRIES: Final = 20  # exchanges tried for a literal whose variable its clause holds already


@dataclass(frozen=True)
class CommunityMerge:
    """Split and merge what is outside the core.

    Attributes:
        core_of: finds the cores of the rounds, proved ones by default; it ends them by raising ``CheckFailed``.
        max_rounds: rounds at most.
    """

    core_of: CoreFinder | None = None
    max_rounds: int = MAX_ROUNDS
    name: str = "communities"
    title: str = "clauses outside the core merged anew within communities (after HardSATGEN)"
    makes: frozenset[Status] = frozenset({"unsat"})

    def generate(
        self, seeds: Sequence[Seed], index: int, rng: np.random.Generator, *, hardness: float = 1.0
    ) -> Offspring:
        """Make one formula, unsatisfiable by the parent's core; after the last round it may still be easier."""
        seed = seeds[index]
        if seed.status != "unsat":
            raise CannotGenerate("the community-aware merge needs an unsatisfiable seed")
        core_of = self.core_of or exact_core()
        core = seed.core if seed.core is not None else core_of(seed.cnf)
        kept = np.zeros(seed.cnf.num_clauses, np.bool_)
        kept[core] = True
        if kept.all():
            raise CannotGenerate("all clauses of the seed are in its core")
        labels = communities(variable_graph(seed.cnf), seed=int(rng.integers(2**31)))
        order = rng.permutation(seed.cnf.num_clauses)
        cnf, kept = merge_within(seed.cnf, kept, labels, rng).select(order), kept[order]
        with suppress(CheckFailed):  # no time is left for further cores: what there is, is the result
            for _ in range(self.max_rounds):
                found = core_of(cnf)
                merged = found[~kept[found]]
                if not len(merged):
                    break
                cnf = _lengthen(cnf, merged, labels, rng)
        return Offspring(cnf, "unsat", np.where(kept, order, -1))


COMMUNITY_MERGE: Final = CommunityMerge()


def merge_within(cnf: Cnf, kept: npt.NDArray[np.bool_], labels: Int64Array, rng: np.random.Generator) -> Cnf:
    """Shuffle the literals of clauses among the places that hold a literal of the same community.

    Args:
        cnf: the formula.
        kept: bool, (num_clauses,): clauses left as they are.
        labels: int64, (num_vars,): community of each variable.
        rng: of the shuffle.
    """
    clauses = np.repeat(np.arange(cnf.num_clauses, dtype=np.int64), cnf.clause_lengths)
    free = np.flatnonzero(~kept[clauses])
    community = labels[np.abs(cnf.literals[free]) - 1]
    literals = cnf.literals.copy()
    by_community = free[np.argsort(community, kind="stable")]
    # Sorting by community and by chance pairs every place with another of its community.
    literals[by_community] = cnf.literals[free[np.lexsort((rng.random(len(free)), community))]]
    bounds = np.concatenate([[0], np.cumsum(np.bincount(community))])
    _part_twins(cnf.offsets, clauses, by_community, bounds, literals, rng)
    return Cnf(cnf.num_vars, cnf.offsets, literals)


def _lengthen(cnf: Cnf, chosen: Int64Array, labels: Int64Array, rng: np.random.Generator) -> Cnf:
    """Add a literal to some clauses, of a variable that is new to the clause and, if possible, of its community."""
    clauses = cnf.to_lists()
    everywhere = np.unique(np.abs(cnf.literals))
    for index in chosen.tolist():
        clause = clauses[index]
        inside = [abs(literal) for literal in clause]
        home = labels[rng.choice(inside) - 1] if inside else -1
        for candidates in (everywhere[labels[everywhere - 1] == home], everywhere):
            fresh = np.setdiff1d(candidates, inside)
            if len(fresh):
                clause.append(int(rng.choice(fresh)) * int(rng.choice((-1, 1))))
                break
    return Cnf.from_clauses(clauses, cnf.num_vars)


@njit(cache=True)
def _part_twins(
    offsets: Int64Array,
    clauses: Int64Array,
    by_community: Int64Array,
    bounds: Int64Array,
    literals: npt.NDArray[np.int32],
    rng: np.random.Generator,
) -> None:
    """Exchange literals whose variable stands twice in its clause for others of the community, as far as possible."""
    for community in range(len(bounds) - 1):
        low, high = bounds[community], bounds[community + 1]
        for i in range(low, high):
            place = by_community[i]
            for _ in range(_TRIES):
                if not _holds(offsets, clauses[place], literals, place, literals[place]):
                    break
                other = by_community[rng.integers(low, high)]
                if clauses[other] == clauses[place]:
                    continue
                if not _holds(offsets, clauses[place], literals, place, literals[other]) and not _holds(
                    offsets, clauses[other], literals, other, literals[place]
                ):
                    literals[place], literals[other] = literals[other], literals[place]
                    break


@njit(cache=True)
def _holds(offsets: Int64Array, clause: int, literals: npt.NDArray[np.int32], without: int, literal: int) -> bool:
    """Return whether a clause has the variable of a literal at another place than ``without``."""
    for place in range(offsets[clause], offsets[clause + 1]):
        if place != without and abs(literals[place]) == abs(literal):
            return True
    return False
