"""How much memory this process may still take, and numbers of bytes in words."""

from __future__ import annotations

import os
import re
from pathlib import Path

CGROUP = Path("/sys/fs/cgroup")
UNITS = {"": 1, "b": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "kib": 2**10, "mib": 2**20, "gib": 2**30}


def available_bytes() -> int:
    """Bytes of memory that this process may still take: what the machine has free, within the limits of a container
    (cgroup v1 and v2) and of the process (RLIMIT_AS), as far as the system tells them."""
    known = (_machine(), _of_cgroup("memory.max", "memory.current"), _of_cgroup(*_V1), _of_process())
    return max(0, min(count for count in known if count is not None))


_V1 = ("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes")


def _machine() -> int:
    """MemAvailable counts what caches would give back; without it, the pages that a system has count as free."""
    try:
        for line in Path("/proc/meminfo").read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    except (OSError, ValueError, IndexError):
        pass
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):  # Windows has no sysconf
        return 2**33


def _of_cgroup(limit: str, used: str) -> int | None:
    """What the limit of a container leaves; None where there is none, or nobody tells."""
    most, now = _number(CGROUP / limit), _number(CGROUP / used)
    return None if most is None or most >= 2**60 else most - (now or 0)


def _of_process() -> int | None:
    try:
        import resource

        soft = resource.getrlimit(resource.RLIMIT_AS)[0]
        if soft == resource.RLIM_INFINITY:
            return None
        return soft - int(Path("/proc/self/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    except (ImportError, OSError, ValueError):
        return None


def _number(path: Path) -> int | None:
    try:
        return int(path.read_text())
    except (OSError, ValueError):  # "max" where there is no limit
        return None


def shown_bytes(count: float) -> str:
    """A number of bytes in words, such as 2.8 MB or 430 kB."""
    count = float(min(count, 10**30))
    for unit, size in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6)):
        if count >= 0.9995 * size:
            return f"{count / size:,.1f} {unit}"
    if count < 1000:
        return f"{count:.0f} bytes"
    return f"{round(count / 1e3, 1 if count < 9950 else None):g} kB"


def parse_bytes(value: object) -> object:
    """A number of bytes from "3 MB", "200 kB", "1.5 MiB" or a number.

    Raises:
        ValueError: it is neither.
    """
    if not isinstance(value, str):
        return value
    match = re.fullmatch(r"\s*([\d._]+)\s*([a-zA-Z]*)\s*", value)
    try:
        count = int(float(match[1]) * UNITS[match[2].lower()]) if match else 0
    except (ValueError, KeyError, OverflowError):
        count = 0
    if count < 1:
        raise ValueError(f'\'{value[:40]}\' is no number of bytes; write it as "3 MB" or "200 kB"')
    return count
