"""How hard a formula is: conflicts and CPU seconds of two engines, before and after preprocessing.

"After" is what counts: a formula whose hardness preprocessing takes away is easy for every solver of today.
Conflicts of CaDiCaL are the same on every machine, so offspring is accepted by them; seconds are recorded beside.
"""

from __future__ import annotations

import json
import signal
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt

from edasat.core.processes import Completed, Limits, run

from ..cnf import Cnf
from ..features.elimination import eliminate
from ..tripartite import tripartite_arrays
from .measure_worker import Step

#: "budget": the conflicts ran out; the others as in :class:`~edasat.sat.solvers.SolverRun`.
SearchStatus = Literal["sat", "unsat", "budget", "timeout", "memout", "crash"]

#: The engines: one modern, one of the Minisat line. The first decides about acceptance and writes the proof.
ENGINES: Final = {"cadical": "cadical195", "glucose": "glucose42"}
#: Three rounds of what CaDiCaL preprocesses with, bounded variable elimination included, and blocked clauses too.
PREPROCESSING: Final = {"rounds": 3, "block": True}

#: Fields of :class:`Hardness` that hold a search.
SEARCHES: Final = ("cadical", "glucose", "cadical_after", "glucose_after")

_SECOND_TIMES: Final = 3.0  # what the second engine may take beside the first, so that one number costs no fortune
_SECOND_EXTRA_S: Final = 1.0
_STARTUP_CPU_S: Final = 20.0  # the backstop lies this much above the limits that the worker sets itself


@dataclass(frozen=True)
class Search:
    """One engine on one formula.

    Attributes:
        status: see :data:`SearchStatus`.
        conflicts: until the answer, or until the budget was spent; None where a limit ended the process.
        cpu_s: CPU seconds of loading and solving; the limit for a timeout.
    """

    status: SearchStatus
    conflicts: int | None
    cpu_s: float

    @property
    def solved(self) -> bool:
        """Whether it gave an answer."""
        return self.status in ("sat", "unsat")


@dataclass(frozen=True, eq=False)
class Hardness:
    """What was measured. Runs that an earlier one made needless are None.

    Attributes:
        isohash: gbdc's isohash2, equal for renamed, flipped and reordered formulas; "" where it failed.
        preprocess_cpu_s: CPU seconds of the preprocessor.
        num_vars_after, num_clauses_after: what it left.
        decided: its answer where it left nothing to search, else None.
        blocked_share: share of the clauses that blocked clause elimination and unit propagation remove, by our own
            implementation (:mod:`edasat.sat.features.elimination`).
        cadical, glucose: on the formula as it is.
        cadical_after, glucose_after: on what the preprocessor left.
        model: bool, (num_vars + 1,), index 0 unused: found on the formula as it is; None unless satisfiable.
    """

    isohash: str
    preprocess_cpu_s: float
    num_vars_after: int
    num_clauses_after: int
    decided: Literal["sat", "unsat"] | None
    blocked_share: float
    cadical: Search | None = None
    glucose: Search | None = None
    cadical_after: Search | None = None
    glucose_after: Search | None = None
    model: npt.NDArray[np.bool_] | None = field(default=None, repr=False)

    @property
    def status(self) -> Literal["sat", "unsat"] | None:
        """What the first engine says of the formula as it is; None if it said nothing."""
        if self.cadical is None or not self.cadical.solved:
            return None
        return "sat" if self.cadical.status == "sat" else "unsat"

    @property
    def conflicts(self) -> int:
        """Conflicts of the first engine after preprocessing; 0 where nothing was left to search."""
        return 0 if self.cadical_after is None else self.cadical_after.conflicts or 0

    def to_dict(self) -> dict[str, Any]:
        """Return plain values by name, ``cadical_conflicts`` for ``cadical.conflicts``; the model is left out."""
        row: dict[str, Any] = {
            "isohash": self.isohash,
            "preprocess_cpu_s": round(self.preprocess_cpu_s, 6),
            "num_vars_after": self.num_vars_after,
            "num_clauses_after": self.num_clauses_after,
            "decided": self.decided,
            "blocked_share": round(self.blocked_share, 6),
        }
        for name in SEARCHES:
            search: Search | None = getattr(self, name)
            for key, value in (asdict(search) if search else dict.fromkeys(("status", "conflicts", "cpu_s"))).items():
                row[f"{name}_{key}"] = round(value, 6) if key == "cpu_s" and value is not None else value
        return row

    @classmethod
    def from_dict(cls, row: Mapping[str, Any]) -> Hardness:
        """Undo :meth:`to_dict`."""
        searches: dict[str, Any] = {
            name: Search(row[f"{name}_status"], row[f"{name}_conflicts"], row[f"{name}_cpu_s"])
            for name in SEARCHES
            if row[f"{name}_status"] is not None
        }
        plain = ("isohash", "preprocess_cpu_s", "num_vars_after", "num_clauses_after", "decided", "blocked_share")
        return cls(**{name: row[name] for name in plain}, **searches)


def hardness(
    cnf: Cnf,
    *,
    conflict_budget: int | None = None,
    before_budget: int | None = None,
    at_least: int = 0,
    cpu_s: float = 60.0,
    proof: str | Path | None = None,
    second_engine: bool = True,
    memory_bytes: int | None = None,
) -> Hardness:
    """Measure one formula, the decisive number first; what cannot be in range any more is not measured further.

    The order is: hash, preprocess, CaDiCaL on the rest, CaDiCaL on the formula as it is (whose proof or model counts),
    then Glucose on both, which gets three times CaDiCaL's CPU time and a second. A model is not checked here.

    Args:
        cnf: the formula.
        conflict_budget: conflicts of CaDiCaL after preprocessing; None: no limit.
        before_budget: the same before preprocessing.
        at_least: stop where CaDiCaL needs fewer conflicts after preprocessing.
        cpu_s: CPU seconds of each run.
        proof: path for a DRUP proof of the formula as it is (text).
        second_engine: measure Glucose too.
        memory_bytes: resident memory of a run.

    >>> found = hardness(Cnf.from_clauses([[1, 2], [-1, 2], [1, -2], [-1, -2]]))
    >>> found.decided, found.status, found.conflicts
    ('unsat', 'unsat', 0)
    """
    with tempfile.TemporaryDirectory(prefix="edasat-measure-") as folder:
        work = Path(folder)
        np.save(work / "before-literals.npy", cnf.literals)
        np.save(work / "before-offsets.npy", cnf.offsets)
        steps = _steps(conflict_budget, before_budget, at_least, cpu_s, proof, work / "model.npy")
        rows = _measure(steps if second_engine else steps[:-2], work, memory_bytes)
        model = _read_model(work / "model.npy", cnf)
    first = rows["preprocess"]
    searches: dict[str, Any] = {name: _search(rows[name]) for name in SEARCHES if name in rows}
    removed = eliminate(tripartite_arrays(cnf))
    return Hardness(
        isohash=rows["isohash"].get("isohash", ""),
        preprocess_cpu_s=first["cpu_s"],
        num_vars_after=first.get("num_vars", cnf.num_vars),
        num_clauses_after=first.get("num_clauses", cnf.num_clauses),
        decided=first["status"] if first["status"] in ("sat", "unsat") else None,
        blocked_share=float(((removed.blocked_round > 0) | removed.satisfied).mean()) if cnf.num_clauses else 0.0,
        **searches,
        model=model,
    )


def _search(row: Mapping[str, Any]) -> Search:
    return Search(row["status"], row["conflicts"], row["cpu_s"])


def _steps(
    conflict_budget: int | None,
    before_budget: int | None,
    at_least: int,
    cpu_s: float,
    proof: str | Path | None,
    model: Path,
) -> list[Step]:
    """Return what the worker does, in order."""
    first, second = ENGINES["cadical"], ENGINES["glucose"]
    beside = partial(Step, cpu_s=cpu_s, times=_SECOND_TIMES, extra_s=_SECOND_EXTRA_S, optional=True)
    path = str(Path(proof).absolute()) if proof is not None else ""
    return [
        Step("isohash", "before", "isohash", cpu_s, optional=True),
        Step("preprocess", "before", "preprocessor", cpu_s, at_least=at_least),
        Step("cadical_after", "after", first, cpu_s, conflict_budget=conflict_budget, at_least=at_least),
        Step("cadical", "before", first, cpu_s, conflict_budget=before_budget, proof=path, model=str(model)),
        beside("glucose_after", "after", second, beside="cadical_after"),
        beside("glucose", "before", second, beside="cadical"),
    ]


def _measure(steps: list[Step], folder: Path, memory_bytes: int | None) -> dict[str, dict[str, Any]]:
    """Run workers until every step is done or needless; return the result of each by name.

    A limit ends the worker in the middle of a step: that is the result of the step, and a new worker does the rest.
    """
    results = folder / "results.jsonl"
    results.touch()
    job = {
        "folder": str(folder),
        "results": str(results),
        "steps": [asdict(step) for step in steps],
        "preprocessing": PREPROCESSING,
        "memory_bytes": memory_bytes,
    }
    limits = Limits(sum(step.cpu_s for step in steps) + _STARTUP_CPU_S, memory_bytes=memory_bytes)
    while True:
        # -P: the worker's folder stays off its module path, where a file of ours could shadow a package.
        worker = Path(__file__).with_name("measure_worker.py")
        done = run([sys.executable, "-P", worker, json.dumps(job)], limits=limits, cwd=folder)
        rows = {row["step"]: row for row in map(json.loads, results.read_text().splitlines())}
        if done.outcome == "ok":
            return rows
        ended = next(step for step in steps if step.name not in rows)
        row = {"step": ended.name, **_without_answer(done, ended.time_limit(rows))}
        rows[ended.name] = row
        if ended.is_last(row):
            return rows
        with results.open("a") as file:
            file.write(json.dumps(row) + "\n")


def _without_answer(done: Completed, cpu_s: float) -> dict[str, Any]:
    """Say why a worker ended within a step."""
    said = done.stderr.decode("utf-8", "replace")
    if done.outcome == "cpu-limit" or -done.returncode in (signal.SIGPROF, signal.SIGXCPU):
        return {"status": "timeout", "conflicts": None, "cpu_s": cpu_s}
    memory = done.outcome == "memory-limit" or "MemoryError" in said or "bad_alloc" in said
    return {"status": "memout" if memory else "crash", "conflicts": None, "cpu_s": done.cpu_s}


def _read_model(path: Path, cnf: Cnf) -> npt.NDArray[np.bool_] | None:
    """Return the model that the worker wrote, by variable."""
    if not path.exists():
        return None
    literals = np.load(path)
    model = np.zeros(cnf.num_vars + 1, np.bool_)
    model[literals[(literals > 0) & (literals <= cnf.num_vars)]] = True
    return model
