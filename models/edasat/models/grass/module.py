"""Training of one network with Lightning."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import lightning as L
import torch
from torch import Tensor

from edasat.core.errors import InputError
from edasat.datasets.formula_graphs import FormulaBatch

from .losses import LOSSES
from .network import Grass, GrassConfig
from .runtime import LogNormal


class GrassModule(L.LightningModule):
    """One GraSS network in training; all arguments are plain values, so checkpoints load with ``weights_only=True``.

    Args:
        engines: names of the engines, in the order of the labels.
        cutoff_s: CPU time limit of the labelled runs in seconds.
        num_layers: see :class:`GrassConfig`, as for the next five.
        width: columns of the node states.
        position_dims: columns of the clause positions; 0 for none.
        instance_features: whether features of the whole formula join the head.
        head_width: hidden units of the head; 0 for a linear head.
        dropout: dropout in the head.
        losses: weight of each loss of :mod:`edasat.models.grass.losses`.
        shuffle_clauses: permute the clause positions of each formula at every step.
        learning_rate: of AdamW; it falls along a half cosine to a hundredth over all epochs.
        weight_decay: of AdamW.
    """

    def __init__(
        self,
        engines: list[str],
        cutoff_s: float,
        num_layers: int = 3,
        width: int = 32,
        position_dims: int = 10,
        instance_features: bool = True,
        head_width: int = 64,
        dropout: float = 0.1,
        losses: dict[str, float] | None = None,
        shuffle_clauses: bool = False,
        learning_rate: float = 3e-3,
        weight_decay: float = 1e-2,
    ) -> None:
        super().__init__()
        losses = {"censored": 1.0, "pairwise": 1.0} if losses is None else losses
        if unknown := sorted(set(losses) - set(LOSSES)):
            raise InputError(f"there is no loss '{unknown[0]}'", hint=f"losses are {', '.join(LOSSES)}")
        self.save_hyperparameters()
        self.engines, self.cutoff_s, self.losses = engines, cutoff_s, losses
        self.shuffle_clauses = shuffle_clauses
        self.learning_rate, self.weight_decay = learning_rate, weight_decay
        self.network = Grass(
            GrassConfig(len(engines), num_layers, width, position_dims, instance_features, head_width, dropout)
        )

    def setup(self, stage: str) -> None:
        """Take the spread of the instance features from the training folds."""
        if stage == "fit" and self.network.config.instance_features:
            data = self.trainer.datamodule
            rows, _ = data.fold_rows
            self.network.set_instance_statistics(torch.from_numpy(data.formulas.instance_x[rows]))

    def training_step(self, batch: FormulaBatch, batch_index: int) -> Tensor:
        """Return the weighted sum of the losses."""
        if self.shuffle_clauses:
            batch = shuffle_clauses(batch)
        return self._loss(self.network(batch), batch, "train")

    def validation_step(self, batch: FormulaBatch, batch_index: int) -> None:
        """Log the loss, and the PAR-2 of the choices in CPU seconds."""
        runtime = self.network(batch)
        self._loss(runtime, batch, "val")
        assert batch.runtime_s is not None and batch.solved is not None
        par2 = torch.where(batch.solved, batch.runtime_s, 2 * self.cutoff_s)
        choice = runtime.expected_par(self.cutoff_s).argmin(dim=1, keepdim=True)
        self._log("val_par2", par2.gather(1, choice).mean(), batch)

    def configure_optimizers(self) -> Any:
        """AdamW with a cosine schedule over the epochs."""
        optimizer = torch.optim.AdamW(self.parameters(), lr=self.learning_rate, weight_decay=self.weight_decay)
        epochs = max(1, self.trainer.max_epochs or 1)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs, eta_min=self.learning_rate / 100)
        return {"optimizer": optimizer, "lr_scheduler": schedule}

    def _loss(self, runtime: LogNormal, batch: FormulaBatch, stage: str) -> Tensor:
        assert batch.runtime_s is not None and batch.solved is not None
        total = runtime.mean.new_zeros(())
        for name, weight in self.losses.items():
            loss = LOSSES[name](runtime, batch.runtime_s, batch.solved, self.cutoff_s)
            self._log(f"{stage}_{name}", loss, batch)
            total = total + weight * loss
        self._log(f"{stage}_loss", total, batch)
        return total

    def _log(self, name: str, value: Tensor, batch: FormulaBatch) -> None:
        self.log(name, value, batch_size=batch.num_formulas, on_step=False, on_epoch=True, sync_dist=True)


def shuffle_clauses(batch: FormulaBatch) -> FormulaBatch:
    """Permute the clause positions within each formula, which is what shuffling the clauses of the files would do."""
    start, order = 0, []
    for count in batch.clauses_per_formula:
        order.append(start + torch.randperm(count, device=batch.clause_position.device))
        start += count
    index = torch.cat(order)
    return replace(batch, clause_position=batch.clause_position[index], clause_fraction=batch.clause_fraction[index])
