"""Area and delay of Verilog: what `edasat qor predict` calls."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

Network = Literal["text", "graph", "text+graph"]


class LineShare(NamedTuple):
    """What one line of the design costs.

    Attributes:
        file: as the user named it.
        line: from 1.
        area_share: share of the predicted area, in [0, 1]; shares of all lines add up to at most 1.
    """

    file: str
    line: int
    area_share: float


@dataclass(frozen=True)
class QorPrediction:
    """Area and delay that a network expects.

    Attributes:
        area_um2: area in um2.
        area_interval: where the area lies with the probability of :data:`COVERAGE`.
        delay_ps: delay of the longest path in ps.
        delay_interval: where the delay lies, likewise.
        network: the network that answered.
        out_of_distribution: the design is unlike those of the training; :attr:`reasons` says how.
        reasons: sentences, empty where the design is like those of the training.
        lines: lines that cost area, the largest share first.
        timings: CPU seconds by step: ``text``, ``yosys``, ``graph``, ``model``; those that were needed.
    """

    area_um2: float
    area_interval: tuple[float, float]
    delay_ps: float
    delay_interval: tuple[float, float]
    network: Network
    out_of_distribution: bool
    reasons: Sequence[str]
    lines: Sequence[LineShare] = field(repr=False)
    timings: dict[str, float] = field(default_factory=dict)

    @property
    def cpu_s(self) -> float:
        """CPU seconds in all."""
        return sum(self.timings.values())
