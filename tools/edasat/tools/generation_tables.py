"""Tables of generated formulas, from ``results/hard_generation.json`` and ``results/hard_augment.json``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

_Table = tuple[Sequence[str], list[list[str]]]

#: Ways of the short table, as far as they were evaluated.
_SUMMARY: Final = (
    "edasat sat generate", "published loop, exact cores", "published loop, predicted cores",
    "community merge (HardSATGEN)", "literal incidence (W2SAT)", "random clauses",
)  # fmt: skip


def way_rows(data: Mapping[str, Any], *, short: bool = False) -> _Table:
    """Return head and rows of the ways of generating; ``short`` leaves out columns and ablations."""
    head = ["way", "candidates", "unsatisfiable and 0.5 to 2 times as hard", "conflicts of all, median [95 %]"]
    head += [] if short else ["CPU of accepted", "Glucose conflicts of accepted", "before preprocessing"]
    head += ["new core", "distance", "MMD", "CPU s each", "exact loop / this"]
    rows = []
    for name in _SUMMARY if short else data["ways"]:
        if (way := data["ways"].get(name)) is None:
            continue
        row = [name, str(way["candidates"]), f"{way['accepted_share']:.0%}", _interval(way["ratio"])]
        if not short:
            row += [_middle(way[figure]) for figure in ("cpu_ratio", "glucose_ratio", "before_ratio")]
        new = way["new_core"]
        row += [
            f"{new['median']:.0%}" if new else "-",
            _middle(way["distance"]),
            f"{way['mmd']['overall']:.2f}" if way["mmd"] else "-",
            _seconds(way["cpu_s_each"]),
            _faster(way["against_exact_loop"]),
        ]
        rows.append(row)
    return head, rows


def parent_rows(data: Mapping[str, Any]) -> _Table:
    """Return head and rows of what ``edasat sat generate`` made of each parent."""
    head = [
        "parent", "clauses", "core", "conflicts", "CPU s", "made of attempts", "conflicts, median", "CPU, median",
        "new core", "distance", "CPU s each",
    ]  # fmt: skip
    made = {row["parent"]: row for row in data["by_parent"]}
    rows = []
    for parent in data["parents"]:
        row = made.get(parent["parent"])
        rows.append(
            [
                parent["parent"],
                f"{parent['num_clauses']:,}",
                _share(parent["core_share"]),
                f"{parent['conflicts']:,}",
                f"{parent['cpu_s']:.2f}",
                *(
                    ["-"] * 6
                    if row is None
                    else [
                        f"{row['made']} of {row['attempts']}",
                        *(_number(row[figure]) for figure in ("ratio", "cpu_ratio")),
                        _share(row["new_core"]),
                        _number(row["distance"]),
                        _seconds(row["cpu_s_each"]),
                    ]
                ),
            ]
        )
    return head, rows


def augment_rows(data: Mapping[str, Any]) -> _Table:
    """Return head and rows of learning with generated formulas."""
    head = [
        "real formulas", "learned from", "log error", "change (better splits, p)", "total-time error s", "change",
        "PAR-2 of the choice s", "change",
    ]  # fmt: skip
    rows = []
    for row in data["sizes"]:
        log, total, par2 = (row[error] for error in ("log_error", "total_error_s", "par2_s"))
        sure = "" if log["p"] is None else f" ({log['better_splits']} of {data['splits']}, {log['p']:.2g})"
        rows.append(
            [
                str(row["real"]),
                row["arm"],
                f"{log['mean']:.3f} ± {log['std']:.3f}",
                f"{log['change']:+.0%}{sure}",
                f"{total['mean']:.3f} ± {total['std']:.3f}",
                f"{total['change']:+.0%}",
                f"{par2['mean']:.3f}",
                f"{par2['change']:+.0%}",
            ]
        )
    return head, rows


def _interval(figure: Mapping[str, float] | None) -> str:
    return f"{figure['median']:.2f} [{figure['low']:.2f}, {figure['high']:.2f}]" if figure else "-"


def _middle(figure: Mapping[str, float] | None) -> str:
    return f"{figure['median']:.2f}" if figure else "-"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.0%}"


def _seconds(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f}"


def _faster(figure: Mapping[str, Any] | None) -> str:
    """Return a median, with a sign where some of the values it is of are lower bounds."""
    return "-" if figure is None else f"{'>= ' if figure['lower_bounds'] else ''}{figure['median']:.1f}"
