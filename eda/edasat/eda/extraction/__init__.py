"""Parasitic extraction: RC networks of the nets of a routed layout.

A layout's wires, vias and pins become trees of resistors; extraction rules or unit RC give capacitance by what lies
around each wire. The result is the same record that the SPEF reader returns.
"""

from .extract import extract
from .rules import ExtractionRules, read_rules
from .unit_rc import UnitRc, read_unit_rc

__all__ = ["ExtractionRules", "UnitRc", "extract", "read_rules", "read_unit_rc"]
