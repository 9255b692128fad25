"""Flattening of a design's hierarchy for :mod:`.gate_network`: every word once for each instance of its module."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt
from numba import njit

from edasat.core.csr import group_values
from edasat.core.errors import LimitError

from .gate_design import OWN, Flat
from .operations import OP, PORT, operation, port_of_pin
from .words import Words

Array = npt.NDArray[Any]

#: Flat words and nets above which a design is refused: gigabytes of memory.
_LARGEST: Final = 20_000_000
_PORTS: Final = tuple(OP[name] for name in ("input", "output", "inout"))
_INSTANCE: Final = OP["instance"]
_ADD, _SUB, _MUL = (OP[name] for name in ("add", "sub", "mul"))


def has_content(words: Words) -> npt.NDArray[np.bool_]:
    """Return for each word whether it is an instance of a module whose content is known."""
    known = np.append(~words.black_box, False)
    return known[words.child]


def flatten(words: Words) -> Flat:
    """Number the words and nets of all module instances.

    Args:
        words: of :func:`.hierarchy.modules_below`.

    Raises:
        LimitError: if there are more than 20 million words or nets.
    """
    of_type = np.array([OP[operation(name)] for name in words.types], np.int16)
    op = np.where(words.child >= 0, OP["instance"], of_type[words.type]).astype(np.int16)
    port = np.array([PORT[port_of_pin(name)] for name in words.pin_names], np.int8)[words.pin_name]
    num_modules = len(words.modules)
    first_word = np.searchsorted(words.module, np.arange(num_modules + 1))
    first_bit = words.bit_offsets[words.pin_offsets[first_word]]
    low, nets = np.zeros(num_modules, np.int64), np.zeros(num_modules, np.int64)
    for module in range(num_modules):
        own = words.bits[first_bit[module] : first_bit[module + 1]]
        own = own[own >= 0]
        if len(own):
            low[module], nets[module] = own.min(), own.max() - own.min() + 1
    # instances of modules: module, flat word of its first word, first net; the top is the first
    content = np.flatnonzero(has_content(words))
    child_offsets, children = group_values(words.module[content], content, num_modules)
    instances: list[tuple[int, int, int]] = []
    inside: list[tuple[int, int, int]] = []  # parent, word, child
    num_items = num_nets = 0
    waiting = [(num_modules - 1, -1, -1)]
    while waiting:
        module, parent, word = waiting.pop()
        number = len(instances)
        instances.append((module, num_items, num_nets))
        if parent >= 0:
            inside.append((parent, word, number))
        num_items += int(first_word[module + 1] - first_word[module])
        num_nets += int(nets[module])
        if max(num_items, num_nets) > _LARGEST:
            raise LimitError(f"the flattened design has more than {_LARGEST:,} words or nets")
        below = children[child_offsets[module] : child_offsets[module + 1]].tolist()
        waiting += [(int(words.child[one]), number, one) for one in below]
    table = np.array(instances, np.int64)
    module, first_item, first_net = table.T
    counts = (first_word[module + 1] - first_word[module]).astype(np.int64)
    instance = np.repeat(np.arange(len(table)), counts)
    first = (first_item - first_word[module])[instance]
    word = np.arange(num_items) - first
    shift = first_net - low[module]
    alias = np.full(max(1, num_nets), OWN, np.int32)
    _connect(words, inside, shift, alias)
    memory_users = np.flatnonzero((words.memory >= 0) & (op != OP["memrd"])).astype(np.int32)
    memory_offsets, memory_ports = group_values(words.memory[memory_users], memory_users, words.num_words)
    fused = np.zeros(words.num_words, bool)
    flat = Flat(
        op=op,
        signed=words.signed,
        signed_amount=words.signed_amount,
        clocked=words.clocked,
        memory=words.memory,
        depth=words.depth,
        memory_width=words.memory_width,
        pin_offsets=words.pin_offsets,
        port=port,
        drives=words.pin_drives,
        bit_offsets=words.bit_offsets,
        bits=words.bits,
        fused=fused,
        memory_offsets=memory_offsets,
        memory_ports=memory_ports,
        word=word.astype(np.int32),
        shift=shift[instance].astype(np.int32),
        first=first.astype(np.int32),
        alias=alias,
        driver=np.full(len(alias), -1, np.int32),
    )
    _set_drivers(flat)
    _find_fused(flat, _repeated(flat), np.full(words.num_nets, -1, np.int32), np.zeros(words.num_nets, np.int32))
    return flat


def _repeated(flat: Flat) -> npt.NDArray[np.bool_]:
    """Return for each word whether it is a sum or product that another word computes as well: one serves both."""
    found = np.zeros(len(flat.op), bool)
    first: dict[tuple[int, int, int, bytes], int] = {}
    for word in np.flatnonzero(np.isin(flat.op, (_ADD, _SUB, _MUL))).tolist():
        pins = range(flat.pin_offsets[word], flat.pin_offsets[word + 1])
        read = [flat.bits[flat.bit_offsets[pin] : flat.bit_offsets[pin + 1]] for pin in pins if not flat.drives[pin]]
        width = sum(int(flat.bit_offsets[pin + 1] - flat.bit_offsets[pin]) for pin in pins if flat.drives[pin])
        content = b"|".join(bits.tobytes() for bits in read)
        other = first.setdefault((int(flat.op[word]), int(flat.signed[word]), width, content), word)
        found[[word, other]] |= other != word
    return found


def _connect(words: Words, inside: list[tuple[int, int, int]], shift: Array, alias: Array) -> None:
    """Let the nets on one side of every port of an instance stand for those on the other side."""
    first_word = np.searchsorted(words.module, np.arange(len(words.modules) + 1))
    ports: dict[int, dict[int, tuple[bool, Array]]] = {}  # by module and name: the module drives it, nets inside
    pairs: dict[int, list[tuple[bool, Array, Array]]] = {}  # by instance word: an output, nets outside, nets inside
    names = {words.types.index(name) for name in ("$input", "$output") if name in words.types}

    def pin_bits(pin: int) -> Array:
        return words.bits[words.bit_offsets[pin] : words.bit_offsets[pin + 1]]

    def ports_of(module: int) -> dict[int, tuple[bool, Array]]:
        if module not in ports:
            found = ports[module] = {}
            for word in range(first_word[module], first_word[module + 1]):
                if int(words.type[word]) in names:
                    pin = int(words.pin_offsets[word])
                    found[int(words.pin_name[pin])] = (not words.pin_drives[pin], pin_bits(pin))
        return ports[module]

    for parent, word, child in inside:
        if word not in pairs:
            below = ports_of(int(words.child[word]))
            pairs[word] = []
            for pin in range(words.pin_offsets[word], words.pin_offsets[word + 1]):
                output, inner = below.get(int(words.pin_name[pin]), (False, np.zeros(0, np.int32)))
                outer = pin_bits(pin)
                width = min(len(inner), len(outer))
                pairs[word].append((output, outer[:width], inner[:width]))
        for output, outer, inner in pairs[word]:
            outside = np.where(outer >= 0, outer + shift[parent], outer)
            within = np.where(inner >= 0, inner + shift[child], inner)
            here, there = (outside, within) if output else (within, outside)
            alias[here[here >= 0]] = there[here >= 0]


@njit(cache=True, nogil=True)
def _set_drivers(flat: Flat) -> None:
    for item in range(len(flat.word)):
        word = flat.word[item]
        if flat.op[word] in _PORTS or flat.op[word] == _INSTANCE:
            continue
        for pin in range(flat.pin_offsets[word], flat.pin_offsets[word + 1]):
            if flat.drives[pin]:
                for position in range(flat.bit_offsets[pin], flat.bit_offsets[pin + 1]):
                    if flat.bits[position] >= 0:
                        flat.driver[flat.bits[position] + flat.shift[item]] = item


@njit(cache=True, nogil=True)
def _find_fused(flat: Flat, repeated: Array, driver: Array, readers: Array) -> None:
    """Mark the sums and products that one sum alone reads as a whole, as Yosys' ``alumacc`` merges them."""
    for word in range(len(flat.op)):
        for pin in range(flat.pin_offsets[word], flat.pin_offsets[word + 1]):
            for position in range(flat.bit_offsets[pin], flat.bit_offsets[pin + 1]):
                bit = flat.bits[position]
                if bit >= 0:
                    if flat.drives[pin]:
                        driver[bit] = word
                    else:
                        readers[bit] += 1
    for word in range(len(flat.op)):
        if flat.op[word] != _ADD and flat.op[word] != _SUB:
            continue
        for pin in range(flat.pin_offsets[word], flat.pin_offsets[word + 1]):
            if flat.drives[pin] or flat.bit_offsets[pin] == flat.bit_offsets[pin + 1]:
                continue
            source = driver[flat.bits[flat.bit_offsets[pin]]] if flat.bits[flat.bit_offsets[pin]] >= 0 else -1
            if source < 0 or (flat.op[source] != _ADD and flat.op[source] != _SUB and flat.op[source] != _MUL):
                continue
            if not repeated[source] and _read_whole(flat, pin, source, readers) and _keeps_value(flat, source, word):
                flat.fused[source] = True


@njit(cache=True, nogil=True)
def _output_width(flat: Flat, word: int) -> int:
    for pin in range(flat.pin_offsets[word], flat.pin_offsets[word + 1]):
        if flat.drives[pin]:
            return flat.bit_offsets[pin + 1] - flat.bit_offsets[pin]
    return 0


@njit(cache=True, nogil=True)
def _read_whole(flat: Flat, pin: int, source: int, readers: Array) -> bool:
    """Return whether a pin reads all bits that a word drives, and nobody else reads any."""
    for other in range(flat.pin_offsets[source], flat.pin_offsets[source + 1]):
        if flat.drives[other]:
            width = flat.bit_offsets[other + 1] - flat.bit_offsets[other]
            if flat.bit_offsets[pin + 1] - flat.bit_offsets[pin] != width:
                return False
            for i in range(width):
                bit = flat.bits[flat.bit_offsets[other] + i]
                if bit != flat.bits[flat.bit_offsets[pin] + i] or readers[bit] != 1:
                    return False
    return True


@njit(cache=True, nogil=True)
def _keeps_value(flat: Flat, source: int, word: int) -> bool:
    """Return whether the sum may be taken in one go: nothing that the source cuts off is missed."""
    own = _output_width(flat, source)
    if _output_width(flat, word) <= own:
        return True
    if flat.signed[source] != flat.signed[word] or flat.op[source] == _SUB:
        return False
    widest = total = 0
    for pin in range(flat.pin_offsets[source], flat.pin_offsets[source + 1]):
        if not flat.drives[pin]:
            width = flat.bit_offsets[pin + 1] - flat.bit_offsets[pin]
            widest, total = max(widest, width), total + width
    return total <= own if flat.op[source] == _MUL else widest < own
