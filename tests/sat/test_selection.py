"""Scores of selectors, their intervals, and schedules."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edasat.core.errors import InputError
from edasat.sat.runs import RunMatrix
from edasat.sat.selection import (
    NEVER_SOLVED,
    Outcome,
    best_engine,
    engine_outcome,
    engine_shares,
    gap_closed,
    gap_interval,
    greedy_portfolio,
    mean_interval,
    near_best,
    par,
    policy_outcome,
    resample,
    score_policy,
    single_best,
    virtual_best,
)

INF = math.inf


def matrix_of(runtimes: list[list[float]], cutoff_s: float = 100.0, families: tuple[str, ...] = ()) -> RunMatrix:
    """Build a matrix from runtimes in which ``inf`` stands for unsolved."""
    times = np.array(runtimes, dtype=np.float64).reshape(len(runtimes), -1)
    solved = times <= cutoff_s
    return RunMatrix(
        instances=tuple(f"i{i}" for i in range(len(times))),
        engines=tuple(f"e{i}" for i in range(times.shape[1])),
        families=families or ("",) * len(times),
        runtimes=np.where(solved, times, cutoff_s),
        solved=solved,
        status=np.where(solved, 2, 3).astype(np.uint8),
        cutoff_s=cutoff_s,
    )


SMALL = matrix_of([[1, 50], [80, 2], [INF, 30], [INF, INF]])


@st.composite
def matrices(draw: st.DrawFn, max_engines: int = 4) -> RunMatrix:
    rows, columns = draw(st.integers(1, 8)), draw(st.integers(1, max_engines))
    cell = st.one_of(st.floats(0, 100, width=16), st.just(INF))
    return matrix_of([[draw(cell) for _ in range(columns)] for _ in range(rows)])


def test_golden() -> None:
    assert par(SMALL).mean(axis=0).tolist() == [(1 + 80 + 200 + 200) / 4, (50 + 2 + 30 + 200) / 4]
    assert single_best(SMALL) == 1
    assert virtual_best(SMALL).par().mean() == (1 + 2 + 30 + 200) / 4
    assert virtual_best(SMALL).par(10).mean() == (1 + 2 + 30 + 1000) / 4
    assert best_engine(SMALL).tolist() == [0, 1, 1, NEVER_SOLVED]
    assert engine_outcome(SMALL, 0).solved_share == 0.5


def test_single_best_of_train_scored_on_test() -> None:
    train, test = SMALL.take([0]), SMALL.take([1, 2, 3])
    chosen = single_best(train)
    assert chosen == 0
    score = score_policy(test, virtual_best(test), single_best_engine=chosen)
    assert score.single_best_engine == "e0"
    assert score.single_best_par2.estimate == (80 + 200 + 200) / 3
    assert score.gap_closed.estimate == 1
    assert score.num_never_solved == 1
    assert score.to_dict()["gap_closed"]["estimate"] == 1


@given(matrices())
def test_order_of_the_scores(matrix: RunMatrix) -> None:
    singles = par(matrix).mean(axis=0)
    assert virtual_best(matrix).par().mean() <= singles.min() + 1e-9
    assert singles[single_best(matrix)] == singles.min()
    choices = np.where(matrix.never_solved, 0, best_engine(matrix))
    assert np.allclose(policy_outcome(matrix, choices=choices).par(), virtual_best(matrix).par())


def test_overhead_can_cost_a_solution() -> None:
    outcome = policy_outcome(SMALL, choices=[0, 0, 1, 0], overhead_s=[1, 25, 0, 0])
    assert outcome.runtimes.tolist() == [2, 100, 30, 100]
    assert outcome.solved.tolist() == [True, False, True, False]


def test_schedule_restarts_and_saves_the_overhead() -> None:
    outcome = policy_outcome(SMALL, schedule=[(0, 5), (1, 10)], choices=[1, 1, 1, 1], overhead_s=3)
    assert outcome.runtimes.tolist() == [1, 5 + 2, 15 + 3 + 30, 100]
    assert policy_outcome(SMALL, schedule=[(0, 5)]).num_solved == 1


def test_schedule_longer_than_the_cutoff() -> None:
    outcome = policy_outcome(SMALL, schedule=[(0, 90), (1, 90)])
    assert outcome.runtimes.tolist() == [1, 80, 100, 100]


@pytest.mark.parametrize("bad", [{"choices": [0]}, {"choices": [0, 0, 0, 2]}, {"choices": [-1, 0, 0, 0]}])
def test_wrong_choices(bad: dict[str, list[int]]) -> None:
    with pytest.raises(InputError, match="expected"):
        policy_outcome(SMALL, choices=bad["choices"])


@pytest.mark.parametrize("slot", [(2, 1.0), (0, 0.0), (0, math.nan)])
def test_wrong_slots(slot: tuple[int, float]) -> None:
    with pytest.raises(InputError, match="schedule slot"):
        policy_outcome(SMALL, schedule=[slot])


def test_wins_and_ties() -> None:
    matrix = matrix_of([[1.0, 1.05, 9], [50, 54, 90], [50, 56, 90], [INF, INF, 3], [INF, INF, INF]])
    assert near_best(matrix).sum(axis=1).tolist() == [2, 2, 1, 1, 0]
    shares = engine_shares(matrix)
    assert shares.wins.tolist() == [1, 0, 1]
    assert shares.ties.tolist() == [2, 2, 0]
    assert shares.unique.tolist() == [0, 0, 1]


@given(matrices())
def test_marginal_contribution_is_the_loss_without_the_engine(matrix: RunMatrix) -> None:
    with_all = virtual_best(matrix).par().mean()
    shares = engine_shares(matrix)
    for engine, name in enumerate(matrix.engines):
        others = [other for other in matrix.engines if other != name]
        without = virtual_best(matrix.take_engines(others)).par().mean() if others else 200.0
        assert shares.marginal_par[engine] == pytest.approx(without - with_all)
    assert shares.wins.sum() + (near_best(matrix).sum(axis=1) > 1).sum() == (~matrix.never_solved).sum()


def test_greedy_portfolio() -> None:
    matrix = matrix_of([[5, INF, 4, 4], [INF, 1, INF, INF], [9, INF, 9, 9], [20, INF, INF, INF]])
    assert greedy_portfolio(matrix, 4) == [0, 1, 2]  # the fourth repeats the third
    assert greedy_portfolio(matrix, 2) == [0, 1]
    assert greedy_portfolio(matrix_of([[INF, INF]]), 2) == [0]


def test_no_gap_is_not_a_number() -> None:
    assert math.isnan(gap_closed(5, 5, 5))


def test_resampling_is_seeded_and_keeps_families_together() -> None:
    families = ["a", "a", "b", "b", "b", "", ""]
    counts = resample(7, families=families, replicates=200, seed=3)
    assert np.array_equal(counts, resample(7, families=families, replicates=200, seed=3))
    assert not np.array_equal(counts, resample(7, families=families, replicates=200, seed=4))
    assert (counts[:, 0] == counts[:, 1]).all()
    assert (counts[:, 2] == counts[:, 4]).all()
    assert (counts[:, 5] != counts[:, 6]).any()  # unnamed instances stand alone
    assert (counts[:, [0, 2, 5, 6]].sum(axis=1) == 4).all()  # as many clusters as there are
    assert (resample(7, replicates=10).sum(axis=1) == 7).all()


def test_interval_agrees_with_theory() -> None:
    values = np.random.default_rng(0).normal(10, 3, 400)
    interval = mean_interval(values, resample(400, replicates=4000))
    half = 1.96 * values.std() / 20
    assert interval.low == pytest.approx(values.mean() - half, abs=0.05)
    assert interval.high == pytest.approx(values.mean() + half, abs=0.05)


def test_family_intervals_are_wider_when_families_move_together() -> None:
    values = np.repeat([0.0, 1.0, 0.0, 1.0], 50)
    families = np.repeat(["a", "b", "c", "d"], 50).tolist()
    alone = mean_interval(values, resample(200))
    together = mean_interval(values, resample(200, families=families))
    assert together.high - together.low > 3 * (alone.high - alone.low)


def test_gap_interval_of_the_perfect_selector() -> None:
    single, virtual = engine_outcome(SMALL, 1), virtual_best(SMALL)
    interval = gap_interval(virtual, single, virtual, resample(4))
    assert (interval.estimate, interval.low, interval.high) == (1, 1, 1)
    nothing = Outcome(single.runtimes, single.solved, single.cutoff_s)
    assert gap_interval(nothing, single, virtual, resample(4)).high == 0


def test_empty_matrix_is_refused() -> None:
    with pytest.raises(InputError, match="no runs to score"):
        single_best(SMALL.take([]))
