"""The timing engine against OpenSTA, by the committed tables that `edasat.tools.golden_timing` made with it."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edasat.core.names import Names
from edasat.eda.cells import LIBERTY, WIRE_LOAD
from edasat.eda.formats.liberty import read_liberty
from edasat.eda.formats.sdc import Units, read_sdc
from edasat.eda.formats.sdf import read_sdf
from edasat.eda.formats.spef import read_spef
from edasat.eda.formats.verilog import read_verilog
from edasat.eda.library import Library
from edasat.eda.timing.analysis import Timer, Timing
from edasat.eda.timing.annotation import annotate
from edasat.eda.timing.binding import bind
from edasat.eda.timing.graph import EARLY, LATE, build_graph
from edasat.eda.timing.parasitics import spef_wires
from edasat.eda.timing.wires import wire_load_wires

ROOT = Path(__file__).resolve().parents[2]
DESIGNS = ROOT / "tools/edasat/tools/instances/timing"
TABLES = sorted((ROOT / "tests/data/timing").glob("*.json"))
NAMES = [path.stem for path in TABLES]
#: OpenSTA computes in single precision and the tables have six digits.
SAME = 1e-6
#: With wires both solve for waveforms by iteration, and OpenSTA stops at the hundredth part of a value.
CLOSE = 2e-5


@cache
def library() -> Library:
    return read_liberty(LIBERTY, cache=False)


@cache
def golden(name: str) -> dict[str, Any]:
    return json.loads((ROOT / f"tests/data/timing/{name}.json").read_text())["modes"]


@cache
def timer(name: str) -> Timer:
    folder = DESIGNS / name
    graph = build_graph(read_verilog(folder / "netlist.v", library=library()), library())
    constraints, join = bind(graph, read_sdc(folder / "constraints.sdc", units=Units(1.0, 1.0, 1000.0)))
    assert all(row.share == 1 for row in join.rows)
    assert not constraints.ignored
    return Timer(graph, constraints)


@cache
def timing(name: str, mode: str) -> Timing:
    made, folder = timer(name), DESIGNS / name
    if mode == "no_wires":
        return made.run()
    if mode == "wire_load":
        loads = made.constraints.port_loads
        return made.run(wire_load_wires(made.graph, library().wire_loads[WIRE_LOAD], loads))
    if mode == "spef":
        wires, join = spef_wires(made.graph, read_spef(folder / "wires.spef"))
        assert all(row.share == 1 for row in join.rows)
        return made.run(wires)
    annotation = annotate(made.graph, read_sdf(folder / "delays.sdf"))
    assert all(row.share == 1 for row in annotation.join.rows)
    return made.run(None, annotation)


def by_endpoint(result: Timing, early_late: int) -> dict[str, float]:
    nodes, slacks = result.endpoint_slacks(early_late)
    return dict(zip(result.graph.node_names(nodes), slacks.tolist(), strict=True))


@pytest.mark.parametrize("late", [True, False], ids=["setup", "hold"])
@pytest.mark.parametrize("mode", ["no_wires", "wire_load", "sdf", "spef"])
@pytest.mark.parametrize("name", NAMES)
def test_every_endpoint_has_the_slack_that_opensta_gives(name: str, mode: str, late: bool) -> None:
    table = golden(name)[mode]["setup" if late else "hold"]
    early_late = LATE if late else EARLY
    result, within = timing(name, mode), CLOSE if mode == "spef" else SAME
    slacks = by_endpoint(result, early_late)
    assert slacks == pytest.approx(dict(zip(table["endpoint"], table["slack"], strict=True)), abs=within)
    assert result.wns(early_late) == pytest.approx(table["wns"], abs=within)
    assert result.tns(early_late) == pytest.approx(table["tns"], abs=within * len(slacks))


@pytest.mark.parametrize("mode", ["no_wires", "wire_load", "spef"])
@pytest.mark.parametrize("name", [name for name in NAMES if "pins" in golden(name)["no_wires"]])
def test_every_pin_has_the_arrival_slew_and_slack_that_opensta_gives(name: str, mode: str) -> None:
    table = golden(name)[mode]["pins"]
    result = timing(name, mode)
    nodes = result.graph.find_nodes(Names.of(table["name"]))
    known = nodes >= 0  # OpenSTA has pins for the state of registers, too
    assert all(pin.endswith(("/IQ", "/IQN")) for pin, good in zip(table["name"], known, strict=True) if not good)
    columns = {
        "arrival": result.node_arrival(),
        "slew": np.moveaxis(result.slew, 0, 1),
        "slack": result.node_slack(),
    }
    for what, mine in columns.items():
        wanted = np.array(table[what], float)[known].reshape(-1, 2, 2)
        got = mine[nodes[known]]
        both = ~np.isnan(wanted) & ~np.isnan(got)
        assert both.mean() > 0.5
        assert got[both] == pytest.approx(wanted[both], abs=CLOSE if mode == "spef" else SAME), what
