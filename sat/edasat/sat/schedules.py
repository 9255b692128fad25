"""Short pre-solving schedules: which engines to run for how long before a selector, or the single best engine, starts.

Budgets come from a small grid, so that a schedule does not hang on the exact runtimes it was found on. The greedy
search adds the slot that lowers mean PAR-k most (our choice; it scales to any pool), the exhaustive one is for few
engines and two or three slots.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from edasat.core.errors import InputError, LimitError

from .selection import FloatArray, Schedule, check_not_empty, policy_outcome

if TYPE_CHECKING:
    from .runs import RunMatrix

#: Schedules that the exhaustive search tries at most: some seconds on a few hundred instances.
MAX_SCHEDULES: Final = 2_000_000


@dataclass(frozen=True)
class ScheduleSearch:
    """A pre-solving schedule and the mean PAR-k, in CPU seconds, of running it before the fallback."""

    schedule: tuple[tuple[int, float], ...]
    mean_par: float


def budget_grid(total_s: float, steps: int = 8) -> FloatArray:
    """Return candidate budgets in CPU seconds: ``total_s`` halved again and again, smallest first."""
    return np.asarray(total_s * 0.5 ** np.arange(steps - 1, -1, -1), dtype=np.float64)


def greedy_schedule(
    matrix: RunMatrix,
    total_s: float,
    *,
    choices: npt.ArrayLike,
    overhead_s: float | npt.ArrayLike = 0.0,
    budgets: npt.ArrayLike | None = None,
    max_slots: int = 3,
    k: float = 2.0,
) -> ScheduleSearch:
    """Add the slot that lowers mean PAR-k most until none does, ``total_s`` is used up or ``max_slots`` is reached.

    Args:
        total_s: CPU seconds the schedule may take.
        choices: engine index per instance that runs afterwards (a selector's answer, or one engine throughout).
        overhead_s: the selector's own CPU seconds, paid after the schedule.
        budgets: candidate CPU seconds of a slot; default :func:`budget_grid` of ``total_s``.
    """
    search = _Search(matrix, total_s, choices, overhead_s, budgets, k)
    best = ScheduleSearch((), search.value(()))
    while len(best.schedule) < max_slots:
        step = search.best_extension(best.schedule)
        if step is None or step.mean_par >= best.mean_par:
            break
        best = step
    return best


def best_schedule(
    matrix: RunMatrix,
    total_s: float,
    *,
    choices: npt.ArrayLike,
    overhead_s: float | npt.ArrayLike = 0.0,
    budgets: npt.ArrayLike | None = None,
    max_slots: int = 2,
    k: float = 2.0,
) -> ScheduleSearch:
    """Find the schedule of lowest mean PAR-k by trying them all; arguments as in :func:`greedy_schedule`.

    Raises:
        LimitError: if there are too many schedules to try.
    """
    search = _Search(matrix, total_s, choices, overhead_s, budgets, k)
    slots = [(engine, float(budget)) for engine in range(matrix.num_engines) for budget in search.budgets]
    if len(slots) ** max_slots > MAX_SCHEDULES:
        raise LimitError(
            f"{len(slots)} slots to the power of {max_slots} are too many schedules to try (limit {MAX_SCHEDULES})",
            hint="give fewer engines, budgets or slots, or use greedy_schedule",
        )
    best = ScheduleSearch((), search.value(()))
    open_prefixes: list[tuple[tuple[int, float], ...]] = [()]
    while open_prefixes:
        prefix = open_prefixes.pop()
        step = search.best_extension(prefix)
        if step is not None and step.mean_par < best.mean_par:
            best = step
        if len(prefix) + 1 < max_slots:
            left = total_s - sum(budget for _, budget in prefix)
            # one engine twice in a row is never better than its longer slot alone
            last = prefix[-1][0] if prefix else None
            open_prefixes += [(*prefix, slot) for slot in slots if slot[1] < left and slot[0] != last]
    return best


class _Search:
    """Mean PAR-k of schedules followed by a fixed fallback, all one-slot extensions at once."""

    def __init__(
        self,
        matrix: RunMatrix,
        total_s: float,
        choices: npt.ArrayLike,
        overhead_s: float | npt.ArrayLike,
        budgets: npt.ArrayLike | None,
        k: float,
    ) -> None:
        check_not_empty(matrix)
        if not 0 < total_s <= matrix.cutoff_s:
            raise InputError(f"expected a schedule time in (0, {matrix.cutoff_s:g}] CPU seconds, got {total_s:g}")
        self.matrix, self.total_s, self.k = matrix, total_s, k
        self.choices, self.overhead_s = choices, overhead_s
        self.budgets = budget_grid(total_s) if budgets is None else np.asarray(budgets, dtype=np.float64)
        fallback = policy_outcome(matrix, choices=choices)
        self.after = np.where(fallback.solved, fallback.runtimes + np.asarray(overhead_s), np.inf)

    def value(self, schedule: Schedule) -> float:
        outcome = policy_outcome(self.matrix, schedule=schedule, choices=self.choices, overhead_s=self.overhead_s)
        return float(outcome.par(self.k).mean())

    def best_extension(self, prefix: tuple[tuple[int, float], ...]) -> ScheduleSearch | None:
        """Return the best schedule of the prefix and one slot more, None if no budget fits."""
        matrix = self.matrix
        elapsed = sum(budget for _, budget in prefix)
        budgets = self.budgets[self.budgets <= self.total_s - elapsed]
        if not budgets.size:
            return None
        before = policy_outcome(matrix, schedule=prefix)
        penalty = self.k * matrix.cutoff_s
        left = ~before.solved
        runs = np.where(matrix.solved[left], matrix.runtimes[left], np.inf)  # (open, engines)
        slot_solves = runs[:, :, None] <= budgets  # (open, engines, budgets)
        in_slot = elapsed + runs[:, :, None]
        afterwards = elapsed + budgets + self.after[left, None, None]  # (open, 1, budgets)
        total = np.where(slot_solves, in_slot, np.broadcast_to(afterwards, slot_solves.shape))
        open_par = np.where(total <= matrix.cutoff_s, total, penalty).sum(axis=0)
        mean_par = (before.runtimes[before.solved].sum() + open_par) / matrix.num_instances
        engine, budget = np.unravel_index(int(mean_par.argmin()), mean_par.shape)
        schedule = (*prefix, (int(engine), float(budgets[budget])))
        return ScheduleSearch(schedule, float(mean_par[engine, budget]))
