"""Training of the published kind of network with Lightning."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import lightning as L
import torch
from torch import Tensor

from .pin_batch import PinBatch
from .pin_network import PinConfig, PinNetwork, PinTimes


class PinModule(L.LightningModule):
    """A network in training.

    The loss adds up mean squared errors of net delays, cell delays, arrivals and slews, as published; each in units of
    its spread in training data (our choice), since arrivals vary by far more than the rest.

    Args:
        config: of the network, as plain values.
        forced_share: share of the epochs, the first ones, in which every edge starts from sign-off times (teacher
            forcing, as published for all of training); in the others from predicted ones, as in use (our choice).
        learning_rate: of Adam; it falls along a half cosine to a hundredth over all epochs (our choice).
    """

    spread: Tensor

    def __init__(self, config: dict[str, Any], forced_share: float = 0.5, learning_rate: float = 3e-3) -> None:
        super().__init__()
        self.save_hyperparameters()
        self.network = PinNetwork(PinConfig(**config))
        self.forced_share, self.learning_rate = forced_share, learning_rate
        self.register_buffer("spread", torch.ones(4))

    def set_statistics(self, batches: Sequence[PinBatch]) -> None:
        """Take means and spreads from training data."""
        self.network.set_statistics(list(batches))
        parts = [torch.cat(part) for part in zip(*(_labels(batch) for batch in batches), strict=True)]
        self.spread.copy_(torch.stack([part.std().clamp(min=0.05) for part in parts]))

    def training_step(self, batch: PinBatch, batch_index: int) -> Tensor:
        """Return the loss."""
        forced = self.current_epoch < self.forced_share * (self.trainer.max_epochs or 1)
        found = self.network(batch, batch.label_state if forced else None)
        return self.loss(found, batch)

    def loss(self, found: PinTimes, batch: PinBatch) -> Tensor:
        """Return the loss of predicted times."""
        predicted = _select(batch, found.net_delay, found.cell_delay, found.state)
        errors = [
            ((ours - label) / spread).square().mean()
            for ours, label, spread in zip(predicted, _labels(batch), self.spread, strict=True)
            if len(label)
        ]
        return torch.stack(errors).sum()

    def configure_optimizers(self) -> Any:
        """Adam with a cosine schedule over the epochs."""
        optimizer = torch.optim.Adam(self.parameters(), lr=self.learning_rate)
        epochs = max(1, self.trainer.max_epochs or 1)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs, eta_min=self.learning_rate / 100)
        return {"optimizer": optimizer, "lr_scheduler": schedule}


def _labels(batch: PinBatch) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Return the labels that count: net delays, cell delays, arrivals, slews; one-dimensional each."""
    assert batch.label_state is not None and batch.label_net_delay is not None and batch.label_cell_delay is not None
    return _select(batch, batch.label_net_delay, batch.label_cell_delay, batch.label_state)


def _select(
    batch: PinBatch, net_delay: Tensor, cell_delay: Tensor, state: Tensor
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    assert batch.label_cell_delay is not None
    predicted = slice(batch.num_given, None)
    arrival, slew = (part[predicted][batch.occurs[predicted]] for part in torch.split(state, 4, dim=1))
    happens = ~batch.label_cell_delay.isnan()
    return net_delay[batch.occurs[batch.load]], cell_delay[happens], arrival, slew
