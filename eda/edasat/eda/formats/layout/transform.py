"""Orientations: turning and mirroring points and boxes (LEF/DEF 5.8 reference, "Specifying orientation").

All eight are an optional mirroring at the y axis (``F``) followed by quarter turns to the left: N none, W one, S two,
E three.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Small = npt.NDArray[np.uint8]

#: For each orientation, the matrix that takes (x, y) to its turned place.
_MATRICES = np.array(
    [
        [[1, 0], [0, 1]],  # N
        [[0, -1], [1, 0]],  # W
        [[-1, 0], [0, -1]],  # S
        [[0, 1], [-1, 0]],  # E
        [[-1, 0], [0, 1]],  # FN
        [[0, 1], [1, 0]],  # FW
        [[1, 0], [0, -1]],  # FS
        [[0, -1], [-1, 0]],  # FE
    ]
)


def turn_points(x: Any, y: Any, orientation: Small) -> tuple[Any, Any]:
    """Turn points around the origin; x and y of the orientation's length.

    >>> [int(value) for value in np.concatenate(turn_points(np.array([3]), np.array([1]), np.array([1], np.uint8)))]
    [-1, 3]
    """
    matrix = _MATRICES[orientation]
    return matrix[:, 0, 0] * x + matrix[:, 0, 1] * y, matrix[:, 1, 0] * x + matrix[:, 1, 1] * y


def turn_boxes(boxes: Any, orientation: Small) -> Any:
    """Turn boxes x1, y1, x2, y2, (n, 4), around the origin; return them with x1 <= x2 and y1 <= y2."""
    x1, y1 = turn_points(boxes[:, 0], boxes[:, 1], orientation)
    x2, y2 = turn_points(boxes[:, 2], boxes[:, 3], orientation)
    return np.stack([np.minimum(x1, x2), np.minimum(y1, y2), np.maximum(x1, x2), np.maximum(y1, y2)], axis=1)


def place_points(x: Any, y: Any, width: Any, height: Any, orientation: Small) -> tuple[Any, Any]:
    """Turn points of cells, and move each cell's lower left corner back to the origin, as DEF places it.

    Args:
        x, y: (n,): points in the cell as drawn, whose lower left corner is the origin.
        width, height: (n,): of the cell as drawn.
        orientation: uint8, (n,).
    """
    corner_x, corner_y = turn_points(width, height, orientation)  # the corner opposite to the origin
    turned_x, turned_y = turn_points(x, y, orientation)
    return turned_x - np.minimum(corner_x, 0), turned_y - np.minimum(corner_y, 0)
