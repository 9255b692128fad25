"""Proofs of unsatisfiability: DRAT files, checking, trimming and exact cores."""

from .checker import ProofStatistics, Trimmed, Verdict, check
from .core import Core, CoreStatus, find_core
from .files import format_proof, read_proof, write_proof
from .messages import MESSAGES
from .minimizer import Minimized, minimize
from .proof import Proof

__all__ = [
    "MESSAGES",
    "Core",
    "CoreStatus",
    "Minimized",
    "Proof",
    "ProofStatistics",
    "Trimmed",
    "Verdict",
    "check",
    "find_core",
    "format_proof",
    "minimize",
    "read_proof",
    "write_proof",
]
