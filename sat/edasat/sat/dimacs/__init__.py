"""DIMACS CNF: files to :class:`~edasat.sat.cnf.Cnf` and back.

The format is the one of the SAT competitions (DIMACS Challenge 1993, "Satisfiability: Suggested Format").
"""

from .messages import MESSAGES
from .reader import read_dimacs
from .writer import format_dimacs, write_dimacs

__all__ = ["MESSAGES", "format_dimacs", "read_dimacs", "write_dimacs"]
