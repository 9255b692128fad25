"""Which schedule to run on a formula: one engine alone, or one for a short time and then the single best engine.

Predictions for one formula are wrong often, and one wrong choice costs a whole time limit. Where the prediction is not
sure, a choice gets a slot and not the limit, and the engine that is best on average finishes what it leaves open.
Schedules built from the runs of similar formulas follow SUNNY (Amadini, Gabbrielli, Mauro, TPLP 14, 2014); slots from a
small grid, expected PAR-2 in place of a count of solved instances, the single best engine at the end, and some aversion
to risk are our choice. Chosen by cross-validation by formula and by family, where few candidates did better than many:
with two slots, or with any engine at the end, expected savings did not come true.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from edasat.sat.runs import RunMatrix
from edasat.sat.selection import Outcome, policy_outcome

from .runtime import LogNormal, Mixture

#: (engine index, CPU seconds) pairs, run in order; together the time limit.
Schedule = tuple[tuple[int, float], ...]

#: Slots tried, as shares of the time limit.
SLOT_SHARES: Final = (0.01, 0.05, 0.2, 0.4)
#: A schedule must save more than this share of the standard deviation of what it saves.
_AVERSION: Final = 0.15


def candidate_schedules(num_engines: int, single: int, limit_s: float) -> list[Schedule]:
    """Return all schedules that are considered; the first is the single best engine alone.

    Args:
        num_engines: size of the pool.
        single: the single best engine of the training formulas.
        limit_s: CPU time limit in seconds.

    >>> candidate_schedules(2, 1, 10.0)[:3]
    [((1, 10.0),), ((0, 10.0),), ((0, 0.1), (1, 9.9))]
    """
    others = [engine for engine in range(num_engines) if engine != single]
    slots = [(engine, share * limit_s) for engine in others for share in SLOT_SHARES]
    return [
        ((single, limit_s),),
        *(((engine, limit_s),) for engine in others),
        *((slot, (single, limit_s - slot[1])) for slot in slots),
    ]


def expected_costs(parts: LogNormal, schedules: Sequence[Schedule], limit_s: float) -> Tensor:
    """Return the expected PAR-2 of each schedule in CPU seconds, (parts, formulas, schedules).

    Args:
        parts: (parts, formulas, engines); engines are independent given the part.
        schedules: of :func:`candidate_schedules`.
        limit_s: CPU time limit in seconds.
    """
    cost = torch.zeros(*parts.mean.shape[:2], len(schedules))
    still_open = torch.ones_like(cost)
    for place in range(max(map(len, schedules))):
        index = torch.tensor([n for n, schedule in enumerate(schedules) if len(schedule) > place])
        engines = torch.tensor([schedules[n][place][0] for n in index.tolist()])
        seconds = torch.tensor([schedules[n][place][1] for n in index.tolist()])
        run = LogNormal(parts.mean[..., engines], parts.scale[..., engines])
        cost[..., index] += still_open[..., index] * run.expected_until(seconds)
        still_open[..., index] *= 1 - run.solved_by(seconds)
    return cost + still_open * limit_s  # all slots together have cost one limit already


class Savings(NamedTuple):
    """What schedules are expected to save against the single best engine alone, the first of them.

    Attributes:
        mean: float, (formulas, schedules): expected PAR-2 saved, in CPU seconds.
        square: float, same shape: expectation of its square.
    """

    mean: Tensor
    square: Tensor

    @classmethod
    def of(cls, runtimes: Mixture, costs: Tensor) -> Savings:
        """Average over a mixture; ``costs`` are the :func:`expected_costs` of its parts."""
        saved = costs[..., :1] - costs
        return cls(runtimes.average(saved), runtimes.average(saved.square()))

    def best(self) -> Tensor:
        """Return the schedule that saves most, less its risk, int64 (formulas,)."""
        deviation = (self.square - self.mean.square()).clamp(min=0).sqrt()
        return (self.mean - _AVERSION * deviation).argmax(dim=1)


def measured_costs(matrix: RunMatrix, schedules: Sequence[Schedule]) -> npt.NDArray[np.float32]:
    """Return the PAR-2 that each schedule would have got in CPU seconds, (instances, schedules)."""
    return np.stack([policy_outcome(matrix, schedule=s).par() for s in schedules], axis=1).astype(np.float32)


def planned_outcome(
    matrix: RunMatrix, planned: Sequence[Schedule], overhead_s: npt.ArrayLike = 0.0, presolve: Schedule = ()
) -> Outcome:
    """Return what a schedule per instance would get.

    Args:
        matrix: runs.
        planned: schedule of each instance.
        overhead_s: CPU seconds of planning, one number or one per instance; paid after the pre-solver.
        presolve: slots run first, on every instance.
    """
    runtimes = np.full(matrix.num_instances, matrix.cutoff_s)
    solved = np.zeros(matrix.num_instances, dtype=bool)
    overhead = np.broadcast_to(np.asarray(overhead_s, dtype=np.float64), runtimes.shape)
    presolve_s = sum(seconds for _, seconds in presolve)
    for schedule in set(planned):
        rows = np.array([row for row, own in enumerate(planned) if own == schedule])
        done = policy_outcome(matrix.take(rows), schedule=(*presolve, *schedule))
        seconds = done.runtimes + np.where(done.runtimes > presolve_s, overhead[rows], 0.0)
        solved[rows] = done.solved & (seconds <= matrix.cutoff_s)
        runtimes[rows] = np.where(solved[rows], seconds, matrix.cutoff_s)
    return Outcome(runtimes, solved, matrix.cutoff_s)


def best_presolve(matrix: RunMatrix, planned: Sequence[Schedule]) -> Schedule:
    """Return the slot to run before anything is known of a formula, or none, whichever measured best.

    Args:
        matrix: runs of training formulas.
        planned: schedule of each of them, planned from outside its fold; the slot shortens its last engine.
    """

    def mean_par(slot: Schedule) -> float:
        taken_s = sum(seconds for _, seconds in slot)
        shortened = [(*head, (last, seconds - taken_s)) for *head, (last, seconds) in planned]
        return float(planned_outcome(matrix, shortened, presolve=slot).par().mean())

    slots = [((engine, share * matrix.cutoff_s),) for engine in range(matrix.num_engines) for share in SLOT_SHARES]
    return min(((), *slots), key=mean_par)
