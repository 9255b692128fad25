"""Options and positional arguments of an SDC command, checked against its usage."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass, field
from typing import Final, Protocol

from edasat.core.errors import InputError

from .record import Objects, PathPoint
from .tcl import Word

_NUMBER: Final = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?\Z")
_OPTION: Final = re.compile(r"-[A-Za-z]")
_MANY: Final = 10**6


class Reader(Protocol):
    """What arguments need of the reader of the file."""

    def fail(self, code: str, at: int, **values: object) -> InputError:
        """Build an error at a place in the file."""
        ...

    def line(self, at: int) -> int:
        """Return the line of a place in the file."""
        ...

    def objects(self, word: Word) -> Objects:
        """Return a word as objects."""
        ...

    def elements(self, word: Word) -> list[str]:
        """Return the elements of a word that is a list."""
        ...


@dataclass(frozen=True)
class Usage:
    """What a command may be given.

    Attributes:
        options: name without dash -> whether a value follows.
        required: names of the positional arguments that must be there.
        optional: names of those that may follow.
    """

    options: dict[str, bool]
    required: tuple[str, ...]
    optional: tuple[str, ...]

    @classmethod
    def of(cls, options: str = "", required: str = "", optional: str = "") -> Usage:
        """Write a usage down: options with a value end in ``=``.

        >>> Usage.of("period= add", optional="sources").options
        {'period': True, 'add': False}
        """
        names = {option.removesuffix("="): option.endswith("=") for option in options.split()}
        return cls(names, tuple(required.split()), tuple(optional.split()))


@dataclass
class Arguments:
    """The arguments of one command.

    Attributes:
        name: of the command.
        at, line: where it begins.
        flags: options without a value.
        values: options with a value; the last of each counts.
        ordered: all options with a value, in order.
        positional: the other words, by the names of the usage.
    """

    reader: Reader
    name: str
    at: int
    line: int
    flags: set[str] = field(default_factory=set)
    values: dict[str, Word] = field(default_factory=dict)
    ordered: list[tuple[str, Word]] = field(default_factory=list)
    positional: dict[str, Word] = field(default_factory=dict)

    @classmethod
    def parse(cls, reader: Reader, usage: Usage, words: list[Word]) -> Arguments:
        """Sort the words of a command.

        Raises:
            InputError: for options that are not known or lack their value, and for missing or surplus arguments.
        """
        self = cls(reader, str(words[0].value).removeprefix("::"), words[0].at, reader.line(words[0].at))
        positional: list[Word] = []
        at = 1
        while at < len(words):
            word = words[at]
            at += 1
            if word.inside >= 0 or not isinstance(word.value, str) or not _OPTION.match(word.value):
                positional.append(word)
                continue
            option = self._option(usage, word)
            if not usage.options[option]:
                self.flags.add(option)
                continue
            if at == len(words):
                raise self.fail("sdc-option-value", word, token=word.value)
            self.values[option] = words[at]
            self.ordered.append((option, words[at]))
            at += 1
        names = usage.required + usage.optional
        if len(positional) < len(usage.required):
            raise reader.fail("sdc-missing", self.at, name=self.name, what=f"the {names[len(positional)]}")
        if len(positional) > len(names):
            raise self.fail("sdc-surplus", positional[len(names)], token=_shown(positional[len(names)]))
        self.positional = dict(zip(names, positional, strict=False))
        return self

    def _option(self, usage: Usage, word: Word) -> str:
        """Find an option by its name or by a beginning that only one has, as Tcl tools do."""
        given = str(word.value)[1:]
        if given in usage.options:
            return given
        begin = [option for option in usage.options if option.startswith(given)]
        if len(begin) == 1:
            return begin[0]
        if begin:
            options = " or ".join(f"'-{option}'" for option in begin)
            raise self.fail("sdc-option-unclear", word, token=f"-{given}", options=options)
        close = difflib.get_close_matches(given, usage.options, 1)
        known = ", ".join(f"-{option}" for option in usage.options)
        hint = f"did you mean '-{close[0]}'?" if close else f"it takes {known}" if known else "it takes none"
        raise self.fail("sdc-option", word, token=f"-{given}", hint=hint)

    def fail(self, code: str, word: Word | None, **values: object) -> InputError:
        """Build an error at a word, or at the command."""
        return self.reader.fail(code, self.at if word is None else word.at, name=self.name, **values)

    # -- single arguments, by name of the option or of the positional argument

    def word(self, name: str) -> Word | None:
        """Return an argument as it stands."""
        return self.values.get(name) or self.positional.get(name)

    def needed(self, name: str) -> Word:
        """Return an option that must be there."""
        word = self.word(name)
        if word is None:
            raise self.reader.fail("sdc-missing", self.at, name=self.name, what=f"-{name}")
        return word

    def text(self, name: str, default: str = "") -> str:
        """Return an argument as text; objects stand for their only pattern."""
        word = self.word(name)
        if word is None:
            return default
        if isinstance(word.value, str):
            return word.value
        if len(word.value) == 1 and len(word.value[0].patterns) == 1:
            return word.value[0].patterns[0]
        raise self.fail("sdc-collection", word)

    def objects(self, name: str) -> Objects:
        """Return an argument as objects, () if it is not there."""
        word = self.word(name)
        return () if word is None else self.reader.objects(word)

    def number(self, name: str) -> float:
        """Return an argument that must be a number."""
        word = self.needed(name)
        return self._number(word, word.value)

    def numbers(self, name: str) -> tuple[float, ...]:
        """Return a list of numbers, () if it is not there."""
        word = self.word(name)
        return () if word is None else tuple(self._number(word, text) for text in self.reader.elements(word))

    def _number(self, word: Word, value: object) -> float:
        if not isinstance(value, str) or not _NUMBER.match(value.strip()):
            raise self.fail("sdc-number", word, token=_shown(word))
        return float(value)

    def not_negative(self, name: str, what: str) -> float:
        """Return a number that cannot be negative."""
        value = self.number(name)
        if value < 0:
            raise self.fail("sdc-negative", self.word(name), what=what, token=f"{value:g}")
        return value

    def count(self, name: str, default: int) -> int:
        """Return a whole number above 0."""
        word = self.word(name)
        if word is None:
            return default
        value = word.value
        if not isinstance(value, str) or not value.strip().isdecimal() or not 0 < int(value[:10]) <= _MANY:
            raise self.fail("sdc-integer", word, token=_shown(word))
        return int(value)

    def choice(self, name: str, options: dict[str, str]) -> str:
        """Return what an argument's text stands for."""
        word = self.needed(name)
        if not isinstance(word.value, str) or word.value not in options:
            raise self.fail("sdc-choice", word, options=", ".join(options), token=_shown(word))
        return options[word.value]

    def either(self, first: str, second: str) -> tuple[bool, bool]:
        """Return which of two options apply: both, if none is given."""
        none = first not in self.flags and second not in self.flags
        return none or first in self.flags, none or second in self.flags

    def one_of(self, *options: str) -> str:
        """Return which of some options is given, "" for none.

        Raises:
            InputError: if there are several.
        """
        given = [option for option in options if option in self.flags or option in self.values]
        if len(given) > 1:
            raise self.fail("sdc-conflict", None, what=" and ".join(f"-{option}" for option in given))
        return given[0] if given else ""

    def point(self, place: str) -> PathPoint | None:
        """Return ``-from``, ``-rise_from`` or ``-fall_from`` (or the same with ``to``)."""
        option = self.one_of(place, f"rise_{place}", f"fall_{place}")
        return self.path_point(option, self.values[option]) if option else None

    def path_point(self, option: str, word: Word) -> PathPoint:
        """Build the path point of an option."""
        return PathPoint(self.reader.objects(word), not option.startswith("fall_"), not option.startswith("rise_"))


def _shown(word: Word) -> str:
    return word.value[:60] if isinstance(word.value, str) else "[...]"
