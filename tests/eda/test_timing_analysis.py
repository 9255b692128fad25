"""The compiled analysis against a slow one written from the definitions: a dictionary, recursion, NumPy's interp."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from edasat.eda.cells.random_design import random_netlist
from edasat.eda.formats.liberty import read_liberty
from edasat.eda.formats.verilog import read_verilog
from edasat.eda.library import ArcType, Library
from edasat.eda.timing.analysis import Timer, Timing, analyse
from edasat.eda.timing.constraints import Clock, Constraints, PathException, PortDelay, both
from edasat.eda.timing.graph import EARLY, FALL, LATE, LAUNCH, RISE, PinGraph, build_graph
from edasat.eda.timing.kernels import WIRE_SLEW_FACTOR
from edasat.eda.timing.paths import worst_paths
from edasat.eda.timing.wires import OHM_FF, RcNetwork

ROOT = Path(__file__).resolve().parents[2]
PERIOD = 1.0
INPUT_DELAY = 0.1


@pytest.fixture(scope="module")
def library() -> Library:
    return read_liberty(ROOT / "eda/edasat/eda/cells/edasat45_typ.lib", cache=False)


def interpolate(library: Library, table: int, first: float, second: float) -> float:
    """Bilinear, extrapolating: along the second axis in the two nearest rows, then along the first."""
    x, y, z = library.table(table)

    def line(points: np.ndarray, values: list[float], at: float) -> float:
        if len(points) == 1:
            return values[0]
        i = int(np.clip(np.searchsorted(points, at, side="right") - 1, 0, len(points) - 2))
        return values[i] + (values[i + 1] - values[i]) * (at - points[i]) / (points[i + 1] - points[i])

    return line(x, [line(y, list(row), second) for row in z], first)


class Slow:
    """Late and early arrivals and slews of every pin by recursion over what drives it."""

    def __init__(self, graph: PinGraph, wires: RcNetwork, clock_slew: float) -> None:
        self.graph, self.wires, self.clock_slew = graph, wires, clock_slew
        self.incoming: dict[int, list[int]] = {}
        for edge in range(graph.num_edges):
            self.incoming.setdefault(int(graph.edge_target[edge]), []).append(edge)
        self.slews: dict[tuple[int, int], float] = {}
        self.times: dict[tuple[int, int, int], float | None] = {}

    def on_pin(self, node: int, rf: int) -> float:
        pin = self.graph.node_pin[node]
        return float(self.graph.library.pin_capacitance[pin, rf]) if pin >= 0 else 0.0

    def load(self, node: int, rf: int) -> float:
        net = int(self.graph.node_net[node])
        if net < 0:
            return 0.0
        pins = [other for other in range(self.graph.num_nodes) if self.graph.node_net[other] == net]
        nodes = range(self.wires.tree_first[net], self.wires.tree_last[net])
        return sum(self.on_pin(other, rf) for other in pins) + float(self.wires.capacitance[nodes].sum())

    def elmore(self, source: int, target: int, rf: int) -> float:
        """Sum over all capacitors of the resistance that the ways to them and to the target share."""
        wires, net = self.wires, int(self.graph.node_net[source])
        nodes = range(wires.tree_first[net], wires.tree_last[net])
        above = {
            int(b): (int(a), float(r)) for a, b, r in zip(wires.first, wires.second, wires.resistance, strict=True)
        }

        def way(node: int) -> dict[int, float]:
            steps = {}
            while node in above:
                steps[node], node = above[node][1], above[node][0]
            return steps

        to_target = way(next(n for n in nodes if wires.pin[n] == target))
        delay = 0.0
        for node in nodes:
            load = wires.capacitance[node] + (self.on_pin(wires.pin[node], rf) if wires.pin[node] >= 0 else 0.0)
            delay += load * sum(ohm for step, ohm in way(node).items() if step in to_target)
        return delay * OHM_FF

    def steps(self, node: int, rf: int) -> list[tuple[int, int, float, float]]:
        """Return (source, its edge, delay, slew here) of everything that may cause this transition."""
        graph, library, found = self.graph, self.graph.library, []
        for edge in self.incoming.get(node, ()):
            source, arc = int(graph.edge_source[edge]), int(graph.edge_arc[edge])
            for rf_in in (RISE, FALL):
                if arc < 0:
                    if rf_in == rf:
                        delay = self.elmore(source, node, rf)
                        slew = self.slew(source, rf)
                        found.append((source, rf, delay, float(np.hypot(slew, WIRE_SLEW_FACTOR * delay))))
                    continue
                kind = ArcType(library.arc_type[arc])
                if (kind == ArcType.RISING_EDGE and rf_in == FALL) or (kind == ArcType.FALLING_EDGE and rf_in == RISE):
                    continue
                sense = library.arc_sense[arc]
                if kind == ArcType.COMBINATIONAL and sense != 2 and (rf_in == rf) != (sense == 0):
                    continue
                if kind == ArcType.THREE_STATE_ENABLE and sense == rf_in == 0:
                    pass  # switched on by a rise
                elif kind == ArcType.THREE_STATE_ENABLE:
                    continue
                if kind in (ArcType.CLEAR, ArcType.PRESET, ArcType.THREE_STATE_DISABLE) or kind.is_check:
                    continue
                launch = kind in (ArcType.RISING_EDGE, ArcType.FALLING_EDGE)
                slew_in = self.clock_slew if launch else self.slew(source, rf_in)
                load = self.load(node, rf)
                tables = library.arc_tables[arc]
                delay = interpolate(library, tables[rf], slew_in, load)
                found.append((source, rf_in, delay, interpolate(library, tables[2 + rf], slew_in, load)))
        return found

    def slew(self, node: int, rf: int) -> float:
        if (node, rf) not in self.slews:
            self.slews[node, rf] = max((step[3] for step in self.steps(node, rf)), default=0.0)
        return self.slews[node, rf]

    def arrival(self, node: int, early_late: int, rf: int) -> float | None:
        key = (node, early_late, rf)
        if key not in self.times:
            if node == 0:
                self.times[key] = 0.0 if rf == RISE else PERIOD / 2
            elif node < self.graph.num_ports and self.graph.is_driver[node]:
                self.times[key] = INPUT_DELAY
            else:
                worst = max if early_late == LATE else min
                times = []
                for source, rf_in, delay, _ in self.steps(node, rf):
                    before = self.arrival(source, early_late, rf_in)
                    pin = self.graph.node_pin[source]
                    if before is not None and pin >= 0 and self.graph.library.pin_is_clock[pin]:
                        before = self.arrival(0, early_late, rf_in)  # an ideal clock comes to registers at once
                    if before is not None:
                        times.append(before + delay)
                self.times[key] = worst(times) if times else None
        return self.times[key]


def constrained(graph: PinGraph, **more: object) -> Constraints:
    ports = graph.netlist.ports.to_list()
    return Constraints(
        clocks=(Clock("clk", PERIOD, (0.0, PERIOD / 2), (0,), slew=np.array([0.03, 0.03])),),
        input_delays=tuple(
            PortDelay(i, 0, RISE, both(INPUT_DELAY)) for i, name in enumerate(ports) if name.startswith("in")
        ),
        output_delays=tuple(PortDelay(i, 0, RISE, both(0.2)) for i, name in enumerate(ports) if name.startswith("out")),
        **more,  # type: ignore[arg-type]
    )


def random_wires(graph: PinGraph, seed: int) -> RcNetwork:
    """Return a random tree for each net: driver, a node in the middle, and a resistor from either to each load."""
    rng = np.random.default_rng(seed)
    pins, first, second, offsets = [], [], [], [0]
    for net in range(graph.netlist.num_nets):
        nodes = graph.pins_of_net.row(net).tolist()
        driver = next((n for n in nodes if graph.is_driver[n]), None)
        if driver is not None:
            root = len(pins)
            pins += [driver, -1]
            first.append(root)
            second.append(root + 1)
            for load in nodes:
                if load != driver:
                    first.append(root + int(rng.integers(2)))
                    second.append(len(pins))
                    pins.append(load)
        offsets.append(len(pins))
    return RcNetwork(
        tree_net=np.arange(graph.netlist.num_nets, dtype=np.int32),
        tree_first=np.array(offsets[:-1], np.int64),
        tree_last=np.array(offsets[1:], np.int64),
        capacitance=rng.uniform(0, 2, len(pins)),
        pin=np.array(pins, np.int32),
        first=np.array(first, np.int32),
        second=np.array(second, np.int32),
        resistance=rng.uniform(0, 2000, len(first)),
        source="random",
    )


@pytest.mark.parametrize("seed", range(6))
def test_arrivals_and_slews_equal_the_definition(library: Library, seed: int) -> None:
    graph = build_graph(random_netlist(library, seed), library)
    wires = random_wires(graph, seed)
    timing = analyse(graph, constrained(graph), wires, corners="single", wire_model="elmore")
    slow = Slow(graph, wires, 0.03)
    arrival = timing.node_arrival()
    compared = 0
    for node, early_late, rf in itertools.product(range(graph.num_nodes), (EARLY, LATE), (RISE, FALL)):
        if graph.node_net[node] < 0:
            continue
        wanted = slow.arrival(node, early_late, rf)
        got = arrival[node, early_late, rf]
        assert (wanted is None) == np.isnan(got), graph.node_name(node)
        if wanted is not None:
            assert got == pytest.approx(wanted, abs=1e-12), graph.node_name(node)
            compared += 1
        assert timing.slew[0, node, rf] == pytest.approx(slow.slew(node, rf), abs=1e-12)
    assert compared > 100


@pytest.mark.parametrize("seed", range(6))
def test_slack_of_a_pin_is_that_of_its_worst_endpoint(library: Library, seed: int) -> None:
    graph = build_graph(random_netlist(library, seed), library)
    timing = analyse(graph, constrained(graph), random_wires(graph, seed))
    for late in (EARLY, LATE):
        nodes, slacks = timing.endpoint_slacks(late)
        pin_slack = np.fmin(*timing.node_slack()[:, late].T)
        # An end point's own slack, and along the worst path the same slack at every pin.
        assert pin_slack[nodes] == pytest.approx(slacks, abs=1e-12)
        path = worst_paths(timing, 1, late=late == LATE)[0]
        assert path.slack == pytest.approx(slacks.min(), abs=1e-12)
        data = [stage.node for stage in path.stages if not np.isnan(pin_slack[stage.node])]
        assert pin_slack[data] == pytest.approx(path.slack, abs=1e-9)


def all_paths(timing: Timing, row: int) -> list[float]:
    """Return the slack of every path to an end, by enumeration."""
    graph, ends = timing.graph, timing.ends
    late = ends.early_late[row]
    found = []

    def grow(node: int, edge: int, behind: float) -> None:
        if node < graph.num_ports and graph.is_driver[node] and timing.tags.starting_at(node, 0) == ends.tag[row]:
            found.append(INPUT_DELAY + behind)
        seen = {}
        for e in np.flatnonzero(graph.edge_target == node):
            for rf in (RISE, FALL):
                if graph.edge_mask[e] >> (2 * rf + edge) & 1:
                    key = (int(graph.edge_source[e]), rf, int(graph.edge_kind[e]))
                    delay = timing.edge_delay[late, e, 2 * rf + edge]
                    worst = max if late == LATE else min
                    seen[key] = worst(seen.get(key, delay), delay)
        for (source, rf, kind), delay in seen.items():
            if kind == 2 and timing.tags.starting_at(source, rf) == ends.tag[row]:
                found.append(timing.clock_arrival[timing.clock_row[source], rf, late, rf] + delay + behind)
            elif kind != 2:
                grow(source, rf, behind + delay)

    grow(int(ends.node[row]), int(ends.edge[row]), 0.0)
    required = ends.required[row]
    return [required - t if late == LATE else t - required for t in found if np.isfinite(t)]


@pytest.mark.parametrize("late", [True, False])
def test_worst_paths_are_the_worst_of_all_paths(library: Library, late: bool) -> None:
    graph = build_graph(random_netlist(library, 3, gates=14), library)
    timing = analyse(graph, constrained(graph), random_wires(graph, 3))
    rows = np.flatnonzero(timing.ends.early_late == (LATE if late else EARLY))
    slacks = sorted(slack for row in rows for slack in all_paths(timing, int(row)))
    count = min(60, len(slacks))
    paths = worst_paths(timing, count, late=late, per_endpoint=10**9)
    assert [path.slack for path in paths] == pytest.approx(slacks[:count], abs=1e-9)
    for path in paths:
        steps = sum(stage.delay for stage in path.stages)
        assert path.arrival == pytest.approx(path.stages[0].arrival + steps, abs=1e-12)


def test_an_end_with_countless_paths_does_not_hide_the_next(library: Library) -> None:
    stages = "".join(f"  NAND2_X1 s{i} (.A1(n{i}), .A2(n{i}), .ZN(n{i + 1}));\n" for i in range(60))
    wires = ", ".join(f"n{i}" for i in range(61))
    text = f"""
module t (clk, d, slow, fast);
  input clk, d; output slow, fast;
  wire {wires};
  DFF_X1 first (.CK(clk), .D(d), .Q(n0));
{stages}  DFF_X1 last (.CK(clk), .D(n60), .Q(slow));
  DFF_X1 other (.CK(clk), .D(n0), .Q(fast));
endmodule
"""
    graph = build_graph(read_verilog(text.encode(), library=library), library)
    clock = Clock("clk", 1.0, (0.0, 0.5), (graph.netlist.ports.to_list().index("clk"),), propagated=False)
    paths = worst_paths(analyse(graph, Constraints(clocks=(clock,))), 2)  # 2 ** 60 paths end at last/D
    assert [path.end for path in paths] == ["last/D", "other/D"]


def test_a_false_path_through_a_pin_takes_away_exactly_the_paths_through_it(library: Library) -> None:
    graph = build_graph(random_netlist(library, 5, gates=30), library)
    wires = random_wires(graph, 5)
    before = analyse(graph, constrained(graph), wires)
    worst = worst_paths(before, 1)[0]
    pin = worst.stages[len(worst.stages) // 2].node
    exception = PathException("false", through=(frozenset({pin}),))
    after = analyse(graph, constrained(graph, exceptions=(exception,)), wires)
    paths = worst_paths(before, 100_000, per_endpoint=10**9)
    left = [path.slack for path in paths if all(stage.node != pin for stage in path.stages)]
    got = [path.slack for path in worst_paths(after, 100_000, per_endpoint=10**9)]
    assert 0 < len(left) < len(paths)
    assert got == pytest.approx(left, abs=1e-9)


def test_a_pi_model_keeps_the_moments_and_its_load_lies_between_near_and_total(library: Library) -> None:
    graph = build_graph(random_netlist(library, 1), library)
    wires = random_wires(graph, 1)
    timing = analyse(graph, constrained(graph), wires)
    lumped = analyse(graph, constrained(graph), wires, wire_model="elmore")
    loads = timing.loads
    assert loads.near + loads.far == pytest.approx(loads.total)
    # The second moment of a pi model is R C^2; that of a tree is the load weighed by its Elmore delay.
    slow = Slow(graph, wires, 0.03)
    for net in range(graph.netlist.num_nets):
        pins = graph.pins_of_net.row(net).tolist()
        driver = next((n for n in pins if graph.is_driver[n]), None)
        if driver is None or loads.far[0, net, RISE] == 0:
            continue
        nodes = range(wires.tree_first[net], wires.tree_last[net])
        middle = nodes[1]
        moment = 0.0
        for node in nodes:
            on_pin = slow.on_pin(wires.pin[node], RISE) if wires.pin[node] >= 0 else 0.0
            if node == middle:
                ohm = wires.resistance[(wires.first == nodes[0]) & (wires.second == middle)][0]
                below = [n for n in nodes if n > middle and wires.first[wires.second == n][0] == middle]
                charge = sum(wires.capacitance[n] + slow.on_pin(wires.pin[n], RISE) for n in below)
                moment += wires.capacitance[middle] * ohm * (charge + wires.capacitance[middle]) * OHM_FF
            elif node != nodes[0]:
                moment += (wires.capacitance[node] + on_pin) * slow.elmore(driver, wires.pin[node], RISE)
        assert loads.resistance[0, net, RISE] * loads.far[0, net, RISE] ** 2 * OHM_FF == pytest.approx(moment)
    # Resistance shields load: gates are faster than with all of it, and slower than with none.
    gates = np.flatnonzero(graph.edge_kind == 1)
    shielded, full = np.nansum(timing.edge_delay[0, gates]), np.nansum(lumped.edge_delay[0, gates])
    unloaded = np.nansum(analyse(graph, constrained(graph)).edge_delay[0, gates])
    assert unloaded < shielded < full


def test_drivers_without_a_waveform_see_one_capacitor_and_are_counted(library: Library) -> None:
    graph = build_graph(random_netlist(library, 2), library)
    wires = random_wires(graph, 2)
    resistive = replace(wires, resistance=100 * wires.resistance)
    timer = Timer(graph, constrained(graph))
    timing = timer.run(resistive)
    assert timing.notes.counts["timing-waveform"] > 10
    assert "timing-waveform" not in timer.run(wires).notes.counts
    assert np.isfinite(timing.slew).all()
    # Behind clock pins, whose slews do not depend on wires, an arc sees the total capacitance or less.
    lumped = analyse(graph, constrained(graph), resistive, wire_model="elmore")
    launch = (graph.edge_kind == LAUNCH)[:, None] & ~np.isnan(timing.edge_delay[LATE])
    got, total = timing.edge_delay[LATE][launch], lumped.edge_delay[LATE][launch]
    assert (got <= total * (1 + 1e-12)).all()
    assert np.isclose(got, total, rtol=1e-12).any()
