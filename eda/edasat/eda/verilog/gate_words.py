"""Compiled construction of the gates of a design: words in the order in which they depend on each other."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

from .gate_design import (
    ENDS,
    HEAD,
    LARGEST_MEMORY,
    LEFT_OUT,
    OUT,
    STACK,
    TAIL,
    UNSET,
    Flat,
    Progress,
    literal_of,
    read,
    root_of,
    width_of,
    write,
)
from .gate_kernels import (
    FALSE,
    REGISTER,
    TRUE,
    Gates,
    and_gate,
    chosen,
    constant,
    decoded,
    mux_gate,
    new_node,
)
from .gate_sums import terms_of
from .gate_values import memory_values, value_of
from .operations import OP, PORT, REGISTERS

Array = npt.NDArray[Any]

_MUL, _MEMRD, _SUB, _DIV, _SHIFTX = (constant(OP[name]) for name in ("mul", "memrd", "sub", "div", "shiftx"))
_SHL, _MEMORY, _ADD, _MOD, _PMUX = (constant(OP[name]) for name in ("shl", "memory", "add", "mod", "pmux"))
_MEMWR, _SYNCHRONOUS_1, _SYNCHRONOUS_2, _MEMINIT, _LATCH_1 = (
    constant(OP[name]) for name in ("memwr", "sdff", "sdffe", "meminit", "dlatch")
)
_LATCH_2 = constant(OP["adlatch"])
_A, _B, _SELECT, _D, _ADDRESS, _DATA, _ENABLE, _RESET, _CLOCK = (
    constant(PORT[name]) for name in ("a", "b", "select", "d", "address", "data", "enable", "reset", "clock")
)
_FIRST_REGISTER = constant(min(OP[name] for name in REGISTERS - {"memory"}))
_LAST_REGISTER = constant(max(OP[name] for name in REGISTERS - {"memory"}))
#: States of :func:`build`.
DONE, FULL = range(2)
#: Values of ``Progress.state``.
NEW, OPEN, BUILT = range(3)


@njit(cache=True, nogil=True)
def _room(flat: Flat, item: int) -> int:
    """Return how many nodes a word may need at most."""
    word = np.int64(flat.word[item])
    op = np.int64(flat.op[word])
    a, b, y = width_of(flat, word, _A), width_of(flat, word, _B), width_of(flat, word, OUT)
    widest = max(a, b, y) + 2
    if op in (_MUL, _ADD, _SUB):  # of the whole sum
        terms = terms_of(flat, item)
        return 64 + 16 * y * (len(terms) + 2) * (1 if op != _MUL and len(terms) <= 2 else widest)
    if op in (_DIV, _MOD):
        return 48 * widest * widest + 64 * widest
    if op >= _SHL and op <= _SHIFTX:
        return 16 * widest * (b + 4)
    if op in (_MEMRD, _MEMORY):
        memory = flat.memory[word] if op == _MEMRD else word
        size = np.int64(flat.depth[memory]) * flat.memory_width[memory] if memory >= 0 else 0
        if size > LARGEST_MEMORY:
            return 64 + y
        ports = flat.memory_offsets[memory + 1] - flat.memory_offsets[memory] if memory >= 0 else 0
        return 64 + 4 * size * (1 + ports) + 2 * flat.depth[memory] * (32 + ports) if memory >= 0 else 64 + y
    if op == _PMUX:
        return 64 + 4 * b + 4 * a + 2 * width_of(flat, word, _SELECT)
    return 64 + 24 * (widest + width_of(flat, word, _D) + width_of(flat, word, _SELECT))


@njit(cache=True, nogil=True)
def _is_register(flat: Flat, word: int) -> Any:
    op = np.int64(flat.op[word])
    return (op >= _FIRST_REGISTER and op <= _LAST_REGISTER) or (op == _MEMRD and flat.clocked[word] > 0)


@njit(cache=True, nogil=True)
def _visit(gates: Gates, flat: Flat, done: Progress, item: int) -> None:
    """Start a flat word: registers have outputs at once, others wait for what they read."""
    word = np.int64(flat.word[item])
    if _is_register(flat, word):
        gates.counts[1] = word
        width = width_of(flat, word, OUT)
        done.register_of[item] = gates.counts[0]
        values = np.empty(width, np.int64)
        for i in range(width):
            values[i] = new_node(gates, REGISTER)
        write(flat, done, item, values)
        done.queue[done.counts[TAIL]] = item
        done.counts[TAIL] += 1
        done.state[item] = BUILT
        return
    done.state[item] = OPEN
    _push_sources(flat, done, item)
    if flat.op[word] == _MEMRD and flat.memory[word] >= 0:
        memory = flat.memory[word]
        for port in range(flat.memory_offsets[memory], flat.memory_offsets[memory + 1]):
            if flat.op[flat.memory_ports[port]] == _MEMINIT:
                _push_sources(flat, done, np.int64(flat.first[item] + flat.memory_ports[port]))


@njit(cache=True, nogil=True)
def _push_sources(flat: Flat, done: Progress, item: int) -> None:
    """Put what a flat word reads, and what is not built yet, on the stack."""
    word = np.int64(flat.word[item])
    last = np.int64(-1)
    for pin in range(flat.pin_offsets[word], flat.pin_offsets[word + 1]):
        if flat.drives[pin]:
            continue
        for position in range(flat.bit_offsets[pin], flat.bit_offsets[pin + 1]):
            net = root_of(flat, flat.bits[position], flat.shift[item])
            if net < 0 or done.literal[net] != UNSET:
                continue
            source = np.int64(flat.driver[net])
            if source >= 0 and source != last and done.state[source] == NEW:
                done.stack[done.counts[STACK]] = source
                done.counts[STACK] += 1
                last = source


@njit(cache=True, nogil=True)
def _settle(gates: Gates, flat: Flat, done: Progress) -> bool:
    """Build all words on the stack and what they read; return whether there was room."""
    while done.counts[STACK]:
        if done.counts[STACK] > len(done.stack) - 70_000:
            return False
        item = np.int64(done.stack[done.counts[STACK] - 1])
        if done.state[item] == BUILT:
            done.counts[STACK] -= 1
            continue
        word = np.int64(flat.word[item])
        if gates.counts[0] + _room(flat, item) > len(gates.kind):
            return False
        if done.state[item] == NEW:
            _visit(gates, flat, done, item)
            continue
        done.counts[STACK] -= 1
        done.state[item] = BUILT
        if flat.fused[word]:
            continue
        gates.counts[1] = word
        write(flat, done, item, value_of(gates, flat, done, item))
    return True


@njit(cache=True, nogil=True)
def _end(done: Progress, literal: int, control: int) -> None:
    if literal > 1 or not control:
        done.ends[done.counts[ENDS]] = literal
        done.is_control[done.counts[ENDS]] = control
        done.counts[ENDS] += 1


@njit(cache=True, nogil=True)
def _controlled(done: Progress, control: int, literals: Array) -> int:
    """Take what controls a register; return a number that differs with it."""
    for i in range(len(literals)):
        _end(done, literals[i], TRUE)
        control = control * 1_000_003 + literals[i] + 7
    return control * 31 + len(literals)


@njit(cache=True, nogil=True)
def _finish(gates: Gates, flat: Flat, done: Progress, item: int) -> None:
    """Take what a register, memory, output or black box reads."""
    word = np.int64(flat.word[item])
    op = np.int64(flat.op[word])
    gates.counts[1] = word
    if op == _MEMORY:
        _write_memory(gates, flat, done, item)
        return
    if not _is_register(flat, word):
        for pin in range(flat.pin_offsets[word], flat.pin_offsets[word + 1]):
            if not flat.drives[pin]:
                for position in range(flat.bit_offsets[pin], flat.bit_offsets[pin + 1]):
                    net = root_of(flat, flat.bits[position], flat.shift[item])
                    _end(done, max(literal_of(gates, flat, done, net), 0), FALSE)
        return
    first = done.register_of[item]
    if op == _MEMRD:
        memory = flat.memory[word]
        width = width_of(flat, word, OUT)
        if memory < 0 or np.int64(flat.depth[memory]) * flat.memory_width[memory] > LARGEST_MEMORY:
            done.counts[LEFT_OUT] += 1
            return
        values = memory_values(gates, flat, done, np.int64(flat.first[item] + memory))
        data = chosen(gates, values, read(gates, flat, done, item, _ADDRESS))
    else:
        data = read(gates, flat, done, item, _D)
        width = len(data)
    enable = read(gates, flat, done, item, _ENABLE)
    reset = read(gates, flat, done, item, _RESET)
    latch = op in (_LATCH_1, _LATCH_2)
    for i in range(width):
        value = max(data[i], 0)
        if len(enable) and not latch:
            value = mux_gate(gates, enable[0], value, 2 * (first + i))
        if len(reset) and (op in (_SYNCHRONOUS_1, _SYNCHRONOUS_2)):
            value = and_gate(gates, value, reset[0] ^ 1)
        done.next_state[first + i] = value
    control = _controlled(done, op, read(gates, flat, done, item, _CLOCK))
    if latch:
        control = _controlled(done, control, enable)
    if op not in (_SYNCHRONOUS_1, _SYNCHRONOUS_2):
        control = _controlled(done, control, reset)
    done.control[first : first + width] = control


@njit(cache=True, nogil=True)
def _write_memory(gates: Gates, flat: Flat, done: Progress, item: int) -> None:
    """Give the registers of a memory their next states: one multiplexer per port and bit."""
    word = np.int64(flat.word[item])
    depth, width = np.int64(flat.depth[word]), np.int64(flat.memory_width[word])
    first = done.register_of[item]
    for i in range(depth * width):
        done.next_state[first + i] = 2 * (first + i)
        done.control[first + i] = -1 - word
    for number in range(flat.memory_offsets[word], flat.memory_offsets[word + 1]):
        port = flat.memory_ports[number]
        if flat.op[port] != _MEMWR:
            continue
        one = np.int64(flat.first[item] + port)
        data, enable = read(gates, flat, done, one, _DATA), read(gates, flat, done, one, _ENABLE)
        here = decoded(gates, read(gates, flat, done, one, _ADDRESS), depth)
        for i in range(depth):
            for j in range(min(int(width), len(data), len(enable))):
                writes = and_gate(gates, here[i], enable[j])
                state = done.next_state[first + i * width + j]
                done.next_state[first + i * width + j] = mux_gate(gates, writes, max(data[j], 0), state)


@njit(cache=True, nogil=True)
def build(gates: Gates, flat: Flat, done: Progress) -> int:
    """Build what the queue asks for; return :data:`DONE`, or :data:`FULL` if something needs more room."""
    while True:
        if not _settle(gates, flat, done):
            return FULL
        if done.counts[HEAD] == done.counts[TAIL]:
            return DONE
        item = np.int64(done.queue[done.counts[HEAD]])
        word = np.int64(flat.word[item])
        _push_sources(flat, done, item)
        if flat.op[word] == _MEMORY:
            for port in range(flat.memory_offsets[word], flat.memory_offsets[word + 1]):
                _push_sources(flat, done, np.int64(flat.first[item] + flat.memory_ports[port]))
        if done.counts[STACK]:
            continue
        room = _room(flat, item)
        for pin in range(flat.pin_offsets[word], flat.pin_offsets[word + 1]):
            room += 8 * (flat.bit_offsets[pin + 1] - flat.bit_offsets[pin])
        if gates.counts[0] + room > len(gates.kind) or done.counts[ENDS] + room > len(done.ends):
            return FULL
        _finish(gates, flat, done, item)
        done.counts[HEAD] += 1
