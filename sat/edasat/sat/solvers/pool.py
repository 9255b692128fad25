"""Running engines: one process per run, with limits, and every answer checked that can be checked."""

from __future__ import annotations

import fcntl
import json
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from edasat.core.errors import InputError
from edasat.core.files import atomic_write, check_writable
from edasat.core.processes import Completed, Limits, run
from edasat.sat.cnf import Cnf

from .engines import Engine, find_engine

Status = Literal["sat", "unsat", "timeout", "memout", "crash"]

_WALL_FACTOR = 4.0  # default wall limit over the CPU limit: a busy machine must not turn into timeouts
_WALL_EXTRA_S = 30.0
_STARTUP_CPU_S = 20.0  # the parent's own CPU limit lies this much above the worker's
_LONGEST_S = 1e9  # thirty years; timers of the kernel take little more
_LARGEST_BYTES = 1 << 60
_OUTPUT_BYTES = 1 << 20  # what a program may print besides the model
_VALUE_BYTES = 12  # of one variable in "v" lines: sign, ten digits, blank
_PREFIX = "edasat-solve-"
_LOCK = "lock"  # file that a workspace keeps locked while its process lives
_OUT_OF_MEMORY = ("bad_alloc", "out of memory", "out-of-memory", "memoryerror", "cannot allocate")
_ONE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "PYTHONHASHSEED": "0",
}


@dataclass(frozen=True)
class SolverRun:
    """What one engine did on one formula.

    Attributes:
        engine: its name.
        status: "sat" (model checked), "unsat", "timeout", "memout" or "crash".
        cpu_s: CPU seconds to load and solve; the limit when it timed out.
        wall_s: wall seconds of the whole process.
        peak_memory_bytes: largest resident size of the process.
        conflicts: where the engine tells.
        model: bool, (num_vars + 1,), index 0 unused; None unless sat.
        detail: why it crashed.
    """

    engine: str
    status: Status
    cpu_s: float
    wall_s: float
    peak_memory_bytes: int
    conflicts: int | None = None
    model: npt.NDArray[np.bool_] | None = field(default=None, repr=False)
    detail: str = ""

    @property
    def solved(self) -> bool:
        """Whether it gave an answer."""
        return self.status in ("sat", "unsat")

    @property
    def exit_code(self) -> int:
        """Exit code of the SAT competitions: 10, 20 or 0."""
        return {"sat": 10, "unsat": 20}.get(self.status, 0)


class Workspace:
    """A formula laid out on disk once, for any number of runs on it. Use as a context manager."""

    def __init__(self, cnf: Cnf) -> None:
        _remove_abandoned()
        self.cnf = cnf
        self.folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
        self._lock = (self.folder / "unlocked").open("wb")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX)
            (self.folder / "unlocked").rename(self.folder / _LOCK)
            np.save(self.folder / "literals.npy", cnf.literals)
            np.save(self.folder / "offsets.npy", cnf.offsets)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Remove the folder."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self._lock.close()

    def __enter__(self) -> Workspace:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _remove_abandoned() -> None:
    """Remove the folders of processes that were killed: the kernel let go of their locks."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        with suppress(OSError), (folder / _LOCK).open("rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)


def solve(
    cnf: Cnf | Workspace,
    engine: str,
    *,
    cpu_s: float | None = None,
    wall_s: float | None = None,
    memory_bytes: int | None = None,
    proof: str | Path | None = None,
) -> SolverRun:
    """Run one engine on a formula.

    Args:
        cnf: the formula, or a :class:`Workspace` of it when several runs follow.
        engine: name of an engine of :data:`~edasat.sat.solvers.engines.ENGINES`.
        cpu_s: CPU seconds for loading and solving; None: no limit.
        wall_s: wall seconds; None: 4 times ``cpu_s`` + 30 s, or none.
        memory_bytes: limit of resident memory.
        proof: path for a DRUP proof (text), written when the answer is unsat.

    Raises:
        InputError: for an unknown engine, one without proofs when a proof is wanted, a place that cannot hold the
            proof, or limits out of range.
        MissingToolError: if the engine is not installed.

    >>> from edasat.sat.cnf import Cnf
    >>> solve(Cnf.from_clauses([[1], [-1, 2]]), "minisat22").status
    'sat'
    """
    chosen = find_engine(engine, proof=proof is not None)
    check_limits(cpu_s, memory_bytes)
    if proof is not None:
        check_writable(proof)
    with _workspace(cnf) as space:
        trivial = _trivial(space.cnf, engine, proof)
        if trivial is not None:
            return trivial
        if wall_s is None and cpu_s is not None:
            wall_s = _WALL_FACTOR * cpu_s + _WALL_EXTRA_S
        scratch = Path(tempfile.mkdtemp(prefix="run-", dir=space.folder))
        limits = Limits(None if cpu_s is None else cpu_s + _STARTUP_CPU_S, wall_s, memory_bytes)
        if chosen.backend == "program":
            outcome = _run_program(chosen, space, scratch, limits, cpu_s, proof)
        else:
            outcome = _run_worker(chosen, space, scratch, limits, cpu_s, proof)
        if proof is not None and outcome.status == "unsat":
            with atomic_write(proof) as file, (scratch / "proof").open("rb") as written:
                shutil.copyfileobj(written, file)
        shutil.rmtree(scratch, ignore_errors=True)
        return outcome


def solve_schedule(
    cnf: Cnf | Workspace,
    schedule: Sequence[tuple[str, float | None]],
    *,
    memory_bytes: int | None = None,
) -> Iterator[SolverRun]:
    """Run engines one after the other, each with its CPU budget, until one answers; yield every run."""
    with _workspace(cnf) as space:
        for engine, cpu_s in schedule:
            done = solve(space, engine, cpu_s=cpu_s, memory_bytes=memory_bytes)
            yield done
            if done.solved:
                return


def check_limits(cpu_s: float | None, memory_bytes: int | None) -> None:
    """Refuse limits that the kernel does not take.

    Raises:
        InputError: if one is not positive or too large.
    """
    for what, value, most in (("time limit in seconds", cpu_s, _LONGEST_S), ("memory", memory_bytes, _LARGEST_BYTES)):
        if value is not None and not 0 < value <= most:
            raise InputError(f"the {what} must be positive and at most {most:g}, got {value}", code="solve-limit")


@contextmanager
def _workspace(cnf: Cnf | Workspace) -> Iterator[Workspace]:
    if isinstance(cnf, Workspace):
        yield cnf
    else:
        with Workspace(cnf) as space:
            yield space


def _trivial(cnf: Cnf, engine: str, proof: str | Path | None) -> SolverRun | None:
    """Answer formulas that engines stumble over: those with an empty clause, and those without clauses."""
    if cnf.num_clauses and not cnf.clause_lengths.all():
        if proof is not None:
            with atomic_write(proof) as file:
                file.write(b"0\n")
        return SolverRun(engine, "unsat", 0.0, 0.0, 0, 0)
    if cnf.num_clauses == 0:
        return SolverRun(engine, "sat", 0.0, 0.0, 0, 0, np.zeros(cnf.num_vars + 1, np.bool_))
    return None


def _run_worker(
    engine: Engine,
    space: Workspace,
    scratch: Path,
    limits: Limits,
    cpu_s: float | None,
    proof: str | Path | None,
) -> SolverRun:
    job = {
        "engine": engine.name,
        "backend": engine.backend,
        "conflicts": engine.conflicts,
        "literals": str(space.folder / "literals.npy"),
        "offsets": str(space.folder / "offsets.npy"),
        "cpu_s": cpu_s,
        "memory_bytes": limits.memory_bytes,
        "proof": str(scratch / "proof") if proof is not None else None,
        "model": str(scratch / "model.npy"),
        "result": str(scratch / "result.json"),
    }
    worker = Path(__file__).with_name("worker.py")
    # -P: the worker's folder stays off its module path, where a file of ours could shadow a package.
    done = run(
        [sys.executable, "-P", worker, json.dumps(job)],
        limits=limits,
        cwd=scratch,
        env=_ONE_THREAD,
    )
    try:
        answer: dict[str, Any] = json.loads(Path(job["result"]).read_text())  # type: ignore[arg-type]
    except (OSError, ValueError):
        return _without_answer(engine, done, cpu_s)
    model = None
    if answer["status"] == "sat":
        model = _as_model(np.load(job["model"]), space.cnf.num_vars)  # type: ignore[arg-type]
    done = replace(done, peak_memory_bytes=int(answer["peak_memory_bytes"]))
    return _checked(engine, space.cnf, answer["status"], float(answer["cpu_s"]), done, answer.get("conflicts"), model)


def _run_program(
    engine: Engine,
    space: Workspace,
    scratch: Path,
    limits: Limits,
    cpu_s: float | None,
    proof: str | Path | None,
) -> SolverRun:
    from edasat.sat.dimacs import write_dimacs

    path = space.folder / "formula.cnf"
    if not path.exists():
        write_dimacs(space.cnf, path)
    binary = shutil.which(engine.name) or engine.name
    command: list[str | Path] = [binary, "-q", path]
    if proof is not None:
        command += ["--no-binary", scratch / "proof"]
    done = run(
        command,
        limits=Limits(cpu_s, limits.wall_s, limits.memory_bytes),
        cwd=scratch,
        kept_bytes=_OUTPUT_BYTES + _VALUE_BYTES * space.cnf.num_vars,
    )
    status: Status | None = "sat" if done.returncode == 10 else "unsat" if done.returncode == 20 else None
    if status is None:
        return _without_answer(engine, done, cpu_s)
    model = None
    if status == "sat":
        words = b" ".join(line[2:] for line in done.stdout.splitlines() if line.startswith(b"v ")).split()
        model = _as_model(np.array([int(word) for word in words], np.int64), space.cnf.num_vars)
    return _checked(engine, space.cnf, status, done.cpu_s, done, None, model)


def _as_model(literals: npt.NDArray[np.int64], num_vars: int) -> npt.NDArray[np.bool_]:
    """Turn true literals into values by variable; variables that an engine leaves out are false."""
    model = np.zeros(num_vars + 1, np.bool_)
    true = literals[(literals > 0) & (literals <= num_vars)]
    model[true] = True
    return model


def _checked(
    engine: Engine,
    cnf: Cnf,
    status: Status,
    cpu_s: float,
    done: Completed,
    conflicts: int | None,
    model: npt.NDArray[np.bool_] | None,
) -> SolverRun:
    detail = ""
    if status == "sat" and model is not None:
        falsified = cnf.falsified(model)
        if len(falsified):
            status, detail = "crash", f"wrong model: clause {int(falsified[0]) + 1} is false under it"
            model = None
    return SolverRun(engine.name, status, cpu_s, done.wall_s, done.peak_memory_bytes, conflicts, model, detail)


def _without_answer(engine: Engine, done: Completed, cpu_s: float | None) -> SolverRun:
    """Say why a process ended without an answer."""
    said = done.stderr.decode("utf-8", "replace").strip()
    status: Status = "crash"
    detail = ""
    if done.outcome in ("cpu-limit", "wall-limit"):
        status = "timeout"
    elif done.outcome == "memory-limit" or any(sign in said.lower() for sign in _OUT_OF_MEMORY):
        status = "memout"
    else:
        detail = f"ended by signal {-done.returncode}" if done.returncode < 0 else f"exit status {done.returncode}"
        if said:
            detail += ": " + said.splitlines()[-1][:200]
    used = done.cpu_s if cpu_s is None or status != "timeout" or done.outcome == "wall-limit" else cpu_s
    return SolverRun(engine.name, status, used, done.wall_s, done.peak_memory_bytes, None, None, detail)
