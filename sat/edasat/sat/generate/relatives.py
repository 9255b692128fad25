"""Satisfiable relatives of unsatisfiable formulas, and method ``requirements`` that makes them clash again.

Without one clause of its core, or a few, a formula has models, few of them. What is left is a sound model of something,
to which requirements are added until they clash: another reason why there is no solution, in the same surroundings.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from ..cnf import Cnf
from .offspring import CannotGenerate, IntArray, Offspring, Seed, Status
from .requirements import add_units, clashing_requirements
from .steering import Aim, effort
from .transform import Transform, write

#: Conflicts for all questions after a model together, as a multiple of the seed's, and beyond that.
_BUDGET: Final = 2
_BUDGET_MORE: Final = 1000
#: Times that the number of removed clauses is doubled.
_DOUBLINGS: Final = 7


class Relative(NamedTuple):
    """What is left of an unsatisfiable formula without some clauses.

    Attributes:
        removed: int64: indices of the clauses that the model falsifies, ascending.
        model: bool, (num_vars + 1,), index 0 unused: a model of all others.
    """

    removed: IntArray
    model: npt.NDArray[np.bool_]


def satisfiable_relative(seed: Seed, rng: np.random.Generator) -> Relative:
    """Remove clauses of a seed's core until there is a model: one, then two, four and so on.

    Unit clauses stay as long as there are others: in circuits they say what is asserted.

    Raises:
        CannotGenerate: if there is no core, or a solver finds no model in twice the seed's conflicts.
    """
    cnf = seed.cnf
    core = np.arange(cnf.num_clauses) if seed.core is None else seed.core
    longer = core[cnf.clause_lengths[core] > 1]
    candidates = rng.permutation(longer if len(longer) else core)
    budget = _BUDGET * seed.conflicts + _BUDGET_MORE
    for doubling in range(_DOUBLINGS):
        removed = candidates[: 1 << doubling]
        found = effort(cnf.select(np.setdiff1d(np.arange(cnf.num_clauses), removed)), budget)
        if found.model is not None:
            return Relative(cnf.falsified(found.model), found.model)
        budget -= found.conflicts
        if budget <= 0:
            break
    raise CannotGenerate("no satisfiable relative was found near the seed")


@dataclass(frozen=True)
class Requirements:
    """A satisfiable formula, or a satisfiable relative of the seed, with requirements that clash.

    Attributes:
        tries: draws among which the one nearest to the wanted hardness is taken.
    """

    tries: int = 4
    name: str = "requirements"
    title: str = "a satisfiable relative of the formula, and requirements that clash in it"
    makes: frozenset[Status] = frozenset({"unsat"})

    def generate(
        self, seeds: Sequence[Seed], index: int, rng: np.random.Generator, *, hardness: float = 1.0
    ) -> Offspring:
        """Make one candidate."""
        seed = seeds[index]
        aim = Aim(hardness * seed.conflicts)
        best, distance = None, math.inf
        for _ in range(self.tries):
            kept = np.arange(seed.cnf.num_clauses)
            if seed.status == "unsat":
                kept = np.setdiff1d(kept, satisfiable_relative(seed, rng).removed)
            units = clashing_requirements(seed.cnf.select(kept), rng)
            if units is None:
                continue
            candidate = _rewritten(seed, add_units(seed.cnf.select(kept), units), kept, rng)
            if abs(aim.look(candidate.cnf)) < abs(distance) or best is None:
                best, distance = candidate, aim.distance
            if aim.settled:
                break
        if best is None:
            raise CannotGenerate("no requirements were found that clash for a reason that takes search")
        return best


def _rewritten(seed: Seed, cnf: Cnf, origin: IntArray, rng: np.random.Generator) -> Offspring:
    """Rewrite a formula whose first clauses are the seed's ``origin``; see :class:`Transform`."""
    changed = Seed(cnf, seed.name, "unsat", seed.conflicts, seed.cpu_s)
    child = write(Transform().rewrite(changed, rng), changed, rng)
    assert child.image is not None
    origin = np.concatenate([origin, np.full(cnf.num_clauses - len(origin), -1)])
    return Offspring(child.cnf, "unsat", np.where(child.image >= 0, origin[child.image], -1))


METHOD: Final = Requirements()
