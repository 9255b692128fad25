"""From a layout to arrays of wires, vias and pin shapes, in database units and by level.

Wires of regular nets become segments with ends in rising order; wires of special nets, vias and pin shapes become
boxes, which matter to their neighbours.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from edasat.core.errors import InputError, Notes

from ..formats.layout import Layout
from ..formats.layout.record import NONE, TAPER, Status, WireKind
from ..formats.layout.transform import place_points, turn_boxes
from ..formats.lef import Lef
from .messages import MESSAGES
from .technology import Technology
from .via_types import ViaTypes

Int32 = npt.NDArray[np.int32]
Float = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Segments:
    """Straight wires and patches of regular nets, net by net.

    Attributes:
        offsets: int64, (num_nets + 1,): segments of net ``i`` are the rows ``offsets[i]:offsets[i + 1]``.
        level: int32, (n,).
        ends: int32, (n, 4): x1, y1, x2, y2 of the centre line, x1 <= x2 and y1 <= y2.
        width: int32, (n,).
    """

    offsets: npt.NDArray[np.int64]
    level: Int32
    ends: Int32
    width: Int32


@dataclass(frozen=True, eq=False)
class Vias:
    """Vias of regular nets, net by net.

    Attributes:
        offsets: int64, (num_nets + 1,).
        place: int32, (n, 2): x, y.
        level: int32, (n, 2): lower and upper.
        box: int32, (n, 2, 4): metal on the lower and the upper level around the place.
        ohm: float64, (n,).
    """

    offsets: npt.NDArray[np.int64]
    place: Int32
    level: Int32
    box: Int32
    ohm: Float


@dataclass(frozen=True, eq=False)
class NetPins:
    """Pins of regular nets, net by net, with their metal.

    Attributes:
        offsets: int64, (num_nets + 1,).
        component: int32, (n,): component, NONE for a pin of the design.
        pin: int32, (n,): position in the nets' ``pin_names``; for a pin of the design, its number.
        shapes: int64, (n + 1,): shapes of pin ``i`` are the rows ``shapes[i]:shapes[i + 1]``.
        level: int32, (num_shapes,).
        box: int32, (num_shapes, 4): x1, y1, x2, y2.
        lef_pin: int32, (n,): row of the LEF's pin columns, NONE for a pin of the design.
    """

    offsets: npt.NDArray[np.int64]
    component: Int32
    pin: Int32
    shapes: npt.NDArray[np.int64]
    level: Int32
    box: Int32
    lef_pin: Int32


def levels_of_layers(layout: Layout, technology: Technology) -> Int32:
    """Return the level of each layer of the layout, 0 for layers that carry no wires."""
    return np.array([technology.level(name) for name in layout.layers], np.int32).reshape(-1)


def regular_net(layout: Layout) -> Int32:
    """Return the regular net of each net: its own number, for a special net that of the regular one of its name.

    Qrouter writes wires to pins beside its grid as special nets, since they have widths of their own. NONE for power.
    """
    special = layout.nets.special
    found = np.arange(len(special), dtype=np.int32)
    regular, others = np.flatnonzero(~special), np.flatnonzero(special)
    found[others] = layout.nets.names.take(others).find_in(layout.nets.names.take(regular))
    return found


def segments(layout: Layout, technology: Technology, notes: Notes) -> Segments:
    """Return the wires of regular nets; a patch counts as a wire along its longer side."""
    wires, num_nets = layout.wiring, int(np.count_nonzero(~layout.nets.special))
    net = regular_net(layout)[wires.path_net][wires.path]
    drawn = (wires.kind == WireKind.SEGMENT) | (wires.kind == WireKind.RECT)
    patch = (wires.kind == WireKind.RECT) | layout.nets.special[wires.path_net][wires.path]
    rows = np.flatnonzero(drawn & (net >= 0))
    if not len(rows):
        raise InputError.of(MESSAGES["extract-no-routing"], layout.source)
    straight = patch[rows] | (wires.x1[rows] == wires.x2[rows]) | (wires.y1[rows] == wires.y2[rows])
    known = wires.layer[rows] >= 0
    notes.add("extract-diagonal", "diagonal wires left out", layout.source, int((~straight).sum()))
    notes.add("extract-no-layer", "wires without a known layer left out", layout.source, int((~known).sum()))
    rows = rows[straight & known]
    rows = rows[np.argsort(net[rows], kind="stable")]
    level = levels_of_layers(layout, technology)[wires.layer[rows]]
    if not level.all():
        name = layout.layers[int(wires.layer[rows[np.argmin(level)]])]
        raise InputError.of(MESSAGES["extract-layer"], layout.source, name=name)
    x1, y1, x2, y2 = (column[rows] for column in (wires.x1, wires.y1, wires.x2, wires.y2))
    ends = np.stack([np.minimum(x1, x2), np.minimum(y1, y2), np.maximum(x1, x2), np.maximum(y1, y2)], axis=1)
    width = _widths(layout, technology, wires.path[rows], level)
    patches = np.flatnonzero(patch[rows])
    box = _boxes(layout, rows[patches])
    width[patches] = (box[:, 2:] - box[:, :2]).min(axis=1)
    half = width[patches, None] // 2
    ends[patches] = box + np.concatenate([half, half, -half, -half], axis=1)
    ends[patches, 2:] = np.maximum(ends[patches, :2], ends[patches, 2:])
    keep = width > 0
    return Segments(_offsets(net[rows][keep], num_nets), level[keep], ends[keep], width[keep])


def _widths(layout: Layout, technology: Technology, path: Int32, level: Int32) -> Int32:
    """Return the width of each wire: of its path's or its net's rule, or the layer's default."""
    wires = layout.wiring
    default = np.rint(technology.width * layout.dbu_per_um).astype(np.int32)
    by_rule = np.tile(default, (len(layout.rules) + 1, 1))  # the last row, which NONE and TAPER reach, is the default
    for number, name in enumerate(layout.rules):
        for layer, width in layout.rule_widths.get(name, {}).items():
            by_rule[number, technology.level(layer)] = width
    of_path, of_net = wires.path_rule[path], layout.nets.rule[wires.path_net[path]]
    applied = np.where(of_path == NONE, of_net, of_path)
    return by_rule[np.where((applied == NONE) | (applied == TAPER), -1, applied), level]


def _offsets(owner: Any, count: int) -> npt.NDArray[np.int64]:
    return np.searchsorted(owner, np.arange(count + 1)).astype(np.int64)


def vias(layout: Layout, types: ViaTypes) -> Vias:
    """Return the vias of regular nets; of those between the same levels at one place the first counts.

    Raises:
        InputError: for a via whose layers nothing tells.
    """
    wires, num_nets = layout.wiring, int(np.count_nonzero(~layout.nets.special))
    rows = np.flatnonzero((wires.kind == WireKind.VIA) & (wires.path_net[wires.path] < num_nets))
    kind = wires.via[rows]
    unknown = types.level[kind, 0] == 0
    if unknown.any():
        raise InputError.of(MESSAGES["extract-via"], layout.source, name=layout.vias[int(kind[unknown][0])])
    net = wires.path_net[wires.path[rows]]
    keys = (wires.y1[rows], wires.x1[rows], types.level[kind, 0], net)
    order = np.lexsort(keys)
    different = np.ones(len(order), bool)
    different[1:] = np.any([key[order][1:] != key[order][:-1] for key in keys], axis=0)
    order = order[different]
    rows, kind, net = rows[order], kind[order], net[order]
    place = np.stack([wires.x1[rows], wires.y1[rows]], axis=1)
    box = types.box[kind] + np.tile(place, 2)[:, None, :]
    return Vias(_offsets(net, num_nets), place, types.level[kind], box.astype(np.int32), types.ohm[kind])


def net_pins(layout: Layout, lef: Lef, technology: Technology) -> NetPins:
    """Return the pins of regular nets with their shapes; a pin of the design without shapes has its point."""
    nets, num_nets = layout.nets, int(np.count_nonzero(~layout.nets.special))
    end = int(nets.offsets[num_nets])
    component, pin = nets.component[:end], nets.pin[:end]
    lef_pin = np.full(end, NONE, np.int32)
    inside = np.flatnonzero(component >= 0)
    macro = layout.components.masters.find_in(lef.macros)
    used = np.unique(layout.components.master[component[inside]])
    if (macro[used] < 0).any():
        name = layout.components.masters[int(used[np.argmin(macro[used])])]
        raise InputError.of(MESSAGES["extract-cell"], lef.source, name=name)
    cell = macro[layout.components.master[component[inside]]]
    lef_pin[inside] = lef.find_pins(cell, nets.pin_names, pin[inside])
    of_cells, cell_rows = _cell_shapes(layout, lef, technology, component, lef_pin)
    of_ports, port_rows = _port_shapes(layout, technology, component, pin)
    owner = np.concatenate([cell_rows, port_rows])
    order = np.argsort(owner, kind="stable")
    both = np.concatenate([of_cells, of_ports])[order]
    return NetPins(
        offsets=nets.offsets[: num_nets + 1],
        component=component,
        pin=pin,
        shapes=_offsets(owner[order], end),
        level=both[:, 0].copy(),
        box=both[:, 1:].copy(),
        lef_pin=lef_pin,
    )


def _cell_shapes(
    layout: Layout, lef: Lef, technology: Technology, component: Int32, lef_pin: Int32
) -> tuple[Int32, npt.NDArray[np.int64]]:
    """Return shapes of cell pins, int32, (n, 5): level and box; and the connection of each."""
    known = np.flatnonzero(lef_pin >= 0)
    count = np.diff(lef.pin_shapes)[lef_pin[known]]
    owner = np.repeat(known, count)
    shape = _ranges(lef.pin_shapes[:-1][lef_pin[known]], count)
    level = np.array([technology.level(name) for name in lef.layer_names], np.int32).reshape(-1)[lef.shape_layer[shape]]
    wired = level > 0
    owner, shape, level = owner[wired], shape[wired], level[wired]
    parts = layout.components
    instance = component[owner]
    size = lef.macro_size[layout.components.masters.find_in(lef.macros)[parts.master[instance]]]
    box = lef.shape_box[shape]
    turn = parts.orientation[instance]
    corners = [place_points(box[:, side], box[:, side + 1], size[:, 0], size[:, 1], turn) for side in (0, 2)]
    placed = np.rint(np.array(corners).transpose(2, 0, 1) * layout.dbu_per_um)  # (n, 2 corners, x and y)
    placed += np.stack([parts.x[instance], parts.y[instance]], axis=1)[:, None, :]
    columns = np.concatenate([level[:, None], placed.min(axis=1), placed.max(axis=1)], axis=1)
    return columns.astype(np.int32), owner


def _port_shapes(
    layout: Layout, technology: Technology, component: Int32, pin: Int32
) -> tuple[Int32, npt.NDArray[np.int64]]:
    """Return shapes of the design's pins, int32, (n, 5): level and box; and the connection of each."""
    pins = layout.pins
    port = pins.shape_port
    placed = pins.port_status[port] != Status.UNPLACED
    box = turn_boxes(pins.shape_box, pins.port_orientation[port])
    box = box + np.tile(np.stack([pins.port_x[port], pins.port_y[port]], axis=1), 2)
    level = levels_of_layers(layout, technology)[pins.shape_layer]
    connection = np.full(len(pins), -1, np.int64)
    outside = np.flatnonzero(component == NONE)
    connection[pin[outside]] = outside
    owner = connection[pins.port_pin[port]]
    keep = placed & (owner >= 0) & (level > 0)
    return np.concatenate([level[:, None], box], axis=1)[keep].astype(np.int32), owner[keep]


def _ranges(first: Any, count: Any) -> npt.NDArray[np.int64]:
    """Return ``first[i], first[i] + 1, ...``, ``count[i]`` numbers each."""
    start = np.cumsum(count) - count
    return np.arange(int(count.sum())) + np.repeat(first - start, count)


def special_boxes(layout: Layout, technology: Technology) -> tuple[Int32, Int32]:
    """Return level, int32, (n,), and box, int32, (n, 4), of the wires and patches of power and the like."""
    wires = layout.wiring
    flat = (wires.kind == WireKind.SEGMENT) | (wires.kind == WireKind.RECT)
    rows = np.flatnonzero(flat & (regular_net(layout)[wires.path_net][wires.path] < 0) & (wires.layer >= 0))
    level = levels_of_layers(layout, technology)[wires.layer[rows]]
    return level[level > 0], _boxes(layout, rows)[level > 0]


def _boxes(layout: Layout, rows: npt.NDArray[np.intp]) -> Int32:
    """Return the boxes of patches and of special wires, which end where their centre line does: int32, (n, 4)."""
    wires = layout.wiring
    x1, y1, x2, y2 = (column[rows] for column in (wires.x1, wires.y1, wires.x2, wires.y2))
    half = np.where(wires.kind[rows] == WireKind.SEGMENT, wires.path_width[wires.path[rows]] // 2, 0)
    upright = x1 == x2
    grow_x, grow_y = np.where(upright, half, 0), np.where(~upright & (y1 == y2), half, 0)
    low = np.minimum(x1, x2) - grow_x, np.minimum(y1, y2) - grow_y
    high = np.maximum(x1, x2) + grow_x, np.maximum(y1, y2) + grow_y
    return np.stack([*low, *high], axis=1).astype(np.int32)
