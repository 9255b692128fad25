"""The arithmetic of Tcl's ``expr``, as far as constraint files use it.

Whole numbers stay whole (``5 / 2`` is 2), as in Tcl; beyond 64 bits they become floating-point.
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable
from typing import Final, TypeAlias

Number: TypeAlias = int | float

_MAX_DEPTH: Final = 50  # of parentheses and signs
_TOKEN: Final = re.compile(
    r"\s*(?:(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)|(?P<text>\"[^\"]*\"|\{[^{}]*\})|(?P<word>[A-Za-z_][\w./]*)"
    r"|(?P<sign><=|>=|==|!=|&&|\|\||[-+*/%()<>!?:,]))"
)
_FUNCTIONS: Final[dict[str, Callable[..., Number]]] = {
    "abs": abs,
    "ceil": lambda x: float(math.ceil(x)),
    "double": float,
    "floor": lambda x: float(math.floor(x)),
    "int": int,
    "max": max,
    "min": min,
    "round": lambda x: math.floor(x + 0.5) if x >= 0 else -math.floor(-x + 0.5),
    "sqrt": math.sqrt,
}
_TRUE: Final = {"true": 1, "yes": 1, "on": 1, "false": 0, "no": 0, "off": 0}
_LEVELS: Final = (("||",), ("&&",), ("eq", "ne"), ("==", "!="), ("<", ">", "<=", ">="), ("+", "-"), ("*", "/", "%"))
_COMPARE: Final[dict[str, Callable[[object, object], bool]]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "eq": lambda a, b: str(a) == str(b),
    "ne": lambda a, b: str(a) != str(b),
}
_ORDER: Final[dict[str, Callable[[Number, Number], bool]]] = {
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
}


class ExpressionError(ValueError):
    """An expression that cannot be calculated; the text says why."""


def evaluate(text: str) -> str:
    """Return the value of an expression as Tcl would print it.

    >>> [evaluate(text) for text in ("1 + 2 * 3", "0.5 * (4 - 2)", "7 / 2", "max(1, 2.5)", "2 > 1 && 3 != 3")]
    ['7', '1.0', '3', '2.5', '0']
    """
    value = _Parser(text).parse()
    return value if isinstance(value, str) else repr(value)


def truth(text: str) -> bool:
    """Return whether a condition holds."""
    value = _Parser(text).parse()
    if isinstance(value, str):
        raise ExpressionError(f"'{value}' is neither true nor false")
    return value != 0


class _Parser:
    """Precedence climbing over the tokens of one expression."""

    def __init__(self, text: str) -> None:
        self.tokens: list[tuple[str, str]] = []
        self.at = 0
        self.depth = 0
        position, end = 0, len(text.rstrip())
        while position < end:
            found = _TOKEN.match(text, position)
            if not found:
                raise ExpressionError(f"'{text[position : position + 20].strip()}' is not understood")
            self.tokens.append((found.lastgroup or "", found[found.lastgroup or 0]))
            position = found.end()

    def parse(self) -> Number | str:
        value = self._choice()
        if self.at < len(self.tokens):
            raise ExpressionError(f"'{self.tokens[self.at][1]}' is not expected")
        return value

    def _next(self, *wanted: str) -> str:
        """Take the next token if it is one of these, else return ""."""
        if self.at < len(self.tokens) and self.tokens[self.at][1] in wanted and self.tokens[self.at][0] != "text":
            self.at += 1
            return self.tokens[self.at - 1][1]
        return ""

    def _choice(self) -> Number | str:
        condition = self._binary(0)
        if not self._next("?"):
            return condition
        first = self._choice()
        if not self._next(":"):
            raise ExpressionError("':' is missing")
        second = self._choice()
        return first if _number(condition) else second

    def _binary(self, level: int) -> Number | str:
        if level == len(_LEVELS):
            return self._unary()
        value = self._binary(level + 1)
        while sign := self._next(*_LEVELS[level]):
            value = _apply(sign, value, self._binary(level + 1))
        return value

    def _unary(self) -> Number | str:
        self.depth += 1
        if self.depth > _MAX_DEPTH:
            raise ExpressionError(f"it nests more than {_MAX_DEPTH} deep")
        try:
            if sign := self._next("-", "+", "!"):
                value = _number(self._unary())
                return -value if sign == "-" else int(not value) if sign == "!" else value
            return self._atom()
        finally:
            self.depth -= 1

    def _atom(self) -> Number | str:
        if self._next("("):
            value = self._choice()
            if not self._next(")"):
                raise ExpressionError("')' is missing")
            return value
        if self.at == len(self.tokens):
            raise ExpressionError("a value is missing")
        kind, text = self.tokens[self.at]
        self.at += 1
        if kind == "number":
            return _whole(int(text)) if text.isdigit() else float(text)
        if kind == "text":
            return text[1:-1]
        if kind == "word" and text in _FUNCTIONS and self._next("("):
            arguments = [_number(self._choice())]
            while self._next(","):
                arguments.append(_number(self._choice()))
            if not self._next(")"):
                raise ExpressionError("')' is missing")
            try:
                return _whole(_FUNCTIONS[text](*arguments))
            except (TypeError, ValueError, OverflowError) as error:
                raise ExpressionError(str(error)) from None
        if kind == "word":
            return _TRUE.get(text.lower(), text)
        raise ExpressionError(f"'{text}' is not expected")


def _number(value: Number | str) -> Number:
    if isinstance(value, str):
        raise ExpressionError(f"'{value}' is not a number")
    return value


def _whole(value: Number) -> Number:
    """Keep whole numbers within 64 bits."""
    return float(value) if isinstance(value, int) and abs(value) >= 1 << 63 else value


def _apply(sign: str, left: Number | str, right: Number | str) -> Number | str:
    if sign in _COMPARE:
        return int(_COMPARE[sign](left, right))
    a, b = _number(left), _number(right)
    if sign in _ORDER:
        return int(_ORDER[sign](a, b))
    if sign in {"&&", "||"}:
        return int(bool(a) and bool(b)) if sign == "&&" else int(bool(a) or bool(b))
    if sign in {"/", "%"} and b == 0:
        raise ExpressionError("division by zero")
    if sign == "/":
        return a // b if isinstance(a, int) and isinstance(b, int) else a / b
    if sign == "%":
        if not (isinstance(a, int) and isinstance(b, int)):
            raise ExpressionError("'%' needs whole numbers")
        return a % b
    return _whole({"+": operator.add, "-": operator.sub, "*": operator.mul}[sign](a, b))
