"""The figures of a generation report; each function returns a figure and its caption."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from edasat.core.report import INK, PAGE_WIDTH, PALETTE, figure_style, plain

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Row = dict[str, Any]

_ENGINES: Final = {"cadical": "CaDiCaL", "glucose": "Glucose"}
_FLOORS: Final = {"conflicts": 1.0, "cpu_s": 0.001}  # what logarithmic axes begin at
_LABELS: Final = {"conflicts": "conflicts", "cpu_s": "CPU time [s]"}
_JITTER: Final = 0.22
_MARKERS: Final = ("o", "s", "^", "D", "v", "P")


def cactus_plots(parents: Sequence[Row], rows: Sequence[Row]) -> tuple[Figure, str]:
    """Draw how many formulas are solved within how much, parents beside offspring, for both engines.

    The axis is a share, since there are more offspring than parents.
    """
    from matplotlib.figure import Figure

    missing = 0
    with figure_style():
        figure = Figure(figsize=(PAGE_WIDTH, 6.2), layout="constrained")
        for line, what in zip(figure.subplots(2, 2, sharex=True), _LABELS, strict=True):
            for axes, (engine, title) in zip(line, _ENGINES.items(), strict=True):
                for when, style in (("_after", "-"), ("", ":")):
                    for table, name, color in ((parents, "parents", PALETTE[0]), (rows, "offspring", PALETTE[1])):
                        key = f"{engine}{when}"
                        values = [row[f"{key}_{what}"] for row in table if row[f"{key}_status"] in ("sat", "unsat")]
                        missing += len(table) - len(values)
                        label = f"{name}, {'after' if when else 'before'} preprocessing"
                        _cactus(axes, values, len(table), _FLOORS[what], label, color, style)
                _log_axis(axes)
                axes.margins(y=0.2)
                axes.set_ylabel(f"{_LABELS[what]} of {title}")
                axes.set_xlim(0, 100)
        for axes in figure.axes[2:]:
            axes.set_xlabel("formulas solved within it [%]")
        handles, labels = figure.axes[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=4)
    caption = (
        "Conflicts (above) and CPU time (below) within which a share of the formulas is solved. Hardness is kept where "
        "the solid lines, after preprocessing, lie on each other."
    )
    return figure, caption + (" A line that ends early: the rest was not solved in time." if missing else "")


def _log_axis(axes: Axes) -> None:
    """Make the vertical axis logarithmic, with plain numbers at 1, 2 and 5 of every decade."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    axes.set_yscale("log")
    axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,g}" if value < 1e6 else f"{value:.0e}"))
    axes.yaxis.set_minor_formatter(NullFormatter())


def _cactus(axes: Axes, values: Sequence[float], total: int, floor: float, label: str, color: str, style: str) -> None:
    """Draw one line of steps over the share of all formulas."""
    heights = np.maximum(np.sort(np.array(values, float)), floor)
    shares = 100 * np.arange(len(heights) + 1) / max(1, total)
    axes.plot(
        shares,
        np.concatenate([heights[:1], heights]),
        drawstyle="steps-pre",
        color=color,
        linestyle=style,
        label=label,
        linewidth=2.0 if style == "-" else 1.4,
    )


def ratio_plot(rows: Sequence[Row], hardness: tuple[float, float]) -> tuple[Figure, str]:
    """Draw the conflicts of every formula over those of its parent, by method."""
    from matplotlib.figure import Figure

    methods = sorted({row["method"] for row in rows})
    panels = (("conflict_ratio", "CaDiCaL"), ("glucose_conflict_ratio", "Glucose"))
    with figure_style():
        figure = Figure(figsize=(PAGE_WIDTH, 3.6), layout="constrained")
        for axes, (key, engine) in zip(figure.subplots(1, 2, sharey=True), panels, strict=True):
            axes.axhspan(*hardness, color=PALETTE[2], alpha=0.15, linewidth=0)
            axes.axhline(1.0, color=INK, linewidth=0.8, alpha=0.6)
            _strips(axes, rows, methods, key)
            _log_axis(axes)
            axes.set_ylabel(f"conflicts of {engine} over the parent's")
    return figure, (
        "Each mark is a formula, after preprocessing; the bar is the median, the band what was asked for. CaDiCaL "
        "decides about acceptance, Glucose is only measured."
    )


def novelty_plot(rows: Sequence[Row]) -> tuple[Figure, str]:
    """Draw the share of new clauses in the core, and the distance of the structure, by method."""
    from matplotlib.figure import Figure

    methods = sorted({row["method"] for row in rows})
    panels = (("new_core_share", "share of the core that is new"), ("distance_overall", "distance from the parent"))
    with figure_style():
        figure = Figure(figsize=(PAGE_WIDTH, 3.6), layout="constrained")
        for axes, (key, label) in zip(figure.subplots(1, 2), panels, strict=True):
            _strips(axes, rows, methods, key)
            axes.set_ylim(-0.03, 1.03)
            axes.set_ylabel(label)
    return figure, (
        "Left: clauses of the core that are no image of a clause of the parent's core and look like none in their "
        "surroundings; only unsatisfiable formulas have one. Right: how far degrees, clause lengths, modularity and "
        "clustering are from the parent's, 0 for equal ones."
    )


def _strips(axes: Axes, rows: Sequence[Row], methods: Sequence[str], key: str) -> None:
    """Draw the values of each method in a strip of its own, spread so that none hides another."""
    spread = np.random.default_rng(0)
    for place, method in enumerate(methods):
        values = [row[key] for row in rows if row["method"] == method and row[key] is not None]
        axes.scatter(
            place + spread.uniform(-_JITTER, _JITTER, len(values)),
            values,
            s=18,
            color=PALETTE[place % len(PALETTE)],
            marker=_MARKERS[place % len(_MARKERS)],
            linewidth=0,
            alpha=0.8,
            zorder=3,
        )
        if values:
            axes.hlines(
                np.median(values), place - 1.6 * _JITTER, place + 1.6 * _JITTER, color=INK, linewidth=1.6, zorder=4
            )
    axes.set_xticks(range(len(methods)), [plain(method, 20) for method in methods])
    axes.set_xlim(-0.6, len(methods) - 0.4)
