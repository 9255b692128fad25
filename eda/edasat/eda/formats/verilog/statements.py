"""The grammar of a structural netlist, compiled: tokens into tables of modules, declarations and connections.

This half looks at kinds of tokens only. Where an expression stands it notes the tokens and goes on behind them;
:mod:`.expressions` reads those in a second pass. A function takes the file and the position of a token and returns
the one behind what it has read, or -1 after writing the fault.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numba import njit

from .messages import (
    E_GATE,
    E_INSTANCE_ARRAY,
    E_MIXED,
    E_PIN_TWICE,
    E_RTL,
    E_WILDCARD,
    X_BRACKET,
    X_CLOSING,
    X_COMMA,
    X_ENDSPECIFY,
    X_EQUALS,
    X_HEADER,
    X_INSTANCE,
    X_ITEM,
    X_MODULE,
    X_MODULE_NAME,
    X_NAME,
    X_OPENING,
    X_PIN,
    X_PORT,
    X_SEMICOLON,
)
from .scanner import (
    ASSIGN,
    BRACE,
    BRACKET,
    CLOSING,
    COLON,
    COMMA,
    DOT,
    END,
    END_BRACE,
    END_BRACKET,
    ENDMODULE,
    ENDSPECIFY,
    EQUALS,
    GATE,
    HASH,
    IDENTIFIER,
    INOUT,
    INPUT,
    MODULE,
    NET,
    OPENING,
    PARAMETER,
    RTL,
    SEMICOLON,
    SIGNED,
    SPECIFY,
    STAR,
    SUPPLY1,
    SYMBOL,
)
from .tables import (
    ASSIGN_LEFT,
    ASSIGN_RIGHT,
    ASSIGN_TOKEN,
    ASSIGNS,
    CONN_EXPR,
    CONN_PIN,
    CONN_TOKEN,
    CONNECTIONS,
    DECL_KIND,
    DECL_NAME,
    DECL_RANGE,
    DECL_TOKEN,
    DECLS,
    EXPR_FIRST,
    EXPR_STOP,
    EXPRS,
    FAULT,
    FAULT_TOKEN,
    INST_CONN,
    INST_MASTER,
    INST_NAME,
    INST_TOKEN,
    INSTANCES,
    MODULE_ASSIGN,
    MODULE_DECL,
    MODULE_EXPR,
    MODULE_INST,
    MODULE_NAME,
    MODULE_PORT,
    MODULE_TOKEN,
    MODULES,
    OPEN_PIN,
    PIN_SEEN,
    PORT_EXPR,
    PORT_NAME,
    PORT_TOKEN,
    PORTS,
    RANGE,
    SKIPPED_PARAMETERS,
    SKIPPED_SPECIFY,
    WHOLE,
)

_OPERATOR: Final = np.zeros(256, np.bool_)
_OPERATOR[[*b"+-*/%&|^~!<>?=@#$"]] = True
_OPERATOR[RTL] = True
_AFTER_EXPRESSION: Final = np.zeros(256, np.bool_)  # outside of brackets
_AFTER_EXPRESSION[[COMMA, CLOSING, EQUALS]] = True
_DEPTH: Final = np.zeros(256, np.int8)
_DEPTH[[BRACE, OPENING]] = 1
_DEPTH[[END_BRACE, CLOSING]] = -1


@njit(cache=True)
def fail(f: Any, code: int, token: int) -> int:
    """Note a fault and where it stands."""
    f.state[FAULT] = code
    f.state[FAULT_TOKEN] = token
    return -1


@njit(cache=True)
def unexpected(f: Any, i: int, code: int) -> int:
    """Fail at token ``i``: as RTL if an operator or a keyword of RTL stands there."""
    f.state[FAULT] = E_RTL if _OPERATOR[f.kind[i]] else code
    f.state[FAULT_TOKEN] = i
    return -1


@njit(cache=True)
def _skip_parameters(f: Any, i: int) -> int:
    """Skip ``#(...)`` or ``#5`` in front of a name, if there is one."""
    if f.kind[i] != HASH:
        return i
    f.state[SKIPPED_PARAMETERS] += 1
    i += 1
    depth = 0
    while True:
        depth += int(f.kind[i] == OPENING) - int(f.kind[i] == CLOSING)
        if f.kind[i] == END or f.kind[i] == SEMICOLON:
            return unexpected(f, i, X_CLOSING)
        i += 1
        if depth <= 0:
            return i


@njit(cache=True)
def _expression(f: Any, i: int) -> int:
    """Note the expression that begins at token ``i`` and return the token behind it: one of ``, ) ; =``."""
    row = f.state[EXPRS]
    f.rows[EXPR_FIRST, row] = i
    depth = 0
    while f.kind[i] != END and f.kind[i] != SEMICOLON:
        if depth == 0 and _AFTER_EXPRESSION[f.kind[i]]:
            break
        depth += _DEPTH[f.kind[i]]
        i += 1
    f.rows[EXPR_STOP, row] = i
    f.state[EXPRS] = row + 1
    return i


@njit(cache=True)
def _name_as_expression(f: Any, i: int) -> None:
    row = f.state[EXPRS]
    f.rows[EXPR_FIRST, row] = i
    f.rows[EXPR_STOP, row] = i + 1
    f.state[EXPRS] = row + 1


@njit(cache=True)
def _type(f: Any, i: int) -> int:
    """Skip what stands between a keyword and the names it declares; a range is kept in the state."""
    while f.kind[i] == NET or f.kind[i] == SIGNED:
        i += 1
    f.state[RANGE] = WHOLE
    if f.kind[i] == BRACKET:
        f.state[RANGE] = i
        while f.kind[i] != END_BRACKET:
            if f.kind[i] == END or f.kind[i] == SEMICOLON:
                return unexpected(f, i, X_BRACKET)
            i += 1
        i += 1
    return _skip_parameters(f, i)  # delays of nets say nothing about connections


@njit(cache=True)
def _declare(f: Any, i: int, kind: int) -> None:
    row = f.state[DECLS]
    f.rows[DECL_NAME, row] = f.span[SYMBOL, i]
    f.rows[DECL_KIND, row] = kind
    f.rows[DECL_RANGE, row] = f.state[RANGE]
    f.rows[DECL_TOKEN, row] = i
    f.state[DECLS] = row + 1


@njit(cache=True)
def _declaration(f: Any, i: int) -> int:
    """Read ``wire [3:0] a, b = c;`` and its relatives, from the keyword to behind the semicolon."""
    kind = np.int64(f.kind[i])
    i = _type(f, i + 1)
    while i >= 0:
        if f.kind[i] != IDENTIFIER:
            return unexpected(f, i, X_NAME)
        _declare(f, i, kind)
        i += 1
        if f.kind[i] == EQUALS:
            row = f.state[ASSIGNS]
            f.rows[ASSIGN_TOKEN, row] = i
            f.rows[ASSIGN_LEFT, row] = f.state[EXPRS]
            f.rows[ASSIGN_RIGHT, row] = f.state[EXPRS] + 1
            f.state[ASSIGNS] = row + 1
            _name_as_expression(f, i - 1)
            i = _expression(f, i + 1)
        if f.kind[i] == SEMICOLON:
            return i + 1
        if f.kind[i] != COMMA:
            return fail(f, E_RTL, i) if f.kind[i] == BRACKET else unexpected(f, i, X_COMMA)
        i += 1
    return -1


@njit(cache=True)
def _assigns(f: Any, i: int) -> int:
    """Read ``assign a = b, c = d;`` from the keyword to behind the semicolon."""
    i = _skip_parameters(f, i + 1)
    while i >= 0:
        row = f.state[ASSIGNS]
        f.rows[ASSIGN_LEFT, row] = f.state[EXPRS]
        f.rows[ASSIGN_RIGHT, row] = f.state[EXPRS] + 1
        i = _expression(f, i)
        if f.kind[i] != EQUALS:
            return unexpected(f, i, X_EQUALS)
        f.rows[ASSIGN_TOKEN, row] = i
        f.state[ASSIGNS] = row + 1
        i = _expression(f, i + 1)
        if f.kind[i] == SEMICOLON:
            return i + 1
        if f.kind[i] != COMMA:
            return unexpected(f, i, X_COMMA)
        i += 1
    return -1


@njit(cache=True)
def _connection(f: Any, i: int) -> int:
    """Read one connection, named or by order; what is left open has no expression."""
    row = f.state[CONNECTIONS]
    position = row - f.rows[INST_CONN, f.state[INSTANCES]]
    f.rows[CONN_TOKEN, row] = i
    f.rows[CONN_EXPR, row] = OPEN_PIN
    if f.kind[i] == DOT:
        i += 1
        if f.kind[i] != IDENTIFIER:
            return fail(f, E_WILDCARD, i) if f.kind[i] == STAR else unexpected(f, i, X_PIN)
        pin = f.span[SYMBOL, i]
        if f.rows[PIN_SEEN, pin] == f.state[INSTANCES]:
            return fail(f, E_PIN_TWICE, i)
        f.rows[PIN_SEEN, pin] = f.state[INSTANCES]
        f.rows[CONN_PIN, row] = pin
        i += 1
        if f.kind[i] != OPENING:  # .A alone stands for .A(A), SystemVerilog
            f.rows[CONN_EXPR, row] = f.state[EXPRS]
            _name_as_expression(f, i - 1)
        elif f.kind[i + 1] == CLOSING:
            i += 2
        else:
            f.rows[CONN_EXPR, row] = f.state[EXPRS]
            i = _expression(f, i + 1)
            if f.kind[i] != CLOSING:
                return unexpected(f, i, X_CLOSING)
            i += 1
    else:
        f.rows[CONN_PIN, row] = -1 - position
        if f.kind[i] != COMMA and f.kind[i] != CLOSING:
            f.rows[CONN_EXPR, row] = f.state[EXPRS]
            i = _expression(f, i)
    if position and (f.rows[CONN_PIN, row] < 0) != (f.rows[CONN_PIN, row - 1] < 0):
        return fail(f, E_MIXED, np.int64(f.rows[CONN_TOKEN, row]))
    f.state[CONNECTIONS] = row + 1
    return i


@njit(cache=True)
def _instances(f: Any, i: int) -> int:
    """Read ``master #(...) name (connections), name (connections);`` from the master to behind the semicolon."""
    master = f.span[SYMBOL, i]
    i = _skip_parameters(f, i + 1)
    while i >= 0:
        if f.kind[i] != IDENTIFIER:
            return unexpected(f, i, X_INSTANCE)
        row = f.state[INSTANCES]
        f.rows[INST_MASTER, row] = master
        f.rows[INST_NAME, row] = f.span[SYMBOL, i]
        f.rows[INST_TOKEN, row] = i
        i += 1
        if f.kind[i] != OPENING:
            return fail(f, E_INSTANCE_ARRAY, i) if f.kind[i] == BRACKET else unexpected(f, i, X_OPENING)
        if f.kind[i + 1] == CLOSING:
            i += 1
        else:
            while f.kind[i] != CLOSING:
                i = _connection(f, i + 1)
                if i < 0:
                    return -1
                if f.kind[i] != COMMA and f.kind[i] != CLOSING:
                    return unexpected(f, i, X_CLOSING)
        i += 1
        f.state[INSTANCES] = row + 1
        f.rows[INST_CONN, row + 1] = f.state[CONNECTIONS]
        if f.kind[i] == SEMICOLON:
            return i + 1
        if f.kind[i] != COMMA:
            return unexpected(f, i, X_COMMA)
        i += 1
    return -1


@njit(cache=True)
def _header_ports(f: Any, i: int) -> int:
    """Read the ports of a module's header, from the opening parenthesis to behind the closing one."""
    if f.kind[i + 1] == CLOSING:
        return i + 2
    direction = np.int64(0)
    while f.kind[i] != CLOSING:
        i += 1
        if INPUT <= f.kind[i] <= INOUT:
            direction = np.int64(f.kind[i])
            i = _type(f, i + 1)
            if i < 0:
                return -1
        row = f.state[PORTS]
        named = f.kind[i] == DOT  # .name(nets)
        i += int(named)
        if f.kind[i] != IDENTIFIER:
            return unexpected(f, i, X_PORT)
        f.rows[PORT_TOKEN, row] = i
        f.rows[PORT_NAME, row] = f.span[SYMBOL, i]
        f.rows[PORT_EXPR, row] = f.state[EXPRS]
        f.state[PORTS] = row + 1
        if named:
            if f.kind[i + 1] != OPENING:
                return unexpected(f, i + 1, X_OPENING)
            i = _expression(f, i + 2)
            if f.kind[i] != CLOSING:
                return unexpected(f, i, X_CLOSING)
        else:
            _name_as_expression(f, i)
            if direction:
                _declare(f, i, direction)
        i += 1
        if f.kind[i] != COMMA and f.kind[i] != CLOSING:
            return unexpected(f, i, X_CLOSING)
    return i + 1


@njit(cache=True)
def header(f: Any, i: int) -> int:
    """Read a module from its keyword to behind the semicolon of its header."""
    if f.kind[i] != MODULE:
        return unexpected(f, i, X_MODULE)
    i += 1
    if f.kind[i] != IDENTIFIER:
        return unexpected(f, i, X_MODULE_NAME)
    m = f.state[MODULES]
    f.rows[MODULE_NAME, m] = f.span[SYMBOL, i]
    f.rows[MODULE_TOKEN, m] = i
    i = _skip_parameters(f, i + 1)
    if i >= 0 and f.kind[i] == OPENING:
        i = _header_ports(f, i)
    if i < 0:
        return -1
    return i + 1 if f.kind[i] == SEMICOLON else unexpected(f, i, X_HEADER)


@njit(cache=True)
def _skip(f: Any, i: int, last: int, code: int) -> int:
    """Skip to behind the next token of kind ``last``."""
    while f.kind[i] != last:
        if f.kind[i] == END:
            return fail(f, code, i)
        i += 1
    return i + 1


@njit(cache=True)
def body(f: Any, i: int) -> int:
    """Read a module from behind its header to behind its ``endmodule``."""
    while f.kind[i] != ENDMODULE:
        what = f.kind[i]
        if what == IDENTIFIER:
            i = _instances(f, i)
        elif INPUT <= what <= SUPPLY1:
            i = _declaration(f, i)
        elif what == ASSIGN:
            i = _assigns(f, i)
        elif what == PARAMETER:
            f.state[SKIPPED_PARAMETERS] += 1
            i = _skip(f, i, SEMICOLON, X_SEMICOLON)
        elif what == SPECIFY:
            f.state[SKIPPED_SPECIFY] += 1
            i = _skip(f, i, ENDSPECIFY, X_ENDSPECIFY)
        elif what == SEMICOLON:
            i += 1
        else:
            return fail(f, E_GATE, i) if what == GATE else unexpected(f, i, X_ITEM)
        if i < 0:
            return -1
    m = f.state[MODULES] + 1
    f.state[MODULES] = m
    f.rows[MODULE_PORT, m] = f.state[PORTS]
    f.rows[MODULE_DECL, m] = f.state[DECLS]
    f.rows[MODULE_INST, m] = f.state[INSTANCES]
    f.rows[MODULE_ASSIGN, m] = f.state[ASSIGNS]
    f.rows[MODULE_EXPR, m] = f.state[EXPRS]
    labelled = f.kind[i + 1] == COLON and f.kind[i + 2] == IDENTIFIER  # endmodule : name, SystemVerilog
    return i + 3 if labelled else i + 1
