"""Names numbered while a file is scanned: what the compiled scanners of SDF and SPEF share.

A delay or parasitics file repeats each name many times. A scanner that numbers a name where it stands writes four
bytes for it instead of a span, and nothing has to be hashed again behind it. For that the name must be canonical
(:mod:`edasat.core.names`) at that moment: escapes are dropped and foreign dividers replaced inside the file's buffer,
where the shorter spelling always fits. No byte is read twice, so a scanner may do so without a copy.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from edasat.core.bytescan import load_word
from edasat.core.names import Names

#: What a byte means inside a name; the scanners index a table of 256 of these.
PLAIN: Final = 0
END: Final = 1  # a blank, a control character, or what else ends a token
ESCAPE: Final = 2  # the backslash
DIVIDER: Final = 3  # between hierarchy levels; becomes "/"
OPEN: Final = 4  # before the index of a bus bit, where a file does not write "["
CLOSE: Final = 5

_BACKSLASH: Final = 0x5C


class Interner(NamedTuple):
    """Names numbered from 0 in the order of their first use: an open-addressing table over spans of a buffer.

    Attributes:
        slots: uint64, (2^k,): the upper half of a name's hash, and below it its number + 1; 0 is a free slot.
        spans: int64, (room + 1, 2): first byte of name ``i`` and the one behind its last in row ``i + 1``; the first
            number of row 0 counts the names.
    """

    slots: npt.NDArray[np.uint64]
    spans: npt.NDArray[np.int64]

    @classmethod
    def of_size(cls, room: int) -> Interner:
        """Return an empty table for at least ``room`` names."""
        slots = 1 << max(4, (2 * room - 1).bit_length())
        spans = np.empty((slots // 2 + 1, 2), np.int64)
        spans[0] = 0
        return cls(np.zeros(slots, np.uint64), spans)

    @property
    def size(self) -> int:
        """Number of names."""
        return int(self.spans[0, 0])

    def is_short_of(self, margin: int) -> bool:
        """Whether fewer than ``margin`` more names fit."""
        return self.size + margin >= len(self.spans)

    def grown(self) -> Interner:
        """Return a table of twice the size with the same names under the same numbers."""
        larger = Interner.of_size(len(self.slots))
        larger.spans[: len(self.spans)] = self.spans
        _rehash(self.slots, larger.slots)
        return larger

    def names(self, data: npt.NDArray[np.uint8]) -> Names:
        """Copy the names out of the buffer."""
        spans = self.spans[1 : self.size + 1]
        return Names.from_spans(data, spans[:, 0], spans[:, 1])


def byte_classes(ends: bytes, divider: bytes, bus: bytes = b"[]") -> npt.NDArray[np.uint8]:
    """Return uint8, (256,): what each byte means inside a name.

    Args:
        ends: what ends a token besides blanks and control characters.
        divider: each of these bytes separates hierarchy levels.
        bus: what stands before and behind the index of a bus bit; one byte if nothing stands behind it.
    """
    classes = np.full(256, PLAIN, np.uint8)
    classes[:33] = END
    classes[list(ends)] = END
    classes[_BACKSLASH] = ESCAPE
    if bus and bus != b"[]":
        classes[list(bus[1:])] = CLOSE
        classes[bus[0]] = OPEN
    classes[list(divider)] = DIVIDER
    return classes


@njit(cache=True)
def _rehash(old: Any, slots: Any) -> None:
    """Enter the entries of one table into a larger empty one.

    A name's first slot follows from the half of its hash that its entry keeps, so nothing is hashed again.
    """
    mask = len(slots) - 1
    for entry in old:
        if entry != np.uint64(0):
            slot = np.int64(entry >> np.uint64(32)) & mask
            while slots[slot] != np.uint64(0):
                slot = (slot + 1) & mask
            slots[slot] = entry


@njit(cache=True)
def intern(data: Any, start: int, end: int, slots: Any, spans: Any) -> int:
    """Return the number of the name ``data[start:end]``, a new one if it was not there; the table must have room."""
    length = end - start
    mixed = np.uint64(length) * np.uint64(0x9E3779B97F4A7C15)
    at = start
    while at + 8 <= end:
        mixed = (mixed ^ load_word(data, at)) * np.uint64(0x9FB21C651E98DF25)
        mixed ^= mixed >> np.uint64(29)
        at += 8
    rest = end - at
    if rest > 0:
        kept = np.uint64(0xFFFFFFFFFFFFFFFF) >> np.uint64((8 - rest) << 3)
        mixed = (mixed ^ (load_word(data, at) & kept)) * np.uint64(0x9FB21C651E98DF25)
        mixed ^= mixed >> np.uint64(29)
    mixed *= np.uint64(0x94D049BB133111EB)
    mark = mixed >> np.uint64(32)
    mask = len(slots) - 1
    slot = np.int64(mark) & mask
    while True:
        entry = slots[slot]
        if entry == np.uint64(0):
            number = spans[0, 0] + 1
            spans[0, 0] = number
            spans[number, 0] = start
            spans[number, 1] = end
            slots[slot] = (mark << np.uint64(32)) | np.uint64(number)
            return int(number - 1)
        if entry >> np.uint64(32) == mark:
            number = np.int64(entry & np.uint64(0xFFFFFFFF))
            if spans[number, 1] - spans[number, 0] == length and _same(data, spans[number, 0], start, length):
                return int(number - 1)
        slot = (slot + 1) & mask


@njit(inline="always")
def _same(data: Any, first: int, second: int, length: int) -> bool:
    at = 0
    while at + 8 <= length:
        if load_word(data, first + at) != load_word(data, second + at):
            return False
        at += 8
    if at < length:
        different = load_word(data, first + at) ^ load_word(data, second + at)
        return different << np.uint64((8 - (length - at)) << 3) == np.uint64(0)
    return True


@njit(cache=True)
def canonicalise(data: Any, start: int, end: int, classes: Any, mark: int) -> tuple[int, int]:
    """Rewrite the name ``data[start:end]`` in its canonical form, in place.

    Args:
        data: uint8: the file.
        start, end: first byte of the name and the one behind its last.
        classes: of :func:`byte_classes`.
        mark: a position inside the name, -1 for none.

    Returns:
        The byte behind the rewritten name, and where the byte at ``mark`` went.
    """
    to = start
    moved = -1
    at = start
    while at < end:
        byte = data[at]
        kind = classes[byte]
        if at == mark:
            moved = to
        if kind == ESCAPE and at + 1 < end:
            at += 1
            byte = data[at]
        elif kind == DIVIDER:
            byte = 47
        elif kind == OPEN:
            byte = 91
        elif kind == CLOSE:
            byte = 93
        data[to] = byte
        to += 1
        at += 1
    return to, moved
