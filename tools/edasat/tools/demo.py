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
_OFFSPRING: Final = 10


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


def qor(out: Path) -> None:
    """Predict area and delay of shipped Verilog, show which lines cost, and synthesise one design to compare."""
    from dataclasses import replace

    from edasat import api
    from edasat.eda.rtl import hand_written
    from edasat.eda.rtl.module import FOLDER
    from edasat.tools.qor_report import qor_report
    from edasat.tools.qor_text import result_text
    from edasat.tools.timing_text import align

    names = [module.name for module in hand_written()]
    for _ in range(2):  # the first time loads torch and the compiled code
        api.predict_qor(FOLDER / f"{names[0]}.v")
    _title(f"1. Predict {len(names)} shipped designs on edasat45")
    rows = [("design", "area um2", "90% interval", "delay ps", "90% interval", "CPU ms")]
    for name in names:
        found = api.predict_qor(FOLDER / f"{name}.v").predicted
        intervals = [f"{low:,.0f} to {high:,.0f}" for low, high in (found.area_interval, found.delay_interval)]
        times = f"{1000 * found.cpu_s:.0f}"
        rows.append((name, f"{found.area_um2:,.0f}", intervals[0], f"{found.delay_ps:,.0f}", intervals[1], times))
    print("\n".join(f"  {line}" for line in align(rows)))

    _title("2. Synthesise one of them with Yosys and ABC, and see which lines cost")
    path = FOLDER / "risc16.v"
    result = replace(api.predict_qor(path), measured=api.measure_qor(path))
    print(result_text(result, 5, [path]))
    qor_report(result, [path], out / "qor.html")
    print(f"\nReport: {out / 'qor.html'}")


def generate(out: Path) -> None:
    """Make ten formulas like a shipped one, as hard, with proofs; check one proof again."""
    from edasat import api
    from edasat.core.threads import available_cores
    from edasat.tools.generate_report import generate_report, summary_text, why_incomplete

    path = INSTANCES / "rewritten-logic-400-0.cnf.xz"
    _title(f"1. Make ten formulas like {path.name}: as hard after preprocessing, unsatisfiable by a checked proof")
    done = api.generate(
        [path], out / "generated", count=_OFFSPRING, status="unsat", proofs=True, jobs=available_cores()
    )
    print(summary_text(done))
    for row in done.rows:
        print(
            f"  {row['file']}  {row['method']:<14}{row['num_clauses']:>6,} clauses "
            f"{row['cadical_after_conflicts']:>7,} conflicts ({row['conflict_ratio']:.2f} x)  "
            f"{row['new_core_share']:4.0%} of the core new"
        )
    generate_report(done, out / "generated.html")
    if not done.complete:
        raise CheckFailed(why_incomplete(done))

    _title("2. Check a proof again")
    checked = api.check_proof(out / "generated" / "0001.cnf.xz", out / "generated" / "0001.drat.xz")
    print(f"  0001.cnf.xz: {checked.verdict}, {checked.statistics.checked:,} lemmas needed")
    print(f"\nFormulas and manifest: {out / 'generated'}, report: {out / 'generated.html'}")
    if not checked.verified:
        raise CheckFailed("error: the proof of 0001.cnf.xz is not accepted")


def _seconds(parts: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {seconds:.3f}" for name, seconds in parts.items())


#: What can be shown.
JOBS: Final[dict[str, Callable[[Path], None]]] = {
    "sat": sat,
    "core": core,
    "generate": generate,
    "timing": timing,
    "slack": slack,
    "qor": qor,
}


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
