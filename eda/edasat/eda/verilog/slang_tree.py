"""Syntax trees by slang (the pyslang wheel): preprocessing, exact positions, SystemVerilog, and good refusals."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from edasat.core.errors import InputError
from edasat.core.files import Source, read_bytes

from ..flow.sources import Rtl, check_rtl
from .messages import MESSAGES
from .syntax_tree import SyntaxTree

if TYPE_CHECKING:
    import pyslang

_SYSTEM_VERILOG: Final = (".sv", ".sv.gz", ".sv.xz", ".sv.zst", ".sv.bz2", ".svh")
#: ``// synopsys translate_off`` hides what follows from synthesis, up to ``translate_on``.
_TRANSLATE: Final = ("synopsys", "synthesis", "pragma")
#: slang looks into nested branches of ``generate`` by recursion, and overflows its stack somewhere above 4,000 of them.
_DEEPEST: Final = 1000
_NESTING: Final = re.compile(
    r"""//[^\n]*|/\*.*?\*/|"(?:[^"\\\n]|\\.)*"|;
    |(?P<close>\bend(?:case|module|generate)?\b(?P<other>\s*else\b)?)
    |(?P<open>\b(?:begin|case[xz]?|module|generate)\b)|(?P<branch>\b(?:if|for)\b)""",
    re.DOTALL | re.VERBOSE,
)
Place = tuple[int, int]


@dataclass
class Parsed:
    """All sources of a design as one compilation unit.

    Attributes:
        unit: slang's tree.
        manager: holds the texts.
        files: names of the sources as the user gave them, then of included files.
        is_verilog: the text is Verilog of 2005, not SystemVerilog.
    """

    unit: pyslang.syntax.SyntaxTree
    manager: pyslang.SourceManager
    files: list[str]
    is_verilog: bool
    _file_of_buffer: dict[int, int] = field(default_factory=dict)

    def place(self, location: pyslang.SourceLocation) -> Place:
        """Return file and line; of what a macro expands to, those of its use."""
        if not self.manager.isFileLoc(location):
            location = self.manager.getFullyExpandedLoc(location)
        buffer = location.buffer.id
        file = self._file_of_buffer.get(buffer)
        if file is None:
            self.files.append(str(self.manager.getRawFileName(location.buffer)))
            file = self._file_of_buffer[buffer] = len(self.files) - 1
        return file, self.manager.getLineNumber(location)

    def lines(self) -> tuple[str, list[Place]]:
        """Return the text with all macros and includes expanded and without attributes, and each line's origin."""
        from pyslang.ast import VisitAction
        from pyslang.parsing import Token
        from pyslang.syntax import AttributeInstanceSyntax, IntegerVectorExpressionSyntax

        lines: list[list[str]] = []
        places: list[Place] = []

        def write(text: str, location: pyslang.SourceLocation) -> None:
            place = self.place(location)
            if not places or place != places[-1]:
                places.append(place)
                lines.append([])
            lines[-1].append(text)

        def collect(item: Any) -> Any:
            if isinstance(item, Token):
                if text := item.rawText:
                    write(text, item.location)
            elif isinstance(item, IntegerVectorExpressionSyntax):  # 8 'h ff, three tokens of slang's
                write("".join(token.rawText for token in _tokens(item)), item.getFirstToken().location)
                return VisitAction.Skip
            elif isinstance(item, AttributeInstanceSyntax):
                return VisitAction.Skip
            return VisitAction.Advance

        self.unit.root.visit(collect)
        return "\n".join(" ".join(words) for words in lines) + "\n", places


def parse(rtl: Rtl) -> Parsed:
    """Parse the sources of a design, one after the other as if they were one text.

    Verilog files are read as Verilog of 2005, in which ``bit`` and ``do`` are plain names; what it refuses is tried as
    SystemVerilog.

    Raises:
        InputError: with file, line and column of the first error.
    """
    check_rtl(rtl)
    sources = [Source(one) for one in rtl.sources]
    texts = [read_bytes(one).decode("utf-8", "replace") for one in rtl.sources]
    for source, text in zip(sources, texts, strict=True):
        if not text.strip("\0 \t\r\n"):
            raise InputError.of(MESSAGES["syntax-empty"], source.name)
        _check_nesting(source, text)
    verilog = not any(source.name.endswith(_SYSTEM_VERILOG) for source in sources)
    parsed, error = _parse(rtl, sources, texts, verilog=verilog)
    if error is not None and verilog:
        again, second = _parse(rtl, sources, texts, verilog=False)
        if second is None:
            return again
    if error is not None:
        raise error
    return parsed


def _check_nesting(source: Source, text: str) -> None:
    """Refuse text that nests deeper than anybody writes; branches in branches without a statement count too."""
    blocks = branches = 0
    for found in _NESTING.finditer(text):
        if found["close"]:
            blocks -= 1
            branches = branches + 1 if found["other"] else 0
        elif found["open"]:
            blocks += 1
        elif found["branch"]:
            branches += 1
        elif found[0] == ";":
            branches = 0
        if blocks + branches > _DEEPEST:
            raise source.fail(MESSAGES["syntax-deep"], len(text[: found.start()].encode()), limit=_DEEPEST)


def _parse(rtl: Rtl, sources: list[Source], texts: list[str], *, verilog: bool) -> tuple[Parsed, InputError | None]:
    import pyslang
    from pyslang.parsing import LexerOptions, ParserOptions, PreprocessorOptions
    from pyslang.syntax import CommentHandler
    from pyslang.syntax import SyntaxTree as SlangTree

    language = pyslang.LanguageVersion.v1364_2005 if verilog else pyslang.LanguageVersion.v1800_2023
    preprocessor, lexer, parser = PreprocessorOptions(), LexerOptions(), ParserOptions()
    preprocessor.additionalIncludePaths = [Path(folder).resolve() for folder in rtl.include_dirs]
    for options in (preprocessor, lexer, parser):
        options.languageVersion = language
    off = CommentHandler(CommentHandler.Kind.TranslateOff, "translate_on")
    lexer.commentHandlers = {word: {"translate_off": off} for word in _TRANSLATE}
    manager = pyslang.SourceManager()
    manager.setDisableProximatePaths(True)
    # Not as predefined macros, which slang keeps when a source defines them again.
    defines = "".join(f"`define {name} {value}\n" for name, value in rtl.defines.items())
    buffers = [manager.assignText("/edasat-defines.v", defines)]
    numbers: dict[int, int] = {}
    paths: set[Path] = set()
    for number, (source, text) in enumerate(zip(sources, texts, strict=True)):
        path = source.path.resolve() if source.path is not None else Path(f"/edasat-source-{number}.v")
        buffer = manager.assignText(f"{path}#{number}" if path in paths else str(path), text)
        paths.add(path)
        buffers.append(buffer)
        numbers[buffer.id.id] = number
    try:
        unit = SlangTree.fromBuffers(buffers, manager, pyslang.Bag([preprocessor, lexer, parser]))
    except RuntimeError:  # of attributes in attributes, and the like
        raise InputError.of(MESSAGES["syntax-deep"], sources[0].name, limit=_DEEPEST) from None
    parsed = Parsed(unit, manager, [source.name for source in sources], verilog, numbers)
    return parsed, next(_errors(parsed), None)


def _tokens(node: Any) -> list[pyslang.parsing.Token]:
    """Return the tokens that stand directly in a node."""
    from pyslang.parsing import Token

    return [item for item in node if isinstance(item, Token)]


def _errors(parsed: Parsed) -> Iterator[InputError]:
    """Yield slang's errors as ours, with its sentences."""
    from pyslang import DiagnosticEngine

    engine = DiagnosticEngine(parsed.manager)
    for found in parsed.unit.diagnostics:
        if not found.isError():
            continue
        location = found.location
        if not parsed.manager.isFileLoc(location):
            location = parsed.manager.getFullyExpandedLoc(location)
        file, line = parsed.place(location)
        text = parsed.manager.getSourceText(location.buffer)
        start = text.rfind("\n", 0, location.offset) + 1
        end = text.find("\n", location.offset)
        yield InputError(
            engine.formatMessage(found),
            path=parsed.files[file],
            line=line,
            column=parsed.manager.getColumnNumber(location),
            code="syntax-refused",
            source_line=text[start : end if end >= 0 else None].rstrip("\0\r"),
        )


#: Kinds of slang's nodes that are nodes of ours; all others hand their children to their parent.
_KINDS: Final = {
    "AlwaysBlock": "always", "AlwaysCombBlock": "always", "AlwaysFFBlock": "always", "AlwaysLatchBlock": "always",
    "InitialBlock": "initial", "FinalBlock": "initial", "GenerateRegion": "generate",
    "SequentialBlockStatement": "block", "ParallelBlockStatement": "block", "GenerateBlock": "block",
    "ConditionalStatement": "if", "IfGenerate": "if", "CaseStatement": "case", "CaseGenerate": "case",
    "StandardCaseItem": "case_item", "DefaultCaseItem": "case_item", "PatternCaseItem": "case_item",
    "ForLoopStatement": "for", "LoopGenerate": "for", "LoopStatement": "loop", "ForeverStatement": "loop",
    "DoWhileStatement": "loop", "ForeachLoopStatement": "loop",
    "NamedPortConnection": "port_connection", "OrderedPortConnection": "port_connection",
    "WildcardPortConnection": "port_connection", "NamedParamAssignment": "parameter_argument",
    "OrderedParamAssignment": "parameter_argument",
    "NonblockingAssignmentExpression": "nonblocking", "AssignmentExpression": "blocking",
    "AddAssignmentExpression": "blocking", "SubtractAssignmentExpression": "blocking",
    "MultiplyAssignmentExpression": "blocking", "AndAssignmentExpression": "blocking",
    "OrAssignmentExpression": "blocking", "XorAssignmentExpression": "blocking",
    "PostincrementExpression": "blocking", "PostdecrementExpression": "blocking",
    "UnaryPreincrementExpression": "blocking", "UnaryPredecrementExpression": "blocking",
    "ImplicitEventControl": "level", "IdentifierName": "identifier",
    "IntegerLiteralExpression": "number", "IntegerVectorExpression": "number",
    "UnbasedUnsizedLiteralExpression": "number", "RealLiteralExpression": "number", "StringLiteralExpression": "string",
    "ConcatenationExpression": "concatenation", "StreamingConcatenationExpression": "concatenation",
    "AssignmentPatternExpression": "concatenation", "MultipleConcatenationExpression": "replication",
    "ConditionalExpression": "conditional",
    "AddExpression": "add", "SubtractExpression": "sub", "MultiplyExpression": "mul", "DivideExpression": "div",
    "ModExpression": "mod", "PowerExpression": "pow", "UnaryMinusExpression": "neg", "UnaryPlusExpression": "pos",
    "EqualityExpression": "eq", "InequalityExpression": "ne", "CaseEqualityExpression": "eq",
    "CaseInequalityExpression": "ne", "WildcardEqualityExpression": "eq", "WildcardInequalityExpression": "ne",
    "LessThanExpression": "lt", "LessThanEqualExpression": "le", "GreaterThanExpression": "gt",
    "GreaterThanEqualExpression": "ge", "BinaryAndExpression": "and", "BinaryOrExpression": "or",
    "BinaryXorExpression": "xor", "BinaryXnorExpression": "xnor", "UnaryBitwiseNotExpression": "not",
    "LogicalAndExpression": "logic_and", "LogicalOrExpression": "logic_or", "UnaryLogicalNotExpression": "logic_not",
    "LogicalShiftLeftExpression": "shl", "LogicalShiftRightExpression": "shr",
    "ArithmeticShiftLeftExpression": "sshl", "ArithmeticShiftRightExpression": "sshr",
    "UnaryBitwiseAndExpression": "reduce_and", "UnaryBitwiseNandExpression": "reduce_nand",
    "UnaryBitwiseOrExpression": "reduce_or", "UnaryBitwiseNorExpression": "reduce_nor",
    "UnaryBitwiseXorExpression": "reduce_xor", "UnaryBitwiseXnorExpression": "reduce_xnor",
}  # fmt: skip
#: Not looked into: delays, timing of cells, attributes, lists of port names that declarations repeat, labels.
_SKIPPED: Final = frozenset(
    {
        *("AttributeInstance", "SpecifyBlock", "DelayControl", "Delay3", "NonAnsiPortList", "NamedBlockClause"),
        *("NamedLabel", "DriveStrength", "ChargeStrength", "TimeUnitsDeclaration", "UdpDeclaration"),
        *("FunctionPrototype", "SimpleBinsSelectExpr", "CoverageOption"),
    }
)
#: What a value in a declaration means: a continuous assignment, or one that is made once.
_ASSIGNED: Final = {"wire": "assign", "reg": "initial", "integer": "initial"}
_DIRECTIONS: Final = ("input", "output", "inout")


def convert(parsed: Parsed) -> SyntaxTree:
    """Return slang's tree in our kinds of nodes."""
    return _Conversion(parsed).run()


class _Conversion:
    """Walks slang's tree in preorder: a stack of calls, each of which adds at most one node and pushes what follows."""

    def __init__(self, parsed: Parsed) -> None:
        from pyslang.parsing import Token

        self.token = Token
        self.parsed = parsed
        self.tree = SyntaxTree(files=parsed.files)
        self.todo: list[Callable[[], None]] = []
        self.ansi_header: Any = None  # of the last port that had one: "input [3:0] a, b"

    def run(self) -> SyntaxTree:
        """Return the whole tree."""
        root = self.tree.add("source", -1, (-1, -1))
        self._later(partial(self._visit, self.parsed.unit.root, root))
        while self.todo:
            self.todo.pop()()
        return self.tree

    def _visit(self, node: Any, parent: int) -> None:
        name = node.kind.name
        if name in _SKIPPED:
            return
        if (special := getattr(self, f"_on_{name}", None)) is not None:
            special(node, parent)
        elif name in _KINDS:
            self._inside(node, self._add(_KINDS[name], parent, node))
        else:
            self._inside(node, parent)

    def _later(self, *calls: Callable[[], None]) -> None:
        """Make some calls next, in this order."""
        self.todo.extend(reversed(calls))

    def _inside(self, node: Any, parent: int) -> None:
        self._later(*self._visits(node, parent))

    def _visits(self, items: Any, parent: int) -> list[Callable[[], None]]:
        return [partial(self._visit, item, parent) for item in self._nodes(items)]

    def _nodes(self, items: Any) -> list[Any]:
        return [item for item in items or () if item is not None and not isinstance(item, self.token)]

    def _add(self, kind: str, parent: int, node: Any, name: str = "") -> int:
        first = node.getFirstToken()
        if not name and kind in {"identifier", "number"}:
            name = "".join(token.rawText for token in _tokens(node)) if kind == "number" else first.valueText
        return self.tree.add(kind, parent, self.parsed.place(first.location), name)

    # Declarations: below each name the ranges of its type, those of an array, and its value.

    def _on_ModuleDeclaration(self, node: Any, parent: int) -> None:  # noqa: N802 - slang's name
        made = self._add("module", parent, node, node.header.name.valueText)
        self._inside(node, made)

    _on_InterfaceDeclaration = _on_PackageDeclaration = _on_ModuleDeclaration  # noqa: N815

    def _on_AnsiPortList(self, node: Any, parent: int) -> None:  # noqa: N802
        self.ansi_header = None
        self._inside(node, parent)

    def _on_ImplicitAnsiPort(self, node: Any, parent: int) -> None:  # noqa: N802
        header = node.header
        if self.ansi_header is None or header.getFirstToken().location.offset < node.declarator.name.location.offset:
            self.ansi_header = header
        self._declare_ports(self.ansi_header, [node.declarator], parent)

    def _on_PortDeclaration(self, node: Any, parent: int) -> None:  # noqa: N802
        self._declare_ports(node.header, node.declarators, parent)

    def _on_FunctionPort(self, node: Any, parent: int) -> None:  # noqa: N802
        direction = node.direction.valueText
        kind = direction if direction in _DIRECTIONS else "input"
        self._declare(kind, node.dataType, [node.declarator], parent)

    def _declare_ports(self, header: Any, declarators: Any, parent: int) -> None:
        direction = getattr(getattr(header, "direction", None), "valueText", "")
        kind = direction if direction in _DIRECTIONS else "other"
        self._declare(kind, getattr(header, "dataType", None), declarators, parent)

    def _on_DataDeclaration(self, node: Any, parent: int) -> None:  # noqa: N802
        integer = node.type.kind.name in {"IntegerType", "IntType", "TimeType", "LongIntType"}
        self._declare("integer" if integer else "reg", node.type, node.declarators, parent)

    _on_LocalVariableDeclaration = _on_DataDeclaration  # noqa: N815

    def _on_NetDeclaration(self, node: Any, parent: int) -> None:  # noqa: N802
        self._declare("wire", node.type, node.declarators, parent)

    def _on_ParameterDeclaration(self, node: Any, parent: int) -> None:  # noqa: N802
        kind = "localparam" if node.keyword.valueText == "localparam" else "parameter"
        self._declare(kind, node.type, node.declarators, parent)

    def _on_GenvarDeclaration(self, node: Any, parent: int) -> None:  # noqa: N802
        for name in self._nodes(node.identifiers):
            self._add("genvar", parent, name, name.getFirstToken().valueText)

    def _declare(self, kind: str, data_type: Any, declarators: Any, parent: int) -> None:
        calls = [partial(self._declarator, kind, data_type, one, parent) for one in self._nodes(declarators)]
        self._later(*calls)

    def _declarator(self, kind: str, data_type: Any, declarator: Any, parent: int) -> None:
        node = self._add(kind, parent, declarator, declarator.name.valueText)
        calls: list[Callable[[], None]] = []
        calls += [partial(self._range, "range", one, node) for one in self._dimensions(data_type)]
        calls += [partial(self._range, "array", one, node) for one in self._nodes(declarator.dimensions)]
        value = declarator.initializer
        if value is not None and kind in _ASSIGNED:
            calls.append(partial(self._assigned, _ASSIGNED[kind], declarator, parent))
        elif value is not None:
            calls += self._visits([value], node)
        self._later(*calls)

    def _assigned(self, kind: str, declarator: Any, parent: int) -> None:
        node = self._add(kind, parent, declarator)
        self._add("identifier", node, declarator, declarator.name.valueText)
        self._inside(declarator.initializer, node)

    def _dimensions(self, data_type: Any) -> list[Any]:
        return self._nodes(getattr(data_type, "dimensions", None))

    def _range(self, kind: str, node: Any, parent: int) -> None:
        self._inside(node, self._add(kind, parent, node))

    # Functions, instances, assignments, selections, events.

    def _on_FunctionDeclaration(self, node: Any, parent: int) -> None:  # noqa: N802
        prototype = node.prototype
        kind = "task" if node.kind.name == "TaskDeclaration" else "function"
        made = self._add(kind, parent, node, prototype.name.getLastToken().valueText)
        calls = [partial(self._range, "range", one, made) for one in self._dimensions(prototype.returnType)]
        self._later(*calls, *self._visits([prototype.portList], made), *self._visits(node.items, made))

    _on_TaskDeclaration = _on_FunctionDeclaration  # noqa: N815

    def _on_HierarchyInstantiation(self, node: Any, parent: int) -> None:  # noqa: N802
        calls = [
            partial(self._instance, "instance", node.type.valueText, node.parameters, one, parent)
            for one in self._nodes(node.instances)
        ]
        self._later(*calls)

    def _on_PrimitiveInstantiation(self, node: Any, parent: int) -> None:  # noqa: N802
        calls = [
            partial(self._instance, "gate", node.type.valueText, None, one, parent)
            for one in self._nodes(node.instances)
        ]
        self._later(*calls)

    def _instance(self, kind: str, module: str, parameters: Any, node: Any, parent: int) -> None:
        made = self._add(kind, parent, node, module)
        dimensions = self._nodes(node.decl.dimensions) if node.decl is not None else []
        calls = [partial(self._range, "array", one, made) for one in dimensions]
        self._later(*self._visits([parameters], made), *calls, *self._visits(node.connections, made))

    def _on_ContinuousAssign(self, node: Any, parent: int) -> None:  # noqa: N802
        self._later(*[partial(self._assign, one, parent) for one in self._nodes(node.assignments)])

    def _assign(self, node: Any, parent: int) -> None:
        self._inside(node, self._add("assign", parent, node))

    def _on_IdentifierSelectName(self, node: Any, parent: int) -> None:  # noqa: N802
        self._select(node, self._nodes(node.selectors), parent)

    def _select(self, node: Any, selectors: list[Any], parent: int) -> None:
        """Add ``a[i][j]`` as a selection of a selection."""
        if not selectors:
            self._add("identifier", parent, node, node.identifier.valueText)
            return
        made, selector = self._selection(selectors[-1], node, parent)
        self._later(partial(self._select, node, selectors[:-1], made), *self._visits(selector, made))

    def _on_ElementSelectExpression(self, node: Any, parent: int) -> None:  # noqa: N802
        made, selector = self._selection(node.select, node, parent)
        self._later(*self._visits([node.left], made), *self._visits(selector, made))

    def _selection(self, element: Any, node: Any, parent: int) -> tuple[int, Any]:
        selector = element.selector
        kind = selector.kind.name if selector is not None else "BitSelect"
        name = {"AscendingRangeSelect": "+:", "DescendingRangeSelect": "-:"}.get(kind, "")
        return self._add("bit_select" if kind == "BitSelect" else "part_select", parent, node, name), selector

    def _on_LoopGenerate(self, node: Any, parent: int) -> None:  # noqa: N802
        made = self._add("for", parent, node)
        self._later(partial(self._start, node, made), *self._visits(self._nodes(node)[1:], made))

    def _start(self, loop: Any, parent: int) -> None:
        """Add the assignment that a generate loop starts with, which is no node of slang's."""
        node = self._add("blocking", parent, loop)
        self._add("identifier", node, loop, loop.identifier.valueText)
        self._later(*self._visits([loop.initialExpr], node))

    def _on_SignalEventExpression(self, node: Any, parent: int) -> None:  # noqa: N802
        edge = node.edge.valueText
        self._inside(node, self._add(edge if edge in {"posedge", "negedge"} else "level", parent, node))

    def _on_InvocationExpression(self, node: Any, parent: int) -> None:  # noqa: N802
        called = node.left.getFirstToken().valueText
        made = self._add("system_call" if called.startswith("$") else "call", parent, node, called)
        self._later(*self._visits([node.arguments], made))

    def _on_SystemName(self, node: Any, parent: int) -> None:  # noqa: N802
        self._add("system_call", parent, node, node.getFirstToken().valueText)
