"""Everything that readers of designs say about their input."""

from __future__ import annotations

from typing import Final

from edasat.core.errors import Message

MESSAGES: Final = {
    message.code: message
    for message in (
        Message(
            "words-wrong-file",
            "not a netlist of Yosys in JSON",
            "write one with Yosys' write_json, or let `edasat graph design.v --kind cdfg` do it",
        ),
        Message("words-json", "the JSON is damaged: {why}", "write it again"),
        Message("words-content", "the netlist is damaged: {why}", "write it again with Yosys' write_json"),
        Message("words-empty", "the netlist has no module"),
        Message("words-top", "no module is called '{name}'", "{hint}"),
        Message("words-tops", "several modules are used by no other: {names}", "choose the top module"),
        Message("syntax-empty", "the file is empty"),
        Message("syntax-deep", "blocks and branches nest more than {limit} deep"),
        Message("words-recursion", "module '{name}' contains itself"),
    )
}
