"""Loops of logic without a register, bit by bit.

Of words alone, a carry chain written as ``assign c = {g | p & c[6:0], cin}`` depends on itself, though none of its bits
does. Here every bit is a node: exact for what is bitwise, adds, multiplies, or shifts by a constant. Of any other word,
all bits are taken to follow all that it reads.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from edasat.core.levels import CycleError, levelize

from .hierarchy import modules_below
from .operations import INOUT, INPUT, OUTPUT, REGISTERS, operation
from .words import ONE, Words

Array = npt.NDArray[Any]

#: Bit i of the result follows bit i of these pins, and all bits of the others.
_BITWISE: Final[Mapping[str, tuple[str, ...]]] = {
    **dict.fromkeys(("and", "or", "xor", "xnor", "mux", "pmux"), ("A", "B")),
    **dict.fromkeys(("not", "buf", "tribuf"), ("A",)),
}
#: Bit i of the result follows bits 0 to i.
_RIPPLE: Final = frozenset({"add", "sub", "mul", "neg"})
_LEFT: Final = frozenset({"shl", "sshl"})
_SHIFTS: Final = _LEFT | {"shr", "sshr"}
#: Their outputs follow nothing at once, or there are none.
_ENDS: Final = REGISTERS | {"input", "output", "inout", "instance", "memwr", "meminit"}


def find_loop(words: Words, top: str | None = None) -> list[tuple[int, int]]:
    """Return where one loop of the flattened design runs.

    Args:
        words: of :func:`.words.read_words`.
        top: as for :func:`.word_graph.word_graph`.

    Returns:
        File (a row of ``words.files``) and line of the loop's words as far as they are known, none twice; nothing if
        the design has no loop.

    Raises:
        InputError: if there is no such module, several could be meant, or a module contains itself.
    """
    words, _ = modules_below(words, top)
    modules = [_Module.of(words, module) for module in range(len(words.modules))]
    instances: list[tuple[int, int]] = []  # module and first node
    source, target = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    count = modules[-1].size
    waiting = [(len(modules) - 1, 0)]
    while waiting:
        number, first = waiting.pop()
        module = modules[number]
        instances.append((number, first))
        source.append(module.source + first)
        target.append(module.target + first)
        for child, outer, inner, drives in module.children:
            outside, inside = outer + first, inner + count
            source.append(np.where(drives, inside, outside))
            target.append(np.where(drives, outside, inside))
            waiting.append((child, count))
            count += modules[child].size
    try:
        levelize(count, np.concatenate(source), np.concatenate(target))
    except CycleError as loop:
        return _places(words, modules, instances, np.array(loop.cycle))
    return []


class _Child(NamedTuple):
    """An instance: the module, and pairs of nets on both sides of its ports."""

    module: int
    outer: Array  # node of the parent
    inner: Array  # node of the child
    drives: Array  # bool: the child drives the net


class _Module(NamedTuple):
    """Nodes of a module: its nets, then its words, through which go the words whose bits are not told apart."""

    first_net: int
    first_word: int
    num_nets: int
    size: int
    driver: Array  # word of each net, as far as one of the module drives it, else -1
    source: Array
    target: Array
    children: list[_Child]

    @classmethod
    def of(cls, words: Words, number: int) -> _Module:
        """Read one module."""
        first, end = np.searchsorted(words.module, [number, number + 1])
        bits = words.bits[words.bit_offsets[words.pin_offsets[first]] : words.bit_offsets[words.pin_offsets[end]]]
        nets = bits[bits >= 0]
        low, high = (int(nets.min()), int(nets.max()) + 1) if len(nets) else (0, 0)
        driver = np.full(high - low, -1, np.int64)
        edges: list[tuple[Array, Array]] = [(np.zeros(0, np.int64), np.zeros(0, np.int64))]
        children = []
        for word in range(first, end):
            pins = _pins(words, word, low)
            kind = operation(words.types[words.type[word]])
            for drives, one in pins.values():
                if drives and kind not in ("input", "inout"):
                    driver[one[one >= 0]] = word
            if (child := int(words.child[word])) >= 0:
                children.append(_child(words, child, pins))
            elif kind not in _ENDS and not words.clocked[word]:
                edges += _edges(kind, bool(words.signed[word]), pins, high - low + word - first)
        source, target = (np.concatenate(column) for column in zip(*edges, strict=True))
        known = (source >= 0) & (target >= 0)
        size = high - low + end - first
        return cls(low, int(first), high - low, size, driver, source[known], target[known], children)


_Pins = Mapping[str, tuple[bool, Array]]


def _pins(words: Words, word: int, low: int) -> _Pins:
    """Return the pins of a word by name: whether it drives them, and nodes; constants stay negative."""
    found = {}
    for pin in range(words.pin_offsets[word], words.pin_offsets[word + 1]):
        bits = words.bits[words.bit_offsets[pin] : words.bit_offsets[pin + 1]].astype(np.int64)
        found[words.pin_names[words.pin_name[pin]]] = bool(words.pin_drives[pin]), np.where(bits >= 0, bits - low, bits)
    return found


def _child(words: Words, module: int, pins: _Pins) -> _Child:
    """Join the pins of an instance to the ports of its module."""
    first, end = np.searchsorted(words.module, [module, module + 1])
    bits = words.bits[words.bit_offsets[words.pin_offsets[first]] : words.bit_offsets[words.pin_offsets[end]]]
    low = int(bits[bits >= 0].min(initial=np.iinfo(np.int32).max))
    columns: list[tuple[Array, Array, Array]] = [(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, bool))]
    for word in range(first, end):
        if words.types[words.type[word]] not in (INPUT, OUTPUT, INOUT):
            break  # the ports stand first
        for name, (given, inner) in _pins(words, word, low).items():
            _, outer = pins.get(name, (False, inner[:0]))
            width = min(len(inner), len(outer))
            known = (inner[:width] >= 0) & (outer[:width] >= 0)
            columns.append((outer[:width][known], inner[:width][known], np.full(known.sum(), not given)))
    outer, inner, drives = (np.concatenate(column) for column in zip(*columns, strict=True))
    return _Child(module, outer, inner, drives)


def _edges(kind: str, signed: bool, pins: _Pins, node: int) -> list[tuple[Array, Array]]:
    """Return the edges of one word; those from or to constants have a negative end."""
    results = np.concatenate([bits for drives, bits in pins.values() if drives] or [np.zeros(0, np.int64)])
    read = {name: bits for name, (drives, bits) in pins.items() if not drives}
    edges = []
    if kind in _SHIFTS and (read["B"] < 0).all() and len(read["B"]) < 63:
        amount = sum(1 << place for place, bit in enumerate(read["B"]) if bit == ONE)
        bit = np.arange(len(results)) + (-amount if kind in _LEFT else amount)
        return [(_bits(read["A"], bit, signed), results)]
    if kind in _BITWISE or kind in _RIPPLE:
        sliced = _BITWISE.get(kind, ("A", "B"))
        for name in sliced:
            operand = read.pop(name, results[:0])
            for choice in range(0, len(operand), len(results)) if kind == "pmux" and len(results) else (0,):
                part = operand[choice : choice + len(results)]
                edges.append((_bits(part, np.arange(len(results)), signed), results))
        if kind in _RIPPLE:
            edges.append((results[:-1], results[1:]))
    rest = np.concatenate([*read.values(), np.zeros(0, np.int64)])
    if len(rest):
        edges += [(rest, np.full(len(rest), node)), (np.full(len(results), node), results)]
    return edges


def _bits(operand: Array, wanted: Array, signed: bool) -> Array:
    """Return bits of an operand, extended as its sign asks for; -1 where there are none.

    >>> _bits(np.array([7, 8]), np.arange(-1, 4), True).tolist(), _bits(np.array([7, 8]), np.arange(4), False).tolist()
    ([-1, 7, 8, 8, 8], [7, 8, -1, -1])
    """
    if not len(operand):
        return np.full(len(wanted), -1)
    inside = (wanted >= 0) & ((wanted < len(operand)) | signed)
    return np.where(inside, operand[np.clip(wanted, 0, len(operand) - 1)], -1)


def _places(
    words: Words, modules: list[_Module], instances: list[tuple[int, int]], cycle: Array
) -> list[tuple[int, int]]:
    """Return file and line of the words that a cycle of nodes runs through."""
    starts = np.array([first for _, first in instances])
    order = np.argsort(starts)
    found: dict[tuple[int, int], None] = {}
    for node, row in zip(cycle, order[np.searchsorted(starts[order], cycle, "right") - 1], strict=True):
        number, first = instances[row]
        module = modules[number]
        local = int(node) - first
        word = module.driver[local] if local < module.num_nets else module.first_word + local - module.num_nets
        if word >= 0 and words.line[word] > 0 and words.file[word] >= 0:
            found[int(words.file[word]), int(words.line[word])] = None
    return list(found)
