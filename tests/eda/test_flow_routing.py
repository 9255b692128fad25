"""Routing: what the router reads and writes, whether metal joins the nets, and gaps that are closed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pytest

from edasat.core.errors import InputError
from edasat.core.names import Names
from edasat.eda import cells
from edasat.eda.flow.connectivity import num_shorts, unconnected_nets
from edasat.eda.flow.gaps import close_gaps
from edasat.eda.flow.port_wires import Stub, on_their_tracks, read_stubs
from edasat.eda.flow.qrouter import def_text, with_wires
from edasat.eda.formats.layout import Layout, WireKind, format_def, read_def
from edasat.eda.formats.lef import Lef, read_lef

#: Two inverters side by side.
PLACED = """\
VERSION 5.8 ;
DESIGN two ;
UNITS DISTANCE MICRONS 1000 ;
DIEAREA ( 0 0 ) ( 5120 3200 ) ;
TRACKS X 80 DO 32 STEP 160 LAYER met2 ;
TRACKS Y 80 DO 20 STEP 160 LAYER met3 ;
COMPONENTS 2 ;
- left[0] INV_X1 + PLACED ( 800 800 ) N ;
- right INV_X1 + PLACED ( 2800 800 ) N ;
END COMPONENTS
PINS 1 ;
- y[1] + NET out + DIRECTION OUTPUT + USE SIGNAL + LAYER met3 ( -40 -40 ) ( 40 40 ) + PLACED ( 5040 1520 ) N ;
END PINS
NETS 3 ;
- a.b ( left[0] ZN ) ( right A ) ;
- out ( PIN y[1] ) ( right ZN ) ;
- open ( left[0] A ) ;
END NETS
END DESIGN
"""


@pytest.fixture(scope="module")
def lef() -> Lef:
    return read_lef(cells.LEF)


@pytest.fixture
def placed(lef: Lef) -> Layout:
    return read_def(PLACED.encode(), lef=lef)


def pin_place(lef: Lef, pin: str) -> tuple[int, int]:
    """Return the middle of a pin of INV_X1, database units."""
    macro = lef.macros.index("INV_X1")
    row = next(i for i in range(lef.macro_pins[macro], lef.macro_pins[macro + 1]) if lef.pins[i] == pin)
    return round(lef.pin_x[row] * 1000), round(lef.pin_y[row] * 1000)


def routed(lef: Lef, first: str, second: str, special: str = "") -> str:
    """Return what the router would write, with the wires of the nets n0 and n1."""
    text = PLACED.replace("- a.b ", "- n0 ").replace("- out ", "- n1 ").replace("- open ( left[0] A ) ;\n", "")
    text = text.replace("NETS 3", "NETS 2").replace("+ NET out", "+ NET n1")
    zn, a = pin_place(lef, "ZN"), pin_place(lef, "A")
    for word, (x, y) in {"LX LY": (800 + zn[0], 800 + zn[1]), "RX RY": (2800 + a[0], 800 + a[1]),
                         "ZX ZY": (2800 + zn[0], 800 + zn[1])}.items():  # fmt: skip
        first, second = (wire.replace(word, f"{x} {y}") for wire in (first, second))
        for letter, value in zip(word.split(), (x, y), strict=True):
            first, second = (wire.replace(letter, str(value)) for wire in (first, second))
    text = text.replace("( right A ) ;", f"( right A ) {first} ;").replace("( right ZN ) ;", f"( right ZN ) {second} ;")
    return text.replace("NETS 2", f"SPECIALNETS 1 ;\n- n0 {special} ;\nEND SPECIALNETS\nNETS 2") if special else text


#: From pin ZN of the left one (LX, LY) up to met3, across, and down to A of the right one (RX, RY).
FIRST = (
    "+ ROUTED met1 ( LX LY ) via1_default NEW met2 ( LX LY ) ( * 2320 ) via2_default "
    "NEW met3 ( LX 2320 ) ( RX * ) via2_default NEW met2 ( RX 2320 ) ( * RY ) via1_default"
)
#: From ZN of the right one (ZX, ZY) to the port.
SECOND = (
    "+ ROUTED met1 ( ZX ZY ) via1_default NEW met2 ( ZX ZY ) ( * 1520 ) via2_default NEW met3 ( ZX 1520 ) ( 5040 * )"
)


def merged(placed: Layout, lef: Lef, first: str = FIRST, second: str = SECOND, special: str = "") -> Layout:
    return with_wires(placed, read_def(routed(lef, first, second, special).encode(), lef=lef))


def test_the_router_sees_plain_names(placed: Layout) -> None:
    text = def_text(placed)
    assert "- c0 INV_X1 + PLACED ( 800 800 ) N ;\n" in text
    assert "- n1 + NET n1\n  + LAYER met3 ( 0 0 ) ( 1 1 )\n  + PLACED ( 5040 1520 ) N ;\n" in text
    assert "NETS 2 ;\n- n0\n  ( c0 ZN )\n  ( c1 A )\n;\n- n1\n  ( PIN n1 )\n  ( c1 ZN )\n;\n" in text, "n2 has one pin"
    assert "left" not in text


def test_two_ports_on_one_net_are_refused(placed: Layout) -> None:
    second = replace(
        placed.pins,
        names=Names.of(["y[1]", "z"]),
        **{
            name: np.repeat(column, 2, axis=0)
            for name, column in vars(placed.pins).items()
            if name not in {"names", "port_pin", "shape_port"}
        },
        port_pin=np.arange(2, dtype=np.int32),
        shape_port=np.arange(2, dtype=np.int32),
    )  # fmt: skip
    with pytest.raises(InputError, match="net 'out' has more than one port"):
        def_text(replace(placed, pins=second))


def test_wires_come_back_under_the_designs_names(placed: Layout, lef: Lef) -> None:
    layout = merged(placed, lef)
    assert layout.nets.names.to_list() == ["a.b", "out", "open"]
    assert len(unconnected_nets(layout, lef)) == 0
    a, zn = pin_place(lef, "A"), pin_place(lef, "ZN")
    across = 2000 + a[0] - zn[0]
    up = (2320 - 800 - zn[1]) + (2320 - 800 - a[1])
    out = abs(1520 - 800 - zn[1]) + 5040 - 2800 - zn[0]
    assert layout.routed_length().tolist() == [across + up, out, 0]
    again = read_def(format_def(layout), lef=lef)
    assert again.pins.direction.tolist() == placed.pins.direction.tolist()
    assert again.routed_length().tolist() == layout.routed_length().tolist()
    assert len(unconnected_nets(again, lef)) == 0


@pytest.mark.parametrize(
    ("first", "connected"),
    [
        (FIRST, True),
        (FIRST.replace("met1 ( LX LY ) via1_default NEW ", ""), False),  # no via to the pin
        (FIRST.replace("NEW met3 ( LX 2320 ) ( RX * )", "NEW met2 ( LX 2320 ) ( RX * )"), True),  # vias to spare
        (FIRST.replace("( RX * )", "( 2640 * )"), False),  # stops short
        (FIRST.replace("via2_default NEW met3", "NEW met3"), False),  # met2 and met3 cross without a via
        ("", False),
    ],
)
def test_metal_decides_what_is_connected(placed: Layout, lef: Lef, first: str, connected: bool) -> None:
    layout = merged(placed, lef, first)
    assert [layout.nets.names[int(net)] for net in unconnected_nets(layout, lef)] == ([] if connected else ["a.b"])


@pytest.mark.parametrize(("above", "wanted"), [(0, []), (230, []), (250, [1])])
def test_overlap_with_a_pin_is_enough(placed: Layout, lef: Lef, above: int, wanted: list[int]) -> None:
    """The pin reaches 200 up from its middle, the pad of a via 40 down from its own."""
    via = f"( ZX {800 + pin_place(lef, 'ZN')[1] + above} )"
    layout = merged(placed, lef, second=SECOND.replace("( ZX ZY )", via))
    assert unconnected_nets(layout, lef).tolist() == wanted


def test_stubs_of_special_nets_are_patches_of_the_net(placed: Layout, lef: Lef) -> None:
    layout = merged(placed, lef, special="+ ROUTED met3 160 ( 2000 1040 ) ( * 1360 )")
    patch = layout.wiring.kind == WireKind.RECT
    box = [int(column[patch][0]) for column in (layout.wiring.x1, layout.wiring.y1, layout.wiring.x2, layout.wiring.y2)]
    assert box == [1920, 1040, 2080, 1360]
    assert layout.wiring.path_net[layout.wiring.path[patch]].tolist() == [0]
    again = read_def(format_def(layout), lef=lef)
    assert np.count_nonzero(again.wiring.kind == WireKind.RECT) == 1


def test_a_forgotten_step_behind_a_via_is_added(placed: Layout, lef: Lef) -> None:
    gap = FIRST.replace("NEW met3 ( LX 2320 )", "NEW met3 ( GAP 2320 )")
    zn = pin_place(lef, "ZN")
    for distance, closed in ((160, 1), (320, 0)):
        layout = merged(placed, lef, gap.replace("GAP", str(800 + zn[0] + distance)))
        broken = unconnected_nets(layout, lef)
        assert broken.tolist() == [0]
        mended, count = close_gaps(layout, lef, broken)
        assert count == closed
        assert len(unconnected_nets(mended, lef)) == 1 - closed
        assert mended.routed_length()[1:].tolist() == layout.routed_length()[1:].tolist()
        assert mended.routed_length()[0] - layout.routed_length()[0] == 160 * closed
        assert np.all(np.diff(mended.wiring.path) >= 0) and np.all(np.diff(mended.wiring.path_net) >= 0)
        assert read_def(format_def(mended), lef=lef).routed_length().tolist() == mended.routed_length().tolist()


def test_stubs_of_one_point() -> None:
    text = """
SPECIALNETS 3 ;
- n0
+ ROUTED met3 160 ( 5040 1560 ) ;
- n4
+ ROUTED met1 160 ( 10 20 ) ( * 40 )
  NEW met2 160 ( 30 40 )
  NEW met3 160 ( 50 60 )
  NEW met1 160 ( 70 80 ) ( 90 * ) ;
END SPECIALNETS
NETS 1 ;
- n5 + ROUTED met1 1 ( 1 1 ) ;
END NETS
"""
    assert read_stubs(text) == [(0, "met3", 5040, 1560), (4, "met2", 30, 40), (4, "met3", 50, 60)]
    assert read_stubs("") == []


@pytest.mark.parametrize(("stub_y", "meant"), [(1480, 1680), (1560, 1360)])
def test_wires_of_ports_go_to_the_track_that_was_meant(placed: Layout, lef: Lef, stub_y: int, meant: int) -> None:
    """The stub begins on one side of the port, at y 1520: the wire belongs on the track of the other."""
    start, turn = "met3 ( 5040 1520 ) ( 4240 * ) ( 4080 * ) via2_default", f"met2 ( 4080 {meant} ) ( * 2320 )"
    wire = f"+ ROUTED {start} NEW {turn} via2_default NEW met3 ( 4080 2320 ) ( ZX * ) via2_default "
    layout = merged(placed, lef, second=wire + "NEW met2 ( ZX 2320 ) ( * ZY ) via1_default")
    moved = on_their_tracks(layout, [Stub(1, "met3", 5040, stub_y), Stub(0, "met1", 900, 900)])
    assert len(unconnected_nets(moved, lef)) == 0
    wires = moved.wiring
    met3 = wires.layer == moved.layers.index("met3")
    rows = {(row.x1, row.y1, row.x2, row.y2) for row in _rows(moved, met3 & (wires.path_net[wires.path] == 1))}
    assert {(5040, meant, 4240, meant), (4240, meant, 4080, meant), (5040, 1520, 5040, meant)} <= rows
    assert moved.routed_length()[0] == layout.routed_length()[0]
    assert read_def(format_def(moved), lef=lef).routed_length().tolist() == moved.routed_length().tolist()


class _Row(NamedTuple):
    x1: int
    y1: int
    x2: int
    y2: int


def _rows(layout: Layout, which: npt.NDArray[np.bool_]) -> list[_Row]:
    wires = layout.wiring
    columns = (column[which].tolist() for column in (wires.x1, wires.y1, wires.x2, wires.y2))
    return [_Row(*row) for row in zip(*columns, strict=True)]


def test_a_via_just_beside_a_pin_is_joined_to_it(placed: Layout, lef: Lef) -> None:
    """The pin reaches 200 up from its middle; the pad of the via begins 30, or 100, above that: met1 is 80 wide."""
    for above, patches in ((270, 1), (340, 0)):
        via = f"( ZX {800 + pin_place(lef, 'ZN')[1] + above} )"
        layout = merged(placed, lef, second=SECOND.replace("( ZX ZY )", via))
        broken = unconnected_nets(layout, lef)
        assert broken.tolist() == [1]
        mended, count = close_gaps(layout, lef, broken)
        assert (count, len(unconnected_nets(mended, lef))) == (patches, 1 - patches)
        again = read_def(format_def(mended), lef=lef)
        assert len(unconnected_nets(again, lef)) == 1 - patches
        assert mended.routed_length().tolist() == layout.routed_length().tolist()


def test_shorts_are_overlaps_of_two_nets(placed: Layout, lef: Lef) -> None:
    assert num_shorts(merged(placed, lef), lef) == 0
    crossing = "NEW met3 ( ZX 1520 ) ( 5040 * ) NEW met3 ( 2400 2320 ) ( * 1520 ) ( ZX * )"
    layout = merged(placed, lef, second=SECOND.replace("NEW met3 ( ZX 1520 ) ( 5040 * )", crossing))
    assert num_shorts(layout, lef) == 1


@pytest.mark.parametrize("name", ["circuitops/nangate45_gcd/6_final.def.gz", "openroad_gcd/45_gcd.def.xz"])
def test_finished_public_layouts_are_connected(shared_data: Path, name: str) -> None:
    folder = shared_data / "libs" / "nangate45"
    technology = read_lef(folder / "Nangate45_tech.lef", folder / "Nangate45_stdcell.lef.xz")
    layout = read_def(shared_data / "timing" / name, lef=technology)
    assert len(unconnected_nets(layout, technology)) == 0
    joined = np.diff(layout.nets.offsets)[~layout.nets.special] > 1
    assert len(unconnected_nets(layout.without_routing(), technology)) > 0.95 * joined.sum()
