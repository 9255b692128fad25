"""The process that minimises a core. Started as a script by ``minimizer.py``; imports nothing of edasat.

Argument: a JSON job with the paths of the clause arrays and of ``state``, an int8 array with one entry per clause that
lies in shared memory: whatever ends this process, what it found out is there.
"""

from __future__ import annotations

import json
import signal
import sys
from itertools import pairwise
from typing import Any, Final

#: Entries of ``state``.
UNKNOWN: Final = 0
NECESSARY: Final = 1
REMOVED: Final = 2

_PR_SET_PDEATHSIG = 1  # prctl(2)


def main() -> None:
    """Run the job given as the only argument."""
    import ctypes

    import numpy as np

    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)  # a parent killed with -9 runs no handler
    job = json.loads(sys.argv[1])
    flat = np.load(job["literals"]).tolist()
    clauses = [flat[a:b] for a, b in pairwise(np.load(job["offsets"]).tolist())]
    _Minimizer(job["engine"], clauses, np.load(job["state"], mmap_mode="r+")).run()


class _Minimizer:
    """One engine with a selector per clause: assuming it switches the clause on."""

    def __init__(self, engine: str, clauses: list[list[int]], state: Any) -> None:
        from pysat.solvers import Solver

        self.clauses = [list(dict.fromkeys(clause)) for clause in clauses]
        self.state = state
        top = max((abs(x) for clause in clauses for x in clause), default=0)
        self.first = top + 1  # selector of clause 0
        self.solver = Solver(name=engine)
        for c, clause in enumerate(self.clauses):
            self.solver.add_clause([*clause, -(self.first + c)])
        self.holders: dict[int, list[int]] = {}  # clauses by literal
        for c, clause in enumerate(self.clauses):
            for literal in clause:
                self.holders.setdefault(literal, []).append(c)

    def run(self) -> None:
        """Decide every clause."""
        # From the end: encodings tend to begin with what everything else rests on.
        for c in reversed(range(len(self.clauses))):
            if self.state[c] != UNKNOWN:
                continue
            others = [self.first + d for d in self._unknown() if d != c]
            if self.solver.solve(assumptions=others):
                model = self.solver.get_model()  # CaDiCaL forgets it when a clause is added
                self._is_necessary(c)
                self._rotate(c, model)
            else:
                used = set(self.solver.get_core() or ())
                for d in self._unknown():
                    if self.first + d not in used:
                        self._remove(d)

    def _unknown(self) -> list[int]:
        return [c for c, state in enumerate(self.state.tolist()) if state == UNKNOWN]

    def _is_necessary(self, c: int) -> None:
        self.state[c] = NECESSARY
        self.solver.add_clause([self.first + c])

    def _remove(self, c: int) -> None:
        self.state[c] = REMOVED
        self.solver.add_clause([-(self.first + c)])

    def _rotate(self, start: int, model: list[int]) -> None:
        """Flip variables of the one false clause; where one other becomes false alone, it is necessary too."""
        state = self.state.tolist()
        true = {x for x in model if abs(x) < self.first}
        counts = [sum(x in true for x in clause) for clause in self.clauses]  # true literals by clause
        path = [(iter(self.clauses[start]), 0)]  # literals left to try, literal flipped to come here
        while path:
            literals, came = path[-1]
            literal = next(literals, None)
            if literal is None:
                path.pop()
                if came:
                    self._flip(-came, true, counts)
                continue
            if -literal not in true:  # a repeated or free variable
                continue
            falsified = [d for d in self.holders.get(-literal, ()) if counts[d] == 1 and state[d] != REMOVED]
            if len(falsified) == 1 and state[falsified[0]] == UNKNOWN:
                d = falsified[0]
                self._flip(literal, true, counts)
                state[d] = NECESSARY
                self._is_necessary(d)
                path.append((iter(self.clauses[d]), literal))

    def _flip(self, literal: int, true: set[int], counts: list[int]) -> None:
        """Make a false literal true."""
        true.remove(-literal)
        true.add(literal)
        for d in self.holders.get(literal, ()):
            counts[d] += 1
        for d in self.holders.get(-literal, ()):
            counts[d] -= 1


if __name__ == "__main__":
    main()
