from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from edasat.sat.cnf import Cnf
from edasat.sat.dimacs import read_dimacs, write_dimacs
from edasat.tools.cli import main
from edasat.tools.cli.common import parse_size

SAT = Cnf.from_clauses([[1, -2], [2, 3]])
UNSAT = Cnf.from_clauses([[1, 2], [-1, 2], [1, -2], [-1, -2]])


def run(*arguments: object) -> int:
    with pytest.raises(SystemExit) as ended:
        main([str(argument) for argument in arguments])
    assert isinstance(ended.value.code, int)
    return ended.value.code


def test_solve_speaks_the_language_of_the_competitions(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_dimacs(SAT, tmp_path / "a.cnf.gz")
    assert run("sat", "solve", tmp_path / "a.cnf.gz") == 10
    lines = capsys.readouterr().out.splitlines()
    assert "s SATISFIABLE" in lines
    values = [int(word) for line in lines if line.startswith("v ") for word in line.split()[1:]]
    assert values[-1] == 0
    assert all(any(x in values[:-1] for x in clause) for clause in SAT.to_lists())
    write_dimacs(UNSAT, tmp_path / "b.cnf")
    assert run("sat", "solve", tmp_path / "b.cnf", "--proof", tmp_path / "p.drat") == 20
    assert "s UNSATISFIABLE" in capsys.readouterr().out
    assert (tmp_path / "p.drat").read_text().endswith("0\n")


def test_unknown_is_exit_code_0(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from edasat.sat.families import generate

    write_dimacs(generate("pigeonhole", 11, 1), tmp_path / "p.cnf")
    assert run("sat", "solve", tmp_path / "p.cnf", "--timeout", "0.2", "--engine", "minisat22") == 0
    assert "s UNKNOWN" in capsys.readouterr().out


def test_long_models_are_wrapped(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_dimacs(Cnf.from_clauses([[v] for v in range(1, 300)]), tmp_path / "a.cnf")
    run("sat", "solve", tmp_path / "a.cnf", "--engine", "minisat22")
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("v")]
    assert max(map(len, lines)) <= 78
    assert sum(len(line.split()) - 1 for line in lines) == 300


def test_json_is_one_document(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_dimacs(SAT, tmp_path / "a.cnf")
    assert run("sat", "solve", tmp_path / "a.cnf", "--json") == 10
    told = json.loads(capsys.readouterr().out)
    assert told["status"] == "sat"
    assert len(told["model"]) == 3
    (tmp_path / "bad.cnf").write_text("p cnf 1 1\n1 x\n")
    assert run("sat", "solve", tmp_path / "bad.cnf", "--json") == 2
    caught = capsys.readouterr()
    assert json.loads(caught.out)["code"] == "dimacs-letter"
    assert caught.err.startswith(f"{tmp_path}/bad.cnf:2:3: error: expected a literal, got 'x'")


def test_standard_input(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"p cnf 1 2\n1 0\n-1 0\n")))
    assert run("sat", "solve", "-") == 20


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["sat", "solve", "absent.cnf"], "absent.cnf: error: no such file"),
        (["sat", "solve"], "Missing argument"),
        (["sat", "solve", "x", "--timeout", "-3"], "Invalid value for '--timeout'"),
        (["sat", "solve", "x", "--memory", "2Q"], "'2Q' is not a size"),
        (["frobnicate"], "No such command"),
        (["graph", "x", "--kind", "pretty"], "unknown graph kind 'pretty'"),
        (["sat", "family", "nonsense-3-1"], "no instance family 'nonsense'"),
        (["data", "check", "nothing"], "no labelled set 'nothing'"),
        (["sat", "bench", "absent", "-t", "1"], "absent: error: no such file or folder"),
        (["sat", "bench", "absent", "-t", "1", "-o", "x.txt"], "cannot tell the format"),
        (["sat", "features", "absent", "-o", "x.txt"], "cannot tell the format"),
        (["sat", "select", "absent", "--csv", "x.txt"], "cannot tell the format"),
        (["data", "build", "solver-runtimes", "--count", "1", "-q", "-o", "x.txt"], "cannot tell the format"),
        (["sat", "bench", "absent", "-t", "1", "--report", "/"], "this is a folder"),
        (["sat", "bench", "absent", "-t", "1", "--aslib", "/"], "exists and is not empty"),
        (["sat", "bench", "absent", "-t", "1", "--engines", "minisat22,"], "unknown engine ''"),
        (["sat", "bench", "n" * 300, "-t", "1"], "error: File name too long"),
    ],
)
def test_wrong_usage_is_one_message_and_exit_code_2(
    capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    assert run(*arguments) == 2
    caught = capsys.readouterr()
    assert message in caught.err
    assert "Traceback" not in caught.err


def _edasat(*arguments: object, **options: Any) -> subprocess.CompletedProcess[str]:
    code = "from edasat.tools.cli import main; main()"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.run(command, env=environment, stderr=subprocess.PIPE, text=True, check=False, **options)


def test_output_that_cannot_be_written_is_one_message(tmp_path: Path) -> None:
    write_dimacs(SAT, tmp_path / "a.cnf")
    with Path("/dev/full").open("w") as full:
        done = _edasat("sat", "solve", tmp_path / "a.cnf", stdout=full)
    assert (done.returncode, done.stderr) == (2, "error: No space left on device\n")


def test_a_reader_that_leaves_early_makes_no_noise(tmp_path: Path) -> None:
    write_dimacs(Cnf.from_clauses([[v] for v in range(1, 30_000)]), tmp_path / "a.cnf")
    reading, writing = os.pipe()
    os.close(reading)
    done = _edasat("sat", "solve", tmp_path / "a.cnf", "--engine", "minisat22", stdout=writing)
    os.close(writing)
    assert done.stderr == ""


def test_too_little_memory_is_one_message(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def full(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr("edasat.api.solve", full)
    assert run("sat", "solve", "a.cnf", "--json") == 2
    assert json.loads(capsys.readouterr().out) == {"error": "there is not enough memory for this input"}


def test_names_that_are_no_utf8_go_through_every_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from edasat.sat.runs import read_runs

    path, out = tmp_path / os.fsdecode(b"bad\xff.cnf"), tmp_path / "runs.parquet"
    write_dimacs(SAT, path)
    assert run("sat", "bench", path, "-t", "5", "--engines", "minisat22", "-o", out) == 0
    assert read_runs(out).column("instance").to_pylist() == [r"bad\xff.cnf"]
    assert run("sat", "features", path, "-o", tmp_path / "f.csv") == 0
    assert r"bad\xff.cnf" in (tmp_path / "f.csv").read_text()
    assert run("graph", path, "-o", tmp_path) == 0


def test_engines_are_named_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_dimacs(SAT, tmp_path / "a.cnf")
    out = tmp_path / "runs.csv"
    assert run("sat", "bench", tmp_path / "a.cnf", "-t", "5", "--engines", "cms, minisat22,cms", "-o", out) == 0
    assert "1 instances x 2 engines = 2 runs" in capsys.readouterr().err


def test_version_and_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--version") == 0
    assert capsys.readouterr().out.startswith("edasat ")
    for command in (["sat"], ["sat", "solve"], ["sat", "bench"], ["graph"], ["data", "build"], ["doctor"]):
        assert run(*command, "--help") == 0
        out = capsys.readouterr().out
        assert "Usage:" in out
        if len(command) > 1:
            assert "Example" in out


def test_graphs_are_written_and_read_back(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from edasat.core.graph import Graph

    write_dimacs(SAT, tmp_path / "a.cnf.xz")
    write_dimacs(UNSAT, tmp_path / "b.cnf")
    for kind in ("tripartite", "variable-clause", "literal-incidence"):
        out = tmp_path / kind
        assert run("graph", tmp_path / "a.cnf.xz", tmp_path / "b.cnf", "--kind", kind, "-o", out, "--json") == 0
        told = json.loads(capsys.readouterr().out)
        assert [Path(row["graph"]).name for row in told] == ["a", "b"]
        assert Graph.load(out / "a").num_edges == told[0]["edges"] > 0
    assert run("graph", tmp_path / "b.cnf", "--kind", "aig", "-o", tmp_path) == 2
    assert "CNF" in capsys.readouterr().err


def test_bench_writes_table_report_and_scenario(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from edasat.sat.aslib import read_aslib
    from edasat.sat.runs import read_runs

    for n, cnf in enumerate((SAT, UNSAT)):
        write_dimacs(cnf, tmp_path / "cnfs" / f"{n}.cnf")
    out, page, scenario = tmp_path / "runs.parquet", tmp_path / "report.html", tmp_path / "scenario"
    command = ["sat", "bench", tmp_path / "cnfs", "-t", "5", "--engines", "minisat22,cms", "-o", out]
    assert run(*command, "--report", page, "--aslib", scenario, "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["num_instances"] == 2
    assert read_runs(out).num_rows == 4
    assert "<svg" in page.read_text()
    assert read_aslib(scenario).runs.num_rows == 4
    (tmp_path / "cnfs" / "bad.cnf").write_text("junk")
    assert run(*command) == 1, "an unreadable file is told, the others are run"
    assert "bad.cnf" in capsys.readouterr().err


def test_features_as_table_and_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import pyarrow.parquet

    write_dimacs(SAT, tmp_path / "a.cnf")
    assert run("sat", "features", tmp_path / "a.cnf", "--json") == 0
    row = json.loads(capsys.readouterr().out)[0]
    assert run("sat", "features", tmp_path / "a.cnf", "-o", tmp_path / "f.parquet") == 0
    stored = pyarrow.parquet.read_table(tmp_path / "f.parquet").to_pylist()[0]
    assert {k: v for k, v in row.items() if k != "cpu_s"} == {k: v for k, v in stored.items() if k != "cpu_s"}
    assert run("sat", "features", tmp_path / "a.cnf", "-o", tmp_path / "f.txt") == 2


def test_family_instances_come_back_from_their_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from edasat.sat.families import generate

    assert run("sat", "family", "pigeonhole-4-2", "-o", tmp_path / "p.cnf.zst") == 0
    assert read_dimacs(tmp_path / "p.cnf.zst").content_hash() == generate("pigeonhole", 4, 2).content_hash()
    capsys.readouterr()
    assert run("sat", "family", "--json") == 0
    assert len(json.loads(capsys.readouterr().out)) >= 12


def test_cache_and_doctor(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("cache", "show") == 0
    assert run("cache", "clear", "--json") == 0
    capsys.readouterr()
    assert run("doctor", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["healthy"]
    assert {"kissat404", "cms"} <= {item["name"] for item in told["engines"]}


def test_ctrl_c_ends_the_engine_too(tmp_path: Path) -> None:
    from edasat.sat.families import generate

    write_dimacs(generate("pigeonhole", 11, 1), tmp_path / "p.cnf")
    code = "from edasat.tools.cli import main; main()"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    process = subprocess.Popen(
        [sys.executable, "-c", code, "sat", "solve", str(tmp_path / "p.cnf"), "--engine", "minisat22"],
        env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    marker = "edasat/sat/solvers/worker.py"
    deadline = time.monotonic() + 20
    while not (workers := _children(process.pid, marker)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert workers
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=20)
    assert (process.returncode, err.strip()) == (130, "interrupted")
    deadline = time.monotonic() + 5
    while any(Path(f"/proc/{pid}").exists() for pid in workers) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(Path(f"/proc/{pid}").exists() for pid in workers)


def _children(parent: int, marker: str) -> list[int]:
    found = []
    for task in Path(f"/proc/{parent}/task").iterdir():
        for pid in (task / "children").read_text().split():
            if marker in Path(f"/proc/{pid}/cmdline").read_text():
                found.append(int(pid))
    return found


def test_sizes() -> None:
    assert parse_size("1.5K") == 1536
    assert parse_size("7") == 7
