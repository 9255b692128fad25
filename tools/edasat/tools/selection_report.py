"""What an evaluation of solver selection says, as one page: scores, cactus, predicted against measured, choices."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from edasat.core.report import Cell, Provenance, Report
from edasat.sat.selection import near_best

from .selection_figures import SelectionPart, choice_plot, policies_plot, prediction_plot


def selection_report(
    parts: Sequence[SelectionPart], path: str | Path, *, title: str = "Solver selection", seed: int | None = None
) -> None:
    """Write the report of an evaluation as one HTML file.

    Args:
        parts: what policies got on each part of the test set; the same engines in all.
        path: file to write.
        title: heading of the page.
        seed: of the evaluation.
    """
    first = parts[0].matrix
    report = Report(
        title,
        lead=f"Which of {first.num_engines} engines to run, decided per formula, in {first.cutoff_s:g} s of CPU time: "
        + ", ".join(f"{part.title} ({part.matrix.num_instances} formulas)" for part in parts)
        + ".",
        provenance=Provenance.collect(seed=seed, packages=("numpy", "torch", "scikit-learn", "matplotlib")),
    )
    for part in parts:
        report.section(f"Scores on {part.title}")
        _score_table(report, part)
    report.section("Solved within a time")
    for part in parts:
        figure, caption = policies_plot(part)
        report.figure(figure, caption=caption)
    report.section("Predicted and measured runtimes")
    figure, caption = prediction_plot(parts)
    report.figure(figure, caption=caption)
    report.section("Chosen and fastest engines")
    for part in parts:
        if part.matrix.solved.any():
            figure, caption = choice_plot(part)
            report.figure(figure, caption=caption)
            _choice_table(report, part)
    report.write(path)


def _score_table(report: Report, part: SelectionPart) -> None:
    places = 0 if part.matrix.cutoff_s >= 100 else 2
    rows: list[list[Cell]] = []
    for name, scores in part.scores.items():
        gap = scores["gap_closed"]
        rows.append(
            [
                name,
                f"{scores['par2']['estimate']:,.{places}f}",
                f"{scores['par2']['low']:,.{places}f} – {scores['par2']['high']:,.{places}f}",
                int(scores["solved"]),
                f"{_percent(gap['estimate'])} %" if np.isfinite(gap["estimate"]) else None,
                f"{_percent(gap['low'])} – {_percent(gap['high'])} %" if np.isfinite(gap["low"]) else None,
            ]
        )
    some = next(iter(part.scores.values()))
    families = "families" if some["by_family"] else "instances"
    report.table(
        ["policy", "PAR-2 s", "95 % interval", "solved", "gap closed", "95 % interval"],
        rows,
        caption=f"{part.title.capitalize()}: {some['num_instances']} instances, {some['num_never_solved']} of them "
        f"solved by no engine. PAR-2: mean CPU time, unsolved instances counting twice the limit. Gap closed: 0 % is "
        f"{some['single_best_engine']}, the best single engine of the training data, 100 % a perfect choice at no "
        f"cost. Intervals by bootstrap over {families}.",
    )


def _percent(share: float) -> str:
    return f"{round(100 * share)}".replace("-", "−")  # set apart from the dash of an interval


def _choice_table(report: Report, part: SelectionPart) -> None:
    matrix = part.matrix
    known = ~matrix.never_solved
    every = np.arange(matrix.num_instances)
    front = near_best(matrix)
    rows = [
        [
            name,
            f"{_percent(front[every, choices][known].mean())} %",
            f"{_percent(matrix.solved[every, choices][known].mean())} %",
        ]
        for name, choices in part.choices.items()
    ]
    report.table(
        ["selector", "chooses a fastest engine", "chooses one that solves"],
        rows,
        caption=f"{part.title.capitalize()}: share of the instances that some engine solves. Fastest: within 0.1 s or "
        "10 % of the fastest run; the choice alone, without schedule and overhead.",
    )
