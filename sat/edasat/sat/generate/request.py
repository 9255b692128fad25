"""What a run of generation is asked for, and the checks that it makes sense."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from importlib import metadata
from typing import Any, Final, Literal

from edasat.core.errors import InputError

from ..solvers import check_limits
from .measure import ENGINES, PREPROCESSING

Wanted = Literal["unsat", "sat", "any"]

_ATTEMPTS_EACH: Final = 12  # attempts that every wanted formula may take when the caller names no limit
_ATTEMPTS_MORE: Final = 24


@dataclass(frozen=True)
class Request:
    """What is wanted.

    Attributes:
        count: formulas.
        status: of each formula; "any" takes what comes.
        hardness: least and most conflicts of CaDiCaL after preprocessing, over those of the parent.
        method: a key of :data:`~edasat.sat.generate.offspring.METHODS`, or "auto".
        seed: of every random choice.
        timeout_s: CPU seconds of one solver run on a parent, and at most on a candidate.
        memory_bytes: resident memory of a solver run; None: no limit.
        attempts: candidates at most, those of earlier calls included; None: 12 for each wanted formula, and 24.
        proofs: keep the proof or the model of each formula.
    """

    count: int
    status: Wanted = "any"
    hardness: tuple[float, float] = (0.5, 2.0)
    method: str = "auto"
    seed: int = 0
    timeout_s: float = 60.0
    memory_bytes: int | None = None
    attempts: int | None = None
    proofs: bool = False

    def check(self) -> None:
        """Refuse what makes no sense.

        Raises:
            InputError: that names the value.
        """
        low, high = self.hardness
        if self.count < 1:
            raise InputError(f"the number of formulas must be at least 1, got {self.count}", code="generate-count")
        if self.status not in ("unsat", "sat", "any"):
            raise InputError(f"unknown status '{self.status}'", code="generate-status", hint="unsat, sat or any")
        if not 0 < low < high < math.inf:
            raise InputError(
                f"the hardness must rise from above 0, got {low:g}..{high:g}",
                code="generate-hardness",
                hint="such as 0.5..2: half to twice the conflicts of the parent",
            )
        if self.seed < 0:
            raise InputError(f"the seed must not be negative, got {self.seed}", code="generate-seed")
        if self.attempts is not None and self.attempts < 1:
            raise InputError(f"the number of attempts must be at least 1, got {self.attempts}", code="generate-count")
        check_limits(self.timeout_s, self.memory_bytes)

    @property
    def most_attempts(self) -> int:
        """Attempts at most."""
        return _ATTEMPTS_MORE + _ATTEMPTS_EACH * self.count if self.attempts is None else self.attempts

    @property
    def target(self) -> float:
        """Ratio of conflicts to aim at: the middle of the range, on a logarithmic scale."""
        return math.sqrt(self.hardness[0] * self.hardness[1])

    def settings(self, digest: str) -> dict[str, Any]:
        """Return what the results depend on, in plain values: not the count and the attempts, which may grow.

        Args:
            digest: of the parents.
        """
        plain = asdict(self)
        del plain["count"], plain["attempts"]
        return {
            **plain,
            "hardness": list(self.hardness),
            "parents": digest,
            "engines": ENGINES,
            "preprocessing": PREPROCESSING,
            "python-sat": metadata.version("python-sat"),
        }
