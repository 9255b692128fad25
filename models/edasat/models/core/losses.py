"""What training minimises. Every formula weighs the same, however many clauses it has."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from edasat.datasets.formula_graphs import FormulaBatch

#: Pairs drawn per formula and step.
_PAIRS = 2048


def cross_entropy(logits: Tensor, batch: FormulaBatch) -> Tensor:
    """Binary cross-entropy, averaged over the clauses of each formula and then over formulas; keeps odds honest."""
    assert batch.in_core is not None
    loss = F.binary_cross_entropy_with_logits(logits, batch.in_core.float(), reduction="none")
    return torch.stack([part.mean() for part in torch.split(loss, batch.clauses_per_formula)]).mean()


def ranking(logits: Tensor, batch: FormulaBatch) -> Tensor:
    """Logistic loss on random pairs of a core clause and another of the same formula.

    Cross-entropy hardly notices the order within a formula whose core is a hundredth of it; this does, at any base
    rate. Formulas without such pairs count nothing.
    """
    assert batch.in_core is not None
    losses = []
    for scores, in_core in zip(
        torch.split(logits, batch.clauses_per_formula),
        torch.split(batch.in_core, batch.clauses_per_formula),
        strict=True,
    ):
        core, other = scores[in_core], scores[~in_core]
        if len(core) and len(other):
            first = core[torch.randint(len(core), (_PAIRS,), device=core.device)]
            second = other[torch.randint(len(other), (_PAIRS,), device=core.device)]
            losses.append(F.softplus(second - first).mean())
    return torch.stack(losses).mean() if losses else logits.sum() * 0
