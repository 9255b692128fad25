"""Split, folds, batches and graphs of the solver-runtimes set."""

import numpy as np
import pytest
import torch

from edasat.core.errors import InputError
from edasat.datasets.batches import BudgetBatches, fold_numbers, stable_fraction
from edasat.datasets.formula_graphs import GraphCache, batch_graphs, formula_graph, structure_hash
from edasat.datasets.solver_runtimes_data import HELD_OUT_FAMILIES, SolverRuntimes, load_instance, split_rows
from edasat.sat.cnf import Cnf
from edasat.sat.dimacs import write_dimacs
from edasat.sat.families import FAMILIES, generate
from edasat.sat.runs import Run, runs_table, write_runs
from edasat.sat.tripartite import tripartite_arrays


def hash_of(cnf: Cnf) -> int:
    return structure_hash(tripartite_arrays(cnf))


def shuffled(cnf: Cnf, seed: int) -> Cnf:
    rng = np.random.default_rng(seed)
    names = rng.permutation(cnf.num_vars) + 1
    cnf = cnf.select(rng.permutation(cnf.num_clauses))
    return Cnf.from_arrays(cnf.offsets, (np.sign(cnf.literals) * names[np.abs(cnf.literals) - 1]).astype(np.int32))


def test_held_out_families_exist_and_span_groups():
    assert set(FAMILIES) >= HELD_OUT_FAMILIES
    assert len({FAMILIES[name].group for name in HELD_OUT_FAMILIES}) >= 4


def test_split_is_disjoint_complete_and_independent_of_other_rows():
    families = ["random-3sat-sat"] * 500 + [sorted(HELD_OUT_FAMILIES)[0]] * 5
    groups = [f"{i:016x}" for i in range(505)]
    split = split_rows(families, groups)
    assert sorted(np.concatenate([split.train, split.test_instances, split.test_families])) == list(range(505))
    assert split.test_families.tolist() == list(range(500, 505))
    assert 70 < len(split.test_instances) < 130
    fewer = split_rows(families[:300], groups[:300])
    assert fewer.test_instances.tolist() == [row for row in split.test_instances if row < 300]


def test_hash_of_the_split_never_changes():
    assert stable_fraction("0123456789abcdef", "test") == pytest.approx(GOLDEN_FRACTION)


GOLDEN_FRACTION = 0.7315269773045929


def test_duplicates_stay_on_one_side():
    held_out = sorted(HELD_OUT_FAMILIES)[0]
    split = split_rows(["a", "a", "b", held_out], ["x", "x", "y", "y"])
    assert {0, 1} <= set(split.train) or {0, 1} <= set(split.test_instances)
    assert 2 in split.test_instances  # a copy of a held-out family's formula may not train
    folds = fold_numbers(["x", "x", "y"], 5)
    assert folds[0] == folds[1] and (folds < 5).all()


def test_structure_hash_ignores_names_and_order_and_little_else():
    cnf = generate("random-3sat-threshold", 30, 1)
    assert hash_of(shuffled(cnf, 1)) == hash_of(shuffled(cnf, 2)) == hash_of(cnf)
    assert hash_of(cnf) != hash_of(generate("random-3sat-threshold", 30, 2))
    flipped = cnf.literals.copy()
    flipped[0] *= -1
    assert hash_of(cnf) != hash_of(Cnf(cnf.num_vars, cnf.offsets, flipped))


def test_batches_keep_the_budget_and_hold_every_row_once():
    rows, clauses = np.arange(100, 150), np.arange(50) * 10 + 1
    batches = BudgetBatches(rows, clauses, batch_size=8, budget=900, shuffle=True)
    first = list(batches)
    assert sorted(row for batch in first for row in batch) == rows.tolist()
    assert all(len(b) <= 8 and (sum(clauses[r - 100] for r in b) <= 900 or len(b) == 1) for b in first)
    assert list(batches) == first
    batches.set_epoch(1)
    assert list(batches) != first


def test_processes_share_the_batches_evenly():
    parts = [
        list(BudgetBatches(np.arange(50), np.ones(50), batch_size=4, budget=100, shuffle=True, rank=rank, world_size=3))
        for rank in range(3)
    ]
    assert len({len(part) for part in parts}) == 1
    seen = [row for part in parts for batch in part for row in batch]
    assert set(seen) == set(range(50))


def test_instances_come_from_files_or_ids(tmp_path):
    cnf = generate("pigeonhole", 4, 0)
    write_dimacs(cnf, tmp_path / "mine.cnf")
    assert load_instance("mine.cnf", tmp_path).content_hash() == cnf.content_hash()
    assert load_instance("pigeonhole-4-0").content_hash() == cnf.content_hash()
    with pytest.raises(InputError):
        load_instance("nothing.cnf", tmp_path)


def test_cached_graph_is_the_graph_and_damage_is_repaired():
    cnf = generate("random-3sat-threshold", 30, 1)
    cache = GraphCache(20)
    graph, structure = cache.build(cnf)
    found = cache.load(cnf.content_hash())
    assert found is not None and found[1] == structure == hash_of(cnf)
    np.testing.assert_array_equal(found[0].clause_x, formula_graph(cnf, 20).clause_x)
    np.testing.assert_array_equal(found[0].literals, graph.literals)
    [path] = cache._cache.folder.iterdir()
    path.write_bytes(path.read_bytes()[:50])
    assert cache.load(cnf.content_hash()) is None
    assert cache.build(cnf)[0].num_clauses == 20


def test_union_shifts_every_index():
    a, b = (formula_graph(generate("pigeonhole", n, 0)) for n in (4, 6))
    batch = batch_graphs([a, b])
    torch.testing.assert_close(batch.literals[len(a.literals) :], torch.from_numpy(b.literals + 2 * a.num_vars))
    torch.testing.assert_close(batch.clauses[len(a.clauses) :], torch.from_numpy(b.clauses + a.num_clauses))
    assert batch.clause_offsets[-1] == batch.literal_offsets[-1] == len(batch.literals)
    assert len(batch.clause_offsets) == a.num_clauses + b.num_clauses + 1
    assert batch.clause_fraction.max() == 1
    assert batch.to("cpu").vars_per_formula == [a.num_vars, b.num_vars]


def test_data_module_splits_and_labels(tmp_path):
    rows = [
        Run(
            instance=f"random-3sat-threshold-20-{seed}",
            family="random-3sat-threshold",
            engine=engine,
            status=status,
            cpu_s=seconds,
            timeout_s=5.0,
        )
        for seed in range(20)
        for engine, status, seconds in (("x", "sat", 1.0 + seed), ("y", "timeout", 5.0))
    ]
    rows = [row for row in rows if row.cpu_s <= 5.0 or row.engine == "y"]
    rows += [
        Run(
            instance=f"random-3sat-threshold-20-{seed}",
            family="random-3sat-threshold",
            engine="x",
            status="timeout",
            cpu_s=5.0,
            timeout_s=5.0,
        )
        for seed in range(5, 20)
    ]
    write_runs(runs_table(rows), tmp_path / "runs.csv")
    data = SolverRuntimes(str(tmp_path / "runs.csv"), fold=1, num_folds=2, batch_size=4)
    assert data.engines == ["x", "y"] and data.cutoff_s == 5.0
    data.prepare_data()
    data.setup("fit")
    train, validation = data.fold_rows
    assert not set(train) & set(validation)
    assert set(train) | set(validation) == set(data.split.train)
    batch = next(iter(data.train_dataloader()))
    assert batch.runtime_s.shape == (4, 2) and not batch.solved[:, 1].any()
    data.fold = 0
    assert set(data.fold_rows[0]) == set(validation)
    everything = SolverRuntimes(str(tmp_path / "runs.csv"), all_rows=True)
    assert len(everything.split.train) == 20 and not len(everything.split.test_instances)


def test_too_small_a_table_is_refused(tmp_path):
    rows = [Run(instance="pigeonhole-4-0", engine="x", status="unsat", cpu_s=1.0, timeout_s=5.0)]
    write_runs(runs_table(rows), tmp_path / "runs.csv")
    with pytest.raises(InputError, match="training and"):
        SolverRuntimes(str(tmp_path / "runs.csv"), all_rows=True).setup("fit")
    with pytest.raises(InputError, match="no such table"):
        SolverRuntimes(str(tmp_path / "none.parquet")).engines  # noqa: B018
    with pytest.raises(InputError, match="folds"):
        SolverRuntimes(fold=5, num_folds=5)
