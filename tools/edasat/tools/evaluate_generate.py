"""How hard, new and alike generated formulas are, and what one costs: ours, each method alone, and baselines.

``python -m edasat.tools.evaluate_generate --work DIR --files FOLDER -o results/hard_generation.json`` takes parents of
structured families and, with ``--files``, of other people; every way of generating makes candidates for each. All
candidates count, not only those that a user would be given:

* hardness: conflicts and CPU seconds of CaDiCaL after preprocessing, over those of the parent. As in ``edasat sat
  generate``, a run ends at the upper end of the wanted range, so a ratio of 2 may stand for more;
* accepted: unsatisfiable, 0.5 to 2 times the parent's conflicts, no copy, with a checked proof;
* CPU seconds for an accepted one: making, measuring with CaDiCaL and Glucose, and checking of all candidates.

The last row is what ``edasat sat generate`` does with all methods together, which corrects the hardness it asks for.
Finished attempts are kept in DIR; a second call goes on from there.
"""

from __future__ import annotations

import argparse
import math
import sys
import tempfile
import zlib
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np

from edasat.core.errors import LimitError
from edasat.core.tasks import Journal, run_tasks
from edasat.core.threads import set_threads
from edasat.sat.benchmark import load_instance
from edasat.sat.cnf import Cnf
from edasat.sat.dimacs import read_dimacs
from edasat.sat.generate.measure import ENGINES, PREPROCESSING, Hardness, hardness
from edasat.sat.generate.novelty import new_core_share
from edasat.sat.generate.offspring import METHODS, CannotGenerate, Offspring
from edasat.sat.generate.parents import (
    Parent,
    Seeds,
    cpu_clock,
    load_formula,
    measure_parent,
    save_formula,
)
from edasat.sat.generate.pipeline import generate_like
from edasat.sat.generate.request import Request
from edasat.sat.proofs import check, read_proof
from edasat.sat.structure import FIGURES, distance, measure_structure, mmd
from edasat.tools.generation_methods import ABLATIONS, BASELINES, find_way
from edasat.tools.results import write_result

#: Conflicts over those of the parent that count as kept hardness.
LOW, HIGH = 0.5, 2.0
#: One parent of each family: unsatisfiable, 0.2 to 2 CPU s of CaDiCaL here. Uniform random 3-SAT stands apart, because
#: nearly all of it is core.
SEEDS: Final = (
    "bmc-accumulator-safe-18-5",
    "orthogonal-mate-9-9",
    "adder-association-12-6",
    "bmc-equivalent-machines-6-1",
    "barrel-shifter-32-0",
    "community-3sat-250-3",
    "multiplier-architecture-12-6",
    "perfect-matching-20-4",
    "sliding-tiles-unsat-26-6",
    "tseitin-regular-14-6",
)
#: Below the folder given by ``--files``.
FILES: Final = ("g2sat_train/countbitssrl016.processed.cnf.xz", "prelearn/mc12.cnf")
EDASAT: Final = "edasat sat generate"
EXACT_LOOP: Final = "published loop, exact cores"
_CORE_S: Final = {EXACT_LOOP: 40.0}  # CPU seconds that finding cores may take for a candidate; others:
_CORE_S_DEFAULT: Final = 15.0
_TIMEOUT_S: Final = 20.0
_MEMORY_BYTES: Final = 3 << 30
_DRAWS: Final = 2000
#: Ways that search for cores again and again: they are tried on the first parents alone.
_LOOPS: Final = frozenset(name for name in BASELINES if "cores" in name or "HardSATGEN" in name)
#: Parents on which methods are tried with a part switched off.
_ABLATED: Final = 8
#: Ways of which one candidate for each parent tells enough.
_ONCE: Final = frozenset({*BASELINES, *ABLATIONS})


@dataclass(frozen=True)
class Options:
    """How much is tried.

    Attributes:
        seed: of every random choice.
        repetitions: candidates of each parent and method of ours; of the other ways one.
        loops: parents on which ways that search for cores are tried.
        wanted: formulas that ``edasat sat generate`` makes for each parent.
        core_s: upper limit of the CPU seconds that finding cores may take for a candidate.
    """

    seed: int = 0
    repetitions: int = 3
    loops: int = 2
    wanted: int = 3
    core_s: float = math.inf


def main(arguments: Sequence[str] | None = None) -> int:
    """Evaluate and write the result."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True, help="folder for what is made on the way; reused")
    parser.add_argument("-o", "--out", type=Path, required=True, help="result file (JSON)")
    parser.add_argument("--files", type=Path, help="folder of other people's formulas")
    parser.add_argument("--seeds", nargs="+", default=list(SEEDS), metavar="INSTANCE", help="parents of our families")
    parser.add_argument("--ways", nargs="+", metavar="NAME", help="default: all methods and baselines")
    parser.add_argument("--repetitions", type=int, default=Options.repetitions, help="candidates of parent and way")
    parser.add_argument("--loops", type=int, default=Options.loops, help="parents for ways that search for cores")
    parser.add_argument("--wanted", type=int, default=Options.wanted, help="formulas of edasat sat generate; 0: skip")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args(arguments)
    set_threads(1)
    options = Options(given.seed, given.repetitions, given.loops, given.wanted)
    paths = {
        f"{Path(name).parent}/{Path(name).name.split('.')[0]}": given.files / name for name in FILES if given.files
    }
    ours = [name for name in METHODS if name != "published" and "unsat" in METHODS[name].makes]
    ways = given.ways or [*ours, *ABLATIONS, *BASELINES]
    parents, left_out = measure_parents({**dict.fromkeys(given.seeds), **paths}, given.work)
    attempts = make_candidates(parents, ways, given.work, options)
    if given.wanted:
        attempts += run_command(parents, given.work, options)
    result = {
        "range": [LOW, HIGH],
        "parents": [_parent_row(parent) for parent in parents],
        "left_out": left_out,
        **summarise(parents, attempts, given.work),
    }
    write_result(
        given.out,
        result,
        command="python -m edasat.tools.evaluate_generate " + " ".join(arguments or sys.argv[1:]),
        seed=given.seed,
        packages=("numpy", "torch", "python-sat"),
    )
    return 0


def measure_parents(formulas: Mapping[str, Path | None], work: Path) -> tuple[list[Parent], dict[str, str]]:
    """Measure the parents; return those that can have offspring, and why others cannot.

    Args:
        formulas: name -> file, or None where the name is that of a family's instance.
        work: folder of their clauses and of the journal.
    """
    tasks: dict[str, dict[str, Any]] = {}
    for name, file in formulas.items():
        path = work / f"parent-{zlib.crc32(name.encode()):08x}.npz"
        if not path.exists():
            save_formula(load_instance(name, str(file) if file else ""), path)
        tasks[name] = {"name": name, "path": str(path), "timeout_s": _TIMEOUT_S, "memory_bytes": _MEMORY_BYTES}
    with Journal(work / "parents.jsonl", {"engines": ENGINES, "preprocessing": PREPROCESSING}) as journal:
        run_tasks(measure_parent, tasks, journal, title="measuring parents")
        rows = {name: journal.results[name] for name in tasks if name in journal.results}
        left_out = {name: journal.errors[name] for name in tasks if name in journal.errors}
    left_out |= {name: row["problem"].splitlines()[0] for name, row in rows.items() if row["problem"]}
    left_out |= {name: "satisfiable" for name, row in rows.items() if row["status"] == "sat"}
    parents = [Parent(name, tasks[name]["path"], rows[name]) for name in rows]
    return [parent for parent in parents if parent.name not in left_out], left_out


def make_candidates(
    parents: Sequence[Parent], ways: Sequence[str], work: Path, options: Options
) -> list[dict[str, Any]]:
    """Make candidates of all parents in all ways; return one row for each."""
    tasks: dict[str, dict[str, Any]] = {}
    for repetition in range(options.repetitions):
        for index, parent in enumerate(parents):
            for way in ways:
                most = options.loops if way in _LOOPS else _ABLATED if way in ABLATIONS else len(parents)
                if index < most and (repetition == 0 or way not in _ONCE):
                    key = f"{way} | {parent.name} | {repetition}"
                    tasks[key] = {"key": key, "way": way, "parent": index}
    settings = {"engines": ENGINES, "preprocessing": PREPROCESSING, "seed": options.seed, "range": [LOW, HIGH]}
    (work / "offspring").mkdir(parents=True, exist_ok=True)
    with Journal(work / "attempts.jsonl", settings) as journal:
        run_tasks(partial(attempt, parents, work, options), tasks, journal, title="candidates")
        return [journal.results[key] for key in tasks if key in journal.results] + [
            _failed(parents, task, journal.errors[key]) for key, task in tasks.items() if key in journal.errors
        ]


def _failed(parents: Sequence[Parent], task: Mapping[str, Any], error: str) -> dict[str, Any]:
    return {"way": task["way"], "parent": parents[task["parent"]].name, "verdict": "failed", "detail": error}


def attempt(parents: Sequence[Parent], work: Path, options: Options, task: Mapping[str, Any]) -> dict[str, Any]:
    """Make and measure one candidate.

    Returns:
        "way", "parent", "verdict", "detail", CPU seconds "generate_s" and "cpu_s" (all steps), and as far as measured:
        "status", "ratio", "cpu_ratio" and "glucose_ratio" (over the parent's, after preprocessing), "before_ratio"
        (conflicts before preprocessing), "distance", "new_core" (share), "path" of the clauses.
    """
    way, parent = task["way"], parents[task["parent"]]
    row: dict[str, Any] = {"way": way, "parent": parent.name, "detail": ""}
    started = cpu_clock()
    number = zlib.crc32(task["key"].encode())
    rng = np.random.default_rng([options.seed, number])
    try:
        method = find_way(way, min(options.core_s, _CORE_S.get(way, _CORE_S_DEFAULT)))
        child = method.generate(Seeds(parents), task["parent"], rng)
    except CannotGenerate as error:
        row |= {"verdict": "not generated", "detail": error.reason}
        return row | {"generate_s": cpu_clock() - started, "cpu_s": cpu_clock() - started}
    row["generate_s"] = cpu_clock() - started
    row |= _measured(parent, child)
    row["cpu_s"] = cpu_clock() - started
    row["distance"] = distance(parent.structure, measure_structure(child.cnf))
    path = work / "offspring" / f"{number:08x}.npz"
    save_formula(child.cnf, path)
    return row | {"path": str(path.relative_to(work))}


def _measured(parent: Parent, child: Offspring) -> dict[str, Any]:
    """Return the figures of a candidate and what is to be said of it."""
    base = parent.hardness
    if not child.cnf.num_clauses or not child.cnf.clause_lengths.all():
        return {"verdict": "too easy", "status": "unsat", "ratio": 0.0}
    with tempfile.TemporaryDirectory(prefix="edasat-evaluate-") as folder:
        proof = Path(folder) / "proof.drat"
        found = hardness(
            child.cnf,
            conflict_budget=math.floor(HIGH * base.conflicts),
            at_least=math.ceil(LOW * base.conflicts),
            cpu_s=_TIMEOUT_S,
            proof=proof,
            memory_bytes=_MEMORY_BYTES,
        )
        row = _ratios(found, base)
        if found.isohash == base.isohash:
            return row | {"verdict": "copy of the parent"}
        if row["status"] == "sat":
            return row | {"verdict": "satisfiable"}
        if row["ratio"] < LOW:
            return row | {"verdict": "too easy"}
        if row["status"] is None or found.status != "unsat":
            return row | {"verdict": "too hard"}
        try:
            trimmed = check(child.cnf, read_proof(proof), time_limit=4 * _TIMEOUT_S)
        except LimitError as error:
            return row | {"verdict": "not proved", "detail": error.message}
    if not trimmed.verified:
        return row | {"verdict": "not proved", "detail": trimmed.detail}
    seed = parent.seed
    if seed.core is not None:
        row["new_core"] = new_core_share(seed.cnf, seed.core, child.cnf, trimmed.core, child.image)
    return row | {"verdict": "accepted"}


def _ratios(found: Hardness, base: Hardness) -> dict[str, Any]:
    """Return status and ratios; a run that its budget ended counts as the upper end of the range."""
    first = found.cadical_after
    if found.decided is not None:
        return {"status": found.decided, "ratio": 0.0, "cpu_ratio": None}
    if first is None or not first.solved:
        return {"status": None, "ratio": HIGH, "cpu_ratio": None}
    row: dict[str, Any] = {"status": first.status, "ratio": found.conflicts / base.conflicts}
    for name, child, parent, what in (
        ("cpu_ratio", first, base.cadical_after, "cpu_s"),
        ("glucose_ratio", found.glucose_after, base.glucose_after, "conflicts"),
        ("before_ratio", found.cadical, base.cadical, "conflicts"),
    ):
        solved = child is not None and parent is not None and child.solved and parent.solved
        below = getattr(parent, what) if solved else 0
        row[name] = getattr(child, what) / below if below else None
    return row


def run_command(parents: Sequence[Parent], work: Path, options: Options) -> list[dict[str, Any]]:
    """Let ``edasat sat generate`` make formulas like each parent; return what it made in the form of ours.

    All it took, measuring the parent included, is shared by what was accepted.
    """
    rows: list[dict[str, Any]] = []
    request = Request(options.wanted, "unsat", (LOW, HIGH), seed=options.seed, timeout_s=_TIMEOUT_S)
    for parent in parents:
        folder = work / "command" / Path(parent.path).stem
        made = generate_like([parent.seed.cnf], request, folder)
        common = {"way": EDASAT, "parent": parent.name, "detail": ""}
        accepted = made.verdicts.get("accepted", 0)
        cost = {"cpu_s": made.cpu_s / (accepted or made.attempts)}
        rows += [{**common, **cost, **_of_manifest(row, folder, work)} for row in made.rows]
        rows += [{**common, **cost, "verdict": "accepted"}] * (accepted - len(made.rows))
        for verdict, count in made.verdicts.items():
            if verdict != "accepted":
                rows += [{**common, "cpu_s": 0.0 if accepted else cost["cpu_s"], "verdict": verdict}] * count
    return rows


def _of_manifest(row: Mapping[str, Any], folder: Path, work: Path) -> dict[str, Any]:
    return {
        "verdict": "accepted",
        "method": row["method"],
        "status": row["status"],
        "ratio": row["conflict_ratio"],
        "cpu_ratio": row["cpu_ratio"],
        "glucose_ratio": row["glucose_conflict_ratio"],
        "new_core": row["new_core_share"],
        "distance": {name: row[f"distance_{name}"] for name in (*FIGURES, "overall")},
        "path": str((folder / row["file"]).relative_to(work)),
    }


def summarise(parents: Sequence[Parent], attempts: Sequence[Mapping[str, Any]], work: Path) -> dict[str, Any]:
    """Return figures of each way over all parents, and of ``edasat sat generate`` for each parent."""
    by_way: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for row in attempts:
        by_way[row["way"]].append(row)
    ways = {}
    for way, rows in by_way.items():
        structures = [measure_structure(_load(work, row["path"])) for row in rows if "path" in row]
        originals = [parent.structure for parent in parents if any(row["parent"] == parent.name for row in rows)]
        ways[way] = {
            **_figures(rows),
            "mmd": mmd(originals, structures) if structures else None,
            "against_exact_loop": _times_faster(rows, by_way.get(EXACT_LOOP, [])),
        }
    return {"ways": ways, "by_parent": _by_parent(by_way.get(EDASAT, []))}


def _load(work: Path, path: str) -> Cnf:
    return load_formula(work / path, path) if path.endswith(".npz") else read_dimacs(work / path)


def _figures(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return counts, and medians with 95 % intervals over parents drawn anew."""
    accepted = [row for row in rows if row["verdict"] == "accepted"]
    unsatisfiable = [row for row in rows if row.get("status") != "sat" and row.get("ratio") is not None]
    verdicts = Counter(row["verdict"] for row in rows)
    return {
        "parents": len({row["parent"] for row in rows}),
        "parents_with_offspring": len({row["parent"] for row in accepted}),
        "candidates": len(rows),
        "generated": len(rows) - verdicts["not generated"] - verdicts["failed"],
        "verdicts": dict(verdicts),
        "accepted_share": len(accepted) / len(rows),
        "cpu_s_each": sum(row.get("cpu_s", 0.0) for row in rows) / len(accepted) if accepted else None,
        "ratio": _median(unsatisfiable, "ratio"),
        **{name: _median(accepted, name) for name in ("cpu_ratio", "glucose_ratio", "before_ratio", "new_core")},
        "accepted_ratio": _median(accepted, "ratio"),
        "distance": _median([{"parent": r["parent"], **r["distance"]} for r in rows if "distance" in r], "overall"),
    }


def _median(rows: Sequence[Mapping[str, Any]], name: str) -> dict[str, float] | None:
    """Return the median over rows that have a value, with its interval; families stay together in the draws."""
    groups: dict[str, list[float]] = defaultdict(list)
    for row in rows:
        if row.get(name) is not None:
            groups[row["parent"]].append(row[name])
    if not groups:
        return None
    values = [np.array(group) for group in groups.values()]
    rng = np.random.default_rng(0)
    drawn = [
        np.median(np.concatenate([values[i] for i in rng.integers(len(values), size=len(values))]))
        for _ in range(_DRAWS)
    ]
    low, high = np.quantile(drawn, [0.025, 0.975])
    return {"median": float(np.median(np.concatenate(values))), "low": float(low), "high": float(high)}


def _costs(rows: Sequence[Mapping[str, Any]]) -> dict[str, tuple[float, int]]:
    """Return CPU seconds and accepted candidates by parent."""
    costs: dict[str, tuple[float, int]] = defaultdict(lambda: (0.0, 0))
    for row in rows:
        cpu_s, count = costs[row["parent"]]
        costs[row["parent"]] = cpu_s + row.get("cpu_s", 0.0), count + (row["verdict"] == "accepted")
    return costs


def _times_faster(rows: Sequence[Mapping[str, Any]], exact: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
    """Return how many times the CPU seconds of one accepted formula the exact loop takes, parent by parent.

    A loop that came to nothing within its time counts with that time: a lower bound.
    """
    ours, theirs = _costs(rows), _costs(exact)
    factors = [
        theirs[name][0] / max(1, theirs[name][1]) / (cpu_s / count)
        for name, (cpu_s, count) in ours.items()
        if count and name in theirs
    ]
    if not factors:
        return None
    return {
        "parents": len(factors),
        "lower_bounds": sum(theirs[name][1] == 0 for name, (_, count) in ours.items() if count and name in theirs),
        "median": float(np.median(factors)),
        "low": float(min(factors)),
        "high": float(max(factors)),
    }


def _by_parent(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return what was made for each parent."""
    grouped: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for row in rows:
        grouped[row["parent"]].append(row)
    out = []
    for parent, members in grouped.items():
        accepted = [row for row in members if row["verdict"] == "accepted" and "path" in row]
        middle = {
            name: float(np.median([row[name] for row in accepted if row[name] is not None] or [np.nan]))
            for name in ("ratio", "cpu_ratio", "new_core")
        }
        out.append(
            {
                "parent": parent,
                "attempts": len(members),
                "made": len(accepted),
                "cpu_s_each": accepted[0]["cpu_s"] if accepted else None,
                "distance": float(np.median([row["distance"]["overall"] for row in accepted])) if accepted else None,
                **{name: None if np.isnan(value) else value for name, value in middle.items()},
                "methods": dict(Counter(row["method"] for row in accepted)),
            }
        )
    return out


def _parent_row(parent: Parent) -> dict[str, Any]:
    seed, after = parent.seed, parent.hardness
    return {
        "parent": parent.name,
        "num_vars": seed.cnf.num_vars,
        "num_clauses": seed.cnf.num_clauses,
        "core_share": None if seed.core is None else len(seed.core) / seed.cnf.num_clauses,
        "conflicts": seed.conflicts,
        "cpu_s": seed.cpu_s,
        "conflicts_after": after.conflicts,
    }


if __name__ == "__main__":
    sys.exit(main())
