"""Measuring, accepting, numbering and resuming, with methods that do on purpose what real ones should not."""

from __future__ import annotations

import errno
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edasat.core import files
from edasat.core.errors import EdasatError, InputError
from edasat.sat.cnf import Cnf
from edasat.sat.dimacs import read_dimacs
from edasat.sat.families import generate
from edasat.sat.generate import CannotGenerate, Generated, Offspring, Request, Seed, candidate, generate_like, planning
from edasat.sat.generate.manifest import PARQUET, columns, read_manifest
from edasat.sat.generate.measure import Hardness, hardness
from edasat.sat.generate.planning import Outcome, Planner
from edasat.sat.proofs import check, read_proof
from edasat.sat.solvers import solve

PARENT = replace(generate("pigeonhole", 6, 1), name="php")  # 355 conflicts after preprocessing
HARD = generate("pigeonhole", 8, 1)
Draw = Callable[[Seed, np.random.Generator], Cnf]


def good(seed: Seed, rng: np.random.Generator) -> Cnf:
    """Rename and reorder the seed, and give it a clause that another one subsumes: as hard, and not isomorphic."""
    cnf = seed.cnf
    longer = [[*cnf.clause(0).tolist(), *(v for v in rng.permutation(cnf.num_vars)[:3] + 1)]]
    names = np.concatenate([[0], rng.permutation(cnf.num_vars) + 1])
    clauses = [
        [int(np.sign(x) * names[abs(x)]) for x in clause] for clause in [*cnf.to_lists(), *map(_distinct, longer)]
    ]
    return Cnf.from_clauses([clauses[i] for i in rng.permutation(len(clauses))], cnf.num_vars)


def _distinct(clause: Sequence[int]) -> list[int]:
    found = {abs(literal): literal for literal in reversed(clause)}
    return [int(literal) for literal in found.values()]


def copy(seed: Seed, rng: np.random.Generator) -> Cnf:
    return seed.cnf.select(rng.permutation(seed.cnf.num_clauses))


def easy(seed: Seed, rng: np.random.Generator) -> Cnf:
    return Cnf.from_clauses([*seed.cnf.to_lists(), [1, 2], [-1, 2], [1, -2], [-1, -2]])


def hard(seed: Seed, rng: np.random.Generator) -> Cnf:
    return HARD


def satisfiable(seed: Seed, rng: np.random.Generator) -> Cnf:
    return seed.cnf.select(np.arange(5, seed.cnf.num_clauses))


def refuses(seed: Seed, rng: np.random.Generator) -> Cnf:
    raise CannotGenerate("no gates were found")


def broken(seed: Seed, rng: np.random.Generator) -> Cnf:
    raise KeyError("oops")


def nothing(seed: Seed, rng: np.random.Generator) -> Cnf:
    return Cnf.from_clauses([])


@dataclass
class Fake:
    """Makes one draw after the other, from the first again when they are used up."""

    draws: Sequence[Draw]
    name: str = "fake"
    title: str = "for tests"
    makes: frozenset[Any] = frozenset({"unsat"})
    calls: list[int] = field(default_factory=list)

    def generate(
        self, seeds: Sequence[Seed], index: int, rng: np.random.Generator, *, hardness: float = 1.0
    ) -> Offspring:
        self.calls.append(index)
        draw = self.draws[(len(self.calls) - 1) % len(self.draws)]
        return Offspring(draw(seeds[index], rng), "unknown")


@pytest.fixture
def use(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Fake]:
    def install(*draws: Draw, makes: tuple[str, ...] = ("unsat",)) -> Fake:
        fake = Fake(draws, makes=frozenset(makes))
        for module in (candidate, planning):
            monkeypatch.setattr(module, "METHODS", {"fake": fake})
        return fake

    return install


def make(out: Path, count: int = 1, parents: Sequence[Cnf] = (PARENT,), **options: Any) -> Generated:
    return generate_like(parents, Request(count, **{"status": "unsat", **options}), out)


def cnf_files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*.cnf*"))


def test_hardness_before_and_after_preprocessing(tmp_path: Path) -> None:
    proof = tmp_path / "p.drat"
    found = hardness(PARENT, proof=proof, cpu_s=20)
    assert (found.status, found.decided, found.conflicts) == ("unsat", None, 355)
    assert found.glucose is not None and found.glucose_after is not None and found.glucose_after.status == "unsat"
    assert found.num_clauses_after < PARENT.num_clauses
    assert check(PARENT, read_proof(proof)).verified
    row = found.to_dict()
    assert json.loads(json.dumps(row)) == row
    assert Hardness.from_dict(row).to_dict() == row
    twin = hardness(PARENT.select(np.random.default_rng(0).permutation(PARENT.num_clauses)), at_least=10**9)
    assert twin.isohash == found.isohash
    assert twin.cadical is None, "too easy: the rest is not measured"
    cut = hardness(HARD, conflict_budget=200)
    assert cut.cadical_after is not None and cut.cadical_after.status == "budget" and cut.cadical is None


def test_time_limits_and_models() -> None:
    late = hardness(generate("pigeonhole", 11, 1), cpu_s=0.3)
    assert late.cadical_after is not None
    assert (late.cadical_after.status, late.cadical_after.conflicts, late.cadical_after.cpu_s) == ("timeout", None, 0.3)
    assert late.status is None and late.cadical is None
    formula = generate("langford", 8, 0)
    found = hardness(formula, second_engine=False)
    assert found.status == "sat" and found.model is not None and not len(formula.falsified(found.model))
    assert found.glucose is None


@pytest.mark.parametrize(
    ("clauses", "decided"), [([], "sat"), ([[]], "unsat"), ([[1], [-1]], "unsat"), ([[1, 2]], "sat")]
)
def test_trivial_formulas_are_decided(clauses: list[list[int]], decided: str) -> None:
    found = hardness(Cnf.from_clauses(clauses, 3))
    assert (found.decided, found.status, found.conflicts) == (decided, decided, 0)


def test_formulas_are_made_numbered_and_described(tmp_path: Path, use: Callable[..., Fake]) -> None:
    fake = use(good)
    done = make(tmp_path / "out", 2, proofs=True)
    assert done.complete and done.exit_code == 0 and done.verdicts == {"accepted": 2}
    assert cnf_files(tmp_path / "out") == ["0001.cnf.xz", "0002.cnf.xz"]
    assert done.cpu_s >= sum(row["cpu_s"] for row in done.rows) > 0
    rows = read_manifest(tmp_path / "out")
    assert rows == [{name: row[name] for name, _, _ in columns()} for row in done.rows]
    assert len({row["isohash"] for row in rows} | {done.parents[0]["isohash"]}) == 3
    for row in rows:
        formula = read_dimacs(tmp_path / "out" / row["file"])
        assert row["formula_hash"] == formula.content_hash()
        assert row["file_hash"] == files.content_hash(tmp_path / "out" / row["file"])
        assert (row["parent"], row["method"], row["status"], row["checked"]) == ("php", "fake", "unsat", "proof")
        assert solve(formula, "minisat22").status == "unsat"
        assert check(formula, read_proof(tmp_path / "out" / row["file"].replace("cnf", "drat"))).verified
        assert row["conflict_ratio"] == pytest.approx(row["cadical_after_conflicts"] / 355, abs=1e-6)
        assert 0.5 <= row["conflict_ratio"] <= 2
        assert 0 <= row["new_core_share"] <= 1 and row["core_size"] <= row["num_clauses"]
    import pyarrow.parquet

    table = pyarrow.parquet.read_table(tmp_path / "out" / PARQUET)
    assert table.to_pylist() == rows
    kept = {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir() if path.is_file()}
    calls = len(fake.calls)
    assert make(tmp_path / "out", 2, proofs=True).rows == done.rows
    assert len(fake.calls) == calls, "the second call has nothing to do"
    more = make(tmp_path / "out", 3, proofs=True)
    assert len(fake.calls) == calls + 1 and len(more.rows) == 3
    assert all((tmp_path / "out" / name).read_bytes() == data for name, data in kept.items() if name[0] == "0")


def test_what_is_not_wanted_is_rejected_and_told(tmp_path: Path, use: Callable[..., Fake]) -> None:
    use(copy, easy, hard, satisfiable, refuses, broken, nothing, good)
    done = make(tmp_path / "out", 8, attempts=8)
    assert [each["verdict"] for each in done.tries] == [
        "copy of a parent", "too easy", "too hard", "other status", "not generated", "failed", "too easy", "accepted",
    ]  # fmt: skip
    assert (done.complete, done.exit_code, len(done.rows)) == (False, 1, 1)
    assert done.reasons["not generated: no gates were found"] == 1
    assert done.reasons["failed: KeyError: 'oops'"] == 1
    assert cnf_files(tmp_path / "out") == ["0001.cnf.xz"]
    again = make(tmp_path / "out", 8, attempts=8)
    assert again.rows == done.rows and again.tries == done.tries


def test_the_same_formula_is_taken_once(tmp_path: Path, use: Callable[..., Fake]) -> None:
    use(lambda seed, _: good(seed, np.random.default_rng(7)))
    done = make(tmp_path / "out", 2, attempts=3)
    assert done.verdicts == {"duplicate": 2, "accepted": 1}
    assert cnf_files(tmp_path / "out") == ["0001.cnf.xz"]


def test_satisfiable_formulas_come_with_a_checked_model(tmp_path: Path, use: Callable[..., Fake]) -> None:
    parent = replace(generate("planted-3sat", 150, 3), name="planted")

    def more(seed: Seed, rng: np.random.Generator) -> Cnf:
        return Cnf.from_clauses([*good(seed, rng).to_lists()])

    use(more, makes=("sat",))
    done = make(tmp_path / "out", 1, [parent], status="sat", hardness=(0.001, 1000.0), proofs=True)
    (row,) = done.rows
    assert (row["status"], row["checked"], row["core_size"], row["new_core_share"]) == ("sat", "model", None, None)
    words = files.read_bytes(tmp_path / "out" / "0001.model.xz").split()
    literals = np.array([int(word) for word in words[1:-1]])
    formula = read_dimacs(tmp_path / "out" / "0001.cnf.xz")
    assert not len(formula.falsified(np.concatenate([[False], literals > 0])))


def test_a_run_that_ends_in_the_middle_goes_on_to_the_same_formulas(tmp_path: Path, use: Callable[..., Fake]) -> None:
    use(good)
    whole = make(tmp_path / "whole", 3)

    def told_to_end(seed: Seed, rng: np.random.Generator) -> Cnf:
        raise KeyboardInterrupt

    use(good, told_to_end, told_to_end)  # attempts in flight in this process would go on beside the next call
    with pytest.raises(KeyboardInterrupt):
        make(tmp_path / "cut", 3)
    assert len(cnf_files(tmp_path / "cut")) < 3
    use(good)
    rest = make(tmp_path / "cut", 3)
    assert [row["formula_hash"] for row in rest.rows] == [row["formula_hash"] for row in whole.rows]


def test_a_full_disk_leaves_nothing_half_written(
    tmp_path: Path, use: Callable[..., Fake], monkeypatch: pytest.MonkeyPatch
) -> None:
    use(good)
    make(tmp_path / "out", 1)

    def full(*_: object, **__: object) -> Iterator[Any]:
        raise InputError.of(files._UNWRITABLE, "attempt", reason="No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(candidate, "atomic_write", full)
        with pytest.raises(EdasatError, match=r"No space left on device.*\n  hint: nothing is lost") as error:
            make(tmp_path / "out", 2)
    assert error.value.exit_code == 2
    assert cnf_files(tmp_path / "out") == ["0001.cnf.xz"] and len(read_manifest(tmp_path / "out")) == 1
    assert len(make(tmp_path / "out", 2).rows) == 2


def test_a_full_disk_under_the_journal(
    tmp_path: Path, use: Callable[..., Fake], monkeypatch: pytest.MonkeyPatch
) -> None:
    use(good)
    make(tmp_path / "out", 1)

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("edasat.core.files.os.fsync", full)
        with pytest.raises((OSError, EdasatError), match="No space left"):
            make(tmp_path / "out", 2)
    assert cnf_files(tmp_path / "out") == ["0001.cnf.xz"]
    assert len(make(tmp_path / "out", 2).rows) == 2


def test_a_file_that_somebody_removed_is_missed(tmp_path: Path, use: Callable[..., Fake]) -> None:
    use(good)
    make(tmp_path / "out", 1)
    (tmp_path / "out" / "0001.cnf.xz").unlink()
    with pytest.raises(InputError, match=r"0001.cnf.xz: error: the journal tells of this file, and it is gone"):
        make(tmp_path / "out", 2)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"count": 0}, "must be at least 1, got 0"),
        ({"hardness": (2.0, 0.5)}, r"must rise from above 0, got 2..0.5 \[generate-hardness\]"),
        ({"hardness": (0.0, 1.0)}, "must rise from above 0"),
        ({"hardness": (1.0, float("inf"))}, "must rise from above 0"),
        ({"hardness": (float("nan"), 1.0)}, "must rise from above 0"),
        ({"status": "maybe"}, "unknown status 'maybe'"),
        ({"seed": -1}, "must not be negative"),
        ({"timeout_s": 0.0}, "time limit in seconds must be positive"),
        ({"attempts": 0}, "attempts must be at least 1"),
        ({"method": "magic"}, r"unknown method 'magic' \[generate-method\]\n  hint: auto or one of fake"),
        ({"status": "sat", "method": "fake"}, "method 'fake' makes no formulas that are sat"),
        ({"status": "sat"}, "no method makes formulas that are sat"),
        ({"parents": ()}, "no formula was given"),
        ({"parents": (PARENT, replace(HARD, name="php"))}, "two formulas are named 'php'"),
    ],
)
def test_nonsense_is_refused_before_any_work(
    tmp_path: Path, use: Callable[..., Fake], options: dict[str, Any], message: str
) -> None:
    use(good)
    with pytest.raises(InputError, match=message):
        make(tmp_path / "out", **options)
    assert not (tmp_path / "out").exists()


def test_folders_with_other_content_and_other_settings_are_refused(tmp_path: Path, use: Callable[..., Fake]) -> None:
    use(good)
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "thesis.tex").touch()
    with pytest.raises(InputError, match=r"this folder holds other files \[generate-folder\]"):
        make(tmp_path / "a")
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="cannot be made"):
        make(tmp_path / "file")
    make(tmp_path / "b", 1)
    with pytest.raises(InputError, match="begun with other settings: seed=0 then, 1 now"):
        make(tmp_path / "b", 1, seed=1)
    with pytest.raises(InputError, match=r"parents=1:.* then, 1:.* now"):
        make(tmp_path / "b", 1, [replace(HARD, name="other")])


@pytest.mark.parametrize(
    ("parent", "options", "message"),
    [
        (generate("planted-3sat", 150, 3), {}, "satisfiable, and unsatisfiable formulas are wanted"),
        (Cnf.from_clauses([[1, 2], [-1, 2], [1, -2], [-1, -2]]), {}, "too easy: preprocessing alone decides it"),
        (
            generate("pigeonhole", 11, 1),
            {"timeout_s": 0.2},
            r"too hard: CaDiCaL came to no answer after preprocessing \(0.2 CPU s\) \[generate-parent\]\n"
            "  hint: raise --timeout",
        ),
    ],
)
def test_a_parent_of_no_use_is_told_and_the_folder_left_clean(
    tmp_path: Path, use: Callable[..., Fake], parent: Cnf, options: dict[str, Any], message: str
) -> None:
    use(good)
    with pytest.raises(InputError, match=f"x.cnf: error: {message}"):
        make(tmp_path / "out", 1, [replace(parent, name="x.cnf")], **options)
    assert not list((tmp_path / "out").iterdir())


def test_parents_of_no_use_are_left_out_and_equal_ones_count_once(tmp_path: Path, use: Callable[..., Fake]) -> None:
    use(good)
    trivial = Cnf.from_clauses([[1], [-1]], name="trivial")
    done = make(tmp_path / "out", 1, [trivial, PARENT, replace(PARENT, name="the same")])
    assert [parent["name"] for parent in done.parents] == ["php"]
    assert list(done.left_out) == ["trivial"] and len(done.rows) == 1


def test_a_damaged_manifest_is_told(tmp_path: Path) -> None:
    (tmp_path / "manifest.jsonl").write_text('{"file": "0001.cnf.xz"}\n')
    with pytest.raises(InputError, match=r"manifest.jsonl:1: error: not a line of a manifest"):
        read_manifest(tmp_path)


def outcome(parent: int, method: str, accepted: bool, gain: float | None = 1.0) -> Outcome:
    return Outcome(parent, method, accepted, float(accepted), gain)


def test_plans_lean_to_what_is_accepted() -> None:
    planner = Planner(("bad", "good"), 1, 1.0, seed=0)
    before = [each.method for each in planner.plan([], 100, 0, 100)]
    assert set(before) == {"bad", "good"}
    history = [outcome(0, "bad", accepted=False)] * 8 + [outcome(0, "good", accepted=True)] * 4
    after = [each.method for each in planner.plan(history, 100, 12, 100)]
    assert after.count("good") >= 7
    assert planner.plan(history, 100, 12, 100) == planner.plan(history, 100, 12, 100)


def test_plans_learn_for_one_parent_from_the_others() -> None:
    planner = Planner(("bad", "good"), 2, 1.0, seed=0, jobs=50)
    history = [outcome(0, "bad", accepted=False), outcome(0, "good", accepted=True)] * 20
    planned = [each for each in planner.plan(history, 400, 40, 200) if each.parent == 1]
    assert sum(each.method == "good" for each in planned) > 0.9 * len(planned) > 0


def test_plans_spread_over_parents_and_leave_hopeless_ones_behind() -> None:
    planner = Planner(("m",), 3, 1.0, seed=0)
    assert sorted(each.parent for each in planner.plan([], 6, 0, 100)) == [0, 0, 1, 1, 2, 2]
    history = [outcome(0, "m", accepted=False)] * 24 + [outcome(1, "m", accepted=True), outcome(2, "m", accepted=True)]
    assert {each.parent for each in planner.plan(history, 6, 26, 100)} == {1, 2}


def test_plans_correct_the_hardness_that_is_asked_for() -> None:
    planner = Planner(("m",), 1, 1.0, seed=0)
    assert planner.plan([], 1, 0, 9)[0].aim == 1.0
    history = [outcome(0, "m", accepted=False, gain=0.25)] * 3 + [outcome(0, "m", accepted=False, gain=None)]
    assert planner.plan(history, 1, 4, 9)[0].aim == 4.0
    assert planner.plan([outcome(0, "m", accepted=False, gain=1e-9)], 1, 1, 9)[0].aim == 16.0


def test_a_round_makes_no_more_than_is_likely_needed() -> None:
    planner = Planner(("m",), 1, 1.0, seed=0)
    assert len(planner.plan([], 3, 0, 100)) == 3
    assert len(planner.plan([], 3, 0, 2)) == 2
    half = [outcome(0, "m", accepted=True), outcome(0, "m", accepted=False)] * 10
    assert len(planner.plan(half, 3, 20, 100)) == 6


@pytest.mark.ray
def test_on_a_local_ray_cluster(tmp_path: Path) -> None:
    ray = pytest.importorskip("ray")
    parent = replace(generate("rewritten-logic", 200, 0), name="logic")
    request = Request(2, "unsat", (0.2, 5.0), method="transform")
    try:
        done = generate_like([parent], request, tmp_path / "ray", jobs=2, executor="ray")
    finally:
        ray.shutdown()
    assert done.complete and cnf_files(tmp_path / "ray") == ["0001.cnf.xz", "0002.cnf.xz"]
    here = generate_like([parent], request, tmp_path / "here")
    assert [row["formula_hash"] for row in here.rows] == [row["formula_hash"] for row in done.rows]
