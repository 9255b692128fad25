"""``edasat graph``: files to graphs."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from .common import Json, Memory, Quiet, parse_size, print_json, set_up
from .design import Define, Include, Parameter, read_design

if TYPE_CHECKING:
    from edasat.core.graph import Graph

EXAMPLES = (
    "Examples: edasat graph a.cnf.xz --kind tripartite -o graphs/ | "
    "edasat graph adder.aig --kind aig -o graphs/ | "
    "edasat graph top.v fifo.v --kind cdfg --top top -o graphs/ | "
    "edasat graph top.def top.v --lib cells.lib --lef cells.lef --sdc top.sdc -o graphs/ | "
    "then in Python: edasat.core.graph.Graph.load('graphs/a').to_pyg()"
)

_PACKED = (".gz", ".xz", ".zst", ".bz2")
_LAYOUT = ".def"
_NETLISTS = (".v", ".verilog")
_RTL = (*_NETLISTS, ".sv")
_OF_DESIGNS = ("ast", "cdfg", "gate", "lut")
_OTHERS = (".cnf", ".dimacs", ".aig", ".aag")


def graph(
    files: Annotated[
        list[str],
        typer.Argument(
            help="CNF or AIGER files, each makes one graph; or one DEF, one netlist, or both; or the Verilog files of "
            "one design."
        ),
    ],
    kind: Annotated[
        str | None,
        typer.Option(
            "--kind",
            "-k",
            help="tripartite, variable-clause, literal-incidence (CNF), aig (AIGER, Verilog), ast, cdfg, gate, lut "
            "(Verilog) or pins (DEF, netlist). Default: pins for names in .def and .v, else tripartite.",
        ),
    ] = None,
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder; one folder per graph is made in it.")] = Path(),
    memory: Memory = None,
    lib: Annotated[list[Path] | None, typer.Option("--lib", help="Pins: Liberty file; may be repeated.")] = None,
    lef: Annotated[list[Path] | None, typer.Option("--lef", help="Pins: LEF file; may be repeated.")] = None,
    sdc: Annotated[Path | None, typer.Option("--sdc", help="Pins: constraints, for times and slack.")] = None,
    period: Annotated[float | None, typer.Option("--period", help="Pins: ns, instead of --sdc.")] = None,
    sdf: Annotated[Path | None, typer.Option("--sdf", help="Pins: delays.")] = None,
    spef: Annotated[Path | None, typer.Option("--spef", help="Pins: wires.")] = None,
    top: Annotated[str | None, typer.Option("--top", help="Pins, Verilog: top module.")] = None,
    parameter: Parameter = None,
    define: Define = None,
    include: Include = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Turn files into graphs: one folder each, holding safetensors and JSON.

    --memory caps a tripartite graph; clauses beyond it are left out by an even subsample, and the result says so.
    A graph of pins holds arrival times, slews and slack of the design as `edasat timing sta` finds them; latches are
    taken as opaque.

    Of Verilog, ast is the syntax tree, cdfg the operations on words with the hierarchy kept, gate the flat gates that
    these are made of, aig and lut the flat design after synthesis as and-inverter graph and as look-up tables of six
    inputs; --parameter, --define and --include are theirs.
    """
    set_up(quiet=quiet)
    from edasat import api
    from edasat.core.errors import InputError

    kinds = (*api.GRAPH_KINDS, "pins")
    if kind is None and not lib and all(_ending(file) in _RTL for file in files):
        raise InputError(
            "there are several graphs of Verilog",
            hint="--kind ast, cdfg, gate, aig or lut; or --lib FILE for the pins of a netlist of library cells",
        )
    if kind is None:
        kind = "pins" if any(_ending(file) in (_LAYOUT, *_NETLISTS) for file in files) else "tripartite"
    if kind not in kinds:
        raise InputError(f"unknown graph kind '{kind}'", hint="one of " + ", ".join(kinds))
    builders: dict[str, Callable[[], Graph]] = {}
    if kind == "pins":
        layout, netlist = _design(files)
        name = _stem(files[0])
        builders[name] = lambda: api.sta(
            lib or (), netlist=netlist, layout=layout, lef=lef or (), sdc=sdc, period=period, sdf=sdf, spef=spef,
            top=top, latches="opaque",
        ).to_graph()  # fmt: skip
    elif kind in _OF_DESIGNS or (kind == "aig" and all(_ending(file) in _RTL for file in files)):
        design = read_design(files, top, parameter, define, include)
        builders[top or _stem(files[0])] = partial(api.build_graph, design, cast("api.GraphKind", kind))
    else:
        for file in files:
            if _stem(file) in builders:
                raise InputError(f"two files would make the graph '{_stem(file)}'", hint="give them in separate calls")
            made_as = cast("api.GraphKind", kind)
            builders[_stem(file)] = partial(api.build_graph, file, made_as, memory_budget=parse_size(memory))
    _build(builders, files, out, as_json=as_json)


def _build(builders: dict[str, Callable[[], Graph]], files: list[str], out: Path, *, as_json: bool) -> None:
    from edasat.core.progress import Progress

    rows: list[dict[str, Any]] = []
    with Progress("graphs", len(builders)) as progress:
        for (name, build), file in zip(builders.items(), files, strict=False):
            made = build()
            folder = out / name
            made.save(folder)
            rows.append({"file": file, "graph": str(folder), "nodes": made.num_nodes, "edges": made.num_edges})
            whole, kept = made.metadata.get("clauses"), made.metadata.get("kept_clauses")
            if kept is not None and kept != whole:
                rows[-1]["subsample"] = f"{kept} of {whole} clauses"
            progress.step(file)
    if as_json:
        print_json(rows)
        return
    for row in rows:
        note = f"  (subsampled: {row['subsample']})" if "subsample" in row else ""
        print(f"{row['graph']}: {row['nodes']} nodes, {row['edges']} edges{note}")


def _design(files: list[str]) -> tuple[str | None, str | None]:
    """Return the DEF and the netlist among the files of one design."""
    from edasat.core.errors import InputError

    layouts = [file for file in files if _ending(file) == _LAYOUT]
    netlists = [file for file in files if _ending(file) != _LAYOUT]
    if len(layouts) > 1 or len(netlists) > 1:
        raise InputError(
            "a graph of pins takes one design: a DEF, a netlist, or one of both", hint="give one at a time"
        )
    return (layouts[0] if layouts else None), (netlists[0] if netlists else None)


def _plain(file: str) -> str:
    """Name of a file without its folder and the ending of its compression."""
    name = Path(file).name
    for suffix in _PACKED:
        name = name.removesuffix(suffix)
    return name


def _ending(file: str) -> str:
    return Path(_plain(file)).suffix.lower()


def _stem(file: str) -> str:
    """Name of a file without its folder and known endings."""
    if file == "-":
        return "stdin"
    name = _plain(file)
    for suffix in (_LAYOUT, *_RTL, *_OTHERS):
        name = name.removesuffix(suffix)
    return name or "graph"
