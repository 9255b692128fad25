"""Timing constraints bound to the pins of a design: clocks, delays at ports, loads and path exceptions.

This is what the analysis reads; :mod:`edasat.eda.timing.binding` makes it from an SDC file, and a program may build it
by hand. Nodes are those of the :class:`~edasat.eda.timing.graph.PinGraph`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from edasat.core.errors import Notes

from .graph import EARLY, FALL, LATE, RISE

Float = npt.NDArray[np.float64]
Int32 = npt.NDArray[np.int32]

#: Launch cycles that are tried until two clocks' periods meet again; beyond, they are taken as they stand then.
MAX_CYCLES: Final = 1000
_TOLERANCE = 1e-9  # of a period: edges that close fall together


def both(early: float = 0.0, late: float | None = None) -> Float:
    """Return a (2, 2) array [EARLY or LATE, RISE or FALL] with one value for each row."""
    return np.array([[early, early], [early if late is None else late] * 2])


@dataclass(frozen=True, eq=False)
class Clock:
    """One clock.

    Attributes:
        name: its name.
        period: ns.
        waveform: times in ns of the first rise and fall.
        sources: nodes where the clock enters; none for a virtual clock.
        propagated: its network has delay; an ideal clock reaches every pin after ``latency``.
        source_latency, latency: (2, 2), ns, [EARLY or LATE, RISE or FALL]: before the source, and from there in an
            ideal network.
        setup_uncertainty, hold_uncertainty: ns.
        slew: (2,), ns, [RISE or FALL]: transition of an ideal clock at registers.
        master: index of the clock that this one is generated from, or -1.
    """

    name: str
    period: float
    waveform: tuple[float, float]
    sources: tuple[int, ...] = ()
    propagated: bool = False
    source_latency: Float = field(default_factory=both)
    latency: Float = field(default_factory=both)
    setup_uncertainty: float = 0.0
    hold_uncertainty: float = 0.0
    slew: Float = field(default_factory=lambda: np.zeros(2))
    master: int = -1

    def edge(self, rise_fall: int) -> float:
        """Return the time in ns of the first rising or falling edge."""
        return self.waveform[rise_fall]


@dataclass(frozen=True, eq=False)
class PortDelay:
    """``set_input_delay`` or ``set_output_delay`` of one port against one clock edge.

    Attributes:
        node: the port.
        clock: index of the clock, -1 for none.
        clock_edge: RISE or FALL.
        delay: (2, 2), ns, [EARLY or LATE, RISE or FALL], NaN where not given.
        source_latency_included, network_latency_included: the delay already counts them.
    """

    node: int
    clock: int
    clock_edge: int
    delay: Float
    source_latency_included: bool = False
    network_latency_included: bool = False


@dataclass(frozen=True, eq=False)
class DrivingCell:
    """``set_driving_cell``: a library arc that drives an input port.

    Attributes:
        node: the port.
        arc: row of the arc in the library.
        input_slew: (2,), ns: transition at the cell's input, by edge.
        transitions: (RISE or FALL,): output edges it applies to.
    """

    node: int
    arc: int
    input_slew: Float
    transitions: tuple[int, ...] = (RISE, FALL)


@dataclass(frozen=True, eq=False)
class PathException:
    """``set_false_path``, ``set_multicycle_path``, ``set_max_delay`` or ``set_min_delay``.

    A part that is None was not given and matches everything.

    Attributes:
        kind: which command.
        value: cycles of a multicycle path; ns of a delay.
        late, early: applies to setup-like and to hold-like checks.
        from_nodes: start points: register clock pins and input ports.
        from_clocks, to_clocks: indices of clocks.
        from_edges, to_edges: RISE and FALL that count; of the launching clock for clocks, of the data at the end.
        through: sets of nodes that the path must pass one after the other.
        to_nodes: end points.
        counts_capture_cycles: a multicycle path moves the capture edge (``-end``) instead of the launch edge.
    """

    kind: Literal["false", "multicycle", "max_delay", "min_delay"]
    value: float = 0.0
    late: bool = True
    early: bool = True
    from_nodes: frozenset[int] | None = None
    from_clocks: frozenset[int] | None = None
    from_edges: tuple[int, ...] = (RISE, FALL)
    through: tuple[frozenset[int], ...] = ()
    to_nodes: frozenset[int] | None = None
    to_clocks: frozenset[int] | None = None
    to_edges: tuple[int, ...] = (RISE, FALL)
    counts_capture_cycles: bool | None = None

    @property
    def priority(self) -> tuple[int, ...]:
        """What decides between exceptions that match the same path; the largest wins (SDC: precedence rules)."""
        order = {"false": 3, "max_delay": 2, "min_delay": 2, "multicycle": 1}
        return (
            order[self.kind],
            self.from_nodes is not None,
            self.to_nodes is not None,
            bool(self.through),
            self.from_clocks is not None,
            self.to_clocks is not None,
        )


@dataclass(frozen=True, eq=False)
class Constraints:
    """Everything that constrains one design.

    Attributes:
        clocks: by index.
        input_delays, output_delays: of ports.
        input_slews: node -> (2, 2), ns, [EARLY or LATE, RISE or FALL]: ``set_input_transition``.
        driving_cells: of input ports.
        port_loads: node -> fF: ``set_load`` of a port, without the wire.
        net_loads: net -> fF: ``set_load`` of a net, instead of its wire.
        exceptions: path exceptions, in the order of the file.
        exclusive: pairs of clocks (launch, capture) between which no path counts.
        uncertainties: (launch, capture) -> (setup, hold), ns, against the uncertainties of the capture clock.
        case_values: node -> 0 or 1.
        disabled: edges of the pin graph that are off.
        cell_derate, net_derate: [EARLY, LATE] factors on delays.
        wire_load: name of the wire load that ``set_wire_load_model`` asks for, or "".
        ignored: SDC commands that were read and have no effect here, with their number.
        notes: counted warnings.
    """

    clocks: tuple[Clock, ...] = ()
    input_delays: tuple[PortDelay, ...] = ()
    output_delays: tuple[PortDelay, ...] = ()
    input_slews: dict[int, Float] = field(default_factory=dict)
    driving_cells: tuple[DrivingCell, ...] = ()
    port_loads: dict[int, float] = field(default_factory=dict)
    net_loads: dict[int, float] = field(default_factory=dict)
    exceptions: tuple[PathException, ...] = ()
    exclusive: frozenset[tuple[int, int]] = frozenset()
    uncertainties: dict[tuple[int, int], tuple[float, float]] = field(default_factory=dict)
    case_values: dict[int, int] = field(default_factory=dict)
    disabled: Int32 = field(default_factory=lambda: np.empty(0, np.int32))
    cell_derate: tuple[float, float] = (1.0, 1.0)
    net_derate: tuple[float, float] = (1.0, 1.0)
    wire_load: str = ""
    ignored: dict[str, int] = field(default_factory=dict)
    notes: Notes = field(default_factory=Notes)

    def uncertainty(self, launch: int, capture: int, late: bool) -> float:
        """Return the uncertainty in ns between two clocks; the launch may be -1, no clock."""
        setup, hold = self.uncertainties.get(
            (launch, capture), (self.clocks[capture].setup_uncertainty, self.clocks[capture].hold_uncertainty)
        )
        return setup if late else hold


def edge_distances(launch: Clock, launch_edge: int, capture: Clock, capture_edge: int) -> tuple[float, float]:
    """Return how far behind a launching edge the edges lie that its data must meet, in ns.

    Data launched by an edge must arrive before the next capture edge (setup) and not before the capture edge one
    period earlier (hold). Over all launches until the two clocks repeat, the most restrictive distances count.

    Returns:
        The distance for setup, which is positive, and for hold.

    >>> clock = Clock("clk", 2.0, (0.0, 1.0))
    >>> edge_distances(clock, RISE, clock, RISE), edge_distances(clock, RISE, clock, FALL)
    ((2.0, 0.0), (1.0, -1.0))
    """
    cycles = _cycles_until_repeat(launch.period, capture.period)
    starts = launch.edge(launch_edge) + launch.period * np.arange(cycles)
    tolerance = _TOLERANCE * capture.period
    behind = np.floor((starts - capture.edge(capture_edge) + tolerance) / capture.period) + 1
    distances = capture.edge(capture_edge) + behind * capture.period - starts
    return float(distances.min()), float((distances - capture.period).max())


def _cycles_until_repeat(launch: float, capture: float) -> int:
    """Return the smallest number of launch periods that is a whole number of capture periods."""
    ratios = launch * np.arange(1, MAX_CYCLES + 1) / capture
    whole = np.abs(ratios - np.round(ratios)) < 1e-6 * np.maximum(1, ratios)
    return int(np.argmax(whole)) + 1 if whole.any() else MAX_CYCLES


def simple_constraints(
    clocks: dict[str, int], period: float, inputs: tuple[int, ...], outputs: tuple[int, ...]
) -> Constraints:
    """Constrain a design by one period: every given clock port, all inputs and outputs against the first of them.

    Args:
        clocks: name -> node of each clock's port.
        period: ns.
        inputs, outputs: nodes of the other ports; they arrive, and are wanted, at the clock's edge.
    """
    made = tuple(Clock(name, period, (0.0, period / 2), (node,)) for name, node in clocks.items())
    first = 0 if made else -1
    return Constraints(
        clocks=made,
        input_delays=tuple(PortDelay(node, first, RISE, both()) for node in inputs),
        output_delays=tuple(PortDelay(node, first, RISE, both()) for node in outputs),
    )


__all__ = [
    "EARLY",
    "LATE",
    "Clock",
    "Constraints",
    "DrivingCell",
    "PathException",
    "PortDelay",
    "both",
    "edge_distances",
    "simple_constraints",
]
