"""What a SPEF file is made of, for the compiled pass: kinds of tokens, items, and the keywords that begin them.

The grammar is that of IEEE 1481-1999, chapter 9.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numba import njit

from ..scanning import keyword_at, keyword_key
from . import faults
from .tables import BEGIN, CONN, HAS_UNITS, IGNORING, LIST, NET, SKIPPED, SKIPPING

# Kinds of tokens.
STOP, ID, INDEX, NAME, NODE, NODE_OR_VALUE, VALUE, DIRECTION, CELL = range(9)
#: What is missing where a token should stand, by kind.
EXPECTED: Final = (
    *("a keyword", "the number of a capacitor or resistor", "an index such as '*12'", "a name", "a node"),
    *("a node or a value", "a value", "a direction (I, O or B)", "the name of a cell"),
)

# Items, and the tokens that each consists of.
NOTHING, MAPPED, PORT, D_NET, R_NET, INSTANCE_CONN, PORT_CONN, NODE_CONN = range(8)
LOAD, CELL_OF_CONN, PLACE, CAPACITOR, RESISTOR, DRIVER, CELL_OF_DRIVER, PI, RC = range(8, 17)
TOKENS: Final = np.array(
    [
        (STOP, STOP, STOP, STOP, STOP),  # nothing
        (INDEX, NAME, STOP, STOP, STOP),  # in *NAME_MAP
        (NAME, DIRECTION, STOP, STOP, STOP),  # in *PORTS
        (NAME, VALUE, STOP, STOP, STOP),  # *D_NET
        (NAME, VALUE, STOP, STOP, STOP),  # *R_NET
        (NODE, DIRECTION, STOP, STOP, STOP),  # *I
        (NODE, DIRECTION, STOP, STOP, STOP),  # *P
        (NODE, STOP, STOP, STOP, STOP),  # *N
        (VALUE, STOP, STOP, STOP, STOP),  # *L
        (CELL, STOP, STOP, STOP, STOP),  # *D
        (VALUE, VALUE, STOP, STOP, STOP),  # *C
        (ID, NODE, NODE_OR_VALUE, VALUE, STOP),  # in *CAP; the third token may be the last one
        (ID, NODE, NODE, VALUE, STOP),  # in *RES
        (NODE, STOP, STOP, STOP, STOP),  # *DRIVER
        (CELL, STOP, STOP, STOP, STOP),  # *CELL
        (VALUE, VALUE, VALUE, STOP, STOP),  # *C2_R1_C1
        (NODE, VALUE, STOP, STOP, STOP),  # *RC
    ],
    np.uint8,
)

# What ``state[NET]`` may be: outside, in *D_NET, in *R_NET.
NO_NET, DETAILED, REDUCED_NET = range(3)

_KEY_NAME_MAP, _KEY_PORTS, _KEY_D_NET, _KEY_R_NET = map(keyword_key, ("NAME_MAP", "PORTS", "D_NET", "R_NET"))
_KEY_CONN, _KEY_CAP, _KEY_RES, _KEY_END = map(keyword_key, ("CONN", "CAP", "RES", "END"))
_KEY_D_PNET, _KEY_R_PNET, _KEY_LOADS = map(keyword_key, ("D_PNET", "R_PNET", "LOADS"))
#: Keywords that begin one item inside a net, in the order of the items from INSTANCE_CONN on.
_IN_NET: Final = np.array(
    [keyword_key(word) for word in ("I", "P", "N", "L", "D", "C", "?", "?", "DRIVER", "CELL", "C2_R1_C1", "RC")]
)


@njit(cache=True)
def take_keyword(data: Any, begin: int, skipped: Any, state: Any) -> tuple[int, int, int]:
    """Take the keyword at ``begin``; return a fault or 0, its place or the one behind the keyword, and the item."""
    key, end = keyword_at(data, begin + 1)
    if key == _KEY_END:
        if state[NET] == NO_NET and not state[SKIPPING]:
            return faults.OUTSIDE_NET, begin, NOTHING
        state[NET] = NO_NET
        state[SKIPPING] = state[IGNORING] = 0
        state[LIST] = NOTHING
        return 0, end, NOTHING
    if state[SKIPPING] and key not in (_KEY_D_NET, _KEY_R_NET):
        return 0, end, NOTHING
    state[IGNORING] = 0
    if key in (_KEY_D_NET, _KEY_R_NET, _KEY_D_PNET, _KEY_R_PNET):
        if state[NET] != NO_NET or state[SKIPPING]:
            return faults.END_MISSING, begin, NOTHING
        if not state[HAS_UNITS]:
            return faults.UNIT_MISSING, begin, NOTHING
        state[BEGIN] = begin
        state[LIST] = NOTHING
        state[CONN] = -1
        if key in (_KEY_D_NET, _KEY_R_NET):
            state[NET] = DETAILED if key == _KEY_D_NET else REDUCED_NET
            return 0, end, D_NET if key == _KEY_D_NET else R_NET
        state[SKIPPING] = 1
    elif key in (_KEY_CONN, _KEY_CAP, _KEY_RES, _KEY_LOADS):
        if state[NET] != (REDUCED_NET if key == _KEY_LOADS else DETAILED):
            return faults.OUTSIDE_NET, begin, NOTHING
        state[LIST] = CAPACITOR if key == _KEY_CAP else RESISTOR if key == _KEY_RES else NOTHING
        return 0, end, state[LIST]
    elif key in (_KEY_NAME_MAP, _KEY_PORTS) and state[NET] == NO_NET:
        state[LIST] = MAPPED if key == _KEY_NAME_MAP else PORT
        return 0, end, state[LIST]
    else:
        for choice in range(len(_IN_NET)):
            if _IN_NET[choice] == key:
                item = INSTANCE_CONN + choice
                attribute = item in (LOAD, CELL_OF_CONN, PLACE)
                if state[NET] == (REDUCED_NET if item >= DRIVER else DETAILED) or (attribute and state[LIST] == PORT):
                    return 0, end, item
                return faults.OUTSIDE_NET, begin, NOTHING
        state[IGNORING] = 1
    row = state[SKIPPED]
    skipped[row, 0] = begin + 1
    skipped[row, 1] = end
    state[SKIPPED] = row + 1
    return 0, end, state[LIST]
