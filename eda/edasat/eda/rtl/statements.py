"""Statements of procedural blocks as a tree, and their layout in a style."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from .style import Style


@dataclass(frozen=True)
class Set:
    """An assignment; blocking or not is decided by the block it stands in."""

    target: str
    value: str


@dataclass(frozen=True)
class If:
    """A condition with its two branches."""

    condition: str
    then: Sequence[Statement]
    otherwise: Sequence[Statement] = ()


@dataclass(frozen=True)
class Case:
    """A case statement; ``arms`` are pairs of labels and statements. Without a default, all values are covered."""

    subject: str
    arms: Sequence[tuple[str, Sequence[Statement]]]
    default: Sequence[Statement] | None = None


@dataclass(frozen=True)
class Loop:
    """A for loop over an integer from 0 to ``count - 1``."""

    variable: str
    count: str
    body: Sequence[Statement]


Statement = Set | If | Case | Loop

#: Targets are padded to a common width up to this many characters.
_WIDEST_COLUMN: Final = 24


@dataclass(frozen=True)
class Layout:
    """Writes statements of one block: ``operator`` is ``<=`` in clocked blocks and ``=`` elsewhere."""

    style: Style
    operator: str

    def block(self, head: str, body: Sequence[Statement], level: int = 0) -> list[str]:
        """Return ``head`` followed by its statements, between ``begin`` and ``end`` where needed or liked."""
        step = self.style.indent * level
        lines = self.statements(body, level + 1)
        if not self.style.always_begin and len(body) == 1 and (isinstance(body[0], Set) or level == 0):
            return [step + head, *lines]
        if self.style.new_line_begin:
            return [step + head, f"{step}begin", *lines, f"{step}end"]
        return [f"{step}{head} begin", *lines, f"{step}end"]

    def statements(self, body: Sequence[Statement], level: int) -> list[str]:
        """Return the lines of a sequence of statements."""
        step = self.style.indent * level
        lines: list[str] = []
        pad = 0
        if self.style.aligned:
            pad = max((len(entry.target) for entry in body if isinstance(entry, Set)), default=0)
            pad = pad if pad <= _WIDEST_COLUMN else 0
        for statement in body:
            match statement:
                case Set(target, value):
                    lines.append(f"{step}{target:<{pad}} {self.operator} {value};")
                case If():
                    lines += self._condition(statement, level)
                case Loop(variable, count, inner):
                    head = f"for ({variable} = 0; {variable} < {count}; {variable} = {variable} + 1)"
                    lines += self.block(head, inner, level)
                case Case(subject, arms, default):
                    lines.append(f"{step}case ({subject})")
                    for label, inner in arms:
                        lines += self._arm(label, inner, level + 1)
                    if default is not None:
                        lines += self._arm("default", default, level + 1)
                    lines.append(f"{step}endcase")
        return lines

    def _arm(self, label: str, body: Sequence[Statement], level: int) -> list[str]:
        step = self.style.indent * level
        if not body:
            return [f"{step}{label}: ;"]
        if len(body) == 1 and isinstance(body[0], Set):
            return [f"{step}{label}: {self.statements(body, 0)[0]}"]
        return self.block(f"{label}:", body, level)

    def _condition(self, statement: If, level: int) -> list[str]:
        step = self.style.indent * level
        lines = self.block(f"if ({statement.condition})", statement.then, level)
        otherwise = statement.otherwise
        if not otherwise:
            return lines
        if len(otherwise) == 1 and isinstance(otherwise[0], If):
            rest = self._condition(otherwise[0], level)
            rest[0] = f"{step}else {rest[0].lstrip()}"
        else:
            rest = self.block("else", otherwise, level)
        if lines[-1] == f"{step}end" and not (self.style.split_else or self.style.new_line_begin):
            lines[-1] += f" {rest.pop(0).lstrip()}"
        return lines + rest
