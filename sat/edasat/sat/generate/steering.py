"""Hardness as the methods themselves see it: conflicts of one solver, in this process, within a budget."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from ..cnf import Cnf

_SOLVER: Final = "cadical195"


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
            true = np.array([x for x in solver.get_model() if 0 < x <= cnf.num_vars], np.int64)
            model[true] = True
    return Effort(answer, conflicts, model)
