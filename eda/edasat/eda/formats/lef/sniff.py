"""Names the format of a file that was given in place of DEF or LEF."""

from __future__ import annotations

import re
from typing import Final

#: Format -> what its first words look like. Comments are skipped before.
_FORMS: Final = {
    "GDSII": re.compile(rb"\x00\x06\x00\x02"),
    "Verilog": re.compile(rb"(?:`\w+|module\s+\S|\(\*)"),
    "Liberty": re.compile(rb"library\s*\("),
    "SPEF": re.compile(rb"\*SPEF\b"),
    "SDF": re.compile(rb"\(\s*DELAYFILE\b"),
    "SDC": re.compile(rb"(?:create_clock|set_\w+|current_design)\s"),
    "BLIF": re.compile(rb"\.model\s"),
    "AIGER": re.compile(rb"a[ai]g \d+ "),
    "DIMACS CNF": re.compile(rb"p cnf "),
}
_COMMENTS: Final = re.compile(rb"(?:\s+|//[^\n]*(?:\n|\Z)|/\*.*?\*/|#[^\n]*(?:\n|\Z)|c [^\n]*\n)*", re.DOTALL)
#: Statements that only one of the two formats has.
_LEF: Final = re.compile(
    rb"^\s*(?:MACRO|LAYER|SITE|VIARULE|MANUFACTURINGGRID|END LIBRARY)\b(?!\s*;)|^\s*UNITS\s*\n", re.MULTILINE
)
_DEF: Final = re.compile(rb"^\s*(?:DESIGN\s+\S+\s*;|UNITS\s+DISTANCE|DIEAREA|COMPONENTS\s+\d|NETS\s+\d)", re.MULTILINE)


def other_format(head: bytes, *, ours: str) -> str:
    r"""Return the name of the format that a file's first bytes show, "" if they may be ``ours``, "DEF" or "LEF".

    >>> other_format(b"// a counter\nmodule counter (clk);", ours="DEF")
    'Verilog'
    """
    lead = _COMMENTS.match(head)
    text = head[lead.end() if lead else 0 :]
    for kind, form in _FORMS.items():
        if form.match(text):
            return kind
    found = {"LEF": _LEF.search(text), "DEF": _DEF.search(text)}
    mine, theirs = found.pop(ours), found.popitem()
    return theirs[0] if theirs[1] and not mine else ""
