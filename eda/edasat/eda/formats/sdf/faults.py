"""What the compiled pass can stop with: 0 when it is done, a request for larger tables, or the number of a fault."""

from __future__ import annotations

from typing import Final

DONE: Final = 0
GROW: Final = 1

END, COMMENT, STRING, PARENTHESIS, KEYWORD, TEXT, INSTANCE, INSTANCE_TWICE, INSTANCE_MISSING = range(10, 19)
PORT, EDGE, CONDITION, VALUE, TRIPLE, VALUE_COUNT = range(19, 25)

#: Fault -> code of its message.
CODES: Final = {
    END: "sdf-end",
    COMMENT: "sdf-comment",
    STRING: "sdf-string",
    PARENTHESIS: "sdf-parenthesis",
    KEYWORD: "sdf-keyword",
    TEXT: "sdf-text",
    INSTANCE: "sdf-instance",
    INSTANCE_TWICE: "sdf-instance-twice",
    INSTANCE_MISSING: "sdf-instance-missing",
    PORT: "sdf-port",
    EDGE: "sdf-edge",
    CONDITION: "sdf-condition",
    VALUE: "sdf-value",
    TRIPLE: "sdf-triple",
    VALUE_COUNT: "sdf-value-count",
}
