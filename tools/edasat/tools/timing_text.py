"""The result of a timing analysis as text for a terminal and as plain values."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, Final

from edasat.eda.timing.join import MIN_SHARE
from edasat.eda.timing.paths import Path
from edasat.eda.timing.result import Endpoints, StaResult

_WORST: Final = 5  # end points in the summary


def summary_text(result: StaResult) -> str:
    """Return what ``edasat timing sta`` prints: figures, worst end points, what was not asked or not used."""
    facts = result.summary()
    lines = [
        f"{facts['design']}: {facts['cells']:,} cells, {facts['pins']:,} pins, {facts['nets']:,} nets, "
        f"library {facts['library']}"
    ]
    for clock in facts["clocks"]:
        network = "propagated" if clock["propagated"] else "ideal"
        master = f", generated from {clock['master']}" if clock["master"] else ""
        where = f" at {_some(clock['sources'])}" if clock["sources"] else ", virtual"
        lines.append(f"clock {clock['name']}: {clock['period_ns']:g} ns, {network}{master}{where}")
    lines.append(f"wires: {facts['wires']}" + ("; delays from SDF" if facts["annotated"] else ""))
    lines += ["", *_figures(result.setup, result.hold)]
    for ends in (result.setup, result.hold):
        if len(ends):
            lines += ["", *_worst(ends)]
    lines.append("")
    for gap in facts["unconstrained"]:
        lines.append(f"{gap['what']}: {gap['count']:,} of {gap['total']:,}, first {_some(gap['examples'])}")
    if not facts["clocks"]:
        lines.append("there is no clock: give --sdc or --period")
    lines += _ignored(facts["ignored_sdc"])
    lines.append(", ".join(f"{phase} {seconds:.2f} s" for phase, seconds in facts["seconds"].items()))
    return "\n".join(lines)


def path_text(path: Path) -> str:
    """Return one path as a table of its stages, followed by what is required of it."""
    header = ("pin", "cell", "edge", "load fF", "slew ns", "delay ns", "arrival ns")
    rows = [
        (
            stage.pin,
            stage.cell or "port",
            stage.edge,
            _number(stage.load, 2),
            _number(stage.slew),
            _number(stage.delay),
            _number(stage.arrival),
        )
        for stage in path.stages
    ]
    sign = "-" if path.late else "+"
    captured = path.required + (1 if path.late else -1) * (path.margin + path.uncertainty)
    closing = [
        ("captured" + (f" by {path.capture}" if path.capture else ""), captured),
        (f"{sign} {_margin_name(path)}", path.margin),
        (f"{sign} uncertainty", path.uncertainty),
        ("required", path.required),
        ("slack", path.slack),
    ]
    kind = "setup" if path.late else "hold"
    launched = f"launched by {path.launch}" if path.launch else "not launched by a clock"
    table = align([header, *rows], left=3)
    width = max(map(len, table))
    return "\n".join(
        [
            f"{path.start} -> {path.end} ({kind}, {launched})",
            *table,
            *(f"{what} {_number(value):>{width - len(what) - 1}}" for what, value in closing),
        ]
    )


def path_dict(path: Path) -> dict[str, Any]:
    """Return one path as plain values; NaN becomes None."""
    return {
        key: [{k: _plain(v) for k, v in stage.items()} for stage in value] if key == "stages" else _plain(value)
        for key, value in asdict(path).items()
    }


def check_text(result: StaResult) -> str:
    """Return what ``edasat timing check`` prints: the join report and what the constraints leave open."""
    rows = result.design.join.rows
    lines = []
    for row in rows:
        mark = "ok  " if row.share >= MIN_SHARE else "POOR"
        lost = f"; not found: {_some(row.examples)}" if row.examples else ""
        lines.append(f"{mark} {row.source}: {row.matched:,} of {row.total:,} {row.what} known{lost}")
    if not rows:
        lines.append("a single file: there is nothing to join")
    for gap in result.gaps:
        examples = f", first {_some(gap.examples)}" if gap.examples else ""
        lines.append(f"{gap.what}: {gap.count:,} of {gap.total:,}{examples}")
    lines += result.notes.lines()
    lines += _ignored(result.design.constraints.ignored)
    return "\n".join(lines)


def align(rows: Sequence[Sequence[str]], left: int = 1) -> list[str]:
    """Return lines of aligned columns: the first ``left`` of them flush left, the others flush right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        cells = [*map(str.ljust, row[:left], widths), *map(str.rjust, row[left:], widths[left:])]
        lines.append("  ".join(cells).rstrip())
    return lines


def _figures(setup: Endpoints, hold: Endpoints) -> list[str]:
    sides = (setup, hold)
    return align(
        [
            ("", "setup", "hold"),
            ("worst slack ns", *(_number(ends.worst_slack) for ends in sides)),
            ("WNS ns", *(_number(ends.wns) for ends in sides)),
            ("TNS ns", *(_number(ends.tns) for ends in sides)),
            ("failing end points", *(f"{ends.num_failing:,} of {len(ends):,}" for ends in sides)),
        ]
    )


def _worst(ends: Endpoints) -> list[str]:
    header = (f"worst {'setup' if ends.late else 'hold'} end points", "check", "launch", "capture", "arrival ns",
              "required ns", "slack ns")  # fmt: skip
    rows = [
        (
            row["endpoint"],
            row["check"],
            row["launch"],
            row["capture"],
            *(_number(row[key]) for key in ("arrival_ns", "required_ns", "slack_ns")),
        )
        for row in ends.rows(_WORST)
    ]
    return align([header, *rows], left=4)


def _ignored(ignored: dict[str, int]) -> list[str]:
    if not ignored:
        return []
    return ["SDC without effect here: " + ", ".join(f"{name} ({count:,})" for name, count in sorted(ignored.items()))]


def _margin_name(path: Path) -> str:
    if path.kind == "check":
        return "setup time" if path.late else "hold time"
    return "output delay" if path.kind == "output delay" else "margin"


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(names[:3])
    return shown + (", ..." if len(names) > 3 else "")


def _number(value: float, decimals: int = 4) -> str:
    return "" if math.isnan(value) else f"{value:.{decimals}f}"


def _plain(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value
