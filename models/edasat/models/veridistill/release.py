"""From a labelled set to released weights: train, calibrate on families left out, describe; and join what was trained.

Every member of an ensemble leaves other families of the training part out. What it says of these calibrates the
intervals, so that their coverage holds for families that training never saw. The test parts are looked at once, for the
card.
"""

from __future__ import annotations

import math
import shlex
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from torch import Tensor

from edasat.core.errors import InputError
from edasat.core.files import content_hash
from edasat.datasets.batches import IntArray
from edasat.datasets.design_batches import GraphArrays
from edasat.datasets.qor_rtl import LABELS, TABLE
from edasat.datasets.qor_rtl_data import LabelledDesign, QorData, write_latents

from ..training.cli import CONFIGS, fit_members
from ..training.conformal import conformal_quantile
from ..training.weights import load_card
from .ensemble import EnsembleSettings, FloatArray, QorEnsemble, latent_statistics
from .module import VeriDistill
from .network import QorNetwork
from .predictor import SYSTEM, Predictor

COVERAGE: Final = 0.9
#: Half-widths end here, in logarithms: with few calibration rows the promised coverage would need endless ones.
_WIDEST: Final = 5.0
#: Delays may lie outside those of the training by this much in logarithm, a factor of four.
_BEYOND: Final = math.log(4)
#: Share of the designs of families left out that count as like those of the training.
_USUAL: Final = 0.95
#: Parts of the split that the card reports.
_TEST_PARTS: Final = ("test", "held-out")
LATENTS: Final = "teacher_latents.safetensors"


def train(arguments: Sequence[str] = (), *, output: str | Path, members: int = 1) -> Predictor | None:
    """Train, calibrate and write weights of one network: `edasat train veridistill`.

    Args:
        arguments: LightningCLI arguments, such as ``--model.network text`` or ``--trainer.max_epochs 20``; the defaults
            are in ``configs/veridistill.yaml``. A teacher (``--model.network teacher``) also leaves its latents,
            ``teacher_latents.safetensors``, which students take with ``--data.teacher``.
        output: folder for the weights; training logs and checkpoints go below ``output/training``.
        members: networks, each trained without the families of another fold.

    Returns:
        The predictor; None in all processes of a distributed run but the first.

    Raises:
        InputError: if the labelled set is missing, wrong or too small.
    """
    trained = fit_members(
        VeriDistill,
        QorData,
        CONFIGS / "veridistill.yaml",
        arguments,
        output,
        members,
        lambda fold: [f"--seed_everything={fold}"],
        {"num_conditions": "num_conditions", "embedding_width": "embedding_width"},
        {"network": "network"},
    )
    if trained is None:
        return None
    data: QorData = trained.data
    networks: list[QorNetwork] = [module.network for module in trained.modules]
    config = networks[0].config
    ensemble = calibrate(networks, data)
    predictor = Predictor({config.network: ensemble})
    command = "edasat train veridistill " + shlex.join(arguments)
    predictor.save(output, describe(predictor, data, [command.strip()], {config.network: trained.parameters}))
    if config.network == "teacher":
        rows = data.development
        latents = latents_of(networks[0], data, rows).numpy()
        names = [data.items.designs[row].name for row in rows]
        write_latents(Path(output) / LATENTS, dict(zip(names, latents, strict=True)))
    return predictor


def calibrate(networks: Sequence[QorNetwork], data: QorData) -> QorEnsemble:
    """Return the ensemble with intervals and limits; member k was trained without fold k of the families."""
    residuals = []
    for fold, network in enumerate(networks):
        alone = QorEnsemble(EnsembleSettings(network.config), [network])
        rows = data.left_out(fold)
        predicted, measured = answers_on(alone, data, rows)
        residuals.append(np.abs(predicted - measured))
    stacked = np.concatenate(residuals)
    half_widths = [
        float(np.minimum(conformal_quantile(column[np.isfinite(column)], COVERAGE), _WIDEST)) for column in stacked.T
    ]
    inside = np.setdiff1d(data.development, data.left_out(0))
    centre, precision = latent_statistics(latents_of(networks[0], data, inside))
    ensemble = QorEnsemble(EnsembleSettings(networks[0].config), networks, centre, precision)
    others = latents_of(networks[0], data, data.left_out(0))
    designs = [data.items.designs[row] for row in data.development]
    ensemble.settings = replace(
        ensemble.settings,
        coverage=COVERAGE,
        half_widths=(half_widths[0], half_widths[1]),
        farthest=float(ensemble.mahalanobis(others).quantile(_USUAL)),
        largest=float(max(one.log_area.max() for one in designs)),
        delays=_delay_range(designs),
        seen=_kinds(designs),
        language_model=data.model.identity if data.model is not None else None,
    )
    return ensemble


@torch.inference_mode()
def latents_of(network: QorNetwork, data: QorData, rows: IntArray) -> Tensor:
    """Return the latents of designs, (rows, LATENT)."""
    return torch.cat([network(batch).latent for batch in data.loader(rows)])


def answers_on(ensemble: QorEnsemble, data: QorData, rows: IntArray) -> tuple[FloatArray, FloatArray]:
    """Return predicted and measured logarithms of area and delay for all questions on designs, (questions, 2).

    What has no delay is measured as NaN.
    """
    predicted, measured = [np.zeros((0, 2))], [np.zeros((0, 2))]
    for batch in data.loader(rows):
        assert batch.log_area is not None and batch.log_delay is not None
        predicted.append(ensemble.answer(batch).logs)
        measured.append(torch.stack([batch.log_area, batch.log_delay], dim=1).double().numpy())
    return np.concatenate(predicted), np.concatenate(measured)


def _delay_range(designs: Sequence[LabelledDesign]) -> tuple[float, float]:
    """Return the log delays between which answers are kept."""
    delays = np.concatenate([one.log_delay for one in designs])
    return float(np.nanmin(delays)) - _BEYOND, float(np.nanmax(delays)) + _BEYOND


def _kinds(designs: Sequence[LabelledDesign]) -> tuple[int, ...]:
    """Return the operations of the designs' word-level graphs."""
    graphs = [graph for one in designs if isinstance(graph := one.views.get("words"), GraphArrays)]
    return tuple(np.unique(np.concatenate([graph.kind for graph in graphs])).tolist()) if graphs else ()


def describe(
    predictor: Predictor, data: QorData, commands: Sequence[str], parameters: dict[str, dict[str, Any]]
) -> dict[str, Any]:
    """Return the model card: data, commands, and errors on the test parts."""
    labels = Path(data.folder) / LABELS if data.folder else TABLE
    metrics = {
        name: {part: _errors(ensemble, data, part) for part in _TEST_PARTS}
        for name, ensemble in predictor.ensembles.items()
    }
    return {
        "title": "VeriDistill: area and delay of Verilog after synthesis, from its text, its word-level graph, or both",
        "data": {
            "table": labels.name,
            "content_hash": content_hash(labels) if labels.exists() else None,
            "train_designs": len(data.development),
        },
        "sources": "modules made by edasat's own seeded generators; mapped by Yosys and ABC on nangate45, sky130hd, "
        "osu018 and edasat45",
        "licence": "Apache-2.0",
        "commands": list(commands),
        "hyper_parameters": parameters,
        "metrics": metrics,
        "limits": "Area and delay of mapped cells alone, as Yosys' and ABC's scripts of this version leave them: no "
        "wires, no placement, no timing constraints. Intervals hold for generated families left out of training; other "
        "people's designs may lie further off.",
    }


def _errors(ensemble: QorEnsemble, data: QorData, part: str) -> dict[str, Any]:
    """Return mean absolute error and R2 of the logarithms, and the coverage of the intervals."""
    predicted, measured = answers_on(ensemble, data, data.rows(part))
    found: dict[str, Any] = {"questions": len(predicted)}
    for column, name in enumerate(("area", "delay")):
        known = np.isfinite(measured[:, column])
        error, truth = (predicted - measured)[known, column], measured[known, column]
        if len(error):
            found[name] = {
                "mae_log": float(np.abs(error).mean()),
                "r2_log": float(1 - error @ error / max(((truth - truth.mean()) ** 2).sum(), 1e-12)),
                "coverage": float((np.abs(error) <= ensemble.settings.half_widths[column]).mean()),
            }
    return found


def join(folders: Sequence[str | Path], output: str | Path) -> Predictor:
    """Write one set of weights with the networks of several: `edasat models join`.

    Raises:
        InputError: if the weights of a folder are missing or damaged, or two hold the same network.
    """
    ensembles: dict[str, QorEnsemble] = {}
    cards = [load_card(folder, SYSTEM) for folder in folders]
    for folder in folders:
        for name, ensemble in Predictor.load(folder).ensembles.items():
            if name in ensembles:
                raise InputError(f"two folders hold the network '{name}'", path=str(folder))
            ensembles[name] = ensemble
    predictor = Predictor(ensembles)
    joined = {key: value for key, value in cards[0].items() if key not in _OF_THE_FILE}
    for key in ("hyper_parameters", "metrics"):
        joined[key] = {name: value for card in cards for name, value in card[key].items()}
    joined["commands"] = [command for card in cards for command in card["commands"]]
    predictor.save(output, joined)
    return predictor


#: What saving writes by itself.
_OF_THE_FILE: Final = ("system", "schema_version", "weights_hash", "settings")
