"""What a timing analysis says, as one HTML page: slack, worst paths, where they lie, and what was left open."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from edasat.core.report import Cell, Provenance, Report
from edasat.eda.timing.paths import Path as TimingPath
from edasat.eda.timing.result import Endpoints, StaResult

from .timing_figures import path_bars, placement_map, slack_histograms

_PATHS: Final = 10
_ENDS: Final = 25  # rows of a table of end points; `-o` writes all
_STAGES: Final = 120  # rows of a path; longer ones are cut in the middle


def timing_report(result: StaResult, path: str | Path, *, title: str = "") -> None:
    """Write the report of a timed design as one HTML file.

    Args:
        result: of :func:`edasat.api.sta`.
        path: file to write.
        title: heading of the page; by default the design's name.
    """
    facts = result.summary()
    clocks = ", ".join(f"{clock['name']} {clock['period_ns']:g} ns" for clock in facts["clocks"])
    report = Report(
        title or f"Timing of {facts['design']}",
        lead=f"{facts['cells']:,} cells, {facts['pins']:,} pins, library {facts['library']}; "
        + (f"clocks: {clocks}" if clocks else "no clock")
        + f"; wires: {facts['wires']}"
        + ("; delays from SDF." if facts["annotated"] else "."),
        provenance=Provenance.collect(packages=("numpy", "numba", "matplotlib")),
    )
    _overview(report, result)
    setup_paths, hold_paths = (result.paths(_PATHS, late=late) for late in (True, False))
    sides = [ends for ends in (result.setup, result.hold) if len(ends)]
    if sides:
        report.section("Slack")
        figure, caption = slack_histograms(sides)
        report.figure(figure, caption=caption)
    if result.design.graph.netlist.placement is not None:
        report.section("Where it is slow")
        figure, caption = placement_map(result, setup_paths[0] if setup_paths else None)
        report.figure(figure, caption=caption)
    for paths in (setup_paths, hold_paths):
        if paths:
            _paths(report, paths)
    for ends in sides:
        _ends(report, ends)
    _open(report, result)
    _files(report, result)
    report.write(path)


def _overview(report: Report, result: StaResult) -> None:
    facts: dict[str, Cell] = {}
    for name, ends in (("Setup", result.setup), ("Hold", result.hold)):
        facts[f"{name} WNS"] = f"{ends.wns:.4f} ns"
        facts[f"{name} TNS"] = f"{ends.tns:.3f} ns"
        facts[f"{name} violations"] = f"{ends.num_failing:,} of {len(ends):,}"
    report.facts(facts)
    if not result.design.constraints.clocks:
        report.message("There is no clock, so nothing is required: give --sdc or --period.", "warning")
    for line in result.notes.lines():
        report.message(line.removeprefix("warning: "), "warning")
    if ignored := result.design.constraints.ignored:
        report.message(
            "SDC commands without effect on this analysis: "
            + ", ".join(f"{name} ({count:,})" for name, count in sorted(ignored.items())),
        )


def _paths(report: Report, paths: list[TimingPath]) -> None:
    worst = paths[0]
    kind = "setup" if worst.late else "hold"
    report.section(f"Worst {kind} paths")
    figure, caption = path_bars(paths)
    report.figure(figure, caption=caption)
    report.table(
        ["slack ns", "arrival ns", "required ns", "pins", "start", "end", "launch", "capture"],
        [
            [
                *(f"{value:.4f}" for value in (path.slack, path.arrival, path.required)),
                len(path.stages),
                path.start,
                path.end,
                path.launch or None,
                path.capture or None,
            ]
            for path in paths
        ],
    )
    rows: list[list[Cell]] = [
        [
            stage.pin,
            stage.cell or "port",
            stage.edge,
            None if stage.load != stage.load else stage.load,
            *(f"{value:.4f}" for value in (stage.slew, stage.delay, stage.arrival)),
        ]
        for stage in worst.stages
    ]
    cut = len(rows) - _STAGES
    if cut > 0:
        rows[_STAGES // 2 : _STAGES // 2 + cut] = []
    report.table(
        ["pin", "cell", "edge", "load fF", "slew ns", "delay ns", "arrival ns"],
        rows,
        caption=f"The worst of them. Required: {worst.required:.4f} ns, after a margin of {worst.margin:.4f} ns and an "
        f"uncertainty of {worst.uncertainty:.4f} ns; slack: {worst.slack:.4f} ns."
        + (f" {cut} stages in the middle are not shown." if cut > 0 else ""),
    )


def _ends(report: Report, ends: Endpoints) -> None:
    report.section(f"{'Setup' if ends.late else 'Hold'} end points")
    left = len(ends) - _ENDS
    report.table(
        ["slack ns", "arrival ns", "required ns", "end point", "check", "edge", "launch", "capture"],
        [
            [
                *(f"{row[key]:.4f}" for key in ("slack_ns", "arrival_ns", "required_ns")),
                row["endpoint"],
                row["check"],
                row["edge"],
                row["launch"] or None,
                row["capture"] or None,
            ]
            for row in ends.rows(_ENDS)
        ],
        caption=f"Worst first; {left:,} more are not shown." if left > 0 else "Worst first.",
    )


def _open(report: Report, result: StaResult) -> None:
    report.section("What the constraints leave open")
    report.table(
        ["what", "count", "of", "first"],
        [[gap.what, gap.count, gap.total, ", ".join(gap.examples) or None] for gap in result.gaps],
    )


def _files(report: Report, result: StaResult) -> None:
    report.section("How the files meet")
    report.table(
        ["file", "names", "found", "of", "not found, first"],
        [
            [row.source, row.what, row.matched, row.total, ", ".join(row.examples) or None]
            for row in result.design.join.rows
        ],
        caption="Time taken: " + ", ".join(f"{phase} {seconds:.2f} s" for phase, seconds in result.seconds.items()),
    )
