"""Any causal language model of Hugging Face as a frozen reader of Verilog, as VeriDistill was published.

The model is never trained and reads each file once: what it says of a text is kept in the cache under the model, its
revision and the text. A text longer than the model's context is read in windows. What is kept is one vector per line,
so that pools can weigh lines and answers can name them. Only safetensors weights are loaded, and no code that comes
with a model is run.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import torch

from edasat.core.errors import InputError, Message, MissingToolError
from edasat.core.files import Cache, content_hash, read_bytes

from .design_batches import LineArrays

_UNAVAILABLE = Message(
    "text-model",
    "the language model '{name}' cannot be loaded: {why}",
    "give a folder with config.json, tokenizer.json and model.safetensors, or the name of a model on the Hugging Face "
    "hub; without a network only models fetched before are found",
)
_OTHER = Message(
    "text-model-changed",
    "the language model '{name}' is not the one that the weights were trained with",
    "its files have changed since: restore them, or train again with `edasat train veridistill`",
)
#: Tokens read at once, where the model's own context is not shorter.
_WINDOW: Final = 2048
#: Raised when the meaning of cached embeddings changes.
_CACHE_VERSION: Final = 2
#: Embeddings are kept in half precision: a model of 7 billion parameters has 4,096 columns for every line.
_LARGEST: Final = float(np.finfo(np.float16).max)
#: Of cached embeddings: those of some thousand designs by such a model.
_CACHE_BYTES: Final = 16 << 30


@dataclass(frozen=True)
class ModelIdentity:
    """Which language model it was; plain values, for model cards.

    Attributes:
        name: folder, or name on the hub.
        revision: commit on the hub; "" for a folder.
        fingerprint: hash of the files in the folder, wherever it stands, or of name and commit on the hub.
    """

    name: str
    revision: str
    fingerprint: str

    @classmethod
    def from_dict(cls, raw: Mapping[str, Any]) -> ModelIdentity:
        """Read plain values."""
        return cls(*(str(raw[field.name]) for field in fields(cls)))


class LanguageModel:
    """Files to one vector per line.

    The weights are loaded when a text is met that the cache does not have.

    Args:
        name_or_path: folder of a model, or its name on the hub.
        revision: branch, tag or commit on the hub.
        device: where the model runs; None: on the GPU if there is one.

    Attributes:
        width: columns of its vectors.
        window: tokens that it reads at once.
        identity: which model it is.

    Raises:
        MissingToolError: if transformers is not installed.
        InputError: if there is no such model, or its weights are not safetensors.
    """

    def __init__(self, name_or_path: str | Path, revision: str | None = None, device: str | None = None) -> None:
        folder = Path(name_or_path)
        self.name = str(folder.resolve()) if folder.is_dir() else str(name_or_path)
        if folder.is_absolute() and not folder.is_dir():  # the hub would be asked for it
            raise InputError.of(_UNAVAILABLE, name=self.name, why="there is no such folder")
        self.revision = revision
        self.device = device or ("cuda" if torch.cuda.is_available() else "cpu")
        config = self._load("AutoConfig")
        self.width = int(config.hidden_size)
        self.window = min(_WINDOW, int(getattr(config, "max_position_embeddings", _WINDOW)))
        commit = "" if folder.is_dir() else str(getattr(config, "_commit_hash", None) or revision or "")
        self.identity = ModelIdentity(self.name, commit, self._fingerprint(commit))
        self._reader: tuple[Any, Any] | None = None
        self._cache = Cache("text-embeddings", max_bytes=_CACHE_BYTES)

    @classmethod
    def known_as(cls, identity: ModelIdentity) -> LanguageModel:
        """Return the model that something was trained with.

        Raises:
            InputError: if it is not there, or another one now.
        """
        found = cls(identity.name, identity.revision or None)
        if found.identity.fingerprint != identity.fingerprint:
            raise InputError.of(_OTHER, name=identity.name)
        return found

    def read(self, sources: Sequence[str | Path | bytes]) -> LineArrays:
        """Return what the model says of the files of a design, each read by itself."""
        found = [self._read_cached(read_bytes(source)) for source in sources]
        return LineArrays(
            means=np.concatenate([one["means"] for one in found]),
            tokens=np.concatenate([one["tokens"] for one in found]),
            line=np.concatenate([one["line"] for one in found]),
            file=np.repeat(np.arange(len(found), dtype=np.int16), [len(one["line"]) for one in found]),
        )

    def _read_cached(self, text: bytes) -> Mapping[str, npt.NDArray[Any]]:
        from safetensors import SafetensorError
        from safetensors.numpy import load_file, save

        key = f"{self.identity.fingerprint}-{self.window}-{content_hash(text)}-v{_CACHE_VERSION}.safetensors"
        if (path := self._cache.get(key)) is not None:
            try:
                return load_file(path)
            except SafetensorError:  # cut off by a full disk: read it again
                pass
        lines = self._read(text.decode("utf-8", "replace"))
        with self._cache.put(key) as file:
            file.write(save(lines))
        return lines

    @torch.no_grad()
    def _read(self, text: str) -> dict[str, npt.NDArray[Any]]:
        """Return the lines of a text that hold tokens; see :class:`.design_batches.LineArrays`."""
        tokenizer, model = self._loaded()
        encoded = tokenizer(text, return_offsets_mapping=True, verbose=False)
        ids, spans = encoded["input_ids"], encoded["offset_mapping"]
        if not ids:  # an empty file to a tokenizer that adds nothing
            return {
                "means": np.zeros((0, self.width), np.float16),
                "tokens": np.zeros(0, np.float32),
                "line": np.zeros(0, np.int32),
            }
        states = [
            model(input_ids=torch.tensor([part], device=self.device)).last_hidden_state[0].float().cpu()
            for part in _windows(ids, self.window)
        ]
        ends = np.flatnonzero(np.frombuffer(text.encode("utf-32-le"), np.uint32) == ord("\n"))
        # Byte-level tokens of leading white space begin with the line break before it: their last character counts.
        last = np.array([max(start, end - 1) for start, end in spans])
        line, row = np.unique(np.searchsorted(ends, last) + 1, return_inverse=True)
        counts = np.bincount(row)
        total = torch.zeros(len(line), self.width).index_add_(0, torch.from_numpy(row), torch.cat(states))
        means = (total / torch.from_numpy(counts)[:, None]).clamp(-_LARGEST, _LARGEST)
        return {
            "means": means.half().numpy(),
            "tokens": counts.astype(np.float32),
            "line": line.astype(np.int32),
        }

    def _loaded(self) -> tuple[Any, Any]:
        """Return tokenizer and model."""
        if self._reader is None:
            tokenizer = self._load("AutoTokenizer")
            if not tokenizer.is_fast:
                raise InputError.of(_UNAVAILABLE, name=self.name, why="its tokenizer does not tell where tokens stand")
            dtype = torch.float32 if self.device == "cpu" else "auto"
            model = self._load("AutoModel", use_safetensors=True, dtype=dtype)
            self._reader = tokenizer, model.to(self.device).eval().requires_grad_(False)
        return self._reader

    def _load(self, kind: str, **options: Any) -> Any:
        """Load a part of the model by the ``Auto`` class of this name."""
        try:
            import transformers
        except ImportError:
            raise MissingToolError(
                "error: language models of Hugging Face need the extra 'text'; pip install 'edasat[text]'"
            ) from None
        # a bar for each file, even where there is no terminal
        transformers.logging.disable_progress_bar()  # type: ignore[no-untyped-call]
        try:
            return getattr(transformers, kind).from_pretrained(
                self.name, revision=self.revision or "main", trust_remote_code=False, **options
            )
        except (OSError, ValueError) as error:  # no such model, no network, no safetensors; code of its own
            why = str(error).strip().partition("\n")[0]
            raise InputError.of(_UNAVAILABLE, name=self.name, why=why) from None

    def _fingerprint(self, commit: str) -> str:
        digest = hashlib.blake2b(digest_size=16)
        folder = Path(self.name)
        if folder.is_dir():
            for path in sorted([*folder.glob("*.json"), *folder.glob("*.safetensors")]):
                digest.update(f"{path.name} {content_hash(path)} ".encode())
        else:
            digest.update(f"{self.name} {commit}".encode())
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
