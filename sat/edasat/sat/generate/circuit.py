"""Method ``circuit``: the circuit in a formula, synthesised anew by ABC.

Where gates are recognised (:mod:`edasat.sat.generate.gates`), the formula is a circuit with one output that asks
whether all other clauses hold. Any equivalent circuit gives a formula of the same status; a random script of local
optimisations gives one of other gates. The second way compares the circuit's own signals with those of its synthesised
copy: an equivalence check that cannot fail, whose hardness grows with the number of signals compared.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from edasat.core.errors import MissingToolError, ToolError
from edasat.core.processes import Limits
from edasat.eda.aig import Aig
from edasat.eda.aig_builder import AigBuilder
from edasat.eda.synthesis.abc import optimise

from ..cnf import Cnf
from ..encodings import miter, tseitin
from .clauses import ClauseSet
from .gates import Circuit, recognise
from .offspring import CannotGenerate, Offspring, Seed, Status
from .steering import Aim

#: Commands that restructure within a few gates: global ones would find out what the circuit is for.
_COMMANDS: Final = ("balance", "rewrite", "rewrite -z", "refactor", "refactor -z", "resub -K 8", "dc2")
#: Commands in a script.
_STEPS: Final = 6
_LIMITS: Final = Limits(cpu_s=20, wall_s=120, memory_bytes=4 << 30)
#: Share of the variables that gates must define.
_LEAST_DEFINED: Final = 0.25
#: Factor by which the number of compared signals changes from one try to the next.
_SCALE: Final = 2.0


@dataclass(frozen=True)
class Resynthesis:
    """Another circuit for the same formula, or an equivalence check of its circuit.

    Attributes:
        check: share of candidates that are equivalence checks, where the seed is unsatisfiable.
        tries: draws among which the one nearest to the wanted hardness is taken.
    """

    check: float = 0.5
    tries: int = 3
    name: str = "circuit"
    title: str = "the circuit in the formula synthesised anew, or checked against its synthesised copy"
    makes: frozenset[Status] = frozenset({"unsat", "sat"})

    def generate(
        self, seeds: Sequence[Seed], index: int, rng: np.random.Generator, *, hardness: float = 1.0
    ) -> Offspring:
        """Make one candidate."""
        seed = seeds[index]
        circuit = recognise(seed.cnf)
        if len(circuit.gates) < _LEAST_DEFINED * seed.cnf.num_vars:
            raise CannotGenerate(f"gates define only {len(circuit.gates):,} of {seed.cnf.num_vars:,} variables")
        checks = seed.status == "unsat" and rng.random() < self.check
        aim = Aim(hardness * seed.conflicts)
        signals = _signals(circuit)
        compared = min(len(circuit.watched) or 1, signals.num_outputs)
        best, distance = None, math.inf
        for _ in range(self.tries):
            try:
                aig = _check(signals, compared, rng) if checks else _question(circuit, rng)
            except (ToolError, MissingToolError) as error:
                raise CannotGenerate(f"ABC failed: {str(error).splitlines()[0]}") from error
            candidate = Offspring(_encoded(aig, rng), seed.status)
            if abs(aim.look(candidate.cnf)) < abs(distance) or best is None:
                best, distance = candidate, aim.distance
            if aim.settled:
                break
            scale = _SCALE if aim.distance < 0 else 1 / _SCALE
            compared = max(1, min(signals.num_outputs, round(compared * scale)))
        assert best is not None
        return best


def _script(rng: np.random.Generator) -> list[str]:
    return [_COMMANDS[i] for i in rng.integers(len(_COMMANDS), size=_STEPS)]


def _question(circuit: Circuit, rng: np.random.Generator) -> Aig:
    """Return a synthesised circuit whose one output asks whether all clauses hold."""
    builder = AigBuilder()
    builder.output(circuit.satisfied(builder, circuit.build(builder)))
    return optimise(builder.build(), _script(rng), _LIMITS)


def _signals(circuit: Circuit) -> Aig:
    """Return the circuit with every defined variable as an output, those that constraints hold first."""
    builder = AigBuilder()
    literals = circuit.build(builder)
    defined = [abs(gate.output) for gate in reversed(circuit.gates)]
    for variable in dict.fromkeys([*circuit.watched, *defined]):
        builder.output(literals[variable])
    return builder.build()


def _check(signals: Aig, compared: int, rng: np.random.Generator) -> Aig:
    """Return a miter of some signals and their synthesised copies."""
    # Signals near the outputs come first, and those have the deepest cones.
    chosen = signals.outputs[np.sort(rng.permutation(min(signals.num_outputs, 2 * compared))[:compared])]
    builder = AigBuilder()
    for literal in builder.embed(signals, builder.inputs(signals.num_inputs), chosen):
        builder.output(literal)
    part = builder.build()
    return miter(part, optimise(part, _script(rng), _LIMITS))


def _encoded(aig: Aig, rng: np.random.Generator) -> Cnf:
    """Return the Tseitin encoding under new names, in one of its variants."""
    polarity_aware, detect_gates = (rng.random(2) < 0.5).tolist()
    cnf = tseitin(aig, polarity_aware=polarity_aware, detect_gates=detect_gates)
    return ClauseSet.of(cnf).to_cnf(rng).cnf


METHOD: Final = Resynthesis()
