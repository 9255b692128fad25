"""Training of one wire network with Lightning."""

from __future__ import annotations

from typing import Any, Final

import lightning as L
import torch
import torch.nn.functional as F
from torch import Tensor

from edasat.datasets.timing.wires import LabelledNets
from edasat.eda.timing.wires import OHM_FF

from .network import WireConfig, WireNetwork
from .tree_sums import sum_along, sum_behind

#: Errors of delay beyond this many ns count linearly, smaller ones by their square.
_LARGE_ERROR: Final = 2e-3
_PS: Final = 1e-3


class WireModule(L.LightningModule):
    """One network in training; all arguments are plain values, so checkpoints load with ``weights_only=True``.

    What counts is what errors of wires do to delay: the driver slows down by its slope times the error of the load,
    and the wire itself is late by the error of its Elmore delay. Both, and their sum, are compared with extraction at
    every load pin. The gradient takes the same way through resistors and capacitors as in the timing layer.

    Args:
        libraries: names of the cell libraries in training, see :class:`WireConfig`, as for the next three.
        width: columns of the wire states.
        rounds: of message passing.
        dropout: in the outputs.
        learning_rate: the highest one; it rises and falls in one cycle over all steps.
        weight_decay: of AdamW.
        library_decay: weight of the squares of the libraries' own offsets.
    """

    def __init__(
        self,
        libraries: tuple[str, ...],
        width: int = 32,
        rounds: int = 2,
        dropout: float = 0.0,
        learning_rate: float = 5e-3,
        weight_decay: float = 1e-3,
        library_decay: float = 1e-2,
    ) -> None:
        super().__init__()
        self.save_hyperparameters()
        self.learning_rate, self.weight_decay, self.library_decay = learning_rate, weight_decay, library_decay
        self.network = WireNetwork(WireConfig(width, rounds, dropout, tuple(libraries)))

    def setup(self, stage: str) -> None:
        """Take the spread of the features from the training nets."""
        if stage == "fit":
            self.network.set_statistics(self.trainer.datamodule.training_nets.forest)

    def training_step(self, batch: LabelledNets, batch_index: int) -> Tensor:
        """Return the loss."""
        loss = wire_loss(self.network, batch)
        self.log("train_loss", loss, batch_size=1, on_step=False, on_epoch=True, sync_dist=True)
        return loss + self.library_decay * self.network.library.square().sum()

    def validation_step(self, batch: LabelledNets, batch_index: int) -> None:
        """Log the loss, each design with the same weight."""
        loss = wire_loss(self.network, batch)
        self.log("val_loss", loss, batch_size=1, on_step=False, on_epoch=True, sync_dist=True)

    def configure_optimizers(self) -> Any:
        """AdamW with one cycle of the learning rate."""
        optimizer = torch.optim.AdamW(self.parameters(), lr=self.learning_rate, weight_decay=self.weight_decay)
        steps = int(self.trainer.estimated_stepping_batches)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, self.learning_rate, total_steps=max(steps, 2))
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}


def wire_loss(network: WireNetwork, batch: LabelledNets) -> Tensor:
    """Return the mean loss over the load pins of some nets."""
    forest, labels = batch.forest, batch.labels
    wires = network(forest)
    behind = sum_behind(wires.capacitance + labels.pin_load, forest.parent)
    elmore = sum_along(wires.resistance * behind * OHM_FF, forest.parent)
    load = wires.capacitance.new_zeros(forest.num_nets).index_add(0, forest.net_of, wires.capacitance)
    known = labels.elmore.isfinite() & forest.has_wire
    of_driver = (labels.drive * (load - labels.capacitance))[forest.net_of][known]
    of_wire = (elmore - labels.elmore)[known]
    return _huber(of_driver + of_wire) + _huber(of_driver) + _huber(of_wire)


def _huber(error: Tensor) -> Tensor:
    """Return the mean loss of errors in ns, in squares of ps."""
    return F.huber_loss(error / _PS, torch.zeros_like(error), delta=_LARGE_ERROR / _PS)
