"""The record of one instance family: a named generator with one size knob and a seed."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from edasat.core.errors import InputError

from ..cnf import Cnf

Group = Literal[
    "circuit", "bmc", "crypto", "xor", "cardinality", "design", "random", "graph", "colouring", "planning", "puzzle"
]
Expected = Literal["sat", "unsat", "either"]
#: Builds the formula of one size from a seeded random generator.
Build = Callable[[int, np.random.Generator], Cnf]


@dataclass(frozen=True)
class Family:
    """One family of formulas.

    Attributes:
        name: lower-case identifier with hyphens, first part of every instance id.
        title: one line for tables: what is asked, and what the size counts.
        group: the kind of structure; shares of a benchmark mix are given per group.
        expected: the answer that the construction guarantees, "either" where the seed decides.
        sizes: calibrated sizes, ascending, from trivial to about a minute of CPU time on the median
            of kissat, MiniSat and CryptoMiniSat; the first is also the smallest that ``build`` accepts.
        build: the generator. Different seeds give non-isomorphic formulas; the same seed gives the same
            clauses in the same order wherever NumPy's generator draws the same numbers.
    """

    name: str
    title: str
    group: Group
    expected: Expected
    sizes: tuple[int, ...]
    build: Build

    def instance(self, size: int, seed: int) -> Cnf:
        """Build one formula, named ``<family>-<size>-<seed>``.

        Raises:
            InputError: if the size lies below the smallest or the seed is negative.
        """
        if size < self.sizes[0]:
            raise InputError(
                f"family '{self.name}' starts at size {self.sizes[0]}, got {size}",
                code="family-size",
                hint=f"calibrated sizes are {', '.join(map(str, self.sizes))}",
            )
        if seed < 0:
            raise InputError(f"a seed must not be negative, got {seed}", code="family-seed")
        # crc32 keeps the streams of two families apart and, unlike hash(), is the same in every process.
        rng = np.random.default_rng([zlib.crc32(self.name.encode()), size, seed])
        return replace(self.build(size, rng), name=f"{self.name}-{size}-{seed}")
