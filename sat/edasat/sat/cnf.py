"""The CNF record: a formula as two NumPy arrays, and the plain operations on it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from edasat.core.errors import Notes

#: Largest variable number: literals are int32 and -2^31 has no positive counterpart.
MAX_VARIABLE = 2**31 - 1


@dataclass(frozen=True, eq=False)
class Cnf:
    """A formula in conjunctive normal form.

    Attributes:
        num_vars: number of variables; they are numbered from 1.
        offsets: int64, (num_clauses + 1,): clause c holds ``literals[offsets[c]:offsets[c + 1]]``.
        literals: int32, (num_literals,): signed DIMACS literals in file order, duplicates kept.
        name: where the formula comes from (a path or a family and seed), for messages and tables.
        comments: text of the comment lines before the header, without the leading ``c``.
        notes: warnings counted while reading.

    >>> f = Cnf.from_clauses([[1, -2], [2], []])
    >>> f.num_vars, f.num_clauses, f.clause(0).tolist()
    (2, 3, [1, -2])
    """

    num_vars: int
    offsets: npt.NDArray[np.int64]
    literals: npt.NDArray[np.int32]
    name: str = ""
    comments: tuple[str, ...] = ()
    notes: Notes = field(default_factory=Notes, repr=False)

    @classmethod
    def from_clauses(
        cls, clauses: Iterable[Sequence[int]], num_vars: int | None = None, name: str = "", comments: Sequence[str] = ()
    ) -> Cnf:
        """Build from lists of literals; ``num_vars`` defaults to the largest variable used."""
        rows = [list(c) for c in clauses]
        offsets = np.zeros(len(rows) + 1, np.int64)
        np.cumsum([len(r) for r in rows], out=offsets[1:])
        literals = np.fromiter((x for r in rows for x in r), np.int32, int(offsets[-1]))
        return cls.from_arrays(offsets, literals, num_vars, name, comments)

    @classmethod
    def from_arrays(
        cls,
        offsets: npt.NDArray[np.int64],
        literals: npt.NDArray[np.int32],
        num_vars: int | None = None,
        name: str = "",
        comments: Sequence[str] = (),
    ) -> Cnf:
        """Build from CSR arrays after checking them.

        Raises:
            ValueError: if a literal is 0 or exceeds ``num_vars``, or the offsets do not fit.
        """
        if len(offsets) == 0 or offsets[0] != 0 or offsets[-1] != len(literals) or (np.diff(offsets) < 0).any():
            raise ValueError("offsets must rise from 0 to len(literals)")
        top = int(np.abs(literals.astype(np.int64)).max(initial=0))
        if num_vars is None:
            num_vars = top
        if top > num_vars:
            raise ValueError(f"literal of variable {top} in a formula of {num_vars} variables")
        if len(literals) and not literals.all():
            raise ValueError("0 is not a literal")
        return cls(num_vars, offsets, literals.astype(np.int32, copy=False), name, tuple(comments))

    @property
    def num_clauses(self) -> int:
        """Number of clauses, empty ones included."""
        return len(self.offsets) - 1

    @property
    def num_literals(self) -> int:
        """Number of literal occurrences."""
        return len(self.literals)

    @cached_property
    def clause_lengths(self) -> npt.NDArray[np.int64]:
        """int64, (num_clauses,): literals in each clause."""
        return np.diff(self.offsets)

    def clause(self, index: int) -> npt.NDArray[np.int32]:
        """Return the literals of one clause as a view."""
        return self.literals[self.offsets[index] : self.offsets[index + 1]]

    def to_lists(self) -> list[list[int]]:
        """Return the clauses as lists of ints, the form PySAT takes."""
        flat = self.literals.tolist()
        ends = self.offsets.tolist()
        return [flat[a:b] for a, b in pairwise(ends)]

    def select(self, clauses: npt.NDArray[np.integer] | npt.NDArray[np.bool_], name: str = "") -> Cnf:
        """Return the formula of some clauses (indices or a mask), in the order given, over the same variables."""
        index = np.flatnonzero(clauses) if clauses.dtype == bool else np.asarray(clauses, np.int64)
        lengths = self.clause_lengths[index]
        offsets = np.zeros(len(index) + 1, np.int64)
        np.cumsum(lengths, out=offsets[1:])
        starts = np.repeat(self.offsets[:-1][index] - offsets[:-1], lengths)
        return Cnf(self.num_vars, offsets, self.literals[starts + np.arange(int(offsets[-1]))], name or self.name)

    def falsified(self, model: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
        """Return the indices of clauses that ``model`` does not satisfy.

        Args:
            model: bool, (num_vars + 1,): value of each variable, index 0 unused.
        """
        if len(model) != self.num_vars + 1:
            raise ValueError(f"model must hold {self.num_vars + 1} values, got {len(model)}")
        true = (self.literals > 0) == model[np.abs(self.literals)]
        counts = np.concatenate([[0], np.cumsum(true, dtype=np.int64)])
        return np.flatnonzero(counts[self.offsets[1:]] == counts[self.offsets[:-1]])

    def content_hash(self) -> str:
        """Return 32 hex digits that depend on the clauses alone, not on comments, layout or compression."""
        digest = hashlib.blake2b(digest_size=16)
        digest.update(np.array([self.num_vars, self.num_clauses], "<i8").tobytes())
        digest.update(self.offsets.astype("<i8", copy=False).tobytes())
        digest.update(self.literals.astype("<i4", copy=False).tobytes())
        return digest.hexdigest()
