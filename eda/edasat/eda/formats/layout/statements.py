"""The small statements of a DEF file: floorplan, vias and rules, read word by word."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NoReturn

import numpy as np
import numpy.typing as npt

from .record import ORIENTATIONS, Row, Tracks, Via
from .spelling import Spelling

_LARGEST: Final = 2**31 - 1
#: Numbers behind each parameter of a generated via (LEF/DEF 5.8 reference, "Vias").
_VIA_PARAMETERS: Final = {"CUTSIZE": 2, "CUTSPACING": 2, "ENCLOSURE": 4, "ROWCOL": 2, "ORIGIN": 2, "OFFSET": 4}


class Statement:
    """The words of one statement, taken one by one.

    Args:
        data: uint8: the file.
        spans: int64, (n, 2): of its words; the last is the ``;``.
        fail: raises a message of the table at a byte offset.
    """

    def __init__(self, data: Any, spans: Any, spelling: Spelling, fail: Callable[..., NoReturn]) -> None:
        self.words = [data[start:stop].tobytes().decode("utf-8", "surrogateescape") for start, stop in spans]
        self._data = data
        self._spans = spans
        self._spelling = spelling
        self._fail = fail
        self._at = 1  # behind the keyword, or behind `-`

    @property
    def offset(self) -> int:
        """Byte offset of the next word."""
        return int(self._spans[min(self._at, len(self._spans) - 1), 0])

    @property
    def next(self) -> str:
        """The next word, not taken; ``;`` at the end."""
        return self.words[self._at]

    def take(self) -> str:
        """Return the next word and go on; stays at the closing ``;``."""
        word = self.words[self._at]
        if self._at + 1 < len(self.words):
            self._at += 1
        return word

    def name(self) -> str:
        """Take a name, in canonical form."""
        if self.next in "+;()":
            self._fail("def-name", self.offset)
        start, stop = self._spans[self._at]
        self.take()
        return self._spelling.read(self._data, np.array([start]), np.array([stop]))[0]

    def number(self) -> int:
        """Take a whole number of 32 bits."""
        digits = self.next[1:] if self.next[0] in "+-" else self.next
        if not (digits.isascii() and digits.isdigit() and len(digits) <= 10 and int(digits) <= _LARGEST):
            self._fail("def-number", self.offset)
        return int(self.take())

    def orientation(self) -> int:
        """Take an orientation."""
        if self.next not in ORIENTATIONS:
            self._fail("def-orientation", self.offset)
        return ORIENTATIONS.index(self.take())

    def expect(self, word: str, form: str) -> None:
        """Take this very word; ``form`` shows in the message how the statement should read."""
        if self.next != word:
            self._fail("def-statement-garbled", self.offset, token=self.words[0], form=form)
        self.take()

    def points(self) -> list[tuple[int, int]]:
        """Take all points that follow; ``*`` repeats the coordinate before."""
        points: list[tuple[int, int]] = []
        while self.next == "(":
            self.take()
            point = []
            for axis in range(2):
                if self.next == "*":
                    if not points:
                        self._fail("def-star", self.offset)
                    self.take()
                    point.append(points[-1][axis])
                else:
                    point.append(self.number())
            if self.next != ")":
                self._fail("def-point", self.offset)
            self.take()
            points.append((point[0], point[1]))
        return points

    def corners(self, least: int = 2) -> list[tuple[int, int]]:
        """Take at least so many points."""
        start = self.offset
        points = self.points()
        if len(points) < least:
            self._fail("def-point", self.offset if not points else start)
        return points


def read_units(statement: Statement, fail: Callable[..., NoReturn]) -> int:
    """Read ``UNITS DISTANCE MICRONS number``."""
    form = "UNITS DISTANCE MICRONS number ;"
    statement.expect("DISTANCE", form)
    statement.expect("MICRONS", form)
    offset, token = statement.offset, statement.next
    units = statement.number()
    if units <= 0:
        fail("def-units", offset, token=token)
    statement.expect(";", form)
    return units


def read_die(statement: Statement) -> npt.NDArray[np.int32]:
    """Read ``DIEAREA point point [point]...``: int32, (n, 2)."""
    return np.array(statement.corners(), np.int32).reshape(-1, 2)


def read_row(statement: Statement) -> Row:
    """Read ``ROW name site x y orientation [DO n BY m [STEP dx dy]]``; properties are left out."""
    form = "ROW name site x y orientation DO n BY m STEP dx dy ;"
    name, site = statement.name(), statement.name()
    x, y, orientation = statement.number(), statement.number(), statement.orientation()
    num_x = num_y = 1
    step_x = step_y = 0
    if statement.next == "DO":
        statement.take()
        num_x = statement.number()
        statement.expect("BY", form)
        num_y = statement.number()
        if statement.next == "STEP":
            statement.take()
            step_x, step_y = statement.number(), statement.number()
    return Row(name, site, x, y, orientation, num_x, num_y, step_x, step_y)


def read_tracks(statement: Statement) -> Tracks:
    """Read ``TRACKS {X | Y} start DO n STEP step [MASK m] [LAYER name...]``."""
    form = "TRACKS X start DO n STEP step LAYER name ;"
    axis = statement.next
    if axis not in ("X", "Y"):
        statement.expect("X", form)
    statement.take()
    start = statement.number()
    statement.expect("DO", form)
    num = statement.number()
    statement.expect("STEP", form)
    step = statement.number()
    while statement.next not in ("LAYER", ";"):
        statement.take()
    statement.take()
    layers = []
    while statement.next != ";":
        layers.append(statement.name())
    return Tracks(axis, start, num, step, tuple(layers))


def read_via(statement: Statement) -> Via:
    """Read ``- name {+ RECT layer pt pt | + POLYGON layer pt...}...`` or ``- name + VIARULE rule + ...``."""
    name = statement.name()
    rects: list[tuple[str, int, int, int, int]] = []
    rule = ""
    layers: tuple[str, ...] = ()
    parameters: dict[str, tuple[int, ...]] = {}
    while statement.next != ";":
        option = statement.take()
        if option in ("RECT", "POLYGON"):
            layer = statement.name()
            while statement.next not in ("(", ";"):  # + MASK n
                statement.take()
            xs, ys = zip(*statement.corners(), strict=True)
            rects.append((layer, min(xs), min(ys), max(xs), max(ys)))
        elif option == "VIARULE":
            rule = statement.name()
        elif option == "LAYERS":
            layers = (statement.name(), statement.name(), statement.name())
        elif option in _VIA_PARAMETERS:
            parameters[option] = tuple(statement.number() for _ in range(_VIA_PARAMETERS[option]))
    return Via(name, tuple(rects), rule, layers, parameters)


def read_rule(statement: Statement) -> tuple[str, dict[str, int]]:
    """Read ``- name + LAYER name WIDTH w ...``: the rule's name, and width by layer."""
    name = statement.name()
    widths: dict[str, int] = {}
    while statement.next != ";":
        if statement.take() == "LAYER":
            layer = statement.name()
            if statement.next == "WIDTH":
                statement.take()
                widths[layer] = statement.number()
    return name, widths
