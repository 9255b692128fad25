"""What the grammar writes and everything behind it reads: one int32 matrix of columns, and an array of counters.

Compiled functions pass :class:`File` around: one array per column would take minutes to compile.
"""

from __future__ import annotations

from itertools import count
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from .scanner import END, START, STOP, Tokens

Int32 = npt.NDArray[np.int32]

MAX_DEPTH: Final = 64  # of concatenations
WHOLE: Final = -1  # in PART_LEFT: no selection; in DECL_LEFT: a single bit
CONSTANT: Final = -1  # in PART_SYMBOL
OPEN_PIN: Final = -1  # in CONN_EXPR

# Counters: the number of rows of each table, what was skipped, and the parser's state.
MODULES: Final = 0
PORTS: Final = 1
DECLS: Final = 2
INSTANCES: Final = 3
CONNECTIONS: Final = 4
ASSIGNS: Final = 5
EXPRS: Final = 6
PARTS: Final = 7
SKIPPED_PARAMETERS: Final = 8
SKIPPED_SPECIFY: Final = 9
FAULT: Final = 10  # code, 0 for none
FAULT_TOKEN: Final = 11
RANGE: Final = 12  # token of the range read last
PARTS_NEEDED: Final = 13  # room for parts that the last repetition asked for
LEFT: Final = 14  # bounds of the range or selection read last
RIGHT: Final = 15
STACK: Final = 16  # open concatenations: repetitions and first part
NUM_COUNTERS: Final = STACK + 2 * MAX_DEPTH

# Columns. An expression is a run of parts, leftmost (most significant) first. Tables that belong to modules are cut by
# the MODULE_* columns: rows MODULE_PORT[m] to MODULE_PORT[m + 1] are the ports of module m, and so on.
_column = count()
PIN_SEEN: Final = next(_column)  # by symbol: the last instance that connected a pin of this name, -1 for none
MODULE_NAME: Final = next(_column)  # symbol
MODULE_TOKEN: Final = next(_column)
MODULE_PORT: Final = next(_column)
MODULE_DECL: Final = next(_column)
MODULE_INST: Final = next(_column)
MODULE_ASSIGN: Final = next(_column)
MODULE_EXPR: Final = next(_column)
PORT_NAME: Final = next(_column)  # symbol by which instances connect it
PORT_EXPR: Final = next(_column)  # the nets behind it
PORT_TOKEN: Final = next(_column)
DECL_NAME: Final = next(_column)  # symbol
DECL_KIND: Final = next(_column)  # kind of the keyword's token
DECL_RANGE: Final = next(_column)  # token of '[', WHOLE for a single bit
DECL_LEFT: Final = next(_column)  # bounds of the range as written, WHOLE for a single bit
DECL_RIGHT: Final = next(_column)
DECL_TOKEN: Final = next(_column)
INST_MASTER: Final = next(_column)  # symbol
INST_NAME: Final = next(_column)  # symbol
INST_TOKEN: Final = next(_column)
INST_CONN: Final = next(_column)  # first connection
CONN_PIN: Final = next(_column)  # symbol, or -1 - position for a connection by order
CONN_EXPR: Final = next(_column)  # expression, or OPEN_PIN
CONN_TOKEN: Final = next(_column)
ASSIGN_LEFT: Final = next(_column)  # expressions
ASSIGN_RIGHT: Final = next(_column)
ASSIGN_TOKEN: Final = next(_column)
EXPR_FIRST: Final = next(_column)  # first token of each expression
EXPR_STOP: Final = next(_column)  # token behind its last
EXPR_PART: Final = next(_column)  # first part of each expression
NUM_COLUMNS: Final = next(_column)

# Columns of the parts, which have a matrix of their own: repeated concatenations need more rows than there are tokens.
PART_SYMBOL: Final = 0  # symbol or CONSTANT; PART_TOKEN is then the number
PART_LEFT: Final = 1  # selected bits; equal for one bit; WHOLE for all of the net
PART_RIGHT: Final = 2
PART_TOKEN: Final = 3

#: Column -> the counter of its rows. Offsets have one row more.
_ROWS: Final = {
    column: counter
    for counter, columns in {
        MODULES: range(MODULE_NAME, PORT_NAME),
        PORTS: range(PORT_NAME, DECL_NAME),
        DECLS: range(DECL_NAME, INST_MASTER),
        INSTANCES: range(INST_MASTER, CONN_PIN),
        CONNECTIONS: range(CONN_PIN, ASSIGN_LEFT),
        ASSIGNS: range(ASSIGN_LEFT, EXPR_FIRST),
        EXPRS: range(EXPR_FIRST, NUM_COLUMNS),
    }.items()
    for column in columns
}
_OFFSETS: Final = {MODULE_PORT, MODULE_DECL, MODULE_INST, MODULE_ASSIGN, MODULE_EXPR, INST_CONN, EXPR_PART}


class File(NamedTuple):
    """A file while it is parsed, as compiled functions see it.

    Attributes:
        data: uint8: the bytes, with padding.
        kind: uint8, (num_tokens + 6,): kinds of the tokens; several END behind the last, so that looking ahead is safe.
        span: int32, (3, num_tokens + 1): first byte, byte behind the last, symbol of each token.
        rows: int32, (NUM_COLUMNS, room).
        parts: int32, (4, room).
        state: int64, (NUM_COUNTERS,).
    """

    data: npt.NDArray[np.uint8]
    kind: npt.NDArray[np.uint8]
    span: Int32
    rows: Int32
    parts: Int32
    state: npt.NDArray[np.int64]

    @classmethod
    def of(cls, data: npt.NDArray[np.uint8], tokens: Tokens) -> File:
        """Allocate tables with a row for each token; what is not written costs no memory."""
        room = len(tokens.kind) + 1
        rows = np.empty((NUM_COLUMNS, room), np.int32)
        rows[PIN_SEEN] = -1
        rows[sorted(_OFFSETS), 0] = 0
        kind = np.concatenate([tokens.kind, np.zeros(_LOOKAHEAD, np.uint8)])
        return cls(data, kind, tokens.span, rows, np.empty((4, room), np.int32), np.zeros(NUM_COUNTERS, np.int64))

    def column(self, column: int) -> Int32:
        """Return the rows of a column that are in use."""
        return self.rows[column, : int(self.state[_ROWS[column]]) + (column in _OFFSETS)]

    def start(self, token: int) -> int:
        """Return the offset of a token in the file."""
        return int(self.span[START, token])

    def quote(self, token: int) -> str:
        """Return a token as messages show it."""
        if self.kind[token] == END:
            return "the end of the file"
        text = self.data[self.span[START, token] : self.span[STOP, token]][:_SHOWN].tobytes()
        return "'" + text.decode("utf-8", "replace") + "'"


_SHOWN: Final = 60  # bytes of a token in a message
_LOOKAHEAD: Final = 6  # tokens behind the end that the grammar may look at
