"""What a solver benchmark says: one page of figures and tables, or a dictionary, from a run table.

Instances on which engines contradict each other, or on which an engine has no run, are listed and left out of every
figure; never-solved instances stay in.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from edasat.core.errors import InputError
from edasat.core.report import Provenance, Report
from edasat.sat.runs import STATUSES, RunMatrix, contradictions, engine_labels, to_matrix
from edasat.sat.selection import (
    engine_outcome,
    engine_shares,
    mean_interval,
    near_best,
    par,
    resample,
    single_best,
    virtual_best,
)

from .bench_figures import cactus_plot, heat_map, scatter_plot

if TYPE_CHECKING:
    import pyarrow as pa

_MAX_FAMILIES: Final = 30
_MAX_LISTED: Final = 50  # crashes and left-out instances listed in the page; the dictionary has all
_REPLICATES: Final = 1000


def summary(table: pa.Table, *, seed: int = 0) -> dict[str, Any]:
    """Return everything the report states as plain values, for ``--json``.

    Args:
        table: run table (:mod:`edasat.sat.runs`).
        seed: of the bootstrap.

    Raises:
        InputError: if the runs were made under different conditions, or no instance can be compared.
    """
    return _summary(table, _matrix(table), seed)


def summary_text(facts: dict[str, Any]) -> str:
    """Return the main lines of a :func:`summary` as text for a terminal."""
    header = ("engine", "solved", "PAR-2 s", "wins", "ties", "unique", "adds s")
    rows = [
        (
            entry["engine"],
            str(entry["solved"]),
            f"{entry['par2_s']:.2f}",
            *(str(entry[key]) for key in ("wins", "ties", "unique")),
            f"{entry['marginal_par2_s']:.2f}",
        )
        for entry in facts["engines"]
    ]
    virtual = facts["virtual_best"]
    rows.append(("virtual best", str(virtual["solved"]), f"{virtual['par2_s']:.2f}", "", "", "", ""))
    widths = [max(map(len, column)) for column in zip(header, *rows, strict=True)]
    lines = [
        "  ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]).rstrip() for row in [header, *rows]
    ]
    lines.append(
        f"{facts['num_instances']} instances, {facts['num_never_solved']} solved by no engine, "
        f"{facts['cutoff_s']:g} s of CPU time each"
    )
    lines += [
        f"CONTRADICTION: {each['instance']}: sat by {', '.join(each['sat'])}; unsat by {', '.join(each['unsat'])}"
        for each in facts["contradictions"]
    ]
    if facts["crashes"]:
        lines.append(f"crashed runs: {len(facts['crashes'])}")
    if facts["left_out"]:
        reasons = Counter(facts["left_out"].values())
        lines.append("left out: " + ", ".join(f"{count} ({reason})" for reason, count in reasons.items()))
    return "\n".join(lines)


def bench_report(table: pa.Table, path: str | Path, *, title: str = "Solver benchmark", seed: int = 0) -> None:
    """Write the report of a run table as one HTML file.

    Args:
        table: run table (:mod:`edasat.sat.runs`).
        path: file to write.
        title: heading of the page.
        seed: of the bootstrap.

    Raises:
        InputError: as :func:`summary`.
    """
    matrix = _matrix(table)
    facts = _summary(table, matrix, seed)
    report = Report(
        title,
        lead=f"{facts['num_engines']} engines on {facts['num_instances']} instances, "
        f"{facts['cutoff_s']:g} s of CPU time each" + (f", on {facts['machine']}" if facts["machine"] else "") + ".",
        provenance=Provenance.collect(seed=seed, packages=("numpy", "matplotlib", "pyarrow")),
    )
    _overview(report, facts)
    report.section("Solved within a time")
    figure, caption = cactus_plot(matrix)
    report.figure(figure, caption=caption)
    report.section("Engines")
    _engine_table(report, facts)
    if matrix.num_engines > 1 and facts["virtual_best"]["solved"]:
        report.section("What the best single engine misses")
        figure, caption = scatter_plot(matrix)
        report.figure(figure, caption=caption)
        report.section("Every run")
        figure, caption = heat_map(matrix)
        report.figure(figure, caption=caption)
    if len(facts["families"]) > 1:
        report.section("Who won where")
        _family_table(report, facts)
    if facts["crashes"]:
        report.section("Crashes")
        _list(report, ["instance", "engine", "repetition", "CPU s"], [list(row.values()) for row in facts["crashes"]])
    if facts["left_out"]:
        report.section("Left out")
        _list(report, ["instance", "why"], [list(item) for item in facts["left_out"].items()])
    report.write(path)


def _matrix(table: pa.Table) -> RunMatrix:
    matrix = to_matrix(table, strict=False)
    if not matrix.num_instances:
        raise InputError(
            "no instance can be compared: each lacks a run or has contradicting answers",
            code="bench-nothing-to-compare",
            hint=f"first: {next(iter(matrix.left_out.items()))}",
        )
    return matrix


def _summary(table: pa.Table, matrix: RunMatrix, seed: int) -> dict[str, Any]:
    penalised = par(matrix)
    counts = resample(matrix.num_instances, replicates=_REPLICATES, seed=seed)
    shares = engine_shares(matrix)
    best = single_best(matrix)
    virtual = virtual_best(matrix)
    memory = _peak_memory(table)
    engines = []
    for e in np.argsort(penalised.mean(axis=0), kind="stable"):
        interval = mean_interval(penalised[:, e], counts)
        ended = Counter(STATUSES[code] for code in matrix.status[:, e])
        engines.append(
            {
                "engine": matrix.engines[e],
                "solved": int(matrix.solved[:, e].sum()),
                "statuses": {status: ended[status] for status in STATUSES},
                "par2_s": interval.estimate,
                "par2_low_s": interval.low,
                "par2_high_s": interval.high,
                "wins": int(shares.wins[e]),
                "ties": int(shares.ties[e]),
                "unique": int(shares.unique[e]),
                "marginal_par2_s": float(shares.marginal_par[e]),
                "peak_memory_bytes": memory.get(matrix.engines[e]),
            }
        )
    return {
        "num_instances": matrix.num_instances,
        "num_engines": matrix.num_engines,
        "num_never_solved": int(matrix.never_solved.sum()),
        "cutoff_s": matrix.cutoff_s,
        "machine": table.column("machine")[0].as_py(),
        "cpu_hours": float(np.sum(table.column("cpu_s").to_numpy())) / 3600,
        "single_best": {
            "engine": matrix.engines[best],
            "solved": engine_outcome(matrix, best).num_solved,
            "par2_s": float(penalised[:, best].mean()),
        },
        "virtual_best": {"solved": virtual.num_solved, "par2_s": float(virtual.par().mean())},
        "engines": engines,
        "families": _families(matrix),
        "contradictions": [
            {"instance": each.instance, "sat": list(each.sat), "unsat": list(each.unsat)}
            for each in contradictions(table)
        ],
        "crashes": _crashes(table),
        "left_out": matrix.left_out,
        "seed": seed,
    }


def _peak_memory(table: pa.Table) -> dict[str, int]:
    """Return engine -> largest resident set in bytes, for engines of which it is known."""
    peaks: dict[str, int] = {}
    for engine, peak in zip(engine_labels(table), table.column("peak_memory_bytes").to_pylist(), strict=True):
        if peak is not None:
            peaks[engine] = max(peak, peaks.get(engine, 0))
    return peaks


def _crashes(table: pa.Table) -> list[dict[str, Any]]:
    columns = [table.column(name).to_pylist() for name in ("instance", "repetition", "cpu_s", "status")]
    return [
        {"instance": instance, "engine": engine, "repetition": repetition, "cpu_s": cpu_s}
        for engine, instance, repetition, cpu_s, status in zip(engine_labels(table), *columns, strict=True)
        if status == "crash"
    ]


def _families(matrix: RunMatrix) -> list[dict[str, Any]]:
    """Return one entry per family, the largest first."""
    sizes = Counter(matrix.families)
    families = np.array(matrix.families, dtype=object)
    front = near_best(matrix)
    entries = []
    for family, size in sorted(sizes.items(), key=lambda item: (-item[1], item[0])):
        rows = families == family
        part = matrix.take(rows)
        best = single_best(part)
        wins = front[rows].sum(axis=0)
        order = [int(e) for e in np.argsort(-wins, kind="stable") if wins[e]]
        entries.append(
            {
                "family": family,
                "instances": size,
                "solved": int((~part.never_solved).sum()),
                "best_engine": matrix.engines[best],
                "best_engine_solved": int(part.solved[:, best].sum()),
                "best_engine_par2_s": float(par(part)[:, best].mean()),
                "virtual_best_par2_s": float(virtual_best(part).par().mean()),
                "wins_or_ties": {matrix.engines[e]: int(wins[e]) for e in order},
            }
        )
    return entries


def _overview(report: Report, facts: dict[str, Any]) -> None:
    single, virtual = facts["single_best"], facts["virtual_best"]
    for found in facts["contradictions"]:
        report.message(
            f"engines contradict each other on {found['instance']}: sat by {', '.join(found['sat'])}; "
            f"unsat by {', '.join(found['unsat'])}. At least one answer is wrong.",
            "error",
        )
    if facts["crashes"]:
        report.message(f"crashed runs: {len(facts['crashes'])}; they count as not solved.", "warning")
    if facts["left_out"]:
        report.message(f"instances left out: {len(facts['left_out'])}; they are listed at the end.", "warning")
    total = facts["num_instances"]
    report.facts(
        {
            "Single best engine": single["engine"],
            "It solves": f"{single['solved']} of {total}",
            "Its PAR-2": f"{single['par2_s']:,.1f} s",
            "Virtual best solves": f"{virtual['solved']} of {total}",
            "Virtual best PAR-2": f"{virtual['par2_s']:,.1f} s",
            "CPU time spent": f"{facts['cpu_hours']:,.1f} h",
        }
    )
    if facts["num_never_solved"]:
        report.paragraph(
            f"Instances solved by no engine: {facts['num_never_solved']}; they count with the penalty everywhere."
        )


def _engine_table(report: Report, facts: dict[str, Any]) -> None:
    known_memory = any(entry["peak_memory_bytes"] is not None for entry in facts["engines"])
    # "solved" stands already in the column of that name; the status of it only says that the answer is not recorded
    shown = [
        status
        for status in STATUSES
        if status != "solved" and any(entry["statuses"][status] for entry in facts["engines"])
    ]
    places = 0 if facts["cutoff_s"] >= 100 else 1
    header = ["engine", "solved", *shown, "PAR-2 s", "95 % interval", "wins", "ties", "unique", "adds s"]
    rows = [
        [
            entry["engine"],
            entry["solved"],
            *(entry["statuses"][status] for status in shown),
            entry["par2_s"],
            f"{entry['par2_low_s']:,.{places}f} – {entry['par2_high_s']:,.{places}f}",
            entry["wins"],
            entry["ties"],
            entry["unique"],
            entry["marginal_par2_s"],
            *([None if (peak := entry["peak_memory_bytes"]) is None else peak / 1e6] if known_memory else []),
        ]
        for entry in facts["engines"]
    ]
    report.table(
        header + (["peak MB"] if known_memory else []),
        rows,
        caption="PAR-2: mean CPU time, unsolved runs counting twice the limit; interval by bootstrap over instances. "
        "Wins: fastest alone; ties: within 0.1 s or 10 % of the fastest; unique: solved by no other engine; adds: "
        "PAR-2 that the virtual best engine would lose without this one.",
    )


def _family_table(report: Report, facts: dict[str, Any]) -> None:
    rows = [
        [
            entry["family"] or "(none)",
            entry["instances"],
            entry["solved"],
            entry["best_engine"],
            entry["best_engine_par2_s"],
            entry["virtual_best_par2_s"],
            ", ".join(f"{engine} {count}" for engine, count in list(entry["wins_or_ties"].items())[:3]),
        ]
        for entry in facts["families"][:_MAX_FAMILIES]
    ]
    left = len(facts["families"]) - len(rows)
    report.table(
        ["family", "instances", "solved", "best engine", "its PAR-2 s", "virtual best PAR-2 s", "wins or ties"],
        rows,
        caption="Largest families first." + (f" {left} more families are not shown." if left else ""),
    )


def _list(report: Report, header: list[str], rows: list[list[Any]]) -> None:
    left = len(rows) - _MAX_LISTED
    report.table(header, rows[:_MAX_LISTED], caption=f"{left} more are not shown." if left > 0 else "")
