"""Bounded model checking of small machines, which asks for a bad state within so many steps.

Every answer is known by construction: two machines that are equal by construction never differ, a fault is planted
on a path that was simulated, and the states an accumulator reaches are counted one by one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from edasat.eda.aig import Aig
from edasat.eda.aig_builder import AigBuilder
from edasat.eda.circuits.arithmetic import constant
from edasat.eda.circuits.compose import unroll
from edasat.eda.circuits.machines import (
    accumulator,
    random_machine,
    reencode,
    sequential_miter,
    weighted_arbiter,
)
from edasat.eda.circuits.random_logic import inject_fault

from ..cnf import Cnf
from ..encodings import tseitin
from .family import Family

_LATCHES: Final = 16
_INPUTS: Final = 4
_GATES: Final = 160
_OUTPUTS: Final = 4
_TRIGGER: Final = 14  # literals of state and logic that must hold for a planted fault to show
_TAPS: Final = 3  # an odd number, so that with the bit shifted out an even number of bits is summed, as in practice
_SUMS: Final = 2  # state bits compared with their closed form
_SPARE_BITS: Final = 3  # an accumulator has 2^3 times as many states as input sequences of its length


def _some_frame(aig: Aig, frames: int) -> Cnf:
    """Ask whether the first output is true in some frame."""
    unrolled = unroll(aig, frames)
    b = AigBuilder()
    seen = b.embed(unrolled, b.inputs(unrolled.num_inputs), unrolled.outputs[:: aig.num_outputs])
    b.output(b.or_all(seen))
    return tseitin(b.build(), polarity_aware=True)


def _equivalent_machines(size: int, rng: np.random.Generator) -> Cnf:
    machine = random_machine(_LATCHES, _INPUTS, _GATES, _OUTPUTS, rng)
    return _some_frame(sequential_miter(machine, reencode(machine, rng, steps=_LATCHES)), size)


def _faulty_machine(size: int, rng: np.random.Generator) -> Cnf:
    """Plant a fault that a random run of ``size`` steps shows, and ask for any such run."""
    machine = random_machine(_LATCHES, _INPUTS, _GATES, _OUTPUTS, rng)
    other = reencode(machine, rng, steps=_LATCHES)
    while True:
        inputs = rng.integers(0, 2, (size, _INPUTS, 1)).astype(np.uint64)
        state = other.initial_state()
        for frame in inputs[:-1]:
            state = other.step(frame, state)[1]
        witness = np.concatenate([inputs[-1], state])[:, 0].astype(bool)
        joined = sequential_miter(machine, inject_fault(other, rng, _TRIGGER, witness))
        # The fault may also have struck earlier in the run and led it elsewhere.
        if unroll(joined, size).simulate(inputs.reshape(-1, 1)).any():
            cnf = _some_frame(joined, size)
            if cnf.num_clauses:  # else every run shows the fault: nothing is left to ask
                return cnf


def _reaches(target: int, width: int, addends: Sequence[int], mask: int, rotation: int, steps: int) -> bool:
    """Say whether an accumulator can be in state ``target`` after exactly ``steps`` steps.

    A step can be undone, so half of the steps are followed from the start and half back from the target: 2^(steps/2)
    states on either side instead of 2^steps.
    """
    limit = np.uint64((1 << width) - 1)
    rotated, rest = np.uint64(rotation), np.uint64(width - rotation)
    ahead, behind = np.zeros(1, np.uint64), np.array([target], np.uint64)
    for _ in range(steps // 2):
        totals = np.concatenate([(ahead + np.uint64(addend)) & limit for addend in addends])
        ahead = np.unique(((totals << rotated | totals >> rest) & limit) ^ np.uint64(mask))
    for _ in range(steps - steps // 2):
        totals = behind ^ np.uint64(mask)
        totals = (totals >> rotated | totals << rest) & limit
        behind = np.unique(np.concatenate([(totals - np.uint64(addend)) & limit for addend in addends]))
    return len(np.intersect1d(ahead, behind)) > 0


def _accumulator(size: int, rng: np.random.Generator, reachable: bool) -> Cnf:
    width = size + _SPARE_BITS
    addends = (int(rng.integers(1 << width)), int(rng.integers(1 << width)))
    mask, rotation = int(rng.integers(1 << width)), int(rng.integers(1, width))
    machine = accumulator(width, addends, mask, rotation)
    if reachable:
        state = machine.initial_state()
        for choice in rng.integers(0, 2, (size, 1, 1)).astype(np.uint64):
            state = machine.step(choice, state)[1]
        wanted = (state[:, 0] & np.uint64(1)).astype(np.int32)
    else:
        # At most one state in 2^_SPARE_BITS is reached, so this ends soon.
        while _reaches(target := int(rng.integers(1 << width)), width, addends, mask, rotation, size):
            pass
        wanted = np.array(constant(target, width), np.int32)
    unrolled = unroll(machine, size + 1)  # outputs show the state before a step
    return tseitin(unrolled, asserted=unrolled.outputs[-width:] ^ 1 ^ wanted, detect_gates=True)


def _accumulator_safe(size: int, rng: np.random.Generator) -> Cnf:
    return _accumulator(size, rng, reachable=False)


def _accumulator_reached(size: int, rng: np.random.Generator) -> Cnf:
    return _accumulator(size, rng, reachable=True)


def _arbiter(size: int, rng: np.random.Generator, slack: int) -> Cnf:
    """Ask whether a client can wait ``slack`` steps longer than the longest gap between its slots."""
    clients = size // 2 + 1
    slots = rng.permutation([*range(clients), *rng.integers(0, clients, size - clients)]).tolist()
    watched = int(rng.integers(clients))
    own = np.flatnonzero(np.array(slots) == watched)
    gap = int(np.diff([*own, own[0] + size]).max()) - 1
    arbiter = weighted_arbiter(slots, int(rng.integers(size)), watched, max(1, gap + slack))
    # Long enough to bring the token to the longest gap (one grant per own slot) and to wait there.
    return _some_frame(arbiter, len(own) + gap + 3)


def _arbiter_fair(size: int, rng: np.random.Generator) -> Cnf:
    return _arbiter(size, rng, slack=1)


def _arbiter_waits(size: int, rng: np.random.Generator) -> Cnf:
    return _arbiter(size, rng, slack=0)


def _shift_register_jump(size: int, rng: np.random.Generator) -> Cnf:
    """Step a linear feedback shift register bit by bit, and compare with sums of state bits worked out beforehand."""
    taps = np.sort(rng.choice(np.arange(1, size), _TAPS, replace=False)).tolist()
    b = AigBuilder()
    start = b.inputs(size)
    state = list(start)
    images = np.eye(size, dtype=np.int64)  # row i: which start bits sum up to state bit i
    for _ in range(4 * size):
        state = [*state[1:], b.xor_all([state[0], *(state[i] for i in taps)])]
        images = np.vstack([images[1:], images[[0, *taps]].sum(axis=0) % 2])
    different = []
    for i in rng.choice(size, _SUMS, replace=False):
        terms = [start[j] for j in rng.permutation(np.flatnonzero(images[i]))]
        while len(terms) > 1:
            first, second = (terms.pop(int(rng.integers(len(terms)))) for _ in range(2))
            terms.append(b.xor(first, second))
        different.append(b.xor(state[i], terms[0]))
    b.output(b.or_all(different))
    return tseitin(b.build(), detect_gates=True)


FAMILIES: Final = (
    Family(
        "bmc-equivalent-machines",
        "a random machine against its re-encoding, which never differs; size: time steps",
        "bmc",
        "unsat",
        (2, 4, 6, 8, 10, 12, 16, 20),
        _equivalent_machines,
    ),
    Family(
        "bmc-faulty-machine",
        "a random machine against a re-encoding with a rare fault; size: time steps",
        "bmc",
        "sat",
        (4, 8, 16, 24, 32, 48, 64),
        _faulty_machine,
    ),
    Family(
        "bmc-accumulator-safe",
        "an accumulator never meets an unreachable state; size: time steps",
        "bmc",
        "unsat",
        (4, 8, 12, 16, 18, 20, 22, 24),
        _accumulator_safe,
    ),
    Family(
        "bmc-accumulator-reached",
        "inputs that lead an accumulator to a reachable state; size: time steps",
        "bmc",
        "sat",
        (4, 8, 12, 16, 18, 20, 22, 24),
        _accumulator_reached,
    ),
    Family(
        "bmc-arbiter-fair",
        "no client of a weighted round-robin arbiter waits longer than its longest gap; size: slots",
        "bmc",
        "unsat",
        (6, 12, 24, 48, 64, 96, 128),
        _arbiter_fair,
    ),
    Family(
        "bmc-arbiter-waits",
        "a client of a weighted round-robin arbiter waits as long as its longest gap; size: slots",
        "bmc",
        "sat",
        (6, 12, 24, 48, 64, 96, 128),
        _arbiter_waits,
    ),
    Family(
        "bmc-shift-register-jump",
        "a linear feedback shift register against its closed form; size: state bits",
        "bmc",
        "unsat",
        (8, 12, 14, 15, 16, 17, 18, 20),
        _shift_register_jump,
    ),
)
