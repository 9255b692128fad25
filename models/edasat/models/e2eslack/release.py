"""From labelled layouts to released weights: train, calibrate on designs left out, describe."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import numpy as np

from edasat.core.errors import InputError, Message
from edasat.datasets.timing.data import TimingData, group_of
from edasat.datasets.timing.samples import TimingSample

from ..evaluation.slack import match_ends
from ..training.cli import CONFIGS, best_checkpoint, fit
from ..training.conformal import conformal_quantile
from ..training.weights import save_weights
from .module import WireModule
from .network import WireNetwork
from .predictor import (
    SYSTEM,
    Calibration,
    PredictedSlack,
    SlackPredictor,
    WirePredictor,
    total_uncertainty,
    uncertainty,
    weights_of,
    worst_uncertainty,
)
from .slack_tuning import timed_design, tune_on_slack

COVERAGE: Final = 0.9
#: Steps of :func:`~.slack_tuning.tune_on_slack`.
TUNING_STEPS: Final = 15
#: Designs with fewer nets do not take part in tuning: they are many, and their slack says little.
_LARGE_DESIGN: Final = 2000

_NO_FOLDER = Message("timing-train-folder", "training needs labelled layouts", "give --data.folder DIR")


def fit_networks(
    arguments: Sequence[str], output: Path, held_out: Sequence[str], members: int
) -> tuple[list[WireNetwork], TimingData]:
    """Train networks that differ in their seeds, on all groups but ``held_out``.

    Args:
        arguments: of LightningCLI.
        output: folder for logs and checkpoints.
        held_out: see :class:`~edasat.datasets.timing.data.TimingData`.
        members: number of networks.
    """
    networks: list[WireNetwork] = []
    for member in range(members):
        folder = output / f"member{member}"
        cli = fit(
            WireModule,
            TimingData,
            CONFIGS / "e2eslack.yaml",
            [
                *arguments,
                f"--data.held_out={list(held_out)}",
                f"--data.seed={member}",
                f"--seed_everything={member}",
                f"--trainer.default_root_dir={folder}",
                f"--trainer.logger.init_args.save_dir={folder}",
            ],
            {"libraries": "libraries"},
        )
        state = best_checkpoint(cli)
        parameters = {k: v for k, v in state["hyper_parameters"].items() if not k.startswith("_")}
        module = WireModule(**parameters)
        module.load_state_dict(state["state_dict"])
        networks.append(module.network)
        data: TimingData = cli.datamodule
    return networks, data


def tune(networks: Sequence[WireNetwork], samples: Sequence[TimingSample], libraries: Sequence[str]) -> None:
    """Tune networks on the slack of the larger designs."""
    designs = [
        timed_design(sample, libraries.index(sample.library))
        for sample in samples
        if sample.design.graph.netlist.num_nets >= _LARGE_DESIGN
    ]
    for network in networks if designs else ():
        tune_on_slack(network, designs, TUNING_STEPS)


def train(arguments: Sequence[str] = (), *, output: str | Path, members: int = 3) -> SlackPredictor:
    """Train, calibrate and write weights: `edasat train e2eslack`.

    Args:
        arguments: LightningCLI arguments; ``--data.folder`` is needed, defaults of the rest are in
            ``configs/e2eslack.yaml``.
        output: folder for the weights; training logs and checkpoints go below ``output/training``.
        members: networks of the ensemble.

    Raises:
        InputError: if there are no labelled layouts.
    """
    if not any(word.startswith("--data.folder") for word in arguments):
        raise InputError.of(_NO_FOLDER)
    folder = Path(output) / "training"
    networks, data = fit_networks(arguments, folder / "all", (), members)
    tune(networks, data.samples, data.libraries)
    predictions: list[tuple[TimingSample, PredictedSlack]] = []
    for group in sorted({group_of(sample) for sample in data.samples}):
        left = [sample for sample in data.samples if group_of(sample) != group]
        if not left:
            continue
        without, _ = fit_networks(arguments, folder / f"without-{group}", (group,), 1)
        predictor = SlackPredictor(WirePredictor(without))
        seen_by_none = (sample for sample in data.samples if group_of(sample) == group)
        predictions += [(sample, predictor.predict(sample.design, sample.library)) for sample in seen_by_none]
    calibration = calibrate(predictions)
    predictor = SlackPredictor(WirePredictor(networks), calibration)
    card = describe(predictor, data, "edasat train e2eslack " + shlex.join(arguments))
    save_weights(output, SYSTEM, weights_of(networks), card)
    return predictor


def calibrate(predictions: Sequence[tuple[TimingSample, PredictedSlack]], coverage: float = COVERAGE) -> Calibration:
    """Return quantiles of the errors of designs that the networks had not seen.

    The end points of one design err together, so each design has one score for setup and one for hold: the quantile
    over its end points; intervals take the mean of these over the designs. WNS and TNS have one outcome a design, and
    the usual conformal quantile over the designs.
    """
    scores: dict[str, list[float]] = {"setup": [], "hold": [], "wns": [], "tns": []}
    for sample, predicted in predictions:
        for name, golden, ends, plain in (
            ("hold", sample.ends[0], predicted.ends.early, predicted.without_wires.early),
            ("setup", sample.ends[1], predicted.ends.late, predicted.without_wires.late),
        ):
            if not len(ends) or not len(golden):
                continue
            scale = uncertainty(ends, plain, predicted.period)
            rows, theirs = match_ends(ends.node, golden.node)
            error = np.abs(ends.slack[rows] - golden.slack[theirs]) / scale[rows]
            scores[name].append(float(np.quantile(error, coverage)))
            if name == "setup":
                wns, tns = min(0.0, golden.slack.min()), np.minimum(golden.slack, 0.0).sum()
                scores["wns"].append(abs(ends.wns - wns) / worst_uncertainty(ends, scale))
                scores["tns"].append(abs(ends.tns - tns) / max(total_uncertainty(ends, scale), scale.min()))
    of_sums = {}
    for name in ("wns", "tns"):
        quantile = float(conformal_quantile(scores[name], coverage))
        of_sums[name] = quantile if np.isfinite(quantile) else max(scores[name], default=0.0)
    means = {name: float(np.mean(scores[name])) if scores[name] else 0.0 for name in ("setup", "hold")}
    return Calibration(coverage, **means, **of_sums)


def describe(predictor: SlackPredictor, data: TimingData, command: str) -> dict[str, Any]:
    """Return the model card."""
    assert predictor.calibration is not None
    return {
        "title": "E2ESlack: wires of a placed design before routing, timed by the exact engine",
        "members": len(predictor.wires.networks),
        "config": predictor.wires.networks[0].config.to_dict(),
        "calibration": asdict(predictor.calibration),
        "data": {
            "layouts": len(data.samples),
            "libraries": list(data.libraries),
            "groups": sorted({group_of(sample) for sample in data.samples}),
            "ids": [sample.id for sample in data.samples],
        },
        "sources": sorted({str(sample.about.get("source", "")) for sample in data.samples}),
        "licence": "Apache-2.0",
        "command": command,
        "limits": "Wires were extracted by edasat itself. Finished layouts are final placements, after clock tree and "
        "repair; those of edasat's own flow have neither. Libraries other than the ones named get the mean "
        "of those, and are marked as out of distribution.",
    }
