"""Labels of real RTL: measured once per design on several libraries, kept in a folder.

The folder holds ``journal.jsonl``, and of every design ``words/NAME.json.zst`` (Yosys' word-level netlist) and
``luts/NAME.blif.zst`` (look-up tables).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any, Final, Literal

from edasat.core.errors import EdasatError
from edasat.core.files import atomic_write, compress
from edasat.core.processes import Limits
from edasat.core.tasks import Journal, run_tasks
from edasat.datasets.timing.libraries import library_files
from edasat.eda.synthesis.mapping_library import MappingLibrary, load_library
from edasat.eda.synthesis.qor import measure
from edasat.eda.synthesis.scripts import SCRIPTS

from .qor_designs import RealDesign

#: The largest design of the list takes six minutes.
_LIMITS: Final = Limits(cpu_s=900, wall_s=3600, memory_bytes=8 << 30)


def label_real(
    designs: Sequence[RealDesign], libraries: Sequence[str], data: Path, out: Path, jobs: int = 1
) -> dict[str, dict[str, Any]]:
    """Measure every design on every library with every script.

    Args:
        designs: of :func:`.qor_designs.real_designs`.
        libraries: names; the first is that of the main table.
        data: folder with ``libs/``.
        out: folder where finished designs are kept.
        jobs: designs at a time.

    Returns:
        By name: ``rows`` (library, script, and the fields of :class:`edasat.eda.synthesis.qor.Qor`) and
        ``elaboration_s``; or ``refused``, the reason why there is no label.
    """
    mappings = [load_library(library_files(name, data).liberty, name) for name in libraries]
    settings = {"libraries": list(libraries), "scripts": {name: list(script) for name, script in SCRIPTS.items()}}
    with Journal(out / "journal.jsonl", settings) as done:
        tasks = {design.name: design for design in designs}
        run_tasks(partial(_label, mappings, out), tasks, done, title="real RTL", jobs=jobs)
        return {design.name: done.results[design.name] for design in designs}


def part_of_design(out: Path, name: str, part: Literal["words", "luts"]) -> Path:
    """Return where a part of a measured design is kept."""
    return out / part / f"{name.replace('/', '__')}.{'json' if part == 'words' else 'blif'}.zst"


def _label(libraries: Sequence[MappingLibrary], out: Path, design: RealDesign) -> dict[str, Any]:
    try:
        found = measure(design.rtl, libraries, limits=_LIMITS)
    except EdasatError as error:  # refused, or too large: that is a result, too
        return {"refused": str(error).splitlines()[0].removeprefix("error: ")}
    parts: dict[Literal["words", "luts"], bytes] = {"words": found.words, "luts": found.luts}
    for part, content in parts.items():
        with atomic_write(part_of_design(out, design.name, part)) as file:
            file.write(compress(content, ".zst"))
    rows = [{"library": library, "script": script, **asdict(qor)} for (library, script), qor in found.qor.items()]
    return {"rows": rows, "elaboration_s": found.cpu_s["elaboration"]}
