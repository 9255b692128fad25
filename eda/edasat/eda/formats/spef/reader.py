"""Reading SPEF: the header, the compiled pass, and keys of nodes turned into names."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from edasat.core.bytescan import PADDING
from edasat.core.errors import InputError, LimitError, Notes
from edasat.core.files import Source, read_padded
from edasat.core.names import Names

from ..interning import byte_classes
from . import faults
from .grammar import EXPECTED, TOKENS
from .header import Header, read_header, token_at
from .messages import MESSAGES
from .nodes import find_others, refill, split_keys
from .record import NONE, Int32, NodeKind, Offsets, Reduced, Spef
from .scanner import scan
from .tables import (
    BEGIN,
    CONN,
    CONN_CELL,
    CONN_DIRECTION,
    CONN_KIND,
    CONN_NODE,
    CONN_PIN,
    CORNER,
    DRIVER_CELL,
    DRIVER_LOADS,
    HAS_UNITS,
    ITEM,
    KIND_INSTANCE,
    LOST,
    NEEDED,
    NET_COUPLINGS,
    NET_NODES,
    NET_RESISTORS,
    NET_SYMBOL,
    NUM_SLOTS,
    POSITION,
    REDUCED_DRIVERS,
    REDUCED_SYMBOL,
    STEP,
    VALUE_LOAD,
    VALUE_X,
    NameTables,
    Tables,
    allocate,
    grow,
    hash_table,
    is_crowded,
    used,
)

_MOST_INDICES: Final = 1 << 24  # entries of the name map's table, or the bytes of the file if those are more
_NEEDED_UNITS: Final = ("T_UNIT", "C_UNIT", "R_UNIT")
#: Sections whose text is kept in the header instead of being counted as skipped.
_KEPT: Final = {"POWER_NETS", "GROUND_NETS"}
_SECTION_TEXT: Final = re.compile(rb"(?:[^*]|\*(?![A-Za-z]))*")


def read_spef(what: str | Path | bytes | Source, *, corner: int = 1) -> Spef:
    r"""Read a SPEF file (IEEE 1481), plain or compressed, from a path, ``-`` or bytes.

    Nodes that only *RES or *CAP name become nodes of their net. What the reader has no column for (*INDUC, *S, *Q,
    *DEFINE, physical nets, anything unknown) is skipped and counted in ``notes``.

    Args:
        what: path, ``-`` for standard input, bytes, or a :class:`Source`.
        corner: which number of a triple ``minimum:typical:maximum`` to take (0, 1 or 2).

    Raises:
        InputError: with file, line and column, for every fault in :data:`MESSAGES`.

    >>> spef = read_spef(b'*SPEF "IEEE 1481-1998"\n*T_UNIT 1 PS\n*C_UNIT 1 PF\n*R_UNIT 1 KOHM\n*NAME_MAP\n*1 n\\[3\\]\n'
    ...                  b'*D_NET *1 0.5\n*CAP\n1 *1:2 0.5\n*RES\n1 u/a:Z *1:2 0.25\n*END\n')
    >>> spef.nets.to_list(), spef.instances.to_list(), spef.node_capacitance.tolist(), spef.resistor_ohm.tolist()
    (['n[3]'], ['u/a'], [500.0, 0.0], [250.0])
    """
    if corner not in {0, 1, 2}:
        raise ValueError(f"expected a corner of 0, 1 or 2, got {corner}")
    source = what if isinstance(what, Source) else Source(what)
    data, size = read_padded(source, PADDING)
    header = read_header(source, data, size)
    names, tables, state = _scan(source, data, size, header, corner)
    return _record(source, data, header, names, tables, state)


def _scan(
    source: Source, data: npt.NDArray[np.uint8], size: int, header: Header, corner: int
) -> tuple[NameTables, Tables, npt.NDArray[np.int64]]:
    classes = byte_classes(b"", header.divider.encode(), header.bus_delimiter.encode())
    names, tables = allocate(size)
    mapped = np.zeros(len(tables.nets), np.int32)
    keys, values = np.zeros(4, np.int64), np.zeros(3)
    state = np.zeros(NUM_SLOTS, np.int64)
    state[POSITION] = header.end
    state[CONN] = NONE
    state[HAS_UNITS] = all(unit in header.scales for unit in _NEEDED_UNITS)
    state[CORNER] = corner
    rows_of_keys = hash_table(tables, state)
    delimiter = ord(header.delimiter)
    while outcome := scan(data, size, classes, delimiter, names, tables, mapped, rows_of_keys, keys, values, state):
        if outcome != faults.GROW:
            raise _error(source, faults.CODES[outcome], header, state)
        names = grow(names, tables, state)
        mapped = _grown_map(source, mapped, size, state)
        if is_crowded(tables, rows_of_keys, state):
            rows_of_keys = hash_table(tables, state)
            refill(tables, rows_of_keys, state)
    return names, used(tables, state), state


def _grown_map(source: Source, mapped: Int32, size: int, state: npt.NDArray[np.int64]) -> Int32:
    needed = int(state[NEEDED])
    if needed < len(mapped):
        return mapped
    limit = max(_MOST_INDICES, size)
    if needed >= limit:
        where = int(state[POSITION])
        row = MESSAGES["spef-index-limit"]
        fault = source.fail(row, where, token=token_at(source, where), limit=limit)
        raise LimitError(
            fault.message,
            path=fault.path,
            line=fault.line,
            column=fault.column,
            code=row.code,
            source_line=fault.source_line,
        )
    grown = np.zeros(min(limit, max(2 * len(mapped), needed + 1)), np.int32)
    grown[: len(mapped)] = mapped
    return grown


def _error(source: Source, code: str, header: Header, state: npt.NDArray[np.int64]) -> InputError:
    where = int(state[POSITION])
    values: dict[str, Any] = {}
    if code in {"spef-expected", "spef-cut-off"}:
        values["what"] = EXPECTED[int(TOKENS[state[ITEM], state[STEP]])]
    elif code == "spef-end-missing":
        values["line"] = source.locate(int(state[BEGIN]))[0]
    elif code == "spef-unit-missing":
        values["entry"] = ", ".join(f"*{unit}" for unit in _NEEDED_UNITS if unit not in header.scales)
    if code not in {"spef-cut-off", "spef-comment"}:
        values["token"] = token_at(source, where).lstrip("*" if code == "spef-outside-net" else "")
    return source.fail(MESSAGES[code], where, **values)


def _numbered(names: Names, used: npt.NDArray[np.integer[Any]]) -> tuple[Names, Int32]:
    """Number the symbols that are used as one kind of thing, in the order of their first use.

    Returns:
        Their names, and int32, (num_symbols,): the position of each symbol among them, NONE for the others.
    """
    first_use = np.full(len(names), len(used), np.int64)
    first_use[used[::-1]] = np.arange(len(used))[::-1]  # of several uses the last one written stays: the first
    chosen = np.flatnonzero(first_use < len(used))
    chosen = chosen[np.argsort(first_use[chosen])]
    position = np.full(len(names), NONE, np.int32)
    position[chosen] = np.arange(len(chosen), dtype=np.int32)
    return names.take(chosen), position


def _record(
    source: Source,
    data: npt.NDArray[np.uint8],
    header: Header,
    names: NameTables,
    tables: Tables,
    state: npt.NDArray[np.int64],
) -> Spef:
    scales = header.scales
    farad, ohm, second = (scales.get(unit, 1.0) for unit in ("C_UNIT", "R_UNIT", "T_UNIT"))
    notes, kept = _notes(source, data, tables.skipped, int(state[LOST]))

    kind, symbol, suffix = split_keys(tables.nodes)
    nodes = len(kind)
    conns = np.ascontiguousarray(tables.conns.T)
    conn_node, conn_kind = conns[CONN_NODE], conns[CONN_KIND]
    node_pin = np.where(kind == NodeKind.PIN, suffix, NONE).astype(np.int32)
    by_number = (conn_kind == KIND_INSTANCE) & (conns[CONN_PIN] >= 0)
    kind[conn_node[by_number]] = NodeKind.PIN
    node_pin[conn_node[by_number]] = conns[CONN_PIN][by_number]
    net_symbol = tables.nets[:, NET_SYMBOL]
    net_nodes = _offsets(tables.nets[:, NET_NODES], nodes)
    foreign = (kind == NodeKind.INTERNAL) & (symbol != np.repeat(net_symbol, np.diff(net_nodes)))
    kind[foreign] = NodeKind.PIN  # no node of this net: a pin whose name is a number
    pins, node_pin[foreign] = _with_numbers(names.pins.names(data), suffix[foreign])

    driver = split_keys(tables.driver_keys)
    load = split_keys(tables.loads)
    symbols = names.symbols.names(data)
    every_kind = np.concatenate([kind, driver[0], load[0]])
    every_symbol = np.concatenate([symbol, driver[1], load[1]])
    instances, instance_of = _numbered(symbols, every_symbol[every_kind == NodeKind.PIN])
    ports, port_of = _numbered(symbols, np.concatenate([tables.ports[:, 0], every_symbol[every_kind == NodeKind.PORT]]))
    is_pin, is_port = kind == NodeKind.PIN, kind == NodeKind.PORT
    node_direction = np.full(nodes, NONE, np.int8)
    node_direction[conn_node] = conns[CONN_DIRECTION]
    node_cell = np.full(nodes, NONE, np.int32)
    node_cell[conn_node] = conns[CONN_CELL]
    node_values = np.full((nodes, 3), np.nan)
    node_values[conn_node] = tables.conn_values

    others, other_net = _others(tables, net_symbol, len(symbols), source, notes)
    entries = header.entries
    return Spef(
        source=source.name,
        version=entries.pop("SPEF", ""),
        design=entries.pop("DESIGN", ""),
        divider=header.divider,
        delimiter=header.delimiter,
        bus_delimiter=header.bus_delimiter,
        header={**entries, **kept},
        ports=ports,
        port_direction=_port_directions(tables.ports, port_of, len(ports), node_direction, symbol, is_port),
        instances=instances,
        pins=pins,
        cells=names.cells.names(data),
        nets=symbols.take(net_symbol),
        net_capacitance=tables.net_values * farad,
        net_nodes=net_nodes,
        node_kind=kind,
        node_name=np.where(is_pin, instance_of[symbol], np.where(is_port, port_of[symbol], np.int32(NONE))),
        node_pin=node_pin,
        node_number=np.where(kind == NodeKind.INTERNAL, suffix, NONE),
        node_capacitance=tables.node_values * farad,
        node_direction=node_direction,
        node_load=node_values[:, VALUE_LOAD] * farad,
        node_cell=node_cell,
        node_position=node_values[:, VALUE_X:].copy(),
        net_resistors=_offsets(tables.nets[:, NET_RESISTORS], len(tables.resistors)),
        resistor_ends=tables.resistors.copy(),
        resistor_ohm=tables.resistor_values * ohm,
        net_couplings=_offsets(tables.nets[:, NET_COUPLINGS], len(tables.couplings)),
        coupling_node=tables.couplings.copy(),
        coupling_other=others,
        coupling_net=other_net,
        coupling_ff=tables.coupling_values * farad,
        reduced=Reduced(
            nets=symbols.take(tables.reduced[:, REDUCED_SYMBOL]),
            net_capacitance=tables.reduced_values * farad,
            net_drivers=_offsets(tables.reduced[:, REDUCED_DRIVERS], len(tables.drivers)),
            **_pins("driver", driver, instance_of, port_of),
            driver_cell=tables.drivers[:, DRIVER_CELL].copy(),
            driver_pi=tables.driver_values * (farad, ohm, farad),
            driver_loads=_offsets(tables.drivers[:, DRIVER_LOADS], len(tables.loads)),
            **_pins("load", load, instance_of, port_of),
            load_rc=tables.load_values * second,
        ),
        notes=notes,
    )


def _with_numbers(names: Names, numbers: Offsets) -> tuple[Names, Int32]:
    """Return the names with these numbers among them as text, and the position of each number."""
    count = len(names)
    merged, ids = Names.of([*names, *map(str, numbers.tolist())]).unique() if len(numbers) else (names, numbers)
    return merged, ids[count * bool(len(numbers)) :].astype(np.int32)


def _offsets(starts: Int32, end: int) -> Offsets:
    return np.append(starts, end).astype(np.int64)


def _pins(
    what: str, split: tuple[npt.NDArray[np.int8], Offsets, Offsets], instance_of: Int32, port_of: Int32
) -> dict[str, Any]:
    kind, symbol, suffix = split
    is_pin = kind == NodeKind.PIN
    none = np.int32(NONE)
    return {
        f"{what}_instance": np.where(is_pin, instance_of[symbol], none),
        f"{what}_pin": np.where(is_pin, suffix, NONE).astype(np.int32),
        f"{what}_port": np.where(is_pin, none, port_of[symbol]),
    }


def _port_directions(
    listed: Int32,
    port_of: Int32,
    count: int,
    node_direction: npt.NDArray[np.int8],
    symbol: Offsets,
    is_port: npt.NDArray[np.bool_],
) -> npt.NDArray[np.int8]:
    """Return the direction of each port: as *PORTS has it, else as *CONN of its net has it."""
    direction = np.full(count, NONE, np.int8)
    direction[port_of[symbol[is_port]]] = node_direction[is_port]
    direction[port_of[listed[:, 0]]] = listed[:, 1]
    return direction


def _others(tables: Tables, net_symbol: Int32, num_symbols: int, source: Source, notes: Notes) -> tuple[Int32, Int32]:
    """Return node and net at the other end of each coupling, NONE where they are unknown."""
    keys = tables.coupling_keys
    found = np.empty(len(keys), np.int32)
    slots = 1 << max(10, (2 * len(tables.nodes)).bit_length())
    find_others(tables.nodes, keys, np.full(slots, -1, np.int32), found)
    net_of_node = np.repeat(
        np.arange(len(net_symbol), dtype=np.int32),
        np.diff(np.append(tables.nets[:, NET_NODES], len(tables.nodes))),
    )
    net_of_symbol = np.full(num_symbols, NONE, np.int32)
    net_of_symbol[net_symbol] = np.arange(len(net_symbol), dtype=np.int32)
    kind, symbol, _ = split_keys(keys)
    net = np.where(kind == NodeKind.PIN, np.int32(NONE), net_of_symbol[symbol])
    known = found >= 0
    net[known] = net_of_node[found[known]]
    notes.add(
        "spef-coupling-node",
        "coupling capacitors to a net whose node there is not in the file",
        source.name,
        int(np.count_nonzero(~known & (net >= 0))),
    )
    notes.add(
        "spef-coupling-net",
        "coupling capacitors to a net that is not in the file",
        source.name,
        int(np.count_nonzero(net < 0)),
    )
    return found, net


def _notes(
    source: Source, data: npt.NDArray[np.uint8], skipped: npt.NDArray[np.int64], lost: int
) -> tuple[Notes, Mapping[str, str]]:
    """Count what was skipped, and return the sections whose text is kept."""
    notes = Notes()
    kept = {}
    keywords, kinds = Names.from_spans(data, skipped[:, 0], skipped[:, 1]).unique()
    for kind, keyword in enumerate(keywords):
        rows = np.flatnonzero(kinds == kind)
        if keyword in _KEPT:
            text = _SECTION_TEXT.match(data, int(skipped[rows[0], 1]))  # type: ignore[call-overload]
            kept[keyword] = " ".join(text.group().decode("utf-8", "replace").strip("\0").split())
            continue
        line = source.locate(int(skipped[rows[0], 0]))[0]
        notes.add(f"spef-skipped-{keyword.lower()}", f"*{keyword} skipped", f"{source.name}:{line}", len(rows))
    notes.add("spef-attribute", "attributes skipped that belong to a port or to no driver", source.name, lost)
    return notes, kept
