"""What can be said of Verilog by reading its text alone: syntax errors with their place, modules that are not there.

The parser is slang's (the pyslang wheel); nothing is elaborated, and no other program runs. Files are parsed together,
in the order given, so that macros of one hold in the next. A file that is no Verilog at all is recognised before.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from edasat.core.errors import InputError, Message, Notes
from edasat.core.files import Source, read_bytes

from ..flow.sources import Rtl

_NO_FILE = Message("rtl-no-file", "no Verilog file is given")
_EMPTY = Message("rtl-empty", "there is no module in {what}", "expected 'module NAME ...; ... endmodule'")
_BINARY = Message("rtl-binary", "this is no text: it holds bytes of value 0", "give the Verilog source")
_FOREIGN = Message("rtl-wrong-file", "this looks like {what}, not Verilog", "{hint}")
_SYNTAX = Message("rtl-syntax", "{text}")
_NO_TOP = Message("rtl-top", "no module is called '{name}'", "{hint}")
_TOPS = Message("rtl-tops", "several modules are used by no other: {names}", "choose the top module: --top NAME")
_CYCLE = Message("rtl-recursion", "every module is used by another one: {names}", "choose the top module: --top NAME")
_MISSING = Message(
    "rtl-missing-module", "module '{name}' is used here, and is in none of the files", "give the file that holds it"
)
_NETLIST = Message(
    "rtl-netlist",
    "'{name}' and the other cells of this netlist are in none of the files",
    "this design is mapped already: `edasat timing sta` times it, and its area is the sum of its cells'",
)
#: Why a module may be missing without harm: whether its branch is taken is known only after elaboration.
MAYBE_MISSING: Final = "rtl-missing-branch"

#: Files of other formats by how they begin, comments and blanks left out: pattern, name, what to do.
_OTHERS: Final = tuple(
    (re.compile(pattern, re.IGNORECASE), what, hint)
    for pattern, what, hint in (
        (rb"library\s*\(", "Liberty", "cell libraries are given with --lib"),
        (rb"(?:library\s+\w+\s*;|use\s+\w+\.|entity\s+\w+\s+is\b)", "VHDL", "translate it first, with ghdl --synth"),
        (rb"\{\s*\"", "JSON", "give the Verilog source"),
        (rb"\(\s*(?:edif|DELAYFILE)\b", "EDIF or SDF", "give the Verilog source"),
        (rb"\.(?:model|inputs)\s", "BLIF", "give the Verilog source"),
        (rb"(?:VERSION|DESIGN|DIVIDERCHAR|BUSBITCHARS)\s[^;]{0,80};", "DEF or LEF", "give the Verilog source"),
        (rb"p\s+cnf\s", "a CNF formula", "give the Verilog source"),
        (rb"(?:circuit\s+\w+\s*:|FIRRTL\s)", "FIRRTL", "let firtool write Verilog first"),
    )
)
_LEADING: Final = re.compile(rb"(?:\s|/\*.*?\*/|//[^\n]*(?:\n|\Z)|--[^\n]*(?:\n|\Z))*", re.DOTALL)
_HEAD_BYTES: Final = 1 << 16
_LISTED: Final = 5
_SYSTEM_VERILOG: Final = ".sv"
#: Faults that are no fault of the text: a file that only defines macros nobody needs may be missing.
_TOLERATED: Final = frozenset({"DiagCode(CouldNotOpenIncludeFile)"})


@dataclass(frozen=True)
class Instance:
    """One instantiation.

    Attributes:
        module: name of what is instantiated.
        source: index of the file, -1 for an included one.
        offset: of the name in that file, in bytes.
        conditional: it stands in a branch that elaboration may leave out.
    """

    module: str
    source: int
    offset: int
    conditional: bool


@dataclass(frozen=True)
class Outline:
    """The modules of a design.

    Attributes:
        modules: name -> what it instantiates.
        top: the one chosen, or the one that no other uses.
        notes: modules that may be missing.
    """

    modules: dict[str, tuple[Instance, ...]]
    top: str
    notes: Notes


def check_kind(sources: Sequence[str | Path | bytes]) -> list[bytes]:
    """Return the content of files that may be Verilog.

    Raises:
        InputError: if there is none, one cannot be read, holds no text, or is of another format.
    """
    if not sources:
        raise InputError.of(_NO_FILE)
    contents = []
    for one in sources:
        source, content = Source(one), read_bytes(one)
        if b"\0" in content:
            raise source.fail(_BINARY, content.index(b"\0"))
        head = content[:_HEAD_BYTES]
        leading = _LEADING.match(head)
        start = leading.end() if leading else 0
        for pattern, what, hint in _OTHERS:
            if pattern.match(head, start):
                raise source.fail(_FOREIGN, start, what=what, hint=hint)
        contents.append(content)
    if not any(re.search(rb"\b(?:macro)?module\b", content) for content in contents):
        if len(sources) == 1:
            raise InputError.of(_EMPTY, Source(sources[0]).name, what="the file")
        raise InputError.of(_EMPTY, what="these files")
    return contents


def check_text(rtl: Rtl) -> Outline:
    """Parse a design and find its top.

    Text that is Verilog-2005 or SystemVerilog passes; the former has fewer reserved words, the latter more syntax.

    Raises:
        InputError: for a syntax error, an unknown or unclear top, and a module that is missing for certain.
    """
    contents = check_kind(rtl.sources)
    sources = [Source(one) for one in rtl.sources]
    parsed = _Parsed(rtl, sources, contents)
    modules = parsed.modules()
    if not modules:
        raise InputError.of(_EMPTY, sources[0].name if len(sources) == 1 else "", what="what the text's branches leave")
    top = _top(modules, rtl.top)
    notes = Notes()
    for module in _below(modules, top):
        for instance in modules[module]:
            if instance.module not in modules:
                _missing(instance, sources, contents, modules[module], notes)
    return Outline(modules, top, notes)


class _Parsed:
    """The syntax tree of all files, by the first standard that finds no fault."""

    def __init__(self, rtl: Rtl, sources: Sequence[Source], contents: Sequence[bytes]) -> None:
        from pyslang import LanguageVersion

        old, new = LanguageVersion.v1364_2005, LanguageVersion.v1800_2023
        system = any(source.name.endswith(_SYSTEM_VERILOG) for source in sources)
        faults = []
        for version in (new, old) if system else (old, new):
            self._parse(rtl, sources, contents, version)
            fault = self._first_fault()
            if fault is None:
                return
            faults.append(self._error(fault, sources, contents))
        raise faults[0]

    def _parse(self, rtl: Rtl, sources: Sequence[Source], contents: Sequence[bytes], version: Any) -> None:
        from pyslang import Bag, SourceManager, parsing, syntax

        self._manager = SourceManager()
        folders = [source.path.parent for source in sources if source.path is not None]
        for folder in dict.fromkeys([*map(Path, rtl.include_dirs), *folders]):
            self._manager.addUserDirectories(str(folder))
        lexer, preprocessor, parser = parsing.LexerOptions(), parsing.PreprocessorOptions(), parsing.ParserOptions()
        for options in (lexer, preprocessor, parser):
            options.languageVersion = version
        preprocessor.predefines = [f"{name}={value}" for name, value in {"SYNTHESIS": 1, **rtl.defines}.items()]
        buffers = [self._manager.assignText(f"{number}", _ascii(content)) for number, content in enumerate(contents)]
        self._tree = syntax.SyntaxTree.fromBuffers(buffers, self._manager, Bag([lexer, preprocessor, parser]))
        self._source_of = {buffer.id: number for number, buffer in enumerate(buffers)}

    def _first_fault(self) -> Any:
        for fault in self._tree.diagnostics:
            if fault.isError() and str(fault.code) not in _TOLERATED:
                return fault
        return None

    def _error(self, fault: Any, sources: Sequence[Source], contents: Sequence[bytes]) -> InputError:
        from pyslang import DiagnosticEngine

        text = DiagnosticEngine(self._manager).formatMessage(fault)
        place = self._manager.getFullyExpandedLoc(fault.location)
        number = self._source_of.get(place.buffer, -1)
        if number >= 0:
            return InputError.at(_SYNTAX, sources[number].name, contents[number], place.offset, text=text)
        error = InputError.of(_SYNTAX, self._manager.getFileName(place), text=text)
        error.line, error.column = self._manager.getLineNumber(place), self._manager.getColumnNumber(place)
        return error

    def modules(self) -> dict[str, tuple[Instance, ...]]:
        """Return what each module instantiates."""
        from pyslang.syntax import SyntaxKind

        root = self._tree.root
        members = root.members if root.kind == SyntaxKind.CompilationUnit else [root]
        found: dict[str, tuple[Instance, ...]] = {}
        for member in members:
            if member.kind == SyntaxKind.ModuleDeclaration:
                found[member.header.name.valueText] = tuple(self._instances(member.members, conditional=False))
            elif member.kind == SyntaxKind.UdpDeclaration:
                found[member.name.valueText] = ()
            elif hasattr(member, "header"):  # interfaces, programs, packages
                found[member.header.name.valueText] = ()
        return found

    def _instances(self, members: Any, *, conditional: bool) -> Iterator[Instance]:
        from pyslang.syntax import SyntaxKind

        for member in members:
            kind = member.kind
            if kind == SyntaxKind.HierarchyInstantiation:
                place = self._manager.getFullyExpandedLoc(member.type.location)
                number = self._source_of.get(place.buffer, -1)
                yield Instance(member.type.valueText, number, place.offset, conditional)
            elif kind in (SyntaxKind.GenerateRegion, SyntaxKind.GenerateBlock):
                yield from self._instances(member.members, conditional=conditional)
            elif kind == SyntaxKind.LoopGenerate:
                yield from self._instances([member.block], conditional=True)
            elif kind == SyntaxKind.IfGenerate:
                branches = [member.block, *([member.elseClause.clause] if member.elseClause else [])]
                yield from self._instances(branches, conditional=True)
            elif kind == SyntaxKind.CaseGenerate:
                yield from self._instances([item.clause for item in member.items], conditional=True)


def _ascii(content: bytes) -> str:
    """Return a text of as many bytes in UTF-8 as the content has, so that positions agree."""
    try:
        return content.decode()
    except UnicodeDecodeError:
        return content.decode("ascii", "replace").replace("\N{REPLACEMENT CHARACTER}", "?")


def _top(modules: dict[str, tuple[Instance, ...]], name: str | None) -> str:
    if name is not None:
        if name in modules:
            return name
        near = difflib.get_close_matches(name, modules, 1)
        raise InputError.of(
            _NO_TOP, name=name, hint=f"did you mean '{near[0]}'?" if near else f"there is {_list(list(modules))}"
        )
    used = {instance.module for instances in modules.values() for instance in instances}
    roots = [module for module in modules if module not in used]
    if not roots:
        raise InputError.of(_CYCLE, names=_list(list(modules)))
    if len(roots) > 1:
        raise InputError.of(_TOPS, names=_list(roots))
    return roots[0]


def _list(names: Sequence[str]) -> str:
    return ", ".join(names[:_LISTED]) + (", ..." if len(names) > _LISTED else "")


def _below(modules: dict[str, tuple[Instance, ...]], top: str) -> list[str]:
    """Return the modules that a top consists of, itself the first."""
    found, waiting = {top: None}, [top]
    while waiting:
        for instance in modules[waiting.pop()]:
            if instance.module in modules and instance.module not in found:
                found[instance.module] = None
                waiting.append(instance.module)
    return list(found)


def _missing(
    instance: Instance,
    sources: Sequence[Source],
    contents: Sequence[bytes],
    beside: Sequence[Instance],
    notes: Notes,
) -> None:
    """Refuse an instance of a module that is nowhere, or note it where it may never be made."""
    if instance.source < 0:
        error = InputError.of(_MISSING, name=instance.module)
    else:
        row = _NETLIST if len(beside) > _LISTED and _cell_like(contents[instance.source]) else _MISSING
        name, content = sources[instance.source].name, contents[instance.source]
        error = InputError.at(row, name, content, instance.offset, name=instance.module)
    if not instance.conditional:
        raise error
    place = f"{error.path}:{error.line}" if error.line else ""
    notes.add(MAYBE_MISSING, f"module '{instance.module}' is in none of the files; its area is not counted", place)


def _cell_like(content: bytes) -> bool:
    """Say whether a text has instances alone: no process and no operator is left after mapping."""
    return (
        re.search(rb"\balways|[-+*?^&|<>]", re.sub(rb"//[^\n]*|/\*.*?\*/|\(\*.*?\*\)", b"", content, flags=re.S))
        is None
    )
