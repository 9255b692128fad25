"""Equivalence checking: miters of two implementations of one function, and miters with a planted fault.

A seed draws the structure itself (bracketing, architecture, order of accumulation, outputs compared), so that two
seeds are two different proofs and not one proof under two namings.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from edasat.eda.aig import Aig
from edasat.eda.aig_builder import AigBuilder, Word
from edasat.eda.circuits.arithmetic import (
    ADDERS,
    MULTIPLIERS,
    ripple_add,
    shift_by_decoding,
    shift_by_stages,
)
from edasat.eda.circuits.random_logic import inject_fault, random_aig, rewrite

from ..cnf import Cnf
from ..encodings import miter, tseitin
from .family import Family

_OPERANDS: Final = 5  # operands of the adder trees: fewer are trivial, more only shift the scale
_OUTPUTS_KEPT: Final = 0.75  # share of outputs a miter compares, drawn per seed
_TRIGGER: Final = 14  # literals that must hold for a planted fault to show
# ABC commands that restructure without changing the function; a seed draws a sequence of them.
_ABC_COMMANDS: Final = ("balance", "rewrite", "rewrite -z", "refactor", "refactor -z", "resub -K 8", "dc2")
_ABC_STEPS: Final = 8


def _circuit(b: AigBuilder, outputs: Sequence[int]) -> Aig:
    for literal in outputs:
        b.output(literal)
    return b.build()


def _kept(count: int, always: int, rng: np.random.Generator) -> list[int]:
    """Draw which of ``count`` outputs to compare; ``always``, the hardest one, is among them."""
    return sorted({always, *np.flatnonzero(rng.random(count) < _OUTPUTS_KEPT).tolist()})


def _pick(names: Sequence[str], rng: np.random.Generator) -> str:
    return names[int(rng.integers(len(names)))]


def _sum_tree(b: AigBuilder, operands: Sequence[Word], rng: np.random.Generator) -> Word:
    """Add words modulo 2^width along a random binary tree, with a random adder at every node."""
    row = list(operands)
    while len(row) > 1:
        first, second = (row.pop(int(rng.integers(len(row)))) for _ in range(2))
        row.append(ADDERS[_pick(list(ADDERS), rng)](b, first, second)[: len(first)])
    return row[0]


def _adder_association(size: int, rng: np.random.Generator) -> Cnf:
    kept = _kept(size, size - 1, rng)

    def side() -> Aig:
        b = AigBuilder()
        operands = [b.inputs(size) for _ in range(_OPERANDS)]
        total = _sum_tree(b, operands, rng)
        return _circuit(b, [total[i] for i in kept])

    return tseitin(miter(side(), side()), detect_gates=True)


def _product(x_width: int, y_width: int, swap: bool, kinds: Sequence[str], rng: np.random.Generator) -> Aig:
    b = AigBuilder()
    x, y = b.inputs(x_width), b.inputs(y_width)
    multiply = MULTIPLIERS[_pick(kinds, rng)]
    return _circuit(b, multiply(b, *((y, x) if swap else (x, y)), rng, ADDERS[_pick(list(ADDERS), rng)]))


def _compared(left: Aig, right: Aig, rng: np.random.Generator) -> tuple[Aig, Aig]:
    """Keep a random subset of the outputs, the middle column of a product always."""
    kept = _kept(left.num_outputs, left.num_outputs // 2, rng)
    return _with_outputs(left, kept), _with_outputs(right, kept)


def _with_outputs(aig: Aig, kept: Sequence[int]) -> Aig:
    b = AigBuilder()
    return _circuit(b, b.embed(aig, b.inputs(aig.num_inputs), aig.outputs[list(kept)]))


def _multiplier_commutativity(size: int, rng: np.random.Generator) -> Cnf:
    left = _product(size // 2, size - size // 2, False, ("array",), rng)
    right = _product(size // 2, size - size // 2, True, ("array",), rng)
    return tseitin(miter(*_compared(left, right, rng)), detect_gates=True)


def _multiplier_architecture(size: int, rng: np.random.Generator) -> Cnf:
    left = _product(size // 2, size - size // 2, False, ("array",), rng)
    right = _product(size // 2, size - size // 2, False, ("wallace", "dadda"), rng)
    return tseitin(miter(*_compared(left, right, rng)), detect_gates=True)


def _multiplier_distributivity(size: int, rng: np.random.Generator) -> Cnf:
    def side(expanded: bool) -> Aig:
        b = AigBuilder()
        x, y, z = b.inputs(size // 2), b.inputs(size - size // 2), b.inputs(size - size // 2)
        multiply = MULTIPLIERS[_pick(list(MULTIPLIERS), rng)]
        add = ADDERS[_pick(list(ADDERS), rng)]
        if not expanded:
            return _circuit(b, multiply(b, x, add(b, y, z), rng, ripple_add))
        products = (multiply(b, x, word, rng, ripple_add) for word in (y, z))
        return _circuit(b, add(b, *products))

    return tseitin(miter(*_compared(side(False), side(True), rng)), detect_gates=True)


def _barrel_shifter(size: int, rng: np.random.Generator) -> Cnf:
    """Shift twice against shifting once by the sum of the amounts."""
    stages = (size - 1).bit_length()
    kept = _kept(size, size - 1, rng)

    def side(split: bool) -> Aig:
        b = AigBuilder()
        word, first, second = b.inputs(size), b.inputs(stages), b.inputs(stages)
        if split:
            word = shift_by_stages(b, word, first, rng.permutation(stages).tolist())
            word = shift_by_stages(b, word, second, rng.permutation(stages).tolist())
        else:
            word = shift_by_decoding(b, word, ADDERS[_pick(list(ADDERS), rng)](b, first, second))
        return _circuit(b, [word[i] for i in kept])

    return tseitin(miter(side(True), side(False)))


def _random_logic(size: int, rng: np.random.Generator) -> Aig:
    return random_aig(max(8, size // 40), size, max(4, size // 100), rng)


def _rewritten(size: int, rng: np.random.Generator) -> Cnf:
    aig = _random_logic(size, rng)
    return tseitin(miter(aig, rewrite(aig, rng)))


def _abc_optimised(size: int, rng: np.random.Generator) -> Cnf:
    """The formula depends on the version of ABC, which the comments name."""
    from edasat.eda.synthesis.abc import optimise, version

    aig = _random_logic(size, rng)
    script = [_pick(_ABC_COMMANDS, rng) for _ in range(_ABC_STEPS)]
    cnf = tseitin(miter(aig, optimise(aig, script)))
    return replace(cnf, comments=(f"optimised by {version()}: {'; '.join(script)}",))


def _faulty_logic(size: int, rng: np.random.Generator) -> Cnf:
    aig = _random_logic(size, rng)
    return tseitin(miter(aig, inject_fault(rewrite(aig, rng), rng, _TRIGGER)), polarity_aware=True)


def _faulty_multiplier(size: int, rng: np.random.Generator) -> Cnf:
    left = _product(size // 2, size - size // 2, False, ("array",), rng)
    right = _product(size // 2, size - size // 2, False, ("wallace", "dadda"), rng)
    return tseitin(miter(left, inject_fault(right, rng, _TRIGGER)), detect_gates=True)


FAMILIES: Final = (
    Family(
        "adder-association",
        "five words added along two random trees of random adders; size: bits per word",
        "circuit",
        "unsat",
        (4, 8, 12, 16, 20, 24),
        _adder_association,
    ),
    Family(
        "multiplier-commutativity",
        "x*y against y*x on array multipliers with random row orders; size: bits of both operands",
        "circuit",
        "unsat",
        (6, 8, 10, 12, 13, 14, 15, 16, 17),
        _multiplier_commutativity,
    ),
    Family(
        "multiplier-architecture",
        "array against Wallace or Dadda multiplier with random trees; size: bits of both operands",
        "circuit",
        "unsat",
        (6, 8, 10, 12, 13, 14, 15, 16, 17),
        _multiplier_architecture,
    ),
    Family(
        "multiplier-distributivity",
        "x*(y+z) against x*y + x*z on random architectures; size: bits of x and of y together",
        "circuit",
        "unsat",
        (4, 6, 8, 9, 10, 11, 12, 13),
        _multiplier_distributivity,
    ),
    Family(
        "barrel-shifter",
        "two shifts against one by the sum of the amounts; size: width",
        "circuit",
        "unsat",
        (8, 16, 32, 48, 64, 96, 128),
        _barrel_shifter,
    ),
    Family(
        "rewritten-logic",
        "random logic against its random local rewriting; size: AND gates made",
        "circuit",
        "unsat",
        (200, 400, 800, 1600, 3200, 6400, 12800),
        _rewritten,
    ),
    Family(
        "abc-optimised-logic",
        "random logic against its form after a random script of this machine's ABC; size: AND gates made",
        "circuit",
        "unsat",
        (200, 400, 800, 1600, 3200, 6400, 12800),
        _abc_optimised,
    ),
    Family(
        "faulty-logic",
        "random logic against its rewriting with one faulty gate; size: AND gates made",
        "circuit",
        "sat",
        (200, 400, 800, 1600, 3200, 6400, 12800),
        _faulty_logic,
    ),
    Family(
        "faulty-multiplier",
        "array against Wallace or Dadda multiplier with one faulty gate; size: bits of both operands",
        "circuit",
        "sat",
        (8, 16, 24, 32, 40, 48),
        _faulty_multiplier,
    ),
)
