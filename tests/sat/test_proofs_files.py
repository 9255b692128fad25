from __future__ import annotations

import gzip
import lzma
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edasat.core.errors import InputError
from edasat.sat.proofs import MESSAGES, Proof, format_proof, read_proof, write_proof

ACCEPTED = {
    "nothing": (b"", []),
    "comments alone": (b"c hello\nc\n", []),
    "the empty clause": (b"0", [("a", [])]),
    "a step over lines": (b"1\n -2\n0 d\n1\n0\n", [("a", [1, -2]), ("d", [1])]),
    "steps on one line": (b"1 0 d 1 0 0", [("a", [1]), ("d", [1]), ("a", [])]),
    "tabs, CRLF, comments": (b"\t1\t2 0\r\nc x 0 y\r\nd 1 2 0\r\n", [("a", [1, 2]), ("d", [1, 2])]),
    "largest variable": (b"2147483647 -2147483647 0\n", [("a", [2147483647, -2147483647])]),
    "repeated literals": (b"1 1 -1 0", [("a", [1, 1, -1])]),
    "binary": (b"a\x04\x07\x00d\x02\x00a\x00", [("a", [2, -3]), ("d", [1]), ("a", [])]),
    "binary with text-like bytes": (b"d\x20\x31\x00a\x0a\x00", [("d", [16, -24]), ("a", [5])]),
    "binary, largest variable": (b"a\xfe\xff\xff\xff\x0f\xff\xff\xff\xff\x0f\x00", [("a", [2147483647, -2147483647])]),
}


@pytest.mark.parametrize("name", ACCEPTED)
def test_accepted(name: str) -> None:
    data, steps = ACCEPTED[name]
    for packed in (data, gzip.compress(data), lzma.compress(data)):
        assert read_proof(packed).to_steps() == steps


REFUSED = {
    "letters": (b"1 0\n1 x 0\n", "proof-letter", 2, 3),
    "letters behind digits": (b"12x 0\n", "proof-letter", 1, 1),
    "a float": (b"1.5 0\n", "proof-letter", 1, 1),
    "lone minus": (b"1 - 2 0\n", "proof-lone-minus", 1, 3),
    "minus zero": (b"1 -0\n", "proof-lone-minus", 1, 3),
    "overflow": (b"1 0\n\n-2147483648 0\n", "proof-literal-overflow", 3, 1),
    "long overflow": (b"123456789012345678901234567890 0\n", "proof-literal-overflow", 1, 1),
    "a NUL": (b"1 0\n\x00", "proof-nul", 2, 1),
    "beyond ASCII": ("1 0\n2 é 0\n".encode(), "proof-non-ascii", 2, 3),
    "cut off": (b"1 0\n2 -3", "proof-truncated", 2, 5),
    "cut off behind d": (b"1 0\nd", "proof-truncated", 2, 2),
    "LRAT": (b"12 d 3 4 0\n", "proof-deletion-inside", 1, 4),
    "a CNF": (b"c hello\np cnf 1 1\n1 0\n", "proof-cnf", 2, 1),
    "FRAT": (b"o 1 1 2 0\n", "proof-frat", 1, 1),
    "VeriPB": (b"pseudo-Boolean proof version 2.0\n", "proof-veripb", 1, 1),
    "output of a solver": (b"s UNSATISFIABLE\n", "proof-solver-output", 1, 1),
    "binary, wrong tag": (b"a\x04\x00b\x04\x00", "proof-binary-tag", "byte 3"),
    "binary, code 1": (b"a\x04\x01\x00", "proof-binary-literal", "byte 2"),
    "binary, overflow": (b"a\x80\x80\x80\x80\x10\x00", "proof-binary-overflow", "byte 1"),
    "binary, endless number": (b"a" + b"\xff" * 40 + b"\x00", "proof-binary-overflow", "byte 1"),
    "binary, cut off": (b"a\x04\x00d\x04", "proof-binary-truncated", "byte 3"),
    "binary, cut off in a number": (b"a\x04\x00d\x84", "proof-binary-truncated", "byte 3"),
    "binary, cut off in the first step": (b"a\x04", "proof-binary-truncated", "byte 0"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_with_code_and_place(name: str) -> None:
    data, code, *place = REFUSED[name]
    with pytest.raises(InputError) as caught:
        read_proof(data)
    assert caught.value.code == code
    if isinstance(place[0], str):
        assert caught.value.message.startswith(f"{place[0]}: ")
    else:
        assert [caught.value.line, caught.value.column] == place


def test_every_message_is_tested() -> None:
    assert {row[1] for row in REFUSED.values()} == set(MESSAGES)


LITERALS = st.integers(-(2**31) + 1, 2**31 - 1).filter(bool)
STEPS = st.lists(st.tuples(st.sampled_from("ad"), st.lists(LITERALS, max_size=6)), max_size=12)


@given(STEPS, st.booleans())
def test_round_trips(steps: list[tuple[str, list[int]]], binary: bool) -> None:
    proof = Proof.from_steps(steps)
    data = format_proof(proof, binary=binary)
    assert read_proof(data).to_steps() == proof.to_steps() == steps
    assert format_proof(read_proof(data), binary=not binary) == format_proof(proof, binary=not binary)


@given(STEPS, st.booleans(), st.data())
def test_damaged_files_are_refused_or_read(
    steps: list[tuple[str, list[int]]], binary: bool, data: st.DataObject
) -> None:
    content = bytearray(format_proof(Proof.from_steps(steps), binary=binary))
    for _ in range(data.draw(st.integers(0, 4))):
        content[data.draw(st.integers(0, len(content))) :][:1] = data.draw(st.binary(max_size=3))
        at = data.draw(st.integers(0, len(content)))
        content[at : at + 1] = data.draw(st.binary(max_size=3))
    cut = bytes(content[: data.draw(st.integers(0, len(content)))])
    try:
        proof = read_proof(cut)
    except InputError as error:
        assert error.code in MESSAGES
    else:
        assert proof.literals.all()
        assert proof.offsets[-1] == len(proof.literals)


def test_places() -> None:
    text = read_proof(b"c one\n1 0\n\n2 0 d\n3 0\n")
    assert [text.place(s) for s in range(3)] == ["line 2", "line 4", "line 4"]
    binary = read_proof(b"a\x04\x06\x00d\x84\x01\x00a\x00")
    assert [binary.place(s) for s in range(3)] == ["byte 0", "byte 4", "byte 8"]
    assert Proof.from_steps([("a", [1])]).place(0) == "step 1"


@pytest.mark.parametrize("suffix", ["", ".gz", ".xz", ".zst"])
def test_written_files_are_read_back(tmp_path: Path, suffix: str) -> None:
    rng = np.random.default_rng(1)
    steps = [
        ("d" if k % 3 == 0 else "a", (rng.integers(1, 10 ** (k % 9 + 1), k % 7) * -1).tolist()) for k in range(300)
    ]
    for binary in (False, True):
        write_proof(Proof.from_steps(steps), tmp_path / f"p{suffix}", binary=binary)
        found = read_proof(tmp_path / f"p{suffix}")
        assert (found.to_steps(), found.binary) == (steps, binary)
