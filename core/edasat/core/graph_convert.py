"""Conversions of :class:`edasat.core.graph.Graph` to and from other graph libraries, imported when called.

Node arrays keep their names; levels are called ``level``. Metadata and node names stay behind, except in networkx.
"""

from __future__ import annotations

import os
import sys
import types
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from .errors import MissingToolError
from .graph import Array, EdgeSet, Graph, NodeSet

if TYPE_CHECKING:
    import networkx as nx
    import torch_geometric.data


def to_pyg(graph: Graph) -> torch_geometric.data.HeteroData:
    """Convert to a ``HeteroData``: int64 ``edge_index``, arrays copied, ``num_nodes`` set for every type."""
    import torch
    from torch_geometric.data import HeteroData

    data = HeteroData()
    for node_type, node_set in graph.nodes.items():
        store = data[node_type]
        store.num_nodes = node_set.count
        for name, array in _with_level(node_set).items():
            store[name] = torch.tensor(array)
    for relation, edge_set in graph.edges.items():
        store = data[relation]
        store.edge_index = torch.from_numpy(np.array(edge_set.index, np.int64, order="C"))
        for name, array in edge_set.arrays.items():
            store[name] = torch.tensor(array)
    return data


def to_networkx(graph: Graph) -> nx.MultiDiGraph:
    """Convert to a ``MultiDiGraph``, for pictures and small analyses.

    Nodes are pairs (type, number) with their arrays' rows, level and name as attributes; edges carry the relation's
    name as attribute ``relation`` and are numbered by position in it: the key is (relation name, position).
    networkx keeps Python objects: count on a kilobyte per node and edge.
    """
    import networkx as nx

    result = nx.MultiDiGraph(**graph.metadata)
    for node_type, node_set in graph.nodes.items():
        columns = {name: array.tolist() for name, array in _with_level(node_set).items()}
        if node_set.names is not None:
            columns["name"] = list(node_set.names)
        keys = [(node_type, number) for number in range(node_set.count)]
        result.add_nodes_from(zip(keys, _rows(columns, node_set.count), strict=True))
    for (source_type, relation, target_type), edge_set in graph.edges.items():
        columns = {name: array.tolist() for name, array in edge_set.arrays.items()}
        sources, targets = edge_set.index.tolist()
        result.add_edges_from(
            ((source_type, a), (target_type, b), (relation, position), {"relation": relation, **row})
            for position, (a, b, row) in enumerate(zip(sources, targets, _rows(columns, edge_set.count), strict=True))
        )
    return result


def to_dgl(graph: Graph) -> Any:
    """Convert to a ``DGLGraph``; arrays go to ``ndata`` and ``edata``.

    Raises:
        MissingToolError: if DGL is not installed.
        ValueError: if a node type has no edges, which DGL cannot hold.
    """
    import torch

    dgl = import_dgl()
    linked = {end for relation in graph.edges for end in (relation[0], relation[2])}
    if unlinked := set(graph.nodes) - linked:
        raise ValueError(f"DGL needs an edge type for every node type, got none for {sorted(unlinked)}")
    result = dgl.heterograph(
        {
            relation: tuple(torch.from_numpy(np.array(end, np.int64)) for end in edge_set.index)
            for relation, edge_set in graph.edges.items()
        },
        {node_type: node_set.count for node_type, node_set in graph.nodes.items()},
    )
    for node_type, node_set in graph.nodes.items():
        for name, array in _with_level(node_set).items():
            result.nodes[node_type].data[name] = torch.tensor(array)
    for relation, edge_set in graph.edges.items():
        for name, array in edge_set.arrays.items():
            result.edges[relation].data[name] = torch.tensor(array)
    return result


def from_dgl(graph: Any) -> Graph:
    """Convert from a ``DGLGraph`` on any device; ``ndata['level']`` becomes the level."""
    nodes = {}
    for node_type in graph.ntypes:
        arrays = {name: tensor.cpu().numpy() for name, tensor in graph.nodes[node_type].data.items()}
        level = arrays.pop("level", None)
        nodes[node_type] = NodeSet(int(graph.num_nodes(node_type)), arrays, level)
    edges = {}
    for relation in graph.canonical_etypes:
        index = np.stack([end.cpu().numpy() for end in graph.edges(etype=relation, order="eid")])
        arrays = {name: tensor.cpu().numpy() for name, tensor in graph.edges[relation].data.items()}
        edges[relation] = EdgeSet(index, arrays)
    return Graph(nodes, edges)


def import_dgl() -> Any:
    """Import DGL 2.1 under a torch newer than its own.

    DGL's last Linux wheels ship their GraphBolt loader library for torch 2.0 to 2.2 only, and importing ``dgl`` fails
    without it. Message passing does not use it, so an empty module stands in for it.

    Raises:
        MissingToolError: if DGL is not installed.
    """
    # Without the variable DGL asks for a backend on standard output and writes a file into the home folder.
    os.environ.setdefault("DGLBACKEND", "pytorch")
    try:
        if "dgl" not in sys.modules:
            sys.modules.setdefault("dgl.graphbolt", types.ModuleType("dgl.graphbolt"))
        import dgl
    except ImportError as error:
        sys.modules.pop("dgl.graphbolt", None)
        raise MissingToolError(
            f"error: DGL cannot be imported: {error}\n  hint: run tools/setup --dgl and use .venv-dgl; see docs/dgl.md"
        ) from error
    return dgl


def _with_level(node_set: NodeSet) -> dict[str, Array]:
    """Return the arrays of a node set, the level among them."""
    return dict(node_set.arrays) if node_set.level is None else {**node_set.arrays, "level": node_set.level}


def _rows(columns: Mapping[str, list[Any]], count: int) -> Iterable[dict[str, Any]]:
    """Turn columns into one attribute dictionary per row."""
    if not columns:
        return ({} for _ in range(count))
    return (dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True))
