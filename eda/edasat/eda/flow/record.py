"""What a run of the flow gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from .programs import Step

Status = Literal["routed", "unrouted", "failed"]


@dataclass(frozen=True)
class FlowResult:
    """One run from RTL to a routed layout. A failure is data: ``status``, ``failed_step`` and ``message`` tell it.

    Attributes:
        design: name of the top module, "" if synthesis failed before it was known.
        status: "routed": every net is connected; "unrouted": a layout exists in which some are not; "failed".
        failed_step: "synthesis", "placement", "routing" or "" .
        message: why it failed, with file and line where Yosys tells them.
        folder: where the files are.
        files: their names by kind: netlist, placed_def, routed_def, and log_<step> of each step that ran.
        seed: of the placement.
        period_ns: that gates were sized for.
        utilisation_wanted: as asked for.
        utilisation: area of the cells / area of the rows.
        num_cells, num_ports, num_nets: of the netlist; nets of two pins or more.
        cell_area_um2, die_area_um2: of the cells together, and of the die.
        wire_length_um: of all routed segments, centre line.
        num_vias: of the routed layout.
        num_unrouted: nets that the router gave up or that metal does not join.
        num_gaps_closed: short pieces of wire that the router forgot and that were added (see :mod:`.gaps`).
        num_shorts: overlaps of wires of two nets; of a routed layout there should be none.
        steps: what each program cost, with its version.
    """

    design: str
    status: Status
    folder: Path
    seed: int
    period_ns: float
    utilisation_wanted: float
    failed_step: str = ""
    message: str = ""
    files: Mapping[str, str] = field(default_factory=dict)
    utilisation: float = 0.0
    num_cells: int = 0
    num_ports: int = 0
    num_nets: int = 0
    cell_area_um2: float = 0.0
    die_area_um2: float = 0.0
    wire_length_um: float = 0.0
    num_vias: int = 0
    num_unrouted: int = 0
    num_gaps_closed: int = 0
    num_shorts: int = 0
    steps: tuple[Step, ...] = ()

    def path(self, kind: str) -> Path:
        """Return the path of a file by its kind."""
        return self.folder / self.files[kind]

    @property
    def cpu_s(self) -> float:
        """CPU seconds of all programs."""
        return sum(step.cpu_s for step in self.steps)

    def to_dict(self) -> dict[str, Any]:
        """Return the fields for JSON."""
        return asdict(self) | {"folder": str(self.folder)}
