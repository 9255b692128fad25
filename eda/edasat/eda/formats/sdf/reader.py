"""Reading SDF: the header, the compiled pass, and the names of instances put together."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import numpy.typing as npt

from edasat.core.bytescan import PADDING
from edasat.core.errors import InputError, Notes
from edasat.core.files import Source, read_padded
from edasat.core.names import Names

from ..interning import byte_classes
from ..scanning import skip_blanks
from . import faults
from .header import Header, read_header, token_at
from .messages import MESSAGES
from .record import NONE, TOP, Cells, Checks, Float, Further, Int32, Paths, Sdf, WireKind, Wires
from .scanner import DELAYS, scan
from .tables import (
    BEGIN,
    CELL_INSTANCE,
    CELL_TYPE,
    COUNT,
    FIRST_CHECK,
    FIRST_WIRE,
    LABELS,
    MOST_VALUES,
    NUM_SLOTS,
    OPENED,
    PATH,
    POSITION,
    PULSE_LIMITS,
    RETAIN,
    ROW_CELL,
    ROW_CONDITION,
    ROW_FIRST,
    ROW_INCREMENT,
    ROW_KIND,
    ROW_SECOND,
    ROW_SECOND_CONDITION,
    SECTION,
    NameTables,
    Tables,
    allocate,
    grow,
    used,
)


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
    names, tables = allocate(size)
    state = np.zeros(NUM_SLOTS, np.int64)
    state[POSITION] = header.end
    state[OPENED] = header.begin
    scratch = np.empty((MOST_VALUES + 1, 3))
    while (outcome := scan(data, size, classes, names, tables, scratch, state)) == faults.GROW:
        names = grow(names, tables, state)
    if outcome != faults.DONE:
        raise _error(source, faults.CODES[outcome], state)
    end = skip_blanks(data, int(state[POSITION]), size)
    if end != size:
        end = end if end >= 0 else -1 - end
        raise source.fail(MESSAGES["sdf-trailing"], end, token=token_at(source, end))
    return names, used(tables, state), state


def _error(source: Source, code: str, state: npt.NDArray[np.int64]) -> InputError:
    where = int(state[POSITION])
    if code == "sdf-end":
        begin = int(state[BEGIN])
        line, column, text = source.locate(begin)
        keyword = re.match(r"\(\s*(\w+)", text[column - 1 :])
        return source.fail(MESSAGES[code], where, construct=keyword[1] if keyword else "'('", line=line)
    if code == "sdf-value-count":
        return source.fail(MESSAGES[code], where, count=int(state[COUNT]))
    if code == "sdf-condition":
        then = "an IOPATH" if state[SECTION] == DELAYS else "a port"
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
    cells, rows, values, further = tables.cells, tables.rows, tables.values, tables.further
    scale = header.timescale_ns
    entries = header.entries
    cell_instance = cells[:, CELL_INSTANCE].copy()
    instances = _Instances(names.instances.names(data), cell_instance)
    kind = rows[:, ROW_KIND]
    is_path = kind == PATH
    is_check = kind >= FIRST_CHECK
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
        cells=Cells(type=cells[:, CELL_TYPE].copy(), instance=cell_instance),
        paths=paths,
        wires=wires,
        checks=checks,
        further=Further(
            path=_number_among(is_path, further),
            wire=_number_among(is_wire, further),
            delays=tables.further_values * scale,
        ),
        notes=_notes(source, data, tables.skipped, state),
    )


def _number_among(chosen: npt.NDArray[np.bool_], rows: Int32) -> Int32:
    """Return the position of each row among the chosen ones, NONE if it is none of them."""
    return np.where(chosen[rows], np.cumsum(chosen)[rows] - 1, NONE).astype(np.int32)


def _paths(rows: Int32, delays: Float, instances: _Instances) -> Paths:
    columns = np.ascontiguousarray(rows.T)
    cell = columns[ROW_CELL]
    return Paths(
        cell=cell,
        instance=instances.below(cell, columns[ROW_SECOND + 1]),
        from_pin=columns[ROW_FIRST + 2],
        from_edge=columns[ROW_FIRST].astype(np.uint8),
        to_pin=columns[ROW_SECOND + 2],
        condition=columns[ROW_CONDITION],
        increment=columns[ROW_INCREMENT].astype(bool),
        delays=delays,
    )


def _wires(rows: Int32, delays: Float, instances: _Instances) -> Wires:
    columns = np.ascontiguousarray(rows.T)
    cell = columns[ROW_CELL]
    kind = columns[ROW_KIND] - FIRST_WIRE
    # A construct with one port names the driven pin.
    two = kind == WireKind.INTERCONNECT
    driven = np.where(two, columns[ROW_SECOND + 1], columns[ROW_FIRST + 1])
    return Wires(
        kind=kind.astype(np.uint8),
        cell=cell,
        from_instance=np.where(two, instances.below(cell, columns[ROW_FIRST + 1]), np.int32(TOP)),
        from_pin=np.where(two, columns[ROW_FIRST + 2], np.int32(NONE)),
        to_instance=instances.below(cell, driven),
        to_pin=np.where(two, columns[ROW_SECOND + 2], columns[ROW_FIRST + 2]),
        increment=columns[ROW_INCREMENT].astype(bool),
        delays=delays,
    )


def _checks(rows: Int32, values: Float, instances: _Instances) -> Checks:
    columns = np.ascontiguousarray(rows.T)
    cell = columns[ROW_CELL]
    return Checks(
        type=(columns[ROW_KIND] - FIRST_CHECK).astype(np.uint8),
        cell=cell,
        instance=instances.below(cell, columns[ROW_FIRST + 1]),
        data_pin=columns[ROW_FIRST + 2],
        data_edge=columns[ROW_FIRST].astype(np.uint8),
        data_condition=columns[ROW_CONDITION],
        reference_pin=columns[ROW_SECOND + 2],
        reference_edge=columns[ROW_SECOND].astype(np.uint8),
        reference_condition=columns[ROW_SECOND_CONDITION],
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
        (RETAIN, "sdf-retain", "RETAIN times skipped"),
        (PULSE_LIMITS, "sdf-pulse-limits", "pulse limits beside a delay skipped"),
        (LABELS, "sdf-condition-name", "names of conditions skipped"),
    ):
        notes.add(code, message, times=int(state[slot]))
    return notes
