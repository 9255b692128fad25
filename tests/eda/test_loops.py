"""Loops of logic bit by bit, against Yosys' own check of the gates."""

from __future__ import annotations

import pytest

from edasat.core.errors import ToolError
from edasat.core.processes import Limits
from edasat.eda.cells import LIBERTY
from edasat.eda.flow import Rtl
from edasat.eda.rtl import hand_written
from edasat.eda.synthesis.mapping_library import load_library
from edasat.eda.synthesis.qor import measure, word_level
from edasat.eda.verilog.loops import find_loop
from edasat.eda.verilog.words import read_words

LIMITS = Limits(cpu_s=60, wall_s=240, memory_bytes=4 << 30)
LOOP = {
    "plain": "module top(input a, output y);\nwire b;\nassign b = a ^ y;\nassign y = b | a;\nendmodule",
    "downwards": "module top(input [7:0] a, output [7:0] s);\nassign s = a + {s[0], s[7:1]};\nendmodule",
    "ring": "module inverter(input a, output y);\nassign y = ~a;\nendmodule\n"
    "module top(output y);\nwire b;\ninverter u(y, b);\ninverter v(b, y);\nendmodule",
    "select": "module top(input [3:0] a, b, output [3:0] y);\nassign y = y[2] ? a : b;\nendmodule",
    "turned": "module top(input [3:0] a, output [3:0] y);\nassign y = a ^ {y[0], y[3:1]};\nendmodule",
    "cases": "module top(input [1:0] s, input a, output reg [1:0] y);\nalways @* case (s)\n0: y = {y[0], a};\n"
    "1: y = {a, y[1]};\n2: y = 2'b10;\ndefault: y = {a, a};\nendcase\nendmodule",
}
NONE = {
    "ripple": "module top(input [7:0] g, p, input c, output [7:0] s);\nwire [7:0] k;\n"
    "assign k = {g[6:0] | p[6:0] & k[6:0], c};\nassign s = p ^ k;\nendmodule",
    "upwards": "module top(input [7:0] a, output [7:0] s);\nassign s = a + {s[6:0], 1'b0};\nendmodule",
    "shifted": "module top(input [7:0] a, output [7:0] s);\nassign s = a ^ (s << 2);\nendmodule",
    "signed": "module top(input [7:0] a, output signed [7:0] s);\nassign s = a & {1'b1, s[7:1]};\nendmodule",
    "slices": "module part(input [1:0] a, output [1:0] y);\nassign y = ~a;\nendmodule\n"
    "module top(input x, output z);\nwire [1:0] y;\npart u({y[0], x}, y);\nassign z = y[1];\nendmodule",
    "register": "module top(input c, input [3:0] a, output reg [3:0] y);\nalways @(posedge c) y <= a + y;\nendmodule",
}


def loop_of(text: str) -> list[tuple[int, int]]:
    return find_loop(read_words(word_level(Rtl([text.encode()]), limits=LIMITS)))


@pytest.mark.parametrize("name", [*LOOP, *NONE])
def test_yosys_agrees(name: str) -> None:
    text = {**LOOP, **NONE}[name]
    try:
        measure(Rtl([text.encode()]), [load_library(LIBERTY)], ["area"], luts=False, limits=LIMITS)
        refused = False
    except ToolError as error:
        assert "loop of logic" in str(error)
        refused = True
    assert refused == (name in LOOP) == bool(loop_of(text))


def test_the_lines_of_a_loop() -> None:
    assert sorted(loop_of(LOOP["plain"])) == [(0, 3), (0, 4)]
    assert set(loop_of(LOOP["ring"])) == {(0, 2), (0, 6), (0, 7)}, "the inverter and its two instances"


@pytest.mark.parametrize("name", ["risc16", "uart", "sync_fifo"])
def test_designs_of_ours_have_none(name: str) -> None:
    assert not loop_of(next(module.text for module in hand_written() if module.name == name))
