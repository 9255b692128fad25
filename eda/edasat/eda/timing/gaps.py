"""What the constraints of a design leave open: places where an analysis is silent because nobody asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from .analysis import Timing
from .graph import LATE, LAUNCH, PinGraph

_EXAMPLES: Final = 3


@dataclass(frozen=True)
class Gap:
    """Pins of one kind that are not constrained.

    Attributes:
        what: the kind, in the plural.
        total: how many pins could be constrained.
        count: how many are not.
        examples: the first of these.
    """

    what: str
    total: int
    count: int
    examples: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {"what": self.what, "total": self.total, "count": self.count, "examples": list(self.examples)}


def find_gaps(timing: Timing) -> list[Gap]:
    """Return, kind by kind, what no clock, no delay at a port and no check looks at.

    An end point without a setup check is one of two things: data comes, but nothing says when it is wanted (or every
    path to it is false); or no data comes, because it is constant or its inputs have no delay.
    """
    graph, constraints = timing.graph, timing.constraints
    launching = graph.edge_source[(graph.edge_kind == LAUNCH) & (graph.edge_mask != 0)]
    clock_pins = np.unique(np.concatenate([graph.check_clock, launching]))
    is_port = np.arange(graph.num_nodes) < graph.num_ports
    sources = [node for clock in constraints.clocks for node in clock.sources]
    inputs = np.setdiff1d(np.flatnonzero(is_port & graph.is_driver & (graph.node_net >= 0)), sources)
    outputs = np.flatnonzero(is_port & graph.is_load & (graph.node_net >= 0))
    ends = np.union1d(graph.check_data[graph.check_late], outputs)
    unchecked = np.setdiff1d(ends, timing.ends.node[timing.ends.early_late == LATE])
    arrives = np.isfinite(timing.arrival[unchecked, :, LATE]).any(axis=(1, 2))
    return [
        _gap(graph, "clock pins that no clock reaches", clock_pins, clock_pins[timing.clock_row[clock_pins] == 0]),
        _gap(graph, "inputs without a delay", inputs, _without(inputs, constraints.input_delays)),
        _gap(graph, "outputs without a delay", outputs, _without(outputs, constraints.output_delays)),
        _gap(graph, "end points that data reaches, but nothing constrains", ends, unchecked[arrives]),
        _gap(graph, "end points that no data reaches", ends, unchecked[~arrives]),
    ]


def _without(ports: npt.NDArray[Any], delays: tuple[Any, ...]) -> npt.NDArray[Any]:
    return np.setdiff1d(ports, [delay.node for delay in delays])


def _gap(graph: PinGraph, what: str, all_nodes: npt.NDArray[Any], open_nodes: npt.NDArray[Any]) -> Gap:
    return Gap(what, len(all_nodes), len(open_nodes), tuple(graph.node_names(open_nodes[:_EXAMPLES])))
