"""The examples in docstrings are run."""

from __future__ import annotations

import doctest
import importlib
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def _modules() -> list[str]:
    found = []
    for part in ("core", "eda", "sat", "datasets", "models", "tools"):
        for path in sorted((ROOT / part / "edasat").rglob("*.py")):
            if re.search(r"^\s*>>> ", path.read_text(), re.MULTILINE):
                found.append(".".join(path.relative_to(ROOT / part).with_suffix("").parts).removesuffix(".__init__"))
    return found


@pytest.mark.parametrize("name", _modules())
def test_examples(name: str) -> None:
    outcome = doctest.testmod(importlib.import_module(name), optionflags=doctest.ELLIPSIS)
    assert outcome.attempted > 0
    assert outcome.failed == 0
