"""The core table: sources, labels, rebuilding, split and batches."""

from pathlib import Path

import numpy as np
import pytest
from pysat.solvers import Solver

from edasat.core.errors import InputError
from edasat.core.tables import write_table
from edasat.datasets import cores
from edasat.datasets.core_sources import (
    CoreTask,
    family_of,
    file_tasks,
    own_tasks,
    pack_mask,
    rebuild,
    unpack_mask,
)
from edasat.datasets.cores import build, check, core_mask, load, plan
from edasat.datasets.cores_data import Cores, load_formulas
from edasat.datasets.cores_split import HELD_OUT_FAMILIES, part_of
from edasat.sat.cnf import Cnf
from edasat.sat.dimacs import write_dimacs
from edasat.sat.families import FAMILIES


def satisfiable(cnf: Cnf) -> bool:
    with Solver("cadical195", bootstrap_with=cnf.to_lists()) as solver:
        return bool(solver.solve())


@pytest.fixture(scope="module")
def small_table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    tasks = [
        CoreTask("bmc-accumulator-safe-5-0", "family"),
        CoreTask("planted-3sat-75-0", "family"),  # satisfiable: no row
        CoreTask("planted-3sat-75-0+requirements-0", "requirements"),
        CoreTask("linear-4xor-20-0+loop-0", "loop"),
    ]
    out = tmp_path_factory.mktemp("cores") / "cores.parquet"
    failed = build(cores.Plan(tasks, 5.0), out, executor="threads")
    assert failed == {"planted-3sat-75-0": "satisfiable"}
    return out


def test_rows_come_back_as_the_formulas_that_were_labelled(small_table: Path):
    rows = load(small_table).to_pylist()
    assert {row["source"] for row in rows} == {"family", "requirements", "loop"}
    for row in rows:
        cnf = rebuild(row)
        assert cnf.content_hash() == row["formula_hash"] and cnf.name == row["instance"]
        mask = core_mask(row)
        assert mask.sum() == row["core_size"] and not satisfiable(cnf.select(mask))
    loop = [row for row in rows if row["source"] == "loop"]
    assert len(loop) >= 2 and loop[0]["decored"] == [] and len(loop[-1]["decored"]) > 0
    assert len({row["group"] for row in loop}) == 1


def test_building_again_does_nothing_and_a_check_counts(small_table: Path):
    before = small_table.read_bytes()
    tasks = [CoreTask("bmc-accumulator-safe-5-0", "family")]
    build(cores.Plan(tasks, 5.0), small_table, executor="threads")
    assert load(small_table).num_rows == 1
    small_table.write_bytes(before)
    found = check(load(small_table))
    assert found.rows == sum(found.sources.values()) == sum(found.parts.values())
    assert 0 < found.base_rates["linear-4xor+loop"] < 0.7


def test_files_are_labelled_for_tests_only(tmp_path: Path):
    write_dimacs(Cnf.from_clauses([[1], [2, 3], [-1]]), tmp_path / "mine.cnf")
    write_dimacs(Cnf.from_clauses([[]]), tmp_path / "empty.cnf")
    build(cores.Plan(file_tasks([tmp_path]), 5.0), tmp_path / "cores.parquet", executor="threads")
    rows = {row["instance"]: row for row in load(tmp_path / "cores.parquet").to_pylist()}
    assert core_mask(rows["mine.cnf"]).tolist() == [True, False, True]
    assert core_mask(rows["empty.cnf"]).tolist() == [True]
    assert {row["part"] for row in rows.values()} == {"test_files"}
    assert rebuild(rows["mine.cnf"], tmp_path).num_clauses == 3
    write_dimacs(Cnf.from_clauses([[1], [2], [-1]]), tmp_path / "mine.cnf")
    with pytest.raises(InputError, match="another formula"):
        load_formulas(tmp_path / "cores.parquet", tmp_path)


def test_masks_survive_packing():
    rng = np.random.default_rng(0)
    for count in (0, 1, 7, 8, 1000):
        mask = rng.random(count) < 0.3
        assert (unpack_mask(pack_mask(np.flatnonzero(mask), count), count) == mask).all()


def test_tasks_cover_families_and_are_prefixes_of_each_other():
    assert own_tasks(300) == own_tasks(900)[:300]
    assert len({t.key for t in own_tasks(900)}) == 900
    bases = {t.base.rsplit("-", 2)[0] for t in own_tasks(200)}
    assert bases <= set(FAMILIES) and bases >= HELD_OUT_FAMILIES
    assert family_of("bmc-arbiter-fair-6-0+loop-0-3") == "bmc-arbiter-fair+loop"
    assert plan(5).cost_text.startswith("5 formulas")


def test_the_split_never_changes_and_keeps_families_out():
    assert part_of("prime", "0123456789abcdef") == "train"
    assert part_of("prime+loop", "0" * 16) == part_of("prime", "0" * 16)
    assert part_of("open-shop+loop", "1") == "test_families"
    share = np.mean([part_of("prime", f"{i:016x}") == "test_instances" for i in range(2000)])
    assert 0.17 < share < 0.23


def test_the_data_module_batches_labels_and_hints(small_table: Path):
    data = Cores(str(small_table), fold=0, num_folds=2, batch_size=4, all_rows=True)
    data.prepare_data()
    rows = data.rows("train")
    batch = next(iter(data.loader(rows)))
    assert batch.in_core.sum() == sum(data.formulas.formulas[row].in_core.sum() for row in rows[:4])
    assert len(batch.clause_hints) == len(batch.in_core) == sum(batch.clauses_per_formula)
    train, validation = data.fold_rows
    groups = [{data.formulas.formulas[row].row["group"] for row in part} for part in (train, validation)]
    assert not groups[0] & groups[1]
    assert batch.to("cpu").in_core.dtype == batch.in_core.dtype


def test_wrong_tables_are_refused(tmp_path: Path):
    import pyarrow as pa

    with pytest.raises(InputError, match="no such table"):
        load(tmp_path / "none.parquet")
    write_table(pa.table({"a": [1]}), tmp_path / "other.parquet")
    with pytest.raises(InputError, match="not a core table"):
        load(tmp_path / "other.parquet")
    (tmp_path / "text.parquet").write_text("hello")
    with pytest.raises(InputError, match="not a core table"):
        load(tmp_path / "text.parquet")
    with pytest.raises(InputError, match="folds"):
        Cores(fold=3, num_folds=3)


@pytest.mark.skipif(not cores.TABLE.exists(), reason="the table is not built yet")
def test_the_table_that_ships():
    table = load()
    found = check(table)
    assert found.good and found.rows >= 400
    assert cores.TABLE.stat().st_size < 4 << 20
    assert set(found.parts) == {"train", "test_instances", "test_families"}
    rows = table.to_pylist()
    assert all(row["part"] == part_of(row["family"], row["group"], row["source"]) for row in rows)
    for row in rows[::60]:
        assert rebuild(row).content_hash() == row["formula_hash"]
