"""What engines do on similar training formulas: measured runs, weighted by how much the formulas are alike.

Two views tell what is alike. Trees on instance features (:mod:`.forest`) see the kind and the size of a formula; the
networks see its graph, and formulas are alike to them for which they predict the same runtimes. Each training formula
brings the runs of all engines on it together, so the weighted runs keep what separate predictions lose: where engines
fail together and where one saves the other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor

from .forest import FOREST_ARRAYS, Forest
from .network import squash
from .runtime import SHORTEST_S, LogNormal

#: Share of the networks' view in the weights; chosen by cross-validation.
NETWORK_SHARE: Final = 0.2
#: The networks' view reaches to about this many training formulas.
_NEIGHBOURS: Final = 8
#: A similar formula of the same family and size takes a runtime within about this factor, as a log scale.
_RUNTIME_SCALE: Final = 0.3
#: A run that was stopped at the limit counts as having taken this many limits, as in PAR-2.
_STOPPED: Final = 2.0
#: Fast runs are all alike: shorter differences do not guide the trees.
_FAST_S: Final = 0.05


@dataclass(frozen=True)
class Known:
    """The training formulas.

    Attributes:
        instance_x: float32, (formulas, NUM_INSTANCE_FEATURES): raw.
        predicted: float32, (formulas, engines): mean log-runtime by networks that did not train on the formula.
        observed_s: float32, (formulas, engines): CPU seconds, the limit where not solved.
        solved: bool, (formulas, engines).
    """

    instance_x: Tensor
    predicted: Tensor
    observed_s: Tensor
    solved: Tensor

    def take(self, rows: Tensor) -> Known:
        """Return some of the formulas."""
        return Known(self.instance_x[rows], self.predicted[rows], self.observed_s[rows], self.solved[rows])


#: Names of the tensors of :class:`Known`, as they stand in weight files.
KNOWN_ARRAYS: Final = ("instance_x", "predicted", "observed_s", "solved")


class Neighbours:
    """Weighs training formulas by how much a new formula is like them.

    Args:
        known: the training formulas.
        forest: grown on them.
        limit_s: CPU time limit of their runs.
    """

    def __init__(self, known: Known, forest: Forest, limit_s: float) -> None:
        self.known, self.forest = known, forest
        seconds = torch.where(known.solved, known.observed_s, _STOPPED * limit_s).clamp(min=SHORTEST_S)
        #: Runs of the training formulas as log-normals, (training formulas, 1, engines).
        self.runs = LogNormal(seconds.log()[:, None], torch.full_like(seconds, _RUNTIME_SCALE)[:, None])
        profile = _profile(known.predicted)
        self._mean, self._std = profile.mean(dim=0), profile.std(dim=0, correction=0).clamp(min=1e-3)
        self._points = (profile - self._mean) / self._std

    @classmethod
    def fit(cls, known: Known, limit_s: float, seed: int = 0) -> Neighbours:
        """Grow the forest."""
        seconds = torch.where(known.solved, known.observed_s, _STOPPED * limit_s)
        logs = seconds.clamp(min=_FAST_S).log()
        relative = logs - logs.mean(dim=1, keepdim=True)  # who is fast here, not how hard it is
        return cls(known, Forest.grow(squash(known.instance_x), relative.double().numpy(), seed), limit_s)

    def weights(self, instance_x: Tensor, predicted: Tensor | None) -> Tensor:
        """Return the weight of each training formula, float (formulas, training formulas); rows sum to 1.

        Args:
            instance_x: float32, (formulas, NUM_INSTANCE_FEATURES): raw.
            predicted: float32, (formulas, engines): mean log-runtimes; None leaves the networks out.
        """
        by_forest = self.forest.weights(squash(instance_x))
        if predicted is None:
            return by_forest
        return (1 - NETWORK_SHARE) * by_forest + NETWORK_SHARE * self._by_network(predicted)

    def _by_network(self, predicted: Tensor) -> Tensor:
        distance = torch.cdist((_profile(predicted) - self._mean) / self._std, self._points)
        count = min(_NEIGHBOURS, distance.shape[1])
        reach = distance.topk(count, dim=1, largest=False).values[:, -1:].clamp(min=1e-6)
        return torch.softmax(-(distance / reach).square(), dim=1)

    def tensors(self) -> dict[str, Tensor]:
        """Return what :meth:`from_tensors` needs."""
        known = {f"known.{name}": getattr(self.known, name) for name in KNOWN_ARRAYS}
        return known | {f"forest.{name}": tensor for name, tensor in self.forest.arrays().items()}

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, Tensor], limit_s: float) -> Neighbours:
        """Make it again from its tensors."""
        known = Known(**{name: tensors[f"known.{name}"] for name in KNOWN_ARRAYS})
        forest = Forest(**{name: tensors[f"forest.{name}"] for name in FOREST_ARRAYS}, x=squash(known.instance_x))
        return cls(known, forest, limit_s)


def _profile(predicted: Tensor) -> Tensor:
    """Return how hard a formula is and how engines compare on it, (formulas, 1 + engines), from mean log-runtimes."""
    hardness = predicted.mean(dim=1, keepdim=True)
    return torch.cat([hardness, predicted - hardness], dim=1)
