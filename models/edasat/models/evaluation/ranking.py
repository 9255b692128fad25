"""How well scores rank the clauses of a core before the others, and how honest probabilities are."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.floating]
BoolArray = npt.NDArray[np.bool_]


def average_precision(scores: FloatArray, positive: BoolArray) -> float:
    """Return the mean, over the positives, of the precision at their rank.

    Clauses of equal score count as in random order: each place of a tie gets the share of positives that the tie has,
    so that constant scores give the base rate.

    >>> average_precision(np.array([3.0, 2.0, 1.0]), np.array([True, False, True]))
    0.8333333333333333
    >>> average_precision(np.zeros(4), np.array([True, False, False, False]))
    0.25
    """
    total = int(positive.sum())
    if not total:
        return float("nan")
    order = np.argsort(-scores, kind="stable")
    ordered = scores[order]
    ends = np.append(np.flatnonzero(np.diff(ordered)), len(ordered) - 1)
    found = np.cumsum(positive[order])[ends]
    gained = np.diff(found, prepend=0)
    return float((gained * (found / (ends + 1))).sum() / total)


def lift(precision: float, base_rate: float) -> float:
    """Return how much of the way from chance (0) to a perfect ranking (1) an average precision goes.

    >>> lift(0.75, 0.5)
    0.5
    """
    return (precision - base_rate) / (1 - base_rate) if base_rate < 1 else float("nan")


def calibration_error(probabilities: FloatArray, positive: BoolArray, bins: int = 15) -> float:
    """Return the expected calibration error: the mean gap between probability and share of positives, over equal bins.

    Naeini et al., "Obtaining Well Calibrated Probabilities Using Bayesian Binning", AAAI 2015.

    >>> round(calibration_error(np.full(4, 0.75), np.array([True, True, True, False])), 9)
    0.0
    """
    if not len(probabilities):
        return float("nan")
    places = np.minimum((probabilities * bins).astype(np.int64), bins - 1)
    gaps = np.bincount(places, weights=probabilities - positive, minlength=bins)
    return float(np.abs(gaps).sum() / len(probabilities))


def decision_scores(chosen: BoolArray, positive: BoolArray) -> tuple[float, float, float]:
    """Return precision, recall and F1 of a choice of clauses; 0 where nothing right is chosen.

    >>> decision_scores(np.array([True, True, False]), np.array([True, False, True]))
    (0.5, 0.5, 0.5)
    """
    right = int((chosen & positive).sum())
    if not right:
        return 0.0, 0.0, 0.0
    precision, recall = right / int(chosen.sum()), right / int(positive.sum())
    return precision, recall, 2 * precision * recall / (precision + recall)
