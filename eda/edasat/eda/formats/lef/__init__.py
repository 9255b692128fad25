"""LEF: technology and cell geometry to :class:`Lef`.

The format is LEF/DEF 5.8 (Cadence, "LEF/DEF Language Reference", 2017).
"""

from .messages import MESSAGES
from .reader import read_lef
from .record import USES, Layer, Lef, LefVia, Site, ViaRule

__all__ = ["MESSAGES", "USES", "Layer", "Lef", "LefVia", "Site", "ViaRule", "read_lef"]
