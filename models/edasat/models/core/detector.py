"""Predicting the core of a formula: what `edasat sat core` calls."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from edasat.core.errors import InputError
from edasat.datasets.cores_data import graph_hints, hinted_batch
from edasat.datasets.formula_graphs import FormulaGraph, formula_graph
from edasat.sat.cnf import Cnf
from edasat.sat.dimacs import read_dimacs
from edasat.sat.features.hints import CLAUSE_HINTS, search_score
from edasat.sat.features.nodes import CLAUSE_FEATURES, LITERAL_FEATURES

from ..training.isotonic import Isotonic
from ..training.weights import load_weights, save_weights
from .network import CoreConfig, CoreNet

SYSTEM: Final = "core"
#: Names of all inputs; weights trained on others are refused.
INPUTS: Final = [*LITERAL_FEATURES, *CLAUSE_FEATURES, *CLAUSE_HINTS]
#: Share of the expected core that the clauses tried first hold.
COVERAGE: Final = 0.98

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class CorePrediction:
    """How likely each clause is part of a core.

    Attributes:
        name: file or instance.
        scores: float64, (num_clauses,): what ranks the clauses; logits, plus the weighted say of the short searches.
        probabilities: float64, (num_clauses,): calibrated on formulas that training did not see.
        timings: CPU seconds of ``graph`` (with features), ``hints`` and ``model``.
    """

    name: str
    scores: FloatArray = field(repr=False)
    probabilities: FloatArray = field(repr=False)
    timings: dict[str, float]

    @property
    def cpu_s(self) -> float:
        """CPU seconds in all."""
        return sum(self.timings.values())

    def prefix(self, coverage: float = COVERAGE) -> int:
        """Return how many of the clauses ranked first hold this share of the expected core."""
        expected = np.cumsum(self.probabilities[self.ranking])
        return int(np.searchsorted(expected, coverage * expected[-1])) + 1 if len(expected) else 0

    @property
    def ranking(self) -> npt.NDArray[np.int64]:
        """int64, (num_clauses,): clauses, the likeliest first."""
        return np.argsort(-self.scores, kind="stable")


class CoreDetector:
    """A trained network, beside which the short searches have a say, with its calibration.

    Args:
        network: reads the whole formula.
        search_weight: logits that a clause gains if all cores drawn by the short searches hold it; see :meth:`scores`.
        calibration: from logits to probabilities.
    """

    def __init__(self, network: CoreNet, search_weight: float, calibration: Isotonic) -> None:
        self.network, self.search_weight, self.calibration = network.eval(), search_weight, calibration

    @torch.inference_mode()
    def logits(self, graph: FormulaGraph, hints: npt.NDArray[np.float32]) -> FloatArray:
        """Return what the network says of each clause, (num_clauses,)."""
        return self.network(hinted_batch([graph], [hints])).double().numpy()

    def scores(self, logits: FloatArray, hints: npt.NDArray[np.float32]) -> FloatArray:
        """Return what ranks the clauses, (num_clauses,).

        The network reads the hints as well, but on formulas unlike those of its training they rank better than it does:
        the sum keeps what each knows. Probabilities come from the network alone, which knows better how large a core
        is.
        """
        return logits + self.search_weight * search_score(hints)

    def predict(self, formula: str | Path | Cnf) -> CorePrediction:
        """Score the clauses of a formula, whether it is unsatisfiable or not.

        Raises:
            InputError: if a file is damaged.
        """
        cnf = formula if isinstance(formula, Cnf) else read_dimacs(formula)
        start = time.process_time()
        graph = formula_graph(cnf)
        built = time.process_time()
        hints = graph_hints(graph)
        hinted = time.process_time()
        logits = self.logits(graph, hints)
        probabilities = self.calibration(logits)
        scores = self.scores(logits, hints)
        done = time.process_time()
        timings = {"graph": built - start, "hints": hinted - built, "model": done - hinted}
        return CorePrediction(cnf.name, scores, probabilities, timings)

    def save(self, folder: str | Path, card: dict[str, Any]) -> None:
        """Write weights and card; ``card`` tells what the network does not know about itself."""
        tensors: dict[str, Tensor] = self.network.state_dict()
        settings = {
            "config": self.network.config.to_dict(),
            "search_weight": self.search_weight,
            "calibration": self.calibration.to_dict(),
            "inputs": INPUTS,
        }
        save_weights(folder, SYSTEM, tensors, {**card, "settings": settings})

    @classmethod
    def load(cls, folder: str | Path | None = None) -> CoreDetector:
        """Read weights; ``None`` stands for those shipped with the package.

        Raises:
            InputError: if they are missing or damaged, or were trained on other inputs.
        """
        tensors, card = load_weights(folder, SYSTEM)
        try:
            settings = card["settings"]
            network = CoreNet(CoreConfig(**settings["config"]))
            network.load_state_dict(tensors)
            search_weight = float(settings["search_weight"])
            calibration = Isotonic.from_dict(settings["calibration"])
            inputs = settings["inputs"]
        except (KeyError, TypeError, ValueError, RuntimeError) as error:
            raise InputError(
                f"core.json and core.safetensors do not fit: {error}", path=str(folder or ""), code="weights-damaged"
            ) from None
        if inputs != INPUTS:
            raise InputError(
                "the weights were trained on other features than this version computes",
                path=str(folder or ""),
                code="weights-features",
                hint="train again with `edasat train core`",
            )
        return cls(network, search_weight, calibration)
