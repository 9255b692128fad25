"""New formulas from old ones: methods that make candidates, and the pipeline that measures, proves and keeps them."""

from .hardcore import CoreFinder, LoopStep, core_loop, exact_core, refine, surround
from .measure import Hardness, Search, hardness
from .offspring import METHODS, CannotGenerate, Method, Offspring, Seed
from .pipeline import Generated, generate_like
from .popularity import popularity_similarity
from .request import Request
from .requirements import add_units, clashing_requirements

__all__ = [
    "METHODS",
    "CannotGenerate",
    "CoreFinder",
    "Generated",
    "Hardness",
    "LoopStep",
    "Method",
    "Offspring",
    "Request",
    "Search",
    "Seed",
    "add_units",
    "clashing_requirements",
    "core_loop",
    "exact_core",
    "generate_like",
    "hardness",
    "popularity_similarity",
    "refine",
    "surround",
]
