"""Writing tables for people and programs: CSV or Parquet by the suffix of the name."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from edasat.core.errors import InputError
from edasat.core.files import atomic_write

if TYPE_CHECKING:
    import pyarrow as pa


def write_table(table: pa.Table, path: str | Path) -> None:
    """Write a table as ``.csv`` or ``.parquet``.

    Raises:
        InputError: for another suffix.
    """
    import pyarrow.csv
    import pyarrow.parquet

    suffix = Path(path).suffix.lower()
    if suffix not in {".parquet", ".csv"}:
        raise InputError(f"cannot tell the format of '{path}'", hint="name it .parquet or .csv")
    with atomic_write(path) as file:
        if suffix == ".parquet":
            pyarrow.parquet.write_table(table, file, compression="zstd")
        else:
            pyarrow.csv.write_csv(table, file)
