"""The published kind of network: net convolutions, then times carried from level to level over the pin graph.

Guo et al., "A Timing Engine Inspired Graph Neural Network Model for Pre-Routing Slack Prediction", DAC 2022: layers
that exchange messages between the driver and the loads of each net predict net delays; their outputs and the times at
the source of each edge give the times at its target, through a wire by a perceptron, through a cell by perceptrons that
read the arc's tables by attention, with messages added up and maximised over the arcs. No times but those of the
constraints enter. What the paper leaves open, or what we changed because it trained better, says "our choice".
"""

from __future__ import annotations

import itertools
from dataclasses import asdict, dataclass
from typing import Any, Final, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .pin_batch import PinBatch
from .pin_inputs import NODE_COLUMNS
from .state_tape import StateTape
from .table_attention import TIME_FLOOR, attend

_SLOPE: Final = 0.2
#: Stands for the time of an edge that nothing causes, in the order in which the worst is the largest.
_NEVER: Final = -1e6
#: Of a signal that comes earlier than another of its cell it hardly counts by how much once it is this much, in units
#: of the library.
_LEAD: Final = 10.0
#: Net delays count up to this logarithm, and features up to this many deviations from their mean; our choice.
_LONGEST_NET: Final = 3.0
_FARTHEST: Final = 5.0
_TIMES: Final = 4  # early rise, early fall, late rise, late fall
_TABLES: Final = 4  # rise and fall delay, rise and fall transition


@dataclass(frozen=True)
class PinConfig:
    """Settings of :class:`PinNetwork`.

    Attributes:
        width: hidden units of all perceptrons; 64 as published.
        layers: hidden layers of the perceptrons; 3 as published.
        net_layers: net convolutions; as published.
        net_width: columns between them; as published.
        net_outputs: columns of the last, of which the first four are net delays; as published.
        queries: places that each arc reads each of its tables at, early and late; 4 as published.
        residual: times are regressed as differences to those at the source: through wires arrivals and slews, as in
            PreRoutGNN (Zhong et al., AAAI 2024), through cells arrivals, to the worst one (our choice); False: as they
            are, as published in TimingPredict.
    """

    width: int = 32
    layers: int = 2
    net_layers: int = 3
    net_width: int = 32
    net_outputs: int = 16
    queries: int = 2
    residual: bool = True

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, for model cards."""
        return asdict(self)


class PinTimes(NamedTuple):
    """What the network says of a batch, as the labels of :class:`~.pin_batch.PinLabels` are laid out.

    Attributes:
        state: float, (num_nodes, 8): arrivals, then log slews.
        net_delay: float, (num_loads, 4): log.
        cell_delay: float, (num_arcs, 4).
    """

    state: Tensor
    net_delay: Tensor
    cell_delay: Tensor


class Perceptron(nn.Module):
    """A perceptron with leaky rectifiers whose first layer adds what is known of all rows beforehand.

    Args:
        known: columns that :meth:`prepare` takes.
        dynamic: columns that come with each call; 0 for none.
        width, layers: hidden units and hidden layers.
        out: columns of the result.
    """

    def __init__(self, known: int, dynamic: int, width: int, layers: int, out: int) -> None:
        super().__init__()
        self.known = nn.Linear(known, width)
        self.dynamic = nn.Linear(dynamic, width, bias=False) if dynamic else None
        inner: list[nn.Module] = []
        for _ in range(layers - 1):
            inner += [nn.Linear(width, width), nn.LeakyReLU(_SLOPE)]
        self.rest = nn.Sequential(*inner, nn.Linear(width, out))

    def prepare(self, *known: Tensor) -> Tensor:
        """Return the part of the first layer that does not change; (rows, width)."""
        return self.known(torch.cat(known, dim=1))

    def forward(self, prepared: Tensor, dynamic: Tensor | None = None) -> Tensor:
        """Return (rows, out)."""
        if self.dynamic is not None:
            assert dynamic is not None
            prepared = prepared + self.dynamic(dynamic)
        return self.rest(F.leaky_relu(prepared, _SLOPE))


class NetConvolution(nn.Module):
    """One exchange between the driver and the loads of each net."""

    def __init__(self, columns: int, out: int, width: int, layers: int) -> None:
        super().__init__()
        self.width = width
        self.to_load = Perceptron(2 * columns + 2, 0, width, layers, out)
        self.to_driver = Perceptron(2 * columns + 2, 0, width, layers, 1 + 2 * width)
        self.reduce = Perceptron(columns + 2 * width, 0, width, layers, out)

    def forward(self, x: Tensor, batch: PinBatch) -> Tensor:
        """Return (num_nodes, out) from (num_nodes, columns)."""
        source, target = batch.net_source, batch.net_target
        edge = (x.index_select(0, source), x.index_select(0, target), batch.net_offset)
        to_load = self.to_load(self.to_load.prepare(*edge))
        summed, largest = _gather_messages(self.to_driver(self.to_driver.prepare(*edge)), source, len(x), self.width)
        drivers = torch.unique(source)
        parts = (x, summed, largest)
        reduced = self.reduce(self.reduce.prepare(*(part.index_select(0, drivers) for part in parts)))
        return x.new_zeros(len(x), to_load.shape[1]).index_add(0, target, to_load).index_add(0, drivers, reduced)


class PinNetwork(nn.Module):
    """See the module's description."""

    node_mean: Tensor
    node_std: Tensor
    state_mean: Tensor
    state_std: Tensor
    slew_range: Tensor
    sign: Tensor

    def __init__(self, config: PinConfig) -> None:
        super().__init__()
        self.config = config
        width, layers = config.width, config.layers
        self.register_buffer("node_mean", torch.zeros(len(NODE_COLUMNS)))
        self.register_buffer("node_std", torch.ones(len(NODE_COLUMNS)))
        self.register_buffer("state_mean", torch.zeros(2 * _TIMES))
        self.register_buffer("state_std", torch.ones(2 * _TIMES))
        # Log slews stay within the range of training data, or errors grow from level to level; our choice.
        self.register_buffer("slew_range", torch.tensor([-torch.inf, torch.inf]))
        # The worst of early times is the smallest, of late ones the largest.
        self.register_buffer("sign", torch.tensor([-1.0, -1.0, 1.0, 1.0]), persistent=False)
        columns = [len(NODE_COLUMNS), *[config.net_width] * (config.net_layers - 1), config.net_outputs]
        self.nets = nn.ModuleList(NetConvolution(a, b, width, layers) for a, b in itertools.pairwise(columns))
        known = len(NODE_COLUMNS) + config.net_outputs + _TIMES
        self.wire = Perceptron(2 * known, 2 * _TIMES, width, layers, 2 * _TIMES)
        reads = 2 * _TABLES * config.queries
        self.query = Perceptron(2 * known, 2 * _TIMES, width, layers, 4 * reads)
        self.message = Perceptron(2 * known, 2 * _TIMES + reads, width, layers, 1 + 2 * width + _TIMES)
        self.output = Perceptron(known, 2 * width, width, layers, 2 * _TIMES)

    def set_statistics(self, batches: list[PinBatch]) -> None:
        """Take mean and spread of features and times from training data."""
        node = torch.cat([batch.node for batch in batches])
        self.node_mean.copy_(node.mean(dim=0))
        self.node_std.copy_(node.std(dim=0).clamp(min=0.1))
        for column in range(2 * _TIMES):
            values = [b.label_state[b.occurs[:, column % _TIMES], column] for b in batches if b.label_state is not None]
            self.state_mean[column] = torch.cat(values).mean()
            self.state_std[column] = torch.cat(values).std().clamp(min=0.1)
        slews = torch.cat([b.label_state[:, _TIMES:][b.occurs] for b in batches if b.label_state is not None])
        self.slew_range.copy_(torch.stack(slews.aminmax()))

    def forward(self, batch: PinBatch, known_state: Tensor | None = None) -> PinTimes:
        """Predict the times of all pins.

        Args:
            known_state: (num_nodes, 8): every edge starts from these times instead of predicted ones (teacher forcing,
                for training only).
        """
        x = ((batch.node - self.node_mean) / self.node_std).clamp(-_FARTHEST, _FARTHEST)
        first = x
        for layer in self.nets:
            x = layer(x, batch)
        net_delay = x[:, :_TIMES]
        x = torch.cat([first, x, net_delay.clamp(max=_LONGEST_NET).exp() - TIME_FLOOR], dim=1)
        state, cell_delay = _Carried(self, batch, x).run(known_state)
        return PinTimes(state, net_delay.index_select(0, batch.load), cell_delay)


class _Carried:
    """The second half of the network on one batch."""

    def __init__(self, network: PinNetwork, batch: PinBatch, x: Tensor) -> None:
        self.network, self.batch = network, batch
        loads = (x.index_select(0, batch.driver), x.index_select(0, batch.load))
        arcs = (x.index_select(0, batch.arc_source), x.index_select(0, batch.arc_target))
        self.wire = network.wire.prepare(*loads)
        self.query = network.query.prepare(*arcs)
        self.message = network.message.prepare(*arcs)
        self.output = network.output.prepare(x.index_select(0, torch.unique_consecutive(batch.arc_target)))

    def run(self, known: Tensor | None) -> tuple[Tensor, Tensor]:
        """Return the states of all pins and the delays of all arcs; edges start from known states if there are any."""
        batch, levels = self.batch, self.batch.levels
        tape = StateTape(batch.state)
        delays = [batch.state.new_zeros(0, _TIMES)]
        # The gradient of a split is one concatenation, that of a slice is as large as the whole for every level.
        num_loads = [level.first_output - level.first_load for level in levels]
        num_outputs = [level.end - level.first_output for level in levels]
        num_arcs = [level.arcs.stop - level.arcs.start for level in levels]
        wires, outputs = torch.split(self.wire, num_loads), torch.split(self.output, num_outputs)
        queries, messages = torch.split(self.query, num_arcs), torch.split(self.message, num_arcs)
        for i, level in enumerate(levels):
            if num_loads[i]:
                drivers = batch.driver[level.loads]
                source = tape.read(drivers) if known is None else known.index_select(0, drivers)
                tape.write(level.first_load, self._through_wires(source, wires[i]))
            if num_outputs[i]:
                inputs = batch.arc_source[level.arcs]
                source = tape.read(inputs) if known is None else known.index_select(0, inputs)
                place = batch.arc_target[level.arcs] - level.first_output
                prepared = (queries[i], messages[i], outputs[i])
                state, delay = self._through_cells(source, level.arcs, place, prepared)
                tape.write(level.first_output, state)
                delays.append(delay)
        return tape.read_all(), torch.cat(delays)

    def _through_wires(self, source: Tensor, prepared: Tensor) -> Tensor:
        """Return the states of loads from those of their drivers."""
        network = self.network
        scaled = (source - network.state_mean) / network.state_std
        if network.config.residual:
            # How late it is must not matter.
            scaled = torch.cat([torch.zeros_like(scaled[:, :_TIMES]), scaled[:, _TIMES:]], dim=1)
            return self._bounded(source + network.wire(prepared, scaled))
        return self._bounded(network.wire(prepared, scaled) * network.state_std + network.state_mean)

    def _through_cells(
        self, source: Tensor, rows: slice, place: Tensor, prepared: tuple[Tensor, Tensor, Tensor]
    ) -> tuple[Tensor, Tensor]:
        """Return the states of cell outputs, and the delays of the arcs to them, from the states at their inputs.

        Args:
            source: (arcs, 8).
            rows: which arcs these are.
            place: int64, (arcs,): which of the outputs each goes to.
            prepared: what is known of the arcs, for queries and for messages, and of the outputs.
        """
        network, batch = self.network, self.batch
        of_query, of_message, of_output = prepared
        sign, mean, std = network.sign, network.state_mean, network.state_std
        count, residual = len(of_output), network.config.residual
        time, slew = (_caused(part, batch.arc_pairs[rows], sign) for part in torch.split(source, _TIMES, dim=1))
        possible = time > 0.5 * _NEVER
        worst = time.new_full((count, _TIMES), _NEVER)
        worst = worst.scatter_reduce(0, place[:, None].expand_as(time), time, "amax")
        slew = torch.where(possible, slew * sign, mean[_TIMES:])
        if residual:
            lead = torch.where(possible, time - worst.index_select(0, place), -_LEAD).clamp(min=-_LEAD)
            dynamic = torch.cat([lead, (slew - mean[_TIMES:]) / std[_TIMES:]], dim=1)
        else:
            time = torch.where(possible, time * sign, mean[:_TIMES])
            dynamic = (torch.cat([time, slew], dim=1) - mean) / std
        read = self._read_tables(network.query(of_query, dynamic), batch.arc_tables[rows], slew)
        message = network.message(of_message, torch.cat([dynamic, read], dim=1))
        message, delay = torch.split(message, [message.shape[1] - _TIMES, _TIMES], dim=1)
        summed, largest = _gather_messages(message, place, count, network.config.width)
        found = network.output(of_output, torch.cat([summed, largest], dim=1))
        if residual:
            arrival = torch.where(worst > 0.5 * _NEVER, worst * sign, 0.0) + found[:, :_TIMES]
            found = torch.cat([arrival, found[:, _TIMES:] * std[_TIMES:] + mean[_TIMES:]], dim=1)
        else:
            found = found * std + mean
        return self._bounded(found), delay

    def _bounded(self, state: Tensor) -> Tensor:
        arrival, slew = torch.split(state, _TIMES, dim=1)
        low, high = self.network.slew_range
        return torch.cat([arrival, slew.clamp(low, high)], dim=1)

    def _read_tables(self, query: Tensor, tables: Tensor, slew: Tensor) -> Tensor:
        """Return (arcs, reads): what the arcs' tables say at the places asked for."""
        queries = self.network.config.queries
        # (arcs, tables, early and late, queries, place on both axes and sharpness of both)
        parts = query.view(-1, _TABLES, 2 * queries, 4)
        by_table = slew.view(-1, 2, 2).transpose(1, 2).repeat(1, 2, 1).repeat_interleave(queries, dim=2)
        read = attend(
            self.batch.tables, tables, by_table + parts[..., 0], parts[..., 1], F.softplus(parts[..., 2:] + 1.0)
        )
        delay, transition = torch.split(read, 2, dim=1)
        return torch.cat([delay, (transition.clamp(min=0.0) + TIME_FLOOR).log()], dim=1).flatten(1)


def _caused(times: Tensor, pairs: Tensor, sign: Tensor) -> Tensor:
    """Return the worst time at an arc's source that causes each edge at its target: (arcs, 4), early times negated."""
    signed = (times * sign).view(-1, 2, 2)
    by_cause = [torch.where(pairs[:, None, i], signed[:, :, i, None], _NEVER) for i in range(2)]
    return torch.maximum(*by_cause).flatten(1)


def _gather_messages(message: Tensor, place: Tensor, count: int, width: int) -> tuple[Tensor, Tensor]:
    """Return gated sums and maxima, (count, width) each; the first column of messages is the gate.

    Sums enter by their inverse hyperbolic sine (our choice): a net with more loads than any in training must not drive
    what follows out of bounds.
    """
    gate = torch.sigmoid(message[:, :1])
    add, compare = (gate * part for part in torch.split(message[:, 1:], width, dim=1))
    summed = message.new_zeros(count, width).index_add(0, place, add)
    index = place[:, None].expand_as(compare)
    largest = message.new_zeros(count, width).scatter_reduce(0, index, compare, "amax", include_self=False)
    return summed.asinh(), largest
