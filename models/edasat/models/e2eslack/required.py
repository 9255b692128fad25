"""Required times and slacks from predicted arrivals and slews, by formula.

Required time is ``period + capture latency - setup - output delay - uncertainty``, for hold likewise. Setup and hold
times are looked up in the library at the predicted slews, and capture latency is the predicted arrival at the clock pin
of the register; everything else stands in the constraints. Exceptions, latches and clock gates are those of the exact
engine, whose search for path ends runs on the predicted times.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from edasat.eda.timing.analysis import Timer, Timing
from edasat.eda.timing.ends import Ends, find_ends

from .pin_inputs import pin_arrival

Float = npt.NDArray[np.float64]


def predicted_ends(timer: Timer, reference: Timing, arrival: Float, slew: Float) -> Ends:
    """Return all path ends.

    A model knows one time of each pin, the worst; the engine tells apart what different clocks and exceptions make of
    it. The differences between these are taken from the reference.

    Args:
        timer: of the design.
        reference: its analysis without wires.
        arrival, slew: (num_nodes, 2, 2), ns: [EARLY or LATE, RISE or FALL]; predicted.
    """
    graph = timer.graph
    swept_slew = np.moveaxis(slew[timer.sweep.order], 1, 0)[-timer.num_corners :]
    moved = (arrival - np.nan_to_num(pin_arrival(reference)))[:, None]
    clock_arrival = reference.clock_arrival.copy()
    clock_arrival[timer.clocks.row[timer.clocks.order]] += moved[timer.clocks.order]
    return find_ends(
        graph,
        timer.constraints,
        timer.tags,
        timer.clocks.row,
        clock_arrival,
        reference.swept_arrival + moved[timer.sweep.order],
        timer.sweep.position,
        timer.margins(np.ascontiguousarray(swept_slew)),
    )
