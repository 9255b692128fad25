"""Every message of the Verilog reader."""

from __future__ import annotations

from typing import Final

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
        Message("verilog-bit-range", "bit {bit} is outside of {token}, declared [{left}:{right}]"),
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
        Message("verilog-too-large", "the file is valid so far, but {what} are more than 2^28"),
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
