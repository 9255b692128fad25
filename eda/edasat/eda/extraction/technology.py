"""What extraction needs to know of a technology, joined from LEF, extraction rules and unit RC.

Routing layers count as levels from 1, the lowest, in the order of the LEF; level 0 below a wire is the substrate.
Three sources tell the same things with different care; for each layer the first that knows counts:

- capacitance: extraction rules, by spacing and by the metals above and below; a ``*.rc`` file, per um; the LEF,
  ``CAPACITANCE CPERSQDIST`` times width plus twice ``EDGECAPACITANCE``;
- resistance of wires: extraction rules; a ``*.rc`` file; ``RESISTANCE RPERSQ`` over width of the LEF;
- resistance of vias: a ``*.rc`` file, per cut; the LEF, of the via or per cut.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from edasat.core.errors import InputError, Notes

from ..formats.lef import Layer, Lef
from .messages import MESSAGES
from .rules import Context, ExtractionRules
from .unit_rc import UnitRc

Int32 = npt.NDArray[np.int32]
Float = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Technology:
    """Layers as arrays by level; entry 0 stands for the substrate and is not used. Units: um, fF, ohm.

    Attributes:
        names: of the routing layers; names[0] is "".
        width: float64, (levels + 1,): default width of wires, um.
        pitch: float64, (levels + 1,): um.
        ohm_per_um: float64, (levels + 1,): of a wire of default width.
        reach: float64, (levels + 1,): spacing in um behind which a neighbour changes nothing.
        table: int32, (levels + 1, levels + 1, levels + 2): table of a wire by its level, the level below (0: the
            substrate) and the level above (``levels + 1``: none).
        diagonal: int32, (levels + 1, levels + 2): table of the coupling to parallel wires of a higher level, or -1.
        table_offsets: int64, (num_tables + 1,).
        spacing, coupling, fringe: float64, (num_rows,): um, fF/um, fF/um of one side of a wire.
        cuts: cut layer from each level to the next; "" above the last.
        cut_ohm: float64, (levels + 1,): ohm of one of its cuts.
        notes: counted warnings.
    """

    names: tuple[str, ...]
    width: Float
    pitch: Float
    ohm_per_um: Float
    reach: Float
    table: Int32
    diagonal: Int32
    table_offsets: npt.NDArray[np.int64]
    spacing: Float
    coupling: Float
    fringe: Float
    cuts: tuple[str, ...]
    cut_ohm: Float
    notes: Notes

    @property
    def num_levels(self) -> int:
        """Number of routing layers."""
        return len(self.names) - 1

    def level(self, name: str) -> int:
        """Return the level of a routing layer, 0 for any other layer."""
        return self.names.index(name) if name and name in self.names else 0


def build_technology(lef: Lef, rules: ExtractionRules | None = None, unit_rc: UnitRc | None = None) -> Technology:
    """Join what is known of the layers.

    Raises:
        InputError: if rules and LEF have different layers, or nothing tells a layer's resistance or capacitance.
    """
    layers = [layer for layer in lef.layers if layer.kind == "ROUTING"]
    count = len(layers)
    if rules is not None and rules.num_metals != count:
        raise InputError.of(MESSAGES["extract-levels"], rules.source, rules=rules.num_metals, lef=count)
    names = ("", *(layer.name for layer in layers))
    width = np.array([0.0, *(layer.width or 0.0 for layer in layers)])
    pitch = np.array([0.0, *(min(layer.pitch) if layer.pitch else 2 * (layer.width or 0.0) for layer in layers)])
    ohm = np.array([0.0, *(_wire_ohm(layer, level, rules, unit_rc) for level, layer in enumerate(layers, 1))])
    tables = _Tables(count)
    if rules is not None:
        tables.add_rules(rules, width)
    for level, layer in enumerate(layers, 1):
        if tables.table[level, 0, count + 1] < 0:
            tables.add_constant(level, _wire_ff(layer, unit_rc) / 2)
    tables.fill()
    cuts, cut_ohm, notes = _cuts(lef, count, unit_rc)
    offsets = np.cumsum([0, *(len(rows) for rows in tables.rows)], dtype=np.int64)
    rows = np.concatenate(tables.rows) if tables.rows else np.empty((0, 3))
    return Technology(
        names=names,
        width=width,
        pitch=pitch,
        ohm_per_um=ohm,
        reach=tables.reach(),
        table=tables.table,
        diagonal=tables.diagonal,
        table_offsets=offsets,
        spacing=rows[:, 0].copy(),
        coupling=rows[:, 1].copy(),
        fringe=rows[:, 2].copy(),
        cuts=cuts,
        cut_ohm=cut_ohm,
        notes=notes,
    )


def _cuts(lef: Lef, count: int, unit_rc: UnitRc | None) -> tuple[tuple[str, ...], Float, Notes]:
    """Return the cut layer above each level, ohm per cut, and a note if some are not known."""
    cuts, ohm, notes = [""] * (count + 1), np.zeros(count + 1), Notes()
    given = unit_rc.via_resistance if unit_rc is not None else {}
    level = unknown = 0
    for layer in lef.layers:
        if layer.kind == "ROUTING":
            level += 1
        elif layer.kind == "CUT" and 0 < level < count:
            cuts[level] = layer.name
            found = given.get(layer.name, layer.resistance)
            ohm[level] = found or 0.0
            unknown += found is None
    message = "cut layers without a resistance, whose vias count as 0 ohm (give the platform's *.rc file)"
    notes.add("extract-via-ohm", message, lef.source, unknown)
    return tuple(cuts), ohm, notes


def _wire_ohm(layer: Layer, level: int, rules: ExtractionRules | None, unit_rc: UnitRc | None) -> float:
    """Return ohm/um of a wire of default width; NaN if nothing tells it."""
    if rules is not None:
        for context in (Context.RESISTANCE, Context.WIRE):
            found = np.flatnonzero((rules.context == context) & (rules.metal == level) & (rules.below == 0))
            if len(found):
                return float(rules.resistance[rules.offsets[found[0] + 1] - 1])
    if unit_rc is not None and layer.name in unit_rc.resistance:
        return unit_rc.resistance[layer.name]
    if layer.resistance is not None and layer.width:
        return layer.resistance / layer.width
    return float("nan")


def _wire_ff(layer: Layer, unit_rc: UnitRc | None) -> float:
    """Return fF/um of a wire of default width; NaN if nothing tells it."""
    if unit_rc is not None and layer.name in unit_rc.capacitance:
        return unit_rc.capacitance[layer.name]
    if layer.capacitance is not None and layer.width:
        return layer.capacitance * layer.width + 2 * (layer.edge_capacitance or 0.0)
    return float("nan")


class _Tables:
    """Collects the capacitance tables, and which of them a context takes."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.table = np.full((count + 1, count + 1, count + 2), -1, np.int32)
        self.diagonal = np.full((count + 1, count + 2), -1, np.int32)
        self.rows: list[Float] = []

    def add_rules(self, rules: ExtractionRules, width: Float) -> None:
        """Take the tables of the width nearest to each layer's default."""
        order = np.argsort(-np.abs(rules.width - width[rules.metal]), kind="stable")  # the last one stays
        for number in order.tolist():
            if rules.context[number] == Context.RESISTANCE:
                continue
            metal, below = int(rules.metal[number]), int(rules.below[number])
            above = int(rules.above[number]) or self.count + 1
            rows = slice(rules.offsets[number], rules.offsets[number + 1])
            if rules.context[number] == Context.WIRE:
                self.table[metal, below, above] = len(self.rows)
            else:
                self.diagonal[metal, above] = len(self.rows)
            self.rows.append(np.stack([rules.spacing[rows], rules.coupling[rows], rules.fringe[rows]], axis=1))

    def add_constant(self, level: int, fringe: float) -> None:
        """Let each side of a level's wires have the same capacitance whatever surrounds it."""
        self.table[level, 0, self.count + 1] = len(self.rows)
        self.rows.append(np.array([[0.0, 0.0, fringe]]))

    def fill(self) -> None:
        """Let contexts without a table take that of fewer surroundings: without what is above, then below."""
        for level in range(1, self.count + 1):
            by_context = self.table[level]
            for below in range(level):
                for above in range(level + 1, self.count + 2):
                    if by_context[below, above] < 0:
                        only_below, only_above = by_context[below, self.count + 1], by_context[0, above]
                        bare = by_context[0, self.count + 1]
                        by_context[below, above] = next(t for t in (only_below, only_above, bare) if t >= 0)

    def reach(self) -> Float:
        """Return the largest spacing in the tables of each level."""
        last = np.array([rows[-1, 0] for rows in self.rows])
        reach = np.zeros(self.count + 1)
        for level in range(1, self.count + 1):
            used = self.table[level]
            reach[level] = last[used[used >= 0]].max(initial=0.0)
        return reach
