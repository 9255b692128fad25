"""Tables of the evaluation of slack prediction, from ``results/slack_prediction.json``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from .slack_names import CALIBRATED, ENGINE, MODEL, PUBLISHED

_HEAD: Final = (
    "design", "method", "R2", "MAE ps", "of deviation", "WNS error, of period", "TNS error", "Kendall", "worst tenth",
    "required MAE ps",
)  # fmt: skip
#: Methods in the order of the tables.
_METHODS: Final = (
    "constant", "no wires", "star", "tree, technology file", CALIBRATED, PUBLISHED, MODEL, ENGINE,
)  # fmt: skip
#: Methods shown for every single layout.
_SHORT: Final = (CALIBRATED, PUBLISHED, MODEL, ENGINE)


def slack_rows(data: Mapping[str, Any]) -> tuple[Sequence[str], list[list[str]]]:
    """Return head and rows of the table: finished layouts one by one, our own circuits by library."""
    rows = []
    designs = data["designs"]
    for name, design in designs.items():
        if design["group"] != "own" and "flow" in design and design["flow"].startswith("OpenROAD"):
            ends = design["methods"][MODEL]["setup"]["ends"]
            rows += _rows(f"{name} ({ends:,} end points)", [design], _SHORT)
    for library in sorted({design["library"] for design in designs.values()}):
        own = [d for d in designs.values() if d["library"] == library and not d["flow"].startswith("OpenROAD")]
        if own:
            rows += _rows(f"{len(own)} of our flow, {library}", own, _METHODS)
    return _HEAD, rows


def summary_rows(data: Mapping[str, Any]) -> tuple[Sequence[str], list[list[str]]]:
    """Return head and rows of a short table: error of the model and of the calibrated tree, and the model's sums."""
    head = (
        "held-out layout", "end points", "calibrated tree: R2", "MAE ps", "learned wires: R2", "MAE ps", "WNS ns",
        "predicted", "TNS ns", "predicted",
    )  # fmt: skip
    rows = []
    for name, design in data["designs"].items():
        if not design["flow"].startswith("OpenROAD"):
            continue
        base, ours = (design["methods"][method]["setup"] for method in (CALIBRATED, MODEL))
        rows.append(
            [
                name,
                f"{ours['ends']:,}",
                *(f"{score[key]:{form}}" for score in (base, ours) for key, form in (("r2", ".4f"), ("mae_ps", ".1f"))),
                *(f"{ours[key]:.3f}" for key in ("wns_ns", "wns_predicted_ns", "tns_ns", "tns_predicted_ns")),
            ]
        )
    return head, rows


def transfer_rows(data: Mapping[str, Any]) -> tuple[Sequence[str], list[list[str]]]:
    """Return head and rows for libraries that were not in training."""
    rows = []
    found: dict[str, list[dict[str, Any]]] = {}
    for name, methods in data["transfer"].items():
        design = data["designs"][name]
        key = name if design["flow"].startswith("OpenROAD") else f"our flow, {design['library']}"
        found.setdefault(key, []).append({**design, "methods": methods})
    for key, designs in found.items():
        rows += _rows(key, designs, (CALIBRATED, MODEL))
    return _HEAD, rows


def _rows(title: str, designs: Sequence[Mapping[str, Any]], methods: Sequence[str]) -> list[list[str]]:
    rows = []
    for method in methods:
        scores = [design["methods"][method]["setup"] for design in designs if method in design["methods"]]
        if not scores:
            continue
        periods = [design["period_ns"] for design in designs if method in design["methods"]]
        rows.append(
            [
                title,
                method,
                _mean([score["r2"] for score in scores], "{:.4f}"),
                _mean([score["mae_ps"] for score in scores], "{:.2f}"),
                _mean([score["mae_share"] for score in scores], "{:.2%}"),
                _mean(
                    [abs(s["wns_predicted_ns"] - s["wns_ns"]) / p for s, p in zip(scores, periods, strict=True)],
                    "{:.2%}",
                ),
                _mean([tns_error(s, p) for s, p in zip(scores, periods, strict=True)], "{:.1%}"),
                _mean([score["kendall"] for score in scores], "{:.3f}"),
                _mean([score["recall_top"] for score in scores], "{:.0%}"),
                _mean([score["required_mae_ps"] for score in scores], "{:.2f}"),
            ]
        )
    return rows


def tns_error(score: Mapping[str, Any], period: float) -> float:
    """Return the error of TNS as a share of it, or of a tenth of period times end points where it is under a period.

    The second scale makes 10 % of either the same demand: a tenth of TNS, or a hundredth of period times end points.
    """
    golden = abs(score["tns_ns"])
    scale = golden if golden >= period else 0.1 * period * score["ends"]
    return float(abs(score["tns_predicted_ns"] - score["tns_ns"]) / scale)


def _mean(values: Sequence[float | None], form: str) -> str:
    known = [value for value in values if value is not None and np.isfinite(value)]
    return form.format(float(np.mean(known))) if known else ""
