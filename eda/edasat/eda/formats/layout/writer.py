"""Writing DEF 5.8."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from edasat.core.files import atomic_write, compress

from ..lef.record import USES
from .record import (
    ANY_COMPONENT,
    NO_DIRECTION,
    NONE,
    ORIENTATIONS,
    SHAPES,
    TAPER,
    Layout,
    Status,
    Via,
    WireKind,
    WireStatus,
)
from .spelling import write_name

_DIRECTIONS = {0: "INPUT", 1: "OUTPUT", 2: "INOUT"}


def write_def(layout: Layout, path: str | Path) -> None:
    """Write a DEF file; a name that ends in .gz, .xz, .bz2 or .zst is compressed. The name appears when complete."""
    data = format_def(layout)
    with atomic_write(path) as file:
        file.write(compress(data, Path(path).suffix))


def format_def(layout: Layout) -> bytes:
    """Return the layout as DEF 5.8 text. What the record does not hold (blockages, groups, ...) is not written.

    Raises:
        InputError: for a name that DEF cannot hold.
    """
    return "\n".join(_lines(layout)).encode("utf-8", "surrogateescape") + b"\n"


def _lines(layout: Layout) -> Iterator[str]:
    yield "VERSION 5.8 ;"
    yield 'DIVIDERCHAR "/" ;'
    yield 'BUSBITCHARS "[]" ;'
    yield f"DESIGN {write_name(layout.name or 'top', bus=False)} ;"
    if layout.dbu_per_um:
        yield f"UNITS DISTANCE MICRONS {layout.dbu_per_um} ;"
    if len(layout.die_points):
        yield "DIEAREA " + " ".join(f"( {x} {y} )" for x, y in layout.die_points.tolist()) + " ;"
    for row in layout.rows:
        place = f"{row.x} {row.y} {ORIENTATIONS[row.orientation]}"
        steps = f"DO {row.num_x} BY {row.num_y} STEP {row.step_x} {row.step_y}"
        yield f"ROW {write_name(row.name, bus=False)} {write_name(row.site, bus=False)} {place} {steps} ;"
    for tracks in layout.tracks:
        layers = (
            " ".join(["LAYER", *(write_name(layer, bus=False) for layer in tracks.layers)]) if tracks.layers else ""
        )
        yield f"TRACKS {tracks.axis} {tracks.start} DO {tracks.num} STEP {tracks.step} {layers} ;"
    yield from _section("VIAS", [_via(via) for via in layout.via_definitions])
    yield from _section("NONDEFAULTRULES", _rules(layout))
    yield from _section("COMPONENTS", _components(layout))
    yield from _section("PINS", _pins(layout))
    nets = _nets(layout)
    num_special = int(np.count_nonzero(layout.nets.special))
    yield from _section("SPECIALNETS", nets[len(nets) - num_special :])
    yield from _section("NETS", nets[: len(nets) - num_special])
    yield "END DESIGN"


def _section(name: str, items: list[str]) -> Iterator[str]:
    if items:
        yield f"{name} {len(items)} ;"
        yield from (f"- {item} ;" for item in items)
        yield f"END {name}"


def _box(x1: int, y1: int, x2: int, y2: int) -> str:
    return f"( {x1} {y1} ) ( {x2} {y2} )"


def _via(via: Via) -> str:
    text = write_name(via.name, bus=False)
    if via.rule:
        text += f" + VIARULE {write_name(via.rule, bus=False)}"
    if via.layers:
        text += " + LAYERS " + " ".join(write_name(layer, bus=False) for layer in via.layers)
    for parameter, numbers in via.parameters.items():
        text += f" + {parameter} " + " ".join(map(str, numbers))
    for layer, *box in via.rects:
        text += f" + RECT {write_name(layer, bus=False)} {_box(*box)}"
    return text


def _rules(layout: Layout) -> list[str]:
    return [
        write_name(name, bus=False)
        + "".join(f" + LAYER {write_name(layer, bus=False)} WIDTH {width}" for layer, width in widths.items())
        for name, widths in layout.rule_widths.items()
    ]


def _components(layout: Layout) -> list[str]:
    table = layout.components
    masters = [write_name(name, bus=False) for name in table.masters]
    rows = _rows(table.master, table.x, table.y, table.orientation, table.status)
    items = []
    for name, (master, x, y, orientation, status) in zip(table.names, rows, strict=True):
        place = "UNPLACED" if not status else f"{Status(status).name} ( {x} {y} ) {ORIENTATIONS[orientation]}"
        items.append(f"{write_name(name, bus=False)} {masters[master]} + {place}")
    return items


def _pins(layout: Layout) -> list[str]:
    pins = layout.pins
    layers = [write_name(name, bus=False) for name in layout.layers]
    shapes = [""] * len(pins.port_pin)
    for port, layer, box in _rows(pins.shape_port, pins.shape_layer, pins.shape_box):
        shapes[port] += f" + LAYER {layers[layer]} {_box(*box)}"
    ports = [""] * len(pins)
    places = _rows(pins.port_pin, pins.port_x, pins.port_y, pins.port_orientation, pins.port_status)
    for shape, (pin, x, y, orientation, status) in zip(shapes, places, strict=True):
        place = f" + {Status(status).name} ( {x} {y} ) {ORIENTATIONS[orientation]}" if status else ""
        ports[pin] += f"\n  + PORT{shape}{place}"
    items = []
    for name, port, (net, direction, use) in zip(
        pins.names, ports, _rows(pins.net, pins.direction, pins.use), strict=True
    ):
        text = write_name(name, bus=True)
        if net != NONE:
            text += f" + NET {write_name(layout.nets.names[net], bus=True)}"
        if direction != NO_DIRECTION:
            text += f" + DIRECTION {_DIRECTIONS.get(direction, 'INOUT')}"
        items.append(f"{text} + USE {USES[use]}{port}")
    return items


def _rows(*columns: npt.NDArray[Any]) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of columns as Python numbers."""
    return zip(*(column.tolist() for column in columns), strict=True)


def _nets(layout: Layout) -> list[str]:
    """Return the items of all nets, special ones last."""
    nets = layout.nets
    components = [write_name(name, bus=False) for name in layout.components.names]
    pins = [write_name(name, bus=True) for name in layout.pins.names]
    pin_names = [write_name(name, bus=True) for name in nets.pin_names]
    rules = [write_name(name, bus=False) for name in layout.rules]
    wires = _wires(layout)
    connections = [
        f" ( PIN {pins[pin]} )"
        if component == NONE
        else f" ( {'*' if component == ANY_COMPONENT else components[component]} {pin_names[pin]} )"
        for component, pin in _rows(nets.component, nets.pin)
    ]
    offsets = nets.offsets.tolist()
    items = []
    for i, (name, use, rule) in enumerate(zip(nets.names, nets.use.tolist(), nets.rule.tolist(), strict=True)):
        text = write_name(name, bus=True) + "".join(connections[offsets[i] : offsets[i + 1]])
        if rule != NONE:
            text += f" + NONDEFAULTRULE {rules[rule]}"
        items.append(f"{text} + USE {USES[use]}{wires.get(i, '')}")
    return items


def _wires(layout: Layout) -> dict[int, str]:
    """Return the wiring of each net that has some."""
    wiring = layout.wiring
    layers = [write_name(name, bus=False) for name in layout.layers]
    vias = [write_name(name, bus=False) for name in layout.vias]
    rules = [write_name(name, bus=False) for name in layout.rules]
    special = layout.nets.special.tolist()
    pieces = (
        wiring.path, wiring.kind, wiring.x1, wiring.y1, wiring.x2, wiring.y2, wiring.extension1, wiring.extension2,
        wiring.via,
    )  # fmt: skip
    paths = (
        wiring.path_net, wiring.path_layer, wiring.path_width, wiring.path_status, wiring.path_shape, wiring.path_rule,
    )  # fmt: skip
    texts: dict[int, str] = {}
    begun: dict[int, int] = {}  # status of each net's last path: NEW goes on with it
    groups = groupby(_rows(*pieces), key=lambda piece: piece[0])
    for (net, layer, width, status, shape, rule), (_, group) in zip(_rows(*paths), groups, strict=True):
        rows = list(group)
        word = f"+ {WireStatus(status).name}"
        if status == WireStatus.SHIELD:
            word += f" {write_name(layout.nets.names[net], bus=True)}"
        form = f" + SHAPE {SHAPES[shape]}" if shape else ""
        if layer == NONE:
            places = " ".join(f"( {row[2]} {row[3]} )" for row in rows)
            text = f"{word}{form} + VIA {vias[rows[0][8]]} {places}"
            begun.pop(net, None)
        elif special[net] and not width and len(rows) == 1 and rows[0][1] == WireKind.RECT:
            text = f"{word}{form} + RECT {layers[layer]} {_box(*rows[0][2:6])}"
            begun.pop(net, None)
        else:
            head = f"{layers[layer]} {width}{form}" if special[net] else layers[layer]
            if rule != NONE:
                head += " TAPER" if rule == TAPER else f" TAPERRULE {rules[rule]}"
            text = f"{'NEW' if begun.get(net) == status else word} {head}{_pieces(rows, vias)}"
            begun[net] = status
        texts[net] = f"{texts.get(net, '')}\n  {text}"
    return texts


def _pieces(rows: list[tuple[int, ...]], vias: list[str]) -> str:
    """Return the points, vias and patches of one path."""
    first = next((row for row in rows if row[1] != WireKind.RECT), rows[0])  # a patch may lie anywhere about its point
    _, _, x, y, _, _, extension, _, _ = first
    text = f" ( {x} {y}{_extension(extension)} )"
    at = 0
    while at < len(rows):
        _, kind, x1, y1, x2, y2, _, extension, via = rows[at]
        at += 1
        if kind == WireKind.SEGMENT:
            text += f" ( {x2} {y2}{_extension(extension)} )"
            x, y = x2, y2
        elif kind == WireKind.VIA:
            members: list[tuple[int, ...]] = [(x, y)]
            while at < len(rows) and rows[at][8] == via and rows[at][2:4] != members[-1]:
                members.append(rows[at][2:4])
                at += 1
            text += f" {vias[via]}{_array(members)}"
        elif kind == WireKind.RECT:
            text += f" RECT ( {x1 - x} {y1 - y} {x2 - x} {y2 - y} )"
        else:
            text += f" VIRTUAL ( {x2} {y2} )"
            x, y = x2, y2
    return text


def _array(places: list[tuple[int, ...]]) -> str:
    """Return how the vias of an array, row by row from its first, are written; nothing for a single via."""
    if len(places) == 1:
        return ""
    (x, y), (last_x, last_y) = places[0], places[-1]
    num_y = sum(place[0] == x for place in places)
    num_x = len(places) // num_y
    step_x, step_y = (last_x - x) // max(1, num_x - 1), (last_y - y) // max(1, num_y - 1)
    return f" DO {num_x} BY {num_y} STEP {step_x} {step_y}"


def _extension(value: int) -> str:
    return "" if value == NONE else f" {value}"
