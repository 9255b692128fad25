"""Labels of real RTL: measured once per design on several libraries, kept in a folder.

The folder holds ``journal.jsonl``, and of every design ``words/NAME.json.zst`` (Yosys' word-level netlist) and
``luts/NAME.blif.zst`` (look-up tables).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np

from edasat.core.errors import EdasatError
from edasat.core.files import atomic_write, compress, read_bytes
from edasat.core.processes import Limits
from edasat.core.progress import Progress
from edasat.core.tasks import Journal, run_tasks
from edasat.datasets.design_batches import Arrays
from edasat.datasets.design_graphs import gate_arrays, lut_arrays, syntax_arrays, word_arrays
from edasat.datasets.design_tokens import token_arrays
from edasat.datasets.qor_rtl_data import LabelledDesign, View, conditions
from edasat.datasets.timing.libraries import library_files
from edasat.eda.formats.blif import read_blif
from edasat.eda.synthesis.known_libraries import known_units
from edasat.eda.synthesis.mapping_library import MappingLibrary, load_library
from edasat.eda.synthesis.qor import measure
from edasat.eda.synthesis.scripts import SCRIPTS
from edasat.eda.verilog.gate_network import gate_network
from edasat.eda.verilog.luts import lut_graph
from edasat.eda.verilog.syntax import syntax_graph
from edasat.eda.verilog.text import tokenize
from edasat.eda.verilog.word_graph import word_graph
from edasat.eda.verilog.words import read_words

from .qor_designs import RealDesign, real_designs

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


def kept_part(out: Path, name: str, part: Literal["words", "luts"]) -> Path:
    """Return where a part of a measured design is kept."""
    return out / part / f"{name.replace('/', '__')}.{'json' if part == 'words' else 'blif'}.zst"


def left_out(label: Mapping[str, Any]) -> str | None:
    """Return why a design is no test of prediction; None if it is one."""
    if "refused" in label:
        return str(label["refused"])
    return None if label["rows"][0]["area_um2"] > 0 else "no cell is left of it"


def load_real(
    data: Path, out: Path, labels: Mapping[str, Mapping[str, Any]], views: Sequence[View]
) -> list[LabelledDesign]:
    """Return the measured designs as networks read them.

    Args:
        data: folder that holds ``rtl/``.
        out: folder where finished designs are kept.
        labels: of :func:`label_real`.
        views: arrays to make.
    """
    made = []
    measured = [one for one in real_designs(data) if left_out(labels[one.name]) is None]
    with Progress("real RTL, arrays", len(measured)) as progress:
        for design in measured:
            rows = labels[design.name]["rows"]
            units = [known_units()[row["library"]] for row in rows]
            area = np.array([row["area_um2"] / unit.area_um2 for row, unit in zip(rows, units, strict=True)])
            delay = np.array([row["delay_ps"] / unit.delay_ps for row, unit in zip(rows, units, strict=True)])
            made.append(
                LabelledDesign(
                    name=design.name,
                    family=design.project,
                    part="real",
                    views={view: _view(view, design, out) for view in views},
                    conditions=np.stack(
                        [conditions(unit, row["script"]) for row, unit in zip(rows, units, strict=True)]
                    ),
                    libraries=tuple(row["library"] for row in rows),
                    scripts=tuple(row["script"] for row in rows),
                    log_area=np.log(area).astype(np.float32),
                    log_delay=np.log(np.where(delay > 0, delay, np.nan)).astype(np.float32),
                )
            )
            progress.step(design.name)
    return made


def _view(view: View, design: RealDesign, out: Path) -> Arrays:
    if view == "tokens":
        return token_arrays(tokenize(design.rtl))
    if view == "syntax":
        return syntax_arrays(syntax_graph(design.rtl))
    if view == "words":
        return word_arrays(word_graph(read_words(read_bytes(kept_part(out, design.name, "words")))))
    if view == "gates":
        words = read_words(read_bytes(kept_part(out, design.name, "words")))
        return gate_arrays(gate_network(words), words)
    if view == "luts":
        return lut_arrays(lut_graph(read_blif(read_bytes(kept_part(out, design.name, "luts")))))
    raise ValueError(f"no view '{view}' of real designs")


def _label(libraries: Sequence[MappingLibrary], out: Path, design: RealDesign) -> dict[str, Any]:
    try:
        found = measure(design.rtl, libraries, limits=_LIMITS)
    except EdasatError as error:  # refused, or too large: that is a result, too
        return {"refused": str(error).splitlines()[0].removeprefix("error: ")}
    parts: dict[Literal["words", "luts"], bytes] = {"words": found.words, "luts": found.luts}
    for part, content in parts.items():
        with atomic_write(kept_part(out, design.name, part)) as file:
            file.write(compress(content, ".zst"))
    rows = [{"library": library, "script": script, **asdict(qor)} for (library, script), qor in found.qor.items()]
    return {"rows": rows, "elaboration_s": found.cpu_s["elaboration"]}
