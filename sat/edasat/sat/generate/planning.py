"""What the next attempts of a run are: which parent, which method, which hardness to ask for.

Plans depend on the outcomes of earlier rounds alone, which do not depend on the speed of the machine: the same command
gives the same formulas.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, Final

import numpy as np

from edasat.core.errors import InputError

from .offspring import METHODS, Status

#: Methods that "auto" leaves out: they keep the parent's core and are there to be compared with.
BASELINES: Final = frozenset({"published"})

_ROUND: Final = 8  # attempts at least between two plans, where more than that are needed
_ROUND_PER_JOB: Final = 4
_HOPE: Final = 2.0  # successes assumed beforehand: what a round makes too many is CPU time for nothing
_PRIOR: Final = 2.0  # attempts that the other parents' experience with a method counts for
_HOPELESS: Final = 6  # attempts without a success after which a method is hardly chosen for a parent any more
_INAPPLICABLE: Final = 2  # the same where nothing came of them that could be measured
_FAINT: Final = 0.02  # the weight it then keeps
_LEAST_REWARD: Final = 0.2  # of an accepted offspring whose core is all its parent's; 1 is for one that is all new
_REWARD: Final = 0.5  # of one without a core
_PATIENCE: Final = 24  # attempts without a success after which other parents come first
_LOOK_BACK: Final = 8  # attempts whose ratios correct the hardness that is asked for
_FURTHEST: Final = 16.0  # and by how much at most
_DECIDED: Final = 0.02  # ratio that stands for "no conflicts at all"


@dataclass(frozen=True)
class Outcome:
    """What is known of an earlier attempt.

    Attributes:
        parent: its index.
        method: its method.
        accepted: whether it gave an offspring.
        reward: 0 for a rejected candidate; for an accepted one more the newer its core is, at most 1.
        gain: conflicts over those asked for; None where nothing was measured.
    """

    parent: int
    method: str
    accepted: bool
    reward: float
    gain: float | None

    @classmethod
    def of(cls, result: Mapping[str, Any]) -> Outcome:
        """Read the result of :func:`edasat.sat.generate.candidate.attempt`."""
        accepted = result["verdict"] == "accepted"
        new = result["row"]["new_core_share"] if accepted else 0.0
        reward = max(_LEAST_REWARD, _REWARD if new is None else new) if accepted else 0.0
        ratio = result["ratio"]
        return cls(
            result["parent"],
            result["method"],
            accepted,
            reward,
            None if ratio is None else max(ratio, _DECIDED) / result["aim"],
        )


@dataclass(frozen=True)
class Planned:
    """One attempt to make."""

    attempt: int
    parent: int
    method: str
    aim: float


def find_methods(name: str, status: str) -> tuple[str, ...]:
    """Return the methods that a run may use.

    Args:
        name: of one method, or "auto".
        status: "unsat", "sat" or "any".

    Raises:
        InputError: for an unknown method, or one that does not make formulas of that status.
    """
    wanted: set[Status] = {"unsat", "sat"} if status == "any" else {status}  # type: ignore[arg-type]
    if name == "auto":
        found = tuple(each for each in METHODS if each not in BASELINES and METHODS[each].makes & wanted)
        if not found:
            raise InputError(f"no method makes formulas that are {status}", code="generate-method")
        return found
    if name not in METHODS:
        raise InputError(
            f"unknown method '{name}'", code="generate-method", hint="auto or one of " + ", ".join(METHODS)
        )
    if not METHODS[name].makes & wanted:
        able = ", ".join(each for each in METHODS if METHODS[each].makes & wanted)
        raise InputError(
            f"method '{name}' makes no formulas that are {status}", code="generate-method", hint=f"these do: {able}"
        )
    return (name,)


@dataclass(frozen=True)
class Planner:
    """Plans attempts from the outcomes of earlier ones.

    Attributes:
        methods: to choose from.
        num_parents: parents to choose from.
        target: wanted conflicts over those of the parent.
        seed: of the choices.
        jobs: attempts at a time.
    """

    methods: tuple[str, ...]
    num_parents: int
    target: float
    seed: int
    jobs: int = 1

    def plan(self, outcomes: Sequence[Outcome], needed: int, first: int, most: int) -> list[Planned]:
        """Return the attempts of the next round: as many as give what is needed if the share of successes stays.

        Args:
            outcomes: of all earlier attempts.
            needed: offspring still wanted.
            first: number of the first attempt.
            most: attempts at most.
        """
        share = (_HOPE + sum(each.accepted for each in outcomes)) / (_HOPE + len(outcomes))
        size = min(math.ceil(needed / share), max(_ROUND, _ROUND_PER_JOB * self.jobs), most)
        made = np.zeros(self.num_parents)  # offspring by parent, those expected of this round included
        tries, idle = np.zeros(self.num_parents), np.zeros(self.num_parents)
        for each in outcomes:
            made[each.parent] += each.accepted
            tries[each.parent] += 1
            idle[each.parent] = 0 if each.accepted else idle[each.parent] + 1
        planned = []
        for number in range(first, first + size):
            parent = int(np.lexsort((tries, made, idle >= _PATIENCE))[0])
            method = self._method(outcomes, parent, number)
            planned.append(Planned(number, parent, method, self._aim(outcomes, parent, method)))
            made[parent] += share
            tries[parent] += 1
        return planned

    def _method(self, outcomes: Sequence[Outcome], parent: int, number: int) -> str:
        """Draw a method, the likelier the more its attempts gave for this parent, and for all."""
        if len(self.methods) == 1:
            return self.methods[0]
        weights = []
        for method in self.methods:
            everywhere = [each for each in outcomes if each.method == method]
            here = [each for each in everywhere if each.parent == parent]
            prior = (1 + sum(each.reward for each in everywhere)) / (2 + len(everywhere))
            mean = (_PRIOR * prior + sum(each.reward for each in here)) / (_PRIOR + len(here))
            least = _HOPELESS if any(each.gain is not None for each in here) else _INAPPLICABLE
            hopeless = len(here) >= least and not any(each.accepted for each in here)
            weights.append(min(_FAINT, mean) if hopeless else mean)
        # a stream of its own: the candidate draws from that of the seed and its number
        rng = np.random.default_rng(np.random.SeedSequence([self.seed, number], spawn_key=(1,)))
        return self.methods[int(rng.choice(len(weights), p=np.array(weights) / sum(weights)))]

    def _aim(self, outcomes: Sequence[Outcome], parent: int, method: str) -> float:
        """Return the hardness to ask for: the target, corrected by how the method missed it before."""
        gains = [each.gain for each in outcomes if (each.parent, each.method) == (parent, method)]
        known = [gain for gain in gains if gain is not None][-_LOOK_BACK:]
        wrong = median(known) if known else 1.0
        return round(self.target / min(max(wrong, 1 / _FURTHEST), _FURTHEST), 6)
