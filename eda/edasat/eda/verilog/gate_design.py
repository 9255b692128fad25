"""What the compiled construction of gates works on: a flattened design, and how far it has been built."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from .gate_kernels import (
    FALSE,
    INPUT,
    TRUE,
    UNDECIDED,
    Gates,
    constant,
    new_node,
)

Array = npt.NDArray[Any]

#: In place of a port: what a word drives.
OUT: Final = constant(-1)
#: Value of ``Flat.alias`` of a net that stands for itself. What is above and negative is a constant of :mod:`.words`.
OWN: Final = -9
#: Literal of a net that is not built yet.
UNSET: Final = -8
#: Bits of a memory above which it is left out: Yosys would need minutes for its registers.
LARGEST_MEMORY: Final = 1 << 18
#: Positions in ``Progress.counts``.
STACK, HEAD, TAIL, ENDS, CUT, LEFT_OUT, CUT_WORD, NUM_INPUTS = range(8)


class Flat(NamedTuple):
    """A design flattened: every word once for each instance of its module.

    W words, P pins and B bits of modules; F flat words; N flat nets.

    Attributes:
        op: int16, (W,).
        signed, signed_amount, clocked: int8, (W,).
        memory, depth, memory_width: int32, (W,): see :class:`.words.Words`.
        pin_offsets: int64, (W + 1,); port: int8, (P,); drives: bool, (P,); bit_offsets: int64, (P + 1,).
        bits: int32, (B,).
        fused: bool, (W,): the word is an operand of the sum that reads it and has no adder of its own.
        memory_offsets, memory_ports: int64, (W + 1,), int32: the words that write each memory.
        word: int32, (F,): row of the words.
        shift: int32, (F,): adds to a bit's net to give the flat net.
        first: int32, (F,): flat word of the first word of the same module instance, minus that word's row.
        alias: int32, (N,): the flat net or constant that a net stands for, :data:`OWN` if it has a driver.
        driver: int32, (N,): flat word, -1 without.
    """

    op: Array
    signed: Array
    signed_amount: Array
    clocked: Array
    memory: Array
    depth: Array
    memory_width: Array
    pin_offsets: Array
    port: Array
    drives: Array
    bit_offsets: Array
    bits: Array
    fused: Array
    memory_offsets: Array
    memory_ports: Array
    word: Array
    shift: Array
    first: Array
    alias: Array
    driver: Array


class Progress(NamedTuple):
    """What is done of the construction, so that it goes on when there is more room.

    Attributes:
        literal: int64, (N,): of each flat net, or :data:`UNSET`.
        state: int8, (F,): new, waiting for what it reads, or built.
        stack: int32, (large,): flat words under way.
        queue: int32, (F,): registers, memories and ends whose inputs are wanted.
        register_of: int64, (F,): first register of each flat register or memory, -1.
        next_state: int64, (capacity,): of each node that is a register.
        control: int64, (capacity,): registers of equal control have the same clock and resets.
        ends: int64, (large,): literals of outputs, of clocks and the like, and of what goes into black boxes.
        is_control: bool, (large,): the end is no data.
        counts: int64, (8,): entries of the stack, head and tail of the queue, ends, bits cut, words left out, and the
            first word that was cut (-1 without), inputs of the design.
    """

    literal: Array
    state: Array
    stack: Array
    queue: Array
    register_of: Array
    next_state: Array
    control: Array
    is_control: Array
    ends: Array
    counts: Array


@njit(cache=True, nogil=True)
def pin_of(flat: Flat, word: int, port: int) -> int:
    """Return the pin that a word reads at a port, or drives at :data:`OUT`; -1 if it has none."""
    for pin in range(flat.pin_offsets[word], flat.pin_offsets[word + 1]):
        if flat.drives[pin]:
            if port == OUT:
                return pin
        elif flat.port[pin] == port:
            return pin
    return -1


@njit(cache=True, nogil=True)
def root_of(flat: Flat, bit: int, shift: int) -> Any:
    """Return the flat net that a bit is at last, or a negative constant."""
    if bit < 0:
        return bit
    net = np.int64(bit + shift)
    while flat.alias[net] != OWN:
        net = np.int64(flat.alias[net])
        if net < 0:
            return net
    return net


@njit(cache=True, nogil=True)
def literal_of(gates: Gates, flat: Flat, done: Progress, net: int) -> int:
    """Return the literal of a flat net or constant; a net that depends on itself is cut."""
    if net < 0:
        return FALSE if net == -1 else TRUE if net == -2 else UNDECIDED
    if done.literal[net] == UNSET:
        if flat.driver[net] < 0:
            return UNDECIDED
        done.literal[net] = new_node(gates, INPUT)
        done.counts[CUT] += 1
        if done.counts[CUT_WORD] < 0:
            done.counts[CUT_WORD] = flat.word[flat.driver[net]]
    return done.literal[net]


@njit(cache=True, nogil=True)
def read(gates: Gates, flat: Flat, done: Progress, item: int, port: int) -> Array:
    """Return the literals at a port of a flat word; none where it has no such port."""
    word = np.int64(flat.word[item])
    pin = pin_of(flat, word, port)
    if pin < 0:
        return np.empty(0, np.int64)
    begin, end = flat.bit_offsets[pin], flat.bit_offsets[pin + 1]
    result = np.empty(end - begin, np.int64)
    for i in range(end - begin):
        result[i] = literal_of(gates, flat, done, root_of(flat, flat.bits[begin + i], flat.shift[item]))
    return result


@njit(cache=True, nogil=True)
def write(flat: Flat, done: Progress, item: int, values: Array) -> None:
    """Set the literals of what a flat word drives."""
    pin = pin_of(flat, np.int64(flat.word[item]), OUT)
    if pin < 0:
        return
    begin, end = flat.bit_offsets[pin], flat.bit_offsets[pin + 1]
    for i in range(end - begin):
        bit = flat.bits[begin + i]
        if bit >= 0:
            done.literal[bit + flat.shift[item]] = values[i] if i < len(values) else 0


@njit(cache=True, nogil=True)
def extended(bits: Array, width: int, signed: int) -> Array:
    """Return a number with another width."""
    result = np.zeros(width, np.int64)
    count = min(width, len(bits))
    result[:count] = bits[:count]
    if signed and len(bits):
        result[count:] = bits[-1]
    return result


@njit(cache=True, nogil=True)
def width_of(flat: Flat, word: int, port: int) -> int:
    """Return the bits of a word's pin at a port, 0 if it has none."""
    pin = pin_of(flat, word, port)
    return flat.bit_offsets[pin + 1] - flat.bit_offsets[pin] if pin >= 0 else 0
