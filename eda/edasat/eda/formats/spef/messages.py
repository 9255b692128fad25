"""Every message of the SPEF reader."""

from __future__ import annotations

from typing import Final

from edasat.core.errors import Message

MESSAGES: Final = {
    row.code: row
    for row in (
        Message("spef-empty", "the file is empty", "a SPEF file begins with '*SPEF'"),
        Message("spef-start", "expected '*SPEF', got '{token}'", "is this a SPEF file?"),
        Message("spef-wrong-file", "this is {what}, not SPEF", "{advice}"),
        Message("spef-header", "{entry} must be {form}, got '{token}'"),
        Message("spef-unit", "unknown unit '{token}' in {entry}", "known are {known}"),
        Message(
            "spef-unit-missing", "{entry} is missing before the first net", "without units no value means anything"
        ),
        Message("spef-comment", "this comment does not end", "'*/' is missing"),
        Message("spef-expected", "expected {what}, got '{token}'"),
        Message("spef-cut-off", "the file ends where {what} should stand", "the file may be cut off"),
        Message("spef-end-missing", "*END of the net that begins on line {line} is missing", "the file may be cut off"),
        Message("spef-outside-net", "*{token} outside of a net", "only *D_NET and *R_NET begin one"),
        Message("spef-name-index", "'{token}' is not in the *NAME_MAP"),
        Message(
            "spef-index-limit",
            "name index '{token}' is above {limit}; the file may be valid, but this reader keeps a table up to there",
        ),
        Message("spef-node-number", "node number '{token}' is above 2^32 - 1"),
    )
}
