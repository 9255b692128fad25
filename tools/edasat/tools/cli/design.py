"""Options of commands that read a design in Verilog."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edasat.core.errors import InputError

if TYPE_CHECKING:
    from edasat.eda.flow import Rtl

Parameter = Annotated[
    list[str] | None, typer.Option("--parameter", "-P", metavar="NAME=N", help="Of the top module; repeat.")
]
Define = Annotated[list[str] | None, typer.Option("--define", "-D", metavar="NAME[=TEXT]", help="Macro; repeat.")]
Include = Annotated[list[Path] | None, typer.Option("--include", "-I", help="Folder of included files; repeat.")]


def read_design(
    files: list[str],
    top: str | None,
    parameter: list[str] | None,
    define: list[str] | None,
    include: list[Path] | None,
) -> Rtl:
    """Return the design that a command's options name."""
    from edasat.eda.flow import Rtl

    parameters = {}
    for text in parameter or ():
        name, equals, value = text.partition("=")
        if not equals:
            raise InputError(f"'{text}' is not NAME=N", hint="such as --parameter WIDTH=16")
        parameters[name] = _number(name, value)
    defines = {}
    for text in define or ():
        name, equals, value = text.partition("=")
        defines[name] = value if equals else "1"
    return Rtl(files, top=top, parameters=parameters, defines=defines, include_dirs=include or ())


def _number(name: str, text: str) -> int:
    """Return a parameter's value."""
    try:
        return int(text, 0)
    except ValueError:
        raise InputError(f"parameter '{name}' must be a whole number, got '{text}'") from None
