"""What solver selection did before graph networks: neighbours, forests and boosted trees on features of the formula."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import torch

from edasat.sat.runs import RunMatrix
from edasat.sat.selection import par, single_best

from ..grass.runtime import SHORTEST_S, LogNormal

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

#: Timeouts are taught as this many limits: PAR-2.
_PENALTY: Final = 2.0
_MAX_ITERATIONS = 150


class NearestNeighbours:
    """Choose what was best on average for the most similar training formulas.

    Nikolić, Marić, Janičić, "Simple Algorithm Portfolio for SAT" (ArgoSmArT k-NN), Artificial Intelligence Review 40,
    2013, with standardised features in place of its own distance (our choice).

    Args:
        k: number of neighbours.
    """

    def __init__(self, k: int = 5) -> None:
        self.k = k

    def fit(self, x: FloatArray, matrix: RunMatrix) -> NearestNeighbours:
        """Keep the training formulas; x is (rows, features)."""
        squashed = _squash(x)
        self._mean, self._std = squashed.mean(axis=0), np.maximum(squashed.std(axis=0), 1e-6)
        self._points, self._costs = (squashed - self._mean) / self._std, par(matrix, _PENALTY)
        return self

    def costs(self, x: FloatArray) -> FloatArray:
        """Return the expected PAR-2 of each engine in CPU seconds, (rows, engines)."""
        points = (_squash(x) - self._mean) / self._std
        distances = np.linalg.norm(points[:, None, :] - self._points[None], axis=2)
        nearest = np.argsort(distances, axis=1, kind="stable")[:, : self.k]
        means: FloatArray = self._costs[nearest].mean(axis=1)
        return means


class PairwiseForests:
    """A random forest per pair of engines votes for the faster one; training weighs formulas by what is at stake.

    Xu, Hutter, Hoos, Leyton-Brown, "Evaluating Component Solver Contributions to Portfolio-Based Algorithm Selectors"
    (SATzilla2012), SAT 2012.

    Args:
        trees: in each forest.
        seed: of the forests.
    """

    def __init__(self, trees: int = 50, seed: int = 0) -> None:
        self.trees = trees
        self.seed = seed

    def fit(self, x: FloatArray, matrix: RunMatrix) -> PairwiseForests:
        """Train one forest per pair; x is (rows, features)."""
        from sklearn.ensemble import RandomForestClassifier

        costs = par(matrix, _PENALTY)
        self._num_engines = matrix.num_engines
        self._forests = {}
        for one, other in combinations(range(matrix.num_engines), 2):
            stake = np.abs(costs[:, one] - costs[:, other])
            forest = RandomForestClassifier(self.trees, random_state=self.seed, n_jobs=1)
            first = costs[:, one] < costs[:, other]
            if stake.any():
                self._forests[one, other] = forest.fit(x, first, sample_weight=stake)
        return self

    def costs(self, x: FloatArray) -> FloatArray:
        """Return the number of lost votes of each engine, (rows, engines)."""
        lost = np.zeros((len(x), self._num_engines))
        for (one, other), forest in self._forests.items():
            first = forest.predict(x)
            lost[:, one] += ~first
            lost[:, other] += first
        return lost


class Boosting:
    """Gradient boosting per engine on the logarithm of the penalised runtime; timeouts count as twice the limit.

    Args:
        seed: of the binning inside.
        options: further settings of scikit-learn's HistGradientBoostingRegressor.
    """

    def __init__(self, seed: int = 0, **options: Any) -> None:
        self.seed = seed
        self.options = options

    def fit(self, x: FloatArray, matrix: RunMatrix) -> Boosting:
        """Train one regressor per engine; x is (rows, features), NaN where a feature is missing."""
        self._x, self._targets = x, _log_penalised(matrix)
        self._models = [self._regressor().fit(x, target) for target in self._targets.T]
        self._scale: FloatArray | None = None
        return self

    def runtimes(self, x: FloatArray) -> LogNormal:
        """Return log-normal predictions, (1 member, rows, engines), for the scheduler that GraSS uses."""
        if self._scale is None:
            self._scale = self._spread()
        mean = self._predict(x)
        scale = np.broadcast_to(self._scale, mean.shape)
        return LogNormal(torch.from_numpy(mean).float()[None], torch.tensor(scale).float()[None])

    def costs(self, x: FloatArray) -> FloatArray:
        """Return the predicted penalised runtime in CPU seconds, (rows, engines)."""
        costs: FloatArray = np.exp(self._predict(x))
        return costs

    def _predict(self, x: FloatArray) -> FloatArray:
        return np.stack([model.predict(x) for model in self._models], axis=1)

    def _regressor(self) -> Any:
        from sklearn.ensemble import HistGradientBoostingRegressor

        # Small leaves and slow learning suit some hundred rows; the defaults are made for tens of thousands.
        settings = {"max_iter": _MAX_ITERATIONS, "learning_rate": 0.06, "min_samples_leaf": 5, **self.options}
        return HistGradientBoostingRegressor(random_state=self.seed, **settings)

    def _spread(self) -> FloatArray:
        """Return the standard deviation of each engine's errors on three folds inside the training data."""
        from sklearn.model_selection import cross_val_predict

        spreads = [
            np.std(cross_val_predict(self._regressor(), self._x, target, cv=3) - target) for target in self._targets.T
        ]
        return np.maximum(spreads, 0.05)


def best_per_family(train: RunMatrix, families: Sequence[str]) -> IntArray:
    """Return the best engine of each formula's family on the training runs; the single best for an unknown family."""
    overall = single_best(train, _PENALTY)
    known = {
        family: single_best(train.take(np.array(train.families) == family), _PENALTY) for family in set(train.families)
    }
    return np.array([known.get(family, overall) for family in families], dtype=np.int64)


def _log_penalised(matrix: RunMatrix) -> FloatArray:
    penalised: FloatArray = np.log(np.maximum(par(matrix, _PENALTY), SHORTEST_S))
    return penalised


def _squash(x: FloatArray) -> FloatArray:
    squashed: FloatArray = np.sign(x) * np.log1p(np.abs(x))
    return squashed
