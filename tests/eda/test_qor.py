"""Area and delay by Yosys and ABC, on the library that ships."""

from __future__ import annotations

import re

import numpy as np
import pytest

from edasat.core.errors import EdasatError, InputError, ToolError
from edasat.eda import cells
from edasat.eda.flow import Rtl
from edasat.eda.formats.liberty import read_liberty
from edasat.eda.synthesis.flip_flops import KINDS, inverter_area, register_areas
from edasat.eda.synthesis.mapping_library import FEATURES, LibraryUnits, MappingLibrary, load_library
from edasat.eda.synthesis.qor import elaborate, map_gates, measure, word_level


@pytest.fixture(scope="module")
def library() -> MappingLibrary:
    return load_library(cells.LIBERTY, "edasat45")


def _rtl(text: str, top: str | None = None) -> Rtl:
    return Rtl([text.encode()], top)


NAND = "module nand2(input a, b, output y); assign y = ~(a & b); endmodule"
SHIFT = """
module shift #(parameter N = 5)(input clk, d, output q);
  reg [N-1:0] r;
  always @(posedge clk) r <= {r[N-2:0], d};
  assign q = r[N-1];
endmodule
"""
RESETS = """
module resets(input clk, clear_n, preset, d, output reg q, output reg p);
  always @(posedge clk or negedge clear_n) if (!clear_n) q <= 0; else q <= d;
  always @(posedge clk or posedge preset) if (preset) p <= 1; else p <= d;
endmodule
"""


def _area(name: str) -> float:
    record = read_liberty(cells.LIBERTY)
    return float(record.cell_area[record.cells.to_list().index(name)])


def test_one_gate_costs_the_smallest_cell_that_does_it(library: MappingLibrary) -> None:
    found = measure(_rtl(NAND), [library])
    one = found.qor["edasat45", "area"]
    smallest = min(_area(name) for name in read_liberty(cells.LIBERTY).cells.to_list() if name.startswith("NAND2"))
    assert one.area_um2 == pytest.approx(smallest)
    assert (one.cells, one.levels, one.flip_flops) == (1, 1, 0)
    assert one.delay_ps > 0
    assert library.units.area_um2 == pytest.approx(smallest)


def test_registers_cost_their_cells_and_no_delay(library: MappingLibrary) -> None:
    found = measure(_rtl(SHIFT), [library], ["area"]).qor["edasat45", "area"]
    assert found.flip_flops == 5
    assert found.area_um2 == pytest.approx(5 * library.register_um2["dff"])
    assert found.delay_ps == 0


def test_parameters_reach_the_top(library: MappingLibrary) -> None:
    rtl = Rtl([SHIFT.encode()], "shift", {"N": 9})
    assert measure(rtl, [library], ["area"]).qor["edasat45", "area"].flip_flops == 9


def test_asynchronous_resets_need_their_own_cells(library: MappingLibrary) -> None:
    found = measure(_rtl(RESETS), [library], ["area"]).qor["edasat45", "area"]
    wanted = library.register_um2["dff-clear"] + library.register_um2["dff-preset"]
    assert found.area_um2 == pytest.approx(wanted + inverter_area(read_liberty(cells.LIBERTY)))


def test_several_designs_share_a_process_and_keep_apart(library: MappingLibrary) -> None:
    together = elaborate([_rtl(NAND), _rtl(SHIFT)])
    alone = elaborate([_rtl(SHIFT)])[0]
    assert map_gates(together[1], [library]).qor["edasat45", "area"].flip_flops == 5
    assert len(alone.gates.splitlines()) == len(together[1].gates.splitlines())
    assert b'"nand2"' in together[0].words
    assert b'"shift"' not in together[0].words


def test_words_keep_the_hierarchy() -> None:
    text = NAND + "\nmodule two(input [1:0] a, b, output [1:0] y);\n nand2 u[1:0](a, b, y);\nendmodule\n"
    words = word_level(_rtl(text, "two"))
    assert words.count(b'"type": "nand2"') == 2


def test_luts_hold_every_register(library: MappingLibrary) -> None:
    text = "module t(input c, input [3:0] a, output reg [3:0] q); always @(posedge c) q <= q + a; endmodule"
    luts = measure(_rtl(text), [library], ["area"]).luts.decode()
    assert luts.count("\n.latch ") == 4
    assert luts.splitlines()[1].split()[1:] == ["c", "a[0]", "a[1]", "a[2]", "a[3]"]


def test_speed_is_faster_and_larger_than_area(library: MappingLibrary) -> None:
    text = "module t(input [23:0] a, b, output [23:0] y); assign y = a + b; endmodule"
    qor = measure(_rtl(text), [library]).qor
    assert qor["edasat45", "speed"].delay_ps < qor["edasat45", "area"].delay_ps
    assert qor["edasat45", "speed"].area_um2 > qor["edasat45", "area"].area_um2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("module t(input a, output y); assign y = x(; endmodule", r"rtl0\.v|<bytes>|1: "),
        ("module t(input a, output y); missing u(a, y); endmodule", "missing"),
        ("module t(input a, output y); wire x; assign x = ~(x & a); assign y = x; endmodule", "loop"),
        ("module t(input a, b, output y); assign y = a; assign y = ~b; endmodule", "conflicting drivers"),
    ],
    ids=["syntax", "missing-module", "loop", "two-drivers"],
)
def test_designs_that_cannot_be_synthesised(library: MappingLibrary, text: str, message: str) -> None:
    with pytest.raises(ToolError, match=message):
        measure(_rtl(text), [library])


def test_register_that_a_library_lacks(library: MappingLibrary) -> None:
    text = """module t(input c, s, r, d, output reg q);
    always @(posedge c or negedge s or negedge r) if (!r) q <= 0; else if (!s) q <= 1; else q <= d;
    endmodule"""
    assert "dff-clear-preset" not in library.register_um2
    with pytest.raises(EdasatError, match="has no dff with clear and preset"):
        measure(_rtl(text), [library])


def test_library_without_registers() -> None:
    text = re.sub(r"\bff *\(", "latch (", cells.LIBERTY.read_text())
    with pytest.raises(InputError, match="no plain flip-flop"):
        load_library(text.encode())


def test_register_areas_are_those_of_the_smallest_cells() -> None:
    areas = register_areas(read_liberty(cells.LIBERTY))
    assert areas["dff"] == pytest.approx(_area("DFF_X1"))
    assert set(areas) <= set(KINDS)


def test_units_survive_json(library: MappingLibrary) -> None:
    again = LibraryUnits.from_dict(library.units.to_dict())
    assert len(again.features) == len(FEATURES)
    np.testing.assert_allclose(again.features, library.units.features, atol=1e-4)
    assert (again.area_um2, again.delay_ps) == (library.units.area_um2, library.units.delay_ps)
