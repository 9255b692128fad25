"""Reading Liberty: the parts put together, and the cache in front of them."""

from __future__ import annotations

from pathlib import Path

from edasat.core.files import Source
from edasat.core.names import Names

from ...library import Library
from .arcs import read_arcs, timing_rows
from .cache import MIN_BYTES, key_of, load, store
from .cells import read_cells
from .document import Document
from .header import Header, read_operating_condition, read_thresholds, read_units, read_wire_loads
from .pin_columns import read_pin_columns
from .pins import read_pins
from .tables import read_tables


def read_liberty(what: str | Path | bytes | Source, *, cache: bool = True) -> Library:
    """Read a Liberty file, plain or compressed (gzip, xz, zstd, bzip2), from a path, ``-`` or bytes.

    Args:
        what: path, ``-`` for standard input, bytes, or a :class:`Source`.
        cache: keep the result under the cache folder and take it from there when the same bytes come again.

    Raises:
        InputError: with file, line and column, for every fault in :data:`MESSAGES`.
        LimitError: for a valid file above 2 GiB, or with tables of three axes.

    >>> library = read_liberty(b"library (l) { cell (tie) { area : 2; pin (Z) { direction : output; } } }")
    >>> library.cells.to_list(), library.pins.to_list(), library.cell_area.tolist()
    (['tie'], ['Z'], [2.0])
    """
    source = what if isinstance(what, Source) else Source(what)
    if not cache or source.stored_size < MIN_BYTES:
        return _build(Document(source))
    with source.open_raw() as file:
        stored = file.read()
    key = key_of(stored)
    library = load(key, source.name)
    if library is None:
        library = _build(Document(Source(stored, source.name)))  # what was hashed, should the file change meanwhile
        store(key, library)
    return library


def _build(document: Document) -> Library:
    header = Header(document)
    units = read_units(header)
    wire_loads, default_wire_load = read_wire_loads(header, units)
    model = header.text("delay_model")
    if model not in {"", "table_lookup"}:
        document.note("liberty-delay-model", header.row("delay_model"), token=model)
    cells = read_cells(header)
    pins = read_pins(header, cells)
    columns = read_pin_columns(header, units, cells, pins)
    timing = timing_rows(header, pins)
    tables = read_tables(header, units, timing)
    arcs = read_arcs(header, cells, pins, columns, timing, tables)
    return Library(
        name=document.text(document.library),
        source=document.source.name,
        thresholds=read_thresholds(header),
        units=units,
        default_max_transition=header.optional_number("default_max_transition", units.time_ns),
        operating_condition=read_operating_condition(header, units),
        wire_loads=wire_loads,
        default_wire_load=default_wire_load,
        cells=Names.of(cells.names),
        cell_area=cells.area,
        cell_dont_use=cells.dont_use,
        cell_clock_gate=cells.clock_gate,
        sequential=cells.sequential,
        cell_pins=pins.cell_pins,
        pins=Names.of(pins.names),
        pin_direction=columns.direction,
        pin_capacitance=columns.capacitance,
        pin_max_capacitance=columns.max_capacitance,
        pin_max_transition=columns.max_transition,
        pin_is_clock=columns.is_clock,
        pin_function=tuple(columns.function),
        pin_three_state=tuple(columns.three_state),
        cell_arcs=arcs.cell_arcs,
        arc_from=arcs.source,
        arc_to=arcs.target,
        arc_type=arcs.type,
        arc_sense=arcs.sense,
        arc_when=tuple(arcs.when),
        arc_sdf_cond=tuple(arcs.sdf_cond),
        arc_tables=arcs.tables,
        table_offsets=tables.offsets,
        table_shape=tables.shape,
        table_data=tables.data,
        skipped=dict(sorted(document.skipped.items())),
        notes=document.notes,
        pin_capacitance_min=columns.capacitance_min,
        default_max_capacitance=header.optional_number("default_max_capacitance", units.capacitance_ff),
    )
