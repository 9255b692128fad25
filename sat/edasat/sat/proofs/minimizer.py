"""Minimal unsatisfiable cores: remove clauses until each is necessary, for as long as the time goes."""

from __future__ import annotations

import json
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from edasat.core.processes import Limits, run

from ..cnf import Cnf
from .minimizer_worker import REMOVED, UNKNOWN

#: Keeps what it learnt from run to run and heeds assumptions; Minisat is a little faster on easy cores and much slower
#: on hard ones.
_ENGINE: Final = "glucose42"


@dataclass(frozen=True, eq=False)
class Minimized:
    """What minimisation left.

    Attributes:
        clauses: int64: indices of the clauses that are left; they are unsatisfiable.
        minimal: each of them is necessary.
        cpu_s: CPU seconds.
        detail: why the process failed, "" if it did not.
    """

    clauses: npt.NDArray[np.int64]
    minimal: bool
    cpu_s: float
    detail: str = ""


def minimize(core: Cnf, *, time_limit: float | None = None, memory_bytes: int | None = None) -> Minimized:
    """Remove clauses of an unsatisfiable formula one by one as long as it stays unsatisfiable.

    Deletion with clause-set refinement (what an answer did not use goes at once) and model rotation (a model that
    falsifies one clause alone is changed into others that do; Belov and Marques-Silva, FMCAD 2011). It runs in a
    process of its own; when that is ended, what it found out so far counts.

    Args:
        core: an unsatisfiable formula.
        time_limit: CPU seconds; None: no limit.
        memory_bytes: limit of resident memory.
    """
    with tempfile.TemporaryDirectory(prefix="edasat-minimize-") as folder:
        paths = {name: str(Path(folder) / f"{name}.npy") for name in ("literals", "offsets", "state")}
        np.save(paths["literals"], core.literals)
        np.save(paths["offsets"], core.offsets)
        np.save(paths["state"], np.full(core.num_clauses, UNKNOWN, np.int8))
        # -P: the worker's folder stays off its module path, where a file of ours could shadow a package.
        done = run(
            [
                sys.executable,
                "-P",
                Path(__file__).with_name("minimizer_worker.py"),
                json.dumps({**paths, "engine": _ENGINE}),
            ],
            limits=Limits(time_limit, memory_bytes=memory_bytes),
            cwd=folder,
        )
        state = np.load(paths["state"])
    said = done.stderr.decode("utf-8", "replace").strip().splitlines()
    detail = f"minimisation failed: {said[-1] if said else done.returncode}" if done.outcome == "failed" else ""
    return Minimized(np.flatnonzero(state != REMOVED), bool((state != UNKNOWN).all()), done.cpu_s, detail)
