"""``edasat sat generate``: formulas that are like given ones."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from edasat.core.errors import InputError

from .common import Json, Memory, Quiet, Seed, parse_executor, parse_size, print_json, set_up

if TYPE_CHECKING:
    from edasat.core.tasks import Executor

EXAMPLES: Final = (
    "Examples: edasat sat generate --like seed.cnf -n 20 --status unsat -o new/ | edasat sat generate --like a.cnf.xz "
    "--like cnfs/ -n 100 --hardness 0.8..1.25 --proofs --report new.html -o new/ | edasat sat generate --like seed.cnf "
    "-n 1000 --jobs 0 --executor ray -o /shared/new/"
)


def generate(
    like: Annotated[list[Path], typer.Option("--like", help="CNF file or folder of them; may be given several times.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for 0001.cnf.xz and so on, and the manifest.")],
    count: Annotated[int, typer.Option("--count", "-n", help="Formulas wanted.")] = 10,
    status: Annotated[str, typer.Option("--status", help="unsat, sat or any.")] = "any",
    hardness: Annotated[
        str,
        typer.Option(
            "--hardness", metavar="LO..HI", help="Conflicts after preprocessing over those of the parent, CaDiCaL's."
        ),
    ] = "0.5..2",
    method: Annotated[
        str, typer.Option("--method", help="How (the manual lists the methods); auto: what is accepted for the parent.")
    ] = "auto",
    timeout: Annotated[float, typer.Option("--timeout", "-t", min=0.01, help="CPU seconds of one solver run.")] = 60.0,
    memory: Memory = None,
    attempts: Annotated[
        int | None, typer.Option("--attempts", help="Candidates at most; default: 12 for each formula, and 24.")
    ] = None,
    proofs: Annotated[bool, typer.Option("--proofs", help="Keep proofs and models beside the formulas.")] = False,
    jobs: Annotated[int, typer.Option("--jobs", "-j", min=0, help="Candidates at a time; 0 with ray: all cores.")] = 1,
    executor: Annotated[str, typer.Option("--executor", help="local, or ray for a cluster.")] = "local",
    report: Annotated[Path | None, typer.Option("--report", help="Write figures and tables as one HTML file.")] = None,
    seed: Seed = 0,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Make new formulas that keep structure and hardness of given ones, with a proved status.

    Each is solved by CaDiCaL and Glucose before and after preprocessing, an unsatisfiable one has a checked proof, a
    satisfiable one a checked model; no two are the same up to names and order. The manifest tells all of it. Killed at
    any moment, the same command goes on where it was; with a larger -n it adds.

    Exit code 0: as many as wanted, 1: the attempts ran out before.
    """
    set_up(quiet=quiet)
    from edasat import api
    from edasat.core.files import check_writable
    from edasat.tools.generate_report import generate_report, summary, summary_text, why_incomplete

    if report is not None:
        check_writable(report)
    where: Executor | None = "ray" if parse_executor(executor) == "ray" else None
    if jobs == 0 and where is None:
        raise InputError("--jobs must be at least 1 without --executor ray")
    done = api.generate(
        like,
        out,
        count=count,
        status=status,  # type: ignore[arg-type]  # checked there
        hardness=parse_range(hardness),
        method=method,
        seed=seed,
        timeout_s=timeout,
        memory_bytes=parse_size(memory),
        attempts=attempts,
        proofs=proofs,
        jobs=jobs,
        executor=where,
    )
    if report is not None:
        generate_report(done, report)
    if not quiet:
        _warn_of_left_out(done.left_out)
    if as_json:
        print_json(summary(done))
    else:
        print(summary_text(done))
    if not done.complete:
        print(why_incomplete(done), file=sys.stderr)
    raise typer.Exit(done.exit_code)


def _warn_of_left_out(problems: Mapping[str, str]) -> None:
    """Say once for each reason which parents it leaves out."""
    names: dict[str, list[str]] = {}
    for name, problem in problems.items():
        names.setdefault(problem.partition("\n")[0], []).append(name)
    for problem, found in names.items():
        more = f" and {len(found) - 1} more" if len(found) > 1 else ""
        print(f"warning: {found[0]}{more} left out: {problem}", file=sys.stderr)


def parse_range(text: str) -> tuple[float, float]:
    """Turn '0.5..2' into its ends.

    >>> parse_range("0.5..2")
    (0.5, 2.0)

    Raises:
        InputError: for anything else.
    """
    low, _, high = text.partition("..")
    try:
        return float(low), float(high)
    except ValueError:
        raise InputError(f"'{text}' is not a range", hint="LO..HI, such as 0.5..2", code="generate-hardness") from None
