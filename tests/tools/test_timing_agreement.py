"""The comparison with OpenSTA: its arithmetic, and the agreement itself where OpenSTA is installed."""

from __future__ import annotations

import os
import shutil

import numpy as np
import pytest

from edasat import api
from edasat.core.names import Names
from edasat.eda.opensta import Endpoints as StaEndpoints
from edasat.tools.benchmarks.timing_agreement import Case, _difference, measure, shipped_cases, table
from edasat.tools.timing_examples import inputs


def test_differences_are_between_end_points_of_one_name() -> None:
    files = inputs("counter8")
    ours = api.sta(list(files.liberty), netlist=files.netlist, sdc=files.sdc).setup
    names = [*ours.names[1:], "only/theirs"]
    slack = np.append(ours.slack[1:], 9.0)
    slack[4] += 0.25
    theirs = StaEndpoints(
        names=Names.of(names),
        starts=Names.of(names),
        edge=np.zeros(len(names), np.uint8),
        check=("setup",) * len(names),
        slack=slack,
        arrival=np.full(len(names), 0.5),
        required=slack,
    )
    found = _difference(ours, theirs)
    assert (found["num_only_opensta"], found["num_only_edasat"]) == (1, 1)
    assert (found["max_ns"], found["max_at"]) == (pytest.approx(0.25), names[4])
    assert found["max_share"] == pytest.approx(0.5)
    assert found["mean_share"] == pytest.approx(0.5 / (len(names) - 1))


@pytest.fixture
def cases() -> list[Case]:
    if shutil.which("sta") is None:
        if os.environ.get("EDASAT_REQUIRE_FLOW") == "1":
            pytest.fail("sta is not installed (tools/setup --flow)")
        pytest.skip("needs OpenSTA (tools/setup --flow)")
    return [case for case in shipped_cases() if case.name.endswith(("counter8", "clock_domains", "gated_pipeline"))]


def test_shipped_designs_agree(cases: list[Case]) -> None:
    """Table look-ups and annotated delays to the rounding of single precision; wires within 2 % of path delay."""
    found = measure(cases)
    assert len(found["cases"]) == 3
    for case in found["cases"]:
        for mode, sides in case["modes"].items():
            for gap in sides.values():
                assert (gap["num_only_opensta"], gap["num_only_edasat"]) == (0, 0)
                if mode == "spef":
                    assert gap["mean_share"] < 0.02
                else:
                    assert gap["max_ns"] < 1e-6
    lines = table({"data": found}).splitlines()
    assert lines[2].startswith("| 3 shipped designs | 245 | 142 | < 0.01 | < 0.01 |")
    assert "the other has not: 0" in lines[-1]
