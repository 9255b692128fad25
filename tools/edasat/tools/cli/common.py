"""Options and output that all commands share."""

from __future__ import annotations

import importlib.metadata
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from edasat.core.errors import InputError, Notes
from edasat.core.progress import set_quiet
from edasat.core.threads import set_threads

if TYPE_CHECKING:
    from edasat.core.tasks import Executor

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of text.")]
Threads = Annotated[int, typer.Option("--threads", help="Threads of numeric libraries.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress, no warnings.")]
Seed = Annotated[int, typer.Option("--seed", help="Seed of every random choice.")]
Relaxed = Annotated[bool, typer.Option("--relaxed", help="Accept counts that differ from the header, with a warning.")]
Weights = Annotated[
    Path | None, typer.Option("--weights", help="Folder of your own weights (edasat train); default: those that ship.")
]
Memory = Annotated[
    str | None, typer.Option("--memory", help="Memory limit of one run, such as 2G or 500M.", metavar="SIZE")
]

_UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}


def version_text() -> str:
    """Return name and version."""
    return f"edasat {importlib.metadata.version('edasat')}"


def set_up(*, threads: int = 1, quiet: bool = False) -> None:
    """Apply the options that hold for the whole process; called before any heavy import."""
    set_threads(threads)
    set_quiet(quiet)


def print_json(value: Any) -> None:
    """Print one JSON document on standard output."""
    print(json.dumps(value, indent=2, default=str))


def print_notes(notes: Notes, *, quiet: bool) -> None:
    """Print counted warnings on standard error."""
    if not quiet:
        for line in notes.lines():
            print(line, file=sys.stderr)


def parse_engines(text: str | None) -> tuple[str, ...]:
    """Turn 'kissat404, cms' into names, each once; None is the default pool."""
    from edasat.sat.solvers import DEFAULT_POOL, find_engines

    if text is None:
        return DEFAULT_POOL
    return tuple(engine.name for engine in find_engines([name.strip() for name in text.split(",")]))


def parse_executor(text: str) -> Executor:
    """Turn ``--executor`` into what runs the tasks.

    Raises:
        InputError: for anything but "local" and "ray".
    """
    if text not in ("local", "ray"):
        raise InputError(f"unknown executor '{text}'", hint="local or ray")
    return "ray" if text == "ray" else "threads"  # a run is a program of its own: threads wait for it


def parse_size(text: str | None) -> int | None:
    """Turn '2G' into bytes.

    >>> parse_size("2G"), parse_size(None)
    (2147483648, None)

    Raises:
        InputError: for anything else.
    """
    if text is None:
        return None
    number, unit = (text[:-1], text[-1].upper()) if text[-1:].isalpha() else (text, "")
    try:
        size = int(float(number) * _UNITS[unit])
    except (ValueError, KeyError, OverflowError):
        raise InputError(f"'{text}' is not a size", hint="such as 500M or 2G") from None
    if size <= 0:
        raise InputError(f"a size must be positive, got '{text}'")
    return size
