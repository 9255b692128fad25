"""Slack before routing: wires by the network, timing by the exact engine, intervals by conformal prediction."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import torch

from edasat.datasets.timing.forest import Forest
from edasat.datasets.timing.wires import PlacedWires
from edasat.eda.timing.design import Design
from edasat.eda.timing.graph import LATE
from edasat.eda.timing.result import StaResult
from edasat.eda.timing.wires import RcNetwork, no_wires

from ..training.weights import load_weights
from .network import WireConfig, WireNetwork
from .prediction import EndTimes, SlackPrediction

Float = npt.NDArray[np.float64]

SYSTEM: Final = "e2eslack"
#: What an end point's wires make uncertain at the least, as a share of the clock period.
FLOOR: Final = 0.002
#: A design is unlike the training layouts when more than this share of its nets lies outside their range.
_UNLIKE: Final = 0.02


class WirePredictor:
    """Networks whose wires are averaged.

    Args:
        networks: trained with different seeds; all with the same libraries.
    """

    def __init__(self, networks: Sequence[WireNetwork]) -> None:
        self.networks = [network.eval() for network in networks]

    @property
    def libraries(self) -> tuple[str, ...]:
        """Names of the libraries that the networks know."""
        return self.networks[0].config.libraries

    def library_number(self, name: str) -> int:
        """Return the number of a library; all unknown ones share the last."""
        return self.libraries.index(name) if name in self.libraries else len(self.libraries)

    @torch.no_grad()
    def wires(self, placed: PlacedWires, forest: Forest) -> RcNetwork:
        """Return predicted wires; ``forest`` is that of ``placed``."""
        found = [network(forest) for network in self.networks]
        capacitance = torch.stack([wires.capacitance for wires in found]).mean(dim=0).double().numpy()
        resistance = torch.stack([wires.resistance for wires in found]).mean(dim=0).double().numpy()
        network = placed.trees.network(np.zeros_like(capacitance), resistance, "predicted")
        return replace(network, capacitance=capacitance)

    def unlike(self, forest: Forest) -> float:
        """Return the share of nets with a feature more than five deviations from the training nets' mean."""
        network = self.networks[0]
        z = ((forest.net - network.net_mean) / network.net_std)[forest.driven]
        return float((z.abs() > 5).any(dim=1).double().mean()) if len(z) else 0.0


@dataclass(frozen=True)
class Calibration:
    """Quantiles of errors of held-out designs, relative to what wires contribute; see :func:`uncertainty`.

    Attributes:
        coverage: share of outcomes that intervals cover.
        setup, hold: for the slack of end points.
        wns, tns: for the two sums, of setup.
    """

    coverage: float
    setup: float
    hold: float
    wns: float
    tns: float


@dataclass(frozen=True, eq=False)
class PredictedSlack:
    """A prediction.

    Attributes:
        result: of the exact engine with predicted wires: end points, worst paths, everything that it reports.
        without_wires: its end points if wires cost nothing.
        calibration: of the intervals.
        library_known: the cell library was in training.
        unlike: share of nets outside the range of the training layouts.
        seconds: wall time: "read" of the files, "join", "graph" of the nets, "predict", "analyse".
    """

    result: StaResult
    without_wires: SlackPrediction
    calibration: Calibration | None
    library_known: bool
    unlike: float
    seconds: Mapping[str, float]

    @cached_property
    def ends(self) -> SlackPrediction:
        """End points with predicted wires."""
        return SlackPrediction.of(self.result.timing.ends)

    @property
    def out_of_distribution(self) -> bool:
        """Whether the library or the nets are unlike anything in training: intervals may be too narrow."""
        return not self.library_known or self.unlike > _UNLIKE

    def half_widths(self, early_late: int) -> Float:
        """Return half the width of the interval around each end point's slack, (num_endpoints,), ns; NaN if unknown."""
        ends, plain = (side.late if early_late == LATE else side.early for side in (self.ends, self.without_wires))
        scale = uncertainty(ends, plain, self.period)
        if self.calibration is None:
            return np.full(len(scale), np.nan)
        return scale * (self.calibration.setup if early_late == LATE else self.calibration.hold)

    @property
    def period(self) -> float:
        """Shortest clock period, ns; 1 without clocks."""
        return min((clock.period for clock in self.result.design.constraints.clocks), default=1.0)

    def sum_intervals(self) -> dict[str, tuple[float, float]]:
        """Return the intervals of "wns" and "tns" of setup, ns."""
        ends, scale = self.ends.late, uncertainty(self.ends.late, self.without_wires.late, self.period)
        if self.calibration is None or not len(ends):
            return {}
        wns = self.calibration.wns * worst_uncertainty(ends, scale)
        tns = self.calibration.tns * total_uncertainty(ends, scale)
        return {
            "wns": (ends.wns - wns, min(0.0, ends.wns + wns)),
            "tns": (ends.tns - tns, min(0.0, ends.tns + tns)),
        }


def uncertainty(ends: EndTimes, plain: EndTimes, period: float) -> Float:
    """Return what errors are measured by, (num_endpoints,), ns: what wires change about the slack, and a floor.

    Args:
        ends, plain: with predicted wires and without any; of the same end points.
        period: ns.
    """
    return np.asarray(np.abs(ends.slack - plain.slack) + FLOOR * period, np.float64)


def worst_uncertainty(ends: EndTimes, scale: Float) -> float:
    """Return the uncertainty of the end point with the worst slack."""
    return float(scale[ends.slack.argmin()]) if len(ends) else 0.0


def total_uncertainty(ends: EndTimes, scale: Float) -> float:
    """Return the uncertainty of the total negative slack: of the end points that fail, or may."""
    return float(scale[ends.slack < scale].sum())


class SlackPredictor:
    """Predicts slack of placed designs.

    Args:
        wires: the networks.
        calibration: of intervals, or None.
    """

    def __init__(self, wires: WirePredictor, calibration: Calibration | None = None) -> None:
        self.wires = wires
        self.calibration = calibration

    @classmethod
    def load(cls, folder: str | Path | None = None) -> SlackPredictor:
        """Load released weights; None stands for those that ship.

        Raises:
            InputError: if they are missing or damaged.
        """
        tensors, card = load_weights(folder, SYSTEM)
        networks = []
        for member in range(card["members"]):
            network = WireNetwork(WireConfig(**{**card["config"], "libraries": tuple(card["config"]["libraries"])}))
            prefix = f"{member}."
            state = {name.removeprefix(prefix): part for name, part in tensors.items() if name.startswith(prefix)}
            network.load_state_dict(state)
            networks.append(network)
        calibration = card["calibration"]
        return cls(WirePredictor(networks), Calibration(**calibration) if calibration else None)

    def predict(self, design: Design, library: str | None = None) -> PredictedSlack:
        """Predict a placed design; its wires do not count.

        Args:
            design: with placement and LEF.
            library: name of its cell library, as in training; None: by the name in the Liberty file.

        Raises:
            InputError: if it has no placement or no LEF.
        """
        started = time.perf_counter()
        placed = PlacedWires.of(design)
        grown = time.perf_counter()
        name = library if library is not None else self.known_library(design.graph.library.name)
        number = self.wires.library_number(name)
        forest = placed.forest(number)
        wires = self.wires.wires(placed, forest)
        predicted = time.perf_counter()
        result = StaResult.of(replace(design, wires=wires))
        plain = SlackPrediction.of(design.timer.run(no_wires(design.graph)).ends)
        seconds = {
            **{part: design.seconds[part] for part in ("read", "join")},
            "graph": grown - started,
            "predict": predicted - grown,
            "analyse": time.perf_counter() - predicted,
        }
        return PredictedSlack(
            result=result,
            without_wires=plain,
            calibration=self.calibration,
            library_known=number < len(self.wires.libraries),
            unlike=self.wires.unlike(forest),
            seconds=seconds,
        )

    def known_library(self, liberty_name: str) -> str:
        """Return the library in training that a Liberty file's name begins like, or the name itself.

        >>> SlackPredictor(WirePredictor([WireNetwork(WireConfig(libraries=("sky130hd",)))])).known_library("osu")
        'osu'
        """
        plain = "".join(filter(str.isalnum, liberty_name.lower()))
        for name in self.wires.libraries:
            if plain.startswith(LIBERTY_NAMES.get(name, name)):
                return name
        return liberty_name


#: How the names in the Liberty files of a library begin, small letters and digits alone.
LIBERTY_NAMES: Final[Mapping[str, str]] = {"nangate45": "nangateopencelllibrary", "sky130hd": "sky130fdschd"}


def weights_of(networks: Sequence[WireNetwork]) -> dict[str, Any]:
    """Return the tensors of an ensemble by their names in the weights file."""
    return {f"{i}.{name}": part for i, network in enumerate(networks) for name, part in network.state_dict().items()}
