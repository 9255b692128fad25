"""External programs: each call in its own process group, with CPU, wall and memory limits.

A program that fails, hangs or eats the memory is data, not an exception: :func:`run` always returns a
:class:`Completed`, whose ``outcome`` says what happened.
"""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final, Literal

from edasat.core.errors import MissingToolError

Outcome = Literal["ok", "failed", "cpu-limit", "wall-limit", "memory-limit"]

_TICK = 0.02  # seconds between two looks at a running child's CPU time and memory
_GRACE = 0.5  # seconds between SIGTERM and SIGKILL
_KEPT = 1 << 20  # bytes of each output stream that are kept (the tail) unless the caller says otherwise
_PAGE = os.sysconf("SC_PAGE_SIZE")
_CLOCK = os.sysconf("SC_CLK_TCK")

_running: Final[set[int]] = set()  # process groups alive, for signals that end us
_lock = threading.RLock()  # re-entrant: a signal's handler may run while this thread holds it
_ending = threading.Event()  # set once this process has been told to end


@dataclass(frozen=True)
class Limits:
    """Limits of one call; None means none.

    Attributes:
        cpu_s: CPU seconds (user + system) of the process and the children it waited for.
        wall_s: wall-clock seconds.
        memory_bytes: resident memory of the process group, looked at every 20 ms.
    """

    cpu_s: float | None = None
    wall_s: float | None = None
    memory_bytes: int | None = None


@dataclass(frozen=True)
class Completed:
    """How a call ended.

    Attributes:
        returncode: exit status, or minus the signal that ended it.
        outcome: "ok" (exit status 0), "failed" (another status or a signal of its own), or the limit that ended it.
        stdout: the last part of standard output (see :func:`run`).
        stderr: the last part of standard error.
        cpu_s: CPU seconds of the process tree.
        wall_s: wall-clock seconds.
        peak_memory_bytes: largest resident size seen of the process tree (every 20 ms; programs that end sooner are
            measured too coarsely).
    """

    returncode: int
    outcome: Outcome
    stdout: bytes
    stderr: bytes
    cpu_s: float
    wall_s: float
    peak_memory_bytes: int


def run(
    command: Sequence[str | Path],
    *,
    limits: Limits | None = None,
    cwd: str | Path | None = None,
    stdin: bytes | None = None,
    env: Mapping[str, str] | None = None,
    kept_bytes: int = _KEPT,
) -> Completed:
    """Run a program to its end or to its limit; its whole process group ends with it.

    Args:
        command: program and arguments; no shell is involved.
        limits: see :class:`Limits`.
        cwd: working folder.
        stdin: bytes for standard input (None: nothing).
        env: additions to the environment.
        kept_bytes: how much of the end of each output stream is kept.

    Raises:
        MissingToolError: if the program cannot be started.
        KeyboardInterrupt: if this process was told to end before or meanwhile (see :func:`pass_signals_on`); how the
            program ended then says nothing about it.
    """
    _check_ending()
    limits = limits or Limits()
    arguments = [str(part) for part in command]
    started = time.monotonic()
    try:
        process = subprocess.Popen(
            arguments,
            cwd=cwd,
            stdin=subprocess.PIPE if stdin is not None else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, **env} if env else None,
            start_new_session=True,
        )
    except OSError as error:
        raise MissingToolError(f"error: cannot start '{arguments[0]}': {error.strerror}") from None
    with _registered(process.pid):
        _check_ending()  # what was started meanwhile, end_all did not see
        tails = _Tails(process, stdin, kept_bytes)
        watch = _Watch(process.pid, limits, started)
        verdict: Outcome | None = None
        while True:
            pid, status, usage = os.wait4(process.pid, os.WNOHANG)
            if pid:
                break
            verdict = verdict or watch.verdict()
            if verdict:
                _end_group(process.pid)
                _, status, usage = os.wait4(process.pid, 0)
                break
            tails.pump(_TICK)
        _kill_group(process.pid)  # grandchildren that outlived their parent
        wall_s = time.monotonic() - started
        process.returncode = code = os.waitstatus_to_exitcode(status)
        tails.drain()
    _check_ending()
    cpu_s = usage.ru_utime + usage.ru_stime
    if verdict is None:
        verdict = _final_verdict(code, cpu_s, limits)
    return Completed(
        returncode=code,
        outcome=verdict,
        stdout=bytes(tails.stdout),
        stderr=bytes(tails.stderr),
        cpu_s=cpu_s,
        wall_s=wall_s,
        # Linux starts a child's ru_maxrss at the size of the parent it was forked from: what we saw is nearer.
        peak_memory_bytes=watch.peak or usage.ru_maxrss * 1024,
    )


def _final_verdict(code: int, cpu_s: float, limits: Limits) -> Outcome:
    if code in (-signal.SIGXCPU, -signal.SIGPROF) or (
        code == -signal.SIGKILL and limits.cpu_s is not None and cpu_s >= limits.cpu_s
    ):
        return "cpu-limit"
    return "ok" if code == 0 else "failed"


class _Watch:
    """Looks at a running process group through /proc and says which limit it passed."""

    def __init__(self, pid: int, limits: Limits, started: float) -> None:
        self.pid = pid
        self.limits = limits
        self.started = started
        self.peak = 0

    def verdict(self) -> Outcome | None:
        if self.limits.wall_s is not None and time.monotonic() - self.started > self.limits.wall_s:
            return "wall-limit"
        cpu_s, memory = _group_usage(self.pid)
        self.peak = max(self.peak, memory)
        if self.limits.cpu_s is not None and cpu_s > self.limits.cpu_s:
            return "cpu-limit"
        if self.limits.memory_bytes is not None and memory > self.limits.memory_bytes:
            return "memory-limit"
        return None


def _group_usage(leader: int) -> tuple[float, int]:
    """Return (CPU seconds, resident bytes) of a process and its descendants."""
    cpu_ticks = pages = 0
    todo = [leader]
    while todo:
        pid = todo.pop()
        try:
            stat = Path(f"/proc/{pid}/stat").read_bytes()
            pages += int(Path(f"/proc/{pid}/statm").read_bytes().split()[1])
            for task in Path(f"/proc/{pid}/task").iterdir():
                todo += map(int, (task / "children").read_bytes().split())
        except (OSError, IndexError, ValueError):  # it just ended
            continue
        fields = stat[stat.rindex(b")") + 2 :].split()
        cpu_ticks += sum(int(value) for value in fields[11:15])  # own and waited-for children, proc(5)
    return cpu_ticks / _CLOCK, pages * _PAGE


class _Tails:
    """Reads both output streams without blocking and keeps the last part of each."""

    def __init__(self, process: subprocess.Popen[bytes], stdin: bytes | None, kept_bytes: int) -> None:
        self._kept_bytes = kept_bytes
        self.stdout = bytearray()
        self.stderr = bytearray()
        self._selector = selectors.DefaultSelector()
        self._left = memoryview(stdin or b"")
        for stream, kept in ((process.stdout, self.stdout), (process.stderr, self.stderr)):
            if stream is not None:
                os.set_blocking(stream.fileno(), False)
                self._selector.register(stream, selectors.EVENT_READ, kept)
        if process.stdin is not None:
            os.set_blocking(process.stdin.fileno(), False)
            self._selector.register(process.stdin, selectors.EVENT_WRITE)

    def pump(self, timeout: float) -> bool:
        """Move what is there; wait at most ``timeout`` seconds. Return False when nothing moved."""
        if not self._selector.get_map():
            time.sleep(timeout)
            return False
        moved = False
        for key, _ in self._selector.select(timeout):
            moved = True
            stream: IO[bytes] = key.fileobj  # type: ignore[assignment]
            if key.data is None:
                self._write(stream)
                continue
            try:
                block = os.read(stream.fileno(), 1 << 16)
            except OSError:
                block = b""
            if block:
                kept: bytearray = key.data
                kept += block
                del kept[: -self._kept_bytes]
            else:
                self._close(stream)
        return moved

    def drain(self) -> None:
        """Take what is still in the pipes and close them."""
        for key in list(self._selector.get_map().values()):
            if key.data is None:
                self._close(key.fileobj)  # type: ignore[arg-type]
        while self._selector.get_map() and self.pump(0):
            pass
        for key in list(self._selector.get_map().values()):
            self._close(key.fileobj)  # type: ignore[arg-type]
        self._selector.close()

    def _write(self, stream: IO[bytes]) -> None:
        try:
            self._left = self._left[os.write(stream.fileno(), self._left[: 1 << 16]) :]
        except BlockingIOError:
            return
        except OSError:  # the child closed its end
            self._left = self._left[:0]
        if not self._left:
            self._close(stream)

    def _close(self, stream: IO[bytes]) -> None:
        self._selector.unregister(stream)
        stream.close()


def _end_group(group: int) -> None:
    """Ask a process group to end, then end it."""
    _signal_group(group, signal.SIGTERM)
    deadline = time.monotonic() + _GRACE
    while time.monotonic() < deadline:
        try:
            if os.waitid(os.P_PID, group, os.WEXITED | os.WNOHANG | os.WNOWAIT):
                return
        except ChildProcessError:
            return
        time.sleep(_TICK / 4)
    _kill_group(group)


def _kill_group(group: int) -> None:
    _signal_group(group, signal.SIGKILL)


def _signal_group(group: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


@contextmanager
def _registered(group: int) -> Iterator[None]:
    """Remember a running group so that our own end is its end too, whatever exception passes through."""
    with _lock:
        _running.add(group)
    try:
        yield
    except BaseException:
        _kill_group(group)
        raise
    finally:
        with _lock:
            _running.discard(group)


def _check_ending() -> None:
    if _ending.is_set():
        raise KeyboardInterrupt


def end_all() -> None:
    """Kill every program that :func:`run` still has running, for good: this process is about to end."""
    _ending.set()
    with _lock:
        groups = list(_running)
    for group in groups:
        _kill_group(group)


def pass_signals_on() -> None:
    """Make SIGTERM, SIGHUP and Ctrl-C end all running programs before they end us (commands call this once).

    The exit code is 128 plus the signal's number, as a shell tells it.
    """

    def handler(number: int, _frame: object) -> None:
        end_all()
        if number == signal.SIGINT:
            sys.stderr.write("interrupted\n")
        sys.exit(128 + number)

    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, handler)
