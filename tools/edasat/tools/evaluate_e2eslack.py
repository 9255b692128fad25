"""Slack prediction on designs that no part of the training has seen: ``edasat evaluate e2eslack``.

Every group of designs (gcd, aes, ibex, and our own circuits) is held out in turn: networks and calibrated trees come
from the other groups; intervals are calibrated on such predictions of all other circuits. Golden values are OpenSTA's
with extracted wires. Beside the model stand a constant, no wires, the star, the tree with the technology file's values,
the calibrated tree, the published kind of network, and the timing engine on extracted wires, which shows what is left
when wires are known.

::

    python -m edasat.tools.evaluate_e2eslack BUILD --data DATA --work WORK -o results/slack_prediction.json

BUILD is the folder of ``edasat data build timing``, DATA that of the libraries; networks trained on the way are kept
in WORK and used again.
"""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from edasat.core.progress import Progress
from edasat.core.threads import set_threads
from edasat.datasets.timing.build import sample_folders
from edasat.datasets.timing.data import group_of
from edasat.datasets.timing.samples import TimingSample, read_sample
from edasat.models.e2eslack.predictor import Calibration, PredictedSlack, SlackPredictor, uncertainty
from edasat.models.e2eslack.release import calibrate
from edasat.models.evaluation.slack import match_ends
from edasat.tools.results import write_result
from edasat.tools.slack_methods import Answer, answers, train_without
from edasat.tools.slack_names import CALIBRATED, MODEL
from edasat.tools.slack_scores import compare, path_errors, score

#: Cell libraries left out together for the test of transfer: the model then knows nangate45 alone.
TRANSFER: Final = ("sky130hd", "osu018")


def measure(
    folder: Path, data: Path, work: Path, *, members: int, published: int, arguments: Sequence[str] = ()
) -> dict[str, Any]:
    """Evaluate on all groups.

    Args:
        folder: of the labelled set.
        data: of the libraries.
        work: folder for what is trained on the way.
        members: networks of an ensemble.
        published: epochs of the published kind of network, which take longer than everything else; 0 leaves it out.
        arguments: more LightningCLI arguments.
    """
    samples = [read_sample(path, data) for path in sample_folders(folder)]
    groups = sorted({group_of(sample) for sample in samples})
    common = [f"--data.folder={folder}", f"--data.data={data}", *arguments]
    found: dict[str, dict[str, Answer]] = {}
    with Progress("designs", len(samples)) as progress:
        for group in groups:
            train = [sample for sample in samples if group_of(sample) != group]
            trained = train_without(common, work / group, train, (group,), members, published=published)
            for sample in samples:
                if group_of(sample) == group:
                    found[sample.id] = answers(sample, trained)
                    progress.step(sample.id)
    by_id = {sample.id: sample for sample in samples}
    designs = {
        name: _design(by_id[name], methods, _calibration(by_id, found, by_id[name].family))
        for name, methods in found.items()
    }
    transfer = _transfer(samples, common, work / "transfer", members)
    return {
        "published_epochs": published,
        "designs": designs,
        "pooled": {side: compare(by_id, found, side) for side in ("setup", "hold")},
        "coverage": _coverage(designs),
        "transfer": transfer,
        "time": _time(samples, data, trained.model),
    }


def _calibration(
    samples: Mapping[str, TimingSample], found: Mapping[str, Mapping[str, Answer]], family: str
) -> Calibration:
    """Calibrate intervals on all other circuits, each predicted by networks that had not seen it."""
    rows = [
        (samples[name], methods[MODEL].predicted) for name, methods in found.items() if samples[name].family != family
    ]
    return calibrate([(sample, predicted) for sample, predicted in rows if predicted is not None])


def _design(sample: TimingSample, methods: Mapping[str, Answer], calibration: Calibration) -> dict[str, Any]:
    """Return the scores of all methods on one design."""
    predicted = methods[MODEL].predicted
    assert predicted is not None
    return {
        "group": group_of(sample),
        "library": sample.library,
        "flow": sample.about["flow"],
        "cells": sample.about["num_cells"],
        "period_ns": sample.period,
        "methods": {
            name: {side: score(sample, answer.ends, side) for side in ("setup", "hold")}
            for name, answer in methods.items()
        },
        "path_mae_ps": path_errors(sample, {name: methods[name].timing for name in (CALIBRATED, MODEL)}),
        "interval": _interval(sample, predicted, calibration),
        "out_of_distribution": predicted.out_of_distribution,
    }


def _interval(sample: TimingSample, predicted: PredictedSlack, calibration: Calibration) -> dict[str, float]:
    """Return the share of end points that intervals cover, their mean width, and whether the sums are covered."""
    with_intervals = replace(predicted, calibration=calibration)
    result: dict[str, float] = {}
    for side, golden, ends, plain, factor in (
        ("hold", sample.ends[0], predicted.ends.early, predicted.without_wires.early, calibration.hold),
        ("setup", sample.ends[1], predicted.ends.late, predicted.without_wires.late, calibration.setup),
    ):
        rows, theirs = match_ends(ends.node, golden.node)
        half = factor * uncertainty(ends, plain, predicted.period)[rows]
        result[f"{side}_coverage"] = float((np.abs(ends.slack[rows] - golden.slack[theirs]) <= half).mean())
        result[f"{side}_half_width_ps"] = 1e3 * float(half.mean())
    setup = sample.ends[1].slack
    golden_sums = {"wns": min(0.0, float(setup.min())), "tns": float(np.minimum(setup, 0.0).sum())}
    for name, (low, high) in with_intervals.sum_intervals().items():
        result[f"{name}_covered"] = float(low <= golden_sums[name] <= high)
    return result


def _coverage(designs: Mapping[str, Any]) -> dict[str, float]:
    """Return means over the designs."""
    rows = [design["interval"] for design in designs.values()]
    return {name: float(np.mean([row[name] for row in rows if name in row])) for name in rows[0]}


def _transfer(samples: Sequence[TimingSample], common: Sequence[str], work: Path, members: int) -> dict[str, Any]:
    """Score designs of libraries that were not in training."""
    away = [sample for sample in samples if sample.library in TRANSFER]
    train = [sample for sample in samples if sample.library not in TRANSFER]
    if not away or not train:
        return {}
    trained = train_without(
        [*common, f"--data.without_libraries={list(TRANSFER)}"], work, train, (), members, published=0
    )
    return {
        sample.id: {
            name: {side: score(sample, answer.ends, side) for side in ("setup", "hold")}
            for name, answer in answers(sample, trained).items()
        }
        for sample in away
    }


def _time(samples: Sequence[TimingSample], data: Path, model: SlackPredictor) -> dict[str, Any]:
    """Return what predicting costs beside route, extraction and timing, on the largest design of our flow."""
    own = [sample for sample in samples if "flow_s" in sample.about]
    if not own:
        return {}
    sample = max(own, key=lambda sample: int(sample.about["num_cells"]))
    about = sample.about
    fresh = read_sample(sample.folder, data)
    warm = model.predict(fresh.design, sample.library).seconds
    flow = {"route": about["flow_s"]["routing"], "extract": about["extract_s"], "sta": about["sta_s"]}
    return {
        "design": sample.id,
        "cells": about["num_cells"],
        "predict_s": dict(warm),
        "flow_cpu_s": flow,
        "ratio": sum(flow.values()) / sum(warm.values()),
    }


def _rounded(value: Any) -> Any:
    """Return plain values with six significant digits: the result has one row for each design and method."""
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    return float(f"{value:.6g}") if isinstance(value, float) else value


def main(arguments: Sequence[str] | None = None) -> None:
    """Run as a program."""
    parser = argparse.ArgumentParser(prog="python -m edasat.tools.evaluate_e2eslack", description=__doc__)
    parser.add_argument("folder", type=Path, help="of edasat data build timing")
    parser.add_argument("--data", type=Path, required=True, help="folder of the libraries")
    parser.add_argument("--work", type=Path, required=True, help="folder for what is trained on the way")
    parser.add_argument("--members", type=int, default=3, help="networks of an ensemble")
    parser.add_argument(
        "--published", type=int, default=0, metavar="EPOCHS", help="train the published kind of network too, that long"
    )
    parser.add_argument("-o", "--out", type=Path, help="result file (JSON)")
    given, rest = parser.parse_known_args(arguments)
    set_threads(1)
    result = measure(
        given.folder, given.data, given.work, members=given.members, published=given.published, arguments=rest
    )
    for name, design in result["designs"].items():
        for method in design["methods"]:
            row = design["methods"][method]["setup"]
            error = f"MAE {row['mae_ps']:8.2f} ps ({row['mae_share']:.2%})"
            sys.stdout.write(f"{name:44} {method:32} R2 {row['r2']:.4f}  {error}\n")
    if given.out is not None:
        words = sys.argv[1:] if arguments is None else arguments
        command = shlex.join(["python", "-m", "edasat.tools.evaluate_e2eslack", *words])
        write_result(given.out, _rounded(result), command=command, seed=0, packages=("numpy", "torch", "lightning"))


if __name__ == "__main__":
    main()
