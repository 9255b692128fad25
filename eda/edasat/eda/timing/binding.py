"""From an SDC file to the constraints of a design.

Commands are taken in order and later ones override earlier ones, as a timing tool would. What has no effect on this
analysis is counted in ``Constraints.ignored``; objects that the design does not have are counted, too, except that a
clock without any of its sources is an error: everything else would hang in the air.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

import numpy as np

from edasat.core.errors import InputError, Message

from ..formats import sdc
from ..formats.sdc import Sdc
from ..library import ArcType
from .constraints import (
    Clock,
    Constraints,
    DrivingCell,
    PathException,
    PortDelay,
)
from .graph import CELL, EARLY, FALL, LATE, NET, RISE, PinGraph
from .join import JoinReport
from .objects import Finder, Found, missing_error

#: Name of the clock that launches data of ``set_input_delay`` without ``-clock``.
UNCLOCKED_INPUTS: Final = "input port clock"

_WAVEFORM = Message("sdc-waveform", "clock '{name}' has {count} edges in its waveform; this analysis handles two")
_MASTER = Message(
    "sdc-master", "no clock reaches the source of generated clock '{name}'", "create its master first, or name it"
)
_UNKNOWN_CELL = Message("sdc-driving-cell", "library cell '{cell}' with an arc to its pin '{pin}' does not exist")


def bind(graph: PinGraph, file: Sdc) -> tuple[Constraints, JoinReport]:
    """Resolve the objects of an SDC file and return what it constrains.

    Args:
        graph: the design.
        file: its constraints.

    Raises:
        InputError: for clocks without sources or master, unknown driving cells and waveforms of more than two edges.
    """
    return _Binder(graph, file).bind()


class _Binder:
    def __init__(self, graph: PinGraph, file: Sdc) -> None:
        self.graph = graph
        self.file = file
        self.names: list[str] = []
        self.finder = Finder(graph, self.names, file.source)
        self.clocks: list[Clock] = []
        self.delays: dict[str, dict[int, dict[tuple[int, int], PortDelay]]] = {"input": {}, "output": {}}
        self.input_slews: dict[int, np.ndarray[Any, Any]] = {}
        self.driving: dict[int, list[DrivingCell]] = {}
        self.port_loads: dict[int, float] = {}
        self.net_loads: dict[int, float] = {}
        self.exceptions: list[PathException] = []
        self.exclusive: set[tuple[int, int]] = set()
        self.uncertainties: dict[tuple[int, int], tuple[float, float]] = {}
        self.cases: dict[int, int] = {}
        self.disabled: list[int] = []
        self.derates = {"cell": [1.0, 1.0], "net": [1.0, 1.0]}
        self.wire_load = ""
        self.ignored = {name: int(entry[0]) for name, entry in file.ignored.items()}
        self.asked = 0
        self.missing: list[tuple[str, str, int]] = []

    def bind(self) -> tuple[Constraints, JoinReport]:
        for command in self.file.commands:
            handler = _HANDLERS.get(type(command))
            if handler is None:
                self._ignore(_command_name(command))
            else:
                handler(self, command)
        join = JoinReport()
        found = np.ones(self.asked, np.bool_)
        found[: len(self.missing)] = False
        join.add(self.file.source, "objects", found, lambda i: self.missing[i][1])
        delays = {
            kind: tuple(delay for by_edge in nodes.values() for delay in by_edge.values())
            for kind, nodes in self.delays.items()
        }
        delays["input"] = self._with_clocks(delays["input"])
        return (
            Constraints(
                clocks=tuple(self.clocks),
                input_delays=delays["input"],
                output_delays=delays["output"],
                input_slews=self.input_slews,
                driving_cells=tuple(cell for cells in self.driving.values() for cell in cells),
                port_loads=self.port_loads,
                net_loads=self.net_loads,
                exceptions=tuple(self.exceptions),
                exclusive=frozenset(self.exclusive),
                uncertainties=self.uncertainties,
                case_values=self.cases,
                disabled=np.unique(np.array(self.disabled, np.int32)),
                cell_derate=(self.derates["cell"][EARLY], self.derates["cell"][LATE]),
                net_derate=(self.derates["net"][EARLY], self.derates["net"][LATE]),
                wire_load=self.wire_load,
                ignored=self.ignored,
            ),
            join,
        )

    def _with_clocks(self, delays: tuple[PortDelay, ...]) -> tuple[PortDelay, ...]:
        """Let data without a clock start once, at time zero: a clock without period brings it, as in OpenSTA."""
        if all(delay.clock >= 0 for delay in delays):
            return delays
        self.clocks.append(Clock(UNCLOCKED_INPUTS, 0.0, (0.0, 0.0)))
        last = len(self.clocks) - 1
        return tuple(replace(delay, clock=last, clock_edge=RISE) if delay.clock < 0 else delay for delay in delays)

    def find(self, queries: sdc.Objects) -> Found:
        found = self.finder.find(queries)
        self.asked += sum(max(1, len(query.patterns)) for query in queries)
        self.missing.extend(found.missing)
        return found

    def _ignore(self, what: str) -> None:
        self.ignored[what] = self.ignored.get(what, 0) + 1

    # Clocks

    def _add_clock(self, clock: Clock, keep: bool) -> None:
        if clock.name in self.names:
            self.clocks[self.names.index(clock.name)] = clock
            return
        if not keep:  # without -add a clock replaces others at its sources
            for index, other in enumerate(self.clocks):
                left = tuple(node for node in other.sources if node not in clock.sources)
                if len(left) < len(other.sources):
                    self.clocks[index] = replace(other, sources=left)
        self.clocks.append(clock)
        self.names.append(clock.name)

    def _clock(self, command: sdc.CreateClock) -> None:
        found = self.find(command.sources)
        if command.sources and not found.nodes:
            raise missing_error(self.file.source, found.missing or [("port or pin", command.name, command.line)])
        if len(command.waveform_ns) != 2:
            raise self._error(_WAVEFORM, command, name=command.name, count=len(command.waveform_ns))
        rise, fall = command.waveform_ns
        self._add_clock(Clock(command.name, command.period_ns, (rise, fall), tuple(found.nodes)), command.add)

    def _generated_clock(self, command: sdc.CreateGeneratedClock) -> None:
        targets = self.find(command.targets)
        if not targets.nodes:
            raise missing_error(self.file.source, targets.missing or [("pin", command.name, command.line)])
        if command.master_clock:
            masters = self.find(command.master_clock).clocks
        else:
            masters = self._clocks_at(self.find(command.source).nodes)
        if not masters:
            raise self._error(_MASTER, command, name=command.name)
        master = self.clocks[masters[0]]
        period, waveform = generated_waveform(master, command)
        clock = Clock(
            command.name, period, waveform, tuple(targets.nodes), propagated=master.propagated, master=masters[0]
        )
        self._add_clock(clock, command.add)

    def _clocks_at(self, nodes: list[int]) -> list[int]:
        """Return the clocks that reach any of the nodes through nets and combinational cells."""
        graph = self.graph
        sources = {node: index for index, clock in enumerate(self.clocks) for node in clock.sources}
        edges = np.flatnonzero((graph.edge_kind <= CELL) & (graph.edge_mask != 0))
        order = np.argsort(graph.edge_target[edges], kind="stable")
        target = graph.edge_target[edges][order]
        seen, pending = set(nodes), list(nodes)
        while pending:
            node = pending.pop()
            if node in sources:
                return [sources[node]]
            first, last = np.searchsorted(target, [node, node + 1])
            before = graph.edge_source[edges[order[first:last]]].tolist()
            pending.extend(n for n in before if n not in seen)
            seen.update(before)
        return []

    def _change_clocks(self, found: Found, change: Callable[[Clock], Clock], what: str) -> None:
        at_source = [i for i, clock in enumerate(self.clocks) if set(clock.sources) & set(found.nodes)]
        chosen = sorted({*found.clocks, *at_source})
        if not chosen and (found.nodes or found.instances):
            self._ignore(what)
        for index in chosen:
            self.clocks[index] = change(self.clocks[index])

    def _propagated(self, command: sdc.SetPropagatedClock) -> None:
        found = self.find(command.objects)
        self._change_clocks(found, lambda c: replace(c, propagated=command.propagated), "set_propagated_clock of pins")

    def _uncertainty(self, command: sdc.SetClockUncertainty) -> None:
        value = command.uncertainty_ns
        if command.from_clock is None or command.to_clock is None:

            def change(clock: Clock) -> Clock:
                return replace(
                    clock,
                    setup_uncertainty=value if command.setup else clock.setup_uncertainty,
                    hold_uncertainty=value if command.hold else clock.hold_uncertainty,
                )

            self._change_clocks(self.find(command.objects), change, "set_clock_uncertainty of pins")
            return
        for launch in self.find(command.from_clock.objects).clocks:
            for capture in self.find(command.to_clock.objects).clocks:
                clock = self.clocks[capture]
                setup, hold = self.uncertainties.get(
                    (launch, capture), (clock.setup_uncertainty, clock.hold_uncertainty)
                )
                pair = (value if command.setup else setup, value if command.hold else hold)
                self.uncertainties[launch, capture] = pair

    def _latency(self, command: sdc.SetClockLatency) -> None:
        rows = [EARLY, LATE]
        if command.source:
            rows = [row for row in rows if (command.early if row == EARLY else command.late)]
        rows = [row for row in rows if (command.min if row == EARLY else command.max)]
        edges = [edge for edge in (RISE, FALL) if (command.rise if edge == RISE else command.fall)]

        def change(clock: Clock) -> Clock:
            latency = (clock.source_latency if command.source else clock.latency).copy()
            latency[np.ix_(rows, edges)] = command.latency_ns
            return replace(clock, source_latency=latency) if command.source else replace(clock, latency=latency)

        self._change_clocks(self.find(command.objects), change, "set_clock_latency of pins")

    def _clock_transition(self, command: sdc.SetClockTransition) -> None:
        def change(clock: Clock) -> Clock:
            slew = clock.slew.copy()
            if command.max:  # one slew serves both analyses
                slew[[edge for edge in (RISE, FALL) if (command.rise if edge == RISE else command.fall)]] = (
                    command.transition_ns
                )
            return replace(clock, slew=slew)

        self._change_clocks(self.find(command.clocks), change, "set_clock_transition of pins")

    def _groups(self, command: sdc.SetClockGroups) -> None:
        if command.allow_paths:
            self._ignore("set_clock_groups -allow_paths")
            return
        groups = [set(self.find(group).clocks) for group in command.groups]
        if len(groups) == 1:
            groups.append(set(range(len(self.clocks))) - groups[0])
        for first in groups:
            for second in groups:
                if first is not second:
                    self.exclusive.update((a, b) for a in first for b in second if a != b)

    # Ports

    def _port_delay(self, command: sdc.SetPortDelay) -> None:
        clocks = self.find(command.clock).clocks
        clock = clocks[0] if clocks else -1
        edge = FALL if command.clock_fall else RISE
        entering = {node for made in self.clocks for node in made.sources}
        for node in self.find(command.objects).nodes:
            if node in entering:  # a clock's own port; `[all_inputs]` names it, too
                continue
            kept = self.delays[command.direction].setdefault(node, {})
            if not command.add_delay:
                for key in [key for key in kept if key != (clock, edge)]:
                    del kept[key]
            before = kept.get((clock, edge))
            delay = np.full((2, 2), np.nan) if before is None else before.delay.copy()
            delay[np.ix_(*_chosen(command))] = command.delay_ns
            kept[clock, edge] = PortDelay(
                node, clock, edge, delay, command.source_latency_included, command.network_latency_included
            )

    def _input_transition(self, command: sdc.SetInputTransition) -> None:
        for node in self.find(command.ports).nodes:
            slew = self.input_slews.setdefault(node, np.zeros((2, 2)))
            slew[np.ix_(*_chosen(command))] = command.transition_ns

    def _driving_cell(self, command: sdc.SetDrivingCell) -> None:
        arc = self._driving_arc(command)
        slew = np.array([command.input_transition_rise_ns, command.input_transition_fall_ns])
        edges = tuple(edge for edge in (RISE, FALL) if (command.rise if edge == RISE else command.fall))
        for node in self.find(command.ports).nodes:
            kept = [cell for cell in self.driving.get(node, ()) if not set(cell.transitions) & set(edges)]
            self.driving[node] = [*kept, DrivingCell(node, arc, slew, edges)]

    def _driving_arc(self, command: sdc.SetDrivingCell) -> int:
        library = self.graph.library
        cell = library.cells.index(command.lib_cell)
        if cell >= 0:
            for arc in range(int(library.cell_arcs[cell]), int(library.cell_arcs[cell + 1])):
                to, source = library.pins[int(library.arc_to[arc])], library.pins[int(library.arc_from[arc])]
                if ArcType(library.arc_type[arc]).is_check:
                    continue
                if command.pin in ("", to) and command.from_pin in ("", source):
                    return arc
        raise self._error(_UNKNOWN_CELL, command, cell=command.lib_cell, pin=command.pin)

    def _load(self, command: sdc.SetLoad) -> None:
        found = self.find(command.objects)
        if not command.max:
            self._ignore("set_load -min")
            return
        for node in found.nodes:
            self.port_loads[node] = command.capacitance_ff
        for net in found.nets:
            self.net_loads[net] = command.capacitance_ff

    # Paths

    def _exception(self, command: sdc.PathException) -> None:
        start, end = command.from_point, command.to_point
        from_found = self.find(start.objects) if start else Found()
        to_found = self.find(end.objects) if end else Found()
        from_nodes = self.finder.start_points(from_found)
        to_nodes = self.finder.end_points(to_found)
        through = tuple(self.finder.through_points(self.find(point.objects)) for point in command.through)
        lost = (start and not (from_nodes or from_found.clocks)) or (end and not (to_nodes or to_found.clocks))
        if lost or not all(through):
            self._ignore(f"{command.kind} path without its objects")
            return
        edges_at_end = (command.rise and (end is None or end.rise), command.fall and (end is None or end.fall))
        self.exceptions.append(
            PathException(
                kind=command.kind,
                value=command.value,
                late=command.setup,
                early=command.hold,
                from_nodes=from_nodes if from_nodes else None,
                from_clocks=frozenset(from_found.clocks) if from_found.clocks else None,
                from_edges=tuple(e for e in (RISE, FALL) if start is None or (start.rise, start.fall)[e]),
                through=through,
                to_nodes=to_nodes if to_nodes else None,
                to_clocks=frozenset(to_found.clocks) if to_found.clocks else None,
                to_edges=tuple(e for e in (RISE, FALL) if edges_at_end[e]),
                counts_capture_cycles=None if command.start is None else not command.start,
            )
        )

    def _case(self, command: sdc.SetCaseAnalysis) -> None:
        if command.value not in ("0", "1"):
            self._ignore("set_case_analysis rising or falling")
            return
        for node in self.find(command.objects).nodes:
            self.cases[node] = int(command.value)

    def _disable(self, command: sdc.SetDisableTiming) -> None:
        graph = self.graph
        found = self.find(command.objects)
        touching = np.isin(graph.edge_source, found.nodes) | np.isin(graph.edge_target, found.nodes)
        instances = set(found.instances)
        for name in found.library_cells:
            instances.update(np.flatnonzero(graph.instance_cell == graph.library.cells.index(name)).tolist())
        if instances:
            inside = (graph.edge_kind != NET) & np.isin(graph.node_instance[graph.edge_target], list(instances))
            for end, pin in ((graph.edge_source, command.from_pin), (graph.edge_target, command.to_pin)):
                if pin:
                    named = np.array([name == pin for name in graph.library.pins], np.bool_)
                    inside &= named[graph.node_pin[end]]
            touching |= inside
        self.disabled.extend(np.flatnonzero(touching).tolist())

    def _derate(self, command: sdc.SetTimingDerate) -> None:
        if command.objects or not (command.clock and command.data and command.rise and command.fall):
            self._ignore("set_timing_derate of objects, or of clock or data alone")
            return
        for kind, applies in (("cell", command.cell_delay), ("net", command.net_delay)):
            for row, wanted in ((EARLY, command.early), (LATE, command.late)):
                if applies and wanted:
                    self.derates[kind][row] = command.factor

    def _wire_load(self, command: sdc.SetWireLoad) -> None:
        if command.model:
            self.wire_load = command.model

    def _error(self, row: Message, command: sdc.Command, **values: object) -> InputError:
        error = InputError.of(row, self.file.source, **values)
        error.line = command.line
        return error


def generated_waveform(master: Clock, command: sdc.CreateGeneratedClock) -> tuple[float, tuple[float, float]]:
    """Return period and edges of a generated clock, in ns.

    Division by a power of two begins at the master's rise and is high for half its period; other divisions, and
    multiplication, scale the master's waveform. ``-edges`` picks edges of the master, counted from 1, rising first.
    """
    rise, fall = master.waveform
    period = master.period
    divisor = command.divide_by
    if command.edges:
        times = [(rise if number % 2 else fall) + period * ((number - 1) // 2) for number in command.edges]
        shifts = command.edge_shift_ns or (0.0,) * len(times)
        times = [time + shift for time, shift in zip(times, shifts, strict=False)]
        waveform, period = (times[0], times[1]), times[2] - times[0]
    elif command.multiply_by > 1:
        period /= command.multiply_by
        waveform = (rise / command.multiply_by, fall / command.multiply_by)
        if command.duty_cycle is not None:
            waveform = (waveform[0], waveform[0] + period * command.duty_cycle / 100)
    elif divisor == 1:
        waveform = (rise, fall)
    elif divisor & (divisor - 1) == 0:
        period *= divisor
        waveform = (rise, rise + period / 2)
    else:
        period *= divisor
        waveform = (rise * divisor, fall * divisor)
    return period, (waveform[1], waveform[0] + period) if command.invert else waveform


def _command_name(command: sdc.Command) -> str:
    """Return the name of a command as it stands in SDC files."""
    if isinstance(command, sdc.SetLimit):
        return f"set_{command.kind}"
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", type(command).__name__).lower()


def _chosen(command: Any) -> tuple[list[int], list[int]]:
    """Return the rows (EARLY for ``-min``, LATE for ``-max``) and columns (edges) that a command sets."""
    rows = [row for row, wanted in ((EARLY, command.min), (LATE, command.max)) if wanted]
    return rows, [edge for edge, wanted in ((RISE, command.rise), (FALL, command.fall)) if wanted]


_HANDLERS: Final[dict[type, Callable[[_Binder, Any], None]]] = {
    sdc.CreateClock: _Binder._clock,
    sdc.CreateGeneratedClock: _Binder._generated_clock,
    sdc.SetPropagatedClock: _Binder._propagated,
    sdc.SetClockUncertainty: _Binder._uncertainty,
    sdc.SetClockLatency: _Binder._latency,
    sdc.SetClockTransition: _Binder._clock_transition,
    sdc.SetClockGroups: _Binder._groups,
    sdc.SetPortDelay: _Binder._port_delay,
    sdc.SetInputTransition: _Binder._input_transition,
    sdc.SetDrivingCell: _Binder._driving_cell,
    sdc.SetLoad: _Binder._load,
    sdc.PathException: _Binder._exception,
    sdc.SetCaseAnalysis: _Binder._case,
    sdc.SetDisableTiming: _Binder._disable,
    sdc.SetTimingDerate: _Binder._derate,
    sdc.SetWireLoad: _Binder._wire_load,
}
