"""What is said of Verilog that is wrong, from its text alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edasat.core.errors import InputError
from edasat.eda.flow import Rtl
from edasat.eda.rtl import families, generate, hand_written
from edasat.eda.verilog.check import check_kind, check_text

CELLS = "".join(f"  NAND2_X1 u{i} (.A(a), .B(b), .Y(n{i}));\n" for i in range(8))


def rtl(*texts: str, top: str | None = None) -> Rtl:
    return Rtl([text.encode() for text in texts], top)


@pytest.mark.parametrize(
    ("text", "line", "column", "message"),
    [
        ("module a(input b);\nassign c = ;\nendmodule\n", 2, 12, "expected expression"),
        ("module a(input b);\n", 1, 19, "expected 'endmodule'"),
        ("module a;\nendmodule\nendmodule\n", 3, 1, "unexpected 'endmodule'"),
        ("module a; initial begin end end endmodule", 1, 29, "unexpected 'end'"),
        ("module a; /* never closed\nendmodule", 2, 10, "block comment unclosed"),
        ("module a(input x);\n  wire y;\n  fifo #(.D(4)) u (x, y);\nendmodule", 3, 3, "module 'fifo' is used here"),
        ("`define M fifo\nmodule a(input x);\n  `M u (x);\nendmodule", 3, 3, "module 'fifo' is used here"),
        (f"module top(input a, b);\n{CELLS}endmodule", 2, 3, "other cells of this netlist"),
        ("library (cells) {\n}\n", 1, 1, "looks like Liberty"),
        ("-- top\nlibrary ieee;\nuse ieee.std_logic_1164.all;\nentity x is end;", 2, 1, "looks like VHDL"),
        ("VERSION 5.8 ;\nDESIGN x ;\n", 1, 1, "looks like DEF or LEF"),
    ],
)
def test_faults_with_their_place(text: str, line: int, column: int, message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        check_text(rtl(text))
    assert (caught.value.line, caught.value.column) == (line, column)
    assert caught.value.source_line


@pytest.mark.parametrize(
    ("texts", "top", "message"),
    [
        ((), None, "no Verilog file"),
        (("",), None, "no module in the file"),
        (("// only\n", "/* comments */"), None, "no module in these files"),
        (("`ifdef NEVER\nmodule a; endmodule\n`endif\n",), None, "no module in what its directives leave"),
        (("module a(input x); endmodule module b(input x); endmodule",), None, "used by no other: a, b"),
        (("module a(input x); a u(x); endmodule",), None, "every module is used by another"),
        (("module alpha(input x); endmodule",), "alpa", "did you mean 'alpha'"),
    ],
)
def test_faults_of_a_whole_design(texts: tuple[str, ...], top: str | None, message: str) -> None:
    with pytest.raises(InputError) as caught:
        check_text(rtl(*texts, top=top))
    assert message in str(caught.value)


def test_binary_files_are_named(tmp_path: Path) -> None:
    path = tmp_path / "a$(touch x);b.v"
    path.write_bytes(b"\x7fELF\x02\x01\0\0module")
    with pytest.raises(InputError, match="holds bytes of value 0") as caught:
        check_kind([path])
    assert caught.value.path == str(path)


def test_modules_of_branches_may_be_missing() -> None:
    outline = check_text(rtl("module a(input x); generate if (0) ram u(x); endgenerate endmodule"))
    assert outline.top == "a" and list(outline.notes.counts) == ["rtl-missing-branch"]
    hidden = "module a(input x);\n`ifdef ASIC\n ram u(x);\n`endif\nendmodule"
    assert not check_text(rtl(hidden)).notes
    with pytest.raises(InputError, match="module 'ram'"):
        check_text(Rtl([hidden.encode()], defines={"ASIC": 1}))


def test_a_module_that_nothing_uses_may_miss_its_parts() -> None:
    assert check_text(rtl("module a(input x); endmodule module b(input x); ram u(x); endmodule", top="a")).top == "a"


def test_test_benches_are_noticed() -> None:
    outline = check_text(rtl("module tb; reg clk; always #5 clk = ~clk; endmodule"))
    assert list(outline.notes.counts) == ["rtl-no-ports"]


def test_both_standards_are_taken() -> None:
    assert (
        check_text(rtl("module a(input logic c, output logic q); always_ff @(posedge c) q <= 1; endmodule")).top == "a"
    )
    assert check_text(rtl("module a(input do, output bit); assign bit = do; endmodule")).top == "a"


def test_our_own_designs_pass() -> None:
    for module in (*hand_written(), *(generate(family, 3, 300) for family in families())):
        assert check_text(rtl(module.text)).top == module.top


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_damaged_text_gives_an_outline_or_an_error_of_the_input(data: st.DataObject) -> None:
    text = data.draw(st.sampled_from(hand_written())).text.encode()
    start = data.draw(st.integers(0, len(text)))
    damaged = text[:start] + data.draw(st.binary(max_size=6)) + text[start + data.draw(st.integers(0, 40)) :]
    try:
        check_text(Rtl([damaged]))
    except InputError as error:
        assert str(error)
