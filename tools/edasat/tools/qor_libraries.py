"""Libraries that area and delay are predicted for: those whose units are known, and any Liberty file."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from edasat.core.errors import InputError, Message
from edasat.eda.synthesis.known_libraries import known_units

if TYPE_CHECKING:
    from edasat.eda.synthesis.mapping_library import LibraryUnits, MappingLibrary

_UNKNOWN = Message("qor-library", "there is no library '{name}'", "known are {known}; --lib takes any Liberty file")
_NO_FILE = Message(
    "qor-library-file",
    "mapping on '{name}' needs its Liberty file",
    "edasat ships edasat45's alone; give it: --lib FILE",
)
_VERILOG = Message("qor-library-verilog", "'{name}' is Verilog, not a Liberty file", "designs come without an option")
DEFAULT_LIBRARY: Final = "edasat45"
_VERILOG_NAMES: Final = (".v", ".sv", ".vh", ".svh")


@dataclass(frozen=True)
class QorLibrary:
    """A library as far as it is known.

    Attributes:
        name: of the library.
        units: its size and speed.
        liberty: its file; None where only the units are known.
    """

    name: str
    units: LibraryUnits
    liberty: Path | None = None

    def mapping(self) -> MappingLibrary:
        """Return it ready for mapping.

        Raises:
            InputError: if its file is not known.
        """
        if self.liberty is None:
            raise InputError.of(_NO_FILE, name=self.name)
        return _load(self.liberty)


@lru_cache(maxsize=4)
def _load(liberty: Path) -> MappingLibrary:
    from edasat.eda.synthesis.mapping_library import load_library

    return load_library(liberty)


def qor_library(what: str | Path | QorLibrary = DEFAULT_LIBRARY) -> QorLibrary:
    """Return a library by its name or file.

    Raises:
        InputError: for an unknown name, and a file that is no Liberty or holds no cells to map with.
    """
    if isinstance(what, QorLibrary):
        return what
    if isinstance(what, str) and what in known_units():
        return QorLibrary(what, known_units()[what], _shipped_file(what))
    path = Path(what)
    if isinstance(what, str) and not path.exists():
        raise InputError.of(_UNKNOWN, name=what, known=", ".join(known_units()))
    if path.name.endswith(_VERILOG_NAMES):
        raise InputError.of(_VERILOG, str(path), name=path.name)
    mapping = _load(path)
    return QorLibrary(mapping.name, mapping.units, path)


def _shipped_file(name: str) -> Path | None:
    """Return the Liberty file of a known library if it is on this machine."""
    from edasat.eda.cells import LIBERTY
    from edasat.eda.flow.technologies import OSU018

    path = {"edasat45": LIBERTY, "osu018": OSU018 / "osu018_stdcells.lib"}.get(name)
    return path if path is not None and path.exists() else None
