"""Instances while a module is walked through, compiled: levels from their inputs to what their outputs drive."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

from .bits import Bits, put
from .brackets import find
from .columns import Found, ModuleText, Ports, Scope
from .levels import AREA, LEAF, NUM_SCRIPTS, SPEED
from .names import Path, assign
from .operands import Operands, describe, kept
from .vocabulary import ID

_DOT, _COMMA = ID["."], ID[","]


@njit(cache=True)
def connect(
    text: ModuleText, scope: Scope, ports: Ports, cells: Bits, have: Operands, begin: int, end: int, path: Path,
    number: int, found: Found,
) -> None:  # fmt: skip
    """Give the nets that the instance ``text[begin:end]`` drives their levels; connections go by name or by order."""
    first, last = ports.offsets[begin], ports.offsets[begin + 1]
    opened = int(text.match[end - 1])
    if opened < begin:
        return
    highest, late = np.zeros(NUM_SCRIPTS), np.zeros(NUM_SCRIPTS)
    by_name = text.entry[opened + 1] == _DOT
    for drives in (False, True):
        start, order = opened + 1, 0
        while start < end - 1:
            stop = find(text, start, _COMMA, end - 1)
            port = first
            if by_name:
                while port < last and ports.symbol[port] != text.symbol[start + 1]:
                    port += 1
            else:
                while port < last and ports.order[port] != order:
                    port += 1
            inner = start + 3 if by_name else start
            if port == last:
                for i in range(start, stop):
                    highest[AREA] = max(highest[AREA], found.level[i])
                    highest[SPEED] = max(highest[SPEED], found.fast_level[i])
            elif drives and inner < stop:
                _drive(ports, port, have, highest)
                assign(text, scope, cells, inner, stop, have, 0, path, number, late)
            start, order = stop + 1, order + 1


@njit(cache=True)
def _drive(ports: Ports, port: int, have: Operands, highest: npt.NDArray[np.float64]) -> None:
    """Put what a port drives on the stack, given the levels of the latest input."""
    start, size = ports.first[port], kept(float(ports.first[port + 1] - ports.first[port]))
    describe(have, 0, float(size), np.nan)
    for k in range(size):
        area, speed = float(ports.level[start + k, AREA]), float(ports.level[start + k, SPEED])
        if ports.through[start + k, AREA] >= 0:
            area = max(area, highest[AREA] + ports.through[start + k, AREA])
            speed = max(speed, highest[SPEED] + ports.through[start + k, SPEED])
        put(have.bits, k, LEAF, area, speed)
