"""Yosys: passes in a process of their own.

The library of the pyosys wheel is run by this Python in a new process, because an error inside Yosys ends the process
that it happens in. Passes are handed over as words that callers build from text of their own; whatever a user named is
copied to a fixed name in the scratch folder first.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from edasat.core.errors import MissingToolError, ToolError
from edasat.core.processes import Completed, Limits

from .programs import DEFAULT_LIMITS, call

_RUN: Final = """
import json, sys
from pyosys import libyosys
design = libyosys.Design()
for one_pass in json.loads(sys.argv[1]):
    libyosys.run_pass(one_pass, design)
"""
#: "rtl0.v:12: ERROR: text" from the Verilog front end, "ERROR: text" from passes.
_REFUSED: Final = re.compile(r"^(?:(?P<file>\S+?):(?P<line>\d+)[^\s:]*: )?ERROR: ?(?P<text>.*)", re.MULTILINE)
_WARNING: Final = re.compile(r"^Warning: (.*)", re.MULTILINE)


def version() -> str:
    """Return the version of Yosys, such as ``0.70``.

    Raises:
        MissingToolError: if the pyosys wheel is not installed.
    """
    try:
        return importlib.metadata.version("pyosys")
    except importlib.metadata.PackageNotFoundError:
        raise MissingToolError("error: Yosys is not installed; 'pip install pyosys' brings it") from None


def run_passes(
    passes: Sequence[str], folder: Path, *, limits: Limits = DEFAULT_LIMITS, names: Mapping[str, str] | None = None
) -> tuple[Completed, str]:
    """Run passes in a folder and return how the process ended and what Yosys printed.

    Args:
        passes: commands of Yosys; they are executed as they are.
        folder: where files are found.
        limits: of the process.
        names: for messages, the user's name of each file in the folder.

    Raises:
        MissingToolError: if the pyosys wheel is not installed.
        ToolError: where Yosys refuses, with the user's file and line if it tells them; ToolTimeout at a limit.
    """
    version()
    command = [sys.executable, "-I", "-c", _RUN, json.dumps(list(passes))]
    done, output = call("Yosys", command, folder, limits, must_end_well=False)
    if done.outcome != "ok":
        raise ToolError(_reason(output, done.returncode, names or {}), binary="yosys", command=[*passes], output=output)
    return done, output


def _reason(output: str, status: int, names: Mapping[str, str]) -> str:
    """Return Yosys' own sentence with the place in the user's file."""
    found = _REFUSED.search(output)
    if found is None:
        last = output.strip().rpartition("\n")[2]
        return f"Yosys ended with status {status}: {last}"
    text = found["text"].strip()
    if text.endswith("in 'check -assert'."):  # the warnings before it tell what was found
        text = next(_WARNING.finditer(output[output.rindex("Executing CHECK pass") :]))[1]
    for ours, theirs in names.items():
        text = text.replace(ours, theirs)
    if not found["file"]:
        return f"Yosys: {text}"
    file = found["file"]
    for ours, theirs in names.items():
        file = file.replace(ours, theirs)
    return f"{file}:{found['line']}: {text}"
