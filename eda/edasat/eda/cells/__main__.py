"""``python -m edasat.eda.cells -o DIR [--corner typ|slow|fast]...`` writes the library's files."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from . import CORNERS, write_library


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the files and print their paths."""
    parser = argparse.ArgumentParser(prog="python -m edasat.eda.cells", description=__doc__)
    parser.add_argument("-o", "--out", default=".", help="folder for the files (default: %(default)s)")
    names = [corner.name for corner in CORNERS]
    parser.add_argument("--corner", action="append", choices=names, help="only this one; may be repeated")
    options = parser.parse_args(arguments)
    wanted = tuple(corner for corner in CORNERS if corner.name in (options.corner or names))
    for path in write_library(options.out, wanted):
        sys.stdout.write(f"{path}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
