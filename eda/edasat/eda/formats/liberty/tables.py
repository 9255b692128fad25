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
from numba import njit

from .document import Document, Float, Int32, Int64
from .header import Header, Units
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
    index_1, index_2, values = (document.child(name, kind=COMPLEX) for name in ("index_1", "index_2", "values"))
    missing = np.flatnonzero(values[rows] < 0)
    if len(missing):
        document.fail("liberty-values-missing", int(rows[missing[0]]))

    names, templates = _templates(header, document.texts(rows), rows)
    # Of each template: what its two axes stand for, and the rows of their entries.
    kinds = np.zeros((len(templates), 2), np.int32)
    entries = np.full((len(templates), 2), -1, np.int32)
    for i, template in enumerate(templates):
        if template >= 0:
            kinds[i] = _axes(document, template)
            entries[i] = index_1[template], index_2[template]

    # Each axis of each table: rows of its own entries, else the template's; none if the template knows no such axis.
    axis = np.where(kinds[names] == _NOTHING, -1, np.column_stack([index_1[rows], index_2[rows]]))
    axis = np.where((axis < 0) & (kinds[names] != _NOTHING), entries[names], axis)
    lacking = np.argwhere((axis < 0) & (kinds[names] != _NOTHING))
    if len(lacking):
        table, which = lacking[0]
        document.fail("liberty-axis-missing", int(rows[table]), axis=which + 1)

    index = _different(axis[axis >= 0], len(document.parent))
    used = np.sort(np.concatenate([index, values[rows]]))
    list_offsets, numbers = document.number_lists(used)
    list_of = np.full(len(document.parent) + 1, len(used), np.int32)  # the last list, of row -1, has one entry: 0
    list_of[used] = np.arange(len(used), dtype=np.int32)
    list_offsets = np.append(list_offsets, list_offsets[-1] + 1)
    numbers = np.append(numbers, 0.0)
    axis_list, value_list = list_of[axis], list_of[values[rows]]
    lengths = np.diff(list_offsets)
    empty = np.argwhere(lengths[axis_list] == 0)
    if len(empty):
        document.fail("liberty-axis-missing", int(axis[tuple(empty[0])]), axis=empty[0][1] + 1)
    _check_counts(document, rows, values, lengths[axis_list], lengths[value_list])
    _check_rising(document, index, list_of, list_offsets, numbers)

    first_kind, second_kind = kinds[names].T
    turned = (first_kind > _INPUT) | (second_kind == _INPUT)
    axis_list[turned] = axis_list[turned][:, ::-1]
    scale = np.array([1.0, units.time_ns, units.time_ns, units.capacitance_ff])
    second_scale = scale[np.where(turned, first_kind, second_kind)]
    shape = lengths[axis_list].astype(np.int32)
    offsets = np.zeros(len(rows) + 1, np.int64)
    np.cumsum(shape.sum(axis=1) + shape.prod(axis=1, dtype=np.int64), out=offsets[1:])
    data = np.empty(offsets[-1], np.float64)
    _assemble(numbers, list_offsets, axis_list, value_list, turned, units.time_ns, second_scale, offsets, data)
    number = np.full(len(document.parent), -1, np.int32)
    number[rows] = np.arange(len(rows), dtype=np.int32)
    return Tables(number, offsets[:-1], shape, data)


def _different(rows: Int32, num_rows: int) -> Int32:
    """Return the rows without repetitions, in file order."""
    found = np.zeros(num_rows, bool)
    found[rows] = True
    return np.flatnonzero(found).astype(np.int32)


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


def _axes(document: Document, template: int) -> tuple[int, int]:
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


def _check_counts(document: Document, rows: Int32, values: Int32, axes: Int64, found: Int64) -> None:
    """Refuse a table whose values do not fill its axes."""
    wrong = np.flatnonzero(axes.prod(axis=1) != found)
    if len(wrong):
        table = wrong[0]
        shape = " x ".join(str(n) for n in axes[table])
        expected = axes[table].prod()
        row = int(values[rows[table]])
        document.fail("liberty-values-count", row, expected=expected, shape=shape, found=found[table])


def _check_rising(document: Document, rows: Int32, list_of: Int32, offsets: Int64, numbers: Float) -> None:
    """Refuse index entries that do not rise: nothing could be interpolated between them."""
    if len(numbers) < 2:
        return
    falls = numbers[1:] <= numbers[:-1]
    starts = offsets[(offsets > 0) & (offsets < len(numbers))]
    falls[starts - 1] = False  # from one list to the next
    bad = np.flatnonzero(falls) + 1
    lists = np.searchsorted(offsets, bad, "right") - 1
    is_index = np.zeros(len(offsets), bool)
    is_index[list_of[rows]] = True
    bad = bad[is_index[lists]]
    if len(bad):
        row = int(rows[np.argmax(list_of[rows] == np.searchsorted(offsets, bad[0], "right") - 1)])
        document.fail("liberty-axis-order", row, token=f"{numbers[bad[0]]:g}", before=f"{numbers[bad[0] - 1]:g}")


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
