"""Tables of the evaluation of area and delay prediction, from ``results/veridistill.json``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from edasat.models.evaluation.qor import PHYSICAL, TARGETS

Rows = tuple[Sequence[str], list[list[str]]]

_PARTS: Final = {
    "test": "new modules of known families",
    "held-out": "held-out families",
    "hand-written": "hand-written designs",
    "real": "real RTL",
}
#: Methods of the short table, and its parts.
_SHORT: Final = (
    "constant",
    "token count, linear",
    "syntax-tree features, boosting",
    "word-graph features, boosting",
    "gate features, boosting",
    "text",
    "graph",
    "gates",
    "text+graph",
)
_SHORT_PARTS: Final = ("held-out", "real")


def score_rows(data: Mapping[str, Any]) -> Rows:
    """Return head and rows of the main table: every method on every part."""
    head = ["part", "method"]
    for target in TARGETS:
        head += [f"{target}: MAE of log [95 %]", "R2 of log", "median error", f"MAE {PHYSICAL[target]}", "in interval"]
    rows = []
    for _, title, scores in _parts(data):
        for method, score in scores.items():
            row = [title, data["titles"].get(method, method)]
            for target in TARGETS:
                one = score[target]
                row += [
                    _interval(one["mae"]),
                    f"{one['r2']['estimate']:.3f}",
                    f"{one['relative']:.1%}",
                    f"{one['physical']:,.0f}",
                    f"{one['coverage']:.0%}" if one["coverage"] is not None else "",
                ]
            rows.append(row)
    return head, rows


def summary_rows(data: Mapping[str, Any]) -> Rows:
    """Return head and rows of a short table."""
    head = ["method"]
    for part in _SHORT_PARTS:
        samples = data["samples"][part]
        head += [f"{_PARTS[part]} ({samples['designs']}): area, MAE of log", "R2", "delay, MAE of log", "R2"]
    rows = []
    for method in _SHORT:
        row = [method]
        for part in _SHORT_PARTS:
            score = data["scores"][part].get(method)
            for target in TARGETS:
                row += (
                    [f"{score[target]['mae']['estimate']:.3f}", f"{score[target]['r2']['estimate']:.3f}"]
                    if score
                    else ["", ""]
                )
        rows.append(row)
    return head, rows


def gain_rows(data: Mapping[str, Any]) -> Rows:
    """Return head and rows of what networks gain over the best baseline."""
    head = ["part", "network"]
    for target in TARGETS:
        head += [f"{target}: best baseline", "smaller MAE [95 % over families or projects]", "[95 % over designs]"]
    rows = []
    for part, title, _ in _parts(data):
        for method, gains in data["gains"][part].items():
            row = [title, data["titles"].get(method, method)]
            for target in TARGETS:
                row += [gains[target]["over"], *_both(gains[target])]
            rows.append(row)
    return head, rows


def distillation_rows(data: Mapping[str, Any]) -> Rows:
    """Return head and rows of what a teacher adds."""
    head = ["part", "pair"]
    for target in TARGETS:
        head += [f"{target}: smaller MAE [95 % over families or projects]", "[95 % over designs]"]
    rows = []
    for part, title, _ in _parts(data):
        for pair, gains in data["distillation"].get(part, {}).items():
            taught, _, alone = pair.partition(" over ")
            row = [title, f"{data['titles'][taught]} / {data['titles'][alone]}"]
            for target in TARGETS:
                row += _both(gains[target])
            rows.append(row)
    return head, rows


def size_rows(data: Mapping[str, Any], methods: Sequence[str]) -> Rows:
    """Return head and rows by size: error and R2 within each fifth of the samples."""
    head = ["part", "gates"]
    for method in methods:
        head += [f"{method}: area MAE", "R2", "delay MAE", "R2"]
    rows = []
    for _, title, scores in _parts(data):
        shown = [scores[method] for method in methods if method in scores]
        for number in range(len(shown[0]["area"]["quintiles"]) if shown else 0):
            first = shown[0]["area"]["quintiles"][number]
            row = [title, f"{first['from_gates']:,.0f} to {first['to_gates']:,.0f}"]
            for score in shown:
                for target in TARGETS:
                    one = score[target]["quintiles"][number]
                    row += [f"{one['mae']:.3f}", f"{one['r2']:.2f}"]
            rows.append(row)
    return head, rows


def library_rows(data: Mapping[str, Any], method: str) -> Rows:
    """Return head and rows by library."""
    head = ["part", "library", "samples"]
    for target in TARGETS:
        head += [f"{target}: MAE of log", "R2", "median error", f"MAE {PHYSICAL[target]}"]
    rows = []
    for _, title, scores in _parts(data):
        if method not in scores:
            continue
        for library in scores[method]["area"]["libraries"]:
            row = [title, library, f"{scores[method]['area']['libraries'][library]['samples']:,}"]
            for target in TARGETS:
                one = scores[method][target]["libraries"][library]
                row += [f"{one['mae']:.3f}", f"{one['r2']:.3f}", f"{one['relative']:.1%}", f"{one['physical']:,.0f}"]
            rows.append(row)
    return head, rows


def notes(data: Mapping[str, Any]) -> str:
    """Say how many designs each part has, which are flagged, and what is left out."""
    counts = "; ".join(
        f"{title}: {data['samples'][part]['designs']:,} designs, {data['samples'][part]['samples']:,} samples, "
        f"{data['samples'][part]['gates'][0]:,.0f} to {data['samples'][part]['gates'][2]:,.0f} gates, "
        f"{data['flagged'][part]:.0%} flagged as unlike the training"
        for part, title, _ in _parts(data)
    )
    refused = "; ".join(f"{name} ({reason})" for name, reason in data["refused"].items())
    return f"{counts}. Trained on {data['trained_on']:,} modules. Real designs without a label: {refused or 'none'}.\n"


def _parts(data: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    for part, title in _PARTS.items():
        if part in data["scores"]:
            yield part, title, data["scores"][part]


def _interval(one: Mapping[str, float]) -> str:
    return f"{one['estimate']:.3f} [{one['low']:.3f}, {one['high']:.3f}]"


def _both(gains: Mapping[str, Any]) -> list[str]:
    """Return a gain with its interval over clusters, and its interval over designs."""
    clusters, designs = gains["clusters"], gains["designs"]
    return [
        f"{clusters['estimate']:.0%} [{clusters['low']:.0%}, {clusters['high']:.0%}]",
        f"[{designs['low']:.0%}, {designs['high']:.0%}]",
    ]
