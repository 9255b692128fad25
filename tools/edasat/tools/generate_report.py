"""What a run of generation gave: one page of figures and tables, a dictionary, or lines for a terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import Any, Final

from edasat.core.report import Cell, Provenance, Report
from edasat.sat.generate import Generated

from .generate_figures import cactus_plots, novelty_plot, ratio_plot

_MAX_LISTED: Final = 30  # parents and offspring listed in the page; the manifest has all
_MAX_REASONS: Final = 15

Row = dict[str, Any]


def summary(done: Generated) -> Row:
    """Return everything that is told of a run as plain values, for ``--json``."""
    return {
        "folder": str(done.folder),
        "wanted": done.request.count,
        "formulas": len(done.rows),
        "complete": done.complete,
        "spare": done.spare,
        "statuses": dict(Counter(row["status"] for row in done.rows)),
        "attempts": done.attempts,
        "accepted_share": _share(done.tries),
        "verdicts": done.verdicts,
        "reasons": done.reasons,
        "cpu_s": round(done.cpu_s, 3),
        "cpu_s_each": None if done.cpu_s_each is None else round(done.cpu_s_each, 3),
        **_medians(done.rows),
        "methods": _groups(done, "method"),
        "parents": _groups(done, "parent"),
        "left_out": {name: problem.partition("\n")[0] for name, problem in done.left_out.items()},
    }


def summary_text(done: Generated) -> str:
    """Return the main lines of a :func:`summary`."""
    facts = summary(done)
    statuses = ", ".join(f"{count} {status}" for status, count in facts["statuses"].items())
    lines = [f"{facts['formulas']} formulas ({statuses or 'none'}) like {len(done.parents)} in {facts['folder']}"]
    if done.rows:
        ratios = sorted(row["conflict_ratio"] for row in done.rows)
        lines.append(
            f"conflicts after preprocessing over the parent's: median {facts['conflict_ratio']:.2f} "
            f"({ratios[0]:.2f} to {ratios[-1]:.2f})"
        )
        if facts["new_core_share"] is not None:
            lines.append(f"new clauses in the core: median {facts['new_core_share']:.0%}")
        lines.append("methods: " + ", ".join(f"{g['name']} {g['formulas']}" for g in facts["methods"] if g["formulas"]))
        lines.append(f"CPU s for each, rejected candidates included: {facts['cpu_s_each']:.1f}")
    if rejected := _rejected(done):
        lines.append(rejected)
    return "\n".join(lines)


def why_incomplete(done: Generated) -> str:
    """Say what was achieved, why there is no more, and what to do."""
    reasons = done.verdicts
    hints = []
    if reasons.get("too easy", 0) + reasons.get("too hard", 0) > reasons.get("not generated", 0):
        hints.append("a wider --hardness")
    if done.request.method != "auto":
        hints.append("--method auto")
    hints.append(f"more --attempts than {done.request.most_attempts}")
    return (
        f"error: {len(done.rows)} of {done.request.count} formulas after {done.attempts} attempts; "
        f"{_rejected(done) or 'nothing was rejected'}\n"
        f"  hint: what is there stays; try {', or '.join(hints)}"
    )


def _rejected(done: Generated) -> str:
    """Say how many attempts were rejected, and why."""
    total = done.attempts - done.verdicts.get("accepted", 0)
    if not total:
        return ""
    reasons = ", ".join(f"{name} {count}" for name, count in done.verdicts.items() if name != "accepted")
    return f"rejected {total} of {done.attempts} attempts: {reasons}"


def generate_report(done: Generated, path: str | Path) -> None:
    """Write the report of a run as one HTML file.

    Args:
        done: the run.
        path: file to write.
    """
    facts = summary(done)
    low, high = done.request.hardness
    report = Report(
        "Generated formulas",
        lead=f"{facts['formulas']} formulas like {len(done.parents)}, with {low:g} to {high:g} times the parent's "
        "conflicts of CaDiCaL after preprocessing; every status is proved.",
        provenance=Provenance.collect(seed=done.request.seed, packages=("numpy", "python-sat", "matplotlib")),
    )
    if not done.complete:
        report.message(f"{facts['formulas']} of {facts['wanted']} wanted formulas: the attempts ran out.", "warning")
    if done.left_out:
        report.message(f"Parents left out: {', '.join(sorted(done.left_out))}.", "warning")
    _overview(report, facts)
    if done.rows:
        report.section("Parents and offspring")
        figure, caption = cactus_plots(done.parents, done.rows)
        report.figure(figure, caption=caption)
        report.section("Hardness")
        figure, caption = ratio_plot(done.rows, done.request.hardness)
        report.figure(figure, caption=caption)
        if any(row["new_core_share"] is not None for row in done.rows):
            report.section("What is new")
            figure, caption = novelty_plot(done.rows)
            report.figure(figure, caption=caption)
    _group_table(report, "Methods", "method", facts["methods"])
    _group_table(report, "Parents", "parent", facts["parents"])
    if facts["reasons"]:
        report.section("Rejected candidates")
        reasons: list[list[Cell]] = [[name, count] for name, count in facts["reasons"].items()]
        left = len(reasons) - _MAX_REASONS
        report.table(
            ["why", "times"], reasons[:_MAX_REASONS], caption=f"{left} more are not shown." if left > 0 else ""
        )
    if done.rows:
        _formula_table(report, done.rows)
    report.write(path)


def _overview(report: Report, facts: Row) -> None:
    report.facts(
        {
            "Formulas": facts["formulas"],
            "Accepted": f"{facts['accepted_share']:.0%} of {facts['attempts']}",
            "Conflicts over the parent's, median": facts["conflict_ratio"],
            "CPU time over the parent's, median": facts["cpu_ratio"],
            "New core clauses, median": None if (new := facts["new_core_share"]) is None else f"{new:.0%}",
            "CPU time for each": None if facts["cpu_s_each"] is None else f"{facts['cpu_s_each']:.1f} s",
        }
    )


def _group_table(report: Report, heading: str, key: str, groups: Sequence[Row]) -> None:
    report.section(heading)
    left = len(groups) - _MAX_LISTED
    report.table(
        [key, "formulas", "attempts", "accepted", "CPU s each", "conflicts ×", "CPU time ×", "Glucose ×", "new core"],
        [
            [
                group["name"],
                group["formulas"],
                group["attempts"],
                f"{group['accepted_share']:.0%}",
                group["cpu_s_each"],
                group["conflict_ratio"],
                group["cpu_ratio"],
                group["glucose_conflict_ratio"],
                None if (new := group["new_core_share"]) is None else f"{new:.0%}",
            ]
            for group in groups[:_MAX_LISTED]
        ],
        caption="Medians over the formulas; × is over the parent's, after preprocessing; CPU s each counts rejected "
        "candidates." + (f" {left} more are not shown." if left > 0 else ""),
    )


def _formula_table(report: Report, rows: Sequence[Row]) -> None:
    report.section("Formulas")
    left = len(rows) - _MAX_LISTED
    report.table(
        ["file", "parent", "method", "status", "clauses", "conflicts", "×", "new core", "distance"],
        [
            [
                row["file"],
                row["parent"],
                row["method"],
                row["status"],
                row["num_clauses"],
                row["cadical_after_conflicts"],
                row["conflict_ratio"],
                None if (new := row["new_core_share"]) is None else f"{new:.0%}",
                row["distance_overall"],
            ]
            for row in rows[:_MAX_LISTED]
        ],
        caption="Conflicts of CaDiCaL after preprocessing; distance of structure from 0 (same figures) to 1."
        + (f" {left} more are in the manifest." if left > 0 else ""),
    )


def _groups(done: Generated, key: str) -> list[Row]:
    """Return figures of each method or parent, those with most formulas first."""
    groups = []
    for name in dict.fromkeys([*(row[key] for row in done.rows), *(each[key] for each in done.tries)]):
        rows = [row for row in done.rows if row[key] == name]
        tries = [each for each in done.tries if each[key] == name]
        accepted = sum(each["verdict"] == "accepted" for each in tries)
        groups.append(
            {
                "name": name,
                "formulas": len(rows),
                "attempts": len(tries),
                "accepted_share": _share(tries),
                "cpu_s_each": round(sum(each["cpu_s"] for each in tries) / accepted, 3) if accepted else None,
                **_medians(rows),
            }
        )
    return sorted(groups, key=lambda group: -group["formulas"])


def _share(tries: Sequence[Row]) -> float:
    return sum(each["verdict"] == "accepted" for each in tries) / len(tries) if tries else 0.0


def _medians(rows: Sequence[Row]) -> Row:
    names = ("conflict_ratio", "cpu_ratio", "glucose_conflict_ratio", "new_core_share", "distance_overall")
    return {name: _median(rows, lambda row, name=name: row[name]) for name in names}  # type: ignore[misc]


def _median(rows: Sequence[Row], value: Callable[[Row], float | None]) -> float | None:
    known = [found for found in map(value, rows) if found is not None]
    return round(median(known), 4) if known else None
