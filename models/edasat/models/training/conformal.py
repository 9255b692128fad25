"""Split conformal prediction: intervals with a coverage that holds whatever the model is.

Lei et al., "Distribution-Free Predictive Inference for Regression", JASA 113, 2018. Scores are computed on data the
model was not fitted to; an interval that takes in all outcomes with a score up to their quantile covers a new
exchangeable outcome with at least the probability asked for.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]


def conformal_quantile(scores: npt.ArrayLike, coverage: float = 0.9) -> FloatArray:
    """Return the smallest score such that intervals up to it cover with probability ``coverage``, per column.

    Args:
        scores: (calibration rows, columns) or (calibration rows,).

    Returns:
        float64, (columns,) or (); infinite where there are too few rows to promise the coverage.

    >>> conformal_quantile([0.1, 0.4, 0.2, 0.3], coverage=0.6).item()
    0.3
    """
    ordered = np.sort(np.asarray(scores, dtype=np.float64), axis=0)
    rank = math.ceil((len(ordered) + 1) * coverage)
    return ordered[rank - 1] if rank <= len(ordered) else np.full(ordered.shape[1:], np.inf)


def censored_scores(
    mean: npt.ArrayLike, scale: npt.ArrayLike, log_runtime: npt.ArrayLike, solved: npt.ArrayLike
) -> FloatArray:
    """Return how many scales each outcome lies from its prediction, where runs are cut off at a limit.

    The outcome covered is min(runtime, limit): a run that hit the limit lies in every interval whose upper end reaches
    the limit, so its score is 0 if the mean does so by itself.

    Args:
        mean: predicted mean of the log-runtime.
        scale: predicted scale.
        log_runtime: observed; the log of the limit where not solved.
        solved: bool.
    """
    z = (np.asarray(log_runtime, dtype=np.float64) - np.asarray(mean)) / np.asarray(scale)
    return np.where(np.asarray(solved), np.abs(z), np.maximum(z, 0.0))
