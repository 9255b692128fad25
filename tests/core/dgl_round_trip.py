"""Run by test_graph_dgl.py in the DGL environment: convert, compare, pass messages; exits 0 if all is well."""

from __future__ import annotations

import numpy as np

from edasat.core.graph import EdgeSet, Graph, NodeSet
from edasat.core.graph_convert import import_dgl

IN = ("literal", "in", "clause")
FLIP = ("literal", "flip", "literal")


def make_graph() -> Graph:
    """200 literals in 300 clauses, every dtype that occurs in graphs, one relation with its reverse."""
    random = np.random.default_rng(1)
    literals = NodeSet(
        200,
        {"x": random.random((200, 4), np.float32), "pure": random.random(200) < 0.5},
        level=random.integers(0, 9, 200).astype(np.int32),
    )
    incidence = np.stack([random.integers(0, 200, 900), random.integers(0, 300, 900)])
    flip = np.arange(200) ^ 1
    return Graph(
        {"literal": literals, "clause": NodeSet(300, {"length": random.integers(1, 9, 300).astype(np.int8)})},
        {
            IN: EdgeSet(incidence, {"weight": random.random(900)}),
            FLIP: EdgeSet(np.stack([np.arange(200), flip]).astype(np.int32)),
        },
    ).with_reverse(IN, "contain")


def check_same(expected: Graph, got: Graph) -> None:
    assert {name: s.count for name, s in got.nodes.items()} == {name: s.count for name, s in expected.nodes.items()}
    assert set(got.edges) == set(expected.edges)
    pairs = [(expected.nodes[name], got.nodes[name]) for name in expected.nodes]
    pairs += [(expected.edges[relation], got.edges[relation]) for relation in expected.edges]
    for a, b in pairs:
        assert set(a.arrays) == set(b.arrays)
        for name, array in a.arrays.items():
            assert array.dtype == b.arrays[name].dtype
            np.testing.assert_array_equal(array, b.arrays[name])
    np.testing.assert_array_equal(expected.nodes["literal"].level, got.nodes["literal"].level)
    for relation, edge_set in expected.edges.items():
        np.testing.assert_array_equal(edge_set.index, got.edges[relation].index)


def check_messages(graph: Graph) -> None:
    """Sum literal features into clauses with DGL's kernels and with NumPy."""
    dgl = import_dgl()
    converted = graph.to_dgl()
    converted.multi_update_all({IN: (dgl.function.copy_u("x", "message"), dgl.function.sum("message", "total"))}, "sum")
    source, target = graph.edges[IN].index
    total = np.zeros((300, 4))
    np.add.at(total, target, graph.nodes["literal"].arrays["x"][source])
    np.testing.assert_allclose(converted.nodes["clause"].data["total"].numpy(), total, rtol=1e-5)


def check_gradient(graph: Graph) -> None:
    """Run a heterogeneous graph convolution forward and backward."""
    import_dgl()
    import torch
    from dgl.nn import GraphConv, HeteroGraphConv

    layer = HeteroGraphConv({name: GraphConv(4, 2, allow_zero_in_degree=True) for name in ("in", "contain", "flip")})
    converted = graph.to_dgl()
    out = layer(converted, {"literal": converted.nodes["literal"].data["x"], "clause": torch.zeros(300, 4)})
    assert out["clause"].shape == (300, 2)
    sum(value.sum() for value in out.values()).backward()
    assert all(parameter.grad is not None for parameter in layer.parameters())


def check_unlinked_type_is_refused() -> None:
    try:
        Graph({"pin": NodeSet(1), "cell": NodeSet(1)}, {}).to_dgl()
    except ValueError as error:
        assert "['cell', 'pin']" in str(error)
    else:
        raise AssertionError("a node type without edges was lost")


if __name__ == "__main__":
    graph = make_graph()
    check_same(graph, Graph.from_dgl(graph.to_dgl()))
    check_messages(graph)
    check_gradient(graph)
    check_unlinked_type_is_refused()
    print("round trip passed with DGL", import_dgl().__version__)
