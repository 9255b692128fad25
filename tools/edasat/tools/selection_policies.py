"""What each selector says about formulas that it has not seen: on the test parts, and in cross-validation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from edasat.datasets.solver_runtimes_data import SolverRuntimes
from edasat.models.evaluation.selection_baselines import Boosting, NearestNeighbours, PairwiseForests, best_per_family
from edasat.models.grass.cross_validation import Outside, joined
from edasat.models.grass.ensemble import Ensemble
from edasat.models.grass.neighbours import Known
from edasat.models.grass.prior import Reference, fit_gate
from edasat.models.grass.release import (
    out_of_fold,
    predict_part,
    predict_rows,
    training_folds,
    views_from_outside,
)
from edasat.models.grass.runtime import LogNormal, Mixture
from edasat.models.grass.scheduling import (
    Savings,
    Schedule,
    candidate_schedules,
    expected_costs,
    measured_costs,
)
from edasat.sat.runs import RunMatrix
from edasat.sat.selection import single_best

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

#: Parts of the table: name -> whether intervals resample families.
PARTS: Final = {
    "test_instances": False,
    "test_families": True,
    "cross_validation": False,
    "cross_validation_families": True,
}
#: Parts made of training rows that were left out in turn.
_CROSS: Final = ("cross_validation", "cross_validation_families")

Baseline = NearestNeighbours | PairwiseForests | Boosting


@dataclass(frozen=True)
class Predictions:
    """What one selector says about the rows of one part.

    Attributes:
        costs: float64, (rows, engines): the lowest is chosen.
        overhead_s: float64, (rows,).
        runtimes: (rows, engines), for those that can be scheduled and drawn.
    """

    costs: FloatArray
    overhead_s: FloatArray
    runtimes: Mixture | None = None

    @classmethod
    def of(cls, runtimes: Mixture, cutoff_s: float, overhead_s: FloatArray) -> Predictions:
        """Take expected PAR-2 in CPU seconds as the costs."""
        return cls(runtimes.expected_par(cutoff_s).double().numpy(), overhead_s, runtimes)

    @property
    def choices(self) -> IntArray:
        """Cheapest engine of each row."""
        return self.costs.argmin(axis=1)


#: Name of a part -> predictions.
ByPart = dict[str, Predictions]


@dataclass(frozen=True)
class Parts:
    """Rows of each part of the table, and how far their formulas are from what training saw.

    Attributes:
        rows: part -> int64 rows.
        folds: part -> int64, (training rows,), for the parts in which training rows are left out in turn.
        distance: part -> float distances; see :class:`edasat.models.grass.prior.Reference`.
        views: part -> the training formulas from outside, for the same parts as ``folds``.
    """

    rows: dict[str, IntArray]
    folds: dict[str, IntArray]
    distance: dict[str, Tensor]
    views: dict[str, Outside]

    @classmethod
    def of(cls, data: SolverRuntimes, known: Known) -> Parts:
        """Find them for the split of a table."""
        instance_x = torch.from_numpy(data.formulas.instance_x)
        seen = Reference(known.instance_x)
        tests = {"test_instances": data.split.test_instances, "test_families": data.split.test_families}
        views = dict(zip(_CROSS, views_from_outside(data, known), strict=False))  # the second may be missing
        return cls(
            rows=tests | dict.fromkeys(views, data.split.train),
            folds=dict(zip(views, training_folds(data), strict=False)),
            distance={part: seen.distance(instance_x[rows]) for part, rows in tests.items()}
            | {part: view.distance for part, view in views.items()},
            views=views,
        )


def fitted(
    data: SolverRuntimes, parts: Parts, x: FloatArray, seconds: FloatArray, make: Callable[[], Baseline]
) -> ByPart:
    """Fit a baseline on the training part and, for the cross-validations, on all folds but one."""
    train = data.split.train

    def fit(rows: IntArray) -> Baseline:
        return make().fit(x[rows], data.matrix.take(rows))

    def ask(model: Baseline, rows: IntArray) -> Predictions:
        runtimes = Mixture.equal(model.runtimes(x[rows])) if isinstance(model, Boosting) else None
        return Predictions(model.costs(x[rows]), seconds[rows], runtimes)

    model = fit(train)
    result = {part: ask(model, rows) for part, rows in parts.rows.items() if part not in _CROSS and len(rows)}
    for part, folds in parts.folds.items():
        pieces = [ask(fit(train[folds != fold]), train[folds == fold]) for fold in np.unique(folds)]
        order = np.argsort(np.argsort(folds, kind="stable"))  # from fold by fold back to the order of the rows
        runtimes = [piece.runtimes.parts for piece in pieces if piece.runtimes]
        result[part] = Predictions(
            np.concatenate([piece.costs for piece in pieces])[order],
            seconds[train],
            Mixture.equal(LogNormal(*(torch.cat(column, dim=1)[:, order] for column in zip(*runtimes, strict=True))))
            if runtimes
            else None,
        )
    return result


def networks(data: SolverRuntimes, parts: Parts, ensemble: Ensemble, seconds: FloatArray) -> ByPart:
    """Return what networks say: all together on the test parts, each on its own fold otherwise."""
    said = {}
    for part in ("test_instances", "test_families"):
        if len(rows := parts.rows[part]):
            outputs = [predict_rows(member, data, rows) for member in ensemble.members]
            said[part] = LogNormal(torch.stack([o.mean for o in outputs]), torch.stack([o.scale for o in outputs]))
    outside = out_of_fold(ensemble.members, data)
    said["cross_validation"] = LogNormal(outside.mean[None], outside.scale[None])
    return {
        part: Predictions.of(Mixture.equal(each), data.cutoff_s, seconds[parts.rows[part]])
        for part, each in said.items()
    }


def grass(data: SolverRuntimes, parts: Parts, ensemble: Ensemble, seconds: FloatArray) -> ByPart:
    """Return what GraSS says of formulas it has not seen."""
    said = {}
    for part, rows in parts.rows.items():
        if part in _CROSS:
            said[part] = parts.views[part].mixture(ensemble.neighbours.runs, ensemble.settings.gate)
        elif len(rows):
            said[part] = predict_part(ensemble, data, rows)[0]
    return {part: Predictions.of(each, data.cutoff_s, seconds[parts.rows[part]]) for part, each in said.items()}


def boosted_schedules(
    data: SolverRuntimes, parts: Parts, by_part: ByPart, runs: LogNormal
) -> dict[str, list[Schedule]]:
    """Plan schedules from boosted runtimes as GraSS does: same candidates, same prior, a gate fitted to the same folds.

    Args:
        data: the table.
        parts: its parts.
        by_part: what boosting says.
        runs: runs of the training formulas, (training rows, 1, engines).
    """
    train_matrix = data.matrix.take(data.split.train)
    candidates = candidate_schedules(train_matrix.num_engines, single_best(train_matrix), data.cutoff_s)
    costs = expected_costs(runs, candidates, data.cutoff_s)
    near, general = {}, {}
    for part, said in by_part.items():
        assert said.runtimes is not None
        near[part] = Savings.of(said.runtimes, expected_costs(said.runtimes.parts, candidates, data.cutoff_s))
        if part in _CROSS:
            general[part] = parts.views[part].savings(runs, costs)[1]
        else:
            every = Savings.of(Mixture.equal(runs), costs)
            general[part] = Savings(*(column.expand(len(said.costs), -1) for column in every))
    gate = fit_gate(
        joined([near[part] for part in parts.folds]),
        joined([general[part] for part in parts.folds]),
        torch.cat([parts.distance[part] for part in parts.folds]),
        torch.from_numpy(measured_costs(train_matrix, candidates)).repeat(len(parts.folds), 1),
    )
    chosen = {part: gate.mix_savings(near[part], general[part], parts.distance[part]).best() for part in by_part}
    return {part: [candidates[number] for number in numbers.tolist()] for part, numbers in chosen.items()}


def told_families(train_matrix: RunMatrix, matrix: RunMatrix, folds: IntArray | None) -> IntArray:
    """Return the best engine of each family, left out in turn where the rows are those of training."""
    if folds is None:
        return best_per_family(train_matrix, matrix.families)
    chosen = np.zeros(matrix.num_instances, dtype=np.int64)
    for fold in np.unique(folds):
        inside, outside = folds != fold, folds == fold
        chosen[outside] = best_per_family(matrix.take(inside), matrix.take(outside).families)
    return chosen


def median_s(said: Predictions) -> FloatArray:
    """Return the typical predicted runtimes, means of the logarithms, in CPU seconds, (rows, engines)."""
    assert said.runtimes is not None
    return said.runtimes.moments().mean.double().exp().numpy()
