"""What can be said of Verilog by reading its text alone: syntax errors with their place, modules that are not there.

Nothing is elaborated, and no other program runs. A file that is no Verilog at all is recognised before it is parsed.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from edasat.core.errors import InputError, Message, Notes
from edasat.core.files import Source, read_bytes

from ..flow.sources import Rtl
from .slang_tree import Parsed, parse

_NO_FILE = Message("rtl-no-file", "no Verilog file is given")
_EMPTY = Message("rtl-empty", "there is no module in {what}", "expected 'module NAME ...; ... endmodule'")
_BINARY = Message("rtl-binary", "this is no text: it holds bytes of value 0", "give the Verilog source")
_FOREIGN = Message("rtl-wrong-file", "this looks like {what}, not Verilog", "{hint}")
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
#: A design without ports has nothing that synthesis keeps.
NO_PORTS: Final = "rtl-no-ports"

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


@dataclass(frozen=True)
class Instance:
    """One instantiation.

    Attributes:
        module: name of what is instantiated.
        file: of its text, as the user named it.
        line, column: of the name, from 1.
        conditional: it stands in a branch that elaboration may leave out.
    """

    module: str
    file: str
    line: int
    column: int
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

    Raises:
        InputError: for a syntax error, an unknown or unclear top, and a module that is missing for certain.
    """
    contents = dict(zip([Source(one).name for one in rtl.sources], check_kind(rtl.sources), strict=True))
    parsed = parse(rtl)
    modules = {name: tuple(_instances(parsed, body, conditional=False)) for name, (_, body) in _declared(parsed)}
    if not modules:
        raise InputError.of(_EMPTY, what="what its directives leave of the text")
    top = _top(modules, rtl.top)
    notes = Notes()
    if not dict(_declared(parsed))[top][0]:
        notes.add(NO_PORTS, f"module '{top}' has no ports, as test benches have none; nothing of it would be kept")
    for module in _below(modules, top):
        for instance in modules[module]:
            if instance.module not in modules:
                _missing(instance, contents, modules[module], notes)
    return Outline(modules, top, notes)


def _declared(parsed: Parsed) -> Iterator[tuple[str, tuple[bool, Any]]]:
    """Yield each module's name, whether it has ports, and its members; primitives and interfaces have none."""
    from pyslang.syntax import SyntaxKind

    root: Any = parsed.unit.root
    for member in root.members if root.kind == SyntaxKind.CompilationUnit else [root]:
        if member.kind == SyntaxKind.ModuleDeclaration:
            ports = member.header.ports
            yield member.header.name.valueText, (ports is not None and len(list(ports.ports)) > 0, member.members)
        elif member.kind == SyntaxKind.UdpDeclaration:
            yield member.name.valueText, (True, ())
        elif hasattr(member, "header"):
            yield member.header.name.valueText, (True, ())


def _instances(parsed: Parsed, members: Any, *, conditional: bool) -> Iterator[Instance]:
    from pyslang.syntax import SyntaxKind

    for member in members:
        kind = member.kind
        if kind == SyntaxKind.HierarchyInstantiation:
            file, line = parsed.place(member.type.location)
            column = parsed.manager.getColumnNumber(parsed.manager.getFullyExpandedLoc(member.type.location))
            yield Instance(member.type.valueText, parsed.files[file], line, column, conditional)
        elif kind in (SyntaxKind.GenerateRegion, SyntaxKind.GenerateBlock):
            yield from _instances(parsed, member.members, conditional=conditional)
        elif kind == SyntaxKind.LoopGenerate:
            yield from _instances(parsed, [member.block], conditional=True)
        elif kind == SyntaxKind.IfGenerate:
            branches = [member.block, *([member.elseClause.clause] if member.elseClause else [])]
            yield from _instances(parsed, branches, conditional=True)
        elif kind == SyntaxKind.CaseGenerate:
            yield from _instances(parsed, [item.clause for item in member.items], conditional=True)


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


def _missing(instance: Instance, contents: Mapping[str, bytes], beside: Sequence[Instance], notes: Notes) -> None:
    """Refuse an instance of a module that is nowhere, or note it where it may never be made."""
    if instance.conditional:
        message = f"module '{instance.module}' is in none of the files; its area is not counted"
        notes.add(MAYBE_MISSING, message, f"{instance.file}:{instance.line}")
        return
    content = contents.get(instance.file, b"")
    row = _NETLIST if len(beside) > _LISTED and _cell_like(content) else _MISSING
    error = InputError.of(row, instance.file, name=instance.module)
    error.line, error.column = instance.line, instance.column
    lines = content.decode("utf-8", "replace").split("\n")
    error.source_line = lines[instance.line - 1].rstrip("\r") if instance.line <= len(lines) else ""
    raise error


def _cell_like(content: bytes) -> bool:
    """Say whether a text has instances alone: no process and no operator is left after mapping."""
    return (
        re.search(rb"\balways|[-+*?^&|<>]", re.sub(rb"//[^\n]*|/\*.*?\*/|\(\*.*?\*\)", b"", content, flags=re.S))
        is None
    )
