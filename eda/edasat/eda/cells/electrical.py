"""Delays, transitions and timing checks of the cells of edasat45, from a formula.

A cell is a chain of switching stages. A stage is a resistor R that charges or discharges its own parasitic
capacitance and what it drives; with tau = R C and an input transition s (20 % to 80 %, ps)

    delay      = ln 2 tau + SLEW_DELAY s tau / (tau + s) + THRESHOLD_SHIFT s
    transition = sqrt((ln 4 tau)^2 + (SLEW_THROUGH s)^2)

ln 2 tau and ln 4 tau are the 50 % delay and the 20 % to 80 % transition of an RC step response. The second term is the
slope dependence of the alpha-power law (Sakurai and Newton, IEEE JSSC 25(2), 1990: delay grows by a fixed share of the
input's transition), which fades for inputs that are slow against the stage; the third is the distance of the switching
threshold from 50 %. R is in kohm and C in fF, so that times are in ps.

The numbers are ours, of the size of a 45 nm library: they describe no real process, only a plausible one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

Float = npt.NDArray[np.float64]
Edge = Literal["rise", "fall"]

LN2: Final = 0.6931471805599453
#: Resistance of the pull-up and pull-down of a unit inverter, kohm.
RESISTANCE: Final[dict[Edge, float]] = {"rise": 3.4, "fall": 2.7}
#: Capacitance of a unit inverter's gate and of its drain, fF.
GATE_FF: Final = 1.6
DRAIN_FF: Final = 1.2
SLEW_DELAY: Final[dict[Edge, float]] = {"rise": 0.34, "fall": 0.29}
THRESHOLD_SHIFT: Final[dict[Edge, float]] = {"rise": 0.06, "fall": 0.01}
SLEW_THROUGH: Final = 0.22
#: Scales of the transitions in checks, ps: where their growth with the data's and the clock's transition bends.
_DATA_BEND: Final = 20.0
_CLOCK_BEND: Final = 60.0

#: Axes of the tables. Loads are for a stage of unit drive and grow with it.
SLEWS_PS: Final = np.array([5.0, 12.0, 30.0, 60.0, 120.0, 220.0, 400.0])
LOADS_FF: Final = np.array([0.4, 1.0, 2.5, 6.0, 13.0, 27.0, 54.0])
CHECK_SLEWS_PS: Final = np.array([5.0, 80.0, 400.0])


@dataclass(frozen=True)
class Corner:
    """A corner of process, supply and temperature; everything resistive scales with ``slowness``.

    Attributes:
        name: suffix of the library's name.
        process, voltage, temperature: nominal values in the file; V, degrees Celsius.
        slowness: factor of every resistance, and so of delays.
    """

    name: str
    process: float
    voltage: float
    temperature: float
    slowness: float


TYPICAL: Final = Corner("typ", 1.0, 1.10, 25.0, 1.0)
SLOW: Final = Corner("slow", 1.0, 0.95, 125.0, 1.45)
FAST: Final = Corner("fast", 1.0, 1.25, 0.0, 0.72)
CORNERS: Final = (TYPICAL, SLOW, FAST)


@dataclass(frozen=True)
class Stage:
    """One switching stage.

    Attributes:
        drive: size, in unit inverters.
        up, down: resistance of its pull-up and pull-down against an inverter of that size (transistors in series).
        load_ff: gate capacitance of the next stage, fF; 0 for the last stage, which drives the net.
        inverting: False for a transmission gate.
    """

    drive: float
    up: float = 1.0
    down: float = 1.0
    load_ff: float = 0.0
    inverting: bool = True

    def resistance(self, edge: Edge) -> float:
        """Return the resistance behind one edge of the output, kohm."""
        return RESISTANCE[edge] * (self.up if edge == "rise" else self.down) / self.drive


def opposite(edge: Edge) -> Edge:
    """Return the other edge."""
    return "fall" if edge == "rise" else "rise"


def delay_tables(stages: Sequence[Stage], edge: Edge, corner: Corner) -> tuple[Float, Float]:
    """Return delay and transition of one edge of the output of a chain of stages.

    Returns:
        two float64 arrays, (len(SLEWS_PS), len(LOADS_FF)), ns.
    """
    edges = [edge]
    for stage in reversed(stages[1:]):
        edges.append(opposite(edges[-1]) if stage.inverting else edges[-1])
    slew = np.broadcast_to(SLEWS_PS[:, None], (len(SLEWS_PS), len(LOADS_FF)))
    delay = np.zeros_like(slew)
    for stage, at in zip(stages, reversed(edges), strict=True):
        load = LOADS_FF * stages[-1].drive if stage is stages[-1] else stage.load_ff
        tau = stage.resistance(at) * (DRAIN_FF * stage.drive + load) * corner.slowness
        delay = delay + LN2 * tau + SLEW_DELAY[at] * slew * tau / (tau + slew) + THRESHOLD_SHIFT[at] * slew
        slew = np.sqrt((2 * LN2 * tau) ** 2 + (SLEW_THROUGH * slew) ** 2)
    return delay / 1000, slew / 1000


def check_table(base_ps: float, data_weight: float, clock_weight: float, corner: Corner) -> Float:
    """Return how long data must be stable before a clock edge, or after it.

    Args:
        base_ps: for steep edges.
        data_weight, clock_weight: growth with the transitions of data and clock, ps per ps once they are slow.
        corner: scales ``base_ps``.

    Returns:
        float64, (len(CHECK_SLEWS_PS), len(CHECK_SLEWS_PS)), ns: rows by the clock's transition, columns by the data's.
    """
    s = CHECK_SLEWS_PS
    data = data_weight * s * s / (s + _DATA_BEND)
    clock = clock_weight * s * s / (s + _CLOCK_BEND)
    return (base_ps * corner.slowness + clock[:, None] + data[None, :]) / 1000
