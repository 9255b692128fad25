"""Any causal language model of Hugging Face as a frozen reader of Verilog, as VeriDistill was published.

The model is never trained and reads each file once: what it says of a text is kept in the cache under the model, its
revision and the text. A text longer than the model's context is read in windows. Only safetensors weights are loaded,
and no code that comes with a model is run.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple

import torch
from torch import Tensor, nn

from edasat.core.errors import InputError, Message, MissingToolError
from edasat.core.files import Cache, content_hash

Pooling = Literal["mean", "attention"]

_UNAVAILABLE = Message(
    "text-model",
    "the language model '{name}' cannot be loaded: {why}",
    "give a folder with config.json, tokenizer.json and model.safetensors, or the name of a model on the Hugging Face "
    "hub; without a network only models fetched before are found",
)
#: Tokens read at once, where the model's own context is not shorter.
_WINDOW: Final = 2048
#: Raised when the meaning of cached embeddings changes.
_CACHE_VERSION: Final = 1


class Embedding(NamedTuple):
    """What a model says of one text, in W windows.

    Attributes:
        means: float32, (W, width): mean of the last hidden states of each window's tokens.
        counts: float32, (W,): tokens of each window.
    """

    means: Tensor
    counts: Tensor


class HuggingFaceEncoder(nn.Module):
    """Texts to one vector each.

    The language model is no sub-module: checkpoints hold the pooling alone, and a model whose answers are all in the
    cache is not even loaded.

    Args:
        name_or_path: folder of a model, or its name on the hub.
        revision: branch, tag or commit on the hub.
        pooling: "mean" over all tokens [VeriDistill, arXiv 2411.00843]; "attention": learned weights over the windows.
        device: where the model runs.

    Attributes:
        width: columns of the result.

    Raises:
        MissingToolError: if transformers is not installed.
        InputError: if there is no such model, or its weights are not safetensors.

    Shapes:
        input: D texts.
        output: float, (D, width).
    """

    def __init__(
        self, name_or_path: str | Path, revision: str | None = None, *, pooling: Pooling = "mean", device: str = "cpu"
    ) -> None:
        super().__init__()
        self.name, self.revision, self.pooling, self.device = str(name_or_path), revision, pooling, device
        config = self._load("AutoConfig")
        self.width = int(config.hidden_size)
        self.window = min(_WINDOW, int(getattr(config, "max_position_embeddings", _WINDOW)))
        self.identity = self._identity(config)
        self._reader: tuple[Any, Any] | None = None
        self._cache = Cache("text-embeddings")
        self.attention = nn.Linear(self.width, 1) if pooling == "attention" else None

    def forward(self, texts: Sequence[bytes]) -> Tensor:
        """Return one vector per text."""
        return torch.stack([self.pool(self.embed(text)) for text in texts])

    def pool(self, embedding: Embedding) -> Tensor:
        """Return one vector, (width,), of what was read in windows."""
        if self.attention is None:
            weight = embedding.counts / embedding.counts.sum()
        else:
            weight = torch.softmax(self.attention(embedding.means).squeeze(1) + embedding.counts.log(), dim=0)
        return weight @ embedding.means

    def embed(self, text: bytes) -> Embedding:
        """Return what the model says of a text, from the cache if it has read it before."""
        from safetensors.torch import load_file, save

        key = f"{self.identity}-{content_hash(text)}.safetensors"
        if (path := self._cache.get(key)) is not None:
            return Embedding(**load_file(path))
        embedding = self._read(text)
        with self._cache.put(key) as file:
            file.write(save({name: tensor.contiguous() for name, tensor in embedding._asdict().items()}))
        return embedding

    @torch.no_grad()
    def _read(self, text: bytes) -> Embedding:
        if self._reader is None:
            tokenizer = self._load("AutoTokenizer")
            model = self._load("AutoModel", use_safetensors=True, dtype=torch.float32)
            self._reader = tokenizer, model.to(self.device).eval().requires_grad_(False)
        tokenizer, model = self._reader
        ids = tokenizer(text.decode("utf-8", "replace"), verbose=False)["input_ids"] or [0]
        means, counts = [], []
        for part in _windows(ids, self.window):
            states = model(input_ids=torch.tensor([part], device=self.device)).last_hidden_state[0]
            means.append(states.float().mean(dim=0).cpu())
            counts.append(float(len(part)))
        return Embedding(torch.stack(means), torch.tensor(counts))

    def _load(self, kind: str, **options: Any) -> Any:
        """Load a part of the model by the ``Auto`` class of this name."""
        try:
            import transformers
        except ImportError:
            raise MissingToolError(
                "error: language models of Hugging Face need the extra 'text'; pip install 'edasat[text]'"
            ) from None
        try:
            return getattr(transformers, kind).from_pretrained(
                self.name, revision=self.revision or "main", trust_remote_code=False, **options
            )
        except (OSError, ValueError) as error:  # no such model, no network, no safetensors; code of its own
            why = str(error).strip().partition("\n")[0]
            raise InputError.of(_UNAVAILABLE, name=self.name, why=why) from None

    def _identity(self, config: Any) -> str:
        """Return what names the weights: the commit on the hub, or the files in a folder."""
        digest = hashlib.blake2b(f"{_CACHE_VERSION} {self.name} {self.window}".encode(), digest_size=16)
        folder = Path(self.name)
        if folder.is_dir():
            for path in sorted([*folder.glob("*.json"), *folder.glob("*.safetensors")]):
                digest.update(f"{path.name} {content_hash(path)}".encode())
        else:
            digest.update(str(getattr(config, "_commit_hash", None) or self.revision).encode())
        return digest.hexdigest()


def _windows(ids: Sequence[int], length: int) -> Iterator[Sequence[int]]:
    """Yield consecutive parts of at most ``length`` tokens, as even as can be: a last one of few tokens says little.

    >>> [len(part) for part in _windows(range(10), 4)]
    [4, 3, 3]
    """
    parts = -(-len(ids) // length)
    size, longer = divmod(len(ids), parts)
    start = 0
    for number in range(parts):
        end = start + size + (number < longer)
        yield ids[start:end]
        start = end
