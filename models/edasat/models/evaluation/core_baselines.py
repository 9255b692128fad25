"""Baselines of core detection: rankings of the clauses by one number, and gradient boosting on clause features."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Final

import numpy as np
import numpy.typing as npt

from edasat.datasets.cores_data import LabelledFormula
from edasat.sat.features.hints import search_score
from edasat.sat.features.nodes import CLAUSE_FEATURES

FloatArray = npt.NDArray[np.floating]

#: Clauses drawn per formula to train boosting on: so many tell a formula's share, and all formulas weigh the same.
_SAMPLE: Final = 500


def by_length(formula: LabelledFormula) -> FloatArray:
    """Rank short clauses first: they restrict most."""
    return -np.diff(formula.graph.clause_offsets).astype(np.float64)


def by_degree(formula: LabelledFormula) -> FloatArray:
    """Rank clauses of frequent literals with many resolvents first."""
    x = formula.graph.clause_x
    return x[:, CLAUSE_FEATURES.index("mean_log_degree")] + x[:, CLAUSE_FEATURES.index("mean_log_resolvents")]


def by_search(formula: LabelledFormula) -> FloatArray:
    """Rank by the short searches."""
    return search_score(formula.hints)


#: Rankings without training.
RANKINGS: Final[Mapping[str, Callable[[LabelledFormula], FloatArray]]] = MappingProxyType(
    {"clause length": by_length, "degree score": by_degree, "short search alone": by_search}
)


class ClauseBoosting:
    """Gradient-boosted trees on the features of each clause, of its literals, and its place in the file.

    Args:
        hints: also the clause hints.
        seed: of the sample and the trees.
    """

    def __init__(self, *, hints: bool, seed: int = 0) -> None:
        from sklearn.ensemble import HistGradientBoostingClassifier

        self.hints, self.seed = hints, seed
        self._model = HistGradientBoostingClassifier(max_iter=200, learning_rate=0.1, random_state=seed)

    def fit(self, formulas: Sequence[LabelledFormula]) -> ClauseBoosting:
        """Learn from a sample of the clauses of each formula."""
        rng = np.random.default_rng(self.seed)
        x, y, weights = [], [], []
        for formula in formulas:
            chosen = rng.permutation(len(formula.in_core))[:_SAMPLE]
            x.append(self._columns(formula)[chosen])
            y.append(formula.in_core[chosen])
            weights.append(np.full(len(chosen), 1 / max(1, len(chosen))))
        self._model.fit(np.concatenate(x), np.concatenate(y), sample_weight=np.concatenate(weights))
        return self

    def predict(self, formula: LabelledFormula) -> FloatArray:
        """Return the probability of each clause."""
        return self._model.predict_proba(self._columns(formula))[:, 1]

    def _columns(self, formula: LabelledFormula) -> FloatArray:
        graph = formula.graph
        place = graph.clause_position / max(1, graph.num_clauses - 1)
        parts: list[FloatArray] = [graph.clause_x, place[:, None], _literal_means(formula)]
        if self.hints:
            parts.append(formula.hints)
        return np.concatenate(parts, axis=1)


def _literal_means(formula: LabelledFormula) -> FloatArray:
    """Return the mean of the literals' features over each clause, (num_clauses, columns)."""
    graph = formula.graph
    sums = np.concatenate([np.zeros((1, graph.literal_x.shape[1])), np.cumsum(graph.literal_x[graph.literals], axis=0)])
    lengths = np.diff(graph.clause_offsets)
    totals = sums[graph.clause_offsets[1:]] - sums[graph.clause_offsets[:-1]]
    return totals / np.maximum(1, lengths)[:, None]
