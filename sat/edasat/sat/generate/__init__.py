"""New formulas from old ones: random clauses with structure, the published core loop, requirements that clash."""

from .hardcore import CoreFinder, LoopStep, core_loop, exact_core, refine, surround
from .offspring import METHODS, CannotGenerate, Method, Offspring, Seed
from .popularity import popularity_similarity
from .requirements import add_units, clashing_requirements

__all__ = [
    "METHODS",
    "CannotGenerate",
    "CoreFinder",
    "LoopStep",
    "Method",
    "Offspring",
    "Seed",
    "add_units",
    "clashing_requirements",
    "core_loop",
    "exact_core",
    "popularity_similarity",
    "refine",
    "surround",
]
