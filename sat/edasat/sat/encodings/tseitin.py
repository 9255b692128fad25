"""From circuits to clauses: the Tseitin encoding of an and-inverter graph.

Tseitin (1968) gives every gate a variable and states that it equals its function. Plaisted and Greenbaum (1986) keep
only the implications that the asserted literals need. XORs and multiplexers, three gates each in an AIG, can be
recognised and encoded as one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numba
import numpy as np
import numpy.typing as npt

from edasat.eda.aig import Aig, Literals

from ..cnf import Cnf

# What a node is encoded as.
_AND: Final = 0
_XOR: Final = 1
_MUX: Final = 2
# Which implications of a node are needed.
_FORWARD: Final = 1  # node true -> its function is true
_BACKWARD: Final = 2  # its function is true -> node true


def tseitin(
    aig: Aig,
    *,
    asserted: Sequence[int] | Literals | None = None,
    polarity_aware: bool = False,
    detect_gates: bool = False,
    name: str = "",
) -> Cnf:
    """Encode the cone of some literals of a circuit and assert that all of them are true.

    Inputs and latches keep their node numbers: input i is variable ``1 + i``, latch j variable
    ``1 + num_inputs + j`` (latches are free variables, one time step is encoded). Gates follow in topological order.
    A model restricted to the inputs is therefore an input pattern of the circuit.

    Args:
        aig: the circuit.
        asserted: AIG literals that must be true; all outputs by default.
        polarity_aware: leave out implications that no asserted literal needs (Plaisted and Greenbaum). The formula
            stays equisatisfiable, and its models restricted to inputs stay the same.
        detect_gates: encode XOR and multiplexer structures with one variable and four clauses of three literals.
        name: name of the formula; the circuit's by default.

    >>> import numpy as np
    >>> tseitin(Aig(2, np.array([[2, 5]], np.int32), np.array([6], np.int32))).to_lists()
    [[-3, 1], [-3, -2], [3, -1, 2], [3]]
    """
    literals = np.asarray(aig.outputs if asserted is None else asserted, np.int32).reshape(-1)
    if len(literals) and not 0 <= int(literals.min()) <= int(literals.max()) < 2 * aig.num_nodes:
        raise ValueError(f"asserted literals must lie between 0 and {2 * aig.num_nodes - 1}")
    kinds, operands = _gates(aig.ands, aig.first_and, detect_gates)
    needed = _needed(aig.first_and, kinds, operands, literals, polarity_aware)

    encoded = needed[aig.first_and :] != 0
    variables = np.arange(aig.num_nodes, dtype=np.int32)
    variables[aig.first_and :] = aig.first_and - 1 + np.cumsum(encoded)
    num_vars = aig.first_and - 1 + int(encoded.sum())
    uses_constant = bool(needed[0]) and bool((operands[encoded] >> 1 == 0)[_operand_used(kinds[encoded])].any())
    if uses_constant:
        num_vars += 1
        variables[0] = num_vars

    offsets, flat = _clauses(aig.first_and, kinds, operands, needed, variables)
    units = [[-num_vars]] if uses_constant else []
    for literal in literals.tolist():
        if literal > 1:
            units.append([int(-variables[literal >> 1] if literal & 1 else variables[literal >> 1])])
        elif literal == 0:
            units.append([])
    ends = offsets[-1] + np.cumsum([len(unit) for unit in units], dtype=np.int64)
    return Cnf.from_arrays(
        np.concatenate([offsets, ends]),
        np.concatenate([flat, np.array([x for unit in units for x in unit], np.int32)]),
        num_vars,
        name or aig.name,
    )


def _operand_used(kinds: npt.NDArray[np.int8]) -> npt.NDArray[np.bool_]:
    """Return bool, (n, 3): only a multiplexer has a third operand."""
    used = np.ones((len(kinds), 3), bool)
    used[:, 2] = kinds == _MUX
    return used


@numba.njit(cache=True)
def _gates(ands: Literals, first_and: int, detect: bool) -> tuple[npt.NDArray[np.int8], Literals]:
    """Say for every gate what it is and what its operands are.

    A gate ``!(p q) !(!p s)`` is the multiplexer ``p ? !q : !s``, and with ``s = !q`` the XOR of p and q.

    Returns:
        int8, (num_ands,): kind of each gate; int32, (num_ands, 3): operand literals, (select, then, else) for a
        multiplexer.
    """
    kinds = np.zeros(len(ands), np.int8)
    operands = np.zeros((len(ands), 3), np.int32)
    operands[:, :2] = ands
    if not detect:
        return kinds, operands
    for gate in range(len(ands)):
        x, y = ands[gate]
        if not (x & 1 and y & 1 and x >> 1 >= first_and and y >> 1 >= first_and):
            continue
        left = ands[(x >> 1) - first_and]
        right = ands[(y >> 1) - first_and]
        for i in range(2):
            for j in range(2):
                if kinds[gate] == _AND and left[i] == right[j] ^ 1:
                    p, q, s = left[i], left[1 - i], right[1 - j]
                    operands[gate, 0], operands[gate, 1], operands[gate, 2] = p, q ^ 1, s ^ 1
                    kinds[gate] = _MUX
                    if s == q ^ 1:
                        kinds[gate] = _XOR
                        operands[gate, 1] = q
    return kinds, operands


@numba.njit(cache=True)
def _needed(
    first_and: int, kinds: npt.NDArray[np.int8], operands: Literals, asserted: Literals, polarity_aware: bool
) -> npt.NDArray[np.int8]:
    """Sweep back from the asserted literals and return int8, (num_nodes,): the implications each node needs."""
    both = _FORWARD | _BACKWARD
    needed = np.zeros(first_and + len(kinds), np.int8)
    for literal in asserted:
        needed[literal >> 1] |= (_BACKWARD if literal & 1 else _FORWARD) if polarity_aware else both
    for gate in range(len(kinds) - 1, -1, -1):
        need = needed[first_and + gate]
        if need == 0:
            continue
        flipped = (need & _FORWARD) << 1 | (need & _BACKWARD) >> 1
        for i in range(3 if kinds[gate] == _MUX else 2):
            literal = operands[gate, i]
            if kinds[gate] == _XOR or (kinds[gate] == _MUX and i == 0):
                needed[literal >> 1] |= both
            else:
                needed[literal >> 1] |= flipped if literal & 1 else need
    return needed


@numba.njit(cache=True)
def _clauses(
    first_and: int,
    kinds: npt.NDArray[np.int8],
    operands: Literals,
    needed: npt.NDArray[np.int8],
    variables: npt.NDArray[np.int32],
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int32]]:
    """Write the clauses of every needed gate; returns the CSR arrays of :class:`Cnf`."""
    count = np.count_nonzero(needed[first_and:])
    offsets = np.zeros(4 * count + 1, np.int64)
    literals = np.zeros(12 * count, np.int32)
    clause = end = 0
    for gate in range(len(kinds)):
        need = needed[first_and + gate]
        if need == 0:
            continue
        n = variables[first_and + gate]
        x, y, z = operands[gate]
        a = -variables[x >> 1] if x & 1 else variables[x >> 1]
        b = -variables[y >> 1] if y & 1 else variables[y >> 1]
        c = -variables[z >> 1] if z & 1 else variables[z >> 1]
        if kinds[gate] == _AND:
            if need & _FORWARD:
                for literal in (a, b):
                    literals[end], literals[end + 1] = -n, literal
                    end += 2
                    clause += 1
                    offsets[clause] = end
            if need & _BACKWARD:
                literals[end], literals[end + 1], literals[end + 2] = n, -a, -b
                end += 3
                clause += 1
                offsets[clause] = end
            continue
        # Both other kinds are "if a then t else e": an XOR is a ? !b : b.
        then, other = (-b, b) if kinds[gate] == _XOR else (b, c)
        if need & _FORWARD:
            for guard, value in ((-a, then), (a, other)):
                literals[end], literals[end + 1], literals[end + 2] = -n, guard, value
                end += 3
                clause += 1
                offsets[clause] = end
        if need & _BACKWARD:
            for guard, value in ((-a, then), (a, other)):
                literals[end], literals[end + 1], literals[end + 2] = n, guard, -value
                end += 3
                clause += 1
                offsets[clause] = end
    return offsets[: clause + 1], literals[:end]
