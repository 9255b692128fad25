from __future__ import annotations

import dataclasses
import gzip
import itertools
import operator
import re
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edasat.core.bytescan import PADDING
from edasat.core.errors import InputError, LimitError
from edasat.core.files import Cache, Source
from edasat.eda.formats.liberty import MESSAGES, cache, document, read_liberty, reader
from edasat.eda.formats.liberty.keywords import KEYWORDS, keyword_table
from edasat.eda.formats.liberty.scanner import DONE, KEYWORD, scan
from edasat.eda.functions import formula_senses as senses
from edasat.eda.library import NONE, ArcType, Direction, Library, Sense

SMALL = rb"""
/* every construct that the reader knows, in one library */
library ("small") {
  define (drive, cell, float);
  technology (cmos);
  delay_model : table_lookup;
  bus_naming_style : "%s[%d]";
  time_unit : "10ps";
  voltage_unit : "100mV";
  pulling_resistance_unit : "10ohm";
  capacitive_load_unit (10, ff);
  nom_process : 0.9; nom_voltage : 11; nom_temperature : -40;
  input_threshold_pct_rise : 50; input_threshold_pct_fall : 45;
  output_threshold_pct_rise : 50; output_threshold_pct_fall : 55;
  slew_lower_threshold_pct_rise : 30; slew_lower_threshold_pct_fall : 20;
  slew_upper_threshold_pct_rise : 70; slew_upper_threshold_pct_fall : 80
  slew_derate_from_library : 0.5;
  default_max_transition : 40.0;
  default_max_capacitance : "20";
  default_input_pin_cap : 0.5; default_output_pin_cap : 0.0;
  operating_conditions (cold) { process : 1.1; voltage : 12.0; temperature : -40; tree_type : balanced_tree; }
  default_operating_conditions : cold;
  wire_load ("w") {
    capacitance : 0.02; resistance : 0.5; area : 0.1; slope : 5;
    fanout_length (1, 10); fanout_length (2, 25.0);
  }
  default_wire_load : "w";
  power_lut_template (p) { variable_1 : input_transition_time; index_1 ("1, 2"); }
  lu_table_template (delay) {
    variable_1 : input_net_transition;
    variable_2 : total_output_net_capacitance;
    index_1 ("1, 2, 4");
    index_2 ("1.0, 2.0");
  }
  lu_table_template (turned) {
    variable_1 : total_output_net_capacitance;
    variable_2 : input_net_transition;
    index_1 ("1.0, 2.0");
    index_2 ("1, 2, 4");
  }
  lu_table_template (by_load) { variable_1 : total_output_net_capacitance; index_1 ("1.0, 2.0, 8"); }
  lu_table_template (by_slew) { variable_1 : input_net_transition; index_1 ("1.0, 2.0, 8"); }
  lu_table_template (check) {
    variable_1 : related_pin_transition;
    variable_2 : constrained_pin_transition;
    index_1 ("1, 3");
    index_2 ("1, 2, 4");
  }
  lu_table_template (check_turned) {
    variable_1 : constrained_pin_transition;
    variable_2 : related_pin_transition;
    index_1 ("1, 2, 4");
    index_2 ("1, 3");
  }
  type (byte) { base_type : array; data_type : bit; bit_width : 2; bit_from : 1; bit_to : 0; downto : true; }
  type (pair) { base_type : array; data_type : bit; bit_width : 2; bit_from : 0; bit_to : 1; }

  cell (NAND2) {
    area : 1.5; drive : 2.0;
    leakage_power () { value : "1.0"; when : "A & B"; }
    pg_pin (VDD) { pg_type : primary_power; }
    pin (A) { direction : input; rise_capacitance : 0.31; fall_capacitance : 0.29; capacitance : 0.3; }
    pin (B) { direction : "input"; capacitance : 0.4; }
    pin (Y) {
      direction : output; function : "!(A B)"; max_capacitance : 12; max_transition : 30;
      internal_power () { related_pin : "A B"; rise_power (p) { values ("1, 2"); } fall_power (p) { values ("1, 2"); } }
      timing () {
        related_pin : "A";
        when : "B"; sdf_cond : "B == 1'b1";
        cell_rise (delay) { values ("1.0, 2.0", \
                                    "3.0, 5.0", \
                                    "7.0, 11."); }
        cell_fall (delay) { index_1 ("1 2"); index_2 ("1.0,2.0,3.0"); values ("1.5,2.5,3.5", "2,3,4e0"); }
        rise_transition (by_load) { values ("1, 2, 6"); }
        fall_transition (scalar) { values ("2.5"); }
      }
      timing () {
        related_pin : "B"; timing_sense : negative_unate; timing_type : combinational;
        cell_rise (turned) { values ("1.0, 3.0, 7.0", "2.0, 5.0, 11.0"); }
        cell_fall (by_slew) { values ("1, 2, 6"); }
        rise_transition (turned) { values ("1.0, 3.0, 7.0", "2.0, 5.0, 11.0"); }
        fall_transition (by_slew) { values ("1, 2, 6"); }
      }
    }
  }
  cell (XOR2) {
    area : 2.5; dont_use : true;
    pin (A, B) { direction : input; }
    pin (Y) {
      direction : output; function : "A ^ B";
      timing () {
        related_pin : "A B";
        cell_rise (scalar) { values ("3"); } cell_fall (scalar) { values ("4"); }
        rise_transition (scalar) { values ("1"); } fall_transition (scalar) { values ("1"); }
      }
    }
  }
  cell (DFF) {
    area : 6;
    ff (IQ, IQN) { next_state : "D"; clocked_on : "CK"; clear : "!RN"; }
    pin (CK) { direction : input; clock : true; capacitance : 0.2; }
    pin (RN) {
      direction : input; capacitance : 0.2;
      timing () { related_pin : "CK"; timing_type : recovery_rising; rise_constraint (scalar) { values ("1.25"); } }
    }
    pin (D) {
      direction : input; capacitance : 0.2;
      timing () {
        related_pin : "CK"; timing_type : setup_rising;
        rise_constraint (check) { values ("1, 2, 3", "5, 7, 9"); }
        fall_constraint (check_turned) { values ("1, 5", "2, 7", "3, 9"); }
      }
      timing () {
        related_pin : "CK"; timing_type : hold_rising;
        rise_constraint (check) { values ("-1, -2, -3", "-5, -7, -9"); }
        fall_constraint (scalar) { values ("-1.5"); }
      }
    }
    pin (Q) {
      direction : output; function : "IQ";
      timing () {
        related_pin : "CK"; timing_type : rising_edge;
        cell_rise (delay) { values ("1,2", "3,5", "7,11"); } cell_fall (delay) { values ("2,3", "4,6", "8,12"); }
        rise_transition (by_load) { values ("1,2,6"); } fall_transition (by_load) { values ("1,2,6"); }
      }
      timing () {
        related_pin : "RN"; timing_type : clear; timing_sense : positive_unate;
        cell_fall (scalar) { values ("2"); } fall_transition (scalar) { values ("1"); }
      }
    }
  }
  cell (TBUF) {
    pin (A) { direction : input; }
    pin (E) { direction : input; }
    pin (Y) {
      direction : output; function : "A"; three_state : "!E";
      timing () {
        related_pin : "A";
        cell_rise (by_load) { values ("1,2,6"); } cell_fall (by_load) { values ("1,2,6"); }
        rise_transition (by_load) { values ("1,2,6"); } fall_transition (by_load) { values ("1,2,6"); }
      }
    }
  }
  cell (BUS) {
    bus (D) { bus_type : byte; direction : input; capacitance : 0.6; pin (D[0]) { capacitance : 0.7; } }
    pin (S) { direction : input; }
    bus (Q) {
      bus_type : pair; direction : output; function : "D";
      timing () {
        related_pin : "D";
        cell_rise (scalar) { values ("1"); } cell_fall (scalar) { values ("2"); }
        rise_transition (scalar) { values ("1"); } fall_transition (scalar) { values ("1"); }
      }
      pin (Q[0:1]) {
        timing () {
          related_pin : "S"; timing_sense : non_unate;
          cell_rise (scalar) { values ("3"); } cell_fall (scalar) { values ("4"); }
          rise_transition (scalar) { values ("1"); } fall_transition (scalar) { values ("1"); }
        }
      }
    }
  }
}
"""

#: Delays and checks of SMALL in 10 ps at an input transition of 1.7 (17 ps), as Debian's OpenSTA 2.0.17 writes them
#: (``set_delay_calculator lumped_cap; set_input_transition 1.7 [all_inputs]; set_load 1.3 [all_outputs]; write_sdf
#: -digits 6``); NAND2 drives the two inputs of an XOR2 over the default wire load, the others their port.
OPENSTA = {
    ("NAND2", "A", "Y", ArcType.COMBINATIONAL): (3.25, 2.35),
    ("NAND2", "B", "Y", ArcType.COMBINATIONAL): (3.25, 1.7),
    ("DFF", "CK", "Q", ArcType.RISING_EDGE): (2.91, 3.91),
    ("DFF", "CK", "D", ArcType.SETUP_RISING): (3.345, 3.345),
    ("DFF", "CK", "D", ArcType.HOLD_RISING): (-3.345, -1.5),
    ("DFF", "CK", "RN", ArcType.RECOVERY_RISING): (1.25, None),
    ("TBUF", "A", "Y", ArcType.COMBINATIONAL): (1.3, 1.3),
    ("BUS", "D[1]", "Q[0]", ArcType.COMBINATIONAL): (1.0, 2.0),
    ("BUS", "D[0]", "Q[1]", ArcType.COMBINATIONAL): (1.0, 2.0),
    ("BUS", "S", "Q[0]", ArcType.COMBINATIONAL): (3.0, 4.0),
    ("BUS", "S", "Q[1]", ArcType.COMBINATIONAL): (3.0, 4.0),
}


@pytest.fixture(scope="module")
def small() -> Library:
    return read_liberty(SMALL)


def cell_of(library: Library, pin: int) -> str:
    return library.cells[int(np.searchsorted(library.cell_pins, pin, "right")) - 1]


def pin_of(library: Library, cell: str, name: str) -> int:
    c = library.cells.index(cell)
    first, last = library.cell_pins[c : c + 2]
    return int(first) + [library.pins[pin] for pin in range(first, last)].index(name)


def arc_of(library: Library, cell: str, source: str, target: str, kind: ArcType = ArcType.COMBINATIONAL) -> int:
    ends = pin_of(library, cell, source), pin_of(library, cell, target)
    (arc,) = np.flatnonzero((library.arc_from == ends[0]) & (library.arc_to == ends[1]) & (library.arc_type == kind))
    return int(arc)


def look_up(library: Library, number: int, first: float, second: float) -> float:
    """Interpolate in both axes, beyond the last entries too."""
    table = library.table(number)

    def weights(axis: np.ndarray, at: float) -> tuple[int, float]:
        if len(axis) == 1:
            return 0, 0.0
        i = int(np.clip(np.searchsorted(axis, at) - 1, 0, len(axis) - 2))
        return i, float((at - axis[i]) / (axis[i + 1] - axis[i]))

    (i, a), (j, b) = weights(table.first, first), weights(table.second, second)
    values = np.pad(table.values, ((0, 1), (0, 1)), mode="edge")
    upper = values[i, j] * (1 - b) + values[i, j + 1] * b
    lower = values[i + 1, j] * (1 - b) + values[i + 1, j + 1] * b
    return float(upper * (1 - a) + lower * a)


def test_tables_agree_with_opensta(small: Library) -> None:
    wire = small.wire_loads[small.default_wire_load]
    input_pin = small.pin_capacitance[pin_of(small, "XOR2", "A"), 0]
    for (cell, source, target, kind), expected in OPENSTA.items():
        arc = arc_of(small, cell, source, target, kind)
        load = 2 * input_pin + wire.length_at(2) * wire.capacitance_ff if cell == "NAND2" else 13.0
        second = 0.017 if kind.is_check else load
        for number, value in zip(small.arc_tables[arc], expected, strict=False):
            if value is None:
                assert number == NONE
            else:
                assert look_up(small, number, 0.017, second) == pytest.approx(value / 100, abs=1e-9)


def test_header_is_converted(small: Library) -> None:
    assert (small.name, small.source) == ("small", "<bytes>")
    assert small.operating_condition == pytest.approx((1.1, 1.2, -40))
    assert small.default_max_transition == pytest.approx(0.4)
    assert small.default_max_capacitance == pytest.approx(200)
    thresholds = small.thresholds
    assert (thresholds.input_fall, thresholds.output_fall, thresholds.slew_upper_rise) == (0.45, 0.55, 0.7)
    assert (thresholds.slew_lower_rise, thresholds.slew_upper_fall, thresholds.slew_derate) == (0.3, 0.8, 0.5)
    wire = small.wire_loads["w"]
    assert (wire.capacitance_ff, wire.resistance_ohm) == pytest.approx((0.2, 5.0))
    assert (wire.area, wire.slope, wire.fanout, wire.length) == (0.1, 5.0, (1, 2), (10.0, 25.0))
    assert small.skipped == {"internal_power": 1, "leakage_power": 1, "power_lut_template": 1}
    assert not small.notes


def test_cells_and_pins(small: Library) -> None:
    assert small.cells.to_list() == ["NAND2", "XOR2", "DFF", "TBUF", "BUS"]
    assert small.cell_area.tolist() == [1.5, 2.5, 6, 0, 0]
    assert small.cell_dont_use.tolist() == [False, True, False, False, False]
    assert [small.pins[p] for p in range(small.cell_pins[4], small.num_pins)] == ["D[1]", "D[0]", "S", "Q[0]", "Q[1]"]
    assert small.pin_direction[pin_of(small, "BUS", "D[0]")] == Direction.INPUT
    assert small.pin_direction[pin_of(small, "BUS", "Q[1]")] == Direction.OUTPUT
    capacitance = {(cell, pin): small.pin_capacitance[pin_of(small, cell, pin)].tolist() for cell, pin in [
        ("NAND2", "A"), ("NAND2", "B"), ("NAND2", "Y"), ("XOR2", "B"), ("BUS", "D[1]"), ("BUS", "D[0]"), ("BUS", "S"),
    ]}  # fmt: skip
    assert capacitance == {
        ("NAND2", "A"): pytest.approx([3.1, 2.9]),  # rise and fall of their own
        ("NAND2", "B"): pytest.approx([4, 4]),
        ("NAND2", "Y"): [0, 0],  # default_output_pin_cap
        ("XOR2", "B"): pytest.approx([5, 5]),  # default_input_pin_cap
        ("BUS", "D[1]"): pytest.approx([6, 6]),  # the bus's
        ("BUS", "D[0]"): pytest.approx([7, 7]),  # its own
        ("BUS", "S"): pytest.approx([5, 5]),
    }
    assert small.pin_capacitance_min is None
    output = pin_of(small, "NAND2", "Y")
    assert (small.pin_max_capacitance[output], small.pin_max_transition[output]) == pytest.approx((120, 0.3))
    assert np.isnan(small.pin_max_capacitance[output - 1])
    assert np.flatnonzero(small.pin_is_clock).tolist() == [pin_of(small, "DFF", "CK")]
    assert small.pin_function[output] == "!(A B)"
    assert small.pin_three_state[pin_of(small, "TBUF", "Y")] == "!E"
    (flip_flop,) = small.sequential[2]
    assert dataclasses.astuple(flip_flop) == ("ff", "IQ", "IQN", "D", "CK", "!RN", "")


def test_arcs(small: Library) -> None:
    assert small.cell_arcs.tolist() == [0, 2, 4, 9, 10, 14]
    first = arc_of(small, "NAND2", "A", "Y")
    assert (small.arc_when[first], small.arc_sdf_cond[first]) == ("B", "B == 1'b1")
    sense = {name: Sense(small.arc_sense[arc_of(small, *name)]) for name in [
        ("NAND2", "A", "Y"), ("XOR2", "A", "Y"), ("TBUF", "A", "Y"), ("BUS", "D[1]", "Q[0]"), ("BUS", "S", "Q[0]"),
        ("DFF", "CK", "Q", ArcType.RISING_EDGE),
    ]}  # fmt: skip
    assert [s.name for s in sense.values()] == [
        "NEGATIVE",
        "NON_UNATE",
        "POSITIVE",
        "POSITIVE",
        "NON_UNATE",
        "NON_UNATE",
    ]
    clear = arc_of(small, "DFF", "RN", "Q", ArcType.CLEAR)
    assert [number == NONE for number in small.arc_tables[clear]] == [True, False, True, False]


def test_axes_have_one_order(small: Library) -> None:
    straight, turned = (small.arc_tables[arc_of(small, "NAND2", pin, "Y"), 0] for pin in "AB")
    for ours, theirs in zip(small.table(straight), small.table(turned), strict=True):
        assert np.array_equal(ours, theirs)
    assert small.table(straight).first.tolist() == pytest.approx([0.01, 0.02, 0.04])
    assert small.table(straight).second.tolist() == pytest.approx([10, 20])
    assert small.table(straight).values.tolist() == [
        pytest.approx(row) for row in [[0.01, 0.02], [0.03, 0.05], [0.07, 0.11]]
    ]
    own = small.table(small.arc_tables[arc_of(small, "NAND2", "A", "Y"), 1])
    assert (own.first.tolist(), own.second.tolist()) == (pytest.approx([0.01, 0.02]), pytest.approx([10, 20, 30]))
    by_load, scalar = (small.table(small.arc_tables[arc_of(small, "NAND2", "A", "Y"), i]) for i in (2, 3))
    assert (by_load.first.tolist(), by_load.values.shape, scalar.values.tolist()) == (
        [0],
        (1, 3),
        [[pytest.approx(0.025)]],
    )
    by_slew = small.table(small.arc_tables[arc_of(small, "NAND2", "B", "Y"), 1])
    assert (by_slew.second.tolist(), by_slew.values.shape) == ([0], (3, 1))
    setup = small.arc_tables[arc_of(small, "DFF", "CK", "D", ArcType.SETUP_RISING)]
    assert all(np.array_equal(a, b) for a, b in zip(small.table(setup[0]), small.table(setup[1]), strict=True))


def wrap(body: str, head: str = "") -> bytes:
    """Put cells into a library that has all it needs."""
    thresholds = "".join(
        f"{side}_threshold_pct_{edge} : {value};"
        for side, value in (("input", 50), ("output", 50), ("slew_lower", 20), ("slew_upper", 80))
        for edge in ("rise", "fall")
    )
    units = "time_unit : 1ns; capacitive_load_unit (1, pf);"
    template = (
        "lu_table_template (t) { variable_1 : input_net_transition; variable_2 : total_output_net_capacitance;\n"
        ' index_1 ("1, 2"); index_2 ("1, 2"); }'
    )
    return f"library (l) {{ {thresholds}{units}{head}\n{template}\n{body}\n}}".encode()


def gate(timing: str, pins: str = "") -> bytes:
    """A buffer with one timing group, which begins on line 6."""
    return wrap(
        "cell (c) { pin (A) { direction : input; } "
        + pins
        + "\npin (Y) { direction : output; function : A; timing () {\n"
        f"{timing}\n}} }} }}"
    )


TOLERATED = {
    "no semicolons": "cell (c) {\n area : 3\n pin (Y) {\n direction : output }\n}",
    "semicolons after groups": "cell (c) { area : 3; pin (Y) { direction : output; }; };",
    "brace on the next line": "cell (c)\n{\n area : 3; pin (Y)\n/* here */\n{ direction : output; } }",
    "comments everywhere": (
        "cell /* a */ (c /* b */) // c {\n { area /**/ : /* } */ 3 /* x */; pin (Y) { direction : output; } }"
    ),
    "continued lines": "cell \\\n (c) { area : \\\n 3; pin \\ \n (Y) { direction : \\\r\n output; } }",
    "quoted numbers and words": 'cell ("c") { area : "3.0" ; pin ( "Y" ) { direction : " output " ; } }',
    "unknown attributes and groups": (
        "cell (c) { foo : a + b * 2; bar (1, (2 + 3), x) ; area : 3; baz () { x : 1; y { } } pin (Y) {"
        ' direction : output; odd ("}}}") { "x" { y } /* { */ } } }'
    ),
    "variables": "x = 3; cell (c) { area : 3; pin (Y) { direction : output; } }",
    "time in an unknown attribute": (
        "date : 1:2 ; revision : Mon 10:30:00 ;\ncell (c) { area : 3; pin (Y) { direction : output; } }"
    ),
    "an attribute twice": "cell (c) { area : 1; area : 3; pin (Y) { direction : input; direction : output; } }",
    "carriage returns": "cell (c) {\r\n area : 3;\r\n pin (Y) {\r\n direction : output;\r\n }\r\n }\r\n",
    "string over lines": 'comment : "a\nb";\ncell (c) { area : 3; pin (Y) { direction : output; } }',
    "escaped quotes": 'comment : "a\\"b}{";\ncell (c) { area : 3; pin (Y) { direction : output; } }',
}


@pytest.mark.parametrize("name", TOLERATED)
def test_tolerated(name: str) -> None:
    library = read_liberty(wrap(TOLERATED[name]))
    assert (library.cells.to_list(), library.pins.to_list(), library.cell_area.tolist()) == (["c"], ["Y"], [3.0])
    assert library.pin_direction.tolist() == [Direction.OUTPUT]
    assert not library.notes


def test_byte_order_mark_and_compression() -> None:
    assert read_liberty(b"\xef\xbb\xbf" + SMALL).num_cells == 5
    assert read_liberty(gzip.compress(SMALL)).num_cells == 5


SCALAR = 'cell_rise (scalar) { values ("1"); }'
REFUSED = {
    # The text as such.
    "nothing": (b"", "liberty-empty", 0, 0),
    "blanks and comments": (b" \n/* a */ // b\n", "liberty-empty", 0, 0),
    "open comment": (b"library (l) {\n /* a }", "liberty-comment-open", 2, 2),
    "open comment in a skipped group": (b"library (l) { foo () {\n /* a } }", "liberty-comment-open", 2, 2),
    "open comment behind a name": (b"library (l) {\n a /* }", "liberty-comment-open", 2, 4),
    "open comment in parentheses": (b"library (l) {\n a (/* }", "liberty-comment-open", 2, 5),
    "open comment behind parentheses": (b"library (l) {\n a () /* }", "liberty-comment-open", 2, 7),
    "open comment for a value": (b"library (l) {\n a : /* }", "liberty-comment-open", 2, 6),
    "open comment behind a value": (b"library (l) {\n a : b /* }", "liberty-comment-open", 2, 8),
    "open string at the end": (b'library (l) {\n date : "x; }', "liberty-string-open", 2, 9),
    "open string in parentheses": (b'library (l) {\n a ("x); }', "liberty-string-open", 2, 5),
    "open string in a skipped group": (b'library (l) {\n a () { b : "x; } }', "liberty-string-open", 2, 13),
    "open string before others": (
        b'library (l) {\n date : "x;\n cell ("c") { area : 1; }\n}',
        "liberty-string-open",
        2,
        9,
    ),
    "open string, quotes pair up no more": (
        b'library (l) {\n date : "x;\n comment : "y";\n technology : z; }',
        "liberty-string-open",
        2,
        9,
    ),
    "open string turns tables inside out": (
        gate(
            'related_pin : A;\ncell_rise (t) { values ("1, 2", \\\n"3, 4); }\n cell_fall (t) {\n'
            ' values ("1, 2", \\\n"3, 4"); }'
        ),
        "liberty-string-open",
        8,
        1,
    ),
    "cut off in a name": (b"library (l) {\n cell (c) {\n are", "liberty-group-open", 2, 2),
    "open parenthesis at the end": (b"library (l) {\n a (b", "liberty-parenthesis-open", 2, 4),
    "open parenthesis": (b"library (l) {\n a (b; c); }", "liberty-parenthesis-open", 2, 4),
    "open group": (b"library (l) {\n cell (c) { area : 1;\n}\n", "liberty-group-open", 1, 1),
    "open skipped group": (b"library (l) {\n foo () { area : 1;\n", "liberty-group-open", 2, 2),
    "cell in a cell": (
        b"library (l) {\n cell (c) { area : 1;\n cell (d) { area : 1; } }\n",
        "liberty-group-open",
        2,
        2,
    ),
    "cell in a pin": (
        b"library (l) {\n cell (c) { pin (A) { direction : input; }\n pin (B) {\n }\n cell (d) { } }\n}",
        "liberty-group-open",
        2,
        2,
    ),
    "pin in a pin": (
        b"library (l) { cell (c) {\n pin (A) {\n pin (B) {\n } } } }",
        "liberty-group-open",
        2,
        2,
    ),
    "timing in a cell": (b"library (l) { cell (c) {\n timing () { } } }", "liberty-group-place", 2, 2),
    "library in a library": (b"library (l) {\n library (m) { } }", "liberty-group-open", 1, 1),
    "too many braces": (b"library (l) { }\n }", "liberty-brace", 2, 2),
    "no name": (b"library (l) {\n @x; }", "liberty-character", 2, 2),
    "name alone": (b"library (l) {\n area 3; }", "liberty-statement", 2, 2),
    "name at the end": (b"library (l) { }\n area", "liberty-statement", 2, 2),
    "no value": (b"library (l) {\n date : ; }", "liberty-value-missing", 2, 9),
    "no value at the end": (b"library (l) {\n date :", "liberty-value-missing", 2, 8),
    "no semicolon": (b"library (l) {\n date : 1 revision : 2; }", "liberty-semicolon", 2, 11),
    "no semicolon behind a string": (b'library (l) {\n date : "1" revision : 2; }', "liberty-semicolon", 2, 13),
    "no semicolon before a string": (b'library (l) {\n date : a "b"; }', "liberty-semicolon", 2, 11),
    "no semicolon behind parentheses": (b"library (l) {\n date (1) revision : 2; }", "liberty-semicolon", 2, 11),
    "NUL": (b"library (l) {\n \0date : 2; }", "liberty-nul", 2, 2),
    "include_file": (b'library (l) {\n include_file ("x"); }', "liberty-include", 2, 2),
    # Other files.
    "only a cell": (b"/* x */\n cell (c) { }", "liberty-library-missing", 2, 2),
    "prose": (b"Dear user,\n", "liberty-library-missing", 1, 1),
    "two libraries": (b"library (l) { }\nlibrary (m) { }", "liberty-library-second", 2, 1),
    "Verilog": (b"// top\nmodule top (a, b);\n", "liberty-verilog", 2, 1),
    "Verilog with a directive": (b"`timescale 1ns / 1ps\n", "liberty-verilog", 1, 1),
    "LEF": (b"VERSION 5.8 ;\nBUSBITCHARS \"[]\" ;\nMACRO x\n", "liberty-lef", 1, 1),
    "DEF": (b"VERSION 5.8 ;\nDIVIDERCHAR \"/\" ;\nDESIGN top ;\n", "liberty-def", 1, 1),
    "SDC": (b"create_clock -period 1 clk\n", "liberty-sdc", 1, 1),
    "SDF": (b"(DELAYFILE\n(SDFVERSION \"3.0\")", "liberty-sdf", 1, 1),
    "SPEF": (b"*SPEF \"IEEE 1481-1998\"\n", "liberty-spef", 1, 1),
    "binary": (b"\x7fELF" + bytes(64), "liberty-binary", 1, 1),
    "UTF-16": ("library (l) { }".encode("utf-16"), "liberty-utf16", 1, 1),
    "UTF-16 without a mark": ("library (l) { }".encode("utf-16-le"), "liberty-utf16", 1, 1),
    "damaged gzip": (gzip.compress(SMALL)[:400], "file-truncated", 0, 0),
    # The library.
    "kind of a cell": (b"library (l) {\n cell (c); }", "liberty-kind", 2, 2),
    "kind of an attribute": (wrap("cell (c) {\n area (3); }"), "liberty-kind", 5, 2),
    "cell without a name": (wrap("\n cell () { }"), "liberty-arguments", 5, 2),
    "no number": (wrap("cell (c) { area : 3x; }"), "liberty-number", 4, 19),
    "no unit": (wrap("", "\n voltage_unit : 1kg;"), "liberty-unit", 2, 2),
    "unit of nothing": (wrap("", "\n voltage_unit : 0V;"), "liberty-unit", 2, 2),
    "two points in a unit": (wrap("", "\n voltage_unit : 1.0.0V;"), "liberty-unit", 2, 2),
    "no truth": (wrap("cell (c) { dont_use : maybe; }"), "liberty-boolean", 4, 23),
    "fan-out alone": (wrap("", "\nwire_load (w) { fanout_length (1); }"), "liberty-arguments", 2, 17),
    "fan-out twice": (
        wrap("", "\nwire_load (w) { fanout_length (1, 2); fanout_length (1, 3); }"),
        "liberty-fanout",
        2,
        39,
    ),
    # Pins.
    "pin without a name": (wrap("cell (c) {\n pin () { direction : input; } }"), "liberty-arguments", 5, 2),
    "pin twice": (
        wrap("cell (c) { pin (A) { direction : input; }\n pin (A) { direction : input; } }"),
        "liberty-pin-duplicate",
        5,
        2,
    ),
    "pin and bus": (
        wrap("type (b) { bit_width : 2; } cell (c) { pin (A) { direction : input; }\n bus (A) { bus_type : b; } }"),
        "liberty-pin-duplicate",
        5,
        2,
    ),
    "no direction": (wrap("cell (c) {\n pin (A) { } }"), "liberty-direction-missing", 5, 2),
    "odd direction": (wrap("cell (c) { pin (A) {\n direction : up; } }"), "liberty-direction", 5, 14),
    "unknown type": (wrap("cell (c) {\n bus (A) { bus_type : b; direction : input; } }"), "liberty-bus-type", 5, 2),
    "endless bus": (wrap("\n type (b) { bit_from : 99999999; bit_to : 0; }"), "liberty-bus-width", 5, 2),
    "endless range": (wrap("cell (c) {\n pin (A[0:99999999]) { } }"), "liberty-bus-width", 5, 2),
    "foreign bit": (
        wrap("type (b) { bit_width : 2; } cell (c) { bus (A) { bus_type : b; direction : input;\n pin (A[2]) { } } }"),
        "liberty-bit-unknown",
        5,
        2,
    ),
    "bundle without members": (wrap("cell (c) {\n bundle (A) { direction : input; } }"), "liberty-arguments", 5, 2),
    "half a range": (
        wrap("cell (c) { pin (A) { direction : input;\n rise_capacitance_range (1); } }"),
        "liberty-arguments",
        5,
        2,
    ),
    # Timing.
    "no related pin": (gate(SCALAR), "liberty-related-missing", 5, 45),
    "unknown related pin": (gate(f"related_pin : B; {SCALAR}"), "liberty-related-unknown", 6, 15),
    "unknown related bits": (gate(f'related_pin : "A[0:1]"; {SCALAR}'), "liberty-related-unknown", 6, 16),
    "unknown sense": (gate(f"related_pin : A; timing_sense : up; {SCALAR}"), "liberty-timing-sense", 5, 45),
    "unknown template": (gate('related_pin : A; cell_rise (u) { values ("1"); }'), "liberty-template-unknown", 6, 29),
    "no values": (gate("related_pin : A; cell_rise (t) { }"), "liberty-values-missing", 6, 18),
    "too few values": (gate('related_pin : A;\ncell_rise (t) { values ("1, 2, 3"); }'), "liberty-values-count", 7, 17),
    "too many values": (
        gate('related_pin : A;\ncell_rise (scalar) { values ("1, 2"); }'),
        "liberty-values-count",
        7,
        22,
    ),
    "not a number in values": (
        gate('related_pin : A;\ncell_rise (t) { values ("1, 2", "3, x4"); }'),
        "liberty-number",
        7,
        37,
    ),
    "number too large": (gate("related_pin : A;\ncell_rise (scalar) { values (1e400); }"), "liberty-number", 7, 30),
    "number and a half": (
        gate('related_pin : A;\ncell_rise (t) { values ("1, 2", "3, 4.5.6"); }'),
        "liberty-number",
        7,
        37,
    ),
    "falling index": (
        gate('related_pin : A;\ncell_rise (t) { index_2 ("2, 1"); values ("1, 2, 3, 4"); }'),
        "liberty-axis-order",
        7,
        17,
    ),
    "repeated index": (
        gate('related_pin : A;\ncell_rise (t) { index_1 ("2, 2"); values ("1, 2, 3, 4"); }'),
        "liberty-axis-order",
        7,
        17,
    ),
    "empty index": (
        gate('related_pin : A;\ncell_rise (t) { index_1 (""); values (""); }'),
        "liberty-axis-missing",
        7,
        17,
    ),
    "index nowhere": (
        gate('related_pin : A;\ncell_rise (u) { values ("1"); }').replace(
            b"\nlu", b"\nlu_table_template (u) { variable_1 : input_net_transition; } lu", 1
        ),
        "liberty-axis-missing",
        7,
        1,
    ),
    "two input axes": (
        gate('related_pin : A;\ncell_rise (u) { values ("1"); }').replace(
            b"\nlu",
            b"\nlu_table_template (u) { variable_1 : input_net_transition; variable_2 : related_pin_transition; } lu",
            1,
        ),
        "liberty-axis-twice",
        2,
        1,
    ),
}  # fmt: skip
LIMITS = {
    "three axes": ("variable_3 : related_out_total_output_net_capacitance", "liberty-axis-three"),
    "axis of another kind": ("variable_1 : output_net_length", "liberty-axis-unknown"),
}
NOTED = {
    "cell twice": (wrap("cell (c) { area : 1; } cell (c) { area : 3; }"), "liberty-cell-duplicate"),
    "units missing": (b"library (l) { }", "liberty-unit-default"),
    "thresholds missing": (b"library (l) { }", "liberty-threshold-default"),
    "conditions missing": (wrap("", "default_operating_conditions : hot;"), "liberty-operating-conditions"),
    "factors for other conditions": (
        wrap("", "operating_conditions (hot) { temperature : 99; } default_operating_conditions : hot;").replace(
            b"{ input", b"{ k_temp_cell_rise : 0.1; input", 1
        ),
        "liberty-scaling",
    ),
    "wire load missing": (wrap("", "default_wire_load : w;"), "liberty-wire-load-unknown"),
    "wire loads by area": (wrap("", "default_wire_load_selection : w;"), "liberty-wire-load-selection"),
    "linear model": (wrap("", "delay_model : generic_cmos;"), "liberty-delay-model"),
    "linear delay": (gate("related_pin : A; intrinsic_rise : 1;"), "liberty-linear"),
    "odd function": (
        gate(f"related_pin : A; {SCALAR}").replace(b"function : A", b'function : "A +"'),
        "liberty-function",
    ),
    "power pin related": (
        gate(f"related_pin : VDD; {SCALAR}", "pg_pin (VDD) { }"),
        "liberty-related-power",
    ),
    "odd timing type": (gate(f"related_pin : A; timing_type : odd; {SCALAR}"), "liberty-timing-type"),
    "template twice": (
        gate(f"related_pin : A; {SCALAR}").replace(b"\nlu", b"\nlu_table_template (t) { } lu", 1),
        "liberty-template-duplicate",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str) -> None:
    text, code, line, column = REFUSED[name]
    with pytest.raises(InputError) as caught:
        read_liberty(text)
    error = caught.value
    assert (error.code, error.line, error.column) == (code, line, column), str(error)


@pytest.mark.parametrize("name", LIMITS)
def test_limits(name: str) -> None:
    line, code = LIMITS[name]
    text = gate('related_pin : A; cell_rise (t) { values ("1"); }').replace(
        b"variable_1", line.encode() + b"; variable_1", 1
    )
    if code == "liberty-axis-unknown":
        text = text.replace(b"; variable_1 : input_net_transition", b"")
    with pytest.raises(LimitError) as caught:
        read_liberty(text)
    assert (caught.value.code, caught.value.line) == (code, 2)


@pytest.mark.parametrize("name", NOTED)
def test_noted(name: str) -> None:
    text, code = NOTED[name]
    assert code in read_liberty(text).notes.counts


def test_the_last_cell_of_a_name_counts() -> None:
    one = "cell (c) { area : 1; pin (A) { direction : input; } }"
    other = "cell (d) { pin (B) { direction : input; } }"
    library = read_liberty(wrap(f"{one} {other} {one.replace('1', '2').replace('A', 'C')}"))
    assert (library.cells.to_list(), library.pins.to_list()) == (["d", "c"], ["B", "C"])
    assert library.cell_area.tolist() == [0, 2]


def test_bundles_ranges_and_other_brackets() -> None:
    pins = (
        "bundle (Q) { members (Q1, Q2); direction : output; capacitance : 1;"
        f' timing () {{ related_pin : "S<0> S<1>"; {SCALAR} }} pin (Q2) {{ capacitance : 2; }} }}'
        " pin (S<1:0>) { direction : input; clock : true; }"
    )
    library = read_liberty(wrap(f"cell (c) {{ {pins} }}", 'bus_naming_style : "%s<%d>";'))
    assert library.pins.to_list() == ["Q1", "Q2", "S[1]", "S[0]"]
    assert library.pin_capacitance[:2, 0].tolist() == pytest.approx([1000, 2000])
    assert library.pin_is_clock.tolist() == [False, False, True, True]
    assert list(zip(library.arc_from.tolist(), library.arc_to.tolist(), strict=True)) == [
        (3, 0),
        (3, 1),
        (2, 0),
        (2, 1),
    ]


@pytest.mark.parametrize(
    ("widths", "attribute", "expected"),
    [
        ((2, 2), "related_pin", {("A[1]", "Y[1]"), ("A[0]", "Y[0]")}),
        ((3, 2), "related_pin", {("A[1]", "Y[1]"), ("A[0]", "Y[0]")}),  # as OpenSTA 2.6
        ((2, 3), "related_pin", {("A[1]", "Y[1]"), ("A[0]", "Y[0]")}),
        ((1, 2), "related_pin", {("A[0]", "Y[1]"), ("A[0]", "Y[0]")}),
        ((2, 2), "related_bus_pins", set(itertools.product(["A[1]", "A[0]"], ["Y[1]", "Y[0]"]))),
    ],
)
def test_buses_are_paired_bit_by_bit(widths: tuple[int, int], attribute: str, expected: set[tuple[str, str]]) -> None:
    types = "".join(f"type (t{name}) {{ bit_width : {width}; }}" for name, width in zip("AY", widths, strict=True))
    library = read_liberty(
        wrap(
            f"{types} cell (c) {{ bus (A) {{ bus_type : tA; direction : input; }} bus (Y) {{ bus_type : tY;"
            f' direction : output; timing () {{ {attribute} : "A"; timing_sense : positive_unate; {SCALAR} }} }} }}'
        )
    )
    found = {(library.pins[a], library.pins[b]) for a, b in zip(library.arc_from, library.arc_to, strict=True)}
    assert found == expected
    assert bool(library.notes) == (widths[0] not in {1, widths[1]})


def test_capacitance_ranges() -> None:
    pins = (
        "pin (A) { direction : input; capacitance : 3; rise_capacitance : 2; rise_capacitance_range (1, 2); }"
        "pin (B) { direction : input; capacitance : 3; fall_capacitance_range (4, 5); }"
    )
    library = read_liberty(wrap(f"cell (c) {{ {pins} }}"))
    assert library.pin_capacitance.tolist() == [pytest.approx([2000, 3000]), pytest.approx([3000, 5000])]
    assert library.pin_capacitance_min is not None
    assert library.pin_capacitance_min.tolist() == [pytest.approx([1000, 3000]), pytest.approx([3000, 4000])]


def test_a_pin_may_be_its_own_related_pin() -> None:
    library = read_liberty(gate('timing_type : min_pulse_width; rise_constraint (scalar) { values ("1"); }'))
    assert (library.arc_from.tolist(), library.arc_to.tolist()) == ([1], [1])
    assert library.arc_tables.tolist() == [[0, NONE, NONE, NONE]]
    assert ArcType(library.arc_type[0]).is_check


UNITS = {
    ("1ns", "1, pf"): (1.0, 1000.0),
    ("100ps", "1.0, ff"): (0.1, 1.0),
    ("1 ps", '"10", "fF"'): (0.001, 10.0),
    ("1us", "1, nf"): (1000.0, 1e6),
}


@pytest.mark.parametrize(("time", "load"), UNITS)
def test_units(time: str, load: str) -> None:
    text = gate('related_pin : A; cell_rise (t) { values ("1, 2, 3, 4"); }')
    library = read_liberty(text.replace(b"1ns", time.encode()).replace(b"1, pf", load.encode()))
    time_ns, load_ff = UNITS[time, load]
    table = library.table(0)
    assert table.first.tolist() == [time_ns, 2 * time_ns]
    assert table.second.tolist() == [load_ff, 2 * load_ff]
    assert table.values.tolist() == [[time_ns, 2 * time_ns], pytest.approx([3 * time_ns, 4 * time_ns])]


# Functions.


#: Truth tables of three pins as numbers, one bit per row.
PINS = {"a": 0b10101010, "b": 0b11001100, "c[1]": 0b11110000}
OPERATORS = {
    "*": operator.and_, "&": operator.and_, " ": operator.and_, "+": operator.or_, "|": operator.or_, "^": operator.xor
}  # fmt: skip


def expressions() -> st.SearchStrategy[tuple[str, int]]:
    """Draw expressions with their truth tables."""
    return st.recursive(
        st.sampled_from([*PINS.items(), ("0", 0), ("1", 255)]),
        lambda inner: st.one_of(
            st.tuples(inner, st.sampled_from([*OPERATORS]), inner).map(
                lambda e: (f"({e[0][0]}{e[1]}{e[2][0]})", OPERATORS[e[1]](e[0][1], e[2][1]))
            ),
            inner.map(lambda e: (f"!{e[0]}", ~e[1] & 255)),
            inner.map(lambda e: (f"({e[0]})'", ~e[1] & 255)),
        ),
        max_leaves=8,
    )


@given(expressions())
@settings(max_examples=100)
def test_senses_hold_in_the_truth_table(expression: tuple[str, int]) -> None:
    function, truth = expression
    found = senses(function)
    assert found is not None
    for step, (pin, high) in zip((1, 2, 4), PINS.items(), strict=True):
        rows = [row for row in range(8) if high >> row & 1]  # the pin is 1; it is 0 in row - step
        changes = {(truth >> row & 1) - (truth >> (row - step) & 1) for row in rows} - {0}
        allowed = {Sense.POSITIVE: {1}, Sense.NEGATIVE: {-1}, Sense.NON_UNATE: {1, -1}, None: set()}
        assert changes <= allowed[found.get(pin)]


@pytest.mark.parametrize("text", ["", "a +", "+ a", "(a", "a)", "a b)", "()", "a ! ", 'a "b"', "!"])
def test_what_is_no_function(text: str) -> None:
    assert senses(text) is None


def test_precedence() -> None:
    assert senses("a ^ b c + d' e") == {
        "a": Sense.NON_UNATE, "b": Sense.NON_UNATE, "c": Sense.POSITIVE, "d": Sense.NEGATIVE, "e": Sense.POSITIVE
    }  # fmt: skip
    assert senses("!a b") == {"a": Sense.NEGATIVE, "b": Sense.POSITIVE}


# The cache.


def assert_same(one: Library, other: Library) -> None:
    for field in dataclasses.fields(Library):
        a, b = getattr(one, field.name), getattr(other, field.name)
        if isinstance(a, np.ndarray):
            np.testing.assert_array_equal(a, b)
            assert a.dtype == b.dtype
        else:
            assert a == b, field.name


@pytest.fixture
def cached(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "MIN_BYTES", 0)


@pytest.mark.usefixtures("cached")
def test_cache_gives_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = SMALL + b"/* " + b"library".ljust(20) + b"*/"
    text = text.replace(b"timing_type : setup_rising", b"timing_type : odd").replace(b"A ^ B", b"A ^")  # for notes
    (tmp_path / "a.lib").write_bytes(text)
    (tmp_path / "b.lib").write_bytes(text)
    fresh = read_liberty(tmp_path / "a.lib")
    assert fresh.notes
    monkeypatch.setattr(reader, "Document", None)  # nothing is read any more
    assert_same(read_liberty(tmp_path / "a.lib"), fresh)
    again = read_liberty(tmp_path / "b.lib")
    assert again.source == str(tmp_path / "b.lib")
    assert list(again.notes.lines()) == [line.replace("a.lib", "b.lib") for line in fresh.notes.lines()]
    assert_same(read_liberty(text), read_liberty(Source(text)))


@pytest.mark.usefixtures("cached")
def test_damaged_entries_count_as_none(monkeypatch: pytest.MonkeyPatch) -> None:
    fresh = read_liberty(SMALL)
    path = Cache("liberty").folder / cache.key_of(SMALL)
    entry = path.read_bytes()
    for damaged in (b"", entry[:100], entry[:-100], entry.replace(b"thresholds", b"threshxlds")):
        path.write_bytes(damaged)
        assert_same(read_liberty(SMALL), fresh)
        assert path.read_bytes() == entry
    monkeypatch.setattr(cache, "VERSION", cache.VERSION + 1)
    assert cache.load(cache.key_of(SMALL), "x") is None


@pytest.mark.usefixtures("cached")
def test_a_cache_that_cannot_be_written_does_no_harm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("EDASAT_CACHE", str(tmp_path / "file"))
    assert read_liberty(SMALL).num_cells == 5


@pytest.mark.usefixtures("cached")
def test_without_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "load", None)
    assert read_liberty(SMALL, cache=False).num_cells == 5


# Garbage.

PIECES = [
    b"{", b"}", b"(", b")", b'"', b";", b":", b",", b"\\", b"\n", b"/*", b"*/", b"//", b"\0", b"\xff", b"1e999", b"-",
    b"nan", b"[9:0]", b"[0]", b"pin (A) {", b"timing () {", b'values ("', b"cell (NAND2) {", b"bus (A) {",
]  # fmt: skip


@given(
    st.lists(
        st.tuples(st.floats(0, 1), st.integers(0, 60), st.one_of(st.sampled_from(PIECES), st.binary(max_size=3))),
        min_size=1,
        max_size=4,
    ),
    st.floats(0.5, 1.2),
)
@settings(max_examples=200)
def test_mutated_text_is_read_or_refused(cuts: list[tuple[float, int, bytes]], kept: float) -> None:
    text = SMALL
    for at, length, new in cuts:
        start = int(at * len(text))
        text = text[:start] + new + text[start + length :]
    text = text[: int(kept * len(text))]
    try:
        library = read_liberty(text)
    except InputError as error:
        assert error.code in MESSAGES or error.code.startswith("file-")
    else:
        assert_whole(library)


@given(st.binary(max_size=200))
@settings(max_examples=50)
def test_garbage_is_refused(data: bytes) -> None:
    with pytest.raises(InputError):
        read_liberty(b"library (l) " + data)


def assert_whole(library: Library) -> None:
    """Every number in the record points to something."""
    assert library.cell_pins[-1] == library.num_pins
    assert library.cell_arcs[-1] == library.num_arcs
    assert np.all(np.diff(library.cell_pins) >= 0)
    assert np.all(np.diff(library.cell_arcs) >= 0)
    cells = np.repeat(np.arange(library.num_cells), np.diff(library.cell_arcs))
    for ends in (library.arc_from, library.arc_to):
        assert np.all(ends >= library.cell_pins[cells])
        assert np.all(ends < library.cell_pins[cells + 1])
    assert np.all((library.arc_tables >= NONE) & (library.arc_tables < library.num_tables))
    sizes = library.table_shape.sum(axis=1) + library.table_shape.prod(axis=1)
    assert library.table_offsets.tolist() == (np.cumsum(sizes) - sizes).tolist()
    assert len(library.table_data) == sizes.sum()
    assert np.all(library.table_shape > 0)
    for column in (library.pin_direction, library.pin_capacitance, library.pin_function, library.pin_three_state):
        assert len(column) == library.num_pins
    assert len({*library.cells}) == library.num_cells


# Real libraries.


def test_counts_of_real_libraries(shared_data: Path) -> None:
    counts = {}
    for name in ("nangate45/nangate45_typ", "sky130hd/sky130hd_tt", "asap7/asap7_small", "asap7/asap7_small_ff"):
        library = read_liberty(shared_data / "libs" / f"{name}.lib.gz", cache=False)
        assert_whole(library)
        assert not library.notes
        counts[library.name] = (library.num_cells, library.num_pins, library.num_arcs, library.num_tables)
    assert counts == {
        "NangateOpenCellLibrary": (134, 541, 1478, 4845),
        "sky130_fd_sc_hd__tt_025C_1v80": (428, 1771, 1842, 6146),
        "asap7_small": (4, 10, 9, 28),
        "asap7_small_ff": (3, 8, 8, 24),
    }


def test_tables_of_a_real_library_against_a_slow_reader(shared_data: Path) -> None:
    """Take the tables of sky130 out by regular expressions, which fit its layout and no other, and compare all."""
    path = shared_data / "libs/sky130hd/sky130hd_tt.lib.gz"
    text = gzip.decompress(path.read_bytes()).decode()
    text = re.sub(r" {8}test_cell \(\) \{.*?\n {8}\}", "", text, flags=re.DOTALL)
    library = read_liberty(path, cache=False)
    group = re.compile(
        r'\n {8}pin \("(?P<pin>\w+)"\)|\n {12}timing|\n {4}cell \("(?P<cell>\w+)"\)'
        r'|(?P<table>cell_rise|cell_fall|rise_transition|fall_transition|rise_constraint|fall_constraint) \("[^)]*\) \{'
        r'(?P<body>[^}]*)\}|related_pin : "(?P<related>\w+)"'
    )
    list_of = {name: re.compile(rf"{name}\((.*?)\);", re.DOTALL) for name in ("index_1", "index_2", "values")}
    arcs: list[dict[str, object]] = []
    cell = pin = ""
    for match in group.finditer(text):
        if match["cell"]:
            cell = match["cell"]
        elif match["pin"]:
            pin = match["pin"]
        elif match["related"] and arcs and arcs[-1]["pin"] == pin and arcs[-1]["cell"] == cell:
            arcs[-1].setdefault("related", match["related"])
        elif match["table"]:
            found = {name: pattern.search(match["body"]) for name, pattern in list_of.items()}
            arcs[-1][match["table"]] = [
                [float(number) for number in re.findall(r"[-+.\de]+", hit[1])] if hit else [0.0]
                for hit in found.values()
            ]
        elif "timing" in match[0]:
            arcs.append({"cell": cell, "pin": pin})
    assert len(arcs) == library.num_arcs
    names = (["cell_rise", "cell_fall", "rise_transition", "fall_transition"], ["rise_constraint", "fall_constraint"])
    compared = 0
    for arc, expected in enumerate(arcs):
        source, target = int(library.arc_from[arc]), int(library.arc_to[arc])
        assert (cell_of(library, target), library.pins[target]) == (expected["cell"], expected["pin"])
        assert library.pins[source] == expected["related"]
        check = ArcType(library.arc_type[arc]).is_check
        for name, number in zip(names[check], library.arc_tables[arc], strict=False):
            assert (number == NONE) == (name not in expected)
            if number == NONE:
                continue
            table = library.table(number)
            first, second, values = expected[name]  # type: ignore[misc]
            assert table.first.tolist() == first
            np.testing.assert_allclose(table.second, np.array(second) * (1 if check else 1000), rtol=1e-14)
            assert table.values.ravel().tolist() == values
            compared += 1
    assert compared == library.num_tables


def test_the_scanner_knows_every_keyword() -> None:
    names = [name for name in KEYWORDS[1:] if name != "include_file"]
    text = "".join(f"{name} : 1; {name}x : 1; {name[1:]} : 1;" for name in names).encode()
    data = np.frombuffer(text + bytes(PADDING), np.uint8).copy()
    state, _, statements, _, _ = scan(data, len(text), *keyword_table())
    assert state == DONE
    assert [KEYWORDS[number] for number in statements[:-1, KEYWORD]] == names


def test_every_message_is_tested() -> None:
    codes = {code for _, code, _, _ in REFUSED.values()} | {code for _, code in (*LIMITS.values(), *NOTED.values())}
    codes |= {"liberty-related-width", "liberty-too-large"}  # test_buses_are_paired_bit_by_bit, test_too_large
    assert codes - {"file-truncated"} == set(MESSAGES)


def test_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(document, "_MAX_BYTES", 100)
    with pytest.raises(LimitError, match="more than this reader holds"):
        read_liberty(SMALL)


def test_memory_of_skipped_groups_is_by_name() -> None:
    library = read_liberty(wrap("cell (c) { leakage_power () { } leakage_power () { } test_cell () { pin (A) { } } }"))
    assert library.skipped == Counter(leakage_power=2, test_cell=1)
