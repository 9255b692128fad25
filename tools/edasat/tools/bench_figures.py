"""The figures of a solver benchmark; each function returns a figure and its caption for a report."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from edasat.core.report import INK, PAGE_WIDTH, PALETTE, figure_style, plain
from edasat.sat.runs import RunMatrix
from edasat.sat.selection import engine_outcome, greedy_portfolio, near_best, par, single_best, virtual_best

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Below this many CPU seconds the start of the process is measured, not the engine.
FLOOR_S: Final = 0.01
_MAX_LINES: Final = len(PALETTE)  # engines with a colour of their own; the rest is drawn faintly
_MAX_ENGINES: Final = 24  # rows of a heat map that are still legible
_UNSOLVED: Final = "#c3c9cf"  # a grey that viridis does not have and both backgrounds set off


def time_floor_s(matrix: RunMatrix) -> float:
    """Return the CPU time at which axes begin: the decade of the fastest run, but not below :data:`FLOOR_S`."""
    fastest = matrix.runtimes[matrix.solved].min(initial=matrix.cutoff_s)
    return max(FLOOR_S, 10.0 ** np.floor(np.log10(max(fastest, FLOOR_S) * 0.999)))


def log_time_axis(axes: Axes, which: str, matrix: RunMatrix) -> None:
    """Make axis ``which`` ("x" or "y") logarithmic CPU seconds from the floor to the cutoff."""
    from matplotlib.ticker import FuncFormatter

    getattr(axes, f"set_{which}lim")(time_floor_s(matrix), matrix.cutoff_s * 1.35)
    getattr(axes, f"set_{which}scale")("log")
    axis = getattr(axes, f"{which}axis")
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.set_minor_formatter(FuncFormatter(lambda *_: ""))


def cactus_plot(matrix: RunMatrix) -> tuple[Figure, str]:
    """Draw CPU time over the number of instances solved within it, per engine and for the virtual best."""
    from matplotlib.figure import Figure

    floor_s = time_floor_s(matrix)
    with figure_style():
        figure = Figure(figsize=(PAGE_WIDTH, 5), layout="constrained")
        axes = figure.add_subplot()
        chosen = greedy_portfolio(matrix, _MAX_LINES)
        rest = [e for e in range(matrix.num_engines) if e not in chosen]
        for rank, e in reversed(list(enumerate([*chosen, *rest]))):
            times = np.sort(np.maximum(matrix.runtimes[matrix.solved[:, e], e], floor_s))
            label = f"{plain(matrix.engines[e], 28)}  ({times.size})"
            counts = np.arange(1, times.size + 1)
            if rank < len(chosen):
                axes.plot(counts, times, color=PALETTE[rank], label=label, zorder=3, linestyle=["-", "--"][rank % 2])
            else:
                axes.plot(counts, times, color=INK, alpha=0.22, linewidth=0.8)
        virtual = virtual_best(matrix)
        times = np.sort(np.maximum(virtual.runtimes[virtual.solved], floor_s))
        axes.plot(
            np.arange(1, times.size + 1),
            times,
            color=INK,
            linestyle=":",
            linewidth=2.2,
            zorder=4,
            label=f"virtual best  ({times.size})",
        )
        axes.axhline(matrix.cutoff_s, color=INK, alpha=0.5, linewidth=0.8)
        axes.axvline(matrix.num_instances, color=INK, alpha=0.5, linewidth=0.8)
        axes.set_xlim(0, matrix.num_instances * 1.02 + 0.5)
        log_time_axis(axes, "y", matrix)
        axes.set_xlabel("instances solved")
        axes.set_ylabel("CPU time [s]")
        handles, labels = axes.get_legend_handles_labels()
        axes.legend(
            [handles[-1], *handles[-2::-1]],
            [labels[-1], *labels[-2::-1]],
            loc="upper left",
            bbox_to_anchor=(1.01, 1.0),
            title="engine (solved)",
            alignment="left",
        )
    return figure, (
        "How many instances each engine solves within a CPU time; further right and lower is better. "
        f"The limit is {matrix.cutoff_s:g}\u00a0s; times below {FLOOR_S:g}\u00a0s are drawn there."
        + (
            f" Coloured are the engines that together come closest to the virtual best; {len(rest)} others are thin."
            if rest
            else ""
        )
    )


def scatter_plot(matrix: RunMatrix) -> tuple[Figure, str]:
    """Draw each instance by the times of the single best engine and of the best of the others."""
    from matplotlib.figure import Figure

    floor_s = time_floor_s(matrix)
    best = single_best(matrix)
    name = matrix.engines[best]
    others = virtual_best(matrix.take_engines([engine for engine in matrix.engines if engine != name]))
    mine = engine_outcome(matrix, best)
    front = near_best(matrix)
    ahead = front[:, best]
    rival = np.delete(front, best, axis=1).any(axis=1)
    kinds = (
        ("another engine is faster", rival & ~ahead, PALETTE[1], "v"),
        (f"{plain(name, 28)} is faster", ahead & ~rival, PALETTE[0], "o"),
        ("a tie", ahead & rival, INK, "x"),
    )
    with figure_style():
        figure = Figure(figsize=(7.6, 5.4), layout="constrained")
        axes = figure.add_subplot()
        for label, rows, color, marker in kinds:
            axes.scatter(
                np.maximum(mine.runtimes[rows], floor_s),
                np.maximum(others.runtimes[rows], floor_s),
                s=26,
                color=color,
                marker=marker,
                linewidth=1.0 if marker == "x" else 0,
                alpha=0.85,
                label=f"{label} ({int(rows.sum())})",
                zorder=3,
            )
        limits = [floor_s, matrix.cutoff_s]
        axes.plot(limits, limits, color=INK, alpha=0.5, linewidth=0.8)
        axes.axhline(matrix.cutoff_s, color=INK, alpha=0.5, linewidth=0.8)
        axes.axvline(matrix.cutoff_s, color=INK, alpha=0.5, linewidth=0.8)
        log_time_axis(axes, "x", matrix)
        log_time_axis(axes, "y", matrix)
        axes.set_aspect("equal")
        axes.set_xlabel(f"CPU time of {plain(name, 28)} [s]")
        axes.set_ylabel("best CPU time of the others [s]")
        axes.legend(loc="upper left", bbox_to_anchor=(1.01, 1.0))
    only_others = int((~mine.solved & others.solved).sum())
    only_mine = int((mine.solved & ~others.solved).sum())
    return figure, (
        f"Each mark is an instance; below the diagonal another engine beats {name}, the best single engine. Marks on "
        f"the right edge ({only_others}) are solved only by others, on the top edge ({only_mine}) only by {name}; "
        f"{int(matrix.never_solved.sum())} instances that nobody solves are not drawn."
    )


def heat_map(matrix: RunMatrix) -> tuple[Figure, str]:
    """Draw the CPU time of every engine on every instance that is solved at all."""
    from matplotlib import colormaps
    from matplotlib.colors import LogNorm
    from matplotlib.figure import Figure
    from matplotlib.ticker import FuncFormatter

    floor_s = time_floor_s(matrix)
    ranked = np.argsort(par(matrix).mean(axis=0), kind="stable").tolist()
    chosen = greedy_portfolio(matrix, _MAX_ENGINES)
    kept = [*chosen, *(e for e in ranked if e not in chosen)][:_MAX_ENGINES]
    engines = sorted(kept, key=ranked.index)
    virtual = virtual_best(matrix)
    columns = np.lexsort((matrix.solved.sum(axis=1) * -1, virtual.runtimes, ~virtual.solved))
    columns = columns[virtual.solved[columns]]
    times = np.where(matrix.solved, np.maximum(matrix.runtimes, floor_s), np.nan)[columns][:, engines].T
    with figure_style():
        figure = Figure(figsize=(PAGE_WIDTH, 0.8 + 0.24 * len(engines)), layout="constrained")
        axes = figure.add_subplot()
        picture = axes.imshow(
            times,
            aspect="auto",
            interpolation="nearest",
            cmap=colormaps["viridis_r"].with_extremes(bad=_UNSOLVED),
            norm=LogNorm(floor_s, matrix.cutoff_s),
        )
        axes.grid(visible=False)
        axes.set_yticks(range(len(engines)), [plain(matrix.engines[e], 34) for e in engines], fontsize=8)
        axes.set_xticks([])
        axes.set_xlabel(f"{len(columns)} instances solved by an engine, easiest first")
        bar = figure.colorbar(picture, ax=axes, pad=0.015, format=FuncFormatter(lambda value, _: f"{value:g}"))
        bar.set_label("CPU time [s]")
        bar.outline.set_visible(False)
        bar.minorticks_off()
    return figure, (
        "CPU time of each engine (row, best PAR-2 first) on each instance (column, easiest for the virtual best engine "
        "first); grey where not solved. Choosing pays in columns that are bright in few rows."
        + (
            f" {matrix.num_engines - len(engines)} engines that add least are not shown."
            if len(engines) < matrix.num_engines
            else ""
        )
    )
