"""Fixtures shared by all tests."""

from __future__ import annotations

import os
import sys
from pathlib import Path

# Before NumPy, torch or scikit-learn read it: two OpenMP threads on two busy cores are many times slower than one.
for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_variable] = "1"

import pytest  # noqa: E402
from hypothesis import settings  # noqa: E402

ROOT = Path(__file__).resolve().parent.parent

# The folder `datasets` at the top of the repository would shadow Hugging Face's package of that name.
sys.path[:] = [entry for entry in sys.path if Path(entry or ".").resolve() != ROOT]

# The first example of a property may wait for Numba's compiler; tests assert no times. On CI the examples are the same
# in every run, so that a red one is the change's fault; at a desk they vary and find new ones.
settings.register_profile("edasat", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("edasat")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Public benchmark files kept beside the checkout (or under ``EDASAT_SHARED_DATA``); skips when absent."""
    folder = Path(os.environ.get("EDASAT_SHARED_DATA", ROOT.parent / "shared" / "data"))
    if not (folder / "MANIFEST.md").is_file():
        pytest.skip(f"public benchmark data not found at {folder} (set EDASAT_SHARED_DATA)")
    return folder


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give every test an empty cache folder, so that none depends on what another left behind."""
    monkeypatch.setenv("EDASAT_CACHE", str(tmp_path_factory.mktemp("cache")))
