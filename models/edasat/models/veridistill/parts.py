"""From what an encoder says of the parts of designs to what it says of the designs."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from ..layers.pooling import segment_index, segment_logsumexp, segment_softmax, segment_sum
from .keys import Encoding


def encode(state: Tensor, log_shares: Tensor, log_delay: Tensor, late: Tensor, counts: Sequence[int]) -> Encoding:
    """Return the encoding of D designs made of N parts: amounts summed, and states pooled in three ways.

    States are pooled evenly, by the parts' areas, and by what the delay depends on.

    Args:
        state: float, (N, hidden).
        log_shares: float, (N, NUM_KINDS): see :class:`Encoding`.
        log_delay: float, (D, delays): of the designs.
        late: float, (N,): how far the delay of its design depends on each part.
        counts: parts of each design.
    """
    design, num_designs = segment_index(counts, state.device), len(counts)
    log_amounts = segment_logsumexp(log_shares, design, num_designs)
    costly = segment_softmax(torch.logsumexp(log_shares, dim=1), design, num_designs)
    even = torch.ones_like(costly) / torch.tensor(counts, device=state.device)[design]
    pooled = [segment_sum(state * weight[:, None], design, num_designs) for weight in (even, costly, late)]
    # The sizes are brought to the scale of the normalised states beside them.
    sizes = torch.cat([log_amounts / 4, log_delay / 2], dim=1)
    return Encoding(log_amounts, log_delay, torch.cat([*pooled, sizes], dim=1), log_shares)
