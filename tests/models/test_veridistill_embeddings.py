"""Language models of Hugging Face as readers of Verilog, offline: tiny random ones with tokenizers made here."""

from __future__ import annotations

import json
import shutil
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from typer.testing import CliRunner

from edasat.core.errors import InputError, MissingToolError
from edasat.datasets import qor_rtl
from edasat.datasets.design_batches import QorBatch, batch_lines
from edasat.datasets.qor_rtl_data import QorData, condition_names, conditions
from edasat.datasets.text_embeddings import LanguageModel
from edasat.eda.cells import LIBERTY
from edasat.eda.flow import Rtl
from edasat.eda.rtl import generate
from edasat.eda.synthesis.known_libraries import known_units
from edasat.models.veridistill import predictor
from edasat.models.veridistill.network import NetworkConfig, build_network
from edasat.models.veridistill.predictor import Predictor
from edasat.models.veridistill.release import train
from edasat.tools.cli import app

pytestmark = pytest.mark.skipif(find_spec("transformers") is None, reason="the extra 'text' is not installed")

WIDTH = 16
TEXT = b"module m(input [7:0] a, output [7:0] y); assign y = a + 1; endmodule\n"
LINES = b"module m(input [7:0] a,\n         output [7:0] y);\n\n  assign y = a + 1;\nendmodule\n"
UNITS = known_units()["edasat45"]


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
        config = transformers.GPT2Config(vocab_size=320, n_positions=context, n_embd=WIDTH, n_layer=2, n_head=2)
        model = transformers.GPT2LMHeadModel(config)
    else:
        config = transformers.LlamaConfig(
            vocab_size=320, hidden_size=WIDTH, intermediate_size=32, num_hidden_layers=2, num_attention_heads=2,
            max_position_embeddings=context,
        )  # fmt: skip
        model = transformers.LlamaForCausalLM(config)
    model.save_pretrained(folder)
    transformers.PreTrainedTokenizerFast(tokenizer_object=words).save_pretrained(folder)
    return folder


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)


@pytest.mark.parametrize("kind", ["gpt2", "llama"])
def test_long_texts_are_read_in_windows(tmp_path: Path, kind: str) -> None:
    import transformers

    folder = make_model(tmp_path / "m", kind)
    found = LanguageModel(folder).read([TEXT * 20])
    assert found.means.shape == (20, WIDTH) and found.line.tolist() == [*range(1, 21)]
    ids = transformers.AutoTokenizer.from_pretrained(folder)((TEXT * 20).decode(), verbose=False)["input_ids"]
    assert found.tokens.sum() == len(ids) > 6 * 32
    # the same line stands elsewhere in its window and behind other tokens
    assert not np.allclose(found.means[0], found.means[7], atol=1e-2)


def test_lines_add_up_to_the_mean_over_tokens(tmp_path: Path) -> None:
    import transformers

    folder = make_model(tmp_path / "m", "gpt2", context=512)
    expected = transformers.AutoModel.from_pretrained(folder)(
        **transformers.AutoTokenizer.from_pretrained(folder)([LINES.decode()], return_tensors="pt")
    ).last_hidden_state[0]
    found = LanguageModel(folder).read([LINES])
    assert found.line.tolist()[0] == 1 and found.line.tolist()[-2:] == [4, 5]
    mean = (found.tokens[:, None] * found.means).sum(axis=0) / found.tokens.sum()
    np.testing.assert_allclose(mean, expected.detach().mean(dim=0), atol=2e-3)


def test_every_file_is_read_by_itself(tmp_path: Path) -> None:
    model = LanguageModel(make_model(tmp_path / "m", "gpt2"))
    both, alone = model.read([LINES, TEXT]), model.read([TEXT])
    assert both.file.tolist()[-1] == 1 and both.line[-1] == 1
    np.testing.assert_array_equal(both.means[both.file == 1], alone.means)
    assert model.read([b""]).size == 0


def test_what_was_read_is_kept_by_model_and_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = make_model(tmp_path / "m", "gpt2")
    first = LanguageModel(folder).read([TEXT])
    moved = LanguageModel(shutil.copytree(folder, tmp_path / "elsewhere"))
    monkeypatch.setattr(moved, "_read", lambda text: pytest.fail("the model was asked again"))
    np.testing.assert_array_equal(moved.read([TEXT]).means, first.means)
    identity = LanguageModel(folder).identity
    assert identity.fingerprint == moved.identity.fingerprint
    other = LanguageModel(make_model(folder, "gpt2", seed=1))  # other weights in the same folder
    assert not np.allclose(other.read([TEXT]).means, first.means)
    with pytest.raises(InputError, match="not the one that the weights were trained with"):
        LanguageModel.known_as(identity)


def test_models_that_cannot_be_had_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match="'nobody/no-such-model' cannot be loaded") as failure:
        LanguageModel("nobody/no-such-model")
    assert failure.value.code == "text-model"
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="cannot be loaded"):
        LanguageModel(tmp_path / "empty")
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(MissingToolError, match=r"pip install 'edasat\[text\]'"):
        LanguageModel(tmp_path / "empty")


def test_pickled_weights_are_refused(tmp_path: Path) -> None:
    folder = make_model(tmp_path / "m", "gpt2")
    (folder / "model.safetensors").unlink()
    torch.save({}, folder / "pytorch_model.bin")
    with pytest.raises(InputError, match="cannot be loaded"):
        LanguageModel(folder).read([TEXT])


@pytest.mark.parametrize("pooling", ["mean", "attention"])
def test_designs_of_a_batch_do_not_mix_and_shares_add_up(tmp_path: Path, pooling: Any) -> None:
    model = LanguageModel(make_model(tmp_path / "m", "llama"))
    designs = [model.read([TEXT]), model.read([LINES, TEXT * 3])]
    config = NetworkConfig(
        "embeddings", len(condition_names()), text_width=8, embedding_width=model.width, pooling=pooling
    )
    torch.manual_seed(0)
    net = build_network(config).eval()
    for parameter in net.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    question = torch.from_numpy(conditions(UNITS, "area"))

    def batch_of(*chosen: Any) -> QorBatch:
        return QorBatch(torch.arange(len(chosen)), question.repeat(len(chosen), 1), lines=batch_lines(chosen))

    with torch.no_grad():
        together, alone = net(batch_of(*designs)), [net(batch_of(one)) for one in designs]
        encoding = net.encoder(batch_of(designs[1]))
    for column in range(3):
        torch.testing.assert_close(together[column], torch.cat([one[column] for one in alone]), rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(encoding.log_shares.logsumexp(dim=0), encoding.log_amounts[0])
    assert (net.encoder.attention is not None) == (pooling == "attention")


def test_a_language_model_goes_with_its_network(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="reads a language model"):
        QorData(network="embeddings")
    with pytest.raises(InputError, match="reads no language model"):
        QorData(network="text", language_model=str(tmp_path))


def test_from_a_folder_to_predictions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    modules = [generate(family, seed, 60) for family in ("crc", "queue", "scrambler", "adder") for seed in range(2)]
    labelled, out = tmp_path / "set", tmp_path / "weights"
    assert not qor_rtl.build(qor_rtl.Plan(modules, {"edasat45": LIBERTY}, 0), labelled, executor="threads")
    folder = make_model(tmp_path / "m", "gpt2", context=64)
    common = [f"--data.folder={labelled}", "--data.num_folds=3", "--trainer.max_epochs=2", "--trainer.accelerator=cpu",
              "--trainer.enable_progress_bar=false", "--model.text_width=8"]  # fmt: skip
    train([*common, "--model.network=teacher", "--model.hidden=8", "--model.num_layers=1"], output=tmp_path / "teacher")
    own = ["--model.network=embeddings", f"--data.language_model={folder}", "--model.pooling=attention",
           "--model.loss=mse", f"--data.teacher={tmp_path / 'teacher' / 'teacher_latents.safetensors'}"]  # fmt: skip
    train([*common, *own], output=out)
    settings = json.loads((out / "veridistill.json").read_text())["settings"]["networks"]["embeddings"]
    assert settings["config"]["pooling"] == "attention" and settings["config"]["embedding_width"] == WIDTH
    assert settings["language_model"]["name"] == str(folder.resolve())

    found = Predictor.load(out).predict(Rtl([LINES]), UNITS, network="auto")
    assert found.network == "embeddings" and set(found.timings) == {"lines", "model"}
    assert {line.line for line in found.lines} >= {1, 2, 4, 5}
    assert sum(line.area_share for line in found.lines) == pytest.approx(1, abs=1e-5)

    design = tmp_path / "m.v"
    design.write_bytes(LINES)
    words = ["qor", "predict", str(design), "--network", "embeddings", "--weights", str(out)]
    done = CliRunner().invoke(app, [*words, "--json"], catch_exceptions=False)
    assert done.exit_code == 0
    answer = json.loads(done.stdout)
    assert answer["network"] == "embeddings" and answer["area_um2"] == pytest.approx(found.area_um2)
    design.write_bytes(LINES.replace(b"assign", b"asign ="))
    with pytest.raises(InputError, match=r"m\.v:4"):
        CliRunner().invoke(app, words, catch_exceptions=False)
    design.write_bytes(LINES + b"// changed\n")
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "transformers", None)
        predictor._language_model.cache_clear()
        with pytest.raises(MissingToolError, match=r"edasat\[text\]"):
            CliRunner().invoke(app, words, catch_exceptions=False)
    folder.rename(tmp_path / "away")
    with pytest.raises(InputError, match=r"the language model '.*/m' cannot be loaded: there is no such folder"):
        CliRunner().invoke(app, words, catch_exceptions=False)
