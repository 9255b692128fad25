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

from ..interning import Interner, byte_classes
from . import scanner
from .header import Header, read_header, token_at
from .messages import MESSAGES
from .record import NONE, Int32, NodeKind, Offsets, Reduced, Spef
from .scanner import EXPECTED, NameTables, Tables, find_others, refill, scan

_BYTES_PER_ROW: Final = 48  # a guess at the bytes that one node takes; wrong guesses cost a copy
_MARGIN: Final = 2 * scanner.ITEMS_AT_ONCE + 1  # rows or names that must be free in every table
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
    classes = byte_classes(b"", header.divider.encode("latin-1"), header.bus_delimiter.encode("latin-1"))
    room = size // _BYTES_PER_ROW + 2 * _MARGIN
    names = NameTables(*(Interner.of_size(count) for count in (room // 8, 256, 256)))
    few = room // 8 + 2 * _MARGIN
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
    mapped = np.zeros(few, np.int32)
    rows_of_keys = np.full(1 << 10, -1, np.int32)
    keys, values = np.zeros(4, np.int64), np.zeros(3)
    state = np.zeros(scanner.NUM_SLOTS, np.int64)
    state[scanner.POSITION] = header.end
    state[scanner.CONN] = NONE
    state[scanner.HAS_UNITS] = all(unit in header.scales for unit in _NEEDED_UNITS)
    state[scanner.CORNER] = corner
    delimiter = ord(header.delimiter)
    while outcome := scan(data, size, classes, delimiter, names, tables, mapped, rows_of_keys, keys, values, state):
        if outcome != scanner.GROW:
            raise _error(source, scanner.ERRORS[outcome], header, state)
        names = NameTables(*(table.grown() if table.is_short_of(_MARGIN) else table for table in names))
        _grow(tables, state)
        mapped = _grown_map(source, mapped, size, state)
        rows_of_keys = _grown_rows(rows_of_keys, tables, state)
    return names, tables, state


def _grow(tables: Tables, state: npt.NDArray[np.int64]) -> None:
    """Double the tables that are full, in place."""
    arrays: tuple[npt.NDArray[Any], ...] = tables
    for table, counter in zip(arrays, scanner.COUNTERS, strict=True):
        if state[counter] + _MARGIN > len(table):
            table.resize((2 * len(table), *table.shape[1:]), refcheck=False)


def _grown_map(source: Source, mapped: Int32, size: int, state: npt.NDArray[np.int64]) -> Int32:
    needed = int(state[scanner.NEEDED])
    if needed < len(mapped):
        return mapped
    limit = max(_MOST_INDICES, size)
    if needed >= limit:
        where = int(state[scanner.POSITION])
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


def _grown_rows(rows_of_keys: Int32, tables: Tables, state: npt.NDArray[np.int64]) -> Int32:
    """Return a larger hash table if the net at hand fills half of this one."""
    used = int(state[scanner.NODES])
    start = int(tables.nets[state[scanner.NETS] - 1, scanner.NET_NODES]) if state[scanner.NETS] else 0
    if 2 * (used - start + _MARGIN) <= len(rows_of_keys):
        return rows_of_keys
    grown = np.full(4 * len(rows_of_keys), -1, np.int32)
    refill(start, used, tables.nodes, grown)
    return grown


def _error(source: Source, code: str, header: Header, state: npt.NDArray[np.int64]) -> InputError:
    where = int(state[scanner.POSITION])
    values: dict[str, Any] = {}
    if code in {"spef-expected", "spef-cut-off"}:
        values["what"] = EXPECTED[int(scanner.TOKENS[state[scanner.ITEM], state[scanner.STEP]])]
    elif code == "spef-end-missing":
        values["line"] = source.locate(int(state[scanner.BEGIN]))[0]
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
    arrays: tuple[npt.NDArray[Any], ...] = tables
    tables = Tables(*(table[: state[counter]] for table, counter in zip(arrays, scanner.COUNTERS, strict=True)))
    scales = header.scales
    farad, ohm, second = (scales.get(unit, 1.0) for unit in ("C_UNIT", "R_UNIT", "T_UNIT"))
    notes, kept = _notes(source, data, tables.skipped, int(state[scanner.LOST]))

    kind, symbol, suffix = _split_keys(tables.nodes)
    nodes = len(kind)
    conns = np.ascontiguousarray(tables.conns.T)
    conn_node, conn_kind = conns[scanner.CONN_NODE], conns[scanner.CONN_KIND]
    node_pin = np.where(kind == NodeKind.PIN, suffix, NONE).astype(np.int32)
    by_number = (conn_kind == scanner.KIND_INSTANCE) & (conns[scanner.CONN_PIN] >= 0)
    kind[conn_node[by_number]] = NodeKind.PIN
    node_pin[conn_node[by_number]] = conns[scanner.CONN_PIN][by_number]
    net_symbol = tables.nets[:, scanner.NET_SYMBOL]
    net_nodes = _offsets(tables.nets[:, scanner.NET_NODES], nodes)
    foreign = (kind == NodeKind.INTERNAL) & (symbol != np.repeat(net_symbol, np.diff(net_nodes)))
    kind[foreign] = NodeKind.PIN  # no node of this net: a pin whose name is a number
    pins, node_pin[foreign] = _with_numbers(names.pins.names(data), suffix[foreign])

    driver = _split_keys(tables.driver_keys)
    load = _split_keys(tables.loads)
    symbols = names.symbols.names(data)
    every_kind = np.concatenate([kind, driver[0], load[0]])
    every_symbol = np.concatenate([symbol, driver[1], load[1]])
    instances, instance_of = _numbered(symbols, every_symbol[every_kind == NodeKind.PIN])
    ports, port_of = _numbered(symbols, np.concatenate([tables.ports[:, 0], every_symbol[every_kind == NodeKind.PORT]]))
    is_pin, is_port = kind == NodeKind.PIN, kind == NodeKind.PORT
    node_direction = np.full(nodes, NONE, np.int8)
    node_direction[conn_node] = conns[scanner.CONN_DIRECTION]
    node_cell = np.full(nodes, NONE, np.int32)
    node_cell[conn_node] = conns[scanner.CONN_CELL]
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
        node_load=node_values[:, scanner.VALUE_LOAD] * farad,
        node_cell=node_cell,
        node_position=node_values[:, scanner.VALUE_X :].copy(),
        net_resistors=_offsets(tables.nets[:, scanner.NET_RESISTORS], len(tables.resistors)),
        resistor_ends=tables.resistors.copy(),
        resistor_ohm=tables.resistor_values * ohm,
        net_couplings=_offsets(tables.nets[:, scanner.NET_COUPLINGS], len(tables.couplings)),
        coupling_node=tables.couplings.copy(),
        coupling_other=others,
        coupling_net=other_net,
        coupling_ff=tables.coupling_values * farad,
        reduced=Reduced(
            nets=symbols.take(tables.reduced[:, scanner.REDUCED_SYMBOL]),
            net_capacitance=tables.reduced_values * farad,
            net_drivers=_offsets(tables.reduced[:, scanner.REDUCED_DRIVERS], len(tables.drivers)),
            **_pins("driver", driver, instance_of, port_of),
            driver_cell=tables.drivers[:, scanner.DRIVER_CELL].copy(),
            driver_pi=tables.driver_values * (farad, ohm, farad),
            driver_loads=_offsets(tables.drivers[:, scanner.DRIVER_LOADS], len(tables.loads)),
            **_pins("load", load, instance_of, port_of),
            load_rc=tables.load_values * second,
        ),
        notes=notes,
    )


def _split_keys(keys: Offsets) -> tuple[npt.NDArray[np.int8], Offsets, Offsets]:
    """Return :class:`NodeKind`, symbol and suffix of each key."""
    of_suffix = np.array([NodeKind.PORT, NodeKind.INTERNAL, NodeKind.PIN], np.int8)
    kind = of_suffix[(keys >> scanner.SUFFIX_SHIFT) & 3]
    return kind, keys >> scanner.SYMBOL_SHIFT, keys & ((1 << scanner.SUFFIX_SHIFT) - 1)


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
        np.diff(np.append(tables.nets[:, scanner.NET_NODES], len(tables.nodes))),
    )
    net_of_symbol = np.full(num_symbols, NONE, np.int32)
    net_of_symbol[net_symbol] = np.arange(len(net_symbol), dtype=np.int32)
    kind, symbol, _ = _split_keys(keys)
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
