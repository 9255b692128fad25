"""Many independent tasks, in parallel, resumable after a kill at any moment.

Each finished task is one JSON line in a journal, written and synced before the next result is taken. A kill loses the
tasks in flight, which are done again; a line cut in two by it is dropped. The first line holds the settings: a journal
made with others is refused, so that results of two set-ups never mix.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, ThreadPoolExecutor, wait
from concurrent.futures import Executor as PoolExecutor
from contextlib import nullcontext
from multiprocessing import get_context
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Literal

from edasat.core.errors import EdasatError, InputError, Message, MissingToolError
from edasat.core.files import printable
from edasat.core.progress import Progress

#: "threads" for tasks that wait for programs, "processes" for tasks that compute, "ray" for a cluster.
Executor = Literal["threads", "processes", "ray"]

Result = dict[str, Any]

_VERSION = 1
_MESSAGES: Final = {
    "damaged": Message("journal-damaged", "not a line of a journal", "remove the file to start again"),
    "settings": Message(
        "journal-settings", "begun with other settings: {changes}", "use the same settings, or another output name"
    ),
    "busy": Message(
        "journal-busy", "another process is working with this journal", "wait for it, or use another output name"
    ),
    "unwritable": Message("file-unwritable", "cannot be written: {reason}"),
}
_AHEAD = 2  # tasks handed out per worker beyond the one it is working on


class Journal:
    """The finished tasks of one job: ``results[key]``, failures apart in ``errors[key]``.

    Args:
        path: the journal file; made when missing.
        settings: what the results depend on (plain JSON values); must equal those of an existing journal.

    Raises:
        InputError: if the file is no journal, was made with other settings, is in use by another process, or cannot be
            written.
    """

    def __init__(self, path: str | Path, settings: Mapping[str, Any]) -> None:
        self.path = Path(path)
        self.results: dict[str, Result] = {}
        self.errors: dict[str, str] = {}
        header = {"journal": _VERSION, "settings": dict(settings)}
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self.path.open("ab")
        except OSError as error:
            raise InputError.of(_MESSAGES["unwritable"], printable(self.path), reason=error.strerror) from None
        try:
            self._lock()
            keep = self._load(header)
            self._file.truncate(keep)  # a line that a kill cut in two
            if keep == 0:
                self._append(header)
        except BaseException:
            self._file.close()
            raise

    def _lock(self) -> None:
        """Keep other processes from doing the same tasks; the kernel drops the lock when this one ends, however."""
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise InputError.of(_MESSAGES["busy"], printable(self.path)) from None
        except OSError:  # a file system without locks
            return

    def _load(self, header: dict[str, Any]) -> int:
        """Read what is there; return the number of bytes that are whole lines."""
        data = self.path.read_bytes()
        keep = data.rfind(b"\n") + 1
        for number, row in enumerate(data[:keep].splitlines(), 1):
            try:
                entry = json.loads(row)
                if number == 1:
                    self._check_header(entry, header)
                elif "error" in entry:
                    self.errors[entry["key"]] = entry["error"]
                else:
                    self.results[entry["key"]] = entry["result"]
                    self.errors.pop(entry["key"], None)
            except (ValueError, TypeError, KeyError, AttributeError):
                error = InputError.of(_MESSAGES["damaged"], printable(self.path))
                error.line = number
                raise error from None
        return keep

    def _check_header(self, entry: dict[str, Any], header: dict[str, Any]) -> None:
        if entry["journal"] != _VERSION:
            raise ValueError
        old, new = entry["settings"], json.loads(json.dumps(header["settings"]))
        if old != new:
            differ = sorted(key for key in old.keys() | new.keys() if old.get(key) != new.get(key))
            changes = ", ".join(f"{key}={old.get(key)} then, {new.get(key)} now" for key in differ)
            raise InputError.of(_MESSAGES["settings"], printable(self.path), changes=changes)

    def _append(self, entry: Mapping[str, Any]) -> None:
        self._file.write(json.dumps(entry, separators=(",", ":")).encode() + b"\n")
        self._file.flush()
        os.fsync(self._file.fileno())

    def done(self, key: str, result: Result) -> None:
        """Record a finished task."""
        self._append({"key": key, "result": result})
        self.results[key] = result
        self.errors.pop(key, None)

    def failed(self, key: str, error: str) -> None:
        """Record a task that raised; a later run tries it again."""
        self._append({"key": key, "error": error})
        self.errors[key] = error

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def __enter__(self) -> Journal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def run_tasks(
    function: Callable[[Any], Result],
    tasks: Mapping[str, Any],
    journal: Journal,
    *,
    title: str = "working",
    jobs: int = 1,
    executor: Executor = "threads",
    progress: Progress | None = None,
) -> None:
    """Do what is missing of ``tasks`` and record it in the journal.

    Args:
        function: takes one payload and returns JSON values; for "processes" and "ray" a module-level function.
            An exception is recorded as that task's failure and does not end the others.
        tasks: payload by key, in the order they should start.
        journal: where results are looked up and recorded.
        title: for the progress bar.
        jobs: tasks at a time (with Ray: at most this many in flight; 0 lets the cluster decide).
        executor: where they run.
        progress: a display that is open already and outlives these tasks; ``title`` has no effect then. Its ``step``
            is called with the key of each task behind its record.
    """
    left = [key for key in tasks if key not in journal.results]
    own = Progress(title, len(tasks), len(tasks) - len(left)) if progress is None else nullcontext(progress)
    with own as shown:
        source = _ray_results if executor == "ray" else _pool_results
        for key, outcome in source(function, [(key, tasks[key]) for key in left], jobs, executor):
            if isinstance(outcome, BaseException):
                journal.failed(key, f"{type(outcome).__name__}: {outcome}")
            else:
                journal.done(key, outcome)
            shown.step(key, failed=isinstance(outcome, BaseException))


def _pool_results(
    function: Callable[[Any], Result], tasks: Sequence[tuple[str, Any]], jobs: int, executor: Executor
) -> Iterator[tuple[str, Result | BaseException]]:
    if jobs < 1:
        raise InputError(f"--jobs must be at least 1, got {jobs}")
    pool: PoolExecutor
    if executor == "threads":
        pool = ThreadPoolExecutor(jobs)
    else:
        pool = ProcessPoolExecutor(jobs, mp_context=get_context("spawn"))
    waiting = iter(tasks)
    flying: dict[Future[Result], str] = {}
    try:
        while True:
            for key, payload in waiting:
                flying[pool.submit(function, payload)] = key
                if len(flying) >= jobs + _AHEAD:
                    break
            if not flying:
                break
            for future in wait(flying, return_when=FIRST_COMPLETED).done:
                key = flying.pop(future)
                error = future.exception()
                if error is not None and not isinstance(error, Exception):
                    raise error  # we were told to end
                yield key, error if error is not None else future.result()
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _ray_results(
    function: Callable[[Any], Result], tasks: Sequence[tuple[str, Any]], jobs: int, executor: Executor
) -> Iterator[tuple[str, Result | BaseException]]:
    try:
        import ray
    except ImportError:
        raise MissingToolError("error: --executor ray needs the package ray (pip install 'edasat[ray]')") from None
    if not ray.is_initialized():
        ray.init(log_to_driver=False, include_dashboard=False)
    remote = ray.remote(num_cpus=1)(function)
    most = jobs if jobs > 0 else max(1, int(ray.cluster_resources().get("CPU", 1)) * (1 + _AHEAD))
    waiting = iter(tasks)
    flying: dict[Any, str] = {}
    while True:
        while len(flying) < most:
            task = next(waiting, None)
            if task is None:
                break
            flying[remote.remote(task[1])] = task[0]
        if not flying:
            return
        ready, _ = ray.wait(list(flying), num_returns=1)
        for reference in ready:
            key = flying.pop(reference)
            try:
                yield key, ray.get(reference)
            except ray.exceptions.RayTaskError as error:
                cause = error.cause if isinstance(error.cause, Exception) else error
                yield key, cause
            except ray.exceptions.RayError as error:
                yield key, EdasatError(str(error))
