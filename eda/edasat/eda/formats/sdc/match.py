"""Object names against the patterns of SDC, over whole tables of names at once.

The globs are those of OpenSTA: ``*`` is any run of characters, ``?`` any one, everything else itself; brackets are
the bits of buses, not sets of characters.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from edasat.core.errors import InputError
from edasat.core.names import Names

from .messages import MESSAGES

_AT_ONCE = 100  # patterns joined into one expression; RE2 limits its size


def match(
    patterns: Iterable[str],
    names: Names,
    *,
    regexp: bool = False,
    nocase: bool = False,
    hierarchical: bool = False,
) -> npt.NDArray[np.int32]:
    """Return the positions of the names that any of the patterns matches, rising.

    A wildcard does not match ``/``, so a pattern stays on its level of the hierarchy. A pattern without wildcards that
    matches no name is the name of a bus: it matches its bits.

    Args:
        patterns: globs, or regular expressions for the whole name (RE2).
        names: canonical names.
        regexp, nocase: see above; ASCII letters count as equal in both cases.
        hierarchical: match the end of a name, from any ``/`` on.

    Raises:
        InputError: for a wrong regular expression.

    >>> names = Names.of(["clk", "d[0]", "d[1]", "u1/d[0]"])
    >>> [match([p], names).tolist() for p in ("clk", "d[*]", "d", "*", "u1/*")]
    [[0], [1, 2], [1, 2], [0, 1, 2], [3]]
    """
    found = np.zeros(len(names), np.bool_)
    exact: list[str] = []
    expressions: list[str] = []
    for pattern in patterns:
        if regexp:
            expressions.append(f"(?:{_valid(pattern)})")
        elif nocase or hierarchical or "*" in pattern or "?" in pattern:
            expressions.append(_expression(pattern))
        else:
            exact.append(pattern)
    if exact:
        wanted = Names.of(exact)
        position = wanted.find_in(names)  # names differ, so the first position is the only one
        found[position[position >= 0]] = True
        buses = [exact[i] for i in np.flatnonzero(position < 0) if exact[i]]
        if buses:
            found |= names.split_last("[")[0].find_in(Names.of(buses)) >= 0
    start = "(?:.*/)?" if hierarchical else ""
    for first in range(0, len(expressions), _AT_ONCE):
        either = "|".join(expressions[first : first + _AT_ONCE])
        found |= _matches(names, f"(?s{'i' if nocase else ''})^{start}(?:{either})$")
    return np.flatnonzero(found).astype(np.int32)


def _expression(glob: str) -> str:
    return "".join("[^/]*" if c == "*" else "[^/]" if c == "?" else re.escape(c) for c in glob)


def _matches(names: Names, expression: str) -> npt.NDArray[np.bool_]:
    import pyarrow.compute as pc

    return pc.match_substring_regex(names.to_arrow(), expression).to_numpy(zero_copy_only=False)


def _valid(expression: str) -> str:
    import pyarrow as pa

    try:
        _matches(Names.of([""]), expression)
    except pa.ArrowInvalid as error:
        reason = str(error).partition(": ")[2] or str(error)
        raise InputError.of(MESSAGES["sdc-regexp"], token=expression, reason=reason) from None
    return expression
