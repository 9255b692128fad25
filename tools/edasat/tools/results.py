"""Committed results: one JSON file each, and the tables that README and docs show of them.

A table in a Markdown file stands between ``<!-- table: NAME -->`` and ``<!-- end table -->``; it is written from
``results/NAME.json``, never by hand. ``python -m edasat.tools.results README.md`` renders, ``--check`` compares.
"""

from __future__ import annotations

import argparse
import importlib
import json
import math
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from edasat.core.errors import InputError
from edasat.core.files import atomic_write
from edasat.core.report import Provenance

SCHEMA_VERSION: Final = 1
_BLOCK = re.compile(r"(<!-- table: (?P<name>[a-z0-9_]+) -->\n).*?(<!-- end table -->)", re.DOTALL)


def write_result(
    path: str | Path,
    data: Mapping[str, Any],
    *,
    command: str,
    seed: int | None = None,
    packages: Sequence[str] = ("numpy",),
) -> None:
    """Write one result with what is needed to make it again.

    Args:
        path: ``results/NAME.json``.
        data: the measured values, plain JSON.
        command: what rebuilds the file, as a user would type it.
        seed: of every random choice.
        packages: distributions whose versions matter.
    """
    made = {**asdict(Provenance.collect(seed=seed, packages=packages)), "command": command}
    with atomic_write(path, "w") as file:
        text = json.dumps({"schema_version": SCHEMA_VERSION, "name": Path(path).stem, **made, "data": data}, indent=1)
        file.write(text + "\n")


def read_result(path: str | Path) -> dict[str, Any]:
    """Read a result file.

    Raises:
        InputError: if it is missing or has another schema version.
    """
    try:
        found = json.loads(Path(path).read_text())
    except FileNotFoundError:
        raise InputError("no such result", path=str(path), hint="make it with the command in docs/results.md") from None
    if found.get("schema_version") != SCHEMA_VERSION:
        raise InputError(f"schema version {found.get('schema_version')}, expected {SCHEMA_VERSION}", path=str(path))
    return dict(found)


def markdown_table(head: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """Return a Markdown table; all columns but the first are set flush right."""
    lines = ["| " + " | ".join(head) + " |", "|---|" + "---:|" * (len(head) - 1)]
    lines += ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def _dimacs(result: dict[str, Any]) -> str:
    rows = []
    for size in result["data"]["sizes"]:
        ours = size["methods"]["edasat"]["cpu_s"]
        packed = " .gz" if size["gzip"] else ""
        file = f"{size['clauses'] // 1_000_000}M clauses{packed}, {size['megabytes']:.0f} MB"
        for method, measured in size["methods"].items():
            rows.append(
                [
                    file,
                    method,
                    f"{measured['cpu_s']:.3f}",
                    f"{measured['cpu_s'] / ours:.1f}x",
                    f"{measured['memory_ratio']:.1f}" if measured.get("memory_ratio") else "",
                ]
            )
    return markdown_table(["file", "reader", "CPU s", "against edasat", "peak memory / result"], rows) + _made(result)


def _message_passing(result: dict[str, Any]) -> str:
    rows = []
    for row in result["data"]["rows"]:
        times = [
            row[f"{direction}_{what}_s"] * 1000
            for direction in ("clause_from_literal", "literal_from_clause")
            for what in ("forward", "with_backward")
        ]
        rows.append([row["way"], f"{row['num_clauses']:,}", *(f"{ms:.1f}" for ms in times)])
    head = ["way (CPU ms)", "clauses", "clause <- literal", "with backward", "literal <- clause", "with backward"]
    return markdown_table(head, rows) + _made(result)


def _grass_inference(result: dict[str, Any]) -> str:
    data = result["data"]
    rows = [
        [stage, f"{seconds:.2f}", f"{data['first_cpu_s'][stage]:.2f}"] for stage, seconds in data["warm_cpu_s"].items()
    ]
    note = (
        f"\n{data['num_clauses']:,} clauses, {data['num_literals']:,} literal occurrences; an ensemble of "
        f"{data['members']} looks at {data['clause_budget']:,} sampled clauses; peak memory "
        f"{data['peak_memory_bytes'] / 2**30:.1f} GiB.\n"
    )
    return markdown_table(["stage", "CPU s, warm", "first call"], rows) + note + _made(result)


#: Parts of the evaluation as they are shown.
PART_TITLES: Final = {
    "test_instances": "held-out instances",
    "test_families": "held-out families",
    "cross_validation": "left-out training formulas",
    "cross_validation_families": "left-out training families",
}
_TEST_PARTS: Final = ("test_instances", "test_families")


def _solver_selection(result: dict[str, Any]) -> str:
    """Return one table of the test parts and one of the cross-validations."""
    tests = {part: title for part, title in PART_TITLES.items() if part in _TEST_PARTS}
    crosses = {part: title for part, title in PART_TITLES.items() if part not in _TEST_PARTS}
    return _policies(result["data"], tests) + "\n" + _policies(result["data"], crosses) + _made(result)


#: Parts of the second test set.
_PUBLIC_PARTS: Final = {"all": "all formulas", "known_kind": "not flagged", "flagged": "flagged"}


def _solver_selection_public(result: dict[str, Any]) -> str:
    data = result["data"]
    dropped = data["left_out"]
    note = (
        f"\n{data['flagged_share']:.0%} of the formulas are flagged as unlike the training data. Left out: "
        f"{dropped['trivial']} that every engine solves in under {data['trivial_s']:g} s, {dropped['known']} that "
        f"training knows, {dropped['incomplete']} with missing or contradicting runs.\n"
    )
    return _policies(data, _PUBLIC_PARTS) + note + _made(result)


def _policies(data: dict[str, Any], titles: Mapping[str, str]) -> str:
    """Return one row per policy, three columns per part that has rows."""
    parts = {part: title for part, title in titles.items() if data["rows"].get(part)}
    head = ["selector"]
    for part, title in parts.items():
        head += [f"{title} ({data['rows'][part]}): PAR-2 s", "solved", "gap closed [95 %]"]
    rows = []
    for name, policy in data["policies"].items():
        if not parts.keys() & policy.keys():
            continue
        cells = [name]
        for part in parts:
            if (scores := policy.get(part)) is None:  # not measured there
                cells += ["-"] * 3
                continue
            cells += [f"{scores['par2']['estimate']:.3f}", str(scores["solved"]), _gap(scores["gap_closed"])]
        rows.append(cells)
    return markdown_table(head, rows)


def _aslib_selection(result: dict[str, Any]) -> str:
    rows = []
    for scenario in result["data"]["scenarios"]:
        title = f"{scenario['name']} ({scenario['instances']} instances, {scenario['engines']} engines)"
        for name, scores in scenario["policies"].items():
            rows.append(
                [
                    title,
                    name,
                    f"{scores['par2']['estimate']:.0f}",
                    f"{scores['par10']['estimate']:.0f}",
                    f"{scores['solved_share']:.1%}",
                    _gap(scores["gap_closed_par2"]),
                    _gap(scores["gap_closed_par10"]),
                ]
            )
    head = ["scenario", "selector", "PAR-2 s", "PAR-10 s", "solved", "gap closed, PAR-2 [95 %]", "PAR-10 [95 %]"]
    return markdown_table(head, rows) + _made(result)


#: Parts of the evaluation of core detection.
_CORE_PARTS: Final = {
    "test_instances": "held-out instances",
    "test_families": "held-out families",
    "test_files": "other people's formulas",
}


#: Rankings of the short table.
_CORE_SUMMARY: Final = (
    "clause length",
    "degree score",
    "published shape",
    "gradient boosting on clause features",
    "core detection",
)


def _core_detection(result: dict[str, Any]) -> str:
    """Return tables of the rankings, of solving the predicted core first, and of the time against extraction."""
    data = result["data"]
    parts = {part: title for part, title in _CORE_PARTS.items() if data["rankings"].get(part)}
    head = ["ranking of the clauses"]
    for part, title in parts.items():
        formulas = max(figures["formulas"] for figures in data["rankings"][part].values())
        head += [f"{title} ({formulas}): AP", "lift [95 %]", "removed, median", "F1", "calibration error"]
    names = dict.fromkeys(name for part in parts for name in data["rankings"][part])
    rows = []
    for name in names:
        row = [name]
        for part in parts:
            figures = data["rankings"][part].get(name, {})
            lift = figures.get("lift")
            row += [
                _figure(figures.get("average_precision"), "mean"),
                f"{lift['mean']:.2f} [{lift['low']:.2f}, {lift['high']:.2f}]" if lift else "-",
                _figure(figures.get("removed"), "median"),
                _figure(figures.get("f1"), "mean"),
                _figure(figures.get("calibration_error"), "mean"),
            ]
        rows.append(row)
    solving = [
        [
            title,
            bound,
            figures["formulas"],
            f"{figures['first_attempt_proved']:.0%}",
            f"{figures['cpu_s_whole']:.2f}",
            f"{figures['cpu_s_ranked']:.2f}",
            f"{figures['cpu_s_predict']:.2f}",
            figures["wins"],
        ]
        for part, title in parts.items()
        for bound, figures in data["solving"][part].items()
    ]
    solving_head = [
        "part", "exact core takes", "formulas", "first attempt proved", "exact CPU s", "ranked CPU s",
        "prediction CPU s", "wins in all",
    ]  # fmt: skip
    hard = [
        [row["instance"], f"{row['clauses']:,}", row["status"], f"{row['exact_cpu_s']:.1f}",
         f"{row['predicted_cpu_s']:.3f}", f"{row['faster']:.0f}x"]
        for row in data["hard"]
    ]  # fmt: skip
    hard_head = ["hard formula", "clauses", "exact extraction", "CPU s", "prediction CPU s", "faster"]
    return (
        markdown_table(head, rows)
        + "\n"
        + markdown_table(solving_head, solving)
        + "\n"
        + markdown_table(hard_head, hard)
        + _made(result)
    )


def _core_summary(result: dict[str, Any]) -> str:
    """Return the lift of a few rankings and how much they remove, on the test parts."""
    rankings = result["data"]["rankings"]
    parts = {part: title for part, title in _CORE_PARTS.items() if part in _TEST_PARTS and rankings.get(part)}
    head = ["ranking of the clauses"]
    for title in parts.values():
        head += [f"{title}: lift [95 %]", "removed, median"]
    rows = []
    for name in _CORE_SUMMARY:
        row = [name]
        for part in parts:
            figures = rankings[part][name]
            lift = figures["lift"]
            row += [
                f"{lift['mean']:.2f} [{lift['low']:.2f}, {lift['high']:.2f}]",
                _figure(figures.get("removed"), "median"),
            ]
        rows.append(row)
    return markdown_table(head, rows) + _made(result)


def _figure(figure: dict[str, float] | None, which: str) -> str:
    return f"{figure[which]:.2f}" if figure else "-"


def _gap(gap: dict[str, float]) -> str:
    """Return a share of the gap with its interval; a dash where there is no gap to close."""
    if math.isnan(gap["estimate"]):
        return "-"
    return f"{gap['estimate']:.0%} [{gap['low']:.0%}, {gap['high']:.0%}]"


def _slack_prediction(result: dict[str, Any]) -> str:
    """Return tables of held-out designs and of libraries that training had not seen."""
    from .slack_tables import slack_rows, transfer_rows

    data = result["data"]
    parts = [markdown_table(*slack_rows(data))]
    coverage, cost = data["coverage"], data["time"]
    gains = "; ".join(
        f"{side}: {gain['estimate']:.2%} [{gain['low']:.2%}, {gain['high']:.2%}] over end points, "
        f"{mean['estimate']:.2%} [{mean['low']:.2%}, {mean['high']:.2%}] over designs"
        for side, found in data["pooled"].items()
        for gain, mean in [(found["gain_over_ends"], found["gain"])]
    )
    parts.append(
        f"By how much the error is smaller than the calibrated tree's, in shares of each design's deviation of slack "
        f"[95 %]: {gains}. Intervals of 90 % cover "
        f"{coverage['setup_coverage']:.0%} of the end points' setup slack, {coverage['wns_covered']:.0%} of WNS, "
        f"{coverage['tns_covered']:.0%} of TNS."
    )
    if cost:
        spent = sum(cost["predict_s"].values())
        parts.append(
            f"Largest layout of our flow ({cost['cells']:,} cells): prediction {spent:.2f} s warm, reading included; "
            f"routing, extraction and sign-off timing {sum(cost['flow_cpu_s'].values()):.1f} s: {cost['ratio']:.0f}x."
        )
    if data["transfer"]:
        parts.append("Libraries that training had not seen (it knew nangate45 alone):")
        parts.append(markdown_table(*transfer_rows(data)))
    return "\n".join(part if part.endswith("\n") else part + "\n" for part in parts) + _made(result)


def _slack_summary(result: dict[str, Any]) -> str:
    """Return the model beside the calibrated tree, a row for each finished layout and for our own circuits."""
    from .slack_tables import summary_rows

    return markdown_table(*summary_rows(result["data"])) + _made(result)


def _hard_generation(result: dict[str, Any]) -> str:
    """Return tables of all ways of generating, and of what the command made of each parent."""
    from .generation_tables import parent_rows, way_rows

    data = result["data"]
    return markdown_table(*way_rows(data)) + "\n" + markdown_table(*parent_rows(data)) + _made(result)


def _hard_summary(result: dict[str, Any]) -> str:
    """Return what the command and the published ways reach."""
    from .generation_tables import way_rows

    return markdown_table(*way_rows(result["data"], short=True)) + _made(result)


def _hard_augment(result: dict[str, Any]) -> str:
    """Return the errors of runtimes learned with and without generated formulas."""
    from .generation_tables import augment_rows

    return markdown_table(*augment_rows(result["data"])) + _made(result)


def _veridistill(result: dict[str, Any]) -> str:
    """Return tables of all methods, of gains, and of sizes and libraries."""
    from .qor_tables import distillation_rows, gain_rows, library_rows, notes, score_rows, size_rows

    data = result["data"]
    tables = (
        score_rows(data),
        gain_rows(data),
        distillation_rows(data),
        size_rows(data, ("gate features, boosting", "text", "text+graph")),
        library_rows(data, "text+graph"),
    )
    return "\n".join([*(markdown_table(*one) for one in tables if one[1]), notes(data)]) + _made(result)


def _veridistill_summary(result: dict[str, Any]) -> str:
    """Return errors on held-out families and real RTL."""
    from .qor_tables import summary_rows

    return markdown_table(*summary_rows(result["data"])) + _made(result)


def _of_benchmark(result: dict[str, Any]) -> str:
    """Return the table that the benchmark of the same name prints."""
    module = importlib.import_module(f"edasat.tools.benchmarks.{result['name']}")
    return str(module.table(result)) + _made(result)


def _made(result: dict[str, Any]) -> str:
    return f"\nMeasured on {result['machine']}, {result['time'][:10]}, by `{result['command']}`.\n"


#: How each result is shown.
TABLES: Final[dict[str, Callable[[dict[str, Any]], str]]] = {
    "aslib_selection": _aslib_selection,
    "core_detection": _core_detection,
    "core_summary": _core_summary,
    "cores_exact": _of_benchmark,
    "dimacs": _dimacs,
    "extraction": _of_benchmark,
    "grass_inference": _grass_inference,
    "hard_augment": _hard_augment,
    "hard_generation": _hard_generation,
    "hard_summary": _hard_summary,
    "layout": _of_benchmark,
    "liberty": _of_benchmark,
    "message_passing": _message_passing,
    "netlist": _of_benchmark,
    "qor_speed": _of_benchmark,
    "sdf": _of_benchmark,
    "slack_prediction": _slack_prediction,
    "slack_summary": _slack_summary,
    "solver_selection": _solver_selection,
    "solver_selection_public": _solver_selection_public,
    "spef": _of_benchmark,
    "timing_agreement": _of_benchmark,
    "timing_engine": _of_benchmark,
    "veridistill": _veridistill,
    "veridistill_summary": _veridistill_summary,
}

#: Tables that show part of another result.
_VIEWS: Final = {
    "core_summary": "core_detection",
    "hard_summary": "hard_generation",
    "slack_summary": "slack_prediction",
    "veridistill_summary": "veridistill",
}


def render(text: str, folder: str | Path) -> str:
    """Return a Markdown text with all its tables written anew from the results in ``folder``."""

    def fill(match: re.Match[str]) -> str:
        name = match["name"]
        if name not in TABLES:
            raise InputError(f"no table is called '{name}'", hint="tables are " + ", ".join(TABLES))
        source = _VIEWS.get(name, name)
        return match[1] + TABLES[name](read_result(Path(folder) / f"{source}.json")) + match[3]

    return _BLOCK.sub(fill, text)


def main(arguments: Sequence[str] | None = None) -> int:
    """Render or check the tables of Markdown files."""
    parser = argparse.ArgumentParser(description="Write the tables of Markdown files from committed results.")
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--results", type=Path, default=Path("results"))
    parser.add_argument("--check", action="store_true", help="change nothing; exit 1 where a table differs")
    given = parser.parse_args(arguments)
    stale = []
    for path in given.files:
        old = path.read_text()
        new = render(old, given.results)
        if new != old:
            stale.append(path)
            if not given.check:
                with atomic_write(path, "w") as file:
                    file.write(new)
    for path in stale:
        print(f"{path}: {'tables differ from results' if given.check else 'rewritten'}", file=sys.stderr)  # noqa: T201
    return 1 if given.check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
