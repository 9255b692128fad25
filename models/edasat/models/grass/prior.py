"""How far to believe in similar formulas: a prior that takes over where a formula is unlike the training data.

Far from the training data there is no similar formula, but there is always a most similar one, and it is believed as
much as a near one. The weights of the training formulas are therefore mixed with equal weights for all of them; the
share of that prior grows with the distance to the nearest training formulas, and how fast is chosen on formulas, and on
whole families, that were left out. Far away what remains is what engines do in general: the single best engine.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import torch
from torch import Tensor

from .network import squash
from .scheduling import Savings

#: Neighbours whose mean distance tells how far a formula lies from the training data.
_NEIGHBOURS: Final = 3
#: Standardised features are cut here in distances, so that one odd feature alone does not decide.
_CLIP: Final = 8.0
#: A distance of 0 (a copy of a training formula) counts as this much, so that its logarithm exists.
_LEAST_DISTANCE: Final = 1e-3
#: Gates tried: distances at which prior and neighbours weigh the same, and slopes.
_MIDDLES: Final = (0.02, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 10.0)
_SLOPES: Final = (0.5, 1.0, 2.0, 4.0)


class Reference:
    """Instance features of the training formulas, and the distance of others to them.

    Args:
        features: float, (formulas, NUM_INSTANCE_FEATURES), raw.
    """

    def __init__(self, features: Tensor) -> None:
        squashed = squash(features)
        self._mean = squashed.mean(dim=0)
        self._std = squashed.std(dim=0, correction=0).clamp(min=0.05)
        self._points = self._standardise(features)

    def distance(self, instance_x: Tensor) -> Tensor:
        """Mean distance to the nearest training formulas, float (formulas,), per root of the number of features."""
        return self._nearest(torch.cdist(self._standardise(instance_x), self._points))

    def own_distances(self) -> Tensor:
        """The same of each training formula to the others."""
        distances = torch.cdist(self._points, self._points)
        return self._nearest(distances.fill_diagonal_(torch.inf))

    def _standardise(self, instance_x: Tensor) -> Tensor:
        return ((squash(instance_x) - self._mean) / self._std).clamp(-_CLIP, _CLIP)

    def _nearest(self, distances: Tensor) -> Tensor:
        count = min(_NEIGHBOURS, max(1, len(self._points) - 1))
        nearest = distances.topk(count, dim=1, largest=False).values.mean(dim=1)
        return nearest / self._points.shape[1] ** 0.5


class Gate(NamedTuple):
    """Share of the prior: the logistic function of ``offset + slope * log(distance)``."""

    offset: float
    slope: float

    def share(self, distance: Tensor) -> Tensor:
        """Return the share of the prior, float in (0, 1), shaped as ``distance``."""
        return torch.sigmoid(self.offset + self.slope * distance.clamp(min=_LEAST_DISTANCE).log())

    def mix(self, near: Tensor, general: Tensor, distance: Tensor) -> Tensor:
        """Mix what similar formulas say with what all say: weights or expectations, (formulas, ...)."""
        return torch.lerp(near, general, self.share(distance).unsqueeze(1))

    def mix_savings(self, near: Savings, general: Savings, distance: Tensor) -> Savings:
        """The same for savings."""
        return Savings(*(self.mix(*both, distance) for both in zip(near, general, strict=True)))


#: The prior alone.
CLOSED: Final = Gate(20.0, 0.0)


def fit_gate(near: Savings, general: Savings, distance: Tensor, measured: Tensor) -> Gate:
    """Return the gate whose schedules beat the first schedule, the single best engine alone, most surely.

    Gates are compared by how much PAR-2 they save, less one standard error: a few lucky formulas must not open the
    gate. If none saves anything, it stays closed.

    Args:
        near: what schedules save by a prediction that has not seen the formulas.
        general: by the runs of all training formulas alike.
        distance: float, (formulas,), to the training formulas.
        measured: float, (formulas, schedules): PAR-2 that each schedule would have got.
    """
    best, best_value = CLOSED, 0.0
    for middle in _MIDDLES:
        for slope in _SLOPES:
            gate = Gate(-slope * math.log(middle), slope)
            choice = gate.mix_savings(near, general, distance).best()
            saved = measured[:, 0] - measured.gather(1, choice[:, None])[:, 0]
            value = float(saved.mean() - saved.std() / len(saved) ** 0.5)
            if value > best_value:
                best, best_value = gate, value
    return best
