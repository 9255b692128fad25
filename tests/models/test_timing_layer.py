"""The torch timer against the compiled one, and its gradients against finite differences."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from edasat.core.errors import InputError
from edasat.eda.cells import LIBERTY
from edasat.eda.cells.random_design import random_netlist
from edasat.eda.formats.liberty import read_liberty
from edasat.eda.formats.sdc import read_sdc
from edasat.eda.formats.spef import read_spef
from edasat.eda.formats.verilog import read_verilog
from edasat.eda.library import Library
from edasat.eda.timing.analysis import Corners, Timer, Timing
from edasat.eda.timing.binding import bind
from edasat.eda.timing.constraints import Clock, Constraints, PathException, PortDelay, both
from edasat.eda.timing.estimate import placement_wires
from edasat.eda.timing.graph import EARLY, LATE, RISE, PinGraph, build_graph
from edasat.eda.timing.parasitics import spef_wires
from edasat.eda.timing.wires import Lumped, RcNetwork
from edasat.models.layers.timing import LayerTiming, TimingLayer
from edasat.models.layers.wires import LumpedWires, PlacementWires, RcWires

DESIGNS = Path(__file__).resolve().parents[2] / "tools/edasat/tools/instances/timing"
#: Tables are kept as polynomials, whose rounding errors differ from those of interpolation.
SAME = 1e-11

LATCH = b"""
module t (clk, d, e, q);
  input clk, d, e; output q;
  wire m, o, gated;
  DFF_X1 first (.CK(clk), .D(d), .Q(m));
  DLATCH_X1 latch (.G(clk), .D(m), .Q(o));
  AND2_X1 gate (.A1(clk), .A2(e), .Z(gated));
  DFF_X1 second (.CK(gated), .D(o), .Q(q));
endmodule
"""


@cache
def library() -> Library:
    return read_liberty(LIBERTY, cache=False)


def random_timer(seed: int, *, corners: Corners = "early-late", propagated: bool = False, gates: int = 20) -> Timer:
    """Return a random design under a tight clock, with a latency, a false path and a derate."""
    graph = build_graph(random_netlist(library(), seed, gates=gates), library())
    ports = graph.netlist.ports.to_list()
    clock = Clock("clk", 0.2, (0.0, 0.1), (0,), propagated, slew=np.array([0.03, 0.04]), latency=both(0.01, 0.02))
    inputs = [i for i, name in enumerate(ports) if name.startswith("in")]
    constraints = Constraints(
        clocks=(clock,),
        input_delays=tuple(PortDelay(i, 0, RISE, both(0.01, 0.02)) for i in inputs),
        output_delays=tuple(PortDelay(i, 0, RISE, both(0.02)) for i, n in enumerate(ports) if n.startswith("out")),
        input_slews={i: both(0.01, 0.05 + 0.01 * i) for i in inputs},
        exceptions=(PathException("false", from_nodes=frozenset(inputs[:1])),),
        cell_derate=(0.95, 1.05) if corners == "early-late" else (1.0, 1.0),
    )
    return Timer(graph, constraints, corners=corners, wire_model="elmore")


def random_network(graph: PinGraph, seed: int) -> RcNetwork:
    """Return a network for each net: a random tree over its pins and two more nodes, and a resistor too many."""
    rng = np.random.default_rng(seed)
    pins: list[int] = []
    ends: list[tuple[int, int]] = []
    offsets = [0]
    for net in range(graph.netlist.num_nets):
        first = len(pins)
        nodes = [*graph.pins_of_net.row(net).tolist(), -1, -1]
        pins += rng.permutation(nodes).tolist()
        ends += [(first + int(rng.integers(i)), first + i) for i in range(1, len(nodes))]
        ends.append((first, len(pins) - 1))
        offsets.append(len(pins))
    return RcNetwork(
        tree_net=np.arange(graph.netlist.num_nets, dtype=np.int32),
        tree_first=np.array(offsets[:-1]),
        tree_last=np.array(offsets[1:]),
        capacitance=rng.uniform(0.1, 2, len(pins)),
        pin=np.array(pins, np.int32),
        first=np.array([a for a, _ in ends], np.int32),
        second=np.array([b for _, b in ends], np.int32),
        resistance=rng.uniform(10, 2000, len(ends)),
        source="random",
    )


def one(values: np.ndarray) -> Tensor:
    """Return a batch of one."""
    return torch.from_numpy(np.array(values, np.float64))[None]


def assert_equal(found: LayerTiming, wanted: Timing, row: int = 0) -> None:
    """Compare everything that both kernels compute."""
    pairs = [
        (found.slew(), wanted.slew),
        (found.edge_delay(), wanted.edge_delay),
        (found.node_arrival(), wanted.node_arrival()),
        (found.slack, wanted.ends.slack),
    ]
    for early_late in (EARLY, LATE):
        nodes, slacks = wanted.endpoint_slacks(early_late)
        assert found.layer.endpoints[early_late].tolist() == nodes.tolist()
        pairs += [
            (found.endpoint_slack[early_late], slacks),
            (found.wns(early_late), np.float64(wanted.wns(early_late))),
            (found.tns(early_late), np.float64(wanted.tns(early_late))),
        ]
    for ours, theirs in pairs:
        np.testing.assert_allclose(ours[row].detach().numpy(), theirs, rtol=0, atol=SAME)


@pytest.mark.parametrize("propagated", [False, True])
@pytest.mark.parametrize("corners", ["single", "early-late"])
@pytest.mark.parametrize("seed", range(3))
def test_equals_the_compiled_kernel_on_random_designs(seed: int, corners: Corners, propagated: bool) -> None:
    timer = random_timer(seed, corners=corners, propagated=propagated)
    layer = TimingLayer(timer)
    network = random_network(timer.graph, seed)
    assert timer.run(network).tns() < 0
    rc = RcWires(timer, network)
    assert_equal(layer(rc(rc.capacitance[None], rc.resistance[None])), timer.run(network))
    lumped = np.random.default_rng(seed).uniform(0, 20, timer.graph.netlist.num_nets)
    assert_equal(layer(LumpedWires(timer)(one(lumped))), timer.run(Lumped(lumped, "random")))


@pytest.mark.parametrize("propagated", [False, True])
@pytest.mark.parametrize("name", sorted(path.name for path in DESIGNS.iterdir()))
def test_equals_the_compiled_kernel_on_shipped_designs(name: str, propagated: bool) -> None:
    """With several clocks, generated clocks, exceptions, driving cells, and wires of all lengths."""
    graph = build_graph(read_verilog(DESIGNS / name / "netlist.v", library=library()), library())
    constraints, _ = bind(graph, read_sdc(DESIGNS / name / "constraints.sdc"))
    clocks = tuple(replace(clock, propagated=propagated) for clock in constraints.clocks)
    timer = Timer(graph, replace(constraints, clocks=clocks), wire_model="elmore")
    network, _ = spef_wires(graph, read_spef(DESIGNS / name / "wires.spef"))
    rc = RcWires(timer, network)
    assert_equal(TimingLayer(timer)(rc(rc.capacitance[None], rc.resistance[None])), timer.run(network))


@pytest.mark.parametrize("name", ["nangate45_gcd", "sky130hd_gcd"])
def test_equals_the_compiled_kernel_on_public_designs(shared_data: Path, name: str) -> None:
    libraries = {"nangate45_gcd": "nangate45/nangate45_typ", "sky130hd_gcd": "sky130hd/sky130hd_tt"}
    lib = read_liberty(shared_data / f"libs/{libraries[name]}.lib.gz", cache=False)
    folder = shared_data / "timing/circuitops" / name
    graph = build_graph(read_verilog(folder / "6_final.v.gz", library=lib), lib, black_boxes=True)
    constraints, _ = bind(graph, read_sdc(folder / "6_final.sdc.gz"))
    timer = Timer(graph, constraints, wire_model="elmore")
    network, _ = spef_wires(graph, read_spef(folder / "6_final.spef.gz"))
    rc = RcWires(timer, network)
    assert_equal(TimingLayer(timer)(rc(rc.capacitance[None], rc.resistance[None])), timer.run(network))


@pytest.mark.parametrize("period", [1.0, 0.2, 0.05])
@pytest.mark.parametrize("propagated", [False, True])
def test_equals_the_compiled_kernel_at_latches_and_clock_gates(period: float, propagated: bool) -> None:
    graph = build_graph(read_verilog(LATCH), library())
    node = graph.netlist.ports.to_list().index
    constraints = Constraints(
        clocks=(Clock("clk", period, (0.0, period / 2), (node("clk"),), propagated),),
        input_delays=tuple(PortDelay(node(name), 0, RISE, both(0.01)) for name in "de"),
        output_delays=(PortDelay(node("q"), 0, RISE, both(0.01)),),
    )
    timer = Timer(graph, constraints, latches="opaque", wire_model="elmore")
    loads = np.random.default_rng(0).uniform(0, 30, graph.netlist.num_nets)
    assert_equal(TimingLayer(timer)(LumpedWires(timer)(one(loads))), timer.run(Lumped(loads, "random")))


def test_a_batch_equals_its_rows_and_corrections_equal_other_wires() -> None:
    timer = random_timer(0)
    layer, wires = TimingLayer(timer), LumpedWires(timer)
    num_nets = timer.graph.netlist.num_nets
    loads = np.random.default_rng(1).uniform(0, 20, (3, num_nets))
    found = layer(wires(torch.from_numpy(loads)))
    for row in range(3):
        assert_equal(found, timer.run(Lumped(loads[row], "random")), row)
    nothing = wires(torch.zeros(1, num_nets, dtype=torch.float64))
    corrected = nothing._replace(load=nothing.load + one(loads[0])[:, None, :, None])
    assert_equal(layer(corrected), timer.run(Lumped(loads[0], "random")))


def test_an_added_delay_on_a_wire_delays_what_is_behind_it() -> None:
    timer = random_timer(4)
    layer, wires = TimingLayer(timer), LumpedWires(timer)
    loads = wires(torch.zeros(1, timer.graph.netlist.num_nets, dtype=torch.float64))
    before = layer(loads)
    added = torch.zeros(1, 1, timer.graph.num_edges, 4, dtype=torch.float64, requires_grad=True)
    (slope,) = torch.autograd.grad(layer(loads, added).worst_slack().sum(), added)
    # Each edge of the worst path counts fully, at one transition pair, times its derate.
    on_path = slope[0, 0].sum(dim=-1)
    assert set(on_path.round(decimals=9).tolist()) <= {0.0, -1.0, -1.05}
    edge = int(on_path.argmin())
    late = torch.zeros_like(added)
    late[0, 0, edge] = 0.001
    change = layer(loads, late).worst_slack() - before.worst_slack()
    assert change.item() == pytest.approx(0.001 * on_path[edge].item(), abs=1e-12)


@pytest.mark.parametrize("propagated", [False, True])
def test_gradients_of_everything_to_resistors_and_capacitors(propagated: bool) -> None:
    timer = random_timer(2, propagated=propagated, gates=6)
    layer, network = TimingLayer(timer), random_network(timer.graph, 2)
    rc = RcWires(timer, network)

    def compute(capacitance: Tensor, resistance: Tensor) -> tuple[Tensor, ...]:
        found = layer(rc(capacitance, resistance))
        return found.slews, found.delays, found.times, found.slack, found.tns(LATE), found.tns(EARLY)

    inputs = [x[None].clone().requires_grad_() for x in (rc.capacitance, rc.resistance)]
    assert torch.autograd.gradcheck(compute, inputs, eps=1e-5, atol=1e-6, rtol=1e-4, fast_mode=True)


def test_gradients_of_lumped_loads_with_driving_cells() -> None:
    name = "alu8"
    graph = build_graph(read_verilog(DESIGNS / name / "netlist.v", library=library()), library())
    constraints, _ = bind(graph, read_sdc(DESIGNS / name / "constraints.sdc"))
    assert constraints.driving_cells
    timer = Timer(graph, constraints, wire_model="elmore")
    layer, wires = TimingLayer(timer), LumpedWires(timer)
    loads = one(np.random.default_rng(0).uniform(1, 5, graph.netlist.num_nets)).requires_grad_()

    def compute(loads: Tensor) -> tuple[Tensor, ...]:
        found = layer(wires(loads))
        return found.slack.sum(dim=-1), found.tns(LATE)

    assert torch.autograd.gradcheck(compute, (loads,), eps=1e-6, atol=1e-6, rtol=1e-4, fast_mode=True)


def test_gradients_to_placement() -> None:
    timer = random_timer(3)
    graph, rng = timer.graph, np.random.default_rng(0)
    x, y = rng.uniform(0, 100, (2, graph.num_nodes))
    x[graph.num_ports + 3] = np.nan  # not placed: on its driver
    layer, wires = TimingLayer(timer), PlacementWires(timer, x, y)
    assert_equal(layer(wires(one(x), one(y), 5.0, 0.2)), timer.run(placement_wires(graph, x, y, 5.0, 0.2)))

    def compute(x: Tensor, y: Tensor, ohm: Tensor, ff: Tensor) -> Tensor:
        return layer(wires(x, y, ohm, ff)).tns()

    placed = [one(np.nan_to_num(at)).requires_grad_() for at in (x, y)]
    by_length = [torch.tensor([[value]], dtype=torch.float64, requires_grad=True) for value in (5.0, 0.2)]
    assert torch.autograd.gradcheck(compute, (*placed, *by_length), eps=1e-6, atol=1e-6, rtol=1e-4)
    # A step against the gradient helps.
    placed[0].grad = None
    compute(*placed, *by_length).sum().backward()
    moved = [at.detach() + at.grad * 0.1 / at.grad.abs().max() for at in placed]
    assert compute(*moved, *by_length) > compute(*placed, *by_length)


def test_single_precision_and_moving_to_another_type() -> None:
    timer = random_timer(1)
    layer, wires = TimingLayer(timer).float(), LumpedWires(timer).float()
    loads = np.random.default_rng(0).uniform(0, 20, timer.graph.netlist.num_nets)
    found = layer(wires(one(loads).float()))
    assert found.slack.dtype == torch.float32
    np.testing.assert_allclose(found.slack[0], timer.run(Lumped(loads, "random")).ends.slack, atol=1e-5)


def test_a_port_that_is_driven_from_inside_and_outside_is_refused() -> None:
    timer = random_timer(0)
    port = timer.graph.netlist.ports.to_list().index("out0")
    constraints = replace(timer.constraints, input_slews={port: both(0.1)})
    with pytest.raises(InputError, match="the design drives port 'out0'") as caught:
        TimingLayer(Timer(timer.graph, constraints))
    assert caught.value.code == "timing-driven-port"
