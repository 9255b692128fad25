"""Text and graph together: each has its say in proportion to how much the other half trusts it."""

from __future__ import annotations

from typing import Final

import torch
from torch import Tensor, nn

from edasat.datasets.design_batches import QorBatch

from .graph_network import GraphEncoder
from .keys import NUM_KINDS, Encoding

#: The text's logarithms count up to this far from the graph's: a misread loop can put them anywhere.
_APART: Final = 0.7


class JointEncoder(nn.Module):
    """A weighted mean of two encodings in logarithms; the weights depend on what both have pooled.

    Shares of the parts are those of the graph: its nodes have lines as well, and what Yosys has removed has none.

    Args:
        text: encoder of the tokens.
        graph: encoder of the gates.
        dropout: share of the pooled columns that the weights do not see in training.

    Attributes:
        width: columns of what is pooled.
    """

    def __init__(self, text: nn.Module, graph: GraphEncoder, dropout: float = 0.1) -> None:
        super().__init__()
        self.text, self.graph = text, graph
        self.width = int(text.width) + graph.width  # type: ignore[arg-type]
        self.trust = nn.Sequential(nn.LayerNorm(self.width), nn.Dropout(dropout), nn.Linear(self.width, NUM_KINDS + 1))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Start with nine tenths of the say for the graph, which is the better of the two."""
        last = self.trust[-1]
        assert isinstance(last, nn.Linear)
        nn.init.zeros_(last.weight)
        nn.init.constant_(last.bias, 2.2)

    def forward(self, batch: QorBatch) -> Encoding:
        """Encode both views of a batch."""
        text: Encoding = self.text(batch)
        graph: Encoding = self.graph(batch)
        pooled = torch.cat([text.pooled, graph.pooled], dim=1)
        trust: Tensor = self.trust(pooled).sigmoid()
        amounts, delay = (
            by_graph + (by_text - by_graph).clamp(-_APART, _APART)
            for by_text, by_graph in ((text.log_amounts, graph.log_amounts), (text.log_delay, graph.log_delay))
        )
        log_amounts = torch.lerp(amounts, graph.log_amounts, trust[:, :NUM_KINDS])
        log_delay = torch.lerp(delay, graph.log_delay, trust[:, NUM_KINDS:])
        return Encoding(log_amounts, log_delay, pooled, graph.log_shares)
