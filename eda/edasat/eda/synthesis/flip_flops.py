"""What the registers of a mapped design cost in a library."""

from __future__ import annotations

import re
from typing import Final

from edasat.core.errors import InputError

from ..functions import parse
from ..library import Library, Sequential

#: Registers after Yosys' ``dfflegalize``: what each needs of a cell (kind, clear, preset).
KINDS: Final[dict[str, tuple[str, bool, bool]]] = {
    "dff": ("ff", False, False),
    "dff-clear": ("ff", True, False),
    "dff-preset": ("ff", False, True),
    "dff-clear-preset": ("ff", True, True),
    "latch": ("latch", False, False),
}
_PIN: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_\[\]]*")


def register_areas(library: Library) -> dict[str, float]:
    """Return the area of the smallest cell for each kind of register, um2; kinds that no cell can be are absent.

    A kind without a cell of its own takes one that can do more, or the one with the opposite asynchronous input and
    two inverters around it. Scan, enable and multi-bit cells are passed over. Inverters for a clock or reset of the
    other polarity are shared by a whole design and not counted.
    """
    found: dict[tuple[str, bool, bool], float] = {}
    for cell, groups in library.sequential.items():
        if len(groups) != 1 or library.cell_dont_use[cell] or not _is_plain(groups[0]):
            continue
        group = groups[0]
        key = (group.kind, bool(group.clear), bool(group.preset))
        found[key] = min(found.get(key, float("inf")), float(library.cell_area[cell]))
    inverter = inverter_area(library)
    areas: dict[str, float] = {}
    for name, (kind, clear, preset) in KINDS.items():
        able = [
            area for (other, has_clear, has_preset), area in found.items()
            if other == kind and has_clear >= clear and has_preset >= preset
        ]  # fmt: skip
        opposite = found.get((kind, preset, clear)) if clear != preset else None
        if opposite is not None:
            able.append(opposite + 2 * inverter)
        if able:
            areas[name] = min(able)
    return areas


def inverter_area(library: Library) -> float:
    """Return the area of the smallest inverter, um2; infinite if there is none."""
    best = float("inf")
    for cell in range(len(library.cells)):
        rows = range(library.cell_pins[cell], library.cell_pins[cell + 1])
        functions = [library.pin_function[row] for row in rows if library.pin_function[row]]
        if cell in library.sequential or library.cell_dont_use[cell] or len(functions) != 1 or len(rows) != 2:
            continue
        try:
            shape = parse(functions[0])
        except InputError:  # the Liberty reader counts what it cannot read
            continue
        if shape[0] == "not":
            best = min(best, float(library.cell_area[cell]))
    return best


def _is_plain(group: Sequential) -> bool:
    """Whether the next state is one pin and the clock or enable another."""
    return all(_PIN.fullmatch(text.strip("() !'")) for text in (group.next_state, group.clock))
