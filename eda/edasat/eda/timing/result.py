"""What an analysis says, as a user asks for it: end points, summary, gaps in the constraints, worst paths."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from edasat.core.errors import InputError, Message, Notes
from edasat.core.names import Names

from .analysis import Timing
from .design import Design
from .ends import CHECK, KIND_NAMES
from .gaps import Gap, find_gaps
from .gating import INFERRED
from .graph import EARLY, LATE, PinGraph
from .paths import EDGE_NAMES, Path, edge_name, worst_paths

if TYPE_CHECKING:
    import pyarrow as pa

    from edasat.core.graph import Graph

Float = npt.NDArray[np.float64]

_UNKNOWN_PIN = Message(
    "timing-unknown-end", "the design has no pin '{pin}'", "write instance/pin, or the name of a port"
)
_NO_END = Message("timing-no-end", "no constrained path ends at '{pin}'")


@dataclass(frozen=True, eq=False)
class Endpoints:
    """The worst path end of every constrained end point, worst first.

    Attributes:
        late: ends of the latest data (setup, recovery), against those of the earliest (hold, removal).
        node: int32, (num_endpoints,): in the pin graph.
        names: ``instance/pin`` or a port.
        check: "setup", "hold", "recovery", "removal", "clock gating", "output delay" or "path delay".
        edge: "rise" or "fall" of the data.
        launch, capture: clock and edge, such as "clk rise"; "" without a clock.
        arrival, required, slack: float64, (num_endpoints,), ns.
    """

    late: bool
    node: npt.NDArray[np.int32]
    names: tuple[str, ...]
    check: tuple[str, ...]
    edge: tuple[str, ...]
    launch: tuple[str, ...]
    capture: tuple[str, ...]
    arrival: Float
    required: Float
    slack: Float

    def __len__(self) -> int:
        return len(self.names)

    @property
    def worst_slack(self) -> float:
        """The smallest slack, ns; NaN if nothing is constrained."""
        return float(self.slack[0]) if len(self.slack) else float("nan")

    @property
    def wns(self) -> float:
        """Worst negative slack, ns: the worst slack, 0 when all are met."""
        return float(min(0.0, self.slack.min(initial=0.0)))

    @property
    def tns(self) -> float:
        """Total negative slack, ns: the sum over end points of their worst slack where it is negative."""
        return float(np.minimum(0.0, self.slack).sum())

    @property
    def num_failing(self) -> int:
        """End points whose slack is negative."""
        return int((self.slack < 0).sum())

    def rows(self, count: int | None = None) -> list[dict[str, Any]]:
        """Return the first ``count`` end points as plain dictionaries, or all."""
        last = len(self) if count is None else min(count, len(self))
        return [
            {
                "endpoint": self.names[i],
                "analysis": "setup" if self.late else "hold",
                "check": self.check[i],
                "launch": self.launch[i],
                "capture": self.capture[i],
                "edge": self.edge[i],
                "slack_ns": float(self.slack[i]),
                "arrival_ns": float(self.arrival[i]),
                "required_ns": float(self.required[i]),
            }
            for i in range(last)
        ]


@dataclass(frozen=True, eq=False)
class StaResult:
    """A timed design.

    Attributes:
        design: what was timed, and how its files met.
        timing: times of every pin.
        seconds: wall time: "read" of the files, "join", "analyse".
    """

    design: Design
    timing: Timing
    seconds: Mapping[str, float]

    @classmethod
    def of(cls, design: Design) -> StaResult:
        """Time a design."""
        started = time.perf_counter()
        timing = design.run()
        return cls(design, timing, {**design.seconds, "analyse": time.perf_counter() - started})

    @cached_property
    def setup(self) -> Endpoints:
        """End points by the latest data."""
        return _endpoints(self.timing, LATE)

    @cached_property
    def hold(self) -> Endpoints:
        """End points by the earliest data."""
        return _endpoints(self.timing, EARLY)

    @property
    def num_failing(self) -> int:
        """Violations: end points with negative slack, of setup and of hold."""
        return self.setup.num_failing + self.hold.num_failing

    @cached_property
    def gaps(self) -> list[Gap]:
        """What the constraints leave open."""
        return find_gaps(self.timing)

    @property
    def notes(self) -> Notes:
        """Counted warnings of all readers and of the analysis."""
        design, merged = self.design, Notes()
        graph = design.graph
        annotation = [design.annotation.notes] if design.annotation is not None else []
        for notes in (graph.library.notes, graph.netlist.notes, graph.notes, design.constraints.notes, *annotation,
                      self.timing.notes):  # fmt: skip
            for code, count in notes.counts.items():
                merged.add(code, *notes.first[code], times=count)
        return merged

    def paths(self, count: int = 1, *, late: bool = True, per_endpoint: int = 1, to: str | None = None) -> list[Path]:
        """Return the paths with the least slack, worst first.

        Args:
            count: number of paths.
            late: setup-like paths, else hold-like ones.
            per_endpoint: at most so many for one end point.
            to: name of the only end point wanted.

        Raises:
            InputError: if the design has no pin ``to``, or no constrained path ends there.
        """
        if to is None:
            return worst_paths(self.timing, count, late=late, per_endpoint=per_endpoint)
        node = self.find_pin(to)
        per_endpoint = max(per_endpoint, count)
        found = worst_paths(self.timing, count, late=late, per_endpoint=per_endpoint, to=node)
        if not found:
            raise InputError.of(_NO_END, self.design.graph.netlist.source, pin=to)
        return found

    def find_pin(self, name: str) -> int:
        """Return the node of ``instance/pin`` or of a port.

        Raises:
            InputError: if there is none.
        """
        node = int(self.timing.graph.find_nodes(Names.of([name]))[0])
        if node < 0:
            raise InputError.of(_UNKNOWN_PIN, self.design.graph.netlist.source, pin=name)
        return node

    def summary(self) -> dict[str, Any]:
        """Return the key figures as plain values."""
        design = self.design
        netlist = design.graph.netlist
        return {
            "design": netlist.name,
            "cells": int((design.graph.instance_cell >= 0).sum()),
            "nets": netlist.num_nets,
            "pins": design.graph.num_nodes,
            "library": design.graph.library.name,
            "clocks": [
                {
                    "name": clock.name,
                    "period_ns": clock.period,
                    "rise_ns": clock.waveform[0],
                    "fall_ns": clock.waveform[1],
                    "propagated": clock.propagated,
                    "master": design.constraints.clocks[clock.master].name if clock.master >= 0 else None,
                    "sources": design.graph.node_names(np.array(clock.sources, np.int32)),
                }
                for clock in design.constraints.clocks
                if clock.period > 0
            ],
            "wires": design.wires.source,
            "annotated": design.annotation is not None,
            "setup": _figures(self.setup),
            "hold": _figures(self.hold),
            "unconstrained": [gap.to_dict() for gap in self.gaps if gap.count],
            "ignored_sdc": dict(design.constraints.ignored),
            "join": design.join.to_dicts(),
            "notes": list(self.notes.lines()),
            "seconds": dict(self.seconds),
        }

    def endpoint_table(self) -> pa.Table:
        """Return all end points, setup before hold, as a ``pyarrow.Table``; times in ns."""
        import pyarrow as pa

        return pa.Table.from_pylist(
            [*self.setup.rows(), *self.hold.rows()],
            pa.schema(
                [(name, pa.string()) for name in ("endpoint", "analysis", "check", "launch", "capture", "edge")]
                + [(name, pa.float64()) for name in ("slack_ns", "arrival_ns", "required_ns")]
            ),
        )

    def to_graph(self) -> Graph:
        """Return the pins as a graph for models; see :func:`edasat.eda.timing.pin_graph.pin_graph`."""
        from .pin_graph import pin_graph

        return pin_graph(self.design, self.timing)


def _figures(ends: Endpoints) -> dict[str, Any]:
    return {
        "worst_slack_ns": ends.worst_slack if len(ends) else None,
        "wns_ns": ends.wns,
        "tns_ns": ends.tns,
        "endpoints": len(ends),
        "failing": ends.num_failing,
    }


def _endpoints(timing: Timing, early_late: int) -> Endpoints:
    ends, graph, clocks = timing.ends, timing.graph, timing.constraints.clocks
    rows = ends.worst_rows(early_late)
    launches = [timing.tags.tags[int(tag)].launch for tag in ends.tag[rows]]
    return Endpoints(
        late=early_late == LATE,
        node=ends.node[rows],
        names=tuple(graph.node_names(ends.node[rows])),
        check=tuple(
            _check_name(graph, index) if kind == CHECK else KIND_NAMES[kind]
            for kind, index in zip(ends.kind[rows].tolist(), ends.index[rows].tolist(), strict=True)
        ),
        edge=tuple(EDGE_NAMES[edge] for edge in ends.edge[rows].tolist()),
        launch=tuple(edge_name(clocks, launch) for launch in launches),
        capture=tuple(edge_name(clocks, launch) for launch in ends.capture[rows].tolist()),
        arrival=ends.arrival[rows],
        required=ends.required[rows],
        slack=ends.slack[rows],
    )


def _check_name(graph: PinGraph, check: int) -> str:
    return "clock gating" if graph.check_arc[check] == INFERRED else graph.check_name(check)
