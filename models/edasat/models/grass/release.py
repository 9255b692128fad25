"""From a run table to released weights: one network per fold, calibrated on the folds they did not see.

Each member validates (early stopping) on its own fold and trains on the others, so together they predict every
training formula once from outside. Neighbours from outside the fold, and from outside the family, fit the share of the
prior; those from outside the fold calibrate the intervals and choose the pre-solver. The test parts are looked at once,
for the card.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from edasat.core.files import content_hash
from edasat.datasets.batches import IntArray, fold_numbers
from edasat.datasets.solver_runtimes import TABLE
from edasat.datasets.solver_runtimes_data import HELD_OUT_FAMILIES, SolverRuntimes
from edasat.sat.runs import RunMatrix
from edasat.sat.selection import score_policy, single_best

from ..training.cli import CONFIGS, fit_members
from ..training.conformal import censored_scores, conformal_quantile
from .cross_validation import Outside, fit_gate_on, leave_folds_out
from .ensemble import Ensemble, Settings
from .module import GrassModule
from .neighbours import Known, Neighbours
from .network import Grass
from .prior import Reference
from .runtime import SHORTEST_S, LogNormal, Mixture
from .scheduling import (
    Savings,
    best_presolve,
    candidate_schedules,
    expected_costs,
    measured_costs,
    planned_outcome,
)

COVERAGE: Final = 0.9
#: A formula counts as out of distribution if it is farther from the training data than this share of them is from the
#: rest of them.
_OOD_QUANTILE: Final = 0.99
#: Intervals reach at most this many scales: with few calibration rows the promised coverage would need endless ones.
_WIDEST: Final = 100.0
#: Folds by family.
FAMILY_FOLDS: Final = 10

#: Data attributes that the module is built with.
_LINKS: Final = {"engines": "engines", "cutoff_s": "cutoff_s"}


def train(arguments: Sequence[str] = (), *, output: str | Path, members: int = 4) -> Ensemble | None:
    """Train, calibrate and write weights: `edasat train grass`.

    Args:
        arguments: LightningCLI arguments, such as ``--data.table runs.parquet`` or ``--trainer.max_epochs 20``; the
            defaults are in ``configs/grass.yaml``.
        output: folder for the weights; training logs and checkpoints go below ``output/training``.
        members: folds, and networks.

    Returns:
        The ensemble; None in all processes of a distributed run but the first.

    Raises:
        InputError: if the run table is missing, wrong or too small.
    """
    trained = fit_members(
        GrassModule,
        SolverRuntimes,
        CONFIGS / "grass.yaml",
        arguments,
        output,
        members,
        lambda _: [f"--data.num_folds={members}"],
        _LINKS,
    )
    if trained is None:
        return None
    data: SolverRuntimes = trained.data
    networks: list[Grass] = [module.network for module in trained.modules]
    ensemble = calibrate(networks, data)
    command = "edasat train grass " + shlex.join(arguments)
    ensemble.save(output, describe(ensemble, data, command.strip(), trained.parameters))
    return ensemble


@torch.inference_mode()
def predict_rows(network: Grass, data: SolverRuntimes, rows: IntArray) -> LogNormal:
    """Return the predictions of one network for rows of the table, (rows, engines)."""
    outputs = [network(batch) for batch in data.loader(rows)]
    if not outputs:
        empty = torch.zeros(0, network.config.num_engines)
        return LogNormal(empty, empty)
    return LogNormal(torch.cat([out.mean for out in outputs]), torch.cat([out.scale for out in outputs]))


def out_of_fold(networks: Sequence[Grass], data: SolverRuntimes) -> LogNormal:
    """Return the prediction for each training row by the network of the fold that left it out, (rows, engines)."""
    rows = data.split.train
    outside = LogNormal(torch.zeros(len(rows), len(data.engines)), torch.zeros(len(rows), len(data.engines)))
    for fold, network in enumerate(networks):
        data.fold = fold
        left_out = data.fold_rows[1]
        places = torch.from_numpy(np.searchsorted(rows, left_out))
        for column, values in zip(outside, predict_rows(network, data, left_out), strict=True):
            column[places] = values
    return outside


def training_folds(data: SolverRuntimes) -> tuple[IntArray, IntArray]:
    """Return the fold of each training row, by formula as the networks were trained, and by family."""
    rows = data.split.train
    return (
        fold_numbers([data.formulas.groups[row] for row in rows], data.num_folds),
        fold_numbers([data.matrix.families[row] for row in rows], FAMILY_FOLDS),
    )


def views_from_outside(data: SolverRuntimes, known: Known) -> list[Outside]:
    """Return the training formulas seen without their folds, and without their families.

    The second leaves the networks out: each would have to be trained again without every family. It is missing where
    all formulas are of one family, as those of a single folder are.
    """
    by_formula, by_family = training_folds(data)
    views = [leave_folds_out(known, by_formula, data.cutoff_s, networks=True, seed=data.seed)]
    if len(np.unique(by_family)) > 1:
        views.append(leave_folds_out(known, by_family, data.cutoff_s, networks=False, seed=data.seed))
    return views


@torch.inference_mode()
def calibrate(networks: Sequence[Grass], data: SolverRuntimes) -> Ensemble:
    """Join fold networks and training runs into an ensemble with prior, intervals, pre-solver and warning threshold."""
    rows = data.split.train
    matrix = data.matrix.take(rows)
    known = Known(
        instance_x=torch.from_numpy(data.formulas.instance_x[rows]),
        predicted=out_of_fold(networks, data).mean,
        observed_s=torch.from_numpy(matrix.runtimes).float(),
        solved=torch.from_numpy(matrix.solved),
    )
    single = single_best(matrix)
    neighbours = Neighbours.fit(known, matrix.cutoff_s, data.seed)
    candidates = candidate_schedules(matrix.num_engines, single, matrix.cutoff_s)
    costs = expected_costs(neighbours.runs, candidates, matrix.cutoff_s)
    views = views_from_outside(data, known)
    measured = torch.from_numpy(measured_costs(matrix, candidates))
    gate = fit_gate_on(views, neighbours.runs, costs, measured)
    runtime = views[0].mixture(neighbours.runs, gate)
    planned = [candidates[number] for number in Savings.of(runtime, costs).best().tolist()]
    quantiles = conformal_quantile(interval_scores(runtime, matrix), COVERAGE)
    distances = Reference(known.instance_x).own_distances()
    settings = Settings(
        engines=matrix.engines,
        single_best=matrix.engines[single],
        cutoff_s=matrix.cutoff_s,
        config=networks[0].config,
        clause_budget=data.clause_budget,
        coverage=COVERAGE,
        quantiles=tuple(float(q) for q in np.minimum(quantiles, _WIDEST)),
        presolve=tuple((matrix.engines[engine], seconds) for engine, seconds in best_presolve(matrix, planned)),
        gate=gate,
        ood_distance=max(1e-6, float(torch.quantile(distances, _OOD_QUANTILE))),
    )
    return Ensemble(settings, networks, neighbours)


def predict_part(ensemble: Ensemble, data: SolverRuntimes, rows: IntArray) -> tuple[Mixture, Tensor]:
    """Return prediction and relative distance, as :meth:`Ensemble.predict`, for rows of the table."""
    outputs = [ensemble.predict(batch) for batch in data.loader(rows)]
    weights = torch.cat([mixture.weights for mixture, _ in outputs], dim=1)
    return Mixture(ensemble.neighbours.runs, weights), torch.cat([distance for _, distance in outputs])


def interval_scores(runtime: Mixture, matrix: RunMatrix) -> npt.NDArray[np.float64]:
    """Return how many scales each observed runtime lies from its prediction, (formulas, engines)."""
    mean, scale = runtime.moments()
    observed = np.log(np.maximum(matrix.runtimes, SHORTEST_S))
    return censored_scores(mean.numpy(), scale.numpy(), observed, matrix.solved)


def describe(ensemble: Ensemble, data: SolverRuntimes, command: str, parameters: dict[str, Any]) -> dict[str, Any]:
    """Return the model card: data, command and metrics of the schedules on the test parts, overhead left out."""
    metrics = {}
    single = single_best(data.matrix.take(data.split.train))
    for part in ("test_instances", "test_families"):
        rows = getattr(data.split, part)
        if not len(rows):
            continue
        matrix = data.matrix.take(rows)
        runtime, distance = predict_part(ensemble, data, rows)
        planned = ensemble.schedules(runtime, matrix.cutoff_s)
        scores = interval_scores(runtime, matrix)
        metrics[part] = {
            **score_policy(
                matrix,
                planned_outcome(matrix, planned),
                single_best_engine=single,
                by_family=part == "test_families",
            ).to_dict(),
            "interval_coverage": float((scores <= np.asarray(ensemble.settings.quantiles)).mean()),
            "out_of_distribution_share": float((distance > 1).float().mean()),
        }
    table = Path(data.table) if data.table else TABLE
    return {
        "title": "GraSS: runtime of every SAT engine on a formula, for solver selection",
        "data": {"table": table.name, "content_hash": content_hash(table), "train_rows": len(data.split.train)},
        "sources": "formulas made by edasat's own seeded families; runtimes measured by edasat",
        "licence": "Apache-2.0",
        "command": command,
        "seed": data.seed,
        "hyper_parameters": parameters,
        "held_out_families": sorted(HELD_OUT_FAMILIES),
        "metrics": metrics,
        "limits": "Runtimes hold for the machine, the engine versions and the time limit of the table. Formulas "
        "flagged as out of distribution are unlike all training formulas: prefer the single best engine there.",
    }
