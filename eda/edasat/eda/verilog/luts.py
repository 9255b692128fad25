"""Networks of look-up tables, as technology-independent mapping leaves them, and their graphs.

Nodes are numbered as in :mod:`edasat.eda.aig`: inputs, then flip-flops, then look-up tables in topological order, so
that every analysis is one sweep.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from numba import njit

from edasat.core.graph import EdgeSet, Graph, NodeSet
from edasat.core.names import Names

#: Inputs that a table of 64 bits has.
MAX_INPUTS: Final = 6
#: Truth table of each input alone.
VARIABLES: Final = np.array(
    [
        0xAAAAAAAAAAAAAAAA,
        0xCCCCCCCCCCCCCCCC,
        0xF0F0F0F0F0F0F0F0,
        0xFF00FF00FF00FF00,
        0xFFFF0000FFFF0000,
        0xFFFFFFFF00000000,
    ],
    np.uint64,
)
#: Values of the node array ``kind``.
LUT_KINDS: Final = ("input", "constant", "flip-flop", "lut")

Array = npt.NDArray[Any]


@dataclass(frozen=True, eq=False)
class LutNetwork:
    """A network of look-up tables of at most six inputs.

    Attributes:
        num_inputs: number of primary inputs; input i is node i.
        flip_flops: int32, (num_flip_flops, 2): node of the next state and initial value (0, 1, 2 do not care,
            3 unknown) of each flip-flop; flip-flop j is node ``num_inputs + j``.
        fanin_offsets: int64, (num_luts + 1,): fan-ins of each table; table t is node ``first_lut + t``.
        fanins: int32: nodes, each of a smaller number than the table's.
        truth: uint64, (num_luts,): bit p is the output where input i of the table is bit i of p; a table of fewer
            inputs than six repeats itself, so that its missing inputs do not count.
        outputs: int32, (num_outputs,): nodes.
        names: of the nodes.
        output_names: one each.
        name: of the circuit.

    Raises:
        ValueError: if shapes do not fit or the tables are not in topological order.
    """

    num_inputs: int
    flip_flops: npt.NDArray[np.int32]
    fanin_offsets: npt.NDArray[np.int64]
    fanins: npt.NDArray[np.int32]
    truth: npt.NDArray[np.uint64]
    outputs: npt.NDArray[np.int32]
    names: Names
    output_names: Names
    name: str = ""

    def __post_init__(self) -> None:
        if len(self.fanin_offsets) != self.num_luts + 1 or self.fanin_offsets[-1] != len(self.fanins):
            raise ValueError(f"the fan-ins do not fit {self.num_luts} tables")
        if self.fanin_counts().max(initial=0) > MAX_INPUTS:
            raise ValueError(f"a table has more than {MAX_INPUTS} inputs")
        if (self.fanins >= self.lut_of_fanin()).any() or self.fanins.min(initial=0) < 0:
            raise ValueError("the tables are not in topological order")
        for nodes in (self.outputs, self.flip_flops[:, 0]):
            if nodes.min(initial=0) < 0 or nodes.max(initial=-1) >= self.num_nodes:
                raise ValueError(f"nodes must lie between 0 and {self.num_nodes - 1}")
        if len(self.names) != self.num_nodes or len(self.output_names) != len(self.outputs):
            raise ValueError(f"expected {self.num_nodes} names of nodes and {len(self.outputs)} of outputs")

    @property
    def num_luts(self) -> int:
        """Number of tables, constants included."""
        return len(self.truth)

    @property
    def first_lut(self) -> int:
        """Node number of the first table."""
        return self.num_inputs + len(self.flip_flops)

    @property
    def num_nodes(self) -> int:
        """Number of inputs, flip-flops and tables."""
        return self.first_lut + self.num_luts

    def fanin_counts(self) -> npt.NDArray[np.int64]:
        """Return int64, (num_luts,): inputs of each table."""
        return np.diff(self.fanin_offsets)

    def lut_of_fanin(self) -> npt.NDArray[np.int32]:
        """Return int32: the node that each of ``fanins`` is read by."""
        nodes = np.arange(self.first_lut, self.num_nodes, dtype=np.int32)
        return np.repeat(nodes, self.fanin_counts())

    def levels(self) -> npt.NDArray[np.int32]:
        """Return int32, (num_nodes,): tables on the longest path up to and including each node."""
        level = np.zeros(self.num_nodes, np.int32)
        _raise_levels(self.fanin_offsets, self.fanins, self.first_lut, level)
        return level

    def step(
        self, inputs: npt.NDArray[np.uint64], state: npt.NDArray[np.uint64] | None = None
    ) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.uint64]]:
        """Simulate one time step, 64 patterns per word, and return (outputs, next state).

        Args:
            inputs: uint64, (num_inputs, num_words): bit p of word w is pattern ``64 * w + p``.
            state: uint64, (num_flip_flops, num_words); may be left out without flip-flops.
        """
        if state is None:
            state = np.zeros((0, inputs.shape[1]), np.uint64)
        if (len(inputs), len(state)) != (self.num_inputs, len(self.flip_flops)):
            expected = f"{self.num_inputs} inputs and {len(self.flip_flops)} flip-flops"
            raise ValueError(f"expected {expected}, got {len(inputs)} and {len(state)}")
        values = np.concatenate([inputs, state, np.zeros((self.num_luts, inputs.shape[1]), np.uint64)])
        _look_up(self.fanin_offsets, self.fanins, self.truth, self.first_lut, values)
        return values[self.outputs], values[self.flip_flops[:, 0]]


def lut_graph(network: LutNetwork) -> Graph:
    """Return the graph of a network of look-up tables.

    Node types: "lut" (numbered as in the network) with ``kind`` (uint8, position in :data:`LUT_KINDS`), ``num_inputs``
    (int8) and ``truth``, the 64 rows of the table (uint8, (n, 8), row p is bit ``p % 8`` of byte ``p // 8``), and
    ``level``; and "output". Relations: ("lut", "drives", "lut") with ``position`` (int8) of the source among the
    target's inputs; ("lut", "next", "lut") from the next state of a flip-flop to it; ("lut", "drives", "output").
    """
    count, first = network.num_nodes, network.first_lut
    inputs = np.zeros(count, np.int8)
    inputs[first:] = network.fanin_counts()
    kind = np.full(count, LUT_KINDS.index("lut"), np.uint8)
    kind[: network.num_inputs] = LUT_KINDS.index("input")
    kind[network.num_inputs : first] = LUT_KINDS.index("flip-flop")
    kind[first:][inputs[first:] == 0] = LUT_KINDS.index("constant")
    truth = np.zeros(count, "<u8")
    truth[first:] = network.truth
    positions = np.arange(len(network.fanins)) - np.repeat(network.fanin_offsets[:-1], network.fanin_counts())
    flip_flops = np.arange(network.num_inputs, first, dtype=np.int32)
    outputs = np.arange(len(network.outputs), dtype=np.int32)
    arrays = {"kind": kind, "num_inputs": inputs, "truth": truth.view(np.uint8).reshape(count, 8)}
    return Graph(
        {
            "lut": NodeSet(count, arrays, level=network.levels(), names=network.names.to_list()),
            "output": NodeSet(len(outputs), names=network.output_names.to_list()),
        },
        {
            ("lut", "drives", "lut"): EdgeSet(
                np.stack([network.fanins, network.lut_of_fanin()]), {"position": positions.astype(np.int8)}
            ),
            ("lut", "next", "lut"): EdgeSet(np.stack([network.flip_flops[:, 0], flip_flops])),
            ("lut", "drives", "output"): EdgeSet(np.stack([network.outputs, outputs])),
        },
        {"kind": "lut", "source": network.name, "inputs": network.num_inputs, "luts": network.num_luts,
         "flip_flops": len(flip_flops)},
    )  # fmt: skip


@njit(cache=True, nogil=True)
def _raise_levels(offsets: Array, fanins: Array, first: int, level: Array) -> None:
    for lut in range(len(offsets) - 1):
        highest = -1
        for position in range(offsets[lut], offsets[lut + 1]):
            highest = max(highest, level[fanins[position]])
        level[first + lut] = highest + 1


@njit(cache=True, nogil=True)
def _look_up(offsets: Array, fanins: Array, truth: Array, first: int, values: Array) -> None:
    """Evaluate the tables in order: Shannon's expansion over the inputs, the last one first."""
    part = np.empty(64, np.uint64)
    zero, ones = np.uint64(0), ~np.uint64(0)
    for lut in range(len(offsets) - 1):
        inputs = offsets[lut + 1] - offsets[lut]
        for word in range(values.shape[1]):
            size = 1 << inputs
            for row in range(size):
                part[row] = ones if truth[lut] >> np.uint64(row) & np.uint64(1) else zero
            for position in range(offsets[lut + 1] - 1, offsets[lut] - 1, -1):
                value = values[fanins[position], word]
                size >>= 1
                for row in range(size):
                    part[row] = (part[row] & ~value) | (part[row + size] & value)
            values[first + lut, word] = part[0]
