"""Soft longest paths through a graph of signals, differentiable, in one compiled sweep.

max-plus with the maximum softened by a temperature, so that every nearly critical path learns, not only the longest.
The derivative of log-sum-exp is a softmax, so the sweep keeps one weight per edge and the backward pass sends gradients
back along them. One compiled loop over nodes in topological order serves a batch of thousands of nodes in well under a
millisecond, where a loop over levels pays a dozen tensor operations for each.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from numba import njit
from torch import Tensor
from torch.autograd.function import once_differentiable

FloatArray = npt.NDArray[np.float32]
IntArray = npt.NDArray[np.integer[Any]]


class Paths(NamedTuple):
    """Where the signals of each node come from.

    Attributes:
        order: int32, (N,): nodes in topological order.
        offsets: int64, (N + 1,): node v has the sources ``sources[offsets[v]:offsets[v + 1]]``.
        sources: int32, (P,).
        inside: bool, (P,): the source is an output within the block that the node stands for; its arrival adds to that
            of the block's inputs.
    """

    order: Tensor
    offsets: Tensor
    sources: Tensor
    inside: Tensor


def soft_arrivals(delay: Tensor, paths: Paths, temperature: float) -> tuple[Tensor, Tensor]:
    """Return when signals arrive behind each node: its own delay after the latest of its sources, softly.

    a(v) = d(v) + T log sum_u exp(a(u) / T), over outer and inside sources separately; nodes without sources start at 0.

    Args:
        delay: float32, (N,): delay of each node.
        temperature: T, in units of the delays; two equally late sources count T log 2 more than one.

    Returns:
        arrivals, float32, (N,), and the weight of each source in the arrival of its node, float32, (P,), constant.

    >>> chain = Paths(*map(torch.tensor, ([0, 1, 2], [0, 0, 1, 2], [0, 1], [False, False])))
    >>> soft_arrivals(torch.tensor([1.0, 2.0, 3.0]), chain, 0.1)[0].tolist()
    [1.0, 3.0, 6.0]
    """
    arrival, weight = _Sweep.apply(delay, paths, temperature)  # type: ignore[no-untyped-call]
    return arrival, weight


def criticality(end_weight: Tensor, weight: Tensor, paths: Paths) -> Tensor:
    """Return how much of the ends' delay each node's own delay decides, float32, (N,); no gradient.

    Args:
        end_weight: float32, (N,): weight of each node as the end of the longest path, summing to 1 per design.
        weight: of :func:`soft_arrivals`.
    """
    grad = end_weight.detach().cpu().numpy().copy()
    _backward(*(part.cpu().numpy() for part in paths[:3]), weight.detach().cpu().numpy(), grad)
    return torch.from_numpy(grad).to(end_weight.device)


class _Sweep(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, delay: Tensor, paths: Paths, temperature: float) -> tuple[Tensor, Tensor]:
        arrays = [part.cpu().numpy() for part in paths]
        weight = np.empty(len(arrays[2]), np.float32)
        arrival = _forward(*arrays, delay.detach().cpu().numpy(), np.float32(temperature), weight)
        ctx.arrays, ctx.weight = arrays[:3], weight
        weights = torch.from_numpy(weight).to(delay.device)
        ctx.mark_non_differentiable(weights)
        return torch.from_numpy(arrival).to(delay.device), weights

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None, None]:
        grad = grads[0].cpu().numpy().copy()
        _backward(*ctx.arrays, ctx.weight, grad)
        return torch.from_numpy(grad).to(grads[0].device), None, None


@njit(cache=True, nogil=True)
def _forward(
    order: IntArray,
    offsets: IntArray,
    sources: IntArray,
    inside: npt.NDArray[np.bool_],
    delay: FloatArray,
    temperature: np.float32,
    weight: FloatArray,
) -> FloatArray:
    arrival = delay.copy()
    for node in order:
        begin, end = offsets[node], offsets[node + 1]
        for group in (False, True):
            latest = np.float32(-np.inf)
            for edge in range(begin, end):
                if inside[edge] == group:
                    latest = max(latest, arrival[sources[edge]])
            if latest == -np.inf:
                continue
            total = np.float32(0)
            for edge in range(begin, end):
                if inside[edge] == group:
                    weight[edge] = np.exp((arrival[sources[edge]] - latest) / temperature)
                    total += weight[edge]
            for edge in range(begin, end):
                if inside[edge] == group:
                    weight[edge] /= total
            arrival[node] += latest + temperature * np.log(total)
    return arrival


@njit(cache=True, nogil=True)
def _backward(order: IntArray, offsets: IntArray, sources: IntArray, weight: FloatArray, grad: FloatArray) -> None:
    """Turn gradients of arrivals into gradients of delays, in place."""
    for position in range(len(order) - 1, -1, -1):
        node = order[position]
        for edge in range(offsets[node], offsets[node + 1]):
            grad[sources[edge]] += weight[edge] * grad[node]
