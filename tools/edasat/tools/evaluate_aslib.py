"""Solver selection on public ASlib scenarios: single best, virtual best, and baselines by the scenario's own folds.

``python -m edasat.tools.evaluate_aslib SCENARIO_DIR... -o results/aslib_selection.json`` scores what learns from
feature tables; the scenarios ship no formulas, so networks on formulas have no part in this. A choice pays for the
features of all steps; an instance that computing them solves is solved at that cost. The single best engine is the best
of the whole scenario, as in published figures: a selector has to beat an engine that was picked knowing the answers.
"""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from edasat.core.errors import InputError
from edasat.core.progress import Progress
from edasat.core.threads import set_threads
from edasat.models.evaluation.selection_baselines import Boosting, NearestNeighbours
from edasat.sat.aslib import AslibScenario, read_aslib
from edasat.sat.runs import RunMatrix, to_matrix
from edasat.sat.selection import (
    Outcome,
    engine_outcome,
    gap_interval,
    mean_interval,
    policy_outcome,
    resample,
    single_best,
    virtual_best,
)
from edasat.tools.results import write_result

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

#: Penalties in cutoffs: ours and that of ASlib's own figures.
PENALTIES: Final = (2, 10)
_SELECTORS: Final[Mapping[str, Callable[[], NearestNeighbours | Boosting]]] = {
    "nearest neighbours": NearestNeighbours,
    # Dozens of engines times the folds: coarser bins and smaller trees keep that within minutes on one core.
    "gradient boosting": partial(Boosting, max_bins=32, max_leaf_nodes=8),
}


def evaluate(scenario: AslibScenario, seed: int = 0) -> dict[str, Any]:
    """Score all policies on one scenario.

    Args:
        scenario: complete and with folds.
        seed: of the bootstrap.

    Raises:
        InputError: if the scenario has no folds, or runs are missing.
    """
    if not scenario.folds.all() or len(np.unique(scenario.folds)) < 2:
        raise InputError(
            f"scenario '{scenario.name}' has no folds to cross-validate by", hint="cv.arff must name one per instance"
        )
    matrix = to_matrix(scenario.runs)
    outcomes = {
        "single best engine": engine_outcome(matrix, single_best(matrix)),
        "virtual best engine": virtual_best(matrix),
    }
    for name, make in _SELECTORS.items():
        choices = choices_by_fold(scenario, matrix, make, title=f"{scenario.name}, {name}")
        outcomes[name] = selector_outcome(scenario, matrix, choices)
    cost_s = scenario.feature_cost_s
    return {
        "name": scenario.name,
        "instances": matrix.num_instances,
        "engines": matrix.num_engines,
        "features": len(scenario.feature_names),
        "cutoff_s": matrix.cutoff_s,
        "never_solved": int(matrix.never_solved.sum()),
        "single_best_engine": matrix.engines[single_best(matrix)],
        "feature_cost_s": {"median": float(np.median(cost_s)), "max": float(cost_s.max())},
        "policies": {name: _scores(matrix, outcome, seed) for name, outcome in outcomes.items()},
    }


def choices_by_fold(
    scenario: AslibScenario, matrix: RunMatrix, make: Callable[[], NearestNeighbours | Boosting], *, title: str = ""
) -> IntArray:
    """Return the engine chosen for each instance, int64 (instances,), by a selector trained on the other folds."""
    choices = np.zeros(matrix.num_instances, dtype=np.int64)
    folds = np.unique(scenario.folds)
    with Progress(title, len(folds)) as progress:
        for fold in folds:
            inside = scenario.folds != fold
            selector = make()
            # Trees take missing values as they are; distances need a number.
            x = scenario.features if isinstance(selector, Boosting) else _filled(scenario.features, inside)
            choices[~inside] = selector.fit(x[inside], matrix.take(inside)).costs(x[~inside]).argmin(axis=1)
            progress.step(f"fold {fold}")
    return choices


def selector_outcome(scenario: AslibScenario, matrix: RunMatrix, choices: IntArray) -> Outcome:
    """Return what choices get that pay for all features first."""
    cost_s = scenario.feature_cost_s
    chosen = policy_outcome(matrix, choices=choices, overhead_s=cost_s)
    early = scenario.presolved & (cost_s <= matrix.cutoff_s)
    return Outcome(np.where(early, cost_s, chosen.runtimes), chosen.solved | early, matrix.cutoff_s)


def _filled(x: FloatArray, known: npt.NDArray[np.bool_]) -> FloatArray:
    """Replace missing values by the median of the known rows, 0 where these have none."""
    medians = np.zeros(x.shape[1])
    some = np.isfinite(x[known]).any(axis=0)
    medians[some] = np.nanmedian(x[known][:, some], axis=0)
    return np.where(np.isnan(x), medians, x)


def _scores(matrix: RunMatrix, outcome: Outcome, seed: int) -> dict[str, Any]:
    counts = resample(matrix.num_instances, seed=seed)
    virtual = virtual_best(matrix)
    scores: dict[str, Any] = {"solved": outcome.num_solved, "solved_share": outcome.solved_share}
    for k in PENALTIES:
        single = engine_outcome(matrix, single_best(matrix, k))
        scores[f"par{k}"] = asdict(mean_interval(outcome.par(k), counts))
        scores[f"gap_closed_par{k}"] = asdict(gap_interval(outcome, single, virtual, counts, k))
    return scores


def render(report: Mapping[str, Any]) -> str:
    """Return the scores as text."""
    lines = []
    for scenario in report["scenarios"]:
        lines.append(f"{scenario['name']} ({scenario['instances']} instances, {scenario['engines']} engines)")
        for name, scores in scenario["policies"].items():
            gap = scores["gap_closed_par2"]
            lines.append(
                f"  {name:<22}PAR-2 {scores['par2']['estimate']:9.1f}  PAR-10 {scores['par10']['estimate']:9.1f}"
                f"  solved {scores['solved_share']:6.1%}"
                f"  gap {gap['estimate']:7.1%} [{gap['low']:.1%}, {gap['high']:.1%}]"
            )
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> None:
    """Evaluate, print and store."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("scenarios", nargs="+", type=Path, help="folders of ASlib scenarios")
    parser.add_argument("-o", "--output", type=Path, help="JSON file to write")
    parser.add_argument("--seed", type=int, default=0, help="of the bootstrap")
    options = parser.parse_args(arguments)
    set_threads(1)
    report = {"scenarios": [evaluate(read_aslib(folder), options.seed) for folder in options.scenarios]}
    print(render(report))  # noqa: T201 - the table is what the command is for
    if options.output:
        given = sys.argv[1:] if arguments is None else arguments
        command = "python -m edasat.tools.evaluate_aslib " + shlex.join(given)
        write_result(options.output, report, command=command, seed=options.seed, packages=("numpy", "scikit-learn"))


if __name__ == "__main__":
    main()
