"""The networks: an encoder of text, graph, both, or a language model's words, and the head that they share."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from edasat.datasets.design_batches import QorBatch
from edasat.datasets.qor_rtl_data import NetworkName
from edasat.eda.synthesis.scripts import SCRIPTS

from .embedding_network import EmbeddingEncoder, Pooling
from .graph_network import GraphConfig, GraphEncoder, View
from .joint import JointEncoder
from .keys import LATENT, NUM_KINDS, Encoding, Outputs
from .syntax_network import SyntaxEncoder
from .text_network import TextConfig, TextEncoder

#: The head's corrections end here, in logarithms: what adds up over the parts may not be overruled by more than this.
_LARGEST_CORRECTION = 1.0
#: Standardised conditions are cut here, so that a library unlike any seen cannot drive the answer anywhere.
_CLIP = 3.0


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

    condition_mean: Tensor
    condition_std: Tensor

    def __init__(self, width: int, num_conditions: int, dropout: float = 0.1) -> None:
        super().__init__()
        self.register_buffer("condition_mean", torch.zeros(num_conditions))
        self.register_buffer("condition_std", torch.ones(num_conditions))
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

    def set_condition_statistics(self, conditions: Tensor) -> None:
        """Take mean and spread of the conditions, float (questions, C), from the training data."""
        self.condition_mean.copy_(conditions.mean(dim=0))
        # What hardly varies among the libraries of the training must not become huge on another.
        self.condition_std.copy_(conditions.std(dim=0, correction=0).clamp(min=0.1))

    def forward(self, encoding: Encoding, batch: QorBatch) -> Outputs:
        """Answer the questions of a batch."""
        conditions = self.scaled(batch.conditions)
        latent = self.latent(encoding.pooled)
        gated = latent[batch.design] * (1 + self.condition_gates(conditions))
        correction = _LARGEST_CORRECTION * torch.tanh(self.correction(gated))
        log_area = torch.logsumexp(encoding.log_amounts[batch.design] + self.kind_weights(conditions), dim=1)
        by_script = encoding.log_delay.view(len(encoding.log_delay), -1).expand(-1, len(SCRIPTS))[batch.design]
        log_delay = (by_script * batch.conditions[:, -len(SCRIPTS) :]).sum(dim=1)
        log_delay = log_delay + self.delay_weight(conditions).squeeze(1)
        return Outputs(log_area + correction[:, 0], log_delay + correction[:, 1], latent)

    def scaled(self, conditions: Tensor) -> Tensor:
        """Return standardised conditions; those of a library unlike any seen are cut off."""
        return ((conditions - self.condition_mean) / self.condition_std).clamp(-_CLIP, _CLIP)

    def weighted(self, log_shares: Tensor, conditions: Tensor) -> Tensor:
        """Return log shares, (parts, NUM_KINDS), as one library and script, (1, C), weigh them."""
        return log_shares + self.kind_weights(self.scaled(conditions))


class QorNetwork(nn.Module):
    """An encoder and the head.

    Shapes:
        output: see :class:`Outputs`.
    """

    def __init__(self, encoder: nn.Module, config: NetworkConfig) -> None:
        super().__init__()
        self.config, self.encoder = config, encoder
        self.head = QorHead(int(encoder.width), config.num_conditions, config.dropout)  # type: ignore[arg-type]

    def forward(self, batch: QorBatch) -> Outputs:
        """Answer the questions of a batch."""
        outputs: Outputs = self.head(self.encoder(batch), batch)
        return outputs


@dataclass(frozen=True)
class NetworkConfig:
    """Shape of a network.

    Attributes:
        network: what it reads.
        num_conditions: columns that describe library and script.
        hidden: columns of the node states of graphs.
        num_layers: rounds of message passing.
        dropout: in all parts.
        text_width: columns of the token states, and those that a language model's vectors are brought down to.
        text_layers: layers of the text encoder.
        embedding_width: columns of the language model's vectors; 0 where none is read.
        pooling: of the language model's vectors.
    """

    network: NetworkName
    num_conditions: int
    hidden: int = 48
    num_layers: int = 3
    dropout: float = 0.1
    text_width: int = 64
    text_layers: int = 2
    embedding_width: int = 0
    pooling: Pooling = "mean"

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, for model cards."""
        return asdict(self)


def build_network(config: NetworkConfig) -> QorNetwork:
    """Return a network with fresh weights."""
    encoder: nn.Module
    if config.network == "text":
        encoder = _text(config)
    elif config.network == "text+graph":
        encoder = JointEncoder(_text(config), _graph(config), config.dropout)
    elif config.network == "embeddings":
        encoder = EmbeddingEncoder(config.embedding_width, config.text_width, config.pooling, config.dropout)
    elif config.network == "syntax":
        encoder = SyntaxEncoder(config.hidden, config.num_layers, config.dropout)
    else:
        encoder = _graph(config)
    return QorNetwork(encoder, config)


def _text(config: NetworkConfig) -> nn.Module:
    return TextEncoder(TextConfig(config.text_width, config.text_layers, config.dropout))


def _graph(config: NetworkConfig) -> GraphEncoder:
    views: dict[str, View] = {"teacher": "luts", "gates": "gates", "text+graph": "gates"}
    view = views.get(config.network, "words")
    return GraphEncoder(GraphConfig(view, config.hidden, config.num_layers, config.dropout))
