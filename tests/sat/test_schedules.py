"""Pre-solving schedules against brute force."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edasat.core.errors import InputError, LimitError
from edasat.sat.runs import RunMatrix
from edasat.sat.schedules import best_schedule, greedy_schedule
from edasat.sat.selection import policy_outcome, single_best

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


@st.composite
def matrices(draw: st.DrawFn) -> RunMatrix:
    rows, columns = draw(st.integers(1, 8)), draw(st.integers(1, 3))
    cell = st.one_of(st.floats(0, 100, width=16), st.just(INF))
    return matrix_of([[draw(cell) for _ in range(columns)] for _ in range(rows)])


BUDGETS = (1.0, 2.0, 4.0)


@given(matrices(), st.sampled_from([0.0, 1.5]))
def test_exhaustive_schedule_is_optimal(matrix: RunMatrix, overhead_s: float) -> None:
    choices = np.full(matrix.num_instances, single_best(matrix))
    slots = list(itertools.product(range(matrix.num_engines), BUDGETS))
    schedules = [plan for length in range(3) for plan in itertools.product(slots, repeat=length)]
    brute = min(
        policy_outcome(matrix, schedule=plan, choices=choices, overhead_s=overhead_s).par().mean()
        for plan in schedules
        if sum(budget for _, budget in plan) <= 5
    )
    found = best_schedule(matrix, 5, choices=choices, overhead_s=overhead_s, budgets=BUDGETS)
    assert found.mean_par == pytest.approx(brute)
    again = policy_outcome(matrix, schedule=found.schedule, choices=choices, overhead_s=overhead_s)
    assert again.par().mean() == pytest.approx(found.mean_par)
    greedy = greedy_schedule(matrix, 5, choices=choices, overhead_s=overhead_s, budgets=BUDGETS, max_slots=2)
    assert found.mean_par <= greedy.mean_par + 1e-9


def test_schedule_on_complementary_engines() -> None:
    matrix = matrix_of([[1, INF], [INF, 1], [INF, 90]])
    found = best_schedule(matrix, 10, choices=[1, 1, 1])
    assert found.schedule == ((0, 1.25),)
    assert found.mean_par == pytest.approx((1 + 2.25 + 91.25) / 3)


def test_schedule_search_has_limits() -> None:
    wide = matrix_of([[1.0] * 200])
    with pytest.raises(LimitError, match="too many schedules"):
        best_schedule(wide, 10, choices=[0])
    with pytest.raises(InputError, match="schedule time"):
        greedy_schedule(wide, 200, choices=[0])
