"""edasat45: a small cell library of our own, for examples, demonstrations and tests.

The typical corner and the LEF are shipped; slow and fast corners are written by ``python -m edasat.eda.cells -o DIR``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from edasat.core.files import atomic_write

from .electrical import CORNERS, FAST, SLOW, TYPICAL, Corner
from .lef import lef_text
from .liberty import NO_WIRE_LOAD, WIRE_LOAD, liberty_text, library_name

__all__ = ["CORNERS", "FAST", "LEF", "LIBERTY", "NO_WIRE_LOAD", "SLOW", "TYPICAL", "WIRE_LOAD", "Corner",
           "lef_text", "liberty_text", "library_name", "write_library"]  # fmt: skip

#: The shipped files.
LIBERTY: Final = Path(__file__).parent / f"{library_name(TYPICAL)}.lib"
LEF: Final = Path(__file__).parent / "edasat45.lef"


def write_library(folder: str | Path, corners: tuple[Corner, ...] = CORNERS) -> list[Path]:
    """Write the LEF and one Liberty file per corner; return their paths."""
    texts = {LEF.name: lef_text()} | {f"{library_name(corner)}.lib": liberty_text(corner) for corner in corners}
    for name, text in texts.items():
        with atomic_write(Path(folder) / name, "w") as file:
            file.write(text)
    return [Path(folder) / name for name in texts]
