"""Mapping of gates on look-up tables: few tables of at most six inputs, and as few levels of them as possible.

Tables hide how gates were written down: a network of tables is close to what synthesis makes of a design, whose area
and delay it tells. What takes synthesis seconds takes this mapper microseconds per gate.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from edasat.core.names import Names

from .gate_kernels import INPUT
from .gate_network import GateNetwork
from .lut_cover import NEVER, count_readers, cover, recover_area, write_tables
from .lut_cuts import AREA, DELAY, allocate_cuts, find_cuts
from .luts import MAX_INPUTS, LutNetwork

Array = npt.NDArray[Any]

#: Cuts kept of each node: eight, as ABC keeps, take a third longer and save .3 % of the tables.
_CUTS: Final = 6
#: Rounds of area recovery: the second one saves two percent of the tables, others hardly any.
_ROUNDS: Final = 2
#: Initial value of flip-flops: unknown, as gates do not tell.
_UNKNOWN: Final = 3


class LutMapping(NamedTuple):
    """Look-up tables that do what gates do.

    Attributes:
        network: inputs, registers and outputs are those of the gates, in their order. Clocks and asynchronous
            controls have tables, but no outputs. Nothing has a name.
        word: int32, (num_nodes,): the word that each node's gate was made for, see
            :attr:`.gate_network.GateNetwork.word`; that of a table is its last gate's.
    """

    network: LutNetwork
    word: npt.NDArray[np.int32]


def map_luts(gates: GateNetwork, size: int = MAX_INPUTS) -> LutMapping:
    """Map gates on look-up tables.

    The cover is as shallow as cuts of the gates allow, up to the few per node that are kept; where there is time, cuts
    are chosen by area flow, then by the tables that each adds [Mishchenko, Chatterjee, Brayton: "Improvements to
    technology mapping for LUT-based FPGAs", TCAD 2007].

    Args:
        gates: of :func:`.gate_network.gate_network`. Gates that no output, next state or control needs are left out.
        size: inputs of a table at most, 3 (a multiplexer's) to 6.

    Raises:
        ValueError: for another size.
    """
    if not 3 <= size <= MAX_INPUTS:
        raise ValueError(f"expected tables of 3 to {MAX_INPUTS} inputs, got {size}")
    kind, fanins = gates.kind, gates.fanins
    literals = np.concatenate([gates.outputs, gates.next_state, gates.controls]).astype(np.int32)
    roots = literals >> 1
    stride = _CUTS + 1
    cuts = allocate_cuts(len(kind), stride)
    required = np.full(len(kind), NEVER, np.int32)
    readers = np.bincount(roots, minlength=len(kind)).astype(np.int32)
    count_readers(kind, fanins, readers)
    mapped = readers > 0
    expected = readers.astype(np.float32)
    find_cuts(kind, fanins, size, stride, DELAY, required, expected, cuts)
    readers = cover(roots, stride, cuts, required)
    for _ in range(_ROUNDS):
        expected = np.where(mapped, np.maximum(readers, 1), 0).astype(np.float32)
        find_cuts(kind, fanins, size, stride, AREA, required, expected, cuts)
        readers = cover(roots, stride, cuts, required)
        recover_area(stride, cuts, readers, required)
        readers = cover(roots, stride, cuts, required)

    inputs = np.flatnonzero(kind == INPUT)
    sources = np.concatenate([inputs, gates.registers])
    place = np.full((len(kind), 2), -1, np.int32)
    place[sources, 0] = np.arange(len(sources))
    offsets, leaves, truth, node_of = write_tables(kind, fanins, stride, cuts, readers, literals, place, len(sources))
    nodes = len(sources) + len(truth)
    next_state = place[gates.next_state >> 1, gates.next_state & 1]
    network = LutNetwork(
        num_inputs=len(inputs),
        flip_flops=np.column_stack([next_state, np.full(len(next_state), _UNKNOWN)]).astype(np.int32),
        fanin_offsets=offsets,
        fanins=leaves,
        truth=truth,
        outputs=place[gates.outputs >> 1, gates.outputs & 1],
        names=_nameless(nodes),
        output_names=_nameless(len(gates.outputs)),
    )
    return LutMapping(network, gates.word[np.concatenate([sources, node_of])])


def _nameless(count: int) -> Names:
    return Names(np.zeros(0, np.uint8), np.zeros(count + 1, np.int64))
