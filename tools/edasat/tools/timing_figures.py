"""The figures of a timing report; each function returns a figure and its caption."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from edasat.core.report import INK, PAGE_WIDTH, PALETTE, figure_style, plain
from edasat.eda.timing.estimate import node_positions
from edasat.eda.timing.graph import LATE
from edasat.eda.timing.paths import Path
from edasat.eda.timing.result import Endpoints, StaResult

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap, Normalize
    from matplotlib.figure import Figure

Float = npt.NDArray[np.float64]

_BINS: Final = 40
_TAIL: Final = 0.002  # share of end points at each side that may lie outside of a histogram
_MAX_CELLS: Final = 40_000  # points of a map: more hide each other and make the file large
_DOTS: Final = 170  # of rasterised points, per inch
_UNCONSTRAINED: Final = "#9aa1a8"
#: From violated through just met to comfortable: told apart with any colour vision and on both backgrounds.
_SLACK_COLORS: Final = ("#A01A00", "#D55E00", "#E69F00", "#56B4E9", "#2C6BA8")


def slack_histograms(sides: Sequence[Endpoints]) -> tuple[Figure, str]:
    """Draw how many end points have which slack, one panel for each of setup and hold that has any."""
    from matplotlib.figure import Figure

    with figure_style():
        figure = Figure(figsize=(PAGE_WIDTH * len(sides) / 2, 3.0), layout="constrained")
        panels = figure.subplots(1, len(sides), squeeze=False)[0]
        left_out = sum(_histogram(axes, ends) for axes, ends in zip(panels, sides, strict=True))
    return figure, (
        "End points by their worst slack; orange where it is negative. The vertical axis is logarithmic."
        + (f" {left_out} end points lie outside of the drawn range." if left_out else "")
    )


def _histogram(axes: Axes, ends: Endpoints) -> int:
    """Draw one histogram; return how many end points lie outside of it."""
    slack = ends.slack
    low, high = np.quantile(slack, [_TAIL, 1 - _TAIL]) if len(slack) > 1 / _TAIL else (slack.min(), slack.max())
    low = min(low, slack.min() if ends.num_failing else low)  # violations are never cut off
    width = max((high - low) / _BINS, 1e-6)
    edges = width * np.arange(np.floor(low / width), np.ceil(high / width) + 1.5)  # one edge lies at zero
    counts, edges = np.histogram(slack, edges)
    colors = np.where(edges[1:] <= width * 1e-3, PALETTE[1], PALETTE[0])
    axes.bar(edges[:-1], counts, width=width * 0.92, align="edge", color=colors, log=True)
    axes.set_ylim(bottom=0.7)
    axes.axvline(0.0, color=INK, linewidth=0.8)
    axes.set_xlabel(f"{'setup' if ends.late else 'hold'} slack [ns]")
    axes.set_ylabel("end points")
    return int(len(slack) - counts.sum())


def path_bars(paths: Sequence[Path]) -> tuple[Figure, str]:
    """Draw what the time of each path goes to, beside the time it has."""
    from matplotlib.figure import Figure

    parts = np.array([_parts(path) for path in paths])
    late = paths[0].late
    margin = "setup time or output delay, and uncertainty"
    labels = ("until launch", "cells", "wires", margin)
    with figure_style():
        figure = Figure(figsize=(PAGE_WIDTH, 0.9 + 0.3 * len(paths)), layout="constrained")
        axes = figure.add_subplot()
        rows = np.arange(len(paths))
        left = np.zeros(len(paths))
        shown = parts.shape[1] if late else 3
        for i in range(shown):
            axes.barh(rows, parts[:, i], left=left, height=0.68, color=(_UNCONSTRAINED, *PALETTE)[i], label=labels[i])
            left += parts[:, i]
        limits = [path.required + (path.margin + path.uncertainty if late else 0.0) for path in paths]
        axes.scatter(limits, rows, marker="|", s=170, color=INK, linewidth=1.6, zorder=3,
                     label="time of capture" if late else "required")  # fmt: skip
        axes.set_yticks(rows, [plain(path.end, 44) for path in paths], fontsize=8)
        axes.invert_yaxis()
        axes.grid(visible=False, axis="y")
        axes.set_xlabel("time [ns]")
        axes.legend(loc="upper left", bbox_to_anchor=(0.0, -0.9 / (0.9 + 0.3 * len(paths))), ncols=5)
    kind, bad = ("setup", "beyond") if late else ("hold", "before")
    return figure, (
        f"The worst {kind} paths, named by their end points: what their time goes to. A bar that ends {bad} the mark "
        "is a violation."
    )


def _parts(path: Path) -> tuple[float, float, float, float]:
    """Return the time before the launch, in cells, in wires, and margins of a path, ns."""
    cells = sum(stage.delay for stage in path.stages[1:] if not np.isnan(stage.load))
    wires = sum(stage.delay for stage in path.stages[1:] if np.isnan(stage.load))
    return path.stages[0].arrival, cells, wires, path.margin + path.uncertainty


def placement_map(result: StaResult, path: Path | None) -> tuple[Figure, str]:
    """Draw the placed cells coloured by their worst setup slack, and a path through them."""
    from matplotlib.figure import Figure

    graph = result.timing.graph
    placement = graph.netlist.placement
    assert placement is not None
    slack = cell_slack(result)
    x, y = placement.x / placement.dbu_per_um, placement.y / placement.dbu_per_um
    cells = np.flatnonzero(placement.placed & (np.diff(graph.instance_node) > 0))
    order = cells[np.argsort(-np.nan_to_num(slack[cells], nan=np.inf), kind="stable")]  # the worst end on top
    kept = order[-_MAX_CELLS:]
    known = kept[~np.isnan(slack[kept])]
    unknown = kept[np.isnan(slack[kept])]
    colors, norm, ticks = _slack_scale(slack[known])
    x1, y1, x2, y2 = (value / placement.dbu_per_um for value in placement.die)
    width = 7.6
    height = float(np.clip((width - 1.2) * (y2 - y1) / max(x2 - x1, 1e-9), 2.5, 7.5))
    size = float(np.clip(0.35 * (width * 72) ** 2 / max(len(kept), 1), 1.2, 60.0))
    with figure_style():
        figure = Figure(figsize=(width, height), layout="constrained", dpi=_DOTS)
        axes = figure.add_subplot()
        axes.scatter(
            x[unknown], y[unknown], s=size, marker="s", linewidth=0, color=_UNCONSTRAINED, alpha=0.45, rasterized=True
        )
        points = axes.scatter(
            x[known],
            y[known],
            c=slack[known],
            s=size,
            marker="s",
            linewidth=0,
            cmap=colors,
            norm=norm,
            rasterized=True,
        )
        if path is not None:
            _draw_path(axes, result, path)
        axes.set_xlim(x1, x2)
        axes.set_ylim(y1, y2)
        axes.set_aspect("equal")
        axes.grid(visible=False)
        axes.set_xlabel("x [um]")
        axes.set_ylabel("y [um]")
        bar = figure.colorbar(points, ax=axes, pad=0.015, shrink=0.85, extend="max", ticks=ticks, format="%.3g")
        bar.set_label("worst setup slack of the cell [ns]")
        bar.outline.set_visible(False)
    hidden = len(order) - len(kept)
    return figure, (
        "Placed cells by the worst setup slack of their pins; grey: on no constrained path."
        + (" The line is the worst setup path, from its circle to its cross." if path is not None else "")
        + (f" The {hidden} cells with most slack are not drawn." if hidden else "")
    )


def _slack_scale(slack: Float) -> tuple[Colormap, Normalize, Float]:
    """Return colours, scale and ticks: the same colour for a slack of 0 everywhere; the best tenth shares one."""
    from matplotlib.colors import LinearSegmentedColormap, Normalize, TwoSlopeNorm

    low, high = (float(slack.min()), float(np.quantile(slack, 0.9))) if len(slack) else (0.0, 1.0)
    middle = len(_SLACK_COLORS) // 2
    if low >= 0:
        high = max(high, 1e-3)
        colors, norm = _SLACK_COLORS[middle:], Normalize(0.0, high)
    elif high <= 0:
        high = 0.0
        colors, norm = _SLACK_COLORS[: middle + 1], Normalize(low, 0.0)
    else:
        colors, norm = _SLACK_COLORS, TwoSlopeNorm(0.0, low, high)
    ticks = np.unique([min(low, 0.0), min(low, 0.0) / 2, 0.0, high / 2, high])
    return LinearSegmentedColormap.from_list("slack", colors), norm, ticks


def _draw_path(axes: Axes, result: StaResult, path: Path) -> None:
    x, y = node_positions(result.timing.graph, result.design.lef)
    nodes = [stage.node for stage in path.stages]
    nodes = [node for node in nodes if np.isfinite(x[node])]
    if not nodes:
        return
    axes.plot(x[nodes], y[nodes], color=INK, linewidth=1.1, zorder=4)
    axes.scatter(x[nodes[:1]], y[nodes[:1]], marker="o", s=36, color=INK, zorder=5)
    axes.scatter(x[nodes[-1:]], y[nodes[-1:]], marker="X", s=48, color=INK, zorder=5)


def cell_slack(result: StaResult) -> Float:
    """Return the worst setup slack over the pins of each instance: (num_instances,), ns, NaN for none."""
    graph = result.timing.graph
    by_pin = result.timing.node_slack()[:, LATE]
    worst = np.fmin(by_pin[:, 0], by_pin[:, 1])
    slack = np.full(graph.netlist.num_instances, np.inf)
    pins = np.flatnonzero((graph.node_instance >= 0) & ~np.isnan(worst))
    np.minimum.at(slack, graph.node_instance[pins], worst[pins])
    return np.where(np.isinf(slack), np.nan, slack)
