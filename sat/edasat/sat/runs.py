"""The run table: one row per (instance, engine, repetition) of a solver benchmark, and its matrix view.

:class:`Run` is the schema; names, types and units of the Parquet and CSV columns are read off it. A table is a
``pyarrow.Table``, so that it can be filtered and joined with the usual tools. :class:`RunMatrix` is what selection
works on: instances x engines, censored at the cutoff.
"""

from __future__ import annotations

import difflib
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import MISSING, dataclass, field, fields, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from edasat.core.errors import CheckFailed, InputError, Message
from edasat.core.files import read_bytes
from edasat.core.tables import write_table

if TYPE_CHECKING:
    import pyarrow as pa

#: How a run ended. ``solved`` is for tables from outside that record success but not the answer; a run that gave a
#: wrong answer, or none for another reason than a limit, is a ``crash``.
STATUSES: Final = ("sat", "unsat", "solved", "timeout", "memout", "crash")
SOLVED_STATUSES: Final = frozenset({"sat", "unsat", "solved"})

_SCHEMA_VERSION = b"edasat-runs/1"
_ARROW_TYPES: Final = {"str": "string", "int": "int64", "float": "double"}
_PARQUET_MAGIC = b"PAR1"

_MESSAGES: Final = {
    row.code: row
    for row in (
        Message("runs-not-a-table", "not a run table: {reason}", "a run table is Parquet, or CSV with a header line"),
        Message("runs-value", "{reason}"),
        Message("runs-column-missing", "column '{name}' is missing", "needed are {needed}"),
        Message("runs-column-unknown", "unknown column '{name}'", "{guess}the columns are {known}"),
        Message("runs-column-type", "column '{name}' cannot be read as {type}: {reason}"),
        Message("runs-empty-value", "row {number}: column '{name}' has no value"),
        Message("runs-status", "row {number}: unknown status '{status}'", "one of {known}"),
        Message("runs-time", "row {number}: {name} must be {rule}, got {value}"),
        Message("runs-negative", "row {number}: {name} must not be negative, got {value}"),
        Message("runs-twice", "row {number}: '{engine}' has repetition {repetition} on '{instance}' twice"),
        Message(
            "runs-instance-ambiguous",
            "row {number}: instance '{instance}' has two values of {name}: '{first}' and '{second}'",
            "one name must stand for one file",
        ),
        Message("runs-none", "the run table has no rows"),
        Message(
            "runs-mixed",
            "the runs have different {name}: {values}",
            "compare only runs made under the same conditions: filter the table first",
        ),
        Message(
            "runs-incomplete",
            "'{engine}' has no run on '{instance}' ({count} of {total} cells are empty)",
            "finish the benchmark, or leave incomplete instances out (strict=False)",
        ),
    )
}


def _column(unit: str, meaning: str, **default: Any) -> Any:
    return field(metadata={"unit": unit, "meaning": meaning}, **default)


@dataclass(frozen=True, kw_only=True)
class Run:
    """One run of one engine on one instance; each field is a column, each with its unit in the schema."""

    instance: str = _column("", "name or path of the formula, unique within the table")
    instance_hash: str = _column("", "content hash of the formula", default="")
    family: str = _column("", "instance family; resampling and splits keep families together", default="")
    engine: str = _column("", "name of the solver")
    engine_version: str = _column("", "version of the solver", default="")
    repetition: int = _column("", "0 for the first run of this engine on this instance", default=0)
    status: str = _column("", "one of " + ", ".join(STATUSES))
    cpu_s: float = _column("s", "CPU time to load and solve; for unsolved runs the time used up")
    wall_s: float | None = _column("s", "wall time of the same", default=None)
    peak_memory_bytes: int | None = _column("byte", "largest resident set", default=None)
    conflicts: int | None = _column("", "conflicts, where the engine tells them", default=None)
    timeout_s: float = _column("s", "CPU time limit")
    memory_limit_bytes: int | None = _column("byte", "memory limit, empty for none", default=None)
    seed: int | None = _column("", "random seed given to the engine", default=None)
    machine: str = _column("", "where it ran; runtimes of two machines are never mixed", default="")
    started: str = _column("", "ISO 8601 time at which the run began", default="")


@cache
def run_schema() -> pa.Schema:
    """Return the Arrow schema; field metadata carry ``unit`` and ``meaning``."""
    import pyarrow as pa

    columns = [
        pa.field(
            column.name,
            pa.type_for_alias(_ARROW_TYPES[str(column.type).removesuffix(" | None")]),
            nullable=_optional_number(column.name),
            metadata=dict(column.metadata),
        )
        for column in fields(Run)
    ]
    return pa.schema(columns, metadata={b"schema": _SCHEMA_VERSION})


def _optional_number(name: str) -> bool:
    return str(Run.__dataclass_fields__[name].type).endswith("| None")


def runs_table(runs: Iterable[Run]) -> pa.Table:
    """Build a validated table from rows.

    Raises:
        InputError: see :func:`validate_runs`.
    """
    import pyarrow as pa

    rows = list(runs)
    columns = {column.name: [getattr(run, column.name) for run in rows] for column in fields(Run)}
    return validate_runs(pa.table(columns, schema=run_schema()))


def validate_runs(table: pa.Table, path: str = "", first_line: int = 0) -> pa.Table:
    """Return the table with columns in schema order and absent optional ones filled, or say what is wrong.

    Args:
        path: file name for messages.
        first_line: line of the first row in a text file, 0 when rows have no lines.

    Raises:
        InputError: missing, unknown or ill-typed columns, values out of range, an (instance, engine, version,
            repetition) that occurs twice, or one instance name with two hashes or families.
    """
    import pyarrow as pa

    table = _conform(table, path)
    columns = {name: table.column(name).to_numpy(zero_copy_only=False) for name in table.column_names}

    def fail(code: str, row: int, **values: object) -> InputError:
        error = InputError.of(_MESSAGES[code], path, number=row + 1, **values)
        error.line = row + first_line if first_line else 0
        return error

    for name in ("instance", "engine"):
        if (empty := np.flatnonzero(columns[name] == "")).size:
            raise fail("runs-empty-value", int(empty[0]), name=name)
    if (bad := np.flatnonzero(~np.isin(columns["status"], STATUSES))).size:
        row = int(bad[0])
        raise fail("runs-status", row, status=columns["status"][row], known=", ".join(STATUSES))
    for name, rule, good in (
        ("cpu_s", "finite and not negative", np.isfinite(columns["cpu_s"]) & (columns["cpu_s"] >= 0)),
        ("timeout_s", "finite and positive", np.isfinite(columns["timeout_s"]) & (columns["timeout_s"] > 0)),
    ):
        if (bad := np.flatnonzero(~good)).size:
            row = int(bad[0])
            raise fail("runs-time", row, name=name, rule=rule, value=columns[name][row])
    for name in ("repetition", "wall_s", "peak_memory_bytes", "conflicts", "memory_limit_bytes"):
        values = columns[name].astype(np.float64)  # empty becomes NaN, which is not negative
        if (bad := np.flatnonzero(values < 0)).size:
            row = int(bad[0])
            raise fail("runs-negative", row, name=name, value=columns[name][row])

    instance = _codes(columns["instance"])[0]
    for name in ("instance_hash", "family"):
        first = np.full(int(instance.max(initial=-1)) + 1, -1)
        first[instance[::-1]] = np.arange(len(instance))[::-1]
        differs = columns[name] != columns[name][first[instance]] if len(instance) else np.zeros(0, dtype=bool)
        if (bad := np.flatnonzero(differs)).size:
            row = int(bad[0])
            raise fail(
                "runs-instance-ambiguous",
                row,
                instance=columns["instance"][row],
                name=name,
                first=columns[name][first[instance[row]]],
                second=columns[name][row],
            )
    keys = np.stack(
        [instance, _codes(engine_labels(table))[0], columns["repetition"].astype(np.int64)], axis=1, dtype=np.int64
    )
    _, index = np.unique(keys, axis=0, return_index=True)
    if len(index) < len(keys):
        row = int(np.setdiff1d(np.arange(len(keys)), index)[0])
        raise fail(
            "runs-twice",
            row,
            engine=columns["engine"][row],
            repetition=columns["repetition"][row],
            instance=columns["instance"][row],
        )
    assert isinstance(table, pa.Table)
    return table


def _conform(table: pa.Table, path: str) -> pa.Table:
    """Give the table exactly the columns of the schema."""
    import pyarrow as pa

    schema = run_schema()
    for name in table.column_names:
        if name not in schema.names:
            close = difflib.get_close_matches(name, schema.names, n=1)
            guess = f"did you mean '{close[0]}'? " if close else ""
            raise InputError.of(
                _MESSAGES["runs-column-unknown"], path, name=name, guess=guess, known=", ".join(schema.names)
            )
    columns = []
    for column in fields(Run):
        target = schema.field(column.name)
        if column.name not in table.column_names:
            if column.default is MISSING:
                needed = ", ".join(each.name for each in fields(Run) if each.default is MISSING)
                raise InputError.of(_MESSAGES["runs-column-missing"], path, name=column.name, needed=needed)
            columns.append(pa.array([column.default] * table.num_rows, target.type))
            continue
        try:
            values = table.column(column.name).cast(target.type)
        except pa.ArrowInvalid as error:
            raise InputError.of(
                _MESSAGES["runs-column-type"], path, name=column.name, type=target.type, reason=error
            ) from None
        if not target.nullable and values.null_count:
            if column.default is MISSING:
                row = values.is_null().to_numpy().argmax() + 1
                raise InputError.of(_MESSAGES["runs-empty-value"], path, number=row, name=column.name)
            values = values.fill_null(column.default)
        columns.append(values)
    return pa.table(columns, schema=schema)


def read_runs(path: str | Path | bytes) -> pa.Table:
    """Read and validate a run table, Parquet or CSV told apart by content; ``-`` is standard input.

    Raises:
        InputError: if the file is no run table or a value is wrong.
    """
    import pyarrow as pa
    import pyarrow.csv
    import pyarrow.parquet

    name = "<bytes>" if isinstance(path, bytes) else str(path)
    data = read_bytes(path)
    if data.startswith(_PARQUET_MAGIC):
        try:
            return validate_runs(pyarrow.parquet.read_table(io.BytesIO(data)), name)
        except pa.ArrowException as error:
            raise InputError.of(_MESSAGES["runs-not-a-table"], name, reason=error) from None
    if b"\0" in data[:4096]:
        raise InputError.of(_MESSAGES["runs-not-a-table"], name, reason="binary data")
    try:
        table = pyarrow.csv.read_csv(
            io.BytesIO(data),
            read_options=pyarrow.csv.ReadOptions(use_threads=False),  # row numbers in errors need one thread
            convert_options=pyarrow.csv.ConvertOptions(
                column_types=run_schema(), strings_can_be_null=False, null_values=["", "NA", "null"]
            ),
        )
    except pa.ArrowException as error:
        problem = InputError.of(_MESSAGES["runs-value"], name, reason=error)
        if place := re.search(r"Row #(\d+)", str(error)):
            problem.line = int(place[1])
        raise problem from None
    return validate_runs(table, name, first_line=2)


def write_runs(table: pa.Table, path: str | Path) -> None:
    """Validate a run table and write it as Parquet or CSV, by the suffix of the name.

    Raises:
        InputError: if the table is not valid or the suffix is neither ``.parquet`` nor ``.csv``.
    """
    write_table(validate_runs(table), path)


@dataclass(frozen=True)
class Contradiction:
    """Engines that disagree about one instance: at least one answer is wrong."""

    instance: str
    sat: tuple[str, ...]
    unsat: tuple[str, ...]

    def __str__(self) -> str:
        return f"'{self.instance}': sat by {', '.join(self.sat)}; unsat by {', '.join(self.unsat)}"


def contradictions(table: pa.Table) -> list[Contradiction]:
    """Return the instances that one run calls satisfiable and another unsatisfiable, in order of appearance."""
    answers: dict[str, dict[str, dict[str, None]]] = {}
    columns = (table.column("instance").to_pylist(), engine_labels(table), table.column("status").to_pylist())
    for instance, engine, status in zip(*columns, strict=True):
        if status in ("sat", "unsat"):
            answers.setdefault(instance, {}).setdefault(status, {})[engine] = None
    return [
        Contradiction(instance, tuple(said["sat"]), tuple(said["unsat"]))
        for instance, said in answers.items()
        if len(said) == 2
    ]


@dataclass(frozen=True)
class RunMatrix:
    """Runtimes of every engine on every instance under one cutoff.

    Attributes:
        instances: names, one per row.
        engines: names, one per column; with the version where a table holds two versions of one engine.
        families: family of each row, "" when unknown.
        runtimes: float64, (num_instances, num_engines); CPU seconds, the cutoff where not solved.
        solved: bool, same shape.
        status: uint8, same shape; index into :data:`STATUSES`.
        cutoff_s: CPU time limit of all runs, in seconds.
        left_out: instance -> why it has no row.
    """

    instances: tuple[str, ...]
    engines: tuple[str, ...]
    families: tuple[str, ...]
    runtimes: npt.NDArray[np.float64]
    solved: npt.NDArray[np.bool_]
    status: npt.NDArray[np.uint8]
    cutoff_s: float
    left_out: dict[str, str] = field(default_factory=dict)

    @property
    def num_instances(self) -> int:
        """Number of rows."""
        return len(self.instances)

    @property
    def num_engines(self) -> int:
        """Number of columns."""
        return len(self.engines)

    @property
    def never_solved(self) -> npt.NDArray[np.bool_]:
        """Rows that no engine solved, bool (num_instances,): they belong to no class, and to every denominator."""
        return ~np.any(self.solved, axis=1, keepdims=True)[:, 0]

    def take(self, rows: npt.ArrayLike) -> RunMatrix:
        """Return the matrix of some rows, given as indices or as a mask."""
        chosen = np.asarray(rows)
        if chosen.dtype != bool:
            chosen = chosen.astype(np.int64)  # an empty list arrives as float
        index = np.arange(self.num_instances)[chosen]
        return replace(
            self,
            instances=tuple(self.instances[i] for i in index),
            families=tuple(self.families[i] for i in index),
            runtimes=self.runtimes[index],
            solved=self.solved[index],
            status=self.status[index],
        )

    def take_engines(self, engines: Sequence[str]) -> RunMatrix:
        """Return the matrix of some engines, in the order given.

        Raises:
            InputError: if an engine is not in the matrix.
        """
        if missing := [engine for engine in engines if engine not in self.engines]:
            raise InputError(f"no runs of engine '{missing[0]}'", hint=f"there are {', '.join(self.engines)}")
        index = [self.engines.index(engine) for engine in engines]
        return replace(
            self,
            engines=tuple(engines),
            runtimes=self.runtimes[:, index],
            solved=self.solved[:, index],
            status=self.status[:, index],
        )


def to_matrix(table: pa.Table, *, strict: bool = True) -> RunMatrix:
    """Turn a run table into a matrix; repetitions are replaced by their median run.

    The median is an actual run, unsolved ones counting as slowest; of an even number the slower of the middle two is
    taken (our choice), so that an engine has solved an instance only if more than half of its runs did. A run that
    finished after the limit counts as a timeout.

    Args:
        strict: refuse contradictions and instances on which an engine has no run; otherwise leave such instances
            out and say why in ``left_out``.

    Raises:
        InputError: no rows; several machines, time limits or memory limits; missing runs (strict).
        CheckFailed: engines contradict each other (strict).
    """
    if not table.num_rows:
        raise InputError.of(_MESSAGES["runs-none"])
    for name, words in (
        ("machine", "machines"),
        ("timeout_s", "time limits"),
        ("memory_limit_bytes", "memory limits"),
    ):
        if len(values := table.column(name).unique().to_pylist()) > 1:
            shown = ", ".join(str(value) for value in values[:4]) + (", ..." if len(values) > 4 else "")
            raise InputError.of(_MESSAGES["runs-mixed"], name=words, values=shown)
    left_out = {}
    for contradiction in contradictions(table):
        if strict:
            raise CheckFailed(f"error: engines contradict each other on {contradiction} [runs-contradiction]")
        left_out[contradiction.instance] = "contradiction"

    columns = {name: table.column(name).to_numpy(zero_copy_only=False) for name in table.column_names}
    row, instances = _codes(columns["instance"])
    engine, engines = _codes(engine_labels(table))
    cutoff_s = float(columns["timeout_s"][0])
    code = np.array([STATUSES.index(status) for status in columns["status"]], dtype=np.uint8)
    cpu_s = columns["cpu_s"].astype(np.float64)
    done = np.isin(columns["status"], sorted(SOLVED_STATUSES))
    late = done & (cpu_s > cutoff_s)
    done &= ~late
    code[late] = STATUSES.index("timeout")
    cpu_s = np.where(done, cpu_s, np.inf)

    cell = row * len(engines) + engine
    order = np.lexsort((code, cpu_s, cell))
    count = np.bincount(cell, minlength=len(instances) * len(engines))
    start = np.cumsum(count) - count
    shape = (len(instances), len(engines))
    if (empty := np.flatnonzero(count == 0)).size:
        if strict:
            i, e = divmod(int(empty[0]), len(engines))
            raise InputError.of(
                _MESSAGES["runs-incomplete"],
                engine=engines[e],
                instance=instances[i],
                count=empty.size,
                total=count.size,
            )
        for i in np.unique(empty // len(engines)):
            left_out.setdefault(instances[i], "incomplete")
    median = order[np.minimum(start + count // 2, len(order) - 1)]  # of an empty cell: any run, dropped below
    family = dict(zip(columns["instance"], columns["family"], strict=True))
    matrix = RunMatrix(
        instances=instances,
        engines=engines,
        families=tuple(str(family[instance]) for instance in instances),
        runtimes=np.where(done, cpu_s, cutoff_s)[median].reshape(shape),
        solved=done[median].reshape(shape),
        status=code[median].reshape(shape),
        cutoff_s=cutoff_s,
        left_out=left_out,
    )
    return matrix.take(np.array([instance not in left_out for instance in instances], dtype=bool))


def engine_labels(table: pa.Table) -> list[str]:
    """Name each row's engine: the engine alone, or with its version where the table has several of that engine."""
    pairs = list(zip(table.column("engine").to_pylist(), table.column("engine_version").to_pylist(), strict=True))
    versions: dict[str, set[str]] = {}
    for engine, version in pairs:
        versions.setdefault(engine, set()).add(version)
    return [f"{engine} {version}".rstrip() if len(versions[engine]) > 1 else engine for engine, version in pairs]


def _codes(values: Sequence[str] | npt.NDArray[Any]) -> tuple[npt.NDArray[np.int64], tuple[str, ...]]:
    """Number strings by first appearance."""
    numbers: dict[str, int] = {}
    codes = np.fromiter((numbers.setdefault(value, len(numbers)) for value in values), np.int64, len(values))
    return codes, tuple(numbers)
