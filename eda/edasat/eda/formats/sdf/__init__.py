"""SDF, the standard delay format (IEEE 1497-2001 and OVI 2.1), to :class:`Sdf`.

Reading order: ``record`` (what there is), ``header``, ``scanner`` (the compiled pass), ``reader``.
"""

from .messages import MESSAGES
from .reader import read_sdf
from .record import (
    ANY,
    ELSE,
    FURTHER_TRANSITIONS,
    NONE,
    TOP,
    Cells,
    Checks,
    CheckType,
    Edge,
    Further,
    Paths,
    Sdf,
    WireKind,
    Wires,
)

__all__ = [
    "ANY",
    "ELSE",
    "FURTHER_TRANSITIONS",
    "MESSAGES",
    "NONE",
    "TOP",
    "Cells",
    "CheckType",
    "Checks",
    "Edge",
    "Further",
    "Paths",
    "Sdf",
    "WireKind",
    "Wires",
    "read_sdf",
]
