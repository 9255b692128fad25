"""Whether generated formulas help to learn solver runtimes from few real ones.

``python -m edasat.tools.evaluate_augment --work DIR -o results/hard_augment.json`` learns the runtimes of a few engines
from k real formulas, alone and together with formulas generated from these k, and predicts them for real formulas that
are neither among the k nor parents of anything. The real formulas are unsatisfiable ones of the structured families of
the run table that ships, CaDiCaL taking 0.05 to 0.8 s there; all are run anew, beside the generated ones. Features are
those of :mod:`edasat.sat.features.instance` without those that see names, signs or order, because generated formulas
have random ones; the learner is the forest of ``grass``.

Compared with learning from the k alone, on the same splits:

* renamed copies: the same formulas under other names, in other order: what more measurements of the same tell;
* the published loop with all noise de-cored at once, which is what it ends with at best;
* ours, as they come and only those whose conflicts are 0.5 to 2 times the parent's.

Three errors: of the logarithm of each runtime; of the total time of each engine as published, where errors of opposite
sign cancel (HardCore's "MAE": mean over engines of ``|sum of runtimes - sum of predictions| / formulas``); and what a
choice of engine by the predictions costs (PAR-2). Finished runs are kept in DIR; a second call goes on from there.
"""

from __future__ import annotations

import argparse
import sys
import zlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from edasat.core.progress import Progress
from edasat.core.tasks import Journal, run_tasks
from edasat.core.threads import set_threads
from edasat.datasets.formula_graphs import structure_hash
from edasat.datasets.solver_runtimes_data import read_table
from edasat.sat.benchmark import load_instance
from edasat.sat.cnf import Cnf
from edasat.sat.features.instance import FEATURE_NAMES, ORDER_FEATURES, instance_features
from edasat.sat.generate.offspring import CannotGenerate, IntArray, Seed
from edasat.sat.generate.parents import cpu_clock
from edasat.sat.proofs import find_core
from edasat.sat.runs import STATUSES, RunMatrix
from edasat.sat.solvers import Workspace, solve
from edasat.sat.tripartite import tripartite_arrays
from edasat.tools.generation_methods import find_way
from edasat.tools.results import write_result

FloatArray = npt.NDArray[np.float64]

#: A modern engine, one of the Glucose line and the plain ancestor of both: their runtimes differ most between formulas.
ENGINES: Final = ("cadical195", "glucose42", "minisat22")
#: CPU seconds at which runs are cut, those of the table too.
LIMIT_S: Final = 5.0
#: CPU seconds of CaDiCaL on a real formula.
HARD_S: Final = (0.05, 0.8)
#: Families of formulas without structure.
RANDOM: Final = ("random-", "planted-", "quiet-planted-", "power-law-", "community-", "hashed-", "linear-")
SIZES: Final = (10, 20, 50)
REAL: Final = "real formulas alone"
SIGNS: Final = "real formulas alone, signs seen"
CONSTANT: Final = "median of the real formulas"
ALL_REAL: Final = "all real formulas that may train"
RENAMED: Final = "renamed copies"
#: Ways of generating.
WAYS: Final = (RENAMED, "published loop, all de-cored at once", "transform")
#: Arms: name -> (way, whether only formulas about as hard as their parents count).
ARMS: Final[Mapping[str, tuple[str, bool]]] = {
    RENAMED: (RENAMED, False),
    "published loop, all de-cored": ("published loop, all de-cored at once", False),
    "ours": ("transform", False),
    "ours, about as hard": ("transform", True),
}
#: Conflicts over those of the parent that are about as hard.
LOW, HIGH = 0.5, 2.0
#: Features that see which literals are negated: a formula that was generated with random signs has those of no family.
SIGN_FEATURES: Final = tuple(
    name for name in FEATURE_NAMES if "positive" in name or "horn" in name or "negative" in name
)
#: Features recorded for each formula; those of names and order are left out.
FEATURES: Final = tuple(name for name in FEATURE_NAMES if name not in ORDER_FEATURES)
#: Positions of the features that neither names nor signs nor order change.
INVARIANT: Final = np.array([i for i, name in enumerate(FEATURES) if name not in SIGN_FEATURES])

_MAX_CLAUSES: Final = 20_000
_CORE_S: Final = 20.0
_MEMORY_BYTES: Final = 3 << 30
_SHORTEST_S: Final = 0.005  # the clock does not resolve less
_PENALTY: Final = 2.0  # of a run without an answer, in limits: PAR-2


@dataclass(frozen=True, eq=False)
class Labelled:
    """Formulas with their runtimes.

    Attributes:
        x: float64, (formulas, features): all of :data:`FEATURES`.
        seconds: float64, (formulas, engines): CPU seconds, cut at :data:`LIMIT_S`.
        parents: which real formula each was made from, or is.
    """

    x: FloatArray
    seconds: FloatArray
    parents: npt.NDArray[np.int64]

    def of(self, parents: IntArray) -> Labelled:
        """Return the rows of some parents."""
        rows = np.isin(self.parents, parents)
        return Labelled(self.x[rows], self.seconds[rows], self.parents[rows])

    def joined(self, other: Labelled) -> Labelled:
        """Return both."""
        pairs = [(getattr(self, name), getattr(other, name)) for name in ("x", "seconds", "parents")]
        return Labelled(*(np.concatenate(pair) for pair in pairs))


def main(arguments: Sequence[str] | None = None) -> int:
    """Evaluate and write the result."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True, help="folder for what is made on the way; reused")
    parser.add_argument("-o", "--out", type=Path, required=True, help="result file (JSON)")
    parser.add_argument("--table", type=Path, help="run table; default: the one that ships")
    parser.add_argument("--parents", type=int, default=55, help="real formulas that may train")
    parser.add_argument("--tests", type=int, default=55, help="real formulas that are held out")
    parser.add_argument("--copies", type=int, default=2, help="formulas generated from each of the former in each way")
    parser.add_argument("--splits", type=int, default=20, help="draws of training and test formulas")
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES), help="real formulas to learn from")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args(arguments)
    set_threads(1)
    rng = np.random.default_rng(given.seed)
    names, families = population(read_table(given.table)[0], given.parents + given.tests, rng)
    training = np.arange(given.parents)
    settings = {"engines": list(ENGINES), "limit_s": LIMIT_S, "seed": given.seed}
    with Journal(given.work / "augment.jsonl", settings) as journal:
        rows = label_real(names, journal)
        made = label_generated(names, training, rows, given.copies, journal, given.seed)
    real = labelled(rows)
    test = held_out(rows, made, given.parents)
    arms = {name: labelled(made[way], close) for name, (way, close) in ARMS.items()}
    result = {
        "engines": list(ENGINES),
        "limit_s": LIMIT_S,
        "formulas": {"may_train": given.parents, "test": len(test), "families": len(set(families))},
        "splits": given.splits,
        "generated": {name: generated_row(made[way], close) for name, (way, close) in ARMS.items()},
        "sizes": compare(real, arms, training, test, given.sizes, given.splits, rng),
    }
    write_result(
        given.out,
        result,
        command="python -m edasat.tools.evaluate_augment " + " ".join(arguments or sys.argv[1:]),
        seed=given.seed,
        packages=("numpy", "torch", "scikit-learn", "python-sat"),
    )
    return 0


def population(matrix: RunMatrix, count: int, rng: np.random.Generator) -> tuple[list[str], list[str]]:
    """Draw unsatisfiable formulas of structured families; return their names and families, in random order."""
    engine = matrix.engines.index(ENGINES[0])
    seconds = matrix.runtimes[:, engine]
    chosen = (matrix.status[:, engine] == STATUSES.index("unsat")) & (seconds >= HARD_S[0]) & (seconds <= HARD_S[1])
    chosen &= [not family.startswith(RANDOM) for family in matrix.families]
    drawn = rng.permutation(np.flatnonzero(chosen)).tolist()
    fitting = (row for row in drawn if load_instance(matrix.instances[row]).num_clauses <= _MAX_CLAUSES)
    rows = list(islice(fitting, count))
    return [matrix.instances[row] for row in rows], [matrix.families[row] for row in rows]


def label_real(names: Sequence[str], journal: Journal) -> list[dict[str, Any]]:
    """Run real formulas and find their cores: parents need them, and what is held out must not share them."""
    tasks = {f"real | {name}": name for name in names}
    run_tasks(_label_real, tasks, journal, title="real formulas")
    return [journal.results[key] for key in tasks]


def _label_real(name: str) -> dict[str, Any]:
    cnf = load_instance(name)
    core = find_core(cnf, rounds=1, confirm=False, time_limit=_CORE_S).clauses
    return {**label(cnf), "core": core.tolist(), "core_mark": mark(cnf.select(core))}


def mark(cnf: Cnf) -> str:
    """Return what a formula shares with all that differ from it in names, signs and order alone."""
    return f"{structure_hash(tripartite_arrays(cnf)):016x}"


def label(cnf: Cnf) -> dict[str, Any]:
    """Run the engines.

    Returns:
        "features"; "seconds" and "statuses" of the engines; "conflicts" of the first; "mark" (structure hash as text).
    """
    with Workspace(cnf) as space:
        runs = [solve(space, engine, cpu_s=LIMIT_S, memory_bytes=_MEMORY_BYTES) for engine in ENGINES]
    found = instance_features(cnf)
    return {
        "features": [found[name] for name in FEATURES],
        "seconds": [run.cpu_s for run in runs],
        "conflicts": runs[0].conflicts,
        "statuses": [run.status for run in runs],
        "mark": mark(cnf),
    }


def label_generated(
    names: Sequence[str],
    training: IntArray,
    rows: Sequence[Mapping[str, Any]],
    copies: int,
    journal: Journal,
    seed: int,
) -> dict[str, list[dict[str, Any]]]:
    """Generate formulas from those that may train, and run them; return rows by way."""
    tasks: dict[str, dict[str, Any]] = {}
    for copy in range(copies):
        for index in training.tolist():
            for way in WAYS:
                key = f"{way} | {names[index]} | {copy}"
                parent = {"name": names[index], **{name: rows[index][name] for name in ("core", "conflicts")}}
                tasks[key] = {"key": key, "way": way, "seed": seed, "index": index, "parent": parent}
    run_tasks(_label_generated, tasks, journal, title="generated formulas")
    made: dict[str, list[dict[str, Any]]] = {way: [] for way in WAYS}
    for key, task in tasks.items():
        row = journal.results.get(key, {})
        if "seconds" in row:
            ratio = (row["conflicts"] or np.inf) / max(1, rows[task["index"]]["conflicts"] or 1)
            made[task["way"]].append({**row, "parent": task["index"], "ratio": ratio})
    return made


def _label_generated(task: Mapping[str, Any]) -> dict[str, Any]:
    started = cpu_clock()
    rng = np.random.default_rng([task["seed"], zlib.crc32(task["key"].encode())])
    parent = task["parent"]
    cnf = load_instance(parent["name"])
    if task["way"] == RENAMED:
        child = renamed(cnf, rng)
    else:
        seed = Seed(cnf, parent["name"], "unsat", parent["conflicts"], 0.0, np.array(parent["core"], np.int64))
        try:
            child = find_way(task["way"], _CORE_S).generate([seed], 0, rng).cnf
        except CannotGenerate as error:
            return {"reason": error.reason}
    return {"generate_s": cpu_clock() - started, **label(child)}


def renamed(cnf: Cnf, rng: np.random.Generator) -> Cnf:
    """Return the formula with variables renamed and flipped, and clauses in another order."""
    names = (rng.permutation(cnf.num_vars) + 1) * rng.choice((-1, 1), cnf.num_vars)
    literals = np.sign(cnf.literals) * names[np.abs(cnf.literals) - 1]
    return Cnf(cnf.num_vars, cnf.offsets, literals.astype(np.int32)).select(rng.permutation(cnf.num_clauses))


def held_out(
    rows: Sequence[Mapping[str, Any]], made: Mapping[str, Sequence[Mapping[str, Any]]], parents: int
) -> IntArray:
    """Return the real formulas behind the parents that share neither formula nor core with anything that may train."""
    known = {row[name] for row in rows[:parents] for name in ("mark", "core_mark")}
    known |= {row["mark"] for arm in made.values() for row in arm}
    return np.array([i for i in range(parents, len(rows)) if not {rows[i]["mark"], rows[i]["core_mark"]} & known])


def labelled(rows: Sequence[Mapping[str, Any]], close: bool = False) -> Labelled:
    """Return rows as arrays; with ``close``, those alone that are about as hard as their parents."""
    kept = [row for row in rows if not close or LOW <= row["ratio"] <= HIGH]
    return Labelled(
        np.array([row["features"] for row in kept], np.float64).reshape(len(kept), len(FEATURES)),
        np.clip(np.array([row["seconds"] for row in kept]).reshape(len(kept), len(ENGINES)), _SHORTEST_S, LIMIT_S),
        np.array([row.get("parent", index) for index, row in enumerate(kept)], np.int64),
    )


def generated_row(rows: Sequence[Mapping[str, Any]], close: bool) -> dict[str, Any]:
    """Return what the formulas of an arm are like, and what they cost."""
    kept = [row for row in rows if not close or LOW <= row["ratio"] <= HIGH]
    return {
        "formulas": len(kept),
        "ratio": float(np.median([row["ratio"] for row in kept])),
        "generate_s": float(np.mean([row["generate_s"] for row in kept])),
        "run_s": float(np.mean([sum(row["seconds"]) for row in kept])),
    }


def compare(
    real: Labelled,
    arms: Mapping[str, Labelled],
    training: IntArray,
    test: IntArray,
    sizes: Sequence[int],
    splits: int,
    rng: np.random.Generator,
) -> list[dict[str, Any]]:
    """Learn from every arm on every split; return a row for each number of real formulas and arm.

    A split draws the real formulas to learn from, and half of the test formulas.
    """
    errors: dict[tuple[int, str], list[tuple[float, ...]]] = defaultdict(list)
    with Progress("splits", splits * len(sizes)) as progress:
        for split in range(splits):
            for size in sizes:
                chosen = np.sort(rng.permutation(training)[:size])
                asked = real.of(np.sort(rng.permutation(test)[: max(1, len(test) // 2)]))
                few = real.of(chosen)
                learned = {REAL: few, **{name: few.joined(arm.of(chosen)) for name, arm in arms.items()}}
                learned[ALL_REAL] = real.of(training)
                learned[SIGNS] = few
                for name, data in learned.items():
                    columns = INVARIANT if name != SIGNS else np.arange(len(FEATURES))
                    predicted = _predict(data, asked.x, columns, seed=split)
                    errors[size, name].append(_errors(asked, *predicted))
                middle = np.median(few.seconds, axis=0)
                constant = np.broadcast_to(middle, asked.seconds.shape)
                errors[size, CONSTANT].append(_errors(asked, np.log(constant), constant))
                progress.step(f"{size} real formulas")
    return [_summary(size, name, errors) for size, name in errors]


def _predict(data: Labelled, x: FloatArray, columns: IntArray, seed: int) -> tuple[FloatArray, FloatArray]:
    """Learn runtimes from some features; return their predicted logarithms and themselves, each (formulas, engines)."""
    import torch

    from edasat.models.grass.forest import Forest

    tables = data.x[:, columns], x[:, columns]
    inputs = [torch.from_numpy(np.sign(table) * np.log1p(np.abs(table))).float() for table in tables]
    logs = np.log(data.seconds)
    weights = Forest.grow(inputs[0], logs, seed).weights(inputs[1]).numpy().astype(np.float64)
    return weights @ logs, weights @ data.seconds


def _errors(asked: Labelled, logs: FloatArray, seconds: FloatArray) -> tuple[float, float, float]:
    """Return the mean error of the logarithm, the published error of total times, and PAR-2 of the engines chosen."""
    penalised = np.where(asked.seconds < LIMIT_S, asked.seconds, _PENALTY * LIMIT_S)
    chosen = np.argmin(seconds, axis=1)
    return (
        float(np.abs(logs - np.log(asked.seconds)).mean()),
        float(np.abs((asked.seconds - seconds).sum(axis=0)).mean() / len(seconds)),
        float(penalised[np.arange(len(chosen)), chosen].mean()),
    )


#: Errors in the order of :func:`_errors`.
ERRORS: Final = ("log_error", "total_error_s", "par2_s")


def _summary(size: int, name: str, errors: Mapping[tuple[int, str], Sequence[tuple[float, ...]]]) -> dict[str, Any]:
    """Return mean and deviation over splits, and how an arm compares with the real formulas alone, split by split.

    Splits share formulas, so the p-values of Wilcoxon's signed-rank test (two-sided) are too small rather than too
    large.
    """
    from scipy.stats import wilcoxon

    values, base = np.array(errors[size, name]), np.array(errors[size, REAL])
    row: dict[str, Any] = {"real": size, "arm": name}
    for column, error in enumerate(ERRORS):
        mine, theirs = values[:, column], base[:, column]
        row[error] = {
            "mean": float(mine.mean()),
            "std": float(mine.std(ddof=1)) if len(mine) > 1 else 0.0,
            "change": float(mine.mean() / theirs.mean() - 1),
            "better_splits": int((mine < theirs).sum()),
            "p": None if (mine == theirs).all() else float(wilcoxon(mine, theirs).pvalue),
        }
    return row


if __name__ == "__main__":
    sys.exit(main())
