"""Families made of circuits: answers as promised, the same seed the same formula, other seeds other formulas."""

from __future__ import annotations

import numpy as np
import pytest
from pysat.solvers import Solver

from edasat.sat.cnf import Cnf
from edasat.sat.families import Family, bmc, circuit, crypto

ALL = [*circuit.FAMILIES, *bmc.FAMILIES, *crypto.FAMILIES]
SEEDS = range(3)

each_family = pytest.mark.parametrize("family", ALL, ids=lambda family: family.name)


def answer(cnf: Cnf) -> bool:
    """Solve; a model is checked against every clause."""
    with Solver(name="cadical195", bootstrap_with=cnf.to_lists()) as solver:
        satisfiable = bool(solver.solve())
        if satisfiable:
            model = np.zeros(cnf.num_vars + 1, bool)
            positive = [literal for literal in solver.get_model() if 0 < literal <= cnf.num_vars]
            model[positive] = True
            assert len(cnf.falsified(model)) == 0
    return satisfiable


@each_family
def test_answer_is_as_promised(family: Family) -> None:
    assert family.expected in {"sat", "unsat"}
    for seed in SEEDS:
        assert answer(family.instance(family.sizes[0], seed)) == (family.expected == "sat")


@each_family
def test_seed_decides_everything(family: Family) -> None:
    size = family.sizes[1]
    first = [family.instance(size, seed) for seed in SEEDS]
    again = [family.instance(size, seed) for seed in SEEDS]
    assert [cnf.content_hash() for cnf in first] == [cnf.content_hash() for cnf in again]


def fingerprint(cnf: Cnf, rounds: int = 4) -> int:
    """Return a number that no renaming, reordering or flipping of variables changes (Weisfeiler-Leman colours)."""
    mixed = np.uint64(0x9E3779B97F4A7C15)

    def scrambled(colours: np.ndarray) -> np.ndarray:
        colours = (colours ^ colours >> np.uint64(29)) * mixed
        return (colours ^ colours >> np.uint64(32)) * mixed

    literal = 2 * np.abs(cnf.literals) + (cnf.literals < 0)  # literal and complement side by side
    clause = np.repeat(np.arange(cnf.num_clauses), cnf.clause_lengths)
    colours = np.ones(2 * cnf.num_vars + 2, np.uint64)
    for _ in range(rounds):
        of_clause = np.zeros(cnf.num_clauses, np.uint64)
        np.add.at(of_clause, clause, scrambled(colours)[literal])
        seen = np.zeros_like(colours)
        np.add.at(seen, literal, scrambled(of_clause)[clause])
        complement = colours.reshape(-1, 2)[:, ::-1].ravel()
        colours = scrambled(colours + mixed * seen) + scrambled(complement * mixed)
    return int(scrambled(colours).sum(dtype=np.uint64))


@each_family
def test_seeds_differ_in_structure(family: Family) -> None:
    assert len({fingerprint(family.instance(family.sizes[1], seed)) for seed in SEEDS}) == len(SEEDS)


def test_fingerprint_ignores_names() -> None:
    cnf = circuit.FAMILIES[0].instance(4, 0)
    rng = np.random.default_rng(0)
    name = np.concatenate([[0], 1 + rng.permutation(cnf.num_vars)]) * np.where(
        rng.random(cnf.num_vars + 1) < 0.5, 1, -1
    )
    renamed = [[int(np.sign(x) * name[abs(x)]) for x in clause] for clause in cnf.to_lists()]
    shuffled = [renamed[i] for i in rng.permutation(len(renamed))]
    assert fingerprint(Cnf.from_clauses(shuffled, cnf.num_vars)) == fingerprint(cnf)


def test_primes_are_prime() -> None:
    below = [n for n in range(2, 2000) if all(n % d for d in range(2, int(n**0.5) + 1))]
    assert [n for n in range(2000) if crypto._is_prime(n)] == below
    assert crypto._is_prime(2**61 - 1)
    assert not crypto._is_prime(3825123056546413051), "strong pseudoprime to the first nine primes as bases"
