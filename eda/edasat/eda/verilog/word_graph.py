"""The control and data flow graph of a design at word level.

Nodes are the words of every module once; a module that stands fifty times in the design has ``copies`` = 50, so that
area adds up without flattening. An instance is a node of its parent: what drives its inputs and the outputs of its
module drive it, and it drives what its outputs drive. Edges are found by the bits that two words share, in compiled
passes over all pins.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from edasat.core.csr import group_edges, group_values
from edasat.core.graph import EdgeSet, Graph, NodeSet
from edasat.core.levels import levelize

from .hierarchy import modules_below
from .operations import OP, OPERATIONS, PORT, REGISTERS, operation, port_of_pin
from .word_kernels import back_edges, find_drivers, join_words, mark_followed, read_constants
from .words import Words

Array = npt.NDArray[Any]
Bool = npt.NDArray[np.bool_]

_REGISTER: Final = np.array([name in REGISTERS for name in OPERATIONS])
_MEMORY_PORT: Final = np.array([name in ("memrd", "memwr", "meminit") for name in OPERATIONS])


def word_graph(words: Words, top: str | None = None) -> Graph:
    """Return the graph of all that stands below a module.

    Node type "word" with these arrays (n,):

    ===================  =======  =============================================================================
    ``op``               int16    position in :data:`.operations.OPERATIONS`
    ``width``            float32  bits that the word gives; of a memory and what writes it: bits of its words
    ``used_bits``        float32  bits of its output that something takes: ``width`` of ``a + 1`` is at least 32
    ``in_width``         float32  sum of the bits that it takes
    ``max_in_width``     float32  bits of its widest input
    ``constant_share``   float32  share of the bits it takes that are constant
    ``ones``             float32  bits it takes that are the constant 1; of a constant: its own
    ``cases``            float32  choices of a ``pmux``, number of words of a memory, else 0
    ``signed``           int8     1 if its first operand is signed
    ``copies``           float32  instances of its module in the flattened design
    ``module``           int32    position in ``metadata["modules"]``; a module comes after those that it uses
    ``line``, ``file``   int32, int16  where it is written, -1 if unknown; position in ``metadata["files"]``
    ===================  =======  =============================================================================

    and ``level``: edges of the longest combinational path that ends in the word. Registers, latches and memories start
    paths, as inputs and constants do.

    Edges ("word", "drives", "word") with ``bits`` (float32, that the source gives), ``port`` (int8, position in
    :data:`.operations.PORTS`) and ``crosses_register`` (int8): 1 into registers, memories and clocked ports of memory,
    into instances whose outputs do not follow this input at once, and where a combinational cycle had to be cut. The
    other edges have no cycle. There is one edge per source, target and port (an instance may have two: one crosses).

    Args:
        words: of :func:`.words.read_words`.
        top: name of the top module; None: the one that is marked, or else the one that no other uses.

    Raises:
        InputError: if there is no such module, several could be meant, or a module contains itself.
    """
    words, copies = modules_below(words, top)
    op = _operations(words)
    constants = _constants(words)
    pins = _pins(words, op, constants)
    count = words.num_words + len(constants.module)
    driver = np.full(words.num_nets, -1, np.int32)
    conflicts = find_drivers(words.pin_offsets, words.pin_drives, words.bit_offsets, words.bits, driver)
    register = _REGISTER[op] | (_MEMORY_PORT[op] & (words.clocked > 0))
    followed = _followed(words, op, register, pins, driver)
    source, target, port, bits, crosses, undriven = _drives(words, pins, register, followed, constants, driver, count)
    source, target, port, bits, crosses = (
        np.concatenate(column)
        for column in zip(
            (source, target, port, bits, crosses), _memories(words, op, pins), _children(words, op, pins), strict=True
        )
    )
    level, cut = _levels(count, source, target, crosses)
    crosses[cut] = True

    extra = len(constants.module)
    module = np.concatenate([words.module, constants.module])
    arrays = {
        "op": np.concatenate([op, np.full(extra, OP["constant"], np.int16)]),
        "width": np.concatenate([pins.width, constants.width]),
        "used_bits": np.concatenate([pins.used, constants.width]),
        "in_width": _extended(pins.in_width, extra),
        "max_in_width": _extended(pins.max_in_width, extra),
        "constant_share": _extended(pins.constant / np.maximum(pins.in_width, 1), extra),
        "ones": np.concatenate([pins.ones, constants.ones]),
        "cases": _extended(np.where(words.depth > 0, words.depth, pins.choices).astype(np.float32), extra),
        "signed": _extended(words.signed, extra),
        "copies": copies[module].astype(np.float32),
        "module": module,
        "line": _extended(words.line, extra, -1),
        "file": _extended(words.file, extra, -1),
    }
    edges = EdgeSet(
        np.stack([source, target]),
        {"bits": bits.astype(np.float32), "port": port, "crosses_register": crosses.astype(np.int8)},
    )
    metadata = {
        "kind": "cdfg",
        "top": words.modules[-1],
        "modules": list(words.modules),
        "files": list(words.files),
        "words": words.num_words,
        "constants": extra,
        "cut_cycles": len(cut),
        "undriven_bits": undriven,
        "conflicting_bits": conflicts,
    }
    return Graph({"word": NodeSet(count, arrays, level=level)}, {("word", "drives", "word"): edges}, metadata)


def _operations(words: Words) -> npt.NDArray[np.int16]:
    """Return the operation of each word; a black box is an instance too."""
    of_type = np.array([OP[operation(name)] for name in words.types], np.int16)
    return np.where(words.child >= 0, OP["instance"], of_type[words.type]).astype(np.int16)


class _Constants(NamedTuple):
    """Constant bits of pins, and a node for each module and value that one of its pins takes."""

    of_pin: Array  # int32, (num_pins,): node, -1 where no constant bit is known
    bits: Array  # int32, (num_pins,): constant bits of each pin
    ones_of_pin: Array  # int32, (num_pins,)
    known: Array  # int32, (num_pins,): constant bits that are not x
    module: Array  # int32, (num_constants,)
    width: Array  # float32, (num_constants,)
    ones: Array  # float32, (num_constants,)


def _constants(words: Words) -> _Constants:
    bits, ones, known, value = read_constants(words.bit_offsets, words.bits)
    taking = np.flatnonzero((known > 0) & ~words.pin_drives)
    module = np.repeat(words.module, np.diff(words.pin_offsets))[taking]
    keys = np.empty(len(taking), [("module", np.int32), ("value", np.uint64)])
    keys["module"], keys["value"] = module, value[taking]
    _, first, node = np.unique(keys, return_index=True, return_inverse=True)
    of_pin = np.full(len(bits), -1, np.int32)
    of_pin[taking] = words.num_words + node
    shown = taking[first]
    return _Constants(
        of_pin, bits, ones, known, module[first], known[shown].astype(np.float32), ones[shown].astype(np.float32)
    )


class _Pins(NamedTuple):
    """Pins, and what the pins of a word say about it."""

    word: Array  # int32, (num_pins,)
    port: Array  # int8, (num_pins,): position in PORTS
    width: Array  # float32, (num_words,), as the others below
    used: Array  # bits of the width that something takes
    in_width: Array
    max_in_width: Array
    constant: Array  # constant bits taken
    ones: Array
    choices: Array  # of a multiplexer with one select bit for each


def _pins(words: Words, op: Array, constants: _Constants) -> _Pins:
    count = words.num_words
    word = np.repeat(np.arange(count, dtype=np.int32), np.diff(words.pin_offsets))
    port = np.array([PORT[port_of_pin(name)] for name in words.pin_names], np.int8)[words.pin_name]
    port[op[word] == OP["instance"]] = PORT["parent"]
    port[(op[word] == OP["output"]) | (op[word] == OP["inout"])] = PORT["data"]
    bits = np.diff(words.bit_offsets).astype(np.float32)
    taken = np.where(words.pin_drives, 0, bits)
    widest = np.zeros(count, np.float32)
    np.maximum.at(widest, word, taken)
    width = np.bincount(word, bits - taken, count).astype(np.float32)
    data = (port == PORT["data"]) & ~words.pin_drives  # of outputs and writes, which have no output of their own
    width[word[data]] = bits[data]
    memory = words.memory_width > 0
    width[memory] = words.memory_width[memory]
    read = np.zeros(words.num_nets, bool)
    pin_of_bit = np.repeat(np.arange(len(word)), np.diff(words.bit_offsets))
    nets = words.bits >= 0
    drives = words.pin_drives[pin_of_bit]
    read[words.bits[nets & ~drives]] = True
    given = np.flatnonzero(nets & drives)
    used = np.bincount(word[pin_of_bit[given]], read[words.bits[given]], count).astype(np.float32)
    used[word[data]] = width[word[data]]
    used[memory] = width[memory]
    choices = np.zeros(count, np.float32)
    select = (op[word] == OP["pmux"]) & (port == PORT["select"])
    choices[word[select]] = bits[select]
    totals = [np.where(words.pin_drives, 0, column) for column in (bits, constants.bits, constants.ones_of_pin)]
    in_width, constant, ones = (np.bincount(word, column, count).astype(np.float32) for column in totals)
    return _Pins(word, port, width, used, in_width, widest, constant, ones, choices)


def _followed(words: Words, op: Array, register: Array, pins: _Pins, driver: Array) -> Bool:
    """Return for each pin whether the outputs of its word, an instance or not, follow it at once."""
    num_names = len(words.pin_names)
    ports = np.flatnonzero((op == OP["input"]) | (op == OP["output"]) | (op == OP["inout"]))
    keys = words.module[ports].astype(np.int64) * num_names + words.pin_name[words.pin_offsets[ports]]
    by_key = np.argsort(keys)
    keys = keys[by_key]
    child = words.child[pins.word]
    wanted = child.astype(np.int64) * num_names + words.pin_name
    place = np.minimum(np.searchsorted(keys, wanted), max(0, len(keys) - 1))
    instance = op[pins.word] == OP["instance"]
    found = instance & (child >= 0) & (keys[place] == wanted) if len(keys) else np.zeros(len(child), bool)
    port_word = np.where(instance, -1, -2).astype(np.int32)
    port_word[found] = ports[by_key[place[found]]]
    module_offsets = np.searchsorted(words.module, np.arange(len(words.modules) + 1))
    output = (op == OP["output"]) | (op == OP["inout"])
    columns = (words.pin_offsets, words.pin_drives, port_word, words.bit_offsets, words.bits, driver)
    word_followed = mark_followed(module_offsets, output, register, *columns)
    result = ~register[pins.word]
    result[instance] = False
    result[found] = word_followed[port_word[found]]
    return result


_Edges = tuple[Array, Array, Array, Array, Array]


def _drives(
    words: Words, pins: _Pins, register: Array, followed: Bool, constants: _Constants, driver: Array, count: int
) -> tuple[Array, Array, Array, Array, Array, int]:
    """Return source, target, port, bits and whether it crosses a register of each edge by nets; and undriven bits."""
    taking = np.flatnonzero(~words.pin_drives)
    group = (pins.word[taking].astype(np.int64) * len(PORT) + pins.port[taking]) * 2 + ~followed[taking]
    order = np.argsort(group, kind="stable")
    columns = (constants.of_pin, constants.known, words.bit_offsets, words.bits, driver)
    source, of_group, bits, undriven = join_words(taking[order], group[order], *columns, count)
    target, crosses = of_group // (2 * len(PORT)), of_group % 2 > 0
    return source, target.astype(np.int32), (of_group // 2 % len(PORT)).astype(np.int8), bits, crosses, undriven


def _memories(words: Words, op: Array, pins: _Pins) -> _Edges:
    """Return the edges from memories to what reads them, and from what writes them, which cross them."""
    users = np.flatnonzero(words.memory >= 0).astype(np.int32)
    memory = words.memory[users]
    reads = op[users] == OP["memrd"]
    port = np.full(len(users), PORT["data"], np.int8)
    crosses = ~reads | (words.clocked[users] > 0)
    return np.where(reads, memory, users), np.where(reads, users, memory), port, pins.width[users], crosses


def _children(words: Words, op: Array, pins: _Pins) -> _Edges:
    """Return the edges from the outputs of modules to the instances."""
    outputs = np.flatnonzero((op == OP["output"]) | (op == OP["inout"])).astype(np.int32)
    offsets, grouped = group_values(words.module[outputs], outputs, len(words.modules))
    instances = np.flatnonzero(words.child >= 0).astype(np.int32)
    counts = np.diff(offsets)[words.child[instances]]
    target = np.repeat(instances, counts)
    first = np.repeat(offsets[words.child[instances]] - np.cumsum(counts) + counts, counts)
    source = grouped[first + np.arange(len(target))]
    port = np.full(len(target), PORT["child"], np.int8)
    return source, target, port, pins.width[source], np.zeros(len(target), bool)


def _levels(count: int, source: Array, target: Array, crosses: Bool) -> tuple[npt.NDArray[np.int32], Array]:
    """Return the level of each node, and the edges that were cut to have levels at all."""
    inside = np.flatnonzero(~crosses)
    follows = np.zeros(count, bool)
    follows[target[inside]] = True
    start = np.argsort(follows, kind="stable").astype(
        np.int32
    )  # from the sources first: their edges are not the cut ones
    csr = group_edges(source[inside], target[inside], count)
    cut = inside[back_edges(csr.offsets, csr.neighbours, csr.edges, start)]
    keep = ~crosses
    keep[cut] = False
    return levelize(count, source[keep], target[keep]).level, cut


def _extended(array: Array, extra: int, value: int = 0) -> Array:
    """Return the array with ``extra`` more rows."""
    return np.concatenate([array, np.full(extra, value, array.dtype)])
