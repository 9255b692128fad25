"""Word-level netlists of Yosys and their graphs, against Yosys' own counts and against the source."""

from __future__ import annotations

import contextlib
import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edasat.core.errors import InputError
from edasat.core.graph import Graph
from edasat.eda.flow.yosys import run_passes
from edasat.eda.rtl import RtlModule, generate, hand_written
from edasat.eda.verilog.hierarchy import modules_below
from edasat.eda.verilog.operations import OP, OPERATIONS, PORT, PORTS, operation
from edasat.eda.verilog.word_graph import word_graph
from edasat.eda.verilog.words import Words, read_words

DRIVES = ("word", "drives", "word")

#: A stage with a parameter, used three times; memory; a loop through a latch-free path; a register with a reset.
TEXT = """
module stage #(parameter W = 4) (input clk, input [W-1:0] a, output reg [W-1:0] q, output [W-1:0] s);
  assign s = a + 3;
  always @(posedge clk) q <= a;
endmodule

module top (input clk, input rst, input [7:0] x, input signed [3:0] u, input we, input [4:0] at, output reg [7:0] y,
            output [7:0] m, output p, output signed [3:0] v, output [3:0] w);
  wire [7:0] q, s;
  wire [3:0] q2;
  stage #(.W(8)) first (.clk(clk), .a(x), .q(q), .s(s));
  stage second (.clk(clk), .a(q[7:4]), .q(q2), .s());
  stage third (.clk(clk), .a(q2), .q(), .s(w));
  reg [7:0] store [0:31];
  always @(posedge clk) if (we) store[at] <= {q[3:0], s[7:4]};
  assign m = store[at];
  assign p = ^x;
  assign v = u >>> at;
  always @(posedge clk or posedge rst)
    if (rst) y <= 8'hA5;
    else case (x[1:0])
      0: y <= s;
      1: y <= q;
      2: y <= x & q;
      default: y <= 0;
    endcase
endmodule
"""


def elaborate(folder: Path, texts: dict[str, tuple[str, str]]) -> dict[str, tuple[bytes, dict[str, int]]]:
    """Return, for (text, top) by name, the netlist and the cells by type of the flattened design."""
    passes: list[str] = []
    for number, (text, top) in enumerate(texts.values()):
        (folder / f"{number}.v").write_text(text)
        passes += [f"read_verilog -defer {number}.v", f"hierarchy -check -top {top}", "proc", "opt_expr", "opt_clean"]
        passes += [f"write_json {number}.json", "flatten -noscopeinfo", f"tee -q -o {number}.stat stat -json"]
        passes += ["design -reset"]
    run_passes(passes, folder)
    return {
        name: (
            (folder / f"{number}.json").read_bytes(),
            json.loads((folder / f"{number}.stat").read_text())["design"].get("num_cells_by_type", {}),
        )
        for number, name in enumerate(texts)
    }


@dataclass(frozen=True)
class Design:
    """A graph and helpers to look into it."""

    words: Words
    graph: Graph

    def node(self, op: str, module: str = "top") -> int:
        """Return the only node of an operation in a module."""
        arrays = self.graph.nodes["word"].arrays
        here = self.graph.metadata["modules"].index(module)
        found = np.flatnonzero((arrays["op"] == OP[op]) & (arrays["module"] == here))
        assert len(found) == 1, (op, module, found)
        return int(found[0])

    def named(self, name: str, module: str = "top") -> int:
        """Return the node of a port, memory or cell."""
        below, _ = modules_below(self.words)
        here = below.modules.index(module)
        return next(i for i, word in enumerate(below.names) if word == name and below.module[i] == here)

    def row(self, node: int) -> dict[str, float]:
        return {name: array[node].item() for name, array in self.graph.nodes["word"].arrays.items()}

    def into(self, node: int) -> list[tuple[int, str, int, int]]:
        """Return (source, port, bits, crosses a register) of each edge into a node."""
        edges = self.graph.edges[DRIVES]
        return [
            (int(edges.index[0, i]), PORTS[edges.arrays["port"][i]], int(edges.arrays["bits"][i]),
             int(edges.arrays["crosses_register"][i]))
            for i in np.flatnonzero(edges.index[1] == node)
        ]  # fmt: skip


def design(data: bytes) -> Design:
    words = read_words(data)
    return Design(words, word_graph(words))


@pytest.fixture(scope="module")
def elaborated(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[bytes, dict[str, int]]]:
    modules: list[RtlModule] = [m for m in hand_written() if m.name in CHECKED]
    modules += [generate(family, 5, 400) for family in ("queue", "processor", "crossbar", "state-machine", "crc")]
    texts = {module.name: (module.text, module.top) for module in modules}
    return elaborate(tmp_path_factory.mktemp("yosys"), {"text": (TEXT, "top"), **texts})


CHECKED = ("risc16", "present80", "timer_bank", "booth_mul", "crossbar4", "sync_fifo", "gray_fifo", "cache_tags")


@pytest.fixture(scope="module")
def top(elaborated: dict[str, tuple[bytes, dict[str, int]]]) -> Design:
    return design(elaborated["text"][0])


STAGE = "stage"
STAGE8 = "$paramod\\stage\\W=s32'00000000000000000000000000001000"


def test_copies_add_up_to_the_flattened_design(elaborated: dict[str, tuple[bytes, dict[str, int]]]) -> None:
    for name, (data, cells) in elaborated.items():
        words, copies = modules_below(read_words(data))
        found: Counter[str] = Counter()
        for kind, module, child in zip(words.type, words.module, words.child, strict=True):
            if child < 0 and words.types[kind] not in {"$input", "$output", "$inout", "$memory"}:
                found[words.types[kind]] += int(copies[module])
        assert found == cells, name


def test_modules_stand_once_and_children_first(top: Design) -> None:
    assert top.graph.metadata["top"] == "top"
    assert set(top.graph.metadata["modules"]) == {STAGE, STAGE8, "top"}
    assert top.graph.metadata["modules"][-1] == "top"
    assert top.row(top.node("add", STAGE))["copies"] == 2
    assert top.row(top.node("add", STAGE8))["copies"] == 1
    assert top.row(top.named("a", STAGE))["copies"] == 2


def test_widths_lines_and_signs_are_those_of_the_source(top: Design) -> None:
    add = top.row(top.node("add", STAGE8))
    assert (add["width"], add["used_bits"], add["max_in_width"], add["signed"]) == (32, 8, 32, 0)
    assert TEXT.splitlines()[int(add["line"]) - 1] == "  assign s = a + 3;"
    assert add["ones"] == 2  # the constant 3
    assert 0 < add["constant_share"] < 1
    xor = top.row(top.node("reduce_xor"))
    assert (xor["width"], xor["in_width"]) == (1, 8)
    shift = top.row(top.node("sshr"))
    assert (shift["width"], shift["signed"]) == (4, 1)
    register = top.row(top.node("adff"))
    assert (register["width"], register["in_width"]) == (8, 10)  # data, clock, reset
    select = top.row(top.node("pmux"))
    assert (select["width"], select["cases"]) == (8, 3)
    memory = top.row(top.node("memory"))
    assert (memory["width"], memory["cases"]) == (8, 32)
    assert top.row(top.node("memrd"))["width"] == top.row(top.node("memwr"))["width"] == 8


def test_edges_carry_the_bits_that_words_share(top: Design) -> None:
    memwr = top.node("memwr")
    inputs = {(source, port): bits for source, port, bits, _ in top.into(memwr)}
    assert inputs[top.named("clk"), "clock"] == 1
    first = top.named("first")
    memory = top.node("memory")
    assert top.into(memory) == [(memwr, "data", 8, 1)]
    assert (memory, "data", 8, 0) in top.into(top.node("memrd"))
    assert (top.named("at"), "address", 5, 0) in top.into(top.node("memrd"))
    second = top.named("second")
    assert (first, "parent", 4, 0) in top.into(second)  # q[7:4] into a


def test_instances_follow_inputs_that_reach_outputs(top: Design) -> None:
    first, second, x, clk = (top.named(name) for name in ("first", "second", "x", "clk"))
    assert (x, "parent", 8, 0) in top.into(first)  # a reaches s through the adder
    assert (clk, "parent", 1, 1) in top.into(first)  # a register lies behind the clock
    outputs = {top.named(name, STAGE8) for name in ("q", "s")}
    assert {source for source, port, *_ in top.into(first) if port == "child"} == outputs
    assert top.into(second)


def test_every_bit_of_an_input_has_one_edge(elaborated: dict[str, tuple[bytes, dict[str, int]]]) -> None:
    for name, (data, _) in elaborated.items():
        words, _ = modules_below(read_words(data))
        graph = word_graph(words)
        arrays, edges = graph.nodes["word"].arrays, graph.edges[DRIVES]
        source, target = edges.index
        through_nets = edges.arrays["port"] != PORT["child"]
        through_nets &= (arrays["op"][source] != OP["memory"]) & (arrays["op"][target] != OP["memory"])
        given_bits = np.bincount(target[through_nets], edges.arrays["bits"][through_nets], len(arrays["op"]))
        unknown = np.zeros(len(arrays["op"]))
        for word in range(words.num_words):
            for pin in range(words.pin_offsets[word], words.pin_offsets[word + 1]):
                bits = words.bits[words.bit_offsets[pin] : words.bit_offsets[pin + 1]]
                unknown[word] += 0 if words.pin_drives[pin] else (bits == -3).sum()
        missing = arrays["in_width"] - given_bits - unknown
        assert missing.min() >= 0, name
        assert missing.sum() == graph.metadata["undriven_bits"], name
        keys = list(zip(source, target, edges.arrays["port"], edges.arrays["crosses_register"], strict=True))
        assert len(set(keys)) == len(keys)


def test_levels_are_longest_paths(elaborated: dict[str, tuple[bytes, dict[str, int]]]) -> None:
    networkx = pytest.importorskip("networkx")
    for data, _ in elaborated.values():
        graph = word_graph(read_words(data))
        nodes, edges = graph.nodes["word"], graph.edges[DRIVES]
        inside = edges.arrays["crosses_register"] == 0
        dag = networkx.DiGraph(edges.index[:, inside].T.tolist())
        longest = {}
        for node in networkx.topological_sort(dag):
            longest[node] = max((longest[before] + 1 for before in dag.predecessors(node)), default=0)
        assert nodes.level is not None
        assert all(nodes.level[node] == level for node, level in longest.items())
        registers = np.isin(nodes.arrays["op"], [OP[name] for name in ("input", "constant", "dff", "adff", "memory")])
        assert (nodes.level[registers] == 0).all()


def test_combinational_cycles_are_cut_and_counted(tmp_path: Path) -> None:
    text = """
    module top (input a, input b, output y, output z);
      wire n1, n2, n3;
      assign n1 = a & n2;
      assign n2 = b | n1;
      assign n3 = a + n3;
      assign y = n1;
      assign z = n3;
    endmodule
    """
    made = design(elaborate(tmp_path, {"loop": (text, "top")})["loop"][0])
    assert made.graph.metadata["cut_cycles"] == 2
    edges = made.graph.edges[DRIVES]
    assert edges.arrays["crosses_register"].sum() == 2


def test_paths_through_registers_of_a_module_are_no_cycles(tmp_path: Path) -> None:
    text = """
    module delay (input clk, input d, output reg q);
      always @(posedge clk) q <= d;
    endmodule
    module top (input clk, output y);
      wire n;
      delay one (clk, ~n, n);
      assign y = n;
    endmodule
    """
    made = design(elaborate(tmp_path, {"loop": (text, "top")})["loop"][0])
    assert made.graph.metadata["cut_cycles"] == 0


def test_all_word_operations_of_yosys_have_a_name() -> None:
    known = ("not", "and", "reduce_or", "shl", "shiftx", "eqx", "add", "divfloor", "pow", "mux", "pmux", "dff", "adffe",
             "sdffce", "aldff", "dffsr", "dlatch", "memrd_v2", "memwr_v2", "mem_v2", "lut", "tribuf", "sr")  # fmt: skip
    assert "other" not in {operation(f"${name}") for name in known}
    assert len(OPERATIONS) <= 64
    assert len(set(OPERATIONS)) == len(OPERATIONS)


def test_round_trip(top: Design, tmp_path: Path) -> None:
    top.graph.save(tmp_path / "g")
    loaded = Graph.load(tmp_path / "g")
    assert loaded.content_hash() == top.graph.content_hash()
    assert loaded.metadata["modules"] == top.graph.metadata["modules"]


def test_another_top_is_found_or_named(top: Design) -> None:
    graph = word_graph(top.words, top=STAGE)
    assert graph.metadata["modules"] == [STAGE]
    with pytest.raises(InputError, match="did you mean 'stage'") as caught:
        word_graph(top.words, top="stag")
    assert caught.value.code == "words-top"


def _module(*cells: str) -> dict[str, Any]:
    made = {f"u{i}": {"type": cell, "connections": {}} for i, cell in enumerate(cells)}
    return {"attributes": {}, "ports": {}, "cells": made, "netnames": {}}


def test_tops_of_unmarked_modules() -> None:
    def graph(**modules: dict[str, Any]) -> Graph:
        return word_graph(read_words(json.dumps({"modules": modules}).encode()))

    assert graph(a=_module("b"), b=_module()).metadata["top"] == "a"
    for modules, code in (
        ({}, "words-empty"),
        ({"a": _module(), "b": _module()}, "words-tops"),
        ({"a": _module("b"), "b": _module("a")}, "words-recursion"),
        ({"t": _module("a"), "a": _module("b"), "b": _module("a")}, "words-recursion"),
    ):
        with pytest.raises(InputError) as caught:
            graph(**modules)
        assert caught.value.code == code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (b"", "words-wrong-file"),
        (b"module top; endmodule\n", "words-wrong-file"),
        (b"[1, 2]", "words-wrong-file"),
        (b'{"creator": "x"}', "words-wrong-file"),
        (b'{"modules": {"a": ', "words-json"),
        (b'{"modules": {"a": 3}}', "words-content"),
        (b'{"modules": {"a": {"ports": {"x": {"direction": "sideways", "bits": [2]}}}}}', "words-content"),
        (b'{"modules": {"a": {"ports": {"x": {"direction": "input", "bits": [0]}}}}}', "words-content"),
        (b'{"modules": {"a": {"ports": {"x": {"direction": "input", "bits": ["q"]}}}}}', "words-content"),
    ],
)
def test_refuses(text: bytes, code: str) -> None:
    with pytest.raises(InputError) as caught:
        read_words(text)
    assert caught.value.code == code


@settings(max_examples=60)
@given(st.data())
def test_damaged_netlists_are_refused_or_read(
    elaborated: dict[str, tuple[bytes, dict[str, int]]], data: st.DataObject
) -> None:
    text = elaborated["gray_fifo"][0]
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 400)))
    junk = data.draw(
        st.one_of(st.binary(max_size=8), st.sampled_from([b"-5", b"1e9", b'"', b"[]", b"{}", b"99999999"]))
    )
    with contextlib.suppress(InputError):
        word_graph(read_words(text[:start] + junk + text[end:]))
