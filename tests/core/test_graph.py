"""The graph record: what it refuses, what it keeps on disk, and its conversions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edasat.core.errors import InputError
from edasat.core.graph import EdgeSet, Graph, NodeSet, load

NET = ("pin", "net", "pin")
OF = ("pin", "of", "cell")


@pytest.fixture
def graph() -> Graph:
    """Three pins on two cells, one relation with its reverse."""
    x = np.arange(6, dtype=np.float32).reshape(3, 2)
    return Graph(
        {
            "pin": NodeSet(3, {"x": x}, level=np.array([0, 1, 1]), names=["u1/A", "u1/Z", "ü2/A"]),
            "cell": NodeSet(2, {"sequential": np.array([True, False])}),
        },
        {
            NET: EdgeSet(np.array([[0, 0, 1], [2, 1, 2]], np.int32), {"length": np.array([1.5, 2.5, 3.5])}),
            OF: EdgeSet(np.array([[0, 1, 2], [0, 0, 1]])),
        },
        {"kind": "test", "clock": {"period_ns": 1.25}},
    ).with_reverse(NET, "driven_by")


def assert_same(a: Graph, b: Graph) -> None:
    assert a.content_hash() == b.content_hash()
    assert list(a.nodes) == list(b.nodes)
    assert list(a.edges) == list(b.edges)
    for left, right in [
        *((a.nodes[t], b.nodes[t]) for t in a.nodes),
        *((a.edges[r], b.edges[r]) for r in a.edges),
    ]:
        assert left.count == right.count
        assert set(left.arrays) == set(right.arrays)
        for name in left.arrays:
            assert left.arrays[name].dtype == right.arrays[name].dtype
            np.testing.assert_array_equal(left.arrays[name], right.arrays[name])
    for relation in a.edges:
        np.testing.assert_array_equal(a.edges[relation].index, b.edges[relation].index)


def test_round_trip_through_a_folder(graph: Graph, tmp_path: Path) -> None:
    graph.save(tmp_path / "deep" / "g")
    read = load(tmp_path / "deep" / "g")
    assert_same(graph, read)
    assert read.metadata == {"kind": "test", "clock": {"period_ns": 1.25}}
    assert list(read.nodes["pin"].names or ()) == ["u1/A", "u1/Z", "ü2/A"]
    assert read.nodes["pin"].level.tolist() == [0, 1, 1]  # type: ignore[union-attr]
    reverse = read.edges["pin", "driven_by", "pin"]
    assert reverse.reverse_of == NET
    assert np.shares_memory(reverse.index, read.edges[NET].index)
    assert sorted(p.name for p in (tmp_path / "deep" / "g").iterdir()) == ["arrays.safetensors", "graph.json"]
    assert [p.name for p in (tmp_path / "deep").iterdir()] == ["g"]


def test_save_replaces_a_graph_but_nothing_else(graph: Graph, tmp_path: Path) -> None:
    graph.save(tmp_path / "g")
    Graph({"pin": NodeSet(1)}, {}).save(tmp_path / "g")
    assert load(tmp_path / "g").num_nodes == 1
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter1.tex").write_text("years of work")
    with pytest.raises(InputError, match="graph-occupied"):
        graph.save(tmp_path / "thesis")
    assert (tmp_path / "thesis" / "chapter1.tex").read_text() == "years of work"


def test_failed_save_leaves_the_old_graph(graph: Graph, tmp_path: Path) -> None:
    graph.save(tmp_path / "g")
    broken = Graph({"pin": NodeSet(1)}, {}, {"not json": {1, 2}})
    with pytest.raises(TypeError):
        broken.save(tmp_path / "g")
    assert_same(graph, load(tmp_path / "g"))
    assert [p.name for p in tmp_path.iterdir()] == ["g"]


def _edit(**changes: Any) -> Any:
    def change(folder: Path) -> None:
        path = folder / "graph.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | changes))

    return change


def _flip_last_byte(folder: Path) -> None:
    path = folder / "arrays.safetensors"
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)


def _truncate(name: str, keep: int) -> Any:
    def change(folder: Path) -> None:
        (folder / name).write_bytes((folder / name).read_bytes()[:keep])

    return change


@pytest.mark.parametrize(
    ("damage", "code"),
    [
        (lambda folder: (folder / "graph.json").unlink(), "graph-missing"),
        (lambda folder: (folder / "arrays.safetensors").unlink(), "graph-arrays"),
        (lambda folder: (folder / "graph.json").write_bytes(b"\xff\xfe"), "graph-json"),
        (lambda folder: (folder / "graph.json").write_text("[]"), "graph-json"),
        (_truncate("graph.json", 40), "graph-json"),
        (_truncate("arrays.safetensors", 4), "graph-arrays"),
        (_truncate("arrays.safetensors", 300), "graph-arrays"),
        (_flip_last_byte, "graph-content"),
        (_edit(schema_version=99), "graph-version"),
        (_edit(nodes={}), "graph-content"),
        (_edit(nodes=[]), "graph-content"),
        (_edit(edges=None), "graph-content"),
        (_edit(metadata=7), "graph-content"),
        (_edit(content_hash="0" * 32), "graph-content"),
    ],
)
def test_damage_is_reported(graph: Graph, tmp_path: Path, damage: Any, code: str) -> None:
    graph.save(tmp_path / "g")
    damage(tmp_path / "g")
    with pytest.raises(InputError) as caught:
        load(tmp_path / "g")
    assert caught.value.code == code
    assert caught.value.path == str(tmp_path / "g")


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(["graph.json", "arrays.safetensors"]), st.integers(0, 10**6), st.binary(max_size=4))
def test_any_damage_is_an_input_error(
    graph: Graph, tmp_path: Path, name: str, position: int, replacement: bytes
) -> None:
    graph.save(tmp_path / "g")
    path = tmp_path / "g" / name
    data = path.read_bytes()
    position %= len(data)
    path.write_bytes(data[:position] + replacement + data[position + len(replacement) + 1 :])
    try:
        read = load(tmp_path / "g")
    except InputError:
        return
    assert read.content_hash() == graph.content_hash()  # only metadata or layout can have changed


def test_no_such_folder(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="graph-missing"):
        load(tmp_path / "nothing")


def test_hash_sees_content_not_metadata(graph: Graph) -> None:
    same = Graph(graph.nodes, graph.edges, {"kind": "other"})
    assert same.content_hash() == graph.content_hash()
    moved = dict(graph.edges)
    moved[OF] = EdgeSet(np.array([[0, 1, 2], [0, 1, 1]]))
    assert Graph(graph.nodes, moved).content_hash() != graph.content_hash()
    renamed = dict(graph.nodes)
    renamed["pin"] = NodeSet(3, graph.nodes["pin"].arrays, graph.nodes["pin"].level, ["u1/A", "u1/Z", "u2/A"])
    assert Graph(renamed, graph.edges).content_hash() != graph.content_hash()


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: NodeSet(2, {"x": np.zeros((3, 1))}), "expected 'x' with 2 rows"),
        (lambda: NodeSet(2, {"x": np.array(["a", "b"])}), "dtype"),
        (lambda: NodeSet(2, level=np.zeros(3)), "expected 'level' with 2 rows"),
        (lambda: NodeSet(2, names=["a"]), "expected 2 names"),
        (lambda: EdgeSet(np.zeros((3, 2), np.int64)), r"shape \(2, E\)"),
        (lambda: EdgeSet(np.zeros((2, 3))), "int32 or int64"),
        (lambda: EdgeSet(np.zeros((2, 3), np.int64), {"w": np.zeros(2)}), "expected 'w' with 3 rows"),
        (lambda: Graph({"a": NodeSet(1)}, {("a", "r", "b"): EdgeSet(np.zeros((2, 1), np.int64))}), "node type 'b'"),
        (lambda: Graph({"a": NodeSet(1)}, {("a", "r", "a"): EdgeSet(np.array([[0], [1]]))}), r"outside 0\.\.0"),
        (lambda: Graph({"a": NodeSet(1)}, {("a", "r", "a"): EdgeSet(np.array([[-1], [0]]))}), r"outside 0\.\.0"),
    ],
)
def test_inconsistent_parts_are_refused(build: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        build()


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 2)), max_size=30))
def test_csr_holds_the_edges_in_order(pairs: list[tuple[int, int]]) -> None:
    index = np.array(pairs, np.int64).reshape(-1, 2).T
    graph = Graph({"a": NodeSet(5), "b": NodeSet(3)}, {("a", "r", "b"): EdgeSet(index)}).with_reverse(
        ("a", "r", "b"), "back"
    )
    by_source = graph.csr(("a", "r", "b"))
    by_target = graph.csr(("a", "r", "b"), by="target")
    for node in range(5):
        assert by_source.row(node).tolist() == [b for a, b in pairs if a == node]
    for node in range(3):
        assert by_target.row(node).tolist() == [a for a, b in pairs if b == node]
    assert [pairs[i] for i in by_source.edges.tolist()] == sorted(pairs, key=lambda pair: pair[0])
    assert graph.csr(("a", "r", "b")) is by_source
    np.testing.assert_array_equal(graph.csr(("b", "back", "a")).neighbours, by_target.neighbours)


def test_to_pyg(graph: Graph) -> None:
    torch = pytest.importorskip("torch")
    data = graph.to_pyg()
    data.validate()
    assert data.node_types == ["pin", "cell"]
    assert data["pin"].num_nodes == 3
    assert data["pin"].x.dtype == torch.float32
    assert data["pin"].level.tolist() == [0, 1, 1]
    assert data[NET].edge_index.dtype == torch.int64
    assert data[NET].edge_index.tolist() == [[0, 0, 1], [2, 1, 2]]
    assert data["pin", "driven_by", "pin"].edge_index.tolist() == [[2, 1, 2], [0, 0, 1]]
    assert data[NET].length.tolist() == [1.5, 2.5, 3.5]
    data["pin"].x[0, 0] = -1
    assert graph.nodes["pin"].arrays["x"][0, 0] == 0  # a copy: training cannot change the record


def test_to_networkx(graph: Graph) -> None:
    converted = graph.to_networkx()
    assert isinstance(converted, nx.MultiDiGraph)
    assert converted.graph["kind"] == "test"
    assert converted.nodes["pin", 2] == {"x": [4.0, 5.0], "level": 1, "name": "ü2/A"}
    assert converted.number_of_edges() == graph.num_edges == 9
    assert converted.get_edge_data(("pin", 1), ("pin", 2)) == {("net", 2): {"relation": "net", "length": 3.5}}
    assert converted.get_edge_data(("pin", 2), ("pin", 1)) == {
        ("driven_by", 2): {"relation": "driven_by", "length": 3.5}
    }
    assert sorted(v for _, v in converted.out_edges(("pin", 0))) == [("cell", 0), ("pin", 1), ("pin", 2)]
