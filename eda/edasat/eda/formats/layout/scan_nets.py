"""Compiled scanner of the sections NETS and SPECIALNETS: connections and wires.

A wire is a sequence of paths; a path begins on a named layer and runs through points, vias and patches (LEF/DEF 5.8
reference, "Regular Wiring Statement" and "Special Wiring Statement"). Every piece becomes one row, in the order of the
file, so that the layer behind each via can be followed later, when the layers of all vias are known.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numba import njit

from .messages import BAD_ARRAY, BAD_NUMBER, BAD_POINT, BAD_WIRE, NO_END, STATEMENT_OPEN
from .scan_places import next_item, read_first_point, read_name, read_opening, read_point, skip_values
from .tokens import (
    CLOSE,
    COVER,
    DO,
    END,
    FIXED,
    LARGEST,
    MASK,
    MINUS,
    MUSTJOIN,
    NEW,
    NONDEFAULTRULE,
    NOSHIELD,
    OPEN,
    PIN,
    PLUS,
    POLYGON,
    RECT,
    ROUTED,
    SEMICOLON,
    SHAPE,
    SHIELD,
    STAR,
    STYLE,
    SUBNET,
    TAPER,
    TAPERRULE,
    USE,
    VIA,
    VIRTUAL,
    clear,
    keyword,
    longer,
    next_word,
    orientation,
    sign,
    whole_number,
)

# Columns of the rows.
N_NAME, N_NAME_END, N_USE, N_USE_END, N_RULE, N_RULE_END, N_FIRST = range(7)
K_NET, K_COMPONENT, K_COMPONENT_END, K_PIN, K_PIN_END, K_KIND = range(6)
R_NET, R_LAYER, R_LAYER_END, R_WIDTH, R_STATUS, R_SHAPE, R_SHAPE_END, R_RULE, R_RULE_END = range(9)
W_PATH, W_KIND, W_X1, W_Y1, W_X2, W_Y2, W_EXTENSION1, W_EXTENSION2 = range(8)

TAPERED: Final = -1  # in R_RULE: no name, but TAPER

# Kinds of connections.
TO_COMPONENT, TO_PIN, TO_ANY = range(3)

# Kinds of wire pieces, as WireKind; the first is no piece.
_NOTHING, _SEGMENT, _VIA, _RECT, _VIRTUAL = range(-1, 4)

# Slots of the counters.
PATHS, ROWS, VIAS, SUBNETS, POLYGONS, MUSTJOINS = range(6)

_MOST_VIAS: Final = 1 << 20  # of one array; a real one has some thousands
_ROOM: Final = 64  # rows to begin with


@njit(cache=True)
def _status(word: int) -> int:
    """Return the :class:`WireStatus` that a keyword says, -1 if it is none."""
    if word == ROUTED:
        return 0
    if word == FIXED:
        return 1
    if word == COVER:
        return 2
    if word == NOSHIELD:
        return 3
    return 4 if word == SHIELD else -1


@njit(cache=True)
def _read_number(data: Any, size: int, position: int) -> tuple[int, int, int]:
    """Return a whole number, the position behind it (or of the fault) and a state."""
    start, stop = next_word(data, size, position)
    if start == stop:
        return 0, start, NO_END
    value, good = whole_number(data, start, stop)
    return (value, stop, 0) if good else (0, start, BAD_NUMBER)


@njit(cache=True)
def _begin_path(paths: Any, counts: Any, net: int) -> Any:
    """Set up the row of a path, which counts only once the path has pieces; return the table."""
    count = counts[PATHS]
    if count == len(paths):
        paths = longer(paths)
    clear(paths[count])
    paths[count, R_NET] = net
    return paths


@njit(cache=True)
def _add_piece(wires: Any, counts: Any, piece: Any) -> Any:
    """Add a piece (kind, x1, y1, x2, y2, extension1, extension2) to the present path; return the table."""
    count = counts[ROWS]
    if count == len(wires):
        wires = longer(wires)
    row = wires[count]
    row[W_PATH] = counts[PATHS]
    row[W_KIND], row[W_X1], row[W_Y1], row[W_X2], row[W_Y2], row[W_EXTENSION1], row[W_EXTENSION2] = piece
    counts[ROWS] = count + 1
    return wires


@njit(cache=True)
def _name_via(vias: Any, counts: Any, start: int, stop: int) -> Any:
    """Note the name of the via that was added last; return the table."""
    count = counts[VIAS]
    if count == len(vias):
        vias = longer(vias)
    row = vias[count]
    row[0], row[1], row[2] = counts[ROWS] - 1, start, stop
    counts[VIAS] = count + 1
    return vias


@njit(cache=True)
def _read_path_head(data: Any, size: int, position: int, special: bool, row: Any) -> tuple[int, int]:
    """Read what stands before the first point of a path; return the position of that point and a state."""
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
        found = sign(data, start, stop)
        if found == OPEN:
            return start, 0
        position = stop
        if special and found == PLUS:
            continue  # before SHAPE and STYLE
        word = keyword(data, start, stop)
        if word == TAPER:
            row[R_RULE] = row[R_RULE_END] = TAPERED
        elif word == TAPERRULE:
            row[R_RULE], row[R_RULE_END], state = read_name(data, size, position)
            position = row[R_RULE_END]
        elif word == SHAPE:
            row[R_SHAPE], row[R_SHAPE_END], state = read_name(data, size, position)
            position = row[R_SHAPE_END]
        elif word in (STYLE, MASK):
            _, position = next_word(data, size, position)
        else:
            return start, NO_END if found == -1 else BAD_WIRE
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
    found = sign(data, start, stop)
    return (stop, 0) if found == CLOSE else (start, NO_END if found == -1 else BAD_POINT)


@njit(cache=True)
def _read_array(data: Any, size: int, position: int, numbers: Any) -> tuple[int, int]:
    """Read ``nx BY ny STEP dx dy`` behind DO; return the position behind it and a state."""
    for i in range(4):
        if i in (1, 2):  # BY, STEP
            _, position = next_word(data, size, position)
        numbers[i], position, state = _read_number(data, size, position)
        if state:
            return position, state
    for axis in range(2):
        if numbers[axis + 2] == 0:  # all in one place
            numbers[axis] = min(numbers[axis], 1)
    good = numbers[0] >= 1 and numbers[1] >= 1 and numbers[0] * numbers[1] <= _MOST_VIAS
    return position, 0 if good else BAD_ARRAY


@njit(cache=True)
def _fill_array(wires: Any, vias: Any, counts: Any, numbers: Any) -> tuple[Any, Any, bool]:
    """Add the other vias of an array whose first one was added last; return the tables, False if it has no room."""
    row = wires[counts[ROWS] - 1]
    x, y = np.int64(row[W_X1]), np.int64(row[W_Y1])
    far_x, far_y = x + (numbers[0] - 1) * numbers[2], y + (numbers[1] - 1) * numbers[3]
    if max(abs(far_x), abs(far_y)) > LARGEST:
        return wires, vias, False
    name, name_end = vias[counts[VIAS] - 1, 1], vias[counts[VIAS] - 1, 2]
    for i in range(1, numbers[0] * numbers[1]):
        at_x, at_y = x + i % numbers[0] * numbers[2], y + i // numbers[0] * numbers[3]
        wires = _add_piece(wires, counts, (np.int64(_VIA), at_x, at_y, at_x, at_y, np.int64(-1), np.int64(-1)))
        vias = _name_via(vias, counts, name, name_end)
    return wires, vias, True


@njit(cache=True)
def _scan_path(
    data: Any, size: int, position: int, special: bool, wires: Any, vias: Any, counts: Any, numbers: Any
) -> tuple[int, int, Any, Any]:
    """Scan the points, vias and patches of a path.

    Returns:
        The position of the word behind it (NEW, ``+`` or ``;``), a state, and the tables, which may have grown.
    """
    first_row = counts[ROWS]
    x, y, position, state, extension = read_first_point(data, size, position)
    while state == 0:
        start, stop = next_word(data, size, position)
        found = sign(data, start, stop)
        kind = _NOTHING
        x1, y1, x2, y2, end_extension = x, y, x, y, -1
        if found == OPEN:
            kind = _SEGMENT
            x2, y2, stop, state, end_extension = read_point(data, size, stop, x, y)
        elif found == -1:
            return start, NO_END, wires, vias
        elif found in (PLUS, SEMICOLON):
            break
        elif found in (MINUS, CLOSE, STAR):
            return start, STATEMENT_OPEN if found == MINUS else BAD_WIRE, wires, vias
        else:
            word = keyword(data, start, stop)
            if word == NEW:
                break
            if word == END:
                return start, STATEMENT_OPEN, wires, vias
            if word == RECT:
                kind = _RECT
                stop, state = _read_rect(data, size, stop, numbers)
                x1, y1, x2, y2 = x + numbers[0], y + numbers[1], x + numbers[2], y + numbers[3]
                if state == 0 and max(abs(x1), abs(y1), abs(x2), abs(y2)) > LARGEST:
                    stop, state = start, BAD_NUMBER
            elif word == VIRTUAL:
                kind = _VIRTUAL
                stop, state = read_opening(data, size, stop)
                if state == 0:
                    x2, y2, stop, state, end_extension = read_point(data, size, stop, x, y)
            elif word in (MASK, STYLE):
                _, stop = next_word(data, size, stop)
            elif word == DO and counts[ROWS] > first_row and wires[counts[ROWS] - 1, W_KIND] == _VIA:
                stop, state = _read_array(data, size, stop, numbers)
                if state == 0:
                    wires, vias, good = _fill_array(wires, vias, counts, numbers)
                    if not good:
                        state = BAD_ARRAY
                if state == BAD_ARRAY:
                    stop = start
            elif counts[ROWS] == first_row or orientation(data, start, stop) < 0:  # else of the via before
                kind = _VIA
        if kind >= 0:
            ends = (np.int64(extension), np.int64(end_extension))
            if kind == _RECT:
                ends = (np.int64(-1), np.int64(-1))
            wires = _add_piece(wires, counts, (np.int64(kind), x1, y1, x2, y2, ends[0], ends[1]))
            if kind == _VIA:
                vias = _name_via(vias, counts, start, stop)
            elif kind != _RECT:
                x, y, extension = x2, y2, end_extension
        position = stop
    return (position if state else start), state, wires, vias


@njit(cache=True)
def _scan_connection(data: Any, size: int, position: int, row: Any) -> tuple[int, int]:
    """Read ``component pin [+ SYNTHESIZED] )``; return the position behind it and a state."""
    start, stop, state = read_name(data, size, position)
    if state:
        return start, state
    row[K_COMPONENT], row[K_COMPONENT_END] = start, stop
    row[K_KIND] = TO_COMPONENT
    if keyword(data, start, stop) == PIN:
        row[K_KIND] = TO_PIN
    elif sign(data, start, stop) == STAR:
        row[K_KIND] = TO_ANY
    start, stop, state = read_name(data, size, stop)
    if state:
        return start, state
    row[K_PIN], row[K_PIN_END] = start, stop
    while True:
        start, stop = next_word(data, size, stop)
        found = sign(data, start, stop)
        if found == CLOSE:
            return stop, 0
        if found in (-1, SEMICOLON, OPEN):
            return start, NO_END if found == -1 else BAD_POINT


@njit(cache=True)
def _read_patch(data: Any, size: int, position: int, wires: Any, counts: Any) -> tuple[int, int, Any]:
    """Read the two corners behind ``+ RECT layer`` of a special net as a path of one patch."""
    x1, y1, position, state, _ = read_first_point(data, size, position)
    if state:
        return position, state, wires
    position, state = read_opening(data, size, position)
    if state:
        return position, state, wires
    x2, y2, position, state, _ = read_point(data, size, position, x1, y1)
    wires = _add_piece(wires, counts, (np.int64(_RECT), x1, y1, x2, y2, np.int64(-1), np.int64(-1)))
    counts[PATHS] += 1
    return position, state, wires


@njit(cache=True)
def _read_placed_vias(
    data: Any, size: int, position: int, wires: Any, vias: Any, counts: Any
) -> tuple[int, int, Any, Any]:
    """Read ``name [orientation] point...`` behind ``+ VIA`` of a special net as a path that begins on no layer."""
    name, name_end, state = read_name(data, size, position)
    if state:
        return name, state, wires, vias
    start, stop = next_word(data, size, name_end)
    position = stop if orientation(data, start, stop) >= 0 else start
    x, y, position, state, _ = read_first_point(data, size, position)
    while state == 0:
        wires = _add_piece(wires, counts, (np.int64(_VIA), x, y, x, y, np.int64(-1), np.int64(-1)))
        vias = _name_via(vias, counts, name, name_end)
        start, stop = next_word(data, size, position)
        if sign(data, start, stop) != OPEN:
            break
        x, y, position, state, _ = read_point(data, size, stop, x, y)
    counts[PATHS] += 1
    return position, state, wires, vias


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
    numbers = np.zeros(4, np.int64)
    num_nets = num_connections = 0
    while True:
        position, state = next_item(data, size, position)
        if state >= 0:
            break
        if num_nets == len(nets):
            nets = longer(nets)
        net = nets[num_nets]
        clear(net)
        net[N_FIRST] = num_connections
        net[N_NAME], position, state = read_name(data, size, position)
        if state:
            position = net[N_NAME]
            break
        net[N_NAME_END] = position
        num_nets += 1

        start, stop = next_word(data, size, position)
        while sign(data, start, stop) == OPEN:
            if num_connections == len(connections):
                connections = longer(connections)
            connections[num_connections, K_NET] = num_nets - 1
            position, state = _scan_connection(data, size, stop, connections[num_connections])
            if state:
                break
            num_connections += 1
            start, stop = next_word(data, size, position)
        if state:
            break

        found = sign(data, start, stop)
        status = shape = shape_end = 0
        while found == PLUS:
            start, position = next_word(data, size, stop)
            word = keyword(data, start, position)
            wire_status = _status(word)
            if wire_status >= 0:
                status = wire_status
                shape = shape_end = 0
                if special and word == SHIELD:
                    _, position = next_word(data, size, position)  # the net that is shielded
                start, stop = next_word(data, size, position)
                more = not (special and sign(data, start, stop) == PLUS)  # else SHAPE, RECT, VIA or POLYGON follow
                while more:
                    paths = _begin_path(paths, counts, num_nets - 1)
                    path = paths[counts[PATHS]]
                    path[R_STATUS] = status
                    rows = counts[ROWS]
                    position, state = _read_path_head(data, size, position, special, path)
                    if state:
                        break
                    start, state, wires, vias = _scan_path(data, size, position, special, wires, vias, counts, numbers)
                    counts[PATHS] += counts[ROWS] > rows
                    position = start
                    if state:
                        break
                    start, stop = next_word(data, size, start)
                    more = keyword(data, start, stop) == NEW
                    if more:
                        position = stop
            elif word == USE:
                net[N_USE], net[N_USE_END], state = read_name(data, size, position)
                position = net[N_USE] if state else net[N_USE_END]
            elif word == NONDEFAULTRULE:
                net[N_RULE], net[N_RULE_END], state = read_name(data, size, position)
                position = net[N_RULE] if state else net[N_RULE_END]
            elif special and word == SHAPE:
                shape, shape_end, state = read_name(data, size, position)
                position = shape if state else shape_end
            elif special and word in (RECT, VIA):
                paths = _begin_path(paths, counts, num_nets - 1)
                path = paths[counts[PATHS]]
                path[R_STATUS], path[R_SHAPE], path[R_SHAPE_END] = status, shape, shape_end
                if word == VIA:
                    position, state, wires, vias = _read_placed_vias(data, size, position, wires, vias, counts)
                else:
                    path[R_LAYER], path[R_LAYER_END], state = read_name(data, size, position)
                    position = path[R_LAYER]
                    if state == 0:
                        position, state, wires = _read_patch(data, size, path[R_LAYER_END], wires, counts)
            else:
                counts[SUBNETS] += word == SUBNET
                counts[POLYGONS] += word == POLYGON
            if state:
                break
            start, stop, found = skip_values(data, size, position)
        if state:
            break
        if found != SEMICOLON:
            position, state = start, NO_END if found == -1 else STATEMENT_OPEN
            break
        position = stop
        if keyword(data, net[N_NAME], net[N_NAME_END]) == MUSTJOIN:
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
