"""Clock gating by plain gates: where data switches a clock on and off, it must not change while the clock shows.

A gate whose output another input cannot move while the clock pin has one value (0 for an AND gate, 1 for an OR gate)
passes the clock in its other phase. Its data pins must be stable before the clock leaves the blocking value and until
it comes back: checks without a time of their own, inferred as other timing tools do. Integrated clock gates have
checks in their library instead.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from ..functions import parse, pins_of, sense
from .graph import CELL, FALL, RISE, PinGraph

#: In ``PinGraph.check_arc``: a check that no library arc gives, without a time of its own.
INFERRED = -1


def add_gating_checks(graph: PinGraph, is_clock: npt.NDArray[np.bool_]) -> PinGraph:
    """Return the graph with a late and an early check for each data pin that gates a clock.

    Args:
        graph: the pins.
        is_clock: bool, (num_nodes,): pins that a clock reaches.
    """
    enabling = (graph.edge_kind == CELL) & (graph.edge_mask != 0) & is_clock[graph.edge_target]
    enabling &= ~is_clock[graph.edge_source]
    found: set[tuple[int, int, int]] = set()
    for edge in np.flatnonzero(enabling):
        data, output = int(graph.edge_source[edge]), int(graph.edge_target[edge])
        instance = int(graph.node_instance[output])
        if graph.library.cell_clock_gate[graph.instance_cell[instance]]:
            continue
        function = graph.library.pin_function[int(graph.node_pin[output])]
        pins = range(int(graph.instance_node[instance]), int(graph.instance_node[instance + 1]))
        for clock in pins:
            if is_clock[clock] and not graph.is_driver[clock] and function:
                opening = _opening_edge(graph, function, clock, data)
                if opening is not None:
                    found.add((clock, data, opening))
    if not found:
        return graph
    rows = np.array(sorted(found), np.int32)
    late = np.repeat([True, False], len(rows))
    return replace(
        graph,
        check_clock=np.concatenate([graph.check_clock, rows[:, 0], rows[:, 0]]),
        check_data=np.concatenate([graph.check_data, rows[:, 1], rows[:, 1]]),
        check_arc=np.concatenate([graph.check_arc, np.full(2 * len(rows), INFERRED, np.int32)]),
        check_late=np.concatenate([graph.check_late, late]),
        check_edge=np.concatenate([graph.check_edge, rows[:, 2], 1 - rows[:, 2]]).astype(np.uint8),
    )


def _opening_edge(graph: PinGraph, function: str, clock: int, data: int) -> int | None:
    """Return the clock edge behind which the data pin moves the output, None if it does so always or never."""
    expression = parse(function)
    clock_pin, data_pin = (graph.library.pins[int(graph.node_pin[node])] for node in (clock, data))
    if not {clock_pin, data_pin} <= pins_of(expression):
        return None
    moves = [any(sense(expression, data_pin, {clock_pin: value})) for value in (0, 1)]
    if moves == [False, True]:
        return RISE
    return FALL if moves == [True, False] else None
