"""Hints for core detection: what cheap reasoning knows about each clause.

Core detection reads these beside the features of :mod:`.nodes`. They cost more than those (hundredths of a second) and
say what no number of message-passing rounds finds out by itself: which clauses can go for sure, and on which ones the
first conflicts of a search rest.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from ..tripartite import TripartiteArrays
from .elimination import eliminate
from .search_probe import search_probe

#: Columns of the hints, in order. Counts enter as logarithms, scaled to be about 1 at most.
CLAUSE_HINTS: Final = (
    "satisfied",  # under what unit propagation implies, and not one of its reasons
    "blocked",  # removed as blocked: some core does without it
    "blocked_round",  # log(1 + round) / 4
    "used",  # in some conflict of the search
    "uses",  # log(1 + conflicts it was used in) / 7
    "use_share",  # square root of the share of the conflicts
    "needed",  # share of the clauses learned last that rest on it
    "needed_at_all",
    "frequency",  # share of the cores drawn that hold it
    "always",  # in all of them
    "refuted",  # the search refuted the formula: what is needed is a core (the same for all clauses)
    "conflicts",  # log(1 + conflicts of the search) / 7 (the same for all clauses)
)
NUM_HINTS: Final = len(CLAUSE_HINTS)


def clause_hints(arrays: TripartiteArrays) -> npt.NDArray[np.float32]:
    """Return float32, (num_clauses, NUM_HINTS).

    >>> from edasat.sat.cnf import Cnf
    >>> from edasat.sat.tripartite import tripartite_arrays
    >>> x = clause_hints(tripartite_arrays(Cnf.from_clauses([[1], [-1, 2], [-2], [2, 3]])))
    >>> x[:, CLAUSE_HINTS.index("needed")].tolist()
    [1.0, 1.0, 1.0, 0.0]
    """
    removed = eliminate(arrays)
    search = search_probe(arrays)
    out = np.empty((arrays.num_clauses, NUM_HINTS), np.float32)
    out[:, 0] = removed.satisfied
    out[:, 1] = removed.blocked_round > 0
    out[:, 2] = np.log1p(removed.blocked_round) / 4
    out[:, 3] = search.uses > 0
    out[:, 4] = np.log1p(search.uses) / 7
    out[:, 5] = np.sqrt(search.uses / max(1, search.conflicts))
    out[:, 6] = search.needed
    out[:, 7] = search.needed > 0
    out[:, 8] = search.frequency
    out[:, 9] = search.frequency >= 1
    out[:, 10] = search.refuted
    out[:, 11] = np.log1p(search.conflicts) / 7
    return out


def search_score(hints: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Return a ranking of the clauses by the short searches alone, (num_clauses,).

    By how many of the cores drawn hold a clause, or how much of what was learned rests on it; then by the conflicts
    that it took part in.
    """
    return hints[:, CLAUSE_HINTS.index("frequency")] + np.float32(0.1) * hints[:, CLAUSE_HINTS.index("uses")]
