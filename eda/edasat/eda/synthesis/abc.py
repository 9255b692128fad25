"""ABC (Berkeley): optimisation, statistics and equivalence checks, each call in a process of its own.

The program is the ``yosys-abc`` that the pyosys wheel brings; no installation is needed, and pyosys itself is not
imported. ABC exits with status 0 whatever happens, so success is judged by a marker that only a script run to its
end prints. It runs in a scratch folder with fixed file names: nothing a user named ever stands in a script.
"""

from __future__ import annotations

import importlib.util
import re
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np

from edasat.core.errors import InputError, MissingToolError, ToolError, ToolTimeout
from edasat.core.processes import Limits, run

from ..aig import Aig, Literals
from ..formats.aiger import read_aiger, write_aiger

#: Generous for recipes on circuits of 100,000 gates, and an end to runs that hang.
DEFAULT_LIMITS: Final = Limits(cpu_s=600, wall_s=1200, memory_bytes=8 << 30)

#: Commands that map one and-inverter graph to an equivalent one over the same inputs, outputs and latches. Commands
#: that read or write files, run programs, map to cells or change the sequential behaviour are left out on purpose.
COMMANDS: Final = frozenset({
    "balance", "rewrite", "refactor", "resub", "dc2", "dch", "drw", "drwsat", "drf", "irw", "irws", "iresyn",
    "orchestrate", "strash", "csweep", "fraig", "ifraig", "dfraig",
    "&get", "&put", "&st", "&b", "&blut", "&syn2", "&syn3", "&syn4", "&dc2", "&dch", "&fraig", "&scorr", "&sweep",
})  # fmt: skip

#: Well-known recipes, which ABC itself knows only as aliases of a start-up file that is never read here.
RECIPES: Final[dict[str, tuple[str, ...]]] = {
    "resyn": ("balance", "rewrite", "rewrite -z", "balance", "rewrite -z", "balance"),
    "resyn2": (
        *("balance", "rewrite", "refactor", "balance", "rewrite", "rewrite -z"),
        *("balance", "refactor -z", "rewrite -z", "balance"),
    ),
    "compress2": (
        *("balance -l", "rewrite -l", "refactor -l", "balance -l", "rewrite -l", "rewrite -z -l"),
        *("balance -l", "refactor -z -l", "rewrite -z -l", "balance -l"),
    ),
}

_COMMAND: Final = re.compile(r"(&?[a-z][a-z0-9_]*)((?: -[A-Za-z]+| [0-9]+)*)")
_DONE: Final = "edasat-script-done"
_STATS: Final = re.compile(r"i/o =\s*(\d+)/\s*(\d+)\s+lat =\s*(\d+)\s+and =\s*(\d+)\s+lev =\s*(\d+)")
_COLOUR: Final = re.compile(r"\x1b\[[0-9;]*m")
_VERSION: Final = re.compile(r"ABC ([0-9.]+)(?: \(compiled ([A-Za-z]+) +(\d+) (\d+))?")


@dataclass(frozen=True)
class Stats:
    """Size of a graph as ABC prints it: counts of inputs, outputs, latches and AND gates, and the depth in gates."""

    num_inputs: int
    num_outputs: int
    num_latches: int
    num_ands: int
    depth: int


@cache
def binary() -> Path:
    """Return the path of ``yosys-abc``.

    Raises:
        MissingToolError: if the pyosys wheel is not installed or does not bring the program.
    """
    spec = importlib.util.find_spec("pyosys")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        program = Path(folder) / "yosys-abc"
        if program.is_file():
            return program
    raise MissingToolError("error: ABC is not installed; 'pip install pyosys' brings it")


@cache
def version() -> str:
    """Return the version of ABC, such as ``ABC 1.01 (Oct 13 2026)``: the build date tells more than the number."""
    with tempfile.TemporaryDirectory(prefix="edasat-abc-") as folder:
        found = _VERSION.search(run_script(["version"], folder))
    if found is None:
        return "ABC of unknown version"
    return f"ABC {found[1]}" + (f" ({found[2]} {found[3]} {found[4]})" if found[2] else "")


def optimise(aig: Aig, script: Sequence[str], limits: Limits = DEFAULT_LIMITS) -> Aig:
    """Run a sequence of ABC commands on a graph; sections, initial values and names stay those of ``aig``.

    Args:
        aig: combinational or sequential graph.
        script: commands such as ``["balance", "rewrite -z"]``, each one of :data:`COMMANDS` with options, or one of
            :data:`RECIPES`.
        limits: of the process.

    Raises:
        InputError: if a command is not allowed.
        ToolError: if ABC refuses a command or crashes; ToolTimeout at a limit.
    """
    checked = _checked(script)
    with tempfile.TemporaryDirectory(prefix="edasat-abc-") as folder:
        _write_plain(aig, Path(folder) / "in.aig")
        run_script(["read_aiger in.aig", "strash", *checked, "strash", "write_aiger out.aig"], folder, limits)
        result = read_aiger(Path(folder) / "out.aig")
    return _like(result, aig, checked)


def trajectory(aig: Aig, script: Sequence[str], limits: Limits = DEFAULT_LIMITS) -> list[Stats]:
    """Return the size of a graph before a script and after each of its commands, ``len(script) + 1`` entries."""
    commands = ["read_aiger in.aig", "strash", "print_stats"]
    for command in _checked(script):
        commands += [command, "print_stats"]
    with tempfile.TemporaryDirectory(prefix="edasat-abc-") as folder:
        _write_plain(aig, Path(folder) / "in.aig")
        output = run_script(commands, folder, limits)
    stats = [Stats(*map(int, found)) for found in _STATS.findall(output)]
    if len(stats) != len(script) + 1:
        raise ToolError(
            f"expected {len(script) + 1} lines of statistics, got {len(stats)}",
            binary=str(binary()),
            command=commands,
            output=output,
        )
    return stats


def print_stats(aig: Aig, limits: Limits = DEFAULT_LIMITS) -> Stats:
    """Return the size of a graph as ABC sees it after structural hashing."""
    return trajectory(aig, (), limits)[0]


def check_equivalence(a: Aig, b: Aig, limits: Limits = DEFAULT_LIMITS) -> bool | None:
    """Say whether two graphs compute the same, by ABC's ``cec``; None if it could not decide within the limits.

    Inputs, outputs and latches are matched by position. Latches are cut: next states must agree too.
    Properties count as outputs.

    Raises:
        InputError: if the numbers of inputs, outputs or latches differ.
    """
    shapes = [(g.num_inputs, len(g.roots()) - g.num_latches, g.num_latches) for g in (a, b)]
    if shapes[0] != shapes[1]:
        raise InputError(
            f"the circuits have {shapes[0]} and {shapes[1]} inputs, outputs and latches",
            code="abc-shapes",
            hint="equivalence is checked by position: the numbers must agree",
        )
    seconds = int(min(s for s in (limits.cpu_s, limits.wall_s, 1e6) if s is not None)) + 1
    # -n: match by position; -T and -C lift ABC's own limits of 20 s and 10,000 conflicts.
    command = f"cec -n -T {seconds} -C 1000000000 a.aig b.aig"
    with tempfile.TemporaryDirectory(prefix="edasat-abc-") as folder:
        _write_plain(a, Path(folder) / "a.aig")
        _write_plain(b, Path(folder) / "b.aig")
        try:
            output = run_script([command], folder, limits)
        except ToolTimeout:
            return None
    if "Networks are equivalent" in output:
        return True
    if "NOT EQUIVALENT" in output:
        return False
    if "UNDECIDED" in output:
        return None
    raise ToolError("cec gave no verdict", binary=str(binary()), command=[command], output=output)


def run_script(commands: Sequence[str], folder: str | Path, limits: Limits = DEFAULT_LIMITS) -> str:
    """Run commands in a folder and return what ABC printed, without colours.

    The commands are passed as they are: callers put only text of their own into them.

    Raises:
        ToolTimeout: at a limit of CPU or wall time.
        ToolError: if the script did not run to its end.
    """
    script = "; ".join([*commands, f"echo {_DONE}"])
    # -s: no start-up file, whose aliases would make results depend on the machine.
    command = [str(binary()), "-s", "-q", script]
    done = run(command, limits=limits, cwd=folder)
    output = _COLOUR.sub("", (done.stdout + done.stderr).decode("utf-8", "replace"))
    if done.outcome in {"cpu-limit", "wall-limit"}:
        raise ToolTimeout(
            f"ABC reached its {done.outcome.replace('-', ' ')}", binary=command[0], command=command, output=output
        )
    if done.outcome != "ok" or _DONE not in output:
        reason = {"ok": "ABC stopped in the middle of its script", "failed": f"ABC ended with {done.returncode}"}
        raise ToolError(
            reason.get(done.outcome, f"ABC reached its {done.outcome.replace('-', ' ')}"),
            binary=command[0],
            command=command,
            output=output,
        )
    return output.replace(_DONE, "")


def _checked(script: Sequence[str]) -> list[str]:
    """Return the commands with single spaces, after checking every one against the list."""
    checked = []
    for text in script:
        command = " ".join(text.split())
        found = _COMMAND.fullmatch(command)
        if found is None or found[1] not in COMMANDS:
            raise InputError(
                f"'{text}' is not an ABC command that may stand in a script",
                code="abc-command",
                hint="allowed are " + ", ".join(sorted(COMMANDS)) + ", with options such as '-z' or '-K 8'",
            )
        checked.append(command)
    return checked


def _write_plain(aig: Aig, path: Path) -> None:
    """Write properties as outputs, and no symbols: ABC then names everything by position, in all files alike."""
    roots = aig.roots()[aig.num_latches :]
    write_aiger(Aig(aig.num_inputs, aig.ands, roots, aig.latches), path)


def _like(result: Aig, aig: Aig, script: Sequence[str]) -> Aig:
    """Give what ABC wrote the initial values, the sections and the names of the graph it was made from.

    The ``&`` commands turn latches that start at 1 into complemented ones that start at 0: they are complemented
    back. Files of sequential circuits come back with every output listed as a bad state.
    """
    found, wanted = result.latches[:, 1], aig.latches[:, 1]
    if ((found != wanted) & ((found != 0) | (wanted != 1))).any():
        raise ToolError("ABC changed the initial value of a latch", binary=str(binary()), command=list(script))
    flips = np.zeros(result.num_nodes, np.int32)
    flips[1 + result.num_inputs : result.first_and] = found != wanted

    def flipped(literals: Literals) -> Literals:
        return literals ^ flips[literals >> 1]

    sections = (aig.outputs, aig.bad, aig.constraints, *aig.justice, aig.fairness)
    roots = flipped(np.concatenate([result.outputs, result.bad]))
    outputs, bad, constraints, *justice, fairness = np.split(roots, np.cumsum([len(part) for part in sections])[:-1])
    return replace(
        aig,
        ands=flipped(result.ands),
        latches=np.column_stack([flipped(result.latches[:, 0]) ^ (found != wanted), wanted]),
        outputs=outputs,
        bad=bad,
        constraints=constraints,
        justice=tuple(justice),
        fairness=fairness,
    )
