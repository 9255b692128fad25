"""DEF: placed and routed layouts to :class:`Layout` and back.

The format is LEF/DEF 5.8 (Cadence, "LEF/DEF Language Reference", 2017). The package is named layout because ``def``
is a Python keyword.
"""

from .messages import MESSAGES
from .positions import pin_positions
from .reader import read_def
from .record import (
    ANY_COMPONENT,
    NO_DIRECTION,
    NONE,
    ORIENTATIONS,
    SHAPES,
    TAPER,
    Components,
    Layout,
    Nets,
    Pins,
    Row,
    Status,
    Tracks,
    Via,
    WireKind,
    WireStatus,
    Wiring,
)
from .writer import format_def, write_def

__all__ = [
    "ANY_COMPONENT",
    "MESSAGES",
    "NONE",
    "NO_DIRECTION",
    "ORIENTATIONS",
    "SHAPES",
    "TAPER",
    "Components",
    "Layout",
    "Nets",
    "Pins",
    "Row",
    "Status",
    "Tracks",
    "Via",
    "WireKind",
    "WireStatus",
    "Wiring",
    "format_def",
    "pin_positions",
    "read_def",
    "write_def",
]
