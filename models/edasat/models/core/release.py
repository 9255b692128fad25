"""From a core table to released weights: train, calibrate on the validation fold, describe."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import torch

from edasat.core.files import content_hash
from edasat.datasets.cores import TABLE, TRIVIAL_BASE_RATE
from edasat.datasets.cores_data import Cores
from edasat.datasets.cores_split import HELD_OUT_FAMILIES

from ..evaluation.ranking import average_precision, calibration_error, lift
from ..training.cli import CONFIGS, best_checkpoint, fit
from ..training.isotonic import Isotonic
from .detector import CoreDetector
from .module import CoreModule
from .network import CoreNet

IntArray = npt.NDArray[np.int64]
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


@torch.inference_mode()
def predict_rows(network: CoreNet, data: Cores, rows: IntArray) -> list[npt.NDArray[np.float32]]:
    """Return the logits of the clauses of each row."""
    network.eval()
    formulas = data.formulas
    return [network(formulas.batch([int(row)])).numpy() for row in rows]


def calibrate(network: CoreNet, data: Cores) -> CoreDetector:
    """Fit the probabilities on the validation fold, where each formula weighs the same."""
    rows = data.fold_rows[1]
    logits = predict_rows(network, data, rows)
    labels = [data.formulas.formulas[row].in_core for row in rows]
    weights = [np.full(len(label), 1 / len(label)) for label in labels]
    return CoreDetector(network, Isotonic.fit(np.concatenate(logits), np.concatenate(labels), np.concatenate(weights)))


def describe(detector: CoreDetector, data: Cores, command: str, parameters: dict[str, Any]) -> dict[str, Any]:
    """Return the model card: data, command, and metrics on the test parts."""
    metrics = {}
    for part in _TEST_PARTS:
        rows = data.rows(part)
        lifts, errors = [], []
        for row, logits in zip(rows, predict_rows(detector.network, data, rows), strict=True):
            formula = data.formulas.formulas[row]
            errors.append(calibration_error(detector.calibration(logits), formula.in_core))
            if formula.base_rate <= TRIVIAL_BASE_RATE:
                lifts.append(lift(average_precision(logits, formula.in_core), formula.base_rate))
        if lifts:
            metrics[part] = {
                "formulas": len(rows),
                "nontrivial": len(lifts),
                "lift_mean": float(np.mean(lifts)),
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
