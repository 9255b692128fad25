"""The shape of the project: which part may import which, what may be imported when, what must not exist."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PARTS = ("core", "eda", "sat", "datasets", "models", "tools")
HEAVY = {"torch", "torch_geometric", "lightning", "transformers", "dgl"}
#: Modules that convert to torch structures; inside functions only.
MAY_IMPORT_TORCH_LATE = {"edasat.core.graph_convert", "edasat.core.threads"}


def modules() -> Iterator[tuple[str, str, Path]]:
    for part in PARTS:
        for path in sorted((ROOT / part / "edasat").rglob("*.py")):
            name = ".".join(path.relative_to(ROOT / part).with_suffix("").parts).removesuffix(".__init__")
            yield part, name, path


def imports(path: Path, module: str) -> Iterator[tuple[str, bool]]:
    """Yield (imported module, at module level) of a file; ``if TYPE_CHECKING`` blocks do not count."""
    tree = ast.parse(path.read_text())
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]

    def walk(node: ast.AST, top: bool) -> Iterator[tuple[str, bool]]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.dump(child.test):
                yield from walk_all(child.orelse, top)
            elif isinstance(child, ast.Import):
                yield from ((alias.name, top) for alias in child.names)
            elif isinstance(child, ast.ImportFrom):
                base = child.module or ""
                if child.level:
                    parent = package.split(".")[: len(package.split(".")) - child.level + 1]
                    base = ".".join([*parent, base] if base else parent)
                yield base, top
                yield from ((f"{base}.{alias.name}", top) for alias in child.names)
            else:
                yield from walk(
                    child, top and not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
                )

    def walk_all(nodes: list[ast.stmt], top: bool) -> Iterator[tuple[str, bool]]:
        yield from walk(ast.Module(nodes, []), top)

    yield from walk(tree, True)


def test_imports_point_one_way() -> None:
    wrong = []
    for part, module, path in modules():
        for imported, _ in imports(path, module):
            words = imported.split(".")
            if words[0] != "edasat" or len(words) < 2:
                continue
            target = "tools" if words[1] == "api" else words[1]
            if target not in PARTS or PARTS.index(target) > PARTS.index(part):
                wrong.append(f"{module} imports {imported}")
    assert not wrong


def test_no_torch_at_module_level_below_datasets() -> None:
    wrong = []
    for part, module, path in modules():
        if part not in ("core", "eda", "sat"):
            continue
        for imported, top in imports(path, module):
            if imported.split(".")[0] in HEAVY and (top or module not in MAY_IMPORT_TORCH_LATE):
                wrong.append(f"{module} imports {imported}")
    assert not wrong


def test_between_parts_imports_are_absolute_and_within_one_relative() -> None:
    wrong = []
    for part, module, path in modules():
        if part == "tools":
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and node.level:
                depth = len(module.split(".")) - (path.name != "__init__.py") - node.level + 1
                if depth < 2:
                    wrong.append(f"{module}: a relative import leaves edasat.{part}")
    assert not wrong


def test_the_namespace_stays_open() -> None:
    """An ``__init__.py`` in a root or directly in its ``edasat`` folder would hide the other roots."""
    for part in PARTS:
        assert not (ROOT / part / "__init__.py").exists()
        assert not (ROOT / part / "edasat" / "__init__.py").exists()
        assert (ROOT / part / "edasat" / part / "py.typed").exists()


def test_nothing_installed_is_called_datasets_or_models() -> None:
    code = "import importlib.util as u; print([n for n in ('datasets', 'models', 'tools', 'core') if u.find_spec(n)])"
    done = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, cwd="/", check=False)
    assert done.stdout.strip() == "[]"


def _python(code: str) -> str:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True)
    return done.stdout.strip()


@pytest.mark.parametrize(
    "command",
    [["--help"], ["doctor"], ["sat", "solve", "--help"], ["graph", "--help"], ["cache", "show"], ["data", "list"]],
    ids=" ".join,
)
def test_plain_commands_load_nothing_heavy(command: list[str]) -> None:
    code = (
        "import sys\nfrom edasat.tools.cli import main\n"
        f"try: main({command!r})\nexcept SystemExit: pass\n"
        f"print('LOADED', sorted({HEAVY | {'sklearn', 'matplotlib'}!r} & set(sys.modules)))"
    )
    assert _python(code).endswith("LOADED []")


def test_solving_loads_no_torch() -> None:
    code = (
        "import sys\nfrom edasat import api\nassert api.solve(b'p cnf 1 1\\n1 0\\n').status == 'sat'\n"
        f"print(sorted({HEAVY!r} & set(sys.modules)))"
    )
    assert _python(code) == "[]"


def test_help_is_quick() -> None:
    """Half a second is the promise; CPU time is compared, so that a busy machine does not fail the test."""
    code = (
        "import time\nfrom edasat.tools.cli import main\n"
        "try: main(['--help'])\nexcept SystemExit: pass\nprint(time.process_time())"
    )
    assert min(float(_python(code).split()[-1]) for _ in range(3)) < 0.5


def test_commit_holds_no_foreign_data() -> None:
    """Benchmark files of others lie outside the repository; what is committed is ours and small."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout")
    files = [ROOT / name for name in listed.stdout.split("\0") if name]
    large = {p.name: p.stat().st_size for p in files if p.is_file() and p.stat().st_size > 4 << 20}
    assert not large
    assert not [p for p in files if p.suffix in {".pkl", ".pt", ".pth", ".ckpt", ".pickle"}]
