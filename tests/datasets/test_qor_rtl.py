"""The labelled set of Verilog modules: plan, build, resume, split."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from edasat.core.errors import InputError
from edasat.datasets import qor_rtl
from edasat.eda.rtl import families


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three small modules on the library that ships."""
    folder = tmp_path_factory.mktemp("qor") / "set"
    made = _plan()
    assert qor_rtl.build(made, folder, executor="threads") == {}
    return folder


def _plan() -> qor_rtl.Plan:
    made = qor_rtl.plan(40, None, libraries=("edasat45",))
    smallest = sorted(made.modules, key=lambda module: module.size)[:3]
    return qor_rtl.Plan(smallest, made.libraries, made.seed)


def test_plan_continues_a_smaller_one() -> None:
    few, more = (qor_rtl.plan(count, None, libraries=("edasat45",)) for count in (5, 8))
    assert [module.text for module in more.modules[: len(few.modules)]] == [module.text for module in few.modules]
    assert "CPU h" in more.cost_text


def test_labels_of_every_module_and_script(built: Path) -> None:
    found = qor_rtl.open_set(built)
    assert found.labels.num_rows == 6
    assert sorted(set(found.labels.column("script").to_pylist())) == ["area", "speed"]
    for name in found.modules:
        assert found.module(name).top in found.module(name).text
        assert json.loads(found.words(name))["modules"]
        luts = found.luts(name)
        assert luts is not None
        assert luts.startswith(b".model luts")


def test_words_made_again_are_those_of_the_build(built: Path) -> None:
    found = qor_rtl.open_set(built)
    name = next(iter(found.modules))
    again = qor_rtl.QorSet(found.labels)
    a, b = (json.loads(one.words(name))["modules"] for one in (found, again))
    assert a.keys() == b.keys()
    assert again.luts(name) is None


def test_a_growing_build_can_be_read_and_resumed(built: Path, tmp_path: Path) -> None:
    journal = (built / "journal.jsonl").read_text()
    (tmp_path / "journal.jsonl").write_text(journal + '{"key": "cut off')
    assert qor_rtl.open_set(tmp_path).labels.num_rows == 6
    (tmp_path / "journal.jsonl").write_text(journal)
    assert qor_rtl.build(_plan(), tmp_path, executor="threads") == {}
    assert qor_rtl.open_set(tmp_path).labels.equals(qor_rtl.open_set(built).labels)


def test_check_counts(built: Path) -> None:
    found = qor_rtl.check(qor_rtl.open_set(built))
    assert (found.modules, found.rows, found.duplicates) == (3, 6, 0)
    assert sum(found.parts.values()) == 3
    assert sum(found.libraries.values()) == 6


def test_whole_families_are_held_out() -> None:
    split = json.loads(qor_rtl.SPLIT.read_text())
    assert set(split["held_out_families"] + split["validation_families"]) <= set(families())
    assert not set(split["held_out_families"]) & set(split["validation_families"])
    for family in families():
        parts = {qor_rtl.part_of(family, f"{number:064x}") for number in range(200)}
        if family in split["held_out_families"]:
            assert parts == {"held-out"}
        elif family in split["validation_families"]:
            assert parts == {"validation"}
        else:
            assert parts == {"train", "validation", "test"}
    assert qor_rtl.part_of("hand-written", "0") == "hand-written"


def test_folder_without_a_set(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no labelled set"):
        qor_rtl.open_set(tmp_path)
