"""The and-inverter graph as one frozen record of NumPy columns, and the sweeps over it.

Nodes are numbered as in the binary AIGER format: 0 is the constant false, then come the inputs, the latches and
the AND gates in topological order. A literal is ``2 * node + complemented``. Because both fan-ins of a gate have
smaller numbers than the gate, every analysis is one forward or one backward sweep over an int32 table: no queue, no
visited set, no recursion.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Final

import numba
import numpy as np
import numpy.typing as npt

Literals = npt.NDArray[np.int32]
Words = npt.NDArray[np.uint64]

#: The literals of the constants.
FALSE: Final = 0
TRUE: Final = 1

#: Third value of a latch's ``init`` column: the latch starts at 0 or at 1, nobody knows which.
UNINITIALISED: Final = 2

#: Literals are int32, so the largest node number is 2^30 - 1.
MAX_NODE: Final = 2**30 - 1


def _no_literals() -> Literals:
    return np.zeros(0, np.int32)


@dataclass(frozen=True, eq=False)
class Aig:
    """An and-inverter graph, combinational or sequential.

    Attributes:
        num_inputs: number of primary inputs; input i is node ``1 + i``.
        ands: int32, (num_ands, 2): fan-in literals of each AND gate; gate g is node ``first_and + g``, and its
            fan-ins belong to nodes of smaller number.
        outputs: int32, (num_outputs,): literals.
        latches: int32, (num_latches, 2): next-state literal and initial value (0, 1 or UNINITIALISED) of each
            latch; latch j is node ``1 + num_inputs + j``.
        bad: int32, literals of bad-state properties (AIGER 1.9 section B).
        constraints: int32, literals of invariant constraints (section C).
        justice: one int32 array of literals per justice property (section J).
        fairness: int32, literals of fairness constraints (section F).
        input_names, latch_names, output_names: one name each ("" where a symbol is missing), or empty.
        name: where the circuit comes from.
        comments: lines of the comment section.

    Raises:
        ValueError: if shapes do not fit, a literal is out of range, or the gates are not in topological order.

    >>> half_adder = Aig(2, np.array([[2, 4], [3, 5], [7, 9]], np.int32), np.array([10, 6], np.int32))
    >>> half_adder.num_ands, half_adder.depth
    (3, 2)
    >>> [format(int(word[0]) & 15, "04b") for word in half_adder.simulate(np.array([[0b1010], [0b1100]], np.uint64))]
    ['0110', '1000']
    """

    num_inputs: int
    ands: Literals
    outputs: Literals
    latches: Literals = field(default_factory=lambda: np.zeros((0, 2), np.int32))
    bad: Literals = field(default_factory=_no_literals)
    constraints: Literals = field(default_factory=_no_literals)
    justice: tuple[Literals, ...] = ()
    fairness: Literals = field(default_factory=_no_literals)
    input_names: tuple[str, ...] = ()
    latch_names: tuple[str, ...] = ()
    output_names: tuple[str, ...] = ()
    name: str = ""
    comments: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for table in (self.ands, self.latches):
            if table.ndim != 2 or table.shape[1] != 2:
                raise ValueError(f"expected a table of shape (n, 2), got {table.shape}")
        if self.num_nodes - 1 > MAX_NODE:
            raise ValueError(f"{self.num_nodes - 1} nodes, at most {MAX_NODE} fit into int32 literals")
        if not _is_sorted(self.ands, self.first_and):
            raise ValueError("the AND gates are not in topological order")
        for literals in (self.outputs, self.latches[:, 0], self.bad, self.constraints, self.fairness, *self.justice):
            if len(literals) and not 0 <= int(literals.min()) <= int(literals.max()) < 2 * self.num_nodes:
                raise ValueError(f"literals must lie between 0 and {2 * self.num_nodes - 1}")
        named = ((self.input_names, self.num_inputs), (self.latch_names, self.num_latches))
        for names, count in (*named, (self.output_names, self.num_outputs)):
            if names and len(names) != count:
                raise ValueError(f"expected {count} names or none, got {len(names)}")

    @property
    def num_ands(self) -> int:
        """Number of AND gates."""
        return len(self.ands)

    @property
    def num_latches(self) -> int:
        """Number of latches; 0 means that the circuit is combinational."""
        return len(self.latches)

    @property
    def num_outputs(self) -> int:
        """Number of outputs."""
        return len(self.outputs)

    @property
    def first_and(self) -> int:
        """Node number of the first AND gate."""
        return 1 + self.num_inputs + self.num_latches

    @property
    def num_nodes(self) -> int:
        """Number of nodes: the constant, inputs, latches and gates."""
        return self.first_and + len(self.ands)

    @property
    def depth(self) -> int:
        """Number of AND gates on the longest path."""
        return int(self.levels().max())

    def levels(self) -> npt.NDArray[np.int32]:
        """Return int32, (num_nodes,): AND gates on the longest path up to and including each node."""
        return _levels(self.ands, self.first_and)

    def fanout_counts(self) -> npt.NDArray[np.int32]:
        """Return int32, (num_nodes,): how often each node is read by gates, outputs, latches and properties."""
        readers = np.concatenate([self.ands.ravel(), self.roots()])
        return np.bincount(readers >> 1, minlength=self.num_nodes).astype(np.int32)

    def roots(self) -> Literals:
        """Return int32: every literal read from outside the gates (outputs, next states, properties), in file order."""
        parts = (self.latches[:, 0], self.outputs, self.bad, self.constraints, *self.justice, self.fairness)
        return np.concatenate(parts).astype(np.int32, copy=False)

    def evaluate(self, inputs: Words, state: Words | None = None) -> Words:
        """Simulate 64 patterns per word and return the value of every node.

        Args:
            inputs: uint64, (num_inputs, num_words): bit p of word w is pattern ``64 * w + p``.
            state: uint64, (num_latches, num_words): value of the latches; may be left out without latches.

        Returns:
            uint64, (num_nodes, num_words).
        """
        if state is None:
            state = np.zeros((0, inputs.shape[1]), np.uint64)
        if len(inputs) != self.num_inputs or len(state) != self.num_latches:
            raise ValueError(
                f"expected {self.num_inputs} inputs and {self.num_latches} latches, got {len(inputs)} and {len(state)}"
            )
        leaves = np.concatenate([inputs, state]).astype(np.uint64, copy=False)
        return _evaluate(self.ands, np.ascontiguousarray(leaves))

    def simulate(self, inputs: Words, state: Words | None = None) -> Words:
        """Simulate 64 patterns per word and return uint64, (num_outputs, num_words); see :meth:`evaluate`."""
        return read_literals(self.evaluate(inputs, state), self.outputs)

    def initial_state(self) -> Words:
        """Return uint64, (num_latches, 1): the state before the first step in all 64 patterns.

        Raises:
            ValueError: if a latch is uninitialised.
        """
        if (self.latches[:, 1] == UNINITIALISED).any():
            raise ValueError("a latch without an initial value has no initial state: choose one")
        return (-self.latches[:, 1:].astype(np.int64)).astype(np.uint64)

    def step(self, inputs: Words, state: Words) -> tuple[Words, Words]:
        """Simulate one time step and return (outputs, next state), shaped as in :meth:`evaluate`."""
        values = self.evaluate(inputs, state)
        return read_literals(values, self.outputs), read_literals(values, self.latches[:, 0])

    def cone(self, literals: Literals) -> npt.NDArray[np.bool_]:
        """Return bool, (num_nodes,): the nodes that ``literals`` depend on, their own nodes included.

        Latches end the cone: it holds one time step.
        """
        return _cone(self.ands, self.first_and, np.asarray(literals, np.int32))

    def content_hash(self) -> str:
        """Return 32 hex digits that depend on the structure alone, not on names and comments."""
        digest = hashlib.blake2b(digest_size=16)
        lengths = [self.num_inputs, self.num_latches, self.num_outputs, self.num_ands, len(self.bad)]
        lengths += [len(self.constraints), len(self.fairness), *map(len, self.justice)]
        digest.update(np.array(lengths, "<i8").tobytes())
        digest.update(self.latches[:, 1].astype("<i4").tobytes())
        digest.update(self.roots().astype("<i4", copy=False).tobytes())
        digest.update(self.ands.astype("<i4", copy=False).tobytes())
        return digest.hexdigest()


def read_literals(values: Words, literals: Literals) -> Words:
    """Return uint64, (len(literals), num_words): node values looked up and complemented where the literal says so."""
    flip = -(literals & 1).astype(np.int64)
    return values[literals >> 1] ^ flip.astype(np.uint64)[:, None]


@numba.njit(cache=True)
def _is_sorted(ands: Literals, first_and: int) -> bool:
    """Say whether every fan-in is a literal of an earlier node."""
    good = True
    for gate in range(len(ands)):
        end = 2 * (first_and + gate)
        good &= 0 <= ands[gate, 0] < end and 0 <= ands[gate, 1] < end
    return good


@numba.njit(cache=True)
def _levels(ands: Literals, first_and: int) -> npt.NDArray[np.int32]:
    levels = np.zeros(first_and + len(ands), np.int32)
    for gate in range(len(ands)):
        levels[first_and + gate] = 1 + max(levels[ands[gate, 0] >> 1], levels[ands[gate, 1] >> 1])
    return levels


@numba.njit(cache=True)
def _evaluate(ands: Literals, leaves: Words) -> Words:
    num_leaves, num_words = leaves.shape
    first_and = 1 + num_leaves
    values = np.empty((first_and + len(ands), num_words), np.uint64)
    values[0] = 0
    values[1:first_and] = leaves
    ones = np.uint64(0xFFFFFFFFFFFFFFFF)
    for gate in range(len(ands)):
        left, right = ands[gate]
        left_flip = ones if left & 1 else np.uint64(0)
        right_flip = ones if right & 1 else np.uint64(0)
        for word in range(num_words):
            values[first_and + gate, word] = (values[left >> 1, word] ^ left_flip) & (
                values[right >> 1, word] ^ right_flip
            )
    return values


@numba.njit(cache=True)
def _cone(ands: Literals, first_and: int, literals: Literals) -> npt.NDArray[np.bool_]:
    inside = np.zeros(first_and + len(ands), np.bool_)
    for literal in literals:
        inside[literal >> 1] = True
    for gate in range(len(ands) - 1, -1, -1):
        if inside[first_and + gate]:
            inside[ands[gate, 0] >> 1] = True
            inside[ands[gate, 1] >> 1] = True
    return inside
