"""Differentiable wires: from resistors and capacitors, or from where pins lie, to loads and Elmore delays.

The Elmore delay to a node of a tree is the sum, over the resistors on the way to it, of resistance times all
capacitance behind them (W. Elmore, J. Appl. Phys. 19, 1948). The sum over the way and the sum over what lies behind
are products with one matrix, "lies on the way to", and with its transpose; :class:`_Ways` applies both in a number of
steps that is logarithmic in the depth of the trees: each step doubles how far a sum reaches.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from numba import njit
from torch import Tensor, nn

from edasat.core.csr import group_values
from edasat.eda.timing.estimate import ALPHA, placement_wires
from edasat.eda.timing.graph import NET
from edasat.eda.timing.wires import OHM_FF, RcNetwork, grow_tree

from .buffers import add_buffers, take

if TYPE_CHECKING:
    from edasat.eda.timing.analysis import Timer

Int64 = npt.NDArray[np.int64]
Float = npt.NDArray[np.float64]


class WireLoads(NamedTuple):
    """What the timing layer sees of wires and pins; ``corners`` is 1 or the timer's number.

    Corrections are added where they belong: of loads to ``load``, of wire delays to ``elmore``.

    Attributes:
        load: (batch, corners, num_nets, 2), fF: all capacitance on the net; by RISE and FALL of its driver.
        elmore: (batch, corners, num_edges, 2), ns: Elmore delay along each net edge; None for wires without delay.
    """

    load: Tensor
    elmore: Tensor | None


class _PinLoads(nn.Module):
    """Capacitance of pins and of what hangs on ports.

    Attributes:
        at_node: float, (corners, 2, num_nodes), fF.
        on_net: float, (corners, 2, num_nets), fF: of all its pins, and of its wire where ``set_load`` gives that.
        free: bool, (num_nets,): ``set_load`` does not give the wire.
    """

    at_node: Tensor
    on_net: Tensor
    free: Tensor

    def __init__(self, timer: Timer) -> None:
        super().__init__()
        graph, constraints = timer.graph, timer.constraints
        library, num_nets = graph.library, graph.netlist.num_nets
        corners = [library.pin_capacitance]
        if library.pin_capacitance_min is not None and timer.num_corners == 2:
            corners.insert(0, library.pin_capacitance_min)
        inside = graph.node_pin >= 0
        at_node: Float = np.zeros((len(corners), 2, graph.num_nodes))
        at_node[..., inside] = np.stack([corner[graph.node_pin[inside]].T for corner in corners])
        for node, load in constraints.port_loads.items():
            at_node[..., node] += load
        connected = graph.node_net >= 0
        net = graph.node_net[connected]
        rows = at_node[..., connected].reshape(2 * len(corners), -1)
        on_net: Float = np.stack([np.bincount(net, row, num_nets).astype(np.float64) for row in rows]).reshape(
            -1, 2, num_nets
        )
        free = np.ones(num_nets, np.bool_)
        for number, load in constraints.net_loads.items():
            on_net[..., number] += load
            free[number] = False
        add_buffers(self, {"at_node": at_node, "on_net": on_net, "free": free})


class LumpedWires(nn.Module):
    """Wires that are capacitance and nothing else."""

    def __init__(self, timer: Timer) -> None:
        super().__init__()
        self.pins = _PinLoads(timer)

    def forward(self, capacitance: Tensor) -> WireLoads:
        """Put wires on pins.

        Args:
            capacitance: (batch, num_nets), fF, of the wires.
        """
        wires = capacitance * self.pins.free
        return WireLoads((self.pins.on_net + wires[:, None, None]).transpose(-1, -2), None)


class RcWires(nn.Module):
    """Networks of resistors and capacitors with a fixed topology, each taken as the tree from its driver.

    Attributes:
        capacitance, resistance: float, (num_rc_nodes,), fF, and (num_resistors,), ohm, of the given network: a
            starting point for :meth:`forward`.
    """

    capacitance: Tensor
    resistance: Tensor
    node_pin_load: Tensor
    node_net: Tensor
    other_load: Tensor
    resistor: Tensor
    behind_resistor: Tensor
    edge_end: Tensor

    def __init__(self, timer: Timer, network: RcNetwork) -> None:
        super().__init__()
        graph, num_nets, num_nodes = timer.graph, timer.graph.netlist.num_nets, len(network.capacitance)
        pins = _PinLoads(timer)
        with_pin = np.flatnonzero(network.pin >= 0)
        drives = np.zeros(num_nodes, np.bool_)
        drives[with_pin] = graph.is_driver[network.pin[with_pin]]
        parent, above = spanning_trees(network, drives)
        self.ways = _Ways(parent)
        node_pin_load = np.zeros((*pins.at_node.shape[:2], num_nodes))
        node_pin_load[..., with_pin] = pins.at_node.numpy()[..., network.pin[with_pin]]

        # Nodes of nets that no pin drives, or whose load is given, go to a net behind the last one.
        free = pins.free.numpy()
        node_net = np.full(num_nodes, num_nets)
        for net, first, last in zip(network.tree_net, network.tree_first, network.tree_last, strict=True):
            if free[net] and drives[first:last].any():
                node_net[first:last] = net
        wired = np.zeros(num_nets + 1, np.bool_)
        wired[node_net] = True
        at_pin = np.full(graph.num_nodes, num_nodes)
        at_pin[network.pin[with_pin]] = with_pin
        edge_end = np.full(graph.num_edges, num_nodes)
        edges = np.flatnonzero(graph.edge_kind == NET)
        edges = edges[wired[graph.node_net[graph.edge_source[edges]]]]
        edge_end[edges] = at_pin[graph.edge_target[edges]]
        behind = np.flatnonzero(above >= 0)
        columns = {
            "capacitance": network.capacitance,
            "resistance": network.resistance,
            "node_pin_load": node_pin_load,
            "node_net": node_net,
            "other_load": np.where(wired[:num_nets], 0.0, pins.on_net.numpy()),
            "resistor": above[behind],
            "behind_resistor": behind,
            "edge_end": edge_end,
        }
        add_buffers(self, columns)

    def forward(self, capacitance: Tensor, resistance: Tensor) -> WireLoads:
        """Put wires on pins and compute their delays.

        Args:
            capacitance: (batch, num_rc_nodes), fF, of the wires.
            resistance: (batch, num_resistors), ohm.
        """
        node_load = self.node_pin_load + capacitance[:, None, None]
        shape, num_nets = node_load.shape[:-1], self.other_load.shape[-1]
        index = self.node_net.expand_as(node_load)
        load = node_load.new_zeros(*shape, num_nets + 1).scatter_add(-1, index, node_load)[..., :-1] + self.other_load
        ohm = take(resistance, self.resistor)[:, None, None]
        step = ohm * take(self.ways.sum_behind(node_load), self.behind_resistor) * OHM_FF
        index = self.behind_resistor.expand_as(step)
        # One more node stands for all edges that no wire of the network makes.
        steps = node_load.new_zeros(*shape, node_load.shape[-1] + 1).scatter(-1, index, step)
        delay = take(self.ways.sum_along(steps), self.edge_end)
        return WireLoads(load.transpose(-1, -2), delay.transpose(-1, -2))


class PlacementWires(nn.Module):
    """Wires estimated from where pins lie, on trees that were grown for one placement and stay as they are.

    Grow them anew, that is, make a new module, when pins have moved far; see :mod:`edasat.eda.timing.estimate`.
    """

    first: Tensor
    second: Tensor
    first_pin: Tensor
    second_pin: Tensor
    known: Tensor

    def __init__(self, timer: Timer, x: Float, y: Float, *, alpha: float = ALPHA) -> None:
        """Grow the trees.

        Args:
            timer: of the design.
            x, y: (num_nodes,), um; pins without a place (NaN) lie on their driver.
            alpha: 0 for the shortest tree, 1 for the shortest ways.
        """
        super().__init__()
        network = placement_wires(timer.graph, x, y, 1.0, 1.0, alpha=alpha)
        self.rc = RcWires(timer, network)
        first_pin, second_pin = network.pin[network.first], network.pin[network.second]
        missing = np.isnan(x + y)
        columns = {
            "first": network.first,
            "second": network.second,
            "first_pin": first_pin,
            "second_pin": second_pin,
            "known": ~(missing[first_pin] | missing[second_pin]),
        }
        add_buffers(self, columns)

    def forward(self, x: Tensor, y: Tensor, ohm_per_um: Tensor | float, ff_per_um: Tensor | float) -> WireLoads:
        """Estimate wires.

        Args:
            x, y: (batch, num_nodes), um, of pins.
            ohm_per_um, ff_per_um: a number, or (batch, 1), or (batch, num_resistors) in the order of
                :func:`edasat.eda.timing.estimate.placement_wires`.
        """
        along = [torch.abs(take(at, self.first_pin) - take(at, self.second_pin)) for at in (x, y)]
        length = torch.where(self.known, along[0] + along[1], 0.0)
        half = 0.5 * ff_per_um * length
        capacitance = length.new_zeros(len(length), len(self.rc.capacitance))
        for ends in (self.first, self.second):
            capacitance = capacitance.scatter_add(-1, ends.expand_as(half), half)
        return self.rc(capacitance, ohm_per_um * length)


class _Ways(nn.Module):
    """Sums over the ways from roots to the nodes of a forest, and over what lies behind each node.

    Step k adds, at each node that has one, what its ancestor 2^k steps up has gathered: from nodes within 2^k steps
    the sum then comes from within 2^(k+1). What lies behind is the same in transposed order.
    """

    def __init__(self, parent: Int64) -> None:
        """Tabulate the ancestors.

        Args:
            parent: (num_nodes,): -1 for roots.
        """
        super().__init__()
        self.num_steps = 0
        up = parent
        while (up >= 0).any():
            here = np.flatnonzero(up >= 0)
            add_buffers(self, {f"here{self.num_steps}": here, f"up{self.num_steps}": up[here]})
            self.num_steps += 1
            up = np.where(up >= 0, up[up], -1)

    def _steps(self) -> Iterator[tuple[Tensor, Tensor]]:
        for k in range(self.num_steps):
            yield self.get_buffer(f"here{k}"), self.get_buffer(f"up{k}")

    def sum_along(self, x: Tensor) -> Tensor:
        """Return, at each node, the sum of ``x``, (..., num_nodes or more), over the way from the root to it."""
        for here, up in self._steps():
            x = _hop(x, up, here)
        return x

    def sum_behind(self, x: Tensor) -> Tensor:
        """Return, at each node, the sum of ``x`` over it and all nodes behind it."""
        for here, up in reversed(list(self._steps())):
            x = _hop(x, here, up)
        return x


def _hop(x: Tensor, source: Tensor, target: Tensor) -> Tensor:
    """Return ``x`` with its values at the sources added at the targets."""
    moved = take(x, source)
    return x.scatter_add(-1, target.expand_as(moved), moved)


def spanning_trees(network: RcNetwork, drives: npt.NDArray[np.bool_]) -> tuple[Int64, Int64]:
    """Find the tree of each network that a breadth-first search from its first driver finds.

    Args:
        network: of all nets.
        drives: (num_rc_nodes,): a driver of the net lies here.

    Returns:
        int64, (num_rc_nodes,), each: the node towards the driver and the resistor to it, -1 for the driver and what
        it does not reach.
    """
    num_nodes, numbers = len(network.capacitance), np.arange(len(network.first), dtype=np.int32)
    ends = np.concatenate([network.first, network.second])
    offsets, touching = group_values(ends, np.concatenate([numbers, numbers]), num_nodes)
    parent, above = np.full(num_nodes, -1, np.int64), np.full(num_nodes, -1, np.int64)
    columns = (network.tree_first, network.tree_last, drives, offsets, touching, network.first, network.second)
    _grow(*columns, parent, above)
    return parent, above


@njit(cache=True)
def _grow(
    tree_first: Any,
    tree_last: Any,
    drives: Any,
    offsets: Any,
    touching: Any,
    first: Any,
    second: Any,
    parent: Any,
    above: Any,
) -> None:
    queue = np.empty(len(drives), np.int64)
    seen = np.zeros(len(drives), np.bool_)
    for tree in range(len(tree_first)):
        begin, end = tree_first[tree], tree_last[tree]
        grow_tree(begin, end, drives, offsets, touching, first, second, seen, parent, above, queue)
