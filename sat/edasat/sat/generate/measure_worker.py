"""The process that measures one formula. Started as a script by ``measure.py``.

Argument: a JSON job. ``results`` is a file with one JSON line per finished step; steps that it holds already are not
done again, so that a process that a limit ended can be followed by one for the rest.
"""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edasat.sat.solvers.worker import clause_lists, cpu_time, die_with_parent, limit, write_proof


@dataclass(frozen=True)
class Step:
    """One thing to do.

    Attributes:
        name: of its result.
        formula: "before" or "after" preprocessing.
        engine: solver, "preprocessor" or "isohash".
        cpu_s: CPU seconds.
        beside: earlier step whose CPU seconds, ``times`` and ``extra_s`` more, are a limit as well; "" for none.
        conflict_budget: None for no limit.
        at_least: fewer conflicts than this make the following steps needless.
        optional: no answer does not make the following steps needless.
        proof, model: paths; "" for not wanted.
    """

    name: str
    formula: str
    engine: str
    cpu_s: float
    beside: str = ""
    times: float = 1.0
    extra_s: float = 0.0
    conflict_budget: int | None = None
    at_least: int = 0
    optional: bool = False
    proof: str = ""
    model: str = ""

    def time_limit(self, done: Mapping[str, Mapping[str, Any]]) -> float:
        """Return the CPU seconds it may take after the results of earlier steps."""
        if not self.beside:
            return self.cpu_s
        return min(self.cpu_s, self.times * done[self.beside]["cpu_s"] + self.extra_s)

    def is_last(self, row: Mapping[str, Any]) -> bool:
        """Tell whether its result makes the following steps needless."""
        if row["status"] in ("sat", "unsat"):
            return row["conflicts"] < self.at_least
        return row["status"] != "open" and not self.optional


def main() -> None:
    """Run the job given as the only argument."""
    die_with_parent()
    job = json.loads(sys.argv[1])
    import gbdc  # noqa: F401 - before pysat: loaded behind it, or behind Numba, its hash ends in a segmentation fault
    import pysat.process
    import pysat.solvers  # noqa: F401 - imported before the clock starts

    folder, results = Path(job["folder"]), Path(job["results"])
    done = {row["step"]: row for row in map(json.loads, results.read_text().splitlines())}
    with results.open("a") as file:
        for step in (Step(**fields) for fields in job["steps"]):
            if step.name not in done:
                limit(step.time_limit(done), job["memory_bytes"])
                done[step.name] = {"step": step.name, **_do(step, folder, job["preprocessing"], done)}
                file.write(json.dumps(done[step.name]) + "\n")
                file.flush()
            if step.is_last(done[step.name]):
                break


def _do(step: Step, folder: Path, preprocessing: dict[str, Any], done: Mapping[str, Mapping[str, Any]]) -> Any:
    if step.engine == "isohash":
        return _isohash(step, folder)
    if step.engine == "preprocessor":
        return _preprocess(step, folder, preprocessing)
    if step.formula == "after" and done["preprocess"]["status"] != "open":
        return {"status": done["preprocess"]["status"], "conflicts": 0, "cpu_s": 0.0}
    return _solve(step, folder)


def _clauses(step: Step, folder: Path) -> Iterator[list[int]]:
    import numpy as np

    arrays = [np.load(folder / f"{step.formula}-{name}.npy", mmap_mode="r") for name in ("literals", "offsets")]
    yield from clause_lists(*arrays)


def _isohash(step: Step, folder: Path) -> dict[str, Any]:
    """Hash the colour refinement of the formula."""
    import gbdc

    started = cpu_time()
    clauses = list(_clauses(step, folder))
    top = max((abs(literal) for clause in clauses for literal in clause), default=0)
    path = folder / "formula.cnf"
    with path.open("w") as file:
        file.write(f"p cnf {top} {len(clauses)}\n")
        file.writelines(f"{' '.join(map(str, clause))} 0\n" for clause in clauses)
    return {"status": "open", "isohash": str(gbdc.isohash2(str(path))), "cpu_s": cpu_time() - started}


def _preprocess(step: Step, folder: Path, options: dict[str, Any]) -> dict[str, Any]:
    """Write what CaDiCaL's preprocessor leaves; "sat" or "unsat" where that is nothing, else "open"."""
    import numpy as np
    from pysat.process import Processor

    started = cpu_time()
    with Processor(bootstrap_with=list(_clauses(step, folder))) as processor:
        left = processor.process(**options)
        cpu_s = cpu_time() - started
        signal.setitimer(signal.ITIMER_PROF, 0)
    clauses = left.clauses if left.status else []
    flat = np.array([literal for clause in clauses for literal in clause], np.int32)
    np.save(folder / "after-literals.npy", flat)
    np.save(folder / "after-offsets.npy", np.cumsum([0, *map(len, clauses)]))
    return {
        "status": "unsat" if not left.status else "open" if clauses else "sat",
        "conflicts": 0,
        "cpu_s": cpu_s,
        "num_vars": len(np.unique(np.abs(flat))),
        "num_clauses": len(clauses),
    }


def _solve(step: Step, folder: Path) -> dict[str, Any]:
    import numpy as np
    from pysat.solvers import Solver

    started = cpu_time()
    solver = Solver(name=step.engine, **({"with_proof": True} if step.proof else {}))
    add = solver.solver.add_clause  # the engine's own method: the wrapper costs as much again
    for clause in _clauses(step, folder):
        add(clause)
    if step.conflict_budget is not None:
        solver.conf_budget(step.conflict_budget)
    answer = solver.solve_limited()
    cpu_s = cpu_time() - started
    signal.setitimer(signal.ITIMER_PROF, 0)  # what follows is not the engine's work
    if answer and step.model:
        np.save(step.model, np.array(solver.get_model(), np.int64))
    if answer is False and step.proof:
        write_proof(step.proof, solver.get_proof())
    conflicts = int((solver.accum_stats() or {}).get("conflicts", 0))
    solver.delete()
    return {
        "status": "budget" if answer is None else "sat" if answer else "unsat",
        "conflicts": conflicts,
        "cpu_s": cpu_s,
    }


if __name__ == "__main__":
    main()
