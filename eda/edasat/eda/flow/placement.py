"""Placement: a netlist to a layout with all cells in rows and all ports at the edge of the die."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from edasat.core.csr import group_edges
from edasat.core.errors import InputError, Message, ToolError
from edasat.core.names import Names
from edasat.core.processes import Limits

from ..formats.layout import NONE, ORIENTATIONS, Components, Layout, Nets, Pins, Status, Wiring
from ..formats.lef import USES, Lef
from ..netlist import Netlist
from .floorplan import CellSizes, Floorplan, measure_cells, plan, routing_layers
from .graywolf import Places, run_graywolf
from .legalise import legal_places, legal_row
from .programs import DEFAULT_LIMITS, Step

Int32 = npt.NDArray[np.int32]
Int64 = npt.NDArray[np.int64]

_TOO_MANY_PORTS = Message(
    "flow-ports", "{count} ports do not fit on the {room} tracks at the edge of the die", "lower the utilisation"
)
_CORNER_TRACKS: Final = 4  # tracks at the ends of each side that ports leave free
_N, _S, _FN, _FS = (ORIENTATIONS.index(word) for word in ("N", "S", "FN", "FS"))


def place(
    netlist: Netlist,
    lef: Lef,
    *,
    utilisation: float,
    seed: int,
    num_layers: int | None = None,
    limits: Limits = DEFAULT_LIMITS,
) -> tuple[Layout, Step]:
    """Place a netlist with graywolf.

    Args:
        netlist: flat, of cells that are in the LEF.
        lef: technology and cells.
        utilisation: share of the rows that cells fill.
        seed: of the annealing; another seed gives another placement.
        num_layers: how many routing layers get tracks, from the lowest up; None: all.
        limits: of the process.

    Raises:
        InputError: if the cells do not fit the LEF, or the ports the die.
        MissingToolError: if graywolf is not installed.
        ToolError: if it fails; ToolTimeout at a limit.
    """
    cells = measure_cells(netlist, lef)
    layers = routing_layers(lef, num_layers)
    plan(netlist, cells, layers, utilisation=utilisation)  # refuses a bad utilisation before the work is done
    places, step = run_graywolf(netlist, lef, cells, utilisation=utilisation, seed=seed, limits=limits)
    num_rows = int(places.row.max(initial=0)) + 1
    floorplan = plan(netlist, cells, layers, utilisation=utilisation, num_rows=num_rows)
    return layout_of(netlist, lef, cells, floorplan, places), step


def layout_of(netlist: Netlist, lef: Lef, cells: CellSizes, floorplan: Floorplan, places: Places) -> Layout:
    """Join netlist, floorplan and places."""
    layers = Names.of([floorplan.side_layer.name, floorplan.end_layer.name])
    return Layout(
        name=netlist.name,
        source="",
        version="5.8",
        divider="/",
        bus_bit_characters="[]",
        dbu_per_um=cells.dbu_per_um,
        die=(0, 0, floorplan.width, floorplan.height),
        die_points=np.array([[0, 0], [floorplan.width, floorplan.height]], np.int32),
        rows=floorplan.rows,
        tracks=floorplan.tracks,
        layers=layers,
        vias=Names.of([]),
        via_definitions=(),
        rules=Names.of([]),
        rule_widths={},
        components=_components(netlist, cells, floorplan, places),
        pins=_pins(netlist, lef, floorplan, places),
        nets=_nets(netlist),
        wiring=_no_wires(),
    )


def _components(netlist: Netlist, cells: CellSizes, floorplan: Floorplan, places: Places) -> Components:
    sites = cells.sites[netlist.instance_cell]
    middle = places.x * cells.row_height / cells.site_width
    # The placer's rows of widened cells may end up a little longer than ours.
    scale = min(1.0, floorplan.row_sites / max(float((middle + sites / 2).max(initial=1)), 1.0))
    wanted = middle * scale - sites / 2
    try:
        row, left = legal_places(wanted, places.row, sites, floorplan.num_rows, floorplan.row_sites)
    except ValueError as error:
        raise ToolError(f"graywolf's placement cannot be made legal: {error}", binary="graywolf", command=[]) from None
    upright = row % 2 == 0
    orientation = np.where(places.mirrored, np.where(upright, _FN, _S), np.where(upright, _N, _FS))
    return Components(
        names=netlist.instances,
        masters=netlist.cells,
        master=netlist.instance_cell,
        x=(floorplan.left + left * cells.site_width).astype(np.int32),
        y=(floorplan.bottom + row * cells.row_height).astype(np.int32),
        orientation=orientation.astype(np.uint8),
        status=np.full(netlist.num_instances, Status.PLACED, np.uint8),
    )


def _pins(netlist: Netlist, lef: Lef, floorplan: Floorplan, places: Places) -> Pins:
    x, y, on_side = _port_places(floorplan, places)
    dbu = lef.dbu_per_um or 1000
    half = np.array([round((layer.width or 0.0) * dbu / 2) for layer in (floorplan.side_layer, floorplan.end_layer)])
    layer = np.where(on_side, 0, 1).astype(np.int32)
    reach = half[layer]
    count = netlist.num_ports
    each = np.arange(count, dtype=np.int32)
    return Pins(
        names=netlist.ports,
        net=netlist.port_net,
        direction=netlist.port_direction,
        use=np.full(count, USES.index("SIGNAL"), np.uint8),
        port_pin=each,
        port_x=x,
        port_y=y,
        port_orientation=np.full(count, _N, np.uint8),
        port_status=np.full(count, Status.PLACED, np.uint8),
        shape_port=each,
        shape_layer=layer,
        shape_box=np.stack([-reach, -reach, reach, reach], 1).astype(np.int32),
    )


def _port_places(floorplan: Floorplan, places: Places) -> tuple[Int32, Int32, npt.NDArray[np.bool_]]:
    """Put ports on tracks along the edge, clockwise from the lower left corner, in the placer's order.

    Returns:
        x and y of each port, and whether it stands at the left or right side.
    """
    vertical = next(t for t in floorplan.tracks if t.axis == "X" and floorplan.end_layer.name in t.layers)
    horizontal = next(t for t in floorplan.tracks if t.axis == "Y" and floorplan.side_layer.name in t.layers)
    free = slice(_CORNER_TRACKS, -_CORNER_TRACKS)
    across = (vertical.start + vertical.step * np.arange(vertical.num))[free]
    up = (horizontal.start + horizontal.step * np.arange(horizontal.num))[free]
    left, right = vertical.start, vertical.start + vertical.step * (vertical.num - 1)
    bottom, top = horizontal.start, horizontal.start + horizontal.step * (horizontal.num - 1)
    slot_x = np.concatenate([np.full(len(up), left), across, np.full(len(up), right), across[::-1]])
    slot_y = np.concatenate([up, np.full(len(across), top), up[::-1], np.full(len(across), bottom)])
    count, room = len(places.side), len(slot_x)
    if count > room:
        raise InputError.of(_TOO_MANY_PORTS, count=count, room=room)
    # Where the sides begin in the slots, and which of them run against x or y.
    first = np.array([0, len(up) + len(across), 2 * len(up) + len(across), len(up)])[places.side]
    length = np.where(places.side < 2, len(up), len(across))
    along = np.where((places.side == 1) | (places.side == 2), 1 - places.along, places.along)
    width = min(2, room // max(count, 1))  # every second track where there are enough
    slot = legal_row(first + along * (length - 1), np.full(count, width, np.int64), room)
    on_side = (slot < len(up)) | ((slot >= len(up) + len(across)) & (slot < 2 * len(up) + len(across)))
    return slot_x[slot].astype(np.int32), slot_y[slot].astype(np.int32), on_side


def _nets(netlist: Netlist) -> Nets:
    """Connections by net: ports first, then pins of components in the order of the netlist."""
    owner = np.repeat(np.arange(netlist.num_instances), np.diff(netlist.pin_offsets))
    net = np.concatenate([netlist.port_net, netlist.pin_net])
    component = np.concatenate([np.full(netlist.num_ports, NONE), owner]).astype(np.int32)
    pin = np.concatenate([np.arange(netlist.num_ports), netlist.pin_name]).astype(np.int32)
    connected = np.flatnonzero(net >= 0)
    grouped = group_edges(net[connected], connected, netlist.num_nets)
    order = grouped.neighbours
    return Nets(
        names=netlist.nets,
        special=np.zeros(netlist.num_nets, np.bool_),
        use=np.full(netlist.num_nets, USES.index("SIGNAL"), np.uint8),
        rule=np.full(netlist.num_nets, NONE, np.int32),
        offsets=grouped.offsets,
        component=component[order],
        pin=pin[order],
        pin_names=netlist.pin_names,
    )


def _no_wires() -> Wiring:
    numbers, small = np.empty(0, np.int32), np.empty(0, np.uint8)
    return Wiring(
        path_net=numbers, path_layer=numbers, path_width=numbers, path_status=small, path_shape=small,
        path_rule=numbers, path=numbers, kind=small, layer=numbers, x1=numbers, y1=numbers, x2=numbers, y2=numbers,
        extension1=numbers, extension2=numbers, via=numbers,
    )  # fmt: skip
