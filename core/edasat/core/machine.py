"""What computer this is, in words: runtimes of two machines never mix in one table."""

from __future__ import annotations

import platform
from functools import cache
from pathlib import Path

from edasat.core.threads import available_cores


@cache
def describe_machine() -> str:
    """Return processor, cores, memory and system, the same text for every run on one machine.

    >>> describe_machine().count(",") >= 3
    True
    """
    model = platform.processor() or platform.machine()
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                model = " ".join(line.partition(":")[2].split())
                break
    except OSError:
        pass
    return f"{model}, {available_cores()} cores, {_memory_gib()} GiB, {platform.system()} {platform.machine()}"


def _memory_gib() -> int:
    try:
        words = Path("/proc/meminfo").read_text().split()
        return round(int(words[words.index("MemTotal:") + 1]) / 2**20)
    except (OSError, ValueError, IndexError):
        return 0
