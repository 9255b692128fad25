"""How released GraSS weights choose on a second test set: other people's formulas, never trained on.

``python -m edasat.tools.evaluate_transfer RUNS.parquet --folder CNFS -o results/solver_selection_public.json`` takes a
run table that `edasat sat bench` measured on a folder of CNFs. The single best engine and boosting, which gets the
instance features that GraSS gets, come from the training rows of the table that the weights were trained on; nothing is
fitted to the second set. Formulas that every engine solves at once say nothing about choosing, and copies of training
formulas would flatter: both are left out and counted. Every choice pays its own warm cost on each formula: reading the
file, features, graph and model.
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
import numpy.typing as npt
import torch

from edasat.core.errors import InputError
from edasat.core.files import content_hash
from edasat.core.threads import set_threads
from edasat.datasets.solver_runtimes import TABLE, TRIVIAL_S
from edasat.datasets.solver_runtimes_data import SolverRuntimes
from edasat.models.evaluation.selection_baselines import Boosting
from edasat.models.grass.ensemble import Ensemble
from edasat.models.grass.presolve import slots_within
from edasat.models.grass.release import predict_part, predict_rows
from edasat.models.grass.runtime import LogNormal, Mixture
from edasat.models.grass.scheduling import planned_outcome
from edasat.models.grass.selector import Selector
from edasat.sat.runs import RunMatrix, read_runs
from edasat.sat.selection import (
    Outcome,
    engine_outcome,
    policy_outcome,
    score_policy,
    single_best,
    virtual_best,
)
from edasat.tools.evaluate_grass import BOOSTING, GRASS, MAIN_VARIANT, SINGLE_BEST
from edasat.tools.results import write_result
from edasat.tools.selection_features import measure
from edasat.tools.selection_figures import VIRTUAL_BEST, SelectionPart
from edasat.tools.selection_report import selection_report

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

SCHEDULE: Final = f"{GRASS}, with schedule"
FALLBACK: Final = f"{SCHEDULE}, single best where flagged"


@dataclass(frozen=True)
class Transfer:
    """What the policies get on the second test set; rows of all arrays are the instances of ``matrix``.

    Attributes:
        matrix: measured runtimes of the formulas that count.
        outcomes: policy -> what it got.
        choices: selector -> int64, (instances,): engine chosen.
        predicted_s: float64, (instances, engines): typical runtime in CPU seconds that GraSS predicts.
        flagged: bool, (instances,): unlike all training formulas.
        single: the best single engine of the training rows.
        overhead_s: selector -> float64, (instances,).
        left_out: why -> number of formulas without a row.
    """

    matrix: RunMatrix
    outcomes: Mapping[str, Outcome]
    choices: Mapping[str, IntArray]
    predicted_s: FloatArray
    flagged: BoolArray
    single: int
    overhead_s: Mapping[str, FloatArray]
    left_out: Mapping[str, int]

    @property
    def parts(self) -> dict[str, BoolArray]:
        """Instances of each part that is scored on its own."""
        return {"all": np.ones_like(self.flagged), "known_kind": ~self.flagged, "flagged": self.flagged}


def transfer(ensemble: Ensemble, train: SolverRuntimes, test: SolverRuntimes) -> Transfer:
    """Apply weights, boosting and single best engine of the training table to another table.

    Args:
        ensemble: the weights.
        train: table they were trained on.
        test: the other table, all of whose rows are looked at.

    Raises:
        InputError: if an engine of the weights is missing in a table, or no formula is left.
    """
    engines = ensemble.settings.engines
    train_matrix = train.matrix.take_engines(engines).take(train.split.train)
    every = test.matrix.take_engines(engines)
    kept, left_out = _kept(every, train, test)
    matrix = every.take(kept)
    single = single_best(train_matrix)
    found = measure(test, Selector(ensemble))

    boosting = Boosting().fit(train.formulas.instance_x[train.split.train].astype(np.float64), train_matrix)
    boosted = boosting.costs(test.formulas.instance_x[kept].astype(np.float64)).argmin(axis=1)
    outputs = [predict_rows(member, test, kept) for member in ensemble.members]
    networks = Mixture.equal(
        LogNormal(torch.stack([out.mean for out in outputs]), torch.stack([out.scale for out in outputs]))
    )
    alone = networks.expected_par(matrix.cutoff_s).argmin(dim=1).numpy()
    mixture, distance = predict_part(ensemble, test, kept)
    grass = mixture.expected_par(matrix.cutoff_s).argmin(dim=1).numpy()
    flagged = (distance > 1).numpy()
    own_s, grass_s = found.own_s[kept], found.grass_s[kept]
    slots = slots_within(ensemble.settings.presolve, matrix.cutoff_s)
    presolve = tuple((engines.index(engine), seconds) for engine, seconds in slots)
    planned = ensemble.schedules(mixture, matrix.cutoff_s - sum(seconds for _, seconds in slots))
    with_schedule = planned_outcome(matrix, planned, grass_s, presolve)
    after_looking = policy_outcome(matrix, schedule=presolve, choices=np.full(len(kept), single), overhead_s=grass_s)
    outcomes = {
        SINGLE_BEST: engine_outcome(matrix, single),
        VIRTUAL_BEST: virtual_best(matrix),
        BOOSTING: policy_outcome(matrix, choices=boosted, overhead_s=own_s),
        MAIN_VARIANT: policy_outcome(matrix, choices=alone, overhead_s=grass_s),
        GRASS: policy_outcome(matrix, choices=grass, overhead_s=grass_s),
        SCHEDULE: with_schedule,
        FALLBACK: _where(flagged, after_looking, with_schedule),
    }
    return Transfer(
        matrix=matrix,
        outcomes=outcomes,
        choices={BOOSTING: boosted, MAIN_VARIANT: alone, GRASS: grass},
        predicted_s=mixture.moments().mean.double().exp().numpy(),
        flagged=flagged,
        single=single,
        overhead_s={BOOSTING: own_s, GRASS: grass_s},
        left_out=left_out,
    )


def _kept(matrix: RunMatrix, train: SolverRuntimes, test: SolverRuntimes) -> tuple[IntArray, dict[str, int]]:
    """Return the rows that count, and how many do not by reason."""
    seen = set(train.formulas.groups)
    known = np.array([group in seen for group in test.formulas.groups], dtype=bool)
    trivial = matrix.solved.all(axis=1) & (matrix.runtimes < TRIVIAL_S).all(axis=1)
    kept = np.flatnonzero(~known & ~trivial)
    if not len(kept):
        raise InputError(
            f"no formula is left to score: {known.sum()} are known from training, {(trivial & ~known).sum()} are "
            f"solved by every engine in under {TRIVIAL_S:g} s"
        )
    return kept, {
        "incomplete": len(test.matrix.left_out),
        "known": int(known.sum()),
        "trivial": int((trivial & ~known).sum()),
    }


def _where(rows: BoolArray, yes: Outcome, no: Outcome) -> Outcome:
    """Return one outcome on the rows given, another elsewhere."""
    return Outcome(np.where(rows, yes.runtimes, no.runtimes), np.where(rows, yes.solved, no.solved), yes.cutoff_s)


def scores(found: Transfer, seed: int = 0) -> dict[str, Any]:
    """Return the scores of all policies by part, as plain values; intervals resample families."""
    policies: dict[str, dict[str, Any]] = {name: {} for name in found.outcomes}
    for part, rows in found.parts.items():
        if not rows.any():
            continue
        matrix = found.matrix.take(rows)
        for name, outcome in found.outcomes.items():
            chosen = Outcome(outcome.runtimes[rows], outcome.solved[rows], outcome.cutoff_s)
            policies[name][part] = score_policy(
                matrix, chosen, single_best_engine=found.single, by_family=True, seed=seed
            ).to_dict()
    return {
        "cutoff_s": found.matrix.cutoff_s,
        "engines": list(found.matrix.engines),
        "families": len(set(found.matrix.families)),
        "rows": {part: int(rows.sum()) for part, rows in found.parts.items()},
        "flagged_share": float(found.flagged.mean()),
        "trivial_s": TRIVIAL_S,
        "left_out": dict(found.left_out),
        "overhead_s": {
            name: {"median": float(np.median(values)), "max": float(values.max())}
            for name, values in found.overhead_s.items()
        },
        "policies": policies,
    }


#: Parts of the page, which do not overlap.
_TITLES: Final = {"known_kind": "formulas not flagged", "flagged": "flagged formulas"}


def report_parts(found: Transfer, report: Mapping[str, Any]) -> list[SelectionPart]:
    """Return what the page shows: the formulas like the training data, then the others, as far as there are any."""
    return [
        SelectionPart(
            title=_TITLES[part],
            matrix=found.matrix.take(rows),
            outcomes={
                name: Outcome(outcome.runtimes[rows], outcome.solved[rows], outcome.cutoff_s)
                for name, outcome in found.outcomes.items()
                if name != FALLBACK
            },
            scores={name: policy[part] for name, policy in report["policies"].items()},
            choices={name: choices[rows] for name, choices in found.choices.items()},
            predicted_s=found.predicted_s[rows],
        )
        for part, rows in found.parts.items()
        if part in _TITLES and rows.any()
    ]


def render(report: Mapping[str, Any]) -> str:
    """Return the scores as text."""
    lines = []
    for part, rows in report["rows"].items():
        lines.append(f"{part} ({rows} formulas)")
        for name, policy in report["policies"].items():
            if part in policy:
                gap = policy[part]["gap_closed"]
                lines.append(
                    f"  {name:<50}{policy[part]['par2']['estimate']:8.3f} s{policy[part]['solved']:6d}"
                    f"{100 * gap['estimate']:8.1f} % [{100 * gap['low']:.1f}, {100 * gap['high']:.1f}]"
                )
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> None:
    """Evaluate, print and store."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("runs", type=Path, help="run table of the second test set")
    parser.add_argument("--folder", type=Path, required=True, help="where the paths in the table start")
    parser.add_argument("--weights", type=Path, help="folder of the weights (default: those shipped)")
    parser.add_argument("--table", type=Path, help="run table they were trained on (default: the one shipped)")
    parser.add_argument("-o", "--output", type=Path, help="JSON file to write")
    parser.add_argument("--report", type=Path, help="HTML file to write")
    options = parser.parse_args(arguments)
    set_threads(1)
    ensemble = Ensemble.load(options.weights)
    budget = ensemble.settings.clause_budget
    train = SolverRuntimes(str(options.table) if options.table else None, clause_budget=budget)
    test = SolverRuntimes(str(options.runs), str(options.folder), clause_budget=budget, all_rows=True)
    found = transfer(ensemble, train, test)
    report = {
        "table": {"name": options.runs.name, "content_hash": content_hash(options.runs)},
        "trained_on": {"content_hash": content_hash(options.table or TABLE)},
        "machines": {"train": _machine(options.table or TABLE), "test": _machine(options.runs)},
        **scores(found),
    }
    print(render(report))  # noqa: T201 - the table is what the command is for
    if options.output:
        given = sys.argv[1:] if arguments is None else arguments
        command = "python -m edasat.tools.evaluate_transfer " + shlex.join(given)
        write_result(options.output, report, command=command, seed=0, packages=("torch", "scikit-learn"))
    if options.report:
        selection_report(report_parts(found, report), options.report, title="Solver selection on other people's CNFs")


def _machine(table: Path) -> str:
    return str(read_runs(table).column("machine")[0].as_py())


if __name__ == "__main__":
    main()
