"""Structure of formulas: against networkx, under renaming, and as a metric between formulas and sets of them."""

from __future__ import annotations

from itertools import combinations

import networkx as nx
import numpy as np
import pytest

from edasat.sat.cnf import Cnf
from edasat.sat.families import generate
from edasat.sat.structure import (
    FIGURES,
    VariableGraph,
    communities,
    distance,
    measure_structure,
    mmd,
    modularity,
    variable_graph,
)


def _networkx(cnf: Cnf) -> nx.Graph:
    graph = nx.Graph()
    graph.add_nodes_from(range(cnf.num_vars))
    for clause in cnf.to_lists():
        variables = sorted({abs(x) - 1 for x in clause})
        for a, b in combinations(variables, 2):
            weight = graph.get_edge_data(a, b, {"weight": 0.0})["weight"]
            graph.add_edge(a, b, weight=weight + 2 / (len(variables) * (len(variables) - 1)))
    return graph


def _messy(rng: np.random.Generator, num_vars: int = 40, num_clauses: int = 90) -> Cnf:
    """Clauses of any length, with repeated and opposite literals, empty clauses and unused variables."""
    clauses = [
        (rng.integers(1, num_vars, length) * rng.choice((-1, 1), length)).tolist()
        for length in rng.integers(0, 6, num_clauses)
    ]
    return Cnf.from_clauses(clauses, num_vars)


@pytest.mark.parametrize("seed", range(3))
def test_graph_clustering_and_modularity_agree_with_networkx(seed: int) -> None:
    cnf = _messy(np.random.default_rng(seed))
    graph, known = variable_graph(cnf), _networkx(cnf)
    edges = {
        (int(a), int(b)): float(w)
        for a, b, w in zip(
            np.repeat(np.arange(40), np.diff(graph.offsets)), graph.neighbours, graph.weights, strict=True
        )
    }
    assert edges == pytest.approx({pair: w for a, b, w in known.edges(data="weight") for pair in ((a, b), (b, a))})
    labels = communities(graph, seed=seed)
    groups = [set(np.flatnonzero(labels == label)) for label in range(labels.max() + 1)]
    assert modularity(graph, labels) == pytest.approx(nx.community.modularity(known, groups))
    occurring = [node for node in known if (node + 1) in np.abs(cnf.literals)]
    assert measure_structure(cnf).clustering == pytest.approx(
        np.mean([nx.clustering(known, node) for node in occurring])
    )


def test_communities_are_as_good_as_those_of_networkx() -> None:
    cnf = generate("multiplier-commutativity", 6, 0)
    known = _networkx(cnf)
    theirs = nx.community.modularity(known, nx.community.louvain_communities(known, seed=0))
    assert measure_structure(cnf).modularity >= theirs - 0.02


def test_longest_clauses_are_left_out_first() -> None:
    cnf = Cnf.from_clauses([[1, 2], [1, 2, 3, 4, 5], [4, 5]])
    assert variable_graph(cnf, max_pairs=4).neighbours.tolist() == [1, 0, 4, 3]


def test_figures_of_a_formula_do_not_depend_on_names_signs_and_order() -> None:
    cnf = generate("community-3sat", 100, 1)
    rng = np.random.default_rng(0)
    rename = np.concatenate([[0], rng.permutation(cnf.num_vars) + 1])
    literals = (np.sign(cnf.literals) * rename[np.abs(cnf.literals)]).astype(np.int32)
    other = Cnf(cnf.num_vars, cnf.offsets, -literals).select(rng.permutation(cnf.num_clauses))
    apart = distance(measure_structure(cnf), measure_structure(other))
    assert apart["modularity"] < 0.02  # another order of visits may end in another optimum
    assert apart["variable_degrees"] == apart["clause_degrees"] == apart["clause_lengths"] == 0
    assert apart["clustering"] == pytest.approx(0)
    assert apart["overall"] < 0.01


def test_distance_is_zero_on_itself_symmetric_and_counts_doublings() -> None:
    one = measure_structure(Cnf.from_clauses([[1, 2, 3], [3, 4, 5]]))
    long = measure_structure(Cnf.from_clauses([[1, 2, 3, 4, 5, 6, 7], [7, 8, 9, 10, 11, 12, 13]]))
    assert set(distance(one, one).values()) == {0.0}
    assert distance(one, long) == distance(long, one)
    assert distance(one, long)["clause_lengths"] == pytest.approx(1.0)  # log2(8) - log2(4)
    assert 0 < distance(one, long)["overall"] < 1


def test_mmd_tells_families_apart_and_vanishes_on_equal_sets() -> None:
    random = [measure_structure(generate("random-3sat-unsat", 100, seed)) for seed in range(4)]
    others = [measure_structure(generate("random-3sat-unsat", 100, seed)) for seed in range(4, 8)]
    miters = [measure_structure(generate("adder-association", 8, seed)) for seed in range(4)]
    assert all(value == pytest.approx(0, abs=1e-6) for value in mmd(random, random).values())
    near, far = mmd(random, others), mmd(random, miters)
    assert set(near) == {*FIGURES, "overall"}
    assert far["overall"] > 4 * near["overall"]
    assert far["overall"] <= np.sqrt(2)
    with pytest.raises(ValueError, match="got 4 and 0"):
        mmd(random, [])


@pytest.mark.parametrize("clauses", [[], [[]], [[1]], [[1], [-1]], [[1, -1]], [[2, 2]]])
def test_degenerate_formulas_have_a_structure(clauses: list[list[int]]) -> None:
    found = measure_structure(Cnf.from_clauses(clauses, 3))
    assert (found.modularity, found.clustering) == (0.0, 0.0)
    assert set(distance(found, found).values()) == {0.0}


def test_modularity_of_two_triangles_joined_by_an_edge() -> None:
    cnf = Cnf.from_clauses([[1, 2], [2, 3], [1, 3], [3, 4], [4, 5], [5, 6], [4, 6]])
    graph = variable_graph(cnf)
    assert isinstance(graph, VariableGraph)
    assert modularity(graph, communities(graph)) == pytest.approx(6 / 7 - 2 * (7 / 14) ** 2)
