"""The compiled pass over a SPEF file: from bytes to numbered names, nodes, resistors and capacitors.

Behind the header a file is a sequence of keywords (``*D_NET``, see :mod:`.grammar`) and
items, each a fixed sequence of tokens: a resistor is an id, two nodes and a value. So the scanner is a loop over
tokens with a table: ``TOKENS[item, step]`` says what kind of token comes next, and when an item is complete it
becomes a row. Kinds of tokens are few, so each is read in one place. Between two items the loop can stop for larger
tables and go on.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from edasat.core.bytescan import count_digits, digits_value, load_word

from ..interning import DIVIDER, END, ESCAPE, PLAIN, canonicalise, intern
from ..scanning import COLON, NEWLINE, QUOTE, SLASH, STAR, is_blank, read_number, skip_blanks
from . import faults
from .grammar import (
    CAPACITOR,
    CELL,
    CELL_OF_CONN,
    CELL_OF_DRIVER,
    D_NET,
    DIRECTION,
    DRIVER,
    ID,
    INDEX,
    INSTANCE_CONN,
    LOAD,
    MAPPED,
    NO_NET,
    NODE,
    NODE_CONN,
    NODE_OR_VALUE,
    NOTHING,
    PI,
    PLACE,
    PORT,
    PORT_CONN,
    R_NET,
    RESISTOR,
    STOP,
    TOKENS,
    VALUE,
    take_keyword,
)
from .nodes import SUFFIX_NUMBER, SUFFIX_PIN, SUFFIX_SHIFT, SYMBOL_SHIFT, is_foreign, node_row
from .tables import (
    CONN,
    CONN_CELL,
    CONN_DIRECTION,
    CONN_KIND,
    CONN_NODE,
    CONN_PIN,
    CONNS,
    CORNER,
    COUPLINGS,
    DRIVER_CELL,
    DRIVER_LOADS,
    DRIVERS,
    IGNORING,
    ITEM,
    ITEMS_AT_ONCE,
    LIST,
    LOADS,
    LOST,
    NEEDED,
    NET,
    NET_COUPLINGS,
    NET_NODES,
    NET_RESISTORS,
    NET_SYMBOL,
    NETS,
    NODES,
    PORTS,
    POSITION,
    REDUCED,
    REDUCED_DRIVERS,
    REDUCED_SYMBOL,
    RESISTORS,
    SKIPPING,
    STEP,
    VALUE_LOAD,
    VALUE_X,
    VALUE_Y,
    is_crowded,
    lacks_room,
)


@njit(cache=True)
def scan(
    data: Any,
    size: int,
    classes: Any,
    delimiter: int,
    names: Any,
    tables: Any,
    mapped: Any,
    rows_of_keys: Any,
    keys: Any,
    values: Any,
    state: Any,
) -> int:
    """Scan from ``state[POSITION]``, which then says where it stopped, to the end.

    Args:
        data: uint8: the file with padding behind it; names are made canonical in place.
        size: bytes of the file.
        classes: of :func:`edasat.eda.formats.interning.byte_classes`.
        delimiter: byte between an instance and its pin, or a net and the number of its node.
        names, tables: of :func:`.tables.allocate`.
        mapped: int32, (room,): symbol of each index of the name map, + 1; 0 for none.
        rows_of_keys: int32, (2^k,): hash table from keys to rows of the net at hand (:mod:`.nodes`).
        keys: int64, (4,): nodes or names of the item at hand; its direction or cell in the last.
        values: float64, (3,): its values.
        state: int64, (NUM_SLOTS,).

    Returns:
        How it stopped, as :mod:`.faults` has it.
    """
    symbol_slots, symbol_spans = names.symbols
    pin_slots, pin_spans = names.pins
    nodes, node_values = tables.nodes, tables.node_values
    net_symbol = tables.nets[state[NETS] - 1, NET_SYMBOL] if state[NETS] > 0 else 0
    net_start = tables.nets[state[NETS] - 1, NET_NODES] if state[NETS] > 0 else 0
    at = state[POSITION]
    item = state[ITEM]
    step = state[STEP]
    num_keys = 0
    num_values = 0
    items_left = 0
    fault = 0
    while True:
        at = skip_blanks(data, at, size)
        if at < 0:
            at = -1 - at
            fault = faults.COMMENT
            break
        if at >= size:
            at = size
            if step > 0 or (item != NOTHING and item != state[LIST]):
                fault = faults.CUT_OFF
            elif state[NET] != NO_NET or state[SKIPPING]:
                fault = faults.END_MISSING
            break

        byte = data[at]
        letter = data[at + 1] & 0xDF
        if byte == STAR and letter >= 65 and letter <= 90:  # a keyword
            if step > 0 or (item != NOTHING and item != state[LIST]):
                fault = faults.EXPECTED
                break
            if items_left == 0:
                if lacks_room(names, tables, state) or is_crowded(tables, rows_of_keys, state):
                    fault = faults.GROW
                    break
                items_left = ITEMS_AT_ONCE
            items_left -= 1
            fault, at, item = take_keyword(data, at, tables.skipped, state)
            if fault:
                break
            num_keys = num_values = 0
            continue
        if state[IGNORING] or state[SKIPPING]:
            at = _token_end(data, at, size, classes)
            continue
        kind = TOKENS[item, step]
        if kind == STOP:
            fault = faults.EXPECTED
            break
        if step == 0:
            num_keys = num_values = 0
            if items_left == 0:
                if lacks_room(names, tables, state) or is_crowded(tables, rows_of_keys, state):
                    fault = faults.GROW
                    break
                items_left = ITEMS_AT_ONCE
            items_left -= 1

        if kind == NODE_OR_VALUE:  # a value is a number that ends where its token ends
            _, end = read_number(data, at, size)
            kind = VALUE if end > at and (data[end] == COLON or classes[data[end]] == END) else NODE
        if kind == VALUE:
            value, end = _value(data, at, size, state[CORNER])
            if end == at or classes[data[end]] != END:
                fault = faults.EXPECTED
                break
            values[num_values] = value
            num_values += 1
            at = end
        elif kind == ID:
            end = at
            while data[end] >= 48 and data[end] <= 57:
                end += 1
            if end == at or classes[data[end]] != END:
                fault = faults.EXPECTED
                break
            at = end
        elif kind == DIRECTION:
            direction = _direction(data[at])
            if direction < 0 or classes[data[at + 1]] != END:
                fault = faults.EXPECTED
                break
            keys[3] = direction
            at += 1
        elif kind == INDEX:
            word = load_word(data, at + 1)
            digits = np.int64(count_digits(word))
            if byte != STAR or digits == 0 or (digits < 8 and classes[data[at + 1 + digits]] != END):
                fault = faults.EXPECTED
                break
            index = np.int64(digits_value(word, np.uint64(digits)))
            if digits == 8 and classes[data[at + 9]] != END:
                index = np.int64(1) << 40  # above any limit
            if index >= len(mapped):
                state[NEEDED] = index
                fault = faults.GROW
                break
            keys[0] = index
            num_keys = 1
            at += 1 + digits
        else:  # a name
            start = at
            at, cut, end = _name(data, start, size, classes, delimiter)
            if at == start:
                fault = faults.EXPECTED
                break
            if kind == CELL:
                keys[3] = intern(data, start, end, names.cells.slots, names.cells.spans)
            else:
                if kind != NODE:
                    cut = -1
                owner_end = cut if cut >= 0 else end
                if byte == STAR:
                    word = load_word(data, start + 1)
                    digits = np.int64(count_digits(word))
                    if digits == 0 or (digits < 8 and start + 1 + digits != owner_end):
                        at = start
                        fault = faults.EXPECTED
                        break
                    index = np.int64(digits_value(word, np.uint64(digits)))
                    if start + 1 + digits != owner_end or index >= len(mapped) or mapped[index] == 0:
                        at = start
                        fault = faults.NAME_INDEX
                        break
                    key = np.int64(mapped[index] - 1)
                else:
                    if owner_end == start:
                        at = start
                        fault = faults.EXPECTED
                        break
                    key = np.int64(intern(data, start, owner_end, symbol_slots, symbol_spans))
                if kind == NODE:
                    key <<= SYMBOL_SHIFT
                    if cut >= 0:
                        number = _whole_number(data, cut + 1, end)
                        if number >= 0:
                            if number >> SUFFIX_SHIFT:
                                at = start
                                fault = faults.NODE_NUMBER
                                break
                            key |= (np.int64(SUFFIX_NUMBER) << SUFFIX_SHIFT) | number
                        elif cut + 1 < end:
                            pin = intern(data, cut + 1, end, pin_slots, pin_spans)
                            key |= (np.int64(SUFFIX_PIN) << SUFFIX_SHIFT) | pin
                        else:
                            at = start
                            fault = faults.EXPECTED
                            break
                    if item == INSTANCE_CONN:
                        keys[2] = -1
                        if cut >= 0 and _whole_number(data, cut + 1, end) >= 0:  # a pin whose name is a number
                            keys[2] = intern(data, cut + 1, end, pin_slots, pin_spans)
                keys[num_keys] = key
                num_keys += 1

        step += 1
        if TOKENS[item, step] != STOP and not (item == CAPACITOR and step == 3 and num_values == 1):
            continue
        step = 0
        if item == MAPPED:
            mapped[keys[0]] = keys[1] + 1
        elif item in (CAPACITOR, RESISTOR):
            first, second = keys[0], keys[1]
            coupled = item == CAPACITOR and num_keys == 2
            # The node of this net may stand second.
            if coupled and is_foreign(first, second, net_symbol, net_start, nodes, rows_of_keys, state[NODES]):
                first, second = second, first
            node = node_row(first, net_start, nodes, node_values, rows_of_keys, state)
            if item == RESISTOR:
                row = state[RESISTORS]
                state[RESISTORS] = row + 1
                tables.resistors[row, 0] = node
                tables.resistors[row, 1] = node_row(second, net_start, nodes, node_values, rows_of_keys, state)
                tables.resistor_values[row] = values[0]
            elif coupled:
                row = state[COUPLINGS]
                state[COUPLINGS] = row + 1
                tables.couplings[row] = node
                tables.coupling_keys[row] = second
                tables.coupling_values[row] = values[0]
            else:
                node_values[node] += values[0]
        elif item == D_NET:
            row = state[NETS]
            state[NETS] = row + 1
            net_symbol = keys[0]
            net_start = state[NODES]
            tables.nets[row, NET_SYMBOL] = net_symbol
            tables.nets[row, NET_NODES] = net_start
            tables.nets[row, NET_COUPLINGS] = state[COUPLINGS]
            tables.nets[row, NET_RESISTORS] = state[RESISTORS]
            tables.net_values[row] = values[0]
        elif item in (INSTANCE_CONN, PORT_CONN, NODE_CONN):
            row = state[CONNS]
            state[CONNS] = row + 1
            state[CONN] = row
            tables.conns[row, CONN_NODE] = node_row(keys[0], net_start, nodes, node_values, rows_of_keys, state)
            tables.conns[row, CONN_KIND] = item - INSTANCE_CONN
            tables.conns[row, CONN_DIRECTION] = keys[3] if item != NODE_CONN else -1
            tables.conns[row, CONN_CELL] = -1
            tables.conns[row, CONN_PIN] = keys[2] if item == INSTANCE_CONN else -1
            for column in range(3):
                tables.conn_values[row, column] = np.nan
        else:
            _complete(item, keys, values, tables, state)
        item = state[LIST]

    state[POSITION] = at
    state[ITEM] = item
    state[STEP] = step
    return fault


@njit(cache=True)
def _token_end(data: Any, at: int, size: int, classes: Any) -> int:
    """Return the position behind the token at ``at``, which a string in quotes is as a whole."""
    if data[at] == QUOTE:
        at += 1
        while at < size and data[at] not in (QUOTE, NEWLINE):
            at += 1
        return at + 1
    while True:
        at += 1
        if classes[data[at]] == END:
            return at


@njit(cache=True)
def _name(data: Any, at: int, size: int, classes: Any, delimiter: int) -> tuple[int, int, int]:
    """Find the end of the token at ``at`` and make it canonical in place.

    Returns:
        The position behind it in the file, the last delimiter in its canonical form (-1 for none), and the end of its
        canonical form.
    """
    start = at
    cut = -1
    plain = True
    while True:
        byte = data[at]
        kind = classes[byte]
        if byte == delimiter:
            cut = at
        if kind == PLAIN:
            at += 1
        elif kind == ESCAPE:
            plain = False
            at += 1 + (at + 1 < size and not is_blank(data[at + 1]))
        elif kind == END:
            break
        else:
            plain &= kind == DIVIDER and byte == SLASH
            at += 1
    if plain:
        return at, cut, at
    end, cut = canonicalise(data, start, at, classes, cut)
    return at, cut, end


@njit(cache=True)
def _whole_number(data: Any, start: int, end: int) -> int:
    """Return the number that ``data[start:end]`` spells, at most 2^40; -1 if it is none."""
    if start == end:
        return -1
    value = 0
    for at in range(start, end):
        digit = np.int64(data[at]) - 48
        if digit < 0 or digit > 9:
            return -1
        value = min(10 * value + int(digit), 1 << 40)
    return value


@njit(cache=True)
def _value(data: Any, at: int, size: int, corner: int) -> tuple[float, int]:
    """Read a number, or one of three with ``:`` between; return it and the position behind, ``at`` if there is none."""
    value, end = read_number(data, at, size)
    if end > at and data[end] == COLON:
        start = at
        for part in range(1, 3):
            if data[end] != COLON:
                return value, start
            begin = end + 1
            other, end = read_number(data, begin, size)
            if end == begin:
                return value, start
            if part <= corner:
                value = other
    return value, end


@njit(cache=True)
def _direction(byte: int) -> int:
    """Return I, O or B as :class:`edasat.eda.library.Direction`, -1 for another letter."""
    letter = byte & 0xDF
    return 0 if letter == 73 else 1 if letter == 79 else 2 if letter == 66 else -1


@njit(cache=True)
def _complete(item: int, keys: Any, values: Any, tables: Any, state: Any) -> None:
    """Turn one of the rarer items into a row."""
    if item in (LOAD, CELL_OF_CONN, PLACE):
        row = state[CONN]
        if row < 0:
            state[LOST] += 1
        elif item == LOAD:
            tables.conn_values[row, VALUE_LOAD] = values[0]
        elif item == CELL_OF_CONN:
            tables.conns[row, CONN_CELL] = keys[3]
        else:
            tables.conn_values[row, VALUE_X] = values[0]
            tables.conn_values[row, VALUE_Y] = values[1]
    elif item == PORT:
        row = state[PORTS]
        state[PORTS] = row + 1
        state[CONN] = -1
        tables.ports[row, 0] = keys[0]
        tables.ports[row, 1] = keys[3]
    elif item == R_NET:
        row = state[REDUCED]
        state[REDUCED] = row + 1
        tables.reduced[row, REDUCED_SYMBOL] = keys[0]
        tables.reduced[row, REDUCED_DRIVERS] = state[DRIVERS]
        tables.reduced_values[row] = values[0]
    elif item == DRIVER:
        row = state[DRIVERS]
        state[DRIVERS] = row + 1
        tables.drivers[row, DRIVER_CELL] = -1
        tables.drivers[row, DRIVER_LOADS] = state[LOADS]
        tables.driver_keys[row] = keys[0]
        for column in range(3):
            tables.driver_values[row, column] = np.nan
    else:  # of the last driver; without one there is nothing that it could belong to
        driver = state[DRIVERS] - 1
        if driver < 0 or driver < tables.reduced[state[REDUCED] - 1, REDUCED_DRIVERS]:
            state[LOST] += 1
        elif item == CELL_OF_DRIVER:
            tables.drivers[driver, DRIVER_CELL] = keys[3]
        elif item == PI:
            for column in range(3):
                tables.driver_values[driver, column] = values[column]
        else:
            row = state[LOADS]
            state[LOADS] = row + 1
            tables.loads[row] = keys[0]
            tables.load_values[row] = values[0]
