"""A prediction of area and delay as one HTML page: the numbers, and the source coloured by what its lines cost."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from edasat.core.report import Cell, Provenance, Report

from .qor_text import printable, relative, source_lines, target_rows

if TYPE_CHECKING:
    from edasat.api import QorResult

_TOP: Final = 20  # lines of the table
_WHOLE: Final = 1500  # lines up to which a file is shown in full
_AROUND: Final = 6  # lines shown before and after a costly one of a longer file
_COSTLY: Final = 0.002  # share of the area from which a line of a longer file is shown


def qor_report(result: QorResult, sources: Sequence[str | Path | bytes], path: str | Path) -> None:
    """Write the report.

    Args:
        result: prediction, and measurement if there is one.
        sources: the files of the design.
        path: file to write.
    """
    predicted, measured = result.predicted, result.measured
    report = Report(
        f"Area and delay of {result.design}",
        lead=f"Library {result.library.name}, {result.script} script; predicted by the {predicted.network} network"
        + (", measured by Yosys and ABC." if measured else "."),
        provenance=Provenance.collect(packages=("numpy", "torch", "pyosys")),
    )
    facts: dict[str, Cell] = {}
    for name, unit, value, (low, high), golden in target_rows(result):
        facts[f"{name}, predicted"] = f"{value:,.1f} {unit}"
        facts[f"{name}, {result.coverage:.0%} interval"] = f"{low:,.1f} to {high:,.1f}"
        if golden is not None:
            facts[f"{name}, measured"] = f"{golden:,.1f} {unit} ({relative(value, golden)})"
    facts["prediction"] = f"{predicted.cpu_s:.3f} CPU s"
    if measured is not None:
        facts["synthesis"] = f"{measured.cpu_s:.3f} CPU s"
    report.facts(facts)
    for reason in predicted.reasons:
        report.message(reason, "warning")
    texts = source_lines(sources)
    _table(report, result, texts)
    shares: dict[str, dict[int, float]] = defaultdict(dict)
    for share in predicted.lines:
        shares[share.file][share.line] = share.area_share
    for name, lines in texts.items():
        report.section(Path(name).name)
        total = sum(shares[name].values())
        shown = _chosen(len(lines), shares[name])
        report.listing(
            [(number, printable(lines[number - 1]), shares[name].get(number, 0.0)) for number in shown],
            caption=f"Share of the predicted area that the network ascribes to each line; {total:.1%} in this file.",
        )
    report.write(path)


def _table(report: Report, result: QorResult, texts: Mapping[str, Sequence[str]]) -> None:
    """Add the lines that cost most."""
    if not result.predicted.lines:
        return
    report.section("Lines that cost most")
    rows: list[list[Cell]] = []
    for share in result.predicted.lines[:_TOP]:
        text = texts.get(share.file, ())
        shown = printable(text[share.line - 1].strip()) if share.line <= len(text) else ""
        place = f"{Path(share.file).name}:{share.line}"
        rows.append([f"{share.area_share:.1%}", share.area_share * result.predicted.area_um2, place, shown])
    report.table(
        ["share of area", "area um2", "line", ""],
        rows,
        caption="What the network ascribes to a line: the logic that the line describes, all its copies together.",
    )


def _chosen(count: int, shares: dict[int, float]) -> list[int]:
    """Return the numbers of the lines to show, in order.

    >>> _chosen(4, {})
    [1, 2, 3, 4]
    """
    if count <= _WHOLE:
        return list(range(1, count + 1))
    near: set[int] = set()
    for line, share in shares.items():
        if share >= _COSTLY:
            near.update(range(max(1, line - _AROUND), min(count, line + _AROUND) + 1))
    return sorted(near)
