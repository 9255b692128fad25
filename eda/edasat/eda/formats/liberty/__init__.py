"""Liberty: the text of a cell library (.lib) to :class:`~edasat.eda.library.Library`.

The format is the Liberty Reference Manual's (Synopsys, version 2017.06), as far as delays, transitions and timing
checks by non-linear tables (NLDM) need it. Current-source models, variation and power are skipped and counted.

Data flow: :mod:`.scanner` turns bytes into a table of statements (:class:`.document.Document`); :mod:`.header`,
:mod:`.cells`, :mod:`.pins`, :mod:`.pin_columns`, :mod:`.tables` and :mod:`.arcs` each turn some of them into columns
of the record; :mod:`.reader` puts them together; :mod:`.cache` keeps the result by the content of the file.
"""

from .messages import MESSAGES
from .reader import read_liberty

__all__ = ["MESSAGES", "read_liberty"]
