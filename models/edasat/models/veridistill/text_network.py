"""The encoder of Verilog's tokens: a small transformer over windows, and a law of costs per kind of token.

As with graphs, what a token costs is a power of its widths, by a law of its vocabulary entry, corrected by what the
transformer has seen around it. Amounts add up over the tokens and their copies, so that the area of a design is told
per line. Delays do not add up along a text; each token has its own guess, which starts from the logic levels that the
tokenizer has estimated, and the design's delay is a soft maximum over them.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from itertools import accumulate
from typing import Any, Final

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from edasat.datasets.design_batches import QorBatch, TokenBatch
from edasat.datasets.design_tokens import FEW_GATES, NUM_PLACES, NUM_TOKEN_IDS, NUM_TOKEN_SIZES, TOKEN_FEATURES
from edasat.eda.synthesis.scripts import SCRIPTS
from edasat.eda.verilog.lexical.vocabulary import DECLARATION, HEADER, INSTANCE, VOCABULARY

from ..layers.pooling import segment_index, segment_softmax, segment_sum
from .keys import NUM_KINDS, Encoding
from .parts import encode

#: Tokens that attend to each other. Every second layer moves the windows by half, so that what is far apart is reached
#: in steps; cost stays linear in the length of the text.
WINDOW: Final = 128
_HEAD: Final = 16  # columns of an attention head
_ROTATION: Final = 1000.0  # longest wavelength of the rotary positions, in tokens
#: How soft the maximum over the tokens' delays is, in logarithms of the delay.
_SHARPNESS: Final = 8.0
#: Share of the tokens whose entry is hidden in training, so that one never seen is met with a fair guess.
_HIDDEN_SHARE: Final = 0.02
#: Delays that a token has a guess of: one for each script.
NUM_DELAYS: Final = len(SCRIPTS)
_COSTS: Final = NUM_KINDS + NUM_DELAYS


@dataclass(frozen=True)
class TextConfig:
    """Shape of the encoder.

    Attributes:
        width: columns of the token states.
        num_layers: transformer layers.
        dropout: share of the token states dropped in training.
    """

    width: int = 64
    num_layers: int = 2
    dropout: float = 0.1

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, for model cards."""
        return asdict(self)


def telling(tokens: TokenBatch) -> Tensor:
    """Return the positions of the tokens that say something of their own, int64, (S,).

    Those are the tokens that take gates, and those whose result is there later than a register's: names, constants and
    brackets repeat what these carry as numbers, and make up most of a text. The first token of each design always
    stays, so that none is without any.
    """
    kept = _TELLING.to(tokens.ids.device)[tokens.ids, tokens.place]
    kept &= (tokens.x[:, _LEVEL] > 0) | (tokens.x[:, _GATES] > _NO_GATES)
    kept[[0, *accumulate(tokens.counts[:-1])]] = True
    return kept.nonzero().squeeze(1)


def chosen(tokens: TokenBatch, positions: Tensor) -> TokenBatch:
    """Return a batch of these tokens alone; positions rise."""
    bounds = torch.tensor([0, *accumulate(tokens.counts)], device=positions.device)
    counts = torch.searchsorted(positions, bounds).diff().tolist()
    columns = {name: getattr(tokens, name)[positions] for name in ("ids", "place", "x", "log_copies", "module")}
    return TokenBatch(**columns, counts=tuple(counts))


def _telling() -> Tensor:
    """Return which entries tell something in which places: bool, (NUM_TOKEN_IDS, NUM_PLACES)."""
    words = ("begin", "end", "endcase", "endmodule", "generate", "endgenerate", "endfunction", "endtask")
    silent = {*")(]},;.:#@", *words}
    table = torch.tensor([[entry not in silent] for entry in VOCABULARY]).repeat(1, NUM_PLACES)
    # where nothing is computed, only what is declared or instantiated counts
    kept = torch.tensor([entry in _DECLARING or entry.endswith(", declared") for entry in VOCABULARY])
    for place in (DECLARATION, HEADER, INSTANCE):
        table[:, place] &= kept
    return table


_DECLARING: Final = {"module", "signed", "for", "if", "case", "and", "or", "not", "xor", "nand", "nor", "xnor", "buf",
                     "module, used", "unknown module, used"}  # fmt: skip
_TELLING: Final = _telling()
_LEVEL, _GATES = TOKEN_FEATURES.index("log_level"), TOKEN_FEATURES.index("log_gates")
_NO_GATES: Final = math.log(FEW_GATES) + 0.01
#: The log share of a token that is left out: nothing.
_NOTHING: Final = -30.0


class TextTrunk(nn.Module):
    """Token states; what the language model trains and the encoder takes over.

    Shapes:
        output: float, (T, width).
    """

    def __init__(self, config: TextConfig) -> None:
        super().__init__()
        self.entry_in = nn.Embedding(NUM_TOKEN_IDS, config.width)
        self.place_in = nn.Embedding(NUM_PLACES, config.width)
        self.features_in = nn.Linear(len(TOKEN_FEATURES), config.width)
        self.layers = nn.ModuleList(_Layer(config.width, config.dropout) for _ in range(config.num_layers))
        self.norm = nn.LayerNorm(config.width)
        nn.init.normal_(self.entry_in.weight, std=0.5)
        nn.init.normal_(self.place_in.weight, std=0.2)

    def forward(self, tokens: TokenBatch, hidden: Tensor | None = None) -> Tensor:
        """Return the states of the tokens.

        Args:
            tokens: of a batch of designs.
            hidden: bool, (T,): tokens of which neither entry nor features are seen; None for none.
        """
        entry, x = self.entry_in(tokens.ids), self.features_in(tokens.x)
        if hidden is not None:
            entry = torch.where(hidden[:, None], self.entry_in.weight[_MASK], entry)
            x = torch.where(hidden[:, None], 0.0, x)
        state = entry + self.place_in(tokens.place) + x
        design = segment_index(tokens.counts, state.device)
        plans = [_Windows(design, shift) for shift in (0, WINDOW // 2)]
        for number, layer in enumerate(self.layers):
            state = layer(state, plans[number % 2])
        normed: Tensor = self.norm(state)
        return normed


_MASK: Final = 1  # "[mask]" in the vocabulary


class _Windows:
    """Cuts the tokens of all designs, one behind the other, into windows; nothing is padded but the two ends.

    Args:
        design: int64, (T,): design of each token.
        shift: tokens that the first window misses in front.

    Attributes:
        mask: bool, (windows, 1, WINDOW, WINDOW): of one design.
    """

    def __init__(self, design: Tensor, shift: int) -> None:
        self.length = len(design)
        self.before = shift
        self.after = -(self.length + shift) % WINDOW
        # the padding is a design of its own
        window = F.pad(design, (self.before, self.after), value=-1).view(-1, WINDOW)
        self.mask = (window[:, :, None] == window[:, None, :])[:, None]

    def cut(self, x: Tensor) -> Tensor:
        """Return float, (T, columns) as (windows, WINDOW, columns)."""
        return F.pad(x, (0, 0, self.before, self.after)).view(-1, WINDOW, x.shape[1])

    def join(self, x: Tensor) -> Tensor:
        """Undo :meth:`cut`."""
        return x.reshape(-1, x.shape[2])[self.before : self.before + self.length]


class _Layer(nn.Module):
    """Self-attention within windows, with rotary positions [Su et al. 2021, arXiv 2104.09864], and a gated MLP."""

    rotation: Tensor

    def __init__(self, width: int, dropout: float) -> None:
        super().__init__()
        self.heads = width // _HEAD
        self.norm = nn.LayerNorm(width)
        self.query_key_value = nn.Linear(width, 3 * width)
        self.joined = nn.Linear(width, width)
        self.mlp = nn.Sequential(
            nn.LayerNorm(width), nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width)
        )
        self.dropout = nn.Dropout(dropout)
        angles = torch.arange(WINDOW)[:, None] * _ROTATION ** -(torch.arange(_HEAD // 2) / (_HEAD // 2))
        self.register_buffer("rotation", torch.stack([angles.cos(), angles.sin()]), persistent=False)

    def forward(self, state: Tensor, windows: _Windows) -> Tensor:
        """Return the new states, (T, width)."""
        x = windows.cut(self.query_key_value(self.norm(state)))
        query, key, value = x.view(len(x), WINDOW, 3, self.heads, _HEAD).permute(2, 0, 3, 1, 4)
        seen = F.scaled_dot_product_attention(self._turned(query), self._turned(key), value, attn_mask=windows.mask)
        state = state + self.joined(windows.join(seen.transpose(1, 2).flatten(2)))
        changed: Tensor = state + self.dropout(self.mlp(state))
        return changed

    def _turned(self, x: Tensor) -> Tensor:
        """Turn pairs of columns by the position in the window; x: (windows, heads, WINDOW, _HEAD)."""
        first, second = x.chunk(2, dim=3)
        cosine, sine = self.rotation
        return torch.cat([first * cosine - second * sine, first * sine + second * cosine], dim=3)


class TextEncoder(nn.Module):
    """Laws per vocabulary entry, corrected by the states of the trunk.

    Attributes:
        width: columns of what is pooled.
    """

    def __init__(self, config: TextConfig) -> None:
        super().__init__()
        self.config = config
        self.width = 3 * config.width + NUM_KINDS + NUM_DELAYS
        self.trunk = TextTrunk(config)
        # a constant and an exponent per size, for each kind of area and for the delay under each script
        self.law = nn.Embedding(NUM_TOKEN_IDS, _COSTS * (1 + NUM_TOKEN_SIZES))
        self.correction = nn.Linear(config.width, _COSTS)
        self.attention = nn.Linear(config.width, NUM_DELAYS)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Start from areas in proportion to the gates and delays in proportion to the logic levels."""
        law = torch.zeros(NUM_TOKEN_IDS, _COSTS, 1 + NUM_TOKEN_SIZES)
        law[:, :NUM_KINDS, 0] = -math.log(NUM_KINDS)
        law[:, :NUM_KINDS, 1 + TOKEN_FEATURES.index("log_gates")] = 1.0
        law[:, NUM_KINDS, 1 + TOKEN_FEATURES.index("log_level")] = 1.0
        law[:, NUM_KINDS + 1, 1 + TOKEN_FEATURES.index("log_speed_level")] = 1.0
        law += 0.01 * torch.randn_like(law)
        self.law.weight.data.copy_(law.view(NUM_TOKEN_IDS, -1))
        for layer in (self.correction, self.attention):
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)

    def forward(self, batch: QorBatch) -> Encoding:
        """Encode the tokens of a batch."""
        assert batch.tokens is not None
        told = telling(batch.tokens)
        tokens = chosen(batch.tokens, told)
        hidden = torch.rand(tokens.ids.shape, device=tokens.ids.device) < _HIDDEN_SHARE if self.training else None
        ids = tokens.ids if hidden is None else torch.where(hidden, _MASK, tokens.ids)
        state = self.trunk(tokens, hidden)
        laws = self.law(ids).view(-1, _COSTS, 1 + NUM_TOKEN_SIZES)
        cost = laws[:, :, 0] + (laws[:, :, 1:] * tokens.x[:, None, :NUM_TOKEN_SIZES]).sum(dim=2)
        cost = cost + self.correction(state)
        design, num_designs = segment_index(tokens.counts, state.device), len(tokens.counts)
        log_shares = cost[:, :NUM_KINDS] + tokens.log_copies[:, None]
        delay = cost[:, NUM_KINDS:]
        heed = _SHARPNESS * delay + self.attention(state)
        late = torch.stack([segment_softmax(one, design, num_designs) for one in heed.unbind(dim=1)], dim=1)
        log_delay = segment_sum(late * delay, design, num_designs)
        encoding = encode(state, log_shares, log_delay, late.mean(dim=1), tokens.counts)
        everywhere = log_shares.new_full((len(batch.tokens.ids), NUM_KINDS), _NOTHING)
        return encoding._replace(log_shares=everywhere.index_copy(0, told, log_shares))
