"""How good is a choice of engines: PAR-k, single and virtual best, gap closed, intervals, portfolios.

Whatever could run in place of one engine (a selector with its own cost, a pre-solving schedule, the perfect selector)
comes down to an :class:`Outcome`: one runtime and one verdict per instance. Instances that no engine solves stay in
every denominator with the penalty, and belong to no class.

Terms follow Lindauer, Hoos, Hutter, Kotthoff, "Selection and Configuration of Parallel Portfolios", 2018, and the
ASlib paper (Bischl et al., Artificial Intelligence 237, 2016).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from edasat.core.errors import InputError

if TYPE_CHECKING:
    from edasat.sat.runs import RunMatrix

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]
#: What runs first, in order: (engine index, CPU seconds); every slot starts its engine afresh.
Schedule = Sequence[tuple[int, float]]

#: Two runtimes tie when they differ by less than this many seconds or this share of the faster one: closer runs
#: change order when repeated on a busy machine.
TIE_SECONDS: Final = 0.1
TIE_SHARE: Final = 0.1
#: Class of an instance that no engine solves.
NEVER_SOLVED: Final = -1


@dataclass(frozen=True)
class Outcome:
    """What one policy would have got.

    Attributes:
        runtimes: float64, (num_instances,); CPU seconds, the cutoff where not solved.
        solved: bool, (num_instances,).
        cutoff_s: CPU time limit in seconds.
    """

    runtimes: FloatArray
    solved: BoolArray
    cutoff_s: float

    def par(self, k: float = 2.0) -> FloatArray:
        """Penalised runtime per instance in CPU seconds: ``k`` times the cutoff where not solved."""
        return np.where(self.solved, self.runtimes, k * self.cutoff_s)

    @property
    def num_solved(self) -> int:
        """Number of solved instances."""
        return int(self.solved.sum())

    @property
    def solved_share(self) -> float:
        """Solved instances over all instances, never-solved ones included."""
        return float(self.solved.mean())


def par(matrix: RunMatrix, k: float = 2.0) -> FloatArray:
    """Return penalised runtimes, float64 (num_instances, num_engines), in CPU seconds."""
    return np.where(matrix.solved, matrix.runtimes, k * matrix.cutoff_s)


def engine_outcome(matrix: RunMatrix, engine: int) -> Outcome:
    """Return what one engine got alone."""
    return Outcome(matrix.runtimes[:, engine], matrix.solved[:, engine], matrix.cutoff_s)


def single_best(matrix: RunMatrix, k: float = 2.0) -> int:
    """Return the index of the engine with the lowest mean PAR-k (the first of equals).

    Choose it on the training part and score it on the test part: an engine picked on the test part has seen it.
    """
    check_not_empty(matrix)
    return int(par(matrix, k).mean(axis=0).argmin())


def virtual_best(matrix: RunMatrix) -> Outcome:
    """Return what a perfect selector at no cost would get."""
    return Outcome(matrix.runtimes.min(axis=1), ~matrix.never_solved, matrix.cutoff_s)


def best_engine(matrix: RunMatrix) -> IntArray:
    """Return the fastest engine of each instance, int64 (num_instances,); :data:`NEVER_SOLVED` where none solves it."""
    fastest = np.where(matrix.solved, matrix.runtimes, np.inf).argmin(axis=1)
    return np.where(matrix.never_solved, NEVER_SOLVED, fastest)


def policy_outcome(
    matrix: RunMatrix,
    *,
    schedule: Schedule = (),
    choices: npt.ArrayLike | None = None,
    overhead_s: float | npt.ArrayLike = 0.0,
) -> Outcome:
    """Return what a pre-solving schedule, then a selector's choice, would get within the cutoff.

    The selector's own cost (features and inference) is paid only on instances that the schedule leaves open; the
    chosen engine starts afresh and gets all the time that is left.

    Args:
        schedule: (engine index, CPU seconds) pairs run first.
        choices: engine index per instance, int (num_instances,); None to stop after the schedule.
        overhead_s: CPU seconds of the selector, one number or one per instance.

    Raises:
        InputError: if a choice is no engine, or a budget is not positive.
    """
    elapsed = 0.0
    solved = np.zeros(matrix.num_instances, dtype=bool)
    runtimes = np.full(matrix.num_instances, matrix.cutoff_s)
    for engine, budget_s in schedule:
        if not 0 <= engine < matrix.num_engines or not budget_s > 0:
            raise InputError(f"schedule slot ({engine}, {budget_s}): expected an engine index and a positive time")
        runs = matrix.runtimes[:, engine]
        now = ~solved & matrix.solved[:, engine] & (runs <= budget_s) & (elapsed + runs <= matrix.cutoff_s)
        runtimes[now] = elapsed + runs[now]
        solved |= now
        elapsed += budget_s
    if choices is not None:
        chosen = np.asarray(choices, dtype=np.int64)
        if chosen.shape != (matrix.num_instances,):
            raise InputError(f"expected one choice for each of {matrix.num_instances} instances, got {chosen.shape}")
        if matrix.num_instances and (chosen.min() < 0 or chosen.max() >= matrix.num_engines):
            raise InputError(f"expected choices in 0..{matrix.num_engines - 1}, got {chosen.min()}..{chosen.max()}")
        rows = np.arange(matrix.num_instances)
        total = elapsed + np.asarray(overhead_s, dtype=np.float64) + matrix.runtimes[rows, chosen]
        now = ~solved & matrix.solved[rows, chosen] & (total <= matrix.cutoff_s)
        runtimes[now] = total[now]
        solved |= now
    return Outcome(runtimes, solved, matrix.cutoff_s)


def gap_closed(selector: float, single_best_par: float, virtual_best_par: float) -> float:
    """Return (SBS - selector) / (SBS - VBS): 1 for the perfect selector, 0 for the single best engine, NaN for no gap.

    >>> gap_closed(60.0, 100.0, 20.0)
    0.5
    """
    gap = single_best_par - virtual_best_par
    return (single_best_par - selector) / gap if gap > 0 else float("nan")


@dataclass(frozen=True)
class Interval:
    """An estimate with its bootstrap percentile interval."""

    estimate: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.estimate:.4g} [{self.low:.4g}, {self.high:.4g}]"


def resample(
    num_instances: int, *, families: Sequence[str] | None = None, replicates: int = 1000, seed: int = 0
) -> IntArray:
    """Return how often each bootstrap replicate draws each instance, int64 (replicates, num_instances).

    With ``families`` whole families are drawn (the cluster bootstrap): instances of one family rise and fall
    together, and an interval over single instances is then too narrow. Unnamed instances ("") stand alone.
    """
    rng = np.random.default_rng(seed)
    if families is None:
        cluster = np.arange(num_instances)
    else:
        names = [family or f"\0{i}" for i, family in enumerate(families)]
        cluster = np.unique(names, return_inverse=True)[1] if names else np.zeros(0, dtype=np.int64)
    num_clusters = int(cluster.max(initial=-1)) + 1
    drawn = rng.multinomial(num_clusters, np.full(num_clusters, 1 / max(num_clusters, 1)), size=replicates)
    return drawn.astype(np.int64)[:, cluster]


def mean_interval(values: FloatArray, counts: IntArray, level: float = 0.95) -> Interval:
    """Return the mean of per-instance values with its interval under the replicates of :func:`resample`."""
    return _interval(float(values.mean()), counts @ values / counts.sum(axis=1), level)


def gap_interval(
    selector: Outcome, single: Outcome, virtual: Outcome, counts: IntArray, k: float = 2.0, level: float = 0.95
) -> Interval:
    """Return the gap closed with its interval; replicates without a gap are left out."""
    means = np.stack([outcome.par(k) for outcome in (selector, single, virtual)])
    estimate = gap_closed(*(float(mean) for mean in means.mean(axis=1)))
    got, sbs, vbs = means @ counts.T
    has_gap = sbs > vbs
    return _interval(estimate, (sbs - got)[has_gap] / (sbs - vbs)[has_gap], level)


def _interval(estimate: float, replicates: FloatArray, level: float) -> Interval:
    if not replicates.size:
        return Interval(estimate, float("nan"), float("nan"))
    low, high = np.quantile(replicates, [(1 - level) / 2, (1 + level) / 2])
    return Interval(estimate, float(low), float(high))


@dataclass(frozen=True)
class PolicyScore:
    """A policy beside the single and the virtual best engine on the same instances; times in CPU seconds."""

    num_instances: int
    num_never_solved: int
    solved: int
    single_best_solved: int
    virtual_best_solved: int
    par2: Interval
    single_best_par2: Interval
    virtual_best_par2: Interval
    gap_closed: Interval
    single_best_engine: str
    by_family: bool  # whether the intervals come from resampling families

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for ``--json``."""
        from dataclasses import asdict

        return asdict(self)


def score_policy(
    matrix: RunMatrix,
    outcome: Outcome,
    *,
    single_best_engine: int,
    by_family: bool = False,
    replicates: int = 1000,
    seed: int = 0,
) -> PolicyScore:
    """Score a policy on the instances of ``matrix``.

    Args:
        outcome: of :func:`policy_outcome` on the same matrix.
        single_best_engine: index from :func:`single_best` on the training part.
        by_family: resample families in place of instances.
    """
    check_not_empty(matrix)
    single, virtual = engine_outcome(matrix, single_best_engine), virtual_best(matrix)
    families = matrix.families if by_family else None
    counts = resample(matrix.num_instances, families=families, replicates=replicates, seed=seed)
    return PolicyScore(
        num_instances=matrix.num_instances,
        num_never_solved=int(matrix.never_solved.sum()),
        solved=outcome.num_solved,
        single_best_solved=single.num_solved,
        virtual_best_solved=virtual.num_solved,
        par2=mean_interval(outcome.par(), counts),
        single_best_par2=mean_interval(single.par(), counts),
        virtual_best_par2=mean_interval(virtual.par(), counts),
        gap_closed=gap_interval(outcome, single, virtual, counts),
        single_best_engine=matrix.engines[single_best_engine],
        by_family=by_family,
    )


@dataclass(frozen=True)
class EngineShares:
    """What each engine adds to the portfolio; one entry per engine.

    Attributes:
        wins: instances on which the engine is fastest and no other ties with it.
        ties: instances on which the engine ties for fastest.
        unique: instances that only this engine solves.
        marginal_par: mean PAR-k in CPU seconds that the virtual best engine loses without this engine.
    """

    wins: IntArray
    ties: IntArray
    unique: IntArray
    marginal_par: FloatArray


def engine_shares(matrix: RunMatrix, k: float = 2.0) -> EngineShares:
    """Return wins, ties, unique solves and marginal contribution of every engine."""
    check_not_empty(matrix)
    front = near_best(matrix)
    alone = front.sum(axis=1, keepdims=True) == 1
    only = matrix.solved.sum(axis=1, keepdims=True) == 1
    penalised = par(matrix, k)
    if matrix.num_engines > 1:
        best_two = np.partition(penalised, 1, axis=1)[:, :2]
    else:
        best_two = np.concatenate([penalised, np.full_like(penalised, k * matrix.cutoff_s)], axis=1)
    is_best = penalised == best_two[:, :1]
    loss = np.where(is_best, best_two[:, 1:] - best_two[:, :1], 0.0)
    return EngineShares(
        wins=(front & alone).sum(axis=0),
        ties=(front & ~alone).sum(axis=0),
        unique=(matrix.solved & only).sum(axis=0),
        marginal_par=loss.mean(axis=0),
    )


def near_best(matrix: RunMatrix) -> BoolArray:
    """Return which engines are fastest or tie with the fastest, bool (num_instances, num_engines).

    Ties are within :data:`TIE_SECONDS` or :data:`TIE_SHARE` of the fastest run; rows never solved are all False.
    """
    best = np.where(matrix.solved, matrix.runtimes, np.inf).min(axis=1, keepdims=True)
    limit = np.maximum(best + TIE_SECONDS, best * (1 + TIE_SHARE))
    return matrix.solved & (matrix.runtimes < limit)


def greedy_portfolio(matrix: RunMatrix, size: int, k: float = 2.0) -> list[int]:
    """Return up to ``size`` engines, each lowering the mean PAR-k of their virtual best most; the single best is first.

    Stops early when no engine adds anything.
    """
    check_not_empty(matrix)
    penalised = par(matrix, k)
    chosen: list[int] = []
    best = np.full(matrix.num_instances, np.inf)
    while len(chosen) < min(size, matrix.num_engines):
        together = np.minimum(penalised, best[:, None])
        engine = int(together.mean(axis=0).argmin())
        if not (together[:, engine] < best).any():
            break
        chosen.append(engine)
        best = together[:, engine]
    return chosen


def check_not_empty(matrix: RunMatrix) -> None:
    """Refuse a matrix without rows or columns: no mean of nothing.

    Raises:
        InputError: if it is empty.
    """
    if not matrix.num_instances or not matrix.num_engines:
        raise InputError("there are no runs to score")
