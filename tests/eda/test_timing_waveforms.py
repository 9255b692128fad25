"""Waveforms at drivers and loads of RC nets, against the differential equations that they solve."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edasat.eda.library import Thresholds
from edasat.eda.timing.graph import FALL, RISE
from edasat.eda.timing.tables import Tables, look_up
from edasat.eda.timing.waveforms import Driver, drive_net, load_response, shape_of, step_response
from edasat.eda.timing.wires import OHM_FF

SHAPE = shape_of(Thresholds())
DELAY, SLEW = 0, 1
NS_PER_FF = 0.003  # of delay


def linear_tables(slew_per_ff: float, slew: float = 0.01, delay: float = 0.02) -> Tables:
    """Return a delay and a slew table that are planes: load in fF and a tenth of the input's slew add to both."""
    inputs, loads = np.array([0.0, 1.0]), np.array([0.0, 100.0])
    data = []
    for at_zero, per_ff in ((delay, NS_PER_FF), (slew, slew_per_ff)):
        values = at_zero + 0.1 * inputs[:, None] + per_ff * loads
        data += [inputs, loads, values.ravel()]
    size = len(inputs) + len(loads) + 4
    return Tables(np.array([0, size]), np.full((2, 2), 2, np.int32), np.concatenate(data))


def voltages(driver: Driver, near: float, far: float, ohm: float, elmore: float) -> np.ndarray:
    """Integrate a ramp through the driver's resistance, a pi model, and one more time constant.

    Returns:
        (steps, 3): time, voltage at the driver's pin, voltage at the load.
    """
    # State: near, far, load, ramp, 1. One step is the matrix exponential, by its series.
    end, steps = driver.ramp + 20 * (driver.ohm + ohm) * (near + far) * OHM_FF + 20 * elmore, 20_000
    step = end / steps
    rates = np.zeros((5, 5))
    rates[0, [0, 1, 3]] = np.array([-1 / driver.ohm - 1 / ohm, 1 / ohm, 1 / driver.ohm]) / (near * OHM_FF)
    rates[1, [0, 1]] = np.array([1.0, -1.0]) / (ohm * far * OHM_FF)
    rates[2, [0, 2]] = np.array([1.0, -1.0]) / elmore
    rates[3, 4] = 1 / driver.ramp
    rows, state = [], np.array([0.0, 0.0, 0.0, 0.0, 1.0])
    advance = exponential(rates * step)
    for i in range(steps):
        rows.append((i * step, state[0], state[2]))
        if state[3] >= 1.0 - 1e-9 and state[4]:  # the ramp has ended, within this step at the latest
            state[3], state[4] = 1.0, 0.0
        state = advance @ state
    return np.array(rows)


def exponential(matrix: np.ndarray) -> np.ndarray:
    halvings = max(0, int(np.ceil(np.log2(np.abs(matrix).max()))) + 4)
    term, result = np.eye(len(matrix)), np.eye(len(matrix))
    for i in range(1, 12):
        term = term @ matrix / 2**halvings / i
        result = result + term
    return np.linalg.matrix_power(result, 2**halvings)


def crossings(times: np.ndarray, voltage: np.ndarray) -> tuple[float, float]:
    """Return when a voltage is half way, and its slew from 20 % to 80 %."""
    lower, half, upper = np.interp((0.2, 0.5, 0.8), voltage, times)
    return half, upper - lower


@pytest.mark.parametrize("ohm", [30.0, 300.0, 2000.0])
@pytest.mark.parametrize(("near", "far"), [(8.0, 2.0), (2.0, 8.0), (0.05, 12.0)])
@pytest.mark.parametrize("share", [0.1, 1.0])
def test_pins_cross_thresholds_when_the_differential_equation_says(
    near: float, far: float, ohm: float, share: float
) -> None:
    driver = drive_net(DELAY, SLEW, 0.05, RISE, near, far, ohm, SHAPE, linear_tables(0.005))
    assert driver.ramp > 0
    elmore = share * ohm * far * OHM_FF
    times, at_driver, at_load = voltages(driver, near, far, ohm, elmore).T
    half, slew = crossings(times, at_driver)
    assert (driver.half, driver.slew) == pytest.approx((half, slew), rel=2e-3)
    later, load_slew = crossings(times, at_load)
    assert load_response(elmore, *driver[-1:], driver.slew, driver.ohm, driver.ramp, near, far, ohm, RISE, SHAPE) == (
        pytest.approx((later - half, max(load_slew, slew)), rel=2e-3, abs=2e-3 * slew)
    )


@pytest.mark.parametrize("ohm", [100.0, 1000.0])
def test_the_ramp_does_into_the_effective_capacitance_what_the_tables_say(ohm: float) -> None:
    near, far = 3.0, 9.0
    tables = linear_tables(0.006)
    driver = drive_net(DELAY, SLEW, 0.0, RISE, near, far, ohm, SHAPE, tables)
    load = (driver.delay - 0.02) / NS_PER_FF
    assert near < load < near + far
    assert driver.ohm == pytest.approx(NS_PER_FF / OHM_FF)
    # Into one capacitor: a pi model without resistance to speak of.
    alone = voltages(driver, 0.5 * load, 0.5 * load, 1e-3 * driver.ohm, 1e-6)
    times, voltage = alone[:, 0], alone[:, 1]
    lower, middle = np.interp((0.2, 0.5), voltage, times)
    assert middle - lower == pytest.approx(0.5 * look_up(SLEW, 0.0, load, tables), rel=0.01)
    # The same charge as the net: what goes through the resistance while the output would have risen.
    span = min(look_up(SLEW, 0.0, load, tables) / 0.6, 1.4 * driver.ramp)
    net = voltages(driver, near, far, ohm, 1e-6)
    taken = []
    for rows in (alone, net):
        through = rows[:, 0] / driver.ramp - rows[:, 1]
        taken.append(through[rows[:, 0] <= span].sum() * rows[1, 0])
    assert taken[0] == pytest.approx(taken[1], rel=0.01)


def test_resistance_shields_capacitance() -> None:
    tables = linear_tables(0.005)
    delays = [drive_net(DELAY, SLEW, 0.05, RISE, 4.0, 8.0, ohm, SHAPE, tables).delay for ohm in (50.0, 500.0, 3000.0)]
    total, alone = (look_up(DELAY, 0.05, load, tables) for load in (12.0, 4.0))
    assert alone < delays[2] < delays[1] < delays[0] < total


@pytest.mark.parametrize(("far", "ohm"), [(1e-3, 500.0), (8.0, 1.0)], ids=["no far capacitance", "no resistance"])
def test_a_net_that_is_nothing_but_a_capacitor_is_looked_up(far: float, ohm: float) -> None:
    tables = linear_tables(0.005)
    driver = drive_net(DELAY, SLEW, 0.05, FALL, 4.0, far, ohm, SHAPE, tables)
    wanted = (look_up(DELAY, 0.05, 4.0 + far, tables), look_up(SLEW, 0.05, 4.0 + far, tables))
    assert driver == pytest.approx((*wanted, NS_PER_FF / OHM_FF, 0.0, 0.0))


def test_a_slew_too_short_for_the_resistance_has_no_ramp() -> None:
    """Into one time constant a step itself takes ``log((1 - 0.2) / (1 - 0.5))`` of it from 20 % to 50 %."""
    tables = linear_tables(0.0005, slew=0.001)
    driver = drive_net(DELAY, SLEW, 0.0, RISE, 4.0, 8.0, 500.0, SHAPE, tables)
    assert driver.ramp == -1.0
    assert driver[:2] == pytest.approx((look_up(DELAY, 0.0, 12.0, tables), look_up(SLEW, 0.0, 12.0, tables)))


def test_thresholds_are_those_of_the_library_and_the_edge() -> None:
    shape = shape_of(
        Thresholds(slew_lower_rise=0.1, slew_upper_rise=0.9, slew_lower_fall=0.3, slew_upper_fall=0.7, slew_derate=0.5)
    )
    near, far, ohm = 4.0, 8.0, 500.0
    for rf, lower, upper in ((RISE, 0.1, 0.9), (FALL, 0.3, 0.7)):
        driver = drive_net(DELAY, SLEW, 0.05, rf, near, far, ohm, shape, linear_tables(0.02))
        times, at_driver, _ = voltages(driver, near, far, ohm, 1e-6).T
        first, last = np.interp((lower, upper), at_driver, times)
        assert driver.slew == pytest.approx((last - first) / 0.5, rel=2e-3)


def test_an_input_port_steps() -> None:
    assert step_response(0.01, 0.2, RISE, SHAPE) == pytest.approx((0.01 * np.log(2), 0.2 + 0.01 * np.log(4)))


@settings(max_examples=300, deadline=None)
@given(
    slew_per_ff=st.floats(-1e-3, 0.1),
    at_zero=st.floats(-0.1, 0.5),
    slew=st.floats(0.0, 2.0),
    near=st.floats(0.0, 1e3),
    far=st.floats(1e-6, 1e3),
    ohm=st.floats(1e-6, 1e6),
    elmore=st.floats(1e-9, 1.0),
)
def test_any_net_has_a_finite_delay_between_those_of_its_capacitances(
    slew_per_ff: float, at_zero: float, slew: float, near: float, far: float, ohm: float, elmore: float
) -> None:
    tables = linear_tables(slew_per_ff, at_zero)
    driver = drive_net(DELAY, SLEW, slew, RISE, near, far, ohm, SHAPE, tables)
    assert np.isfinite(driver).all()
    assert look_up(DELAY, slew, 0.0, tables) <= driver.delay <= look_up(DELAY, slew, near + far, tables) * (1 + 1e-9)
    if driver.ramp > 0:
        rest = (driver.slew, driver.ohm, driver.ramp, near, far, ohm, RISE, SHAPE)
        delay, out = load_response(elmore, driver.half, *rest)
        assert np.isfinite(delay)
        assert delay >= -1e-6 * driver.half
        assert driver.slew <= out < np.inf
