"""From a guess to a proof: solve the clauses ranked first, and add what is missing until they are unsatisfiable."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from .cnf import Cnf
from .proofs import Core, find_core
from .solvers import DEFAULT_PROOF_ENGINE

IntArray = npt.NDArray[np.int64]

#: By how much a satisfiable prefix grows.
GROWTH: Final = 1.3
#: Share of the time left that one prefix may take: one just too short for a refutation can be harder than the formula.
_SHARE: Final = 0.3


@dataclass(frozen=True)
class Attempt:
    """One set of clauses that was solved.

    Attributes:
        num_clauses: clauses tried.
        status: see :data:`edasat.sat.proofs.CoreStatus`.
        cpu_s: CPU seconds of solving and checking.
    """

    num_clauses: int
    status: str
    cpu_s: float


@dataclass(frozen=True, eq=False)
class RankedCore:
    """What came of a ranking.

    Attributes:
        core: the proved core, in clauses of the formula; or why there is none.
        tried: int64, rising: the clauses of the last attempt, which the core was trimmed from.
        attempts: in order.
    """

    core: Core
    tried: IntArray
    attempts: tuple[Attempt, ...]

    @property
    def cpu_s(self) -> float:
        """CPU seconds of all attempts."""
        return sum(attempt.cpu_s for attempt in self.attempts)


def prove_ranked(
    cnf: Cnf,
    scores: npt.NDArray[np.floating],
    first: int,
    *,
    engine: str = DEFAULT_PROOF_ENGINE,
    time_limit: float | None = None,
    memory_bytes: int | None = None,
    rounds: int = 1,
    minimal: bool = False,
    growth: float = GROWTH,
) -> RankedCore:
    """Prove a core among the clauses with the highest scores, or in the whole formula where that fails.

    A satisfiable prefix has a model; some clause that it falsifies must be in every core there is. The falsified
    clauses with the highest scores are added first, the ranking fills up the rest of the growth.

    Args:
        cnf: the formula.
        scores: (num_clauses,): the higher, the likelier in the core.
        first: clauses of the first attempt.
        engine: one that writes proofs.
        time_limit: CPU seconds of all attempts together.
        memory_bytes: resident memory of a run.
        rounds: of trimming the clauses that were found unsatisfiable.
        minimal: then remove clauses one by one until each is necessary, as far as the time goes.
        growth: factor from one attempt to the next.

    >>> f = Cnf.from_clauses([[1], [3, 4], [-1, 2], [-2]])
    >>> found = prove_ranked(f, np.array([0.9, 0.1, 0.8, 0.2]), first=2)
    >>> found.core.clauses.tolist(), [a.status for a in found.attempts]
    ([0, 2, 3], ['sat', 'unsat'])
    """
    ranking = np.argsort(-scores, kind="stable")
    inside = np.zeros(cnf.num_clauses, np.bool_)
    inside[ranking[: max(1, first)]] = True
    attempts: list[Attempt] = []
    while True:
        chosen = np.flatnonzero(inside)
        whole = len(chosen) == cnf.num_clauses
        left = None if time_limit is None else time_limit - sum(attempt.cpu_s for attempt in attempts)
        if left is not None and left <= 0:
            return RankedCore(Core("timeout"), chosen, tuple(attempts))
        budget = left if whole or left is None else _SHARE * left
        core = find_core(
            cnf.select(chosen),
            engine=engine,
            time_limit=budget,
            rounds=rounds,
            minimal=minimal,
            confirm=False,
            memory_bytes=memory_bytes,
        )
        attempts.append(Attempt(len(chosen), core.status, sum(core.cpu_s.values())))
        if core.proved:
            return RankedCore(replace(core, clauses=chosen[core.clauses]), chosen, tuple(attempts))
        falsified = np.zeros(0, np.int64)
        if core.model is not None:
            falsified = cnf.falsified(core.model)
            if not len(falsified):  # a model of the whole formula
                return RankedCore(core, chosen, tuple(attempts))
        if whole:
            return RankedCore(core, chosen, tuple(attempts))
        more = max(1, math.ceil((growth - 1) * len(chosen)))
        inside[falsified[np.argsort(-scores[falsified], kind="stable")][:more]] = True
        rest = ranking[~inside[ranking]]
        inside[rest[: max(0, len(chosen) + more - int(inside.sum()))]] = True


def shortest_prefix(
    cnf: Cnf, scores: npt.NDArray[np.floating], *, tolerance: float = 0.01, conflict_budget: int = 100_000
) -> int:
    """Return how many of the clauses ranked first are unsatisfiable together: a measure of rankings, by bisection.

    Runs in this process; a prefix that takes more conflicts than the budget counts as satisfiable, so the answer may be
    too long, never too short.

    Args:
        cnf: an unsatisfiable formula.
        scores: (num_clauses,): the higher, the likelier in the core.
        tolerance: the answer is at most this share of the clauses too long.
        conflict_budget: conflicts of the solver on one prefix.
    """
    from pysat.solvers import Solver

    ranking = np.argsort(-scores, kind="stable")
    low, high = 0, cnf.num_clauses  # low is satisfiable, high is not
    while high - low > max(1.0, tolerance * cnf.num_clauses):
        middle = (low + high) // 2
        with Solver(DEFAULT_PROOF_ENGINE, bootstrap_with=cnf.select(np.sort(ranking[:middle])).to_lists()) as solver:
            solver.conf_budget(conflict_budget)
            if solver.solve_limited() is False:
                high = middle
            else:
                low = middle
    return high
