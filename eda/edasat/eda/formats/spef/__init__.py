"""SPEF, the standard parasitic exchange format (IEEE 1481): files to :class:`Spef` and back.

Reading order: ``record`` (what there is), ``header``, ``scanner`` (the compiled pass), ``reader``, ``writer``.
"""

from .messages import MESSAGES
from .reader import read_spef
from .record import NONE, NodeKind, Reduced, Spef

__all__ = ["MESSAGES", "NONE", "NodeKind", "Reduced", "Spef", "read_spef"]
