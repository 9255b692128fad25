"""Features of a whole formula: sizes, degree statistics, balance, Horn, graph structure, encodings, propagation.

The statistics follow SATzilla (Xu, Hutter, Hoos, Leyton-Brown, JAIR 32, 2008), computed in compiled passes over the
incidence arrays. Means and entropies (in nats) are over variables that occur, so gaps in the numbering do not matter.
cv is the coefficient of variation. Heavy-tailed counts enter as ``log(1 + count)``. Every feature is finite on every
formula, the empty one included.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
from numba import njit

from ..cnf import Cnf
from ..tripartite import Int32Array, TripartiteArrays, tripartite_arrays
from .patterns import count_patterns
from .propagation import probe

_SUMMARY: Final = ("mean", "cv", "min", "max", "entropy")


def _summary_names(prefix: str) -> tuple[str, ...]:
    return tuple(f"{prefix}_{name}" for name in _SUMMARY)


#: The features in the order of :func:`instance_features`.
FEATURE_NAMES: Final = (
    # Size: log(1 + count); variables are those that occur.
    "log_variables",
    "log_clauses",
    "log_literals",
    "clauses_per_variable",
    # Clause lengths.
    "unit_share",
    "binary_share",
    "ternary_share",
    "longer_share",
    *_summary_names("length"),
    # Occurrences per variable and per literal.
    *_summary_names("degree"),
    "literal_degree_cv",
    "pure_share",  # variables with one sign only / variables
    # Signs.
    "positive_share",  # positive literals / literals
    "clause_positive_mean",  # per clause: positive literals / literals
    "clause_positive_std",
    "clause_positive_entropy",  # over ten equal bins
    "variable_balance_mean",  # per variable: |positive - negative| / (positive + negative)
    "variable_balance_std",
    "variable_balance_entropy",  # over ten equal bins
    # Horn.
    "horn_share",  # clauses with at most one positive literal
    "anti_horn_share",  # clauses with at most one negative literal
    "positive_clause_share",  # clauses of positive literals only, the empty clause left out
    "negative_clause_share",
    *_summary_names("horn_degree"),  # occurrences of a variable in Horn clauses
    # Graphs: degrees count parallel edges, which makes them cheap and bounds the exact degrees from above.
    "log_variable_graph_degree_mean",  # per variable: sum over its clauses of (length - 1)
    "variable_graph_degree_cv",
    "log_variable_graph_degree_max",
    "log_clause_graph_degree_mean",  # per clause: sum over its variables of (occurrences - 1)
    "clause_graph_degree_cv",
    "log_clause_graph_degree_max",
    "log_conflict_degree_mean",  # per clause: sum over its literals of occurrences of the negation
    "conflict_degree_cv",
    "log_conflict_degree_max",
    "conflict_free_share",  # clauses that can be resolved with no other
    "components_per_variable",  # connected components of the variable graph / variables
    "largest_component_share",  # variables in the largest component / variables
    # Order in the file: the only features, beside those of the probe, that depend on names and order.
    "span_mean",  # per clause: (largest - smallest variable) / number of variables
    "chained_share",  # clauses that share a variable with the clause before
    # Encodings: clauses in patterns / clauses (see edasat.sat.features.patterns).
    "and_gate_share",
    "exactly_one_share",
    "equivalence_share",
    "xor3_share",
    "xor4_share",
    # Unit propagation (see edasat.sat.features.propagation).
    "fixed_share",  # variables that unit clauses fix / variables
    "unit_conflict",  # 1 if unit propagation refutes the formula
    "probe_log_implied_mean",
    "probe_log_implied_max",
    "probe_failed_share",
)

#: Features that depend on the numbering of the variables or the order of the clauses.
ORDER_FEATURES: Final = frozenset(
    {"span_mean", "chained_share", "probe_log_implied_mean", "probe_log_implied_max", "probe_failed_share"}
)

_BINS: Final = 10
# Rows of the table of running statistics that the clause pass fills, and its columns.
_POSITIVE, _CLAUSE_GRAPH, _CONFLICT, _SPAN = range(4)
_SUM, _SQUARES, _MAX = range(3)
# Entries of the counters that the clause pass fills.
_HORN, _ANTI_HORN, _ALL_POSITIVE, _ALL_NEGATIVE, _CONFLICT_FREE, _CHAINED, _NUM_COUNTERS = range(7)


def instance_features(cnf: Cnf) -> dict[str, float]:
    """Compute the features of a formula, in the order of ``FEATURE_NAMES``.

    >>> features = instance_features(Cnf.from_clauses([[1, -2], [2, 3], [-1, -3]]))
    >>> features["clauses_per_variable"], features["horn_share"]
    (1.0, 0.6666666666666666)
    """
    return features_of_arrays(tripartite_arrays(cnf))


def features_of_arrays(arrays: TripartiteArrays) -> dict[str, float]:
    """Compute the features from the incidence arrays, for callers that need those as well."""
    num_clauses = arrays.num_clauses
    lengths = arrays.clause_lengths
    literal_degrees = arrays.literal_degrees
    positive_degrees, negative_degrees = literal_degrees[0::2], literal_degrees[1::2]
    degrees = positive_degrees + negative_degrees
    used = degrees > 0
    variables = int(np.count_nonzero(used))
    running = np.zeros((4, 3))
    counters = np.zeros(_NUM_COUNTERS, np.int64)
    positive_bins = np.zeros(_BINS, np.int64)
    horn_degrees = np.zeros(arrays.num_vars, np.int32)
    graph_degrees = np.zeros(arrays.num_vars, np.int64)
    _clause_pass(
        arrays.clause_offsets,
        arrays.literals,
        literal_degrees,
        running,
        counters,
        positive_bins,
        horn_degrees,
        graph_degrees,
    )
    component_sizes = _component_sizes(arrays.clause_offsets, arrays.literals, arrays.num_vars)
    component_sizes = component_sizes[component_sizes > 0]
    patterns = count_patterns(arrays)
    probed = probe(arrays)

    per_clause = 1.0 / max(1, num_clauses)
    per_variable = 1.0 / max(1, variables)
    by_length = np.bincount(np.minimum(lengths, 4), minlength=5)
    positive_mean, positive_std, _ = _running_summary(running[_POSITIVE], num_clauses)
    cg_mean, cg_std, cg_max = _running_summary(running[_CLAUSE_GRAPH], num_clauses)
    conflict_mean, conflict_std, conflict_max = _running_summary(running[_CONFLICT], num_clauses)
    balance = np.abs(positive_degrees[used] - negative_degrees[used]) / degrees[used]
    balance_bins = np.bincount(np.minimum((balance * _BINS).astype(np.int64), _BINS - 1), minlength=_BINS)
    vg = graph_degrees[used]
    vg_mean = float(vg.mean()) if variables else 0.0

    values = (
        np.log1p(variables),
        np.log1p(num_clauses),
        np.log1p(arrays.num_occurrences),
        num_clauses * per_variable,
        by_length[1] * per_clause,
        by_length[2] * per_clause,
        by_length[3] * per_clause,
        by_length[4] * per_clause,
        *_integer_summary(lengths),
        *_integer_summary(degrees[used]),
        _integer_summary(literal_degrees.reshape(-1, 2)[used].ravel())[1],
        np.count_nonzero((positive_degrees[used] == 0) | (negative_degrees[used] == 0)) * per_variable,
        positive_degrees.sum() / max(1, arrays.num_occurrences),
        positive_mean,
        positive_std,
        _entropy(positive_bins),
        balance.mean() if variables else 0.0,
        balance.std() if variables else 0.0,
        _entropy(balance_bins),
        counters[_HORN] * per_clause,
        counters[_ANTI_HORN] * per_clause,
        counters[_ALL_POSITIVE] * per_clause,
        counters[_ALL_NEGATIVE] * per_clause,
        *_integer_summary(horn_degrees[used]),
        np.log1p(vg_mean),
        vg.std() / vg_mean if vg_mean else 0.0,
        np.log1p(vg.max(initial=0)),
        np.log1p(cg_mean),
        cg_std / cg_mean if cg_mean else 0.0,
        np.log1p(cg_max),
        np.log1p(conflict_mean),
        conflict_std / conflict_mean if conflict_mean else 0.0,
        np.log1p(conflict_max),
        counters[_CONFLICT_FREE] * per_clause,
        len(component_sizes) * per_variable,
        component_sizes.max(initial=0) * per_variable,
        running[_SPAN, _SUM] * per_clause / max(1, arrays.num_vars),
        counters[_CHAINED] * per_clause,
        patterns.and_gates * per_clause,
        patterns.exactly_one * per_clause,
        2 * patterns.equivalences * per_clause,
        4 * patterns.xor3 * per_clause,
        8 * patterns.xor4 * per_clause,
        probed.fixed * per_variable,
        float(probed.conflict),
        np.log1p(probed.implied_mean),
        np.log1p(probed.implied_max),
        probed.failed_share,
    )
    return {name: float(value) for name, value in zip(FEATURE_NAMES, values, strict=True)}


def _integer_summary(values: Int32Array) -> tuple[float, float, float, float, float]:
    """Return mean, cv, min, max and entropy of small counts, all from their histogram; zeros if there are none."""
    if len(values) == 0:
        return 0.0, 0.0, 0.0, 0.0, 0.0
    histogram = np.bincount(values)
    size = np.arange(len(histogram), dtype=np.float64)
    mean = float(histogram @ size) / len(values)
    variance = float(histogram @ (size - mean) ** 2) / len(values)
    present = np.flatnonzero(histogram)
    cv = variance**0.5 / mean if mean else 0.0
    return mean, cv, float(present[0]), float(present[-1]), _entropy(histogram)


def _running_summary(row: npt.NDArray[np.float64], count: int) -> tuple[float, float, float]:
    """Return mean, standard deviation and maximum from sums."""
    if count == 0:
        return 0.0, 0.0, 0.0
    mean = float(row[_SUM]) / count
    return mean, max(0.0, float(row[_SQUARES]) / count - mean * mean) ** 0.5, float(row[_MAX])


def _entropy(histogram: npt.NDArray[np.int64]) -> float:
    """Return the Shannon entropy of a histogram in nats."""
    counts = histogram[histogram > 0]
    shares = counts / max(1, counts.sum())
    return max(0.0, float(-(shares * np.log(shares)).sum()))


@njit(cache=True, nogil=True)
def _clause_pass(
    offsets: Int32Array,
    literals: Int32Array,
    literal_degrees: Int32Array,
    running: npt.NDArray[np.float64],
    counters: npt.NDArray[np.int64],
    positive_bins: npt.NDArray[np.int64],
    horn_degrees: Int32Array,
    graph_degrees: npt.NDArray[np.int64],
) -> None:
    """Fill the running statistics, counters, histogram and per-variable sums in one pass over the clauses."""
    last_seen = np.full(len(horn_degrees), -2, np.int32)
    for clause in range(len(offsets) - 1):
        start, stop = offsets[clause], offsets[clause + 1]
        length = stop - start
        if length == 0:
            counters[_HORN] += 1
            counters[_ANTI_HORN] += 1
            counters[_CONFLICT_FREE] += 1
            running[_POSITIVE, _SUM] += 0.5
            running[_POSITIVE, _SQUARES] += 0.25
            positive_bins[_BINS // 2] += 1
            continue
        positive = 0
        neighbours = 0
        conflicts = 0
        smallest = largest = literals[start] >> 1
        chained = False
        for position in range(start, stop):
            node = literals[position]
            variable = node >> 1
            positive += 1 - (node & 1)
            opposite = literal_degrees[node ^ 1]
            neighbours += literal_degrees[node] + opposite - 1
            conflicts += opposite
            smallest = min(smallest, variable)
            largest = max(largest, variable)
            chained = chained or last_seen[variable] == clause - 1
            last_seen[variable] = clause
            graph_degrees[variable] += length - 1
        if positive <= 1:
            counters[_HORN] += 1
            for position in range(start, stop):
                horn_degrees[literals[position] >> 1] += 1
        counters[_ANTI_HORN] += length - positive <= 1
        counters[_ALL_POSITIVE] += positive == length
        counters[_ALL_NEGATIVE] += positive == 0
        counters[_CONFLICT_FREE] += conflicts == 0
        counters[_CHAINED] += chained
        share = positive / length
        positive_bins[min(positive * _BINS // length, _BINS - 1)] += 1
        _add(running, _POSITIVE, share)
        _add(running, _CLAUSE_GRAPH, float(neighbours))
        _add(running, _CONFLICT, float(conflicts))
        _add(running, _SPAN, float(largest - smallest))


@njit(cache=True, nogil=True)
def _add(running: npt.NDArray[np.float64], row: int, value: float) -> None:
    """Take one value into a row of running statistics."""
    running[row, _SUM] += value
    running[row, _SQUARES] += value * value
    running[row, _MAX] = max(running[row, _MAX], value)


@njit(cache=True, nogil=True)
def _component_sizes(offsets: Int32Array, literals: Int32Array, num_vars: int) -> Int32Array:
    """Unite the variables of every clause; return int32, (num_vars,): size of the component rooted in each variable.

    Variables that do not occur have size 0, as have those that are no root.
    """
    parent = np.arange(num_vars).astype(np.int32)
    for clause in range(len(offsets) - 1):
        root = -1
        for position in range(offsets[clause], offsets[clause + 1]):
            variable = literals[position] >> 1
            while parent[variable] != variable:  # path halving
                parent[variable] = parent[parent[variable]]
                variable = parent[variable]
            if root < 0:
                root = variable
            elif root < variable:  # the smaller number stays the root: deterministic, and flat on local encodings
                parent[variable] = root
            elif variable < root:
                parent[root] = variable
                root = variable
    sizes = np.zeros(num_vars, np.int32)
    counted = np.zeros(num_vars, np.bool_)
    for position in range(len(literals)):
        variable = literals[position] >> 1
        if counted[variable]:
            continue
        counted[variable] = True
        while parent[variable] != variable:
            variable = parent[variable]
        sizes[variable] += 1
    return sizes
