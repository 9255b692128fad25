"""The AIG record and its builder against plain Python evaluation."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edasat.eda.aig import UNINITIALISED, Aig, read_literals
from edasat.eda.aig_builder import AigBuilder


def random_graph(seed: int, num_inputs: int = 5, num_ands: int = 30) -> Aig:
    rng = np.random.default_rng(seed)
    ands = [rng.integers(0, 2 * (1 + num_inputs + gate), 2) for gate in range(num_ands)]
    outputs = rng.integers(0, 2 * (1 + num_inputs + num_ands), 4)
    return Aig(num_inputs, np.array(ands, np.int32), outputs.astype(np.int32))


def plain_evaluation(aig: Aig, pattern: list[int]) -> list[int]:
    """Evaluate gate by gate, one pattern, in plain Python: the oracle."""
    values = [0, *pattern]
    for left, right in aig.ands.tolist():
        values.append((values[left >> 1] ^ left & 1) & (values[right >> 1] ^ right & 1))
    return values


@given(st.integers(0, 10_000))
def test_simulation_agrees_with_plain_evaluation(seed: int) -> None:
    aig = random_graph(seed)
    patterns = list(itertools.product((0, 1), repeat=5))
    words = np.array([[sum(p[i] << k for k, p in enumerate(patterns))] for i in range(5)], np.uint64)
    values = aig.evaluate(words)
    for k, pattern in enumerate(patterns):
        assert (values[:, 0] >> np.uint64(k) & np.uint64(1)).tolist() == plain_evaluation(aig, list(pattern))
    assert (aig.simulate(words) == read_literals(values, aig.outputs)).all()


@given(st.integers(0, 10_000))
def test_levels_cone_and_fanouts_agree_with_plain_loops(seed: int) -> None:
    aig = random_graph(seed)
    levels = [0] * aig.first_and
    for left, right in aig.ands.tolist():
        levels.append(1 + max(levels[left >> 1], levels[right >> 1]))
    assert aig.levels().tolist() == levels
    assert aig.depth == max(levels)

    readers = [*aig.ands.ravel().tolist(), *aig.outputs.tolist()]
    assert aig.fanout_counts().tolist() == [sum(r >> 1 == n for r in readers) for n in range(aig.num_nodes)]

    cone, todo = set(), [int(aig.outputs[0]) >> 1]
    while todo:
        node = todo.pop()
        if node not in cone:
            cone.add(node)
            if node >= aig.first_and:
                todo += (aig.ands[node - aig.first_and] >> 1).tolist()
    assert np.flatnonzero(aig.cone(aig.outputs[:1])).tolist() == sorted(cone)


def test_builder_copy_keeps_the_function() -> None:
    aig = random_graph(3)
    b = AigBuilder()
    inputs = b.inputs(5)
    for literal in b.embed(aig, inputs, aig.outputs):
        b.output(literal)
    copy = b.build()
    words = np.random.default_rng(0).integers(0, 2**64, (5, 3), dtype=np.uint64)
    assert copy.num_ands <= aig.num_ands
    assert (copy.simulate(words) == aig.simulate(words)).all()


def test_builder_folds_and_shares() -> None:
    b = AigBuilder()
    x, y = b.inputs(2)
    assert [b.and_(x, 0), b.and_(x, 1), b.and_(x, x), b.and_(x, x ^ 1)] == [0, x, x, 0]
    assert b.xor(x, y) == b.xor(y, x) == b.xor(x ^ 1, y ^ 1) == b.xor(x ^ 1, y) ^ 1
    assert [b.or_all([]), b.and_all([]), b.xor_all([x, x])] == [0, 1, 0]
    b.output(x)
    assert b.build().num_ands == 0, "gates that feed nothing are dropped"


def test_latches_step_and_initial_state() -> None:
    b = AigBuilder()
    low, high = b.latch(1), b.latch(0)
    enable = b.input("enable")
    b.set_next(low, b.xor(low, enable))
    b.set_next(high, b.xor(high, b.and_(low, enable)))
    b.output(high, "carry")
    counter = b.build("counter")
    state = counter.initial_state()
    seen = []
    for _ in range(6):
        outputs, state = counter.step(np.array([[2**64 - 1]], np.uint64), state)
        seen.append(int(outputs[0, 0] & np.uint64(1)))
    assert seen == [0, 1, 1, 0, 0, 1]
    assert counter.input_names == ("enable",)
    assert counter.output_names == ("carry",)


def test_unknown_initial_value_has_no_initial_state() -> None:
    b = AigBuilder()
    b.output(b.latch(UNINITIALISED))
    with pytest.raises(ValueError, match="initial value"):
        b.build().initial_state()


@pytest.mark.parametrize(
    ("ands", "outputs", "message"),
    [
        ([[2, 6]], [6], "topological"),
        ([[2, -1]], [6], "topological"),
        ([[2, 4]], [8], "literals must lie"),
        ([[2, 4, 1]], [6], "shape"),
    ],
)
def test_record_refuses_what_does_not_fit(ands: list[list[int]], outputs: list[int], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Aig(2, np.array(ands, np.int32), np.array(outputs, np.int32))


def test_content_hash_sees_structure_and_not_names() -> None:
    from dataclasses import replace

    aig = random_graph(1)
    assert replace(aig, input_names=("a",) * 5, comments=("x",)).content_hash() == aig.content_hash()
    assert replace(aig, outputs=aig.outputs ^ 1).content_hash() != aig.content_hash()
