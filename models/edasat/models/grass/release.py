"""From a run table to released weights: one network per fold, calibrated on the folds they did not see.

Each member validates (early stopping) on its own fold and trains on the others, so together they predict every
training formula once from outside. Those predictions fit the prior's weight, calibrate the intervals and choose the
pre-solving schedule; the test parts are looked at once, for the card.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from edasat.core.files import content_hash
from edasat.datasets.solver_runtimes import TABLE
from edasat.datasets.solver_runtimes_data import HELD_OUT_FAMILIES, IntArray, SolverRuntimes
from edasat.sat.runs import RunMatrix
from edasat.sat.schedules import greedy_schedule
from edasat.sat.selection import policy_outcome, score_policy, single_best

from ..training.cli import CONFIGS, best_checkpoint, fit
from ..training.conformal import censored_scores, conformal_quantile
from .ensemble import Ensemble, Settings
from .module import GrassModule
from .network import Grass
from .prior import Reference, fit_gate, fit_prior, with_prior
from .runtime import SHORTEST_S, LogNormal, Mixture

COVERAGE: Final = 0.9
#: A formula counts as out of distribution if it is farther from the training data than this share of them is from the
#: rest of them.
_OOD_QUANTILE: Final = 0.99
#: Intervals reach at most this many scales: with few calibration rows the promised coverage would need endless ones.
_WIDEST: Final = 100.0
#: The pre-solving schedule may take this share of the limit, in at most this many slots.
PRESOLVE_SHARE: Final = 0.2
PRESOLVE_SLOTS: Final = 2

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
    networks: list[Grass] = []
    data: SolverRuntimes | None = None
    parameters: dict[str, Any] = {}
    for fold in range(members):
        folder = Path(output) / "training" / f"fold-{fold}"
        cli = fit(
            GrassModule,
            SolverRuntimes,
            CONFIGS / "grass.yaml",
            [
                *arguments,
                f"--data.fold={fold}",
                f"--data.num_folds={members}",
                f"--trainer.default_root_dir={folder}",
                f"--trainer.logger.init_args.save_dir={folder}",
            ],
            _LINKS,
        )
        if not cli.trainer.is_global_zero:
            continue
        state = best_checkpoint(cli)
        module = GrassModule(**{k: v for k, v in state["hyper_parameters"].items() if not k.startswith("_")})
        module.load_state_dict(state["state_dict"])
        networks.append(module.network.eval())
        data, parameters = cli.datamodule, state["hyper_parameters"]
    if data is None:
        return None
    ensemble = calibrate(networks, data)
    command = "edasat train grass " + shlex.join(arguments)
    ensemble.save(output, describe(ensemble, data, command.strip(), parameters))
    return ensemble


@torch.inference_mode()
def predict_rows(network: Grass, data: SolverRuntimes, rows: IntArray) -> LogNormal:
    """Return the predictions of one network for rows of the table, (rows, engines)."""
    outputs = [network(batch) for batch in data.loader(rows)]
    if not outputs:
        empty = torch.zeros(0, network.config.num_engines)
        return LogNormal(empty, empty)
    return LogNormal(torch.cat([out.mean for out in outputs]), torch.cat([out.scale for out in outputs]))


class OutOfFold(NamedTuple):
    """Predictions of all training rows by networks that did not train on them.

    Attributes:
        rows: int64, (n,): rows of the table, fold by fold.
        members: (1, n, engines).
        distance: float, (n,): to the training formulas of the other folds.
    """

    rows: IntArray
    members: LogNormal
    distance: Tensor


def out_of_fold(networks: Sequence[Grass], data: SolverRuntimes) -> OutOfFold:
    """Ask each network about its validation fold."""
    rows, outputs, distances = [], [], []
    instance_x = torch.from_numpy(data.formulas.instance_x)
    for fold, network in enumerate(networks):
        data.fold = fold
        inside, outside = data.fold_rows
        rows.append(outside)
        outputs.append(predict_rows(network, data, outside))
        distances.append(Reference(instance_x[inside]).distance(instance_x[outside]))
    members = LogNormal(torch.cat([out.mean for out in outputs])[None], torch.cat([out.scale for out in outputs])[None])
    return OutOfFold(np.concatenate(rows), members, torch.cat(distances))


def calibrate(networks: Sequence[Grass], data: SolverRuntimes) -> Ensemble:
    """Join fold networks into an ensemble with prior, intervals, pre-solving and out-of-distribution threshold."""
    outside = out_of_fold(networks, data)
    matrix = data.matrix.take(outside.rows)
    observed_s, solved = torch.from_numpy(matrix.runtimes).float(), torch.from_numpy(matrix.solved)
    prior = fit_prior(observed_s, solved, matrix.cutoff_s)
    gate = fit_gate(outside.members, prior, outside.distance, observed_s, solved, matrix.cutoff_s)
    runtime = with_prior(outside.members, prior, gate, outside.distance)
    presolve = greedy_schedule(
        matrix,
        PRESOLVE_SHARE * matrix.cutoff_s,
        choices=runtime.expected_par(matrix.cutoff_s).argmin(dim=1).numpy(),
        max_slots=PRESOLVE_SLOTS,
    ).schedule
    reference = Reference(torch.from_numpy(data.formulas.instance_x[outside.rows]))
    quantiles = conformal_quantile(interval_scores(runtime, matrix), COVERAGE)
    settings = Settings(
        engines=matrix.engines,
        cutoff_s=matrix.cutoff_s,
        config=networks[0].config,
        clause_budget=data.clause_budget,
        coverage=COVERAGE,
        quantiles=tuple(float(q) for q in np.minimum(quantiles, _WIDEST)),
        presolve=tuple((matrix.engines[engine], seconds) for engine, seconds in presolve),
        prior_mean=tuple(prior.mean.tolist()),
        prior_scale=tuple(prior.scale.tolist()),
        gate=gate,
        ood_distance=max(1e-6, float(torch.quantile(reference.own_distances(), _OOD_QUANTILE))),
    )
    return Ensemble(settings, networks, reference)


def predict_part(ensemble: Ensemble, data: SolverRuntimes, rows: IntArray) -> tuple[Mixture, Tensor]:
    """Return prediction and relative distance, as :meth:`Ensemble.predict`, for rows of the table."""
    outputs = [ensemble.predict(batch) for batch in data.loader(rows)]
    parts = LogNormal(
        torch.cat([mixture.parts.mean for mixture, _ in outputs], dim=1),
        torch.cat([mixture.parts.scale for mixture, _ in outputs], dim=1),
    )
    weights = torch.cat([mixture.weights for mixture, _ in outputs], dim=1)
    return Mixture(parts, weights), torch.cat([distance for _, distance in outputs])


def interval_scores(runtime: Mixture, matrix: RunMatrix) -> npt.NDArray[np.float64]:
    """Return how many scales each observed runtime lies from its prediction, (formulas, engines)."""
    mean, scale = runtime.moments()
    observed = np.log(np.maximum(matrix.runtimes, SHORTEST_S))
    return censored_scores(mean.numpy(), scale.numpy(), observed, matrix.solved)


def describe(ensemble: Ensemble, data: SolverRuntimes, command: str, parameters: dict[str, Any]) -> dict[str, Any]:
    """Return the model card: data, command and metrics on the test parts, overhead left out."""
    metrics = {}
    single = single_best(data.matrix.take(data.split.train))
    for part in ("test_instances", "test_families"):
        rows = getattr(data.split, part)
        if not len(rows):
            continue
        matrix = data.matrix.take(rows)
        runtime, distance = predict_part(ensemble, data, rows)
        choices = runtime.expected_par(matrix.cutoff_s).argmin(dim=1).numpy()
        scores = interval_scores(runtime, matrix)
        metrics[part] = {
            **score_policy(
                matrix,
                policy_outcome(matrix, choices=choices),
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
        "hyper_parameters": {k: v for k, v in parameters.items() if not k.startswith("_")},
        "held_out_families": sorted(HELD_OUT_FAMILIES),
        "metrics": metrics,
        "limits": "Runtimes hold for the machine, the engine versions and the time limit of the table. Formulas "
        "flagged as out of distribution are unlike all training formulas: prefer the single best engine there.",
    }
