"""Cell libraries that layouts of the labelled set are made with, and where their files lie.

The libraries are other people's: none ships with edasat, apart from its own. Files are looked for in a folder given by
the user, laid out as ``libs/<library>/<file>``.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from edasat.core.errors import InputError, Message
from edasat.eda.flow.technologies import OSU018

_UNKNOWN = Message("timing-library", "there is no library '{name}'", "libraries are {known}")
_MISSING = Message(
    "timing-library-files", "library '{name}' needs this file, which is not here", "give the folder of the data: --data"
)


@dataclass(frozen=True)
class LibraryFiles:
    """The files of one cell library.

    Attributes:
        name: as in the tables.
        liberty: cells and their timing.
        lef: technology first, then cells.
        rules: extraction tables (OpenRCX), or None: the LEF's values are used.
        rc: resistance of vias where the LEF does not tell it (``*.rc`` in the Liberty file's units), or None.
        licence: of the files.
    """

    name: str
    liberty: Path
    lef: tuple[Path, ...]
    rules: Path | None
    rc: Path | None
    licence: str


#: name -> Liberty, LEF files, extraction rules, unit RC, licence; relative to ``libs/`` of the data folder.
_SHARED: Final = {
    "nangate45": (
        "nangate45/nangate45_typ.lib.gz",
        ("nangate45/Nangate45_tech.lef", "nangate45/Nangate45_stdcell.lef.xz"),
        "nangate45/Nangate45.rcx_rules.xz",
        None,
        "Nangate Open Cell Library licence",
    ),
    "sky130hd": (
        "sky130hd/sky130hd_tt.lib.gz",
        ("sky130hd/sky130hd.tlef", "sky130hd/sky130_fd_sc_hd_merged.lef.xz"),
        "sky130hd/sky130hd.rcx_rules",
        "sky130hd/sky130hd.rc",
        "Apache-2.0 (SkyWater)",
    ),
}


def library_files(name: str, data: Path | None) -> LibraryFiles:
    """Return the files of a library.

    Args:
        name: "nangate45" or "sky130hd" (from the data folder), "osu018" (Debian's qflow-tech-osu018), or "edasat45".
        data: folder that holds ``libs/``.

    Raises:
        InputError: if the library is unknown, or a file is missing.
    """
    if name in _SHARED:
        liberty, lef, rules, rc, licence = _SHARED[name]
        root = (data or Path()) / "libs"
        lef_files = tuple(root / path for path in lef)
        files = LibraryFiles(name, root / liberty, lef_files, root / rules, root / rc if rc else None, licence)
    elif name == "osu018":
        liberty_file, lef_file = (OSU018 / f"osu018_stdcells.{kind}" for kind in ("lib", "lef"))
        files = LibraryFiles(name, liberty_file, (lef_file,), None, None, "OSU standard cells, see Debian")
    elif name == "edasat45":
        from edasat.eda.cells import LEF, LIBERTY

        files = LibraryFiles(name, LIBERTY, (LEF,), None, None, "Apache-2.0")
    else:
        raise InputError.of(_UNKNOWN, name=name, known=", ".join([*_SHARED, "osu018", "edasat45"]))
    for path in (files.liberty, *files.lef, files.rules, files.rc):
        if path is not None and not path.exists():
            raise InputError.of(_MISSING, str(path), name=name)
    return files
