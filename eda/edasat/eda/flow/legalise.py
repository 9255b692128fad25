"""Legal places in rows: cells on sites, without overlap, in the order in which the placer put them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Int64 = npt.NDArray[np.int64]


def legal_row(wanted: npt.NDArray[np.float64], widths: Int64, row_sites: int) -> Int64:
    """Return the leftmost site of each cell of one row: the order is kept, and each cell stays near its wish.

    The wishes are pushed apart from the left, and what then stands too far right is pushed back from the right end.

    Args:
        wanted: float64, (n,): where each cell's left edge should be, in sites.
        widths: int64, (n,): in sites; together at most ``row_sites``.
        row_sites: length of the row.

    Returns:
        int64, (n,): leftmost sites.

    >>> legal_row(np.array([0.2, 1.1, 9.0]), np.array([2, 2, 3]), 10).tolist()
    [0, 2, 7]
    """
    order = np.argsort(wanted, kind="stable")
    width = widths[order]
    before = np.cumsum(width) - width  # sites of the cells to the left
    # With the widths taken out of the coordinates, "no overlap" means "not decreasing".
    free = np.maximum.accumulate(np.maximum(np.rint(wanted[order]).astype(np.int64) - before, 0))
    left = np.empty(len(wanted), np.int64)
    left[order] = np.minimum(free, row_sites - int(width.sum())) + before
    return left


def legal_places(
    wanted: npt.NDArray[np.float64], row: Int64, widths: Int64, num_rows: int, row_sites: int
) -> tuple[Int64, Int64]:
    """Return row and leftmost site of every cell; what a row has no room for goes to the nearest that has.

    Args:
        wanted: float64, (n,): left edges in sites.
        row: int64, (n,): rows as the placer chose them.
        widths: int64, (n,): in sites.
        num_rows, row_sites: the rows; together they must hold all cells with at most one cell's width lost in each.

    Raises:
        ValueError: if a cell finds no room.
    """
    row = row.copy()
    filled = np.bincount(row, widths, num_rows).astype(np.int64)
    for full in np.flatnonzero(filled > row_sites):
        members = np.flatnonzero(row == full)
        for cell in members[np.argsort(widths[members], kind="stable")]:  # small cells find room most easily
            if filled[full] <= row_sites:
                break
            room = np.flatnonzero(filled + widths[cell] <= row_sites)
            if not len(room):
                raise ValueError("the rows are too full for this placement")
            target = room[np.argmin(np.abs(room - full))]
            filled[full] -= widths[cell]
            filled[target] += widths[cell]
            row[cell] = target
    left = np.empty(len(row), np.int64)
    for number in range(num_rows):
        members = np.flatnonzero(row == number)
        left[members] = legal_row(wanted[members], widths[members], row_sites)
    return row, left
