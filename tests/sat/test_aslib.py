"""ARFF tables and ASlib scenarios, against the public scenarios and by round trip."""

from __future__ import annotations

import lzma
import math
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edasat.core.errors import InputError
from edasat.sat.arff import format_arff, read_arff
from edasat.sat.aslib import AslibScenario, read_aslib, scenario_from_runs, write_aslib
from edasat.sat.runs import Run, runs_table, to_matrix
from edasat.sat.selection import engine_outcome, single_best, virtual_best


def runs_of_three_instances() -> list[Run]:
    base = Run(instance="", engine="", status="sat", cpu_s=0, timeout_s=50.0, memory_limit_bytes=2_000_000_000)
    rows = []
    for instance, answer in (("dir/a.cnf", "sat"), ("b, c.cnf", "unsat"), ("it's%.cnf", "")):
        for engine, cpu_s in (("kissat", 1.25), ("7", 0.1 + 0.2)):
            status, time = (answer, cpu_s) if answer else ("memout", 50.0)
            rows.append(
                replace(base, instance=instance, engine=engine, status=status, cpu_s=time, machine="ASlib mine")
            )
    return rows


def small_scenario() -> AslibScenario:
    features = pa.table(
        {
            "name": ["b, c.cnf", "dir/a.cnf"],
            "content_hash": ["x", "y"],
            "cpu_s": [0.25, 0.5],
            "vars": [-0.0, 1.0],
            "ratio of c, v": [1e300, 1 / 3],
        }
    )
    return scenario_from_runs(runs_table(runs_of_three_instances()), features, name="mine", folds=np.array([1, 2, 1]))


def assert_equal(one: AslibScenario, two: AslibScenario) -> None:
    assert one.runs.equals(two.runs)
    for name in ("name", "instances", "feature_names", "steps", "requires", "step_status"):
        assert getattr(one, name) == getattr(two, name)
    for name in ("features", "step_costs", "folds"):
        assert np.array_equal(getattr(one, name), getattr(two, name), equal_nan=True)


def test_round_trip(tmp_path: Path) -> None:
    scenario = small_scenario()
    write_aslib(scenario, tmp_path / "mine", about="Made by a test.")
    assert_equal(read_aslib(tmp_path / "mine"), scenario)
    assert (tmp_path / "mine" / "readme.txt").read_text().startswith("Made by a test.\n")
    assert scenario.step_status == (("ok",), ("ok",), ("other",))
    assert scenario.feature_cost_s.tolist() == [0.5, 0.25, 0]


# computed from the public tables by other means: SBS and VBS as PAR-2 in CPU seconds
PUBLIC = {
    "SAT12-HAND": (767, 31, 115, 1200, "mphaseSAT", 1320, 0.477, 796, 0.299),
    "SAT18-EXP": (353, 37, 54, 5000, "MapleLCMDistChronoBT", 4588, 0.586, 2249, 0.190),
    "SAT20-MAIN": (400, 67, 108, 5000, "Kissat-sc2020-sat+default", 3926, 0.660, 2266, 0.192),
}


@pytest.mark.parametrize("name", PUBLIC)
def test_public_scenario(shared_data: Path, tmp_path: Path, name: str) -> None:
    instances, engines, features, cutoff_s, sbs, sbs_par2, sbs_solved, vbs_par2, never = PUBLIC[name]
    scenario = read_aslib(shared_data / "solver_selection" / name)
    matrix = to_matrix(scenario.runs)
    assert (matrix.runtimes.shape, scenario.features.shape) == ((instances, engines), (instances, features))
    assert matrix.cutoff_s == cutoff_s
    best = single_best(matrix)
    assert matrix.engines[best] == sbs
    assert engine_outcome(matrix, best).par().mean() == pytest.approx(sbs_par2, abs=0.5)
    assert engine_outcome(matrix, best).solved_share == pytest.approx(sbs_solved, abs=0.0005)
    assert virtual_best(matrix).par().mean() == pytest.approx(vbs_par2, abs=0.5)
    assert matrix.never_solved.mean() == pytest.approx(never, abs=0.0006)
    assert set(scenario.folds.tolist()) == set(range(1, 11))
    if name == "SAT18-EXP":  # figures published for this scenario, as PAR-10
        assert engine_outcome(matrix, best).par(10).mean() == pytest.approx(21132, abs=0.5)
        assert virtual_best(matrix).par(10).mean() == pytest.approx(9841, abs=0.5)
        write_aslib(scenario, tmp_path / name)
        assert_equal(read_aslib(tmp_path / name), scenario)


def test_ground_truth_gives_the_answers(shared_data: Path) -> None:
    runs = read_aslib(shared_data / "solver_selection" / "SAT12-HAND").runs
    statuses = set(runs.column("status").to_pylist())
    assert {"sat", "unsat", "timeout"} <= statuses


def edit(file: str, change: Callable[[str], str]) -> Callable[[Path], None]:
    def apply(folder: Path) -> None:
        (folder / file).write_text(change((folder / file).read_text()))

    return apply


def compress_runs(folder: Path) -> None:
    path = folder / "algorithm_runs.arff"
    (folder / "algorithm_runs.arff.xz").write_bytes(lzma.compress(path.read_bytes()))
    path.unlink()


def rename_to_par10(folder: Path) -> None:
    edit("description.txt", lambda text: text.replace("- runtime", "- PAR10", 1))(folder)
    edit("algorithm_runs.arff", lambda text: text.replace("runtime N", "PAR10 N").replace(",50,memout", ",500,memout"))(
        folder
    )


@pytest.mark.parametrize(
    "quirk",
    [
        edit("algorithm_runs.arff", lambda text: text.replace("@DATA", "@data").replace("@ATTRIBUTE", "@Attribute")),
        edit("algorithm_runs.arff", lambda text: "% a comment\r\n" + text.replace("\n", "\r\n")),
        edit("algorithm_runs.arff", lambda text: text.replace("'b, c.cnf',", '  "b, c.cnf" ,\t')),
        edit("algorithm_runs.arff", lambda text: text.replace(",50,memout", ",50.9,memout")),
        edit("description.txt", lambda text: text.replace("'?'", "")),
        compress_runs,
        rename_to_par10,
    ],
)  # fmt: skip
def test_quirks_of_public_scenarios(tmp_path: Path, quirk: Callable[[Path], None]) -> None:
    folder = tmp_path / "mine"
    write_aslib(small_scenario(), folder)
    quirk(folder)
    assert_equal(read_aslib(folder), small_scenario())


def test_optional_files_may_be_absent(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    write_aslib(small_scenario(), folder)
    for stem in ("cv", "feature_costs", "feature_runstatus", "ground_truth"):
        (folder / f"{stem}.arff").unlink()
    scenario = read_aslib(folder)
    assert not scenario.folds.any()
    assert scenario.step_status == (("unknown",),) * 3
    assert set(scenario.runs.column("status").to_pylist()) == {"solved", "memout"}


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda folder: (folder / "description.txt").unlink(), "not an ASlib scenario: description.txt is missing"),
        (lambda folder: (folder / "algorithm_runs.arff").unlink(), "algorithm_runs.arff is missing"),
        (edit("algorithm_runs.arff", lambda text: text[: text.index("@DATA") + 6]), "table of runs is empty"),
        (
            edit("algorithm_runs.arff", lambda text: text.replace(",memout\n", ",sleepy\n")),
            "runs.arff:14: error: unknown",
        ),
        (edit("algorithm_runs.arff", lambda text: text.replace("1.25", "fast")), "'fast' of attribute 'runtime'"),
        (edit("description.txt", lambda text: text.replace("time: 50.0", "time: '?'")), "'algorithm_cutoff_time'"),
        (edit("description.txt", lambda text: "a: [1\n" + text), "not readable YAML"),
        (edit("description.txt", lambda text: "!!python/object/apply:os.getcwd []"), "not readable YAML"),
        (edit("description.txt", lambda text: text.replace("- runtime", "- solution_quality")), "not runtime"),
        (edit("feature_values.arff", lambda text: text.replace("dir/a", "dir/z")), "instance 'dir/a.cnf' has no row"),
    ],
)
def test_damaged_scenarios(tmp_path: Path, damage: Callable[[Path], None], words: str) -> None:
    folder = tmp_path / "mine"
    write_aslib(small_scenario(), folder)
    damage(folder)
    with pytest.raises(InputError) as caught:
        read_aslib(folder)
    assert words in str(caught.value)


def test_writing_refuses(tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.tex").write_text("years of work")
    with pytest.raises(InputError, match="not empty"):
        write_aslib(small_scenario(), tmp_path / "full")
    assert (tmp_path / "full" / "thesis.tex").exists()
    with pytest.raises(InputError, match="ASCII"):
        write_aslib(replace(small_scenario(), name="Größe"), tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_features_are_matched_by_name() -> None:
    scenario = small_scenario()
    assert scenario.feature_names == ("vars", "ratio of c, v")
    assert np.array_equal(scenario.features, [[1.0, 1 / 3], [0.0, 1e300], [math.nan, math.nan]], equal_nan=True)


@pytest.mark.parametrize(
    ("features", "folds", "words"),
    [
        ({"name": ["a"]}, np.zeros(2, dtype=np.int64), "expected folds of shape (3,), got (2,)"),
        ({"vars": [1.0]}, None, "column 'name' is missing"),
        ({"name": ["a", "a"]}, None, "an instance has two rows"),
    ],
)
def test_tables_must_fit_together(features: dict[str, list[object]], folds: np.ndarray | None, words: str) -> None:
    with pytest.raises(InputError, match=re.escape(words)):
        scenario_from_runs(runs_table(runs_of_three_instances()), pa.table(features), name="x", folds=folds)


printable = st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1)


@given(st.lists(st.tuples(printable, st.floats(allow_nan=True, allow_infinity=False)), max_size=5), printable)
def test_arff_round_trip(rows: list[tuple[str, float]], name: str) -> None:
    text = format_arff(name, [("instance_id", "STRING"), (name + "_", "NUMERIC")], rows)
    table = read_arff(text.encode())
    assert table.relation == name
    assert table.names == ("instance_id", name + "_")
    assert table.strings("INSTANCE_ID") == [row[0] for row in rows]
    assert np.array_equal(table.numbers([1])[:, 0], np.array([row[1] for row in rows]), equal_nan=True)


HEAD = "@relation r\n@attribute a string\n@attribute b {x, 'y z'}\n@data\n"


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("p cnf 1 1\n1 0\n", "", "no @relation"),
        ("@relation r\n@data\n", "", "no @attribute"),
        ("@relation r\n@attribute a string\n", "", "no @data"),
        ("@relation r\n@attribute a date\n", ":2", "type 'date' is not read"),
        ("@relation r\nattribute a\n", ":2", "cannot read 'attribute a'"),
        ("@relation r\n@attribute a string\n@attribute a string\n", ":3", "'a' occurs twice"),
        (HEAD + "1\n", ":5", "expected 2 values, got 1"),
        (HEAD + "1,2,3\n", ":5", "expected 2 values, got 3"),
        (HEAD + "'open, x\n", ":5", "does not end"),
        (HEAD + "{0 1}\n", ":5", "sparse rows"),
    ],
)
def test_damaged_arff(text: str, place: str, words: str) -> None:
    with pytest.raises(InputError) as caught:
        read_arff(text.encode())
    assert str(caught.value).startswith(f"<bytes>{place}: error: ")
    assert words in str(caught.value)


def test_arff_is_text() -> None:
    with pytest.raises(InputError, match="byte 0xff is no text"):
        read_arff(b"@relation \xff")
