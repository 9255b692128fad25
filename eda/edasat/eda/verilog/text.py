"""Verilog as tokens for a text model, each with what can be known of it without elaboration.

A model that reads characters cannot know that ``*`` in ``a * b`` multiplies 16 bits by 24. A lexical pass can, nearly
always: macros are expanded, parameters evaluated, declarations noted, and expressions split by precedence, so that
each token carries its width, the widths of its operands, whether they are constant, how often it will stand in the
circuit, and an estimate of the logic levels up to it. Nothing is elaborated and nothing is refused: wrong text gives
wrong numbers, never an error.

A module stands once per set of parameters that it is used with, as synthesis would make it; branches that constant
conditions rule out are left out, and so are modules below no top.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from edasat.core.errors import InputError, Message

from .lexical.bits import UNKNOWN, Bits
from .lexical.bits import room as make_room
from .lexical.blocks import Instances, arrange, count_calls
from .lexical.brackets import match_brackets
from .lexical.columns import Found, ModuleText, Ports, Scope, forget, new_scope
from .lexical.constants import evaluate
from .lexical.declarations import declare
from .lexical.expressions import walk
from .lexical.levels import END, NUM_SCRIPTS, REGISTER_GATES
from .lexical.macros import Preprocessor, Stream
from .lexical.names import clear_cells, lay_out
from .lexical.operands import MOST_BITS, Operands
from .lexical.vocabulary import DECLARED, ID, INSTANCE, ROLES, USED

if TYPE_CHECKING:
    from ..flow import Rtl

Float32 = npt.NDArray[np.float32]
Int32 = npt.NDArray[np.int32]

_EMPTY = Message("verilog-no-text", "there is no Verilog text", "give files that hold modules")
_NO_TOP = Message("verilog-no-top", "no module is called '{name}'", "{hint}")

_MODULE, _ENDMODULE, _PARAMETER = ID["module"], ID["endmodule"], ID["parameter"]
_OPEN, _CLOSE, _BRACKET, _DOT, _COMMA, _HASH, _EQUALS, _COLON = (ID[sign] for sign in "()[.,#=:")
_SEMICOLON, _BEGIN, _END = ID[";"], ID["begin"], ID["end"]
_ROLE: Final = {role: number for number, role in enumerate(ROLES)}

_REGISTERS: Final = (_ROLE["register"], _ROLE["output register"])
_OUTPUTS: Final = (_ROLE["output"], _ROLE["output register"])

_MOST_VARIANTS: Final = 16  # of one module; more parameter sets share the last
_DEEPEST: Final = 64  # levels of hierarchy; a module that contains itself ends here
_MOST_PASSES: Final = 8  # over a module, until logic levels settle
_LATE: Final = 16384.0  # levels; no way is as long
_PADDING: Final = 4  # lexemes behind a module that may be looked at
_MOST_COPIES: Final = 1e7


@dataclass(frozen=True, eq=False)
class Tokens:
    """T tokens of a design, module by module.

    Attributes:
        ids: int32, (T,): position in ``VOCABULARY``.
        value: float32, (T,): log2(1 + number) of literals and constants, of the words of a memory, the arms of a
            ``case`` and the runs of a ``for``; 0 elsewhere.
        width: float32, (T,): bits that a name is declared with, or of an operator's result; 0 unknown.
        left, right: float32, (T,): bits of an operator's operands; of a selection, bits chosen from and of the index;
            of an assignment, its target and its source.
        context: float32, (T,): bits of the target of the assignment that the token stands in; 0 outside.
        constant: int8, (T,): 1 if the left operand is constant, plus 2 if the right one is.
        level: float32, (T,): estimated logic levels from a register or a port to the token's result, as synthesis for
            area has them; see :mod:`.lexical.levels`.
        fast_level: float32, (T,): as synthesis for speed has them.
        gates: float32, (T,): estimated two-input gates of one copy.
        copies: float32, (T,): times the token stands in the flat design.
        conditions: float32, (T,): ``if`` and ``case`` around it.
        place: int8, (T,): position in ``PLACES``.
        module: int32, (T,): position in ``modules``.
        line: int32, (T,): from 1.
        file: int16, (T,): position in ``files``.
        modules: names; a module with several sets of parameters stands once for each.
        files: names.
        top: name of the top module, "" if there is no module.
    """

    ids: Int32
    value: Float32
    width: Float32
    left: Float32
    right: Float32
    context: Float32
    constant: npt.NDArray[np.int8]
    level: Float32
    fast_level: Float32
    gates: Float32
    copies: Float32
    conditions: Float32
    place: npt.NDArray[np.int8]
    module: Int32
    line: Int32
    file: npt.NDArray[np.int16]
    modules: tuple[str, ...]
    files: tuple[str, ...]
    top: str

    def __len__(self) -> int:
        return len(self.ids)


def tokenize(rtl: Rtl | str | Path | bytes | Sequence[str | Path | bytes]) -> Tokens:
    """Return the tokens of a design.

    Args:
        rtl: a design, or its sources: paths, or bytes as content, plain or compressed.

    Raises:
        InputError: for a file that cannot be read, binary data, no text at all, or a top module that is not there.

    >>> tokens = tokenize(b"module m(input [7:0] a, b, output [7:0] y); assign y = a + b; endmodule")
    >>> from edasat.eda.verilog.lexical.vocabulary import ID
    >>> plus = tokens.ids.tolist().index(ID["+"])
    >>> tokens.left[plus], tokens.width[plus], tokens.context[plus]
    (np.float32(8.0), np.float32(9.0), np.float32(8.0))
    """
    top, parameters = None, {}
    reader = Preprocessor()
    sources: Sequence[str | Path | bytes]
    if isinstance(rtl, Sequence) and not isinstance(rtl, str | bytes):
        sources = rtl
    elif isinstance(rtl, str | Path | bytes):
        sources = [rtl]
    else:
        sources, top, parameters = rtl.sources, rtl.top, dict(rtl.parameters)
        reader = Preprocessor(rtl.include_dirs, rtl.defines)
    for source in sources:
        reader.add(source)
    stream = reader.stream()
    if len(stream.entry) <= 1:
        raise InputError.of(_EMPTY, stream.files[-1] if stream.files else "")
    return _Design(stream, reader.symbols.spellings).tokens(top, parameters)


@dataclass(eq=False)
class _Module:
    """A module's lexemes ``start`` to ``end`` in the stream."""

    name: int
    start: int
    end: int
    text: ModuleText
    symbols: Int32
    children: list[int] = field(default_factory=list)

    @property
    def size(self) -> int:
        return self.end - self.start


@dataclass(eq=False)
class _Variant:
    """A module with one set of parameters.

    Attributes:
        module, text, found: columns of its lexemes.
        declared: bool: names that stand in their declaration.
        ids: vocabulary entries, identifiers by their role.
        uses: variants that it instantiates, and how often.
        copies: in the flat design.
        ports, order, first, level, through: its outputs; see :class:`~.lexical.columns.Ports`.
    """

    module: _Module
    text: ModuleText
    found: Found
    declared: npt.NDArray[np.bool_]
    ids: Int32 = field(default_factory=lambda: np.zeros(0, np.int32))
    uses: list[tuple[int, float]] = field(default_factory=list)
    copies: float = 0.0
    ports: Int32 = field(default_factory=lambda: np.zeros(0, np.int32))
    order: Int32 = field(default_factory=lambda: np.zeros(0, np.int32))
    first: Int32 = field(default_factory=lambda: np.zeros(1, np.int32))
    level: Float32 = field(default_factory=lambda: np.zeros((0, NUM_SCRIPTS), np.float32))
    through: Float32 = field(default_factory=lambda: np.zeros((0, NUM_SCRIPTS), np.float32))


def _spans(scope: Scope, names: Int32) -> tuple[Int32, npt.NDArray[np.int64]]:
    """Return where each name's bits begin, int32, (names + 1,), and the cells of all, as others read them."""
    sizes = np.clip(scope["width"][names], 1, MOST_BITS).astype(np.int64)
    cells = [np.arange(start, start + size) for start, size in zip(scope["read"][names], sizes, strict=True)]
    first = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int32)
    return first, np.concatenate([np.zeros(0, np.int64), *cells])


def _arrivals(cells: Bits, rows: npt.NDArray[np.int64]) -> Float32:
    """Return when some bits are there, float32, (rows, NUM_SCRIPTS)."""
    bits = cells[rows]
    end = bits["root"] + END[bits["kind"]]
    found: Float32 = np.where(bits["known"][:, None] == UNKNOWN, np.maximum(bits["late"], end), 0.0)
    return found.astype(np.float32)


class _Design:
    """The modules of a stream of lexemes."""

    def __init__(self, stream: Stream, spellings: Sequence[bytes]) -> None:
        self.stream = stream
        self.spellings = spellings
        self.scope = new_scope(len(spellings) + 1)
        self.stack = Operands.empty()
        for number, spelling in enumerate(spellings):
            self.scope["log2"][number] = b"log2" in spelling or b"logb2" in spelling.lower()
        self.modules: dict[int, _Module] = {}
        self._find_modules()
        self.variants: list[_Variant] = []
        self._by_parameters: dict[tuple[int, tuple[tuple[int, float], ...]], int] = {}

    def _name(self, symbol: int) -> str:
        return self.spellings[symbol].decode("utf-8", "replace") if symbol >= 0 else ""

    # ------------------------------------------------------------------ modules
    def _find_modules(self) -> None:
        entry, symbol = self.stream.entry, self.stream.symbol
        last = len(entry) - 1
        starts = np.flatnonzero((entry[:-1] == _MODULE) & (entry[1:] == USED))
        closing = np.flatnonzero(entry == _ENDMODULE)
        for number, start in enumerate(starts.tolist()):
            limit = int(starts[number + 1]) if number + 1 < len(starts) else last
            close = int(np.searchsorted(closing, start))
            end = min(int(closing[close]) + 1, limit) if close < len(closing) else limit
            name = int(symbol[start + 1])
            if name not in self.modules:  # of two, the first counts
                self.modules[name] = self._module(name, start, end)
        if not self.modules:
            self.modules[-1] = self._module(-1, 0, last)
            return
        self.scope["module"][list(self.modules)] = True
        for module in self.modules.values():
            inside = module.text
            size = module.size
            used = np.flatnonzero(
                (inside.entry[2:size] == USED)
                & self.scope["module"][inside.symbol[2:size]]
                & ((inside.entry[3 : size + 1] == USED) | (inside.entry[3 : size + 1] == _HASH))
            )
            module.children = np.unique(inside.symbol[2:size][used]).tolist()

    def _module(self, name: int, start: int, end: int) -> _Module:
        size = end - start
        room = size + _PADDING
        entry, symbol = np.zeros(room, np.int16), np.full(room, len(self.spellings), np.int32)
        value, width = np.full(room, np.nan), np.zeros(room)
        columns = ((entry, "entry"), (symbol, "symbol"), (value, "value"), (width, "width"))
        for column, called in columns:
            column[:size] = getattr(self.stream, called)[start:end]
        match = np.empty(room, np.int32)
        match_brackets(entry, match)
        empty = np.zeros(0, np.float32)
        text = ModuleText(entry, symbol, value, width, match, np.zeros(0, np.int8), empty, empty, empty)
        return _Module(name, start, end, text, np.unique(symbol))

    def _choose_top(self, wanted: str | None) -> int:
        if wanted is not None:
            names = {self._name(symbol): symbol for symbol in self.modules}
            if wanted in names:
                return names[wanted]
            near = difflib.get_close_matches(wanted, list(names), 1) or sorted(names)[:5]
            raise InputError.of(_NO_TOP, name=wanted, hint=f"did you mean '{', '.join(near)}'?")
        used = {child for module in self.modules.values() for child in module.children if child != module.name}
        roots = [symbol for symbol in self.modules if symbol not in used] or list(self.modules)
        return max(roots, key=self._reach) if len(roots) > 1 else roots[0]

    def _reach(self, root: int) -> int:
        """Return the lexemes of a module and all below it, each once."""
        seen, waiting = {root}, [root]
        while waiting:
            fresh = set(self.modules[waiting.pop()].children) - seen
            seen |= fresh
            waiting += fresh
        return sum(self.modules[symbol].size for symbol in seen)

    # ------------------------------------------------------------------ hierarchy
    def tokens(self, top: str | None, parameters: Mapping[str, int]) -> Tokens:
        """Go through the hierarchy from the top and return its tokens."""
        root = self._choose_top(top)
        numbers = {self._name(symbol): symbol for symbol in self.modules[root].symbols.tolist()[:-1]}
        given = {numbers[name]: float(value) for name, value in parameters.items() if name in numbers}
        self._elaborate(root, given, 0)
        order = self._count_copies()
        order.sort(key=lambda number: self.variants[number].module.start)
        return self._assemble([self.variants[number] for number in order], root)

    def _elaborate(self, symbol: int, parameters: Mapping[int, float], depth: int) -> int:
        """Return the number of a module's variant; it and all below it are made if they are new."""
        key = (symbol, tuple(sorted(parameters.items())))
        if key in self._by_parameters:
            return self._by_parameters[key]
        others = [number for (name, _), number in self._by_parameters.items() if name == symbol]
        if len(others) >= _MOST_VARIANTS:
            return others[-1]
        variant, uses = self._make(self.modules[symbol], parameters)
        number = len(self.variants)
        self._by_parameters[key] = number
        self.variants.append(variant)
        saved = self.scope[variant.module.symbols]
        uses = uses if depth < _DEEPEST else []
        children = [self._elaborate(child, given, depth + 1) for _, child, given, _ in uses]
        self.scope[variant.module.symbols] = saved
        variant.uses = [(child, use[3]) for child, use in zip(children, uses, strict=True)]
        self._settle(variant, [use[0] for use in uses], nested=depth > 0)
        return number

    def _count_copies(self) -> list[int]:
        """Multiply copies from the top, which is variant 0, downwards; return the variants that have any."""
        state, order = [0] * len(self.variants), []  # 1 while a variant is above the one looked at, 2 when done

        def visit(number: int) -> None:
            state[number] = 1
            variant = self.variants[number]
            variant.uses = [use for use in variant.uses if state[use[0]] != 1]  # a module inside itself
            for child, _ in variant.uses:
                if state[child] == 0:
                    visit(child)
            state[number] = 2
            order.append(number)

        visit(0)
        self.variants[0].copies = 1.0
        for number in reversed(order):
            for child, times in self.variants[number].uses:
                copies = self.variants[child].copies + times * self.variants[number].copies
                self.variants[child].copies = min(copies, _MOST_COPIES)
        return [number for number in order if self.variants[number].copies > 0]

    # ------------------------------------------------------------------ one module
    def _make(
        self, module: _Module, parameters: Mapping[int, float]
    ) -> tuple[_Variant, list[tuple[int, int, dict[int, float], float]]]:
        """Arrange a module; return it and its uses: where, module, parameters, times."""
        scope, size = self.scope, module.size
        forget(scope, module.symbols)
        for symbol, value in parameters.items():
            scope["fixed"][symbol], scope["value"][symbol] = True, value
        room = size + _PADDING
        floats = [np.zeros(room, np.float32) for _ in range(3)]
        text = module.text._replace(
            place=np.zeros(room, np.int8), copies=floats[0], conditions=floats[1], repeats=floats[2]
        )
        declared = np.zeros(room, np.bool_)
        declare(text, scope, size, declared)
        instances = Instances(np.zeros(size // 4 + 1, np.int32), np.zeros(1, np.int32))
        arrange(text, scope, size, instances)
        places = instances.position[: instances.number[0]]
        uses = [self._use(text, at) for at in places[text.copies[places] > 0].tolist()]
        return _Variant(module, text, Found.of(text.entry), declared), uses

    def _settle(self, variant: _Variant, places: Sequence[int], *, nested: bool) -> None:
        """Go through the expressions of a module whose children, used at ``places``, are done."""
        scope, size, symbols = self.scope, variant.module.size, variant.module.symbols
        text, found = variant.text, variant.found
        cells = make_room(lay_out(scope, symbols))
        symbols = symbols[scope["read"][symbols] >= 0]
        outputs = symbols[np.isin(scope["role"][symbols], _OUTPUTS)]
        inputs = symbols[scope["role"][symbols] == _ROLE["input"]]
        ports = self._ports(variant, places)
        variant.ports, first, bits = outputs, *_spans(scope, outputs)
        variant.first = first
        listed = self._port_list(variant.text)
        variant.order = np.array([listed.get(name, -1) for name in outputs.tolist()], np.int32)
        if nested:
            # with inputs far behind everything else: what comes late at an output, comes from one of them
            clear_cells(cells)
            late = _spans(scope, inputs)[1]
            cells["late"][late] = cells["root"][late] = _LATE
            self._walk(variant, ports, cells)
            through = _arrivals(cells, bits) - _LATE
            variant.through = np.where(through >= 0, through, -1.0).astype(np.float32)
        clear_cells(cells)
        self._walk(variant, ports, cells)
        variant.level = _arrivals(cells, bits)
        variant.uses = [
            (child, times * float(found.visits[at] / text.copies[at]))
            for (child, times), at in zip(variant.uses, places, strict=True)
        ]
        runs = np.maximum(found.visits[:size], 1e-9)
        found.gates[:size] /= runs
        text.copies[:] = found.visits
        count_calls(text, scope, size)
        variant.ids = self._ids(text, found, variant.declared, size)

    def _port_list(self, text: ModuleText) -> dict[int, int]:
        """Return the places of a module's ports in its header, by symbol."""
        opened = 2
        if text.entry[opened] == _HASH and text.match[opened + 1] > 0:  # parameters
            opened = int(text.match[opened + 1]) + 1
        listed: dict[int, int] = {}
        i = opened + 1
        while i < text.match[opened]:
            symbol = int(text.symbol[i])
            if text.entry[i] == USED and self.scope["role"][symbol] in (_ROLE["input"], *_OUTPUTS):
                listed.setdefault(symbol, len(listed))
            i = int(text.match[i]) + 1 if text.match[i] > i else i + 1
        return listed

    def _walk(self, variant: _Variant, ports: Ports, cells: Bits) -> None:
        """Repeat passes until levels settle."""
        for number in range(1, 1 + _MOST_PASSES):
            self.scope["seen"][variant.module.symbols] = 0
            if not walk(variant.text, self.scope, ports, cells, self.stack, variant.module.size, number, variant.found):
                break

    def _ports(self, variant: _Variant, places: Sequence[int]) -> Ports:
        """Return the outputs of a module's instances."""
        children = [self.variants[number] for number, _ in variant.uses]
        counts = np.zeros(len(variant.text.entry) + 1, np.int32)
        for at, child in zip(places, children, strict=True):
            counts[at + 1] = len(child.ports)
        sizes = np.concatenate([np.zeros(1, np.int32), *(np.diff(child.first) for child in children)])
        nothing = np.zeros((0, NUM_SCRIPTS), np.float32)
        return Ports(
            np.cumsum(counts, dtype=np.int32),
            np.concatenate([np.zeros(0, np.int32), *(child.ports for child in children)]).astype(np.int32),
            np.concatenate([np.zeros(0, np.int32), *(child.order for child in children)]).astype(np.int32),
            np.cumsum(sizes, dtype=np.int32),
            np.concatenate([nothing, *(child.level for child in children)]),
            np.concatenate([nothing, *(child.through for child in children)]),
        )

    def _use(self, text: ModuleText, at: int) -> tuple[int, int, dict[int, float], float]:
        """Return what the instance at ``at`` uses: where, module, parameters, times."""
        child = int(text.symbol[at])
        given: dict[int, float] = {}
        times = float(text.copies[at])
        following = at + 1
        if text.entry[following] == _HASH and text.entry[following + 1] == _OPEN and text.match[following + 1] > 0:
            close = int(text.match[following + 1])
            given = self._overrides(text, following + 2, close, child)
            following = close + 1
        if text.entry[following + 1] == _BRACKET and text.match[following + 1] > 0:  # u[3:0] (...)
            bounds = self._parts(text, following + 2, int(text.match[following + 1]), _COLON)
            values = [evaluate(text, self.scope, *part) for part in bounds]
            if len(values) == 2 and not math.isnan(values[0]) and not math.isnan(values[1]):
                times *= abs(values[0] - values[1]) + 1
        return at, child, given, times

    @staticmethod
    def _parts(text: ModuleText, begin: int, end: int, separator: int) -> list[tuple[int, int]]:
        """Return the spans between separators, brackets passed over."""
        parts, start, i = [], begin, begin
        while i < end:
            if text.entry[i] == separator:
                parts.append((start, i))
                start = i + 1
            i = int(text.match[i]) + 1 if text.match[i] > i else i + 1
        return [*parts, (start, end)]

    def _overrides(self, text: ModuleText, begin: int, end: int, child: int) -> dict[int, float]:
        """Return the parameters that an instance sets, by symbol."""
        given: dict[int, float] = {}
        parts = self._parts(text, begin, end, _COMMA)
        ordered = self._parameters(self.modules[child]) if text.entry[begin] != _DOT else []
        for number, (start, stop) in enumerate(parts):
            if text.entry[start] == _DOT and text.entry[start + 1] == USED:
                name, span = int(text.symbol[start + 1]), (start + 3, stop - 1)
            elif number < len(ordered):
                name, span = ordered[number], (start, stop)
            else:
                continue
            value = evaluate(text, self.scope, *span)
            if not math.isnan(value):
                given[name] = value
        return given

    @staticmethod
    def _parameters(module: _Module) -> list[int]:
        """Return the symbols of a module's parameters in order."""
        names = []
        entry, symbol = module.text.entry, module.text.symbol
        for at in np.flatnonzero(entry == _PARAMETER).tolist():
            i = at + 1
            while entry[i] not in (0, _SEMICOLON, _CLOSE, _PARAMETER):
                if entry[i] == USED and entry[i + 1] == _EQUALS:
                    names.append(int(symbol[i]))
                i = int(module.text.match[i]) + 1 if module.text.match[i] > i else i + 1
        return names

    def _ids(self, text: ModuleText, found: Found, declared: npt.NDArray[np.bool_], size: int) -> Int32:
        """Return the vocabulary entries, identifiers by their role."""
        scope = self.scope
        ids = found.entry[:size].astype(np.int32)
        names = np.flatnonzero(ids == USED)
        symbol = text.symbol[names]
        role = scope["role"][symbol].astype(np.int32)
        stored = declared[names] & np.isin(role, _REGISTERS)
        bits = scope["width"][symbol[stored]] * np.maximum(scope["words"][symbol[stored]], 1)
        found.gates[names[stored]] = REGISTER_GATES * bits
        role[scope["words"][symbol] > 0] = _ROLE["memory"]
        before, after = text.entry[names - 1], text.entry[names + 1]
        instance = text.place[names] == INSTANCE
        is_module = scope["module"][symbol] & (instance | (before == _MODULE))
        follows_module = np.append(False, is_module[:-1] & (names[1:] == names[:-1] + 1)) if len(names) else is_module
        unknown = (role == 0) & (text.place[names] == 0) & (after == USED)
        unknown &= text.entry[names + 2] == _OPEN
        follows_unknown = np.append(False, unknown[:-1]) & (before == USED) if len(names) else unknown
        role[unknown] = _ROLE["unknown module"]
        role[follows_module | (instance & (before == _CLOSE)) | follows_unknown] = _ROLE["instance"]
        role[(before == _COLON) & np.isin(text.entry[names - 2], (_BEGIN, _END))] = _ROLE["label"]
        role[before == _DOT] = _ROLE["port"]
        role[is_module] = _ROLE["module"]
        ids[names] = np.where(declared[names], DECLARED, USED) + role
        repeated = text.repeats[:size] > 0
        found.value[:size][repeated] = np.log2(1 + text.repeats[:size][repeated])
        memory = names[role == _ROLE["memory"]]
        found.value[memory] = np.log2(1 + scope["words"][text.symbol[memory]])
        found.left[names] = 0.0
        return ids

    # ------------------------------------------------------------------ the result
    def _assemble(self, variants: Sequence[_Variant], root: int) -> Tokens:
        kept = [np.flatnonzero(variant.text.copies[: variant.module.size] > 0) for variant in variants]

        def column(of_found: bool, name: str) -> npt.NDArray[np.generic]:
            parts = [
                getattr(variant.found if of_found else variant.text, name)[rows]
                for variant, rows in zip(variants, kept, strict=True)
            ]
            return np.concatenate(parts)

        source = np.concatenate([variant.module.start + rows for variant, rows in zip(variants, kept, strict=True)])
        lengths = [len(rows) for rows in kept]
        times = np.repeat(np.array([variant.copies for variant in variants], np.float32), lengths)
        floats = ("value", "width", "left", "right", "context", "constant", "level", "fast_level", "gates")
        return Tokens(
            ids=np.concatenate([variant.ids[rows] for variant, rows in zip(variants, kept, strict=True)]),
            **{name: column(True, name) for name in floats},  # type: ignore[arg-type]
            copies=column(False, "copies").astype(np.float32) * times,
            conditions=column(False, "conditions"),  # type: ignore[arg-type]
            place=column(False, "place"),  # type: ignore[arg-type]
            module=np.repeat(np.arange(len(variants), dtype=np.int32), lengths),
            line=self.stream.line[source],
            file=self.stream.file[source],
            modules=tuple(self._name(variant.module.name) for variant in variants),
            files=self.stream.files,
            top=self._name(root),
        )
