"""Wires estimated from a placement, with values fitted to extracted layouts: the analytic baseline of any learning.

Resistance and capacitance per length of a Prim-Dijkstra tree (:mod:`.estimate`) depend on the size of the net: short
nets run on thin lower layers and carry much via, long ones run on thick upper layers. Between a few net sizes (half
perimeters of the pins' bounding box) both are interpolated; their values there are least-squares fits with
non-negative parameters: first capacitance, to the totals of the nets, then resistance, to the Elmore delays of their
load pins.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from .estimate import ALPHA, placement_wires
from .graph import NET, PinGraph
from .wires import RcNetwork, pin_loads, reduce_wires

Float = npt.NDArray[np.float64]

#: Half perimeters at which values are fitted, in um.
KNOTS: Final = (2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 250.0, 600.0)
#: Squared errors count relative to the value plus this much, in ns and fF: relative to its square, sums would come out
#: too small.
_DELAY_FLOOR: Final = 1e-3
_LOAD_FLOOR: Final = 1.0


class Extracted(NamedTuple):
    """A layout to fit to.

    Attributes:
        graph: its pins.
        x, y: float64, (num_nodes,), um.
        wires: extracted.
    """

    graph: PinGraph
    x: Float
    y: Float
    wires: RcNetwork


@dataclass(frozen=True)
class CalibratedTree:
    """Wire values by net size.

    Attributes:
        knots: half perimeters, um, rising.
        ohm_per_um, ff_per_um: at the knots; constant beyond the first and the last.
        alpha: of the Prim-Dijkstra trees.
    """

    knots: tuple[float, ...]
    ohm_per_um: tuple[float, ...]
    ff_per_um: tuple[float, ...]
    alpha: float = ALPHA

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return asdict(self)

    def wires(self, graph: PinGraph, x: Float, y: Float) -> RcNetwork:
        """Return the wires of a placed design; see :func:`~.estimate.placement_wires`."""
        network = placement_wires(graph, x, y, 1.0, 1.0, alpha=self.alpha)
        size = _node_sizes(graph, network, x, y)
        capacitance = network.capacitance * np.interp(size, self.knots, self.ff_per_um)
        resistance = network.resistance * np.interp(size[network.first], self.knots, self.ohm_per_um)
        return replace(network, capacitance=capacitance, resistance=resistance, source="placement, calibrated")


def fit_tree(layouts: Sequence[Extracted], *, alpha: float = ALPHA, knots: tuple[float, ...] = KNOTS) -> CalibratedTree:
    """Fit the values to layouts of one library.

    Knots that no net comes near take the value of their neighbour.
    """
    rows, targets = [], []
    for graph, x, y, golden in layouts:
        network = placement_wires(graph, x, y, 1.0, 1.0, alpha=alpha)
        hats = _hats(_net_sizes(graph, x, y), knots)
        unit, load = _net_capacitance(graph, network), _net_capacitance(graph, golden)
        known = (unit > 0) & (load > 0)
        weight = (load[known] + _LOAD_FLOOR) ** -0.5
        rows.append(hats[known] * (unit[known] * weight)[:, None])
        targets.append(load[known] * weight)
    tree = CalibratedTree(knots, (1.0,) * len(knots), _solve(rows, targets), alpha)

    rows, targets = [], []
    for graph, x, y, golden in layouts:
        pins = pin_loads(graph, {})
        at_unit = reduce_wires(graph, tree.wires(graph, x, y), pins, {}).elmore[-1].mean(axis=1)
        wanted = reduce_wires(graph, golden, pins, {}).elmore[-1].mean(axis=1)
        edges = np.flatnonzero((graph.edge_kind == NET) & (at_unit > 0) & (wanted > 0))
        hats = _hats(_net_sizes(graph, x, y)[graph.node_net[graph.edge_source[edges]]], knots)
        weight = (wanted[edges] + _DELAY_FLOOR) ** -0.5
        rows.append(hats * (at_unit[edges] * weight)[:, None])
        targets.append(wanted[edges] * weight)
    return replace(tree, ohm_per_um=_solve(rows, targets))


def _solve(rows: list[Float], targets: list[Float]) -> tuple[float, ...]:
    from scipy.optimize import nnls

    matrix, target = np.concatenate(rows), np.concatenate(targets)
    # A little pull towards the neighbouring knot decides what the data leave open.
    smooth = 3e-2 * np.linalg.norm(matrix) * np.diff(np.eye(matrix.shape[1]), axis=0)
    found, _ = nnls(np.concatenate([matrix, smooth]), np.concatenate([target, np.zeros(len(smooth))]))
    return tuple(float(value) for value in found)


def _hats(size: Float, knots: tuple[float, ...]) -> Float:
    """Return the weight of each knot for each size, (num_sizes, num_knots): linear interpolation."""
    return np.stack([np.interp(size, knots, row) for row in np.eye(len(knots))], axis=1)


def _net_sizes(graph: PinGraph, x: Float, y: Float) -> Float:
    """Return half the perimeter of the box around each net's pins, (num_nets,), um; 0 without places."""
    placed = (graph.node_net >= 0) & ~np.isnan(x) & ~np.isnan(y)
    net = graph.node_net[placed]
    size = np.zeros(graph.netlist.num_nets)
    for places in (x[placed], y[placed]):
        low, high = np.full(len(size), np.inf), np.full(len(size), -np.inf)
        np.minimum.at(low, net, places)
        np.maximum.at(high, net, places)
        size += np.maximum(high - low, 0.0)
    return size


def _node_sizes(graph: PinGraph, network: RcNetwork, x: Float, y: Float) -> Float:
    counts = network.tree_last - network.tree_first
    return np.repeat(_net_sizes(graph, x, y)[network.tree_net], counts)


def _net_capacitance(graph: PinGraph, network: RcNetwork) -> Float:
    """Return the capacitance of each net's wires, (num_nets,)."""
    sums = np.concatenate([[0.0], np.cumsum(network.capacitance)])
    total = np.zeros(graph.netlist.num_nets)
    np.add.at(total, network.tree_net, sums[network.tree_last] - sums[network.tree_first])
    return total
