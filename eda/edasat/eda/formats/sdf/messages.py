"""Every message of the SDF reader."""

from __future__ import annotations

from typing import Final

from edasat.core.errors import Message

MESSAGES: Final = {
    row.code: row
    for row in (
        Message("sdf-empty", "the file is empty", "an SDF file begins with '(DELAYFILE'"),
        Message("sdf-start", "expected '(DELAYFILE', got '{token}'", "is this an SDF file?"),
        Message("sdf-wrong-file", "this is {what}, not SDF", "{advice}"),
        Message(
            "sdf-end",
            "the file ends inside {construct}, which begins on line {line}",
            "a ')' is missing, or the file is cut off",
        ),
        Message("sdf-comment", "this comment does not end", "'*/' is missing"),
        Message("sdf-string", "this string does not end", "'\"' is missing"),
        Message(
            "sdf-trailing", "expected the end of the file behind '(DELAYFILE ...)', got '{token}'", "one ')' too many?"
        ),
        Message("sdf-parenthesis", "expected '(' or ')', got '{token}'"),
        Message("sdf-keyword", "expected a keyword behind '(', got '{token}'"),
        Message("sdf-divider", "the divider must be '.' or '/', got '{token}'"),
        Message("sdf-timescale", "expected a time scale such as '1ns' or '100 ps', got '{token}'"),
        Message("sdf-text", "expected a text in double quotes, got '{token}'"),
        Message("sdf-instance", "expected the name of an instance, '*' or ')', got '{token}'"),
        Message("sdf-instance-twice", "a second INSTANCE in one CELL", "write the whole path in one name"),
        Message("sdf-instance-missing", "delays or checks stand before the INSTANCE of their CELL"),
        Message("sdf-port", "expected the name of a port or an edge such as '(posedge CK)', got '{token}'"),
        Message("sdf-edge", "expected posedge, negedge, 01, 10, 0z, z1, 1z or z0, got '{token}'"),
        Message(
            "sdf-condition",
            "expected a condition, {then} and ')' in COND",
            "for instance (COND S==1'b0 (IOPATH A Z (1)))",
        ),
        Message("sdf-value", "expected a value such as '(0.1)' or '(0.1:0.2:0.3)', got '{token}'"),
        Message("sdf-triple", "expected one number or three of them with ':' between, got '{token}'"),
        Message("sdf-value-count", "{count} values; a delay takes 1 to 12, a check 1 or 2 by its kind"),
    )
}
