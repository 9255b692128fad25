"""Runtimes of SAT engines as training data: the split, the folds and the batches.

The held-out instances are drawn by a stable hash of each formula's structure, so that the list never changes when the
table grows and isomorphic copies stay on one side; the held-out families are named below. Both were fixed before any
model was trained. Everything else is training data, cut into folds for validation; nothing is ever chosen on the test
parts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from torch.utils.data import DataLoader, Dataset

from edasat.core.progress import Progress
from edasat.sat import benchmark
from edasat.sat.cnf import Cnf
from edasat.sat.runs import RunMatrix, to_matrix

from .batches import IntArray, fold_numbers, stable_fraction
from .formula_batches import FormulaData
from .formula_graphs import FormulaBatch, FormulaGraph, GraphCache, batch_graphs
from .solver_runtimes import load

#: Families that no model sees in training; named before the first training run and before any label was looked at. Each
#: is of another group; some have a sibling in training (Tseitin formulas on another graph), some have none (golfers).
HELD_OUT_FAMILIES: Final = frozenset(
    {
        "multiplier-architecture",
        "bmc-equivalent-machines",
        "shift-register",
        "tseitin-regular",
        "two-per-hole",
        "social-golfer",
        "sliding-tiles-unsat",
        "random-5sat",
    }
)

#: Share of the remaining instances held out.
TEST_SHARE: Final = 0.2


@dataclass(frozen=True)
class Split:
    """Rows of a run matrix; each row stands in exactly one part.

    Attributes:
        train: int64 row numbers.
        test_instances: unseen instances of families that training knows.
        test_families: all instances of :data:`HELD_OUT_FAMILIES`.
    """

    train: IntArray
    test_instances: IntArray
    test_families: IntArray


def split_rows(families: Sequence[str], groups: Sequence[str], test_share: float = TEST_SHARE) -> Split:
    """Split instances by family name and by group.

    Args:
        families: family of each instance.
        groups: near-duplicates share one; see :func:`edasat.datasets.formula_graphs.structure_hash`.

    >>> split_rows(["a", "a", "a"], ["1", "2", "2"]).train.tolist()
    [0, 1, 2]
    """
    held_out_groups = {g for f, g in zip(families, groups, strict=True) if f in HELD_OUT_FAMILIES}
    parts: dict[str, list[int]] = {"train": [], "test_instances": [], "test_families": []}
    for row, (family, group) in enumerate(zip(families, groups, strict=True)):
        if family in HELD_OUT_FAMILIES:
            parts["test_families"].append(row)
        elif stable_fraction(group, "test") < test_share or group in held_out_groups:
            parts["test_instances"].append(row)
        else:
            parts["train"].append(row)
    return Split(**{name: np.array(rows, dtype=np.int64) for name, rows in parts.items()})


def load_instance(instance: str, folder: Path | None = None) -> Cnf:
    """Return the formula that a run table names: ``<family>-<size>-<seed>`` or the path of a file.

    Args:
        folder: where relative paths start; None stands for the current folder.

    Raises:
        InputError: if it is neither.
    """
    path = (folder or Path()) / instance
    return benchmark.load_instance(instance, str(path) if path.is_file() else "")


class LabelledFormulas(Dataset[int]):
    """Graphs and runtimes in memory. Items are row numbers; :meth:`batch` joins them.

    Args:
        matrix: runtimes.
        graphs: one per row of the matrix.
        groups: structure hash of each row as text; near-duplicates share it.
    """

    def __init__(self, matrix: RunMatrix, graphs: Sequence[FormulaGraph], groups: Sequence[str]) -> None:
        self.matrix = matrix
        self.graphs = graphs
        self.groups = groups

    def __len__(self) -> int:
        return len(self.graphs)

    def __getitem__(self, row: int) -> int:
        return row

    def batch(self, rows: Sequence[int]) -> FormulaBatch:
        """Return some rows as one labelled batch."""
        index = np.asarray(rows, dtype=np.int64)
        graphs = batch_graphs([self.graphs[row] for row in rows])
        return graphs.with_labels(self.matrix.runtimes[index], self.matrix.solved[index])

    @cached_property
    def instance_x(self) -> npt.NDArray[np.float32]:
        """float32, (rows, NUM_INSTANCE_FEATURES): raw instance features."""
        return np.stack([graph.instance_x for graph in self.graphs])


def read_table(table: Path | str | None = None) -> tuple[RunMatrix, dict[str, str]]:
    """Read a run table; return its matrix and the content hash of each instance ("" where unknown).

    Args:
        table: run table, Parquet or CSV; None for the one shipped.

    Raises:
        InputError: if the table is missing or wrong.
    """
    runs = load(table)
    hashes = zip(runs.column("instance").to_pylist(), runs.column("instance_hash").to_pylist(), strict=True)
    return to_matrix(runs, strict=False), dict(hashes)


def load_formulas(
    table: Path | str | None = None, folder: Path | str | None = None, clause_budget: int | None = None
) -> LabelledFormulas:
    """Read a run table and build (or fetch from the cache) the graph of every instance.

    Args:
        table: see :func:`read_table`.
        folder: where the paths in the table start.
        clause_budget: clauses kept per formula; larger formulas are thinned.

    Raises:
        InputError: if the table is missing or wrong, or an instance cannot be found.
    """
    matrix, hashes = read_table(table)
    cache = GraphCache(clause_budget)
    graphs, groups = [], []
    with Progress("formula graphs", matrix.num_instances) as progress:
        for instance in matrix.instances:
            found = cache.load(hashes[instance]) if hashes[instance] else None
            graph, structure = found or cache.build(load_instance(instance, Path(folder) if folder else None))
            graphs.append(graph)
            groups.append(f"{structure:016x}")
            progress.step(instance)
    return LabelledFormulas(matrix, graphs, groups)


class SolverRuntimes(FormulaData):
    """Batches of formulas with the runtime of every engine.

    Args:
        table: run table, Parquet or CSV; default the one shipped.
        folder: where the paths in the table start; instance ids need none.
        fold: fold used for validation; the others train.
        num_folds: number of folds of the training part.
        clause_budget: clauses kept per formula; larger ones are thinned.
        batch_size: formulas per batch.
        batch_clauses: clauses per batch.
        all_rows: train on the whole table, with no test part: for users' own tables.
        seed: order of the batches.
    """

    def __init__(
        self,
        table: str | None = None,
        folder: str | None = None,
        fold: int = 0,
        num_folds: int = 5,
        clause_budget: int = 8_000,
        batch_size: int = 32,
        batch_clauses: int = 80_000,
        all_rows: bool = False,
        seed: int = 0,
    ) -> None:
        super().__init__(fold, num_folds, batch_size, batch_clauses, seed)
        self.table, self.folder = table, folder
        self.clause_budget, self.all_rows = clause_budget, all_rows

    @cached_property
    def matrix(self) -> RunMatrix:
        """Runtimes of the whole table."""
        return read_table(self.table)[0]

    @property
    def engines(self) -> list[str]:
        """Names of the engines, in the order of the labels."""
        return list(self.matrix.engines)

    @property
    def cutoff_s(self) -> float:
        """CPU time limit of the runs in seconds."""
        return self.matrix.cutoff_s

    @cached_property
    def formulas(self) -> LabelledFormulas:
        """Graphs and labels of the whole table."""
        return load_formulas(self.table, self.folder, self.clause_budget)

    @cached_property
    def split(self) -> Split:
        """Rows of the table by part."""
        if self.all_rows:
            none = np.zeros(0, dtype=np.int64)
            return Split(np.arange(len(self.formulas), dtype=np.int64), none, none)
        return split_rows(self.formulas.matrix.families, self.formulas.groups)

    @property
    def fold_rows(self) -> tuple[IntArray, IntArray]:
        """Rows for training and for validation."""
        train = self.split.train
        inside = fold_numbers([self.formulas.groups[row] for row in train], self.num_folds) == self.fold
        return train[~inside], train[inside]

    def sizes(self, rows: IntArray) -> IntArray:
        """Return the clauses of the graphs of some rows."""
        return np.array([self.formulas.graphs[row].num_clauses for row in rows], dtype=np.int64)

    def prepare_data(self) -> None:
        """Fill the graph cache, once per machine."""
        load_formulas(self.table, self.folder, self.clause_budget)

    def test_dataloader(self) -> list[DataLoader[Any]]:
        """Held-out instances, then held-out families."""
        return [self.loader(self.split.test_instances), self.loader(self.split.test_families)]
