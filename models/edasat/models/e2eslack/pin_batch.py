"""Pin graphs as tensors: pins sorted by level, so that a level is a slice of every array; several designs in one batch.

Times are in units of each design's library, see :class:`~.pin_inputs.Scales`; slews and net delays as ``log(floor +
time)``.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from edasat.eda.library import NONE
from edasat.eda.timing.analysis import Timing
from edasat.eda.timing.graph import NET

from .pin_inputs import PinInputs, pin_arrival, pin_slew
from .table_attention import Tables, join_tables, library_tables, log_time

Float32 = npt.NDArray[np.float32]
Int64 = npt.NDArray[np.int64]
Bool = npt.NDArray[np.bool_]


class Level(NamedTuple):
    """One level.

    Attributes:
        first_load, first_output, end: pins: loads of nets, then cell outputs.
        loads: rows of the loads in ``load`` and ``driver``.
        arcs: those that lead to the outputs.
    """

    first_load: int
    first_output: int
    end: int
    loads: slice
    arcs: slice


@dataclass(frozen=True, eq=False)
class PinLabels:
    """What sign-off timing says, in units of the library.

    Attributes:
        state: float32, (num_nodes, 8): arrivals [early rise, early fall, late rise, late fall], then log slews.
        net_delay: float32, (num_nodes, 4): log delay from the driver to each load.
        cell_delay: float32, (num_arcs, 4): of each arc by edge of its output.
    """

    state: Float32
    net_delay: Float32
    cell_delay: Float32


@dataclass(frozen=True, eq=False)
class PinColumns:
    """One design as columns; pins numbered as in its pin graph.

    Attributes:
        tables: those that its arcs have.
        time_unit: ns.
        level: int64, (num_nodes,).
        node: float32, (num_nodes, 10): logarithms of distances; capacitances in units of the library.
        occurs: bool, (num_nodes, 4).
        state: float32, (num_nodes, 8): where level is 0; else 0.
        net_source, net_target: int64, (num_net_edges,).
        net_offset: float32, (num_net_edges, 2).
        driver: int64, (num_nodes,): -1 for none.
        arc_source, arc_target: int64, (num_arcs,).
        arc_tables: int64, (num_arcs, 4): rows of ``tables``: rise and fall delay, rise and fall transition; 0 for none.
        arc_pairs: bool, (num_arcs, 2, 2).
        labels: in training.
    """

    tables: Tables
    time_unit: float
    level: Int64
    node: Float32
    occurs: Bool
    state: Float32
    net_source: Int64
    net_target: Int64
    net_offset: Float32
    driver: Int64
    arc_source: Int64
    arc_target: Int64
    arc_tables: Int64
    arc_pairs: Bool
    labels: PinLabels | None = None


def pin_columns(inputs: PinInputs) -> PinColumns:
    """Bring the features of a design into units of its library."""
    scales = inputs.scales
    node = inputs.node.copy()
    arc_tables = inputs.library.arc_tables[inputs.cell_arc]
    numbers = np.unique(arc_tables[arc_tables != NONE])
    node[:, 2:6] = np.log1p(np.maximum(node[:, 2:6], 0.0) / scales.length)
    node[:, 6:] /= scales.capacitance
    return PinColumns(
        tables=library_tables(inputs.library, scales, numbers),
        time_unit=scales.time,
        level=inputs.level.astype(np.int64),
        node=node,
        occurs=inputs.occurs.reshape(-1, 4),
        state=_state(inputs.arrival, inputs.slew, scales.time),
        net_source=inputs.net_source.astype(np.int64),
        net_target=inputs.net_target.astype(np.int64),
        net_offset=np.arcsinh(inputs.net_offset / scales.length).astype(np.float32),
        driver=inputs.driver.astype(np.int64),
        arc_source=inputs.cell_source.astype(np.int64),
        arc_target=inputs.cell_target.astype(np.int64),
        arc_tables=np.where(arc_tables != NONE, np.searchsorted(numbers, arc_tables) + 1, 0),
        arc_pairs=inputs.cell_pairs,
    )


def pin_labels(inputs: PinInputs, golden: Timing) -> PinLabels:
    """Return labels from an analysis with extracted wires."""
    graph, unit = golden.graph, inputs.scales.time
    delay = np.moveaxis(golden.edge_delay, 0, 1)
    delay = np.broadcast_to(delay, (len(delay), 2, 4))
    wires = np.flatnonzero((graph.edge_kind == NET) & (inputs.driver[graph.edge_target] == graph.edge_source))
    net_delay = np.zeros((inputs.num_nodes, 2, 2))
    net_delay[graph.edge_target[wires]] = delay[wires][:, :, [0, 3]]  # rise to rise, fall to fall
    by_pair = delay[inputs.cell_edge].reshape(-1, 2, 2, 2)
    possible = inputs.cell_pairs
    early = np.where(possible, by_pair[:, 0], np.inf).min(axis=1)
    late = np.where(possible, by_pair[:, 1], -np.inf).max(axis=1)
    cell_delay = np.concatenate([early, late], axis=1)
    cell_delay[np.isinf(cell_delay)] = np.nan
    return PinLabels(
        _state(np.nan_to_num(pin_arrival(golden)), pin_slew(golden), unit),
        log_time(np.nan_to_num(net_delay) / unit).reshape(-1, 4).astype(np.float32),
        (cell_delay / unit).astype(np.float32),
    )


def _state(arrival: npt.NDArray[np.float64], slew: npt.NDArray[np.float64], unit: float) -> Float32:
    columns = [arrival / unit, log_time(np.nan_to_num(slew) / unit)]
    return np.concatenate(columns, axis=1).reshape(-1, 8).astype(np.float32)


@dataclass(frozen=True, eq=False)
class PinBatch:
    """Designs as tensors; pins sorted by level: those whose times are given, then loads and cell outputs in turn.

    Attributes:
        levels: 1, 2 ..; level 0 are the pins before them.
        num_given: pins of level 0.
        tables: of all libraries.
        node, occurs, state, net_source, net_target, net_offset, arc_pairs: as in :class:`PinColumns`.
        driver: int64, (num_loads,): of the pins ``load``, in the same order.
        load: int64, (num_loads,): pins that have a driver, rising.
        arc_source, arc_target, arc_tables: sorted by target.
        position: for each design, int64, (num_nodes,): where its pins stand.
        time_unit: for each design, ns.
        label_state, label_net_delay, label_cell_delay: as in :class:`PinLabels`, ``label_net_delay`` by ``load``;
            None without labels.
    """

    levels: tuple[Level, ...]
    num_given: int
    tables: Tables
    node: Tensor
    occurs: Tensor
    state: Tensor
    net_source: Tensor
    net_target: Tensor
    net_offset: Tensor
    driver: Tensor
    load: Tensor
    arc_source: Tensor
    arc_target: Tensor
    arc_tables: Tensor
    arc_pairs: Tensor
    position: tuple[Tensor, ...]
    time_unit: tuple[float, ...]
    label_state: Tensor | None = None
    label_net_delay: Tensor | None = None
    label_cell_delay: Tensor | None = None

    def to(self, device: torch.device | str) -> PinBatch:
        """Return the batch on a device."""
        moved: dict[str, Any] = {}
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, Tensor):
                moved[field.name] = value.to(device)
        return replace(self, tables=Tables(*(part.to(device) for part in self.tables)), **moved)


def join_columns(designs: Sequence[PinColumns]) -> PinBatch:
    """Make a batch of designs; all with labels, or none."""
    counts = np.array([len(d.node) for d in designs])
    first = np.cumsum(counts) - counts
    num_tables = np.array([len(d.tables.values) for d in designs])
    first_table = np.cumsum(num_tables) - num_tables

    def cat(name: str) -> npt.NDArray[Any]:
        return np.concatenate([getattr(d, name) for d in designs])

    def nodes(name: str) -> Int64:
        parts = [getattr(d, name) for d in designs]
        return np.concatenate([np.where(p >= 0, p + f, p) for p, f in zip(parts, first, strict=True)])

    level, driver = cat("level"), nodes("driver")
    is_load = (driver >= 0) & (level > 0)
    order = np.lexsort((~is_load, level))
    position = np.empty_like(order)
    position[order] = np.arange(len(order))
    loads = order[is_load[order]]
    target = position[nodes("arc_target")]
    by_target = np.argsort(target, kind="stable")
    arc_tables = np.concatenate(
        [np.where(d.arc_tables > 0, d.arc_tables + f, 0) for d, f in zip(designs, first_table, strict=True)]
    )
    labels = [d.labels for d in designs if d.labels is not None]
    columns: dict[str, npt.NDArray[Any]] = {
        "node": cat("node")[order],
        "occurs": cat("occurs")[order],
        "state": cat("state")[order],
        "net_source": position[nodes("net_source")],
        "net_target": position[nodes("net_target")],
        "net_offset": cat("net_offset"),
        "driver": position[driver[loads]],
        "load": position[loads],
        "arc_source": position[nodes("arc_source")][by_target],
        "arc_target": target[by_target],
        "arc_tables": arc_tables[by_target],
        "arc_pairs": cat("arc_pairs")[by_target],
    }
    if labels:
        columns["label_state"] = np.concatenate([part.state for part in labels])[order]
        columns["label_net_delay"] = np.concatenate([part.net_delay for part in labels])[loads]
        columns["label_cell_delay"] = np.concatenate([part.cell_delay for part in labels])[by_target]
    return PinBatch(
        levels=_levels(level[order], columns["load"], columns["arc_target"]),
        num_given=int((level == 0).sum()),
        tables=join_tables([d.tables for d in designs]),
        position=tuple(torch.from_numpy(position[f : f + c]) for f, c in zip(first, counts, strict=True)),
        time_unit=tuple(d.time_unit for d in designs),
        **{name: torch.from_numpy(np.ascontiguousarray(column)) for name, column in columns.items()},
    )


def _levels(level: Int64, load: Int64, arc_target: Int64) -> tuple[Level, ...]:
    """Return where the levels of sorted pins begin, and their slices of loads and arcs."""
    begin = np.searchsorted(level, np.arange(1, int(level.max(initial=0)) + 2))
    loads, arcs = np.searchsorted(load, begin).tolist(), np.searchsorted(arc_target, begin).tolist()
    return tuple(
        Level(first, first + loads[i + 1] - loads[i], end, slice(*loads[i : i + 2]), slice(*arcs[i : i + 2]))
        for i, (first, end) in enumerate(itertools.pairwise(begin.tolist()))
    )
