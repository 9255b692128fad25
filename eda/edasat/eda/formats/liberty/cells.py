"""Groups ``cell``, and the flip-flops and latches in them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from ...library import Sequential
from .document import Document, Float, Int32
from .header import Header
from .scanner import GROUP

Bools = npt.NDArray[np.bool_]

_SEQUENTIAL: Final[dict[str, Literal["ff", "latch"]]] = {
    "ff": "ff",
    "ff_bank": "ff",
    "latch": "latch",
    "latch_bank": "latch",
}


@dataclass(frozen=True)
class Cells:
    """The cells of a library; arrays as in the library record.

    Attributes:
        rows: int32, (num_cells,): the rows of their groups, rising.
    """

    rows: Int32
    names: list[str]
    area: Float
    dont_use: Bools
    clock_gate: Bools
    sequential: dict[int, tuple[Sequential, ...]]

    def of(self, rows: Int32) -> Int32:
        """Return the number of the cell in which each row stands."""
        return (np.searchsorted(self.rows, rows, "right") - 1).astype(np.int32)


def read_cells(header: Header) -> Cells:
    """Read the cells; of several with one name the last counts, as in OpenSTA."""
    document = header.document
    rows = header.groups("cell")
    names = document.texts(np.array(rows, np.int32))
    last = dict(zip(names, rows, strict=True))
    for row, name in zip(rows, names, strict=True):
        if not name:
            document.fail("liberty-arguments", row, name="cell", expected="a name")
        if last[name] != row:
            document.note("liberty-cell-duplicate", last[name], token=name)
    document.drop([row for row, name in zip(rows, names, strict=True) if last[name] != row])
    cells = np.array(sorted(last.values()), np.int32)
    area, dont_use, clock_gate = np.zeros(len(cells)), np.zeros(len(cells), bool), np.zeros(len(cells), bool)
    found = document.within(cells, "area")
    area[_numbers(document, cells, found)] = document.floats(found)
    found = document.within(cells, "dont_use")
    dont_use[_numbers(document, cells, found)] = document.booleans(found)
    found = document.within(cells, "clock_gating_integrated_cell")
    clock_gate[_numbers(document, cells, found)] = True
    sequential = _read_sequential(document, cells)
    return Cells(cells, document.texts(cells), area, dont_use, clock_gate, sequential)


def _numbers(document: Document, cells: Int32, rows: Int32) -> npt.NDArray[np.intp]:
    """Return the numbers of the cells directly in which these rows stand."""
    return np.searchsorted(cells, document.parent[rows])


def _read_sequential(document: Document, cells: Int32) -> dict[int, tuple[Sequential, ...]]:
    """Read the flip-flop and latch groups of all cells."""
    found: dict[int, list[Sequential]] = {}
    names = ("next_state", "data_in", "clocked_on", "enable", "clear", "preset")
    child = {name: document.child(name) for name in names}
    groups = document.within(cells, *_SEQUENTIAL)
    document.check_kind(groups, GROUP)
    for row, cell, arguments in zip(
        groups.tolist(), _numbers(document, cells, groups).tolist(), document.arguments(groups), strict=True
    ):
        kind = _SEQUENTIAL[document.keyword(row)]
        data, clock = ("next_state", "clocked_on") if kind == "ff" else ("data_in", "enable")
        states = [*arguments, "", ""]
        found.setdefault(cell, []).append(
            Sequential(
                kind=kind,
                state=states[0].strip(),
                state_inverted=states[1].strip(),
                next_state=document.text(child[data][row]),
                clock=document.text(child[clock][row]),
                clear=document.text(child["clear"][row]),
                preset=document.text(child["preset"][row]),
            )
        )
    return {cell: tuple(groups) for cell, groups in found.items()}
