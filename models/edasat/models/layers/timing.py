"""Static timing as a layer: slews, delays, arrivals and slacks with gradients to wires, loads and placement.

It computes what :class:`edasat.eda.timing.analysis.Timer` computes with ``wire_model="elmore"``, for a batch of wires
at once (process corners, scenarios, samples of a search), on CPU or GPU. The structure, that is, which clock edges and
which data come where and what is required of them, does not depend on delays; it is taken from one run of the timer.

Maxima and minima pass their gradient to whichever input was the largest or smallest, in equal parts if several were:
the gradient of a slack runs along its path. There are no second derivatives.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from edasat.core.errors import InputError, Message
from edasat.eda.timing.analysis import Timer
from edasat.eda.timing.ends import OUTPUT
from edasat.eda.timing.gating import INFERRED
from edasat.eda.timing.graph import EARLY, LATE, NET

from .arrival_items import ABSENT, ArrivalItems
from .arrivals import ArrivalSweep
from .buffers import add_buffers, take
from .clocked_ends import LatchEnds, capturing_clocks
from .delay_tables import DelayTables
from .port_slews import PortSlews
from .slews import NOTHING, SlewSweep
from .wires import WireLoads

Int64 = npt.NDArray[np.int64]
Float = npt.NDArray[np.float64]

_DRIVEN_PORT = Message(
    "timing-driven-port",
    "the design drives port '{port}', for which the constraints give a slew or an arrival too",
    "the differentiable timer takes what comes into a port either from inside or from outside",
)


@dataclass(frozen=True, eq=False)
class LayerTiming:
    """The result of a layer; the first dimension is always the batch.

    Attributes:
        layer: that computed it.
        slews: (batch, corners, states), ns: see :meth:`slew`.
        delays: (batch, corners, items), ns: see :meth:`edge_delay`.
        times: (batch, states), ns: arrivals, earliest ones with their sign turned; see :meth:`node_arrival`.
        slack: (batch, num_ends), ns: of the ends of the layer's reference run, in their order.
        endpoint_slack: [EARLY, LATE]: (batch, num_endpoints), ns: the worst slack of each of the layer's end points.
    """

    layer: TimingLayer
    slews: Tensor
    delays: Tensor
    times: Tensor
    slack: Tensor
    endpoint_slack: tuple[Tensor, Tensor]

    def slew(self) -> Tensor:
        """Return slews at pins: (batch, corners, num_nodes, 2), ns."""
        state = self.layer.slews.node_state
        return take(self.slews, state.reshape(-1)).view(*self.slews.shape[:2], -1, 2)

    def edge_delay(self) -> Tensor:
        """Return delays of edges, (batch, corners, num_edges, 4), ns, by pair ``2 * input + output``; NaN for none."""
        sweep, num_edges = self.layer.slews, self.layer.num_edges
        index = (4 * sweep.item_edge + sweep.item_pair).expand_as(self.delays)
        flat = self.delays.new_full((*self.delays.shape[:2], 4 * num_edges), torch.nan)
        return flat.scatter(-1, index, self.delays).view(*flat.shape[:2], num_edges, 4)

    def node_arrival(self) -> Tensor:
        """Return arrivals at pins over all clocks and tags: (batch, num_nodes, 2, 2), ns; NaN where there is none."""
        layer = self.layer
        times = take(self.times, layer.arrival_state)
        flat = times.new_full((len(times), 4 * layer.num_nodes), -torch.inf)
        flat = flat.scatter_reduce(-1, layer.arrival_place.expand_as(times), times, "amax")
        worst = torch.where(flat.isinf(), torch.nan, flat).view(-1, layer.num_nodes, 2, 2)
        return worst * worst.new_tensor([-1.0, 1.0])[:, None]

    def worst_slack(self, early_late: int = LATE) -> Tensor:
        """Return the worst slack of any end point, (batch,), ns; infinite if nothing is constrained."""
        return F.pad(self.endpoint_slack[early_late], (0, 1), value=torch.inf).amin(dim=-1)

    def wns(self, early_late: int = LATE) -> Tensor:
        """Return the worst negative slack, (batch,), ns: 0 where everything is met."""
        return self.worst_slack(early_late).clamp(max=0.0)

    def tns(self, early_late: int = LATE) -> Tensor:
        """Return the total negative slack, (batch,), ns: the sum over end points of their negative worst slacks."""
        return self.endpoint_slack[early_late].clamp(max=0.0).sum(dim=-1)


class TimingLayer(nn.Module):
    """Timing of one design under one set of constraints.

    Attributes:
        reference: the run that the structure comes from, without wires.
        endpoints: [EARLY, LATE]: int32, (num_endpoints,): nodes, rising.
    """

    derate: Tensor
    from_port: Tensor
    constants: Tensor
    arrival_state: Tensor
    arrival_place: Tensor
    end_constant: Tensor
    end_data: Tensor
    end_clock: Tensor
    end_table: Tensor
    end_clock_slew: Tensor
    end_data_slew: Tensor
    early_ends: Tensor
    early_endpoint: Tensor
    late_ends: Tensor
    late_endpoint: Tensor

    def __init__(self, timer: Timer) -> None:
        """Lay out the structure.

        Args:
            timer: of the design; its ``wire_model`` plays no role.

        Raises:
            InputError: if the design drives a port whose slew or arrival is given too.
        """
        super().__init__()
        _refuse_driven_ports(timer)
        graph = timer.graph
        self.num_corners, self.num_nodes, self.num_edges = timer.num_corners, graph.num_nodes, graph.num_edges
        self.reference = timer.run()
        self.tables = DelayTables(graph.library)
        self.ports = PortSlews(timer, self.tables)
        self.slews = SlewSweep(timer, self.tables, self.ports.nodes)
        edge, pair = self.slews.item_edge.numpy(), self.slews.item_pair.numpy()
        items = ArrivalItems(timer, self.reference, edge, pair)
        self.arrivals = ArrivalSweep(items)
        is_wire = graph.edge_kind[edge] == NET
        of_corners = zip(timer.constraints.net_derate, timer.constraints.cell_derate, strict=True)
        derate = np.stack([np.where(is_wire, wires, cells) for wires, cells in of_corners])
        # The delay of a cell that drives a port comes on top of the wires from there.
        num_driven = len(self.ports.driven)
        driven = np.full(2 * graph.num_nodes, num_driven)
        driven[self.ports.driven] = np.arange(num_driven)
        from_port = np.where(is_wire, driven[2 * graph.edge_source[edge].astype(np.int64) + (pair & 1)], num_driven)
        add_buffers(self, {"derate": derate[-self.num_corners :], "from_port": from_port, "constants": items.constants})
        self._lay_out_arrivals(items)
        self._lay_out_ends(timer, items)
        self.latches = LatchEnds(timer, self.reference, items)

    def _lay_out_arrivals(self, items: ArrivalItems) -> None:
        """Tell at which pin each state lies: place ``(node, early_late, edge)``, flattened."""
        states, places = [], []
        clock = items.clock[self.reference.clock_row]
        for of_pins in (clock, items.data):
            node, _, early_late, edge = np.nonzero(of_pins != ABSENT)
            states.append(of_pins[of_pins != ABSENT])
            places.append(4 * node + 2 * early_late + edge)
        add_buffers(self, {"arrival_state": np.concatenate(states), "arrival_place": np.concatenate(places)})

    def _lay_out_ends(self, timer: Timer, items: ArrivalItems) -> None:
        """Split what ends require into constants, check times and arrivals of clocks."""
        graph, ends = timer.graph, self.reference.ends
        late = ends.early_late == LATE
        sign = np.where(late, 1.0, -1.0)
        clock_state, clock_time = capturing_clocks(timer, self.reference, items)
        constant = ends.capture_arrival - clock_time - sign * ends.uncertainty
        checked = (ends.kind != OUTPUT) & (ends.index >= 0)
        constant -= np.where(checked, 0.0, sign * ends.margin)
        arc = np.full(len(ends), INFERRED)
        arc[checked] = graph.check_arc[ends.index[checked]]
        by_table = arc != INFERRED
        check = ends.index[by_table]
        corner = np.where(late, self.num_corners - 1, 0)[by_table] * self.slews.num_states
        table = np.full(len(ends), self.tables.identity)  # of a slew of 0: no time at all
        clock_slew, data_slew = np.full(len(ends), NOTHING), np.full(len(ends), NOTHING)
        table[by_table] = graph.library.arc_tables[arc[by_table], ends.edge[by_table]]
        register = self.slews.clock_state.numpy()[graph.check_clock[check], graph.check_edge[check]]
        clock_slew[by_table] = register + corner
        data_slew[by_table] = self.slews.node_state.numpy()[ends.node[by_table], ends.edge[by_table]] + corner
        columns = {
            "end_constant": sign * constant,
            "end_data": items.data[ends.node, ends.tag, ends.early_late, ends.edge],
            "end_clock": clock_state,
            "end_table": table,
            "end_clock_slew": clock_slew,
            "end_data_slew": data_slew,
        }
        self.endpoints = []
        for name, early_late in (("early", EARLY), ("late", LATE)):
            rows = np.flatnonzero(ends.early_late == early_late)
            nodes, number = np.unique(ends.node[rows], return_inverse=True)
            self.endpoints.append(nodes)
            columns |= {f"{name}_ends": rows, f"{name}_endpoint": number}
        add_buffers(self, columns)

    def forward(self, wires: WireLoads, added_delay: Tensor | None = None) -> LayerTiming:
        """Time the design.

        Args:
            wires: from :mod:`edasat.models.layers.wires`.
            added_delay: (batch, corners or 1, num_edges, 4), ns: added to delays before derating, by pair
                ``2 * input + output``; such as learned corrections.
        """
        load, elmore = (None if part is None else part.flatten(-2) for part in wires)
        assert load is not None
        load = torch.cat([load, load.new_zeros(*load.shape[:2], 1)], dim=-1).expand(-1, self.num_corners, -1)
        if elmore is not None:
            elmore = elmore.expand(len(load), self.num_corners, -1)
        port_slew, port_delay = self.ports(load)
        slews, delays = self.slews(port_slew, load, elmore)
        if port_delay.shape[-1]:
            none = port_delay.new_zeros(*port_delay.shape[:2], 1)
            delays = delays + take(torch.cat([port_delay, none], dim=-1), self.from_port)
        if added_delay is not None:
            index = 4 * self.slews.item_edge + self.slews.item_pair
            delays = delays + take(added_delay.flatten(-2), index)
        delays = delays * self.derate
        constants = self.constants.expand(len(delays), -1)
        times = self.arrivals(torch.cat([-delays[:, 0], delays[:, -1], constants], dim=-1))
        both = slews.flatten(1)
        margin = self.tables(self.end_table, take(both, self.end_clock_slew), take(both, self.end_data_slew))
        slack = self.end_constant - take(times, self.end_clock) - take(times, self.end_data) - margin
        slack = self.latches(times, slack)
        worst = [
            slack.new_full((len(slack), len(nodes)), torch.inf).scatter_reduce(
                -1, number.expand(len(slack), -1), take(slack, ends), "amin"
            )
            for nodes, ends, number in zip(
                self.endpoints,
                (self.early_ends, self.late_ends),
                (self.early_endpoint, self.late_endpoint),
                strict=True,
            )
        ]
        return LayerTiming(self, slews, delays, times, slack, (worst[0], worst[1]))


def _refuse_driven_ports(timer: Timer) -> None:
    constraints = timer.constraints
    ports = {
        *constraints.input_slews,
        *(cell.node for cell in constraints.driving_cells),
        *(delay.node for delay in constraints.input_delays if not timer.clocks.blocked[delay.node]),
        *timer.unclocked_ports,
    }
    for port in sorted(ports):
        if timer.in_offsets[port] < timer.in_offsets[port + 1]:
            raise InputError.of(_DRIVEN_PORT, timer.graph.netlist.source, port=timer.graph.node_name(port))
