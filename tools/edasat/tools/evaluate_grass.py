"""How much of the gap between the single and the virtual best engine selectors close.

``python -m edasat.tools.evaluate_grass --work DIR -o results/solver_selection.json`` trains GraSS and its ablations
(weights are kept in DIR and reused), fits the baselines, and scores all of them on held-out instances, on held-out
families, and by cross-validation over the training part, by formula and by family. Every choice pays its own warm cost
on each instance: reading the file, features, graph and model. In the cross-validation, networks stopped early on the
folds they are scored on, and the prior's share was fitted there; the two test parts are free of this. Networks were not
trained again without each family: they have no part in the cross-validation by family.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from edasat.core.files import Cache, content_hash
from edasat.core.progress import Progress
from edasat.core.threads import set_threads
from edasat.datasets.solver_runtimes import TABLE
from edasat.datasets.solver_runtimes_data import HELD_OUT_FAMILIES, SolverRuntimes, load_instance
from edasat.models.evaluation.selection_baselines import (
    Boosting,
    NearestNeighbours,
    PairwiseForests,
    best_per_family,
)
from edasat.models.grass.cross_validation import Outside, joined
from edasat.models.grass.ensemble import Ensemble
from edasat.models.grass.neighbours import Known
from edasat.models.grass.prior import Reference, fit_gate
from edasat.models.grass.release import (
    out_of_fold,
    predict_part,
    predict_rows,
    train,
    training_folds,
    views_from_outside,
)
from edasat.models.grass.runtime import LogNormal, Mixture
from edasat.models.grass.scheduling import (
    Savings,
    Schedule,
    candidate_schedules,
    expected_costs,
    last_engines,
    measured_costs,
    planned_outcome,
)
from edasat.models.grass.selector import Selector
from edasat.sat.dimacs import read_dimacs, write_dimacs
from edasat.sat.features.gbdc_baseline import gbdc_features
from edasat.sat.features.instance import FEATURE_NAMES, instance_features
from edasat.sat.runs import RunMatrix
from edasat.sat.selection import (
    Outcome,
    engine_outcome,
    policy_outcome,
    score_policy,
    single_best,
    virtual_best,
)
from edasat.tools.results import PART_TITLES, write_result
from edasat.tools.selection_figures import VIRTUAL_BEST, SelectionPart
from edasat.tools.selection_report import selection_report

_CACHE_VERSION: Final = 1
FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

#: Networks trained: name -> LightningCLI arguments beyond the defaults.
VARIANTS: Final[Mapping[str, tuple[str, ...]]] = {
    "network on graph and instance features": (),
    "network on the graph alone": ("--model.instance_features=false",),
    "network on instance features alone": ("--model.num_layers=0",),
    "network without clause positions": ("--model.position_dims=0",),
    "network with shuffled clause positions": ("--model.shuffle_clauses=true",),
    "network with published settings (graph alone, expected-runtime loss)": (
        "--model.instance_features=false",
        "--model.head_width=0",
        "--model.dropout=0",
        '--model.losses={"expected_runtime": 1.0}',
    ),
}
#: The variant whose networks GraSS asks.
MAIN_VARIANT: Final = "network on graph and instance features"

SINGLE_BEST: Final = "single best engine"
BOOSTING: Final = "gradient boosting on our features"
GRASS: Final = "GraSS"
_SCHEDULED: Final = "{}, with schedule"

#: Policies drawn on the page.
_DRAWN: Final = (
    SINGLE_BEST,
    VIRTUAL_BEST,
    BOOSTING,
    _SCHEDULED.format(BOOSTING),
    MAIN_VARIANT,
    GRASS,
    _SCHEDULED.format(GRASS),
)

#: Parts of the table: name -> whether intervals resample families.
PARTS: Final = {
    "test_instances": False,
    "test_families": True,
    "cross_validation": False,
    "cross_validation_families": True,
}
#: Parts made of training rows that were left out in turn.
_CROSS: Final = ("cross_validation", "cross_validation_families")

Baseline = NearestNeighbours | PairwiseForests | Boosting


@dataclass(frozen=True)
class Measured:
    """Features of all rows of the table and what they cost: the three ways to look at a formula.

    Attributes:
        gbdc: float64, (rows, 58).
        own: float64, (rows, features).
        gbdc_s: float64, (rows,): warm CPU seconds, reading included; the same for the next two.
        own_s: of ``own``.
        grass_s: of reading, graph, features and network.
    """

    gbdc: FloatArray
    own: FloatArray
    gbdc_s: FloatArray
    own_s: FloatArray
    grass_s: FloatArray


@dataclass(frozen=True)
class Predictions:
    """What one selector says about the rows of one part.

    Attributes:
        costs: float64, (rows, engines): the lowest is chosen.
        overhead_s: float64, (rows,).
        runtimes: (rows, engines), for those that can be scheduled and drawn.
    """

    costs: FloatArray
    overhead_s: FloatArray
    runtimes: Mixture | None = None

    @classmethod
    def of(cls, runtimes: Mixture, cutoff_s: float, overhead_s: FloatArray) -> Predictions:
        """Take expected PAR-2 in CPU seconds as the costs."""
        return cls(runtimes.expected_par(cutoff_s).double().numpy(), overhead_s, runtimes)

    @property
    def choices(self) -> IntArray:
        """Cheapest engine of each row."""
        return self.costs.argmin(axis=1)


#: Name of a part -> predictions.
ByPart = dict[str, Predictions]


def measure(data: SolverRuntimes, selector: Selector) -> Measured:
    """Compute features and costs of every formula, kept in the cache by the table's content."""
    import gbdc

    cache = Cache("selection-evaluation")
    key = f"{content_hash(_table(data))}-{data.clause_budget}-{len(selector.ensemble.members)}-{_CACHE_VERSION}.npz"
    if (path := cache.get(key)) is not None:
        with np.load(path, allow_pickle=False) as kept:
            return Measured(**kept)
    rows: dict[str, list[Any]] = {name: [] for name in Measured.__dataclass_fields__}
    instances = data.matrix.instances
    with tempfile.TemporaryDirectory() as folder, Progress("features", len(instances)) as progress:
        file = Path(folder) / "formula.cnf"
        for number, instance in enumerate((instances[0], *instances)):  # the first one again: it compiles and warms up
            write_dimacs(load_instance(instance, Path(data.folder) if data.folder else None), file)
            gbdc_values = gbdc_features(file)  # in a process of its own, so a second call tells the time
            start = time.process_time()
            gbdc.extract_base_features(str(file))
            middle = time.process_time()
            own = instance_features(read_dimacs(file))
            end = time.process_time()
            [selection] = selector.predict([file])
            if number:
                rows["gbdc"].append(list(gbdc_values.values()))
                rows["own"].append([own[name] for name in FEATURE_NAMES])
                rows["gbdc_s"].append(middle - start)
                rows["own_s"].append(end - middle)
                rows["grass_s"].append(sum(selection.timings.values()))
                progress.step(instance)
    arrays = {name: np.nan_to_num(np.array(values, dtype=np.float64)) for name, values in rows.items()}
    with cache.put(key) as kept_file:
        np.savez(kept_file, **arrays)  # type: ignore[arg-type]
    return Measured(**arrays)


@dataclass(frozen=True)
class Parts:
    """Rows of each part of the table, and how far their formulas are from what training saw.

    Attributes:
        rows: part -> int64 rows.
        folds: part -> int64, (training rows,), for the parts in which training rows are left out in turn.
        distance: part -> float distances; see :class:`edasat.models.grass.prior.Reference`.
        views: part -> the training formulas from outside, for the same parts as ``folds``.
    """

    rows: dict[str, IntArray]
    folds: dict[str, IntArray]
    distance: dict[str, Tensor]
    views: dict[str, Outside]

    @classmethod
    def of(cls, data: SolverRuntimes, known: Known) -> Parts:
        """Find them for the split of a table."""
        instance_x = torch.from_numpy(data.formulas.instance_x)
        seen = Reference(known.instance_x)
        tests = {"test_instances": data.split.test_instances, "test_families": data.split.test_families}
        views = dict(zip(_CROSS, views_from_outside(data, known), strict=True))
        return cls(
            rows=tests | dict.fromkeys(_CROSS, data.split.train),
            folds=dict(zip(_CROSS, training_folds(data), strict=True)),
            distance={part: seen.distance(instance_x[rows]) for part, rows in tests.items()}
            | {part: view.distance for part, view in views.items()},
            views=views,
        )


def fitted(
    data: SolverRuntimes, parts: Parts, x: FloatArray, seconds: FloatArray, make: Callable[[], Baseline]
) -> ByPart:
    """Fit a baseline on the training part and, for the cross-validations, on all folds but one."""
    train = data.split.train

    def fit(rows: IntArray) -> Baseline:
        return make().fit(x[rows], data.matrix.take(rows))

    def ask(model: Baseline, rows: IntArray) -> Predictions:
        runtimes = Mixture.equal(model.runtimes(x[rows])) if isinstance(model, Boosting) else None
        return Predictions(model.costs(x[rows]), seconds[rows], runtimes)

    model = fit(train)
    result = {part: ask(model, rows) for part, rows in parts.rows.items() if part not in _CROSS and len(rows)}
    for part, folds in parts.folds.items():
        pieces = [ask(fit(train[folds != fold]), train[folds == fold]) for fold in np.unique(folds)]
        order = np.argsort(np.argsort(folds, kind="stable"))  # from fold by fold back to the order of the rows
        runtimes = [piece.runtimes.parts for piece in pieces if piece.runtimes]
        result[part] = Predictions(
            np.concatenate([piece.costs for piece in pieces])[order],
            seconds[train],
            Mixture.equal(LogNormal(*(torch.cat(column, dim=1)[:, order] for column in zip(*runtimes, strict=True))))
            if runtimes
            else None,
        )
    return result


def networks(data: SolverRuntimes, parts: Parts, ensemble: Ensemble, seconds: FloatArray) -> ByPart:
    """Return what networks say: all together on the test parts, each on its own fold otherwise."""
    said = {}
    for part in ("test_instances", "test_families"):
        if len(rows := parts.rows[part]):
            outputs = [predict_rows(member, data, rows) for member in ensemble.members]
            said[part] = LogNormal(torch.stack([o.mean for o in outputs]), torch.stack([o.scale for o in outputs]))
    outside = out_of_fold(ensemble.members, data)
    said["cross_validation"] = LogNormal(outside.mean[None], outside.scale[None])
    return {
        part: Predictions.of(Mixture.equal(each), data.cutoff_s, seconds[parts.rows[part]])
        for part, each in said.items()
    }


def grass(data: SolverRuntimes, parts: Parts, ensemble: Ensemble, seconds: FloatArray) -> ByPart:
    """Return what GraSS says of formulas it has not seen."""
    said = {}
    for part, rows in parts.rows.items():
        if part in _CROSS:
            said[part] = parts.views[part].mixture(ensemble.neighbours.runs, ensemble.settings.gate)
        elif len(rows):
            said[part] = predict_part(ensemble, data, rows)[0]
    return {part: Predictions.of(each, data.cutoff_s, seconds[parts.rows[part]]) for part, each in said.items()}


def boosted_schedules(
    data: SolverRuntimes, parts: Parts, by_part: ByPart, runs: LogNormal
) -> dict[str, list[Schedule]]:
    """Plan schedules from boosted runtimes as GraSS does: same candidates, same prior, a gate fitted to the same folds.

    Args:
        data: the table.
        parts: its parts.
        by_part: what boosting says.
        runs: runs of the training formulas, (training rows, 1, engines).
    """
    train_matrix = data.matrix.take(data.split.train)
    candidates = candidate_schedules(train_matrix.num_engines, last_engines(train_matrix), data.cutoff_s)
    costs = expected_costs(runs, candidates, data.cutoff_s)
    near, general = {}, {}
    for part, said in by_part.items():
        assert said.runtimes is not None
        near[part] = Savings.of(said.runtimes, expected_costs(said.runtimes.parts, candidates, data.cutoff_s))
        if part in _CROSS:
            general[part] = parts.views[part].savings(runs, costs)[1]
        else:
            every = Savings.of(Mixture.equal(runs), costs)
            general[part] = Savings(*(column.expand(len(said.costs), -1) for column in every))
    gate = fit_gate(
        joined([near[part] for part in _CROSS]),
        joined([general[part] for part in _CROSS]),
        torch.cat([parts.distance[part] for part in _CROSS]),
        torch.from_numpy(measured_costs(train_matrix, candidates)).repeat(len(_CROSS), 1),
    )
    chosen = {part: gate.mix_savings(near[part], general[part], parts.distance[part]).best() for part in by_part}
    return {part: [candidates[number] for number in numbers.tolist()] for part, numbers in chosen.items()}


@dataclass(frozen=True)
class Evaluation:
    """What all policies got.

    Attributes:
        report: plain values, for the result file.
        shown: the held-out parts with the policies that are drawn, for the page.
    """

    report: dict[str, Any]
    shown: list[SelectionPart]


def evaluate(data: SolverRuntimes, ensembles: Mapping[str, Ensemble]) -> Evaluation:
    """Score all policies; ``ensembles`` holds one entry per network."""
    ensemble = ensembles[MAIN_VARIANT]
    parts = Parts.of(data, ensemble.neighbours.known)
    train_matrix = data.matrix.take(data.split.train)
    single = single_best(train_matrix)
    found = measure(data, Selector(ensemble))
    matrices = {part: data.matrix.take(rows) for part, rows in parts.rows.items() if len(rows)}
    policies: dict[str, dict[str, Any]] = {}
    outcomes: dict[str, dict[str, Outcome]] = {part: {} for part in matrices}

    def add(name: str, by_part: Mapping[str, Outcome]) -> None:
        policies[name] = {}
        for part, outcome in by_part.items():
            outcomes[part][name] = outcome
            policies[name][part] = score_policy(
                matrices[part], outcome, single_best_engine=single, by_family=PARTS[part]
            ).to_dict()

    def add_choices(name: str, by_part: ByPart) -> None:
        outcome = {
            part: policy_outcome(matrices[part], choices=said.choices, overhead_s=said.overhead_s)
            for part, said in by_part.items()
        }
        add(name, outcome)

    add(SINGLE_BEST, {part: engine_outcome(matrix, single) for part, matrix in matrices.items()})
    add(VIRTUAL_BEST, {part: virtual_best(matrix) for part, matrix in matrices.items()})
    told = {
        part: policy_outcome(matrix, choices=_told_families(train_matrix, matrix, parts.folds.get(part)))
        for part, matrix in matrices.items()
    }
    add("best engine of the family (family told)", told)
    add_choices("nearest neighbours on gbdc features", fitted(data, parts, found.gbdc, found.gbdc_s, NearestNeighbours))
    add_choices("pairwise forests on gbdc features", fitted(data, parts, found.gbdc, found.gbdc_s, PairwiseForests))
    boosted = {
        "gradient boosting on gbdc features": fitted(data, parts, found.gbdc, found.gbdc_s, Boosting),
        BOOSTING: fitted(data, parts, found.own, found.own_s, Boosting),
    }
    for name, by_part in boosted.items():
        add_choices(name, by_part)
        planned = boosted_schedules(data, parts, by_part, ensemble.neighbours.runs)
        outcome = {
            part: planned_outcome(matrices[part], schedules, by_part[part].overhead_s)
            for part, schedules in planned.items()
        }
        add(_SCHEDULED.format(name), outcome)
    by_network = {name: networks(data, parts, each, found.grass_s) for name, each in ensembles.items()}
    for name, by_part in by_network.items():
        add_choices(name, by_part)
    chosen = grass(data, parts, ensemble, found.grass_s)
    add_choices(GRASS, chosen)
    presolve = tuple((data.engines.index(engine), seconds) for engine, seconds in ensemble.settings.presolve)
    left_s = data.cutoff_s - sum(seconds for _, seconds in presolve)
    outcome = {
        part: planned_outcome(matrices[part], ensemble.schedules(said.runtimes, left_s), said.overhead_s, presolve)
        for part, said in chosen.items()
        if said.runtimes
    }
    add(_SCHEDULED.format(GRASS), outcome)
    report = {
        "policies": policies,
        "overhead_s": {
            name: {"median": float(np.median(values)), "max": float(values.max())}
            for name, values in (("gbdc", found.gbdc_s), ("own features", found.own_s), ("GraSS", found.grass_s))
        },
        "rows": {part: len(rows) for part, rows in parts.rows.items()},
    }
    shown = [
        SelectionPart(
            title=PART_TITLES[part],
            matrix=matrices[part],
            outcomes={name: outcomes[part][name] for name in _DRAWN},
            scores={name: policy[part] for name, policy in policies.items()},
            choices={
                BOOSTING: boosted[BOOSTING][part].choices,
                MAIN_VARIANT: by_network[MAIN_VARIANT][part].choices,
                GRASS: chosen[part].choices,
            },
            predicted_s=median_s(chosen[part]),
        )
        for part in ("test_instances", "test_families")
        if part in matrices
    ]
    return Evaluation(report, shown)


def _told_families(train_matrix: RunMatrix, matrix: RunMatrix, folds: IntArray | None) -> IntArray:
    """Return the best engine of each family, left out in turn where the rows are those of training."""
    if folds is None:
        return best_per_family(train_matrix, matrix.families)
    chosen = np.zeros(matrix.num_instances, dtype=np.int64)
    for fold in np.unique(folds):
        inside, outside = folds != fold, folds == fold
        chosen[outside] = best_per_family(matrix.take(inside), matrix.take(outside).families)
    return chosen


def median_s(said: Predictions) -> FloatArray:
    """Return the typical predicted runtimes, means of the logarithms, in CPU seconds, (rows, engines)."""
    assert said.runtimes is not None
    return said.runtimes.moments().mean.double().exp().numpy()


def render(report: Mapping[str, Any]) -> str:
    """Return the table as text: PAR-2, solved, gap closed with interval, by part."""
    lines = []
    for part in PARTS:
        if not report["rows"][part]:
            continue
        lines.append(f"{part} ({report['rows'][part]} instances)")
        for name, policy in report["policies"].items():
            if part in policy:
                scores = policy[part]
                gap = scores["gap_closed"]
                lines.append(
                    f"  {name:<70}{scores['par2']['estimate']:8.3f} s{scores['solved']:6d}"
                    f"{100 * gap['estimate']:8.1f} % [{100 * gap['low']:.1f}, {100 * gap['high']:.1f}]"
                )
    return "\n".join(lines)


def _table(data: SolverRuntimes) -> Path:
    return Path(data.table) if data.table else TABLE


def main(arguments: Sequence[str] | None = None) -> None:
    """Train what is missing, evaluate, print and store."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--work", type=Path, required=True, help="folder for the weights of all networks")
    parser.add_argument("--table", help="run table (default: the one shipped)")
    parser.add_argument("--members", type=int, default=4, help="folds and networks of each ensemble")
    parser.add_argument("--only", action="append", choices=list(VARIANTS), help="networks to train (repeatable)")
    parser.add_argument("-o", "--output", type=Path, help="JSON file to write")
    parser.add_argument("--report", type=Path, help="HTML file to write: figures and tables")
    parser.add_argument("training", nargs="*", help="further training arguments, after --")
    options = parser.parse_args(arguments)
    set_threads(1)
    table = [f"--data.table={options.table}"] if options.table else []
    ensembles = {}
    for name, extra in VARIANTS.items():
        if options.only and name not in {MAIN_VARIANT, *options.only}:
            continue
        folder = options.work / name.replace(" ", "-").partition("-(")[0]
        if not (folder / "grass.json").is_file():
            train([*table, *options.training, *extra], output=folder, members=options.members)
        ensembles[name] = Ensemble.load(folder)
    data = SolverRuntimes(
        options.table,
        num_folds=options.members,
        clause_budget=ensembles[MAIN_VARIANT].settings.clause_budget,
    )
    found = evaluate(data, ensembles)
    report = {
        "table": {"name": _table(data).name, "content_hash": content_hash(_table(data))},
        "cutoff_s": data.cutoff_s,
        "engines": data.engines,
        "held_out_families": sorted(HELD_OUT_FAMILIES),
        **found.report,
    }
    print(render(report))  # noqa: T201 - the table is what the command is for
    if options.output:
        command = " ".join(["python -m edasat.tools.evaluate_grass", *(arguments or sys.argv[1:])])
        packages = ("torch", "scikit-learn", "gbdc")
        write_result(options.output, report, command=command, seed=data.seed, packages=packages)
    if options.report:
        selection_report(found.shown, options.report, title="Solver selection on held-out formulas", seed=data.seed)


if __name__ == "__main__":
    main()
