"""Labels of one routed layout: extraction of its wires, and sign-off timing with them."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from edasat.core.errors import Message
from edasat.core.files import atomic_folder, compress, read_bytes
from edasat.core.machine import describe_machine
from edasat.core.processes import Limits
from edasat.core.tables import write_table
from edasat.eda import opensta
from edasat.eda.extraction import extract, read_rules, read_unit_rc
from edasat.eda.formats.layout import format_def, read_def
from edasat.eda.formats.lef import read_lef
from edasat.eda.formats.sdc import read_sdc
from edasat.eda.formats.spef import format_spef
from edasat.eda.library import Direction
from edasat.eda.timing.analysis import Timer
from edasat.eda.timing.binding import bind
from edasat.eda.timing.design import clock_ports, read_libraries
from edasat.eda.timing.graph import LATE, PinGraph, build_graph
from edasat.eda.timing.parasitics import spef_wires
from edasat.eda.timing.wires import RcNetwork

from .libraries import LibraryFiles
from .samples import ABOUT, CONSTRAINTS, ENDS, GOLDEN, NETLIST, PLACED

if TYPE_CHECKING:
    import pyarrow as pa

#: Share of the period that inputs take and outputs need, as OpenROAD's flow has it.
_OUTSIDE: Final = 0.2
#: Share of the end points whose slack is negative at the chosen period.
_FAILING: Final = 0.25
_STA_LIMITS: Final = Limits(cpu_s=900, wall_s=1800, memory_bytes=8 << 30)

_UNROUTED = Message("timing-unrouted", "{count} nets of the layout are not routed", "its timing says nothing")


@dataclass(frozen=True)
class Labelled:
    """A routed layout to be labelled.

    Attributes:
        id, family: see :class:`~.samples.TimingSample`.
        layout, netlist: routed DEF and structural Verilog.
        top: top module, or "" for the only one.
        constraints: SDC; None: a period is chosen such that a quarter of the end points fails.
        origin: where it comes from, for the table: source, licence, flow, seed, seconds by step.
    """

    id: str
    family: str
    layout: Path
    netlist: Path
    top: str
    constraints: Path | None
    origin: Mapping[str, Any]


def label(job: Labelled, library: LibraryFiles, out: Path) -> dict[str, Any]:
    """Write the folder of one sample and return what its ``sample.json`` says.

    Raises:
        InputError: if files do not go together, or nets are not routed.
        ToolError: if OpenSTA refuses them.
    """
    lef = read_lef(*library.lef)
    layout = read_def(job.layout, lef=lef)
    rules = read_rules(library.rules) if library.rules is not None else None
    cells = read_libraries(library.liberty)
    unit_rc = read_unit_rc(library.rc, units=cells.units) if library.rc is not None else None
    started = time.process_time()
    spef = extract(layout, lef, rules, unit_rc=unit_rc)
    extracted = time.process_time()
    placed = layout.without_routing()
    graph = build_graph(placed.netlist(), cells, black_boxes=True)
    wires, _ = spef_wires(graph, spef)
    sdc = read_bytes(job.constraints) if job.constraints is not None else choose_constraints(graph, wires).encode()
    with atomic_folder(out) as folder:
        texts = {PLACED: format_def(placed), NETLIST: read_bytes(job.netlist), CONSTRAINTS: sdc,
                 GOLDEN: format_spef(spef)}  # fmt: skip
        for name, text in texts.items():
            (folder / name).write_bytes(compress(text, ".gz"))
        files = opensta.StaInputs([library.liberty], folder / NETLIST, job.top, folder / CONSTRAINTS, folder / GOLDEN)
        golden = opensta.run_opensta(files, wire_load=False, limits=_STA_LIMITS)
        write_table(_end_table(job.id, golden), folder / ENDS)
        about = {
            "id": job.id,
            "family": job.family,
            "library": library.name,
            "design": graph.netlist.name,
            "num_cells": int((graph.instance_cell >= 0).sum()),
            "num_nets": graph.netlist.num_nets,
            "num_ends": len(golden.setup),
            "wire_um": float(layout.routed_length().sum()) / layout.dbu_per_um,
            "period_ns": min(clock.period for clock in bind(graph, read_sdc(sdc))[0].clocks),
            "wns_ns": golden.setup.wns,
            "tns_ns": golden.setup.tns,
            "hold_wns_ns": golden.hold.wns,
            "extract_s": extracted - started,
            "sta_s": sum(golden.phases_s.values()),
            "opensta": opensta.version(),
            "machine": describe_machine(),
            **job.origin,
        }
        (folder / ABOUT).write_text(json.dumps(about, indent=1) + "\n")
    return about


def choose_constraints(graph: PinGraph, wires: RcNetwork) -> str:
    """Return SDC with a period, to the ps, at which a quarter of the end points fails.

    Every port that leads to registers' clock pins is a clock; a design without any gets a virtual one. Inputs arrive,
    and outputs are needed, a fifth of the period from the clock's edge. Clock networks are propagated.
    """
    low, high = 1e-3, 64.0
    while high - low > 5e-4:
        middle = (low * high) ** 0.5
        slack = _worst_slacks(graph, wires, _sdc_text(graph, middle))
        low, high = (middle, high) if (slack < 0).mean() > _FAILING else (low, middle)
    return _sdc_text(graph, round(high, 3))


def _worst_slacks(graph: PinGraph, wires: RcNetwork, sdc: str) -> np.ndarray[Any, np.dtype[np.float64]]:
    constraints, _ = bind(graph, read_sdc(sdc.encode()))
    ends = Timer(graph, constraints, corners="single", latches="opaque").run(wires).ends
    late = ends.early_late == LATE
    nodes, number = np.unique(ends.node[late], return_inverse=True)
    worst = np.full(len(nodes), np.inf)
    np.minimum.at(worst, number, ends.slack[late])
    return worst


def _sdc_text(graph: PinGraph, period: float) -> str:
    netlist, clocks = graph.netlist, clock_ports(graph)
    name = "clk"
    at = f" [get_ports {{{' '.join(netlist.ports[i] for i in clocks)}}}]" if clocks else ""
    inputs = [i for i in range(graph.num_ports) if netlist.port_direction[i] == Direction.INPUT and i not in clocks]
    outputs = [i for i in range(graph.num_ports) if netlist.port_direction[i] == Direction.OUTPUT]
    rows = [f"create_clock -name {name} -period {period:.6g}{at}"]
    if clocks:
        rows.append(f"set_propagated_clock [get_clocks {name}]")
    outside = f"{_OUTSIDE * period:.6g} -clock {name}"
    rows += [f"set_input_delay {outside} [get_ports {{{netlist.ports[i]}}}]" for i in inputs]
    rows += [f"set_output_delay {outside} [get_ports {{{netlist.ports[i]}}}]" for i in outputs]
    return "\n".join(rows) + "\n"


def _end_table(sample: str, golden: opensta.StaResult) -> pa.Table:
    import pyarrow as pa

    parts = []
    for analysis, ends in (("setup", golden.setup), ("hold", golden.hold)):
        columns = {
            "sample": pa.array([sample] * len(ends)).dictionary_encode(),
            "analysis": pa.array([analysis] * len(ends)).dictionary_encode(),
            "endpoint": pa.array(ends.names.to_list()),
            "slack_ns": pa.array(ends.slack.astype(np.float32)),
            "arrival_ns": pa.array(ends.arrival.astype(np.float32)),
            "required_ns": pa.array(ends.required.astype(np.float32)),
        }
        parts.append(pa.table(columns))
    return pa.concat_tables(parts, promote_options="default").unify_dictionaries()
