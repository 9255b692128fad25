from __future__ import annotations

import gzip
import lzma
import re
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edasat.core.errors import InputError
from edasat.core.names import Names
from edasat.eda.formats.layout import (
    ANY_COMPONENT,
    MESSAGES,
    NONE,
    ORIENTATIONS,
    SHAPES,
    TAPER,
    Layout,
    Status,
    WireKind,
    WireStatus,
    format_def,
    pin_positions,
    read_def,
    write_def,
)
from edasat.eda.formats.layout.transform import turn_boxes
from edasat.eda.formats.lef import read_lef
from edasat.eda.library import Direction

HEAD = "VERSION 5.8 ;\nDESIGN t ;\nUNITS DISTANCE MICRONS 1000 ;\n"  # three lines

#: One of everything that the reader knows.
FULL = r"""# a layout of two cells
VERSION 5.8 ;
DIVIDERCHAR "/" ;
BUSBITCHARS "[]" ;
DESIGN top ;
TECHNOLOGY example ;
UNITS DISTANCE MICRONS 2000 ;
HISTORY made ; HISTORY by hand ;
PROPERTYDEFINITIONS
  COMPONENT origin STRING ;
  NET weight REAL RANGE 0 1 ;
END PROPERTYDEFINITIONS
DIEAREA ( 0 0 ) ( 0 9000 ) ( 5000 9000 ) ( 5000 5000 ) ( 8000 * ) ( * 0 ) ;
ROW r0 core 100 200 FS DO 40 BY 1 STEP 380 0 + PROPERTY p "a ; b" ;
ROW r1 core 100 3000 N ;
TRACKS X 95 DO 20 STEP 190 MASK 1 LAYER m1 m3 ;
TRACKS Y 95 DO 20 STEP 190 LAYER m2 ;
GCELLGRID X 0 DO 3 STEP 4000 ;
VIAS 2 ;
- v12 + RECT m1 ( -70 -70 ) ( 70 70 ) + RECT c1 + MASK 1 ( -50 -50 ) ( 50 50 )
  + POLYGON m2 ( -70 0 ) ( 0 90 ) ( 70 0 ) ;
- v23 + VIARULE rule23 + CUTSIZE 140 140 + LAYERS m2 c2 m3 + CUTSPACING 160 160 + ENCLOSURE 10 20 30 40
  + ROWCOL 2 3 ;
END VIAS
NONDEFAULTRULES 1 ;
- wide + HARDSPACING + LAYER m1 WIDTH 200 SPACING 210 + LAYER m2 WIDTH 300 + VIA v12 ;
END NONDEFAULTRULES
REGIONS 1 ; - reg ( 0 0 ) ( 10 10 ) + TYPE FENCE ; END REGIONS
COMPONENTS 4 ;
- u1/a\[0\]$_DFF_ DFF + SOURCE TIMING + WEIGHT 3 + PLACED ( 1000 2000 ) FS + HALO SOFT 1 2 3 4
  + PROPERTY origin "said ; - END" ;
- u2 INV + EEQMASTER other + FIXED ( -40 3000 ) W ;
- u3 INV ;
- u4 FILL + UNPLACED + FOREIGN cell ( 1 2 ) N ;
END COMPONENTS
PINS 6 ;
- clk + NET clk + SPECIAL + DIRECTION INPUT + USE CLOCK + ANTENNAPINGATEAREA 12 LAYER m1
  + PORT + LAYER m2 ( -70 0 ) ( 70 140 ) + LAYER m3 MASK 1 SPACING 5 ( 0 0 ) ( 10 10 ) + FIXED ( 500 0 ) N
  + PORT + LAYER m1 ( 0 0 ) ( 20 30 ) + COVER ( 7000 100 ) W ;
- clk.extra1 + NET clk + DIRECTION INPUT + USE CLOCK + LAYER m1 ( 0 0 ) ( 1 1 ) + PLACED ( 0 0 ) N ;
- a[0] + NET a[0] + PLACED ( 100 200 ) FE + LAYER m1 ( -10 -20 ) ( 30 40 ) ;
- b + NET lonely + DIRECTION OUTPUT ;
- VDD + NET VDD + DIRECTION INOUT + USE POWER + POLYGON m1 ( 0 0 ) ( 10 0 ) ( 10 20 ) + PLACED ( 0 0 ) N ;
- VSS + NET VSS + DIRECTION INOUT + USE GROUND ;
END PINS
BLOCKAGES 2 ; - LAYER m1 RECT ( 0 0 ) ( 10 10 ) ; - PLACEMENT RECT ( 0 0 ) ( 1 1 ) ; END BLOCKAGES
SPECIALNETS 2 ;
- VDD ( * VDD ) ( u2 EXTRA ) + USE POWER
  + ROUTED m1 340 + SHAPE STRIPE + STYLE 1 ( 0 100 50 ) ( 900 * ) v12
    NEW m2 400 ( 0 0 ) v23 DO 2 BY 3 STEP 100 200
  + FIXED + SHAPE FOLLOWPIN + RECT m3 ( 0 0 ) ( 30 40 )
  + ROUTED + POLYGON m1 ( 0 0 ) ( 1 1 ) ( 2 2 )
  + ROUTED + VIA v23 N ( 5 6 ) ( 7 * ) ;
- VSS + VOLTAGE 0 + SHIELD clk m1 100 ( 0 0 ) ( 10 0 ) + USE GROUND ;
END SPECIALNETS
NETS 4 ;
- clk ( PIN clk ) ( u1/a\[0\]$_DFF_ CK + SYNTHESIZED ) + USE CLOCK + NONDEFAULTRULE wide + WEIGHT 5
  + ROUTED m1 TAPERRULE wide ( 500 0 ) ( * 1000 ) v12 ( 900 * 0 ) v23 ( * 1200 30 ) MASK 2 v23 N RECT ( -5 -6 7 8 )
    NEW m3 TAPER ( 10 20 ) VIRTUAL ( 30 40 ) ( 30 50 )
  + FIXED m2 ( 0 0 0 ) foreign ( 10 0 ) + ESTCAP 1.5 ;
- a[0] ( PIN a[0] ) ( u1/a\[0\]$_DFF_ D ) + PROPERTY weight 0.5 + SUBNET s ( u2 A ) ROUTED m1 ( 0 0 ) ( 1 1 ) ;
- q ( u1/a\[0\]$_DFF_ Q ) ( u2 A ) ;
- MUSTJOIN ( u2 A ) ;
END NETS
GROUPS 1 ; - g u1 + REGION reg ; END GROUPS
BEGINEXT "tool" anything - + ( ENDEXT
FILLS 1 ; - LAYER m1 RECT ( 0 0 ) ( 1 1 ) ; END FILLS
END DESIGN
rest is not read
"""

LEF = """
LAYER m1 TYPE ROUTING ; END m1
LAYER c1 TYPE CUT ; END c1
LAYER m2 TYPE ROUTING ; END m2
LAYER m4 TYPE ROUTING ; END m4
VIA foreign LAYER c1 ; RECT 0 0 1 1 ; LAYER m4 ; RECT 0 0 1 1 ; LAYER m2 ; RECT 0 0 1 1 ; END foreign
MACRO INV
  SIZE 2 BY 3 ; ORIGIN 0.5 1 ;
  PIN A PORT LAYER m1 ; RECT 0 0 0.2 0.4 ; END END A
  PIN Y PORT LAYER m1 ; RECT 1 1 1.5 1 ; END END Y
END INV
END LIBRARY
"""


@pytest.fixture(scope="module")
def full() -> Layout:
    return read_def(FULL.encode(), lef=read_lef(LEF.encode()))


def assert_same(one: Any, two: Any, path: str = "layout") -> None:
    """Compare two records; what the writer sets anew and cannot keep aside."""
    if is_dataclass(one):
        for field in fields(one):
            if field.name not in {"source", "notes", "version", "divider", "bus_bit_characters", "skipped"}:
                assert_same(getattr(one, field.name), getattr(two, field.name), f"{path}.{field.name}")
    elif isinstance(one, np.ndarray):
        assert one.dtype == two.dtype, path
        np.testing.assert_array_equal(one, two, err_msg=path)
    else:
        assert one == two, path


def test_floorplan(full: Layout) -> None:
    assert (full.name, full.version, full.dbu_per_um, full.die) == ("top", "5.8", 2000, (0, 0, 8000, 9000))
    assert full.die_points[-2:].tolist() == [[8000, 5000], [8000, 0]]
    assert full.rows[0] == ("r0", "core", 100, 200, ORIENTATIONS.index("FS"), 40, 1, 380, 0)
    assert full.rows[1][5:] == (1, 1, 0, 0)
    assert full.tracks[0] == ("X", 95, 20, 190, ("m1", "m3"))
    v12, v23 = full.via_definitions
    assert v12.rects[2] == ("m2", -70, 0, 70, 90)
    assert (v23.rule, v23.layers, v23.num_cuts) == ("rule23", ("m2", "c2", "m3"), 6)
    assert full.rule_widths == {"wide": {"m1": 200, "m2": 300}}
    assert full.skipped == {
        "REGIONS": 1, "BLOCKAGES": 2, "GROUPS": 1, "FILLS": 1, "BEGINEXT": 1, "SUBNET": 1, "POLYGON": 1, "MUSTJOIN": 1,
    }  # fmt: skip


def test_components(full: Layout) -> None:
    table = full.components
    assert table.names.to_list() == ["u1/a[0]$_DFF_", "u2", "u3", "u4"]
    assert [table.masters[i] for i in table.master] == ["DFF", "INV", "INV", "FILL"]
    assert table.x.tolist() == [1000, -40, 0, 0]
    assert [ORIENTATIONS[i] for i in table.orientation] == ["FS", "W", "N", "N"]
    assert table.status.tolist() == [Status.PLACED, Status.FIXED, Status.UNPLACED, Status.UNPLACED]


def test_pins(full: Layout) -> None:
    pins = full.pins
    assert [full.nets.names[i] for i in pins.net] == ["clk", "clk", "a[0]", "lonely", "VDD", "VSS"]
    assert pins.direction.tolist() == [Direction.INPUT, Direction.INPUT, 255, Direction.OUTPUT, 2, 2]
    assert pins.port_pin.tolist() == [0, 0, 1, 2, 4]
    assert pins.port_status[:2].tolist() == [Status.FIXED, Status.COVER]
    assert pins.shape_port.tolist() == [0, 0, 1, 2, 3, 4]
    assert pins.shape_box[[0, 5]].tolist() == [[-70, 0, 70, 140], [0, 0, 10, 20]]
    assert full.notes.counts == {"def-pin-net": 1}


def test_nets(full: Layout) -> None:
    nets = full.nets
    assert nets.names.to_list() == ["clk", "a[0]", "q", "lonely", "VDD", "VSS"]
    assert nets.special.tolist() == [False] * 4 + [True] * 2
    assert nets.offsets.tolist() == [0, 2, 4, 6, 6, 8, 8]
    assert nets.component.tolist() == [NONE, 0, NONE, 0, 0, 1, ANY_COMPONENT, 1]
    assert [nets.pin_names[i] for i in nets.pin[[1, 3, 4, 5, 6, 7]]] == ["CK", "D", "Q", "A", "VDD", "EXTRA"]
    assert nets.pin[[0, 2]].tolist() == [0, 2]
    assert [full.rules[i] if i >= 0 else "" for i in nets.rule] == ["wide", "", "", "", "", ""]


def test_wires(full: Layout) -> None:
    wires, layers = full.wiring, [*full.layers, "?"]
    rows = [
        (WireKind(kind).name, layers[layer], x1, y1, x2, y2, e1, e2)
        for kind, layer, x1, y1, x2, y2, e1, e2 in zip(
            wires.kind, wires.layer, wires.x1, wires.y1, wires.x2, wires.y2, wires.extension1, wires.extension2,
            strict=True,
        )
    ]  # fmt: skip
    assert rows[:8] == [
        ("SEGMENT", "m1", 500, 0, 500, 1000, -1, -1),
        ("VIA", "m1", 500, 1000, 500, 1000, -1, -1),
        ("SEGMENT", "m2", 500, 1000, 900, 1000, -1, 0),
        ("VIA", "m2", 900, 1000, 900, 1000, 0, -1),
        ("SEGMENT", "m3", 900, 1000, 900, 1200, 0, 30),
        ("VIA", "m3", 900, 1200, 900, 1200, 30, -1),
        ("RECT", "m2", 895, 1194, 907, 1208, -1, -1),
        ("VIRTUAL", "m3", 10, 20, 30, 40, -1, -1),
    ]
    assert rows[8:11] == [
        ("SEGMENT", "m3", 30, 40, 30, 50, -1, -1),
        ("VIA", "m2", 0, 0, 0, 0, 0, -1),
        ("SEGMENT", "m4", 0, 0, 10, 0, 0, -1),
    ]
    assert rows[11:13] == [("SEGMENT", "m1", 0, 100, 900, 100, 50, -1), ("VIA", "m1", 900, 100, 900, 100, -1, -1)]
    assert [row[2:4] for row in rows[13:19]] == [(0, 0), (100, 0), (0, 200), (100, 200), (0, 400), (100, 400)]
    assert rows[19] == ("RECT", "m3", 0, 0, 30, 40, -1, -1)
    assert [row[:4] for row in rows[20:22]] == [("VIA", "?", 5, 6), ("VIA", "?", 7, 6)]
    assert wires.path_width.tolist() == [0, 0, 0, 340, 400, 0, 0, 100]
    assert wires.path_rule.tolist() == [0, TAPER] + [NONE] * 6
    assert wires.path_status.tolist() == [
        WireStatus.ROUTED, WireStatus.ROUTED, WireStatus.FIXED, WireStatus.ROUTED, WireStatus.ROUTED, WireStatus.FIXED,
        WireStatus.ROUTED, WireStatus.SHIELD,
    ]  # fmt: skip
    assert [SHAPES[i] for i in wires.path_shape[[3, 4, 5]]] == ["STRIPE", "", "FOLLOWPIN"]
    assert [full.nets.names[i] for i in wires.path_net] == ["clk"] * 3 + ["VDD"] * 4 + ["VSS"]
    assert full.routed_length().tolist() == [1000 + 400 + 200 + 10 + 10, 0, 0, 0, 900, 10]


def test_layers_behind_unknown_vias_are_counted() -> None:
    layout = read_def(FULL.encode())
    assert layout.notes.counts["def-layer-unknown"] == 1  # the segment behind `foreign`
    assert layout.wiring.layer[10] == NONE


def test_netlist(full: Layout) -> None:
    netlist = full.netlist()
    assert netlist.ports.to_list() == ["clk", "a[0]", "b"]
    assert netlist.port_direction.tolist() == [Direction.INPUT, Direction.INOUT, Direction.OUTPUT]
    assert [netlist.nets[i] for i in netlist.port_net] == ["clk", "a[0]", "lonely"]
    connected = {
        (netlist.instances[i], netlist.pin_names[netlist.pin_name[row]], netlist.nets[netlist.pin_net[row]])
        for i in range(netlist.num_instances)
        for row in range(netlist.pin_offsets[i], netlist.pin_offsets[i + 1])
    }
    flop = "u1/a[0]$_DFF_"
    assert connected == {(flop, "CK", "clk"), (flop, "D", "a[0]"), (flop, "Q", "q"), ("u2", "A", "q")}
    assert "EXTRA" not in netlist.pin_names.to_list()
    assert netlist.notes.counts == {"def-pin-direction": 1}
    place = netlist.placement
    assert place is not None
    assert place.placed.tolist() == [True, True, False, False]
    # clk: union of its two boxes, around (500, 0); a[0]: box (-10 -20 30 40) turned by FE to (-40 -30 20 10).
    assert place.port_x.tolist() == [500, 100 + (-40 + 20) // 2, 0]
    assert place.port_y.tolist() == [70, 200 + (-30 + 10) // 2, 0]
    assert place.port_placed.tolist() == [True, True, False]


def test_supplies_among_the_nets_are_constants() -> None:
    text = HEAD + "NETS 3 ; - one + USE POWER ; - zero + USE GROUND ; - s ; END NETS END DESIGN"
    assert read_def(text.encode()).netlist().net_constant.tolist() == [1, 0, -1]


def test_without_routing_keeps_power(full: Layout) -> None:
    bare = full.without_routing()
    assert len(bare.wiring) == 12
    assert np.count_nonzero(bare.routed_length()) == 2
    again = read_def(format_def(bare))
    assert again.wiring.x1.tolist() == bare.wiring.x1.tolist()
    assert_same(again.components, full.components)
    assert_same(again.pins.port_x, full.pins.port_x)


def test_write_and_read_again(full: Layout, tmp_path: Path) -> None:
    lef = read_lef(LEF.encode())
    path = tmp_path / "again.def.gz"
    write_def(full, path)
    assert_same(full, read_def(path, lef=lef))
    assert format_def(read_def(path, lef=lef)) == gzip.decompress(path.read_bytes())


def test_names_of_files_with_other_characters() -> None:
    text = (
        'DIVIDERCHAR "|" ; BUSBITCHARS "<>" ; '
        + HEAD
        + r"COMPONENTS 2 ; - a|b<1> X ; - a\|b\<1\>/c X ; END COMPONENTS "
        "PINS 1 ; - p<3> + NET n<3> ; END PINS NETS 1 ; - n<3> ( a|b<1> A<0> ) ( PIN p<3> ) ; END NETS END DESIGN"
    )
    layout = read_def(text.encode())
    assert layout.components.names.to_list() == ["a/b[1]", "a|b<1>/c"]
    assert (layout.pins.names[0], layout.nets.names[0], layout.nets.pin_names[0]) == ("p[3]", "n[3]", "A[0]")
    assert_same(layout, read_def(format_def(layout)))


def test_names_that_look_like_signs_are_escaped() -> None:
    written = ["*", "-x", "#", "PIN", "a\\b", "[3]", "x[", '"', "END", ";"]
    layout = read_def((HEAD + "END DESIGN").encode())
    n = len(written)
    zeros = np.zeros(n, np.int32)
    components = type(layout.components)(
        Names.of(written), Names.of(["M"]), zeros, zeros, zeros, zeros.astype(np.uint8), zeros.astype(np.uint8)
    )
    each = np.arange(n, dtype=np.int32)
    table = Names.of(written)
    nets = type(layout.nets)(
        table, np.zeros(n, bool), zeros.astype(np.uint8), zeros - 1, np.arange(n + 1), each, each, table
    )
    again = read_def(format_def(Layout(**{**vars(layout), "components": components, "nets": nets})))
    assert again.components.names.to_list() == written
    assert again.nets.pin_names.to_list() == written
    with pytest.raises(InputError, match="def-unwritable-name"):
        format_def(Layout(**{**vars(layout), "rules": Names.of([]), "name": "a b"}))


def test_relaxed_reading_counts_what_it_leaves_out() -> None:
    text = HEAD + (
        "COMPONENTS 2 ; - u X ; END COMPONENTS NETS 2 ; - n ( u A ) ( v A ) ( PIN p ) ( u B ) ; - m ( u A ) ; END NETS "
        "END DESIGN"
    )
    layout = read_def(text.encode(), relaxed=True)
    assert layout.nets.offsets.tolist() == [0, 2, 2]
    assert layout.notes.counts == {
        "def-count-differs": 1,
        "def-component-unknown": 1,
        "def-pin-unknown": 1,
        "def-pin-connected-twice": 1,
    }


SECTION = {
    "components": "COMPONENTS 1 ;\n{}\nEND COMPONENTS\nEND DESIGN\n",
    "pins": "PINS 1 ;\n{}\nEND PINS\nEND DESIGN\n",
    "nets": "COMPONENTS 1 ; - u X ; END COMPONENTS NETS 1 ;\n{}\nEND NETS\nEND DESIGN\n",
    "special": "SPECIALNETS 1 ;\n{}\nEND SPECIALNETS\nEND DESIGN\n",
    "vias": "VIAS 1 ;\n{}\nEND VIAS\nEND DESIGN\n",
}


def item(section: str, text: str) -> str:
    """Return a file whose line 5 is this item of a section."""
    return HEAD + SECTION[section].format(text)


REFUSED = {
    "empty": ("", "def-empty", 0, 0),
    "blank": (" \n\n", "def-empty", 0, 0),
    "Verilog": ("// top\nmodule top (a);\n", "def-wrong-file", 1, 1),
    "LEF": ("VERSION 5.8 ;\nUNITS\n  DATABASE MICRONS 1000 ;\nEND UNITS\nLAYER m1\n", "def-wrong-file", 1, 1),
    "GDS": ("\0\6\0\2\2X\0\x1c", "def-wrong-file", 1, 1),
    "SPEF": ('*SPEF "IEEE 1481-1998"\n', "def-wrong-file", 1, 1),
    "no end": (HEAD + "NETS 0 ;\nEND NETS\n", "def-end-design", 6, 1),
    "cut in a section": (HEAD + "COMPONENTS 2 ;\n- u X ;\n", "def-end-missing", 6, 1),
    "cut in a wire": (HEAD + "NETS 1 ;\n- n + ROUTED m1 ( 0 0 ) v\n", "def-end-missing", 6, 1),
    "cut in a counted section": (HEAD + "FILLS 1 ;\n- LAYER m1", "def-end-missing", 5, 11),
    "cut in an extension": (HEAD + "BEGINEXT x\n", "def-end-missing", 5, 1),
    "cut in a statement": (HEAD + "ROW a b\n", "def-statement-open", 5, 1),
    "wrong end": (HEAD + "NETS 0 ;\nEND PINS\n", "def-end-name", 5, 5),
    "wrong end of the design": (HEAD + "END PINS\n", "def-end-name", 4, 5),
    "unknown statement": (HEAD + "COMPONENT 3 ;\n", "def-statement-unknown", 4, 1),
    "garbled tracks": (HEAD + "TRACKS X 0 TO 3 STEP 2 ;\n", "def-statement-garbled", 4, 12),
    "garbled axis": (HEAD + "TRACKS Z 0 DO 3 STEP 2 ;\n", "def-statement-garbled", 4, 8),
    "long divider": ('DIVIDERCHAR "//" ;\n', "def-statement-garbled", 1, 13),
    "semicolon without a blank": ("VERSION 5.8;\nDESIGN t ;\n", "def-statement-garbled", 2, 1),
    "count with more": (HEAD + "NETS 0 0 ;\nEND NETS\n", "def-statement-garbled", 4, 8),
    "units": ("UNITS DISTANCE MICRONS 0 ;\n", "def-units", 1, 24),
    "no units": ("VERSION 5.8 ;\nNETS 0 ;\nEND NETS\n", "def-units-missing", 2, 9),
    "section twice": (HEAD + "NETS 0 ; END NETS\nNETS 0 ; END NETS\n", "def-section-twice", 5, 1),
    "fewer": (item("components", ""), "def-count-differs", 4, 1),
    "more": (item("nets", "- n ; - m ;"), "def-count-differs", 4, 39),
    "count is no number": (HEAD + "NETS many ;\nEND NETS\n", "def-number", 4, 6),
    "no item": (item("components", "u X ;"), "def-item", 5, 1),
    "no item of vias": (item("vias", "v ;"), "def-item", 5, 1),
    "item without a name": (item("nets", "- ;"), "def-name", 5, 3),
    "component without a master": (item("components", "- u + PLACED ( 0 0 ) N ;"), "def-name", 5, 5),
    "statement not ended": (item("components", "- u X\n- v Y ;"), "def-statement-open", 6, 1),
    "last statement not ended": (item("components", "- u X"), "def-statement-open", 6, 1),
    "net not ended": (item("nets", "- n ( u A )\n- m ;"), "def-statement-open", 6, 1),
    "wire not ended": (item("nets", "- n + ROUTED m1 ( 0 0 ) v12"), "def-statement-open", 6, 1),
    "fraction": (item("components", "- u X + PLACED ( 1.5 0 ) N ;"), "def-number", 5, 18),
    "overflow": (item("components", "- u X + PLACED ( 2147483648 0 ) N ;"), "def-number", 5, 18),
    "negative extension": (item("nets", "- n + ROUTED m1 ( 0 0 -1 ) ( 1 0 ) ;"), "def-number", 5, 23),
    "overflow of a patch": (item("nets", "- n + FIXED m ( 2147483647 0 ) RECT ( 0 0 1 1 ) ;"), "def-number", 5, 32),
    "huge via array": (item("special", "- n + FIXED m 1 ( 0 0 ) v DO 9999 BY 9999 STEP 1 1 ;"), "def-via-array", 5, 27),
    "no parenthesis": (item("components", "- u X + PLACED 0 0 N ;"), "def-point", 5, 16),
    "one coordinate": (item("components", "- u X + PLACED ( 0 ) N ;"), "def-point", 5, 20),
    "four coordinates": (item("nets", "- n + ROUTED m1 ( 0 0 0 0 ) v ;"), "def-point", 5, 25),
    "pin with one corner": (item("pins", "- p + NET n + LAYER m1 ( 0 0 ) + PLACED ( 0 0 ) N ;"), "def-point", 5, 32),
    "star first": (item("nets", "- n + ROUTED m1 ( * 0 ) ( 1 1 ) ;"), "def-star", 5, 19),
    "star first in the die": (HEAD + "DIEAREA ( * 0 ) ( 1 1 ) ;\n", "def-star", 4, 11),
    "orientation": (item("components", "- u X + PLACED ( 0 0 ) R90 ;"), "def-orientation", 5, 24),
    "orientation of a row": (HEAD + "ROW r s 0 0 X ;\n", "def-orientation", 4, 13),
    "direction": (item("pins", "- p + NET n + DIRECTION IN ;"), "def-direction", 5, 25),
    "wire without points": (item("nets", "- n + ROUTED m1 v12 ;"), "def-wire", 5, 17),
    "stray parenthesis": (item("nets", "- n + ROUTED m1 ( 0 0 ) ) ;"), "def-wire", 5, 25),
    "component twice": (HEAD + "COMPONENTS 2 ; - u X ;\n- u X ;\nEND COMPONENTS END DESIGN", "def-name-twice", 5, 3),
    "via twice": (item("vias", "- v ;\n- v ;"), "def-name-twice", 6, 3),
    "unknown component": (item("nets", "- n ( u A ) ( v A ) ;"), "def-component-unknown", 5, 15),
    "unknown pin": (item("nets", "- n ( PIN p ) ;"), "def-pin-unknown", 5, 11),
    "connected twice": (item("nets", "- n ( u A ) ( u A ) ;"), "def-pin-connected-twice", 5, 17),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_refused_with_its_own_message_and_place(tmp_path: Path, name: str) -> None:
    text, code, line, column = REFUSED[name]
    path = tmp_path / "bad.def"
    path.write_text(text)
    with pytest.raises(InputError) as caught:
        read_def(path)
    assert (caught.value.code, caught.value.line, caught.value.column) == (code, line, column), str(caught.value)
    assert "{" not in str(caught.value)


def test_every_message_of_the_table_is_covered() -> None:
    assert {case[1] for case in REFUSED.values()} | {"def-unwritable-name"} == set(MESSAGES)


def test_turning_boxes() -> None:
    box = np.array([[1, 2, 4, 8]] * 8)
    assert dict(zip(ORIENTATIONS, turn_boxes(box, np.arange(8, dtype=np.uint8)).tolist(), strict=True)) == {
        "N": [1, 2, 4, 8],
        "W": [-8, 1, -2, 4],
        "S": [-4, -8, -1, -2],
        "E": [2, -4, 8, -1],
        "FN": [-4, 2, -1, 8],
        "FW": [2, 1, 8, 4],
        "FS": [1, -8, 4, -2],
        "FE": [-8, -4, -2, -1],
    }


def test_pin_positions_in_all_orientations() -> None:
    """A 2 x 3 um cell with a pin at (0.6, 1.2) um of its lower left corner, placed at (10, 20) um."""
    components = "".join(f"- {name} INV + PLACED ( 10000 20000 ) {name} ;\n" for name in ORIENTATIONS)
    nets = "- n" + "".join(f" ( {name} A )" for name in ORIENTATIONS) + " ( u A ) ;"
    text = f"{HEAD}COMPONENTS 9 ; {components} - u INV ; END COMPONENTS NETS 1 ; {nets} END NETS END DESIGN"
    lef = read_lef(LEF.encode())
    x, y = pin_positions(read_def(text.encode()).netlist(), lef)
    found = dict(zip(ORIENTATIONS, np.round(np.stack([x, y], axis=1) - [10, 20], 6).tolist(), strict=False))
    assert found == {
        "N": [0.6, 1.2], "W": [1.8, 0.6], "S": [1.4, 1.8], "E": [1.2, 1.4],
        "FN": [1.4, 1.2], "FW": [1.2, 0.6], "FS": [0.6, 1.8], "FE": [1.8, 1.4],
    }  # fmt: skip
    assert np.isnan(x[8])
    with pytest.raises(InputError, match="2 of 3 cells are not in the LEF, first 'DFF'"):
        pin_positions(read_def(FULL.encode()).netlist(), lef)
    with pytest.raises(InputError, match="1 of 1 kinds of pins are not in the LEF, first 'INV/B'"):
        pin_positions(read_def(text.replace(" A )", " B )").encode()).netlist(), lef)


# Random layouts and damaged files.

NUMBER = st.integers(-(2**20), 2**20)
POINT = st.tuples(NUMBER, NUMBER).map(lambda p: f"( {p[0]} {p[1]} )")
NAME = st.text("abc/[]0$_.", min_size=1, max_size=6).map(lambda s: re.sub(r"([\[\]])", r"\\\1", s))
PIECE = st.one_of(
    POINT,
    st.tuples(NUMBER, st.integers(0, 99)).map(lambda p: f"( * {p[0]} {p[1]} )"),
    st.sampled_from(["v12", "v23", "other", "v12 N", "MASK 1 v12", "RECT ( -1 -2 3 4 )", "VIRTUAL ( 3 * )"]),
)
PATH = st.tuples(st.sampled_from(["m1", "m2 TAPER", "m3 TAPERRULE wide"]), POINT, st.lists(PIECE, max_size=5)).map(
    lambda p: f"{p[0]} {p[1]} {' '.join(p[2])}"
)


@st.composite
def layouts(draw: st.DrawFn) -> bytes:
    """Return the text of a DEF file."""
    names = draw(st.lists(NAME, max_size=5, unique=True))
    places = [
        draw(st.tuples(st.sampled_from(["PLACED", "FIXED", "COVER"]), POINT, st.sampled_from(ORIENTATIONS)))
        for _ in names
    ]
    items = [
        f"- {name} M{i % 2} + {' '.join(place)} ;" for i, (name, place) in enumerate(zip(names, places, strict=True))
    ]
    nets = []
    for i in range(draw(st.integers(0, 4))):
        ends = "".join(f" ( {name} P{i} )" for name in names if draw(st.booleans()))
        paths = draw(st.lists(PATH, max_size=3))
        word = draw(st.sampled_from(["ROUTED", "FIXED", "COVER", "NOSHIELD"]))
        nets.append(f"- n{i}{ends} + USE CLOCK" + (f" + {word} " + "\n NEW ".join(paths) if paths else "") + " ;")
    return (
        f"{HEAD}VIAS 1 ; - v12 + VIARULE r + LAYERS m1 c m2 ; END VIAS\n"
        f"COMPONENTS {len(items)} ; {' '.join(items)} END COMPONENTS\nNETS {len(nets)} ; {' '.join(nets)} END NETS\n"
        "END DESIGN\n"
    ).encode()


@given(layouts())
@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])
def test_written_layouts_read_the_same(text: bytes) -> None:
    layout = read_def(text)
    assert_same(layout, read_def(format_def(layout)))


@given(st.data())
@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
def test_damaged_files_give_a_record_or_an_input_error(data: st.DataObject) -> None:
    text = FULL.encode()
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(text)))
        kind = data.draw(st.sampled_from(["cut", "drop", "insert", "word"]))
        if kind == "cut":
            text = text[:at]
        elif kind == "drop":
            text = text[:at] + text[at + data.draw(st.integers(1, 20)) :]
        elif kind == "insert":
            text = text[:at] + data.draw(st.binary(max_size=6)) + text[at:]
        else:
            words = [";", "-", "+", "(", ")", "*", "END", "NEW", "RECT", "DO", "VIRTUAL", "99999999999", '"', "#", "\\"]
            text = text[:at] + f" {data.draw(st.sampled_from(words))} ".encode() + text[at:]
    for relaxed in (False, True):
        try:
            layout = read_def(text, relaxed=relaxed)
        except InputError:
            continue
        layout.netlist()


@given(st.binary(max_size=200))
def test_garbage_gives_an_input_error(data: bytes) -> None:
    with pytest.raises(InputError):
        read_def(data)


# Public designs.

ROUTED = ["nangate45_gcd", "nangate45_ibex", "sky130hd_aes", "sky130hd_gcd"]


def unpack(path: Path) -> bytes:
    data = path.read_bytes()
    return gzip.decompress(data) if path.suffix == ".gz" else lzma.decompress(data) if path.suffix == ".xz" else data


@pytest.mark.parametrize("name", ROUTED)
def test_public_layouts(shared_data: Path, name: str) -> None:
    """Counts against plain searches of the text; the netlist against the Verilog beside it."""
    folder = shared_data / "timing" / "circuitops" / name
    text = unpack(folder / "6_final.def.gz").decode()
    layout = read_def(folder / "6_final.def.gz")
    wires = layout.wiring
    regular = ~layout.nets.special[wires.path_net]
    nets = text[text.index("\nNETS ") : text.index("\nEND NETS")]
    assert np.count_nonzero(regular) == len(re.findall(r"\bNEW |\+ ROUTED ", nets))
    connections = re.findall(r"\( (?!RECT)[^\s*\d-]\S* \S+ \)", nets)
    assert layout.nets.offsets[np.count_nonzero(~layout.nets.special)] == len(connections)
    verilog = unpack(folder / "6_final.v.gz").decode()
    assert layout.netlist().num_connections == len(re.findall(r"(?<=[\s(])\.\w+ ?\((?!\s*\))", verilog))
