"""The shipped layout for slack prediction: ``python -m edasat.tools.slack_example`` makes it anew.

The RTL of the shipped design mac8 goes through our flow onto our own library; graywolf, qrouter and OpenSTA must be
installed (``tools/setup --flow``). The circuit is not among those that the shipped weights learn from.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path
from typing import Final

from edasat.core.errors import ToolError
from edasat.datasets.timing.build import make_layout

from .timing_examples import FOLDER

#: A folder as :class:`edasat.datasets.timing.samples.TimingSample` describes it.
EXAMPLE: Final = FOLDER.parent / "slack" / "mac8"


def build(out: Path = EXAMPLE) -> None:
    """Write the folder.

    Raises:
        ToolError: if a program fails, or leaves nets unrouted.
    """
    with tempfile.TemporaryDirectory(prefix="edasat-example-") as folder:
        task = {
            "id": "mac8",
            "family": "mac8",
            "library": "edasat45",
            "rtl": {"file": str(FOLDER / "mac8" / "rtl.v"), "top": "mac8", "source": "edasat", "licence": "Apache-2.0"},
            "utilisation": 0.6,
            "seed": 1,
            "data": None,
            "out": folder,
        }
        done = make_layout(task)
        if done["status"] != "labelled":
            raise ToolError(done["message"], binary="", command=[], output="")
        shutil.rmtree(out, ignore_errors=True)
        out.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(Path(folder) / "samples" / "mac8", out)
    sys.stdout.write(f"{out}\n")


if __name__ == "__main__":
    build()
