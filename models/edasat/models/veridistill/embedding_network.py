"""The encoder of what a frozen language model says of the lines of a text, as VeriDistill was published.

The published student pools the last hidden states of a large language model over all tokens and has a few layers answer
(Moravej et al., arXiv 2411.00843). Here the pooled vector decides on the delay and on everything that concerns the
design as a whole, and each line has an amount of area besides, in proportion to its tokens, so that longer texts are
larger designs and every line has its share. Of instances and parameters it knows what the language model knows.
"""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn

from edasat.datasets.design_batches import QorBatch

from ..layers.pooling import segment_index, segment_logsumexp, segment_softmax, segment_sum
from .keys import NUM_KINDS, Encoding

Pooling = Literal["mean", "attention"]


class EmbeddingEncoder(nn.Module):
    """Lines of a language model's vectors to amounts, delay and what is pooled.

    Args:
        embedding_width: columns of the language model's vectors.
        hidden: columns that they are brought down to.
        pooling: "mean" over all tokens, as published; "attention": learned weights of the lines.
        dropout: share of the reduced columns dropped in training.

    Attributes:
        width: columns of what is pooled.
    """

    def __init__(self, embedding_width: int, hidden: int, pooling: Pooling, dropout: float) -> None:
        super().__init__()
        self.width = hidden + NUM_KINDS + 1
        # The scale of hidden states differs from model to model.
        self.reduce = nn.Sequential(
            nn.LayerNorm(embedding_width), nn.Linear(embedding_width, hidden), nn.GELU(), nn.Dropout(dropout)
        )
        self.of_lines = nn.Linear(hidden, NUM_KINDS)
        self.of_designs = nn.Linear(hidden, NUM_KINDS + 1)
        self.attention = nn.Linear(hidden, 1) if pooling == "attention" else None
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Start from areas in proportion to the tokens; kinds of area differ at random, or they would stay alike."""
        nn.init.normal_(self.of_lines.weight, std=0.02)
        nn.init.zeros_(self.of_lines.bias)
        nn.init.zeros_(self.of_designs.weight)
        nn.init.zeros_(self.of_designs.bias)
        if self.attention is not None:
            nn.init.zeros_(self.attention.weight)
            nn.init.zeros_(self.attention.bias)

    def forward(self, batch: QorBatch) -> Encoding:
        """Encode the lines of a batch."""
        lines = batch.lines
        assert lines is not None
        state = self.reduce(lines.means)
        design, num_designs = segment_index(lines.counts, state.device), len(lines.counts)
        log_tokens = lines.tokens.log()
        # Without attention every token weighs the same.
        score = log_tokens if self.attention is None else log_tokens + self.attention(state).squeeze(1)
        pooled = segment_sum(state * segment_softmax(score, design, num_designs)[:, None], design, num_designs)
        whole = self.of_designs(pooled)
        log_shares: Tensor = log_tokens[:, None] + self.of_lines(state) + whole[design, :NUM_KINDS]
        log_amounts = segment_logsumexp(log_shares, design, num_designs)
        log_delay = whole[:, NUM_KINDS]
        # The sizes are brought to the scale of the normalised states beside them.
        sizes = torch.cat([log_amounts / 4, log_delay[:, None] / 2], dim=1)
        return Encoding(log_amounts, log_delay, torch.cat([pooled, sizes], dim=1), log_shares)
