"""The graph of the gates that a design's words are made of."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from edasat.core.graph import EdgeSet, Graph, NodeSet

from .gate_network import GateNetwork
from .hierarchy import modules_below
from .words import Words


def gate_graph(gates: GateNetwork, words: Words) -> Graph:
    """Return the graph of a network of gates.

    Node types: "gate" (numbered as in the network) with ``kind`` (uint8, position in :data:`.gate_network.GATE_KINDS`),
    ``line`` (int32) and ``file`` (int16, row of the metadata's ``files``) of the word that it was made for, -1 where
    unknown, and ``level`` (see :meth:`.gate_network.GateNetwork.levels`); and "output". Relations: ("gate", "drives",
    "gate") with ``inverted`` (int8) and ``position`` (int8) of the source among the target's fan-ins; ("gate", "next",
    "gate") from the next state of a register to it, and ("gate", "drives", "output"), both with ``inverted``.

    Args:
        gates: of :func:`.gate_network.gate_network`.
        words: the design that they were made of.
    """
    below, _ = modules_below(words)
    known, word = gates.word >= 0, np.maximum(gates.word, 0)
    target, position = (part.astype(np.int32) for part in np.nonzero(gates.fanins >= 0))
    literal = gates.fanins[target, position]
    outputs = np.arange(len(gates.outputs), dtype=np.int32)
    arrays: dict[str, npt.NDArray[Any]] = {
        "kind": gates.kind.astype(np.uint8),
        "line": np.where(known, below.line[word], -1).astype(np.int32),
        "file": np.where(known, below.file[word], -1).astype(np.int16),
    }
    return Graph(
        {
            "gate": NodeSet(gates.num_nodes, arrays, level=gates.levels()),
            "output": NodeSet(len(outputs)),
        },
        {
            ("gate", "drives", "gate"): EdgeSet(
                np.stack([literal >> 1, target]),
                {"inverted": (literal & 1).astype(np.int8), "position": position.astype(np.int8)},
            ),
            ("gate", "next", "gate"): EdgeSet(
                np.stack([gates.next_state >> 1, gates.registers]),
                {"inverted": (gates.next_state & 1).astype(np.int8)},
            ),
            ("gate", "drives", "output"): EdgeSet(
                np.stack([gates.outputs >> 1, outputs]), {"inverted": (gates.outputs & 1).astype(np.int8)}
            ),
        },
        {
            "kind": "gate",
            "top": below.modules[-1],
            "files": list(below.files),
            "registers": len(gates.registers),
            "cut_bits": gates.cut_bits,
            "left_out": gates.left_out,
        },
    )
