"""Random combinational logic, rewriting that keeps its function, and faults that change it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from edasat.eda.aig import FALSE, Aig
from edasat.eda.aig_builder import AigBuilder, Word

# Shares of gate kinds. ANDs alone drift to constants within some tens of levels, because every level halves the
# probability of a true value; XORs and multiplexers keep signals balanced.
_XOR_SHARE: Final = 0.25
_MUX_SHARE: Final = 0.25
_WINDOW: Final = 3.0  # fan-ins come from the last _WINDOW * num_inputs signals: this sets the depth


def grow_logic(b: AigBuilder, leaves: Sequence[int], num_gates: int, rng: np.random.Generator) -> Word:
    """Add random gates (AND, XOR, MUX) over ``leaves`` until ``num_gates`` ANDs were added.

    Returns:
        the signals in order of creation, without the leaves.
    """
    signals = list(leaves)
    window = max(4, int(_WINDOW * len(leaves)))
    start = b.num_ands
    while b.num_ands - start < num_gates:
        # Half of the fan-ins come from the recent window, half from anywhere: depth and reconvergence together.
        low = max(0, len(signals) - window)
        picks = [int(rng.integers(low if rng.random() < 0.5 else 0, len(signals))) for _ in range(3)]
        x, y, z = (signals[i] ^ int(rng.integers(2)) for i in picks)
        kind = rng.random()
        if kind < _XOR_SHARE:
            signal = b.xor(x, y)
        elif kind < _XOR_SHARE + _MUX_SHARE:
            signal = b.mux(x, y, z)
        else:
            signal = b.and_(x, y)
        if signal > 1:
            signals.append(signal)
    return signals[len(leaves) :]


def random_aig(num_inputs: int, num_gates: int, num_outputs: int, rng: np.random.Generator) -> Aig:
    """Return random logic; the outputs are the last signals made.

    Args:
        num_inputs: number of inputs, at least 2.
        num_gates: AND gates to make; the cone of the outputs may hold fewer.
        num_outputs: number of outputs.
        rng: source of all choices.
    """
    b = AigBuilder()
    for literal in grow_logic(b, b.inputs(num_inputs), num_gates, rng)[-num_outputs:]:
        b.output(literal)
    return b.build(f"random-{num_inputs}-{num_gates}")


def rewrite(aig: Aig, rng: np.random.Generator, rounds: int = 2) -> Aig:
    """Return an equivalent graph after random local rewriting of every gate.

    Each gate is rebuilt by a rule drawn at random: kept; bracketed anew (``(xy)z = x(yz)`` in random order of the
    leaves of its AND tree); multiplied out (``x(y+z) = xy + xz``); or padded by an absorbed term
    (``xy = x(!x + y)``). The rules are our own choice; every one is an identity of Boolean algebra, so the result
    is equivalent by construction and depends on nothing but the seed.
    """
    for _ in range(rounds):
        aig = _rewrite_once(aig, rng)
    return aig


def _rewrite_once(aig: Aig, rng: np.random.Generator) -> Aig:
    b, here, latches = _copied_leaves(aig)
    gates = aig.ands.tolist()

    def fanins(literal: int) -> list[int] | None:
        """Return the fan-ins of an uncomplemented gate, else None."""
        gate = (literal >> 1) - aig.first_and
        return None if literal & 1 or gate < 0 else gates[gate]

    for (left, right), rule, swap in zip(gates, rng.integers(0, 4, len(gates)), rng.random(len(gates)), strict=True):
        x, y = (right, left) if swap < 0.5 else (left, right)
        inner = fanins(y ^ 1)
        if rule == 1:
            leaves = [_at(here, leaf) for side in (x, y) for leaf in fanins(side) or [side]]
            row = [leaves[i] for i in rng.permutation(len(leaves))]
            while len(row) > 1:
                row.append(b.and_(row.pop(0), row.pop(0)))
            here.append(row[0])
        elif rule == 2 and inner is not None:
            p, q = (_at(here, literal) ^ 1 for literal in inner)
            here.append(b.or_(b.and_(_at(here, x), p), b.and_(_at(here, x), q)))
        elif rule == 3:
            here.append(b.and_(_at(here, x), b.or_(_at(here, x) ^ 1, _at(here, y))))
        else:
            here.append(b.and_(_at(here, x), _at(here, y)))
    return _finish(b, aig, here, latches)


def inject_fault(
    aig: Aig, rng: np.random.Generator, trigger_width: int, witness: npt.NDArray[np.bool_] | None = None
) -> Aig:
    """Return a graph that differs from ``aig`` in one gate and for few inputs.

    One gate is replaced by its exclusive or with a conjunction of ``trigger_width`` literals of earlier nodes, all
    of which hold under the witness; gates are tried in random order until the change reaches an output under the
    witness, so the two graphs are known to differ.

    Args:
        aig: the good circuit.
        rng: source of all choices.
        trigger_width: number of literals in the trigger: every one makes the fault rarer.
        witness: bool, (num_inputs + num_latches,): input pattern and state that must show the fault; drawn if None.

    Raises:
        ValueError: if the fault of no gate can be seen at an output under the witness.
    """
    if witness is None:
        witness = rng.integers(0, 2, aig.first_and - 1).astype(bool)
    inputs, state = np.split(witness.astype(np.uint64)[:, None], [aig.num_inputs])
    values = (aig.evaluate(inputs, state) & np.uint64(1)).astype(np.int64)[:, 0]
    good = aig.simulate(inputs, state) & np.uint64(1)
    for gate in map(int, rng.permutation(aig.num_ands)):
        node = aig.first_and + gate
        earlier = np.sort(rng.choice(np.arange(1, node), min(trigger_width, node - 1), replace=False))
        # A literal that holds under the witness: the node itself where it is 1, its complement where it is 0.
        trigger = [int(2 * n + 1 - values[n]) for n in earlier]
        faulty = _with_fault(aig, gate, trigger)
        if ((faulty.simulate(inputs, state) & np.uint64(1)) != good).any():
            return faulty
    raise ValueError("no gate's fault reaches an output under the witness")


def _with_fault(aig: Aig, gate: int, trigger: Sequence[int]) -> Aig:
    """Rebuild ``aig`` with one gate inverted where all trigger literals hold."""
    b, here, latches = _copied_leaves(aig)
    for index, (left, right) in enumerate(aig.ands.tolist()):
        signal = b.and_(_at(here, left), _at(here, right))
        if index == gate:
            signal = b.xor(signal, b.and_all([_at(here, literal) for literal in trigger]))
        here.append(signal)
    return _finish(b, aig, here, latches)


def _copied_leaves(aig: Aig) -> tuple[AigBuilder, Word, Word]:
    """Start a copy: a builder, the literal of each node so far (constant, inputs, latches), and the latches."""
    b = AigBuilder()
    inputs = b.inputs(aig.num_inputs)
    latches = [b.latch(int(init)) for init in aig.latches[:, 1]]
    return b, [FALSE, *inputs, *latches], latches


def _at(here: Word, literal: int) -> int:
    return here[literal >> 1] ^ (literal & 1)


def _finish(b: AigBuilder, aig: Aig, here: Word, latches: Word) -> Aig:
    """End a copy: connect latches, outputs and properties as in ``aig``."""
    for latch, following in zip(latches, aig.latches[:, 0].tolist(), strict=True):
        b.set_next(latch, _at(here, following))
    for literal in aig.outputs.tolist():
        b.output(_at(here, literal))
    for literal in aig.bad.tolist():
        b.bad(_at(here, literal))
    return b.build(aig.name)
