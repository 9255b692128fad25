"""The ports, pins, nets, cells and clocks that the questions of an SDC file mean in a design."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt

from edasat.core.csr import group_edges
from edasat.core.errors import InputError, Message
from edasat.core.names import Names

from ..formats.sdc import ObjectQuery, match
from ..library import Direction
from .graph import LAUNCH, PinGraph

Int32 = npt.NDArray[np.int32]
Objects = Sequence[ObjectQuery]

_FILTER = Message("sdc-filter", "-filter '{text}' is not understood by this reader", "name the objects instead")
_NOTHING = Message("sdc-object", "no {kind} matches '{pattern}'")

#: What a bare name may mean, in this order.
_NAME_KINDS = ("clock", "port", "cell", "pin", "net")


@dataclass
class Found:
    """Objects of a design.

    Attributes:
        nodes: pins and ports.
        instances, nets, clocks: by number.
        library_cells: names of library cells.
        missing: (kind, pattern, line) of questions that nothing answers.
    """

    nodes: list[int] = field(default_factory=list)
    instances: list[int] = field(default_factory=list)
    nets: list[int] = field(default_factory=list)
    clocks: list[int] = field(default_factory=list)
    library_cells: list[str] = field(default_factory=list)
    missing: list[tuple[str, str, int]] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.nodes or self.instances or self.nets or self.clocks or self.library_cells)


class Finder:
    """Answers the questions of one SDC file.

    Args:
        graph: the design.
        clocks: names of the clocks made so far; the caller appends to it.
        source: path of the SDC file, for messages.
    """

    def __init__(self, graph: PinGraph, clocks: list[str], source: str) -> None:
        self.graph = graph
        self.clocks = clocks
        self.source = source

    def find(self, queries: Objects) -> Found:
        """Return everything that any of the queries means."""
        found = Found()
        for query in queries:
            self._answer(query, found)
        return found

    def start_points(self, found: Found) -> frozenset[int]:
        """Return the nodes where paths from these objects begin: clock pins of instances; pins and ports themselves."""
        nodes = set(found.nodes)
        for instance in found.instances:
            nodes.update(self._of_instance(instance, self.launching))
        return frozenset(nodes)

    def end_points(self, found: Found) -> frozenset[int]:
        """Return the nodes where paths to these objects end: checked pins of instances; pins and ports themselves."""
        nodes = set(found.nodes)
        for instance in found.instances:
            nodes.update(self._of_instance(instance, self.checked))
        return frozenset(nodes)

    def through_points(self, found: Found) -> frozenset[int]:
        """Return the nodes that paths through these objects pass: outputs of instances, drivers of nets."""
        graph = self.graph
        nodes = set(found.nodes)
        for instance in found.instances:
            nodes.update(self._of_instance(instance, graph.is_driver))
        for net in found.nets:
            nodes.update(int(node) for node in graph.pins_of_net.row(net) if graph.is_driver[node])
        return frozenset(nodes)

    @cached_property
    def launching(self) -> npt.NDArray[np.bool_]:
        """bool, (num_nodes,): clock pins from which data is launched."""
        result = np.zeros(self.graph.num_nodes, np.bool_)
        result[self.graph.edge_source[self.graph.edge_kind == LAUNCH]] = True
        return result

    @cached_property
    def checked(self) -> npt.NDArray[np.bool_]:
        """bool, (num_nodes,): pins with a setup, hold, recovery or removal check."""
        result = np.zeros(self.graph.num_nodes, np.bool_)
        result[self.graph.check_data] = True
        return result

    @cached_property
    def _clocked(self) -> npt.NDArray[np.bool_]:
        result = self.launching.copy()
        result[self.graph.check_clock] = True
        return result

    @cached_property
    def _pins_by_name(self) -> tuple[Names, list[Int32]]:
        """Different pin names of the library's cells, and the nodes of each."""
        graph = self.graph
        different, number = graph.library.pins.unique()
        inside = np.flatnonzero(graph.node_pin >= 0).astype(np.int32)
        rows = group_edges(number[graph.node_pin[inside]], inside, len(different))
        return different, [rows.row(i).astype(np.int32) for i in range(len(different))]

    def _of_instance(self, instance: int, wanted: npt.NDArray[np.bool_]) -> list[int]:
        first, last = (int(n) for n in self.graph.instance_node[instance : instance + 2])
        return (first + np.flatnonzero(wanted[first:last])).tolist()

    def _answer(self, query: ObjectQuery, found: Found) -> None:
        if query.filter:
            raise InputError.of(_FILTER, f"{self.source}:{query.line}", text=query.filter)
        answer = Found()
        if query.of_objects:
            self._related(query, answer)
        elif query.kind == "name":
            for pattern in query.patterns:
                self._name(query, pattern, answer)
        elif query.kind.startswith("all_"):
            self._all(query, answer)
        elif query.kind in ("lib_cell", "lib", "lib_pin"):
            answer.library_cells.extend(pattern.rpartition("/")[2] for pattern in query.patterns)
        elif query.kind != "current_design":
            for pattern in query.patterns:
                if not self._one(query.kind, query, pattern, answer):
                    answer.missing.append((query.kind, pattern, query.line))
        excluded = self.find(query.excluded)
        found.nodes.extend(n for n in answer.nodes if n not in set(excluded.nodes))
        found.instances.extend(n for n in answer.instances if n not in set(excluded.instances))
        found.nets.extend(n for n in answer.nets if n not in set(excluded.nets))
        found.clocks.extend(n for n in answer.clocks if n not in set(excluded.clocks))
        found.library_cells.extend(answer.library_cells)
        found.missing.extend(answer.missing)

    def _name(self, query: ObjectQuery, pattern: str, answer: Found) -> None:
        for kind in _NAME_KINDS:
            if self._one(kind, query, pattern, answer):
                return
        answer.missing.append(("object", pattern, query.line))

    def _one(self, kind: str, query: ObjectQuery, pattern: str, answer: Found) -> bool:
        """Add what one pattern matches; False if that is nothing."""
        netlist = self.graph.netlist
        options = {"regexp": query.regexp, "nocase": query.nocase}
        if kind == "clock":
            hits = match([pattern], Names.of(self.clocks), **options)
            answer.clocks.extend(hits.tolist())
        elif kind == "port":
            hits = match([pattern], netlist.ports, **options)
            answer.nodes.extend(hits.tolist())
        elif kind == "cell":
            hits = match([pattern], netlist.instances, hierarchical=query.hierarchical, **options)
            answer.instances.extend(hits.tolist())
        elif kind == "net":
            hits = match([pattern], netlist.nets, hierarchical=query.hierarchical, **options)
            if not len(hits) and len(netlist.alias_names):
                hits = netlist.alias_net[match([pattern], netlist.alias_names, **options)]
            answer.nets.extend(hits.tolist())
        else:
            hits = self._pins(query, pattern)
            answer.nodes.extend(hits.tolist())
        return len(hits) > 0

    def _pins(self, query: ObjectQuery, pattern: str) -> Int32:
        graph = self.graph
        direct = graph.find_nodes(Names.of([pattern]))
        if direct[0] >= 0:
            return direct
        instance, _, pin = pattern.rpartition("/")
        if not instance:
            return np.empty(0, np.int32)
        options = {"regexp": query.regexp, "nocase": query.nocase}
        names, nodes = self._pins_by_name
        wanted = np.zeros(graph.netlist.num_instances, np.bool_)
        wanted[match([instance], graph.netlist.instances, hierarchical=query.hierarchical, **options)] = True
        parts = [nodes[i] for i in match([pin], names, **options)]
        found = np.concatenate(parts) if parts else np.empty(0, np.int32)
        return np.sort(found[wanted[graph.node_instance[found]]])

    def _all(self, query: ObjectQuery, answer: Found) -> None:
        graph = self.graph
        if query.kind == "all_clocks":
            answer.clocks.extend(range(len(self.clocks)))
        elif query.kind in ("all_inputs", "all_outputs"):
            wanted = Direction.INPUT if query.kind == "all_inputs" else Direction.OUTPUT
            direction = graph.netlist.port_direction
            answer.nodes.extend(np.flatnonzero((direction == wanted) | (direction == Direction.INOUT)).tolist())
        elif "clock_pins" in query.flags:
            answer.nodes.extend(np.flatnonzero(self._clocked).tolist())
        elif "data_pins" in query.flags:
            answer.nodes.extend(np.flatnonzero(self.checked).tolist())
        elif "output_pins" in query.flags:
            answer.nodes.extend(np.unique(graph.edge_target[graph.edge_kind == LAUNCH]).tolist())
        else:
            answer.instances.extend(np.unique(graph.node_instance[np.flatnonzero(self.launching)]).tolist())

    def _related(self, query: ObjectQuery, answer: Found) -> None:
        """Answer ``-of_objects``."""
        graph = self.graph
        given = self.find(query.of_objects)
        answer.missing.extend(given.missing)
        nodes = set(given.nodes)
        for net in given.nets:
            nodes.update(graph.pins_of_net.row(net).tolist())
        for instance in given.instances:
            nodes.update(range(int(graph.instance_node[instance]), int(graph.instance_node[instance + 1])))
        ordered = sorted(nodes)
        if query.kind == "pin":
            answer.nodes.extend(node for node in ordered if node >= graph.num_ports)
        elif query.kind == "port":
            answer.nodes.extend(node for node in ordered if node < graph.num_ports)
        elif query.kind == "cell":
            answer.instances.extend(sorted({int(graph.node_instance[n]) for n in ordered if n >= graph.num_ports}))
        elif query.kind == "net":
            answer.nets.extend(sorted({int(graph.node_net[n]) for n in ordered if graph.node_net[n] >= 0}))


def missing_error(source: str, missing: Iterable[tuple[str, str, int]]) -> InputError:
    """Build the error for the first question that nothing answers."""
    kind, pattern, line = next(iter(missing))
    error = InputError.of(_NOTHING, source, kind=kind.replace("_", " "), pattern=pattern)
    error.line = line
    return error
