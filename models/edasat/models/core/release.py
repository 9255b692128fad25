"""From a core table to released weights: train, calibrate on the validation fold, describe."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from edasat.core.files import content_hash
from edasat.datasets.cores import TABLE, TRIVIAL_BASE_RATE
from edasat.datasets.cores_data import Cores
from edasat.datasets.cores_split import HELD_OUT_FAMILIES
from edasat.sat.features.hints import search_score

from ..evaluation.ranking import average_precision, calibration_error, lift
from ..training.cli import CONFIGS, best_checkpoint, fit
from ..training.isotonic import Isotonic
from .detector import CoreDetector
from .module import CoreModule
from .network import CoreNet

#: Weights of the short searches to choose from.
_SEARCH_WEIGHTS: Final = (0.0, 1.0, 2.0, 5.0, 10.0, 20.0)
#: Parts of the split that the card reports.
_TEST_PARTS: Final = ("test_instances", "test_families")


def train(arguments: Sequence[str] = (), *, output: str | Path) -> CoreDetector | None:
    """Train, calibrate and write weights: `edasat train core`.

    Args:
        arguments: LightningCLI arguments, such as ``--data.table cores.parquet`` or ``--trainer.max_epochs 20``; the
            defaults are in ``configs/core.yaml``.
        output: folder for the weights; training logs and checkpoints go below ``output/training``.

    Returns:
        The detector; None in all processes of a distributed run but the first.

    Raises:
        InputError: if the core table is missing, wrong or too small.
    """
    folder = Path(output) / "training"
    cli = fit(
        CoreModule,
        Cores,
        CONFIGS / "core.yaml",
        [*arguments, f"--trainer.default_root_dir={folder}", f"--trainer.logger.init_args.save_dir={folder}"],
        {},
    )
    if not cli.trainer.is_global_zero:
        return None
    state = best_checkpoint(cli)
    parameters = {k: v for k, v in state["hyper_parameters"].items() if not k.startswith("_")}
    module = CoreModule(**parameters)
    module.load_state_dict(state["state_dict"])
    data: Cores = cli.datamodule
    detector = calibrate(module.network, data)
    command = "edasat train core " + shlex.join(arguments)
    detector.save(output, describe(detector, data, command.strip(), parameters))
    return detector


def calibrate(network: CoreNet, data: Cores) -> CoreDetector:
    """Fit the probabilities and choose the weight of the short searches, on the validation fold.

    Each formula weighs the same.
    """
    formulas = [data.formulas.formulas[row] for row in data.fold_rows[1]]
    labels = [formula.in_core for formula in formulas]
    detector = CoreDetector(network, 0.0, Isotonic((0.0,), (0.5,)))
    logits = [detector.logits(formula.graph, formula.hints) for formula in formulas]
    shares = np.concatenate([np.full(len(label), 1 / len(label)) for label in labels])
    calibration = Isotonic.fit(np.concatenate(logits), np.concatenate(labels), shares)

    def mean_lift(weight: float) -> float:
        scores = [one + weight * search_score(formula.hints) for one, formula in zip(logits, formulas, strict=True)]
        return nontrivial_lift(scores, labels)

    weight = max(_SEARCH_WEIGHTS, key=mean_lift) if network.config.hints else 0.0
    return CoreDetector(network, weight, calibration)


def nontrivial_lift(scores: Sequence[npt.NDArray[Any]], labels: Sequence[npt.NDArray[np.bool_]]) -> float:
    """Return the mean lift over formulas that have something to remove; 0 where there are none."""
    lifts = [
        lift(average_precision(one, label), float(label.mean()))
        for one, label in zip(scores, labels, strict=True)
        if 0 < label.mean() <= TRIVIAL_BASE_RATE
    ]
    return float(np.mean(lifts)) if lifts else 0.0


def describe(detector: CoreDetector, data: Cores, command: str, parameters: dict[str, Any]) -> dict[str, Any]:
    """Return the model card: data, command, and metrics on the test parts."""
    metrics = {}
    for part in _TEST_PARTS:
        rows = data.rows(part)
        formulas = [data.formulas.formulas[row] for row in rows]
        if not formulas:
            continue
        labels = [formula.in_core for formula in formulas]
        logits = [detector.logits(formula.graph, formula.hints) for formula in formulas]
        scores = [detector.scores(one, formula.hints) for one, formula in zip(logits, formulas, strict=True)]
        errors = [
            calibration_error(detector.calibration(one), label) for one, label in zip(logits, labels, strict=True)
        ]
        metrics[part] = {
            "formulas": len(rows),
            "nontrivial": sum(bool(label.mean() <= TRIVIAL_BASE_RATE) for label in labels),
            "lift_mean": nontrivial_lift(scores, labels),
            "calibration_error_mean": float(np.mean(errors)),
        }
    table = Path(data.table) if data.table else TABLE
    return {
        "title": "Core detection: the chance of each clause to be part of an unsatisfiable core",
        "data": {"table": table.name, "content_hash": content_hash(table), "train_rows": len(data.rows("train"))},
        "sources": "formulas made by edasat's own seeded families and generators; cores proved by edasat",
        "licence": "Apache-2.0",
        "command": command,
        "seed": data.seed,
        "hyper_parameters": parameters,
        "held_out_families": sorted(HELD_OUT_FAMILIES),
        "metrics": metrics,
        "limits": "A ranking, not a proof: formulas have many cores, and a satisfiable formula gets probabilities as "
        "well. Where the base rate lies near 1, as in random 3-SAT, there is nothing to find.",
    }
