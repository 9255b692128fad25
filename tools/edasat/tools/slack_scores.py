"""Scores of predicted slack against sign-off timing, of single designs and over all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from edasat.datasets.timing.samples import TimingSample
from edasat.eda.timing.analysis import Timing
from edasat.eda.timing.graph import LATE
from edasat.eda.timing.paths import EDGE_NAMES, Stage, worst_paths
from edasat.models.e2eslack.prediction import SlackPrediction
from edasat.models.evaluation.slack import match_ends, score_slack

from .slack_methods import Answer
from .slack_names import CALIBRATED, MODEL

Float = npt.NDArray[np.float64]

_PATHS: Final = 100
_RESAMPLES: Final = 1000


def ends_of(sample: TimingSample, ends: SlackPrediction, side: str) -> tuple[tuple[Float, ...], tuple[Float, ...]]:
    """Return slack, arrival and required times of the end points that both know: golden, and predicted."""
    golden, found = (sample.ends[1], ends.late) if side == "setup" else (sample.ends[0], ends.early)
    rows, theirs = match_ends(found.node, golden.node)
    return (
        (golden.slack[theirs], golden.arrival[theirs], golden.required[theirs]),
        (found.slack[rows], found.arrival[rows], found.required[rows]),
    )


def score(sample: TimingSample, ends: SlackPrediction, side: str) -> dict[str, Any]:
    """Return the scores of one method on one design; ``side`` is "setup" or "hold"."""
    golden, found = ends_of(sample, ends, side)
    return score_slack(golden, found).to_dict()  # type: ignore[arg-type]


def path_errors(sample: TimingSample, timings: Mapping[str, Timing | None]) -> dict[str, float]:
    """Return the mean absolute error of path slack, ps, over the 100 worst paths with extracted wires.

    The same pins are looked at with predicted wires: the path's slack changes by what is required at its end, by when
    it begins, and by its delays. Paths are those of our engine with extracted wires.
    """
    golden = sample.design.timer.run(sample.golden)
    paths = worst_paths(golden, _PATHS)
    wanted_required = _required(golden)
    result = {}
    for name, timing in timings.items():
        if timing is None:
            continue
        required, arrival, before = _required(timing), timing.node_arrival(), golden.node_arrival()
        errors = []
        for path in paths:
            first, last = path.stages[0], path.stages[-1]
            edge = EDGE_NAMES.index(first.edge)
            change = required[last.node] - wanted_required[last.node]
            change -= arrival[first.node, LATE, edge] - before[first.node, LATE, edge]
            change -= _delay(timing, path.stages) - _delay(golden, path.stages)
            errors.append(abs(change))
        result[name] = 1e3 * float(np.mean(errors))
    return result


def _required(timing: Timing) -> dict[int, float]:
    """Return the required time of the worst path at each end point, ns."""
    rows = timing.ends.worst_rows(LATE)
    return dict(zip(timing.ends.node[rows].tolist(), timing.ends.required[rows].tolist(), strict=True))


def _delay(timing: Timing, stages: Sequence[Stage]) -> float:
    """Return the largest delay along the pins of a path, with its edges."""
    graph, total = timing.graph, 0.0
    for before, after in pairwise(stages):
        pair = 2 * EDGE_NAMES.index(before.edge) + EDGE_NAMES.index(after.edge)
        edges = np.flatnonzero((graph.edge_source == before.node) & (graph.edge_target == after.node))
        total += float(np.nanmax(timing.edge_delay[-1, edges, pair]))
    return total


def compare(
    samples: Mapping[str, TimingSample], found: Mapping[str, Mapping[str, Answer]], side: str
) -> dict[str, Any]:
    """Compare the model with the calibrated tree over all designs whose library was in training.

    Errors count in shares of the standard deviation of each design's golden slack. "gain" takes the mean over designs,
    "gain_over_ends" over all end points. Intervals (95 %) are bootstraps: of the end points of one design; of designs
    and their end points, or of designs, for the pooled gains.
    """
    rng = np.random.default_rng(0)
    errors: dict[str, dict[str, Float]] = {}
    for name, methods in found.items():
        predicted = methods[MODEL].predicted
        if predicted is None or not predicted.library_known:
            continue
        errors[name] = {}
        for method, answer in methods.items():
            golden, got = ends_of(samples[name], answer.ends, side)
            errors[name][method] = np.abs(got[0] - golden[0]) / max(float(golden[0].std()), 1e-9)
    everyone = sorted({method for row in errors.values() for method in row})
    gains = {name: row[CALIBRATED] - row[MODEL] for name, row in errors.items()}
    by_design = {name: _interval([_resampled(gain, rng) for _ in range(_RESAMPLES)]) for name, gain in gains.items()}
    names = list(gains)
    pooled = [
        float(np.mean([_resampled(gains[names[i]], rng) for i in rng.integers(len(names), size=len(names))]))
        for _ in range(_RESAMPLES)
    ]
    by_ends = [
        np.concatenate([gains[names[i]] for i in rng.integers(len(names), size=len(names))]).mean()
        for _ in range(_RESAMPLES)
    ]
    return {
        "gain_over_ends": {"estimate": float(np.concatenate(list(gains.values())).mean()), **_interval(by_ends)},
        "mae_share": {
            method: float(np.mean([row[method].mean() for row in errors.values() if method in row]))
            for method in everyone
        },
        "gain": {"estimate": float(np.mean([gain.mean() for gain in gains.values()])), **_interval(pooled)},
        "gain_by_design": {name: {"estimate": float(gains[name].mean()), **by_design[name]} for name in names},
        "worse": [name for name in names if by_design[name]["high"] < 0],
    }


def _resampled(values: Float, rng: np.random.Generator) -> float:
    return float(values[rng.integers(len(values), size=len(values))].mean())


def _interval(values: Sequence[float]) -> dict[str, float]:
    low, high = np.quantile(values, (0.025, 0.975))
    return {"low": float(low), "high": float(high)}
