"""Runtimes of SAT engines as training data: the split, the folds and the batches.

The held-out instances are drawn by a stable hash of each formula's structure, so that the list never changes when the
table grows and isomorphic copies stay on one side; the held-out families are named below. Both were fixed before any
model was trained. Everything else is training data, cut into folds for validation; nothing is ever chosen on the test
parts.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import lightning as L
import numpy as np
import numpy.typing as npt
import torch
from torch.utils.data import DataLoader, Dataset, Sampler

from edasat.core.errors import InputError
from edasat.core.progress import Progress
from edasat.sat import benchmark
from edasat.sat.cnf import Cnf
from edasat.sat.runs import RunMatrix, to_matrix

from .formula_graphs import FormulaBatch, FormulaGraph, GraphCache, batch_graphs
from .solver_runtimes import load

IntArray = npt.NDArray[np.int64]

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


def fold_numbers(groups: Sequence[str], num_folds: int) -> IntArray:
    """Return the fold of each instance, int64 from 0; instances of one group share a fold."""
    return np.array([int(stable_fraction(g, "fold") * num_folds) for g in groups], dtype=np.int64)


def stable_fraction(key: str, purpose: str) -> float:
    """Return a number in [0, 1) that depends on nothing but its arguments."""
    digest = hashlib.blake2b(f"{purpose}:{key}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64


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


class BudgetBatches(Sampler[list[int]]):
    """Batches of up to ``batch_size`` rows and ``clause_budget`` clauses, in a new order every epoch.

    All processes of a distributed run draw the same order and take every ``world_size``-th batch of it; the last round
    is filled up from the start, so that each does the same number of steps.

    Args:
        rows: row numbers.
        clauses: clauses of each of them.
        batch_size: most rows in a batch.
        clause_budget: most clauses in a batch; a larger formula is a batch of its own.
        shuffle: False keeps the order of ``rows``.
        seed: of the orders.
        rank: number of this process.
        world_size: number of processes.
    """

    def __init__(
        self,
        rows: IntArray,
        clauses: IntArray,
        *,
        batch_size: int,
        clause_budget: int,
        shuffle: bool,
        seed: int = 0,
        rank: int = 0,
        world_size: int = 1,
    ) -> None:
        self.rows, self.clauses = rows, clauses
        self.batch_size, self.clause_budget = batch_size, clause_budget
        self.shuffle, self.seed = shuffle, seed
        self.rank, self.world_size = rank, world_size
        self.epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Choose the order; Lightning calls this before each epoch."""
        self.epoch = epoch

    def __iter__(self) -> Iterator[list[int]]:
        return iter(self._batches())

    def __len__(self) -> int:
        return len(self._batches())

    def _batches(self) -> list[list[int]]:
        order: IntArray = np.arange(len(self.rows))
        if self.shuffle:
            order = np.random.default_rng([self.seed, self.epoch]).permutation(order)
        batches: list[list[int]] = []
        size = 0
        for place in order:
            cost = int(self.clauses[place])
            if not batches or len(batches[-1]) == self.batch_size or size + cost > self.clause_budget:
                batches.append([])
                size = 0
            batches[-1].append(int(self.rows[place]))
            size += cost
        rounds = -(-len(batches) // self.world_size)
        return [batches[(self.rank + i * self.world_size) % len(batches)] for i in range(rounds)]


class SolverRuntimes(L.LightningDataModule):
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
        super().__init__()
        if not 0 <= fold < num_folds or num_folds < 2:
            raise InputError(f"fold {fold} of {num_folds}: expected at least 2 folds, numbered from 0")
        self.table, self.folder, self.fold, self.num_folds = table, folder, fold, num_folds
        self.clause_budget, self.batch_size, self.batch_clauses = clause_budget, batch_size, batch_clauses
        self.all_rows, self.seed = all_rows, seed

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

    def prepare_data(self) -> None:
        """Fill the graph cache, once per machine."""
        load_formulas(self.table, self.folder, self.clause_budget)

    def setup(self, stage: str) -> None:
        """Load the graphs and check that every part needed has rows."""
        train, validation = self.fold_rows
        if stage == "fit" and not (len(train) and len(validation)):
            raise InputError(
                f"fold {self.fold} of {self.num_folds} has {len(train)} training and {len(validation)} validation rows",
                hint="give a larger run table or fewer folds",
            )

    def train_dataloader(self) -> DataLoader[Any]:
        """Shuffled batches of the training folds."""
        trainer = self.trainer
        return self.loader(
            self.fold_rows[0],
            shuffle=True,
            rank=trainer.global_rank if trainer else 0,
            world_size=trainer.world_size if trainer else 1,
        )

    def val_dataloader(self) -> DataLoader[Any]:
        """Batches of the validation fold."""
        return self.loader(self.fold_rows[1])

    def test_dataloader(self) -> list[DataLoader[Any]]:
        """Held-out instances, then held-out families."""
        return [self.loader(self.split.test_instances), self.loader(self.split.test_families)]

    def loader(self, rows: IntArray, *, shuffle: bool = False, rank: int = 0, world_size: int = 1) -> DataLoader[Any]:
        """Return batches of some rows of the table."""
        clauses = np.array([self.formulas.graphs[row].num_clauses for row in rows], dtype=np.int64)
        batches = BudgetBatches(
            rows,
            clauses,
            batch_size=self.batch_size,
            clause_budget=self.batch_clauses,
            shuffle=shuffle,
            seed=self.seed,
            rank=rank,
            world_size=world_size,
        )
        # The graphs are in memory and joining them is cheap: worker processes would only copy.
        return DataLoader(self.formulas, batch_sampler=batches, collate_fn=self.formulas.batch, num_workers=0)

    def transfer_batch_to_device(self, batch: FormulaBatch, device: torch.device, dataloader_idx: int) -> FormulaBatch:
        """Move a batch."""
        return batch.to(device)
