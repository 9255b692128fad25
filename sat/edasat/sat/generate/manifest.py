"""The manifest of generated formulas: one row each, as JSON lines and as Parquet, with units in the schema."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from edasat.core.errors import InputError
from edasat.core.files import atomic_write, printable, read_bytes

from ..structure import FIGURES
from .measure import SEARCHES

if TYPE_CHECKING:
    import pyarrow as pa

#: Names of the two files; equal rows in both.
JSON_LINES: Final = "manifest.jsonl"
PARQUET: Final = "manifest.parquet"

_SCHEMA_VERSION: Final = b"edasat-generated/1"

_FIRST: Final = (
    ("file", "string", "name beside the manifest"),
    ("parent", "string", "formula that it is like"),
    ("partners", "list<string>", "further parents"),
    ("method", "string", "how it was made"),
    ("seed", "int64", "seed of the run; with the attempt it gives the random numbers"),
    ("attempt", "int64", "number of the attempt that made it"),
    ("status", "string", "sat or unsat"),
    ("checked", "string", "what the status rests on: proof (DRAT, checked) or model"),
    ("isohash", "string", "gbdc's isohash2: equal for renamed, flipped and reordered formulas"),
    ("formula_hash", "string", "of the clauses as they stand"),
    ("file_hash", "string", "BLAKE2b-128 of the compressed file"),
    ("num_vars", "int64", "in the header"),
    ("num_clauses", "int64", ""),
    ("num_literals", "int64", "occurrences"),
    ("preprocess_cpu_s", "double", "CPU s of three rounds of CaDiCaL's preprocessor"),
    ("num_vars_after", "int64", "variables that it left"),
    ("num_clauses_after", "int64", "clauses that it left"),
    ("decided", "string", "its answer where it left nothing to search"),
    ("blocked_share", "double", "share of clauses that blocked clause elimination and unit propagation remove"),
)
_SEARCH: Final = (
    ("status", "string", "sat, unsat, budget, timeout, memout or crash"),
    ("conflicts", "int64", "until the answer"),
    ("cpu_s", "double", "CPU s of loading and solving; the limit for a timeout"),
)
_LAST: Final = (
    ("conflict_ratio", "double", "conflicts over those of the parent: CaDiCaL after preprocessing; accepted by it"),
    ("cpu_ratio", "double", "the same of CPU seconds"),
    ("glucose_conflict_ratio", "double", "conflicts over those of the parent: Glucose after preprocessing"),
    ("glucose_cpu_ratio", "double", "the same of CPU seconds"),
    ("core_size", "int64", "clauses of the core that the proof left; empty for sat"),
    ("proof_lemmas", "int64", "lemmas of the proof before trimming; empty for sat"),
    ("new_core_share", "double", "share of the core's clauses that are not of the parent's core; empty for sat"),
    *(
        (f"distance_{name}", "double", "from the parent, see edasat.sat.structure.distance")
        for name in (*FIGURES, "overall")
    ),
    ("generate_cpu_s", "double", "CPU s of making it"),
    ("measure_cpu_s", "double", "CPU s of all solver runs and preprocessing"),
    ("check_cpu_s", "double", "CPU s of checking proof or model"),
    ("cpu_s", "double", "CPU s of this attempt in all, without those that were rejected"),
    ("versions", "string", "of edasat and python-sat"),
    ("machine", "string", "where it was measured"),
)


def columns() -> tuple[tuple[str, str, str], ...]:
    """Return name, type and meaning of every column, in order."""
    searches = (
        (f"{search}_{name}", kind, f"{search.replace('_', ' ')} preprocessing: {meaning}")
        if search.endswith("after")
        else (f"{search}_{name}", kind, f"{search} on the formula as it is: {meaning}")
        for search in SEARCHES
        for name, kind, meaning in _SEARCH
    )
    return (*_FIRST, *searches, *_LAST)


@cache
def schema() -> pa.Schema:
    """Return the Arrow schema; field metadata carry the meaning."""
    import pyarrow as pa

    kinds = {"list<string>": pa.list_(pa.string())}
    fields = [
        pa.field(name, kinds.get(kind) or pa.type_for_alias(kind), metadata={"meaning": meaning})
        for name, kind, meaning in columns()
    ]
    return pa.schema(fields, metadata={b"schema": _SCHEMA_VERSION})


def write_manifest(rows: Sequence[Mapping[str, Any]], folder: Path, scratch: Path) -> None:
    """Write both files into a folder; each is there as a whole, the old or the new one, at any moment.

    Args:
        rows: one mapping each, from every column to its value.
        folder: where they go.
        scratch: a folder of the same file system for unfinished files, which a kill may leave behind.
    """
    import pyarrow as pa
    import pyarrow.parquet

    ordered = [{name: row[name] for name, _, _ in columns()} for row in rows]
    with atomic_write(scratch / PARQUET) as file:
        pa.parquet.write_table(pa.Table.from_pylist(ordered, schema()), file, compression="zstd")
    with atomic_write(scratch / JSON_LINES, "w") as file:
        file.writelines(json.dumps(row) + "\n" for row in ordered)
    for name in (PARQUET, JSON_LINES):
        (scratch / name).replace(folder / name)


def read_manifest(place: str | Path) -> list[dict[str, Any]]:
    """Return the rows of a manifest.

    Args:
        place: the JSON lines, or the folder that holds them.

    Raises:
        InputError: if there is none, or a line is none of a manifest.
    """
    path = Path(place)
    path = path / JSON_LINES if path.is_dir() else path
    rows = []
    wanted = {name for name, _, _ in columns()}
    for number, line in enumerate(read_bytes(path).splitlines(), 1):
        try:
            row = json.loads(line)
        except ValueError:
            row = None
        if not isinstance(row, dict) or set(row) != wanted:
            raise InputError("not a line of a manifest", path=printable(path), line=number, code="manifest-damaged")
        rows.append(row)
    return rows
