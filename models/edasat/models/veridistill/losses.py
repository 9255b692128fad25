"""What training minimises: errors of the logarithms, and the distance from what the teacher sees."""

from __future__ import annotations

import math
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from edasat.datasets.design_batches import QorBatch

from .keys import Outputs

#: ``mse`` is what VeriDistill was published with (arXiv 2411.00843): squared errors of the answers, and squared
#: distances of the last activations. ``log-cosh``, and the cosine beside the squared distance, are StructRTL's.
Loss = Literal["log-cosh", "mse"]
#: Share of the cosine in the distance of latents, of StructRTL (arXiv 2508.18730).
_TAU = 0.7


def log_cosh(error: Tensor) -> Tensor:
    """Return log cosh of errors: quadratic near 0, linear far away.

    >>> log_cosh(torch.tensor([0.0, 100.0])).tolist()
    [0.0, 99.30685424804688]
    """
    size = error.abs()
    return size + F.softplus(-2 * size) - math.log(2)


def answers(outputs: Outputs, batch: QorBatch, kind: Loss = "log-cosh") -> Tensor:
    """Return the loss of area and delay; every design weighs the same, however many questions it is asked.

    Delays that are not there, NaN, do not count.

    Args:
        kind: of the errors.
    """
    assert batch.log_area is not None and batch.log_delay is not None
    error = torch.stack([outputs.log_area - batch.log_area, outputs.log_delay - batch.log_delay])
    error = torch.where(error.isfinite(), error, 0.0)
    loss = log_cosh(error) if kind == "log-cosh" else error.square()
    questions = torch.bincount(batch.design, minlength=batch.num_designs)
    return (loss.sum(dim=0) / questions[batch.design]).sum() / batch.num_designs


def distance(outputs: Outputs, batch: QorBatch, kind: Loss = "log-cosh") -> Tensor:
    """Return how far the students' latents lie from the teacher's: tau (1 - cos) + (1 - tau) MSE.

    Designs that the teacher did not see do not count.

    Args:
        kind: of :func:`answers`; ``mse`` leaves the cosine out.
    """
    assert batch.teacher_latent is not None
    seen = ~batch.teacher_latent[:, 0].isnan()
    if not seen.any():
        return outputs.latent.sum() * 0
    latent, target = outputs.latent[seen], batch.teacher_latent[seen]
    mse = F.mse_loss(latent, target)
    if kind == "mse":
        return mse
    return _TAU * (1 - F.cosine_similarity(latent, target).mean()) + (1 - _TAU) * mse
