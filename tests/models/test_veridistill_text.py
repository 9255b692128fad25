"""The text encoder and its language model."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import lightning as L
import numpy as np
import pytest
import torch

from edasat.core.errors import InputError
from edasat.datasets.design_batches import QorBatch, TokenArrays, batch_tokens
from edasat.datasets.design_tokens import token_arrays
from edasat.eda.rtl import generate
from edasat.eda.verilog.text import tokenize
from edasat.models.veridistill.keys import NUM_KINDS, Encoding
from edasat.models.veridistill.language_model import (
    LanguageModel,
    TextCorpus,
    load_trunk,
    perplexity,
    save_trunk,
    told,
    unigram_perplexity,
)
from edasat.models.veridistill.text_network import WINDOW, TextConfig, TextEncoder, TextTrunk, telling


def texts(*sizes: int) -> list[TokenArrays]:
    return [token_arrays(tokenize(generate("alu", seed, size).text.encode())) for seed, size in enumerate(sizes)]


def batch_of(designs: list[TokenArrays]) -> QorBatch:
    return QorBatch(torch.arange(len(designs)), torch.zeros(len(designs), 1), tokens=batch_tokens(designs))


@pytest.fixture
def encoder() -> TextEncoder:
    torch.manual_seed(0)
    made = TextEncoder(TextConfig(32, 2)).eval()
    torch.nn.init.normal_(made.correction.weight, std=0.1)
    torch.nn.init.normal_(made.attention.weight, std=0.1)
    return made


def test_designs_do_not_see_each_other(encoder: TextEncoder) -> None:
    """A batch gives what each design gives alone, up to where the windows are cut; see them whole in one window."""
    small = [replace_all(one, 60) for one in texts(100, 200)]
    with torch.inference_mode():
        together: Encoding = encoder(batch_of(small))
        alone: Encoding = encoder(batch_of(small[:1]))
    torch.testing.assert_close(together.pooled[:1], alone.pooled, rtol=1e-4, atol=1e-5)
    assert together.log_shares.shape == (120, NUM_KINDS)


def replace_all(arrays: TokenArrays, count: int) -> TokenArrays:
    columns = ("ids", "place", "x", "log_copies", "module", "line", "file")
    return replace(arrays, **{name: getattr(arrays, name)[:count] for name in columns})


def test_shares_add_up_to_amounts_and_grow_with_copies(encoder: TextEncoder) -> None:
    designs = texts(300)
    with torch.inference_mode():
        once = encoder(batch_of(designs))
        doubled = encoder(batch_of([replace(designs[0], log_copies=designs[0].log_copies + np.float32(np.log(2)))]))
    torch.testing.assert_close(once.log_shares.logsumexp(dim=0), once.log_amounts[0], rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(doubled.log_amounts, once.log_amounts + np.log(2), rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(doubled.log_delay, once.log_delay)


def test_long_texts_pass_on_between_windows(encoder: TextEncoder) -> None:
    """What stands in one window is felt in the next, since every second layer moves the windows."""
    sums = " ".join(f"assign y[{i}] = a ^ b + {i};" for i in range(400))
    long = token_arrays(tokenize(f"module m(input [7:0] a, b, output [399:0] y); {sums} endmodule".encode()))
    tokens = batch_tokens([told(long)])
    assert len(tokens.ids) > 2 * WINDOW
    changed = replace(tokens, ids=tokens.ids.clone())
    changed.ids[WINDOW - 8] = (changed.ids[WINDOW - 8] + 1) % 10
    with torch.inference_mode():
        moved = (encoder.trunk(tokens) - encoder.trunk(changed)).abs().amax(dim=1)
    assert moved[WINDOW + 1 : WINDOW + 40].max() > 0
    assert moved[3 * WINDOW :].max() == 0


def test_tokens_that_repeat_others_are_left_out(encoder: TextEncoder) -> None:
    designs = texts(300)
    kept = telling(batch_tokens(designs))
    assert 0.05 < len(kept) / len(designs[0].ids) < 0.3
    with torch.inference_mode():
        everything, kept_only = encoder(batch_of(designs)), encoder(batch_of([told(designs[0])]))
    torch.testing.assert_close(everything.log_amounts, kept_only.log_amounts)
    assert (everything.log_shares.exp() > 1e-9).any(dim=1).sum() == len(kept)


@pytest.mark.parametrize("text", [b"wire", b"module m; endmodule", b") ; ;", b"module m; m u(); endmodule"])
def test_texts_without_logic_give_numbers(encoder: TextEncoder, text: bytes) -> None:
    with torch.inference_mode():
        encoding = encoder(batch_of([token_arrays(tokenize(text)), *texts(100)]))
    assert all(torch.isfinite(part).all() for part in encoding)


def test_every_weight_is_trained() -> None:
    torch.manual_seed(0)
    model = TextEncoder(TextConfig(32, 2, dropout=0.0)).train()
    for layer in (model.correction, model.attention):
        torch.nn.init.normal_(layer.weight, std=0.1)
    encoding = model(batch_of(texts(300, 300)))
    (encoding.log_amounts.sum() + encoding.log_delay.sum() + encoding.pooled.square().sum()).backward()
    assert all(weight.grad is not None and weight.grad.abs().sum() > 0 for weight in model.parameters())


# ---------------------------------------------------------------------- language model
def test_a_language_model_learns_and_its_trunk_is_taken_over(tmp_path: Path) -> None:
    L.seed_everything(0, verbose=False)
    corpus = TextCorpus(count=24, budget=3000)
    model = LanguageModel(width=32, num_layers=1)
    train, validation = ([corpus.items.texts[row] for row in rows] for rows in corpus.fold_rows)
    before = perplexity(model, validation)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2)
    model.train()
    for _ in range(4):
        for batch in corpus.loader(corpus.fold_rows[0], shuffle=True):
            optimizer.zero_grad()
            model.training_step(batch, 0).backward()
            optimizer.step()
    assert perplexity(model, validation) < min(before, unigram_perplexity(train, validation))
    save_trunk(tmp_path / "trunk.safetensors", model.trunk)
    fresh = TextTrunk(TextConfig(32, 1, 0.0))
    load_trunk(tmp_path / "trunk.safetensors", fresh)
    tokens = batch_tokens(train[:1])
    torch.testing.assert_close(fresh.eval()(tokens), model.trunk.eval()(tokens))
    with pytest.raises(InputError, match="not the weights of a language model of this shape"):
        load_trunk(tmp_path / "trunk.safetensors", TextTrunk(TextConfig(32, 2)))
    with pytest.raises(InputError, match="not the weights"):
        load_trunk(tmp_path / "missing.safetensors", fresh)


def test_hidden_tokens_are_not_seen() -> None:
    torch.manual_seed(0)
    trunk = TextTrunk(TextConfig(32, 1)).eval()
    tokens = batch_tokens(texts(100))
    hidden = torch.zeros(len(tokens.ids), dtype=torch.bool)
    hidden[20] = True
    other = replace(tokens, ids=tokens.ids.clone(), x=tokens.x.clone())
    other.ids[20], other.x[20] = 7, 3.0
    torch.testing.assert_close(trunk(tokens, hidden), trunk(other, hidden))
    assert not torch.allclose(trunk(tokens), trunk(other))
