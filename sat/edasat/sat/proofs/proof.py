"""The proof record: the steps of a DRAT proof as NumPy arrays."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, eq=False)
class Proof:
    """A clausal proof: clauses added and deleted, in order (DRAT; Wetzler, Heule and Hunt, SAT 2014).

    A lemma must be implied by unit propagation (RUP) or be a resolution asymmetric tautology (RAT) on its first
    literal. A proof refutes a formula when it comes to the empty clause.

    Attributes:
        literals: int32, (num_literals,): signed DIMACS literals of all steps.
        offsets: int64, (num_steps + 1,): step s holds ``literals[offsets[s]:offsets[s + 1]]``.
        deletions: bool, (num_steps,): the step deletes a clause, the others add one.
        places: int64, (num_steps,): where each step stands in its file: line from 1 in text, byte from 0 in binary;
            None for proofs that were not read from a file.
        binary: whether ``places`` are bytes.
        name: where the proof comes from, for messages.

    >>> p = Proof.from_steps([("a", [1]), ("d", [1, 2]), ("a", [])])
    >>> p.num_steps, p.num_lemmas, p.step(1)
    (3, 2, ('d', [1, 2]))
    """

    literals: npt.NDArray[np.int32]
    offsets: npt.NDArray[np.int64]
    deletions: npt.NDArray[np.bool_]
    places: npt.NDArray[np.int64] | None = None
    binary: bool = False
    name: str = ""

    @classmethod
    def from_steps(cls, steps: Iterable[tuple[str, Sequence[int]]]) -> Proof:
        """Build from pairs of "a" (add) or "d" (delete) and the literals of the clause."""
        rows = [(kind == "d", list(clause)) for kind, clause in steps]
        offsets = np.zeros(len(rows) + 1, np.int64)
        np.cumsum([len(clause) for _, clause in rows], out=offsets[1:])
        literals = np.fromiter((x for _, clause in rows for x in clause), np.int32, int(offsets[-1]))
        return cls(literals, offsets, np.fromiter((gone for gone, _ in rows), np.bool_, len(rows)))

    @property
    def num_steps(self) -> int:
        """Number of additions and deletions."""
        return len(self.deletions)

    @property
    def num_lemmas(self) -> int:
        """Number of additions."""
        return self.num_steps - int(np.count_nonzero(self.deletions))

    def step(self, index: int) -> tuple[str, list[int]]:
        """Return one step as "a" or "d" and its literals."""
        clause = self.literals[self.offsets[index] : self.offsets[index + 1]]
        return ("d" if self.deletions[index] else "a"), clause.tolist()

    def to_steps(self) -> list[tuple[str, list[int]]]:
        """Return all steps as pairs of "a" or "d" and literals."""
        flat = self.literals.tolist()
        bounds = pairwise(self.offsets.tolist())
        return [("d" if gone else "a", flat[a:b]) for gone, (a, b) in zip(self.deletions, bounds, strict=True)]

    def place(self, step: int) -> str:
        """Say where a step stands: "line 12" of a text, "byte 96" of a binary file, "step 3" (from 1) elsewhere."""
        if self.places is None:
            return f"step {step + 1}"
        return f"{'byte' if self.binary else 'line'} {int(self.places[step])}"
