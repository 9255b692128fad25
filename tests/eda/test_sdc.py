from __future__ import annotations

import gzip
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edasat.core.errors import InputError
from edasat.core.names import Names
from edasat.eda.formats import sdc as package
from edasat.eda.formats.sdc import (
    MESSAGES,
    Command,
    CreateClock,
    CreateGeneratedClock,
    ObjectQuery,
    Objects,
    PathException,
    PathPoint,
    Sdc,
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
    Units,
    match,
    read_sdc,
)
from edasat.eda.formats.sdc.expressions import ExpressionError, evaluate, truth
from edasat.eda.formats.sdc.tcl import ListError, split_list


def read(text: str, **options: Units) -> Sdc:
    return read_sdc(text.encode("utf-8", "surrogateescape"), **options)


def one(text: str) -> Command:
    """Return the only command of a file."""
    (command,) = read(text).commands
    return command


def q(kind: str, *patterns: str, line: int = 1, **options: object) -> ObjectQuery:
    return ObjectQuery(kind, patterns, line, **options)  # type: ignore[arg-type]


BOTH = {"rise": True, "fall": True, "min": True, "max": True}
NAMED: Objects = (q("name", "a"),)


def path(kind: str, value: float, **given: object) -> PathException:
    rest = {"setup": True, "hold": True, "rise": True, "fall": True, "start": None, "from_point": None, "through": ()}
    rest |= {"to_point": None, "ignore_clock_latency": False, "reset_path": False}
    return PathException(1, kind=kind, value=value, **{**rest, **given})  # type: ignore[arg-type]


def delay(direction: str, value: float, **given: object) -> SetPortDelay:
    rest = {"clock": (), "clock_fall": False, "add_delay": False, "network_latency_included": False}
    rest |= {"source_latency_included": False, "level_sensitive": False, "reference_pin": (), "objects": NAMED}
    return SetPortDelay(1, direction, value, **{**BOTH, **rest, **given})  # type: ignore[arg-type]


#: Every command, in ns, pF and kohm.
RECORDS: dict[str, Command] = {
    "create_clock -period 2 [get_ports clk]": CreateClock(1, "clk", 2.0, (0.0, 1.0), (q("port", "clk"),), False),
    "create_clock -name v -period 10 -waveform {1 4.5}": CreateClock(1, "v", 10.0, (1.0, 4.5), (), False),
    "create_clock -add -period 1e1 -name c {a b}": CreateClock(1, "c", 10.0, (0.0, 5.0), (q("name", "a", "b"),), True),
    "create_generated_clock -source [get_pins u/CK] -divide_by 2 -invert a": CreateGeneratedClock(
        1, "a", (q("pin", "u/CK"),), (), NAMED, 2, 1, None, True, (), (), False, False
    ),
    "create_generated_clock -name g -source s -edges {1 3 5} -edge_sh {0 .5 1} -add -master c a": CreateGeneratedClock(
        1, "g", (q("name", "s"),), (q("name", "c"),), NAMED, 1, 1, None, False, (1, 3, 5), (0.0, 0.5, 1.0), False, True
    ),
    "create_generated_clock -name g -source s -multiply_by 3 -duty_cycle 40 -combinational a": CreateGeneratedClock(
        1, "g", (q("name", "s"),), (), NAMED, 1, 3, 40.0, False, (), (), True, False
    ),
    "set_clock_uncertainty -hold 0.1 a": SetClockUncertainty(1, 0.1, False, True, NAMED, None, None),
    "set_clock_uncertainty -rise_from a -to a .2": SetClockUncertainty(
        1, 0.2, True, True, (), PathPoint(NAMED, True, False), PathPoint(NAMED, True, True)
    ),
    "set_clock_latency -source -early -rise 1.5 a": SetClockLatency(
        1, 1.5, True, True, False, True, False, True, True, (), NAMED
    ),
    "set_clock_latency -max -clock a -0.5 a": SetClockLatency(
        1, -0.5, False, True, True, True, True, False, True, NAMED, NAMED
    ),
    "set_propagated_clock [all_clocks]": SetPropagatedClock(1, (q("all_clocks"),), True),
    "unset_propagated_clock a": SetPropagatedClock(1, NAMED, False),
    "set_clock_transition -fall 0.3 a": SetClockTransition(1, 0.3, False, True, True, True, NAMED),
    "set_input_delay 1 a": delay("input", 1.0),
    "set_output_delay -9 -min -rise a -clock [get_clocks c] -clock_fall": delay(
        "output", -9.0, fall=False, max=False, clock=(q("clock", "c"),), clock_fall=True
    ),
    "set_input_delay -clock c -add_delay -network_latency_included -source_latency_included -level_sensitive "
    "-reference_pin a 1 a": delay(
        "input", 1.0, clock=(q("name", "c"),), add_delay=True, network_latency_included=True,
        source_latency_included=True, level_sensitive=True, reference_pin=NAMED,
    ),
    "set_input_transition -max 0.1 a": SetInputTransition(1, 0.1, True, True, False, True, (), NAMED),
    "set_driving_cell -lib_cell BUF -pin Z -from_pin A -input_transition_rise .1 -input_transition_fall .2 a":
        SetDrivingCell(1, "BUF", "", "Z", "A", 0.1, 0.2, **BOTH, ports=NAMED),
    "set_driving_cell -cell [get_lib_cells slow/BUF] -fall a": SetDrivingCell(
        1, "BUF", "slow", "", "", 0.0, 0.0, False, True, True, True, NAMED
    ),
    "set_drive 2 a": SetDrive(1, 2000.0, **BOTH, ports=NAMED),
    "set_load -pin_load 0.05 a": SetLoad(1, 50.0, True, False, False, **BOTH, objects=NAMED),
    "set_load -wire_load -subtract_pin_load -min 1 a": SetLoad(
        1, 1000.0, False, True, True, True, True, True, False, NAMED
    ),
    "set_false_path -from a -to [get_clocks c]": path(
        "false", 0.0, from_point=PathPoint(NAMED, True, True), to_point=PathPoint((q("clock", "c"),), True, True)
    ),
    "set_false_path -hold -fall_to a -through {b c} -rise_through a -reset_path": path(
        "false", 0.0, setup=False, to_point=PathPoint(NAMED, False, True), reset_path=True,
        through=(PathPoint((q("name", "b", "c"),), True, True), PathPoint(NAMED, True, False)),
    ),
    "set_multicycle_path 2 -to a": path("multicycle", 2.0, hold=False, to_point=PathPoint(NAMED, True, True)),
    "set_multicycle_path -hold -end 1 -rise": path("multicycle", 1.0, setup=False, start=False, fall=False),
    "set_multicycle_path -setup -start 3": path("multicycle", 3.0, hold=False, start=True),
    "set_max_delay 3.5 -from a -ignore_clock_latency": path(
        "max_delay", 3.5, hold=False, from_point=PathPoint(NAMED, True, True), ignore_clock_latency=True
    ),
    "set_min_delay -1 -fall_from a": path("min_delay", -1.0, setup=False, from_point=PathPoint(NAMED, False, True)),
    "set_clock_groups -asynchronous -name g -group {a b} -group [get_clocks c] -allow_paths": SetClockGroups(
        1, "asynchronous", ((q("name", "a", "b"),), (q("clock", "c"),)), "g", True
    ),
    "set_clock_groups -exclusive -group a": SetClockGroups(1, "logically_exclusive", (NAMED,), "", False),
    "set_case_analysis 0 a": SetCaseAnalysis(1, "0", NAMED),
    "set_case_analysis rise a": SetCaseAnalysis(1, "rising", NAMED),
    "set_disable_timing -from A -to Z [get_cells u1]": SetDisableTiming(1, "A", "Z", (q("cell", "u1"),)),
    "set_max_transition 0.5 [current_design]": SetLimit(1, "max_transition", 0.5, (q("current_design"),), ()),
    "set_max_capacitance 0.2 a": SetLimit(1, "max_capacitance", 200.0, NAMED, ()),
    "set_min_capacitance 0.2 a": SetLimit(1, "min_capacitance", 200.0, NAMED, ()),
    "set_max_fanout 20 a": SetLimit(1, "max_fanout", 20.0, NAMED, ()),
    "set_max_area 0": SetLimit(1, "max_area", 0.0, (), ()),
    "set_max_transition -clock_path 1 a": SetLimit(1, "max_transition", 1.0, NAMED, ("clock_path",)),
    "set_timing_derate -early 0.9": SetTimingDerate(
        1, 0.9, True, False, True, True, True, True, True, True, True, ()
    ),
    "set_timing_derate -late -net_delay -data 1.1 a": SetTimingDerate(
        1, 1.1, False, True, True, True, False, True, False, True, False, NAMED
    ),
    "set_wire_load_model -name small": SetWireLoad(1, "small", ""),
    "set_wire_load_mode enclosed": SetWireLoad(1, "", "enclosed"),
    "set_operating_conditions slow -analysis_type single": SetOperatingConditions(1, "slow", "slow", "single"),
    "set_operating_conditions -min fast -max slow": SetOperatingConditions(1, "fast", "slow", ""),
}  # fmt: skip


@pytest.mark.parametrize("text", RECORDS)
def test_records(text: str) -> None:
    assert one(text) == RECORDS[text]


def test_every_record_is_tested() -> None:
    classes = {kind for kind in vars(package).values() if isinstance(kind, type) and issubclass(kind, Command)}
    assert {type(record) for record in RECORDS.values()} == classes - {Command}


def sources(text: str) -> Objects:
    command = one(f"set_propagated_clock {text}")
    assert isinstance(command, SetPropagatedClock)
    return command.objects


QUERIES: dict[str, Objects] = {
    "a": NAMED,
    "{a b\tc}": (q("name", "a", "b", "c"),),
    '"a b"': (q("name", "a", "b"),),
    "{}": (),
    "[get_ports {a b}]": (q("port", "a", "b"),),
    "[get_ports d[3]]": (q("port", "d[3]"),),
    "[get_ports {d[*]}]": (q("port", "d[*]"),),
    "[get_ports d[3:0]]": (q("port", "d[3:0]"),),
    r"[get_ports d\[3\]]": (q("port", "d[3]"),),
    r"[get_pins {u\/1/A}]": (q("pin", "u/1/A"),),
    "[get_ports]": (q("port", "*"),),
    "[get_ports {}]": (),
    "[get_cells -hierarchical *reg*]": (q("cell", "*reg*", hierarchical=True),),
    "[get_cells -hier -regexp {u.*} -nocase]": (q("cell", "u.*", hierarchical=True, regexp=True, nocase=True),),
    "[get_pins -of_objects [get_nets n]]": (q("pin", of_objects=(q("net", "n"),)),),
    "[get_ports -filter {direction==in} *]": (q("port", "*", filter="direction==in"),),
    "[get_lib_cells lib/BUF*]": (q("lib_cell", "lib/BUF*"),),
    "[get_lib_pins lib/BUF/A]": (q("lib_pin", "lib/BUF/A"),),
    "[get_libs]": (q("lib", "*"),),
    "[get_nets -quiet n]": (q("net", "n"),),
    "[get_ports [get_ports a]]": (q("port", "a"),),
    "[all_inputs]": (q("all_inputs"),),
    "[all_inputs -no_clocks]": (q("all_inputs", flags=("no_clocks",)),),
    "[all_outputs]": (q("all_outputs"),),
    "[all_registers -clock c -clock_pins]": (q("all_registers", flags=("clock_pins",), clocks=(q("name", "c"),)),),
    "[list [get_ports a] [get_ports b] c]": (q("port", "a"), q("port", "b"), q("name", "c")),
    "[concat [get_ports a] [all_clocks]]": (q("port", "a"), q("all_clocks")),
    "[add_to_collection [get_ports a] c]": (q("port", "a"), q("name", "c")),
    "[remove_from_collection [all_inputs] [get_ports clk]]": (q("all_inputs", excluded=(q("port", "clk"),)),),
}


@pytest.mark.parametrize("text", QUERIES)
def test_queries(text: str) -> None:
    assert sources(text) == QUERIES[text]


#: Script, and the values of "set_max_area" in it.
SCRIPTS = {
    "variables": (
        "set a 1; set b $a; set_max_area $b; set_max_area ${a}5; set ::n::x 3\nset_max_area $::n::x",
        [1, 15, 3],
    ),
    "arithmetic": ("set p 10\nset_max_area [expr $p * .25 + 1]; set_max_area [expr {($p - 4) / 4}]", [3.5, 1]),
    "set without a value": ("set a 4; set_max_area [set a]", [4]),
    "nested brackets": ("set_max_area [expr [expr 1+1] * [llength {a {b c} d}]]", [6]),
    "lists": ("set l {1 2 3}; lappend l 4 {5 6}; set_max_area [lindex $l 3]; set_max_area [llength $l]", [4, 5]),
    "end of a list": ("set_max_area [lindex [list 7 8 9] end]", [9]),
    "loop": ("foreach x {1 2} { foreach y {3 4} { set_max_area $x$y } }", [13, 14, 23, 24]),
    "loop over pairs": ("foreach {x y} {1 2 3 4} { set_max_area [expr $x*$y] }", [2, 12]),
    "condition": (
        "set x 2; if {$x > 3} {set_max_area 1} elseif { $x == 2 && !0 } then {set_max_area 2} else {set_max_area 3}",
        [2],
    ),
    "other branch": ("if {[info exists x]} {set_max_area 1} else {set_max_area 2}", [2]),
    "short else": ('if {"a" eq "b"} {set_max_area 1} {set_max_area 2}', [2]),
    "comments": ("# set_max_area 1 \\\n  set_max_area 2\nset_max_area 3 ;# x\nset_max_area 4", [3, 4]),
    "continued lines": ("set_max_area \\\n  5\nset_max_area\\\r\n 6\r\nset_max_area {\\\n7}", [5, 6, 7]),
    "a backslash before a lone carriage return": ("set_max_area [lindex {a 2} 1] x\\\ry", [2]),
    "quotes": ('set_max_area "1[lindex {2 3} 0]\\x"', "sdc-number"),
    "whole numbers stay whole": ("set_max_area [expr 7/2]; set_max_area [expr 7/2.0]", [3, 3.5]),
    "abbreviated option": ("create_clock -per 1 -n c; set_max_area 1", [1]),
    "name that looks like an option": ("set_max_area 1 {-x}", [1]),
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_scripts(name: str) -> None:
    text, expected = SCRIPTS[name]
    if isinstance(expected, str):
        with pytest.raises(InputError) as caught:
            read(text)
        assert caught.value.code == expected
    else:
        assert [limit.value for limit in read(text).of(SetLimit)] == expected


def test_units() -> None:
    text = """set_load 2 a; set_units -time 10ps -capacitance fF -resistance 1.0Ohm -voltage V
        set_load 3 a; set_drive 4 a; create_clock -period 70 a"""
    sdc = read(text, units=Units(0.001, 10.0, 1e6))
    assert [load.capacitance_ff for load in sdc.of(SetLoad)] == [20.0, 3.0]
    assert sdc.of(SetDrive)[0].resistance_ohm == 4.0
    assert sdc.of(CreateClock)[0].period_ns == pytest.approx(0.7)
    assert sdc.units == Units(0.01, 1.0, 1.0)


def test_what_is_not_understood_is_counted() -> None:
    sdc = read("current_design top\n\ngroup_path -name x -to [nobody knows]\nset_dont_touch {a\nb}; set_dont_touch c\n"
               "puts \"x;y\" ; set_max_area 1")  # fmt: skip
    assert sdc.design == "top"
    assert {name: tuple(ignored) for name, ignored in sdc.ignored.items()} == {
        "group_path": (1, 3),
        "set_dont_touch": (2, 4),
        "puts": (1, 6),
    }
    assert [limit.line for limit in sdc.of(SetLimit)] == [6]


@pytest.mark.parametrize("packed", [bytes, gzip.compress])
def test_files_and_names_in_other_alphabets(packed: type, tmp_path: Path) -> None:
    file = tmp_path / "x.sdc"
    file.write_bytes(packed("create_clock -period 1 été".encode()))
    sdc = read_sdc(file)
    assert sdc.source == str(file)
    assert sdc.of(CreateClock)[0].name == "été"


#: Text, code, column of the only line.
REFUSED = {
    "open brace": ("set a {b", "sdc-brace", 7),
    "closing brace": ("}", "sdc-closing-brace", 1),
    "open bracket": ("set_load 1 [get_ports a", "sdc-bracket", 12),
    "open quote": ('set a "b', "sdc-quote", 7),
    "open brace in an unknown command": ("foo {b", "sdc-brace", 5),
    "glued to a brace": ("set a {b}c", "sdc-extra", 10),
    "no variable": ("set_load $x a", "sdc-variable", 10),
    "no variable in a condition": ("if {$x} {}", "sdc-variable", 5),
    "environment": ("set_load $::env(X) a", "sdc-environment", 10),
    "source": ("source x.tcl", "sdc-script", 1),
    "exec": ("set a [exec ls]", "sdc-script", 8),
    "proc": ("proc f {} {}", "sdc-script", 1),
    "unknown query": ("set_load 1 [get_port a]", "sdc-query", 13),
    "objects in text": ("set_load 1 x[get_ports a]", "sdc-glued", 12),
    "objects as a command": ("[get_ports a] b", "sdc-glued", 1),
    "loop over objects": ("foreach p [get_ports a] {}", "sdc-collection", 11),
    "arguments of set": ("set a b c", "sdc-arguments", 1),
    "arguments of if": ("if 1", "sdc-arguments", 4),
    "body of foreach": ("foreach a b c", "sdc-arguments", 13),
    "unknown option": ("create_clock -perod 1 a", "sdc-option", 14),
    "unclear option": ("create_generated_clock -e 1 a", "sdc-option-unclear", 24),
    "option without value": ("create_clock a -period", "sdc-option-value", 16),
    "no period": ("create_clock a", "sdc-missing", 1),
    "no objects": ("set_input_delay 1", "sdc-missing", 1),
    "no kind of groups": ("set_clock_groups -group a", "sdc-missing", 1),
    "too much": ("set_load 1 a b", "sdc-surplus", 14),
    "no number": ("set_load x a", "sdc-number", 10),
    "not a finite number": ("set_load inf a", "sdc-number", 10),
    "objects as a number": ("set_load [get_ports a] a", "sdc-number", 10),
    "fraction": ("create_generated_clock -source s -divide_by 1.5 a", "sdc-integer", 45),
    "zero period": ("create_clock -period 0 a", "sdc-positive", 22),
    "negative period": ("create_clock -period -1 a", "sdc-positive", 22),
    "negative load": ("set_load -1 a", "sdc-negative", 10),
    "falling waveform": ("create_clock -period 1 -waveform {1 0} a", "sdc-waveform", 34),
    "long waveform": ("create_clock -period 1 -waveform {0 2} a", "sdc-waveform", 34),
    "odd waveform": ("create_clock -period 1 -waveform {0 .2 .4} a", "sdc-waveform", 34),
    "two edges": ("create_generated_clock -source s -edges {1 2} a", "sdc-edges", 41),
    "from twice": ("set_false_path -from a -rise_from b", "sdc-conflict", 1),
    "edges and division": ("create_generated_clock -source s -divide_by 2 -edges {1 2 3} a", "sdc-conflict", 1),
    "clock without a name": ("create_clock -period 1", "sdc-clock-name", 1),
    "case": ("set_case_analysis 2 a", "sdc-choice", 19),
    "unit": ("set_units -time 1pF", "sdc-units", 17),
    "expression": ("set a [expr 1 +]", "sdc-expression", 13),
    "division by zero": ("set a [expr 1/0]", "sdc-expression", 13),
    "list": ("set_load 1 {a {b}c}", "sdc-list", 12),
    "nesting": ("set a " + "[expr " * 60, "sdc-deep", 302),
    "no constraints": ("hello world", "sdc-nothing", 1),
    "Verilog": ("// x\nmodule t;", "sdc-wrong-file", 1),
    "Liberty": ("library (x) {", "sdc-wrong-file", 1),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str) -> None:
    text, code, column = REFUSED[name]
    with pytest.raises(InputError) as caught:
        read(text)
    assert (caught.value.code, caught.value.column) == (code, column), str(caught.value)


def test_every_message_is_tested() -> None:
    assert {code for _, code, _ in REFUSED.values()} == set(MESSAGES) - {
        "sdc-length",
        "sdc-regexp",
        "sdc-steps",
    }  # tested below


def test_hints() -> None:
    for text, hint in (
        ("create_clock -perod 1 a", "did you mean '-period'?"),
        ("set period 1; create_clock -period $perid a", "did you mean 'period'?"),
        ("set_load 1 [get_port a]", "did you mean 'get_ports'?"),
    ):
        with pytest.raises(InputError) as caught:
            read(text)
        assert caught.value.hint == hint


def test_endless_growth_is_stopped() -> None:
    for grow in ('set a "$a$a"', "lappend a $a", "set a [concat $a $a]", "set a [add_to_collection $a $a]"):
        with pytest.raises(InputError) as caught:
            read("set a {xy zw}\nforeach i {" + "1 " * 60 + "} {" + grow + "}")
        assert caught.value.code == "sdc-length"


def test_endless_work_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edasat.eda.formats.sdc.tcl.MAX_STEPS", 50)
    with pytest.raises(InputError) as caught:
        read("foreach a {1 2 3 4} { foreach b {1 2 3 4} { foreach c {1 2 3 4} {set x 1} } }")
    assert caught.value.code == "sdc-steps"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1+2*3", "7"), ("(1+2)*3", "9"), ("-7/2", "-4"), ("7%4", "3"), ("1.0/4", "0.25"), ("2e-1*10", "2.0"),
        ("-(-3)", "3"), ("1 < 2 && 2 <= 1 || 1 != 2", "1"), ("{a} eq \"a\"", "1"), ("!true", "0"), ("0 ? 1 : 2", "2"),
        ("round(2.5)", "3"), ("int(-2.7)", "-2"), ("max(1, 3, 2)", "3"), ("abs(-2) + floor(1.5) + ceil(0.5)", "4.0"),
        ("sqrt(16)", "4.0"), ("double(3)", "3.0"), ("99999999999 * 99999999999", "9.9999999998e+21"),
    ],
)  # fmt: skip
def test_arithmetic(text: str, value: str) -> None:
    assert evaluate(text) == value


@pytest.mark.parametrize(
    "text", ["", "1 2", "(1", "f(1)", "1 +", "a + 1", "$x", "1.5 % 2", "sqrt(-1)", "1 ? 2", "max(1", "(" * 99, "x"]
)
def test_wrong_arithmetic(text: str) -> None:
    with pytest.raises(ExpressionError):
        truth(text)


def test_lists_are_split_as_tcl_does() -> None:
    assert split_list('a  b\n{c {d e}} "f g" h\\ i {j\\}k} {}') == ["a", "b", "c {d e}", "f g", "h i", "j\\}k", ""]
    for text in ("{a", '"a', "{a}b"):
        with pytest.raises(ListError):
            split_list(text)


NAMES = ["clk", "data[0]", "data[1]", "data[10]", "Data", "u1/A", "u1/u2/A", "u1/u2/B", "x.y", "a\nb", "data"]


def slow_match(pattern: str, names: list[str]) -> list[int]:
    """Return what a glob matches by the standard library's regular expressions."""
    glob = "".join({"*": "[^/]*", "?": "[^/]"}.get(c, re.escape(c)) for c in pattern)
    found = [i for i, name in enumerate(names) if re.fullmatch(glob, name, re.DOTALL)]
    if not found and not set("*?") & set(pattern):
        found = [i for i, name in enumerate(names) if name.endswith("]") and name.rpartition("[")[0] == pattern != ""]
    return found


@given(st.lists(st.text(st.sampled_from("ab[]*?/.0"), max_size=6), max_size=4), st.data())
def test_globs(patterns: list[str], data: st.DataObject) -> None:
    texts = data.draw(st.lists(st.text(st.sampled_from("ab[]/.0"), min_size=1, max_size=6), unique=True, max_size=20))
    names = [text for text in texts if "]" not in text or re.fullmatch(r"[^\[\]]*\[0\]", text)]
    expected = sorted({i for pattern in patterns for i in slow_match(pattern, names)})
    assert match(patterns, Names.of(names)).tolist() == expected


def test_matching() -> None:
    names = Names.of(NAMES)
    for pattern, options, expected in (
        ("data[*]", {}, ["data[0]", "data[1]", "data[10]"]),
        ("data[?]", {}, ["data[0]", "data[1]"]),
        ("data", {}, ["data"]),
        ("dat?", {"nocase": True}, ["Data", "data"]),
        ("*", {}, [name for name in NAMES if "/" not in name]),
        ("u1/*/?", {}, ["u1/u2/A", "u1/u2/B"]),
        ("A", {"hierarchical": True}, ["u1/A", "u1/u2/A"]),
        ("u2/*", {"hierarchical": True}, ["u1/u2/A", "u1/u2/B"]),
        ("x.y", {}, ["x.y"]),
        ("xzy", {}, []),
        ("a?b", {}, ["a\nb"]),
        (r"data\[1.*", {"regexp": True}, ["data[1]", "data[10]"]),
        ("dat", {"regexp": True}, []),
        ("clk|x.y", {"regexp": True}, ["clk", "x.y"]),
        ("", {}, []),
    ):
        assert [NAMES[i] for i in match([pattern], names, **options)] == expected, pattern  # type: ignore[arg-type]
    assert match(["clk", "c*", "u1/A"], names).tolist() == [0, 5]
    assert match(["bus"], Names.of(["bus[1]", "busy", "bus[0]"])).tolist() == [0, 2]
    assert match(["*"], Names.of([])).dtype == np.int32
    with pytest.raises(InputError) as caught:
        match(["a("], names, regexp=True)
    assert caught.value.code == "sdc-regexp"


def test_many_patterns_match_many_names() -> None:
    names = Names.of(f"u{i}/r[{i % 7}]" for i in range(20_000))
    wanted = [f"u{i}/r" for i in range(0, 20_000, 10)] + [f"u{i}/*" for i in range(5, 5000, 10)]
    found = match(wanted, names)
    assert found.tolist() == sorted([*range(0, 20_000, 10), *range(5, 5000, 10)])


EXAMPLE = """
# constraints of a small block
set p 4.0
create_clock -name clk -period $p [get_ports {clk}]
foreach port {a b} { set_input_delay [expr $p * 0.2] -clock clk [get_ports ${port}[0]] }
if {$p > 3} { set_false_path -from [list [get_ports a] b] -through {u1/A u2/B} \\
  -to [remove_from_collection [all_outputs] "y"] } else { set_load 1 z }
set_clock_groups -asynchronous -group {clk} -group [get_clocks x*]
"""
PIECES = st.sampled_from(
    [
        "set",
        "a",
        "$a",
        "${a}",
        "{",
        "}",
        "[",
        "]",
        '"',
        ";",
        "\n",
        "\\",
        "#",
        "create_clock",
        "-period",
        "1",
        "-name",
        "get_ports",
        "all_inputs",
        "expr",
        "+",
        "(",
        ")",
        "if",
        "foreach",
        "else",
        "list",
        "lindex",
        "concat",
        "lappend",
        "set_false_path",
        "-from",
        "set_load",
        "-2.5",
        "x",
        "y[0]",
        "x[*]",
        "set_units",
        "-time",
        "1ns",
        "info",
        "exists",
        "foo",
    ]
)


@settings(max_examples=300)
@given(st.lists(PIECES, max_size=40))
def test_any_mixture_of_words_gives_a_record_or_an_error(words: list[str]) -> None:
    try:
        read(" ".join(words))
    except InputError as error:
        assert error.code in MESSAGES


@settings(max_examples=300)
@given(st.integers(0, len(EXAMPLE)), st.integers(0, 30), st.binary(max_size=6))
def test_damaged_files_give_a_record_or_an_error(at: int, length: int, put: bytes) -> None:
    text = EXAMPLE.encode()
    try:
        read_sdc(text[:at] + put + text[at + length :])
    except InputError as error:
        assert error.code in MESSAGES or error.code.startswith("file-")


#: File -> its commands (grep -c), its clocks and their periods.
PUBLIC = {
    "circuitops/nangate45_aes/6_final.sdc.gz": (389, {"clk": 0.82}),
    "circuitops/sky130hd_gcd/6_final.sdc.gz": (55, {"core_clock": 3.4}),
    "opensta_examples/gcd_sky130hd.sdc": (4, {"clk": 5.0}),
    "opensta_examples/mcmm2_mode1.sdc": (2, {"m1_clk": 1000.0}),
    "openroad_gcd/gcd_sky130hd.sdc": (1, {"core_clock": 4.36}),
    "opentimer/c17/c17.sdc": (51, {"virtual_clock": 100.0}),
}


@pytest.mark.parametrize("name", PUBLIC)
def test_public_files(shared_data: Path, name: str) -> None:
    sdc = read_sdc(shared_data / "timing" / name)
    commands, clocks = PUBLIC[name]
    assert len(sdc.commands) == commands
    assert {clock.name: clock.period_ns for clock in sdc.of(CreateClock)} == clocks


def test_all_public_files_are_understood(shared_data: Path) -> None:
    files = sorted((shared_data / "timing").rglob("*.sdc*"))
    assert len(files) > 20
    for file in files:
        assert set(read_sdc(file).ignored) <= {"set_all_input_output_delays"}  # a procedure of OpenROAD's tests
