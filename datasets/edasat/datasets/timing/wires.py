"""What the network sees of a placed design, and what extraction says of it: wires and their labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from edasat.core.errors import InputError, Message
from edasat.eda.timing.design import Design
from edasat.eda.timing.estimate import layer_rc, node_positions
from edasat.eda.timing.graph import CELL, LAUNCH, NET, PinGraph
from edasat.eda.timing.steiner import NetTrees, steiner_trees
from edasat.eda.timing.wire_features import WireFeatures, wire_features
from edasat.eda.timing.wires import RcNetwork, pin_loads, reduce_wires

from .forest import Forest, forest_of, join_forests, pick_nets

Float = npt.NDArray[np.float64]

#: Balance of the trees between shortest wires and shortest ways; the best over nangate45 and sky130hd layouts, where
#: large nets of one want 0 and of another .2 (see :mod:`edasat.eda.timing.estimate`).
ALPHA = 0.15

_NO_LEF = Message("timing-no-lef", "prediction needs to know where the pins of cells are", "give --lef")

_UNPLACED = Message(
    "timing-unplaced", "{count:,} of {total:,} cells have no place", "prediction needs a placed design: place it first"
)
#: A design is taken as placed when at most this share of its cells is not.
_MOST_UNPLACED = 0.1


@dataclass(frozen=True, eq=False)
class PlacedWires:
    """The wires that a placed design will need.

    Attributes:
        trees: a Steiner tree for each net.
        features: of their wires.
        ohm_per_um, ff_per_um: of a wire by the technology file.
    """

    trees: NetTrees
    features: WireFeatures
    ohm_per_um: float
    ff_per_um: float

    @classmethod
    def of(cls, design: Design) -> PlacedWires:
        """Grow the trees of a design.

        Raises:
            InputError: if it has no placement or no LEF.
        """
        if design.lef is None:
            raise InputError.of(_NO_LEF, design.graph.netlist.source)
        placement = design.graph.netlist.placement
        if placement is not None and (~placement.placed).mean() > _MOST_UNPLACED:
            count, total = int((~placement.placed).sum()), len(placement.placed)
            raise InputError.of(_UNPLACED, design.graph.netlist.source, count=count, total=total)
        x, y = node_positions(design.graph, design.lef)
        trees = steiner_trees(design.graph, x, y, alpha=ALPHA)
        return cls(trees, wire_features(design.graph, trees, design.lef), *layer_rc(design.lef))

    def forest(self, library: int) -> Forest:
        """Return them as tensors; ``library`` is the number that the network has for the cell library."""
        return forest_of(self.trees, self.features, self.ohm_per_um, self.ff_per_um, library)


class WireLabels(NamedTuple):
    """Extracted wires of a forest.

    Attributes:
        pin_load: float, (num_nodes,), fF: of the pin at a node; the mean of rise and fall.
        elmore: float, (num_nodes,), ns: Elmore delay from the driver to a load pin; NaN elsewhere.
        capacitance: float, (num_nets,), fF: of the wires of a net.
        drive: float, (num_nets,), ns/fF: by how much more load slows the driver down, see :func:`drive_slopes`.
    """

    pin_load: Tensor
    elmore: Tensor
    capacitance: Tensor
    drive: Tensor


def wire_labels(graph: PinGraph, trees: NetTrees, golden: RcNetwork) -> WireLabels:
    """Return the labels of one design.

    Args:
        graph: its pins.
        trees: of its nets.
        golden: extracted wires.
    """
    at = np.flatnonzero(trees.pin >= 0)
    pins = pin_loads(graph, {})
    load, elmore = np.zeros(len(trees.pin)), np.full(len(trees.pin), np.nan)
    load[at] = pins.pins[-1].mean(axis=1)[trees.pin[at]]
    edges = np.flatnonzero(graph.edge_kind == NET)
    at_node = np.full(graph.num_nodes, np.nan)
    at_node[graph.edge_target[edges]] = reduce_wires(graph, golden, pins, {}).elmore[-1, edges].mean(axis=1)
    elmore[at] = at_node[trees.pin[at]]
    # Nets that extraction does not have are no wires without delay.
    extracted = np.zeros(graph.netlist.num_nets, np.bool_)
    extracted[golden.tree_net] = golden.tree_last > golden.tree_first
    elmore[~extracted[np.repeat(np.arange(len(extracted)), np.diff(trees.offsets))]] = np.nan
    sums = np.concatenate([[0.0], np.cumsum(golden.capacitance)])
    capacitance = np.zeros(graph.netlist.num_nets)
    np.add.at(capacitance, golden.tree_net, sums[golden.tree_last] - sums[golden.tree_first])
    columns = (load, elmore, capacitance, drive_slopes(graph))
    return WireLabels(*(torch.as_tensor(column.astype(np.float32)) for column in columns))


def drive_slopes(graph: PinGraph) -> Float:
    """Return by how much delay grows with load, (num_nets,), ns/fF: the driver's mean over its arcs and tables.

    It tells what an error in capacitance costs; 0 for nets that ports drive.
    """
    library = graph.library
    slope = np.zeros(library.num_arcs)
    arcs = np.unique(graph.edge_arc[np.isin(graph.edge_kind, (CELL, LAUNCH))])
    for arc in arcs[arcs >= 0].tolist():
        tables = [library.table(number) for number in library.arc_tables[arc, :2].tolist() if number >= 0]
        rises = [
            float((table.values[:, -1] - table.values[:, 0]).mean() / (table.second[-1] - table.second[0]))
            for table in tables
            if len(table.second) > 1
        ]
        slope[arc] = float(np.mean(rises)) if rises else 0.0
    edges = np.flatnonzero(np.isin(graph.edge_kind, (CELL, LAUNCH)) & (graph.edge_arc >= 0))
    net = graph.node_net[graph.edge_target[edges]]
    edges, net = edges[net >= 0], net[net >= 0]
    count = np.bincount(net, minlength=graph.netlist.num_nets)
    total = np.bincount(net, slope[graph.edge_arc[edges]], graph.netlist.num_nets)
    return np.asarray(total / np.maximum(count, 1), np.float64)


class LabelledNets(NamedTuple):
    """Nets with their labels."""

    forest: Forest
    labels: WireLabels

    def pick(self, nets: Tensor) -> LabelledNets:
        """Return some nets; ``nets`` int64, rising."""
        forest, nodes = pick_nets(self.forest, nets)
        labels = self.labels
        return LabelledNets(
            forest,
            WireLabels(labels.pin_load[nodes], labels.elmore[nodes], labels.capacitance[nets], labels.drive[nets]),
        )


def join_nets(parts: Sequence[LabelledNets]) -> LabelledNets:
    """Put the nets of several designs behind each other."""
    labels = [torch.cat([getattr(part.labels, name) for part in parts]) for name in WireLabels._fields]
    return LabelledNets(join_forests([part.forest for part in parts]), WireLabels(*labels))
