"""What every way of generating formulas takes and gives: seeds, offspring, and the methods by name."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, Protocol

import numpy as np
import numpy.typing as npt

from edasat.core.errors import EXIT_CHECK_FAILED, EdasatError

from ..cnf import Cnf

IntArray = npt.NDArray[np.int64]

#: Statuses that a method can aim at.
Status = Literal["unsat", "sat"]


class CannotGenerate(EdasatError):  # noqa: N818 - reads as what it says
    """A method does not apply to a seed, or this draw failed; another draw or method may do.

    Args:
        reason: lower case, no full stop.
    """

    exit_code = EXIT_CHECK_FAILED

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, eq=False)
class Seed:
    """A formula that is to have offspring, with what is measured once per seed.

    Attributes:
        cnf: the formula.
        name: for manifests and messages.
        status: proved or shown by a model.
        conflicts: that CaDiCaL needs to decide it.
        cpu_s: CPU seconds of the same run.
        core: int64, (num_core_clauses,): indices of a core's clauses, ascending; None where there is none or nobody
            looked for one.
    """

    cnf: Cnf
    name: str
    status: Status
    conflicts: int
    cpu_s: float
    core: IntArray | None = None


@dataclass(frozen=True, eq=False)
class Offspring:
    """A generated formula and where it comes from.

    Attributes:
        cnf: the formula.
        expected: what the construction guarantees; it is proved again before anybody sees the formula.
        image: int64, (num_clauses,): index of the parent's clause that this clause is the image of, -1 for none. A
            clause is an image if it holds every literal of the parent's clause, renamed and flipped by one mapping of
            the variables; it may hold more literals. None: nothing is mapped, all clauses are new.
        parents: names of further parents.
        model: bool, (num_vars + 1,), index 0 unused: a known model of a satisfiable formula.
    """

    cnf: Cnf
    expected: Literal["unsat", "sat", "unknown"]
    image: IntArray | None = None
    parents: tuple[str, ...] = ()
    model: npt.NDArray[np.bool_] | None = None


class Method(Protocol):
    """One way of generating formulas."""

    @property
    def name(self) -> str:
        """Lower-case identifier, its key in :data:`METHODS`."""

    @property
    def title(self) -> str:
        """One line for help texts and tables."""

    @property
    def makes(self) -> frozenset[Status]:
        """Statuses that it can aim at."""

    def generate(
        self, seeds: Sequence[Seed], index: int, rng: np.random.Generator, *, hardness: float = 1.0
    ) -> Offspring:
        """Make one candidate.

        Args:
            seeds: all seeds; methods that mix draw partners among them.
            index: which of them is the parent.
            rng: the only source of chance: the same state gives the same formula.
            hardness: wanted conflicts of the candidate over those of the parent; methods without a control ignore it.

        Raises:
            CannotGenerate: if the method does not apply to the seed, or this draw failed.
        """
        ...


#: Modules of this package by method; each exports ``METHOD`` and is loaded when it is first asked for.
_MODULES: Final = {
    "transform": ".transform",
    "published": ".published",
    "requirements": ".relatives",
    "planted": ".planted",
    "circuit": ".circuit",
    "scale": ".scale",
}


class _Registry(Mapping[str, Method]):
    """Methods by name, the recommended one first."""

    def __getitem__(self, name: str) -> Method:
        method: Method = importlib.import_module(_MODULES[name], __package__).METHOD
        return method

    def __iter__(self) -> Iterator[str]:
        return iter(_MODULES)

    def __len__(self) -> int:
        return len(_MODULES)


METHODS: Final[Mapping[str, Method]] = _Registry()
