"""Collects what LEF files say, and makes the record of it."""

from __future__ import annotations

from typing import Any

import numpy as np

from edasat.core.errors import Notes
from edasat.core.names import Names

from .record import Layer, Lef, LefVia, Site, ViaRule


class Builder:
    """Collects what the files say."""

    def __init__(self) -> None:
        self.sources: list[str] = []
        self.notes = Notes()
        self.dbu = 0
        self.grid: float | None = None
        self.layers: dict[str, Layer] = {}
        self.vias: dict[str, LefVia] = {}
        self.via_rules: dict[str, ViaRule] = {}
        self.sites: dict[str, Site] = {}
        self.macros: dict[str, tuple[float, float, str, str, str, int]] = {}
        self.macro_pins = [0]
        self.pins: list[str] = []
        self.pin_direction: list[int] = []
        self.pin_use: list[int] = []
        self.pin_shapes = [0]
        self.shape_layers: dict[str, int] = {}
        self.shape_layer: list[int] = []
        self.boxes: list[float] = []

    def add_once(self, table: dict[str, Any], row: Any, what: str) -> None:
        """Keep the first row of a name."""
        if row.name in table:
            self.notes.add("lef-repeated", f"repeated {what} left out")
        else:
            table[row.name] = row

    def lef(self) -> Lef:
        """Return the record."""
        boxes = np.array(self.boxes, np.float64).reshape(-1, 4)
        shapes = np.array(self.pin_shapes, np.int32)
        order = {name: number for number, name in enumerate(self.layers)}
        vias = [
            via._replace(layers=tuple(sorted(via.layers, key=lambda name: order.get(name, 0))))
            for via in self.vias.values()
        ]
        x, y = (_middles(boxes[:, axis], boxes[:, axis + 2], shapes) for axis in range(2))
        width, height, kind, symmetry, site, obstructions = (
            zip(*self.macros.values(), strict=True) if self.macros else ((),) * 6
        )
        return Lef(
            source=", ".join(self.sources),
            dbu_per_um=self.dbu,
            manufacturing_grid=self.grid,
            layers=tuple(self.layers.values()),
            vias=tuple(vias),
            via_rules=tuple(self.via_rules.values()),
            sites=tuple(self.sites.values()),
            macros=Names.of(self.macros),
            macro_size=np.array([width, height], np.float64).T,
            macro_class=tuple(kind),
            macro_symmetry=tuple(symmetry),
            macro_site=tuple(site),
            macro_obstructions=np.array(obstructions, np.int32),
            macro_pins=np.array(self.macro_pins, np.int32),
            pins=Names.of(self.pins),
            pin_direction=np.array(self.pin_direction, np.uint8),
            pin_use=np.array(self.pin_use, np.uint8),
            pin_x=x,
            pin_y=y,
            pin_shapes=shapes,
            shape_layer=np.array(self.shape_layer, np.int32),
            shape_box=boxes,
            layer_names=Names.of(self.shape_layers),
            notes=self.notes,
        )


def _middles(low: Any, high: Any, offsets: Any) -> Any:
    """Return the middle between the lowest ``low`` and the highest ``high`` of each group, NaN for an empty one."""
    middles = np.full(len(offsets) - 1, np.nan)
    some = np.flatnonzero(np.diff(offsets))
    if len(some):
        starts = offsets[:-1][some]
        middles[some] = (np.minimum.reduceat(low, starts) + np.maximum.reduceat(high, starts)) / 2
    return middles
