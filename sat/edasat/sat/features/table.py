"""Feature tables of many formulas."""

from __future__ import annotations

import time
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from ..cnf import Cnf
from ..dimacs import read_dimacs
from .instance import FEATURE_NAMES, instance_features

if TYPE_CHECKING:
    import pyarrow as pa


def feature_table(formulas: Iterable[str | Path | Cnf]) -> pa.Table:
    """Compute the features of formulas given as files or records, one row each.

    Columns: ``name`` (string), ``content_hash`` (string, see :meth:`edasat.sat.cnf.Cnf.content_hash`), ``cpu_s``
    (double: CPU seconds for reading and computing, in a process where the code is compiled already), and the
    ``FEATURE_NAMES`` (double).

    Raises:
        InputError: if a file is damaged.
    """
    import pyarrow as pa

    rows = []
    for formula in formulas:
        start = time.process_time()
        cnf = formula if isinstance(formula, Cnf) else read_dimacs(formula)
        features = instance_features(cnf)
        rows.append(
            {
                "name": cnf.name,
                "content_hash": cnf.content_hash(),
                "cpu_s": time.process_time() - start,
                **features,
            }
        )
    text = [("name", pa.string()), ("content_hash", pa.string())]
    return pa.Table.from_pylist(rows, pa.schema([*text, *((name, pa.float64()) for name in ("cpu_s", *FEATURE_NAMES))]))
