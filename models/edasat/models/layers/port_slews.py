"""Slews of input ports: as given, or from the library cell that drives the port and the load that it sees."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn

from edasat.eda.library import Sense
from edasat.eda.timing.graph import FALL, RISE

from .buffers import add_buffers, take
from .delay_tables import DelayTables

if TYPE_CHECKING:
    from edasat.eda.timing.analysis import Timer


class PortSlews(nn.Module):
    """``set_input_transition`` and ``set_driving_cell``.

    Attributes:
        nodes: int64, (num_ports,): ports with either.
        driven: int64, (num_driven,): transitions ``2 * node + edge`` that a cell drives.
    """

    given: Tensor
    place: Tensor
    load: Tensor
    slew: Tensor
    delay_table: Tensor
    slew_table: Tensor

    def __init__(self, timer: Timer, tables: DelayTables) -> None:
        super().__init__()
        self.tables = tables
        graph, constraints = timer.graph, timer.constraints
        cells = {(cell.node, rf): cell for cell in constraints.driving_cells for rf in cell.transitions}
        self.nodes = np.array(sorted({*constraints.input_slews, *(node for node, _ in cells)}), np.int64)
        self.driven = np.array([2 * node + rf for node, rf in cells], np.int64)
        given = np.zeros((timer.num_corners, len(self.nodes), 2))
        for node, value in constraints.input_slews.items():
            given[:, np.searchsorted(self.nodes, node)] = np.nan_to_num(value[-timer.num_corners :])
        net = graph.node_net[self.driven >> 1]
        arc_tables = graph.library.arc_tables
        tables_of = np.array([arc_tables[cell.arc, [rf, 2 + rf]] for (_, rf), cell in cells.items()], np.int64)
        tables_of = tables_of.reshape(-1, 2)
        slews = [
            [float(cell.input_slew[i]) for i in _causes(int(graph.library.arc_sense[cell.arc]), rf)]
            for (_, rf), cell in cells.items()
        ]
        columns = {
            "given": given.reshape(timer.num_corners, -1),
            "place": 2 * np.searchsorted(self.nodes, self.driven >> 1) + (self.driven & 1),
            "load": np.where(net >= 0, 2 * net + (self.driven & 1), 2 * graph.netlist.num_nets),
            # Two causes for each transition; where there is but one it stands twice.
            "slew": np.array(slews).reshape(-1, 2).T,
            "delay_table": tables_of[:, 0],
            "slew_table": np.where(tables_of[:, 1] >= 0, tables_of[:, 1], tables.identity),
        }
        add_buffers(self, columns)

    def forward(self, load: Tensor) -> tuple[Tensor, Tensor]:
        """Compute slews, and the delays that driving cells have on top of those without load.

        Args:
            load: (batch, corners, 2 * num_nets + 1), fF; the last entry is 0.

        Returns:
            Slews, (batch, corners, 2 * num_ports), and delays, (batch, corners, num_driven), ns.
        """
        slew = self.given.expand(len(load), -1, -1)
        if not len(self.driven):
            return slew, load.new_zeros(*load.shape[:2], 0)
        seen = take(load, self.load)
        (slew0, delay0), (slew1, delay1) = (self._drive(cause.expand_as(seen), seen) for cause in self.slew)
        second = (slew1 > slew0) | ((slew1 == slew0) & (delay1 > delay0))
        worst = torch.where(second, slew1, slew0)
        index = self.place.expand_as(worst)
        return slew.scatter(-1, index, worst), torch.where(second, delay1, delay0)

    def _drive(self, cause: Tensor, load: Tensor) -> tuple[Tensor, Tensor]:
        unloaded = self.tables(self.delay_table, cause, torch.zeros_like(load))
        return self.tables(self.slew_table, cause, load), self.tables(self.delay_table, cause, load) - unloaded


def _causes(sense: int, edge: int) -> tuple[int, int]:
    """Return the two input edges that can cause an output edge, or the one twice."""
    if sense == Sense.NON_UNATE:
        return RISE, FALL
    return (edge, edge) if sense == Sense.POSITIVE else (1 - edge, 1 - edge)
