"""Floorplan: die, rows, tracks, from the size of the cells, the utilisation and the technology."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from edasat.core.errors import InputError, Message

from ..formats.layout import ORIENTATIONS, Row, Tracks
from ..formats.lef import Layer, Lef
from ..netlist import Netlist

Int64 = npt.NDArray[np.int64]

_BAD_UTILISATION = Message("flow-utilisation", "utilisation must lie between 0.05 and 1, got {utilisation}")
_NO_SITE = Message("flow-no-site", "the LEF has no site of class CORE as high as cell '{cell}'")
_NO_MACRO = Message("flow-cell-not-in-lef", "cell '{cell}' is not in the LEF", "give the LEF of all cells")
_HEIGHTS = Message("flow-row-height", "cells '{cell}' and '{other}' differ in height", "one row height is handled")
_FEW_LAYERS = Message("flow-few-layers", "the LEF has {count} routing layers, at least 3 are needed")
#: Rows of free space between the cells and the edge of the die, where the ports stand.
_MARGIN_ROWS: Final = 1
_NORTH, _FLIPPED_SOUTH = ORIENTATIONS.index("N"), ORIENTATIONS.index("FS")


@dataclass(frozen=True, eq=False)
class CellSizes:
    """Cells of a netlist as the LEF describes them; database units.

    Attributes:
        macro: int32, (num_cells,): macro of each of the netlist's cells.
        sites: int64, (num_cells,): width in sites.
        site: name of the site.
        site_width, row_height: of the site.
        dbu_per_um: of the LEF.
    """

    macro: npt.NDArray[np.int32]
    sites: Int64
    site: str
    site_width: int
    row_height: int
    dbu_per_um: int


@dataclass(frozen=True)
class Floorplan:
    """Die, rows and tracks; database units. The lower left corner of the die is the origin.

    Attributes:
        width, height: of the die.
        left, bottom: corner of the rows.
        num_rows, row_sites: rows, and sites in each.
        rows: as DEF states them; every second row is upside down, so that supply rails are shared.
        tracks: of every routing layer that is used.
        side_layer, end_layer: layers of the ports at left and right, and at bottom and top.
    """

    width: int
    height: int
    left: int
    bottom: int
    num_rows: int
    row_sites: int
    rows: tuple[Row, ...]
    tracks: tuple[Tracks, ...]
    side_layer: Layer
    end_layer: Layer


def measure_cells(netlist: Netlist, lef: Lef) -> CellSizes:
    """Return the sizes of a netlist's cells.

    Raises:
        InputError: if a cell is not in the LEF, cells differ in height, or no site fits.
    """
    macro = netlist.cells.find_in(lef.macros)
    if (macro < 0).any():
        raise InputError.of(_NO_MACRO, lef.source, cell=netlist.cells[int(np.argmin(macro))])
    width, height = lef.macro_size[macro].T
    odd = int(np.argmax(np.abs(height - height[0])))
    if not math.isclose(height[odd], height[0], rel_tol=1e-4):
        raise InputError.of(_HEIGHTS, lef.source, cell=netlist.cells[0], other=netlist.cells[odd])
    site = next(
        (s for s in lef.sites if s.kind.upper() == "CORE" and math.isclose(s.height, height[0], rel_tol=1e-4)), None
    )
    if site is None:
        raise InputError.of(_NO_SITE, lef.source, cell=netlist.cells[0])
    dbu = lef.dbu_per_um or 1000
    return CellSizes(
        macro=macro,
        sites=np.ceil(width / site.width - 1e-4).astype(np.int64),
        site=site.name,
        site_width=round(site.width * dbu),
        row_height=round(site.height * dbu),
        dbu_per_um=dbu,
    )


def routing_layers(lef: Lef, count: int | None = None) -> list[Layer]:
    """Return the lowest ``count`` routing layers, or all.

    Raises:
        InputError: if there are less than three.
    """
    layers = [layer for layer in lef.layers if layer.kind == "ROUTING"][:count]
    if len(layers) < 3:
        raise InputError.of(_FEW_LAYERS, lef.source, count=len(layers))
    return layers


def plan(
    netlist: Netlist, cells: CellSizes, layers: list[Layer], *, utilisation: float, num_rows: int | None = None
) -> Floorplan:
    """Lay out rows of about a square for a netlist.

    Args:
        netlist: the cells that must find room.
        cells: their sizes.
        layers: routing layers, from the lowest up.
        utilisation: share of the sites that cells fill.
        num_rows: None: as many as make the rows square.

    Raises:
        InputError: for a utilisation outside of 0.05 to 1.
    """
    if not 0.05 <= utilisation <= 1:
        raise InputError.of(_BAD_UTILISATION, utilisation=utilisation)
    sites = int(cells.sites[netlist.instance_cell].sum())
    needed = max(1, math.ceil(sites / utilisation))
    if num_rows is None:
        num_rows = max(1, round(math.sqrt(needed * cells.site_width / cells.row_height)))
    row_sites = max(math.ceil(needed / num_rows), int(cells.sites.max(initial=1)))
    # The corner of the rows is a multiple of site and row, so that pins that lie on tracks in their cell still do.
    bottom = _MARGIN_ROWS * cells.row_height
    left = math.ceil(bottom / cells.site_width) * cells.site_width
    width, height = 2 * left + row_sites * cells.site_width, 2 * bottom + num_rows * cells.row_height
    rows = tuple(
        Row(
            f"ROW_{i}",
            cells.site,
            left,
            bottom + i * cells.row_height,
            _FLIPPED_SOUTH if i % 2 else _NORTH,
            row_sites,
            1,
            cells.site_width,
            0,
        )
        for i in range(num_rows)
    )
    return Floorplan(
        width=width,
        height=height,
        left=left,
        bottom=bottom,
        num_rows=num_rows,
        row_sites=row_sites,
        rows=rows,
        tracks=_tracks(layers, cells.dbu_per_um, width, height),
        side_layer=next(layer for layer in layers[1:] if layer.direction == "HORIZONTAL"),
        end_layer=next(layer for layer in layers[1:] if layer.direction == "VERTICAL"),
    )


def _tracks(layers: list[Layer], dbu: int, width: int, height: int) -> tuple[Tracks, ...]:
    """Return the preferred tracks of each layer; the first lies half a pitch from the edge.

    The finest pitch of each direction is the grid that the router works on: layers of coarser pitch use every second
    line of it, or every third, ...
    """
    found = []
    for layer in layers:
        number = 0 if layer.direction == "VERTICAL" else 1
        axis, extent = "XY"[number], (width, height)[number]
        pitches = [round(one.pitch[number] * dbu) for one in layers if one.pitch and one.direction == layer.direction]
        assert layer.pitch is not None
        grid = min(pitches)
        step = -(-round(layer.pitch[number] * dbu) // grid) * grid
        found.append(Tracks(axis, grid // 2, (extent - 2 * (grid // 2)) // step + 1, step, (layer.name,)))
    return tuple(found)
