"""The figures of a solver-selection evaluation; each function returns a figure and its caption for a report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from edasat.core.report import INK, PAGE_WIDTH, PALETTE, figure_style, plain
from edasat.sat.runs import RunMatrix
from edasat.sat.selection import NEVER_SOLVED, Outcome, best_engine

from .bench_figures import FLOOR_S, log_time_axis, time_floor_s

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

#: The policy that nothing can beat; drawn dotted in ink wherever it stands.
VIRTUAL_BEST: Final = "virtual best engine"
_COLUMNS: Final = 4  # small multiples in a row
_BEYOND: Final = 10.0  # predictions are drawn up to this many limits; farther ones at the edge
#: Colour and marker of each part: small marks need the lighter colours on a dark page.
_PART_STYLES: Final = ((PALETTE[5], "o"), (PALETTE[1], "s"), (PALETTE[2], "D"))


@dataclass(frozen=True)
class SelectionPart:
    """Policies on one part of a test set; rows of all arrays are the instances of ``matrix``.

    Attributes:
        title: of the part, such as "held-out instances".
        matrix: measured runtimes.
        outcomes: policy -> what it got, for the policies that are drawn; each keeps its colour in all figures.
        scores: policy -> :class:`edasat.sat.selection.PolicyScore` as a dictionary, for all policies in the table.
        choices: policy -> int64, (instances,): engine it chooses; some of those in ``outcomes``.
        predicted_s: float64, (instances, engines): typical runtime in CPU seconds that GraSS predicts.
    """

    title: str
    matrix: RunMatrix
    outcomes: Mapping[str, Outcome]
    scores: Mapping[str, Mapping[str, Any]]
    choices: Mapping[str, IntArray]
    predicted_s: FloatArray

    def style(self, policy: str) -> dict[str, Any]:
        """Return colour and line style of a policy."""
        if policy == VIRTUAL_BEST:
            return {"color": INK, "linestyle": ":"}
        rank = [name for name in self.outcomes if name != VIRTUAL_BEST].index(policy)
        return {"color": PALETTE[rank % len(PALETTE)], "linestyle": ["-", "--"][rank % 2]}


def policies_plot(part: SelectionPart) -> tuple[Figure, str]:
    """Draw CPU time over the number of instances solved within it, per policy."""
    from matplotlib.figure import Figure

    matrix = part.matrix
    floor_s = time_floor_s(matrix)
    with figure_style():
        figure = Figure(figsize=(PAGE_WIDTH, 5.2), layout="constrained")
        axes = figure.add_subplot()
        for name, outcome in part.outcomes.items():
            times = np.sort(np.maximum(outcome.runtimes[outcome.solved], floor_s))
            axes.plot(
                np.arange(1, times.size + 1),
                times,
                label=f"{plain(name, 64)}  ({times.size})",
                linewidth=2.2 if name == VIRTUAL_BEST else 1.8,
                zorder=3,
                **part.style(name),
            )
        axes.axhline(matrix.cutoff_s, color=INK, alpha=0.5, linewidth=0.8)
        axes.axvline(matrix.num_instances, color=INK, alpha=0.5, linewidth=0.8)
        axes.set_xlim(0, matrix.num_instances * 1.02 + 0.5)
        log_time_axis(axes, "y", matrix)
        axes.set_xlabel("instances solved")
        axes.set_ylabel("CPU time [s]")
        figure.legend(loc="outside lower center", ncols=2, title="policy (solved)")
    return figure, (
        f"{part.title.capitalize()}: how many instances each policy solves within a CPU time, its own reading, "
        f"features and inference included; further right and lower is better. The limit is {matrix.cutoff_s:g}\u00a0s; "
        f"times below {FLOOR_S:g}\u00a0s are drawn there."
    )


def prediction_plot(parts: Sequence[SelectionPart]) -> tuple[Figure, str]:
    """Draw predicted over measured runtime, one small picture per engine."""
    from matplotlib.figure import Figure

    engines = parts[0].matrix.engines
    rows = -(-len(engines) // _COLUMNS)
    widest = max((part.matrix for part in parts), key=lambda matrix: -time_floor_s(matrix))
    with figure_style():
        figure = Figure(figsize=(PAGE_WIDTH, 0.5 + 2.65 * rows), layout="constrained")
        grid = figure.subplots(rows, _COLUMNS, sharex=True, sharey=True, squeeze=False)
        for engine, axes in enumerate(grid.flat):
            if engine >= len(engines):
                axes.set_visible(False)
                continue
            _one_engine(axes, parts, engine, widest)
        for axes in grid[:, 0]:
            axes.set_ylabel("predicted [s]")
        for engine in range(max(0, len(engines) - _COLUMNS), len(engines)):
            last = grid.flat[engine]  # the lowest picture of its column may stand above an empty place
            last.set_xlabel("measured [s]")
            last.tick_params(labelbottom=True)
        handles, labels = grid.flat[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside upper center", ncols=len(labels))
    return figure, (
        "Typical runtime (mean of the logarithm) that GraSS predicts over the measured one in CPU seconds, both "
        "logarithmic; on the diagonal they agree. "
        f"Lines mark the limit of {widest.cutoff_s:g}\u00a0s. Hollow marks are runs that ended unsolved: they would "
        "have taken longer, and a prediction above the limit is right. The number in each picture is the typical "
        "factor (median) between predicted and measured time of the solved runs. Predictions beyond "
        f"{_BEYOND:g} times the limit are drawn there."
    )


def _one_engine(axes: Axes, parts: Sequence[SelectionPart], engine: int, widest: RunMatrix) -> None:
    floor_s, cutoff_s = time_floor_s(widest), widest.cutoff_s
    errors = []
    for number, part in enumerate(parts):
        measured = np.maximum(part.matrix.runtimes[:, engine], floor_s)
        predicted = np.clip(part.predicted_s[:, engine], floor_s, _BEYOND * cutoff_s)
        solved = part.matrix.solved[:, engine]
        errors.append(np.abs(np.log(predicted / measured))[solved])
        color, marker = _PART_STYLES[number % len(_PART_STYLES)]
        style: dict[str, Any] = {"s": 15, "marker": marker, "linewidth": 0.8, "zorder": 3, "clip_on": False}
        axes.scatter(
            measured[solved],
            predicted[solved],
            facecolor=color,
            edgecolor="none",
            alpha=0.85,
            label=part.title,
            **style,
        )
        axes.scatter(
            measured[~solved],
            predicted[~solved],
            facecolor="none",
            edgecolor=color,
            alpha=0.85,
            label=f"{part.title}, not solved",
            **style,
        )
    log_time_axis(axes, "x", widest)
    log_time_axis(axes, "y", widest)
    axes.set_ylim(floor_s, _BEYOND * cutoff_s)
    axes.plot([floor_s, cutoff_s], [floor_s, cutoff_s], color=INK, alpha=0.6, linewidth=0.9)
    axes.axhline(cutoff_s, color=INK, alpha=0.4, linewidth=0.8)
    axes.axvline(cutoff_s, color=INK, alpha=0.4, linewidth=0.8)
    axes.set_title(plain(widest.engines[engine], 26), fontsize=9.5)
    if (joined := np.concatenate(errors)).size:
        axes.text(0.04, 0.96, f"×{np.exp(np.median(joined)):.1f}", transform=axes.transAxes, va="top", fontsize=9)


def choice_plot(part: SelectionPart) -> tuple[Figure, str]:
    """Draw how often each engine is fastest and how often each selector chooses it."""
    from matplotlib.figure import Figure

    matrix = part.matrix
    best = best_engine(matrix)
    known = best != NEVER_SOLVED
    bars = [("fastest", INK, best)]
    bars += [
        (f"chosen by {plain(name, 44)}", part.style(name)["color"], chosen) for name, chosen in part.choices.items()
    ]
    order = np.argsort(-np.bincount(best[known], minlength=matrix.num_engines), kind="stable")
    height = 0.8 / len(bars)
    with figure_style():
        figure = Figure(figsize=(PAGE_WIDTH, 1.1 + 0.2 * len(bars) * matrix.num_engines), layout="constrained")
        axes = figure.add_subplot()
        for number, (label, color, engines) in enumerate(bars):
            count = np.bincount(engines[known], minlength=matrix.num_engines)
            places = np.arange(matrix.num_engines) + (number - (len(bars) - 1) / 2) * height
            drawn = axes.barh(places, count[order], height * 0.92, color=color, alpha=0.85, label=label, zorder=3)
            axes.bar_label(drawn, padding=2, fontsize=7.5, color=INK)
        axes.set_yticks(range(matrix.num_engines), [plain(matrix.engines[engine], 28) for engine in order])
        axes.invert_yaxis()
        axes.grid(visible=False, axis="y")
        axes.set_xlabel(f"instances of {int(known.sum())} that an engine solves")
        axes.legend(loc="lower right")
    return figure, (
        f"{part.title.capitalize()}: how often each engine is the fastest, and how often selectors choose it, over "
        "the instances that some engine solves. Unequal lengths are no error by themselves: where engines tie, any "
        "choice is as good."
    )
