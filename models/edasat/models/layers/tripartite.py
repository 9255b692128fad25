"""Message passing between positive literals, negative literals and clauses."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from .aggregate import Incidence, aggregate


class TripartiteConv(nn.Module):
    """One round of heterogeneous graph convolution on the literal-clause graph of GraSS.

    Zhang et al., "GraSS: Combining Graph Neural Networks with Expert Knowledge for SAT Solver Selection", KDD 2024:
    node types positive literal, negative literal and clause; relations ``in`` (literal to clause), ``contain`` (clause
    to literal) and ``flip`` (between the two literals of a variable), each edge type with weights of its own. A node
    adds its own state and the mean over its neighbours, each through a linear map, and applies ReLU. Both literals
    of a clause's ``in`` relations are averaged together (our choice: one pass over the occurrences in place of two).

    The maps of ``in`` stand before the mean, where there are fewer rows; those of ``contain`` after it for the same
    reason. The states of a variable's two literals are neighbours in memory, so that the maps of ``flip`` and of the
    literals' own states are one matrix of twice the width.

    Args:
        width: columns of every node state.

    Shapes:
        literal: float, (2 * num_vars, width), rows 2i and 2i + 1 for the literals of variable pair i.
        clause: float, (num_clauses, width).
        clause_from_literal: edges of relation ``in``; reversed they are ``contain``.
        output: literal and clause, shaped as the input.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.width = width
        self.own_and_flip = nn.Linear(2 * width, 2 * width)
        self.own_clause = nn.Linear(width, width)
        self.positive_in = nn.Linear(width, width, bias=False)
        self.negative_in = nn.Linear(width, width, bias=False)
        self.contain_positive = nn.Linear(width, width, bias=False)
        self.contain_negative = nn.Linear(width, width, bias=False)

    def forward(self, literal: Tensor, clause: Tensor, clause_from_literal: Incidence) -> tuple[Tensor, Tensor]:
        """Return the new states of literals and clauses."""
        to_clause = self._per_sign(literal, self.positive_in, self.negative_in)
        to_literal = aggregate(clause, clause_from_literal.reversed)
        pairs = self._per_sign(to_literal, self.contain_positive, self.contain_negative).view(-1, 2 * self.width)
        literal = _add_linear_relu(pairs, literal.view(-1, 2 * self.width), self.own_and_flip).view(-1, self.width)
        clause = _add_linear_relu(aggregate(to_clause, clause_from_literal), clause, self.own_clause)
        return literal, clause

    def _per_sign(self, literal: Tensor, positive: nn.Linear, negative: nn.Linear) -> Tensor:
        """Apply one map to even rows and another to odd rows."""
        pairs = literal.view(-1, 2 * self.width)
        both = torch.cat([positive(pairs[:, : self.width]), negative(pairs[:, self.width :])], dim=1)
        return both.view(-1, self.width)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.width})"


def _add_linear_relu(messages: Tensor, x: Tensor, linear: nn.Linear) -> Tensor:
    """Return relu(messages + linear(x)), computed in the memory of ``messages``.

    With a million clauses each pass over the states moves 128 MB, which costs more than the products.
    """
    return messages.addmm_(x, linear.weight.t()).add_(linear.bias).relu_()
