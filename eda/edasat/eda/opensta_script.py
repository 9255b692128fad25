"""The Tcl script that OpenSTA is given and the folder it runs in; :mod:`.opensta` runs it and reads its tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from edasat.core.files import Source

DelayCalculator = Literal["lumped_cap", "dmp_ceff_elmore", "dmp_ceff_two_pole"]
Analysis = Literal["single", "bc_wc", "on_chip_variation"]

#: Printed by a script that has run to its end.
DONE: Final = "edasat-script-done"
_ALL_ENDPOINTS: Final = 100_000_000
_NO_WIRES: Final = """\
library (edasat_no_wires) {
  delay_model : table_lookup;
  time_unit : "1ns";
  capacitive_load_unit (1, ff);
  input_threshold_pct_rise : 50; input_threshold_pct_fall : 50;
  output_threshold_pct_rise : 50; output_threshold_pct_fall : 50;
  slew_lower_threshold_pct_rise : 20; slew_upper_threshold_pct_rise : 80;
  slew_lower_threshold_pct_fall : 20; slew_upper_threshold_pct_fall : 80;
  wire_load ("edasat_no_wires") { resistance : 0; capacitance : 0; area : 0; slope : 0; fanout_length (1, 0); }
}
"""

#: Names lose the backslashes of Verilog's escapes: the canonical form of :mod:`edasat.core.names`.
_PROCEDURES: Final = r"""
proc canonical {object} { return [string map {\\ {}} [get_full_name $object]] }
proc row {file args} { puts $file [join $args \t] }
set edasat_cpu 0.0
proc phase {name} {
  global edasat_cpu phases
  set now [user_run_time]
  row $phases $name [expr {$now - $edasat_cpu}]
  set edasat_cpu $now
}
proc write_ends {name delay ends} {
  set file [open $name w]
  foreach end $ends {
    set start [get_property $end startpoint]
    set check [expr {[$end is_output_delay] ? "output delay" : [$end is_path_delay] ? "path delay" : [$end check_role]}]
    if {[$end is_gated_clock]} { set check "gated clock $delay" }
    row $file [canonical [[$end vertex] pin]] [$end end_transition] $check [canonical $start] \
      [$end slack] [$end data_arrival_time] [$end data_required_time]
  }
  close $file
}
proc write_paths {name early_late ends} {
  set file [open $name w]
  set number 0
  foreach end $ends {
    foreach point [get_property $end points] {
      set pin [$point pin]
      set edge [expr {[lindex [$point tag] 1] eq "^" ? "rise" : "fall"}]
      set slew [lindex [[lindex [$pin vertices] 0] slews $edge] $early_late]
      row $file $number [canonical $pin] $edge [$point arrival] $slew
    }
    incr number
  }
  close $file
}
proc write_pins {name wanted} {
  if {$wanted ne ""} {
    set list [open $wanted]
    foreach pin [split [read -nonewline $list] \n] { set keep($pin) 1 }
    close $list
  }
  set edges {}
  foreach clock [all_clocks] { lappend edges $clock rise $clock fall }
  lappend edges NULL rise
  set file [open $name w]
  set vertices [sta::vertex_iterator]
  while {[$vertices has_next]} {
    set vertex [$vertices next]
    set pin [canonical [$vertex pin]]
    if {$wanted ne "" && ![info exists keep($pin)]} { continue }
    set values {}
    foreach edge {rise fall} {
      set early 1e30
      set late -1e30
      foreach {clock clock_edge} $edges {
        lassign [$vertex arrivals_clk $edge $clock $clock_edge] first last
        if {$first < $early} { set early $first }
        if {$last > $late} { set late $last }
      }
      lappend values $early $late {*}[$vertex slews $edge] {*}[$vertex slacks $edge]
    }
    row $file $pin {*}$values
  }
  $vertices finish
  close $file
}
"""


@dataclass(frozen=True)
class StaInputs:
    """The files of one analysis; compressed files are decompressed first.

    Attributes:
        liberty: one file or several.
        netlist: structural Verilog.
        top: name of its top module.
        sdc: constraints, executed as Tcl; None means no clock, and so no endpoint.
        spef: parasitics, or None.
        sdf: delays to annotate, or None.
        liberty_early: libraries of the early corner, for the analyses with two; () takes ``liberty`` for both.
    """

    liberty: Sequence[str | Path]
    netlist: str | Path
    top: str
    sdc: str | Path | None = None
    spef: str | Path | None = None
    sdf: str | Path | None = None
    liberty_early: Sequence[str | Path] = ()


def write_script(
    folder: Path,
    inputs: StaInputs,
    delay_calculator: DelayCalculator,
    wire_load: bool,
    analysis: Analysis,
    pins: Sequence[str] | Literal["all"],
    paths: int,
    write_sdf: bool,
) -> str:
    """Put the inputs into the folder and return the Tcl script; it holds no text from outside but the top's name."""
    lines = [f"set_operating_conditions -analysis_type {analysis}"] if analysis != "single" else []
    for which, files in (("-max" if inputs.liberty_early else "", inputs.liberty), ("-min", inputs.liberty_early)):
        for number, file in enumerate(files):
            lines.append(f"read_liberty {which} {_put(folder, f'{which[1:]}{number}.lib', file)}")
    if not wire_load:
        (folder / "no_wires.lib").write_text(_NO_WIRES)
        lines.append("read_liberty no_wires.lib")  # last: the first library sets the units
    lines.append("phase liberty")
    lines += [f"read_verilog {_put(folder, 'netlist.v', inputs.netlist)}", f"link_design {_quoted(inputs.top)}"]
    lines.append("phase netlist")
    if inputs.sdc is not None:
        lines.append(f"read_sdc {_put(folder, 'constraints.sdc', inputs.sdc)}")
    lines.append(f"sta::set_delay_calculator {delay_calculator}")
    if not wire_load:  # after the SDC, which may set wire loads of its own
        lines.append("set_wire_load_model -name edasat_no_wires -library edasat_no_wires")
    lines.append("phase constraints")
    if inputs.spef is not None:
        lines.append(f"read_spef {_put(folder, 'wires.spef', inputs.spef)}")
    if inputs.sdf is not None:
        lines.append(f"read_sdf {_put(folder, 'delays.sdf', inputs.sdf)}")
    lines += ["phase annotation", "find_timing -full_update", "phase timing"]
    for early_late, delay in enumerate(("min", "max")):
        ends = f"[find_timing_paths -path_delay {delay} -group_count {{}} -endpoint_count {{}}]"
        lines.append(f"write_ends {delay}.ends {delay} {ends.format(_ALL_ENDPOINTS, 1)}")
        if paths:
            lines.append(f"set worst {ends.format(paths, paths)}")
            lines.append(f"write_ends {delay}.worst {delay} $worst; write_paths {delay}.points {early_late} $worst")
    if pins:
        if pins != "all":
            (folder / "wanted").write_text("\n".join(pins))
        lines.append(f"write_pins pins {'{}' if pins == 'all' else 'wanted'}")
    if write_sdf:
        lines.append("write_sdf -no_timestamp -digits 6 out.sdf")
    lines.append("phase reports")
    body = "\n".join(f"  {line}" for line in lines)
    return (
        f"{_PROCEDURES}set phases [open phases w]\n"
        f"if {{[catch {{\n{body}\n}} message]}} {{ puts stderr $message; exit 1 }}\n"
        f"close $phases\nputs {DONE}\n"
    )


def _quoted(text: str) -> str:
    r"""Quote a string for Tcl, so that nothing in it is substituted.

    >>> print(_quoted("top[0] $x"))
    "top\[0\] \$x"
    """
    for character in '\\"$[]{}':
        text = text.replace(character, "\\" + character)
    return f'"{text}"'


def _put(folder: Path, name: str, file: str | Path) -> str:
    """Make a file reachable in the folder under a fixed name: linked if plain, else decompressed."""
    source = Source(file)
    with source.open() as stream:
        if stream.kind or source.path is None:
            (folder / name).write_bytes(stream.read())
        else:
            (folder / name).symlink_to(source.path.resolve())
    return name
