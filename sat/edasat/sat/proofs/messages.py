"""Every message of the proof reader."""

from __future__ import annotations

from typing import Final

from edasat.core.errors import Message

_WANTED = "a DRAT proof has lines such as '1 -2 0' and 'd 1 -2 0', or is binary"

MESSAGES: Final = {
    row.code: row
    for row in (
        Message("proof-literal-overflow", "literal '{token}' does not fit 32 bits"),
        Message("proof-letter", "expected a literal, got '{token}'", _WANTED),
        Message("proof-lone-minus", "'-' without a number"),
        Message("proof-nul", "NUL byte in a text proof", "the file is damaged, or not a proof"),
        Message("proof-non-ascii", "byte 0x{byte:02x} is not ASCII", "the file is damaged, or not a proof"),
        Message(
            "proof-deletion-inside",
            "'d' inside of a clause",
            "a 0 is missing before it; lines such as '12 d 3 4 0' are LRAT, which this reader does not take",
        ),
        Message("proof-truncated", "the last step does not end in 0", "the file is cut off: write the proof again"),
        Message("proof-cnf", "this is a CNF, not a proof", "give the formula first, then its proof"),
        Message("proof-frat", "this looks like a FRAT proof, not DRAT", "convert it with frat-rs or dpr-trim"),
        Message("proof-veripb", "this is a pseudo-Boolean (VeriPB) proof, not DRAT"),
        Message(
            "proof-solver-output", "this is the output of a solver, not a proof", "proofs have a file of their own"
        ),
        # Binary files have no lines: the byte, from 0, stands in the message.
        Message(
            "proof-binary-tag",
            "byte {at}: a binary step begins with 'a' or 'd', got 0x{byte:02x}",
            "the file is damaged, or not a proof",
        ),
        Message("proof-binary-literal", "byte {at}: 1 is the code of no literal", "the file is damaged"),
        Message("proof-binary-overflow", "byte {at}: the literal does not fit 32 bits", "the file is damaged"),
        Message(
            "proof-binary-truncated",
            "byte {at}: the step that begins here does not end",
            "the file is cut off: write the proof again",
        ),
    )
}
