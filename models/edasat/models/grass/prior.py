"""How far to believe a prediction: a prior over runtimes that takes over where a formula is unlike the training data.

A network is as sure of itself far from the training data as near it, and one engine wrongly chosen costs the whole time
limit. Predictions are therefore mixed with what each engine does on training formulas in general; the weight of that
prior grows with the distance to the nearest training formulas, and how fast is chosen on runs that the network did not
see. Far away the ranking becomes that of the single best engine.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import torch
from torch import Tensor

from .network import squash
from .runtime import LogNormal, Mixture

#: Neighbours whose mean distance tells how far a formula lies from the training data.
_NEIGHBOURS: Final = 3
#: Standardised features are cut here in distances, so that one odd feature alone does not decide.
_CLIP: Final = 8.0
#: A distance of 0 (a copy of a training formula) counts as this much, so that its logarithm exists.
_LEAST_DISTANCE: Final = 1e-3
#: The prior's weight keeps this far from 0 and 1: neither side is ever certain, and its logarithm stays finite.
_MARGIN: Final = 1e-3
#: Gates tried: distances at which prior and prediction weigh the same, and slopes.
_MIDDLES: Final = (0.02, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 10.0)
_SLOPES: Final = (0.5, 1.0, 2.0, 4.0)
#: Bisection steps that find the prior's scale to a millionth of its range.
_STEPS: Final = 40


class Reference:
    """Instance features of the training formulas, and the distance of others to them.

    Args:
        features: float, (formulas, NUM_INSTANCE_FEATURES), raw.
    """

    def __init__(self, features: Tensor) -> None:
        self.features = features
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
    """Weight of the prior: the logistic function of ``offset + slope * log(distance)``."""

    offset: float
    slope: float

    def weight(self, distance: Tensor) -> Tensor:
        """Return the weight of the prior, float in (0, 1), shaped as ``distance``."""
        return _weight(torch.tensor(self.offset), torch.tensor(self.slope), distance)


#: The prior alone.
CLOSED: Final = Gate(20.0, 0.0)


def fit_prior(observed_s: Tensor, solved: Tensor, limit_s: float) -> LogNormal:
    """Return the log-normal of each engine that solves as many training formulas at the same mean cost, (engines,).

    Matching these two, not the likelihood, keeps the order of the engines by PAR-2, whatever the true shape.

    Args:
        observed_s: float, (formulas, engines): CPU seconds, the limit where not solved.
        solved: bool, same shape.
        limit_s: CPU time limit of the runs.
    """
    count = len(solved)
    share = ((solved.sum(dim=0) + 0.5) / (count + 1)).double()  # never 0 or 1, where no log-normal exists
    until = observed_s.double().mean(dim=0).clamp(min=1e-3 * limit_s, max=0.999 * limit_s)
    reach = torch.special.ndtri(share)
    limit = torch.tensor(limit_s, dtype=torch.float64)
    low, high = torch.full_like(share, 0.01), torch.full_like(share, 20.0)
    for _ in range(_STEPS):
        # Of all log-normals with this solved share, the wider one is stopped earlier on average.
        scale = (low + high) / 2
        too_slow = LogNormal(limit.log() - reach * scale, scale).expected_until(limit) > until
        low, high = torch.where(too_slow, scale, low), torch.where(too_slow, high, scale)
    return LogNormal((limit.log() - reach * high).float(), high.float())


def with_prior(members: LogNormal, prior: LogNormal, gate: Gate, distance: Tensor) -> Mixture:
    """Mix the members' predictions with the prior.

    Args:
        members: (members, formulas, engines).
        prior: (engines,).
        gate: tells the prior's weight.
        distance: float, (formulas,).
    """
    return _mix(members, prior, gate.weight(distance))


def fit_gate(
    members: LogNormal, prior: LogNormal, distance: Tensor, observed_s: Tensor, solved: Tensor, limit_s: float
) -> Gate:
    """Return the gate whose choices beat the single best engine most surely, on runs that the members did not see.

    Gates are compared by how much PAR-2 their choices save against the single best engine, less one standard error: a
    few lucky rows must not open the gate. If none saves anything, it stays closed.

    Args:
        members: (members, formulas, engines).
        prior: (engines,).
        distance: float, (formulas,), to the data that the members did see.
        observed_s: float, (formulas, engines): CPU seconds, the limit where not solved.
        solved: bool, same shape.
        limit_s: CPU time limit of the runs.
    """
    costs = torch.where(solved, observed_s, 2 * limit_s)
    single = costs[:, costs.mean(dim=0).argmin()]
    best, best_value = CLOSED, 0.0
    for middle in _MIDDLES:
        for slope in _SLOPES:
            gate = Gate(-slope * math.log(middle), slope)
            choice = with_prior(members, prior, gate, distance).expected_par(limit_s).argmin(dim=1, keepdim=True)
            saved = single - costs.gather(1, choice)[:, 0]
            value = float(saved.mean() - saved.std() / len(saved) ** 0.5)
            if value > best_value:
                best, best_value = gate, value
    return best


def _weight(offset: Tensor, slope: Tensor, distance: Tensor) -> Tensor:
    return torch.sigmoid(offset + slope * distance.clamp(min=_LEAST_DISTANCE).log()).clamp(_MARGIN, 1 - _MARGIN)


def _mix(members: LogNormal, prior: LogNormal, weight: Tensor) -> Mixture:
    count, formulas, engines = members.mean.shape
    parts = LogNormal(
        *(torch.cat([own, general.expand(1, formulas, engines)]) for own, general in zip(members, prior, strict=True))
    )
    weight = weight.reshape(1, formulas, 1)
    return Mixture(parts, torch.cat([((1 - weight) / count).expand(count, formulas, 1), weight]))
