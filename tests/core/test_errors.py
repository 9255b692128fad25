from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from edasat.core.errors import InputError, Message, Notes, ToolError, locate


@given(st.binary(max_size=200), st.integers(0, 220))
def test_locate_agrees_with_splitting_lines(data: bytes, offset: int) -> None:
    line, column, text = locate(data, offset)
    before = data[: min(offset, len(data))]
    assert line == before.count(b"\n") + 1
    assert column == len(before) - (before.rfind(b"\n") + 1) + 1
    assert text == data.split(b"\n")[line - 1].decode("utf-8", "replace").rstrip("\r")


def test_an_input_error_shows_place_line_and_caret() -> None:
    row = Message("toy-letter", "expected a number, got '{token}'", "remove '{token}'")
    error = InputError.at(row, "toy.txt", b"1 2\n3 x 4\n", 6, token="x")
    assert str(error) == (
        "toy.txt:2:3: error: expected a number, got 'x' [toy-letter]\n  3 x 4\n    ^\n  hint: remove 'x'"
    )
    assert error.to_dict()["line"] == 2


def test_a_long_line_is_cut_around_the_caret() -> None:
    text = "a" * 500 + "X" + "b" * 500
    shown, caret = str(InputError("odd", path="f", line=1, column=501, source_line=text)).splitlines()[1:3]
    assert len(shown) < 140
    assert shown[caret.index("^")] == "X"


def test_control_characters_do_not_reach_the_terminal() -> None:
    assert "\x1b" not in str(InputError("odd", path="f", line=1, column=1, source_line="\x1b[31mred"))


def test_tool_output_is_cut_with_a_mark() -> None:
    text = str(ToolError("failed", binary="abc", command=["abc", "-q"], output="y" * 10_000))
    assert "[... 6000 characters left out]" in text
    assert len(text) < 5000


def test_repeated_warnings_become_one_line() -> None:
    notes = Notes()
    for line in range(1204):
        notes.add("spef-net", "net not found", f"top.spef:{line + 1499}")
    assert list(notes.lines()) == ["warning: net not found: 1,204 times, first at top.spef:1499 [spef-net]"]
