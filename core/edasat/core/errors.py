"""Every error a user may see, with its place in the file, and the counting of repeated warnings.

A reader keeps byte offsets while it runs and turns one into line and column only when it fails
(:func:`locate`), so that positions cost nothing on good files.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

#: Exit codes of every command (solver runs answer 10, 20 or 0 as in SAT competitions).
EXIT_DONE: Final = 0
EXIT_CHECK_FAILED: Final = 1
EXIT_USAGE: Final = 2

_CARET_LIMIT = 4096  # no caret in lines longer than this: nobody could read it
_LINE_SHOWN = 120  # characters of the offending line that are shown
_OUTPUT_SHOWN = 4000  # characters of a tool's output kept in the message


class EdasatError(Exception):
    """Root of all errors raised on purpose; a command prints it in one piece and exits with ``exit_code``."""

    exit_code: int = EXIT_USAGE


@dataclass(frozen=True)
class Message:
    """One row of a format's message table: a stable code, a template for ``str.format`` and the likely fix."""

    code: str
    template: str
    hint: str = ""


class InputError(EdasatError):
    """The user's file or argument is wrong.

    Prints ``file:line:col: error: message [code]``, the line with a caret, and a hint.

    Args:
        message: lower case, no full stop, the offending token in quotes.
        path: file name as the user gave it (``-`` for standard input), or "" for an argument.
        line: 1-based line, 0 when the error has no place.
        column: 1-based column in bytes, 0 when unknown.
        code: stable name to search for, such as ``dimacs-header-missing``.
        hint: what to do about it.
        source_line: the offending line without its line end.
    """

    kind = "error"

    def __init__(
        self,
        message: str,
        *,
        path: str = "",
        line: int = 0,
        column: int = 0,
        code: str = "",
        hint: str = "",
        source_line: str = "",
    ) -> None:
        super().__init__(message)
        self.message = message
        self.path = path
        self.line = line
        self.column = column
        self.code = code
        self.hint = hint
        self.source_line = source_line

    @classmethod
    def at(cls, row: Message, path: str, data: bytes, offset: int, first_line: int = 1, **values: object) -> InputError:
        """Build the error of a message table row at a byte offset of ``data``."""
        line, column, text = locate(data, offset)
        return cls(
            row.template.format(**values),
            path=path,
            line=line + first_line - 1,
            column=column,
            code=row.code,
            hint=row.hint.format(**values),
            source_line=text,
        )

    @classmethod
    def of(cls, row: Message, path: str = "", **values: object) -> InputError:
        """Build the error of a message table row that has no place inside the file."""
        return cls(row.template.format(**values), path=path, code=row.code, hint=row.hint.format(**values))

    def __str__(self) -> str:
        place = ":".join(str(part) for part in (self.path, self.line, self.column) if part)
        text = f"{place}: {self.kind}: {self.message}" if place else f"{self.kind}: {self.message}"
        if self.code:
            text += f" [{self.code}]"
        if self.source_line:
            text += "\n" + _with_caret(self.source_line, self.column)
        if self.hint:
            text += f"\n  hint: {self.hint}"
        return text

    def to_dict(self) -> dict[str, object]:
        """Return the fields for ``--json``."""
        return {
            "error": self.message,
            "path": self.path,
            "line": self.line,
            "column": self.column,
            "code": self.code,
            "hint": self.hint,
        }


class LimitError(InputError):
    """The file is valid, but this program cannot hold it; the limit is ours and is stated."""

    kind = "limit"


class ToolError(EdasatError):
    """An external program failed; carries what was run and what it said."""

    def __init__(self, message: str, *, binary: str, command: list[str], output: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.binary = binary
        self.command = command
        self.output = output

    def __str__(self) -> str:
        text = f"error: {self.message}\n  binary:  {self.binary}\n  command: {' '.join(self.command)}"
        if self.output:
            shown = self.output[-_OUTPUT_SHOWN:]
            cut = len(self.output) - len(shown)
            head = f"[... {cut} characters left out]\n" if cut else ""
            text += "\n  output:  " + (head + shown).strip().replace("\n", "\n           ")
        return text


class ToolTimeout(ToolError):  # noqa: N818 - the name DESIGN.md gives it
    """An external program used up its CPU or wall time."""


class MissingToolError(EdasatError):
    """Something optional is not installed; says what it would enable and how to get it."""


class CheckFailed(EdasatError):  # noqa: N818 - reads as what it says: ran, and the check failed
    """The command ran, and what it checked is not true (exit code 1)."""

    exit_code = EXIT_CHECK_FAILED


def locate(data: bytes, offset: int) -> tuple[int, int, str]:
    r"""Turn a byte offset into (line, column, text of the line), line and column counted from 1.

    >>> locate(b"p cnf 1 1\n1 x 0\n", 12)
    (2, 3, '1 x 0')
    """
    offset = max(0, min(offset, len(data)))
    start = data.rfind(b"\n", 0, offset) + 1
    end = data.find(b"\n", offset)
    if end < 0:
        end = len(data)
    line = data.count(b"\n", 0, start) + 1
    text = data[start : min(end, start + _CARET_LIMIT + 1)].decode("utf-8", "replace").rstrip("\r")
    return line, offset - start + 1, text


def _with_caret(text: str, column: int) -> str:
    """Show a line and a caret under ``column``, cutting long lines around it."""
    shown = "".join(c if c.isprintable() else " " if c == "\t" else "\N{REPLACEMENT CHARACTER}" for c in text)
    if not 0 < column <= _CARET_LIMIT:
        return "  " + shown[:_LINE_SHOWN]
    left = max(0, column - 1 - _LINE_SHOWN // 2)
    prefix = "..." if left else ""
    return f"  {prefix}{shown[left : left + _LINE_SHOWN]}\n  {' ' * (len(prefix) + column - 1 - left)}^"


@dataclass
class Notes:
    """Counts repeated warnings, so that a thousand of one kind print as one line.

    >>> notes = Notes()
    >>> notes.add("dimacs-tautology", "tautological clause", "a.cnf:3")
    >>> notes.add("dimacs-tautology", "tautological clause", "a.cnf:9")
    >>> list(notes.lines())
    ['warning: tautological clause: 2 times, first at a.cnf:3 [dimacs-tautology]']
    """

    counts: dict[str, int] = field(default_factory=dict)
    first: dict[str, tuple[str, str]] = field(default_factory=dict)

    def add(self, code: str, message: str, where: str = "", times: int = 1) -> None:
        """Count ``times`` more warnings of this code; the first keeps its message and place."""
        if times <= 0:
            return
        self.counts[code] = self.counts.get(code, 0) + times
        self.first.setdefault(code, (message, where))

    def __bool__(self) -> bool:
        return bool(self.counts)

    def lines(self) -> Iterator[str]:
        """Yield one printable line per code."""
        for code, count in self.counts.items():
            message, where = self.first[code]
            place = f"first at {where}" if count > 1 else f"at {where}"
            times = f": {count:,} times" if count > 1 else ""
            sep = ", " if times else " "
            yield f"warning: {message}{times}{sep + place if where else ''} [{code}]"
