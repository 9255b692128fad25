"""What is installed here: packages, engines, programs, compute."""

from __future__ import annotations

import importlib.metadata
import platform
import shutil
from dataclasses import dataclass, field
from pathlib import Path

from edasat.core.files import cache_dir
from edasat.core.machine import describe_machine
from edasat.eda.flow.technologies import OSU018

#: Package -> what it is for. All of them come with ``pip install edasat``.
NEEDED = {
    "numpy": "arrays",
    "numba": "compiled readers and graph kernels",
    "torch": "models",
    "torch-geometric": "graph neural networks",
    "lightning": "training",
    "safetensors": "weights and graphs on disk",
    "pyarrow": "tables",
    "networkx": "graph export",
    "scikit-learn": "baselines",
    "python-sat": "SAT engines",
    "pycryptosat": "the engine cms",
    "gbdc": "baseline features, instance hashes",
    "pyverilog": "Verilog syntax trees",
    "pyslang": "SystemVerilog",
    "pyosys": "synthesis (Yosys and ABC)",
    "aigverse": "circuit equivalence in tests",
    "matplotlib": "pictures in reports",
    "jinja2": "reports",
    "isal": "fast gzip",
    "zstandard": "zstd files",
}
#: Package or program -> (how to get it, what it would enable).
OPTIONAL_PACKAGES = {
    "ray": ("pip install 'edasat[ray]'", "--executor ray: runs spread over a cluster"),
    "dgl": ("tools/setup --dgl (an environment of its own)", "conversion of graphs to and from DGL"),
    "transformers": ("pip install 'edasat[text]'", "Hugging Face language models"),
}
OPTIONAL_PROGRAMS = {
    "kissat": ("pip install 'edasat[kissat]', its folder on PATH", "the engine kissat, with proofs"),
    "sta": ("tools/setup --flow", "OpenSTA: comparisons with our timing, delays of the examples"),
    "graywolf": ("tools/setup --flow", "placement of new layouts, for labels"),
    "qrouter": ("tools/setup --flow", "routing of new layouts, for labels"),
    "iverilog": ("apt-get install iverilog", "pyverilog's own preprocessor"),
}
#: What is known by a file -> (the file, how to get it, what it would enable).
OPTIONAL_FILES = {
    "osu018": (str(OSU018), "tools/setup --flow", "a second library for new layouts"),
}


@dataclass(frozen=True)
class Item:
    """One thing looked for."""

    name: str
    version: str
    purpose: str
    how: str = ""
    note: str = ""

    @property
    def found(self) -> bool:
        """Whether it is there."""
        return bool(self.version)


@dataclass
class Installation:
    """What was found; ``healthy`` means nothing needed is missing."""

    machine: str
    python: str
    edasat: str
    cache: str
    needed: list[Item] = field(default_factory=list)
    optional: list[Item] = field(default_factory=list)
    engines: list[Item] = field(default_factory=list)
    healthy: bool = True

    def text(self) -> str:
        """Return the report for people."""
        lines = [f"edasat {self.edasat}, Python {self.python}", self.machine, f"cache: {self.cache}"]
        for title, items in (("needed", self.needed), ("optional", self.optional), ("engines", self.engines)):
            lines += ["", title]
            for item in items:
                mark = "ok     " if item.found else "MISSING" if title == "needed" else "-      "
                line = f"  {mark} {item.name:<17}{item.version or 'not installed':<22}  {item.purpose}"
                if not item.found and item.how:
                    line += f"  ({item.how})"
                lines.append(line + (f"  {item.note}" if item.note else ""))
        lines += ["", "everything needed is there" if self.healthy else "something needed is missing: see above"]
        return "\n".join(lines)


def examine(*, solve: bool = False) -> Installation:
    """Look at everything; with ``solve`` run each engine of the pool on a small formula."""
    report = Installation(describe_machine(), platform.python_version(), _version("edasat"), str(cache_dir()))
    report.needed = [Item(name, _version(name), purpose) for name, purpose in NEEDED.items()]
    report.optional = [Item(n, _version(n), purpose, how) for n, (how, purpose) in OPTIONAL_PACKAGES.items()]
    for name, (how, purpose) in OPTIONAL_PROGRAMS.items():
        report.optional.append(Item(name, shutil.which(name) or "", purpose, how))
    for name, (path, how, purpose) in OPTIONAL_FILES.items():
        report.optional.append(Item(name, path if Path(path).exists() else "", purpose, how))
    report.engines = _engines(solve)
    failed = any(item.note.startswith("FAILED") for item in report.engines)
    report.healthy = all(item.found for item in report.needed) and not failed
    return report


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return ""


def _engines(solve: bool) -> list[Item]:
    from edasat.sat.solvers import DEFAULT_POOL, ENGINES

    items = []
    for engine in ENGINES.values():
        purpose = "in the default pool" if engine.name in DEFAULT_POOL else "selectable"
        purpose += ", writes proofs" if engine.proof else ""
        note = _try(engine.name) if solve and engine.available else ""
        items.append(Item(engine.name, engine.version, purpose, note=note))
    return items


def _try(engine: str) -> str:
    """Run an engine on a satisfiable and an unsatisfiable formula."""
    from edasat.sat.cnf import Cnf
    from edasat.sat.solvers import solve

    easy = Cnf.from_clauses([[1, 2], [-1, 2], [1, -2]])
    hard = Cnf.from_clauses([[1, 2], [-1, 2], [1, -2], [-1, -2]])
    answers = [solve(f, engine, cpu_s=10) for f in (easy, hard)]
    if [a.status for a in answers] == ["sat", "unsat"]:
        return "runs"
    return "FAILED: " + ", ".join(f"{a.status} {a.detail}".strip() for a in answers)
