"""One library out of several Liberty files, such as one for each kind of cell."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import fields, replace
from typing import Any

import numpy as np

from edasat.core.errors import InputError, Message, Notes
from edasat.core.names import Names

from .library import NONE, Library

_THRESHOLDS = Message(
    "library-thresholds",
    "measures delays or slews at other thresholds than {first}",
    "libraries of one design must agree on them",
)

#: Columns that are put behind each other as they are.
_PLAIN = (
    "cell_area",
    "cell_dont_use",
    "cell_clock_gate",
    "pin_direction",
    "pin_capacitance",
    "pin_max_capacitance",
    "pin_max_transition",
    "pin_is_clock",
    "pin_function",
    "pin_three_state",
    "arc_type",
    "arc_sense",
    "arc_when",
    "arc_sdf_cond",
    "table_shape",
    "table_data",
)


def merge_libraries(libraries: Sequence[Library]) -> Library:
    """Return one library with the cells of all; of cells with the same name the first one counts.

    Name, operating condition and default wire load are those of the first.

    Raises:
        InputError: if they measure at different thresholds.
    """
    first = libraries[0]
    if len(libraries) == 1:
        return first
    notes = Notes()
    known: set[str] = set()
    parts = []
    for library in libraries:
        if library.thresholds != first.thresholds:
            raise InputError.of(_THRESHOLDS, library.source, first=first.source)
        names = library.cells.to_list()
        kept = np.array([name not in known for name in names], np.bool_)
        if not kept.all():
            example = names[int(np.flatnonzero(~kept)[0])]
            notes.add(
                "library-cell-again",
                f"cells that an earlier library has, too, first '{example}'",
                library.source,
                times=int((~kept).sum()),
            )
        known.update(names)
        parts.append(library if kept.all() else _keep_cells(library, kept))
    columns: dict[str, Any] = {}
    for name in _PLAIN:
        values = [getattr(part, name) for part in parts]
        columns[name] = sum(values, ()) if isinstance(values[0], tuple) else np.concatenate(values)
    for name in ("cells", "pins"):
        columns[name] = Names.of(text for part in parts for text in getattr(part, name))
    pins = np.cumsum([0, *(part.num_pins for part in parts)])
    arcs = np.cumsum([0, *(part.num_arcs for part in parts)])
    cells = np.cumsum([0, *(part.num_cells for part in parts)])
    tables = np.cumsum([0, *(part.num_tables for part in parts)])
    data = np.cumsum([0, *(len(part.table_data) for part in parts)])
    columns["cell_pins"] = _offsets([part.cell_pins for part in parts], pins)
    columns["cell_arcs"] = _offsets([part.cell_arcs for part in parts], arcs)
    for name in ("arc_from", "arc_to"):
        shifted = [getattr(part, name) + shift for part, shift in zip(parts, pins, strict=False)]
        columns[name] = np.concatenate(shifted).astype(np.int32)
    numbers = [np.where(p.arc_tables == NONE, NONE, p.arc_tables + s) for p, s in zip(parts, tables, strict=False)]
    columns["arc_tables"] = np.concatenate(numbers).astype(np.int32)
    columns["table_offsets"] = np.concatenate([p.table_offsets + s for p, s in zip(parts, data, strict=False)])
    columns["sequential"] = {
        cell + int(shift): groups
        for part, shift in zip(parts, cells, strict=False)
        for cell, groups in part.sequential.items()
    }
    columns["wire_loads"] = {name: load for part in reversed(parts) for name, load in part.wire_loads.items()}
    columns["skipped"] = dict(sum((Counter(part.skipped) for part in parts), Counter()))
    if any(part.pin_capacitance_min is not None for part in parts):
        smallest = [p.pin_capacitance if p.pin_capacitance_min is None else p.pin_capacitance_min for p in parts]
        columns["pin_capacitance_min"] = np.concatenate(smallest)
    merged = replace(first, source=" ".join(library.source for library in libraries), notes=notes, **columns)
    unhandled = {field.name for field in fields(Library)} - set(columns) - _OF_THE_FIRST
    assert not unhandled, unhandled  # a new column of the record must be merged here
    return merged


_OF_THE_FIRST = {
    "name",
    "source",
    "thresholds",
    "default_max_transition",
    "default_max_capacitance",
    "operating_condition",
    "default_wire_load",
    "units",
    "notes",
    "pin_capacitance_min",
}


def _offsets(parts: list[Any], shifts: Any) -> Any:
    ends = [part[1:] + shift for part, shift in zip(parts, shifts, strict=False)]
    return np.concatenate([[0], *ends]).astype(np.int32)


def _keep_cells(library: Library, kept: Any) -> Library:
    """Return a library with some of its cells; tables that nothing refers to any more stay."""
    pin_counts, arc_counts = np.diff(library.cell_pins), np.diff(library.cell_arcs)
    pins, arcs = np.repeat(kept, pin_counts), np.repeat(kept, arc_counts)
    new_pin = np.cumsum(pins) - 1
    rows = {"cell": np.flatnonzero(kept), "pin": np.flatnonzero(pins), "arc": np.flatnonzero(arcs)}
    columns: dict[str, Any] = {}
    for name in _PLAIN:
        of = rows.get(name.partition("_")[0])
        if of is not None:
            values = getattr(library, name)
            columns[name] = tuple(values[i] for i in of) if isinstance(values, tuple) else values[of]
    columns["cells"] = library.cells.take(rows["cell"])
    columns["pins"] = library.pins.take(rows["pin"])
    columns["cell_pins"] = np.concatenate([[0], np.cumsum(pin_counts[kept])]).astype(np.int32)
    columns["cell_arcs"] = np.concatenate([[0], np.cumsum(arc_counts[kept])]).astype(np.int32)
    columns["arc_from"] = new_pin[library.arc_from[arcs]].astype(np.int32)
    columns["arc_to"] = new_pin[library.arc_to[arcs]].astype(np.int32)
    columns["arc_tables"] = library.arc_tables[arcs]
    if library.pin_capacitance_min is not None:
        columns["pin_capacitance_min"] = library.pin_capacitance_min[pins]
    number = np.cumsum(kept) - 1
    columns["sequential"] = {int(number[c]): groups for c, groups in library.sequential.items() if kept[c]}
    return replace(library, **columns)
