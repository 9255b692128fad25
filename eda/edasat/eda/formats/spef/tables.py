"""The tables that the compiled pass over a SPEF file fills, their columns, and how they grow."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from ..interning import Interner

# Slots of ``state``: where the scanner is, what must outlive a stop, and how many rows there are.
POSITION, ITEM, STEP, LIST, IGNORING, SKIPPING, NET, CONN, NEEDED, BEGIN, HAS_UNITS, CORNER = range(12)
NETS, NODES, CONNS, COUPLINGS, RESISTORS, PORTS, REDUCED, DRIVERS, LOADS, SKIPPED, LOST = range(12, 23)
NUM_SLOTS: Final = 23

# Columns of the integer tables.
NET_SYMBOL, NET_NODES, NET_COUPLINGS, NET_RESISTORS = range(4)
CONN_NODE, CONN_KIND, CONN_DIRECTION, CONN_CELL, CONN_PIN = range(5)
KIND_INSTANCE, KIND_PORT, KIND_NODE = range(3)  # of CONN_KIND: *I, *P, *N
VALUE_LOAD, VALUE_X, VALUE_Y = range(3)
REDUCED_SYMBOL, REDUCED_DRIVERS = range(2)
DRIVER_CELL, DRIVER_LOADS = range(2)

#: Items between two looks at how much room is left.
ITEMS_AT_ONCE: Final = 64
_MARGIN: Final = 2 * ITEMS_AT_ONCE + 1  # what must be free in every table: an item brings two nodes or names at most
_BYTES_PER_ROW: Final = 48  # a guess at the bytes that one node takes; wrong guesses cost a copy
_SMALLEST_HASH_TABLE: Final = 1 << 10


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
_COUNTERS: Final = (
    *(NETS, NETS, NODES, NODES, CONNS, CONNS, COUPLINGS, COUPLINGS, COUPLINGS, RESISTORS, RESISTORS, PORTS),
    *(REDUCED, REDUCED, DRIVERS, DRIVERS, DRIVERS, LOADS, LOADS, SKIPPED),
)


def allocate(size: int) -> tuple[NameTables, Tables]:
    """Return empty tables for a file of ``size`` bytes."""
    room = size // _BYTES_PER_ROW + 2 * _MARGIN
    few = room // 8 + 2 * _MARGIN
    names = NameTables(*(Interner.of_size(count) for count in (few, 2 * _MARGIN, 2 * _MARGIN)))
    tables = Tables(
        nets=np.empty((few, 4), np.int32),
        net_values=np.empty(few),
        nodes=np.empty(room, np.int64),
        node_values=np.empty(room),
        conns=np.empty((room, 5), np.int32),
        conn_values=np.empty((room, 3)),
        couplings=np.empty(room, np.int32),
        coupling_keys=np.empty(room, np.int64),
        coupling_values=np.empty(room),
        resistors=np.empty((room, 2), np.int32),
        resistor_values=np.empty(room),
        ports=np.empty((few, 2), np.int32),
        reduced=np.empty((few, 2), np.int32),
        reduced_values=np.empty(few),
        drivers=np.empty((few, 2), np.int32),
        driver_keys=np.empty(few, np.int64),
        driver_values=np.empty((few, 3)),
        loads=np.empty(few, np.int64),
        load_values=np.empty(few),
        skipped=np.empty((few, 2), np.int64),
    )
    return names, tables


def grow(names: NameTables, tables: Tables, state: npt.NDArray[np.int64]) -> NameTables:
    """Double what is nearly full: the tables in place, the names in what is returned."""
    arrays: tuple[npt.NDArray[Any], ...] = tables
    for table, counter in zip(arrays, _COUNTERS, strict=True):
        if state[counter] + _MARGIN > len(table):
            table.resize((2 * len(table), *table.shape[1:]), refcheck=False)
    return NameTables(*(table.grown() if table.is_short_of(_MARGIN) else table for table in names))


def used(tables: Tables, state: npt.NDArray[np.int64]) -> Tables:
    """Return the rows that are used, as views."""
    arrays: tuple[npt.NDArray[Any], ...] = tables
    return Tables(*(table[: state[counter]] for table, counter in zip(arrays, _COUNTERS, strict=True)))


def hash_table(tables: Tables, state: npt.NDArray[np.int64]) -> npt.NDArray[np.int32]:
    """Return an empty hash table, four times as large as the nodes of the net at hand need for now."""
    start = int(tables.nets[state[NETS] - 1, NET_NODES]) if state[NETS] else 0
    nodes = int(state[NODES]) - start + _MARGIN
    return np.full(max(_SMALLEST_HASH_TABLE, 1 << (8 * nodes).bit_length()), -1, np.int32)


@njit(cache=True)
def is_crowded(tables: Any, rows_of_keys: Any, state: Any) -> bool:
    """Whether ``ITEMS_AT_ONCE`` more items might fill the hash table of the net at hand above a half."""
    start = tables.nets[state[NETS] - 1, NET_NODES] if state[NETS] > 0 else 0
    return 2 * (state[NODES] - start + _MARGIN) > len(rows_of_keys)


@njit(cache=True)
def lacks_room(names: Any, tables: Any, state: Any) -> bool:
    """Whether ``ITEMS_AT_ONCE`` more items might not fit."""
    return (
        state[NODES] + _MARGIN > len(tables.nodes)
        or state[COUPLINGS] + _MARGIN > len(tables.couplings)
        or state[RESISTORS] + _MARGIN > len(tables.resistors)
        or state[CONNS] + _MARGIN > len(tables.conns)
        or state[NETS] + _MARGIN > len(tables.nets)
        or state[PORTS] + _MARGIN > len(tables.ports)
        or state[REDUCED] + _MARGIN > len(tables.reduced)
        or state[DRIVERS] + _MARGIN > len(tables.drivers)
        or state[LOADS] + _MARGIN > len(tables.loads)
        or state[SKIPPED] + _MARGIN > len(tables.skipped)
        or names.symbols.spans[0, 0] + _MARGIN >= len(names.symbols.spans)
        or names.pins.spans[0, 0] + _MARGIN >= len(names.pins.spans)
        or names.cells.spans[0, 0] + _MARGIN >= len(names.cells.spans)
    )
