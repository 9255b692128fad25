"""The process that one engine runs in. Started as a script by ``pool.py``; imports nothing of edasat.

Argument: a JSON job with the paths of the clause arrays. CPU time is counted from here on, interpreter start and
imports left out. What came out is written to the job's ``result`` path; a process that ends without writing it has
crashed or met a limit.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

_PR_SET_PDEATHSIG = 1  # prctl(2)
_CHUNK = 1 << 16  # clauses turned into Python lists at once


def main() -> None:
    """Run the job given as the only argument."""
    die_with_parent()
    job = json.loads(sys.argv[1])
    import numpy as np

    if job["backend"] == "cms":
        import pycryptosat  # noqa: F401 - imported before the clock starts
    else:
        import pysat.solvers  # noqa: F401
    started = cpu_time()
    limit(job["cpu_s"], job["memory_bytes"])
    literals = np.load(job["literals"], mmap_mode="r")
    offsets = np.load(job["offsets"], mmap_mode="r")
    try:
        answer = (_cms if job["backend"] == "cms" else _pysat)(job, literals, offsets)
    except MemoryError:
        answer = {"status": "memout"}
    cpu_s = cpu_time() - started
    peak = peak_memory()
    signal.setitimer(signal.ITIMER_PROF, 0)
    resource.setrlimit(resource.RLIMIT_CPU, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    model, finish = answer.pop("model", None), answer.pop("finish", None)
    if finish is not None:
        finish()
    if model is not None:
        np.save(job["model"], np.asarray(model, np.int64))
    Path(job["result"]).write_text(json.dumps({**answer, "cpu_s": cpu_s, "peak_memory_bytes": peak}))
    # Engines free their memory clause by clause, for seconds on large formulas: leave without it.
    sys.stdout.flush()
    os._exit(0)


def cpu_time() -> float:
    """CPU seconds of this process. While a CPU timer is armed, the clock behind ``time.process_time`` goes by ticks."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def peak_memory() -> int:
    """Largest resident size of this process in bytes (``ru_maxrss`` would include the parent's)."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024


def die_with_parent() -> None:
    """Ask Linux to kill this process when the thread that started it is gone: kill -9 runs no handler of ours."""
    import ctypes

    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def limit(cpu_s: float | None, memory_bytes: int | None) -> None:
    """End this process at its limits; the default action of SIGPROF is the end, and no engine handles it."""
    if cpu_s is not None:
        signal.signal(signal.SIGPROF, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_PROF, cpu_s)
        soft = int(cpu_time() + cpu_s) + 2  # for engines that block signals
        resource.setrlimit(resource.RLIMIT_CPU, (soft, resource.RLIM_INFINITY))
    if memory_bytes is not None:
        # Address space, not residence: a backstop behind the parent's look at resident memory.
        resource.setrlimit(resource.RLIMIT_AS, (2 * memory_bytes + (1 << 30), resource.RLIM_INFINITY))


def clause_lists(literals: Any, offsets: Any) -> Any:
    """Yield the clauses as lists, a chunk at a time, so that no second copy of the formula builds up."""
    total = len(offsets) - 1
    for first in range(0, total, _CHUNK):
        ends = offsets[first : first + _CHUNK + 1]
        base = int(ends[0])
        flat = literals[base : int(ends[-1])].tolist()
        ends = (ends - base).tolist()
        for start, end in pairwise(ends):
            yield flat[start:end]


def _pysat(job: dict[str, Any], literals: Any, offsets: Any) -> dict[str, Any]:
    from pysat.solvers import Solver

    proof = job["proof"]
    solver = Solver(name=job["engine"], **({"with_proof": True} if proof else {}))
    add = solver.solver.add_clause  # the engine's own method: the wrapper costs as much again
    for clause in clause_lists(literals, offsets):
        add(clause)
    answer = solver.solve()
    out: dict[str, Any] = {"status": "sat" if answer else "unsat" if answer is False else "crash"}
    if job["conflicts"]:
        out["conflicts"] = int((solver.accum_stats() or {}).get("conflicts", 0))
    if answer:
        out["model"] = solver.get_model()
    elif proof:
        out["finish"] = lambda: write_proof(proof, solver.get_proof())
    return out


def write_proof(path: str, lines: list[str] | None) -> None:
    """Write the DRUP lines; the empty clause is added where an engine leaves it out (conflict while loading)."""
    rows = [line.strip() for line in lines or []]
    if not rows or rows[-1] != "0":
        rows.append("0")
    Path(path).write_text("\n".join(rows) + "\n")


def _cms(job: dict[str, Any], literals: Any, offsets: Any) -> dict[str, Any]:
    import numpy as np
    from pycryptosat import Solver

    solver = Solver(threads=1)
    total = len(offsets) - 1
    for first in range(0, total, _CHUNK):  # zero-terminated int32, the form it takes without Python lists
        ends = np.asarray(offsets[first : first + _CHUNK + 1])
        base = int(ends[0])
        flat = np.insert(np.asarray(literals[base : int(ends[-1])]), ends[1:] - base, 0).astype(np.int32)
        solver.add_clauses(flat)
    answer, model = solver.solve()
    out: dict[str, Any] = {"status": "sat" if answer else "unsat" if answer is False else "crash"}
    if answer:
        out["model"] = [v if value else -v for v, value in enumerate(model) if value is not None]
    return out


if __name__ == "__main__":
    main()
