"""Steiner trees, and what is read off them, against facts of geometry."""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edasat.core.errors import InputError
from edasat.eda.cells import LEF, LIBERTY
from edasat.eda.cells.place import place
from edasat.eda.cells.random_design import random_netlist
from edasat.eda.formats.lef import Lef, read_lef
from edasat.eda.formats.liberty import read_liberty
from edasat.eda.timing.estimate import node_positions, placement_wires
from edasat.eda.timing.graph import PinGraph, build_graph
from edasat.eda.timing.steiner import NetTrees, join_pins, steiner_trees
from edasat.eda.timing.wire_features import NET_COLUMNS, WIRE_COLUMNS, wire_features

Points = list[tuple[int, int]]

points = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), min_size=2, max_size=24)


def tree(places: Points, alpha: float = 0.0) -> NetTrees:
    """Return the tree of one net whose first point drives it."""
    x, y = np.array(places, np.float64).T.copy()
    drives = np.arange(len(places)) == 0
    return join_pins(np.array([0, len(places)]), np.arange(len(places), dtype=np.int32), drives, x, y, alpha)


def half_perimeter(places: Points) -> float:
    x, y = np.array(places).T
    return float(np.ptp(x) + np.ptp(y))


def spanning_length(places: Points) -> float:
    """Return the length of a minimum spanning tree, by Prim's method without any frills."""
    done, left, total = [places[0]], list(places[1:]), 0
    while left:
        distance, best = min((abs(a - c) + abs(b - d), (c, d)) for a, b in done for c, d in left)
        total += distance
        left.remove(best)
        done.append(best)
    return float(total)


@settings(deadline=None)
@given(points, st.sampled_from([0.0, 0.1, 0.3, 1.0]))
def test_trees_span_their_pins(places: Points, alpha: float) -> None:
    found = tree(places, alpha)
    assert sorted(found.pin[found.pin >= 0].tolist()) == list(range(len(places)))
    assert found.pin[0] == 0 and found.parent[0] == -1
    assert (found.parent[1:] >= 0).all() and (found.parent < np.arange(len(found.parent))).all()
    at_pin = found.pin >= 0
    expected = np.array(places)[found.pin[at_pin]]
    np.testing.assert_array_equal(np.stack([found.x, found.y], axis=1)[at_pin], expected)


@settings(deadline=None)
@given(points)
def test_steiner_points_only_save_wire(places: Points) -> None:
    total = tree(places).length.sum()
    assert half_perimeter(places) <= total + 1e-9
    assert total <= spanning_length(places) + 1e-9


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), min_size=2, max_size=3))
def test_three_pins_are_joined_best(places: Points) -> None:
    assert tree(places).length.sum() == half_perimeter(places)


def test_a_cross_needs_its_middle() -> None:
    found = tree([(0, 5), (10, 5), (5, 0), (5, 10)])
    assert found.length.sum() == 20
    added = found.pin < 0
    assert set(zip(found.x[added].tolist(), found.y[added].tolist(), strict=True)) == {(5.0, 5.0)}


def test_pins_without_a_place_lie_on_their_driver() -> None:
    nan = np.nan
    found = join_pins(
        np.array([0, 3, 4]),
        np.arange(4, dtype=np.int32),
        np.array([True, False, False, False]),
        np.array([3.0, nan, 7.0, 1.0]),
        np.array([3.0, 1.0, 3.0, 1.0]),
        0.3,
    )
    assert found.offsets.tolist() == [0, 3, 3]  # nothing drives the second net
    assert found.length.sum() == 4


@cache
def placed(seed: int = 3) -> tuple[PinGraph, Lef]:
    library = read_liberty(LIBERTY, cache=False)
    return build_graph(place(random_netlist(library, seed, gates=150)), library), read_lef(LEF)


def features(graph: PinGraph, lef: Lef, x: npt.NDArray[np.float64], y: npt.NDArray[np.float64]) -> dict[str, object]:
    trees = steiner_trees(graph, x, y)
    found = wire_features(graph, trees, lef)
    return {"trees": trees, "wire": dict(zip(WIRE_COLUMNS, found.wire.T, strict=True)),
            "net": dict(zip(NET_COLUMNS, found.net.T, strict=True)), "row": found.row_height}  # fmt: skip


def test_a_tree_of_a_design_makes_its_network() -> None:
    graph, lef = placed()
    x, y = node_positions(graph, lef)
    trees = steiner_trees(graph, x, y)
    network = trees.network(0.1 * trees.length, 2.0 * trees.length, "test")
    assert network.capacitance.sum() == pytest.approx(0.1 * trees.length.sum())
    assert network.resistance.sum() == pytest.approx(2.0 * trees.length.sum())
    assert trees.length.sum() <= placement_wires(graph, x, y, 1.0, 1.0).resistance.sum() + 1e-9
    assert trees.length.sum() > 0


def test_features_of_lengths_and_counts() -> None:
    graph, lef = placed()
    x, y = node_positions(graph, lef)
    found = features(graph, lef, x, y)
    trees, wire, net, row = found["trees"], found["wire"], found["net"], found["row"]
    assert isinstance(trees, NetTrees) and isinstance(wire, dict) and isinstance(net, dict)
    net_of = np.repeat(np.arange(graph.netlist.num_nets), np.diff(trees.offsets))
    total = np.bincount(net_of, trees.length, graph.netlist.num_nets)
    np.testing.assert_allclose(np.expm1(net["log_length"]) * row, total, rtol=1e-4, atol=1e-4)
    pins = np.bincount(net_of[trees.pin >= 0], minlength=graph.netlist.num_nets)
    np.testing.assert_allclose(np.expm1(net["log_pins"]), pins, rtol=1e-4, atol=1e-5)
    # All wire lies behind the wires that leave the driver, or in them.
    first = wire["from_driver"] * (trees.parent >= 0)
    behind = (np.expm1(wire["log_length_behind"]) + np.expm1(wire["log_length"])) * row * first
    np.testing.assert_allclose(np.bincount(net_of, behind, graph.netlist.num_nets), total, rtol=1e-3, atol=1e-3)
    assert net["clock"].sum() == 1 and 0 < net["port"].sum() < graph.netlist.num_nets


def test_turning_the_layout_turns_its_nets() -> None:
    graph, lef = placed()
    x, y = node_positions(graph, lef)
    one = features(graph, lef, x, y)["net"]
    # Transposing the layout swaps what is horizontal with what is vertical, and changes nothing else.
    other = features(graph, lef, y, x)["net"]
    assert isinstance(one, dict) and isinstance(other, dict)
    turned = np.where(one["log_half_perimeter"] > 0, 1 - other["flatness"], 0.0)
    np.testing.assert_allclose(one["flatness"], turned, atol=1e-5)
    for name in ("log_half_perimeter", "log_pins", "clock"):
        np.testing.assert_allclose(one[name], other[name], atol=1e-5)


def test_features_need_a_placement() -> None:
    library = read_liberty(LIBERTY, cache=False)
    graph = build_graph(random_netlist(library, 1, gates=10), library)
    nowhere = np.zeros(graph.num_nodes)
    with pytest.raises(InputError, match="no placement"):
        wire_features(graph, steiner_trees(graph, nowhere, nowhere), read_lef(LEF))
