"""Encodings into conjunctive normal form."""

from edasat.eda.circuits.compose import miter

from .builder import CnfBuilder
from .tseitin import tseitin

__all__ = ["CnfBuilder", "miter", "tseitin"]
