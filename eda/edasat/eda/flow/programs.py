"""How every external program of the flow is called and how its failure is told."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from edasat.core.errors import MissingToolError, ToolError, ToolTimeout
from edasat.core.processes import Completed, Limits, run

#: For one program on a design of some thousand cells; the router takes the most, four minutes for 5,400 cells.
DEFAULT_LIMITS: Final = Limits(cpu_s=1800, wall_s=3600, memory_bytes=8 << 30)
_ENV: Final = "/usr/bin/env"


@dataclass(frozen=True)
class Step:
    """What one program of the flow cost.

    Attributes:
        name: what it did: synthesis, placement, routing.
        tool: name and version of the program.
        cpu_s, wall_s: seconds.
        peak_memory_bytes: largest resident size seen.
    """

    name: str
    tool: str
    cpu_s: float
    wall_s: float
    peak_memory_bytes: int

    @classmethod
    def of(cls, name: str, tool: str, done: Completed) -> Step:
        """Take the costs from a finished call."""
        return cls(name, tool, round(done.cpu_s, 3), round(done.wall_s, 3), done.peak_memory_bytes)


def debian_program(name: str, package: str) -> str:
    """Return the path of a program that ``tools/setup --flow`` installs.

    Raises:
        MissingToolError: if it is not there.
    """
    found = shutil.which(name)
    if found is None:
        raise MissingToolError(
            f"error: {name} is not installed; only new layouts need it\n"
            f"  hint: tools/setup --flow installs the Debian package '{package}'"
        )
    return found


def call(
    tool: str, command: Sequence[str | Path], folder: Path, limits: Limits, *, must_end_well: bool = True
) -> tuple[Completed, str]:
    """Run a program in a folder and return how it ended and what it printed.

    ``DISPLAY`` is taken from its environment: graywolf and qrouter would open windows, and fail where they cannot.

    Raises:
        ToolTimeout: at a limit of CPU or wall time.
        ToolError: at the limit of memory, and, if ``must_end_well``, for any exit status but 0.
    """
    arguments = [str(part) for part in command]
    # The variable must be absent; an empty one makes graywolf fail. processes.run can only add variables.
    done = run([_ENV, "--unset=DISPLAY", *arguments], limits=limits, cwd=folder)
    output = (done.stdout + done.stderr).decode("utf-8", "replace")
    if done.outcome in {"cpu-limit", "wall-limit"}:
        reached = f"{tool} reached its {done.outcome.replace('-', ' ')}"
        raise ToolTimeout(reached, binary=arguments[0], command=arguments, output=output)
    if done.outcome == "memory-limit":
        raise ToolError(f"{tool} reached its memory limit", binary=arguments[0], command=arguments, output=output)
    if must_end_well and done.outcome != "ok":
        message = f"{tool} ended with status {done.returncode}"
        raise ToolError(message, binary=arguments[0], command=arguments, output=output)
    return done, output
