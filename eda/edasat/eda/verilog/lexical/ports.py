"""Instances while a module is walked through, compiled: levels from their inputs to what their outputs drive."""

from __future__ import annotations

from typing import Final

import numpy as np
from numba import njit

from .bits import Bits, put
from .columns import Found, ModuleText, Ports, Scope
from .levels import AREA, LEAF, NUM_SCRIPTS, SPEED
from .names import Path, assign
from .operands import Operands, describe, kept
from .vocabulary import ID, USED

_DOT: Final = ID["."]


@njit(cache=True)
def connect(
    text: ModuleText, scope: Scope, ports: Ports, cells: Bits, have: Operands, begin: int, end: int, path: Path,
    number: int, found: Found,
) -> None:  # fmt: skip
    """Give the nets that the instance ``text[begin:end]`` drives their levels, unless they are connected by order."""
    first, last = ports.offsets[begin], ports.offsets[begin + 1]
    highest, late = np.zeros(NUM_SCRIPTS), np.zeros(NUM_SCRIPTS)
    for drives in (False, True):
        for i in range(begin, end - 2):
            if text.entry[i] != _DOT or text.entry[i + 1] != USED or text.match[i + 2] < i:
                continue
            port = first
            while port < last and ports.symbol[port] != text.symbol[i + 1]:
                port += 1
            if port == last:
                highest[AREA] = max(highest[AREA], found.level[i + 2])
                highest[SPEED] = max(highest[SPEED], found.fast_level[i + 2])
            elif drives:
                start, size = ports.first[port], ports.first[port + 1] - ports.first[port]
                describe(have, 0, float(size), np.nan)
                for k in range(kept(float(size))):
                    area, speed = float(ports.level[start + k, AREA]), float(ports.level[start + k, SPEED])
                    if ports.through[start + k, AREA] >= 0:
                        area = max(area, highest[AREA] + ports.through[start + k, AREA])
                        speed = max(speed, highest[SPEED] + ports.through[start + k, SPEED])
                    put(have.bits, k, LEAF, area, speed)
                assign(text, scope, cells, i + 3, text.match[i + 2], have, 0, path, number, late)
