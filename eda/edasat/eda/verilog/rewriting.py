"""Designs with other words in place of some."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np
import numpy.typing as npt

from .operations import OP, PORT, operation, port_of_pin
from .words import Words

#: Multiplexers on a path of those that are walked along.
_DEEPEST: Final = 120
#: Nets, or constants such as :data:`.words.ZERO`, the least significant bit first.
Bits = tuple[int, ...]
#: Name (row of ``pin_names``), whether the word drives it, and bits of a pin.
Pin = tuple[int, bool, Bits]
#: Registers whose next state multiplexers may decide, and these multiplexers.
REGISTERS: Final = frozenset(OP[name] for name in ("dff", "adff", "dffe", "adffe", "sdff", "sdffe"))
MULTIPLEXERS: Final = frozenset((OP["mux"], OP["pmux"]))


class Connections:
    """Words by what they drive and read.

    Args:
        words: any design.
    """

    def __init__(self, words: Words) -> None:
        self.words = words
        self._pins: dict[int, list[tuple[int, int, bool, Bits]]] = {}  # of words that were asked for: asked many times
        of_type = np.array([OP[operation(name)] for name in words.types], np.int64)
        self.op = np.where(words.child >= 0, OP["instance"], of_type[words.type])
        self.port = np.array([PORT[port_of_pin(name)] for name in words.pin_names], np.int64)
        counts = np.diff(words.bit_offsets)
        pin = np.repeat(np.arange(len(counts)), counts)
        word = np.repeat(np.arange(words.num_words), np.diff(words.pin_offsets))[pin]
        nets, drives = words.bits >= 0, words.pin_drives[pin]
        self.driver = np.full(words.num_nets, -1, np.int64)
        self.driver[words.bits[nets & drives]] = word[nets & drives]
        read = np.flatnonzero(nets & ~drives)
        read = read[np.argsort(words.bits[read], kind="stable")]
        self.reader_word = word[read]
        self.reader_offsets = np.searchsorted(words.bits[read], np.arange(words.num_nets + 1))

    def pins(self, word: int) -> list[tuple[int, int, bool, Bits]]:
        """Return name, port, whether it drives, and bits of the pins of a word."""
        if word not in self._pins:
            words = self.words
            found = self._pins[word] = []
            for pin in range(words.pin_offsets[word], words.pin_offsets[word + 1]):
                bits = words.bits[words.bit_offsets[pin] : words.bit_offsets[pin + 1]]
                name = int(words.pin_name[pin])
                found.append((name, int(self.port[name]), bool(words.pin_drives[pin]), tuple(bits.tolist())))
        return self._pins[word]

    def bits(self, word: int, port: str) -> Bits:
        """Return what a word reads at a port."""
        return next((bits for _, at, drives, bits in self.pins(word) if not drives and at == PORT[port]), ())

    def output(self, word: int) -> Bits:
        """Return what a word drives."""
        return next((bits for _, _, drives, bits in self.pins(word) if drives), ())

    def readers(self, bits: Bits) -> set[int]:
        """Return the words that read any of some nets."""
        found: set[int] = set()
        for bit in bits:
            found |= set(self.reader_word[self.reader_offsets[bit] : self.reader_offsets[bit + 1]].tolist())
        return found


def operands_of(finder: Connections, word: int, width: int) -> list[Bits]:
    """Return what a multiplexer of some bits chooses from, the default first."""
    b = finder.bits(word, "b")
    return [finder.bits(word, "a"), *(b[start : start + width] for start in range(0, len(b), width))]


def is_shallow(finder: Connections, tree: list[int]) -> bool:
    """Return whether multiplexers have no loop among them and at most :data:`_DEEPEST` on any path.

    Longer chains are left as they are: walks along them are recursive.
    """
    rank = {finder.output(word): word for word in tree}
    above = dict.fromkeys(tree, 0)  # multiplexers of the tree that choose it and are not done
    for word in tree:
        for operand in operands_of(finder, word, len(finder.output(word))):
            if operand in rank:
                above[rank[operand]] += 1
    level = [word for word in tree if not above[word]]
    done = depth = 0
    while level and depth < _DEEPEST:
        below = []
        for word in level:
            done += 1
            for operand in operands_of(finder, word, len(finder.output(word))):
                if operand in rank:
                    above[rank[operand]] -= 1
                    if not above[rank[operand]]:
                        below.append(rank[operand])
        level, depth = below, depth + 1
    return done == len(tree)


class Rewriting:
    """Words to come in place of others.

    Args:
        words: any design.
    """

    def __init__(self, words: Words) -> None:
        self.words = words
        self._gone = np.zeros(words.num_words, bool)
        self._next_net = words.num_nets
        self._types = {name: row for row, name in enumerate(words.types)}
        self._pin_names = {name: row for row, name in enumerate(words.pin_names)}
        self._pmux, self._any_of = (self._types.setdefault(name, len(self._types)) for name in ("$pmux", "$reduce_or"))
        self.a, self.b, self.s, self.y = (
            self._pin_names.setdefault(name, len(self._pin_names)) for name in ("A", "B", "S", "Y")
        )
        self._origin: list[int] = []
        self._type: list[int] = []
        self._pins: list[list[Pin]] = []

    def nets(self, count: int) -> Bits:
        """Return nets that nothing drives yet."""
        first, self._next_net = self._next_net, self._next_net + count
        return tuple(range(first, self._next_net))

    def drop(self, words: Sequence[int]) -> None:
        """Leave words out."""
        self._gone[words] = True

    def add(self, origin: int, kind: int, pins: list[Pin]) -> None:
        """Append a word that stands for an old one, in the old one's module."""
        self._origin.append(origin)
        self._type.append(kind)
        self._pins.append(pins)

    def choose(self, origin: int, default: Bits, cases: list[tuple[int, Bits]], output: Bits) -> None:
        """Append a multiplexer with a select bit for each case."""
        data = tuple(bit for _, bits in cases for bit in bits)
        select = tuple(bit for bit, _ in cases)
        pins = [(self.a, False, default), (self.b, False, data), (self.s, False, select), (self.y, True, output)]
        self.add(origin, self._pmux, pins)

    def any_of(self, origin: int, bits: Bits, output: Bits) -> None:
        """Append the disjunction of some bits."""
        self.add(origin, self._any_of, [(self.a, False, bits), (self.y, True, output)])

    def finish(self) -> tuple[Words, npt.NDArray[np.int64]]:
        """Return the new design, and, int64, the row of the old one that each of its words stands for.

        Without any new word it is the old design itself.
        """
        words = self.words
        if not self._origin:
            return words, np.arange(words.num_words)
        kept = np.flatnonzero(~self._gone)
        origin = np.concatenate([kept, np.array(self._origin, np.int64)])
        pins = [pin for one in self._pins for pin in one]
        all_names = np.concatenate([words.pin_name, np.array([name for name, _, _ in pins], np.int32)])
        all_drives = np.concatenate([words.pin_drives, np.array([drives for _, drives, _ in pins], bool)])
        all_bits = np.concatenate([words.bits.astype(np.int64), [bit for _, _, bits in pins for bit in bits]])
        bit_counts = np.concatenate([np.diff(words.bit_offsets), [len(bits) for _, _, bits in pins]]).astype(np.int64)
        pin_counts = np.concatenate([np.diff(words.pin_offsets)[kept], [len(one) for one in self._pins]]).astype(
            np.int64
        )
        first_new = len(words.pin_name)
        first_pin = np.concatenate([words.pin_offsets[kept], first_new + np.cumsum([0, *map(len, self._pins)])[:-1]])
        order = np.argsort(words.module[origin], kind="stable")
        origin, pin_counts, first_pin = origin[order], pin_counts[order], first_pin[order].astype(np.int64)
        pin_offsets = np.concatenate([[0], np.cumsum(pin_counts)]).astype(np.int64)
        pin = np.arange(pin_offsets[-1]) + np.repeat(first_pin - pin_offsets[:-1], pin_counts)
        starts = np.concatenate([[0], np.cumsum(bit_counts)])
        bit_offsets = np.concatenate([[0], np.cumsum(bit_counts[pin])]).astype(np.int64)
        bit = np.arange(bit_offsets[-1]) + np.repeat(starts[pin] - bit_offsets[:-1], bit_counts[pin])
        bits = all_bits[bit]
        # nets of a module stand together, the new ones behind the others
        nets = np.flatnonzero(bits >= 0)
        module = words.module[origin].astype(np.int64)
        of_bit = np.repeat(np.repeat(module, pin_counts), bit_counts[pin])
        found, dense = np.unique((of_bit[nets] << 40) + bits[nets], return_inverse=True)
        bits[nets] = dense.ravel()
        row = np.full(words.num_words + 1, -1, np.int32)
        row[origin] = np.arange(len(origin))
        return (
            replace(
                words,
                types=tuple(self._types),
                pin_names=tuple(self._pin_names),
                names=tuple(words.names[one] for one in origin.tolist()),
                module=words.module[origin],
                type=np.concatenate([words.type[kept], np.array(self._type, np.int32)])[order],
                child=words.child[origin],
                memory=row[words.memory[origin]],
                file=words.file[origin],
                line=words.line[origin],
                signed=words.signed[origin],
                signed_amount=words.signed_amount[origin],
                clocked=words.clocked[origin],
                depth=words.depth[origin],
                memory_width=words.memory_width[origin],
                pin_offsets=pin_offsets,
                pin_name=all_names[pin],
                pin_drives=all_drives[pin],
                bit_offsets=bit_offsets,
                bits=bits.astype(np.int32),
                num_nets=len(found),
            ),
            origin,
        )
