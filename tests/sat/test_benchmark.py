from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from edasat.core.errors import InputError
from edasat.sat.benchmark import Benchmark, Instance, find_instances, run_benchmark
from edasat.sat.cnf import Cnf
from edasat.sat.dimacs import write_dimacs

SAT = Cnf.from_clauses([[1, 2], [-1, 2]])
UNSAT = Cnf.from_clauses([[1, 2], [-1, 2], [1, -2], [-1, -2]])


def _folder(tmp_path: Path) -> Path:
    folder = tmp_path / "cnfs"
    for name, cnf in (("easy/a.cnf", SAT), ("easy/b.cnf.xz", UNSAT), ("c.dimacs.gz", SAT)):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        write_dimacs(cnf, folder / name)
    (folder / "notes.txt").write_text("not a formula")
    return folder


def test_instances_are_found_and_named(tmp_path: Path) -> None:
    folder = _folder(tmp_path)
    assert [(i.name, i.family) for i in find_instances([folder])] == [
        ("c.dimacs.gz", "cnfs"),
        ("easy/a.cnf", "easy"),
        ("easy/b.cnf.xz", "easy"),
    ]
    assert len(find_instances([folder], limit=2)) == 2
    assert [i.name for i in find_instances([folder / "easy" / "a.cnf"])] == ["a.cnf"]
    with pytest.raises(InputError, match="no such file"):
        find_instances([tmp_path / "absent"])
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="no CNF file"):
        find_instances([tmp_path / "empty"])
    write_dimacs(SAT, tmp_path / "a.cnf")
    with pytest.raises(InputError, match=r"two instances are named 'a.cnf'"):
        find_instances([tmp_path / "a.cnf", folder / "easy" / "a.cnf"])


def test_a_benchmark_becomes_a_run_table_with_errors_apart(tmp_path: Path) -> None:
    folder = _folder(tmp_path)
    (folder / "bad.cnf").write_text("p cnf 1 1\n1 x 0\n")
    task = Benchmark(find_instances([folder]), ("minisat22", "cms"), 5.0, repeats=frozenset(["easy/a.cnf"]))
    assert task.num_runs == 10
    done = run_benchmark(task, tmp_path / "j", jobs=2)
    rows = {(r["instance"], r["engine"], r["repetition"]): r["status"] for r in done.table.to_pylist()}
    assert len(rows) == 8
    assert rows["easy/a.cnf", "cms", 1] == "sat"
    assert rows["easy/b.cnf.xz", "minisat22", 0] == "unsat"
    assert set(done.errors) == {"bad.cnf|minisat22|0", "bad.cnf|cms|0"}
    assert "bad.cnf:2:3: error: expected a literal" in done.errors["bad.cnf|cms|0"]


def test_a_family_instance_needs_no_file(tmp_path: Path) -> None:
    task = Benchmark([Instance("pigeonhole-4-1", "", "pigeonhole")], ("minisat22",), 5.0)
    row = run_benchmark(task, tmp_path / "j").table.to_pylist()[0]
    assert (row["status"], row["family"], row["timeout_s"]) == ("unsat", "pigeonhole", 5.0)
    assert row["engine_version"].startswith("python-sat ")
    assert len(row["instance_hash"]) == 32


def test_other_limits_do_not_mix_into_one_journal(tmp_path: Path) -> None:
    instances = [Instance("pigeonhole-4-1")]
    run_benchmark(Benchmark(instances, ("minisat22",), 5.0), tmp_path / "j")
    with pytest.raises(InputError, match=r"timeout_s=5.0 then, 6.0 now"):
        run_benchmark(Benchmark(instances, ("minisat22",), 6.0), tmp_path / "j")


def test_killing_sat_bench_at_random_moments_loses_nothing(tmp_path: Path) -> None:
    folder, out = _folder(tmp_path), tmp_path / "runs.parquet"
    for n in range(4):
        write_dimacs(Cnf.from_clauses([[1, 2, 3 + n], [-1, -3 - n]]), folder / f"more{n}.cnf")
    command = [
        sys.executable,
        "-c",
        "from edasat.tools.cli import main; main()",
        "sat",
        "bench",
        str(folder),
        "-t",
        "5",
    ]
    command += ["-o", str(out), "--engines", "minisat22,glucose42,cms,kissat404", "--jobs", "2", "--quiet"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    journal = tmp_path / "runs.parquet.journal.jsonl"
    rng = random.Random(3)
    seen: dict[str, str] = {}
    kills = 0
    for _ in range(30):
        process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
        if kills < 4:
            time.sleep(rng.uniform(0.6, 2.0))
            process.send_signal(signal.SIGKILL)
        code = process.wait()
        kills += code < 0
        rows = [json.loads(line) for line in journal.read_bytes().split(b"\n")[1:-1]] if journal.exists() else []
        now = {row["key"]: json.dumps(row) for row in rows}
        assert len(now) == len(rows), "a run was recorded twice"
        assert seen.items() <= now.items(), "a finished run was lost or made again"
        seen = now
        if code == 0:
            break
    assert kills > 0, "nothing was killed: the test shows nothing"
    from edasat.sat.runs import read_runs

    table = read_runs(out)
    assert table.num_rows == len(seen) == 7 * 4
    assert set(table.column("status").to_pylist()) == {"sat", "unsat"}
