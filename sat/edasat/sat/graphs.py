"""Graphs of formulas: literals and clauses (tripartite), variables and clauses, literals that stand together."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt
from numba import njit

from edasat.core.csr import index_dtype
from edasat.core.graph import EdgeSet, Graph, NodeSet, Relation

from .cnf import Cnf
from .cooccurrence import cooccurrence
from .features.nodes import CLAUSE_FEATURES, LITERAL_FEATURES, node_features
from .tripartite import ARRAY_BYTES, Int32Array, ItemBytes, tripartite_arrays

POS_IN: Final[Relation] = ("pos", "in", "clause")
NEG_IN: Final[Relation] = ("neg", "in", "clause")
POS_CONTAIN: Final[Relation] = ("clause", "contain", "pos")
NEG_CONTAIN: Final[Relation] = ("clause", "contain", "neg")
POS_FLIP: Final[Relation] = ("pos", "flip", "neg")
NEG_FLIP: Final[Relation] = ("neg", "flip", "pos")
VARIABLE_IN: Final[Relation] = ("variable", "in", "clause")
VARIABLE_CONTAIN: Final[Relation] = ("clause", "contain", "variable")
LITERAL_WITH: Final[Relation] = ("literal", "with", "literal")

#: Default limit of :func:`literal_incidence`: 50 million directed edges take 600 MB.
MAX_PAIRS: Final = 50_000_000

#: Bytes of the tripartite graph: incidence arrays, float32 features, int32 edges (their reverses are views).
_GRAPH_BYTES: Final = ItemBytes(
    clause=ARRAY_BYTES.clause + 4 * len(CLAUSE_FEATURES),
    variable=ARRAY_BYTES.variable + 2 * 4 * len(LITERAL_FEATURES) + 8,
    occurrence=ARRAY_BYTES.occurrence + 8,
)


def tripartite(cnf: Cnf, memory_budget: int | None = None) -> Graph:
    """Build the graph of positive literals, negative literals and clauses that GraSS reads.

    Zhang et al., "GraSS: Combining Graph Neural Networks with Expert Knowledge for SAT Solver Selection", KDD 2024.
    Node types ``pos`` and ``neg`` have one node per variable, ``clause`` one per clause; each relation stands beside
    its reverse, which shares its memory. ``x`` holds the features of :mod:`edasat.sat.features.nodes`.

    Args:
        cnf: the formula.
        memory_budget: bytes for the graph and what it is made from; a larger formula is thinned by the rule of
            :func:`edasat.sat.tripartite.tripartite_arrays`. ``metadata["kept_clauses"]`` says how far, and the arrays
            ``position`` (clauses) and ``variable`` (literals) give the place of each node in the formula.

    >>> graph = tripartite(Cnf.from_clauses([[1, -2], [2]]))
    >>> graph
    Graph(nodes={pos: 2, neg: 2, clause: 2}, edges={pos-in-clause: 2, neg-in-clause: 1, pos-flip-neg: 2, \
clause-contain-pos: 2, clause-contain-neg: 1, neg-flip-pos: 2})
    """
    arrays = tripartite_arrays(cnf, memory_budget, _GRAPH_BYTES)
    x = node_features(arrays)
    negatives = int(np.count_nonzero(arrays.literals & 1))
    pos_in = np.empty((2, arrays.num_occurrences - negatives), np.int32)
    neg_in = np.empty((2, negatives), np.int32)
    _split_by_sign(arrays.clause_offsets, arrays.literals, pos_in, neg_in)
    identity = np.arange(arrays.num_vars, dtype=np.int32)
    extra_clause: dict[str, npt.NDArray[Any]] = {}
    extra_literal: dict[str, npt.NDArray[Any]] = {}
    if arrays.kept_clauses is not None and arrays.variables is not None:
        extra_clause["position"] = arrays.kept_clauses
        extra_literal["variable"] = arrays.variables
    graph = Graph(
        {
            "pos": NodeSet(arrays.num_vars, {"x": x.literal[0::2], **extra_literal}),
            "neg": NodeSet(arrays.num_vars, {"x": x.literal[1::2], **extra_literal}),
            "clause": NodeSet(arrays.num_clauses, {"x": x.clause, **extra_clause}),
        },
        {
            POS_IN: EdgeSet(pos_in),
            NEG_IN: EdgeSet(neg_in),
            POS_FLIP: EdgeSet(np.stack([identity, identity])),
        },
        {"kind": "tripartite", **_origin(cnf), "kept_clauses": arrays.num_clauses, "kept_variables": arrays.num_vars},
    )
    return graph.with_reverse(POS_IN, "contain").with_reverse(NEG_IN, "contain").with_reverse(POS_FLIP, "flip")


def variable_clause(cnf: Cnf) -> Graph:
    """Build the signed graph of variables and clauses: half the nodes of the tripartite graph, ``sign`` on the edges.

    Edge array ``sign``: int8, +1 where the variable stands plain, -1 where it is negated.

    >>> variable_clause(Cnf.from_clauses([[1, -2]])).edges[VARIABLE_IN].arrays["sign"].tolist()
    [1, -1]
    """
    dtype = index_dtype(max(cnf.num_vars, cnf.num_clauses))
    clause = np.repeat(np.arange(cnf.num_clauses, dtype=dtype), cnf.clause_lengths)
    variable = np.abs(cnf.literals).astype(dtype) - 1
    graph = Graph(
        {"variable": NodeSet(cnf.num_vars), "clause": NodeSet(cnf.num_clauses)},
        {VARIABLE_IN: EdgeSet(np.stack([variable, clause]), {"sign": np.sign(cnf.literals).astype(np.int8)})},
        {"kind": "variable-clause", **_origin(cnf)},
    )
    return graph.with_reverse(VARIABLE_IN, "contain")


def literal_incidence(cnf: Cnf, max_pairs: int = MAX_PAIRS) -> Graph:
    """Build the graph of literals that stand together in clauses, weighted by the number of such clauses.

    Every pair is present in both directions. Node 2i is variable i + 1, node 2i + 1 its negation; edge array
    ``weight``: int32. A clause of k literals makes k (k - 1) pairs, so clauses are left out, the longest first (they
    say least about any one pair), until at most ``max_pairs`` remain; ``metadata["longest_clause"]`` is the length up
    to which clauses were used, and ``metadata["clauses_left_out"]`` counts the others.

    >>> graph = literal_incidence(Cnf.from_clauses([[1, 2], [2, 1, -3]]))
    >>> graph.edges[LITERAL_WITH].index.tolist()
    [[0, 0, 2, 2, 5, 5], [2, 5, 0, 5, 0, 2]]
    >>> graph.edges[LITERAL_WITH].arrays["weight"].tolist()
    [2, 1, 2, 1, 1, 1]
    """
    lengths = cnf.clause_lengths
    clauses_of_length = np.bincount(lengths, minlength=1)
    size = np.arange(len(clauses_of_length), dtype=np.float64)  # float: the squares of long clauses exceed int64
    fitting = np.flatnonzero(np.cumsum(clauses_of_length * size * (size - 1)) <= max_pairs)
    longest = int(fitting[-1])  # length 0 makes no pairs, so it always fits
    used = cnf if longest == len(clauses_of_length) - 1 else cnf.select(lengths <= longest)
    arrays = tripartite_arrays(used)
    offsets, neighbours, weights = cooccurrence(
        arrays.clause_offsets,
        arrays.literals,
        arrays.literal_offsets,
        arrays.clauses,
        np.ones(used.num_clauses, np.int32),
    )
    literals = np.repeat(np.arange(2 * arrays.num_vars, dtype=np.int32), np.diff(offsets))
    return Graph(
        {"literal": NodeSet(2 * arrays.num_vars)},
        {LITERAL_WITH: EdgeSet(np.stack([literals, neighbours]), {"weight": weights})},
        {
            "kind": "literal-incidence",
            **_origin(cnf),
            "longest_clause": longest,
            "clauses_left_out": cnf.num_clauses - used.num_clauses,
        },
    )


def _origin(cnf: Cnf) -> dict[str, Any]:
    """Return the metadata that every graph of a formula carries."""
    return {"source": cnf.name, "variables": cnf.num_vars, "clauses": cnf.num_clauses, "literals": cnf.num_literals}


@njit(cache=True, nogil=True)
def _split_by_sign(offsets: Int32Array, literals: Int32Array, pos_in: Int32Array, neg_in: Int32Array) -> None:
    """Write the edges (pair, clause) of positive and of negative occurrences, in file order."""
    positive = negative = 0
    for clause in range(len(offsets) - 1):
        for position in range(offsets[clause], offsets[clause + 1]):
            node = literals[position]
            if node & 1:
                neg_in[0, negative] = node >> 1
                neg_in[1, negative] = clause
                negative += 1
            else:
                pos_in[0, positive] = node >> 1
                pos_in[1, positive] = clause
                positive += 1
