"""A trained ensemble with everything that prediction needs, and its form on disk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

import torch
from torch import Tensor

from edasat.core.errors import InputError
from edasat.datasets.formula_graphs import INSTANCE_FEATURES, FormulaBatch
from edasat.sat.features.nodes import CLAUSE_FEATURES, LITERAL_FEATURES

from ..training.weights import load_weights, save_weights
from .network import Grass, GrassConfig, squash
from .presolve import SYSTEM
from .runtime import LogNormal

#: Neighbours whose mean distance tells how far a formula lies from the training data.
_NEIGHBOURS: Final = 3
#: What this version computes; weights name what they were trained on.
FEATURES: Final[Mapping[str, Sequence[str]]] = {
    "literal": list(LITERAL_FEATURES),
    "clause": list(CLAUSE_FEATURES),
    "instance": list(INSTANCE_FEATURES),
}
#: Standardised features are cut here in distances, so that one odd feature alone does not decide.
_CLIP: Final = 8.0


@dataclass(frozen=True)
class Settings:
    """What belongs to an ensemble beside its tensors; plain JSON values.

    Attributes:
        engines: names, in the order of the outputs.
        cutoff_s: CPU time limit of the training runs in seconds.
        config: of every member.
        clause_budget: clauses kept per formula, as in training.
        coverage: share of runtimes that the intervals are to cover.
        quantiles: half-width of each engine's interval in predicted scales.
        presolve: (engine, CPU seconds) pairs run before the choice.
        ood_distance: distance to the training data above which a formula counts as out of distribution.
        features: names of the literal, clause and instance features, to notice weights of another version.
    """

    engines: tuple[str, ...]
    cutoff_s: float
    config: GrassConfig
    clause_budget: int
    coverage: float
    quantiles: tuple[float, ...]
    presolve: tuple[tuple[str, float], ...]
    ood_distance: float
    features: Mapping[str, Sequence[str]] = field(default_factory=lambda: FEATURES)


class Reference:
    """Instance features of the training formulas, and the distance of others to them.

    Args:
        features: float, (formulas, NUM_INSTANCE_FEATURES), raw.
    """

    def __init__(self, features: Tensor) -> None:
        self.features = features
        squashed = squash(features)
        self._mean = squashed.mean(dim=0)
        self._std = squashed.std(dim=0, correction=0).clamp(min=0.05)
        self._points = self._standardise(features)

    def distance(self, instance_x: Tensor) -> Tensor:
        """Mean distance to the nearest training formulas, float (formulas,), per root of the number of features."""
        return self._nearest(torch.cdist(self._standardise(instance_x), self._points))

    def own_distances(self) -> Tensor:
        """The same of each training formula to the others."""
        distances = torch.cdist(self._points, self._points)
        return self._nearest(distances.fill_diagonal_(torch.inf))

    def _standardise(self, instance_x: Tensor) -> Tensor:
        return ((squash(instance_x) - self._mean) / self._std).clamp(-_CLIP, _CLIP)

    def _nearest(self, distances: Tensor) -> Tensor:
        count = min(_NEIGHBOURS, max(1, len(self._points) - 1))
        nearest = distances.topk(count, dim=1, largest=False).values.mean(dim=1)
        return nearest / self._points.shape[1] ** 0.5


class Ensemble:
    """Members of one shape that were trained on different folds."""

    def __init__(self, settings: Settings, members: Sequence[Grass], reference: Reference) -> None:
        self.settings = settings
        self.members = [member.eval() for member in members]
        self.reference = reference

    @torch.inference_mode()
    def predict(self, batch: FormulaBatch) -> LogNormal:
        """Return the prediction of every member, (members, formulas, engines)."""
        outputs = [member(batch) for member in self.members]
        return LogNormal(torch.stack([out.mean for out in outputs]), torch.stack([out.scale for out in outputs]))

    def save(self, folder: str | Path, card: Mapping[str, Any]) -> None:
        """Write weights and card; ``card`` adds sources, command, metrics and limits of use."""
        tensors = {"reference.instance_x": self.reference.features}
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
            reference = Reference(tensors["reference.instance_x"])
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
        return cls(settings, members, reference)
