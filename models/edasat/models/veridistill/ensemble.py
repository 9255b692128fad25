"""Networks of one kind with what their answers need: intervals, and limits of what they were trained on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from edasat.datasets.design_batches import QorBatch
from edasat.datasets.text_embeddings import ModelIdentity

from ..layers.pooling import segment_index, segment_softmax
from .keys import LATENT, Outputs
from .network import NetworkConfig, QorNetwork, build_network

FloatArray = npt.NDArray[np.float64]


class Answers(NamedTuple):
    """What an ensemble says of B questions on D designs.

    Attributes:
        logs: float64, (B, 2): logarithms of area and delay in units of the library.
        distance: float64, (D,): how far each design lies from those of the training; above 1 it is unlike them.
    """

    logs: FloatArray
    distance: FloatArray


@dataclass(frozen=True)
class EnsembleSettings:
    """What belongs to an ensemble beside its tensors; plain JSON values.

    Attributes:
        config: of every member.
        coverage: share of the designs that the intervals are to cover.
        half_widths: of the intervals of the logarithms of area and delay.
        farthest: Mahalanobis distance of latents above which a design is unlike those of the training.
        largest: log area of the largest design of the training.
        delays: log delays that answers are kept between: those of the training, with a factor of four on both sides.
            A chain of loops that is misread from text would otherwise multiply up to any delay.
        seen: kinds of nodes that the training designs hold, by number; empty for text.
        language_model: whose vectors the members read, if they read any.
    """

    config: NetworkConfig
    coverage: float = 0.9
    half_widths: tuple[float, float] = (float("inf"), float("inf"))
    farthest: float = float("inf")
    largest: float = float("inf")
    delays: tuple[float, float] = (-100.0, 100.0)  # no bound: JSON has no infinity
    seen: tuple[int, ...] = ()
    language_model: ModelIdentity | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, for model cards."""
        return asdict(self)

    @classmethod
    def from_dict(cls, raw: Mapping[str, Any]) -> EnsembleSettings:
        """Read :meth:`to_dict`."""
        area, delay = raw["half_widths"]
        shortest, longest = raw["delays"]
        return cls(
            NetworkConfig(**raw["config"]),
            float(raw["coverage"]),
            (float(area), float(delay)),
            float(raw["farthest"]),
            float(raw["largest"]),
            (float(shortest), float(longest)),
            tuple(int(kind) for kind in raw["seen"]),
            ModelIdentity.from_dict(model) if (model := raw.get("language_model")) is not None else None,
        )


class QorEnsemble:
    """Networks of one shape, each trained without other families.

    Args:
        members: the networks.
        centre: float, (LATENT,): mean latent of the training designs, as the first member sees them.
        precision: float, (LATENT, LATENT): inverse covariance of these.
    """

    def __init__(
        self,
        settings: EnsembleSettings,
        members: Sequence[QorNetwork],
        centre: Tensor | None = None,
        precision: Tensor | None = None,
    ) -> None:
        self.settings = settings
        self.members = [member.eval() for member in members]
        self.centre = torch.zeros(LATENT) if centre is None else centre
        self.precision = torch.zeros(LATENT, LATENT) if precision is None else precision

    @torch.inference_mode()
    def answer(self, batch: QorBatch) -> Answers:
        """Return the mean of the members' answers."""
        outputs: list[Outputs] = [member(batch) for member in self.members]
        area = torch.stack([one.log_area for one in outputs]).mean(dim=0)
        delay = torch.stack([one.log_delay for one in outputs]).mean(dim=0).clamp(*self.settings.delays)
        distance = self.mahalanobis(outputs[0].latent) / self.settings.farthest
        return Answers(torch.stack([area, delay], dim=1).double().numpy(), distance.double().numpy())

    @torch.inference_mode()
    def shares(self, batch: QorBatch) -> FloatArray:
        """Return the share of the area that each token or node of one design has, for its first question.

        Args:
            batch: of one design.

        Returns:
            float64, (N,), summing to 1.
        """
        total: Tensor | int = 0
        for member in self.members:
            encoding = member.encoder(batch)
            parts = member.head.weighted(encoding.log_shares, batch.conditions[:1])
            one_design = segment_index([len(parts)], parts.device)
            total = total + segment_softmax(torch.logsumexp(parts, dim=1), one_design, 1)
        assert isinstance(total, Tensor)
        return (total / len(self.members)).double().numpy()

    def mahalanobis(self, latent: Tensor) -> Tensor:
        """Return the distance of latents, (D, LATENT), from those of the training."""
        gap = latent - self.centre
        return torch.einsum("di,ij,dj->d", gap, self.precision, gap).clamp(min=0).sqrt()

    def tensors(self) -> dict[str, Tensor]:
        """Return everything to store."""
        found = {"centre": self.centre, "precision": self.precision}
        for number, member in enumerate(self.members):
            found |= {f"member{number}.{name}": tensor for name, tensor in member.state_dict().items()}
        return found

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, Tensor], settings: EnsembleSettings) -> QorEnsemble:
        """Read :meth:`tensors`.

        Raises:
            KeyError, RuntimeError: if tensors are missing or of another shape.
        """
        members: list[QorNetwork] = []
        while prefix := f"member{len(members)}.":
            state = {name.removeprefix(prefix): x for name, x in tensors.items() if name.startswith(prefix)}
            if not state:
                break
            member = build_network(settings.config)
            member.load_state_dict(state)
            members.append(member)
        if not members:
            raise KeyError("member0")
        return cls(settings, members, tensors["centre"], tensors["precision"])


def latent_statistics(latents: Tensor, shrinkage: float = 0.1) -> tuple[Tensor, Tensor]:
    """Return mean and inverse covariance of latents, (designs, LATENT); the covariance is shrunk to its diagonal."""
    centre = latents.mean(dim=0)
    covariance = torch.cov(latents.T)
    diagonal = covariance.diagonal().clamp(min=1e-6).diag()
    return centre, torch.linalg.inv((1 - shrinkage) * covariance + shrinkage * diagonal)
