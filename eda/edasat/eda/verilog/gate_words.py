"""Compiled construction of the gates of every word: the body of :mod:`.gate_network`."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from .gate_kernels import (
    FALSE,
    INPUT,
    REGISTER,
    TRUE,
    UNDECIDED,
    Gates,
    add,
    add_rows,
    and_gate,
    chosen,
    decoded,
    divide,
    inverted,
    less,
    mux_gate,
    negated_if,
    new_node,
    or_gate,
    reduce_and,
    reduce_or,
    reduce_xor,
    shift_either_way,
    shift_left,
    shift_right,
    xor_gate,
)
from .operations import OP, PORT, REGISTERS

Array = npt.NDArray[Any]

# Constants of compiled code; see :mod:`.gate_kernels` for their type.
_ADD, _SUB, _MUL, _DIV, _MOD, _NEG = (np.int64(OP[name]) for name in ("add", "sub", "mul", "div", "mod", "neg"))
_EQ, _NE, _LT, _LE, _GT, _GE = (np.int64(OP[name]) for name in ("eq", "ne", "lt", "le", "gt", "ge"))
_AND, _OR, _XOR, _XNOR, _NOT, _BUF = (np.int64(OP[name]) for name in ("and", "or", "xor", "xnor", "not", "buf"))
_REDUCE_AND, _REDUCE_OR, _REDUCE_XOR = np.int64(OP["reduce_and"]), np.int64(OP["reduce_or"]), np.int64(OP["reduce_xor"])
_REDUCE_XNOR, _REDUCE_BOOL = np.int64(OP["reduce_xnor"]), np.int64(OP["reduce_bool"])
_LOGIC_AND, _LOGIC_OR, _LOGIC_NOT = np.int64(OP["logic_and"]), np.int64(OP["logic_or"]), np.int64(OP["logic_not"])
_SHL, _SHR, _SSHL, _SSHR, _SHIFT, _SHIFTX = (
    np.int64(OP[name]) for name in ("shl", "shr", "sshl", "sshr", "shift", "shiftx")
)
_MUX, _PMUX, _BMUX, _DEMUX, _TRIBUF, _POW = (
    np.int64(OP[name]) for name in ("mux", "pmux", "bmux", "demux", "tribuf", "pow")
)
_MEMRD, _MEMWR, _MEMINIT, _MEMORY = (np.int64(OP[name]) for name in ("memrd", "memwr", "meminit", "memory"))
_OUTPUT, _INOUT, _INSTANCE = np.int64(OP["output"]), np.int64(OP["inout"]), np.int64(OP["instance"])
_FIRST_REGISTER = min(np.int64(OP[name]) for name in REGISTERS - {"memory"})
_LAST_REGISTER = max(np.int64(OP[name]) for name in REGISTERS - {"memory"})
_A, _B, _SELECT, _D, _CLOCK, _ENABLE = (np.int64(PORT[name]) for name in ("a", "b", "select", "d", "clock", "enable"))
_OUT: Final = np.int64(-1)  #: in place of a port: what the word drives
_RESET, _ADDRESS, _DATA = np.int64(PORT["reset"]), np.int64(PORT["address"]), np.int64(PORT["data"])
_SYNCHRONOUS_1, _SYNCHRONOUS_2, _LATCH_1, _LATCH_2 = (
    np.int64(OP[name]) for name in ("sdff", "sdffe", "dlatch", "adlatch")
)

#: Value of ``Flat.alias`` of a net that stands for itself. What is above and negative is a constant of :mod:`.words`.
OWN: Final = -9
#: Literals of nets that are not built yet.
UNSET: Final = -8
#: States of :func:`build`.
DONE, FULL = range(2)
#: Bits of a memory above which it is left out: Yosys would need minutes for its registers.
LARGEST_MEMORY: Final = 1 << 18
_NEW, _OPEN, _BUILT = range(3)
#: Bits of a constant that fits a machine word.
_LONG: Final = 62


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
        counts: int64, (7,): entries of the stack, head and tail of the queue, ends, bits cut, words left out, and the
            first word that was cut, -1 without.
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


_STACK, _HEAD, _TAIL, _ENDS, _CUT, _LEFT_OUT, _CUT_WORD = range(7)


@njit(cache=True, nogil=True)
def _pin(flat: Flat, word: int, port: int) -> int:
    """Return the pin that a word reads at a port, or drives at :data:`_OUT`; -1 if it has none."""
    for pin in range(flat.pin_offsets[word], flat.pin_offsets[word + 1]):
        if flat.drives[pin]:
            if port == _OUT:
                return pin
        elif flat.port[pin] == port:
            return pin
    return -1


@njit(cache=True, nogil=True)
def _root(flat: Flat, bit: int, shift: int) -> int:
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
def _literal(gates: Gates, flat: Flat, done: Progress, net: int) -> int:
    """Return the literal of a flat net or constant; a net that depends on itself is cut."""
    if net < 0:
        return FALSE if net == -1 else TRUE if net == -2 else UNDECIDED
    if done.literal[net] == UNSET:
        if flat.driver[net] < 0:
            return UNDECIDED
        done.literal[net] = new_node(gates, INPUT)
        done.counts[_CUT] += 1
        if done.counts[_CUT_WORD] < 0:
            done.counts[_CUT_WORD] = flat.word[flat.driver[net]]
    return done.literal[net]


@njit(cache=True, nogil=True)
def _read(gates: Gates, flat: Flat, done: Progress, item: int, port: int) -> Array:
    """Return the literals at a port of a flat word; none where it has no such port."""
    word = np.int64(flat.word[item])
    pin = _pin(flat, word, port)
    if pin < 0:
        return np.empty(0, np.int64)
    begin, end = flat.bit_offsets[pin], flat.bit_offsets[pin + 1]
    result = np.empty(end - begin, np.int64)
    for i in range(end - begin):
        result[i] = _literal(gates, flat, done, _root(flat, flat.bits[begin + i], flat.shift[item]))
    return result


@njit(cache=True, nogil=True)
def _write(flat: Flat, done: Progress, item: int, values: Array) -> None:
    """Set the literals of what a flat word drives."""
    pin = _pin(flat, np.int64(flat.word[item]), _OUT)
    if pin < 0:
        return
    begin, end = flat.bit_offsets[pin], flat.bit_offsets[pin + 1]
    for i in range(end - begin):
        bit = flat.bits[begin + i]
        if bit >= 0:
            done.literal[bit + flat.shift[item]] = values[i] if i < len(values) else 0


@njit(cache=True, nogil=True)
def _extended(bits: Array, width: int, signed: int) -> Array:
    """Return a number with another width."""
    result = np.zeros(width, np.int64)
    count = min(width, len(bits))
    result[:count] = bits[:count]
    if signed and len(bits):
        result[count:] = bits[-1]
    return result


@njit(cache=True, nogil=True)
def _width(flat: Flat, word: int, port: int) -> int:
    pin = _pin(flat, word, port)
    return flat.bit_offsets[pin + 1] - flat.bit_offsets[pin] if pin >= 0 else 0


@njit(cache=True, nogil=True)
def _room(flat: Flat, item: int) -> int:
    """Return how many nodes a word may need at most."""
    word = np.int64(flat.word[item])
    op = np.int64(flat.op[word])
    a, b, y = _width(flat, word, _A), _width(flat, word, _B), _width(flat, word, _OUT)
    widest = max(a, b, y) + 2
    if op == _MUL or op == _ADD or op == _SUB:  # of the whole sum
        terms = _terms(flat, item)
        return 64 + 16 * y * (len(terms) + 2) * (1 if op != _MUL and len(terms) <= 2 else widest)
    if op == _DIV or op == _MOD:
        return 48 * widest * widest + 64 * widest
    if op >= _SHL and op <= _SHIFTX:
        return 16 * widest * (b + 4)
    if op == _MEMRD or op == _MEMORY:
        memory = flat.memory[word] if op == _MEMRD else word
        size = np.int64(flat.depth[memory]) * flat.memory_width[memory] if memory >= 0 else 0
        if size > LARGEST_MEMORY:
            return 64 + y
        ports = flat.memory_offsets[memory + 1] - flat.memory_offsets[memory] if memory >= 0 else 0
        return 64 + 4 * size * (1 + ports) + 2 * flat.depth[memory] * (32 + ports) if memory >= 0 else 64 + y
    if op == _PMUX:
        return 64 + 4 * b + 4 * a + 2 * _width(flat, word, _SELECT)
    return 64 + 24 * (widest + _width(flat, word, _D) + _width(flat, word, _SELECT))


@njit(cache=True, nogil=True)
def _terms(flat: Flat, item: int) -> Array:
    """Return flat words whose operands a sum adds up: itself, and the fused ones that it reads.

    Rows of the result: flat word, whether it is subtracted.
    """
    found = np.empty((1, 2), np.int64)
    found[0, 0], found[0, 1] = item, 0
    position = 0
    while position < len(found):
        one, minus = found[position]
        word = np.int64(flat.word[one])
        position += 1
        if flat.op[word] == _MUL:
            continue
        for port in (_A, _B):
            source = _fused_source(flat, one, port)
            if source >= 0:
                more = np.empty((len(found) + 1, 2), np.int64)
                more[:-1] = found
                more[-1, 0] = source
                more[-1, 1] = minus ^ (1 if port == _B and flat.op[word] == _SUB else 0)
                found = more
    return found


@njit(cache=True, nogil=True)
def _fused_source(flat: Flat, item: int, port: int) -> int:
    """Return the flat word that is fused into an operand, -1 without."""
    word = np.int64(flat.word[item])
    pin = _pin(flat, word, port)
    if pin < 0 or flat.bit_offsets[pin] == flat.bit_offsets[pin + 1]:
        return -1
    bit = flat.bits[flat.bit_offsets[pin]]
    if bit < 0:
        return -1
    source = np.int64(flat.driver[bit + flat.shift[item]])
    return source if source >= 0 and flat.fused[flat.word[source]] else -1


@njit(cache=True, nogil=True)
def _without_constant(rows: Array, count: int, constant: int) -> tuple[int, int]:
    """Count the last row, or add it to the constant if it is one."""
    width = rows.shape[1]
    if width > _LONG or (rows[count] > 1).any():
        return count + 1, constant
    for j in range(width):
        constant += np.int64(rows[count, j]) << j
    return count, constant & ((np.int64(1) << width) - 1)


@njit(cache=True, nogil=True)
def _sum(gates: Gates, flat: Flat, done: Progress, item: int) -> Array:
    """Return the value of a sum with all that is fused into it."""
    width = _width(flat, flat.word[item], _OUT)
    terms = _terms(flat, item)
    count = 1
    for term in range(len(terms)):
        word = np.int64(flat.word[terms[term, 0]])
        count += _width(flat, word, _B) + 1 if flat.op[word] == _MUL else 2
    rows = np.zeros((count, width), np.int64)
    count, constant = 0, np.int64(0)
    for term in range(len(terms)):
        source, minus = terms[term]
        word = np.int64(flat.word[source])
        signed = np.int64(flat.signed[word])
        own = _width(flat, word, _OUT)
        if flat.op[word] == _MUL:
            a = _extended(_extended(_read(gates, flat, done, source, _A), own, signed), width, signed)
            b = _read(gates, flat, done, source, _B)
            for i in range(min(len(b), width)):
                flip = minus ^ (1 if signed and i == len(b) - 1 else 0)
                for j in range(width):
                    product = and_gate(gates, a[j - i], b[i]) if j >= i else FALSE
                    rows[count, j] = product ^ flip
                constant += flip
                count, constant = _without_constant(rows, count, constant)
            continue
        for port in (_A, _B):
            if _fused_source(flat, source, port) >= 0:
                continue
            flip = minus ^ (1 if port == _B and flat.op[word] == _SUB else 0)
            operand = _extended(_extended(_read(gates, flat, done, source, port), own, signed), width, signed)
            for j in range(width):
                rows[count, j] = max(operand[j], 0) ^ flip
            constant += flip
            count, constant = _without_constant(rows, count, constant)
    if width <= _LONG:
        constant &= (np.int64(1) << width) - 1
    if count == 0:
        rows[0] = 0
        count = 1
    if count == 1 and constant == 0:
        return rows[0].copy()
    if count == 2 and constant <= 1:
        return add(gates, rows[0], rows[1], constant)
    if constant:
        rows[count] = 0
        for j in range(min(width, _LONG)):
            rows[count, j] = constant >> j & 1
        count += 1
    return add_rows(gates, rows, count)


@njit(cache=True, nogil=True)
def _bitwise(gates: Gates, op: int, a: Array, b: Array) -> Array:
    result = np.empty(len(a), np.int64)
    for i in range(len(a)):
        if op == _AND:
            result[i] = and_gate(gates, a[i], b[i])
        elif op == _OR:
            result[i] = or_gate(gates, a[i], b[i])
        else:
            result[i] = xor_gate(gates, a[i], b[i]) ^ (1 if op == _XNOR else 0)
    return result


@njit(cache=True, nogil=True)
def _compare(gates: Gates, op: int, a: Array, b: Array, signed: int) -> int:
    width = max(len(a), len(b))
    a, b = _extended(a, width, signed), _extended(b, width, signed)
    if op == _EQ or op == _NE:
        return reduce_or(gates, _bitwise(gates, _XOR, a, b)) ^ (1 if op == _EQ else 0)
    if signed and width:
        a[-1], b[-1] = max(b[-1], 0), max(a[-1], 0)  # offset binary: both signs inverted, or swapped
    if op == _LT or op == _LE:
        return less(gates, a, b, TRUE if op == _LE else FALSE)
    return less(gates, b, a, TRUE if op == _GE else FALSE)


@njit(cache=True, nogil=True)
def _shifted(gates: Gates, op: int, a: Array, b: Array, width: int, signed: int, either_way: int) -> Array:
    if op == _SHL or op == _SSHL:
        return shift_left(gates, _extended(a, width, signed), b)
    wide = _extended(a, max(len(a), width), signed)
    fill = FALSE
    if op == _SSHR and signed and len(a):
        fill = max(wide[-1], 0)
    elif op == _SHIFTX:
        fill = UNDECIDED
    if either_way and (op == _SHIFT or op == _SHIFTX):
        return shift_either_way(gates, wide, b, fill)[:width]
    return shift_right(gates, wide, b, fill)[:width]


@njit(cache=True, nogil=True)
def _quotient(gates: Gates, op: int, a: Array, b: Array, width: int, signed: int) -> Array:
    common = max(len(a), len(b), width)
    a, b = _extended(a, common, signed), _extended(b, common, signed)
    if not signed:
        quotient, rest = divide(gates, a, b)
        return quotient[:width] if op == _DIV else rest[:width]
    minus_a, minus_b = a[-1], b[-1]
    quotient, rest = divide(gates, negated_if(gates, a, minus_a), negated_if(gates, b, minus_b))
    if op == _DIV:
        return negated_if(gates, quotient, xor_gate(gates, minus_a, minus_b))[:width]
    return negated_if(gates, rest, minus_a)[:width]


@njit(cache=True, nogil=True)
def _selected(gates: Gates, op: int, a: Array, b: Array, select: Array) -> Array:
    """Return the output of a multiplexer or its like."""
    width = len(a)
    result = np.empty(width, np.int64)
    if op == _MUX:
        for i in range(width):
            result[i] = mux_gate(gates, select[0], b[i], a[i])
        return result
    if op == _TRIBUF:
        return a
    if op == _BMUX:
        count = np.int64(1) << min(len(select), 20)
        return chosen(gates, a.reshape(count, width // count), select)
    if op == _DEMUX:
        found = decoded(gates, select, np.int64(1) << min(len(select), 20))
        result = np.empty(width * len(found), np.int64)
        for number in range(len(found)):
            for i in range(width):
                result[number * width + i] = and_gate(gates, found[number], a[i])
        return result
    cases = len(select)
    parts = np.empty(cases + 1, np.int64)
    none = reduce_or(gates, select) ^ 1
    for i in range(width):
        for case in range(cases):
            value = b[case * width + i]
            parts[case] = and_gate(gates, select[case], value) if value >= 0 else 0
        parts[cases] = and_gate(gates, none, a[i]) if a[i] >= 0 else 0
        result[i] = reduce_or(gates, parts)
    return result


@njit(cache=True, nogil=True)
def _memory_values(gates: Gates, flat: Flat, done: Progress, memory: int) -> Array:
    """Return the literals of a flat memory, (depth, width): registers, or constants where nothing writes it."""
    word = np.int64(flat.word[memory])
    depth, width = np.int64(flat.depth[word]), np.int64(flat.memory_width[word])
    values = np.full((depth, width), UNDECIDED, np.int64)
    written = False
    for port in range(flat.memory_offsets[word], flat.memory_offsets[word + 1]):
        written |= flat.op[flat.memory_ports[port]] == _MEMWR
    if written:
        if done.register_of[memory] < 0:
            # the registers belong to the memory, not to the port that is built
            building, gates.counts[1] = gates.counts[1], word
            done.register_of[memory] = gates.counts[0]
            for _ in range(depth * width):
                new_node(gates, REGISTER)
            gates.counts[1] = building
            done.queue[done.counts[_TAIL]] = memory
            done.counts[_TAIL] += 1
        first = done.register_of[memory]
        for i in range(depth):
            for j in range(width):
                values[i, j] = 2 * (first + i * width + j)
        return values
    for port in range(flat.memory_offsets[word], flat.memory_offsets[word + 1]):
        item = np.int64(flat.first[memory] + flat.memory_ports[port])
        address, data = _read(gates, flat, done, item, _ADDRESS), _read(gates, flat, done, item, _DATA)
        start = 0
        for i in range(min(len(address), 31)):
            start |= (1 if address[i] == 1 else 0) << i
        for i in range(len(data)):
            row = start + i // width
            if 0 <= row < depth:
                values[row, i % width] = data[i]
    return values


@njit(cache=True, nogil=True)
def _value(gates: Gates, flat: Flat, done: Progress, item: int) -> Array:
    """Return the output of a flat word that is no register."""
    word = np.int64(flat.word[item])
    op, signed = np.int64(flat.op[word]), np.int64(flat.signed[word])
    width = _width(flat, word, _OUT)
    if op == _ADD or op == _SUB or op == _MUL:
        return _sum(gates, flat, done, item)
    one = np.zeros(width, np.int64)
    if op == _MEMRD:
        memory = flat.memory[word]
        if memory < 0 or np.int64(flat.depth[memory]) * flat.memory_width[memory] > LARGEST_MEMORY:
            return _unknown(gates, done, width)
        values = _memory_values(gates, flat, done, np.int64(flat.first[item] + memory))
        read = chosen(gates, values, _read(gates, flat, done, item, _ADDRESS))
        return read
    a = _read(gates, flat, done, item, _A)
    b = _read(gates, flat, done, item, _B)
    if op == _AND or op == _OR or op == _XOR or op == _XNOR:
        return _bitwise(gates, op, _extended(a, width, signed), _extended(b, width, signed))
    if op == _NOT:
        return inverted(_extended(a, width, signed))
    if op == _BUF:
        return _extended(a, width, signed)
    if op == _NEG:
        return negated_if(gates, _extended(a, width, signed), TRUE)
    if op >= _EQ and op <= _GE:
        one[0] = _compare(gates, op, a, b, signed)
        return one
    if op == _REDUCE_AND:
        one[0] = reduce_and(gates, a)
        return one
    if op == _REDUCE_OR or op == _REDUCE_BOOL:
        one[0] = reduce_or(gates, a)
        return one
    if op == _REDUCE_XOR or op == _REDUCE_XNOR:
        one[0] = reduce_xor(gates, a) ^ (1 if op == _REDUCE_XNOR else 0)
        return one
    if op == _LOGIC_NOT:
        one[0] = reduce_or(gates, a) ^ 1
        return one
    if op == _LOGIC_AND:
        one[0] = and_gate(gates, reduce_or(gates, a), reduce_or(gates, b))
        return one
    if op == _LOGIC_OR:
        one[0] = or_gate(gates, reduce_or(gates, a), reduce_or(gates, b))
        return one
    if op >= _SHL and op <= _SHIFTX:
        return _shifted(gates, op, a, b, width, signed, np.int64(flat.signed_amount[word]))
    if op == _DIV or op == _MOD:
        return _quotient(gates, op, a, b, width, signed)
    if op == _MUX or op == _PMUX or op == _BMUX or op == _DEMUX or op == _TRIBUF:
        return _selected(gates, op, a, b, _read(gates, flat, done, item, _SELECT))
    if op == _POW and len(a) and a[0] == 0 and len(a) > 1 and a[1] == 1 and (a[2:] == 0).all():  # 2 ** b
        power = np.zeros(width, np.int64)
        power[0] = 1
        return shift_left(gates, power, b)
    return _unknown(gates, done, width)


@njit(cache=True, nogil=True)
def _unknown(gates: Gates, done: Progress, width: int) -> Array:
    """Return fresh inputs for a word whose content is not built."""
    done.counts[_LEFT_OUT] += 1
    result = np.empty(width, np.int64)
    for i in range(width):
        result[i] = new_node(gates, INPUT)
    return result


@njit(cache=True, nogil=True)
def _is_register(flat: Flat, word: int) -> bool:
    op = np.int64(flat.op[word])
    return (op >= _FIRST_REGISTER and op <= _LAST_REGISTER) or (op == _MEMRD and flat.clocked[word] > 0)


@njit(cache=True, nogil=True)
def _visit(gates: Gates, flat: Flat, done: Progress, item: int) -> None:
    """Start a flat word: registers have outputs at once, others wait for what they read."""
    word = np.int64(flat.word[item])
    if _is_register(flat, word):
        gates.counts[1] = word
        width = _width(flat, word, _OUT)
        done.register_of[item] = gates.counts[0]
        values = np.empty(width, np.int64)
        for i in range(width):
            values[i] = new_node(gates, REGISTER)
        _write(flat, done, item, values)
        done.queue[done.counts[_TAIL]] = item
        done.counts[_TAIL] += 1
        done.state[item] = _BUILT
        return
    done.state[item] = _OPEN
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
            net = _root(flat, flat.bits[position], flat.shift[item])
            if net < 0 or done.literal[net] != UNSET:
                continue
            source = np.int64(flat.driver[net])
            if source >= 0 and source != last and done.state[source] == _NEW:
                done.stack[done.counts[_STACK]] = source
                done.counts[_STACK] += 1
                last = source


@njit(cache=True, nogil=True)
def _settle(gates: Gates, flat: Flat, done: Progress) -> bool:
    """Build all words on the stack and what they read; return whether there was room."""
    while done.counts[_STACK]:
        if done.counts[_STACK] > len(done.stack) - 70_000:
            return False
        item = np.int64(done.stack[done.counts[_STACK] - 1])
        if done.state[item] == _BUILT:
            done.counts[_STACK] -= 1
            continue
        word = np.int64(flat.word[item])
        if gates.counts[0] + _room(flat, item) > len(gates.kind):
            return False
        if done.state[item] == _NEW:
            _visit(gates, flat, done, item)
            continue
        done.counts[_STACK] -= 1
        done.state[item] = _BUILT
        if flat.fused[word]:
            continue
        gates.counts[1] = word
        _write(flat, done, item, _value(gates, flat, done, item))
    return True


@njit(cache=True, nogil=True)
def _end(done: Progress, literal: int, control: int) -> None:
    if literal > 1 or not control:
        done.ends[done.counts[_ENDS]] = literal
        done.is_control[done.counts[_ENDS]] = control
        done.counts[_ENDS] += 1


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
                    net = _root(flat, flat.bits[position], flat.shift[item])
                    _end(done, max(_literal(gates, flat, done, net), 0), FALSE)
        return
    first = done.register_of[item]
    if op == _MEMRD:
        memory = flat.memory[word]
        width = _width(flat, word, _OUT)
        if memory < 0 or np.int64(flat.depth[memory]) * flat.memory_width[memory] > LARGEST_MEMORY:
            done.counts[_LEFT_OUT] += 1
            return
        values = _memory_values(gates, flat, done, np.int64(flat.first[item] + memory))
        data = chosen(gates, values, _read(gates, flat, done, item, _ADDRESS))
    else:
        data = _read(gates, flat, done, item, _D)
        width = len(data)
    enable = _read(gates, flat, done, item, _ENABLE)
    reset = _read(gates, flat, done, item, _RESET)
    latch = op == _LATCH_1 or op == _LATCH_2
    for i in range(width):
        value = max(data[i], 0)
        if len(enable) and not latch:
            value = mux_gate(gates, enable[0], value, 2 * (first + i))
        if len(reset) and (op == _SYNCHRONOUS_1 or op == _SYNCHRONOUS_2):
            value = and_gate(gates, value, reset[0] ^ 1)
        done.next_state[first + i] = value
    control = _controlled(done, op, _read(gates, flat, done, item, _CLOCK))
    if latch:
        control = _controlled(done, control, enable)
    if op != _SYNCHRONOUS_1 and op != _SYNCHRONOUS_2:
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
        data, enable = _read(gates, flat, done, one, _DATA), _read(gates, flat, done, one, _ENABLE)
        here = decoded(gates, _read(gates, flat, done, one, _ADDRESS), depth)
        for i in range(depth):
            for j in range(min(width, len(data), len(enable))):
                writes = and_gate(gates, here[i], enable[j])
                state = done.next_state[first + i * width + j]
                done.next_state[first + i * width + j] = mux_gate(gates, writes, max(data[j], 0), state)


@njit(cache=True, nogil=True)
def build(gates: Gates, flat: Flat, done: Progress) -> int:
    """Build what the queue asks for; return :data:`DONE`, or :data:`FULL` if something needs more room."""
    while True:
        if not _settle(gates, flat, done):
            return FULL
        if done.counts[_HEAD] == done.counts[_TAIL]:
            return DONE
        item = np.int64(done.queue[done.counts[_HEAD]])
        word = np.int64(flat.word[item])
        _push_sources(flat, done, item)
        if flat.op[word] == _MEMORY:
            for port in range(flat.memory_offsets[word], flat.memory_offsets[word + 1]):
                _push_sources(flat, done, np.int64(flat.first[item] + flat.memory_ports[port]))
        if done.counts[_STACK]:
            continue
        room = _room(flat, item)
        for pin in range(flat.pin_offsets[word], flat.pin_offsets[word + 1]):
            room += 8 * (flat.bit_offsets[pin + 1] - flat.bit_offsets[pin])
        if gates.counts[0] + room > len(gates.kind) or done.counts[_ENDS] + room > len(done.ends):
            return FULL
        _finish(gates, flat, done, item)
        done.counts[_HEAD] += 1
