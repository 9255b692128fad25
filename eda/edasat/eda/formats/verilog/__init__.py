"""Structural Verilog: netlists of library cells, flattened.

The language is the part of IEEE Std 1364-2005 that synthesis and layout tools write: modules, nets, instances and
assignments between nets. Anything that computes is RTL and refused.
"""

from .messages import MESSAGES
from .reader import read_verilog

__all__ = ["MESSAGES", "read_verilog"]
