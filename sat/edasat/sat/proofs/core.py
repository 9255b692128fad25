"""Exact unsatisfiable cores: solve with a proof, trim, repeat on what is left, prove the result: :func:`find_core`."""

from __future__ import annotations

import tempfile
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from edasat.core.errors import EXIT_CHECK_FAILED, EXIT_DONE

from ..cnf import Cnf
from ..solvers import DEFAULT_ENGINE, DEFAULT_PROOF_ENGINE, SolverRun, check_limits, find_engine, solve
from .checker import ProofStatistics, check
from .files import read_proof
from .minimizer import minimize
from .proof import Proof

#: "unsat": a core was found; "sat", "timeout", "memout" and "crash" are those of the solver's first run; "unproved":
#: the engine says unsat and its proof is wrong.
CoreStatus = Literal["unsat", "sat", "timeout", "memout", "crash", "unproved"]

_ROUNDS: Final = 5
_SHRINKAGE: Final = 0.02  # a round that removes less than this share of the core is the last
_AGAIN: Final = 3.0  # a core can be harder than its formula: a later run may take this many times the first one
_AGAIN_S: Final = 1.0  # and a second
_SHORTEST_S: Final = 0.01  # no run starts with less time left


@dataclass(frozen=True, eq=False)
class Core:
    """An unsatisfiable core and how it was found.

    Attributes:
        status: see :data:`CoreStatus`.
        clauses: int64, (num_core_clauses,): indices of the formula's clauses, ascending; empty unless unsat.
        proved: a proof of ``formula.select(clauses)`` was checked.
        proof: that proof, trimmed; None unless proved.
        minimal: every clause is known to be necessary.
        confirmed: a second engine found the core unsatisfiable as well; None if it was not asked or found no answer
            in a few times the first engine's time.
        sizes: clauses of the core after each round.
        cpu_s: CPU seconds by step: "solve", "trim", "minimize", "confirm".
        model: bool, (num_vars + 1,), index 0 unused; None unless sat.
        statistics: of the first proof; None if there was none.
        detail: why a run crashed, a proof is wrong, or a core is not minimal.
    """

    status: CoreStatus
    clauses: npt.NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    proved: bool = False
    proof: Proof | None = field(default=None, repr=False)
    minimal: bool = False
    confirmed: bool | None = None
    sizes: tuple[int, ...] = ()
    cpu_s: dict[str, float] = field(default_factory=dict)
    model: npt.NDArray[np.bool_] | None = field(default=None, repr=False)
    statistics: ProofStatistics | None = None
    detail: str = ""

    @property
    def exit_code(self) -> int:
        """0 for a proved core, 1 for everything else."""
        return EXIT_DONE if self.proved else EXIT_CHECK_FAILED


def find_core(
    formula: Cnf,
    *,
    engine: str = DEFAULT_PROOF_ENGINE,
    time_limit: float | None = None,
    rounds: int = _ROUNDS,
    minimal: bool = False,
    confirm: bool = True,
    memory_bytes: int | None = None,
) -> Core:
    """Find clauses of a formula that are unsatisfiable by themselves, with a checked proof.

    A round solves with a proof and trims it; the next works on the core of the last, until one removes under 2 % of
    the clauses. What is found when the time is up is returned.

    Args:
        formula: the formula.
        engine: one that writes proofs.
        time_limit: CPU seconds of all steps together; None: no limit.
        rounds: at most so many.
        minimal: remove clauses one by one until each is necessary, as far as the time goes.
        confirm: solve the core once more with another engine.
        memory_bytes: resident memory of a run.

    Raises:
        InputError: for an unknown engine, one without proofs, or limits out of range.

    >>> found = find_core(Cnf.from_clauses([[1], [3, 4], [-1, 2], [-2]]), rounds=1, confirm=False)
    >>> found.proved, found.clauses.tolist()
    (True, [0, 2, 3])
    """
    find_engine(engine, proof=True)
    check_limits(time_limit, memory_bytes)
    return _Search(formula, engine, time_limit, memory_bytes).run(max(1, rounds), minimal, confirm)


class _Search:
    """The steps of one search, and the CPU time they share."""

    def __init__(self, formula: Cnf, engine: str, time_limit: float | None, memory_bytes: int | None) -> None:
        self.formula = formula
        self.engine = engine
        self.time_limit = time_limit
        self.memory_bytes = memory_bytes
        self.spent: dict[str, float] = {}
        self.first_s: float | None = None  # CPU seconds of the first run

    def run(self, rounds: int, minimal: bool, confirm: bool) -> Core:
        core = self._shrink(np.arange(self.formula.num_clauses))
        sizes = [len(core.clauses)]
        while core.proved and len(sizes) < rounds and sizes[-1] and not self._late():
            better = self._shrink(core.clauses)
            if not better.proved or len(better.clauses) >= sizes[-1]:
                break
            core = replace(better, statistics=core.statistics)
            sizes.append(len(core.clauses))
            if sizes[-1] > (1 - _SHRINKAGE) * sizes[-2]:
                break
        if core.proved and minimal and not self._late():
            core = self._minimize(core)
            sizes.append(len(core.clauses))
        if core.proved and confirm and not self._late():
            core = self._confirm(core)
        return replace(core, sizes=tuple(sizes) if core.proved else (), cpu_s=self.spent)

    def _shrink(self, clauses: npt.NDArray[np.int64]) -> Core:
        """Do one round on some clauses of the formula."""
        part = self.formula.select(clauses)
        with tempfile.TemporaryDirectory(prefix="edasat-core-") as folder:
            path = Path(folder) / "proof.drat"
            done = solve(part, self.engine, cpu_s=self._time_to_solve(), memory_bytes=self.memory_bytes, proof=path)
            self._spend("solve", done.cpu_s)
            self.first_s = self.first_s if self.first_s is not None else done.cpu_s
            if done.status != "unsat":
                return Core(done.status, model=done.model, detail=done.detail)
            started = time.process_time()
            proof = read_proof(path)
            self._spend("trim", time.process_time() - started)
        return self._trim(part, proof, clauses)

    def _trim(self, part: Cnf, proof: Proof, clauses: npt.NDArray[np.int64]) -> Core:
        trimmed = check(part, proof, time_limit=self._time())
        self._spend("trim", trimmed.statistics.cpu_s)
        if trimmed.verdict == "timeout":
            return Core("timeout", statistics=trimmed.statistics, detail="unsatisfiable; checking the proof timed out")
        if not trimmed.verified:
            detail = f"the proof of {self.engine} is wrong: {trimmed.detail}"
            return Core("unproved", statistics=trimmed.statistics, detail=detail)
        return Core("unsat", clauses[trimmed.core], proved=True, proof=trimmed.proof, statistics=trimmed.statistics)

    def _minimize(self, core: Core) -> Core:
        """Remove what is not necessary; the smaller core needs a proof of its own."""
        part = self.formula.select(core.clauses)
        done = minimize(part, time_limit=self._time_to_minimize(), memory_bytes=self.memory_bytes)
        self._spend("minimize", done.cpu_s)
        if len(done.clauses) == part.num_clauses:
            return replace(core, minimal=done.minimal, detail=done.detail)
        smaller = self._shrink(core.clauses[done.clauses])
        if not smaller.proved:
            return replace(core, detail=f"a core of {len(done.clauses)} clauses could not be proved in time")
        return replace(smaller, statistics=core.statistics, minimal=done.minimal, detail=done.detail)

    def _confirm(self, core: Core) -> Core:
        """Let an engine of another family look at the core."""
        done = self._second_opinion(self.formula.select(core.clauses))
        self._spend("confirm", done.cpu_s)
        if done.status == "sat":
            return replace(core, status="unproved", proved=False, confirmed=False, detail=f"{done.engine} says sat")
        return replace(core, confirmed=True if done.status == "unsat" else None)

    def _second_opinion(self, part: Cnf) -> SolverRun:
        family = find_engine(self.engine).family
        other = DEFAULT_ENGINE if find_engine(DEFAULT_ENGINE).family != family else "glucose42"
        return solve(part, other, cpu_s=self._time_to_solve(), memory_bytes=self.memory_bytes)

    def _spend(self, step: str, cpu_s: float) -> None:
        self.spent[step] = self.spent.get(step, 0.0) + cpu_s

    def _time(self) -> float | None:
        """Return the CPU seconds that are left, enough to start something, or None without a limit."""
        if self.time_limit is None:
            return None
        return max(_SHORTEST_S, self.time_limit - sum(self.spent.values()))

    def _time_to_solve(self) -> float | None:
        """Return the limit of the next run of an engine."""
        again = None if self.first_s is None else _AGAIN * self.first_s + _AGAIN_S
        return min((limit for limit in (self._time(), again) if limit is not None), default=None)

    def _time_to_minimize(self) -> float | None:
        """Return the limit of minimisation, which leaves time to prove what it finds: half at most."""
        left = self._time()
        if left is None:
            return None
        proving = self.spent["solve"] + self.spent["trim"] + _AGAIN_S
        return left - min(left / 2, proving)

    def _late(self) -> bool:
        return self._time() == _SHORTEST_S
