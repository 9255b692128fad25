"""Gates built from words, against what Yosys and ABC make of the same Verilog."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from edasat.core.errors import LimitError
from edasat.eda.flow import Rtl
from edasat.eda.formats.blif import read_blif
from edasat.eda.synthesis.qor import measure, word_level
from edasat.eda.verilog import gate_flattening
from edasat.eda.verilog.gate_network import GATE_KINDS, GateNetwork, gate_network
from edasat.eda.verilog.hierarchy import modules_below
from edasat.eda.verilog.lut_mapping import map_luts
from edasat.eda.verilog.words import Words, read_words

Patterns = npt.NDArray[np.uint64]

pytest.importorskip("pyosys")

ARITHMETIC = """
module top (input [4:0] a, b, input signed [4:0] s, t, input [2:0] n, input c, output [9:0] y0, y1, y2, y3, y4,
            output [5:0] y5, y6, y7, y8, output [12:0] y9, y10, y11, output signed [7:0] y12, y13, y14, y15,
            input [9:0] w, output [9:0] y16);
  assign y0 = a + b, y1 = a - b, y2 = a * b, y3 = a * 5'd11 + b * n - c, y4 = -a;
  assign y5 = a / b, y6 = a % b, y7 = s / t, y8 = s % t, y16 = w / 7 + w % 10;
  assign y9 = a + b + n + c + 7, y10 = s * t - a, y11 = (a + b) * n + (a - b);
  assign y12 = s * t, y13 = s + t - 3, y14 = s - (t + n), y15 = (s + t) >>> 1;
endmodule
"""
LOGIC = """
module top (input [4:0] a, b, input signed [4:0] s, t, input [2:0] n, input c, input [11:0] w, output [5:0] y0, y1,
            y2, y3, y4, y5, y6, output reg [3:0] y7, y8, output [4:0] y9, y10, y11, y12, output reg [11:0] y13,
            output [7:0] y14, output [1:0] y15);
  assign y0 = {a < b, a <= b, a > b, a >= b, a == b, a != b};
  assign y1 = {s < t, s <= t, s > t, s >= t, s == t, s != t};
  assign y2 = {&a, |a, ^a, ~^a, !a, a && b};
  assign y3 = {a || b, c ? a : b} ^ {1'b1, a & ~b}, y4 = s | t, y5 = ~a ^ b, y6 = a ~^ b;
  always @* case (n) 0: y7 = a; 1: y7 = b; 2, 3: y7 = a ^ b; 5: y7 = 4'd9; default: y7 = 4'd6; endcase
  always @* begin y8 = b; if (a[0]) y8 = 1; else if (a[1]) y8 = a; else if (b[2]) y8 = ~a; end
  assign y9 = a << n, y10 = a >> b, y11 = s >>> n, y12 = w >> a;
  always @* begin y13 = w; y13[a[3:0] % 12] = c; end
  assign y14 = w[n +: 4] + (1 << n), y15 = w[a % 12];
endmodule
"""
HIERARCHY = """
module half (input x, y, output s, c); assign s = x ^ y, c = x & y; endmodule
module full (input x, y, z, output s, c);
  wire p, q, r;
  half first (.x(x), .y(y), .s(p), .c(q));
  half second (.x(p), .y(z), .s(s), .c(r));
  assign c = q | r;
endmodule
module top #(parameter W = 6) (input [W-1:0] a, b, output [W:0] y);
  wire [W:0] carry;
  assign carry[0] = 1'b0, y[W] = carry[W];
  genvar i;
  generate for (i = 0; i < W; i = i + 1) begin : g
    full f (.x(a[i]), .y(b[i]), .z(carry[i]), .s(y[i]), .c(carry[i + 1]));
  end endgenerate
endmodule
"""
TABLE = """
module top (input [4:0] a, output reg [6:0] y);
  always @* case (a)
    0: y = 7'd93; 1: y = 7'd14; 2: y = 7'd55; 3: y = 7'd127; 4: y = 7'd1; 5: y = 7'd77; 6: y = 7'd40; 7: y = 7'd99;
    8: y = 7'd3; 9: y = 7'd64; 10: y = 7'd21; 11: y = 7'd84; 12: y = 7'd7; 13: y = 7'd31; 14: y = 7'd60;
    default: y = 7'd0;
  endcase
endmodule
"""
CHAIN = """
module top (input [7:0] a, b, input c, output [8:0] y);
  wire [8:0] carry;
  wire [7:0] g = a & b, p = a ^ b;
  assign carry[8:1] = g | (p & carry[7:0]), carry[0] = c;
  assign y = {carry[8], p ^ carry[7:0]};
endmodule
"""
SHARED = """
module top (input [5:0] a, b, c, d, input signed [3:0] s, t, input [2:0] k, output reg [6:0] y, output [6:0] z, w, v);
  always @* case (k) 0: y = a + b; 1: y = c + a; 2: y = a + d; 3: y = b; default: y = a + 1; endcase
  assign z = k[0] ? a + b : k[1] ? a + c : k[2] ? d : a + d, w = k[0] ? a - b : a - c, v = k[1] ? s + t : s + 4'sd3;
  assign u = k[2] ? s >>> k[1:0] : s >>> k;
endmodule
"""
SEQUENTIAL = """
module top (input clk, input en, we, input [3:0] d, input [1:0] wa, ra, output reg [3:0] q, output [3:0] m,
            output reg [4:0] count, output [3:0] twice);
  reg [3:0] ram [0:3];
  reg [3:0] copy, other;
  always @(posedge clk) begin
    if (we) ram[wa] <= d;
    if (en) q <= ram[ra] ^ d;
    count <= en ? count + d : 5'd0;
    copy <= d; other <= d;
  end
  assign m = ram[ra], twice = copy + other;
endmodule
"""
ENABLED = """
module top (input clk, s, t, u, input [5:0] a, b, c, output reg [5:0] q, r);
  always @(posedge clk)
    if (s) begin
      if (t) q <= a + b;
      else if (u) q <= a + c;
      if (u) r <= {6{t}};
    end else if (t) r <= q;
endmodule
"""
MACHINE = """
module top (input clk, input go, stop, output busy, output reg [1:0] last);
  reg [1:0] state;
  always @(posedge clk)
    case (state)
      2'd0: if (go) state <= 2'd1;
      2'd1: state <= stop ? 2'd3 : 2'd2;
      2'd2: if (stop) state <= 2'd0;
      2'd3: state <= 2'd0;
    endcase
  assign busy = state == 2'd1 || state == 2'd2;
  always @(posedge clk) if (state == 2'd3) last <= {go, stop};
endmodule
"""


def words_of(text: str) -> Words:
    return read_words(word_level(Rtl([text.encode()], "top")))


def bit_names(words: Words, gates: GateNetwork) -> tuple[list[tuple[str, int]], list[tuple[str, int]]]:
    """Return port and bit of the inputs and of the outputs, in the order of the network."""
    inputs, seen = [], {}
    for node in np.flatnonzero(gates.kind == GATE_KINDS.index("input")):
        port = words.names[gates.word[node]]
        inputs.append((port, seen.setdefault(port, 0)))
        seen[port] += 1
    outputs = []
    for row in range(words.num_words):
        if words.types[words.type[row]] == "$output" and words.module[row] == len(words.modules) - 1:
            pin = words.pin_offsets[row]
            outputs += [(words.names[row], bit) for bit in range(np.diff(words.bit_offsets)[pin])]
    return inputs, outputs


def of_bit(named: Mapping[str, Any], port: str, bit: int) -> Any:
    return named[f"{port}[{bit}]"] if f"{port}[{bit}]" in named else named[port]


def assert_same_behaviour(text: str, steps: int = 1) -> GateNetwork:
    """Compare a design's gates with the tables that Yosys and ABC give, from a state of zeros on."""
    rtl = Rtl([text.encode()], "top")
    words, _ = modules_below(read_words(word_level(rtl)))
    gates = gate_network(words)
    ours, theirs = map_luts(gates).network, read_blif(measure(rtl, (), ()).luts)
    inputs, outputs = bit_names(words, gates)
    random = np.random.default_rng(0)
    names = theirs.names.to_list()[: theirs.num_inputs]
    our_state = np.zeros((len(ours.flip_flops), 8), np.uint64)
    their_state = np.zeros((len(theirs.flip_flops), 8), np.uint64)
    for _ in range(steps):
        drawn = random.integers(0, 2**64, (len(names), 8), np.uint64)
        patterns = dict(zip(names, drawn, strict=True))
        stimuli = np.array([of_bit(patterns, *name) for name in inputs])
        our_outputs, our_state = ours.step(stimuli, our_state)
        their_outputs, their_state = theirs.step(drawn, their_state)
        expected = dict(zip(theirs.output_names.to_list(), their_outputs, strict=True))
        for name, found in zip(outputs, our_outputs, strict=True):
            assert (found == of_bit(expected, *name)).all(), name
    return gates


def registers_after_synthesis(text: str) -> int:
    return measure(Rtl([text.encode()], "top"), (), ()).luts.decode().count(".latch")


@pytest.mark.parametrize(
    "text",
    [ARITHMETIC, LOGIC, HIERARCHY, TABLE, CHAIN, SHARED],
    ids=["sums", "logic", "hierarchy", "table", "chain", "shared"],
)
def test_gates_compute_what_synthesis_computes(text: str) -> None:
    gates = assert_same_behaviour(text)
    assert len(gates.registers) == 0
    assert gates.cut_bits == gates.left_out == 0


def test_registers_and_memories_behave_as_after_synthesis() -> None:
    gates = assert_same_behaviour(SEQUENTIAL, steps=24)
    assert len(gates.registers) == 4 * 4 + 4 + 5 + 3  # memory, q, count, and one register for copy and other
    assert len(gates.registers) == registers_after_synthesis(SEQUENTIAL)


def test_registers_keep_their_value_as_after_synthesis() -> None:
    gates = assert_same_behaviour(ENABLED, steps=24)
    assert np.bincount(gates.kind)[GATE_KINDS.index("xor")] < 12, "one adder: what it adds is chosen before"


def test_structure_is_that_of_yosys() -> None:
    """A 32-bit adder of Yosys' techmap has 157 ANDs and 63 XORs (counted in its BLIF)."""
    words = words_of("module top (input [31:0] a, b, output [31:0] y); assign y = a + b; endmodule")
    counts = np.bincount(gate_network(words).kind, minlength=len(GATE_KINDS))
    assert counts[GATE_KINDS.index("and")] == 157
    assert counts[GATE_KINDS.index("xor")] == 63


def test_states_have_a_bit_each() -> None:
    assert len(gate_network(words_of(MACHINE)).registers) == 4 + 2 == registers_after_synthesis(MACHINE)


def test_a_state_that_somebody_takes_as_a_number_keeps_its_code() -> None:
    text = MACHINE.replace("{go, stop}", "{go, stop} + state")
    assert len(gate_network(words_of(text)).registers) == 2 + 2 == registers_after_synthesis(text)


def test_choices_share_an_adder() -> None:
    text = "module top (input [7:0] a, b, c, d, input s, t, output [7:0] y); assign y = {}; endmodule"
    shared, apart = (
        np.bincount(gate_network(words_of(text.format(value))).kind)
        for value in ("s ? a + b : t ? a + c : a + d", "s ? a + b : t ? b - c : c + d")
    )
    assert 2 * shared[GATE_KINDS.index("xor")] < apart[GATE_KINDS.index("xor")]


def test_constants_leave_nothing() -> None:
    text = "module top (input [7:0] a, output [7:0] y); assign y = (a & 8'h00) | 8'h5a; endmodule"
    gates = gate_network(words_of(text))
    assert set(gates.kind.tolist()) <= {GATE_KINDS.index("constant"), GATE_KINDS.index("input")}
    assert gates.outputs.tolist() == [0, 1, 0, 1, 1, 0, 1, 0]


def test_every_copy_of_a_module_is_built() -> None:
    small, large = (gate_network(words_of(HIERARCHY.replace("W = 6", f"W = {width}"))) for width in (6, 12))
    sums = [np.count_nonzero(gates.kind >= GATE_KINDS.index("and")) for gates in (small, large)]
    assert sums[1] - sums[0] == 6 * 5


def test_gates_belong_to_words() -> None:
    words, _ = modules_below(words_of(ARITHMETIC))
    gates = gate_network(words)
    owners = {words.types[words.type[word]] for word in gates.word[gates.kind >= GATE_KINDS.index("and")]}
    assert {"$mul", "$div", "$add"} <= owners


def test_a_loop_is_cut_and_told() -> None:
    text = "module top (input a, output y); wire z; assign z = ~(a & y), y = z ^ a; endmodule"
    words = words_of(text)
    gates = gate_network(words)
    assert gates.cut_bits == 1
    assert words.types[words.type[gates.cut_word]] in ("$and", "$not", "$xor")


def test_long_chains_of_choices_are_built() -> None:
    cases = " else ".join(f"if (a == {number}) q <= q ^ {1023 - number};" for number in range(400))
    text = f"module top (input clk, input [9:0] a, output reg [9:0] q); always @(posedge clk) {cases} endmodule"
    assert len(gate_network(words_of(text)).registers) == 10


def test_huge_memories_are_left_out() -> None:
    text = """module top (input clk, we, input [15:0] a, input [31:0] d, output [31:0] y);
      reg [31:0] ram [0:65535];
      always @(posedge clk) if (we) ram[a] <= d;
      assign y = ram[a];
    endmodule"""
    gates = gate_network(words_of(text))
    assert gates.left_out == 1
    assert gates.num_nodes < 200


def test_large_flat_designs_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate_flattening, "_LARGEST", 10)
    with pytest.raises(LimitError, match="more than 10 words or nets"):
        gate_network(words_of(HIERARCHY))
