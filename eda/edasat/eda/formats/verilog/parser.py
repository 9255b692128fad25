"""The grammar of a structural netlist, compiled: tokens into tables of modules, declarations and connections.

Recursive descent without recursion: what may nest are only concatenations, and those are flattened while they are
read, because ``{a, {2{b}}}`` says nothing but the order of its parts. A function takes the position of a token and
returns the one behind what it has read, or -1 after writing the fault.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from .constants import constant_width, integer
from .scanner import (
    ASSIGN,
    END,
    ENDMODULE,
    ENDSPECIFY,
    GATE,
    IDENTIFIER,
    INOUT,
    INPUT,
    MODULE,
    NET,
    NUMBER,
    OUTPUT,
    PARAMETER,
    RTL,
    SIGNED,
    SPECIFY,
    STRING,
    SUPPLY0,
    SUPPLY1,
    Tokens,
)

Int32 = npt.NDArray[np.int32]

MAX_DEPTH: Final = 64  # of concatenations
WHOLE: Final = -1  # in part_left: no selection; in decl_left: a single bit
CONSTANT: Final = -1  # in part_symbol
OPEN_PIN: Final = -1  # in conn_expr

#: Rows of ``Tables.counts``.
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
NUM_COUNTS: Final = 10

#: What a parse may end with; the message is ``FAULTS[code]``, and for "verilog-expected" what was expected.
GROW: Final = 1  # more parts of expressions than there is room for
E_RTL: Final = 2
E_GATE: Final = 3
E_DEEP: Final = 4
E_REPLICATION: Final = 5
E_INSTANCE_ARRAY: Final = 6
E_WILDCARD: Final = 7
E_MIXED: Final = 8
E_PIN_TWICE: Final = 9
E_NUMBER: Final = 10
E_INDEX: Final = 11
X_MODULE: Final = 20
X_MODULE_NAME: Final = 21
X_HEADER: Final = 22
X_PORT: Final = 23
X_NAME: Final = 24
X_ITEM: Final = 25
X_INSTANCE: Final = 26
X_OPENING: Final = 27
X_PIN: Final = 28
X_CLOSING: Final = 29
X_OPERAND: Final = 30
X_BRACE: Final = 31
X_BRACKET: Final = 32
X_NUMBER: Final = 33
X_SEMICOLON: Final = 34
X_EQUALS: Final = 35
X_COLON: Final = 36
X_ENDSPECIFY: Final = 37
X_COMMA: Final = 38

FAULTS: Final = {
    E_RTL: "verilog-rtl",
    E_GATE: "verilog-gate",
    E_DEEP: "verilog-deep",
    E_REPLICATION: "verilog-replication",
    E_INSTANCE_ARRAY: "verilog-instance-array",
    E_WILDCARD: "verilog-wildcard",
    E_MIXED: "verilog-mixed",
    E_PIN_TWICE: "verilog-pin-twice",
    E_NUMBER: "verilog-number",
    E_INDEX: "verilog-index",
}
EXPECTED: Final = {
    X_MODULE: "'module'",
    X_MODULE_NAME: "the name of the module",
    X_HEADER: "'(' or ';' behind the name of the module",
    X_PORT: "a port",
    X_NAME: "a name",
    X_ITEM: "a declaration, an instance or 'endmodule'",
    X_INSTANCE: "the name of the instance",
    X_OPENING: "'('",
    X_PIN: "the name of a pin behind '.'",
    X_CLOSING: "')' or ','",
    X_OPERAND: "a net or a constant",
    X_BRACE: "'}' or ','",
    X_BRACKET: "']'",
    X_NUMBER: "a number",
    X_SEMICOLON: "';'",
    X_EQUALS: "'='",
    X_COLON: "':'",
    X_ENDSPECIFY: "'endspecify'",
    X_COMMA: "',' or ';'",
}

_OPERATOR: Final = np.zeros(256, np.bool_)
_OPERATOR[[*b"+-*/%&|^~!<>?=@#$"]] = True


class Tables(NamedTuple):
    """What the file says, in file order; int32 columns with room behind the rows in use.

    An expression is a run of parts, leftmost (most significant) first. Tables that belong to modules are cut by the
    ``module_*`` columns: rows ``module_port[m]:module_port[m + 1]`` are the ports of module ``m``, and so on.

    Attributes:
        counts: int64, (NUM_COUNTS,): rows in use and what was skipped.
        scratch: int64, (2 * MAX_DEPTH,): open concatenations.
        pin_seen: by symbol, the last instance that connected a pin of this name, -1 for none.
        module_name, module_token: symbol and token.
        port_name, port_expr: external name and the nets behind it, in the order of the header.
        decl_name, decl_kind: symbol, and the keyword's kind of token.
        decl_left, decl_right: bounds of the range as written, WHOLE for a single bit.
        inst_master, inst_name, inst_token, inst_conn: symbols, token, first connection.
        conn_pin: symbol of the pin, or ``-1 - position`` for a connection by order.
        conn_expr: expression, or OPEN_PIN.
        assign_left, assign_right: expressions.
        expr_part: first part of each expression, and the end of the last.
        part_symbol: symbol or CONSTANT; ``part_token`` is then the number.
        part_left, part_right: selected bits; equal for one bit; WHOLE for all of the net.
    """

    counts: npt.NDArray[np.int64]
    scratch: npt.NDArray[np.int64]
    pin_seen: Int32
    module_name: Int32
    module_token: Int32
    module_port: Int32
    module_decl: Int32
    module_inst: Int32
    module_assign: Int32
    module_expr: Int32
    port_name: Int32
    port_expr: Int32
    port_token: Int32
    decl_name: Int32
    decl_kind: Int32
    decl_left: Int32
    decl_right: Int32
    decl_token: Int32
    inst_master: Int32
    inst_name: Int32
    inst_token: Int32
    inst_conn: Int32
    conn_pin: Int32
    conn_expr: Int32
    conn_token: Int32
    assign_left: Int32
    assign_right: Int32
    assign_token: Int32
    expr_part: Int32
    part_symbol: Int32
    part_left: Int32
    part_right: Int32
    part_token: Int32


def make_tables(num_tokens: int, num_symbols: int, num_parts: int) -> Tables:
    """Allocate tables; only replications can need more rows than there are tokens, and only of parts."""
    columns = []
    for name in Tables._fields:
        if name == "counts":
            columns.append(np.zeros(NUM_COUNTS, np.int64))
        elif name == "scratch":
            columns.append(np.zeros(2 * MAX_DEPTH, np.int64))
        elif name == "pin_seen":
            columns.append(np.full(num_symbols, -1, np.int32))
        else:
            columns.append(np.empty((num_parts if name.startswith("part_") else num_tokens) + 2, np.int32))
    return Tables(*columns)


@njit(cache=True)
def _fail(fault: Any, code: int, token: int) -> int:
    fault[0] = code
    fault[1] = token
    return -1


@njit(cache=True)
def _unexpected(k: Any, i: int, fault: Any, code: int) -> int:
    """Fail at token ``i``: as RTL if an operator or a keyword of RTL stands there."""
    return _fail(fault, E_RTL if k.kind[i] == RTL or _OPERATOR[k.kind[i]] else code, i)


@njit(cache=True)
def _skip_parameters(k: Any, i: int, fault: Any) -> int:
    """Skip ``#(...)`` or ``#5`` in front of a name."""
    i += 1
    if k.kind[i] != 40:
        return i + 1 if k.kind[i] != END else _fail(fault, X_OPENING, i)
    depth = 0
    while True:
        depth += int(k.kind[i] == 40) - int(k.kind[i] == 41)
        if k.kind[i] == END or k.kind[i] == 59:
            return _fail(fault, X_CLOSING, i)
        i += 1
        if depth == 0:
            return i


@njit(cache=True)
def _index(data: Any, k: Any, i: int, fault: Any) -> int:
    """Read a bit number; return it, or -1."""
    if k.kind[i] != NUMBER:
        rtl = k.kind[i] == IDENTIFIER  # a parameter
        return _fail(fault, E_RTL, i) if rtl else _unexpected(k, i, fault, X_NUMBER)
    value = integer(data, k.start[i], k.end[i])
    return value if value >= 0 else _fail(fault, E_INDEX, i)


@njit(cache=True)
def _range(data: Any, k: Any, i: int, fault: Any, bounds: Any) -> int:
    """Read ``[left:right]`` if there is one; ``bounds`` gets WHOLE twice otherwise."""
    bounds[0] = WHOLE
    bounds[1] = WHOLE
    if k.kind[i] != 91:
        return i
    left = _index(data, k, i + 1, fault)
    if left < 0:
        return -1
    if k.kind[i + 2] != 58:
        return _unexpected(k, i + 2, fault, X_COLON)
    right = _index(data, k, i + 3, fault)
    if right < 0:
        return -1
    if k.kind[i + 4] != 93:
        return _unexpected(k, i + 4, fault, X_BRACKET)
    if k.kind[i + 5] == 91:
        return _fail(fault, E_RTL, i + 5)
    bounds[0] = left
    bounds[1] = right
    return i + 5


@njit(cache=True)
def _add_part(t: Any, symbol: int, left: int, right: int, token: int) -> bool:
    row = t.counts[PARTS]
    if row == len(t.part_symbol):
        return False
    t.part_symbol[row] = symbol
    t.part_left[row] = left
    t.part_right[row] = right
    t.part_token[row] = token
    t.counts[PARTS] = row + 1
    return True


@njit(cache=True)
def _repeat_parts(t: Any, first: int, times: int) -> bool:
    """Append ``times - 1`` copies of the parts from row ``first`` on."""
    length = t.counts[PARTS] - first
    if length * (times - 1) > len(t.part_symbol) - t.counts[PARTS]:
        return False
    for row in range(first + length, first + length * times):
        t.part_symbol[row] = t.part_symbol[row - length]
        t.part_left[row] = t.part_left[row - length]
        t.part_right[row] = t.part_right[row - length]
        t.part_token[row] = t.part_token[row - length]
    t.counts[PARTS] += length * (times - 1)
    return True


@njit(cache=True)
def _operand(data: Any, k: Any, t: Any, i: int, fault: Any) -> int:
    """Read a net with its selection, or a constant, as one part."""
    if k.kind[i] == NUMBER:
        if constant_width(data, k.start[i], k.end[i]) < 0:
            return _fail(fault, E_NUMBER, i)
        return i + 1 if _add_part(t, CONSTANT, WHOLE, WHOLE, i) else _fail(fault, GROW, i)
    if k.kind[i] != IDENTIFIER:
        return _unexpected(k, i, fault, X_OPERAND)
    token = i
    left = WHOLE
    right = WHOLE
    i += 1
    if k.kind[i] == 91:
        left = _index(data, k, i + 1, fault)
        if left < 0:
            return -1
        right = left
        i += 2
        if k.kind[i] == 58:
            right = _index(data, k, i + 1, fault)
            if right < 0:
                return -1
            i += 2
        if k.kind[i] != 93:
            return _unexpected(k, i, fault, X_BRACKET)
        i += 1
        if k.kind[i] == 91:
            return _fail(fault, E_RTL, i)
    if k.kind[i] == 46:  # a name inside another module
        return _fail(fault, E_RTL, i)
    return i if _add_part(t, k.symbol[token], left, right, token) else _fail(fault, GROW, i)


@njit(cache=True)
def _expression(data: Any, k: Any, t: Any, i: int, fault: Any) -> int:
    """Read nets, constants and concatenations of them as the next row of the expressions."""
    t.expr_part[t.counts[EXPRS]] = t.counts[PARTS]
    depth = 0
    while True:
        if k.kind[i] == 123:
            if depth == MAX_DEPTH:
                return _fail(fault, E_DEEP, i)
            times = 0  # not a replication
            if k.kind[i + 1] == NUMBER and k.kind[i + 2] == 123:
                times = integer(data, k.start[i + 1], k.end[i + 1])
                if times < 1:
                    return _fail(fault, E_REPLICATION, i + 1)
                i += 2
            t.scratch[2 * depth] = times
            t.scratch[2 * depth + 1] = t.counts[PARTS]
            depth += 1
            i += 1
            continue
        i = _operand(data, k, t, i, fault)
        if i < 0:
            return -1
        while depth and k.kind[i] == 125:
            depth -= 1
            i += 1
            times = t.scratch[2 * depth]
            if times:
                if k.kind[i] != 125:
                    return _unexpected(k, i, fault, X_BRACE)
                i += 1
                if not _repeat_parts(t, t.scratch[2 * depth + 1], times):
                    return _fail(fault, GROW, i)
        if depth == 0:
            break
        if k.kind[i] != 44:
            return _unexpected(k, i, fault, X_BRACE)
        i += 1
    t.counts[EXPRS] += 1
    t.expr_part[t.counts[EXPRS]] = t.counts[PARTS]
    return i


@njit(cache=True)
def _whole(k: Any, t: Any, i: int, fault: Any) -> bool:
    """Add the expression that is just the name at token ``i``."""
    t.expr_part[t.counts[EXPRS]] = t.counts[PARTS]
    if not _add_part(t, k.symbol[i], WHOLE, WHOLE, i):
        _fail(fault, GROW, i)
        return False
    t.counts[EXPRS] += 1
    t.expr_part[t.counts[EXPRS]] = t.counts[PARTS]
    return True


@njit(cache=True)
def _declare(k: Any, t: Any, i: int, kind: int, bounds: Any) -> None:
    row = t.counts[DECLS]
    t.decl_name[row] = k.symbol[i]
    t.decl_kind[row] = kind
    t.decl_left[row] = bounds[0]
    t.decl_right[row] = bounds[1]
    t.decl_token[row] = i
    t.counts[DECLS] = row + 1


@njit(cache=True)
def _type(data: Any, k: Any, i: int, fault: Any, bounds: Any) -> int:
    """Read what may stand between a direction or ``wire`` and the names: net type, sign, range."""
    while k.kind[i] == NET or k.kind[i] == SIGNED:
        i += 1
    return _range(data, k, i, fault, bounds)


@njit(cache=True)
def _assignment(data: Any, k: Any, t: Any, i: int, fault: Any) -> int:
    """Read ``= expression`` behind a left side that has just become an expression."""
    if k.kind[i] != 61:
        return _unexpected(k, i, fault, X_EQUALS)
    row = t.counts[ASSIGNS]
    t.assign_left[row] = t.counts[EXPRS] - 1
    t.assign_token[row] = i
    i = _expression(data, k, t, i + 1, fault)
    if i < 0:
        return -1
    t.assign_right[row] = t.counts[EXPRS] - 1
    t.counts[ASSIGNS] = row + 1
    return i


@njit(cache=True)
def _declaration(data: Any, k: Any, t: Any, i: int, fault: Any, bounds: Any) -> int:
    """Read ``wire [3:0] a, b = c;`` and its relatives, from the keyword to the semicolon."""
    kind = k.kind[i]
    i = _type(data, k, i + 1, fault, bounds)
    while i >= 0:
        if k.kind[i] == 35:  # delays of nets say nothing about connections
            i = _skip_parameters(k, i, fault)
            if i < 0:
                return -1
        if k.kind[i] != IDENTIFIER:
            return _unexpected(k, i, fault, X_NAME)
        _declare(k, t, i, kind, bounds)
        i += 1
        if k.kind[i] == 61:
            if not _whole(k, t, i - 1, fault):
                return -1
            i = _assignment(data, k, t, i, fault)
            if i < 0:
                return -1
        if k.kind[i] == 59:
            return i + 1
        if k.kind[i] == 91:
            return _fail(fault, E_RTL, i)
        if k.kind[i] != 44:
            return _unexpected(k, i, fault, X_COMMA)
        i += 1
    return -1


@njit(cache=True)
def _header(data: Any, k: Any, t: Any, i: int, fault: Any, bounds: Any) -> int:
    """Read the ports between the parentheses of a module's header, from the opening one on."""
    if k.kind[i + 1] == 41:
        return i + 2
    direction = 0
    while True:
        i += 1
        if k.kind[i] == INPUT or k.kind[i] == OUTPUT or k.kind[i] == INOUT:
            direction = k.kind[i]
            i = _type(data, k, i + 1, fault, bounds)
            if i < 0:
                return -1
        row = t.counts[PORTS]
        t.port_token[row] = i
        if k.kind[i] == 46:  # .name(nets)
            if k.kind[i + 1] != IDENTIFIER:
                return _unexpected(k, i + 1, fault, X_PORT)
            t.port_name[row] = k.symbol[i + 1]
            if k.kind[i + 2] != 40:
                return _unexpected(k, i + 2, fault, X_OPENING)
            i = _expression(data, k, t, i + 3, fault)
            if i < 0:
                return -1
            if k.kind[i] != 41:
                return _unexpected(k, i, fault, X_CLOSING)
        elif k.kind[i] == IDENTIFIER:
            t.port_name[row] = k.symbol[i]
            if direction:
                _declare(k, t, i, direction, bounds)
            if not _whole(k, t, i, fault):
                return -1
        else:
            return _unexpected(k, i, fault, X_PORT)
        t.port_expr[row] = t.counts[EXPRS] - 1
        t.counts[PORTS] = row + 1
        i += 1
        if k.kind[i] == 41:
            return i + 1
        if k.kind[i] != 44:
            return _unexpected(k, i, fault, X_CLOSING)


@njit(cache=True)
def _connection(data: Any, k: Any, t: Any, i: int, position: int, fault: Any) -> int:
    """Read one connection, named or by order."""
    row = t.counts[CONNECTIONS]
    t.conn_token[row] = i
    t.conn_expr[row] = OPEN_PIN
    if k.kind[i] == 46:
        if k.kind[i + 1] != IDENTIFIER:
            return _fail(fault, E_WILDCARD if k.kind[i + 1] == 42 else X_PIN, i + 1)
        pin = k.symbol[i + 1]
        if t.pin_seen[pin] == t.counts[INSTANCES]:
            return _fail(fault, E_PIN_TWICE, i + 1)
        t.pin_seen[pin] = t.counts[INSTANCES]
        t.conn_pin[row] = pin
        i += 2
        if k.kind[i] == 40 and k.kind[i + 1] == 41:
            i += 2
        elif k.kind[i] == 40:
            i = _expression(data, k, t, i + 1, fault)
            if i < 0:
                return -1
            t.conn_expr[row] = t.counts[EXPRS] - 1
            if k.kind[i] != 41:
                return _unexpected(k, i, fault, X_CLOSING)
            i += 1
        else:  # .A alone stands for .A(A), SystemVerilog
            if not _whole(k, t, i - 1, fault):
                return -1
            t.conn_expr[row] = t.counts[EXPRS] - 1
    else:
        t.conn_pin[row] = -1 - position
        if k.kind[i] != 44 and k.kind[i] != 41:
            i = _expression(data, k, t, i, fault)
            if i < 0:
                return -1
            t.conn_expr[row] = t.counts[EXPRS] - 1
    if position and (t.conn_pin[row] < 0) != (t.conn_pin[row - 1] < 0):
        return _fail(fault, E_MIXED, t.conn_token[row])
    t.counts[CONNECTIONS] = row + 1
    return i


@njit(cache=True)
def _instances(data: Any, k: Any, t: Any, i: int, fault: Any) -> int:
    """Read ``master #(...) name (connections), name (connections);`` from the master on."""
    master = i
    i += 1
    if k.kind[i] == 35:
        i = _skip_parameters(k, i, fault)
        if i < 0:
            return -1
        t.counts[SKIPPED_PARAMETERS] += 1
    while True:
        if k.kind[i] != IDENTIFIER:
            return _unexpected(k, i, fault, X_INSTANCE)
        row = t.counts[INSTANCES]
        t.inst_master[row] = k.symbol[master]
        t.inst_name[row] = k.symbol[i]
        t.inst_token[row] = i
        t.inst_conn[row] = t.counts[CONNECTIONS]
        i += 1
        if k.kind[i] == 91:
            return _fail(fault, E_INSTANCE_ARRAY, i)
        if k.kind[i] != 40:
            return _unexpected(k, i, fault, X_OPENING)
        i += 1
        position = 0
        if k.kind[i] != 41:
            while True:
                i = _connection(data, k, t, i, position, fault)
                if i < 0:
                    return -1
                position += 1
                if k.kind[i] != 44:
                    break
                i += 1
            if k.kind[i] != 41:
                return _unexpected(k, i, fault, X_CLOSING)
        i += 1
        t.counts[INSTANCES] = row + 1
        t.inst_conn[row + 1] = t.counts[CONNECTIONS]
        if k.kind[i] == 59:
            return i + 1
        if k.kind[i] != 44:
            return _unexpected(k, i, fault, X_COMMA)
        i += 1


@njit(cache=True)
def _assigns(data: Any, k: Any, t: Any, i: int, fault: Any) -> int:
    """Read ``assign a = b, c = d;`` from the keyword on."""
    i += 1
    if k.kind[i] == 35:
        i = _skip_parameters(k, i, fault)
        if i < 0:
            return -1
    while True:
        i = _expression(data, k, t, i, fault)
        if i < 0:
            return -1
        i = _assignment(data, k, t, i, fault)
        if i < 0:
            return -1
        if k.kind[i] == 59:
            return i + 1
        if k.kind[i] != 44:
            return _unexpected(k, i, fault, X_COMMA)
        i += 1


@njit(cache=True)
def _module(data: Any, k: Any, t: Any, i: int, fault: Any, bounds: Any) -> int:
    """Read a module from its keyword to behind its ``endmodule``."""
    m = t.counts[MODULES]
    i += 1
    if k.kind[i] != IDENTIFIER:
        return _unexpected(k, i, fault, X_MODULE_NAME)
    t.module_name[m] = k.symbol[i]
    t.module_token[m] = i
    i += 1
    if k.kind[i] == 35:
        i = _skip_parameters(k, i, fault)
        if i < 0:
            return -1
        t.counts[SKIPPED_PARAMETERS] += 1
    if k.kind[i] == 40:
        i = _header(data, k, t, i, fault, bounds)
        if i < 0:
            return -1
    if k.kind[i] != 59:
        return _unexpected(k, i, fault, X_HEADER)
    i += 1
    while k.kind[i] != ENDMODULE:
        what = k.kind[i]
        if what == IDENTIFIER:
            i = _instances(data, k, t, i, fault)
        elif INPUT <= what <= SUPPLY1:
            i = _declaration(data, k, t, i, fault, bounds)
        elif what == ASSIGN:
            i = _assigns(data, k, t, i, fault)
        elif what == PARAMETER:
            t.counts[SKIPPED_PARAMETERS] += 1
            while k.kind[i] != 59:
                if k.kind[i] == END:
                    return _fail(fault, X_SEMICOLON, i)
                i += 1
            i += 1
        elif what == SPECIFY:
            t.counts[SKIPPED_SPECIFY] += 1
            while k.kind[i] != ENDSPECIFY:
                if k.kind[i] == END:
                    return _fail(fault, X_ENDSPECIFY, i)
                i += 1
            i += 1
        elif what == 59:
            i += 1
        else:
            return _fail(fault, E_GATE, i) if what == GATE else _unexpected(k, i, fault, X_ITEM)
        if i < 0:
            return -1
    t.counts[MODULES] = m + 1
    t.module_port[m + 1] = t.counts[PORTS]
    t.module_decl[m + 1] = t.counts[DECLS]
    t.module_inst[m + 1] = t.counts[INSTANCES]
    t.module_assign[m + 1] = t.counts[ASSIGNS]
    t.module_expr[m + 1] = t.counts[EXPRS]
    if k.kind[i + 1] == 58 and k.kind[i + 2] == IDENTIFIER:  # endmodule : name
        i += 2
    return i + 1


@njit(cache=True)
def _parse(data: Any, k: Any, t: Any, fault: Any) -> None:
    bounds = np.empty(2, np.int64)
    for column in (t.module_port, t.module_decl, t.module_inst, t.module_assign, t.module_expr, t.inst_conn):
        column[0] = 0
    t.expr_part[0] = 0
    i = 0
    while k.kind[i] != END:
        if k.kind[i] == MODULE:
            i = _module(data, k, t, i, fault, bounds)
            if i < 0:
                return
        elif k.kind[i] == 59:
            i += 1
        else:
            _unexpected(k, i, fault, X_MODULE)
            return


def parse(data: npt.NDArray[np.uint8], tokens: Tokens, num_symbols: int, num_parts: int) -> tuple[Tables, int, int]:
    """Parse a whole file.

    Args:
        data: the file with its padding.
        tokens: of the file, END behind the last.
        num_symbols: number of different identifiers.
        num_parts: room for parts of expressions.

    Returns:
        The tables, the code of a fault (0 for none), and its token.
    """
    tables = make_tables(len(tokens.kind), num_symbols, num_parts)
    fault = np.zeros(2, np.int64)
    # Lookahead goes at most five tokens beyond the one known not to be END.
    kind = np.concatenate([tokens.kind, np.zeros(6, np.uint8)])
    _parse(data, tokens._replace(kind=kind), tables, fault)
    return tables, int(fault[0]), int(fault[1])
