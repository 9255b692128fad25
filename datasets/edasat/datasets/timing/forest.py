"""The Steiner trees of many nets as tensors.

Trees are independent of each other, so nets of many designs make one batch, and any of them can be picked for a step
of training.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from edasat.eda.timing.steiner import NetTrees
from edasat.eda.timing.wire_features import WireFeatures

Int64 = npt.NDArray[np.int64]


class Forest(NamedTuple):
    """Trees; every parent stands before its children, the nodes of a net follow each other.

    Attributes:
        wire: float, (num_nodes, wire columns): features of the wire from each node to its parent.
        net: float, (num_nets, net columns).
        parent: int64, (num_nodes,): the node itself for drivers.
        net_of: int64, (num_nodes,).
        length: float, (num_nodes,), um: of the wire to the parent.
        is_pin: float, (num_nodes,): 1 for pins, 0 for Steiner points.
        ohm_per_um, ff_per_um: float, (num_nets,): of a wire as the technology file has it.
        row_height: float, (num_nets,), um.
        library: int64, (num_nets,): number of the cell library, as the network counts them.
    """

    wire: Tensor
    net: Tensor
    parent: Tensor
    net_of: Tensor
    length: Tensor
    is_pin: Tensor
    ohm_per_um: Tensor
    ff_per_um: Tensor
    row_height: Tensor
    library: Tensor

    @property
    def num_nets(self) -> int:
        """Number of trees."""
        return len(self.net)

    @property
    def driven(self) -> Tensor:
        """bool, (num_nets,): nets that have a tree."""
        return torch.bincount(self.net_of, minlength=self.num_nets) > 0

    @property
    def has_wire(self) -> Tensor:
        """bool, (num_nodes,): all but drivers."""
        return self.parent != torch.arange(len(self.parent), device=self.parent.device)


def forest_of(trees: NetTrees, features: WireFeatures, ohm_per_um: float, ff_per_um: float, library: int) -> Forest:
    """Return the nets of one design; row ``i`` is net ``i``, also where it has no tree."""
    num_nodes, num_nets = len(trees.parent), len(trees.offsets) - 1

    def real(values: npt.NDArray[Any]) -> Tensor:
        return torch.as_tensor(np.ascontiguousarray(values, dtype=np.float32))

    return Forest(
        wire=real(features.wire),
        net=real(features.net),
        parent=torch.as_tensor(np.where(trees.parent >= 0, trees.parent, np.arange(num_nodes))),
        net_of=torch.as_tensor(np.repeat(np.arange(num_nets), np.diff(trees.offsets))),
        length=real(trees.length),
        is_pin=real(trees.pin >= 0),
        ohm_per_um=torch.full((num_nets,), ohm_per_um),
        ff_per_um=torch.full((num_nets,), ff_per_um),
        row_height=torch.full((num_nets,), features.row_height),
        library=torch.full((num_nets,), library, dtype=torch.int64),
    )


def join_forests(forests: Sequence[Forest]) -> Forest:
    """Put the nets of several designs behind each other."""
    columns = {name: [getattr(forest, name) for forest in forests] for name in Forest._fields}
    nodes = np.cumsum([0, *(len(forest.parent) for forest in forests)]).tolist()
    nets = np.cumsum([0, *(forest.num_nets for forest in forests)]).tolist()
    columns["parent"] = [part + first for part, first in zip(columns["parent"], nodes, strict=False)]
    columns["net_of"] = [part + first for part, first in zip(columns["net_of"], nets, strict=False)]
    return Forest(**{name: torch.cat(parts) for name, parts in columns.items()})


def pick_nets(forest: Forest, nets: Tensor) -> tuple[Forest, Tensor]:
    """Return some nets as a forest of their own, and the nodes they had.

    Args:
        forest: all nets.
        nets: int64, rising.
    """
    number = torch.full((forest.num_nets,), -1, dtype=torch.int64)
    number[nets] = torch.arange(len(nets))
    nodes = (number[forest.net_of] >= 0).nonzero().squeeze(1)
    place = torch.full((len(forest.parent),), -1, dtype=torch.int64)
    place[nodes] = torch.arange(len(nodes))
    picked = {
        name: getattr(forest, name)[nodes if name in ("wire", "length", "is_pin") else nets]
        for name in Forest._fields
        if name not in ("parent", "net_of")
    }
    return Forest(parent=place[forest.parent[nodes]], net_of=number[forest.net_of[nodes]], **picked), nodes
