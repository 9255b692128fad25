"""A prediction of slack as one HTML page; beside extracted wires if there are any."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from edasat.core.report import INK, PAGE_WIDTH, PALETTE, Cell, Provenance, Report, figure_style
from edasat.eda.timing.graph import LATE
from edasat.eda.timing.result import StaResult
from edasat.models.e2eslack.predictor import PredictedSlack
from edasat.models.evaluation.slack import match_ends

from .slack_prediction import half_widths, scores, sides
from .timing_figures import path_bars, placement_map, slack_histograms

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_ENDS: Final = 25
_PATHS: Final = 10


def slack_report(predicted: PredictedSlack, golden: StaResult | None, path: str | Path) -> None:
    """Write the report of a prediction as one HTML file.

    Args:
        predicted: the prediction.
        golden: the same design with extracted wires, or None.
        path: file to write.
    """
    result = predicted.result
    facts = result.summary()
    report = Report(
        f"Predicted slack of {facts['design']}",
        lead=f"{facts['cells']:,} cells, {facts['nets']:,} nets, library {facts['library']}; wires predicted from the "
        "placement, timed by the exact engine.",
        provenance=Provenance.collect(packages=("numpy", "numba", "torch", "matplotlib")),
    )
    _overview(report, predicted)
    if golden is not None:
        report.section("Predicted against extracted")
        figure, caption = _scatter(predicted, golden)
        report.figure(figure, caption=caption)
        report.table(
            ["", "R2", "MAE ps", "WNS ns", "predicted", "TNS ns", "predicted", "required MAE ps", "worst tenth found"],
            [
                [
                    name, f"{s.r2:.4f}", f"{s.mae_ps:.2f}", f"{s.wns_ns:.4f}", f"{s.wns_predicted_ns:.4f}",
                    f"{s.tns_ns:.3f}", f"{s.tns_predicted_ns:.3f}", f"{s.required_mae_ps:.2f}", f"{s.recall_top:.0%}",
                ]
                for name, s in scores(predicted, golden).items()
            ],
        )  # fmt: skip
    report.section("Slack")
    figure, caption = slack_histograms([ends for _, _, ends in sides(predicted)])
    report.figure(figure, caption=caption)
    paths = result.paths(_PATHS)
    report.section("Where it will be slow")
    figure, caption = placement_map(result, paths[0] if paths else None)
    report.figure(figure, caption=caption)
    if paths:
        report.section("Worst setup paths")
        figure, caption = path_bars(paths)
        report.figure(figure, caption=caption)
    for name, early_late, ends in sides(predicted):
        report.section(f"Worst {name} end points")
        half = half_widths(predicted, early_late, ends)
        rows: list[list[Cell]] = [
            [
                f"{ends.slack[i]:.4f}",
                f"{half[i]:.4f}" if np.isfinite(half[i]) else None,
                f"{ends.arrival[i]:.4f}",
                f"{ends.required[i]:.4f}",
                ends.names[i],
                ends.check[i],
            ]
            for i in range(min(_ENDS, len(ends)))
        ]
        report.table(["slack ns", "+-", "arrival ns", "required ns", "end point", "check"], rows)
    report.write(path)


def _overview(report: Report, predicted: PredictedSlack) -> None:
    sums = predicted.sum_intervals()
    facts: dict[str, Cell] = {}
    for name, early_late, ends in sides(predicted):
        facts[f"{name} WNS"] = f"{ends.wns:.4f} ns"
        facts[f"{name} TNS"] = f"{ends.tns:.3f} ns"
        facts[f"{name} violations"] = f"{ends.num_failing:,} of {len(ends):,}"
        if early_late == LATE and sums and predicted.calibration is not None:
            share = f"{predicted.calibration.coverage:.0%}"
            facts[f"WNS, {share} interval"] = f"{sums['wns'][0]:.4f} to {sums['wns'][1]:.4f} ns"
            facts[f"TNS, {share} interval"] = f"{sums['tns'][0]:.3f} to {sums['tns'][1]:.3f} ns"
    report.facts(facts)
    if predicted.out_of_distribution:
        why = "its library" if not predicted.library_known else f"{predicted.unlike:.0%} of its nets"
        report.message(f"Unlike the training layouts: {why}. Intervals may be too narrow.", "warning")
    if not predicted.result.design.constraints.clocks:
        report.message("There is no clock, so nothing is required: give --sdc or --period.", "warning")


def _scatter(predicted: PredictedSlack, golden: StaResult) -> tuple[Figure, str]:
    """Draw predicted over extracted slack, a panel each for setup and hold, with intervals."""
    from matplotlib.figure import Figure

    shown = sides(predicted)
    with figure_style():
        figure = Figure(figsize=(PAGE_WIDTH * len(shown) / 2, 4.0), layout="constrained")
        for axes, (name, early_late, ends) in zip(figure.subplots(1, len(shown), squeeze=False)[0], shown, strict=True):
            theirs = golden.setup if early_late == LATE else golden.hold
            rows, others = match_ends(ends.node, theirs.node)
            x, y = theirs.slack[others], ends.slack[rows]
            half = half_widths(predicted, early_late, ends)[rows]
            order = np.argsort(x)
            axes.errorbar(
                x[order], y[order], yerr=np.nan_to_num(half[order]), fmt="none", ecolor=PALETTE[2], elinewidth=0.6,
                alpha=0.5, rasterized=True,
            )  # fmt: skip
            axes.scatter(x, y, s=7, color=PALETTE[0], linewidth=0, zorder=3, rasterized=True)
            low, high = min(x.min(), y.min()), max(x.max(), y.max())
            axes.plot([low, high], [low, high], color=INK, linewidth=0.8)
            axes.set_xlabel(f"{name} slack with extracted wires [ns]")
            axes.set_ylabel("predicted [ns]")
    return figure, "Every end point; the line is where both are equal, the bars are the intervals."
