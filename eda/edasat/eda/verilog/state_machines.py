"""State machines at word level, and their states one-hot, as Yosys' ``fsm`` passes leave them.

A register is a state register if multiplexers alone decide its next state, between constants and the old state, and
everybody else only compares it with constants (Yosys manual, ``fsm_detect``). With fewer than 32 states ``fsm_recode``
then gives every state a bit of its own: a comparison becomes a wire, and the design has other registers than its text
says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from .operations import OP, PORT
from .rewriting import MULTIPLEXERS, REGISTERS, Bits, Connections, Rewriting, is_shallow, operands_of
from .words import ONE, ZERO, Words

#: ``fsm_recode`` takes a binary code from here on.
_MOST_STATES: Final = 31
_COMPARISONS: Final = {
    OP["eq"]: "__eq__",
    OP["ne"]: "__ne__",
    OP["lt"]: "__lt__",
    OP["le"]: "__le__",
    OP["gt"]: "__gt__",
    OP["ge"]: "__ge__",
}
_MIRRORED: Final = {"__lt__": "__gt__", "__gt__": "__lt__", "__le__": "__ge__", "__ge__": "__le__"}


@dataclass
class _Machine:
    """A state register, the multiplexers of its next state, and the comparisons of its state."""

    register: int
    multiplexers: list[int]
    #: those of the multiplexers that others read too
    read: list[int]
    #: (word, operator, constant) of each comparison
    comparisons: list[tuple[int, str, int]]
    states: dict[int, int]


def with_states_one_hot(words: Words) -> tuple[Words, npt.NDArray[np.int64]]:
    """Return a design whose state machines have a bit per state.

    Args:
        words: any design; modules are looked at one by one.

    Returns:
        The design with other registers, multiplexers and comparisons; and, int64, the row of ``words`` that each of its
        words stands for.
    """
    finder = Connections(words)
    return _recoded(list(_machines(finder)), finder)


def _machines(finder: Connections) -> Iterator[_Machine]:
    """Yield the state machines."""
    for word in np.flatnonzero(np.isin(finder.op, list(REGISTERS))).tolist():
        machine = _machine(finder, word)
        if machine is not None and 2 <= len(machine.states) <= _MOST_STATES:
            yield machine


def _machine(finder: Connections, register: int) -> _Machine | None:
    """Return the state machine of a register, None if it is none."""
    state, following = finder.output(register), finder.bits(register, "d")
    if len(state) < 2 or len(set(state)) < len(state) or min(state) < 0:
        return None
    tree: list[int] = []
    values: set[int] = set()
    waiting, seen = [following], {following}
    while waiting:
        bits = waiting.pop()
        if bits == state:
            continue
        if max(bits) < 0:
            values |= {_number(bits)} if set(bits) <= {ZERO, ONE} else set()
            continue
        word = int(finder.driver[bits[0]]) if bits[0] >= 0 else -1
        if word < 0 or int(finder.op[word]) not in MULTIPLEXERS or finder.output(word) != bits:
            return None
        tree.append(word)
        for operand in operands_of(finder, word, len(state)):
            if operand not in seen:
                seen.add(operand)
                waiting.append(operand)
    inside = {register, *tree}
    if not tree or not is_shallow(finder, tree):
        return None
    comparisons = []
    for reader in finder.readers(state) - inside:
        comparison = _comparison(finder, reader, state)
        if comparison is None:
            return None
        comparisons.append((reader, *comparison))
    if not comparisons or any(set(finder.bits(word, "select")) & set(state) for word in tree):
        return None
    read = [word for word in tree if finder.readers(finder.output(word)) - inside]
    return _Machine(register, tree, read, comparisons, {value: row for row, value in enumerate(sorted(values))})


def _comparison(finder: Connections, word: int, state: Bits) -> tuple[str, int] | None:
    """Return operator and constant where a word compares a state with a constant."""
    op, a, b = int(finder.op[word]), finder.bits(word, "a"), finder.bits(word, "b")
    if op == OP["logic_not"] and a == state:
        return "__eq__", 0
    if op not in _COMPARISONS or finder.words.signed[word]:
        return None
    name = _COMPARISONS[op]
    if name == "__ne__" and ZERO in (set(a) | set(b)) and 0 in (_number(a), _number(b)):
        return None  # opt_expr makes a reduction of it, which fsm_detect does not know
    if a == state and set(b) <= {ZERO, ONE}:
        return name, _number(b)
    if b == state and set(a) <= {ZERO, ONE}:
        return _MIRRORED.get(name, name), _number(a)
    return None


def _number(bits: Bits) -> int:
    return sum(1 << position for position, bit in enumerate(bits) if bit == ONE)


def _recoded(machines: list[_Machine], finder: Connections) -> tuple[Words, npt.NDArray[np.int64]]:
    """Return the design with other words in place of the machines'."""
    new = Rewriting(finder.words)
    writer = _Writer(finder, new)
    for machine in machines:
        following = writer.write(machine)
        states = machine.states
        for word in machine.read:
            code = following(word)
            for position, net in enumerate(finder.output(word)):
                held = tuple(code[row] for value, row in states.items() if value >> position & 1)
                new.any_of(word, held, (net,))
        state = writer.state
        for word, compare, constant in machine.comparisons:
            held = tuple(state[row] for value, row in states.items() if getattr(value, compare)(constant))
            new.any_of(word, held, finder.output(word))
        new.drop([machine.register, *machine.multiplexers, *(word for word, _, _ in machine.comparisons)])
    return new.finish()


class _Writer:
    """Writes the registers and multiplexers of machines.

    What a multiplexer chooses where the state is known, it chooses for this state alone: "stay" is a constant there.
    """

    def __init__(self, finder: Connections, new: Rewriting) -> None:
        self.finder, self.new = finder, new
        self.machine: _Machine
        self.state: Bits = ()
        self.written: dict[tuple[int, int | None], Bits] = {}
        self.state_of_net: dict[int, int] = {}

    def write(self, machine: _Machine) -> Callable[[int], Bits]:
        """Write the words of a machine; return what gives the one-hot output of any of its multiplexers."""
        finder, register = self.finder, machine.register
        self.machine, self.written = machine, {}
        self.state = self._nets()
        self.state_of_net = {
            finder.output(word)[0]: constant for word, compare, constant in machine.comparisons if compare == "__eq__"
        }
        self._word(register, self.state, lambda bits, _: self._code(bits, None))
        return lambda word: self._code(finder.output(word), None)

    def _nets(self) -> Bits:
        return self.new.nets(len(self.machine.states))

    def _word(self, word: int, output: Bits, code: Callable[[Bits, int], Bits]) -> None:
        """Write a word of the same kind with one-hot data."""
        width = len(self.finder.output(self.machine.register))
        pins = []
        for name, port, drives, bits in self.finder.pins(word):
            new = bits
            if drives:
                new = output
            elif port in (PORT["a"], PORT["d"]):
                new = code(bits, -1)
            elif port == PORT["b"]:
                chunks = [bits[start : start + width] for start in range(0, len(bits), width)]
                new = tuple(bit for case, chunk in enumerate(chunks) for bit in code(chunk, case))
            pins.append((name, drives, new))
        self.new.add(word, int(self.finder.words.type[word]), pins)

    def _code(self, bits: Bits, known: int | None) -> Bits:
        """Return the one-hot code of a value: nets, or constants.

        Args:
            bits: the state, a constant, or the output of a multiplexer.
            known: the state wherever this value counts; None if it may be any.
        """
        states = self.machine.states
        if max(bits) < 0 and not set(bits) <= {ZERO, ONE}:
            return (min(bits),) * len(states)  # whatever it is, it is undecided
        if bits == self.finder.output(self.machine.register):
            if known not in states:
                return self.state
            return tuple(ONE if row == states[known] else ZERO for row in states.values())
        if max(bits) < 0:
            return tuple(ONE if row == states[_number(bits)] else ZERO for row in states.values())
        word = int(self.finder.driver[bits[0]])
        if (word, known) not in self.written:
            self.written[word, known] = output = self._nets()
            select = self.finder.bits(word, "select")
            case_states = [self.state_of_net.get(bit) for bit in select]
            self._word(
                word,
                output,
                lambda chunk, case: self._code(
                    chunk, case_states[case] if case >= 0 and case_states[case] is not None else known
                ),
            )
        return self.written[word, known]
