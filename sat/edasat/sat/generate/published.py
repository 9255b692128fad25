"""Method ``published``: the loop of HardCore (NeurIPS 2024) around the seed's core, the baseline to beat."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from edasat.core.errors import CheckFailed

from .hardcore import CoreFinder, exact_core, join, refine
from .offspring import CannotGenerate, Offspring, Seed, Status
from .popularity import popularity_similarity


@dataclass(frozen=True)
class Published:
    """The published loop; see :mod:`edasat.sat.generate.hardcore`.

    Attributes:
        core_of: finds the cores of the refinement, proved ones by default; a model's guess makes the loop cheap.
        per_step: clauses de-cored per step: 1 as published with proved cores, 3 with predicted ones.
    """

    core_of: CoreFinder | None = None
    per_step: int = 1
    name: str = "published"
    title: str = "the seed's core among random clauses, refined until only the core is left (HardCore)"
    makes: frozenset[Status] = frozenset({"unsat"})

    def generate(
        self, seeds: Sequence[Seed], index: int, rng: np.random.Generator, *, hardness: float = 1.0
    ) -> Offspring:
        """Make one candidate; its hardness is what the loop makes it."""
        seed = seeds[index]
        if seed.status != "unsat":
            raise CannotGenerate("the published loop needs an unsatisfiable seed")
        core_of = self.core_of or exact_core()
        try:
            core = seed.core if seed.core is not None else core_of(seed.cnf)
            noise = popularity_similarity(seed.cnf.num_vars, seed.cnf.num_clauses - len(core), rng)
            cnf, order = join(noise, seed.cnf.select(core), rng)
            image = np.concatenate([np.full(noise.num_clauses, -1), core])[order]
            for step in refine(cnf, image >= 0, rng, core_of=core_of, per_step=self.per_step):
                cnf = step.cnf
        except CheckFailed as error:
            raise CannotGenerate(str(error).removeprefix("error: ")) from error
        return Offspring(cnf, "unsat", image)


METHOD: Final = Published()
