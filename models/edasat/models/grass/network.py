"""The network: a batch of formulas in, a runtime distribution per formula and engine out."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor, nn

from edasat.datasets.formula_graphs import NUM_INSTANCE_FEATURES, FormulaBatch

from ..layers.formula_encoder import FormulaEncoder
from ..layers.pooling import segment_mean
from .runtime import LogNormal

#: Bounds of the logarithm of the predicted scale: repeated runs vary by 5 per cent, and a scale of e means a runtime
#: known to a factor of 15 either way.
_LOG_SCALE_RANGE = (-3.0, 1.0)
#: Standardised instance features are cut here, so that a formula unlike any seen cannot drive the output anywhere.
_CLIP = 4.0


@dataclass(frozen=True)
class GrassConfig:
    """Shape of the network; :func:`published` gives the settings known from the paper.

    Attributes:
        num_engines: columns of the output.
        num_layers: rounds of message passing; 0 leaves only the instance features.
        width: columns of the node states.
        position_dims: columns of the sinusoidal clause positions, even; 0 makes the answer independent of clause order.
        instance_features: whether features of the whole formula join the pooled states.
        head_width: hidden units of the output network; 0 for a single linear layer.
        dropout: share of the head's inputs and hidden units dropped in training.
    """

    num_engines: int
    num_layers: int = 3
    width: int = 32
    position_dims: int = 10
    instance_features: bool = True
    head_width: int = 64
    dropout: float = 0.1

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, for model cards."""
        return asdict(self)


def published(num_engines: int) -> GrassConfig:
    """Return the settings closest to the paper: 10 position columns, mean readout, one linear layer, nothing else.

    The paper gives neither the number of layers nor the width; 3 and 32 are those of the group's later system. Train
    with ``losses={"expected_runtime": 1}``.
    """
    return GrassConfig(num_engines, instance_features=False, head_width=0, dropout=0.0)


class Grass(FormulaEncoder):
    """GraSS: rounds of message passing, mean over each node type, and a head.

    Differences from the paper, by choice: the head gives a log-normal runtime per engine in place of class logits;
    the three means (positive literals, negative literals, clauses) are joined, not averaged; clause positions are added
    as :class:`FormulaEncoder` says; features of the whole formula may join the head.

    Shapes:
        output: mean and scale, float, (num_formulas, num_engines).
    """

    instance_mean: Tensor
    instance_std: Tensor

    def __init__(self, config: GrassConfig) -> None:
        super().__init__(config.width, config.num_layers, config.position_dims)
        self.config = config
        pooled = 3 * config.width if config.num_layers else 0
        if pooled:
            self.pooled_norm = nn.LayerNorm(pooled)
        if config.instance_features:
            pooled += NUM_INSTANCE_FEATURES
            self.register_buffer("instance_mean", torch.zeros(NUM_INSTANCE_FEATURES))
            self.register_buffer("instance_std", torch.ones(NUM_INSTANCE_FEATURES))
        outputs = 2 * config.num_engines
        if config.head_width:
            self.head = nn.Sequential(
                nn.Dropout(config.dropout),
                nn.Linear(pooled, config.head_width),
                nn.ReLU(),
                nn.Dropout(config.dropout),
                nn.Linear(config.head_width, outputs),
            )
        else:
            self.head = nn.Sequential(nn.Linear(pooled, outputs))

    def set_instance_statistics(self, instance_x: Tensor) -> None:
        """Take mean and spread of the instance features from training data, float (formulas, features)."""
        squashed = squash(instance_x)
        self.instance_mean.copy_(squashed.mean(dim=0))
        # A feature that hardly varies in training must not become huge elsewhere.
        self.instance_std.copy_(squashed.std(dim=0, correction=0).clamp(min=0.05))

    def forward(self, batch: FormulaBatch) -> LogNormal:
        """Predict the runtimes of a batch."""
        parts = []
        if self.layers:
            parts.append(self.pooled_norm(self._pool(batch)))
        if self.config.instance_features:
            z = (squash(batch.instance_x) - self.instance_mean) / self.instance_std
            parts.append(z.clamp(-_CLIP, _CLIP))
        mean, log_scale = self.head(torch.cat(parts, dim=1)).chunk(2, dim=1)
        return LogNormal(mean, log_scale.clamp(*_LOG_SCALE_RANGE).exp())

    def _pool(self, batch: FormulaBatch) -> Tensor:
        """Return the means over positive literals, negative literals and clauses, (formulas, 3 * width)."""
        literal, clause = self.encode(batch)
        return torch.cat(
            [
                segment_mean(literal.view(-1, 2 * self.width), batch.vars_per_formula),
                segment_mean(clause, batch.clauses_per_formula),
            ],
            dim=1,
        )


def squash(x: Tensor) -> Tensor:
    """Shrink heavy tails, sign kept: log(1 + |x|)."""
    return x.sign() * x.abs().log1p()
