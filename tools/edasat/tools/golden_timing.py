"""Golden tables: what OpenSTA says of the shipped designs, for tests that run without it.

``python -m edasat.tools.golden_timing [-o tests/data/timing] [NAME...]`` writes one ``NAME.json`` per design; it needs
OpenSTA (``tools/setup --flow``). Times are in ns, rounded to 1 fs; ``null`` stands for "no edge" or "no constraint".
The delays of the mode ``sdf`` are those that OpenSTA wrote in the mode ``spef``. Slacks differ all the same behind an
XNOR2: its delay depends on the edges of output and input, and SDF holds one number per edge of the output.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt

from edasat.core.files import atomic_write
from edasat.eda.cells import FAST, SLOW, write_library
from edasat.eda.opensta import Analysis, DelayCalculator, Endpoints, StaResult, TimingPath, run_opensta, version

from .timing_examples import DESIGNS, inputs

COMMAND: Final = "python -m edasat.tools.golden_timing -o tests/data/timing"
#: Designs whose every pin and worst paths are listed.
IN_DETAIL: Final = frozenset({"counter8", "gated_pipeline"})
#: Designs that are timed at two corners at once as well.
TWO_CORNERS: Final = frozenset({"gated_pipeline", "clock_domains"})
_PATHS: Final = 3
_DIGITS: Final = 6


@dataclass(frozen=True)
class Mode:
    """One way to get delays; see :func:`edasat.eda.opensta.run_opensta`.

    Attributes:
        annotation: "" or the file of the design that is annotated: "spef" or "sdf".
        analysis: other than "single", late paths take the slow corner of edasat45 and early paths the fast one.
    """

    delay_calculator: DelayCalculator
    wire_load: bool = False
    annotation: Literal["", "spef", "sdf"] = ""
    analysis: Analysis = "single"


MODES: Final[Mapping[str, Mode]] = {
    "no_wires": Mode("lumped_cap"),
    "wire_load": Mode("lumped_cap", wire_load=True),
    "spef_lumped": Mode("lumped_cap", annotation="spef"),
    "spef": Mode("dmp_ceff_elmore", annotation="spef"),
    "sdf": Mode("dmp_ceff_elmore", annotation="sdf"),
    "best_and_worst_case": Mode("lumped_cap", analysis="bc_wc"),
    "on_chip_variation": Mode("lumped_cap", analysis="on_chip_variation"),
}


def golden(name: str) -> dict[str, Any]:
    """Time a shipped design in every mode; plain JSON."""
    modes = {
        title: _table(time_design(name, mode))
        for title, mode in MODES.items()
        if mode.analysis == "single" or name in TWO_CORNERS
    }
    return {"design": name, "command": COMMAND, "opensta": version(), "unit": "ns", "modes": modes}


def time_design(name: str, mode: Mode) -> StaResult:
    """Time a shipped design in one mode."""
    files = inputs(name, mode.annotation)
    with tempfile.TemporaryDirectory(prefix="edasat-corners-") as folder:
        if mode.analysis != "single":
            _, slow, fast = write_library(folder, (SLOW, FAST))
            files = replace(files, liberty=[slow], liberty_early=[fast])
        return run_opensta(
            files,
            delay_calculator=mode.delay_calculator,
            wire_load=mode.wire_load,
            analysis=mode.analysis,
            pins="all" if name in IN_DETAIL else (),
            paths=_PATHS if name in IN_DETAIL else 0,
        )


def _table(result: StaResult) -> dict[str, Any]:
    table: dict[str, Any] = {"setup": _endpoints(result.setup), "hold": _endpoints(result.hold)}
    if result.pins is not None:
        pins = result.pins
        table["pins"] = {"name": pins.names.to_list()}
        table["pins"] |= {key: _rounded(getattr(pins, key).reshape(-1, 4)) for key in ("arrival", "slew", "slack")}
        table["pins"]["columns"] = ["early rise", "early fall", "late rise", "late fall"]
        table["setup_paths"] = [_path(path) for path in result.setup_paths]
        table["hold_paths"] = [_path(path) for path in result.hold_paths]
    return table


def _path(path: TimingPath) -> dict[str, Any]:
    points = [
        [point.pin, "rf"[point.edge], round(point.arrival, _DIGITS), round(point.slew, _DIGITS)]
        for point in path.points
    ]
    return {"endpoint": path.endpoint, "slack": round(path.slack, _DIGITS), "points": points}


def _endpoints(ends: Endpoints) -> dict[str, Any]:
    """Give endpoints by name: the order by slack would move with the last digit."""
    names = ends.names.to_list()
    order = sorted(range(len(names)), key=names.__getitem__)
    return {
        "wns": round(ends.wns, _DIGITS),
        "tns": round(ends.tns, _DIGITS),
        "endpoint": [names[i] for i in order],
        "check": [ends.check[i] for i in order],
        "edge": ["rf"[ends.edge[i]] for i in order],
        **{key: _rounded(getattr(ends, key)[order]) for key in ("slack", "arrival", "required")},
    }


def _rounded(values: npt.NDArray[np.float64]) -> list[Any]:
    if values.ndim > 1:
        return [_rounded(row) for row in values]
    return [None if np.isnan(value) else round(float(value), _DIGITS) + 0.0 for value in values]


def _text(table: Mapping[str, Any]) -> str:
    """Write one line per column, so that differences between two versions stay readable."""

    def lines(value: Any, indent: str) -> str:
        if not isinstance(value, dict):
            return json.dumps(value, separators=(",", ":"))
        inside = ",\n".join(f"{indent} {json.dumps(key)}: {lines(item, indent + ' ')}" for key, item in value.items())
        return f"{{\n{inside}\n{indent}}}"

    return lines(dict(table), "") + "\n"


def main(arguments: Sequence[str] | None = None) -> int:
    """Rebuild the tables of the designs that are named, or of all."""
    parser = argparse.ArgumentParser(prog="python -m edasat.tools.golden_timing", description=__doc__)
    parser.add_argument("-o", "--out", default="tests/data/timing", help="folder (default: %(default)s)")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one or more of {', '.join(DESIGNS)} (default: all)")
    options = parser.parse_args(arguments)
    for name in options.names or DESIGNS:
        with atomic_write(Path(options.out) / f"{name}.json", "w") as file:
            file.write(_text(golden(name)))
        sys.stdout.write(f"{options.out}/{name}.json\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
