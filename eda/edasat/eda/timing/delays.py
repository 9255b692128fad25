"""Delay calculation: slews and delays of all edges under given loads."""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt

from ..library import Library, Sense
from .constraints import Constraints
from .graph import FALL, RISE, PinGraph
from .kernels import propagate_slews
from .sweep import Sweep
from .tables import look_up, tables_of
from .waveforms import drive_net, shape_of
from .wires import Loads

Float = npt.NDArray[np.float64]

#: How RC networks act: by effective capacitance and ramp response, or by total capacitance and Elmore delay.
WireModel = Literal["effective", "elmore"]


class DelayCalculator:
    """Delays of one design, prepared once.

    Args:
        graph: the pins.
        constraints: with the slews and driving cells of input ports.
        sweep: the order of the pins.
        clock_slew: (num_nodes, 2), ns: of ideal clocks, NaN elsewhere.
        num_corners: 1 or 2.
        wire_model: how RC networks act.
    """

    def __init__(
        self,
        graph: PinGraph,
        constraints: Constraints,
        sweep: Sweep,
        clock_slew: Float,
        num_corners: int,
        wire_model: WireModel,
    ) -> None:
        self.graph = graph
        self.constraints = constraints
        self.sweep = sweep
        self.clock_slew = clock_slew[sweep.order]
        self.net = graph.node_net[sweep.order]
        driven = np.array([cell.node for cell in constraints.driving_cells], np.int32)
        self.driven_wires = np.flatnonzero(np.isin(graph.edge_source, driven) & (graph.edge_mask != 0))
        self.num_corners = num_corners
        self.wire_model = wire_model
        self.arc_axes = _arc_axes(graph.library)
        self.tables = tables_of(graph.library)
        self.shape = shape_of(graph.library.thresholds)

    def run(self, loads: Loads) -> tuple[Float, Float, int]:
        """Propagate slews.

        Returns:
            Slews, (corners, num_nodes, 2), in the order of the sweep, and delays, (corners, num_edges, 4); ns. How
            often no waveform was found for an arc, whose net then counted as one capacitor.
        """
        graph, library = self.graph, self.graph.library
        slew = np.full((self.num_corners, graph.num_nodes, 2), np.nan)
        for node, value in self.constraints.input_slews.items():
            slew[:, self.sweep.position[node]] = value[-self.num_corners :]
        effective = self.wire_model == "effective"
        driver = np.full((self.num_corners, graph.num_nodes if effective else 1, 2, 3), np.nan)
        extra = self._drive_ports(loads, slew, driver)
        edge_delay = np.full((self.num_corners, graph.num_edges, 4), np.nan)
        num_failed = propagate_slews(
            self.sweep.steps,
            self.sweep.offsets,
            self.sweep.edges,
            self.sweep.source,
            graph.edge_kind,
            graph.edge_arc,
            graph.edge_mask,
            library.arc_tables,
            self.arc_axes,
            self.tables,
            self.net,
            loads.total,
            loads.near,
            loads.far,
            loads.resistance,
            loads.elmore,
            effective,
            self.shape,
            library.pin_capacitance_min is None,
            self.clock_slew,
            slew,
            driver,
            edge_delay,
        )
        for edge in self.driven_wires:
            delay = extra[int(graph.edge_source[edge])]
            edge_delay[:, edge, ::3] += delay  # rise to rise, fall to fall
        return slew, edge_delay, num_failed

    def _drive_ports(self, loads: Loads, slew: Float, driver: Float) -> dict[int, Float]:
        """Set the slews and waveforms of input ports with a driving cell.

        Returns:
            Node -> (corners, 2), ns: what the cell's delay under its load exceeds that without load by. It comes on
            top of the wires from the port, so that delays given for these wires replace it.
        """
        graph, library, tables = self.graph, self.graph.library, self.tables
        effective = self.wire_model == "effective"
        columns = (loads.total, loads.near, loads.far, loads.resistance)
        extra: dict[int, Float] = {}
        for cell in self.constraints.driving_cells:
            net = int(graph.node_net[cell.node])
            position = self.sweep.position[cell.node]
            added = extra.setdefault(cell.node, np.zeros((self.num_corners, 2)))
            for rf in cell.transitions:
                delay_table, slew_table = (int(library.arc_tables[cell.arc, column]) for column in (rf, 2 + rf))
                for corner in range(self.num_corners):
                    total, near, far, ohm = (float(column[corner, net, rf]) if net >= 0 else 0.0 for column in columns)
                    found = []
                    for rf_in in _inputs_of(int(library.arc_sense[cell.arc]), rf):
                        s = float(cell.input_slew[rf_in])
                        if effective and far > 0.0:
                            delay, out, *made = drive_net(
                                delay_table, slew_table, s, rf, near, far, ohm, self.shape, tables
                            )
                        else:
                            delay, out = look_up(delay_table, s, total, tables), look_up(slew_table, s, total, tables)
                            made = [0.0, 0.0, 0.0]
                        found.append((out, delay - look_up(delay_table, s, 0.0, tables), made))
                    slew[corner, position, rf], added[corner, rf], made = max(found)
                    if effective:
                        driver[corner, position, rf] = made
        return extra


def _inputs_of(sense: int, rf_out: int) -> tuple[int, ...]:
    """Return the input edges that can cause an output edge."""
    if sense == Sense.NON_UNATE:
        return (RISE, FALL)
    return (rf_out,) if sense == Sense.POSITIVE else (1 - rf_out,)


def _arc_axes(library: Library) -> npt.NDArray[np.int64]:
    """Return, by arc and output edge, the number of the axes that delay and transition table share, 0 for none.

    Axes of fewer than two points do not count.
    """
    keys = np.zeros(library.num_tables + 1, np.int64)  # equal axes get equal numbers; 0 for none
    seen: dict[bytes, int] = {}
    for number in range(library.num_tables):
        n1, n2 = (int(n) for n in library.table_shape[number])
        if n1 > 1 and n2 > 1:
            start = int(library.table_offsets[number])
            axes = np.int64(n1).tobytes() + library.table_data[start : start + n1 + n2].tobytes()
            keys[number] = seen.setdefault(axes, len(seen) + 1)
    delay, transition = keys[library.arc_tables[:, :2]], keys[library.arc_tables[:, 2:]]
    return np.where(delay == transition, delay, 0)
