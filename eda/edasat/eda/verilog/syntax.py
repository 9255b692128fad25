"""Syntax of designs in Verilog and SystemVerilog: abstract syntax trees as graphs, and counts of what is in them."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from edasat.core.graph import EdgeSet, Graph, NodeSet

from ..flow.sources import Rtl
from . import pyverilog_tree, slang_tree
from .syntax_tree import KIND, NODE_KINDS, SyntaxTree, evaluate

#: Kinds whose cost grows with the width of their operands, not of their result.
_BY_OPERANDS: Final = np.array([
    name in {"eq", "ne", "lt", "le", "gt", "ge", "logic_and", "logic_or", "logic_not"} or name.startswith("reduce_")
    for name in NODE_KINDS
])  # fmt: skip


def parse_syntax(rtl: Rtl) -> tuple[SyntaxTree, str]:
    """Return the syntax tree of a design and who parsed it.

    slang expands includes and macros and refuses what is no Verilog; pyverilog then parses Verilog, and slang what is
    SystemVerilog or what pyverilog does not know.

    Raises:
        InputError: with file, line and column of the first error.
    """
    parsed = slang_tree.parse(rtl)
    tree = pyverilog_tree.convert(parsed) if parsed.is_verilog else None
    return (tree, "pyverilog") if tree is not None else (slang_tree.convert(parsed), "slang")


def syntax_graph(rtl: Rtl) -> Graph:
    """Return the abstract syntax tree of a design as a graph.

    Node type "node", in preorder, with the arrays

    =============  =======  ===================================================================================
    ``kind``       int16    position in :data:`.syntax_tree.NODE_KINDS`
    ``width``      float32  bits of a declared name, literal or expression (IEEE 1364-2005, table 5-22), 0 unknown
    ``value``      float32  log2(1 + magnitude) of constant expressions; of memories, of their number of words
    ``position``   int16    place among its parent's children
    ``copies``     float32  instances of its module below the top, generate loops counted once
    ``line``       int32    -1 where unknown
    ``file``       int16    position in ``metadata["files"]``
    =============  =======  ===================================================================================

    ``level`` is the depth. Relations: ("node", "child", "node") from each node to its children, and ("node",
    "refers", "node") from identifiers to the declaration of their name, from instances to their module.

    Raises:
        InputError: with file, line and column of the first error.
    """
    tree, parser = parse_syntax(rtl)
    found = evaluate(tree, _parameters(rtl, tree))
    copies, module_of, top = _copies(tree, rtl.top)
    parent = np.array(tree.parent, np.int32)
    position, level = _places(parent)
    refers = np.array(found.declaration, np.int32)
    refers[module_of >= 0] = module_of[module_of >= 0]
    source = np.flatnonzero(refers >= 0).astype(np.int32)
    value = [0.0 if one is None else float(min(abs(one), 1 << 1000)) for one in found.value]
    arrays = {
        "kind": np.array(tree.kind, np.int16),
        "width": np.array(found.width, np.float32),
        "value": np.log2(1 + np.array(value)).astype(np.float32),
        "position": np.minimum(position, np.iinfo(np.int16).max).astype(np.int16),
        "copies": copies,
        "line": np.array(tree.line, np.int32),
        "file": np.array(tree.file, np.int16),
    }
    inner = np.flatnonzero(parent >= 0).astype(np.int32)
    return Graph(
        {"node": NodeSet(len(parent), arrays, level=level, names=tree.name)},
        {
            ("node", "child", "node"): EdgeSet(np.stack([parent[inner], inner])),
            ("node", "refers", "node"): EdgeSet(np.stack([source, refers[source]])),
        },
        {"kind": "ast", "files": tree.files, "parser": parser, "top": top},
    )


def syntax_features(rtl: Rtl) -> dict[str, float]:
    """Return what can be counted in the syntax of a design.

    For each kind of node its ``count_``, the ``bits_`` of all of them (of comparisons and reductions those of the
    widest operand) and both times the copies of their modules (``all_count_``, ``all_bits_``); the totals; the depth;
    and the bits of memories, ``all_memory_bits``.

    Raises:
        InputError: with file, line and column of the first error.
    """
    graph = syntax_graph(rtl)
    nodes = graph.nodes["node"]
    kind, width, copies = (nodes.arrays[name] for name in ("kind", "width", "copies"))
    bits = width.astype(np.float64)
    parent, child = graph.edges["node", "child", "node"].index
    widest = np.zeros(len(kind))
    np.maximum.at(widest, parent, bits[child])
    bits = np.where(_BY_OPERANDS[kind], widest, bits)
    size = len(NODE_KINDS)
    columns = {
        "count": np.bincount(kind, minlength=size),
        "bits": np.bincount(kind, bits, size),
        "all_count": np.bincount(kind, copies, size),
        "all_bits": np.bincount(kind, copies * bits, size),
    }
    features = {
        f"{prefix}_{name}": float(column[number])
        for prefix, column in columns.items()
        for number, name in enumerate(NODE_KINDS)
    }
    memory = (kind == KIND["reg"]) & (nodes.arrays["value"] > 0)
    words = np.rint(np.exp2(nodes.arrays["value"].astype(np.float64)) - 1)
    features |= {f"{prefix}_nodes": float(column.sum()) for prefix, column in columns.items()}
    features["depth"] = float(nodes.level.max()) if nodes.level is not None else 0.0
    features["all_memory_bits"] = float((words * bits * copies)[memory].sum())
    return features


def _parameters(rtl: Rtl, tree: SyntaxTree) -> dict[tuple[str, str], int]:
    """Return the user's parameters by module; without a chosen top those of any module that has them."""
    modules = [rtl.top] if rtl.top else [tree.name[node] for node, k in enumerate(tree.kind) if k == KIND["module"]]
    return {(module, name): value for module in modules for name, value in rtl.parameters.items()}


def _copies(tree: SyntaxTree, top: str | None) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int32], str]:
    """Return the copies of each node's module, the module that each instance is of (-1 elsewhere), and the top."""
    modules = {tree.name[node]: node for node, kind in enumerate(tree.kind) if kind == KIND["module"]}
    home = _homes(tree)
    module_of = np.full(len(tree.kind), -1, np.int32)
    uses: dict[int, list[int]] = {node: [] for node in modules.values()}
    for node, kind in enumerate(tree.kind):
        if kind == KIND["instance"] and (child := modules.get(tree.name[node], -1)) >= 0:
            module_of[node] = child
            if home[node] in uses:
                uses[home[node]].append(child)
    used = {child for children in uses.values() for child in children}
    roots = [node for node in modules.values() if node not in used]
    root = modules.get(top or "", roots[0] if len(roots) == 1 else -1)
    count = dict.fromkeys(modules.values(), 0.0)
    for start in [root] if root >= 0 else roots or list(count):
        count[start] = 1.0
    for module in _users_first(uses):
        for child in uses[module]:
            count[child] += count[module]
    copies = np.array([count.get(module, 1.0) for module in home], np.float32)
    return copies, module_of, tree.name[root] if root >= 0 else ""


def _homes(tree: SyntaxTree) -> list[int]:
    """Return the module that each node stands in, itself for modules, -1 outside."""
    home: list[int] = []
    for node, parent in enumerate(tree.parent):
        outside = home[parent] if parent >= 0 else -1
        home.append(node if tree.kind[node] == KIND["module"] else outside)
    return home


def _users_first(uses: dict[int, list[int]]) -> list[int]:
    """Return modules before those that they use; what closes a recursion is left out."""
    order: list[int] = []
    state: dict[int, int] = {}
    for root, used in uses.items():
        path = [(root, iter(used))] if root not in state else []
        state.setdefault(root, 1)
        while path:
            module, children = path[-1]
            child = next((one for one in children if one not in state), None)
            if child is None:
                order.append(module)
                path.pop()
            else:
                state[child] = 1
                path.append((child, iter(uses[child])))
    return order[::-1]


def _places(parent: npt.NDArray[np.int32]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int32]]:
    """Return each node's place among its parent's children, and its depth."""
    order = np.argsort(parent, kind="stable")
    of = parent[order]
    first = np.flatnonzero(np.concatenate([[True], of[1:] != of[:-1]]))
    position = np.empty(len(parent), np.int64)
    position[order] = np.arange(len(parent)) - np.repeat(first, np.diff(np.append(first, len(parent))))
    level = [0] * len(parent)
    for node, above in enumerate(parent.tolist()):
        level[node] = level[above] + 1 if above >= 0 else 0
    return position, np.array(level, np.int32)
