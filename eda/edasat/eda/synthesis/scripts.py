"""The mapping scripts that area and delay are labelled with, and how ABC's figures are read."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal

Script = Literal["area", "speed"]

#: ABC commands from a structurally hashed network to mapped cells: the smallest result, and a fast one with gates
#: sized and nets buffered. Our choice: both close to what open flows run, at a tenth of the CPU time of their longest.
SCRIPTS: Final[dict[Script, tuple[str, ...]]] = {
    "area": ("ifraig", "dc2", "map -a", "topo", "buffer -c", "topo"),
    "speed": ("dch -f", "map -B 0.9", "topo", "buffer -c", "topo", "upsize", "dnsize"),
}
#: Commands whose output :func:`mapped_sizes` reads.
PRINT: Final = ("stime", "print_stats")
_SIZE: Final = re.compile(r"Gates =\s*(\d+).*?Area =\s*([0-9.]+).*?Delay =\s*([0-9.]+) ps.*?lev =\s*(\d+)", re.DOTALL)


@dataclass(frozen=True)
class MappedSize:
    """Figures of one mapped network: cells, their area in um2, longest path in ps and in cells."""

    cells: int
    area_um2: float
    delay_ps: float
    levels: int


def mapped_sizes(output: str) -> list[MappedSize]:
    """Read what :data:`PRINT` printed, once for each mapped network.

    >>> mapped_sizes("Gates = 2 ( 0.0 %) Cap = 1 ff Area = 1.60 (100 %) Delay = 20.50 ps (1 %) ... lev = 2")
    [MappedSize(cells=2, area_um2=1.6, delay_ps=20.5, levels=2)]
    """
    return [
        MappedSize(int(cells), float(area), float(delay), int(levels))
        for cells, area, delay, levels in _SIZE.findall(output)
    ]
