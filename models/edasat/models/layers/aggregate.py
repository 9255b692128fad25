"""Summing messages over the neighbours of each node, with the edges grouped by target (CSR).

``F.embedding_bag`` gathers and adds in one pass and never holds a message per edge; on CPU it was the fastest of the
ways that ``edasat.tools.benchmarks.message_passing`` compares (results/message_passing.json). Its own backward pass is
six times slower than this one: since the edges of a formula are known grouped by either end, the gradient is the same
gather over the other grouping and costs what the forward pass costs.
"""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

Mode = Literal["mean", "sum"]


class Incidence(NamedTuple):
    """Edges between two node sets, grouped by target and by source; the names are those of the forward direction.

    Attributes:
        sources: int32, (num_edges,): source node of each edge, grouped by target.
        target_offsets: int32, (num_targets + 1,): target t holds ``sources[target_offsets[t]:target_offsets[t + 1]]``.
        targets: int32, (num_edges,): target node of each edge, grouped by source.
        source_offsets: int32, (num_sources + 1,): like ``target_offsets``, into ``targets``.
    """

    sources: Tensor
    target_offsets: Tensor
    targets: Tensor
    source_offsets: Tensor

    @property
    def reversed(self) -> Incidence:
        """The same edges in the other direction."""
        return Incidence(self.targets, self.source_offsets, self.sources, self.target_offsets)


def aggregate(x: Tensor, incidence: Incidence, mode: Mode = "mean") -> Tensor:
    """Sum or average the rows of a node's in-neighbours; nodes without any get zeros.

    Args:
        x: float, (num_sources, width).

    Returns:
        float, (num_targets, width).

    >>> path = Incidence(*(torch.tensor(t, dtype=torch.int32) for t in ([0, 1, 1], [0, 2, 3], [0, 0, 1], [0, 1, 3])))
    >>> aggregate(torch.tensor([[2.0], [4.0]]), path).tolist()
    [[3.0], [4.0]]
    """
    out: Tensor = _Aggregate.apply(x, incidence, mode)  # type: ignore[no-untyped-call]
    return out


class _Aggregate(torch.autograd.Function):
    """Forward over one grouping of the edges, backward over the other."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, incidence: Incidence, mode: Mode) -> Tensor:
        ctx.incidence, ctx.mode = incidence, mode
        out = _gather(x, incidence.sources, incidence.target_offsets)
        return out.div_(_degrees(incidence)) if mode == "mean" else out

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None, None]:
        (grad,) = grads
        incidence: Incidence = ctx.incidence
        if ctx.mode == "mean":
            grad = grad / _degrees(incidence)
        return _gather(grad, incidence.targets, incidence.source_offsets), None, None


def _gather(x: Tensor, indices: Tensor, offsets: Tensor) -> Tensor:
    # Always a sum: embedding_bag's own mean takes twice the time of a sum and a division of the result.
    if not len(x):  # embedding_bag refuses an empty table
        return x.new_zeros(len(offsets) - 1, x.shape[1])
    return F.embedding_bag(indices, x.contiguous(), offsets, mode="sum", include_last_offset=True)


def _degrees(incidence: Incidence) -> Tensor:
    """In-neighbours of each target, at least 1, as a column."""
    return incidence.target_offsets.diff().clamp_(min=1).unsqueeze(1)
