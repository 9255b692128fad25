"""Predicted slack as text, as plain values and as a table; and beside extracted wires."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from edasat.eda.formats.spef import read_spef
from edasat.eda.timing.graph import EARLY, LATE
from edasat.eda.timing.parasitics import spef_wires
from edasat.eda.timing.result import Endpoints, StaResult
from edasat.models.e2eslack.predictor import PredictedSlack
from edasat.models.evaluation.slack import SlackScore, match_ends, score_slack

from .timing_text import align

if TYPE_CHECKING:
    import numpy.typing as npt
    import pyarrow as pa


def extracted(predicted: PredictedSlack, spef: str | Path) -> StaResult:
    """Time the same design with extracted wires.

    Raises:
        InputError: if the file cannot be read, or its names do not meet those of the design.
    """
    design = predicted.result.design
    wires, join = spef_wires(design.graph, read_spef(spef))
    join.check()
    return StaResult.of(replace(design, wires=wires))


def sides(predicted: PredictedSlack) -> list[tuple[str, int, Endpoints]]:
    """Return name, EARLY or LATE, and end points of setup and hold, those that have any."""
    both = (("setup", LATE, predicted.result.setup), ("hold", EARLY, predicted.result.hold))
    return [side for side in both if len(side[2])]


def half_widths(predicted: PredictedSlack, early_late: int, ends: Endpoints) -> npt.NDArray[np.float64]:
    """Return half the width of the interval of each end point, in the order of ``ends``, ns."""
    of_node = predicted.ends.late if early_late == LATE else predicted.ends.early
    rows = np.searchsorted(of_node.node, ends.node)
    return predicted.half_widths(early_late)[rows]


def scores(predicted: PredictedSlack, golden: StaResult) -> dict[str, SlackScore]:
    """Score a prediction against extracted wires, setup and hold."""
    found = {}
    for name, early_late, ends in sides(predicted):
        theirs = golden.setup if early_late == LATE else golden.hold
        rows, others = match_ends(ends.node, theirs.node)
        if len(rows):
            found[name] = score_slack(
                (theirs.slack[others], theirs.arrival[others], theirs.required[others]),
                (ends.slack[rows], ends.arrival[rows], ends.required[rows]),
            )
    return found


def prediction_text(predicted: PredictedSlack, golden: StaResult | None, worst: int) -> str:
    """Return what ``edasat timing predict`` prints."""
    facts = predicted.result.summary()
    lines = [
        f"{facts['design']}: {facts['cells']:,} cells, {facts['nets']:,} nets, library {facts['library']}; "
        "wires predicted from the placement"
    ]
    sums = predicted.sum_intervals()
    calibration = predicted.calibration
    if calibration is not None:
        lines.append(f"intervals: {calibration.coverage:.0%}, calibrated on designs that training had not seen")
    rows = [("", "WNS ns", "interval", "TNS ns", "interval", "failing")]
    for name, early_late, ends in sides(predicted):
        shown = [
            f"[{sums[key][0]:.4f}, {sums[key][1]:.4f}]" if early_late == LATE and key in sums else ""
            for key in ("wns", "tns")
        ]
        rows.append(
            (name, f"{ends.wns:.4f}", shown[0], f"{ends.tns:.4f}", shown[1], f"{ends.num_failing:,} of {len(ends):,}")
        )
    lines += ["", *align(rows)]
    for name, early_late, ends in sides(predicted):
        half = half_widths(predicted, early_late, ends)
        table = [(f"worst {name} end points", "arrival ns", "required ns", "slack ns", "+-")]
        table += [
            (
                ends.names[i],
                f"{ends.arrival[i]:.4f}",
                f"{ends.required[i]:.4f}",
                f"{ends.slack[i]:.4f}",
                f"{half[i]:.4f}" if np.isfinite(half[i]) else "",
            )
            for i in range(min(worst, len(ends)))
        ]
        lines += ["", *align(table)]
    if golden is not None:
        lines += ["", *_comparison(predicted, golden)]
    lines.append("")
    if predicted.out_of_distribution:
        why = "its library" if not predicted.library_known else f"{predicted.unlike:.0%} of its nets"
        lines.append(f"unlike the training layouts: {why}; intervals may be too narrow")
    if not facts["clocks"]:
        lines.append("there is no clock: give --sdc or --period")
    lines.append(", ".join(f"{phase} {seconds:.2f} s" for phase, seconds in predicted.seconds.items()))
    return "\n".join(lines)


def _comparison(predicted: PredictedSlack, golden: StaResult) -> list[str]:
    rows = [("against extracted wires", "R2", "MAE ps", "WNS ns", "TNS ns", "required MAE ps", "worst tenth found")]
    for name, score in scores(predicted, golden).items():
        rows.append(
            (
                name,
                f"{score.r2:.4f}",
                f"{score.mae_ps:.2f}",
                f"{score.wns_ns:.4f}",
                f"{score.tns_ns:.4f}",
                f"{score.required_mae_ps:.2f}",
                f"{score.recall_top:.0%}",
            )
        )
    return align(rows)


def prediction_dict(predicted: PredictedSlack, golden: StaResult | None) -> dict[str, Any]:
    """Return what ``edasat timing predict --json`` prints."""
    calibration = predicted.calibration
    return {
        **predicted.result.summary(),
        "coverage": calibration.coverage if calibration is not None else None,
        "intervals": {name: list(bounds) for name, bounds in predicted.sum_intervals().items()},
        "endpoints": {
            name: [
                {**row, "half_width_ns": float(width) if np.isfinite(width) else None}
                for row, width in zip(ends.rows(), half_widths(predicted, early_late, ends), strict=True)
            ]
            for name, early_late, ends in sides(predicted)
        },
        "out_of_distribution": predicted.out_of_distribution,
        "seconds": dict(predicted.seconds),
        "against_extracted": {name: score.to_dict() for name, score in scores(predicted, golden).items()}
        if golden is not None
        else None,
    }


def endpoint_table(predicted: PredictedSlack, golden: StaResult | None) -> pa.Table:
    """Return all end points with their intervals, setup before hold, as a ``pyarrow.Table``; times in ns."""
    import pyarrow as pa

    table = predicted.result.endpoint_table()
    parts = [half_widths(predicted, early_late, ends) for _, early_late, ends in sides(predicted)]
    half = np.concatenate(parts) if parts else np.empty(0)
    slack = table["slack_ns"].to_numpy()
    table = table.append_column("slack_low_ns", pa.array(slack - half)).append_column(
        "slack_high_ns", pa.array(slack + half)
    )
    if golden is None:
        return table
    known = {
        (name, node): value
        for name, ends in (("setup", golden.setup), ("hold", golden.hold))
        for node, value in zip(ends.names, ends.slack.tolist(), strict=True)
    }
    keys = zip(table["analysis"].to_pylist(), table["endpoint"].to_pylist(), strict=True)
    return table.append_column("extracted_slack_ns", pa.array([known.get(key) for key in keys], pa.float64()))
