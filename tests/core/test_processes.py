from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from edasat.core import processes
from edasat.core.errors import MissingToolError
from edasat.core.processes import Limits, run

PYTHON = sys.executable


def _alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return False
    return state != "Z"


def _gone(pid: int) -> bool:
    deadline = time.monotonic() + 5
    while _alive(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not _alive(pid)


def test_output_status_and_input() -> None:
    done = run(["sh", "-c", "cat; echo err >&2; exit 3"], stdin=b"hello")
    assert (done.returncode, done.outcome, done.stdout, done.stderr) == (3, "failed", b"hello", b"err\n")
    assert run(["true"]).outcome == "ok"


def test_only_the_tail_of_the_output_is_kept() -> None:
    done = run([PYTHON, "-c", "import sys; sys.stdout.write('x' * 3_000_000 + 'end')"])
    assert len(done.stdout) == 1 << 20
    assert done.stdout.endswith(b"xend")
    assert run(["echo", "12345"], kept_bytes=3).stdout == b"45\n"


def test_large_input_does_not_block() -> None:
    assert run(["wc", "-c"], stdin=b"x" * 5_000_000).stdout.strip() == b"5000000"
    assert run(["true"], stdin=b"x" * 5_000_000).outcome == "ok"


def test_cpu_limit_ends_a_busy_loop() -> None:
    done = run(["sh", "-c", "while :; do :; done"], limits=Limits(cpu_s=0.3))
    assert done.outcome == "cpu-limit"
    assert 0.3 <= done.cpu_s < 2


def test_cpu_limit_counts_children() -> None:
    done = run(["sh", "-c", "sh -c 'while :; do :; done'; true"], limits=Limits(cpu_s=0.3, wall_s=20))
    assert done.outcome == "cpu-limit"


def test_sleeping_uses_no_cpu_but_wall() -> None:
    done = run(["sleep", "60"], limits=Limits(cpu_s=5, wall_s=0.2))
    assert done.outcome == "wall-limit"
    assert done.wall_s < 5


def test_memory_limit() -> None:
    code = "x = bytearray(300 << 20)\nfor i in range(0, len(x), 4096): x[i] = 1\nimport time; time.sleep(30)"
    done = run([PYTHON, "-c", code], limits=Limits(memory_bytes=150 << 20, wall_s=20))
    assert done.outcome == "memory-limit"
    assert done.peak_memory_bytes > 150 << 20


def test_a_program_that_ignores_sigterm_ends_too() -> None:
    done = run(["sh", "-c", "trap '' TERM; while :; do sleep 1; done"], limits=Limits(wall_s=0.2))
    assert done.outcome == "wall-limit"


def test_grandchildren_end_with_the_call(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    run(["sh", "-c", f"sleep 60 & echo $! > {note}; exit 0"])
    assert _gone(int(note.read_text()))


def test_missing_programs_are_named() -> None:
    with pytest.raises(MissingToolError, match="no-such-program"):
        run(["no-such-program"])


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_our_end_is_the_end_of_what_we_run(tmp_path: Path, number: signal.Signals) -> None:
    note = tmp_path / "pid"
    code = (
        "from edasat.core.processes import pass_signals_on, run\n"
        "pass_signals_on()\n"
        f"run(['sh', '-c', 'echo $$ > {note}; trap \"\" TERM; sleep 60; sleep 60'])\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    parent = subprocess.Popen([PYTHON, "-c", code], env=environment, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 20
    while not (note.exists() and note.read_text()) and time.monotonic() < deadline:
        time.sleep(0.02)
    child = int(note.read_text())
    assert _alive(child)
    parent.send_signal(number)
    assert parent.wait(timeout=10) != 0
    assert _gone(child)


@pytest.mark.parametrize("moment", ["before", "while starting"])
def test_nothing_is_started_once_told_to_end(monkeypatch: pytest.MonkeyPatch, moment: str) -> None:
    ending = threading.Event()
    monkeypatch.setattr(processes, "_ending", ending)
    started: list[subprocess.Popen[bytes]] = []

    class Popen(subprocess.Popen[bytes]):
        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, **options)
            started.append(self)
            ending.set()

    monkeypatch.setattr(subprocess, "Popen", Popen)
    if moment == "before":
        ending.set()
    with pytest.raises(KeyboardInterrupt):
        run(["sleep", "30"])
    assert len(started) == (moment == "while starting")
    for process in started:
        process.communicate()
        assert process.returncode == -signal.SIGKILL
