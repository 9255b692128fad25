from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from edasat.core.graph import Graph
from edasat.eda.aig import Aig
from edasat.eda.formats.aiger import read_aiger
from edasat.eda.graphs import NODE_KINDS, aig_graph

COUNTER = Aig(
    num_inputs=1,
    ands=np.array([[2, 4], [3, 5], [7, 9]], np.int32),  # gate 5 is input xor latch
    outputs=np.array([4], np.int32),
    latches=np.array([[10, 0]], np.int32),
    output_names=("q",),
)


def test_edges_follow_the_literals(tmp_path: Path) -> None:
    graph = aig_graph(COUNTER)
    assert [NODE_KINDS[k] for k in graph.nodes["node"].arrays["kind"]] == ["constant", "input", "latch", *["and"] * 3]
    fanin = graph.edges["node", "fanin", "node"]
    assert fanin.index.tolist() == [[1, 2, 1, 2, 3, 4], [3, 3, 4, 4, 5, 5]]
    assert fanin.arrays["inverted"].tolist() == [0, 0, 1, 1, 1, 1]
    assert graph.edges["node", "next", "node"].index.tolist() == [[5], [2]]
    assert graph.nodes["node"].level.tolist() == [0, 0, 0, 1, 1, 2]
    graph.save(tmp_path / "g")
    assert Graph.load(tmp_path / "g").content_hash() == graph.content_hash()


def test_levels_equal_the_longest_path(shared_data: Path) -> None:
    networkx = pytest.importorskip("networkx")
    aig = read_aiger(shared_data / "circuits" / "epfl" / "cavlc.aig")
    graph = aig_graph(aig)
    source, target = graph.edges["node", "fanin", "node"].index
    dag = networkx.DiGraph(list(zip(source.tolist(), target.tolist(), strict=True)))
    longest = {}
    for node in networkx.topological_sort(dag):
        longest[node] = max((longest[p] + 1 for p in dag.predecessors(node)), default=0)
    levels = graph.nodes["node"].level
    assert all(levels[node] == level for node, level in longest.items())
