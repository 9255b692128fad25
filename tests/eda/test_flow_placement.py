"""Placement: what the placer reads and writes, legal rows, floorplan and ports."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edasat.core.errors import InputError, ToolError
from edasat.eda import cells
from edasat.eda.flow.floorplan import measure_cells, plan, routing_layers
from edasat.eda.flow.graywolf import Places, cel_text, read_pl1
from edasat.eda.flow.legalise import legal_places, legal_row
from edasat.eda.flow.placement import layout_of
from edasat.eda.formats.layout import ORIENTATIONS, format_def, pin_positions, read_def
from edasat.eda.formats.lef import Lef, read_lef
from edasat.eda.formats.verilog import read_verilog
from edasat.eda.netlist import Netlist

SMALL = b"""
module small (a, b, y);
  input a, b;
  output y;
  wire n;
  NAND2_X1 u1 (.A1(a), .A2(b), .ZN(n));
  INV_X1 u2 (.A(n), .ZN(y));
endmodule
"""


@pytest.fixture(scope="module")
def lef() -> Lef:
    return read_lef(cells.LEF)


@pytest.fixture
def small() -> Netlist:
    return read_verilog(SMALL)


@st.composite
def rows(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, int]:
    widths = draw(st.lists(st.integers(1, 9), max_size=30))
    room = sum(widths) + draw(st.integers(0, 20))
    wanted = [draw(st.floats(-50, room + 50)) for _ in widths]
    return np.array(wanted, float), np.array(widths, np.int64), room


@given(rows())
def test_legal_rows_are_legal_and_keep_the_order(row: tuple[np.ndarray, np.ndarray, int]) -> None:
    wanted, widths, room = row
    left = legal_row(wanted, widths, room)
    order = np.argsort(wanted, kind="stable")
    ends = left[order] + widths[order]
    assert (left >= 0).all() and (left + widths <= room).all()
    assert (left[order][1:] >= ends[:-1]).all()


@given(st.lists(st.integers(0, 12), min_size=1, max_size=12, unique=True))
def test_legal_places_stay(sites: list[int]) -> None:
    wanted = np.array(sites, float)
    assert legal_row(wanted, np.ones(len(sites), np.int64), 13).tolist() == sites


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(1, 4), st.floats(0, 40)), min_size=1, max_size=40))
def test_crowded_rows_give_to_others(wishes: list[tuple[int, int, float]]) -> None:
    row, widths, wanted = (np.array(column) for column in zip(*wishes, strict=True))
    room = int(widths.sum()) // 4 + 4  # as full as four rows can be packed with cells of up to four sites
    new_row, left = legal_places(wanted.astype(float), row.astype(np.int64), widths.astype(np.int64), 4, room)
    taken = np.zeros((4, room), np.int64)
    for number, start, width in zip(new_row, left, widths, strict=True):
        taken[number, start : start + width] += 1
    assert taken.sum() == widths.sum() and taken.max() <= 1
    counts = np.bincount(row, widths, 4)
    assert (new_row == row)[counts[row] <= room].all()


def test_rows_that_cannot_hold_the_cells() -> None:
    with pytest.raises(ValueError, match="too full"):
        legal_places(np.zeros(3), np.zeros(3, np.int64), np.full(3, 4), 2, 5)


def test_cel_file_of_two_cells(small: Netlist, lef: Lef) -> None:
    text = cel_text(small, lef, measure_cells(small, lef), utilisation=0.5)
    # A row is 200 units high and 1.6 um in truth: 125 units to the um. INV_X1 has 2 sites of 0.2 um: 50, doubled 100.
    assert "cell 1 c1\nleft -50 right 50 bottom -100 top 100\n" in text
    macro = lef.macros.index("INV_X1")
    pin = next(i for i in range(lef.macro_pins[macro], lef.macro_pins[macro + 1]) if lef.pins[i] == "ZN")
    x, y = (lef.pin_x[pin] - lef.macro_size[macro, 0] / 2) * 125, (lef.pin_y[pin] - 0.8) * 125
    assert f"pin name ZN signal n{small.nets.index('y')} layer 1 {round(x)} {round(y)}\n" in text
    assert text.count("\npin name") == 5 + 3 and text.count("\npad ") == 3
    assert "pad 3 name twpin_p2\ncorners 4 -10 -10 -10 10 10 10 10 -10\npin name p2 signal n" in text


PL1 = """\
c1 0 -30  100 170  1 1
c0 100 170  260 370  3 2
twfeed1 260 -30 265 170 0 1
twpin_p0 -80 70  -60 90  7 -1
twpin_p1 120 400  140 420  3 -4
twpin_p2 300 -30 320 -10 6 -2
"""


def test_pl1_file() -> None:
    places = read_pl1(PL1, 2, 3)
    assert places.row.tolist() == [1, 0]
    assert places.x.tolist() == [0.9, 0.25]
    assert places.mirrored.tolist() == [True, False]
    assert places.side.tolist() == [0, 3, 1]
    assert places.along == pytest.approx([(80 + 30) / 400, 130 / 260, 10 / 400])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "did not place everything"),
        (PL1.replace("c0 100", "c7 100"), "cannot be read: 'c7 100"),
        (PL1.replace(" 3 2\n", " 3 0\n"), "did not place everything"),
        (PL1.replace("  3 -4", "  3 -5"), "did not place everything"),
        (PL1.replace("c0 100", "c0 x"), "cannot be read: 'c0 x"),
        (PL1.replace("twpin_p1", "twpin_p"), "cannot be read"),
        (PL1.replace("twpin_p1", "twfeed9"), "did not place everything"),
    ],
)
def test_pl1_files_that_cannot_be_used(text: str, message: str) -> None:
    with pytest.raises(ToolError, match=message):
        read_pl1(text, 2, 3)


@pytest.mark.parametrize("utilisation", [0.3, 0.7, 1.0])
def test_floorplan(small: Netlist, lef: Lef, utilisation: float) -> None:
    sizes = measure_cells(small, lef)
    assert (sizes.site_width, sizes.row_height, sizes.dbu_per_um) == (200, 1600, 1000)
    floorplan = plan(small, sizes, routing_layers(lef), utilisation=utilisation)
    used = sizes.sites[small.instance_cell].sum()
    assert used / (floorplan.num_rows * floorplan.row_sites) <= utilisation
    for number, row in enumerate(floorplan.rows):
        assert ORIENTATIONS[row.orientation] == ("FS" if number % 2 else "N")
        assert row.x % sizes.site_width == row.y % sizes.row_height == 0
        assert row.x + row.num_x * row.step_x <= floorplan.width - row.x
    for track in floorplan.tracks:
        extent = floorplan.width if track.axis == "X" else floorplan.height
        assert 0 < track.start <= track.start + (track.num - 1) * track.step < extent
    assert {track.step for track in floorplan.tracks if track.axis == "X"} == {160, 320}


def test_layout_says_what_the_places_are(small: Netlist, lef: Lef) -> None:
    sizes = measure_cells(small, lef)
    floorplan = plan(small, sizes, routing_layers(lef), utilisation=0.1, num_rows=2)
    places = read_pl1(PL1, 2, 3)
    layout = layout_of(small, lef, sizes, floorplan, places)
    again = read_def(format_def(layout), lef=lef)
    assert again.components.names.to_list() == ["u1", "u2"]
    assert [ORIENTATIONS[turn] for turn in again.components.orientation] == ["S", "N"]
    assert again.components.y.tolist() == [3200, 1600]
    read = again.netlist()
    assert read.nets.to_list() == small.nets.to_list()
    assert read.port_direction.tolist() == small.port_direction.tolist()
    assert np.isfinite(pin_positions(read, lef)[0]).all()
    # a at the left edge on the layer of horizontal wires, b at the upper, y at the right one
    assert layout.pins.port_x[0] == 80 and layout.pins.port_x[2] > floorplan.width - 320
    assert layout.pins.port_y[1] > floorplan.height - 320
    assert [layout.layers[i] for i in layout.pins.shape_layer] == ["met3", "met2", "met3"]


@given(st.lists(st.tuples(st.integers(0, 3), st.floats(0, 1)), min_size=1, max_size=150))
def test_ports_stand_on_different_tracks(lef: Lef, ports: list[tuple[int, float]]) -> None:
    header = ", ".join(f"p{i}" for i in range(len(ports)))
    netlist = read_verilog(f"module t ({header}); input {header}; INV_X1 u (.A(p0), .ZN(n)); endmodule".encode())
    sizes = measure_cells(netlist, lef)
    floorplan = plan(netlist, sizes, routing_layers(lef), utilisation=0.05, num_rows=3)
    side, along = (np.array(column) for column in zip(*ports, strict=True))
    places = Places(np.zeros(1, np.int64), np.zeros(1), np.zeros(1, np.bool_), side, along)
    try:
        pins = layout_of(netlist, lef, sizes, floorplan, places).pins
    except InputError as error:
        assert error.code == "flow-ports"
        return
    points = set(zip(pins.port_x.tolist(), pins.port_y.tolist(), strict=True))
    assert len(points) == len(ports)
    assert all((x - 80) % 160 == 0 and (y - 80) % 160 == 0 for x, y in points)


def test_input_that_does_not_fit(small: Netlist, lef: Lef) -> None:
    sizes = measure_cells(small, lef)
    for utilisation in (0.0, 1.01, float("nan")):
        with pytest.raises(InputError, match="utilisation must lie between"):
            plan(small, sizes, routing_layers(lef), utilisation=utilisation)
    with pytest.raises(InputError, match="cell 'AND9' is not in the LEF"):
        measure_cells(read_verilog(SMALL.replace(b"NAND2_X1", b"AND9")), lef)
    with pytest.raises(InputError, match="2 routing layers, at least 3"):
        routing_layers(lef, 2)
