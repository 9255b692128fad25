"""Progress of long work, on standard error: a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Any

_LINE_EVERY_S = 30.0

_quiet = False


def set_quiet(quiet: bool) -> None:
    """Switch all progress off (``--quiet``) or on."""
    global _quiet  # noqa: PLW0603 - one process-wide switch, set by the command line
    _quiet = quiet


class Progress:
    """Counts finished items of a known total.

    >>> with Progress("reading", 2) as progress:
    ...     progress.step("a.cnf")
    ...     progress.step("b.cnf", failed=True)
    >>> progress.done, progress.failed
    (2, 1)
    """

    def __init__(self, title: str, total: int, done: int = 0) -> None:
        self.title = title
        self.total = total
        self.done = done
        self.failed = 0
        self._skipped = done  # finished by an earlier run: they tell nothing about speed
        self._bar: Any = None
        self._task: Any = None
        self._started = time.monotonic()
        self._last_line = self._started

    def __enter__(self) -> Progress:
        self._started = self._last_line = time.monotonic()
        if not _quiet and sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
            from rich.progress import Progress as Bar

            self._bar = Bar(
                TextColumn("{task.description}"),
                BarColumn(),
                MofNCompleteColumn(),
                TimeElapsedColumn(),
                TextColumn("left"),
                TimeRemainingColumn(),
                TextColumn("{task.fields[item]}"),
                console=Console(stderr=True),
                transient=True,
            )
            self._bar.start()
            self._task = self._bar.add_task(self.title, total=self.total, completed=self.done, item="")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def step(self, item: str = "", *, failed: bool = False, advance: int = 1) -> None:
        """Count one finished item (``advance=0``: work was done that finished none)."""
        self.done += advance
        self.failed += failed
        if self._bar is not None:
            note = f"{item} ({self.failed} failed)" if self.failed else item
            self._bar.update(self._task, advance=advance, item=note)
        elif not _quiet and time.monotonic() - self._last_line >= _LINE_EVERY_S:
            self._last_line = time.monotonic()
            print(self.line(), file=sys.stderr, flush=True)  # noqa: T201 - progress is what this module prints

    def line(self) -> str:
        """Describe the state in one line."""
        elapsed = time.monotonic() - self._started
        fresh = self.done - self._skipped
        left = elapsed / fresh * (self.total - self.done) if fresh else 0.0
        failed = f", {self.failed} failed" if self.failed else ""
        return f"{self.title}: {self.done}/{self.total}{failed}, {_clock(elapsed)} elapsed, about {_clock(left)} left"


def _clock(seconds: float) -> str:
    whole = int(seconds)
    return f"{whole // 3600}:{whole % 3600 // 60:02d}:{whole % 60:02d}"
