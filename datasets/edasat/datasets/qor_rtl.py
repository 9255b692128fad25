"""The labelled set ``qor-rtl``: modules of Verilog with area and delay after synthesis.

The modules come from the generator of :mod:`edasat.eda.rtl`, no two of the same structure, and are written down as
(family, seed, size): their text is made again when it is needed. Every module is mapped on NanGate 45 and on one of
the other libraries, with an area and a speed script. Nothing here is other people's text; the libraries are.

A build is a folder: ``journal.jsonl`` (finished batches), ``words/<name>.json.zst`` (Yosys' word-level netlist) and
``luts/<name>.blif.zst`` (look-up tables), and in the end ``labels.parquet``. The table that ships is such a
``labels.parquet``.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from edasat.core.errors import EdasatError, InputError, Message
from edasat.core.files import atomic_write, check_writable, compress, content_hash, read_bytes
from edasat.core.machine import describe_machine
from edasat.core.processes import Limits
from edasat.core.tables import write_table
from edasat.core.tasks import Executor, Journal, run_tasks
from edasat.eda.rtl import RtlModule, generate, hand_written, module_list

from .timing.libraries import library_files

if TYPE_CHECKING:
    import pyarrow as pa

    from edasat.eda.synthesis.mapping_library import MappingLibrary
    from edasat.eda.synthesis.qor import Elaborated

NAME: Final = "qor-rtl"
TABLE: Final = Path(__file__).parent / "tables" / "qor_rtl.parquet"
SPLIT: Final = Path(__file__).parent / "tables" / "qor_rtl_split.json"
LABELS: Final = "labels.parquet"
_JOURNAL: Final = "journal.jsonl"

#: Sizes of the generated modules, in rough gates.
SMALLEST: Final = 40
LARGEST: Final = 6000
#: Every module is mapped on the first library and on one of the others.
LIBRARIES: Final = ("nangate45", "sky130hd", "osu018", "edasat45")
#: Modules that go through one process of Yosys.
_BATCH: Final = 8
_LIMITS: Final = Limits(cpu_s=300, wall_s=900, memory_bytes=4 << 30)
#: CPU seconds of one module with two libraries and two scripts, for the estimate beforehand: measured.
_SECONDS_PER_MODULE: Final = 1.0

_MODULE_COLUMNS: Final = ("name", "family", "seed", "size", "top", "sha256", "licence")
_FAILED = Message("qor-rtl-none", "no module of this set could be measured", "its journal tells why")
_MISSING = Message(
    "qor-rtl-missing", "no labelled set is here", "expected a folder made by `edasat data build qor-rtl`"
)


@dataclass(frozen=True)
class Plan:
    """What a build will do, known before it starts.

    Attributes:
        modules: generated ones, then the hand-written designs.
        libraries: Liberty file of each library.
        seed: of the list.
    """

    modules: Sequence[RtlModule]
    libraries: Mapping[str, Path]
    seed: int

    @property
    def cost_text(self) -> str:
        """What it will cost, in words."""
        hours = len(self.modules) * _SECONDS_PER_MODULE / 3600
        return f"{len(self.modules)} modules, about {hours:.1f} CPU h of Yosys and ABC"

    def settings(self) -> dict[str, Any]:
        """What the results depend on."""
        digests = {name: content_hash(path) for name, path in self.libraries.items()}
        return {"set": NAME, "seed": self.seed, "libraries": digests, "sizes": [SMALLEST, LARGEST]}


def plan(count: int, data: str | Path | None, *, libraries: Sequence[str] = LIBRARIES, seed: int = 0) -> Plan:
    """Choose modules: all hand-written designs, then generated ones.

    Args:
        count: generated modules; a larger number continues a smaller one.
        data: folder of other people's libraries, or None: only libraries that are installed.
        libraries: every module is mapped on the first and on one of the others.
        seed: of the list.

    Raises:
        InputError: if a Liberty file is missing.
    """
    root = Path(data) if data is not None else None
    files = {name: library_files(name, root).liberty for name in libraries}
    made = module_list(count, seed, smallest=SMALLEST, largest=LARGEST)
    return Plan([*hand_written(), *made], files, seed)


def build(made: Plan, out: str | Path, *, jobs: int = 1, executor: Executor = "processes") -> dict[str, str]:
    """Measure what is missing in the folder; return why some modules failed, by name.

    Killed at any moment, the same call goes on where it was.

    Raises:
        InputError: if the folder cannot be written or holds a build with other settings.
    """
    out = Path(out)
    for part in ("words", "luts"):
        (out / part).mkdir(parents=True, exist_ok=True)
    check_writable(out / LABELS)
    others = [name for name in made.libraries if name != next(iter(made.libraries))]
    tasks: dict[str, Any] = {}
    for start in range(0, len(made.modules), _BATCH):
        batch = []
        for number in range(start, min(start + _BATCH, len(made.modules))):
            module = made.modules[number]
            chosen = [next(iter(made.libraries)), *([others[number % len(others)]] if others else [])]
            batch.append([module.family, module.name, module.seed, module.size, chosen])
        key = f"{start // _BATCH:05d} {'+'.join(str(row[1]) for row in batch)}"
        libraries = {name: str(path) for name, path in made.libraries.items()}
        tasks[key] = {"modules": batch, "libraries": libraries, "out": str(out)}
    with Journal(out / _JOURNAL, made.settings()) as journal:
        run_tasks(_measure_batch, tasks, journal, title=NAME, jobs=jobs, executor=executor)
        rows, failed = _rows(journal.results.values())
        failed |= journal.errors
    if not rows:
        raise InputError.of(_FAILED, str(out))
    write_table(_table(rows), out / LABELS)
    return failed


def _measure_batch(task: Mapping[str, Any]) -> dict[str, Any]:
    """Measure some modules; one that fails is told, and does not take the others with it."""
    from edasat.eda.synthesis.qor import map_gates

    modules = [_module(family, name, seed, size) for family, name, seed, size, _ in task["modules"]]
    rows: list[dict[str, Any]] = []
    failed: dict[str, str] = {}
    for module, design, (*_, chosen) in zip(modules, _elaborated(modules), task["modules"], strict=True):
        if isinstance(design, EdasatError):
            failed[module.name] = str(design)
            continue
        try:
            libraries = [_library(task["libraries"][name], name) for name in chosen]
            found = map_gates(design, libraries, limits=_LIMITS)
        except EdasatError as error:
            failed[module.name] = str(error)
            continue
        for part, ending, data in (("words", "json", found.words), ("luts", "blif", found.luts)):
            with atomic_write(Path(task["out"]) / part / f"{module.name}.{ending}.zst") as stream:
                stream.write(compress(data, ".zst"))
        described = {
            "name": module.name, "family": module.family, "seed": module.seed, "size": module.size, "top": module.top,
            "sha256": content_hash(module.text.encode()), "licence": module.licence,
        }  # fmt: skip
        for (library, script), qor in found.qor.items():
            rows.append({**described, "library": library, "script": script, **vars(qor)})
    return {"rows": rows, "failed": failed, "machine": describe_machine()}


def _module(family: str, name: str, seed: int, size: int) -> RtlModule:
    if seed < 0:
        return next(module for module in hand_written() if module.name == name)
    return generate(family, seed, size)


def _elaborated(modules: Sequence[RtlModule]) -> list[Elaborated | EdasatError]:
    """Elaborate all at once, or each alone if one of them is refused."""
    from edasat.eda.flow import Rtl
    from edasat.eda.synthesis.qor import elaborate

    designs = [Rtl([module.text.encode()], module.top) for module in modules]
    try:
        return list(elaborate(designs, limits=_LIMITS))
    except EdasatError:
        pass
    found: list[Elaborated | EdasatError] = []
    for design in designs:
        try:
            found += elaborate([design], limits=_LIMITS)
        except EdasatError as error:
            found.append(error)
    return found


@cache
def _library(liberty: str, name: str) -> MappingLibrary:
    from edasat.eda.synthesis.mapping_library import load_library

    return load_library(liberty, name)


def _rows(results: Iterable[Mapping[str, Any]]) -> tuple[list[dict[str, Any]], dict[str, str]]:
    rows: list[dict[str, Any]] = []
    failed: dict[str, str] = {}
    for result in results:
        rows += [{**row, "machine": result["machine"]} for row in result["rows"]]
        failed |= result["failed"]
    return rows, failed


def _table(rows: Sequence[Mapping[str, Any]]) -> pa.Table:
    import pyarrow as pa

    return pa.Table.from_pylist(list(rows))


def part_of(family: str, sha256: str) -> str:
    """Return the part that a module belongs to: "train", "validation", "test", "held-out" or "hand-written".

    Held-out families and the shares were named before any model was trained (``tables/qor_rtl_split.json``). Whole
    families are held out; of the others, modules go to validation and test by a hash of their text, and a further
    few whole families to validation.
    """
    split = _split()
    if family == "hand-written":
        return "hand-written"
    if family in split["held_out_families"]:
        return "held-out"
    if family in split["validation_families"]:
        return "validation"
    from .batches import stable_fraction  # brings torch, which listing and checking sets does without

    fraction = stable_fraction(sha256, NAME)
    if fraction < split["test_share"]:
        return "test"
    return "validation" if fraction < split["test_share"] + split["validation_share"] else "train"


@cache
def _split() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(SPLIT.read_text(encoding="utf-8"))
    return found


@dataclass(frozen=True, eq=False)
class QorSet:
    """Modules and labels.

    Attributes:
        labels: one row for each module, library and script; see :data:`TABLE`.
        folder: of the build, or None for the table that ships.
    """

    labels: pa.Table
    folder: Path | None = field(default=None)

    @cached_property
    def modules(self) -> dict[str, dict[str, Any]]:
        """Columns of each module by its name: family, seed, size, top, sha256, licence."""
        seen: dict[str, dict[str, Any]] = {}
        for row in self.labels.select(list(_MODULE_COLUMNS)).to_pylist():
            seen.setdefault(row["name"], row)
        return seen

    def module(self, name: str) -> RtlModule:
        """Return a module with its text, made again."""
        row = self.modules[name]
        return _module(row["family"], name, row["seed"], row["size"])

    def part(self, name: str) -> str:
        """Return the part of the split; see :func:`part_of`."""
        row = self.modules[name]
        return part_of(row["family"], row["sha256"])

    def words(self, name: str) -> bytes:
        """Return Yosys' word-level JSON of a module: from the folder, or elaborated again (about .3 CPU s)."""
        if self.folder is not None and (path := self.folder / "words" / f"{name}.json.zst").exists():
            return read_bytes(path)
        from edasat.eda.flow import Rtl
        from edasat.eda.synthesis.qor import word_level

        module = self.module(name)
        return word_level(Rtl([module.text.encode()], module.top))

    def luts(self, name: str) -> bytes | None:
        """Return the look-up tables of a module as BLIF, or None if the build's folder is not here."""
        path = self.folder / "luts" / f"{name}.blif.zst" if self.folder is not None else None
        return read_bytes(path) if path is not None and path.exists() else None


def open_set(folder: str | Path | None = None) -> QorSet:
    """Open a build, finished or still growing, or the table that ships.

    Raises:
        InputError: if nothing is there.
    """
    import pyarrow.parquet as pq

    if folder is None:
        return QorSet(pq.read_table(TABLE))
    folder = Path(folder)
    if (folder / LABELS).exists():
        return QorSet(pq.read_table(folder / LABELS), folder)
    if not (folder / _JOURNAL).exists():
        raise InputError.of(_MISSING, str(folder))
    lines = (folder / _JOURNAL).read_text(encoding="utf-8").split("\n")[1:-1]
    rows, _ = _rows(entry["result"] for line in lines if "result" in (entry := json.loads(line)))
    return QorSet(_table(rows), folder)


@dataclass(frozen=True)
class Check:
    """What a set holds.

    Attributes:
        modules: number of different modules.
        rows: labels, one for each module, library and script.
        families: modules of each family.
        parts: modules of each part of the split.
        libraries: labels on each library.
        without_delay: labels of modules with no logic between registers; models leave their delay out.
        duplicates: modules with the text of another one.
    """

    modules: int
    rows: int
    families: Mapping[str, int]
    parts: Mapping[str, int]
    libraries: Mapping[str, int]
    without_delay: int
    duplicates: int

    @property
    def good(self) -> bool:
        """Whether every module is there once and the training part is not empty."""
        return self.duplicates == 0 and self.parts.get("train", 0) > 0

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {**vars(self), "good": self.good}


def check(found: QorSet) -> Check:
    """Count what a set holds."""
    modules = found.modules
    texts = Counter(row["sha256"] for row in modules.values())
    delays = found.labels.column("delay_ps").to_pylist()
    return Check(
        modules=len(modules),
        rows=found.labels.num_rows,
        families=dict(sorted(Counter(row["family"] for row in modules.values()).items())),
        parts=dict(Counter(found.part(name) for name in modules)),
        libraries=dict(Counter(found.labels.column("library").to_pylist())),
        without_delay=sum(delay <= 0 for delay in delays),
        duplicates=sum(count - 1 for count in texts.values()),
    )
