"""Writing tables for people and programs: CSV or Parquet by the suffix of the name."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from edasat.core.errors import InputError
from edasat.core.files import atomic_write, check_writable, printable

if TYPE_CHECKING:
    import pyarrow as pa


_SUFFIXES: Final = (".parquet", ".csv")


def check_table_path(path: str | Path) -> str:
    """Return the suffix of a table's name; commands ask before hours of work, not after.

    Raises:
        InputError: for a suffix other than ``.parquet`` and ``.csv``, or a place that cannot be written.
    """
    suffix = Path(path).suffix.lower()
    if suffix not in _SUFFIXES:
        raise InputError(
            f"cannot tell the format of '{printable(path)}'", code="table-suffix", hint="name it .parquet or .csv"
        )
    check_writable(path)
    return suffix


def write_table(table: pa.Table, path: str | Path) -> None:
    """Write a table as ``.csv`` or ``.parquet``.

    Raises:
        InputError: see :func:`check_table_path`.
    """
    import pyarrow.csv
    import pyarrow.parquet

    suffix = check_table_path(path)
    with atomic_write(path) as file:
        if suffix == ".parquet":
            pyarrow.parquet.write_table(table, file, compression="zstd")
        else:
            pyarrow.csv.write_csv(table, file)
