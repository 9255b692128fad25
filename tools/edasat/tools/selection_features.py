"""The features that selectors look at, and what each way to look at a formula costs."""

from __future__ import annotations

import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from edasat.core.files import Cache, content_hash
from edasat.core.progress import Progress
from edasat.datasets.solver_runtimes import TABLE
from edasat.datasets.solver_runtimes_data import SolverRuntimes, load_instance
from edasat.models.grass.selector import Selector
from edasat.sat.dimacs import read_dimacs, write_dimacs
from edasat.sat.features.gbdc_baseline import gbdc_features
from edasat.sat.features.instance import FEATURE_NAMES, instance_features

_CACHE_VERSION: Final = 1
FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Measured:
    """Features of all rows of the table and what they cost: the three ways to look at a formula.

    Attributes:
        gbdc: float64, (rows, 58).
        own: float64, (rows, features).
        gbdc_s: float64, (rows,): warm CPU seconds, reading included; the same for the next two.
        own_s: of ``own``.
        grass_s: of reading, graph, features and network.
    """

    gbdc: FloatArray
    own: FloatArray
    gbdc_s: FloatArray
    own_s: FloatArray
    grass_s: FloatArray


def measure(data: SolverRuntimes, selector: Selector) -> Measured:
    """Compute features and costs of every formula, kept in the cache by the table's content."""
    import gbdc

    cache = Cache("selection-evaluation")
    key = f"{content_hash(table_of(data))}-{data.clause_budget}-{len(selector.ensemble.members)}-{_CACHE_VERSION}.npz"
    if (path := cache.get(key)) is not None:
        with np.load(path, allow_pickle=False) as kept:
            return Measured(**kept)
    rows: dict[str, list[Any]] = {name: [] for name in Measured.__dataclass_fields__}
    instances = data.matrix.instances
    with tempfile.TemporaryDirectory() as folder, Progress("features", len(instances)) as progress:
        file = Path(folder) / "formula.cnf"
        for number, instance in enumerate((instances[0], *instances)):  # the first one again: it compiles and warms up
            write_dimacs(load_instance(instance, Path(data.folder) if data.folder else None), file)
            gbdc_values = gbdc_features(file)  # in a process of its own, so a second call tells the time
            start = time.process_time()
            gbdc.extract_base_features(str(file))
            middle = time.process_time()
            own = instance_features(read_dimacs(file))
            end = time.process_time()
            [selection] = selector.predict([file])
            if number:
                rows["gbdc"].append(list(gbdc_values.values()))
                rows["own"].append([own[name] for name in FEATURE_NAMES])
                rows["gbdc_s"].append(middle - start)
                rows["own_s"].append(end - middle)
                rows["grass_s"].append(sum(selection.timings.values()))
                progress.step(instance)
    arrays = {name: np.nan_to_num(np.array(values, dtype=np.float64)) for name, values in rows.items()}
    with cache.put(key) as kept_file:
        np.savez(kept_file, **arrays)  # type: ignore[arg-type]
    return Measured(**arrays)


def table_of(data: SolverRuntimes) -> Path:
    """Return the file that the labels come from."""
    return Path(data.table) if data.table else TABLE
