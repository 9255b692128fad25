"""Compiled scanner of the sections NETS and SPECIALNETS: connections and wires.

A wire is a sequence of paths; a path begins on a named layer and runs through points, vias and patches (LEF/DEF 5.8
reference, "Regular Wiring Statement" and "Special Wiring Statement"). Every piece becomes one row, in the order of the
file, so that the layer behind each via can be followed later, when the layers of all vias are known.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numba import njit

from .messages import BAD_NUMBER, BAD_POINT, BAD_WIRE, NO_END, STATEMENT_OPEN
from .scan_places import NO_COORDINATE, longer, next_item, read_name, read_opening, read_point, skip_values
from .tokens import LARGEST, is_byte, is_word, key, next_word, orientation, whole_number

_PLUS, _SEMICOLON, _OPEN, _CLOSE, _STAR = (ord(character) for character in "+;()*")
_ROUTED, _FIXED, _COVER, _NOSHIELD, _SHIELD = (key(word) for word in ("ROUTED", "FIXED", "COVER", "NOSHIELD", "SHIELD"))
_NEW, _TAPER, _TAPERRULE, _STYLE, _MASK = (key(word) for word in ("NEW", "TAPER", "TAPERRULE", "STYLE", "MASK"))
_SHAPE, _RECT, _VIRTUAL, _VIA, _DO = (key(word) for word in ("SHAPE", "RECT", "VIRTUAL", "VIA", "DO"))
_USE, _RULE, _SUBNET, _POLYGON = (key(word) for word in ("USE", "NONDEFAULTRULE", "SUBNET", "POLYGON"))
_PIN, _MUSTJOIN, _END = key("PIN"), key("MUSTJOIN"), key("END")

# Columns of the rows.
N_NAME, N_NAME_END, N_USE, N_USE_END, N_RULE, N_RULE_END, N_FIRST = range(7)
K_NET, K_COMPONENT, K_COMPONENT_END, K_PIN, K_PIN_END, K_KIND = range(6)
R_NET, R_LAYER, R_LAYER_END, R_WIDTH, R_STATUS, R_SHAPE, R_SHAPE_END, R_RULE, R_RULE_END = range(9)
W_PATH, W_KIND, W_X1, W_Y1, W_X2, W_Y2, W_EXTENSION1, W_EXTENSION2 = range(8)

TAPERED: Final = -1  # in R_RULE: no name, but TAPER

# Kinds of connections.
TO_COMPONENT, TO_PIN, TO_ANY = range(3)

SEGMENT, VIA, RECT, VIRTUAL = range(4)  # as WireKind
_MOST_VIAS: Final = 1 << 20  # of one array; a real one has some thousands
_ROOM: Final = 64

# Slots of the counters.
PATHS, ROWS, VIAS, SUBNETS, POLYGONS, MUSTJOINS = range(6)


@njit(cache=True)
def _status(data: Any, start: int, stop: int) -> int:
    """Return the :class:`WireStatus` that a word says, -1 if it is none."""
    if is_word(data, start, stop, _ROUTED):
        return 0
    if is_word(data, start, stop, _FIXED):
        return 1
    if is_word(data, start, stop, _COVER):
        return 2
    if is_word(data, start, stop, _NOSHIELD):
        return 3
    return 4 if is_word(data, start, stop, _SHIELD) else -1


@njit(cache=True)
def _read_number(data: Any, size: int, position: int) -> tuple[int, int, int]:
    """Return a whole number, the position behind it (or of the fault) and a state."""
    start, stop = next_word(data, size, position)
    if start == stop:
        return 0, start, NO_END
    value, good = whole_number(data, start, stop)
    return (value, stop, 0) if good else (0, start, BAD_NUMBER)


@njit(cache=True)
def _add_path(paths: Any, counts: Any, net: int, status: int) -> Any:
    """Begin a path: clear its row, which counts only when the path has rows of its own; return the table."""
    if counts[PATHS] == len(paths):
        paths = longer(paths)
    paths[counts[PATHS]] = 0
    paths[counts[PATHS], R_NET] = net
    paths[counts[PATHS], R_STATUS] = status
    return paths


@njit(cache=True)
def _add_row(wires: Any, counts: Any, kind: int, x1: int, y1: int, x2: int, y2: int) -> Any:
    """Add one piece of the present path; return the table."""
    count = counts[ROWS]
    if count == len(wires):
        wires = longer(wires)
    row = wires[count]
    row[W_PATH] = counts[PATHS]
    row[W_KIND] = kind
    row[W_X1], row[W_Y1], row[W_X2], row[W_Y2] = x1, y1, x2, y2
    row[W_EXTENSION1] = row[W_EXTENSION2] = -1
    counts[ROWS] = count + 1
    return wires


@njit(cache=True)
def _add_via(vias: Any, counts: Any, start: int, stop: int) -> Any:
    """Note the name of the via that was added last; return the table."""
    count = counts[VIAS]
    if count == len(vias):
        vias = longer(vias)
    vias[count, 0] = counts[ROWS] - 1
    vias[count, 1] = start
    vias[count, 2] = stop
    counts[VIAS] = count + 1
    return vias


@njit(cache=True)
def _read_path_head(data: Any, size: int, position: int, special: bool, row: Any) -> tuple[int, int]:
    """Read what stands before the first point of a path; return the position behind its parenthesis and a state."""
    row[R_LAYER], row[R_LAYER_END], state = read_name(data, size, position)
    if state:
        return row[R_LAYER], state
    position = row[R_LAYER_END]
    if special:
        row[R_WIDTH], position, state = _read_number(data, size, position)
        if state:
            return position, state
    while True:
        start, stop = next_word(data, size, position)
        position = stop
        if is_byte(data, start, stop, _OPEN):
            return stop, 0
        if special and is_byte(data, start, stop, _PLUS):
            continue  # before SHAPE and STYLE
        if is_word(data, start, stop, _TAPER):
            row[R_RULE] = row[R_RULE_END] = TAPERED
        elif is_word(data, start, stop, _TAPERRULE):
            row[R_RULE], row[R_RULE_END], state = read_name(data, size, position)
            position = row[R_RULE_END]
        elif is_word(data, start, stop, _SHAPE):
            row[R_SHAPE], row[R_SHAPE_END], state = read_name(data, size, position)
            position = row[R_SHAPE_END]
        elif is_word(data, start, stop, _STYLE) or is_word(data, start, stop, _MASK):
            _, position = next_word(data, size, position)
        else:
            return start, BAD_WIRE if start < stop else NO_END
        if state:
            return position, state


@njit(cache=True)
def _read_rect(data: Any, size: int, position: int, corners: Any) -> tuple[int, int]:
    """Read ``( dx1 dy1 dx2 dy2 )``; return the position behind it and a state."""
    position, state = read_opening(data, size, position)
    for i in range(4):
        if state:
            return position, state
        corners[i], position, state = _read_number(data, size, position)
    if state:
        return position, state
    start, stop = next_word(data, size, position)
    return (stop, 0) if is_byte(data, start, stop, _CLOSE) else (start, BAD_POINT if start < stop else NO_END)


@njit(cache=True)
def _read_array(data: Any, size: int, position: int, numbers: Any) -> tuple[int, int]:
    """Read ``nx BY ny STEP dx dy`` behind DO; return the position behind it and a state."""
    for i in range(6):
        if i in (1, 3):  # BY, STEP
            _, position = next_word(data, size, position)
            continue
        start = position
        numbers[i - (i > 1) - (i > 3)], position, state = _read_number(data, size, position)
        if state:
            return position, state
    if numbers[0] < 1 or numbers[1] < 1 or numbers[0] * numbers[1] > _MOST_VIAS:
        return next_word(data, size, start)[0], BAD_NUMBER
    return position, 0


@njit(cache=True)
def _scan_wire(
    data: Any, size: int, position: int, special: bool, net: int, status: int, paths: Any, wires: Any, vias: Any,
    counts: Any,
) -> tuple[int, int, Any, Any, Any]:  # fmt: skip
    """Scan the paths behind ROUTED or its like, up to the ``+`` or ``;`` behind them.

    Returns:
        Position, state, and the three tables, which may have grown.
    """
    numbers = np.empty(4, np.int64)
    while True:
        paths = _add_path(paths, counts, net, status)
        position, state = _read_path_head(data, size, position, special, paths[counts[PATHS]])
        if state:
            return position, state, paths, wires, vias
        first_row = counts[ROWS]
        x, y, position, state, extension = read_point(data, size, position, NO_COORDINATE, NO_COORDINATE)
        ended = False
        while state == 0:
            start, stop = next_word(data, size, position)
            position = stop
            if is_byte(data, start, stop, _OPEN):
                to_x, to_y, position, state, to_extension = read_point(data, size, position, x, y)
                wires = _add_row(wires, counts, SEGMENT, x, y, to_x, to_y)
                wires[counts[ROWS] - 1, W_EXTENSION1] = extension
                wires[counts[ROWS] - 1, W_EXTENSION2] = to_extension
                x, y, extension = to_x, to_y, to_extension
            elif is_word(data, start, stop, _NEW):
                break
            elif is_byte(data, start, stop, _SEMICOLON) or is_byte(data, start, stop, _PLUS):
                position = start
                ended = True
                break
            elif is_word(data, start, stop, _RECT):
                position, state = _read_rect(data, size, position, numbers)
                x1, y1, x2, y2 = x + numbers[0], y + numbers[1], x + numbers[2], y + numbers[3]
                if state == 0 and max(abs(x1), abs(y1), abs(x2), abs(y2)) > LARGEST:
                    position, state = start, BAD_NUMBER
                wires = _add_row(wires, counts, RECT, x1, y1, x2, y2)
            elif is_word(data, start, stop, _VIRTUAL):
                position, state = read_opening(data, size, position)
                if state == 0:
                    to_x, to_y, position, state, extension = read_point(data, size, position, x, y)
                    wires = _add_row(wires, counts, VIRTUAL, x, y, to_x, to_y)
                    x, y = to_x, to_y
            elif is_word(data, start, stop, _MASK) or is_word(data, start, stop, _STYLE):
                _, position = next_word(data, size, position)
            elif special and is_word(data, start, stop, _DO) and counts[ROWS] > first_row:
                position, state = _read_array(data, size, position, numbers)
                far_x, far_y = (numbers[0] - 1) * numbers[2], (numbers[1] - 1) * numbers[3]
                if state == 0 and max(abs(x + far_x), abs(y + far_y)) > LARGEST:
                    position, state = start, BAD_NUMBER
                if state == 0 and wires[counts[ROWS] - 1, W_KIND] != VIA:
                    position, state = start, BAD_WIRE
                if state == 0:
                    name, name_end = vias[counts[VIAS] - 1, 1], vias[counts[VIAS] - 1, 2]
                    for i in range(1, numbers[0] * numbers[1]):
                        at_x = x + i % numbers[0] * numbers[2]
                        at_y = y + i // numbers[0] * numbers[3]
                        wires = _add_row(wires, counts, VIA, at_x, at_y, at_x, at_y)
                        vias = _add_via(vias, counts, name, name_end)
            elif start == stop:
                state = NO_END
            elif is_word(data, start, stop, _END):
                position, state = start, STATEMENT_OPEN
            elif stop - start == 1 and not 47 < data[start] < 123:  # a stray sign
                position, state = start, STATEMENT_OPEN if data[start] == 45 else BAD_WIRE
            elif counts[ROWS] > first_row and orientation(data, start, stop) >= 0:
                continue  # of the via before: its place and layers stay
            else:
                wires = _add_row(wires, counts, VIA, x, y, x, y)
                wires[counts[ROWS] - 1, W_EXTENSION1] = extension
                vias = _add_via(vias, counts, start, stop)
        counts[PATHS] += counts[ROWS] > first_row
        if state or ended:
            return position, state, paths, wires, vias


@njit(cache=True)
def _scan_connection(data: Any, size: int, position: int, row: Any) -> tuple[int, int]:
    """Read ``component pin [+ SYNTHESIZED] )``; return the position behind it and a state."""
    row[K_COMPONENT], row[K_COMPONENT_END], state = read_name(data, size, position)
    if state:
        return row[K_COMPONENT], state
    row[K_PIN], row[K_PIN_END], state = read_name(data, size, row[K_COMPONENT_END])
    if state:
        return row[K_PIN], state
    row[K_KIND] = TO_COMPONENT
    if is_word(data, row[K_COMPONENT], row[K_COMPONENT_END], _PIN):
        row[K_KIND] = TO_PIN
    elif is_byte(data, row[K_COMPONENT], row[K_COMPONENT_END], _STAR):
        row[K_KIND] = TO_ANY
    position = row[K_PIN_END]
    while True:
        start, stop = next_word(data, size, position)
        if is_byte(data, start, stop, _CLOSE):
            return stop, 0
        if start == stop or is_byte(data, start, stop, _SEMICOLON) or is_byte(data, start, stop, _OPEN):
            return start, BAD_POINT if start < stop else NO_END
        position = stop


@njit(cache=True)
def scan_nets(data: Any, size: int, position: int, special: bool) -> tuple[int, int, Any, Any, Any, Any, Any, Any]:
    """Scan the items of NETS or SPECIALNETS.

    Returns:
        state, position, and the rows: nets, int64, (n, 7); connections, int64, (n, 6); paths, int64, (n, 9); pieces of
        wire, int32, (n, 8); names of vias, int64, (n, 3): row, first byte, byte behind the last; counters, int64, (6,).
    """
    nets = np.empty((_ROOM, 7), np.int64)
    connections = np.empty((_ROOM, 6), np.int64)
    paths = np.empty((_ROOM, 9), np.int64)
    wires = np.empty((_ROOM, 8), np.int32)
    vias = np.empty((_ROOM, 3), np.int64)
    counts = np.zeros(6, np.int64)
    num_nets = num_connections = 0
    while True:
        position, state = next_item(data, size, position)
        if state >= 0:
            break
        if num_nets == len(nets):
            nets = longer(nets)
        net = nets[num_nets]
        net[:] = 0
        net[N_FIRST] = num_connections
        net[N_NAME], position, state = read_name(data, size, position)
        net[N_NAME_END] = position
        if state:
            position = net[N_NAME]
            break
        num_nets += 1
        while True:
            start, stop = next_word(data, size, position)
            if not is_byte(data, start, stop, _OPEN):
                break
            if num_connections == len(connections):
                connections = longer(connections)
            connections[num_connections, K_NET] = num_nets - 1
            position, state = _scan_connection(data, size, stop, connections[num_connections])
            if state:
                break
            num_connections += 1
        if state:
            break
        status = 0
        while is_byte(data, start, stop, _PLUS):
            start, position = next_word(data, size, stop)
            wire_status = _status(data, start, position)
            if wire_status >= 0:
                status = wire_status
                if special and status == 4:
                    _, position = next_word(data, size, position)  # the net that is shielded
                start, stop = next_word(data, size, position)
                if not (special and is_byte(data, start, stop, _PLUS)):
                    position, state, paths, wires, vias = _scan_wire(
                        data, size, position, special, num_nets - 1, status, paths, wires, vias, counts
                    )
            elif is_word(data, start, position, _USE):
                net[N_USE], net[N_USE_END], state = read_name(data, size, position)
                position = net[N_USE] if state else net[N_USE_END]
            elif is_word(data, start, position, _RULE):
                net[N_RULE], net[N_RULE_END], state = read_name(data, size, position)
                position = net[N_RULE] if state else net[N_RULE_END]
            elif is_word(data, start, position, _RECT) and special:
                paths = _add_path(paths, counts, num_nets - 1, status)
                path = paths[counts[PATHS]]
                path[R_LAYER], path[R_LAYER_END], state = read_name(data, size, position)
                position = path[R_LAYER]
                if state == 0:
                    position, state, wires = _read_patch(data, size, path[R_LAYER_END], wires, counts)
            elif is_word(data, start, position, _VIA) and special:
                paths = _add_path(paths, counts, num_nets - 1, status)
                position, state, wires, vias = _read_placed_vias(data, size, position, wires, vias, counts)
            else:
                counts[SUBNETS] += is_word(data, start, position, _SUBNET)
                counts[POLYGONS] += is_word(data, start, position, _POLYGON)
            if state:
                break
            start, stop = skip_values(data, size, position)
            position = start
        if state:
            break
        if not is_byte(data, start, stop, _SEMICOLON):
            position, state = start, STATEMENT_OPEN if start < stop else NO_END
            break
        position = stop
        if is_word(data, net[N_NAME], net[N_NAME_END], _MUSTJOIN):
            num_nets -= 1
            num_connections = net[N_FIRST]
            counts[MUSTJOINS] += 1
    return (
        state,
        position,
        nets[:num_nets],
        connections[:num_connections],
        paths[: counts[PATHS]],
        wires[: counts[ROWS]],
        vias[: counts[VIAS]],
        counts,
    )


@njit(cache=True)
def _read_patch(data: Any, size: int, position: int, wires: Any, counts: Any) -> tuple[int, int, Any]:
    """Read the two corners behind ``+ RECT layer`` of a special net as a path of one patch."""
    position, state = read_opening(data, size, position)
    if state == 0:
        x1, y1, position, state, _ = read_point(data, size, position, NO_COORDINATE, NO_COORDINATE)
        if state == 0:
            position, state = read_opening(data, size, position)
            if state == 0:
                x2, y2, position, state, _ = read_point(data, size, position, x1, y1)
                wires = _add_row(wires, counts, RECT, x1, y1, x2, y2)
                counts[PATHS] += 1
    return position, state, wires


@njit(cache=True)
def _read_placed_vias(
    data: Any, size: int, position: int, wires: Any, vias: Any, counts: Any
) -> tuple[int, int, Any, Any]:
    """Read ``name [orientation] point...`` behind ``+ VIA`` of a special net as a path that begins on no layer."""
    name, name_end, state = read_name(data, size, position)
    position = name_end
    first_row = counts[ROWS]
    x = y = NO_COORDINATE
    while state == 0:
        start, stop = next_word(data, size, position)
        if is_byte(data, start, stop, _OPEN):
            x, y, position, state, _ = read_point(data, size, stop, x, y)
            wires = _add_row(wires, counts, VIA, x, y, x, y)
            vias = _add_via(vias, counts, name, name_end)
        elif counts[ROWS] == first_row and orientation(data, start, stop) >= 0:
            position = stop
        else:
            break
    counts[PATHS] += counts[ROWS] > first_row
    return position, state, wires, vias
