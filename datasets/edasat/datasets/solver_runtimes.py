"""Solver runtimes: which engine needs how long on which formula.

Instances come from the seeded families of :mod:`edasat.sat.families`, written by us; a row names family, size and
seed, so formulas are made again instead of being stored. Runtimes are CPU seconds of loading and solving, one engine
in one process; all rows of a table were measured on one machine.

The table that ships grew in two steps. The first 403 instances are the fair sample of :func:`plan`. Those after it are
more seeds (from 6) of the sizes, and sizes next to them, at which the engines differed most in the first step, also of
families that are held out. Gaps between engines are therefore larger than in a fair sample of the families; single
best, virtual best and every selector are measured on the same rows.

======================  ===================================================================
rows                    instance x engine (5 % of the instances twice, to measure noise)
target                  cpu_s, censored at timeout_s; status
kept and marked         trivial instances (every engine under 0.1 s), never solved ones
groups                  family; splits never separate rows of one instance
licence                 Apache-2.0 (generators and runtimes are ours)
rebuild                 ``edasat data build solver-runtimes --like TABLE --timeout S -o NEW``
======================  ===================================================================
"""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from edasat.core.errors import InputError
from edasat.core.tables import check_table_path
from edasat.core.tasks import Executor
from edasat.sat.benchmark import Benchmark, BenchmarkResult, Instance, journal_beside, run_benchmark
from edasat.sat.runs import contradictions, read_runs, to_matrix, write_runs
from edasat.sat.selection import engine_shares, par, single_best, virtual_best
from edasat.sat.solvers import DEFAULT_POOL

if TYPE_CHECKING:
    import numpy.typing as npt
    import pyarrow as pa

    from edasat.sat.runs import RunMatrix

NAME: Final = "solver-runtimes"
TABLE: Final = Path(__file__).parent / "tables" / "solver_runtimes.parquet"

#: An instance is trivial when every engine solves it in less: below, start-up and noise decide who wins.
TRIVIAL_S: Final = 0.1
_MEMORY_BYTES = 3 << 30
_REPEATED_SHARE = 0.05


@dataclass(frozen=True)
class Plan:
    """What a build will run, known before it starts.

    Attributes:
        benchmark: instances, engines and limits.
        jobs: runs at a time.
    """

    benchmark: Benchmark
    jobs: int = 1

    @property
    def cost_text(self) -> str:
        """What it will cost at most, in words."""
        runs = self.benchmark.num_runs
        hours = runs * self.benchmark.timeout_s / 3600
        return (
            f"{len(self.benchmark.instances)} instances x {len(self.benchmark.engines)} engines, with repetitions "
            f"{runs} runs: at most {hours:.1f} CPU h, {hours / self.jobs:.1f} h with --jobs {self.jobs}"
        )


@dataclass(frozen=True)
class Check:
    """What a table holds, and whether it can teach anything.

    Attributes:
        instances, engines, runs: counts.
        trivial_share, never_solved_share: shares of the instances (both are kept).
        par2_s: PAR-2 by engine, and of the virtual best ("virtual best").
        single_best: the engine with the lowest PAR-2.
        wins: instances won by each engine.
        noise: median relative difference of repeated runs that took at least :data:`TRIVIAL_S`.
        contradictions: instances with both answers; must be empty.
        by_family: instances of each family.
    """

    instances: int
    engines: int
    runs: int
    trivial_share: float
    never_solved_share: float
    par2_s: dict[str, float]
    single_best: str
    wins: dict[str, int]
    noise: float | None
    contradictions: list[str]
    by_family: dict[str, int] = field(repr=False)

    @property
    def good(self) -> bool:
        """Whether no answers contradict each other and at most a fifth is trivial, a fifth never solved."""
        return not self.contradictions and self.trivial_share <= 0.2 and self.never_solved_share <= 0.2

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {**asdict(self), "good": self.good}


def plan(
    count: int = 400,
    timeout_s: float = 10.0,
    *,
    engines: Sequence[str] = DEFAULT_POOL,
    seed: int = 0,
    jobs: int = 1,
    like: str | Path | None = None,
) -> Plan:
    """Choose the instances by :func:`edasat.sat.families.mix.instance_list`, of which any prefix is a fair sample.

    Args:
        count: number of instances; a larger count continues a smaller one.
        timeout_s: CPU seconds a run.
        engines: names of the pool.
        seed: first seed of the families.
        jobs: runs at a time.
        like: run table whose instances are run instead, to make a table again on another machine.

    Raises:
        InputError: if ``like`` is no run table, or names formulas that no family makes.
    """
    from edasat.sat.families import parse_instance_id
    from edasat.sat.families.mix import instance_list

    names = instance_list(count, seed) if like is None else list(dict.fromkeys(load(like)["instance"].to_pylist()))
    instances = [Instance(name, "", parse_instance_id(name)[0]) for name in names]
    repeats = frozenset(name for name in names if zlib.crc32(name.encode()) % 1000 < 1000 * _REPEATED_SHARE)
    return Plan(Benchmark(instances, tuple(engines), timeout_s, _MEMORY_BYTES, repeats), jobs)


def build(made: Plan, out: str | Path, *, executor: Executor = "threads") -> BenchmarkResult:
    """Run what is missing and write the table; journaled beside it, so the same call resumes.

    Args:
        made: from :func:`plan`.
        out: Parquet or CSV file.
        executor: "threads" or "ray". Runtimes of different machines must not mix: a Ray cluster for this job needs
            machines of one kind, and every row says where it ran.
    """
    check_table_path(out)
    result = run_benchmark(made.benchmark, journal_beside(out), jobs=made.jobs, executor=executor, title=NAME)
    write_runs(result.table, out)
    return result


def load(path: str | Path | None = None) -> pa.Table:
    """Return the table: the one that ships, or another of the same schema (``edasat sat bench`` writes them)."""
    path = Path(path) if path is not None else TABLE
    if not path.exists():
        raise InputError("no such table", path=str(path), hint="edasat data build solver-runtimes makes it")
    return read_runs(path)


def trivial(matrix: RunMatrix) -> npt.NDArray[np.bool_]:
    """Mark instances that every engine solves in less than :data:`TRIVIAL_S`, bool (num_instances,)."""
    return np.logical_and.reduce(matrix.solved & (matrix.runtimes < TRIVIAL_S), axis=1)


def check(table: pa.Table) -> Check:
    """Look at what a table holds."""
    matrix = to_matrix(table, strict=False)
    best = single_best(matrix)
    par2 = {e: float(par_s) for e, par_s in zip(matrix.engines, par(matrix).mean(axis=0), strict=True)}
    par2["virtual best"] = float(virtual_best(matrix).par().mean())
    shares = engine_shares(matrix)
    return Check(
        instances=matrix.num_instances,
        engines=matrix.num_engines,
        runs=table.num_rows,
        trivial_share=float(trivial(matrix).mean()),
        never_solved_share=float(matrix.never_solved.mean()),
        par2_s=par2,
        single_best=matrix.engines[best],
        wins={e: int(w) for e, w in zip(matrix.engines, shares.wins, strict=True)},
        noise=_noise(table),
        contradictions=[str(c) for c in contradictions(table)],
        by_family=dict(Counter(matrix.families).most_common()),
    )


def _noise(table: pa.Table) -> float | None:
    """Return the median relative difference between repeated solved runs."""
    first: dict[tuple[str, str], float] = {}
    differences = []
    columns = ("instance", "engine", "repetition", "status", "cpu_s")
    rows = sorted(zip(*(table.column(name).to_pylist() for name in columns), strict=True), key=lambda row: row[2])
    for instance, engine, repetition, status, cpu_s in rows:
        if status not in ("sat", "unsat"):
            continue
        if repetition == 0:
            first[instance, engine] = cpu_s
        elif (instance, engine) in first and max(cpu_s, first[instance, engine]) >= TRIVIAL_S:
            before = first[instance, engine]
            differences.append(abs(cpu_s - before) / max(cpu_s, before))
    return float(np.median(differences)) if differences else None
