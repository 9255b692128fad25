r"""The Python face of edasat: one function per job, taking paths or records and returning a result object.

Nothing heavy is imported until a function needs it.

>>> from edasat import api
>>> api.solve(b"p cnf 2 2\n1 2 0\n-1 0\n").status
'sat'
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

from edasat.core.errors import InputError, Notes

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from edasat.core.graph import Graph
    from edasat.core.processes import Limits
    from edasat.core.tasks import Executor
    from edasat.eda.flow import Rtl
    from edasat.eda.formats.spef import Spef
    from edasat.eda.synthesis.qor import Qor
    from edasat.eda.timing.analysis import Corners, Latches
    from edasat.eda.timing.design import Paths, WireSource
    from edasat.eda.timing.result import StaResult
    from edasat.models.core.detector import CorePrediction
    from edasat.models.e2eslack.predictor import PredictedSlack
    from edasat.models.grass.selector import Selection
    from edasat.models.veridistill.predictor import QorPrediction
    from edasat.sat.benchmark import BenchmarkResult
    from edasat.sat.cnf import Cnf
    from edasat.sat.generate import Generated
    from edasat.sat.generate.request import Wanted
    from edasat.sat.proofs import Core, Trimmed
    from edasat.sat.ranked_core import Attempt
    from edasat.sat.solvers import SolverRun
    from edasat.tools.qor_libraries import QorLibrary


GraphKind = Literal["tripartite", "variable-clause", "literal-incidence", "aig", "ast", "cdfg", "gate", "lut"]
CoreMethod = Literal["exact", "predicted"]
QorScript = Literal["area", "speed"]
QorNetwork = Literal["auto", "text", "graph", "gates", "text+graph", "embeddings"]
#: Rounds of solving and trimming after a predicted core was found unsatisfiable.
_ROUNDS_OF_TRIMMING = 10
GRAPH_KINDS: tuple[GraphKind, ...] = get_args(GraphKind)


@dataclass(frozen=True)
class SolveResult:
    """Answer to one formula.

    Attributes:
        status: "sat" (the model is checked), "unsat", "timeout", "memout" or "crash".
        model: bool, (num_vars + 1,), index 0 unused; None unless sat.
        runs: every engine that ran, in order; the last one gave the answer.
        notes: warnings of the reader.
        selection: what the model predicted, if it was asked.
    """

    status: str
    model: npt.NDArray[np.bool_] | None
    runs: tuple[SolverRun, ...]
    notes: Notes
    selection: Selection | None = None

    @property
    def exit_code(self) -> int:
        """10 satisfiable, 20 unsatisfiable, 0 unknown, as in SAT competitions."""
        return self.runs[-1].exit_code if self.runs else 0

    @property
    def cpu_s(self) -> float:
        """CPU seconds of all runs."""
        return sum(run.cpu_s for run in self.runs)


@dataclass(frozen=True)
class CoreResult:
    """Clauses of one formula that are unsatisfiable by themselves.

    Attributes:
        formula: the formula.
        core: the indices of the clauses, the proof, and how they were found.
        prediction: what the model said of each clause, if it was asked.
        attempts: the sets of clauses that were then tried.
    """

    formula: Cnf
    core: Core
    prediction: CorePrediction | None = None
    attempts: tuple[Attempt, ...] = ()

    @property
    def core_formula(self) -> Cnf:
        """The clauses of the core, in the order of the formula, over its variables."""
        return self.formula.select(self.core.clauses)


@dataclass(frozen=True)
class QorResult:
    """What synthesis makes of a design.

    Attributes:
        design: its top module, or its first file where the top was not named.
        library: what it is mapped on.
        script: what the mapping optimises.
        predicted: area and delay that a network expects, with intervals.
        coverage: probability that the intervals promise.
        measured: what Yosys and ABC made of it, if they were asked.
    """

    design: str
    library: QorLibrary
    script: QorScript
    predicted: QorPrediction
    coverage: float
    measured: Qor | None = None


def read_formula(formula: str | Path | bytes | Cnf, *, relaxed: bool = False) -> Cnf:
    """Return the record of a formula; see :func:`edasat.sat.dimacs.read_dimacs` for what is accepted."""
    from edasat.sat.cnf import Cnf

    if isinstance(formula, Cnf):
        return formula
    from edasat.sat.dimacs import read_dimacs

    return read_dimacs(formula, relaxed=relaxed)


def solve(
    formula: str | Path | bytes | Cnf,
    *,
    engine: str | None = None,
    timeout_s: float | None = None,
    memory_bytes: int | None = None,
    proof: str | Path | None = None,
    relaxed: bool = False,
    schedule: bool = False,
    weights: str | Path | None = None,
) -> SolveResult:
    """Solve one formula and check the answer.

    Args:
        formula: path, ``-``, DIMACS bytes or record.
        engine: its name; None: the pool's single best, or the best one that writes proofs when a proof is wanted.
        timeout_s: CPU seconds.
        memory_bytes: resident memory.
        proof: where a DRUP proof goes if the answer is unsat.
        relaxed: accept wrong counts in the header.
        schedule: let the model choose: its pre-solvers run first, before torch is loaded; then what it plans.
        weights: folder of the selector's weights; None: those that ship.

    Raises:
        InputError: for a bad file or engine name, or ``schedule`` together with ``engine`` or ``proof``.
    """
    from edasat.sat.solvers import DEFAULT_ENGINE, DEFAULT_PROOF_ENGINE
    from edasat.sat.solvers import solve as run_engine

    if schedule and (engine is not None or proof is not None):
        raise InputError(
            "a schedule chooses engines itself", hint="leave out the engine and the proof, or the schedule"
        )
    cnf = read_formula(formula, relaxed=relaxed)
    if schedule:
        return _solve_by_schedule(cnf, timeout_s, memory_bytes, weights)
    chosen = engine or (DEFAULT_PROOF_ENGINE if proof is not None else DEFAULT_ENGINE)
    done = run_engine(cnf, chosen, cpu_s=timeout_s, memory_bytes=memory_bytes, proof=proof)
    return SolveResult(done.status, done.model, (done,), cnf.notes)


def _solve_by_schedule(
    cnf: Cnf, timeout_s: float | None, memory_bytes: int | None, weights: str | Path | None
) -> SolveResult:
    """Run the pre-solving slots, then ask the model, then run what it plans; the last engine gets what is left."""
    from edasat.models.grass.presolve import presolve_slots
    from edasat.sat.solvers import Workspace, solve_schedule

    slots = presolve_slots(weights, timeout_s)
    with Workspace(cnf) as space:
        runs = list(solve_schedule(space, slots, memory_bytes=memory_bytes))
        selection = None
        if not (runs and runs[-1].solved):
            selection = select([cnf], limit_s=timeout_s, weights=weights)[0]
            planned: list[tuple[str, float | None]] = list(selection.schedule[len(slots) :])
            if timeout_s is None:
                planned[-1] = (planned[-1][0], None)
            runs += solve_schedule(space, planned, memory_bytes=memory_bytes)
    return SolveResult(runs[-1].status, runs[-1].model, tuple(runs), cnf.notes, selection)


def select(
    formulas: Sequence[str | Path | Cnf],
    *,
    limit_s: float | None = None,
    weights: str | Path | None = None,
) -> list[Selection]:
    """Rank the engines of the pool on each formula by predicted runtime.

    Args:
        formulas: paths or records.
        limit_s: CPU time limit to plan for, in seconds; None: that of the training runs.
        weights: folder of weights; None: those that ship.

    Raises:
        InputError: for a bad file or damaged weights.
    """
    from edasat.models.grass.selector import load_grass

    return load_grass(weights).predict(formulas, limit_s)


def core(
    formula: str | Path | bytes | Cnf,
    *,
    method: CoreMethod = "exact",
    engine: str | None = None,
    timeout_s: float | None = None,
    memory_bytes: int | None = None,
    minimal: bool = False,
    relaxed: bool = False,
    weights: str | Path | None = None,
) -> CoreResult:
    """Find clauses that make a formula unsatisfiable, with a checked proof.

    Args:
        formula: path, ``-``, DIMACS bytes or record.
        method: "exact" solves with a proof and trims it, until the core stops shrinking; "predicted" does so with the
            clauses that the model ranks first, and with more as long as these are satisfiable.
        engine: one that writes proofs; None: the best of these.
        timeout_s: CPU seconds of all steps together; what was found until then is returned.
        memory_bytes: resident memory of one run.
        minimal: remove clauses until each is necessary.
        relaxed: accept wrong counts in the header.
        weights: folder of weights for "predicted"; None: those that ship.

    Raises:
        InputError: for a bad file, an unknown method, or an engine that writes no proofs.
    """
    from edasat.sat.proofs import find_core
    from edasat.sat.solvers import DEFAULT_PROOF_ENGINE, find_engine

    if method not in ("exact", "predicted"):
        raise InputError(f"unknown method '{method}'", hint="exact (--exact) or predicted")
    cnf = read_formula(formula, relaxed=relaxed)
    if method == "predicted":
        find_engine(engine or DEFAULT_PROOF_ENGINE, proof=True)
        return _predicted_core(cnf, engine or DEFAULT_PROOF_ENGINE, timeout_s, memory_bytes, minimal, weights)
    found = find_core(
        cnf,
        engine=engine or DEFAULT_PROOF_ENGINE,
        time_limit=timeout_s,
        minimal=minimal,
        memory_bytes=memory_bytes,
    )
    return CoreResult(cnf, found)


def _predicted_core(
    cnf: Cnf,
    engine: str,
    timeout_s: float | None,
    memory_bytes: int | None,
    minimal: bool,
    weights: str | Path | None,
) -> CoreResult:
    """Rank the clauses, then prove."""
    from edasat.sat.ranked_core import prove_ranked

    prediction = predict_core(cnf, weights=weights)
    ranked = prove_ranked(
        cnf,
        prediction.scores,
        prediction.prefix(),
        engine=engine,
        time_limit=timeout_s,
        memory_bytes=memory_bytes,
        rounds=_ROUNDS_OF_TRIMMING,
        minimal=minimal,
    )
    cpu_s = {"predict": prediction.cpu_s, "prove": ranked.cpu_s}
    return CoreResult(cnf, replace(ranked.core, cpu_s=cpu_s), prediction, ranked.attempts)


def predict_core(
    formula: str | Path | bytes | Cnf, *, weights: str | Path | None = None, relaxed: bool = False
) -> CorePrediction:
    """Return how likely each clause is part of an unsatisfiable core, without solving.

    Args:
        formula: path, ``-``, DIMACS bytes or record.
        weights: folder of weights; None: those that ship.
        relaxed: accept wrong counts in the header.

    Raises:
        InputError: for a bad file or damaged weights.
    """
    from edasat.models.core.detector import CoreDetector

    return CoreDetector.load(weights).predict(read_formula(formula, relaxed=relaxed))


def check_proof(
    formula: str | Path | bytes | Cnf,
    proof: str | Path | bytes,
    *,
    timeout_s: float | None = None,
    relaxed: bool = False,
) -> Trimmed:
    """Check a DRAT proof, text or binary, and trim formula and proof to what the refutation needs.

    Args:
        formula: path, ``-``, DIMACS bytes or record.
        proof: path, ``-`` or bytes.
        timeout_s: CPU seconds.
        relaxed: accept wrong counts in the header of the formula.

    Raises:
        InputError: for a bad formula, and for a proof that is garbage or cut off; a proof that can be read and is
            wrong is a verdict.
    """
    from edasat.sat.proofs import check, read_proof

    return check(read_formula(formula, relaxed=relaxed), read_proof(proof), time_limit=timeout_s)


def bench(
    places: Sequence[str | Path],
    journal: str | Path,
    *,
    timeout_s: float,
    engines: Sequence[str] | None = None,
    memory_bytes: int | None = None,
    jobs: int = 1,
    executor: Executor = "threads",
    limit: int | None = None,
) -> BenchmarkResult:
    """Run a pool of engines over files and folders; the same call with the same journal resumes.

    Args:
        places: CNF files and folders of them.
        journal: file that records each finished run.
        timeout_s: CPU seconds a run.
        engines: names; None: the default pool.
        memory_bytes: resident memory a run.
        jobs: runs at a time.
        executor: "threads", or "ray" for a cluster.
        limit: at most this many instances.
    """
    from edasat.sat.benchmark import Benchmark, find_instances, run_benchmark
    from edasat.sat.solvers import DEFAULT_POOL

    benchmark = Benchmark(find_instances(places, limit), tuple(engines or DEFAULT_POOL), timeout_s, memory_bytes)
    return run_benchmark(benchmark, journal, jobs=jobs, executor=executor)


def generate(
    like: Sequence[str | Path | Cnf],
    out: str | Path,
    *,
    count: int,
    status: Wanted = "any",
    hardness: tuple[float, float] = (0.5, 2.0),
    method: str = "auto",
    seed: int = 0,
    timeout_s: float = 60.0,
    memory_bytes: int | None = None,
    attempts: int | None = None,
    proofs: bool = False,
    jobs: int = 1,
    executor: Executor | None = None,
) -> Generated:
    """Make formulas that keep structure and hardness of given ones; every status is proved.

    The same call with the same folder goes on where it was, with a larger count it adds.

    Args:
        like: files, folders of them, or records: the parents.
        out: folder for ``0001.cnf.xz`` and so on, and their manifest.
        count: formulas wanted.
        status: "unsat", "sat" or "any".
        hardness: least and most conflicts of CaDiCaL after preprocessing, over those of the parent.
        method: one of :data:`edasat.sat.generate.METHODS`, or "auto": what is accepted for the parent.
        seed: of every random choice.
        timeout_s: CPU seconds of one solver run.
        memory_bytes: resident memory of one.
        attempts: candidates at most; None: 12 for each wanted formula, and 24.
        proofs: keep proofs and models too.
        jobs: attempts at a time.
        executor: None: this process, or a pool of processes for several jobs; "ray" for a cluster.

    Raises:
        InputError: for a bad file, values out of range, parents none of which can have offspring, or a folder that
            holds something else.
    """
    from edasat.sat.generate import Request, generate_like

    request = Request(count, status, hardness, method, seed, timeout_s, memory_bytes, attempts, proofs)
    request.check()
    return generate_like(_parents(like, Path(out)), request, out, jobs=jobs, executor=executor)


def _parents(like: Sequence[str | Path | Cnf], out: Path) -> list[Cnf]:
    """Read the parents; what lies in the output folder is offspring and none of them."""
    from edasat.sat.benchmark import find_instances, load_instance
    from edasat.sat.cnf import Cnf

    records = [one for one in like if isinstance(one, Cnf)]
    places = [one for one in like if not isinstance(one, Cnf)]
    found = [
        replace(load_instance(instance.name, instance.path), name=instance.name)
        for instance in find_instances(places)
        if not Path(instance.path).resolve().is_relative_to(out.resolve())
    ]
    return records + found


def features(formulas: Sequence[str | Path | Cnf]) -> Any:
    """Return the instance features of formulas as a ``pyarrow.Table``, one row each."""
    from edasat.sat.features import feature_table

    return feature_table([read_formula(formula) for formula in formulas])


def build_graph(
    source: str | Path | bytes | Cnf | Rtl | Sequence[str | Path | bytes],
    kind: GraphKind = "tripartite",
    *,
    memory_budget: int | None = None,
    limits: Limits | None = None,
) -> Graph:
    """Turn one file, or the files of one design, into one graph.

    Args:
        source: a CNF for "tripartite", "variable-clause" and "literal-incidence"; Verilog for "ast", "cdfg", "gate" and
            "lut", where an ``Rtl`` also names top, parameters, macros and folders of included files; an AIGER file or
            Verilog (known by its name, if it is no ``Rtl`` or list of files) for "aig".
        kind: see ``edasat graph --help``.
        memory_budget: bytes that a tripartite graph may take; clauses are left out beyond it, and the graph's
            metadata say so.
        limits: of each process of Yosys and ABC.

    Raises:
        InputError: for a bad file or an unknown kind, and where Yosys refuses a design, with its place.
        ToolError: if Yosys or ABC crashes.
    """
    if kind in ("ast", "cdfg", "gate", "lut", "aig"):
        from edasat.tools.design_graphs import build_design_graph, is_design

        if is_design(source) or (kind != "aig" and isinstance(source, str | Path | bytes)):
            return build_design_graph(source, kind, limits)
        if kind != "aig":
            raise InputError(f"kind '{kind}' takes Verilog")
    if kind == "aig":
        from edasat.eda.formats.aiger import read_aiger
        from edasat.eda.graphs import aig_graph

        if not isinstance(source, str | Path | bytes):
            raise InputError("kind 'aig' takes an AIGER file")
        return aig_graph(read_aiger(source))
    if kind not in GRAPH_KINDS:
        raise InputError(f"unknown graph kind '{kind}'", hint="one of " + ", ".join(GRAPH_KINDS))
    from edasat.sat import graphs
    from edasat.sat.cnf import Cnf as Formula

    if not isinstance(source, str | Path | bytes | Formula):
        raise InputError(f"kind '{kind}' takes a CNF")
    cnf = read_formula(source)
    if kind == "tripartite":
        return graphs.tripartite(cnf, memory_budget)
    return graphs.variable_clause(cnf) if kind == "variable-clause" else graphs.literal_incidence(cnf)


def sta(
    lib: Paths,
    *,
    netlist: str | Path | None = None,
    layout: str | Path | None = None,
    lef: Paths = (),
    sdc: str | Path | None = None,
    period: float | None = None,
    spef: str | Path | None = None,
    sdf: str | Path | None = None,
    top: str | None = None,
    wires: WireSource = "auto",
    wire_rc: tuple[float, float] | None = None,
    corners: Corners = "early-late",
    latches: Latches = "refuse",
    black_boxes: bool = False,
    check_join: bool = True,
) -> StaResult:
    """Time a design: exact static timing analysis of a netlist or layout with its cell libraries.

    Args:
        lib: Liberty files; of cells that several have the first counts.
        netlist: structural Verilog.
        layout: DEF; with a netlist it gives the placement, without one also the connections.
        lef: technology and cells, for pin places and wire estimates.
        sdc: constraints, in the first library's units.
        period: ns; instead of constraints, for all clock ports.
        spef, sdf: wires, delays.
        top: top module of the netlist.
        wires: where the wires come from: "auto", "none", "wire-load", "placement" or "spef".
        wire_rc: ohm and fF per um of a wire estimated from the placement, instead of the LEF's.
        corners: "early-late" bounds each delay from both sides, as sign-off tools do; "single" has one.
        latches: "refuse" designs with transparent latches, or take them as "opaque".
        black_boxes: leave instances of unknown cells out.
        check_join: refuse files whose names do not meet.

    Returns:
        ``setup`` and ``hold`` with ``wns``, ``tns`` and the slack of every end point; ``paths(count)``;
        ``design.join``; ``notes``; ``to_graph()`` for models.

    Raises:
        InputError: for files that cannot be read or do not belong together.
    """
    from edasat.eda.timing.design import load_design
    from edasat.eda.timing.result import StaResult

    design = load_design(
        lib,
        netlist=netlist,
        layout=layout,
        lef=lef,
        sdc=sdc,
        period=period,
        spef=spef,
        sdf=sdf,
        top=top,
        wires=wires,
        wire_rc=wire_rc,
        corners=corners,
        latches=latches,
        black_boxes=black_boxes,
        check_join=check_join,
    )
    return StaResult.of(design)


def predict_slack(
    lib: Paths,
    *,
    layout: str | Path,
    lef: Paths,
    netlist: str | Path | None = None,
    sdc: str | Path | None = None,
    period: float | None = None,
    sdf: str | Path | None = None,
    top: str | None = None,
    corners: Corners = "early-late",
    latches: Latches = "refuse",
    black_boxes: bool = False,
    check_join: bool = True,
    weights: str | Path | None = None,
) -> PredictedSlack:
    """Predict slack before routing: wires by a trained network, timing by the exact engine.

    Args:
        lib: Liberty files; of cells that several have the first counts.
        layout: placed DEF; wires that it may have are not looked at.
        lef: technology and cells.
        netlist: structural Verilog; without it the DEF gives the connections.
        sdc: constraints, in the first library's units.
        period: ns; instead of constraints, for all clock ports.
        sdf: delays that replace calculated ones.
        top: top module of the netlist.
        corners, latches, black_boxes, check_join: see :func:`sta`.
        weights: folder of `edasat train e2eslack`; default: the weights that ship.

    Returns:
        ``result`` (what :func:`sta` returns, with predicted wires), ``half_widths(early_late)`` and
        ``sum_intervals()`` of the intervals, ``out_of_distribution``, ``seconds``.

    Raises:
        InputError: for files that cannot be read or do not belong together, or a layout without placement.
    """
    from edasat.eda.timing.design import load_design
    from edasat.models.e2eslack.predictor import SlackPredictor

    predictor = SlackPredictor.load(weights)
    design = load_design(
        lib,
        netlist=netlist,
        layout=layout,
        lef=lef,
        sdc=sdc,
        period=period,
        sdf=sdf,
        top=top,
        wires="none",
        corners=corners,
        latches=latches,
        black_boxes=black_boxes,
        check_join=check_join,
    )
    return predictor.predict(design)


def extract(
    layout: str | Path,
    lef: Paths,
    *,
    rules: str | Path | None = None,
    rc: str | Path | None = None,
    lib: str | Path | None = None,
    calibration: str | Path | None = None,
) -> Spef:
    """Extract resistance and capacitance of the nets of a routed layout.

    Args:
        layout: routed DEF.
        lef: technology and cells.
        rules: OpenRCX extraction rules; without them wires do not see their neighbours.
        rc: resistance and capacitance per layer and via, in the units of ``lib``; tells via resistance where the LEF
            does not.
        lib: Liberty file that ``rc`` goes with.
        calibration: factors from :func:`edasat.eda.extraction.write_calibration`.

    Returns:
        the record that :func:`edasat.eda.formats.spef.write_spef` writes; its notes count what the layout leaves open.

    Raises:
        InputError: for files that cannot be read or do not belong together, or a layout without wires.
    """
    from edasat.eda import extraction
    from edasat.eda.formats.layout import read_def
    from edasat.eda.formats.lef import read_lef
    from edasat.eda.formats.liberty import read_liberty

    if rc is not None and lib is None:
        raise InputError("a *.rc file needs the library whose units it is in", hint="give --lib FILE")
    technology = read_lef(*([lef] if isinstance(lef, str | Path) else lef))
    return extraction.extract(
        read_def(layout, lef=technology),
        technology,
        extraction.read_rules(rules) if rules is not None else None,
        unit_rc=extraction.read_unit_rc(rc, units=read_liberty(lib).units) if rc is not None and lib else None,
        calibration=extraction.read_calibration(calibration) if calibration is not None else None,
    )


def predict_qor(
    design: Rtl | Paths,
    library: str | Path | QorLibrary = "edasat45",
    *,
    script: QorScript = "area",
    network: QorNetwork = "auto",
    weights: str | Path | None = None,
    limits: Limits | None = None,
) -> QorResult:
    """Predict area and delay of register-transfer Verilog, without synthesis.

    Args:
        design: its files; an ``Rtl`` also names its top, parameters, macros and folders of included files.
        library: name of one whose units are known (``edasat45``, ``nangate45``, ``sky130hd``, ``osu018``), or a Liberty
            file.
        script: whether synthesis optimises "area" or "speed".
        network: "text" reads tokens and needs no Yosys; "graph" and "text+graph" read what Yosys elaborates; "auto" is
            the last of them where Yosys is installed. "embeddings", in weights of your own, reads a language model.
        weights: folder of `edasat train veridistill`; None: those that ship.
        limits: of Yosys' process.

    Returns:
        ``predicted`` with ``area_um2``, ``delay_ps``, their intervals, the lines that cost most, and whether the design
        is unlike those of the training.

    Raises:
        InputError: for files that cannot be read or are no Verilog, and where Yosys refuses them, with its place.
        MissingToolError: if what runs the weights' language model is not installed.
        ToolTimeout: if Yosys reaches a limit.
    """
    from edasat.tools.qor_prediction import predict

    return predict(design, library, script, network, weights, limits)


def measure_qor(
    design: Rtl | Paths,
    library: str | Path | QorLibrary = "edasat45",
    *,
    script: QorScript = "area",
    limits: Limits | None = None,
) -> Qor:
    """Map register-transfer Verilog on a library with Yosys and ABC: what :func:`predict_qor` predicts.

    Args:
        design, library, script: see :func:`predict_qor`; the library's Liberty file must be there.
        limits: of each process.

    Raises:
        InputError: for files that cannot be read, or a library whose file is not known.
        ToolError: if Yosys or ABC refuses the design; ToolTimeout at a limit.
    """
    from edasat.tools.qor_prediction import measure

    return measure(design, library, script, limits)
