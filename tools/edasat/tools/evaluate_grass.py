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
import shlex
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from edasat.core.files import content_hash
from edasat.core.threads import set_threads
from edasat.datasets.solver_runtimes_data import HELD_OUT_FAMILIES, SolverRuntimes
from edasat.models.evaluation.selection_baselines import Boosting, NearestNeighbours, PairwiseForests
from edasat.models.grass.ensemble import Ensemble
from edasat.models.grass.release import train
from edasat.models.grass.scheduling import planned_outcome
from edasat.models.grass.selector import Selector
from edasat.sat.selection import (
    Outcome,
    engine_outcome,
    policy_outcome,
    score_policy,
    single_best,
    virtual_best,
)
from edasat.tools.results import PART_TITLES, write_result
from edasat.tools.selection_features import measure, table_of
from edasat.tools.selection_figures import VIRTUAL_BEST, SelectionPart
from edasat.tools.selection_policies import (
    PARTS,
    ByPart,
    Parts,
    boosted_schedules,
    fitted,
    grass,
    median_s,
    networks,
    told_families,
)
from edasat.tools.selection_report import selection_report

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
        part: policy_outcome(matrix, choices=told_families(train_matrix, matrix, parts.folds.get(part)))
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


def render(report: Mapping[str, Any]) -> str:
    """Return the table as text: PAR-2, solved, gap closed with interval, by part."""
    lines = []
    for part in PARTS:
        if not report["rows"].get(part):
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
        "table": {"name": table_of(data).name, "content_hash": content_hash(table_of(data))},
        "cutoff_s": data.cutoff_s,
        "engines": data.engines,
        "held_out_families": sorted(HELD_OUT_FAMILIES),
        **found.report,
    }
    print(render(report))  # noqa: T201 - the table is what the command is for
    if options.output:
        given = sys.argv[1:] if arguments is None else arguments
        command = "python -m edasat.tools.evaluate_grass " + shlex.join(given)
        packages = ("torch", "scikit-learn", "gbdc")
        write_result(options.output, report, command=command, seed=data.seed, packages=packages)
    if options.report:
        selection_report(found.shown, options.report, title="Solver selection on held-out formulas", seed=data.seed)


if __name__ == "__main__":
    main()
