"""What the compiled pass can stop with: 0 when it is done, a request for larger tables, or the number of a fault."""

from __future__ import annotations

from typing import Final

DONE: Final = 0
GROW: Final = 1

COMMENT, EXPECTED, CUT_OFF, END_MISSING, OUTSIDE_NET, NAME_INDEX, NODE_NUMBER, UNIT_MISSING = range(10, 18)

#: Fault -> code of its message.
CODES: Final = {
    COMMENT: "spef-comment",
    EXPECTED: "spef-expected",
    CUT_OFF: "spef-cut-off",
    END_MISSING: "spef-end-missing",
    OUTSIDE_NET: "spef-outside-net",
    NAME_INDEX: "spef-name-index",
    NODE_NUMBER: "spef-node-number",
    UNIT_MISSING: "spef-unit-missing",
}
