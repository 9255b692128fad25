"""Baselines of generation: what each keeps of its parent, and that it is a valid formula."""

from __future__ import annotations

import numpy as np
import pytest

from edasat.core.errors import CheckFailed
from edasat.sat.cnf import Cnf
from edasat.sat.families import generate
from edasat.sat.generate.communities import COMMUNITY_MERGE, CommunityMerge, merge_within
from edasat.sat.generate.incidence import LITERAL_INCIDENCE, LiteralIncidence
from edasat.sat.generate.matched import POPULARITY_SIMILARITY, RANDOM_CLAUSES, random_clauses
from edasat.sat.generate.offspring import CannotGenerate, Method, Seed
from edasat.sat.graphs import LITERAL_WITH, literal_incidence
from edasat.sat.proofs import find_core
from edasat.sat.structure import communities, variable_graph

BASELINES: tuple[Method, ...] = (RANDOM_CLAUSES, POPULARITY_SIMILARITY, LITERAL_INCIDENCE, COMMUNITY_MERGE)


@pytest.fixture(scope="module")
def parent() -> Seed:
    """A pigeonhole principle inside a random satisfiable formula: a core of a third of the clauses."""
    rng = np.random.default_rng(0)
    holes, pigeons = 4, 5
    clauses = [[holes * p + h + 1 for h in range(holes)] for p in range(pigeons)]
    clauses += [
        [-(holes * p + h + 1), -(holes * q + h + 1)] for h in range(holes) for p in range(pigeons) for q in range(p)
    ]
    noise = random_clauses(80, np.repeat([1, 2, 3, 7], [2, 20, 60, 5]), rng)
    names = np.concatenate([[0], rng.permutation(80) + 21])
    clauses += [[int(np.sign(x) * names[abs(x)]) for x in clause] for clause in noise.to_lists()]
    cnf = Cnf.from_clauses(clauses, 110)
    cnf = cnf.select(rng.permutation(cnf.num_clauses))
    core = find_core(cnf, confirm=False).clauses
    assert len(core) == 45
    return Seed(cnf, "pigeons", "unsat", 100, 0.1, core)


def _proper(cnf: Cnf) -> bool:
    """Whether no clause holds a variable twice."""
    return all(len({abs(x) for x in clause}) == len(clause) for clause in cnf.to_lists())


@pytest.mark.parametrize("method", BASELINES, ids=lambda method: method.name)
def test_same_draw_same_formula(method: Method, parent: Seed) -> None:
    one, same, other = (method.generate([parent], 0, np.random.default_rng(seed)).cnf for seed in (1, 1, 2))
    assert one.content_hash() == same.content_hash() != other.content_hash()
    assert _proper(one)
    assert one.num_clauses == parent.cnf.num_clauses


@pytest.mark.parametrize("method", [RANDOM_CLAUSES, LITERAL_INCIDENCE], ids=lambda method: method.name)
def test_lengths_are_the_parents(method: Method, parent: Seed) -> None:
    child = method.generate([parent], 0, np.random.default_rng(1))
    assert child.expected == "unknown" and child.image is None
    assert sorted(child.cnf.clause_lengths) == sorted(parent.cnf.clause_lengths)


def test_size_based_baselines_use_as_many_variables_as_occur(parent: Seed) -> None:
    occurring = len(np.unique(np.abs(parent.cnf.literals)))
    assert occurring < parent.cnf.num_vars
    for method in (RANDOM_CLAUSES, POPULARITY_SIMILARITY):
        assert method.generate([parent], 0, np.random.default_rng(1)).cnf.num_vars == occurring


def test_random_clauses_draw_every_variable_and_sign_alike() -> None:
    cnf = random_clauses(5, np.full(20_000, 3), np.random.default_rng(0))
    counts = np.bincount(cnf.literals + 5, minlength=11)[[0, 1, 2, 3, 4, 6, 7, 8, 9, 10]]
    assert counts.sum() == 60_000
    assert abs(counts - 6000).max() < 5 * np.sqrt(6000)
    with pytest.raises(ValueError, match="at most 5 variables, got 6"):
        random_clauses(5, np.array([6]), np.random.default_rng(0))


def test_unchanged_graph_gives_back_most_of_its_edges() -> None:
    parent = generate("multiplier-commutativity", 6, 0)
    child = LiteralIncidence(rewired=0.0).generate([Seed(parent, "", "unsat", 0, 0.0)], 0, np.random.default_rng(0)).cnf

    def edges(cnf: Cnf) -> dict[tuple[int, int], int]:
        found = literal_incidence(cnf).edges[LITERAL_WITH]
        return dict(zip(map(tuple, found.index.T.tolist()), found.arrays["weight"].tolist(), strict=True))

    before, after = edges(parent), edges(child)
    kept = sum(min(weight, after.get(pair, 0)) for pair, weight in before.items())
    assert kept > 0.9 * sum(before.values())


def test_merge_keeps_core_lengths_degrees_and_communities(parent: Seed) -> None:
    cnf, core = parent.cnf, parent.core
    assert core is not None
    kept = np.zeros(cnf.num_clauses, np.bool_)
    kept[core] = True
    labels = communities(variable_graph(cnf))
    merged = merge_within(cnf, kept, labels, np.random.default_rng(1))
    assert merged.select(core).to_lists() == cnf.select(core).to_lists()
    assert (merged.offsets == cnf.offsets).all()
    assert sorted(merged.literals) == sorted(cnf.literals)
    assert (labels[np.abs(merged.literals) - 1] == labels[np.abs(cnf.literals) - 1]).all()
    assert (merged.literals != cnf.literals).any()


def test_merge_ends_when_only_the_parents_core_is_left(parent: Seed) -> None:
    child = COMMUNITY_MERGE.generate([parent], 0, np.random.default_rng(3))
    assert child.expected == "unsat" and child.image is not None and parent.core is not None
    assert sorted(child.image[child.image >= 0]) == sorted(parent.core)
    old = np.flatnonzero(child.image >= 0)
    assert child.cnf.select(old).to_lists() == parent.cnf.select(child.image[old]).to_lists()
    core = find_core(child.cnf, confirm=False).clauses
    assert (child.image[core] >= 0).all()


def test_merge_keeps_what_it_has_when_cores_run_out_of_time(parent: Seed) -> None:
    def late(cnf: Cnf) -> np.ndarray:
        raise CheckFailed("error: no core was proved: timeout")

    child = CommunityMerge(core_of=late).generate([parent], 0, np.random.default_rng(3))
    assert sorted(child.cnf.clause_lengths) == sorted(parent.cnf.clause_lengths)


def test_merge_refuses_what_it_cannot_do(parent: Seed) -> None:
    whole = Seed(parent.cnf.select(parent.core), "core", "unsat", 1, 0.1)  # type: ignore[arg-type]
    with pytest.raises(CannotGenerate, match="in its core"):
        COMMUNITY_MERGE.generate([whole], 0, np.random.default_rng(0))
    satisfiable = Seed(Cnf.from_clauses([[1]]), "one", "sat", 0, 0.0)
    with pytest.raises(CannotGenerate, match="unsatisfiable"):
        COMMUNITY_MERGE.generate([satisfiable], 0, np.random.default_rng(0))
