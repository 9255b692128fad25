from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numba import njit

from edasat.core.bytescan import PADDING, count_digits, digits_value, load_word


@njit
def leading_number(data: np.ndarray, at: int) -> tuple[int, int]:
    word = load_word(data, at)
    count = np.int64(count_digits(word))
    value = np.int64(digits_value(word, np.uint64(count))) if count else np.int64(-1)
    return count, value


@given(st.binary(max_size=12) | st.text("0123456789 -\n", max_size=12).map(str.encode), st.integers(0, 4))
def test_the_leading_number_is_what_python_reads(tail: bytes, at: int) -> None:
    text = b"x" * at + tail
    data = np.frombuffer(text + b" " * PADDING, np.uint8)
    digits = tail[:8]
    count = next((n for n, byte in enumerate(digits) if not 48 <= byte <= 57), len(digits))
    assert leading_number(data, at) == (count, int(digits[:count]) if count else -1)
