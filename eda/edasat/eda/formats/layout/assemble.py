"""Joining what the scanners found: spans of names become numbers of tables."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, NoReturn

import numpy as np
import numpy.typing as npt
from numba import njit

from edasat.core.errors import Notes
from edasat.core.names import Bytes, Names

from ..lef.record import USES
from . import scan_nets as net_rows
from . import scan_places as place_rows
from .record import ANY_COMPONENT, NONE, SHAPES, TAPER, Components, Nets, Pins, Tracks, Via, Wiring
from .spelling import Spelling

if TYPE_CHECKING:
    from ..lef import Lef

Int32 = npt.NDArray[np.int32]


class Numbering:
    """Numbers the different names of several sources in the order in which they come."""

    def __init__(self, first: Iterable[str] = ()) -> None:
        self._numbers: dict[str, int] = {}
        for name in first:
            self._numbers.setdefault(name, len(self._numbers))

    def add(self, names: Names) -> Int32:
        """Return the number of each name."""
        different, ids = names.unique()
        return np.array([self.number(name) for name in different], np.int32)[ids]

    def number(self, name: str) -> int:
        """Return the number of one name."""
        return self._numbers.setdefault(name, len(self._numbers))

    def names(self) -> Names:
        """Return the table."""
        return Names.of(self._numbers)


@dataclass(frozen=True)
class Joined:
    """The tables of a layout."""

    layers: Names
    vias: Names
    rules: Names
    components: Components
    pins: Pins
    nets: Nets
    wiring: Wiring


class Joiner:
    """Joins the rows of the sections of one file.

    Args:
        data: uint8: the file.
        spelling: of its names.
        scanned: by section, the rows as the scanners return them.
        fail: raises a message of the table at a byte offset.
        relaxed: leave out connections to what does not exist.
        notes: takes the warnings.
    """

    def __init__(
        self,
        data: Bytes,
        spelling: Spelling,
        scanned: Mapping[str, tuple[Any, ...]],
        fail: Callable[..., NoReturn],
        relaxed: bool,
        notes: Notes,
    ) -> None:
        self._data = data
        self._spelling = spelling
        self._scanned = scanned
        self._fail = fail
        self._relaxed = relaxed
        self._notes = notes

    def join(
        self, tracks: Sequence[Tracks], vias: Mapping[str, Via], rule_names: Iterable[str], lef: Lef | None
    ) -> Joined:
        """Return the tables; the statements of the floorplan name layers, vias and rules first."""
        layers = Numbering(layer for track in tracks for layer in track.layers)
        for via in vias.values():
            layers.add(Names.of([*via.layers, *(rect[0] for rect in via.rects)]))
        rules = Numbering(rule_names)
        components = self._components()
        pins, pin_nets = self._pins(layers)
        nets, pin_net = self._nets(components, pins, pin_nets, rules)
        pins = replace(pins, net=pin_net)
        via_numbers = Numbering(vias)
        wiring = self._wiring(int(np.count_nonzero(~nets.special)), layers, via_numbers, rules)
        ends = _via_layers(via_numbers.names(), vias, layers, wiring, tracks, lef)
        layer = _follow_layers(wiring.path, wiring.kind, wiring.via, wiring.x1, wiring.y1, wiring.path_layer, ends)
        wiring = replace(wiring, layer=layer)
        self._notes.add(
            "def-layer-unknown",
            "wire pieces without a layer, behind vias that the file does not define (give the technology LEF)",
            times=int(np.count_nonzero((layer < 0) & (wiring.path_layer[wiring.path] >= 0))),
        )
        return Joined(layers.names(), via_numbers.names(), rules.names(), components, pins, nets, wiring)

    def _rows(self, section: str, which: int, columns: int) -> npt.NDArray[np.int64]:
        scanned = self._scanned.get(section)
        return np.empty((0, columns), np.int64) if scanned is None else scanned[which]

    def _names(self, rows: Any, column: int) -> Names:
        """Return the names whose spans stand in a column and the next."""
        return self._spelling.read(self._data, rows[:, column], rows[:, column + 1])

    def _numbers(self, rows: Any, column: int, table: Numbering) -> Int32:
        """Return the numbers of such names, NONE where the span is empty."""
        named = rows[:, column] < rows[:, column + 1]
        if named.all():
            return table.add(self._names(rows, column))
        numbers = np.full(len(rows), NONE, np.int32)
        numbers[named] = table.add(self._names(rows[named], column))
        return numbers

    def _choice(self, rows: Any, column: int, words: Sequence[str]) -> npt.NDArray[np.uint8]:
        """Return positions among these words; 0, the default, where there is none or another."""
        numbers = self._numbers(rows, column, Numbering(words))
        return np.where((numbers < 0) | (numbers >= len(words)), 0, numbers).astype(np.uint8)

    def _all_different(self, names: Names, starts: Any, what: str) -> None:
        different, ids = names.unique()
        if len(different) < len(names):
            seen = np.zeros(len(different), bool)
            for row, number in enumerate(ids):  # as far as the first repetition
                if seen[number]:
                    self._fail("def-name-twice", int(starts[row]), what=what, token=names[row])
                seen[number] = True

    def _components(self) -> Components:
        rows = self._rows("COMPONENTS", 0, 8)
        names = self._names(rows, place_rows.C_NAME)
        self._all_different(names, rows[:, place_rows.C_NAME], "component")
        masters, master = self._names(rows, place_rows.C_MASTER).unique()
        x, y = (rows[:, column].astype(np.int32) for column in (place_rows.C_X, place_rows.C_Y))
        orientation = rows[:, place_rows.C_ORIENTATION].astype(np.uint8)
        return Components(names, masters, master, x, y, orientation, rows[:, place_rows.C_STATUS].astype(np.uint8))

    def _pins(self, layers: Numbering) -> tuple[Pins, Any]:
        """Return the pins, their nets not yet joined, and the spans of the nets' names, int64, (num_pins, 2)."""
        rows, ports, shapes = (self._rows("PINS", which, columns) for which, columns in enumerate((7, 5, 7)))
        names = self._names(rows, place_rows.P_NAME)
        self._all_different(names, rows[:, place_rows.P_NAME], "pin")
        pins = Pins(
            names=names,
            net=np.empty(0, np.int32),
            direction=rows[:, place_rows.P_DIRECTION].astype(np.uint8),
            use=self._choice(rows, place_rows.P_USE, USES),
            port_pin=ports[:, place_rows.PORT_PIN].astype(np.int32),
            port_x=ports[:, place_rows.PORT_X].astype(np.int32),
            port_y=ports[:, place_rows.PORT_Y].astype(np.int32),
            port_orientation=ports[:, place_rows.PORT_ORIENTATION].astype(np.uint8),
            port_status=ports[:, place_rows.PORT_STATUS].astype(np.uint8),
            shape_port=shapes[:, place_rows.S_PORT].astype(np.int32),
            shape_layer=self._numbers(shapes, place_rows.S_LAYER, layers),
            shape_box=shapes[:, place_rows.S_X1 :].astype(np.int32),
        )
        return pins, rows[:, place_rows.P_NET : place_rows.P_NET + 2]

    def _nets(self, components: Components, pins: Pins, pin_nets: Any, rules: Numbering) -> tuple[Nets, Int32]:
        """Return all nets, those that only pins name behind the regular ones, and the net of each pin."""
        regular, special = self._rows("NETS", 0, 7), self._rows("SPECIALNETS", 0, 7)
        names = [self._names(rows, net_rows.N_NAME) for rows in (regular, special)]
        for table, rows in zip(names, (regular, special), strict=True):
            self._all_different(table, rows[:, net_rows.N_NAME], "net")

        wanted = self._spelling.read(self._data, pin_nets[:, 0], pin_nets[:, 1])
        in_regular, in_special = (wanted.find_in(table) for table in names)
        missing = np.flatnonzero((pin_nets[:, 0] < pin_nets[:, 1]) & (in_regular < 0) & (in_special < 0))
        added, added_number = wanted.take(missing).unique()
        self._notes.add("def-pin-net", "nets named by pins alone", times=len(added))
        num_regular = len(regular) + len(added)
        pin_net = np.where(in_regular >= 0, in_regular, np.where(in_special >= 0, in_special + num_regular, NONE))
        pin_net[missing] = len(regular) + added_number

        own, power = self._rows("NETS", 1, 6), self._rows("SPECIALNETS", 1, 6)
        begin = [regular[:, net_rows.N_FIRST], np.full(len(added), len(own)), special[:, net_rows.N_FIRST] + len(own)]
        offsets = np.concatenate([*begin, [len(own) + len(power)]])
        connections = np.concatenate([own, power])
        component, pin, pin_names, good = self._connections(connections, len(own), components, pins)
        if not good.all():
            offsets = np.concatenate([[0], np.cumsum(good)])[offsets]
            component, pin = component[good], pin[good]
        rows = np.concatenate([regular, np.zeros((len(added), 7), np.int64), special])
        nets = Nets(
            names=_joined([names[0], added, names[1]]),
            special=np.arange(len(rows)) >= num_regular,
            use=self._choice(rows, net_rows.N_USE, USES),
            rule=self._numbers(rows, net_rows.N_RULE, rules),
            offsets=offsets.astype(np.int64),
            component=component,
            pin=pin,
            pin_names=pin_names,
        )
        return nets, pin_net.astype(np.int32)

    def _connections(
        self, rows: Any, num_regular: int, components: Components, pins: Pins
    ) -> tuple[Int32, Int32, Names, npt.NDArray[np.bool_]]:
        """Join connections; the first ``num_regular`` are those of NETS.

        Returns:
            component and pin of each connection, the names of component pins, and which connections are good.
        """
        kind = rows[:, net_rows.K_KIND]
        to_component, to_pin = kind == net_rows.TO_COMPONENT, kind == net_rows.TO_PIN
        component = np.full(len(rows), ANY_COMPONENT, np.int32)
        component[to_pin] = NONE
        component[to_component] = self._names(rows[to_component], net_rows.K_COMPONENT).find_in(components.names)
        pin_names, number = self._names(rows[~to_pin], net_rows.K_PIN).unique()
        pin = np.empty(len(rows), np.int32)
        pin[~to_pin] = number
        pin[to_pin] = self._names(rows[to_pin], net_rows.K_PIN).find_in(pins.names)
        lost_component, lost_pin = to_component & (component < 0), to_pin & (pin < 0)
        for lost, code, column in (
            (lost_component, "def-component-unknown", net_rows.K_COMPONENT),
            (lost_pin, "def-pin-unknown", net_rows.K_PIN),
        ):
            self._lost(code, rows[lost, column])
        good = ~(lost_component | lost_pin)
        joined = np.flatnonzero(to_component[:num_regular] & good[:num_regular])
        keys = component[joined].astype(np.int64) * max(1, len(pin_names)) + pin[joined]
        order = np.argsort(keys, kind="stable")
        again = np.sort(joined[order[1:]][np.diff(keys[order]) == 0])
        self._lost("def-pin-connected-twice", rows[again, net_rows.K_PIN])
        good[again] = False
        return component, pin, pin_names, good

    def _lost(self, code: str, starts: Any) -> None:
        """Fail at the first of these connections, or note them all."""
        if not len(starts):
            return
        if not self._relaxed:
            self._fail(code, int(starts[0]))
        self._notes.add(code, _RELAXED[code], times=len(starts))

    def _wiring(self, num_regular: int, layers: Numbering, vias: Numbering, rules: Numbering) -> Wiring:
        """Put the wires of nets and special nets behind each other; their layers are still to be followed."""
        parts: list[dict[str, Any]] = []
        for section, first_net in (("NETS", 0), ("SPECIALNETS", num_regular)):
            paths, wires, via_spans = (
                self._rows(section, 2 + which, columns) for which, columns in enumerate((9, 8, 3))
            )
            via = np.full(len(wires), NONE, np.int32)
            via[via_spans[:, 0]] = vias.add(self._names(via_spans, 1))
            rule = self._numbers(paths, net_rows.R_RULE, rules)
            rule[paths[:, net_rows.R_RULE] == net_rows.TAPERED] = TAPER
            parts.append(
                {
                    "path_net": (paths[:, net_rows.R_NET] + first_net).astype(np.int32),
                    "path_layer": self._numbers(paths, net_rows.R_LAYER, layers),
                    "path_width": paths[:, net_rows.R_WIDTH].astype(np.int32),
                    "path_status": paths[:, net_rows.R_STATUS].astype(np.uint8),
                    "path_shape": self._choice(paths, net_rows.R_SHAPE, SHAPES),
                    "path_rule": rule,
                    "path": wires[:, net_rows.W_PATH] + (np.int32(len(parts[0]["path_net"])) if parts else np.int32(0)),
                    "kind": wires[:, net_rows.W_KIND].astype(np.uint8),
                    "layer": np.full(len(wires), NONE, np.int32),
                    "x1": wires[:, net_rows.W_X1],
                    "y1": wires[:, net_rows.W_Y1],
                    "x2": wires[:, net_rows.W_X2],
                    "y2": wires[:, net_rows.W_Y2],
                    "extension1": wires[:, net_rows.W_EXTENSION1],
                    "extension2": wires[:, net_rows.W_EXTENSION2],
                    "via": via,
                }
            )
        return Wiring(**{name: np.concatenate([part[name] for part in parts]) for name in parts[0]})


#: Warnings of relaxed reading.
_RELAXED: Final = {
    "def-component-unknown": "connections to components that do not exist, left out",
    "def-pin-unknown": "connections to design pins that do not exist, left out",
    "def-pin-connected-twice": "second connections of a pin, left out",
}


def _joined(tables: Sequence[Names]) -> Names:
    """Return the names of all tables, one behind the other."""
    sizes = [np.diff(table.offsets) for table in tables]
    offsets = np.concatenate([[0], np.cumsum(np.concatenate(sizes))]).astype(np.int64)
    return Names(np.concatenate([table.blob for table in tables]), offsets)


def _via_layers(
    names: Names,
    defined: Mapping[str, Via],
    layers: Numbering,
    wiring: Wiring,
    tracks: Sequence[Tracks],
    lef: Lef | None,
) -> Int32:
    """Return the two routing layers that each via joins: int32, (num_vias, 2), NONE where not known.

    Of a via given by rectangles, the routing layers are those that carry wires or tracks, or that the LEF says to be
    routing layers; failing that, the first and the last one.
    """
    carrying = layers.names().take(np.unique(wiring.path_layer[wiring.path_layer >= 0]))
    routing = {*carrying, *(layer for track in tracks for layer in track.layers)}
    from_lef: dict[str, tuple[str, ...]] = {}
    if lef is not None:
        from_lef = {via.name: via.layers for via in lef.vias}
        routing |= {layer.name for layer in lef.layers if layer.kind == "ROUTING"}
    ends = np.full((len(names), 2), NONE, np.int32)
    for row, name in enumerate(names.to_list()):
        via = defined.get(name)
        used = (
            from_lef.get(name, ()) if via is None else via.layers or tuple(dict.fromkeys(rect[0] for rect in via.rects))
        )
        joined = [layer for layer in used if layer in routing]
        if len(joined) != 2 and len(used) > 1:
            joined = [used[0], used[-1]]
        if len(joined) == 2:
            ends[row] = [layers.number(layer) for layer in joined]
    return ends


@njit(cache=True)
def _follow_layers(path: Any, kind: Any, via: Any, x: Any, y: Any, path_layer: Any, ends: Any) -> Any:
    """Return the layer of each piece of wire: a via takes the pieces behind it to its other layer.

    The same via once more elsewhere is the next one of an array, whose vias all join the same two layers.
    """
    layer = np.empty(len(path), np.int32)
    now = np.int32(-1)
    for row in range(len(path)):
        if row == 0 or path[row] != path[row - 1]:
            now = path_layer[path[row]]
        elif kind[row] == 1 and via[row] == via[row - 1] and (x[row] != x[row - 1] or y[row] != y[row - 1]):
            layer[row] = layer[row - 1]
            continue
        layer[row] = now
        if kind[row] == 1:
            lower, upper = ends[via[row], 0], ends[via[row], 1]
            now = upper if now == lower else lower if now == upper else np.int32(-1)
    return layer
