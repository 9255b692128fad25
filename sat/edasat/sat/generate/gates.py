"""The circuit in a formula: which variables are defined by others, and what is asked of them.

Encoders write a gate as clauses that say what its output is (Tseitin, 1968). Looking for these groups of clauses gives
back AND, XOR and multiplexer gates (Ostrowski, Gregoire, Mazure and Sais, "Recovering and Exploiting Structural
Knowledge from CNF Formulas", CP 2002); what remains are clauses that the circuit's signals must satisfy.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

from edasat.eda.aig_builder import AigBuilder

from ..cnf import Cnf

GateKind = Literal["and", "xor", "mux"]

#: Steps of all searches for cycles together, as a multiple of the variables: enough wherever gates are found in an
#: order near a topological one.
_CYCLE_WORK: Final = 400
#: Inputs of an AND gate at most.
_WIDEST: Final = 64


class Gate(NamedTuple):
    """A variable's definition.

    Attributes:
        output: a literal; negative where the complement is what the gate computes.
        kind: "and" of all inputs; "xor" of two; "mux": the second input where the first is true, else the third.
        inputs: literals.
        clauses: indices of the clauses that say so.
    """

    output: int
    kind: GateKind
    inputs: tuple[int, ...]
    clauses: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Circuit:
    """What was recognised.

    Attributes:
        num_vars: of the formula.
        gates: in topological order, at most one per variable.
        constraints: the other clauses.
    """

    num_vars: int
    gates: tuple[Gate, ...]
    constraints: tuple[tuple[int, ...], ...]

    def build(self, builder: AigBuilder) -> dict[int, int]:
        """Add the circuit to a graph; return the graph's literal of each variable. Undefined ones become inputs."""
        defined = {abs(gate.output) for gate in self.gates}
        used = {abs(x) for gate in self.gates for x in gate.inputs} | {abs(x) for c in self.constraints for x in c}
        signals = {variable: builder.input() for variable in sorted(used - defined)}
        for gate in self.gates:
            inputs = [signals[abs(x)] ^ (x < 0) for x in gate.inputs]
            if gate.kind == "and":
                value = builder.and_all(inputs)
            elif gate.kind == "xor":
                value = builder.xor(*inputs)
            else:
                value = builder.mux(*inputs)
            signals[abs(gate.output)] = value ^ (gate.output < 0)
        return signals

    def satisfied(self, builder: AigBuilder, signals: dict[int, int]) -> int:
        """Return a literal that is true where all constraints hold."""
        return builder.and_all(
            [builder.or_all([signals[abs(x)] ^ (x < 0) for x in clause]) for clause in self.constraints]
        )

    @property
    def watched(self) -> list[int]:
        """Variables of constraints that gates define: the outputs of the circuit."""
        defined = {abs(gate.output) for gate in self.gates}
        return sorted({abs(x) for clause in self.constraints for x in clause} & defined)


def recognise(cnf: Cnf) -> Circuit:
    """Find gates, each variable's widest first, such that no variable depends on itself.

    >>> found = recognise(Cnf.from_clauses([[-3, 1], [-3, 2], [3, -1, -2], [3]]))
    >>> found.gates[0].inputs, found.constraints
    ((1, 2), ((3,),))
    """
    finder = _Finder(cnf)
    chosen: dict[int, Gate] = {}
    taken: set[int] = set()
    work = _CYCLE_WORK * (cnf.num_vars + 1)
    # Encoders number outputs after inputs, and where names are shuffled any order is as good.
    for variable in range(cnf.num_vars, 0, -1):
        for gate in finder.gates_of(variable):
            if taken.isdisjoint(gate.clauses) and work > 0:
                depends, steps = _depends(gate, variable, chosen)
                work -= steps
                if not depends:
                    chosen[variable] = gate
                    taken.update(gate.clauses)
                    break
    rows = finder.rows
    constraints = tuple(tuple(sorted(row)) for i, row in enumerate(rows) if i not in taken and not _is_tautology(row))
    return Circuit(cnf.num_vars, tuple(_sorted(chosen)), constraints)


def _is_tautology(row: frozenset[int]) -> bool:
    return any(-literal in row for literal in row)


def _depends(gate: Gate, variable: int, chosen: dict[int, Gate]) -> tuple[bool, int]:
    """Tell whether a gate's inputs depend on its output; also return the variables looked at."""
    stack = [abs(x) for x in gate.inputs]
    seen = set(stack)
    while stack:
        here = stack.pop()
        if here == variable:
            return True, len(seen)
        below = chosen.get(here)
        for x in below.inputs if below else ():
            if abs(x) not in seen:
                seen.add(abs(x))
                stack.append(abs(x))
    return False, len(seen)


def _sorted(chosen: dict[int, Gate]) -> Iterator[Gate]:
    """Yield gates after those that their inputs come from."""
    done: set[int] = set()
    for root in sorted(chosen):
        stack = [root]
        while stack:
            variable = stack[-1]
            waiting = [abs(x) for x in chosen[variable].inputs if abs(x) in chosen and abs(x) not in done]
            if variable in done:
                stack.pop()
            elif waiting:
                stack.extend(waiting)
            else:
                done.add(stack.pop())
                yield chosen[variable]


class _Finder:
    """Looks for the gates that define a variable."""

    def __init__(self, cnf: Cnf) -> None:
        self.rows = [frozenset(row) for row in cnf.to_lists()]
        self._index = {row: i for i, row in reversed(list(enumerate(self.rows)))}
        self._holding: dict[int, list[int]] = defaultdict(list)
        for i, row in enumerate(self.rows):
            for literal in row:
                self._holding[literal].append(i)

    def gates_of(self, variable: int) -> Iterator[Gate]:
        """Yield possible definitions of a variable, exclusive ors and multiplexers before AND gates."""
        for i in self._holding[variable]:
            if len(self.rows[i]) == 3:
                yield from self._xor(variable, i)
        yield from self._muxes(variable)
        for output in (variable, -variable):
            ands = sorted((i for i in self._holding[output] if 2 < len(self.rows[i]) <= _WIDEST + 1), key=self._width)
            for i in ands:
                yield from self._and(output, i)

    def _width(self, index: int) -> tuple[int, int]:
        return -len(self.rows[index]), index

    def _xor(self, variable: int, index: int) -> Iterator[Gate]:
        """Yield ``variable = a xor b`` for a clause (variable or not a or b)."""
        a, b = sorted(self.rows[index] - {variable}, key=abs)
        a = -a
        indices = [self._index.get(frozenset(c)) for c in ((a, -b, variable), (a, b, -variable), (-a, -b, -variable))]
        if None not in indices:
            yield Gate(variable, "xor", (a, b), (index, *(i for i in indices if i is not None)))

    def _muxes(self, variable: int) -> Iterator[Gate]:
        """Yield ``variable = s ? t : e``: clauses (-s -t v) (-s t -v) (s -e v) (s e -v)."""
        halves: dict[int, list[tuple[int, int, int]]] = defaultdict(list)
        for i in self._holding[variable]:
            row = self.rows[i]
            if len(row) == 3:
                x, y = sorted(row - {variable})
                for select, data in ((-x, -y), (-y, -x)):
                    # Where select holds, data makes the variable true; it must also be what makes it false.
                    other = self._index.get(frozenset((-select, data, -variable)))
                    if other is not None:
                        halves[select].append((data, i, other))
        for select in sorted(select for select in halves if select > 0):
            for then, *first in halves[select]:
                for other, *second in halves.get(-select, ()):
                    if abs(then) != abs(other):
                        yield Gate(variable, "mux", (select, then, other), (*first, *second))

    def _and(self, output: int, index: int) -> Iterator[Gate]:
        """Yield ``output = and of inputs`` for a clause (output or not a or not b ...) whose inputs all follow."""
        inputs = tuple(sorted(-x for x in self.rows[index] - {output}))
        indices = [self._index.get(frozenset((-output, x))) for x in inputs]
        if None not in indices:
            yield Gate(output, "and", inputs, (index, *(i for i in indices if i is not None)))
