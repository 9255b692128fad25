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
