"""Every message of the DIMACS reader."""

from __future__ import annotations

from typing import Final

from edasat.core.errors import Message

MESSAGES: Final = {
    row.code: row
    for row in (
        Message("dimacs-empty", "the file is empty", "a CNF needs at least the line 'p cnf 0 0'"),
        Message(
            "dimacs-header-missing",
            "expected the header 'p cnf VARIABLES CLAUSES', got '{token}'",
            "add the header line before the first clause",
        ),
        Message("dimacs-header-absent", "no header 'p cnf VARIABLES CLAUSES' in the whole file"),
        Message(
            "dimacs-header-garbled",
            "the header must be 'p cnf VARIABLES CLAUSES' with two whole numbers, got '{token}'",
        ),
        Message("dimacs-header-negative", "the header's {what} is negative: {token}"),
        Message("dimacs-header-duplicate", "a second header line", "one file holds one formula"),
        Message(
            "dimacs-too-many-variables",
            "the file is valid so far, but {token} variables are more than this reader holds (2^31 - 1)",
        ),
        Message(
            "dimacs-too-many-clauses",
            "the file is valid so far, but {token} clauses are more than this reader holds (2^63 - 1)",
        ),
        Message(
            "dimacs-clauses-more",
            "more clauses than the {declared} that the header says",
            "correct the header, or pass --relaxed to accept the file with a warning",
        ),
        Message(
            "dimacs-clauses-fewer",
            "the header says {declared} clauses, the file holds {found}",
            "the file may be cut off; pass --relaxed to accept it with a warning",
        ),
        Message(
            "dimacs-variable-above-header",
            "variable {token} exceeds the {declared} variables that the header says",
            "correct the header, or pass --relaxed to accept the file with a warning",
        ),
        Message("dimacs-literal-overflow", "literal '{token}' does not fit 32 bits"),
        Message("dimacs-final-zero", "the last clause does not end in 0", "the file may be cut off"),
        Message("dimacs-letter", "expected a literal, got '{token}'"),
        Message("dimacs-float", "expected a whole number, got '{token}'"),
        Message("dimacs-lone-minus", "'-' without a number"),
        Message("dimacs-nul", "NUL byte", "the file is binary or damaged"),
        Message("dimacs-non-ascii", "byte 0x{byte:02x} is not ASCII", "the file is binary, damaged or UTF-16"),
        Message("dimacs-trailer", "'{token}' after the SATLIB end mark '%'", "only '0' may follow it"),
        Message(
            "dimacs-aiger", "this is an AIGER circuit, not a CNF", "edasat graph reads AIGER; a CNF needs encoding"
        ),
        Message("dimacs-wcnf", "this is a weighted CNF (MaxSAT), not a CNF", "drop the weights, or use a MaxSAT tool"),
        Message("dimacs-graph6", "this looks like a graph in graph6 or sparse6 form, not a CNF"),
        Message("dimacs-graph", "this is a DIMACS graph ('p {kind}'), not a CNF"),
        Message("dimacs-inccnf", "this is an incremental CNF ('p inccnf'), not a CNF"),
        Message("dimacs-opb", "this is a pseudo-Boolean problem (OPB), not a CNF"),
        Message("dimacs-verilog", "this looks like Verilog, not a CNF"),
    )
}
