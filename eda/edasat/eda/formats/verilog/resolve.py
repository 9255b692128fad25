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

from edasat.core.errors import LimitError
from edasat.core.files import Source
from edasat.core.names import Names

from .constants import constant_bits, constant_width, is_unsized
from .messages import MESSAGES
from .scanner import INOUT, INPUT, START, STOP, SUPPLY0, SUPPLY1
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
    INST_NAME,
    INST_TOKEN,
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
    WHOLE,
    File,
)

Int32 = npt.NDArray[np.int32]
Int64 = npt.NDArray[np.int64]

_NOT_A_PORT: Final = 255
_LIMIT: Final = 2**28  # bits; some GB of memory

_E_RANGE_DIFFERS: Final = 1
_E_UNDECLARED: Final = 2
_E_SCALAR: Final = 3
_E_BIT_RANGE: Final = 4
_E_SELECT_ORDER: Final = 5
_E_INSTANCE_TWICE: Final = 6
_E_PORT_TWICE: Final = 7
_E_PORT_UNDECLARED: Final = 8
_E_PORT_UNLISTED: Final = 9
_E_MODULE_TWICE: Final = 10
_FAULTS: Final = {
    _E_RANGE_DIFFERS: "verilog-range-differs",
    _E_UNDECLARED: "verilog-undeclared",
    _E_SCALAR: "verilog-scalar",
    _E_BIT_RANGE: "verilog-bit-range",
    _E_SELECT_ORDER: "verilog-select-order",
    _E_INSTANCE_TWICE: "verilog-instance-twice",
    _E_PORT_TWICE: "verilog-port-twice",
    _E_PORT_UNDECLARED: "verilog-port-undeclared",
    _E_PORT_UNLISTED: "verilog-port-unlisted",
    _E_MODULE_TWICE: "verilog-module-twice",
}


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


@njit(cache=True)
def _resolve(
    f: Any,
    module_of: Any,
    decl_module: Any,
    decl_first: Any,
    decl_direction: Any,
    decl_value: Any,
    module_bits: Any,
    part_first: Any,
    part_width: Any,
    port_direction: Any,
    fault: Any,
) -> tuple[int, int]:
    """Number the bits of all modules and look up every part; return a fault's code and its token, (0, 0) without.

    Implicit nets are appended to the declarations; ``decl_first`` is -1 in rows that only repeat another one.
    """
    num_symbols = len(module_of)
    owner = np.empty(num_symbols, np.int64)  # declaration of a name in the module of its stamp
    stamp = np.full(num_symbols, -1, np.int64)
    seen = np.full(num_symbols, -1, np.int64)  # ports and instances, to find the second of a name
    num_modules = f.state[MODULES]
    for m in range(num_modules):
        name = f.rows[MODULE_NAME, m]
        if module_of[name] >= 0:
            return _E_MODULE_TWICE, f.rows[MODULE_TOKEN, m]
        module_of[name] = m
    for m in range(num_modules):
        bits = 0
        for row in range(f.rows[MODULE_DECL, m], f.rows[MODULE_DECL, m + 1]):
            decl_module[row] = m
            name = f.rows[DECL_NAME, row]
            kind = f.rows[DECL_KIND, row]
            if stamp[name] != m:
                stamp[name] = m
                owner[name] = row
                decl_direction[row] = _NOT_A_PORT
                decl_value[row] = -1
            first = owner[name]
            if (
                f.rows[DECL_LEFT, row] != f.rows[DECL_LEFT, first]
                or f.rows[DECL_RIGHT, row] != f.rows[DECL_RIGHT, first]
            ):
                return _E_RANGE_DIFFERS, f.rows[DECL_TOKEN, row]
            if INPUT <= kind <= INOUT:
                decl_direction[first] = kind - INPUT
            elif SUPPLY0 <= kind <= SUPPLY1:
                decl_value[first] = kind - SUPPLY0
        for ports in (True, False):
            for row in range(f.rows[MODULE_DECL, m], f.rows[MODULE_DECL, m + 1]):
                if owner[f.rows[DECL_NAME, row]] == row:
                    if (decl_direction[row] != _NOT_A_PORT) == ports:
                        decl_first[row] = bits
                        bits += abs(f.rows[DECL_LEFT, row] - f.rows[DECL_RIGHT, row]) + 1
                else:
                    decl_first[row] = -1
        for e in range(f.rows[MODULE_EXPR, m], f.rows[MODULE_EXPR, m + 1]):
            for p in range(f.rows[EXPR_PART, e], f.rows[EXPR_PART, e + 1]):
                name = f.parts[PART_SYMBOL, p]
                if name == CONSTANT:
                    continue
                left = f.parts[PART_LEFT, p]
                right = f.parts[PART_RIGHT, p]
                if stamp[name] != m:
                    if left != WHOLE:
                        return _E_UNDECLARED, f.parts[PART_TOKEN, p]
                    row = f.state[DECLS]
                    f.state[DECLS] += 1
                    stamp[name] = m
                    owner[name] = row
                    f.rows[DECL_NAME, row] = name
                    f.rows[DECL_LEFT, row] = WHOLE
                    f.rows[DECL_RIGHT, row] = WHOLE
                    decl_module[row] = m
                    decl_first[row] = bits
                    decl_direction[row] = _NOT_A_PORT
                    decl_value[row] = -1
                    bits += 1
                row = owner[name]
                msb = f.rows[DECL_LEFT, row]
                lsb = f.rows[DECL_RIGHT, row]
                if left == WHOLE:
                    part_first[p] = decl_first[row]
                    part_width[p] = abs(msb - lsb) + 1
                    continue
                if msb == WHOLE:
                    return _E_SCALAR, f.parts[PART_TOKEN, p]
                for index in (left, right):
                    if not min(msb, lsb) <= index <= max(msb, lsb):
                        fault[0] = index
                        fault[1] = row
                        return _E_BIT_RANGE, f.parts[PART_TOKEN, p]
                if left != right and (left > right) != (msb > lsb):
                    fault[0] = left
                    fault[1] = row
                    fault[2] = right
                    return _E_SELECT_ORDER, f.parts[PART_TOKEN, p]
                part_first[p] = decl_first[row] + abs(msb - left)
                part_width[p] = abs(left - right) + 1
        module_bits[m] = bits
        for row in range(f.rows[MODULE_PORT, m], f.rows[MODULE_PORT, m + 1]):
            if seen[f.rows[PORT_NAME, row]] == m:
                return _E_PORT_TWICE, f.rows[PORT_TOKEN, row]
            seen[f.rows[PORT_NAME, row]] = m
            e = f.rows[PORT_EXPR, row]
            for p in range(f.rows[EXPR_PART, e], f.rows[EXPR_PART, e + 1]):
                name = f.parts[PART_SYMBOL, p]
                if name == CONSTANT or decl_direction[owner[name]] == _NOT_A_PORT:
                    return _E_PORT_UNDECLARED, f.parts[PART_TOKEN, p]
                port_direction[row] = decl_direction[owner[name]]
                stamp[name] = -1  # now listed
        for row in range(f.rows[MODULE_DECL, m], f.rows[MODULE_DECL, m + 1]):
            if decl_first[row] >= 0 and decl_direction[row] != _NOT_A_PORT and stamp[f.rows[DECL_NAME, row]] == m:
                return _E_PORT_UNLISTED, f.rows[DECL_TOKEN, row]
    for m in range(num_modules):
        for row in range(f.rows[MODULE_INST, m], f.rows[MODULE_INST, m + 1]):
            if seen[f.rows[INST_NAME, row]] == num_modules + m:
                return _E_INSTANCE_TWICE, f.rows[INST_TOKEN, row]
            seen[f.rows[INST_NAME, row]] = num_modules + m
    return 0, 0


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
    num_modules, num_exprs, num_parts = (int(file.state[what]) for what in (MODULES, EXPRS, PARTS))
    room = file.rows.shape[1]
    module_of = np.full(len(symbols), -1, np.int32)
    decl_module = np.empty(room, np.int32)
    decl_first = np.empty(room, np.int64)
    decl_direction, decl_value = np.empty(room, np.uint8), np.empty(room, np.int8)
    module_bits = np.zeros(num_modules, np.int64)
    part_first, part_width = np.empty(num_parts, np.int64), np.empty(num_parts, np.int64)
    port_direction = np.empty(room, np.uint8)
    fault = np.zeros(3, np.int64)
    code, token = _resolve(
        file,
        module_of,
        decl_module,
        decl_first,
        decl_direction,
        decl_value,
        module_bits,
        part_first,
        part_width,
        port_direction,
        fault,
    )
    if code:
        at = file.start(token)
        values: dict[str, object] = {"token": file.quote(token)}
        if code in {_E_BIT_RANGE, _E_SELECT_ORDER}:
            row = int(fault[1])
            left, right = int(file.rows[DECL_LEFT, row]), int(file.rows[DECL_RIGHT, row])
            values |= {
                "bit": int(fault[0]),
                "first": int(fault[0]),
                "last": int(fault[2]),
                "left": left,
                "right": right,
            }
        raise source.fail(MESSAGES[_FAULTS[code]], at, **values)

    num_decls = int(file.state[DECLS])
    bit_offsets = np.concatenate([[0], np.cumsum(module_bits)])
    check_size(source, int(bit_offsets[-1]), "bits of nets")
    num_bits = int(bit_offsets[-1])
    bit_symbol, bit_index = np.empty(num_bits, np.int32), np.empty(num_bits, np.int32)
    bit_value = np.empty(num_bits, np.int8)
    decl_base = bit_offsets[decl_module[:num_decls]]
    _bits_of_nets(file, decl_first, decl_base, decl_value, bit_symbol, bit_index, bit_value)

    total = _constant_widths(file, part_width)
    check_size(source, total, "bits of expressions")
    expr_offsets = np.empty(num_exprs + 1, np.int64)
    bits = np.empty(total, np.int32)
    flexible = np.empty(num_exprs, np.bool_)
    _bits_of_expressions(file, part_first, part_width, expr_offsets, bits, flexible)
    return Modules(
        file,
        symbols,
        module_of,
        bit_offsets,
        bit_symbol,
        bit_index,
        bit_value,
        expr_offsets,
        bits,
        flexible,
        port_direction,
    )


def check_size(source: Source, count: int, what: str) -> None:
    """Refuse a valid file that would not fit.

    Raises:
        LimitError: if ``count`` is too large.
    """
    if count > _LIMIT:
        row = MESSAGES["verilog-too-large"]
        raise LimitError(row.template.format(what=what), path=source.name, code=row.code, hint=row.hint)
