"""Predicted wires against facts: sums over trees, an untrained network, labels of a shipped design, intervals."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from edasat.core.errors import InputError
from edasat.datasets.timing.data import NetDraws
from edasat.datasets.timing.forest import join_forests, pick_nets
from edasat.datasets.timing.wires import LabelledNets, PlacedWires, drive_slopes, wire_labels
from edasat.eda.cells import LEF, LIBERTY
from edasat.eda.formats.spef import read_spef
from edasat.eda.timing.design import Design, load_design
from edasat.eda.timing.graph import LATE
from edasat.eda.timing.parasitics import spef_wires
from edasat.models.e2eslack.module import WireModule, wire_loss
from edasat.models.e2eslack.network import WireConfig, WireNetwork
from edasat.models.e2eslack.predictor import Calibration, SlackPredictor, WirePredictor
from edasat.models.e2eslack.tree_sums import sum_along, sum_behind

DESIGNS = Path(__file__).resolve().parents[2] / "tools/edasat/tools/instances/timing"


@cache
def design(name: str = "alu8") -> Design:
    folder = DESIGNS / name
    return load_design(LIBERTY, layout=folder / "placed.def", lef=LEF, sdc=folder / "constraints.sdc", wires="none")


@cache
def labelled(name: str = "alu8") -> LabelledNets:
    wires = PlacedWires.of(design(name))
    golden = spef_wires(design(name).graph, read_spef(DESIGNS / name / "wires.spef"))[0]
    return LabelledNets(wires.forest(0), wire_labels(design(name).graph, wires.trees, golden))


def network(seed: int = 0) -> WireNetwork:
    """Return a network whose weights are not those that say nothing."""
    torch.manual_seed(seed)
    found = WireNetwork(WireConfig(libraries=("edasat45",)))
    found.set_statistics(labelled().forest)
    for parameter in found.parameters():
        torch.nn.init.normal_(parameter, std=0.1)
    return found.eval()


trees = st.lists(st.integers(0, 10**6), min_size=1, max_size=30).map(
    lambda draws: torch.tensor([0, *(draw % (i + 1) for i, draw in enumerate(draws))])
)


@settings(deadline=None, max_examples=50)
@given(trees, st.integers(0, 100))
def test_sums_over_trees(parent: torch.Tensor, seed: int) -> None:
    value = torch.randn(len(parent), dtype=torch.float64, generator=torch.Generator().manual_seed(seed))
    on_way = torch.eye(len(parent), dtype=torch.float64)  # [node, ancestor]
    for node in range(1, len(parent)):
        on_way[node] += on_way[parent[node]]
    torch.testing.assert_close(sum_along(value, parent), on_way @ value)
    torch.testing.assert_close(sum_behind(value, parent), on_way.T @ value)


def test_sums_have_gradients() -> None:
    parent = torch.tensor([0, 0, 1, 1, 4, 4])
    value = torch.randn(6, dtype=torch.float64, requires_grad=True)
    for function in (sum_along, sum_behind):
        assert torch.autograd.gradcheck(lambda x, f=function: f(x, parent), value)


def test_an_untrained_network_is_an_estimate_by_length() -> None:
    forest = labelled().forest
    untrained = WireNetwork(WireConfig())
    wires = untrained(forest)
    pins = torch.bincount(forest.net_of[forest.is_pin > 0], minlength=forest.num_nets)
    length = torch.zeros(forest.num_nets).index_add(0, forest.net_of, forest.length)
    total = torch.zeros(forest.num_nets).index_add(0, forest.net_of, wires.capacitance)
    expected = forest.ff_per_um * (length + 0.5 * forest.row_height * pins)
    torch.testing.assert_close(total, expected, rtol=1e-4, atol=1e-5)
    assert (wires.resistance[~forest.has_wire] == 0).all() and (wires.resistance[forest.has_wire] >= 0).all()


def test_nets_do_not_know_of_each_other() -> None:
    forest, found = labelled().forest, network()
    whole = found(forest)
    nets = torch.arange(3, forest.num_nets, 7)
    part, nodes = pick_nets(forest, nets)
    torch.testing.assert_close(found(part).capacitance, whole.capacitance[nodes])
    torch.testing.assert_close(found(part).resistance, whole.resistance[nodes])
    twice = found(join_forests([part, forest]))
    torch.testing.assert_close(twice.resistance[len(nodes) :], whole.resistance)


def test_labels_are_those_of_the_extracted_wires() -> None:
    spef = read_spef(DESIGNS / "alu8" / "wires.spef")
    labels, graph = labelled().labels, design().graph
    assert float(labels.capacitance.sum()) == pytest.approx(float(spef.node_capacitance.sum()), rel=1e-4)
    timing = design().timer.run(spef_wires(graph, spef)[0])
    assert float(labels.elmore.nan_to_num().max()) == pytest.approx(
        float(timing.loads.elmore[-1].mean(axis=1).max()), rel=1e-4
    )
    slopes = drive_slopes(graph)
    driven_by_port = graph.netlist.port_net[graph.is_driver[: graph.num_ports]]
    assert (slopes[driven_by_port] == 0).all() and np.median(slopes[slopes > 0]) == pytest.approx(3e-3, rel=0.9)


def test_training_learns_wires() -> None:
    nets = labelled()
    module = WireModule(("edasat45",))
    module.network.set_statistics(nets.forest)
    optimizer = torch.optim.Adam(module.parameters(), 1e-2)
    draws = iter(NetDraws([nets, labelled("crc32")], 200, 60, 0))
    before = float(wire_loss(module.network, nets).detach())
    for batch in draws:
        optimizer.zero_grad()
        wire_loss(module.network, batch).backward()
        optimizer.step()
    assert float(wire_loss(module.network, nets).detach()) < 0.5 * before


def test_tuning_on_slack_brings_slack_closer() -> None:
    from edasat.models.e2eslack.slack_tuning import TimedDesign, slack_loss, tune_on_slack
    from edasat.models.layers.timing import TimingLayer
    from edasat.models.layers.wires import RcWires

    timer, nets = design().timer, labelled()
    placed = PlacedWires.of(design())
    golden = RcWires(timer, spef_wires(design().graph, read_spef(DESIGNS / "alu8" / "wires.spef"))[0])
    layer = TimingLayer(timer)
    with torch.no_grad():
        slack = layer(golden(golden.capacitance[None], golden.resistance[None])).endpoint_slack
    length = placed.trees.length
    timed = TimedDesign(
        nets,
        layer,
        RcWires(timer, placed.trees.network(length, length, "")),
        torch.as_tensor(placed.trees.wires),
        slack,
    )
    found = WireNetwork(WireConfig())
    found.set_statistics(nets.forest)
    before = float(slack_loss(found, timed).detach())
    tune_on_slack(found, [timed], steps=12, learning_rate=5e-3)
    assert float(slack_loss(found, timed).detach()) < before


def test_prediction_is_sta_with_other_wires() -> None:
    calibration = Calibration(0.9, 0.2, 0.3, 0.4, 0.5)
    predictor = SlackPredictor(WirePredictor([network(0), network(1)]), calibration)
    found = predictor.predict(design(), "edasat45")
    assert found.library_known and len(found.ends.late) == len(found.result.setup)
    assert (found.without_wires.late.slack >= found.ends.late.slack - 1e-9).mean() > 0.9
    half = found.half_widths(LATE)
    expected = 0.2 * (np.abs(found.ends.late.slack - found.without_wires.late.slack) + 0.002 * found.period)
    np.testing.assert_allclose(half, expected)
    low, high = found.sum_intervals()["wns"]
    assert low <= found.result.setup.wns <= high <= 0
    assert not predictor.predict(design(), "another").library_known
    zero = network()
    for parameter in zero.parameters():
        torch.nn.init.zeros_(parameter)
    other = SlackPredictor(WirePredictor([zero])).predict(design(), "edasat45")
    assert np.abs(other.ends.late.slack - found.ends.late.slack).max() > 1e-4
    assert np.isnan(other.half_widths(LATE)).all() and other.sum_intervals() == {}


def test_prediction_needs_a_placement_and_a_lef() -> None:
    predictor = SlackPredictor(WirePredictor([network()]))
    folder = DESIGNS / "alu8"
    plain = load_design(LIBERTY, netlist=folder / "netlist.v", sdc=folder / "constraints.sdc")
    with pytest.raises(InputError, match="where the pins of cells are"):
        predictor.predict(plain)
