"""How fast designs are timed: the compiled analysis and the torch layer beside OpenSTA, on the same files in one run.

``python -m edasat.tools.benchmarks.timing_engine [-o results/timing_engine.json]`` times copies of the shipped design
``mac8`` side by side, with 15 thousand, 100 thousand and a million arcs, and the designs of public data that it finds.
All tools analyse setup and hold with one ideal clock and without wires. Time is CPU time on one thread: of OpenSTA
``find_timing -full_update``, which propagates delays and arrivals; of ours :meth:`Timer.run`, which also finds all end
points and required times, and the layer's forward and backward pass of TNS. Reading files and building graphs is not
in it. Each is the median over rounds in which the tools take turns. The largest difference of a slack between the
tools is taken over all end points; ``nangate45_ibex`` has a transparent latch, from which OpenSTA carries borrowed time
on and we do not.
"""

from __future__ import annotations

import argparse
import gc
import os
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch

from edasat.core.errors import MissingToolError
from edasat.core.threads import set_threads
from edasat.eda.cells import LIBERTY
from edasat.eda.formats.liberty import read_liberty
from edasat.eda.formats.verilog import read_verilog
from edasat.eda.library import Direction
from edasat.eda.netlist import Netlist
from edasat.eda.opensta import Endpoints, StaInputs, run_opensta
from edasat.eda.timing.analysis import Timer, Timing
from edasat.eda.timing.constraints import simple_constraints
from edasat.eda.timing.graph import EARLY, LATE, PinGraph, build_graph
from edasat.models.layers.timing import LayerTiming, TimingLayer
from edasat.models.layers.wires import LumpedWires
from edasat.tools.results import markdown_table, read_result, write_result
from edasat.tools.timing_examples import FOLDER

COMMAND: Final = "python -m edasat.tools.benchmarks.timing_engine -o results/timing_engine.json"
_ROUNDS: Final = 5
_PERIOD_NS: Final = 0.5  # so short that paths fail, and TNS has a gradient
_COPIED: Final = "mac8"
_ARCS: Final = (15_000, 100_000, 1_000_000)
_DEFAULT_DATA: Final = Path(__file__).resolve().parents[5] / "shared" / "data"
#: Public designs -> (library, clock port).
_PUBLIC: Final = {
    "nangate45_aes": ("libs/nangate45/nangate45_typ.lib.gz", "clk"),
    "sky130hd_aes": ("libs/sky130hd/sky130hd_tt.lib.gz", "clk"),
    "nangate45_ibex": ("libs/nangate45/nangate45_typ.lib.gz", "clk_i"),
}
_OPENSTA: Final = "OpenSTA"
_COMPILED: Final = "compiled"
_FORWARD: Final = "torch, forward"
_BACKWARD: Final = "torch, with backward"


@dataclass(frozen=True)
class Design:
    """What is timed: a library, a netlist with its top module, and the port of its clock."""

    title: str
    liberty: Path
    netlist: Path
    top: str
    clock: str


def replicated(netlist: Netlist, text: str, copies: int, clock: str) -> str:
    """Return Verilog of a module ``replicated`` with many copies of a design that share nothing but the clock.

    Args:
        netlist: the design.
        text: its Verilog.
        copies: how many.
        clock: the port that is shared.
    """
    width: dict[str, int] = {}
    direction: dict[str, str] = {}
    for port, number in zip(netlist.ports.to_list(), netlist.port_direction.tolist(), strict=True):
        word = port.partition("[")[0]
        width[word] = width.get(word, 0) + 1
        direction[word] = Direction(number).name.lower()
    words = [word for word in width if word != clock]
    names = [f"{word}_{copy}" for copy in range(copies) for word in words]
    ranges = {word: f"[{width[word] - 1}:0] " if width[word] > 1 else "" for word in words}
    lines = [f"module replicated({', '.join([clock, *names])});", f"  input {clock};"]
    for copy in range(copies):
        lines += [f"  {direction[word]} {ranges[word]}{word}_{copy};" for word in words]
        wires = "".join(f", .{word}({word}_{copy})" for word in words)
        lines.append(f"  {netlist.name} u{copy} (.{clock}({clock}){wires});")
    return "\n".join([text, *lines, "endmodule", ""])


def measure(designs: Sequence[Design], rounds: int) -> list[dict[str, Any]]:
    """Time designs with all tools."""
    return [_measure(design, rounds) for design in designs]


def _measure(design: Design, rounds: int) -> dict[str, Any]:
    library, netlist = read_liberty(design.liberty), read_verilog(design.netlist, top=design.top)
    graph = build_graph(netlist, library, black_boxes=True)
    timer = Timer(graph, _constraints(graph, design.clock), latches="opaque", wire_model="elmore")
    layer, wires = TimingLayer(timer), LumpedWires(timer)
    capacitance = torch.zeros(1, netlist.num_nets, dtype=torch.float64, requires_grad=True)

    def forward() -> LayerTiming:
        with torch.no_grad():
            return layer(wires(capacitance))

    def backward() -> None:
        capacitance.grad = None
        layer(wires(capacitance)).tns().sum().backward()

    tools = {_COMPILED: _seconds(timer.run), _FORWARD: _seconds(forward), _BACKWARD: _seconds(backward)}
    times: dict[str, list[float]] = {name: [] for name in (_OPENSTA, *tools)}
    reference = None
    with tempfile.TemporaryDirectory(prefix="edasat-benchmark-") as folder:
        sdc = Path(folder) / "constraints.sdc"
        sdc.write_text(_sdc(netlist, design.clock))
        inputs = StaInputs([design.liberty], design.netlist, design.top, sdc)
        for _ in range(rounds):
            try:
                reference = run_opensta(inputs, delay_calculator="lumped_cap", wire_load=False)
                times[_OPENSTA].append(reference.phases_s["timing"])
            except MissingToolError:
                pass
            for name, seconds in tools.items():
                times[name].append(seconds())
    timing = timer.run()
    differences = {"torch": float(np.abs(forward().slack[0].numpy() - timing.ends.slack).max())}
    if reference is not None:
        setup, hold = _difference(timing, LATE, reference.setup), _difference(timing, EARLY, reference.hold)
        differences[_OPENSTA] = max(setup, hold)
    return {
        "design": design.title,
        "cells": int((np.diff(library.cell_arcs)[graph.instance_cell[graph.instance_cell >= 0]] > 0).sum()),
        "pins": graph.num_nodes,
        "arcs": graph.num_edges,
        "endpoints": sum(len(timing.endpoint_slacks(el)[0]) for el in (EARLY, LATE)),
        "cpu_s": {name: float(np.median(found)) for name, found in times.items() if found},
        "largest_difference_ns": differences,
    }


def _constraints(graph: PinGraph, clock: str) -> Any:
    clock_node = graph.netlist.ports.to_list().index(clock)
    drives, loads = (np.flatnonzero(which[: graph.num_ports]) for which in (graph.is_driver, graph.is_load))
    inputs = tuple(node for node in drives.tolist() if node != clock_node)
    return simple_constraints({"clk": clock_node}, _PERIOD_NS, inputs, tuple(loads.tolist()))


def _sdc(netlist: Netlist, clock: str) -> str:
    """Return what :func:`_constraints` says, for OpenSTA."""
    lines = [f"create_clock -name clk -period {_PERIOD_NS} [get_ports {clock}]"]
    for command, direction in (("set_input_delay", Direction.INPUT), ("set_output_delay", Direction.OUTPUT)):
        ports = [netlist.ports[int(i)] for i in np.flatnonzero(netlist.port_direction == direction)]
        names = " ".join(name for name in ports if name != clock)
        lines.append(f"{command} 0 -clock clk [get_ports {{{names}}}]")
    return "\n".join(lines) + "\n"


def _seconds(call: Callable[[], object]) -> Callable[[], float]:
    """Return what measures the CPU seconds of a call; the first call, which may compile, is not measured."""
    call()

    def once() -> float:
        gc.collect()
        start = time.process_time()
        call()
        return time.process_time() - start

    return once


def _difference(timing: Timing, early_late: int, theirs: Endpoints) -> float:
    """Return the largest difference of an end point's worst slack; infinite unless the end points are the same."""
    nodes, slack = timing.endpoint_slacks(early_late)
    found = timing.graph.find_nodes(theirs.names)
    by_node = np.argsort(found)
    if not np.array_equal(found[by_node], nodes):
        return float("inf")
    return float(np.abs(theirs.slack[by_node] - slack).max())


def table(result: dict[str, Any]) -> str:
    """Return the result as a Markdown table."""
    rows = []
    for row in result["data"]["designs"]:
        reference = row["cpu_s"].get(_OPENSTA)
        cells = [row["design"], *(f"{row[key]:,}" for key in ("cells", "pins", "arcs"))]
        cells.append(f"{reference:.3f}" if reference else "")
        for name in (_COMPILED, _FORWARD, _BACKWARD):
            ratio = f" ({reference / row['cpu_s'][name]:.1f}x)" if reference else ""
            cells.append(f"{row['cpu_s'][name]:.4f}{ratio}")
        difference = row["largest_difference_ns"]
        cells.append(f"{difference[_OPENSTA] * 1e6:.2g} / {difference['torch'] * 1e6:.1g}" if reference else "")
        rows.append(cells)
    head = ["design", "cells", "pins", "arcs", f"{_OPENSTA}, CPU s", _COMPILED, _FORWARD, _BACKWARD,
            "largest slack difference OpenSTA / torch, fs"]  # fmt: skip
    return markdown_table(head, rows)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print the table, and write the result."""
    parser = argparse.ArgumentParser(description="Measure the timing engines.")
    parser.add_argument("--arcs", type=int, nargs="*", default=_ARCS, help="sizes of the replicated design")
    parser.add_argument("--rounds", type=int, default=_ROUNDS)
    parser.add_argument("-o", "--out", type=Path, default=Path("results/timing_engine.json"))
    given = parser.parse_args(arguments)
    set_threads(1)
    data = Path(os.environ.get("EDASAT_SHARED_DATA", _DEFAULT_DATA))
    designs = []
    for name, (liberty, clock) in _PUBLIC.items():
        netlist = data / "timing" / "circuitops" / name / "6_final.v.gz"
        if netlist.is_file():
            top = read_verilog(netlist).name
            designs.append(Design(name, data / liberty, netlist, top, clock))
    with tempfile.TemporaryDirectory(prefix="edasat-benchmark-") as folder:
        source = FOLDER / _COPIED / "netlist.v"
        one = read_verilog(source)
        arcs_of_one = build_graph(one, read_liberty(LIBERTY)).num_edges
        for arcs in given.arcs:
            copies = round(arcs / arcs_of_one)
            netlist = Path(folder) / f"{arcs}.v"
            netlist.write_text(replicated(one, source.read_text(), copies, "clk"))
            designs.append(Design(f"{_COPIED}, {copies} copies", LIBERTY, netlist, "replicated", "clk"))
        rows = measure(designs, given.rounds)
    packages = ("numpy", "numba", "torch")
    write_result(given.out, {"designs": rows, "rounds": given.rounds}, command=COMMAND, packages=packages)
    print(table(read_result(given.out)))  # noqa: T201


if __name__ == "__main__":
    main()
