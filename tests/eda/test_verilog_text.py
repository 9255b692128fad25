"""Tokens of Verilog: what a lexical pass knows of widths, constants, copies and levels."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edasat.core.errors import InputError
from edasat.eda.flow import Rtl
from edasat.eda.rtl import hand_written, module_list
from edasat.eda.verilog.lexical.vocabulary import DECLARED, ID, PLACES, ROLES, USED, VOCABULARY
from edasat.eda.verilog.text import Tokens, tokenize

CLOCKED, CONTINUOUS = PLACES.index("clocked"), PLACES.index("continuous")


def module(body: str, ports: str = "input clk, input [7:0] a, b, input s, output [15:0] y", head: str = "") -> Tokens:
    return tokenize(f"module m {head} ({ports});\n{body}\nendmodule".encode())


def at(tokens: Tokens, entry: str, number: int = 0) -> int:
    """Return the position of the n-th token of an entry."""
    return int(np.flatnonzero(tokens.ids == ID[entry])[number])


def widths_declared(tokens: Tokens, role: str) -> list[float]:
    return tokens.width[tokens.ids == DECLARED + ROLES.index(role)].tolist()


# ---------------------------------------------------------------------- widths and constants
@pytest.mark.parametrize(
    ("expression", "entry", "left", "right", "width", "constant"),
    [
        ("a * b", "*", 8, 8, 16, 0),
        ("a + b", "+", 8, 8, 9, 0),
        ("a + 3", "+", 8, 2, 9, 2),
        ("4'd9 * a", "*", 4, 8, 12, 1),
        ("a[3:0] - b", "-", 4, 8, 9, 0),
        ("{a, b} ^ 16'hffff", "^", 16, 16, 16, 2),
        ("{3{a}} | {b, s}", "|", 24, 9, 24, 0),
        ("(a + b) * s", "*", 9, 1, 10, 0),
        ("a + b * b", "+", 8, 16, 17, 0),
        ("a << 2", "<<", 8, 2, 10, 2),
        ("a >> b[2:0]", ">>", 8, 3, 8, 0),
        ("s ? a : {b, b}", "?", 8, 16, 16, 0),
        ("s ? a : s ? 4'd0 : b", "?", 8, 8, 8, 0),
        ("a == b", "==", 8, 8, 1, 0),
        ("$signed(a) < b", "<", 8, 8, 1, 0),
        ("^a & s", "&", 1, 1, 1, 0),
        ("a[b -: 4] + s", "+", 4, 1, 5, 0),
        ("~a + 1'b1", "+", 8, 1, 9, 2),
    ],
)
def test_operators_know_their_operands(
    expression: str, entry: str, left: float, right: float, width: float, constant: int
) -> None:
    tokens = module(f"assign y = {expression};")
    i = at(tokens, entry)
    assert (tokens.left[i], tokens.right[i], tokens.width[i], tokens.constant[i]) == (left, right, width, constant)
    assert tokens.context[i] == 16
    assert tokens.place[i] == CONTINUOUS


@pytest.mark.parametrize(
    ("text", "width"),
    [
        ("8", 9),
        ("2 * 4 - 1", 8),
        ("(1 << 4) - 1", 16),
        ("$clog2(200)", 9),
        ("W - 1", 12),
        ("W * D - 1", 60),
        ("L", 4),
        ("W == 12 ? 3 : 9", 4),
        ("`SIZE - 1", 20),
        ("`TWICE(W) - 1", 24),
        ("-(-7)", 8),
        ("16'h0F", 16),
        ("'b101", 6),
        ("log2(64)", 7),
    ],
)
def test_ranges_are_evaluated(text: str, width: float) -> None:
    source = f"""`define SIZE 20
`define TWICE(x) ((x) * 2)
module m #(parameter W = 12, D = 5) (output y);
localparam L = W - 9;
wire [{text}:0] w;
endmodule"""
    assert widths_declared(tokenize(source.encode()), "wire") == [width]


def test_roles_tell_registers_memories_clocks_and_loop_variables() -> None:
    tokens = module(
        """reg [3:0] r, c; reg [7:0] mem [0:31]; integer i; wire w;
        always @(posedge clk) begin r <= c; mem[r] <= a; end
        always @* begin c = 0; for (i = 0; i < 8; i = i + 1) c = c + a[i]; end"""
    )
    declared = {VOCABULARY[entry] for entry in tokens.ids if entry >= DECLARED}
    assert {"register, declared", "variable, declared", "memory, declared", "integer, declared"} <= declared
    assert (tokens.ids == USED + ROLES.index("clock")).sum() == 1
    memory = at(tokens, "memory, declared")
    assert (tokens.width[memory], tokens.value[memory]) == (8, np.float32(np.log2(33)))
    chosen = at(tokens, "[", [*np.flatnonzero(tokens.ids == ID["["])].index(at(tokens, "memory, used") + 1))
    assert (tokens.width[chosen], tokens.left[chosen], tokens.right[chosen]) == (8, 256, 4)
    assert tokens.copies[at(tokens, "+", 1)] == 8  # the loop's body, not its header
    assert tokens.value[at(tokens, "for")] == np.float32(np.log2(9))


def test_less_or_equal_is_told_from_a_nonblocking_assignment() -> None:
    tokens = module("reg r; wire w = a <= b; always @(posedge clk) if (a <= b) r <= a <= 3;")
    assert (tokens.ids == ID["<="]).sum() == 3
    assert (tokens.ids == ID["<=assign"]).sum() == 1
    assert tokens.place[at(tokens, "<=assign")] == CLOCKED


def test_conditions_and_arms_are_counted() -> None:
    tokens = module("reg [1:0] q; always @* case (a[1:0]) 0: q = 1; 1, 2: if (s) q = 2; default: q = 0; endcase")
    case = at(tokens, "case")
    assert (tokens.width[case], tokens.value[case]) == (2, 2.0)
    assert [tokens.conditions[at(tokens, "=", number)] for number in range(3)] == [1, 2, 1]


# ---------------------------------------------------------------------- hierarchy
CHILD = "module child #(parameter N = 4) (input [N-1:0] x, output [N-1:0] z); assign z = x + 1; endmodule\n"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("child u (.x(a[3:0]), .z(y));", {4: 1}),
        ("child #(.N(8)) u (.x(a), .z(y)); child #(8) v (.x(b), .z());", {8: 2}),
        ("child #(.N(8)) u (.x(a), .z(y)); child v (.x(b), .z());", {8: 1, 4: 1}),
        ("genvar g; generate for (g = 0; g < 6; g = g + 1) begin : c child u (.x(a), .z()); end endgenerate", {4: 6}),
        ("child u [3:0] (.x(a), .z());", {4: 4}),
        ("generate if (W == 3) child #(5) u (.x(a)); else child #(6) u (.x(a)); endgenerate", {6: 1}),
    ],
)
def test_modules_are_copied_and_parametrised(body: str, expected: dict[int, float]) -> None:
    text = f"{CHILD}module top #(parameter W = 4) (input [7:0] a, b, output [7:0] y);\n{body}\nendmodule"
    tokens = tokenize(text.encode())
    assert tokens.top == "top"
    plus = np.flatnonzero((tokens.ids == ID["+"]) & (tokens.place == CONTINUOUS))
    assert {int(tokens.left[i]): tokens.copies[i] for i in plus} == expected


def test_copies_multiply_down_the_hierarchy_and_functions_count_by_calls() -> None:
    text = """
    module leaf(input [3:0] x, output y); function f; input [3:0] v; f = ^v; endfunction
      assign y = f(x) & f(~x) & f(x << 1); endmodule
    module mid(input [3:0] x, output [1:0] y); leaf a(x, y[0]); leaf b(x, y[1]); endmodule
    module top(input [3:0] x, output [5:0] y);
      genvar g; for (g = 0; g < 3; g = g + 1) mid m(x, y[2*g +: 2]); endmodule
    module unused(input x); endmodule"""
    tokens = tokenize(Rtl([text.encode()], top="top"))
    assert tokens.copies[at(tokens, "&")] == 6
    assert tokens.copies[at(tokens, "u^")] == 18
    assert set(tokens.modules) == {"leaf", "mid", "top"}


def test_parameters_and_defines_come_from_outside() -> None:
    text = b"module m #(parameter W = 4) (); wire [W-1:0] a; wire [`D:0] b; endmodule"
    assert widths_declared(tokenize(Rtl([text], parameters={"W": 9}, defines={"D": 2})), "wire") == [9, 3]


def test_includes_and_conditions_of_the_preprocessor(tmp_path: Path) -> None:
    (tmp_path / "sizes.vh").write_text("`ifndef SIZES\n`define SIZES\n`define N 5 // five\n`endif\n")
    (tmp_path / "a.v").write_text(
        '`timescale 1ns/1ps\n`include "sizes.vh"\n`include "missing.vh"\nmodule m;\n`ifdef N\nwire [`N:1] w;\n`else\n'
        "wire bad;\n`endif\n`define LONG a + \\\n  b\nwire l = `LONG;\nendmodule\n"
    )
    tokens = tokenize([tmp_path / "a.v"])
    assert widths_declared(tokens, "wire") == [5, 1]
    assert tokens.line[at(tokens, "+")] == 12  # where the macro is used
    assert tokens.files[tokens.file[0]] == str(tmp_path / "a.v")


# ---------------------------------------------------------------------- levels
def test_levels_follow_the_longest_way() -> None:
    slow = module("wire [7:0] c = a + b; wire [7:0] d = c + b; assign y = d * c;")
    fast = module("wire [7:0] c = a ^ b; assign y = c;")
    assert slow.level.max() > fast.level.max() > 0
    # through what is written later, and not through registers
    backwards = module("assign y = d * c; wire [7:0] d = c + b; wire [7:0] c = a + b;")
    assert backwards.level.max() == slow.level.max()
    cut = module("reg [7:0] c; always @(posedge clk) c <= a + b; assign y = c ^ b;")
    assert cut.level[at(cut, "^")] == module("assign y = a ^ b;").level.max()
    chain = module("integer i; reg [7:0] c; always @* begin c = 0; for (i = 0; i < 8; i = i + 1) c = c + a[i]; end")
    assert chain.level.max() > module("wire [7:0] c = b + a[1];").level.max() + 7


@pytest.mark.parametrize(
    ("long", "short", "times"),
    [
        # synthesis makes trees of chains
        ("assign y = a[0] ^ a[1] ^ a[2] ^ a[3] ^ a[4] ^ a[5] ^ a[6] ^ a[7];", "assign y = a[0] ^ a[1];", 3),
        ("assign y = s & b[0] & b[1] & b[2];", "assign y = s & b[0];", 2),
        ("assign y = ^a;", "assign y = a[0] ^ a[1];", 3),
        (
            "reg p; integer i; always @* begin p = a[0]; for (i = 1; i < 8; i = i + 1) p = p ^ a[i]; end",
            "assign y = a[0] ^ a[1];",
            3,
        ),
    ],
)
def test_chains_become_trees(long: str, short: str, times: float) -> None:
    assert module(long).level.max() == pytest.approx(times * module(short).level.max())


def test_chains_of_names_that_are_read_twice_stay() -> None:
    text = "wire [7:0] w; assign w[0] = s; genvar g; for (g = 1; g < 8; g = g + 1) assign w[g] = w[g-1] ^ a[g];"
    assert module(text).level.max() > 2 * module("assign y = ^a;").level.max()


def test_sums_ripple_for_area_and_not_for_speed() -> None:
    levels = []
    for bits in (8, 16, 32):
        tokens = tokenize(
            f"module m(input [{bits - 1}:0] a, b, output [{bits}:0] y); assign y = a + b; endmodule".encode()
        )
        levels.append((tokens.level.max(), tokens.fast_level.max()))
    (area_8, speed_8), (area_16, speed_16), (area_32, speed_32) = levels
    assert area_32 - area_16 == pytest.approx(2 * (area_16 - area_8))
    assert speed_32 - speed_16 == pytest.approx(speed_16 - speed_8, rel=0.1)
    written = """wire [16:0] c; assign c[0] = s; genvar g;
      for (g = 0; g < 16; g = g + 1) assign c[g+1] = a[g] & b[g] | (a[g] ^ b[g]) & c[g];"""
    ripple = module(written, "input s, input [15:0] a, b, output y")
    assert area_16 - 2 < ripple.level.max() < area_16 + 2
    assert ripple.fast_level.max() > speed_16 + 4  # no prefix tree is found in gates


def gates(body: str) -> float:
    """Return the estimated gates of a module, registers left out."""
    tokens = module(body)
    return float((tokens.gates * tokens.copies)[tokens.place > 1].sum())


@pytest.mark.parametrize(
    ("body", "same"),
    [
        ("assign y = a & 8'h0f;", "assign y = a[3:0];"),
        ("assign y = (a & 8'h81) ^ b;", "assign y = {a[7] ^ b[7], b[6:1], a[0] ^ b[0]};"),
        ("assign y = a * 4 + 1;", "assign y = 1;"),
        ("assign y = a - a;", "assign y = 0;"),
        ("assign y = s ? ~a : a;", "assign y = {8{s}} ^ a;"),
        ("assign y = a == 8'd7;", "assign y = &a;"),
        ("localparam M = 8'ha5; genvar g; for (g = 0; g < 8; g = g + 1) if (M[g]) assign y[g] = a[g] & b[g];",
         "assign y[3:0] = a[3:0] & b[3:0];"),
        ("reg [7:0] t; integer i; always @* begin t = a; for (i = 0; i < 8; i = i + 1) if (i % 2) t[i] = a[i] | s; end",
         "assign y = a[3:0] | {4{s}};"),
        ("reg [7:0] t; integer i; always @* for (i = 1; i < 200; i = i << 1) t = a ^ b;",
         "assign y = {a, a, a, a, a, a, a, a} ^ {b, b, b, b, b, b, b, b};"),
    ],
)  # fmt: skip
def test_constants_take_no_gates(body: str, same: str) -> None:
    """Two ways to write the same logic, one without constants."""
    assert gates(body) == pytest.approx(gates(same))


def test_branches_that_exclude_each_other_make_trees() -> None:
    """Arms of a case are joined by an OR; of conditions behind one another, each one waits for the next."""
    arms = "".join(f"4'd{i}: q = {{a, b}} >> {i};" for i in range(16))
    case = module(f"reg [15:0] q; always @* case (a[3:0]) {arms} endcase").level.max()
    chain = "".join(f"if (a[3:0] == 4'd{i}) q = {{a, b}} >> {i};" for i in range(16))
    behind = module(f"reg [15:0] q; always @* begin q = 0; {chain} end").level.max()
    assert 2 * case < behind


def test_conditions_end_with_each_run_of_a_loop() -> None:
    body = "reg [7:0] q; integer i; always @* for (i = 0; i < {}; i = i + 1) if (b[i]) q[i] = a[i]; else q[i] = s;"
    assert module(body.format(8)).level.max() == module(body.format(1)).level.max()


def test_resets_without_clock_are_no_logic() -> None:
    body = "reg [7:0] q; always @(posedge clk{}) if (s) q <= 8'd5; else q <= a ^ b;"
    assert module(body.format("")).level.max() > module(body.format(" or posedge s")).level.max()


def test_work_in_loops_is_bounded() -> None:
    loops = "".join(f"for (i{k} = 0; i{k} < 1000; i{k} = i{k} + 1) " for k in range(4))
    tokens = module(f"integer i0, i1, i2, i3; reg [7:0] t; always @* begin t = 0; {loops} t = t ^ a; end")
    assert tokens.copies[at(tokens, "^")] > 1e6


def test_sums_of_sums_wait_for_one_bit() -> None:
    one = module("wire [7:0] c = a + b;").level.max()
    two = module("wire [7:0] c = a + b; wire [7:0] d = c + a;").level.max()
    compared = module("wire [7:0] c = a + b; wire d = c[7] & s; wire [7:0] e = {8{d}} + a;").level.max()
    assert one < two < one + 4 < compared


ADDER = "module fa(input a, b, c, output s, d); assign s = a ^ b ^ c, d = a & b | a & c | b & c; endmodule\n"


@pytest.mark.parametrize(
    "connected",
    [".a(a[g]), .b(b[g]), .c(c[g]), .s(s[g]), .d(c[g + 1])", "a[g], b[g], c[g], s[g], c[g + 1]"],
    ids=["by name", "by order"],
)
def test_levels_go_through_instances(connected: str) -> None:
    """Ways through combinational modules are joined, ways into registers are not."""
    text = f"""{ADDER}
    module cut(input clk, x, output reg y); always @(posedge clk) y <= x; endmodule
    module top(input clk, input [15:0] a, b, output [15:0] s, output z, w);
      wire [16:0] c; wire q; genvar g;
      generate for (g = 0; g < {{count}}; g = g + 1) begin : bit
        fa u ({connected}); end endgenerate
      assign z = c[16] & a[0]; cut k (.clk(clk), .x(z), .y(q)); assign w = q ^ a[0]; endmodule"""
    levels = []
    for count in (4, 16):
        tokens = tokenize(text.replace("{count}", str(count)).encode())
        levels.append(tokens.level.max())
        xor = np.flatnonzero((tokens.ids == ID["^"]) & (tokens.module == tokens.modules.index("top")))
        assert tokens.level[xor].tolist() == [module("assign y = a[0] ^ b[0];").level.max()]
    alone = tokenize(ADDER.encode()).level.max()
    assert levels[1] > levels[0] + 12 * 0.9 > 2 * alone


# ---------------------------------------------------------------------- generated and real modules
def test_generated_modules_have_their_known_widths() -> None:
    """Ranges written as plain numbers, read by a regular expression, against widths declared."""
    plain = re.compile(r"(?:wire|reg)\s+(?:signed\s+)?\[(\d+):0\]\s*(\w+);")
    for made in module_list(30, seed=3, largest=2000):
        tokens = tokenize(made.text.encode())
        assert tokens.top == made.top
        declared = set(tokens.width[tokens.ids >= DECLARED].tolist())
        assert {int(last) + 1 for last, _ in plain.findall(made.text)} <= declared
        assert np.isfinite(
            np.stack([tokens.value, tokens.width, tokens.left, tokens.right, tokens.level, tokens.gates])
        ).all()
        operators = (tokens.ids == ID["+"]) & (tokens.gates > 0)
        assert (tokens.left[operators] > 0).all(), made.name


def test_hand_written_designs_have_a_register_or_no_clock() -> None:
    registers = [DECLARED + ROLES.index(role) for role in ("register", "output register", "memory")]
    for made in hand_written():
        tokens = tokenize(made.text.encode())
        assert tokens.top == made.top
        assert np.isin(tokens.ids, registers).any() == (made.clock is not None)


def test_real_designs(shared_data: Path) -> None:
    for folder, top, depth in (("openabcd_mem_ctrl", "mc_top", 21), ("orfs_ethmac", "eth_top", 36)):
        tokens = tokenize(sorted((shared_data / "rtl" / folder).glob("*.v")))
        assert tokens.top == top
        assert len(tokens.modules) == depth
        assert (tokens.ids == ID["[macro]"]).sum() == 0
        unknown = tokens.ids == USED + ROLES.index("unknown")
        assert unknown.mean() < 0.03


# ---------------------------------------------------------------------- bad text
@pytest.mark.parametrize(
    ("sources", "code"),
    [([b""], "verilog-no-text"), ([b"// nothing\n"], "verilog-no-text"), ([b"\x00\x01\x02ELF"], "verilog-binary")],
)
def test_what_is_no_text_is_refused(sources: list[bytes], code: str) -> None:
    with pytest.raises(InputError) as failure:
        tokenize(sources)
    assert failure.value.code == code


def test_a_top_that_is_not_there_is_refused() -> None:
    with pytest.raises(InputError, match=r"no module is called 'leav'") as failure:
        tokenize(Rtl([b"module leaf; endmodule"], top="leav"))
    assert failure.value.hint == "did you mean 'leaf'?"


@pytest.mark.parametrize(
    "text",
    [
        "assign",
        "module",
        "module m(",
        "module m; always @(posedge",
        "module m; m u(); endmodule",
        "module a; b u(); endmodule module b; a u(); endmodule",
        "endmodule end ) ] } module m; wire [ w; endmodule",
        "module m; wire [1<<1000000000:0] w; endmodule",
        "module m; wire [99999999999999999999999:0] w; assign w = w / 0 % 0 ** -1; endmodule",
        "`define A `A `A\nmodule m; wire `A; endmodule",
        "`define A(x) x x\n`define B `A(`A(`A(`A(1))))\nmodule m; wire `B `A( ; endmodule",
        "`else `endif `elsif `include\n`define\n`undef\n`ifdef\nmodule m; endmodule",
        "module m; generate for (;;) begin end for (g = 0; g < 1; g = g) begin w u(); end endgenerate endmodule",
        "module m #(parameter A = B, B = A) (); wire [A:0] w; endmodule",
        "module m; function f; input x; f = f(x); endfunction assign y = f(1); endmodule",
        "module m; assign " + "(" * 5000 + "a" + ")" * 3000 + "; endmodule",
        "module m; assign x = " + "a ? b : " * 4000 + "c; endmodule",
        "module m; " + "begin if (a) " * 3000 + " endmodule",
        '"unterminated\n/* unterminated',
        "module \\esc!aped ; wire \\a[3] ; endmodule",
    ],
)
def test_broken_text_gives_tokens(text: str) -> None:
    tokens = tokenize(text.encode())
    assert np.isfinite(np.stack([tokens.value, tokens.width, tokens.level, tokens.copies])).all()


def test_macros_that_double_at_each_level_end() -> None:
    laughs = "`define M0 a a\n" + "".join(f"`define M{i} `M{i - 1} `M{i - 1}\n" for i in range(1, 40))
    assert len(tokenize(f"{laughs}module m; wire `M39; endmodule".encode())) < 1 << 24


PIECES = ["module", "m", "endmodule", "(", ")", "[", "]", "{", "}", "begin", "end", "if", "else", "for", "case", ":",
          ";", ",", "?", "<=", "=", "+", "*", "8'hff", "3", "a", "b", "always", "@", "posedge", "wire", "reg", "assign",
          "function", "endfunction", "parameter", "#", ".", "`define", "`a", "`ifdef", "`endif", "\n", "\\", '"',
          "$clog2", "generate", "integer", "endcase", "input", "'", "\xff"]  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=60))
def test_any_text_gives_tokens(pieces: list[str]) -> None:
    try:
        tokens = tokenize(" ".join(pieces).encode("latin-1"))
    except InputError as error:
        assert error.code == "verilog-no-text"
    else:
        assert np.isfinite(np.stack([tokens.value, tokens.width, tokens.level, tokens.copies])).all()


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 38), st.integers(0, 5000), st.integers(0, 5000), st.binary(max_size=6))
def test_damaged_designs_give_tokens(number: int, start: int, length: int, put: bytes) -> None:
    text = hand_written()[number].text.encode()
    try:
        tokenize(text[:start] + put + text[start + length :])
    except InputError as error:
        assert error.code in {"verilog-no-text", "verilog-binary", "file-damaged"}
