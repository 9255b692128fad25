"""Checking a proof backward and trimming it to what it needs: :func:`check`."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from edasat.core.errors import LimitError

from ..cnf import Cnf
from . import backward as passes
from .database import CHECKS, NO_CLAUSE, RATS, VISITS, Database, load_clauses, make_database
from .proof import Proof

#: "verified"; "wrong": a needed lemma does not follow; "incomplete": the proof does not come to a contradiction;
#: "timeout".
Verdict = Literal["verified", "wrong", "incomplete", "timeout"]

_SEED: Final = 0  # of the hash keys: equal runs give equal cores
_VISITS_AT_ONCE: Final = 100_000_000  # watches between two looks at the clock: about a second
_MOST_ENTRIES: Final = 2**32 - 1  # of the arena: watches hold its indices in 32 bits
_SPARSE: Final = 4  # variables are renumbered where there are more than this per literal


@dataclass(frozen=True)
class ProofStatistics:
    """What a proof holds and what its check did.

    Attributes:
        lemmas, deletions: steps of the proof.
        checked: lemmas that were needed and therefore checked.
        rat: of these, lemmas that are RAT and not RUP.
        missing: deletions of clauses that do not exist, ignored.
        ignored: deletions of clauses that a unit rests on, ignored.
        visits: watches that propagation looked at, a measure of the work that no machine changes.
        cpu_s: CPU seconds of the check.
    """

    lemmas: int
    deletions: int
    checked: int = 0
    rat: int = 0
    missing: int = 0
    ignored: int = 0
    visits: int = 0
    cpu_s: float = 0.0


@dataclass(frozen=True, eq=False)
class Trimmed:
    """Verdict on a proof, and what is left of formula and proof.

    Attributes:
        verdict: see :data:`Verdict`.
        core: int64, (num_core_clauses,): indices of the formula's clauses that the proof needs, ascending; empty
            unless verified.
        proof: the lemmas needed, with a deletion behind the last use of each clause: a proof for
            ``formula.select(core)``. None unless verified.
        failed_step: index of the step that is wrong, None for the other verdicts.
        detail: one line that says what is wrong and where.
        statistics: sizes and work.
    """

    verdict: Verdict
    core: npt.NDArray[np.int64]
    proof: Proof | None
    failed_step: int | None
    detail: str
    statistics: ProofStatistics

    @property
    def verified(self) -> bool:
        """Whether the formula is proved unsatisfiable."""
        return self.verdict == "verified"


def check(formula: Cnf, proof: Proof, *, time_limit: float | None = None) -> Trimmed:
    """Check a DRAT proof backward, and trim formula and proof to what the refutation needs.

    Only lemmas that the refutation rests on are checked. Deletions are honoured, except those of clauses that are the
    reason of a unit at that point, as drat-trim does by default. Repeated literals count once; tautologies and
    deletions of clauses that do not exist do nothing.

    Args:
        formula: the formula that the proof should refute.
        proof: its steps; those behind the first conflict are not looked at.
        time_limit: CPU seconds, looked at about once a second; None: no limit.

    Raises:
        LimitError: for more than 2^32 - 1 literals in all.

    >>> f = Cnf.from_clauses([[1, 2], [-1, 2], [1, -2], [-1, -2], [3]])
    >>> done = check(f, Proof.from_steps([("a", [2]), ("a", [])]))
    >>> done.verdict, done.core.tolist()
    ('verified', [0, 1, 2, 3])
    """
    started = time.process_time()
    run = _Check(formula, proof)
    verdict, step = run.run(None if time_limit is None else started + time_limit)
    core, trimmed = np.empty(0, np.int64), None
    if verdict == "verified":
        core, trimmed = run.trim()
    return Trimmed(
        verdict,
        core,
        trimmed,
        step if verdict == "wrong" else None,
        _detail(proof, verdict, step, run.ignored),
        run.statistics(time.process_time() - started),
    )


class _Check:
    """One run of the two passes over one proof."""

    def __init__(self, formula: Cnf, proof: Proof) -> None:
        self.formula = formula
        self.proof = proof
        self.db: Database | None = None
        self.last = -1  # step of the conflict
        self.missing = self.ignored = 0

    def run(self, deadline: float | None) -> tuple[Verdict, int]:
        """Return the verdict and the step that is wrong."""
        formula, proof = self.formula, self.proof
        self.empty = np.flatnonzero(formula.clause_lengths == 0)[:1]
        if len(self.empty):
            return "verified", -1
        formula_literals, literals, num_vars = _renumbered(formula, proof)
        entries = len(literals) + len(formula_literals) + 2 * (formula.num_clauses + proof.num_lemmas)
        if entries > _MOST_ENTRIES:
            raise LimitError("formula and proof are valid, but together hold more than 2^32 - 1 literals")
        keys = np.random.default_rng(_SEED).integers(0, 1 << 64, 2 * num_vars + 2, np.uint64)
        arena, start, tautology, self.clause_of, self.missing = load_clauses(
            formula_literals, formula.offsets, literals, proof.offsets, proof.deletions, proof.num_lemmas, keys
        )
        self.db = db = make_database(arena, start, tautology, num_vars)
        trail_before = np.zeros(proof.num_steps, np.int64)
        conflict, self.last, self.ignored = passes.forward(
            db, formula.num_clauses, proof.deletions, self.clause_of, trail_before
        )
        if conflict == NO_CLAUSE:
            return ("incomplete", -1) if self.last == passes.NO_CONFLICT else ("wrong", self.last)
        passes.analyse(db, conflict, self.last)
        return self._backward(trail_before, _pivots(proof, literals), deadline)

    def _backward(
        self, trail_before: npt.NDArray[np.int64], pivots: npt.NDArray[np.int64], deadline: float | None
    ) -> tuple[Verdict, int]:
        bounds, clauses = np.empty(0, np.int64), np.empty(0, np.int32)
        step = self.last
        while True:
            visited = self.db.registers[VISITS]  # type: ignore[union-attr]
            state, step = passes.backward(
                self.db,
                step,
                _VISITS_AT_ONCE,
                self.proof.deletions,
                self.clause_of,
                trail_before,
                pivots,
                bounds,
                clauses,
            )
            if state == passes.FINISHED:
                return "verified", -1
            if state == passes.FAILED:
                return "wrong", step
            if deadline is not None and time.process_time() > deadline:
                return "timeout", -1
            if self.db.registers[VISITS] - visited < _VISITS_AT_ONCE:  # type: ignore[union-attr]
                bounds, clauses = passes.occurrences(self.db)

    def trim(self) -> tuple[npt.NDArray[np.int64], Proof]:
        """Return the core and its proof."""
        if self.db is None:
            return self.empty, Proof.from_steps([("a", [])])
        num_clauses = self.formula.num_clauses
        numbers, gone = passes.trimmed_steps(self.db, self.last, self.proof.deletions, self.clause_of)
        lemma_steps = np.flatnonzero(~self.proof.deletions)
        literals = np.concatenate([self.formula.literals, self.proof.literals])
        starts = np.concatenate(
            [self.formula.offsets[:-1], self.proof.offsets[:-1][lemma_steps] + len(self.formula.literals)]
        )
        lengths = np.concatenate([self.formula.clause_lengths, np.diff(self.proof.offsets)[lemma_steps]])[numbers]
        offsets = np.zeros(len(numbers) + 2, np.int64)  # the empty clause ends the proof
        np.cumsum(lengths, out=offsets[1:-1])
        offsets[-1] = offsets[-2]
        at = np.repeat(starts[numbers] - offsets[:-2], lengths) + np.arange(int(offsets[-1]))
        return np.flatnonzero(self.db.core[:num_clauses]), Proof(literals[at], offsets, np.append(gone, False))

    def statistics(self, cpu_s: float) -> ProofStatistics:
        """Return sizes and work."""
        lemmas, deletions = self.proof.num_lemmas, self.proof.num_steps - self.proof.num_lemmas
        if self.db is None:
            return ProofStatistics(lemmas, deletions, cpu_s=cpu_s)
        checks, rats, visits = (int(self.db.registers[which]) for which in (CHECKS, RATS, VISITS))
        return ProofStatistics(lemmas, deletions, checks, rats, self.missing, self.ignored, visits, cpu_s)


def _renumbered(formula: Cnf, proof: Proof) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32], int]:
    """Return the literals of formula and proof over few variables, and how many: arrays go by variable."""
    both = (formula.literals, proof.literals)
    top = max(int(np.abs(part).max(initial=0)) for part in both)
    if top <= _SPARSE * (len(both[0]) + len(both[1])) + 1024:
        return *both, top
    used = np.unique(np.concatenate([np.abs(part) for part in both]))
    first, second = ((np.sign(part) * (np.searchsorted(used, np.abs(part)) + 1)).astype(np.int32) for part in both)
    return first, second, len(used)


def _pivots(proof: Proof, literals: npt.NDArray[np.int32]) -> npt.NDArray[np.int64]:
    """Return the code of the first literal of each step, 0 for empty ones."""
    pivots = np.zeros(proof.num_steps, np.int64)
    some = np.diff(proof.offsets) > 0
    first = literals[proof.offsets[:-1][some]].astype(np.int64)
    pivots[some] = 2 * np.abs(first) + (first < 0)
    return pivots


def _detail(proof: Proof, verdict: Verdict, step: int, ignored: int) -> str:
    if verdict == "wrong":
        _, clause = proof.step(step)
        shown = " ".join(map(str, clause[:8])) + (" ..." if len(clause) > 8 else "")
        if not clause:
            return f"{proof.place(step)}: the empty clause does not follow by unit propagation"
        note = f" ({ignored} deletions of clauses that units rest on were ignored)" if ignored else ""
        return f"{proof.place(step)}: lemma '{shown}' is neither RUP nor RAT on its first literal{note}"
    if verdict == "incomplete":
        return "the proof ends without a contradiction"
    return "the time limit came first" if verdict == "timeout" else ""
