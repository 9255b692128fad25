"""A flat netlist of library cells, as arrays: what structural Verilog and DEF both say.

Names are canonical (:mod:`edasat.core.names`): plain characters, ``/`` between hierarchy levels, ``[3]`` behind the
bits of a bus. Nets that a hierarchy joins are one net; its other names are kept as aliases, because SPEF, SDC and
people use them.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from edasat.core.errors import Notes
from edasat.core.names import Names

Int32 = npt.NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Placement:
    """Where things lie; coordinates in database units, ``dbu_per_um`` of them to the micrometre.

    Attributes:
        dbu_per_um: database units per um.
        die: x1, y1, x2, y2 of the die's bounding box.
        x, y: int32, (num_instances,): lower left corner of each instance after its orientation was applied, as DEF
            gives it.
        orientation: uint8, (num_instances,): position in ``edasat.eda.formats.layout.ORIENTATIONS``
            (N W S E FN FW FS FE).
        placed: bool, (num_instances,): PLACED, FIXED or COVER.
        port_x, port_y: int32, (num_ports,): middle of the port's shape.
        port_placed: bool, (num_ports,).
    """

    dbu_per_um: int
    die: tuple[int, int, int, int]
    x: Int32
    y: Int32
    orientation: npt.NDArray[np.uint8]
    placed: npt.NDArray[np.bool_]
    port_x: Int32
    port_y: Int32
    port_placed: npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Netlist:
    """Instances of library cells and the nets between them.

    Attributes:
        name: name of the design.
        source: path of the file.
        ports: names of the top module's ports, bit by bit.
        port_direction: uint8, (num_ports,): :class:`edasat.eda.library.Direction`.
        port_net: int32, (num_ports,): net of each port, -1 unconnected.
        instances: names of the instances, all different.
        instance_cell: int32, (num_instances,): position in ``cells``.
        cells: names of the library cells used, all different.
        pin_offsets: int64, (num_instances + 1,): connections of instance ``i`` are the rows
            ``pin_offsets[i]:pin_offsets[i + 1]`` of the two columns below.
        pin_name: int32, (num_connections,): position in ``pin_names``.
        pin_net: int32, (num_connections,): net, -1 for a pin that is left open.
        pin_names: names of cell pins used, all different; a bit of a bus pin is ``A[3]``.
        nets: names of the nets, all different.
        net_constant: int8, (num_nets,): 0 or 1 for a net tied to that value, -1 else.
        alias_names, alias_net: other names of nets, and the nets they mean.
        placement: from DEF, else None.
        notes: counted warnings.
    """

    name: str
    source: str
    ports: Names
    port_direction: npt.NDArray[np.uint8]
    port_net: Int32
    instances: Names
    instance_cell: Int32
    cells: Names
    pin_offsets: npt.NDArray[np.int64]
    pin_name: Int32
    pin_net: Int32
    pin_names: Names
    nets: Names
    net_constant: npt.NDArray[np.int8]
    alias_names: Names = field(default_factory=lambda: Names.of([]))
    alias_net: Int32 = field(default_factory=lambda: np.empty(0, np.int32))
    placement: Placement | None = None
    notes: Notes = field(default_factory=Notes)

    @property
    def num_ports(self) -> int:
        """Number of ports, bit by bit."""
        return len(self.ports)

    @property
    def num_instances(self) -> int:
        """Number of instances."""
        return len(self.instances)

    @property
    def num_nets(self) -> int:
        """Number of nets."""
        return len(self.nets)

    @property
    def num_connections(self) -> int:
        """Number of connected or open instance pins."""
        return len(self.pin_name)
