"""Every message of the DEF reader."""

from __future__ import annotations

from typing import Final

from edasat.core.errors import Message

MESSAGES: Final = {
    row.code: row
    for row in (
        Message("def-empty", "the file is empty"),
        Message("def-wrong-file", "this looks like {kind}, not DEF", "give it to the option that reads {kind}"),
        Message("def-statement-unknown", "unknown statement '{token}'", "is the ';' before it missing?"),
        Message(
            "def-statement-garbled",
            "the statement {token} must read '{form}'",
            "every word has blanks around it, ';' too",
        ),
        Message(
            "def-statement-open",
            "expected '+' or ';', got '{token}'",
            "each statement ends in a ';' with a blank before it",
        ),
        Message("def-end-missing", "the file ends inside {section}", "the file may be cut off"),
        Message("def-end-design", "no 'END DESIGN' in the whole file", "the file may be cut off"),
        Message("def-end-name", "expected 'END {section}', got 'END {token}'"),
        Message("def-section-twice", "a second section {token}"),
        Message("def-item", "expected '-' or 'END {section}', got '{token}'"),
        Message(
            "def-count-differs",
            "the header says {declared} {section}, the section holds {found}",
            "the file may be damaged; read it relaxed to accept it with a warning",
        ),
        Message("def-number", "expected a whole number of 32 bits, got '{token}'"),
        Message("def-point", "expected a point '( x y )', got '{token}'", "parentheses need blanks around them"),
        Message("def-star", "'*' without a point before it"),
        Message("def-orientation", "unknown orientation '{token}'", "orientations are N W S E FN FW FS FE"),
        Message("def-direction", "unknown direction '{token}'", "directions are INPUT OUTPUT INOUT FEEDTHRU"),
        Message("def-name", "expected a name, got '{token}'"),
        Message("def-wire", "expected a point, a via or NEW in a wire, got '{token}'"),
        Message(
            "def-via-array", "an array of no vias, of more than a million, or beyond 32 bits", "DO nx BY ny STEP dx dy"
        ),
        Message("def-units", "UNITS must be a positive number of database units per micron, got '{token}'"),
        Message("def-units-missing", "no 'UNITS DISTANCE MICRONS' before {section}"),
        Message("def-name-twice", "{what} '{token}' stands here a second time"),
        Message(
            "def-component-unknown",
            "a net connects to component '{token}', which does not exist",
            "read the file relaxed to leave such connections out",
        ),
        Message(
            "def-pin-unknown",
            "a net connects to PIN '{token}', which does not exist",
            "read the file relaxed to leave such connections out",
        ),
        Message("def-pin-connected-twice", "pin '{token}' is connected a second time"),
        Message("def-unwritable-name", "the name '{token}' cannot stand in DEF: it is empty or holds a blank"),
    )
}

# States of the compiled scanners, besides 0.
NO_END: Final = 1
NO_ITEM: Final = 2
STATEMENT_OPEN: Final = 3
BAD_NUMBER: Final = 4
BAD_POINT: Final = 5
BAD_ORIENTATION: Final = 6
BAD_DIRECTION: Final = 7
NAME_EXPECTED: Final = 8
BAD_STAR: Final = 9
BAD_WIRE: Final = 10
BAD_ARRAY: Final = 11

#: State of a scanner -> code of its message.
SCAN_ERRORS: Final = {
    NO_END: "def-end-missing",
    NO_ITEM: "def-item",
    STATEMENT_OPEN: "def-statement-open",
    BAD_NUMBER: "def-number",
    BAD_POINT: "def-point",
    BAD_ORIENTATION: "def-orientation",
    BAD_DIRECTION: "def-direction",
    NAME_EXPECTED: "def-name",
    BAD_STAR: "def-star",
    BAD_WIRE: "def-wire",
    BAD_ARRAY: "def-via-array",
}
