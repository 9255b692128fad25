"""How well the names of several files meet: what was found, what was not, and the first examples."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from edasat.core.errors import InputError, Message

#: Share of names that must be found: a few odd ones are usual (fillers, test pins), many mean the wrong file.
MIN_SHARE: Final = 0.9
_EXAMPLES = 3

_POOR = Message(
    "timing-join",
    "only {matched:,} of {total:,} {what} are known to the design; not found are {examples}",
    "the files describe different designs or versions, or use another hierarchy divider; "
    "`edasat timing check` lists what is missing",
)


@dataclass(frozen=True)
class JoinRow:
    """Names of one kind from one file.

    Attributes:
        source: path of the file.
        what: kind of name, in the plural.
        total, matched: how many there are, how many were found.
        examples: the first that were not.
    """

    source: str
    what: str
    total: int
    matched: int
    examples: tuple[str, ...] = ()

    @property
    def share(self) -> float:
        """Share of names that were found; 1 if there are none."""
        return self.matched / self.total if self.total else 1.0


@dataclass
class JoinReport:
    """The rows of all joins of one analysis."""

    rows: list[JoinRow] = field(default_factory=list)

    def add(self, source: str, what: str, found: npt.NDArray[np.bool_], name: Callable[[int], str]) -> None:
        """Add a row.

        Args:
            source: path of the file.
            what: kind of name, in the plural.
            found: for each name, whether it was found.
            name: gives the text of a name by number; called for the examples.
        """
        lost = np.flatnonzero(~found)
        examples = tuple(name(int(i)) for i in lost[:_EXAMPLES])
        self.rows.append(JoinRow(source, what, len(found), int(found.sum()), examples))

    def check(self, min_share: float = MIN_SHARE) -> None:
        """Refuse a poor join.

        Raises:
            InputError: if a row has fewer than ``min_share`` of its names found.
        """
        for row in self.rows:
            if row.share < min_share:
                examples = ", ".join(f"'{example}'" for example in row.examples)
                raise InputError.of(
                    _POOR, row.source, matched=row.matched, total=row.total, what=row.what, examples=examples
                )

    def to_dicts(self) -> list[dict[str, Any]]:
        """Return plain rows for JSON and tables."""
        return [
            {
                "source": row.source,
                "what": row.what,
                "total": row.total,
                "matched": row.matched,
                "examples": list(row.examples),
            }
            for row in self.rows
        ]
