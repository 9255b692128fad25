"""The trunk of the text encoder, pretrained as a masked language model on Verilog without labels.

Spans of tokens are hidden, and the model tells from what is around them which they were and how wide: what it must
learn for that, such as how declarations, conditions and assignments belong together, is what the encoder needs too.
Masked rather than causal, because the encoder sees both sides of a token [Devlin et al. 2019, arXiv 1810.04805]; spans,
because a single token often follows from its neighbours [Joshi et al. 2020, arXiv 1907.10529].
"""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import lightning as L
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.data import Dataset

from edasat.core.errors import InputError
from edasat.core.files import atomic_write
from edasat.datasets.batches import BudgetData, IntArray
from edasat.datasets.design_batches import TokenArrays, TokenBatch, batch_tokens
from edasat.datasets.design_tokens import NUM_TOKEN_IDS, TOKEN_FEATURES, token_arrays
from edasat.datasets.qor_rtl import part_of
from edasat.eda.rtl import families, module_list
from edasat.eda.verilog.text import tokenize

from .text_network import TextConfig, TextTrunk, telling

_HIDDEN: Final = 0.15  # share of the tokens
_SPAN: Final = 3  # mean length of a hidden span
#: Columns whose value at a hidden token is told as well, and how much that counts beside the entry.
_TOLD: Final = [TOKEN_FEATURES.index(name) for name in ("log_width", "log_left", "log_right", "value")]
_NUMBERS_WEIGHT: Final = 0.2
#: Modules whose text is longer are left out: they repeat themselves.
_LONGEST: Final = 6000


class LanguageModel(L.LightningModule):
    """The trunk with a head that tells hidden tokens; all arguments are plain values.

    Args:
        width, num_layers, dropout: see :class:`.text_network.TextConfig`.
        learning_rate: of AdamW; it rises over a tenth of all steps and falls along a half cosine.
        weight_decay: of AdamW.
    """

    def __init__(
        self,
        width: int = 64,
        num_layers: int = 2,
        dropout: float = 0.0,
        learning_rate: float = 3e-3,
        weight_decay: float = 1e-2,
    ) -> None:
        super().__init__()
        self.save_hyperparameters()
        self.learning_rate, self.weight_decay = learning_rate, weight_decay
        self.trunk = TextTrunk(TextConfig(width, num_layers, dropout))
        self.entry = nn.Linear(width, NUM_TOKEN_IDS)
        self.numbers = nn.Linear(width, len(_TOLD))

    def forward(self, tokens: TokenBatch, hidden: Tensor) -> tuple[Tensor, Tensor]:
        """Return scores of the entries, (H, NUM_TOKEN_IDS), and numbers, (H, 4), of the hidden tokens."""
        state = self.trunk(tokens, hidden)[hidden]
        return self.entry(state), self.numbers(state)

    def training_step(self, tokens: TokenBatch, batch_index: int) -> Tensor:
        """Return the loss on spans drawn anew."""
        entries, numbers = self._losses(tokens, self._spans(tokens, torch.default_generator))
        return entries + _NUMBERS_WEIGHT * numbers

    def validation_step(self, tokens: TokenBatch, batch_index: int) -> None:
        """Log the losses on spans that are the same at every epoch."""
        entries, numbers = self._losses(tokens, self._spans(tokens, torch.Generator().manual_seed(batch_index)))
        self.log_dict({"val_entries": entries, "val_numbers": numbers}, batch_size=len(tokens.ids))

    def configure_optimizers(self) -> Any:
        """AdamW with a warm-up and a cosine over all steps."""
        optimizer = torch.optim.AdamW(self.parameters(), lr=self.learning_rate, weight_decay=self.weight_decay)
        steps = max(20, int(self.trainer.estimated_stepping_batches))
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, self.learning_rate, total_steps=steps, pct_start=0.1)
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}

    def _losses(self, tokens: TokenBatch, hidden: Tensor) -> tuple[Tensor, Tensor]:
        entries, numbers = self(tokens, hidden)
        return (
            F.cross_entropy(entries, tokens.ids[hidden]),
            F.smooth_l1_loss(numbers, tokens.x[hidden][:, _TOLD]),
        )

    @staticmethod
    def _spans(tokens: TokenBatch, generator: torch.Generator) -> Tensor:
        """Draw which tokens are hidden: bool, (T,), about the share _HIDDEN of them, at least one."""
        length = len(tokens.ids)
        begins = torch.rand(length, generator=generator) < _HIDDEN / _SPAN
        begins[int(torch.randint(length, (1,), generator=generator))] = True
        hidden = begins.clone()
        for step in range(1, _SPAN):
            hidden[step:] |= begins[:-step]
        return hidden.to(tokens.ids.device)


class TextCorpus(BudgetData):
    """Generated modules without labels, those tokens that tell something.

    Only families of the training part are read; the validation part's families tell how well the model does on others.

    Args:
        count: modules to train on.
        seed: of the modules and of the order of the batches.
        batch_size: most modules in a batch.
        budget: most tokens in a batch.
    """

    def __init__(self, count: int = 2000, seed: int = 17, batch_size: int = 64, budget: int = 8000) -> None:
        super().__init__(batch_size, budget, seed)
        self.count = count
        self._made: _Texts | None = None
        self._validation = 0

    @property
    def items(self) -> _Texts:
        """The texts; making and reading them takes about 5 ms each."""
        if self._made is None:
            parts = {name: part_of(name, "") for name in families()}
            other = tuple(name for name, part in parts.items() if part == "validation")
            usual = tuple(name for name, part in parts.items() if part not in {"validation", "held-out"})
            held = max(8, self.count // 20)
            made = [*module_list(self.count, self.seed, only=usual), *module_list(held, self.seed, only=other)]
            texts = [told(token_arrays(tokenize(module.text.encode()))) for module in made]
            self._validation = self.count
            self._made = _Texts(texts)
        return self._made

    @property
    def fold_rows(self) -> tuple[IntArray, IntArray]:
        """Rows for training and for validation."""
        sizes = self.sizes(np.arange(len(self.items)))
        short = np.flatnonzero(sizes <= _LONGEST)
        return short[short < self._validation], short[short >= self._validation]

    def sizes(self, rows: IntArray) -> IntArray:
        """Return the number of tokens of some texts."""
        return np.array([len(self.items.texts[row].ids) for row in rows])


class _Texts(Dataset[int]):
    """Texts by number; a batch is joined from their numbers."""

    def __init__(self, texts: list[TokenArrays]) -> None:
        self.texts = texts

    def __len__(self) -> int:
        return len(self.texts)

    def __getitem__(self, row: int) -> int:
        return row

    def batch(self, rows: list[int]) -> TokenBatch:
        """Join some texts."""
        return batch_tokens([self.texts[row] for row in rows])


def told(arrays: TokenArrays) -> TokenArrays:
    """Return the tokens that say something of their own; see :func:`.text_network.telling`."""
    kept = telling(batch_tokens([arrays])).numpy()
    columns = ("ids", "place", "x", "log_copies", "module", "line", "file")
    return replace(arrays, **{name: getattr(arrays, name)[kept] for name in columns})


def perplexity(model: LanguageModel, texts: list[TokenArrays], seed: int = 0) -> float:
    """Return exp of the mean cross-entropy of hidden entries."""
    total, count = 0.0, 0
    generator = torch.Generator().manual_seed(seed)
    model.eval()
    with torch.inference_mode():
        for text in texts:
            tokens = batch_tokens([text])
            hidden = model._spans(tokens, generator)
            scores, _ = model(tokens, hidden)
            total += float(F.cross_entropy(scores, tokens.ids[hidden], reduction="sum"))
            count += int(hidden.sum())
    return math.exp(total / count)


def unigram_perplexity(train: list[TokenArrays], texts: list[TokenArrays]) -> float:
    """Return the perplexity of texts for who knows how frequent each entry is, and nothing else."""
    frequency = np.bincount(np.concatenate([text.ids for text in train]), minlength=NUM_TOKEN_IDS) + 1.0
    ids = np.concatenate([text.ids for text in texts])
    return float(np.exp(-np.log(frequency / frequency.sum())[ids].mean()))


def pretrain(
    output: str | Path, *, count: int = 2000, epochs: int = 4, width: int = 64, num_layers: int = 2
) -> LanguageModel:
    """Train a language model and write its trunk.

    Args:
        output: safetensors file to write; :func:`load_trunk` reads it.
        count: modules to train on.
        epochs: over them.
        width, num_layers: see :class:`.text_network.TextConfig`.
    """
    L.seed_everything(0, verbose=False)
    model = LanguageModel(width, num_layers)
    trainer = L.Trainer(
        max_epochs=epochs, accelerator="cpu", logger=False, enable_checkpointing=False, enable_progress_bar=False,
        enable_model_summary=False, gradient_clip_val=1.0,
    )  # fmt: skip
    trainer.fit(model, datamodule=TextCorpus(count))
    save_trunk(output, model.trunk)
    return model


def save_trunk(path: str | Path, trunk: TextTrunk) -> None:
    """Write the weights of a trunk as safetensors."""
    from safetensors.torch import save

    with atomic_write(path) as file:
        file.write(save({name: tensor.contiguous() for name, tensor in trunk.state_dict().items()}))


def load_trunk(path: str | Path, trunk: TextTrunk) -> None:
    """Read weights that :func:`pretrain` has written.

    Raises:
        InputError: if the file cannot be read or holds a trunk of another shape.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        trunk.load_state_dict(load_file(path))
    except (OSError, SafetensorError, RuntimeError) as error:
        why = str(error).strip().partition("\n")[0]
        raise InputError(f"not the weights of a language model of this shape: {why}", path=str(path)) from None
