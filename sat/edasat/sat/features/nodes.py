"""Features of literals and clauses: the per-node counterpart of SATzilla's instance features.

GraSS (KDD 2024) shows that such hand-made node features decide the quality of solver selection, but does not list its
own; these are our choice. All but ``position`` are invariant to the order of clauses and the names of variables.
Heavy-tailed counts enter as ``log(1 + count)``; everything is finite on every formula.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from ..tripartite import Int32Array, TripartiteArrays

Rows = npt.NDArray[np.float32]
Table = npt.NDArray[np.float64]

#: Columns of the literal features, in order.
LITERAL_FEATURES: Final = (
    "log_degree",  # log(1 + occurrences)
    "relative_degree",  # log((1 + occurrences) / (1 + mean occurrences of a literal))
    "degree_share",  # occurrences / occurrences of the variable; 0.5 for a variable that does not occur
    "unit_share",  # share of the occurrences that stand in clauses of one literal
    "binary_share",  # ... of two
    "ternary_share",  # ... of three
    "longer_share",  # ... of four or more
    "horn_share",  # ... in Horn clauses (at most one positive literal)
    "log_jeroslow_wang",  # log(1 + sum over occurrences of 2^-length)
    "mean_log_length",  # mean over occurrences of log(length of the clause)
)

#: Columns of the clause features, in order.
CLAUSE_FEATURES: Final = (
    "log_length",  # log(1 + literals)
    "is_unit",
    "is_binary",
    "is_ternary",
    "is_horn",  # at most one positive literal
    "is_anti_horn",  # at most one negative literal
    "positive_share",  # positive literals / literals; 0.5 for the empty clause
    "mean_log_degree",  # mean over literals of log(1 + occurrences)
    "min_log_degree",
    "max_log_degree",
    "mean_log_resolvents",  # mean over literals of log(1 + occurrences of the negated literal)
    "min_log_resolvents",  # 0 where a literal is pure
    "max_log_resolvents",
    "position",  # place in the file, from 0 (first clause) to 1 (last): solvers depend on clause order
)


class NodeFeatures(NamedTuple):
    """Features of one formula.

    Attributes:
        literal: float32, (2 * num_vars, len(LITERAL_FEATURES)).
        clause: float32, (num_clauses, len(CLAUSE_FEATURES)).
    """

    literal: Rows
    clause: Rows


def node_features(arrays: TripartiteArrays) -> NodeFeatures:
    """Compute the features of every literal and clause.

    >>> from edasat.sat.cnf import Cnf
    >>> from edasat.sat.tripartite import tripartite_arrays
    >>> x = node_features(tripartite_arrays(Cnf.from_clauses([[1, -2], [2]])))
    >>> x.clause[:, CLAUSE_FEATURES.index("is_horn")].tolist()
    [1.0, 1.0]
    """
    literal = np.empty((2 * arrays.num_vars, len(LITERAL_FEATURES)), np.float32)
    clause = np.empty((arrays.num_clauses, len(CLAUSE_FEATURES)), np.float32)
    # Logarithms and powers are looked up: lengths and degrees repeat, and computing them would take most of the time.
    limit = 1 + max(arrays.literal_degrees.max(initial=0), arrays.clause_lengths.max(initial=0))
    log_table = np.log1p(np.arange(limit))
    weight_table = np.exp2(-np.arange(limit, dtype=np.float64))
    kinds = np.empty(arrays.num_clauses, np.int32)
    _clause_rows(arrays.clause_offsets, arrays.literals, arrays.literal_degrees, log_table, clause, kinds)
    _literal_rows(arrays.literal_offsets, arrays.clauses, kinds, log_table, weight_table, literal)
    return NodeFeatures(literal, clause)


@njit(cache=True, nogil=True)
def _clause_rows(
    offsets: Int32Array, literals: Int32Array, degrees: Int32Array, log_table: Table, out: Rows, kinds: Int32Array
) -> None:
    """Fill the clause features (columns as in ``CLAUSE_FEATURES``) and each clause's kind: 2 * length + is_horn.

    The kind packs what :func:`_literal_rows` looks up at random, so that it costs one cache miss.
    """
    num_clauses = len(offsets) - 1
    for clause in range(num_clauses):
        length = offsets[clause + 1] - offsets[clause]
        positive = 0
        degree_sum = degree_max = resolvents_sum = resolvents_max = 0.0
        degree_min = resolvents_min = log_table[-1]
        for position in range(offsets[clause], offsets[clause + 1]):
            node = literals[position]
            positive += 1 - (node & 1)
            degree = log_table[degrees[node]]
            degree_sum += degree
            degree_min = min(degree_min, degree)
            degree_max = max(degree_max, degree)
            resolvents = log_table[degrees[node ^ 1]]
            resolvents_sum += resolvents
            resolvents_min = min(resolvents_min, resolvents)
            resolvents_max = max(resolvents_max, resolvents)
        kinds[clause] = 2 * length + (positive <= 1)
        row = out[clause]
        row[0] = log_table[length]
        row[1] = length == 1
        row[2] = length == 2
        row[3] = length == 3
        row[4] = positive <= 1
        row[5] = length - positive <= 1
        row[6] = positive / length if length else 0.5
        row[7] = degree_sum / length if length else 0.0
        row[8] = degree_min if length else 0.0
        row[9] = degree_max
        row[10] = resolvents_sum / length if length else 0.0
        row[11] = resolvents_min if length else 0.0
        row[12] = resolvents_max
        row[13] = clause / (num_clauses - 1) if num_clauses > 1 else 0.0


@njit(cache=True, nogil=True)
def _literal_rows(
    offsets: Int32Array, clauses: Int32Array, kinds: Int32Array, log_table: Table, weight_table: Table, out: Rows
) -> None:
    """Fill the literal features (columns as in ``LITERAL_FEATURES``)."""
    nodes = len(offsets) - 1
    log_mean = np.log1p(len(clauses) / nodes) if nodes else 0.0
    for node in range(nodes):
        degree = offsets[node + 1] - offsets[node]
        opposite = offsets[(node ^ 1) + 1] - offsets[node ^ 1]
        unit = binary = ternary = horn = 0
        weight = log_length = 0.0
        for position in range(offsets[node], offsets[node + 1]):
            kind = kinds[clauses[position]]
            length = kind >> 1
            horn += kind & 1
            unit += length == 1
            binary += length == 2
            ternary += length == 3
            weight += weight_table[length]
            log_length += log_table[length - 1]
        share = 1.0 / degree if degree else 0.0
        row = out[node]
        row[0] = log_table[degree]
        row[1] = log_table[degree] - log_mean
        row[2] = degree / (degree + opposite) if degree + opposite else 0.5
        row[3] = unit * share
        row[4] = binary * share
        row[5] = ternary * share
        row[6] = (degree - unit - binary - ternary) * share
        row[7] = horn * share
        row[8] = np.log1p(weight)
        row[9] = log_length * share
