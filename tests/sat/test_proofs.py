from __future__ import annotations

import itertools

import dratify
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pysat.solvers import Solver

from edasat.sat.cnf import Cnf
from edasat.sat.dimacs import format_dimacs
from edasat.sat.families import generate
from edasat.sat.proofs import Proof, check, checker, format_proof, read_proof

Steps = list[tuple[str, list[int]]]

# Eight clauses over four variables of which the unit -1 is RAT and not RUP (Wetzler, Heule and Hunt, SAT 2014).
FOUR = Cnf.from_clauses(
    [[1, 2, -3], [-1, -2, 3], [2, 3, -4], [-2, -3, 4], [-1, -3, -4], [1, 3, 4], [-1, 2, 4], [1, -2, -4]]
)
ALL_TWO = [[1, 2], [-1, 2], [1, -2], [-1, -2]]


def is_satisfiable(formula: Cnf) -> bool:
    clauses = formula.to_lists()
    if not all(clauses):
        return False
    with Solver(name="minisat22", bootstrap_with=clauses) as solver:
        return bool(solver.solve())


def engine_proof(formula: Cnf, engine: str) -> Steps:
    with Solver(name=engine, bootstrap_with=formula.to_lists(), with_proof=True) as solver:
        assert solver.solve() is False
        return read_proof("\n".join([*solver.get_proof(), "0"]).encode()).to_steps()


def assert_trimmed(formula: Cnf, proof: Proof) -> Cnf:
    """The proof is verified, its core is unsatisfiable, and what is left of it proves that again."""
    done = check(formula, proof)
    assert done.verified, done.detail
    assert (done.core[1:] > done.core[:-1]).all()
    core = formula.select(done.core)
    assert not is_satisfiable(core)
    assert done.proof is not None
    again = check(core, done.proof)
    assert again.verified, again.detail
    assert again.statistics.missing == 0
    assert done.proof.num_lemmas <= proof.num_lemmas + 1
    return core


def test_units_alone_refute() -> None:
    done = check(Cnf.from_clauses([[1], [5, 6], [-1, 2], [-2, 3], [-3]]), Proof.from_steps([]))
    assert (done.verdict, done.core.tolist()) == ("verified", [0, 2, 3, 4])
    assert done.proof is not None
    assert done.proof.to_steps() == [("a", [])]


def test_the_empty_clause_of_a_formula_is_its_core() -> None:
    done = check(Cnf.from_clauses([[1], [], [-1], []]), Proof.from_steps([]))
    assert (done.verdict, done.core.tolist()) == ("verified", [1])


def test_lemmas_that_nobody_needs_are_left_out() -> None:
    formula = Cnf.from_clauses([[3, 4], *ALL_TWO, [5]])
    proof = Proof.from_steps([("a", [3, 4, 5]), ("a", [2]), ("a", [7]), ("d", [1, 2]), ("a", [])])
    done = check(formula, proof)
    assert (done.verdict, done.core.tolist(), done.statistics.checked) == ("verified", [1, 2, 3, 4], 1)
    assert done.proof is not None
    kept = [clause for kind, clause in done.proof.to_steps() if kind == "a"]
    assert kept == [[2], []]


def test_odd_clauses() -> None:
    """Tautologies, repeated literals, repeated clauses, and deletions of clauses that do not exist."""
    formula = Cnf.from_clauses([[1, -1], [1, 1, 2], [2, 1], [-1, 2, -1], [2, -2, 1], [1, -2], [-1, -2], [-1, -2]])
    proof = Proof.from_steps(
        [("d", [1, 2]), ("d", [9, 1]), ("a", [1, 3, -1]), ("d", [-1, 1]), ("d", [2, 1, 1, 2, 1]), ("a", [1, 2])]
    )
    done = check(formula, proof)
    assert (done.verdict, done.statistics.missing) == ("incomplete", 1)
    both_gone = Proof.from_steps([*proof.to_steps(), ("a", [2]), ("a", [])])
    assert check(formula, both_gone).failed_step == 5, "both copies of (1 2) are deleted, it does not follow any more"
    one_left = Proof.from_steps([*proof.to_steps()[:-2], ("a", [2, 2]), ("a", [])])
    assert_trimmed(formula, one_left)


def test_variables_beyond_the_formula_and_far_apart() -> None:
    far = 2**31 - 1
    formula = Cnf.from_clauses([[far, 2], [-far, 2], [far, -2], [-far, -2]])
    done = check(formula, Proof.from_steps([("a", [far - 1, 2]), ("a", [2]), ("a", [])]))
    assert done.verified
    assert done.proof is not None
    assert done.proof.to_steps()[0] == ("a", [2]), "literals come back with their own numbers"


def test_deletions_are_honoured_but_for_reasons_of_units() -> None:
    formula = Cnf.from_clauses([*ALL_TWO, [5], [-5, 6]])
    gone = check(formula, Proof.from_steps([("d", [1, 2]), ("a", [2]), ("a", [])]))
    assert (gone.verdict, gone.failed_step, gone.detail) == (
        "wrong",
        1,
        "step 2: lemma '2' is neither RUP nor RAT on its first literal",
    )
    units = Proof.from_steps([("a", [2]), ("d", [2])])
    assert check(formula, units).statistics.ignored == 0, "the conflict came before"
    kept = check(Cnf.from_clauses([[5], [-5, 6], [-6, 7], [-7, -5]]), Proof.from_steps([("d", [5]), ("a", [])]))
    assert kept.verified
    kept = check(Cnf.from_clauses([[5], [-5, 6]]), Proof.from_steps([("d", [6, -5]), ("a", [-6]), ("a", [])]))
    assert (kept.verdict, kept.statistics.ignored) == ("wrong", 1)


def test_rat_by_hand() -> None:
    proof = Proof.from_steps([("a", [-1]), ("a", [2]), ("a", [])])
    done = check(FOUR, proof)
    assert (done.verdict, done.statistics.checked, done.statistics.rat) == ("verified", 2, 1)
    assert_trimmed(FOUR, proof)
    formula = dratify.parse_dimacs(format_dimacs(FOUR).decode())
    assert dratify.check_proof(formula, format_proof(proof).decode()).ok


def test_rat_counts_for_the_first_literal_alone() -> None:
    """The definition of a new variable x = (1 and 2), as extended resolution uses it."""
    x = 9
    formula = Cnf.from_clauses([[1, 2], [1, -2], [-1, 2], [-1, -2, 3], [-1, -2, -3]])
    define = [("a", [x, -1, -2]), ("a", [-x, 1]), ("a", [-x, 2])]
    use: Steps = [("a", [x]), ("a", [])]
    done = check(formula, Proof.from_steps([*define, *use]))
    assert done.verified
    assert done.statistics.rat in (0, 1), "with the first clause alone the rest need not be looked at"
    wrong = check(formula, Proof.from_steps([("a", [x]), ("a", [-x]), ("a", [])]))
    assert (wrong.verdict, wrong.failed_step) == ("wrong", 1)
    satisfiable = Cnf.from_clauses([[1, 2], [-1, 3]])
    for clause in ([-1, x], [x, -1]):
        done = check(satisfiable, Proof.from_steps([("a", clause), ("a", [-x]), ("a", [])]))
        assert (done.verdict, done.failed_step) == ("wrong", 2)


def test_what_is_wrong_is_told_apart() -> None:
    formula = Cnf.from_clauses(ALL_TWO)
    wrong = check(formula, read_proof(b"1 2 3 0\nc a comment\n3 0\n-3 0\n0\n"))
    assert (wrong.verdict, wrong.failed_step) == ("wrong", 2)
    assert wrong.detail == "line 4: lemma '-3' is neither RUP nor RAT on its first literal"
    early = check(formula, read_proof(b"0\n"))
    assert early.detail == "line 1: the empty clause does not follow by unit propagation"
    binary = check(formula, read_proof(b"a\x04\x06\x00a\x00"))
    assert binary.detail == "byte 4: the empty clause does not follow by unit propagation"
    short = check(formula, read_proof(b"1 2 3 0\n"))
    assert (short.verdict, short.detail) == ("incomplete", "the proof ends without a contradiction")
    assert short.proof is None
    assert len(short.core) == 0


def test_a_time_limit_is_a_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    formula = generate("pigeonhole", 6, 0)
    proof = Proof.from_steps(engine_proof(formula, "cadical195"))
    monkeypatch.setattr(checker, "_VISITS_AT_ONCE", 1000)
    assert check(formula, proof, time_limit=1e-9).verdict == "timeout"
    assert check(formula, proof, time_limit=100).verified, "a check in many pieces is the same check"


@pytest.mark.parametrize("engine", ["cadical103", "cadical195", "cadical300", "glucose42", "lingeling", "ergo"])
@pytest.mark.parametrize(("family", "size"), [("pigeonhole", 6), ("tseitin-torus", 2), ("random-3sat-unsat", 50)])
def test_proofs_of_engines(engine: str, family: str, size: int) -> None:
    formula = generate(family, size, 1)
    assert_trimmed(formula, Proof.from_steps(engine_proof(formula, engine)))


CLAUSES = st.lists(st.lists(st.integers(-6, 6).filter(bool), min_size=1, max_size=4), min_size=12, max_size=45)


@given(CLAUSES, st.sampled_from(["cadical195", "glucose3", "lingeling"]), st.data())
@settings(max_examples=60)
def test_mutated_proofs_never_refute_a_satisfiable_formula(
    clauses: list[list[int]], engine: str, data: st.DataObject
) -> None:
    formula = Cnf.from_clauses(clauses, 6)
    assume(not is_satisfiable(formula))
    steps = engine_proof(formula, engine)
    assert_trimmed(formula, Proof.from_steps(steps))
    dropped = data.draw(st.sets(st.integers(0, len(clauses) - 1), max_size=6))
    weaker = Cnf.from_clauses([c for k, c in enumerate(clauses) if k not in dropped], 6)
    for _ in range(data.draw(st.integers(0, 3))):
        at = data.draw(st.integers(0, len(steps) - 1))
        kind, clause = steps[at]
        change = data.draw(st.sampled_from(["drop", "swap", "negate", "shorten", "delete"]))
        if change == "drop" and len(steps) > 1:
            del steps[at]
        elif change == "swap":
            steps[at], steps[0] = steps[0], steps[at]
        elif change == "negate":
            steps[at] = (kind, [-x for x in clause])
        elif change == "shorten":
            steps[at] = (kind, clause[1:])
        elif change == "delete":
            steps.insert(at, ("d", data.draw(st.sampled_from(clauses))))
    proof = Proof.from_steps(steps)
    if is_satisfiable(weaker):
        assert not check(weaker, proof).verified
    elif check(weaker, proof).verified:
        assert_trimmed(weaker, proof)


STEPS = st.lists(
    st.tuples(st.sampled_from("aaad"), st.lists(st.integers(-5, 5).filter(bool), min_size=1, max_size=3)), max_size=12
)


@given(st.lists(st.lists(st.integers(-4, 4).filter(bool), min_size=1, max_size=3), min_size=4, max_size=24), STEPS)
@settings(max_examples=150)
def test_random_proofs_against_another_checker(clauses: list[list[int]], steps: Steps) -> None:
    """Dratify checks forward: it needs all lemmas to follow, and ours only those that matter."""
    clauses = [list(dict.fromkeys(c)) for c in clauses]  # dratify takes (1 1) for a clause of two
    steps = [*((kind, list(dict.fromkeys(c))) for kind, c in steps), ("a", [])]
    formula = Cnf.from_clauses(clauses, 5)
    ours = check(formula, Proof.from_steps(steps))
    text = format_proof(Proof.from_steps(steps)).decode()
    theirs = dratify.check_proof(dratify.parse_dimacs(format_dimacs(formula).decode()), text).ok
    if ours.verified:
        assert_trimmed(formula, Proof.from_steps(steps))
    elif theirs:
        assert ours.statistics.ignored, "only deletions of units that we ignore may make a difference"


@given(
    st.lists(st.lists(st.integers(-4, 4).filter(bool), min_size=1, max_size=3), min_size=8, max_size=24),
    st.lists(st.tuples(st.sampled_from("aad"), st.lists(st.integers(-5, 5).filter(bool), min_size=1, max_size=2))),
)
@settings(max_examples=150)
def test_lemmas_that_do_not_follow_must_be_rat(clauses: list[list[int]], steps: Steps) -> None:
    """An engine refutes the formula together with arbitrary lemmas: all hangs on whether these are RAT."""
    together = Cnf.from_clauses([*clauses, *(c for kind, c in steps if kind == "a")])
    assume(not is_satisfiable(together))
    proof = Proof.from_steps([*steps, *engine_proof(together, "cadical195")])
    formula = Cnf.from_clauses(clauses, 5)
    if is_satisfiable(formula):
        assert not check(formula, proof).verified
    elif check(formula, proof).verified:
        assert_trimmed(formula, proof)


def test_long_watch_lists() -> None:
    """Two variables that are in every clause gather all watches in two lists, which outgrow their room many times."""
    others = range(3, 63)
    clauses = [[1, 2, *pair] for pair in itertools.combinations(others, 2)]
    clauses += [[1, 2, -v] for v in others] + ALL_TWO[1:]
    steps: Steps = [("a", [1, 2, v, -w]) for v, w in itertools.permutations(range(3, 30), 2)]
    steps += [("a", [1, 2, v]) for v in others] + [("a", [1, 2]), ("a", [2]), ("a", [])]
    assert_trimmed(Cnf.from_clauses(clauses), Proof.from_steps(steps))
