"""What similar formulas tell about a formula, or a whole family, that was left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from edasat.datasets.batches import IntArray

from .neighbours import Known, Neighbours
from .prior import Gate, Reference, fit_gate
from .runtime import LogNormal, Mixture
from .scheduling import Savings


@dataclass(frozen=True)
class Outside:
    """Each training formula seen from the formulas of the other folds.

    Attributes:
        near: float, (n, n): row i weighs the training formulas by how much i is like them; 0 inside the fold.
        general: float, (n, n): equal weights outside the fold.
        distance: float, (n,): of each formula to the others outside its fold.
    """

    near: Tensor
    general: Tensor
    distance: Tensor

    def mixture(self, runs: LogNormal, gate: Gate) -> Mixture:
        """Return the prediction for each formula that a gate makes of the runs of all of them, (n, 1, engines)."""
        return _mixture(runs, gate.mix(self.near, self.general, self.distance))

    def savings(self, runs: LogNormal, costs: Tensor) -> tuple[Savings, Savings]:
        """Return what schedules are expected to save by similar formulas, and by all alike."""
        return Savings.of(_mixture(runs, self.near), costs), Savings.of(_mixture(runs, self.general), costs)


def _mixture(runs: LogNormal, weights: Tensor) -> Mixture:
    return Mixture(runs, weights.t().unsqueeze(2))


def leave_folds_out(known: Known, folds: IntArray, limit_s: float, *, networks: bool, seed: int = 0) -> Outside:
    """Fit neighbours without each fold and ask them about it.

    Args:
        known: n training formulas.
        folds: int64, (n,).
        limit_s: CPU time limit of the runs.
        networks: whether the networks' view counts, which must have been trained on the same folds. What is left of a
            leak: networks of other folds, which place the training formulas, did see this fold.
        seed: of the forests.
    """
    fold = torch.from_numpy(folds)
    near = torch.zeros(len(fold), len(fold))
    distance = torch.zeros(len(fold))
    for number in np.unique(folds):
        inside, outside = torch.nonzero(fold != number)[:, 0], torch.nonzero(fold == number)[:, 0]
        neighbours = Neighbours.fit(known.take(inside), limit_s, seed)
        x = known.instance_x[outside]
        near[outside[:, None], inside] = neighbours.weights(x, known.predicted[outside] if networks else None)
        distance[outside] = Reference(known.instance_x[inside]).distance(x)
    apart = (fold[:, None] != fold).float()
    return Outside(near, apart / apart.sum(dim=1, keepdim=True), distance)


def fit_gate_on(views: Sequence[Outside], runs: LogNormal, costs: Tensor, measured: Tensor) -> Gate:
    """Fit one gate to several views of the same formulas, each of which counts the same.

    Args:
        views: of n formulas each.
        runs: of these formulas, (n, 1, engines).
        costs: expected PAR-2 of schedules by these runs, (n, 1, schedules).
        measured: float, (n, schedules): PAR-2 that they would have got.
    """
    near, general = zip(*(view.savings(runs, costs) for view in views), strict=True)
    return fit_gate(
        joined(near), joined(general), torch.cat([view.distance for view in views]), measured.repeat(len(views), 1)
    )


def joined(savings: Sequence[Savings]) -> Savings:
    """Return the savings on several sets of formulas as one."""
    return Savings(torch.cat([each.mean for each in savings]), torch.cat([each.square for each in savings]))
