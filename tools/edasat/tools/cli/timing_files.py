"""The files and choices that every command about a placed or mapped design takes."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from dataclasses import MISSING, asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_type_hints

import typer

if TYPE_CHECKING:
    from edasat.eda.timing.result import StaResult


@dataclass(frozen=True)
class DesignFiles:
    """One field for each option; :func:`takes_design` puts them on a command."""

    lib: Annotated[list[Path], typer.Option("--lib", help="Liberty file; may be given several times.")]
    netlist: Annotated[Path | None, typer.Option("--netlist", help="Structural Verilog.")] = None
    layout: Annotated[
        Path | None, typer.Option("--def", help="DEF: placement, and without --netlist the connections, too.")
    ] = None
    lef: Annotated[list[Path] | None, typer.Option("--lef", help="LEF file; may be given several times.")] = None
    sdc: Annotated[Path | None, typer.Option("--sdc", help="Constraints; read, never run as Tcl.")] = None
    period: Annotated[float | None, typer.Option("--period", help="Instead of --sdc: ns, for every clock port.")] = None
    sdf: Annotated[Path | None, typer.Option("--sdf", help="Delays that replace calculated ones.")] = None
    spef: Annotated[Path | None, typer.Option("--spef", help="Extracted wires.")] = None
    wires: Annotated[
        Literal["auto", "none", "wire-load", "placement", "spef"],
        typer.Option("--wires", help="Where wires come from; auto: SPEF, else placement (with --lef), else none."),
    ] = "auto"
    wire_rc: Annotated[
        tuple[float, float] | None,
        typer.Option("--wire-rc", metavar="OHM FF", help="Of a wire per um, instead of the LEF's."),
    ] = None
    top: Annotated[str | None, typer.Option("--top", help="Top module of the netlist.")] = None
    corners: Annotated[
        Literal["early-late", "single"], typer.Option("--corners", help="Two delays for each edge, or one.")
    ] = "early-late"
    latches: Annotated[
        Literal["refuse", "opaque"], typer.Option("--latches", help="Transparent latches: an error, or path ends.")
    ] = "refuse"
    black_boxes: Annotated[bool, typer.Option("--black-boxes", help="Leave out instances of unknown cells.")] = False

    def time(self, **changes: Any) -> StaResult:
        """Time the design; ``changes`` override options."""
        from edasat import api

        given = {**asdict(self), "lef": self.lef or (), **changes}
        return api.sta(given.pop("lib"), **given)


def takes_design(command: Callable[..., None]) -> Callable[..., None]:
    """Put the options of :class:`DesignFiles` on a command whose first argument is such a record."""
    hints = get_type_hints(DesignFiles, include_extras=True)
    own = get_type_hints(command, include_extras=True)
    names = [field.name for field in fields(DesignFiles)]
    keyword = inspect.Parameter.KEYWORD_ONLY
    shared = [
        inspect.Parameter(
            field.name,
            keyword,
            annotation=hints[field.name],
            default=inspect.Parameter.empty if field.default is MISSING else field.default,
        )
        for field in fields(DesignFiles)
    ]
    rest = [
        parameter.replace(kind=keyword, annotation=own[name])
        for name, parameter in list(inspect.signature(command).parameters.items())[1:]
    ]

    @functools.wraps(command)
    def run(**given: Any) -> None:
        command(DesignFiles(**{name: given.pop(name) for name in names}), **given)

    signature = inspect.Signature([*shared, *rest])
    run.__signature__ = signature  # type: ignore[attr-defined]
    run.__annotations__ = {name: parameter.annotation for name, parameter in signature.parameters.items()}
    del run.__wrapped__  # typer would look through to the command itself
    return run
