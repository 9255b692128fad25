"""Names of each module into numbers: nets become bits, expressions become lists of bits.

Within a module the bits are numbered from 0: ports first, then the other declared nets, then nets that are only used
(IEEE Std 1364-2005, 4.5: an undeclared name in a connection is a single-bit net). The bits of one net are consecutive,
leftmost first.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from edasat.core.files import Source
from edasat.core.names import Names

from .constants import constant_bits, constant_width, is_unsized
from .limits import check_size
from .messages import (
    E_BIT_RANGE,
    E_INSTANCE_TWICE,
    E_MODULE_TWICE,
    E_PORT_TWICE,
    E_PORT_UNDECLARED,
    E_PORT_UNLISTED,
    E_RANGE_DIFFERS,
    E_SCALAR,
    E_SELECT_ORDER,
    E_UNDECLARED,
    EXPECTED,
    FAULTS,
    MESSAGES,
)
from .scanner import INOUT, INPUT, START, STOP, SUPPLY0, SUPPLY1
from .statements import fail
from .tables import (
    CONSTANT,
    DECL_KIND,
    DECL_LEFT,
    DECL_NAME,
    DECL_RIGHT,
    DECL_TOKEN,
    DECLS,
    EXPR_PART,
    EXPRS,
    FAULT,
    FAULT_TOKEN,
    INST_NAME,
    INST_TOKEN,
    LEFT,
    MAX_DEPTH,
    MODULE_DECL,
    MODULE_EXPR,
    MODULE_INST,
    MODULE_NAME,
    MODULE_PORT,
    MODULE_TOKEN,
    MODULES,
    PART_LEFT,
    PART_RIGHT,
    PART_SYMBOL,
    PART_TOKEN,
    PARTS,
    PORT_EXPR,
    PORT_NAME,
    PORT_TOKEN,
    RANGE,
    RIGHT,
    WHOLE,
    File,
)

Int32 = npt.NDArray[np.int32]
Int64 = npt.NDArray[np.int64]

_NOT_A_PORT: Final = 255


class Modules(NamedTuple):
    """All modules with their names resolved.

    Attributes:
        file: tables of the parser.
        symbols: text of each identifier.
        module_of: int32, (num_symbols,): module of that name, -1 for a library cell.
        bit_offsets: int64, (num_modules + 1,): bits of module ``m`` are the rows
            ``bit_offsets[m]:bit_offsets[m + 1]`` of the next three columns.
        bit_symbol, bit_index: int32: name of each bit's net, and its number in the range, -1 for a single bit.
        bit_value: int8: 0 for supply0, 1 for supply1, -1 else.
        expr_offsets: int64, (num_exprs + 1,): expression ``e`` is ``bits[expr_offsets[e]:expr_offsets[e + 1]]``.
        bits: int32: bits of their module, or OPEN, ZERO, ONE.
        expr_flexible: bool, (num_exprs,): a single constant without a size, which fits any width.
        port_direction: uint8, (num_ports,): of each row of the parser's ports.
    """

    file: File
    symbols: Names
    module_of: Int32
    bit_offsets: Int64
    bit_symbol: Int32
    bit_index: Int32
    bit_value: npt.NDArray[np.int8]
    expr_offsets: Int64
    bits: Int32
    expr_flexible: npt.NDArray[np.bool_]
    port_direction: npt.NDArray[np.uint8]

    @property
    def num_modules(self) -> int:
        """Number of modules."""
        return len(self.bit_offsets) - 1

    def name(self, module: int) -> str:
        """Name of a module."""
        return self.symbols[int(self.file.rows[MODULE_NAME, module])]


class _Found(NamedTuple):
    """What the look-up writes.

    Attributes:
        owner: int64, (num_symbols,): declaration of a name, in the module that ``stamp`` says.
        stamp: int64, (num_symbols,).
        seen: int64, (num_symbols,): last module with a port of that name; num_modules more: with such an instance.
        module_of: int32, (num_symbols,): see :class:`Modules`.
        module_bits: int64, (num_modules,): bits of each.
        decl_module: int32, (num_decls,). Nets that are only used get declarations behind those of the file.
        decl_first: int64, (num_decls,): bit that a net begins with, -1 in declarations that repeat another one.
        decl_direction: uint8, (num_decls,): as :class:`~edasat.eda.library.Direction`, or _NOT_A_PORT.
        decl_value: int8, (num_decls,): 0 or 1 for a supply, -1 else.
        part_first, part_width: int64, (num_parts,): bits that a part stands for.
        port_direction: uint8, (num_ports,).
    """

    owner: Int64
    stamp: Int64
    seen: Int64
    module_of: Int32
    module_bits: Int64
    decl_module: Int32
    decl_first: Int64
    decl_direction: npt.NDArray[np.uint8]
    decl_value: npt.NDArray[np.int8]
    part_first: Int64
    part_width: Int64
    port_direction: npt.NDArray[np.uint8]

    @classmethod
    def of(cls, file: File, num_symbols: int) -> _Found:
        """Allocate room for a file."""
        rows, num_parts = file.rows.shape[1], int(file.state[PARTS])
        return cls(
            owner=np.empty(num_symbols, np.int64),
            stamp=np.full(num_symbols, -1, np.int64),
            seen=np.full(num_symbols, -1, np.int64),
            module_of=np.full(num_symbols, -1, np.int32),
            module_bits=np.zeros(int(file.state[MODULES]), np.int64),
            decl_module=np.empty(rows, np.int32),
            decl_first=np.empty(rows, np.int64),
            decl_direction=np.empty(rows, np.uint8),
            decl_value=np.empty(rows, np.int8),
            part_first=np.empty(num_parts, np.int64),
            part_width=np.empty(num_parts, np.int64),
            port_direction=np.empty(rows, np.uint8),
        )


@njit(cache=True)
def _enter(n: Any, m: int, row: int, name: int) -> None:
    """Make a declaration the first of its name in module ``m``."""
    n.stamp[name] = m
    n.owner[name] = row
    n.decl_module[row] = m
    n.decl_direction[row] = _NOT_A_PORT
    n.decl_value[row] = -1


@njit(cache=True)
def _declared(f: Any, n: Any, m: int) -> int:
    """Number the bits of the nets that a module declares; return how many there are, -1 with a fault."""
    first = f.rows[MODULE_DECL, m]
    end = f.rows[MODULE_DECL, m + 1]
    for row in range(first, end):
        name = f.rows[DECL_NAME, row]
        if n.stamp[name] != m:
            _enter(n, m, row, name)
        n.decl_first[row] = -1
        n.decl_module[row] = m
        owner = n.owner[name]
        for bound in (DECL_LEFT, DECL_RIGHT):
            if f.rows[bound, row] != f.rows[bound, owner]:
                return fail(f, E_RANGE_DIFFERS, np.int64(f.rows[DECL_TOKEN, row]))
        kind = f.rows[DECL_KIND, row]
        if INPUT <= kind <= INOUT:
            n.decl_direction[owner] = kind - INPUT
        elif SUPPLY0 <= kind <= SUPPLY1:
            n.decl_value[owner] = kind - SUPPLY0
    bits = 0
    for ports in (True, False):
        for row in range(first, end):
            if n.owner[f.rows[DECL_NAME, row]] == row and (n.decl_direction[row] != _NOT_A_PORT) == ports:
                n.decl_first[row] = bits
                bits += abs(f.rows[DECL_LEFT, row] - f.rows[DECL_RIGHT, row]) + 1
    return bits


@njit(cache=True)
def _look_up(f: Any, n: Any, m: int, bits: int) -> int:
    """Find the bits of all parts in a module that has declared ``bits``; return the number of all, -1 with a fault."""
    for p in range(f.rows[EXPR_PART, f.rows[MODULE_EXPR, m]], f.rows[EXPR_PART, f.rows[MODULE_EXPR, m + 1]]):
        name = f.parts[PART_SYMBOL, p]
        if name == CONSTANT:
            continue
        token = np.int64(f.parts[PART_TOKEN, p])
        left = f.parts[PART_LEFT, p]
        right = f.parts[PART_RIGHT, p]
        if n.stamp[name] != m:
            if left != WHOLE:
                return fail(f, E_UNDECLARED, token)
            row = f.state[DECLS]
            f.state[DECLS] = row + 1
            _enter(n, m, row, name)
            f.rows[DECL_NAME, row] = name
            f.rows[DECL_LEFT, row] = WHOLE
            f.rows[DECL_RIGHT, row] = WHOLE
            n.decl_first[row] = bits
            bits += 1
        row = n.owner[name]
        msb = f.rows[DECL_LEFT, row]
        lsb = f.rows[DECL_RIGHT, row]
        if left == WHOLE:
            n.part_first[p] = n.decl_first[row]
            n.part_width[p] = abs(msb - lsb) + 1
            continue
        f.state[LEFT] = left
        f.state[RIGHT] = right
        f.state[RANGE] = row
        if msb == WHOLE:
            return fail(f, E_SCALAR, token)
        if min(left, right) < min(msb, lsb) or max(left, right) > max(msb, lsb):
            return fail(f, E_BIT_RANGE, token)
        if left != right and (left > right) != (msb > lsb):
            return fail(f, E_SELECT_ORDER, token)
        n.part_first[p] = n.decl_first[row] + abs(msb - left)
        n.part_width[p] = abs(left - right) + 1
    return bits


@njit(cache=True)
def _check_ports(f: Any, n: Any, m: int) -> int:
    """Find the directions of a module's ports; return -1 with a fault."""
    for row in range(f.rows[MODULE_PORT, m], f.rows[MODULE_PORT, m + 1]):
        if n.seen[f.rows[PORT_NAME, row]] == m:
            return fail(f, E_PORT_TWICE, np.int64(f.rows[PORT_TOKEN, row]))
        n.seen[f.rows[PORT_NAME, row]] = m
        e = f.rows[PORT_EXPR, row]
        for p in range(f.rows[EXPR_PART, e], f.rows[EXPR_PART, e + 1]):
            name = f.parts[PART_SYMBOL, p]
            if name == CONSTANT or n.decl_direction[n.owner[name]] == _NOT_A_PORT:
                return fail(f, E_PORT_UNDECLARED, np.int64(f.parts[PART_TOKEN, p]))
            n.port_direction[row] = n.decl_direction[n.owner[name]]
            n.stamp[name] = -1  # is in the list of ports
    for row in range(f.rows[MODULE_DECL, m], f.rows[MODULE_DECL, m + 1]):
        port = n.decl_first[row] >= 0 and n.decl_direction[row] != _NOT_A_PORT
        if port and n.stamp[f.rows[DECL_NAME, row]] == m:
            return fail(f, E_PORT_UNLISTED, np.int64(f.rows[DECL_TOKEN, row]))
    return 0


@njit(cache=True)
def _resolve(f: Any, n: Any) -> None:
    """Resolve all modules; a fault is left in the state."""
    num_modules = f.state[MODULES]
    for m in range(num_modules):
        name = f.rows[MODULE_NAME, m]
        if n.module_of[name] >= 0:
            fail(f, E_MODULE_TWICE, np.int64(f.rows[MODULE_TOKEN, m]))
            return
        n.module_of[name] = m
    for m in range(num_modules):
        bits = _declared(f, n, m)
        if bits >= 0:
            bits = _look_up(f, n, m, bits)
        if bits < 0 or _check_ports(f, n, m) < 0:
            return
        n.module_bits[m] = bits
        for row in range(f.rows[MODULE_INST, m], f.rows[MODULE_INST, m + 1]):
            if n.seen[f.rows[INST_NAME, row]] == num_modules + m:
                fail(f, E_INSTANCE_TWICE, np.int64(f.rows[INST_TOKEN, row]))
                return
            n.seen[f.rows[INST_NAME, row]] = num_modules + m


@njit(cache=True)
def _bits_of_nets(
    f: Any, decl_first: Any, decl_base: Any, decl_value: Any, symbol: Any, index: Any, value: Any
) -> None:
    for row in range(f.state[DECLS]):
        if decl_first[row] < 0:
            continue
        left = f.rows[DECL_LEFT, row]
        right = f.rows[DECL_RIGHT, row]
        step = 1 if right > left else -1
        at = decl_base[row] + decl_first[row]
        for bit in range(abs(left - right) + 1):
            symbol[at + bit] = f.rows[DECL_NAME, row]
            index[at + bit] = left + step * bit if left != WHOLE else -1
            value[at + bit] = decl_value[row]


@njit(cache=True)
def _constant_widths(f: Any, part_width: Any) -> int:
    """Fill in the widths of constants and return the number of bits of all expressions."""
    bits = 0
    for p in range(f.state[PARTS]):
        if f.parts[PART_SYMBOL, p] == CONSTANT:
            token = f.parts[PART_TOKEN, p]
            part_width[p] = constant_width(f.data, f.span[START, token], f.span[STOP, token])
        bits += part_width[p]
    return bits


@njit(cache=True)
def _bits_of_expressions(f: Any, part_first: Any, part_width: Any, offsets: Any, bits: Any, flexible: Any) -> None:
    at = np.int64(0)
    for e in range(f.state[EXPRS]):
        offsets[e] = at
        flexible[e] = False
        for p in range(f.rows[EXPR_PART, e], f.rows[EXPR_PART, e + 1]):
            if f.parts[PART_SYMBOL, p] == CONSTANT:
                start = f.span[START, f.parts[PART_TOKEN, p]]
                end = f.span[STOP, f.parts[PART_TOKEN, p]]
                constant_bits(f.data, start, end, bits, at)
                flexible[e] = f.rows[EXPR_PART, e + 1] - f.rows[EXPR_PART, e] == 1 and is_unsized(f.data, start, end)
            else:
                for bit in range(part_width[p]):
                    bits[at + bit] = part_first[p] + bit
            at += part_width[p]
    offsets[f.state[EXPRS]] = at


def resolve(source: Source, file: File, symbols: Names) -> Modules:
    """Look up every name of every module.

    Raises:
        InputError: for names that are declared twice, wrongly, or not at all, and for bits that do not exist.
        LimitError: for too many bits.
    """
    found = _Found.of(file, len(symbols))
    _resolve(file, found)
    check_fault(source, file)
    num_decls = int(file.state[DECLS])
    bit_offsets = np.concatenate([[0], np.cumsum(found.module_bits)])
    check_size(source.name, int(bit_offsets[-1]), "bits of nets")
    num_bits = int(bit_offsets[-1])
    bit_symbol, bit_index = np.empty(num_bits, np.int32), np.empty(num_bits, np.int32)
    bit_value = np.empty(num_bits, np.int8)
    decl_base = bit_offsets[found.decl_module[:num_decls]]
    _bits_of_nets(file, found.decl_first, decl_base, found.decl_value, bit_symbol, bit_index, bit_value)

    total = _constant_widths(file, found.part_width)
    check_size(source.name, total, "bits of expressions")
    expr_offsets = np.empty(int(file.state[EXPRS]) + 1, np.int64)
    bits = np.empty(total, np.int32)
    flexible = np.empty(int(file.state[EXPRS]), np.bool_)
    _bits_of_expressions(file, found.part_first, found.part_width, expr_offsets, bits, flexible)
    return Modules(
        file,
        symbols,
        found.module_of,
        bit_offsets,
        bit_symbol,
        bit_index,
        bit_value,
        expr_offsets,
        bits,
        flexible,
        found.port_direction,
    )


def check_fault(source: Source, file: File) -> None:
    """Raise the fault that a compiled function has left.

    Raises:
        InputError: if there is one.
    """
    code, token = int(file.state[FAULT]), int(file.state[FAULT_TOKEN])
    if not code:
        return
    values: dict[str, object] = {"token": file.quote(token), "limit": MAX_DEPTH}
    if code in EXPECTED:
        raise source.fail(MESSAGES["verilog-expected"], file.start(token), what=EXPECTED[code], **values)
    if code in {E_BIT_RANGE, E_SELECT_ORDER}:
        values["first"], values["last"], row = file.state[[LEFT, RIGHT, RANGE]].tolist()
        values["left"], values["right"] = file.rows[[DECL_LEFT, DECL_RIGHT], row].tolist()
    raise source.fail(MESSAGES[FAULTS[code]], file.start(token), **values)
