"""The command line: one module per command group; every command is a thin wrapper over :mod:`edasat.api`.

Only typer is imported at the top: ``edasat --help`` answers in a fraction of a second.
"""

from __future__ import annotations

import io
import json
import os
import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from edasat.core.errors import EXIT_DONE, EXIT_USAGE, EdasatError, InputError
from edasat.core.processes import pass_signals_on

from . import cache, core, data, doctor, generate, graph, models, qor, sat, timing
from .common import version_text

app = typer.Typer(
    name="edasat",
    help="Graph builders and learned models for EDA and SAT.",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit codes: 0 done, 1 ran and the check failed, 2 wrong usage or input; solver runs answer 10 "
    "(satisfiable), 20 (unsatisfiable) or 0. Files may be gzip, xz, zstd or bzip2; - is standard input.",
)
sat.app.command("core", epilog=core.CORE_EXAMPLES)(core.core)
sat.app.command("check", epilog=core.CHECK_EXAMPLES)(core.check)
sat.app.command("generate", epilog=generate.EXAMPLES)(generate.generate)
app.add_typer(sat.app, name="sat")
app.add_typer(timing.app, name="timing")
qor.app.command("predict", epilog=qor.EXAMPLES)(qor.predict)
app.add_typer(qor.app, name="qor")
app.command("graph", epilog=graph.EXAMPLES)(graph.graph)
app.command("doctor", epilog=doctor.EXAMPLES)(doctor.doctor)
app.add_typer(data.app, name="data")
app.command(
    "train",
    epilog=models.TRAIN_EXAMPLES,
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
)(models.train)
app.command("evaluate", epilog=models.EVALUATE_EXAMPLES)(models.evaluate)
app.add_typer(models.app, name="models")
app.add_typer(cache.app, name="cache")


def _version(wanted: bool) -> None:
    if wanted:
        print(version_text())
        raise typer.Exit


@app.callback()
def _top(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and stop.")
    ] = False,
) -> None:
    pass


def main(arguments: list[str] | None = None) -> NoReturn:
    """Run the command line and leave with its exit code; errors print as one piece, never as a traceback.

    ``EDASAT_TRACEBACK=1`` shows where an error arose.
    """
    arguments = sys.argv[1:] if arguments is None else arguments
    pass_signals_on()
    _prepare_output()
    as_json = "--json" in arguments
    code: int | str | None = None
    try:
        code = _call(arguments)
        sys.stdout.flush()
    except BrokenPipeError:  # the reader of our output has gone, as `head` does
        _drop_output()
    except (EdasatError, OSError, MemoryError) as error:
        if os.environ.get("EDASAT_TRACEBACK"):
            raise
        code = error.exit_code if isinstance(error, EdasatError) else EXIT_USAGE
        _print_error(error, as_json=as_json)
    sys.exit(code)


def _call(arguments: list[str]) -> int | str | None:
    try:
        app(arguments)  # prints wrong usage itself and leaves with code 2
    except SystemExit as end:
        return end.code
    return EXIT_DONE


def _prepare_output() -> None:
    """Make every name printable, and output that the caller closed a place where nothing is kept."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115 - open to the end
        elif isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _drop_output() -> None:
    """Let what is still buffered go nowhere: the interpreter would complain when it flushes at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _print_error(error: EdasatError | OSError | MemoryError, *, as_json: bool) -> None:
    text = str(error)
    if isinstance(error, MemoryError):
        text = "error: there is not enough memory for this input"
    elif isinstance(error, OSError):  # no reader or writer of ours: a full disk below standard output, a lost folder
        place = f"{error.filename}: " if error.filename is not None else ""
        text = f"{place}error: {error.strerror or error}"
    print(text, file=sys.stderr)
    try:
        if as_json:
            fields = error.to_dict() if isinstance(error, InputError) else {"error": text.removeprefix("error: ")}
            print(json.dumps(fields))
        sys.stdout.flush()
    except OSError:
        _drop_output()
