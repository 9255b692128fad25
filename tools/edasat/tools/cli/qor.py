"""``edasat qor predict``: area and delay of Verilog before synthesis."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Final, get_args

import typer

from edasat.core.errors import EXIT_CHECK_FAILED, EdasatError, InputError

from .common import Json, Memory, Quiet, Threads, Weights, parse_size, print_json, set_up
from .design import Define, Include, Parameter, read_design

app = typer.Typer(help="Area and delay of register-transfer Verilog.", no_args_is_help=True)

EXAMPLES: Final = (
    "Examples: edasat qor predict top.v fifo.v --top top | edasat qor predict top.v --lib-name nangate45 --explain | "
    "edasat qor predict top.v --lib cells.lib.gz --script speed --verify | cat top.v | edasat qor predict - --json"
)
_EXPLAINED: Final = 15  # lines listed
_PATIENCE: Final = 4.0  # wall time allowed per CPU time: other jobs may share the machine


@app.callback()
def _group() -> None:
    """Area and delay of register-transfer Verilog."""


def predict(
    files: Annotated[list[str], typer.Argument(help="Verilog files of one design, or - for standard input.")],
    lib_name: Annotated[
        str | None, typer.Option("--lib-name", help="A library that is known: edasat45 (default), nangate45, ...")
    ] = None,
    lib: Annotated[Path | None, typer.Option("--lib", help="Liberty file, instead of a known library.")] = None,
    top: Annotated[str | None, typer.Option("--top", help="Top module; default: the one that no other uses.")] = None,
    script: Annotated[str, typer.Option("--script", help="What synthesis optimises: area or speed.")] = "area",
    network: Annotated[
        str,
        typer.Option(
            "--network",
            help="auto, text (needs no Yosys), graph, gates, text+graph, or embeddings (in weights of your own).",
        ),
    ] = "auto",
    parameter: Parameter = None,
    define: Define = None,
    include: Include = None,
    explain: Annotated[bool, typer.Option("--explain", help="List the lines that cost most.")] = False,
    verify: Annotated[bool, typer.Option("--verify", help="Also run Yosys and ABC, and compare.")] = False,
    report: Annotated[Path | None, typer.Option("--report", help="Also write an HTML report.")] = None,
    timeout: Annotated[
        float, typer.Option("--timeout", "-t", min=0.1, help="CPU seconds of each run of Yosys or ABC.")
    ] = 600.0,
    memory: Memory = "4G",
    weights: Weights = None,
    threads: Threads = 1,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Say what synthesis will make of Verilog: area and delay, each with an interval.

    Area is that of the mapped cells, flip-flops included; delay the longest path through cells between registers or
    ports, without wires. --verify runs the synthesis that is predicted.

    Exit code 0: predicted, 1: predicted, and the verifying synthesis failed, 2: wrong usage or input.
    """
    set_up(threads=threads, quiet=quiet)
    from edasat import api
    from edasat.core.files import check_writable
    from edasat.core.processes import Limits
    from edasat.tools.qor_libraries import DEFAULT_LIBRARY, qor_library
    from edasat.tools.qor_prediction import as_rtl
    from edasat.tools.qor_text import result_dict, result_text

    if report is not None:
        check_writable(report)
    limits = Limits(cpu_s=timeout, wall_s=_PATIENCE * timeout, memory_bytes=parse_size(memory))
    if lib is not None and lib_name is not None:
        raise InputError("both a library's name and a library file are given", hint="give --lib-name or --lib")
    rtl = as_rtl(read_design(files, top, parameter, define, include))
    library = qor_library(lib if lib is not None else lib_name or DEFAULT_LIBRARY)
    if verify:
        library.mapping()  # refused now rather than after the prediction
    result = api.predict_qor(
        rtl,
        library,
        script=_choice("script", script, get_args(api.QorScript)),
        network=_choice("network", network, get_args(api.QorNetwork)),
        weights=weights,
        limits=limits,
    )
    failure: EdasatError | None = None
    if verify:
        try:
            result = replace(result, measured=api.measure_qor(rtl, library, script=result.script, limits=limits))
        except EdasatError as error:
            failure = error
    if report is not None:
        from edasat.tools.qor_report import qor_report

        qor_report(result, rtl.sources, report)
    if as_json:
        print_json(result_dict(result) | {"verify_error": str(failure) if failure else None})
    else:
        print(result_text(result, _EXPLAINED if explain else 0, rtl.sources))
        if report is not None:
            print(f"written: {report}")
    if failure is not None:
        print(failure, file=sys.stderr)
        raise typer.Exit(EXIT_CHECK_FAILED)


def _choice(option: str, value: str, known: tuple[str, ...]) -> Any:
    """Return a value that must be one of a few."""
    if value not in known:
        raise InputError(f"unknown {option} '{value}'", hint=f"one of {', '.join(known)}")
    return value
