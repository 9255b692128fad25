"""Runtimes as censored log-normal variables: likelihood, chance to finish, expected cost.

All functions work elementwise. ``mean`` and ``scale`` are those of the natural logarithm of the runtime in CPU
seconds. Runtimes of solvers spread over orders of magnitude and a run that hits the limit tells only that it would
have taken longer, which is what a Tobit model handles; that the logarithm is normal is our choice.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import torch
from torch import Tensor
from torch.special import log_ndtr, ndtr

#: Shorter runtimes count as this many CPU seconds: below it, loading and clock resolution decide.
SHORTEST_S: Final = 0.01

_LOG_SQRT_2PI = 0.5 * math.log(2 * math.pi)


class LogNormal(NamedTuple):
    """Predicted runtimes, one entry per formula and engine (and per ensemble member in front, if there are any).

    Attributes:
        mean: float, (..., formulas, engines).
        scale: float, same shape, positive.
    """

    mean: Tensor
    scale: Tensor

    def solved_by(self, time_s: Tensor | float) -> Tensor:
        """Probability that a run ends within ``time_s`` CPU seconds."""
        return ndtr((_log(time_s, self.mean) - self.mean) / self.scale)

    def expected_until(self, time_s: Tensor | float) -> Tensor:
        """Expected CPU seconds of a run that is stopped after ``time_s``."""
        return self._partial_mean(time_s) + torch.as_tensor(time_s) * (1 - self.solved_by(time_s))

    def expected_par(self, limit_s: float, k: float = 2.0) -> Tensor:
        """Expected PAR-k: the runtime in CPU seconds, ``k * limit_s`` if it exceeds the limit."""
        return self._partial_mean(limit_s) + k * limit_s * (1 - self.solved_by(limit_s))

    def _partial_mean(self, time_s: Tensor | float) -> Tensor:
        """Integral of t times its density from 0 to ``time_s``."""
        # exp and ndtr go together in the exponent: exp(mean + scale^2 / 2) alone overflows for runs of no hope.
        z = (_log(time_s, self.mean) - self.mean) / self.scale - self.scale
        return torch.exp(self.mean + 0.5 * self.scale.square() + log_ndtr(z))


def censored_nll(runtime: LogNormal, observed_s: Tensor, solved: Tensor) -> Tensor:
    """Negative log-likelihood of the runs: the density of the log-runtime if solved, else the chance to take longer.

    Args:
        observed_s: float, as ``runtime.mean``: CPU seconds, the limit where not solved.
        solved: bool, same shape.
    """
    z = (observed_s.clamp(min=SHORTEST_S).log() - runtime.mean) / runtime.scale
    density = 0.5 * z.square() + runtime.scale.log() + _LOG_SQRT_2PI
    return torch.where(solved, density, -log_ndtr(-z))


def _log(time_s: Tensor | float, like: Tensor) -> Tensor:
    return torch.as_tensor(time_s, dtype=like.dtype, device=like.device).log()


class Mixture(NamedTuple):
    """Several log-normal predictions, each with the chance that it is the right one.

    Attributes:
        parts: (parts, formulas, engines), or (parts, 1, engines) where all formulas share them.
        weights: float, (parts, formulas, 1) or (parts, 1, 1); sums to 1 over the parts.
    """

    parts: LogNormal
    weights: Tensor

    @classmethod
    def equal(cls, parts: LogNormal) -> Mixture:
        """Give all parts the same weight."""
        count = len(parts.mean)
        return cls(parts, torch.full((count, 1, 1), 1 / count))

    def solved_by(self, time_s: Tensor | float) -> Tensor:
        """Probability that a run ends within ``time_s`` CPU seconds, (formulas, engines); the same for the next two."""
        return self.average(self.parts.solved_by(time_s))

    def expected_until(self, time_s: Tensor | float) -> Tensor:
        """Expected CPU seconds of a run that is stopped after ``time_s``."""
        return self.average(self.parts.expected_until(time_s))

    def expected_par(self, limit_s: float, k: float = 2.0) -> Tensor:
        """Expected PAR-k in CPU seconds."""
        return self.average(self.parts.expected_par(limit_s, k))

    def moments(self) -> LogNormal:
        """Return the log-normal with the mean and variance of the mixture's log-runtimes, (formulas, engines)."""
        mean = self.average(self.parts.mean)
        variance = self.average(self.parts.scale.square() + (self.parts.mean - mean).square())
        return LogNormal(mean, variance.sqrt())

    def average(self, values: Tensor) -> Tensor:
        """Return the weighted mean over the parts of values shaped (parts, formulas or 1, ...)."""
        flat = values.reshape(*values.shape[:2], -1)
        means = torch.einsum("pf,pfx->fx", self.weights.squeeze(2), flat)
        return means.reshape(len(means), *values.shape[2:])
