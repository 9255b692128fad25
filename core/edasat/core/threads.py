"""One place that sets how many threads numeric libraries may use.

Level-wise kernels and pool workers run fastest on one thread: with two OpenMP threads on a busy two-core machine they
were measured 6 to 50 times slower.
"""

from __future__ import annotations

import os
import sys

from edasat.core.errors import InputError

_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "NUMBA_NUM_THREADS",
)


def set_threads(count: int = 1) -> None:
    """Set the thread count of OpenMP, BLAS, Numba and torch, for this process and those it starts.

    Libraries read the environment when they are first imported, so commands call this before any heavy import; torch
    is told directly when it is already there.

    Raises:
        InputError: if ``count`` is not positive.
    """
    if count < 1:
        raise InputError(f"--threads must be at least 1, got {count}")
    for variable in _VARIABLES:
        os.environ[variable] = str(count)
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(count)


def available_cores() -> int:
    """Number of processors this process may run on."""
    return len(os.sched_getaffinity(0))
