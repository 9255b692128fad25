"""How much of a file is taken: so that a short file cannot ask for all memory, and numbers fit their columns."""

from __future__ import annotations

from typing import Final

from edasat.core.errors import LimitError

from .messages import MESSAGES

MAX_BITS: Final = 1 << 25  # of nets, pins and expressions; a net takes 250 bytes on the way
MAX_BYTES: Final = (1 << 31) - 1  # of the file and of names; positions are int32


def check_size(path: str, count: int, what: str, limit: int = MAX_BITS) -> None:
    """Refuse a valid file that would not fit.

    Raises:
        LimitError: if ``count`` exceeds ``limit``.
    """
    if count > limit:
        raise LimitError.of(MESSAGES["verilog-too-large"], path, what=what, limit=limit)
