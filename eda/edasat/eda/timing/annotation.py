"""Delays and check limits of an SDF file, put on the edges and checks of a design."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from edasat.core.errors import Notes
from edasat.core.names import Names

from ..formats.sdf import ANY, ELSE, NONE, TOP, CheckType, Edge, Sdf, WireKind
from .graph import EARLY, FALL, LATE, NET, RISE, PinGraph
from .join import JoinReport

Float = npt.NDArray[np.float64]
Int32 = npt.NDArray[np.int32]

#: Entries of a triple (minimum, typical, maximum) for early and late analysis.
_TRIPLE: Final = {EARLY: 0, LATE: 2}
#: Timing checks -> (column of the limit, whether it is a late check).
_LIMITS: Final = {
    CheckType.SETUP: ((0, LATE),),
    CheckType.HOLD: ((0, EARLY),),
    CheckType.SETUPHOLD: ((0, LATE), (1, EARLY)),
    CheckType.RECOVERY: ((0, LATE),),
    CheckType.REMOVAL: ((0, EARLY),),
    CheckType.RECREM: ((0, LATE), (1, EARLY)),
}


@dataclass(frozen=True, eq=False)
class Annotation:
    """Delays given from outside, in place of calculated ones.

    Attributes:
        edge_delay: float64, (2, num_edges, 4), ns, [EARLY or LATE], by pair ``2 * input + output``; NaN keeps the
            calculated delay.
        added: as ``edge_delay``: what is added to the delay, 0 for nothing.
        margin: float64, (num_checks, 2), ns, by the data's transition; NaN keeps the calculated one.
        join: how the file's names met the design's.
        notes: counted warnings.
    """

    edge_delay: Float
    added: Float
    margin: Float
    join: JoinReport
    notes: Notes


def annotate(graph: PinGraph, sdf: Sdf) -> Annotation:
    """Put an SDF file on a design.

    A path without a condition means all arcs between its pins, one with a condition those whose ``sdf_cond`` says the
    same; later lines win (IEEE 1497-2001, 5.3). Minimum delays go to early, maximum delays to late analysis; of a
    check's limit the maximum counts, as in OpenSTA; where one is missing the typical one, or the other, stands in.
    """
    result = Annotation(
        np.full((2, graph.num_edges, 4), np.nan),
        np.zeros((2, graph.num_edges, 4)),
        np.full((graph.num_checks, 2), np.nan),
        JoinReport(),
        Notes(),
    )
    pins = _Pins(graph, sdf)
    _add_paths(graph, sdf, pins, result)
    _add_wires(graph, sdf, pins, result)
    _add_checks(graph, sdf, pins, result)
    return result


class _Pins:
    """The nodes that (instance, pin) of the file mean."""

    def __init__(self, graph: PinGraph, sdf: Sdf) -> None:
        self.graph = graph
        self.sdf = sdf
        self.instances = sdf.instances.find_in(graph.netlist.instances)
        self.ports = sdf.pins.find_in(graph.netlist.ports)

    def nodes(self, instance: Int32, pin: Int32) -> Int32:
        inside = instance >= 0
        known = np.where(inside, self.instances[instance] if len(self.instances) else -1, -1)
        found = np.full(len(instance), -1, np.int32)
        if inside.any():
            found[inside] = self.graph.find_pins(known[inside].astype(np.int32), self.sdf.pins.take(pin[inside]))
        top = (instance == TOP) & (pin != NONE)
        found[top] = self.ports[pin[top]]
        return found

    def name(self, instance: int, pin: int) -> str:
        place = "*/" if instance == ANY else f"{self.sdf.instances[instance]}/" if instance >= 0 else ""
        return f"{place}{self.sdf.pins[pin]}" if pin >= 0 else place


def _values(delays: Float, early_late: int) -> Float:
    """Return (n, 2) values of triples (n, 2, 3): the wanted entry, else the typical, else the other."""
    wanted = _TRIPLE[early_late]
    value = delays[:, :, wanted].copy()
    for other in (1, 2 - wanted):
        gap = np.isnan(value)
        value[gap] = delays[:, :, other][gap]
    return value


def _pairs(keys: npt.NDArray[np.int64], wanted: npt.NDArray[np.int64]) -> tuple[Any, Any]:
    """Return (row of ``wanted``, row of ``keys``) for all equal keys, by rising row of ``wanted``."""
    order = np.argsort(keys, kind="stable")
    first = np.searchsorted(keys, wanted, "left", sorter=order)
    last = np.searchsorted(keys, wanted, "right", sorter=order)
    counts = last - first
    rows = np.repeat(np.arange(len(wanted)), counts)
    inside = np.arange(int(counts.sum())) - np.repeat(np.cumsum(counts) - counts, counts)
    return rows, order[np.repeat(first, counts) + inside]


def _conditions(graph: PinGraph, sdf: Sdf, arcs: Int32) -> Int32:
    """Return the number among the file's conditions of each arc's ``sdf_cond``; -1 without one, -2 if not there."""
    texts = Names.of("".join(text.split()) for text in graph.library.arc_sdf_cond)
    numbers = np.where(texts.find_in(sdf.conditions) < 0, -2, texts.find_in(sdf.conditions))
    empty = np.array([not text for text in graph.library.arc_sdf_cond], np.bool_)
    numbers[empty] = -1
    return np.where(arcs >= 0, numbers[arcs], -1).astype(np.int32)


def _agree(wanted: Int32, arc: Int32) -> npt.NDArray[np.bool_]:
    return (wanted == NONE) | (wanted == arc) | ((wanted == ELSE) & (arc == -1))


def _set(result: Annotation, edges: Any, pair: int, delays: Float, increment: Any, out: int) -> None:
    for early_late in (EARLY, LATE):
        value = _values(delays, early_late)[:, out]
        given = ~np.isnan(value)
        fixed = given & ~increment
        result.edge_delay[early_late, edges[fixed], pair] = value[fixed]
        more = given & increment
        np.add.at(result.added[early_late, :, pair], edges[more], value[more])


def _add_paths(graph: PinGraph, sdf: Sdf, pins: _Pins, result: Annotation) -> None:
    paths = sdf.paths
    if (paths.instance == ANY).any():
        result.notes.add("sdf-any", "IOPATH of INSTANCE * left out", times=int((paths.instance == ANY).sum()))
    cell_edges = np.flatnonzero(graph.edge_kind != NET)
    source, target = pins.nodes(paths.instance, paths.from_pin), pins.nodes(paths.instance, paths.to_pin)
    keys = graph.edge_source[cell_edges].astype(np.int64) * graph.num_nodes + graph.edge_target[cell_edges]
    wanted = np.where((source >= 0) & (target >= 0), source.astype(np.int64) * graph.num_nodes + target, -1)
    rows, hits = _pairs(keys, wanted)
    edges = cell_edges[hits]
    good = _agree(paths.condition[rows], _conditions(graph, sdf, graph.edge_arc[edges]))
    rows, edges = rows[good], edges[good]
    found = np.zeros(len(paths), np.bool_)
    found[rows] = True
    # Arcs that carry no delay here (preset, clear, three-state off) are written, too; they are known, not lost.
    found |= (source >= 0) & (target >= 0)
    result.join.add(
        sdf.source,
        "cell paths",
        found | (paths.instance == ANY),
        lambda i: f"{pins.name(paths.instance[i], paths.from_pin[i])} -> {sdf.pins[int(paths.to_pin[i])]}",
    )
    for pair in range(4):
        input_edge, out = pair >> 1, pair & 1
        allowed = {Edge.NONE, Edge.POSEDGE, Edge.RISE} if input_edge == RISE else {Edge.NONE, Edge.NEGEDGE, Edge.FALL}
        here = np.isin(paths.from_edge[rows], list(allowed)) & ((graph.edge_mask[edges] >> pair & 1) != 0)
        _set(result, edges[here], pair, paths.delays[rows[here]], paths.increment[rows[here]], out)


def _add_wires(graph: PinGraph, sdf: Sdf, pins: _Pins, result: Annotation) -> None:
    wires = sdf.wires
    net_edges = np.flatnonzero(graph.edge_kind == NET)
    target = pins.nodes(wires.to_instance, wires.to_pin)
    source = pins.nodes(wires.from_instance, wires.from_pin)
    between = wires.kind == WireKind.INTERCONNECT
    to_port = wires.kind == WireKind.PORT
    others = ~between & ~to_port
    if others.any():
        result.notes.add("sdf-wire-kind", "NETDELAY and DEVICE entries left out", times=int(others.sum()))
    found = others.copy()
    by_pair = graph.edge_source[net_edges].astype(np.int64) * graph.num_nodes + graph.edge_target[net_edges]
    by_target = graph.edge_target[net_edges].astype(np.int64)
    for chosen, keys, wanted in (
        (between & (source >= 0) & (target >= 0), by_pair, source.astype(np.int64) * graph.num_nodes + target),
        (to_port & (target >= 0), by_target, target.astype(np.int64)),
    ):
        picked = np.flatnonzero(chosen)
        rows, hits = _pairs(keys, wanted[picked])
        rows, edges = picked[rows], net_edges[hits]
        found[rows] = True
        for edge in (RISE, FALL):
            _set(result, edges, 3 * edge, wires.delays[rows], wires.increment[rows], edge)
    result.join.add(
        sdf.source,
        "wires",
        found,
        lambda i: (
            f"{pins.name(wires.from_instance[i], wires.from_pin[i])} -> "
            f"{pins.name(wires.to_instance[i], wires.to_pin[i])}"
        ),
    )


def _add_checks(graph: PinGraph, sdf: Sdf, pins: _Pins, result: Annotation) -> None:
    checks = sdf.checks
    used = np.isin(checks.type, [int(kind) for kind in _LIMITS])
    data = pins.nodes(checks.instance, checks.data_pin)
    clock = pins.nodes(checks.instance, checks.reference_pin)
    found = ~used
    keys = graph.check_data.astype(np.int64) * graph.num_nodes + graph.check_clock
    wanted = np.where((data >= 0) & (clock >= 0), data.astype(np.int64) * graph.num_nodes + clock, -1)
    rows, hits = _pairs(keys, wanted)
    condition = _conditions(graph, sdf, graph.check_arc[hits])
    good = _agree(checks.data_condition[rows], condition)
    good &= _edge_agrees(checks.reference_edge[rows], graph.check_edge[hits])
    rows, hits = rows[good], hits[good]
    found[rows] = True
    found |= (data >= 0) & (clock >= 0)
    for kind, limits in _LIMITS.items():
        for column, late in limits:
            here = (checks.type[rows] == kind) & (graph.check_late[hits] == (late == LATE))
            value = _values(checks.values[rows[here]], LATE)[:, column]
            for edge in (RISE, FALL):
                fits = _edge_agrees(checks.data_edge[rows[here]], np.full(int(here.sum()), edge)) & ~np.isnan(value)
                result.margin[hits[here][fits], edge] = value[fits]
    result.join.add(
        sdf.source,
        "timing checks",
        found,
        lambda i: f"{pins.name(checks.instance[i], checks.data_pin[i])} ({CheckType(checks.type[i]).name})",
    )


def _edge_agrees(written: npt.NDArray[np.uint8], edge: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    rising = np.isin(written, (Edge.NONE, Edge.POSEDGE, Edge.RISE))
    falling = np.isin(written, (Edge.NONE, Edge.NEGEDGE, Edge.FALL))
    return np.where(edge == RISE, rising, falling)
