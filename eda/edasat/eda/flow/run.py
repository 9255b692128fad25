"""The whole flow: RTL to a routed layout, in a folder that appears when it is complete."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from edasat.core.errors import EdasatError, InputError, MissingToolError, ToolError
from edasat.core.files import atomic_folder
from edasat.core.processes import Limits

from ..formats.layout import Layout, WireKind, write_def
from ..formats.lef import Lef, read_lef
from ..formats.liberty import read_liberty
from ..library import Library
from ..netlist import Netlist
from .connectivity import num_shorts, unconnected_nets
from .gaps import close_gaps
from .placement import place
from .programs import DEFAULT_LIMITS, Step
from .qrouter import run_qrouter
from .record import FlowResult
from .sources import Rtl
from .synthesis import synthesise
from .technologies import Technology

_NETLIST: Final = "netlist.v"
_PLACED: Final = "placed.def"
_ROUTED: Final = "routed.def"
_RESULT: Final = "flow.json"


def run_flow(
    rtl: Rtl,
    technology: Technology,
    folder: str | Path,
    *,
    period_ns: float,
    utilisation: float = 0.7,
    seed: int = 1,
    limits: Limits = DEFAULT_LIMITS,
) -> FlowResult:
    """Synthesise, place and route a design; equal arguments give equal netlists and layouts.

    The folder holds the mapped netlist, the placed and the routed DEF, the logs and ``flow.json``, as far as the flow
    came; it appears when the run has ended, and replaces an older one.

    Args:
        rtl: the design.
        technology: library and layers.
        folder: for the results.
        period_ns: clock period that gates are sized for.
        utilisation: share of the rows that cells fill.
        seed: of the placement.
        limits: of each program.

    Raises:
        MissingToolError: if a program is not installed.
        InputError: if the library cannot be read or the folder not written. What goes wrong with the design is data.
    """
    library, lef = read_liberty(technology.liberty), read_lef(*technology.lefs)
    with atomic_folder(folder) as inside:
        run = _Run(inside, FlowResult("", "failed", Path(folder), seed, period_ns, utilisation))
        try:
            run.synthesis(rtl, technology, library, limits)
            run.placement(lef, technology, limits)
            run.routing(lef, technology, limits)
        except MissingToolError:
            raise
        except EdasatError as error:
            run.failed(error)
        content = {"technology": technology.name, **run.result.to_dict()}
        del content["folder"]  # it may be moved
        (inside / _RESULT).write_text(json.dumps(content, indent=2) + "\n")
    return run.result


class _Run:
    """One run: each step writes its files and adds to ``result``."""

    def __init__(self, folder: Path, result: FlowResult) -> None:
        self.folder = folder
        self.result = result
        self.step = ""
        self.netlist: Netlist
        self.placed: Layout

    def synthesis(self, rtl: Rtl, technology: Technology, library: Library, limits: Limits) -> None:
        """Map the design."""
        self.step = "synthesis"
        mapped = synthesise(rtl, technology.liberty, library, period_ns=self.result.period_ns, limits=limits)
        self.netlist = netlist = mapped.netlist
        (self.folder / _NETLIST).write_text(mapped.verilog)
        pins = np.concatenate([netlist.port_net, netlist.pin_net])
        self._add(
            {"netlist": _NETLIST},
            mapped.log,
            mapped.step,
            design=netlist.name,
            num_cells=netlist.num_instances,
            num_ports=netlist.num_ports,
            num_nets=int(np.count_nonzero(np.bincount(pins[pins >= 0], minlength=1) > 1)),
            cell_area_um2=round(mapped.area_um2, 6),
        )

    def placement(self, lef: Lef, technology: Technology, limits: Limits) -> None:
        """Place the netlist."""
        self.step = "placement"
        self.placed, step = place(
            self.netlist,
            lef,
            utilisation=self.result.utilisation_wanted,
            seed=self.result.seed,
            num_layers=technology.num_layers,
            limits=limits,
        )
        write_def(self.placed, self.folder / _PLACED)
        dbu2 = self.placed.dbu_per_um**2
        site = next(site for site in lef.sites if site.name == self.placed.rows[0].site)
        rows_um2 = sum(row.num_x for row in self.placed.rows) * site.width * site.height
        x1, y1, x2, y2 = self.placed.die
        self._add(
            {"placed_def": _PLACED},
            "",
            step,
            utilisation=round(self.result.cell_area_um2 / rows_um2, 4),
            die_area_um2=(x2 - x1) * (y2 - y1) / dbu2,
        )

    def routing(self, lef: Lef, technology: Technology, limits: Limits) -> None:
        """Route the placed layout, and look whether every net is joined."""
        self.step = "routing"
        routed = run_qrouter(self.placed, lef, technology.lefs, num_layers=technology.num_layers, limits=limits)
        layout, num_closed = close_gaps(routed.layout, lef, unconnected_nets(routed.layout, lef))
        write_def(layout, self.folder / _ROUTED)
        num_open = len(unconnected_nets(layout, lef))
        unrouted = max(num_open, routed.num_failed)
        self._add(
            {"routed_def": _ROUTED},
            routed.log,
            routed.step,
            status="unrouted" if unrouted else "routed",
            wire_length_um=float(layout.routed_length().sum()) / layout.dbu_per_um,
            num_vias=int(np.count_nonzero(layout.wiring.kind == WireKind.VIA)),
            num_unrouted=unrouted,
            num_gaps_closed=num_closed,
            num_shorts=num_shorts(layout, lef),
            message=f"{unrouted} nets are not connected" if unrouted else "",
        )

    def failed(self, error: EdasatError) -> None:
        """Take an error as the result of the step that it ended."""
        message = error.message if isinstance(error, ToolError | InputError) else str(error)
        self._add({}, error.output if isinstance(error, ToolError) else "", failed_step=self.step, message=message)

    def _add(self, files: dict[str, str], log: str, *steps: Step, **values: Any) -> None:
        if log:
            name = f"{self.step}.log"
            (self.folder / name).write_text(log)
            files = {**files, f"log_{self.step}": name}
        old = self.result
        self.result = replace(old, files={**old.files, **files}, steps=(*old.steps, *steps), **values)
