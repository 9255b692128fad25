"""``edasat graph``: files to graphs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from .common import Json, Memory, Quiet, parse_size, print_json, set_up

EXAMPLES = (
    "Examples: edasat graph a.cnf.xz --kind tripartite -o graphs/ | "
    "edasat graph adder.aig --kind aig -o graphs/ | then in Python: edasat.core.graph.Graph.load('graphs/a').to_pyg()"
)


def graph(
    files: Annotated[list[str], typer.Argument(help="CNF or AIGER files; each makes one graph.")],
    kind: Annotated[
        str, typer.Option("--kind", "-k", help="tripartite, variable-clause, literal-incidence (CNF) or aig (AIGER).")
    ] = "tripartite",
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder; one folder per graph is made in it.")] = Path(),
    memory: Memory = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Turn files into graphs: one folder each, holding safetensors and JSON.

    --memory caps a tripartite graph; clauses beyond it are left out by an even subsample, and the result says so.
    """
    set_up(quiet=quiet)
    from edasat.api import GRAPH_KINDS, build_graph
    from edasat.core.errors import InputError
    from edasat.core.progress import Progress

    if kind not in GRAPH_KINDS:
        raise InputError(f"unknown graph kind '{kind}'", hint="one of " + ", ".join(GRAPH_KINDS))
    names = [_stem(file) for file in files]
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise InputError(f"two files would make the graph '{twice}'", hint="give them in separate calls")
    rows: list[dict[str, Any]] = []
    with Progress("graphs", len(files)) as progress:
        for file, name in zip(files, names, strict=True):
            made = build_graph(file, kind, memory_budget=parse_size(memory))
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


def _stem(file: str) -> str:
    """Name of a file without its folder and known endings."""
    if file == "-":
        return "stdin"
    name = Path(file).name
    for suffix in (".gz", ".xz", ".zst", ".bz2", ".cnf", ".dimacs", ".aig", ".aag"):
        name = name.removesuffix(suffix)
    return name or "graph"
