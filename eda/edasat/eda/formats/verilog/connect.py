"""Connections of each module's instances, bit by bit: to ports of other modules, and to pins of library cells."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from edasat.core.errors import InputError, Notes
from edasat.core.files import Source
from edasat.core.names import Names

from ...library import Library
from .flatten import align
from .messages import MESSAGES, NOTES
from .resolve import Modules
from .tables import (
    CONN_EXPR,
    CONN_PIN,
    CONN_TOKEN,
    INST_CONN,
    INST_MASTER,
    MODULE_INST,
    MODULE_PORT,
    PORT_EXPR,
    PORT_NAME,
)

Int32 = npt.NDArray[np.int32]
Int64 = npt.NDArray[np.int64]

_SHOWN: Final = 20  # ports named in a message


class Children(NamedTuple):
    """Instances of modules.

    Attributes:
        instance: int32, (num_children,): row of the parser's instances, in file order.
        module: int32, (num_children,): what each is an instance of.
        of_module: int64, (num_modules + 1,): those inside module ``m`` are ``of_module[m]:of_module[m + 1]``.
        offsets: int64, (num_children + 1,): connected bits of each.
        inner, outer: int32: bit of the port in its own module, and of the net outside (or ZERO, ONE, OPEN).
    """

    instance: Int32
    module: Int32
    of_module: Int64
    offsets: Int64
    inner: Int32
    outer: Int32


class Cells(NamedTuple):
    """Instances of library cells.

    Attributes:
        instance: int32, (num_leaves,): row of the parser's instances, in file order.
        of_module: int64, (num_modules + 1,): those inside module ``m`` are ``of_module[m]:of_module[m + 1]``.
        offsets: int64, (num_leaves + 1,): pins of each.
        pin_name: int32: position in ``pin_names``.
        pin_bit: int32: bit of the module, or ZERO, ONE, OPEN.
        pin_names: names of pins, all different.
    """

    instance: Int32
    of_module: Int64
    offsets: Int64
    pin_name: Int32
    pin_bit: Int32
    pin_names: Names


class Connector:
    """Splits the instances of all modules into those of modules and those of cells."""

    def __init__(self, source: Source, modules: Modules, library: Library | None, notes: Notes) -> None:
        self.source = source
        self.modules = modules
        self.library = library
        self.notes = notes
        self.file = modules.file
        self.inst_master = self.file.column(INST_MASTER)
        num_instances = len(self.inst_master)
        self.conn_offsets = self.file.column(INST_CONN).astype(np.int64)
        self.conn_instance = np.repeat(np.arange(num_instances, dtype=np.int32), np.diff(self.conn_offsets))
        self.conn_expr = self.file.column(CONN_EXPR)
        self.conn_pin = self.file.column(CONN_PIN)
        widths = np.append(np.diff(modules.expr_offsets), 1)  # the last entry answers for open pins, number -1
        self.conn_width = widths[self.conn_expr].astype(np.int32)
        self.conn_flexible = np.append(modules.expr_flexible, True)[self.conn_expr]
        self.inst_module = modules.module_of[self.inst_master]
        self.is_child = self.inst_module >= 0

    def children(self) -> Children:
        """Connect the instances of modules.

        Raises:
            InputError: for a port that a module does not have.
        """
        rows = np.flatnonzero(self.is_child[self.conn_instance])
        port_expr = self.file.column(PORT_EXPR)[self._ports(rows)]
        width = np.diff(self.modules.expr_offsets)[port_expr].astype(np.int32)
        self._note_widths(rows, width)
        inner, outer = self._aligned(port_expr, width), self._aligned(self.conn_expr[rows], width)
        instances = np.flatnonzero(self.is_child).astype(np.int32)
        offsets = self._bit_offsets(instances, width)
        return Children(instances, self.inst_module[instances], self._by_module(instances), offsets, inner, outer)

    def _ports(self, rows: Int64) -> Int64:
        """Return the ports of modules that connections lead to."""
        if not len(rows):
            return rows
        module = self.inst_module[self.conn_instance[rows]].astype(np.int64)
        pin = self.conn_pin[rows].astype(np.int64)
        offsets = self.file.column(MODULE_PORT).astype(np.int64)
        owner = np.repeat(np.arange(self.modules.num_modules), np.diff(offsets))
        num_symbols = len(self.modules.symbols)
        keys = np.append(owner * num_symbols + self.file.column(PORT_NAME), np.iinfo(np.int64).max)  # never found
        order = np.argsort(keys)
        wanted = module * num_symbols + pin
        by_name = order[np.searchsorted(keys[order], wanted)]
        by_order = offsets[module] - 1 - pin
        ordered = pin < 0
        wrong = np.where(ordered, by_order >= offsets[module + 1], keys[by_name] != wanted)
        if wrong.any():
            raise self._no_port(int(rows[np.argmax(wrong)]))
        return np.where(ordered, by_order, by_name)

    def cells(self) -> Cells:
        """Connect the instances of library cells.

        Raises:
            InputError: for connections by order to a cell whose pins are not known.
        """
        rows = np.flatnonzero(~self.is_child[self.conn_instance])
        pin, width = self.conn_pin[rows], self.conn_width[rows]
        width = np.where(self.conn_flexible[rows], np.int32(1), width)
        master = self.inst_master[self.conn_instance[rows]]
        used = np.zeros(len(self.modules.symbols), np.bool_)
        used[master] = True
        library = _LibraryPins(self.library, self.modules.symbols, np.flatnonzero(used))
        special = (width != 1) | (pin < 0) | library.has_bus[master]
        single = np.zeros(len(used), np.bool_)
        single[pin[~special]] = True
        names = self.modules.symbols.take(np.flatnonzero(single))
        number = np.cumsum(single, dtype=np.int32) - 1
        pin_name = np.where(special, 0, number[pin])
        if special.any():
            extra, of_row, first, count = self._special(
                rows[special], master[special], pin[special], width[special], library
            )
            first += len(names)
            names, merged = Names.of(names.to_list() + extra).unique()
            pin_name[special] = first[of_row]
            width[special] = count[of_row]
            self._note_widths(rows[special], count[of_row])
        else:
            merged = None
        bits = self._aligned(self.conn_expr[rows], width)
        ends = np.cumsum(width, dtype=np.int64)
        if len(bits) != len(rows):
            pin_name = np.repeat(pin_name - (ends - width), width) + np.arange(len(bits))
        if merged is not None:
            pin_name = merged[pin_name]
        instances = np.flatnonzero(~self.is_child).astype(np.int32)
        offsets = self._bit_offsets(instances, width)
        return Cells(instances, self._by_module(instances), offsets, pin_name.astype(np.int32), bits, names)

    def _aligned(self, expr: Int32, width: Int32) -> Int32:
        out = np.empty(int(width.sum(dtype=np.int64)), np.int32)
        align(expr, width, self.modules.expr_offsets, self.modules.bits, out)
        return out

    def _bit_offsets(self, instances: Int32, width: Int32) -> Int64:
        """Return where the bits of each instance begin, from the widths of all its connections."""
        conns = np.append(0, np.cumsum(np.diff(self.conn_offsets)[instances]))
        return np.append(0, np.cumsum(width, dtype=np.int64))[conns]

    def _by_module(self, instances: Int32) -> Int64:
        return np.searchsorted(instances, self.file.column(MODULE_INST)).astype(np.int64)

    def _special(
        self, rows: Int64, master: Int32, pin: Int32, width: Int32, library: _LibraryPins
    ) -> tuple[list[str], Int64, Int64, Int32]:
        """Find the pin bits of buses and of connections by order.

        Returns:
            Names of all bits; for each row its kind of connection; for each kind the first of its names, and how many.
        """
        columns = np.column_stack([master, pin, width])
        kinds, example, kind_of = np.unique(columns, axis=0, return_index=True, return_inverse=True)
        names: list[str] = []
        first, count = np.empty(len(kinds), np.int64), np.empty(len(kinds), np.int32)
        for kind in np.argsort(example).tolist():
            cell, name, bits = kinds[kind].tolist()
            pins = library.of_cell.get(cell)
            if name >= 0:
                base = self.modules.symbols[name]
                known = pins.get(base) if pins else None
            elif pins is None:
                row = MESSAGES["verilog-ordered"]
                raise self._at_connection(row.code, int(rows[example[kind]]), cell=self.modules.symbols[cell])
            elif -name > len(pins):
                raise self._at_connection(
                    "verilog-many-pins", int(rows[example[kind]]), cell=self.modules.symbols[cell], count=len(pins)
                )
            else:
                base, known = list(pins.items())[-1 - name]
            if known is None:
                known = [base] if bits == 1 else [f"{base}[{bit}]" for bit in range(bits - 1, -1, -1)]
            first[kind], count[kind] = len(names), len(known)
            names += known
        return names, kind_of.reshape(-1), first, count

    def _note_widths(self, rows: Int64, width: Int32) -> None:
        differ = (self.conn_width[rows] != width) & ~self.conn_flexible[rows]
        if differ.any():
            first = int(rows[np.argmax(differ)])
            line, _, _ = self.source.locate(self._offset(first))
            times = int(differ.sum())
            self.notes.add("verilog-width", NOTES["verilog-width"], f"{self.source.name}:{line}", times)

    def _offset(self, row: int) -> int:
        return self.file.start(int(self.file.rows[CONN_TOKEN, row]))

    def _at_connection(self, code: str, row: int, **values: object) -> InputError:
        return self.source.fail(MESSAGES[code], self._offset(row), **values)

    def _no_port(self, row: int) -> InputError:
        """Build the error for a connection to a port that is not there."""
        module = int(self.inst_module[self.conn_instance[row]])
        first, last = self.file.rows[MODULE_PORT, module : module + 2].tolist()
        ports = self.file.rows[PORT_NAME, first:last]
        name = self.modules.name(module)
        if self.conn_pin[row] < 0:
            return self._at_connection("verilog-many-ports", row, module=name, count=len(ports))
        token = int(self.file.rows[CONN_TOKEN, row]) + 1
        return self.source.fail(
            MESSAGES["verilog-no-port"],
            self.file.start(token),
            module=name,
            token=self.file.quote(token),
            hint="its ports are " + ", ".join(self.modules.symbols[int(port)] for port in ports[:_SHOWN]),
        )


class _LibraryPins:
    """What a library knows of the cells in use: their pins in order, buses as one entry.

    Attributes:
        of_cell: symbol of the cell -> name of a pin or bus -> names of its bits, leftmost first.
        has_bus: bool, (num_symbols,): whether the cell has a pin with a bit number.
    """

    def __init__(self, library: Library | None, symbols: Names, cells: Int64) -> None:
        self.of_cell: dict[int, dict[str, list[str]]] = {}
        self.has_bus = np.zeros(len(symbols), np.bool_)
        if library is None:
            return
        found = symbols.take(cells).find_in(library.cells)
        for cell, row in zip(cells.tolist(), found.tolist(), strict=True):
            if row < 0:
                continue
            pins: dict[str, list[str]] = {}
            for number in range(int(library.cell_pins[row]), int(library.cell_pins[row + 1])):
                name = library.pins[number]
                base = name.rpartition("[")[0] if name.endswith("]") else name
                pins.setdefault(base, []).append(name)
            self.of_cell[cell] = pins
            self.has_bus[cell] = any(name != bits[0] for name, bits in pins.items())
