"""``edasat doctor``: what is installed, and what each missing thing would enable."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from .common import Json, print_json

EXAMPLES = "Example: edasat doctor --json"


def doctor(
    as_json: Json = False,
    solve: Annotated[bool, typer.Option("--solve", help="Also run each engine on a small formula.")] = False,
) -> None:
    """Tell what is installed, what is missing, and what the missing would enable.

    Exit code 1 when something that edasat needs is missing or broken.
    """
    from edasat.core.errors import EXIT_CHECK_FAILED, EXIT_DONE
    from edasat.tools.installation import examine

    report = examine(solve=solve)
    if as_json:
        print_json(asdict(report))
    else:
        print(report.text())
    raise typer.Exit(EXIT_DONE if report.healthy else EXIT_CHECK_FAILED)
