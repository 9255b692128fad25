"""The cells of a library that a mapper has to be told: a buffer, and the sources of constants."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from edasat.core.errors import InputError, Message

from ..functions import Expression, parse
from ..library import Direction, Library

_NO_BUFFER = Message("flow-no-buffer", "library '{library}' has no buffer", "give the Liberty file of standard cells")


class Tie(NamedTuple):
    """A cell without inputs, and its output."""

    cell: str
    output: str


@dataclass(frozen=True)
class Roles:
    """Cells by what they are for; the smallest of each kind.

    Attributes:
        buffer, buffer_input, buffer_output: cell and pins.
        buffer_load_ff: capacitance of the buffer's input, fF.
        high, low: cells that give a constant 1 and 0, None when the library has none.
    """

    buffer: str
    buffer_input: str
    buffer_output: str
    buffer_load_ff: float
    high: Tie | None
    low: Tie | None


def find_roles(library: Library) -> Roles:
    """Find the cells by their functions.

    Raises:
        InputError: if the library has no buffer.
    """
    names, pins = library.cells.to_list(), library.pins.to_list()
    buffers, ties = [], []
    for cell, name in enumerate(names):
        rows = range(library.cell_pins[cell], library.cell_pins[cell + 1])
        inputs = [row for row in rows if library.pin_direction[row] == Direction.INPUT]
        outputs = [row for row in rows if library.pin_direction[row] == Direction.OUTPUT]
        if len(outputs) != 1 or len(inputs) > 1 or cell in library.sequential or library.cell_clock_gate[cell]:
            continue
        function = _function(library.pin_function[outputs[0]])
        area = float(library.cell_area[cell])
        if not inputs and function[0] == "constant":
            ties.append(
                (area, name, pins[outputs[0]], function[1])
            )  # as a rule marked dont_use, and yet meant for this
        elif inputs and function == ("pin", pins[inputs[0]]) and not library.cell_dont_use[cell]:
            buffers.append((area, name, inputs[0], outputs[0]))
    if not buffers:
        raise InputError.of(_NO_BUFFER, library.source, library=library.name)
    _, name, buffer_input, buffer_output = min(buffers)
    sources = {value: Tie(cell, pin) for _, cell, pin, value in sorted(ties, reverse=True)}
    return Roles(
        buffer=name,
        buffer_input=pins[buffer_input],
        buffer_output=pins[buffer_output],
        buffer_load_ff=float(np.mean(library.pin_capacitance[buffer_input])),
        high=sources.get(1),
        low=sources.get(0),
    )


def _function(text: str) -> Expression:
    try:
        return parse(text)
    except InputError:  # the Liberty reader counts what it cannot read; such a cell has no role here
        return ("unknown",)
