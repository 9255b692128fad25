"""Boolean expressions as Liberty writes them: ``function``, ``when`` and ``three_state``.

Operators by rising strength: ``+`` or ``|`` (or), ``&``, ``*`` or a blank (and), ``^`` (exclusive or), ``!`` in front
or ``'`` behind (not); ``1`` and ``0`` are constants (Liberty User Guide, "function attribute": inversion first, then
exclusive or, then and, then or). Values are three-valued: 0, 1 or None for unknown.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from edasat.core.errors import InputError, Message

from .library import Sense

_TOKEN = re.compile(r"""\s*((?:\\.|[^\s!'&*+|^()"\\])+|[!'&*+|^()])""")
_SYNTAX = Message("liberty-function", "cannot read the expression '{text}': {why}", "check the library")

#: A parsed expression: ("pin", name), ("constant", value), ("not", a), ("and" | "or" | "xor", a, b).
Expression = tuple[object, ...]


@lru_cache(maxsize=10_000)
def parse(text: str) -> Expression:
    """Parse an expression.

    Raises:
        InputError: if it is not well-formed.

    >>> parse("!A B + C'")
    ('or', ('and', ('not', ('pin', 'A')), ('pin', 'B')), ('not', ('pin', 'C')))
    """
    symbols: list[str] = []
    at = 0
    stripped = text.rstrip()
    while at < len(stripped):
        match = _TOKEN.match(stripped, at)
        if match is None:
            raise InputError.of(_SYNTAX, text=text, why=f"unexpected '{stripped[at:].strip()[:1]}'")
        symbols.append(match.group(1).replace("\\", ""))
        at = match.end()
    try:
        expression, rest = _sum(symbols, 0)
    except IndexError:
        raise InputError.of(_SYNTAX, text=text, why="it ends too early") from None
    except RecursionError:
        raise InputError.of(_SYNTAX, text=text[:80], why="it is nested too deeply") from None
    if rest != len(symbols):
        raise InputError.of(_SYNTAX, text=text, why=f"unexpected '{symbols[rest]}'")
    return expression


def pins_of(expression: Expression) -> set[str]:
    """Return the names of the pins that an expression reads."""
    if expression[0] == "pin":
        return {str(expression[1])}
    if expression[0] == "constant":
        return set()
    return set().union(*(pins_of(part) for part in expression[1:]))  # type: ignore[arg-type]


def evaluate(expression: Expression, values: Mapping[str, int | None]) -> int | None:
    """Return the value under three-valued logic; pins that are missing from ``values`` are unknown.

    >>> evaluate(parse("A * B"), {"A": 0}), evaluate(parse("A + B"), {"A": 0})
    (0, None)
    """
    kind = expression[0]
    if kind == "pin":
        return values.get(str(expression[1]))
    if kind == "constant":
        return int(expression[1])  # type: ignore[call-overload]
    operands = [evaluate(part, values) for part in expression[1:]]  # type: ignore[arg-type]
    if kind == "not":
        return None if operands[0] is None else 1 - operands[0]
    if kind == "xor":
        return None if None in operands else operands[0] ^ operands[1]  # type: ignore[operator]
    decides = 0 if kind == "and" else 1
    if decides in operands:
        return decides
    return None if None in operands else 1 - decides


@lru_cache(maxsize=10_000)
def formula_senses(text: str) -> dict[str, Sense] | None:
    """Return by pin name how an expression follows it, from the negations above it; None for what is no expression.

    As in other timing tools the formula decides, not the function: ``a*b + a*!b`` has no sense for ``b``.

    >>> {pin: found.name for pin, found in formula_senses("!(a b) + (c ^ d')").items()}
    {'a': 'NEGATIVE', 'b': 'NEGATIVE', 'c': 'NON_UNATE', 'd': 'NON_UNATE'}
    """
    try:
        polarity = _polarities(parse(text))
    except InputError:
        return None
    return {pin: Sense(seen - 1) for pin, seen in polarity.items()}


def _polarities(expression: Expression) -> dict[str, int]:
    """Return by pin name bit 0 if it appears unnegated, bit 1 if negated."""
    kind, *parts = expression
    if kind == "pin":
        return {str(parts[0]): 1}
    if kind == "constant":
        return {}
    inside = [_polarities(part) for part in parts]  # type: ignore[arg-type]
    if kind == "not":
        return {pin: (seen & 1) << 1 | seen >> 1 for pin, seen in inside[0].items()}
    joined = {pin: inside[0].get(pin, 0) | inside[1].get(pin, 0) for pin in {**inside[0], **inside[1]}}
    return dict.fromkeys(joined, 3) if kind == "xor" else joined


def sense(expression: Expression, pin: str, values: Mapping[str, int | None]) -> tuple[bool, bool]:
    """Return whether a rising ``pin`` may make the expression rise, and whether it may make it fall.

    Pins without a value may be anything, each independently of the others; at most 12 of them are tried exhaustively,
    beyond that both answers are yes.
    """
    free = sorted(name for name in pins_of(expression) if name != pin and values.get(name) is None)
    if len(free) > 12:
        return True, True
    rises = falls = False
    for number in range(1 << len(free)):
        chosen = {**values, **{name: number >> i & 1 for i, name in enumerate(free)}}
        low, high = (evaluate(expression, {**chosen, pin: value}) for value in (0, 1))
        rises |= (low, high) == (0, 1)
        falls |= (low, high) == (1, 0)
        if rises and falls:
            break
    return rises, falls


def _sum(symbols: list[str], at: int) -> tuple[Expression, int]:
    left, at = _product(symbols, at)
    while at < len(symbols) and symbols[at] in "+|":
        right, at = _product(symbols, at + 1)
        left = ("or", left, right)
    return left, at


def _product(symbols: list[str], at: int) -> tuple[Expression, int]:
    left, at = _difference(symbols, at)
    while at < len(symbols) and symbols[at] not in ")+|":
        if symbols[at] in "&*":
            at += 1
        right, at = _difference(symbols, at)
        left = ("and", left, right)
    return left, at


def _difference(symbols: list[str], at: int) -> tuple[Expression, int]:
    left, at = _factor(symbols, at)
    while at < len(symbols) and symbols[at] == "^":
        right, at = _factor(symbols, at + 1)
        left = ("xor", left, right)
    return left, at


def _factor(symbols: list[str], at: int) -> tuple[Expression, int]:
    symbol = symbols[at]
    if symbol == "!":
        inner, at = _factor(symbols, at + 1)
        return ("not", inner), at
    if symbol == "(":
        inner, at = _sum(symbols, at + 1)
        if symbols[at] != ")":
            raise IndexError
        at += 1
    elif symbol in "&*+|^)'":
        raise IndexError
    else:
        inner, at = (("constant", int(symbol)) if symbol in "01" else ("pin", symbol)), at + 1
    while at < len(symbols) and symbols[at] == "'":
        inner, at = ("not", inner), at + 1
    return inner, at
