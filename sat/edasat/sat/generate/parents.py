"""Parents of a run: measured once, kept in its working folder, loaded by whoever makes offspring."""

from __future__ import annotations

import base64
import json
import multiprocessing
import resource
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, Final, overload

import numpy as np

from edasat.core.files import atomic_write

from ..cnf import Cnf
from ..proofs import check, read_proof
from ..solvers.worker import die_with_parent
from ..structure import Structure, measure_structure
from .measure import Hardness, hardness
from .offspring import Seed

#: Parents that CaDiCaL decides with fewer conflicts have no hardness that could be kept: such counts are chance.
MIN_CONFLICTS: Final = 10

_INDEX: Final = "parents.json"
_CHECK_TIMES: Final = 4.0  # CPU seconds that checking a proof may take, times the limit of a run


def cpu_clock() -> float:
    """Return the CPU seconds of this process and of the children that it has waited for."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def end_with_pool() -> None:
    """Make a process of a pool end with the one that it works for, even where that is killed with -9."""
    if multiprocessing.parent_process() is not None:
        die_with_parent()


@dataclass(frozen=True)
class Parent:
    """One parent, as found in the working folder of a run.

    Attributes:
        name: as in the manifest.
        path: its clauses, written by :func:`save_formula`.
        row: what :func:`measure_parent` returned.
    """

    name: str
    path: str
    row: Mapping[str, Any]

    @cached_property
    def hardness(self) -> Hardness:
        """What was measured."""
        return Hardness.from_dict(self.row)

    @cached_property
    def seed(self) -> Seed:
        """The form in which methods take it."""
        cnf = load_formula(self.path, self.name)
        core = None
        if self.row["core"] is not None:
            bits = np.frombuffer(base64.b85decode(self.row["core"]), np.uint8)
            core = np.flatnonzero(np.unpackbits(bits, count=cnf.num_clauses))
        first = self.hardness.cadical
        if first is None or not first.solved or first.conflicts is None:
            raise ValueError(f"parent '{self.name}' was not solved")
        return Seed(cnf, self.name, self.row["status"], first.conflicts, first.cpu_s, core)

    @cached_property
    def structure(self) -> Structure:
        """What it looks like."""
        return measure_structure(self.seed.cnf)


class Seeds(Sequence[Seed]):
    """The seeds of parents, each loaded when a method first looks at it."""

    def __init__(self, parents: Sequence[Parent]) -> None:
        self.parents = parents

    def __len__(self) -> int:
        return len(self.parents)

    @overload
    def __getitem__(self, index: int) -> Seed: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Seed]: ...
    def __getitem__(self, index: int | slice) -> Seed | Sequence[Seed]:
        return Seeds(self.parents[index]) if isinstance(index, slice) else self.parents[index].seed


def save_formula(cnf: Cnf, path: Path) -> None:
    """Write the clauses of a formula for this program alone."""
    with atomic_write(path) as file:
        np.savez(file, num_vars=np.int64(cnf.num_vars), offsets=cnf.offsets, literals=cnf.literals)


def load_formula(path: str | Path, name: str) -> Cnf:
    """Read what :func:`save_formula` wrote."""
    with np.load(path) as arrays:
        return Cnf(int(arrays["num_vars"]), arrays["offsets"], arrays["literals"], name)


def save_parents(parents: Sequence[Parent], folder: Path) -> None:
    """Write the list of parents for :func:`load_parents`."""
    with atomic_write(folder / _INDEX, "w") as file:
        json.dump([[parent.name, parent.path, parent.row] for parent in parents], file)


@lru_cache(maxsize=1)  # a worker process makes many candidates of one run
def load_parents(folder: str, digest: str) -> tuple[Parent, ...]:
    """Read the parents of a run.

    Args:
        folder: given to :func:`save_parents`.
        digest: of the parents.
    """
    rows = json.loads((Path(folder) / _INDEX).read_text())
    return tuple(Parent(*row) for row in rows)


def measure_parent(payload: Mapping[str, Any]) -> dict[str, Any]:
    """Measure a parent and find its core; runs in a worker process.

    Args:
        payload: "name" and "path" of the formula, "timeout_s" of a run, "memory_bytes" or None.

    Returns:
        Fields of :meth:`Hardness.to_dict`, "status", "core" (one bit per clause, base 85, or None), "cpu_s",
        and "problem": why it can have no offspring, "" if it can; a hint may follow behind a line break.
    """
    end_with_pool()
    started = cpu_clock()
    cnf = load_formula(payload["path"], payload["name"])
    core, problem = None, ""
    with tempfile.TemporaryDirectory(prefix="edasat-parent-") as folder:
        proof = Path(folder) / "proof.drat"
        found = hardness(cnf, cpu_s=payload["timeout_s"], proof=proof, memory_bytes=payload["memory_bytes"])
        problem = _problem(found, payload["timeout_s"])
        if not problem and found.status == "unsat":
            trimmed = check(cnf, read_proof(proof), time_limit=_CHECK_TIMES * payload["timeout_s"])
            mask = np.zeros(cnf.num_clauses, np.bool_)
            mask[trimmed.core] = True
            core = base64.b85encode(np.packbits(mask).tobytes()).decode("ascii")
            problem = "" if trimmed.verified else f"its proof was not verified: {trimmed.detail}"
    if found.status == "sat" and (found.model is None or len(cnf.falsified(found.model))):
        problem = "CaDiCaL gave a wrong model of it"
    return {
        **found.to_dict(),
        "status": found.status,
        "core": core,
        "num_vars": cnf.num_vars,
        "num_clauses": cnf.num_clauses,
        "num_literals": cnf.num_literals,
        "cpu_s": cpu_clock() - started,
        "problem": problem,
    }


def _problem(found: Hardness, timeout_s: float) -> str:
    """Say why a formula cannot be a parent, and what to do."""
    if found.decided is not None:
        return "too easy: preprocessing alone decides it\ngive a harder formula: there is no hardness to keep"
    for search, where in ((found.cadical_after, "after"), (found.cadical, "before")):
        if search is None or not search.solved:
            why = {"memout": "memory", "crash": "a crash"}.get(search.status if search else "", f"{timeout_s:g} CPU s")
            hint = "raise --timeout, or give an easier formula of its kind"
            return f"too hard: CaDiCaL came to no answer {where} preprocessing ({why})\n{hint}"
    if found.conflicts < MIN_CONFLICTS:
        return (
            f"too easy: CaDiCaL needs {found.conflicts} conflicts after preprocessing\n"
            f"give a formula of at least {MIN_CONFLICTS}: there is no hardness to keep"
        )
    return ""
