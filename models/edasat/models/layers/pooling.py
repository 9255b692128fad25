"""Pooling node states of a batch into one row per graph."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor


def segment_mean(x: Tensor, counts: Sequence[int]) -> Tensor:
    """Average consecutive groups of rows; an empty group gives zeros.

    A loop over the graphs of a batch, not over nodes: ``mean`` of a slice is several times faster on CPU than
    ``torch.segment_reduce`` or a scatter.

    Args:
        x: float, (sum(counts), width).
        counts: rows of each group.

    Returns:
        float, (len(counts), width).

    >>> segment_mean(torch.tensor([[2.0], [4.0], [5.0]]), [2, 0, 1]).tolist()
    [[3.0], [0.0], [5.0]]
    """
    return torch.stack([part.sum(dim=0) / max(1, len(part)) for part in torch.split(x, list(counts))])


def segment_index(counts: Sequence[int], device: torch.device | None = None) -> Tensor:
    """Return the group of each row, int64, (sum(counts),).

    >>> segment_index([2, 0, 1]).tolist()
    [0, 0, 2]
    """
    sizes = torch.tensor(counts, device=device)
    return torch.repeat_interleave(torch.arange(len(counts), device=device), sizes, output_size=sum(counts))


def segment_sum(x: Tensor, group: Tensor, num_groups: int) -> Tensor:
    """Add up the rows of each group: float, (num_groups, width)."""
    return x.new_zeros(num_groups, *x.shape[1:]).index_add_(0, group, x)


def segment_logsumexp(x: Tensor, group: Tensor, num_groups: int) -> Tensor:
    """Return log sum exp of the rows of each group; -inf for an empty one.

    >>> segment_logsumexp(torch.zeros(3, 1), torch.tensor([0, 0, 1]), 2).exp().tolist()
    [[2.0], [1.0]]
    """
    largest = segment_max(x.detach(), group, num_groups)
    shift = torch.where(largest.isfinite(), largest, 0.0)
    return segment_sum((x - shift[group]).exp(), group, num_groups).log() + shift


def segment_softmax(x: Tensor, group: Tensor, num_groups: int) -> Tensor:
    """Return weights that sum to 1 within each group."""
    weight = (x - segment_max(x.detach(), group, num_groups)[group]).exp()
    return weight / segment_sum(weight, group, num_groups)[group]


def segment_max(x: Tensor, group: Tensor, num_groups: int) -> Tensor:
    """Return the largest of each group and column; -inf for an empty group."""
    index = group.view(-1, *[1] * (x.ndim - 1)).expand_as(x)
    return x.new_full((num_groups, *x.shape[1:]), -torch.inf).scatter_reduce(0, index, x, "amax")
