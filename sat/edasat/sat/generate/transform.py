"""Method ``transform``: the whole formula in another structure, about as hard, with a core of mostly new clauses.

Eliminating some variables and bending others (:mod:`edasat.sat.generate.rewriting`) keeps every model or the lack of
one, touches core and rest alike, and leaves nothing that preprocessing could take back. How hard the result is depends
on chance; where it is too hard, pairs of variables are identified one after the other, and where it is too easy,
variables are lifted, as long as this brings it nearer to what is wanted.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from ..cnf import Cnf
from .clauses import ClauseSet
from .novelty import images
from .offspring import CannotGenerate, IntArray, Offspring, Seed, Status
from .rewriting import Rewriting
from .steering import effort

#: A round eliminates and bends these shares of the variables.
_ELIMINATED: Final = 0.1
_BENT: Final = 0.125
#: Rounds at most.
_ROUNDS: Final = 6
#: Clauses that the bends of a round may add, as a share of the seed's.
_GROWTH: Final = 0.12
#: Clauses get no longer than this, or than the longest of the seed.
_LONGEST: Final = 12
#: Hardness is good enough within this factor of what is wanted.
_NEAR: Final = 1.25
#: Conflicts up to which a candidate is followed, as a multiple of those wanted.
_BUDGET: Final = 2.0
#: Share of the variables that a step upwards lifts.
_LIFTED: Final = 0.1


@dataclass(frozen=True)
class Transform:
    """Rewriting of a seed; each part can be switched off to see what it does.

    Attributes:
        new_share: share of new clauses at which the rewriting ends.
        eliminate: eliminate variables.
        bend: bend variables.
        steps: attempts to bring the hardness nearer to what is wanted, each a solver run; 0 leaves it to chance.
    """

    new_share: float = 0.6
    eliminate: bool = True
    bend: bool = True
    steps: int = 3
    name: str = "transform"
    title: str = "the whole formula rewritten: variables eliminated and exchanged for functions of others"
    makes: frozenset[Status] = frozenset({"unsat", "sat"})

    def generate(
        self, seeds: Sequence[Seed], index: int, rng: np.random.Generator, *, hardness: float = 1.0
    ) -> Offspring:
        """Make one candidate, of the seed's status."""
        seed = seeds[index]
        work = self._rewritten(seed, rng)
        if not work.clauses.clauses:
            raise CannotGenerate("eliminating variables left nothing of the formula")
        cnf, image = self._steered(work, seed, rng, hardness)
        return Offspring(cnf, seed.status, image)

    def _rewritten(self, seed: Seed, rng: np.random.Generator) -> Rewriting:
        """Change the structure in rounds until enough clauses are new."""
        cnf = seed.cnf
        variables = np.unique(np.abs(cnf.literals)).tolist()
        longest = max(_LONGEST, int(cnf.clause_lengths.max(initial=0)))
        work = Rewriting(ClauseSet.of(cnf), variables, rng, longest=longest)
        for _ in range(_ROUNDS):
            if _new_share(seed, _images(seed, work)) >= self.new_share:
                break
            if self.eliminate:
                work.eliminate(math.ceil(_ELIMINATED * len(variables)))
            if self.bend:
                work.bend(math.ceil(_BENT * len(variables)), math.ceil(_GROWTH * cnf.num_clauses))
        return work

    def _steered(self, work: Rewriting, seed: Seed, rng: np.random.Generator, hardness: float) -> tuple[Cnf, IntArray]:
        """Bring the hardness nearer to what is wanted; return the formula and its images."""
        wanted = max(1.0, hardness * seed.conflicts)
        cnf, order = work.clauses.to_cnf(rng)
        distance = _distance(cnf, wanted) if self.steps else 0.0
        for _ in range(self.steps):
            if abs(distance) <= math.log(_NEAR):
                break
            trial = work.copy()
            if distance < 0:
                trial.lift(math.ceil(_LIFTED * seed.cnf.num_vars), "or")
            elif seed.status == "unsat":
                trial.merge(1)
            else:
                break  # identifying variables could remove all models
            trial_cnf, trial_order = trial.clauses.to_cnf(rng)
            trial_distance = _distance(trial_cnf, wanted)
            if abs(trial_distance) < abs(distance):
                work, cnf, order, distance = trial, trial_cnf, trial_order, trial_distance
        return cnf, _images(seed, work)[order]


def _images(seed: Seed, work: Rewriting) -> IntArray:
    return images(seed.cnf, seed.core, list(work.clauses.clauses.values()), work.literal_of)


def _new_share(seed: Seed, image: IntArray) -> float:
    """Return the share of new clauses; those that come from outside the core, where it is known, don't count."""
    old = image >= 0 if seed.core is None else np.isin(image, seed.core)
    new = int(np.count_nonzero(image < 0))
    return new / max(1, new + int(np.count_nonzero(old)))


def _distance(cnf: Cnf, wanted: float) -> float:
    """Return the logarithm of a formula's conflicts over those wanted; above the budget the budget counts."""
    return math.log(max(1, effort(cnf, math.ceil(_BUDGET * wanted)).conflicts) / wanted)


METHOD: Final = Transform()
