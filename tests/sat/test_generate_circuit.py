"""Circuits recognised in formulas, and the methods that build on where a formula comes from."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edasat.eda.aig_builder import AigBuilder
from edasat.eda.circuits.random_logic import random_aig
from edasat.sat.cnf import Cnf
from edasat.sat.encodings import tseitin
from edasat.sat.families import generate
from edasat.sat.generate import CannotGenerate, Seed
from edasat.sat.generate.circuit import Resynthesis
from edasat.sat.generate.clauses import ClauseSet
from edasat.sat.generate.gates import recognise
from edasat.sat.generate.scale import Scale
from edasat.sat.generate.steering import effort


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def seed_of(family: str, size: int) -> Seed:
    cnf = generate(family, size, 1)
    found = effort(cnf, 100_000)
    return Seed(cnf, cnf.name, "sat" if found.satisfiable else "unsat", found.conflicts, 0.1)


@pytest.mark.parametrize(
    ("clauses", "kind", "inputs"),
    [
        ([[-3, 1], [-3, -2], [3, -1, 2]], "and", (-2, 1)),
        ([[3, -1], [3, -2], [-3, 1, 2]], "and", (-2, -1)),  # an OR is the complement of an AND
        ([[-3, 1, 2], [-3, -1, -2], [3, -1, 2], [3, 1, -2]], "xor", None),
        ([[-4, -1, 2], [4, -1, -2], [-4, 1, 3], [4, 1, -3]], "mux", (1, 2, 3)),
    ],
)
def test_each_kind_of_gate_is_recognised(clauses: list[list[int]], kind: str, inputs: tuple[int, ...] | None):
    circuit = recognise(Cnf.from_clauses(clauses))
    assert [gate.kind for gate in circuit.gates] == [kind]
    assert inputs is None or circuit.gates[0].inputs == inputs
    assert not circuit.constraints


@given(st.integers(0, 10_000), st.booleans())
@settings(max_examples=15, deadline=None)
def test_a_recognised_circuit_says_what_the_formula_says(seed: int, detect: bool):
    aig = random_aig(5, 25, 1, rng(seed))
    cnf = ClauseSet.of(tseitin(aig, detect_gates=detect)).to_cnf(rng(seed)).cnf
    circuit = recognise(cnf)
    builder = AigBuilder()
    signals = circuit.build(builder)
    for variable in sorted(signals):
        builder.output(signals[variable])
    builder.output(circuit.satisfied(builder, signals))
    rebuilt = builder.build()
    words = rng(seed + 1).integers(0, 2**64, (rebuilt.num_inputs, 1), np.uint64, endpoint=False)
    values = (rebuilt.simulate(words)[:, :1] >> np.arange(64, dtype=np.uint64) & np.uint64(1)).astype(bool)
    model = np.zeros((64, cnf.num_vars + 1), bool)
    model[:, sorted(signals)] = values[:-1].T
    for pattern in range(16):
        assert bool(len(cnf.falsified(model[pattern]))) != values[-1, pattern]


def test_gates_come_in_topological_order_and_never_in_a_cycle():
    ring = [[-1, 2], [1, -2], [-2, 3], [2, -3], [-3, 4, 1], [3, -4], [3, -1]]
    for cnf in (generate("adder-association", 4, 1), Cnf.from_clauses(ring)):
        seen: set[int] = set()
        circuit = recognise(cnf)
        outputs = {abs(gate.output) for gate in circuit.gates}
        for gate in circuit.gates:
            assert all(abs(x) in seen or abs(x) not in outputs for x in gate.inputs)
            seen.add(abs(gate.output))


@pytest.mark.parametrize("check", [0.0, 1.0])
def test_synthesised_circuits_keep_the_status(check: float):
    seed = seed_of("multiplier-architecture", 8)
    child = Resynthesis(check=check, tries=1).generate([seed], 0, rng())
    assert child.expected == "unsat"
    assert effort(child.cnf, 100_000).satisfiable is False
    again = Resynthesis(check=check, tries=1).generate([seed], 0, rng())
    assert child.cnf.content_hash() == again.cnf.content_hash()


def test_formulas_without_gates_are_refused():
    with pytest.raises(CannotGenerate, match="gates define only"):
        Resynthesis().generate([seed_of("random-3sat-unsat", 50)], 0, rng())


def test_scaling_makes_other_members_of_the_family():
    seed = seed_of("multiplier-architecture", 8)
    child = Scale().generate([seed], 0, rng(1))
    assert child.expected == "unsat" == seed.status
    assert child.cnf.content_hash() != Scale().generate([seed], 0, rng(2)).cnf.content_hash()
    found = effort(child.cnf, 100_000)
    assert found.satisfiable is False
    assert 0.2 < found.conflicts / seed.conflicts < 5


def test_scaling_needs_to_know_the_family():
    stranger = Seed(Cnf.from_clauses([[1], [-1]]), "dir/some-file.cnf.xz", "unsat", 0, 0.0)
    with pytest.raises(CannotGenerate, match="not made by one of the seeded families"):
        Scale().generate([stranger], 0, rng())
    made = Seed(generate("pigeonhole", 5, 3), "dir/pigeonhole-5-3.cnf.xz", "unsat", 100, 0.0)
    assert Scale().generate([made], 0, rng()).expected == "unsat"
