"""Method ``planted``: satisfiable formulas in which the solution hides where the seed is unsatisfiable.

A model of the seed without one clause, or a few, falsifies these clauses alone. Each of them is replaced by copies that
hold one more literal, true in the model: wherever the solver turns, it meets the unsatisfiable seed, unless all these
literals agree with the model. The more copies, the rarer the solution and the harder the search; rewriting then hides
which clauses are copies.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from ..cnf import Cnf
from .offspring import CannotGenerate, IntArray, Offspring, Seed, Status
from .relatives import Relative, satisfiable_relative
from .steering import Aim
from .transform import Transform, write


@dataclass(frozen=True)
class Planted:
    """A solution hidden in an unsatisfiable seed.

    Attributes:
        copies: of each clause that the hidden solution falsifies, at the first try; twice as many where that was too
            easy, half as many where it was too hard.
        tries: draws among which the one nearest to the wanted hardness is taken.
    """

    copies: int = 16
    tries: int = 5
    name: str = "planted"
    title: str = "a solution hidden in an unsatisfiable formula by weakening the clauses that it falsifies"
    makes: frozenset[Status] = frozenset({"sat"})

    def generate(
        self, seeds: Sequence[Seed], index: int, rng: np.random.Generator, *, hardness: float = 1.0
    ) -> Offspring:
        """Make one candidate, with its model."""
        seed = seeds[index]
        if seed.status != "unsat":
            raise CannotGenerate("planting needs an unsatisfiable seed; satisfiable ones can be transformed")
        aim = Aim(hardness * seed.conflicts)
        relative = satisfiable_relative(seed, rng)
        copies, best, distance = self.copies, None, math.inf
        for _ in range(self.tries):
            cnf, origin = weaken(seed.cnf, relative, copies, rng)
            changed = Seed(cnf, seed.name, "sat", seed.conflicts, seed.cpu_s)
            candidate = write(Transform().rewrite(changed, rng, relative.model), changed, rng)
            if abs(aim.look(candidate.cnf)) < abs(distance) or best is None:
                assert candidate.image is not None
                image = np.where(candidate.image >= 0, origin[candidate.image], -1)
                best, distance = Offspring(candidate.cnf, "sat", image, model=candidate.model), aim.distance
            if aim.settled:
                break
            copies = min(2 * copies, seed.cnf.num_vars) if aim.distance < 0 else max(1, copies // 2)
        assert best is not None
        return best


def weaken(cnf: Cnf, relative: Relative, copies: int, rng: np.random.Generator) -> tuple[Cnf, IntArray]:
    """Replace each clause that a model falsifies by copies that it satisfies, each with one more literal.

    Returns:
        The formula; int64, (num_clauses,): index of each clause in ``cnf``.

    >>> relative = Relative(np.array([1]), np.array([False, True, False]))
    >>> weaken(Cnf.from_clauses([[1], [2]]), relative, 1, np.random.default_rng(0))[0].to_lists()
    [[1], [2, 1]]
    """
    rows = cnf.to_lists()
    kept = np.setdiff1d(np.arange(cnf.num_clauses), relative.removed)
    new, origin = [rows[i] for i in kept], kept.tolist()
    for index in relative.removed.tolist():
        others = np.setdiff1d(np.abs(cnf.literals), np.abs(cnf.clause(index)))
        for variable in rng.permutation(others)[:copies].tolist():
            new.append([*rows[index], variable if relative.model[variable] else -variable])
            origin.append(index)
    return Cnf.from_clauses(new, cnf.num_vars), np.array(origin, np.int64)


METHOD: Final = Planted()
