"""Syntax trees of Verilog by pyverilog: the parser class alone, on text without macros.

``pyverilog.vparser.parser.parse`` runs a preprocessor that need not be installed, and its parser writes tables into the
working folder. Here the same LALR parser is built in memory, once in a process.
"""

from __future__ import annotations

import threading
import warnings
from functools import cache
from typing import Any, Final

from .slang_tree import Parsed, Place
from .syntax_tree import SyntaxTree

#: pyverilog's classes that are nodes of ours; all others hand their children to their parent.
_KINDS: Final = {
    "ModuleDef": "module", "Parameter": "parameter", "Localparam": "localparam", "Input": "input", "Output": "output",
    "Inout": "inout", "Wire": "wire", "Tri": "wire", "Reg": "reg", "Integer": "integer", "Genvar": "genvar",
    "Real": "other", "Supply": "other", "Width": "range", "Length": "array",
    "Function": "function", "Task": "task", "Assign": "assign", "InitialValue": "initial",
    "Always": "always", "AlwaysFF": "always",
    "AlwaysComb": "always", "AlwaysLatch": "always", "Initial": "initial", "GenerateStatement": "generate",
    "Instance": "instance", "ParamArg": "parameter_argument", "PortArg": "port_connection",
    "Block": "block", "ParallelBlock": "block", "IfStatement": "if", "CaseStatement": "case", "CasexStatement": "case",
    "CasezStatement": "case", "UniqueCaseStatement": "case", "Case": "case_item", "ForStatement": "for",
    "WhileStatement": "loop", "ForeverStatement": "loop",
    "BlockingSubstitution": "blocking", "NonblockingSubstitution": "nonblocking",
    "Identifier": "identifier", "IntConst": "number", "FloatConst": "number", "StringConst": "string",
    "Pointer": "bit_select", "Partselect": "part_select", "Concat": "concatenation", "LConcat": "concatenation",
    "Repeat": "replication", "FunctionCall": "call", "TaskCall": "call", "SystemCall": "system_call",
    "Cond": "conditional", "Plus": "add", "Minus": "sub", "Times": "mul", "Divide": "div", "Mod": "mod",
    "Power": "pow", "Uminus": "neg", "Uplus": "pos", "Eq": "eq", "NotEq": "ne", "Eql": "eq", "NotEql": "ne",
    "LessThan": "lt", "LessEq": "le", "GreaterThan": "gt", "GreaterEq": "ge", "And": "and", "Or": "or", "Xor": "xor",
    "Xnor": "xnor", "Unot": "not", "Land": "logic_and", "Lor": "logic_or", "Ulnot": "logic_not", "Sll": "shl",
    "Srl": "shr", "Sla": "sshl", "Sra": "sshr", "Uand": "reduce_and", "Unand": "reduce_nand", "Uor": "reduce_or",
    "Unor": "reduce_nor", "Uxor": "reduce_xor", "Uxnor": "reduce_xnor",
}  # fmt: skip
_GATES: Final = frozenset({"and", "nand", "or", "nor", "xor", "xnor", "not", "buf", "bufif0", "bufif1"})
#: Not looked into: names of ports that declarations repeat, pragmas, delays (an empty statement is one to pyverilog).
_SKIPPED: Final = frozenset({"Port", "Pragma", "DelayStatement", "EventStatement", "EmbeddedCode", "Disable"})
#: The parser has one state.
_LOCK: Final = threading.Lock()
_EVENTS: Final = {"posedge": "posedge", "negedge": "negedge"}


def convert(parsed: Parsed) -> SyntaxTree | None:
    """Return pyverilog's tree of a design in our kinds of nodes, None where pyverilog does not know a construct."""
    text, places = parsed.lines()
    with _LOCK:
        parser = _parser()
        parser.lexer.reset_lineno()
        try:
            root = parser.parse(text)
        except Exception as error:  # its own ParseError; on some texts its actions raise whatever Python raises
            if type(error).__module__.partition(".")[0] not in {"pyverilog", "ply", "builtins"}:
                raise
            return None
    tree = SyntaxTree(files=parsed.files)
    source = tree.add("source", -1, (-1, -1))
    if root is not None:
        _convert(root, source, tree, places)
    return tree


@cache
def _parser() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # pyverilog leaves a file of its own open
        from ply.yacc import NullLogger, yacc  # type: ignore[import-untyped]
        from pyverilog.vparser.lexer import VerilogLexer
        from pyverilog.vparser.parser import VerilogParser

    class Parser(VerilogParser):
        """pyverilog's grammar with tables that are never written."""

        def __init__(self) -> None:
            self.lexer = VerilogLexer(error_func=self._lexer_error_func)
            self.lexer.build()
            self.tokens = self.lexer.tokens
            self.parser = yacc(module=self, method="LALR", write_tables=False, debug=False, errorlog=NullLogger())

    return Parser()


def _convert(root: Any, source: int, tree: SyntaxTree, places: list[Place]) -> None:
    """Append all nodes below ``root``, in preorder."""
    todo: list[tuple[Any, int]] = [(root, source)]
    while todo:
        node, parent = todo.pop()
        kind = type(node).__name__
        if node is None or kind in _SKIPPED:
            continue
        if kind == "Sens":
            ours = _EVENTS.get(node.type, "level")
        elif kind == "Instance" and node.module in _GATES:
            ours = "gate"
        elif kind in _KINDS:
            ours = _KINDS[kind]
        else:
            todo += [(child, parent) for child in reversed(_children(node, kind))]
            continue
        line = getattr(node, "lineno", 0)
        place = places[line - 1] if 0 < line <= len(places) else (-1, -1)
        made = tree.add(ours, parent, place, _name(node, kind))
        todo += [(child, made) for child in reversed(_children(node, kind))]


def _name(node: Any, kind: str) -> str:
    if kind in {"Partselect", "IntConst", "FloatConst", "StringConst", "Instance", "SystemCall"}:
        if kind == "Partselect":
            return _direction(node)
        return str(node.module if kind == "Instance" else f"${node.syscall}" if kind == "SystemCall" else node.value)
    name = getattr(node, "name", "")
    return str(getattr(name, "name", name) or "")  # of a call: an Identifier


def _direction(node: Any) -> str:
    """Return ``+:`` and ``-:``, which pyverilog writes as ``[base : base + width]`` with the same ``base``."""
    operator = type(node.lsb).__name__
    if operator in {"Plus", "Minus"} and node.lsb.left is node.msb:
        return "+:" if operator == "Plus" else "-:"
    return ""


def _children(node: Any, kind: str) -> tuple[Any, ...]:
    """Return the children in the order of the text."""
    if kind == "Partselect" and _direction(node):
        return (node.var, node.msb, node.lsb.right)
    if kind == "Repeat":
        return (node.times, node.value)
    if kind == "Ioport":  # "output reg" as an output and a register: one of them is enough
        return (node.first,)
    if kind == "Decl":
        return _declared(node.list)
    if kind in {"Integer", "Genvar"}:  # whose implied width pyverilog writes down
        return (node.dimensions,) if node.dimensions else ()
    if kind == "Function" and _is_one_bit(node.retwidth):  # not written down
        return tuple(node.statement)
    if kind == "InstanceList":  # repeats the parameters of its instances
        return tuple(node.instances)
    if kind in {"FunctionCall", "TaskCall"}:
        return tuple(node.args)
    if kind == "Sens":
        return (node.sig,) if node.sig is not None else ()
    return tuple(child for child in node.children() if child is not None)


def _is_one_bit(width: Any) -> bool:
    bounds = (getattr(width, "msb", None), getattr(width, "lsb", None))
    return all(getattr(bound, "value", "") == "0" for bound in bounds)


def _declared(items: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return the declarations of a list, without registers and wires that repeat a port: "output reg q".

    What is assigned to a register in its declaration is its initial value.
    """
    ports = {"Input", "Output", "Inout"}
    found: list[Any] = []
    before = None
    for item in items:
        kind = type(item).__name__
        if kind == "Assign" and type(before).__name__ in {"Reg", "Integer"}:
            found.append(InitialValue(item))
        elif not (type(before).__name__ in ports and kind not in ports and _same_name(before, item)):
            found.append(item)
        before = item
    return tuple(found)


class InitialValue:
    """An assignment that is made once, before all others."""

    def __init__(self, assign: Any) -> None:
        self.lineno = assign.lineno
        self._assign = assign

    def children(self) -> tuple[Any, ...]:
        """Return the register and its value."""
        return tuple(self._assign.children())


def _same_name(a: Any, b: Any) -> bool:
    return getattr(a, "name", None) == getattr(b, "name", "")
