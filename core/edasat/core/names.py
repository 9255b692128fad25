r"""A table of names: one blob of bytes with offsets, looked up and joined by pyarrow's hash kernels.

Readers of design files see millions of names. As Python strings they would cost more than the rest of the file, so
they stay bytes until somebody asks for one; numbering and joining them over files are two vectorised calls.

**Canonical form.** The same object is spelled differently from format to format: Verilog writes ``\data[0] `` with a
blank behind it, DEF ``\[0\]$_DFF_P_``, SPEF ``ctrl\.out\[0\]``. A reader strips the escapes of its own format
(``unescape``), so that a name is the plain characters, hierarchy levels are separated by ``/`` and the bits of a bus
end in ``[3]``. What still differs is a different name.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from numba import njit

if TYPE_CHECKING:
    import pyarrow as pa

Bytes = npt.NDArray[np.uint8]
IntArray = npt.NDArray[np.integer[Any]]

_BACKSLASH = 0x5C


class Names:
    """An immutable list of byte strings, shown as text.

    Attributes:
        blob: uint8: all names, one behind the other.
        offsets: int64, (len + 1,): name ``i`` is ``blob[offsets[i]:offsets[i + 1]]``.

    >>> names = Names.of(["clk", "u1/Z", "clk"])
    >>> names[1], len(names), names.index("u1/Z"), names.index("nothing")
    ('u1/Z', 3, 1, -1)
    >>> different, ids = names.unique()
    >>> different.to_list(), ids.tolist()
    (['clk', 'u1/Z'], [0, 1, 0])
    """

    def __init__(self, blob: Bytes, offsets: npt.NDArray[np.int64]) -> None:
        self.blob = blob
        self.offsets = offsets

    @classmethod
    def of(cls, names: Iterable[str]) -> Names:
        """Build a table from strings; characters outside UTF-8 that came in as surrogates go out unchanged."""
        parts = [name.encode("utf-8", "surrogateescape") for name in names]
        offsets = np.zeros(len(parts) + 1, np.int64)
        np.cumsum([len(part) for part in parts], out=offsets[1:])
        return cls(np.frombuffer(b"".join(parts), np.uint8), offsets)

    @classmethod
    def from_spans(cls, data: Bytes, starts: IntArray, ends: IntArray, *, unescape: bool = False) -> Names:
        r"""Copy names out of a file's bytes.

        Args:
            data: uint8: the file.
            starts, ends: integer, (n,): first byte of each name and the one behind its last.
            unescape: drop each backslash that stands before another byte (a doubled one leaves one).

        >>> data = np.frombuffer(rb"a\[0\] b", np.uint8)
        >>> Names.from_spans(data, np.array([0, 7]), np.array([6, 8]), unescape=True).to_list()
        ['a[0]', 'b']
        """
        starts = np.ascontiguousarray(starts, np.int64)
        ends = np.ascontiguousarray(ends, np.int64)
        blob = np.empty(int((ends - starts).sum()), np.uint8)
        offsets = np.empty(len(starts) + 1, np.int64)
        used = _gather(data, starts, ends, unescape, blob, offsets)
        return cls(blob[:used], offsets)

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __getitem__(self, index: int) -> str:
        if not -len(self) <= index < len(self):
            raise IndexError(f"name {index} of {len(self)}")
        index %= len(self)
        return _text(self.blob[self.offsets[index] : self.offsets[index + 1]].tobytes())

    def __iter__(self) -> Iterator[str]:
        return iter(self.to_list())

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Names)
            and np.array_equal(self.offsets, other.offsets)
            and np.array_equal(self.blob, other.blob)
        )

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        shown = ", ".join(repr(self[i]) for i in range(min(3, len(self))))
        return f"Names({len(self)}: {shown}{', ...' if len(self) > 3 else ''})"

    def to_list(self) -> list[str]:
        """Return all names as strings."""
        blob, offsets = self.blob.tobytes(), self.offsets.tolist()
        return [_text(blob[a:b]) for a, b in pairwise(offsets)]

    def take(self, indices: IntArray) -> Names:
        """Return the names at these positions as a new table."""
        return Names.from_spans(self.blob, self.offsets[:-1][indices], self.offsets[1:][indices])

    def index(self, name: str) -> int:
        """Return the first position of a name, -1 if it is not there. For many names use :meth:`find`."""
        return int(Names.of([name]).find_in(self)[0])

    def find_in(self, table: Names) -> npt.NDArray[np.int32]:
        """Return, for each of these names, its first position in ``table``, -1 where it has none."""
        import pyarrow.compute as pc

        found = pc.index_in(self.to_arrow(), value_set=table.to_arrow())
        return found.fill_null(-1).to_numpy().astype(np.int32, copy=False)

    def unique(self) -> tuple[Names, npt.NDArray[np.int32]]:
        """Return the different names in the order of their first use, and the number of each of these among them."""
        import pyarrow as pa

        encoded = self.to_arrow().dictionary_encode()
        if isinstance(encoded, pa.ChunkedArray):  # pragma: no cover - one array stays one chunk
            encoded = encoded.combine_chunks()
        different = encoded.dictionary
        _, offsets, blob = different.buffers()
        table = Names(
            np.frombuffer(blob, np.uint8) if blob is not None else np.empty(0, np.uint8),
            np.frombuffer(offsets, np.int64)[: len(different) + 1] if len(different) else np.zeros(1, np.int64),
        )
        return table, encoded.indices.to_numpy().astype(np.int32, copy=False)

    def split_last(self, separator: str) -> tuple[Names, Names]:
        """Cut each name at its last ``separator`` (one byte); without one the first part is empty.

        >>> [part.to_list() for part in Names.of(["u1/u2/A", "clk"]).split_last("/")]
        [['u1/u2', ''], ['A', 'clk']]
        """
        cut = np.empty(len(self), np.int64)
        _last(self.blob, self.offsets, ord(separator), cut)
        starts, ends = self.offsets[:-1], self.offsets[1:]
        first_end = np.maximum(cut, starts)
        return (
            Names.from_spans(self.blob, starts, first_end),
            Names.from_spans(self.blob, np.where(cut < 0, starts, cut + 1), ends),
        )

    def to_arrow(self) -> pa.Array:
        """Return the table as a pyarrow array of large binaries over the same memory."""
        import pyarrow as pa

        offsets = np.ascontiguousarray(self.offsets, np.int64)
        buffers = [None, pa.py_buffer(offsets), pa.py_buffer(np.ascontiguousarray(self.blob))]
        return pa.Array.from_buffers(pa.large_binary(), len(self), buffers)


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


@njit(cache=True)
def _gather(data: Any, starts: Any, ends: Any, unescape: bool, blob: Any, offsets: Any) -> int:
    at = 0
    offsets[0] = 0
    for i in range(len(starts)):
        position, end = starts[i], ends[i]
        while position < end:
            byte = data[position]
            if unescape and byte == _BACKSLASH and position + 1 < end:
                position += 1
                byte = data[position]
            blob[at] = byte
            at += 1
            position += 1
        offsets[i + 1] = at
    return at


@njit(cache=True)
def _last(blob: Any, offsets: Any, separator: int, cut: Any) -> None:
    for i in range(len(cut)):
        cut[i] = -1
        for position in range(offsets[i + 1] - 1, offsets[i] - 1, -1):
            if blob[position] == separator:
                cut[i] = position
                break
