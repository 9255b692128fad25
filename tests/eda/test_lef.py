from __future__ import annotations

import lzma
import math
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edasat.core.errors import InputError
from edasat.core.names import Names
from edasat.eda.formats.lef import MESSAGES, USES, LefVia, Site, ViaRule, read_lef
from edasat.eda.formats.lef.sniff import other_format
from edasat.eda.library import Direction

TECHNOLOGY = b"""# example
VERSION 5.8 ;
BUSBITCHARS "<>" ;
DIVIDERCHAR "/" ;
UNITS
  CAPACITANCE PICOFARADS 10 ; DATABASE MICRONS 2000 ;
END UNITS
MANUFACTURINGGRID 0.005 ;
PROPERTYDEFINITIONS
  LAYER LEF58_TYPE STRING ;
END PROPERTYDEFINITIONS
SITE core CLASS CORE ; SYMMETRY Y ; SIZE 0.2 BY 1.4 ; END core
LAYER poly TYPE MASTERSLICE ; PROPERTY LEF58_TYPE "TYPE POLY ; END poly # no" ; END poly
LAYER m1
  TYPE ROUTING ; DIRECTION HORIZONTAL ; PITCH 0.14 0.28 ; WIDTH 0.07 ;
  SPACING 0.08 ; SPACING 0.065 RANGE 1 2 ; SPACING 0.3 ;
  RESISTANCE RPERSQ 0.38 ; CAPACITANCE CPERSQDIST 7.7e-05 ; EDGECAPACITANCE 2.5E-5 ; THICKNESS 0.13 ; HEIGHT 0.37 ;
  ACCURRENTDENSITY PEAK FREQUENCY 1 2 ; WIDTH 0.5 0.6 ; TABLEENTRIES 1 2 3 4 ;
END m1
LAYER c1 TYPE CUT ; WIDTH 0.07 ; RESISTANCE 5 ; END c1
LAYER m2 TYPE ROUTING ; PITCH 0.19 ; SPACINGTABLE PARALLELRUNLENGTH 0 1 WIDTH 0 0.07 0.08 WIDTH 1 0.2 0.3 ; END m2
VIA v12 DEFAULT RESISTANCE 4 ;
  LAYER c1 ; RECT -1 -1 1 1 ; LAYER m2 ; POLYGON 0 0 2 0 2 3 ; LAYER m1 ; RECT MASK 1 0 0 1 1 ;
END v12
VIA generated VIARULE rule ; CUTSIZE 1 1 ; LAYERS m1 c1 m2 ; END generated
VIARULE rule GENERATE
  LAYER m1 ; ENCLOSURE 0 0.1 ; LAYER m2 ; ENCLOSURE 0 0 ; LAYER c1 ; RECT 0 0 1 1 ; RESISTANCE 7 ;
END rule
SPACING SAMENET m1 m1 0.1 ; END SPACING
NONDEFAULTRULE wide LAYER m1 WIDTH 1 ; END m1 END wide
BEGINEXT "tool" anything ENDEXT
END LIBRARY
this is not read
"""

CELLS = b"""
MACRO FF
  CLASS CORE SPACER ; FOREIGN FF 0 0 ; ORIGIN 0.1 0.2 ; SIZE 2 BY 1.4 ; SYMMETRY X Y ; SITE core ;
  PIN D<1>
    DIRECTION INPUT ; USE SIGNAL ; ANTENNAGATEAREA 0.1 ;
    PORT
      LAYER m1 ;
        RECT 0 0 0.2 0.4 ;
        RECT 0.1 0.1 0.6 0.2 ;
    END
    PORT LAYER m2 ; POLYGON 1 1 1 1.2 0.8 1 ; END
  END D<1>
  PIN Q DIRECTION OUTPUT TRISTATE ; PORT CLASS CORE ; LAYER m1 ; RECT 1 0 1 0 ; END END Q
  PIN VDD DIRECTION INOUT ; USE POWER ; SHAPE ABUTMENT ; END VDD
  OBS LAYER m1 ; RECT 0 0 1 1 ; RECT 1 1 2 2 ; POLYGON 0 0 1 1 2 0 ; END
  DENSITY LAYER m1 ; RECT 0 0 1 1 50 ; END
  TIMING FROMPIN a ; END TIMING
END FF
MACRO TAP SIZE 1 BY 1.4 ; END TAP
MACRO INV SIZE 1 BY 1.4 ; PIN A END A PIN Q DIRECTION FEEDTHRU ; USE CLOCK ; END Q END INV
"""


def test_technology() -> None:
    lef = read_lef(TECHNOLOGY)
    assert (lef.dbu_per_um, lef.manufacturing_grid) == (2000, 0.005)
    assert lef.sites == (Site("core", "CORE", 0.2, 1.4),)
    assert [layer.name for layer in lef.layers] == ["poly", "m1", "c1", "m2"]
    m1, c1, m2 = (lef.layer(name) for name in ("m1", "c1", "m2"))
    assert m1 is not None and c1 is not None and m2 is not None
    assert (m1.kind, m1.direction, m1.pitch, m1.width, m1.spacing) == (
        "ROUTING",
        "HORIZONTAL",
        (0.14, 0.28),
        0.07,
        0.065,
    )
    assert (m1.thickness, m1.height, m1.resistance) == (0.13, 0.37, 0.38)
    assert m1.capacitance == pytest.approx(0.077)  # 7.7e-5 pF/um2 in fF
    assert m1.edge_capacitance == pytest.approx(0.025)
    assert (c1.kind, c1.resistance, c1.direction, c1.pitch, c1.capacitance) == ("CUT", 5, "", None, None)
    assert (m2.pitch, m2.spacing) == ((0.19, 0.19), 0.07)
    assert lef.layer("m3") is None
    rects = (("c1", -1.0, -1.0, 1.0, 1.0), ("m2", 0.0, 0.0, 2.0, 3.0), ("m1", 0.0, 0.0, 1.0, 1.0))
    assert lef.vias == (
        LefVia("v12", ("m1", "c1", "m2"), rects, 4.0, True),
        LefVia("generated", ("m1", "c1", "m2")),
    )
    assert lef.via_rules == (ViaRule("rule", ("m1", "m2", "c1"), 7.0),)


def test_cells() -> None:
    lef = read_lef(TECHNOLOGY, CELLS.replace(b"<1>", b"[1]"))
    assert lef.macros.to_list() == ["FF", "TAP", "INV"]
    np.testing.assert_array_equal(lef.macro_size, [[2, 1.4], [1, 1.4], [1, 1.4]])
    assert (lef.macro_class, lef.macro_symmetry, lef.macro_site) == (
        ("CORE SPACER", "", ""),
        ("X Y", "", ""),
        ("core", "", ""),
    )
    assert lef.macro_obstructions.tolist() == [3, 0, 0]
    assert lef.macro_pins.tolist() == [0, 3, 3, 5]
    assert lef.pins.to_list() == ["D[1]", "Q", "VDD", "A", "Q"]
    assert lef.pin_direction.tolist() == [
        Direction.INPUT,
        Direction.OUTPUT,
        Direction.INOUT,
        Direction.INPUT,
        Direction.INOUT,
    ]
    assert [USES[use] for use in lef.pin_use] == ["SIGNAL", "SIGNAL", "POWER", "SIGNAL", "CLOCK"]
    assert lef.pin_shapes.tolist() == [0, 3, 4, 4, 4, 4]
    assert [lef.layer_names[i] for i in lef.shape_layer] == ["m1", "m1", "m2", "m1"]
    np.testing.assert_allclose(lef.shape_box[2], [0.8 + 0.1, 1 + 0.2, 1 + 0.1, 1.2 + 0.2])
    np.testing.assert_allclose(lef.pin_x, [0.5 + 0.1, 1 + 0.1, math.nan, math.nan, math.nan])
    np.testing.assert_allclose(lef.pin_y, [0.6 + 0.2, 0 + 0.2, math.nan, math.nan, math.nan])


def test_bus_characters_are_those_of_the_file() -> None:
    lef = read_lef(b'BUSBITCHARS "<>" ;' + CELLS)
    assert lef.pins[0] == "D[1]"


def test_find_pins() -> None:
    lef = read_lef(CELLS)
    macro = np.array([0, 2, 2, 1, 2, 0], np.int32)
    names, name = Names.of(["Q", "A", "D<1>", "none"]), np.array([0, 0, 1, 0, 3, 2], np.int32)
    assert lef.find_pins(macro, names, name).tolist() == [1, 4, 3, -1, -1, 0]
    assert read_lef(b"VERSION 5.8 ;").find_pins(macro[:0], names, name[:0]).tolist() == []


def test_repeated_technology_counts_once() -> None:
    lef = read_lef(TECHNOLOGY, TECHNOLOGY)
    assert len(lef.layers) == 4
    assert lef.notes.counts == {"lef-repeated": 4 + 2 + 1 + 1}


REFUSED = {
    "empty": ("", "lef-empty", 0, 0),
    "DEF": ("VERSION 5.8 ;\nDESIGN top ;\nDIEAREA ( 0 0 ) ( 1 1 ) ;\n", "lef-wrong-file", 1, 1),
    "Liberty": ("/* slow */\nlibrary (slow) {\n", "lef-wrong-file", 1, 1),
    "Verilog": ("module top;\n", "lef-wrong-file", 1, 1),
    "cut in a macro": ("MACRO A\nSIZE 1 BY 1 ;\n", "lef-cut-off", 3, 1),
    "cut in a pin": ("MACRO A\nPIN B\n", "lef-cut-off", 3, 1),
    "cut in obstructions": ("MACRO A\nOBS LAYER m1 ;\n", "lef-cut-off", 3, 1),
    "cut in a passed block": ("SPACING\nSAMENET a b 1 ;\n", "lef-cut-off", 3, 1),
    "cut in an extension": ("BEGINEXT x\n", "lef-cut-off", 2, 1),
    "cut in a statement": ("LAYER m1\n TYPE\n", "lef-statement-open", 2, 2),
    "unknown statement": ("VERSION 5.8 ;\nMACR A\n", "lef-statement-unknown", 2, 1),
    "no name": ("MACRO ;\n", "lef-statement-garbled", 1, 7),
    "five numbers": ("MACRO A\nPIN B PORT LAYER m ;\nRECT 0 0 1 1 1 ;\n", "lef-statement-garbled", 3, 1),
    "long bus characters": ('BUSBITCHARS "[[]]" ;\n', "lef-statement-garbled", 1, 13),
    "wrong end": ("MACRO A\nSIZE 1 BY 1 ;\nEND B\n", "lef-end-name", 3, 5),
    "wrong end of a pin": ("MACRO A\nPIN B\nEND C\n", "lef-end-name", 3, 5),
    "word for a number": ("MACRO A\nSIZE one BY 1 ;\n", "lef-number", 2, 6),
    "not a number": ("MACRO A # x\nSIZE 1 BY nan ;\n", "lef-number", 2, 11),
    "no layer": ("MACRO A\nPIN B PORT\nRECT 0 0 1 1 ;\n", "lef-shape-layer", 3, 1),
    "no layer of a via": ("VIA v\nRECT 0 0 1 1 ;\n", "lef-shape-layer", 2, 1),
    "direction": ("MACRO A\nPIN B DIRECTION IN ;\n", "lef-direction", 2, 17),
    "macro twice": ("MACRO A SIZE 1 BY 1 ; END A\nMACRO A\n", "lef-name-twice", 2, 7),
    "no size": ("MACRO A\nEND A\n", "lef-size-missing", 1, 7),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_with_its_own_message_and_place(tmp_path: Path, name: str) -> None:
    text, code, line, column = REFUSED[name]
    path = tmp_path / "bad.lef"
    path.write_text(text)
    with pytest.raises(InputError) as caught:
        read_lef(path)
    assert (caught.value.code, caught.value.line, caught.value.column) == (code, line, column), str(caught.value)
    assert "{" not in caught.value.message


def test_every_message_of_the_table_is_covered() -> None:
    assert {case[1] for case in REFUSED.values()} == set(MESSAGES)


def test_a_number_sign_inside_a_word_begins_no_comment() -> None:
    assert read_lef(b'MACRO a#1 SIZE 1 BY 1 ; # "open\nEND a#1 #').macros.to_list() == ["a#1"]


def test_offsets_survive_letters_of_several_bytes() -> None:
    with pytest.raises(InputError) as caught:
        read_lef("# µm\nMACRO é SIZE é BY 1 ;".encode())
    assert (caught.value.line, caught.value.column) == (2, 15)


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"\0\6\0\2\2X", "GDSII"),
        (b"// a\n`timescale 1ns", "Verilog"),
        (b"(DELAYFILE\n", "SDF"),
        (b"create_clock -name c", "SDC"),
        (b".model top\n", "BLIF"),
        (b"aig 3 1 1 0 1\n", "AIGER"),
        (b"c hello\np cnf 1 1\n", "DIMACS CNF"),
        (b"MACRO a\n", "LEF"),
        (b"VERSION 5.8 ;\n", ""),
    ],
)
def test_other_formats_are_recognised(head: bytes, kind: str) -> None:
    assert other_format(head, ours="DEF") == kind


@given(st.data())
@settings(max_examples=200)
def test_damaged_files_give_a_record_or_an_input_error(data: st.DataObject) -> None:
    text = TECHNOLOGY + CELLS if data.draw(st.booleans()) else CELLS
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
            word = data.draw(st.sampled_from([";", "END", "PIN", "PORT", "LAYER", "RECT", "SIZE", "1e999", '"', "#"]))
            text = text[:at] + f" {word} ".encode() + text[at:]
    try:
        read_lef(text)
    except InputError as error:
        assert error.code in MESSAGES


@given(st.binary(max_size=100))
def test_garbage_gives_a_record_or_an_input_error(data: bytes) -> None:
    try:
        read_lef(data)
    except InputError:
        return


@pytest.mark.parametrize(
    ("files", "cells", "pins"),
    [
        (("nangate45/Nangate45_tech.lef", "nangate45/Nangate45_stdcell.lef.xz"), 135, 803),
        (("sky130hd/sky130hd.tlef", "sky130hd/sky130_fd_sc_hd_merged.lef.xz"), 437, 2662),
        (("asap7/asap7_tech_1x_201209.lef", "asap7/asap7sc7p5t_28_R_1x_220121a.lef.xz"), 212, 1326),
    ],
)
def test_public_libraries(shared_data: Path, files: tuple[str, str], cells: int, pins: int) -> None:
    """Counts against plain searches of the text; all pins lie in their cells."""
    paths = [shared_data / "libs" / name for name in files]
    lef = read_lef(*paths)
    text = lzma.decompress(paths[1].read_bytes()).decode()
    assert lef.num_macros == len(re.findall(r"^\s*MACRO ", text, re.M)) == cells
    assert lef.num_pins == len(re.findall(r"^\s*PIN ", text, re.M)) == pins
    assert len(lef.shape_layer) + lef.macro_obstructions.sum() == len(re.findall(r"^\s*(?:RECT|POLYGON) ", text, re.M))
    owner = np.repeat(np.arange(lef.num_macros), np.diff(lef.macro_pins))
    drawn = ~np.isnan(lef.pin_x)
    assert drawn.mean() > 0.99
    assert ((lef.pin_x[drawn] >= 0) & (lef.pin_x[drawn] <= lef.macro_size[owner[drawn], 0])).all()
    routing = [layer for layer in lef.layers if layer.kind == "ROUTING"]
    assert len(routing) >= 6
    assert all(layer.pitch and layer.width and layer.direction for layer in routing)
