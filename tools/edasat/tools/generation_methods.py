"""Ways of generating formulas that the evaluations compare: ours, each by itself, and what others have published."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Final

import numpy as np

from edasat.sat.cnf import Cnf
from edasat.sat.generate.communities import CommunityMerge
from edasat.sat.generate.hardcore import CoreFinder, IntArray, exact_core
from edasat.sat.generate.incidence import LITERAL_INCIDENCE
from edasat.sat.generate.matched import POPULARITY_SIMILARITY, RANDOM_CLAUSES
from edasat.sat.generate.offspring import METHODS, Method
from edasat.sat.generate.parents import cpu_clock
from edasat.sat.generate.published import Published
from edasat.sat.generate.transform import Transform

if TYPE_CHECKING:  # torch is imported when the first core is predicted
    from edasat.models.core.detector import CoreDetector

#: Threshold and clauses per step of the published loop with predicted cores.
_THRESHOLD: Final = 0.5
_PER_STEP: Final = 3


class TimedCores:
    """A core finder that ends its loop once its CPU seconds are spent; the loop's formula is then taken as it is.

    Args:
        core_of: finds the cores.
        cpu_s: CPU seconds, from now on.
    """

    def __init__(self, core_of: CoreFinder, cpu_s: float) -> None:
        self.core_of = core_of
        self.cpu_s = cpu_s
        self.started = cpu_clock()

    def __call__(self, cnf: Cnf) -> IntArray:
        """Return a core, or nothing when the time is up."""
        if cpu_clock() - self.started > self.cpu_s:
            return np.zeros(0, np.int64)
        return self.core_of(cnf)


def predicted_core(cnf: Cnf) -> IntArray:
    """Return the clauses that core detection gives at least an even chance, as published."""
    return np.flatnonzero(_detector().predict(cnf).probabilities >= _THRESHOLD)


@cache
def _detector() -> CoreDetector:
    from edasat.models.core.detector import CoreDetector

    return CoreDetector.load()


def whole_formula(cnf: Cnf) -> IntArray:
    """Call every clause needed: the loop then de-cores all its clauses in one step, for nothing."""
    return np.arange(cnf.num_clauses)


#: What is compared besides ours: name -> method that may spend so many CPU seconds on finding cores.
BASELINES: Final[Mapping[str, Callable[[float], Method]]] = {
    "random clauses": lambda _: RANDOM_CLAUSES,
    "Popularity-Similarity": lambda _: POPULARITY_SIMILARITY,
    "literal incidence (W2SAT)": lambda _: LITERAL_INCIDENCE,
    "community merge (HardSATGEN)": lambda cpu_s: CommunityMerge(TimedCores(exact_core(cpu_s), cpu_s)),
    "published loop, exact cores": lambda cpu_s: Published(TimedCores(exact_core(cpu_s), cpu_s)),
    "published loop, predicted cores": lambda cpu_s: Published(TimedCores(predicted_core, cpu_s), _PER_STEP),
    "published loop, all de-cored at once": lambda _: Published(whole_formula, per_step=2**31),
}


#: Ours with a part switched off.
ABLATIONS: Final[Mapping[str, Method]] = {
    "transform, no bending": Transform(bend=False),
    "transform, no elimination": Transform(eliminate=False),
    "transform, no definitions": Transform(define=False),
    "transform, hardness left to chance": Transform(steps=0),
}


def find_way(name: str, cpu_s: float) -> Method:
    """Return a baseline, made anew for one attempt, or a method of ours.

    Args:
        name: key of :data:`BASELINES`, :data:`ABLATIONS` or :data:`~edasat.sat.generate.offspring.METHODS`.
        cpu_s: CPU seconds that a baseline may spend on finding cores.
    """
    if name in BASELINES:
        return BASELINES[name](cpu_s)
    return ABLATIONS[name] if name in ABLATIONS else METHODS[name]
