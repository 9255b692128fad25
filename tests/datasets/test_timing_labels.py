"""Labelled layouts: the shipped one against our engine, the choice of constraints, and a build of one circuit."""

from __future__ import annotations

import os
import shutil
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from edasat.core.errors import InputError
from edasat.datasets.timing import tables
from edasat.datasets.timing.build import build, plan, sample_folders
from edasat.datasets.timing.data import TimingData, group_of
from edasat.datasets.timing.label import choose_constraints
from edasat.datasets.timing.samples import TimingSample, read_sample
from edasat.eda.formats.sdc import read_sdc
from edasat.eda.library import Direction
from edasat.eda.timing.analysis import Timer
from edasat.eda.timing.binding import bind
from edasat.eda.timing.graph import EARLY, LATE
from edasat.tools.slack_example import EXAMPLE


@cache
def sample() -> TimingSample:
    return read_sample(EXAMPLE, None)


def test_golden_ends_are_those_of_our_engine_on_the_same_wires() -> None:
    ends = sample().design.timer.run(sample().golden).ends
    for early_late, golden in ((EARLY, sample().ends[0]), (LATE, sample().ends[1])):
        rows = ends.worst_rows(early_late)
        found = dict(zip(ends.node[rows].tolist(), ends.slack[rows].tolist(), strict=True))
        assert set(golden.node.tolist()) == set(found)
        np.testing.assert_allclose([found[node] for node in golden.node.tolist()], golden.slack, atol=2e-4)


def test_constraints_make_a_quarter_fail() -> None:
    graph = sample().design.graph
    text = choose_constraints(graph, sample().golden)
    constraints, _ = bind(graph, read_sdc(text.encode()))
    ends = Timer(graph, constraints, latches="opaque").run(sample().golden).ends
    slack = ends.slack[ends.worst_rows(LATE)]
    assert 0.05 < (slack < 0).mean() <= 0.25
    outputs = (graph.netlist.port_direction == Direction.OUTPUT).sum()
    assert "set_propagated_clock" in text and text.count("set_output_delay") == outputs > 0


def test_plans_grow() -> None:
    small, large = (plan(count, None, libraries=("edasat45",)) for count in (6, 12))
    assert [task["family"] for task in small.tasks.values()] == [t["family"] for t in large.tasks.values()][:6]
    assert len({(task["family"], task["seed"]) for task in large.tasks.values()}) == 12
    with pytest.raises(InputError, match="no library 'no-such'"):
        plan(1, None, libraries=("no-such",))


def need_flow() -> None:
    """Skip without the programs of the flow, unless they must be there."""
    missing = [name for name in ("sta", "graywolf", "qrouter") if shutil.which(name) is None]
    if missing and os.environ.get("EDASAT_REQUIRE_FLOW") == "1":
        pytest.fail(f"not installed: {', '.join(missing)}")
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)}; tools/setup --flow installs them")


def test_one_circuit_is_made_and_labelled(tmp_path: Path) -> None:
    need_flow()
    made = plan(1, None, libraries=("edasat45",), largest=150)
    assert build(made, tmp_path) == {}
    assert build(made, tmp_path) == {}  # nothing left to do
    found = tables.check(tmp_path)
    assert (found.layouts, found.failed, found.good) == (1, {}, True)
    (folder,) = sample_folders(tmp_path)
    labelled = read_sample(folder, None)
    assert group_of(labelled) == "own" and len(labelled.ends[1]) > 5
    # The layout comes without the wires that its labels were made of.
    assert labelled.golden.resistance.sum() > 0
    data = TimingData(str(tmp_path))
    data.setup("fit")
    batch = next(iter(data.train_dataloader()))
    assert data.libraries == ("edasat45",) and batch.forest.num_nets > 20


def test_folders_that_are_no_samples(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"sample\.json is missing"):
        read_sample(tmp_path, None)
    with pytest.raises(InputError, match="no labelled layouts"):
        TimingData(str(tmp_path))
