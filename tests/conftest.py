"""Fixtures shared by all tests."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).resolve().parent.parent

# The folder `datasets` at the top of the repository would shadow Hugging Face's package of that name.
sys.path[:] = [entry for entry in sys.path if Path(entry or ".").resolve() != ROOT]

# The first example of a property may wait for Numba's compiler; tests assert no times.
settings.register_profile("edasat", deadline=None)
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
