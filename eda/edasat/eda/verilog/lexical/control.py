"""Loops and conditions while a module is walked through, compiled."""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from .bits import UNKNOWN, arrival
from .blocks import next_value
from .brackets import behind, find, statement_end
from .columns import ModuleText, Scope
from .constants import evaluate
from .levels import AND, NUM_SCRIPTS, UNIT, together
from .names import Path
from .operands import MOST_BITS, Operands, kept, last_bit
from .vocabulary import ID

_IF, _CASE, _CASEX, _AT, _OPEN, _SEMICOLON, _EQUALS = (ID[word] for word in ("if", "case", "casex", "@", "(", ";", "="))
_POSEDGE, _NEGEDGE = ID["posedge"], ID["negedge"]
_DEEPEST: Final = 64  # conditions around one another; more are as one
#: Lexemes that are read again in loops, per pass; loops that would take more are read in part and count for the rest.
_MOST_WORK: Final = 400_000
_MOST_RUNS: Final = 4096


class Loops(NamedTuple):
    """The loops around a lexeme.

    Attributes:
        depth: int64, (1,): how many.
        row: int64, (16, 6): begin and end of each body, its variable, where its condition begins and ends, and runs
            that are left.
        weight: float64, (16, 2): how often the circuit has what is around, and the loop's last value.
    """

    depth: npt.NDArray[np.int64]
    row: npt.NDArray[np.int64]
    weight: npt.NDArray[np.float64]


@njit(cache=True)
def new_path() -> Path:
    """Return no conditions."""
    return Path(
        np.zeros(1, np.int64), np.zeros((_DEEPEST + 1, NUM_SCRIPTS)), np.zeros(_DEEPEST + 1, np.int64),
        np.zeros(_DEEPEST + 1, np.int64), np.zeros(_DEEPEST + 1, np.int64), np.zeros(1, np.int64),
    )  # fmt: skip


@njit(cache=True)
def loop_begins(
    text: ModuleText, scope: Scope, loops: Loops, i: int, end: int, weight: float, work: int
) -> tuple[int, float]:
    """Enter the loop at ``i``; return where to go on, and how often the circuit has what stands there."""
    close = text.match[i + 1]
    stop = statement_end(text, i, end)
    first = find(text, i + 2, _SEMICOLON, close)
    second = find(text, first + 1, _SEMICOLON, close)
    equals = find(text, i + 2, _EQUALS, first)
    if second >= close or equals >= first or loops.depth[0] >= len(loops.row):
        return close + 1, weight
    name = text.symbol[equals - 1]
    value = evaluate(text, scope, equals + 1, first)
    scope[name].value = value
    goes_on = evaluate(text, scope, first + 1, second)
    if goes_on == 0:
        return stop, weight
    trips = max(float(text.repeats[i]), 1.0)
    runs = 1.0
    if not math.isnan(goes_on) and not math.isnan(value):
        left = max(_MOST_WORK - work, 0) / (1.0 + loops.depth[0])
        runs = min(trips + 1, max(left / max(stop - close, 1), 2.0), _MOST_RUNS)
    row = loops.row[loops.depth[0]]
    row[0], row[1], row[2], row[3], row[4], row[5] = close + 1, stop, i, first, second, int(runs) - 1
    loops.weight[loops.depth[0], 0] = weight
    loops.depth[0] += 1
    return close + 1, weight * (trips / runs if runs < trips else 1.0)


@njit(cache=True)
def next_run(text: ModuleText, scope: Scope, loops: Loops, i: int, weight: float) -> tuple[int, float]:
    """Begin the innermost loop's next run, or leave it; return where to go on and the weight there."""
    at = loops.depth[0] - 1
    row = loops.row[at]
    if row[5] > 0:
        first, second = row[3], row[4]
        name, value = next_value(text, scope, int(row[2]), int(second) + 1)
        if not math.isnan(value):
            scope[name].value = value
            if evaluate(text, scope, int(first) + 1, int(second)) == 1:
                row[5] -= 1
                return int(row[0]), weight
    loops.depth[0] = at
    return max(i, int(row[1])), loops.weight[at, 0]


@njit(cache=True)
def begin_block(text: ModuleText, i: int) -> int:
    """Return 1 if the block that ``always`` opens at ``i`` has a reset without clock, which is no logic of its own."""
    edges = 0
    if text.entry[i + 1] == _AT and text.entry[i + 2] == _OPEN:
        for j in range(i + 3, max(text.match[i + 2], i + 3)):
            edges += 1 if text.entry[j] in (_POSEDGE, _NEGEDGE) else 0
    return 1 if edges > 1 else 0


@njit(cache=True)
def end_conditions(path: Path, i: int) -> None:
    """Leave the conditions that do not reach ``i``."""
    while path.depth[0] > 0 and i >= path.end[path.depth[0]]:
        path.depth[0] -= 1


@njit(cache=True)
def header(text: ModuleText, path: Path, at: int, end: int, have: Operands, operand: int) -> None:
    """Enter the ``if`` or ``case`` at ``at`` whose condition is an operand."""
    if path.depth[0] >= _DEEPEST:
        return
    path.depth[0] += 1
    depth = path.depth[0]
    is_case = _CASE <= text.entry[at] <= _CASEX
    path.start[depth] = path.branch[depth] = at
    path.end[depth] = max(int(text.match[at]), at + 1) if is_case else statement_end(text, at, end)
    for script in range(NUM_SCRIPTS):
        late, any_bit = 0.0, False
        for k in range(operand * MOST_BITS, operand * MOST_BITS + kept(have.of[operand].width)):
            if have.bits[k].known == UNKNOWN:
                ready = arrival(have.bits, k, script)
                late = together(late, ready, UNIT[AND, script]) if any_bit else ready
                any_bit = True
        path.late[depth, script] = (
            together(path.late[depth - 1, script], late, UNIT[AND, script]) if depth > 1 else late
        )


@njit(cache=True)
def label(text: ModuleText, path: Path, i: int, have: Operands, operand: int) -> None:
    """Begin the branch of a ``case`` whose label ends at ``i``; one that is no constant is waited for."""
    depth = path.depth[0]
    if depth == 0 or not _CASE <= text.entry[path.start[depth]] <= _CASEX:
        return
    path.branch[depth] = i
    if math.isnan(have.of[operand].value):
        for script in range(NUM_SCRIPTS):
            late = last_bit(have, operand, script)
            path.late[depth, script] = together(path.late[depth, script], late, UNIT[AND, script])


@njit(cache=True)
def pass_over(text: ModuleText, skips: npt.NDArray[np.int64], at: int, end: int, value: float) -> int:
    """Return where the branch of the ``if`` at ``at`` begins that its constant condition chooses.

    Where it is the first of two, the other's begin and end are pushed on ``skips``, int64, (room, 2), whose first row
    holds their number.
    """
    start = behind(text, at + 1)
    stop = statement_end(text, at, end)
    first = statement_end(text, start, end)
    if value == 0:
        return first + 1 if first < stop else first
    if first < stop and skips[0, 0] < len(skips) - 1:
        skips[0, 0] += 1
        skips[skips[0, 0], 0], skips[skips[0, 0], 1] = first, stop
    return start
