"""Reading structural Verilog: from a file to a flat netlist."""

from __future__ import annotations

import difflib
import re
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from edasat.core.bytescan import PADDING
from edasat.core.errors import InputError, Notes
from edasat.core.files import Source, read_padded
from edasat.core.names import Names

from ...library import Library
from ...netlist import Netlist
from .connect import Cells, Children, Connector
from .constants import ZERO
from .flatten import Scopes, align, copy_rows, gather_ranges, join_nets, number_nets, spell
from .messages import MESSAGES, NOTES
from .parser import (
    ASSIGNS,
    EXPECTED,
    FAULTS,
    GROW,
    MODULES,
    SKIPPED_PARAMETERS,
    SKIPPED_SPECIFY,
    Tables,
    parse,
)
from .resolve import Modules, check_size, quote, resolve
from .scanner import (
    BAD_ATTRIBUTE,
    BAD_BYTE,
    BAD_COMMENT,
    BAD_ESCAPE,
    BAD_STRING,
    DIRECTIVE,
    Tokens,
    number_identifiers,
    tokenize,
)
from .scanner import GROW as MORE_TOKENS

Int32 = npt.NDArray[np.int32]

_BYTES_PER_TOKEN: Final = 4  # expected at least
_SHOWN: Final = 8  # names in a message

#: Directives that say nothing about connections; the rest of their line is skipped. A macro that is defined and not
#: used does no harm either.
_HARMLESS: Final = frozenset(
    b"timescale default_nettype celldefine endcelldefine resetall line define undef pragma nounconnected_drive "
    b"unconnected_drive begin_keywords end_keywords delay_mode_path delay_mode_zero suppress_faults enable_portfaults "
    b"nosuppress_faults disable_portfaults default_decay_time default_trireg_strength".split()
)
_SCAN_FAULTS: Final = {
    BAD_COMMENT: "verilog-comment",
    BAD_ATTRIBUTE: "verilog-attribute",
    BAD_STRING: "verilog-string",
    BAD_ESCAPE: "verilog-escape",
    BAD_BYTE: "verilog-byte",
}
#: First bytes of other formats.
_OTHERS: Final = (
    (re.compile(rb"\s*(/\*.*?\*/\s*)*library\s*\(", re.DOTALL), "a Liberty library"),
    (re.compile(rb"\s*(#[^\n]*\n\s*)*VERSION\s[^;]*;[^$]*?\bDESIGN\s"), "a DEF layout"),
    (re.compile(rb"\s*(#[^\n]*\n\s*)*(VERSION|MACRO|LAYER|BUSBITCHARS|DIVIDERCHAR)\s"), "LEF or DEF"),
    (re.compile(rb"\s*(//[^\n]*\n\s*)*\*SPEF\b"), "a SPEF file"),
    (re.compile(rb"\s*\(\s*DELAYFILE\b", re.IGNORECASE), "an SDF file"),
    (re.compile(rb"\s*(#[^\n]*\n\s*)*\.(model|inputs)\b"), "BLIF"),
    (re.compile(rb"\s*(#[^\n]*\n\s*)*(create_clock|set_\w+|current_design|set)\s"), "SDC or Tcl"),
    (re.compile(rb"\s*(--[^\n]*\n\s*)*(library|entity|use)\s+\w", re.IGNORECASE), "VHDL"),
    (re.compile(rb"\s*(#[^\n]*\n\s*)*(INPUT|OUTPUT)\s*\(", re.IGNORECASE), "a BENCH netlist"),
    (re.compile(rb"a[ai]g \d+ \d+ "), "an AIGER circuit"),
)


def read_verilog(
    what: str | Path | bytes | Source, *, top: str | None = None, library: Library | None = None
) -> Netlist:
    r"""Read a structural Verilog netlist, plain or compressed, and flatten its hierarchy.

    A module defined in the file is hierarchy, every other master is a library cell. Ports of the top come in the order
    of its header, bits of a vector leftmost first. Nets are declared ones and those only used in a connection.

    Args:
        what: path, ``-`` for standard input, bytes, or a :class:`Source`.
        top: name of the top module; without it the only module that no other uses.
        library: gives the pins of cells that are connected by order, and the bit numbers of bus pins; without it the
            bits of an n-bit connection are n - 1 to 0.

    Raises:
        InputError: with file, line and column, for every fault in :data:`MESSAGES`.
        LimitError: for a valid file with more than 2^28 bits of nets.

    >>> netlist = read_verilog(b"module top (a, y); input a; output y; INV u1 (.A(a), .Y(y)); endmodule")
    >>> netlist.instances.to_list(), netlist.nets.to_list(), netlist.pin_net.tolist()
    (['u1'], ['a', 'y'], [0, 1])
    """
    source = what if isinstance(what, Source) else Source(what)
    data, size = read_padded(source, PADDING)
    notes = Notes()
    tokens, symbols = _scan(source, data, size)
    tables = _parse(source, data, tokens, len(symbols))
    notes.add("verilog-parameter", NOTES["verilog-parameter"], source.name, int(tables.counts[SKIPPED_PARAMETERS]))
    notes.add("verilog-specify", NOTES["verilog-specify"], source.name, int(tables.counts[SKIPPED_SPECIFY]))
    modules = resolve(source, data, tables, tokens, symbols)
    connector = Connector(source, data, modules, library, notes)
    children, cells = connector.children(), connector.cells()
    return _Flattener(source, modules, children, cells, notes).flatten(_top(source, modules, children, top))


def _scan(source: Source, data: npt.NDArray[np.uint8], size: int) -> tuple[Tokens, Names]:
    check_size(source, size, "bytes")
    for room in (size // _BYTES_PER_TOKEN + 64, size + 1):
        kind = np.empty(room, np.uint8)
        start, end = np.empty(room, np.int32), np.empty(room, np.int32)
        state, count, offset = tokenize(data, size, kind, start, end)
        if state != MORE_TOKENS:
            break
    other = next((name for pattern, name in _OTHERS if pattern.match(data[: min(size, 4096)].tobytes())), "")
    if other:
        raise source.fail(MESSAGES["verilog-wrong-file"], 0, what=other)
    if state in _SCAN_FAULTS:
        raise source.fail(MESSAGES[_SCAN_FAULTS[state]], offset, byte=int(data[offset]))
    kind, start, end = kind[: count + 1], start[: count + 1], end[: count + 1]
    directives = np.flatnonzero(kind == DIRECTIVE)
    for token in directives.tolist():
        word = data[start[token] + 1 : end[token]].tobytes()
        if word not in _HARMLESS:
            shown = "'`" + word.decode("ascii", "replace") + "'"
            raise source.fail(MESSAGES["verilog-directive"], int(start[token]), token=shown)
    if len(directives):
        keep = kind != DIRECTIVE
        kind, start, end = kind[keep], start[keep], end[keep]
    return number_identifiers(data, kind, start, end)


def _parse(source: Source, data: npt.NDArray[np.uint8], tokens: Tokens, num_symbols: int) -> Tables:
    room = len(tokens.kind)
    while True:
        tables, code, token = parse(data, tokens, num_symbols, room)
        if code != GROW:
            break
        room *= 4
        check_size(source, room, "parts of expressions")
    if code:
        at = int(tokens.start[token])
        shown = quote(data, tokens, token)
        if code in EXPECTED:
            raise source.fail(MESSAGES["verilog-expected"], at, what=EXPECTED[code], token=shown)
        raise source.fail(MESSAGES[FAULTS[code]], at, token=shown)
    if not tables.counts[MODULES]:
        raise InputError.of(MESSAGES["verilog-empty"], source.name)
    return tables


def _top(source: Source, modules: Modules, children: Children, top: str | None) -> int:
    """Find the top module."""
    names = [modules.name(m) for m in range(modules.num_modules)]
    if top is not None:
        if top in names:
            return names.index(top)
        close = difflib.get_close_matches(top, names, 1)
        hint = f"did you mean '{close[0]}'?" if close else "modules are " + ", ".join(names[:_SHOWN])
        raise InputError.of(MESSAGES["verilog-top-missing"], source.name, top=top, hint=hint)
    used = np.zeros(modules.num_modules, np.bool_)
    used[children.module] = True
    free = np.flatnonzero(~used).tolist()
    if len(free) == 1:
        return int(free[0])
    if not free:
        raise InputError.of(MESSAGES["verilog-top-none"], source.name)
    shown = ", ".join(names[m] for m in free[:_SHOWN]) + (", ..." if len(free) > _SHOWN else "")
    raise InputError.of(MESSAGES["verilog-top-unclear"], source.name, count=len(free), names=shown)


class _Flattener:
    """Builds the flat record below one top module."""

    def __init__(self, source: Source, modules: Modules, children: Children, cells: Cells, notes: Notes) -> None:
        self.source = source
        self.modules = modules
        self.children = children
        self.cells = cells
        self.notes = notes

    def flatten(self, top: int) -> Netlist:
        self._check_tree(top)
        scopes = self._scopes(top)
        net_of, nets, value, alias_names, alias_net = self._nets(scopes)
        leaf, leaf_scope = gather_ranges(self.cells.of_module, scopes.module)
        instance = self.cells.instance[leaf]
        master = self.modules.tables.inst_master[instance]
        used = np.zeros(len(self.modules.symbols), np.bool_)
        used[master] = True
        single = np.full(len(leaf), -1, np.int32)
        name = self.modules.tables.inst_name[instance]
        instances = spell(scopes.prefix, leaf_scope.astype(np.int32), self.modules.symbols, name, single)

        pin_rows = self.cells.offsets[self.cells.of_module]  # of all leaves of a module
        pins, _ = gather_ranges(pin_rows, scopes.module)
        ties = [constant for constant in (0, 1) if (self.cells.pin_bit[pins] == ZERO - constant).any()]
        constants = np.full(2, -1, np.int32)
        constants[ties] = np.arange(len(nets), len(nets) + len(ties))
        pin_net = np.empty(len(pins), np.int32)
        copy_rows(scopes.module, pin_rows, self.cells.pin_bit, scopes.bit_base, net_of, constants, pin_net)
        if ties:
            nets = Names.of([*nets.to_list(), *(f"1'b{constant}" for constant in ties)])
            value = np.append(value, np.array(ties, np.int8))

        ports, direction, port_bit = self._ports(top)
        return Netlist(
            name=self.modules.name(top),
            source=self.source.name,
            ports=ports,
            port_direction=direction,
            port_net=net_of[port_bit],
            instances=self._told_apart(instances),
            instance_cell=(np.cumsum(used, dtype=np.int32) - 1)[master],
            cells=self.modules.symbols.take(np.flatnonzero(used)),
            pin_offsets=np.append(0, np.cumsum(np.diff(self.cells.offsets)[leaf])),
            pin_name=self.cells.pin_name[pins],
            pin_net=pin_net,
            pin_names=self.cells.pin_names,
            nets=nets,
            net_constant=value,
            alias_names=alias_names,
            alias_net=alias_net,
            notes=self.notes,
        )

    def _check_tree(self, top: int) -> None:
        """Refuse modules that contain themselves and trees that would not fit, before anything is copied."""
        num_modules = self.modules.num_modules
        outer = np.repeat(np.arange(num_modules), np.diff(self.children.of_module))
        pairs, times = np.unique(outer * num_modules + self.children.module, return_counts=True)
        below: dict[int, list[tuple[int, int]]] = {}
        for pair, count in zip(pairs.tolist(), times.tolist(), strict=True):
            below.setdefault(pair // num_modules, []).append((pair % num_modules, count))
        own_bits = np.diff(self.modules.bit_offsets).tolist()
        own_pins = np.diff(self.cells.offsets[self.cells.of_module]).tolist()
        bits: dict[int, int] = {}  # of finished modules, with all that is inside them
        pins: dict[int, int] = {}
        path = [top]  # depth first
        while path:
            module = path[-1]
            waiting = next((child for child, _ in below.get(module, []) if child not in bits), None)
            if waiting is None:
                path.pop()
                bits[module] = 1 + own_bits[module] + sum(n * bits[child] for child, n in below.get(module, []))
                pins[module] = own_pins[module] + sum(n * pins[child] for child, n in below.get(module, []))
            elif waiting in path:
                cycle = [self.modules.name(m) for m in [*path[path.index(waiting) :], waiting]]
                row = int(self.children.instance[self._child_of(module, waiting)])
                at = int(self.modules.tokens.start[self.modules.tables.inst_token[row]])
                raise self.source.fail(
                    MESSAGES["verilog-recursion"], at, module=cycle[0], cycle=" > ".join(cycle[:_SHOWN])
                )
            else:
                path.append(waiting)
        check_size(self.source, bits[top], "bits of nets")
        check_size(self.source, pins[top], "pins")

    def _child_of(self, outer: int, inner: int) -> int:
        first, last = self.children.of_module[outer : outer + 2].tolist()
        return int(first + np.argmax(self.children.module[first:last] == inner))

    def _scopes(self, top: int) -> Scopes:
        """Lay the tree of module instances out, level by level."""
        tables = self.modules.tables
        module = np.array([top], np.int32)
        levels = [(module, np.array([-1], np.int32), np.array([-1], np.int32), Names.of([""]))]
        base = 0
        while True:
            child, above = gather_ranges(self.children.of_module, module)
            if not len(child):
                break
            name = tables.inst_name[self.children.instance[child]]
            single = np.full(len(child), -1, np.int32)
            prefix = spell(levels[-1][3], above.astype(np.int32), self.modules.symbols, name, single, slash=True)
            parent = (above + base).astype(np.int32)
            base += len(module)
            module = self.children.module[child]
            levels.append((module, parent, child.astype(np.int32), prefix))
        module, parent, number = (np.concatenate([level[k] for level in levels]) for k in range(3))
        prefix = levels[0][3]
        for level in levels[1:]:
            prefix = _joined(prefix, level[3])
        bits = np.diff(self.modules.bit_offsets)[module]
        return Scopes(module, parent, number, prefix, np.append(0, np.cumsum(bits)))

    def _nets(self, scopes: Scopes) -> tuple[Int32, Names, npt.NDArray[np.int8], Names, Int32]:
        """Join bits into nets.

        Returns:
            The net of each bit; names and constant values of the nets; the other names, and the nets they mean.
        """
        rows, owner = gather_ranges(self.modules.bit_offsets, scopes.module)
        names = spell(
            scopes.prefix,
            owner.astype(np.int32),
            self.modules.symbols,
            self.modules.bit_symbol[rows],
            self.modules.bit_index[rows],
        )
        names = self._told_apart(names)
        value = self.modules.bit_value[rows]
        parent = np.arange(len(rows), dtype=np.int32)
        offsets, left, right = self._assigns()
        conflict = join_nets(
            parent,
            value,
            scopes.bit_base,
            scopes.module,
            scopes.parent,
            scopes.child,
            self.children.offsets,
            self.children.inner,
            self.children.outer,
            offsets,
            left,
            right,
        )
        if conflict >= 0:
            raise InputError.of(MESSAGES["verilog-constant-conflict"], self.source.name, net=names[conflict])
        net_of = np.empty(len(rows), np.int32)
        num_nets = number_nets(parent, net_of)
        if num_nets == len(rows):
            return net_of, names, value, Names.of([]), np.empty(0, np.int32)
        roots = parent == np.arange(len(rows))
        others = np.flatnonzero(~roots)
        return net_of, names.take(np.flatnonzero(roots)), value[roots], names.take(others), net_of[others]

    def _assigns(self) -> tuple[npt.NDArray[np.int64], Int32, Int32]:
        """Return the pairs of bits that each module assigns: offsets by module, left and right sides."""
        tables, modules = self.modules.tables, self.modules
        count = int(tables.counts[ASSIGNS])
        left_expr, right_expr = tables.assign_left[:count], tables.assign_right[:count]
        width = np.diff(modules.expr_offsets)[left_expr].astype(np.int32)
        ends = np.append(0, np.cumsum(width, dtype=np.int64))
        left, right = np.empty(int(ends[-1]), np.int32), np.empty(int(ends[-1]), np.int32)
        align(left_expr, width, modules.expr_offsets, modules.bits, left)
        align(right_expr, width, modules.expr_offsets, modules.bits, right)
        if (left < 0).any():
            row = int(np.searchsorted(ends, np.argmax(left < 0), "right")) - 1
            at = int(modules.tokens.start[tables.assign_token[row]])
            raise self.source.fail(MESSAGES["verilog-assign-constant"], at)
        return ends[tables.module_assign[: modules.num_modules + 1]], left, right

    def _ports(self, top: int) -> tuple[Names, npt.NDArray[np.uint8], Int32]:
        """Return the names, directions and bits of the top's ports."""
        modules, tables = self.modules, self.modules.tables
        ports = np.arange(tables.module_port[top], tables.module_port[top + 1])
        rows, owner = gather_ranges(modules.expr_offsets, tables.port_expr[ports])
        bit = modules.bits[rows]
        at = modules.bit_offsets[top] + bit
        port_name = tables.port_name[ports][owner]
        plain = modules.bit_symbol[at] == port_name  # else .name({nets}): bits are counted down
        width = np.bincount(owner, minlength=len(ports))[owner]
        place = np.cumsum(width > 0) - 1 - (np.append(0, np.cumsum(np.bincount(owner, minlength=len(ports))))[:-1])[owner]
        counted = np.where(width > 1, width - 1 - place, -1)
        index = np.where(plain, modules.bit_index[at], counted).astype(np.int32)
        names = spell(Names.of([""]), np.zeros(len(bit), np.int32), modules.symbols, port_name, index)
        return self._told_apart(names), modules.port_direction[ports][owner], bit

    def _told_apart(self, names: Names) -> Names:
        r"""Give different objects different names: a vector's bit and an escaped ``\a[0] `` are spelled alike."""
        while True:
            different, ids = names.unique()
            if len(different) == len(names):
                return names
            texts = names.to_list()
            first = np.full(len(different), -1)
            _, positions = np.unique(ids, return_index=True)
            first[ids[positions]] = positions
            again = np.flatnonzero(first[ids] != np.arange(len(ids)))
            for row in again.tolist():
                texts[row] = "\\" + texts[row]
            self.notes.add("verilog-name-clash", NOTES["verilog-name-clash"], self.source.name, len(again))
            names = Names.of(texts)


def _joined(a: Names, b: Names) -> Names:
    return Names(np.concatenate([a.blob, b.blob]), np.concatenate([a.offsets, b.offsets[1:] + a.offsets[-1]]))
