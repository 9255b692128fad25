"""What the networks hand to each other: an encoder makes an :class:`Encoding`, a head makes :class:`Outputs` of it.

D designs are asked B questions (library and script, see :class:`edasat.datasets.design_batches.QorBatch`). An encoder
reads each design once and does not know the libraries.

Area is additive: every part of a design (token, operator, LUT) has an *amount* of each of a few kinds of area, amounts
add up over parts and copies, and the head weighs the kinds as the library and the script have it. Sizes never seen thus
need no extrapolation by a network, and shares of the area can be told per line.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from torch import Tensor

#: Columns of the vector by which students follow their teacher.
LATENT: Final = 64
#: Kinds of area that an encoder tells apart. What they mean is learned: a library where flip-flops are large beside
#: NAND gates weighs one of them more.
NUM_KINDS: Final = 4


class Encoding(NamedTuple):
    """What an encoder says of D designs made of N parts.

    Attributes:
        log_amounts: float, (D, NUM_KINDS): logarithm of the summed amounts, in two-input NAND gates.
        log_delay: float, (D,), or (D, scripts) where an encoder tells them apart, in the order of
            :data:`edasat.eda.synthesis.scripts.SCRIPTS`: logarithm of the delay, in delays of a bit of a ripple-carry
            adder.
        pooled: float, (D, width): everything else that it knows of the designs.
        log_shares: float, (N, NUM_KINDS): logarithm of the amounts of each part, copies included; their sums over the
            parts of a design are its amounts.
    """

    log_amounts: Tensor
    log_delay: Tensor
    pooled: Tensor
    log_shares: Tensor


class Outputs(NamedTuple):
    """Answers to B questions on D designs.

    Attributes:
        log_area: float, (B,): logarithm of the area in units of the library.
        log_delay: float, (B,): logarithm of the delay in units of the library.
        latent: float, (D, LATENT): the designs as the last layer sees them, before library and script join.
    """

    log_area: Tensor
    log_delay: Tensor
    latent: Tensor
