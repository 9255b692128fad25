"""Planning and scheduling: the sliding-tile puzzle, blocks world and open shops."""

from __future__ import annotations

from itertools import combinations, pairwise

import numpy as np

from ..cnf import Cnf
from ..encodings.builder import CnfBuilder
from ..encodings.cardinality import at_most_one, exactly_one
from .family import Family

State = tuple[int, ...]  # content of each cell of the board, row by row; 0 is the gap

_ROWS, _COLUMNS = 3, 4
_CELLS = _ROWS * _COLUMNS
_NEIGHBOURS = tuple(
    tuple(d for d in range(_CELLS) if abs(c // _COLUMNS - d // _COLUMNS) + abs(c % _COLUMNS - d % _COLUMNS) == 1)
    for c in range(_CELLS)
)


def _walk(state: State, moves: int, rng: np.random.Generator) -> State:
    """Make random moves, never straight back."""
    board, gap, last = list(state), state.index(0), -1
    for _ in range(moves):
        choices = [cell for cell in _NEIGHBOURS[gap] if cell != last]
        cell = choices[rng.integers(len(choices))]
        board[gap], board[cell] = board[cell], 0
        gap, last = cell, gap
    return tuple(board)


def _tiles(start: State, goal: State, horizon: int) -> Cnf:
    """Ask for a way from start to goal in exactly ``horizon`` moves."""
    builder = CnfBuilder()
    at = [[builder.vars(_CELLS) for _ in range(_CELLS)] for _ in range(horizon + 1)]  # [time][cell][tile]
    builder.extend([at[0][c][tile]] for c, tile in enumerate(start))
    builder.extend([at[-1][c][tile]] for c, tile in enumerate(goal))
    for board in at:
        for c in range(_CELLS):
            exactly_one(builder, board[c])
            exactly_one(builder, [row[c] for row in board])
    for now, after in pairwise(at):
        for c in range(_CELLS):
            builder.add(-now[c][0], *(after[d][0] for d in _NEIGHBOURS[c]))
            for tile in range(1, _CELLS):
                builder.add(-now[c][tile], after[c][tile], after[c][0])  # a tile stays or makes room for the gap
                for d in _NEIGHBOURS[c]:
                    builder.add(-now[c][0], -after[d][0], -now[d][tile], after[c][tile])
    return builder.build()


def _sliding_tiles_sat(moves: int, rng: np.random.Generator) -> Cnf:
    start = tuple(rng.permutation(_CELLS).tolist())
    return _tiles(start, _walk(start, moves, rng), moves)


def _sliding_tiles_unsat(moves: int, rng: np.random.Generator) -> Cnf:
    """Swap two tiles of a goal that could be reached: no number of moves leads to an odd permutation of it."""
    start = tuple(rng.permutation(_CELLS).tolist())
    goal = _walk(start, moves, rng)
    swap = {1: 2, 2: 1}
    return _tiles(start, tuple(swap.get(tile, tile) for tile in goal), moves)


def _towers(n: int, rng: np.random.Generator) -> list[int]:
    """Return what each block stands on (n is the table) in a random arrangement."""
    order = rng.permutation(n).tolist()
    below = [n] * n
    for under, block in pairwise(order):
        if rng.random() < 0.7:
            below[block] = under
    return below


def _misplaced(start: list[int], goal: list[int]) -> int:
    """Return how many blocks have to move at least once."""
    n = len(start)

    def in_place(block: int) -> bool:
        return start[block] == goal[block] and (goal[block] == n or in_place(goal[block]))

    return sum(not in_place(block) for block in range(n))


def _blocks_world(n: int, rng: np.random.Generator) -> Cnf:
    """Rearrange n blocks, one move a step, each block out of place moved about once.

    The number of blocks out of place bounds the length of a plan from below; one step more is given.
    """
    start, goal = _towers(n, rng), _towers(n, rng)
    horizon = _misplaced(start, goal) + 1
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
    for now, after in pairwise(on):
        moved, covered = builder.vars(n), builder.vars(n)
        at_most_one(builder, moved)
        for b in range(n):
            for support in range(n + 1):
                builder.add(-now[b][support], after[b][support], moved[b])
                builder.add(-moved[b], -now[b][support], -after[b][support])
            for other in range(n):
                builder.add(-now[other][b], covered[b])
                builder.add(-moved[b], -after[b][other], -covered[other])  # a block goes where nothing stands
                builder.add(-moved[b], -after[other][b])
            builder.add(-moved[b], -covered[b])
    return builder.build()


def _open_shop(size: int, rng: np.random.Generator) -> Cnf:
    """Schedule (size + 1) / 2 jobs on size / 2 machines within a deadline that leaves no machine a free moment.

    Durations are columns of a sum of weighted permutation matrices, so that all machines, and for even sizes all
    jobs, take the whole time: the hard kind of Gueret and Prins (1999). Starts are order-encoded: variable t says
    "starts later than t".
    """
    jobs, machines = (size + 1) // 2, size // 2
    durations = np.ones((jobs, jobs), np.int64)
    for _ in range(2 * jobs):
        durations[np.arange(jobs), rng.permutation(jobs)] += rng.integers(1, 3)
    deadline = int(durations[0].sum())
    builder = CnfBuilder()
    later: dict[tuple[int, int], list[int]] = {}
    for job in range(jobs):
        for machine in range(machines):
            slack = deadline - int(durations[job, machine])
            later[job, machine] = builder.vars(slack)  # starts in 0..slack
            builder.extend([-b, a] for a, b in pairwise(later[job, machine]))
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
        "3 x 4 sliding tiles put in order in n moves",
        "planning",
        "sat",
        (4, 16, 24, 28, 32, 36, 40),
        _sliding_tiles_sat,
    ),
    Family(
        "sliding-tiles-unsat",
        "3 x 4 sliding tiles put in an impossible order in n moves",
        "planning",
        "unsat",
        (4, 12, 20, 24, 26, 28, 30, 32, 34),
        _sliding_tiles_unsat,
    ),
    Family(
        "blocks-world", "blocks world of n blocks", "planning", "either", (4, 8, 14, 16, 18, 20, 22, 24), _blocks_world
    ),
    Family(
        "open-shop",
        "tight open shop, n jobs and machines together",
        "planning",
        "either",
        (6, 8, 10, 11, 12, 13, 14, 15),
        _open_shop,
    ),
)
