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

_LATE: Final = 1
#: A step through a wire with one time constant t takes ln 4 * t from 20 % to 80 %.
WIRE_SLEW_FACTOR: Final = float(np.log(4.0))


@njit(cache=True, inline="always")
def _place(data: Any, start: int, count: int, x: float) -> int:
    """Return the segment of a rising axis that holds ``x``; beyond its ends the outer segment, which extrapolates."""
    segment = 0
    for i in range(1, count - 1):  # no early end: axes are short, and a mispredicted branch costs more
        segment += x >= data[start + i]
    return segment


@njit(cache=True)
def look_up(table: int, first: float, second: float, offsets: Any, shapes: Any, data: Any) -> float:
    """Return a table's value, bilinear between its points and beyond them."""
    start = offsets[table]
    n1, n2 = shapes[table, 0], shapes[table, 1]
    axis2 = start + n1
    values = axis2 + n2
    i, j = 0, 0
    u, v = 0.0, 0.0
    if n1 > 1:
        i = _place(data, start, n1, first)
        low = data[start + i]
        u = (first - low) / (data[start + i + 1] - low)
    if n2 > 1:
        j = _place(data, axis2, n2, second)
        low = data[axis2 + j]
        v = (second - low) / (data[axis2 + j + 1] - low)
    at = values + i * n2 + j
    result = data[at]
    if n2 > 1:
        result += v * (data[at + 1] - data[at])
    if n1 > 1:
        below = data[at + n2]
        if n2 > 1:
            below += v * (data[at + n2 + 1] - data[at + n2])
        result += u * (below - result)
    return float(result)


@njit(cache=True, inline="always")
def _pair_of_values(
    first_table: int, second_table: int, first: float, column: int, v: float, offsets: Any, shapes: Any, data: Any
) -> tuple[float, float]:
    """Return the values of two tables with the same axes; the place on the second axis is known."""
    start = offsets[first_table]
    n1, n2 = shapes[first_table, 0], shapes[first_table, 1]
    i = _place(data, start, n1, first)
    low_axis = data[start + i]
    u = (first - low_axis) / (data[start + i + 1] - low_axis)
    at = start + n1 + n2 + i * n2 + column
    low = data[at] + v * (data[at + 1] - data[at])
    high = data[at + n2] + v * (data[at + n2 + 1] - data[at + n2])
    result = low + u * (high - low)
    at += offsets[second_table] - start
    low = data[at] + v * (data[at + 1] - data[at])
    high = data[at + n2] + v * (data[at + n2 + 1] - data[at + n2])
    return result, low + u * (high - low)


#: Points of the tables of :func:`ramp_response`.
RAMP_POINTS: Final = 1024
_ROUNDS = 4  # of the effective capacitance; it settles to better than 0.1 % in three


@njit(cache=True)
def ramp_response(fraction: float) -> Any:
    """Tabulate when a ramp behind one time constant reaches a fraction of its swing.

    A ramp of duration T drives a network with time constant tau. Entry i belongs to u = tau / (T + tau) = i / points
    and holds the time divided by T + tau, which stays bounded from a pure ramp (u = 0) to a pure step (u = 1).
    """
    table = np.empty(RAMP_POINTS + 1)
    table[0] = fraction
    for i in range(1, RAMP_POINTS):
        tau = i / RAMP_POINTS
        ramp = 1.0 - tau
        low, high = 0.0, ramp + 40.0 * tau
        for _ in range(60):
            t = 0.5 * (low + high)
            if t < ramp:
                v = (t - tau * (1.0 - np.exp(-t / tau))) / ramp
            else:
                v = 1.0 - tau / ramp * (np.exp(-(t - ramp) / tau) - np.exp(-t / tau))
            if v < fraction:
                low = t
            else:
                high = t
        table[i] = low
    table[RAMP_POINTS] = -np.log(1.0 - fraction)
    return table


@njit(cache=True, inline="always")
def _read(table: Any, u: float) -> float:
    at = u * RAMP_POINTS
    i = min(int(at), RAMP_POINTS - 1)
    return float(table[i] + (at - i) * (table[i + 1] - table[i]))


@njit(cache=True)
def effective_capacitance(
    table: int,
    slew: float,
    near: float,
    far: float,
    ohm: float,
    span: float,
    offsets: Any,
    shapes: Any,
    data: Any,
) -> float:
    """Return the lumped load that takes the same charge as a pi model until the output is half way.

    For a ramp the far capacitance lags by the time constant of the resistance; iterated, because the ramp depends on
    the load (J. Qian, S. Pullela, L. Pillage, "Modeling the effective capacitance for the RC interconnect of CMOS
    gates", IEEE TCAD 13(12), 1994; here with one ramp instead of ramp and exponential).

    Args:
        table: the driver's transition table.
        slew: at the driver's input, ns.
        near, far: fF.
        ohm: between them.
        span: fraction of the swing that slews are measured over.
        offsets, shapes, data: columns of the library.
    """
    load = near + far
    tau = ohm * far * 1e-6
    for _ in range(_ROUNDS):
        half = 0.5 * look_up(table, slew, load, offsets, shapes, data) / span
        if half <= 0.0:
            return near
        load = near + far * (1.0 - tau / half * (1.0 - np.exp(-half / tau)))
    return load


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
    table_offsets: Any,
    table_shape: Any,
    table_data: Any,
    node_net: Any,
    total: Any,
    near: Any,
    far: Any,
    resistance: Any,
    elmore: Any,
    effective: bool,
    span: float,
    ramp_low: Any,
    ramp_half: Any,
    ramp_high: Any,
    same_loads: bool,
    clock_slew: Any,
    slew: Any,
    edge_delay: Any,
) -> None:
    """Compute slews and delays in one sweep.

    Args:
        order: nodes in topological order of the active edges.
        in_offsets, in_edges: incoming edges of each node.
        edge_source, edge_kind, edge_arc, edge_mask: columns of the pin graph.
        arc_tables, table_offsets, table_shape, table_data: columns of the library.
        arc_axes: (num_arcs, 2): number of the axes, of two points or more, that delay and transition table of an arc
            share; 0 where they do not.
        node_net: net of each pin.
        total, near, far, resistance, elmore: columns of :class:`edasat.eda.timing.wires.Loads`.
        effective: drivers see the effective capacitance of their pi model and wires are driven by ramps; else drivers
            see the total, wires delay by Elmore and add ``ln 4 * Elmore`` to the slew as a root of squares.
        span: fraction of the swing that slews are measured over.
        ramp_low, ramp_half, ramp_high: from :func:`ramp_response`, at the slew thresholds and half way.
        same_loads: both corners have the same loads and wires, so that equal slews give equal delays.
        clock_slew: (num_nodes, 2), ns: slew of an ideal clock at registers' clock pins, NaN elsewhere.
        slew: (corners, num_nodes, 2), ns: seeds of sources, NaN elsewhere; filled. With two corners the first keeps
            the smallest and the second the largest slew, one corner keeps the largest.
        edge_delay: (corners, num_edges, 4), ns: filled where the mask allows a transition.
    """
    corners = slew.shape[0]
    # Arcs into one pin see the same load and mostly have the same axes: the place on the load axis is found once.
    known_axes = np.zeros((2, 2), np.int64)
    known_column = np.zeros((2, 2), np.int64)
    known_v = np.zeros((2, 2))
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
                                ramp = s / span
                                u = delay / (ramp + delay)
                                out = (ramp + delay) * (_read(ramp_high, u) - _read(ramp_low, u))
                                delay = (ramp + delay) * _read(ramp_half, u) - 0.5 * ramp
                            elif delay > 0.0:
                                out = np.sqrt(s * s + (WIRE_SLEW_FACTOR * delay) ** 2)
                        else:
                            table, slew_table = arc_tables[arc, rf_out], arc_tables[arc, 2 + rf_out]
                            load = total[corner, net, rf_out] if net >= 0 else 0.0
                            axes = arc_axes[arc, rf_out]
                            lumped = not effective or net < 0 or far[corner, net, rf_out] == 0.0
                            if not lumped and slew_table >= 0:
                                load = effective_capacitance(
                                    slew_table,
                                    s,
                                    near[corner, net, rf_out],
                                    far[corner, net, rf_out],
                                    resistance[corner, net, rf_out],
                                    span,
                                    table_offsets,
                                    table_shape,
                                    table_data,
                                )
                            if axes > 0:
                                if known_axes[corner, rf_out] != axes or not lumped:
                                    start = table_offsets[table] + table_shape[table, 0]
                                    column = _place(table_data, start, table_shape[table, 1], load)
                                    low = table_data[start + column]
                                    known_axes[corner, rf_out] = axes
                                    known_column[corner, rf_out] = column
                                    known_v[corner, rf_out] = (load - low) / (table_data[start + column + 1] - low)
                                delay, out = _pair_of_values(
                                    table,
                                    slew_table,
                                    s,
                                    known_column[corner, rf_out],
                                    known_v[corner, rf_out],
                                    table_offsets,
                                    table_shape,
                                    table_data,
                                )
                            else:
                                delay = look_up(table, s, load, table_offsets, table_shape, table_data)
                                out = s
                                if slew_table >= 0:
                                    out = look_up(slew_table, s, load, table_offsets, table_shape, table_data)
                    edge_delay[corner, edge, pair] = delay
                    old = slew[corner, node, rf_out]
                    if not (old <= out if corner < corners - 1 else old >= out):
                        slew[corner, node, rf_out] = out
        for corner in range(corners):
            for rf in range(2):
                if np.isnan(slew[corner, node, rf]):
                    slew[corner, node, rf] = 0.0


@njit(cache=True)
def check_margins(
    check_clock: Any,
    check_data: Any,
    check_arc: Any,
    check_late: Any,
    check_edge: Any,
    arc_tables: Any,
    table_offsets: Any,
    table_shape: Any,
    table_data: Any,
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
                margin[check, rf] = look_up(table, s, data_slew, table_offsets, table_shape, table_data)


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
