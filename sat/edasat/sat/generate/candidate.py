"""One attempt: make a candidate, measure it, prove its status, describe it, and keep it if it is what is wanted.

The decisive look comes first: the conflicts after preprocessing, with a budget that cuts off what is too hard. Only
what is in range is measured with the second engine, proved and described.
"""

from __future__ import annotations

import importlib.metadata
import math
import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np

from edasat.core.errors import LimitError
from edasat.core.files import atomic_write, compress, content_hash
from edasat.core.machine import describe_machine

from ..cnf import Cnf
from ..dimacs import format_dimacs
from ..proofs import Proof, Trimmed, check, read_proof, write_proof
from ..structure import distance, measure_structure
from .measure import Hardness, Search, hardness
from .novelty import new_core_share
from .offspring import METHODS, CannotGenerate, Offspring
from .parents import Seeds, cpu_clock, end_with_pool, load_parents

#: How an attempt ends.
Verdict = Literal[
    "accepted",
    "not generated",  # the method does not apply, or its draw failed
    "failed",  # the method raised what it should not
    "copy of a parent",
    "duplicate",  # of an earlier offspring; found when it is to get its number
    "other status",
    "too easy",
    "too hard",
    "not proved",
]

_BEFORE_TIMES: Final = 4  # conflicts before preprocessing vary more; what takes this many times more is of no use
_TIME_TIMES: Final = 4.0  # CPU seconds of a run beside the parent's, times the upper end of the wanted range
_LEAST_S: Final = 2.0  # what every run gets: the clock of a busy machine is no reason to reject


class Rejected(Exception):  # noqa: N818 - reads as what it says
    """A candidate is not what is wanted.

    Args:
        verdict: see :data:`Verdict`.
        detail: more words, "" for none.
        ratio: its conflicts over those of the parent, as far as they are known.
    """

    def __init__(self, verdict: Verdict, detail: str = "", ratio: float | None = None) -> None:
        super().__init__(verdict)
        self.verdict, self.detail, self.ratio = verdict, detail, ratio


def candidate_path(folder: str | Path, attempt: int) -> Path:
    """Return where an accepted candidate waits for its number."""
    return Path(folder) / f"attempt-{attempt:06d}.xz"


def proof_path(folder: str | Path, attempt: int) -> Path:
    """Return where its proof or model waits."""
    return Path(folder) / f"attempt-{attempt:06d}.proof.xz"


def attempt(payload: Mapping[str, Any]) -> dict[str, Any]:
    """Make one attempt; runs in a worker process.

    Args:
        payload: "folder" of the run's work, number of the "attempt", index of the "parent", "method", "aim" (wanted
            conflicts over those of the parent) and "settings" of the run.

    Returns:
        "verdict", "detail", "ratio" (or None), "parent" (index), "method", "aim", "cpu_s", and for accepted ones "row":
        the columns of the manifest, "file" left out.
    """
    end_with_pool()
    started = cpu_clock()
    maker = _Attempt(payload)
    told: dict[str, Any] = {"detail": "", "row": None}
    try:
        told["row"] = maker.run()
        told |= {"verdict": "accepted", "ratio": told["row"]["conflict_ratio"]}
    except Rejected as rejected:
        told |= {"verdict": rejected.verdict, "detail": rejected.detail, "ratio": rejected.ratio}
    told["cpu_s"] = round(cpu_clock() - started, 6)
    if told["row"] is not None:
        told["row"]["cpu_s"] = told["cpu_s"]
    return {**{key: payload[key] for key in ("parent", "method", "aim")}, **told}


class _Attempt:
    """The steps of one attempt."""

    def __init__(self, payload: Mapping[str, Any]) -> None:
        self.number: int = payload["attempt"]
        self.folder: str = payload["folder"]
        self.settings: Mapping[str, Any] = payload["settings"]
        self.parents = load_parents(self.folder, self.settings["parents"])
        self.index: int = payload["parent"]
        self.parent = self.parents[self.index]
        self.method: str = payload["method"]
        self.aim: float = payload["aim"]
        self.spent: dict[str, float] = {}

    def run(self) -> dict[str, Any]:
        """Return the row of the manifest.

        Raises:
            Rejected: where the candidate is not what is wanted.
        """
        clock = cpu_clock()

        def spend(step: str) -> None:
            nonlocal clock
            now = cpu_clock()
            self.spent[f"{step}_cpu_s"] = round(now - clock, 6)
            clock = now

        child = self._generate()
        spend("generate")
        with tempfile.TemporaryDirectory(prefix="edasat-candidate-") as folder:
            proof_file = Path(folder) / "proof.drat"
            found = self._measure(child.cnf, proof_file)
            spend("measure")
            proof = read_proof(proof_file) if found.status == "unsat" else None
        trimmed = self._check(child.cnf, found, proof)
        spend("check")
        row = {**self._origin(child), **self._figures(child, found, trimmed), **self.spent}
        self._write_proof(found, proof, trimmed)
        return row | {"file_hash": self._write(child.cnf)}

    def _generate(self) -> Offspring:
        rng = np.random.default_rng([self.settings["seed"], self.number])
        try:
            method = METHODS[self.method]
            child = method.generate(Seeds(self.parents), self.index, rng, hardness=self.aim)
        except CannotGenerate as error:
            raise Rejected("not generated", error.reason) from None
        except Exception as error:  # one method's mistake on one seed must not end a run of hours
            raise Rejected("failed", f"{type(error).__name__}: {error}") from error
        if not child.cnf.num_clauses or not child.cnf.clause_lengths.all():
            raise Rejected("too easy", "no clauses, or an empty one", 0.0)
        return child

    def _measure(self, cnf: Cnf, proof: Path) -> Hardness:
        """Measure what is in the wanted range, and reject the rest as soon as that shows."""
        low, high = self.settings["hardness"]
        base = self.parent.hardness
        longest = max(s.cpu_s for s in (base.cadical, base.cadical_after) if s is not None)
        longest = max(longest, base.preprocess_cpu_s)
        found = hardness(
            cnf,
            conflict_budget=math.floor(high * base.conflicts),
            before_budget=math.floor(_BEFORE_TIMES * high * max(base.conflicts, self.parent.seed.conflicts)),
            at_least=math.ceil(low * base.conflicts),
            cpu_s=min(self.settings["timeout_s"], _LEAST_S + _TIME_TIMES * high * longest),
            proof=proof,
            memory_bytes=self.settings["memory_bytes"],
        )
        ratio = found.conflicts / base.conflicts
        if any(found.isohash == parent.hardness.isohash for parent in self.parents):
            raise Rejected("copy of a parent", "", ratio)
        first = found.cadical_after
        if found.decided is None and (first is None or not first.solved):
            raise Rejected("too hard", first.status if first is not None else "preprocessing", max(ratio, high))
        status = found.decided or (first.status if first is not None else "")
        if status not in self._wanted():
            raise Rejected("other status", status, ratio)
        if found.decided is not None or ratio < low:
            raise Rejected("too easy", "preprocessing decides it" if found.decided else "", ratio)
        if found.status is None:
            raise Rejected("too hard", "before preprocessing", ratio)
        return found

    def _wanted(self) -> tuple[str, ...]:
        wanted: str = self.settings["status"]
        return ("unsat", "sat") if wanted == "any" else (wanted,)

    def _check(self, cnf: Cnf, found: Hardness, proof: Proof | None) -> Trimmed | None:
        """Check the proof or the model of the formula as it is."""
        if proof is None:
            if found.model is None or len(cnf.falsified(found.model)):
                raise Rejected("not proved", "the model is wrong")
            return None
        try:
            trimmed = check(cnf, proof, time_limit=_TIME_TIMES * self.settings["timeout_s"])
        except LimitError as error:
            raise Rejected("not proved", error.message) from None
        if not trimmed.verified:
            raise Rejected("not proved", trimmed.detail)
        return trimmed

    def _origin(self, child: Offspring) -> dict[str, Any]:
        cnf = child.cnf
        return {
            "parent": self.parent.name,
            "partners": list(child.parents),
            "method": self.method,
            "seed": self.settings["seed"],
            "attempt": self.number,
            "formula_hash": cnf.content_hash(),
            "num_vars": cnf.num_vars,
            "num_clauses": cnf.num_clauses,
            "num_literals": cnf.num_literals,
            "versions": _versions(),
            "machine": describe_machine(),
        }

    def _figures(self, child: Offspring, found: Hardness, trimmed: Trimmed | None) -> dict[str, Any]:
        base = self.parent.hardness
        apart = distance(self.parent.structure, measure_structure(child.cnf))
        return {
            **found.to_dict(),
            "status": found.status,
            "checked": "model" if trimmed is None else "proof",
            "conflict_ratio": _ratio(found.cadical_after, base.cadical_after, "conflicts"),
            "cpu_ratio": _ratio(found.cadical_after, base.cadical_after, "cpu_s"),
            "glucose_conflict_ratio": _ratio(found.glucose_after, base.glucose_after, "conflicts"),
            "glucose_cpu_ratio": _ratio(found.glucose_after, base.glucose_after, "cpu_s"),
            "core_size": None if trimmed is None else len(trimmed.core),
            "proof_lemmas": None if trimmed is None else trimmed.statistics.lemmas,
            "new_core_share": self._new_core_share(child, trimmed),
            **{f"distance_{name}": round(value, 6) for name, value in apart.items()},
        }

    def _new_core_share(self, child: Offspring, trimmed: Trimmed | None) -> float | None:
        """Return it where parent and child have cores."""
        seed = self.parent.seed
        if trimmed is None or seed.core is None:
            return None
        return round(new_core_share(seed.cnf, seed.core, child.cnf, trimmed.core, child.image), 6)

    def _write(self, cnf: Cnf) -> str:
        """Write the formula where it waits for its number; return the hash of the file."""
        data = compress(format_dimacs(cnf), ".xz")
        with atomic_write(candidate_path(self.folder, self.number)) as file:
            file.write(data)
        return content_hash(data)

    def _write_proof(self, found: Hardness, proof: Proof | None, trimmed: Trimmed | None) -> None:
        """Write the proof or the model if it was asked for."""
        if not self.settings["proofs"]:
            return
        path = proof_path(self.folder, self.number)
        if proof is not None and trimmed is not None and trimmed.proof is not None:
            # A trimmed proof holds for the core; RAT lemmas need not hold beside the other clauses, RUP ones do.
            write_proof(proof if trimmed.statistics.rat else trimmed.proof, path)
        elif found.model is not None:
            literals = np.arange(1, len(found.model)) * np.where(found.model[1:], 1, -1)
            with atomic_write(path) as file:
                file.write(compress(f"v {' '.join(map(str, literals.tolist()))} 0\n".encode(), ".xz"))


def _ratio(child: Search | None, parent: Search | None, what: str) -> float | None:
    """Return the child's figure over the parent's where both were solved."""
    if child is None or parent is None or not child.solved or not parent.solved:
        return None
    above, below = getattr(child, what), getattr(parent, what)
    return round(above / below, 6) if below else None


@cache
def _versions() -> str:
    return ", ".join(f"{name} {importlib.metadata.version(name)}" for name in ("edasat", "python-sat"))
