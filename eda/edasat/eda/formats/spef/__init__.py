"""SPEF, the standard parasitic exchange format (IEEE 1481): files to :class:`Spef` and back.

Reading order: ``record`` (what there is), ``header``, ``scanner`` (the compiled pass), ``reader``, ``writer``.
"""

from .messages import MESSAGES
from .reader import read_spef
from .record import NONE, NodeKind, Reduced, Spef
from .writer import format_spef, write_spef

__all__ = ["MESSAGES", "NONE", "NodeKind", "Reduced", "Spef", "format_spef", "read_spef", "write_spef"]
