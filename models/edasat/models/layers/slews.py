"""Slews and delays of a whole design in one differentiable sweep.

Each transition at each pin is a *state*, each way in which one transition causes the next an *item*: through a wire,
or through a cell by one timing arc. Items are sorted by the level of the state they lead to, so that a level is a
slice of every array. Only the slews of items are needed to go on to the next level; delays follow afterwards, all at
once.

The sweep is one node of the autograd graph: as a few thousand nodes it would cost many times as much. Its backward is
a sweep in the other direction over partial derivatives, which are computed for all items at once.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from edasat.core.csr import group_values
from edasat.eda.timing.graph import LAUNCH, NET
from edasat.eda.timing.kernels import WIRE_SLEW_FACTOR

from .buffers import add_at, add_buffers, take
from .delay_tables import DelayTables

if TYPE_CHECKING:
    from edasat.eda.timing.analysis import Timer

Int64 = npt.NDArray[np.int64]

#: State whose slew is 0: that of transitions that nothing causes.
NOTHING: Final = 0


class Level(NamedTuple):
    """One level: its states, and the wire and cell items that lead to them."""

    states: slice
    wires: slice
    cells: slice


class SlewSweep(nn.Module):
    """Slews of all pins and delays of all edges; what ``Timer.run`` computes with ``wire_model="elmore"``.

    The first states are sources, whose slews are given: 0, then the slews of ideal clocks at registers, then both
    transitions of each port whose slew is given.

    Attributes:
        num_states: number of states.
        clock_slew: float, (num_clock_slews,), ns: the different slews of ideal clocks.
        node_state: int64, (num_nodes, 2): state of each transition at each pin.
        clock_state: int64, (num_nodes, 2): the same as registers see it: with the slew of an ideal clock.
        item_edge, item_pair: int64, (num_items,): edge of the pin graph, and pair ``2 * input + output``, of each item;
            wire items come first.
    """

    clock_slew: Tensor
    node_state: Tensor
    clock_state: Tensor
    item_edge: Tensor
    item_pair: Tensor
    wire_source: Tensor
    wire_target: Tensor
    cell_source: Tensor
    cell_target: Tensor
    cell_load: Tensor
    delay_table: Tensor
    slew_table: Tensor

    def __init__(self, timer: Timer, tables: DelayTables, ports: Int64) -> None:
        """Sort the items of a design.

        Args:
            timer: of the design.
            tables: of its library.
            ports: those whose slew is given; the design drives none of them.
        """
        super().__init__()
        self.tables = tables
        graph = timer.graph
        edge, pair = np.nonzero(graph.edge_mask[:, None] >> np.arange(4) & 1)
        source = 2 * graph.edge_source[edge].astype(np.int64) + (pair >> 1)
        target = 2 * graph.edge_target[edge].astype(np.int64) + (pair & 1)

        # By the levels of the pins, not of the states: there wires and cells alternate.
        reached = np.unique(target)
        level = timer.level[reached >> 1]
        by_level = np.argsort(level, kind="stable")
        reached, level = reached[by_level], level[by_level]
        ideal = ~np.isnan(timer.clocks.slew.reshape(-1))
        clock_slew, clock_number = np.unique(timer.clocks.slew.reshape(-1)[ideal], return_inverse=True)
        first_port = 1 + len(clock_slew)
        num_sources = first_port + 2 * len(ports)
        state = np.full(2 * graph.num_nodes, NOTHING)
        state[(2 * ports[:, None] + np.arange(2)).reshape(-1)] = np.arange(first_port, num_sources)
        state[reached] = num_sources + np.arange(len(reached))
        self.num_states = num_sources + len(reached)
        at_register = state.copy()
        at_register[ideal] = 1 + clock_number
        source_state = np.where(graph.edge_kind[edge] == LAUNCH, at_register[source], state[source])
        level_offsets = num_sources + np.flatnonzero(np.diff(level, prepend=-1, append=-1))

        is_wire = graph.edge_kind[edge] == NET
        wires, wire_offsets = _sorted(np.flatnonzero(is_wire), state[target], level_offsets)
        cells, cell_offsets = _sorted(np.flatnonzero(~is_wire), state[target], level_offsets)
        bounds = np.stack([level_offsets, wire_offsets, cell_offsets], axis=1).tolist()
        self.levels = [Level(*map(slice, begin, end)) for begin, end in itertools.pairwise(bounds)]
        arc, edge_out = graph.edge_arc[edge[cells]], pair[cells] & 1
        net = graph.node_net[graph.edge_target[edge[cells]]]
        slew_table = graph.library.arc_tables[arc, 2 + edge_out]
        columns = {
            "clock_slew": clock_slew,
            "node_state": state.reshape(-1, 2),
            "clock_state": at_register.reshape(-1, 2),
            "item_edge": np.concatenate([edge[wires], edge[cells]]),
            "item_pair": np.concatenate([pair[wires], pair[cells]]),
            "wire_source": source_state[wires],
            "wire_target": state[target[wires]],
            "cell_source": source_state[cells],
            "cell_target": state[target[cells]],
            # What no net loads looks at the number behind the last net.
            "cell_load": np.where(net >= 0, 2 * net + edge_out, 2 * graph.netlist.num_nets),
            "delay_table": graph.library.arc_tables[arc, edge_out],
            "slew_table": np.where(slew_table >= 0, slew_table, tables.identity),
        }
        add_buffers(self, columns)

    @property
    def num_wires(self) -> int:
        """Number of wire items; the other items are cell items."""
        return len(self.wire_source)

    def forward(self, port_slew: Tensor, load: Tensor, elmore: Tensor | None) -> tuple[Tensor, Tensor]:
        """Compute slews and delays.

        Args:
            port_slew: (batch, corners, 2 * num_ports), ns: given slews.
            load: (batch, corners, 2 * num_nets + 1), fF, by net and transition of its driver; the last entry is 0.
            elmore: (batch, corners, 2 * num_edges), ns, by edge and transition; None for wires without delay.

        Returns:
            Slews, (batch, corners, num_states), and delays, (batch, corners, num_items), ns.
        """
        batch, corners = load.shape[:2]
        known = torch.cat([self.clock_slew.new_zeros(1), self.clock_slew]).expand(batch, corners, -1)
        sources = torch.cat([known, port_slew.expand(batch, corners, -1)], dim=-1)
        if elmore is None:
            wire_delay = load.new_zeros(batch, corners, self.num_wires)
            slew, cell_delay = _Sweep.apply(self, sources, load, None)  # type: ignore[no-untyped-call]
        else:
            edge, pair = self.item_edge[: self.num_wires], self.item_pair[: self.num_wires]
            wire_delay = take(elmore.expand(batch, corners, -1), 2 * edge + (pair & 1))
            slew, cell_delay = _Sweep.apply(self, sources, load, wire_delay)  # type: ignore[no-untyped-call]
        return slew, torch.cat([wire_delay, cell_delay], dim=-1)


class _Sweep(torch.autograd.Function):
    """Slews of all states and delays of cell items from slews of sources, loads, and delays of wire items."""

    @staticmethod
    def forward(
        ctx: Any, sweep: SlewSweep, sources: Tensor, load: Tensor, wire_delay: Tensor | None
    ) -> tuple[Tensor, Tensor]:
        tables = sweep.tables
        batch, corners = load.shape[:2]
        slew = load.new_empty(batch, corners, sweep.num_states)
        slew[:, -1] = -torch.inf
        slew[:, : corners - 1] = torch.inf
        place = torch.empty_like(slew, dtype=torch.int64)
        num_sources = sources.shape[-1]
        slew[..., :num_sources] = sources
        place[..., :num_sources] = tables.place_first(sources)

        cell_load = take(load, sweep.cell_load)
        load_place = take(tables.place_second(load), sweep.cell_load)
        row = tables.piece_row(sweep.slew_table, load_place)
        piece = torch.empty_like(row)
        cell_out = torch.empty_like(cell_load)
        added = None if wire_delay is None else (WIRE_SLEW_FACTOR * wire_delay).square_()
        wire_out = load.new_empty(batch, corners, sweep.num_wires)
        for states, wires, cells in sweep.levels:
            found = []
            if wires.stop > wires.start:
                out = take(slew, sweep.wire_source[wires])
                if added is not None:
                    out = out.square_().add_(added[..., wires]).sqrt_()
                wire_out[..., wires] = out
                found.append((out, sweep.wire_target[wires]))
            if cells.stop > cells.start:
                source = sweep.cell_source[cells]
                at = tables.piece(row[..., cells], sweep.slew_table[cells], take(place, source))
                out = tables.at(at).value(take(slew, source), cell_load[..., cells])
                piece[..., cells] = at
                cell_out[..., cells] = out
                found.append((out, sweep.cell_target[cells]))
            here = slew[..., states]
            for out, target in found:
                if out.shape[-1] == here.shape[-1]:  # one item for each state: nothing to compare
                    here.copy_(out)
                else:
                    for corner in range(corners):
                        late = corner == corners - 1
                        index = (target - states.start).expand(batch, -1)
                        here[:, corner].scatter_reduce_(-1, index, out[:, corner], "amax" if late else "amin")
            place[..., states] = tables.place_first(here)

        delay_row = tables.piece_row(sweep.delay_table, load_place)
        delay_piece = tables.piece(delay_row, sweep.delay_table, take(place, sweep.cell_source))
        delay = tables.at(delay_piece).value(take(slew, sweep.cell_source), cell_load)
        ctx.sweep, ctx.num_sources = sweep, num_sources
        ctx.save_for_backward(load, wire_delay, slew, piece, delay_piece, wire_out, cell_out)
        return slew, delay

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        sweep: SlewSweep = ctx.sweep
        load, wire_delay, slew, piece, delay_piece, wire_out, cell_out = ctx.saved_tensors
        grad_slew, grad_delay = grads
        cell_load, cell_slew = take(load, sweep.cell_load), take(slew, sweep.cell_source)
        delays, slews = sweep.tables.at(delay_piece), sweep.tables.at(piece)

        # Of several items that lead to one state those count that gave it its slew, in equal parts.
        wire_share = (wire_out == take(slew, sweep.wire_target)).to(slew.dtype)
        cell_share = (cell_out == take(slew, sweep.cell_target)).to(slew.dtype)
        count = torch.zeros_like(slew)
        add_at(count, sweep.wire_target, wire_share)
        add_at(count, sweep.cell_target, cell_share)
        wire_share /= take(count, sweep.wire_target)
        cell_share /= take(count, sweep.cell_target)
        by_wire_slew = wire_share
        if wire_delay is not None:
            # The slope of the root at 0 is taken as 0 along either way into it.
            over = torch.where(wire_out > 0, wire_share / wire_out, 0.0)
            by_wire_slew = over * take(slew, sweep.wire_source)
        by_cell_slew = cell_share * slews.by_first(cell_load)

        grad_slew = grad_slew.clone()
        add_at(grad_slew, sweep.cell_source, grad_delay * delays.by_first(cell_load))
        grad_wire_out, grad_cell_out = torch.empty_like(wire_out), torch.empty_like(cell_out)
        for _, wires, cells in reversed(sweep.levels):
            for items, targets, sources, slope, kept in (
                (wires, sweep.wire_target, sweep.wire_source, by_wire_slew, grad_wire_out),
                (cells, sweep.cell_target, sweep.cell_source, by_cell_slew, grad_cell_out),
            ):
                if items.stop > items.start:
                    grad = take(grad_slew, targets[items])
                    kept[..., items] = grad
                    add_at(grad_slew, sources[items], grad * slope[..., items])

        by_load = grad_cell_out * cell_share * slews.by_second(cell_slew) + grad_delay * delays.by_second(cell_slew)
        grad_load = torch.zeros_like(load)
        add_at(grad_load, sweep.cell_load, by_load)
        grad_wire_delay = None
        if wire_delay is not None:
            grad_wire_delay = grad_wire_out * over * WIRE_SLEW_FACTOR**2 * wire_delay
        return None, grad_slew[..., : ctx.num_sources], grad_load, grad_wire_delay


def _sorted(items: Int64, target: Int64, level_offsets: Int64) -> tuple[Int64, Int64]:
    """Return items ordered by the state they lead to, and where the items of each level begin."""
    offsets, order = group_values(target[items], items, int(level_offsets[-1]))
    return order.astype(np.int64), offsets[level_offsets]
