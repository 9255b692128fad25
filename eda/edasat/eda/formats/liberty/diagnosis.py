"""Why a text is no Liberty: which other format it is, or which string was never closed.

Nothing here runs on a good file.
"""

from __future__ import annotations

import re
from typing import Final

#: What files of other formats begin with, blanks and comments left out; the first that fits names the format.
_FOREIGN: Final = (
    ("liberty-utf16", rb"\xff\xfe|\xfe\xff|\0[ -~]\0|[ -~]\0[ -~]\0"),
    ("liberty-sdf", rb"\(\s*DELAYFILE\b"),
    ("liberty-spef", rb"\*SPEF\b"),
    ("liberty-verilog", rb"`\w|\(\*|(?:module|macromodule|primitive|package)\s+[\w\\]"),
    ("liberty-def", rb"(?:(?:VERSION|NAMESCASESENSITIVE|DIVIDERCHAR|BUSBITCHARS)\s[^;]*;\s*)*DESIGN\s"),
    ("liberty-lef", rb"(?:VERSION|NAMESCASESENSITIVE|BUSBITCHARS|DIVIDERCHAR|UNITS|LAYER|MACRO|SITE|VIA)\s"),
    ("liberty-sdc", rb"#|(?:create_|set_|read_|group_path|current_design|link_design|(?:set|puts|proc|source)\s)"),
)
_FOREIGN_PATTERNS: Final = tuple((code, re.compile(pattern)) for code, pattern in _FOREIGN)
_LEADING: Final = re.compile(rb"(?:\s|/\*.*?\*/|//[^\n]*\n)*", re.DOTALL)
_HEAD_BYTES: Final = 1 << 16
_NUL_BYTES: Final = 8  # in the head of a file: more than one slip

_STRING_OR_COMMENT: Final = re.compile(rb'"(?:[^"\\]|\\.)*"?|/\*.*?(?:\*/|\Z)|//[^\n]*', re.DOTALL)
_BARE_NEWLINE: Final = re.compile(rb"(?<!\\)\r?\n")


def first_word(content: bytes, start: int = 0) -> int:
    """Return the position of the first byte from ``start`` on that is no blank or comment."""
    match = _LEADING.match(content, start)
    return match.end() if match else start


def foreign_format(content: bytes) -> str:
    """Return the code of the message that names what the file is instead of Liberty, "" if it is not known."""
    head = content[:_HEAD_BYTES]
    start = first_word(head)
    for code, pattern in _FOREIGN_PATTERNS:
        if pattern.match(head, start):
            return code
    return "liberty-binary" if head.count(b"\0") > _NUL_BYTES else ""


def unclosed_string(content: bytes, position: int, *, inside: bool) -> int:
    """Return where the string begins that lacks its closing quote, -1 if none is to blame for the scanner's stop.

    Such a string runs over the end of its line to the next quote, and all that follows is turned inside out. Either
    the quotes do not pair up and the scanner ends inside the last string: then the first that runs over a line is to
    blame. Or what stands behind the string makes no sense and stops the scanner there.

    Args:
        content: the file.
        position: where the scanner stopped.
        inside: whether it stopped inside a string.
    """
    for match in _STRING_OR_COMMENT.finditer(content):
        if match.start() > position:
            break
        over_lines = match[0].startswith(b'"') and _BARE_NEWLINE.search(match[0])
        if over_lines and (inside or first_word(content, match.end()) >= position):
            return match.start()
    return -1
