"""How well predicted cores rank clauses, how much they remove, and what they save.

``python -m edasat.tools.evaluate_core --work DIR -o results/core_detection.json`` trains the ablations (weights are
kept in DIR and reused), fits the baselines, and scores all of them per formula on held-out instances of known families,
on held-out families and, with ``--files``, on formulas of other people. Formulas with a base rate above 0.7 (share of
the clauses in the core) are listed apart: there, calling every clause needed is nearly right.

The label is one core of many, so no ranking reaches a lift of 1: another engine's core is scored as a ranking, too.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from edasat.core.files import atomic_write
from edasat.core.progress import Progress
from edasat.core.threads import set_threads
from edasat.datasets.core_sources import rebuild
from edasat.datasets.cores import TRIVIAL_BASE_RATE
from edasat.datasets.cores_data import Cores, LabelledFormula, load_formulas
from edasat.models.core.detector import CoreDetector
from edasat.models.core.release import train
from edasat.models.evaluation.core_baselines import RANKINGS, ClauseBoosting
from edasat.models.evaluation.ranking import average_precision, calibration_error, decision_scores, lift
from edasat.sat.benchmark import load_instance
from edasat.sat.cnf import Cnf
from edasat.sat.proofs import find_core
from edasat.sat.ranked_core import prove_ranked, shortest_prefix
from edasat.sat.selection import mean_interval, resample
from edasat.tools.results import write_result

FloatArray = npt.NDArray[np.floating]
#: Ranks the clauses of a formula: the higher the score, the likelier in the core.
#: Scores, and probabilities (None where a ranking gives none).
Scorer = Callable[[LabelledFormula], tuple[FloatArray, FloatArray | None]]

CORE: Final = "core detection"
NETWORK: Final = "core detection, network alone"
BOOSTING: Final = "gradient boosting on clause features"
OTHER_ENGINE: Final = "core of another engine"
#: Networks trained besides the one that ships: name -> LightningCLI arguments.
VARIANTS: Final[Mapping[str, tuple[str, ...]]] = {
    "published shape": (
        "--model.num_rounds=3",
        "--model.shared_rounds=false",
        "--model.node_features=false",
        "--model.hints=false",
        "--model.position_dims=0",
        "--model.context=false",
        "--model.head_width=0",
        "--model.dropout=0",
        "--model.ranking_weight=0",
    ),
    "core detection without the short search": ("--model.hints=false",),
}
PARTS: Final = ("test_instances", "test_families", "test_files")
#: Rankings whose shortest unsatisfiable prefixes are measured: each costs several runs of a solver per formula.
_PREFIXED: Final = (CORE, BOOSTING, "degree score")
_OTHER_ENGINE = "glucose4"
#: Formulas whose exact extraction takes at least ten seconds, give or take the machine; at the limit it is ended.
HARD: Final = (
    "prime-20-0",
    "multiplier-commutativity-15-0",
    "bmc-accumulator-safe-24-0",
    "rewritten-logic-6400-0",
    "random-3sat-unsat-275-0",
)
_HARD_LIMIT_S = 40.0
_SLOW_S = 10.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Evaluate and write the result."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True, help="folder for what is made on the way; reused")
    parser.add_argument("-o", "--out", type=Path, required=True, help="result file (JSON)")
    parser.add_argument("--table", type=Path, default=None, help="core table; default: the one that ships")
    parser.add_argument("--weights", type=Path, default=None, help="weights; default: those that ship")
    parser.add_argument("--files", type=Path, nargs=2, metavar=("TABLE", "FOLDER"), help="labelled formulas from files")
    given = parser.parse_args(arguments)
    set_threads(1)
    given.work.mkdir(parents=True, exist_ok=True)
    data = Cores(str(given.table) if given.table else None)
    parts: dict[str, tuple[list[LabelledFormula], Path | None]] = {
        part: ([data.formulas.formulas[row] for row in data.rows(part)], None) for part in PARTS[:2]
    }
    if given.files:
        table, folder = given.files
        parts["test_files"] = list(load_formulas(table, folder).formulas), folder
    detector = CoreDetector.load(given.weights)
    scorers = _scorers(data, detector, given.work, given.table)
    result: dict[str, Any] = {
        "formulas": {part: len(formulas) for part, (formulas, _) in parts.items()},
        "trivial_base_rate": TRIVIAL_BASE_RATE,
        "rankings": {},
        "families": {},
        "solving": {},
    }
    for part, (formulas, folder) in parts.items():
        scored = _kept(given.work / f"scores-{part}.json", partial(score_part, part, formulas, scorers, folder))
        result["rankings"][part] = summaries(scored, cluster=part != "test_instances")
        result["families"][part] = by_family(scored[CORE])
        runs = _kept(given.work / f"solving-{part}.json", partial(solving, part, formulas, detector, folder))
        result["solving"][part] = solving_summary(runs)
    result["hard"] = _kept(given.work / "hard.json", partial(hard_formulas, detector))
    write_result(
        given.out,
        result,
        command="python -m edasat.tools.evaluate_core " + " ".join(arguments or sys.argv[1:]),
        seed=data.seed,
        packages=("numpy", "torch", "scikit-learn", "python-sat"),
    )
    return 0


def _kept(path: Path, compute: Callable[[], Any]) -> Any:
    """Return what an earlier run left in a file; else compute it, and leave it there."""
    if not path.exists():
        with atomic_write(path) as file:
            file.write(json.dumps(compute()).encode())
    return json.loads(path.read_text())


def _scorers(data: Cores, detector: CoreDetector, work: Path, table: Path | None) -> dict[str, Scorer]:
    """Return the rankings; train what is trained."""
    train_rows, _ = data.fold_rows
    known = [data.formulas.formulas[row] for row in train_rows]
    scorers: dict[str, Scorer] = {name: _untrained(rank) for name, rank in RANKINGS.items()}
    for name, hints in ((f"{BOOSTING}, without the short search", False), (BOOSTING, True)):
        scorers[name] = _of_boosting(ClauseBoosting(hints=hints).fit(known))
    for name, options in VARIANTS.items():
        folder = work / name.replace(" ", "-")
        if not (folder / "core.json").exists():
            train([*options, *([f"--data.table={table}"] if table else [])], output=folder)
        scorers[name] = _of_detector(CoreDetector.load(folder))
    scorers[NETWORK] = _of_detector(CoreDetector(detector.network, 0.0, detector.calibration))
    scorers[CORE] = _of_detector(detector)
    return scorers


def _untrained(rank: Callable[[LabelledFormula], FloatArray]) -> Scorer:
    return lambda formula: (rank(formula), None)


def _of_boosting(model: ClauseBoosting) -> Scorer:
    def score(formula: LabelledFormula) -> tuple[FloatArray, FloatArray]:
        chance = model.predict(formula)
        return chance, chance

    return score


def _of_detector(detector: CoreDetector) -> Scorer:
    def score(formula: LabelledFormula) -> tuple[FloatArray, FloatArray]:
        logits = detector.logits(formula.graph, formula.hints)
        return detector.scores(logits, formula.hints), detector.calibration(logits)

    return score


def score_part(
    part: str, formulas: Sequence[LabelledFormula], scorers: Mapping[str, Scorer], folder: Path | None
) -> dict[str, list[dict[str, Any]]]:
    """Return the figures of each formula for each ranking."""
    scored: dict[str, list[dict[str, Any]]] = defaultdict(list)
    with Progress(f"scoring {part}", len(formulas)) as progress:
        for formula in formulas:
            trivial = formula.base_rate > TRIVIAL_BASE_RATE
            cnf = None if trivial else rebuild(formula.row, folder)
            for name, scorer in scorers.items():
                scores, chance = scorer(formula)
                figures = _figures(formula, scores, chance)
                if cnf is not None and name in _PREFIXED:
                    figures["removed"] = removed_share(formula, shortest_prefix(cnf, scores))
                scored[name].append(figures)
            if cnf is not None and (other := _other_core(cnf)) is not None:
                scored[OTHER_ENGINE].append(_figures(formula, other, other))
            progress.step(formula.row["instance"])
    return scored


def _figures(formula: LabelledFormula, scores: FloatArray, chance: FloatArray | None) -> dict[str, Any]:
    base = formula.base_rate
    precision = average_precision(scores, formula.in_core)
    found: dict[str, Any] = {
        "family": formula.row["family"],
        "base_rate": base,
        "average_precision": precision,
        "lift": lift(precision, base),
    }
    if chance is not None:
        found["calibration_error"] = calibration_error(chance, formula.in_core)
        found["precision"], found["recall"], found["f1"] = decision_scores(chance >= 0.5, formula.in_core)
    return found


def removed_share(formula: LabelledFormula, prefix: int) -> float:
    """Return the share of the clauses outside the label that lie behind the prefix; above 1 for a smaller core."""
    outside = formula.graph.num_clauses - int(formula.in_core.sum())
    return (formula.graph.num_clauses - prefix) / outside if outside else float("nan")


def _other_core(cnf: Cnf) -> FloatArray | None:
    """Return 1 for the clauses of the core that another engine's proof leaves, 0 for the others."""
    core = find_core(cnf, engine=_OTHER_ENGINE, time_limit=_SLOW_S, rounds=4, confirm=False)
    if not core.proved:
        return None
    scores = np.zeros(cnf.num_clauses)
    scores[core.clauses] = 1
    return scores


def summaries(scored: Mapping[str, list[dict[str, Any]]], *, cluster: bool) -> dict[str, Any]:
    """Return means with 95 % intervals over the formulas that are not trivial, whole families drawn if ``cluster``."""
    out = {}
    for name, rows in scored.items():
        kept = [row for row in rows if row["base_rate"] <= TRIVIAL_BASE_RATE]
        if not kept:
            continue
        figures: dict[str, Any] = {"formulas": len(kept), "families": len({row["family"] for row in kept})}
        for figure in (
            "base_rate", "average_precision", "lift", "precision", "recall", "f1", "calibration_error", "removed"
        ):  # fmt: skip
            if figure not in kept[0]:
                continue
            values = np.array([row[figure] for row in kept], dtype=np.float64)
            counts = resample(len(values), families=[row["family"] for row in kept] if cluster else None)
            interval = mean_interval(values, counts)
            figures[figure] = {
                "mean": interval.estimate,
                "low": interval.low,
                "high": interval.high,
                "median": float(np.median(values)),
            }
        out[name] = figures
    return out


def by_family(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the medians of each family, those with something to remove first."""
    grouped: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for row in rows:
        grouped[row["family"]].append(row)
    out = []
    for family, members in grouped.items():
        entry: dict[str, Any] = {"family": family, "formulas": len(members)}
        for figure in (
            "base_rate", "average_precision", "lift", "precision", "recall", "f1", "calibration_error", "removed"
        ):  # fmt: skip
            values = [row[figure] for row in members if figure in row and not np.isnan(row[figure])]
            entry[figure] = float(np.median(values)) if values else None
        entry["trivial"] = entry["base_rate"] > TRIVIAL_BASE_RATE
        out.append(entry)
    return sorted(out, key=lambda entry: (entry["trivial"], entry["family"]))


def hard_formulas(detector: CoreDetector) -> list[dict[str, Any]]:
    """Return CPU seconds of exact extraction and of prediction, warm, for formulas where extraction is slow."""
    out = []
    detector.predict(load_instance("prime-8-0"))  # compiled code is loaded
    with Progress("hard formulas", len(HARD)) as progress:
        for name in HARD:
            cnf = load_instance(name)
            exact = find_core(cnf, time_limit=_HARD_LIMIT_S, rounds=1, confirm=False)
            start = time.process_time()
            prediction = detector.predict(cnf)
            predicted_s = time.process_time() - start
            exact_s = sum(exact.cpu_s.values())
            out.append(
                {
                    "instance": name,
                    "clauses": cnf.num_clauses,
                    "status": exact.status,
                    "exact_cpu_s": exact_s,
                    "predicted_cpu_s": predicted_s,
                    **{f"{stage}_cpu_s": seconds for stage, seconds in prediction.timings.items()},
                    "faster": exact_s / predicted_s,
                    "slow": exact_s >= _SLOW_S,
                }
            )
            progress.step(name)
    return out


def solving(
    part: str, formulas: Sequence[LabelledFormula], detector: CoreDetector, folder: Path | None
) -> list[dict[str, Any]]:
    """Compare a proved core by way of the prediction with one of the whole formula: CPU seconds, sizes, who wins."""
    rows = []
    chosen = [formula for formula in formulas if formula.base_rate <= TRIVIAL_BASE_RATE]
    with Progress(f"solving {part}", len(chosen)) as progress:
        for formula in chosen:
            cnf = rebuild(formula.row, folder)
            whole = find_core(cnf, time_limit=_SLOW_S, rounds=1, confirm=False)
            start = time.process_time()
            prediction = detector.predict(cnf)
            predict_s = time.process_time() - start
            ranked = prove_ranked(cnf, prediction.scores, prediction.prefix(), time_limit=_SLOW_S)
            rows.append(
                {
                    "family": formula.row["family"],
                    "whole_cpu_s": sum(whole.cpu_s.values()),
                    "ranked_cpu_s": ranked.cpu_s,
                    "predict_cpu_s": predict_s,
                    "attempts": len(ranked.attempts),
                    "first_proved": ranked.attempts[0].status == "unsat",
                    "core_ratio": len(ranked.core.clauses) / max(1, len(whole.clauses)),
                    "proved": ranked.core.proved,
                }
            )
            progress.step(formula.row["instance"])
    return rows


def solving_summary(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Sum up by how long the whole formula takes."""
    bounds = (0.0, 0.1, 1.0, float("inf"))
    out: dict[str, Any] = {}
    for low, high in pairwise(bounds):
        kept = [row for row in rows if low <= row["whole_cpu_s"] < high]
        if not kept:
            continue
        with_prediction = [row["ranked_cpu_s"] + row["predict_cpu_s"] for row in kept]
        wins = [mine < row["whole_cpu_s"] for mine, row in zip(with_prediction, kept, strict=True)]
        out[f"{low:g} to {high:g} s"] = {
            "formulas": len(kept),
            "wins": int(sum(wins)),
            "solving_wins": int(sum(row["ranked_cpu_s"] < row["whole_cpu_s"] for row in kept)),
            "first_attempt_proved": float(np.mean([row["first_proved"] for row in kept])),
            "attempts_mean": float(np.mean([row["attempts"] for row in kept])),
            "cpu_s_whole": float(sum(row["whole_cpu_s"] for row in kept)),
            "cpu_s_ranked": float(sum(row["ranked_cpu_s"] for row in kept)),
            "cpu_s_predict": float(sum(row["predict_cpu_s"] for row in kept)),
            "core_ratio_median": float(np.median([row["core_ratio"] for row in kept if row["proved"]] or [np.nan])),
            "winning_families": sorted({row["family"] for row, win in zip(kept, wins, strict=True) if win}),
        }
    return out


if __name__ == "__main__":
    sys.exit(main())
