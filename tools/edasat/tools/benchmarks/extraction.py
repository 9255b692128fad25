"""How close extraction comes to what OpenROAD extracted of the same layouts, and how fast it is.

``python -m edasat.tools.benchmarks.extraction -o results/extraction.json`` needs the shared folder of other people's
layouts. For each layout with a known SPEF: relative error of every net's total capacitance and resistance, and slack,
WNS and TNS that our timing engine finds with either. Methods: extraction rules; the library's unit RC (``*.rc``),
blind to neighbours; the technology LEF alone; each also with factors per layer that were fitted on another layout of
the same library.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from edasat import api
from edasat.core.errors import InputError
from edasat.eda.extraction import Calibration, calibrate, extract, read_rules, read_unit_rc
from edasat.eda.formats.layout import Layout, read_def
from edasat.eda.formats.lef import read_lef
from edasat.eda.formats.liberty import read_liberty
from edasat.eda.formats.spef import Spef, format_spef, read_spef, write_spef
from edasat.eda.timing.result import Endpoints
from edasat.tools.results import markdown_table, read_result, write_result

COMMAND: Final = "python -m edasat.tools.benchmarks.extraction -o results/extraction.json"
_DEFAULT_DATA: Final = Path(__file__).resolve().parents[5] / "shared" / "data"
#: Nets below have next to no wire, and relative errors say nothing.
_LEAST_FF: Final = 0.05
_LEAST_OHM: Final = 1.0
_LIBRARIES: Final = {
    "nangate45": (
        ("Nangate45_tech.lef", "Nangate45_stdcell.lef.xz"),
        "Nangate45.rcx_rules.xz",
        "Nangate45.rc",
        "nangate45_typ.lib.gz",
    ),
    "sky130hd": (
        ("sky130hd.tlef", "sky130_fd_sc_hd_merged.lef.xz"),
        "sky130hd.rcx_rules",
        "sky130hd.rc",
        "sky130hd_tt.lib.gz",
    ),
}
_LARGE: Final = ("nangate45_aes", "nangate45_ibex", "sky130hd_aes")


class Library:
    """The files of one cell library, read once."""

    def __init__(self, data: Path, name: str) -> None:
        lef, rules, rc, liberty = _LIBRARIES[name]
        folder = data / "libs" / name
        self.name = name
        self.liberty = folder / liberty
        self.lef = read_lef(*(folder / each for each in lef))
        self.rules = read_rules(folder / rules)
        self.unit_rc = read_unit_rc(folder / rc, units=read_liberty(self.liberty).units)

    def extract(self, layout: Layout, method: str, calibration: Calibration | None) -> Spef:
        """Extract by one of the methods "rules", "unit RC" and "LEF"."""
        return extract(layout, self.lef, **self._sources(method), calibration=calibration)

    def calibrate(self, layout: Layout, method: str, golden: Spef) -> Calibration:
        """Fit factors for a method."""
        return calibrate(layout, self.lef, golden, **self._sources(method))

    def _sources(self, method: str) -> dict[str, Any]:
        return {
            **({"rules": self.rules} if method == "rules" else {}),
            **({"unit_rc": self.unit_rc} if method != "LEF" else {}),
        }


@dataclass(frozen=True)
class Case:
    """A layout whose wires OpenROAD has extracted; netlist None: of the layout, and the period in ns instead of SDC."""

    name: str
    library: str
    layout: Path
    spef: Path
    netlist: Path | None = None
    sdc: Path | None = None
    period: float | None = None


def cases(data: Path) -> Iterator[Case]:
    """Yield the layouts with known wires."""
    for library in _LIBRARIES:
        folder = data / "timing" / "circuitops" / f"{library}_gcd"
        yield Case(
            f"CircuitOps {library}_gcd",
            library,
            folder / "6_final.def.gz",
            folder / "6_final.spef.gz",
            folder / "6_final.v.gz",
            folder / "6_final.sdc.gz",
        )
    folder = data / "timing" / "openroad_gcd"
    yield Case("OpenROAD 45_gcd", "nangate45", folder / "45_gcd.def.xz", folder / "45_gcd.spefok.xz", period=0.485)


def measure(data: Path) -> dict[str, Any]:
    """Measure accuracy on all cases and speed on the large layouts."""
    libraries = {name: Library(data, name) for name in _LIBRARIES}
    accuracy = []
    known = list(cases(data))
    for case in known:
        library = libraries[case.library]
        other = next((each for each in known if each.library == case.library and each is not case), None)
        with tempfile.TemporaryDirectory(prefix="edasat-extraction-") as folder:
            accuracy.append(_accuracy(case, other, library, Path(folder)))
        for row in accuracy[-1]["methods"]:
            print(accuracy[-1]["name"], row, file=sys.stderr)  # noqa: T201
    speed = []
    for name in _LARGE:
        library = libraries[name.partition("_")[0]]
        speed.append({"name": name, **_speed(data / "timing/circuitops" / name / "6_final.def.gz", library)})
        print(speed[-1], file=sys.stderr)  # noqa: T201
    return {"accuracy": accuracy, "speed": speed}


def _accuracy(case: Case, other: Case | None, library: Library, folder: Path) -> dict[str, Any]:
    layout, golden = read_def(case.layout, lef=library.lef), read_spef(case.spef)
    reference = _slack(case, library, case.spef)
    calibrations: list[tuple[str, str, Calibration | None]] = [(each, "", None) for each in ("rules", "unit RC", "LEF")]
    if other is not None:
        known = read_def(other.layout, lef=library.lef), read_spef(other.spef)
        calibrations += [
            (method, other.name, library.calibrate(known[0], method, known[1])) for method, _, _ in calibrations
        ]
    methods = []
    for method, fitted_on, calibration in calibrations:
        found = library.extract(layout, method, calibration)
        write_spef(found, folder / "found.spef")
        methods.append(
            {
                "method": method,
                "calibrated_on": fitted_on,
                **compare_nets(found, golden),
                **_compare_slack(_slack(case, library, folder / "found.spef"), reference),
            }
        )
    return {"name": case.name, "nets": golden.num_nets, "endpoints": len(reference), "methods": methods}


def compare_nets(found: Spef, golden: Spef) -> dict[str, Any]:
    """Return relative errors of the nets' total capacitance and resistance."""
    row = found.nets.find_in(golden.nets)
    both = row >= 0
    ff, ohm = found.net_capacitance[both], _net_ohm(found)[both]
    golden_ff, golden_ohm = golden.net_capacitance[row[both]], _net_ohm(golden)[row[both]]
    result: dict[str, Any] = {"nets_compared": int(both.sum())}
    for what, mine, theirs, least in (("c", ff, golden_ff, _LEAST_FF), ("r", ohm, golden_ohm, _LEAST_OHM)):
        error = np.abs(mine / np.maximum(theirs, 1e-9) - 1)[theirs >= least]
        result[f"{what}_sum_ratio"] = float(mine.sum() / theirs.sum())
        result[f"{what}_median_error"] = float(np.median(error))
        result[f"{what}_p90_error"] = float(np.quantile(error, 0.9))
    return result


def _net_ohm(spef: Spef) -> Any:
    total = np.zeros(spef.num_nets)
    np.add.at(total, np.repeat(np.arange(spef.num_nets), np.diff(spef.net_resistors)), spef.resistor_ohm)
    return total


def _slack(case: Case, library: Library, spef: Path) -> Endpoints:
    return api.sta(
        library.liberty,
        netlist=case.netlist,
        layout=case.layout if case.netlist is None else None,
        sdc=case.sdc,
        period=case.period,
        spef=spef,
        wires="spef",
        check_join=False,
    ).setup


def _compare_slack(found: Endpoints, golden: Endpoints) -> dict[str, Any]:
    """Return how far setup slack lies off, end point by end point."""
    row = {name: i for i, name in enumerate(found.names)}
    mine = found.slack[[row[name] for name in golden.names]]
    good = np.isfinite(mine) & np.isfinite(golden.slack)
    gap = mine[good] - golden.slack[good]
    return {
        "slack_mae_ps": float(1e3 * np.abs(gap).mean()),
        "slack_r2": float(1 - (gap**2).sum() / ((golden.slack[good] - golden.slack[good].mean()) ** 2).sum()),
        "worst_slack_ns": float(mine[good].min()),
        "golden_worst_slack_ns": float(golden.slack[good].min()),
        "tns_ns": found.tns,
        "golden_tns_ns": golden.tns,
    }


def _speed(path: Path, library: Library, repeats: int = 3) -> dict[str, Any]:
    """Return CPU seconds, the least of some runs after compiled code is warm."""
    library.extract(read_def(path, lef=library.lef), "rules", None)
    least: dict[str, float] = {}
    for _ in range(repeats):
        started = time.process_time()
        layout = read_def(path, lef=library.lef)
        read = time.process_time()
        spef = library.extract(layout, "rules", None)
        done = time.process_time()
        text = format_spef(spef)
        for stage, seconds in (
            ("read_def_s", read - started),
            ("extract_s", done - read),
            ("write_spef_s", time.process_time() - done),
        ):
            least[stage] = min(least.get(stage, seconds), seconds)
    return {"nets": spef.num_nets, "resistors": spef.num_resistors, "spef_bytes": len(text), **least}


def table(result: dict[str, Any]) -> str:
    """Return the result as Markdown tables."""
    rows = [
        [
            f"{case['name']} ({case['nets']} nets, {case['endpoints']} end points)",
            row["method"] + (f", calibrated on {row['calibrated_on']}" if row["calibrated_on"] else ""),
            f"{row['c_median_error']:.1%}",
            f"{row['c_p90_error']:.1%}",
            f"{row['r_median_error']:.2%}",
            f"{row['slack_mae_ps']:.2f}",
            f"{row['slack_r2']:.5f}",
            f"{row['worst_slack_ns']:.3f} / {row['golden_worst_slack_ns']:.3f}",
            f"{row['tns_ns']:.3f} / {row['golden_tns_ns']:.3f}",
        ]
        for case in result["data"]["accuracy"]
        for row in case["methods"]
    ]
    head = ["layout", "method", "net C: median error", "C: 90 %", "net R: median", "slack: mean error ps", "R2",
            "worst slack ns / golden", "TNS ns / golden"]  # fmt: skip
    times = [
        [
            each["name"],
            f"{each['nets']:,}",
            f"{each['resistors']:,}",
            *(f"{each[stage]:.2f}" for stage in ("read_def_s", "extract_s", "write_spef_s")),
        ]
        for each in result["data"]["speed"]
    ]
    second = markdown_table(["layout", "nets", "resistors", "read DEF s", "extract s", "write SPEF s"], times)
    return f"{markdown_table(head, rows)}\n{second}\nCPU seconds, one core.\n"


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print the tables, and write the result."""
    parser = argparse.ArgumentParser(description="Measure extraction.")
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("EDASAT_SHARED_DATA", _DEFAULT_DATA)))
    parser.add_argument("-o", "--out", type=Path, default=Path("results/extraction.json"))
    given = parser.parse_args(arguments)
    if not given.data.is_dir():
        raise InputError("no such folder", path=str(given.data), hint="name it with --data or EDASAT_SHARED_DATA")
    write_result(given.out, measure(given.data), command=COMMAND, packages=("numpy", "numba"))
    print(table(read_result(given.out)))  # noqa: T201


if __name__ == "__main__":
    main()
