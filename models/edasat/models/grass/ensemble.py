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
from .network import Grass, GrassConfig
from .presolve import SYSTEM
from .prior import Gate, Reference, with_prior
from .runtime import LogNormal, Mixture

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
        cutoff_s: CPU time limit of the training runs in seconds.
        config: of every member.
        clause_budget: clauses kept per formula, as in training.
        coverage: share of runtimes that the intervals are to cover.
        quantiles: half-width of each engine's interval in predicted scales.
        presolve: (engine, CPU seconds) pairs run before the choice.
        prior_mean: mean of each engine's log-runtime in general; see :mod:`edasat.models.grass.prior`.
        prior_scale: its scale.
        gate: tells how far the prior counts.
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
    prior_mean: tuple[float, ...]
    prior_scale: tuple[float, ...]
    gate: Gate
    ood_distance: float
    features: Mapping[str, Sequence[str]] = field(default_factory=lambda: FEATURES)


class Ensemble:
    """Members of one shape that were trained on different folds."""

    def __init__(self, settings: Settings, members: Sequence[Grass], reference: Reference) -> None:
        self.settings = settings
        self.members = [member.eval() for member in members]
        self.reference = reference

    @torch.inference_mode()
    def members_on(self, batch: FormulaBatch) -> LogNormal:
        """Return the prediction of every member, (members, formulas, engines)."""
        outputs = [member(batch) for member in self.members]
        return LogNormal(torch.stack([out.mean for out in outputs]), torch.stack([out.scale for out in outputs]))

    @torch.inference_mode()
    def predict(self, batch: FormulaBatch) -> tuple[Mixture, Tensor]:
        """Return the prediction, and the distance to the training data as a multiple of ``ood_distance``."""
        distance = self.reference.distance(batch.instance_x)
        mixture = with_prior(self.members_on(batch), self.prior, self.settings.gate, distance)
        return mixture, distance / self.settings.ood_distance

    @property
    def prior(self) -> LogNormal:
        """Runtimes of training formulas in general, (engines,)."""
        return LogNormal(torch.tensor(self.settings.prior_mean), torch.tensor(self.settings.prior_scale))

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
                    "prior_mean": tuple(raw["prior_mean"]),
                    "prior_scale": tuple(raw["prior_scale"]),
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
