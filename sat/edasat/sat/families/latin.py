"""Completion puzzles: Latin squares, sudoku, orthogonal mates, edge matching, the Game of Life.

Squares are completed over the candidates that the given cells leave, so that loading never costs more than solving.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import combinations, product

import numpy as np
import numpy.typing as npt

from ..cnf import Cnf
from ..encodings.builder import CnfBuilder
from ..encodings.cardinality import at_most, exactly_one
from .family import Family

Square = npt.NDArray[np.int64]  # (n, n): symbols from 0


def random_latin_square(n: int, rng: np.random.Generator) -> Square:
    """Return an almost uniform Latin square of order n > 1 by n^3 steps of the Jacobson-Matthews walk.

    Jacobson and Matthews, "Generating uniformly distributed random Latin squares", 1996: the incidence cube may
    hold a single -1 on the way; a proper square is returned.
    """
    row, column = np.indices((n, n))
    cube = np.zeros((n, n, n), np.int64)
    cube[row, column, (row + column) % n] = 1
    improper: tuple[int, int, int] | None = None
    steps = 0
    while steps < n**3 or improper is not None:
        for draw in rng.integers(0, (n, n, n, 2, 2, 2), (n * n, 6)).tolist():  # in blocks, for speed
            r, c, s = improper or draw[:3]
            if cube[r, c, s] == 1:
                continue
            # one of the one or two ones of each line through the cell
            r2 = int(np.flatnonzero(cube[:, c, s] == 1)[-draw[3]])
            c2 = int(np.flatnonzero(cube[r, :, s] == 1)[-draw[4]])
            s2 = int(np.flatnonzero(cube[r, c, :] == 1)[-draw[5]])
            cube[r, c, s] += 1
            cube[r, c2, s2] += 1
            cube[r2, c, s2] += 1
            cube[r2, c2, s] += 1
            cube[r2, c, s] -= 1
            cube[r, c2, s] -= 1
            cube[r, c, s2] -= 1
            cube[r2, c2, s2] -= 1
            improper = (r2, c2, s2) if cube[r2, c2, s2] < 0 else None
            steps += 1
            if steps >= n**3 and improper is None:
                break
    return cube.argmax(axis=2)


def _complete(square: Square, regions: Iterable[npt.NDArray[np.int64]]) -> Cnf:
    """Fill the cells that hold -1 so that every region (flat indices of n cells) holds each symbol once."""
    n = len(square)
    cells = square.ravel()
    regions = list(regions)
    possible = np.ones((n * n, n), bool)
    for region in regions:
        given = cells[region]
        possible[np.ix_(region, given[given >= 0])] = False
    possible[cells >= 0] = False
    builder = CnfBuilder()
    variable = np.zeros(possible.shape, np.int64)
    variable[possible] = builder.vars(int(possible.sum()))
    for cell in np.flatnonzero(cells < 0):
        exactly_one(builder, variable[cell][possible[cell]].tolist())
    for region in regions:
        for symbol in sorted(set(range(n)) - set(cells[region].tolist())):
            column = variable[region, symbol]
            exactly_one(builder, column[column > 0].tolist())
    return builder.build()


def _lines(n: int) -> list[npt.NDArray[np.int64]]:
    grid = np.arange(n * n).reshape(n, n)
    return [*grid, *grid.T]


def _quasigroup_with_holes(n: int, rng: np.random.Generator) -> Cnf:
    """Punch 42 % holes, the hardest share (Achlioptas, Gomes, Kautz and Selman, AAAI 2000), into a random square."""
    square = random_latin_square(n, rng)
    square.ravel()[rng.choice(n * n, round(0.42 * n * n), replace=False)] = -1
    return _complete(square, _lines(n))


def _sudoku(holes: int, rng: np.random.Generator) -> Cnf:
    """Punch holes into a random 36 x 36 sudoku: the cyclic pattern with bands, lines and symbols permuted."""
    box = 6
    n = box * box

    def order() -> npt.NDArray[np.int64]:
        return np.concatenate([box * band + rng.permutation(box) for band in rng.permutation(box)])

    row, column = np.indices((n, n))
    square = rng.permutation(n)[(box * (row % box) + row // box + column) % n][np.ix_(order(), order())]
    square.ravel()[rng.choice(n * n, min(holes, n * n), replace=False)] = -1
    boxes = np.arange(n * n).reshape(box, box, box, box).transpose(0, 2, 1, 3).reshape(n, n)
    return _complete(square, [*_lines(n), *boxes])


def _orthogonal_mate(n: int, rng: np.random.Generator) -> Cnf:
    """Find a Latin square orthogonal to a random one; the first rows agree, which costs no generality."""
    given = random_latin_square(n, rng)
    builder = CnfBuilder()
    mate = np.array(builder.vars(n**3)).reshape(n, n, n)
    builder.extend([int(mate[0, c, given[0, c]])] for c in range(n))
    for a, b in product(range(n), repeat=2):
        exactly_one(builder, mate[a, b].tolist())
        exactly_one(builder, mate[a, :, b].tolist())
        exactly_one(builder, mate[:, a, b].tolist())
        exactly_one(builder, mate[:, :, b][given == a].tolist())
    return builder.build()


def _edge_matching(n: int, rng: np.random.Generator) -> Cnf:
    """Put n x n square tiles on a board, turned as needed, so that touching sides have one of n + 1 colours in common.

    The board is cut from a hidden solution; the border takes any colour.
    """
    colours = n + 1
    across = rng.integers(0, colours, (n, n + 1))  # vertical sides, left to right
    down = rng.integers(0, colours, (n + 1, n))
    # sides of a cell: north, east, south, west
    sides = [[("d", r, c), ("a", r, c + 1), ("d", r + 1, c), ("a", r, c)] for r in range(n) for c in range(n)]
    tiles = [[int(down[r, c] if kind == "d" else across[r, c]) for kind, r, c in cell] for cell in sides]
    tiles = [tiles[i] for i in rng.permutation(n * n)]
    builder = CnfBuilder()
    colour = {side: builder.vars(colours) for side in dict.fromkeys(side for cell in sides for side in cell)}
    for literals in colour.values():
        exactly_one(builder, literals)
    place = [[builder.vars(4) for _ in sides] for _ in tiles]
    for tile, row in zip(tiles, place, strict=True):
        for cell, turns in zip(sides, row, strict=True):
            for turn, x in enumerate(turns):
                builder.extend([-x, colour[side][tile[(i + turn) % 4]]] for i, side in enumerate(cell))
    for row in place:
        _exactly_one_counted(builder, [x for turns in row for x in turns])
    for position in range(n * n):
        _exactly_one_counted(builder, [x for row in place for x in row[position]])
    return builder.build()


def _exactly_one_counted(builder: CnfBuilder, literals: list[int]) -> None:
    """Like ``exactly_one`` in linear size: here lists hold hundreds of literals."""
    builder.add(*literals)
    at_most(builder, literals, 1)


def _life_predecessor(n: int, rng: np.random.Generator) -> Cnf:
    """Find a state of Conway's Game of Life on an n x n torus that leads to a given one; a random state is hidden."""
    state = rng.random((n, n)) < 0.4
    shifts = [(dr, dc) for dr, dc in product((-1, 0, 1), repeat=2) if (dr, dc) != (0, 0)]
    count = sum(np.roll(state, shift, (0, 1)).astype(np.int64) for shift in shifts)
    target = (count == 3) | (state & (count == 2))
    builder = CnfBuilder()
    cell = np.array(builder.vars(n * n)).reshape(n, n)
    for r, c in product(range(n), repeat=2):
        me = int(cell[r, c])
        near = [int(cell[(r + dr) % n, (c + dc) % n]) for dr, dc in shifts]
        if target[r, c]:
            builder.extend([-x for x in four] for four in combinations(near, 4))  # at most three
            builder.extend(combinations(near, 7))  # at least two
            builder.extend([me, *six] for six in combinations(near, 6))  # three where the cell was dead
        else:
            for three in combinations(near, 3):  # not exactly three
                builder.add(*(-x if x in three else x for x in near))
            for two in combinations(near, 2):  # not two where the cell was alive
                builder.add(-me, *(-x if x in two else x for x in near))
    return builder.build()


def _latin(name: str, title: str, sizes: tuple[int, ...], build: Callable[[int, np.random.Generator], Cnf]) -> Family:
    return Family(name, title, "puzzle", "sat", sizes, build)


FAMILIES = (
    _latin(
        "quasigroup-with-holes",
        "Latin square of order n with 42 % holes",
        (5, 15, 30, 34, 36, 38, 40, 42, 44),
        _quasigroup_with_holes,
    ),
    _latin("sudoku", "36 x 36 sudoku with n holes", (50, 400, 550, 600, 650, 700, 750, 800), _sudoku),
    Family(
        "orthogonal-mate",
        "orthogonal mate of a random Latin square of order n",
        "design",
        "either",
        (6, 7, 8, 9, 10),
        _orthogonal_mate,
    ),
    _latin("edge-matching", "n x n square tiles with n + 1 colours", (3, 4, 5, 6, 7), _edge_matching),
    _latin(
        "life-predecessor", "predecessor of an n x n state of Life", (5, 8, 10, 12, 15, 18, 20, 25), _life_predecessor
    ),
)
