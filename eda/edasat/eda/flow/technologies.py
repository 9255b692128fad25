"""Libraries that the flow is set up for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from edasat.core.errors import MissingToolError

from .. import cells

#: Where the Debian package ``qflow-tech-osu018`` puts its files.
OSU018: Final = Path("/usr/share/qflow/tech/osu018")


@dataclass(frozen=True)
class Technology:
    """The files of a library that the flow works with.

    Attributes:
        name: such as ``nangate45``.
        liberty: one corner.
        lefs: technology first, then cells.
        num_layers: routing layers that are used, from the lowest up.
    """

    name: str
    liberty: Path
    lefs: tuple[Path, ...]
    num_layers: int


def edasat45() -> Technology:
    """Return the small library that edasat ships."""
    return Technology("edasat45", cells.LIBERTY, (cells.LEF,), 4)


def nangate45(folder: str | Path) -> Technology:
    """Return the NanGate 45 nm open cell library, from a folder with the files as OpenROAD-flow-scripts names them."""
    folder = Path(folder)
    lefs = (folder / "Nangate45_tech.lef", folder / "Nangate45_stdcell.lef.xz")
    return Technology("nangate45", folder / "nangate45_typ.lib.gz", lefs, 6)


def osu018() -> Technology:
    """Return the Oklahoma State University library for TSMC's 180 nm process, as Debian packages it.

    Raises:
        MissingToolError: if the package is not installed.
    """
    if not OSU018.is_dir():
        raise MissingToolError(
            "error: the library osu018 is not installed\n"
            "  hint: tools/setup --flow installs the Debian package 'qflow-tech-osu018'"
        )
    lef = OSU018 / "osu018_stdcells.lef"
    return Technology("osu018", OSU018 / "osu018_stdcells.lib", (lef,), 6)
