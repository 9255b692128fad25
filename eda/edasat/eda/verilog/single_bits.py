"""Bitwise words in single bits, where whole words seem to depend on themselves.

``assign c[7:1] = g | p & c[6:0]`` is a carry chain: no bit of it depends on itself, but its words do.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from .operations import OP, operation
from .rewriting import Rewriting
from .words import ZERO, Words

_BITWISE: Final = tuple(OP[name] for name in ("and", "or", "xor", "xnor", "not", "buf", "mux", "pmux"))
_SELECT: Final = "S"


def in_single_bits(words: Words) -> tuple[Words, npt.NDArray[np.int64]]:
    """Return a design whose bitwise words and multiplexers are one bit wide each.

    Returns:
        The design; and, int64, (its num_words,), the row of ``words`` that each of its words stands for.
    """
    of_type = np.array([OP[operation(name)] for name in words.types], np.int64)
    bitwise = np.isin(of_type[words.type], _BITWISE) & (words.child < 0)
    new = Rewriting(words)
    new.drop(rows := np.flatnonzero(bitwise).tolist())
    for word in rows:
        pins = [
            (
                int(words.pin_name[pin]),
                bool(words.pin_drives[pin]),
                words.bits[words.bit_offsets[pin] : words.bit_offsets[pin + 1]].tolist(),
            )
            for pin in range(words.pin_offsets[word], words.pin_offsets[word + 1])
        ]
        width = next((len(bits) for _, drives, bits in pins if drives), 0)
        for position in range(width):
            single = []
            for name, drives, bits in pins:
                if words.pin_names[name] == _SELECT:
                    own = tuple(bits)
                elif len(bits) > width:  # choices of a multiplexer, one after the other
                    own = tuple(bits[position::width])
                elif position < len(bits):
                    own = (bits[position],)
                else:
                    own = (bits[-1] if words.signed[word] and bits else ZERO,)
                single.append((name, drives, own))
            new.add(word, int(words.type[word]), single)
    return new.finish()
