"""How long a proof takes to check and trim, beside the solving that wrote it.

``python -m edasat.tools.benchmarks.cores_exact [-o results/cores_exact.json]`` solves formulas whose proofs have 50,000
to 300,000 steps, reads and trims the proofs (compiled code warm), and finds cores round by round. Times are CPU
seconds, the median of several rounds. For comparison: the same checker without its compiler, and dratify, which is
written in Python, verifies forward and finds no core; both on the shortest proof alone, and for a limited time.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from edasat.core.errors import InputError
from edasat.core.processes import Limits, run
from edasat.sat.cnf import Cnf
from edasat.sat.dimacs import read_dimacs, write_dimacs
from edasat.sat.families import generate, parse_instance_id
from edasat.sat.proofs import check, find_core, read_proof
from edasat.sat.solvers import DEFAULT_PROOF_ENGINE, solve
from edasat.tools.results import markdown_table, read_result, write_result

COMMAND: Final = "python -m edasat.tools.benchmarks.cores_exact -o results/cores_exact.json"
_ROUNDS: Final = 3
_DEFAULT_DATA: Final = Path(__file__).resolve().parents[5] / "shared" / "data"
_SLOW_LIMIT_S: Final = 120.0

#: Files below ``cnf/`` of the shared data, and instances of our families.
FILES: Final = (
    "random3sat/r3unsat_200.cnf",
    "random3sat/uuf250-016.cnf",
    "g2sat_train/countbitssrl016.processed.cnf.xz",
    "g2sat_train/cmu-bmc-longmult15.processed.cnf.xz",
    "misc/smulo016.cnf.xz",
)
FAMILIES: Final[tuple[str, ...]] = (
    "adder-association-13-1",
    "rewritten-logic-1200-1",
    "barrel-shifter-64-1",
    "bmc-accumulator-safe-20-1",
    "bmc-shift-register-jump-15-1",
    "tseitin-regular-14-1",
    "ordering-60-1",
    "subset-cardinality-16-1",
    "even-colouring-6-1",
    "van-der-waerden-11-1",
    "sliding-tiles-unsat-28-1",
)

_WITHOUT_COMPILER: Final = """
import sys, warnings
warnings.simplefilter("ignore")
import numpy as np
from edasat.sat.cnf import Cnf
from edasat.sat.proofs import Proof, check
with np.load(sys.argv[1]) as kept:
    formula = Cnf(int(kept["num_vars"]), kept["formula_offsets"], kept["formula_literals"])
    proof = Proof(kept["literals"], kept["offsets"], kept["deletions"])
done = check(formula, proof)
assert done.verified
print(done.statistics.cpu_s)
"""
_DRATIFY: Final = """
import sys, time, dratify
from pathlib import Path
formula = dratify.parse_dimacs(Path(sys.argv[1]).read_text())
proof = Path(sys.argv[2]).read_text()
start = time.process_time()
assert dratify.check_proof(formula, proof).ok
print(time.process_time() - start)
"""


def formulas(data: Path) -> list[Cnf]:
    """Return the formulas of the benchmark."""
    read = [read_dimacs(data / "cnf" / name) for name in FILES]
    return read + [generate(*parse_instance_id(name)) for name in FAMILIES]


def measure(data: Path, rounds: int = _ROUNDS) -> dict[str, Any]:
    """Solve, trim and shrink every formula."""
    rows = []
    with tempfile.TemporaryDirectory(prefix="edasat-benchmark-") as folder:
        for number, formula in enumerate(formulas(data)):
            path = Path(folder) / f"{number}.drat"
            row = _measure_one(formula, path, rounds)
            print(f"{row['formula']}: {row['steps']} steps, {row['ratio']:.2f}", file=sys.stderr, flush=True)  # noqa: T201
            rows.append({**row, "number": number})
        shortest = min(rows, key=lambda row: row["steps"])
        formula, path = formulas(data)[shortest["number"]], Path(folder) / f"{shortest['number']}.drat"
        shortest["slow_cpu_s"] = _slow_checkers(formula, path, Path(folder))
    return {
        "rows": rows,
        "rounds": rounds,
        "engine": DEFAULT_PROOF_ENGINE,
        "slow_limit_s": _SLOW_LIMIT_S,
        "median_ratio": float(np.median([row["ratio"] for row in rows])),
    }


def _measure_one(formula: Cnf, path: Path, rounds: int) -> dict[str, Any]:
    """Let solving and trimming take turns: on a shared machine the load changes from minute to minute."""
    times: dict[str, list[float]] = {"solve": [], "read": [], "trim": []}
    for _ in range(rounds):
        done = solve(formula, DEFAULT_PROOF_ENGINE, proof=path)
        times["solve"].append(done.cpu_s)
        start = time.process_time()
        proof = read_proof(path)
        times["read"].append(time.process_time() - start)
        trimmed = check(formula, proof)
        times["trim"].append(trimmed.statistics.cpu_s)
    if not trimmed.verified:
        raise RuntimeError(f"{formula.name}: {trimmed.detail}")
    cpu_s = {step: float(np.median(seconds)) for step, seconds in times.items()}
    core = find_core(formula, confirm=False)
    return {
        "formula": Path(formula.name).name,
        "clauses": formula.num_clauses,
        "steps": proof.num_steps,
        "lemmas": proof.num_lemmas,
        "megabytes": path.stat().st_size / 1e6,
        "checked": trimmed.statistics.checked,
        "visits": trimmed.statistics.visits,
        "cpu_s": cpu_s,
        "ratio": (cpu_s["read"] + cpu_s["trim"]) / cpu_s["solve"],
        "core": len(trimmed.core),
        "core_sizes": list(core.sizes),
        "core_cpu_s": core.cpu_s,
    }


def _slow_checkers(formula: Cnf, path: Path, folder: Path) -> dict[str, float | None]:
    """Return CPU seconds of the slow checkers; None where the time was up."""
    proof = read_proof(path)
    arrays, cnf = folder / "arrays.npz", folder / "formula.cnf"
    np.savez(
        arrays,
        num_vars=formula.num_vars,
        formula_offsets=formula.offsets,
        formula_literals=formula.literals,
        literals=proof.literals,
        offsets=proof.offsets,
        deletions=proof.deletions,
    )
    write_dimacs(formula, cnf)
    environment = {"PYTHONPATH": os.pathsep.join(sys.path), "OMP_NUM_THREADS": "1"}
    compiled = run(
        [sys.executable, "-c", _WITHOUT_COMPILER, arrays],
        limits=Limits(_SLOW_LIMIT_S),
        env={**environment, "NUMBA_DISABLE_JIT": "1"},
    )
    dratify = run([sys.executable, "-c", _DRATIFY, cnf, path], limits=Limits(_SLOW_LIMIT_S), env=environment)
    found: dict[str, float | None] = {}
    for name, done in (("without compiler", compiled), ("dratify", dratify)):
        if done.outcome == "failed":
            raise RuntimeError(done.stderr.decode())
        found[name] = float(done.stdout) if done.outcome == "ok" else None
    return found


def table(result: dict[str, Any]) -> str:
    """Return the result as a Markdown table."""
    data = result["data"]
    rows = []
    for row in sorted(data["rows"], key=lambda row: row["steps"]):
        cpu_s, slow = row["cpu_s"], row.get("slow_cpu_s", {})
        sizes = row["core_sizes"]
        rows.append(
            [
                row["formula"],
                f"{row['clauses']:,}",
                f"{row['steps']:,}",
                f"{cpu_s['solve']:.2f}",
                f"{cpu_s['read'] + cpu_s['trim']:.2f}",
                f"{row['ratio']:.2f}",
                f"{sizes[0]:,}",
                f"{sizes[-1]:,} ({len(sizes)})",
                f"{sum(row['core_cpu_s'].values()):.1f}",
                *(_slow(slow, name, data["slow_limit_s"]) for name in ("without compiler", "dratify")),
            ]
        )
    head = ["formula", "clauses", "steps", "solve s", "read, trim s", "ratio", "core", "last core (rounds)", "all s"]
    note = f"\nMedian ratio {data['median_ratio']:.2f}. Solved by {data['engine']}.\n"
    return markdown_table([*head, "without compiler s", "dratify s"], rows) + note


def _slow(cpu_s: dict[str, float | None], name: str, limit_s: float) -> str:
    if name not in cpu_s:
        return ""
    seconds = cpu_s[name]
    return f"> {limit_s:.0f}" if seconds is None else f"{seconds:.0f}"


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print the table, and write the result."""
    parser = argparse.ArgumentParser(description="Measure the proof checker.")
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("EDASAT_SHARED_DATA", _DEFAULT_DATA)))
    parser.add_argument("--rounds", type=int, default=_ROUNDS)
    parser.add_argument("-o", "--out", type=Path, default=Path("results/cores_exact.json"))
    given = parser.parse_args(arguments)
    if not given.data.is_dir():
        raise InputError("no such folder", path=str(given.data), hint="name it with --data or EDASAT_SHARED_DATA")
    packages = ("numpy", "numba", "python-sat", "dratify")
    write_result(given.out, measure(given.data, given.rounds), command=COMMAND, packages=packages)
    print(table(read_result(given.out)))  # noqa: T201


if __name__ == "__main__":
    main()
