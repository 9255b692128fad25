"""Parasitic extraction: RC networks of the nets of a routed layout.

A layout's wires, vias and pins become trees of resistors; extraction rules or unit RC give capacitance by what lies
around each wire. The result is the same record that the SPEF reader returns.
"""

from .calibration import Calibration, read_calibration, write_calibration
from .network import calibrate, extract
from .rules import ExtractionRules, read_rules
from .unit_rc import UnitRc, read_unit_rc

__all__ = [
    "Calibration",
    "ExtractionRules",
    "UnitRc",
    "calibrate",
    "extract",
    "read_calibration",
    "read_rules",
    "read_unit_rc",
    "write_calibration",
]
