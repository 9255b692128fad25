"""A buffer that is written level by level and read in between, as one leaf of the autograd graph would be.

Writing into a slice of a tensor that autograd watches makes it copy the whole tensor at every level, and keep each
level in a list makes every read a search through lists. Here all levels write into one buffer, and all reads add their
gradients into another. A token that every write passes on to the reads behind it makes backward come in turn.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable


class StateTape:
    """Rows that are written once, slice by slice, and read by index.

    Args:
        rows: (num_rows, width): what stands there at first, without gradient.
    """

    def __init__(self, rows: Tensor) -> None:
        self.values = rows.detach().clone()
        self.gradient: Tensor | None = None
        self._token = rows.new_zeros((), requires_grad=True)

    def read(self, index: Tensor) -> Tensor:
        """Return ``rows[index]``."""
        out: Tensor = _Read.apply(self._token, self, index)  # type: ignore[no-untyped-call]
        return out

    def write(self, begin: int, rows: Tensor) -> None:
        """Put rows from ``begin`` on, where none was written before."""
        self._token = _Write.apply(rows, self._token, self, begin)  # type: ignore[no-untyped-call]

    def read_all(self) -> Tensor:
        """Return all rows."""
        out: Tensor = _ReadAll.apply(self._token, self)  # type: ignore[no-untyped-call]
        return out


class _Read(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, token: Tensor, tape: StateTape, index: Tensor) -> Tensor:
        ctx.tape, ctx.index = tape, index
        return tape.values.index_select(0, index)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None]:
        _gradient(ctx.tape).index_add_(0, ctx.index, gradient)
        return gradient.new_zeros(()), None, None


class _ReadAll(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, token: Tensor, tape: StateTape) -> Tensor:
        ctx.tape = tape
        return tape.values.clone()

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        _gradient(ctx.tape).add_(gradient)
        return gradient.new_zeros(()), None


class _Write(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, rows: Tensor, token: Tensor, tape: StateTape, begin: int) -> Tensor:
        ctx.tape, ctx.begin, ctx.count = tape, begin, len(rows)
        tape.values[begin : begin + len(rows)] = rows
        return token.clone()

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, token: Tensor) -> tuple[Tensor, Tensor, None, None]:
        return _gradient(ctx.tape)[ctx.begin : ctx.begin + ctx.count].clone(), torch.zeros_like(token), None, None


def _gradient(tape: StateTape) -> Tensor:
    if tape.gradient is None:
        tape.gradient = torch.zeros_like(tape.values)
    return tape.gradient
