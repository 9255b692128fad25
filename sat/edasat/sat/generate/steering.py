"""Hardness as the methods themselves see it: conflicts of one solver, in this process, within a budget."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from ..cnf import Cnf

_SOLVER: Final = "cadical195"
#: Near enough: within a factor of 1.25 of what is wanted (logarithm).
NEAR: Final = math.log(1.25)
#: Conflicts up to which one candidate is followed, as a multiple of those wanted.
_FOLLOWED: Final = 2.0
#: Conflicts for all candidates of one offspring together. Formulas that take more are left to chance and to whoever
#: measures them anyway: looking would cost more than another draw.
_CONFLICTS: Final = 60_000


@dataclass(frozen=True, eq=False)
class Effort:
    """What a run took.

    Attributes:
        satisfiable: the answer; None where the budget ran out.
        conflicts: used.
        model: bool, (num_vars + 1,), index 0 unused; None unless satisfiable.
    """

    satisfiable: bool | None
    conflicts: int
    model: npt.NDArray[np.bool_] | None = None


def effort(cnf: Cnf, conflict_budget: int) -> Effort:
    """Solve with CaDiCaL until the budget is used up. The same formula takes the same conflicts everywhere."""
    from pysat.solvers import Solver

    with Solver(_SOLVER, bootstrap_with=cnf.to_lists()) as solver:
        solver.conf_budget(conflict_budget)
        answer = solver.solve_limited()
        conflicts = int(solver.accum_stats()["conflicts"])
        model = None
        if answer:
            model = np.zeros(cnf.num_vars + 1, np.bool_)
            model[[x for x in solver.get_model() if 0 < x <= cnf.num_vars]] = True
    return Effort(answer, conflicts, model)


class Aim:
    """A wanted hardness, and how far candidates are from it.

    Args:
        conflicts: wanted.

    Attributes:
        last: what the last look found; None before the first and where no conflicts were left for it.
        distance: logarithm of the last candidate's conflicts over those wanted, infinite where it was not looked at.
    """

    def __init__(self, conflicts: float) -> None:
        self.wanted = max(1.0, conflicts)
        self.last: Effort | None = None
        self.distance = math.inf
        self._left = _CONFLICTS

    def look(self, cnf: Cnf) -> float:
        """Measure a candidate; return its distance. One that is followed to the end of the budget counts as there."""
        budget = math.ceil(_FOLLOWED * self.wanted)
        self.last, self.distance = None, math.inf
        if budget <= self._left:
            self.last = effort(cnf, budget)
            self._left -= self.last.conflicts
            self.distance = math.log(max(1, self.last.conflicts) / self.wanted)
        return self.distance

    @property
    def settled(self) -> bool:
        """Whether there is no point in another candidate: the last one is near enough, or none can be looked at."""
        return abs(self.distance) <= NEAR or math.isinf(self.distance)
