"""Levels against networkx on random graphs, and the report of cycles."""

from __future__ import annotations

from itertools import pairwise

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edasat.core.levels import CycleError, levelize

Edges = list[tuple[int, int]]


@st.composite
def dags(draw: st.DrawFn) -> tuple[int, Edges]:
    """A DAG whose node numbers are no topological order, parallel edges allowed."""
    count = draw(st.integers(1, 20))
    rank = draw(st.permutations(range(count)))
    pairs = draw(st.lists(st.tuples(st.integers(0, count - 1), st.integers(0, count - 1)), max_size=60))
    return count, [(rank[min(a, b)], rank[max(a, b)]) for a, b in pairs if a != b]


def columns(edges: Edges, dtype: type = np.int64) -> tuple[np.ndarray, np.ndarray]:
    array = np.array(edges, dtype).reshape(-1, 2)
    return array[:, 0], array[:, 1]


@given(dags(), st.sampled_from([np.int32, np.int64]))
def test_levels_agree_with_networkx(dag: tuple[int, Edges], dtype: type) -> None:
    count, edges = dag
    graph = nx.MultiDiGraph(edges)
    graph.add_nodes_from(range(count))
    levels = levelize(count, *columns(edges, dtype))
    # Longest path from a source, which is what networkx's generations are.
    generations = [sorted(nodes) for nodes in nx.topological_generations(graph)]
    ours = [sorted(levels.order[a:b].tolist()) for a, b in pairwise(levels.offsets)]
    assert ours == generations
    assert [levels.level[nodes].tolist() for nodes in ours] == [[k] * len(n) for k, n in enumerate(ours)]


@given(dags())
def test_order_is_topological(dag: tuple[int, Edges]) -> None:
    count, edges = dag
    place = np.empty(count, np.int64)
    place[levelize(count, *columns(edges)).order] = np.arange(count)
    assert all(place[a] < place[b] for a, b in edges)


@given(dags(), st.data())
def test_a_cycle_is_found_and_is_one(dag: tuple[int, Edges], data: st.DataObject) -> None:
    count, edges = dag
    nodes = data.draw(st.permutations(range(count)))[: data.draw(st.integers(1, count))]
    edges = [*edges, *zip(nodes, [*nodes[1:], nodes[0]], strict=True)]
    with pytest.raises(CycleError) as caught:
        levelize(count, *columns(edges))
    cycle = caught.value.cycle
    assert len(set(cycle)) == len(cycle) >= 1
    assert set(zip(cycle, [*cycle[1:], cycle[0]], strict=True)) <= set(edges)


def test_message_names_the_cycle_once_around() -> None:
    with pytest.raises(
        CycleError, match=r"a cycle of 3 nodes: (1 -> 2 -> 3 -> 1|2 -> 3 -> 1 -> 2|3 -> 1 -> 2 -> 3) \["
    ):
        levelize(5, *columns([(0, 1), (1, 2), (2, 3), (3, 1), (3, 4)]))


def test_no_nodes_no_levels() -> None:
    levels = levelize(0, *columns([]))
    assert levels.num_levels == 0
    assert len(levels.order) == 0
