"""Building the flat record: scopes, nets, instances and their names below one top module."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from edasat.core.errors import InputError, Notes
from edasat.core.files import Source
from edasat.core.names import Names

from ...netlist import Netlist
from .connect import Cells, Children
from .constants import ZERO
from .flatten import Scopes, align, copy_rows, gather_ranges, join_nets, number_nets, spell
from .messages import MESSAGES, NOTES
from .resolve import Modules, check_size
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
    """Builds the flat record below one top module."""

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
        net_of, nets, value, alias_names, alias_net = self._nets(scopes)
        leaf, leaf_scope = gather_ranges(self.cells.of_module, scopes.module)
        instance = self.cells.instance[leaf]
        master = self.modules.file.rows[INST_MASTER, instance]
        used = np.zeros(len(self.modules.symbols), np.bool_)
        used[master] = True
        single = np.full(len(leaf), -1, np.int32)
        name = self.modules.file.rows[INST_NAME, instance]
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
                at = self.modules.file.start(int(self.modules.file.rows[INST_TOKEN, row]))
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
        module = np.array([top], np.int32)
        levels = [(module, np.array([-1], np.int32), np.array([-1], np.int32), _NO_PREFIX)]
        base = 0
        while True:
            child, above = gather_ranges(self.children.of_module, module)
            if not len(child):
                break
            name = self.modules.file.rows[INST_NAME, self.children.instance[child]]
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
        port_name = file.rows[PORT_NAME, ports][owner]
        plain = modules.bit_symbol[at] == port_name  # else .name({nets}): bits are counted down
        width = np.bincount(owner, minlength=len(ports))[owner]
        place = (
            np.cumsum(width > 0) - 1 - (np.append(0, np.cumsum(np.bincount(owner, minlength=len(ports))))[:-1])[owner]
        )
        counted = np.where(width > 1, width - 1 - place, -1)
        index = np.where(plain, modules.bit_index[at], counted).astype(np.int32)
        names = spell(_NO_PREFIX, np.zeros(len(bit), np.int32), modules.symbols, port_name, index)
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
