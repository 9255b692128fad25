"""A key that is equal for near-duplicates of Verilog text."""

from __future__ import annotations

import hashlib
import re
from typing import Final

from .style import KEYWORDS

_TOKEN: Final = re.compile(
    r"""(?P<skip>\s+|//[^\n]*|/\*.*?\*/|\(\*.*?\*\))
      |(?P<string>"(?:\\.|[^"\\])*")
      |(?P<number>[0-9][0-9_]*\s*'s?[bodhBODH]\s*[0-9a-fA-FxXzZ?_]+|'s?[bodhBODH][0-9a-fA-FxXzZ?_]+|[0-9][0-9_.eE]*)
      |(?P<system>[$`][A-Za-z_][A-Za-z0-9_$]*)
      |(?P<name>[A-Za-z_][A-Za-z0-9_$]*|\\\S+)
      |(?P<sign><<<|>>>|===|!==|\*\*|[<>=!]=|&&|\|\||<<|>>|[-+]:|~[&|^]|.)""",
    re.VERBOSE | re.DOTALL,
)


def structure_hash(text: str) -> str:
    """Return a SHA-256 of Verilog text whose names, comments, layout and numbers do not count.

    Identifiers become their order of first appearance and every number becomes the same token, so two modules that
    differ in width, in constants or in naming have one key. Parameters and idioms do count: compare texts that were
    written in one style.

    >>> texts = "module a(x); input [3:0] x; endmodule", "module b (y); input [7:0] y;endmodule  // b"
    >>> structure_hash(texts[0]) == structure_hash(texts[1])
    True
    """
    names: dict[str, str] = {}
    digest = hashlib.sha256()
    for found in _TOKEN.finditer(text):
        kind, written = found.lastgroup, found.group()
        if kind == "skip":
            continue
        if kind in {"number", "string"}:
            written = kind
        elif kind == "name" and written not in KEYWORDS:
            written = names.setdefault(written, f"n{len(names)}")
        digest.update(written.encode() + b"\0")
    return digest.hexdigest()
