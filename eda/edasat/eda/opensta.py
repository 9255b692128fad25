r"""OpenSTA: the reference that our timing engine is compared with, run as a program.

Written against version 2.0.17 (2019), the Debian package ``opensta``, which ``tools/setup --flow`` installs. Numbers
are taken from the program's objects, not from its reports: reports round (``report_wns`` prints two digits, and 0.00
whenever timing is met), and list an endpoint once per path group.

What is worth knowing of that version:

- it ends with status 0 after a Tcl error, so success is judged by a marker that only a whole run prints; after a
  syntax error in Verilog or SPEF it goes on with what it has read, so any such line fails the run;
- nets without parasitics get the library's default wire load: "no SPEF" does not mean "no wires". Nothing switches
  that off; ``wire_load=False`` reads a library of ours that holds a single wire load of length 0 and sets it;
- ``dmp_ceff_elmore``, the default, uses the resistance of wire loads too; ``lumped_cap`` gives wires no delay at all;
  the calculator ``arnoldi`` crashes, whatever the design;
- ``write_sdf`` gives a non-unate arc one delay per edge of the output, whichever edge of the input it comes from;
- arcs from an asynchronous preset or clear to the output are off (``sta_preset_clear_arcs_enabled``);
- SDC that it does not know is an error that it prints and passes over; it fails the run here;
- values are single precision: about seven digits of a time, 0.1 fs at 1 ns.

File names never reach the Tcl script: inputs are linked, or decompressed, into a scratch folder under fixed names.
**SDC is Tcl** and is executed as such: run only constraint files that you would run as a program.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from edasat.core.errors import MissingToolError, ToolError, ToolTimeout
from edasat.core.files import atomic_write
from edasat.core.names import Names
from edasat.core.processes import Completed, Limits, run

from .opensta_script import DONE, Analysis, DelayCalculator, StaInputs, write_script

__all__ = ["DEFAULT_LIMITS", "EARLY", "FALL", "LATE", "RISE", "Analysis", "DelayCalculator", "Endpoints", "PathPoint",
           "PinTimes", "StaInputs", "StaResult", "TimingPath", "binary", "run_opensta", "version"]  # fmt: skip

Float = npt.NDArray[np.float64]

#: Generous for designs of a million cells.
DEFAULT_LIMITS: Final = Limits(cpu_s=3600, wall_s=7200, memory_bytes=16 << 30)

#: Rows and columns of per-pin times: early or late, and the edge at the pin.
EARLY, LATE = 0, 1
RISE, FALL = 0, 1

_INFINITE: Final = 1e29  # OpenSTA's own infinity is 1e30 s
_REFUSED: Final = re.compile(r"^Error: |syntax error", re.MULTILINE)


@dataclass(frozen=True, eq=False)
class Endpoints:
    """The worst path of every constrained endpoint, worst endpoint first.

    Attributes:
        names: pins of cells (``u1/D``) or ports.
        starts: where the paths start.
        edge: uint8, (num_endpoints,): RISE or FALL at the endpoint.
        check: what ends the path: "setup", "hold", "recovery", "removal", "output delay", ...
        slack, arrival, required: float64, (num_endpoints,), ns.
    """

    names: Names
    starts: Names
    edge: npt.NDArray[np.uint8]
    check: tuple[str, ...]
    slack: Float
    arrival: Float
    required: Float

    def __len__(self) -> int:
        return len(self.names)

    @property
    def wns(self) -> float:
        """Worst negative slack: the worst slack, or 0 when all are met; ns."""
        return float(min(0.0, self.slack.min(initial=0.0)))

    @property
    def tns(self) -> float:
        """Total negative slack, ns: the sum over endpoints of their worst slack where it is negative."""
        return float(np.minimum(self.slack, 0.0).sum())


class PathPoint(NamedTuple):
    """One pin on a path: edge RISE or FALL, arrival and slew in ns."""

    pin: str
    edge: int
    arrival: float
    slew: float


@dataclass(frozen=True)
class TimingPath:
    """One path, from its first to its last pin; slack in ns."""

    endpoint: str
    slack: float
    points: tuple[PathPoint, ...]


@dataclass(frozen=True, eq=False)
class PinTimes:
    """Times at pins; NaN where a pin sees no edge or has no constraint.

    Attributes:
        names: pins of cells and ports; an inout pin stands twice, as a load and as a driver.
        arrival: float64, (num_pins, 2, 2), ns: EARLY or LATE, RISE or FALL; the earliest and latest over all clocks.
        slew: float64, (num_pins, 2, 2), ns.
        slack: float64, (num_pins, 2, 2), ns: of hold (EARLY) and setup (LATE).
    """

    names: Names
    arrival: Float
    slew: Float
    slack: Float


@dataclass(frozen=True, eq=False)
class StaResult:
    """What OpenSTA found.

    Attributes:
        setup, hold: endpoints by latest and by earliest paths; recovery counts as setup, removal as hold.
        setup_paths, hold_paths: the worst paths that were asked for; they begin behind the launching clock pin.
        pins: times of the pins that were asked for.
        sdf: the file written by ``write_sdf``, if it was asked for.
        phases_s: CPU seconds by phase: liberty, netlist, constraints, annotation, timing, reports.
        run: how the process ended, with its CPU seconds and peak memory.
        warnings: its lines that start with "Warning".
    """

    setup: Endpoints
    hold: Endpoints
    setup_paths: tuple[TimingPath, ...]
    hold_paths: tuple[TimingPath, ...]
    pins: PinTimes | None
    sdf: Path | None
    phases_s: Mapping[str, float]
    run: Completed
    warnings: tuple[str, ...] = field(default=())


def binary() -> str:
    """Return the path of ``sta``.

    Raises:
        MissingToolError: if it is not installed.
    """
    found = shutil.which("sta")
    if found is None:
        raise MissingToolError(
            "error: OpenSTA is not installed; only comparisons and labels need it\n"
            "  hint: tools/setup --flow installs the Debian package 'opensta'"
        )
    return found


def version() -> str:
    """Return the version of OpenSTA, such as ``2.0.17``."""
    done = run([binary(), "-version"], limits=Limits(wall_s=60))
    return done.stdout.decode("utf-8", "replace").strip()


def run_opensta(
    inputs: StaInputs,
    *,
    delay_calculator: DelayCalculator = "dmp_ceff_elmore",
    wire_load: bool = True,
    analysis: Analysis = "single",
    pins: Sequence[str] | Literal["all"] = (),
    paths: int = 0,
    sdf_out: str | Path | None = None,
    limits: Limits = DEFAULT_LIMITS,
) -> StaResult:
    """Time a design with OpenSTA.

    Args:
        inputs: the files.
        delay_calculator: ``lumped_cap`` puts all of a net's capacitance at its driver and ignores resistance.
        wire_load: False gives nets without parasitics no wire at all, instead of the library's default wire load.
        analysis: one corner; best case for hold and worst case for setup; or both at once on every path.
        pins: canonical names of pins whose times are wanted, or "all".
        paths: number of worst setup and hold paths that are wanted stage by stage.
        sdf_out: where to write all delays and checks as SDF.
        limits: of the process.

    Raises:
        InputError: if a file cannot be read.
        MissingToolError: if OpenSTA is not installed.
        ToolError: if it refuses a file or crashes; ToolTimeout at a limit.
    """
    program = binary()
    with tempfile.TemporaryDirectory(prefix="edasat-sta-") as name:
        folder = Path(name)
        script = write_script(folder, inputs, delay_calculator, wire_load, analysis, pins, paths, sdf_out is not None)
        (folder / "run.tcl").write_text(script)
        command = [program, "-no_init", "-no_splash", "-exit", "run.tcl"]
        done = run(command, limits=limits, cwd=folder)
        output = (done.stdout + done.stderr).decode("utf-8", "replace")
        _check_done(done, command, output)
        if sdf_out is not None:
            with atomic_write(sdf_out) as file:
                file.write((folder / "out.sdf").read_bytes())
        setup, hold = (_endpoints(folder / f"{delay}.ends") for delay in ("max", "min"))
        return StaResult(
            setup=setup,
            hold=hold,
            setup_paths=_paths(folder / "max")[:paths] if paths else (),
            hold_paths=_paths(folder / "min")[:paths] if paths else (),
            pins=_pins(folder / "pins") if pins else None,
            sdf=Path(sdf_out) if sdf_out is not None else None,
            phases_s={phase: float(seconds) for phase, seconds in _rows(folder / "phases")},
            run=done,
            warnings=tuple(line for line in output.splitlines() if line.startswith("Warning")),
        )


def _check_done(done: Completed, command: list[str], output: str) -> None:
    if done.outcome in {"cpu-limit", "wall-limit"}:
        raise ToolTimeout(
            f"OpenSTA reached its {done.outcome.replace('-', ' ')}", binary=command[0], command=command, output=output
        )
    refused = _REFUSED.search(output)
    if done.outcome != "ok" or DONE not in output or refused:
        reason = {"memory-limit": "OpenSTA reached its memory limit", "ok": "OpenSTA stopped in the middle"}
        message = reason.get(done.outcome, f"OpenSTA ended with status {done.returncode}")
        if refused:
            message = "OpenSTA refused its input"
        raise ToolError(message, binary=command[0], command=command, output=output)


def _rows(path: Path) -> list[list[str]]:
    return [line.split("\t") for line in path.read_text(errors="surrogateescape").splitlines()]


def _times(values: Iterable[Iterable[str]]) -> Float:
    """Turn seconds into ns; OpenSTA's infinities become NaN."""
    seconds = np.array([[float(value) for value in row] for row in values], np.float64)
    return np.where(np.abs(seconds) < _INFINITE, seconds * 1e9, np.nan)


def _endpoints(path: Path) -> Endpoints:
    """Keep the worst row of every endpoint: one that stands in several path groups has several."""
    rows = _rows(path)
    times = _times(row[4:] for row in rows).reshape(-1, 3)
    by_slack = np.argsort(times[:, 0], kind="stable").tolist()
    worst = {rows[i][0]: i for i in reversed(by_slack)}
    kept = [i for i in by_slack if worst[rows[i][0]] == i]
    return Endpoints(
        names=Names.of(rows[i][0] for i in kept),
        starts=Names.of(rows[i][3] for i in kept),
        edge=np.array([RISE if rows[i][1] == "^" else FALL for i in kept], np.uint8),
        check=tuple(rows[i][2] for i in kept),
        slack=times[kept, 0],
        arrival=times[kept, 1],
        required=times[kept, 2],
    )


def _paths(stem: Path) -> tuple[TimingPath, ...]:
    """Read the worst paths of every path group, and order them by slack."""
    ends = _rows(stem.with_suffix(".worst"))
    points: list[list[PathPoint]] = [[] for _ in ends]
    rows = _rows(stem.with_suffix(".points"))
    times = _times(row[3:] for row in rows).reshape(-1, 2).tolist()
    for (number, pin, edge, *_), (arrival, slew) in zip(rows, times, strict=True):
        points[int(number)].append(PathPoint(pin, RISE if edge == "rise" else FALL, arrival, slew))
    slacks = _times([row[4]] for row in ends).reshape(-1).tolist()
    found = [TimingPath(end[0], slack, tuple(p)) for end, slack, p in zip(ends, slacks, points, strict=True)]
    return tuple(sorted(found, key=lambda path: path.slack))


def _pins(path: Path) -> PinTimes:
    rows = sorted(_rows(path))
    # (pins, edge, what, early or late) -> what first, then early or late before the edge
    arrival, slew, slack = _times(row[1:] for row in rows).reshape(-1, 2, 3, 2).transpose(2, 0, 3, 1)
    return PinTimes(Names.of(row[0] for row in rows), arrival, slew, slack)
