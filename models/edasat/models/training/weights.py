"""Released weights: one safetensors file and one JSON card beside it."""

from __future__ import annotations

import hashlib
import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from edasat.core.errors import InputError, Message
from edasat.core.files import atomic_write

if TYPE_CHECKING:
    from torch import Tensor

#: Weights shipped with the package, one pair of files per system.
PRETRAINED: Final = Path(__file__).parents[1] / "pretrained"
#: Raised when the meaning of the tensors or of the card changes.
SCHEMA_VERSION: Final = 1
#: Weights of one system may take this many bytes in the package.
MAX_BYTES: Final = 4 << 20

_MISSING = Message(
    "weights-missing",
    "no weights of '{system}' here",
    "expected {system}.safetensors and {system}.json; `edasat train {system}` makes them",
)
_DAMAGED = Message("weights-damaged", "the weights cannot be read: {why}", "train again or restore the two files")
_VERSION = Message(
    "weights-version", "the weights have schema version {got}, this program reads {want}", "train them again"
)


def save_weights(folder: str | Path, system: str, tensors: dict[str, Tensor], card: dict[str, Any]) -> None:
    """Write ``<system>.safetensors`` and ``<system>.json``.

    Args:
        card: what a user must know and the program needs: configuration, data hash, sources, command, seed, metrics on
            held-out data, limits of use. Plain JSON values.

    Raises:
        InputError: if the tensors exceed :data:`MAX_BYTES`.
    """
    from safetensors.torch import save

    data = save({name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()})
    if len(data) > MAX_BYTES:
        raise InputError(
            f"the weights take {len(data) / 2**20:.1f} MB, at most {MAX_BYTES >> 20} MB may be released",
            hint="choose a smaller width or fewer members",
        )
    header = {
        "system": system,
        "schema_version": SCHEMA_VERSION,
        "weights_hash": hashlib.blake2b(data, digest_size=16).hexdigest(),
        **card,
    }
    folder = Path(folder)
    with atomic_write(folder / f"{system}.safetensors") as file:
        file.write(data)
    with atomic_write(folder / f"{system}.json") as file:
        file.write(json.dumps(_no_nan(header), indent=1, allow_nan=False).encode() + b"\n")


def _no_nan(value: Any) -> Any:
    """Replace NaN, which JSON does not have, by null."""
    if isinstance(value, dict):
        return {key: _no_nan(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_no_nan(item) for item in value]
    return None if isinstance(value, float) and math.isnan(value) else value


def load_card(folder: str | Path | None, system: str) -> dict[str, Any]:
    """Read the card alone, without torch; ``None`` stands for the weights shipped with the package.

    Raises:
        InputError: if it is missing, damaged, or of another schema version.
    """
    folder = Path(folder) if folder is not None else PRETRAINED
    try:
        card: dict[str, Any] = json.loads((folder / f"{system}.json").read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        raise InputError.of(_MISSING, str(folder), system=system) from None
    except ValueError as error:
        raise InputError.of(_DAMAGED, str(folder), why=error) from None
    if card.get("schema_version") != SCHEMA_VERSION:
        raise InputError.of(_VERSION, str(folder), got=card.get("schema_version"), want=SCHEMA_VERSION)
    return card


def load_weights(folder: str | Path | None, system: str) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Read what :func:`save_weights` wrote; ``None`` stands for the weights shipped with the package.

    Raises:
        InputError: if a file is missing or damaged, or the two do not belong together.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load

    card = load_card(folder, system)
    folder = Path(folder) if folder is not None else PRETRAINED
    try:
        data = (folder / f"{system}.safetensors").read_bytes()
        tensors = load(data)
    except (FileNotFoundError, NotADirectoryError):
        raise InputError.of(_MISSING, str(folder), system=system) from None
    except SafetensorError as error:
        raise InputError.of(_DAMAGED, str(folder), why=error) from None
    if card.get("weights_hash") != hashlib.blake2b(data, digest_size=16).hexdigest():
        raise InputError.of(_DAMAGED, str(folder), why=f"{system}.json describes another {system}.safetensors")
    return tensors, card
