"""``edasat data``: labelled sets."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from .common import Json, Quiet, Seed, parse_engines, parse_executor, print_json, set_up

app = typer.Typer(help="Build, list and check labelled sets.", no_args_is_help=True)


@app.command("list", epilog="Example: edasat data list")
def list_sets(as_json: Json = False) -> None:
    """List the labelled sets and whether their tables ship with this installation."""
    from edasat.datasets import cores, qor_rtl, solver_runtimes
    from edasat.datasets.timing import tables
    from edasat.datasets.timing.build import NAME as TIMING

    sets = (
        (solver_runtimes.NAME, solver_runtimes.TABLE),
        (cores.NAME, cores.TABLE),
        (TIMING, tables.TABLE),
        (qor_rtl.NAME, qor_rtl.TABLE),
    )
    rows = [{"name": name, "table": str(table), "here": table.exists()} for name, table in sets]
    if as_json:
        print_json(rows)
        return
    for row in rows:
        print(f"{row['name']:<20}{'ships' if row['here'] else 'not built'}  {row['table']}")


@app.command(
    "build",
    epilog="Examples: edasat data build solver-runtimes --count 400 --timeout 10 -o runs.parquet | "
    "the same again resumes | --executor ray spreads it over a cluster | "
    "edasat data build cores --files cnfs/ -o mine.parquet | "
    "edasat data build timing --count 60 --libraries nangate45,osu018 --data data/ -o layouts/ | "
    "edasat data build qor-rtl --count 3300 --libraries nangate45,sky130hd,osu018,edasat45 --data data/ -o modules/",
)
def build(
    name: Annotated[str, typer.Argument(help="Set to build; edasat data list names them.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Table (Parquet or CSV); timing, qor-rtl: a folder.")],
    count: Annotated[int, typer.Option("--count", min=1, help="Instances; a larger count continues a smaller.")] = 400,
    like: Annotated[
        Path | None, typer.Option("--like", help="Run the instances of this run table instead of choosing some.")
    ] = None,
    files: Annotated[
        list[Path] | None, typer.Option("--files", help="cores: label these CNF files and folders instead.")
    ] = None,
    data: Annotated[
        Path | None, typer.Option("--data", help="timing, qor-rtl: folder of cell libraries (and finished layouts).")
    ] = None,
    libraries: Annotated[
        str, typer.Option("--libraries", help="timing, qor-rtl: comma-separated; edasat45 ships.")
    ] = "edasat45",
    largest: Annotated[int, typer.Option("--largest", min=1, help="timing: gates of the largest circuit.")] = 3000,
    timeout: Annotated[float, typer.Option("--timeout", "-t", min=0.01, help="CPU seconds a run.")] = 10.0,
    engines: Annotated[str | None, typer.Option("--engines", help="Comma-separated; default: the pool.")] = None,
    jobs: Annotated[int, typer.Option("--jobs", "-j", min=1, help="Runs at a time.")] = 1,
    executor: Annotated[str, typer.Option("--executor", help="local, or ray for a cluster.")] = "local",
    seed: Seed = 0,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Build a labelled set; killed at any moment, the same command goes on where it was."""
    set_up(quiet=quiet)
    from edasat.datasets import cores, qor_rtl, solver_runtimes
    from edasat.datasets.timing.build import NAME as TIMING

    _known(name)
    where = parse_executor(executor)
    if name == cores.NAME:
        _build_cores(out, cores.plan(count, timeout, files=files or (), jobs=jobs), where, quiet=quiet, as_json=as_json)
        return
    if name == qor_rtl.NAME:
        chosen = qor_rtl.plan(count, data, libraries=libraries.split(","), seed=seed)
        _build_qor(out, chosen, jobs, where, quiet=quiet, as_json=as_json)
        return
    if name == TIMING:
        _build_timing(out, count, data, libraries.split(","), largest, seed, jobs, where, quiet=quiet, as_json=as_json)
        return
    pool = parse_engines(engines)
    made = solver_runtimes.plan(count, timeout, engines=pool, seed=seed, jobs=jobs, like=like)
    if not quiet:
        print(made.cost_text, file=sys.stderr)
    done = solver_runtimes.build(made, out, executor=where)
    for key, error in done.errors.items():
        print(f"error: {key}: {error}", file=sys.stderr)
    _finish(solver_runtimes.check(done.table), as_json=as_json)


@app.command("check", epilog="Example: edasat data check solver-runtimes --table runs.parquet")
def check(
    name: Annotated[str, typer.Argument(help="Set to check.")],
    table: Annotated[
        Path | None, typer.Option("--table", help="Its table, or folder; default: the one that ships.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Say what a labelled set holds; exit code 1 when answers contradict or it teaches too little."""
    set_up()
    from edasat.datasets import cores, qor_rtl, solver_runtimes
    from edasat.datasets.timing.build import NAME as TIMING

    _known(name)
    if name == qor_rtl.NAME:
        _finish_qor(table, as_json=as_json)
        return
    if name == cores.NAME:
        _finish_cores(cores.check(cores.load(table)), as_json=as_json)
        return
    if name == TIMING:
        _finish_timing(table, as_json=as_json)
        return
    _finish(solver_runtimes.check(solver_runtimes.load(table)), as_json=as_json)


def _known(name: str) -> None:
    from edasat.core.errors import InputError
    from edasat.datasets import cores, qor_rtl, solver_runtimes
    from edasat.datasets.timing.build import NAME as TIMING

    names = (solver_runtimes.NAME, cores.NAME, TIMING, qor_rtl.NAME)
    if name not in names:
        raise InputError(f"there is no labelled set '{name}'", hint=f"sets are {', '.join(names)}")


def _build_timing(
    out: Path,
    count: int,
    data: Path | None,
    libraries: list[str],
    largest: int,
    seed: int,
    jobs: int,
    where: Any,
    *,
    quiet: bool,
    as_json: bool,
) -> None:
    from edasat.datasets.timing import build as timing

    made = timing.plan(count, data, libraries=libraries, seed=seed, largest=largest)
    if not quiet:
        print(made.cost_text, file=sys.stderr)
    for key, error in timing.build(made, out, jobs=jobs, executor=where).items():
        print(f"error: {key}: {error}", file=sys.stderr)
    _finish_timing(out, as_json=as_json)


def _finish_timing(folder: Path | None, *, as_json: bool) -> None:
    from edasat.core.errors import EXIT_CHECK_FAILED, EXIT_DONE
    from edasat.datasets.timing import tables

    found = tables.check(folder)
    if as_json:
        print_json(found.to_dict())
    else:
        print(f"{found.layouts} layouts, {found.end_points:,} end points, {found.failing_share:.0%} of them failing")
        for counts in (found.by_library, found.by_flow):
            for kind, number in sorted(counts.items()):
                print(f"  {number:>4}  {kind}")
        print(f"{len(found.failed)} layouts could not be made:")
        for key, reason in sorted(found.failed.items()):
            print(f"  {key}: {reason}")
    raise typer.Exit(EXIT_DONE if found.good else EXIT_CHECK_FAILED)


def _build_qor(out: Path, made: Any, jobs: int, where: Any, *, quiet: bool, as_json: bool) -> None:
    from edasat.datasets import qor_rtl

    if not quiet:
        print(made.cost_text, file=sys.stderr)
    for key, error in qor_rtl.build(made, out, jobs=jobs, executor="ray" if where == "ray" else "processes").items():
        print(f"error: {key}: {error}", file=sys.stderr)
    _finish_qor(out, as_json=as_json)


def _finish_qor(folder: Path | None, *, as_json: bool) -> None:
    from edasat.core.errors import EXIT_CHECK_FAILED, EXIT_DONE
    from edasat.datasets import qor_rtl

    found = qor_rtl.check(qor_rtl.open_set(folder))
    if as_json:
        print_json(found.to_dict())
    else:
        parts = ", ".join(f"{count} {part}" for part, count in found.parts.items())
        print(f"{found.modules} modules with {found.rows:,} labels; {parts}")
        print(f"{found.without_delay} labels have no delay: nothing lies between the registers")
        for counts in (found.libraries, found.families):
            for kind, number in counts.items():
                print(f"  {number:>5}  {kind}")
    raise typer.Exit(EXIT_DONE if found.good else EXIT_CHECK_FAILED)


def _build_cores(out: Path, made: Any, where: Any, *, quiet: bool, as_json: bool) -> None:
    from edasat.datasets import cores

    if not quiet:
        print(made.cost_text, file=sys.stderr)
    for key, reason in cores.build(made, out, executor="ray" if where == "ray" else "processes").items():
        print(f"no row: {key}: {reason}", file=sys.stderr)
    _finish_cores(cores.check(cores.load(out)), as_json=as_json)


def _finish_cores(found: Any, *, as_json: bool) -> None:
    from edasat.core.errors import EXIT_CHECK_FAILED, EXIT_DONE

    if as_json:
        print_json(found.to_dict())
    else:
        parts = ", ".join(f"{count} {part}" for part, count in found.parts.items())
        print(
            f"{found.rows} formulas with {found.clauses:,} clauses, {found.nontrivial} with clauses to remove; {parts}"
        )
        for family, rate in sorted(found.base_rates.items(), key=lambda item: item[1]):
            print(f"  {family:<40} {rate:6.1%} of the clauses in the core")
    raise typer.Exit(EXIT_DONE if found.good else EXIT_CHECK_FAILED)


def _finish(found: Any, *, as_json: bool) -> None:
    from edasat.core.errors import EXIT_CHECK_FAILED, EXIT_DONE

    if as_json:
        print_json(found.to_dict())
    else:
        noise = f"{found.noise:.1%}" if found.noise is not None else "not measured"
        counts = f"{found.instances} instances of {len(found.by_family)} families"
        print(f"{counts}, {found.engines} engines, {found.runs} runs; repeated runs differ by {noise}")
        print(f"trivial {found.trivial_share:.1%}, never solved {found.never_solved_share:.1%}")
        for engine, par2 in sorted(found.par2_s.items(), key=lambda item: item[1]):
            wins = f"{found.wins[engine]:>5} wins" if engine in found.wins else ""
            print(f"  {engine:<14} PAR-2 {par2:8.3f} s{wins}")
        for text in found.contradictions:
            print(f"error: engines contradict each other on {text}", file=sys.stderr)
    raise typer.Exit(EXIT_DONE if found.good else EXIT_CHECK_FAILED)
