"""Cores as training data: graphs with labels and batches; the part of each row stands in the table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch.utils.data import Dataset

from edasat.core.errors import InputError
from edasat.core.progress import Progress
from edasat.sat.features.hints import clause_hints
from edasat.sat.tripartite import TripartiteArrays

from .batches import fold_numbers
from .core_sources import rebuild
from .cores import core_mask, load
from .formula_batches import FormulaData
from .formula_graphs import FormulaBatch, FormulaGraph, GraphCache, batch_graphs

IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class LabelledFormula:
    """One formula ready for training.

    Attributes:
        graph: the whole formula, not thinned.
        hints: float32, (num_clauses, NUM_HINTS): see :mod:`edasat.sat.features.hints`.
        in_core: bool, (num_clauses,).
        row: columns of the table that evaluations need.
    """

    graph: FormulaGraph
    hints: npt.NDArray[np.float32]
    in_core: npt.NDArray[np.bool_]
    row: Mapping[str, Any]

    @property
    def base_rate(self) -> float:
        """Share of the clauses in the core."""
        return float(self.in_core.mean()) if len(self.in_core) else 0.0


def graph_hints(graph: FormulaGraph) -> npt.NDArray[np.float32]:
    """Return the clause hints of a graph that was not thinned."""
    return clause_hints(
        TripartiteArrays(graph.num_vars, graph.clause_offsets, graph.literals, graph.literal_offsets, graph.clauses)
    )


def hinted_batch(graphs: Sequence[FormulaGraph], hints: Sequence[npt.NDArray[np.float32]]) -> FormulaBatch:
    """Join graphs and their clause hints."""
    return replace(batch_graphs(graphs), clause_hints=torch.from_numpy(np.concatenate(hints)))


class CoreFormulas(Dataset[int]):
    """Labelled formulas in memory. Items are row numbers; :meth:`batch` joins them."""

    def __init__(self, formulas: Sequence[LabelledFormula]) -> None:
        self.formulas = formulas

    def __len__(self) -> int:
        return len(self.formulas)

    def __getitem__(self, row: int) -> int:
        return row

    def batch(self, rows: Sequence[int]) -> FormulaBatch:
        """Return some rows as one labelled batch."""
        chosen = [self.formulas[row] for row in rows]
        batch = hinted_batch([one.graph for one in chosen], [one.hints for one in chosen])
        return replace(batch, in_core=torch.from_numpy(np.concatenate([one.in_core for one in chosen])))


@lru_cache(maxsize=2)  # one run after the other learns from the same table, and hints take a while
def load_formulas(table: Path | str | None = None, folder: Path | str | None = None) -> CoreFormulas:
    """Read a core table and build (or fetch from the cache) the graph of every formula.

    Args:
        table: None for the one that ships.
        folder: where the paths in the table start.

    Raises:
        InputError: if the table is missing or wrong, or a formula is not the one that was labelled.
    """
    rows = load(table).to_pylist()
    cache = GraphCache(None)
    formulas = []
    with Progress("formula graphs", len(rows)) as progress:
        for row in rows:
            found = cache.load(row["formula_hash"])
            if found is None:
                cnf = rebuild(row, Path(folder) if folder else None)
                if cnf.content_hash() != row["formula_hash"]:
                    raise InputError(
                        f"'{row['instance']}' is another formula than the one that was labelled",
                        path=str(table or ""),
                        hint="label it again with `edasat data build cores`",
                    )
                found = cache.build(cnf)
            formulas.append(LabelledFormula(found[0], graph_hints(found[0]), core_mask(row), row))
            progress.step(row["instance"])
    return CoreFormulas(formulas)


class Cores(FormulaData):
    """Batches of formulas with the label of every clause.

    Args:
        table: core table; default the one that ships.
        folder: where the paths in the table start; instance names need none.
        fold: fold used for validation; the others train.
        num_folds: number of folds of the training part.
        batch_size: formulas per batch.
        batch_clauses: clauses per batch.
        max_clauses: larger formulas train nothing.
        all_rows: train on the whole table, with no test part: for users' own tables.
        seed: order of the batches.
    """

    def __init__(
        self,
        table: str | None = None,
        folder: str | None = None,
        fold: int = 0,
        num_folds: int = 6,
        batch_size: int = 8,
        batch_clauses: int = 30_000,
        max_clauses: int = 12_000,
        all_rows: bool = False,
        seed: int = 0,
    ) -> None:
        super().__init__(fold, num_folds, batch_size, batch_clauses, seed)
        self.table, self.folder = table, folder
        self.max_clauses, self.all_rows = max_clauses, all_rows

    @cached_property
    def formulas(self) -> CoreFormulas:
        """Graphs and labels of the whole table."""
        return load_formulas(self.table, self.folder)

    def rows(self, part: str) -> IntArray:
        """Return the rows of one part of the split, see :mod:`.cores_split`."""
        parts = [one.row["part"] for one in self.formulas.formulas]
        if self.all_rows:
            parts = ["train"] * len(parts)
        return np.flatnonzero(np.array(parts) == part)

    @property
    def fold_rows(self) -> tuple[IntArray, IntArray]:
        """Rows for training and for validation."""
        train = self.rows("train")
        formulas = self.formulas.formulas
        train = train[[formulas[row].graph.num_clauses <= self.max_clauses for row in train]]
        inside = fold_numbers([formulas[row].row["group"] for row in train], self.num_folds) == self.fold
        return train[~inside], train[inside]

    def sizes(self, rows: IntArray) -> IntArray:
        """Return the clauses of some rows."""
        return np.array([self.formulas.formulas[row].graph.num_clauses for row in rows], dtype=np.int64)

    def prepare_data(self) -> None:
        """Fill the graph cache, once per machine."""
        load_formulas(self.table, self.folder)
