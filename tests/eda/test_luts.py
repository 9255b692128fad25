"""Networks of look-up tables: BLIF, and equality with the graphs that ABC mapped them from."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edasat.core.errors import InputError, LimitError
from edasat.core.graph import Graph
from edasat.eda.aig import Aig
from edasat.eda.circuits.random_logic import random_aig
from edasat.eda.formats.aiger import read_aiger, write_aiger
from edasat.eda.formats.blif import read_blif
from edasat.eda.synthesis.abc import run_script
from edasat.eda.verilog.luts import LUT_KINDS, LutNetwork, lut_graph

#: A counter bit and its carry; z is another name of y, and t the constant 1.
SMALL = b"""
# comment
.model small
.inputs a b \\
  c
.outputs y z t
.clock clk
.latch y q re clk 1
.names y z
1 1
.names a b c q y   # two rows
11-- 1
--01 1
.names t
1
.end
"""


def mapped(aig: Aig, inputs: int = 6) -> bytes:
    """Return the BLIF of a graph after ABC's mapping on look-up tables."""
    with tempfile.TemporaryDirectory() as folder:
        write_aiger(aig, Path(folder) / "in.aig")
        run_script(["read_aiger in.aig", "strash", f"if -K {inputs}", "write_blif out.blif"], folder)
        return (Path(folder) / "out.blif").read_bytes()


def test_small_network() -> None:
    network = read_blif(SMALL)
    assert (network.name, network.num_inputs, network.num_luts) == ("small", 3, 2)
    assert network.names.to_list() == ["a", "b", "c", "q", "y", "t"]
    assert network.output_names.to_list() == ["y", "z", "t"]
    assert network.outputs.tolist() == [4, 4, 5]
    assert network.flip_flops.tolist() == [[4, 1]]
    for row in range(64):
        a, b, c, q = (row >> bit & 1 for bit in range(4))
        assert int(network.truth[0]) >> row & 1 == ((a and b) or (not c and q))
    assert int(network.truth[1]) == 2**64 - 1


def test_graph_of_small_network(tmp_path: Path) -> None:
    graph = lut_graph(read_blif(SMALL))
    nodes = graph.nodes["lut"]
    assert [LUT_KINDS[k] for k in nodes.arrays["kind"]] == [*["input"] * 3, "flip-flop", "lut", "constant"]
    assert nodes.arrays["num_inputs"].tolist() == [0, 0, 0, 0, 4, 0]
    assert nodes.level is not None
    assert nodes.level.tolist() == [0, 0, 0, 0, 1, 0]
    drives = graph.edges["lut", "drives", "lut"]
    assert drives.index.tolist() == [[0, 1, 2, 3], [4, 4, 4, 4]]
    assert drives.arrays["position"].tolist() == [0, 1, 2, 3]
    assert graph.edges["lut", "next", "lut"].index.tolist() == [[4], [3]]
    graph.save(tmp_path / "g")
    loaded = Graph.load(tmp_path / "g")
    assert loaded.content_hash() == graph.content_hash()
    truth = loaded.nodes["lut"].arrays["truth"].copy().view("<u8")[:, 0]
    assert truth.tolist()[4:] == read_blif(SMALL).truth.tolist()


@pytest.mark.parametrize(("seed", "inputs"), [(0, 6), (1, 4), (2, 6), (3, 3)])
def test_equals_the_graph_that_abc_mapped(seed: int, inputs: int) -> None:
    aig = random_aig(12, 300, 8, np.random.default_rng(seed))
    network = read_blif(mapped(aig, inputs))
    patterns = np.random.default_rng(seed).integers(0, 2**64, (12, 16), np.uint64)
    assert np.array_equal(network.step(patterns)[0], aig.simulate(patterns))
    assert network.fanin_counts().max() <= inputs


def test_equals_sequential_graph(shared_data: Path) -> None:
    aig = read_aiger(shared_data / "circuits" / "iwls_aig" / "simple_spi.aig")
    network = read_blif(mapped(aig))
    rng = np.random.default_rng(1)
    patterns = rng.integers(0, 2**64, (aig.num_inputs, 4), np.uint64)
    state = rng.integers(0, 2**64, (aig.num_latches, 4), np.uint64)
    for ours, theirs in zip(network.step(patterns, state), aig.step(patterns, state), strict=True):
        assert np.array_equal(ours, theirs)
    _longest_paths(network)


def _longest_paths(network: LutNetwork) -> None:
    longest = [0] * network.first_lut
    for lut in range(network.num_luts):
        fanins = network.fanins[network.fanin_offsets[lut] : network.fanin_offsets[lut + 1]]
        longest.append(1 + max((longest[node] for node in fanins), default=-1))
    assert network.levels().tolist() == longest


def test_order_of_the_file_does_not_count() -> None:
    text = b".model m\n.inputs a\n.outputs y\n.names x y\n0 1\n.names b x\n0 1\n.names a b\n1 1\n.end\n"
    network = read_blif(text)
    assert network.names.to_list() == ["a", "x", "y"]  # b is a itself
    assert network.levels().tolist() == [0, 1, 2]
    assert network.step(np.array([[6]], np.uint64))[0].tolist() == [[6]]


def test_rows_may_list_the_off_set() -> None:
    network = read_blif(b".model m\n.inputs a b\n.outputs y z\n.names a b y\n11 0\n.names z\n.end\n")
    assert network.truth.tolist() == [0x7777777777777777, 0]


@pytest.mark.parametrize(
    ("text", "code", "place"),
    [
        (b"", "blif-empty", (0, 0)),
        (b"# only a comment\n", "blif-empty", (0, 0)),
        (b".inputs a\n", "blif-outside", (1, 1)),
        (b"aag 1 1 0 1 0\n2\n2\n", "blif-wrong-file", (1, 1)),
        (b"module m(a);\n", "blif-wrong-file", (1, 1)),
        (b".model m\n.foo\n", "blif-unknown", (2, 1)),
        (b".model m\n.subckt n a=b\n", "blif-hierarchy", (2, 1)),
        (b".model m\n.end\n.model n\n.end\n", "blif-hierarchy", (3, 1)),
        (b".model m\n.gate nand2 A=a\n", "blif-mapped", (2, 1)),
        (b".model m\n.inputs a\n1 1\n", "blif-stray", (3, 1)),
        (b".model m\n.names\n", "blif-names", (2, 1)),
        (b".model m\n.latch a\n", "blif-latch", (2, 1)),
        (b".model m\n.inputs a\n.latch a q 7\n", "blif-latch", (3, 1)),
        (b".model m\n.inputs a\n.latch a q xx clk 1\n", "blif-latch", (3, 1)),
        (b".model m\n.inputs a\n.names a y\n11 1\n", "blif-row", (4, 1)),
        (b".model m\n.inputs a\n.names a y\n1\n", "blif-row", (4, 1)),
        (b".model m\n.inputs a\n.names a y\nx 1\n", "blif-row", (4, 1)),
        (b".model m\n.inputs a\n.names a y\n1 1\n0 0\n", "blif-phase", (5, 1)),
        (b".model m\n.inputs a a\n", "blif-twice", (2, 11)),
        (b".model m\n.inputs a\n.names a y\n.names a y\n", "blif-twice", (4, 10)),
        (b".model m\n.outputs y\n", "blif-undriven", (2, 10)),
        (b".model m\n.names a y\n1 1\n.names y a\n0 1\n", "blif-cycle", (4, 10)),
        (b".model m\n.names a b\n1 1\n.names b a\n1 1\n", "blif-cycle", (2, 10)),
        (b".model m\n.names a a\n1 1\n", "blif-cycle", (2, 10)),
        (b".model m\n.inputs a\n.names x a y\n11 1\n.names y a x\n11 1\n", "blif-cycle", (5, 12)),
    ],
)
def test_refuses(text: bytes, code: str, place: tuple[int, int]) -> None:
    with pytest.raises(InputError) as caught:
        read_blif(text)
    assert caught.value.code == code
    assert (caught.value.line, caught.value.column) == place


def test_tables_of_seven_inputs_are_our_limit() -> None:
    with pytest.raises(LimitError, match="7 inputs; the file is valid") as caught:
        read_blif(b".model m\n.inputs a b c d e f g\n.outputs y\n.names a b c d e f g y\n1111111 1\n.end\n")
    assert caught.value.line == 4


@given(st.binary(max_size=200), st.integers(0, len(SMALL)), st.integers(0, len(SMALL)))
def test_damaged_files_are_refused_or_read(junk: bytes, cut: int, behind: int) -> None:
    for text in (junk, SMALL[:cut], SMALL[:cut] + junk + SMALL[behind:], b".model m\n" + junk):
        try:
            network = read_blif(text)
        except InputError:
            continue
        lut_graph(network)
