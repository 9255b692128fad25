"""How fast area and delay are predicted, beside Yosys and ABC on the same text in one run.

``python -m edasat.tools.benchmarks.qor_speed [-o results/qor_speed.json]`` takes designs of growing size from our
generators. CPU seconds, child processes included, of synthesis (Yosys to gates, then ABC's area script on edasat45; the
look-up tables that labels need besides are not made) and of each network, reading included: warm, the median of several
calls in one process, and cold, one call of the command line in a new process for one design of each size. Designs are
grouped by mapped gates; the factor is that of sums over a group.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

from edasat.core.files import read_bytes
from edasat.core.processes import run
from edasat.core.threads import set_threads
from edasat.eda.cells import LIBERTY
from edasat.eda.flow import Rtl
from edasat.eda.rtl import generate
from edasat.eda.synthesis.mapping_library import MappingLibrary, load_library
from edasat.eda.synthesis.qor import elaborate, map_gates
from edasat.models.veridistill.predictor import Network, Predictor
from edasat.tools.results import markdown_table, write_result

COMMAND: Final = "python -m edasat.tools.benchmarks.qor_speed -o results/qor_speed.json"
NETWORKS: Final[tuple[Network, ...]] = ("text", "graph", "gates", "text+graph")
#: Family, seed and target size of each design.
DESIGNS: Final = (
    *(("alu", 1, 200), ("queue", 2, 200), ("crc", 3, 400), ("state-machine", 4, 400)),
    *(("filter", 5, 1500), ("processor", 6, 1500), ("multiplier", 7, 1500), ("register-file", 8, 1500)),
    *(("processor", 9, 7000), ("mac-array", 10, 7000), ("cipher", 11, 7000), ("divider", 12, 7000)),
    *(("mac-array", 13, 20_000), ("filter", 14, 20_000), ("crossbar", 15, 20_000)),
)
#: Bounds of the groups, in mapped gates.
GROUPS: Final = (0, 500, 2000, 5000, 10_000_000)
#: Designs that are also timed cold, by seed: one of each size.
_COLD: Final = (3, 6, 10, 14)
_ROUNDS: Final = 5
_COMMAND_LINE: Final = "from edasat.tools.cli import main; main()"


def cpu_s(action: Callable[[], Any]) -> float:
    """Return the CPU seconds of a call, child processes included."""
    start = os.times()
    action()
    end = os.times()
    return sum(end[:4]) - sum(start[:4])


def measure(designs: Sequence[tuple[str, int, int]], rounds: int = _ROUNDS) -> list[dict[str, Any]]:
    """Time synthesis and prediction of generated designs."""
    library, predictor = load_library(LIBERTY), Predictor.load()
    networks = [name for name in NETWORKS if name in predictor.ensembles]
    for name in networks:  # loads compiled code
        predictor.predict(_rtl("alu", 1, 200), library.units, network=name)
    rows = []
    with tempfile.TemporaryDirectory(prefix="edasat-benchmark-") as folder:
        for family, seed, size in designs:
            rows.append(_measure(_rtl(family, seed, size), library, predictor, networks, rounds))
            rows[-1]["design"] = f"{family}-{seed}"
            if seed in _COLD:
                rows[-1]["cold_cpu_s"] = _cold(_rtl(family, seed, size), networks, Path(folder))
    return rows


def _rtl(family: str, seed: int, size: int) -> Rtl:
    module = generate(family, seed, size)
    return Rtl([module.text.encode()], module.top)


def _measure(
    rtl: Rtl, library: MappingLibrary, predictor: Predictor, networks: Sequence[Network], rounds: int
) -> dict[str, Any]:
    gates: dict[str, Any] = {}

    def synthesise() -> None:
        gates["qor"] = map_gates(elaborate([rtl])[0], [library], ["area"], luts=False).qor[library.name, "area"]

    synthesis_s = min(cpu_s(synthesise) for _ in range(2))
    warm = {
        name: statistics.median(
            cpu_s(partial(predictor.predict, rtl, library.units, network=name)) for _ in range(rounds)
        )
        for name in networks
    }
    (source,) = rtl.sources
    return {
        "gates": gates["qor"].area_um2 / library.units.area_um2,
        "bytes": len(source) if isinstance(source, bytes) else 0,
        "synthesis_cpu_s": synthesis_s,
        "warm_cpu_s": warm,
    }


def _cold(rtl: Rtl, networks: Sequence[Network], folder: Path) -> dict[str, float]:
    """Time one call of the command line for each network."""
    path = folder / "design.v"
    path.write_bytes(read_bytes(rtl.sources[0]))
    command = [sys.executable, "-c", _COMMAND_LINE, "qor", "predict", str(path), "--network"]
    return {name: run([*command, name, "--quiet"]).cpu_s for name in networks}


def groups(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Sum up by size: seconds per design and by how much prediction is faster."""
    of: dict[int, list[Mapping[str, Any]]] = defaultdict(list)
    for row in rows:
        of[next(i for i, bound in enumerate(GROUPS[1:]) if row["gates"] < bound)].append(row)
    found = []
    for number, members in sorted(of.items()):
        synthesis = sum(row["synthesis_cpu_s"] for row in members)
        group: dict[str, Any] = {
            "from_gates": min(row["gates"] for row in members),
            "to_gates": max(row["gates"] for row in members),
            "designs": len(members),
            "synthesis_s": synthesis / len(members),
            "number": number,
        }
        for kind in ("warm_cpu_s", "cold_cpu_s"):
            timed = [row for row in members if kind in row]
            synthesis = sum(row["synthesis_cpu_s"] for row in timed)
            for name in timed[0][kind] if timed else ():
                spent = sum(row[kind][name] for row in timed)
                group[f"{kind[:4]} {name}"] = {"cpu_s": spent / len(timed), "faster": synthesis / spent}
        found.append(group)
    return found


def table(result: dict[str, Any]) -> str:
    """Return the groups as a table."""
    networks = [name for name in NETWORKS if f"warm {name}" in result["data"]["groups"][0]]
    head = ["mapped gates", "designs", "Yosys + ABC, CPU s"]
    head += [f"{name}, warm" for name in networks] + [f"{name}, cold" for name in networks]
    rows = []
    for group in result["data"]["groups"]:
        row = [
            f"{group['from_gates']:,.0f} to {group['to_gates']:,.0f}",
            group["designs"],
            f"{group['synthesis_s']:.2f}",
        ]
        for kind in ("warm", "cold"):
            for name in networks:
                entry = group.get(f"{kind} {name}")
                row.append(
                    f"{entry['cpu_s']:.3f} ({entry['faster']:.{1 if entry['faster'] >= 1 else 2}f}x)" if entry else ""
                )
        rows.append(row)
    return markdown_table(head, rows)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-o", "--out", type=Path, default=None, help="result file (JSON)")
    given = parser.parse_args(arguments)
    set_threads(1)
    rows = measure(DESIGNS)
    data = {"designs": rows, "groups": groups(rows)}
    print(table({"data": data}))  # noqa: T201
    if given.out is not None:
        write_result(given.out, data, command=COMMAND, packages=("numpy", "torch", "pyosys"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
