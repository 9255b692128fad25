"""Graphs of formulas against plain constructions, and the thinning rule."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise, permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edasat.core.errors import LimitError
from edasat.core.graph import Graph
from edasat.sat.cnf import Cnf
from edasat.sat.graphs import (
    LITERAL_WITH,
    NEG_CONTAIN,
    NEG_FLIP,
    NEG_IN,
    POS_CONTAIN,
    POS_FLIP,
    POS_IN,
    VARIABLE_CONTAIN,
    VARIABLE_IN,
    literal_incidence,
    tripartite,
    variable_clause,
)
from edasat.sat.tripartite import TripartiteArrays, tripartite_arrays

Clauses = list[list[int]]
literals = st.integers(1, 6).flatmap(lambda v: st.sampled_from([v, -v]))
formulas = st.lists(st.lists(literals, max_size=5), max_size=25)


def node(literal: int) -> int:
    return 2 * (abs(literal) - 1) + (literal < 0)


def rows(offsets: np.ndarray, values: np.ndarray) -> Clauses:
    return [values[a:b].tolist() for a, b in pairwise(offsets)]


@given(formulas)
def test_arrays_group_occurrences_both_ways(clauses: Clauses) -> None:
    arrays = tripartite_arrays(Cnf.from_clauses(clauses, num_vars=7))
    assert rows(arrays.clause_offsets, arrays.literals) == [[node(x) for x in clause] for clause in clauses]
    expected = [[i for i, clause in enumerate(clauses) for y in clause if node(y) == n] for n in range(14)]
    assert rows(arrays.literal_offsets, arrays.clauses) == expected
    assert {array.dtype.name for array in (arrays.literals, arrays.clauses)} == {"int32"}
    assert {array.dtype.name for array in (arrays.clause_offsets, arrays.literal_offsets)} == {"int32"}


@given(formulas)
def test_tripartite_relations(clauses: Clauses) -> None:
    graph = tripartite(Cnf.from_clauses(clauses, num_vars=7))
    assert {name: s.count for name, s in graph.nodes.items()} == {"pos": 7, "neg": 7, "clause": len(clauses)}
    for relation, back, sign in ((POS_IN, POS_CONTAIN, 1), (NEG_IN, NEG_CONTAIN, -1)):
        expected = [(abs(x) - 1, i) for i, clause in enumerate(clauses) for x in clause if x * sign > 0]
        assert list(zip(*graph.edges[relation].index.tolist(), strict=True)) == expected
        assert np.shares_memory(graph.edges[back].index, graph.edges[relation].index) or not expected
        np.testing.assert_array_equal(graph.edges[back].index, graph.edges[relation].index[::-1])
    for relation in (POS_FLIP, NEG_FLIP):
        assert graph.edges[relation].index.tolist() == [list(range(7))] * 2
    assert len(graph.edges) == 6


@given(formulas)
def test_variable_clause_signs_rebuild_the_formula(clauses: Clauses) -> None:
    graph = variable_clause(Cnf.from_clauses(clauses, num_vars=7))
    variable, clause = graph.edges[VARIABLE_IN].index
    rebuilt: Clauses = [[] for _ in clauses]
    for v, c, sign in zip(variable, clause, graph.edges[VARIABLE_IN].arrays["sign"], strict=True):
        rebuilt[c].append(int(v + 1) * int(sign))
    assert rebuilt == clauses
    assert graph.edges[VARIABLE_CONTAIN].reverse_of == VARIABLE_IN


def plain_pairs(clauses: Clauses) -> dict[tuple[int, int], int]:
    return dict(Counter(p for clause in clauses for p in permutations({node(x) for x in clause}, 2)))


@given(formulas)
def test_literal_incidence_counts_common_clauses(clauses: Clauses) -> None:
    edge_set = literal_incidence(Cnf.from_clauses(clauses, num_vars=7)).edges[LITERAL_WITH]
    pairs = list(zip(*edge_set.index.tolist(), strict=True))
    assert pairs == sorted(set(pairs))
    assert dict(zip(pairs, edge_set.arrays["weight"].tolist(), strict=True)) == plain_pairs(clauses)


def test_literal_incidence_leaves_out_the_longest_clauses() -> None:
    clauses = [[1, 2, 3, 4], [1, 2], [-1, 3], [2, 3, 4]]  # 12 + 2 + 2 + 6 directed pairs
    graph = literal_incidence(Cnf.from_clauses(clauses), max_pairs=10)
    edge_set = graph.edges[LITERAL_WITH]
    pairs = list(zip(*edge_set.index.tolist(), strict=True))
    assert dict(zip(pairs, edge_set.arrays["weight"].tolist(), strict=True)) == plain_pairs(clauses[1:])
    assert (graph.metadata["longest_clause"], graph.metadata["clauses_left_out"]) == (3, 1)


def array_bytes(arrays: TripartiteArrays) -> int:
    parts = (arrays.clause_offsets, arrays.literals, arrays.literal_offsets, arrays.clauses)
    return sum(part.nbytes for part in parts)


def long_formula() -> Cnf:
    """3,000 binary clauses, then 1,000 clauses of five, over 900 variables."""
    random = np.random.default_rng(5)
    lengths = np.repeat([2, 5], [3000, 1000])
    signed = random.integers(1, 901, lengths.sum()) * random.choice([-1, 1], lengths.sum())
    return Cnf.from_arrays(np.concatenate([[0], np.cumsum(lengths)]), signed.astype(np.int32), 900)


@pytest.mark.parametrize("budget", [60_000, 20_000, 3_000, 100, 0])
def test_thinning_keeps_to_the_budget_and_represents_all_lengths(budget: int) -> None:
    cnf = long_formula()
    arrays = tripartite_arrays(cnf, memory_budget=budget)
    assert arrays.num_clauses == 0 or array_bytes(arrays) <= budget + 8  # the ends of both offsets
    assert arrays.kept_clauses is not None
    assert arrays.variables is not None
    assert (np.diff(arrays.kept_clauses) > 0).all()
    assert (np.diff(arrays.variables) > 0).all()
    # The arrays spell the kept clauses, over the kept variables.
    for i, position in enumerate(arrays.kept_clauses):
        nodes = arrays.literals[arrays.clause_offsets[i] : arrays.clause_offsets[i + 1]]
        spelled = arrays.variables[nodes >> 1] * np.where(nodes & 1, -1, 1)
        assert spelled.tolist() == cnf.clause(position).tolist()
    if arrays.num_clauses >= 100:
        assert abs((arrays.clause_lengths == 2).mean() - 0.75) < 0.02
        binary = arrays.kept_clauses[arrays.clause_lengths == 2]
        assert abs(np.median(binary) - 1500) < 100  # all parts of the file
        assert array_bytes(arrays) > 0.7 * budget
    again = tripartite_arrays(cnf, memory_budget=budget)
    np.testing.assert_array_equal(again.kept_clauses, arrays.kept_clauses)


def test_metadata_says_what_was_left_out() -> None:
    cnf = long_formula()
    assert tripartite(cnf).metadata["kept_clauses"] == cnf.num_clauses == 4000
    thin = tripartite(cnf, memory_budget=100_000)
    features = sum(array.nbytes for s in thin.nodes.values() for name, array in s.arrays.items() if name == "x")
    edges = sum(s.index.nbytes for s in thin.edges.values() if s.reverse_of is None)
    assert features + edges < 100_000
    assert thin.metadata["clauses"] == 4000
    assert thin.metadata["kept_clauses"] == thin.nodes["clause"].count < 4000
    assert thin.nodes["clause"].arrays["position"].max() <= 3999
    assert thin.nodes["pos"].arrays["variable"].min() >= 1


def test_variables_that_do_not_occur_give_way_first() -> None:
    sparse = Cnf.from_clauses([[1, -1_000_000], [500_000]], num_vars=1_000_000)
    arrays = tripartite_arrays(sparse, memory_budget=1000)
    assert arrays.num_clauses == 2
    assert arrays.variables is not None
    assert arrays.variables.tolist() == [1, 500_000, 1_000_000]
    assert arrays.literals.tolist() == [0, 5, 2]


def test_too_many_variables_is_our_limit() -> None:
    with pytest.raises(LimitError, match=r"at most 1,073,741,823 variables, got 1,500,000,000"):
        tripartite_arrays(Cnf.from_clauses([[1]], num_vars=1_500_000_000), memory_budget=1 << 40)


def test_arrays_feed_embedding_bag_both_ways() -> None:
    torch = pytest.importorskip("torch")
    arrays = tripartite_arrays(Cnf.from_clauses([[1, -2], [], [2, -2, 3]]))
    weight = torch.eye(6)
    for index, offsets, rows_expected in (
        (arrays.literals, arrays.clause_offsets, [[0, 3], [], [2, 3, 4]]),
        (arrays.clauses, arrays.literal_offsets, [[0], [], [2], [0, 2], [2], []]),
    ):
        bags = torch.nn.functional.embedding_bag(
            torch.from_numpy(index), weight, torch.from_numpy(offsets), mode="sum", include_last_offset=True
        )
        assert [torch.nonzero(bag).ravel().tolist() for bag in bags] == rows_expected


def test_saved_and_loaded(tmp_path: object) -> None:
    graph = tripartite(long_formula(), memory_budget=100_000)
    graph.save(f"{tmp_path}/g")
    assert Graph.load(f"{tmp_path}/g").content_hash() == graph.content_hash()
