"""Compiled pieces of the SDF scanner: names, strings, and constructs taken as a whole."""

from __future__ import annotations

from typing import Any

from numba import njit

from ..interning import DIVIDER, ESCAPE, PLAIN, canonicalise, intern
from ..scanning import BACKSLASH, CLOSING, OPENING, QUOTE, SLASH, is_blank, keyword_at, skip_blanks


@njit(cache=True)
def name_at(data: Any, at: int, size: int, classes: Any) -> tuple[int, int, int]:
    """Find the end of the name at a position and make it canonical in place.

    Returns:
        The position behind it in the file, the last divider in its canonical form (-1 for none), and the end of its
        canonical form.
    """
    start = at
    cut = -1
    plain = True
    while True:
        kind = classes[data[at]]
        if kind == PLAIN:
            at += 1
        elif kind == DIVIDER:
            cut = at
            plain &= data[at] == SLASH
            at += 1
        elif kind == ESCAPE:
            plain = False
            at += 1 + (at + 1 < size and not is_blank(data[at + 1]))
        else:
            break
    if plain:
        return at, cut, at
    end, cut = canonicalise(data, start, at, classes, cut)
    return at, cut, end


@njit(cache=True)
def string_end(data: Any, at: int, size: int) -> int:
    """Return the position behind the string that begins at ``at``; ``size`` + 1 if it does not end."""
    end = at + 1
    while end < size and data[end] != QUOTE:
        end += 1 + (data[end] == BACKSLASH)
    return end + 1 if end < size else size + 1


@njit(cache=True)
def find_closing(data: Any, begin: int, size: int) -> int:
    """Return the position of the ``)`` that belongs to the ``(`` at ``begin``, ``size`` if the file ends before."""
    depth = 0
    at = begin
    while at < size:
        byte = data[at]
        if byte == OPENING:
            depth += 1
        elif byte == CLOSING:
            depth -= 1
            if depth == 0:
                return at
        elif byte == BACKSLASH:
            at += 1
        elif byte == QUOTE:
            at = string_end(data, at, size) - 1
        elif is_blank(byte):
            at = skip_blanks(data, at, size) - 1
            if at < -1:  # a comment that does not end
                return size
        at += 1
    return size


@njit(cache=True)
def skip_label(data: Any, at: int, size: int, labels: Any) -> int:
    """Return the position behind the optional name of a condition, a string, which ``labels[0]`` counts."""
    at = skip_blanks(data, at, size)
    if at >= 0 and data[at] == QUOTE:
        labels[0] += 1
        at = skip_blanks(data, min(size, string_end(data, at, size)), size)
    return at if at >= 0 else size


@njit(cache=True)
def intern_condition(data: Any, start: int, end: int, slots: Any, spans: Any) -> int:
    """Number the condition ``data[start:end]`` without its blanks, which go in place; -1 if nothing is left."""
    to = start
    for at in range(start, end):
        byte = data[at]
        if not is_blank(byte):
            data[to] = byte
            to += 1
    return intern(data, start, to, slots, spans) if to > start else -1


@njit(cache=True)
def find_path(data: Any, at: int, size: int, iopath: Any) -> tuple[int, int]:
    """Find ``(IOPATH`` at the level of ``at``; return its position and that behind it, -1 twice if there is none."""
    depth = 0
    while at < size:
        byte = data[at]
        if byte == OPENING:
            if depth == 0:
                key, end = keyword_at(data, max(at, skip_blanks(data, at + 1, size)))
                if key == iopath:
                    return at, end
            depth += 1
        elif byte == CLOSING:
            depth -= 1
            if depth < 0:
                break
        at += 1
    return -1, -1


@njit(cache=True)
def last_item(data: Any, start: int, end: int) -> int:
    """Return where the last word or parenthesised group of ``data[start:end]`` begins."""
    while end > start and is_blank(data[end - 1]):
        end -= 1
    at = end
    if at > start and data[at - 1] == CLOSING:
        while at > start and data[at] != OPENING:
            at -= 1
        return at
    while at > start and not is_blank(data[at - 1]) and data[at - 1] != CLOSING:
        at -= 1
    return at
