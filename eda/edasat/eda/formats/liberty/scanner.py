"""One compiled pass over the bytes of a Liberty file: text to a table of statements.

A statement is a simple attribute ``name : value;``, a complex attribute ``name (a, b);`` or a group
``name (a, b) { ... }`` (Liberty Reference Manual, chapter 1). A row per wanted statement goes into one array; values
stay where they are in the file, as pairs of byte offsets. Strings, which are most of a file, are crossed eight bytes
at a time, and groups that nobody wants from brace to brace.

As the tools that write Liberty are careless about it, a semicolon may be missing where the line ends as well.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numba import njit

from edasat.core.bytescan import load_word, trailing_zeros

from .keywords import INCLUDE, NUM_ENTERED, SLOTS, SPREAD

# Kinds of statements.
SIMPLE: Final = 0
COMPLEX: Final = 1
GROUP: Final = 2

# Columns of the table of statements.
KEYWORD, KIND, NAME, PARENT, LAST, ARGUMENT = range(6)
NUM_COLUMNS: Final = 6

# States in which the scanner ends (0: all is well).
DONE: Final = 0
OPEN_GROUP: Final = 1
ERRORS: Final = {
    2: "liberty-comment-open",
    3: "liberty-string-open",
    4: "liberty-parenthesis-open",
    5: "liberty-brace",
    6: "liberty-character",
    7: "liberty-statement",
    8: "liberty-value-missing",
    9: "liberty-semicolon",
    10: "liberty-include",
}
_COMMENT, _STRING, _PARENTHESIS, _BRACE, _CHARACTER, _STATEMENT, _VALUE, _SEMICOLON, _INCLUDE = ERRORS

_NEWLINE, _QUOTE, _OPEN, _CLOSE, _STAR, _COMMA, _SLASH = (ord(c) for c in '\n"()*,/')
_COLON, _SEMI, _EQUALS, _BACKSLASH, _LEFT, _RIGHT = (ord(c) for c in ":;=\\{}")

_LOW = np.uint64(0x0101010101010101)
_HIGH = np.uint64(0x8080808080808080)
_QUOTES = np.uint64(_QUOTE * 0x0101010101010101)
_BACKSLASHES = np.uint64(_BACKSLASH * 0x0101010101010101)


@njit(inline="always")
def _zero_bytes(word: Any) -> Any:
    """Mark bytes that are zero by their highest bit; the lowest mark is exact, those above it may be false."""
    return (word - _LOW) & ~word & _HIGH


@njit(inline="always")
def _is_blank(byte: int) -> bool:
    return byte == 32 or (byte <= 13 and byte >= 9)


@njit(inline="always")
def _is_name(byte: int) -> bool:
    lower = byte | 32
    return (lower >= 97 and lower <= 122) or (byte >= 48 and byte <= 57) or byte in (95, 46, 45)


@njit(cache=True, boundscheck=False)
def _string_end(data: Any, position: int, size: int) -> int:
    """Return where the string ends in whose text ``position`` lies (the closing quote), -1 if it never does."""
    while position < size:
        word = load_word(data, position)
        hit = _zero_bytes(word ^ _QUOTES) | _zero_bytes(word ^ _BACKSLASHES)
        if hit == 0:
            position += 8
            continue
        position += int(trailing_zeros(hit) >> 3)
        if position >= size:
            break
        if data[position] == _QUOTE:
            return position
        position += 2
    return -1


@njit(cache=True, boundscheck=False)
def _skip_blank(data: Any, position: int, size: int) -> int:
    """Return the first position that is no blank, comment or line continuation; ``~start`` of an open comment."""
    while position < size:
        byte = data[position]
        if _is_blank(byte):
            position += 1
        elif byte == _BACKSLASH and _is_blank(data[position + 1]):
            position += 2
        elif byte == _SLASH and data[position + 1] == _STAR:
            start = position
            position += 2
            while position < size and not (data[position] == _STAR and data[position + 1] == _SLASH):
                position += 1
            if position >= size:
                return ~start
            position += 2
        elif byte == _SLASH and data[position + 1] == _SLASH:
            while position < size and data[position] != _NEWLINE:
                position += 1
        else:
            break
    return position


@njit(cache=True, boundscheck=False)
def _skip_group(data: Any, position: int, size: int) -> tuple[int, int]:
    """Return (state, position behind the closing brace) of a group in whose body ``position`` lies."""
    depth = 1
    while position < size:
        byte = data[position]
        position += 1
        if byte == _QUOTE:
            end = _string_end(data, position, size)
            if end < 0:
                return _STRING, position - 1
            position = end + 1
        elif byte == _SLASH and (data[position] == _STAR or data[position] == _SLASH):
            end = _skip_blank(data, position - 1, size)
            if end < 0:
                return _COMMENT, ~end
            position = end
        elif byte == _LEFT:
            depth += 1
        elif byte == _RIGHT:
            depth -= 1
            if depth == 0:
                return DONE, position
    return OPEN_GROUP, position


@njit(cache=True, boundscheck=False)
def _keyword(data: Any, start: int, end: int, slots: Any, text: Any, ends: Any) -> int:
    """Return the number of a keyword, 0 for any other name; :func:`.keywords.slot_of` says how the search begins."""
    length = end - start
    word = load_word(data, start)
    if length < 8:
        word &= (np.uint64(1) << np.uint64(8 * length)) - np.uint64(1)
    elif length > 8:
        word ^= load_word(data, end - 8) << np.uint64(1)
    slot = np.int64(((word + np.uint64(length)) * np.uint64(SPREAD)) >> np.uint64(55))
    while slots[slot]:
        number = slots[slot]
        first = ends[number - 1]
        if ends[number] - first == length:
            same = True
            for i in range(length):
                if text[first + i] != data[start + i]:
                    same = False
                    break
            if same:
                return int(number)
        slot = (slot + 1) % SLOTS
    return 0


@njit(cache=True, boundscheck=False)
def _arguments(data: Any, position: int, size: int, found: Any, used: int) -> tuple[int, int, Any, int]:
    """Collect what stands in parentheses, ``position`` behind the opening one.

    Returns:
        State, position behind the closing parenthesis, the grown array of spans, and how many it holds.
    """
    opening = position - 1
    while True:
        position = _skip_blank(data, position, size)
        if position < 0:
            return _COMMENT, ~position, found, used
        if position >= size:
            return _PARENTHESIS, opening, found, used
        byte = data[position]
        if byte == _CLOSE:
            return DONE, position + 1, found, used
        if byte == _COMMA:
            position += 1
            continue
        if byte in (_LEFT, _RIGHT, _SEMI):
            return _PARENTHESIS, opening, found, used
        if byte == _QUOTE:
            start = position + 1
            end = _string_end(data, start, size)
            if end < 0:
                return _STRING, position, found, used
            position = end + 1
        else:
            start = position
            depth = 0  # of parentheses in an expression
            while position < size:
                byte = data[position]
                if byte in (_QUOTE, _SEMI, _LEFT, _RIGHT) or (depth == 0 and _is_blank(byte)):
                    break
                if byte == _OPEN:
                    depth += 1
                elif byte == _CLOSE:
                    if depth == 0:
                        break
                    depth -= 1
                elif byte == _COMMA and depth == 0:
                    break
                position += 1
            end = position
        found = _room(found, used)
        found[used, 0] = start
        found[used, 1] = end
        used += 1


@njit(cache=True, boundscheck=False)
def _value(data: Any, position: int, size: int) -> tuple[int, int, int, int]:
    """Find the value of a simple attribute, ``position`` behind its colon.

    Returns:
        State, position behind the value, and its span.
    """
    position = _skip_blank(data, position, size)
    if position < 0:
        return _COMMENT, ~position, 0, 0
    if position >= size or data[position] == _SEMI or data[position] == _RIGHT or data[position] == _LEFT:
        return _VALUE, min(position, size), 0, 0
    start = position
    if data[position] == _QUOTE:
        end = _string_end(data, position + 1, size)
        if end < 0:
            return _STRING, position, 0, 0
        return DONE, end + 1, start + 1, end
    end = start
    word = start  # where the last word begins
    blank = False
    while position < size:
        byte = data[position]
        if byte in (_SEMI, _RIGHT, _NEWLINE):
            break
        if byte == _SLASH and (data[position + 1] == _STAR or data[position + 1] == _SLASH):
            break
        if byte in (_QUOTE, _LEFT):
            return _SEMICOLON, position, 0, 0
        if byte == _BACKSLASH and _is_blank(data[position + 1]):
            position += 2
            blank = True
            continue
        if _is_blank(byte):
            blank = True
        else:
            if byte == _COLON and word > start and data[word] > 57:  # 'area : 1 capacitance : 2', not '10:30'
                return _SEMICOLON, word, 0, 0
            if blank and byte != _COLON:
                word = position
            blank = False
            end = position + 1
        position += 1
    return DONE, position, start, end


@njit(cache=True, boundscheck=False)
def _end_statement(data: Any, position: int, size: int) -> tuple[int, int]:
    """Cross the semicolon behind an attribute; the end of the line or of the group will do as well."""
    while position < size:
        byte = data[position]
        if byte == _SEMI:
            return DONE, position + 1
        if byte in (_NEWLINE, _RIGHT):
            break
        if _is_blank(byte):
            position += 1
        elif byte == _BACKSLASH and _is_blank(data[position + 1]):
            position += 2
        elif byte == _SLASH and data[position + 1] == _SLASH:
            break
        elif byte == _SLASH and data[position + 1] == _STAR:
            end = _skip_blank(data, position, size)
            if end < 0:
                return _COMMENT, ~end
            if end < size and data[end] == _SEMI:
                return DONE, end + 1
            return DONE, end
        else:
            return _SEMICOLON, position
    return DONE, position


@njit(cache=True, boundscheck=False)
def _room(table: Any, used: int) -> Any:
    """Return a table with room for one more row."""
    if used < len(table):
        return table
    grown = np.empty((2 * used, table.shape[1]), table.dtype)
    for row in range(used):  # a slice assignment would take Numba seconds to compile
        for column in range(table.shape[1]):
            grown[row, column] = table[row, column]
    return grown


@njit(cache=True, boundscheck=False)
def scan(data: Any, size: int, slots: Any, text: Any, ends: Any) -> tuple[int, int, Any, Any, Any]:
    """Scan a whole file.

    Args:
        data: uint8: the file, with eight more bytes behind ``size``.
        size: length of the file, below 2^31.
        slots, text, ends: of :func:`.keywords.keyword_table`.

    Returns:
        state: DONE, OPEN_GROUP or a key of ERRORS.
        position: where the error stands; of OPEN_GROUP the name of the group.
        statements: int32, (n + 1, 6): keyword; kind; offset of the name; row of the group around (-1 at the top);
            for a group the row behind its last statement; first row in ``arguments``. The last row stands for no
            statement and bounds the arguments of the one before.
        arguments: int32, (m, 2): first byte of a value and the one behind its last; quotes are left out.
        skipped: int32, (k, 2): the names of groups that were jumped over.
    """
    statements = np.empty((1 + size // 64, NUM_COLUMNS), np.int32)
    arguments = np.empty((1 + size // 64, 2), np.int32)
    skipped = np.empty((1 + size // 1024, 2), np.int32)
    rows = 0
    used = 0
    jumped = 0
    parent = -1
    state = DONE
    position = 0
    while True:
        position = _skip_blank(data, position, size)
        if position < 0:
            state, position = _COMMENT, ~position
            break
        if position >= size:
            if parent >= 0:
                state, position = OPEN_GROUP, int(statements[parent, NAME])
            break
        byte = data[position]
        if byte == _SEMI:
            position += 1
            continue
        if byte == _RIGHT:
            if parent < 0:
                state = _BRACE
                break
            statements[parent, LAST] = rows
            parent = statements[parent, PARENT]
            position += 1
            continue
        name = position
        while _is_name(data[position]):
            position += 1
        if position == name:
            state = _CHARACTER
            break
        keyword = _keyword(data, name, position, slots, text, ends)
        name_end = position
        if keyword == INCLUDE:
            state, position = _INCLUDE, name
            break
        position = _skip_blank(data, position, size)
        if position < 0:
            state, position = _COMMENT, ~position
            break
        byte = data[position] if position < size else np.uint8(0)
        before = used
        if byte in (_COLON, _EQUALS):  # '=' defines a variable
            kind = SIMPLE
            state, position, start, end = _value(data, position + 1, size)
            if state:
                break
            if keyword and byte == _COLON:
                arguments = _room(arguments, used)
                arguments[used, 0] = start
                arguments[used, 1] = end
                used += 1
            else:
                keyword = 0
            state, position = _end_statement(data, position, size)
            if state:
                break
        elif byte == _OPEN:
            state, position, arguments, used = _arguments(data, position + 1, size, arguments, used)
            if state:
                break
            after = _skip_blank(data, position, size)
            if after < 0:
                state, position = _COMMENT, ~after
                break
            kind = GROUP if after < size and data[after] == _LEFT else COMPLEX
            if kind == GROUP:
                position = after + 1
                if keyword == 0 or keyword > NUM_ENTERED:
                    state, position = _skip_group(data, position, size)
                    if state:
                        position = name if state == OPEN_GROUP else position
                        break
                    if keyword == 0:
                        skipped = _room(skipped, jumped)
                        skipped[jumped, 0] = name
                        skipped[jumped, 1] = name_end
                        jumped += 1
            else:
                state, position = _end_statement(data, position, size)
                if state:
                    break
        elif position >= size and parent >= 0:  # cut off: the group is not closed
            continue
        else:
            state, position = _STATEMENT, name
            break
        if keyword == 0:
            used = before
            continue
        statements = _room(statements, rows + 1)
        statements[rows, KEYWORD] = keyword
        statements[rows, KIND] = kind
        statements[rows, NAME] = name
        statements[rows, PARENT] = parent
        statements[rows, LAST] = rows + 1
        statements[rows, ARGUMENT] = before
        if kind == GROUP and keyword <= NUM_ENTERED:
            parent = rows
        rows += 1
    for column in range(NUM_COLUMNS):
        statements[rows, column] = 0
    statements[rows, ARGUMENT] = used
    return state, position, statements[: rows + 1], arguments[:used], skipped[:jumped]
