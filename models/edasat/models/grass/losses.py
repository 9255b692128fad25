"""What training minimises; several may be combined with weights.

Rows that no engine solved count in ``censored`` (they took longer than the limit) and in no other loss: there is no
right choice to learn from them, and they are never a class.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

import torch
import torch.nn.functional as F
from torch import Tensor

from .runtime import LogNormal, censored_nll

#: Takes prediction, observed CPU seconds (the limit where not solved), solved flags and the limit; returns a scalar.
Loss = Callable[[LogNormal, Tensor, Tensor, float], Tensor]


def censored(runtime: LogNormal, observed_s: Tensor, solved: Tensor, limit_s: float) -> Tensor:
    """Negative log-likelihood of the censored log-runtimes; the predicted seconds and intervals need this one."""
    del limit_s  # stands in observed_s where it matters
    return censored_nll(runtime, observed_s, solved).mean()


def expected_runtime(runtime: LogNormal, observed_s: Tensor, solved: Tensor, limit_s: float) -> Tensor:
    """PAR-2 in limits that a random choice with the predicted odds would cost above the best engine.

    GraSS's code weighs runtimes with normalised sigmoids; the softmax, and scores taken from the predicted expected
    PAR-2, are our choice.
    """
    scores, costs = _choices(runtime, observed_s, solved, limit_s)
    regret = costs - costs.min(dim=1, keepdim=True).values
    return _mean((scores.softmax(dim=1) * regret).sum(dim=1))


def pairwise(runtime: LogNormal, observed_s: Tensor, solved: Tensor, limit_s: float) -> Tensor:
    """Logistic loss on the order of every two engines, weighted by the difference of their PAR-2 in limits."""
    scores, costs = _choices(runtime, observed_s, solved, limit_s)
    gain = costs.unsqueeze(1) - costs.unsqueeze(2)  # [b, i, j] = cost of j - cost of i: above 0 where i is better
    margin = scores.unsqueeze(2) - scores.unsqueeze(1)
    return _mean((gain.clamp(min=0) * F.softplus(-margin)).sum(dim=(1, 2)) / costs.shape[1])


def weighted_choice(runtime: LogNormal, observed_s: Tensor, solved: Tensor, limit_s: float) -> Tensor:
    """Cross-entropy on the best engine, weighted by what the average engine would cost more, in limits."""
    scores, costs = _choices(runtime, observed_s, solved, limit_s)
    best = costs.min(dim=1)
    weight = costs.mean(dim=1) - best.values
    return _mean(weight * F.cross_entropy(scores, best.indices, reduction="none"))


LOSSES: Final[Mapping[str, Loss]] = MappingProxyType(
    {loss.__name__: loss for loss in (censored, expected_runtime, pairwise, weighted_choice)}
)


def _choices(runtime: LogNormal, observed_s: Tensor, solved: Tensor, limit_s: float) -> tuple[Tensor, Tensor]:
    """Return scores (higher is better) and PAR-2 in units of the limit, of the rows that some engine solved."""
    rows = solved.any(dim=1)
    scores = -runtime.expected_par(limit_s).clamp(min=1e-6).log()
    costs = torch.where(solved, observed_s / limit_s, 2.0)
    return scores[rows], costs[rows]


def _mean(values: Tensor) -> Tensor:
    """Mean; 0 for none, still attached to the graph."""
    return values.sum() / max(1, len(values))
