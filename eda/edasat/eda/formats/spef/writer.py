"""Writing SPEF that other tools read: OpenSTA's and OpenROAD's grammar wants every header entry, in this order."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from math import isnan
from pathlib import Path
from typing import Final

import numpy as np

from edasat.core.files import atomic_write, compress

from .record import NONE, NodeKind, Spef

_HEADER: Final = (("DATE", ""), ("VENDOR", ""), ("PROGRAM", "edasat"), ("VERSION", ""), ("DESIGN_FLOW", ""))
_UNITS: Final = ("*DIVIDER /", "*DELIMITER :", "*BUS_DELIMITER [ ]", "*T_UNIT 1 NS", "*C_UNIT 1 FF", "*R_UNIT 1 OHM")
_DIRECTIONS: Final = "IOB"  # by edasat.eda.library.Direction
_SPECIAL: Final = re.compile(r"[^A-Za-z0-9_/]")
_BIT: Final = re.compile(r"(.+)(\[[0-9]+\])")


def write_spef(spef: Spef, path: str | Path) -> None:
    """Write a SPEF file; a name that ends in .gz, .xz, .bz2 or .zst is compressed. The name appears when complete."""
    data = format_spef(spef)
    with atomic_write(path) as file:
        file.write(compress(data, Path(path).suffix))


def format_spef(spef: Spef) -> bytes:
    r"""Return the record as SPEF text with a name map, in fF, ohm and ns, numbers to twelve digits.

    The index of a bus bit stays bare in the names of ports, of their nets and of pins; elsewhere a bracket is more
    likely part of the name (a flattened netlist's), so there it is escaped as all is but letters, digits, ``_`` and
    ``/``. A coupling to a net that the record does not know becomes a capacitor to ground.
    """
    return "".join(_lines(spef)).encode("utf-8", "surrogateescape")


def _lines(spef: Spef) -> Iterator[str]:
    yield f'*SPEF "{spef.version or "IEEE 1481-1998"}"\n*DESIGN "{spef.design}"\n'
    yield from (f'*{entry} "{spef.header.get(entry, default)}"\n' for entry, default in _HEADER)
    yield "\n".join(_UNITS) + "\n*L_UNIT 1 HENRY\n\n*NAME_MAP\n"
    nets = [f"*{i + 1}" for i in range(spef.num_nets)]
    reduced = [f"*{spef.num_nets + i + 1}" for i in range(len(spef.reduced.nets))]
    first = len(nets) + len(reduced) + 1
    instances = [f"*{first + i}" for i in range(len(spef.instances))]
    ports = [_escaped(name, is_port=True) for name in spef.ports]
    known = set(spef.ports)
    mapped = [_escaped(name, is_port=name in known) for names in (spef.nets, spef.reduced.nets) for name in names]
    mapped += [_escaped(name) for name in spef.instances]
    yield from (f"*{i} {name}\n" for i, name in enumerate(mapped, 1))
    yield "\n*PORTS\n"
    yield from (
        f"{port} {_DIRECTIONS[direction]}\n"
        for port, direction in zip(ports, spef.port_direction.tolist(), strict=True)
        if direction != NONE
    )
    pins = [_escaped(name, is_port=True) for name in spef.pins]
    yield from _networks(spef, nets, instances, ports, pins)
    yield from _reduced(spef, reduced, instances, ports, pins)


def _networks(
    spef: Spef, nets: Sequence[str], instances: Sequence[str], ports: Sequence[str], pins: Sequence[str]
) -> Iterator[str]:
    """Yield the *D_NET sections; whole columns become lists once, since indexing arrays one by one is slow."""
    names = _node_names(spef, nets, instances, ports, pins)
    node_offsets, coupling_offsets, resistor_offsets = (
        offsets.tolist() for offsets in (spef.net_nodes, spef.net_couplings, spef.net_resistors)
    )
    total = spef.net_capacitance.tolist()
    ground = spef.node_capacitance.tolist()
    conns = _connections(spef, names)
    couplings = _couplings(spef, nets, names)
    resistors = [
        f"{names[a]} {names[b]} {ohm:.12g}\n"
        for (a, b), ohm in zip(spef.resistor_ends.tolist(), spef.resistor_ohm.tolist(), strict=True)
    ]
    for net, name in enumerate(nets):
        nodes = range(node_offsets[net], node_offsets[net + 1])
        yield f"\n*D_NET {name} {total[net]:.12g}\n*CONN\n"
        yield from (conns[node] for node in nodes if node in conns)
        yield "*CAP\n"
        lines = [f"{names[node]} {ground[node]:.12g}\n" for node in nodes]
        lines += couplings[coupling_offsets[net] : coupling_offsets[net + 1]]
        yield from (f"{i} {line}" for i, line in enumerate(lines, 1))
        yield "*RES\n"
        yield from (
            f"{i} {line}"
            for i, line in enumerate(resistors[resistor_offsets[net] : resistor_offsets[net + 1]], len(lines) + 1)
        )
        yield "*END\n"


def _node_names(
    spef: Spef, nets: Sequence[str], instances: Sequence[str], ports: Sequence[str], pins: Sequence[str]
) -> list[str]:
    owner = np.repeat(np.arange(spef.num_nets), np.diff(spef.net_nodes)).tolist()
    kinds, names = spef.node_kind.tolist(), spef.node_name.tolist()
    return [
        f"{nets[net]}:{number}"
        if kind == NodeKind.INTERNAL
        else f"{instances[name]}:{pins[pin]}"
        if kind == NodeKind.PIN
        else ports[name]
        for kind, name, pin, number, net in zip(
            kinds, names, spef.node_pin.tolist(), spef.node_number.tolist(), owner, strict=True
        )
    ]


def _connections(spef: Spef, names: Sequence[str]) -> dict[int, str]:
    """Return the line of *CONN for each node that has one."""
    placed = ~np.isnan(spef.node_position[:, 0])
    listed = np.flatnonzero((spef.node_direction != NONE) | placed)
    cells = [_escaped(name) for name in spef.cells]
    lines = {}
    for node in listed.tolist():
        direction, load, cell = spef.node_direction[node], float(spef.node_load[node]), spef.node_cell[node]
        if direction == NONE:
            line = f"*N {names[node]}"
        else:
            line = f"*{'PI'[spef.node_kind[node]]} {names[node]} {_DIRECTIONS[direction]}"
        if placed[node]:
            x, y = spef.node_position[node].tolist()
            line += f" *C {x:.12g} {y:.12g}"
        if not isnan(load):
            line += f" *L {load:.12g}"
        if cell != NONE:
            line += f" *D {cells[cell]}"
        lines[node] = line + "\n"
    return lines


def _couplings(spef: Spef, nets: Sequence[str], names: Sequence[str]) -> list[str]:
    columns = (spef.coupling_node, spef.coupling_other, spef.coupling_net, spef.coupling_ff)
    return [
        f"{names[node]} {names[other] if other != NONE else nets[net] if net != NONE else ''} {ff:.12g}\n"
        for node, other, net, ff in zip(*(column.tolist() for column in columns), strict=True)
    ]


def _reduced(
    spef: Spef, nets: Sequence[str], instances: Sequence[str], ports: Sequence[str], pins: Sequence[str]
) -> Iterator[str]:
    """Yield the *R_NET sections."""
    reduced = spef.reduced
    cells = [_escaped(name) for name in spef.cells]

    def pin(instance: int, name: int, port: int) -> str:
        return ports[port] if instance == NONE else f"{instances[instance]}:{pins[name]}"

    for net, text in enumerate(nets):
        yield f"\n*R_NET {text} {reduced.net_capacitance[net]:.12g}\n"
        for row in range(reduced.net_drivers[net], reduced.net_drivers[net + 1]):
            driver = pin(reduced.driver_instance[row], reduced.driver_pin[row], reduced.driver_port[row])
            yield f"*DRIVER {driver}\n"
            if reduced.driver_cell[row] != NONE:
                yield f"*CELL {cells[reduced.driver_cell[row]]}\n"
            if not np.isnan(reduced.driver_pi[row]).any():
                yield "*C2_R1_C1 {:.12g} {:.12g} {:.12g}\n".format(*reduced.driver_pi[row].tolist())
            yield "*LOADS\n"
            for at in range(reduced.driver_loads[row], reduced.driver_loads[row + 1]):
                load = pin(reduced.load_instance[at], reduced.load_pin[at], reduced.load_port[at])
                yield f"*RC {load} {reduced.load_rc[at]:.12g}\n"
        yield "*END\n"


def _escaped(name: str, *, is_port: bool = False) -> str:
    r"""Return a name as SPEF spells it, with the index of a port's bit left bare.

    >>> _escaped("a.b[2]"), _escaped("in[2]", is_port=True)
    ('a\\.b\\[2\\]', 'in[2]')
    """
    bit = _BIT.fullmatch(name) if is_port else None
    base, index = bit.groups() if bit else (name, "")
    return _SPECIAL.sub(r"\\\g<0>", base) + index
