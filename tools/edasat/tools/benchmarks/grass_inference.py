"""What a choice by GraSS costs on a formula of a million clauses, stage by stage, on one thread.

``python -m edasat.tools.benchmarks.grass_inference [--clauses N] [-o results/grass_inference.json]`` reads a random
formula from a file (3.25 literals a clause), builds graph and features, and runs one network of the shipped shape on
the whole graph; beside it, what the selector does by default: an ensemble on a sample of the clauses. The first round
warms up (compiled code, file cache) and is reported apart.
"""

from __future__ import annotations

import argparse
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch

from edasat.core.threads import set_threads
from edasat.datasets.formula_graphs import batch_graphs, formula_graph
from edasat.models.grass.network import Grass, GrassConfig
from edasat.sat.cnf import Cnf
from edasat.sat.dimacs import read_dimacs, write_dimacs
from edasat.tools.results import write_result

_ENGINES: Final = 8
_MEMBERS: Final = 4
_CLAUSES_PER_VARIABLE: Final = 4.2
_LENGTHS: Final = (2, 3, 4, 4)  # mean 3.25


def random_formula(num_clauses: int, seed: int = 0) -> Cnf:
    """Return random clauses of two to four literals."""
    rng = np.random.default_rng(seed)
    num_vars = max(1, int(num_clauses / _CLAUSES_PER_VARIABLE))
    offsets = np.concatenate([[0], np.cumsum(rng.choice(_LENGTHS, num_clauses))])
    literals = rng.integers(1, num_vars + 1, offsets[-1]) * rng.choice([-1, 1], offsets[-1])
    return Cnf.from_arrays(offsets, literals.astype(np.int32), num_vars)


def measure(path: Path, clause_budget: int) -> dict[str, float]:
    """Return CPU seconds of each stage for one file."""
    torch.manual_seed(0)
    members = [Grass(GrassConfig(_ENGINES)).eval() for _ in range(_MEMBERS)]
    seconds: dict[str, float] = {}

    def timed(stage: str, work: Callable[[], Any]) -> Any:
        start = time.process_time()
        result = work()
        seconds[stage] = time.process_time() - start
        return result

    cnf = timed("parse", lambda: read_dimacs(path))
    with torch.inference_mode():
        whole = timed("graph", lambda: formula_graph(cnf))
        timed("model", lambda: members[0](batch_graphs([whole])))
        sampled = timed("sampled graph", lambda: formula_graph(cnf, clause_budget))
        timed("sampled ensemble", lambda: [member(batch_graphs([sampled])) for member in members])
    seconds["total"] = seconds["parse"] + seconds["graph"] + seconds["model"]
    seconds["total with sampling"] = seconds["parse"] + seconds["sampled graph"] + seconds["sampled ensemble"]
    return seconds


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print and write the JSON file."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--clauses", type=int, default=1_000_000)
    parser.add_argument("--clause-budget", type=int, default=2_000, help="clauses that the ensemble looks at")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("-o", "--output", type=Path, help="JSON file to write")
    options = parser.parse_args(arguments)
    set_threads(1)
    cnf = random_formula(options.clauses)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "formula.cnf"
        write_dimacs(cnf, path)
        cold = measure(path, options.clause_budget)
        rounds = [measure(path, options.clause_budget) for _ in range(options.rounds)]
    warm = {stage: float(np.median([each[stage] for each in rounds])) for stage in cold}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    for stage, seconds in warm.items():
        print(f"{stage:<22}{seconds:8.3f} CPU s warm{cold[stage]:10.3f} first")  # noqa: T201 - the result
    print(f"{'peak memory':<22}{peak / 2**30:8.2f} GiB")  # noqa: T201 - the result
    if options.output:
        command = " ".join(["python -m edasat.tools.benchmarks.grass_inference", *(arguments or sys.argv[1:])])
        data = {
            "num_clauses": cnf.num_clauses,
            "num_literals": cnf.num_literals,
            "clause_budget": options.clause_budget,
            "members": _MEMBERS,
            "warm_cpu_s": warm,
            "first_cpu_s": cold,
            "peak_memory_bytes": peak,
        }
        write_result(options.output, data, command=command, seed=0, packages=("numpy", "numba", "torch"))


if __name__ == "__main__":
    main()
