"""Sizes and speeds of the libraries that labels are made with, as numbers: prediction needs none of their files.

``python -m edasat.eda.synthesis.known_libraries nangate45=FILE sky130hd=FILE ...`` measures Liberty files and writes
the table that ships. The numbers are results of ours; nothing of the files is in them.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Final

from edasat.core.files import atomic_write

from .mapping_library import FEATURES, LibraryUnits, load_library

TABLE: Final = Path(__file__).with_name("known_libraries.json")


@cache
def known_units() -> Mapping[str, LibraryUnits]:
    """Return the units of each library by name.

    >>> sorted(known_units())
    ['edasat45', 'nangate45', 'osu018', 'sky130hd']
    """
    table = json.loads(TABLE.read_text(encoding="utf-8"))
    return MappingProxyType({row["name"]: LibraryUnits.from_dict(row) for row in table["libraries"]})


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure libraries, given as NAME=FILE, and write the table."""
    rows = []
    for argument in arguments if arguments is not None else sys.argv[1:]:
        name, _, liberty = argument.partition("=")
        library = load_library(liberty, name)
        rows.append({**library.units.to_dict(), "digest": library.digest})
    with atomic_write(TABLE, "w") as file:
        file.write(json.dumps({"features": list(FEATURES), "libraries": rows}, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
