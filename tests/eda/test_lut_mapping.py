"""Mapping of gates on look-up tables: equal to the gates, as shallow as ABC's, hardly larger."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edasat.eda.aig import Aig
from edasat.eda.aig_builder import AigBuilder
from edasat.eda.circuits.arithmetic import array_multiply, kogge_stone_add, ripple_add
from edasat.eda.circuits.random_logic import random_aig
from edasat.eda.formats.aiger import write_aiger
from edasat.eda.formats.blif import read_blif
from edasat.eda.synthesis.abc import check_equivalence, run_script
from edasat.eda.verilog.gate_balancing import balance
from edasat.eda.verilog.gate_network import GATE_KINDS, GateNetwork
from edasat.eda.verilog.lut_mapping import map_luts
from edasat.eda.verilog.luts import LutNetwork

CONSTANT, INPUT, REGISTER, AND, XOR, MUX = range(len(GATE_KINDS))
Node = tuple[int, tuple[int, ...]]
Words = npt.NDArray[np.uint64]


def network_of(
    nodes: Sequence[Node], outputs: Sequence[int], next_state: Sequence[int] = (), controls: Sequence[int] = ()
) -> GateNetwork:
    """Return gates given as (kind, fan-in literals), the word of each being its number times ten."""
    kind = np.array([kind for kind, _ in nodes], np.int8)
    fanins = np.array([(*literals, -1, -1, -1)[:3] for _, literals in nodes], np.int32)
    return GateNetwork(
        kind=kind,
        fanins=fanins,
        word=np.arange(len(nodes), dtype=np.int32) * 10,
        registers=np.flatnonzero(kind == REGISTER).astype(np.int32),
        next_state=np.array(next_state, np.int32),
        outputs=np.array(outputs, np.int32),
        controls=np.array(controls, np.int32),
        cut_bits=0,
        cut_word=-1,
        left_out=0,
    )


def gates_of(aig: Aig) -> GateNetwork:
    """Return a combinational graph as gates."""
    nodes: list[Node] = [(CONSTANT, ())]
    nodes += [(INPUT, ())] * aig.num_inputs
    nodes += [(AND, tuple(literals)) for literals in aig.ands.tolist()]
    return network_of(nodes, aig.outputs.tolist())


@st.composite
def gate_networks(draw: st.DrawFn) -> GateNetwork:
    """Return gates of all kinds between inputs and registers anywhere, as the builder of networks leaves them."""
    nodes: list[Node] = [(CONSTANT, ())]
    for number in range(1, draw(st.integers(4, 40))):
        kind = draw(st.sampled_from([INPUT, REGISTER] if number < 4 else [INPUT, REGISTER, *[AND, XOR, MUX] * 3]))
        chosen: tuple[int, ...] = ()
        if kind >= AND:
            sources = draw(st.lists(st.integers(1, number - 1), min_size=3, max_size=3, unique=True))
            flips = draw(st.integers(0, 7)) if kind != XOR else 0
            chosen = tuple(2 * source + (flips >> i & 1) for i, source in enumerate(sources[: 3 if kind == MUX else 2]))
        nodes.append((kind, chosen))
    literals = st.integers(0, 2 * len(nodes) - 1)
    registers = sum(kind == REGISTER for kind, _ in nodes)
    return network_of(
        nodes,
        draw(st.lists(literals, max_size=5)),
        draw(st.lists(literals, min_size=registers, max_size=registers)),
        draw(st.lists(literals, max_size=2)),
    )


def evaluate(gates: GateNetwork, inputs: Words, state: Words) -> Words:
    """Return uint64, (nodes, words): what every gate computes."""
    values = np.zeros((gates.num_nodes, inputs.shape[1]), np.uint64)
    values[gates.kind == INPUT] = inputs
    values[gates.registers] = state
    for node in np.flatnonzero(gates.kind >= AND):
        a, b, c = (look_up(values, literal) for literal in gates.fanins[node])
        kind = gates.kind[node]
        values[node] = a & b if kind == AND else a ^ b if kind == XOR else (a & b) | (~a & c)
    return values


def look_up(values: Words, literals: npt.NDArray[np.int32]) -> Words:
    return values[literals >> 1] ^ -(literals & 1).astype(np.int64).astype(np.uint64)[..., None]


def check(gates: GateNetwork, network: LutNetwork, seed: int = 0) -> None:
    """Compare gates and tables on random patterns."""
    rng = np.random.default_rng(seed)
    inputs = rng.integers(0, 2**64, (network.num_inputs, 4), np.uint64)
    state = rng.integers(0, 2**64, (len(gates.registers), 4), np.uint64)
    values = evaluate(gates, inputs, state)
    outputs, following = network.step(inputs, state)
    assert (outputs == look_up(values, gates.outputs)).all()
    assert (following == look_up(values, gates.next_state)).all()


@given(gate_networks(), st.integers(3, 6))
def test_tables_do_what_gates_do(gates: GateNetwork, size: int) -> None:
    network, word = map_luts(gates, size)
    check(gates, network)
    check(gates, map_luts(balance(gates), size).network)
    assert network.fanin_counts().max(initial=0) <= size
    assert network.num_inputs == (gates.kind == INPUT).sum()
    assert len(word) == network.num_nodes
    # Every table is read by another one or from outside.
    read = np.zeros(network.num_nodes, bool)
    read[network.fanins] = True
    roots = np.concatenate([gates.outputs, gates.next_state, gates.controls]) >> 1
    assert np.isin(word[network.first_lut :][~read[network.first_lut :]], gates.word[roots]).all()


def test_polarity_and_constants() -> None:
    """Complements that only outputs read have tables of their own; inputs and equal outputs have none."""
    gates = network_of(
        [(CONSTANT, ()), (INPUT, ()), (INPUT, ()), (AND, (2, 5)), (REGISTER, ()), (XOR, (6, 8))],
        outputs=[2, 3, 6, 7, 6, 0, 1],
        next_state=[11],
        controls=[7],
    )
    network, word = map_luts(gates)
    check(gates, network)
    assert network.outputs[0] == 0
    assert network.outputs[2] == network.outputs[4]
    assert word.tolist() == [10, 20, 40, 0, 0, 10, 30, 30, 50]
    assert network.flip_flops.tolist() == [[8, 3]]
    assert network.fanin_counts().tolist() == [0, 0, 1, 2, 2, 3]
    assert [hex(value) for value in network.truth[2:5].tolist()] == [f"0x{'5' * 16}", f"0x{'2' * 16}", f"0x{'d' * 16}"]


def test_unread_gates_are_left_out() -> None:
    gates = network_of([(CONSTANT, ()), (INPUT, ()), (INPUT, ()), (AND, (2, 4)), (XOR, (2, 4))], outputs=[6])
    assert map_luts(gates).network.num_luts == 1


def test_size_is_checked() -> None:
    gates = network_of([(CONSTANT, ())], outputs=[])
    assert map_luts(gates).network.num_nodes == 0
    with pytest.raises(ValueError, match="3 to 6 inputs, got 7"):
        map_luts(gates, 7)


def arithmetic(name: str) -> Aig:
    b = AigBuilder()
    x, y = b.inputs(24), b.inputs(24)
    if name == "multiplier":
        x, y = x[:8], y[:8]
        product = array_multiply(b, x, y)
    else:
        product = {"ripple": ripple_add, "prefix": kogge_stone_add}[name](b, x, y)
    for literal in product:
        b.output(literal)
    return b.build(name)


def mapped_by_abc(aig: Aig) -> LutNetwork:
    with tempfile.TemporaryDirectory() as folder:
        write_aiger(aig, Path(folder) / "in.aig")
        run_script(["read_aiger in.aig", "strash", "if -K 6", "write_blif out.blif"], folder)
        return read_blif(Path(folder) / "out.blif")


@pytest.mark.parametrize("name", ["ripple", "prefix", "multiplier", "random"])
def test_as_good_as_abc(name: str) -> None:
    aig = random_aig(20, 1500, 40, np.random.default_rng(1)) if name == "random" else arithmetic(name)
    ours, theirs = map_luts(gates_of(aig)).network, mapped_by_abc(aig)
    assert ours.levels().max() == theirs.levels().max()
    assert ours.num_luts <= 1.05 * theirs.num_luts


@pytest.mark.parametrize("kind", [AND, XOR])
def test_chains_become_trees(kind: int) -> None:
    """A chain of 64 late inputs is joined by Huffman's rule: the late one last, words as before."""
    nodes: list[Node] = [(CONSTANT, ()), *[(INPUT, ())] * 65]
    nodes += [(MUX, (2, 4, 6)), (MUX, (2, 132, 8))]  # late: two multiplexers deep
    nodes.append((kind, (134, 10)))
    for leaf in range(6, 66):
        nodes.append((kind, (2 * len(nodes) - 2, 2 * leaf)))
    chain = network_of(nodes, [2 * len(nodes) - 2])
    balanced = balance(chain)
    check(chain, map_luts(balanced).network)
    assert balanced.num_nodes == chain.num_nodes
    assert (map_luts(chain).network.levels().max(), map_luts(balanced).network.levels().max()) == (13, 3)
    assert set(balanced.word[balanced.kind == kind].tolist()) == {chain.word[-1]}


def test_trees_end_where_others_read_them() -> None:
    nodes: list[Node] = [(CONSTANT, ()), *[(INPUT, ())] * 4, (AND, (2, 4)), (AND, (6, 10)), (AND, (8, 12))]
    read = network_of(nodes, [14, 10])
    inverted = network_of([*nodes[:-1], (AND, (8, 13))], [14])
    for gates in (read, inverted):
        balanced = balance(gates)
        assert balanced.num_nodes == 8
        check(gates, map_luts(balanced).network)
    assert balance(read).outputs[1] >> 1 in balance(read).fanins >> 1


@pytest.mark.parametrize("seed", [0, 1])
def test_proven_equivalent(seed: int) -> None:
    """What ABC reads back from the tables is proven to equal the gates."""
    aig = random_aig(12, 300, 10, np.random.default_rng(seed))
    assert check_equivalence(aig, to_aig(map_luts(gates_of(aig)).network))


def to_aig(network: LutNetwork) -> Aig:
    """Return tables as AND gates, by Shannon's expansion."""
    b = AigBuilder()
    literals = b.inputs(network.num_inputs)
    for table in range(network.num_luts):
        fanins = network.fanins[network.fanin_offsets[table] : network.fanin_offsets[table + 1]]
        rows = [int(network.truth[table]) >> row & 1 for row in range(1 << len(fanins))]
        for fanin in fanins:
            rows = [b.mux(literals[fanin], high, low) for low, high in zip(rows[::2], rows[1::2], strict=True)]
        literals.append(rows[0])
    for node in network.outputs:
        b.output(literals[node])
    return b.build()
