"""Resistance and capacitance per um of wire as OpenROAD's platforms give them (``*.rc``, ``setRC.tcl``).

The file is a Tcl script; only its ``set_layer_rc`` commands with plain words are read, nothing is run:
``set_layer_rc -layer NAME -resistance R -capacitance C`` and ``set_layer_rc -via NAME -resistance R``. Its numbers
are in the units of the library that it goes with.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from edasat.core.errors import InputError
from edasat.core.files import Source

from ..library import Units
from .messages import MESSAGES

_FORM: Final = "set_layer_rc -layer|-via NAME [-resistance R] [-capacitance C]"


@dataclass(frozen=True)
class UnitRc:
    """What a ``*.rc`` file sets.

    Attributes:
        source: path of the file.
        resistance: ohm/um by routing layer.
        capacitance: fF/um by routing layer.
        via_resistance: ohm per cut by cut layer.
    """

    source: str
    resistance: Mapping[str, float]
    capacitance: Mapping[str, float]
    via_resistance: Mapping[str, float]


def read_unit_rc(what: str | Path | bytes | Source, *, units: Units) -> UnitRc:
    """Read a ``*.rc`` file.

    Args:
        what: path, ``-`` for standard input, bytes, or a :class:`Source`.
        units: of the library: :attr:`edasat.eda.library.Library.units`.

    Raises:
        InputError: for garbled commands, or a file without any.

    >>> rc = read_unit_rc(b"set_layer_rc -layer m1 -resistance 2e-3 -capacitance 1e-4", units=Units())
    >>> rc.resistance, rc.capacitance
    ({'m1': 2.0}, {'m1': 0.1})
    """
    source = what if isinstance(what, Source) else Source(what)
    with source.open() as stream:
        text = stream.read().decode("latin-1")
    found = UnitRc(source.name, {}, {}, {})
    at = 0
    for line in text.splitlines(keepends=True):
        words = line.partition("#")[0].split()
        if words and words[0] == "set_layer_rc":
            _command(words, found, units, source, at)
        at += len(line)
    if not (found.resistance or found.capacitance or found.via_resistance):
        raise InputError.of(MESSAGES["rc-none"], source.name)
    return found


def _command(words: list[str], found: UnitRc, units: Units, source: Source, at: int) -> None:
    options = dict(zip(words[1::2], words[2::2], strict=False))
    names = {"-layer", "-via"} & options.keys()
    if len(words) % 2 == 0 or len(names) != 1 or options.keys() - {"-layer", "-via", "-resistance", "-capacitance"}:
        raise source.fail(MESSAGES["rc-option"], at, form=_FORM)
    values = {}
    for option in ("-resistance", "-capacitance"):
        if option in options:
            try:
                values[option] = float(options[option])
            except ValueError:
                values[option] = math.nan
            if not 0 <= values[option] < math.inf:
                raise source.fail(MESSAGES["rc-number"], at, token=options[option])
    is_via = "-via" in names
    name = options[names.pop()]
    if "-resistance" in values:
        table = found.via_resistance if is_via else found.resistance
        table[name] = values["-resistance"] * units.resistance_ohm  # type: ignore[index]
    if "-capacitance" in values and not is_via:
        found.capacitance[name] = values["-capacitance"] * units.capacitance_ff  # type: ignore[index]
