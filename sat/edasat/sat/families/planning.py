"""Planning and scheduling: the sliding-tile puzzle, blocks world and open shops."""

from __future__ import annotations

from itertools import combinations

import numpy as np

from ..cnf import Cnf
from ..encodings.builder import CnfBuilder
from ..encodings.cardinality import at_most_one, exactly_one
from .family import Family

State = tuple[int, ...]  # content of each cell of the 3 x 3 board, row by row; 0 is the gap

_NEIGHBOURS = tuple(
    tuple(d for d in range(9) if abs(c // 3 - d // 3) + abs(c % 3 - d % 3) == 1) for c in range(9)
)


def _moves(state: State) -> list[State]:
    gap = state.index(0)
    found = []
    for cell in _NEIGHBOURS[gap]:
        after = list(state)
        after[gap], after[cell] = after[cell], 0
        found.append(tuple(after))
    return found


def _at_distance(start: State, distance: int, rng: np.random.Generator) -> State:
    """Return a random state whose shortest solution has this many moves, by breadth-first search."""
    before: set[State] = set()
    layer = {start}
    for _ in range(distance):
        before, layer = layer, {after for state in layer for after in _moves(state)} - before
    return sorted(layer)[rng.integers(len(layer))]


def _tiles(start: State, goal: State, horizon: int) -> Cnf:
    """Ask for a way from start to goal in exactly ``horizon`` moves."""
    builder = CnfBuilder()
    at = [[builder.vars(9) for _ in range(9)] for _ in range(horizon + 1)]  # [time][cell][tile]
    builder.extend([at[0][c][tile]] for c, tile in enumerate(start))
    builder.extend([at[-1][c][tile]] for c, tile in enumerate(goal))
    for board in at:
        for c in range(9):
            exactly_one(builder, board[c])
            exactly_one(builder, [row[c] for row in board])
    for now, after in zip(at, at[1:], strict=False):
        for c in range(9):
            builder.add(-now[c][0], *(after[d][0] for d in _NEIGHBOURS[c]))
            for tile in range(1, 9):
                builder.add(-now[c][tile], after[c][tile], after[c][0])  # a tile stays or makes room for the gap
                for d in _NEIGHBOURS[c]:
                    builder.add(-now[c][0], -after[d][0], -now[d][tile], after[c][tile])
    return builder.build()


def _sliding_tiles_sat(moves: int, rng: np.random.Generator) -> Cnf:
    start = tuple(rng.permutation(9).tolist())
    return _tiles(start, _at_distance(start, moves, rng), moves)


def _sliding_tiles_unsat(moves: int, rng: np.random.Generator) -> Cnf:
    """Allow two moves fewer than the shortest way; one fewer would fail by parity."""
    start = tuple(rng.permutation(9).tolist())
    return _tiles(start, _at_distance(start, moves, rng), moves - 2)


def _towers(n: int, rng: np.random.Generator) -> list[int]:
    """Return what each block stands on (n is the table) in a random arrangement."""
    order = rng.permutation(n).tolist()
    below = [n] * n
    for under, block in zip(order, order[1:], strict=False):
        if rng.random() < 0.7:
            below[block] = under
    return below


def _plan_length(start: list[int], goal: list[int]) -> int:
    """Return the length of the plan that puts every misplaced block on the table and then builds the towers."""
    n = len(start)

    def in_place(block: int) -> bool:
        return start[block] == goal[block] and (goal[block] == n or in_place(goal[block]))

    moved = [b for b in range(n) if not in_place(b)]
    return sum(start[b] != n for b in moved) + sum(goal[b] != n for b in moved)


def _blocks_world(n: int, rng: np.random.Generator) -> Cnf:
    """Rearrange n blocks, one move a step, with one step less than by way of the table."""
    start, goal = _towers(n, rng), _towers(n, rng)
    horizon = max(1, _plan_length(start, goal) - 1)
    builder = CnfBuilder()
    on = [[builder.vars(n + 1) for _ in range(n)] for _ in range(horizon + 1)]  # [time][block][support]
    for b in range(n):
        builder.add(on[0][b][start[b]])
        builder.add(on[-1][b][goal[b]])
    for state in on:
        for b in range(n):
            exactly_one(builder, state[b])
            builder.add(-state[b][b])
            at_most_one(builder, [state[a][b] for a in range(n)])
    for now, after in zip(on, on[1:], strict=False):
        moved = builder.vars(n)
        at_most_one(builder, moved)
        for b in range(n):
            for support in range(n + 1):
                builder.add(-now[b][support], after[b][support], moved[b])
                builder.add(-moved[b], -now[b][support], -after[b][support])
            for other in range(n):
                builder.add(-moved[b], -now[other][b])  # nothing stands on a moved block ...
                builder.add(-moved[b], -after[other][b])
                for third in range(n):  # ... nor stood on where it goes
                    builder.add(-moved[b], -after[b][other], -now[third][other])
    return builder.build()


def _open_shop(n: int, rng: np.random.Generator) -> Cnf:
    """Schedule n jobs on n machines within a deadline that leaves no machine and no job a free moment.

    Durations are a sum of weighted permutation matrices, so that all rows and columns add up to the deadline, the
    hard kind of Gueret and Prins (1999). Starts are order-encoded: variable t says "starts later than t".
    """
    durations = np.ones((n, n), np.int64)
    for _ in range(2 * n):
        durations[np.arange(n), rng.permutation(n)] += rng.integers(1, 3)
    deadline = int(durations[0].sum())
    builder = CnfBuilder()
    later: dict[tuple[int, int], list[int]] = {}
    for job in range(n):
        for machine in range(n):
            slack = deadline - int(durations[job, machine])
            later[job, machine] = builder.vars(slack)  # starts in 0..slack
            builder.extend([-b, a] for a, b in zip(later[job, machine], later[job, machine][1:], strict=False))
    for first, second in combinations(later, 2):
        if first[0] == second[0] or first[1] == second[1]:
            order = builder.var()
            _precede(builder, -order, later[first], later[second], int(durations[first]))
            _precede(builder, order, later[second], later[first], int(durations[second]))
    return builder.build()


def _precede(builder: CnfBuilder, unless: int, first: list[int], second: list[int], duration: int) -> None:
    """Let ``second`` start at least ``duration`` after ``first`` starts: first >= t implies second >= t + duration."""
    for t in range(len(first) + 1):
        clause = [unless] if t == 0 else [unless, -first[t - 1]]
        if t + duration <= len(second):
            builder.add(*clause, second[t + duration - 1])
        else:
            builder.add(*clause)
            break


FAMILIES = (
    Family(
        "sliding-tiles-sat",
        "8-puzzle solved in its shortest n moves",
        "planning",
        "sat",
        (4, 8, 12, 14, 16, 18, 20),
        _sliding_tiles_sat,
    ),
    Family(
        "sliding-tiles-unsat",
        "8-puzzle solved in two moves fewer than the shortest n",
        "planning",
        "unsat",
        (4, 8, 12, 14, 16, 18, 20),
        _sliding_tiles_unsat,
    ),
    Family("blocks-world", "blocks world of n blocks", "planning", "either", (3, 5, 7, 9, 11, 13), _blocks_world),
    Family("open-shop", "tight open shop of n jobs and machines", "planning", "either", (3, 4, 5, 6, 7, 8), _open_shop),
)
