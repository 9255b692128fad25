"""How much of the gap between the single and the virtual best engine selectors close.

``python -m edasat.tools.evaluate_grass --work DIR -o results/solver_selection.json`` trains GraSS and its ablations
(weights are kept in DIR and reused), fits the baselines, and scores all of them on held-out instances, on held-out
families, and by cross-validation over the training part. Every choice pays its own warm cost on each instance: reading
the file, features, graph and model. In the cross-validation, networks stopped early on the folds they are scored on,
and the prior's weight and the schedule were fitted there; the two test parts are free of this.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import torch

from edasat.core.files import Cache, content_hash
from edasat.core.progress import Progress
from edasat.core.threads import set_threads
from edasat.datasets.solver_runtimes import TABLE
from edasat.datasets.solver_runtimes_data import HELD_OUT_FAMILIES, SolverRuntimes, fold_numbers, load_instance
from edasat.models.evaluation.selection_baselines import Boosting, NearestNeighbours, best_per_family
from edasat.models.grass.ensemble import Ensemble
from edasat.models.grass.prior import Reference, fit_gate, fit_prior, with_prior
from edasat.models.grass.release import PRESOLVE_SHARE, PRESOLVE_SLOTS, out_of_fold, predict_rows, train
from edasat.models.grass.runtime import LogNormal, Mixture
from edasat.models.grass.selector import Selector
from edasat.sat.dimacs import read_dimacs, write_dimacs
from edasat.sat.features.gbdc_baseline import gbdc_features
from edasat.sat.features.instance import FEATURE_NAMES, instance_features
from edasat.sat.runs import RunMatrix
from edasat.sat.schedules import greedy_schedule
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
    "GraSS": (),
    "GraSS without clause positions": ("--model.position_dims=0",),
    "GraSS with shuffled clause positions": ("--model.shuffle_clauses=true",),
    "network on the graph alone": ("--model.instance_features=false",),
    "network on instance features alone": ("--model.num_layers=0",),
    "published settings (graph alone, expected-runtime loss)": (
        "--model.instance_features=false",
        "--model.head_width=0",
        "--model.dropout=0",
        '--model.losses={"expected_runtime": 1.0}',
    ),
}
MAIN_VARIANT: Final = "GraSS"

#: Selectors that are also scored with the prior and the scheduler.
_BOOSTING: Final = "gradient boosting on our features"
_WITH_SCHEDULE: Final = ("gradient boosting on gbdc features", _BOOSTING, MAIN_VARIANT)

#: Policies drawn on the page.
_DRAWN: Final = (
    "single best engine",
    VIRTUAL_BEST,
    _BOOSTING,
    f"{_BOOSTING}, with prior and schedule",
    MAIN_VARIANT,
    f"{MAIN_VARIANT}, with prior",
    f"{MAIN_VARIANT}, with prior and schedule",
)

#: Parts of the table: name -> whether intervals resample families.
PARTS: Final = {"test_instances": False, "test_families": True, "cross_validation": False}


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
        costs: float64, (rows, engines): expected PAR-2 in CPU seconds.
        overhead_s: float64, (rows,).
        members: (members, rows, engines), for those that can be scheduled.
    """

    costs: FloatArray
    overhead_s: FloatArray
    members: LogNormal | None = None

    @classmethod
    def of_members(cls, members: LogNormal, cutoff_s: float, overhead_s: FloatArray) -> Predictions:
        """Take the costs from predicted runtimes."""
        costs = Mixture.equal(members).expected_par(cutoff_s).double().numpy()
        return cls(costs, overhead_s, members)

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
        rows: part -> int64 rows; those of the cross-validation fold by fold.
        distance: part -> float distances; see :class:`edasat.models.grass.prior.Reference`.
    """

    rows: dict[str, IntArray]
    distance: dict[str, torch.Tensor]

    @classmethod
    def of(cls, data: SolverRuntimes) -> Parts:
        """Find them for the split of a table."""
        instance_x = torch.from_numpy(data.formulas.instance_x)
        folds, distances = [], []
        for inside, outside in _folds(data):
            folds.append(outside)
            distances.append(Reference(instance_x[inside]).distance(instance_x[outside]))
        seen = Reference(instance_x[data.split.train])
        tests = {"test_instances": data.split.test_instances, "test_families": data.split.test_families}
        return cls(
            {**tests, "cross_validation": np.concatenate(folds)},
            {
                **{part: seen.distance(instance_x[rows]) for part, rows in tests.items()},
                "cross_validation": torch.cat(distances),
            },
        )


def _folds(data: SolverRuntimes) -> Iterator[tuple[IntArray, IntArray]]:
    """Rows to train on and rows to predict, for every fold of the training part."""
    rows = data.split.train
    folds = fold_numbers([data.formulas.groups[row] for row in rows], data.num_folds)
    for fold in range(data.num_folds):
        yield rows[folds != fold], rows[folds == fold]


def fitted(
    data: SolverRuntimes,
    parts: Parts,
    x: FloatArray,
    seconds: FloatArray,
    make: Callable[[], NearestNeighbours | Boosting],
) -> ByPart:
    """Fit a baseline on the training part and, for the cross-validation, on all folds but one."""

    def ask(model: NearestNeighbours | Boosting, rows: IntArray) -> Predictions:
        if not len(rows):
            return Predictions(np.zeros((0, 1)), np.zeros(0))
        members = model.runtimes(x[rows]) if isinstance(model, Boosting) else None
        return Predictions(model.costs(x[rows]), seconds[rows], members)

    def fit(rows: IntArray) -> NearestNeighbours | Boosting:
        return make().fit(x[rows], data.matrix.take(rows))

    model = fit(data.split.train)
    result = {part: ask(model, parts.rows[part]) for part in ("test_instances", "test_families")}
    pieces = [ask(fit(inside), outside) for inside, outside in _folds(data) if len(outside)]
    result["cross_validation"] = Predictions(
        np.concatenate([piece.costs for piece in pieces]),
        np.concatenate([piece.overhead_s for piece in pieces]),
        _joined([piece.members for piece in pieces if piece.members is not None]),
    )
    return result


def _joined(members: Sequence[LogNormal]) -> LogNormal | None:
    if not members:
        return None
    return LogNormal(torch.cat([m.mean for m in members], dim=1), torch.cat([m.scale for m in members], dim=1))


def networks(data: SolverRuntimes, parts: Parts, ensemble: Ensemble, seconds: FloatArray) -> ByPart:
    """Return what an ensemble says: all members together on the test parts, each on its own fold otherwise."""
    members = {}
    for part in ("test_instances", "test_families"):
        outputs = [predict_rows(member, data, parts.rows[part]) for member in ensemble.members]
        members[part] = LogNormal(torch.stack([o.mean for o in outputs]), torch.stack([o.scale for o in outputs]))
    outside = out_of_fold(ensemble.members, data)
    assert np.array_equal(outside.rows, parts.rows["cross_validation"])
    members["cross_validation"] = outside.members
    return {
        part: Predictions.of_members(said, data.cutoff_s, seconds[parts.rows[part]]) for part, said in members.items()
    }


def mixed_with_prior(data: SolverRuntimes, parts: Parts, by_part: ByPart) -> dict[str, Mixture]:
    """Mix a selector's predictions with the prior, weighted by a gate fitted to its cross-validation."""
    outside = by_part["cross_validation"]
    assert outside.members is not None
    matrix = data.matrix.take(parts.rows["cross_validation"])
    observed_s, solved = torch.from_numpy(matrix.runtimes).float(), torch.from_numpy(matrix.solved)
    prior = fit_prior(observed_s, solved, matrix.cutoff_s)
    gate = fit_gate(outside.members, prior, parts.distance["cross_validation"], observed_s, solved, matrix.cutoff_s)
    return {
        part: with_prior(predictions.members, prior, gate, parts.distance[part])
        for part, predictions in by_part.items()
        if predictions.members is not None
    }


def scheduled(
    matrix: RunMatrix, presolve: Sequence[tuple[int, float]], runtime: Mixture, overhead_s: FloatArray
) -> Outcome:
    """Return what pre-solving, then the engine predicted best for the time that is left, would get."""
    left_s = matrix.cutoff_s - sum(seconds for _, seconds in presolve)
    choices = _cheapest(runtime, left_s)
    return policy_outcome(matrix, schedule=presolve, choices=choices, overhead_s=overhead_s)


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
    parts = Parts.of(data)
    train_matrix = data.matrix.take(data.split.train)
    single = single_best(train_matrix)
    found = measure(data, Selector(ensembles[MAIN_VARIANT]))
    policies: dict[str, Any] = {}
    outcomes: dict[str, dict[str, Outcome]] = {part: {} for part in PARTS}

    def add(name: str, outcome: Callable[[str, RunMatrix], Outcome], **more: Any) -> None:
        policies[name] = more
        for part, by_family in PARTS.items():
            if len(parts.rows[part]):
                matrix = data.matrix.take(parts.rows[part])
                outcomes[part][name] = outcome(part, matrix)
                policies[name][part] = score_policy(
                    matrix, outcomes[part][name], single_best_engine=single, by_family=by_family
                ).to_dict()

    add("single best engine", lambda part, matrix: engine_outcome(matrix, single))
    add(VIRTUAL_BEST, lambda part, matrix: virtual_best(matrix))
    add(
        "best engine of the family (family told)",
        lambda part, matrix: policy_outcome(matrix, choices=best_per_family(train_matrix, matrix.families)),
    )
    selectors: dict[str, ByPart] = {
        "nearest neighbours on gbdc features": fitted(data, parts, found.gbdc, found.gbdc_s, NearestNeighbours),
        "gradient boosting on gbdc features": fitted(data, parts, found.gbdc, found.gbdc_s, Boosting),
        _BOOSTING: fitted(data, parts, found.own, found.own_s, Boosting),
    }
    selectors |= {name: networks(data, parts, ensemble, found.grass_s) for name, ensemble in ensembles.items()}
    mixtures = {}
    for name, by_part in selectors.items():
        add(
            name,
            lambda part, matrix, by_part=by_part: policy_outcome(  # type: ignore[misc]
                matrix, choices=by_part[part].choices, overhead_s=by_part[part].overhead_s
            ),
        )
        if name in _WITH_SCHEDULE:
            mixtures[name] = _add_scheduled(data, parts, name, by_part, add)
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
            matrix=data.matrix.take(parts.rows[part]),
            outcomes={name: outcomes[part][name] for name in _DRAWN},
            scores={name: policy[part] for name, policy in policies.items()},
            choices={
                **{name: selectors[name][part].choices for name in (_BOOSTING, MAIN_VARIANT)},
                f"{MAIN_VARIANT}, with prior": _cheapest(mixtures[MAIN_VARIANT][part], data.cutoff_s),
            },
            predicted_s=_median_s(selectors[MAIN_VARIANT][part]),
        )
        for part in ("test_instances", "test_families")
        if len(parts.rows[part])
    ]
    return Evaluation(report, shown)


def _cheapest(runtime: Mixture, cutoff_s: float) -> IntArray:
    """Return the engine of lowest expected PAR-2 for each formula."""
    return runtime.expected_par(cutoff_s).argmin(dim=1).numpy()


def _median_s(said: Predictions) -> FloatArray:
    """Return the median predicted runtimes in CPU seconds, (rows, engines)."""
    assert said.members is not None
    return Mixture.equal(said.members).moments().mean.double().exp().numpy()


def _add_scheduled(
    data: SolverRuntimes, parts: Parts, name: str, by_part: ByPart, add: Callable[..., None]
) -> dict[str, Mixture]:
    """Add a selector with the prior, and with the prior and schedule; return its predictions with the prior."""
    mixtures = mixed_with_prior(data, parts, by_part)
    choices = {part: _cheapest(mixture, data.cutoff_s) for part, mixture in mixtures.items()}
    presolve = greedy_schedule(
        data.matrix.take(parts.rows["cross_validation"]),
        PRESOLVE_SHARE * data.cutoff_s,
        choices=choices["cross_validation"],
        overhead_s=by_part["cross_validation"].overhead_s,
        max_slots=PRESOLVE_SLOTS,
    ).schedule
    add(
        f"{name}, with prior",
        lambda part, matrix: policy_outcome(matrix, choices=choices[part], overhead_s=by_part[part].overhead_s),
    )
    add(
        f"{name}, with prior and schedule",
        lambda part, matrix: scheduled(matrix, presolve, mixtures[part], by_part[part].overhead_s),
        presolve=[[data.matrix.engines[engine], seconds] for engine, seconds in presolve],
    )
    return mixtures


def render(report: Mapping[str, Any]) -> str:
    """Return the table as text: PAR-2, solved, gap closed with interval, by part."""
    lines = []
    for part in PARTS:
        lines.append(f"{part} ({report['rows'][part]} instances)")
        for name, policy in report["policies"].items():
            if part in policy:
                scores = policy[part]
                gap = scores["gap_closed"]
                lines.append(
                    f"  {name:<58}{scores['par2']['estimate']:8.3f} s{scores['solved']:6d}"
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
