"""Choosing an engine for formulas in files: what `edasat sat select` and `edasat sat solve --schedule` call."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from edasat.core.errors import InputError
from edasat.datasets.formula_graphs import batch_graphs, formula_graph
from edasat.sat.cnf import Cnf
from edasat.sat.dimacs import read_dimacs

from .ensemble import Ensemble
from .presolve import slots_within
from .runtime import Mixture


@dataclass(frozen=True)
class Forecast:
    """What is predicted of one engine on one formula; times in CPU seconds.

    Attributes:
        engine: its name.
        cpu_s: expected CPU seconds until it answers or is stopped at the limit.
        lower_s: lower end of the interval for min(runtime, limit of the training runs).
        upper_s: upper end.
        solved_probability: chance to answer within the limit.
        par2_s: expected PAR-2 in CPU seconds, by which engines are ranked: ``2 * limit`` where it does not answer.
    """

    engine: str
    cpu_s: float
    lower_s: float
    upper_s: float
    solved_probability: float
    par2_s: float


@dataclass(frozen=True)
class Selection:
    """The answer for one formula.

    Attributes:
        name: file or instance.
        ranking: all engines, best first.
        schedule: (engine, CPU seconds) pairs to run in order; together the limit.
        limit_s: CPU time limit it was made for, in seconds.
        coverage: share of runtimes that the intervals cover on data like the training data.
        out_of_distribution: the formula is unlike all training formulas: do not trust the numbers.
        distance: how unlike, as a multiple of the distance that counts as out of distribution.
        num_clauses: clauses of the formula.
        clauses_used: clauses that took part in message passing; fewer for a large formula.
        timings: CPU seconds of ``parse``, ``graph`` (with features) and ``model``.
    """

    name: str
    ranking: tuple[Forecast, ...]
    schedule: tuple[tuple[str, float], ...]
    limit_s: float
    coverage: float
    out_of_distribution: bool
    distance: float
    num_clauses: int
    clauses_used: int
    timings: dict[str, float]

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for ``--json``."""
        return asdict(self)


class Selector:
    """A trained ensemble that ranks engines and plans schedules."""

    def __init__(self, ensemble: Ensemble) -> None:
        self.ensemble = ensemble

    def predict(self, cnfs: Iterable[str | Path | Cnf], limit_s: float | None = None) -> list[Selection]:
        """Rank the engines on each formula.

        Args:
            cnfs: DIMACS files (compressed or not) or records.
            limit_s: CPU time limit in seconds; None for that of the training runs. Beyond it, chances and expected
                times continue the predicted distribution, and intervals still end at the training limit.

        Raises:
            InputError: if a file is damaged or the limit not positive.
        """
        if limit_s is not None and not limit_s > 0:
            raise InputError(f"a time limit must be positive, got {limit_s:g}")
        return [self._predict_one(cnf, limit_s or self.ensemble.settings.cutoff_s) for cnf in cnfs]

    def _predict_one(self, what: str | Path | Cnf, limit_s: float) -> Selection:
        settings = self.ensemble.settings
        start = time.process_time()
        cnf = what if isinstance(what, Cnf) else read_dimacs(what)
        parsed = time.process_time()
        graph = formula_graph(cnf, settings.clause_budget)
        built = time.process_time()
        runtime, distances = self.ensemble.predict(batch_graphs([graph]))
        distance = float(distances)
        ranking = self._rank(runtime, limit_s)
        schedule = self._schedule(runtime, limit_s)
        done = time.process_time()
        return Selection(
            name=cnf.name,
            ranking=ranking,
            schedule=schedule,
            limit_s=limit_s,
            coverage=settings.coverage,
            out_of_distribution=distance > 1,
            distance=distance,
            num_clauses=cnf.num_clauses,
            clauses_used=graph.num_clauses,
            timings={"parse": parsed - start, "graph": built - parsed, "model": done - built},
        )

    def _rank(self, runtime: Mixture, limit_s: float) -> tuple[Forecast, ...]:
        settings = self.ensemble.settings
        mean, scale = (moment[0] for moment in runtime.moments())
        margin = scale * torch.tensor(settings.quantiles)
        lower = (mean - margin).exp().clamp(max=settings.cutoff_s)
        upper = (mean + margin).exp().clamp(max=settings.cutoff_s)
        cpu_s = runtime.expected_until(limit_s)[0]
        solved = runtime.solved_by(limit_s)[0]
        par2 = runtime.expected_par(limit_s)[0]
        columns = torch.stack([cpu_s, lower, upper, solved, par2], dim=1).tolist()
        return tuple(Forecast(settings.engines[engine], *columns[engine]) for engine in par2.argsort().tolist())

    def _schedule(self, runtime: Mixture, limit_s: float) -> tuple[tuple[str, float], ...]:
        """Return the pre-solving slots that fit, then what is expected to do best in the rest."""
        slots = slots_within(self.ensemble.settings.presolve, limit_s)
        [planned] = self.ensemble.schedules(runtime, limit_s - sum(seconds for _, seconds in slots))
        return (*slots, *((self.ensemble.settings.engines[engine], seconds) for engine, seconds in planned))


def load_grass(folder: str | Path | None = None) -> Selector:
    """Load a selector; ``None`` stands for the weights shipped with the package.

    Raises:
        InputError: if the weights are missing or damaged.
    """
    return Selector(Ensemble.load(folder))
