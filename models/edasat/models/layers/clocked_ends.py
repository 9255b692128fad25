"""Path ends that depend on when a clock with delay captures: registers, and latches that are open for a while."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from edasat.eda.timing.analysis import Timer, Timing
from edasat.eda.timing.ends import CHECK
from edasat.eda.timing.graph import EARLY, FALL, LATCH, LATE, RISE

from .arrival_items import ORIGIN, ArrivalItems
from .buffers import add_buffers, take

Int64 = npt.NDArray[np.int64]
Float = npt.NDArray[np.float64]


def capturing_clocks(timer: Timer, timing: Timing, items: ArrivalItems) -> tuple[Int64, Float]:
    """Return the state of the clock edge that captures each end, and its time in the given run.

    Where no clock with delay captures, the time is part of what the end requires anyway: there the state is the origin
    and the time 0.
    """
    graph, ends = timer.graph, timing.ends
    rows = np.flatnonzero(ends.kind == CHECK)
    check, opposite = ends.index[rows], np.where(ends.early_late[rows] == LATE, EARLY, LATE)
    place = (timing.clock_row[graph.check_clock[check]], ends.capture[rows], opposite, graph.check_edge[check])
    follows = _with_delay(timer)[ends.capture[rows]]
    state, time = np.full(len(ends), ORIGIN), np.zeros(len(ends))
    state[rows] = np.where(follows, items.clock[place], ORIGIN)
    time[rows] = np.where(follows, timing.clock_arrival[place], 0.0)
    return state, time


class LatchEnds(nn.Module):
    """Transparent latches that are taken as opaque: data has slack against the edge that opens them, too.

    Data that comes before a latch opens has slack against that edge. Data that comes while it is open borrows time and
    has none; only what comes too late for the closing edge is late.
    """

    ends: Tensor
    data: Tensor
    capture: Tensor
    closing: Tensor
    opening: Tensor
    captured: Tensor
    closed: Tensor
    opened: Tensor
    period: Tensor

    def __init__(self, timer: Timer, timing: Timing, items: ArrivalItems) -> None:
        super().__init__()
        graph, ends = timer.graph, timing.ends
        transparent = np.zeros(graph.num_nodes, np.bool_)
        transparent[graph.edge_source[graph.edge_kind == LATCH]] = True
        rows = np.flatnonzero((ends.kind == CHECK) & (ends.early_late == LATE) & transparent[ends.node])
        row = timing.clock_row[graph.check_clock[ends.index[rows]]]
        edge = graph.check_edge[ends.index[rows]].astype(np.int64)
        opens = np.isfinite(timing.clock_arrival[row, ends.capture[rows] ^ 1, EARLY, 1 - edge])
        rows, row, edge = rows[opens], row[opens], edge[opens]
        closing = (row, ends.capture[rows], EARLY, edge)
        opening = (row, ends.capture[rows] ^ 1, EARLY, 1 - edge)
        follows = _with_delay(timer)[ends.capture[rows]]
        capture, clock_time = capturing_clocks(timer, timing, items)
        periods = np.array([clock.period for clock in timer.constraints.clocks])
        columns = {
            "ends": rows,
            "data": items.data[ends.node[rows], ends.tag[rows], LATE, ends.edge[rows]],
            "capture": capture[rows],
            "captured": (ends.capture_arrival - clock_time)[rows],
            "period": periods[ends.capture[rows] // 2],
        }
        for name, place in (("clos", closing), ("open", opening)):
            columns[f"{name}ing"] = np.where(follows, items.clock[place], ORIGIN)
            columns[f"{name}ed"] = np.where(follows, 0.0, timing.clock_arrival[place])
        add_buffers(self, columns)

    def forward(self, times: Tensor, slack: Tensor) -> Tensor:
        """Return slacks, (batch, num_ends), ns, with those of latches as said above.

        Args:
            times: (batch, num_states), ns, early times with their sign turned.
            slack: (batch, num_ends), ns, against the closing edges.
        """
        if not len(self.ends):
            return slack
        closed, opened = self.closed - take(times, self.closing), self.opened - take(times, self.opening)
        open_for = torch.remainder(closed - opened, self.period)
        before = self.captured - take(times, self.capture) - open_for - take(times, self.data)
        borrowed = torch.where(before >= 0, before, take(slack, self.ends).clamp(max=0.0))
        return slack.scatter(-1, self.ends.expand_as(borrowed), borrowed)


def _with_delay(timer: Timer) -> npt.NDArray[np.bool_]:
    """Return which launches, ``2 * clock + edge``, are of clocks with delay; at least one entry."""
    return np.array([clock.propagated for clock in timer.constraints.clocks for _ in (RISE, FALL)] or [False])
