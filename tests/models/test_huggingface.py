"""Language models of Hugging Face, offline: tiny random ones with tokenizers made here."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from edasat.core.errors import InputError
from edasat.models.veridistill.huggingface import HuggingFaceEncoder

TEXT = b"module m(input [7:0] a, output [7:0] y); assign y = a + 1; endmodule\n"


def make_model(folder: Path, kind: str, context: int = 32, seed: int = 0) -> Path:
    """Write a random model and a byte-pair tokenizer trained on a line of Verilog."""
    import transformers
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    words = Tokenizer(models.BPE())
    words.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    words.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    words.train_from_iterator([TEXT.decode()], trainers.BpeTrainer(vocab_size=300, initial_alphabet=alphabet))
    torch.manual_seed(seed)
    if kind == "gpt2":
        config = transformers.GPT2Config(vocab_size=320, n_positions=context, n_embd=16, n_layer=2, n_head=2)
        model = transformers.GPT2LMHeadModel(config)
    else:
        config = transformers.LlamaConfig(
            vocab_size=320, hidden_size=16, intermediate_size=32, num_hidden_layers=2, num_attention_heads=2,
            max_position_embeddings=context,
        )  # fmt: skip
        model = transformers.LlamaForCausalLM(config)
    model.save_pretrained(folder)
    transformers.PreTrainedTokenizerFast(tokenizer_object=words).save_pretrained(folder)
    return folder


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDASAT_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")


@pytest.mark.parametrize("kind", ["gpt2", "llama"])
@pytest.mark.parametrize("pooling", ["mean", "attention"])
def test_long_texts_are_read_in_windows(tmp_path: Path, kind: str, pooling: str) -> None:
    encoder = HuggingFaceEncoder(make_model(tmp_path / "m", kind), pooling=pooling)  # type: ignore[arg-type]
    pooled = encoder([TEXT, TEXT * 20])
    assert pooled.shape == (2, 16)
    embedding = encoder.embed(TEXT * 20)
    assert len(embedding.means) > 3
    assert embedding.counts.max() <= 32
    assert embedding.counts.max() - embedding.counts.min() <= 1
    assert not torch.allclose(pooled[0], pooled[1])


def test_mean_pooling_is_the_mean_over_tokens(tmp_path: Path) -> None:
    import transformers

    folder = make_model(tmp_path / "m", "gpt2", context=512)
    expected = transformers.AutoModel.from_pretrained(folder)(
        **transformers.AutoTokenizer.from_pretrained(folder)([TEXT.decode()], return_tensors="pt")
    ).last_hidden_state[0]
    torch.testing.assert_close(HuggingFaceEncoder(folder)([TEXT])[0], expected.mean(dim=0))


def test_what_was_read_is_kept_by_model_and_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = make_model(tmp_path / "m", "gpt2")
    first = HuggingFaceEncoder(folder)([TEXT])
    again = HuggingFaceEncoder(folder)
    monkeypatch.setattr(again, "_read", lambda text: pytest.fail("the model was asked again"))
    torch.testing.assert_close(again([TEXT]), first, rtol=0, atol=0)
    other = HuggingFaceEncoder(make_model(folder, "gpt2", seed=1))  # other weights in the same folder
    assert not torch.allclose(other([TEXT]), first)


def test_only_the_pooling_is_trained_and_saved(tmp_path: Path) -> None:
    encoder = HuggingFaceEncoder(make_model(tmp_path / "m", "gpt2"), pooling="attention")
    encoder([TEXT * 20]).square().sum().backward()
    assert set(encoder.state_dict()) == {"attention.weight", "attention.bias"}
    assert encoder.attention is not None
    assert encoder.attention.weight.grad is not None
    assert encoder.attention.weight.grad.abs().max() > 0


def test_models_that_cannot_be_had_are_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="'nobody/no-such-model' cannot be loaded") as failure:
        HuggingFaceEncoder("nobody/no-such-model")
    assert failure.value.code == "text-model"
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="cannot be loaded"):
        HuggingFaceEncoder(tmp_path / "empty")


def test_pickled_weights_are_refused(tmp_path: Path) -> None:
    folder = make_model(tmp_path / "m", "gpt2")
    (folder / "model.safetensors").unlink()
    torch.save({}, folder / "pytorch_model.bin")
    with pytest.raises(InputError, match="cannot be loaded"):
        HuggingFaceEncoder(folder)([TEXT])
