"""Running a pool of engines over many instances: resumable, parallel, into a run table.

An instance is a file or the id of a seeded family (``family-size-seed``). Runs are journaled one by one
(:mod:`edasat.core.tasks`), so a kill at any moment loses at most the runs in flight.
"""

from __future__ import annotations

import atexit
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from edasat.core.errors import InputError
from edasat.core.files import printable
from edasat.core.machine import describe_machine
from edasat.core.tasks import Executor, Journal, run_tasks

from .cnf import Cnf
from .runs import Run, runs_table
from .solvers import ENGINES, Workspace, check_limits, find_engine, find_engines, solve

if TYPE_CHECKING:
    import pyarrow as pa

#: Endings of CNF files that are looked for in folders.
CNF_SUFFIXES: Final = tuple(
    f"{plain}{packed}" for plain in (".cnf", ".dimacs") for packed in ("", ".gz", ".xz", ".zst", ".bz2")
)


@dataclass(frozen=True)
class Instance:
    """One formula to run on.

    Attributes:
        name: unique within a benchmark.
        path: its file, "" for an instance of a seeded family, which ``name`` then identifies.
        family: what splits and resampling keep together.
    """

    name: str
    path: str = ""
    family: str = ""


@dataclass(frozen=True)
class Benchmark:
    """What is to be run.

    Attributes:
        instances: in the order they are run.
        engines: names; each runs on each instance.
        timeout_s: CPU seconds a run.
        memory_bytes: resident memory a run, None for no limit.
        repeats: instance names whose runs are repeated once (repetition 1), to measure noise.
    """

    instances: Sequence[Instance]
    engines: Sequence[str]
    timeout_s: float
    memory_bytes: int | None = None
    repeats: frozenset[str] = field(default_factory=frozenset)

    @property
    def num_runs(self) -> int:
        """Number of runs."""
        return (len(self.instances) + sum(i.name in self.repeats for i in self.instances)) * len(self.engines)

    def jobs(self) -> dict[str, dict[str, Any]]:
        """Return the payload of each run by its key; runs of one instance follow each other."""
        jobs: dict[str, dict[str, Any]] = {}
        for instance in self.instances:
            for repetition in range(1 + (instance.name in self.repeats)):
                for engine in self.engines:
                    jobs[f"{instance.name}|{engine}|{repetition}"] = {
                        **asdict(instance),
                        "engine": engine,
                        "repetition": repetition,
                        "timeout_s": self.timeout_s,
                        "memory_bytes": self.memory_bytes,
                    }
        return jobs


@dataclass(frozen=True)
class BenchmarkResult:
    """What came out.

    Attributes:
        table: run table of all finished runs (see :mod:`edasat.sat.runs`).
        errors: run key -> why there is no row (an unreadable file, say).
    """

    table: pa.Table
    errors: dict[str, str]


def find_instances(places: Sequence[str | Path], limit: int | None = None) -> list[Instance]:
    """List CNF files: files as given, folders searched through, in sorted order.

    An instance is named by its path relative to the folder it was found in; its family is the name of the folder it
    lies in.

    Raises:
        InputError: if a place does not exist, a folder holds no CNF, or two files get the same name.
    """
    found: dict[str, Instance] = {}
    for place in map(Path, places):
        if place.is_dir():
            paths = sorted(p for p in place.rglob("*") if p.name.lower().endswith(CNF_SUFFIXES) and p.is_file())
            if not paths:
                raise InputError(
                    "no CNF file in this folder",
                    path=str(place),
                    code="bench-empty-folder",
                    hint=f"looked for names ending in {', '.join(CNF_SUFFIXES[:4])} ...",
                )
            named = [(printable(p.relative_to(place)), p) for p in paths]
        elif place.exists():
            named = [(printable(place.name), place)]
        else:
            raise InputError("no such file or folder", path=str(place), code="file-missing")
        for name, path in named:
            if name in found and Path(found[name].path) != path:
                raise InputError(
                    f"two instances are named '{name}'",
                    path=str(path),
                    code="bench-same-name",
                    hint="give one common folder",
                )
            found[name] = Instance(name, str(path), printable(path.absolute().parent.name))
    return list(found.values())[:limit]


def journal_beside(table: str | Path) -> Path:
    """Return where the journal of a run table lies."""
    table = Path(table)
    return table.with_name(f"{table.name}.journal.jsonl")


def run_benchmark(
    benchmark: Benchmark,
    journal: str | Path,
    *,
    jobs: int = 1,
    executor: Executor = "threads",
    title: str = "runs",
) -> BenchmarkResult:
    """Do the runs that the journal does not hold yet and return the table of all.

    Args:
        benchmark: what to run.
        journal: file of finished runs; the same benchmark with the same journal resumes.
        jobs: runs at a time; more than there are cores falsifies runtimes.
        executor: "threads" (each run is a process of its own anyway) or "ray".
        title: for the progress bar.

    Raises:
        InputError: for unknown engines, limits out of range, or a journal that is in use, or was made with other limits
            or on another machine.
    """
    find_engines(benchmark.engines)
    check_limits(benchmark.timeout_s, benchmark.memory_bytes)
    settings = {
        "timeout_s": benchmark.timeout_s,
        "memory_bytes": benchmark.memory_bytes,
        "machine": describe_machine(),
        "packages": {e.package: e.version for e in ENGINES.values() if e.package},
    }
    wanted = benchmark.jobs()
    with Journal(journal, settings) as book:
        run_tasks(run_job, wanted, book, title=title, jobs=jobs, executor=executor)
        rows = [Run(**book.results[key]) for key in wanted if key in book.results]
        errors = {key: book.errors[key] for key in wanted if key in book.errors}
    return BenchmarkResult(runs_table(rows), errors)


def run_job(job: dict[str, Any]) -> dict[str, Any]:
    """Run one engine on one instance and return the fields of a :class:`~edasat.sat.runs.Run`."""
    started = datetime.now(UTC).isoformat(timespec="seconds")
    with _loaded(job["name"], job["path"]) as (space, content_hash):
        done = solve(space, job["engine"], cpu_s=job["timeout_s"], memory_bytes=job["memory_bytes"])
    if done.status == "crash":
        _log_crash(job, done.detail)
    return asdict(
        Run(
            instance=job["name"],
            instance_hash=content_hash,
            family=job["family"],
            engine=done.engine,
            engine_version=find_engine(done.engine).version,
            repetition=job["repetition"],
            status=done.status,
            cpu_s=round(done.cpu_s, 6),
            wall_s=round(done.wall_s, 6),
            peak_memory_bytes=done.peak_memory_bytes,
            conflicts=done.conflicts,
            timeout_s=job["timeout_s"],
            memory_limit_bytes=job["memory_bytes"],
            machine=describe_machine(),
            started=started,
        )
    )


def _log_crash(job: dict[str, Any], detail: str) -> None:
    import sys

    print(f"warning: {job['engine']} crashed on {job['name']}: {detail}", file=sys.stderr)  # noqa: T201


@dataclass
class _Held:
    space: Workspace
    content_hash: str
    users: int = 0


_held: dict[str, _Held] = {}  # formulas on disk, shared by the runs on one instance
_held_lock = threading.Lock()


@contextmanager
def _loaded(name: str, path: str) -> Iterator[tuple[Workspace, str]]:
    """Give the formula laid out for runs; the last one used is kept, since its other runs follow."""
    key = path or name
    with _held_lock:  # parsing inside the lock: the other threads are waiting for the same formula
        if key not in _held:
            for other in [k for k, held in _held.items() if held.users == 0]:
                _held.pop(other).space.close()
            cnf = load_instance(name, path)
            _held[key] = _Held(Workspace(cnf), cnf.content_hash())
        held = _held[key]
        held.users += 1
    try:
        yield held.space, held.content_hash
    finally:
        with _held_lock:
            held.users -= 1


@atexit.register
def _drop_all() -> None:
    for held in _held.values():
        held.space.close()


def load_instance(name: str, path: str = "") -> Cnf:
    """Return the formula of a file, or of a family instance id when ``path`` is empty."""
    if path:
        from .dimacs import read_dimacs

        return read_dimacs(path)
    from .families import generate, parse_instance_id

    return generate(*parse_instance_id(name))
