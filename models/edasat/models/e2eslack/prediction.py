"""What models of slack before routing answer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from edasat.eda.timing.ends import Ends
from edasat.eda.timing.graph import EARLY, LATE

Float = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class EndTimes:
    """The worst path end of every constrained end point, for setup or for hold.

    Attributes:
        node: int32, (num_endpoints,): in the design's pin graph, rising.
        slack, arrival, required: float64, (num_endpoints,), ns.
    """

    node: npt.NDArray[np.int32]
    slack: Float
    arrival: Float
    required: Float

    @classmethod
    def of(cls, ends: Ends, early_late: int) -> EndTimes:
        """Take the worst end of each end point."""
        rows = ends.worst_rows(early_late)
        rows = rows[np.argsort(ends.node[rows])]
        return cls(ends.node[rows], ends.slack[rows], ends.arrival[rows], ends.required[rows])

    def __len__(self) -> int:
        return len(self.node)

    @property
    def wns(self) -> float:
        """Worst negative slack, ns: the worst slack, 0 when all are met."""
        return float(min(0.0, self.slack.min(initial=0.0)))

    @property
    def tns(self) -> float:
        """Total negative slack, ns."""
        return float(np.minimum(0.0, self.slack).sum())


@dataclass(frozen=True, eq=False)
class SlackPrediction:
    """Predicted end points of one design.

    Attributes:
        early: against hold, removal and smallest delays.
        late: against setup, recovery and largest delays.
    """

    early: EndTimes
    late: EndTimes

    @classmethod
    def of(cls, ends: Ends) -> SlackPrediction:
        """Take the worst ends of an analysis."""
        return cls(EndTimes.of(ends, EARLY), EndTimes.of(ends, LATE))
