"""AIGER files: round trips, hand-made files of every section, agreement with aigverse, and every error."""

from __future__ import annotations

import contextlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edasat.core.errors import InputError, LimitError
from edasat.eda.aig import UNINITIALISED, Aig
from edasat.eda.circuits.machines import random_machine
from edasat.eda.circuits.random_logic import random_aig
from edasat.eda.formats.aiger import aiger_bytes, read_aiger, write_aiger

EVERY_SECTION = b"""\
aag 5 1 2 1 2 1 1 1 1
2
4 10 1
6 8 6
8
10
4
2
2
6
5
8 4 2
10 9 7
i0 request
l1 state
o0 grant
b0 both
c
made by hand
"""


def assert_equal(a: Aig, b: Aig) -> None:
    assert a.content_hash() == b.content_hash()
    assert (a.input_names, a.latch_names, a.output_names) == (b.input_names, b.latch_names, b.output_names)
    assert a.comments == b.comments


def test_every_section_is_read() -> None:
    aig = read_aiger(EVERY_SECTION)
    assert aig.latches.tolist() == [[10, 1], [8, UNINITIALISED]]
    assert aig.ands.tolist() == [[4, 2], [9, 7]]
    assert (aig.outputs.tolist(), aig.bad.tolist(), aig.constraints.tolist()) == ([8], [10], [4])
    assert [j.tolist() for j in aig.justice] == [[2, 6]]
    assert aig.fairness.tolist() == [5]
    assert aig.input_names == ("request",)
    assert aig.latch_names == ("", "state")
    assert aig.comments == ("made by hand",)


@pytest.mark.parametrize("ascii_format", [False, True])
def test_every_section_is_written(ascii_format: bool) -> None:
    aig = read_aiger(EVERY_SECTION)
    assert_equal(read_aiger(aiger_bytes(aig, ascii_format=ascii_format)), aig)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.booleans(), st.booleans())
def test_round_trip(seed: int, sequential: bool, ascii_format: bool) -> None:
    rng = np.random.default_rng(seed)
    aig = random_machine(6, 3, 60, 3, rng) if sequential else random_aig(6, 200, 4, rng)
    back = read_aiger(aiger_bytes(aig, ascii_format=ascii_format))
    assert (np.sort(back.ands, axis=1) == np.sort(aig.ands, axis=1)).all()
    assert back.latches.tolist() == aig.latches.tolist()
    assert back.outputs.tolist() == aig.outputs.tolist()
    assert_equal(read_aiger(aiger_bytes(back, ascii_format=not ascii_format)), back)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000))
def test_ascii_file_in_any_order_and_numbering(seed: int) -> None:
    rng = np.random.default_rng(seed)
    aig = random_aig(5, 80, 3, rng)
    number = np.concatenate([[0], 1 + rng.permutation(aig.num_nodes + 5)[: aig.num_nodes - 1]])

    def moved(literal: int) -> int:
        return int(2 * number[literal >> 1] | literal & 1)

    gates = [f"{moved(2 * (aig.first_and + g))} {moved(x)} {moved(y)}" for g, (x, y) in enumerate(aig.ands.tolist())]
    lines = [f"aag {aig.num_nodes + 5} 5 0 {aig.num_outputs} {aig.num_ands}"]
    lines += [str(moved(2 * i)) for i in range(1, 6)]
    lines += [str(moved(literal)) for literal in aig.outputs.tolist()]
    lines += [gates[i] for i in rng.permutation(len(gates))]
    back = read_aiger("\n".join(lines).encode())
    words = rng.integers(0, 2**64, (5, 2), dtype=np.uint64)
    assert (back.simulate(words) == aig.simulate(words)).all()


def test_sorted_ascii_file_keeps_its_order() -> None:
    aig = random_aig(4, 60, 2, np.random.default_rng(0))
    assert (read_aiger(aiger_bytes(aig, ascii_format=True)).ands == np.sort(aig.ands, axis=1)[:, ::-1]).all()


def test_suffix_chooses_the_form(tmp_path: Path) -> None:
    aig = read_aiger(EVERY_SECTION)
    write_aiger(aig, tmp_path / "x.aag")
    write_aiger(aig, tmp_path / "x.aig")
    assert (tmp_path / "x.aag").read_bytes().startswith(b"aag 5 ")
    assert (tmp_path / "x.aig").read_bytes().startswith(b"aig 5 ")
    assert_equal(read_aiger(tmp_path / "x.aag"), read_aiger(tmp_path / "x.aig"))


def test_windows_line_ends() -> None:
    assert_equal(read_aiger(EVERY_SECTION.replace(b"\n", b"\r\n")), read_aiger(EVERY_SECTION))


@pytest.mark.parametrize(
    ("data", "place", "code"),
    [
        (b"", "", "aiger-empty"),
        (b"p cnf 1 1\n1 0\n", "1:1", "aiger-magic"),
        (b"// adder\nmodule m; endmodule\n", "1:1", "aiger-magic"),
        (b"aig 1 1 0\n", "1:1", "aiger-header"),
        (b"aig 1 1 0 x 0\n", "1:1", "aiger-header"),
        (b"aag 1 1 0 1 1\n2\n2\n4 2 2\n", "1:5", "aiger-counts"),
        (b"aig 9 1 0 1 1\n4\n\x02\x00", "1:5", "aiger-counts"),
        (b"aig 900000000000 900000000000 0 1 0\n2\n", "", "aiger-limit"),
        (b"aig 900000000 0 0 0 900000000\n", "1:5", "aiger-truncated"),
        (b"aag 900000 900000 0 0 0\n2\n", "3:1", "aiger-truncated"),
        (b"aag 1 1 0 0 0 0 0 1\n2\n99999999999999999\n", "4:1", "aiger-truncated"),
        (b"aag 2 1 0 1 1\n2\n4\n", "4:1", "aiger-truncated"),
        (b"aag 2 1 0 1 1\n2\n4\n4 2 x\n", "4:5", "aiger-number"),
        (b"aag 2 1 0 1 1\n2\n4\n4 2\n", "4:4", "aiger-number"),
        (b"aag 2 1 0 1 1\n2\n4 3\n4 2 3\n", "3:3", "aiger-extra"),
        (b"aag 2 1 0 1 1\n2\n6\n4 2 3\n", "3:1", "aiger-range"),
        (b"aag 2 1 0 1 1\n2\n4\n4 2 7\n", "4:5", "aiger-range"),
        (b"aag 3 1 0 1 1\n2\n6\n4 2 3\n", "3:1", "aiger-undefined"),
        (b"aag 3 1 0 1 1\n2\n4\n4 2 6\n", "4:5", "aiger-undefined"),
        (b"aag 2 1 0 1 1\n3\n4\n4 2 3\n", "2:1", "aiger-definition"),
        (b"aag 2 1 0 1 1\n2\n4\n2 2 3\n", "4:1", "aiger-twice"),
        (b"aag 3 1 0 1 2\n2\n4\n4 2 6\n6 2 4\n", "5:1", "aiger-cycle"),
        (b"aag 2 1 1 0 0\n2\n4 2 2\n", "3:5", "aiger-init"),
        (b"aag 1 1 0 0 0\n2\ni1 x\n", "3:1", "aiger-symbol-index"),
        (b"aag 1 1 0 0 0\n2\nhello\n", "3:1", "aiger-symbol"),
        (b"aig 1 0 1 0 0\n2 2 2\n", "2:5", "aiger-extra"),
        (b"aig 1 0 1 0 0\n9\n", "2:1", "aiger-range"),
        (b"aig 2 1 0 1 1\n4\n\x82", "", "aiger-truncated"),
        (b"aig 2 1 0 1 1\n4\n\x00\x00", "", "aiger-delta"),
        (b"aig 2 1 0 1 1\n4\n\x05\x00", "", "aiger-delta"),
        (b"aig 2 1 0 1 1\n4\n\xff\xff\xff\xff\xff\xff", "", "aiger-delta"),
    ],
)
def test_errors_name_the_place(data: bytes, place: str, code: str) -> None:
    with pytest.raises(InputError) as caught:
        read_aiger(data)
    error = caught.value
    assert error.code == code
    assert ":".join(str(part) for part in (error.line, error.column) if part) == place
    assert isinstance(error, LimitError) == (code == "aiger-limit")


def test_binary_inputs_cost_nothing() -> None:
    assert read_aiger(b"aig 1000000000 1000000000 0 0 0\n").num_inputs == 10**9


def test_binary_damage_names_the_byte() -> None:
    with pytest.raises(InputError, match="byte 17: fan-ins of gate 4"):
        read_aiger(b"aig 2 1 0 1 1\n4 \n\x05\x00")


def test_wrong_file_is_named() -> None:
    with pytest.raises(InputError) as caught:
        read_aiger(b"c comment\np cnf 1 1\n1 0\n")
    assert "DIMACS" in caught.value.hint


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_damaged_files_raise_input_errors_only(data: st.DataObject) -> None:
    content = bytearray(aiger_bytes(read_aiger(EVERY_SECTION), ascii_format=data.draw(st.booleans())))
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    del content[data.draw(st.integers(0, len(content))) :]
    with contextlib.suppress(InputError):
        read_aiger(bytes(content))


def test_public_files_agree_with_aigverse(shared_data: Path) -> None:
    from aigverse.io import read_aiger_into_aig

    for name in ("epfl/ctrl.aig", "epfl/cavlc.aig", "iscas85_aig/c432.aig", "iwls_aig/sasc.aig"):
        path = shared_data / "circuits" / name
        ours, theirs = read_aiger(path), read_aiger_into_aig(str(path))
        assert (ours.num_inputs, ours.num_outputs) == (theirs.num_pis, theirs.num_pos)
        # Theirs is structurally hashed while reading, so that it may have fewer gates; functions are compared.
        assert theirs.num_gates <= ours.num_ands
        from aigverse.algorithms import equivalence_checking
        from aigverse.networks import Aig as Network

        network = Network()
        signals = [network.get_constant(False), *(network.create_pi() for _ in range(ours.num_inputs))]

        def at(literal: int, network: Network = network, signals: list = signals) -> object:
            return network.create_not(signals[literal >> 1]) if literal & 1 else signals[literal >> 1]

        for left, right in ours.ands.tolist():
            signals.append(network.create_and(at(left), at(right)))
        for literal in ours.outputs.tolist():
            network.create_po(at(literal))
        assert equivalence_checking(network, theirs)


def test_compressed_public_file(shared_data: Path) -> None:
    aig = read_aiger(shared_data / "circuits" / "epfl" / "multiplier.aig.xz")
    assert (aig.num_inputs, aig.num_outputs, aig.num_ands, aig.depth) == (128, 128, 27062, 274)
    rng = np.random.default_rng(0)
    x, y = (int.from_bytes(rng.bytes(8), "little") for _ in range(2))
    pattern = np.array([[word >> i & 1] for word in (x, y) for i in range(64)], np.uint64)
    product = aig.simulate(pattern)[:, 0] & np.uint64(1)
    assert sum(int(bit) << i for i, bit in enumerate(product)) == x * y
