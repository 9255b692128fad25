"""graywolf (TimberWolf): placement by simulated annealing.

Written against version 0.1.6, the Debian package ``graywolf``. Cells are called ``c0``, ``c1``, ..., nets ``n0``, ...
and ports ``p0``, ..., whatever the design calls them; lengths are counted in units of :data:`ROW_UNITS` to the row
height, so that every technology looks alike to the placer and its whole numbers stay small.

Cells are written wider than they are by the inverse of the utilisation: the placer fills its rows, and the free space
that routing needs comes to lie around every cell.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from edasat.core.errors import ToolError
from edasat.core.processes import Limits

from ..formats.lef import Lef
from ..netlist import Netlist
from .floorplan import CellSizes
from .programs import DEFAULT_LIMITS, Step, call, debian_program

Float = npt.NDArray[np.float64]
Int64 = npt.NDArray[np.int64]

ROW_UNITS: Final = 200
#: Pitch of tracks and ports; only the distance between ports follows from it.
_PITCH: Final = 20
_PORT_PREFIX: Final = "twpin_"  # what the placer calls pads
#: graywolf's orientations that mirror a cell from left to right (the others keep it or turn it upside down).
_MIRRORED: Final = (2, 3)

_PARAMETERS: Final = f"""\
RULES
layer m1 0.07 0.03 horizontal
layer m2 0.07 0.02 vertical
via v12 m1 m2
width m1 {_PITCH // 2}
width m2 {_PITCH // 2}
width v12 {_PITCH // 2}
spacing m1 m1 {_PITCH // 2}
spacing m2 m2 {_PITCH // 2}
overhang v12 m1 2
overhang v12 m2 2
ENDRULES
*vertical_wire_weight : 1.0
*vertical_path_weight : 1.0
*padspacing : variable
*rowSep : 0.0 0
*track.pitch : {_PITCH}
*minimum_pad_space : {_PITCH}
*gridX : {_PITCH}
*gridY : {_PITCH}
*gridOffsetX : 0
*gridOffsetY : 0
*graphics.wait : off
*last_chance.wait : off
*random.seed : {{seed}}
TWMC*chip.aspect.ratio : 1.0
TWSC*feedThruWidth : {_PITCH} layer 1
TWSC*do.global.route : off
TWSC*ignore_feeds : true
TWSC*call_row_evener : true
TWSC*even_rows_maximally : true
GENR*row_to_tile_spacing : 1
GENR*flip_alternate_rows : 1
"""


@dataclass(frozen=True, eq=False)
class Places:
    """What the placer found; lengths in rows' heights.

    Attributes:
        row: int64, (num_instances,): counted from the bottom, 0 the first.
        x: float64, (num_instances,): middle of each cell, from the left end of the rows.
        mirrored: bool, (num_instances,).
        side: int64, (num_ports,): 0 left, 1 right, 2 bottom, 3 top.
        along: float64, (num_ports,): place along that side, 0 to 1.
    """

    row: Int64
    x: Float
    mirrored: npt.NDArray[np.bool_]
    side: Int64
    along: Float


def version() -> str:
    """Return the name and version of the placer; the program itself does not tell it."""
    return "graywolf 0.1.6"


def run_graywolf(
    netlist: Netlist, lef: Lef, cells: CellSizes, *, utilisation: float, seed: int, limits: Limits = DEFAULT_LIMITS
) -> tuple[Places, Step]:
    """Place a netlist.

    Raises:
        MissingToolError: if graywolf is not installed.
        ToolError: if it fails; ToolTimeout at a limit.
    """
    command = [debian_program("graywolf", "graywolf"), "-n", "design"]
    with tempfile.TemporaryDirectory(prefix="edasat-placement-") as name:
        folder = Path(name)
        (folder / "design.cel").write_text(cel_text(netlist, lef, cells, utilisation))
        (folder / "design.par").write_text(_PARAMETERS.format(seed=seed))
        done, output = call("graywolf", command, folder, limits)
        try:
            text = (folder / "design.pl1").read_text()
        except FileNotFoundError:
            raise ToolError("graywolf placed nothing", binary=command[0], command=command, output=output) from None
    return read_pl1(text, netlist.num_instances, netlist.num_ports), Step.of("placement", version(), done)


def cel_text(netlist: Netlist, lef: Lef, cells: CellSizes, utilisation: float) -> str:
    """Return the netlist as the placer reads it: cells with widths and pins around their middle, then ports."""
    return "\n".join(_cel(netlist, lef, cells, utilisation)) + "\n"


def _cel(netlist: Netlist, lef: Lef, cells: CellSizes, utilisation: float) -> Iterator[str]:
    units_per_dbu = ROW_UNITS / cells.row_height
    half = np.maximum(1, np.rint(cells.sites * cells.site_width * units_per_dbu / utilisation / 2).astype(np.int64))
    owner = np.repeat(np.arange(netlist.num_instances), np.diff(netlist.pin_offsets))
    macro = cells.macro[netlist.instance_cell[owner]]
    pin = lef.find_pins(macro, netlist.pin_names, netlist.pin_name)
    units_per_um = units_per_dbu * cells.dbu_per_um
    place = np.stack([lef.pin_x[pin], lef.pin_y[pin]], 1) - lef.macro_size[macro] / 2
    x, y = np.rint(np.nan_to_num(place) * units_per_um).astype(np.int64).T.tolist()
    names = netlist.pin_names.to_list()
    offsets, nets, pin_name = netlist.pin_offsets.tolist(), netlist.pin_net.tolist(), netlist.pin_name.tolist()
    for i, cell in enumerate(netlist.instance_cell.tolist()):
        yield f"cell {i} c{i}"
        yield f"left {-half[cell]} right {half[cell]} bottom {-ROW_UNITS // 2} top {ROW_UNITS // 2}"
        for row in range(offsets[i], offsets[i + 1]):
            if nets[row] >= 0:
                yield f"pin name {names[pin_name[row]]} signal n{nets[row]} layer 1 {x[row]} {y[row]}"
    reach = _PITCH // 2
    for port, net in enumerate(netlist.port_net.tolist()):
        yield f"pad {port + 1} name {_PORT_PREFIX}p{port}"
        yield f"corners 4 {-reach} {-reach} {-reach} {reach} {reach} {reach} {reach} {-reach}"
        yield f"pin name p{port} signal n{net} layer 1 0 0"


def read_pl1(text: str, num_instances: int, num_ports: int) -> Places:
    """Read a ``.pl1`` file: lines of name, left, bottom, right, top, orientation and row.

    Rows are counted from 1; -1 to -4 are the left, right, lower and upper side. Cells that the placer added to let
    wires through (``twfeed``) are passed over.

    Raises:
        ToolError: if a line cannot be read, or a cell or port is missing.
    """
    boxes = np.full((num_instances + num_ports, 4), np.nan)  # left, bottom, right, top; ports behind the cells
    orientation, row = np.zeros((2, num_instances + num_ports), np.int64)
    names = [*(f"c{i}" for i in range(num_instances)), *(f"{_PORT_PREFIX}p{i}" for i in range(num_ports))]
    number_of = {name: number for number, name in enumerate(names)}
    for line in text.splitlines():
        try:
            name, *numbers = line.split()
            if name.startswith("twfeed"):
                continue
            thing = number_of[name]
            *boxes[thing], orientation[thing], row[thing] = map(int, numbers)
        except (ValueError, KeyError):
            message = f"graywolf wrote a line that cannot be read: '{line[:80]}'"
            raise ToolError(message, binary="graywolf", command=["graywolf"], output=text[-2000:]) from None
    cells, ports = boxes[:num_instances], boxes[num_instances:]
    sides = -1 - row[num_instances:]
    if np.isnan(boxes).any() or (row[:num_instances] < 1).any() or not ((sides >= 0) & (sides < 4)).all():
        raise ToolError(
            "graywolf did not place everything", binary="graywolf", command=["graywolf"], output=text[-2000:]
        )
    corner, opposite = cells[:, :2].min(0, initial=0), cells[:, 2:].max(0, initial=1)
    axis = np.where(sides < 2, 1, 0)
    middle = (ports[:, :2] + ports[:, 2:])[np.arange(num_ports), axis] / 2
    return Places(
        row=row[:num_instances] - 1,
        x=((cells[:, 0] + cells[:, 2]) / 2 - corner[0]) / ROW_UNITS,
        mirrored=np.isin(orientation[:num_instances], _MIRRORED),
        side=sides,
        along=np.clip((middle - corner[axis]) / (opposite - corner)[axis], 0, 1),
    )
