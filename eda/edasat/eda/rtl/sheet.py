"""A Verilog module being written: declarations, statements and their layout in a style.

A generator states *what* the module is (ports by purpose, registers with reset values, statements as a tree); the
sheet decides how it looks. Expressions are plain Verilog text over the names the sheet hands out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Final

from .statements import Case, If, Layout, Loop, Set, Statement
from .style import Style, legal


class Width(int):
    """A number of bits that may be a parameter of the module; ``text`` is how ranges write it."""

    text: str

    def __new__(cls, value: int, text: str = "") -> Width:
        """Return a width; without ``text`` it is a plain number."""
        made = super().__new__(cls, value)
        made.text = text or str(value)
        return made

    @property
    def last(self) -> str:
        """The highest bit as text."""
        return str(int(self) - 1) if self.text.isdigit() else f"{self.text}-1"


class Signal(str):
    """The name of a signal, which knows its width in bits."""

    width: Width

    def __new__(cls, name: str, width: int) -> Signal:
        """Return a name with its width."""
        made = super().__new__(cls, name)
        made.width = width if isinstance(width, Width) else Width(width)
        return made


#: Verilog text per signal; two types because a mapping's keys are invariant.
ByName = Mapping[str, str] | Mapping[Signal, str]


__all__ = ["RESETS", "Case", "If", "Loop", "Port", "Reset", "Set", "Sheet", "Signal", "Statement", "Width"]


@dataclass(frozen=True)
class Reset:
    """How registers are reset; belongs to the function, since other cells are used."""

    asynchronous: bool
    active_low: bool


@dataclass(frozen=True)
class Port:
    """A port: ``words`` are what its name was made of; ``registered`` ones are assigned in blocks."""

    direction: str
    name: Signal
    words: str = ""
    registered: bool = False
    signed: bool = False
    note: str = ""


@dataclass
class Sheet:
    """One module in the making.

    Args:
        name: wanted name; a keyword is changed.
        style: habits.
        taste: random source of the choices that a style leaves open; never used for the function.
        reset: kind of reset, or None for registers that start unknown.
        title: one sentence for the header comment.
    """

    name: str
    style: Style
    taste: Random
    reset: Reset | None = None
    title: str = ""
    _names: set[str] = field(default_factory=set)
    _ports: list[Port] = field(default_factory=list)
    _parameters: list[tuple[str, str]] = field(default_factory=list)
    _declarations: list[str] = field(default_factory=list)
    _items: list[str] = field(default_factory=list)
    _children: list[Sheet] = field(default_factory=list)
    _clock: Signal | None = None
    _reset: Signal | None = None

    def __post_init__(self) -> None:
        self.name = legal(self.name)
        self._names.add(self.name.lower())

    # ------------------------------------------------------------------ names and numbers
    def fresh(self, words: str, suffix: str = "", prefix: str = "") -> str:
        """Return a name that is not taken yet."""
        return self._claim(prefix + self.style.identifier(words) + suffix)

    def _claim(self, wanted: str) -> str:
        wanted = legal(wanted)
        name, number = wanted, 1
        while name.lower() in self._names:  # names that differ in case alone would be confused
            number += 1
            name = f"{wanted}_{number}"
        self._names.add(name.lower())
        return name

    def number(self, value: int, width: int) -> str:
        """Return a sized constant.

        >>> from .style import PLAIN
        >>> Sheet("m", PLAIN, Random(0)).number(5, 4)
        "4'd5"
        """
        value &= (1 << width) - 1
        base = self.style.base
        if base == "b" and width > 8:
            base = "h"
        if width == 1:
            base = "b"
        digits = {"d": str(value), "h": format(value, "x"), "b": format(value, f"0{int(width)}b")}[base]
        return f"{int(width)}'{base}{digits}"

    def zero(self, width: Width | int) -> str:
        """Return the constant zero of a width, which may be a parameter."""
        if isinstance(width, Width) and not width.text.isdigit():
            return f"{{{width.text}{{1'b0}}}}"
        return self.number(0, int(width))

    def ones(self, width: Width | int) -> str:
        """Return the constant with all bits set."""
        text = width.text if isinstance(width, Width) else str(int(width))
        return f"{{{text}{{1'b1}}}}" if text != "1" else "1'b1"

    def is_zero(self, signal: str) -> str:
        """Return a test for zero in the writer's taste."""
        return self.taste.choice((f"({signal} == 0)", f"(~|{signal})", f"!(|{signal})"))

    def negate(self, condition: str) -> str:
        """Return the negation of a one-bit signal."""
        return self.taste.choice((f"!{condition}", f"~{condition}"))

    # ------------------------------------------------------------------ declarations
    def parameter(self, words: str, value: int) -> Width:
        """Return a width, as a parameter if the style has parameters."""
        if not self.style.parameters:
            return Width(value)
        name = self._claim(self.style.constant(words))
        self._parameters.append((name, str(value)))
        return Width(value, name)

    def constants(self, words: Sequence[str], values: Sequence[int], width: int) -> list[str]:
        """Declare local parameters, such as the states of a machine, and return their names."""
        names = [self._claim(self.style.constant(word)) for word in words]
        pairs = [f"{name} = {self.number(value, width)}" for name, value in zip(names, values, strict=True)]
        span = self._range(Width(width))
        if self.taste.random() < 0.5:
            self._declarations += [f"localparam {pair};" for pair in pairs]
        else:
            head = f"localparam {span}{' ' if span else ''}"
            lines = [head + pairs[0], *(" " * len(head) + pair for pair in pairs[1:])]
            self._declarations += [f"{line}," for line in lines[:-1]] + [f"{lines[-1]};"]
        self._declarations.append("")
        return names

    def clock(self) -> Signal:
        """Return the clock; the first call declares it and the reset."""
        if self._clock is None:
            self._clock = Signal(self._claim(self.style.clock), 1)
            self._ports.append(Port("input", self._clock))
            if self.reset:
                upper = self.style.reset.isupper()
                mark = ("_N" if upper else "_n") if self.reset.active_low else ""
                self._reset = Signal(self._claim(self.style.reset + mark), 1)
                self._ports.append(Port("input", self._reset))
        return self._clock

    def input(self, words: str, width: int = 1, *, signed: bool = False, note: str = "") -> Signal:
        """Declare an input port."""
        prefix, _, suffix, _ = self.style.marks
        name = Signal(self.fresh(words, suffix, prefix), width)
        self._ports.append(Port("input", name, words, False, signed, note))
        return name

    def output(
        self, words: str, width: int = 1, *, registered: bool = False, signed: bool = False, note: str = ""
    ) -> Signal:
        """Declare an output port; ``registered`` ones are assigned in blocks."""
        _, prefix, _, suffix = self.style.marks
        name = Signal(self.fresh(words, suffix, prefix), width)
        self._ports.append(Port("output", name, words, registered, signed, note))
        return name

    def register(self, words: str, width: int = 1, *, signed: bool = False, note: str = "") -> Signal:
        """Declare a variable assigned in a block."""
        return self._declare("reg", self.fresh(words, self.style.register_suffix), width, signed, note)

    def variable(self, words: str, width: int = 1, *, signed: bool = False) -> Signal:
        """Declare a variable assigned in a combinational block: no register's suffix."""
        return self._declare("reg", self.fresh(words), width, signed, "")

    def integer(self, words: str = "i") -> str:
        """Declare a loop variable."""
        name = self.fresh(words)
        self._declarations.append(f"integer {name};")
        return name

    def memory(self, words: str, width: int, depth: int, note: str = "") -> Signal:
        """Declare an array of ``depth`` words."""
        name = Signal(self.fresh(words), width)
        span = self._range(name.width)
        bounds = f"[0:{depth - 1}]"
        self._declarations.append(self._with_note(f"reg {span}{' ' if span else ''}{name} {bounds};", note))
        return name

    def wire(
        self, words: str, width: int = 1, value: str | None = None, *, signed: bool = False, note: str = ""
    ) -> Signal:
        """Declare a wire, driven by ``value`` if given."""
        name = Signal(self.fresh(words), width)
        if value is not None and self.style.inline_wires:
            span = self._range(name.width)
            head = f"wire {'signed ' if signed else ''}{span}{' ' if span else ''}{name}"
            self._items.append(self._with_note(f"{head} = {value};", note))
        else:
            self._declare_named("wire", name, signed, note)
            if value is not None:
                self.assign(name, value)
        return name

    def _declare(self, kind: str, name: str, width: int, signed: bool, note: str) -> Signal:
        signal = Signal(name, width)
        self._declare_named(kind, signal, signed, note)
        return signal

    def _declare_named(self, kind: str, name: Signal, signed: bool, note: str) -> None:
        span = self._range(name.width)
        middle = f"{'signed ' if signed else ''}{span}"
        line = f"{kind:<4} {middle:<14} {name};" if self.style.aligned else " ".join(f"{kind} {middle} {name};".split())
        self._declarations.append(self._with_note(line, note))

    def _range(self, width: Width) -> str:
        return "" if width.text == "1" else f"[{width.last}:0]"

    # ------------------------------------------------------------------ items
    def comment(self, text: str) -> None:
        """Write a comment on what follows, if the style has comments."""
        if self.taste.random() < self.style.comments:
            ruled = self.taste.random() < 0.2
            self._items += ["", f"// {'-' * 60}" if ruled else "", f"// {text}"][0 if ruled else 1 :]
        elif self._items and self._items[-1]:
            self._items.append("")

    def assign(self, target: str, value: str) -> None:
        """Write a continuous assignment."""
        self._items.append(f"assign {target} = {value};")

    def raw(self, lines: Iterable[str]) -> None:
        """Write lines as they are; leading tabs are levels of indentation."""
        self._items += [line.replace("\t", self.style.indent) for line in lines]

    def clocked(self, body: Sequence[Statement], reset: ByName | None = None) -> None:
        """Write a clocked block; ``reset`` maps registers to their values after reset."""
        clock = self.clock()
        statements = body
        head = f"always @(posedge {clock})"
        if reset and self._reset and self.reset:
            low = self.reset.active_low
            name = self._reset
            condition = self.taste.choice(
                (f"!{name}", f"~{name}", f"{name} == 1'b0") if low else (name, f"{name} == 1'b1")
            )
            statements = [If(condition, [Set(*pair) for pair in reset.items()], body)]
            if self.reset.asynchronous:
                head = f"always @(posedge {clock} or {'negedge' if low else 'posedge'} {name})"
        self._block(head, statements, "<=")

    def combinational(self, body: Sequence[Statement]) -> None:
        """Write a combinational block; it must assign every target on every path."""
        self._block(f"always {self.style.star}", body, "=")

    def _block(self, head: str, body: Sequence[Statement], operator: str) -> None:
        if self._items and self._items[-1] and not self._items[-1].startswith("//"):
            self._items.append("")
        self._items += Layout(self.style, operator).block(head, body)
        self._items.append("")

    def function(
        self, words: str, width: int, inputs: Sequence[tuple[str, int]], body: Sequence[Statement],
        variables: Sequence[tuple[str, int]] = (), loops: Sequence[str] = (),
    ) -> str:  # fmt: skip
        """Write a function and return its name.

        ``inputs`` and ``variables`` are names with widths and ``loops`` loop variables, all used as they are in the
        body, which assigns ``@`` as the result.
        """
        name = self.fresh(words)
        step = self.style.indent

        def declared(kind: str, entry: tuple[str, int]) -> str:
            span = self._range(Width(entry[1]))
            return f"{step}{kind} {span}{' ' if span else ''}{entry[0]};"

        span = self._range(Width(width))
        self._items += ["", f"function {span}{' ' if span else ''}{name};"]
        self._items += [declared("input", entry) for entry in inputs]
        self._items += [declared("reg", entry) for entry in variables]
        self._items += [f"{step}integer {loop};" for loop in loops]
        lines = [line.replace("@", name) for line in Layout(self.style, "=").statements(body, 2)]
        self._items += [f"{step}begin", *lines, f"{step}end", "endfunction", ""]
        return name

    # ------------------------------------------------------------------ hierarchy
    def child(self, words: str, title: str = "") -> Sheet:
        """Return a sheet for a module below this one, written by the same hand."""
        name = legal(f"{self.name}_{self.style.identifier(words)}")
        taken = {sheet.name for sheet in self._children}
        while name in taken:
            name += "_b"
        below = Sheet(name, self.style, self.taste, self.reset, title)
        self._children.append(below)
        return below

    def instance(self, below: Sheet, words: str, connections: ByName, *, indent: int = 0) -> None:
        """Instantiate a child by port names; clock and reset are connected when the child has them."""
        pairs = dict(connections)
        if below._clock is not None:
            pairs = {below._clock: str(self.clock())} | pairs
            if below._reset is not None and self._reset is not None:
                pairs[below._reset] = str(self._reset)
        name = self._claim(
            self.taste.choice(("u_", "i_", "")) + self.style.identifier(words) + self.taste.choice(("", "_inst"))
        )
        step = self.style.indent
        base = step * indent
        listed = [f".{port}({value})" for port, value in pairs.items()]
        if len(listed) <= 4 and self.taste.random() < 0.5:
            self._items.append(f"{base}{below.name} {name} ({', '.join(listed)});")
        else:
            self._items += [f"{base}{below.name} {name} ("]
            self._items += [f"{base}{step}{pair}," for pair in listed[:-1]]
            self._items += [f"{base}{step}{listed[-1]}", f"{base});"]

    @property
    def ports(self) -> list[Port]:
        """The ports but for clock and reset."""
        return [port for port in self._ports if port.name not in (self._clock, self._reset)]

    @property
    def clock_port(self) -> str | None:
        """Name of the clock port, if there is one."""
        return None if self._clock is None else str(self._clock)

    @property
    def parameters(self) -> dict[str, int]:
        """Parameters of the module and their default values."""
        return {name: int(value) for name, value in self._parameters}

    # ------------------------------------------------------------------ layout
    def _with_note(self, line: str, note: str) -> str:
        return f"{line}  // {note}" if note and self.taste.random() < self.style.comments else line

    def text(self) -> str:
        """Return the module after its children, as Verilog-2001."""
        parts = [below.text() for below in self._children]
        header = self._banner()
        ports, below_header = self._header()
        body = [*below_header, *self._declarations, "", *self._items]
        indented = [self.style.indent + line if line else "" for line in _squeezed(body)]
        lines = [part for line in indented for part in _wrapped(line, self.style.indent)]
        return "\n".join([*parts, "\n".join(line.rstrip() for line in [*header, *ports, *lines, "endmodule"]) + "\n"])

    def _banner(self) -> list[str]:
        if not self.title or self.style.banner == 0:
            return []
        if self.style.banner == 1:
            return [f"// {self.title}"]
        if self.style.banner == 2:
            return ["/*", f" * {self.name}", f" * {self.title}", " */"]
        rule = f"//{'=' * 76}"
        return [rule, f"// Module: {self.name}", f"// {self.title}", rule]

    def _header(self) -> tuple[list[str], list[str]]:
        """Return the lines up to the port list's end, and port declarations below it in the style of 1995."""
        step = self.style.indent
        head = f"module {self.name}"
        below: list[str] = []
        lines = [head]
        if self._parameters:
            if self.style.ansi:
                listed = [f"{step}parameter {name} = {value}" for name, value in self._parameters]
                lines = [f"{head} #(", *(f"{line}," for line in listed[:-1]), listed[-1], ")"]
            else:
                below += [f"parameter {name} = {value};" for name, value in self._parameters]
        if self.style.ansi:
            listed = []
            for port in self._ports:
                kind = ("output reg" if port.registered else port.direction) + (" signed" if port.signed else "")
                span = self._range(port.name.width)
                line = f"{kind:<11} {span:<12} {port.name}" if self.style.aligned else f"{kind} {span} {port.name}"
                listed.append(line if self.style.aligned else " ".join(line.split()))
            marked = [f"{line}," for line in listed[:-1]] + listed[-1:]
            notes = [self._with_note("", port.note) for port in self._ports]
            lines[-1] += " ("
            lines += [f"{step}{line}{note}" for line, note in zip(marked, notes, strict=True)] + [");"]
        else:
            lines[-1] += f" ({', '.join(port.name for port in self._ports)});"
            for port in self._ports:
                span = self._range(port.name.width)
                kinds = [port.direction, "reg"] if port.registered else [port.direction]
                for kind in kinds:
                    words = f"{kind} {'signed' if port.signed else ''} {span} {port.name};"
                    below.append(self._with_note(" ".join(words.split()), port.note))
        return [*lines, ""], [*below, ""] if below else []


#: Longest line that is written in one piece, and where longer ones are cut by preference.
_COLUMNS: Final = 116
_BREAKS: Final = (" || ", " && ", " | ", " ^ ", " + ", ", ")


def _wrapped(line: str, indent: str) -> list[str]:
    """Return a line cut at spaces, continued two levels deeper."""
    if len(line) <= _COLUMNS or "//" in line:
        return [line]
    margin = line[: len(line) - len(line.lstrip())] + 2 * indent
    pieces: list[str] = []
    while len(line) > _COLUMNS:
        ends = [line.rfind(mark, len(margin) + 1, _COLUMNS) + len(mark) - 1 for mark in _BREAKS]
        cut = max(ends) if max(ends) > _COLUMNS // 2 else line.rfind(" ", len(margin) + 1, _COLUMNS)
        if cut < 0:
            break
        pieces.append(line[:cut])
        line = margin + line[cut + 1 :]
    return [*pieces, line]


def _squeezed(lines: Sequence[str]) -> list[str]:
    """Return the lines without leading, trailing and doubled empty ones."""
    kept: list[str] = []
    for line in lines:
        if line or (kept and kept[-1]):
            kept.append(line)
    while kept and not kept[-1]:
        kept.pop()
    return kept


#: Kinds of reset and how often they are met.
RESETS: Final = (
    Reset(asynchronous=True, active_low=True),
    Reset(asynchronous=True, active_low=True),
    Reset(asynchronous=False, active_low=False),
    Reset(asynchronous=False, active_low=False),
    Reset(asynchronous=False, active_low=True),
    Reset(asynchronous=True, active_low=False),
)
