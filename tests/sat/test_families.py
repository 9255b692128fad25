"""Every family at small sizes: the promised answer, the same clauses for the same seed, other formulas for others."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable

import numpy as np
import pytest
from pysat.solvers import Solver

from edasat.core.errors import InputError
from edasat.sat.cnf import Cnf
from edasat.sat.families import FAMILIES, generate, parse_instance_id
from edasat.sat.families.latin import random_latin_square
from edasat.sat.families.mix import SHARES, instance_list
from edasat.sat.families.random_graphs import gnm, random_regular


def status(cnf: Cnf) -> str:
    """Return what CaDiCaL says, after checking the model of a satisfiable formula clause by clause."""
    with Solver("cadical195", bootstrap_with=cnf.to_lists()) as solver:
        if not solver.solve():
            return "unsat"
        model = np.zeros(cnf.num_vars + 1, bool)
        for literal in solver.get_model():
            if 0 < literal <= cnf.num_vars:
                model[literal] = True
    assert len(cnf.falsified(model)) == 0
    return "sat"


def stable_colours(cnf: Cnf, marked: int = 0) -> np.ndarray:
    """Return Weisfeiler-Leman colours of all literals, uint64, (num_vars, 2), until they tell no more apart.

    Renaming variables, negating one throughout and reordering permute the rows and columns; ``marked`` is a
    variable told from the others from the start.
    """
    literal = 2 * np.abs(cnf.literals).astype(np.int64) + (cnf.literals < 0)
    clause = np.repeat(np.arange(cnf.num_clauses), cnf.clause_lengths)
    colours = np.ones(2 * cnf.num_vars + 2, np.uint64)
    colours[2 * marked : 2 * marked + 2] = 2

    def mix(x: np.ndarray) -> np.ndarray:  # splitmix64: sums of mixed colours stand for multisets
        x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return x ^ (x >> np.uint64(31))

    distinct = 0
    while distinct < (distinct := len(np.unique(colours))):
        in_clauses = np.zeros(cnf.num_clauses, np.uint64)
        np.add.at(in_clauses, clause, mix(colours[literal]))
        in_literals = np.zeros(len(colours), np.uint64)
        np.add.at(in_literals, literal, mix(in_clauses + np.uint64(7))[clause])
        other = colours.reshape(-1, 2)[:, ::-1].ravel()
        colours = mix(mix(colours + np.uint64(3)) + np.uint64(5) * mix(in_literals) + np.uint64(11) * mix(other))
    return np.sort(colours.reshape(-1, 2)[1:], axis=1)


def fingerprint(colours: np.ndarray) -> bytes:
    return hashlib.blake2b(colours[np.lexsort(colours.T)].tobytes()).digest()


def marked_fingerprint(cnf: Cnf) -> bytes:
    """Mark each variable of the smallest class in turn: regular formulas look alike from everywhere without a mark."""
    colours = stable_colours(cnf)
    _, members, counts = np.unique(colours, axis=0, return_inverse=True, return_counts=True)
    smallest = np.flatnonzero(counts == counts[counts > 1].min())[0]  # rows of unique are sorted, so this is canonical
    marks = 1 + np.flatnonzero(members.ravel() == smallest)
    rows = sorted(fingerprint(stable_colours(cnf, int(variable))) for variable in marks)
    return hashlib.blake2b(b"".join(rows)).digest()


@pytest.mark.parametrize("name", list(FAMILIES))
def test_smallest_instance_has_the_promised_answer(name: str) -> None:
    family = FAMILIES[name]
    for seed in range(3):
        cnf = family.instance(family.sizes[0], seed)
        assert cnf.clause_lengths.min() > 0
        assert status(cnf) in ({"sat", "unsat"} if family.expected == "either" else {family.expected})


@pytest.mark.parametrize("name", list(FAMILIES))
def test_same_seed_same_clauses_and_other_seed_other_formula(name: str) -> None:
    size = FAMILIES[name].sizes[1]
    formulas = [generate(name, size, seed) for seed in range(3)]
    assert formulas[0].content_hash() == generate(name, size, 0).content_hash()
    if len({fingerprint(stable_colours(cnf)) for cnf in formulas}) < 3:
        assert len({marked_fingerprint(cnf) for cnf in formulas}) == 3


@pytest.mark.parametrize(
    ("name", "size", "view"),
    [
        ("random-3sat-threshold", 20, lambda cnf: fingerprint(stable_colours(cnf))),
        ("tseitin-regular", 8, marked_fingerprint),
    ],
)
def test_fingerprints_ignore_names_signs_and_order(name: str, size: int, view: Callable[[Cnf], bytes]) -> None:
    cnf = generate(name, size, 1)
    rng = np.random.default_rng(0)
    rename = np.concatenate([[0], 1 + rng.permutation(cnf.num_vars)]) * rng.choice((-1, 1), cnf.num_vars + 1)
    clauses = [(rename[np.abs(c)] * np.sign(c)).tolist() for c in cnf.to_lists()]
    renamed = Cnf.from_clauses([clauses[i] for i in rng.permutation(len(clauses))], cnf.num_vars)
    assert view(renamed) == view(cnf) != view(generate(name, size, 2))


def test_families_are_well_described() -> None:
    for name, family in FAMILIES.items():
        assert family.name == name
        assert list(family.sizes) == sorted(set(family.sizes))
        assert len(family.sizes) >= 4
        assert parse_instance_id(generate(name, family.sizes[0], 5).name) == (name, family.sizes[0], 5)


@pytest.mark.parametrize("text", ["", "pigeonhole", "pigeonhole-5", "pigeonhole-x-1", "pigeonhole-5--1", "-5-1"])
def test_bad_instance_ids(text: str) -> None:
    with pytest.raises(InputError, match="instance id"):
        parse_instance_id(text)


def test_bad_requests_say_what_to_do() -> None:
    with pytest.raises(InputError, match="pigeonhole"):
        generate("pigeonhoel", 5, 1)
    with pytest.raises(InputError, match="starts at size 4, got 3"):
        generate("pigeonhole", 3, 1)
    with pytest.raises(InputError, match="negative"):
        generate("pigeonhole", 5, -1)


@pytest.mark.parametrize("count", [1, 10, 400, 2000])
def test_mix_keeps_its_shares(count: int) -> None:
    instances = instance_list(count, seed_base=100)
    assert len(set(instances)) == len(instances) == count
    assert instances == instance_list(count, seed_base=100)
    groups = Counter(FAMILIES[parse_instance_id(instance)[0]].group for instance in instances)
    for group, share in SHARES.items():
        assert abs(groups[group] - count * share) <= 6  # two sizes of three seeds each
    assert set(instances).isdisjoint(instance_list(count, seed_base=10_000))


def test_mix_of_400_covers_every_family_with_three_seeds_a_size() -> None:
    instances = [parse_instance_id(instance) for instance in instance_list(400)]
    assert {name for name, _, _ in instances} == set(FAMILIES)
    seeds = Counter((name, size) for name, size, _ in instances)
    assert sum(count < 3 for count in seeds.values()) <= 1


def test_planted_formulas_are_satisfiable() -> None:
    for name in ("planted-3sat", "quiet-planted-3sat"):
        assert status(generate(name, 100, 3)) == "sat"


def test_quiet_planting_hides_the_literal_signs() -> None:
    loud, quiet = (generate(name, 2000, 1) for name in ("planted-3sat", "quiet-planted-3sat"))

    def imbalance(cnf: Cnf) -> float:
        """Mean squared difference of positive and negative occurrences over their number: 1 for fair coins."""
        ups = np.bincount(np.abs(cnf.literals), weights=np.sign(cnf.literals), minlength=cnf.num_vars + 1)
        number = np.bincount(np.abs(cnf.literals), minlength=cnf.num_vars + 1)
        return float(np.mean(ups[1:] ** 2) / np.mean(number[1:]))

    assert imbalance(loud) > 1.2
    assert imbalance(quiet) == pytest.approx(1.0, abs=0.1)


@pytest.mark.parametrize(("n", "degree"), [(9, 6), (8, 7), (12, 3), (50, 4)])
def test_random_regular_graphs(n: int, degree: int) -> None:
    edges = random_regular(n, degree, np.random.default_rng(1))
    assert len({tuple(edge) for edge in edges.tolist()}) == len(edges) == n * degree // 2
    assert (edges[:, 0] < edges[:, 1]).all()
    assert (np.bincount(edges.ravel()) == degree).all()
    with pytest.raises(ValueError, match="no graph"):
        random_regular(5, 3, np.random.default_rng(1))


def test_gnm_has_its_edges() -> None:
    edges = gnm(10, 20, np.random.default_rng(1))
    assert len({tuple(edge) for edge in edges.tolist()}) == 20


@pytest.mark.parametrize("n", [2, 4, 9])
def test_random_latin_squares(n: int) -> None:
    square = random_latin_square(n, np.random.default_rng(2))
    for lines in (square, square.T):
        assert (np.sort(lines, axis=1) == np.arange(n)).all()
