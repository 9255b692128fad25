"""Random formulas: uniform, planted, scale-free and with communities.

Clauses of all families hold distinct variables; repeated clauses are kept, as in the usual definitions.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import numpy.typing as npt

from ..cnf import Cnf
from .family import Expected, Family

Clauses = npt.NDArray[np.int32]  # (m, k): signed literals of m clauses of one length


def _to_cnf(clauses: Clauses, num_vars: int) -> Cnf:
    m, k = clauses.shape
    return Cnf.from_arrays(np.arange(m + 1, dtype=np.int64) * k, clauses.ravel(), num_vars)


def _distinct_rows(draw: Callable[[int], npt.NDArray[np.int64]], count: int) -> npt.NDArray[np.int64]:
    """Draw rows until ``count`` of them hold no value twice, so that every row follows its conditional law."""
    rows = draw(count)
    while True:
        ordered = np.sort(rows, axis=1)
        bad = np.flatnonzero((ordered[:, 1:] == ordered[:, :-1]).any(axis=1))
        if not len(bad):
            return rows
        rows[bad] = draw(len(bad))


def _signed(variables: npt.NDArray[np.int64], rng: np.random.Generator) -> Clauses:
    return (variables * rng.choice((-1, 1), variables.shape)).astype(np.int32)


def _uniform(n: int, rng: np.random.Generator, *, k: int, ratio: float) -> Cnf:
    """Fixed-length model: round(ratio n) clauses of k distinct variables, signs by fair coins."""
    variables = _distinct_rows(lambda count: rng.integers(1, n + 1, (count, k)), round(ratio * n))
    return _to_cnf(_signed(variables, rng), n)


def _planted(n: int, rng: np.random.Generator, *, k: int, ratio: float, bias: float) -> Cnf:
    """Hide an assignment: a clause with t > 0 literals true under it is kept with probability proportional to bias^t.

    With bias 1 this is plain planting, whose literal signs give the assignment away. For k = 3 the golden-section
    value makes signs carry no information (Jia, Moore, Strain: "Generating hard satisfiable formulas by hiding
    solutions deceptively", JAIR 28, 2007: bias^2 + bias = 1), which is called quiet here.
    """
    m = round(ratio * n)
    hidden = rng.choice((-1, 1), n + 1)
    variables = _distinct_rows(lambda count: rng.integers(1, n + 1, (count, k)), m)
    masks = np.arange(1, 2**k)  # which of the k literals are true; 0 would falsify the hidden assignment
    true = (masks[:, None] >> np.arange(k)) & 1
    weight = bias ** true.sum(axis=1)
    chosen = true[rng.choice(len(masks), m, p=weight / weight.sum())]
    signs = np.where(chosen == 1, 1, -1) * hidden[variables]
    return _to_cnf((variables * signs).astype(np.int32), n)


def _power_law(n: int, rng: np.random.Generator, *, k: int, ratio: float, beta: float) -> Cnf:
    """Scale-free formulas: variable i is drawn with probability proportional to i^-beta.

    The model of Ansotegui, Bonet and Levy, "Towards industrial-like random SAT instances", IJCAI 2009.
    """
    weight = np.arange(1, n + 1) ** -beta
    weight /= weight.sum()
    variables = _distinct_rows(lambda count: 1 + rng.choice(n, (count, k), p=weight), round(ratio * n))
    return _to_cnf(_signed(variables, rng), n)


def _communities(n: int, rng: np.random.Generator, *, ratio: float, communities: int, modularity: float) -> Cnf:
    """Community attachment: a clause stays inside one community, or takes each variable from another one.

    The model of Giraldez-Cru and Levy, "A modularity-based random SAT instances generator", IJCAI 2015: a clause is
    local with probability modularity + 1 / communities. Communities are the residues of the variable number.
    """
    m, k = round(ratio * n), 3
    local = rng.random(m) < modularity + 1 / communities
    home = np.broadcast_to(rng.integers(0, communities, (m, 1)), (m, k)).copy()
    away = _distinct_rows(lambda count: rng.integers(0, communities, (count, k)), int((~local).sum()))
    home[~local] = away
    width = n // communities

    def fill(rows: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        return 1 + home[rows] + communities * rng.integers(0, width, (len(rows), k))

    variables = fill(np.arange(m))
    while True:
        ordered = np.sort(variables, axis=1)
        bad = np.flatnonzero((ordered[:, 1:] == ordered[:, :-1]).any(axis=1))
        if not len(bad):
            return _to_cnf(_signed(variables, rng), width * communities)
        variables[bad] = fill(bad)


def _family(name: str, title: str, sizes: tuple[int, ...], build: partial[Cnf], expected: Expected) -> Family:
    return Family(name, title, "random", expected, sizes, build)


_QUIET = (5**0.5 - 1) / 2

FAMILIES = (
    _family(
        "random-3sat-sat",
        "uniform 3-SAT of n variables, 4.1 clauses each, mostly satisfiable",
        (50, 200, 250, 300, 325, 350, 375, 400),
        partial(_uniform, k=3, ratio=4.1),
        "either",
    ),
    _family(
        "random-3sat-threshold",
        "uniform 3-SAT of n variables at the threshold, 4.26 clauses each",
        (20, 100, 150, 200, 225, 250, 275, 300),
        partial(_uniform, k=3, ratio=4.26),
        "either",
    ),
    _family(
        "random-3sat-unsat",
        "uniform 3-SAT of n variables, 4.6 clauses each, mostly unsatisfiable",
        (50, 150, 200, 225, 250, 275, 300, 325),
        partial(_uniform, k=3, ratio=4.6),
        "either",
    ),
    _family(
        "random-5sat",
        "uniform 5-SAT of n variables at the threshold, 21.1 clauses each",
        (20, 35, 45, 50, 55, 60, 65),
        partial(_uniform, k=5, ratio=21.1),
        "either",
    ),
    _family(
        "random-7sat",
        "uniform 7-SAT of n variables at the threshold, 87.8 clauses each",
        (15, 25, 30, 32, 34, 36, 38, 40),
        partial(_uniform, k=7, ratio=87.8),
        "either",
    ),
    _family(
        "planted-3sat",
        "3-SAT of n variables around a hidden assignment, 4.3 clauses each",
        (50, 400, 800, 1200, 1600, 2400),
        partial(_planted, k=3, ratio=4.3, bias=1.0),
        "sat",
    ),
    _family(
        "quiet-planted-3sat",
        "3-SAT of n variables around a deceptively hidden assignment, 4.3 clauses each",
        (50, 200, 250, 300, 350, 400, 450),
        partial(_planted, k=3, ratio=4.3, bias=_QUIET),
        "sat",
    ),
    _family(
        "power-law-3sat",
        "scale-free 3-SAT of n variables",
        (50, 200, 300, 350, 375, 400, 425),
        partial(_power_law, k=3, ratio=4.1, beta=0.3),
        "either",
    ),
    _family(
        "community-3sat",
        "3-SAT of n variables in 10 communities of modularity 0.3",
        (60, 200, 250, 300, 350, 400, 450),
        partial(_communities, ratio=4.3, communities=10, modularity=0.3),
        "either",
    ),
)
