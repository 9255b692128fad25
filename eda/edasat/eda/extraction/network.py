"""Extraction: from a routed layout to the RC network of every net."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from edasat.core.errors import InputError, Notes

from ..formats.layout import Layout
from ..formats.lef import Lef
from ..formats.spef import Spef
from .calibration import Calibration, fit_calibration
from .geometry import NetPins, net_pins, segments, special_boxes, vias
from .messages import MESSAGES
from .neighbours import sort_into_bins, spatial_order, tables_in_dbu, wire_capacitance, with_shadows
from .rules import ExtractionRules
from .spef_record import to_spef
from .technology import Technology, build_technology
from .trees import ALONE, APART, TOUCHING, Trees, grow_trees
from .unit_rc import UnitRc
from .via_types import via_types

Float = npt.NDArray[np.float64]


def extract(
    layout: Layout,
    lef: Lef,
    rules: ExtractionRules | None = None,
    *,
    unit_rc: UnitRc | None = None,
    calibration: Calibration | None = None,
) -> Spef:
    """Extract resistance and capacitance of every routed net.

    Capacitance between nets counts as capacitance to ground, which is how timing without crosstalk reads it. Nets
    without wires are left out and counted.

    Args:
        layout: routed, read with ``read_def(path, lef=lef)``.
        lef: technology and cells.
        rules: extraction rules; without them capacitance does not see its neighbours.
        unit_rc: RC per layer and via; see :mod:`.technology` for what counts before what.
        calibration: factors fitted on another layout.

    Returns:
        the network of each regular net that has wires, with notes about nets without wires ("extract-unrouted"),
        pins that touch their wires by overlap alone ("extract-pin-touches"), pins apart from the net's metal
        ("extract-pin-apart"), and joints between parts of nets that do not meet ("extract-bridge").

    Raises:
        InputError: for a layout without wires, or layers, vias and cells that the LEF does not know.
    """
    technology = build_technology(lef, rules, unit_rc)
    network = extract_network(layout, lef, technology, calibration)
    return to_spef(layout, lef, network)


def calibrate(
    layout: Layout,
    lef: Lef,
    golden: Spef,
    rules: ExtractionRules | None = None,
    *,
    unit_rc: UnitRc | None = None,
) -> Calibration:
    """Fit a factor for each layer's capacitance and resistance, and one for vias, on a layout with known wires.

    Args:
        layout, lef, rules, unit_rc: as of :func:`extract`.
        golden: what another tool extracted of this layout.
    """
    technology = build_technology(lef, rules, unit_rc)
    network = extract_network(layout, lef, technology)
    trees, size = network.trees, len(technology.names)
    num_nets = len(trees.net_pieces) - 1
    ff, ohm = np.zeros((num_nets, size)), np.zeros((num_nets, size))
    np.add.at(ff, (network.piece_net, trees.piece_level), network.piece_ff)
    np.add.at(ohm, (network.piece_net, trees.piece_level), network.piece_ohm)
    ohm[:, 0] = np.bincount(np.repeat(np.arange(num_nets), np.diff(trees.net_joints)), trees.joint_ohm, num_nets)
    return fit_calibration(
        technology.names,
        ff,
        ohm,
        layout.nets.names.take(np.arange(num_nets)),
        golden,
        layout.source,
    )


@dataclass(frozen=True, eq=False)
class Network:
    """What extraction finds, before it becomes a SPEF record.

    Attributes:
        trees: nodes and pieces.
        pins: of the nets.
        piece_net: int32, (num_pieces,).
        piece_ohm, piece_ff: float64, (num_pieces,).
        notes: counted warnings.
    """

    trees: Trees
    pins: NetPins
    piece_net: npt.NDArray[np.int32]
    piece_ohm: Float
    piece_ff: Float
    notes: Notes


def extract_network(
    layout: Layout, lef: Lef, technology: Technology, calibration: Calibration | None = None
) -> Network:
    """Extract trees, resistance and capacitance."""
    notes = Notes()
    for each in (layout.notes, technology.notes):
        for code, count in each.counts.items():
            notes.add(code, *each.first[code], times=count)
    wires = segments(layout, technology, notes)
    holes = vias(layout, via_types(layout, lef, technology))
    pins = net_pins(layout, lef, technology)
    _check_known(technology, np.unique(wires.level))
    dbu = layout.dbu_per_um
    ohm_per_dbu = np.nan_to_num(technology.ohm_per_um) / dbu
    trees = grow_trees(wires, holes, pins, ohm_per_dbu)
    net = np.repeat(np.arange(len(trees.net_pieces) - 1, dtype=np.int32), np.diff(trees.net_pieces))
    ff = _capacitance(trees, net, layout, technology)
    # A piece is as long as its metal, half a width beyond either end: where pieces meet, each counts its own.
    length = (trees.piece_ends[:, 2:] - trees.piece_ends[:, :2]).sum(axis=1) + trees.piece_width
    squares = length / trees.piece_width
    ohm = squares * (ohm_per_dbu * technology.width * dbu)[trees.piece_level]
    if calibration is not None:
        ff_factor, ohm_factor = calibration.by_level(technology.names)
        ff, ohm = ff * ff_factor[trees.piece_level], ohm * ohm_factor[trees.piece_level]
        trees = trees._replace(joint_ohm=trees.joint_ohm * calibration.via_resistance)
    _note_contacts(layout, trees, pins, notes)
    return Network(trees, pins, net, ohm, ff, notes)


def _check_known(technology: Technology, levels: Any) -> None:
    for level in levels.tolist():
        table = technology.table[level, 0, -1]
        rows = slice(technology.table_offsets[table], technology.table_offsets[table + 1])
        for what, known in (
            ("width", technology.width[level] > 0),
            ("resistance", not np.isnan(technology.ohm_per_um[level])),
            ("capacitance", not np.isnan(technology.fringe[rows]).any()),
        ):
            if not known:
                raise InputError.of(MESSAGES["extract-layer-rc"], what=what, name=technology.names[level])


def _capacitance(trees: Trees, piece_net: Any, layout: Layout, technology: Technology) -> Float:
    """Return the capacitance of each piece of wire in fF."""
    pitch = technology.pitch * layout.dbu_per_um
    # In an order in which neighbours stand near each other in memory too.
    order = spatial_order(trees.piece_level, trees.piece_ends, pitch)
    level, ends, width, net = (
        column[order] for column in (trees.piece_level, trees.piece_ends, trees.piece_width, piece_net)
    )
    half = width[:, None] // 2
    special_level, special_box = special_boxes(layout, technology)
    boxes = with_shadows(
        np.concatenate([level, special_level]),
        np.concatenate([ends + np.concatenate([-half, -half, half, half], axis=1), special_box]),
        np.concatenate([net, np.full(len(special_level), -1, np.int32)]),
        pitch,
        layout.die[:2],
    )
    bins = sort_into_bins(boxes, pitch)
    tables = tables_in_dbu(technology, layout.dbu_per_um)
    ff = np.zeros(len(order))
    wire_capacitance(level, ends, width, net, boxes, bins, tables, ff)
    in_file_order = np.empty(len(order))
    in_file_order[order] = ff
    return in_file_order


def _note_contacts(layout: Layout, trees: Trees, pins: NetPins, notes: Notes) -> None:
    """Count what the layout leaves open."""
    count = np.diff(pins.offsets)
    net = np.repeat(np.arange(len(count)), count)
    alone = np.zeros(len(count), bool)
    alone[net[trees.pin_contact == ALONE]] = True
    for code, message, found in (
        ("extract-unrouted", "nets without wires left out", np.flatnonzero(alone & (count > 1))),
        ("extract-pin-touches", "pins that touch their wires by overlap alone", net[trees.pin_contact == TOUCHING]),
        ("extract-pin-apart", "pins joined to the nearest wire of their net", net[trees.pin_contact == APART]),
        ("extract-bridge", "nets with parts that do not meet, joined where they come nearest",
         np.flatnonzero(trees.net_bridges)),
    ):  # fmt: skip
        if len(found):
            notes.add(code, message, f"net {layout.nets.names[int(found[0])]}", len(found))
