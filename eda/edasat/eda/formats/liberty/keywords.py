"""The names of statements that the reader wants, and the table in which the compiled scanner finds them.

Of a Liberty file three statements in four are of no use to timing. The scanner looks every name up and keeps only what
stands here.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

#: Groups whose statements are read. Every other group is jumped over from brace to brace.
ENTERED: Final = (
    "library",
    "operating_conditions",
    "wire_load",
    "lu_table_template",
    "type",
    "cell",
    "ff",
    "ff_bank",
    "latch",
    "latch_bank",
    "bus",
    "bundle",
    "pin",
    "timing",
    "cell_rise",
    "cell_fall",
    "rise_transition",
    "fall_transition",
    "rise_constraint",
    "fall_constraint",
)
#: Groups of which the name is wanted, not what they hold.
NAMED: Final = ("pg_pin",)
_ATTRIBUTES: Final = (
    # library
    *("include_file", "delay_model", "bus_naming_style"),
    *("time_unit", "voltage_unit", "pulling_resistance_unit", "capacitive_load_unit"),
    *("nom_process", "nom_voltage", "nom_temperature", "default_operating_conditions"),
    *("k_process_cell_rise", "k_volt_cell_rise", "k_temp_cell_rise"),  # stand for all factors of their kind
    *("default_max_transition", "default_max_capacitance"),
    *("default_input_pin_cap", "default_output_pin_cap", "default_inout_pin_cap"),
    *("default_wire_load", "default_wire_load_selection"),
    *(f"{side}_threshold_pct_{edge}" for side in ("input", "output") for edge in ("rise", "fall")),
    *(f"slew_{side}_threshold_pct_{edge}" for side in ("lower", "upper") for edge in ("rise", "fall")),
    "slew_derate_from_library",
    # operating_conditions, wire_load, lu_table_template, type
    *("process", "voltage", "temperature"),
    *("resistance", "slope", "fanout_length"),
    *("variable_1", "variable_2", "variable_3"),
    *("bit_width", "bit_from", "bit_to"),
    # cell, ff, latch
    *("area", "dont_use", "clock_gating_integrated_cell"),
    *("next_state", "clocked_on", "data_in", "enable", "clear", "preset"),
    # bus, bundle, pin
    *("bus_type", "members", "direction", "function", "three_state", "clock"),
    *("capacitance", "rise_capacitance", "fall_capacitance", "rise_capacitance_range", "fall_capacitance_range"),
    *("max_capacitance", "max_transition"),
    # timing and its tables
    *("related_pin", "related_bus_pins", "timing_type", "timing_sense", "when", "sdf_cond"),
    *("intrinsic_rise", "intrinsic_fall"),
    *("index_1", "index_2", "values"),
)

#: By number; number 0 stands for a name that is not wanted.
KEYWORDS: Final = ("", *ENTERED, *NAMED, *_ATTRIBUTES)
NUMBER: Final = {name: number for number, name in enumerate(KEYWORDS)}
NUM_ENTERED: Final = len(ENTERED)  # keywords 1 to NUM_ENTERED are the groups to enter
INCLUDE: Final = NUMBER["include_file"]

#: Slots of the hash table, a power of two some times the number of keywords.
SLOTS: Final = 512
#: Odd, bits without a pattern (the golden ratio): multiplication spreads a word over the upper bits.
SPREAD: Final = 0x9E3779B97F4A7C15


def slot_of(name: bytes) -> int:
    """Return the slot at which the search for a name begins: from its first and last eight bytes and its length.

    The scanner computes the same from two word loads.
    """
    word = int.from_bytes(name[:8], "little") ^ (int.from_bytes(name[-8:], "little") << 1 if len(name) > 8 else 0)
    return ((word + len(name)) * SPREAD % (1 << 64)) >> 55


def keyword_table() -> tuple[npt.NDArray[np.int16], npt.NDArray[np.uint8], npt.NDArray[np.int32]]:
    """Return the hash table that the scanner searches.

    Returns:
        slots: int16, (SLOTS,): number of a keyword, 0 where empty; collisions go to the next slot.
        text: uint8: all keywords one behind the other.
        ends: int32, (len(KEYWORDS),): where each ends in ``text``.
    """
    encoded = [name.encode() for name in KEYWORDS]
    slots = np.zeros(SLOTS, np.int16)
    for number, name in enumerate(encoded[1:], 1):
        slot = slot_of(name)
        while slots[slot]:
            slot = (slot + 1) % SLOTS
        slots[slot] = number
    return (
        slots,
        np.frombuffer(b"".join(encoded), np.uint8),
        np.cumsum([len(name) for name in encoded]).astype(np.int32),
    )
