"""Tokens of Verilog as the arrays that models read."""

from __future__ import annotations

from typing import Final

import numpy as np

from edasat.eda.verilog.lexical.vocabulary import PLACES, VOCABULARY
from edasat.eda.verilog.text import Tokens

from .design_batches import TokenArrays

NUM_TOKEN_IDS: Final = len(VOCABULARY)
NUM_PLACES: Final = len(PLACES)
#: Numeric features of tokens: logarithms of widths and levels, and the rest as it is. The sizes stand first.
TOKEN_FEATURES: Final = (
    "log_width",  # declared bits of a name, bits of an operator's result
    "log_left",  # bits of the left operand
    "log_right",  # of the right one
    "log_context",  # of the target of the assignment around
    "value",  # log2(1 + number) of constants, cases and loops
    "log_level",  # estimated logic levels up to the token's result, synthesised for area
    "log_speed_level",  # synthesised for speed
    "log_gates",  # estimated gates of one copy
    "conditions",  # if and case around
    "left_constant",
    "right_constant",
)
#: Gates that a token without any counts for, so that logarithms stay finite.
FEW_GATES: Final = 0.02
#: Leading features whose powers the cost of a token may follow.
NUM_TOKEN_SIZES: Final = 8


def token_arrays(tokens: Tokens) -> TokenArrays:
    """Return the arrays of the tokens of a design."""
    x = np.stack(
        [
            np.log1p(tokens.width),
            np.log1p(tokens.left),
            np.log1p(tokens.right),
            np.log1p(tokens.context),
            tokens.value,
            np.log1p(tokens.level),
            np.log1p(tokens.fast_level),
            np.log(tokens.gates + FEW_GATES),
            np.minimum(tokens.conditions, 8) / 4,
            tokens.constant.astype(np.int64) & 1,
            tokens.constant.astype(np.int64) >> 1 & 1,
        ],
        axis=1,
    )
    return TokenArrays(
        ids=tokens.ids.astype(np.int16),
        place=tokens.place,
        x=x.astype(np.float32),
        log_copies=np.log(np.maximum(tokens.copies, 1e-3)).astype(np.float32),
        module=tokens.module,
        line=tokens.line,
        file=tokens.file,
    )
