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

#: State of a scan that has to be repeated with longer tables.
NO_ROOM: Final = 100
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
def _read_path_head(data: Any, size: int, position: int, special: bool, paths: Any, path: int) -> tuple[int, int]:
    """Read what stands before the first point of a path; return the position of that point and a state."""
    start, position, state = read_name(data, size, position)
    if state:
        return start, state
    paths[path, R_LAYER], paths[path, R_LAYER_END] = start, position
    if special:
        paths[path, R_WIDTH], position, state = _read_number(data, size, position)
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
            paths[path, R_RULE] = paths[path, R_RULE_END] = TAPERED
        elif word in (TAPERRULE, SHAPE):
            column = R_RULE if word == TAPERRULE else R_SHAPE
            start, position, state = read_name(data, size, position)
            if state:
                return start, state
            paths[path, column], paths[path, column + 1] = start, position
        elif word in (STYLE, MASK):
            _, position = next_word(data, size, position)
        else:
            return start, NO_END if found == -1 else BAD_WIRE


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
def _set_piece(
    wires: Any, row: int, path: int, kind: int, x1: int, y1: int, x2: int, y2: int, extension1: int, extension2: int
) -> None:
    """Write one piece of wire."""
    wires[row, W_PATH], wires[row, W_KIND] = path, kind
    wires[row, W_X1], wires[row, W_Y1], wires[row, W_X2], wires[row, W_Y2] = x1, y1, x2, y2
    wires[row, W_EXTENSION1], wires[row, W_EXTENSION2] = extension1, extension2


@njit(cache=True)
def _set_via(vias: Any, row: int, piece: int, name: int, name_end: int) -> None:
    """Write the name of the via that is a piece of wire."""
    vias[row, 0], vias[row, 1], vias[row, 2] = piece, name, name_end


@njit(cache=True)
def _fill_array(wires: Any, vias: Any, counts: Any, numbers: Any) -> int:
    """Add the other vias of an array whose first one was added last; return a state."""
    rows, num_vias = counts[ROWS], counts[VIAS]
    members = numbers[0] * numbers[1]
    x, y = np.int64(wires[rows - 1, W_X1]), np.int64(wires[rows - 1, W_Y1])
    far_x, far_y = x + (numbers[0] - 1) * numbers[2], y + (numbers[1] - 1) * numbers[3]
    if max(abs(far_x), abs(far_y)) > LARGEST:
        return BAD_ARRAY
    if rows + members > len(wires) or num_vias + members > len(vias):
        return NO_ROOM
    name, name_end = vias[num_vias - 1, 1], vias[num_vias - 1, 2]
    kind, none = np.int64(_VIA), np.int64(-1)
    for i in range(1, members):
        at_x, at_y = x + i % numbers[0] * numbers[2], y + i // numbers[0] * numbers[3]
        _set_piece(wires, rows, counts[PATHS], kind, at_x, at_y, at_x, at_y, none, none)
        _set_via(vias, num_vias, rows, name, name_end)
        rows += 1
        num_vias += 1
    counts[ROWS], counts[VIAS] = rows, num_vias
    return 0


@njit(cache=True)
def _scan_path(
    data: Any, size: int, position: int, special: bool, paths: Any, wires: Any, vias: Any, counts: Any, numbers: Any
) -> tuple[int, int]:
    """Scan one path from the name of its layer.

    ``paths`` holds its row, which counts only if the path has pieces. Where another table is full, the counters stay as
    they were and the state is NO_ROOM: tables that grow in here would cost more than the scanning (their reference
    counts are kept up at every call).

    Returns:
        The position of the word behind the path (NEW, ``+`` or ``;``) and a state.
    """
    path = counts[PATHS]
    first_row, first_via = counts[ROWS], counts[VIAS]
    position, state = _read_path_head(data, size, position, special, paths, path)
    if state:
        return position, state
    x, y, position, state, extension = read_first_point(data, size, position)
    while state == 0:
        start, stop = next_word(data, size, position)
        found = sign(data, start, stop)
        kind = _NOTHING
        x1, y1, x2, y2, extension1, extension2 = x, y, x, y, extension, np.int64(-1)
        if found == OPEN:
            kind = _SEGMENT
            x2, y2, stop, state, extension2 = read_point(data, size, stop, x, y)
        elif found == -1:
            return start, NO_END
        elif found in (PLUS, SEMICOLON):
            position = start
            break
        elif found in (MINUS, CLOSE, STAR):
            return start, STATEMENT_OPEN if found == MINUS else BAD_WIRE
        else:
            word = keyword(data, start, stop)
            if word == NEW:
                position = start
                break
            if word == END:
                return start, STATEMENT_OPEN
            if word == RECT:
                kind = _RECT
                stop, state = _read_rect(data, size, stop, numbers)
                x1, y1, x2, y2 = x + numbers[0], y + numbers[1], x + numbers[2], y + numbers[3]
                extension1 = np.int64(-1)
                if state == 0 and max(abs(x1), abs(y1), abs(x2), abs(y2)) > LARGEST:
                    stop, state = start, BAD_NUMBER
            elif word == VIRTUAL:
                kind = _VIRTUAL
                stop, state = read_opening(data, size, stop)
                if state == 0:
                    x2, y2, stop, state, extension2 = read_point(data, size, stop, x, y)
            elif word in (MASK, STYLE):
                _, stop = next_word(data, size, stop)
            elif word == DO and counts[ROWS] > first_row and wires[counts[ROWS] - 1, W_KIND] == _VIA:
                stop, state = _read_array(data, size, stop, numbers)
                if state == 0:
                    state = _fill_array(wires, vias, counts, numbers)
                if state == BAD_ARRAY:
                    stop = start
            elif counts[ROWS] == first_row or orientation(data, start, stop) < 0:  # else of the via before
                kind = _VIA
        if kind >= 0 and state == 0:
            row = counts[ROWS]
            if row == len(wires) or counts[VIAS] == len(vias):
                state = NO_ROOM
                break
            _set_piece(wires, row, path, kind, x1, y1, x2, y2, extension1, extension2)
            counts[ROWS] = row + 1
            if kind == _VIA:
                _set_via(vias, counts[VIAS], row, start, stop)
                counts[VIAS] += 1
            elif kind != _RECT:
                x, y, extension = x2, y2, extension2
        position = stop
    if state == NO_ROOM:
        counts[ROWS], counts[VIAS] = first_row, first_via
    elif counts[ROWS] > first_row:
        counts[PATHS] += 1
    return position, state


@njit(cache=True)
def _scan_placed(
    data: Any, size: int, position: int, vias_follow: bool, paths: Any, wires: Any, vias: Any, counts: Any
) -> tuple[int, int]:
    """Scan what ``+ RECT`` or ``+ VIA`` places for a special net, as a path of its own; vias begin on no layer.

    Reads ``layer point point`` or ``name [orientation] point...``; else as :func:`_scan_path`.
    """
    path, first_row, first_via = counts[PATHS], counts[ROWS], counts[VIAS]
    name, name_end, state = read_name(data, size, position)
    if state:
        return name, state
    start, stop = next_word(data, size, name_end)
    position = stop if vias_follow and orientation(data, start, stop) >= 0 else name_end
    x, y, position, state, _ = read_first_point(data, size, position)
    x2, y2 = x, y
    kind = np.int64(_VIA if vias_follow else _RECT)
    if not vias_follow:
        paths[path, R_LAYER], paths[path, R_LAYER_END] = name, name_end
        if state == 0:
            position, state = read_opening(data, size, position)
        if state == 0:
            x2, y2, position, state, _ = read_point(data, size, position, x, y)
    none = np.int64(-1)
    while state == 0:
        row = counts[ROWS]
        if row == len(wires) or counts[VIAS] == len(vias):
            counts[ROWS], counts[VIAS] = first_row, first_via
            return position, NO_ROOM
        _set_piece(wires, row, path, kind, x, y, x2, y2, none, none)
        counts[ROWS] = row + 1
        if not vias_follow:
            break
        _set_via(vias, counts[VIAS], row, name, name_end)
        counts[VIAS] += 1
        start, stop = next_word(data, size, position)
        if sign(data, start, stop) != OPEN:
            break
        x, y, position, state, _ = read_point(data, size, stop, x, y)
        x2, y2 = x, y
    counts[PATHS] += 1
    return position, state


@njit(cache=True)
def _scan_connection(data: Any, size: int, position: int, rows: Any, row: int) -> tuple[int, int]:
    """Read ``component pin [+ SYNTHESIZED] )``; return the position behind it and a state."""
    start, stop, state = read_name(data, size, position)
    if state:
        return start, state
    rows[row, K_COMPONENT], rows[row, K_COMPONENT_END] = start, stop
    rows[row, K_KIND] = TO_COMPONENT
    if keyword(data, start, stop) == PIN:
        rows[row, K_KIND] = TO_PIN
    elif sign(data, start, stop) == STAR:
        rows[row, K_KIND] = TO_ANY
    start, stop, state = read_name(data, size, stop)
    if state:
        return start, state
    rows[row, K_PIN], rows[row, K_PIN_END] = start, stop
    while True:
        start, stop = next_word(data, size, stop)
        found = sign(data, start, stop)
        if found == CLOSE:
            return stop, 0
        if found in (-1, SEMICOLON, OPEN):
            return start, NO_END if found == -1 else BAD_POINT


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
    num_nets = num_connections = np.int64(0)
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
            position, state = _scan_connection(data, size, stop, connections, num_connections)
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
            wires_follow = False
            if _status(word) >= 0:
                status = _status(word)
                shape = shape_end = 0
                if special and word == SHIELD:
                    _, position = next_word(data, size, position)  # the net that is shielded
                start, stop = next_word(data, size, position)
                wires_follow = not special or sign(data, start, stop) != PLUS  # else SHAPE, RECT, VIA or POLYGON
            elif word in (USE, NONDEFAULTRULE):
                column = N_USE if word == USE else N_RULE
                start, position, state = read_name(data, size, position)
                if state:
                    position = start
                    break
                nets[num_nets - 1, column], nets[num_nets - 1, column + 1] = start, position
            elif special and word == SHAPE:
                shape, shape_end, state = read_name(data, size, position)
                position = shape if state else shape_end
                if state:
                    break
            else:
                wires_follow = special and word in (RECT, VIA)
                counts[SUBNETS] += word == SUBNET
                counts[POLYGONS] += word == POLYGON
            while wires_follow:  # one path after the other, as long as NEW follows
                if counts[PATHS] == len(paths):
                    paths = longer(paths)
                path = counts[PATHS]
                for column in range(R_RULE_END + 1):
                    paths[path, column] = 0
                paths[path, R_NET], paths[path, R_STATUS] = num_nets - 1, status
                if word in (RECT, VIA):
                    paths[path, R_SHAPE], paths[path, R_SHAPE_END] = shape, shape_end
                    behind, state = _scan_placed(data, size, position, word == VIA, paths, wires, vias, counts)
                else:
                    behind, state = _scan_path(data, size, position, special, paths, wires, vias, counts, numbers)
                if state == NO_ROOM:  # once more from the start of the path
                    wires, vias, state = longer(wires), longer(vias), 0
                    continue
                position = behind
                if state:
                    break
                start, stop = next_word(data, size, position)
                wires_follow = keyword(data, start, stop) == NEW
                if wires_follow:
                    position = stop
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
