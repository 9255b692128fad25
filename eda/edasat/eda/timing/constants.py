"""Logic constants: what tie cells, constant nets and ``set_case_analysis`` switch off.

A constant travels through nets and cell functions under three-valued logic. An edge carries no delay if its source or
target is constant, if its ``when`` is false, or if the constants on the other pins of its cell leave the source no
influence; where they leave it one polarity, the edge loses the other (an exclusive or with a constant input is a buffer
or an inverter).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import numpy as np
import numpy.typing as npt

from edasat.core.csr import group_edges

from ..functions import evaluate, parse, pins_of, sense
from ..library import Direction
from .graph import CELL, FALL_FALL, FALL_RISE, RISE_FALL, RISE_RISE, PinGraph

#: Value of a pin that may change.
FREE: Final = -1

Values = npt.NDArray[np.int8]


def find_constants(graph: PinGraph, case_values: Mapping[int, int]) -> Values:
    """Propagate constants through the design.

    Args:
        graph: the pins.
        case_values: node -> 0 or 1 as ``set_case_analysis`` says; they hold against what the logic gives.

    Returns:
        int8, (num_nodes,): 0, 1 or FREE.
    """
    values = np.full(graph.num_nodes, FREE, np.int8)
    fixed = dict(case_values)
    starts = [node for node, value in case_values.items() if value in (0, 1)]
    for node in starts:
        values[node] = case_values[node]
    functions = _Functions(graph)
    tied = np.flatnonzero(graph.netlist.net_constant >= 0)
    pending: list[int] = []
    for net in tied:
        for node in graph.pins_of_net.row(int(net)):
            if graph.is_load[node] and int(node) not in fixed:
                values[node] = graph.netlist.net_constant[net]
                pending.append(int(node))
    for constant in np.flatnonzero(np.isin(graph.instance_cell, functions.constant_cells)):
        pending.extend(functions.evaluate_outputs(int(constant), values, fixed))
    pending += starts
    while pending:
        node = pending.pop()
        if graph.is_driver[node] and graph.node_net[node] >= 0:
            for load in graph.pins_of_net.row(int(graph.node_net[node])):
                if graph.is_load[load] and values[load] == FREE and int(load) not in fixed:
                    values[load] = values[node]
                    pending.append(int(load))
        instance = int(graph.node_instance[node])
        if instance >= 0 and graph.is_load[node]:
            pending.extend(functions.evaluate_outputs(instance, values, fixed))
    return values


def mask_constants(graph: PinGraph, values: Values) -> PinGraph:
    """Return the graph with the transitions that constants rule out taken from the edges' masks."""
    if (values == FREE).all():
        return graph
    mask = graph.edge_mask.copy()
    mask[(values[graph.edge_source] != FREE) | (values[graph.edge_target] != FREE)] = 0
    functions = _Functions(graph)
    touched = np.unique(graph.node_instance[np.flatnonzero(values != FREE)])
    touched = touched[touched >= 0]
    edges = np.flatnonzero((graph.edge_kind == CELL) & (mask != 0))
    rows = group_edges(graph.node_instance[graph.edge_target[edges]], edges, graph.netlist.num_instances)
    for instance in touched:
        known = functions.values_of(int(instance), values)
        for edge in rows.row(int(instance)):
            mask[edge] &= _allowed(graph, int(edge), known, functions)
    return replace(graph, edge_mask=mask)


def _allowed(graph: PinGraph, edge: int, known: dict[str, int | None], functions: _Functions) -> int:
    """Return the mask that the constants of a cell leave to one of its edges."""
    arc = int(graph.edge_arc[edge])
    when = graph.library.arc_when[arc]
    if when and evaluate(parse(when), known) == 0:
        return 0
    library = graph.library
    function = library.pin_function[int(library.arc_to[arc])]
    source = library.pins[int(library.arc_from[arc])]
    if not function or source not in pins_of(parse(function)):
        return 15
    rises, falls = sense(parse(function), source, known)
    return (RISE_RISE | FALL_FALL if rises else 0) | (RISE_FALL | FALL_RISE if falls else 0)


class _Functions:
    """Output functions of library cells, looked up by instance."""

    def __init__(self, graph: PinGraph) -> None:
        self.graph = graph
        library = graph.library
        self.constant_cells = [
            cell
            for cell in range(library.num_cells)
            if any(
                library.pin_function[pin] and not pins_of(parse(library.pin_function[pin]))
                for pin in range(int(library.cell_pins[cell]), int(library.cell_pins[cell + 1]))
            )
        ]

    def values_of(self, instance: int, values: Values) -> dict[str, int | None]:
        """Return the values of an instance's pins by pin name, None for unknown ones."""
        first, last = (int(node) for node in self.graph.instance_node[instance : instance + 2])
        pin = int(self.graph.node_pin[first]) if last > first else 0
        return {
            self.graph.library.pins[pin + i]: (None if values[first + i] == FREE else int(values[first + i]))
            for i in range(last - first)
        }

    def evaluate_outputs(self, instance: int, values: Values, fixed: Mapping[int, int]) -> list[int]:
        """Set the outputs of an instance that have become constant and return their nodes."""
        library = self.graph.library
        known = self.values_of(instance, values)
        changed = []
        for node in range(int(self.graph.instance_node[instance]), int(self.graph.instance_node[instance + 1])):
            pin = int(self.graph.node_pin[node])
            function = library.pin_function[pin]
            if library.pin_direction[pin] != Direction.OUTPUT or not function or values[node] != FREE:
                continue
            if node in fixed:
                continue
            value = evaluate(parse(function), known)
            if value is not None:
                values[node] = value
                changed.append(node)
        return changed
