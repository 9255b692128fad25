"""A growing and-inverter graph with structural hashing and constant folding."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np

from .aig import FALSE, TRUE, UNINITIALISED, Aig

#: A vector of literals, least significant bit first.
Word = list[int]


class AigBuilder:
    """Builds an :class:`Aig` gate by gate; literals are plain ints, and ``literal ^ 1`` is the complement.

    Equal gates are built once, and gates with a constant, equal or complementary fan-in fold away. Inputs and
    latches may be made at any time; :meth:`build` puts the nodes into the order of the record.

    >>> b = AigBuilder()
    >>> x, y = b.inputs(2)
    >>> b.and_(x, y) == b.and_(y, x), b.and_(x, x ^ 1)
    (True, 0)
    >>> b.output(b.xor(x, y))
    >>> b.build("xor").num_ands
    3
    """

    def __init__(self) -> None:
        # Fan-ins of every node in order of creation; leaves hold (-1, -1), node 0 is the constant.
        self._left: list[int] = [-1]
        self._right: list[int] = [-1]
        self._gates: dict[tuple[int, int], int] = {}
        self._inputs: list[int] = []
        self._latches: dict[int, tuple[int, int]] = {}
        self._outputs: list[int] = []
        self._bad: list[int] = []
        self._input_names: list[str] = []
        self._output_names: list[str] = []

    @property
    def num_ands(self) -> int:
        """Number of gates made so far, dangling ones included."""
        return len(self._gates)

    def _leaf(self) -> int:
        self._left.append(-1)
        self._right.append(-1)
        return 2 * (len(self._left) - 1)

    def input(self, name: str = "") -> int:
        """Add an input and return its literal."""
        literal = self._leaf()
        self._inputs.append(literal)
        self._input_names.append(name)
        return literal

    def inputs(self, count: int) -> Word:
        """Add ``count`` unnamed inputs."""
        return [self.input() for _ in range(count)]

    def latch(self, init: int = 0) -> int:
        """Add a latch that keeps its value until :meth:`set_next` says otherwise."""
        if init not in {0, 1, UNINITIALISED}:
            raise ValueError(f"expected the initial value 0, 1 or {UNINITIALISED} (unknown), got {init}")
        literal = self._leaf()
        self._latches[literal] = (literal, init)
        return literal

    def set_next(self, latch: int, literal: int) -> None:
        """Set the next-state literal of a latch."""
        self._latches[latch] = (literal, self._latches[latch][1])

    def output(self, literal: int, name: str = "") -> None:
        """Add an output."""
        self._outputs.append(literal)
        self._output_names.append(name)

    def bad(self, literal: int) -> None:
        """Add a bad-state property: the literal must never become true."""
        self._bad.append(literal)

    def and_(self, x: int, y: int) -> int:
        """Return the conjunction."""
        if x > y:
            x, y = y, x
        if x == FALSE or x ^ 1 == y:
            return FALSE
        if x in (TRUE, y):
            return y
        node = self._gates.get((x, y))
        if node is None:
            node = self._gates[x, y] = len(self._left)
            self._left.append(x)
            self._right.append(y)
        return 2 * node

    def or_(self, x: int, y: int) -> int:
        """Return the disjunction."""
        return self.and_(x ^ 1, y ^ 1) ^ 1

    def xor(self, x: int, y: int) -> int:
        """Return the exclusive or, as two products joined by an OR; complements are moved to the result."""
        flip = (x ^ y) & 1
        x, y = x & ~1, y & ~1
        return self.or_(self.and_(x, y ^ 1), self.and_(x ^ 1, y)) ^ flip

    def mux(self, select: int, then: int, other: int) -> int:
        """Return ``then`` where ``select`` holds, and ``other`` elsewhere."""
        return self.or_(self.and_(select, then), self.and_(select ^ 1, other))

    def majority(self, x: int, y: int, z: int) -> int:
        """Return the carry of three bits."""
        return self.or_(self.and_(x, y), self.and_(z, self.or_(x, y)))

    def and_all(self, literals: Sequence[int]) -> int:
        """Return the conjunction as a balanced tree."""
        return self._tree(self.and_, literals, TRUE)

    def or_all(self, literals: Sequence[int]) -> int:
        """Return the disjunction as a balanced tree."""
        return self._tree(self.or_, literals, FALSE)

    def xor_all(self, literals: Sequence[int]) -> int:
        """Return the parity as a balanced tree."""
        return self._tree(self.xor, literals, FALSE)

    @staticmethod
    def _tree(gate: Callable[[int, int], int], literals: Sequence[int], neutral: int) -> int:
        row = list(literals) or [neutral]
        while len(row) > 1:
            paired = [gate(x, y) for x, y in zip(row[::2], row[1::2], strict=False)]
            row = paired + row[len(row) & ~1 :]
        return row[0]

    def embed(self, aig: Aig, leaves: Sequence[int], roots: Iterable[int]) -> Word:
        """Copy another graph on top of given literals and return where its ``roots`` ended up.

        Args:
            aig: the graph to copy; its own outputs and latches are not added here.
            leaves: one literal of this builder per input and then per latch of ``aig``.
            roots: literals of ``aig``, such as its outputs or next states.
        """
        if len(leaves) != aig.first_and - 1:
            raise ValueError(f"expected {aig.first_and - 1} leaves (inputs, then latches), got {len(leaves)}")
        here = [FALSE, *leaves]
        for left, right in aig.ands.tolist():
            here.append(self.and_(here[left >> 1] ^ (left & 1), here[right >> 1] ^ (right & 1)))
        return [here[root >> 1] ^ (root & 1) for root in map(int, roots)]

    def build(self, name: str = "") -> Aig:
        """Return the record; gates that no output, latch or property depends on are left out."""
        left = np.array(self._left, np.int32)
        right = np.array(self._right, np.int32)
        latches = np.array(list(self._latches.values()), np.int32).reshape(-1, 2)
        outputs = np.array(self._outputs, np.int32)
        bad = np.array(self._bad, np.int32)

        live = np.zeros(len(left), bool)
        live[np.concatenate([outputs, latches[:, 0], bad]) >> 1] = True
        for node in range(len(left) - 1, 0, -1):
            if live[node] and self._left[node] >= 0:
                live[self._left[node] >> 1] = live[self._right[node] >> 1] = True

        leaves = np.array([0, *self._inputs, *self._latches], np.int64) >> 1
        gates = np.flatnonzero(live & (left >= 0))
        order = np.concatenate([leaves, gates])
        position = np.zeros(len(left), np.int32)
        position[order] = np.arange(len(order), dtype=np.int32)

        def moved(literals: np.ndarray) -> np.ndarray:
            return (2 * position[literals >> 1] | (literals & 1)).astype(np.int32)

        latches[:, 0] = moved(latches[:, 0])
        return Aig(
            num_inputs=len(self._inputs),
            ands=np.stack([moved(left[gates]), moved(right[gates])], axis=1),
            outputs=moved(outputs),
            latches=latches,
            bad=moved(bad),
            input_names=tuple(self._input_names) if any(self._input_names) else (),
            output_names=tuple(self._output_names) if any(self._output_names) else (),
            name=name,
        )
