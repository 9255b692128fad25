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


def unclosed_string(content: bytes, position: int) -> int:
    """Return where the string begins that a missing quote made swallow the text before ``position``, -1 if none.

    That string runs over the end of a line without a backslash, and the text behind its end makes no sense: it stops
    the scanner. If the scanner stopped inside, the quotes do not pair up, and the first such string is to blame.
    """
    for match in _STRING_OR_COMMENT.finditer(content):
        if match.start() > position:
            break
        if match[0].startswith(b'"') and _BARE_NEWLINE.search(match[0]):
            inside = match.start() <= position < match.end() or not match[0].endswith(b'"')
            if inside or first_word(content, match.end()) >= position:
                return match.start()
    return -1
