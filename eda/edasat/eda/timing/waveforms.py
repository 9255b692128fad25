"""Waveforms at the drivers of RC networks and at their loads.

Delay tables know one capacitor as the load, but an RC net is no such thing, and its pins see no ramps. So a driver is
replaced by a ramp of voltage behind a resistance, chosen such that it does into one capacitor what the tables say, and
then drives the net's pi model (F. Dartu, N. Menezes, L. Pileggi, "Performance computation for precharacterized CMOS
gates with RC loads", IEEE TCAD 15(5), 1996). Three unknowns - start and duration of the ramp, and the effective
capacitance - meet three conditions: into the effective capacitance the output crosses its lower slew threshold and its
delay threshold when the tables say so, and while it rises, it takes the same charge as the net.

The ramp through resistance and pi model has two poles; a load pin adds one, its Elmore delay. Voltages are fractions of
the swing and rise from 0, whichever way the output goes. Time in ns, capacitance in fF, resistance in ohm.

Where the method leaves a choice, it is made as OpenSTA 2.0.17 does, by which it was checked: the limits below, the
step at which Newton's method may stop, and that a net counts as one capacitor where the method fails.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from ..library import Thresholds
from .tables import Tables, find_row, look_up_in_row
from .wires import OHM_FF

#: Below these the net is a capacitor to its driver: ohm of the driver, ohm of the net by that of the driver, and
#: capacitance behind the resistance by that before it.
_LEAST_DRIVE: Final = 1e-2
_LEAST_RESISTANCE: Final = 1e-3
_LEAST_FAR: Final = 1e-3
#: Least capacitance before the resistance by that behind it, which keeps the two poles apart.
_LEAST_NEAR: Final = 1e-3
#: Below this share of the driver's slew an Elmore delay changes no waveform.
_LEAST_ELMORE: Final = 1e-3
#: Loads, by the net's capacitance, between which the delay's slope is the driver's resistance.
_SLOPE_FROM: Final = 0.75
_SLOPE_TO: Final = 0.825
#: Charge is compared until the output would have risen, but at most for this many durations of the ramp.
_CHARGING: Final = 1.4
_ROUNDS: Final = 100
_CLOSE: Final = 0.01  # last step of Newton's method, by the value; it is correct to the square of that
_CROSSED: Final = 2e-3  # last step of Halley's method, by the time; it is correct to the cube of that
_GONE: Final = 40.0  # time constants after which nothing is left of an exponential


class Shape(NamedTuple):
    """Where on a waveform times are taken, for each transition of the output.

    Attributes:
        lower, middle, upper: float64, (2,): thresholds of the slew and, between them, of the delay; fractions.
        derate: time between the slew thresholds by the slew that tables hold.
    """

    lower: npt.NDArray[np.float64]
    middle: npt.NDArray[np.float64]
    upper: npt.NDArray[np.float64]
    derate: float


def shape_of(thresholds: Thresholds) -> Shape:
    """Return the thresholds of a library as compiled code takes them."""
    return Shape(
        lower=np.array([thresholds.slew_lower_rise, thresholds.slew_lower_fall]),
        middle=np.array([thresholds.output_rise, thresholds.output_fall]),
        upper=np.array([thresholds.slew_upper_rise, thresholds.slew_upper_fall]),
        derate=thresholds.slew_derate,
    )


class Driver(NamedTuple):
    """What stands for a driver, and what it does.

    Attributes:
        delay: of its arc.
        slew: at its pin.
        ohm: its resistance.
        ramp: duration of the ramp behind it; 0 where the net acts as nothing but a capacitor, -1 where the method
            fails. Delay and slew are those of the net's total capacitance then.
        half: time from the start of the ramp until its pin reaches the delay threshold.
    """

    delay: float
    slew: float
    ohm: float
    ramp: float
    half: float


class Poles(NamedTuple):
    """Response ``t - lag + sum of part * exp(-pole * t)`` of a driven net to a ramp of slope 1.

    Attributes:
        fast, slow: poles of resistance and pi model.
        extra: pole of a load pin; its part is 0 where there is none.
    """

    lag: float
    fast: float
    slow: float
    extra: float
    fast_part: float
    slow_part: float
    extra_part: float


@njit(cache=True, error_model="numpy")
def drive_net(
    delay_table: int,
    slew_table: int,
    slew: float,
    rf: int,
    near: float,
    far: float,
    ohm: float,
    shape: Shape,
    tables: Tables,
) -> Driver:
    """Find the ramp that stands for a driver, and what it does at the driver's pin.

    Newton's method for start and duration of the ramp and the effective capacitance, begun at the total capacitance;
    the tables' slopes are left out of the derivatives.

    Args:
        delay_table, slew_table: of the driver's arc.
        slew: at its input.
        rf: transition of its output.
        near, far, ohm: the pi model.
        shape: thresholds of the library.
        tables: of the library.
    """
    total, data = near + far, tables.data
    delays, slews = find_row(delay_table, slew, tables), find_row(slew_table, slew, tables)
    light, heavy = _SLOPE_FROM * total, _SLOPE_TO * total
    added = look_up_in_row(delays, heavy, data) - look_up_in_row(delays, light, data)
    drive = abs(added) / ((heavy - light) * OHM_FF)
    delay = look_up_in_row(delays, total, data)
    out = look_up_in_row(slews, total, data)
    if drive < _LEAST_DRIVE or ohm < _LEAST_RESISTANCE * drive or far < _LEAST_FAR * near:
        return Driver(delay, out, drive, 0.0, 0.0)
    failed = Driver(delay, out, drive, -1.0, 0.0)
    lower, middle, upper = shape.lower[rf], shape.middle[rf], shape.upper[rf]
    poles = two_poles(drive, near, far, ohm)
    load, tau = total, drive * total * OHM_FF
    span = shape.derate * out / (upper - lower)
    ramp = span
    start = delay + np.log(1.0 - middle) * tau - middle * ramp
    for _ in range(_ROUNDS):
        if ramp <= 0.0 or not 0.0 < load <= total:
            return failed
        # Charge that the net takes and the capacitor does not, and its derivatives as if the time in which it is taken
        # were the ramp's duration.
        surplus, current, left = _surplus(ramp, tau, poles)
        time = min(span, _CHARGING * ramp)
        excess = (surplus if time == ramp else _surplus(time, tau, poles)[0]) / (time * ramp)
        excess_by_ramp = (current * ramp - 2.0 * surplus) / ramp**3
        excess_by_tau = (2.0 * tau * (1.0 - left) - ramp * (1.0 + left)) / ramp**2
        # Voltages into the capacitor at the two times from the tables.
        low = _rise(delay - span * (middle - lower) - start, ramp, tau)
        mid = _rise(delay - start, ramp, tau)
        # Three equations; the first does not know the start, which goes out of the other two.
        by_ramp = mid[1] * low[2] - low[1] * mid[2]
        by_tau = mid[1] * low[3] - low[1] * mid[3]
        right = mid[1] * (lower - low[0]) - low[1] * (middle - mid[0])
        determinant = excess_by_ramp * by_tau - excess_by_tau * by_ramp
        if determinant == 0.0 or mid[1] == 0.0:
            return failed
        ramp_step = (-excess * by_tau - excess_by_tau * right) / determinant
        tau_step = (excess_by_ramp * right + excess * by_ramp) / determinant
        start_step = (mid[0] - middle + mid[2] * ramp_step + mid[3] * tau_step) / mid[1]
        close = abs(ramp_step) <= _CLOSE * ramp and abs(tau_step) <= _CLOSE * tau
        close = close and abs(start_step) <= _CLOSE * abs(start)
        start += start_step
        ramp += ramp_step
        tau += tau_step
        load = tau / (drive * OHM_FF)
        delay = look_up_in_row(delays, load, data)
        if close:
            if ramp <= 0.0 or not 0.0 < load <= total:
                return failed
            half, out = _cross_thresholds(ramp, poles, rf, shape, ramp)
            return Driver(delay, out, drive, ramp, half)
        span = shape.derate * look_up_in_row(slews, load, data) / (upper - lower)
    return failed


@njit(cache=True, inline="always", error_model="numpy")
def _decay(x: float) -> float:
    return float(np.exp(-x)) if x < _GONE else 0.0


@njit(cache=True, error_model="numpy")
def _surplus(time: float, tau: float, poles: Poles) -> tuple[float, float, float]:
    """Return by how much a net takes more charge than one capacitor, and more current, and what decays with ``tau``.

    From a voltage that rises by 1 a unit of time; times resistance.
    """
    fast_left, slow_left, left = _decay(poles.fast * time), _decay(poles.slow * time), _decay(time / tau)
    of_fast = poles.fast_part / poles.fast * (1.0 - fast_left)
    of_slow = poles.slow_part / poles.slow * (1.0 - slow_left)
    charge = poles.lag * time - of_fast - of_slow - tau * (time - tau * (1.0 - left))
    current = poles.lag - poles.fast_part * fast_left - poles.slow_part * slow_left - tau * (1.0 - left)
    return charge, current, left


@njit(cache=True, error_model="numpy")
def _rise(t: float, ramp: float, tau: float) -> tuple[float, float, float, float]:
    """Return the voltage of a ramp through one time constant, and its derivatives by time, duration and constant."""
    if t <= 0.0:
        return 0.0, 0.0, 0.0, 0.0
    left = _decay(t / tau)
    level, by_time = t - tau * (1.0 - left), 1.0 - left
    by_tau = (1.0 + t / tau) * left - 1.0
    by_ramp = 0.0
    if t > ramp:  # less the same, begun when the ramp ends
        t -= ramp
        left = _decay(t / tau)
        level -= t - tau * (1.0 - left)
        by_time -= 1.0 - left
        by_tau -= (1.0 + t / tau) * left - 1.0
        by_ramp = (1.0 - left) / ramp
    return level / ramp, by_time / ramp, by_ramp - level / ramp**2, by_tau / ramp


@njit(cache=True, error_model="numpy")
def two_poles(drive: float, near: float, far: float, ohm: float) -> Poles:
    """Return the response of a pi model behind a driver's resistance, at the driver's pin."""
    near = max(near, _LEAST_NEAR * far)
    lag = drive * (near + far) * OHM_FF
    tau = ohm * far * OHM_FF
    product = drive * near * OHM_FF * tau
    root = lag + tau + np.sqrt((lag + tau) ** 2 - 4.0 * product)
    fast, slow = root / (2.0 * product), 2.0 / root
    fast_part = (fast * tau - 1.0) * slow / (fast * (fast - slow))
    return Poles(lag, fast, slow, 1.0, fast_part, lag - fast_part, 0.0)


@njit(cache=True, error_model="numpy")
def _with_load(poles: Poles, elmore: float) -> Poles:
    """Return the response at a load pin."""
    extra = 1.0 / elmore
    for other in (poles.fast, poles.slow):
        if abs(extra - other) < 1e-6 * other:  # equal poles would divide by zero
            extra = (1.0 + 1e-6) * other
    fast_part = poles.fast_part * extra / (extra - poles.fast)
    slow_part = poles.slow_part * extra / (extra - poles.slow)
    lag = poles.lag + elmore
    return Poles(lag, poles.fast, poles.slow, extra, fast_part, slow_part, lag - fast_part - slow_part)


@njit(cache=True, error_model="numpy")
def _cross_thresholds(ramp: float, poles: Poles, rf: int, shape: Shape, span: float) -> tuple[float, float]:
    """Return when a pin crosses the delay threshold, and its slew.

    Args:
        ramp: duration of the ramp that drives the net.
        poles: of the net.
        rf: transition.
        shape: thresholds.
        span: about how long the pin's voltage takes for its swing.
    """
    # Until the ramp ends the voltage is ``(t - lag + sum of part * exp(-pole * t)) / ramp``, from then on
    # ``1 - sum of tail * exp(-pole * (t - ramp))``.
    fast_left, slow_left = _decay(poles.fast * ramp), _decay(poles.slow * ramp)
    extra_left = _decay(poles.extra * ramp) if poles.extra_part != 0.0 else 0.0
    fast_tail = poles.fast_part * (1.0 - fast_left) / ramp
    slow_tail = poles.slow_part * (1.0 - slow_left) / ramp
    extra_tail = poles.extra_part * (1.0 - extra_left) / ramp
    tail = Poles(0.0, poles.fast, poles.slow, poles.extra, fast_tail, slow_tail, extra_tail)
    top = 1.0 - fast_tail - slow_tail - extra_tail
    lower, middle, upper = shape.lower[rf], shape.middle[rf], shape.upper[rf]
    # A voltage that rises by 1 a unit of time lags by no more than ``lag``.
    half = min(middle * span + poles.lag, np.sqrt(2.0 * middle * ramp * poles.lag) + middle * ramp)
    half = _cross(ramp, poles, tail, top, middle, half)
    first = _cross(ramp, poles, tail, top, lower, half - (middle - lower) * span)
    last = _cross(ramp, poles, tail, top, upper, half + (upper - middle) * span)
    return half, (last - first) / shape.derate


@njit(cache=True, error_model="numpy")
def _cross(ramp: float, poles: Poles, tail: Poles, top: float, fraction: float, guess: float) -> float:
    """Return when the voltage of :func:`_cross_thresholds` reaches a fraction, by Halley's method between bounds."""
    inside = fraction <= top
    if inside:
        low, high, terms = 0.0, ramp, poles
        t = guess if 0.0 < guess < ramp else ramp
    else:
        low, high, terms = 0.0, np.inf, tail
        # From the end of the ramp on, what is left decays with the slowest pole in the end.
        with_extra = tail.extra_part > 0.0 and tail.extra < tail.slow
        part, pole = (tail.extra_part, tail.extra) if with_extra else (tail.slow_part, tail.slow)
        t = max(np.log(part / (1.0 - fraction)) / pole, 0.0)
    for _ in range(100):
        fast, slow = terms.fast_part * _decay(terms.fast * t), terms.slow_part * _decay(terms.slow * t)
        extra = terms.extra_part * _decay(terms.extra * t) if terms.extra_part != 0.0 else 0.0
        decline = terms.fast * fast + terms.slow * slow + terms.extra * extra
        bend = terms.fast**2 * fast + terms.slow**2 * slow + terms.extra**2 * extra
        if inside:
            short, slope = fraction * ramp - (t - terms.lag + fast + slow + extra), 1.0 - decline
        else:
            short, slope, bend = fraction - 1.0 + fast + slow + extra, decline, -bend
        if short > 0.0:
            low = t
        else:
            high = t
        # Halley: the tangent's step, longer or shorter by the curvature.
        step = 2.0 * short * slope / (2.0 * slope * slope + short * bend) if slope > 0.0 else np.inf
        if abs(step) <= _CROSSED * (t if inside else t + ramp):
            t += step
            break
        t += step
        if not low < t < high:
            t = 0.5 * (low + high) if high < np.inf else 2.0 * low + ramp
    return t if inside else ramp + t


@njit(cache=True, error_model="numpy")
def load_response(
    elmore: float,
    half: float,
    slew: float,
    drive: float,
    ramp: float,
    near: float,
    far: float,
    ohm: float,
    rf: int,
    shape: Shape,
) -> tuple[float, float]:
    """Return the delay from a driver to a load pin, and the slew there.

    Args:
        elmore: Elmore delay to the pin, greater than 0.
        half, slew, drive, ramp: half, slew, ohm and ramp of the :class:`Driver`.
        near, far, ohm: the pi model.
        rf: transition.
        shape: thresholds.
    """
    if elmore < _LEAST_ELMORE * slew:
        return elmore, slew
    poles = _with_load(two_poles(drive, near, far, ohm), elmore)
    span = slew * shape.derate / (shape.upper[rf] - shape.lower[rf])
    crossed, out = _cross_thresholds(ramp, poles, rf, shape, span)
    return crossed - half, max(out, slew)


@njit(cache=True, error_model="numpy")
def step_response(elmore: float, slew: float, rf: int, shape: Shape) -> tuple[float, float]:
    """Return delay and slew at a load of a source without resistance: those of a step, on top of the source's slew."""
    lower, middle, upper = shape.lower[rf], shape.middle[rf], shape.upper[rf]
    added = elmore * np.log((1.0 - lower) / (1.0 - upper)) / shape.derate
    return -elmore * np.log(1.0 - middle), slew + added
