"""The encoder of syntax trees: the graph networks that VeriDistill was compared with read these.

Message passing is that of the circuit graphs. A tree has no paths of signals: as with text, every node has its own
guess of the delay, and that of the design is a soft maximum over them.
"""

from __future__ import annotations

from typing import Final

import torch
from torch import Tensor, nn

from edasat.datasets.design_batches import QorBatch
from edasat.datasets.design_graphs import NUM_SYNTAX_KINDS, NUM_SYNTAX_SIZES, SYNTAX_FEATURES, SYNTAX_RELATIONS

from ..layers.pooling import segment_index, segment_softmax, segment_sum
from .graph_network import NodeStates
from .keys import NUM_KINDS, Encoding
from .parts import encode

#: How soft the maximum over the nodes' delays is, in logarithms of the delay.
_SHARPNESS: Final = 8.0
#: Starting point of the laws: the logarithm of what a node of one bit costs, in two-input NAND gates, and of its delay.
_START: Final = (-2.0, 1.0)


class SyntaxEncoder(NodeStates):
    """Laws per kind of node, corrected by message passing.

    Args:
        hidden, num_layers, dropout: see :class:`.graph_network.GraphConfig`.

    Attributes:
        width: columns of what is pooled.
    """

    def __init__(self, hidden: int, num_layers: int, dropout: float) -> None:
        super().__init__(NUM_SYNTAX_KINDS, len(SYNTAX_FEATURES), len(SYNTAX_RELATIONS), hidden, num_layers, dropout)
        self.width = 3 * hidden + NUM_KINDS + 1
        # a constant and an exponent per size, for each kind of area and for the delay
        self.law = nn.Embedding(NUM_SYNTAX_KINDS + 1, (NUM_KINDS + 1) * (1 + NUM_SYNTAX_SIZES))
        self.correction = nn.Linear(hidden, NUM_KINDS + 1)
        self.attention = nn.Linear(hidden, 1)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Start from areas in proportion to the width and equal delays."""
        law = torch.zeros(NUM_SYNTAX_KINDS + 1, NUM_KINDS + 1, 1 + NUM_SYNTAX_SIZES)
        law[:, :NUM_KINDS, 0], law[:, NUM_KINDS, 0] = _START
        law[:, :NUM_KINDS, 1 + SYNTAX_FEATURES.index("log_width")] = 1.0
        law += 0.01 * torch.randn_like(law)
        self.law.weight.data.copy_(law.flatten(1))
        for layer in (self.correction, self.attention):
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)

    def forward(self, batch: QorBatch) -> Encoding:
        """Encode the trees of a batch."""
        tree = batch.syntax
        assert tree is not None
        kind = self.seen_kinds(tree)
        state = self.states(tree, kind)
        law = self.law(kind).view(-1, NUM_KINDS + 1, 1 + NUM_SYNTAX_SIZES)
        cost: Tensor = law[:, :, 0] + (law[:, :, 1:] * tree.x[:, None, :NUM_SYNTAX_SIZES]).sum(dim=2)
        cost = cost + self.correction(state)
        design, num_designs = segment_index(tree.counts, state.device), len(tree.counts)
        log_shares = cost[:, :NUM_KINDS] + tree.log_copies[:, None]
        delay = cost[:, NUM_KINDS]
        late = segment_softmax(_SHARPNESS * delay + self.attention(state).squeeze(1), design, num_designs)
        log_delay = segment_sum(late * delay, design, num_designs)
        return encode(state, log_shares, log_delay[:, None], late, tree.counts)
