"""Writing DIMACS CNF."""

from __future__ import annotations

from pathlib import Path

import numba
import numpy as np
import numpy.typing as npt

from edasat.core.bytescan import write_number
from edasat.core.files import atomic_write, compress

from ..cnf import Cnf

_LITERAL_BYTES = 12  # '-2147483647 '
_WRITE_LITERALS = 1 << 18  # literals formatted at once


@numba.njit(cache=True, boundscheck=False)
def _format(
    literals: npt.NDArray[np.int32],
    offsets: npt.NDArray[np.int64],
    first: int,
    last: int,
    out: npt.NDArray[np.uint8],
) -> int:
    """Write clauses ``first:last`` as text into ``out`` and return its length."""
    at = 0
    for c in range(first, last):
        for k in range(offsets[c], offsets[c + 1]):
            at = write_number(out, at, literals[k])
            out[at] = 32
            at += 1
        out[at] = 48
        out[at + 1] = 10
        at += 2
    return at


def format_dimacs(cnf: Cnf) -> bytes:
    r"""Return the formula as DIMACS text, comments first, one clause a line.

    >>> format_dimacs(Cnf.from_clauses([[1, -2], []]))
    b'p cnf 2 2\n1 -2 0\n0\n'
    """
    head = (
        "".join(f"c {line}\n" if line else "c\n" for line in cnf.comments) + f"p cnf {cnf.num_vars} {cnf.num_clauses}\n"
    )
    parts = [head.encode()]
    first = 0
    while first < cnf.num_clauses:
        reach = int(np.searchsorted(cnf.offsets, cnf.offsets[first] + _WRITE_LITERALS))
        last = min(max(first + 1, reach), first + _WRITE_LITERALS, cnf.num_clauses)
        room = int(cnf.offsets[last] - cnf.offsets[first]) * _LITERAL_BYTES + 2 * (last - first)
        out = np.empty(room, np.uint8)
        parts.append(out[: _format(cnf.literals, cnf.offsets, first, last, out)].tobytes())
        first = last
    return b"".join(parts)


def write_dimacs(cnf: Cnf, path: str | Path) -> None:
    """Write a DIMACS file; a name that ends in .gz, .xz, .bz2 or .zst is compressed. The name appears when complete."""
    data = format_dimacs(cnf)
    with atomic_write(path) as file:
        file.write(compress(data, Path(path).suffix))
