"""As much of Tcl as constraint files use, interpreted by us: nothing is executed but arithmetic and list commands.

A value is text, or objects: what a query such as ``[get_ports clk]`` stands for. Words follow the rules of Tcl (manual
page Tcl(n)), with two differences. Objects cannot become part of text. And a bracket that holds only a bit number or a
wildcard is text, because people write ``get_ports data[3]`` and timing tools let them.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final, NamedTuple, Protocol, TypeAlias

from edasat.core.errors import InputError

from .expressions import ExpressionError, evaluate, truth
from .record import ObjectQuery, Objects

Value: TypeAlias = str | Objects

MAX_DEPTH: Final = 50  # of brackets and loops in one another
MAX_STEPS: Final = 10_000_000  # commands run
_MAX_LENGTH: Final = 1 << 24  # of a value: a loop that doubles a variable must end

_GAP: Final = re.compile(r"(?:[ \t\r\f\v]|\\\r?\n)*")  # between words
_GAPS: Final = re.compile(r"(?:[ \t\r\f\v\n;]|\\\r?\n)*")  # between commands
_COMMENT: Final = re.compile(r"#(?:[^\\\n]|\\.)*(?:\n|\Z|\\\Z)", re.DOTALL)
_PLAIN: Final = re.compile(r"[^\s;\"$\[\]\\{}]+")
_PIECE: Final = re.compile(r"[^$\[\\]+")
_INDEX: Final = re.compile(r"\[[\d*?:]+\]")
_INSIDE_INDEX: Final = re.compile(r"[\d*?:]+\Z")
_VARIABLE: Final = re.compile(r"\$(?:\{([^}]*)\}|((?:::)?\w+(?:::\w+)*(?:\([^()\s]*\))?))")
_NESTING: Final = re.compile(r"[{}\[\]\"\n;]|\\.", re.DOTALL)
_BRACES: Final = re.compile(r"[{}]|\\.", re.DOTALL)
_CONTINUED: Final = re.compile(r"\\\r?\n[ \t]*")
_ESCAPES: Final = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v", "\n": " "}

# Commands that run programs, read files, define commands or need what only a netlist can tell.
_SCRIPT: Final = (
    "source proc while for eval exec open close read gets uplevel upvar subst interp package namespace apply catch try "
    "error return break continue rename trace after vwait socket file glob cd load regexp regsub string format scan "
    "split join lsort lsearch lrange lreplace linsert lassign array dict incr append unset switch global variable "
    "foreach_in_collection filter_collection append_to_collection"
)
REFUSED: Final = frozenset(_SCRIPT.split())


class Word(NamedTuple):
    """One word of a command after substitution.

    Attributes:
        value: text or objects.
        at: where it begins in the file.
        inside: where the text within its braces begins, -1 for other words.
    """

    value: Value
    at: int
    inside: int = -1


class Host(Protocol):
    """Who knows the commands that are not Tcl's."""

    def known(self, name: str) -> bool:
        """Whether :meth:`call` takes this command."""
        ...

    def call(self, words: list[Word]) -> Value:
        """Run a command and return its value."""
        ...

    def ignore(self, name: str, at: int) -> None:
        """Count a command that is not known."""
        ...

    def fail(self, code: str, at: int, **values: object) -> InputError:
        """Build an error at a place in the file."""
        ...

    def line(self, at: int) -> int:
        """Return the line of a place in the file."""
        ...


class ListError(ValueError):
    """Text that is not a Tcl list."""


def split_list(text: str) -> list[str]:
    r"""Split a Tcl list into its elements.

    >>> split_list(r'a {b c} "d e" f\[0\]')
    ['a', 'b c', 'd e', 'f[0]']
    """
    if not any(c in text for c in '{}"\\'):
        return text.split()
    elements: list[str] = []
    at, end = 0, len(text)
    while True:
        while at < end and text[at].isspace():
            at += 1
        if at == end:
            return elements
        start = at
        if text[at] == "{":
            stop = closing_brace(text, at, end)
            if stop < 0:
                raise ListError("a brace is not closed")
            elements.append(text[at + 1 : stop])
            at = stop + 1
        elif text[at] == '"':
            at += 1
            while at < end and text[at] != '"':
                at += 1 + (text[at] == "\\")
            if at >= end:
                raise ListError("a quote is not closed")
            elements.append(_unescape(text[start + 1 : at]))
            at += 1
        else:
            while at < end and not text[at].isspace():
                at += 1 + (text[at] == "\\")
            at = min(at, end)
            elements.append(_unescape(text[start:at]))
            continue
        if at < end and not text[at].isspace():
            raise ListError("a blank is missing behind an element")


def closing_brace(text: str, at: int, end: int) -> int:
    """Return where the brace opened at ``at`` is closed, -1 if it is not."""
    depth = 0
    for found in _BRACES.finditer(text, at, end):
        depth += (found[0] == "{") - (found[0] == "}")
        if depth == 0:
            return found.start()
    return -1


def _unescape(text: str) -> str:
    return re.sub(r"\\(.)", lambda found: _ESCAPES.get(found[1], found[1]), text, flags=re.DOTALL)


def _quoted_element(text: str) -> str:
    """Return text as one element of a list."""
    return text if text and not re.search(r"[\s{}\"\\]", text) else "{" + text + "}"


class Interpreter:
    """Runs one file.

    Args:
        text: the file.
        host: runs the commands of SDC.
    """

    def __init__(self, text: str, host: Host) -> None:
        self.text = text
        self.host = host
        self.variables: dict[str, Value] = {}
        self.steps = 0
        self.depth = 0
        self.builtins: dict[str, Callable[[list[Word]], Value]] = {
            "set": self._set,
            "expr": self._expr,
            "list": self._list,
            "concat": self._list,
            "lindex": self._lindex,
            "llength": self._llength,
            "lappend": self._lappend,
            "foreach": self._foreach,
            "if": self._if,
            "info": self._info,
        }

    def run(self) -> None:
        """Run the whole file."""
        self._script(0, len(self.text), nested=False)

    # -- the syntax ----------------------------------------------------------------------------------------------

    def _script(self, at: int, end: int, *, nested: bool) -> tuple[Value, int]:
        """Run commands up to ``end``, or up to the bracket that closes; return the last value and the place behind."""
        opening = at - 1
        value: Value = ""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise self.host.fail("sdc-deep", at, limit=MAX_DEPTH)
        while True:
            at = _match_end(_GAPS, self.text, at, end)
            if at >= end:
                break
            if nested and self.text[at] == "]":
                self.depth -= 1
                return value, at + 1
            if self.text[at] == "#":
                at = _match_end(_COMMENT, self.text, at, end)
                continue
            value, at = self._command(at, end, nested=nested)
        if nested:
            raise self.host.fail("sdc-bracket", opening)
        self.depth -= 1
        return value, end

    def _command(self, at: int, end: int, *, nested: bool) -> tuple[Value, int]:
        self.steps += 1
        if self.steps > MAX_STEPS:
            raise self.host.fail("sdc-steps", at, limit=MAX_STEPS)
        words: list[Word] = []
        stop = "\n;]" if nested else "\n;"
        if self.text[at] == "}":
            raise self.host.fail("sdc-closing-brace", at)
        while at < end and self.text[at] not in stop:
            word, at = self._word(at, end, nested=nested)
            words.append(word)
            if len(words) == 1 and not nested and isinstance(word.value, str) and not self._knows(word.value):
                self.host.ignore(word.value, word.at)
                return "", self._behind_command(at, end)
            at = _match_end(_GAP, self.text, at, end)
        value = self._execute(words, nested=nested)
        if len(value) > _MAX_LENGTH:
            raise self.host.fail("sdc-length", words[0].at, limit=_MAX_LENGTH)
        return value, at

    def _knows(self, name: str) -> bool:
        return name in self.builtins or name in REFUSED or self.host.known(name)

    def _execute(self, words: list[Word], *, nested: bool) -> Value:
        name = words[0].value
        if not isinstance(name, str):
            if len(words) == 1:  # a query alone on its line
                return name
            raise self.host.fail("sdc-glued", words[0].at)
        name = name.removeprefix("::")
        if name in self.builtins:
            return self.builtins[name](words)
        if name in REFUSED:
            raise self.host.fail("sdc-script", words[0].at, name=name)
        if nested and len(words) == 1 and _INSIDE_INDEX.match(name):
            return f"[{name}]"
        return self.host.call(words)

    def _behind_command(self, at: int, end: int) -> int:
        """Return the end of the command that ``at`` stands in, without running anything."""
        opened: list[tuple[str, int]] = []
        for found in _NESTING.finditer(self.text, at, end):
            c = found[0]
            inner = opened[-1][0] if opened else ""
            if c in "\n;" and not opened:
                return found.start()
            if inner == '"' and c != '"':
                continue
            if c == "{" or (c == "[" and inner != "{") or (c == '"' and inner not in {"{", '"'}):
                opened.append((c, found.start()))
            elif c + inner in {"}{", "][", '""'}:
                opened.pop()
        if opened:
            code = {"{": "sdc-brace", "[": "sdc-bracket", '"': "sdc-quote"}[opened[0][0]]
            raise self.host.fail(code, opened[0][1])
        return end

    def _word(self, at: int, end: int, *, nested: bool) -> tuple[Word, int]:
        text = self.text
        plain = _PLAIN.match(text, at, end)
        if plain and (plain.end() == end or text[plain.end()] in (" \n\t;]" if nested else " \n\t;")):
            return Word(plain[0], at), plain.end()
        if text[at] == "{":
            stop = closing_brace(text, at, end)
            if stop < 0:
                raise self.host.fail("sdc-brace", at)
            self._check_behind(stop + 1, end, "brace", nested=nested)
            return Word(_CONTINUED.sub(" ", text[at + 1 : stop]), at, at + 1), stop + 1
        if text[at] == '"':
            stop, value = self._substitute(at + 1, end, '"')
            if stop >= end:
                raise self.host.fail("sdc-quote", at)
            self._check_behind(stop + 1, end, "quote", nested=nested)
            return Word(value, at), stop + 1
        stop, value = self._substitute(at, end, " \t\r\f\v\n;]" if nested else " \t\r\f\v\n;")
        return Word(value, at), stop

    def _check_behind(self, at: int, end: int, what: str, *, nested: bool) -> None:
        if at < end and not (self.text[at].isspace() or self.text[at] == ";" or (nested and self.text[at] == "]")):
            if self.text.startswith(("\\\n", "\\\r\n"), at):
                return
            raise self.host.fail("sdc-extra", at, token=self.text[at], what=what)

    def _substitute(self, at: int, end: int, stop: str) -> tuple[int, Value]:
        """Substitute variables, brackets and backslashes up to one of the characters of ``stop``."""
        text = self.text
        start = at
        parts: list[Value] = []
        while at < end and text[at] not in stop:
            c = text[at]
            if c == "\\" and at + 1 < end:
                if continued := _CONTINUED.match(text, at, end):
                    if " " in stop:  # it ends the word
                        break
                    parts.append(" ")
                    at = continued.end()
                    continue
                parts.append(_ESCAPES.get(text[at + 1], text[at + 1]))
                at += 2
            elif c == "$" and (variable := _VARIABLE.match(text, at, end)):
                parts.append(self._variable(variable[1] or variable[2] or "", at))
                at = variable.end()
            elif c == "[":
                if index := _INDEX.match(text, at, end):
                    parts.append(index[0])
                    at = index.end()
                else:
                    value, at = self._script(at + 1, end, nested=True)
                    parts.append(value)
            else:
                parts.append(c)
                at += 1
        if len(parts) == 1:
            return at, parts[0]
        texts = [part for part in parts if isinstance(part, str)]
        if len(texts) < len(parts):
            raise self.host.fail("sdc-glued", start)
        if sum(map(len, texts)) > _MAX_LENGTH:
            raise self.host.fail("sdc-length", start, limit=_MAX_LENGTH)
        return at, "".join(texts)

    def _variable(self, name: str, at: int) -> Value:
        name = name.removeprefix("::")
        if name.startswith("env("):
            raise self.host.fail("sdc-environment", at, name=f"${name}")
        if name not in self.variables:
            raise self.host.fail("sdc-variable", at, name=name)
        return self.variables[name]

    # -- commands of Tcl -----------------------------------------------------------------------------------------

    def _set(self, words: list[Word]) -> Value:
        self._count(words, 1, 2, "a variable and a value")
        name = self._text(words, 1).removeprefix("::")
        if len(words) == 2:
            return self._variable(name, words[1].at)
        self.variables[name] = words[2].value
        return words[2].value

    def _expr(self, words: list[Word]) -> Value:
        self._count(words, 1, 1 << 20, "an expression")
        text = " ".join(self._expression(words, k) for k in range(1, len(words)))
        return self._calculate(evaluate, text, words[1].at)

    def _expression(self, words: list[Word], k: int) -> str:
        """Return the text of an expression; within braces its variables are still to be replaced."""
        word = words[k]
        if word.inside < 0:
            return self._text(words, k)
        end = closing_brace(self.text, word.at, len(self.text))
        _, value = self._substitute(word.inside, end, "")
        if not isinstance(value, str):
            raise self.host.fail("sdc-collection", word.at, name=words[0].value)
        return value

    def _calculate(self, function: Callable[[str], Any], text: str, at: int) -> Any:
        try:
            return function(text)
        except ExpressionError as error:
            raise self.host.fail("sdc-expression", at, token=text[:60], reason=error) from None

    def _list(self, words: list[Word]) -> Value:
        """Run list and concat; objects among the elements make all of them objects."""
        if any(not isinstance(word.value, str) for word in words[1:]):
            return tuple(query for word in words[1:] for query in self.objects(word))
        texts = [str(word.value) for word in words[1:]]
        if words[0].value == "list":
            texts = [_quoted_element(text) for text in texts]
        return " ".join(texts)

    def _lindex(self, words: list[Word]) -> Value:
        self._count(words, 2, 2, "a list and a number")
        elements = self.elements(words[1], words)
        index = self._text(words, 2)
        place = len(elements) - 1 if index == "end" else int(index) if index.isdecimal() and len(index) < 10 else -1
        return elements[place] if 0 <= place < len(elements) else ""

    def _llength(self, words: list[Word]) -> Value:
        self._count(words, 1, 1, "a list")
        return str(len(self.elements(words[1], words)))

    def _lappend(self, words: list[Word]) -> Value:
        self._count(words, 1, 1 << 20, "a variable and values")
        name = self._text(words, 1).removeprefix("::")
        old = self.variables.get(name, "")
        value: Value
        if any(not isinstance(part, str) for part in (old, *(word.value for word in words[2:]))):
            first = self.objects(Word(old, words[1].at)) if old else ()
            value = first + tuple(query for word in words[2:] for query in self.objects(word))
        else:
            added = [_quoted_element(str(word.value)) for word in words[2:]]
            value = " ".join([str(old), *added] if old else added)
        self.variables[name] = value
        return value

    def _foreach(self, words: list[Word]) -> Value:
        self._count(words, 3, 3, "a variable, a list and a body")
        names = self.elements(words[1], words)
        elements = self.elements(words[2], words)
        if not names:
            raise self.host.fail("sdc-arguments", words[1].at, name="foreach", what="the name of a variable")
        for first in range(0, len(elements), len(names)):
            for k, name in enumerate(names):
                self.variables[name] = elements[first + k] if first + k < len(elements) else ""
            self._body(words, 3)
        return ""

    def _if(self, words: list[Word]) -> Value:
        k = 1
        while True:
            if k + 1 >= len(words):
                raise self.host.fail("sdc-arguments", words[-1].at, name="if", what="a condition and a body")
            holds = self._calculate(truth, self._expression(words, k), words[k].at)
            k += 2 if words[k + 1].value == "then" else 1
            if k >= len(words):
                raise self.host.fail("sdc-arguments", words[-1].at, name="if", what="a body")
            if holds:
                return self._body(words, k)
            k += 1
            if k == len(words):
                return ""
            if words[k].value != "elseif":
                k += words[k].value == "else"
                if k != len(words) - 1:
                    raise self.host.fail("sdc-arguments", words[k - 1].at, name="if", what="one body behind 'else'")
                return self._body(words, k)
            k += 1

    def _body(self, words: list[Word], k: int) -> Value:
        """Run the commands within the braces of a word."""
        word = words[k]
        if word.inside < 0:
            raise self.host.fail("sdc-arguments", word.at, name=words[0].value, what="a body in braces")
        return self._script(word.inside, closing_brace(self.text, word.at, len(self.text)), nested=False)[0]

    def _info(self, words: list[Word]) -> Value:
        if len(words) != 3 or words[1].value != "exists":
            raise self.host.fail("sdc-script", words[0].at, name="info")
        return str(int(self._text(words, 2).removeprefix("::") in self.variables))

    # -- values --------------------------------------------------------------------------------------------------

    def _count(self, words: list[Word], least: int, most: int, what: str) -> None:
        if not least <= len(words) - 1 <= most:
            raise self.host.fail("sdc-arguments", words[0].at, name=words[0].value, what=what)

    def _text(self, words: list[Word], k: int) -> str:
        value = words[k].value
        if not isinstance(value, str):
            raise self.host.fail("sdc-collection", words[k].at, name=words[0].value)
        return value

    def elements(self, word: Word, words: list[Word]) -> list[str]:
        """Return the elements of a list."""
        if not isinstance(word.value, str):
            raise self.host.fail("sdc-collection", word.at, name=words[0].value)
        try:
            return split_list(word.value)
        except ListError as error:
            raise self.host.fail("sdc-list", word.at, token=word.value[:60], reason=error) from None

    def objects(self, word: Word) -> Objects:
        """Return a word as objects; text is a list of bare names."""
        if not isinstance(word.value, str):
            return word.value
        names = tuple(self.elements(word, [word]))
        return (ObjectQuery("name", names, self.host.line(word.at)),) if names else ()


def _match_end(pattern: re.Pattern[str], text: str, at: int, end: int) -> int:
    found = pattern.match(text, at, end)
    return found.end() if found else at
