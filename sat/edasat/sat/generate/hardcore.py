"""The published way to make hard unsatisfiable formulas: new clauses around an old core, refined until only it is left.

"HardCore Generation: Generating Hard UNSAT Problems for Data Augmentation", NeurIPS 2024. Random clauses joined to the
core of a seed nearly always make the formula easy, because small new cores arise. The loop takes a core of the formula,
adds a fresh literal to core clauses that are not of the seed (de-coring: setting it true satisfies them), and repeats
until the core consists of seed clauses.

All these literals are one positive variable, as in the paper. It is pure, so preprocessing deletes every touched
clause, and what then decides the hardness is the seed's core: this module is the baseline, not the last word.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from edasat.core.errors import CheckFailed
from edasat.sat.cnf import Cnf
from edasat.sat.proofs import find_core
from edasat.sat.solvers import DEFAULT_PROOF_ENGINE

from .popularity import popularity_similarity

IntArray = npt.NDArray[np.int64]

#: Returns the indices of a core's clauses, rising; a guess is allowed, and an empty array ends the loop.
CoreFinder = Callable[[Cnf], IntArray]

#: Refinement steps at most, as published.
MAX_STEPS: Final = 1000


@dataclass(frozen=True, eq=False)
class LoopStep:
    """The formula before one refinement step.

    Attributes:
        cnf: the formula.
        core: int64: indices of its core.
        from_seed: bool, (num_clauses,): clauses of the seed's core.
        decored: int64: clauses that got the fresh literal so far, in the order in which they got it.
        done: the core holds no clause that could still be de-cored.
    """

    cnf: Cnf
    core: IntArray
    from_seed: npt.NDArray[np.bool_]
    decored: IntArray
    done: bool


def exact_core(time_limit: float | None = None, engine: str = DEFAULT_PROOF_ENGINE) -> CoreFinder:
    """Return a finder that proves its cores.

    Args:
        time_limit: CPU seconds a formula.
        engine: solver that writes the proofs.

    The finder raises :class:`~edasat.core.errors.CheckFailed` where there is no proved core: the formula is
    satisfiable, or the time is up.
    """

    def find(cnf: Cnf) -> IntArray:
        core = find_core(cnf, engine=engine, time_limit=time_limit, confirm=False)
        if not core.proved:
            raise CheckFailed(f"error: no core was proved: {core.detail or core.status}")
        return core.clauses

    return find


def surround(core: Cnf, rng: np.random.Generator, num_clauses: int) -> tuple[Cnf, npt.NDArray[np.bool_]]:
    """Mix the clauses of a core with as many Popularity-Similarity clauses over its variables.

    The published program writes the core last, which gives it away to any model that sees positions: here the clauses
    are shuffled.

    Returns:
        The formula, and which of its clauses are the core's.
    """
    noise = popularity_similarity(core.num_vars, num_clauses, rng)
    joined, order = join(noise, core, rng)
    return joined, order >= noise.num_clauses


def join(first: Cnf, second: Cnf, rng: np.random.Generator) -> tuple[Cnf, IntArray]:
    """Shuffle the clauses of two formulas over the same variables into one.

    Returns:
        The formula; int64, (num_clauses,): index of each clause, those of ``second`` counted after ``first``.
    """
    offsets = np.concatenate([first.offsets, first.num_literals + second.offsets[1:]])
    joined = Cnf(second.num_vars, offsets, np.concatenate([first.literals, second.literals]))
    order = rng.permutation(joined.num_clauses)
    return joined.select(order), order


def decore(cnf: Cnf, clauses: npt.NDArray[np.integer], fresh: int) -> Cnf:
    """Return the formula with the literal ``fresh`` put in front of some clauses.

    >>> decore(Cnf.from_clauses([[1, 2], [-1]]), np.array([1]), fresh=3).to_lists()
    [[1, 2], [3, -1]]
    """
    literals = np.insert(cnf.literals, cnf.offsets[clauses], fresh)
    longer = np.zeros(cnf.num_clauses + 1, np.int64)
    longer[np.asarray(clauses) + 1] = 1
    return Cnf(max(cnf.num_vars, abs(fresh)), cnf.offsets + np.cumsum(longer), literals)


def refine(
    cnf: Cnf,
    from_seed: npt.NDArray[np.bool_],
    rng: np.random.Generator,
    *,
    core_of: CoreFinder,
    per_step: int = 1,
    max_steps: int = MAX_STEPS,
) -> Iterator[LoopStep]:
    """De-core until the core is the seed's; yield the formula of each step with its core, the last one included.

    Args:
        cnf: see :func:`surround`.
        from_seed: clauses that stay as they are.
        rng: chooses among the candidates of a step.
        core_of: proves or predicts a core.
        per_step: clauses touched per step: 1 with proved cores as published, 3 with predicted ones.
        max_steps: steps at most.
    """
    fresh = cnf.num_vars + 1
    decored = np.zeros(0, np.int64)
    open_clauses = ~from_seed
    for _ in range(max_steps):
        core = core_of(cnf)
        candidates = core[open_clauses[core]]
        yield LoopStep(cnf, core, from_seed, decored, done=not len(candidates))
        if not len(candidates):
            return
        chosen = rng.permutation(candidates)[:per_step]
        cnf = decore(cnf, np.sort(chosen), fresh)
        decored = np.concatenate([decored, chosen])
        open_clauses[chosen] = False


def core_loop(
    seed: Cnf,
    rng: np.random.Generator,
    *,
    core_of: CoreFinder | None = None,
    per_step: int = 1,
    max_steps: int = MAX_STEPS,
) -> LoopStep:
    """Make one formula like ``seed``: its core, as many new clauses as it had others, refined; return the last step.

    Args:
        seed: an unsatisfiable formula.
        rng: of the clauses and the choices.
        core_of: default :func:`exact_core`; see :func:`refine` for the others.
    """
    core_of = core_of or exact_core()
    core = core_of(seed)
    cnf, from_seed = surround(seed.select(core), rng, seed.num_clauses - len(core))
    step = None
    for step in refine(cnf, from_seed, rng, core_of=core_of, per_step=per_step, max_steps=max_steps):  # noqa: B007
        pass
    if step is None:
        raise ValueError(f"expected at least one step, got {max_steps}")
    return step
