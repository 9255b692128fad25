"""Every message of the Verilog reader."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import Any, Final

import numpy as np

from edasat.core.errors import Message

_SYNTHESISE = "map it to library cells first, for example with Yosys: synth; dfflibmap -liberty L; abc -liberty L"

MESSAGES: Final = {
    row.code: row
    for row in (
        Message("verilog-empty", "the file holds no module"),
        Message("verilog-expected", "expected {what}, got {token}"),
        Message("verilog-rtl", "{token} is RTL; this reader takes netlists of library cells", _SYNTHESISE),
        Message("verilog-gate", "gate primitive {token}: a netlist of library cells is needed", _SYNTHESISE),
        Message(
            "verilog-directive",
            "compiler directive {token} is not supported in a netlist",
            "expand it with a preprocessor first, for example iverilog -E",
        ),
        Message("verilog-comment", "this comment does not end"),
        Message("verilog-attribute", "this attribute does not end", "expected '*)'"),
        Message("verilog-string", "this string does not end on its line"),
        Message("verilog-escape", "a backslash without a name behind it"),
        Message("verilog-byte", "byte 0x{byte:02x} outside of names, comments and strings"),
        Message("verilog-number", "{token} is no number such as 4'b0011 or 8'hff"),
        Message("verilog-index", "{token} is no bit number", "bits are numbered from 0 to 2^24"),
        Message("verilog-deep", "concatenations nest more than {limit} deep"),
        Message("verilog-replication", "a concatenation cannot be repeated {token} times"),
        Message("verilog-instance-array", "instance arrays are not supported", "write one instance per bit"),
        Message("verilog-wildcard", "'.*' needs the ports of the cell", "name each connection: .A(n1)"),
        Message("verilog-mixed", "named and ordered connections of one instance are mixed"),
        Message("verilog-pin-twice", "pin {token} is connected twice"),
        Message("verilog-module-twice", "module {token} is defined twice"),
        Message("verilog-instance-twice", "instance {token} stands twice in its module"),
        Message("verilog-port-twice", "port {token} stands twice in its module"),
        Message("verilog-port-undeclared", "port {token} has no declaration", "declare it input, output or inout"),
        Message("verilog-port-unlisted", "{token} is declared a port, but is not in the module's port list"),
        Message("verilog-range-differs", "{token} was declared before with another range"),
        Message("verilog-undeclared", "{token} has no declaration, so it has no bit to select"),
        Message("verilog-scalar", "{token} is a single bit; nothing can be selected of it"),
        Message("verilog-bit-range", "{token} has no bits [{first}:{last}]: it is declared [{left}:{right}]"),
        Message("verilog-select-order", "the range [{first}:{last}] runs against {token}, declared [{left}:{right}]"),
        Message("verilog-assign-constant", "a constant cannot be assigned to"),
        Message("verilog-constant-conflict", "net '{net}' is tied to 0 and to 1"),
        Message("verilog-no-port", "module '{module}' has no port {token}", "{hint}"),
        Message("verilog-many-ports", "more connections than the {count} ports of module '{module}'"),
        Message(
            "verilog-ordered",
            "cell '{cell}' is connected by order, and its pins are not known",
            "give the library that holds the cell, or connect by name: .A(n1)",
        ),
        Message("verilog-many-pins", "more connections than the {count} pins of cell '{cell}'"),
        Message("verilog-recursion", "module '{module}' contains itself: {cycle}"),
        Message("verilog-top-missing", "no module is called '{top}'", "{hint}"),
        Message(
            "verilog-top-unclear",
            "{count} modules are not used by others: {names}",
            "name the top module (top=...)",
        ),
        Message("verilog-top-none", "every module is used by another one", "name the top module (top=...)"),
        Message("verilog-too-large", "the file is valid so far, but its {what} are more than {limit:,}"),
        Message("verilog-wrong-file", "this looks like {what}, not a Verilog netlist"),
    )
}

#: Codes of counted warnings -> what they say.
NOTES: Final = {
    "verilog-parameter": "parameters skipped",
    "verilog-specify": "specify blocks skipped",
    "verilog-undefined-bit": "x or z bits of constants left open",
    "verilog-width": "connections of another width than their port, aligned at the right",
    "verilog-name-clash": "different objects with one canonical name; a backslash tells them apart",
}

# Codes of the compiled grammar. NumPy's numbers, because Numba compiles a function anew for each Python literal that it
# is called with.
_code: Iterator[Any] = map(np.int64, count(1))
GROW: Final = next(_code)  # more parts of expressions than there is room for
E_RTL: Final = next(_code)
E_GATE: Final = next(_code)
E_DEEP: Final = next(_code)
E_REPLICATION: Final = next(_code)
E_INSTANCE_ARRAY: Final = next(_code)
E_WILDCARD: Final = next(_code)
E_MIXED: Final = next(_code)
E_PIN_TWICE: Final = next(_code)
E_NUMBER: Final = next(_code)
E_INDEX: Final = next(_code)
E_RANGE_DIFFERS: Final = next(_code)
E_UNDECLARED: Final = next(_code)
E_SCALAR: Final = next(_code)
E_BIT_RANGE: Final = next(_code)
E_SELECT_ORDER: Final = next(_code)
E_INSTANCE_TWICE: Final = next(_code)
E_PORT_TWICE: Final = next(_code)
E_PORT_UNDECLARED: Final = next(_code)
E_PORT_UNLISTED: Final = next(_code)
E_MODULE_TWICE: Final = next(_code)
X_MODULE: Final = next(_code)
X_MODULE_NAME: Final = next(_code)
X_HEADER: Final = next(_code)
X_PORT: Final = next(_code)
X_NAME: Final = next(_code)
X_ITEM: Final = next(_code)
X_INSTANCE: Final = next(_code)
X_OPENING: Final = next(_code)
X_PIN: Final = next(_code)
X_CLOSING: Final = next(_code)
X_OPERAND: Final = next(_code)
X_BRACE: Final = next(_code)
X_BRACKET: Final = next(_code)
X_NUMBER: Final = next(_code)
X_SEMICOLON: Final = next(_code)
X_EQUALS: Final = next(_code)
X_COLON: Final = next(_code)
X_ENDSPECIFY: Final = next(_code)
X_COMMA: Final = next(_code)
X_OPERATOR: Final = next(_code)

#: Code -> message.
FAULTS: Final[dict[int, str]] = {
    E_RTL: "verilog-rtl",
    E_GATE: "verilog-gate",
    E_DEEP: "verilog-deep",
    E_REPLICATION: "verilog-replication",
    E_INSTANCE_ARRAY: "verilog-instance-array",
    E_WILDCARD: "verilog-wildcard",
    E_MIXED: "verilog-mixed",
    E_PIN_TWICE: "verilog-pin-twice",
    E_NUMBER: "verilog-number",
    E_INDEX: "verilog-index",
    E_RANGE_DIFFERS: "verilog-range-differs",
    E_UNDECLARED: "verilog-undeclared",
    E_SCALAR: "verilog-scalar",
    E_BIT_RANGE: "verilog-bit-range",
    E_SELECT_ORDER: "verilog-select-order",
    E_INSTANCE_TWICE: "verilog-instance-twice",
    E_PORT_TWICE: "verilog-port-twice",
    E_PORT_UNDECLARED: "verilog-port-undeclared",
    E_PORT_UNLISTED: "verilog-port-unlisted",
    E_MODULE_TWICE: "verilog-module-twice",
}
#: Code -> what 'verilog-expected' expects.
EXPECTED: Final[dict[int, str]] = {
    X_MODULE: "'module'",
    X_MODULE_NAME: "the name of the module",
    X_HEADER: "'(' or ';' behind the name of the module",
    X_PORT: "a port",
    X_NAME: "a name",
    X_ITEM: "a declaration, an instance or 'endmodule'",
    X_INSTANCE: "the name of the instance",
    X_OPENING: "'('",
    X_PIN: "the name of a pin behind '.'",
    X_CLOSING: "')' or ','",
    X_OPERAND: "a net or a constant",
    X_BRACE: "'}' or ','",
    X_BRACKET: "']'",
    X_NUMBER: "a number",
    X_SEMICOLON: "';'",
    X_EQUALS: "'='",
    X_COLON: "':'",
    X_ENDSPECIFY: "'endspecify'",
    X_COMMA: "',' or ';'",
    X_OPERATOR: "the end of the expression",
}
