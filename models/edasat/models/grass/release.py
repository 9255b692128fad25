"""From a run table to released weights: one network per fold, calibrated on the folds they did not see.

Each member validates (early stopping) on its own fold and trains on the others, so together they predict every
training formula once from outside. Those predictions calibrate the intervals and choose the pre-solving schedule; the
test parts are looked at once, for the card.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch

from edasat.core.files import content_hash
from edasat.datasets.solver_runtimes import TABLE
from edasat.datasets.solver_runtimes_data import HELD_OUT_FAMILIES, IntArray, SolverRuntimes
from edasat.sat.schedules import greedy_schedule
from edasat.sat.selection import policy_outcome, score_policy, single_best

from ..training.cli import CONFIGS, best_checkpoint, fit
from ..training.conformal import censored_scores, conformal_quantile
from .ensemble import Ensemble, Reference, Settings
from .module import GrassModule
from .network import Grass
from .runtime import SHORTEST_S, LogNormal, combine

COVERAGE: Final = 0.9
#: A formula counts as out of distribution if it is farther from the training data than this share of them is from the
#: rest of them.
_OOD_QUANTILE: Final = 0.99
#: The pre-solving schedule may take this share of the limit, in at most this many slots.
PRESOLVE_SHARE: Final = 0.2
PRESOLVE_SLOTS: Final = 2

#: Data attributes that the module is built with.
_LINKS: Final = {"engines": "engines", "cutoff_s": "cutoff_s"}


def train(arguments: Sequence[str] = (), *, output: str | Path, members: int = 5) -> Ensemble | None:
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


def out_of_fold(networks: Sequence[Grass], data: SolverRuntimes) -> tuple[IntArray, LogNormal]:
    """Return all training rows, fold by fold, with the prediction of the network that did not train on each."""
    rows, outputs = [], []
    for fold, network in enumerate(networks):
        data.fold = fold
        rows.append(data.fold_rows[1])
        outputs.append(predict_rows(network, data, rows[-1]))
    joined = LogNormal(torch.cat([out.mean for out in outputs]), torch.cat([out.scale for out in outputs]))
    return np.concatenate(rows), joined


def calibrate(networks: Sequence[Grass], data: SolverRuntimes) -> Ensemble:
    """Join fold networks into an ensemble with intervals, pre-solving schedule and out-of-distribution threshold."""
    rows, outside = out_of_fold(networks, data)
    matrix = data.matrix.take(rows)
    observed = np.log(np.maximum(matrix.runtimes, SHORTEST_S))
    scores = censored_scores(outside.mean.numpy(), outside.scale.numpy(), observed, matrix.solved)
    choices = outside.expected_par(matrix.cutoff_s).argmin(dim=1).numpy()
    presolve = greedy_schedule(
        matrix, PRESOLVE_SHARE * matrix.cutoff_s, choices=choices, max_slots=PRESOLVE_SLOTS
    ).schedule
    reference = Reference(torch.from_numpy(data.formulas.instance_x[rows]))
    settings = Settings(
        engines=matrix.engines,
        cutoff_s=matrix.cutoff_s,
        config=networks[0].config,
        clause_budget=data.clause_budget,
        coverage=COVERAGE,
        quantiles=tuple(float(q) for q in np.minimum(conformal_quantile(scores, COVERAGE), 100.0)),
        presolve=tuple((matrix.engines[engine], seconds) for engine, seconds in presolve),
        ood_distance=max(1e-6, float(torch.quantile(reference.own_distances(), _OOD_QUANTILE))),
    )
    return Ensemble(settings, networks, reference)


def describe(ensemble: Ensemble, data: SolverRuntimes, command: str, parameters: dict[str, Any]) -> dict[str, Any]:
    """Return the model card: data, command and metrics on the test parts, overhead left out."""
    metrics = {}
    single = single_best(data.matrix.take(data.split.train))
    for part in ("test_instances", "test_families"):
        rows = getattr(data.split, part)
        if not len(rows):
            continue
        matrix = data.matrix.take(rows)
        outputs = [predict_rows(member, data, rows) for member in ensemble.members]
        stacked = LogNormal(torch.stack([out.mean for out in outputs]), torch.stack([out.scale for out in outputs]))
        choices = stacked.expected_par(matrix.cutoff_s).mean(dim=0).argmin(dim=1).numpy()
        outcome = policy_outcome(matrix, choices=choices)
        by_family = part == "test_families"
        distance = ensemble.reference.distance(torch.from_numpy(data.formulas.instance_x[rows]))
        metrics[part] = {
            **score_policy(matrix, outcome, single_best_engine=single, by_family=by_family).to_dict(),
            "interval_coverage": interval_coverage(ensemble, combine(stacked), data, rows),
            "out_of_distribution_share": float((distance > ensemble.settings.ood_distance).float().mean()),
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


def interval_coverage(ensemble: Ensemble, runtime: LogNormal, data: SolverRuntimes, rows: IntArray) -> float:
    """Return the share of min(runtime, limit) that lies within the intervals."""
    matrix = data.matrix.take(rows)
    observed = np.log(np.maximum(matrix.runtimes, SHORTEST_S))
    scores = censored_scores(runtime.mean.numpy(), runtime.scale.numpy(), observed, matrix.solved)
    return float((scores <= np.asarray(ensemble.settings.quantiles)).mean())
