"""What a SPEF file says: resistors and capacitors of every net, as columns over one numbering of nodes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final

import numpy as np
import numpy.typing as npt

from edasat.core.errors import Notes
from edasat.core.names import Names

Int32 = npt.NDArray[np.int32]
Offsets = npt.NDArray[np.int64]
Small = npt.NDArray[np.int8]
Float = npt.NDArray[np.float64]

#: In number columns: there is none.
NONE: Final = -1


class NodeKind(IntEnum):
    """What a node of a net is."""

    PORT = 0  # a port of the design
    PIN = 1  # a pin of an instance
    INTERNAL = 2  # a numbered node of the net


@dataclass(frozen=True, eq=False)
class Reduced:
    """Nets that the file has in reduced form (``*R_NET``): a pi model at each driver and a delay to each load.

    Drivers of net ``i`` are the rows ``net_drivers[i]:net_drivers[i + 1]``, loads of driver ``d`` the rows
    ``driver_loads[d]:driver_loads[d + 1]``. A pin is an instance and a pin name; a port is NONE and a port.

    Attributes:
        nets: names.
        net_capacitance: float64, (num_nets,), fF: total capacitance.
        net_drivers: int64, (num_nets + 1,).
        driver_instance, driver_pin, driver_port: int32, (num_drivers,): positions in ``Spef.instances``, ``pins`` and
            ``ports``, NONE for what does not apply.
        driver_cell: int32, (num_drivers,): position in ``Spef.cells``, NONE if not given.
        driver_pi: float64, (num_drivers, 3): C2 at the driver in fF, R1 in ohm, C1 behind it in fF.
        driver_loads: int64, (num_drivers + 1,).
        load_instance, load_pin, load_port: int32, (num_loads,): as of drivers.
        load_rc: float64, (num_loads,), ns: Elmore delay from the driver.
    """

    nets: Names
    net_capacitance: Float
    net_drivers: Offsets
    driver_instance: Int32
    driver_pin: Int32
    driver_port: Int32
    driver_cell: Int32
    driver_pi: Float
    driver_loads: Offsets
    load_instance: Int32
    load_pin: Int32
    load_port: Int32
    load_rc: Float


@dataclass(frozen=True, eq=False)
class Spef:
    """One SPEF file. Units: fF, ohm, ns.

    All nets share one numbering of nodes: those of net ``i`` are the rows ``net_nodes[i]:net_nodes[i + 1]`` of the
    node columns, and resistors and couplings name these rows. So the RC networks of all nets are one graph whose
    components are the nets, which an algorithm may walk in one pass.

    Attributes:
        source: path of the file.
        version, design: *SPEF and *DESIGN.
        divider, delimiter, bus_delimiter: as written; names here are canonical (``/`` and ``[]``).
        header: the other header entries as written (DATE, VENDOR, PROGRAM, VERSION, DESIGN_FLOW, T_UNIT, C_UNIT,
            R_UNIT, L_UNIT, POWER_NETS, GROUND_NETS).
        ports: names of ports, all different.
        port_direction: int8, (num_ports,): :class:`edasat.eda.library.Direction`.
        instances, pins, cells: names of instances, of their pins and of the cells that *D names; all different.
        nets: names of the nets with a network (*D_NET).
        net_capacitance: float64, (num_nets,), fF: the total that the file states, couplings included.
        net_nodes: int64, (num_nets + 1,).
        node_kind: int8, (num_nodes,): :class:`NodeKind`.
        node_name: int32, (num_nodes,): position in ``ports`` of a port, in ``instances`` of a pin, else NONE.
        node_pin: int32, (num_nodes,): position in ``pins`` of a pin, else NONE.
        node_number: int64, (num_nodes,): number of an internal node, else NONE.
        node_capacitance: float64, (num_nodes,), fF: to ground; several entries of one node are added.
        node_direction: int8, (num_nodes,): direction of the pin or port as *CONN has it, NONE if it is not there.
        node_load: float64, (num_nodes,), fF: pin capacitance (*L), NaN if not given.
        node_cell: int32, (num_nodes,): position in ``cells`` of the instance's cell (*D), NONE if not given.
        node_position: float64, (num_nodes, 2): coordinates as written (*C), NaN if not given.
        net_resistors: int64, (num_nets + 1,).
        resistor_ends: int32, (num_resistors, 2): nodes.
        resistor_ohm: float64, (num_resistors,).
        net_couplings: int64, (num_nets + 1,).
        coupling_node: int32, (num_couplings,): the end in this net. A file lists a coupling capacitor once in each
            of its two nets, so it stands twice here.
        coupling_other: int32, (num_couplings,): the node at the other end, NONE if no net of the file has it.
        coupling_net: int32, (num_couplings,): net of the other end, NONE if unknown.
        coupling_ff: float64, (num_couplings,), fF.
        reduced: nets in reduced form.
        notes: counted warnings; among them every section that was skipped, by its keyword.
    """

    source: str
    version: str
    design: str
    divider: str
    delimiter: str
    bus_delimiter: str
    header: Mapping[str, str]
    ports: Names
    port_direction: Small
    instances: Names
    pins: Names
    cells: Names
    nets: Names
    net_capacitance: Float
    net_nodes: Offsets
    node_kind: Small
    node_name: Int32
    node_pin: Int32
    node_number: Offsets
    node_capacitance: Float
    node_direction: Small
    node_load: Float
    node_cell: Int32
    node_position: Float
    net_resistors: Offsets
    resistor_ends: Int32
    resistor_ohm: Float
    net_couplings: Offsets
    coupling_node: Int32
    coupling_other: Int32
    coupling_net: Int32
    coupling_ff: Float
    reduced: Reduced
    notes: Notes = field(default_factory=Notes)

    @property
    def num_nets(self) -> int:
        """Number of nets with a network."""
        return len(self.nets)

    @property
    def num_nodes(self) -> int:
        """Number of nodes over all nets."""
        return len(self.node_kind)

    @property
    def num_resistors(self) -> int:
        """Number of resistors over all nets."""
        return len(self.resistor_ohm)

    @property
    def num_couplings(self) -> int:
        """Number of coupling entries over all nets."""
        return len(self.coupling_ff)
