"""What labelled sets of formulas share: the data module with its folds."""

from __future__ import annotations

from typing import Any

from edasat.core.errors import InputError

from .batches import BudgetData


class FormulaData(BudgetData):
    """Batches of labelled formulas, split into folds.

    Subclasses have ``formulas``, a data set whose items are row numbers with a method ``batch`` that joins them.

    Args:
        fold: fold used for validation; the others train.
        num_folds: number of folds of the training part.
        batch_size: formulas per batch.
        batch_clauses: clauses per batch.
        seed: order of the batches.
    """

    formulas: Any

    def __init__(self, fold: int, num_folds: int, batch_size: int, batch_clauses: int, seed: int) -> None:
        super().__init__(batch_size, batch_clauses, seed)
        if not 0 <= fold < num_folds or num_folds < 2:
            raise InputError(f"fold {fold} of {num_folds}: expected at least 2 folds, numbered from 0")
        self.fold, self.num_folds = fold, num_folds

    @property
    def items(self) -> Any:
        """The formulas."""
        return self.formulas

    def setup(self, stage: str) -> None:
        """Load the graphs and check that every part needed has rows."""
        train, validation = self.fold_rows
        if stage == "fit" and not (len(train) and len(validation)):
            raise InputError(
                f"fold {self.fold} of {self.num_folds} has {len(train)} training and {len(validation)} validation rows",
                hint="give a larger table or fewer folds",
            )
