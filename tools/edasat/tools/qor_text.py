"""A prediction of area and delay as text and as plain values, beside a measurement if there is one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from edasat.core.files import Source, read_bytes

from .timing_text import align

if TYPE_CHECKING:
    from pathlib import Path

    from edasat.api import QorResult
    from edasat.models.veridistill.predictor import LineShare

_SHOWN: Final = 64  # characters of a source line


class TargetRow(NamedTuple):
    """One target of a result: its name and unit, what was predicted, the interval, and what was measured, if it was."""

    name: str
    unit: str
    predicted: float
    interval: tuple[float, float]
    measured: float | None


def target_rows(result: QorResult) -> list[TargetRow]:
    """Return area and delay of a result."""
    p, m = result.predicted, result.measured
    return [
        TargetRow("area", "um2", p.area_um2, p.area_interval, m.area_um2 if m else None),
        TargetRow("delay", "ps", p.delay_ps, p.delay_interval, m.delay_ps if m else None),
    ]


def result_text(result: QorResult, lines: int, sources: Sequence[str | Path | bytes]) -> str:
    """Return what the command prints.

    Args:
        result: the prediction.
        lines: how many of the lines that cost most are listed.
        sources: the files, for the text of these lines.
    """
    predicted = result.predicted
    head = ["", "predicted", f"{result.coverage:.0%} interval"]
    if result.measured is not None:
        head += ["measured", "error", "inside"]
    rows = [head]
    for name, unit, value, (low, high), measured in target_rows(result):
        row = [name, f"{value:,.1f} {unit}", f"{low:,.1f} to {high:,.1f}"]
        if measured is not None:
            row += [f"{measured:,.1f} {unit}", relative(value, measured), "yes" if low <= measured <= high else "no"]
        rows.append(row)
    took = ", ".join(f"{step} {seconds:.3f} s" for step, seconds in predicted.timings.items())
    text = [f"{result.design} on {result.library.name}, {result.script} script", *(f"  {line}" for line in align(rows))]
    text.append(f"  by the {predicted.network} network: {took}")
    if result.measured is not None:
        faster = result.measured.cpu_s / max(predicted.cpu_s, 1e-6)
        text.append(
            f"  by Yosys and ABC: {result.measured.cpu_s:.3f} s, {faster:.{0 if faster >= 10 else 1}f} times as long; "
            f"{result.measured.cells:,} cells, {result.measured.flip_flops:,} flip-flops, "
            f"{result.measured.levels:,} levels"
        )
    text += [f"  note: {reason}" for reason in predicted.reasons]
    if lines:
        text += ["", "lines that cost most, as the network sees it", *_lines(predicted.lines[:lines], sources)]
    return "\n".join(text)


def relative(predicted: float, measured: float) -> str:
    """Return by how much a prediction is off.

    >>> relative(110, 100), relative(95, 100)
    ('+10.0%', '-5.0%')
    """
    return f"{predicted / measured - 1:+.1%}" if measured > 0 else "-"


def _lines(shares: Sequence[LineShare], sources: Sequence[str | Path | bytes]) -> list[str]:
    if not shares:
        return ["  the network names none"]
    texts = source_lines(sources)
    shown = []
    for share in shares:
        text = texts.get(share.file, ())
        shown.append(printable(text[share.line - 1].strip())[:_SHOWN] if 0 < share.line <= len(text) else "")
    places = align([[f"{share.file}:{share.line}", f"{share.area_share:.1%}"] for share in shares])
    return [f"  {place}  {text}".rstrip() for place, text in zip(places, shown, strict=True)]


def printable(text: str) -> str:
    """Return a line of a file without characters that would move the cursor."""
    return "".join(c if c.isprintable() else " " if c == "\t" else "\N{REPLACEMENT CHARACTER}" for c in text)


def source_lines(sources: Sequence[str | Path | bytes]) -> Mapping[str, list[str]]:
    """Return the lines of each file by the name that predictions give it."""
    return {Source(one).name: read_bytes(one).decode("utf-8", "replace").split("\n") for one in sources}


def result_dict(result: QorResult) -> dict[str, Any]:
    """Return plain values for ``--json``."""
    predicted, measured = result.predicted, result.measured
    found: dict[str, Any] = {
        "design": result.design,
        "library": result.library.name,
        "script": result.script,
        "network": predicted.network,
        "coverage": result.coverage,
    }
    for name, unit, value, interval, _ in target_rows(result):
        found[f"{name}_{unit}"] = value
        found[f"{name}_interval"] = list(interval)
    found |= {
        "out_of_distribution": predicted.out_of_distribution,
        "reasons": list(predicted.reasons),
        "cpu_s": predicted.timings,
        "lines": [share._asdict() for share in predicted.lines],
        "measured": None,
    }
    if measured is not None:
        found["measured"] = {
            **vars(measured),
            "inside": {
                name: low <= value <= high
                for name, _, _, (low, high), value in target_rows(result)
                if value is not None
            },
            "relative_error": {
                name: predicted_value / value - 1 for name, _, predicted_value, _, value in target_rows(result) if value
            },
        }
    return found
