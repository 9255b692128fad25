"""Vias that a layout uses: which levels they join, their metal, and their resistance.

A via is defined by the layout itself, by rectangles or by a rule of the LEF with its parameters, or else by the LEF.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from ..formats.layout import Layout
from ..formats.layout.record import Via
from ..formats.lef import Lef
from .technology import Technology


@dataclass(frozen=True, eq=False)
class ViaTypes:
    """The vias that a layout uses, by position in its ``vias``.

    Attributes:
        level: int32, (num_vias, 2): lower and upper, 0 where not known.
        box: int32, (num_vias, 2, 4): metal on both levels around the origin, database units.
        ohm: float64, (num_vias,).
    """

    level: npt.NDArray[np.int32]
    box: npt.NDArray[np.int32]
    ohm: npt.NDArray[np.float64]


class _Drawn(NamedTuple):
    """A via by its rectangles: (layer, x1, y1, x2, y2) in database units; ohm of the whole via if given."""

    layers: Iterable[str]
    rects: list[tuple[str, int, int, int, int]]
    ohm: float | None = None


def via_types(layout: Layout, lef: Lef, technology: Technology) -> ViaTypes:
    """Return levels, metal and resistance of the layout's vias."""
    drawn = {
        via.name: _Drawn(
            via.layers,
            [(layer, *(round(value * layout.dbu_per_um) for value in box)) for layer, *box in via.rects],  # type: ignore[misc]
            via.resistance,
        )
        for via in lef.vias
    }
    drawn |= {via.name: _generated(via) if via.rule else _Drawn((), list(via.rects)) for via in layout.via_definitions}
    level = np.zeros((len(layout.vias), 2), np.int32)
    box = np.zeros((len(layout.vias), 2, 4), np.int32)
    ohm = np.zeros(len(layout.vias))
    for row, name in enumerate(layout.vias):
        via = drawn.get(name)
        if via is None:
            continue
        layers = {*via.layers, *(rect[0] for rect in via.rects)}
        levels = sorted({technology.level(layer) for layer in layers} - {0})
        if len(levels) != 2:
            continue
        level[row] = levels
        for side, joined in enumerate(levels):
            metal = np.array([rect[1:] for rect in via.rects if technology.level(rect[0]) == joined])
            if len(metal):
                box[row, side] = *metal.min(axis=0)[:2], *metal.max(axis=0)[2:]
        cut = technology.cuts[levels[0]]
        num_cuts = max(1, sum(rect[0] == cut for rect in via.rects))
        ohm[row] = technology.cut_ohm[levels[0]] / num_cuts if via.ohm is None else via.ohm
    return ViaTypes(level, box, ohm)


def _generated(via: Via) -> _Drawn:
    """Return the cuts that a rule makes, in rows and columns around the origin, and the metal around them."""
    numbers: dict[str, Any] = {"CUTSIZE": (0, 0), "CUTSPACING": (0, 0), "ROWCOL": (1, 1), "ENCLOSURE": (0, 0, 0, 0)}
    numbers |= via.parameters
    (cut_x, cut_y), (space_x, space_y) = numbers["CUTSIZE"], numbers["CUTSPACING"]
    rows, columns = numbers["ROWCOL"]
    half_x = (columns * (cut_x + space_x) - space_x) // 2
    half_y = (rows * (cut_y + space_y) - space_y) // 2
    bottom, cut, top = via.layers
    enclosure = numbers["ENCLOSURE"]
    rects = [
        (layer, -half_x - x, -half_y - y, half_x + x, half_y + y)
        for layer, x, y in ((bottom, *enclosure[:2]), (top, *enclosure[2:]))
    ]
    for row in range(rows):
        for column in range(columns):
            x, y = column * (cut_x + space_x) - half_x, row * (cut_y + space_y) - half_y
            rects.append((cut, x, y, x + cut_x, y + cut_y))
    return _Drawn(via.layers, rects)
