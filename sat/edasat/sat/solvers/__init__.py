"""The pool of SAT engines: names, limits, checked runs."""

from .engines import DEFAULT_ENGINE, DEFAULT_POOL, DEFAULT_PROOF_ENGINE, ENGINES, Engine, find_engine, find_engines
from .pool import SolverRun, Workspace, check_limits, solve, solve_schedule

__all__ = [
    "DEFAULT_ENGINE",
    "DEFAULT_POOL",
    "DEFAULT_PROOF_ENGINE",
    "ENGINES",
    "Engine",
    "SolverRun",
    "Workspace",
    "check_limits",
    "find_engine",
    "find_engines",
    "solve",
    "solve_schedule",
]
