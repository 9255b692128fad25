"""Every message of the LEF reader."""

from __future__ import annotations

from typing import Final

from edasat.core.errors import Message

MESSAGES: Final = {
    row.code: row
    for row in (
        Message("lef-empty", "the file is empty"),
        Message("lef-wrong-file", "this looks like {kind}, not LEF", "give it to the option that reads {kind}"),
        Message("lef-cut-off", "the file ends inside {block}", "the file may be cut off"),
        Message("lef-statement-open", "the file ends inside the statement {token}", "is a ';' missing?"),
        Message("lef-statement-unknown", "unknown statement '{token}'", "is the ';' before it missing?"),
        Message("lef-statement-garbled", "the statement {token} must read '{form}'"),
        Message("lef-end-name", "expected 'END {block}', got 'END {token}'"),
        Message("lef-number", "expected a number, got '{token}'"),
        Message("lef-shape-layer", "a shape without a LAYER before it"),
        Message("lef-direction", "unknown direction '{token}'", "directions are INPUT OUTPUT INOUT FEEDTHRU"),
        Message("lef-name-twice", "{what} '{token}' stands here a second time"),
        Message("lef-size-missing", "macro '{token}' has no SIZE"),
    )
}
