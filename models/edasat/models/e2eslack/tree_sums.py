"""Sums along the trees of a forest (:mod:`edasat.datasets.timing.forest`): over ways, and over what lies behind."""

from __future__ import annotations

from typing import Any

import torch
from numba import njit
from torch import Tensor


def sum_behind(value: Tensor, parent: Tensor) -> Tensor:
    """Return the sum over each node and all behind it; ``parent`` stands before, and is the node itself for drivers."""
    result: Tensor = _Behind.apply(value, parent)  # type: ignore[no-untyped-call]
    return result


def sum_along(value: Tensor, parent: Tensor) -> Tensor:
    """Return the sum over each node and all nodes on the way to its driver."""
    result: Tensor = _Along.apply(value, parent)  # type: ignore[no-untyped-call]
    return result


class _Behind(torch.autograd.Function):
    """One pass over the nodes, children first; the gradient is a pass the other way. Both run on the CPU."""

    @staticmethod
    def forward(ctx: Any, value: Tensor, parent: Tensor) -> Tensor:
        ctx.save_for_backward(parent)
        return _on_cpu(_behind, value, parent)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None]:
        return _on_cpu(_along, grads[0], ctx.saved_tensors[0]), None


class _Along(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, value: Tensor, parent: Tensor) -> Tensor:
        ctx.save_for_backward(parent)
        return _on_cpu(_along, value, parent)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None]:
        return _on_cpu(_behind, grads[0], ctx.saved_tensors[0]), None


def _on_cpu(kernel: Any, value: Tensor, parent: Tensor) -> Tensor:
    found = value.detach().cpu().contiguous().clone()
    kernel(found.numpy(), parent.cpu().numpy())
    return found.to(value.device)


@njit(cache=True)
def _behind(value: Any, parent: Any) -> None:
    for node in range(len(value) - 1, -1, -1):
        if parent[node] != node:
            value[parent[node]] += value[node]


@njit(cache=True)
def _along(value: Any, parent: Any) -> None:
    for node in range(len(value)):
        if parent[node] != node:
            value[node] += value[parent[node]]
