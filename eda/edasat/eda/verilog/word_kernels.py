"""Compiled passes over the pins and bits of a design at word level; linear in the number of bits.

Arrays are the columns of :class:`.words.Words`; ``driver`` is int32, (num_nets,): the word that drives each net, or -1.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

from .words import ONE, UNKNOWN

#: Fowler, Noll, Vo: 64-bit FNV-1a.
_BASIS = np.uint64(14695981039346656037)
_PRIME = np.uint64(1099511628211)

Array = npt.NDArray[Any]


@njit(cache=True, nogil=True)
def read_constants(bit_offsets: Array, bits: Array) -> tuple[Array, Array, Array, Array]:
    """Return for each pin its constant bits, those that are 1, those that are known, and a hash of all constant."""
    pins = len(bit_offsets) - 1
    constant = np.zeros(pins, np.int32)
    ones = np.zeros(pins, np.int32)
    known = np.zeros(pins, np.int32)
    value = np.zeros(pins, np.uint64)
    for pin in range(pins):
        digest = _BASIS
        for position in range(bit_offsets[pin], bit_offsets[pin + 1]):
            bit = bits[position]
            if bit < 0:
                constant[pin] += 1
                ones[pin] += bit == ONE
                known[pin] += bit != UNKNOWN
                digest = (digest ^ np.uint64(-bit)) * _PRIME
        value[pin] = digest
    return constant, ones, known, value


@njit(cache=True, nogil=True)
def find_drivers(pin_offsets: Array, drives: Array, bit_offsets: Array, bits: Array, driver: Array) -> int:
    """Fill ``driver`` (all -1 on entry) and return how many bits a net has more than one driver for.

    The last driver stays.
    """
    conflicts = 0
    for word in range(len(pin_offsets) - 1):
        for pin in range(pin_offsets[word], pin_offsets[word + 1]):
            if drives[pin]:
                for position in range(bit_offsets[pin], bit_offsets[pin + 1]):
                    net = bits[position]
                    if net >= 0:
                        conflicts += driver[net] >= 0 and driver[net] != word
                        driver[net] = word
    return conflicts


@njit(cache=True, nogil=True)
def mark_followed(
    module_offsets: Array,
    is_output: Array,
    is_register: Array,
    pin_offsets: Array,
    drives: Array,
    port_word: Array,
    bit_offsets: Array,
    bits: Array,
    driver: Array,
) -> Array:
    """Return for each word whether an output of its module follows it combinationally.

    Modules are searched backwards from their outputs, used ones before users, so that a search knows which inputs of
    an instance its outputs follow.

    Args:
        module_offsets: words of each module.
        is_output: of each word: an output of its module.
        is_register: of each word: its outputs do not follow its inputs at once.
        port_word: for each pin of an instance the port of its module, -1 where that is not known, -2 for other pins.
    """
    followed = np.zeros(len(is_output), np.bool_)
    stack = np.empty(len(is_output), np.int32)
    for module in range(len(module_offsets) - 1):
        size = 0
        for word in range(module_offsets[module], module_offsets[module + 1]):
            if is_output[word]:
                followed[word] = True
                stack[size] = word
                size += 1
        while size:
            size -= 1
            word = stack[size]
            if is_register[word]:
                continue
            for pin in range(pin_offsets[word], pin_offsets[word + 1]):
                port = port_word[pin]
                if drives[pin] or port == -1 or (port >= 0 and not followed[port]):
                    continue
                for position in range(bit_offsets[pin], bit_offsets[pin + 1]):
                    net = bits[position]
                    if net >= 0 and driver[net] >= 0 and not followed[driver[net]]:
                        followed[driver[net]] = True
                        stack[size] = driver[net]
                        size += 1
    return followed


@njit(cache=True, nogil=True)
def join_words(
    order: Array,
    group: Array,
    constant_of_pin: Array,
    known: Array,
    bit_offsets: Array,
    bits: Array,
    driver: Array,
    num_nodes: int,
) -> tuple[Array, Array, Array, int]:
    """Return source, group and bits of each edge into the pins of a design, and the number of bits without driver.

    Args:
        order: pins that take, those of a group one after the other.
        group: of each pin in ``order``; an edge joins a source to a group.
        constant_of_pin: the node of a pin's constant bits, -1 if there is none.
        known: constant bits of each pin that are known.
        num_nodes: of sources.
    """
    most = 0
    for pin in order:
        most += bit_offsets[pin + 1] - bit_offsets[pin]
    source = np.empty(most, np.int32)
    target = np.empty(most, np.int32)
    weight = np.empty(most, np.int32)
    edge_of = np.full(num_nodes, -1, np.int64)  # the last edge that each source has begun
    edges = 0
    undriven = 0
    for i in range(len(order)):
        pin = order[i]
        for position in range(bit_offsets[pin] - 1, bit_offsets[pin + 1]):
            amount = 1
            if position < bit_offsets[pin]:  # before the bits, all constant ones at once
                node = constant_of_pin[pin]
                amount = known[pin]
            elif bits[position] < 0:
                continue
            else:
                node = driver[bits[position]]
                undriven += node < 0
            if node < 0:
                continue
            edge = edge_of[node]
            if edge >= 0 and target[edge] == group[i]:
                weight[edge] += amount
            else:
                edge_of[node] = edges
                source[edges] = node
                target[edges] = group[i]
                weight[edges] = amount
                edges += 1
    return source[:edges].copy(), target[:edges].copy(), weight[:edges].copy(), undriven


@njit(cache=True, nogil=True)
def back_edges(offsets: Array, neighbours: Array, edges: Array, start: Array) -> Array:
    """Return the edges that close a cycle in a depth-first search: without them the graph has none.

    Args:
        offsets, neighbours, edges: the graph by source, see :class:`edasat.core.csr.Csr`.
        start: all nodes in the order in which the search starts from them.
    """
    nodes = len(offsets) - 1
    state = np.zeros(nodes, np.int8)  # 1 on the path, 2 done
    path = np.empty(nodes, np.int32)
    position = offsets[:-1].copy()
    found = np.empty(len(neighbours), np.int64)
    count = 0
    for first in start:
        if state[first]:
            continue
        path[0] = first
        state[first] = 1
        size = 1
        while size:
            node = path[size - 1]
            if position[node] == offsets[node + 1]:
                state[node] = 2
                size -= 1
                continue
            edge = position[node]
            position[node] += 1
            following = neighbours[edge]
            if state[following] == 1:
                found[count] = edges[edge]
                count += 1
            elif state[following] == 0:
                state[following] = 1
                path[size] = following
                size += 1
    return found[:count].copy()
