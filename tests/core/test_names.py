"""The table of names and the reading of decimal numbers."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edasat.core.bytescan import PADDING, parse_float
from edasat.core.names import Names

NAMES = st.lists(st.text(st.characters(codec="utf-8"), max_size=6))


@given(NAMES)
def test_names_come_back(names: list[str]) -> None:
    table = Names.of(names)
    assert table.to_list() == names
    assert [table[i] for i in range(len(table))] == names


@given(NAMES)
def test_unique_numbers_names_in_order_of_first_use(names: list[str]) -> None:
    different, ids = Names.of(names).unique()
    assert different.to_list() == list(dict.fromkeys(names))
    assert [different[i] for i in ids] == names


@given(NAMES, NAMES)
def test_find_gives_the_first_position(names: list[str], table: list[str]) -> None:
    found = Names.of(names).find_in(Names.of(table))
    assert found.tolist() == [table.index(name) if name in table else -1 for name in names]


@given(st.lists(st.text(st.sampled_from("ab/"), max_size=5)))
def test_split_last_is_rpartition(names: list[str]) -> None:
    first, second = Names.of(names).split_last("/")
    assert first.to_list() == [name.rpartition("/")[0] for name in names]
    assert second.to_list() == [name.rpartition("/")[2] for name in names]


def test_take_and_bytes_outside_utf8() -> None:
    table = Names.from_spans(np.frombuffer(b"\xff\xfeab", np.uint8), np.array([0, 2]), np.array([2, 4]))
    assert table.take(np.array([1, 0, 1])).to_list() == ["ab", "\udcff\udcfe", "ab"]
    assert Names.of(table.to_list()) == table
    with pytest.raises(IndexError):
        table[2]


def number(text: bytes) -> tuple[float, int]:
    data = np.frombuffer(text + b"\0" * PADDING, np.uint8)
    value, end = parse_float(data, 0, len(text))
    return value, end


@given(st.decimals(allow_nan=False, allow_infinity=False, places=6, min_value=-(10**8), max_value=10**8))
def test_short_decimals_are_rounded_as_by_python(value: object) -> None:
    text = str(value).encode()
    assert number(text) == (float(str(value)), len(text))


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_any_double_within_one_unit_in_the_last_place(value: float) -> None:
    text = repr(value).encode()
    got, end = number(text)
    assert end == len(text)
    assert math.isclose(got, value, rel_tol=4e-15, abs_tol=1e-320)


@pytest.mark.parametrize(
    ("text", "value", "end"),
    [(b"1.5e-3,", 1.5e-3, 6), (b".5", 0.5, 2), (b"5.", 5.0, 2), (b"+7x", 7.0, 2), (b"1e", 1.0, 1), (b"1e+", 1.0, 1)],
)
def test_where_a_number_ends(text: bytes, value: float, end: int) -> None:
    assert number(text) == (value, end)


@pytest.mark.parametrize("text", [b"", b"-", b".", b"e5", b"nan", b"inf", b"+-1"])
def test_no_number(text: bytes) -> None:
    assert number(text) == (0.0, 0)
