"""The metal of a layout as rectangles on layers: segments, patches, vias, pins of components and of the design."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from edasat.core.names import Names

from ..formats.layout import NONE, Layout, WireKind
from ..formats.layout.transform import place_points, turn_boxes
from ..formats.lef import Lef

Int64 = npt.NDArray[np.int64]

_ALONE: Final = -1  # a rectangle that belongs to no larger thing


@dataclass(frozen=True, eq=False)
class Metal:
    """Rectangles by nets, and within a net by rising left edge.

    Attributes:
        layers: names of the layers.
        begin: int64, (num_nets + 1,): rectangles of net ``i`` are the rows ``begin[i]:begin[i + 1]``.
        net: int64, (n,).
        thing: int64, (n,): what a rectangle is a part of, whose rectangles are joined wherever they lie: a pin
            (position in the layout's connections), or a via (number of connections + row of the wiring); -1 for others.
        num_things: all pins and rows of the wiring.
        layer: int64, (n,): position in ``layers``.
        box: int64, (n, 4): x1, y1, x2, y2 in database units.
    """

    layers: Names
    begin: Int64
    net: Int64
    thing: Int64
    num_things: int
    layer: Int64
    box: Int64


def metal_of(layout: Layout, lef: Lef) -> Metal:
    """Return all metal of the nets of a layout; fill and obstructions of cells are left out.

    Args:
        layout: placed and routed.
        lef: technology and cells.
    """
    layers = Names.of(dict.fromkeys([layer.name for layer in lef.layers] + layout.layers.to_list()))
    parts = [
        _segments(layout, lef, layers),
        _vias(layout, lef, layers),
        _component_pins(layout, lef, layers),
        _design_pins(layout, layers),
    ]
    rects = _joined(parts)
    order = np.lexsort((rects.box[:, 0], rects.net))
    rects = _Rects(*(column[order] for column in rects))
    return Metal(
        layers=layers,
        begin=np.searchsorted(rects.net, np.arange(len(layout.nets) + 1)),
        net=rects.net,
        thing=rects.thing,
        num_things=len(layout.nets.component) + len(layout.wiring),
        layer=rects.layer,
        box=rects.box,
    )


class _Rects(NamedTuple):
    """Columns of the same names of :class:`Metal`, in any order."""

    net: Int64
    thing: Int64
    layer: Int64
    box: Int64


def _segments(layout: Layout, lef: Lef, layers: Names) -> _Rects:
    """Wires with half their width beyond both ends, unless an extension is given; and patches."""
    wires = layout.wiring
    width = np.zeros(len(layers), np.int64)
    dbu = layout.dbu_per_um
    for described in lef.layers:
        width[layers.index(described.name)] = round((described.width or 0.0) * dbu)
    at = layout.layers.find_in(layers)
    metal = (wires.kind == WireKind.SEGMENT) | (wires.kind == WireKind.RECT)
    rows = np.flatnonzero(metal & (wires.layer >= 0))
    layer = at[wires.layer[rows]].astype(np.int64)
    x1, y1, x2, y2 = (column[rows].astype(np.int64) for column in (wires.x1, wires.y1, wires.x2, wires.y2))
    own = wires.path_width[wires.path[rows]].astype(np.int64)
    half = np.where(wires.kind[rows] == WireKind.RECT, 0, np.where(own > 0, own, width[layer]) // 2)
    reach1, reach2 = (
        np.where(column[rows] == NONE, half, column[rows]) for column in (wires.extension1, wires.extension2)
    )
    flat, forward = y1 == y2, (x1 < x2) | (y1 < y2)
    low, high = np.where(forward, reach1, reach2), np.where(forward, reach2, reach1)
    box = np.stack(
        [
            np.minimum(x1, x2) - np.where(flat, low, half),
            np.minimum(y1, y2) - np.where(flat, half, low),
            np.maximum(x1, x2) + np.where(flat, high, half),
            np.maximum(y1, y2) + np.where(flat, half, high),
        ],
        1,
    )
    net = wires.path_net[wires.path[rows]].astype(np.int64)
    return _Rects(net, np.full(len(rows), _ALONE), layer, box)


def _vias(layout: Layout, lef: Lef, layers: Names) -> _Rects:
    """Pads and cuts of all vias."""
    dbu = layout.dbu_per_um
    shapes = {via.name: [(name, tuple(round(um * dbu) for um in box)) for name, *box in via.rects] for via in lef.vias}
    shapes |= {
        via.name: [(name, tuple(box)) for name, *box in via.rects] for via in layout.via_definitions if via.rects
    }
    wires = layout.wiring
    rows = np.flatnonzero(wires.kind == WireKind.VIA)
    parts = []
    for number, name in enumerate(layout.vias):
        used = rows[wires.via[rows] == number]
        net = wires.path_net[wires.path[used]].astype(np.int64)
        place = np.stack([wires.x1[used], wires.y1[used]] * 2, 1).astype(np.int64)
        thing = len(layout.nets.component) + used
        for layer, box in shapes.get(name, []):
            parts.append(_Rects(net, thing, np.full(len(used), layers.index(layer)), place + np.array(box)))
    return _joined(parts)


def _component_pins(layout: Layout, lef: Lef, layers: Names) -> _Rects:
    """Shapes of connected pins of components, turned and moved as they are placed."""
    nets, table, dbu = layout.nets, layout.components, layout.dbu_per_um
    rows = np.flatnonzero(nets.component >= 0)
    component = nets.component[rows]
    macro = table.masters.find_in(lef.macros)[table.master[component]]
    pin = lef.find_pins(macro, nets.pin_names, nets.pin[rows])
    first, last = lef.pin_shapes[pin], lef.pin_shapes[pin + 1]
    count = np.where(pin >= 0, last - first, 0).astype(np.int64)
    each = np.repeat(np.arange(len(rows)), count)
    shape = np.arange(len(each)) - np.repeat(np.cumsum(count) - count, count) + first[each]
    box = np.rint(lef.shape_box[shape] * dbu).astype(np.int64)
    size = np.rint(lef.macro_size[macro] * dbu).astype(np.int64)[each]
    turn = table.orientation[component[each]]
    x1, y1 = place_points(box[:, 0], box[:, 1], size[:, 0], size[:, 1], turn)
    x2, y2 = place_points(box[:, 2], box[:, 3], size[:, 0], size[:, 1], turn)
    place = np.stack([table.x[component[each]], table.y[component[each]]] * 2, 1)
    placed = place + np.stack([np.minimum(x1, x2), np.minimum(y1, y2), np.maximum(x1, x2), np.maximum(y1, y2)], 1)
    layer = lef.layer_names.find_in(layers)[lef.shape_layer[shape]].astype(np.int64)
    return _Rects(_net_of(layout)[rows[each]], rows[each], layer, placed)


def _design_pins(layout: Layout, layers: Names) -> _Rects:
    """Shapes of the connected pins of the design."""
    nets, pins = layout.nets, layout.pins
    rows = np.flatnonzero(nets.component == NONE)
    connection = np.full(len(pins), NONE, np.int64)
    connection[nets.pin[rows]] = rows
    port = pins.shape_port
    pin = pins.port_pin[port]
    used = np.flatnonzero(connection[pin] >= 0)
    port, pin = port[used], pin[used]
    box = turn_boxes(pins.shape_box[used].astype(np.int64), pins.port_orientation[port])
    box += np.stack([pins.port_x[port], pins.port_y[port]] * 2, 1)
    layer = layout.layers.find_in(layers)[pins.shape_layer[used]].astype(np.int64)
    return _Rects(_net_of(layout)[connection[pin]], connection[pin], layer, box)


def _net_of(layout: Layout) -> Int64:
    """Return the net of each connection."""
    return np.repeat(np.arange(len(layout.nets)), np.diff(layout.nets.offsets))


def _joined(parts: list[_Rects]) -> _Rects:
    if not parts:
        nothing = np.empty(0, np.int64)
        return _Rects(nothing, nothing, nothing, np.empty((0, 4), np.int64))
    return _Rects(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))
