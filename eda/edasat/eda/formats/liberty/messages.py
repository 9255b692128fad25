"""Every message of the Liberty reader."""

from __future__ import annotations

from typing import Final

from edasat.core.errors import Message

MESSAGES: Final = {
    row.code: row
    for row in (
        # The text as such.
        Message("liberty-empty", "the file is empty", "a library begins with 'library (NAME) {{'"),
        Message(
            "liberty-too-large",
            "the file is valid so far, but {size:,} bytes are more than this reader holds (2^31 - 1)",
        ),
        Message("liberty-comment-open", "this comment is never closed", "close it by '*/'"),
        Message(
            "liberty-string-open",
            "this string is not closed",
            "a quote is missing on this line, or further up in the same statement",
        ),
        Message("liberty-parenthesis-open", "this parenthesis is not closed", "close it by ')'"),
        Message("liberty-group-open", "group '{token}' is not closed", "close it by '}}', or the file may be cut off"),
        Message("liberty-group-place", "group '{token}' cannot stand in '{around}'"),
        Message("liberty-brace", "'}}' closes no group"),
        Message("liberty-character", "expected the name of a statement, got '{token}'"),
        Message("liberty-statement", "expected ':' or '(' behind '{token}'"),
        Message("liberty-value-missing", "attribute without a value"),
        Message("liberty-semicolon", "expected ';' before '{token}'", "end every attribute by ';'"),
        Message("liberty-nul", "NUL byte", "the file is binary or damaged"),
        Message(
            "liberty-include",
            "'include_file' is not followed",
            "put the text of the named file in its place, for instance by a preprocessor",
        ),
        # Not a Liberty file.
        Message("liberty-library-missing", "expected 'library (NAME) {{', got '{token}'"),
        Message("liberty-library-second", "a second library group", "one file holds one library"),
        Message("liberty-verilog", "this looks like Verilog, not Liberty", "give the .lib file of the cells"),
        Message(
            "liberty-lef", "this looks like LEF, not Liberty", "LEF holds the shapes of the cells; give the .lib file"
        ),
        Message("liberty-def", "this looks like DEF, not Liberty", "DEF holds a placed design; give the .lib file"),
        Message("liberty-sdc", "this looks like SDC or Tcl, not Liberty", "give the .lib file of the cells"),
        Message("liberty-sdf", "this looks like SDF, not Liberty", "SDF holds delays of a design; give the .lib file"),
        Message(
            "liberty-spef", "this looks like SPEF, not Liberty", "SPEF holds wires of a design; give the .lib file"
        ),
        Message("liberty-binary", "this is a binary file, not Liberty", "give the .lib file, not the compiled .db"),
        Message("liberty-utf16", "this text is UTF-16", "save it as UTF-8"),
        # Values.
        Message("liberty-number", "expected a number for '{name}', got '{token}'"),
        Message("liberty-kind", "'{name}' must be {expected}"),
        Message("liberty-arguments", "'{name}' needs {expected}"),
        Message("liberty-unit", "unknown unit '{token}' for '{name}'", "expected a unit such as {expected}"),
        Message("liberty-unit-default", "no '{name}' in the library, {value} assumed"),
        Message("liberty-threshold-default", "no '{name}' in the library, {value:g} percent assumed"),
        Message("liberty-boolean", "expected true or false for '{name}', got '{token}'"),
        # Library.
        Message("liberty-cell-duplicate", "cell '{token}' again; the last one counts"),
        Message("liberty-operating-conditions", "'default_operating_conditions' names '{token}', which is not there"),
        Message("liberty-scaling", "tables are not scaled to operating conditions '{token}': '{name}' is left out"),
        Message("liberty-wire-load-unknown", "'default_wire_load' names '{token}', which is not there"),
        Message("liberty-wire-load-selection", "wire loads chosen by area are left out"),
        Message("liberty-fanout", "the fan-outs of wire load '{token}' repeat"),
        Message("liberty-delay-model", "delay model '{token}': only tables (NLDM) are read"),
        # Cells and pins.
        Message("liberty-pin-duplicate", "pin '{token}' again in cell '{cell}'"),
        Message("liberty-direction", "unknown direction '{token}'", "expected input, output, inout or internal"),
        Message("liberty-direction-missing", "pin '{token}' of cell '{cell}' has no direction"),
        Message("liberty-bus-type", "bus '{token}' of cell '{cell}' names no known bus_type"),
        Message("liberty-bus-width", "'{token}' is not a range of at most {most:,} bits"),
        Message("liberty-bit-unknown", "'{token}' is no bit of '{bus}'"),
        Message("liberty-function", "function '{token}' of pin '{pin}' cannot be read; its arcs count as non_unate"),
        # Timing.
        Message("liberty-related-missing", "timing group without related_pin"),
        Message("liberty-related-unknown", "related pin '{token}' is not a pin of cell '{cell}'"),
        Message("liberty-related-power", "timing from power pins left out"),
        Message(
            "liberty-related-width",
            "pin of {to} bits and related bus '{token}' of {related}: only bits of one number are paired",
        ),
        Message("liberty-timing-type", "unknown timing_type '{token}': kept as OTHER"),
        Message("liberty-timing-sense", "unknown timing_sense '{token}'"),
        Message("liberty-linear", "delays by intrinsic values and resistances are left out"),
        # Tables.
        Message("liberty-template-unknown", "unknown table template '{token}'"),
        Message("liberty-template-duplicate", "table template '{token}' again; the last one counts"),
        Message("liberty-axis-unknown", "the file is valid so far, but this reader has no tables over '{token}'"),
        Message("liberty-axis-three", "the file is valid so far, but this reader holds tables of at most two axes"),
        Message("liberty-axis-twice", "both axes of template '{token}' are {what}"),
        Message(
            "liberty-axis-missing",
            "no entries for axis {axis} of the table",
            "give index_{axis} here or in its template",
        ),
        Message("liberty-axis-order", "index entries must rise, got {token} behind {before}"),
        Message("liberty-values-missing", "table without values"),
        Message("liberty-values-count", "expected {expected} values for axes of {shape}, got {found}"),
    )
}
