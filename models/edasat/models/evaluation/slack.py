"""How well slack was predicted."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Float = npt.NDArray[np.float64]
Int64 = npt.NDArray[np.int64]

_PS = 1e3


@dataclass(frozen=True)
class SlackScore:
    """Errors over the end points of one design, setup or hold.

    Attributes:
        ends: number of end points in both.
        r2: coefficient of determination.
        mae_ps: mean absolute error.
        deviation_ps: standard deviation of the golden slack.
        mae_share: error as a share of that deviation.
        kendall: rank correlation (tau-b).
        recall_top: share of the tenth of end points with the worst golden slack that are in the predicted tenth.
        wns_ns, wns_predicted_ns, tns_ns, tns_predicted_ns: sums over these end points.
        required_mae_ps, arrival_mae_ps: of the worst path at each end point.
    """

    ends: int
    r2: float
    mae_ps: float
    deviation_ps: float
    mae_share: float
    kendall: float
    recall_top: float
    wns_ns: float
    wns_predicted_ns: float
    tns_ns: float
    tns_predicted_ns: float
    required_mae_ps: float
    arrival_mae_ps: float

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return asdict(self)


def match_ends(nodes: npt.NDArray[np.int32], others: npt.NDArray[np.int32]) -> tuple[Int64, Int64]:
    """Return the rows of the nodes that stand in both lists, in each; every list names a node once.

    >>> [rows.tolist() for rows in match_ends(np.array([2, 5, 7], np.int32), np.array([7, 2, 3], np.int32))]
    [[0, 2], [1, 0]]
    """
    _, rows, theirs = np.intersect1d(nodes, others, assume_unique=True, return_indices=True)
    return rows.astype(np.int64), theirs.astype(np.int64)


def score_slack(
    golden: tuple[Float, Float, Float], predicted: tuple[Float, Float, Float], *, share: float = 0.1
) -> SlackScore:
    """Score one design.

    Args:
        golden, predicted: slack, arrival and required time of the same end points, float64 (num_ends,), ns.
        share: of the end points that count as the worst.
    """
    from scipy.stats import kendalltau

    slack, guess = golden[0], predicted[0]
    error = guess - slack
    spread = float(((slack - slack.mean()) ** 2).sum())
    deviation = float(slack.std())
    top = max(1, round(share * len(slack)))
    worst = set(np.argsort(slack, kind="stable")[:top].tolist())
    found = set(np.argsort(guess, kind="stable")[:top].tolist())
    mae = float(np.abs(error).mean())
    return SlackScore(
        ends=len(slack),
        r2=1 - float((error**2).sum()) / spread if spread else float("nan"),
        mae_ps=_PS * mae,
        deviation_ps=_PS * deviation,
        mae_share=mae / deviation if deviation else float("nan"),
        kendall=float(kendalltau(slack, guess).statistic),
        recall_top=len(worst & found) / top,
        wns_ns=float(min(0.0, slack.min())),
        wns_predicted_ns=float(min(0.0, guess.min())),
        tns_ns=float(np.minimum(slack, 0.0).sum()),
        tns_predicted_ns=float(np.minimum(guess, 0.0).sum()),
        required_mae_ps=_PS * float(np.abs(predicted[2] - golden[2]).mean()),
        arrival_mae_ps=_PS * float(np.abs(predicted[1] - golden[1]).mean()),
    )
