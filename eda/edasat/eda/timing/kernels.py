"""The compiled loops of static timing: one pass over the pins in topological order for each question.

A level-wise formulation would suit arrays, but needs a call per level and revisits memory; a plain loop over the pins,
each gathering from its incoming edges, needs neither and touches every edge once. All times are float64, ns. Arrays
that hold one value for each transition are indexed ``[..., RISE or FALL]``, those for early and late analysis
``[EARLY or LATE, ...]``; transition pairs of an edge are numbered ``2 * input + output``, as the bits of its mask are.

Minimum and maximum over no paths are +inf and -inf; sums keep them, so absent arrivals need no flags.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numba import njit

from .graph import CELL, LAUNCH, NET
from .tables import Tables, find_segment, look_up, look_up_pair
from .waveforms import Shape, drive_net, load_response, step_response

_LATE: Final = 1
#: A step through a wire with one time constant t takes ln 4 * t from 20 % to 80 %.
WIRE_SLEW_FACTOR: Final = float(np.log(4.0))


@njit(cache=True)
def propagate_slews(
    order: Any,
    in_offsets: Any,
    in_edges: Any,
    edge_source: Any,
    edge_kind: Any,
    edge_arc: Any,
    edge_mask: Any,
    arc_tables: Any,
    arc_axes: Any,
    tables: Tables,
    node_net: Any,
    total: Any,
    near: Any,
    far: Any,
    resistance: Any,
    elmore: Any,
    effective: bool,
    shape: Shape,
    same_loads: bool,
    clock_slew: Any,
    slew: Any,
    driver: Any,
    edge_delay: Any,
) -> int:
    """Compute slews and delays in one sweep.

    Args:
        order: nodes in topological order of the active edges.
        in_offsets, in_edges: incoming edges of each node.
        edge_source, edge_kind, edge_arc, edge_mask: columns of the pin graph.
        arc_tables: column of the library.
        tables: its tables.
        arc_axes: (num_arcs, 2): number of the axes, of two points or more, that delay and transition table of an arc
            share; 0 where they do not.
        node_net: net of each pin.
        total, near, far, resistance, elmore: columns of :class:`edasat.eda.timing.wires.Loads`.
        effective: drivers see the effective capacitance of their pi model and loads the waveform that comes from it;
            else drivers see the total, wires delay by Elmore and add ``ln 4 * Elmore`` to the slew as a root of
            squares.
        shape: thresholds of the library.
        same_loads: both corners have the same loads and wires, so that equal slews give equal delays.
        clock_slew: (num_nodes, 2), ns: slew of an ideal clock at registers' clock pins, NaN elsewhere.
        slew: (corners, num_nodes, 2), ns: seeds of sources, NaN elsewhere; filled. With two corners the first keeps
            the smallest and the second the largest slew, one corner keeps the largest.
        driver: (corners, num_nodes, 2, 3): what drives the net of each output that has this slew: ``ohm``, ``ramp`` and
            ``half`` of a :class:`~edasat.eda.timing.waveforms.Driver`. Given for input ports, NaN where the voltage
            rises by itself; the others filled. One row is enough unless ``effective``.
        edge_delay: (corners, num_edges, 4), ns: filled where the mask allows a transition.

    Returns:
        How often no waveform was found for an arc.
    """
    corners = slew.shape[0]
    # Arcs into one pin see the same load and mostly have the same axes: the place on the load axis is found once.
    known_axes = np.zeros((2, 2), np.int64)
    known_column = np.zeros((2, 2), np.int64)
    known_v = np.zeros((2, 2))
    num_failed = 0
    for position in range(len(order)):
        node = order[position]
        known_axes[:] = 0
        if in_offsets[node] == in_offsets[node + 1]:
            for corner in range(corners):
                for rf in range(2):
                    if np.isnan(slew[corner, node, rf]):
                        slew[corner, node, rf] = 0.0
            continue
        for at in range(in_offsets[node], in_offsets[node + 1]):
            edge = in_edges[at]
            source = edge_source[edge]
            mask = edge_mask[edge]
            kind = edge_kind[edge]
            arc = edge_arc[edge]
            net = node_net[node]
            for pair in range(4):
                if mask >> pair & 1 == 0:
                    continue
                rf_in, rf_out = pair >> 1, pair & 1
                delay, out, early_slew = 0.0, 0.0, np.nan
                drive, ramp, half = 0.0, 0.0, 0.0
                for corner in range(corners):
                    s = slew[corner, source, rf_in]
                    if kind == LAUNCH and not np.isnan(clock_slew[source, rf_in]):
                        s = clock_slew[source, rf_in]
                    if s != early_slew or not same_loads:  # else nothing differs from the early corner
                        early_slew = s
                        if kind == NET:
                            delay = elmore[corner, edge, rf_out]
                            out = s
                            if delay > 0.0 and effective:
                                ramp = driver[corner, source, rf_out, 1]
                                driven = node_net[source]
                                if np.isnan(ramp):
                                    delay, out = step_response(delay, s, rf_out, shape)
                                elif ramp > 0.0:
                                    delay, out = load_response(
                                        delay,
                                        driver[corner, source, rf_out, 2],
                                        s,
                                        driver[corner, source, rf_out, 0],
                                        ramp,
                                        near[corner, driven, rf_out],
                                        far[corner, driven, rf_out],
                                        resistance[corner, driven, rf_out],
                                        rf_out,
                                        shape,
                                    )
                            elif delay > 0.0:
                                out = np.sqrt(s * s + (WIRE_SLEW_FACTOR * delay) ** 2)
                        else:
                            drive, ramp, half = 0.0, 0.0, 0.0
                            table, slew_table = arc_tables[arc, rf_out], arc_tables[arc, 2 + rf_out]
                            axes = arc_axes[arc, rf_out]
                            if effective and net >= 0 and far[corner, net, rf_out] > 0.0 and slew_table >= 0:
                                delay, out, drive, ramp, half = drive_net(
                                    table,
                                    slew_table,
                                    s,
                                    rf_out,
                                    near[corner, net, rf_out],
                                    far[corner, net, rf_out],
                                    resistance[corner, net, rf_out],
                                    shape,
                                    tables,
                                )
                                num_failed += ramp < 0.0
                            elif axes > 0:
                                if known_axes[corner, rf_out] != axes:
                                    load = total[corner, net, rf_out] if net >= 0 else 0.0
                                    start = tables.offsets[table] + tables.shape[table, 0]
                                    column = find_segment(tables.data, start, tables.shape[table, 1], load)
                                    low = tables.data[start + column]
                                    known_axes[corner, rf_out] = axes
                                    known_column[corner, rf_out] = column
                                    known_v[corner, rf_out] = (load - low) / (tables.data[start + column + 1] - low)
                                delay, out = look_up_pair(
                                    table, slew_table, s, known_column[corner, rf_out], known_v[corner, rf_out], tables
                                )
                            else:
                                load = total[corner, net, rf_out] if net >= 0 else 0.0
                                delay = look_up(table, s, load, tables)
                                out = s
                                if slew_table >= 0:
                                    out = look_up(slew_table, s, load, tables)
                    edge_delay[corner, edge, pair] = delay
                    old = slew[corner, node, rf_out]
                    if not (old <= out if corner < corners - 1 else old >= out):
                        slew[corner, node, rf_out] = out
                        if effective and kind != NET:
                            driver[corner, node, rf_out, 0] = drive
                            driver[corner, node, rf_out, 1] = ramp
                            driver[corner, node, rf_out, 2] = half
        for corner in range(corners):
            for rf in range(2):
                if np.isnan(slew[corner, node, rf]):
                    slew[corner, node, rf] = 0.0
    return num_failed


@njit(cache=True)
def check_margins(
    check_clock: Any,
    check_data: Any,
    check_arc: Any,
    check_late: Any,
    check_edge: Any,
    arc_tables: Any,
    tables: Tables,
    clock_slew: Any,
    slew: Any,
    margin: Any,
) -> None:
    """Look up setup, hold, recovery and removal times: ``margin``, (num_checks, 2), ns, by the data's transition.

    A transition that the library does not constrain gets NaN.
    """
    for check in range(len(check_clock)):
        corner = slew.shape[0] - 1 if check_late[check] else 0
        clock_edge = check_edge[check]
        s = clock_slew[check_clock[check], clock_edge]
        if np.isnan(s):
            s = slew[corner, check_clock[check], clock_edge]
        for rf in range(2):
            if check_arc[check] < 0:  # inferred
                margin[check, rf] = 0.0
                continue
            table = arc_tables[check_arc[check], rf]
            if table < 0:
                margin[check, rf] = np.nan
            else:
                data_slew = slew[corner, check_data[check], rf]
                margin[check, rf] = look_up(table, s, data_slew, tables)


@njit(cache=True, inline="always")
def _merge(times: Any, node: int, tag: int, early_late: int, rf: int, value: float) -> None:
    old = times[node, tag, early_late, rf]
    if (value > old) if early_late == _LATE else (value < old):
        times[node, tag, early_late, rf] = value


@njit(cache=True)
def propagate_clocks(
    order: Any,
    in_offsets: Any,
    in_edges: Any,
    edge_source: Any,
    edge_kind: Any,
    edge_mask: Any,
    edge_delay: Any,
    blocked: Any,
    row: Any,
    arrival: Any,
) -> None:
    """Carry clock edges from their sources through nets and combinational cells.

    Args:
        order: nodes that clocks can reach, in topological order.
        in_offsets, in_edges, edge_source, edge_kind, edge_mask, edge_delay: as above.
        blocked: bool, (num_nodes,): other clocks end here: the source of a clock of its own.
        row: int32, (num_nodes,): row of each pin in ``arrival``, 0 for pins that no clock reaches.
        arrival: (rows, launches, 2, 2), ns: seeded at the sources; a launch is one edge, rise or fall, of a clock at
            its source.
    """
    corners = edge_delay.shape[0]
    for position in range(len(order)):
        node = order[position]
        if blocked[node]:
            continue
        for at in range(in_offsets[node], in_offsets[node + 1]):
            edge = in_edges[at]
            if edge_kind[edge] > CELL:
                continue
            source = edge_source[edge]
            for launch in range(arrival.shape[1]):
                for early_late in range(2):
                    corner = early_late if corners == 2 else 0
                    for pair in range(4):
                        if edge_mask[edge] >> pair & 1:
                            value = arrival[row[source], launch, early_late, pair >> 1]
                            value += edge_delay[corner, edge, pair]
                            _merge(arrival, row[node], launch, early_late, pair & 1, value)


@njit(cache=True)
def propagate_arrivals(
    order: Any,
    in_offsets: Any,
    in_edges: Any,
    edge_source: Any,
    edge_kind: Any,
    edge_mask: Any,
    edge_delay: Any,
    blocked: Any,
    clock_row: Any,
    clock_arrival: Any,
    start_class: Any,
    start_tag: Any,
    through: Any,
    next_tag: Any,
    arrival: Any,
) -> None:
    """Carry data from ports and registers to every pin.

    A tag is what must be known of a path's beginning to judge its end: the clock edge that launched it and how far
    exceptions (``set_false_path -through`` and the like) have matched so far.

    Args:
        order, in_offsets, in_edges, edge_source, edge_kind, edge_mask, edge_delay: as above.
        blocked: bool, (num_nodes,): no data passes: sources of clocks.
        clock_row, clock_arrival: from :func:`propagate_clocks`.
        start_class: int32, (num_nodes,): class of a register's clock pin as a start point of exceptions.
        start_tag: int32, (classes, launches): the tag that a start point gives to its data, -1 for launches that
            start none.
        through: int32, (num_nodes,): 0, or which set of ``-through`` lists names this pin.
        next_tag: int32, (sets, tags): the tag behind such a pin.
        arrival: (num_nodes, tags, 2, 2), ns: seeded at input ports; filled.
    """
    corners = edge_delay.shape[0]
    tags = arrival.shape[1]
    moved = np.empty((tags, 2, 2))
    for position in range(len(order)):
        node = order[position]
        if blocked[node]:
            continue
        for at in range(in_offsets[node], in_offsets[node + 1]):
            edge = in_edges[at]
            source = edge_source[edge]
            mask = edge_mask[edge]
            launching = edge_kind[edge] == LAUNCH
            for index in range(clock_arrival.shape[1] if launching else tags):
                tag = start_tag[start_class[source], index] if launching else index
                if tag < 0:
                    continue
                for early_late in range(2):
                    corner = early_late if corners == 2 else 0
                    for pair in range(4):
                        if mask >> pair & 1:
                            if launching:
                                value = clock_arrival[clock_row[source], index, early_late, pair >> 1]
                            else:
                                value = arrival[source, index, early_late, pair >> 1]
                            value += edge_delay[corner, edge, pair]
                            _merge(arrival, node, tag, early_late, pair & 1, value)
        if through[node] > 0:
            moved[:, 0, :] = np.inf
            moved[:, 1, :] = -np.inf
            for tag in range(tags):
                after = next_tag[through[node], tag]
                for rf in range(2):
                    moved[after, 0, rf] = min(moved[after, 0, rf], arrival[node, tag, 0, rf])
                    moved[after, 1, rf] = max(moved[after, 1, rf], arrival[node, tag, 1, rf])
            arrival[node] = moved


@njit(cache=True)
def propagate_required(
    order: Any,
    in_offsets: Any,
    in_edges: Any,
    edge_source: Any,
    edge_kind: Any,
    edge_mask: Any,
    edge_delay: Any,
    blocked: Any,
    through: Any,
    next_tag: Any,
    required: Any,
) -> None:
    """Carry required times back from endpoints: ``required``, (num_nodes, tags, 2, 2), seeded there; filled.

    Pins are taken in reverse order and hand their times to what drives them: that reads the incoming edges, which lie
    one behind the other, while the outgoing ones are scattered.
    """
    corners = edge_delay.shape[0]
    tags = required.shape[1]
    for position in range(len(order) - 1, -1, -1):
        node = order[position]
        if blocked[node]:
            continue
        for at in range(in_offsets[node], in_offsets[node + 1]):
            edge = in_edges[at]
            if edge_kind[edge] == LAUNCH:
                continue
            source = edge_source[edge]
            mask = edge_mask[edge]
            for tag in range(tags):
                after = next_tag[through[node], tag]
                for early_late in range(2):
                    corner = early_late if corners == 2 else 0
                    for pair in range(4):
                        if mask >> pair & 1:
                            value = required[node, after, early_late, pair & 1] - edge_delay[corner, edge, pair]
                            old = required[source, tag, early_late, pair >> 1]
                            if (value < old) if early_late == _LATE else (value > old):
                                required[source, tag, early_late, pair >> 1] = value
