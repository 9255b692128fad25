"""Building the labelled set: finished layouts, and layouts of our own flow.

Every layout is one resumable task; its folder appears when it is complete. A layout that cannot be made or labelled,
such as one with unrouted nets, is data too: the table of layouts says why it is missing.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from edasat.core.errors import EdasatError, InputError, Message
from edasat.core.files import check_writable
from edasat.core.processes import Limits
from edasat.core.tables import write_table
from edasat.core.tasks import Executor, Journal, run_tasks

from .libraries import library_files
from .samples import ENDS

NAME: Final = "timing"
#: Files of a build.
LAYOUTS: Final = "layouts.parquet"
SAMPLES: Final = "samples"
_JOURNAL: Final = "journal.jsonl"

#: Finished layouts in ``timing/circuitops/`` of the data folder: id -> library, family, top module. Their placement is
#: the final one, after the clock tree and repair.
_FINISHED: Final = {
    "nangate45_gcd": ("nangate45", "gcd", "gcd"),
    "nangate45_aes": ("nangate45", "aes", "aes_cipher_top"),
    "nangate45_ibex": ("nangate45", "ibex", "ibex_core"),
    "sky130hd_gcd": ("sky130hd", "gcd", "gcd"),
    "sky130hd_aes": ("sky130hd", "aes", "aes_cipher_top"),
}
_OPENROAD: Final = {
    "source": "NVlabs/CircuitOps e1c9983, OpenROAD-flow-scripts",
    "licence": "Apache-2.0",
    "flow": "OpenROAD, final layout with clock tree and repair",
}
#: (utilisation, seed) of the placements of each circuit.
_PLACEMENTS: Final = ((0.7, 1), (0.55, 2))
#: What one program may take for one layout.
_LIMITS: Final = Limits(cpu_s=600, wall_s=3000, memory_bytes=4 << 30)
#: Clock period that gates are sized for, ns: tight in these libraries.
_SIZED_FOR: Final = {"nangate45": 0.5, "osu018": 3.0, "edasat45": 0.5}
#: CPU seconds for a layout of our own, for the estimate beforehand: measured, per gate.
_SECONDS_PER_GATE: Final = 0.02

_LONGEST_MESSAGE: Final = 300

_FAILED = Message("timing-flow", "{step} failed: {message}")


@dataclass(frozen=True)
class Plan:
    """What a build will do, known before it starts.

    Attributes:
        tasks: payload of each layout by its id, in order.
        gates: of the circuits to be laid out, roughly.
    """

    tasks: Mapping[str, Mapping[str, Any]]
    gates: int

    @property
    def cost_text(self) -> str:
        """What it will cost, in words."""
        hours = self.gates * _SECONDS_PER_GATE / 3600
        return f"{len(self.tasks)} layouts, about {hours:.1f} CPU h of synthesis, placement and routing"


def plan(
    count: int,
    data: str | Path | None,
    *,
    libraries: Sequence[str] = ("nangate45",),
    seed: int = 0,
    largest: int = 3000,
) -> Plan:
    """Choose layouts: the finished ones in ``data``, then our own circuits, hand-written ones first.

    Args:
        count: layouts of our own; a larger number continues a smaller one.
        data: folder of other people's libraries and layouts, or None: only libraries that are installed.
        libraries: for our own circuits; the first gets four of every five layouts.
        seed: of the generated circuits.
        largest: circuits have at most about this many gates.

    Raises:
        InputError: if the files of a library are missing.
    """
    root = Path(data) if data is not None else None
    tasks: dict[str, dict[str, Any]] = {}
    for name, (library, family, top) in _FINISHED.items():
        folder = root / "timing" / "circuitops" / name if root is not None else None
        if folder is not None and (folder / "6_final.def.gz").exists():
            tasks[name] = {"id": name, "library": library, "family": family, "top": top, "folder": str(folder)}
    for library in libraries:
        library_files(library, root)
    gates = 0
    own = _circuits(seed, largest, root)
    for number in range(count):
        # Of every five layouts the first library gets four.
        library = (
            libraries[0] if number % 5 < 4 or len(libraries) == 1 else libraries[1 + number // 5 % (len(libraries) - 1)]
        )
        task, size = next(own)
        utilisation, place_seed = _PLACEMENTS[0] if number < count * 2 // 3 else _PLACEMENTS[1]
        name = f"{library}_{task['family']}_u{round(100 * utilisation)}_s{place_seed}"
        tasks[name] = {**task, "id": name, "library": library, "utilisation": utilisation, "seed": place_seed}
        gates += size
    for task in tasks.values():
        task["data"] = str(root) if root is not None else None
    return Plan(tasks, gates)


def _circuits(seed: int, largest: int, data: Path | None) -> Iterator[tuple[dict[str, Any], int]]:
    """Yield circuits: all hand-written ones and those of the data folder, then generated ones without end."""
    from edasat.eda.rtl import hand_written, module_list

    if data is not None and (data / "rtl" / "orfs_gcd" / "gcd.v").exists():
        origin = {"source": "OpenROAD-flow-scripts", "licence": "BSD-3-Clause"}
        yield {"family": "gcd", "rtl": {"file": str(data / "rtl/orfs_gcd/gcd.v"), "top": "gcd", **origin}}, 250
    for module in hand_written():
        if module.size <= largest:
            yield {"family": module.name, "rtl": {"hand_written": module.name}}, module.size
    found = 0
    while True:
        found += 32
        for module in module_list(found, seed, smallest=100, largest=largest)[found - 32 :]:
            yield {"family": module.name, "rtl": {"generated": [module.family, module.seed, module.size]}}, module.size


def build(made: Plan, out: str | Path, *, jobs: int = 1, executor: Executor = "threads") -> dict[str, str]:
    """Make the layouts that are missing, add them to those in the folder; return why some failed, by id.

    Args:
        made: from :func:`plan`.
        out: folder; a build that was stopped goes on in it.
        jobs: layouts at a time.
        executor: see :func:`edasat.core.tasks.run_tasks`.
    """
    folder = check_writable(Path(out) / _JOURNAL).parent
    tasks = {key: {**task, "out": str(folder)} for key, task in made.tasks.items()}
    with Journal(folder / _JOURNAL, {"set": NAME, "version": 1}) as journal:
        run_tasks(make_layout, tasks, journal, title=NAME, jobs=jobs, executor=executor)
        rows = [journal.results[key] for key in sorted(journal.results)]
        errors = {key: journal.errors[key] for key in tasks if key in journal.errors}
    if rows:
        _write_layouts(rows, folder / LAYOUTS)
    return errors


def make_layout(task: Mapping[str, Any]) -> dict[str, Any]:
    """Make and label one layout; failures of tools come back as ``status`` and ``message``."""
    from .label import Labelled, label

    library = library_files(task["library"], Path(task["data"]) if task["data"] else None)
    out = Path(task["out"]) / SAMPLES / task["id"]
    try:
        if "folder" in task:
            folder = Path(task["folder"])
            files = {kind: folder / f"6_final.{kind}.gz" for kind in ("def", "v", "sdc")}
            job = Labelled(
                task["id"], task["family"], files["def"], files["v"], task["top"], files["sdc"], dict(_OPENROAD)
            )
        else:
            job = _run_flow(task)
        return {"status": "labelled", "message": "", **label(job, library, out)}
    except EdasatError as error:
        return {
            "id": task["id"], "family": task["family"], "library": task["library"],
            "status": "failed", "message": " ".join(str(error).split())[:_LONGEST_MESSAGE],
        }  # fmt: skip


def _run_flow(task: Mapping[str, Any]) -> Any:
    from edasat.eda import flow

    from .label import Labelled

    rtl, origin = _rtl(task["rtl"])
    library = task["library"]
    data = Path(task["data"]) / "libs" / library if task["data"] else Path()
    technology = flow.nangate45(data) if library == "nangate45" else getattr(flow, library)()
    folder = Path(task["out"]) / "flow" / task["id"]
    found = flow.run_flow(
        rtl,
        technology,
        folder,
        period_ns=_SIZED_FOR[library],
        utilisation=task["utilisation"],
        seed=task["seed"],
        limits=_LIMITS,
    )
    if found.status != "routed":
        raise InputError.of(
            _FAILED, task["id"], step=found.failed_step or "routing", message=found.message or found.status
        )
    origin |= {
        "flow": "Yosys, graywolf, qrouter; no clock tree, no repair",
        "utilisation": found.utilisation,
        "seed": task["seed"],
        "flow_s": {step.name: step.cpu_s for step in found.steps},
        "tools": {step.name: step.tool for step in found.steps},
    }
    return Labelled(
        task["id"], task["family"], found.path("routed_def"), found.path("netlist"), found.design, None, origin
    )


def _rtl(which: Mapping[str, Any]) -> tuple[Any, dict[str, Any]]:
    from edasat.eda.flow import Rtl
    from edasat.eda.rtl import generate, hand_written

    if "file" in which:
        return Rtl([Path(which["file"])], which["top"]), {name: which[name] for name in ("source", "licence")}
    if "hand_written" in which:
        module = next(module for module in hand_written() if module.name == which["hand_written"])
    else:
        family, seed, size = which["generated"]
        module = generate(family, seed, size)
    origin = {"source": f"edasat.eda.rtl {module.family}", "licence": module.licence}
    return Rtl([module.text.encode()], module.top), origin


def _write_layouts(rows: Sequence[Mapping[str, Any]], path: Path) -> None:
    import pyarrow as pa

    names = list(dict.fromkeys(name for row in rows for name in row))
    plain = [{k: json.dumps(v) if isinstance(v, dict) else v for k, v in row.items()} for row in rows]
    write_table(pa.table({name: [row.get(name) for row in plain] for name in names}), path)


def sample_folders(out: str | Path) -> list[Path]:
    """Return the folders of all samples of a build."""
    return sorted(path.parent for path in (Path(out) / SAMPLES).glob(f"*/{ENDS}"))
