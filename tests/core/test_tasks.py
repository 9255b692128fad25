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
from edasat.core.tasks import Executor, Journal, run_tasks

SETTINGS = {"limit": 1}


@pytest.mark.parametrize(("executor", "jobs"), [("threads", 1), ("threads", 4), ("processes", 2)])
def test_all_tasks_are_done_and_failures_recorded(tmp_path: Path, executor: Executor, jobs: int) -> None:
    # dict() is the task: a worker process of another interpreter can import it, unlike a function of this file.
    tasks = {"a": [("x", 1)], "bad": 5, "b": [("x", 2), ("y", 3)], "c": []}
    with Journal(tmp_path / "j", SETTINGS) as journal:
        run_tasks(dict, tasks, journal, jobs=jobs, executor=executor)
        assert journal.results == {"a": {"x": 1}, "b": {"x": 2, "y": 3}, "c": {}}
        assert journal.errors == {"bad": "TypeError: 'int' object is not iterable"}


def test_finished_tasks_are_not_done_again_and_failed_ones_are(tmp_path: Path) -> None:
    calls: list[int] = []

    def once(n: int) -> dict[str, int]:
        calls.append(n)
        if n == 2 and calls.count(2) == 1:
            raise OSError("disk")
        return {"n": n}

    for _ in range(2):
        with Journal(tmp_path / "j", SETTINGS) as journal:
            run_tasks(once, {"1": 1, "2": 2}, journal)
    assert calls == [1, 2, 2]
    with Journal(tmp_path / "j", SETTINGS) as journal:
        assert sorted(journal.results) == ["1", "2"]
        assert journal.errors == {}


def test_two_processes_never_share_a_journal(tmp_path: Path) -> None:
    with Journal(tmp_path / "j", SETTINGS), pytest.raises(InputError, match="another process is working"):
        Journal(tmp_path / "j", SETTINGS)
    Journal(tmp_path / "j", SETTINGS).close()


@pytest.mark.parametrize("content", ["[]", '{"journal": 1}', "7", '{"journal": 9, "settings": {}}', "no json"])
def test_what_is_no_journal_is_refused_and_left_alone(tmp_path: Path, content: str) -> None:
    (tmp_path / "j").write_text(content + "\n")
    with pytest.raises(InputError, match=r"j:1: error: not a line of a journal"):
        Journal(tmp_path / "j", SETTINGS)
    assert (tmp_path / "j").read_text() == content + "\n"


def test_a_damaged_line_is_told_with_its_number(tmp_path: Path) -> None:
    with Journal(tmp_path / "j", SETTINGS) as journal:
        journal.done("a", {})
    for line in ("[]", '{"result": {}}', '{"key": "b"}'):
        (tmp_path / "k").write_bytes((tmp_path / "j").read_bytes() + line.encode() + b"\n")
        with pytest.raises(InputError, match=r"k:3: error: not a line of a journal"):
            Journal(tmp_path / "k", SETTINGS)


def test_a_journal_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for place in (tmp_path, tmp_path / "file" / "j"):
        with pytest.raises(InputError, match="cannot be written"):
            Journal(place, SETTINGS)


def test_a_line_cut_in_two_is_dropped(tmp_path: Path) -> None:
    path = tmp_path / "j"
    with Journal(path, SETTINGS) as journal:
        journal.done("a", {"x": 1})
        journal.done("b", {"x": 2})
    whole = path.read_bytes()
    for cut in range(1, 18):
        path.write_bytes(whole[:-cut])
        with Journal(path, SETTINGS) as journal:
            assert journal.results == {"a": {"x": 1}}
            journal.done("b", {"x": 3})
        with Journal(path, SETTINGS) as journal:
            assert journal.results["b"] == {"x": 3}


def test_other_settings_are_refused(tmp_path: Path) -> None:
    Journal(tmp_path / "j", {"timeout_s": 10}).close()
    with pytest.raises(InputError, match="timeout_s=10 then, 20 now"):
        Journal(tmp_path / "j", {"timeout_s": 20})


def test_a_file_that_is_no_journal_is_refused_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("dear diary\n")
    with pytest.raises(InputError, match=r"notes.txt:1: error: not a line of a journal"):
        Journal(path, SETTINGS)
    assert path.read_text() == "dear diary\n"


def test_killing_at_random_moments_and_resuming_loses_nothing(tmp_path: Path) -> None:
    path = tmp_path / "j"
    code = (
        "import sys, time\n"
        "from edasat.core.tasks import Journal, run_tasks\n"
        "def work(n):\n"
        "    time.sleep(.01)\n"
        "    open(sys.argv[2], 'a').write(f'{n}\\n')\n"
        "    return {'n': n}\n"
        "with Journal(sys.argv[1], {}) as journal:\n"
        "    run_tasks(work, {str(n): n for n in range(60)}, journal, jobs=2)\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    rng = random.Random(5)
    kept: set[str] = set()
    for attempt in range(40):
        process = subprocess.Popen([sys.executable, "-c", code, path, tmp_path / "log"], env=environment)
        if attempt < 6:
            time.sleep(rng.uniform(0.1, 0.35))
            process.send_signal(signal.SIGKILL)
        process.wait()
        rows = [json.loads(line) for line in path.read_bytes().split(b"\n")[1:-1]] if path.exists() else []
        keys = {row["key"] for row in rows}
        assert kept <= keys, "a finished task was lost"
        assert len(keys) == len(rows), "a task was recorded twice"
        kept = keys
        if process.returncode == 0:
            break
    assert kept == {str(n) for n in range(60)}
    runs = (tmp_path / "log").read_text().split()
    assert len(runs) <= 60 + 6 * 4, "only tasks in flight are done again"


@pytest.mark.ray
def test_the_same_code_runs_on_a_ray_cluster(tmp_path: Path) -> None:
    pytest.importorskip("ray")
    code = (
        "import sys\n"
        "from edasat.core.tasks import Journal, run_tasks\n"
        "def work(n):\n"
        "    if n == 3: raise ValueError('three')\n"
        "    return {'square': n * n}\n"
        "with Journal(sys.argv[1], {}) as journal:\n"
        "    run_tasks(work, {str(n): n for n in range(8)}, journal, jobs=2, executor='ray')\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "RAY_USAGE_STATS_ENABLED": "0"}
    done = subprocess.run(
        [sys.executable, "-c", code, tmp_path / "j"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    with Journal(tmp_path / "j", {}) as journal:
        assert journal.results == {str(n): {"square": n * n} for n in range(8) if n != 3}
        assert journal.errors == {"3": "ValueError: three"}
