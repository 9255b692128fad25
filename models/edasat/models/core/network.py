"""The network: a batch of formulas in, one logit per clause out."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor, nn

from edasat.datasets.formula_graphs import FormulaBatch
from edasat.sat.features.hints import NUM_HINTS

from ..layers.formula_encoder import FormulaEncoder, edges_of
from ..layers.pooling import segment_mean


@dataclass(frozen=True)
class CoreConfig:
    """Shape of the network; :func:`published` gives that of the paper.

    Attributes:
        num_rounds: rounds of message passing.
        width: columns of the node states.
        shared_rounds: one set of weights for all rounds, each normalised and added to the states, so that the number of
            rounds costs no parameters.
        node_features: features of literals and clauses; False: a constant.
        hints: read the clause hints of :mod:`edasat.sat.features.hints` as well.
        position_dims: columns of the sinusoidal clause positions, even; 0 makes the answer independent of clause order.
        context: join the means over the whole formula to each clause.
        head_width: hidden units of the output network, which also sees the clause's own inputs; 0 for a single linear
            layer on the last state.
        dropout: share of the hidden units dropped in training.
    """

    num_rounds: int = 6
    width: int = 32
    shared_rounds: bool = True
    node_features: bool = True
    hints: bool = True
    position_dims: int = 10
    context: bool = True
    head_width: int = 64
    dropout: float = 0.1

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, for model cards."""
        return asdict(self)


def published() -> CoreConfig:
    """Return the shape of HardCore (NeurIPS 2024): 3 rounds of width 32 on constant inputs, one linear layer."""
    return CoreConfig(
        num_rounds=3,
        shared_rounds=False,
        node_features=False,
        hints=False,
        position_dims=0,
        context=False,
        head_width=0,
        dropout=0.0,
    )


class CoreNet(FormulaEncoder):
    """Rounds of message passing and a head per clause.

    Shapes:
        output: logits, float, (C,) with the C clauses of the batch.
    """

    def __init__(self, config: CoreConfig) -> None:
        super().__init__(
            config.width,
            1 if config.shared_rounds else config.num_rounds,
            config.position_dims,
            node_features=config.node_features,
            num_hints=NUM_HINTS if config.hints else 0,
        )
        self.config = config
        width = config.width
        if config.shared_rounds:
            self.literal_norm = nn.LayerNorm(width)
            self.clause_norm = nn.LayerNorm(width)
        if config.context:
            self.context_in = nn.Linear(3 * width, width)
        if config.head_width:
            self.head = nn.Sequential(
                nn.Linear(width + self.clause_in.in_features + (width if config.context else 0), config.head_width),
                nn.ReLU(),
                nn.Dropout(config.dropout),
                nn.Linear(config.head_width, 1),
            )
        else:
            self.head = nn.Sequential(nn.Linear(width + (width if config.context else 0), 1))

    def forward(self, batch: FormulaBatch) -> Tensor:
        """Return the logit of each clause."""
        literal, clause = self.encode(batch)
        parts = [clause]
        if self.config.head_width:
            parts.append(self.inputs(batch)[1])
        if self.config.context:
            parts.append(self._context(literal, clause, batch))
        return self.head(torch.cat(parts, dim=1)).squeeze(1)

    def encode(self, batch: FormulaBatch) -> tuple[Tensor, Tensor]:
        """Return the states after the last round."""
        if not self.config.shared_rounds:
            return super().encode(batch)
        literal, clause = self.embed(batch)
        edges = edges_of(batch)
        for _ in range(self.config.num_rounds):
            more_literal, more_clause = self.layers[0](self.literal_norm(literal), self.clause_norm(clause), edges)
            literal, clause = literal + more_literal, clause + more_clause
        return self.literal_norm(literal), self.clause_norm(clause)

    def _context(self, literal: Tensor, clause: Tensor, batch: FormulaBatch) -> Tensor:
        """Return the means over the formula of each clause, (C, width)."""
        pooled = torch.cat(
            [
                segment_mean(literal.view(-1, 2 * self.width), batch.vars_per_formula),
                segment_mean(clause, batch.clauses_per_formula),
            ],
            dim=1,
        )
        counts = torch.tensor(batch.clauses_per_formula, device=clause.device)
        return self.context_in(pooled).relu().repeat_interleave(counts, dim=0, output_size=len(clause))
