"""How to sum messages between clauses and literals: CPU time of every way PyTorch and PyG offer.

``python -m edasat.tools.benchmarks.message_passing [--million] [-o results/message_passing.json]`` times the mean over
a random 3-SAT-like incidence (3.25 literals a clause, as in the study that started this), once clause <- literal and
once literal <- clause, on one thread. All ways give the same numbers; that is checked before any is timed.
"""

from __future__ import annotations

import argparse
import sys
import time
import warnings
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from edasat.core.threads import set_threads
from edasat.models.layers.aggregate import Incidence, aggregate
from edasat.sat.cnf import Cnf
from edasat.sat.tripartite import tripartite_arrays
from edasat.tools.results import write_result

WIDTH: Final = 32  # of GraSS as shipped
_CLAUSES_PER_VARIABLE: Final = 4.2
_LENGTHS: Final = (2, 3, 4, 4)  # mean 3.25

#: Takes node states (num_sources, width) to their means over in-neighbours (num_targets, width).
Way = Callable[[Tensor], Tensor]


def random_incidence(num_clauses: int, seed: int = 0) -> Incidence:
    """Return clause <- literal edges of random clauses."""
    rng = np.random.default_rng(seed)
    num_vars = int(num_clauses / _CLAUSES_PER_VARIABLE)
    lengths = rng.choice(_LENGTHS, num_clauses)
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    literals = rng.integers(1, num_vars + 1, offsets[-1]) * rng.choice([-1, 1], offsets[-1])
    arrays = tripartite_arrays(Cnf.from_arrays(offsets, literals.astype(np.int32), num_vars))
    parts = (arrays.literals, arrays.clause_offsets, arrays.clauses, arrays.literal_offsets)
    return Incidence(*(torch.from_numpy(part) for part in parts))


def ways(edges: Incidence) -> dict[str, Way]:
    """Return the ways to average over in-neighbours, set up for these edges."""
    from torch_geometric.nn import SAGEConv, SimpleConv

    num_sources, num_targets = len(edges.source_offsets) - 1, len(edges.target_offsets) - 1
    sources, offsets = edges.sources.long(), edges.target_offsets.long()
    degrees = offsets.diff()
    targets = torch.repeat_interleave(torch.arange(num_targets), degrees)
    edge_list = torch.stack([sources, targets])
    ones = torch.ones(len(sources))
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Sparse CSR tensor support is in beta")
        # Columns are not sorted within a row, which the check wants and no kernel here needs.
        csr = torch.sparse_csr_tensor(offsets, sources, ones, (num_targets, num_sources), check_invariants=False)
    scale = degrees.clamp(min=1).unsqueeze(1)
    no_targets = torch.zeros(num_targets, WIDTH)
    mean = SimpleConv(aggr="mean")
    sage = SAGEConv(WIDTH, WIDTH, aggr="mean", root_weight=False, bias=False)
    with torch.no_grad():
        sage.lin_l.weight.copy_(torch.eye(WIDTH))

    def scatter(x: Tensor) -> Tensor:
        index = targets.unsqueeze(1).expand(-1, x.shape[1])
        return x.new_zeros(num_targets, x.shape[1]).scatter_add(0, index, x[sources]) / scale

    def index_add(x: Tensor) -> Tensor:
        return x.new_zeros(num_targets, x.shape[1]).index_add(0, targets, x.index_select(0, sources)) / scale

    return {
        "embedding_bag, backward over the other grouping": lambda x: aggregate(x, edges),
        "embedding_bag(mode='mean')": lambda x: F.embedding_bag(
            edges.sources, x, edges.target_offsets, mode="mean", include_last_offset=True
        ),
        "torch.sparse.mm(reduce='mean')": lambda x: torch.sparse.mm(csr, x, "mean"),
        "PyG SimpleConv, CSR": lambda x: mean((x, no_targets), csr),
        "PyG SAGEConv, CSR (with its linear layer)": lambda x: sage((x, no_targets), csr),
        "PyG SimpleConv, edge list": lambda x: mean((x, no_targets), edge_list),
        "index_select and index_add": index_add,
        "gather and scatter_add": scatter,
    }


def measure(num_clauses: int, repeats: int) -> list[dict[str, Any]]:
    """Return one row per way: median CPU seconds of forward and of forward with backward, per direction."""
    both = random_incidence(num_clauses)
    rows: dict[str, dict[str, Any]] = {}
    for direction, edges in (("clause_from_literal", both), ("literal_from_clause", both.reversed)):
        _measure_direction(direction, edges, repeats, rows)
    return list(rows.values())


def _measure_direction(direction: str, edges: Incidence, repeats: int, rows: dict[str, dict[str, Any]]) -> None:
    """Add one direction's columns to the rows."""
    torch.manual_seed(0)
    x = torch.randn(len(edges.source_offsets) - 1, WIDTH)
    grad = torch.randn(len(edges.target_offsets) - 1, WIDTH)
    wanted = _with_gradient(lambda x: aggregate(x, edges), x, grad)
    for name, way in ways(edges).items():
        row = rows.setdefault(
            name, {"way": name, "num_clauses": len(edges.target_offsets) - 1, "num_edges": len(edges.sources)}
        )
        for got, want in zip(_with_gradient(way, x, grad), wanted, strict=True):
            torch.testing.assert_close(got, want, rtol=1e-4, atol=1e-4)
        row[f"{direction}_with_backward_s"] = _cpu_seconds(partial(_with_gradient, way, x, grad), repeats)
        with torch.no_grad():
            row[f"{direction}_forward_s"] = _cpu_seconds(partial(way, x), repeats)


def _with_gradient(way: Way, x: Tensor, grad: Tensor) -> tuple[Tensor, Tensor]:
    x = x.detach().requires_grad_()
    out = way(x)
    out.backward(grad)  # type: ignore[no-untyped-call]
    assert x.grad is not None
    return out.detach(), x.grad


def _cpu_seconds(work: Callable[[], object], repeats: int) -> float:
    work()
    times = []
    for _ in range(repeats):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return float(np.median(times))


def render(rows: Sequence[dict[str, Any]]) -> str:
    """Return the table in milliseconds as text."""
    columns = [
        f"{d}_{t}_s" for d in ("clause_from_literal", "literal_from_clause") for t in ("forward", "with_backward")
    ]
    head = f"{'CPU ms':<50}{'clauses':>10}" + "".join(
        f"{c:>14}" for c in ("c<-l fwd", "fwd+bwd", "l<-c fwd", "fwd+bwd")
    )
    lines = [head]
    for row in rows:
        times = (f"{row[c] * 1e3:>14.1f}" for c in columns)
        lines.append(f"{row['way']:<50}{row['num_clauses']:>10,}" + "".join(times))
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print the table and write the JSON file."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--million", action="store_true", help="also measure a million clauses (about two minutes)")
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("-o", "--output", type=Path, help="JSON file to write")
    options = parser.parse_args(arguments)
    set_threads(1)
    rows = measure(100_000, options.repeats)
    if options.million:
        rows += measure(1_000_000, max(1, options.repeats // 2))
    print(render(rows))  # noqa: T201 - the table is what the command is for
    if options.output:
        command = " ".join(["python -m edasat.tools.benchmarks.message_passing", *(arguments or sys.argv[1:])])
        data = {"width": WIDTH, "rows": rows}
        write_result(options.output, data, command=command, seed=0, packages=("numpy", "torch", "torch-geometric"))


if __name__ == "__main__":
    main()
