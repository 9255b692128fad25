"""``edasat timing``: slack of netlists and layouts, exact, and predicted before routing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .common import Json, Quiet, Threads, print_json, print_notes, set_up
from .timing_extract import EXTRACT_EPILOG, extract
from .timing_files import DesignFiles, takes_design
from .timing_predict import PREDICT_EPILOG, predict

if TYPE_CHECKING:
    from edasat.eda.timing.result import StaResult

app = typer.Typer(help="Timing: slack, worst paths, and whether the files of a design meet.", no_args_is_help=True)

app.command("predict", epilog=PREDICT_EPILOG)(predict)
app.command("extract", epilog=EXTRACT_EPILOG)(extract)

_FILES = "--lib cells.lib --netlist top.v --sdc top.sdc"


@app.command(
    "sta",
    epilog=f"Examples: edasat timing sta {_FILES} | edasat timing sta --lib cells.lib --def placed.def --lef cells.lef "
    f"--period 1.2 -o slack.csv --report timing.html | edasat timing sta {_FILES} --spef top.spef --fail-on-violation",
)
@takes_design
def sta(
    files: DesignFiles,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Write the slack of every end point (.csv, .parquet, .json).")
    ] = None,
    report: Annotated[Path | None, typer.Option("--report", help="Also write an HTML report.")] = None,
    fail: Annotated[bool, typer.Option("--fail-on-violation", help="Exit with 1 if any slack is negative.")] = False,
    threads: Threads = 1,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Time a design: slack of every end point, WNS and TNS, setup and hold.

    Exit code 0: timed; 1: a slack is negative and --fail-on-violation was given; 2: wrong input.
    """
    set_up(threads=threads, quiet=quiet)
    from edasat.core.errors import EXIT_CHECK_FAILED, EXIT_DONE
    from edasat.core.files import check_writable
    from edasat.tools.timing_text import summary_text

    _check_table(out)
    if report is not None:
        check_writable(report)
    result = files.time()
    print_notes(result.notes, quiet=quiet)
    if out is not None:
        _write_endpoints(result, out)
    if report is not None:
        from edasat.tools.timing_report import timing_report

        timing_report(result, report)
    if as_json:
        print_json(result.summary())
    else:
        print(summary_text(result))
        for path in (out, report):
            if path is not None:
                print(f"written: {path}")
    raise typer.Exit(EXIT_CHECK_FAILED if fail and result.num_failing else EXIT_DONE)


@app.command(
    "paths",
    epilog=f"Examples: edasat timing paths {_FILES} -n 3 | edasat timing paths {_FILES} --hold --to u7/D | "
    f"edasat timing paths {_FILES} -n 100 --per-endpoint 5 --json",
)
@takes_design
def paths(
    files: DesignFiles,
    count: Annotated[int, typer.Option("--count", "-n", min=1, help="Number of paths.")] = 1,
    hold: Annotated[bool, typer.Option("--hold", help="Paths of the earliest data, against hold and removal.")] = False,
    per_endpoint: Annotated[int, typer.Option("--per-endpoint", min=1, help="Paths that may share an end.")] = 1,
    to: Annotated[str | None, typer.Option("--to", help="Only paths to this pin (instance/pin) or port.")] = None,
    threads: Threads = 1,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Print the worst paths, stage by stage."""
    set_up(threads=threads, quiet=quiet)
    from edasat.tools.timing_text import path_dict, path_text

    result = files.time()
    print_notes(result.notes, quiet=quiet)
    found = result.paths(count, late=not hold, per_endpoint=per_endpoint, to=to)
    if as_json:
        print_json([path_dict(path) for path in found])
    elif found:
        print("\n\n".join(path_text(path) for path in found))
    else:
        print("no constrained path")


@app.command(
    "check",
    epilog=f"Examples: edasat timing check {_FILES} --def placed.def | edasat timing check {_FILES} --spef top.spef "
    "--json",
)
@takes_design
def check(
    files: DesignFiles,
    threads: Threads = 1,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Tell how well the files of a design meet, and what its constraints leave open.

    Exit code 1 if many names of one file are unknown to the others; unconstrained pins are told and change nothing.
    """
    set_up(threads=threads, quiet=quiet)
    from edasat.core.errors import EXIT_CHECK_FAILED, EXIT_DONE
    from edasat.eda.timing.join import MIN_SHARE
    from edasat.tools.timing_text import check_text

    result = files.time(check_join=False, latches="opaque", black_boxes=True)
    poor = [row for row in result.design.join.rows if row.share < MIN_SHARE]
    if as_json:
        summary = result.summary()
        kept = ("design", "join", "unconstrained", "ignored_sdc", "notes")
        print_json({**{key: summary[key] for key in kept}, "good": not poor})
    else:
        print(check_text(result))
    raise typer.Exit(EXIT_CHECK_FAILED if poor else EXIT_DONE)


def _check_table(out: Path | None) -> None:
    from edasat.core.files import check_writable
    from edasat.core.tables import check_table_path

    if out is not None and out.suffix.lower() == ".json":
        check_writable(out)
    elif out is not None:
        check_table_path(out)


def _write_endpoints(result: StaResult, out: Path) -> None:
    from edasat.core.files import atomic_write
    from edasat.core.tables import write_table

    if out.suffix.lower() != ".json":
        write_table(result.endpoint_table(), out)
        return
    rows: list[dict[str, Any]] = [*result.setup.rows(), *result.hold.rows()]
    with atomic_write(out, "w") as file:
        file.write(json.dumps(rows, indent=1) + "\n")
