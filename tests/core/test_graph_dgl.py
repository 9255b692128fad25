"""DGL conversion, run in the environment that ``tools/setup --dgl`` makes; see docs/dgl.md."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from edasat.core.errors import MissingToolError
from edasat.core.graph import EdgeSet, Graph, NodeSet

HERE = Path(__file__).resolve().parent
DGL_PYTHON = HERE.parent.parent / ".venv-dgl" / "bin" / "python"


@pytest.mark.dgl
def test_round_trip_in_the_dgl_environment(tmp_path: Path) -> None:
    if not DGL_PYTHON.exists():
        reason = f"no DGL environment at {DGL_PYTHON.parent.parent} (make it with tools/setup --dgl)"
        if os.environ.get("EDASAT_REQUIRE_DGL") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    done = subprocess.run(
        [DGL_PYTHON, HERE / "dgl_round_trip.py"],
        capture_output=True,
        text=True,
        timeout=300,
        env={**os.environ, "OMP_NUM_THREADS": "1", "HOME": str(tmp_path)},
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.endswith("round trip passed with DGL 2.1.0\n")
    assert not (tmp_path / ".dgl").exists()  # importing DGL leaves the home folder alone


def test_without_dgl_the_error_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "dgl", None)  # what Python keeps for a package that must not be found
    monkeypatch.delitem(sys.modules, "dgl.graphbolt", raising=False)
    graph = Graph({"pin": NodeSet(2)}, {("pin", "net", "pin"): EdgeSet(np.array([[0], [1]]))})
    with pytest.raises(MissingToolError, match=r"tools/setup --dgl"):
        graph.to_dgl()
    assert "dgl.graphbolt" not in sys.modules
