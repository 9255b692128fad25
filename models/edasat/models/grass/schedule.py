"""Short sequential schedules from predicted runtimes: run one engine for a while, then another for the rest.

The runtimes of two engines are taken as independent given the formula and the part of the mixture; averaging over the
parts keeps what they have in common. Restarting costs what the first engine used, so one engine alone wins unless the
network is unsure.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import torch
from torch import Tensor

from .runtime import Mixture

#: Shares of the time limit that the first engine may get.
SHARES: Final = (0.02, 0.05, 0.1, 0.2, 0.3, 0.5)
#: A second engine must lower the expected PAR-2 by this share: the independence assumption flatters it.
MIN_GAIN: Final = 0.05


class Plan(NamedTuple):
    """What to run on each formula.

    Attributes:
        first: int64, (formulas,): engine to start with.
        first_s: float, (formulas,): its CPU seconds; the whole limit where it runs alone.
        second: int64, (formulas,): engine for the rest; equal to ``first`` where that runs alone.
    """

    first: Tensor
    first_s: Tensor
    second: Tensor


def plan(runtime: Mixture, limit_s: float) -> Plan:
    """Choose one engine, or two in a row, with the lowest expected PAR-2.

    Args:
        runtime: predictions.
        limit_s: CPU seconds for all together.
    """
    parts = runtime.parts
    alone = runtime.expected_par(limit_s)  # (formulas, engines)
    best = alone.min(dim=1)
    first, second, cost = best.indices, best.indices, best.values * (1 - MIN_GAIN)
    first_s = torch.full_like(cost, limit_s)
    num_engines = alone.shape[1]
    same = torch.eye(num_engines, dtype=torch.bool)  # an engine started again repeats itself
    for share in SHARES:
        start_s, rest_s = share * limit_s, (1 - share) * limit_s
        open_share = 1 - parts.solved_by(start_s)  # (parts, formulas, engines)
        # What the second engine costs from its start, with limit_s more if it fails: PAR-2 of the whole.
        then = parts.expected_until(rest_s) + limit_s * (1 - parts.solved_by(rest_s))
        pair = parts.expected_until(start_s).unsqueeze(3) + open_share.unsqueeze(3) * then.unsqueeze(2)
        pairs = (
            runtime.average(pair).masked_fill(same, torch.inf).flatten(1).min(dim=1)
        )  # over first * engines + second
        better = pairs.values < cost
        first = torch.where(better, pairs.indices // num_engines, first)
        second = torch.where(better, pairs.indices % num_engines, second)
        first_s = torch.where(better, start_s, first_s)
        cost = torch.where(better, pairs.values, cost)
    return Plan(first, first_s, second)
