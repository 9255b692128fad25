"""A growing formula: what every encoder and every generated family writes its clauses into."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence

import numpy as np

from edasat.sat.cnf import MAX_VARIABLE, Cnf


class CnfBuilder:
    """Collects variables and clauses in two flat arrays, so that millions of clauses stay compact.

    >>> b = CnfBuilder()
    >>> x, y = b.vars(2)
    >>> b.add(x, y)
    >>> b.extend([[-x], [-y]])
    >>> b.build("toy").to_lists()
    [[1, 2], [-1], [-2]]
    """

    def __init__(self, num_vars: int = 0) -> None:
        """Start with the variables 1 to ``num_vars`` already taken."""
        self.num_vars = num_vars
        self._literals = array("i")
        self._offsets = array("q", [0])

    @property
    def num_clauses(self) -> int:
        """Number of clauses added so far."""
        return len(self._offsets) - 1

    def var(self) -> int:
        """Return a fresh variable."""
        self.num_vars += 1
        if self.num_vars > MAX_VARIABLE:
            raise OverflowError(f"a formula holds at most {MAX_VARIABLE} variables")
        return self.num_vars

    def vars(self, count: int) -> list[int]:
        """Return ``count`` fresh variables with consecutive numbers."""
        return [self.var() for _ in range(count)]

    def add(self, *literals: int) -> None:
        """Add one clause; its literals are kept as given."""
        self._literals.extend(literals)
        self._offsets.append(len(self._literals))

    def extend(self, clauses: Iterable[Sequence[int]]) -> None:
        """Add clauses in order."""
        for clause in clauses:
            self.add(*clause)

    def build(self, name: str = "", comments: Sequence[str] = ()) -> Cnf:
        """Return the formula so far; the builder may go on growing.

        Raises:
            ValueError: if a clause names literal 0 or a variable that was never made.
        """
        offsets = np.array(self._offsets, np.int64)
        literals = np.array(self._literals, np.int32)
        return Cnf.from_arrays(offsets, literals, self.num_vars, name, comments)
