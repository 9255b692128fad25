"""What an SDC file says, as a list of commands with their objects still unresolved.

A constraint names objects by patterns; which ports, pins and clocks those are is known only beside a netlist. So the
record keeps the questions (:class:`ObjectQuery`), and :mod:`edasat.eda.timing` answers them.

Units everywhere: ns, fF, ohm. Where SDC has options such as ``-rise`` and ``-fall`` of which none means both, the
record says what applies: ``rise`` and ``fall`` are both True then.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, TypeAlias, TypeVar

from edasat.core.errors import Notes

from ...library import Units

#: ``name`` stands for a bare name; what it means is the command's affair.
QueryKind = Literal[
    "name",
    "port",
    "pin",
    "net",
    "cell",
    "clock",
    "lib",
    "lib_cell",
    "lib_pin",
    "all_inputs",
    "all_outputs",
    "all_clocks",
    "all_registers",
    "current_design",
]


@dataclass(frozen=True)
class ObjectQuery:
    """One ``get_*`` or ``all_*`` command, or bare names.

    Attributes:
        kind: what is asked for.
        patterns: names with ``*`` and ``?`` (:func:`edasat.eda.formats.sdc.match`), or regular expressions.
        line: where it stands.
        regexp, nocase, hierarchical: options of the command.
        filter: expression of ``-filter`` as written, "" without.
        of_objects: objects that the wanted ones belong to.
        flags: other options without a value, such as ``no_clocks`` of all_inputs, ``clock_pins`` of all_registers.
        clocks: ``-clock`` of all_registers.
        excluded: objects taken out again by ``remove_from_collection``.
    """

    kind: QueryKind
    patterns: tuple[str, ...]
    line: int
    regexp: bool = False
    nocase: bool = False
    hierarchical: bool = False
    filter: str = ""
    of_objects: Objects = ()
    flags: tuple[str, ...] = ()
    clocks: Objects = ()
    excluded: Objects = ()


Objects: TypeAlias = tuple[ObjectQuery, ...]


class PathPoint(NamedTuple):
    """One ``-from``, ``-through`` or ``-to`` of an exception.

    Attributes:
        objects: any of these.
        rise, fall: which edges there.
    """

    objects: Objects
    rise: bool
    fall: bool


@dataclass(frozen=True)
class Command:
    """Base of all commands; ``line`` is where it stands in the file."""

    line: int


@dataclass(frozen=True)
class CreateClock(Command):
    """create_clock; ``waveform_ns`` are rising and falling edges by turns, a virtual clock has no sources."""

    name: str
    period_ns: float
    waveform_ns: tuple[float, ...]
    sources: Objects
    add: bool


@dataclass(frozen=True)
class CreateGeneratedClock(Command):
    """create_generated_clock; ``divide_by`` and ``multiply_by`` are 1 where not given."""

    name: str
    source: Objects  # of the master
    master_clock: Objects
    targets: Objects
    divide_by: int
    multiply_by: int
    duty_cycle: float | None  # percent
    invert: bool
    edges: tuple[int, ...]
    edge_shift_ns: tuple[float, ...]
    combinational: bool
    add: bool


@dataclass(frozen=True)
class SetClockUncertainty(Command):
    """set_clock_uncertainty of clocks and pins, or between two clocks."""

    uncertainty_ns: float
    setup: bool
    hold: bool
    objects: Objects
    from_clock: PathPoint | None
    to_clock: PathPoint | None


@dataclass(frozen=True)
class SetClockLatency(Command):
    """set_clock_latency; ``early`` and ``late`` count only for ``source`` latency."""

    latency_ns: float
    source: bool
    early: bool
    late: bool
    rise: bool
    fall: bool
    min: bool
    max: bool
    clock: Objects
    objects: Objects


@dataclass(frozen=True)
class SetPropagatedClock(Command):
    """set_propagated_clock, or unset_propagated_clock with ``propagated`` False."""

    objects: Objects
    propagated: bool


@dataclass(frozen=True)
class SetClockTransition(Command):
    """set_clock_transition."""

    transition_ns: float
    rise: bool
    fall: bool
    min: bool
    max: bool
    clocks: Objects


@dataclass(frozen=True)
class SetPortDelay(Command):
    """set_input_delay and set_output_delay."""

    direction: Literal["input", "output"]
    delay_ns: float
    clock: Objects
    clock_fall: bool
    rise: bool
    fall: bool
    min: bool
    max: bool
    add_delay: bool
    network_latency_included: bool
    source_latency_included: bool
    level_sensitive: bool
    reference_pin: Objects
    objects: Objects


@dataclass(frozen=True)
class SetInputTransition(Command):
    """set_input_transition."""

    transition_ns: float
    rise: bool
    fall: bool
    min: bool
    max: bool
    clock: Objects
    ports: Objects


@dataclass(frozen=True)
class SetDrivingCell(Command):
    """set_driving_cell."""

    lib_cell: str
    library: str
    pin: str
    from_pin: str
    input_transition_rise_ns: float
    input_transition_fall_ns: float
    rise: bool
    fall: bool
    min: bool
    max: bool
    ports: Objects


@dataclass(frozen=True)
class SetDrive(Command):
    """set_drive."""

    resistance_ohm: float
    rise: bool
    fall: bool
    min: bool
    max: bool
    ports: Objects


@dataclass(frozen=True)
class SetLoad(Command):
    """set_load of ports and nets; on a port ``pin_load`` unless ``wire_load`` is said."""

    capacitance_ff: float
    pin_load: bool
    wire_load: bool
    subtract_pin_load: bool
    rise: bool
    fall: bool
    min: bool
    max: bool
    objects: Objects


@dataclass(frozen=True)
class PathException(Command):
    """set_false_path, set_multicycle_path, set_max_delay and set_min_delay.

    Attributes:
        value: multiplier of the period, delay in ns, 0 for a false path.
        setup, hold: which checks; max_delay is a setup check, min_delay a hold check. For a multicycle path with
            neither option only ``setup`` is True: its hold check moves along by the rule of SDC.
        rise, fall: edges at the end of the path.
        start: count the multiplier in periods of the launching clock (``-start``), else of the capturing one; None
            where not said (capturing for setup, launching for hold).
        reset_path: earlier exceptions of the same paths do not count any more.
    """

    kind: Literal["false", "multicycle", "max_delay", "min_delay"]
    value: float
    setup: bool
    hold: bool
    rise: bool
    fall: bool
    start: bool | None
    from_point: PathPoint | None
    through: tuple[PathPoint, ...]
    to_point: PathPoint | None
    ignore_clock_latency: bool
    reset_path: bool


@dataclass(frozen=True)
class SetClockGroups(Command):
    """set_clock_groups; no paths between clocks of different groups. A lone group stands against all other clocks."""

    kind: Literal["asynchronous", "logically_exclusive", "physically_exclusive"]
    groups: tuple[Objects, ...]
    name: str
    allow_paths: bool


@dataclass(frozen=True)
class SetCaseAnalysis(Command):
    """set_case_analysis."""

    value: Literal["0", "1", "rising", "falling"]
    objects: Objects


@dataclass(frozen=True)
class SetDisableTiming(Command):
    """set_disable_timing; ``from_pin`` and ``to_pin`` are "" where not given."""

    from_pin: str
    to_pin: str
    objects: Objects


@dataclass(frozen=True)
class SetLimit(Command):
    """set_max_transition, _capacitance, _fanout, _area and set_min_capacitance; in ns, fF, or a plain number."""

    kind: Literal["max_transition", "max_capacitance", "min_capacitance", "max_fanout", "max_area"]
    value: float
    objects: Objects
    flags: tuple[str, ...]  # clock_path, data_path, rise, fall


@dataclass(frozen=True)
class SetTimingDerate(Command):
    """set_timing_derate; ``cell_delay`` and its like are all True where none is said."""

    factor: float
    early: bool
    late: bool
    rise: bool
    fall: bool
    clock: bool
    data: bool
    cell_delay: bool
    net_delay: bool
    cell_check: bool
    objects: Objects


@dataclass(frozen=True)
class SetWireLoad(Command):
    """set_wire_load_model (``model``) and set_wire_load_mode (``mode``); the other is ""."""

    model: str
    mode: str


@dataclass(frozen=True)
class SetOperatingConditions(Command):
    """set_operating_conditions; ``maximum`` is the single condition where only one is given."""

    minimum: str
    maximum: str
    analysis_type: str


class Ignored(NamedTuple):
    """A command that was read over: how often, and its first line."""

    times: int
    first_line: int


C = TypeVar("C", bound=Command)


@dataclass(frozen=True, eq=False)
class Sdc:
    """All commands of a file, in order: later ones override earlier ones.

    Attributes:
        source: path of the file.
        commands: in order of execution.
        design: of ``current_design``, or "".
        units: at the end of the file.
        ignored: by name, commands that this reader does not take part in.
        notes: counted warnings.
    """

    source: str
    commands: tuple[Command, ...]
    design: str
    units: Units
    ignored: Mapping[str, Ignored]
    notes: Notes = field(default_factory=Notes)

    def of(self, kind: type[C]) -> list[C]:
        """Return the commands of one class, in order."""
        return [command for command in self.commands if isinstance(command, kind)]
