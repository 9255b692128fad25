"""The pre-solving slots of released weights, readable without torch: they run before a network is even loaded."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from ..training.weights import load_card

#: Name of the weights' files.
SYSTEM: Final = "grass"
#: Slots that would take more than this share of a time limit are left out.
_MOST: Final = 0.5

Slots = tuple[tuple[str, float], ...]


def slots_within(slots: Sequence[tuple[str, float]], limit_s: float | None) -> Slots:
    """Return the slots if they leave at least half of the limit (None: no limit), else none."""
    fits = limit_s is None or sum(seconds for _, seconds in slots) <= _MOST * limit_s
    return tuple(slots) if fits else ()


def presolve_slots(folder: str | Path | None = None, limit_s: float | None = None) -> Slots:
    """Read the (engine, CPU seconds) slots of weights; ``None`` stands for those shipped with the package.

    Raises:
        InputError: if the weights are missing or damaged.
    """
    stored = load_card(folder, SYSTEM)["settings"]["presolve"]
    return slots_within([(str(engine), float(seconds)) for engine, seconds in stored], limit_s)
