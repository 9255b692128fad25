"""The typed graph that every builder makes and every model takes: NumPy columns, no framework.

A folder on disk holds one graph: ``graph.json`` (types, counts, metadata, schema version, content hash) and
``arrays.safetensors`` (every array, nothing that could execute). See :mod:`edasat.core.graph_convert` for the
conversions to PyTorch Geometric, networkx and DGL.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
import numpy.typing as npt

from .errors import InputError, Message
from .files import atomic_folder

if TYPE_CHECKING:
    import networkx as nx
    import torch_geometric.data

    from .csr import Csr

Array = npt.NDArray[Any]
#: Source node type, relation name, target node type: the canonical edge type of PyG and DGL.
Relation = tuple[str, str, str]

#: Raised when a reader of the old layout could misread the new one.
SCHEMA_VERSION: Final = 1

_JSON_NAME = "graph.json"
_ARRAYS_NAME = "arrays.safetensors"
#: Array dtypes that safetensors, torch and DGL all hold.
_DTYPES = frozenset({"bool", "int8", "uint8", "int16", "int32", "int64", "float16", "float32", "float64"})

MESSAGES: Final = {
    "missing": Message("graph-missing", "no graph at this place", "expected a folder made by `edasat graph`"),
    "json": Message("graph-json", "graph.json is damaged: {why}", "build the graph again"),
    "version": Message(
        "graph-version", "graph has schema version {got}, this program reads {want}", "build the graph again"
    ),
    "arrays": Message("graph-arrays", "arrays.safetensors is damaged: {why}", "build the graph again"),
    "content": Message("graph-content", "graph.json and arrays.safetensors disagree: {why}", "build the graph again"),
    "occupied": Message(
        "graph-occupied", "the folder exists and holds something other than a graph", "choose another output folder"
    ),
}


@dataclass(frozen=True, eq=False)
class NodeSet:
    """All nodes of one type, numbered from 0.

    Attributes:
        count: number of nodes.
        arrays: features and labels by name, each with ``count`` rows; the main feature matrix is called ``x``.
        level: int32, (count,): ASAP level in a circuit (see :mod:`edasat.core.levels`), if the graph has levels.
        names: name of each node in the user's files (pins, cells), if nodes have names.
    """

    count: int
    arrays: Mapping[str, Array] = field(default_factory=dict)
    level: npt.NDArray[np.int32] | None = None
    names: Sequence[str] | None = None

    def __post_init__(self) -> None:
        for name, array in self.arrays.items():
            _check_array(name, array, self.count)
        if "level" in self.arrays:
            raise ValueError("'level' is a field of its own, not one of the arrays")
        if self.level is not None:
            _check_array("level", self.level, self.count)
            object.__setattr__(self, "level", self.level.astype(np.int32, copy=False))
        if self.names is not None and len(self.names) != self.count:
            raise ValueError(f"expected {self.count} names, got {len(self.names)}")


@dataclass(frozen=True, eq=False)
class EdgeSet:
    """All edges of one relation.

    Attributes:
        index: int32 or int64, (2, count): source and target node of each edge.
        arrays: features by name, each with ``count`` rows.
        reverse_of: the relation whose edges these are, turned round; both share memory and are stored once.
    """

    index: Array
    arrays: Mapping[str, Array] = field(default_factory=dict)
    reverse_of: Relation | None = None

    def __post_init__(self) -> None:
        if self.index.ndim != 2 or self.index.shape[0] != 2 or self.index.dtype not in (np.int32, np.int64):
            raise ValueError(f"expected int32 or int64 edges of shape (2, E), got {_describe(self.index)}")
        for name, array in self.arrays.items():
            _check_array(name, array, self.count)

    @property
    def count(self) -> int:
        """Number of edges."""
        return int(self.index.shape[1])


@dataclass(frozen=True, eq=False)
class Graph:
    """A heterogeneous directed multigraph.

    Attributes:
        nodes: node sets by type.
        edges: edge sets by (source type, relation, target type).
        metadata: what JSON can hold: kind of graph, source file, what was left out. Not part of the content hash.

    >>> graph = Graph(
    ...     {"pin": NodeSet(3)}, {("pin", "net", "pin"): EdgeSet(np.array([[0, 0], [1, 2]]))}, {"kind": "example"}
    ... )
    >>> graph.csr(("pin", "net", "pin")).row(0).tolist()
    [1, 2]
    """

    nodes: Mapping[str, NodeSet]
    edges: Mapping[Relation, EdgeSet]
    metadata: Mapping[str, Any] = field(default_factory=dict)
    _csr: dict[tuple[Relation, str], Csr] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        for name in ("nodes", "edges", "metadata"):
            object.__setattr__(self, name, MappingProxyType(dict(getattr(self, name))))
        seen: set[Relation] = set()
        for relation, edge_set in self.edges.items():
            seen.add(relation)
            if edge_set.reverse_of is not None:
                if edge_set.reverse_of not in seen:
                    raise ValueError(f"{relation} reverses {edge_set.reverse_of}, which does not stand before it")
                continue
            for node_type, ends in zip((relation[0], relation[2]), edge_set.index, strict=True):
                if node_type not in self.nodes:
                    raise ValueError(f"{relation} names node type '{node_type}', expected one of {list(self.nodes)}")
                count = self.nodes[node_type].count
                if len(ends) and not (ends.min() >= 0 and ends.max() < count):
                    raise ValueError(f"{relation} has an end outside 0..{count - 1} of '{node_type}'")

    @property
    def num_nodes(self) -> int:
        """Number of nodes of all types."""
        return sum(node_set.count for node_set in self.nodes.values())

    @property
    def num_edges(self) -> int:
        """Number of edges of all relations, reversed ones included."""
        return sum(edge_set.count for edge_set in self.edges.values())

    def __repr__(self) -> str:
        nodes = ", ".join(f"{name}: {node_set.count:,}" for name, node_set in self.nodes.items())
        edges = ", ".join(f"{'-'.join(rel)}: {edge_set.count:,}" for rel, edge_set in self.edges.items())
        return f"Graph(nodes={{{nodes}}}, edges={{{edges}}})"

    def with_reverse(self, relation: Relation, name: str) -> Graph:
        """Return the graph with one more relation ``(target, name, source)``: a view of ``relation``'s edges."""
        edge_set = self.edges[relation]
        turned = EdgeSet(edge_set.index[::-1], edge_set.arrays, reverse_of=relation)
        return replace(self, edges={**self.edges, (relation[2], name, relation[0]): turned})

    def csr(self, relation: Relation, by: Literal["source", "target"] = "source") -> Csr:
        """Return a relation's edges grouped by source (CSR) or by target (CSC); built at the first call."""
        if (relation, by) not in self._csr:
            from .csr import group_edges  # brings Numba, which loading and saving do without

            source, target = self.edges[relation].index
            keys, neighbours = (source, target) if by == "source" else (target, source)
            count = self.nodes[relation[0] if by == "source" else relation[2]].count
            self._csr[relation, by] = group_edges(keys, neighbours, count)
        return self._csr[relation, by]

    def content_hash(self) -> str:
        """Return 32 hex digits of the types, edges, arrays, levels and names; metadata does not count."""
        digest = hashlib.blake2b(json.dumps(self._layout(), sort_keys=True).encode(), digest_size=16)
        for name, array in sorted(self._stored_arrays().items()):
            digest.update(f"{name}:{array.dtype.str}:{array.shape};".encode())
            digest.update(array.data)
        return digest.hexdigest()

    def save(self, folder: str | Path) -> None:
        """Write the graph to a folder; an interrupted call leaves no half-written graph.

        Raises:
            InputError: if the folder exists and is neither empty nor a graph.
        """
        from safetensors.numpy import save_file

        folder = Path(folder)
        if folder.exists() and not (folder.is_dir() and ((folder / _JSON_NAME).is_file() or not any(folder.iterdir()))):
            raise InputError.of(MESSAGES["occupied"], str(folder))
        header = {
            "format": "edasat-graph",
            "schema_version": SCHEMA_VERSION,
            "content_hash": self.content_hash(),
            **self._layout(),
            "metadata": dict(self.metadata),
        }
        with atomic_folder(folder) as fresh:
            save_file(self._stored_arrays(), fresh / _ARRAYS_NAME)
            (fresh / _JSON_NAME).write_text(json.dumps(header, indent=1) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, folder: str | Path) -> Graph:
        """Read a graph that :meth:`save` wrote.

        Raises:
            InputError: if the folder is no graph, is damaged, or was written by another schema version.
        """
        folder = Path(folder)
        header = _read_header(folder)
        arrays = _read_arrays(folder)
        try:
            graph = _assemble(header, arrays)
        except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
            raise InputError.of(MESSAGES["content"], str(folder), why=_reason(error)) from error
        if graph.content_hash() != header.get("content_hash"):
            raise InputError.of(MESSAGES["content"], str(folder), why="the content hash differs")
        return graph

    def to_pyg(self) -> torch_geometric.data.HeteroData:
        """Convert to PyTorch Geometric; see :func:`edasat.core.graph_convert.to_pyg`."""
        from .graph_convert import to_pyg

        return to_pyg(self)

    def to_networkx(self) -> nx.MultiDiGraph:
        """Convert to networkx; see :func:`edasat.core.graph_convert.to_networkx`."""
        from .graph_convert import to_networkx

        return to_networkx(self)

    def to_dgl(self) -> Any:
        """Convert to a DGLGraph (optional dependency); see :func:`edasat.core.graph_convert.to_dgl`."""
        from .graph_convert import to_dgl

        return to_dgl(self)

    @classmethod
    def from_dgl(cls, graph: Any) -> Graph:
        """Convert from a DGLGraph; see :func:`edasat.core.graph_convert.from_dgl`."""
        from .graph_convert import from_dgl

        return from_dgl(graph)

    def _layout(self) -> dict[str, Any]:
        """Return types, counts and array names: what the JSON file says beside the arrays."""
        return {
            "nodes": {
                name: {
                    "count": node_set.count,
                    "arrays": sorted(node_set.arrays),
                    "level": node_set.level is not None,
                    "names": node_set.names is not None,
                }
                for name, node_set in self.nodes.items()
            },
            "edges": [
                {
                    "relation": list(relation),
                    "count": edge_set.count,
                    "arrays": sorted(edge_set.arrays),
                    "reverse_of": list(edge_set.reverse_of) if edge_set.reverse_of else None,
                }
                for relation, edge_set in self.edges.items()
            ],
        }

    def _stored_arrays(self) -> dict[str, Array]:
        """Return every array under its name in the safetensors file, contiguous; reversed relations have none."""
        stored: dict[str, Array] = {}
        for node_type, node_set in self.nodes.items():
            stored |= {f"nodes/{node_type}/arrays/{name}": array for name, array in node_set.arrays.items()}
            if node_set.level is not None:
                stored[f"nodes/{node_type}/level"] = node_set.level
            if node_set.names is not None:
                text, ends = _pack_names(node_set.names)
                stored[f"nodes/{node_type}/names"] = text
                stored[f"nodes/{node_type}/name_ends"] = ends
        for number, edge_set in enumerate(self.edges.values()):
            if edge_set.reverse_of is None:
                stored[f"edges/{number}/index"] = edge_set.index
                stored |= {f"edges/{number}/arrays/{name}": array for name, array in edge_set.arrays.items()}
        return {name: np.ascontiguousarray(array) for name, array in stored.items()}


#: ``load(folder) -> Graph``: short for :meth:`Graph.load`.
load = Graph.load


def _describe(array: Array) -> str:
    return f"{array.dtype} of shape {array.shape}"


def _check_array(name: str, array: Array, count: int) -> None:
    """Refuse an array whose rows do not match the set, or whose dtype a converter could not hold."""
    if array.ndim == 0 or array.shape[0] != count:
        raise ValueError(f"expected '{name}' with {count} rows, got {_describe(array)}")
    if array.dtype.name not in _DTYPES or not array.dtype.isnative:
        raise ValueError(f"expected '{name}' with a dtype of {sorted(_DTYPES)}, got {array.dtype}")


def _pack_names(names: Sequence[str]) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
    """Join names into UTF-8 bytes and the end of each."""
    encoded = [name.encode() for name in names]
    ends = np.cumsum(np.fromiter(map(len, encoded), np.int64, len(encoded)), dtype=np.int64)
    return np.frombuffer(b"".join(encoded), np.uint8), ends


def _unpack_names(text: npt.NDArray[np.uint8], ends: npt.NDArray[np.int64]) -> tuple[str, ...]:
    """Invert :func:`_pack_names`."""
    data = text.tobytes()
    bounds = [0, *ends.tolist()]
    return tuple(data[a:b].decode() for a, b in pairwise(bounds))


def _read_header(folder: Path) -> dict[str, Any]:
    """Read graph.json and check that it is ours and of our version."""
    try:
        header = json.loads((folder / _JSON_NAME).read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError) as error:
        raise InputError.of(MESSAGES["missing"], str(folder)) from error
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise InputError.of(MESSAGES["json"], str(folder), why=error) from error
    if not isinstance(header, dict) or header.get("format") != "edasat-graph":
        raise InputError.of(MESSAGES["json"], str(folder), why="the format is not 'edasat-graph'")
    if header.get("schema_version") != SCHEMA_VERSION:
        raise InputError.of(MESSAGES["version"], str(folder), got=header.get("schema_version"), want=SCHEMA_VERSION)
    return header


def _read_arrays(folder: Path) -> dict[str, Array]:
    """Read arrays.safetensors."""
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        return load_file(folder / _ARRAYS_NAME)
    except FileNotFoundError as error:
        raise InputError.of(MESSAGES["arrays"], str(folder), why="the file is missing") from error
    except (SafetensorError, KeyError, TypeError, ValueError) as error:  # KeyError: a dtype NumPy lacks
        raise InputError.of(MESSAGES["arrays"], str(folder), why=_reason(error)) from error


def _assemble(header: dict[str, Any], arrays: dict[str, Array]) -> Graph:
    """Build the graph from both files; any lookup or shape error means that they disagree."""
    nodes = {}
    for name, row in header["nodes"].items():
        prefix = f"nodes/{name}/"
        nodes[name] = NodeSet(
            int(row["count"]),
            {key: arrays[f"{prefix}arrays/{key}"] for key in row["arrays"]},
            arrays[prefix + "level"] if row["level"] else None,
            _unpack_names(arrays[prefix + "names"], arrays[prefix + "name_ends"]) if row["names"] else None,
        )
    edges: dict[Relation, EdgeSet] = {}
    for number, row in enumerate(header["edges"]):
        source, relation, target = row["relation"]
        if row["reverse_of"] is None:
            index = arrays[f"edges/{number}/index"]
            edge_set = EdgeSet(index, {key: arrays[f"edges/{number}/arrays/{key}"] for key in row["arrays"]})
        else:
            forward: Relation = tuple(row["reverse_of"])
            edge_set = EdgeSet(edges[forward].index[::-1], edges[forward].arrays, forward)
        edges[source, relation, target] = edge_set
    return Graph(nodes, edges, header["metadata"])


def _reason(error: BaseException) -> str:
    """Turn an exception into one line; a KeyError's own text is only the key."""
    return f"{error} is missing" if isinstance(error, KeyError) else str(error)
