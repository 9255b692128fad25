"""The network that says what the wires of a placed design will be like once they are routed.

It works on the Steiner tree of each net. Every wire of the tree gets a state; in each round it hears from the wire
before it, from the wires behind it and from its whole net; in the end it says by how much its resistance and its
capacitance per length differ from those of the technology, and each net says what its pins add (vias and patches of
metal). The timing engine does the rest, so that an untrained network is an ordinary estimate from the placement.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Final, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from edasat.datasets.timing.forest import Forest
from edasat.eda.timing.wire_features import NET_COLUMNS, WIRE_COLUMNS

#: Logarithms of factors stay within this range of the technology's values.
_LARGEST: Final = 3.0
#: Length of wire, in rows of cells, whose capacitance a pin adds before anything is learned.
_PIN_ROWS: Final = 0.5
#: Length of wire, in rows of cells, whose resistance the vias of a pin add before anything is learned.
_VIA_ROWS: Final = 2.0


@dataclass(frozen=True)
class WireConfig:
    """Settings of :class:`WireNetwork`.

    Attributes:
        width: columns of the wire states.
        rounds: of message passing along the trees; 0 sees each wire and its net alone.
        dropout: share of the hidden units of the output dropped in training.
        libraries: names of the libraries in training; each has an offset of its own for the four outputs.
    """

    width: int = 32
    rounds: int = 2
    dropout: float = 0.0
    libraries: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, for model cards."""
        return asdict(self)


class Wires(NamedTuple):
    """Predicted wires, by tree node: of the wire to the parent, and of the node itself.

    Attributes:
        capacitance: float, (num_tree_nodes,), fF: at each node, to ground.
        resistance: float, (num_tree_nodes,), ohm: from each node to its parent; 0 for drivers.
    """

    capacitance: Tensor
    resistance: Tensor


class WireNetwork(nn.Module):
    """See the module's description; the architecture is ours."""

    wire_mean: Tensor
    wire_std: Tensor
    net_mean: Tensor
    net_std: Tensor

    def __init__(self, config: WireConfig) -> None:
        super().__init__()
        self.config = config
        width = config.width
        for name, columns in (("wire", len(WIRE_COLUMNS)), ("net", len(NET_COLUMNS))):
            self.register_buffer(f"{name}_mean", torch.zeros(columns))
            self.register_buffer(f"{name}_std", torch.ones(columns))
        self.wire_in = nn.Linear(len(WIRE_COLUMNS), width)
        self.net_in = nn.Linear(len(NET_COLUMNS), width, bias=False)
        self.rounds = nn.ModuleList(nn.Linear(width, 4 * width) for _ in range(config.rounds))
        self.wire_out = _head(width, width, config.dropout, 2)
        self.net_out = _head(width + len(NET_COLUMNS), width, config.dropout, 4)
        # The last row is for libraries that training has not seen.
        self.library = nn.Parameter(torch.zeros(len(config.libraries) + 1, 4))
        self.common = nn.Parameter(torch.zeros(4))

    def set_statistics(self, forest: Forest) -> None:
        """Take mean and spread of the features from training data."""
        for name, values in (("wire", forest.wire[forest.has_wire]), ("net", forest.net[forest.driven])):
            getattr(self, f"{name}_mean").copy_(values.mean(dim=0))
            getattr(self, f"{name}_std").copy_(values.std(dim=0).clamp(min=0.05))

    def forward(self, forest: Forest) -> Wires:
        """Predict wires."""
        factors = self.factors(forest)
        net_of, is_pin = forest.net_of, forest.is_pin
        ff, ohm, row = forest.ff_per_um[net_of], forest.ohm_per_um[net_of], forest.row_height[net_of]
        c = ff * forest.length * factors[:, 0].exp()
        pin_c = ff * _PIN_ROWS * row * factors[:, 2].exp() * is_pin
        capacitance = (pin_c + 0.5 * c).index_add(0, forest.parent, 0.5 * c)
        # Vias lie at both ends of a wire that are pins.
        via = _VIA_ROWS * row * factors[:, 3].exp() * (is_pin + is_pin[forest.parent])
        r = ohm * (forest.length * factors[:, 1].exp() + via) * forest.has_wire
        return Wires(capacitance, r)

    def factors(self, forest: Forest) -> Tensor:
        """Return logarithms of the factors on c and r of wires, c and r of pins: (num_nodes, 4)."""
        net = ((forest.net - self.net_mean) / self.net_std).clamp(-5, 5)
        wire = ((forest.wire - self.wire_mean) / self.wire_std).clamp(-5, 5)
        state = F.silu(self.wire_in(wire) + self.net_in(net)[forest.net_of])
        width, num_nets = self.config.width, len(net)
        share = torch.bincount(forest.net_of, minlength=num_nets).clamp(min=1).to(state.dtype).reciprocal()[:, None]
        where = forest.has_wire.nonzero().squeeze(1)
        to = forest.parent[where]
        for layer in self.rounds:
            own, up, behind, of_net = layer(state).split(width, dim=1)
            heard = own + up[forest.parent]
            heard = heard.index_add(0, to, behind[where])
            mean = of_net.new_zeros(num_nets, width).index_add(0, forest.net_of, of_net) * share
            state = state + F.silu(heard + mean[forest.net_of])
        of_net = state.new_zeros(num_nets, width).index_add(0, forest.net_of, state) * share
        of_pins = self.net_out(torch.cat([of_net, net], dim=1)) + self.library[forest.library] + self.common
        return (of_pins[forest.net_of] + F.pad(self.wire_out(state), (0, 2))).clamp(-_LARGEST, _LARGEST)


def _head(columns: int, width: int, dropout: float, outputs: int) -> nn.Sequential:
    """Return an output network that says 0 before it is trained."""
    last = nn.Linear(width, outputs)
    nn.init.zeros_(last.weight)
    nn.init.zeros_(last.bias)
    return nn.Sequential(nn.Linear(columns, width), nn.SiLU(), nn.Dropout(dropout), last)
