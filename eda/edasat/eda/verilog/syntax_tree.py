"""Syntax trees of Verilog, whoever parsed them: kinds of nodes, constants, and widths by the rules of the standard.

Nodes stand in preorder, so that a subtree is a range of node numbers and one backward sweep visits operands before
operators. Widths are those of IEEE 1364-2005, table 5-22 (self-determined expressions).
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

#: Values of the node array ``kind`` are positions in this tuple; new ones are added at the end.
NODE_KINDS: Final = (
    *("source", "module", "parameter", "localparam", "input", "output", "inout", "wire", "reg", "integer", "genvar"),
    *("range", "array", "function", "task", "assign", "always", "initial", "generate", "instance", "gate"),
    *("parameter_argument", "port_connection", "block", "if", "case", "case_item", "for", "loop", "blocking"),
    *("nonblocking", "posedge", "negedge", "level", "identifier", "number", "string", "bit_select", "part_select"),
    *("concatenation", "replication", "call", "system_call", "conditional"),
    *("add", "sub", "mul", "div", "mod", "pow", "neg", "pos", "eq", "ne", "lt", "le", "gt", "ge"),
    *("and", "or", "xor", "xnor", "not", "logic_and", "logic_or", "logic_not", "shl", "shr", "sshl", "sshr"),
    *("reduce_and", "reduce_nand", "reduce_or", "reduce_nor", "reduce_xor", "reduce_xnor", "other"),
)
KIND: Final = {name: number for number, name in enumerate(NODE_KINDS)}

DECLARATIONS: Final = ("input", "output", "inout", "wire", "reg", "integer", "genvar", "parameter", "localparam")
#: An integer, and a number without a size, has at least 32 bits; here as everywhere it has 32.
_INTEGER_BITS: Final = 32
_LARGEST: Final = 1 << 24  # bits of a vector (IEEE 1364-2005, 4.3.1 asks for 2^16) and of powers that are worked out

_NUMBER: Final = re.compile(r"(\d[\d_]*)?\s*'\s*[sS]?([bBoOdDhH])\s*([0-9a-fA-F_xXzZ?]+)")
_BASES: Final = {"b": 2, "o": 8, "d": 10, "h": 16}
_WIDEST: Final = {KIND[name] for name in ("add", "sub", "mul", "div", "mod", "and", "or", "xor", "xnor")}
_FIRST: Final = {KIND[name] for name in ("neg", "pos", "not", "shl", "shr", "sshl", "sshr", "pow")}
_ONE_BIT: Final = {
    KIND[name]
    for name in (
        *("eq", "ne", "lt", "le", "gt", "ge", "logic_and", "logic_or", "logic_not", "bit_select"),
        *("reduce_and", "reduce_nand", "reduce_or", "reduce_nor", "reduce_xor", "reduce_xnor"),
    )
}


@dataclass
class SyntaxTree:
    """Nodes in preorder, as parallel lists.

    Attributes:
        kind: positions in :data:`NODE_KINDS`.
        parent: node numbers, -1 for roots.
        line, file: where each node begins, -1 where unknown; ``file`` is a position in ``files``.
        name: identifiers, texts of numbers, ``+:`` and ``-:`` of part selects, modules of instances, else "".
        files: names of the source files.
    """

    kind: list[int] = field(default_factory=list)
    parent: list[int] = field(default_factory=list)
    line: list[int] = field(default_factory=list)
    file: list[int] = field(default_factory=list)
    name: list[str] = field(default_factory=list)
    files: list[str] = field(default_factory=list)

    def add(self, kind: str, parent: int, place: tuple[int, int], name: str = "") -> int:
        """Append a node (file and line as ``place``) and return its number."""
        self.kind.append(KIND[kind])
        self.parent.append(parent)
        self.file.append(place[0])
        self.line.append(place[1])
        self.name.append(name)
        return len(self.kind) - 1

    def children(self) -> list[list[int]]:
        """Return the children of each node, in order."""
        made: list[list[int]] = [[] for _ in self.kind]
        for node, parent in enumerate(self.parent):
            if parent >= 0:
                made[parent].append(node)
        return made


def read_number(text: str) -> tuple[int, int | None]:
    """Return the width of a literal and its value, None where it has x, z or a fraction.

    >>> read_number("8'hF_f"), read_number("12"), read_number("'bx"), read_number("1.5")
    ((8, 255), (32, 12), (32, None), (32, None))
    """
    text = text.strip()
    found = _NUMBER.fullmatch(text)
    if found is None:
        plain = text.replace("_", "")
        return _INTEGER_BITS, int(plain) if plain.isdecimal() and plain.isascii() and len(plain) < 1000 else None
    size = found[1].replace("_", "")[:9] if found[1] else ""
    width = min(int(size), _LARGEST) if size else _INTEGER_BITS
    try:
        value = int(found[3].replace("_", ""), _BASES[found[2].lower()])
    except ValueError:  # x, z or ?
        return width, None
    return width, value & ((1 << width) - 1)


@dataclass
class Evaluated:
    """What :func:`evaluate` finds.

    Attributes:
        value: of constant expressions, literals and ranges of arrays (their number of elements), else None.
        width: bits of expressions, literals and declared names, 0 where unknown.
        declaration: for identifiers the node that declares them, else -1.
    """

    value: list[int | None]
    width: list[int]
    declaration: list[int]


def evaluate(tree: SyntaxTree, parameters: Mapping[tuple[str, str], int] | None = None) -> Evaluated:
    """Work out constants and widths.

    Args:
        tree: any syntax tree.
        parameters: values by module and name that replace the defaults.
    """
    return _Evaluation(tree, parameters or {}).run()


class _Evaluation:
    """One tree; names are looked up in their module, in the order of the text."""

    def __init__(self, tree: SyntaxTree, parameters: Mapping[tuple[str, str], int]) -> None:
        self.tree = tree
        self.given = parameters
        self.children = tree.children()
        count = len(tree.kind)
        self.value: list[int | None] = [None] * count
        self.width = [0] * count
        self.declaration = [-1] * count
        self.scope: dict[str, int] = {}

    def run(self) -> Evaluated:
        """Evaluate declarations as they come, everything else module by module."""
        tree = self.tree
        declared = {KIND[name] for name in DECLARATIONS}
        modules = [node for node, kind in enumerate(tree.kind) if kind == KIND["module"]]
        end = self._ends()
        for module in modules:
            self.scope = {}
            for node in range(module + 1, end[module]):
                if tree.kind[node] in declared or tree.kind[node] == KIND["function"]:
                    self._sweep(node + 1, end[node])
                    self._declare(node, tree.name[module])
            self._sweep(module + 1, end[module], only_new=True)
        return Evaluated(self.value, self.width, self.declaration)

    def _ends(self) -> list[int]:
        """Return for each node the one behind its subtree."""
        end = list(range(1, len(self.tree.kind) + 1))
        for node in range(len(end) - 1, -1, -1):
            parent = self.tree.parent[node]
            if parent >= 0:
                end[parent] = max(end[parent], end[node])
        return end

    def _sweep(self, start: int, end: int, *, only_new: bool = False) -> None:
        for node in range(end - 1, start - 1, -1):
            if not (only_new and self.width[node]):
                self._work_out(node)

    def _declare(self, node: int, module: str) -> None:
        """Give a declaration its width and value; ports are declared twice in the old style, the wider one counts."""
        kind = NODE_KINDS[self.tree.kind[node]]
        width = 1 if kind not in {"integer", "genvar", "parameter", "localparam"} else _INTEGER_BITS
        ranges = [child for child in self.children[node] if self.tree.kind[child] == KIND["range"]]
        if ranges:
            width = math.prod(self.width[child] for child in ranges)
        arrays = [self.value[child] for child in self.children[node] if self.tree.kind[child] == KIND["array"]]
        if arrays:
            self.value[node] = math.prod(size or 1 for size in arrays)
        name = self.tree.name[node]
        if kind in {"parameter", "localparam"}:
            values = [child for child in self.children[node] if self.tree.kind[child] != KIND["range"]]
            self.value[node] = self.value[values[-1]] if values else None
            if kind == "parameter":
                self.value[node] = self.given.get((module, name), self.value[node])
        self.width[node] = min(width, _LARGEST)
        before = self.scope.get(name, -1)
        if before < 0 or self.width[before] < self.width[node] or arrays:
            self.scope[name] = node

    def _work_out(self, node: int) -> None:
        """Set value and width of an expression whose operands have theirs."""
        tree, children = self.tree, self.children[node]
        kind = tree.kind[node]
        name = NODE_KINDS[kind]
        widths = [self.width[child] for child in children]
        values = [self.value[child] for child in children]
        if name == "number":
            self.width[node], self.value[node] = read_number(tree.name[node])
        elif name == "identifier":
            found = self.scope.get(tree.name[node], -1)
            self.declaration[node] = found
            if found >= 0:
                self.width[node] = self.width[found]
                if tree.kind[found] in {KIND["parameter"], KIND["localparam"]}:
                    self.value[node] = self.value[found]
        elif name in {"range", "array"}:
            size = _size(values)
            self.width[node] = size if name == "range" and size else 1
            self.value[node] = size
        elif kind in _WIDEST or name == "conditional":
            self.width[node] = max(widths[1:] if name == "conditional" else widths, default=0)
        elif name == "bit_select" and children and self._is_memory(children[0]):
            self.width[node] = widths[0]
        elif kind in _ONE_BIT:
            self.width[node] = 1
        elif kind in _FIRST:
            self.width[node] = widths[0] if widths else 0
        elif name == "concatenation":
            self.width[node] = min(sum(widths), _LARGEST)
        elif name == "replication" and len(children) == 2:
            self.width[node] = min((values[0] or 1) * widths[1], _LARGEST) if (values[0] or 1) > 0 else 0
        elif name == "part_select" and len(children) == 3:
            size = values[2] if tree.name[node] in {"+:", "-:"} else _size(values[1:])
            self.width[node] = min(max(size or 1, 1), _LARGEST)
        elif name == "call":
            self.width[node] = self.width[self.scope[tree.name[node]]] if tree.name[node] in self.scope else 0
        elif name == "system_call":
            self.width[node] = _INTEGER_BITS
            if tree.name[node] == "$clog2" and values and values[0] is not None:
                self.value[node] = max(values[0] - 1, 0).bit_length()
        if kind in _FOLDED and None not in values and len(values) == len(children):
            self.value[node] = _fold(name, [value for value in values if value is not None])

    def _is_memory(self, node: int) -> bool:
        found = self.declaration[node]
        return found >= 0 and any(self.tree.kind[child] == KIND["array"] for child in self.children[found])


def _size(bounds: list[int | None]) -> int | None:
    """Return the elements of ``[left:right]``, or of ``[size]``."""
    if not bounds or None in bounds[:2]:
        return None
    left, right = bounds[0] or 0, bounds[1] if len(bounds) > 1 else 1
    return min(abs(left - (right or 0)) + 1, _LARGEST) if len(bounds) > 1 else min(max(left, 1), _LARGEST)


_FOLDED: Final = {
    KIND[name]
    for name in (
        *("add", "sub", "mul", "div", "mod", "pow", "neg", "pos", "eq", "ne", "lt", "le", "gt", "ge"),
        *("logic_and", "logic_or", "logic_not", "shl", "shr", "sshl", "sshr", "and", "or", "xor", "conditional"),
    )
}


def _fold(name: str, values: list[int]) -> int | None:
    """Return the value of a constant expression, None where it has none or is too large to be a size of anything."""
    a = values[0] if values else 0
    b = values[1] if len(values) > 1 else 0
    if max(abs(a), abs(b)).bit_length() > 512 or (name in {"pow", "shl", "sshl"} and not 0 <= b <= 512):
        return None
    if name in {"div", "mod"}:
        if b == 0:
            return None
        quotient = abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1)  # towards zero, IEEE 1364-2005, 5.1.5
        return quotient if name == "div" else a - b * quotient
    if name == "conditional":
        return values[1] if a else values[2]
    if name == "pow":
        return a**b if abs(a) <= 1 or b <= 64 else None
    if name in {"neg", "pos", "logic_not"}:
        return -a if name == "neg" else a if name == "pos" else int(not a)
    results = {
        "add": a + b, "sub": a - b, "mul": a * b, "eq": a == b, "ne": a != b, "lt": a < b, "le": a <= b, "gt": a > b,
        "ge": a >= b, "logic_and": bool(a and b), "logic_or": bool(a or b), "and": a & b, "or": a | b, "xor": a ^ b,
        "shl": a << b if b >= 0 and name in {"shl", "sshl"} else 0, "shr": a >> b if 0 <= b <= 4096 else 0,
    }  # fmt: skip
    return int(results[{"sshl": "shl", "sshr": "shr"}.get(name, name)])
