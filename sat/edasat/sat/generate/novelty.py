"""How much of an offspring's core is new.

A clause of the child's core is new if it is not the image of a clause of the parent's core, and its surroundings occur
nowhere in the parent's core: two rounds of colour refinement (Weisfeiler and Lehman, 1968) on the graph of clauses and
literals, where a clause starts with its length, give labels that no renaming, flipping or reordering changes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from typing import Final

import numpy as np
import numpy.typing as npt
from numba import njit

from ..cnf import Cnf

IntArray = npt.NDArray[np.int64]

# Odd constants of SplitMix64 (Steele, Lea and Flood, OOPSLA 2014).
_STEP: Final = np.uint64(0x9E3779B97F4A7C15)
_FIRST: Final = np.uint64(0xBF58476D1CE4E5B9)
_SECOND: Final = np.uint64(0x94D049BB133111EB)


def clause_labels(cnf: Cnf) -> npt.NDArray[np.uint64]:
    """Return uint64, (num_clauses,): a label of the 2-hop surroundings of every clause.

    A literal is labelled by the lengths of the clauses that hold it and of those that hold its complement, a clause by
    the labels of its literals. Equal surroundings have equal labels; different ones collide with probability 2^-64.

    >>> clause_labels(Cnf.from_clauses([[1, 2], [-2, 3], [3]])).tolist() == (
    ...     clause_labels(Cnf.from_clauses([[-3, 1], [-1, -2], [-2]])).tolist()
    ... )
    True
    """
    return _labels(cnf.offsets, cnf.literals, cnf.num_vars)


@njit(cache=True)
def _mix(value: np.uint64) -> np.uint64:
    """Return SplitMix64's output for a state."""
    value += _STEP
    value = (value ^ (value >> np.uint64(30))) * _FIRST
    value = (value ^ (value >> np.uint64(27))) * _SECOND
    return value ^ (value >> np.uint64(31))


@njit(cache=True)
def _labels(offsets: IntArray, literals: npt.NDArray[np.int32], num_vars: int) -> npt.NDArray[np.uint64]:
    """Sum mixed labels: a sum does not depend on the order of a multiset."""
    sums = np.zeros(2 * num_vars + 2, np.uint64)
    for clause in range(len(offsets) - 1):
        start, stop = offsets[clause], offsets[clause + 1]
        for position in range(start, stop):
            literal = literals[position]
            sums[2 * abs(literal) + (literal < 0)] += _mix(np.uint64(stop - start))
    labels = np.zeros(len(offsets) - 1, np.uint64)
    for clause in range(len(labels)):
        total = np.uint64(0)
        for position in range(offsets[clause], offsets[clause + 1]):
            literal = literals[position]
            node = 2 * abs(literal) + (literal < 0)
            total += _mix(_mix(sums[node]) + _STEP * _mix(sums[node ^ 1]))
        labels[clause] = _mix(total)
    return labels


def new_core_share(
    parent: Cnf, parent_core: IntArray, child: Cnf, child_core: IntArray, image: IntArray | None
) -> float:
    """Return the share of the child's core clauses that are new.

    Labels are those of the cores as formulas of their own: clauses outside a core can't make its clauses look new.

    Args:
        parent: the seed's formula.
        parent_core: int64: indices of its core's clauses.
        child: the offspring's formula.
        child_core: int64: indices of its core's clauses.
        image: see :class:`~edasat.sat.generate.offspring.Offspring`.
    """
    if not len(child_core):
        return 0.0
    new = ~np.isin(clause_labels(child.select(child_core)), clause_labels(parent.select(parent_core)))
    if image is not None:
        new &= ~np.isin(image[child_core], parent_core)
    return float(new.mean())


def images(parent: Cnf, core: IntArray | None, clauses: Sequence[Set[int]], literal_of: Mapping[int, int]) -> IntArray:
    """Find the clauses that hold a whole clause of the parent.

    Args:
        parent: the seed's formula.
        core: int64: its clauses that come first where a clause holds several.
        clauses: of the offspring.
        literal_of: literal of the offspring that each variable of the parent became; variables that are gone are
            missing.

    Returns:
        int64, (len(clauses),): the image array of :class:`~edasat.sat.generate.offspring.Offspring`.

    >>> parent = Cnf.from_clauses([[1, 2], [-2, 3]])
    >>> images(parent, None, [{-3, 2, 1}, {3}, {3, -2}], {1: 1, 2: 2, 3: 3}).tolist()
    [0, -1, 1]
    """
    occurrences: dict[int, list[int]] = {}
    for i, clause in enumerate(clauses):
        for literal in clause:
            occurrences.setdefault(literal, []).append(i)
    image = np.full(len(clauses), -1, np.int64)
    rows = parent.to_lists()
    order = range(len(rows)) if core is None else [*core.tolist(), *range(len(rows))]
    for index in order:
        row = rows[index]
        if not row or any(abs(literal) not in literal_of for literal in row):
            continue
        mapped = {literal_of[x] if x > 0 else -literal_of[-x] for x in row}
        for i in min((occurrences.get(literal, []) for literal in mapped), key=len):
            if image[i] < 0 and mapped <= clauses[i]:
                image[i] = index
    return image
