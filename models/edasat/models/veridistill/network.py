"""From an encoding of a design to area and delay on a library: the head that all networks share."""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor, nn

from edasat.datasets.design_batches import QorBatch

from .keys import LATENT, NUM_KINDS, Encoding, Outputs

#: The head's corrections end here, in logarithms: what adds up over the parts may not be overruled by more than this.
_LARGEST_CORRECTION = 1.0


class Encoder(Protocol):
    """Reads designs; an ``nn.Module`` with the number of pooled columns."""

    width: int

    def __call__(self, batch: QorBatch) -> Encoding:
        """Return what there is to say of each design."""


class QorHead(nn.Module):
    """Weighs the kinds of area as library and script ask for, and corrects area and delay by the pooled columns.

    log area = logsumexp_k(log amount_k + w_k(conditions)) + correction(latent, conditions); the delay likewise, with
    a single kind.

    Args:
        width: pooled columns of the encoder.
        num_conditions: columns that describe library and script.
        dropout: share of the pooled and latent columns dropped in training.

    Shapes:
        output: see :class:`Outputs`.
    """

    def __init__(self, width: int, num_conditions: int, dropout: float = 0.1) -> None:
        super().__init__()
        self.latent = nn.Sequential(
            nn.LayerNorm(width),
            nn.Dropout(dropout),
            nn.Linear(width, LATENT),
            nn.GELU(),
            nn.Linear(LATENT, LATENT),
        )
        self.kind_weights = nn.Linear(num_conditions, NUM_KINDS)
        self.delay_weight = nn.Linear(num_conditions, 1)
        self.condition_gates = nn.Linear(num_conditions, LATENT)
        self.correction = nn.Sequential(nn.Dropout(dropout), nn.Linear(LATENT, 2))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Start from the encoder's own word: no correction, and all libraries and scripts alike."""
        for layer in (self.kind_weights, self.delay_weight, self.condition_gates, self.correction[-1]):
            assert isinstance(layer, nn.Linear)
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)

    def forward(self, encoding: Encoding, batch: QorBatch) -> Outputs:
        """Answer the questions of a batch."""
        latent = self.latent(encoding.pooled)
        gated = latent[batch.design] * (1 + self.condition_gates(batch.conditions))
        correction = _LARGEST_CORRECTION * torch.tanh(self.correction(gated))
        log_area = torch.logsumexp(self.weighted(encoding.log_amounts[batch.design], batch.conditions), dim=1)
        log_delay = encoding.log_delay[batch.design] + self.delay_weight(batch.conditions).squeeze(1)
        return Outputs(log_area + correction[:, 0], log_delay + correction[:, 1], latent)

    def weighted(self, log_amounts: Tensor, conditions: Tensor) -> Tensor:
        """Return log amounts, (rows, NUM_KINDS), as a library and a script weigh them."""
        return log_amounts + self.kind_weights(conditions)


class QorNetwork(nn.Module):
    """An encoder and the head.

    Shapes:
        output: see :class:`Outputs`.
    """

    def __init__(self, encoder: nn.Module, num_conditions: int, dropout: float = 0.1) -> None:
        super().__init__()
        self.encoder = encoder
        self.head = QorHead(int(encoder.width), num_conditions, dropout)  # type: ignore[arg-type]

    def forward(self, batch: QorBatch) -> Outputs:
        """Answer the questions of a batch."""
        outputs: Outputs = self.head(self.encoder(batch), batch)
        return outputs
