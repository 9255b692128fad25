"""Training of one network with Lightning."""

from __future__ import annotations

from typing import Any, Final

import lightning as L
import numpy as np
import torch
from torch import Tensor

from edasat.core.errors import InputError
from edasat.datasets.design_batches import QorBatch
from edasat.datasets.qor_rtl_data import NetworkName

from .embedding_network import Pooling
from .joint import JointEncoder
from .language_model import load_trunk
from .losses import Loss, answers, distance
from .network import NetworkConfig, QorNetwork, build_network
from .predictor import Predictor
from .text_network import TextEncoder

#: Networks that the halves of the joint one may start from.
_HALVES: Final = {"text": "text", "gates": "graph"}


class VeriDistill(L.LightningModule):
    """One network in training; all arguments are plain values, so checkpoints load with ``weights_only=True``.

    Args:
        num_conditions: columns that describe library and script; taken from the data.
        network: "text", "graph", "gates", "text+graph", "teacher", "embeddings" (a language model of Hugging
            Face, given by ``--data.language_model``) or "syntax" (syntax trees, to compare with).
        hidden: node states of graphs, see :class:`.graph_network.GraphConfig`, as for the next two.
        num_layers: rounds of message passing.
        dropout: in all parts.
        text_width: columns of the token states, and those that a language model's vectors are brought down to.
        text_layers: transformer layers.
        embedding_width: columns of the language model's vectors; taken from the data.
        pooling: of the language model's vectors: "mean" over all tokens, or "attention" over the lines.
        distil_weight: weight of the distance from the teacher's latents; it counts only where the data has these.
        loss: "log-cosh", with the cosine and squared distance of latents; or "mse", with which VeriDistill was
            published: squared errors of the answers and of the latents.
        trunk: file of the text encoder's trunk, pretrained by :mod:`.language_model`; None: random.
        start: folders of weights; what the network has in common with them (its halves, or all of it) starts from the
            member that left the same families out.
        learning_rate: of AdamW; it rises over a twentieth of all steps and falls along a half cosine.
        weight_decay: of AdamW.
    """

    def __init__(
        self,
        num_conditions: int,
        network: NetworkName = "graph",
        hidden: int = 48,
        num_layers: int = 3,
        dropout: float = 0.1,
        text_width: int = 64,
        text_layers: int = 2,
        embedding_width: int = 0,
        pooling: Pooling = "mean",
        distil_weight: float = 0.5,
        loss: Loss = "log-cosh",
        trunk: str | None = None,
        start: list[str] | None = None,
        learning_rate: float = 3e-3,
        weight_decay: float = 2e-2,
    ) -> None:
        super().__init__()
        self.save_hyperparameters()
        self.distil_weight, self.loss = distil_weight, loss
        self.trunk, self.start = trunk, start or []
        self.learning_rate, self.weight_decay = learning_rate, weight_decay
        config = NetworkConfig(
            network, num_conditions, hidden, num_layers, dropout, text_width, text_layers, embedding_width, pooling
        )
        self.network = build_network(config)

    def setup(self, stage: str) -> None:
        """Take the spread of the conditions from the training data, and trained weights to start from."""
        if stage == "fit":
            data = self.trainer.datamodule
            if self.trunk is not None:
                load_trunk(self.trunk, self._text().trunk)
            for folder in self.start:
                start_from(self.network, Predictor.load(folder), data.fold)
            rows, _ = data.fold_rows
            conditions = np.concatenate([data.items.designs[row].conditions for row in rows])
            self.network.head.set_condition_statistics(torch.from_numpy(conditions))

    def _text(self) -> TextEncoder:
        """Return the encoder of the text.

        Raises:
            InputError: if the network reads none.
        """
        encoder = self.network.encoder
        text = encoder.text if isinstance(encoder, JointEncoder) else encoder
        if not isinstance(text, TextEncoder):
            raise InputError(f"a network '{self.network.config.network}' reads no text", hint="leave out --model.trunk")
        return text

    def training_step(self, batch: QorBatch, batch_index: int) -> Tensor:
        """Return the loss of the answers, and the distance from the teacher."""
        outputs = self.network(batch)
        loss = answers(outputs, batch, self.loss)
        self._log("train_answers", loss, batch)
        if batch.teacher_latent is not None and self.distil_weight:
            gap = distance(outputs, batch, self.loss)
            self._log("train_distance", gap, batch)
            loss = loss + self.distil_weight * gap
        return loss

    def validation_step(self, batch: QorBatch, batch_index: int) -> None:
        """Log the loss, and the mean absolute errors of the logarithms."""
        outputs = self.network(batch)
        assert batch.log_area is not None and batch.log_delay is not None
        self._log("val_loss", answers(outputs, batch), batch)
        self._log("val_area", (outputs.log_area - batch.log_area).abs().nanmean(), batch)
        self._log("val_delay", (outputs.log_delay - batch.log_delay).abs().nanmean(), batch)

    def configure_optimizers(self) -> Any:
        """AdamW with a warm-up and a cosine over all steps."""
        # Laws start from what is known, and biases and norms set scales: none of them is to shrink towards zero.
        kept = [x for name, x in self.named_parameters() if x.ndim < 2 or name.endswith(".law.weight")]
        shrunk = [x for name, x in self.named_parameters() if x.ndim >= 2 and not name.endswith(".law.weight")]
        groups = [{"params": shrunk, "weight_decay": self.weight_decay}, {"params": kept, "weight_decay": 0.0}]
        optimizer = torch.optim.AdamW(groups, lr=self.learning_rate)
        steps = max(40, int(self.trainer.estimated_stepping_batches))
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimizer, self.learning_rate, total_steps=steps, pct_start=0.05, final_div_factor=100
        )
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}

    def _log(self, name: str, value: Tensor, batch: QorBatch) -> None:
        self.log(name, value, batch_size=batch.num_designs, on_step=False, on_epoch=True, sync_dist=True)


def start_from(network: QorNetwork, trained: Predictor, fold: int) -> None:
    """Copy trained weights into a network: all of them for the same kind, encoders for a half of it.

    Args:
        trained: its member number ``fold`` was trained without the families of this fold.

    Raises:
        InputError: if there is no such member, or nothing that fits.
    """
    found = False
    for name, ensemble in trained.ensembles.items():
        if fold >= len(ensemble.members):
            continue
        member = ensemble.members[fold]
        try:
            if name == network.config.network:
                network.load_state_dict(member.state_dict())
            elif isinstance(network.encoder, JointEncoder) and name in _HALVES:
                getattr(network.encoder, _HALVES[name]).load_state_dict(member.encoder.state_dict())
            else:
                continue
        except RuntimeError:  # of another shape
            continue
        found = True
    if not found:
        raise InputError(f"nothing to start fold {fold} of '{network.config.network}' from in these weights")
