"""What stands at the top of a library: units, thresholds, operating conditions and wire loads."""

from __future__ import annotations

import re
from typing import Final

import numpy as np

from ...library import Thresholds, Units, WireLoad
from .document import Document
from .scanner import COMPLEX, GROUP

_PREFIX: Final = {"": 1.0, "k": 1e3, "meg": 1e6, "m": 1e-3, "u": 1e-6, "n": 1e-9, "p": 1e-12, "f": 1e-15, "a": 1e-18}
_UNIT = re.compile(
    r"\s*(?P<count>[0-9.]+(?:e[-+]?[0-9]+)?)?\s*(?P<prefix>meg|[kmunpfa])?(?P<base>s|v|ohm|f)\s*", re.IGNORECASE
)
#: Process, voltage, temperature, and what is assumed of them; then a factor of each that scales tables.
_NOMINAL: Final = {"process": 1.0, "voltage": 0.0, "temperature": 25.0}
_SCALING: Final = ("k_process_cell_rise", "k_volt_cell_rise", "k_temp_cell_rise")
_BUS_STYLE = re.compile(r"%s([<({])%d([>)}])")
_DEFAULT_TIME: Final = "1ns"
_DEFAULT_CAPACITANCE: Final = "1pf"
_DEFAULT_RESISTANCE: Final = "1kohm"
_DEFAULT_VOLTAGE: Final = "1V"


class Header:
    """The statements that stand directly in the library group, by name."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self._top = np.array([document.library], np.int32)
        style = _BUS_STYLE.fullmatch(self.text("bus_naming_style"))
        self._brackets = str.maketrans({style[1]: "[", style[2]: "]"}) if style else {}

    def row(self, name: str) -> int:
        """Return the row of the last such statement, -1 if there is none."""
        rows = self.document.within(self._top, name)
        return int(rows[-1]) if len(rows) else -1

    def text(self, name: str) -> str:
        """Return the value of an attribute, "" without one."""
        return self.document.text(self.row(name))

    def number(self, name: str, default: float) -> float:
        """Return the value of an attribute as a number."""
        return self.document.number(self.row(name), default)

    def optional_number(self, name: str, scale: float) -> float | None:
        """Return the value of an attribute in our units, or None."""
        return self.number(name, 0.0) * scale if self.row(name) >= 0 else None

    def names(self, text: str) -> list[str]:
        """Split a list of pin names such as ``"A1 A2"`` or ``"A1, A2"``; bits of buses get square brackets."""
        return text.translate(self._brackets).replace(",", " ").split()

    def groups(self, name: str) -> list[int]:
        """Return the rows of all groups of a name."""
        rows = self.document.within(self._top, name)
        self.document.check_kind(rows, GROUP)
        return [int(row) for row in rows]


def read_units(header: Header) -> Units:
    """Read the units of time, capacitance, resistance and voltage; what is missing is assumed, with a note."""
    return Units(
        time_ns=_unit(header, "time_unit", "s", _DEFAULT_TIME, 1e-9),
        capacitance_ff=_unit(header, "capacitive_load_unit", "f", _DEFAULT_CAPACITANCE, 1e-15),
        resistance_ohm=_unit(header, "pulling_resistance_unit", "ohm", _DEFAULT_RESISTANCE, 1.0),
        voltage_v=_unit(header, "voltage_unit", "v", _DEFAULT_VOLTAGE, 1.0),
    )


def _unit(header: Header, name: str, base: str, default: str, ours: float) -> float:
    """Return one of the file's units in one of ours, of which the SI unit is given."""
    document, row = header.document, header.row(name)
    if row < 0:
        if name in {"time_unit", "capacitive_load_unit"}:  # nothing could be read without these two
            document.note("liberty-unit-default", document.library, name=name, value=default)
        text = default
    else:
        text = " ".join(document.arguments(np.array([row], np.int32))[0])
    match = _UNIT.fullmatch(text)
    try:
        count = float(match["count"] or 1) if match else 0.0
    except ValueError:
        count = 0.0
    if match is None or match["base"].lower() != base or not 0.0 < count < np.inf:
        document.fail("liberty-unit", row, token=text, name=name, expected=default)
    unit = count * _PREFIX[(match["prefix"] or "").lower()] / ours
    return float(f"{unit:.14g}")  # without the error of the powers of ten: 1e-12 / 1e-15 is 999.9999999999999


def read_thresholds(header: Header) -> Thresholds:
    """Read where delays and slews are measured; percent become fractions."""
    usual = Thresholds()

    def fraction(name: str, default: float) -> float:
        if header.row(name) < 0:
            header.document.note("liberty-threshold-default", header.document.library, name=name, value=100 * default)
        return header.number(name, 100 * default) / 100

    return Thresholds(
        input_rise=fraction("input_threshold_pct_rise", usual.input_rise),
        input_fall=fraction("input_threshold_pct_fall", usual.input_fall),
        output_rise=fraction("output_threshold_pct_rise", usual.output_rise),
        output_fall=fraction("output_threshold_pct_fall", usual.output_fall),
        slew_lower_rise=fraction("slew_lower_threshold_pct_rise", usual.slew_lower_rise),
        slew_upper_rise=fraction("slew_upper_threshold_pct_rise", usual.slew_upper_rise),
        slew_lower_fall=fraction("slew_lower_threshold_pct_fall", usual.slew_lower_fall),
        slew_upper_fall=fraction("slew_upper_threshold_pct_fall", usual.slew_upper_fall),
        slew_derate=header.number("slew_derate_from_library", usual.slew_derate),
    )


def read_operating_condition(header: Header, units: Units) -> tuple[float, float, float]:
    """Return process, voltage (V) and temperature: of the default operating conditions, else the nominal ones."""
    document = header.document
    nominal = [header.number(f"nom_{name}", value) for name, value in _NOMINAL.items()]
    condition = list(nominal)
    name = header.text("default_operating_conditions")
    groups = {document.text(row): row for row in header.groups("operating_conditions")}
    if name in groups:
        for i, attribute in enumerate(_NOMINAL):
            for row in document.within(np.array([groups[name]], np.int32), attribute):
                condition[i] = document.number(int(row), nominal[i])
    elif name:
        document.note("liberty-operating-conditions", header.row("default_operating_conditions"), token=name)
    for i, factor in enumerate(_SCALING):
        if condition[i] != nominal[i] and header.number(factor, 0.0) != 0.0:
            document.note("liberty-scaling", header.row(factor), token=name, name=factor)
    process, voltage, temperature = condition
    return process, voltage * units.voltage_v, temperature


def read_wire_loads(header: Header, units: Units) -> tuple[dict[str, WireLoad], str]:
    """Return the ``wire_load`` groups by name, and the name of the default one, "" without."""
    document = header.document
    loads = {}
    for group in header.groups("wire_load"):
        inside = np.array([group], np.int32)

        def value(name: str, inside: np.ndarray = inside) -> float:
            rows = document.within(inside, name)
            return document.number(int(rows[-1]), 0.0) if len(rows) else 0.0

        name = document.text(group)
        points = {}
        for row in document.within(inside, "fanout_length"):
            document.check_kind(np.array([row], np.int32), COMPLEX)
            _, numbers = document.number_lists(np.array([row], np.int32))
            if len(numbers) < 2 or not 0 <= numbers[0] < 2**31 or numbers[0] != int(numbers[0]):
                document.fail("liberty-arguments", int(row), name="fanout_length", expected="a fan-out and a length")
            if int(numbers[0]) in points:
                document.fail("liberty-fanout", int(row), token=name)
            points[int(numbers[0])] = float(numbers[1])
        loads[name] = WireLoad(
            name=name,
            capacitance_ff=value("capacitance") * units.capacitance_ff,
            resistance_ohm=value("resistance") * units.resistance_ohm,
            area=value("area"),
            slope=value("slope"),
            fanout=tuple(sorted(points)),
            length=tuple(points[fanout] for fanout in sorted(points)),
        )
    default = header.text("default_wire_load")
    if default and default not in loads:
        document.note("liberty-wire-load-unknown", header.row("default_wire_load"), token=default)
        default = ""
    if (row := header.row("default_wire_load_selection")) >= 0:
        document.note("liberty-wire-load-selection", row)
    return loads, default
