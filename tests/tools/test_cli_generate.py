from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from edasat import api
from edasat.core.errors import InputError
from edasat.sat.cnf import Cnf
from edasat.sat.dimacs import read_dimacs, write_dimacs
from edasat.sat.families import generate
from edasat.sat.generate.manifest import read_manifest
from edasat.tools.cli import main
from edasat.tools.cli.generate import parse_range

LOGIC = generate("rewritten-logic", 200, 0)  # a tenth of a second to solve
WIDE = ("--hardness", "0.1..10")


def run(*arguments: object) -> int:
    with pytest.raises(SystemExit) as ended:
        main([str(argument) for argument in arguments])
    assert isinstance(ended.value.code, int)
    return ended.value.code


@pytest.fixture
def seed_file(tmp_path: Path) -> Path:
    write_dimacs(LOGIC, tmp_path / "seeds" / "logic.cnf.xz")
    return tmp_path / "seeds" / "logic.cnf.xz"


def cnf_files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*.cnf*"))


def test_formulas_a_report_and_json(seed_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out, report = seed_file.parent / "new", tmp_path / "report.html"
    command = ("sat", "generate", "--like", seed_file, "--like", seed_file.parent, "--status", "unsat", *WIDE)
    assert run(*command, "-n", 2, "--method", "transform", "-o", out, "--proofs", "--report", report) == 0
    told = capsys.readouterr().out
    assert told.startswith(f"2 formulas (2 unsat) like 1 in {out}\n") and "methods: transform 2" in told
    assert cnf_files(out) == ["0001.cnf.xz", "0002.cnf.xz"]
    page = report.read_text()
    assert page.count("<svg") == 3 and "logic.cnf.xz" in page
    assert run("sat", "check", out / "0001.cnf.xz", out / "0001.drat.xz") == 0
    capsys.readouterr()
    # the offspring lies inside the folder of the parents and is none of them
    assert run(*command, "-n", 2, "--method", "transform", "-o", out, "--proofs", "--json", "--quiet") == 0
    facts = json.loads(capsys.readouterr().out)
    assert (facts["formulas"], facts["wanted"], facts["complete"]) == (2, 2, True)
    assert facts["verdicts"]["accepted"] >= 2 and facts["methods"][0]["name"] == "transform"


def test_too_few_is_exit_code_1_and_says_why(
    seed_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ("sat", "generate", "--like", seed_file, "--status", "unsat", "-n", 3, "--attempts", 2)
    assert run(*command, "--hardness", "900..1000", "--method", "transform", "-o", tmp_path / "out") == 1
    told = capsys.readouterr()
    assert told.out.startswith(f"0 formulas (none) like 1 in {tmp_path / 'out'}\nrejected 2 of 2 attempts: ")
    assert "error: 0 of 3 formulas after 2 attempts; rejected 2 of 2 attempts: too easy 2\n" in told.err
    assert "hint: what is there stays; try a wider --hardness, or --method auto, or more --attempts than 2" in told.err
    assert cnf_files(tmp_path / "out") == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--like", "nowhere.cnf"], "nowhere.cnf: error: no such file or folder"),
        (["--like", "empty"], "empty: error: no CNF file in this folder"),
        (["--like", "notes.txt"], "notes.txt:1:1: error: "),
        (
            ["--like", "sat.cnf", "--status", "unsat"],
            "sat.cnf: error: satisfiable, and unsatisfiable formulas are wanted",
        ),
        (["--like", "easy.cnf"], "easy.cnf: error: too easy: preprocessing alone decides it [generate-parent]"),
        (
            ["--like", "hard.cnf", "-t", "0.2"],
            "hard.cnf: error: too hard: CaDiCaL came to no answer after preprocessing",
        ),
        (["--like", "easy.cnf", "--hardness", "2"], "'2' is not a range"),
        (["--like", "easy.cnf", "--hardness", "2..1"], "the hardness must rise from above 0, got 2..1"),
        (["--like", "easy.cnf", "--hardness", "a..b"], "'a..b' is not a range"),
        (["--like", "easy.cnf", "-n", "0"], "the number of formulas must be at least 1"),
        (["--like", "easy.cnf", "--jobs", "0"], "--jobs must be at least 1 without --executor ray"),
        (["--like", "easy.cnf", "--method", "magic"], "unknown method 'magic'"),
        (["--like", "easy.cnf", "--executor", "moon"], "unknown executor 'moon'"),
        (["--like", "easy.cnf", "-o", "full"], "full: error: this folder holds other files"),
    ],
)
def test_bad_input_is_one_message_and_exit_code_2(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    message: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    for folder in ("empty", "full"):
        Path(folder).mkdir()
    Path("full/thesis.tex").touch()
    Path("notes.txt").write_text("dear diary\n")
    write_dimacs(generate("planted-3sat", 150, 3), "sat.cnf")
    write_dimacs(Cnf.from_clauses([[1, 2], [-1, 2], [1, -2], [-1, -2]]), "easy.cnf")
    write_dimacs(generate("pigeonhole", 11, 1), "hard.cnf")
    place = [] if "-o" in arguments else ["-o", "out"]
    assert run("sat", "generate", *arguments, *place) == 2
    told = capsys.readouterr()
    assert message in told.err and told.out == ""
    assert not Path("out").exists() or not list(Path("out").iterdir())


def test_killed_in_the_middle_it_leaves_whole_files_and_goes_on(seed_file: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    arguments = ["sat", "generate", "--like", str(seed_file), "--status", "unsat", *WIDE, "--method", "transform",
                 "-n", "5", "-o", str(out), "--jobs", "2"]  # fmt: skip
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    code = "from edasat.tools.cli import main; main()"
    for number in (signal.SIGKILL, signal.SIGTERM):
        process = subprocess.Popen([sys.executable, "-c", code, *arguments], env=environment, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 120
        before = _attempts(out)
        while _attempts(out) <= before and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.02)
        pool = _descendants(process.pid)
        process.send_signal(number)
        code_of_end = process.wait(timeout=60)
        assert code_of_end in (-number, 128 + number, 0)
        deadline = time.monotonic() + 20
        while any(map(_alive, pool)) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert not any(map(_alive, pool)), "nothing works on for a run that was killed"
        for name in cnf_files(out):
            read_dimacs(out / name)
    done = api.generate([seed_file], out, count=5, status="unsat", hardness=(0.1, 10.0), method="transform")
    assert done.complete and cnf_files(out) == [f"{number:04d}.cnf.xz" for number in range(1, 6)]
    assert not list(out.rglob("*.tmp"))
    assert [read_dimacs(out / row["file"]).content_hash() for row in read_manifest(out)] == [
        row["formula_hash"] for row in done.rows
    ]


def _attempts(out: Path) -> int:
    journal = out / "journal.jsonl"
    return journal.read_bytes().count(b'{"key":"attempt') if journal.exists() else 0


def _descendants(pid: int) -> list[int]:
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in map(int, task.read_text().split()):
            found += [child, *_descendants(child)]
    return found


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def test_the_call_takes_records_and_files(tmp_path: Path) -> None:
    record = replace(LOGIC, name="record")
    done = api.generate([record], tmp_path / "out", count=1, hardness=(0.1, 10.0), method="transform")
    assert done.rows[0]["parent"] == "record" and done.rows[0]["status"] == "unsat"


def test_ranges() -> None:
    assert parse_range("0.25..4") == (0.25, 4.0)
    for text in ("", "..", "1..", "..2", "1-2", "1...x"):
        with pytest.raises(InputError, match="is not a range"):
            parse_range(text)
