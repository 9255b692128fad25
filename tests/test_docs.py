"""Every command in README and docs is run, every Python block too; tables equal the committed results."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from edasat.tools.results import render

ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
_BLOCK = re.compile(r"^```(sh|python)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
#: Run by a person or by CI itself, not from inside a test: they set up, or take hours.
NOT_RUN = ("tools/", "git clone", "pip install", "apt-get", "python -m edasat.tools.benchmarks", "edasat data build",
           "edasat train", "edasat evaluate")  # fmt: skip


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_and_code_of_the_docs_run(page: Path, tmp_path: Path) -> None:
    for folder in ("tools", "results", "docs", "eda"):
        (tmp_path / folder).symlink_to(ROOT / folder)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "PYTHONPATH": os.pathsep.join(sys.path)}
    for language, text in _BLOCK.findall(page.read_text()):
        if language == "python":
            interpreter = ROOT / ".venv-dgl" / "bin" / "python" if "to_dgl" in text else Path(sys.executable)
            if not interpreter.exists():
                pytest.skip("needs .venv-dgl (tools/setup --dgl)")
            commands = [[str(interpreter), "-c", text]]
        else:
            lines = text.replace("\\\n", " ").splitlines()
            commands = [["bash", "-c", line] for line in lines if line.strip() and not line.startswith(("#", *NOT_RUN))]
        for command in commands:
            done = subprocess.run(
                command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300, check=False
            )
            solved = command[-1].startswith("edasat sat solve") and done.returncode in (10, 20)
            assert done.returncode == 0 or solved, f"{command[-1]}\n{done.stdout[-1500:]}\n{done.stderr[-1500:]}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_tables_are_those_of_the_results(page: Path) -> None:
    assert render(page.read_text(), ROOT / "results") == page.read_text()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text()):
        assert (page.parent / target).exists(), f"{page.name} links to {target}"
