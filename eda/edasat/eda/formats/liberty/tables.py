"""Delay, transition and constraint tables: NLDM groups to one array of numbers.

A table names a template (``lu_table_template``), which says what its axes stand for and may give their entries; the
table may give its own. Files order the axes as they like, and checks differ in it from library to library. Here the
first axis is always the transition at the input (of the related pin, for a check), the second the load (the
transition of the constrained pin); tables that come the other way round are transposed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from numba import njit

from ...library import NONE, Units
from .document import Document, Float, Int32, Int64
from .header import Header
from .scanner import COMPLEX, GROUP

#: Groups of tables in the order of ``arc_tables``: of a delay arc, and of a check.
DELAY_TABLES: Final = ("cell_rise", "cell_fall", "rise_transition", "fall_transition")
CHECK_TABLES: Final = ("rise_constraint", "fall_constraint")
#: Template of a single number, known without a definition.
_SCALAR: Final = "scalar"

# What an axis stands for.
_NOTHING, _INPUT, _CONSTRAINED, _LOAD = range(4)
_VARIABLES: Final = {
    "input_net_transition": _INPUT,
    "input_transition_time": _INPUT,
    "related_pin_transition": _INPUT,
    "constrained_pin_transition": _CONSTRAINED,
    "total_output_net_capacitance": _LOAD,
    "equal_or_opposite_output_net_capacitance": _LOAD,
}


@dataclass(frozen=True)
class Tables:
    """All tables of a file.

    Attributes:
        number: int32, (num_rows,): number of the table that a row of the document is the group of, -1 for no table.
        offsets, shape, data: as ``table_offsets``, ``table_shape`` and ``table_data`` of the library record.
    """

    number: Int32
    offsets: Int64
    shape: Int32
    data: Float


def read_tables(header: Header, units: Units, timing: Int32) -> Tables:
    """Read the tables in the ``timing`` groups.

    Raises:
        InputError: for an unknown template, a wrong count of values, index entries that do not rise.
        LimitError: for a table of three axes or over other quantities.
    """
    document = header.document
    rows = document.within(timing, *DELAY_TABLES, *CHECK_TABLES)
    document.check_kind(rows, GROUP)
    values = document.child("values", kind=COMPLEX)[rows]
    if len(missing := np.flatnonzero(values < 0)):
        document.fail("liberty-values-missing", int(rows[missing[0]]))
    axes, kinds = _axes(header, rows)
    lists = _read_lists(document, axes, values)

    # From here on the first axis is the input's.
    turned = (kinds[:, 0] > _INPUT) | (kinds[:, 1] == _INPUT)
    axis_lists = lists.of_row[axes]
    axis_lists[turned] = axis_lists[turned][:, ::-1]
    second_kind = np.where(turned, kinds[:, 0], kinds[:, 1])
    second_scale = np.where(second_kind == _LOAD, units.capacitance_ff, units.time_ns)

    shape = np.diff(lists.offsets)[axis_lists].astype(np.int32)
    offsets = np.zeros(len(rows) + 1, np.int64)
    np.cumsum(shape.sum(axis=1) + shape.prod(axis=1, dtype=np.int64), out=offsets[1:])
    data = np.empty(offsets[-1], np.float64)
    value_lists = lists.of_row[values]
    _assemble(lists.numbers, lists.offsets, axis_lists, value_lists, turned, units.time_ns, second_scale, offsets, data)
    number = np.full(len(document.parent), NONE, np.int32)
    number[rows] = np.arange(len(rows), dtype=np.int32)
    return Tables(number, offsets[:-1], shape, data)


def _axes(header: Header, rows: Int32) -> tuple[Int32, Int32]:
    """Find the two axes of each table: its own entries, or those of its template.

    Returns:
        axes: int32, (n, 2): rows of ``index_1`` and ``index_2``, -1 for an axis that the template does not have.
        kinds: int32, (n, 2): what they stand for.
    """
    document = header.document
    names, templates = _templates(header, document.texts(rows), rows)
    index = np.column_stack([document.child(name, kind=COMPLEX) for name in ("index_1", "index_2")])
    kinds = np.zeros((len(templates), 2), np.int32)
    entries = np.full((len(templates), 2), -1, np.int32)
    for i, template in enumerate(templates):
        if template >= 0:
            kinds[i] = _kinds(document, template)
            entries[i] = index[template]
    kinds, entries = kinds[names], entries[names]
    axes = np.where(kinds == _NOTHING, -1, np.where(index[rows] >= 0, index[rows], entries))
    if len(lacking := np.argwhere((axes < 0) & (kinds != _NOTHING))):
        table, which = lacking[0]
        document.fail("liberty-axis-missing", int(rows[table]), axis=which + 1)
    return axes, kinds


def _templates(header: Header, wanted: list[str], rows: Int32) -> tuple[Int32, list[int]]:
    """Number the templates that tables name, and find their groups (-1: a single number)."""
    document = header.document
    known = {_SCALAR: -1, "": -1}
    for row in header.groups("lu_table_template"):
        name = document.text(row)
        if known.get(name, -1) >= 0:
            document.note("liberty-template-duplicate", row, token=name)
        known[name] = row
    numbers: dict[str, int] = {}
    found = np.array([numbers.setdefault(name, len(numbers)) for name in wanted], np.int32)
    for name, number in numbers.items():
        if name not in known:
            row = int(rows[np.argmax(found == number)])
            document.fail("liberty-template-unknown", row, value=True, token=name)
    return found, [known[name] for name in numbers]


def _kinds(document: Document, template: int) -> tuple[int, int]:
    """Return what the two axes of a template stand for."""
    inside = np.array([template], np.int32)
    for row in document.within(inside, "variable_3"):
        document.limit("liberty-axis-three", int(row))
    kinds = [_NOTHING, _NOTHING]
    for which, name in enumerate(("variable_1", "variable_2")):
        for row in document.within(inside, name):
            variable = document.text(int(row))
            if variable not in _VARIABLES:
                document.limit("liberty-axis-unknown", int(row), token=variable)
            kinds[which] = _VARIABLES[variable]
    if _NOTHING not in kinds and (kinds[0] == _INPUT) == (kinds[1] == _INPUT):
        what = "transitions of the input" if kinds[0] == _INPUT else "loads or constrained transitions"
        document.fail("liberty-axis-twice", template, token=document.text(template), what=what)
    return kinds[0], kinds[1]


@dataclass(frozen=True)
class _Lists:
    """The numbers of all axes and values in use, each read once however many tables share it.

    Attributes:
        numbers: float64.
        offsets: int64, (num_lists + 1,): list ``i`` is ``numbers[offsets[i]:offsets[i + 1]]``.
        of_row: int32, (num_rows + 1,): list of a row of the document; of row -1, which stands for a missing axis, the
            last list, a single 0.
    """

    numbers: Float
    offsets: Int64
    of_row: Int32


def _read_lists(document: Document, axes: Int32, values: Int32) -> _Lists:
    """Read and check the numbers of tables with these rows of axes and values."""
    is_axis, is_used = np.zeros(len(document.parent), bool), np.zeros(len(document.parent), bool)
    is_axis[axes[axes >= 0]] = True
    is_used[values] = True
    rows = np.flatnonzero(is_axis | is_used).astype(np.int32)
    offsets, numbers = document.number_lists(rows)
    of_row = np.full(len(document.parent) + 1, len(rows), np.int32)
    of_row[rows] = np.arange(len(rows), dtype=np.int32)
    lists = _Lists(np.append(numbers, 0.0), np.append(offsets, offsets[-1] + 1), of_row)

    lengths = np.diff(lists.offsets)
    for row in rows[is_axis[rows] & (lengths[:-1] == 0)].tolist():
        document.fail("liberty-axis-missing", row, axis=document.keyword(row)[-1])
    shape, found = lengths[of_row[axes]], lengths[of_row[values]]
    if len(wrong := np.flatnonzero(shape.prod(axis=1) != found)):
        table = wrong[0]
        expected, text = shape[table].prod(), " x ".join(str(n) for n in shape[table])
        document.fail("liberty-values-count", int(values[table]), expected=expected, shape=text, found=found[table])
    _check_rising(document, lists, rows, is_axis)
    return lists


def _check_rising(document: Document, lists: _Lists, rows: Int32, is_axis: npt.NDArray[np.bool_]) -> None:
    """Refuse index entries that do not rise: nothing could be interpolated between them."""
    numbers = lists.numbers
    falls = numbers[1:] <= numbers[:-1]
    starts = lists.offsets[(lists.offsets > 0) & (lists.offsets < len(numbers))]
    falls[starts - 1] = False  # from one list to the next
    falling = np.flatnonzero(falls) + 1
    inside = rows[np.searchsorted(lists.offsets, falling, "right") - 1]
    bad = np.flatnonzero(is_axis[inside])
    if len(bad):
        at = falling[bad[0]]
        document.fail(
            "liberty-axis-order", int(inside[bad[0]]), token=f"{numbers[at]:g}", before=f"{numbers[at - 1]:g}"
        )


@njit(cache=True, boundscheck=False)
def _assemble(
    numbers: Any,
    lists: Any,
    axes: Any,
    values: Any,
    turned: Any,
    time_scale: float,
    second_scale: Any,
    offsets: Any,
    data: Any,
) -> None:
    """Write each table's axes and values behind one another, in ns and fF."""
    for t in range(len(values)):
        at = offsets[t]
        start, end = lists[axes[t, 0]], lists[axes[t, 0] + 1]
        n1 = end - start
        for i in range(n1):
            data[at + i] = numbers[start + i] * time_scale
        at += n1
        start, end = lists[axes[t, 1]], lists[axes[t, 1] + 1]
        n2 = end - start
        for i in range(n2):
            data[at + i] = numbers[start + i] * second_scale[t]
        at += n2
        start = lists[values[t]]
        if turned[t]:
            for i in range(n1):
                for j in range(n2):
                    data[at + i * n2 + j] = numbers[start + j * n1 + i] * time_scale
        else:
            for i in range(n1 * n2):
                data[at + i] = numbers[start + i] * time_scale
