"""The demonstration behind ``tools/demo``: real commands on shipped instances, results in ``demo-out/``."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from edasat.core.errors import EXIT_DONE, CheckFailed, EdasatError
from edasat.core.processes import pass_signals_on
from edasat.core.threads import set_threads

if TYPE_CHECKING:
    from edasat.eda.timing.result import StaResult

#: Formulas of seeded families, written by us; each is rebuilt by ``edasat sat family NAME``.
INSTANCES: Final = Path(__file__).parent / "instances"
_TIMEOUT_S = 5.0


def sat(out: Path) -> None:
    """Read the shipped formulas, run the pool on them, check the answers, write a report."""
    from edasat import api
    from edasat.core.threads import available_cores
    from edasat.sat.benchmark import journal_beside
    from edasat.sat.runs import write_runs
    from edasat.tools.bench_report import bench_report, summary, summary_text

    paths = sorted(INSTANCES.glob("*.cnf.xz"))
    api.read_formula(b"p cnf 0 0\n")  # loads the compiled reader, so that the times below are of reading alone
    _title(f"1. Read {len(paths)} CNF files")
    for path in paths:
        start = time.perf_counter()
        cnf = api.read_formula(path)
        took_ms = 1000 * (time.perf_counter() - start)
        print(f"  {path.name:<36}{cnf.num_vars:>8,} variables {cnf.num_clauses:>9,} clauses {took_ms:7.1f} ms")

    _title("2. Solve them with every engine of the pool (models are checked)")
    table = out / "runs.parquet"
    done = api.bench([INSTANCES], journal_beside(table), timeout_s=_TIMEOUT_S, jobs=available_cores())
    write_runs(done.table, table)
    bench_report(done.table, out / "bench.html", title="Demonstration: the pool on shipped formulas")
    print(summary_text(summary(done.table)))

    _title("3. Prove an unsatisfiable answer, and have the proof checked by another program")
    _prove(INSTANCES / "random-3sat-unsat-100-0.cnf.xz", out / "proof.drat")
    print(f"\nReport: {out / 'bench.html'}")


def _prove(path: Path, proof: Path) -> None:
    from edasat import api
    from edasat.sat.dimacs import format_dimacs

    cnf = api.read_formula(path)
    result = api.solve(cnf, proof=proof)
    print(f"  {path.name}: {result.status} by {result.runs[-1].engine}, proof of {len(proof.read_bytes()):,} bytes")
    try:
        import dratify
    except ImportError:
        print("  dratify is not installed: the proof is not checked")
        return
    verdict = dratify.check_proof(dratify.parse_dimacs(format_dimacs(cnf).decode()), proof.read_text())
    print(f"  dratify: {'accepted' if verdict.ok else 'REJECTED'}")
    if not verdict.ok:
        raise CheckFailed(f"error: dratify rejects the proof of {path.name}")


def timing(out: Path) -> None:
    """Time the shipped designs by placement, show the worst path of one, and write its report."""
    from edasat import api
    from edasat.core.tables import write_table
    from edasat.eda.cells import LEF, LIBERTY
    from edasat.tools.timing_examples import DESIGNS, FOLDER
    from edasat.tools.timing_report import timing_report
    from edasat.tools.timing_text import align, path_text

    def time_design(name: str) -> StaResult:
        folder = FOLDER / name
        return api.sta(
            LIBERTY, netlist=folder / "netlist.v", layout=folder / "placed.def", lef=LEF, sdc=folder / "constraints.sdc"
        )

    time_design("counter8")  # loads the compiled code, so that the times below are of timing alone
    _title(f"1. Time {len(DESIGNS)} placed designs, wires estimated from the placement")
    results = {name: time_design(name) for name in DESIGNS}
    rows = [("design", "cells", "end points", "setup WNS ns", "hold WNS ns", "violations", "read ms", "time ms")]
    for name, result in results.items():
        seconds = result.seconds
        rows.append(
            (
                name,
                f"{result.summary()['cells']:,}",
                f"{len(result.setup):,}",
                f"{result.setup.wns:.4f}",
                f"{result.hold.wns:.4f}",
                f"{result.num_failing:,}",
                f"{1000 * seconds['read']:.1f}",
                f"{1000 * (seconds['join'] + seconds['analyse']):.1f}",
            )
        )
    print("\n".join(f"  {line}" for line in align(rows)))

    worst = min(results.values(), key=lambda result: result.setup.worst_slack)
    _title("2. The worst path of all")
    print(path_text(worst.paths()[0]))

    _title("3. The pins of that design as a graph for models, labelled with slack")
    name = worst.summary()["design"]
    graph = worst.to_graph()
    graph.save(out / "graphs" / name)
    print(f"  {graph}")
    timing_report(worst, out / "timing.html")
    write_table(worst.endpoint_table(), out / "slack.csv")
    print(f"\nReport: {out / 'timing.html'}, slack of every end point: {out / 'slack.csv'}")


def slack(out: Path) -> None:
    """Predict the slack of a shipped placed layout before routing, and compare it with what routing gave."""
    from edasat import api
    from edasat.core.tables import write_table
    from edasat.datasets.timing.samples import CONSTRAINTS, GOLDEN, PLACED
    from edasat.eda.cells import LEF, LIBERTY
    from edasat.tools.slack_example import EXAMPLE
    from edasat.tools.slack_prediction import endpoint_table, extracted, prediction_text
    from edasat.tools.slack_report import slack_report

    _title("1. Predict a placed layout; then time it with the wires that routing and extraction gave")
    for _ in range(2):  # the first time loads torch and the compiled code
        found = api.predict_slack(
            LIBERTY, layout=EXAMPLE / PLACED, lef=LEF, sdc=EXAMPLE / CONSTRAINTS, latches="opaque", black_boxes=True
        )
    golden = extracted(found, EXAMPLE / GOLDEN)
    print(prediction_text(found, golden, 5))
    slack_report(found, golden, out / "slack.html")
    write_table(endpoint_table(found, golden), out / "predicted_slack.csv")
    print(f"\nReport: {out / 'slack.html'}, every end point with its interval: {out / 'predicted_slack.csv'}")


def core(out: Path) -> None:
    """Find the clauses to blame in a shipped formula: by its proof, and by prediction, then proved as well."""
    from edasat import api
    from edasat.sat.dimacs import write_dimacs

    path = INSTANCES / "rewritten-logic-400-0.cnf.xz"
    formula = api.read_formula(path)
    api.core(path)  # loads the compiled code, so that the times below are of the search alone
    _title(f"1. A core of {path.name} ({formula.num_clauses:,} clauses) from its proof")
    exact = api.core(path)
    sizes = " -> ".join(f"{size:,}" for size in exact.core.sizes)
    print(f"  {sizes} clauses, {'proved' if exact.core.proved else 'NOT PROVED'}, CPU s: {_seconds(exact.core.cpu_s)}")

    _title("2. The same by prediction, then proved")
    prediction = api.predict_core(path)
    print(
        f"  predicted: {prediction.prefix():,} clauses hold most of the expected core ({_seconds(prediction.timings)})"
    )
    guided = api.core(path, method="predicted")
    print(f"  {len(guided.core.clauses):,} clauses, {'proved' if guided.core.proved else 'NOT PROVED'}")
    write_dimacs(exact.core_formula, out / "core.cnf")
    print(f"\nCore: {out / 'core.cnf'}")
    if not (exact.core.proved and guided.core.proved):
        raise CheckFailed(f"error: a core of {path.name} is not proved")


def _seconds(parts: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {seconds:.3f}" for name, seconds in parts.items())


#: What can be shown.
JOBS: Final[dict[str, Callable[[Path], None]]] = {"sat": sat, "core": core, "timing": timing, "slack": slack}


def _title(text: str) -> None:
    print(f"\n{text}\n{'-' * len(text)}", flush=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Show one job, or all."""
    parser = argparse.ArgumentParser(prog="tools/demo", description="Show what edasat does on shipped instances.")
    parser.add_argument("job", nargs="?", choices=sorted(JOBS), help="default: all")
    parser.add_argument("--out", type=Path, default=Path("demo-out"))
    given = parser.parse_args(arguments)
    set_threads(1)
    pass_signals_on()
    try:
        for name in [given.job] if given.job else JOBS:
            JOBS[name](given.out)
    except EdasatError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    return EXIT_DONE


if __name__ == "__main__":
    sys.exit(main())
