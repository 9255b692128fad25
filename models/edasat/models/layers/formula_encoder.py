"""States of the literals and clauses of a batch of formulas: what the networks on formulas have in common."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from edasat.datasets.formula_graphs import NUM_CLAUSE_FEATURES, NUM_LITERAL_FEATURES, FormulaBatch

from .aggregate import Incidence
from .positions import sinusoidal
from .tripartite import TripartiteConv


class FormulaEncoder(nn.Module):
    """Node features and clause positions in, rounds of :class:`TripartiteConv`, states of literals and clauses out.

    Clause positions enter through a linear map of their own, so that any number of columns can be added to any
    features, together with the place in the file as a fraction.

    Args:
        width: columns of the node states.
        num_layers: rounds of message passing, each with its own weights.
        position_dims: columns of the sinusoidal clause positions, even; 0 makes the states independent of clause order.
        node_features: False replaces all features by a constant.
        num_hints: columns of the clause hints that are read (0: none).

    Shapes:
        output: literal, float (2 * V, width), and clause, float (C, width), with the V and C of the batch.
    """

    def __init__(
        self, width: int, num_layers: int, position_dims: int, *, node_features: bool = True, num_hints: int = 0
    ) -> None:
        super().__init__()
        self.width, self.position_dims = width, position_dims
        self.node_features, self.num_hints = node_features, num_hints
        self.literal_in = nn.Linear(2 * NUM_LITERAL_FEATURES if node_features else 2, 2 * width)
        self.clause_in = nn.Linear((NUM_CLAUSE_FEATURES if node_features else 1) + num_hints, width)
        if position_dims:
            self.position_in = nn.Linear(position_dims + 1, width, bias=False)
        self.layers = nn.ModuleList(TripartiteConv(width) for _ in range(num_layers))

    def inputs(self, batch: FormulaBatch) -> tuple[Tensor, Tensor]:
        """Return what enters of literals, float (2 * V, columns), and of clauses, float (C, columns)."""
        literal_x, clause_x = batch.literal_x, batch.clause_x
        if not self.node_features:
            literal_x, clause_x = literal_x.new_ones(len(literal_x), 1), clause_x.new_ones(len(clause_x), 1)
        if self.num_hints:
            assert batch.clause_hints is not None
            clause_x = torch.cat([clause_x, batch.clause_hints], dim=1)
        return literal_x, clause_x

    def embed(self, batch: FormulaBatch) -> tuple[Tensor, Tensor]:
        """Return the states before the first round."""
        literal_x, clause_x = self.inputs(batch)
        literal = self.literal_in(literal_x.view(-1, 2 * literal_x.shape[1])).view(-1, self.width).relu_()
        clause = self.clause_in(clause_x)
        if self.position_dims:
            waves = sinusoidal(batch.clause_position, self.position_dims)
            position = torch.cat([waves, batch.clause_fraction.unsqueeze(1)], dim=1)
            clause = clause.addmm_(position, self.position_in.weight.t())
        return literal, clause.relu_()

    def encode(self, batch: FormulaBatch) -> tuple[Tensor, Tensor]:
        """Return the states after the last round."""
        literal, clause = self.embed(batch)
        edges = edges_of(batch)
        for layer in self.layers:
            literal, clause = layer(literal, clause, edges)
        return literal, clause


def edges_of(batch: FormulaBatch) -> Incidence:
    """Return which literals stand in which clauses."""
    return Incidence(batch.literals, batch.clause_offsets, batch.clauses, batch.literal_offsets)
