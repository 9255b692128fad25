"""Reading SDF: the header, the compiled pass, and the names of instances put together."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from edasat.core.bytescan import PADDING
from edasat.core.errors import InputError, Notes
from edasat.core.files import Source, read_padded
from edasat.core.names import Names

from ..interning import Interner, byte_classes
from ..scanning import skip_blanks
from . import scanner
from .header import Header, read_header, token_at
from .messages import MESSAGES
from .record import NONE, TOP, Cells, Checks, Float, Further, Int32, Paths, Sdf, WireKind, Wires
from .scanner import NameTables, Tables, scan

_MARGIN: Final = 2 * scanner.CONSTRUCTS_AT_ONCE + 1  # rows or names that must be free in every table
_BYTES_PER_ROW: Final = 96  # a guess at the size of one construct; wrong guesses cost a copy


def read_sdf(what: str | Path | bytes | Source) -> Sdf:
    r"""Read an SDF file of version 2.1, 3.0 or 4.0, plain or compressed, from a path, ``-`` or bytes.

    What the reader has no column for (PATHPULSE, RETAIN, TIMINGENV, LABEL, anything unknown) is skipped and counted
    in ``notes``.

    Raises:
        InputError: with file, line and column, for every fault in :data:`MESSAGES`.

    >>> sdf = read_sdf(b'(DELAYFILE (DIVIDER /) (TIMESCALE 1ps) (CELL (CELLTYPE "INV") (INSTANCE a/u\\[1\\])'
    ...                b'(DELAY (ABSOLUTE (IOPATH A Z (10:11:12) (20::22))))))')
    >>> sdf.instances[sdf.paths.instance[0]], sdf.pins.to_list(), sdf.paths.delays[0].tolist()
    ('a/u[1]', ['A', 'Z'], [[0.01, 0.011, 0.012], [0.02, nan, 0.022]])
    """
    source = what if isinstance(what, Source) else Source(what)
    data, size = read_padded(source, PADDING)
    header = read_header(source, data, size)
    names, tables, state = _scan(source, data, size, header)
    return _record(source, data, header, names, tables, state)


def _scan(
    source: Source, data: npt.NDArray[np.uint8], size: int, header: Header
) -> tuple[NameTables, Tables, npt.NDArray[np.int64]]:
    # Without a DIVIDER the standard's default is the period; a bare slash is no part of a name either.
    classes = byte_classes(b'()"', (header.divider or "./").encode())
    room = size // _BYTES_PER_ROW + 2 * _MARGIN
    names = NameTables(*(Interner.of_size(names) for names in (2 * _MARGIN, room // 2, 2 * _MARGIN, 2 * _MARGIN)))
    tables = Tables(
        cells=np.empty((room, 2), np.int32),
        rows=np.empty((room, scanner.NUM_COLUMNS), np.int32),
        values=np.empty((room, 2, 3)),
        further=np.empty(2 * _MARGIN, np.int32),
        further_values=np.empty((2 * _MARGIN, 10, 3)),
        skipped=np.empty((2 * _MARGIN, 2), np.int64),
    )
    state = np.zeros(scanner.NUM_SLOTS, np.int64)
    state[scanner.POSITION] = header.end
    state[scanner.OPENED] = header.begin
    scratch = np.empty((13, 3))
    while (outcome := scan(data, size, classes, names, tables, scratch, state)) == scanner.GROW:
        names = NameTables(*(table.grown() if table.is_short_of(_MARGIN) else table for table in names))
        _grow(tables, state)
    if outcome != scanner.DONE:
        raise _error(source, scanner.ERRORS[outcome], state)
    end = skip_blanks(data, int(state[scanner.POSITION]), size)
    if end != size:
        end = end if end >= 0 else -1 - end
        raise source.fail(MESSAGES["sdf-trailing"], end, token=token_at(source, end))
    return names, tables, state


#: Which slot of ``state`` counts the used rows of each of :class:`Tables`.
_COUNTERS: Final = (
    *(scanner.CELLS, scanner.ROWS, scanner.ROWS),
    *(scanner.FURTHER, scanner.FURTHER, scanner.SKIPPED),
)


def _grow(tables: Tables, state: npt.NDArray[np.int64]) -> None:
    """Double the tables that are full, in place."""
    arrays: tuple[npt.NDArray[Any], ...] = tables
    for table, counter in zip(arrays, _COUNTERS, strict=True):
        if state[counter] + _MARGIN > len(table):
            table.resize((2 * len(table), *table.shape[1:]), refcheck=False)


def _error(source: Source, code: str, state: npt.NDArray[np.int64]) -> InputError:
    where = int(state[scanner.POSITION])
    if code == "sdf-end":
        begin = int(state[scanner.BEGIN])
        line, column, text = source.locate(begin)
        keyword = re.match(r"\(\s*(\w+)", text[column - 1 :])
        return source.fail(MESSAGES[code], where, construct=keyword[1] if keyword else "'('", line=line)
    if code == "sdf-value-count":
        return source.fail(MESSAGES[code], where, count=int(state[scanner.COUNT]))
    if code == "sdf-condition":
        then = "an IOPATH" if state[scanner.SECTION] == scanner.DELAYS else "a port"
        return source.fail(MESSAGES[code], where, then=then)
    return source.fail(MESSAGES[code], where, token=token_at(source, where))


def _record(
    source: Source,
    data: npt.NDArray[np.uint8],
    header: Header,
    names: NameTables,
    tables: Tables,
    state: npt.NDArray[np.int64],
) -> Sdf:
    cells = tables.cells[: state[scanner.CELLS]]
    rows = tables.rows[: state[scanner.ROWS]]
    values = tables.values[: state[scanner.ROWS]]
    further = tables.further[: state[scanner.FURTHER]]
    scale = header.timescale_ns
    entries = header.entries
    cell_instance = cells[:, scanner.CELL_INSTANCE].copy()
    instances = _Instances(names.instances.names(data), cell_instance)
    kind = rows[:, scanner.ROW_KIND]
    is_path = kind == scanner.PATH
    is_check = kind >= scanner.FIRST_CHECK
    is_wire = ~(is_path | is_check)
    paths = _paths(rows[is_path], values[is_path] * scale, instances)
    wires = _wires(rows[is_wire], values[is_wire] * scale, instances)
    checks = _checks(rows[is_check], values[is_check] * scale, instances)
    return Sdf(
        source=source.name,
        version=entries.pop("SDFVERSION", ""),
        design=entries.pop("DESIGN", ""),
        divider=header.divider,
        timescale_ns=scale,
        header=entries,
        types=names.types.names(data),
        instances=instances.names,
        pins=names.pins.names(data),
        conditions=names.conditions.names(data),
        cells=Cells(type=cells[:, scanner.CELL_TYPE].copy(), instance=cell_instance),
        paths=paths,
        wires=wires,
        checks=checks,
        further=Further(
            path=_number_among(is_path, further),
            wire=_number_among(is_wire, further),
            delays=tables.further_values[: len(further)] * scale,
        ),
        notes=_notes(source, data, tables.skipped[: state[scanner.SKIPPED]], state),
    )


def _number_among(chosen: npt.NDArray[np.bool_], rows: Int32) -> Int32:
    """Return the position of each row among the chosen ones, NONE if it is none of them."""
    return np.where(chosen[rows], np.cumsum(chosen)[rows] - 1, NONE).astype(np.int32)


def _paths(rows: Int32, delays: Float, instances: _Instances) -> Paths:
    columns = np.ascontiguousarray(rows.T)
    cell = columns[scanner.ROW_CELL]
    return Paths(
        cell=cell,
        instance=instances.below(cell, columns[scanner.ROW_SECOND + 1]),
        from_pin=columns[scanner.ROW_FIRST + 2],
        from_edge=columns[scanner.ROW_FIRST].astype(np.uint8),
        to_pin=columns[scanner.ROW_SECOND + 2],
        condition=columns[scanner.ROW_CONDITION],
        increment=columns[scanner.ROW_INCREMENT].astype(bool),
        delays=delays,
    )


def _wires(rows: Int32, delays: Float, instances: _Instances) -> Wires:
    columns = np.ascontiguousarray(rows.T)
    cell = columns[scanner.ROW_CELL]
    kind = columns[scanner.ROW_KIND] - scanner.FIRST_WIRE
    # A construct with one port names the driven pin.
    two = kind == WireKind.INTERCONNECT
    driven = np.where(two, columns[scanner.ROW_SECOND + 1], columns[scanner.ROW_FIRST + 1])
    return Wires(
        kind=kind.astype(np.uint8),
        cell=cell,
        from_instance=np.where(two, instances.below(cell, columns[scanner.ROW_FIRST + 1]), np.int32(TOP)),
        from_pin=np.where(two, columns[scanner.ROW_FIRST + 2], np.int32(NONE)),
        to_instance=instances.below(cell, driven),
        to_pin=np.where(two, columns[scanner.ROW_SECOND + 2], columns[scanner.ROW_FIRST + 2]),
        increment=columns[scanner.ROW_INCREMENT].astype(bool),
        delays=delays,
    )


def _checks(rows: Int32, values: Float, instances: _Instances) -> Checks:
    columns = np.ascontiguousarray(rows.T)
    cell = columns[scanner.ROW_CELL]
    return Checks(
        type=(columns[scanner.ROW_KIND] - scanner.FIRST_CHECK).astype(np.uint8),
        cell=cell,
        instance=instances.below(cell, columns[scanner.ROW_FIRST + 1]),
        data_pin=columns[scanner.ROW_FIRST + 2],
        data_edge=columns[scanner.ROW_FIRST].astype(np.uint8),
        data_condition=columns[scanner.ROW_CONDITION],
        reference_pin=columns[scanner.ROW_SECOND + 2],
        reference_edge=columns[scanner.ROW_SECOND].astype(np.uint8),
        reference_condition=columns[scanner.ROW_SECOND_CONDITION],
        values=values,
    )


class _Instances:
    """Names of instances; those that stand inside another's CELL get its name in front."""

    def __init__(self, names: Names, cell_instance: Int32) -> None:
        self.names = names
        self._cell_instance = cell_instance

    def below(self, cell: Int32, part: Int32) -> Int32:
        """Return the instance of each pin: that of its cell, with the instance part of the pin's name behind it."""
        outer = self._cell_instance[cell]
        instance = np.where(part == TOP, outer, part)
        both = np.flatnonzero((outer >= 0) & (part >= 0))
        if len(both):
            import pyarrow as pa
            import pyarrow.compute as pc

            separator = pa.scalar(b"/", pa.large_binary())
            joined = pc.binary_join_element_wise(
                self.names.take(outer[both]).to_arrow(), self.names.take(part[both]).to_arrow(), separator
            )
            found = Names.of(name.decode("utf-8", "surrogateescape") for name in joined.to_pylist())
            count = len(self.names)
            self.names, ids = _joined(self.names, found).unique()
            instance[both] = ids[count:]
        return instance.astype(np.int32, copy=False)


def _joined(first: Names, second: Names) -> Names:
    blob = np.concatenate([first.blob[: first.offsets[-1]], second.blob])
    return Names(blob, np.concatenate([first.offsets, second.offsets[1:] + first.offsets[-1]]))


def _notes(
    source: Source, data: npt.NDArray[np.uint8], skipped: npt.NDArray[np.int64], state: npt.NDArray[np.int64]
) -> Notes:
    notes = Notes()
    keywords, kinds = Names.from_spans(data, skipped[:, 0], skipped[:, 1]).unique()
    for kind, keyword in enumerate(keywords):
        rows = np.flatnonzero(kinds == kind)
        line = source.locate(int(skipped[rows[0], 0]))[0]
        message = f"{keyword} constructs skipped"
        notes.add(f"sdf-skipped-{keyword.lower()}", message, f"{source.name}:{line}", len(rows))
    for slot, code, message in (
        (scanner.RETAIN, "sdf-retain", "RETAIN times skipped"),
        (scanner.PULSE_LIMITS, "sdf-pulse-limits", "pulse limits beside a delay skipped"),
        (scanner.LABELS, "sdf-condition-name", "names of conditions skipped"),
    ):
        notes.add(code, message, times=int(state[slot]))
    return notes
