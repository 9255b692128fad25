"""How well area and delay were predicted: errors of logarithms and in physical units, by size, with intervals.

Targets are logarithms of quality in units of the library: area in 2-input NANDs, delay in loaded inverters. A sample is
one design mapped on one library by one script; samples of a design, and designs of a family, rise and fall together, so
the bootstrap draws them as a whole.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from edasat.sat.selection import Interval, resample

Float = npt.NDArray[np.float64]
Int64 = npt.NDArray[np.int64]
Bool = npt.NDArray[np.bool_]

#: Columns of all arrays of targets, and their physical units.
TARGETS: Final = ("area", "delay")
PHYSICAL: Final = {"area": "um2", "delay": "ps"}
_PARTS: Final = 5  # classes of size with equally many samples
_LEVEL: Final = 0.95  # of bootstrap intervals


@dataclass(frozen=True, eq=False)
class QorRows:
    """Samples whose quality was measured.

    Attributes:
        designs: name of each sample's design.
        clusters: what rises and falls together: the generator's family, or the project of real RTL.
        libraries, scripts: what the design was mapped on, and how.
        measured: float64, (rows, 2): area in um2, delay in ps.
        units: float64, (rows, 2): the library's unit of each.
    """

    designs: Sequence[str]
    clusters: Sequence[str]
    libraries: Sequence[str]
    scripts: Sequence[str]
    measured: Float
    units: Float

    def __len__(self) -> int:
        return len(self.designs)

    @property
    def logs(self) -> Float:
        """Targets, float64 (rows, 2); NaN where the measured value is 0, as the delay of wires alone is."""
        measured = np.where(self.measured > 0, self.measured, np.nan)
        return np.log(measured / self.units)

    @property
    def gates(self) -> Float:
        """Area in 2-input NANDs, float64 (rows,): a size that does not depend on the library."""
        return self.measured[:, 0] / self.units[:, 0]

    def take(self, chosen: Bool | Int64) -> QorRows:
        """Return some of the samples."""
        index = np.flatnonzero(chosen) if chosen.dtype == np.bool_ else chosen
        names = {
            name: [getattr(self, name)[i] for i in index] for name in ("designs", "clusters", "libraries", "scripts")
        }
        return replace(self, **names, measured=self.measured[index], units=self.units[index])


@dataclass(frozen=True)
class QorScore:
    """Errors of one target over some samples.

    Attributes:
        samples, designs: counts.
        mae, r2: of logarithms, with intervals over clusters.
        mae_designs: the error's interval over single designs: narrower, and blind to what families share.
        relative: median of abs(predicted / measured - 1).
        physical: mean absolute error in um2 or ps.
        coverage: share of the samples inside their interval; None without intervals.
        width: median of the interval's upper over lower end.
        quintiles: by size: bounds in gates, error and R2 of logarithms.
        libraries: error and R2 of logarithms on each, median relative and mean physical error.
    """

    samples: int
    designs: int
    mae: Interval
    r2: Interval
    mae_designs: Interval
    relative: float
    physical: float
    coverage: float | None
    width: float | None
    quintiles: list[dict[str, float]]
    libraries: dict[str, dict[str, float]]

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        plain = {name: value for name, value in vars(self).items() if not isinstance(value, Interval)}
        return plain | {name: vars(value) for name, value in vars(self).items() if isinstance(value, Interval)}


def score_qor(rows: QorRows, predicted: Float, interval: Float | None = None) -> dict[str, QorScore]:
    """Score predictions of both targets.

    Args:
        rows: the samples.
        predicted: logarithms, float64 (rows, 2).
        interval: lower and upper ends of intervals of the logarithms, float64 (rows, 2, 2), or None.

    Returns:
        A score for "area" and one for "delay".
    """
    return {
        name: _score(rows, target, predicted[:, target], None if interval is None else interval[:, target])
        for target, name in enumerate(TARGETS)
    }


def _score(rows: QorRows, target: int, predicted: Float, interval: Float | None) -> QorScore:
    known = np.isfinite(rows.logs[:, target])
    rows, predicted = rows.take(known), predicted[known]
    truth = rows.logs[:, target]
    error = np.abs(predicted - truth)
    of_clusters, of_designs = _draws(tuple(rows.clusters)), _draws(tuple(rows.designs))
    measured = rows.measured[:, target]
    guess = np.exp(predicted) * rows.units[:, target]
    inside = spread = None
    if interval is not None:
        low, high = interval[known].T
        inside = float(((low <= truth) & (truth <= high)).mean())
        spread = float(np.exp(np.median(high - low)))
    return QorScore(
        samples=len(rows),
        designs=len(set(rows.designs)),
        mae=_interval(float(error.mean()), _means(error, of_clusters)),
        r2=_interval(r_squared(truth, predicted), _r_squared(truth, predicted, of_clusters)),
        mae_designs=_interval(float(error.mean()), _means(error, of_designs)),
        relative=float(np.median(np.abs(guess / measured - 1))),
        physical=float(np.abs(guess - measured).mean()),
        coverage=inside,
        width=spread,
        quintiles=_quintiles(rows.gates, truth, predicted),
        libraries={
            library: {
                **_errors(truth[of], predicted[of]),
                "relative": float(np.median(np.abs(guess[of] / measured[of] - 1))),
                "physical": float(np.abs(guess[of] - measured[of]).mean()),
            }
            for library in sorted(set(rows.libraries))
            for of in [np.array([name == library for name in rows.libraries])]
        },
    )


@lru_cache(maxsize=16)
def _draws(groups: tuple[str, ...]) -> Float:
    """Return how often each bootstrap replicate draws each sample, (replicates, rows); groups are drawn as a whole."""
    return resample(len(groups), families=groups).astype(np.float64)


def r_squared(truth: Float, predicted: Float) -> float:
    """Return the coefficient of determination; NaN where the truth does not vary.

    >>> r_squared(np.array([1.0, 2.0, 3.0]), np.array([1.0, 2.0, 4.0]))
    0.5
    """
    return float(_r_squared(truth, predicted, np.ones((1, len(truth))))[0])


def _r_squared(truth: Float, predicted: Float, counts: Float) -> Float:
    """Return the coefficient of determination of every bootstrap replicate; counts is (replicates, rows)."""
    total = counts.sum(axis=1)
    residual = counts @ (predicted - truth) ** 2
    centred = truth - truth.mean()  # keeps the difference of squares below exact
    spread = counts @ centred**2 - (counts @ centred) ** 2 / total
    found = np.full(len(counts), np.nan)
    np.divide(residual, spread, out=found, where=spread > 1e-12)
    return 1 - found


def _means(values: Float, counts: Float) -> Float:
    means: Float = counts @ values / counts.sum(axis=1)
    return means


def _interval(estimate: float, replicates: Float) -> Interval:
    known = replicates[np.isfinite(replicates)]
    if not known.size:
        return Interval(estimate, float("nan"), float("nan"))
    low, high = np.quantile(known, [(1 - _LEVEL) / 2, (1 + _LEVEL) / 2])
    return Interval(estimate, float(low), float(high))


def _errors(truth: Float, predicted: Float) -> dict[str, float]:
    return {
        "samples": len(truth),
        "mae": float(np.abs(predicted - truth).mean()),
        "r2": r_squared(truth, predicted),
    }


def _quintiles(gates: Float, truth: Float, predicted: Float) -> list[dict[str, float]]:
    """Return errors of classes of size that hold equally many samples, the smallest first."""
    order = np.argsort(gates, kind="stable")
    return [
        {
            "from_gates": float(gates[part[0]]),
            "to_gates": float(gates[part[-1]]),
            **_errors(truth[part], predicted[part]),
        }
        for part in np.array_split(order, _PARTS)
        if len(part)
    ]


def gain(rows: QorRows, predicted: Float, other: Float, *, over: str = "clusters") -> dict[str, Interval]:
    """Return by which share the mean absolute error of logarithms is smaller than another prediction's.

    Args:
        rows: the samples.
        predicted, other: logarithms, float64 (rows, 2); both are drawn together.
        over: what the bootstrap draws as a whole: "clusters" or "designs".
    """
    found = {}
    for target, name in enumerate(TARGETS):
        known = np.isfinite(rows.logs[:, target])
        kept = rows.take(known)
        truth = kept.logs[:, target]
        mine, theirs = (np.abs(guess[known, target] - truth) for guess in (predicted, other))
        counts = _draws(tuple(kept.clusters if over == "clusters" else kept.designs))
        found[name] = _interval(
            float(1 - mine.mean() / theirs.mean()), 1 - _means(mine, counts) / _means(theirs, counts)
        )
    return found


def best_method(scores: Mapping[str, Mapping[str, QorScore]], target: str) -> str:
    """Return the method of the smallest error."""
    return min(scores, key=lambda method: scores[method][target].mae.estimate)
