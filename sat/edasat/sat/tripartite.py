"""The clause-literal incidence of a formula as plain arrays, grouped by clause and by literal.

This is what message passing between clauses and literals needs in both directions, in the layout that
``torch.nn.functional.embedding_bag`` takes; :func:`edasat.sat.graphs.tripartite` wraps it as a typed graph.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from edasat.core.errors import LimitError, Message

from .cnf import Cnf

Int32Array = npt.NDArray[np.int32]

#: Positions, offsets and literal nodes are int32, because models read them faster and at half the memory.
INDEX_LIMIT: Final = 2**31 - 1

_BUCKET_BITS = 14  # literals of a bucket: their offsets (64 KB) stay in the second-level cache
_BUCKET = 1 << _BUCKET_BITS

_TOO_MANY_VARIABLES = Message(
    "graph-too-many-variables",
    "the formula is valid, but a graph holds at most {limit:,} variables, got {got:,}",
    "renumber the variables without gaps",
)


class ItemBytes(NamedTuple):
    """Bytes that a consumer of the arrays needs for each part of a formula, to keep a memory budget."""

    clause: int
    variable: int
    occurrence: int

    def total(self, num_clauses: int, num_vars: int, num_occurrences: int) -> int:
        """Bytes for a formula of this size."""
        return self.clause * num_clauses + self.variable * num_vars + self.occurrence * num_occurrences


#: The four arrays themselves (less the ends of both offsets, 8 bytes in all).
ARRAY_BYTES: Final = ItemBytes(clause=4, variable=8, occurrence=8)


@dataclass(frozen=True, eq=False)
class TripartiteArrays:
    """Clauses, literals and their incidence; variable pair i holds literal nodes 2i (positive) and 2i + 1 (negative).

    Attributes:
        num_vars: number of variable pairs.
        clause_offsets: int32, (num_clauses + 1,): clause c holds ``literals[clause_offsets[c]:clause_offsets[c + 1]]``.
        literals: int32, (num_occurrences,): literal node of each occurrence, in file order, duplicates kept.
        literal_offsets: int32, (2 * num_vars + 1,): like ``clause_offsets``, into ``clauses``.
        clauses: int32, (num_occurrences,): the clauses that hold each literal, rising.
        kept_clauses: int64, (num_clauses,): position of each clause in the formula; None if all were kept.
        variables: int32, (num_vars,): DIMACS number of each variable pair; None if pair i is variable i + 1.
    """

    num_vars: int
    clause_offsets: Int32Array
    literals: Int32Array
    literal_offsets: Int32Array
    clauses: Int32Array
    kept_clauses: npt.NDArray[np.int64] | None = None
    variables: Int32Array | None = None

    @property
    def num_clauses(self) -> int:
        """Number of clauses."""
        return len(self.clause_offsets) - 1

    @property
    def num_occurrences(self) -> int:
        """Number of literal occurrences."""
        return len(self.literals)

    @cached_property
    def clause_lengths(self) -> Int32Array:
        """int32, (num_clauses,): occurrences in each clause."""
        return np.diff(self.clause_offsets)

    @cached_property
    def literal_degrees(self) -> Int32Array:
        """int32, (2 * num_vars,): occurrences of each literal."""
        return np.diff(self.literal_offsets)


def tripartite_arrays(
    cnf: Cnf, memory_budget: int | None = None, item_bytes: ItemBytes = ARRAY_BYTES
) -> TripartiteArrays:
    """Group the literal occurrences of a formula by clause and by literal.

    A formula that would exceed the budget is thinned instead of refused: its clauses, ordered by length and then by
    position, are sampled at even distances, so that each length keeps its share and each part of the file is
    represented; variables that occur in no kept clause are dropped. The rule has no randomness.

    Args:
        cnf: the formula.
        memory_budget: bytes; without it the limit is 2^31 - 1 occurrences.
        item_bytes: what the budget is spent on; by default the arrays alone.

    Raises:
        LimitError: if the formula has more than 2^30 - 1 variables.
    """
    kept = variables = None
    size = item_bytes.total(cnf.num_clauses, cnf.num_vars, cnf.num_literals)
    budget = size if memory_budget is None else memory_budget
    if size > budget or cnf.num_literals > INDEX_LIMIT:
        cnf, kept, variables = _thin(cnf, budget, item_bytes)
    if cnf.num_vars > INDEX_LIMIT // 2:
        raise LimitError.of(_TOO_MANY_VARIABLES, cnf.name, limit=INDEX_LIMIT // 2, got=cnf.num_vars)
    literals = np.empty(cnf.num_literals, np.int32)
    literal_offsets = np.zeros(2 * cnf.num_vars + 1, np.int32)
    clauses = np.empty(cnf.num_literals, np.int32)
    _transpose(cnf.offsets, cnf.literals, literals, literal_offsets, clauses)
    return TripartiteArrays(
        cnf.num_vars, cnf.offsets.astype(np.int32), literals, literal_offsets, clauses, kept, variables
    )


def _thin(cnf: Cnf, budget: int, item_bytes: ItemBytes) -> tuple[Cnf, npt.NDArray[np.int64], Int32Array]:
    """Sample clauses until they fit; return the formula over renumbered variables, and what was kept."""
    by_length = np.argsort(cnf.clause_lengths, kind="stable")
    wanted = cnf.num_clauses
    while True:
        kept = np.sort(by_length[np.arange(wanted, dtype=np.int64) * cnf.num_clauses // max(1, wanted)])
        part = cnf.select(kept)
        variables, renumbered = np.unique(np.abs(part.literals), return_inverse=True)
        cost = item_bytes.total(wanted, len(variables), part.num_literals)
        if wanted == 0 or (cost <= budget and part.num_literals <= INDEX_LIMIT):
            break
        # Systematic sampling keeps the mean length, so the cost is nearly proportional; variables shrink more slowly.
        fraction = min(0.95, budget / cost, INDEX_LIMIT / max(1, part.num_literals))
        wanted = int(wanted * fraction)
    literals = (renumbered + 1).astype(np.int32) * np.sign(part.literals)
    return Cnf(len(variables), part.offsets, literals, cnf.name), kept, variables.astype(np.int32)


@njit(cache=True, nogil=True)
def _transpose(
    offsets: npt.NDArray[np.int64],
    signed: Int32Array,
    literals: Int32Array,
    literal_offsets: Int32Array,
    clauses: Int32Array,
) -> None:
    """Number the literals and counting-sort the occurrences by literal (``literal_offsets`` zero on entry).

    In two steps, as a radix sort: occurrences first go to buckets of neighbouring literals, in file order, and are
    sorted there. One step alone would touch a random cache line for each occurrence of a large formula.
    """
    nodes = len(literal_offsets) - 1
    buckets = (nodes + _BUCKET - 1) >> _BUCKET_BITS
    starts = np.zeros(buckets + 1, np.int64)
    for position in range(len(signed)):
        literal = signed[position]
        node = 2 * literal - 2 if literal > 0 else -2 * literal - 1
        literals[position] = node
        starts[(node >> _BUCKET_BITS) + 1] += 1
    for bucket in range(buckets):
        starts[bucket + 1] += starts[bucket]
    ends = starts[:-1].copy()
    bucket_nodes = np.empty(len(signed), np.int32)
    bucket_clauses = np.empty(len(signed), np.int32)
    for clause in range(len(offsets) - 1):
        for position in range(offsets[clause], offsets[clause + 1]):
            node = literals[position]
            slot = ends[node >> _BUCKET_BITS]
            bucket_nodes[slot] = node
            bucket_clauses[slot] = clause
            ends[node >> _BUCKET_BITS] = slot + 1
    for bucket in range(buckets):
        first, last = starts[bucket], starts[bucket + 1]
        for slot in range(first, last):
            literal_offsets[bucket_nodes[slot] + 1] += 1
        begin = first  # counts become the begin of each group, which filling moves to its end: the next one's offset
        for node in range(bucket << _BUCKET_BITS, min(nodes, (bucket + 1) << _BUCKET_BITS)):
            count = literal_offsets[node + 1]
            literal_offsets[node + 1] = begin
            begin += count
        for slot in range(first, last):
            node = bucket_nodes[slot] + 1
            clauses[literal_offsets[node]] = bucket_clauses[slot]
            literal_offsets[node] += 1
