"""Liberty text of edasat45 at a corner (Liberty reference manual, 2007.03 and later: groups as named there)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

import numpy as np
import numpy.typing as npt

from .catalogue import CELLS, Arc, Cell, Check, Pin
from .electrical import CHECK_SLEWS_PS, LOADS_FF, SLEWS_PS, Corner, Edge, check_table, delay_tables
from .lef import DBU_PER_UM, ROW_HEIGHT_DBU, SITE_WIDTH_DBU

Float = npt.NDArray[np.float64]

#: Names of the wire loads: the one a reader takes when nothing else is said, and one without any wires.
WIRE_LOAD: Final = "edasat45_small"
NO_WIRE_LOAD: Final = "edasat45_none"
#: Largest transition that a pin may see, ns: the end of the tables.
MAX_TRANSITION_NS: Final = SLEWS_PS[-1] / 1000
#: A gate's capacitance differs a little between the edges.
_EDGE_CAPACITANCE: Final[dict[Edge, float]] = {"rise": 1.0, "fall": 0.94}
_DELAY_TEMPLATE: Final = "delay_7x7"
_CHECK_TEMPLATE: Final = "check_3x3"
#: As `check_3x3` with its axes the other way round: both orders occur in libraries, and readers must heed the names.
_ASYNC_TEMPLATE: Final = "async_3x3"

_HEADER: Final = """\
/* edasat45: a small cell library for examples, demonstrations and tests. It describes no real process.
 * Written by `python -m edasat.eda.cells`; the formula of the tables stands in edasat/eda/cells/electrical.py.
 *
 * Copyright The edasat developers. SPDX-License-Identifier: Apache-2.0
 */
"""


def liberty_text(corner: Corner) -> str:
    """Return the library at a corner as a Liberty file; equal arguments give equal bytes."""
    lines = [f"library ({library_name(corner)}) {{", *_indented(_library(corner)), "}"]
    return _HEADER + "\n".join(lines) + "\n"


def library_name(corner: Corner) -> str:
    """Return the name of the library and the stem of its file."""
    return f"edasat45_{corner.name}"


def _library(corner: Corner) -> Iterator[str]:
    thresholds = {f"{what}_threshold_pct_{edge}": "50" for what in ("input", "output") for edge in ("rise", "fall")}
    for edge in ("rise", "fall"):
        thresholds |= {f"slew_lower_threshold_pct_{edge}": "20", f"slew_upper_threshold_pct_{edge}": "80"}
    yield "technology (cmos);"
    yield from _attributes({"delay_model": "table_lookup", "bus_naming_style": '"%s[%d]"'})
    yield from _attributes({"time_unit": '"1ns"', "voltage_unit": '"1V"', "current_unit": '"1mA"'})
    yield from _attributes({"pulling_resistance_unit": '"1kohm"', "leakage_power_unit": '"1nW"'})
    yield "capacitive_load_unit (1, ff);"
    yield from _attributes({**thresholds, "slew_derate_from_library": "1.0"})
    nominal = {"process": corner.process, "voltage": corner.voltage, "temperature": corner.temperature}
    yield from _attributes({f"nom_{key}": f"{value:.2f}" for key, value in nominal.items()})
    yield from _attributes({"default_max_transition": f"{MAX_TRANSITION_NS:.3f}", "default_fanout_load": "1.0"})
    yield from _attributes({"default_cell_leakage_power": "0.0", "default_leakage_power_density": "0.0"})
    yield f"voltage_map (VDD, {corner.voltage:.2f});"
    yield "voltage_map (VSS, 0.00);"
    conditions = {key: f"{value:.2f}" for key, value in nominal.items()}
    yield from _group(
        f'operating_conditions ("{corner.name}")', _attributes({**conditions, "tree_type": '"balanced_tree"'})
    )
    yield from _attributes({"default_operating_conditions": f'"{corner.name}"'})
    yield from _wire_load(WIRE_LOAD, capacitance=0.16, resistance=0.0028)
    yield from _wire_load(NO_WIRE_LOAD, capacitance=0.0, resistance=0.0)
    yield from _attributes({"default_wire_load": f'"{WIRE_LOAD}"', "default_wire_load_mode": '"top"'})
    clock, data = "related_pin_transition", "constrained_pin_transition"
    yield from _template(_DELAY_TEMPLATE, input_net_transition=SLEWS_PS / 1000, total_output_net_capacitance=LOADS_FF)
    yield from _template(_CHECK_TEMPLATE, **{clock: CHECK_SLEWS_PS / 1000, data: CHECK_SLEWS_PS / 1000})
    yield from _template(_ASYNC_TEMPLATE, **{data: CHECK_SLEWS_PS / 1000, clock: CHECK_SLEWS_PS / 1000})
    for cell in CELLS:
        yield from _cell(cell, corner)


def _wire_load(name: str, capacitance: float, resistance: float) -> list[str]:
    """Give a wire of 8 um for the first sink and 6.5 um for each further one; fF and kohm per um."""
    values = {"resistance": f"{resistance:.4f}", "capacitance": f"{capacitance:.2f}", "area": "0.0", "slope": "6.50"}
    lengths = [f"fanout_length ({fanout}, {8.0 + 6.5 * (fanout - 1):.2f});" for fanout in (1, 2, 3, 4, 6, 8, 12, 16)]
    return _group(f'wire_load ("{name}")', [*_attributes(values), *lengths])


def _template(name: str, **axes: Float) -> list[str]:
    lines = [f"variable_{i} : {axis};" for i, axis in enumerate(axes, 1)]
    return _group(
        f"lu_table_template ({name})", [*lines, *(_index(i, axis) for i, axis in enumerate(axes.values(), 1))]
    )


def _cell(cell: Cell, corner: Corner) -> list[str]:
    area = cell.sites * SITE_WIDTH_DBU * ROW_HEIGHT_DBU / DBU_PER_UM**2
    lines = list(_attributes({"area": f"{area:.3f}", **cell.attributes}))
    for supply, kind in (("VDD", "primary_power"), ("VSS", "primary_ground")):
        lines += _group(f"pg_pin ({supply})", _attributes({"voltage_name": supply, "pg_type": kind}))
    for head, body in cell.groups.items():
        lines += _group(head, _attributes(body))
    for pin in cell.pins:
        lines += _group(f"pin ({pin.name})", _pin(pin, [t for t in cell.timing if t.pin == pin.name], corner))
    return _group(f"cell ({cell.name})", lines)


def _pin(pin: Pin, timing: Iterable[Arc | Check], corner: Corner) -> Iterator[str]:
    yield f"direction : {pin.direction};"
    if pin.direction == "input":
        yield f"capacitance : {pin.capacitance_ff:.4f};"
        for edge, factor in _EDGE_CAPACITANCE.items():
            yield f"{edge}_capacitance : {factor * pin.capacitance_ff:.4f};"
        yield f"max_transition : {MAX_TRANSITION_NS:.3f};"
    elif pin.direction == "output":
        yield f"max_capacitance : {LOADS_FF[-1] * pin.drives:.3f};"
    yield from _attributes(pin.attributes)
    for item in timing:
        yield from _group("timing ()", _check(item, corner) if isinstance(item, Check) else _arc(item, corner))


def _arc(arc: Arc, corner: Corner) -> Iterator[str]:
    quoted = {"related_pin": arc.related, "when": arc.when, "sdf_cond": arc.sdf_cond}
    yield from _attributes({key: f'"{value}"' for key, value in quoted.items() if value})
    yield from _attributes(
        {key: value for key, value in (("timing_sense", arc.sense), ("timing_type", arc.kind)) if value}
    )
    loads = LOADS_FF * arc.stages[-1].drive
    axes = [_index(2, loads)] if arc.stages[-1].drive != 1 else []  # else as in the template
    for edge in arc.edges:
        delay, transition = delay_tables(arc.stages, edge, corner)
        yield from _group(f"cell_{edge} ({_DELAY_TEMPLATE})", [*axes, *_values(delay)])
        yield from _group(f"{edge}_transition ({_DELAY_TEMPLATE})", [*axes, *_values(transition)])


def _check(check: Check, corner: Corner) -> Iterator[str]:
    yield from _attributes({"related_pin": f'"{check.related}"', "timing_type": check.kind})
    swapped = check.kind.startswith(("recovery", "removal"))
    for edge, base in check.base_ps.items():
        table = check_table(base, check.data_weight, check.clock_weight, corner)
        template = _ASYNC_TEMPLATE if swapped else _CHECK_TEMPLATE
        yield from _group(f"{edge}_constraint ({template})", _values(table.T if swapped else table))


def _group(head: str, body: Iterable[str]) -> list[str]:
    return [f"{head} {{", *_indented(body), "}"]


def _attributes(values: Mapping[str, str]) -> Iterator[str]:
    for key, value in values.items():
        yield f"{key} : {value};"


def _index(number: int, axis: Float) -> str:
    return f'index_{number} ("{_numbers(axis, 4)}");'


def _values(table: Float) -> list[str]:
    rows = [f'"{_numbers(row, 6)}"' for row in table]
    return ["values ( \\", *(f"  {row}, \\" for row in rows[:-1]), f"  {rows[-1]});"]


def _numbers(values: Float, digits: int) -> str:
    return ", ".join(f"{value:.{digits}f}" for value in values)


def _indented(lines: Iterable[str]) -> Iterator[str]:
    return (f"  {line}" for line in lines)
