"""The features of the Global Benchmark Database, as the baseline that learned and home-made features have to beat."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Final

from edasat.core.errors import ToolError
from edasat.core.processes import Limits, run

#: Runs in a process of its own: gbdc 0.4.3 ends the whole process on formulas without clauses or variables.
_SCRIPT: Final = "import gbdc, json, sys; print(json.dumps(gbdc.extract_base_features(sys.argv[1])))"


def gbdc_features(path: str | Path, limits: Limits | None = None) -> dict[str, float]:
    """Return gbdc's 58 base features of a DIMACS file (plain, or compressed in any way that libarchive knows).

    Iser and Jabs, "Global Benchmark Database", SAT 2024. They are the hand-made features of published selectors.

    Args:
        path: the file; gbdc reads it with its own, lenient reader.
        limits: CPU, wall and memory limits of the call.

    Raises:
        ToolError: if gbdc cannot read the file, crashes or reaches a limit.
    """
    command = [sys.executable, "-c", _SCRIPT, str(path)]
    done = run(command, limits=limits)
    if done.outcome != "ok":
        output = done.stderr.decode("utf-8", "replace")
        raise ToolError(
            f"gbdc gave no features of {path} ({done.outcome}, status {done.returncode})",
            binary="gbdc",
            command=command,
            output=output,
        )
    return {name: float(value) for name, value in json.loads(done.stdout).items()}
