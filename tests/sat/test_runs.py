"""The run table and its matrix view."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edasat.core.errors import CheckFailed, InputError
from edasat.sat.runs import (
    STATUSES,
    Run,
    contradictions,
    read_runs,
    run_schema,
    runs_table,
    to_matrix,
    validate_runs,
    write_runs,
)

BASE = Run(instance="a.cnf", engine="kissat", status="sat", cpu_s=1.5, timeout_s=10.0)
HEADER = "instance,engine,status,cpu_s,timeout_s\n"


def run(instance: str, engine: str, status: str, cpu_s: float, **more: object) -> Run:
    return replace(BASE, instance=instance, engine=engine, status=status, cpu_s=cpu_s, **more)  # type: ignore[arg-type]


def test_schema_states_units() -> None:
    schema = run_schema()
    assert schema.field("cpu_s").metadata[b"unit"] == b"s"
    assert schema.field("peak_memory_bytes").metadata[b"unit"] == b"byte"
    assert schema.field("conflicts").nullable
    assert not schema.field("status").nullable


@pytest.mark.parametrize("suffix", ["parquet", "csv"])
def test_round_trip(tmp_path: Path, suffix: str) -> None:
    rows = [
        run("x, y.cnf", "kissat", "unsat", 0.1 + 0.2, conflicts=2**40, seed=None, started="2026-01-02T03:04:05+00:00"),
        run('q"uote.cnf', "cadical", "timeout", 10.0, wall_s=12.25, family="f", machine="m", peak_memory_bytes=7),
    ]
    table = runs_table(rows)
    path = tmp_path / f"runs.{suffix}"
    write_runs(table, path)
    assert read_runs(path).equals(table)
    assert read_runs(path.read_bytes()).equals(table)


def test_other_suffix_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot tell the format"):
        write_runs(runs_table([BASE]), tmp_path / "runs.txt")


def test_five_columns_are_enough() -> None:
    table = read_runs((HEADER + "a.cnf,kissat,sat,1.5,10\n").encode())
    assert table.equals(runs_table([BASE]))


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        (HEADER + "a,k,sat,1,10\nb,k,solvd,1,10\n", 3, "unknown status 'solvd'"),
        (HEADER + "a,k,sat,-1,10\n", 2, "cpu_s must be finite and not negative"),
        (HEADER + "a,k,sat,nan,10\n", 2, "cpu_s must be finite"),
        (HEADER + "a,k,sat,1,0\n", 2, "timeout_s must be finite and positive"),
        (HEADER + "a,k,sat,x1,10\n", 2, "invalid value 'x1'"),
        (HEADER + "a,k,sat,1,10\na,k,sat,2,10\n", 3, "repetition 0 on 'a' twice"),
        (HEADER + "a,,sat,1,10\n", 2, "column 'engine' has no value"),
        (HEADER + "a,k,sat,,10\n", 0, "column 'cpu_s' has no value"),
        ("instance,engine,status,cpu_s\na,k,sat,1\n", 0, "column 'timeout_s' is missing"),
        ("instance,engine,status,cpus,timeout_s\na,k,sat,1,9\n", 0, "did you mean 'cpu_s'"),
        (HEADER + "a,k,sat\n", 2, "Expected 5 columns, got 3"),
        ("", 0, "Empty CSV"),
        ("PAR1 cut short", 0, "not a run table"),
        ("\0\0", 0, "binary data"),
        (
            "instance,instance_hash,engine,status,cpu_s,timeout_s\na,1,k,sat,1,9\na,2,m,sat,1,9\n",
            3,
            "two values of instance_hash: '1' and '2'",
        ),
    ],
)
def test_wrong_tables_are_named(text: str, line: int, words: str) -> None:
    with pytest.raises(InputError, match=re.escape(words)) as caught:
        read_runs(text.encode())
    assert words in str(caught.value)
    assert caught.value.line == line


def test_parquet_of_something_else() -> None:
    buffer = io.BytesIO()
    pyarrow.parquet.write_table(pa.table({"a": [1]}), buffer)
    with pytest.raises(InputError, match="unknown column 'a'"):
        read_runs(buffer.getvalue())


def test_ill_typed_column() -> None:
    table = runs_table([BASE])
    wrong = table.set_column(table.column_names.index("cpu_s"), "cpu_s", pa.array(["soon"]))
    with pytest.raises(InputError, match="cannot be read as double"):
        validate_runs(wrong)


def test_matrix_censors_at_the_cutoff() -> None:
    table = runs_table(
        [
            run("a", "k", "sat", 1.0),
            run("a", "m", "timeout", 10.7),
            run("b", "k", "unsat", 10.5),  # came after the limit
            run("b", "m", "crash", 0.01),
        ]
    )
    matrix = to_matrix(table)
    assert matrix.engines == ("k", "m")
    assert matrix.runtimes.tolist() == [[1.0, 10.0], [10.0, 10.0]]
    assert matrix.solved.tolist() == [[True, False], [False, False]]
    assert [[STATUSES[code] for code in row] for row in matrix.status] == [["sat", "timeout"], ["timeout", "crash"]]
    assert matrix.never_solved.tolist() == [False, True]


@pytest.mark.parametrize(
    ("runs", "expected"),
    [
        ([("sat", 3.0), ("sat", 1.0), ("sat", 2.0)], (2.0, True)),
        ([("sat", 3.0), ("timeout", 10.0), ("sat", 2.0)], (3.0, True)),
        ([("timeout", 10.0), ("timeout", 10.0), ("sat", 2.0)], (10.0, False)),
        ([("sat", 3.0), ("timeout", 10.0)], (10.0, False)),  # no majority
    ],
)
def test_median_run(runs: list[tuple[str, float]], expected: tuple[float, bool]) -> None:
    matrix = to_matrix(runs_table(run("a", "k", status, cpu_s, repetition=i) for i, (status, cpu_s) in enumerate(runs)))
    assert (matrix.runtimes[0, 0], matrix.solved[0, 0]) == expected


@given(st.data())
def test_matrix_does_not_depend_on_row_order(data: st.DataObject) -> None:
    cells = st.tuples(st.sampled_from(["sat", "timeout", "memout"]), st.floats(0, 10, allow_nan=False))
    rows = [
        run(instance, engine, *data.draw(cells), repetition=repetition)
        for instance in "ab"
        for engine in "km"
        for repetition in range(data.draw(st.integers(1, 3)))
    ]
    straight = to_matrix(runs_table(rows))
    mixed = to_matrix(runs_table(data.draw(st.permutations(rows))))
    mixed = mixed.take([mixed.instances.index(name) for name in straight.instances]).take_engines(straight.engines)
    assert np.array_equal(straight.runtimes, mixed.runtimes)
    assert np.array_equal(straight.status, mixed.status)


def test_two_versions_are_two_engines() -> None:
    table = runs_table([replace(BASE, engine_version="3"), replace(BASE, engine_version="4")])
    assert to_matrix(table).engines == ("kissat 3", "kissat 4")


def test_contradiction_is_loud() -> None:
    table = runs_table(
        [run("a", "k", "sat", 1), run("a", "m", "unsat", 2), run("b", "k", "sat", 1), run("b", "m", "sat", 1)]
    )
    (found,) = contradictions(table)
    assert str(found) == "'a': sat by k; unsat by m"
    with pytest.raises(CheckFailed, match="contradict each other on 'a'"):
        to_matrix(table)
    matrix = to_matrix(table, strict=False)
    assert matrix.instances == ("b",)
    assert matrix.left_out == {"a": "contradiction"}


def test_incomplete_instances() -> None:
    table = runs_table([run("a", "k", "sat", 1), run("b", "k", "sat", 1), run("b", "m", "sat", 1)])
    with pytest.raises(InputError, match="'m' has no run on 'a' \\(1 of 4 cells"):
        to_matrix(table)
    assert to_matrix(table, strict=False).left_out == {"a": "incomplete"}


@pytest.mark.parametrize(
    ("change", "words"),
    [({"machine": "other"}, "machines"), ({"timeout_s": 20.0}, "time limits"), ({"memory_limit_bytes": 1}, "memory")],
)
def test_conditions_never_mix(change: dict[str, object], words: str) -> None:
    table = runs_table([BASE, replace(BASE, engine="m", **change)])  # type: ignore[arg-type]
    with pytest.raises(InputError, match=f"different {words}"):
        to_matrix(table)


def test_no_rows() -> None:
    with pytest.raises(InputError, match="no rows"):
        to_matrix(runs_table([]))


def test_unknown_engine_is_named() -> None:
    with pytest.raises(InputError, match="no runs of engine 'x'"):
        to_matrix(runs_table([BASE])).take_engines(["x"])
