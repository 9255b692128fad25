"""What an SDF file says: delays of paths and wires, and limits of timing checks, as columns."""

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
Small = npt.NDArray[np.uint8]
Float = npt.NDArray[np.float64]

#: In columns of instances: the top of the design, of which ports are pins.
TOP: Final = -1
#: In columns of instances: every instance of the CELL's type (``INSTANCE *``).
ANY: Final = -2
#: In columns of pins and conditions: there is none.
NONE: Final = -1
#: In ``Paths.condition``: holds when no other condition of the same arc does (``CONDELSE``).
ELSE: Final = -2

#: Transitions of a delay list behind the first two, in the standard's order (IEEE 1497-2001, 5.3.2).
FURTHER_TRANSITIONS: Final = ("0z", "z1", "1z", "z0", "0x", "x1", "1x", "x0", "xz", "zx")


class Edge(IntEnum):
    """Edge written at a port; NONE means any."""

    NONE = 0
    POSEDGE = 1
    NEGEDGE = 2
    RISE = 3  # 01
    FALL = 4  # 10
    RISE_TO_Z = 5  # 0z
    Z_TO_RISE = 6  # z1
    FALL_TO_Z = 7  # 1z
    Z_TO_FALL = 8  # z0


class WireKind(IntEnum):
    """Which construct a row of :class:`Wires` comes from."""

    INTERCONNECT = 0  # from one pin to another
    PORT = 1  # to a pin, from whatever drives it
    NETDELAY = 2  # of a net, or of the net at a pin
    DEVICE = 3  # through a whole cell, to one output or to all (pin NONE)


class CheckType(IntEnum):
    """Which construct a row of :class:`Checks` comes from."""

    SETUP = 0
    HOLD = 1
    SETUPHOLD = 2
    RECOVERY = 3
    REMOVAL = 4
    RECREM = 5
    WIDTH = 6
    PERIOD = 7
    SKEW = 8
    BIDIRECTSKEW = 9
    NOCHANGE = 10


@dataclass(frozen=True, eq=False)
class Cells:
    """The CELL entries in the order of the file; an instance may have several.

    Attributes:
        type: int32, (num_cells,): position in ``Sdf.types``, NONE where no CELLTYPE is given.
        instance: int32, (num_cells,): position in ``Sdf.instances``, TOP or ANY.
    """

    type: Int32
    instance: Int32

    def __len__(self) -> int:
        return len(self.type)


@dataclass(frozen=True, eq=False)
class Paths:
    """Delays through cells: IOPATH.

    Attributes:
        cell: int32, (n,): row of :class:`Cells`.
        instance: int32, (n,): position in ``Sdf.instances``, TOP or ANY.
        from_pin: int32, (n,): position in ``Sdf.pins``.
        from_edge: uint8, (n,): :class:`Edge`.
        to_pin: int32, (n,): position in ``Sdf.pins``.
        condition: int32, (n,): position in ``Sdf.conditions``, NONE or ELSE.
        increment: bool, (n,): added to the delay (INCREMENT) instead of replacing it (ABSOLUTE).
        delays: float64, (n, 2, 3), ns: output rising, falling; minimum, typical, maximum. NaN where the file leaves
            a gap: there an earlier value stays.
    """

    cell: Int32
    instance: Int32
    from_pin: Int32
    from_edge: Small
    to_pin: Int32
    condition: Int32
    increment: npt.NDArray[np.bool_]
    delays: Float

    def __len__(self) -> int:
        return len(self.cell)


@dataclass(frozen=True, eq=False)
class Wires:
    """Delays outside cells, and DEVICE: see :class:`WireKind`.

    Attributes:
        kind: uint8, (n,): :class:`WireKind`.
        cell: int32, (n,): row of :class:`Cells`.
        from_instance, from_pin: int32, (n,): driving pin of an INTERCONNECT, a port where the instance is TOP; of
            the other kinds TOP and NONE.
        to_instance, to_pin: int32, (n,): driven pin; of NETDELAY the net's name, cut like a pin's.
        increment: bool, (n,): as in :class:`Paths`.
        delays: float64, (n, 2, 3), ns: as in :class:`Paths`.
    """

    kind: Small
    cell: Int32
    from_instance: Int32
    from_pin: Int32
    to_instance: Int32
    to_pin: Int32
    increment: npt.NDArray[np.bool_]
    delays: Float

    def __len__(self) -> int:
        return len(self.kind)


@dataclass(frozen=True, eq=False)
class Checks:
    """Limits of timing checks: TIMINGCHECK.

    Attributes:
        type: uint8, (n,): :class:`CheckType`.
        cell: int32, (n,): row of :class:`Cells`.
        instance: int32, (n,): position in ``Sdf.instances``, TOP or ANY.
        data_pin, reference_pin: int32, (n,): first and second port as the file has them, in most checks data and
            clock; WIDTH and PERIOD have no second one (NONE).
        data_edge, reference_edge: uint8, (n,): :class:`Edge`.
        data_condition, reference_condition: int32, (n,): position in ``Sdf.conditions``, NONE for none (COND at a
            port, SCOND, CCOND).
        values: float64, (n, 2, 3), ns: the first and the second limit (SETUPHOLD: setup, hold; RECREM: recovery,
            removal; NaN where a check has but one); minimum, typical, maximum.
    """

    type: Small
    cell: Int32
    instance: Int32
    data_pin: Int32
    data_edge: Small
    data_condition: Int32
    reference_pin: Int32
    reference_edge: Small
    reference_condition: Int32
    values: Float

    def __len__(self) -> int:
        return len(self.type)


@dataclass(frozen=True, eq=False)
class Further:
    """Transitions to and from Z and X, for the delays that give more than rise and fall.

    Attributes:
        path: int32, (n,): row of :class:`Paths`, NONE for a wire.
        wire: int32, (n,): row of :class:`Wires`, NONE for a path.
        delays: float64, (n, 10, 3), ns: :data:`FURTHER_TRANSITIONS`; minimum, typical, maximum.
    """

    path: Int32
    wire: Int32
    delays: Float

    def __len__(self) -> int:
        return len(self.path)


@dataclass(frozen=True, eq=False)
class Sdf:
    """One SDF file.

    Attributes:
        source: path of the file.
        version: SDFVERSION as written, "" if missing.
        design: DESIGN, "" if missing.
        divider: hierarchy divider of the file, "" if it names none; names here are canonical and use ``/``.
        timescale_ns: what 1 means in the file; all times here are in ns already.
        header: the other header entries as written (DATE, VENDOR, PROGRAM, VERSION, VOLTAGE, PROCESS, TEMPERATURE).
        types: names of cell types, all different.
        instances: names of instances, all different.
        pins: names of pins and ports, all different.
        conditions: conditions with all blanks dropped, since writers differ in them; all different.
        cells, paths, wires, checks, further: the file's contents.
        notes: counted warnings; among them every construct that was skipped, by its keyword.
    """

    source: str
    version: str
    design: str
    divider: str
    timescale_ns: float
    header: Mapping[str, str]
    types: Names
    instances: Names
    pins: Names
    conditions: Names
    cells: Cells
    paths: Paths
    wires: Wires
    checks: Checks
    further: Further
    notes: Notes = field(default_factory=Notes)
