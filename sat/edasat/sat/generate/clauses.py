"""A formula under change: clauses with occurrence lists, and the steps that keep them tidy.

The transformations of :mod:`edasat.sat.generate.transform` touch a few clauses at a time, wherever a variable occurs.
Everything here is deterministic: sets of integers are sorted before their order matters.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from ..cnf import Cnf

Clause = frozenset[int]
IntArray = npt.NDArray[np.int64]

#: Clauses looked at when one clause is tried on all others: popular literals stop there.
_OCCURRENCES_TRIED: Final = 400


class ClauseSet:
    """A set of clauses without tautologies and duplicates.

    Attributes:
        num_vars: largest variable handed out so far.
        clauses: by identifier; identifiers are never used twice.
    """

    def __init__(self, num_vars: int, clauses: Iterable[Iterable[int]] = ()) -> None:
        self.num_vars = num_vars
        self.clauses: dict[int, Clause] = {}
        self._occurrences: dict[int, set[int]] = defaultdict(set)
        self._identifiers: dict[Clause, int] = {}
        self._next = 0
        for clause in clauses:
            self.add(clause)

    @classmethod
    def of(cls, cnf: Cnf) -> ClauseSet:
        """Take the clauses of a formula."""
        return cls(cnf.num_vars, cnf.to_lists())

    def __len__(self) -> int:
        return len(self.clauses)

    def copy(self) -> ClauseSet:
        """Return an independent copy with the same identifiers."""
        twin = ClauseSet(self.num_vars)
        twin.clauses = dict(self.clauses)
        twin._occurrences = defaultdict(set, {literal: set(ids) for literal, ids in self._occurrences.items()})
        twin._identifiers = dict(self._identifiers)
        twin._next = self._next
        return twin

    def fresh(self) -> int:
        """Return a new variable."""
        self.num_vars += 1
        return self.num_vars

    def add(self, literals: Iterable[int]) -> int | None:
        """Add a clause; return its identifier, or None for a tautology or a clause that is there already."""
        clause = frozenset(literals)
        if clause in self._identifiers or any(-literal in clause for literal in clause):
            return None
        identifier = self._next
        self._next += 1
        self.clauses[identifier] = clause
        self._identifiers[clause] = identifier
        for literal in clause:
            self._occurrences[literal].add(identifier)
        return identifier

    def remove(self, identifier: int) -> Clause:
        """Remove a clause and return it."""
        clause = self.clauses.pop(identifier)
        del self._identifiers[clause]
        for literal in clause:
            self._occurrences[literal].discard(identifier)
        return clause

    def with_literal(self, literal: int) -> list[int]:
        """Return the identifiers of the clauses that hold a literal, ascending."""
        return sorted(self._occurrences[literal])

    def with_variable(self, variable: int) -> list[int]:
        """Return the identifiers of the clauses that hold a variable, ascending."""
        return sorted(self._occurrences[variable] | self._occurrences[-variable])

    def variables(self) -> list[int]:
        """Return the variables that occur, ascending."""
        return sorted({abs(literal) for literal, holding in self._occurrences.items() if holding})

    def count(self, literal: int) -> int:
        """Return the number of clauses that hold a literal."""
        return len(self._occurrences[literal])

    def tidy(self, identifiers: Iterable[int]) -> None:
        """Let clauses subsume and shorten others, as in MiniSat's preprocessor, until nothing more follows.

        Een and Biere, "Effective Preprocessing in SAT through Variable and Clause Elimination", SAT 2005: a clause
        removes its supersets, and one that would be a superset but for one complemented literal loses that literal.

        Args:
            identifiers: clauses to start from; those that become shorter follow.
        """
        queue = sorted(set(identifiers), reverse=True)
        while queue:
            identifier = queue.pop()
            clause = self.clauses.get(identifier)
            if not clause:
                continue
            pivot = min(sorted(clause), key=lambda x: self.count(x) + self.count(-x))
            for sign in (1, -1):
                others = self._occurrences[sign * pivot]
                if len(others) > _OCCURRENCES_TRIED:
                    continue
                for other in sorted(others):
                    if other != identifier:
                        queue.extend(self._apply(clause, other))
                if identifier not in self.clauses:
                    break

    def _apply(self, clause: Clause, other: int) -> list[int]:
        """Let a clause subsume or shorten another; return the identifier of what was shortened."""
        target = self.clauses[other]
        if len(clause) > len(target):
            return []
        missing = clause - target
        if not missing:
            self.remove(other)
        elif len(missing) == 1:
            (literal,) = missing
            if -literal in target:
                shorter = self.add(self.remove(other) - {-literal})
                return [] if shorter is None else [shorter]
        return []

    def to_cnf(self, rng: np.random.Generator) -> Written:
        """Write the clauses under new names, in random order, with random signs."""
        used = self.variables()
        names = np.zeros(self.num_vars + 1, np.int64)
        names[used] = (rng.permutation(len(used)) + 1) * rng.choice((-1, 1), len(used))
        order = rng.permutation(len(self.clauses))
        lengths = np.array([len(clause) for clause in self.clauses.values()], np.int64)[order]
        rows = [sorted(clause) for clause in self.clauses.values()]
        flat = np.array([literal for i in order for literal in rows[i]], np.int64)
        flat = np.sign(flat) * names[np.abs(flat)]
        # Shuffling within clauses: sort by clause first, by chance second.
        clause_of = np.repeat(np.arange(len(rows)), lengths)
        flat = flat[np.lexsort((rng.random(len(flat)), clause_of))]
        offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        return Written(Cnf(len(used), offsets, flat.astype(np.int32)), order, names)


class Written(NamedTuple):
    """A set of clauses as a formula.

    Attributes:
        cnf: the formula; its variables are 1 to the number of those used.
        order: int64, (num_clauses,): place of each clause of the formula in :attr:`ClauseSet.clauses`.
        names: int64, (num_vars + 1,): literal that each old variable became; 0 for one that does not occur.
    """

    cnf: Cnf
    order: IntArray
    names: IntArray
