"""Earliest and latest arrival times of a whole design in one differentiable sweep.

A *state* is one time: of a clock edge or of a class of data (a tag), earliest or latest, rising or falling, at one pin.
Only states that occur are kept, which a reference run tells. An *item* joins two states by a delay. Latest times are
maxima, earliest times minima; they are kept with their sign turned, so that every state is a maximum.

As in :mod:`.slews`, levels are slices, and the sweep is one node of the autograd graph with a sweep of its own
backward.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from edasat.core.csr import group_values
from edasat.core.levels import levelize

from .arrival_items import ORIGIN, ArrivalItems
from .buffers import add_at, add_buffers, take


class ArrivalSweep(nn.Module):
    """Largest sum of delays over all ways from the origin to each state of an acyclic graph.

    Attributes:
        levels: for each level above the sources its states and the items that lead to them.
    """

    source: Tensor
    target: Tensor
    delay: Tensor
    position: Tensor

    def __init__(self, items: ArrivalItems) -> None:
        """Sort the items. States that none leads to, other than the origin, are never reached."""
        super().__init__()
        num_states, source, target, delay = items.num_states, items.source, items.target, items.delay
        levels = levelize(num_states, source, target)
        position = np.empty(num_states, np.int64)
        position[levels.order] = np.arange(num_states)
        offsets, order = group_values(position[target], np.arange(len(target)), num_states)
        bounds = offsets[levels.offsets]
        self.levels = [
            (slice(int(a), int(b)), slice(int(c), int(d)))
            for a, b, c, d in zip(levels.offsets[1:], levels.offsets[2:], bounds[1:], bounds[2:], strict=False)
        ]
        self.origin = int(position[ORIGIN])
        columns = {"source": position[source[order]], "target": position[target[order]], "delay": delay[order]}
        add_buffers(self, columns | {"position": position})

    def forward(self, delay: Tensor) -> Tensor:
        """Return the time of each state, (batch, num_states), from delays, (batch, num_delays)."""
        times: Tensor = _Sweep.apply(self, take(delay, self.delay))  # type: ignore[no-untyped-call]
        return take(times, self.position)


class _Sweep(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, sweep: ArrivalSweep, delay: Tensor) -> Tensor:
        batch = len(delay)
        times = delay.new_full((batch, len(sweep.position)), -torch.inf)
        times[:, sweep.origin] = 0.0
        through = torch.empty_like(delay)
        for states, items in sweep.levels:
            found = torch.add(take(times, sweep.source[items]), delay[:, items])
            through[:, items] = found
            here = times[:, states]
            if found.shape == here.shape:  # one item for each state: nothing to compare
                here.copy_(found)
            else:
                here.scatter_reduce_(-1, (sweep.target[items] - states.start).expand(batch, -1), found, "amax")
        ctx.sweep = sweep
        ctx.save_for_backward(times, through)
        return times

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *grads: Tensor) -> tuple[None, Tensor]:
        sweep: ArrivalSweep = ctx.sweep
        times, through = ctx.saved_tensors
        grad = grads[0].clone()
        # Where several ways are equally long, each gets an equal part.
        share = (through == take(times, sweep.target)).to(grad.dtype)
        target = sweep.target.expand_as(share)
        share /= torch.zeros_like(grad).scatter_add_(-1, target, share).gather(-1, target)
        for _, items in reversed(sweep.levels):
            part = share[:, items]
            part *= take(grad, sweep.target[items])
            add_at(grad, sweep.source[items], part)
        return None, share
