"""Gates of a design, built from its words in milliseconds: what synthesis starts from, before anything is optimised.

Yosys and ABC take seconds to minutes to map a design. Most of what decides area and delay is known much earlier: which
gates every word turns into once constants are propagated, equal gates are one, and what nobody reads is gone. This
module flattens the hierarchy and builds these gates with compiled code, one word after the other in the order in which
they depend on each other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from numba import njit

from .enables import with_enables
from .gate_design import CUT, CUT_WORD, ENDS, LEFT_OUT, NUM_INPUTS, TAIL, UNSET, Flat, Progress
from .gate_flattening import flatten, has_content
from .gate_kernels import (
    AND,
    INPUT,
    REGISTER,
    XOR,
    Gates,
    and_gate,
    enlarged,
    mux_gate,
    new_gates,
    new_node,
    xor_gate,
)
from .gate_words import DONE, build
from .hierarchy import modules_below
from .operations import OP
from .sharing import with_shared_operations
from .single_bits import in_single_bits
from .state_machines import with_states_one_hot
from .words import Words

Array = npt.NDArray[Any]

#: Values of ``GateNetwork.kind``.
GATE_KINDS: Final = ("constant", "input", "register", "and", "xor", "mux")
#: Rounds of merging registers: in all but chains of copies two are enough.
_MERGES: Final = 8
_PORTS: Final = tuple(OP[name] for name in ("input", "output", "inout"))


@dataclass(frozen=True, eq=False)
class GateNetwork:
    """A flat network of two-input gates and multiplexers; a literal is ``2 * node + inverted``.

    Attributes:
        kind: int8, (N,): position in :data:`GATE_KINDS`; node 0 is the constant 0.
        fanins: int32, (N, 3): literals, -1 where there is none; of smaller nodes than the gate. ``and`` and ``xor``
            have two (those of ``xor`` are never inverted), ``mux`` has select, value if it is 1, value if it is 0.
        word: int32, (N,): row of the words, as :func:`.hierarchy.modules_below` leaves them, that the node was first
            made for; -1 for the constant.
        registers: int32, (R,): nodes.
        next_state: int32, (R,): literal of each register's data input.
        outputs: int32, (O,): literals of the outputs of the design, and of what its black boxes read.
        controls: int32, (C,): literals of clocks, asynchronous resets and enables of latches, each once.
        cut_bits: bits that depend on themselves, as far as bitwise words and whole other words tell; inputs here.
        cut_word: a word that drives such a bit, -1 without.
        left_out: words that were not built: memories of more than :data:`.gate_design.LARGEST_MEMORY` bits, powers.
    """

    kind: npt.NDArray[np.int8]
    fanins: npt.NDArray[np.int32]
    word: npt.NDArray[np.int32]
    registers: npt.NDArray[np.int32]
    next_state: npt.NDArray[np.int32]
    outputs: npt.NDArray[np.int32]
    controls: npt.NDArray[np.int32]
    cut_bits: int
    cut_word: int
    left_out: int

    @property
    def num_nodes(self) -> int:
        """Number of nodes, the constant included."""
        return len(self.kind)

    def levels(self) -> npt.NDArray[np.int32]:
        """Return int32, (N,): two-input gates on the longest path up to each node; others than ANDs count for two."""
        level = np.zeros(self.num_nodes, np.int32)
        _raise_levels(self.kind, self.fanins, level)
        return level


def gate_network(words: Words, top: str | None = None) -> GateNetwork:
    """Build the gates of all that stands below a module.

    Enables and synchronous resets of registers become logic. State machines are one-hot, see
    :mod:`.state_machines`. Memories become registers with decoders and multiplexers;
    those that nothing writes become logic.

    Args:
        words: of :func:`.words.read_words`.
        top: as for :func:`.word_graph.word_graph`.

    Raises:
        InputError: if there is no such module, several could be meant, or a module contains itself.
        LimitError: if the flattened design has more than 20 million words or nets.
    """
    words, _ = modules_below(words, top)
    words, origin = with_states_one_hot(words)
    for rewritten in (with_enables, with_shared_operations):
        words, rows = rewritten(words)
        origin = origin[rows]
    gates, done = _built(words)
    if done.counts[CUT]:  # words that seem to depend on themselves are looked at bit by bit
        words, single = in_single_bits(words)
        gates, done = _built(words)
        origin = origin[single]
    gates, done = _merge_registers(gates, done)
    return _swept(gates, done, origin)


def _built(words: Words) -> tuple[Gates, Progress]:
    """Build all words that something needs."""
    flat = flatten(words)
    num_items, num_nets = len(flat.word), len(flat.alias)
    capacity = 4096 + 8 * num_nets
    done = Progress(
        literal=np.full(num_nets, UNSET, np.int64),
        state=np.zeros(num_items, np.int8),
        stack=np.zeros(200_000 + 4 * num_items, np.int32),
        queue=np.zeros(num_items + 1, np.int32),
        register_of=np.full(num_items, -1, np.int64),
        next_state=np.zeros(capacity, np.int64),
        control=np.zeros(capacity, np.int64),
        is_control=np.zeros(100_000, bool),
        ends=np.zeros(100_000, np.int64),
        counts=np.array([0, 0, 0, 0, 0, 0, -1, 0], np.int64),
    )
    gates = _start(words, flat, done, new_gates(capacity))
    while build(gates, flat, done) != DONE:
        gates = enlarged(gates, 2 * len(gates.kind))
        done = done._replace(
            **{
                name: np.concatenate([old := getattr(done, name), np.zeros_like(old)])
                for name in ("next_state", "control", "stack", "ends", "is_control")
            }
        )
    return gates, done


def _merge_registers(gates: Gates, done: Progress) -> tuple[Gates, Progress]:
    """Let one register stand for all of the same data and control, and constants for those that keep one.

    Which registers are equal may show only when others have become one; the gates are made anew each time.
    """
    for _ in range(_MERGES):
        count = int(gates.counts[0])
        alive = np.zeros(count, bool)
        ends = done.ends[: done.counts[ENDS]]
        _mark(gates.kind[:count], gates.fanins[:count], done.next_state, ends >> 1, alive)
        registers = np.flatnonzero(alive & (gates.kind[:count] == REGISTER))
        state, control = done.next_state[registers], done.control[registers]
        keys = np.stack([state, control], axis=1)
        _, first, group = np.unique(keys, axis=0, return_index=True, return_inverse=True)
        stands_for = 2 * np.arange(count)
        stands_for[registers] = 2 * registers[first[group.ravel()]]
        below = gates.fanins[state >> 1]
        stays = (gates.kind[state >> 1] == AND) & (state % 2 == 0) & (below == 2 * registers[:, None]).any(axis=1)
        # 0, the old state, or one of both: from reset on it is 0
        stands_for[registers[(state == 0) | (state == 2 * registers) | stays]] = 0
        if (stands_for[registers] == 2 * registers).all():
            break
        new = new_gates(len(gates.kind))
        literal = np.zeros(count, np.int64)
        _remake(gates, new, stands_for, alive, int(done.counts[NUM_INPUTS]), literal)
        next_state, controls = np.zeros_like(done.next_state), np.zeros_like(done.control)
        kept = registers[stands_for[registers] == 2 * registers]
        there = literal[kept] >> 1
        next_state[there] = literal[done.next_state[kept] >> 1] ^ (done.next_state[kept] & 1)
        controls[there] = done.control[kept]
        done.ends[: len(ends)] = literal[ends >> 1] ^ (ends & 1)
        gates, done = new, done._replace(next_state=next_state, control=controls)
    return gates, done


@njit(cache=True, nogil=True)
def _raise_levels(kind: Array, fanins: Array, level: Array) -> None:
    for node in range(len(kind)):
        if kind[node] >= AND:
            highest = 0
            for position in range(3):
                if fanins[node, position] >= 0:
                    highest = max(highest, level[fanins[node, position] >> 1])
            level[node] = highest + (1 if kind[node] == AND else 2)


@njit(cache=True, nogil=True)
def _remake(old: Gates, new: Gates, stands_for: Array, alive: Array, num_inputs: int, literal: Array) -> None:
    """Copy gates with others in place of some nodes; ``literal`` takes the new literal of each old node."""
    for node in range(1, len(alive)):
        if not alive[node] and node > num_inputs:
            continue
        new.counts[1] = old.word[node]
        kind = np.int64(old.kind[node])
        if kind <= REGISTER:
            if stands_for[node] == 2 * node:
                literal[node] = new_node(new, kind)
            continue
        a, b, c = old.fanins[node]
        first = _moved(literal, stands_for, np.int64(a))
        second = _moved(literal, stands_for, np.int64(b))
        if kind == AND:
            literal[node] = and_gate(new, first, second)
        elif kind == XOR:
            literal[node] = xor_gate(new, first, second)
        else:
            literal[node] = mux_gate(new, first, second, _moved(literal, stands_for, np.int64(c)))
    for node in range(1, len(alive)):
        literal[node] = _moved(literal, stands_for, np.int64(2 * node))


@njit(cache=True, nogil=True)
def _moved(literal: Array, stands_for: Array, old: int) -> int:
    return literal[stands_for[old >> 1] >> 1] ^ (old & 1)


def _start(words: Words, flat: Flat, done: Progress, gates: Gates) -> Gates:
    """Make the inputs, and queue the outputs: those of the design, and those of black boxes the other way round."""
    op = flat.op[flat.word]
    top = words.module[flat.word] == len(words.modules) - 1
    black_box = (op == OP["instance"]) & ~has_content(words)[flat.word]
    items = np.flatnonzero((np.isin(op, _PORTS) & top) | black_box)
    drives, nets, owner = _nets_of(words, flat, items)
    nets_in = np.unique(nets[drives])
    count = len(nets_in)
    if len(gates.kind) < count + 2:
        gates = enlarged(gates, 2 * count + 2)
    gates.kind[1 : count + 1] = INPUT
    word_of_net = np.zeros(len(flat.alias), np.int32)
    word_of_net[nets[drives]] = flat.word[owner[drives]]
    gates.word[1 : count + 1] = word_of_net[nets_in]
    gates.counts[0] = count + 1
    done.counts[NUM_INPUTS] = count
    done.literal[nets_in] = 2 * np.arange(1, count + 1)
    ends = items[~np.isin(op[items], (OP["input"],))]
    done.queue[: len(ends)] = ends
    done.counts[TAIL] = len(ends)
    return gates


def _nets_of(words: Words, flat: Flat, items: Array) -> tuple[Array, Array, Array]:
    """Return of all nets at the pins of flat words: whether the word drives it, the flat net, the flat word."""
    rows = flat.word[items]
    counts = np.diff(words.bit_offsets[words.pin_offsets])[rows]
    first = words.bit_offsets[words.pin_offsets[rows]]
    owner = np.repeat(items, counts)
    position = np.arange(len(owner)) + np.repeat(first - np.cumsum(counts) + counts, counts)
    drives = np.repeat(words.pin_drives, np.diff(words.bit_offsets))[position]
    bits = words.bits[position]
    nets = bits >= 0
    return drives[nets], bits[nets] + flat.shift[owner[nets]], owner[nets]


def _swept(gates: Gates, done: Progress, origin: Array) -> GateNetwork:
    """Keep what reaches an end, directly or through registers, and number it anew."""
    count = int(gates.counts[0])
    kind, fanins = gates.kind[:count], gates.fanins[:count]
    ends = done.ends[: done.counts[ENDS]]
    is_control = done.is_control[: done.counts[ENDS]]
    alive = np.zeros(count, bool)
    alive[: done.counts[NUM_INPUTS] + 1] = True  # the constant, and inputs even where nothing reads them
    _mark(kind, fanins, done.next_state[:count], ends >> 1, alive)
    number = np.full(count + 1, -1, np.int64)
    number[:count][alive] = np.arange(alive.sum())
    kept = fanins[alive].astype(np.int64)
    renumbered = np.where(kept >= 0, 2 * number[np.maximum(kept, 0) >> 1] + (kept & 1), -1)
    registers = np.flatnonzero(alive & (kind == REGISTER))
    state = done.next_state[registers]
    new_ends = 2 * number[ends >> 1] + (ends & 1)
    return GateNetwork(
        kind=kind[alive].copy(),
        fanins=renumbered.astype(np.int32),
        word=np.append(origin, -1)[gates.word[:count][alive]].astype(np.int32),
        registers=number[registers].astype(np.int32),
        next_state=(2 * number[state >> 1] + (state & 1)).astype(np.int32),
        outputs=new_ends[~is_control].astype(np.int32),
        controls=np.unique(new_ends[is_control]).astype(np.int32),
        cut_bits=int(done.counts[CUT]),
        cut_word=int(np.append(origin, -1)[done.counts[CUT_WORD]]),
        left_out=int(done.counts[LEFT_OUT]),
    )


@njit(cache=True, nogil=True)
def _mark(kind: Array, fanins: Array, next_state: Array, ends: Array, alive: Array) -> None:
    stack = np.empty(len(kind) + len(ends) + 1, np.int64)
    size = 0
    for node in ends:
        if not alive[node]:
            alive[node] = True
            stack[size] = node
            size += 1
    while size:
        size -= 1
        node = stack[size]
        if kind[node] == REGISTER:
            other = next_state[node] >> 1
            if not alive[other]:
                alive[other] = True
                stack[size] = other
                size += 1
        elif kind[node] >= AND:
            for position in range(3):
                if fanins[node, position] >= 0:
                    other = np.int64(fanins[node, position] >> 1)
                    if not alive[other]:
                        alive[other] = True
                        stack[size] = other
                        size += 1
