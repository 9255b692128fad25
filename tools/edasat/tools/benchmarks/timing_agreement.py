"""How closely our timing agrees with OpenSTA: the slack of every end point of the same files, in three modes.

``python -m edasat.tools.benchmarks.timing_agreement [-o results/timing_agreement.json] [NAME...]`` needs OpenSTA
(``tools/setup --flow``). Modes: "lumped" knows pins and no wires; "SDF" takes the delays that OpenSTA wrote; "SPEF"
takes extracted wires, with OpenSTA's default delay calculator; ours follows the same publication.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from edasat import api
from edasat.core.errors import InputError
from edasat.eda.opensta import Endpoints as StaEndpoints
from edasat.eda.opensta import StaInputs, StaResult, run_opensta, version
from edasat.eda.timing.analysis import Latches
from edasat.eda.timing.result import Endpoints
from edasat.eda.timing.result import StaResult as OurResult
from edasat.tools.results import markdown_table, read_result, write_result
from edasat.tools.timing_examples import DESIGNS, inputs

COMMAND: Final = "python -m edasat.tools.benchmarks.timing_agreement -o results/timing_agreement.json"
_DEFAULT_DATA: Final = Path(__file__).resolve().parents[5] / "shared" / "data"
#: TAU 2015 circuits that are also given with wires.
_TAU: Final = ("c17", "c432", "c499", "c880", "c1355", "c1908", "c3540", "c6288", "s27_spef", "s344", "s349", "s386",
               "s400", "s526", "s1196")  # fmt: skip
#: In the asap7 library's unit, ps.
_THREE_CLOCKS: Final = """\
create_clock -name clk -period 500 [get_ports {clk1 clk2 clk3}]
set_input_delay 1 -clock clk [get_ports {in1 in2}]
set_output_delay 1 -clock clk [get_ports out]
set_input_transition 10 [get_ports {in1 in2 clk1 clk2 clk3}]
set_propagated_clock [get_clocks clk]
"""


@dataclass(frozen=True)
class Case:
    """A design that both tools read.

    Attributes:
        name: for the table.
        files: what OpenSTA gets; its top module may be "" where the netlist has only one.
        sdc_text: constraints to use instead of a file.
        latches: see :func:`edasat.api.sta`.
    """

    name: str
    files: StaInputs
    sdc_text: str = ""
    latches: Latches = "refuse"


def shipped_cases() -> Iterator[Case]:
    """Yield the designs that ship with the package."""
    for name in DESIGNS:
        yield Case(f"shipped {name}", inputs(name, "spef"))


def shared_cases(data: Path) -> Iterator[Case]:
    """Yield the designs in the shared folder of other people's data."""
    nangate45 = [data / "libs/nangate45/nangate45_typ.lib.gz"]
    sky130 = [data / "libs/sky130hd/sky130hd_tt.lib.gz"]
    timing = data / "timing"
    for design, liberty in (("nangate45_gcd", nangate45), ("sky130hd_gcd", sky130), ("nangate45_aes", nangate45),
                            ("sky130hd_aes", sky130), ("nangate45_ibex", nangate45)):  # fmt: skip
        folder = timing / "circuitops" / design
        spef = folder / "6_final.spef.gz"
        files = StaInputs(
            liberty, folder / "6_final.v.gz", "", folder / "6_final.sdc.gz", spef if spef.exists() else None
        )
        yield Case(f"CircuitOps {design}", files, latches="opaque" if design.endswith("ibex") else "refuse")
    folder = timing / "opensta_examples"
    spef = folder / "gcd_sky130hd.spef.xz"
    yield Case(
        "OpenSTA gcd_sky130hd",
        StaInputs(sky130, folder / "gcd_sky130hd.v.xz", "gcd", folder / "gcd_sky130hd.sdc", spef),
    )
    asap7 = [data / "libs/asap7/asap7_small.lib.gz"]
    files = StaInputs(asap7, folder / "reg1_asap7.v", "top", spef=folder / "reg1_asap7.spef")
    yield Case("OpenSTA reg1_asap7", files, _THREE_CLOCKS)
    folder = timing / "openroad_gcd"
    for process, liberty in (("nangate45", nangate45), ("sky130hd", sky130)):
        files = StaInputs(liberty, folder / f"gcd_{process}.v", "gcd")
        yield Case(f"OpenROAD gcd_{process}", files, _port_constraints(folder / f"gcd_{process}.sdc"))
    tau = [timing / "opentimer/_lib_tau15/c17_Late.lib.xz"]
    for name in _TAU:
        folder = timing / "opentimer" / name
        for spef in (folder / f"{name}.spef", folder / f"{name}.spef.xz"):
            if spef.exists():
                files = StaInputs(tau, folder / f"{name}.v", "", folder / f"{name}.sdc", spef)
                yield Case(f"TAU {name}", files)


def _port_constraints(sdc: Path) -> str:
    """Return an SDC file with a helper procedure of OpenROAD's flow, ``set_all_input_output_delays``, written out."""
    clock = next(line for line in sdc.read_text().splitlines() if line.startswith("create_clock"))
    name = re.search(r"-name (\S+)", clock)
    period = re.search(r"-period (\S+)", clock)
    if name is None or period is None:
        raise InputError("expected a clock with a name and a period", path=str(sdc))
    delay = 0.2 * float(period[1])
    return (
        f"{clock}\nset_input_delay {delay} -clock {name[1]} [all_inputs]\n"
        f"set_output_delay {delay} -clock {name[1]} [all_outputs]\n"
    )


def measure(cases: Sequence[Case]) -> dict[str, Any]:
    """Compare all cases in all modes."""
    rows = []
    for case in cases:
        with tempfile.TemporaryDirectory(prefix="edasat-agreement-") as folder:
            rows.append(_compare(case, Path(folder)))
        print(_progress(rows[-1]), file=sys.stderr)  # noqa: T201
    return {"opensta": version(), "cases": rows}


def _compare(case: Case, folder: Path) -> dict[str, Any]:
    files = case.files
    if case.sdc_text:
        (folder / "given.sdc").write_text(case.sdc_text)
        files = replace(files, sdc=folder / "given.sdc")
    bare = replace(files, spef=None)
    ours = _ours(case, bare)
    if not files.top:
        files, bare = (replace(each, top=ours.timing.graph.netlist.name) for each in (files, bare))
    modes = {"lumped": difference(ours, run_opensta(bare, delay_calculator="lumped_cap", wire_load=False))}
    sdf = folder / "delays.sdf"
    whole = run_opensta(files, wire_load=False, sdf_out=sdf)
    annotated = replace(bare, sdf=sdf)
    modes["sdf"] = difference(_ours(case, annotated), run_opensta(annotated, wire_load=False))
    if files.spef is not None:
        modes["spef"] = difference(_ours(case, files), whole)
    return {
        "name": case.name,
        "cells": ours.summary()["cells"],
        "endpoints": len(ours.setup),
        "modes": modes,
    }


def _ours(case: Case, files: StaInputs) -> OurResult:
    return api.sta(
        list(files.liberty),
        netlist=files.netlist,
        sdc=files.sdc,
        spef=files.spef,
        sdf=files.sdf,
        top=files.top or None,
        wires="spef" if files.spef is not None else "none",
        latches=case.latches,
    )


def difference(ours: OurResult, theirs: StaResult) -> dict[str, Any]:
    """Return how far the slacks of setup and hold lie apart, in ns and as shares of the paths' delays."""
    setup, hold = (_difference(*pair) for pair in ((ours.setup, theirs.setup), (ours.hold, theirs.hold)))
    return {"setup": setup, "hold": hold}


def _difference(ours: Endpoints, theirs: StaEndpoints) -> dict[str, Any]:
    names = theirs.names.to_list()
    row = {name: i for i, name in enumerate(ours.names)}
    known = np.array([name in row for name in names], np.bool_)
    mine = np.array([row[name] for name in names if name in row], np.int64)
    gap = np.abs(ours.slack[mine] - theirs.slack[known])
    delay = np.maximum(np.abs(theirs.arrival[known]), 1e-3)
    shared = np.array(names, object)[known]
    return {
        "endpoints": len(names),
        "num_only_opensta": int((~known).sum()),
        "num_only_edasat": len(row.keys() - set(names)),
        "max_ns": float(gap.max(initial=0.0)),
        "max_at": str(shared[int(gap.argmax())]) if len(gap) else "",
        "mean_ns": float(gap.mean()) if len(gap) else 0.0,
        "max_share": float((gap / delay).max(initial=0.0)),
        "mean_share": float(gap.mean() / delay.mean()) if len(gap) else 0.0,
        "edasat_wns_ns": ours.wns,
        "opensta_wns_ns": theirs.wns,
        "edasat_tns_ns": ours.tns,
        "opensta_tns_ns": theirs.tns,
    }


def _progress(row: dict[str, Any]) -> str:
    parts = [f"{row['name']}: {row['cells']:,} cells"]
    for mode, sides in row["modes"].items():
        for side, gap in sides.items():
            parts.append(
                f"  {mode} {side}: {gap['endpoints']} ends (-{gap['num_only_opensta']} +{gap['num_only_edasat']}), "
                f"max {gap['max_ns']:.2e} ns, mean {gap['mean_ns']:.2e} ns, {gap['mean_share']:.3%} of delay"
            )
    return "\n".join(parts)


#: Cases that make one row together, by the first word of their names.
_GROUPS: Final = {"shipped": "{} shipped designs", "TAU": "{} circuits of TAU 2015"}
_SMALL_PS: Final = 0.01


def table(result: dict[str, Any]) -> str:
    """Return the result as a Markdown table; setup and hold together."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for case in result["data"]["cases"]:
        word = case["name"].partition(" ")[0]
        groups.setdefault(word if word in _GROUPS else case["name"], []).append(case)
    rows = []
    for name, cases in groups.items():
        delays = [_worst(cases, mode, "max_ns") for mode in ("lumped", "sdf", "spef")]
        share = _worst(cases, "spef", "mean_share")
        rows.append(
            [
                _GROUPS[name].format(len(cases)) if name in _GROUPS else name,
                f"{sum(case['cells'] for case in cases):,}",
                f"{sum(case['endpoints'] for case in cases):,}",
                *(_picoseconds(delay) for delay in delays),
                "" if share is None else f"{share:.2%}",
            ]
        )
    head = ["design", "cells", "end points", "pins only: max ps", "same SDF: max ps", "SPEF: max ps", "SPEF: mean"]
    sides = [side for case in result["data"]["cases"] for mode in case["modes"].values() for side in mode.values()]
    alone = sum(side["num_only_opensta"] + side["num_only_edasat"] for side in sides)
    note = f"End points that one tool has and the other has not: {alone}. OpenSTA {result['data']['opensta']}."
    return f"{markdown_table(head, rows)}\n{note}\n"


def _worst(cases: Sequence[dict[str, Any]], mode: str, key: str) -> float | None:
    """Return the largest of a figure over cases, setup and hold; None if none of them has the mode."""
    return max((side[key] for case in cases for side in case["modes"].get(mode, {}).values()), default=None)


def _picoseconds(delay_ns: float | None) -> str:
    if delay_ns is None:
        return ""
    return f"< {_SMALL_PS}" if 1e3 * delay_ns < _SMALL_PS else f"{1e3 * delay_ns:.2f}"


def main(arguments: Sequence[str] | None = None) -> None:
    """Compare, print the table, and write the result."""
    parser = argparse.ArgumentParser(description="Compare timing with OpenSTA.")
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("EDASAT_SHARED_DATA", _DEFAULT_DATA)))
    parser.add_argument("names", nargs="*", metavar="NAME", help="parts of names; default: all")
    parser.add_argument("-o", "--out", type=Path, default=Path("results/timing_agreement.json"))
    given = parser.parse_args(arguments)
    if not given.data.is_dir():
        raise InputError("no such folder", path=str(given.data), hint="name it with --data or EDASAT_SHARED_DATA")
    cases = [*shipped_cases(), *shared_cases(given.data)]
    chosen = [case for case in cases if not given.names or any(name in case.name for name in given.names)]
    write_result(given.out, measure(chosen), command=COMMAND, packages=("numpy", "numba"))
    print(table(read_result(given.out)))  # noqa: T201


if __name__ == "__main__":
    main()
