"""Graphs of circuits."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from edasat.core.graph import EdgeSet, Graph, NodeSet

from .aig import Aig

#: Values of the node array ``kind``.
NODE_KINDS: Final = ("constant", "input", "latch", "and")


def aig_graph(aig: Aig) -> Graph:
    """Return the DAG of an and-inverter graph.

    Node types: "node" (the constant, inputs, latches and gates, numbered as in the AIG; array ``kind``, an index into
    :data:`NODE_KINDS`; ``level`` counts AND gates) and "output". Relations: ("node", "fanin", "node") from each
    fan-in to its gate, ("node", "drives", "output"), and ("node", "next", "node") from each latch's next state to the
    latch, which closes the cycles of a sequential circuit. Each edge has ``inverted`` (uint8), 1 where it is negated.

    >>> half_adder = Aig(2, np.array([[2, 4], [3, 5], [7, 9]], np.int32), np.array([10, 6], np.int32))
    >>> aig_graph(half_adder)
    Graph(nodes={node: 6, output: 2}, edges={node-fanin-node: 6, node-drives-output: 2, node-next-node: 0})
    """
    kind = np.full(aig.num_nodes, NODE_KINDS.index("and"), np.uint8)
    kind[0] = NODE_KINDS.index("constant")
    kind[1 : 1 + aig.num_inputs] = NODE_KINDS.index("input")
    kind[1 + aig.num_inputs : aig.first_and] = NODE_KINDS.index("latch")
    gates = np.arange(aig.first_and, aig.num_nodes, dtype=np.int32)
    latches = np.arange(1 + aig.num_inputs, aig.first_and, dtype=np.int32)
    outputs = np.arange(aig.num_outputs, dtype=np.int32)
    nodes = {
        "node": NodeSet(aig.num_nodes, {"kind": kind}, level=aig.levels()),
        "output": NodeSet(aig.num_outputs, names=aig.output_names or None),
    }
    edges = {
        ("node", "fanin", "node"): _edges(aig.ands.ravel(), np.repeat(gates, 2)),
        ("node", "drives", "output"): _edges(aig.outputs, outputs),
        ("node", "next", "node"): _edges(aig.latches[:, 0], latches),
    }
    return Graph(nodes, edges, {"kind": "aig", "source": aig.name, "inputs": aig.num_inputs, "ands": aig.num_ands})


def _edges(literals: npt.NDArray[np.int32], targets: npt.NDArray[np.int32]) -> EdgeSet:
    return EdgeSet(np.stack([literals >> 1, targets]), {"inverted": (literals & 1).astype(np.uint8)})
