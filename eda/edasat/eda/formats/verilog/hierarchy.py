"""Building the flat record: scopes, nets, instances and their names below one top module."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from edasat.core.errors import InputError, Notes
from edasat.core.files import Source
from edasat.core.names import Names

from ...netlist import Netlist
from .connect import Cells, Children
from .constants import ZERO
from .flatten import Scopes, align, copy_rows, gather_ranges, join_nets, number_nets, spell
from .limits import MAX_BYTES, check_size
from .messages import MESSAGES, NOTES
from .resolve import Modules
from .tables import (
    ASSIGN_LEFT,
    ASSIGN_RIGHT,
    ASSIGN_TOKEN,
    INST_MASTER,
    INST_NAME,
    INST_TOKEN,
    MODULE_ASSIGN,
    MODULE_PORT,
    PORT_EXPR,
    PORT_NAME,
)

Int32 = npt.NDArray[np.int32]

_SHOWN: Final = 8  # names in a message
#: One empty name; writable arrays, as all others are, so that nothing is compiled twice.
_NO_PREFIX: Final = Names(np.empty(0, np.uint8), np.zeros(2, np.int64))


class Flattener:
    """Builds the flat record below one top module: the top's own nets and instances first, then level by level."""

    def __init__(self, source: Source, modules: Modules, children: Children, cells: Cells, notes: Notes) -> None:
        self.source = source
        self.modules = modules
        self.children = children
        self.cells = cells
        self.notes = notes

    def flatten(self, top: int) -> Netlist:
        """Return everything below module ``top``.

        Raises:
            InputError: for recursion, nets tied to 0 and 1, and assignments to constants.
            LimitError: for a tree that would not fit.
        """
        self._check_tree(top)
        scopes = self._scopes(top)
        leaf, leaf_scope = gather_ranges(self.cells.of_module, scopes.module)
        instance = self.cells.instance[leaf]
        master = self.modules.file.rows[INST_MASTER, instance]
        used = np.zeros(len(self.modules.symbols), np.bool_)
        used[master] = True
        names = self._spell(scopes, leaf_scope, self.modules.file.rows[INST_NAME, instance])

        pin_rows = self.cells.offsets[self.cells.of_module]  # of all leaves of a module
        pins, _ = gather_ranges(pin_rows, scopes.module)
        ties = [constant for constant in (0, 1) if (self.cells.pin_bit[pins] == ZERO - constant).any()]
        net_of, nets, value, alias_names, alias_net = self._nets(scopes, ties)
        constants = np.full(2, -1, np.int32)
        constants[ties] = net_of[len(net_of) - len(ties) :]
        pin_net = np.empty(len(pins), np.int32)
        copy_rows(scopes.module, pin_rows, self.cells.pin_bit, scopes.bit_base, net_of, constants, pin_net)

        ports, direction, port_bit = self._ports(top)
        return Netlist(
            name=self.modules.name(top),
            source=self.source.name,
            ports=ports,
            port_direction=direction,
            port_net=net_of[port_bit],
            instances=self._told_apart(names),
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
        below: dict[int, dict[int, int]] = {module: {} for module in range(num_modules)}
        for pair, count in zip(pairs.tolist(), times.tolist(), strict=True):
            below[pair // num_modules][pair % num_modules] = count
        own_bits = np.diff(self.modules.bit_offsets).tolist()
        own_pins = np.diff(self.cells.offsets[self.cells.of_module]).tolist()
        bits: dict[int, int] = {}  # of finished modules, with all that is inside them
        pins: dict[int, int] = {}
        path = {top: iter(below[top])}  # depth first: modules that are open, and what is left of their children
        while path:
            module, left = next(reversed(path.items()))
            child = next((child for child in left if child not in bits), None)
            if child is None:
                del path[module]
                inside = below[module].items()
                bits[module] = 1 + own_bits[module] + sum(count * bits[child] for child, count in inside)
                pins[module] = own_pins[module] + sum(count * pins[child] for child, count in inside)
            elif child in path:
                raise self._recursion(list(path), child)
            else:
                path[child] = iter(below[child])
        check_size(self.source.name, bits[top], "bits of nets")
        check_size(self.source.name, pins[top], "pins")

    def _recursion(self, path: list[int], child: int) -> InputError:
        """Build the error for a module at the end of a path that holds one of the path."""
        first, last = self.children.of_module[path[-1] : path[-1] + 2].tolist()
        row = self.children.instance[first + np.argmax(self.children.module[first:last] == child)]
        at = self.modules.file.start(int(self.modules.file.rows[INST_TOKEN, row]))
        cycle = [self.modules.name(module) for module in [*path[path.index(child) :], child]]
        shown = " > ".join(cycle[:_SHOWN]) + (" > ..." if len(cycle) > _SHOWN else "")
        return self.source.fail(MESSAGES["verilog-recursion"], at, module=cycle[0], cycle=shown)

    def _scopes(self, top: int) -> Scopes:
        """Lay the tree of module instances out, level by level."""
        module, none = np.array([top], np.int32), np.array([-1], np.int32)
        level = Scopes(module, none, none, _NO_PREFIX, np.zeros(2, np.int64))
        levels = [level]
        base = size = 0
        while True:
            child, above = gather_ranges(self.children.of_module, level.module)
            if not len(child):
                break
            name = self.modules.file.rows[INST_NAME, self.children.instance[child]]
            prefix = self._spell(level, above, name, slash=True)
            size += len(prefix.blob)
            check_size(self.source.name, size, "bytes of hierarchical names", MAX_BYTES)
            parent = (above + base).astype(np.int32)
            base += len(level.module)
            level = Scopes(self.children.module[child], parent, child.astype(np.int32), prefix, level.bit_base)
            levels.append(level)
        module, parent, number = (np.concatenate([level[k] for level in levels]) for k in range(3))
        bits = np.diff(self.modules.bit_offsets)[module]
        return Scopes(
            module, parent, number, _joined([level.prefix for level in levels]), np.append(0, np.cumsum(bits))
        )

    def _spell(
        self,
        scopes: Scopes,
        scope: npt.NDArray[np.integer[Any]],
        symbol: Int32,
        index: Int32 | None = None,
        *,
        slash: bool = False,
    ) -> Names:
        if index is None:
            index = np.full(len(symbol), -1, np.int32)
        return spell(scopes.prefix, scope.astype(np.int32), self.modules.symbols, symbol, index, slash=slash)

    def _nets(self, scopes: Scopes, ties: list[int]) -> tuple[Int32, Names, npt.NDArray[np.int8], Names, Int32]:
        """Join bits into nets. Behind the bits of the scopes come nets for the constants in ``ties``.

        Returns:
            The net of each bit; names and constant values of the nets; the other names, and the nets they mean.
        """
        rows, owner = gather_ranges(self.modules.bit_offsets, scopes.module)
        names = self._spell(scopes, owner, self.modules.bit_symbol[rows], self.modules.bit_index[rows])
        if ties:
            names = _joined([names, Names.of(f"1'b{constant}" for constant in ties)])
        names = self._told_apart(names)
        value = np.append(self.modules.bit_value[rows], np.array(ties, np.int8))
        parent = np.arange(len(names), dtype=np.int32)
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
            *self._assigns(),
        )
        if conflict >= 0:
            raise InputError.of(MESSAGES["verilog-constant-conflict"], self.source.name, net=names[conflict])
        net_of = np.empty(len(names), np.int32)
        if number_nets(parent, net_of) == len(names):
            return net_of, names, value, Names.of([]), np.empty(0, np.int32)
        roots = parent == np.arange(len(names))
        others = np.flatnonzero(~roots)
        return net_of, names.take(np.flatnonzero(roots)), value[roots], names.take(others), net_of[others]

    def _assigns(self) -> tuple[npt.NDArray[np.int64], Int32, Int32]:
        """Return the pairs of bits that each module assigns: offsets by module, left and right sides."""
        modules, file = self.modules, self.modules.file
        left_expr, right_expr = file.column(ASSIGN_LEFT), file.column(ASSIGN_RIGHT)
        width = np.diff(modules.expr_offsets)[left_expr].astype(np.int32)
        ends = np.append(0, np.cumsum(width, dtype=np.int64))
        left, right = np.empty(int(ends[-1]), np.int32), np.empty(int(ends[-1]), np.int32)
        align(left_expr, width, modules.expr_offsets, modules.bits, left)
        align(right_expr, width, modules.expr_offsets, modules.bits, right)
        if (left < 0).any():
            row = int(np.searchsorted(ends, np.argmax(left < 0), "right")) - 1
            at = file.start(int(file.rows[ASSIGN_TOKEN, row]))
            raise self.source.fail(MESSAGES["verilog-assign-constant"], at)
        return ends[file.column(MODULE_ASSIGN)], left, right

    def _ports(self, top: int) -> tuple[Names, npt.NDArray[np.uint8], Int32]:
        """Return the names, directions and bits of the top's ports."""
        modules, file = self.modules, self.modules.file
        ports = np.arange(file.rows[MODULE_PORT, top], file.rows[MODULE_PORT, top + 1])
        rows, owner = gather_ranges(modules.expr_offsets, file.rows[PORT_EXPR, ports])
        bit = modules.bits[rows]
        at = modules.bit_offsets[top] + bit
        name = file.rows[PORT_NAME, ports][owner]
        ends = np.cumsum(np.bincount(owner, minlength=len(ports)))
        counted = ends[owner] - 1 - np.arange(len(owner))  # from the right
        counted = np.where(np.diff(ends, prepend=0)[owner] > 1, counted, -1)
        named = modules.bit_symbol[at] != name  # .name({nets}): bits have numbers of their own
        index = np.where(named, counted, modules.bit_index[at]).astype(np.int32)
        names = spell(_NO_PREFIX, np.zeros(len(bit), np.int32), modules.symbols, name, index)
        return self._told_apart(names), modules.port_direction[ports][owner], bit

    def _told_apart(self, names: Names) -> Names:
        r"""Give different objects different names: a vector's bit and an escaped ``\a[0] `` are spelled alike."""
        while True:
            different, number = names.unique()
            if len(different) == len(names):
                return names
            again = np.ones(len(names), np.bool_)
            again[np.unique(number, return_index=True)[1]] = False  # the first of each stays
            texts = names.to_list()
            for row in np.flatnonzero(again).tolist():
                texts[row] = "\\" + texts[row]
            self.notes.add("verilog-name-clash", NOTES["verilog-name-clash"], self.source.name, int(again.sum()))
            names = Names.of(texts)


def _joined(tables: Sequence[Names]) -> Names:
    """Return several tables one behind the other."""
    bases = np.cumsum([0, *(len(table.blob) for table in tables)])
    offsets = [table.offsets[1:] + base for table, base in zip(tables, bases.tolist(), strict=False)]
    return Names(np.concatenate([table.blob for table in tables]), np.concatenate([[0], *offsets]))
