"""The engines of the pool: what each is, how it is reached, and what it can and cannot do.

All come from the wheels of PySAT and pycryptosat, which differ from what their manuals say in ways that make wrong
labels (measured with PySAT 1.9.dev17; tests/sat/test_solver_traps.py holds the proof):

* CaDiCaL and Kissat ignore ``expect_interrupt``; Lingeling raises. No engine is therefore asked to stop: each runs in
  a process of its own, which CPU time ends.
* Kissat ignores assumptions without an error, and tells no statistics.
* MapleSat writes proofs that no checker accepts; MapleCM and MapleSat report no propagations.
* Glucose looks at a conflict budget only when it restarts.
"""

from __future__ import annotations

import importlib.metadata
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

from edasat.core.errors import InputError, MissingToolError

Backend = Literal["pysat", "cms", "program"]


@dataclass(frozen=True)
class Engine:
    """One SAT engine.

    Attributes:
        name: name in commands and tables.
        family: code base it descends from; two engines of one family tend to fail together.
        backend: "pysat" or "cms" (Python wheels), or "program" (an executable on PATH).
        package: distribution whose version stands in the run table ("" for a program).
        proof: writes DRUP proofs.
        conflicts: tells its number of conflicts.
    """

    name: str
    family: str
    backend: Backend = "pysat"
    package: str = "python-sat"
    proof: bool = True
    conflicts: bool = True

    @property
    def version(self) -> str:
        """Version of the package the engine comes in, "" when it is not installed."""
        if self.backend == "program":
            return _program_version(self.name)
        try:
            return f"{self.package} {importlib.metadata.version(self.package)}"
        except importlib.metadata.PackageNotFoundError:
            return ""

    @property
    def available(self) -> bool:
        """Whether it can run here."""
        return shutil.which(self.name) is not None if self.backend == "program" else bool(self.version)


_ENGINES: Final = (
    Engine("kissat404", "kissat", proof=False, conflicts=False),
    Engine("cadical300", "cadical"),
    Engine("cms", "cryptominisat", backend="cms", package="pycryptosat", proof=False, conflicts=False),
    Engine("ergo", "ergo"),
    Engine("maplecm", "maple"),
    Engine("glucose42", "glucose"),
    Engine("minisat22", "minisat", proof=False),
    Engine("cadical195", "cadical"),
    Engine("mergesat3", "maple", proof=False),
    Engine("cadical153", "cadical"),
    Engine("cadical103", "cadical"),
    Engine("glucose3", "glucose"),
    Engine("glucose4", "glucose"),
    Engine("gluecard3", "glucose"),
    Engine("gluecard4", "glucose"),
    Engine("lingeling", "lingeling"),
    Engine("maplechrono", "maple"),
    Engine("maplesat", "maple", proof=False),  # its proofs name a variable of its own and fail every check
    Engine("minicard", "minisat", proof=False),
    Engine("minisat-gh", "minisat", proof=False),
    Engine("minisatep", "minisat", proof=False),
    Engine("kissat", "kissat", backend="program", package=""),
)

#: Every engine by name.
ENGINES: Final[Mapping[str, Engine]] = MappingProxyType({engine.name: engine for engine in _ENGINES})

#: The pool: eight engines of seven families, measured to complement each other.
DEFAULT_POOL: Final = (
    "kissat404",
    "cadical300",
    "cms",
    "ergo",
    "maplecm",
    "glucose42",
    "minisat22",
    "cadical195",
)

#: The engine used when nothing else is known: the single best of the pool over mixed families.
DEFAULT_ENGINE: Final = "kissat404"

#: The engine used when a proof is wanted.
DEFAULT_PROOF_ENGINE: Final = "cadical195"


def find_engine(name: str, *, proof: bool = False) -> Engine:
    """Return an engine by name.

    Raises:
        InputError: for an unknown name, or an engine without proofs when one is wanted.
        MissingToolError: if it is not installed.
    """
    engine = ENGINES.get(name)
    if engine is None:
        raise InputError(f"unknown engine '{name}'", code="engine-unknown", hint="one of " + ", ".join(sorted(ENGINES)))
    if proof and not engine.proof:
        able = ", ".join(e.name for e in _ENGINES if e.proof)
        raise InputError(
            f"engine '{name}' writes no proof here", code="engine-no-proof", hint=f"engines that do: {able}"
        )
    if not engine.available:
        where = "on PATH" if engine.backend == "program" else f"(package {engine.package})"
        raise MissingToolError(f"error: engine '{name}' is not installed {where}")
    return engine


def find_engines(names: Sequence[str]) -> tuple[Engine, ...]:
    """Return several engines by name; see :func:`find_engine`."""
    return tuple(find_engine(name) for name in dict.fromkeys(names))


def _program_version(name: str) -> str:
    path = shutil.which(name)
    if path is None:
        return ""
    from edasat.core.processes import Limits, run

    done = run([path, "--version"], limits=Limits(wall_s=5))
    words = done.stdout.split()
    return f"{name} {words[0].decode('ascii', 'replace')}" if words else name
