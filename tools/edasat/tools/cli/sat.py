"""``edasat sat``: solving, benchmarking, features and instance families."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Annotated, Any

import typer

from .common import (
    Json,
    Memory,
    Quiet,
    Relaxed,
    Threads,
    Weights,
    parse_engines,
    parse_executor,
    parse_size,
    print_json,
    print_notes,
    set_up,
)

app = typer.Typer(help="SAT: solve, benchmark, describe and make formulas.", no_args_is_help=True)

_VALUE_LINE = 78  # columns of a "v" line
_VALUES_AT_ONCE = 1 << 16


@app.command(
    "solve",
    epilog="Examples: edasat sat solve a.cnf --timeout 300 | edasat sat solve a.cnf.xz --engine cadical195 "
    "--proof p.drat | xzcat a.cnf.xz | edasat sat solve - --json",
)
def solve(
    file: Annotated[str, typer.Argument(help="CNF file, or - for standard input.")],
    timeout: Annotated[float | None, typer.Option("--timeout", "-t", min=0.01, help="CPU seconds.")] = None,
    engine: Annotated[
        str | None, typer.Option("--engine", "-e", help="Engine (edasat doctor lists them); default: single best.")
    ] = None,
    proof: Annotated[
        Path | None, typer.Option("--proof", help="Write a DRUP proof here if the answer is unsatisfiable.")
    ] = None,
    memory: Memory = None,
    schedule: Annotated[
        bool, typer.Option("--schedule", help="Let the trained selector choose engines: pre-solver, then choice.")
    ] = False,
    weights: Weights = None,
    relaxed: Relaxed = False,
    threads: Threads = 1,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Solve one formula; the model is checked before it is printed.

    Prints the output lines of the SAT competitions. Exit code 10: satisfiable, 20: unsatisfiable, 0: unknown.
    """
    set_up(threads=threads, quiet=quiet)
    from edasat import api

    result = api.solve(
        file,
        engine=engine,
        timeout_s=timeout,
        memory_bytes=parse_size(memory),
        proof=proof,
        relaxed=relaxed,
        schedule=schedule,
        weights=weights,
    )
    print_notes(result.notes, quiet=quiet)
    if as_json:
        print_json(_solve_json(result, proof))
    else:
        _print_competition(result, quiet=quiet)
    raise typer.Exit(result.exit_code)


def _solve_json(result: Any, proof: Path | None) -> dict[str, Any]:
    return {
        "status": result.status,
        "cpu_s": result.cpu_s,
        "runs": [
            {
                "engine": run.engine,
                "status": run.status,
                "cpu_s": run.cpu_s,
                "wall_s": run.wall_s,
                "peak_memory_bytes": run.peak_memory_bytes,
                "conflicts": run.conflicts,
                "detail": run.detail,
            }
            for run in result.runs
        ],
        "model": list(_true_literals(result.model)) if result.model is not None else None,
        "selection": result.selection.to_dict() if result.selection is not None else None,
        "proof": str(proof) if proof is not None and result.status == "unsat" else None,
    }


def _print_competition(result: Any, *, quiet: bool) -> None:
    if not quiet:
        for run in result.runs:
            conflicts = f", {run.conflicts} conflicts" if run.conflicts is not None else ""
            detail = f" ({run.detail})" if run.detail else ""
            print(
                f"c {run.engine}: {run.status}{detail} in {run.cpu_s:.2f} CPU s, "
                f"{run.peak_memory_bytes / 2**20:.0f} MiB{conflicts}"
            )
    print("s " + {"sat": "SATISFIABLE", "unsat": "UNSATISFIABLE"}.get(result.status, "UNKNOWN"))
    if result.model is not None:
        line = "v"
        for word in map(str, chain(_true_literals(result.model), [0])):
            if len(line) + 1 + len(word) > _VALUE_LINE:
                print(line)
                line = "v"
            line += " " + word
        print(line)


def _true_literals(model: Any) -> Iterator[int]:
    for first in range(1, len(model), _VALUES_AT_ONCE):  # a list of all would take 36 bytes a variable
        for v, value in enumerate(model[first : first + _VALUES_AT_ONCE].tolist(), first):
            yield v if value else -v


@app.command(
    "select",
    epilog="Examples: edasat sat select a.cnf b.cnf.xz cnfs/ --top 3 | edasat sat select cnfs/ --json | "
    "edasat sat select cnfs/ --parquet choice.parquet --weights mine/",
)
def select(
    places: Annotated[list[Path], typer.Argument(help="CNF files and folders.")],
    top: Annotated[int, typer.Option("--top", min=1, help="Engines shown per formula.")] = 3,
    timeout: Annotated[
        float | None, typer.Option("--timeout", "-t", min=0.01, help="CPU seconds to plan for; default: as trained.")
    ] = None,
    weights: Weights = None,
    csv: Annotated[Path | None, typer.Option("--csv", help="Write all predictions as CSV.")] = None,
    parquet: Annotated[Path | None, typer.Option("--parquet", help="Write all predictions as Parquet.")] = None,
    threads: Threads = 1,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Rank the engines on each formula by predicted runtime, with intervals and a schedule.

    A formula marked as unlike the training data gets a ranking that should not be trusted.
    """
    set_up(threads=threads, quiet=quiet)
    from edasat.core.progress import Progress
    from edasat.core.tables import check_table_path
    from edasat.models.grass.selector import load_grass
    from edasat.sat.benchmark import find_instances, load_instance

    for path in (csv, parquet):
        if path is not None:
            check_table_path(path)
    instances = find_instances(places)
    selector = load_grass(weights)
    chosen = []
    with Progress("selecting", len(instances)) as progress:
        for instance in instances:
            cnf = load_instance(instance.name, instance.path)
            print_notes(cnf.notes, quiet=quiet)
            chosen += selector.predict([cnf], timeout)
            progress.step(instance.name)
    for path in (csv, parquet):
        if path is not None:
            _write_selections(chosen, path)
    if as_json:
        print_json([each.to_dict() for each in chosen])
    else:
        _print_selections(chosen, top)


def _print_selections(chosen: list[Any], top: int) -> None:
    for each in chosen:
        mark = "  UNLIKE THE TRAINING DATA" if each.out_of_distribution else ""
        print(f"{each.name}{mark}")
        if each.clauses_used < each.num_clauses:
            print(f"  seen: {each.clauses_used} of {each.num_clauses} clauses")
        for rank, one in enumerate(each.ranking[:top], 1):
            interval = f"{each.coverage:.0%} within {one.lower_s:.2f} .. {one.upper_s:.2f} s"
            print(
                f"  {rank}. {one.engine:<12} {one.cpu_s:8.2f} s expected, {interval}, "
                f"solved in {each.limit_s:g} s with {one.solved_probability:.0%}"
            )
        print("  schedule: " + ", then ".join(f"{engine} for {seconds:.2f} s" for engine, seconds in each.schedule))


def _write_selections(chosen: list[Any], path: Path) -> None:
    from dataclasses import asdict

    import pyarrow as pa

    from edasat.core.tables import write_table

    rows = [
        {"formula": each.name, "rank": rank, **asdict(one), "out_of_distribution": each.out_of_distribution}
        for each in chosen
        for rank, one in enumerate(each.ranking, 1)
    ]
    write_table(pa.Table.from_pylist(rows), path)


@app.command(
    "bench",
    epilog="Examples: edasat sat bench cnfs/ --timeout 60 -o runs.parquet --report bench.html | "
    "edasat sat bench cnfs/ -t 10 --engines kissat404,cms,minisat22 --jobs 2. Call again to resume.",
)
def bench(
    places: Annotated[list[Path], typer.Argument(help="CNF files and folders.")],
    timeout: Annotated[float, typer.Option("--timeout", "-t", min=0.01, help="CPU seconds a run.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Run table (Parquet or CSV).")] = Path("runs.parquet"),
    engines: Annotated[
        str | None, typer.Option("--engines", "-e", help="Comma-separated; default: the pool of eight.")
    ] = None,
    report: Annotated[Path | None, typer.Option("--report", help="Also write an HTML report.")] = None,
    aslib: Annotated[Path | None, typer.Option("--aslib", help="Also write an ASlib scenario folder.")] = None,
    memory: Memory = None,
    jobs: Annotated[int, typer.Option("--jobs", "-j", min=1, help="Runs at a time.")] = 1,
    executor: Annotated[str, typer.Option("--executor", help="local, or ray for a cluster.")] = "local",
    limit: Annotated[int | None, typer.Option("--limit", min=1, help="At most this many instances.")] = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Run a pool of engines over instances; who wins where.

    Each finished run is journaled beside the table: killed at any moment, the same command goes on where it was.
    Exit code 1 when a file could not be read or engines contradict each other.
    """
    set_up(quiet=quiet)
    from edasat.core.errors import EXIT_CHECK_FAILED, EXIT_DONE
    from edasat.core.files import check_writable
    from edasat.core.tables import check_table_path
    from edasat.sat.aslib import check_new_folder
    from edasat.sat.benchmark import Benchmark, find_instances, journal_beside, run_benchmark
    from edasat.sat.runs import write_runs
    from edasat.tools.bench_report import bench_report, summary, summary_text

    where, names = parse_executor(executor), parse_engines(engines)
    check_table_path(out)
    if report is not None:
        check_writable(report)
    if aslib is not None:
        check_new_folder(aslib)
    task = Benchmark(find_instances(places, limit), names, timeout, parse_size(memory))
    if not quiet:
        hours = task.num_runs * timeout / 3600 / jobs
        print(
            f"{len(task.instances)} instances x {len(names)} engines = {task.num_runs} runs, at most {hours:.2f} h",
            file=sys.stderr,
        )
    done = run_benchmark(task, journal_beside(out), jobs=jobs, executor=where)
    write_runs(done.table, out)
    result = summary(done.table)
    if report is not None:
        bench_report(done.table, report)
    if aslib is not None:
        _write_aslib(done.table, task.instances, aslib)
    for key, error in done.errors.items():
        print(f"error: {key.replace('|', ' by ', 1).partition('|')[0]}: {error}", file=sys.stderr)
    if as_json:
        print_json({**result, "table": str(out), "errors": done.errors})
    else:
        print(summary_text(result))
        print(f"run table: {out}" + (f", report: {report}" if report else "") + (f", ASlib: {aslib}" if aslib else ""))
    bad = bool(done.errors) or bool(result["contradictions"])
    raise typer.Exit(EXIT_CHECK_FAILED if bad else EXIT_DONE)


def _write_aslib(table: Any, instances: Any, folder: Path) -> None:
    from edasat.sat.aslib import scenario_from_runs, write_aslib
    from edasat.sat.benchmark import load_instance
    from edasat.sat.features import feature_table
    from edasat.sat.runs import to_matrix

    paths = {instance.name: instance.path for instance in instances}
    features = feature_table([load_instance(name, paths[name]) for name in to_matrix(table).instances])
    write_aslib(scenario_from_runs(table, features, name=folder.name), folder)


@app.command(
    "features",
    epilog="Examples: edasat sat features a.cnf b.cnf.xz -o features.csv | edasat sat features cnfs/ --json",
)
def features(
    places: Annotated[list[Path], typer.Argument(help="CNF files and folders.")],
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Table (.csv or .parquet); default: print.")] = None,
    threads: Threads = 1,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Describe formulas by numbers: sizes, degrees, balance, structure; one row each."""
    set_up(threads=threads, quiet=quiet)
    import pyarrow as pa

    from edasat.core.progress import Progress
    from edasat.core.tables import check_table_path, write_table
    from edasat.sat.benchmark import find_instances, load_instance
    from edasat.sat.features import feature_table

    if out is not None:
        check_table_path(out)
    instances = find_instances(places)
    parts = []
    with Progress("features", len(instances)) as progress:
        for instance in instances:
            parts.append(feature_table([load_instance(instance.name, instance.path)]))
            progress.step(instance.name)
    table = pa.concat_tables(parts)
    if out is not None:
        write_table(table, out)
        print(f"{out}: {table.num_rows} rows, {table.num_columns} columns", file=sys.stderr)
    elif as_json:
        print_json(table.to_pylist())
    else:
        for row in table.to_pylist():
            for name, value in row.items():
                print(f"{name:<40} {value:.6g}" if isinstance(value, float) else f"{name:<40} {value}")


@app.command(
    "family",
    epilog="Examples: edasat sat family | edasat sat family pigeonhole-8-1 -o p8.cnf",
)
def family(
    instance: Annotated[str | None, typer.Argument(help="FAMILY-SIZE-SEED; none: list the families.")] = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="CNF file (.gz, .xz, .zst); default: print.")] = None,
    as_json: Json = False,
) -> None:
    """Make one formula of a seeded family, or list the families with their calibrated sizes."""
    set_up()
    from edasat.sat.dimacs import format_dimacs, write_dimacs
    from edasat.sat.families import FAMILIES, generate, parse_instance_id

    if instance is None:
        rows = [
            {"family": f.name, "group": f.group, "expected": f.expected, "sizes": list(f.sizes), "title": f.title}
            for f in FAMILIES.values()
        ]
        if as_json:
            print_json(rows)
        for row in () if as_json else rows:
            print(f"{row['family']:<28}{row['group']:<12}{row['expected']:<8}{row['title']}")
        return
    cnf = generate(*parse_instance_id(instance))
    if out is None:
        sys.stdout.buffer.write(format_dimacs(cnf))
    else:
        write_dimacs(cnf, out)
        print(f"{out}: {cnf.num_vars} variables, {cnf.num_clauses} clauses", file=sys.stderr)
