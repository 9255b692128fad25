"""Reading and writing DRAT proofs, text or binary."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from edasat.core.bytescan import PADDING
from edasat.core.errors import InputError
from edasat.core.files import Source, atomic_write, compress, read_padded

from . import scanner
from .messages import MESSAGES
from .proof import Proof

_TOKEN_SHOWN = 40
_TEXT_BYTES = (12, 4)  # at most, of a literal ('-2147483647 ') and of a step ('d 0\n')
_BINARY_BYTES = (5, 2)

#: How other files begin that are given for a proof.
_WRONG_FILES: Final = (
    (b"p cnf", "proof-cnf"),
    (b"pseudo-Boolean proof", "proof-veripb"),
    (b"s SATIS", "proof-solver-output"),
    (b"s UNSAT", "proof-solver-output"),
    (b"s UNKNOWN", "proof-solver-output"),
    (b"v ", "proof-solver-output"),
    (b"o 1 ", "proof-frat"),
    (b"a 1 ", "proof-frat"),
)


def read_proof(what: str | Path | bytes | Source) -> Proof:
    r"""Read a DRAT proof, text or binary (told by content), plain or compressed, from a path, ``-`` or bytes.

    An empty file is a proof without steps: it refutes a formula that unit propagation refutes.

    Raises:
        InputError: with file, line and column (text) or byte (binary), for every fault in :data:`MESSAGES`.

    >>> read_proof(b"1 0\nd 1 -2 0\n0\n").to_steps()
    [('a', [1]), ('d', [1, -2]), ('a', [])]
    """
    source = what if isinstance(what, Source) else Source(what)
    data, size = read_padded(source, PADDING)
    return _binary(source, data, size) if _is_binary(data, size) else _text(source, data, size)


def format_proof(proof: Proof, *, binary: bool = False) -> bytes:
    r"""Return a proof as DRAT text, or in the binary form that takes about a third of the space.

    >>> format_proof(Proof.from_steps([("a", [1, -2]), ("d", [])]))
    b'1 -2 0\nd 0\n'
    """
    per_literal, per_step = _BINARY_BYTES if binary else _TEXT_BYTES
    out = np.empty(per_literal * len(proof.literals) + per_step * proof.num_steps, np.uint8)
    write = scanner.write_binary if binary else scanner.write_text
    return out[: write(proof.literals, proof.offsets, proof.deletions, out)].tobytes()


def write_proof(proof: Proof, path: str | Path, *, binary: bool = False) -> None:
    """Write a proof; a name that ends in .gz, .xz, .bz2 or .zst is compressed. The name appears when complete."""
    data = format_proof(proof, binary=binary)
    with atomic_write(path) as file:
        file.write(compress(data, Path(path).suffix))


def _is_binary(data: npt.NDArray[np.uint8], size: int) -> bool:
    """Tell the two forms apart: binary begins with 'a' or 'd' and ends every step with a NUL, which text never has."""
    cut_off = size > 1 and data[0] == 97 and data[1] != 32  # 'a' without a NUL; with a blank it is FRAT
    return cut_off or (size > 0 and data[0] in (97, 100) and not data[:size].all())


def _text(source: Source, data: npt.NDArray[np.uint8], size: int) -> Proof:
    words, zeros = scanner.count_text(data, size)
    literals, offsets = np.empty(words, np.int32), np.zeros(zeros + 2, np.int64)
    deletions, lines = np.empty(zeros + 1, np.bool_), np.empty(zeros + 1, np.int64)
    state, at, n_lits, n_steps = scanner.scan_text(data, size, literals, offsets, deletions, lines)
    if state:
        text = data[at : min(size, at + _TOKEN_SHOWN)].tobytes()
        token = (text.split() or [b""])[0].decode("ascii", "replace")
        code = scanner.ERRORS[state]
        if not n_steps:
            code = next((wrong for begin, wrong in _WRONG_FILES if text.startswith(begin)), code)
        raise source.fail(MESSAGES[code], min(at, size), token=token, byte=text[0] if text else 0)
    return Proof(
        literals[:n_lits].copy(), offsets[: n_steps + 1], deletions[:n_steps], lines[:n_steps], name=source.name
    )


def _binary(source: Source, data: npt.NDArray[np.uint8], size: int) -> Proof:
    ends = np.count_nonzero(data[:size] < 128)
    zeros = size - np.count_nonzero(data[:size])
    literals, offsets = np.empty(ends, np.int32), np.zeros(zeros + 1, np.int64)
    deletions, starts = np.empty(zeros, np.bool_), np.empty(zeros, np.int64)
    state, at, n_lits, _ = scanner.scan_binary(data, size, literals, offsets, deletions, starts)
    if state:
        row = MESSAGES[scanner.ERRORS[state]]
        raise InputError.of(row, source.name, at=at, byte=int(data[at]))
    return Proof(literals[:n_lits].copy(), offsets, deletions, starts, binary=True, name=source.name)
