"""Baselines of solver selection on runs with a known rule."""

import numpy as np
import pytest

from edasat.models.evaluation.selection_baselines import (
    Boosting,
    NearestNeighbours,
    PairwiseForests,
    best_per_family,
)
from edasat.sat.runs import RunMatrix


def runs(num: int, seed: int) -> tuple[np.ndarray, RunMatrix]:
    """Feature 0 decides which of two engines is fast; feature 1 is noise."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(num, 2))
    fast, slow = rng.lognormal(-1, 0.2, num), rng.lognormal(2.5, 0.2, num)
    first = x[:, 0] > 0
    runtimes = np.stack([np.where(first, fast, slow), np.where(first, slow, fast)], axis=1)
    solved = runtimes < 10
    families = tuple("left" if f else "right" for f in first)
    names = tuple(f"i{n}" for n in range(num))
    matrix = RunMatrix(
        names, ("a", "b"), families, np.minimum(runtimes, 10), solved, np.zeros_like(solved, np.uint8), 10
    )
    return x, matrix


@pytest.mark.parametrize("make", [NearestNeighbours, PairwiseForests, Boosting])
def test_the_rule_is_found(make):
    (x, matrix), (x_test, test) = runs(120, 0), runs(80, 1)
    costs = make().fit(x, matrix).costs(x_test)
    assert costs.shape == (80, 2)
    assert (costs.argmin(axis=1) == test.runtimes.argmin(axis=1)).mean() > 0.9


def test_one_neighbour_repeats_its_own_runs():
    x, matrix = runs(20, 0)
    costs = NearestNeighbours(k=1).fit(x, matrix).costs(x)
    np.testing.assert_allclose(costs, np.where(matrix.solved, matrix.runtimes, 20.0))


def test_boosting_knows_how_sure_it_is():
    x, matrix = runs(120, 0)
    runtimes = Boosting().fit(x, matrix).runtimes(x[:5])
    assert runtimes.mean.shape == runtimes.scale.shape == (1, 5, 2)
    assert 0.05 <= runtimes.scale.min() < 1.5


def test_unknown_families_get_the_single_best_engine():
    _, matrix = runs(60, 0)
    known = best_per_family(matrix, ["left", "right", "other"])
    assert known[:2].tolist() == [0, 1]
    assert known[2] == np.where(matrix.solved, matrix.runtimes, 20).mean(axis=0).argmin()
