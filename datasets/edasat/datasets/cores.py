"""Unsatisfiable cores: which clauses of a formula take part in a proof that it has no model.

A formula has many cores. The label is the one that the default proof engine's proof, trimmed again and again until it
stops shrinking, leaves: what ``edasat sat core --exact`` prints. No union of several cores (which would call clauses
needed that are not) and no intersection (which is empty for many formulas): so clauses outside the label may serve
another core as well, and no model can reach an average precision of 1.

======================  ===================================================================
rows                    formulas: seeded families, requirements that clash, generation loop
target                  ``core``: one bit per clause
held out                families (see :mod:`.cores_split`) and a fifth of the other groups
groups                  ``group``: formulas made from one base formula share it
licence                 Apache-2.0 (generators and cores are ours)
rebuild                 ``edasat data build cores -o NEW``
======================  ===================================================================
"""

from __future__ import annotations

import base64
import importlib.metadata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from edasat.core.errors import InputError
from edasat.core.machine import describe_machine
from edasat.core.tables import check_table_path, write_table
from edasat.core.tasks import Executor, Journal, run_tasks
from edasat.sat.benchmark import journal_beside, load_instance
from edasat.sat.cnf import Cnf
from edasat.sat.features.search_probe import search_probe
from edasat.sat.generate.hardcore import LoopStep, refine
from edasat.sat.generate.requirements import add_units, clashing_requirements
from edasat.sat.proofs import find_core
from edasat.sat.solvers import DEFAULT_PROOF_ENGINE
from edasat.sat.tripartite import tripartite_arrays

from .core_sources import (
    FILE,
    LOOP,
    REQUIREMENTS,
    CoreTask,
    file_tasks,
    loop_start,
    own_tasks,
    pack_mask,
    seeded,
    unpack_mask,
)

if TYPE_CHECKING:
    import numpy.typing as npt
    import pyarrow as pa

NAME: Final = "cores"
TABLE: Final = Path(__file__).parent / "tables" / "cores.parquet"

#: Rounds of solving and trimming at most: the fourth removes 1 or 2 % where it removes anything.
ROUNDS: Final = 4
#: Clauses of a formula at most; most have 0.5 to 20 thousand.
MAX_CLAUSES: Final = 60_000
#: Formulas with a larger base rate (share of the clauses in the core) are counted apart: calling every clause needed is
#: nearly right there.
TRIVIAL_BASE_RATE: Final = 0.7
#: Refinement steps of one run of the loop at most, clauses de-cored in each, and formulas kept of it.
_LOOP_STEPS, _LOOP_PER_STEP, _LOOP_KEPT = 40, 3, 4
_SCHEMA_VERSION = b"edasat-cores/1"


@dataclass(frozen=True)
class Plan:
    """What a build will label, known before it starts.

    Attributes:
        tasks: in the order they are done.
        timeout_s: CPU seconds for one core.
        jobs: formulas at a time.
    """

    tasks: Sequence[CoreTask]
    timeout_s: float
    jobs: int = 1

    @property
    def cost_text(self) -> str:
        """What it will cost at most, in words."""
        loops = sum(task.kind == LOOP for task in self.tasks)
        cores = len(self.tasks) - loops + loops * _LOOP_STEPS
        hours = 2 * cores * self.timeout_s / 3600  # trimming takes about as long as solving
        return f"{len(self.tasks)} formulas, {cores} cores: at most {hours:.1f} CPU h, most take under a second each"


@dataclass(frozen=True)
class Check:
    """What a table holds.

    Attributes:
        rows: formulas.
        clauses: clauses in all.
        base_rates: family -> median share of the clauses in the core.
        nontrivial: rows with a base rate of at most :data:`TRIVIAL_BASE_RATE`.
        parts: rows of each part of the split.
        sources: rows of each source.
    """

    rows: int
    clauses: int
    base_rates: dict[str, float] = field(repr=False)
    nontrivial: int
    parts: dict[str, int]
    sources: dict[str, int]

    @property
    def good(self) -> bool:
        """Whether there is something to learn: rows in every part, half of them with clauses to remove."""
        return min(self.parts.values(), default=0) > 0 and self.nontrivial >= self.rows / 2

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {**asdict(self), "good": self.good}


def plan(
    count: int = 411,
    timeout_s: float = 10.0,
    *,
    files: Sequence[str | Path] = (),
    jobs: int = 1,
) -> Plan:
    """Choose what to label.

    Args:
        count: tasks at most; a larger count continues a smaller one. The default is that of the shipped table.
        timeout_s: CPU seconds for one core.
        files: CNF files and folders to label instead of formulas of ours; their rows train nothing.
        jobs: formulas at a time.
    """
    return Plan((file_tasks(files) if files else own_tasks(count))[:count], timeout_s, jobs)


def build(made: Plan, out: str | Path, *, executor: Executor = "processes") -> dict[str, str]:
    """Label what is missing and write the table; journaled beside it, so the same call resumes.

    Returns:
        Why there is no row: task -> reason ("satisfiable", "timeout", or an error).
    """
    check_table_path(out)
    settings = {
        "timeout_s": made.timeout_s,
        "engine": DEFAULT_PROOF_ENGINE,
        "python-sat": importlib.metadata.version("python-sat"),
        "machine": describe_machine(),
    }
    payloads = {task.key: {"task": asdict(task), "timeout_s": made.timeout_s} for task in made.tasks}
    with Journal(journal_beside(out), settings) as journal:
        run_tasks(label, payloads, journal, title=NAME, jobs=made.jobs, executor=executor)
        done = {key: journal.results[key] for key in payloads if key in journal.results}
        failures = {key: journal.errors[key] for key in payloads if key in journal.errors}
    rows = [_from_json(row) for result in done.values() for row in result["rows"]]
    write_table(core_table(rows), out)
    return {key: result["status"] for key, result in done.items() if result["status"]} | failures


def core_table(rows: Sequence[Mapping[str, Any]]) -> pa.Table:
    """Build the table from rows, and say of each formula to which part of the split it belongs."""
    import pyarrow as pa

    from .cores_split import part_of

    return pa.Table.from_pylist(
        [{**row, "part": part_of(row["family"], row["group"], row["source"])} for row in rows], core_schema()
    )


@cache
def core_schema() -> pa.Schema:
    """Return the Arrow schema; field metadata carry the meaning."""
    import pyarrow as pa

    columns = (
        ("instance", "string", "name, see edasat.datasets.core_sources"),
        ("family", "string", "family and what was done to it"),
        ("source", "string", "family, requirements, loop or file"),
        ("group", "string", "structure hash of the base formula: what splits keep together"),
        ("part", "string", "train, test_instances, test_families or test_files"),
        ("formula_hash", "string", "content hash of the formula"),
        ("num_vars", "int64", ""),
        ("num_clauses", "int64", ""),
        ("num_literals", "int64", "occurrences"),
        ("core_size", "int64", "clauses in the core"),
        ("core", "binary", "one bit per clause, zlib"),
        ("rounds", "int64", "times solved and trimmed until the core stopped shrinking"),
        ("proof_lines", "int64", "lemmas of the first proof"),
        ("cpu_s", "double", "CPU seconds of solving and trimming, all rounds"),
        ("engine", "string", "solver that wrote the proofs"),
        ("machine", "string", "where it ran"),
        ("units", "list<int32>", "requirements: unit clauses added"),
        ("seed_core", "binary", "loop: core of the base formula, one bit per clause, zlib"),
        ("decored", "list<int32>", "loop: clauses that got the fresh literal"),
    )
    kinds = {"list<int32>": pa.list_(pa.int32()), "binary": pa.binary()}
    return pa.schema(
        [
            pa.field(name, kinds.get(kind) or pa.type_for_alias(kind), metadata={"meaning": meaning})
            for name, kind, meaning in columns
        ],
        metadata={b"schema": _SCHEMA_VERSION},
    )


def load(path: str | Path | None = None) -> pa.Table:
    """Return the table: the one that ships, or another of the same schema.

    Raises:
        InputError: if it is missing or something else.
    """
    import pyarrow as pa
    import pyarrow.parquet

    path = Path(path) if path is not None else TABLE
    if not path.exists():
        raise InputError("no such table", path=str(path), hint="edasat data build cores makes it")
    try:
        table = pa.parquet.read_table(path)
    except pa.ArrowInvalid as error:
        raise InputError(f"not a core table: {error}", path=str(path), code="cores-not-a-table") from None
    if (table.schema.metadata or {}).get(b"schema") != _SCHEMA_VERSION:
        raise InputError("not a core table", path=str(path), code="cores-not-a-table")
    return table


def core_mask(row: Mapping[str, Any]) -> npt.NDArray[np.bool_]:
    """Return the label of a row: bool, (num_clauses,)."""
    return unpack_mask(row["core"], row["num_clauses"])


def check(table: pa.Table) -> Check:
    """Look at what a table holds."""
    rates = np.array(table["core_size"].to_pylist()) / np.maximum(1, table["num_clauses"].to_pylist())
    families = np.array(table["family"].to_pylist())
    return Check(
        rows=table.num_rows,
        clauses=sum(table["num_clauses"].to_pylist()),
        base_rates={str(name): float(np.median(rates[families == name])) for name in np.unique(families)},
        nontrivial=int((rates <= TRIVIAL_BASE_RATE).sum()),
        parts=dict(Counter(table["part"].to_pylist())),
        sources=dict(Counter(table["source"].to_pylist())),
    )


def label(payload: Mapping[str, Any]) -> dict[str, Any]:
    """Do one task: return its rows, and why there are none ("" otherwise). Runs in a worker process."""
    task = CoreTask(**payload["task"])
    base = load_instance(task.key, task.path) if task.kind == FILE else load_instance(task.base)
    if base.num_clauses > MAX_CLAUSES:
        return {"rows": [], "status": f"more than {MAX_CLAUSES:,} clauses"}
    labeller = _Labeller(task, _group(base), payload["timeout_s"])
    if task.kind == LOOP:
        return labeller.loop(base)
    units: list[int] = []
    if task.kind == REQUIREMENTS:
        found = clashing_requirements(base, seeded(task.key))
        if found is None:
            return {"rows": [], "status": "no requirements found"}
        units = found
    row = labeller.row(add_units(base, units), task.key)
    if row is None:
        return {"rows": [], "status": labeller.status}
    return {"rows": [{**row, "units": units}], "status": ""}


def _group(base: Cnf) -> str:
    from .formula_graphs import structure_hash

    return f"{structure_hash(tripartite_arrays(base)):016x}"


class _Labeller:
    """Makes the rows of one task."""

    def __init__(self, task: CoreTask, group: str, timeout_s: float) -> None:
        self.task, self.group, self.timeout_s = task, group, timeout_s
        self.status = ""  # why the last row could not be made

    def row(self, cnf: Cnf, instance: str) -> dict[str, Any] | None:
        """Prove a core and return its row as JSON values; None if there is none within the limit."""
        core = find_core(cnf, engine=DEFAULT_PROOF_ENGINE, time_limit=self.timeout_s, rounds=ROUNDS, confirm=False)
        if not core.proved:
            self.status = "satisfiable" if core.status == "sat" else core.detail or core.status
            return None
        return {
            "instance": instance,
            "family": self.task.family,
            "source": self.task.kind,
            "group": self.group,
            "formula_hash": cnf.content_hash(),
            "num_vars": cnf.num_vars,
            "num_clauses": cnf.num_clauses,
            "num_literals": cnf.num_literals,
            "core_size": len(core.clauses),
            "core": _to_text(pack_mask(core.clauses, cnf.num_clauses)),
            "rounds": len(core.sizes),
            "proof_lines": core.statistics.lemmas if core.statistics else 0,
            "cpu_s": sum(core.cpu_s.values()),
            "engine": DEFAULT_PROOF_ENGINE,
            "machine": describe_machine(),
            "units": [],
            "seed_core": "",
            "decored": [],
        }

    def loop(self, base: Cnf) -> dict[str, Any]:
        """Run the generation loop on the core of ``base``; return the rows of some of its steps."""
        seed_row = self.row(base, self.task.base)
        if seed_row is None:
            return {"rows": [], "status": self.status}
        rng = seeded(self.task.key)
        seed_core = unpack_mask(_to_bytes(seed_row["core"]), base.num_clauses)
        cnf, from_seed = loop_start(base.select(seed_core), base.num_clauses, rng)
        steps: list[LoopStep] = list(
            refine(cnf, from_seed, rng, core_of=self._quick_core, per_step=_LOOP_PER_STEP, max_steps=_LOOP_STEPS)
        )
        rows = []
        for number in np.unique(np.linspace(0, len(steps) - 1, _LOOP_KEPT).round().astype(int)).tolist():
            row = self.row(steps[number].cnf, f"{self.task.key}-{number}")
            if row is not None:
                rows.append({**row, "decored": steps[number].decored.tolist(), "seed_core": seed_row["core"]})
        return {"rows": rows, "status": self.status}

    def _quick_core(self, cnf: Cnf) -> npt.NDArray[np.int64]:
        """Return a core for the next step of the loop: that of a short search where it gets to an end."""
        found = search_probe(tripartite_arrays(cnf), max_cores=1)
        if found.refuted:
            return np.flatnonzero(found.needed)
        return find_core(cnf, time_limit=self.timeout_s, rounds=1, confirm=False).clauses  # empty: ends the loop


def _to_text(data: bytes) -> str:
    return base64.b85encode(data).decode("ascii")


def _to_bytes(text: str) -> bytes:
    return base64.b85decode(text)


def _from_json(row: Mapping[str, Any]) -> dict[str, Any]:
    return {**row, "core": _to_bytes(row["core"]), "seed_core": _to_bytes(row["seed_core"])}
