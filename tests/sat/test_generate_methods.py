"""Methods of generation: what each promises holds for what it makes."""

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pysat.solvers import Solver

from edasat.sat.cnf import Cnf
from edasat.sat.families import generate
from edasat.sat.generate import METHODS, CannotGenerate, Offspring, Seed
from edasat.sat.generate.clauses import ClauseSet
from edasat.sat.generate.hardcore import CoreFinder
from edasat.sat.generate.novelty import clause_labels, images, new_core_share
from edasat.sat.generate.planted import weaken
from edasat.sat.generate.published import Published
from edasat.sat.generate.relatives import satisfiable_relative
from edasat.sat.generate.rewriting import Rewriting
from edasat.sat.generate.steering import Aim, effort
from edasat.sat.generate.transform import Transform


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def quick_core(cnf: Cnf) -> npt.NDArray[np.int64]:
    """Find a core by assumptions, in this process: faster than proofs where formulas are tiny."""
    selectors = range(cnf.num_vars + 1, cnf.num_vars + 1 + cnf.num_clauses)
    with Solver("minisat22") as solver:
        for clause, selector in zip(cnf.to_lists(), selectors, strict=True):
            solver.add_clause([*clause, -selector])
        assert not solver.solve(assumptions=list(selectors))
        return np.sort(np.array(solver.get_core())) - cnf.num_vars - 1


def seed_of(family: str, size: int) -> Seed:
    cnf = generate(family, size, 1)
    found = effort(cnf, 100_000)
    assert found.satisfiable is not None
    core = None if found.satisfiable else quick_core(cnf)
    return Seed(cnf, cnf.name, "sat" if found.satisfiable else "unsat", found.conflicts, 0.1, core)


@pytest.fixture(scope="module")
def multiplier() -> Seed:
    return seed_of("multiplier-architecture", 8)


@pytest.fixture(scope="module")
def pigeons() -> Seed:
    return seed_of("pigeonhole", 7)


#: bool, (64, 7): every assignment of six variables, index 0 unused.
ASSIGNMENTS = np.concatenate([np.zeros((64, 1), np.bool_), (np.arange(64)[:, None] >> np.arange(6) & 1) == 1], axis=1)


def models(rows: list[list[int]] | list[frozenset[int]]) -> npt.NDArray[np.bool_]:
    """Return bool, (64,): which assignments of six variables satisfy all clauses."""
    result = np.ones(64, np.bool_)
    for row in rows:
        literals = np.array(sorted(row), np.int64)
        result &= (ASSIGNMENTS[:, np.abs(literals)] == (literals > 0)).any(axis=1)
    return result


def check(child: Offspring, seed: Seed) -> None:
    """Check what every offspring promises."""
    assert child.cnf.num_vars == len(np.unique(np.abs(child.cnf.literals)))
    found = effort(child.cnf, 200_000)
    assert found.satisfiable == (child.expected == "sat")
    if child.model is not None:
        assert not len(child.cnf.falsified(child.model))
    if child.image is not None:
        assert child.image.shape == (child.cnf.num_clauses,)
        kept = child.image >= 0
        assert child.image.max() < seed.cnf.num_clauses
        assert (child.cnf.clause_lengths[kept] >= seed.cnf.clause_lengths[child.image[kept]]).all()


# Clause sets and rewriting

tiny_formulas = st.lists(
    st.lists(st.integers(1, 6).flatmap(lambda v: st.sampled_from([v, -v])), min_size=1, max_size=4), max_size=20
)


@given(tiny_formulas)
@settings(max_examples=60, deadline=None)
def test_tidying_keeps_the_models(rows: list[list[int]]):
    clauses = ClauseSet(6, rows)
    clauses.tidy(list(clauses.clauses))
    left = list(clauses.clauses.values())
    assert (models(rows) == models(left)).all()
    assert frozenset() in left or not any(a < b for a in left for b in left)


def written(work: Rewriting) -> Cnf:
    return Cnf.from_clauses([sorted(clause) for clause in work.clauses.clauses.values()], work.clauses.num_vars)


@given(tiny_formulas, st.integers(0, 1000))
@settings(max_examples=40, deadline=None)
def test_bending_keeps_the_number_of_models(rows: list[list[int]], seed: int):
    work = Rewriting(ClauseSet(6, rows), range(1, 7), rng(seed), longest=20)
    work.bend(5, growth=1000)
    assert models(rows).sum() == models(list(work.clauses.clauses.values())).sum()


@given(tiny_formulas, st.integers(0, 1000))
@settings(max_examples=40, deadline=None)
def test_definitions_shorten_clauses_and_keep_the_status(rows: list[list[int]], seed: int):
    clauses = ClauseSet(6, [*rows, [1, 2, 3, 4, 5], [-1, -2, -3, -4, 5]])
    before = written(Rewriting(clauses, range(1, 7), rng(), longest=9))
    found = effort(before, 1000)
    model = None if found.model is None else dict(enumerate(found.model.tolist()))
    work = Rewriting(clauses, range(1, 7), rng(seed), longest=9, model=model)
    assert work.define(100, longest=3, binary_share=0.4)
    after = written(work)
    assert after.clause_lengths.max() <= 3
    assert effort(after, 1000).satisfiable == found.satisfiable
    if work.model is not None:
        assert not len(after.falsified(np.array([work.model[v] for v in range(after.num_vars + 1)])))


def test_a_bent_variable_stands_for_its_exclusive_or():
    clauses = [[1, 2], [1, 3], [-1, -2]]
    work = Rewriting(ClauseSet(3, clauses), [1], rng(), longest=5)
    work._bend(1, 2)
    # With x = y xor z the first and the last clause say (y or z) and (y or not z), so y; the second is left with z.
    assert set(work.clauses.clauses.values()) == {frozenset([1]), frozenset([-2, 3])}


@given(tiny_formulas, st.integers(0, 1000))
@settings(max_examples=40, deadline=None)
def test_all_steps_keep_a_known_model_and_merging_keeps_unsatisfiability(rows: list[list[int]], seed: int):
    before = Cnf.from_clauses(rows, 6)
    found = effort(before, 1000)
    model = None if found.model is None else dict(enumerate(found.model.tolist()))
    work = Rewriting(ClauseSet.of(before), range(1, 7), rng(seed), longest=20, model=model)
    for _ in range(2):
        work.bend(2, growth=1000)
        work.lift(1, "xor" if seed % 2 else "or")
        work.eliminate(1)
        work.merge(1)
    if model is None:
        assert effort(written(work), 1000).satisfiable is False
    else:
        assert work.model is not None
        values = np.array([work.model.get(v, False) for v in range(work.clauses.num_vars + 1)])
        assert not len(written(work).falsified(values))


# Novelty


@given(tiny_formulas, st.integers(0, 1000))
@settings(max_examples=40, deadline=None)
def test_labels_survive_renaming_flipping_and_shuffling(rows: list[list[int]], seed: int):
    clauses = ClauseSet(6, rows)
    before = written(Rewriting(clauses, range(1, 7), rng(), longest=9))
    after, order, _ = clauses.to_cnf(rng(seed))
    assert (clause_labels(after) == clause_labels(before)[order]).all()


def test_renaming_alone_is_not_new(multiplier: Seed):
    clauses = ClauseSet.of(multiplier.cnf)
    cnf, _, names = clauses.to_cnf(rng())
    assert multiplier.core is not None
    core = quick_core(cnf)
    assert new_core_share(multiplier.cnf, multiplier.core, cnf, core, None) < 0.35  # cores differ a little
    literal_of = {v: int(names[v]) for v in range(1, len(names))}
    image = images(multiplier.cnf, multiplier.core, [set(row) for row in cnf.to_lists()], literal_of)
    assert (image >= 0).all()
    assert new_core_share(multiplier.cnf, np.arange(multiplier.cnf.num_clauses), cnf, core, image) == 0


def test_a_literal_added_to_every_clause_is_not_new():
    parent = Cnf.from_clauses([[1, 2], [-1, 2], [1, -2], [-1, -2]])
    image = images(parent, None, [{1, 2, 3}, {-1, 2, 4}, {1, -2}, {3, 4}], {1: 1, 2: 2})
    assert image.tolist() == [0, 1, 2, -1]


# Methods


def test_an_aim_says_how_far_a_formula_is_and_stops_looking_in_time(pigeons: Seed):
    aim = Aim(pigeons.conflicts)
    assert aim.look(pigeons.cnf) == 0 and aim.settled
    assert Aim(2.0 * pigeons.conflicts).look(pigeons.cnf) == pytest.approx(-np.log(2))
    assert Aim(0.25 * pigeons.conflicts).look(pigeons.cnf) == pytest.approx(np.log(2), abs=0.1)  # the budget ran out
    expensive = Aim(1e9)
    assert expensive.look(pigeons.cnf) == np.inf and expensive.settled and expensive.last is None


@pytest.mark.parametrize("name", list(METHODS))
def test_every_method_describes_itself(name: str):
    method = METHODS[name]
    assert method.name == name
    assert method.title and not method.title.endswith(".")
    assert method.makes <= {"sat", "unsat"}


@pytest.mark.parametrize("name", ["transform", "requirements", "planted"])
def test_offspring_is_what_it_promises_and_the_same_again(name: str, multiplier: Seed, pigeons: Seed):
    for seed in (multiplier, pigeons):
        child = METHODS[name].generate([seed], 0, rng(3))
        check(child, seed)
        again = METHODS[name].generate([seed], 0, rng(3))
        assert child.cnf.content_hash() == again.cnf.content_hash()
        other = METHODS[name].generate([seed], 0, rng(4))
        assert child.cnf.content_hash() != other.cnf.content_hash()


def test_most_of_a_transformed_core_is_new(multiplier: Seed, pigeons: Seed):
    for seed in (multiplier, pigeons):
        child = Transform().generate([seed], 0, rng(1))
        assert seed.core is not None
        assert new_core_share(seed.cnf, seed.core, child.cnf, quick_core(child.cnf), child.image) > 0.4


def test_transforming_stays_near_the_wanted_hardness(pigeons: Seed):
    ratios = [
        effort(Transform().generate([pigeons], 0, rng(i)).cnf, 100_000).conflicts / pigeons.conflicts for i in range(4)
    ]
    assert 0.5 < float(np.median(ratios)) < 2
    harder = [
        effort(Transform().generate([pigeons], 0, rng(i), hardness=3.0).cnf, 100_000).conflicts / pigeons.conflicts
        for i in range(4)
    ]
    assert np.median(harder) > np.median(ratios)


def test_satisfiable_seeds_stay_satisfiable_when_transformed():
    seed = seed_of("flat-3colouring", 30)
    assert seed.status == "sat"
    check(Transform().generate([seed], 0, rng()), seed)


def test_the_published_loop_keeps_the_core(multiplier: Seed):
    finder: CoreFinder = quick_core
    child = Published(core_of=finder, per_step=3).generate([multiplier], 0, rng())
    check(child, multiplier)
    assert multiplier.core is not None and child.image is not None
    assert sorted(child.image[child.image >= 0].tolist()) == multiplier.core.tolist()
    assert new_core_share(multiplier.cnf, multiplier.core, child.cnf, quick_core(child.cnf), child.image) == 0


def test_a_relative_lacks_few_clauses_of_the_core(multiplier: Seed):
    relative = satisfiable_relative(multiplier, rng())
    assert 1 <= len(relative.removed) < 20
    assert multiplier.core is not None and set(relative.removed) <= set(multiplier.core)
    cnf, origin = weaken(multiplier.cnf, relative, 4, rng())
    assert not len(cnf.falsified(relative.model))
    assert len(cnf.falsified(relative.model)) == 0
    assert cnf.num_clauses == multiplier.cnf.num_clauses + 3 * len(relative.removed) == len(origin)


@pytest.mark.parametrize("name", ["published", "planted"])
def test_methods_that_need_an_unsatisfiable_seed_say_so(name: str):
    seed = seed_of("flat-3colouring", 30)
    with pytest.raises(CannotGenerate, match="unsatisfiable seed"):
        METHODS[name].generate([seed], 0, rng())
