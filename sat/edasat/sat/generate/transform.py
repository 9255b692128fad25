"""Method ``transform``: the whole formula in another structure, about as hard, with a core of mostly new clauses.

Eliminating some variables and bending others (:mod:`edasat.sat.generate.rewriting`) keeps every model or the lack of
one, touches core and rest alike, and leaves nothing that preprocessing could take back; definitions then bring the
number of variables and the lengths of clauses back near the seed's. How hard the result is depends on chance. Where it
is too hard, pairs of variables are identified; where it is too easy, variables are lifted, as long as this brings it
nearer to what is wanted.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from .clauses import ClauseSet
from .novelty import images
from .offspring import CannotGenerate, IntArray, Offspring, Seed, Status
from .rewriting import Rewriting
from .steering import NEAR, Aim

#: A round eliminates and bends these shares of the variables.
_ELIMINATED: Final = 0.12
_BENT: Final = 0.08
#: Rounds at most.
_ROUNDS: Final = 8
#: Clauses that bends may add by the end of each round, as a share of the seed's.
_GROWTH: Final = 0.08
#: Definitions may bring the number of variables to this multiple of the seed's.
_VARIABLES: Final = 1.3
#: Clauses longer than this quantile of the seed's lengths are shortened by definitions, and longer than three literals.
_LONG: Final = 0.9
#: Clauses get no longer than this, or than the longest of the seed.
_LONGEST: Final = 12
#: Share of the variables that the first step upwards lifts.
_LIFTED: Final = 0.05


@dataclass(frozen=True)
class Transform:
    """Rewriting of a seed; each part can be switched off to see what it does.

    Attributes:
        new_share: share of new clauses at which the rewriting ends.
        eliminate: eliminate variables.
        bend: bend variables.
        define: shorten long clauses by definitions.
        steps: attempts to bring the hardness nearer to what is wanted, each a solver run; 0 leaves it to chance.
    """

    new_share: float = 0.6
    eliminate: bool = True
    bend: bool = True
    define: bool = True
    steps: int = 4
    name: str = "transform"
    title: str = "the whole formula rewritten: variables eliminated and exchanged for functions of others"
    makes: frozenset[Status] = frozenset({"unsat", "sat"})

    def generate(
        self, seeds: Sequence[Seed], index: int, rng: np.random.Generator, *, hardness: float = 1.0
    ) -> Offspring:
        """Make one candidate, of the seed's status."""
        seed = seeds[index]
        work = self.rewrite(seed, rng)
        if not work.clauses.clauses:
            raise CannotGenerate("eliminating variables left nothing of the formula")
        return self._steered(work, seed, rng, hardness)

    def rewrite(self, seed: Seed, rng: np.random.Generator, model: npt.NDArray[np.bool_] | None = None) -> Rewriting:
        """Change the structure in rounds until enough clauses are new; then shorten clauses by definitions.

        Eliminating and bending make fewer variables and longer clauses. Definitions bring both back near the seed's;
        preprocessing removes them again, so they don't count as new in what ends the rounds.

        Args:
            seed: the formula.
            rng: of all choices.
            model: bool, (num_vars + 1,), index 0 unused: a model to keep track of.
        """
        cnf = seed.cnf
        variables = np.unique(np.abs(cnf.literals)).tolist()
        longest = max(_LONGEST, int(cnf.clause_lengths.max(initial=0)))
        values = None if model is None else dict(enumerate(model.tolist()))
        work = Rewriting(ClauseSet.of(cnf), variables, rng, longest=longest, model=values)
        growth = 0
        for number in range(1, _ROUNDS + 1):
            if _new_share(seed, _images(seed, work)) >= self.new_share:
                break
            if self.eliminate:
                work.eliminate(math.ceil(_ELIMINATED * len(variables)))
            if self.bend:
                most = math.ceil(number * _GROWTH * cnf.num_clauses)
                growth += work.bend(math.ceil(_BENT * len(variables)), most - growth)
        if self.define:
            most = math.ceil(_VARIABLES * len(variables)) - len(work.clauses.variables())
            usual = int(np.quantile(cnf.clause_lengths, _LONG)) if cnf.num_clauses else 0
            work.define(most, max(3, usual), float(np.mean(cnf.clause_lengths == 2)) if cnf.num_clauses else 0.0)
        return work

    def _steered(self, work: Rewriting, seed: Seed, rng: np.random.Generator, hardness: float) -> Offspring:
        """Bring the hardness nearer to what is wanted, in steps that grow until one of them does something."""
        best = write(work, seed, rng)
        if not self.steps:
            return best
        aim = Aim(hardness * seed.conflicts)
        distance = aim.look(best.cnf)
        size = 1
        for _ in range(self.steps):
            if aim.settled or abs(distance) <= NEAR:
                break
            trial = work.copy()
            if distance < 0:
                trial.lift(math.ceil(size * _LIFTED * seed.cnf.num_vars), "or")
            elif seed.status == "unsat" or trial.model is not None:
                trial.merge(size)
            else:
                break  # identifying variables could remove all models
            candidate = write(trial, seed, rng)
            there = aim.look(candidate.cnf)
            size = 2 * size if (there < 0) == (distance < 0) else max(1, size // 2)
            if abs(there) < abs(distance):
                work, best, distance = trial, candidate, there
        return best


def write(work: Rewriting, seed: Seed, rng: np.random.Generator) -> Offspring:
    """Return what rewriting made of a seed."""
    cnf, order, names = work.clauses.to_cnf(rng)
    model = None
    if work.model is not None:
        model = np.zeros(cnf.num_vars + 1, np.bool_)
        old = np.flatnonzero(names)
        values = np.array([work.model[variable] for variable in old.tolist()], np.bool_)
        model[np.abs(names[old])] = values ^ (names[old] < 0)
    return Offspring(cnf, seed.status, _images(seed, work)[order], model=model)


def _images(seed: Seed, work: Rewriting) -> IntArray:
    return images(seed.cnf, seed.core, list(work.clauses.clauses.values()), work.literal_of)


def _new_share(seed: Seed, image: IntArray) -> float:
    """Estimate the share of new clauses in the core, of which nothing is known but which old clauses are left.

    The core is taken to have grown as the whole formula did.
    """
    if not seed.cnf.num_clauses:
        return 1.0
    core = np.arange(seed.cnf.num_clauses) if seed.core is None else seed.core
    left = np.count_nonzero(np.isin(image, core))
    return 1 - float(left) * seed.cnf.num_clauses / max(1, len(core) * len(image))


METHOD: Final = Transform()
