"""Calibration by isotonic regression: scores become probabilities, their order stays.

Zadrozny and Elkan, "Transforming Classifier Scores into Accurate Multiclass Probability Estimates", KDD 2002.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.floating]

#: Knots kept of the fitted step function.
_KNOTS: Final = 48
#: No clause is certain: probabilities stay this far from 0 and 1.
_MARGIN: Final = 1e-4


@dataclass(frozen=True)
class Isotonic:
    """A rising, piecewise linear map from scores to probabilities.

    Attributes:
        scores: knots, rising.
        probabilities: values at the knots, never falling.
    """

    scores: tuple[float, ...]
    probabilities: tuple[float, ...]

    @classmethod
    def fit(cls, scores: FloatArray, positive: npt.NDArray[np.bool_], weights: FloatArray) -> Isotonic:
        """Fit to data that the model was not trained on.

        Args:
            scores: (n,).
            positive: (n,): outcomes.
            weights: (n,): what each counts.
        """
        from sklearn.isotonic import IsotonicRegression

        steps = IsotonicRegression(out_of_bounds="clip").fit(scores, positive, sample_weight=weights)
        order = np.argsort(scores)
        share = np.cumsum(weights[order]) / weights.sum()
        places = np.searchsorted(share, np.linspace(0, 1, _KNOTS)[1:-1])
        knots = np.unique(np.concatenate([[scores.min()], scores[order][places], [scores.max()]]))
        values = np.clip(steps.predict(knots), _MARGIN, 1 - _MARGIN)
        return cls(tuple(map(float, knots)), tuple(map(float, values)))

    def __call__(self, scores: FloatArray) -> npt.NDArray[np.float64]:
        """Return the probability of each score.

        >>> Isotonic((0.0, 1.0), (0.2, 0.8))(np.array([-1.0, 0.5])).tolist()
        [0.2, 0.5]
        """
        return np.interp(scores, self.scores, self.probabilities)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, for model cards."""
        return {"scores": list(self.scores), "probabilities": list(self.probabilities)}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Isotonic:
        """Read what :meth:`to_dict` wrote."""
        return cls(tuple(values["scores"]), tuple(values["probabilities"]))
