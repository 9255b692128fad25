"""Small sequential circuits and transformations that keep what they compute."""

from __future__ import annotations

import numpy as np

from edasat.eda.aig import Aig
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


def round_robin_arbiter(priority: list[int], wait_limit: int) -> Aig:
    """Return an arbiter with a rotating priority token and a monitor that counts how long a client waits.

    Args:
        priority: order in which the token visits the clients; the token starts at the first and moves behind the
            client granted.
        wait_limit: the one output is true when the last client of ``priority`` has requested without a grant for
            this many steps in a row.
    """
    count = len(priority)
    b = AigBuilder()
    requests = b.inputs(count)
    asked = [requests[client] for client in priority]
    token = [b.latch(int(i == 0)) for i in range(count)]
    grants = []
    for i in range(count):
        # Granted if the token stands at some j and nobody between j and i asks.
        ways = []
        for distance in range(count):
            between = [asked[(i - d) % count] ^ 1 for d in range(1, distance + 1)]
            ways.append(b.and_all([token[(i - distance) % count], *between]))
        grants.append(b.and_(asked[i], b.or_all(ways)))
    nobody = b.or_all(grants) ^ 1
    for i, latch in enumerate(token):
        b.set_next(latch, b.or_(grants[(i - 1) % count], b.and_(nobody, latch)))
    waiting = b.and_(asked[-1], grants[-1] ^ 1)
    # The wait is counted in unary: stage s is true after s + 1 steps of waiting.
    stages = [b.latch() for _ in range(wait_limit)]
    for previous, stage in zip([1, *stages], stages, strict=False):
        b.set_next(stage, b.and_(waiting, previous))
    b.output(b.and_(waiting, stages[-2]) if wait_limit > 1 else waiting)
    return b.build(f"arbiter-{count}")
