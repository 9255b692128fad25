"""The commands of SDC: for each its usage, and how its arguments become a record.

Usages follow the SDC format of Synopsys, version 2.1, as OpenSTA takes it. A few options that say nothing about the
timing of a block (comments, design-rule switches) are accepted and dropped.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import Any, Final, Literal

from ...library import Units
from .arguments import Arguments, Usage
from .record import (
    Command,
    CreateClock,
    CreateGeneratedClock,
    ObjectQuery,
    Objects,
    PathException,
    QueryKind,
    SetCaseAnalysis,
    SetClockGroups,
    SetClockLatency,
    SetClockTransition,
    SetClockUncertainty,
    SetDisableTiming,
    SetDrive,
    SetDrivingCell,
    SetInputTransition,
    SetLimit,
    SetLoad,
    SetOperatingConditions,
    SetPortDelay,
    SetPropagatedClock,
    SetTimingDerate,
    SetWireLoad,
)

#: Makes the record of a command from its arguments, in the units of the file.
Builder = Callable[[Arguments, Units], Command]

_EDGES: Final = "rise fall min max "
_FROM_TO: Final = "from= rise_from= fall_from= to= rise_to= fall_to= "
_PATH: Final = _FROM_TO + "through= rise_through= fall_through= rise fall reset_path comment= "
_CLOCK: Final = "name= add comment= "

COMMANDS: Final[dict[str, tuple[Usage, Builder]]] = {}


def _command(
    options: str = "", required: str = "", optional: str = "", names: str = ""
) -> Callable[[Builder], Builder]:
    """Enter a builder under the name of its function, or under several names."""

    def enter(builder: Builder) -> Builder:
        for name in names.split() or [builder.__name__.strip("_")]:
            COMMANDS[name] = (Usage.of(options, required, optional), builder)
        return builder

    return enter


def _four_edges(a: Arguments) -> dict[str, bool]:
    (rise, fall), (least, most) = a.either("rise", "fall"), a.either("min", "max")
    return {"rise": rise, "fall": fall, "min": least, "max": most}


@_command(_CLOCK + "period= waveform=", optional="sources")
def _create_clock(a: Arguments, units: Units) -> Command:
    sources = a.objects("sources")
    period = a.number("period")
    if period <= 0:
        raise a.fail("sdc-positive", a.word("period"), what="period", token=f"{period:g}")
    waveform = a.numbers("waveform") or (0.0, period / 2)
    rising = all(x < y for x, y in pairwise(waveform))
    if len(waveform) % 2 or not rising or waveform[-1] - waveform[0] > period:
        raise a.fail("sdc-waveform", a.word("waveform"))
    scaled = tuple(edge * units.time_ns for edge in waveform)
    return CreateClock(a.line, _clock_name(a, sources), period * units.time_ns, scaled, sources, "add" in a.flags)


def _clock_name(a: Arguments, targets: Objects) -> str:
    """Return the name of a clock: ``-name``, or that of its first object."""
    name = a.text("name")
    if not name and not (targets and targets[0].patterns):
        raise a.fail("sdc-clock-name", None)
    return name or targets[0].patterns[0]


@_command(
    _CLOCK + "source= master_clock= divide_by= multiply_by= duty_cycle= invert edges= edge_shift= combinational",
    "targets",
)
def _create_generated_clock(a: Arguments, units: Units) -> Command:
    a.needed("source")
    a.one_of("divide_by", "edges")
    a.one_of("multiply_by", "edges")
    edges = a.numbers("edges")
    whole = tuple(int(edge) for edge in edges)
    rising = all(x < y for x, y in pairwise(whole))
    if edges and (whole != edges or len(edges) < 3 or whole[0] < 1 or not rising):
        raise a.fail("sdc-edges", a.word("edges"), token=" ".join(f"{edge:g}" for edge in edges))
    targets = a.objects("targets")
    return CreateGeneratedClock(
        a.line,
        name=_clock_name(a, targets),
        source=a.objects("source"),
        master_clock=a.objects("master_clock"),
        targets=targets,
        divide_by=a.count("divide_by", 1),
        multiply_by=a.count("multiply_by", 1),
        duty_cycle=a.not_negative("duty_cycle", "duty cycle") if "duty_cycle" in a.values else None,
        invert="invert" in a.flags,
        edges=whole,
        edge_shift_ns=tuple(shift * units.time_ns for shift in a.numbers("edge_shift")),
        combinational="combinational" in a.flags,
        add="add" in a.flags,
    )


@_command(_FROM_TO + "setup hold rise fall", "uncertainty", "objects")
def _set_clock_uncertainty(a: Arguments, units: Units) -> Command:
    setup, hold = a.either("setup", "hold")
    return SetClockUncertainty(
        a.line,
        a.number("uncertainty") * units.time_ns,
        setup,
        hold,
        a.objects("objects"),
        a.point("from"),
        a.point("to"),
    )


@_command(_EDGES + "source early late clock=", "latency objects")
def _set_clock_latency(a: Arguments, units: Units) -> Command:
    early, late = a.either("early", "late")
    return SetClockLatency(
        a.line,
        a.number("latency") * units.time_ns,
        "source" in a.flags,
        early,
        late,
        clock=a.objects("clock"),
        objects=a.objects("objects"),
        **_four_edges(a),
    )


@_command(required="objects", names="set_propagated_clock unset_propagated_clock")
def _set_propagated_clock(a: Arguments, units: Units) -> Command:
    return SetPropagatedClock(a.line, a.objects("objects"), a.name == "set_propagated_clock")


@_command(_EDGES, "transition clocks")
def _set_clock_transition(a: Arguments, units: Units) -> Command:
    transition = a.not_negative("transition", "transition") * units.time_ns
    return SetClockTransition(a.line, transition, clocks=a.objects("clocks"), **_four_edges(a))


@_command(
    _EDGES + "clock= clock_fall level_sensitive add_delay network_latency_included source_latency_included "
    "reference_pin=",
    "delay objects",
    names="set_input_delay set_output_delay",
)
def _set_port_delay(a: Arguments, units: Units) -> Command:
    return SetPortDelay(
        a.line,
        direction="input" if a.name == "set_input_delay" else "output",
        delay_ns=a.number("delay") * units.time_ns,
        clock=a.objects("clock"),
        clock_fall="clock_fall" in a.flags,
        add_delay="add_delay" in a.flags,
        network_latency_included="network_latency_included" in a.flags,
        source_latency_included="source_latency_included" in a.flags,
        level_sensitive="level_sensitive" in a.flags,
        reference_pin=a.objects("reference_pin"),
        objects=a.objects("objects"),
        **_four_edges(a),
    )


@_command(_EDGES + "clock= clock_fall", "transition ports")
def _set_input_transition(a: Arguments, units: Units) -> Command:
    transition = a.not_negative("transition", "transition") * units.time_ns
    return SetInputTransition(a.line, transition, clock=a.objects("clock"), ports=a.objects("ports"), **_four_edges(a))


@_command(
    _EDGES + "lib_cell= cell= library= pin= from_pin= multiply_by= input_transition_rise= input_transition_fall= "
    "no_design_rule dont_scale clock= clock_fall",
    "ports",
)
def _set_driving_cell(a: Arguments, units: Units) -> Command:
    option = a.one_of("lib_cell", "cell")
    a.needed(option or "lib_cell")
    library, _, cell = a.text(option).rpartition("/")
    edges = _four_edges(a)

    def transition(edge: str) -> float:
        name = f"input_transition_{edge}"
        return a.not_negative(name, "transition") * units.time_ns if name in a.values else 0.0

    return SetDrivingCell(
        a.line,
        lib_cell=cell,
        library=a.text("library", library),
        pin=a.text("pin"),
        from_pin=a.text("from_pin"),
        input_transition_rise_ns=transition("rise"),
        input_transition_fall_ns=transition("fall"),
        ports=a.objects("ports"),
        **edges,
    )


@_command(_EDGES, "resistance ports")
def _set_drive(a: Arguments, units: Units) -> Command:
    resistance = a.not_negative("resistance", "resistance") * units.resistance_ohm
    return SetDrive(a.line, resistance, ports=a.objects("ports"), **_four_edges(a))


@_command(_EDGES + "pin_load wire_load subtract_pin_load", "capacitance objects")
def _set_load(a: Arguments, units: Units) -> Command:
    wire = "wire_load" in a.flags
    return SetLoad(
        a.line,
        a.not_negative("capacitance", "capacitance") * units.capacitance_ff,
        pin_load="pin_load" in a.flags or not wire,
        wire_load=wire,
        subtract_pin_load="subtract_pin_load" in a.flags,
        objects=a.objects("objects"),
        **_four_edges(a),
    )


def _path(
    a: Arguments,
    kind: Literal["false", "multicycle", "max_delay", "min_delay"],
    value: float,
    checks: tuple[bool, bool],
    start: bool | None = None,
) -> PathException:
    rise, fall = a.either("rise", "fall")
    through = [(option, word) for option, word in a.ordered if option.endswith("through")]
    return PathException(
        a.line,
        kind=kind,
        value=value,
        setup=checks[0],
        hold=checks[1],
        rise=rise,
        fall=fall,
        start=start,
        from_point=a.point("from"),
        through=tuple(a.path_point(option, word) for option, word in through),
        to_point=a.point("to"),
        ignore_clock_latency="ignore_clock_latency" in a.flags,
        reset_path="reset_path" in a.flags,
    )


@_command(_PATH + "setup hold")
def _set_false_path(a: Arguments, units: Units) -> Command:
    return _path(a, "false", 0.0, a.either("setup", "hold"))


@_command(_PATH + "setup hold start end", "multiplier")
def _set_multicycle_path(a: Arguments, units: Units) -> Command:
    # A multiplier alone is one of setup; its hold check follows (SDC, set_multicycle_path).
    hold = "hold" in a.flags
    edge = a.one_of("start", "end")
    checks = ("setup" in a.flags or not hold, hold)
    return _path(a, "multicycle", a.not_negative("multiplier", "multiplier"), checks, edge == "start" if edge else None)


@_command(_PATH + "ignore_clock_latency", "delay", names="set_max_delay set_min_delay")
def _set_path_delay(a: Arguments, units: Units) -> Command:
    latest = a.name == "set_max_delay"
    value = a.number("delay") * units.time_ns
    return _path(a, "max_delay" if latest else "min_delay", value, (latest, not latest))


@_command("asynchronous logically_exclusive physically_exclusive exclusive allow_paths name= group= comment=")
def _set_clock_groups(a: Arguments, units: Units) -> Command:
    kinds: tuple[Literal["asynchronous", "logically_exclusive", "physically_exclusive"], ...]
    kinds = ("asynchronous", "logically_exclusive", "physically_exclusive")
    given = a.one_of(*kinds, "exclusive")
    if not given:
        raise a.fail("sdc-missing", None, what="-asynchronous or -logically_exclusive or -physically_exclusive")
    a.needed("group")
    return SetClockGroups(
        a.line,
        kind=kinds[kinds.index(given)] if given in kinds else "logically_exclusive",
        groups=tuple(a.reader.objects(word) for option, word in a.ordered if option == "group"),
        name=a.text("name"),
        allow_paths="allow_paths" in a.flags,
    )


_CASES: Final = {"0": "0", "zero": "0", "1": "1", "one": "1"}
_CASES.update(dict.fromkeys(("rise", "rising"), "rising"), **dict.fromkeys(("fall", "falling"), "falling"))


@_command(required="value objects")
def _set_case_analysis(a: Arguments, units: Units) -> Command:
    value: Any = a.choice("value", _CASES)
    return SetCaseAnalysis(a.line, value, a.objects("objects"))


@_command("from= to=", "objects")
def _set_disable_timing(a: Arguments, units: Units) -> Command:
    return SetDisableTiming(a.line, a.text("from"), a.text("to"), a.objects("objects"))


@_command(
    "clock_path data_path rise fall",
    "limit",
    "objects",
    names="set_max_transition set_max_capacitance set_min_capacitance set_max_fanout set_max_area",
)
def _set_limit(a: Arguments, units: Units) -> Command:
    kind: Any = a.name.removeprefix("set_")
    unit = units.time_ns if "transition" in kind else units.capacitance_ff if "capacitance" in kind else 1.0
    flags = tuple(sorted(a.flags))
    return SetLimit(a.line, kind, a.not_negative("limit", "limit") * unit, a.objects("objects"), flags)


@_command("early late rise fall clock data net_delay cell_delay cell_check", "factor", "objects")
def _set_timing_derate(a: Arguments, units: Units) -> Command:
    (early, late), (rise, fall), (clock, data) = (
        a.either(*pair) for pair in (("early", "late"), ("rise", "fall"), ("clock", "data"))
    )
    parts = ("cell_delay", "net_delay", "cell_check")
    all_parts = not a.flags.intersection(parts)
    factor = a.not_negative("factor", "factor")
    which = {part: all_parts or part in a.flags for part in parts}
    return SetTimingDerate(a.line, factor, early, late, rise, fall, clock, data, objects=a.objects("objects"), **which)


@_command("name= library= min max", optional="objects")
def _set_wire_load_model(a: Arguments, units: Units) -> Command:
    a.needed("name")
    return SetWireLoad(a.line, a.text("name"), "")


@_command(required="mode")
def _set_wire_load_mode(a: Arguments, units: Units) -> Command:
    return SetWireLoad(a.line, "", a.choice("mode", {mode: mode for mode in ("top", "enclosed", "segmented")}))


@_command("analysis_type= library= min= max= min_library= max_library= object_list=", optional="condition")
def _set_operating_conditions(a: Arguments, units: Units) -> Command:
    condition = a.text("condition")
    return SetOperatingConditions(a.line, a.text("min", condition), a.text("max", condition), a.text("analysis_type"))


# -- queries ---------------------------------------------------------------------------------------------------------

_GET: Final = "regexp nocase exact quiet filter= "
_ALL_REGISTERS: Final = "clock= rise_clock= fall_clock= cells data_pins clock_pins async_pins output_pins " + (
    "level_sensitive edge_triggered"
)
_KINDS: Final[dict[str, tuple[QueryKind, Usage]]] = {
    "get_ports": ("port", Usage.of(_GET + "of_objects=", optional="patterns")),
    "get_pins": ("pin", Usage.of(_GET + "of_objects= hierarchical hsc= leaf", optional="patterns")),
    "get_nets": ("net", Usage.of(_GET + "of_objects= hierarchical hsc=", optional="patterns")),
    "get_cells": ("cell", Usage.of(_GET + "of_objects= hierarchical hsc=", optional="patterns")),
    "get_clocks": ("clock", Usage.of(_GET, optional="patterns")),
    "get_libs": ("lib", Usage.of(_GET, optional="patterns")),
    "get_lib_cells": ("lib_cell", Usage.of(_GET + "of_objects= hsc=", optional="patterns")),
    "get_lib_pins": ("lib_pin", Usage.of(_GET + "of_objects= hsc=", optional="patterns")),
    "all_inputs": ("all_inputs", Usage.of("no_clocks")),
    "all_outputs": ("all_outputs", Usage.of()),
    "all_clocks": ("all_clocks", Usage.of()),
    "all_registers": ("all_registers", Usage.of(_ALL_REGISTERS)),
}
QUERIES: Final[dict[str, Usage]] = {name: usage for name, (_, usage) in _KINDS.items()}
COLLECTIONS: Final[dict[str, Usage]] = {
    "add_to_collection": Usage.of("unique", "collection objects"),
    "remove_from_collection": Usage.of("", "collection objects"),
}


def query(a: Arguments) -> Objects:
    """Return what a ``get_*`` or ``all_*`` command asks for."""
    kind = _KINDS[a.name][0]
    word = a.word("patterns")
    patterns: tuple[str, ...] = ()
    if word is not None:
        if not isinstance(word.value, str):  # [get_ports [get_ports a]]
            return word.value
        patterns = tuple(a.reader.elements(word))
    of_objects = a.objects("of_objects")
    if a.name.startswith("get_") and not patterns:
        if word is not None:
            return ()
        patterns = () if of_objects else ("*",)
    clock = a.one_of("clock", "rise_clock", "fall_clock")
    switches = {"regexp", "nocase", "hierarchical", "quiet", "exact"}
    return (
        ObjectQuery(
            kind,
            patterns,
            a.line,
            regexp="regexp" in a.flags,
            nocase="nocase" in a.flags,
            hierarchical="hierarchical" in a.flags,
            filter=a.text("filter"),
            of_objects=of_objects,
            flags=tuple(sorted(a.flags - switches | ({clock} - {"", "clock"}))),
            clocks=a.objects(clock) if clock else (),
        ),
    )


def collection(a: Arguments) -> Objects:
    """Return a collection with objects added or taken out."""
    old, objects = a.objects("collection"), a.objects("objects")
    if a.name == "add_to_collection":
        return old + objects
    return tuple(replace(part, excluded=part.excluded + objects) for part in old)


# -- units -----------------------------------------------------------------------------------------------------------

_PREFIXES: Final = {"f": 1e-15, "p": 1e-12, "n": 1e-9, "u": 1e-6, "m": 1e-3, "": 1.0, "k": 1e3, "K": 1e3, "M": 1e6}
_UNIT: Final = re.compile(r"(\d*\.?\d*(?:[eE][-+]?\d+)?)\s*([fpnumkKM]?)([A-Za-z]+)\Z")
SET_UNITS: Final = Usage.of("time= capacitance= resistance= voltage= current= power= distance=")


def set_units(a: Arguments, units: Units) -> Units:
    """Return the units after ``set_units``."""
    time = _unit(a, "time", "s", 1e9, units.time_ns)
    capacitance = _unit(a, "capacitance", "f", 1e15, units.capacitance_ff)
    return Units(time, capacitance, _unit(a, "resistance", "ohm", 1.0, units.resistance_ohm))


def _unit(a: Arguments, what: str, symbol: str, scale: float, old: float) -> float:
    word = a.word(what)
    if word is None:
        return old
    text = a.text(what)
    found = _UNIT.match(text.strip())
    if found and found[3].lower() == symbol:
        size = float(found[1] or 1) * _PREFIXES[found[2]] * scale
        if size > 0:
            return float(f"{size:.12g}")
    raise a.fail("sdc-units", word, token=text, what=what)
