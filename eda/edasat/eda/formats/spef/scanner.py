"""The compiled pass over a SPEF file: from bytes to numbered names, nodes, resistors and capacitors.

The grammar is that of IEEE 1481-1999, chapter 9. Behind the header a file is a sequence of keywords (``*D_NET``) and
items, each a fixed sequence of tokens: a resistor is an id, two nodes and a value. So the scanner is a loop over
tokens with a table: ``TOKENS[item, step]`` says what kind of token comes next, and when an item is complete it
becomes a row. Kinds of tokens are few, so each is read in one place. Between two items the loop can stop for larger
tables and go on.

A node is one number, its key: symbol (net, instance or port), kind of suffix, and suffix. The nodes of the net at
hand stand in an open-addressing table from key to row that is never cleared: a slot counts only if its row belongs to
this net.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from edasat.core.bytescan import count_digits, digits_value, load_word

from ..interning import DIVIDER, END, ESCAPE, PLAIN, Interner, canonicalise, intern
from ..scanning import is_blank, keyword_at, keyword_key, read_number, skip_blanks

# How the scanner stops.
DONE: Final = 0
GROW: Final = 1
ERRORS: Final = {
    10: "spef-comment",
    11: "spef-expected",
    12: "spef-cut-off",
    13: "spef-end-missing",
    14: "spef-outside-net",
    15: "spef-name-index",
    16: "spef-node-number",
    17: "spef-unit-missing",
}
_COMMENT, _EXPECTED, _CUT_OFF, _END_MISSING, _OUTSIDE_NET, _NAME_INDEX, _NODE_NUMBER, _UNIT_MISSING = range(10, 18)

# Kinds of tokens.
STOP, _ID, _INDEX, _NAME, _NODE, _NODE_OR_VALUE, _VALUE, _DIRECTION, _CELL = range(9)
#: What is missing where a token should stand, by kind.
EXPECTED: Final = (
    *("a keyword", "the number of a capacitor or resistor", "an index such as '*12'", "a name", "a node"),
    *("a node or a value", "a value", "a direction (I, O or B)", "the name of a cell"),
)

# Items, and the tokens that each consists of.
_NOTHING, MAPPED, _PORT, _D_NET, _R_NET, _INSTANCE_CONN, _PORT_CONN, _NODE_CONN = range(8)
_LOAD, _CELL_OF_CONN, _POSITION, _CAPACITOR, _RESISTOR, _DRIVER, _CELL_OF_DRIVER, _PI, _RC = range(8, 17)
TOKENS: Final = np.array(
    [
        (STOP, STOP, STOP, STOP, STOP),  # nothing
        (_INDEX, _NAME, STOP, STOP, STOP),  # in *NAME_MAP
        (_NAME, _DIRECTION, STOP, STOP, STOP),  # in *PORTS
        (_NAME, _VALUE, STOP, STOP, STOP),  # *D_NET
        (_NAME, _VALUE, STOP, STOP, STOP),  # *R_NET
        (_NODE, _DIRECTION, STOP, STOP, STOP),  # *I
        (_NODE, _DIRECTION, STOP, STOP, STOP),  # *P
        (_NODE, STOP, STOP, STOP, STOP),  # *N
        (_VALUE, STOP, STOP, STOP, STOP),  # *L
        (_CELL, STOP, STOP, STOP, STOP),  # *D
        (_VALUE, _VALUE, STOP, STOP, STOP),  # *C
        (_ID, _NODE, _NODE_OR_VALUE, _VALUE, STOP),  # in *CAP; the third token may be the last
        (_ID, _NODE, _NODE, _VALUE, STOP),  # in *RES
        (_NODE, STOP, STOP, STOP, STOP),  # *DRIVER
        (_CELL, STOP, STOP, STOP, STOP),  # *CELL
        (_VALUE, _VALUE, _VALUE, STOP, STOP),  # *C2_R1_C1
        (_NODE, _VALUE, STOP, STOP, STOP),  # *RC
    ],
    np.uint8,
)

# Slots of ``state``: where the scanner is, what must outlive a stop, and how many rows there are.
POSITION, ITEM, STEP, LIST, IGNORING, SKIPPING, NET, CONN, NEEDED, BEGIN, HAS_UNITS, CORNER = range(12)
NETS, NODES, CONNS, COUPLINGS, RESISTORS, PORTS, REDUCED, DRIVERS, LOADS, SKIPPED, LOST = range(12, 23)
NUM_SLOTS: Final = 23
# What NET may be: outside, in *D_NET, in *R_NET.
_NO_NET, _DETAILED, _REDUCED = range(3)

# Columns of the integer tables.
NET_SYMBOL, NET_NODES, NET_COUPLINGS, NET_RESISTORS = range(4)
CONN_NODE, CONN_KIND, CONN_DIRECTION, CONN_CELL, CONN_PIN = range(5)
KIND_INSTANCE, KIND_PORT, KIND_NODE = range(3)  # of CONN_KIND: *I, *P, *N
VALUE_LOAD, VALUE_X, VALUE_Y = range(3)
REDUCED_SYMBOL, REDUCED_DRIVERS = range(2)
DRIVER_CELL, DRIVER_LOADS = range(2)

# Keys of nodes: symbol, kind of suffix, suffix.
SYMBOL_SHIFT: Final = 34
SUFFIX_SHIFT: Final = 32
SUFFIX_NONE, SUFFIX_NUMBER, SUFFIX_PIN = range(3)

#: Items between two looks at how much room is left; the tables keep a margin for so many.
ITEMS_AT_ONCE: Final = 64
_NAMES_PER_ITEM: Final = 2  # of one kind

_KEY_NAME_MAP, _KEY_PORTS, _KEY_D_NET, _KEY_R_NET = map(keyword_key, ("NAME_MAP", "PORTS", "D_NET", "R_NET"))
_KEY_CONN, _KEY_CAP, _KEY_RES, _KEY_END = map(keyword_key, ("CONN", "CAP", "RES", "END"))
_KEY_D_PNET, _KEY_R_PNET, _KEY_LOADS = map(keyword_key, ("D_PNET", "R_PNET", "LOADS"))
#: Keywords that begin one item inside a net, in the order of the items from _INSTANCE_CONN on.
_IN_NET: Final = np.array(
    [keyword_key(word) for word in ("I", "P", "N", "L", "D", "C", "?", "?", "DRIVER", "CELL", "C2_R1_C1", "RC")]
)


class NameTables(NamedTuple):
    """The names of one file by kind: symbols are nets, instances and ports, which share one name space here."""

    symbols: Interner
    pins: Interner
    cells: Interner


class Tables(NamedTuple):
    """What the scanner fills; how many rows are used stands in ``state``.

    Attributes:
        nets: int32, (room, 4): symbol, and the first node, coupling and resistor.
        net_values: float64, (room,): total capacitance.
        nodes: int64, (room,): keys.
        node_values: float64, (room,): capacitance to ground.
        conns: int32, (room, 5): node, kind, direction, cell, pin of an instance's numbered pin.
        conn_values: float64, (room, 3): load, x, y.
        couplings: int32, (room,): node in this net.
        coupling_keys: int64, (room,): key of the other node.
        coupling_values: float64, (room,).
        resistors: int32, (room, 2): nodes.
        resistor_values: float64, (room,).
        ports: int32, (room, 2): symbol, direction.
        reduced: int32, (room, 2): symbol, first driver.
        reduced_values: float64, (room,): total capacitance.
        drivers: int32, (room, 2): cell, first load.
        driver_keys: int64, (room,).
        driver_values: float64, (room, 3): C2, R1, C1.
        loads: int64, (room,): keys.
        load_values: float64, (room,): RC.
        skipped: int64, (room, 2): span of each keyword that was skipped with what follows it.
    """

    nets: npt.NDArray[np.int32]
    net_values: npt.NDArray[np.float64]
    nodes: npt.NDArray[np.int64]
    node_values: npt.NDArray[np.float64]
    conns: npt.NDArray[np.int32]
    conn_values: npt.NDArray[np.float64]
    couplings: npt.NDArray[np.int32]
    coupling_keys: npt.NDArray[np.int64]
    coupling_values: npt.NDArray[np.float64]
    resistors: npt.NDArray[np.int32]
    resistor_values: npt.NDArray[np.float64]
    ports: npt.NDArray[np.int32]
    reduced: npt.NDArray[np.int32]
    reduced_values: npt.NDArray[np.float64]
    drivers: npt.NDArray[np.int32]
    driver_keys: npt.NDArray[np.int64]
    driver_values: npt.NDArray[np.float64]
    loads: npt.NDArray[np.int64]
    load_values: npt.NDArray[np.float64]
    skipped: npt.NDArray[np.int64]


#: Which slot of ``state`` counts the used rows of each of :class:`Tables`.
COUNTERS: Final = (
    *(NETS, NETS, NODES, NODES, CONNS, CONNS, COUPLINGS, COUPLINGS, COUPLINGS, RESISTORS, RESISTORS, PORTS),
    *(REDUCED, REDUCED, DRIVERS, DRIVERS, DRIVERS, LOADS, LOADS, SKIPPED),
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
    """Scan from ``state[POSITION]`` to the end; return DONE, GROW or an error, with the place in there.

    Args:
        data: uint8: the file with padding behind it; names are made canonical in place.
        size: bytes of the file.
        classes: of :func:`edasat.eda.formats.interning.byte_classes`.
        delimiter: byte between an instance and its pin, or a net and the number of its node.
        names: :class:`NameTables`.
        tables: :class:`Tables`.
        mapped: int32, (room,): symbol of each index of the name map, + 1; 0 for none.
        rows_of_keys: int32, (2^k,): hash table from keys to rows of the net at hand.
        keys: int64, (4,): nodes or names of the item at hand; its direction or cell in the last.
        values: float64, (3,): its values.
        state: int64, (NUM_SLOTS,).
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
    error = 0
    while True:
        at = skip_blanks(data, at, size)
        if at < 0:
            at = -1 - at
            error = _COMMENT
            break
        if at >= size:
            at = size
            if step > 0 or (item != _NOTHING and item != state[LIST]):
                error = _CUT_OFF
            elif state[NET] != _NO_NET or state[SKIPPING]:
                error = _END_MISSING
            break

        byte = data[at]
        letter = data[at + 1] & 0xDF
        if byte == 42 and letter >= 65 and letter <= 90:  # a keyword
            if step > 0 or (item != _NOTHING and item != state[LIST]):
                error = _EXPECTED
                break
            if items_left == 0:
                if _lacks_room(names, tables, rows_of_keys, state):
                    error = GROW
                    break
                items_left = ITEMS_AT_ONCE
            items_left -= 1
            error, at, item = _keyword(data, at, tables.skipped, state)
            if error:
                break
            num_keys = num_values = 0
            continue
        if state[IGNORING] or state[SKIPPING]:
            at = _token_end(data, at, size, classes)
            continue
        kind = TOKENS[item, step]
        if kind == STOP:
            error = _EXPECTED
            break
        if step == 0:
            num_keys = num_values = 0
            if items_left == 0:
                if _lacks_room(names, tables, rows_of_keys, state):
                    error = GROW
                    break
                items_left = ITEMS_AT_ONCE
            items_left -= 1

        if kind == _NODE_OR_VALUE:  # a value is a number that ends where its token ends
            _, end = read_number(data, at, size)
            kind = _VALUE if end > at and (data[end] == 58 or classes[data[end]] == END) else _NODE
        if kind == _VALUE:
            value, end = _value(data, at, size, state[CORNER])
            if end == at or classes[data[end]] != END:
                error = _EXPECTED
                break
            values[num_values] = value
            num_values += 1
            at = end
        elif kind == _ID:
            end = at
            while data[end] >= 48 and data[end] <= 57:
                end += 1
            if end == at or classes[data[end]] != END:
                error = _EXPECTED
                break
            at = end
        elif kind == _DIRECTION:
            direction = _direction(data[at])
            if direction < 0 or classes[data[at + 1]] != END:
                error = _EXPECTED
                break
            keys[3] = direction
            at += 1
        elif kind == _INDEX:
            word = load_word(data, at + 1)
            digits = np.int64(count_digits(word))
            if byte != 42 or digits == 0 or (digits < 8 and classes[data[at + 1 + digits]] != END):
                error = _EXPECTED
                break
            index = np.int64(digits_value(word, np.uint64(digits)))
            if digits == 8 and classes[data[at + 9]] != END:
                index = np.int64(1) << 40  # above any limit
            if index >= len(mapped):
                state[NEEDED] = index
                error = GROW
                break
            keys[0] = index
            num_keys = 1
            at += 1 + digits
        else:  # a name
            start = at
            at, cut, end = _name(data, start, size, classes, delimiter)
            if at == start:
                error = _EXPECTED
                break
            if kind == _CELL:
                keys[3] = intern(data, start, end, names.cells.slots, names.cells.spans)
            else:
                if kind != _NODE:
                    cut = -1
                owner_end = cut if cut >= 0 else end
                if byte == 42:
                    word = load_word(data, start + 1)
                    digits = np.int64(count_digits(word))
                    if digits == 0 or (digits < 8 and start + 1 + digits != owner_end):
                        at = start
                        error = _EXPECTED
                        break
                    index = np.int64(digits_value(word, np.uint64(digits)))
                    if start + 1 + digits != owner_end or index >= len(mapped) or mapped[index] == 0:
                        at = start
                        error = _NAME_INDEX
                        break
                    key = np.int64(mapped[index] - 1)
                else:
                    if owner_end == start:
                        at = start
                        error = _EXPECTED
                        break
                    key = np.int64(intern(data, start, owner_end, symbol_slots, symbol_spans))
                if kind == _NODE:
                    key <<= SYMBOL_SHIFT
                    if cut >= 0:
                        number = _whole_number(data, cut + 1, end)
                        if number >= 0:
                            if number >> SUFFIX_SHIFT:
                                at = start
                                error = _NODE_NUMBER
                                break
                            key |= (np.int64(SUFFIX_NUMBER) << SUFFIX_SHIFT) | number
                        elif cut + 1 < end:
                            pin = intern(data, cut + 1, end, pin_slots, pin_spans)
                            key |= (np.int64(SUFFIX_PIN) << SUFFIX_SHIFT) | pin
                        else:
                            at = start
                            error = _EXPECTED
                            break
                    if item == _INSTANCE_CONN:
                        keys[2] = -1
                        if cut >= 0 and _whole_number(data, cut + 1, end) >= 0:  # a pin whose name is a number
                            keys[2] = intern(data, cut + 1, end, pin_slots, pin_spans)
                keys[num_keys] = key
                num_keys += 1

        step += 1
        if TOKENS[item, step] != STOP and not (item == _CAPACITOR and step == 3 and num_values == 1):
            continue
        step = 0
        if item == MAPPED:
            mapped[keys[0]] = keys[1] + 1
        elif item in (_CAPACITOR, _RESISTOR):
            first, second = keys[0], keys[1]
            coupled = item == _CAPACITOR and num_keys == 2
            # The node of this net may stand second.
            if coupled and _is_foreign(first, second, net_symbol, net_start, nodes, rows_of_keys, state[NODES]):
                first, second = second, first
            node = _node_row(first, net_start, nodes, node_values, rows_of_keys, state)
            if item == _RESISTOR:
                row = state[RESISTORS]
                state[RESISTORS] = row + 1
                tables.resistors[row, 0] = node
                tables.resistors[row, 1] = _node_row(second, net_start, nodes, node_values, rows_of_keys, state)
                tables.resistor_values[row] = values[0]
            elif coupled:
                row = state[COUPLINGS]
                state[COUPLINGS] = row + 1
                tables.couplings[row] = node
                tables.coupling_keys[row] = second
                tables.coupling_values[row] = values[0]
            else:
                node_values[node] += values[0]
        elif item == _D_NET:
            row = state[NETS]
            state[NETS] = row + 1
            net_symbol = keys[0]
            net_start = state[NODES]
            tables.nets[row, NET_SYMBOL] = net_symbol
            tables.nets[row, NET_NODES] = net_start
            tables.nets[row, NET_COUPLINGS] = state[COUPLINGS]
            tables.nets[row, NET_RESISTORS] = state[RESISTORS]
            tables.net_values[row] = values[0]
        elif item in (_INSTANCE_CONN, _PORT_CONN, _NODE_CONN):
            row = state[CONNS]
            state[CONNS] = row + 1
            state[CONN] = row
            tables.conns[row, CONN_NODE] = _node_row(keys[0], net_start, nodes, node_values, rows_of_keys, state)
            tables.conns[row, CONN_KIND] = item - _INSTANCE_CONN
            tables.conns[row, CONN_DIRECTION] = keys[3] if item != _NODE_CONN else -1
            tables.conns[row, CONN_CELL] = -1
            tables.conns[row, CONN_PIN] = keys[2] if item == _INSTANCE_CONN else -1
            for column in range(3):
                tables.conn_values[row, column] = np.nan
        else:
            _complete(item, keys, values, tables, state)
        item = state[LIST]

    state[POSITION] = at
    state[ITEM] = item
    state[STEP] = step
    return error


@njit(cache=True)
def _lacks_room(names: Any, tables: Any, rows_of_keys: Any, state: Any) -> bool:
    """Whether ``ITEMS_AT_ONCE`` more items might not fit."""
    net_start = tables.nets[state[NETS] - 1, NET_NODES] if state[NETS] > 0 else 0
    nodes = state[NODES] + 2 * ITEMS_AT_ONCE
    more_names = _NAMES_PER_ITEM * ITEMS_AT_ONCE + 1
    return (
        nodes > len(tables.nodes)
        or 2 * (nodes - net_start) > len(rows_of_keys)
        or state[COUPLINGS] + ITEMS_AT_ONCE > len(tables.couplings)
        or state[RESISTORS] + ITEMS_AT_ONCE > len(tables.resistors)
        or state[CONNS] + ITEMS_AT_ONCE > len(tables.conns)
        or state[NETS] + ITEMS_AT_ONCE > len(tables.nets)
        or state[PORTS] + ITEMS_AT_ONCE > len(tables.ports)
        or state[REDUCED] + ITEMS_AT_ONCE > len(tables.reduced)
        or state[DRIVERS] + ITEMS_AT_ONCE > len(tables.drivers)
        or state[LOADS] + ITEMS_AT_ONCE > len(tables.loads)
        or state[SKIPPED] + ITEMS_AT_ONCE > len(tables.skipped)
        or names.symbols.spans[0, 0] + more_names > len(names.symbols.spans)
        or names.pins.spans[0, 0] + more_names > len(names.pins.spans)
        or names.cells.spans[0, 0] + more_names > len(names.cells.spans)
    )


@njit(cache=True)
def _keyword(data: Any, begin: int, skipped: Any, state: Any) -> tuple[int, int, int]:
    """Take the keyword at ``begin``; return an error or 0, its place or the one behind the keyword, and the item."""
    key, end = keyword_at(data, begin + 1)
    if key == _KEY_END:
        if state[NET] == _NO_NET and not state[SKIPPING]:
            return _OUTSIDE_NET, begin, _NOTHING
        state[NET] = _NO_NET
        state[SKIPPING] = state[IGNORING] = 0
        state[LIST] = _NOTHING
        return 0, end, _NOTHING
    if state[SKIPPING] and key not in (_KEY_D_NET, _KEY_R_NET):
        return 0, end, _NOTHING
    state[IGNORING] = 0
    if key in (_KEY_D_NET, _KEY_R_NET, _KEY_D_PNET, _KEY_R_PNET):
        if state[NET] != _NO_NET or state[SKIPPING]:
            return _END_MISSING, begin, _NOTHING
        if not state[HAS_UNITS]:
            return _UNIT_MISSING, begin, _NOTHING
        state[BEGIN] = begin
        state[LIST] = _NOTHING
        state[CONN] = -1
        if key in (_KEY_D_NET, _KEY_R_NET):
            state[NET] = _DETAILED if key == _KEY_D_NET else _REDUCED
            return 0, end, _D_NET if key == _KEY_D_NET else _R_NET
        state[SKIPPING] = 1
    elif key in (_KEY_CONN, _KEY_CAP, _KEY_RES, _KEY_LOADS):
        if state[NET] != (_REDUCED if key == _KEY_LOADS else _DETAILED):
            return _OUTSIDE_NET, begin, _NOTHING
        state[LIST] = _CAPACITOR if key == _KEY_CAP else _RESISTOR if key == _KEY_RES else _NOTHING
        return 0, end, state[LIST]
    elif key in (_KEY_NAME_MAP, _KEY_PORTS) and state[NET] == _NO_NET:
        state[LIST] = MAPPED if key == _KEY_NAME_MAP else _PORT
        return 0, end, state[LIST]
    else:
        for choice in range(len(_IN_NET)):
            if _IN_NET[choice] == key:
                item = _INSTANCE_CONN + choice
                attribute = item in (_LOAD, _CELL_OF_CONN, _POSITION)
                if state[NET] == (_REDUCED if item >= _DRIVER else _DETAILED) or (attribute and state[LIST] == _PORT):
                    return 0, end, item
                return _OUTSIDE_NET, begin, _NOTHING
        state[IGNORING] = 1
    row = state[SKIPPED]
    skipped[row, 0] = begin + 1
    skipped[row, 1] = end
    state[SKIPPED] = row + 1
    return 0, end, state[LIST]


@njit(cache=True)
def _token_end(data: Any, at: int, size: int, classes: Any) -> int:
    """Return the position behind the token at ``at``, which a string in quotes is as a whole."""
    if data[at] == 34:
        at += 1
        while at < size and data[at] not in (34, 10):
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
            plain &= kind == DIVIDER and byte == 47
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
    if end > at and data[end] == 58:
        start = at
        for part in range(1, 3):
            if data[end] != 58:
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
def find_row(key: int, start: int, nodes: Any, rows_of_keys: Any, used: int) -> tuple[int, int]:
    """Look a key up among the nodes ``start:used``; return its row, -1 for none, and the slot for it."""
    mask = len(rows_of_keys) - 1
    mixed = np.uint64(key) * np.uint64(0x9FB21C651E98DF25)
    slot = np.int64(mixed >> np.uint64(33)) & mask
    while True:
        row = rows_of_keys[slot]
        if row < start or row >= used:  # of another net: free
            return -1, int(slot)
        if nodes[row] == key:
            return row, int(slot)
        slot = (slot + 1) & mask


@njit(cache=True)
def _node_row(key: int, start: int, nodes: Any, node_values: Any, rows_of_keys: Any, state: Any) -> int:
    """Return the row of a node of the net at hand, whose first one is ``start``; a new one if it was not there."""
    used = state[NODES]
    row, slot = find_row(key, start, nodes, rows_of_keys, used)
    if row < 0:
        row = used
        rows_of_keys[slot] = row
        nodes[row] = key
        node_values[row] = 0.0
        state[NODES] = row + 1
    return row


@njit(cache=True)
def _is_foreign(first: int, second: int, net_symbol: int, start: int, nodes: Any, rows_of_keys: Any, used: int) -> bool:
    """Whether the second of two nodes belongs to the net at hand and the first does not."""
    if first >> SYMBOL_SHIFT == net_symbol or find_row(first, start, nodes, rows_of_keys, used)[0] >= 0:
        return False
    return second >> SYMBOL_SHIFT == net_symbol or find_row(second, start, nodes, rows_of_keys, used)[0] >= 0


@njit(cache=True)
def _complete(item: int, keys: Any, values: Any, tables: Any, state: Any) -> None:
    """Turn one of the rarer items into a row."""
    if item in (_LOAD, _CELL_OF_CONN, _POSITION):
        row = state[CONN]
        if row < 0:
            state[LOST] += 1
        elif item == _LOAD:
            tables.conn_values[row, VALUE_LOAD] = values[0]
        elif item == _CELL_OF_CONN:
            tables.conns[row, CONN_CELL] = keys[3]
        else:
            tables.conn_values[row, VALUE_X] = values[0]
            tables.conn_values[row, VALUE_Y] = values[1]
    elif item == _PORT:
        row = state[PORTS]
        state[PORTS] = row + 1
        state[CONN] = -1
        tables.ports[row, 0] = keys[0]
        tables.ports[row, 1] = keys[3]
    elif item == _R_NET:
        row = state[REDUCED]
        state[REDUCED] = row + 1
        tables.reduced[row, REDUCED_SYMBOL] = keys[0]
        tables.reduced[row, REDUCED_DRIVERS] = state[DRIVERS]
        tables.reduced_values[row] = values[0]
    elif item == _DRIVER:
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
        elif item == _CELL_OF_DRIVER:
            tables.drivers[driver, DRIVER_CELL] = keys[3]
        elif item == _PI:
            for column in range(3):
                tables.driver_values[driver, column] = values[column]
        else:
            row = state[LOADS]
            state[LOADS] = row + 1
            tables.loads[row] = keys[0]
            tables.load_values[row] = values[0]


@njit(cache=True)
def refill(start: int, used: int, nodes: Any, rows_of_keys: Any) -> None:
    """Enter the nodes ``start:used`` into a table whose slots are all -1."""
    for row in range(start, used):
        _, slot = find_row(nodes[row], start, nodes, rows_of_keys, row)
        rows_of_keys[slot] = row


@njit(cache=True)
def find_others(nodes: Any, keys: Any, rows_of_keys: Any, found: Any) -> None:
    """Find the node of each key over all nets; the first one if several nets have it.

    Args:
        nodes: int64, (num_nodes,): keys of all nodes.
        keys: int64, (n,): what to look up.
        rows_of_keys: int32, (2^k,), at least twice the nodes; all -1.
        found: int32, (n,): takes rows, -1 for none.
    """
    for row in range(len(nodes)):
        known, slot = find_row(nodes[row], 0, nodes, rows_of_keys, row)
        if known < 0:
            rows_of_keys[slot] = row
    for i in range(len(keys)):
        found[i] = find_row(keys[i], 0, nodes, rows_of_keys, len(nodes))[0]
