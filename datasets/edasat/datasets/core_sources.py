"""Where the formulas of the core table come from, and how each comes back from its row.

An instance is named

* ``<family>-<size>-<seed>``: an unsatisfiable formula of a seeded family;
* ``<family>-<size>-<seed>+requirements-<r>``: a satisfiable one with unit clauses that clash (draw r);
* ``<family>-<size>-<seed>+loop-<l>-<step>``: run l of the published generation loop around the core of a formula,
  after some refinement steps;
* or by the path of a file.

What a draw chose (units, de-cored clauses, the seed's core) stands in the row, so that formulas come back without a
solver, bit by bit.
"""

from __future__ import annotations

import itertools
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from edasat.sat.benchmark import load_instance
from edasat.sat.cnf import Cnf
from edasat.sat.families import parse_instance_id
from edasat.sat.generate.hardcore import decore, surround
from edasat.sat.generate.requirements import add_units

IntArray = npt.NDArray[np.int64]

#: Kinds of sources.
FAMILY: Final = "family"
REQUIREMENTS: Final = "requirements"
LOOP: Final = "loop"
FILE: Final = "file"

#: Sizes of each family whose cores take seconds at most; those of the solver benchmark are calibrated to be harder.
#: Families with a base rate near 1 are few: there is nothing to find in them.
_FAMILY_SIZES: Final[Mapping[str, tuple[int, ...]]] = MappingProxyType(
    {
        "adder-association": (5, 6, 8),
        "multiplier-commutativity": (7, 9),
        "multiplier-architecture": (7, 9),
        "multiplier-distributivity": (5, 6),
        "barrel-shifter": (10, 16, 24),
        "rewritten-logic": (200, 300, 450, 600),
        "bmc-equivalent-machines": (2, 3, 4, 5),
        "bmc-accumulator-safe": (5, 6, 8, 10, 12),
        "bmc-arbiter-fair": (6, 8, 12, 16, 24, 36, 48),
        "bmc-shift-register-jump": (9, 11),
        "prime": (7, 8, 9, 10, 12, 14),
        "linear-4xor": (20, 30, 40, 60, 80),
        "hashed-3sat": (60, 80, 100),
        "bijective-pigeonhole": (5, 6, 7),
        "pigeonhole": (6, 8),
        "two-per-hole": (4, 5),
        "perfect-matching": (12, 16),
        "dominoes": (4, 5, 6, 7),
        "ordering": (10, 14, 18),
        "clique-colouring": (6, 7),
        "subset-cardinality": (8, 12),
        "random-5colouring": (40, 50, 60, 70),
        "clique": (12, 16, 20, 24),
        "dominating-set": (12, 15, 18, 20),
        "hamiltonian-cycle": (10, 13, 16, 20, 24),
        "van-der-waerden": (7, 8, 9),
        "ramsey": (40, 60, 75, 85),
        "langford": (6, 9),
        "orthogonal-mate": (6, 7, 8),
        "sliding-tiles-unsat": (6, 8, 10, 12, 16, 20),
        "blocks-world": (8, 10, 12, 14),
        "open-shop": (7, 8, 9, 10, 11),
        "random-3sat-threshold": (75, 100),
        "random-3sat-unsat": (75, 120),
        "random-7sat": (20, 26),
        "power-law-3sat": (150, 225),
        "community-3sat": (150, 200),
    }
)

#: Satisfiable families that get requirements.
_REQUIREMENT_SIZES: Final[Mapping[str, tuple[int, ...]]] = MappingProxyType(
    {
        "faulty-logic": (300, 600, 1200, 2400),
        "faulty-multiplier": (8, 12),
        "bmc-faulty-machine": (6, 10, 16),
        "bmc-accumulator-reached": (6, 10),
        "bmc-arbiter-waits": (8, 16, 32),
        "factoring": (8, 10, 12),
        "arx-cipher": (4, 8),
        "compression-hash": (4, 8),
        "sponge-hash": (4, 8),
        "shift-register": (16, 18, 20),
        "parity-learning": (10, 14, 18),
        "syndrome-decoding": (30, 40),
        "flat-3colouring": (60, 120, 240),
        "quasigroup-with-holes": (8, 12, 16, 20),
        "sudoku": (60, 150, 300),
        "edge-matching": (3, 4),
        "life-predecessor": (6, 8, 10),
        "sliding-tiles-sat": (6, 10, 14),
        "queens": (12, 16, 22),
        "planted-3sat": (75, 150),
        "pythagorean-triples": (300, 800),
        "schur": (40, 70),
    }
)

#: Seeds of the loop: small formulas of families whose cores take a fraction of a second.
_LOOP_SIZES: Final[Mapping[str, tuple[int, ...]]] = MappingProxyType(
    {
        "bmc-arbiter-fair": (6, 12, 20),
        "bmc-accumulator-safe": (5, 8),
        "prime": (7, 9),
        "rewritten-logic": (200,),
        "random-5colouring": (40, 50),
        "linear-4xor": (20, 40),
        "open-shop": (8, 10),
        "barrel-shifter": (8, 12),
        "clique-colouring": (5, 6),
        "bmc-equivalent-machines": (2, 3),
    }
)


#: Every third seed runs the loop: each run gives several rows.
_LOOP_SEEDS: Final = 3


@dataclass(frozen=True)
class CoreTask:
    """One thing to label.

    Attributes:
        key: instance name; of a loop run, the common start of its instances' names.
        kind: :data:`FAMILY`, :data:`REQUIREMENTS`, :data:`LOOP` or :data:`FILE`.
        path: of a file, else "".
    """

    key: str
    kind: str
    path: str = ""

    @property
    def base(self) -> str:
        """Name of the family instance that it starts from."""
        return self.key.partition("+")[0]

    @property
    def draw(self) -> int:
        """Number of the draw of requirements or of the loop."""
        return int(self.key.rpartition("-")[2])

    @property
    def family(self) -> str:
        """What splits and averages keep together: family and kind."""
        return family_of(self.key) if not self.path else Path(self.path).parent.name


def family_of(instance: str) -> str:
    """Return the family of an instance: that of its base, with what was done to it.

    >>> family_of("sudoku-60-1+requirements-0")
    'sudoku+requirements'
    """
    base, mark, change = instance.partition("+")
    return parse_instance_id(base)[0] + mark + change.partition("-")[0]


def own_tasks(count: int) -> list[CoreTask]:
    """List what the shipped table is made from; a larger count continues a smaller one, seed by seed.

    >>> [t.key for t in own_tasks(2)]
    ['adder-association-5-0', 'adder-association-6-0']
    """
    tasks: list[CoreTask] = []
    for seed in itertools.count():
        if len(tasks) >= count:
            break
        points = [("", FAMILY, _FAMILY_SIZES), (f"+{REQUIREMENTS}-0", REQUIREMENTS, _REQUIREMENT_SIZES)]
        if seed % _LOOP_SEEDS == 0:
            points.append((f"+{LOOP}-0", LOOP, _LOOP_SIZES))
        for suffix, kind, table in points:
            tasks += [
                CoreTask(f"{name}-{size}-{seed}{suffix}", kind) for name, sizes in table.items() for size in sizes
            ]
    return tasks[:count]


def seeded(task_key: str) -> np.random.Generator:
    """Return the random generator of a task."""
    return np.random.default_rng(zlib.crc32(task_key.encode()))


def rebuild(row: Mapping[str, Any], folder: Path | None = None) -> Cnf:
    """Return the formula of a row of the table, with its instance's name.

    Args:
        row: see :mod:`edasat.datasets.cores`.
        folder: where paths start; None stands for the current folder.

    Raises:
        InputError: if the name stands for nothing.
    """
    name: str = row["instance"]
    base, _, change = name.partition("+")
    if row["source"] == FILE:
        return load_instance(name, str((folder or Path()) / name))
    cnf = load_instance(base)
    if row["source"] == REQUIREMENTS:
        cnf = add_units(cnf, row["units"])
    elif row["source"] == LOOP:
        key = f"{base}+{change.rpartition('-')[0]}"
        core = np.flatnonzero(unpack_mask(row["seed_core"], cnf.num_clauses))
        cnf, _ = loop_start(cnf.select(core), cnf.num_clauses, seeded(key))
        fresh = cnf.num_vars + 1
        if row["decored"]:
            cnf = decore(cnf, np.sort(np.array(row["decored"], np.int64)), fresh)
    return Cnf(cnf.num_vars, cnf.offsets, cnf.literals, name)


def loop_start(core: Cnf, seed_clauses: int, rng: np.random.Generator) -> tuple[Cnf, npt.NDArray[np.bool_]]:
    """Surround a core with as many clauses as the seed had others, but with no fewer than the core itself has."""
    return surround(core, rng, max(seed_clauses - core.num_clauses, core.num_clauses))


def pack_mask(indices: IntArray, count: int) -> bytes:
    """Pack the indices of some of ``count`` clauses: one bit each, compressed.

    >>> np.flatnonzero(unpack_mask(pack_mask(np.array([1, 4]), 6), 6)).tolist()
    [1, 4]
    """
    mask = np.zeros(count, np.bool_)
    mask[indices] = True
    return zlib.compress(np.packbits(mask).tobytes(), 9)


def unpack_mask(packed: bytes, count: int) -> npt.NDArray[np.bool_]:
    """Return bool, (count,): the opposite of :func:`pack_mask`."""
    return np.unpackbits(np.frombuffer(zlib.decompress(packed), np.uint8), count=count).astype(np.bool_)


def file_tasks(places: Sequence[str | Path]) -> list[CoreTask]:
    """List CNF files and those in folders; names are paths relative to the folder they were found in."""
    from edasat.sat.benchmark import find_instances

    return [CoreTask(instance.name, FILE, instance.path) for instance in find_instances(places)]
