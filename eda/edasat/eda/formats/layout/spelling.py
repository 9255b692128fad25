r"""Names between a DEF file and their canonical form, both ways.

In the file a backslash takes the meaning from the character behind it: ``a\[0\]`` is one object named so, ``a[0]``
a bit of bus ``a``. Divider and bus bit characters are the file's choice; canonical names have ``/`` and ``[]``.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from edasat.core.errors import InputError
from edasat.core.names import Bytes, IntArray, Names

from .messages import MESSAGES

_BACKSLASH = 0x5C


class Spelling:
    r"""Reads and writes names of a file with these characters.

    >>> data = np.frombuffer(rb"u1.a<0> u1\.b", np.uint8)
    >>> Spelling(".", "<>").read(data, np.array([0, 8]), np.array([7, 13])).to_list()
    ['u1/a[0]', 'u1.b']
    """

    def __init__(self, divider: str, bus_bits: str) -> None:
        self._plain = (divider, bus_bits) == ("/", "[]")
        self._translation = np.arange(256, dtype=np.uint8)
        for written, canonical in zip((divider + bus_bits).encode(), b"/[]", strict=True):
            self._translation[written] = canonical

    def read(self, data: Bytes, starts: IntArray, ends: IntArray) -> Names:
        """Return the names at these spans of the file's bytes."""
        if self._plain:
            return Names.from_spans(data, starts, ends, unescape=True)
        starts, ends = np.ascontiguousarray(starts, np.int64), np.ascontiguousarray(ends, np.int64)
        blob = np.empty(int((ends - starts).sum()), np.uint8)
        offsets = np.empty(len(starts) + 1, np.int64)
        used = _translate(data, starts, ends, self._translation, blob, offsets)
        return Names(blob[:used], offsets)


def write_name(name: str, *, bus: bool) -> str:
    r"""Return a canonical name as DEF writes it with divider ``/`` and bus bit characters ``[]``.

    Args:
        name: as in a record.
        bus: whether a number in brackets at its end is a bit of a bus, as for nets and pins; components have none.

    Raises:
        InputError: if the name is empty or holds a blank.

    >>> write_name("out[0]$_DFF_", bus=False), write_name("a[0][1]", bus=True), write_name("*", bus=False)
    ('out\\[0\\]$_DFF_', 'a\\[0\\][1]', '\\*')
    """
    if not name or any(character <= " " for character in name):
        raise InputError.of(MESSAGES["def-unwritable-name"], token=name)
    tail = ""
    if bus and name.endswith("]"):
        stem, bracket, bit = name.rpartition("[")
        if stem and bracket and bit[:-1].isdigit():
            name, tail = stem, bracket + bit
    name = name.replace("\\", "\\\\").replace("[", "\\[").replace("]", "\\]")
    if name[0] in '#"*+-();' or name in _WORDS:
        name = "\\" + name
    return name + tail


#: Words with a meaning of their own where names stand.
_WORDS = frozenset({"PIN", "END", "NEW", "MUSTJOIN"})


@njit(cache=True)
def _translate(data: Any, starts: Any, ends: Any, translation: Any, blob: Any, offsets: Any) -> int:
    at = 0
    offsets[0] = 0
    for i in range(len(starts)):
        position = starts[i]
        while position < ends[i]:
            byte = data[position]
            if byte == _BACKSLASH and position + 1 < ends[i]:
                position += 1
                blob[at] = data[position]
            else:
                blob[at] = translation[byte]
            at += 1
            position += 1
        offsets[i + 1] = at
    return at
