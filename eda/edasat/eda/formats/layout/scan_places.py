"""Compiled scanners of the sections COMPONENTS and PINS, and of sections that are only counted.

Each reads one section into rows of numbers and of spans (first byte, byte behind the last) of the names, which the
reader then joins in vectorised steps. A scanner returns (state, position, rows...): state 0 and the position behind
the word END, or a number of :data:`.messages.SCAN_ERRORS` and the place of the fault.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numba import njit

from edasat.core.bytescan import count_digits, digits_value, load_word

from .messages import (
    BAD_DIRECTION,
    BAD_NUMBER,
    BAD_ORIENTATION,
    BAD_POINT,
    BAD_STAR,
    NAME_EXPECTED,
    NO_END,
    NO_ITEM,
    STATEMENT_OPEN,
)
from .tokens import (
    BLANK,
    CLOSE,
    COVER,
    DIRECTION,
    END,
    FEEDTHRU,
    FIXED,
    INOUT,
    INPUT,
    LAYER,
    MINUS,
    NET,
    OPEN,
    OUTPUT,
    PLACED,
    PLUS,
    POLYGON,
    PORT,
    SEMICOLON,
    STAR,
    UNPLACED,
    USE,
    clear,
    keyword,
    longer,
    next_word,
    orientation,
    sign,
    whole_number,
)

# Columns of the rows.
C_NAME, C_NAME_END, C_MASTER, C_MASTER_END, C_X, C_Y, C_ORIENTATION, C_STATUS = range(8)
P_NAME, P_NAME_END, P_NET, P_NET_END, P_DIRECTION, P_USE, P_USE_END = range(7)
PORT_PIN, PORT_X, PORT_Y, PORT_ORIENTATION, PORT_STATUS = range(5)
S_PORT, S_LAYER, S_LAYER_END, S_X1, S_Y1, S_X2, S_Y2 = range(7)

_ROOM: Final = 64  # rows to begin with
_NO_DIRECTION: Final = 255  # as in the record
#: Coordinate before the first point: nothing that ``*`` could stand for.
NO_COORDINATE: Final = 1 << 40


@njit(cache=True)
def skip_values(data: Any, size: int, position: int) -> tuple[int, int, int]:
    """Find the next word that ends an option: ``+`` or ``;``, and where one is missing, ``-`` or END.

    Returns:
        The word's span and its sign.
    """
    while True:
        start, stop = next_word(data, size, position)
        found = sign(data, start, stop)
        if found in (PLUS, SEMICOLON, MINUS, -1) or keyword(data, start, stop) == END:
            return start, stop, found
        position = stop


@njit(cache=True)
def read_point(data: Any, size: int, position: int, x: int, y: int) -> tuple[int, int, int, int, int]:
    """Read ``x y )`` behind an opening parenthesis; ``*`` stands for the coordinate given.

    Returns:
        x, y, position behind it, state, and an extension (third value) or -1.
    """
    extension = -1
    for i in range(4):
        if i < 2 and data[position] == BLANK and position < size:  # most coordinates: a blank, up to 7 digits, a blank
            word = load_word(data, position + 1)
            digits: Any = np.int64(count_digits(word))
            if 0 < digits < 8 and data[position + 1 + digits] == BLANK:
                value: Any = np.int64(digits_value(word, np.uint64(digits)))
                position += 1 + digits
                if i == 0:
                    x = value
                else:
                    y = value
                continue
        start, stop = next_word(data, size, position)
        found = sign(data, start, stop)
        if found == -1:
            return x, y, start, NO_END, extension
        if found == CLOSE and i >= 2:
            return x, y, stop, 0, extension
        if found == CLOSE or i == 3:
            return x, y, start, BAD_POINT, extension
        if i < 2 and found == STAR:
            if (x if i == 0 else y) == NO_COORDINATE:
                return x, y, start, BAD_STAR, extension
        else:
            value, good = whole_number(data, start, stop)
            if not good or (i == 2 and value < 0):
                return x, y, start, BAD_NUMBER, extension
            if i == 0:
                x = value
            elif i == 1:
                y = value
            else:
                extension = value
        position = stop
    return x, y, position, BAD_POINT, extension


@njit(cache=True)
def read_first_point(data: Any, size: int, position: int) -> tuple[int, int, int, int, int]:
    """Read a point that has none before it; as :func:`read_point`, but with its opening parenthesis."""
    position, state = read_opening(data, size, position)
    if state:
        return 0, 0, position, state, -1
    nowhere = np.int64(NO_COORDINATE)
    return read_point(data, size, position, nowhere, nowhere)


@njit(cache=True)
def read_opening(data: Any, size: int, position: int) -> tuple[int, int]:
    """Expect ``(``; return the position behind it and a state."""
    start, stop = next_word(data, size, position)
    if sign(data, start, stop) == OPEN:
        return stop, 0
    return start, BAD_POINT if start < stop else NO_END


@njit(cache=True)
def _read_place(data: Any, size: int, position: int) -> tuple[int, int, int, int, int]:
    """Read ``( x y ) ORIENTATION``; return x, y, orientation, position, state."""
    x, y, position, state, _ = read_first_point(data, size, position)
    if state:
        return x, y, 0, position, state
    start, stop = next_word(data, size, position)
    turned = orientation(data, start, stop)
    if turned < 0:
        return x, y, 0, start, BAD_ORIENTATION if start < stop else NO_END
    return x, y, turned, stop, 0


@njit(cache=True)
def _placement(word: int) -> int:
    """Return the :class:`Status` that a keyword says, -1 if it is none."""
    if word == PLACED:
        return 1
    if word == FIXED:
        return 2
    if word == COVER:
        return 3
    return 0 if word == UNPLACED else -1


@njit(cache=True)
def read_name(data: Any, size: int, position: int) -> tuple[int, int, int]:
    """Return the span of a name and a state."""
    start, stop = next_word(data, size, position)
    found = sign(data, start, stop)
    if found == -1:
        return start, stop, NO_END
    return start, stop, NAME_EXPECTED if found in (PLUS, SEMICOLON, OPEN, CLOSE) else 0


@njit(cache=True)
def next_item(data: Any, size: int, position: int) -> tuple[int, int]:
    """Find the ``-`` that begins the next item, or the END of the section.

    Returns:
        The position behind it, and -1 for an item, 0 for END, or the number of an error.
    """
    start, stop = next_word(data, size, position)
    found = sign(data, start, stop)
    if found == MINUS:
        return stop, -1
    if found == -1:
        return start, NO_END
    return (stop, 0) if keyword(data, start, stop) == END else (start, NO_ITEM)


@njit(cache=True)
def count_section(data: Any, size: int, position: int, last: int) -> tuple[int, int, int]:
    """Count the items of a section that is not read; return state, position behind ``last``, and their number."""
    items = 0
    while True:
        start, stop = next_word(data, size, position)
        found = sign(data, start, stop)
        if found == -1:
            return NO_END, start, items
        if keyword(data, start, stop) == last:
            return 0, stop, items
        items += found == MINUS
        position = stop


@njit(cache=True)
def scan_components(data: Any, size: int, position: int) -> tuple[int, int, Any]:
    """Scan ``- name master [+ option]... ;`` items; return state, position and the rows, int64, (n, 8)."""
    rows = np.empty((_ROOM, 8), np.int64)
    count = 0
    while True:
        position, state = next_item(data, size, position)
        if state >= 0:
            break
        if count == len(rows):
            rows = longer(rows)
        row = rows[count]
        clear(row)
        row[C_NAME], position, state = read_name(data, size, position)
        if state:
            position = row[C_NAME]
            break
        row[C_NAME_END] = position
        row[C_MASTER], position, state = read_name(data, size, position)
        if state:
            position = row[C_MASTER]
            break
        row[C_MASTER_END] = position
        count += 1
        while True:
            start, position, found = skip_values(data, size, position)
            if found != PLUS:
                break
            start, position = next_word(data, size, position)
            status = _placement(keyword(data, start, position))
            if status >= 0:
                row[C_STATUS] = status
            if status > 0:
                row[C_X], row[C_Y], row[C_ORIENTATION], position, state = _read_place(data, size, position)
                if state:
                    break
        if state == 0 and found != SEMICOLON:
            position, state = start, STATEMENT_OPEN if start < position else NO_END
        if state:
            break
    return state, position, rows[:count]


@njit(cache=True)
def _read_box(data: Any, size: int, position: int, box: Any) -> tuple[int, int]:
    """Read the points behind a LAYER or POLYGON name into their bounding box; return position and state.

    What may stand between name and points (MASK, SPACING, DESIGNRULEWIDTH) is passed over.
    """
    points = 0
    x = y = np.int64(NO_COORDINATE)
    while True:
        start, stop = next_word(data, size, position)
        found = sign(data, start, stop)
        if found == -1:
            return start, NO_END
        if found == OPEN:
            x, y, position, state, _ = read_point(data, size, stop, x, y)
            if state:
                return position, state
            if points == 0:
                box[0] = box[2] = x
                box[1] = box[3] = y
            box[0], box[1] = min(box[0], x), min(box[1], y)
            box[2], box[3] = max(box[2], x), max(box[3], y)
            points += 1
        elif points or found in (PLUS, SEMICOLON, MINUS):
            return start, 0 if points > 1 else BAD_POINT
        else:
            position = stop


@njit(cache=True)
def _direction(word: int) -> int:
    """Return a keyword's number in :class:`edasat.eda.library.Direction`, -1 if it is none."""
    if word == INPUT:
        return 0
    if word == OUTPUT:
        return 1
    return 2 if word in (INOUT, FEEDTHRU) else -1


@njit(cache=True)
def scan_pins(data: Any, size: int, position: int) -> tuple[int, int, Any, Any, Any]:
    """Scan the items of PINS; return state, position, and the rows of pins, of their ports and of the ports' shapes.

    Geometry without the word PORT (before DEF 5.7) makes one port, as one PORT does.
    """
    pins = np.empty((_ROOM, 7), np.int64)
    ports = np.empty((_ROOM, 5), np.int64)
    shapes = np.empty((_ROOM, 7), np.int64)
    num_pins = num_ports = num_shapes = 0
    while True:
        position, state = next_item(data, size, position)
        if state >= 0:
            break
        if num_pins == len(pins):
            pins = longer(pins)
        pin = pins[num_pins]
        clear(pin)
        pin[P_DIRECTION] = _NO_DIRECTION
        pin[P_NAME], position, state = read_name(data, size, position)
        if state:
            position = pin[P_NAME]
            break
        pin[P_NAME_END] = position
        num_pins += 1
        open_port = False  # the last port is this pin's and may take more geometry
        while True:
            start, position, found = skip_values(data, size, position)
            if found != PLUS:
                break
            start, position = next_word(data, size, position)
            word = keyword(data, start, position)
            status = _placement(word)
            boxed = word in (LAYER, POLYGON)
            if word == PORT or (not open_port and (boxed or status > 0)):
                if num_ports == len(ports):
                    ports = longer(ports)
                clear(ports[num_ports])
                ports[num_ports, PORT_PIN] = num_pins - 1
                num_ports += 1
                open_port = True
            if status > 0:
                port = ports[num_ports - 1]
                port[PORT_STATUS] = status
                port[PORT_X], port[PORT_Y], port[PORT_ORIENTATION], position, state = _read_place(data, size, position)
            elif boxed:
                if num_shapes == len(shapes):
                    shapes = longer(shapes)
                shape = shapes[num_shapes]
                shape[S_PORT] = num_ports - 1
                shape[S_LAYER], shape[S_LAYER_END], state = read_name(data, size, position)
                position = shape[S_LAYER]
                if state == 0:
                    position, state = _read_box(data, size, shape[S_LAYER_END], shape[S_X1:])
                    num_shapes += 1
            elif word == NET:
                pin[P_NET], pin[P_NET_END], state = read_name(data, size, position)
                position = pin[P_NET] if state else pin[P_NET_END]
            elif word == USE:
                pin[P_USE], pin[P_USE_END], state = read_name(data, size, position)
                position = pin[P_USE] if state else pin[P_USE_END]
            elif word == DIRECTION:
                start, position = next_word(data, size, position)
                pin[P_DIRECTION] = _direction(keyword(data, start, position))
                if pin[P_DIRECTION] < 0:
                    position, state = start, BAD_DIRECTION
            if state:
                break
        if state == 0 and found != SEMICOLON:
            position, state = start, STATEMENT_OPEN if start < position else NO_END
        if state:
            break
    return state, position, pins[:num_pins], ports[:num_ports], shapes[:num_shapes]
