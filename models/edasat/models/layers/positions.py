"""Sinusoidal encoding of positions, computed when needed and for any number of positions."""

from __future__ import annotations

import torch
from torch import Tensor


def sinusoidal(position: Tensor, dims: int, base: float = 10_000.0) -> Tensor:
    """Return sines, then cosines, of ``position / base^(2k / dims)`` for k = 0 .. dims / 2 - 1.

    Vaswani et al., "Attention Is All You Need", NeurIPS 2017, section 3.5, with the sines and the cosines in two
    blocks, which a linear map that follows cannot tell from their interleaved order.

    Args:
        position: float, (n,).
        dims: even number of columns.

    Returns:
        float, (n, dims).

    >>> [round(x, 4) for x in sinusoidal(torch.tensor([0.0, 1.0]), 2)[:, 1].tolist()]
    [1.0, 0.5403]
    """
    if dims % 2:
        raise ValueError(f"expected an even number of dimensions, got {dims}")
    rates = base ** -(torch.arange(0, dims, 2, device=position.device, dtype=torch.float32) / dims)
    angles = position.unsqueeze(1) * rates
    return torch.cat([angles.sin(), angles.cos()], dim=1)
