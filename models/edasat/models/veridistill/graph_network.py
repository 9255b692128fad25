"""The encoder of circuit graphs: students read word-level graphs, the teacher LUT networks.

Every node is given what it costs and how long it takes by a law of its kind, a power of its widths, and by what message
passing has seen around it. Amounts add up over the design; delays add up along its longest path.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from edasat.datasets.design_batches import GraphBatch, QorBatch
from edasat.datasets.design_graphs import (
    LUT_FEATURES,
    LUT_RELATIONS,
    NUM_LUT_KINDS,
    NUM_LUT_SIZES,
    NUM_WORD_KINDS,
    NUM_WORD_SIZES,
    WORD_FEATURES,
    WORD_RELATIONS,
)
from edasat.eda.synthesis.scripts import SCRIPTS

from ..layers.aggregate import Incidence, aggregate
from ..layers.longest_paths import Paths, criticality, soft_arrivals
from ..layers.pooling import segment_index, segment_softmax, segment_sum
from .keys import NUM_KINDS, Encoding
from .laws import lut_laws, word_laws
from .parts import encode

View = Literal["words", "gates", "luts"]

#: How soft the maximum over sources and over ends is, in delays of a bit of a ripple-carry adder: smaller differences
#: are left to ABC's choice.
_TEMPERATURE: Final = 0.2
#: Logarithm of the longest delay of a single node, so that no exponent runs away: 1,100 bits of an adder.
_LONGEST: Final = 7.0
#: What a node costs: each kind of area, and a delay under each script.
_COSTS: Final = NUM_KINDS + len(SCRIPTS)
#: Share of the nodes whose kind is hidden in training, so that an operation never seen is met with a fair guess.
_HIDDEN_SHARE: Final = 0.02


@dataclass(frozen=True)
class GraphConfig:
    """Shape of the encoder.

    Attributes:
        view: graph that is read.
        hidden: columns of the node states.
        num_layers: rounds of message passing; 0 leaves the laws of the kinds.
        dropout: share of the node states dropped in training.
    """

    view: View = "words"
    hidden: int = 48
    num_layers: int = 3
    dropout: float = 0.1

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, for model cards."""
        return asdict(self)


class NodeStates(nn.Module):
    """Message passing: what each node of a graph knows of those around it.

    Args:
        num_kinds: kinds of nodes; one kind more stands for "hidden".
        num_features: numeric features of nodes.
        num_relations: relations of the edges.
        hidden, num_layers, dropout: see :class:`GraphConfig`.
    """

    def __init__(
        self, num_kinds: int, num_features: int, num_relations: int, hidden: int, num_layers: int, dropout: float
    ) -> None:
        super().__init__()
        self.num_kinds = num_kinds
        self.kind_in = nn.Embedding(num_kinds + 1, hidden)
        self.features_in = nn.Linear(num_features, hidden)
        self.layers = nn.ModuleList(_Round(hidden, num_relations, dropout) for _ in range(num_layers))
        self.norm = nn.LayerNorm(hidden)
        nn.init.normal_(self.kind_in.weight, std=0.5)

    def seen_kinds(self, graph: GraphBatch) -> Tensor:
        """Return the kinds of the nodes, int64 (N,); in training a few of them are hidden."""
        if not self.training:
            return graph.kind
        hidden = torch.rand(graph.kind.shape, device=graph.kind.device) < _HIDDEN_SHARE
        return torch.where(hidden, self.num_kinds, graph.kind)

    def states(self, graph: GraphBatch, kind: Tensor) -> Tensor:
        """Return what message passing knows of each node, (N, hidden)."""
        state = self.kind_in(kind) + self.features_in(graph.x)
        edges = [Incidence(*groups) for groups in graph.relations]
        for layer in self.layers:
            state = state + layer(state, edges)
        normed: Tensor = self.norm(state)
        return normed


class GraphEncoder(NodeStates):
    """Laws per kind, message passing, soft longest paths.

    Attributes:
        width: columns of what is pooled.
    """

    laws: Tensor

    def __init__(self, config: GraphConfig) -> None:
        words = config.view == "words"
        hidden = config.hidden
        super().__init__(
            NUM_WORD_KINDS if words else NUM_LUT_KINDS,
            len(WORD_FEATURES if words else LUT_FEATURES),
            len(WORD_RELATIONS if words else LUT_RELATIONS),
            hidden,
            config.num_layers,
            config.dropout,
        )
        self.config = config
        self.num_sizes = NUM_WORD_SIZES if words else NUM_LUT_SIZES
        self.width = 3 * hidden + _COSTS
        self.register_buffer("laws", _all_laws(words))
        self.law_change = nn.Embedding(self.num_kinds + 1, _COSTS * (1 + self.num_sizes))
        self.correction = nn.Linear(hidden, _COSTS)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Start from the textbook; kinds of area differ at random, or they would stay alike."""
        nn.init.normal_(self.law_change.weight, std=0.02)
        nn.init.zeros_(self.correction.weight)
        nn.init.zeros_(self.correction.bias)

    def forward(self, batch: QorBatch) -> Encoding:
        """Encode the graphs of a batch."""
        graph = {"words": batch.words, "gates": batch.gates, "luts": batch.luts}[self.config.view]
        assert graph is not None
        kind = self.seen_kinds(graph)
        state = self.states(graph, kind)
        law = self.laws[kind] + self.law_change(kind).view(-1, _COSTS, 1 + self.num_sizes)
        cost = law[:, :, 0] + (law[:, :, 1:] * graph.x[:, None, : self.num_sizes]).sum(dim=2) + self.correction(state)
        log_shares = cost[:, :NUM_KINDS] + graph.log_copies[:, None]
        design = segment_index(graph.counts, state.device)
        delays = cost[:, NUM_KINDS:].clamp(max=_LONGEST).exp()
        ends = [self._longest(one, graph, design) for one in delays.unbind(dim=1)]
        critical = torch.stack([one for _, one in ends]).mean(dim=0)
        log_delay = torch.stack([delay for delay, _ in ends], dim=1).clamp(min=1e-2).log()
        return encode(state, log_shares, log_delay, critical, graph.counts)

    def _longest(self, delay: Tensor, graph: GraphBatch, design: Tensor) -> tuple[Tensor, Tensor]:
        """Return the delay of each design, (D,), and how far each node is part of its longest paths, (N,)."""
        paths = Paths(graph.order, graph.path_offsets, graph.path_sources, graph.inside)
        arrival, weight = soft_arrivals(delay, paths, _TEMPERATURE)
        num_designs = len(graph.counts)
        # The weights are held constant: the gradient is that of the soft maximum, without its log(number of ends).
        end = segment_softmax(arrival.detach() / _TEMPERATURE, design, num_designs)
        critical = criticality(end, weight, paths)
        total = segment_sum(critical, design, num_designs)
        return segment_sum(arrival * end, design, num_designs), critical / total[design]


def _all_laws(words: bool) -> Tensor:
    """Return the textbook's laws, float32, (kinds + 1, _COSTS, 1 + sizes): the kinds of area, then the delays."""
    area, delay = word_laws() if words else lut_laws()
    area[:, 0] -= math.log(NUM_KINDS)  # the kinds of area add up
    return torch.stack([*[area] * NUM_KINDS, *[delay] * len(SCRIPTS)], dim=1)


class _Round(nn.Module):
    """One round of message passing: means over the neighbours of each relation, both ways."""

    def __init__(self, hidden: int, num_relations: int, dropout: float) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(hidden)
        self.mix = nn.Linear((1 + 2 * num_relations) * hidden, hidden)
        self.out = nn.Linear(hidden, hidden)
        self.dropout = nn.Dropout(dropout)

    def forward(self, state: Tensor, edges: list[Incidence]) -> Tensor:
        """Return what the round adds to the states."""
        normed = self.norm(state)
        seen = [normed]
        for incidence in edges:
            seen += [aggregate(normed, incidence), aggregate(normed, incidence.reversed)]
        change: Tensor = self.out(self.dropout(F.gelu(self.mix(torch.cat(seen, dim=1)))))
        return change
