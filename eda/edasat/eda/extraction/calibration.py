"""Calibration of extraction: factors per layer, fitted on a layout whose wires another tool has extracted."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from edasat.core.errors import InputError
from edasat.core.files import Source, atomic_write

from ..formats.spef import Spef
from .messages import MESSAGES

Float = npt.NDArray[np.float64]

#: Weight of "the factor is 1" against one net that lies on one layer: a layer that few nets use stays close to 1.
_PRIOR: Final = 0.5
_LEAST_NETS: Final = 10


@dataclass(frozen=True)
class Calibration:
    """Factors that extraction multiplies with; layers that are not named keep theirs.

    Attributes:
        capacitance, resistance: factor of wires by routing layer.
        via_resistance: factor of all vias.
        fitted_on: the layout.
        num_nets: nets that it was fitted on.
    """

    capacitance: Mapping[str, float] = field(default_factory=dict)
    resistance: Mapping[str, float] = field(default_factory=dict)
    via_resistance: float = 1.0
    fitted_on: str = ""
    num_nets: int = 0

    def by_level(self, names: tuple[str, ...]) -> tuple[Float, Float]:
        """Return the factors of capacitance and of resistance, float64, (levels + 1,), by level."""
        ff, ohm = (np.array([table.get(name, 1.0) for name in names]) for table in (self.capacitance, self.resistance))
        return ff, ohm


def write_calibration(calibration: Calibration, path: str | Path) -> None:
    """Write factors as JSON."""
    with atomic_write(path, "w") as file:
        file.write(json.dumps(asdict(calibration), indent=1) + "\n")


def read_calibration(what: str | Path | bytes | Source) -> Calibration:
    """Read factors.

    Raises:
        InputError: for anything that :func:`write_calibration` did not write.
    """
    source = what if isinstance(what, Source) else Source(what)
    with source.open() as stream:
        text = stream.read()
    try:
        made = Calibration(**json.loads(text))
        factors = [*made.capacitance.values(), *made.resistance.values(), made.via_resistance]
        good = all(0 < factor < math.inf for factor in factors)
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise InputError.of(MESSAGES["calibration-file"], source.name, reason=str(error)[:80]) from None
    if not good:
        raise InputError.of(MESSAGES["calibration-file"], source.name, reason="factors must be positive numbers")
    return made


def fit_calibration(
    layers: tuple[str, ...], net_ff: Float, net_ohm: Float, nets: Any, golden: Spef, fitted_on: str
) -> Calibration:
    """Fit factors so that the nets' total capacitance and resistance come close to the golden ones, relatively.

    Args:
        layers: by level; layers[0] is not used.
        net_ff: float64, (num_nets, levels + 1): fF of each net on each level.
        net_ohm: float64, (num_nets, levels + 1): ohm likewise, of vias in column 0.
        nets: their names.
        golden: networks of the same layout.
        fitted_on: name of the layout.
    """
    row = nets.find_in(golden.nets)
    known = np.flatnonzero((row >= 0) & (net_ff.sum(axis=1) > 0))
    if len(known) < _LEAST_NETS:
        raise InputError.of(MESSAGES["calibration-nets"], golden.source, count=len(known))
    golden_ohm = np.zeros(golden.num_nets)
    owner = np.repeat(np.arange(golden.num_nets), np.diff(golden.net_resistors))
    np.add.at(golden_ohm, owner, golden.resistor_ohm)
    ff = _factors(net_ff[known], golden.net_capacitance[row[known]])
    ohm = _factors(net_ohm[known], golden_ohm[row[known]])
    used_ff, used_ohm = net_ff[known].sum(axis=0) > 0, net_ohm[known].sum(axis=0) > 0
    return Calibration(
        capacitance={name: float(ff[i]) for i, name in enumerate(layers) if i and used_ff[i]},
        resistance={name: float(ohm[i]) for i, name in enumerate(layers) if i and used_ohm[i]},
        via_resistance=float(ohm[0]),
        fitted_on=fitted_on,
        num_nets=len(known),
    )


def _factors(parts: Float, wanted: Float) -> Float:
    """Return the factors of least squared relative error, each drawn towards 1 as by some nets more."""
    good = wanted > 0
    scaled = parts[good] / wanted[good, None]
    rows = np.concatenate([scaled, np.sqrt(_PRIOR) * np.eye(parts.shape[1])])
    target = np.concatenate([np.ones(len(scaled)), np.full(parts.shape[1], np.sqrt(_PRIOR))])
    return np.maximum(np.linalg.lstsq(rows, target, rcond=None)[0], 0.01)
