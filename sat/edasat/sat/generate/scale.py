"""Method ``scale``: another formula of the seed's family, of a size at which it is as hard as wanted.

Formulas that a seeded family of :mod:`edasat.sat.families` made carry its name, their size and their seed. A new seed
gives another member of the family; the size is moved step by step towards the wanted hardness.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Final

import numpy as np

from edasat.core.errors import InputError

from ..families import family, parse_instance_id
from .clauses import ClauseSet
from .offspring import CannotGenerate, Offspring, Seed, Status
from .steering import Aim

#: Share by which the size changes from one try to the next.
_STEP: Final = 0.05
#: Seeds of families are drawn below this.
_SEEDS: Final = 2**31


@dataclass(frozen=True)
class Scale:
    """Other members of a seeded family.

    Attributes:
        tries: draws among which the one nearest to the wanted hardness is taken.
    """

    tries: int = 5
    name: str = "scale"
    title: str = "another member of the seed's family, larger or smaller until it is as hard as wanted"
    makes: frozenset[Status] = frozenset({"unsat", "sat"})

    def generate(
        self, seeds: Sequence[Seed], index: int, rng: np.random.Generator, *, hardness: float = 1.0
    ) -> Offspring:
        """Make one candidate, of the seed's status."""
        seed = seeds[index]
        name, size, _ = _origin(seed)
        member = family(name)
        aim = Aim(hardness * seed.conflicts)
        best, distance = None, math.inf
        for _ in range(self.tries):
            cnf = ClauseSet.of(member.build(size, np.random.default_rng(rng.integers(_SEEDS)))).to_cnf(rng).cnf
            here = aim.look(cnf)
            answer = None if aim.last is None else aim.last.satisfiable
            fits = answer is None or answer == (seed.status == "sat")
            if fits and (abs(here) < abs(distance) or best is None):
                expected = "unknown" if answer is None else seed.status
                best, distance = Offspring(cnf, expected, model=aim.last.model if aim.last else None), here
            if fits and aim.settled:
                break
            step = math.ceil(_STEP * size)
            size = max(member.sizes[0], size + step if here < 0 else size - step)
        if best is None:
            raise CannotGenerate(f"no member of family '{name}' near this size was {seed.status}")
        return best


def _origin(seed: Seed) -> tuple[str, int, int]:
    """Return family, size and seed of a seed's formula, which its name says."""
    for name in (seed.cnf.name, seed.name, PurePath(seed.name).name.partition(".")[0]):
        try:
            return parse_instance_id(name)
        except InputError:
            continue
    raise CannotGenerate("the formula was not made by one of the seeded families")


METHOD: Final = Scale()
