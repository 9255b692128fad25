"""Brackets and block keywords matched, and the ends of statements that follow from them, compiled."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numba import njit

from .columns import ModuleText
from .vocabulary import ID, VOCABULARY

_OPENERS: Final = {
    "(": ")", "[": "]", "{": "}", "begin": "end", "case": "endcase", "casez": "endcase", "casex": "endcase",
    "module": "endmodule", "function": "endfunction", "task": "endtask", "generate": "endgenerate", "fork": "join",
    "specify": "endspecify", "primitive": "endprimitive", "table": "endtable", "package": "endpackage",
    "interface": "endinterface",
}  # fmt: skip
#: Entry -> what closes it, 0 for others; and whether it closes something.
CLOSED_BY: Final = np.zeros(len(VOCABULARY), np.int16)
_CLOSES: Final = np.zeros(len(VOCABULARY), np.bool_)
for _opener, _closer in _OPENERS.items():
    CLOSED_BY[ID[_opener]] = ID[_closer]
    _CLOSES[ID[_closer]] = True


_OPEN, _SEMICOLON, _COLON, _AT, _HASH, _BEGIN = ID["("], ID[";"], ID[":"], ID["@"], ID["#"], ID["begin"]
_END, _IF, _ELSE, _FOR, _WHILE, _REPEAT = ID["end"], ID["if"], ID["else"], ID["for"], ID["while"], ID["repeat"]
_CASE, _CASEX, _ENDCASE, _FOREVER, _FORK, _MODULE = (
    ID["case"], ID["casex"], ID["endcase"], ID["forever"], ID["fork"], ID["module"],
)  # fmt: skip
_ENDMODULE = ID["endmodule"]


@njit(cache=True)
def match_brackets(entry: Any, match: Any) -> None:
    """Write the partner of each bracket and block keyword to ``match``; -1 where there is none.

    A closer that does not fit the innermost opener closes an outer one of its kind, but none beyond its module.
    """
    stack = np.empty(len(entry) + 1, np.int32)
    depth = 0
    for i in range(len(entry)):
        match[i] = -1
        kind = entry[i]
        if kind < 0:
            continue
        if kind == _MODULE:  # modules do not nest: whatever is open was never closed
            depth = 0
        if CLOSED_BY[kind]:
            stack[depth] = i
            depth += 1
        elif _CLOSES[kind]:
            for k in range(depth - 1, max(depth - 64, 0) - 1, -1):
                opener = stack[k]
                if CLOSED_BY[entry[opener]] == kind:
                    match[i], match[opener] = opener, i
                    depth = k
                    break
                if entry[opener] == _MODULE:
                    break


@njit(cache=True)
def behind(text: ModuleText, i: int) -> int:
    """Return the position behind the bracket that opens at ``i``; right behind it if it is never closed."""
    return text.match[i] + 1 if text.match[i] > i else i + 1


@njit(cache=True)
def find(text: ModuleText, i: int, wanted: int, end: int) -> int:
    """Return the position of the next lexeme of a kind, brackets passed over; ``end`` if there is none."""
    while i < end:
        entry = text.entry[i]
        if entry == wanted:
            return i
        i = text.match[i] + 1 if text.match[i] > i and CLOSED_BY[entry] else i + 1
    return end


@njit(cache=True)
def statement_end(text: ModuleText, i: int, end: int) -> int:
    """Return the position behind the statement that begins at ``i``."""
    pending = 0  # conditions whose "else" may follow
    while i < end:
        entry = text.entry[i]
        if entry == _IF:
            pending += 1
            i = behind(text, i + 1)
            continue
        if entry in (_FOR, _WHILE, _REPEAT):
            i = behind(text, i + 1)
            continue
        if entry in (_FOREVER, _ELSE):
            i += 1
            continue
        if entry in (_AT, _HASH):
            i = behind(text, i + 1) if text.entry[i + 1] == _OPEN else i + 2
            continue
        if entry in (_BEGIN, _FORK) or _CASE <= entry <= _CASEX:
            i = behind(text, i)
            if text.entry[i] == _COLON:  # end : label
                i += 2
        elif entry in (_END, _ENDCASE, _ENDMODULE):
            return i
        else:
            i = find(text, i, _SEMICOLON, end) + 1
        if pending and i < end and text.entry[i] == _ELSE:
            pending -= 1
            i += 1
            continue
        break
    return min(i, end)
