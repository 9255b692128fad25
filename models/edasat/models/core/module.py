"""Training of one network with Lightning."""

from __future__ import annotations

from typing import Any

import lightning as L
import torch
from torch import Tensor

from edasat.datasets.cores import TRIVIAL_BASE_RATE
from edasat.datasets.formula_graphs import FormulaBatch

from ..evaluation.ranking import average_precision, lift
from .losses import cross_entropy, ranking
from .network import CoreConfig, CoreNet


class CoreModule(L.LightningModule):
    """One network in training; all arguments are plain values, so checkpoints load with ``weights_only=True``.

    Args:
        num_rounds: see :class:`CoreConfig`, as for the next eight.
        width: columns of the node states.
        shared_rounds: one set of weights for all rounds.
        node_features: features of literals and clauses.
        hints: clause hints.
        position_dims: columns of the clause positions; 0 for none.
        context: means over the whole formula.
        head_width: hidden units of the head; 0 for a linear head.
        dropout: dropout in the head.
        ranking_weight: weight of the ranking loss beside the cross-entropy.
        learning_rate: of AdamW; it falls along a half cosine to a hundredth over all epochs.
        weight_decay: of AdamW.
    """

    def __init__(
        self,
        num_rounds: int = 6,
        width: int = 32,
        shared_rounds: bool = True,
        node_features: bool = True,
        hints: bool = True,
        position_dims: int = 10,
        context: bool = True,
        head_width: int = 64,
        dropout: float = 0.1,
        ranking_weight: float = 0.5,
        learning_rate: float = 3e-3,
        weight_decay: float = 1e-2,
    ) -> None:
        super().__init__()
        self.save_hyperparameters()
        self.ranking_weight, self.learning_rate, self.weight_decay = ranking_weight, learning_rate, weight_decay
        self.network = CoreNet(
            CoreConfig(
                num_rounds,
                width,
                shared_rounds,
                node_features,
                hints,
                position_dims,
                context,
                head_width,
                dropout,
            )
        )

    def training_step(self, batch: FormulaBatch, batch_index: int) -> Tensor:
        """Return the weighted sum of the losses."""
        return self._loss(self.network(batch), batch, "train")

    def validation_step(self, batch: FormulaBatch, batch_index: int) -> None:
        """Log the loss, and the mean lift over formulas that have something to remove."""
        logits = self.network(batch)
        self._loss(logits, batch, "val")
        assert batch.in_core is not None
        lifts = []
        for scores, in_core in zip(
            torch.split(logits, batch.clauses_per_formula),
            torch.split(batch.in_core, batch.clauses_per_formula),
            strict=True,
        ):
            base = float(in_core.float().mean())
            if 0 < base <= TRIVIAL_BASE_RATE:
                lifts.append(lift(average_precision(scores.cpu().numpy(), in_core.cpu().numpy()), base))
        if lifts:
            mean = torch.tensor(lifts, dtype=torch.float32).mean()
            self.log("val_lift", mean, batch_size=len(lifts), on_step=False, on_epoch=True, sync_dist=True)

    def configure_optimizers(self) -> Any:
        """AdamW with a cosine schedule over the epochs."""
        optimizer = torch.optim.AdamW(self.parameters(), lr=self.learning_rate, weight_decay=self.weight_decay)
        epochs = max(1, self.trainer.max_epochs or 1)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs, eta_min=self.learning_rate / 100)
        return {"optimizer": optimizer, "lr_scheduler": schedule}

    def _loss(self, logits: Tensor, batch: FormulaBatch, stage: str) -> Tensor:
        entropy, order = cross_entropy(logits, batch), ranking(logits, batch)
        total = entropy + self.ranking_weight * order
        for name, value in (("entropy", entropy), ("ranking", order), ("loss", total)):
            self.log(
                f"{stage}_{name}",
                value,
                batch_size=batch.num_formulas,
                on_step=False,
                on_epoch=True,
                sync_dist=True,
            )
        return total
