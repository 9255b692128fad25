from __future__ import annotations

import bz2
import contextlib
import gzip
import io
import lzma
import sys
from pathlib import Path

import numpy as np
import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edasat.core.errors import InputError, LimitError
from edasat.sat.cnf import Cnf
from edasat.sat.dimacs import MESSAGES, format_dimacs, read_dimacs, reader, write_dimacs

PACK = {
    "": bytes,
    ".gz": gzip.compress,
    ".xz": lzma.compress,
    ".bz2": bz2.compress,
    ".zst": zstandard.ZstdCompressor().compress,
}

ACCEPTED = {
    "no variables, no clauses": (b"p cnf 0 0\n", 0, []),
    "no final newline": (b"p cnf 2 1\n1 -2 0", 2, [[1, -2]]),
    "empty clause": (b"p cnf 2 2\n0\n1 0\n", 2, [[], [1]]),
    "tautology and duplicates": (b"p cnf 2 2\n1 -1 2 0\n2 2 1 0\n", 2, [[1, -1, 2], [2, 2, 1]]),
    "clause over lines": (b"p cnf 3 2\n1\n2\n\n 3 0 -1\n0\n", 3, [[1, 2, 3], [-1]]),
    "comments everywhere": (b"c a\n\nc b\np cnf 2 2\nc x\n1 c y 3\n2 0\ncomment\n-1 0\nc", 2, [[1, 2], [-1]]),
    "tabs, CRLF, leading blanks": (b"  p\tcnf  2 1 \r\n\t1\t-2 0\r\n", 2, [[1, -2]]),
    "leading zeros": (b"p cnf 12 1\n012 -0003 0\n", 12, [[12, -3]]),
    "SATLIB trailer": (b"p cnf 1 1\n 1 0\n%\n0\n\n", 1, [[1]]),
}


@pytest.mark.parametrize("name", ACCEPTED)
@pytest.mark.parametrize("packed", PACK)
def test_accepted(name: str, packed: str) -> None:
    text, num_vars, clauses = ACCEPTED[name]
    cnf = read_dimacs(PACK[packed](text))
    assert (cnf.num_vars, cnf.to_lists()) == (num_vars, clauses)


def test_oddities_are_kept_and_counted() -> None:
    cnf = read_dimacs(b"p cnf 9 6\n1 -1 2 0\n2 2 1 0\n0\n1 2 3 4 5 6 7 8 9 -1 0\n1 2 3 4 5 6 7 8 9 9 0\n1 1 -1 2 0\n")
    assert cnf.notes.counts == {"dimacs-tautology": 3, "dimacs-duplicate": 3, "dimacs-empty-clause": 1}
    assert read_dimacs(ACCEPTED["SATLIB trailer"][0]).notes.counts == {"dimacs-satlib-trailer": 1}
    assert read_dimacs(b"c one\nc\nc  two\np cnf 0 0").comments == ("one", "", "two")


REFUSED = {
    "empty file": (b"", "dimacs-empty", 0, 0),
    "blank file": (b"\n \n", "dimacs-empty", 0, 0),
    "only comments": (b"c hello\n", "dimacs-header-absent", 2, 1),
    "missing header": (b"1 2 0\n", "dimacs-header-missing", 1, 1),
    "second header": (b"p cnf 1 1\np cnf 1 1\n1 0\n", "dimacs-header-duplicate", 2, 1),
    "short header": (b"p cnf 3\n", "dimacs-header-garbled", 1, 1),
    "long header": (b"p cnf 3 1 7\n", "dimacs-header-garbled", 1, 1),
    "word in header": (b"c\n p cnf x 1\n", "dimacs-header-garbled", 2, 2),
    "no number in header": (b"p cnf 1.0 1\n", "dimacs-header-garbled", 1, 1),
    "negative header": (b"p cnf 3 -1\n", "dimacs-header-negative", 1, 1),
    "more clauses": (b"p cnf 2 1\n1 0\n2 0\n", "dimacs-clauses-more", 3, 3),
    "fewer clauses": (b"p cnf 2 3\n1 0\n2 0\n", "dimacs-clauses-fewer", 4, 1),
    "variable above header": (b"p cnf 2 1\n1 -3 0\n", "dimacs-variable-above-header", 2, 3),
    "literal overflow": (b"p cnf 2 1\n2147483648 0\n", "dimacs-literal-overflow", 2, 1),
    "long overflow": (b"p cnf 2 1\n1 -99999999999999999999999 0\n", "dimacs-literal-overflow", 2, 3),
    "missing final zero": (b"p cnf 2 1\n1 2\n", "dimacs-final-zero", 3, 1),
    "letters": (b"p cnf 2 1\n1 x2 0\n", "dimacs-letter", 2, 3),
    "letters behind digits": (b"p cnf 2 1\n1 2x 0\n", "dimacs-letter", 2, 3),
    "comment glued to a literal": (b"p cnf 2 1\n1 2 0 comment\n", "dimacs-letter", 2, 7),
    "floats": (b"p cnf 2 1\n1.0 2 0\n", "dimacs-float", 2, 1),
    "exponents": (b"p cnf 2 1\n1e1 2 0\n", "dimacs-float", 2, 1),
    "lone minus": (b"p cnf 2 1\n1 - 2 0\n", "dimacs-lone-minus", 2, 3),
    "two minus signs": (b"p cnf 2 1\n--1 2 0\n", "dimacs-lone-minus", 2, 1),
    "minus zero": (b"p cnf 2 1\n1 -0\n", "dimacs-lone-minus", 2, 3),
    "minus at the end": (b"p cnf 2 1\n1 -", "dimacs-lone-minus", 2, 3),
    "plus sign": (b"p cnf 2 1\n+1 2 0\n", "dimacs-letter", 2, 1),
    "NUL": (b"p cnf 2 1\n1 \x002 0\n", "dimacs-nul", 2, 3),
    "NUL behind digits": (b"p cnf 2 1\n1 2\x00 0\n", "dimacs-nul", 2, 4),
    "non-ASCII": (b"p cnf 2 1\n1 \xe2\x88\x922 0\n", "dimacs-non-ascii", 2, 3),
    "UTF-16": ("p cnf 2 1\n1 0\n".encode("utf-16"), "dimacs-non-ascii", 1, 1),
    "binary": (b"\x7fELF\x02\x01\x00\x00", "dimacs-nul", 1, 7),
    "behind the trailer": (b"p cnf 1 1\n1 0\n%\n0\n1 0\n", "dimacs-trailer", 5, 1),
    "AIGER text": (b"aag 1 1 0 1 0\n2\n2\n", "dimacs-aiger", 1, 1),
    "AIGER binary": (b"aig 3 2 0 1 1\n6\n\x02\x02", "dimacs-aiger", 1, 1),
    "WCNF": (b"c w\np wcnf 2 1 10\n10 1 0\n", "dimacs-wcnf", 2, 1),
    "WCNF of 2022": (b"h 1 2 0\n3 -1 0\n", "dimacs-wcnf", 1, 1),
    "graph6": (b">>graph6<<DQc\n", "dimacs-graph6", 1, 1),
    "graph6 without a header": (b"G?r@`_\n", "dimacs-graph6", 1, 1),
    "DIMACS graph": (b"p edge 3 2\ne 1 2\n", "dimacs-graph", 1, 1),
    "incremental CNF": (b"p inccnf\n1 0\na 1 0\n", "dimacs-inccnf", 1, 1),
    "OPB": (b"* #variable= 2 #constraint= 1\n+1 x1 >= 1;\n", "dimacs-opb", 1, 1),
    "Verilog": (b"module top(a);\nendmodule\n", "dimacs-verilog", 1, 1),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_with_its_own_message_and_place(tmp_path: Path, name: str) -> None:
    text, code, line, column = REFUSED[name]
    path = tmp_path / "bad.cnf"
    path.write_bytes(text)
    with pytest.raises(InputError) as caught:
        read_dimacs(path)
    assert (caught.value.code, caught.value.line, caught.value.column) == (code, line, column)
    assert str(caught.value).startswith(":".join(str(part) for part in (path, line, column) if part) + ": error: ")


def test_every_message_of_the_table_is_covered() -> None:
    elsewhere = {"dimacs-too-many-variables", "dimacs-too-many-clauses"}
    assert {case[1] for case in REFUSED.values()} | elsewhere == set(MESSAGES)


def test_our_limit_is_no_fault_of_the_file() -> None:
    with pytest.raises(LimitError, match=r"limit: the file is valid so far, but 3000000000 variables"):
        read_dimacs(b"p cnf 3000000000 1\n1 0\n")
    with pytest.raises(LimitError, match=r"99999999999999999999 clauses are more"):
        read_dimacs(b"p cnf 1 99999999999999999999\n1 0\n", relaxed=True)
    with pytest.raises(InputError, match=r"the header says 9223372036854775807 clauses, the file holds 1"):
        read_dimacs(b"p cnf 1 9223372036854775807\n1 0\n")


def test_a_header_that_promises_too_much_costs_no_memory() -> None:
    with pytest.raises(InputError, match="holds 1"):
        read_dimacs(b"p cnf 1 999999999999999\n1 0\n")


@pytest.mark.parametrize("kind", [".gz", ".xz", ".bz2", ".zst"])
def test_a_truncated_file_says_at_which_line_it_ends(tmp_path: Path, kind: str) -> None:
    rng = np.random.default_rng(0)
    text = b"p cnf 999999 50000\n" + b"".join(b"%d %d 0\n" % tuple(rng.integers(1, 999999, 2)) for _ in range(50000))
    path = tmp_path / f"cut.cnf{kind}"
    path.write_bytes(PACK[kind](text)[:-2000])
    with pytest.raises(InputError) as caught:
        read_dimacs(path)
    assert caught.value.code == "file-truncated"
    assert caught.value.line > (0 if kind == ".bz2" else 1)  # bzip2 gives out whole blocks of 900 kB or nothing


def test_relaxed_accepts_wrong_counts_with_a_warning() -> None:
    cnf = read_dimacs(b"p cnf 2 1\n1 -5 0\n2 0\n", relaxed=True)
    assert (cnf.num_vars, cnf.to_lists()) == (5, [[1, -5], [2]])
    assert set(cnf.notes.counts) == {"dimacs-clause-count", "dimacs-variable-count"}
    assert read_dimacs(b"p cnf 9 9\n1 0\n", relaxed=True).num_vars == 9
    with pytest.raises(InputError, match="does not end in 0"):
        read_dimacs(b"p cnf 2 1\n1 2\n", relaxed=True)


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(gzip.compress(b"p cnf 1 1\n1 x\n"))))
    with pytest.raises(InputError, match=r"^<stdin>:2:3: error"):
        read_dimacs("-")


formulas = st.integers(1, 2**31 - 1).flatmap(
    lambda n: st.lists(st.lists(st.integers(-n, n).filter(bool), max_size=12), max_size=30).map(lambda c: (n, c))
)


@given(formulas)
def test_round_trip(drawn: tuple[int, list[list[int]]]) -> None:
    num_vars, clauses = drawn
    cnf = Cnf.from_clauses(clauses, num_vars)
    again = read_dimacs(format_dimacs(cnf))
    assert (again.num_vars, again.to_lists()) == (num_vars, clauses)
    assert again.content_hash() == cnf.content_hash()


@given(formulas)
def test_counts_of_oddities_agree_with_sets(drawn: tuple[int, list[list[int]]]) -> None:
    clauses = drawn[1]
    counts = read_dimacs(format_dimacs(Cnf.from_clauses(clauses, drawn[0]))).notes.counts
    assert counts.get("dimacs-tautology", 0) == sum(any(-x in c for x in c) for c in clauses)
    assert counts.get("dimacs-duplicate", 0) == sum(len(set(c)) < len(c) for c in clauses)
    assert counts.get("dimacs-empty-clause", 0) == sum(not c for c in clauses)


@given(formulas, st.integers(1, 40))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_result_does_not_depend_on_where_blocks_end(
    monkeypatch: pytest.MonkeyPatch, drawn: tuple[int, list[list[int]]], block: int
) -> None:
    text = b"c first\n" + format_dimacs(Cnf.from_clauses(drawn[1], drawn[0])).replace(
        b" 0\n", b" 0\nc in between 1 2 0\n"
    )
    whole = read_dimacs(text)
    monkeypatch.setattr(reader, "_BLOCK", block)
    assert read_dimacs(text).to_lists() == whole.to_lists() == drawn[1]


@pytest.mark.parametrize("name", REFUSED)
@pytest.mark.parametrize("block", [1, 2, 7])
def test_places_do_not_depend_on_where_blocks_end(monkeypatch: pytest.MonkeyPatch, name: str, block: int) -> None:
    monkeypatch.setattr(reader, "_BLOCK", block)
    text, code, line, column = REFUSED[name]
    with pytest.raises(InputError) as caught:
        read_dimacs(text)
    assert (caught.value.code, caught.value.line, caught.value.column) == (code, line, column)


TOKENS = [b"p cnf 3 2\n", b"p", b" cnf ", b"1", b"-2 ", b"3 ", b" 0", b"\n", b"-", b"c x\n", b"%", b"\x00", b"\xff",
          b".", b"e", b"99999999999 ", b"0\n", b"aag 1", b"p wcnf", b" ", b"\t", b"+", b"1 2 0\n-1 0\n"]  # fmt: skip


@given(st.lists(st.sampled_from(TOKENS), max_size=25).map(b"".join) | st.binary(max_size=80), st.booleans())
@settings(max_examples=5000, deadline=None)
def test_malformed_input_gives_an_error_or_a_formula_never_a_crash(text: bytes, relaxed: bool) -> None:
    try:
        cnf = read_dimacs(text, relaxed=relaxed)
    except InputError as error:
        assert error.code in MESSAGES or error.code.startswith("file-")
        return
    assert read_dimacs(format_dimacs(cnf)).to_lists() == cnf.to_lists()


@given(st.binary(min_size=1, max_size=60), st.sampled_from(sorted(PACK)[1:]), st.data())
@settings(max_examples=300, deadline=None)
def test_damaged_compressed_input_never_crashes(tail: bytes, kind: str, data: st.DataObject) -> None:
    packed = bytearray(PACK[kind](b"p cnf 3 40\n" + b"1 -2 3 0\n" * 40))
    at = data.draw(st.integers(0, len(packed) - 1))
    packed[at : at + len(tail)] = tail
    with contextlib.suppress(InputError):
        read_dimacs(bytes(packed))


def test_memory_stays_below_three_times_the_result(tmp_path: Path) -> None:
    path = tmp_path / "large.cnf"
    rng = np.random.default_rng(1)
    literals = rng.integers(1, 100_000, 900_000, dtype=np.int32) * rng.choice(np.array([-1, 1], np.int32), 900_000)
    cnf = Cnf.from_arrays(np.arange(0, 900_001, 3), literals, 100_000)
    write_dimacs(cnf, path)
    write_dimacs(cnf, f"{path}.gz")
    code = (
        "import sys; from edasat.sat.dimacs import read_dimacs\n"
        "def peak():\n"
        "    return int(open('/proc/self/status').read().partition('VmHWM:')[2].split()[0]) * 1024\n"
        "read_dimacs(b'p cnf 1 1\\n1 0\\n'); import isal.igzip; open('/proc/self/clear_refs', 'w').write('5')\n"
        "before = peak(); c = read_dimacs(sys.argv[1])\n"
        "print((peak() - before) / (c.literals.nbytes + c.offsets.nbytes))\n"
    )
    import os
    import subprocess

    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    for name in (path, f"{path}.gz"):
        done = subprocess.run(
            [sys.executable, "-c", code, name], env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        assert float(done.stdout) < 3


def test_files_of_the_world(shared_data: Path) -> None:
    from pysat.formula import CNF

    paths = sorted(p for p in (shared_data / "cnf").rglob("*.cnf*") if p.stat().st_size < 40_000)[:60]
    assert paths
    for path in paths:
        cnf = read_dimacs(path)
        plain = format_dimacs(cnf).decode()
        assert CNF(from_string=plain).clauses == cnf.to_lists()
