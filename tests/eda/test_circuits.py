"""Circuit builders against Python integers, and transformations that must keep or change the function."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np
import pytest

from edasat.eda.aig import Aig
from edasat.eda.aig_builder import AigBuilder, Word
from edasat.eda.circuits.arithmetic import (
    ADDERS,
    MULTIPLIERS,
    equal,
    less_than,
    popcount,
    ripple_add,
    shift_by_decoding,
    shift_by_stages,
)
from edasat.eda.circuits.compose import miter, unroll
from edasat.eda.circuits.machines import accumulator, random_machine, reencode, sequential_miter, weighted_arbiter
from edasat.eda.circuits.random_logic import inject_fault, random_aig, rewrite


def values_of(build: Callable[..., Word], *widths: int) -> tuple[list[list[int]], list[int]]:
    """Build a function of words, simulate it on random words, and return the operands and results as ints."""
    b = AigBuilder()
    words = [b.inputs(width) for width in widths]
    for literal in build(b, *words):
        b.output(literal)
    rng = np.random.default_rng(1)
    bits = rng.integers(0, 2, (sum(widths), 64), dtype=np.uint64)
    packed = (bits << np.arange(64, dtype=np.uint64)).sum(axis=1, dtype=np.uint64)[:, None]
    seen = b.build().simulate(packed)[:, 0]
    ends = np.cumsum([0, *widths])
    operands = [
        [sum(int(bits[i, k]) << (i - start) for i in range(start, end)) for k in range(64)]
        for start, end in itertools.pairwise(ends)
    ]
    return operands, [
        sum(int(word >> np.uint64(k) & np.uint64(1)) << i for i, word in enumerate(seen)) for k in range(64)
    ]


@pytest.mark.parametrize("width", [1, 4, 9])
@pytest.mark.parametrize("name", ADDERS)
def test_adders(name: str, width: int) -> None:
    (xs, ys), sums = values_of(ADDERS[name], width, width)
    assert sums == [x + y for x, y in zip(xs, ys, strict=True)]


@pytest.mark.parametrize("seed", [None, 5])
@pytest.mark.parametrize("widths", [(1, 1), (4, 7), (6, 5)])
@pytest.mark.parametrize("name", MULTIPLIERS)
def test_multipliers(name: str, widths: tuple[int, int], seed: int | None) -> None:
    rng = None if seed is None else np.random.default_rng(seed)
    (xs, ys), products = values_of(lambda b, x, y: MULTIPLIERS[name](b, x, y, rng, ripple_add), *widths)
    assert products == [x * y for x, y in zip(xs, ys, strict=True)]


def test_comparisons_and_popcount() -> None:
    (xs, ys), seen = values_of(lambda b, x, y: [less_than(b, x, y), equal(b, x, y)], 3, 3)
    assert seen == [int(x < y) | int(x == y) << 1 for x, y in zip(xs, ys, strict=True)]
    (xs,), counts = values_of(popcount, 11)
    assert counts == [x.bit_count() for x in xs]


@pytest.mark.parametrize("width", [1, 6, 8])
def test_shifters(width: int) -> None:
    (xs, amounts), seen = values_of(shift_by_decoding, width, 3)
    assert seen == [(x << a) % (1 << width) for x, a in zip(xs, amounts, strict=True)]
    (xs, amounts), seen = values_of(lambda b, x, a: shift_by_stages(b, x, a, [2, 0, 1]), width, 3)
    assert seen == [(x << a) % (1 << width) for x, a in zip(xs, amounts, strict=True)]


def random_words(aig: Aig, num_words: int = 8) -> np.ndarray:
    return np.random.default_rng(7).integers(0, 2**64, (aig.num_inputs, num_words), dtype=np.uint64)


@pytest.mark.parametrize("seed", range(5))
def test_rewriting_keeps_the_function_and_changes_the_structure(seed: int) -> None:
    aig = random_aig(8, 300, 6, np.random.default_rng(seed))
    other = rewrite(aig, np.random.default_rng(seed + 100))
    words = random_words(aig)
    assert (aig.simulate(words) == other.simulate(words)).all()
    assert aig.content_hash() != other.content_hash()
    assert not miter(aig, other).simulate(words).any()


@pytest.mark.parametrize("seed", range(5))
def test_fault_shows_under_its_witness(seed: int) -> None:
    aig = random_aig(8, 300, 6, np.random.default_rng(seed))
    witness = np.random.default_rng(seed).integers(0, 2, 8).astype(bool)
    faulty = inject_fault(aig, np.random.default_rng(seed), 5, witness)
    pattern = witness.astype(np.uint64)[:, None]
    assert miter(aig, faulty).simulate(pattern)[0, 0] & np.uint64(1)


def test_miter_refuses_unequal_shapes_and_latches() -> None:
    a = random_aig(4, 30, 2, np.random.default_rng(0))
    b = random_aig(5, 30, 2, np.random.default_rng(0))
    with pytest.raises(ValueError, match="equal numbers"):
        miter(a, b)
    with pytest.raises(ValueError, match="unroll"):
        miter(a, random_machine(3, 4, 30, 2, np.random.default_rng(0)))


def test_unrolling_agrees_with_stepping() -> None:
    machine = random_machine(6, 3, 60, 2, np.random.default_rng(2))
    frames = np.random.default_rng(3).integers(0, 2**64, (5, 3, 1), dtype=np.uint64)
    state, stepped = machine.initial_state(), []
    for inputs in frames:
        outputs, state = machine.step(inputs, state)
        stepped.append(outputs)
    assert (unroll(machine, 5).simulate(frames.reshape(-1, 1)) == np.concatenate(stepped)).all()


def test_reencoded_machine_behaves_alike() -> None:
    machine = random_machine(8, 3, 80, 3, np.random.default_rng(4))
    other = reencode(machine, np.random.default_rng(5), steps=12)
    assert machine.latches[:, 1].tolist() != other.latches[:, 1].tolist()
    product = unroll(sequential_miter(machine, other), 8)
    assert not product.simulate(random_words(product)).any()


def test_accumulator_steps() -> None:
    machine = accumulator(8, (0x35, 0x9C), 0x5A, 3)
    state, value = machine.initial_state(), 0
    for choice in (1, 0, 0, 1, 1):
        _, state = machine.step(np.array([[choice]], np.uint64), state)
        total = (value + (0x35, 0x9C)[choice]) & 255
        value = ((total << 3 | total >> 5) & 255) ^ 0x5A
    assert sum(int(word & np.uint64(1)) << i for i, word in enumerate(state[:, 0])) == value


def test_arbiter_serves_slots_in_turn() -> None:
    """Client 1 owns two of four slots; with everybody asking it never waits longer than the one gap of two."""
    arbiter = weighted_arbiter([0, 1, 2, 1], start=0, watched=0, limit=3)
    state, waited = arbiter.initial_state(), []
    everybody = np.ones((3, 1), np.uint64)
    for _ in range(8):
        outputs, state = arbiter.step(everybody, state)
        waited.append(int(outputs[0, 0] & np.uint64(1)))
    # Granted in steps 0 and 4; the third step in vain is step 3, then 7.
    assert waited == [0, 0, 0, 1, 0, 0, 0, 1]
