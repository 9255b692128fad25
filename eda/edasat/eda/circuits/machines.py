"""Small sequential circuits and transformations that keep what they compute."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from edasat.eda.aig import TRUE, Aig
from edasat.eda.aig_builder import AigBuilder, Word

from .arithmetic import constant, ripple_add
from .random_logic import grow_logic, rewrite


def random_machine(
    num_latches: int, num_inputs: int, num_gates: int, num_outputs: int, rng: np.random.Generator
) -> Aig:
    """Return a machine with random logic between its latches, started in a random state.

    Each next state is a random signal XORed with another latch, so that the state keeps moving.
    """
    b = AigBuilder()
    inputs = b.inputs(num_inputs)
    latches = [b.latch(int(bit)) for bit in rng.integers(0, 2, num_latches)]
    signals = grow_logic(b, inputs + latches, num_gates, rng)
    half = signals[len(signals) // 2 :]
    neighbours = rng.permutation(num_latches)
    for latch, neighbour in zip(latches, neighbours, strict=True):
        b.set_next(latch, b.xor(half[int(rng.integers(len(half)))], latches[neighbour]))
    for literal in signals[-num_outputs:]:
        b.output(literal)
    return b.build(f"machine-{num_latches}-{num_inputs}-{num_gates}")


def reencode(machine: Aig, rng: np.random.Generator, steps: int) -> Aig:
    """Return a machine with the same input-output behaviour, other state bits and rewritten logic.

    The new state is an invertible linear image of the old one over GF(2): ``steps`` times one state bit is XORed
    with another; then random bits are complemented. All initial values must be known.
    """
    count = machine.num_latches
    moves = [tuple(map(int, rng.choice(count, 2, replace=False))) for _ in range(steps)]
    flips = rng.integers(0, 2, count).tolist()

    b = AigBuilder()
    inputs = b.inputs(machine.num_inputs)

    def encoded(bits: Word) -> Word:
        bits = list(bits)
        for target, source in moves:
            bits[target] = b.xor(bits[target], bits[source])
        return [bit ^ flip for bit, flip in zip(bits, flips, strict=True)]

    # Literals 0 and 1 are the constants, so that the same function encodes the initial values.
    latches = [b.latch(init) for init in encoded(machine.latches[:, 1].tolist())]
    state = [latch ^ flip for latch, flip in zip(latches, flips, strict=True)]
    for target, source in reversed(moves):
        state[target] = b.xor(state[target], state[source])
    copied = b.embed(machine, inputs + state, [*machine.latches[:, 0], *machine.outputs])
    for latch, following in zip(latches, encoded(copied[:count]), strict=True):
        b.set_next(latch, following)
    for literal in copied[count:]:
        b.output(literal)
    return rewrite(b.build(machine.name), rng, rounds=1)


def sequential_miter(a: Aig, b: Aig) -> Aig:
    """Return the product of two machines with shared inputs; its one output says that some outputs differ now."""
    joined = AigBuilder()
    inputs = joined.inputs(a.num_inputs)
    seen: list[Word] = []
    for machine in (a, b):
        latches = [joined.latch(int(init)) for init in machine.latches[:, 1]]
        copied = joined.embed(machine, inputs + latches, [*machine.latches[:, 0], *machine.outputs])
        for latch, following in zip(latches, copied[: len(latches)], strict=True):
            joined.set_next(latch, following)
        seen.append(copied[len(latches) :])
    joined.output(joined.or_all([joined.xor(x, y) for x, y in zip(*seen, strict=True)]))
    return joined.build("sequential-miter")


def accumulator(width: int, addends: tuple[int, int], mask: int, rotation: int) -> Aig:
    """Return a machine that steps ``s -> rotl(s + addends[input], rotation) ^ mask``; its outputs are the state.

    One input bit per step; started at 0. Reaching a given state in k steps is a subset-sum-like search over 2^k
    input sequences.
    """
    b = AigBuilder()
    choice = b.input()
    state = [b.latch() for _ in range(width)]
    low, high = (constant(value, width) for value in addends)
    addend = [b.mux(choice, h, l) for h, l in zip(high, low, strict=True)]
    total = ripple_add(b, state, addend)[:width]
    for i, latch in enumerate(state):
        b.set_next(latch, total[(i - rotation) % width] ^ (mask >> i & 1))
        b.output(latch)
    return b.build(f"accumulator-{width}")


def weighted_arbiter(slots: Sequence[int], start: int, watched: int, limit: int) -> Aig:
    """Return a weighted round-robin arbiter with a monitor of one client's waiting time.

    A token walks around a ring of slots, each owned by a client; a client with more slots has more weight. Every
    step grants the first slot from the token on whose client requests, and moves the token behind it.

    Args:
        slots: owner of each slot; clients are numbered from 0, and each is one input, its request.
        start: slot of the token at first.
        watched: the client whose waiting is counted.
        limit: the one output is true when ``watched`` has requested in vain ``limit`` steps in a row.
    """
    count = len(slots)
    b = AigBuilder()
    requests = b.inputs(max(slots) + 1)
    asked = [requests[client] for client in slots]
    token = [b.latch(int(i == start)) for i in range(count)]
    # carried[i]: the token stands at or before slot i and no slot from it up to i - 1 asks. Two turns around the
    # ring replace a cyclic definition.
    carried = [0] * count
    for i in [*range(count), *range(count)]:
        carried[i] = b.or_(token[i], b.and_(carried[i - 1], asked[i - 1] ^ 1))
    grants = [b.and_(ask, here) for ask, here in zip(asked, carried, strict=True)]
    nobody = b.or_all(grants) ^ 1
    for i, latch in enumerate(token):
        b.set_next(latch, b.or_(grants[i - 1], b.and_(nobody, latch)))
    granted = b.or_all([grant for grant, client in zip(grants, slots, strict=True) if client == watched])
    waiting = b.and_(requests[watched], granted ^ 1)
    # Counted in unary: stage s is true after s + 1 steps of waiting.
    stages = [b.latch() for _ in range(limit - 1)]
    for before, stage in zip([TRUE, *stages], stages, strict=False):
        b.set_next(stage, b.and_(waiting, before))
    b.output(b.and_(waiting, stages[-1] if stages else TRUE))
    return b.build(f"arbiter-{count}")
