"""Unsatisfiable formulas as users meet them: a sound model plus requirements that clash.

A satisfiable formula gets unit clauses one by one, as configuration tools, planners and debuggers add them, until it
has no model any more. The clash is never seen by unit propagation alone, so finding the clauses to blame takes search.
"""

from __future__ import annotations

import numpy as np

from edasat.sat.cnf import Cnf

_SOLVER = "cadical195"
#: Answers of :func:`clashing_requirements` depend on no engine: what unit propagation finds is unique.
_PROPAGATOR = "minisat22"


def clashing_requirements(cnf: Cnf, rng: np.random.Generator, *, conflict_budget: int = 20_000) -> list[int] | None:
    """Choose literals that together leave a satisfiable formula without a model.

    Variables come in random order. One whose value follows by unit propagation is passed over; the others get the sign
    of a fair coin, or the other one where unit propagation refutes that.

    Args:
        cnf: a satisfiable formula.
        rng: order and signs.
        conflict_budget: conflicts that the solver may spend on one question.

    Returns:
        The literals; None where a question was too hard or unit propagation alone found the clash.
    """
    from pysat.solvers import Solver

    clauses = cnf.to_lists()
    required: list[int] = []
    known = np.zeros(cnf.num_vars + 1, np.bool_)
    # Two solvers: one that has learned clauses would propagate more than the formula says.
    with Solver(_SOLVER, bootstrap_with=clauses) as solver, Solver(_PROPAGATOR, bootstrap_with=clauses) as propagator:
        for variable in rng.permutation(cnf.num_vars) + 1:
            literal = int(variable) * int(rng.choice((-1, 1)))
            if known[variable]:
                continue
            for signed in (literal, -literal):
                consistent, implied = propagator.propagate([*required, signed])
                if consistent:
                    break
            else:
                return None
            required.append(signed)
            known[np.abs(np.array(implied, np.int64))] = True
            solver.conf_budget(conflict_budget)
            answer = solver.solve_limited(assumptions=required)
            if answer is None:
                return None
            if not answer:
                return required
    return None


def add_units(cnf: Cnf, literals: list[int]) -> Cnf:
    """Return the formula with unit clauses added at its end.

    >>> add_units(Cnf.from_clauses([[1, 2]]), [-1]).to_lists()
    [[1, 2], [-1]]
    """
    offsets = np.concatenate([cnf.offsets, cnf.num_literals + 1 + np.arange(len(literals), dtype=np.int64)])
    return Cnf(cnf.num_vars, offsets, np.concatenate([cnf.literals, np.array(literals, np.int32)]), cnf.name)
