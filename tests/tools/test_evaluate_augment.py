"""The experiment with generated training formulas: who may be tested, errors as defined, arms on made-up runtimes."""

from __future__ import annotations

import numpy as np
import pytest

from edasat.sat.families import generate
from edasat.tools.evaluate_augment import (
    CONSTANT,
    ENGINES,
    FEATURES,
    INVARIANT,
    LIMIT_S,
    REAL,
    Labelled,
    _errors,
    compare,
    held_out,
    label,
    labelled,
    mark,
    renamed,
)


def test_renamed_copies_are_the_same_formula_to_everything_but_names() -> None:
    cnf = generate("random-3sat-unsat", 100, 0)
    copy = renamed(cnf, np.random.default_rng(1))
    assert copy.content_hash() != cnf.content_hash()
    assert mark(copy) == mark(cnf)
    assert mark(generate("random-3sat-unsat", 100, 1)) != mark(cnf)
    assert sorted(copy.clause_lengths) == sorted(cnf.clause_lengths)
    one, other = label(cnf), label(copy)
    assert len(one["features"]) == len(FEATURES)
    invariant = np.array(one["features"])[INVARIANT], np.array(other["features"])[INVARIANT]
    np.testing.assert_allclose(*invariant, rtol=1e-6)
    assert one["statuses"] == ["unsat"] * len(ENGINES)


def test_nothing_that_training_knows_is_tested() -> None:
    rows = [
        {"mark": "parent", "core_mark": "core of it"},
        {"mark": "another", "core_mark": "core of it"},
        {"mark": "new", "core_mark": "its own"},
        {"mark": "like a generated one", "core_mark": "whatever"},
    ]
    made = {"ours": [{"mark": "like a generated one"}]}
    assert held_out(rows, made, parents=1).tolist() == [2]


def test_errors_as_defined() -> None:
    x = np.zeros((2, len(FEATURES)))
    asked = Labelled(x, np.array([[1.0, 2.0, LIMIT_S], [1.0, 1.0, 4.0]]), np.arange(2))
    predicted = np.array([[2.0, 1.0, 5.0], [0.5, 3.0, 4.0]])
    log_error, total, par2 = _errors(asked, np.log(predicted), predicted)
    assert log_error == pytest.approx((3 * np.log(2) + np.log(3)) / 6)
    # Engine by engine: 2 against 2.5, 3 against 4, 9 against 9: the errors 1 and -1/2 of the first cancel in part.
    assert total == pytest.approx((0.5 + 1.0 + 0.0) / 3 / 2)
    assert par2 == pytest.approx((2.0 + 1.0) / 2)  # the second engine for the first formula, the first for the second


def test_runs_are_cut_and_arms_filtered() -> None:
    features = [0.0] * len(FEATURES)
    rows = [
        {"features": features, "seconds": [0.0, 9.0, 1.0], "ratio": 1.0, "parent": 7},
        {"features": features, "seconds": [1.0, 1.0, 1.0], "ratio": 3.0, "parent": 8},
    ]
    assert labelled(rows).parents.tolist() == [7, 8]
    close = labelled(rows, close=True)
    assert close.parents.tolist() == [7]
    assert close.seconds.tolist() == [[0.005, LIMIT_S, 1.0]]
    assert labelled([]).x.shape == (0, len(FEATURES))


def test_more_formulas_of_the_same_law_help_and_noise_does_not() -> None:
    rng = np.random.default_rng(0)

    def draw(count: int, parents: np.ndarray, scramble: bool = False) -> Labelled:
        x = rng.uniform(0, 3, (count, len(FEATURES)))
        seconds = np.exp(x[:, :3] - 2.5)
        return Labelled(x, rng.permutation(seconds) if scramble else seconds, parents)

    real = draw(60, np.arange(60))
    parents = np.repeat(np.arange(20), 8)
    arms = {"good": draw(160, parents), "bad": draw(160, parents, scramble=True)}
    rows = compare(real, arms, np.arange(20), np.arange(20, 60), [10], 4, rng)
    by_arm = {row["arm"]: row["log_error"] for row in rows}
    assert by_arm["good"]["mean"] < by_arm[REAL]["mean"] < by_arm[CONSTANT]["mean"] * 1.05
    assert by_arm["bad"]["change"] > by_arm["good"]["change"]
    assert by_arm["good"]["better_splits"] >= 3
    assert by_arm[REAL]["change"] == 0 and by_arm[REAL]["p"] is None
