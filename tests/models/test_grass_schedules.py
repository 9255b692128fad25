"""Similar formulas and schedules: the forest, the weights, expected against measured costs."""

import numpy as np
import pytest
import torch
from sklearn.ensemble import ExtraTreesRegressor

from edasat.models.grass.cross_validation import leave_folds_out
from edasat.models.grass.forest import Forest
from edasat.models.grass.neighbours import Known, Neighbours
from edasat.models.grass.runtime import LogNormal, Mixture
from edasat.models.grass.scheduling import (
    Savings,
    best_presolve,
    candidate_schedules,
    expected_costs,
    measured_costs,
    planned_outcome,
)
from edasat.sat.runs import RunMatrix

LIMIT_S = 10.0


def matrix_of(seconds: np.ndarray) -> RunMatrix:
    """Runs with engines e0, e1, ...; from the limit on they are timeouts."""
    solved = seconds < LIMIT_S
    names = tuple(f"i{row}" for row in range(len(seconds)))
    engines = tuple(f"e{column}" for column in range(seconds.shape[1]))
    return RunMatrix(
        names, engines, names, np.minimum(seconds, LIMIT_S), solved, np.zeros_like(solved, np.uint8), LIMIT_S
    )


def two_kinds(num: int = 60, seed: int = 0) -> tuple[Known, torch.Tensor]:
    """Formulas of two kinds, told by feature 0; each kind has its own fast engine. Returns them and their kind."""
    rng = np.random.default_rng(seed)
    kind = rng.integers(0, 2, num)
    x = rng.normal(size=(num, 4)).astype(np.float32)
    x[:, 0] = 3 * kind
    seconds = np.exp(rng.normal(0, 0.2, (num, 3)) + np.stack([4 * kind - 2, 2 - 4 * kind, np.ones(num)], axis=1))
    observed = torch.from_numpy(np.minimum(seconds, LIMIT_S)).float()
    return Known(torch.from_numpy(x), observed.log(), observed, torch.from_numpy(seconds < LIMIT_S)), torch.from_numpy(
        kind
    )


def test_forest_ends_in_the_leaves_that_scikit_learn_finds():
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=(80, 5)).astype(np.float32), rng.normal(size=(80, 2))
    forest = Forest.grow(torch.from_numpy(x), y, seed=3)
    theirs = ExtraTreesRegressor(
        len(forest.feature), min_samples_leaf=3, max_features=1 / 3, random_state=3, n_jobs=1
    ).fit(x, y)
    new = rng.normal(size=(30, 5)).astype(np.float32)
    np.testing.assert_array_equal(forest.leaves(torch.from_numpy(new)).numpy(), theirs.apply(new))


def test_forest_averages_targets_as_regression_trees_do():
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=(80, 5)).astype(np.float32), rng.normal(size=(80, 2))
    forest = Forest.grow(torch.from_numpy(x), y, seed=3)
    theirs = ExtraTreesRegressor(len(forest.feature), min_samples_leaf=3, max_features=1 / 3, random_state=3).fit(x, y)
    new = rng.normal(size=(30, 5)).astype(np.float32)
    weights = forest.weights(torch.from_numpy(new)).double().numpy()
    np.testing.assert_allclose(weights.sum(axis=1), 1, rtol=1e-5)
    np.testing.assert_allclose(weights @ y, theirs.predict(new), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("networks", [False, True])
def test_formulas_of_the_same_kind_weigh_most(networks: bool):
    known, kind = two_kinds()
    new, new_kind = two_kinds(20, seed=1)
    neighbours = Neighbours.fit(known, LIMIT_S)
    weights = neighbours.weights(new.instance_x, new.predicted if networks else None)
    torch.testing.assert_close(weights.sum(dim=1), torch.ones(20))
    same = (weights * (kind == new_kind[:, None])).sum(dim=1)
    assert (same > 0.7).all()


def test_neighbours_survive_a_round_trip():
    known, _ = two_kinds()
    before = Neighbours.fit(known, LIMIT_S)
    again = Neighbours.from_tensors(before.tensors(), LIMIT_S)
    new, _ = two_kinds(20, seed=1)
    assert torch.equal(again.weights(new.instance_x, new.predicted), before.weights(new.instance_x, new.predicted))
    assert torch.equal(again.runs.mean, before.runs.mean)


def test_left_out_folds_lend_no_weight():
    known, _ = two_kinds()
    folds = np.arange(60) % 3
    outside = leave_folds_out(known, folds, LIMIT_S, networks=True)
    inside = torch.from_numpy(folds[:, None] == folds)
    for weights in (outside.near, outside.general):
        assert (weights[inside] == 0).all()
        torch.testing.assert_close(weights.sum(dim=1), torch.ones(60))


def test_schedules_fill_the_limit_and_start_with_the_single_best_engine():
    schedules = candidate_schedules(4, 2, LIMIT_S)
    assert schedules[0] == ((2, LIMIT_S),)
    assert len(set(schedules)) == len(schedules)
    for schedule in schedules:
        assert sum(seconds for _, seconds in schedule) == pytest.approx(LIMIT_S)
        assert len(schedule) == 1 or (len(schedule) == 2 and schedule[1][0] == 2 != schedule[0][0])
    assert {schedule[0][0] for schedule in schedules if len(schedule) == 1} == {0, 1, 2, 3}


def test_expected_costs_against_sampling():
    parts = LogNormal(torch.tensor([[[0.0, 1.5, 3.0]]]), torch.tensor([[[0.5, 1.0, 0.3]]]))
    schedules = candidate_schedules(3, 1, LIMIT_S)
    rng = np.random.default_rng(0)
    samples = np.exp(parts.mean.numpy()[0] + parts.scale.numpy()[0] * rng.normal(size=(60_000, 3)))
    sampled = measured_costs(matrix_of(samples), schedules).mean(axis=0)
    np.testing.assert_allclose(expected_costs(parts, schedules, LIMIT_S)[0, 0].numpy(), sampled, rtol=0.03)


def test_a_risky_schedule_must_save_more():
    runs = LogNormal(torch.zeros(2, 1, 1), torch.ones(2, 1, 1))
    weights = torch.full((2, 2, 1), 0.5)
    # costs by (part, formula, schedule): the second schedule saves 1 s for sure, or 12 s and -10 s in turn
    costs = torch.tensor([[[5.0, 4.0, 5.0]], [[5.0, 4.0, 5.0]]]).expand(2, 2, 3).clone()
    costs[0, 1], costs[1, 1] = torch.tensor([5.0, -7.0, 5.0]), torch.tensor([5.0, 15.0, 5.0])
    assert Savings.of(Mixture(runs, weights), costs).best().tolist() == [1, 0]


def test_planning_is_paid_after_the_pre_solver():
    matrix = matrix_of(np.array([[0.4, 99.0], [3.0, 99.0], [99.0, 2.0], [9.8, 99.0]]))
    planned = [((0, 9.5),), ((0, 9.5),), ((1, 9.5),), ((0, 9.5),)]
    done = planned_outcome(matrix, planned, np.full(4, 0.25), presolve=((0, 0.5),))
    assert done.solved.tolist() == [True, True, True, False]
    np.testing.assert_allclose(done.runtimes, [0.4, 3.75, 2.75, 10.0])


def test_pre_solver_runs_only_where_it_pays():
    planned = [((1, LIMIT_S),)] * 4
    helpful = matrix_of(np.array([[0.05, 5.0], [0.04, 6.0], [0.06, 4.0], [99.0, 1.0]]))
    assert best_presolve(helpful, planned) == ((0, 0.1),)
    useless = matrix_of(np.array([[4.0, 0.3], [4.0, 0.2], [4.0, 0.4], [4.0, 0.5]]))
    assert best_presolve(useless, planned) == ()


def test_pre_solver_leaves_time_to_the_shortest_last_engine():
    planned = candidate_schedules(3, 1, LIMIT_S)
    best_presolve(matrix_of(np.full((len(planned), 3), 9.5)), planned)
