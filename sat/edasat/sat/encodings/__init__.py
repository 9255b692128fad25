"""Encodings into conjunctive normal form."""

from .builder import CnfBuilder

__all__ = ["CnfBuilder"]
