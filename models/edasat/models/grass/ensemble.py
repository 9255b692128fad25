"""A trained ensemble with everything that prediction needs, and its form on disk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import torch
from torch import Tensor

from edasat.core.errors import InputError
from edasat.datasets.formula_graphs import INSTANCE_FEATURES, FormulaBatch
from edasat.sat.features.nodes import CLAUSE_FEATURES, LITERAL_FEATURES

from ..training.weights import load_weights, save_weights
from .neighbours import Neighbours
from .network import Grass, GrassConfig
from .presolve import SYSTEM
from .prior import Gate, Reference
from .runtime import LogNormal, Mixture
from .scheduling import Savings, Schedule, candidate_schedules, expected_costs

#: What this version computes; weights name what they were trained on.
FEATURES: Final[Mapping[str, Sequence[str]]] = {
    "literal": list(LITERAL_FEATURES),
    "clause": list(CLAUSE_FEATURES),
    "instance": list(INSTANCE_FEATURES),
}


@dataclass(frozen=True)
class Settings:
    """What belongs to an ensemble beside its tensors; plain JSON values.

    Attributes:
        engines: names, in the order of the outputs.
        single_best: of the training formulas.
        cutoff_s: CPU time limit of the training runs in seconds.
        config: of every network.
        clause_budget: clauses kept per formula, as in training.
        coverage: share of runtimes that the intervals are to cover.
        quantiles: half-width of each engine's interval in predicted scales.
        presolve: (engine, CPU seconds) pairs run before the choice.
        gate: tells how far the prior counts.
        ood_distance: distance to the training data above which a formula counts as out of distribution.
        features: names of the literal, clause and instance features, to notice weights of another version.
    """

    engines: tuple[str, ...]
    single_best: str
    cutoff_s: float
    config: GrassConfig
    clause_budget: int
    coverage: float
    quantiles: tuple[float, ...]
    presolve: tuple[tuple[str, float], ...]
    gate: Gate
    ood_distance: float
    features: Mapping[str, Sequence[str]] = field(default_factory=lambda: FEATURES)


class Ensemble:
    """Networks of one shape that were trained on different folds, and the runs of the training formulas."""

    def __init__(self, settings: Settings, members: Sequence[Grass], neighbours: Neighbours) -> None:
        self.settings = settings
        self.members = [member.eval() for member in members]
        self.neighbours = neighbours
        self.reference = Reference(neighbours.known.instance_x)
        # Selectors are asked about many formulas with one limit.
        self._costs = lru_cache(maxsize=4)(self._expected_costs)

    @torch.inference_mode()
    def members_on(self, batch: FormulaBatch) -> LogNormal:
        """Return the prediction of every network, (members, formulas, engines)."""
        outputs = [member(batch) for member in self.members]
        return LogNormal(torch.stack([out.mean for out in outputs]), torch.stack([out.scale for out in outputs]))

    @torch.inference_mode()
    def predict(self, batch: FormulaBatch) -> tuple[Mixture, Tensor]:
        """Return the prediction, and the distance to the training data as a multiple of ``ood_distance``.

        The prediction mixes the runs of the training formulas: its parts are (training formulas, 1, engines).
        """
        near = self.neighbours.weights(batch.instance_x, self.members_on(batch).mean.mean(dim=0))
        distance = self.reference.distance(batch.instance_x)
        weights = self.settings.gate.mix(near, torch.full_like(near, 1 / near.shape[1]), distance)
        mixture = Mixture(self.neighbours.runs, weights.t().unsqueeze(2))
        return mixture, distance / self.settings.ood_distance

    def schedules(self, mixture: Mixture, limit_s: float) -> list[Schedule]:
        """Return the schedule to run on each formula of a prediction."""
        candidates, costs = self._costs(limit_s)
        return [candidates[number] for number in Savings.of(mixture, costs).best().tolist()]

    @torch.inference_mode()
    def _expected_costs(self, limit_s: float) -> tuple[list[Schedule], Tensor]:
        engines = self.settings.engines
        candidates = candidate_schedules(len(engines), engines.index(self.settings.single_best), limit_s)
        return candidates, expected_costs(self.neighbours.runs, candidates, limit_s)

    def save(self, folder: str | Path, card: Mapping[str, Any]) -> None:
        """Write weights and card; ``card`` adds sources, command, metrics and limits of use."""
        tensors = self.neighbours.tensors()
        for number, member in enumerate(self.members):
            tensors |= {f"member{number}.{name}": tensor for name, tensor in member.state_dict().items()}
        save_weights(folder, SYSTEM, tensors, {"settings": asdict(self.settings), **card})

    @classmethod
    def load(cls, folder: str | Path | None = None) -> Ensemble:
        """Read weights; ``None`` stands for those shipped with the package.

        Raises:
            InputError: if they are missing, damaged, or made for other features.
        """
        tensors, card = load_weights(folder, SYSTEM)
        try:
            raw = card["settings"]
            settings = Settings(
                **{
                    **raw,
                    "engines": tuple(raw["engines"]),
                    "config": GrassConfig(**raw["config"]),
                    "quantiles": tuple(raw["quantiles"]),
                    "gate": Gate(*raw["gate"]),
                    "presolve": tuple((str(engine), float(seconds)) for engine, seconds in raw["presolve"]),
                }
            )
            count = 1 + max(int(name[len("member") : name.index(".")]) for name in tensors if name.startswith("member"))
            members = []
            for number in range(count):
                prefix = f"member{number}."
                member = Grass(settings.config)
                member.load_state_dict({k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)})
                members.append(member)
            neighbours = Neighbours.from_tensors(tensors, settings.cutoff_s)
        except (KeyError, TypeError, ValueError, RuntimeError) as error:
            raise InputError(
                f"grass.json and grass.safetensors do not fit: {error}", path=str(folder or ""), code="weights-damaged"
            ) from None
        if settings.features != FEATURES:
            raise InputError(
                "the weights were trained on other features than this version computes",
                path=str(folder or ""),
                code="weights-features",
                hint="train again with `edasat train grass`",
            )
        return cls(settings, members, neighbours)
