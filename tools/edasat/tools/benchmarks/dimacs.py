"""How fast DIMACS is read: ours beside other readers, in one run, each in a process of its own.

``python -m edasat.tools.benchmarks.dimacs [-o results/dimacs.json]`` writes random formulas of 1 and 5 million clauses
(2 to 4 literals each) and reads them plain and gzipped. Time is CPU time of reading alone (compiled code warm, file
in the page cache), the least of several repetitions; memory is the growth of the peak over the size of the arrays.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from edasat.core.processes import run
from edasat.sat.cnf import Cnf
from edasat.sat.dimacs import write_dimacs
from edasat.tools.results import TABLES, write_result

COMMAND: Final = "python -m edasat.tools.benchmarks.dimacs -o results/dimacs.json"
SEED: Final = 0
_SIZES: Final = (1_000_000, 5_000_000)
_REPETITIONS: Final = 5

#: Each prints JSON: CPU seconds of its repetitions, the peak memory it added, and the bytes of the result's arrays.
_HEAD = """
import json, resource, sys, time
path, repetitions = sys.argv[1], int(sys.argv[2])
def cpu():
    used = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return sum(u.ru_utime + u.ru_stime for u in used)
def memory(key):
    return int(open('/proc/self/status').read().partition(key)[2].split()[0]) * 1024
def measure(read, result_bytes=lambda r: 0):
    open('/proc/self/clear_refs', 'w').write('5')
    before = memory('VmRSS:'); result = read()
    grown, size = memory('VmHWM:') - before, result_bytes(result)
    del result
    times = []
    for _ in range(repetitions):
        start = cpu(); read(); times.append(cpu() - start)
    print(json.dumps({'times_s': times, 'grown': grown, 'size': size}))
"""
_EDASAT = """
from edasat.sat.dimacs import read_dimacs
import isal.igzip
read_dimacs(b'p cnf 1 1\\n1 0\\n')
measure(lambda: read_dimacs(path), lambda c: c.literals.nbytes + c.offsets.nbytes)
"""
_GRAPH = """
from edasat.sat.dimacs import read_dimacs
from edasat.sat.tripartite import tripartite_arrays
import isal.igzip
tripartite_arrays(read_dimacs(b'p cnf 1 1\\n1 0\\n'))
measure(lambda: tripartite_arrays(read_dimacs(path)))
"""
_PYSAT = """
from pysat.formula import CNF
measure(lambda: CNF(from_file=path))
"""
_NUMPY = """
import numpy, warnings, gzip
warnings.simplefilter('ignore')
def read():
    data = (gzip.open(path) if path.endswith('gz') else open(path, 'rb')).read()
    flat = numpy.fromstring(data[data.index(b'\\n') + 1:], dtype=numpy.int32, sep=' ')
    return flat, numpy.flatnonzero(flat == 0)
measure(read)
"""
_WC = """
import subprocess
command = f"gzip -dc '{path}' | wc -w" if path.endswith('gz') else f"wc -w '{path}'"
measure(lambda: subprocess.run(['sh', '-c', command], capture_output=True, check=True))
"""
METHODS: Final = {
    "edasat": _EDASAT,
    "edasat, with graph arrays": _GRAPH,
    "PySAT CNF(from_file)": _PYSAT,
    "NumPy fromstring, unchecked": _NUMPY,
    "wc -w": _WC,
}


def formula(num_clauses: int) -> Cnf:
    """Return random clauses of 2 to 4 literals, 3.25 on average."""
    rng = np.random.default_rng(SEED)
    lengths = rng.choice([2, 3, 4], p=[0.05, 0.65, 0.3], size=num_clauses)
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    signs = rng.choice(np.array([-1, 1], np.int32), offsets[-1])
    literals = rng.integers(1, num_clauses // 4, offsets[-1], dtype=np.int32) * signs
    return Cnf(num_clauses // 4, offsets, literals)


def measure(sizes: Sequence[int] = _SIZES, repetitions: int = _REPETITIONS) -> dict[str, Any]:
    """Run all readers over all files."""
    rows = []
    folder = Path(tempfile.mkdtemp(prefix="edasat-benchmark-"))
    try:
        for size in sizes:
            cnf = formula(size)
            for suffix in ("", ".gz"):
                path = folder / f"{size}.cnf{suffix}"
                write_dimacs(cnf, path)
                methods = {name: _one(code, path, repetitions) for name, code in METHODS.items()}
                rows.append(
                    {
                        "clauses": size,
                        "literals": cnf.num_literals,
                        "gzip": bool(suffix),
                        "megabytes": path.stat().st_size / 1e6,
                        "methods": methods,
                    }
                )
                path.unlink()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return {"sizes": rows, "repetitions": repetitions}


def _one(code: str, path: Path, repetitions: int) -> dict[str, Any]:
    done = run(
        [sys.executable, "-c", _HEAD + code, path, str(repetitions)],
        env={"PYTHONPATH": os.pathsep.join(sys.path), "OMP_NUM_THREADS": "1"},
    )
    if done.outcome != "ok":
        raise RuntimeError(done.stderr.decode())
    told = json.loads(done.stdout)
    ratio = told["grown"] / told["size"] if told["size"] else None
    return {"cpu_s": min(told["times_s"]), "median_cpu_s": float(np.median(told["times_s"])), "memory_ratio": ratio}


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print the table, and write the result."""
    parser = argparse.ArgumentParser(description="Measure DIMACS readers.")
    parser.add_argument("-o", "--out", type=Path, default=Path("results/dimacs.json"))
    given = parser.parse_args(arguments)
    write_result(given.out, measure(), command=COMMAND, seed=SEED, packages=("numpy", "numba", "python-sat", "isal"))
    print(TABLES["dimacs"](json.loads(given.out.read_text())))  # noqa: T201


if __name__ == "__main__":
    main()
