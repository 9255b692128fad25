"""Boolean expressions of Liberty (``function``), as far as the sense of an arc needs them.

Operators from the strongest: negation ``!a`` or ``a'``, ``a ^ b``, ``a * b`` (also ``a & b`` and ``a b``), ``a + b``
(also ``a | b``); constants 0 and 1 (Liberty Reference Manual, pin group, ``function``).
"""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from ...library import Sense

_TOKEN = re.compile(r"\s*(?:(?P<name>(?:\\.|[^\s!'^*&+|()\"\\])+)|(?P<operator>[!'^*&+|()]))")
_PRECEDENCE: Final = {"!": 4, "^": 3, "*": 2, "+": 1, "(": 0}
_SAME = {"&": "*", "|": "+"}
_POSITIVE, _NEGATIVE, _BOTH = 1, 2, 3

_Polarity = dict[str, int]  # by pin name: bit 0 if it appears unnegated, bit 1 if negated


@cache
def senses(function: str) -> dict[str, Sense] | None:
    """Return by pin name how the function follows it, from the negations above it; None for what is no expression.

    As in other timing tools the formula decides, not the function: ``a*b + a*!b`` has no sense for ``b``.

    >>> {pin: sense.name for pin, sense in senses("!(a b) + (c ^ d')").items()}
    {'a': 'NEGATIVE', 'b': 'NEGATIVE', 'c': 'NON_UNATE', 'd': 'NON_UNATE'}
    """
    operands: list[_Polarity] = []
    operators: list[str] = []
    expect_operand = True
    position, end = 0, len(function.rstrip())
    while position < end:
        match = _TOKEN.match(function, position)
        if match is None:
            return None
        position = match.end()
        name, operator = match["name"], match["operator"]
        if expect_operand:
            if name is not None:
                operands.append({} if name in {"0", "1"} else {name.replace("\\", ""): _POSITIVE})
                expect_operand = False
            elif operator in {"!", "("}:
                operators.append(operator)
            else:
                return None
            continue
        if operator == "'":
            operands[-1] = _negated(operands[-1])
        elif operator == ")":
            _reduce(operands, operators, 1)
            if not operators:
                return None
            operators.pop()
        else:
            binary = "*" if name is not None or operator in {"!", "("} else _SAME.get(operator, operator)
            _reduce(operands, operators, _PRECEDENCE[binary])
            operators.append(binary)
            expect_operand = True
            if binary == "*" and operator not in {"*", "&"}:  # an operand without an operator before it
                position = match.start()
    if expect_operand:
        return None
    _reduce(operands, operators, 1)
    if operators:
        return None
    return {pin: Sense(polarity - 1) for pin, polarity in operands[0].items()}


def _reduce(operands: list[_Polarity], operators: list[str], precedence: int) -> None:
    """Apply the operators on the stack that bind at least as strongly."""
    while operators and _PRECEDENCE[operators[-1]] >= precedence:
        operator = operators.pop()
        right = operands.pop()
        if operator == "!":
            operands.append(_negated(right))
            continue
        left = operands.pop()
        for pin, polarity in right.items():
            left[pin] = left.get(pin, 0) | polarity
        operands.append(dict.fromkeys(left, _BOTH) if operator == "^" else left)


def _negated(operand: _Polarity) -> _Polarity:
    swapped = {_POSITIVE: _NEGATIVE, _NEGATIVE: _POSITIVE, _BOTH: _BOTH}
    return {pin: swapped[polarity] for pin, polarity in operand.items()}
