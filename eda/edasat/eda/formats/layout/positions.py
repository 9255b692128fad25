"""Where the pins of a placed design lie."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from edasat.core.errors import InputError, Message
from edasat.core.names import Names
from edasat.eda.netlist import Netlist

from .transform import place_points

if TYPE_CHECKING:
    from ..lef import Lef

Float = npt.NDArray[np.float64]

_UNPLACED = Message("layout-unplaced", "the netlist has no placement", "read the design from DEF")
_NO_MACRO = Message(
    "layout-cell-not-in-lef", "{count} of {total} cells are not in the LEF, first '{name}'", "give the LEF of all cells"
)
_NO_PIN = Message("layout-pin-not-in-lef", "{count} of {total} kinds of pins are not in the LEF, first '{name}'")


def pin_positions(netlist: Netlist, lef: Lef) -> tuple[Float, Float]:
    """Return the place of every connection of a placed netlist: the middle of the pin's shapes.

    Args:
        netlist: with placement; see :meth:`.record.Layout.netlist`.
        lef: of all its cells.

    Returns:
        x and y, float64, (num_connections,), in um; NaN for pins of instances that are not placed.

    Raises:
        InputError: without placement, and for cells or pins that the LEF does not have.
    """
    placement = netlist.placement
    if placement is None:
        raise InputError.of(_UNPLACED, netlist.source)
    macro = netlist.cells.find_in(lef.macros)
    _all_found(_NO_MACRO, macro, netlist.cells, netlist.source)
    instance = np.repeat(np.arange(netlist.num_instances), np.diff(netlist.pin_offsets))
    # Cells have few pins and designs many instances: each kind of pin is looked up once.
    num_names = max(1, len(netlist.pin_names))
    keys = netlist.instance_cell[instance].astype(np.int64) * num_names + netlist.pin_name
    kinds, kind = np.unique(keys, return_inverse=True)
    cell, name = kinds // num_names, (kinds % num_names).astype(np.int32)
    pin = lef.find_pins(macro[cell], netlist.pin_names, name)
    if (pin < 0).any():
        titles = [f"{netlist.cells[cell[i]]}/{netlist.pin_names[name[i]]}" for i in np.flatnonzero(pin < 0)[:1]]
        _all_found(_NO_PIN, pin, Names.of(titles), netlist.source)
    width, height = lef.macro_size[macro[netlist.instance_cell[instance]]].T
    x, y = place_points(lef.pin_x[pin][kind], lef.pin_y[pin][kind], width, height, placement.orientation[instance])
    um = 1 / placement.dbu_per_um
    unplaced = ~placement.placed[instance]
    x = np.where(unplaced, np.nan, x + placement.x[instance] * um)
    return x, np.where(unplaced, np.nan, y + placement.y[instance] * um)


def _all_found(message: Message, found: npt.NDArray[np.int32], names: Names, source: str) -> None:
    """Raise the message if one of the lookups failed; ``names`` are theirs, or that of the first failed one."""
    lost = np.flatnonzero(found < 0)
    if len(lost):
        name = names[int(lost[0])] if len(names) == len(found) else names[0]
        raise InputError.of(message, source, count=len(lost), total=len(found), name=name)
