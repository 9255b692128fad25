"""Bytes of a Verilog file into tokens, compiled: one pass for spans, one that numbers the identifiers.

A token is its kind and its span; nothing is copied. Comments, attributes and white space leave no token. Each different
identifier gets a number (its symbol), so that everything behind works on integers. The symbols come from an open
hash table over words of eight bytes: most names of a netlist fit one word, and a general table of strings would cost
as much as the rest of the reader.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from edasat.core.bytescan import load_word
from edasat.core.names import Names

#: Kinds of tokens. Punctuation is its own ASCII code, keywords follow from 128.
END: Final = 0
IDENTIFIER: Final = 1
NUMBER: Final = 2
STRING: Final = 3
DIRECTIVE: Final = 4  # a compiler directive; only its word is kept, the rest of its line is skipped
ESCAPED: Final = 5  # an escaped identifier, which is never a keyword; becomes IDENTIFIER

MODULE: Final = 128
ENDMODULE: Final = 129
INPUT: Final = 130
OUTPUT: Final = 131
INOUT: Final = 132
NET: Final = 133
SUPPLY0: Final = 134
SUPPLY1: Final = 135
ASSIGN: Final = 136
PARAMETER: Final = 137
SPECIFY: Final = 138
ENDSPECIFY: Final = 139
SIGNED: Final = 140
GATE: Final = 141
RTL: Final = 142

HASH, STAR, OPENING, CLOSING, COMMA, DOT, COLON, SEMICOLON, EQUALS, BRACKET, END_BRACKET, BRACE, END_BRACE = (
    b"#*(),.:;=[]{}"
)

START, STOP, SYMBOL = 0, 1, 2  # rows of Tokens.span

_WORDS: Final = {
    MODULE: "module macromodule",
    ENDMODULE: "endmodule",
    INPUT: "input",
    OUTPUT: "output",
    INOUT: "inout",
    NET: "wire tri uwire logic wand wor tri0 tri1 triand trior",
    SUPPLY0: "supply0",
    SUPPLY1: "supply1",
    ASSIGN: "assign",
    PARAMETER: "parameter localparam specparam defparam",
    SPECIFY: "specify",
    ENDSPECIFY: "endspecify",
    SIGNED: "signed unsigned scalared vectored",
    GATE: "and nand or nor xor xnor not buf bufif0 bufif1 notif0 notif1 nmos pmos cmos rnmos rpmos rcmos tran tranif0 "
    "tranif1 rtran rtranif0 rtranif1 pullup pulldown",
    RTL: "always always_comb always_ff always_latch initial final reg integer real realtime time event bit byte int "
    "function endfunction task endtask generate endgenerate genvar for if else case casex casez endcase begin end "
    "fork join while repeat forever wait force release deassign disable posedge negedge primitive endprimitive table "
    "interface package program class import typedef struct enum property assert trireg automatic",
}
_KEYWORDS: Final = Names.of(word for words in _WORDS.values() for word in words.split())
_KINDS: Final = np.array([kind for kind, words in _WORDS.items() for _ in words.split()], np.uint8)

#: What the scan may end with.
DONE: Final = 0
GROW: Final = 1  # more tokens than there is room for
BAD_COMMENT: Final = 2
BAD_ATTRIBUTE: Final = 3
BAD_STRING: Final = 4
BAD_ESCAPE: Final = 5
BAD_BYTE: Final = 6

_IN_NAME: Final = np.zeros(256, np.bool_)
_IN_NAME[[*b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_$"]] = True
_IN_NUMBER: Final = np.zeros(256, np.bool_)
_IN_NUMBER[[*b"0123456789abcdefABCDEFxXzZ?_"]] = True


class Tokens(NamedTuple):
    """The tokens of a file, with one of kind END behind the last.

    Attributes:
        kind: uint8, (num_tokens + 1,).
        span: int32, (3, num_tokens + 1): START and STOP in the file, of an escaped identifier without its backslash;
            SYMBOL, the number of an identifier, undefined elsewhere.
    """

    kind: npt.NDArray[np.uint8]
    span: npt.NDArray[np.int32]


@njit(inline="always")
def _digit(c: int) -> bool:
    return c >= 48 and c <= 57


@njit(cache=True)
def tokenize(data: Any, size: int, kind: Any, span: Any) -> tuple[int, int, int]:
    """Write the tokens of ``data[:size]``; return the state, their number, and the offset of a fault."""
    count = 0
    i = 0
    while i < size:
        c = data[i]
        if c <= 32:
            if c == 0:
                return BAD_BYTE, count, i
            i += 1
            continue
        if count == len(kind) - 1:
            return GROW, count, i
        first = i
        what = c
        if _IN_NAME[c] and not _digit(c) and c != 36:
            i += 1
            while i < size and _IN_NAME[data[i]]:
                i += 1
            what = IDENTIFIER
        elif c == 92:  # backslash: everything up to the next blank is the name
            i += 1
            first = i
            while i < size and data[i] > 32:
                i += 1
            if i == first:
                return BAD_ESCAPE, count, i - 1
            what = ESCAPED
        elif _digit(c) or c == 39:  # 12, 4'b0011, 'hff; blanks may stand before and behind the base
            while i < size and (_digit(data[i]) or data[i] == 95):
                i += 1
            if i + 1 < size and data[i] == 46 and _digit(data[i + 1]):
                i += 2
                while i < size and _digit(data[i]):
                    i += 1
            base = i
            while base < size and (data[base] == 32 or data[base] == 9):
                base += 1
            if base < size and data[base] == 39:
                i = base + 1
                while i < size and data[i] > 32 and data[i] | 32 >= 97:  # the letters s and b, o, d, h
                    i += 1
                    if data[i - 1] | 32 != 115:
                        break
                while i < size and (data[i] == 32 or data[i] == 9):
                    i += 1
                while i < size and _IN_NUMBER[data[i]]:
                    i += 1
            what = NUMBER
        elif c == 47 and i + 1 < size and data[i + 1] == 47:
            while i < size and data[i] != 10:
                i += 1
            continue
        elif c == 47 and i + 1 < size and data[i + 1] == 42:
            i += 2
            while i + 1 < size and not (data[i] == 42 and data[i + 1] == 47):
                i += 1
            if i + 1 >= size:
                return BAD_COMMENT, count, first
            i += 2
            continue
        elif c == 40 and i + 2 < size and data[i + 1] == 42 and data[i + 2] != 41:
            i += 2
            quoted = False
            while i + 1 < size and (quoted or data[i] != 42 or data[i + 1] != 41):
                if data[i] == 34:
                    quoted = not quoted
                elif quoted and data[i] == 92:
                    i += 1
                i += 1
            if i + 1 >= size:
                return BAD_ATTRIBUTE, count, first
            i += 2
            continue
        elif c == 96:
            i += 1
            while i < size and _IN_NAME[data[i]]:
                i += 1
            span[START, count] = first
            span[STOP, count] = i
            kind[count] = DIRECTIVE
            count += 1
            while i < size and data[i] != 10:
                i += 1 + (data[i] == 92 and i + 1 < size and data[i + 1] == 10)
            continue
        elif c == 34:
            i += 1
            while i < size and data[i] != 34 and data[i] != 10:
                i += 1 + (data[i] == 92)
            if i >= size or data[i] == 10:
                return BAD_STRING, count, first
            i += 1
            what = STRING
        elif c >= 127:
            return BAD_BYTE, count, i
        else:
            i += 1
        kind[count] = what
        span[START, count] = first
        span[STOP, count] = i
        count += 1
    kind[count] = END
    span[START, count] = size
    span[STOP, count] = size
    return DONE, count, size


@njit(inline="always")
def _part_of(word: Any, length: int) -> Any:
    """Return the lowest ``length`` bytes (1 to 8) of a word."""
    return word & (np.uint64(0xFFFFFFFFFFFFFFFF) >> np.uint64(8 * (8 - length)))


@njit(cache=True)
def _number_identifiers(data: Any, kind: Any, span: Any, count: int, first: Any) -> int:
    """Give each different identifier a number in order of its first use; ``first`` is the token of that use."""
    room = 64
    while room < 2 * count:
        room *= 2
    slots = np.zeros(room, np.uint64)  # upper half of the hash, then the symbol's number plus one
    mask = np.uint64(room - 1)
    used = 0
    for t in range(count):
        if kind[t] != IDENTIFIER and kind[t] != ESCAPED:
            continue
        begin = span[START, t]
        length = span[STOP, t] - begin
        mixed = np.uint64(length)
        at = 0
        while at < length:
            word = _part_of(load_word(data, begin + at), min(8, length - at))
            mixed = (mixed ^ word) * np.uint64(0x9E3779B97F4A7C15)
            mixed ^= mixed >> np.uint64(29)
            at += 8
        mixed *= np.uint64(0xBF58476D1CE4E5B9)
        mixed ^= mixed >> np.uint64(32)
        tag = mixed & np.uint64(0xFFFFFFFF00000000)
        slot = mixed & mask
        while True:
            entry = slots[slot]
            if entry == 0:
                slots[slot] = tag | np.uint64(used + 1)
                first[used] = t
                span[SYMBOL, t] = used
                used += 1
                break
            if entry & np.uint64(0xFFFFFFFF00000000) == tag:
                number = np.int64(entry & np.uint64(0xFFFFFFFF)) - 1
                other = span[START, first[number]]
                same = span[STOP, first[number]] - other == length
                at = 0
                while same and at < length:
                    size = min(8, length - at)
                    same = _part_of(load_word(data, begin + at), size) == _part_of(load_word(data, other + at), size)
                    at += 8
                if same:
                    span[SYMBOL, t] = number
                    break
            slot = (slot + np.uint64(1)) & mask
    return used


def number_identifiers(data: npt.NDArray[np.uint8], kind: npt.NDArray[np.uint8], span: Any) -> tuple[Tokens, Names]:
    """Return the tokens with their symbols and with keywords told apart, and the text of each symbol."""
    count = len(kind) - 1
    first = np.empty(count + 1, np.int32)
    first = first[: _number_identifiers(data, kind, span, count, first)]
    symbols = Names.from_spans(data, span[START, first], span[STOP, first])
    keyword = symbols.find_in(_KEYWORDS)
    plain = np.flatnonzero(kind == IDENTIFIER)
    found = keyword[span[SYMBOL, plain]]
    kind[plain[found >= 0]] = _KINDS[found[found >= 0]]
    kind[kind == ESCAPED] = IDENTIFIER
    return Tokens(kind, span), symbols
